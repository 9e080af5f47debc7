"""Volunteers and the population that they stand for, on the variables that both have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs.codes import label_text
from microwork_estimate.inputs.margin_tables import CROSSING
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.preflight import Prepared, prepare
from microwork_estimate.weighting.results import universe_warnings

Reference = SurveySample | Margins

_DEPENDENT = 1e-7


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Common:
    """A sample of volunteers and a reference on the same k columns, the first of which is 1 for everybody.

    Parameters
    ----------
    labels : tuple of k pairs of str
        Variable and category of each column; the first is empty, the category of a number is empty.
    sample : array of shape (n, k)
        The volunteers.
    weight : array of shape (n,)
        How many volunteers each row stands for.
    reference : array of shape (r, k) or None
        The respondents of the reference; None where only totals are known.
    reference_weight : array of shape (r,) or None
    totals : array of shape (k,)
        Of the population; the first is its size.
    independent : array of shape (p,)
        Columns of which no one is a combination of the others.
    of_margins : array of shape (m, k)
        What turns the m totals of the margins into the totals of the columns, as a product.
    warnings : tuple of CodedWarning
    """

    labels: tuple[tuple[str, str], ...]
    sample: FloatArray
    weight: FloatArray
    reference: FloatArray | None
    reference_weight: FloatArray | None
    totals: FloatArray
    independent: IntArray
    of_margins: FloatArray
    warnings: tuple[CodedWarning, ...] = ()

    @property
    def population(self) -> float:
        """Persons in the population."""
        return float(self.totals[0])

    @property
    def numeric(self) -> FloatArray:
        """Which columns are numbers rather than categories, shape (k,)."""
        return np.array([bool(variable) and not category for variable, category in self.labels])

    def design(self) -> Design:
        """Return the independent columns for a fit, with numbers brought to one scale, which changes no fitted value."""
        at = self.independent
        centre, scale = np.zeros(at.size), np.ones(at.size)
        numbers = self.numeric[at].astype(np.bool_)
        centre[numbers] = (self.totals / self.population)[at][numbers]
        scale[numbers] = self.sample[:, at][:, numbers].std(axis=0)
        reference = self.reference
        return Design(
            sample=(self.sample[:, at] - centre) / scale,
            reference=None if reference is None else (reference[:, at] - centre) / scale,
            totals=(self.totals[at] - centre * self.population) / scale,
            centre=centre,
            scale=scale,
            of_margins=(self.of_margins[:, at] - np.outer(self.of_margins[:, 0], centre)) / scale,
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Design:
    """The independent columns of volunteers and reference; the first is 1 for everybody.

    Parameters
    ----------
    sample : array of shape (n, p)
    reference : array of shape (r, p) or None
    totals : array of shape (p,)
    centre, scale : array of shape (p,)
        What was taken off each column, and what it was divided by.
    of_margins : array of shape (m, p)
        What turns the m totals of the margins into `totals`, as a product.
    """

    sample: FloatArray
    reference: FloatArray | None
    totals: FloatArray
    centre: FloatArray
    scale: FloatArray
    of_margins: FloatArray


def common_variables(sample: SurveySample, reference: Reference, variables: Sequence[str] | None) -> Common:
    """Bring volunteers and reference to the same columns, or say why they cannot be compared.

    Columns of text are categories, columns of numbers are numbers; ``"sex:age"`` crosses two columns of categories.

    Parameters
    ----------
    sample : SurveySample
        The volunteers, n rows.
    reference : SurveySample or Margins
        A sample of the population with its weights, or totals of the population.
    variables : sequence of str or None
        Columns that both samples have; None with margins, which name their own.

    Returns
    -------
    Common

    Raises
    ------
    InvalidInput
        If variables are missing or given in vain, a category is on one side only, a column is a combination of others
        on one side only, the population has no number of persons, or the volunteers are not fewer than it.
    """
    margins = _margins(reference, variables)
    prepared = prepare(sample, margins)
    population = _population(reference, margins)
    ours = np.column_stack([np.ones(sample.n), _matrix(prepared)])
    theirs, weight = None, None
    if isinstance(reference, SurveySample):
        other = prepare(reference, margins)
        at = [other.labels.index(label) for label in prepared.labels]
        theirs = np.column_stack([np.ones(reference.n), _matrix(other)[:, at]])
        weight = reference.weights
    totals = np.concatenate([[population], prepared.system.targets])
    _require_fewer(float(sample.weights.sum()), population)
    return Common(
        labels=(("", ""), *prepared.labels),
        sample=ours,
        weight=sample.weights,
        reference=theirs,
        reference_weight=weight,
        totals=totals,
        independent=_independent(ours, theirs, totals, prepared.labels),
        of_margins=_of_margins(margins, prepared.kept),
        warnings=universe_warnings(sample, reference),
    )


def _margins(reference: Reference, variables: Sequence[str] | None) -> Margins:
    if isinstance(reference, Margins) == (variables is not None) or (variables is not None and not len(variables)):
        raise InvalidInput(
            "variables missing, or given in vain",
            expected="names of common columns with a reference sample; none with margins, which name their own",
            got=f"{variables!r} with {type(reference).__name__}",
            where="variables",
            fix="name the columns that both samples have and that explain who volunteers",
        )
    if isinstance(reference, Margins):
        return reference
    names = (variables,) if isinstance(variables, str) else tuple(variables or ())
    totals: dict[Any, Any] = {}
    for name in names:
        parts = tuple(name.split(CROSSING))
        totals[parts] = _totals(reference, parts)
    return Margins.from_totals(totals, source="the reference sample", universe=reference.universe)


def _totals(reference: SurveySample, parts: tuple[str, ...]) -> Mapping[tuple[str, ...], float] | float:
    """Sum the weights of the reference by category, or its weighted numbers."""
    if len(parts) == 1 and reference.column(parts[0]).dtype.kind in "iuf":
        return float(reference.weights @ reference.column(parts[0]).astype(np.float64))
    coded = [reference.categories(name) for name in parts]
    rows, codes = np.unique(np.column_stack([c.codes for c in coded]), axis=0, return_inverse=True)
    sums = np.bincount(codes.reshape(-1), reference.weights)
    labels = [tuple(label_text(c.levels[i]) for c, i in zip(coded, row, strict=True)) for row in rows]
    return dict(zip(labels, sums.tolist(), strict=True))


def _matrix(prepared: Prepared) -> FloatArray:
    return np.asarray(prepared.system.matrix().toarray(), dtype=np.float64)


def _population(reference: Reference, margins: Margins) -> float:
    if isinstance(reference, SurveySample):
        return float(reference.weights.sum())
    found = margins.population
    if found is None:
        named = dict(zip((label for label, _ in margins.labels), margins.totals.tolist(), strict=True))
        found = named.get("Intercept")
    if found is None or not found > 0:
        raise InvalidInput(
            "no number of persons",
            expected="a margin of categories, or the total of the intercept of a formula",
            got="totals of continuous variables only",
            where="margins",
            fix="add the number of persons in the population",
        )
    return found


def _of_margins(margins: Margins, kept: IntArray) -> FloatArray:
    """Make the matrix, m by k, that turns totals of margins into the population and the totals of the columns."""
    counted = next((m.label for m in margins.margins if not m.continuous), "Intercept")
    population = np.array([variable == counted for variable, _ in margins.labels], dtype=np.float64)
    return np.column_stack([population, np.eye(population.size)[:, kept]])


def _require_fewer(volunteers: float, population: float) -> None:
    if not volunteers < population:
        raise InvalidInput(
            "as many volunteers as persons",
            expected=f"fewer than the {population:g} persons of the population",
            got=f"{volunteers:g}",
            where="the weights of the volunteers",
            fix="volunteers count 1 each: give the sample without weights; and check the weights of the reference",
        )


def _independent(
    ours: FloatArray, theirs: FloatArray | None, totals: FloatArray, labels: Sequence[tuple[str, str]]
) -> IntArray:
    """Return columns of the volunteers that are not combinations of others; the other side must agree.

    The first category of each variable comes last, so that it is the one that is left out.
    """
    named = [label[0] for label in labels]
    first = np.array([False, *(bool(c) and named.index(v) == i for i, (v, c) in enumerate(labels))])
    order = np.concatenate([np.flatnonzero(~first), np.flatnonzero(first)])
    positions, others = _basis(ours[:, order])
    kept, left = np.sort(order[positions]), np.sort(order[others])
    both = totals[None, :] if theirs is None else theirs
    combined = np.linalg.lstsq(ours[:, kept], ours[:, left], rcond=None)[0]
    off = np.abs(both[:, left] - both[:, kept] @ combined).max(axis=0, initial=0.0)
    wrong = left[off > 1e-6 * np.maximum(np.abs(both[:, left]).max(axis=0, initial=0.0), 1e-300)]
    side = "the volunteers"
    if not wrong.size and theirs is not None:
        wrong, side = kept[_basis(theirs[:, kept])[1]], "the reference"
    if wrong.size:
        names = [" = ".join(filter(None, labels[i - 1])) for i in wrong]
        raise InvalidInput(
            "variables that do not vary freely",
            expected="columns that vary on both sides, none of them a combination of others on one side only",
            got=f"no variation of its own among {side}: " + ", ".join(names),
            where="variables",
            fix="leave the variable out: nothing can be learnt from it",
        )
    return kept


def _basis(matrix: FloatArray) -> tuple[IntArray, IntArray]:
    """Split columns, one after the other, into independent ones and combinations of these."""
    norms = np.linalg.norm(matrix, axis=0)
    found: list[FloatArray] = []
    kept: list[int] = []
    for k, norm in enumerate(norms):
        rest = matrix[:, k] / max(norm, 1e-300)
        for _ in range(2):  # the second pass takes out what rounding left
            for direction in found:
                rest = rest - direction * (direction @ rest)
        size = float(np.linalg.norm(rest))
        if size > _DEPENDENT:
            found.append(rest / size)
            kept.append(k)
    others = np.setdiff1d(np.arange(norms.size), kept)
    return np.array(kept, dtype=np.int64), others.astype(np.int64)
