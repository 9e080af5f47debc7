"""An elicited interval becomes the distribution that its words say, with its ends where they were stated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Elicited


def elicited(distribution: str, **numbers) -> Elicited:
    """Make an elicited number with a source."""
    return Elicited(distribution=distribution, source="example", **numbers)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize(
    ("distribution", "low", "high"), [("lognormal", 0.2, 3.0), ("share", 0.05, 0.6), ("at_least_one", 1.05, 1.8)]
)
def test_stated_ends_are_the_quantiles(distribution, low, high, level):
    """An interval stated at a level has its ends at the quantiles (1 - level)/2 and (1 + level)/2."""
    ends = elicited(distribution, low=low, high=high, level=level).quantile([(1 - level) / 2, (1 + level) / 2])
    assert ends == pytest.approx([low, high], rel=1e-12)


def test_medians_are_in_the_middle_on_the_scale_of_each_distribution():
    """Geometric mean for a factor, even odds for a symmetric share, geometric mean of the excess over 1."""
    assert elicited("lognormal", low=0.5, high=8).median == pytest.approx(2)
    assert elicited("share", low=0.1, high=0.9).median == pytest.approx(0.5)
    assert elicited("at_least_one", low=1.1, high=1.4).median == pytest.approx(1.2)


PROBABILITIES = np.linspace(0.001, 0.999, 101)


@pytest.mark.parametrize(
    ("number", "reference"),
    [
        (elicited("uniform", low=2, high=5), stats.uniform(2, 3)),
        (elicited("triangular", low=2, high=6, mode=3), stats.triang(0.25, 2, 4)),
        (elicited("triangular", low=2, high=6, mode=2), stats.triang(0, 2, 4)),
        (elicited("triangular", low=2, high=6, mode=6), stats.triang(1, 2, 4)),
        # PERT by its definition: mean (low + 4 mode + high)/6, shapes adding to 6
        (elicited("pert", low=2, high=6, mode=3), stats.beta(2, 4, 2, 4)),
        (elicited("pert", low=0, high=1, mode=0.5), stats.beta(3, 3)),
        (elicited("lognormal", low=np.exp(-1.6448536269514722), high=np.exp(1.6448536269514722)), stats.lognorm(1)),
    ],
)
def test_quantiles_of_known_distributions(number, reference):
    """The quantiles are those of scipy's distribution of the same name."""
    assert number.quantile(PROBABILITIES) == pytest.approx(reference.ppf(PROBABILITIES), rel=1e-10)


def test_pert_mean():
    """The mean of a PERT is (low + 4 mode + high) / 6."""
    grid = (np.arange(20_000) + 0.5) / 20_000
    assert elicited("pert", low=1, high=4, mode=1.5).quantile(grid).mean() == pytest.approx((1 + 6 + 4) / 6, rel=1e-6)


def test_fixed_and_empirical():
    """A fixed number is itself; listed values come equally often."""
    assert elicited("fixed", low=3).quantile([[0.1, 0.9]]).tolist() == [[3, 3]]
    values = elicited("empirical", values=[5, 1, 3, 1])
    assert values.quantile([0, 0.5, 0.51, 0.75, 1]).tolist() == [1, 1, 3, 3, 5]
    assert values.median == 1


def test_values_cannot_be_changed_afterwards():
    """The number keeps a copy of its own, read-only."""
    given_values = np.array([1.0, 2.0])
    number = elicited("empirical", values=given_values)
    given_values[0] = 99
    assert number.values.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        number.values[0] = 5


@settings(deadline=None)
@given(
    distribution=st.sampled_from(["lognormal", "share", "at_least_one", "uniform", "triangular", "pert"]),
    a=st.floats(0.001, 0.499),
    b=st.floats(0.501, 0.999),
    u=st.lists(st.floats(0.0001, 0.9999), min_size=2, max_size=20),
)
def test_quantiles_increase_and_stay_possible(distribution, a, b, u):
    """Quantiles never fall, and no distribution leaves its possible values."""
    shift = 1 if distribution == "at_least_one" else 0
    number = elicited(distribution, low=a + shift, high=b + shift, mode=(a + b) / 2 + shift)
    found = number.quantile(sorted(u))
    assert (np.diff(found) >= -1e-12).all()
    assert (found > shift).all()
    if distribution in ("share", "uniform", "triangular", "pert"):
        assert (found < 1 + shift).all()


@pytest.mark.parametrize(
    ("distribution", "numbers", "message"),
    [
        ("normal", {"low": 1, "high": 2}, "unknown choice"),
        ("lognormal", {"low": 0, "high": 2}, "0 < low < high"),
        ("lognormal", {"low": 2, "high": 2}, "0 < low < high"),
        ("lognormal", {"low": 1, "high": np.inf}, "0 < low < high"),
        ("lognormal", {"low": 1}, "0 < low < high"),
        ("share", {"low": 0, "high": 0.5}, "0 < low < high < 1"),
        ("share", {"low": 0.5, "high": 1}, "0 < low < high < 1"),
        ("at_least_one", {"low": 1, "high": 2}, "1 < low < high"),
        ("uniform", {"low": 3, "high": 2}, "low < high"),
        ("uniform", {"low": -np.inf, "high": 2}, "low < high"),
        ("triangular", {"low": 1, "high": 2}, "mode"),
        ("pert", {"low": 1, "high": 2, "mode": 3}, "mode"),
        ("pert", {"low": 1, "high": 2, "mode": np.nan}, "mode"),
        ("fixed", {"high": 2}, "a number in low"),
        ("fixed", {"low": np.inf}, "a number in low"),
        ("empirical", {}, "values"),
        ("empirical", {"values": []}, "finite values"),
        ("empirical", {"values": [1, np.nan]}, "finite values"),
        ("empirical", {"values": ["many"]}, "not numbers"),
        ("lognormal", {"low": 1, "high": 2, "level": 90}, "confidence level"),
    ],
)
def test_impossible_intervals_are_refused(distribution, numbers, message):
    """An interval outside the possible values, a missing mode or a level in percent gives no distribution."""
    with pytest.raises(InvalidInput, match=message):
        elicited(distribution, **numbers)


def test_silence_is_no_source():
    """Nobody stated it: refused."""
    with pytest.raises(InvalidInput, match="a source"):
        Elicited(distribution="fixed", low=1, source="  ")


@pytest.mark.parametrize("probability", [-0.1, 95, np.nan])
def test_impossible_probabilities_are_refused(probability):
    """A quantile at 95 is a quantile at 0.95 asked wrongly."""
    with pytest.raises(InvalidInput, match="probabilities from 0 to 1"):
        elicited("uniform", low=0, high=1).quantile([0.5, probability])
