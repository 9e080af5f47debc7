"""What an open-population model finds: for each occasion who was there, between occasions who stayed and who came."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.special import expit, logit

from microwork_estimate.capture_recapture.intervals import lognormal_interval, normal_quantile
from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import (
    Assumption,
    Estimate,
    FloatArray,
    FrozenMapping,
    Interval,
    Scalar,
    Unit,
)
from microwork_estimate.inputs.open_counts import OpenCounts

Scale = Literal["unseen", "log", "logit", "normal"]

NOT_IDENTIFIABLE = CodedWarning(
    code="not-identifiable",
    message="the data cannot tell it apart from the chance to be seen on the first or the last occasion",
)

NO_ERROR = CodedWarning(
    code="no-standard-error",
    message="the data or the part of the model it comes from give no standard error, and so no interval",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenPopulation:
    """Sizes, survival and entries of an open population over K occasions. What cannot be estimated has no value.

    Parameters
    ----------
    occasions : tuple of str, length K
    times : array of shape (K,)
        When they were.
    sizes : tuple of Estimate, length K
        Persons in the population on each occasion.
    capture : tuple of Estimate, length K
        Chance to be seen on each occasion, as a share.
    survival : tuple of Estimate, length K - 1
        Share of those present on an occasion who are still there on the next.
    entries : tuple of Estimate, length K - 1
        Persons who came after an occasion and are there on the next.
    total : Estimate or None
        Persons who were ever there on one of the occasions (the superpopulation).
    method : str
    assumptions : tuple of Assumption
    warnings : tuple of CodedWarning
        Of all estimates together.
    diagnostics : mapping of str to a plain value

    Examples
    --------
    >>> from microwork_estimate.capture_recapture.open_jolly import jolly_seber
    >>> counts = OpenCounts(seen=[80, 90, 90, 80], marked=[0, 40, 55, 50], seen_again=[60, 50, 35, 0])
    >>> found = jolly_seber(counts)
    >>> [None if size.value is None else round(size.value) for size in found.sizes]
    [None, 168, 151, None]
    """

    occasions: tuple[str, ...]
    times: FloatArray
    sizes: tuple[Estimate, ...]
    capture: tuple[Estimate, ...]
    survival: tuple[Estimate, ...]
    entries: tuple[Estimate, ...]
    total: Estimate | None
    method: str
    assumptions: tuple[Assumption, ...]
    warnings: tuple[CodedWarning, ...]
    diagnostics: FrozenMapping

    def rows(self) -> tuple[tuple[Scalar, ...], ...]:
        """Return one row an occasion: name, size with standard error and ends, survival and entries to the next."""
        found = []
        for i, name in enumerate(self.occasions):
            size, next_ = self.sizes[i], i < len(self.survival)
            ends = (None, None) if size.interval is None else (size.interval.low, size.interval.high)
            survival = self.survival[i].value if next_ else None
            entries = self.entries[i].value if next_ else None
            found.append((name, size.value, size.standard_error, *ends, survival, entries))
        return tuple(found)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dress:
    """What all estimates of one model have in common.

    Parameters
    ----------
    counts : OpenCounts
    method : str
    assumptions : tuple of Assumption
    references : tuple of str
    level : float
    """

    counts: OpenCounts
    method: str
    assumptions: tuple[Assumption, ...]
    references: tuple[str, ...]
    level: float

    def persons(
        self, name: str, occasion: str, value: float, error: float, seen: float, scale: Scale = "unseen"
    ) -> Estimate:
        """Return a number of persons; its interval stays above those seen, unless it is normal."""
        interval = limits(value, error, self.level, scale, floor=seen)
        bare = self._bare(name, occasion, "persons")
        return replace(
            bare,
            value=value,
            standard_error=_finite(error),
            interval=interval,
            n_observed=seen or None,
            warnings=() if math.isfinite(error) else (NO_ERROR,),
        )

    def share(self, name: str, occasion: str, value: float, error: float, scale: Scale) -> Estimate:
        """Return a chance to be seen or to stay."""
        interval = limits(value, error, self.level, scale)
        bare = self._bare(name, occasion, "share")
        said = () if math.isfinite(error) else (NO_ERROR,)
        return replace(bare, value=value, standard_error=_finite(error), interval=interval, warnings=said)

    def nothing(self, name: str, occasion: str, warning: CodedWarning, unit: Unit, floor: float | None) -> Estimate:
        """Return an estimate without a value: those seen are a lower limit for persons."""
        interval = None
        if floor is not None:
            interval = Interval(low=floor, high=math.inf, level=self.level, method="persons seen")
        bare = self._bare(name, occasion, unit)
        return replace(bare, interval=interval, n_observed=floor, warnings=(warning,))

    def _bare(self, name: str, occasion: str, unit: Unit) -> Estimate:
        """Return what all estimates have, without a number."""
        return Estimate(
            name=f"{name} {occasion}",
            value=None,
            estimand=replace(self.counts.estimand, unit=unit, window=occasion),
            method=self.method,
            assumptions=self.assumptions,
            warnings=(NOT_IDENTIFIABLE,),
            references=self.references,
        )


def _finite(error: float) -> float | None:
    return error if math.isfinite(error) else None


def limits(value: float, error: float, level: float, scale: Scale, *, floor: float = 0.0) -> Interval | None:
    """Return an interval on one of several scales.

    Parameters
    ----------
    value, error : float
        Estimate and standard error; without a finite error there is no interval.
    level : float
    scale : {"unseen", "log", "logit", "normal"}
        ``"unseen"``: log-normal around the part above `floor`; ``"log"`` and ``"logit"``: symmetric there; a value of 0
        or 1 is its own interval on the logit scale.
    floor : float
        Persons seen.

    Returns
    -------
    Interval or None

    Examples
    --------
    >>> limits(0.5, 0.1, 0.95, "logit").low.__round__(4)
    0.3135
    """
    if not (math.isfinite(value) and math.isfinite(error)):
        return None
    reach = normal_quantile(level) * error
    if scale == "unseen":
        low, high = lognormal_interval(max(value, floor), error, floor, level)
    elif scale == "normal" or value <= 0:
        low, high = value - reach, value + reach
    elif scale == "log":
        low, high = value * math.exp(-reach / value), value * math.exp(reach / value)
    elif value >= 1:
        low = high = value
    else:
        centre, width = logit(value), reach / (value * (1 - value))
        low, high = float(expit(centre - width)), float(expit(centre + width))
    return Interval(low=min(low, value), high=max(high, value), level=level, method=scale)


def population_of(
    dress: Dress,
    values: FloatArray,
    errors: FloatArray,
    said: tuple[CodedWarning, ...],
    diagnostics: Mapping[str, Scalar],
) -> OpenPopulation:
    """Make the result of a model from its numbers side by side.

    Parameters
    ----------
    dress : Dress
    values, errors : array of shape (4 K - 1,)
        Chances to be seen (K), survival (K - 1), sizes (K), entries (K - 1) and the total; NaN for what is not known.
    said : tuple of CodedWarning
        The first of them is the reason where nothing at all is known.
    diagnostics : mapping of str to a plain value

    Returns
    -------
    OpenPopulation
    """
    counts, k = dress.counts, len(dress.counts.names)
    reason = said[0] if said and np.isnan(values).all() else NOT_IDENTIFIABLE
    between = interval_names(counts.names)

    def one(kind: str, name: str, at: int, seen: float | None) -> Estimate:
        value, error = float(values[at]), float(errors[at])
        unit: Unit = "share" if kind in ("capture on", "survival from") else "persons"
        if math.isnan(value):
            return dress.nothing(kind, name, reason, unit, seen)
        if unit == "share":
            return dress.share(kind, name, value, error, "logit")
        return dress.persons(kind, name, value, error, min(seen or 0.0, value))

    seen_on = counts.seen.astype(np.float64)
    known = not math.isnan(values[-1])
    return OpenPopulation(
        occasions=counts.names,
        times=counts.timing,
        capture=tuple(one("capture on", name, i, None) for i, name in enumerate(counts.names)),
        survival=tuple(one("survival from", name, k + i, None) for i, name in enumerate(between)),
        sizes=tuple(one("size on", name, 2 * k - 1 + i, float(seen_on[i])) for i, name in enumerate(counts.names)),
        entries=tuple(one("entries from", name, 3 * k - 1 + i, None) for i, name in enumerate(between)),
        total=one("persons ever there,", "all occasions", -1, float(counts.n_observed)) if known else None,
        method=dress.method,
        assumptions=dress.assumptions,
        warnings=said,
        diagnostics=FrozenMapping(diagnostics),
    )


def collected(groups: Sequence[Sequence[Estimate]]) -> tuple[CodedWarning, ...]:
    """Join the warnings of many estimates, one for each code; what is never estimable is not repeated here."""
    found: dict[str, list[str]] = {}
    for estimate in (e for group in groups for e in group):
        for warning in estimate.warnings:
            if warning.code != NOT_IDENTIFIABLE.code:
                found.setdefault(warning.code, []).append(warning.message)
    return tuple(
        CodedWarning(code=code, message="; ".join(dict.fromkeys(messages))) for code, messages in found.items()
    )


def add_warning(estimate: Estimate, warning: CodedWarning) -> Estimate:
    """Return an estimate with one more warning."""
    return replace(estimate, warnings=(*estimate.warnings, warning))


def interval_names(occasions: Sequence[str]) -> list[str]:
    """Name the time between each occasion and the next.

    Examples
    --------
    >>> interval_names(["May", "June", "July"])
    ['May to June', 'June to July']
    """
    return [f"{a} to {b}" for a, b in pairwise(occasions)]


def shifted(values: FloatArray) -> FloatArray:
    """Return the values of the next occasion, NaN after the last."""
    return np.append(values[1:], np.nan)
