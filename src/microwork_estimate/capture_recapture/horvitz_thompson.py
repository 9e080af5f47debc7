"""The size as a sum over persons seen, each standing for one over the chance to be seen, and its variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microwork_estimate.capture_recapture.newton import inverse
from microwork_estimate.estimate import FloatArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Inclusion:
    """For how many persons each person seen stands, with all that a variance needs.

    Parameters
    ----------
    weight : array of shape (n,)
        How many persons seen each person at hand stands for; 1 without a sample.
    stands_for : array of shape (n,)
        Number of persons, seen or not, for whom each person seen stands.
    gradient : array of shape (n, p)
        Its derivatives by the coefficients.
    missed : array of shape (n,)
        Variance that the chance of being seen at all puts into the size, per person seen.
    score : array of shape (n, p)
        Derivatives of the logarithm of each person's likelihood, without weights.
    information : array of shape (p, p)
        Minus the second derivatives of the weighted log likelihood.
    """

    weight: FloatArray
    stands_for: FloatArray
    gradient: FloatArray
    missed: FloatArray
    score: FloatArray
    information: FloatArray

    def size(self, inside: FloatArray | None = None) -> float:
        """Return the estimated number of persons, of a domain if `inside`, shape (n,), is 1 there and 0 elsewhere."""
        return float(self._weight(inside) @ self.stands_for)

    def model_variance(self, inside: FloatArray | None = None) -> float:
        """Return the variance when all persons seen are at hand.

        Two parts: which persons were seen, and the coefficients by the delta method.
        """
        slope = self._weight(inside) @ self.gradient
        return self.missed_variance(inside) + float(slope @ inverse(self.information) @ slope)

    def missed_variance(self, inside: FloatArray | None = None) -> float:
        """Return the part of the variance that comes from who was seen."""
        return float(self._weight(inside) @ self.missed)

    def coefficient_variance(self, inside: FloatArray | None = None) -> float:
        """Return the part that the coefficients would have if all persons seen were at hand, robust to the law."""
        pull = self.pull(inside)
        return float(self.weight @ pull**2)

    def pull(self, inside: FloatArray | None = None) -> FloatArray:
        """Return how far each person draws the size through the coefficients, shape (n,), per unit of weight."""
        slope = self._weight(inside) @ self.gradient
        return self.score @ (inverse(self.information) @ slope)

    def design_scores(self, inside: FloatArray | None = None) -> FloatArray:
        """Return weight times linearised size of each person, shape (n,): their sum varies as the size does."""
        return self._weight(inside) * self.stands_for + self.weight * self.pull(inside)

    def _weight(self, inside: FloatArray | None) -> FloatArray:
        return self.weight if inside is None else np.asarray(self.weight * inside)
