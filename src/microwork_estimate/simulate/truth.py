"""Kernel: the true numbers of a world, by name."""

from __future__ import annotations

import numpy as np

from microwork_estimate.estimate import Scalar
from microwork_estimate.simulate.days import DayArray, every_week, joined, n_days
from microwork_estimate.simulate.people import BoolArray


def ratio(top: float, bottom: float) -> float | None:
    """Divide; None where there is nothing to divide by."""
    return top / bottom if bottom else None


def activity_counts(registered: BoolArray, dormant: BoolArray, days: DayArray) -> dict[str, Scalar]:
    """Count persons by what they do: nested counts, and exclusive cells that add up to the registered.

    Parameters
    ----------
    registered, dormant : array of shape (N,)
    days : array of shape (N,)
        Days active on the platforms concerned, as bits; 0 for persons who are not registered.
    """
    number = n_days(days)
    ever = int(np.count_nonzero(registered & ~dormant))
    monthly = int(np.count_nonzero(number))
    weekly = int(np.count_nonzero(every_week(days)))
    total = int(np.count_nonzero(registered))
    return {
        "registered": total,
        "ever_active": ever,
        "monthly": monthly,
        "weekly_days4": int(np.count_nonzero(number >= 4)),
        "weekly_every_week": weekly,
        "monthly_not_weekly": monthly - weekly,
        "rarer": ever - monthly,
        "dormant": total - ever,
        "person_days": int(number.sum(dtype=np.int64)),
    }


def world_truth(
    membership: BoolArray, visits: DayArray, dormant: BoolArray, columns: tuple[int, ...], names: tuple[str, ...]
) -> dict[str, Scalar]:
    """Return every true number about a set of platforms.

    Parameters
    ----------
    membership, visits : array of shape (N, J)
    dormant : array of shape (N,)
    columns : tuple of int
        The platforms of the set.
    names : tuple of str, length J
    """
    owned = np.zeros(membership.shape[0], dtype=np.int64)
    visited = np.zeros(membership.shape[0], dtype=np.int64)
    by_platform: dict[str, Scalar] = {}
    platform_days = 0
    for j in columns:
        there = visits[:, j] != 0
        owned += membership[:, j]
        visited += there
        platform_days += int(n_days(visits[:, j]).sum(dtype=np.int64))
        by_platform[f"registrations on {names[j]}"] = int(np.count_nonzero(membership[:, j]))
        by_platform[f"visitors on {names[j]}"] = int(np.count_nonzero(there))
    counts = activity_counts(owned > 0, dormant, joined(visits, columns))
    everywhere = membership.sum(axis=1, dtype=np.int64)
    registrations = int(owned.sum())
    return {
        "persons": int(membership.shape[0]),
        **counts,
        "registrations": registrations,
        "mean_platforms": ratio(registrations, int(counts["registered"] or 0)),
        "mean_platforms_size_biased": ratio(float((owned * owned).sum()), registrations),
        "mean_platforms_everywhere": ratio(float(everywhere[owned > 0].sum()), int(counts["registered"] or 0)),
        "share_multi_homing": ratio(int(np.count_nonzero(owned > 1)), int(counts["registered"] or 0)),
        "visitors": int(visited.sum()),
        "mean_platforms_visited": ratio(float(visited.sum()), int(counts["monthly"] or 0)),
        "platform_days": platform_days,
        **by_platform,
    }
