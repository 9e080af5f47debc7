"""Redraws of margins that were themselves estimated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs import Margins


@dataclass(frozen=True, kw_only=True, slots=True)
class MarginDraws:
    """Totals of margins drawn anew from their standard errors. Redrawn data: array of shape (B, p), or :class:`Margins`.

    Totals without a standard error stay as they are; the margins of a draw still give one number of persons.

    References
    ----------
    Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, section 9.5, on totals from another survey; the
    conditional normal draw is in :meth:`microwork_estimate.inputs.Margins.draw`.

    Examples
    --------
    >>> margins = Margins.from_totals(
    ...     {"sex": {"f": 60.0, "m": 40.0}}, source="made up", standard_errors={"sex": {"f": 3.0, "m": 3.0}}
    ... )
    >>> MarginDraws().draw(margins, np.random.default_rng(1), 5).shape
    (5, 2)
    """

    def draw(self, data: Margins, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw `size` sets of totals, shape (size, p)."""
        return data.draw(generator, size)

    def one(self, data: Margins, batch: FloatArray, index: int) -> Margins:
        """Return the margins with the totals of one replicate."""
        return data.with_totals(batch[index])
