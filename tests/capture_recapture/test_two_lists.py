"""Two lists: the estimates and their intervals against other programs, known truth and degenerate data."""

from __future__ import annotations

import json
import math
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from microwork_estimate.capture_recapture.intervals import sadinle_interval
from microwork_estimate.capture_recapture.two_lists import chapman, chapman_moments, lincoln_petersen, overlap_warnings
from microwork_estimate.capture_recapture.waring import waring_interval
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureHistories

REFERENCE = Path(__file__).parents[1] / "reference" / "twolist.json"
INTERVALS = ("sadinle", "waring", "chao_log", "profile", "wald")


@cache
def cases(kind: str) -> dict[str, dict[str, Any]]:
    """Read the cases of one kind, by name of the table of counts."""
    content = json.loads(REFERENCE.read_text(encoding="utf-8"))
    split = ([*case["id"].split("/"), case["output"]] for case in content["cases"])
    return {table: output for table, name, output in split if name == kind}


def histories(case: dict[str, Any]) -> CaptureHistories:
    """Make the two lists of a case."""
    counts = case["input"]
    return CaptureHistories.from_two_lists(counts["n1"], counts["n2"], counts["m"])


def quietly(function: Any, *args: Any, **options: Any) -> Any:
    """Call without the Python warnings, which have tests of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*args, **options)


def ends(estimate: Estimate) -> tuple[float, float]:
    """Return the ends of the interval."""
    assert estimate.interval is not None
    return estimate.interval.low, estimate.interval.high


TABLES = tuple(cases("hand"))
REGULAR = tuple(
    t for t in TABLES if 0 < (c := cases("hand")[t]["input"])["m"] < min(c["n1"], c["n2"])
)  # neither without overlap nor with one list inside the other


def test_the_reference_cases_are_all_there() -> None:
    """Nine tables by seven kinds are met below; the other 33 cases are of estimators that are not in this package."""
    kinds = ("hand", "CARE1_pair", "Rcapture_bc_Mt", "Rcapture_closedp", "Rcapture_profileCI_Mt", "FSA_Petersen")
    assert [len(cases(kind)) for kind in (*kinds, "FSA_Chapman")] == [9] * 7
    others = ("FSA_Bailey", "FSA_Ricker", "FSA_hypergeometric", "epiR_popsize")
    assert sum(len(cases(kind)) for kind in others) == 96 - 63
    assert len(REGULAR) == 6


@pytest.mark.parametrize("table", TABLES)
def test_hand_formulas(table: str) -> None:
    """Estimates, variances and closed-form intervals equal the formulas evaluated in R, to 1e-8."""
    case = cases("hand")[table]
    expected, data = case["result"], histories(case)
    both, first, second = data.two_list_cells()
    value, standard_error = chapman_moments(both, first, second)
    assert value == pytest.approx(expected["Chapman"], rel=1e-8)
    assert standard_error**2 == pytest.approx(expected["var_Chapman_Seber"], rel=1e-8)
    assert sadinle_interval(both, first, second, 0.95) == pytest.approx(
        tuple(expected["transformed_logit_ci_Sadinle2009"]), rel=1e-8
    )
    petersen = quietly(lincoln_petersen, data)
    assert petersen.n_observed == expected["observed_distinct"]
    if both > 0:
        assert petersen.value == pytest.approx(expected["LP"], rel=1e-8)
        assert petersen.standard_error**2 == pytest.approx(expected["var_LP_Sekar_Deming"], rel=1e-8)


@pytest.mark.parametrize("table", REGULAR)
@pytest.mark.parametrize(
    ("kind", "key", "estimator"),
    [
        ("chao_log", "lognormal_ci_Chapman", chapman),
        ("chao_log", "lognormal_ci_LP", lincoln_petersen),
        ("wald", "normal_ci_Chapman", chapman),
        ("sadinle", "transformed_logit_ci_Sadinle2009", chapman),
        ("sadinle", "transformed_logit_ci_Sadinle2009", lincoln_petersen),
    ],
)
def test_hand_intervals(table: str, kind: Any, key: str, estimator: Any) -> None:
    """The intervals of the estimates equal the formulas evaluated in R to 1e-8, but never reach below what was seen."""
    case = cases("hand")[table]
    low, high = case["result"][key]
    estimate = quietly(estimator, histories(case), interval=kind)
    assert ends(estimate) == pytest.approx((max(low, case["result"]["observed_distinct"]), high), rel=1e-8)
    assert estimate.interval.method == kind


@pytest.mark.parametrize("table", TABLES)
def test_care1(table: str) -> None:
    """CARE1 gives the same Chapman estimate, standard error and log-normal interval; its 0/0 is no target."""
    case = cases("CARE1_pair")[table]
    expected, data = case["result"], histories(case)
    value, standard_error = chapman_moments(*data.two_list_cells())
    assert value == pytest.approx(expected["Chapman"], rel=1e-8)
    assert standard_error == pytest.approx(expected["se"], rel=1e-8)
    if table in REGULAR:
        estimate = quietly(chapman, data, interval="chao_log")
        assert ends(estimate) == pytest.approx((expected["cil"], expected["ciu"]), rel=1e-8)
        assert quietly(lincoln_petersen, data).value == pytest.approx(expected["Petersen"], rel=1e-8)


@pytest.mark.parametrize("table", TABLES)
def test_rcapture_bias_corrected(table: str) -> None:
    """Rcapture's bias-corrected Mt model is Chapman's estimate with Seber's standard error."""
    case = cases("Rcapture_bc_Mt")[table]
    abundance, standard_error, _ = case["result"]["values"][0]
    value, error = chapman_moments(*histories(case).two_list_cells())
    assert (float(value), float(error)) == pytest.approx((abundance, standard_error), rel=1e-8)


@pytest.mark.parametrize("table", REGULAR)
def test_rcapture_closed_mt(table: str) -> None:
    """The log-linear model Mt of Rcapture is the Lincoln-Petersen estimate; tables on the boundary are not targets."""
    case = cases("Rcapture_closedp")[table]
    rows = case["result"]["results"]
    abundance, standard_error, *_ = rows["values"][rows["rows"].index("Mt")]
    estimate = quietly(lincoln_petersen, histories(case))
    assert (estimate.value, estimate.standard_error) == pytest.approx((abundance, standard_error), rel=1e-8)


@pytest.mark.parametrize("table", TABLES)
def test_rcapture_profile_interval(table: str) -> None:
    """The profile interval agrees with Rcapture to the 1e-4 of its root finder; without overlap it has no upper end."""
    case = cases("Rcapture_profileCI_Mt")[table]
    expected = case["result"]["CI"]
    estimate = quietly(chapman, histories(case), interval="profile")
    if case["input"]["m"] == 0:
        assert ends(estimate)[1] == math.inf
    else:
        assert ends(estimate) == pytest.approx((expected["infCL"], expected["supCL"]), rel=1e-4)


@pytest.mark.parametrize("table", TABLES)
def test_fsa(table: str) -> None:
    """FSA gives the same Petersen and Chapman estimates and Chapman's standard error; its Petersen error is another."""
    petersen, case = cases("FSA_Petersen")[table], cases("FSA_Chapman")[table]
    data = histories(case)
    value, standard_error = chapman_moments(*data.two_list_cells())
    assert value == pytest.approx(case["result"]["N"], rel=1e-8)
    assert standard_error == pytest.approx(case["result"]["SE"], rel=1e-8)
    if case["input"]["m"] > 0:
        assert quietly(lincoln_petersen, data).value == pytest.approx(petersen["result"]["N"], rel=1e-8)


def test_golden_numbers() -> None:
    """200, 150 and 30 give the numbers of the method notes for every interval."""
    data = CaptureHistories.from_two_lists(200, 150, 30)
    estimate = chapman(data)
    assert estimate.value == pytest.approx(978.065, abs=5e-4)
    assert estimate.standard_error == pytest.approx(141.894, abs=5e-4)
    assert ends(estimate) == pytest.approx((757.10, 1356.42), abs=5e-3)
    assert ends(chapman(data, interval="chao_log")) == pytest.approx((753.32, 1319.37), abs=5e-3)
    assert ends(chapman(data, interval="waring")) == (763.0, 1377.0)
    assert estimate.warnings == ()


def test_another_level() -> None:
    """A higher level gives a wider interval of every kind, and carries the level."""
    data = CaptureHistories.from_two_lists(200, 150, 30)
    for kind in INTERVALS:
        narrow, wide = (chapman(data, interval=kind, level=level) for level in (0.8, 0.99))  # type: ignore[arg-type]
        assert ends(wide)[0] < ends(narrow)[0] < ends(narrow)[1] < ends(wide)[1]
        assert wide.interval is not None
        assert wide.interval.level == 0.99


@pytest.mark.parametrize("kind", INTERVALS)
@pytest.mark.parametrize("estimator", [chapman, lincoln_petersen])
def test_no_overlap(kind: Any, estimator: Any) -> None:
    """Without overlap there is no value, a hypergeometric lower limit, no upper end, and a warning."""
    data = CaptureHistories.from_two_lists(200, 150, 0)
    with pytest.warns(MicroworkWarning, match="no-overlap"):
        estimate = estimator(data, interval=kind)
    assert (estimate.value, estimate.standard_error) == (None, None)
    assert ends(estimate) == (10_190, math.inf)
    assert estimate.interval.method == "hypergeometric one-sided"
    assert estimate.diagnostics["chapman_without_overlap"] == 201 * 151 - 1
    assert [warning.code for warning in estimate.warnings] == ["no-overlap"]


@pytest.mark.parametrize(("n1", "n2"), [(0, 40), (40, 0), (0, 0)])
def test_empty_list(n1: int, n2: int) -> None:
    """An empty list leaves everything open from the persons seen to infinity."""
    with pytest.warns(MicroworkWarning, match="empty-list"):
        estimate = chapman(CaptureHistories.from_two_lists(n1, n2, 0))
    assert estimate.value is None
    assert ends(estimate) == (max(n1, n2), math.inf)


def chapman_quietly(n1: int, n2: int, both: int, kind: Any) -> Estimate:
    """Chapman's estimate without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return chapman(CaptureHistories.from_two_lists(n1, n2, both), interval=kind)


@pytest.mark.parametrize("kind", INTERVALS)
@pytest.mark.parametrize("counts", [(40, 25, 25), (25, 40, 25), (15, 15, 15), (1001, 1, 1)])
def test_contained_list(kind: Any, counts: tuple[int, int, int]) -> None:
    """With one list inside the other there is a warning, and another interval where the one asked has no sense."""
    with pytest.warns(MicroworkWarning) as caught:
        estimate = chapman(CaptureHistories.from_two_lists(*counts), interval=kind)
    assert [w.message.code for w in caught] == [w.code for w in estimate.warnings]  # type: ignore[union-attr]
    assert "contained-list" in [w.code for w in estimate.warnings]
    assert estimate.value == max(counts)
    assert estimate.interval.method == ("waring" if kind in ("wald", "chao_log", "sadinle") else kind)
    assert ends(estimate)[0] == max(counts)
    if kind == "sadinle":
        assert ends(estimate) == ends(chapman_quietly(*counts, "waring"))


@pytest.mark.parametrize(("both", "codes"), [(1, ["sparse-overlap"]), (6, ["sparse-overlap"]), (7, [])])
def test_sparse_overlap(both: int, codes: list[str]) -> None:
    """Fewer than seven persons on both lists are said to be few."""
    assert [warning.code for warning in overlap_warnings((both, 50, 60))] == codes


def test_expected_bias() -> None:
    """The bias in the diagnostics is that of the exact mean over the hypergeometric law of the overlap."""
    size, n1, n2 = 2000, 120, 100
    overlap = np.arange(0, 101)
    probability = hypergeom.pmf(overlap, size, n1, n2)
    mean = probability @ chapman_moments(overlap, n1 - overlap, n2 - overlap)[0]
    estimate = quietly(chapman, CaptureHistories.from_two_lists(n1, n2, 6))
    assert estimate.diagnostics["expected_relative_bias"] == pytest.approx(mean / size - 1, rel=0.7)
    given = probability[1:] / probability[1:].sum()
    mean = given @ (n1 * n2 / overlap[1:])
    petersen = quietly(lincoln_petersen, CaptureHistories.from_two_lists(n1, n2, 6))
    assert petersen.diagnostics["expected_relative_bias"] == pytest.approx(mean / size - 1, rel=0.5)


def test_assumptions_are_printed() -> None:
    """No estimate from two lists is shown without its independence assumption."""
    estimate = chapman(CaptureHistories.from_two_lists(200, 150, 30))
    assert "independent-lists" in str(estimate)
    assert "Being on one list" in estimate._repr_html_()
    assert all(assumption.statement_fr for assumption in estimate.assumptions)


def test_invalid_input() -> None:
    """Three lists, an unknown interval and a level in per cent are refused."""
    three = CaptureHistories(lists=("a", "b", "c"), counts=np.ones(7))
    two = CaptureHistories.from_two_lists(200, 150, 30)
    with pytest.raises(InvalidInput, match="not two lists"):
        chapman(three)
    with pytest.raises(InvalidInput, match="unknown choice"):
        lincoln_petersen(two, interval="exact")  # type: ignore[arg-type]
    for data in (two, CaptureHistories.from_two_lists(200, 150, 0), CaptureHistories.from_two_lists(0, 5, 0)):
        with pytest.raises(InvalidInput, match="level"):
            chapman(data, level=95)


def captured(size: int, expected_overlap: float, n_draws: int, seed: int) -> np.ndarray:
    """Draw two independent lists of equal chances; return the cells, shape (draws, 3)."""
    chance = math.sqrt(expected_overlap / size)
    shares = [chance**2, chance * (1 - chance), chance * (1 - chance), (1 - chance) ** 2]
    return np.random.default_rng(seed).multinomial(size, shares, size=n_draws)[:, :3]


def test_coverage_of_sadinle_under_independence() -> None:
    """With 2,000 persons and 4 expected on both lists the interval covers in 95 % of 800 draws, within 3 errors."""
    low, high = sadinle_interval(*captured(2000, 4.0, 800, seed=11).T, 0.95)
    assert np.mean((low <= 2000) & (high >= 2000)) == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 800))


def test_coverage_of_waring_under_independence() -> None:
    """In the same world the Waring interval covers in about 94 % of 300 draws, within 3 errors."""
    limits = [waring_interval(*(int(c) for c in cells), 0.95) for cells in captured(2000, 4.0, 300, seed=12)]
    covered = np.mean([low <= 2000 <= high for low, high in limits])
    assert covered == pytest.approx(0.94, abs=3 * math.sqrt(0.94 * 0.06 / 300))


def test_coverage_must_fail_under_dependence() -> None:
    """With an odds ratio of 2 between the lists the default interval covers in less than half of the draws."""
    size, chance = 15_000, math.sqrt(18 / 15_000)
    # The joint chance x with margins `chance` and odds ratio 2 solves x (1 - 2 chance + x) = 2 (chance - x)^2.
    joint = np.roots([1.0, -(1.0 + 2.0 * chance), 2.0 * chance**2]).min()
    shares = [joint, chance - joint, chance - joint, 1 - 2 * chance + joint]
    cells = np.random.default_rng(13).multinomial(size, shares, size=500)[:, :3]
    low, high = sadinle_interval(*cells.T, 0.95)
    assert np.mean((low <= size) & (high >= size)) < 0.2
    assert np.mean(chapman_moments(*cells.T)[0]) < 0.6 * size


counts = st.integers(0, 2000)


@settings(max_examples=150, deadline=None)
@given(both=counts, first=counts, second=counts, kind=st.sampled_from(INTERVALS))
def test_no_fewer_than_observed(both: int, first: int, second: int, kind: Any) -> None:
    """Whatever the counts, the value lies in its interval, the interval starts at n or above, and the order is free."""
    data = CaptureHistories(lists=("a", "b"), counts=np.array([both, first, second]))
    swapped = CaptureHistories(lists=("b", "a"), counts=np.array([both, second, first]))
    for estimator in (chapman, lincoln_petersen):
        estimate = quietly(estimator, data, interval=kind)
        low, high = ends(estimate)
        assert data.n_observed <= low <= high
        assert estimate.value is None or low <= estimate.value <= high
        other = quietly(estimator, swapped, interval=kind)
        assert ends(other) == pytest.approx((low, high), rel=1e-12)
        assert (estimate.value is None) == (both == 0)
        if both > 0:
            assert (other.value, other.standard_error) == pytest.approx((estimate.value, estimate.standard_error))


@pytest.mark.parametrize("counts", [(200, 200, 200), (1000, 1000, 1000), (200, 199, 199)])
def test_lists_that_nearly_agree_do_not_run_away(counts: tuple[int, int, int]) -> None:
    """Two lists of the same persons: the interval stays near them; the transformed logit would reach 10^11 and more."""
    histories = CaptureHistories.from_two_lists(*counts)
    with pytest.warns(MicroworkWarning, match="contained-list"):
        estimate = chapman(histories)
    assert estimate.interval.low == max(counts)
    assert estimate.interval.high < 1.1 * max(counts)
