"""Smallest and largest number of persons off the platforms reached, by linear programme over their sets of platforms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NoReturn

import numpy as np
from scipy.optimize import linprog

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray
from microwork_estimate.platforms.subset_terms import Ends, SubsetTerms

MOST_PLATFORMS = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class SubsetKnowledge:
    """What is known, besides the accounts, of persons who are on none of the platforms reached.

    Parameters
    ----------
    max_platforms : int or None
        The most platforms that one of them can be on.
    overlaps : mapping of (str, str) to (low, high)
        For pairs of platforms that were not reached: how many persons, anybody, are on both.
    share_multi_homing : (low, high) or None
        Which share of them is on two platforms or more.

    Raises
    ------
    InvalidInput
        If a number is impossible or an interval is upside down.

    Examples
    --------
    >>> SubsetKnowledge(max_platforms=2, share_multi_homing=(0.1, 0.3)).max_platforms
    2
    """

    max_platforms: int | None = None
    overlaps: Mapping[tuple[str, str], Ends] = field(default_factory=dict)
    share_multi_homing: Ends | None = None

    def __post_init__(self) -> None:
        if self.max_platforms is not None and not (
            self.max_platforms >= 1 and self.max_platforms == int(self.max_platforms)
        ):
            _refuse("a whole number of platforms, at least 1", repr(self.max_platforms), "max_platforms")
        for pair, (low, high) in self.overlaps.items():
            if not 0 <= low <= high < math.inf:
                _refuse("0 <= low <= high, both finite", f"{low:g} to {high:g} for {pair}", "overlaps")
        if self.share_multi_homing is not None:
            low, high = self.share_multi_homing
            if not 0 <= low <= high <= 1:
                _refuse("shares with 0 <= low <= high <= 1", f"{low:g} to {high:g}", "share_multi_homing")
        object.__setattr__(self, "overlaps", MappingProxyType(dict(self.overlaps)))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BoundPair:
    """Both bounds with their gradients in the vector of :class:`SubsetTerms`.

    Parameters
    ----------
    low, high : float
    low_gradient, high_gradient : array of shape (q,)
    """

    low: float
    high: float
    low_gradient: FloatArray
    high_gradient: FloatArray


def worst_case(terms: SubsetTerms) -> BoundPair:
    """Bounds without further knowledge, in closed form.

    Persons off the platforms reached are at least as many as the remaining accounts of the platform that has most of
    them, and at most as many as all remaining accounts. A remainder below zero counts as zero and no longer varies.

    Parameters
    ----------
    terms : SubsetTerms

    Returns
    -------
    BoundPair

    References
    ----------
    Fréchet 1935, Fundamenta Mathematicae 25, 379-387.
    """
    gradients = terms.remainder_gradients()
    low, high = terms.accounts - terms.overlaps, terms.high_accounts - terms.overlaps
    gradient = terms.unit(0)
    low_gradient, high_gradient = gradient.copy(), gradient + gradients[high > 0].sum(axis=0)
    largest = 0.0
    if low.size and low.max() > 0:
        largest = float(low.max())
        low_gradient += gradients[int(low.argmax())]
    return BoundPair(
        low=terms.on_reached + largest,
        high=terms.on_reached + float(np.maximum(high, 0.0).sum()),
        low_gradient=low_gradient,
        high_gradient=high_gradient,
    )


def programme(terms: SubsetTerms, knowledge: SubsetKnowledge) -> BoundPair | None:
    """Bounds with further knowledge: None if no set of persons agrees with it and with the estimates.

    Unknowns: how many persons off the platforms reached are on each non-empty set of the others. Their number is made
    smallest and largest under linear conditions; the gradients come from the dual values (the prices of the conditions).

    Parameters
    ----------
    terms : SubsetTerms
        With the pairs of `knowledge.overlaps`, in order.
    knowledge : SubsetKnowledge

    Returns
    -------
    BoundPair or None

    Raises
    ------
    InvalidInput
        If there are more than 12 other platforms.

    References
    ----------
    Manski 2003, Partial Identification of Probability Distributions, Springer, chapter 1; Balke and Pearl 1997, JASA
    92(439), 1171-1176 (bounds by linear programming).
    """
    t = len(terms.names)
    if t > MOST_PLATFORMS:
        raise InvalidInput(
            "too many platforms for a linear programme",
            expected=f"at most {MOST_PLATFORMS} platforms that were not reached",
            got=str(t),
            where="SubsetKnowledge",
            fix="leave the knowledge out: the bounds without it have a closed form",
        )
    sets = np.array(list(itertools.product((0.0, 1.0), repeat=t)))[1:]
    if knowledge.max_platforms is not None:
        sets = sets[sets.sum(axis=1) <= knowledge.max_platforms]
    rows, limits, gradients = _conditions(terms, knowledge, sets)
    found = []
    for sign in (1.0, -1.0):
        result = linprog(np.full(sets.shape[0], sign), A_ub=rows, b_ub=limits, bounds=(0, None), method="highs")
        if not result.success or result.fun is None:
            return None
        prices = sign * np.asarray(result.ineqlin.marginals)
        found.append((terms.on_reached + sign * float(result.fun), terms.unit(0) + prices @ gradients))
    (low, low_gradient), (high, high_gradient) = found
    return BoundPair(low=low, high=max(low, high), low_gradient=low_gradient, high_gradient=high_gradient)


def _conditions(
    terms: SubsetTerms, knowledge: SubsetKnowledge, sets: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return rows and limits of "at most" conditions, and how the limits move with the vector."""
    on, remainder = sets.T, terms.remainder_gradients()
    low, high = terms.accounts - terms.overlaps, terms.high_accounts - terms.overlaps
    parts = [
        (on, np.maximum(high, 0.0), remainder * (high > 0)[:, None]),
        (-on, -np.maximum(low, 0.0), -remainder * (low > 0)[:, None]),
    ]
    if terms.pairs:
        both = np.stack([sets[:, i] * sets[:, j] for i, j in terms.pairs])
        ends = np.array(list(knowledge.overlaps.values()), dtype=np.float64) - terms.pair_overlaps[:, None]
        inside, moved = ends > 0, terms.pair_gradients()
        parts += [
            (both, np.maximum(ends[:, 1], 0.0), moved * inside[:, 1:]),
            (-both, -np.maximum(ends[:, 0], 0.0), -moved * inside[:, :1]),
        ]
    if knowledge.share_multi_homing is not None:
        several = (sets.sum(axis=1) > 1).astype(np.float64)
        least, most = knowledge.share_multi_homing
        parts.append((np.stack([several - most, least - several]), np.zeros(2), np.zeros((2, terms.values.size))))
    rows, limits, gradients = (np.concatenate([part[i] for part in parts]) for i in range(3))
    return rows, limits, gradients


def _refuse(expected: str, got: str, argument: str) -> NoReturn:
    raise InvalidInput(
        "impossible knowledge",
        expected=expected,
        got=got,
        where=f"SubsetKnowledge.{argument}",
        fix="state what is known of persons on none of the platforms reached, low end first",
    )
