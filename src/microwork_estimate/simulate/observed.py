"""What an instrument of the simulator returns: data as an estimator would get them, and the truth that it would not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from microwork_estimate.estimate import FrozenMapping, IntArray

Data = TypeVar("Data")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Observed(Generic[Data]):
    """Simulated data, and what is true.

    Parameters
    ----------
    data : a noun of :mod:`microwork_estimate.inputs`
        What an estimator gets.
    truth : mapping of str to number
        Every true number about the declaring platforms of the world, and about what the instrument did.
    persons : array of shape (n,) or None
        Which persons of the world the rows of the data are, where they are persons. For checking, never for estimating.

    Examples
    --------
    >>> Observed(data="what is seen", truth=FrozenMapping({"registered": 3})).truth["registered"]
    3
    """

    data: Data
    truth: FrozenMapping
    persons: IntArray | None = None
