"""Names, parts and numbers of hierarchical log-linear models."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microwork_estimate.capture_recapture.model_space import (
    LogLinearModel,
    design_matrices,
    design_matrix,
    hierarchical_models,
    hierarchical_terms,
    term_margins,
)
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import CaptureHistories


@pytest.mark.parametrize(("k", "models"), [(2, 1), (3, 8), (4, 113), (5, 6893)])
def test_numbers_of_models(k: int, models: int) -> None:
    """There are 8, 113 and 6,893 hierarchical models of three, four and five lists, one more with the saturated one."""
    assert len(hierarchical_terms(k)) == models
    assert len(set(hierarchical_terms(k))) == models
    if k < 5:
        assert len(hierarchical_models("ABCDE"[:k], saturated=True)) == models + 1


def test_pairs_of_six_lists() -> None:
    """Six lists have one model for each of the 2^15 sets of pairs."""
    assert len(hierarchical_terms(6, 2)) == 2**15


@pytest.mark.parametrize(("k", "order"), [(6, None), (7, 2), (3, 0)])
def test_too_many_models(k: int, order: int | None) -> None:
    """Millions of models, and interactions of no list, are refused."""
    with pytest.raises(InvalidInput):
        hierarchical_terms(k, order)


def test_every_model_has_the_parts_of_its_terms() -> None:
    """A model with an interaction has every smaller one inside it."""
    for terms in hierarchical_terms(4):
        for code in terms:
            assert all(part in terms for part in range(1, code) if part & code == part)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("AB,C", "[AB, C]"),
        ("[12,3]", "[AB, C]"),
        ("C, BA", "[AB, C]"),
        ("AB", "[AB, C]"),
        ("", "[A, B, C]"),
        ((), "[A, B, C]"),
        (["AB", "BC"], "[AB, BC]"),
        ([("C", "A"), "B"], "[AC, B]"),
        ("AB,A,B,C", "[AB, C]"),
        ("ABC", "[ABC]"),
    ],
)
def test_ways_to_write_a_model(written: object, name: str) -> None:
    """Letters, digits and tuples of names are one model, with main effects added and repeated parts dropped."""
    assert LogLinearModel.parse(written, lists="ABC").name == name


def test_letters_are_places_when_names_are_longer() -> None:
    """With long names A is the first list; with names of one letter a letter is its name."""
    assert LogLinearModel.parse("AC,B", lists=("police", "charity", "union")).name == "[police*union, charity]"
    assert LogLinearModel.parse("CA,B", lists=("C", "B", "A")).name == "[CA, B]"
    assert LogLinearModel.parse(["police"], lists=("police", "charity")).name == "[police, charity]"


@pytest.mark.parametrize("written", ["AD", [("police",)], "4", "?"])
def test_unknown_lists(written: object) -> None:
    """A list that is not there is refused."""
    with pytest.raises(InvalidInput, match="unknown list"):
        LogLinearModel.parse(written, lists="ABC")


def test_model_of_other_lists() -> None:
    """A ready-made model is taken as it is, but not for other lists."""
    model = LogLinearModel.parse("AB", lists="ABC")
    assert LogLinearModel.parse(model, lists="ABC") is model
    assert str(model) == "[AB, C]"
    assert model.term_names == ("(intercept)", "A", "B", "C", "AB")
    with pytest.raises(InvalidInput, match="other lists"):
        LogLinearModel.parse(model, lists="ABD")


@given(st.integers(0, 112))
def test_terms_make_their_model(which: int) -> None:
    """The terms of a model give back the model, its name reads back, and the counts of parameters agree."""
    terms = hierarchical_terms(4)[which]
    model = LogLinearModel.from_terms(terms, lists="WXYZ")
    assert model.terms == terms
    assert LogLinearModel.parse(model.name.replace(" ", ""), lists="WXYZ") == model
    assert design_matrix(terms, 4).shape == (15, model.n_parameters)


def test_designs_together_are_designs_alone() -> None:
    """The stacked designs are those of each model."""
    terms = [row for row in hierarchical_terms(3) if len(row) == 4]
    stacked = design_matrices(terms, 3)
    for one, row in zip(stacked, terms, strict=True):
        np.testing.assert_array_equal(one, design_matrix(row, 3))


def test_margins_count_persons() -> None:
    """Margins are list sizes and overlaps, counted person by person."""
    generator = np.random.default_rng(3)
    seen = generator.random((200, 4)) < 0.5
    seen = seen[seen.any(axis=1)]
    lists = CaptureHistories.from_persons("ABCD", seen.astype(int))
    margins = term_margins(lists.counts[None, :].astype(float), 4)[0]
    for size in (1, 2, 3, 4):
        for chosen in combinations(range(4), size):
            code = sum(8 >> i for i in chosen)
            assert margins[code] == seen[:, list(chosen)].all(axis=1).sum()
    assert margins[0] == len(seen)
