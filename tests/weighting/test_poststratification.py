"""Post-stratification: closed form, one margin only."""

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import calibrate, poststratify

SAMPLE = SurveySample(
    columns={"sex": ["f", "f", "m", "m"], "paid": [1, 0, 1, 0], "h": [1.0, 2, 3, 4]}, weight=[1, 2, 3, 4]
)


def test_cells_of_a_crossing_are_scaled_to_their_population():
    """Each cell of a saturated crossing gets exactly its population."""
    totals = {("sex", "paid"): {("f", 1): 5, ("f", 0): 6, ("m", 1): 7, ("m", 0): 8}}
    weighted, report = poststratify(SAMPLE, Margins.from_totals(totals, source="made up"))
    np.testing.assert_allclose(weighted.weights, [5, 6, 7, 8], rtol=1e-15)
    assert report.method == "poststratification"
    assert weighted.auxiliary.sizes == (4,)


def test_it_is_what_calibration_on_one_margin_gives():
    """Closed form and solver agree."""
    totals = Margins.from_totals({"sex": {"f": 60, "m": 40}}, source="made up")
    np.testing.assert_allclose(
        poststratify(SAMPLE, totals).sample.weights, calibrate(SAMPLE, totals).sample.weights, rtol=1e-12
    )


@pytest.mark.parametrize("totals", [{"sex": {"f": 6, "m": 4}, "paid": {1: 5, 0: 5}}, {"h": 10.0}])
def test_more_than_one_margin_or_a_continuous_one_is_refused(totals):
    """Post-stratification has one margin of categories."""
    with pytest.raises(InvalidInput, match="not one margin of categories"):
        poststratify(SAMPLE, Margins.from_totals(totals, source="made up"))
