"""What an expert or a document says about a number: an interval at a level, with a source, as a distribution.

Intervals are centred on the median. A multiplicative factor is log-normal, a share is logit-normal (a log-normal share
could exceed 1), and a number that is at least 1 (devices per person, platforms per person) is 1 plus a log-normal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from microwork_estimate.errors import InvalidInput, check_choice, check_level
from microwork_estimate.estimate import FloatArray, frozen_floats

Distribution = Literal["lognormal", "share", "at_least_one", "uniform", "triangular", "pert", "empirical", "fixed"]

_SUPPORT: dict[str, tuple[float, float, str]] = {
    "lognormal": (0.0, np.inf, "0 < low < high"),
    "share": (0.0, 1.0, "0 < low < high < 1"),
    "at_least_one": (1.0, np.inf, "1 < low < high"),
}


def _shifted_log(x: ArrayLike) -> FloatArray:
    return np.asarray(np.log(np.asarray(x) - 1))


def _shifted_exp(x: ArrayLike) -> FloatArray:
    return np.asarray(1 + np.exp(x))


_TRANSFORM: dict[str, tuple[Callable[[ArrayLike], Any], Callable[[ArrayLike], Any]]] = {
    "lognormal": (np.log, np.exp),
    "share": (special.logit, special.expit),
    "at_least_one": (_shifted_log, _shifted_exp),
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Elicited:
    """An uncertain number as somebody stated it.

    Parameters
    ----------
    distribution : str
        ``"lognormal"``, ``"share"`` (logit-normal) and ``"at_least_one"`` (1 + log-normal) take `low` and `high` as the
        ends of a central interval at `level`; ``"uniform"``, ``"triangular"`` and ``"pert"`` take them as the smallest
        and largest possible values; ``"fixed"`` takes `low` alone; ``"empirical"`` takes `values`.
    low, high : float
    level : float
        Probability of the interval, 0.9 by default.
    mode : float or None
        Most likely value; needed by triangular and PERT.
    values : array of shape (v,) or None
        Equally likely values, for ``"empirical"``.
    source : str
        Who says so, or ``"assumed: <reason>"``. Mandatory.
    """

    distribution: Distribution
    source: str
    low: float = np.nan
    high: float = np.nan
    level: float = 0.9
    mode: float | None = None
    values: FloatArray | None = None

    def __post_init__(self) -> None:
        check_choice(self.distribution, get_args(Distribution), where="Elicited.distribution")
        check_level(self.level, where="Elicited.level")
        if not self.source.strip():
            self._refuse("a source", "none", "say who gives the interval, or 'assumed: <reason>'")
        if self.distribution == "empirical":
            self._check_empirical()
        elif self.distribution == "fixed":
            if not np.isfinite(self.low):
                self._refuse("a number in low", str(self.low), "give the fixed value as low")
        else:
            self._check_ends()

    def _check_empirical(self) -> None:
        if self.values is None:
            self._refuse("values", "none", "give the equally likely values")
        array = frozen_floats(self.values if self.values is not None else [], where="Elicited.values")
        if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
            self._refuse("finite values", f"{array!r:.60}", "give at least one number, none missing")
        object.__setattr__(self, "values", array)

    def _check_ends(self) -> None:
        floor, ceiling, rule = _SUPPORT.get(self.distribution, (-np.inf, np.inf, "low < high"))
        if not floor < self.low < self.high < ceiling:
            self._refuse(rule, f"low={self.low}, high={self.high}", "state an interval inside the possible values")
        if self.distribution in ("triangular", "pert") and (
            self.mode is None or not self.low <= self.mode <= self.high
        ):
            self._refuse("a mode between low and high", repr(self.mode), "give the most likely value as mode")

    def _refuse(self, expected: str, got: str, fix: str) -> None:
        raise InvalidInput(
            "impossible elicited interval", expected=expected, got=got, where=f"Elicited ({self.distribution})", fix=fix
        )

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """Return the value below which a share `probability` of the distribution lies; the shape is kept.

        Raises
        ------
        InvalidInput
            If a probability is missing, below 0 or above 1.
        """
        u = np.asarray(probability, dtype=np.float64)
        if not ((u >= 0) & (u <= 1)).all():
            self._refuse("probabilities from 0 to 1", f"{u!r:.60}", "ask for quantiles at shares, not at percentages")
        if self.distribution == "fixed":
            return np.full(u.shape, self.low)
        if self.distribution == "empirical":
            assert self.values is not None  # noqa: S101 - checked when made
            return np.asarray(np.quantile(self.values, u, method="inverted_cdf"), dtype=np.float64)
        if self.distribution in _SUPPORT:
            return self._normal_quantile(u)
        width = self.high - self.low
        if self.distribution == "uniform":
            return np.asarray(self.low + width * u)
        assert self.mode is not None  # noqa: S101 - checked when made
        peak = (self.mode - self.low) / width
        if self.distribution == "triangular":
            rising = np.sqrt(u * peak)
            falling = 1 - np.sqrt((1 - u) * (1 - peak))
            return np.asarray(self.low + width * np.where(u < peak, rising, falling))
        return np.asarray(self.low + width * special.betaincinv(1 + 4 * peak, 5 - 4 * peak, u))

    def _normal_quantile(self, u: FloatArray) -> FloatArray:
        forward, backward = _TRANSFORM[self.distribution]
        a, b = forward(self.low), forward(self.high)
        z = special.ndtri((1 + self.level) / 2)
        return np.asarray(backward((a + b) / 2 + (b - a) / (2 * z) * special.ndtri(u)))

    @property
    def median(self) -> float:
        """The value in the middle of the distribution."""
        return float(self.quantile(0.5))
