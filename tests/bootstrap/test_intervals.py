"""All kinds of interval against R's boot package, and failed draws."""

import json
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate.bootstrap import (
    IDENTITY,
    LOG,
    LOGIT,
    Scale,
    above,
    acceleration,
    basic,
    bca,
    monte_carlo_error,
    normal,
    percentile,
    standard_error,
    studentised,
    with_replicates,
)
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Estimate, Interval, Replicates

BOOT = json.loads((Path(__file__).parents[1] / "reference" / "boot_ci.json").read_text(encoding="utf-8"))
CASES = {case["id"]: case["output"] for case in BOOT["cases"]}
SETS = sorted({name.split("/")[0] for name in CASES})


def _replicates(values) -> Replicates:
    return Replicates(values=np.asarray(values, dtype=float), streams=("sample",), seed=1)


def _case(name):
    """Estimate, replicates and, where there are any, the variances of a set."""
    case = CASES[f"{name}/replicates"]
    n_replicates = case["R"]
    return case["t0"][0], _replicates(case["t"][:n_replicates]), case


def _met(kind, table, make):
    """Compare an interval with every row of a table of boot.ci: level first, ends last."""
    assert len(table["values"]) >= 2
    for level, *_, low, high in table["values"]:
        found = make(level)
        assert found.level == level, kind
        assert found.low == pytest.approx(low, rel=1e-8, abs=1e-9), (kind, level)
        assert found.high == pytest.approx(high, rel=1e-8, abs=1e-9), (kind, level)


@pytest.mark.parametrize("name", SETS)
def test_percentile_meets_boot(name):
    """The percentile ends are those of boot.ci (boot 1.3.28.1), interpolated ranks included, to 1e-8."""
    _, draws, _ = _case(name)
    _met("percent", CASES[f"{name}/ci"]["percent"], lambda level: percentile(draws, level=level))


@pytest.mark.parametrize("name", SETS)
def test_normal_and_basic_meet_boot(name):
    """So are the normal ends, less the bias, and the basic ones."""
    value, draws, _ = _case(name)
    _met("normal", CASES[f"{name}/ci"]["normal"], lambda level: normal(draws, value, level=level))
    _met("basic", CASES[f"{name}/ci"]["basic"], lambda level: basic(draws, value, level=level))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("kind", "given", "printed"), [("ci", "L_default", "a_default"), ("ci_bca_jack", "L_jack", "a_jack")]
)
@pytest.mark.filterwarnings("ignore:.*too-few-replicates")
def test_bca_meets_boot(name, kind, given, printed):
    """The BCa ends and the acceleration are those of boot.ci for both kinds of influence that the reference gives."""
    value, draws, _ = _case(name)
    case = CASES[f"{name}/{kind}"]
    speed = acceleration(case[given])
    assert speed == pytest.approx(case[printed], rel=1e-8, abs=1e-12)
    _met(kind, case["bca"], lambda level: bca(draws, value, acceleration=speed, level=level))


def test_studentised_meets_boot():
    """The studentised ends are those of boot.ci with the variances of the replicates."""
    value, draws, case = _case("mean_aircondit")
    errors = _replicates(np.sqrt(case["v"]))
    own = float(np.sqrt(case["t0"][1]))
    _met(
        "stud",
        CASES["mean_aircondit/ci_stud"],
        lambda level: studentised(draws, errors, value, standard_error=own, level=level),
    )


@pytest.mark.parametrize("name", ["mean_aircondit", "ratio_city"])
@pytest.mark.filterwarnings("ignore:.*too-few-replicates")
def test_intervals_on_the_log_scale_meet_boot(name):
    """Normal and basic ends on the logarithmic scale are those of boot.ci with h=log; the other two do not change."""
    value, draws, _ = _case(name)
    table = CASES[f"{name}/ci_log"]
    speed = CASES[f"{name}/ci"]["a_default"]
    _met("normal", table["normal"], lambda level: normal(draws, value, level=level, scale=LOG))
    _met("basic", table["basic"], lambda level: basic(draws, value, level=level, scale=LOG))
    _met("percent", table["percent"], lambda level: percentile(draws, level=level))
    _met("bca", table["bca"], lambda level: bca(draws, value, acceleration=speed, level=level))


def test_studentised_on_the_log_scale_is_that_of_the_logarithms():
    """On the logarithmic scale it is the interval of the logarithms, with errors of the logarithms, brought back."""
    value, draws, case = _case("mean_aircondit")
    errors = np.sqrt(case["v"])
    own = float(np.sqrt(case["t0"][1]))
    found = studentised(draws, _replicates(errors), value, standard_error=own, scale=LOG)
    logs = studentised(
        _replicates(np.log(draws.values)),
        _replicates(errors / draws.values),
        float(np.log(value)),
        standard_error=own / value,
    )
    assert (found.low, found.high) == pytest.approx((np.exp(logs.low), np.exp(logs.high)), rel=1e-12)
    assert found.method == "studentised, log scale"


def test_all_sets_of_the_reference_are_used():
    """The grid cannot shrink unnoticed: four sets of replicates."""
    assert SETS == ["cor_law", "mean_aircondit", "median_aircondit", "ratio_city"]


def test_failed_draws_count_as_infinite():
    """Three per cent of failures push the upper end of a 95 % interval to infinity, and the estimate says so."""
    values = np.arange(1.0, 200.0)
    values[:6] = np.nan
    estimate = Estimate(name="n", value=100.0, estimand=Estimand(), method="test")
    with pytest.warns(MicroworkWarning, match="6 of 199 draws"):
        result = with_replicates(estimate, _replicates(values))
    assert result.interval is not None
    assert result.interval.high == np.inf
    assert [w.code for w in result.warnings] == ["failed-replicates"]
    assert result.standard_error is None


def test_no_draw_at_all_is_an_error():
    """When every draw failed there is no interval to give."""
    estimate = Estimate(name="n", value=1.0, estimand=Estimand(), method="test")
    with pytest.raises(InvalidInput, match="no draw could be estimated"):
        with_replicates(estimate, _replicates([np.nan, np.inf]))


def test_monte_carlo_error_covers_the_true_quantile():
    """In 200 runs of 1,999 normal draws its 95 % interval holds the true 2.5 % quantile about 190 times."""
    generator = np.random.Generator(np.random.PCG64(5))
    hits = 0
    for _ in range(200):
        low, high = monte_carlo_error(_replicates(generator.standard_normal(1999)), probability=0.025)
        hits += low <= -1.959963984540054 <= high
    assert 180 <= hits <= 199


def test_standard_error_is_the_standard_deviation():
    """Of 1, 2, 3 it is 1; of a single draw it is unknown."""
    assert standard_error(_replicates([1.0, 2.0, 3.0])) == 1.0
    assert standard_error(_replicates([1.0])) is None


def test_a_few_failures_open_each_kind_as_an_infinite_draw_would():
    """Failed draws lie above everything: they open percentile and BCa above, basic and studentised below."""
    values = np.arange(1.0, 200.0)
    values[[3, 50, 90, 120, 150, 199 - 2]] = np.nan
    draws, ones = _replicates(values), _replicates(np.ones(199))
    assert percentile(draws).high == np.inf
    assert bca(draws, 100.0, acceleration=0.0).high == np.inf
    assert basic(draws, 100.0).low == -np.inf
    assert basic(draws, 100.0, scale=LOG).low == 0.0
    assert studentised(draws, ones, 100.0, standard_error=1.0).low == -np.inf
    assert normal(draws, 100.0) is None


def test_more_failures_than_stated_refuse_the_interval():
    """With 11 of 199 draws failed, more than 5 %, there is no interval; with a larger stated share there is one again."""
    values = np.arange(1.0, 200.0)
    values[:11] = np.nan
    estimate = Estimate(name="n", value=100.0, estimand=Estimand(), method="test")
    with pytest.warns(MicroworkWarning, match="11 of 199 draws .* more than 5 %: no interval"):
        refused = with_replicates(estimate, _replicates(values))
    assert refused.interval is None
    assert refused.value == 100.0
    assert [w.code for w in refused.warnings] == ["failed-replicates"]
    with pytest.warns(MicroworkWarning, match="count as infinite"):
        given = with_replicates(estimate, _replicates(values), refuse_above=0.1)
    assert given.interval is not None


def test_infinite_draws_are_no_failures():
    """Draws that nothing bounds above are in their place: a tenth of them opens the interval and refuses nothing."""
    values = np.arange(1.0, 200.0)
    values[-20:] = np.inf
    estimate = Estimate(name="n", value=100.0, estimand=Estimand(), method="test")
    with pytest.warns(MicroworkWarning, match="20 of 199"):
        found = with_replicates(estimate, _replicates(values))
    assert (found.interval.low, found.interval.high) == (5.0, np.inf)


def test_another_interval_may_be_attached():
    """An estimate takes any interval of its replicates, the percentile one by default."""
    estimate = Estimate(name="n", value=100.0, estimand=Estimand(), method="test")
    draws = _replicates(np.arange(1.0, 200.0))
    other = basic(draws, 100.0)
    assert with_replicates(estimate, draws, interval=other).interval is other
    assert with_replicates(estimate, draws).interval.method == "percentile"
    assert isinstance(other, Interval)


@pytest.mark.parametrize("scale", [IDENTITY, LOG, LOGIT, above(0.1)])
def test_scales_come_back(scale):
    """From a scale and back is where one was; the slope is that of the scale."""
    x = np.linspace(0.15, 0.95, 9)
    np.testing.assert_allclose(scale.backward(scale.forward(x)), x, rtol=1e-14)
    step = 1e-6
    slope = (scale.forward(x + step) - scale.forward(x - step)) / (2 * step)
    np.testing.assert_allclose(scale.slope(x), slope, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: basic(d, -1.0, scale=LOG), "estimate outside its scale"),
        (lambda d: basic(d, 1.0, scale=LOGIT), "a share above 0 and below 1"),
        (lambda d: basic(d, np.inf), "estimate outside its scale"),
        (lambda d: normal(d, 10.0, scale=above(10.0)), "a number above 10"),
        (lambda d: bca(d, np.nan, acceleration=0.0), "interval around nothing"),
        (lambda d: bca(d, 1.0, acceleration=np.inf), "interval around nothing"),
        (lambda d: studentised(d, d, 1.0, standard_error=0.0), "impossible standard error"),
        (lambda d: studentised(d, _replicates([1.0]), 1.0, standard_error=1.0), "different runs"),
        (lambda d: percentile(d, level=95), "impossible confidence level"),
        (lambda _: Scale(kind="cube"), "unknown choice"),
        (lambda _: Scale(kind="logit", floor=1.0), "impossible floor"),
    ],
)
def test_intervals_around_nothing_are_refused(call, message):
    """An estimate that is not on the scale, a level in per cent and the like are errors."""
    with pytest.raises(InvalidInput, match=message):
        call(_replicates(np.arange(1.0, 200.0)))
