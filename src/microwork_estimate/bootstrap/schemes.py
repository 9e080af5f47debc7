"""Schemes: how one source of data is redrawn. One frozen object each, with the options that concern it.

A scheme draws a whole block of replicates at once (``draw``), and gives the redrawn data of one of them in the form
that a recipe takes (``one``). Sources are put together by :class:`Joint`, each on a stream named after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

import numpy as np

from microwork_estimate.capture_recapture.waring import draw_unseen
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs import CaptureHistories, Elicited, PlatformRegistrations


@runtime_checkable
class Scheme(Protocol):
    """What :func:`~microwork_estimate.bootstrap.replicate` needs of a scheme."""

    def draw(self, data: Any, generator: np.random.Generator, size: int) -> Any:
        """Redraw `size` times at once; arrays have the replicate as their first axis."""
        ...

    def one(self, data: Any, batch: Any, index: int) -> Any:
        """Return the redrawn data of one replicate, as a recipe takes it."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class WaringHalf:
    """Population sizes of two independent lists, by the generalised Waring law with half a person added to each cell.

    Not a bootstrap of an estimator but exact draws of the number of unseen persons; it works without any overlap.
    Redrawn data: a population size, array of shape (B,).

    References
    ----------
    Rivest & Yauck (2023), arXiv 2307.11705.
    """

    def draw(self, data: CaptureHistories, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw `size` population sizes, shape (size,)."""
        both, first, second = data.two_list_cells()
        return data.n_observed + draw_unseen(both, first, second, size, generator)

    def one(self, data: CaptureHistories, batch: FloatArray, index: int) -> float:
        """Return one population size."""
        return float(batch[index])


@dataclass(frozen=True, kw_only=True, slots=True)
class ElicitedDraws:
    """Values of an :class:`~microwork_estimate.inputs.Elicited` number. Redrawn data: array of shape (B,)."""

    def draw(self, data: Elicited, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw `size` values, shape (size,)."""
        return data.quantile(generator.random(size))

    def one(self, data: Elicited, batch: FloatArray, index: int) -> float:
        """Return one value."""
        return float(batch[index])


@dataclass(frozen=True, kw_only=True, slots=True)
class UniformDraws:
    """Uniform numbers for a recipe that turns them into draws itself. Data: their number d. Redrawn: shape (B, d)."""

    def draw(self, data: int, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw uniform numbers, shape (size, d)."""
        return generator.random((size, data))

    def one(self, data: int, batch: FloatArray, index: int) -> FloatArray:
        """Return the d numbers of one replicate."""
        return np.asarray(batch[index])


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundedAccounts:
    """Declared accounts that were rounded: uniform on the rounding cell around the declared figure.

    Parameters
    ----------
    half_width : float
        Half the width of the rounding cell, in accounts ("50,000" rounded to thousands: 500).
    """

    half_width: float

    def __post_init__(self) -> None:
        if not 0 <= self.half_width < np.inf:
            raise InvalidInput(
                "impossible rounding",
                expected="a finite number of accounts, zero or more",
                got=repr(self.half_width),
                where="RoundedAccounts.half_width",
                fix="give half the width of the rounding cell",
            )

    def draw(self, data: PlatformRegistrations, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw accounts, shape (size, p); never below zero."""
        shift = generator.uniform(-self.half_width, self.half_width, (size, data.accounts.size))
        return np.maximum(data.accounts + shift, 0.0)

    def one(self, data: PlatformRegistrations, batch: FloatArray, index: int) -> PlatformRegistrations:
        """Return registrations with redrawn accounts."""
        return replace(data, accounts=batch[index])


@dataclass(frozen=True, kw_only=True, slots=True)
class MultinomialCounts:
    """Independent answers in c categories: the same number of answers, drawn anew with the observed shares.

    Data: counts of shape (c,). Redrawn: counts of shape (B, c).
    """

    def draw(self, data: FloatArray, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw counts, shape (size, c)."""
        counts = np.asarray(data, dtype=np.float64)
        total = counts.sum()
        return generator.multinomial(round(float(total)), counts / total, size=size).astype(np.float64)

    def one(self, data: FloatArray, batch: FloatArray, index: int) -> FloatArray:
        """Return the counts of one replicate."""
        return np.asarray(batch[index])


@dataclass(frozen=True, kw_only=True, slots=True)
class Joint:
    """Several sources redrawn together, each on the stream that bears its name.

    Parameters
    ----------
    schemes : mapping of str to Scheme
        One scheme for each component of the data. Adding a component leaves the draws of the others as they are.
    """

    schemes: Mapping[str, Scheme] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.schemes:
            raise InvalidInput(
                "nothing to redraw",
                expected="at least one component with its scheme",
                got="none",
                where="Joint.schemes",
                fix="name the sources of data and how each is redrawn",
            )
        object.__setattr__(self, "schemes", MappingProxyType(dict(self.schemes)))
