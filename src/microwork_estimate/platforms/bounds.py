"""What a published mean number of platforms leaves open, and no more than that."""

from __future__ import annotations

import math
from typing import NoReturn

import numpy as np
from scipy.optimize import linprog

from microwork_estimate.errors import CodedWarning, InvalidInput, NotConverged, announce
from microwork_estimate.estimate import Bounds, Estimate, FloatArray, FrozenMapping
from microwork_estimate.inputs import PlatformRegistrations
from microwork_estimate.platforms.assumptions import (
    COMPLETE_RECALL,
    DECLARING_PLATFORMS_COUNTED,
    ONE_ACCOUNT_ONE_WORKER,
    PROPORTIONAL_TO_ACCOUNTS,
)
from microwork_estimate.platforms.coded_warnings import count_beyond_declared
from microwork_estimate.platforms.registrations import registered_persons
from microwork_estimate.platforms.scale import require_mean, require_width


def multiplicity_bounds(
    registrations: PlatformRegistrations,
    *,
    mean: float,
    max_platforms: int | None = None,
    rounding: float = 0.0,
) -> Estimate:
    """Bounds on registered persons from the *arithmetic* mean of respondents who were reached through their accounts.

    Dividing the accounts by such a mean gives too few persons, because people on several platforms are reached more
    often. The mean does not say by how much: that depends on the distribution of the answers, which was not published.
    These bounds hold for every distribution.

    Procedure: N = M E[1/k], the expectation being over accounts. Among all distributions of whole numbers k from 1 to K
    with mean m, E[1/k] is smallest when k takes the two whole numbers around m only, (f+1-m)/f + (m-f)/(f+1) with
    f = floor(m), and largest when it takes 1 and K only, 1 - (m-1)/K. Where the accounts of every single platform are
    known, not every distribution can be cut into them (nobody is twice on one platform); the bounds are then those of a
    linear programme over the persons on k platforms, with the conditions of Gale and Ryser, and may be narrower.

    Parameters
    ----------
    registrations : PlatformRegistrations
        Accounts of the declaring platforms, M in all. ``n_platforms`` says how many they are.
    mean : float
        Published arithmetic mean m of platforms per respondent.
    max_platforms : int or None
        K, the largest possible answer; the number of declaring platforms by default.
    rounding : float
        Half-width of the rounding cell of the mean: the bounds then hold for every mean in it.

    Returns
    -------
    Estimate
        Persons; `value` is None, `bounds` are given, and ``diagnostics["accounts_over_mean"]`` is the usual quotient.

    Raises
    ------
    InvalidInput
        If the mean is below 1 or above K, if K is not a whole number of at least 1, or if no distribution of persons
        over the platforms gives these accounts and this mean.

    Assumptions
    -----------
    Respondents were reached in proportion to accounts, on all declaring platforms; k counts these platforms; the mean
    is taken as that of all accounts, without sampling error. The warning ``count-beyond-declared`` comes when K is
    above the number of declaring platforms: if k also counts platforms that did not declare, the upper bound is M.

    References
    ----------
    Jensen's inequality and its converse for a convex function on an interval (Edmundson and Madansky: Madansky 1959,
    Annals of Mathematical Statistics 30(3), 743-746), applied to whole numbers; Gale 1957, Pacific Journal of
    Mathematics 7(2), 1073-1082 and Ryser 1957, Canadian Journal of Mathematics 9, 371-377.

    Examples
    --------
    >>> from microwork_estimate.inputs import PlatformRegistrations
    >>> accounts = PlatformRegistrations(platforms=("all seven",), accounts=[337_980], n_platforms=7, source="example")
    >>> bounds = multiplicity_bounds(accounts, mean=1.27).bounds
    >>> round(bounds.low), round(bounds.high), bounds.sharp
    (292353, 324944, True)
    """
    require_mean(mean, where="multiplicity_bounds.mean")
    require_width(rounding, where="multiplicity_bounds.rounding")
    declared = int(registrations.n_platforms or 0)
    most = declared if max_platforms is None else _require_whole(max_platforms)
    if mean > most:
        _refuse_mean(f"from 1 to {most}, the largest number of platforms", mean)
    cell = max(mean - rounding, 1.0), min(mean + rounding, float(most))
    low, high, sharp = _inverse_range(registrations.accounts, declared, cell, most)
    coded: tuple[CodedWarning, ...] = ()
    if most > declared:
        coded = (count_beyond_declared(most, declared),)
    announce(coded)
    accounts = registrations.total
    return Estimate(
        name="registered persons",
        value=None,
        bounds=Bounds(
            low=accounts * low,
            high=accounts * high,
            reason="a mean over accounts does not say how the number of platforms varies",
            sharp=sharp and most <= declared,
        ),
        estimand=registered_persons(registrations),
        method="bounds from the arithmetic mean of respondents reached through their accounts",
        assumptions=(
            PROPORTIONAL_TO_ACCOUNTS,
            DECLARING_PLATFORMS_COUNTED,
            COMPLETE_RECALL,
            ONE_ACCOUNT_ONE_WORKER,
        ),
        warnings=coded,
        references=("Madansky 1959, Annals of Mathematical Statistics 30(3), 743-746", registrations.source),
        diagnostics=FrozenMapping(
            {"accounts": accounts, "mean": mean, "max_platforms": most, "accounts_over_mean": accounts / mean}
        ),
    )


def inverse_count_bounds(mean: float, max_platforms: int) -> tuple[float, float]:
    """Smallest and largest E[1/k] among the distributions of k on 1..K with a given mean.

    Parameters
    ----------
    mean : float
        From 1 to K.
    max_platforms : int
        K.

    Returns
    -------
    tuple of float
        Smallest and largest expectation.

    References
    ----------
    Madansky 1959, Annals of Mathematical Statistics 30(3), 743-746 (the chord is the largest value).

    Examples
    --------
    >>> low, high = inverse_count_bounds(1.27, 7)
    >>> round(low, 4), round(high, 4)
    (0.865, 0.9614)
    """
    floor = math.floor(mean)
    low = (floor + 1 - mean) / floor + (mean - floor) / (floor + 1)
    # At a mean of 1 or K the two are one number, which rounding must not put out of order.
    return low, max(low, 1 - (mean - 1) / max_platforms)


def _inverse_range(
    accounts: FloatArray, declared: int, cell: tuple[float, float], most: int
) -> tuple[float, float, bool]:
    """Return the range of N / M, and whether it is sharp, for means in `cell` and answers of at most `most`."""
    low, high = inverse_count_bounds(cell[1], most)[0], inverse_count_bounds(cell[0], most)[1]
    total = float(accounts.sum())
    if total == 0 or most > declared:
        return low, high, True
    shares = accounts / total
    if accounts.size == declared:
        low, high = _programme(shares, cell, most)
        return low, high, True
    ends = _two_points(cell[1], math.floor(cell[1]), most), _two_points(cell[0], 1, most, top=most)
    splits = _possible_splits(shares, declared)
    return low, high, any(all(_fits(end, split) for end in ends) for split in splits)


def _two_points(mean: float, bottom: int, most: int, *, top: int | None = None) -> FloatArray:
    """Persons per account on 1..K platforms, shape (K,), when accounts have k = `bottom` or `top`, with this mean."""
    top = min(bottom + 1, most) if top is None else top
    share = np.zeros(most)
    at_top = (mean - bottom) / (top - bottom) if top > bottom else 0.0
    share[top - 1] += at_top
    share[bottom - 1] += 1 - at_top
    return share / np.arange(1, most + 1)


def _possible_splits(shares: FloatArray, declared: int) -> list[FloatArray]:
    """Ways to read rows of which one is a sum over the remaining platforms: that row in equal parts."""
    parts = declared - shares.size + 1
    return [np.concatenate([np.delete(shares, row), np.full(parts, shares[row] / parts)]) for row in range(shares.size)]


def _fits(persons: FloatArray, shares: FloatArray) -> bool:
    """Whether persons on 1..K platforms can be placed so that each platform has its share of the accounts.

    Gale and Ryser: the j largest platforms together hold at most the sum over persons of min(k, j).
    """
    k = np.arange(1, persons.size + 1)
    j = np.arange(1, shares.size + 1)
    room = np.minimum(k, j[:, None]) @ persons
    return bool((np.cumsum(np.sort(shares)[::-1]) <= room + 1e-12).all())


def _programme(shares: FloatArray, cell: tuple[float, float], most: int) -> tuple[float, float]:
    """Smallest and largest number of persons per account when the share of every single platform is known.

    The unknowns are the persons on k = 1..K platforms per account: their platforms sum to 1, their squared platforms
    to the mean over accounts, and the conditions of Gale and Ryser hold.
    """
    k = np.arange(1.0, most + 1)
    j = np.arange(1.0, shares.size + 1)
    held = np.cumsum(np.sort(shares)[::-1])
    upper = np.vstack([-np.minimum(k, j[:, None]), k**2, -(k**2)])
    limits = np.concatenate([-held, [cell[1], -cell[0]]])
    ends = []
    for sign in (1.0, -1.0):
        # The last condition of Gale and Ryser is the equality, so it does not stand among the inequalities.
        keep = np.arange(limits.size) != shares.size - 1
        found = linprog(
            sign * np.ones(most), A_ub=upper[keep], b_ub=limits[keep], A_eq=k[None, :], b_eq=[1.0], method="highs"
        )
        if found.status == 2:
            _refuse_mean("a mean that persons on these platforms can have, none of them twice on one", cell[0])
        if not found.success or found.fun is None:
            raise NotConverged(
                "bounds not found",
                expected="an optimum of the linear programme",
                got=str(found.message),
                where="multiplicity_bounds",
                fix="give the sum of the accounts in one row, with n_platforms, for the bounds in closed form",
            )
        ends.append(sign * float(found.fun))
    return min(ends), max(ends)


def _require_whole(max_platforms: int) -> int:
    if not (math.isfinite(max_platforms) and max_platforms == int(max_platforms) and max_platforms >= 1):
        raise InvalidInput(
            "impossible number of platforms",
            expected="a whole number of at least 1",
            got=repr(max_platforms),
            where="multiplicity_bounds.max_platforms",
            fix="give the largest number of platforms that a respondent can name",
        )
    return int(max_platforms)


def _refuse_mean(expected: str, mean: float) -> NoReturn:
    raise InvalidInput(
        "impossible mean",
        expected=expected,
        got=f"{mean:g}",
        where="multiplicity_bounds.mean",
        fix="check the mean, and that n_platforms counts every declaring platform",
    )
