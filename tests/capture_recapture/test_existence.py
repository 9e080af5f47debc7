"""Existence and identifiability: published codes, two linear programs against each other, and cells that are empty."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.capture_recapture.existence import (
    design_rank,
    examine,
    existence_warnings,
    has_empty_margin,
    judge_fits,
    largest_slack,
    maximum_exists,
    mle_exists,
)
from microwork_estimate.capture_recapture.model_space import (
    LogLinearModel,
    design_matrix,
    hierarchical_models,
    hierarchical_terms,
)
from microwork_estimate.capture_recapture.poisson import fit_poisson
from microwork_estimate.capture_recapture.sparse import sparse_mle_exists
from microwork_estimate.inputs import CaptureHistories, all_patterns

REFERENCE = Path(__file__).parent.parent / "reference"
SPARSE = json.loads((REFERENCE / "sparsemse.json").read_text(encoding="utf-8"))
CODES = [case for case in SPARSE["cases"] if "/checkident_" in case["id"]]
TERMS_3 = hierarchical_terms(3)


def lists_of(name: str) -> CaptureHistories:
    columns = SPARSE["data"][name]["columns"]
    names = list(columns)
    rows = np.array([columns[key] for key in names]).T
    return CaptureHistories.from_patterns(names[:-1], rows[:, :-1], rows[:, -1])


@pytest.mark.parametrize("case", CODES, ids=[case["id"] for case in CODES])
def test_published_codes(case: dict) -> None:
    """Existence, identifiability and the best slack are those of the published check on every model."""
    name, which = case["id"].split("/checkident_")
    histories = lists_of(name)
    pairs = {"main": [], "all_pairs": list(combinations(histories.lists, 2))}.get(which, which.split("_"))
    found, output = sparse_mle_exists(histories, pairs), case["output"]
    assert (not found.exists) + 2 * (not found.identifiable) == output["ierr"]
    assert bool(found) is (output["ierr"] == 0)
    if "lp_objval" in output:
        assert found.slack == pytest.approx(output["lp_objval"], rel=1e-9, abs=1e-12)


def test_full_table_always_has_a_maximum() -> None:
    """With no empty cell every model but the saturated one has one maximum."""
    lists = CaptureHistories(lists=("A", "B", "C"), counts=[5, 4, 3, 2, 1, 6, 7])
    for model in hierarchical_models("ABC"):
        assert mle_exists(lists, model)
        assert mle_exists(lists, model).slack >= 1.0 - 1e-9


def test_saturated_model_is_not_identifiable() -> None:
    """Eight coefficients cannot be told apart in seven cells, and the warning says so."""
    lists = CaptureHistories(lists=("A", "B", "C"), counts=[5, 4, 3, 2, 1, 6, 7])
    found = mle_exists(lists, "ABC")
    assert not found.identifiable
    assert (found.rank, found.n_parameters) == (7, 8)
    assert [warning.code for warning in existence_warnings(found)] == ["not-identifiable"]


def test_term_that_nobody_has() -> None:
    """A model with a pair that nobody has no maximum, and the reason names the pair."""
    lists = CaptureHistories.from_patterns("ABC", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1]], [40, 30, 20, 6])
    found = mle_exists(lists, "AB,C")
    assert not found
    assert "AB" in found.reason
    assert existence_warnings(found)[0].code == "no-mle"


def test_empty_cells_without_an_empty_margin() -> None:
    """With as many coefficients as cells an empty cell forbids a maximum, although somebody has every term."""
    patterns = all_patterns(3)
    counts = np.array([0, 3, 4, 5, 2, 6, 8])
    lists = CaptureHistories.from_patterns("ABC", patterns, counts)
    assert not mle_exists(lists, "AB,AC,BC")
    assert not has_empty_margin([LogLinearModel.parse("AB,AC,BC", lists="ABC").terms], counts[None, :], 3)[0, 0]
    assert "too many cells are empty" in mle_exists(lists, "AB,AC,BC").reason
    assert not existence_warnings(mle_exists(lists, "A,B,C"))


def test_nobody_seen() -> None:
    """A table without anybody has no maximum."""
    assert not maximum_exists(np.ones((3, 1)), np.zeros(3))


def test_rank_does_not_depend_on_units() -> None:
    """Columns in other units have the same rank."""
    design = design_matrix(TERMS_3[-1], 3)
    assert design_rank(design) == design_rank(design * np.logspace(0, 9, design.shape[1])) == 7


@settings(max_examples=120, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=7, max_size=7), st.integers(0, len(TERMS_3) - 1))
def test_two_linear_programs_agree(counts: list[int], which: int) -> None:
    """The scale-free program says yes exactly when the published one finds a positive slack."""
    design, table = design_matrix(TERMS_3[which], 3), np.array(counts, dtype=float)
    if table.sum() == 0:
        return
    assert maximum_exists(design, table) is (largest_slack(design, table) > 1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=15, max_size=15), st.integers(0, 112))
def test_fits_prove_what_the_linear_program_says(counts: list[int], which: int) -> None:
    """A fit is accepted exactly when the linear program finds that its maximum exists."""
    table = np.array([counts], dtype=float)
    if table.sum() == 0:
        return
    terms = hierarchical_terms(4)[which]
    design = design_matrix(terms, 4)
    expected = maximum_exists(design, table[0])
    assert bool(judge_fits(design, table, fit_poisson(design, table))[0]) is expected
    if has_empty_margin([terms], table, 4)[0, 0]:
        assert not expected


def test_scale_of_counts_changes_nothing() -> None:
    """Existence depends on which cells are empty, not on how full the others are."""
    counts = np.array([0, 3, 4, 5, 2, 0, 8])
    for terms in TERMS_3:
        design = design_matrix(terms, 3)
        small = examine(design, counts.astype(float), name="x")
        large = examine(design, counts * 1e9, name="x")
        assert small.exists is large.exists
        assert large.slack == pytest.approx(small.slack * 1e9, rel=1e-6)
