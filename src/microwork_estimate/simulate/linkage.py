"""Errors of linkage between lists: true matches missed, false matches made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microwork_estimate.estimate import IntArray
from microwork_estimate.simulate.checks import check_share
from microwork_estimate.streams import stream


@dataclass(frozen=True, kw_only=True, slots=True)
class Linkage:
    """How often records of one list are linked wrongly with those of the lists before it.

    Parameters
    ----------
    missed : float
        Share of true matches that are not found: one person then counts as two.
    false : float
        Share of records without a true match that are linked with another person.

    Raises
    ------
    InvalidInput
        If one is not a share.

    Examples
    --------
    >>> Linkage(missed=0.1).false
    0.0
    """

    missed: float = 0.0
    false: float = 0.0

    def __post_init__(self) -> None:
        check_share(self.missed, where="Linkage.missed")
        check_share(self.false, where="Linkage.false")


def link(codes: IntArray, n_lists: int, linkage: Linkage, seed: int) -> IntArray:
    """Link lists one after the other, with errors, and return the patterns of the units that result.

    The records of the second list are linked with the units of the first, those of the third with the units so far, and
    so on. A record whose person is there already is missed with the one rate and then stands alone; a record whose
    person is not there is linked, with the other rate, to a random unit that has no record of this list, as long as
    there is one. For two lists with m true matches and n2 records on the second, (1 - missed) m + false (n2 - m)
    matches are expected. Records are never lost: the sizes of the lists stay as they are.

    Parameters
    ----------
    codes : array of shape (n,)
        The true pattern of each person as a number, the first list as the leftmost binary digit.
    n_lists : int
        k.
    linkage : Linkage
    seed : int

    Returns
    -------
    array of shape (u,)
        The pattern of each unit that the linkage makes; u is larger than n where matches are missed.

    References
    ----------
    The two rates: Ding, Y. and Fienberg, S. E. (1994), Survey Methodology 20, 149-158.

    Examples
    --------
    >>> link(np.array([3, 3, 2]), 2, Linkage(missed=1.0), seed=1).tolist()
    [2, 2, 2, 1, 1]
    """
    if linkage.missed == 0.0 and linkage.false == 0.0:
        return codes
    units = codes.copy()
    for number in range(1, n_lists):
        bit = 1 << (n_lists - 1 - number)
        earlier = ~(2 * bit - 1)
        generator = stream(seed, f"lists/linkage/{number}")
        there = (units & earlier) != 0
        linked = np.flatnonzero(there & ((units & bit) != 0))
        split = linked[generator.random(linked.size) < linkage.missed]
        alone = np.flatnonzero(~there & ((units & bit) != 0))
        wrong = alone[generator.random(alone.size) < linkage.false]
        free = np.flatnonzero(there & ((units & bit) == 0))
        partners = generator.permutation(free)[: wrong.size]
        wrong = wrong[: partners.size]
        units[split] &= ~bit
        units[partners] |= bit
        units[wrong] &= ~bit
        units = np.concatenate([units[units != 0], np.full(split.size, bit, dtype=units.dtype)])
    return units
