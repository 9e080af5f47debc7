"""Distances of calibration: how a weight may move, and within which bounds.

A calibrated weight is w = d F(q u): base weight d, scale q (1 unless said otherwise), u the linear combination of the
auxiliary variables that makes the totals right. Each distance has its F and the slope of F.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType
from typing import Literal, get_args

import numpy as np

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray
from microwork_estimate.weighting.kinds import require

Method = Literal["raking", "linear", "logit", "truncated_linear", "sinh"]
Limit = float | FloatArray
Function = Callable[[FloatArray, Limit, Limit], FloatArray]


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightBounds:
    """Bounds of calibration, which say what they bound.

    Parameters
    ----------
    low, high : float
        The ends.
    on : str
        ``"ratio"``: calibrated weight over base weight, so that 1 must lie between the ends. ``"weight"``: the
        calibrated weight itself.

    Examples
    --------
    >>> WeightBounds(low=0.5, high=2.5)
    WeightBounds(low=0.5, high=2.5, on='ratio')
    """

    low: float
    high: float
    on: Literal["ratio", "weight"] = "ratio"

    def __post_init__(self) -> None:
        check_choice(self.on, ("ratio", "weight"), where="WeightBounds.on")
        if not 0 <= self.low < self.high:
            raise InvalidInput(
                "bounds out of order",
                expected="0 <= low < high",
                got=f"low={self.low}, high={self.high}",
                where="WeightBounds",
                fix="give the smallest and the largest value allowed",
            )
        if self.on == "ratio" and not self.low < 1 < self.high:
            raise InvalidInput(
                "bounds that exclude 1",
                expected="low < 1 < high, as the bounds are on calibrated weight over base weight",
                got=f"low={self.low}, high={self.high}",
                where="WeightBounds",
                fix="use on='weight' to bound the weights themselves",
            )

    def ratios(self, base: FloatArray) -> tuple[Limit, Limit]:
        """Return the bounds of calibrated over base weight, for base weights of shape (n,)."""
        if self.on == "ratio":
            return self.low, self.high
        return self.low / base, self.high / base


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Distance:
    """One distance: F and its slope, as functions of u and the bounds of the ratio.

    Parameters
    ----------
    name : str
    factor, slope : callable
        F and F' of (u, low, high), element by element.
    """

    name: Method
    factor: Function
    slope: Function


def check_bounds(method: str, bounds: WeightBounds | None, base: FloatArray) -> tuple[Limit, Limit]:
    """Return the bounds of the ratio for a method; an option that a method does not use is an error.

    Parameters
    ----------
    method : str
    bounds : WeightBounds or None
    base : array of shape (n,)
        Base weights.

    Returns
    -------
    tuple of float or array of shape (n,)
        (0, infinity) for raking, (-infinity, infinity) for the linear distance.

    Raises
    ------
    InvalidInput
        If the method is unknown, needs bounds that are not given, takes none, or bounds exclude the ratio 1 where the
        method is centred on it.
    """
    check_choice(method, get_args(Method), where="method")
    require(bounds, (WeightBounds, NoneType), where="bounds", fix="write WeightBounds(low=..., high=...)")
    if (bounds is None) != (method in ("raking", "linear")) and method != "sinh":
        raise InvalidInput(
            "bounds missing" if bounds is None else "bounds not used",
            expected=f"{'bounds' if bounds is None else 'no bounds'} with method {method!r}",
            got=repr(bounds),
            where="bounds",
            fix="'logit', 'truncated_linear' and 'sinh' keep weights within bounds, 'raking' and 'linear' do not",
        )
    if bounds is None:
        return (-np.inf if method == "linear" else 0.0), np.inf
    low, high = bounds.ratios(base)
    inside = np.all(np.less(low, 1)) and np.all(np.greater(high, 1)) and np.all(np.isfinite(high))
    if method == "logit" and not inside:
        raise InvalidInput(
            "bounds that exclude 1",
            expected="finite bounds with every base weight between them, as the logit distance starts there",
            got=f"base weights from {base.min():g} to {base.max():g}, bounds {bounds}",
            where="bounds",
            fix="widen the bounds, or use method='truncated_linear'",
        )
    return low, high


def _linear(u: FloatArray, low: Limit, high: Limit) -> FloatArray:  # noqa: ARG001 - one signature for all distances
    return 1 + u


def _linear_slope(u: FloatArray, low: Limit, high: Limit) -> FloatArray:  # noqa: ARG001
    return np.ones_like(u)


def _exponential(u: FloatArray, low: Limit, high: Limit) -> FloatArray:  # noqa: ARG001
    return np.exp(u)


def _logistic_share(u: FloatArray, low: Limit, high: Limit) -> FloatArray:
    """How far between the bounds: 0 at the lower, 1 at the upper."""
    rate = (high - low) / ((1 - low) * (high - 1))
    return 1 / (1 + (high - 1) / (1 - low) * np.exp(-np.clip(rate * u, -700, 700)))


def _logit(u: FloatArray, low: Limit, high: Limit) -> FloatArray:
    return low + (high - low) * _logistic_share(u, low, high)


def _logit_slope(u: FloatArray, low: Limit, high: Limit) -> FloatArray:
    share = _logistic_share(u, low, high)
    return (high - low) ** 2 / ((1 - low) * (high - 1)) * share * (1 - share)


def _truncated(u: FloatArray, low: Limit, high: Limit) -> FloatArray:
    return np.clip(1 + u, low, high)


def _truncated_slope(u: FloatArray, low: Limit, high: Limit) -> FloatArray:
    return ((1 + u > low) & (1 + u < high)).astype(float)


def _sinh(u: FloatArray, low: Limit, high: Limit) -> FloatArray:
    half = np.arcsinh(2 * u) / 2
    return np.clip(half + np.hypot(half, 1), low, high)


def _sinh_slope(u: FloatArray, low: Limit, high: Limit) -> FloatArray:
    half = np.arcsinh(2 * u) / 2
    grown = half + np.hypot(half, 1)
    inside = (grown > low) & (grown < high)
    return inside * grown / np.hypot(half, 1) / np.hypot(2 * u, 1)


DISTANCES: dict[Method, Distance] = {
    "linear": Distance(name="linear", factor=_linear, slope=_linear_slope),
    "raking": Distance(name="raking", factor=_exponential, slope=_exponential),
    "logit": Distance(name="logit", factor=_logit, slope=_logit_slope),
    "truncated_linear": Distance(name="truncated_linear", factor=_truncated, slope=_truncated_slope),
    "sinh": Distance(name="sinh", factor=_sinh, slope=_sinh_slope),
}
