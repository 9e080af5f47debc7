"""What a new user gives by mistake: a table, a mapping, a pair, a class. Each has a sentence, not a traceback."""

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import (
    RaoWuYue,
    calibrate,
    calibrate_replicates,
    check_feasibility,
    difference,
    mean,
    poststratify,
    rake_ipf,
    replicate_weights,
    ridge_calibrate,
    trim,
)

SAMPLE = SurveySample(columns={"sex": ["f", "f", "m", "m"] * 10, "hours": [1.0, 2.0, 3.0, 4.0] * 10})
TOTALS = {"sex": {"f": 60.0, "m": 40.0}}
MARGINS = Margins.from_totals(TOTALS, source="made up")
TABLE = {"sex": ["f", "m"], "hours": [1.0, 2.0]}
DRAWN = np.ones((2, 40))

MISTAKES = {
    "a table to calibrate": ("expected SurveySample; got dict", lambda: calibrate(TABLE, MARGINS)),
    "a table with replicates": (
        "expected SurveySample; got dict",
        lambda: calibrate_replicates(TABLE, MARGINS, DRAWN),
    ),
    "a table to redraw": ("expected SurveySample; got dict", lambda: replicate_weights(TABLE, RaoWuYue())),
    "a table to estimate from": ("expected SurveySample or SurveyView; got dict", lambda: mean(TABLE, "hours")),
    "a pair of bounds": (
        "expected WeightBounds or None; got tuple",
        lambda: calibrate(SAMPLE, MARGINS, method="logit", bounds=(0.5, 2)),
    ),
    "a scheme without parentheses": (
        "got the class RaoWuYue itself",
        lambda: replicate_weights(SAMPLE, RaoWuYue, n_replicates=10, seed=1),
    ),
    "the name of a scheme": (
        "got str; in scheme",
        lambda: replicate_weights(SAMPLE, "bootstrap", n_replicates=10, seed=1),
    ),
    "one estimate to compare": (
        "expected DomainEstimates; got Estimate",
        lambda: difference(mean(SAMPLE, "hours"), "f", "m"),
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_another_kind_of_input_is_named(name):
    """The error says what was expected, what came, and which call makes the right thing."""
    said, call = MISTAKES[name]
    with pytest.raises(InvalidInput, match="another kind of input") as caught:
        call()
    assert said in str(caught.value)


@pytest.mark.parametrize("verb", [calibrate, rake_ipf, poststratify, trim, check_feasibility])
def test_a_mapping_of_totals_is_no_margins(verb):
    """Margins have a source; a bare mapping has none, whatever the verb."""
    with pytest.raises(InvalidInput, match="expected Margins; got dict"):
        verb(SAMPLE, TOTALS)
    with pytest.raises(InvalidInput, match="expected Margins; got dict"):
        ridge_calibrate(SAMPLE, TOTALS, penalty=1.0)
