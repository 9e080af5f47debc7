"""Tiers of activity, nested or exclusive, and the arithmetic that goes from one to the other.

The three figures of 2019 are *nested*: the very active are among the regular, and the regular among the occasional.
Their plain sum counts people two and three times; it was printed as 330,000. Here nested tiers refuse to be summed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, NoReturn

import numpy as np

from microwork_estimate.bootstrap import percentile, standard_error
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_choice
from microwork_estimate.estimate import Bounds, Estimate, Replicates
from microwork_estimate.inputs.checks import distinct_names
from microwork_estimate.small_tables import grid_table

Kind = Literal["nested", "exclusive"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """A group of people by how active they are.

    Parameters
    ----------
    id : str
        Stable name.
    label_en, label_fr : str
        Name for readers.
    criterion_en, criterion_fr : str
        Who belongs to it.
    """

    id: str
    label_en: str
    label_fr: str
    criterion_en: str
    criterion_fr: str


VERY_ACTIVE = Tier(
    id="very_active",
    label_en="very active",
    label_fr="très actifs",
    criterion_en="most of them present at least once a week",
    criterion_fr="pour la plupart présents au moins une fois par semaine",
)
REGULAR = Tier(
    id="regular",
    label_en="regular",
    label_fr="réguliers",
    criterion_en="present at least once a month",
    criterion_fr="présents au moins une fois par mois",
)
OCCASIONAL = Tier(
    id="occasional",
    label_en="occasional",
    label_fr="occasionnels",
    criterion_en="registered on at least one platform, active from time to time or not at all",
    criterion_fr="inscrits sur au moins une plateforme, actifs de temps en temps ou pas du tout",
)
DIPLAB_TIERS = (VERY_ACTIVE, REGULAR, OCCASIONAL)


@dataclass(frozen=True, kw_only=True, slots=True)
class TierCount:
    """One tier with its estimate. It refuses to be added; use :meth:`TierSet.total`."""

    tier: Tier
    estimate: Estimate

    def _refuse_sum(self, other: object) -> NoReturn:
        raise InvalidInput(
            "tiers added one by one",
            expected="the total of a set of exclusive tiers",
            got=f"a sum with the tier {self.tier.id!r}",
            where="TierCount",
            fix="use tiers.total(); for nested tiers make them exclusive first: synthesis.exclusive(tiers)",
        )

    __add__ = _refuse_sum
    __radd__ = _refuse_sum


@dataclass(frozen=True, kw_only=True, slots=True)
class TierSet:
    """Tiers in order, from the most active to the widest.

    Parameters
    ----------
    tiers : tuple of Tier
    estimates : tuple of Estimate
        One for each tier.
    kind : {"nested", "exclusive"}
        Nested: each tier contains the one before. Exclusive: nobody is in two.
    """

    tiers: tuple[Tier, ...]
    estimates: tuple[Estimate, ...]
    kind: Kind

    def __post_init__(self) -> None:
        check_choice(self.kind, ("nested", "exclusive"), where="TierSet.kind")
        distinct_names([tier.id for tier in self.tiers], where="TierSet.tiers")
        if len(self.tiers) != len(self.estimates):
            raise InvalidInput(
                "tiers and estimates do not match",
                expected="one estimate for each tier",
                got=f"{len(self.tiers)} tiers and {len(self.estimates)} estimates",
                where="TierSet",
                fix="give the estimates in the order of the tiers",
            )

    def __iter__(self) -> Iterator[TierCount]:
        pairs = zip(self.tiers, self.estimates, strict=True)
        return (TierCount(tier=tier, estimate=estimate) for tier, estimate in pairs)

    def __len__(self) -> int:
        return len(self.tiers)

    def _repr_html_(self) -> str:
        head = ("tier", "estimate", "interval", "bounds", "warnings")
        rows = [[part.tier.label_en, *part.estimate.display(), _codes(part.estimate)] for part in self]
        return grid_table(f"Tiers ({self.kind})", head, rows)

    def __getitem__(self, tier_id: str) -> Estimate:
        for tier, estimate in zip(self.tiers, self.estimates, strict=True):
            if tier.id == tier_id:
                return estimate
        raise InvalidInput(
            "unknown tier",
            expected="one of " + ", ".join(tier.id for tier in self.tiers),
            got=repr(tier_id),
            where="TierSet",
            fix="use one of the listed names",
        )

    def total(self) -> Estimate:
        """Return the number of people in all tiers together.

        Raises
        ------
        InvalidInput
            If the tiers are nested: the sum would count people twice. The widest tier already is the total.
        """
        if self.kind == "nested":
            raise InvalidInput(
                "sum of nested tiers",
                expected="exclusive tiers",
                got="nested tiers: " + " within ".join(tier.id for tier in self.tiers),
                where="TierSet.total",
                fix=f"the widest tier, {self.tiers[-1].id!r}, is the total; or use synthesis.exclusive(tiers)",
            )
        return combined(self.estimates, [1.0] * len(self), name="total", method="sum of exclusive tiers")


def _codes(estimate: Estimate) -> str:
    return ", ".join(dict.fromkeys(warning.code for warning in estimate.warnings))


def tiers(estimates: Sequence[Estimate], *, kind: Kind = "nested", names: Sequence[Tier] = DIPLAB_TIERS) -> TierSet:
    """Put estimates together as tiers, from the most active to the widest.

    Nested tiers are checked against each other: a tier larger than the one that should contain it gets the warning
    ``tier-conflict``. All must count the same unit in the same territory.

    Parameters
    ----------
    estimates : sequence of Estimate
        In the order of `names`.
    kind : {"nested", "exclusive"}
    names : sequence of Tier
        Very active, regular, occasional by default.

    Returns
    -------
    TierSet

    Raises
    ------
    InvalidInput
        If the estimates do not count the same unit, or territories differ.

    Examples
    --------
    >>> from microwork_estimate.estimate import Estimand, Estimate
    >>> sizes = [Estimate(name=str(n), value=n, estimand=Estimand(), method="given") for n in (10.0, 50.0, 200.0)]
    >>> [round(t.estimate.value) for t in exclusive(tiers(sizes))]
    [10, 40, 150]
    """
    for first, other in pairwise(estimates):
        different = {"unit", "territory"} & set(first.estimand.differences(other.estimand))
        if different:
            raise InvalidInput(
                "tiers that count different things",
                expected="one unit and one territory",
                got=f"{first.name!r} ({first.estimand}) and {other.name!r} ({other.estimand})",
                where="synthesis.tiers",
                fix=f"make the estimates agree in {', '.join(sorted(different))}",
            )
    result = TierSet(tiers=tuple(names), estimates=tuple(estimates), kind=kind)
    return _with_conflicts(result) if kind == "nested" else result


def _with_conflicts(nested: TierSet) -> TierSet:
    checked = [nested.estimates[0]]
    for inner, outer in pairwise(nested.estimates):
        if inner.value is None or outer.value is None or inner.value <= outer.value:
            checked.append(outer)
            continue
        conflict = CodedWarning(
            code="tier-conflict",
            message=f"{inner.name} ({inner.value:,.0f}) is larger than {outer.name} ({outer.value:,.0f}), "
            "which should contain it",
        )
        announce([conflict])
        checked.append(replace(outer, warnings=(*outer.warnings, conflict)))
    return replace(nested, estimates=tuple(checked))


def exclusive(nested: TierSet) -> TierSet:
    """Subtract each tier from the next, so that nobody is in two.

    Replicates are subtracted index by index, so the intervals know that the tiers come from one study. Without
    replicates the standard errors of the differences are unknown and left out. A difference below zero is not a number
    of people: the value is then None, with the warning ``tier-conflict``.

    Parameters
    ----------
    nested : TierSet
        Nested tiers.

    Returns
    -------
    TierSet
        Exclusive tiers with the same names.

    Raises
    ------
    InvalidInput
        If the tiers are exclusive already.
    """
    if nested.kind != "nested":
        raise InvalidInput(
            "tiers already exclusive",
            expected="nested tiers",
            got="exclusive",
            where="synthesis.exclusive",
            fix="use them",
        )
    cells = [replace(nested.estimates[0], name=_only(nested.tiers[0]))]
    for index in range(1, len(nested)):
        outer, inner = nested.estimates[index], nested.estimates[index - 1]
        cell = combined(
            (outer, inner),
            (1.0, -1.0),
            name=_only(nested.tiers[index]),
            method=f"{nested.tiers[index].id} minus {nested.tiers[index - 1].id}",
        )
        cells.append(cell)
    return TierSet(tiers=nested.tiers, estimates=tuple(cells), kind="exclusive")


def _only(tier: Tier) -> str:
    return f"{tier.id}_only"


def combined(parts: Sequence[Estimate], signs: Sequence[float], *, name: str, method: str) -> Estimate:
    """Add estimates with signs: values, bounds and replicates each by their own arithmetic.

    Parameters
    ----------
    parts : sequence of Estimate
    signs : sequence of float
        1 or -1 for each of them.
    name, method : str
        Of the result.

    Returns
    -------
    Estimate
        A difference below zero has no value, with the warning ``tier-conflict``.
    """
    warnings = tuple(dict.fromkeys(w for part in parts for w in part.warnings))
    values = [part.value for part in parts]
    value = None if None in values else float(sum(s * v for s, v in zip(signs, values, strict=True) if v is not None))
    if value is not None and value < 0:
        conflict = CodedWarning(
            code="tier-conflict", message=f"{name} would be {value:,.0f} people: the tiers are not nested"
        )
        announce([conflict])
        value, warnings = None, (*warnings, conflict)
    if value is None and not warnings:
        missing = CodedWarning(code="unavailable", message=f"{name} needs a tier that has no value")
        announce([missing])
        warnings = (missing,)
    replicates = _combined_replicates(parts, signs)
    return Estimate(
        name=name,
        value=value,
        standard_error=None if replicates is None else standard_error(replicates),
        interval=None if replicates is None else percentile(replicates),
        bounds=_combined_bounds(parts, signs),
        replicates=replicates,
        estimand=parts[0].estimand,
        method=method,
        assumptions=tuple(dict.fromkeys(a for part in parts for a in part.assumptions)),
        warnings=warnings,
        references=tuple(dict.fromkeys(r for part in parts for r in part.references)),
    )


def _combined_replicates(parts: Sequence[Estimate], signs: Sequence[float]) -> Replicates | None:
    redraws = [part.replicates for part in parts]
    total: Replicates | None = None
    for sign, item in zip(signs, redraws, strict=True):
        if item is None:
            return None
        total = item if total is None else (total + item if sign > 0 else total - item)
    return total


def _combined_bounds(parts: Sequence[Estimate], signs: Sequence[float]) -> Bounds | None:
    """Worst-case bounds; never sharp, because the parts may not take their extremes together."""
    if all(part.bounds is None for part in parts):
        return None
    low = high = 0.0
    for sign, part in zip(signs, parts, strict=True):
        ends = (part.bounds.low, part.bounds.high) if part.bounds is not None else (part.value, part.value)
        if ends[0] is None or ends[1] is None:
            return None
        low += sign * (ends[0] if sign > 0 else ends[1])
        high += sign * (ends[1] if sign > 0 else ends[0])
    low, high = np.maximum([low, high], 0.0)
    return Bounds(low=float(low), high=float(high), reason="bounds of the parts, taken at their worst", sharp=False)
