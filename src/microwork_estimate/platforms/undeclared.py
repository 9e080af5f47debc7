"""Accounts of platforms that do not declare, from the traffic of their sites."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NoReturn

import numpy as np
from scipy import special

from microwork_estimate.errors import InvalidInput, check_level
from microwork_estimate.inputs import Elicited, PlatformAudience, PlatformRegistrations

_FEWEST = 5


def accounts_from_traffic(
    registrations: PlatformRegistrations, audience: PlatformAudience, undeclared: Iterable[str], *, level: float = 0.9
) -> dict[str, Elicited]:
    """Predict accounts of platforms that do not declare from the unique visitors of their sites.

    Procedure: least squares of ln accounts on ln unique visitors over the platforms that declare and are measured; for
    each other platform the prediction interval (Student, scatter included), as a log-normal :class:`Elicited`. It goes
    straight into :func:`subset_bounds`.

    Parameters
    ----------
    registrations : PlatformRegistrations
        Declared accounts.
    audience : PlatformAudience
        Unique visitors of the sites, under the same names.
    undeclared : iterable of str
        Platforms to predict.
    level : float
        Probability of the prediction interval.

    Returns
    -------
    dict of str to Elicited

    Raises
    ------
    InvalidInput
        If fewer than five platforms both declare and are measured, visitors or accounts are zero, all have the same
        visitors, or a platform declares or is not measured.

    Assumptions
    -----------
    Platforms that do not declare have as many accounts for their visitors as those that do, up to the same scatter.

    References
    ----------
    Draper and Smith 1998, Applied Regression Analysis, Wiley, section 3.1 (prediction interval).

    Examples
    --------
    >>> accounts = PlatformRegistrations(
    ...     platforms=tuple("ABCDE"), accounts=[900, 2100, 3900, 8100, 15800], source="example"
    ... )
    >>> sites = PlatformAudience(
    ...     platforms=tuple("ABCDEX"), unique_visitors=[100, 200, 400, 800, 1600, 300], provider="p", source="example"
    ... )
    >>> found = accounts_from_traffic(accounts, sites, ["X"])["X"]
    >>> round(found.median, -2), found.low < 3000 < found.high
    (2900.0, True)
    """
    check_level(level)
    visitors = dict(zip(audience.platforms, audience.unique_visitors.tolist(), strict=True))
    declared = dict(zip(registrations.platforms, registrations.accounts.tolist(), strict=True))
    pairs = [(visitors[name], accounts) for name, accounts in declared.items() if name in visitors]
    _require_pairs(pairs)
    x, y = np.log(np.array(pairs)).T
    m, centre = x.size, float(x.mean())
    spread = float(((x - centre) ** 2).sum())
    slope = float((x - centre) @ (y - y.mean())) / spread
    residual = math.sqrt(float(((y - y.mean() - slope * (x - centre)) ** 2).sum()) / (m - 2))
    student = float(special.stdtrit(m - 2, (1 + level) / 2))
    found: dict[str, Elicited] = {}
    for name in undeclared:
        if name in declared or visitors.get(name, 0.0) <= 0:
            _refuse("platform that cannot be predicted", "a measured platform that does not declare", repr(name))
        away = math.log(visitors[name]) - centre
        middle = float(y.mean()) + slope * away
        width = student * residual * math.sqrt(1 + 1 / m + away**2 / spread)
        source = f"regression of accounts on visitors over {m} platforms; {registrations.source}; {audience.source}"
        if width < 1e-12:
            found[name] = Elicited(distribution="fixed", low=math.exp(middle), source=source)
        else:
            ends = math.exp(middle - width), math.exp(middle + width)
            found[name] = Elicited(distribution="lognormal", low=ends[0], high=ends[1], level=level, source=source)
    return found


def _require_pairs(pairs: list[tuple[float, float]]) -> None:
    if len(pairs) < _FEWEST:
        _refuse("too few platforms for a regression", f"{_FEWEST} that declare and are measured", str(len(pairs)))
    if min(min(pair) for pair in pairs) <= 0 or len({pair[0] for pair in pairs}) == 1:
        _refuse("platforms without spread", "visitors and accounts above zero, visitors not all alike", "others")


def _refuse(problem: str, expected: str, got: str) -> NoReturn:
    raise InvalidInput(
        problem,
        expected=expected,
        got=got,
        where="accounts_from_traffic",
        fix="state an interval for the accounts yourself, with its source",
    )
