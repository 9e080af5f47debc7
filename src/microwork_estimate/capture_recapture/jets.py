"""Numbers that carry their first and second derivatives, so that no law of sightings needs derivatives by hand.

A :class:`Jet` holds one number for each person with its derivatives by q predictors (the logarithm of a rate, of a
dispersion, the logit of a share). Sums, products and functions of jets follow the rules of the calculus to second order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from microwork_estimate.estimate import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Jet:
    """One number for each of n persons with its derivatives by q predictors.

    Parameters
    ----------
    value : array of shape (n,)
    first : array of shape (n, q)
    second : array of shape (n, q, q)

    Examples
    --------
    >>> x = Jet.variable(np.array([2.0]), 0, 1)
    >>> cube = x * x * x
    >>> cube.value.tolist(), cube.first.tolist(), cube.second.tolist()
    ([8.0], [[12.0]], [[[12.0]]])
    """

    value: FloatArray
    first: FloatArray
    second: FloatArray

    @classmethod
    def variable(cls, value: FloatArray, place: int, q: int) -> Jet:
        """Return the predictor number `place` of `q` itself."""
        first = np.zeros((value.size, q))
        first[:, place] = 1.0
        return cls(value, first, np.zeros((value.size, q, q)))

    def constant(self, value: FloatArray) -> Jet:
        """Return numbers that do not depend on the predictors, in the shape of this jet."""
        return Jet(value, np.zeros_like(self.first), np.zeros_like(self.second))

    def through(self, value: FloatArray, slope: FloatArray, bend: FloatArray) -> Jet:
        """Return f(x) from f, f' and f'' at x, each of shape (n,)."""
        outer = self.first[:, :, None] * self.first[:, None, :]
        return Jet(value, slope[:, None] * self.first, slope[:, None, None] * self.second + bend[:, None, None] * outer)

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.value + other.value, self.first + other.first, self.second + other.second)

    def __sub__(self, other: Jet) -> Jet:
        return self + other.times(-1.0)

    def __mul__(self, other: Jet) -> Jet:
        cross = self.first[:, :, None] * other.first[:, None, :]
        second = self.value[:, None, None] * other.second + other.value[:, None, None] * self.second
        return Jet(
            self.value * other.value,
            self.value[:, None] * other.first + other.value[:, None] * self.first,
            second + cross + cross.transpose(0, 2, 1),
        )

    def times(self, factor: FloatArray | float) -> Jet:
        """Multiply by a number, or by one number for each person."""
        scale = np.broadcast_to(np.asarray(factor, dtype=np.float64), self.value.shape)
        return Jet(scale * self.value, scale[:, None] * self.first, scale[:, None, None] * self.second)

    def exp(self) -> Jet:
        """Return e^x."""
        value = np.exp(self.value)
        return self.through(value, value, value)

    def log(self) -> Jet:
        """Return ln x."""
        inverse = 1.0 / self.value
        return self.through(np.log(self.value), inverse, -(inverse**2))

    def softplus(self) -> Jet:
        """Return ln(1 + e^x), without overflow."""
        share = expit(self.value)
        return self.through(np.logaddexp(0.0, self.value), share, share * expit(-self.value))

    def log_complement(self) -> Jet:
        """Return ln(1 - e^x) for x below 0, without cancellation."""
        gap = np.expm1(-self.value)
        value = np.where(self.value > -0.5, np.log(-np.expm1(self.value)), np.log1p(-np.exp(self.value)))
        return self.through(value, -1.0 / gap, -(1.0 + 1.0 / gap) / gap)
