"""A survey from a data frame of any kind, with its design in columns."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import SurveySample, survey_sample

COLUMNS = {
    "sex": ["f", "m", "f", "m", "f", "m"],
    "w": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    "region": ["a", "a", "a", "a", "b", "b"],
    "town": [1, 1, 2, 2, 3, 4],
    "towns": [10, 10, 10, 10, 20, 20],
}
DESIGN = {"strata": "region", "psu": "town", "fpc": "towns"}


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_design_in_columns_is_the_design_of_the_noun(frame):
    """Strata, primary units, finite population and weights are those of a sample made by hand, for both libraries."""
    sample = survey_sample(frame(COLUMNS), weight="w", universe="workers", design=DESIGN, lonely_psu="adjust")
    same = SurveySample(
        columns=COLUMNS,
        weight=COLUMNS["w"],
        strata=COLUMNS["region"],
        psu=COLUMNS["town"],
        fpc=COLUMNS["towns"],
        universe="workers",
    )
    assert (sample.universe, sample.lonely_psu) == ("workers", "adjust")
    np.testing.assert_array_equal(sample.psu_codes(), same.psu_codes())
    np.testing.assert_array_equal(sample.stratum_codes(), same.stratum_codes())
    np.testing.assert_array_equal(sample.sampling_fractions(), same.sampling_fractions())
    np.testing.assert_array_equal(sample.weights, same.weights)
    assert sample.column("sex").tolist() == COLUMNS["sex"]
    assert sample.categories("sex").levels == ("f", "m")


def test_what_the_table_does_not_have_is_refused():
    """An unknown part of the design, an unknown column, a missing label: each says what was expected."""
    table = pd.DataFrame(COLUMNS)
    with pytest.raises(InvalidInput, match="unknown choice"):
        survey_sample(table, design={"cluster": "town"})
    with pytest.raises(InvalidInput, match="unknown column"):
        survey_sample(table, design={"psu": "village"})
    with pytest.raises(InvalidInput, match="missing value"):
        survey_sample(table.assign(region=[None, *COLUMNS["region"][1:]]), design={"strata": "region"})
    with pytest.raises(InvalidInput, match="not a data frame"):
        survey_sample(COLUMNS)


def test_missing_answers_stay_missing():
    """An empty answer is no error at the gate; it is one when the column is used as a category."""
    sample = survey_sample(pd.DataFrame({"sex": ["f", None, "m"]}))
    with pytest.raises(InvalidInput, match="missing category"):
        sample.categories("sex")
