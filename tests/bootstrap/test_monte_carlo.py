"""The Monte Carlo error of interval ends against what other runs give, and the number of replicates for a digit."""

from functools import partial

import numpy as np
import pytest

from microwork_estimate.bootstrap import (
    bca,
    how_many,
    imbens_manski,
    interval_error,
    log_t,
    monte_carlo_error,
    percentile,
    studentised,
)
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Bounds, Replicates

KINDS = {
    "percentile": percentile,
    "bca": partial(bca, value=100.0, acceleration=0.05),
    "log_t": partial(log_t, value=100.0, degrees=20),
}


def _replicates(values) -> Replicates:
    return Replicates(values=np.asarray(values, dtype=float), streams=("sample",), seed=1)


def _draws(generator, n_replicates=1999):
    return _replicates(100 * np.exp(generator.normal(0.05, 0.3, n_replicates)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_is_the_spread_of_other_runs(kind):
    """Over 400 runs of 1,999 replicates the ends spread as one run says of itself: half-widths of 1.96 such spreads."""
    generator = np.random.Generator(np.random.PCG64(21))
    make = KINDS[kind]
    runs = [make(_draws(generator)) for _ in range(400)]
    errors = [interval_error(make, _draws(generator)) for _ in range(24)]
    for name in ("low", "high"):
        spread = np.std([getattr(found, name) for found in runs], ddof=1)
        stated = np.mean([np.diff(getattr(error, name))[0] / 2 for error in errors]) / 1.96
        assert stated == pytest.approx(spread, rel=0.15)


def test_the_error_of_a_percentile_end_is_the_distribution_free_one():
    """For the percentile interval it agrees with the range from the binomial law of ranks."""
    draws = _draws(np.random.Generator(np.random.PCG64(22)), 9999)
    found = interval_error(percentile, draws)
    for ends, probability in ((found.low, 0.025), (found.high, 0.975)):
        exact = monte_carlo_error(draws, probability=probability)
        assert np.diff(ends)[0] == pytest.approx(np.diff(exact)[0], rel=0.25)


def test_the_error_of_a_normal_limit_is_that_of_the_methods_text():
    """The error of a 2.5 % limit of B normal replicates is about 2.67 standard deviations over the root of B."""
    values = np.random.Generator(np.random.PCG64(23)).standard_normal(19_999)
    low, high = monte_carlo_error(_replicates(values), probability=0.025)
    assert (high - low) / 2 / 1.96 == pytest.approx(2.67 / 19_999**0.5, rel=0.1)


def test_how_many_replicates_suffice():
    """With as many replicates as it says, the error of each end is half a digit or less, and not far less."""
    generator = np.random.Generator(np.random.PCG64(24))
    pilot = _draws(generator)
    assert interval_error(percentile, pilot).half_width > 3
    needed = how_many(percentile, pilot, digit=6.0)
    assert needed > 1999
    assert (needed + 1) % 40 == 0
    reached = interval_error(percentile, _draws(generator, needed)).half_width
    assert 1.5 < reached < 3.6
    assert how_many(percentile, pilot, digit=1000.0) == 39
    assert (how_many(partial(percentile, level=0.99), pilot, digit=20.0) + 1) % 200 == 0


def test_two_columns_of_replicates_stay_together():
    """Intervals from two vectors of one run have an error too: that of the bounds, and of the studentised mean."""
    generator = np.random.Generator(np.random.PCG64(25))
    low = _replicates(generator.normal(100, 10, 1999))
    high = _replicates(low.values + 50)
    make = partial(imbens_manski, bounds=Bounds(low=100.0, high=150.0, reason="test", sharp=True))
    found = interval_error(make, low, high)
    # The standard deviation of B normal numbers has a standard error of itself over the root of 2 B.
    assert np.diff(found.low)[0] / 2 == pytest.approx(1.96 * 1.645 * 10 / (2 * 1999) ** 0.5, rel=0.15)
    errors = _replicates(generator.uniform(9, 11, 1999))
    stud = interval_error(lambda t, s: studentised(t, s, 100.0, standard_error=10.0), low, errors)
    assert stud.low[0] < stud.low[1] < 100 < stud.high[0] < stud.high[1]


def test_the_same_replicates_give_the_same_error():
    """The error is found by drawing on a stream of its own."""
    draws = _draws(np.random.Generator(np.random.PCG64(26)))
    assert interval_error(percentile, draws) == interval_error(percentile, draws)


def test_infinite_ends_have_no_error_and_the_other_has():
    """Where the upper end is infinite the lower still has a range."""
    values = _draws(np.random.Generator(np.random.PCG64(27))).values.copy()
    values[:200] = np.inf
    found = interval_error(percentile, _replicates(values))
    assert found.high == (np.inf, np.inf)
    assert np.isfinite(found.half_width)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: how_many(percentile, d, digit=0), "impossible digit"),
        (lambda _: interval_error(percentile), "no interval to measure"),
        (lambda _: interval_error(partial(log_t, value=1.0), _replicates([1.0, np.nan])), "no interval to measure"),
        (lambda _: how_many(percentile, _replicates([np.inf] * 99), digit=1), "no interval to measure"),
        (lambda d: interval_error(percentile, d, _replicates([1.0])), "different runs"),
        (lambda d: monte_carlo_error(d, probability=1.0), "impossible confidence level"),
    ],
)
def test_what_has_no_error_is_refused(call, message):
    """A digit of zero, or replicates without an interval, are errors."""
    with pytest.raises(InvalidInput, match=message):
        call(_replicates(np.arange(1.0, 200.0)))
