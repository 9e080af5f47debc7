"""The likelihood of histories of persons seen at least once, with covariates, on arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from microwork_estimate.capture_recapture.horvitz_thompson import Inclusion
from microwork_estimate.capture_recapture.newton import Evaluation, Maximum, maximise
from microwork_estimate.errors import NotConverged
from microwork_estimate.estimate import FloatArray

OccasionEffects = Literal["none", "intercepts", "all"]

INFINITE = 1e7
"""A person who stands for more persons than this is taken to stand for infinitely many."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HistoryData:
    """Histories of n persons over T occasions or lists.

    Parameters
    ----------
    presence : array of shape (n, T), zeros and ones
    columns : array of shape (n, p)
        Covariates, the same on all occasions.
    names : tuple of str, length p
    occasions : tuple of str, length T
    effects : str
        Which coefficients each occasion has of its own: ``"none"``, ``"intercepts"`` or ``"all"``.
    behaviour : bool
        Whether having been seen before changes the chance.
    weight : array of shape (n,)
    """

    presence: FloatArray
    columns: FloatArray
    names: tuple[str, ...]
    occasions: tuple[str, ...]
    effects: OccasionEffects
    behaviour: bool
    weight: FloatArray

    @property
    def intercept(self) -> int | None:
        """The column of ones, None without one."""
        ones = np.flatnonzero((self.columns == 1.0).all(axis=0))
        return int(ones[0]) if ones.size else None

    @property
    def coefficient_names(self) -> tuple[str, ...]:
        """Names of all coefficients, those of occasions first."""
        own = self._own()
        shared = tuple(name for place, name in enumerate(self.names) if place not in own)
        of_occasions = tuple(f"{self.names[place]}:{occasion}" for place in own for occasion in self.occasions)
        return (*of_occasions, *shared, *(("behaviour",) if self.behaviour else ()))

    def _own(self) -> tuple[int, ...]:
        """Columns with a coefficient for each occasion."""
        if self.effects == "all":
            return tuple(range(len(self.names)))
        return (self.intercept,) if self.effects == "intercepts" and self.intercept is not None else ()

    def at_occasion(self, occasion: int) -> FloatArray:
        """Return the design of one occasion for persons not seen before, shape (n, number of coefficients)."""
        own, n, t = self._own(), self.columns.shape[0], len(self.occasions)
        result = np.zeros((n, len(self.coefficient_names)))
        for block, place in enumerate(own):
            result[:, block * t + occasion] = self.columns[:, place]
        shared = [place for place in range(len(self.names)) if place not in own]
        start = len(own) * t
        result[:, start : start + len(shared)] = self.columns[:, shared]
        return result

    def before(self) -> FloatArray:
        """Return whether each person had been seen before each occasion, shape (n, T)."""
        return np.asarray((np.cumsum(self.presence, axis=1) - self.presence > 0.0).astype(np.float64))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HistoryFit:
    """A fitted model of histories.

    Parameters
    ----------
    maximum : Maximum
    inclusion : Inclusion
        For how many persons each person seen stands.
    """

    maximum: Maximum
    inclusion: Inclusion

    @property
    def runs_away(self) -> np.ndarray:
        """Which persons stand for infinitely many others, shape (n,)."""
        with np.errstate(invalid="ignore"):
            return ~(self.inclusion.stands_for < INFINITE)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Parts:
    """Likelihood and chance to be seen of each person, with derivatives by the coefficients."""

    value: FloatArray
    score: FloatArray
    information: FloatArray
    stands_for: FloatArray
    gradient: FloatArray


def fit_histories(data: HistoryData, *, start: FloatArray | None = None) -> HistoryFit:
    """Fit a logistic model of histories given that a person was seen, by maximum (pseudo-)likelihood.

    Procedure: with p_it the chance of person i on occasion t, 1 - pi_i = prod (1 - p_it) over occasions as for somebody
    not yet seen; the likelihood is the product of the Bernoulli chances over pi_i. Newton's method from equal chances.
    The information is minus the second derivatives; with behaviour, where these depend on the histories, it is their
    expectation given that a person was seen.

    Parameters
    ----------
    data : HistoryData
    start : array or None
        Coefficients to start from.

    Returns
    -------
    HistoryFit

    Raises
    ------
    NotConverged
        If no maximum is found though no person stands for infinitely many.

    References
    ----------
    Huggins 1989, Biometrika 76(1), 133-140. Alho 1990, Biometrics 46(3), 623-635.

    Examples
    --------
    >>> presence = np.array([[1.0, 1], [1, 0], [1, 0], [0, 1]])
    >>> data = HistoryData(presence=presence, columns=np.ones((4, 1)), names=("Intercept",), occasions=("a", "b"),
    ...                    effects="intercepts", behaviour=False, weight=np.ones(4))
    >>> fit = fit_histories(data)
    >>> round(fit.inclusion.size(), 6)
    6.0
    """
    designs = [data.at_occasion(t) for t in range(len(data.occasions))]
    before = data.before()

    total = float(data.weight.sum())

    def evaluate(coefficients: FloatArray) -> Evaluation:
        parts = _parts(data, designs, before, coefficients)
        value = float(data.weight @ parts.value) / total
        gradient = data.weight @ parts.score / total
        return (value if np.isfinite(value) else -np.inf), gradient, parts.information / total

    first = np.zeros(len(data.coefficient_names)) if start is None else start
    with np.errstate(all="ignore"):
        maximum = maximise(evaluate, first).times(total)
        parts = _parts(data, designs, before, maximum.coefficients)
        missed = (parts.stands_for - 1.0) * parts.stands_for
    inclusion = Inclusion(
        weight=data.weight,
        stands_for=parts.stands_for,
        gradient=parts.gradient,
        missed=missed,
        score=parts.score,
        information=_expected(data, designs, maximum) if data.behaviour else maximum.information,
    )
    fit = HistoryFit(maximum=maximum, inclusion=inclusion)
    if not maximum.converged and not fit.runs_away.any():
        raise NotConverged(
            "no maximum of the likelihood was found",
            expected=f"a next step too small to matter within {maximum.iterations} steps",
            got=f"a gradient of {float(np.abs(maximum.gradient).max()):.2g}",
            where="the logistic model of histories",
            fix="take fewer covariates, or covariates with fewer categories",
        )
    return fit


def _parts(data: HistoryData, designs: list[FloatArray], before: FloatArray, coefficients: FloatArray) -> _Parts:
    n, p = data.columns.shape[0], coefficients.size
    log_missed = -sum((np.logaddexp(0.0, design @ coefficients) for design in designs), np.zeros(n))
    seen = -np.expm1(log_missed)
    odds = np.exp(log_missed) / seen
    value = -np.log(seen)
    score, missed_slope, information = np.zeros((n, p)), np.zeros((n, p)), np.zeros((p, p))
    for t, fresh in enumerate(designs):
        design = fresh
        if data.behaviour:
            design = fresh.copy()
            design[:, -1] = before[:, t]
        linear, chance_fresh = design @ coefficients, expit(fresh @ coefficients)
        chance = expit(linear)
        value += data.presence[:, t] * linear - np.logaddexp(0.0, linear)
        score += (data.presence[:, t] - chance)[:, None] * design
        missed_slope -= chance_fresh[:, None] * fresh
        information += design.T @ ((data.weight * chance * (1.0 - chance))[:, None] * design)
        information += fresh.T @ ((data.weight * odds * chance_fresh * (1.0 - chance_fresh))[:, None] * fresh)
    # ln pi has the slope -odds times that of ln(1 - pi).
    score += odds[:, None] * missed_slope
    information -= missed_slope.T @ ((data.weight * odds / seen)[:, None] * missed_slope)
    return _Parts(
        value=value,
        score=score,
        information=information,
        stands_for=1.0 / seen,
        gradient=(odds / seen)[:, None] * missed_slope,
    )


def _expected(data: HistoryData, designs: list[FloatArray], maximum: Maximum) -> FloatArray:
    """Return the expected information when a sighting changes the chance of the next ones.

    It differs from minus the second derivatives in one thing: whether a person had been seen before an occasion is
    replaced by the chance of that.
    """
    coefficients = maximum.coefficients
    fresh = np.column_stack([expit(design @ coefficients) for design in designs])
    not_yet = np.cumprod(np.column_stack([np.ones(fresh.shape[0]), 1.0 - fresh]), axis=1)
    seen = 1.0 - not_yet[:, -1:]
    # Not seen before occasion t, but on it or later, given seen at all.
    waiting = (not_yet[:, :-1] - not_yet[:, -1:]) / seen
    result = maximum.information.copy()
    before = data.before()
    for t, design in enumerate(designs):
        again = design.copy()
        again[:, -1] = 1.0
        chance = expit(again @ coefficients)
        shift = data.weight * (before[:, t] - (1.0 - waiting[:, t]))
        result -= again.T @ ((shift * chance * (1.0 - chance))[:, None] * again)
        result += design.T @ ((shift * fresh[:, t] * (1.0 - fresh[:, t]))[:, None] * design)
    return result
