"""Replicates calibrated anew: every option of calibrate, each replicate as if alone, and nobody's arrays changed."""

import warnings

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import (
    CalibrationOptions,
    RaoWuYue,
    WeightBounds,
    calibrate,
    calibrate_replicates,
    replicate_weights,
)

RATIO = WeightBounds(low=0.3, high=3)
METHODS = {"raking": None, "linear": None, "logit": RATIO, "truncated_linear": RATIO, "sinh": RATIO}
N, HOUSEHOLDS = 120, 40


def survey():
    """Forty households of three persons, with unequal weights."""
    rng = np.random.default_rng(3)
    columns = {
        "sex": rng.choice(["f", "m"], N),
        "age": rng.choice(["18-24", "25-39", "40+"], N),
        "hours": rng.uniform(1, 40, N),
        "household": np.repeat(np.arange(HOUSEHOLDS), 3),
    }
    return SurveySample(columns=columns, weight=rng.uniform(5, 15, N), psu=columns["household"])


def margins(sample, *, hours=True):
    """Margins near the sample: ratios between 0.85 and 1.2 give them."""
    columns = sample.columns
    ratio = 1 + 0.1 * (columns["sex"] == "f") - 0.1 * (columns["age"] == "18-24") + 0.002 * (columns["hours"] - 20)
    weights = sample.weights * ratio
    totals = {
        name: {level: weights[columns[name] == level].sum() for level in np.unique(columns[name]).tolist()}
        for name in ("sex", "age")
    }
    return Margins.from_totals(totals | ({"hours": weights @ columns["hours"]} if hours else {}), source="made up")


def redrawn(sample, *, households, n_replicates=8):
    """Weights when whole households are drawn with replacement, or persons."""
    n = HOUSEHOLDS if households else N
    times = np.random.default_rng(5).multinomial(n, np.full(n, 1 / n), size=n_replicates)
    return sample.weights * (times[:, sample.column("household")] if households else times)


def alone(sample, weights):
    """The respondents of one replicate as a sample of their own."""
    drawn = weights > 0
    return SurveySample(columns={k: v[drawn] for k, v in sample.columns.items()}, weight=weights[drawn]), drawn


@pytest.mark.parametrize("households", [False, True])
@pytest.mark.parametrize("within", [None, "household"])
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_each_replicate_is_what_calibrate_gives(method, scaled, within, households):
    """With a scale, with one ratio in each household, with both: each replicate is that of calibrate to 1e-9."""
    sample = survey()
    scale = np.random.default_rng(6).uniform(0.5, 2, N) if scaled else None
    base, totals = redrawn(sample, households=households), margins(sample)
    options = {"method": method, "bounds": METHODS[method], "equal_within": within}
    with warnings.catch_warnings():
        # The linear distance makes a weight of some replicates negative.
        warnings.simplefilter("ignore", MicroworkWarning)
        found = calibrate_replicates(sample, totals, base, method=CalibrationOptions(q=scale, **options))
    compared = 0
    for weights, row in zip(base, found, strict=True):
        one, drawn = alone(sample, weights)
        assert (row[~drawn] == 0).all()
        if (row[drawn] > 0).all():
            expected = calibrate(one, totals, q=None if scale is None else scale[drawn], **options).sample.weights
            np.testing.assert_allclose(row[drawn], expected, rtol=1e-9)
            compared += 1
        else:
            assert method == "linear"
            with pytest.raises(InvalidInput, match="weights of zero or below"):
                calibrate(one, totals, q=None if scale is None else scale[drawn], **options)
    assert compared >= 5


@pytest.mark.parametrize("method", METHODS)
def test_a_continuous_margin_is_met_as_closely_as_by_the_whole_sample(method):
    """Each replicate meets the total of hours to 1e-11, not only to the 1e-8 that is asked for."""
    sample = survey()
    totals = margins(sample)
    found = calibrate_replicates(
        sample, totals, redrawn(sample, households=False, n_replicates=60), method=method, bounds=METHODS[method]
    )
    hours = totals.totals[-1]
    np.testing.assert_allclose(found @ sample.numbers("hours"), hours, rtol=1e-11)


@pytest.mark.parametrize("hours", [False, True])
def test_a_replicate_does_not_depend_on_the_others(hours):
    """The first 20 of 150 are the 20, to the bit, and so are replicates in another order."""
    sample = survey()
    totals = margins(sample, hours=hours)
    base = replicate_weights(sample, RaoWuYue(), n_replicates=150, seed=1).weights(sample.weights)
    found = calibrate_replicates(sample, totals, base)
    np.testing.assert_array_equal(calibrate_replicates(sample, totals, base[:20]), found[:20])
    np.testing.assert_array_equal(calibrate_replicates(sample, totals, base[::-1])[::-1], found)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("hours", [False, True])
def test_the_replicate_weights_given_are_left_as_they_were(order, hours):
    """Whatever their order in memory, the arrays of the caller do not change."""
    sample = survey()
    base = np.array(redrawn(sample, households=False), order=order)
    before = base.copy()
    found = calibrate_replicates(sample, margins(sample, hours=hours), base)
    np.testing.assert_array_equal(base, before)
    assert not np.shares_memory(found, base)


def test_one_ratio_for_each_primary_unit():
    """equal_within="psu" is the column of primary units by another name."""
    sample = survey()
    base, totals = redrawn(sample, households=True), margins(sample)
    by_unit, by_column = (
        calibrate_replicates(sample, totals, base, method=CalibrationOptions(equal_within=name))
        for name in ("psu", "household")
    )
    np.testing.assert_allclose(by_unit, by_column, rtol=1e-12)
    ratio = np.divide(by_unit, base, out=np.ones_like(base), where=base > 0).reshape(-1, HOUSEHOLDS, 3)
    assert np.ptp(ratio, axis=2).max() < 1e-12 < 0.01 < np.ptp(ratio[:, :, 0])


def test_the_noun_and_the_plain_options_agree():
    """Options in one noun give what the same options give one by one; bounds in both places are an error."""
    sample = survey()
    base, totals = redrawn(sample, households=False), margins(sample)
    plain = calibrate_replicates(sample, totals, base, method="logit", bounds=RATIO)
    noun = CalibrationOptions(method="logit", bounds=RATIO)
    np.testing.assert_array_equal(calibrate_replicates(sample, totals, base, method=noun), plain)
    with pytest.raises(InvalidInput, match="bounds given twice"):
        calibrate_replicates(sample, totals, base, method=noun, bounds=RATIO)
    with pytest.raises(InvalidInput, match="impossible scale"):
        calibrate_replicates(sample, totals, base, method=CalibrationOptions(q=[1.0]))
    with pytest.raises(InvalidInput, match="village"):
        calibrate_replicates(sample, totals, base, method=CalibrationOptions(equal_within="village"))


def test_a_replicate_outside_bounds_on_the_weight_is_nan():
    """A base weight doubled beyond the upper bound leaves the logit distance nowhere to start: no weights, counted."""
    sample = survey()
    bounds = WeightBounds(low=2, high=22, on="weight")
    base = np.array([sample.weights, np.where(np.arange(N) == sample.weights.argmax(), 2, 1) * sample.weights])
    with pytest.warns(MicroworkWarning, match=r"\[replicate-not-calibrated\] 1 of 2"):
        found = calibrate_replicates(sample, margins(sample), base, method="logit", bounds=bounds)
    expected = calibrate(sample, margins(sample), method="logit", bounds=bounds).sample.weights
    np.testing.assert_allclose(found[0], expected, rtol=1e-9)
    assert np.isnan(found[1]).all()


def test_nobody_drawn_is_nan():
    """A replicate of zeros has no weights, by every route."""
    sample = survey()
    base = np.array([sample.weights, np.zeros(N)])
    on_weight = CalibrationOptions(method="truncated_linear", bounds=WeightBounds(low=0, high=100, on="weight"))
    for method in ("raking", "linear", on_weight, CalibrationOptions(equal_within="household")):
        with pytest.warns(MicroworkWarning, match=r"\[replicate-not-calibrated\] 1 of 2"):
            found = calibrate_replicates(sample, margins(sample), base, method=method)
        assert np.isfinite(found[0]).all()
        assert np.isnan(found[1]).all()


def test_negative_weights_of_a_replicate_are_said():
    """The linear distance may go below zero in a replicate: it is said by the function and kept with the replicates."""
    sample = SurveySample(columns={"hours": [1.0, 2.0, 3.0, 10.0]})
    totals = Margins.from_totals({"hours": 5.0}, source="made up")
    after = calibrate(sample, totals, method="linear").sample
    replicates = replicate_weights(sample, RaoWuYue(), n_replicates=40, seed=2)
    assert not replicates.warnings
    with pytest.warns(MicroworkWarning, match=r"\[negative-replicate-weights\]"):
        again = replicates.through(
            lambda weights: calibrate_replicates(sample, totals, weights, method="linear"), before=sample, after=after
        )
    assert (again.factors < 0).any()
    assert [said.code for said in again.warnings] == ["negative-replicate-weights"]
