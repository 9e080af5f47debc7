"""Accounts from traffic: the prediction interval is that of statsmodels, and it covers."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import PlatformAudience, PlatformRegistrations
from microwork_estimate.platforms import accounts_from_traffic

DECLARED = PlatformRegistrations(platforms=tuple("ABCDEF"), accounts=[900, 2600, 3100, 9000, 12000, 40000], source="x")
SITES = PlatformAudience(
    platforms=tuple("ABCDEFXY"),
    unique_visitors=[100, 200, 400, 800, 1600, 3200, 300, 10],
    provider="p",
    source="y",
)


@pytest.mark.parametrize(("name", "visitors"), [("X", 300.0), ("Y", 10.0)])
def test_prediction_interval_of_statsmodels(name, visitors):
    """The 90 % interval for a new platform is that of an ordinary regression of logarithms, scatter included."""
    found = accounts_from_traffic(DECLARED, SITES, ["X", "Y"])[name]
    x, y = np.log(SITES.unique_visitors[:6]), np.log(DECLARED.accounts)
    fit = sm.OLS(y, sm.add_constant(x)).fit()
    frame = fit.get_prediction([[1.0, np.log(visitors)]]).summary_frame(alpha=0.1)
    assert np.log(found.low) == pytest.approx(frame["obs_ci_lower"].iloc[0], rel=1e-10)
    assert np.log(found.high) == pytest.approx(frame["obs_ci_upper"].iloc[0], rel=1e-10)
    assert found.level == 0.9


def test_interval_covers_a_new_platform():
    """Over 3,000 markets of eight platforms, seven of them declaring, the 90 % interval holds the accounts of another."""
    rng = np.random.default_rng(2019)
    covered = 0
    for _ in range(3000):
        visitors = np.exp(rng.uniform(4, 9, 8))
        accounts = np.exp(1.5 + 0.8 * np.log(visitors) + 0.4 * rng.standard_normal(8))
        names = tuple("ABCDEFGX")
        found = accounts_from_traffic(
            PlatformRegistrations(platforms=names[:7], accounts=accounts[:7], source="x"),
            PlatformAudience(platforms=names, unique_visitors=visitors, provider="p", source="x"),
            ["X"],
        )["X"]
        covered += found.low <= accounts[7] <= found.high
    assert covered / 3000 == pytest.approx(0.9, abs=3 * np.sqrt(0.09 / 3000))


def test_a_perfect_line_is_a_fixed_number():
    """Accounts that are exactly nine times the visitors predict nine times the visitors."""
    exact = PlatformRegistrations(platforms=tuple("ABCDEF"), accounts=9 * SITES.unique_visitors[:6], source="x")
    found = accounts_from_traffic(exact, SITES, ["X"])["X"]
    assert found.median == pytest.approx(2700, rel=1e-9)


@pytest.mark.parametrize(
    ("declared", "names", "message"),
    [
        (DECLARED, ["A"], "cannot be predicted"),
        (DECLARED, ["Z"], "cannot be predicted"),
        (PlatformRegistrations(platforms=tuple("ABCD"), accounts=[1, 2, 3, 4], source="x"), ["X"], "too few platforms"),
        (
            PlatformRegistrations(platforms=tuple("ABCDE"), accounts=[0, 2, 3, 4, 5], source="x"),
            ["X"],
            "without spread",
        ),
    ],
)
def test_too_little_to_predict_from_is_refused(declared, names, message):
    """Four points, a zero, or a platform that is not measured."""
    with pytest.raises(InvalidInput, match=message):
        accounts_from_traffic(declared, SITES, names)
