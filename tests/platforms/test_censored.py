"""Sites below the threshold: uniform or by rank, against closed forms, a general optimiser and a known truth."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import optimize, stats

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import Elicited, PlatformAudience
from microwork_estimate.platforms import (
    AudienceFactors,
    CensoredSites,
    audience_draws,
    factor_correlation,
    n_audience_uniforms,
    persons_from_audience,
)
from microwork_estimate.platforms.censored import tobit_on_rank

ONE = Elicited(distribution="fixed", low=1.0, source="by definition")


def factors(**given) -> AudienceFactors:
    """Fix every factor at 1 but those given."""
    names = ("measurement", "territory_share", "worker_share", "devices_per_person", "platforms_per_person")
    return AudienceFactors(**{name: given.get(name, ONE) for name in names})


def sites(visitors) -> PlatformAudience:
    """Sites of one provider."""
    names = tuple(f"S{i}" for i in range(len(visitors)))
    return PlatformAudience(platforms=names, unique_visitors=visitors, provider="p", source="x")


def hidden(q: int = 2, threshold: float = 100.0, **options) -> CensoredSites:
    """Sites below the threshold."""
    return CensoredSites(platforms=tuple(f"H{i}" for i in range(q)), threshold=threshold, source="note", **options)


def quiet(audience, given, **options):
    """Estimate without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return persons_from_audience(audience, given, **options)


def test_uniform_sites_add_a_sum_of_uniforms():
    """Two sites below 100 beside 1,000 visitors: 1,000 plus the triangular sum of two uniforms."""
    found = quiet(sites([1000]), factors(), censored=hidden())
    law = stats.triang(0.5, 1000, 200)
    assert found.value == pytest.approx(1100, rel=1e-3)
    assert [found.interval.low, found.interval.high] == pytest.approx(list(law.ppf([0.025, 0.975])), rel=2e-3)
    assert found.diagnostics["persons_if_censored_empty"] == pytest.approx(1000)
    assert found.diagnostics["persons_if_censored_full"] == pytest.approx(1200)
    assert found.estimand.platforms == "1 sites measured and 2 below the threshold"


def test_hidden_sites_are_said():
    """A number with sites that nobody measured says so by name."""
    with pytest.warns(MicroworkWarning, match="censored-sites.*H0, H1"):
        persons_from_audience(sites([1000]), factors(), censored=hidden())


def test_hidden_sites_share_the_provider_error():
    """With one error for all sites, the sum with the censored ones is multiplied as a whole."""
    measured = factors(measurement=Elicited(distribution="lognormal", low=0.5, high=2, source="x"))
    audience, censored = sites([1000, 500]), hidden(1)
    u = np.full((1, n_audience_uniforms(audience, censored)), 0.5)
    u[0, 0] = stats.norm.cdf(stats.norm.ppf(0.95))
    found = audience_draws(audience, measured, u, correlation=1.0, censored=censored)
    assert u.shape == (1, 9)
    assert found == pytest.approx([2 * (1000 + 500 + 50)], rel=1e-9)


def test_tobit_by_a_general_optimiser():
    """The fit has the likelihood that a derivative-free optimiser finds from elsewhere."""
    rng = np.random.default_rng(3)
    rank = np.arange(1.0, 13.0)
    visitors = np.exp(9 - 1.1 * np.log(rank) + 0.4 * rng.standard_normal(12))
    order = np.sort(visitors)[::-1]
    measured, threshold = order[:8], order[8] * 1.02
    middle, spread = tobit_on_rank(measured, rank[:8], rank[8:], threshold)

    def cost(values):
        a, b, s = values[0], values[1], np.exp(values[2])
        seen = stats.norm.logpdf(np.log(measured), a + b * np.log(rank[:8]), s).sum()
        unseen = stats.norm.logcdf(np.log(threshold), a + b * np.log(rank[8:]), s).sum()
        return -(seen + unseen)

    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20_000}
    general = optimize.minimize(cost, [8.0, -0.5, 0.0], method="Nelder-Mead", options=options)
    slope = (middle[-1] - middle[0]) / np.log(rank[-1] / rank[8])
    level = middle[0] - slope * np.log(rank[8])
    assert cost([level, slope, np.log(spread)]) == pytest.approx(general.fun, abs=1e-6)


def test_tobit_on_a_known_truth():
    """Over 80 markets of 20 sites, 8 of them hidden: the median of their sum is near, uniform draws far too high."""
    rng = np.random.default_rng(5)
    rank, errors = np.arange(1.0, 21.0), []
    for _ in range(80):
        visitors = np.exp(11 - 1.5 * np.log(rank) + 0.3 * rng.standard_normal(20))
        visitors = np.sort(visitors)[::-1]
        threshold = float(visitors[11] * 0.999)
        audience = sites(visitors[:12])
        u = np.full((1, 8), 0.5)
        fitted = hidden(8, threshold, law="tobit").quantile(u, audience).sum()
        flat = hidden(8, threshold).quantile(u, audience).sum()
        errors.append((fitted / visitors[12:].sum(), flat / visitors[12:].sum()))
    fitted, flat = np.median(errors, axis=0)
    assert fitted == pytest.approx(1, abs=0.08)
    assert abs(fitted - 1) < abs(flat - 1)


def test_tobit_draws_stay_below_the_threshold_and_follow_the_cut_normal_law():
    """Draws by rank are those of scipy's truncated normal on the logarithmic scale."""
    audience = sites([8000, 4100, 2600, 2050, 1580, 1300])
    censored = hidden(2, 1290.0, law="tobit")
    u = np.random.default_rng(6).random((500, 2))
    found = censored.quantile(u, audience)
    middle, spread = tobit_on_rank(audience.unique_visitors, np.arange(1.0, 7.0), np.array([7.0, 8.0]), 1290.0)
    law = stats.truncnorm(-np.inf, (np.log(1290) - middle) / spread, middle, spread)
    assert found == pytest.approx(np.exp(law.ppf(u)), rel=1e-6)
    assert found.max() <= 1290
    stated = hidden(2, 1290.0, law="tobit", ranks=[7, 8], measured_ranks=[1, 2, 3, 4, 5, 6])
    assert stated.quantile(u, audience) == pytest.approx(found)


def test_dependence_between_factors_widens_or_narrows_as_it_must():
    """Worker share and devices that rise together cancel, that oppose add up; at zero nothing changes."""
    given = factors(
        worker_share=Elicited(distribution="share", low=0.1, high=0.4, source="x"),
        devices_per_person=Elicited(distribution="at_least_one", low=1.2, high=2.5, source="x"),
    )
    pair = ("worker_share", "devices_per_person")
    widths = []
    for rho in (-0.8, 0.0, 0.8):
        found = quiet(sites([1000]), given, dependence=factor_correlation({pair: rho}))
        widths.append(found.interval.high / found.interval.low)
        assert "stated-dependence" in {a.id for a in found.assumptions}
    plain = quiet(sites([1000]), given)
    assert widths[0] > widths[1] > widths[2]
    assert widths[1] == pytest.approx(plain.interval.high / plain.interval.low, rel=1e-9)


def test_repaired_correlations_are_said_with_the_estimate():
    """The warning of a repaired matrix goes with every estimate made with it."""
    names = ("worker_share", "devices_per_person", "platforms_per_person")
    pairs = {(names[0], names[1]): 0.9, (names[1], names[2]): 0.9, (names[0], names[2]): -0.9}
    with pytest.warns(MicroworkWarning, match="correlation-repaired"):
        dependence = factor_correlation(pairs)
    with pytest.warns(MicroworkWarning, match="correlation-repaired"):
        found = persons_from_audience(sites([1000]), factors(), dependence=dependence)
    assert "correlation-repaired" in {w.code for w in found.warnings}


def test_correlated_scores_by_simulation():
    """Draws of two log-normal factors with correlation 0.6 have it between their logarithms."""
    given = factors(
        measurement=Elicited(distribution="lognormal", low=0.5, high=2, source="x"),
        platforms_per_person=Elicited(distribution="at_least_one", low=1.5, high=4, source="x"),
    )
    dependence = factor_correlation({("measurement", "platforms_per_person"): 0.6})
    u = np.random.default_rng(9).random((100_000, 6))
    together = np.log(audience_draws(sites([1000]), given, u, dependence=dependence))
    alone = np.log(audience_draws(sites([1000]), given, u))
    z = stats.norm.ppf(u)
    second = 0.6 * z[:, 0] + 0.8 * z[:, 4]
    expected = np.log(1000) + np.log(given.measurement.quantile(stats.norm.cdf(z[:, 0])))
    expected = expected - np.log(given.platforms_per_person.quantile(stats.norm.cdf(second)))
    assert together.var() == pytest.approx(expected.var(), rel=0.02)
    assert together.var() < alone.var()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hidden(threshold=0), "impossible threshold"),
        (lambda: hidden(threshold=np.inf), "impossible threshold"),
        (lambda: hidden(law="normal"), "unknown choice"),
        (lambda: CensoredSites(platforms=("A",), threshold=1, source=" "), "without source"),
        (lambda: hidden(ranks=[7, 8]), "ranks of some sites only"),
        (lambda: hidden(ranks=[7, 0.5], measured_ranks=[1]), "impossible rank"),
        (lambda: hidden(ranks=[7], measured_ranks=[1]), "different lengths"),
        (lambda: quiet(sites([50]), factors(), censored=hidden()), "measured site below the threshold"),
        (
            lambda: quiet(sites([500]), factors(), censored=CensoredSites(platforms=("S0",), threshold=1, source="x")),
            "measured and censored",
        ),
        (lambda: quiet(sites([500, 400]), factors(), censored=hidden(law="tobit")), "too few measured sites"),
    ],
)
def test_impossible_sites_are_refused(call, message):
    """Thresholds of zero, sites on the wrong side, too few to see how visitors fall with rank."""
    with pytest.raises(InvalidInput, match=message):
        call()
