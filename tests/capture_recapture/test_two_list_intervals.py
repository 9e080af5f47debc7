"""The intervals of two lists as array functions: against other formulas, other programs and the definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, hypergeom, nchypergeom_fisher, norm

from microwork_estimate.capture_recapture.intervals import (
    lognormal_interval,
    no_overlap_limit,
    normal_quantile,
    profile_interval,
    sadinle_interval,
    sadinle_unseen,
    wald_interval,
)
from microwork_estimate.errors import InvalidInput


def test_normal_quantile() -> None:
    """The two-sided quantile holds the level between minus and plus itself."""
    for level in (0.5, 0.8, 0.95, 0.999):
        z = normal_quantile(level)
        assert norm.cdf(z) - norm.cdf(-z) == pytest.approx(level, rel=1e-12)
    with pytest.raises(InvalidInput):
        normal_quantile(95)


def test_lognormal_interval_is_symmetric_on_the_log_scale() -> None:
    """The unseen part lies in the geometric middle, and its log-normal law has the standard error given."""
    low, high = lognormal_interval(978.0, 141.0, 320.0, 0.95)
    assert math.sqrt((low - 320) * (high - 320)) == pytest.approx(658.0, rel=1e-12)
    spread = math.log((high - 320) / 658.0) / norm.ppf(0.975)
    assert 658.0 * math.sqrt(math.expm1(spread**2)) == pytest.approx(141.0, rel=1e-12)


def test_lognormal_interval_without_unseen_persons() -> None:
    """When nobody is missing the interval is the value; a huge standard error does not overflow."""
    assert lognormal_interval(320.0, 0.0, 320.0, 0.95) == (320.0, 320.0)
    low, high = lognormal_interval(321.0, 1e200, 320.0, 0.95)
    assert 320.0 <= low < 321.0 < high < math.inf


@pytest.mark.parametrize(("value", "error"), [(math.inf, 1.0), (math.nan, 1.0), (400.0, math.nan), (319.0, 1.0)])
def test_lognormal_interval_refuses(value: float, error: float) -> None:
    """An infinite or missing estimate, or one below what was seen, has no log-normal interval."""
    with pytest.raises(InvalidInput, match="log-normal"):
        lognormal_interval(value, error, 320.0, 0.95)


def log_likelihood(size: float, both: int, first: int, second: int) -> float:
    """Write the log-likelihood of two independent lists down as it is printed."""
    n = both + first + second
    total = math.lgamma(size + 1) - math.lgamma(size - n + 1)
    for k in (both + first, both + second):
        total += k * math.log(k / size) + ((size - k) * math.log(1 - k / size) if size > k else 0.0)
    return total


@pytest.mark.parametrize("cells", [(30, 170, 120), (400, 600, 400), (5, 20, 13), (9, 187, 81), (1, 11, 8)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_profile_interval_meets_its_definition(cells: tuple[int, int, int], level: float) -> None:
    """At both ends the printed log-likelihood is half a chi-squared quantile below its largest value on a fine grid."""
    low, high = profile_interval(*cells, level)
    peak = max(log_likelihood(float(size), *cells) for size in np.linspace(low, high, 20_001))
    drop = chi2.ppf(level, 1) / 2
    for end in (low, high):
        assert peak - log_likelihood(end, *cells) == pytest.approx(drop, abs=2e-6)


def test_profile_interval_at_the_border() -> None:
    """The lower end is n when the curve does not fall so far, and the upper end is infinite without overlap."""
    assert profile_interval(25, 15, 0, 0.95)[0] == 40.0
    low, high = profile_interval(0, 30, 20, 0.95)
    assert high == math.inf
    supremum = sum(k * math.log(k) - k for k in (30, 20))
    assert supremum - log_likelihood(low, 0, 30, 20) == pytest.approx(chi2.ppf(0.95, 1) / 2, abs=1e-9)
    assert profile_interval(0, 0, 20, 0.95) == (20.0, math.inf)


def test_profile_interval_of_large_lists() -> None:
    """With many persons on both lists the interval approaches the symmetric one, also for millions of persons."""
    low, high = profile_interval(10_000, 1_000_000, 1_000_000, 0.95)
    estimate = 1_010_000**2 / 10_000
    margin = norm.ppf(0.975) * estimate / math.sqrt(10_000)
    assert (low, high) == pytest.approx((estimate - margin, estimate + margin), rel=2e-3)


def test_wald_interval() -> None:
    """The ends lie 1.96 standard errors off."""
    assert wald_interval(100.0, 10.0, 0.95) == pytest.approx((80.4003601545995, 119.5996398454005), rel=1e-12)


def test_sadinle_interval_inverts_the_log_odds_ratio() -> None:
    """At the centre the odds ratio of the four cells, half a person added to each, is the one assumed."""
    for odds_ratio in (0.5, 1.0, 3.0):
        centre, log_error = sadinle_unseen(30, 170, 120, odds_ratio)
        assert 30.5 * centre / (170.5 * 120.5) == pytest.approx(odds_ratio, rel=1e-12)
        low, high = sadinle_interval(30, 170, 120, 0.95, odds_ratio)
        z = math.log((high - 319.5) / (low - 319.5)) / (2 * log_error)
        assert z == pytest.approx(norm.ppf(0.975), rel=1e-12)


def test_sadinle_interval_of_arrays() -> None:
    """Arrays of cells give arrays of ends, each as if computed alone."""
    both, first, second = np.array([[30, 5, 1], [170, 20, 11], [120, 13, 8]])
    low, high = sadinle_interval(both, first, second, 0.95)
    assert low.shape == high.shape == (3,)
    for i in range(3):
        alone = sadinle_interval(both[i], first[i], second[i], 0.95)
        assert (low[i], high[i]) == pytest.approx(alone, rel=1e-15)


@settings(max_examples=100, deadline=None)
@given(first=st.integers(1, 400), second=st.integers(1, 400), level=st.floats(0.05, 0.999))
def test_no_overlap_limit_meets_its_definition(first: int, second: int, level: float) -> None:
    """It is the smallest population in which scipy's hypergeometric chance of no overlap reaches 1 - level."""
    limit = no_overlap_limit(first, second, level)
    assert limit >= first + second
    assert hypergeom.pmf(0, limit, first, second) >= (1 - level) * (1 - 1e-9)
    if limit > first + second:
        assert hypergeom.pmf(0, limit - 1, first, second) < (1 - level) * (1 + 1e-9)


@pytest.mark.parametrize("odds_ratio", [0.25, 0.5, 2.0, 4.0])
def test_no_overlap_limit_under_dependence(odds_ratio: float) -> None:
    """With an odds ratio the chance of no overlap is that of scipy's Fisher non-central hypergeometric law."""
    limit = no_overlap_limit(40, 25, 0.95, odds_ratio)
    chances = [nchypergeom_fisher.pmf(0, size, 40, 25, odds_ratio) for size in (limit - 1, limit)]
    assert chances[0] < 0.05 <= chances[1]


def test_no_overlap_limit_of_large_lists() -> None:
    """For large lists the limit is the product of the sizes over -ln(1 - level), as for a Poisson number."""
    assert no_overlap_limit(200, 150, 0.95) == 10_190
    assert no_overlap_limit(2_000_000, 1_500_000, 0.95) == pytest.approx(3e12 / -math.log(0.05), rel=2e-5)
