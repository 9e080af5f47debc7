"""Weighted totals, means, ratios and shares: degenerate data, invalid input, invariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand
from microwork_estimate.inputs import SurveySample
from microwork_estimate.weighting.bootstrap_schemes import RaoWuYue
from microwork_estimate.weighting.contrasts import contrast, difference
from microwork_estimate.weighting.domains import DomainEstimates
from microwork_estimate.weighting.estimators import mean, ratio, total
from microwork_estimate.weighting.interval_ends import Facts, interval_ends
from microwork_estimate.weighting.proportions import proportion, shares
from microwork_estimate.weighting.replicate_schemes import JackknifeN, JackknifeOne
from microwork_estimate.weighting.replication import replicate_weights
from microwork_estimate.weighting.views import view


def survey(n=24, seed=1, **design):
    """A small survey with two columns of numbers and one of categories."""
    rng = np.random.default_rng(seed)
    columns = {"y": rng.gamma(2, 3, n), "x": rng.gamma(4, 2, n), "g": np.array(["a", "b", "c"])[np.arange(n) % 3]}
    return SurveySample(columns=columns, weight=rng.uniform(1, 9, n), **design)


def codes(estimate):
    """Warning codes of an estimate."""
    return {warning.code for warning in estimate.warnings}


def test_mean_by_hand():
    """Two respondents of weight 1 and 3: mean 2.5, and the textbook variance of a ratio of two units."""
    sample = SurveySample(columns={"y": [1.0, 3.0]}, weight=[1.0, 3.0])
    with pytest.warns(UserWarning, match="few-degrees"):
        estimate = mean(sample, "y")
    assert estimate.value == 2.5
    scores = np.array([1 * (1 - 2.5), 3 * (3 - 2.5)]) / 4
    assert estimate.standard_error == pytest.approx(np.sqrt(2 * (scores**2).sum()))
    assert estimate.diagnostics["degrees_of_freedom"] == 1


def test_census_has_no_variance():
    """When the whole population was drawn, the total is known and the interval is a point."""
    estimate = total(SurveySample(columns={"y": np.arange(20.0)}, fpc=np.full(20, 20.0)), "y")
    assert (estimate.value, estimate.standard_error) == (190.0, 0.0)
    assert estimate.interval.low == estimate.interval.high == 190.0


def test_share_of_units_drawn_may_be_given_as_a_share():
    """A finite population as 40 units or as a tenth of them is the same."""
    a, b = (survey(fpc=np.full(24, value)) for value in (240.0, 0.1))
    assert total(a, "y").standard_error == pytest.approx(total(b, "y").standard_error)


def test_clusters_count_as_units():
    """Three answers repeated within twelve clusters are worth twelve answers, not thirty-six."""
    rng = np.random.default_rng(3)
    y = np.repeat(rng.normal(size=12), 3)
    clustered = SurveySample(columns={"y": y}, psu=np.repeat(np.arange(12), 3))
    plain = SurveySample(columns={"y": y[::3]})
    assert mean(clustered, "y").standard_error == pytest.approx(mean(plain, "y").standard_error)
    assert mean(clustered, "y").diagnostics["degrees_of_freedom"] == 11


def test_second_stage_adds_variance_by_hand():
    """Two-stage sampling without replacement: the textbook formula on four clusters of three out of six."""
    rng = np.random.default_rng(5)
    y, psu = rng.normal(5, 1, 12), np.repeat(np.arange(4), 3)
    sample = SurveySample(
        columns={"y": y},
        weight=np.full(12, 10 / 4 * 6 / 3),
        psu=psu,
        second_stage=np.arange(12),
        fpc=np.full(12, 10.0),
        second_stage_fpc=np.full(12, 6.0),
    )
    totals = np.array([6 / 3 * y[psu == i].sum() for i in range(4)])
    between = 10**2 * (1 - 4 / 10) * totals.var(ddof=1) / 4
    within = 10 / 4 * sum(6**2 * (1 - 3 / 6) * y[psu == i].var(ddof=1) / 3 for i in range(4))
    with pytest.warns(UserWarning, match="few-degrees"):
        assert total(sample, "y").standard_error == pytest.approx(np.sqrt(between + within))


def test_empty_domain_has_no_value():
    """A category without anybody who is looked at gives no value and says so; the others stand."""
    sample = survey(60)
    with pytest.warns(UserWarning, match="empty-domain"):
        estimates = mean(view(sample, where=sample.column("g") != "c"), "y", by="g")
    assert estimates["c"].value is None
    assert codes(estimates["c"]) >= {"empty-domain"}
    assert estimates["a"].value == pytest.approx(mean(sample, "y", by="g")["a"].value)
    assert np.isnan(estimates.covariance[2]).all()
    assert np.isfinite(estimates.covariance[:2, :2]).all()


def test_empty_look_has_no_value():
    """Looking at nobody gives no value."""
    with pytest.warns(UserWarning, match="empty-domain"):
        estimate = total(view(survey(), where=np.zeros(24, dtype=bool)), "y")
    assert estimate.value is None
    assert estimate.n_observed == 0


def test_zero_denominator_has_no_value():
    """A ratio to nothing gives no value and says so."""
    with pytest.warns(UserWarning, match="zero-denominator"):
        estimate = ratio(survey(), "y", np.zeros(24))
    assert estimate.value is None


def test_single_unit_has_no_standard_error():
    """One respondent has a mean, but no standard error."""
    sample = SurveySample(columns={"y": [3.0]}, lonely_psu="certainty")
    with pytest.warns(UserWarning, match="lonely-unit|no-degrees"):
        estimate = mean(sample, "y")
    assert (estimate.value, estimate.standard_error, estimate.interval) == (3.0, None, None)
    assert codes(estimate) == {"lonely-unit", "no-degrees-of-freedom"}


def test_domain_in_a_single_cluster_has_no_standard_error():
    """A domain that lives in one cluster shows no variance of its own: no standard error, rather than zero."""
    sample = SurveySample(columns={"y": np.arange(20.0), "g": ["a"] * 2 + ["b"] * 18}, psu=np.repeat(np.arange(10), 2))
    with pytest.warns(UserWarning, match="no-degrees-of-freedom"):
        estimates = mean(sample, "y", by="g")
    assert estimates["a"].standard_error is None
    assert estimates["b"].standard_error > 0


def test_logarithmic_interval():
    """The interval on the logarithmic scale is symmetric there, and there is none for a total below zero."""
    estimate = total(survey(), "y", interval="log-t")
    assert estimate.interval.low * estimate.interval.high == pytest.approx(estimate.value**2)
    with pytest.warns(UserWarning, match="no-log-interval"):
        assert total(survey(), -survey().column("y"), interval="log-t").interval is None


def test_no_design_effect_without_a_population():
    """Weights that sum to the number of respondents tell no population: only the effect with replacement is given."""
    plain = SurveySample(columns={"y": np.arange(20.0)})
    diagnostics = mean(plain, "y").diagnostics
    assert "design_effect" not in diagnostics
    assert diagnostics["design_effect_with_replacement"] == pytest.approx(1.0)


def test_shares_at_the_edge():
    """Nobody has the property: the interval is the exact binomial one for the size that the weights are worth."""
    weights = np.repeat([1.0, 3.0], 30)
    sample = SurveySample(columns={"p": np.zeros(60)}, weight=weights)
    with pytest.warns(UserWarning, match="share-at-the-edge"):
        none = proportion(sample, "p")
    kish = weights.sum() ** 2 / (weights**2).sum()
    assert (none.value, none.interval.low) == (0.0, 0.0)
    assert none.interval.high == pytest.approx(1 - 0.025 ** (1 / kish))
    with pytest.warns(UserWarning, match="share-at-the-edge"):
        everybody = proportion(sample, np.ones(60, dtype=bool), interval="logit")
    assert everybody.interval.low == pytest.approx(0.025 ** (1 / kish))
    assert everybody.interval.high == 1.0


def test_a_share_fixed_by_the_design_is_its_own_interval():
    """Where strata fix a share, it has no variance and its interval is a point."""
    sample = SurveySample(columns={"g": ["a", "b"] * 10}, strata=["a", "b"] * 10)
    estimate = proportion(sample, sample.column("g") == "a")
    assert estimate.interval.low == pytest.approx(0.5)
    assert estimate.interval.high == pytest.approx(0.5)


def test_shares_sum_to_one():
    """Shares of all categories sum to one, and their covariance to zero."""
    estimates = shares(survey(), "g")
    assert sum(e.value for e in estimates.values()) == pytest.approx(1)
    assert np.abs(estimates.covariance.sum(axis=0)).max() < 1e-15


@pytest.mark.parametrize("method", ["korn-graubard", "korn-graubard-uncapped", "logit", "wilson", "arcsine"])
@pytest.mark.parametrize("share", [0.001, 0.3, 0.999])
def test_intervals_of_shares_stay_inside(method, share):
    """No interval of a share leaves 0 to 1, and every one holds the share."""
    facts = Facts(value=share, variance=share * (1 - share) / 40, n=60, degrees=30, kish=50.0)
    low, high = interval_ends(facts, 0.95, method)
    assert 0 <= low <= share <= high <= 1


def test_exact_intervals_of_a_billion_respondents():
    """Where scipy's inverse of the beta function is wrong, the binomial tails at both ends are still 2.5 %."""
    share, n = 1e-6, 10**9
    facts = Facts(value=share, variance=share * (1 - share) / n, n=n, degrees=n - 1.0, kish=float(n))
    low, high = interval_ends(facts, 0.95, "korn-graubard")
    assert binom.sf(999, n, low) == pytest.approx(0.025, rel=1e-5)
    assert binom.cdf(1000, n, high) == pytest.approx(0.025, rel=1e-5)


def test_mapping_of_domains():
    """Estimates by domain are a read-only mapping; crossed domains have tuples as keys."""
    sample = survey(60)
    estimates = total(sample, "y", by="g")
    assert isinstance(estimates, DomainEstimates)
    assert list(estimates) == ["a", "b", "c"]
    assert sum(e.value for e in estimates.values()) == pytest.approx(total(sample, "y").value)
    assert estimates.covariance.sum() == pytest.approx(total(sample, "y").standard_error ** 2)
    assert estimates["a"].name == "total of y, g=a"
    with pytest.raises(KeyError):
        _ = estimates["d"]
    half = SurveySample(columns={**sample.columns, "h": np.arange(60) < 30}, weight=sample.weights)
    assert ("a", "True") in total(half, "y", by=("g", "h"))


def test_estimand_of_the_view():
    """The view says what the estimate is about; without one, the estimator gives the unit."""
    about = Estimand(unit="platforms per person", activity="weekly")
    assert mean(view(survey(), estimand=about), "y").estimand == about
    assert total(survey(), "y").estimand.unit == "persons"


def test_difference_between_domains_uses_their_covariance():
    """Two domains in the same clusters differ by less than independence says; replicates agree, index by index."""
    rng = np.random.default_rng(2)
    level = np.repeat(rng.normal(0, 3, 20), 10)
    sample = SurveySample(
        columns={"y": level + rng.normal(size=200), "g": np.tile(["a", "b"], 100)}, psu=np.repeat(np.arange(20), 10)
    )
    estimates = mean(sample, "y", by="g")
    gap = difference(estimates, "a", "b")
    assert gap.value == pytest.approx(estimates["a"].value - estimates["b"].value)
    assert gap.standard_error < 0.3 * np.hypot(estimates["a"].standard_error, estimates["b"].standard_error)
    assert gap.diagnostics["degrees_of_freedom"] == 18
    drawn = replicate_weights(sample, RaoWuYue(), n_replicates=200, seed=4)
    redrawn = mean(view(sample, variance=drawn), "y", by="g")
    again = difference(redrawn, "a", "b")
    assert again.replicates.values == pytest.approx((redrawn["a"].replicates - redrawn["b"].replicates).values)
    assert again.standard_error == pytest.approx(again.replicates.values.std(ddof=1))
    assert again.standard_error == pytest.approx(gap.standard_error, rel=0.2)


def test_contrasts_of_three_domains():
    """A contrast with coefficients that sum up to a total has the total's standard error."""
    sample = survey(60)
    everything = contrast(total(sample, "y", by="g"), {"a": 1, "b": 1, "c": 1})
    assert everything.standard_error == pytest.approx(total(sample, "y").standard_error)


def test_contrast_with_an_empty_domain():
    """A contrast with a domain that has no value has none."""
    sample = survey(60)
    with pytest.warns(UserWarning, match="empty-domain"):
        estimates = mean(view(sample, where=sample.column("g") != "c"), "y", by="g")
    with pytest.warns(UserWarning, match="empty-domain"):
        assert difference(estimates, "a", "c").value is None


def test_contrast_without_a_standard_error():
    """A contrast with a domain that has no standard error has none, and says so."""
    sample = SurveySample(columns={"y": np.arange(20.0), "g": ["a"] * 2 + ["b"] * 18}, psu=np.repeat(np.arange(10), 2))
    with pytest.warns(UserWarning, match="no-degrees-of-freedom"):
        estimates = mean(sample, "y", by="g")
    with pytest.warns(UserWarning, match="no-degrees-of-freedom"):
        estimate = difference(estimates, "a", "b")
    assert estimate.standard_error is None
    assert any("the contrast has none either" in warning.message for warning in estimate.warnings)


@pytest.mark.parametrize(
    "call",
    [
        lambda s: total(s, "unknown"),
        lambda s: total(s, "g"),
        lambda s: total(s, np.ones(3)),
        lambda s: total(s, np.full(24, np.nan)),
        lambda s: total(s, np.full(24, np.inf)),
        lambda s: total(s, "y", by="unknown"),
        lambda s: total(s, "y", interval="logit"),
        lambda s: mean(s, "y", level=95),
        lambda s: proportion(s, "y"),
        lambda s: proportion(s, s.column("g") == "a", interval="t"),
        lambda s: view(s, where=np.ones(24)),
        lambda s: view(s, where=np.ones(3, dtype=bool)),
        lambda s: difference(mean(s, "y", by="g"), "a", "a"),
        lambda s: contrast(mean(s, "y", by="g"), {"d": 1}),
        lambda s: contrast(mean(s, "y", by="g"), {}),
        lambda s: total(SurveySample(columns=s.columns, strata=np.arange(24)), "y"),
        lambda s: total(SurveySample(columns=s.columns, strata=np.arange(24), lonely_psu="average"), "y"),
    ],
)
@pytest.mark.filterwarnings(r"ignore:\[few-degrees-of-freedom\]")
def test_invalid_input(call):
    """Unknown columns, text, wrong lengths, missing values, impossible options and lonely strata are errors."""
    with pytest.raises(InvalidInput):
        call(survey())


def test_few_degrees_of_freedom_are_said():
    """Below eight degrees of freedom the estimate warns."""
    with pytest.warns(UserWarning, match="few-degrees-of-freedom"):
        estimate = mean(survey(6), "y")
    assert codes(estimate) == {"few-degrees-of-freedom"}


SHAPES = st.tuples(st.integers(2, 5), st.integers(2, 4), st.integers(0, 10**6))


def clustered(shape):
    """A stratified cluster sample from a shape: strata, clusters in each, seed."""
    strata, clusters, seed = shape
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 4, strata * clusters)
    unit = np.repeat(np.arange(strata * clusters), sizes)
    n = unit.size
    columns = {"y": rng.gamma(2, 3, n), "x": 1 + rng.gamma(4, 2, n), "g": rng.integers(0, 2, n)}
    population = rng.integers(clusters, 40, strata)
    return SurveySample(
        columns=columns,
        weight=rng.uniform(1, 9, n),
        strata=unit // clusters,
        psu=unit,
        fpc=population[unit // clusters].astype(float),
    )


def rebuilt(sample, order=None, scale=1.0):
    """The same sample in another order, or with weights multiplied."""
    order = np.arange(sample.n) if order is None else order
    return SurveySample(
        columns={name: values[order] for name, values in sample.columns.items()},
        weight=sample.weights[order] * scale,
        strata=sample.strata[order],
        psu=sample.psu[order],
        fpc=sample.fpc[order],
    )


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.floats(1e-3, 1e3))
@pytest.mark.filterwarnings(r"ignore:\[(few-degrees-of-freedom|share-at-the-edge)\]")
def test_scale_of_weights(shape, scale):
    """Multiplying all weights multiplies totals and their standard errors, and leaves means, ratios and shares alone."""
    sample = clustered(shape)
    grown = rebuilt(sample, scale=scale)
    for estimator, power in (
        (lambda s: total(s, "y"), 1),
        (lambda s: mean(s, "y"), 0),
        (lambda s: ratio(s, "y", "x"), 0),
        (lambda s: proportion(s, "g"), 0),
    ):
        before, after = estimator(sample), estimator(grown)
        assert after.value == pytest.approx(before.value * scale**power)
        assert after.standard_error == pytest.approx(before.standard_error * scale**power)
        if power == 0:
            assert after.interval.low == pytest.approx(before.interval.low)


@settings(max_examples=40, deadline=None)
@given(SHAPES)
@pytest.mark.filterwarnings(r"ignore:\[(few|no)-degrees-of-freedom\]")
def test_order_of_respondents(shape):
    """The order of respondents changes nothing, neither linearised nor with a jackknife."""
    sample = clustered(shape)
    order = np.random.default_rng(shape[2]).permutation(sample.n)
    other = rebuilt(sample, order)
    for estimator in (lambda s: total(s, "y"), lambda s: mean(s, "y"), lambda s: ratio(s, "y", "x")):
        before, after = estimator(sample), estimator(other)
        assert (after.value, after.standard_error) == pytest.approx((before.value, before.standard_error))
        jack = [estimator(view(s, variance=replicate_weights(s, JackknifeN()))) for s in (sample, other)]
        assert jack[1].standard_error == pytest.approx(jack[0].standard_error)


@settings(max_examples=40, deadline=None)
@given(SHAPES)
@pytest.mark.filterwarnings(r"ignore:\[few-degrees-of-freedom\]")
def test_jackknife_of_a_total_is_the_linearised_variance(shape):
    """For a total, the jackknife by strata and linearisation are the same to rounding."""
    sample = clustered(shape)
    jackknife = view(sample, variance=replicate_weights(sample, JackknifeN()))
    assert total(jackknife, "y").standard_error == pytest.approx(total(sample, "y").standard_error)


def test_linear_change_of_a_variable():
    """A mean follows a linear change of its variable, standard error and interval with it."""
    sample = survey()
    before, after = mean(sample, "y"), mean(sample, 3 * sample.column("y") - 7)
    assert after.value == pytest.approx(3 * before.value - 7)
    assert after.standard_error == pytest.approx(3 * before.standard_error)
    assert after.interval.low == pytest.approx(3 * before.interval.low - 7)


def test_calibrated_weights_need_calibrated_replicates():
    """Replicates that were not calibrated anew, for weights that were, raise a warning with every estimate."""
    from microwork_estimate.inputs.survey import Auxiliary

    sample = survey()
    auxiliary = Auxiliary(method="linear", base_weight=sample.weights, codes=(), sizes=(), numbers=np.ones((24, 1)))
    after = sample.with_weights(sample.weights * 100 / sample.weights.sum(), auxiliary=auxiliary)
    raw = replicate_weights(sample, JackknifeOne())
    with pytest.warns(UserWarning, match="replicates-not-recalibrated"):
        wide = total(view(after, variance=raw), "y")
    anew = raw.through(lambda w: 100 * w / w.sum(axis=1, keepdims=True), before=sample, after=after)
    narrow = total(view(after, variance=anew), "y")
    assert narrow.standard_error < wide.standard_error
    assert narrow.standard_error == pytest.approx(total(after, "y").standard_error, rel=0.1)
