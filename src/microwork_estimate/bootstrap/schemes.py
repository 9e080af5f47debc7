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

from microwork_estimate.capture_recapture.model_space import Generators, LogLinearModel
from microwork_estimate.capture_recapture.reselection import fitted_table
from microwork_estimate.capture_recapture.waring import draw_unseen
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, frozen_floats
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


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RoundedAccounts:
    """Declared accounts that were rounded: uniform on the rounding cell around the declared figure.

    Parameters
    ----------
    half_width : float, or array of shape (p,)
        Half the width of the rounding cell, in accounts ("50,000" rounded to thousands: 500); one for all platforms, or
        one for each.

    Examples
    --------
    >>> declared = PlatformRegistrations(platforms=("a", "b"), accounts=[50_000, 1_230], source="example")
    >>> drawn = RoundedAccounts(half_width=[500, 5]).draw(declared, np.random.default_rng(1), 100)
    >>> bool(abs(drawn - declared.accounts).max(axis=0)[1] <= 5)
    True
    """

    half_width: float | FloatArray

    def __post_init__(self) -> None:
        _check_rounding(self.half_width, where="RoundedAccounts.half_width")

    def draw(self, data: PlatformRegistrations, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw accounts, shape (size, p); never below zero."""
        half = np.asarray(self.half_width, dtype=np.float64)
        shift = generator.uniform(-half, half, (size, data.accounts.size))
        return np.maximum(data.accounts + shift, 0.0)

    def one(self, data: PlatformRegistrations, batch: FloatArray, index: int) -> PlatformRegistrations:
        """Return registrations with redrawn accounts."""
        return replace(data, accounts=batch[index])


@dataclass(frozen=True, kw_only=True, slots=True)
class ParametricCounts:
    """Counts of events that come one by one, perhaps in clusters, and were perhaps rounded before they were published.

    Procedure: the true count is anywhere in the rounding cell of the published one; around it, counts are Poisson, or
    with a `dispersion` above 1 negative binomial with variance `dispersion` times the mean. Data: counts of shape (c,).
    Redrawn: counts of shape (B, c).

    Parameters
    ----------
    dispersion : float
        Variance over mean, at least 1: events that come in twos have 2.
    half_width : float
        Half the width of the rounding cell, in the unit of the counts; 0 for counts that were not rounded.

    References
    ----------
    Davison & Hinkley (1997), *Bootstrap Methods and their Application*, section 2.2, on parametric simulation. McCullagh
    & Nelder (1989), *Generalized Linear Models*, section 6.2.3, on the gamma mixture behind the dispersion.

    Examples
    --------
    >>> ParametricCounts().draw(np.array([0.0, 9.0]), np.random.default_rng(1), 3)[:, 0].tolist()
    [0.0, 0.0, 0.0]
    """

    dispersion: float = 1.0
    half_width: float = 0.0

    def __post_init__(self) -> None:
        _check_rounding(self.half_width, where="ParametricCounts.half_width")
        if not 1.0 <= self.dispersion < np.inf:
            raise InvalidInput(
                "impossible dispersion",
                expected="a number of at least 1",
                got=repr(self.dispersion),
                where="ParametricCounts.dispersion",
                fix="1 for events that come one by one",
            )

    def draw(self, data: FloatArray, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw counts, shape (size, c).

        Raises
        ------
        InvalidInput
            If a count is negative or missing.
        """
        counts = _checked_counts(data, where="ParametricCounts")
        means = np.broadcast_to(counts, (size, counts.size))
        if self.half_width:
            means = np.maximum(means + generator.uniform(-self.half_width, self.half_width, means.shape), 0.0)
        if self.dispersion > 1.0:
            extra = self.dispersion - 1.0
            means = generator.standard_gamma(means / extra) * extra
        return generator.poisson(means).astype(np.float64)

    def one(self, data: FloatArray, batch: FloatArray, index: int) -> FloatArray:
        """Return the counts of one replicate."""
        return np.asarray(batch[index])


@dataclass(frozen=True, kw_only=True, slots=True)
class MultinomialCounts:
    """Independent answers in c categories: the same number of answers, drawn anew with the observed shares.

    Data: counts of shape (c,), such as the expected counts of :func:`~microwork_estimate.capture_recapture.fitted_table`,
    those on no list included. Redrawn: counts of shape (B, c).

    Examples
    --------
    >>> MultinomialCounts().draw(np.array([3.0, 7.0]), np.random.default_rng(1), 4).sum(axis=1).tolist()
    [10.0, 10.0, 10.0, 10.0]
    """

    def draw(self, data: FloatArray, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw counts, shape (size, c).

        Raises
        ------
        InvalidInput
            If a count is negative or missing, or all are zero.
        """
        counts = _checked_counts(data, where="MultinomialCounts")
        return _multinomial(counts, generator, size)

    def one(self, data: FloatArray, batch: FloatArray, index: int) -> FloatArray:
        """Return the counts of one replicate."""
        return np.asarray(batch[index])


@dataclass(frozen=True, kw_only=True, slots=True)
class MultinomialHistories:
    """Persons with capture histories, drawn anew: the same number of persons, each with a pattern of lists.

    Procedure: without a model, the persons seen are drawn with the observed shares of the patterns. With a log-linear
    model, as many persons as it estimates are drawn with its expected shares, those on no list included; who falls
    there is not seen, so that the number seen varies too. Redrawn data: with a recipe in batches, tables of shape
    (B, 2^k - 1), or (B, 2^k) with those on no list last, as :class:`~microwork_estimate.capture_recapture.Reselection`
    takes them; otherwise histories.

    Parameters
    ----------
    model : generators, LogLinearModel or None

    References
    ----------
    Norris & Pollock (1996), *Environmental and Ecological Statistics* 3, 235-244, on drawing the unseen as well.

    Examples
    --------
    >>> lists = CaptureHistories.from_two_lists(200, 150, 30)
    >>> scheme = MultinomialHistories(model="A,B")
    >>> batch = scheme.draw(lists, np.random.default_rng(1), 4)
    >>> batch.sum(axis=1).tolist()
    [1000.0, 1000.0, 1000.0, 1000.0]
    >>> bool(scheme.one(lists, batch, 0).n_observed < 400)
    True
    """

    model: Generators | LogLinearModel | None = None

    def draw(self, data: CaptureHistories, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw tables, shape (size, 2^k - 1) or (size, 2^k).

        Raises
        ------
        InvalidInput
            If nobody was seen, or the model has no maximum on the data.
        """
        counts = data.counts.astype(np.float64) if self.model is None else fitted_table(data, self.model)
        return _multinomial(_checked_counts(counts, where="MultinomialHistories"), generator, size)

    def one(self, data: CaptureHistories, batch: FloatArray, index: int) -> CaptureHistories:
        """Return the histories of one replicate."""
        return replace(data, counts=batch[index, : data.counts.size].astype(np.int64))


def _multinomial(counts: FloatArray, generator: np.random.Generator, size: int) -> FloatArray:
    total = counts.sum()
    if not total > 0:
        raise InvalidInput(
            "nothing to redraw",
            expected="counts of which one at least is above zero",
            got="zeros",
            where="a multinomial scheme",
            fix="leave this source out",
        )
    return generator.multinomial(round(float(total)), counts / total, size=size).astype(np.float64)


def _checked_counts(data: FloatArray, *, where: str) -> FloatArray:
    counts = frozen_floats(data, where=where)
    if counts.ndim != 1 or not (np.isfinite(counts) & (counts >= 0)).all():
        raise InvalidInput(
            "impossible counts",
            expected="numbers of zero or more, none missing, in one row",
            got=f"{counts!r:.80}",
            where=where,
            fix="give one count for each category",
        )
    return counts


def _check_rounding(half_width: float | FloatArray, *, where: str) -> None:
    half = frozen_floats(half_width, where=where)
    if half.ndim > 1 or not (np.isfinite(half) & (half >= 0)).all():
        raise InvalidInput(
            "impossible rounding",
            expected="a finite number, zero or more, in the unit of the counts",
            got=repr(half_width),
            where=where,
            fix="give half the width of the rounding cell",
        )


def checked_scheme(scheme: Any, *, source: str) -> Scheme:
    """Return a scheme if it can redraw a source for :func:`~microwork_estimate.bootstrap.replicate`.

    Raises
    ------
    InvalidInput
        If it draws nothing at random, or if its replicates do not spread as estimates do.
    """
    if isinstance(scheme, type) or not isinstance(scheme, Scheme):
        raise InvalidInput(
            "unknown scheme",
            expected="an object with draw and one, such as RaoWuYue(), WaringHalf() or ElicitedDraws()",
            got=repr(scheme),
            where=f"scheme of {source}",
            fix="a jackknife or half-samples are not drawn: use weighting.replicate_weights for them",
        )
    if getattr(scheme, "inflation", 1.0) != 1.0:
        raise InvalidInput(
            "scheme whose replicates are drawn together",
            expected="replicates that spread as the estimate does",
            got=f"a variance to be multiplied by {getattr(scheme, 'inflation', 1.0):g}",
            where=f"scheme of {source}",
            fix="use tau=1, or weighting.replicate_weights, which multiplies the variance",
        )
    return scheme


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
        checked = {name: checked_scheme(scheme, source=repr(name)) for name, scheme in self.schemes.items()}
        object.__setattr__(self, "schemes", MappingProxyType(checked))

    def __reduce__(self) -> tuple[object, ...]:
        """Let it cross process borders, which its read-only mapping would otherwise forbid."""
        return _joint, (dict(self.schemes),)


def _joint(schemes: Mapping[str, Scheme]) -> Joint:
    return Joint(schemes=schemes)
