"""Sample coverage: CARE1's numbers, the standard error without simulation, known truth, and degenerate lists."""

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

from microwork_estimate import bootstrap
from microwork_estimate.capture_recapture.coverage_forms import (
    LOW_COVERAGE,
    CoverageRecipe,
    coverage_forms,
    sample_coverage,
)
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureHistories, all_patterns

REFERENCE = Path(__file__).parents[1] / "reference" / "sample_coverage.json"
FORMS = {"Indep": "independent", "LSC": "low", "HSC": "high"}
CONTENT = json.loads(REFERENCE.read_text(encoding="utf-8"))
CASES = {case["id"]: case["output"] for case in CONTENT["cases"]}


@cache
def lists_of(name: str) -> CaptureHistories:
    """Return a table of the reference file, lists named 1, 2, ..."""
    data = CONTENT["data"][name]
    patterns = [[int(digit) for digit in row] for row in data["names"]]
    return CaptureHistories.from_patterns([str(j + 1) for j in range(len(patterns[0]))], patterns, data["values"])


def quietly(histories: CaptureHistories, **options: Any) -> Estimate:
    """Estimate without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return sample_coverage(histories, **options)


def histories(*counts: int) -> CaptureHistories:
    """Make histories from counts in canonical order."""
    k = int(math.log2(len(counts) + 1))
    return CaptureHistories(lists=tuple("ABCDE"[:k]), counts=np.array(counts))


def codes(estimate: Estimate) -> set[str]:
    """Return the codes of the warnings."""
    return {warning.code for warning in estimate.warnings}


def cases(*kinds: str) -> list[str]:
    """Return the ids of reference cases of some kinds."""
    return [case for case in CASES if case.split("/")[1] in kinds]


@pytest.mark.parametrize("case", cases("Indep", "LSC", "HSC"))
def test_sizes_of_care1(case):
    """The three forms are those of CARE1 on hepatitis, diabetes and the lesbian lists."""
    name, form = case.split("/")
    estimate = quietly(lists_of(name), form=FORMS[form])
    assert estimate.value == pytest.approx(CASES[case], rel=1e-12)
    assert {e: estimate.diagnostics[e] for e in ("independent", "low_coverage", "high_coverage")} == pytest.approx(
        {
            "independent": CASES[f"{name}/Indep"],
            "low_coverage": CASES[f"{name}/LSC"],
            "high_coverage": CASES[f"{name}/HSC"],
        },
        rel=1e-12,
    )


@pytest.mark.parametrize("case", cases("Chat", "stat_rounded"))
def test_coverage_of_care1(case):
    """The coverage and the mean number reached are those of CARE1."""
    lists = lists_of(case.split("/")[0])
    estimate = quietly(lists)
    if case.endswith("Chat"):
        assert estimate.diagnostics["coverage"] == pytest.approx(CASES[case], rel=1e-12)
    else:
        n, reached, coverage = CASES[case]
        assert estimate.n_observed == n
        assert round(estimate.diagnostics["reached"], 3) == reached
        assert round(estimate.diagnostics["coverage"], 3) == coverage


@pytest.mark.parametrize("case", cases("para_Indep", "para_LSC", "para_HSC"))
def test_coverage_and_covariation_of_each_list_of_care1(case):
    """Shares covered by each list and covariations of pairs, at each form, are those of CARE1."""
    name, kind = case.split("/")
    found = quietly(lists_of(name), form=FORMS[kind.removeprefix("para_")]).diagnostics
    for key, value in CASES[case].items():
        ours = f"coverage_{key[1:]}" if key[0] == "u" else f"covariation_{key[1]}_{key[2]}"
        assert found[ours] == pytest.approx(value, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("case", [c for c in CASES if "boot" in c and not ("HSC" in c and "Diabetes" not in c)])
def test_standard_error_is_that_of_the_bootstrap_of_care1(case):
    """The delta method gives CARE1's bootstrap standard error and interval within their Monte Carlo spread.

    The high-coverage form at low coverage is left out: there the bootstrap itself gives anything from 2,000 to 9,000.
    """
    name, kind = case.split("/")
    estimate, expected = quietly(lists_of(name), form=FORMS[kind.split("_")[0]]), CASES[case]
    assert estimate.standard_error == pytest.approx(expected["se"], rel=0.1)
    assert estimate.interval.low == pytest.approx(expected["cil"], rel=0.03)
    assert estimate.interval.high == pytest.approx(expected["ciu"], rel=0.03)


@pytest.mark.parametrize(("name", "form"), [("HAV", "low"), ("HAV", "independent"), ("Diabetes", "high")])
def test_standard_error_is_the_limit_of_the_bootstrap(name, form):
    """With 400 times the persons, redrawing tables gives the standard error within three of its own errors."""
    lists = lists_of(name)
    many = CaptureHistories(lists=lists.lists, counts=lists.counts * 400)
    estimate = quietly(many, form=form)
    size = round(estimate.value)
    table = np.append(many.counts, size - many.n_observed) / size
    drawn = np.random.default_rng(5).multinomial(size, table, size=4000).astype(float)
    redrawn = CoverageRecipe(n_lists=len(lists.lists), form=form)(drawn)["value"]
    assert estimate.standard_error == pytest.approx(redrawn.std(), rel=3 / math.sqrt(2 * 4000))


def test_form_follows_the_coverage():
    """Below 55 % the one-step form is given and called a lower bound; above, the high-coverage form."""
    low, high = quietly(lists_of("HAV")), quietly(lists_of("Diabetes"))
    assert low.diagnostics["coverage"] < LOW_COVERAGE < high.diagnostics["coverage"]
    assert low.value == pytest.approx(CASES["HAV/LSC"], rel=1e-12)
    assert high.value == pytest.approx(CASES["Diabetes/HSC"], rel=1e-12)
    assert codes(low) == {"low-coverage"}
    assert codes(high) == set()
    assert "low-coverage" in codes(quietly(lists_of("HAV"), form="high"))


def test_bootstrap_runs_on_a_block_at_once():
    """The recipe gives the estimate on the table itself, and finite replicates around it."""
    lists = lists_of("Diabetes")
    recipe = CoverageRecipe(n_lists=4)
    here = quietly(lists).value
    assert recipe(lists.counts[None].astype(float))["value"][0] == pytest.approx(here, rel=1e-12)
    run = bootstrap.replicate(recipe, lists.counts, bootstrap.MultinomialCounts(), n_replicates=199, seed=3)
    assert run["value"].n_failed == 0
    assert np.median(run["value"].values) == pytest.approx(here, rel=0.05)


def _draws(law: np.ndarray, truth: int, draws: int, seed: int) -> np.ndarray:
    """Draw tables of persons seen."""
    generator = np.random.default_rng(seed)
    found: np.ndarray = generator.multinomial(truth, np.append(law, 1 - law.sum()), size=draws)[:, :-1]
    return found


def test_interval_holds_the_truth_of_independent_lists():
    """On independent lists the interval holds the truth in at least 92 of 100 draws."""
    patterns, truth = all_patterns(4), 3000
    law = np.where(patterns == 1, [0.4, 0.5, 0.3, 0.4], [0.6, 0.5, 0.7, 0.6]).prod(axis=1)
    held = 0
    for counts in _draws(law, truth, 100, 7):
        interval = quietly(histories(*counts)).interval
        held += interval.low <= truth <= interval.high
    assert held >= 92


def test_two_classes_of_people_break_it():
    """Active and inactive people: the one-step form stays below the truth, as a lower bound should, and its interval too.

    This must fail: the interval is no interval for the truth there.
    """
    patterns, truth = all_patterns(4), 5000
    law = sum(w * np.where(patterns == 1, p, 1 - p).prod(axis=1) for w, p in ((0.3, 0.35), (0.7, 0.04)))
    held = 0
    for counts in _draws(law, truth, 30, 9):
        estimate = quietly(histories(*counts), form="low")
        assert estimate.value < truth
        held += estimate.interval.high >= truth
    assert held <= 1


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ((0, 0, 0, 50, 0, 40, 30), "no-overlap"),
        ((0, 20, 0, 40, 0, 10, 0), "empty-list"),
        ((0,) * 7, "empty-list"),
        ((10, 10, 0, 60, 0, 20, 0), "unlimited-dependence"),
    ],
    ids=["no overlap", "an empty list", "nobody", "dependence without limit"],
)
def test_no_number_where_the_lists_set_no_limit(counts, code):
    """No value, the persons seen as the lower bound, infinity as the upper one."""
    estimate = quietly(histories(*counts))
    assert estimate.value is None
    assert code in codes(estimate)
    assert (estimate.bounds.low, estimate.bounds.high) == (sum(counts), math.inf)
    assert math.isinf(CoverageRecipe(n_lists=3)(np.array([counts], dtype=float))["value"][0])


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ((100, 0, 0, 0, 0, 0, 0), "nothing-unseen"),
        ((30, 0, 40, 0, 0, 0, 30), "nothing-unseen"),
        ((20, 30, 10, 0, 15, 0, 0), "below-observed"),
        ((3, 2, 2, 1000, 4, 0, 0), "below-observed"),
    ],
    ids=["identical lists", "list of everybody", "all on two lists", "formula below the persons seen"],
)
def test_persons_seen_are_no_certain_answer(counts, code):
    """Where the form gives the persons seen or fewer, these are given with a code and without a narrow interval."""
    estimate = quietly(histories(*counts), form="high")
    assert estimate.value == sum(counts)
    assert code in codes(estimate)
    assert estimate.interval is None
    assert estimate.standard_error is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 500), min_size=7, max_size=7), st.sampled_from([10, 10**6]), st.permutations(range(3)))
def test_sizes_scale_and_lists_may_be_exchanged(counts, factor, order):
    """Ten or a million times the persons give as many times the size; another order of lists gives the same."""
    here = histories(*counts)
    many = CaptureHistories(lists=here.lists, counts=here.counts * factor)
    turned = CaptureHistories.from_patterns([here.lists[i] for i in order], here.patterns[:, order], here.counts)
    for form in ("independent", "low", "high"):
        first, second, third = (quietly(h, form=form) for h in (here, many, turned))
        if first.value is not None:
            assert second.value == pytest.approx(first.value * factor, rel=1e-9)
            assert third.value == pytest.approx(first.value, rel=1e-9)
        assert codes(first) - {"nearly-all-seen", "sparse-overlap"} == codes(third) - {
            "nearly-all-seen",
            "sparse-overlap",
        }


def test_thousand_million_persons():
    """Counts of a thousand million give the truth to the last persons, with a standard error."""
    law = np.where(all_patterns(4) == 1, 0.4, 0.6).prod(axis=1)
    estimate = quietly(histories(*np.rint(1e9 * law).astype(int)))
    assert estimate.value == pytest.approx(1e9, rel=1e-8)
    assert 1e4 < estimate.standard_error < 1e5


def test_invalid_input():
    """Two lists, an unknown form and an impossible level raise."""
    with pytest.raises(InvalidInput, match="too few lists"):
        sample_coverage(CaptureHistories.from_two_lists(20, 30, 10))
    with pytest.raises(InvalidInput, match="unknown choice"):
        sample_coverage(lists_of("HAV"), form="middle")
    with pytest.raises(InvalidInput, match="unknown choice"):
        CoverageRecipe(n_lists=3, form="middle")
    with pytest.raises(InvalidInput, match="confidence level"):
        sample_coverage(lists_of("HAV"), level=95)


def test_warnings_are_shown():
    """Coded warnings are also Python warnings."""
    with pytest.warns(MicroworkWarning, match="low-coverage"):
        sample_coverage(lists_of("HAV"))


def test_kernel_takes_many_tables():
    """Two tables at once give what each gives alone."""
    one, other = lists_of("Diabetes").counts.astype(float), lists_of("lesbian").counts.astype(float)
    together = coverage_forms(np.array([one, other]), 4)
    for i, table in enumerate((one, other)):
        assert together.high[i] == pytest.approx(coverage_forms(table[None], 4).high[0], rel=1e-14)
