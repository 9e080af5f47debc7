"""The survey noun: weights, design, codes."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import SurveySample


def sample(**changes):
    """Six respondents in two strata and four clusters."""
    design = {
        "columns": {"x": np.arange(6.0)},
        "weight": np.full(6, 2.0),
        "strata": ["a", "a", "a", "b", "b", "b"],
        "psu": [1, 1, 2, 1, 2, 2],
    }
    return SurveySample(**{**design, **changes})


@pytest.mark.parametrize(
    ("weight", "problem"),
    [
        ([1.0, np.nan], "missing weight"),
        ([1.0, -2.0], "negative weight"),
        ([1.0, 0.0], "weight of zero"),
        ([1.0, np.inf], "infinite weight"),
    ],
)
def test_each_impossible_weight_has_an_error_of_its_own(weight, problem):
    """A weight that is missing, negative, zero or infinite is refused by name."""
    with pytest.raises(InvalidInput) as caught:
        SurveySample(columns={"x": [1, 2]}, weight=weight)
    assert caught.value.problem == problem


def test_an_empty_sample_is_refused():
    """No respondents, or no columns, make no sample."""
    with pytest.raises(InvalidInput, match="empty sample"):
        SurveySample(columns={"x": []})
    with pytest.raises(InvalidInput, match="empty survey"):
        SurveySample(columns={})


def test_primary_units_are_read_within_strata():
    """A label that stands in two strata is two units."""
    assert sample().stratum_codes().tolist() == [0, 0, 0, 1, 1, 1]
    assert sample().psu_codes().tolist() == [0, 0, 1, 2, 3, 3]


def test_without_design_each_respondent_is_a_unit_of_one_stratum():
    """No strata: one; no primary units: respondents; no second stage: respondents."""
    plain = SurveySample(columns={"x": [1, 2, 3]})
    assert plain.stratum_codes().tolist() == [0, 0, 0]
    assert plain.psu_codes().tolist() == [0, 1, 2]
    assert plain.second_stage_codes().tolist() == [0, 1, 2]
    assert [f.tolist() for f in plain.sampling_fractions()] == [[0, 0, 0], [0, 0, 0]]


def test_population_sizes_and_shares_give_the_same_fractions():
    """Two units drawn of 8 in one stratum and of 4 in the other, said in two ways."""
    sizes = sample(fpc=[8, 8, 8, 4, 4, 4]).sampling_fractions()[0]
    shares = sample(fpc=[0.25, 0.25, 0.25, 0.5, 0.5, 0.5]).sampling_fractions()[0]
    assert sizes.tolist() == shares.tolist() == [0.25, 0.25, 0.25, 0.5, 0.5, 0.5]


def test_second_stage_fractions_are_within_primary_units():
    """The second-stage share counts the units drawn in each primary unit."""
    two = sample(fpc=np.full(6, 4), second_stage=[1, 2, 1, 1, 1, 2], second_stage_fpc=[4, 4, 2, 5, 8, 8])
    assert two.second_stage_codes().tolist() == [0, 1, 2, 3, 4, 5]
    assert two.sampling_fractions()[1].tolist() == [0.5, 0.5, 0.5, 0.2, 0.25, 0.25]


@pytest.mark.parametrize(
    ("fpc", "problem"),
    [
        ([8, 8, 9, 4, 4, 4], "fpc varies"),
        ([1.5, 1.5, 1.5, 4, 4, 4], "population smaller than sample"),
        ([0.5, 0.5, 0.5, 4, 4, 4], "shares and numbers mixed"),
        ([0, 0, 0, 4, 4, 4], "fpc of zero"),
    ],
)
def test_an_impossible_finite_population_is_refused(fpc, problem):
    """An fpc must be one number in a stratum, at least as large as the sample, and of one kind."""
    with pytest.raises(InvalidInput) as caught:
        sample(fpc=fpc)
    assert caught.value.problem == problem


def test_a_second_stage_needs_a_first():
    """The finite population of the second stage alone is refused."""
    with pytest.raises(InvalidInput, match="second stage without a first"):
        sample(second_stage_fpc=np.full(6, 4))


def test_missing_design_labels_and_unknown_policies_are_refused():
    """A stratum that is missing, a policy that is not known, and labels of another length are refused."""
    with pytest.raises(InvalidInput, match="missing category"):
        sample(strata=["a", None, "a", "b", "b", "b"])
    with pytest.raises(InvalidInput, match="unknown choice"):
        sample(lonely_psu="remove")
    with pytest.raises(InvalidInput, match="different lengths"):
        sample(psu=[1, 2])


def test_other_weights_keep_everything_else():
    """A sample with other weights has the same answers and design, and is checked again."""
    other = sample(universe="workers").with_weights(np.full(6, 3.0))
    assert other.weights.tolist() == [3.0] * 6
    assert other.universe == "workers"
    assert other.psu_codes().tolist() == sample().psu_codes().tolist()
    with pytest.raises(InvalidInput, match="negative weight"):
        sample().with_weights([-1.0] * 6)


def test_a_sample_crosses_process_borders():
    """A sample comes back from pickle with answers, weights and design."""
    back = pickle.loads(pickle.dumps(sample()))  # noqa: S301 - our own bytes
    assert back.column("x").tolist() == sample().column("x").tolist()
    assert back.psu_codes().tolist() == sample().psu_codes().tolist()


TEXT = ["b", "a", None, "b"]


@pytest.mark.parametrize(
    "values",
    [
        TEXT,
        np.array(TEXT, dtype=object),
        pd.Series(TEXT),
        pd.Series(TEXT, dtype="category"),
        pd.Series(TEXT, dtype=object),
        pl.Series(TEXT),
        pl.Series(TEXT, dtype=pl.Categorical),
        pl.Series(TEXT, dtype=pl.Enum(["z", "b", "a"])),
        pl.Series(TEXT).to_arrow(),
    ],
    ids=["list", "array", "pandas", "pandas category", "pandas object", "polars", "polars category", "enum", "arrow"],
)
def test_text_of_any_table_gives_the_same_codes(values):
    """Text keeps its order, its categories sorted and its missing values, whatever library holds it."""
    made = SurveySample(columns={"x": values})
    coded = made.columns.coded("x")
    assert coded.levels == ("a", "b")
    assert coded.codes.tolist() == [1, 0, -1, 1]
    assert made.column("x").tolist() == TEXT
    with pytest.raises(InvalidInput, match="missing category"):
        made.categories("x")


@pytest.mark.parametrize("values", [np.array([2, 1, 2]), pd.Series([2, 1, 2]), pl.Series([2, 1, 2])])
def test_numbers_are_categories_too(values):
    """Whole numbers give codes and stay numbers."""
    made = SurveySample(columns={"x": values})
    assert made.categories("x").levels == (1, 2)
    assert made.numbers("x").tolist() == [2.0, 1.0, 2.0]


def test_columns_cannot_be_changed():
    """Answers are read-only, and do not follow the array that they were made of."""
    source = np.array([1.0, 2.0])
    made = SurveySample(columns={"x": source})
    source[0] = 9.0
    assert made.column("x").tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        made.column("x")[0] = 3.0
    with pytest.raises(TypeError):
        made.columns["x"] = source
