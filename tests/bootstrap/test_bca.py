"""The BCa interval and its jackknives: influence of units of a survey and of persons on lists."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.bootstrap import (
    Executor,
    Influence,
    acceleration,
    batched,
    bca,
    bca_probabilities,
    delete_one_person,
    delete_one_unit,
    percentile,
)
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Replicates
from microwork_estimate.inputs import SurveySample


def _replicates(values) -> Replicates:
    return Replicates(values=np.asarray(values, dtype=float), streams=("sample",), seed=1)


@given(a=st.floats(-0.3, 0.3), rank=st.integers(300, 1700))
@settings(max_examples=50, deadline=None)
def test_bca_moves_with_the_scale(a, rank):
    """The interval of increasing functions of the replicates is that function of the interval, rank by rank."""
    values, value = np.arange(1.0, 2000.0), rank + 0.5
    probabilities = np.array([0.05, 0.5, 0.95])
    found, logs = (
        bca_probabilities(v, x, acceleration=a, probabilities=probabilities)
        for v, x in ((values, value), (np.log(values), np.log(value)))
    )
    assert found.tolist() == logs.tolist()
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_without_bias_and_acceleration_it_is_the_percentile_interval():
    """With half of the replicates below the estimate and no acceleration, nothing is corrected."""
    draws = _replicates(np.arange(1.0, 1999.0))
    found, plain = bca(draws, 999.5, acceleration=0.0), percentile(draws)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), rel=1e-12)


def test_replicates_on_one_side_give_the_extreme_one():
    """Where all replicates are on one side of the estimate both ends are extreme, with a warning."""
    draws = _replicates(np.arange(5.0))
    for value, end in ((99.0, 4.0), (-1.0, 0.0)):
        with pytest.warns(MicroworkWarning, match="too-few-replicates"):
            found = bca(draws, value, acceleration=0.0)
        assert (found.low, found.high) == (end, end)


def test_extreme_acceleration_ends_at_the_extreme_replicate():
    """Where the spread would fall to nothing or below, the end is the last replicate, not one from the other side."""
    values = np.arange(1.0, 2000.0)
    probabilities = np.array([0.025, 0.975])
    assert bca_probabilities(values, 1000.0, acceleration=0.6, probabilities=probabilities)[1] == 1.0
    assert bca_probabilities(values, 1000.0, acceleration=-0.6, probabilities=probabilities)[0] == 0.0


def test_coverage_of_a_skewed_mean_is_better_than_that_of_the_percentile():
    """For the mean of 20 exponential numbers BCa misses on the two sides more evenly than the percentile interval does."""
    generator = np.random.Generator(np.random.PCG64(8))
    low, high = np.zeros(2), np.zeros(2)
    n_simulations, n = 800, 20
    for _ in range(n_simulations):
        x = generator.exponential(size=n)
        draws = _replicates(generator.choice(x, size=(999, n)).mean(axis=1))
        corrected = bca(draws, x.mean(), acceleration=acceleration(x - x.mean()), level=0.9)
        for at, found in enumerate((percentile(draws, level=0.9), corrected)):
            low[at] += found.low > 1
            high[at] += found.high < 1
    assert high[1] < high[0]
    assert high[1] - low[1] < high[0] - low[0]


def _mean(sample):
    return {"mean": float(sample.weights @ sample.column("x") / sample.weights.sum()), "n": float(sample.n)}


def test_influence_of_a_stratified_total_is_that_of_its_units():
    """For a total, the pull of a unit is its own weighted sum less the mean of its stratum, exactly."""
    generator = np.random.default_rng(3)
    stratum = np.array(["a"] * 6 + ["b"] * 8 + ["c"] * 4)
    cluster = np.array([0, 0, 1, 1, 2, 2, 0, 0, 0, 1, 1, 2, 3, 3, 0, 1, 1, 1])
    x, weight = generator.gamma(1.0, 1.0, 18), generator.uniform(1, 4, 18)
    sample = SurveySample(columns={"x": x}, weight=weight, strata=stratum, psu=cluster)
    found = delete_one_unit(lambda s: float(s.weights @ s.column("x")), sample)["value"]
    keys = list(dict.fromkeys(zip(stratum.tolist(), cluster.tolist(), strict=True)))
    sums = {k: float((weight * x)[(stratum == k[0]) & (cluster == k[1])].sum()) for k in keys}
    means = {h: np.mean([v for k, v in sums.items() if k[0] == h]) for h in "abc"}
    expected = sorted(v - means[k[0]] for k, v in sums.items())
    np.testing.assert_allclose(np.sort(found.values), expected, atol=1e-12)


def test_influence_of_a_mean_is_the_textbook_one():
    """Without strata the pull on a weighted mean leads to the acceleration of the leave-one-out values of the textbook."""
    generator = np.random.default_rng(4)
    x = generator.gamma(1.0, 1.0, 25)
    sample = SurveySample(columns={"x": x})
    found = delete_one_unit(_mean, sample, executor=Executor(kind="threads", n_workers=2))
    left_out = np.array([np.delete(x, i).mean() for i in range(25)])
    classical = acceleration(24 * (left_out.mean() - left_out))
    assert acceleration(found["mean"]) == pytest.approx(classical, rel=1e-9)
    # For a mean it is the skewness over 6 root n.
    centred = x - x.mean()
    assert classical == pytest.approx((centred**3).sum() / (6 * (centred**2).sum() ** 1.5), rel=1e-9)
    assert acceleration(found["n"]) == 0.0


def test_other_sources_stay_as_they_are():
    """With several sources, units leave the survey that is named, and the rest of the mapping reaches the recipe."""
    sample = SurveySample(columns={"x": [1.0, 2.0, 6.0]})
    data = {"survey": sample, "accounts": 300.0}
    found = delete_one_unit(lambda d: d["accounts"] / _mean(d["survey"])["mean"], data, source="survey")
    assert found["value"].values.shape == (3,)
    with pytest.raises(InvalidInput, match="no survey to leave units out of"):
        delete_one_unit(_mean, data, source="other")
    with pytest.raises(InvalidInput, match="no survey to leave units out of"):
        delete_one_unit(_mean, data)


def test_batched_recipes_take_the_units_in_blocks():
    """A batched recipe on factors, with other sources held fixed, gives the influence that single samples give."""
    generator = np.random.default_rng(4)
    x = generator.gamma(1.0, 1.0, 150)
    sample = SurveySample(columns={"x": x}, weight=generator.uniform(1, 2, 150), strata=np.repeat(["a", "b"], 75))
    whole = batched(lambda d: {"value": d["accounts"].sum(axis=1) / ((d["survey"] * sample.weights) @ x)})
    together = delete_one_unit(whole, {"survey": sample, "accounts": np.array([3.0, 4.0])}, source="survey")
    single = delete_one_unit(
        lambda d: d["accounts"] / float(d["survey"].weights @ d["survey"].column("x")),
        {"survey": sample, "accounts": 7.0},
        source="survey",
    )
    np.testing.assert_allclose(together["value"].values, single["value"].values, rtol=1e-9, atol=1e-15)


def test_persons_pull_by_pattern():
    """Leaving out a person of each pattern gives what leaving out all persons one by one gives."""
    counts = np.array([4.0, 0.0, 3.0, 7.0])

    def recipe(tables):
        return {"value": tables[:, 0] ** 2 / (1 + tables[:, 2]) + tables[:, 3]}

    each = np.repeat(np.eye(4), counts.astype(int), axis=0)
    left_out = recipe(counts - each)["value"]
    expected = acceleration(13 * (left_out.mean() - left_out))
    assert acceleration(delete_one_person(recipe, counts)["value"]) == pytest.approx(expected, rel=1e-12)


def test_what_does_not_pull_has_no_acceleration():
    """A number that nothing moves has no acceleration; neither has one that is lost when a person leaves."""
    counts = np.array([3.0, 2.0, 1.0])
    assert acceleration(delete_one_person(lambda t: {"value": np.ones(len(t))}, counts)["value"]) == 0.0
    assert acceleration(delete_one_person(lambda t: {"value": np.full(len(t), np.inf)}, counts)["value"]) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Influence(values=np.ones(3), weights=np.ones(2)), "influence of another shape"),
        (lambda: delete_one_person(lambda t: {"value": t[:, 0]}, np.array([1.0, -1.0])), "impossible counts"),
        (lambda: acceleration(["a"]), "not numbers"),
    ],
)
def test_impossible_influence_is_refused(call, message):
    """Shapes and counts that cannot be are errors."""
    with pytest.raises(InvalidInput, match=message):
        call()
