"""What a survey of one platform says about persons on all platforms: bounds, and one named assumption."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from microwork_estimate.errors import InvalidInput, announce
from microwork_estimate.estimate import Assumption, Bounds, Estimate, FloatArray, FrozenMapping, Scalar
from microwork_estimate.inputs import PlatformRegistrations
from microwork_estimate.platforms.assumptions import (
    COMPLETE_RECALL,
    DECLARING_PLATFORMS_COUNTED,
    EQUAL_CHANCE_WITHIN_PLATFORM,
    MONOTONE_MULTI_HOMING,
    ONE_ACCOUNT_ONE_WORKER,
)
from microwork_estimate.platforms.coded_warnings import one_platform
from microwork_estimate.platforms.registrations import registered_persons
from microwork_estimate.platforms.scale import require_share, require_width


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """Persons on any platform, from the most cautious figure up.

    Parameters
    ----------
    low, high : float
        Worst-case bounds: persons off the platforms reached share their platforms as much, or as little, as can be.
    low_if_monotone : float
        Lower bound when persons off the platforms reached multi-home no more, among the others, than those on them.
    """

    low: float
    high: float
    low_if_monotone: float


def ladder(on_reached: float, largest_off: float, total_off: float, platforms_elsewhere: float | None) -> Ladder:
    """Bounds on all persons from those on the platforms reached and the remaining accounts of the others.

    A survey sees the persons on the platforms that it reached; of all others it knows only the accounts. These persons
    are at least as many as the accounts of the platform that has most of them (all on it), and at most as many as all
    remaining accounts (nobody on two).

    Parameters
    ----------
    on_reached : float
        Persons on at least one of the platforms reached.
    largest_off, total_off : float
        Accounts of persons off the platforms reached: largest among the other platforms, and sum over them.
    platforms_elsewhere : float or None
        Mean number of other platforms among those on a platform reached who are on any other; None if nobody is, or if
        it is not known.

    Returns
    -------
    Ladder

    References
    ----------
    Fréchet 1935, Fundamenta Mathematicae 25, 379-387 (largest and smallest probability of a union).

    Examples
    --------
    >>> steps = ladder(50_000, 100_000, 274_480, 1.8)
    >>> round(steps.low), round(steps.low_if_monotone), round(steps.high)
    (150000, 202489, 324480)
    """
    low, high = on_reached + largest_off, on_reached + total_off
    middle = low if platforms_elsewhere is None else on_reached + total_off / platforms_elsewhere
    return Ladder(low=low, high=high, low_if_monotone=max(low, middle))


def smallest_largest_remainder(accounts: FloatArray, overlap: float, cap: float) -> float:
    """Smallest possible maximum of R_p - o_p when only the sum of the overlaps o_p is known.

    The overlap goes where it lowers the maximum: to the largest platforms first, until they are level with the next, as
    water fills a basin turned upside down. No platform takes more than `cap`, nor more than it has accounts.

    Parameters
    ----------
    accounts : array of shape (p,)
        R_p of the other platforms.
    overlap : float
        Sum of o_p, at most the sum of min(R_p, cap).
    cap : float
        Largest possible o_p.

    Returns
    -------
    float
        The smallest maximum, in accounts.

    Examples
    --------
    >>> import numpy as np
    >>> smallest_largest_remainder(np.array([100.0, 60.0, 10.0]), 50.0, 80.0)
    55.0
    """
    ordered = np.sort(accounts)[::-1]
    # With the j largest levelled to t, sum of (R_p - t) over them is the overlap; the right j gives the largest t.
    levels = (np.cumsum(ordered) - overlap) / np.arange(1, ordered.size + 1)
    floor = float((accounts - np.minimum(accounts, cap)).max())
    return max(float(levels.max()), floor, 0.0)


def one_platform_bounds(
    registrations: PlatformRegistrations,
    *,
    reached: str,
    mean_other_platforms: float,
    share_multi_homing: float | None = None,
    rounding: float = 0.0,
) -> Estimate:
    """Bounds on persons registered anywhere when the published mean comes from respondents of one platform.

    Nobody outside the platform reached could answer. What is known of them is the accounts that the other platforms
    declare, less the accounts that persons on the platform reached hold there.

    Procedure: the platform reached has R_A accounts and so R_A persons; they hold R_A m accounts elsewhere, m being
    their mean number of other platforms; Q = sum of the other accounts - R_A m is left to persons off the platform
    reached. At most there are R_A + Q persons in all (nobody of the rest on two platforms), at least R_A + max Q_p (all
    the rest on the platform with most of them). Which platforms the R_A m accounts are on was not published, so max Q_p
    is taken at its smallest over all ways to spread them; where the other platforms are known by their sum only, this
    is Q divided by their number.

    With the share s of multi-homers, a third figure, ``diagnostics["low_if_monotone"]``: R_A + Q s / m, the lower bound
    if persons off the platform are on no more of the others, each, than the multi-homers on it (m / s of them).

    Parameters
    ----------
    registrations : PlatformRegistrations
        Accounts of the platform reached in a row of its own; the others one by one, or as a sum, with ``n_platforms``
        the number of all platforms together.
    reached : str
        Name of the platform through which respondents were reached.
    mean_other_platforms : float
        m, mean number of *other* declaring platforms per person on it: 0.27 if the mean of all is 1.27.
    share_multi_homing : float or None
        s, share of them who are on any other declaring platform. From m / (number of others) to m.
    rounding : float
        Half-width of the rounding cell of m: each bound then holds for every mean in it.

    Returns
    -------
    Estimate
        Persons; `value` is None. The bounds are sharp when each other platform has its row, or when all others are in
        one row; with some single and some summed, they hold but may not be sharp. Warning ``one-platform``.

    Raises
    ------
    InvalidInput
        If the platform reached is unknown or has no account, if there is no other, if a number is out of range, or if
        the accounts elsewhere are fewer than what respondents say that they hold there.

    Assumptions
    -----------
    Equal chances on the platform reached; answers count the declaring platforms; complete recall; one account, one
    worker. The third figure alone needs monotone multi-homing. Sampling error of m and s is not in the bounds.

    References
    ----------
    Fréchet 1935, Fundamenta Mathematicae 25, 379-387; Manski 2003, Partial Identification of Probability Distributions,
    Springer, chapter 1.

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.inputs import PlatformRegistrations
    >>> accounts = PlatformRegistrations(
    ...     platforms=("A", "six others"), accounts=[50_000, 287_980], n_platforms=7, source="example"
    ... )
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     persons = one_platform_bounds(accounts, reached="A", mean_other_platforms=0.27, share_multi_homing=0.15)
    >>> round(persons.bounds.low), round(persons.bounds.high), round(persons.diagnostics["low_if_monotone"])
    (95747, 324480, 202489)
    """
    require_width(rounding, where="one_platform_bounds.rounding")
    on_reached, others, n_others = _split(registrations, reached)
    cell = _require_mean_elsewhere(mean_other_platforms, rounding, n_others)
    share = _require_share_of_multi_homers(share_multi_homing, cell, n_others)
    cautious = _steps(on_reached, others, n_others, cell[1], share)
    generous = _steps(on_reached, others, n_others, cell[0], share)
    coded = (one_platform(reached),)
    announce(coded)
    return Estimate(
        name="registered persons",
        value=None,
        bounds=Bounds(
            low=cautious.low,
            high=generous.high,
            reason="persons who are not on the platform reached are known by their accounts only",
            sharp=others.size in (1, n_others),
        ),
        estimand=registered_persons(registrations),
        method=f"bounds from respondents of one platform, {reached}",
        assumptions=_assumptions(with_share=share is not None),
        warnings=coded,
        references=("Fréchet 1935, Fundamenta Mathematicae 25, 379-387", registrations.source),
        diagnostics=FrozenMapping(
            {
                "persons_on_platform_reached": on_reached,
                "accounts_elsewhere_of_the_others": float(others.sum()) - on_reached * mean_other_platforms,
                "mean_other_platforms": mean_other_platforms,
                **_monotone(cautious, share),
            }
        ),
    )


def _steps(on_reached: float, others: FloatArray, n_others: int, mean: float, share: float | None) -> Ladder:
    """Compute the ladder for one value of the mean number of other platforms."""
    overlap = on_reached * mean
    cap = on_reached if share is None else on_reached * share
    total_off = max(float(others.sum()) - overlap, 0.0)
    known = others.size == n_others
    # A sum stands for platforms that can hold any part of it; the margin is for the last digit of the product.
    room = float((np.minimum(others, cap) if known else others).sum())
    if overlap > room * (1 + 1e-12):
        raise InvalidInput(
            "more accounts elsewhere than there are",
            expected=f"at most {room:,.0f} accounts of respondents on the other platforms",
            got=f"{overlap:,.0f}",
            where="one_platform_bounds.mean_other_platforms",
            fix="check that the mean counts the declaring platforms only, and that the declared accounts are not stale",
        )
    largest_off = smallest_largest_remainder(others, overlap, cap) if known else total_off / n_others
    elsewhere = mean / share if share else None
    return ladder(on_reached, largest_off, total_off, elsewhere)


def _split(registrations: PlatformRegistrations, reached: str) -> tuple[float, FloatArray, int]:
    """Return the accounts of the platform reached, those of the other rows, and how many platforms these stand for."""
    if reached not in registrations.platforms:
        _refuse("unknown platform", "one of " + ", ".join(registrations.platforms), repr(reached), "reached")
    row = registrations.platforms.index(reached)
    others = np.delete(registrations.accounts, row)
    on_reached = float(registrations.accounts[row])
    if others.size == 0:
        _refuse("no other platform", "rows for the other platforms, or one for their sum", "none", "registrations")
    if on_reached == 0:
        _refuse("platform without accounts", f"accounts of {reached!r} above zero", "0", "registrations")
    return on_reached, others, int(registrations.n_platforms or 0) - 1


def _require_mean_elsewhere(mean: float, rounding: float, n_others: int) -> tuple[float, float]:
    if not (math.isfinite(mean) and 0 <= mean <= n_others):
        _refuse(
            "impossible mean",
            f"other platforms per person, from 0 to {n_others}",
            repr(mean),
            "mean_other_platforms",
        )
    return max(mean - rounding, 0.0), min(mean + rounding, float(n_others))


def _require_share_of_multi_homers(share: float | None, cell: tuple[float, float], n_others: int) -> float | None:
    if share is None:
        return None
    require_share(share, where="one_platform_bounds.share_multi_homing")
    # A multi-homer is on 1 to n_others other platforms; the margin is for shares such as 0.3 * 3.
    if share > cell[1] * (1 + 1e-12) or share * n_others < cell[0] * (1 - 1e-12):
        _refuse(
            "share and mean contradict each other",
            f"a share from {cell[0] / n_others:.4g} to {min(cell[1], 1.0):.4g}",
            f"{share:g}",
            "share_multi_homing",
        )
    return share


def _monotone(cautious: Ladder, share: float | None) -> dict[str, Scalar]:
    if share is None:
        return {}
    return {"share_multi_homing": share, "low_if_monotone": cautious.low_if_monotone}


def _assumptions(*, with_share: bool) -> tuple[Assumption, ...]:
    always = (EQUAL_CHANCE_WITHIN_PLATFORM, DECLARING_PLATFORMS_COUNTED, COMPLETE_RECALL, ONE_ACCOUNT_ONE_WORKER)
    return (*always, MONOTONE_MULTI_HOMING) if with_share else always


def _refuse(problem: str, expected: str, got: str, argument: str) -> NoReturn:
    raise InvalidInput(
        problem,
        expected=expected,
        got=got,
        where=f"one_platform_bounds.{argument}",
        fix="check the rows of the registrations and what the published figures count",
    )
