"""The tornado moves one factor at a time and splits the variance of the logarithm exactly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand
from microwork_estimate.inputs import Elicited, PlatformAudience
from microwork_estimate.platforms import (
    AudienceFactors,
    CensoredSites,
    Tornado,
    audience_by_correlation,
    audience_tornado,
    audience_variance_shares,
    factor_correlation,
    persons_from_audience,
)
from microwork_estimate.platforms.tornado import log_variance

ONE = Elicited(distribution="fixed", low=1.0, source="by definition")
MEASUREMENT = Elicited(distribution="lognormal", low=0.5, high=2.0, source="x")
WORKERS = Elicited(distribution="share", low=0.2, high=0.6, source="x")
DEVICES = Elicited(distribution="at_least_one", low=1.2, high=2.0, source="x")
PLATFORMS = Elicited(distribution="pert", low=1.1, high=1.6, mode=1.25, source="x")
ALL = AudienceFactors(
    measurement=MEASUREMENT,
    territory_share=ONE,
    worker_share=WORKERS,
    devices_per_person=DEVICES,
    platforms_per_person=PLATFORMS,
)


def sites(visitors) -> PlatformAudience:
    """Sites of one provider."""
    names = tuple(f"S{i}" for i in range(len(visitors)))
    return PlatformAudience(platforms=names, unique_visitors=visitors, provider="p", source="x")


@pytest.mark.parametrize(
    "factor",
    [
        MEASUREMENT,
        WORKERS,
        DEVICES,
        PLATFORMS,
        Elicited(distribution="share", low=0.001, high=0.9, source="x"),
        Elicited(distribution="at_least_one", low=1.01, high=5.0, source="x"),
        Elicited(distribution="uniform", low=0.5, high=1.0, source="x"),
        Elicited(distribution="triangular", low=1.0, high=3.0, mode=1.5, source="x"),
    ],
)
def test_log_variance_by_adaptive_quadrature(factor):
    """The variance of the logarithm is that of scipy's adaptive quadrature over the normal score."""
    first, second = (
        quad(
            lambda z, power=power: np.log(factor.quantile(stats.norm.cdf(z))) ** power * stats.norm.pdf(z),
            -8,
            8,
            epsabs=1e-12,
            epsrel=1e-11,
            limit=400,
            points=[0.0],
        )[0]
        for power in (1, 2)
    )
    assert log_variance(factor) == pytest.approx(second - first**2, rel=1e-4)


def test_log_variance_in_closed_form():
    """Log-normal: sigma squared. Uniform on (0, 1): 1. Listed values: their own. Fixed: 0."""
    values = [1.0, 2.0, 8.0]
    assert log_variance(MEASUREMENT) == pytest.approx((np.log(2) / 1.6448536269514722) ** 2, rel=1e-12)
    assert log_variance(Elicited(distribution="uniform", low=0, high=1, source="x")) == pytest.approx(1, rel=1e-6)
    assert log_variance(Elicited(distribution="empirical", values=values, source="x")) == np.log(values).var()
    assert log_variance(ONE) == 0


def test_swings_of_one_site_by_hand():
    """Each bar is the persons with one factor at its 5 and 95 % quantile and the others at their medians."""
    tornado = audience_tornado(sites([1000]), ALL)
    median = 1000 * WORKERS.median / (DEVICES.median * PLATFORMS.median)
    bar = dict(zip(tornado.names, zip(tornado.low, tornado.high, strict=True), strict=True))
    assert tornado.median == pytest.approx(median, rel=1e-12)
    assert bar["measurement"] == pytest.approx((median / 2, median * 2), rel=1e-12)
    assert bar["worker_share"] == pytest.approx(
        (median * 0.2 / WORKERS.median, median * 0.6 / WORKERS.median), rel=1e-12
    )
    assert bar["devices_per_person"] == pytest.approx(
        (median * DEVICES.median / 2.0, median * DEVICES.median / 1.2), rel=1e-12
    )
    assert bar["territory_share"] == (tornado.median, tornado.median)
    assert (np.diff(tornado.high - tornado.low) <= 1e-9).all()


def test_variance_shares_are_exact_for_one_site():
    """The shares are the variances of the logarithms over their sum, found here from 500,000 draws."""
    rng = np.random.default_rng(2)
    drawn = {
        "measurement": MEASUREMENT,
        "worker_share": WORKERS,
        "devices_per_person": DEVICES,
        "platforms_per_person": PLATFORMS,
    }
    variances = {name: np.log(factor.quantile(rng.random(500_000))).var() for name, factor in drawn.items()}
    tornado = audience_tornado(sites([1000]), ALL)
    share = dict(zip(tornado.names, tornado.variance_share, strict=True))
    assert sum(share.values()) == pytest.approx(1, rel=1e-12)
    assert share["territory_share"] == 0
    for name, variance in variances.items():
        assert share[name] == pytest.approx(variance / sum(variances.values()), rel=0.01)


def test_several_sites_cancel_part_of_the_measurement_error():
    """The measurement bar of ten independent sites is short, that of one correlation is the bar of one site."""
    visitors = [100] * 10

    def measurement(correlation: float) -> tuple[float, float]:
        tornado = audience_tornado(sites(visitors), ALL, correlation=correlation)
        at = tornado.names.index("measurement")
        return tornado.high[at] / tornado.low[at], tornado.variance_share[at]

    independent, shared, single = measurement(0.0), measurement(0.6), measurement(1.0)
    one = audience_tornado(sites([1000]), ALL)
    assert independent[0] < shared[0] < single[0] == pytest.approx(4, rel=1e-12)
    assert independent[1] < shared[1] < single[1]
    assert single[1] == pytest.approx(one.variance_share[one.names.index("measurement")], rel=1e-12)
    # independent errors of equal sites: variance of ln of the mean, by the delta method, with a third-order margin
    cv2 = (np.exp((np.log(2) / 1.6448536269514722) ** 2) - 1) / 10
    others = sum(map(log_variance, (WORKERS, DEVICES, PLATFORMS)))
    assert independent[1] == pytest.approx(cv2 / (cv2 + others), rel=0.05)


def test_wider_swing_gives_wider_bars():
    """Every bar of an uncertain factor grows with the swing, and holds the median."""
    narrow, wide = (audience_tornado(sites([7, 3]), ALL, swing=swing) for swing in (0.5, 0.95))
    for name in ("measurement", "worker_share", "devices_per_person", "platforms_per_person"):
        i, j = narrow.names.index(name), wide.names.index(name)
        assert wide.low[j] < narrow.low[i] < narrow.median < narrow.high[i] < wide.high[j]
    assert wide.swing == 0.95


def test_nothing_uncertain():
    """With all factors fixed the bars have no width and the shares are 0."""
    fixed = AudienceFactors(
        measurement=ONE, territory_share=ONE, worker_share=ONE, devices_per_person=ONE, platforms_per_person=ONE
    )
    tornado = audience_tornado(sites([7, 3]), fixed)
    assert tornado.low.tolist() == tornado.high.tolist() == [10] * 5
    assert tornado.variance_share.tolist() == [0] * 5


def test_arrays_are_read_only():
    """A tornado cannot be changed after it is made."""
    with pytest.raises(ValueError, match="read-only"):
        audience_tornado(sites([1]), ALL).low[0] = 1


@pytest.mark.parametrize(("options", "message"), [({"swing": 90}, "swing"), ({"correlation": -0.1}, "correlation")])
def test_impossible_options_are_refused(options, message):
    """A swing in percent or a negative correlation gives no tornado."""
    with pytest.raises(InvalidInput, match=message):
        audience_tornado(sites([1]), ALL, **options)


def test_empty_audience_and_ragged_arrays_are_refused():
    """No visitors, no tornado; no bar without both ends."""
    with pytest.raises(InvalidInput, match="no visitors"):
        audience_tornado(sites([0, 0]), ALL)
    with pytest.raises(InvalidInput, match="wrong shape"):
        Tornado(
            names=("a", "b"),
            low=[1],
            high=[1, 2],
            variance_share=[0, 1],
            median=1,
            swing=0.9,
            estimand=Estimand(),
        )


@pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")
def test_censored_sites_widen_the_measurement():
    """Sites below the threshold add visitors and scatter: the median grows, and so does the swing of the measurement."""
    hidden = CensoredSites(platforms=("X", "Y"), threshold=900.0, source="provider")
    plain, with_hidden = (audience_tornado(sites([2000.0, 1000.0]), ALL, censored=c) for c in (None, hidden))
    assert with_hidden.median > plain.median
    at = [t.names.index("measurement") for t in (plain, with_hidden)]
    assert with_hidden.high[at[1]] - with_hidden.low[at[1]] > plain.high[at[0]] - plain.low[at[0]]
    assert "2 below the threshold" in with_hidden.estimand.platforms
    empty = CensoredSites(platforms=("X", "Y"), threshold=1e-6, source="provider")
    tiny = audience_tornado(sites([2000.0, 1000.0]), ALL, censored=empty)
    assert tiny.median == pytest.approx(plain.median, rel=2e-3)  # other points of the same sequence


def test_dependent_factors_share_the_variance_by_shapley():
    """With dependence the shares are the Shapley values, which still add up to 1; with none they are the exact ones."""
    tied = factor_correlation({("worker_share", "devices_per_person"): 0.8})
    tornado = audience_tornado(sites([2000.0, 1000.0]), ALL, dependence=tied)
    shares = audience_variance_shares(sites([2000.0, 1000.0]), ALL, dependence=tied)
    by_name = dict(zip(tornado.names, tornado.variance_share, strict=True))
    assert by_name == pytest.approx(dict(zip(shares.names, shares.shapley, strict=True)))
    assert sum(by_name.values()) == pytest.approx(1.0)
    none = audience_tornado(sites([2000.0, 1000.0]), ALL, dependence=factor_correlation({}))
    exact = audience_tornado(sites([2000.0, 1000.0]), ALL)
    np.testing.assert_allclose(none.variance_share, exact.variance_share, atol=2e-3)


@pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")
def test_curve_over_correlations_takes_the_options_of_the_estimate():
    """At the correlation of the estimate, the curve is the estimate, with dependence and censored sites too."""
    tied = factor_correlation({("worker_share", "devices_per_person"): 0.5})
    hidden = CensoredSites(platforms=("X",), threshold=500.0, source="provider")
    options = {"dependence": tied, "censored": hidden}
    curve = audience_by_correlation(sites([2000.0, 1000.0]), ALL, correlations=(0.3, 0.6), **options)
    whole = persons_from_audience(sites([2000.0, 1000.0]), ALL, correlation=0.6, **options)
    assert curve.values[1] == pytest.approx(whole.value, rel=1e-12)
    assert curve.high[1] == pytest.approx(whole.interval.high, rel=1e-12)
    assert curve.estimand == whole.estimand
