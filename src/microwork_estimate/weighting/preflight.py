"""The check before any calibration: sample and margins are brought together, or an error says why they cannot be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, IntArray, frozen_floats
from microwork_estimate.inputs.checks import first_bad
from microwork_estimate.inputs.codes import encode, label_text
from microwork_estimate.inputs.margin_tables import formula_matrix
from microwork_estimate.inputs.margins import Margin, Margins
from microwork_estimate.inputs.shown import shown_answer
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.kinds import require
from microwork_estimate.weighting.solver import System

#: Fits are accurate to 1e-12 of a total, or of 1 where it is smaller: below this that is no longer eight digits.
_SMALLEST_TOTAL = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Prepared:
    """A sample and margins that fit each other, as arrays.

    Parameters
    ----------
    system : System
        One row for each of the n respondents.
    labels : tuple of p pairs of str
        Variable and category of each total; categories of a margin in the order in which the sample codes them.
    kept : array of shape (p,)
        Where these totals stand among all totals of the margins: categories of zero persons on both sides are left out.
    groups : array of shape (n,) or None
        Groups that must move together.
    """

    system: System
    labels: tuple[tuple[str, str], ...]
    kept: IntArray
    groups: IntArray | None = None


def prepare(sample: SurveySample, margins: Margins, equal_within: str | None = None) -> Prepared:
    """Check a sample against margins and return both as arrays.

    Parameters
    ----------
    sample : SurveySample
    margins : Margins
    equal_within : str or None
        ``"psu"`` or a column: its members must keep one ratio.

    Returns
    -------
    Prepared

    Raises
    ------
    InvalidInput
        With the problem ``one respondent``, ``unknown column``, ``missing category``, ``missing value``, ``category
        without respondents``, ``category without total``, ``zero total`` or ``totals too small as numbers``.
    """
    check_kinds(sample, margins)
    if sample.n < 2:
        raise InvalidInput(
            "one respondent",
            expected="at least two respondents",
            got=str(sample.n),
            where="SurveySample",
            fix="weights of one respondent are the population itself; collect more answers",
        )
    groups = None if equal_within is None else group_codes(sample, equal_within)
    if margins.formula is not None:
        numbers = formula_matrix(margins, sample.columns)
        system = System(codes=(), sizes=(), numbers=numbers, targets=margins.totals)
        prepared = Prepared(system=system, labels=margins.labels, kept=np.arange(margins.totals.size), groups=groups)
    else:
        prepared = replace(_by_category(sample, margins), groups=groups)
    _check_units(prepared, sample.weights)
    return prepared


def check_kinds(sample: SurveySample, margins: Margins) -> None:
    """Refuse a table in place of a sample, or a mapping in place of margins.

    Raises
    ------
    InvalidInput
        If one of the two is of another kind.
    """
    require(sample, SurveySample, where="sample", fix="make it with inputs.survey_sample(table, ...)")
    require(margins, Margins, where="margins", fix="make them with Margins.from_totals(totals, source=...)")


def _check_units(prepared: Prepared, base: FloatArray) -> None:
    """Refuse totals so small, as numbers, that the accuracy of the fit would be as large as they are."""
    system = prepared.system
    margins = np.split(system.targets[: system.starts[-1]], system.starts[1:-1]) if system.sizes else []
    wanted = np.concatenate([[part.sum() for part in margins], np.abs(system.targets[system.starts[-1] :])])
    now = np.concatenate([np.full(len(margins), base.sum()), base @ np.abs(system.numbers)])
    at = [*system.starts[:-1], *range(system.starts[-1], system.targets.size)]
    size = np.maximum(wanted, now)
    small = np.flatnonzero((size < _SMALLEST_TOTAL) & (size > 0))
    if small.size:
        names = dict.fromkeys(prepared.labels[at[i]][0] for i in small)
        raise InvalidInput(
            "totals too small as numbers",
            expected=f"a margin whose total, or its sum over the respondents, is {_SMALLEST_TOTAL:g} or more",
            got=f"{', '.join(repr(name) for name in names)} of {size[small].max():.3g}",
            where="margins",
            fix="change the unit, of the variable or of the weights, so that totals are numbers of everyday size",
        )


def _by_category(sample: SurveySample, margins: Margins) -> Prepared:
    starts = np.cumsum([0, *(m.totals.size for m in margins.margins)])
    codes, kept, columns, continuous = [], [], [], []
    for margin, start in zip(margins.margins, starts, strict=False):
        if margin.continuous:
            columns.append(_numbers(sample, margin))
            continuous.append(np.array([start]))
        else:
            code, present = _coded(sample, margin)
            codes.append(code)
            kept.append(start + present)
    places = np.concatenate([*kept, *continuous]).astype(np.int64)
    system = System(
        codes=tuple(codes),
        sizes=tuple(places_of.size for places_of in kept),
        numbers=np.column_stack(columns) if columns else np.zeros((sample.n, 0)),
        targets=margins.totals[places],
    )
    labels = margins.labels
    return Prepared(system=system, labels=tuple(labels[i] for i in places), kept=places)


def _numbers(sample: SurveySample, margin: Margin) -> FloatArray:
    values = frozen_floats(sample.column(margin.label), where=f"column {margin.label!r}")
    bad = ~np.isfinite(values)
    if bad.any():
        raise InvalidInput(
            "missing value",
            expected="a finite number for every respondent",
            got=f"{int(bad.sum())} not so, the first: {first_bad(values, bad)}",
            where=f"column {margin.label!r}",
            fix="impute it, or leave the respondents out and say so",
        )
    return values


def _coded(sample: SurveySample, margin: Margin) -> tuple[IntArray, IntArray]:
    """Code respondents by the categories that occur; say where these stand in the margin."""
    code, found = _crossed(sample, margin.variables)
    places = {category: i for i, category in enumerate(margin.categories)}
    counts = np.bincount(code, minlength=len(found))
    known = margin.category_labels
    unknown = [
        shown_answer(":".join(c), int(n), known) for c, n in zip(found, counts, strict=True) if n and c not in places
    ]
    if unknown:
        raise _refusal("category without total", margin, unknown, "add its total, or merge the category in the sample")
    place = np.array([places.get(category, -1) for category in found])
    respondents = np.zeros(len(margin.categories), dtype=np.int64)
    respondents[place[counts > 0]] = counts[counts > 0]
    empty = (respondents == 0) & (margin.totals > 0)
    if empty.any():
        names = [repr(known[i]) for i in np.flatnonzero(empty)]
        raise _refusal(
            "category without respondents", margin, names, "merge it with a neighbour, in margin and sample alike"
        )
    zero = (respondents > 0) & (margin.totals == 0)
    if zero.any():
        names = [repr(known[i]) for i in np.flatnonzero(zero)]
        raise _refusal("zero total", margin, names, "its respondents are outside the population: leave them out")
    occurring = np.flatnonzero(counts)
    if occurring.size == counts.size:
        return code, place.astype(np.int64)
    rank = np.full(counts.size, -1, dtype=np.int64)
    rank[occurring] = np.arange(occurring.size)
    return rank[code], place[occurring].astype(np.int64)


def _crossed(sample: SurveySample, variables: Sequence[str]) -> tuple[IntArray, list[tuple[str, ...]]]:
    """Code respondents by a variable or a crossing; list the categories, as text, that the codes stand for."""
    coded = sample.categories(variables[0])
    code: IntArray = coded.codes
    labels: list[tuple[str, ...]] = [(label_text(level),) for level in coded.levels]
    for name in variables[1:]:
        coded = sample.categories(name)
        code = code * len(coded.levels) + coded.codes
        labels = [(*label, label_text(level)) for label in labels for level in coded.levels]
    if len(set(labels)) < len(labels):
        raise InvalidInput(
            "categories not distinct",
            expected="categories that differ as text",
            got=f"{len({x for x in labels if labels.count(x) > 1})} written in several ways",
            where=f"column {':'.join(variables)!r}",
            fix="write each category in one way in the table of the survey",
        )
    return code, labels


def _refusal(problem: str, margin: Margin, names: list[str], fix: str) -> InvalidInput:
    listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return InvalidInput(
        problem,
        expected="each category with respondents and with persons in the population, or with neither",
        got=listed,
        where=f"margin {margin.label!r}",
        fix=fix,
    )


def group_codes(sample: SurveySample, equal_within: str) -> IntArray:
    """Return the group of each respondent, shape (n,): primary units for ``"psu"``, else the values of a column."""
    if equal_within == "psu" and "psu" not in sample.columns:
        return sample.psu_codes()
    return encode(sample.column(equal_within), where=f"column {equal_within!r}").codes


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reduced:
    """The same calibration with fewer rows: respondents whose ratio must be the same stand on one row.

    Parameters
    ----------
    system : System
        Of r rows.
    base, q : array of shape (r,); q may be 1
        Base weight and scale of each row.
    low, high : float or array of shape (r,)
        Bounds of the ratio of each row.
    member : array of shape (n,) or None
        The row of each respondent; None when rows are respondents.
    """

    system: System
    base: FloatArray
    q: FloatArray | float
    low: FloatArray | float
    high: FloatArray | float
    member: IntArray | None

    def scatter(self, ratio: FloatArray) -> FloatArray:
        """Give each respondent the ratio of the row, from shape (r,) to shape (n,)."""
        return ratio if self.member is None else ratio[self.member]


def reduce_rows(
    prepared: Prepared,
    base: FloatArray,
    q: FloatArray | None,
    limits: tuple[FloatArray | float, FloatArray | float],
) -> Reduced:
    """Put respondents whose ratio must be the same on one row: members of a group, or of a cell of all margins.

    Cells of all margins are used when there are no more of them than respondents and nothing but the margins tells
    respondents apart (no continuous variable, no scale, no bounds on the weights themselves).

    Parameters
    ----------
    prepared : Prepared
    base : array of shape (n,)
    q : array of shape (n,) or None
    limits : tuple of float or array of shape (n,)
        Bounds of the ratio.

    Returns
    -------
    Reduced
    """
    low, high = limits
    if prepared.groups is not None:
        return _by_group(prepared, base, q, limits)
    system = prepared.system
    n_cells = math.prod(system.sizes)
    alike = not system.numbers.shape[1] and q is None and np.ndim(low) == 0 and np.ndim(high) == 0
    if not alike or n_cells > base.size:
        return Reduced(system=system, base=base, q=1.0 if q is None else q, low=low, high=high, member=None)
    cell = np.zeros(base.size, dtype=np.int64)
    for code, size in zip(system.codes, system.sizes, strict=True):
        cell = cell * size + code
    present = np.flatnonzero(np.bincount(cell, minlength=n_cells))
    rank = np.full(n_cells, -1, dtype=np.int64)
    rank[present] = np.arange(present.size)
    member = rank[cell]
    codes = tuple(np.asarray(c, dtype=np.int64) for c in np.unravel_index(present, system.sizes))
    smaller = replace(system, codes=codes, numbers=np.zeros((present.size, 0)))
    sums = np.bincount(member, base, minlength=present.size).astype(np.float64)
    return Reduced(system=smaller, base=sums, q=1.0, low=low, high=high, member=member)


def _by_group(
    prepared: Prepared, base: FloatArray, q: FloatArray | None, limits: tuple[FloatArray | float, FloatArray | float]
) -> Reduced:
    """Make one row of each group: the sum of its weights, and the weighted mean of its auxiliary variables."""
    member = prepared.groups
    assert member is not None  # noqa: S101 - the caller looked
    n_groups = int(member.max()) + 1
    total = np.bincount(member, base, minlength=n_groups).astype(np.float64)
    matrix = prepared.system.matrix().toarray()
    means = np.zeros((n_groups, matrix.shape[1]))
    np.add.at(means, member, matrix * (base / total[member])[:, None])
    scale: FloatArray | float = 1.0 if q is None else total / np.bincount(member, base / q, minlength=n_groups)
    low, high = (np.broadcast_to(limit, base.shape) for limit in limits)
    tightest_low, tightest_high = np.full(n_groups, -np.inf), np.full(n_groups, np.inf)
    np.maximum.at(tightest_low, member, low)
    np.minimum.at(tightest_high, member, high)
    system = System(codes=(), sizes=(), numbers=means, targets=prepared.system.targets)
    return Reduced(system=system, base=total, q=scale, low=tightest_low, high=tightest_high, member=member)


def check_scale(q: object, n: int) -> FloatArray | None:
    """Return the scale of the distance, shape (n,), if it is finite and above zero.

    Raises
    ------
    InvalidInput
        If it is not.
    """
    if q is None:
        return None
    scale = frozen_floats(q, where="q")  # type: ignore[arg-type]
    if scale.shape != (n,) or not (np.isfinite(scale) & (scale > 0)).all():
        raise InvalidInput(
            "impossible scale",
            expected=f"{n} finite numbers above zero",
            got=f"shape {scale.shape}, from {scale.min(initial=np.inf):g} to {scale.max(initial=-np.inf):g}",
            where="q",
            fix="give 1 over the residual variance that you assume for each respondent",
        )
    return scale
