"""Several estimates of one quantity: what each way of pooling covers, when it refuses, and what limits do."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from microwork_estimate import synthesis
from microwork_estimate.errors import CodedWarning, InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Bounds, Estimand, Estimate, Interval, Replicates
from microwork_estimate.synthesis import Limit, SourceBias

ABOUT = Estimand(activity="monthly")
NONE = SourceBias(width=0.0, source="assumed: none")


def _made(name, value, error=0.1, **more):
    return Estimate(name=name, value=value, standard_error=error * value, estimand=ABOUT, method="given", **more)


def _wide(width, **more):
    return SourceBias(width=width, source="assumed: for a test", **more)


def _quiet(function, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*arguments, **options)


def _codes(estimate):
    return [warning.code for warning in estimate.warnings]


# ------------------------------------------------------------------------------------------------- interval coverage

SAMPLING, WIDTHS = np.array([0.03, 0.10, 0.15]), np.array([0.5, 0.3, 0.4])


def _coverage(shared, factor, n=400, seed=20):
    """Share of simulated worlds in which each interval holds the truth: inverse variance, linear pool, least squares."""
    generator = np.random.default_rng(seed)
    truth = math.log(50_000)
    hits, given = np.zeros(3), np.zeros(3)
    biases = {str(k): _wide(width) for k, width in enumerate(WIDTHS)}
    for _ in range(n):
        common = shared * generator.standard_normal()
        x = truth + common + factor * WIDTHS * generator.standard_normal(3) + SAMPLING * generator.standard_normal(3)
        precision = SAMPLING**-2.0
        naive = abs((precision * x).sum() / precision.sum() - truth) < 1.96 / math.sqrt(precision.sum())
        sources = [
            Estimate(
                name=str(k),
                value=math.exp(x[k]),
                standard_error=math.exp(x[k]) * SAMPLING[k],
                estimand=ABOUT,
                method="x",
            )
            for k in range(3)
        ]
        pool = _quiet(synthesis.linear_pool, sources, biases)
        gls = _quiet(synthesis.bias_adjusted_pool, sources, biases)
        hits[0] += naive
        hits[1] += pool.interval.low <= 50_000 <= pool.interval.high
        given += [1, 1, gls.value is not None]
        hits[2] += gls.value is not None and gls.interval.low <= 50_000 <= gls.interval.high
    return hits / given


@pytest.mark.parametrize(
    ("shared", "factor", "gls"),
    [(0.0, 1.0, 0.92), (0.3, 1.0, 0.65), (0.0, 1.5, 0.70)],
    ids=["right", "shared", "narrow"],
)
def test_linear_pool_holds_where_precision_weighting_fails(shared, factor, gls):
    """The linear pool holds the truth in 95 % of worlds even if biases are shared or half again as wide as stated."""
    naive, linear, squares = _coverage(shared, factor)
    assert linear >= 0.95
    assert naive < 0.2
    assert squares > gls
    if (shared, factor) != (0.0, 1.0):
        assert squares < 0.93  # the weighted average is not robust to a wrong statement, which is why it is no headline


# ------------------------------------------------------------------------------------------------------ linear pool


def test_mixture_quantiles_are_those_of_an_independent_mixture():
    """Median and ranges solve the distribution function of the mixture of log-normals, by another program."""
    sources = [_made("a", 40_000.0, 0.05), _made("b", 90_000.0, 0.2), _made("c", 70_000.0, 0.1)]
    biases = {"a": _wide(0.3, mean=math.log(0.8)), "b": _wide(0.2), "c": _wide(0.4, mean=0.1)}
    weights = {"a": 0.5, "b": 0.3, "c": 0.2}
    pool = _quiet(synthesis.linear_pool, sources, biases, weights=weights)

    def cdf(n):
        parts = [
            stats.lognorm(
                math.hypot(e.standard_error / e.value, biases[e.name].width),
                scale=e.value / math.exp(biases[e.name].mean),
            )
            for e in sources
        ]
        return sum(weights[e.name] * part.cdf(n) for e, part in zip(sources, parts, strict=True))

    found = [pool.value, pool.interval.low, pool.interval.high, *(pool.diagnostics[f"low_{r}"] for r in (50, 80, 95))]
    for value, p in zip(found, (0.5, 0.025, 0.975, 0.25, 0.1, 0.025), strict=True):
        assert value == pytest.approx(optimize.brentq(lambda n, p=p: cdf(n) - p, 1e2, 1e7), rel=1e-8)


def test_one_source_repeated_gains_nothing():
    """Mixing the same statement three times gives that statement: agreement does not make the pool narrower."""
    biases = {name: _wide(0.3) for name in "abc"}
    pool = _quiet(synthesis.linear_pool, [_made(name, 50_000.0) for name in "abc"], biases)
    spread = math.hypot(0.1, 0.3)
    assert pool.value == pytest.approx(50_000)
    assert pool.interval.high == pytest.approx(50_000 * math.exp(stats.norm.ppf(0.975) * spread), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(10, 1e8), st.floats(0.01, 1.0), st.floats(0.0, 1.0)), min_size=2, max_size=5))
def test_pool_is_inside_the_envelope_of_its_sources(sources):
    """For any sources the 95 % range of the pool lies within the envelope, and its ranges are nested."""
    made = [_made(str(k), value, error) for k, (value, error, _) in enumerate(sources)]
    biases = {str(k): _wide(width) for k, (_, _, width) in enumerate(sources)}
    pool = _quiet(synthesis.linear_pool, made, biases)
    around = _quiet(synthesis.envelope, made, biases)
    assert around.value is None
    assert around.interval.low <= pool.interval.low * (1 + 1e-9)
    assert pool.interval.high <= around.interval.high * (1 + 1e-9)
    ends = [pool.diagnostics[key] for key in ("low_95", "low_80", "low_50")]
    ends += [pool.value, *(pool.diagnostics[key] for key in ("high_50", "high_80", "high_95"))]
    assert ends == sorted(ends)


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-3, 1e3), st.permutations(["a", "b", "c"]))
def test_units_and_order_do_not_matter(factor, order):
    """Counting in thousands, or naming the sources in another order, changes nothing else."""
    values, biases = {"a": 100.0, "b": 180.0, "c": 240.0}, {"a": _wide(0.2), "b": _wide(0.3), "c": _wide(0.1)}
    first = _quiet(synthesis.linear_pool, [_made(n, values[n]) for n in "abc"], biases)
    other = _quiet(synthesis.linear_pool, [_made(n, factor * values[n]) for n in order], biases)
    assert other.value == pytest.approx(factor * first.value, rel=1e-9)
    assert other.interval.high == pytest.approx(factor * first.interval.high, rel=1e-9)


def test_replicates_give_the_sampling_error():
    """With replicates, the spread of their logarithms is the sampling error; the standard error is not needed."""
    draws = 50_000 * np.exp(0.2 * stats.norm.ppf((np.arange(1999) + 0.5) / 1999))
    replicates = Replicates(values=draws, streams=("survey",), seed=1)
    source = Estimate(name="a", value=50_000.0, estimand=ABOUT, method="given", replicates=replicates)
    row = synthesis.bias_adjusted([source, _made("b", 40_000.0)], {"a": NONE, "b": NONE})[0]
    assert math.log(row.interval.high / 50_000) / 1.959964 == pytest.approx(0.2, rel=0.01)


def test_bias_larger_than_sampling_is_said():
    """More data would not settle the matter when a stated bias, own or shared, exceeds the sampling error."""
    sources = [_made("a", 50_000.0, 0.1), _made("b", 60_000.0, 0.1)]
    for biases, warned in (
        ({"a": _wide(0.05), "b": _wide(0.05)}, False),
        ({"a": _wide(0.2), "b": _wide(0.05)}, True),
        ({"a": _wide(0.0, shared={"coefficient": 0.2}), "b": _wide(0.05)}, True),
    ):
        assert ("bias-dominates" in _codes(_quiet(synthesis.linear_pool, sources, biases))) is warned


# --------------------------------------------------------------------------------------------- conflict and averaging


def test_conflict_of_two_sources_is_the_z_test():
    """Two independent sources: Q is the squared z statistic of their difference, and so is each left-out prediction."""
    found = synthesis.conflict([_made("a", 100.0, 0.1), _made("b", 150.0, 0.2)], {"a": _wide(0.1), "b": NONE})
    z = math.log(1.5) / math.sqrt(0.1**2 + 0.1**2 + 0.2**2)
    assert found.statistic == pytest.approx(z**2)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(z))
    assert found.left_out["a"] == pytest.approx(found.p_value)
    assert found.degrees_of_freedom == 1


def test_the_source_apart_is_found():
    """One of four sources that lies apart has the smallest chance of being predicted by the others."""
    sources = [_made(n, v) for n, v in zip("abcd", (100.0, 105.0, 98.0, 200.0), strict=True)]
    found = synthesis.conflict(sources, dict.fromkeys("abcd", _wide(0.1)))
    assert min(found.left_out, key=found.left_out.get) == "d"
    assert found.p_value < 0.001


def test_conflict_has_its_level():
    """When the stated biases are right, the test is below 0.10 in a tenth of the worlds."""
    generator = np.random.default_rng(4)
    load = np.array([0.3, 0.3, -0.1])
    p = []
    for _ in range(600):
        x = load * generator.standard_normal() + np.hypot(0.1, 0.2) * generator.standard_normal(3)
        sources = [_made(str(k), 1000 * math.exp(x[k])) for k in range(3)]
        p.append(synthesis.conflict(sources, {str(k): _wide(0.2, shared={"c": load[k]}) for k in range(3)}).p_value)
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_average_of_agreeing_sources():
    """Independent sources with equal errors are averaged on the logarithm, with the error of an average."""
    pool = _quiet(
        synthesis.bias_adjusted_pool, [_made("a", 90.0), _made("b", 100.0)], {"a": _wide(0.2), "b": _wide(0.2)}
    )
    assert pool.value == pytest.approx(math.sqrt(9000))
    width = math.hypot(0.1, 0.2) / math.sqrt(2)
    assert pool.interval.high == pytest.approx(pool.value * math.exp(1.959964 * width), rel=1e-6)
    assert pool.diagnostics["weight_a"] == pytest.approx(0.5)


def test_average_is_refused_with_its_reason():
    """Sources that disagree, or one that rules the others, give no average, and the reason is in the warning."""
    apart = [_made("a", 100.0), _made("b", 300.0)]
    with pytest.warns(MicroworkWarning, match="the sources disagree"):
        refused = synthesis.bias_adjusted_pool(apart, {"a": NONE, "b": NONE})
    assert (refused.value, refused.interval) == (None, None)
    assert "pool-refused" in _codes(refused)
    ruled = [_made("a", 100.0, 0.01), _made("b", 102.0, 0.2)]
    with pytest.warns(MicroworkWarning, match="a alone would weigh 100 %"):
        assert synthesis.bias_adjusted_pool(ruled, {"a": NONE, "b": NONE}).value is None


def test_weights_are_never_negative():
    """Strongly shared causes would make the best unconstrained weight negative; it is then zero, not negative."""
    sources = [_made("a", 100.0, 0.3), _made("b", 105.0, 0.3), _made("c", 95.0, 0.35)]
    biases = {
        "a": _wide(0.1, shared={"c": 0.3}),
        "b": _wide(0.1, shared={"c": 2.0}),
        "c": _wide(0.1, shared={"c": 0.1}),
    }
    pool = _quiet(synthesis.bias_adjusted_pool, sources, biases)
    weights = [pool.diagnostics[f"weight_{n}"] for n in "abc"]
    assert min(weights) == 0
    assert sum(weights) == pytest.approx(1)
    load = np.array([0.3, 2.0, 0.1])
    covariance = np.diag(np.array([0.3, 0.3, 0.35]) ** 2 + 0.01) + np.outer(load, load)
    best = optimize.minimize(
        lambda w: w @ covariance @ w,
        np.full(3, 1 / 3),
        bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
    )
    assert weights == pytest.approx(best.x, abs=1e-3)


# ------------------------------------------------------------------------------------------------------------ limits


def test_certain_limit_cuts_each_density_before_mixing():
    """A lower limit that one source hardly meets leaves that source its weight: each density is cut, then mixed."""
    sources = [_made("a", 100.0, 0.1), _made("b", 150.0, 0.1)]
    floor = Limit(name="seen", estimand=ABOUT, low=110.0)
    pool = _quiet(synthesis.linear_pool, sources, {"a": NONE, "b": NONE}, limits=[floor])

    def cdf(n):
        parts = [stats.lognorm(0.1, scale=e.value) for e in sources]
        return sum(0.5 * (part.cdf(n) - part.cdf(110)) / part.sf(110) for part in parts)

    assert pool.value == pytest.approx(optimize.brentq(lambda n: cdf(n) - 0.5, 110, 400), rel=1e-8)
    assert pool.interval.low > 110


def test_uncertain_limit_is_averaged_over_its_draws():
    """With an uncertain limit the distribution is the mean over its draws, as numerical integration has it."""
    sources = [_made("a", 100.0, 0.2), _made("b", 100.0, 0.2)]
    floor = Limit(name="chao", estimand=ABOUT, low=100.0, low_error=0.1)
    pool = _quiet(synthesis.linear_pool, sources, {"a": NONE, "b": NONE}, limits=[floor])
    x = math.log(pool.value / 100)

    def share(limit):
        inside = max(stats.norm.cdf(x / 0.2) - stats.norm.cdf(limit / 0.2), 0) / stats.norm.sf(limit / 0.2)
        return inside * stats.norm.pdf(limit / 0.1) / 0.1

    assert integrate.quad(share, -0.8, 0.8, points=[x])[0] == pytest.approx(0.5, abs=2e-3)


def test_source_outside_the_limits_is_said():
    """A source that lies wholly below a lower limit is put on the limit, and named; nothing is dropped silently."""
    sources = [_made("a", 100.0, 0.05), _made("b", 5000.0, 0.1)]
    with pytest.warns(MicroworkWarning, match="between the limits: a"):
        pool = synthesis.linear_pool(
            sources, {"a": NONE, "b": NONE}, limits=[Limit(name="x", estimand=ABOUT, low=1000.0)]
        )
    assert "source-outside-limits" in _codes(pool)
    assert pool.diagnostics["low_95"] == pytest.approx(1000, rel=1e-3)


def test_limits_that_contradict_each_other():
    """A lower limit above an upper one leaves nothing: no value, and a warning that says so."""
    limits = [Limit(name="x", estimand=ABOUT, low=300.0), Limit(name="y", estimand=ABOUT, high=200.0)]
    with pytest.warns(MicroworkWarning, match="100 % of their draws"):
        pool = synthesis.linear_pool([_made("a", 100.0), _made("b", 120.0)], {"a": NONE, "b": NONE}, limits=limits)
    assert pool.value is None
    assert _codes(pool) == ["limits-contradict"]


def test_bounds_become_limits():
    """Bounds with an interval carry its width as their error; without, they hold for certain; open ends stay open."""
    bounds = Bounds(low=100.0, high=400.0, reason="r", sharp=True)
    interval = Interval(low=90.0, high=420.0, level=0.95, method="imbens-manski")
    limit = Limit.from_bounds(
        Estimate(name="b", value=None, estimand=ABOUT, method="m", bounds=bounds, interval=interval)
    )
    assert (limit.low, limit.high) == (100, 400)
    assert limit.low_error == pytest.approx(math.log(100 / 90) / 1.6448536)
    open_above = Bounds(low=100.0, high=math.inf, reason="r", sharp=True)
    limit = Limit.from_bounds(Estimate(name="b", value=None, estimand=ABOUT, method="m", bounds=open_above))
    assert (limit.high, limit.low_error) == (None, 0)


@pytest.mark.parametrize("code", ["one-inflation", "open-population"])
def test_doubtful_lower_bound_is_refused(code):
    """Chao's bound enters as a limit only where nothing says that it may be above the truth."""
    sound = _made("chao", 100.0)
    assert Limit.from_lower_bound(sound).low_error == pytest.approx(0.1)
    doubtful = _made("chao", 100.0, warnings=(CodedWarning(code=code, message="x"),))
    with pytest.raises(InvalidInput, match="not a lower bound"):
        Limit.from_lower_bound(doubtful)


# ------------------------------------------------------------------------------------------------------ invalid input


def test_different_estimands_are_not_pooled():
    """Registered people and monthly workers are not two answers to one question: every verb refuses, and says where."""
    other = Estimate(name="b", value=1.0, standard_error=0.1, estimand=Estimand(activity="registered"), method="x")
    for verb in (synthesis.linear_pool, synthesis.bias_adjusted_pool, synthesis.envelope, synthesis.conflict):
        with pytest.raises(InvalidInput, match="'b' differs in activity"):
            verb([_made("a", 1.0), other], {"a": NONE, "b": NONE})
    limit = Limit(name="l", estimand=Estimand(unit="accounts"), low=1.0)
    with pytest.raises(InvalidInput, match="'l' differs in unit, activity"):
        synthesis.linear_pool([_made("a", 1.0), _made("b", 2.0)], {"a": NONE, "b": NONE}, limits=[limit])


@pytest.mark.parametrize(
    ("sources", "biases", "options", "message"),
    [
        ([_made("a", 1.0)], {"a": NONE}, {}, "two estimates or more"),
        ([_made("a", 1.0), _made("b", 2.0)], {"a": NONE}, {}, "one bias for each"),
        ([_made("a", 1.0), _made("a", 2.0)], {"a": NONE}, {}, "not distinct"),
        ([_made("a", 1.0), _made("b", 0.0)], {"a": NONE, "b": NONE}, {}, "no value to pool"),
        (
            [_made("a", 1.0), Estimate(name="b", value=2.0, estimand=ABOUT, method="x")],
            {"a": NONE, "b": NONE},
            {},
            "no standard error",
        ),
        ([_made("a", 1.0), _made("b", 2.0, 0.0)], {"a": NONE, "b": NONE}, {}, "without any error"),
        (
            [_made("a", 1.0), _made("b", 2.0)],
            {"a": NONE, "b": NONE},
            {"weights": {"a": 0.7, "b": 0.7}},
            "impossible weights",
        ),
        (
            [_made("a", 1.0), _made("b", 2.0)],
            {"a": NONE, "b": NONE},
            {"weights": {"a": 1.2, "b": -0.2}},
            "impossible weights",
        ),
        ([_made("a", 1.0), _made("b", 2.0)], {"a": NONE, "b": NONE}, {"weights": {"a": 1.0}}, "impossible weights"),
        ([_made("a", 1.0), _made("b", 2.0)], {"a": NONE, "b": NONE}, {"level": 95}, "confidence level"),
    ],
)
def test_impossible_pools(sources, biases, options, message):
    """One source, missing biases, twice the same name, no value, no error, wrong weights or levels: coded errors."""
    with pytest.raises(InvalidInput, match=message):
        synthesis.linear_pool(sources, biases, **options)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SourceBias(width=-0.1, source="x"),
        lambda: SourceBias(width=math.nan, source="x"),
        lambda: SourceBias(width=0.1, source=" "),
        lambda: SourceBias(width=0.1, source="x", shared={"c": math.inf}),
        lambda: SourceBias.from_interval(2.0, 0.5, source="x"),
        lambda: SourceBias.from_interval(0.0, 0.5, source="x"),
        lambda: SourceBias.from_interval(0.5, 2.0, level=90, source="x"),
        lambda: Limit(name="x", estimand=ABOUT),
        lambda: Limit(name="x", estimand=ABOUT, low=3.0, high=2.0),
        lambda: Limit(name="x", estimand=ABOUT, low=3.0, low_error=-1.0),
        lambda: Limit.from_bounds(_made("a", 1.0)),
    ],
)
def test_impossible_statements(make):
    """Intervals upside down, negative widths, limits without an end or out of order cannot be made."""
    with pytest.raises(InvalidInput):
        make()


def test_sources_that_err_alike_are_not_averaged():
    """Two sources with one and the same error say nothing about each other: averaging refuses, the mixture stands."""
    sources = [_made("a", 100.0, 0.0), _made("b", 100.0, 0.0)]
    biases = {"a": _wide(0.0, shared={"c": 0.3}), "b": _wide(0.0, shared={"c": 0.3})}
    with pytest.raises(InvalidInput, match="sources that err alike"):
        synthesis.bias_adjusted_pool(sources, biases)
    assert _quiet(synthesis.linear_pool, sources, biases).value == pytest.approx(100)
