"""What stands between an overlap that was counted and the population: list eligibility, links, turnover, dependence.

The chain, from the share p of the second source that was found on the list of R entries to the population N:

1. links: a person on the list is missed at rate mu, one who is not is linked falsely at rate nu, so that the share found
   is p = P (1 - mu) + (1 - P) nu and the true one P = (p - nu) / (1 - mu - nu);
2. eligibility: a share e of the entries is out of scope, R (1 - e) persons remain;
3. turnover: after a lag g of a population with half-life h, a share s = 2^(-g/h) of them is still there, so that
   P = R (1 - e) s / N at the later of the two times;
4. dependence: with an odds ratio t between the sources, the part on neither is t times what independence says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import UNSPECIFIED, FloatArray
from microwork_estimate.inputs import Elicited

Factor = float | Elicited

OPEN_LAG = 0.1
"""Beyond this share of a half-life, the lag between two sources inflates a closed estimate by more than 7 %."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turnover:
    """How far apart two sources are, and how fast the population changes.

    Parameters
    ----------
    lag : float
        Time from the middle of one source's window to that of the other's, zero or more.
    half_life : float or Elicited
        Time until half of those present have left, in the unit of `lag`, more than 0.
    unit : str
        The unit of both, in words.

    Raises
    ------
    InvalidInput
        If the lag is negative or the half-life may be 0 or less.

    Examples
    --------
    >>> round(Turnover(lag=6, half_life=7, unit="months").inflation, 2)
    1.81
    """

    lag: float
    half_life: Factor
    unit: str = UNSPECIFIED

    def __post_init__(self) -> None:
        if not 0 <= self.lag < math.inf:
            raise InvalidInput(
                "impossible lag",
                expected="zero or more",
                got=repr(self.lag),
                where="Turnover.lag",
                fix="give the time between the two sources without sign; the estimate is of the later one",
            )
        check_factor(self.half_life, "Turnover.half_life", low=0.0, high=math.inf)

    @property
    def inflation(self) -> float:
        """By what factor a closed estimate is too large, at the median of the half-life: 2^(lag/half-life)."""
        return float(2.0 ** (self.lag / middle(self.half_life)))

    def warnings(self) -> tuple[CodedWarning, ...]:
        """Return ``open-population`` if the lag is more than a tenth of the half-life."""
        half_life = middle(self.half_life)
        if self.lag <= OPEN_LAG * half_life:
            return ()
        message = (
            f"the sources are {self.lag:g} apart and half of the persons leave in {half_life:g}: taken for closed, the "
            f"population would come out {self.inflation:.3g} times too large; what is said rests on that half-life"
        )
        return (CodedWarning(code="open-population", message=message),)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecaptureAdjustments:
    """Corrections of an overlap. Each is a number, or an :class:`~microwork_estimate.inputs.Elicited` interval.

    Parameters
    ----------
    out_of_scope : float or Elicited
        Share of the (first) list that is out of scope: dormant, bots, duplicates, abroad. From 0 to less than 1.
    missed_links : float or Elicited
        Share of persons of the second source who are on the list but were not found there.
    false_links : float or Elicited
        Share of persons of the second source who are not on the list but were found there.
    turnover : Turnover or None
        Time between the two sources; None for one time.
    odds_ratio : float or Elicited
        Odds ratio between the sources, more than 0; 1 is independence.

    Raises
    ------
    InvalidInput
        If a factor may take an impossible value, or links are wrong so often that they say nothing.

    Examples
    --------
    >>> half_dormant = Elicited(distribution="share", low=0.4, high=0.6, source="assumed: example")
    >>> RecaptureAdjustments(out_of_scope=half_dormant, missed_links=0.05).uncertain()["out_of_scope"].median
    0.5
    """

    out_of_scope: Factor = 0.0
    missed_links: Factor = 0.0
    false_links: Factor = 0.0
    turnover: Turnover | None = None
    odds_ratio: Factor = 1.0

    def __post_init__(self) -> None:
        for name in ("out_of_scope", "missed_links", "false_links"):
            check_factor(getattr(self, name), f"RecaptureAdjustments.{name}", low=0.0, high=1.0, closed_low=True)
        check_factor(self.odds_ratio, "RecaptureAdjustments.odds_ratio", low=0.0, high=math.inf)
        worst = sum(ends(factor, 0.998)[1] for factor in (self.missed_links, self.false_links))
        if worst >= 1:
            raise InvalidInput(
                "links that say nothing",
                expected="missed_links and false_links that stay below 1 together",
                got=f"up to {worst:.3g}",
                where="RecaptureAdjustments",
                fix="with so many wrong links a link is no evidence; improve the linkage first",
            )

    def factors(self) -> dict[str, Factor]:
        """Return all five factors by the names of a :class:`RecapturePoint`."""
        return {
            "out_of_scope": self.out_of_scope,
            "missed_links": self.missed_links,
            "false_links": self.false_links,
            "half_life": math.inf if self.turnover is None else self.turnover.half_life,
            "odds_ratio": self.odds_ratio,
        }

    def uncertain(self) -> dict[str, Elicited]:
        """Return the factors that are given as intervals."""
        return {name: factor for name, factor in self.factors().items() if isinstance(factor, Elicited)}

    @property
    def lag(self) -> float:
        """Time between the sources, 0 without turnover."""
        return 0.0 if self.turnover is None else self.turnover.lag


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RecapturePoint:
    """All that a corrected recapture estimate is made of, as numbers or arrays that fit together.

    Parameters
    ----------
    share : float or array
        Share of the second source found on the list.
    list_size : float or array
        Entries of the list.
    out_of_scope, missed_links, false_links, half_life, odds_ratio : float or array
        As in :class:`RecaptureAdjustments`; an infinite half-life is no turnover.
    lag : float
        Time between the sources, in the unit of the half-life.
    second_list, both : float
        Persons counted in the second source, and those of them found on the list; 0 for a survey, which is small beside
        the population.

    Examples
    --------
    >>> float(RecapturePoint(share=0.15, list_size=200.0).size())
    1333.3333333333335
    >>> float(RecapturePoint(share=0.15, list_size=200.0, out_of_scope=0.5, lag=7.0, half_life=7.0).size())
    333.33333333333337
    """

    share: Any
    list_size: Any
    out_of_scope: Any = 0.0
    missed_links: Any = 0.0
    false_links: Any = 0.0
    half_life: Any = math.inf
    odds_ratio: Any = 1.0
    lag: float = 0.0
    second_list: float = 0.0
    both: float = 0.0

    def true_share(self) -> FloatArray:
        """Return the share on the list after the correction for links, cut to lie between 0 and 1."""
        return np.clip(self.uncut_share(), 0.0, 1.0)

    def uncut_share(self) -> FloatArray:
        """Return (p - nu) / (1 - mu - nu), which chance may put below 0 or above 1."""
        return self._unlinked(self.share)

    def _unlinked(self, found: Any) -> FloatArray:
        share, missed, false = (np.asarray(x, dtype=np.float64) for x in (found, self.missed_links, self.false_links))
        return np.asarray((share - false) / (1.0 - missed - false))

    def remaining(self) -> FloatArray:
        """Return R (1 - e) s: persons of the list who are in scope and still there at the later time."""
        size, outside, half_life = (
            np.asarray(x, dtype=np.float64) for x in (self.list_size, self.out_of_scope, self.half_life)
        )
        return np.asarray(size * (1.0 - outside) * 2.0 ** (-self.lag / half_life))

    def size(self) -> FloatArray:
        """Return the population: those on the list or in the second source, plus t times the unseen of independence.

        Procedure: with P the true share and A the remaining list, independence says A / P persons; A and those counted
        in the second source alone are seen, and the rest is multiplied by the odds ratio. Without any true overlap it
        is infinite.
        """
        share, remaining = self.true_share(), self.remaining()
        seen = remaining + self.second_list - self.linked()
        with np.errstate(divide="ignore"):
            unseen = np.where(share > 0, remaining / np.where(share > 0, share, 1.0), np.inf) - seen
        return np.asarray(seen + np.asarray(self.odds_ratio) * np.maximum(unseen, 0.0))

    def linked(self) -> FloatArray:
        """Return the persons of the second source who truly are on the list, as far as they were counted."""
        if self.second_list == 0:
            return np.zeros(())
        return np.asarray(self.second_list * np.clip(self._unlinked(self.both / self.second_list), 0.0, 1.0))

    def slope(self) -> FloatArray:
        """Return the derivative of the population with respect to the share found."""
        share, remaining = self.true_share(), self.remaining()
        ratio, missed, false = (
            np.asarray(x, dtype=np.float64) for x in (self.odds_ratio, self.missed_links, self.false_links)
        )
        with np.errstate(divide="ignore"):
            return np.asarray(-ratio * remaining / share**2 / (1.0 - missed - false))


def middle(factor: Factor) -> float:
    """Return a number, or the median of an elicited interval."""
    return factor.median if isinstance(factor, Elicited) else float(factor)


def ends(factor: Factor, level: float) -> tuple[float, float]:
    """Return the ends of the central interval of a factor; twice the number if it is one."""
    if not isinstance(factor, Elicited):
        return float(factor), float(factor)
    low, high = factor.quantile([(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def check_factor(factor: Factor, where: str, *, low: float, high: float, closed_low: bool = False) -> None:
    """Require that a factor stays between two limits, the lower one included on request.

    Raises
    ------
    InvalidInput
        If it is no number, or may lie outside.
    """
    smallest, largest = ends(factor, 0.998) if isinstance(factor, Elicited) else (float(factor), float(factor))
    inside = (smallest >= low if closed_low else smallest > low) and largest < high
    if not inside:
        rule = f"{'at least' if closed_low else 'more than'} {low:g}" + (f" and less than {high:g}" * (high < math.inf))
        raise InvalidInput(
            "impossible factor",
            expected=rule,
            got=f"{smallest:g}" if smallest == largest else f"{smallest:g} to {largest:g}",
            where=where,
            fix='give shares as shares, and intervals with a distribution that fits ("share", "lognormal")',
        )


def point_of(
    adjustments: RecaptureAdjustments, *, share: float, list_size: float, second_list: float = 0.0, both: float = 0.0
) -> RecapturePoint:
    """Return the point at which every factor is at its middle."""
    values = {name: middle(factor) for name, factor in adjustments.factors().items()}
    known = {field.name for field in fields(RecapturePoint)}
    assert set(values) <= known  # noqa: S101 - the names are those of the point
    return RecapturePoint(
        share=share, list_size=list_size, second_list=second_list, both=both, lag=adjustments.lag, **values
    )
