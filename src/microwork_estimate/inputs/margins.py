"""Margins: population totals that weights are calibrated on, with where they come from."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InconsistentMargins, InvalidInput
from microwork_estimate.estimate import UNSPECIFIED, FloatArray, frozen_floats
from microwork_estimate.inputs.checks import distinct_names, first_bad, nonnegative, same_length
from microwork_estimate.inputs.codes import label_text

#: Totals of two margins agree when they differ by less than this share: rounding of floats, not of publications.
AGREEMENT = 1e-9

_MAX_DRAWS = 100

Key = str | tuple[str, ...]
Totals = Mapping[Any, float] | float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Margin:
    """Population totals of one variable, or of a crossing of several.

    Parameters
    ----------
    variables : tuple of str
        The column of the survey, or the columns crossed.
    categories : tuple of c tuples of str
        The categories, as text, one for each variable; empty for the total of a continuous variable.
    totals : array of shape (c,) or (1,)
        Persons in each category, or the total of the continuous variable over the population.
    standard_errors : array of the same shape, or None
        How uncertain the totals are, where they are themselves estimates; None for exact ones.
    """

    variables: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    totals: FloatArray
    standard_errors: FloatArray | None = None

    def __post_init__(self) -> None:
        names = distinct_names(self.variables, where="Margin.variables")
        totals = _checked_totals(self.totals, self.label, continuous=self.continuous)
        same_length({"categories": len(self.categories) or 1, "totals": totals.size}, where=f"margin {self.label!r}")
        if len(set(self.categories)) < len(self.categories) or any(len(c) != len(names) for c in self.categories):
            raise InvalidInput(
                "categories not distinct",
                expected="each category once, with one label for each variable of the crossing",
                got=", ".join(":".join(c) for c in self.categories)[:80],
                where=f"margin {self.label!r}",
                fix="add up the rows of one category; for a crossing give tuples of labels",
            )
        if self.standard_errors is not None:
            errors = nonnegative(self.standard_errors, where=f"standard errors of margin {self.label!r}")
            same_length({"totals": totals.size, "standard_errors": errors.size}, where=f"margin {self.label!r}")
            object.__setattr__(self, "standard_errors", errors)
        object.__setattr__(self, "variables", names)
        object.__setattr__(self, "totals", totals)

    @property
    def continuous(self) -> bool:
        """Whether this is the total of a continuous variable."""
        return not self.categories

    @property
    def label(self) -> str:
        """The name of the variable, or the names of a crossing joined by ``:``."""
        return ":".join(self.variables)

    @property
    def category_labels(self) -> tuple[str, ...]:
        """One text for each total; empty for the total of a continuous variable."""
        return tuple(":".join(c) for c in self.categories) or ("",)

    def collapsed(self, variables: Sequence[str]) -> dict[tuple[str, ...], float]:
        """Return the totals by some of the variables of the crossing; by none: the grand total under ``()``."""
        at = [self.variables.index(name) for name in variables]
        sums: dict[tuple[str, ...], float] = {}
        for category, total in zip(self.categories, self.totals.tolist(), strict=True):
            key = tuple(category[i] for i in at)
            sums[key] = sums.get(key, 0.0) + total
        return sums


def _checked_totals(totals: ArrayLike, label: str, *, continuous: bool) -> FloatArray:
    array = np.atleast_1d(frozen_floats(totals, where=f"margin {label!r}"))
    bad = ~np.isfinite(array) | (array < 0 if not continuous else False)
    if bad.any():
        raise InvalidInput(
            "impossible total",
            expected="finite totals, zero or more for categories, none missing",
            got=first_bad(array, bad),
            where=f"margin {label!r}",
            fix="correct it from the source of the margin",
        )
    if not continuous and not array.sum() > 0:
        raise InvalidInput(
            "zero total",
            expected="a margin with persons in it",
            got="0 in all categories",
            where=f"margin {label!r}",
            fix="give the totals of the population",
        )
    return array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Margins:
    """Population totals to calibrate on. All margins of categories are about one population and give one total.

    Parameters
    ----------
    margins : tuple of Margin
        By variable, by crossing, or of continuous variables, in this order.
    source : str
        Who published the totals, and where. Mandatory.
    as_of : str
        Their date.
    universe : str
        The population that they are about, in words; compared with the universe of the sample.
    formula : str or None
        Where the margins are columns of a formulaic formula: the formula that makes these columns of a survey.

    Examples
    --------
    >>> margins = Margins.from_totals(
    ...     {"sex": {"f": 52, "m": 48}, "hours": 2100.0}, source="made up", universe="micro-workers"
    ... )
    >>> margins.population, margins.labels
    (100.0, (('sex', 'f'), ('sex', 'm'), ('hours', '')))
    """

    margins: tuple[Margin, ...]
    source: str
    as_of: str = UNSPECIFIED
    universe: str = UNSPECIFIED
    formula: str | None = None

    def __post_init__(self) -> None:
        if not self.margins or not self.source.strip():
            raise InvalidInput(
                "margins without content or source",
                expected="at least one margin, and the document, page or person that gives it",
                got=f"{len(self.margins)} margins, source {self.source!r}",
                where="Margins",
                fix="say where the totals were read; 'assumed: <reason>' is a source, silence is not",
            )
        _check_variables(self.margins)
        for one, other in itertools.combinations([m for m in self.margins if not m.continuous], 2):
            _check_agreement(one, other)

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Variable and category of each of the p totals."""
        return tuple((m.label, c) for m in self.margins for c in m.category_labels)

    @property
    def totals(self) -> FloatArray:
        """All totals, shape (p,)."""
        return np.concatenate([m.totals for m in self.margins])

    @property
    def standard_errors(self) -> FloatArray:
        """Standard errors of all totals, shape (p,); 0 for exact ones."""
        parts = (np.zeros(m.totals.size) if m.standard_errors is None else m.standard_errors for m in self.margins)
        return np.concatenate(list(parts))

    @property
    def population(self) -> float | None:
        """The number of persons that all margins of categories give; None when there are none."""
        return next((float(m.totals.sum()) for m in self.margins if not m.continuous), None)

    @classmethod
    def from_totals(
        cls,
        totals: Mapping[Key, Totals],
        *,
        source: str,
        as_of: str = UNSPECIFIED,
        universe: str = UNSPECIFIED,
        standard_errors: Mapping[Key, Totals] | None = None,
    ) -> Margins:
        """Make margins of plain mappings.

        Parameters
        ----------
        totals : mapping
            From a variable (or a tuple of variables, for a crossing) to a mapping from category (or tuple of
            categories) to total; or from a continuous variable to its total.
        source, as_of, universe : str
        standard_errors : mapping of the same shape, or None
            A variable left out has exact totals.

        Returns
        -------
        Margins

        Raises
        ------
        InvalidInput
            If a total is missing or negative, a variable stands twice, or a category has no standard error.
        InconsistentMargins
            If two margins give different totals.
        """
        errors = standard_errors or {}
        unknown = [key for key in errors if key not in totals]
        if unknown:
            raise InvalidInput(
                "standard errors without totals",
                expected="variables that have totals",
                got=", ".join(map(str, unknown)),
                where="Margins.standard_errors",
                fix="check the spelling",
            )
        margins = tuple(_margin(key, values, errors.get(key)) for key, values in totals.items())
        return cls(margins=margins, source=source, as_of=as_of, universe=universe)

    @classmethod
    def from_formula(
        cls,
        formula: str,
        totals: Mapping[str, float],
        *,
        source: str,
        as_of: str = UNSPECIFIED,
        universe: str = UNSPECIFIED,
    ) -> Margins:
        """Make margins of a formulaic formula and the population totals of its columns.

        Parameters
        ----------
        formula : str
            One-sided, for example ``"~ stype + api99"``.
        totals : mapping of str to float
            The total over the population of every column that the formula makes, by formulaic's name: ``"Intercept"``
            (or ``"(Intercept)"``) for the number of persons, ``"stype[T.H]"`` for a category, ...
        source, as_of, universe : str

        Returns
        -------
        Margins
            Whether the names are those of the formula's columns is checked when the sample is seen. The category that
            the intercept stands for has no name, so that it is not checked: prefer :meth:`from_totals` for categories.
        """
        names = [name.strip("()") if name == "(Intercept)" else name for name in totals]
        margins = tuple(
            Margin(variables=(name,), categories=(), totals=np.array([total]))
            for name, total in zip(names, totals.values(), strict=True)
        )
        return cls(margins=margins, source=source, as_of=as_of, universe=universe, formula=formula)

    def with_totals(self, totals: ArrayLike) -> Margins:
        """Return the same margins with other totals, shape (p,), taken as exact."""
        parts = np.split(np.asarray(totals, dtype=float), np.cumsum([m.totals.size for m in self.margins])[:-1])
        margins = tuple(
            replace(m, totals=part, standard_errors=None) for m, part in zip(self.margins, parts, strict=True)
        )
        return replace(self, margins=margins)

    def scaled_to(self, population: float) -> Margins:
        """Return the margins of categories in proportion, each scaled to one number of persons; others as they are."""
        return replace(self, margins=scaled_margins(self.margins, population))

    def draw(self, rng: np.random.Generator, n_draws: int) -> FloatArray:
        """Draw totals anew from their standard errors, so that all margins of a draw still give one total.

        Normal errors, independent but for the condition that the margins agree (the normal distribution given the
        linear constraints). A draw with a negative category is drawn again.

        Parameters
        ----------
        rng : numpy.random.Generator
        n_draws : int
            Number of draws, B.

        Returns
        -------
        array of shape (B, p)

        Raises
        ------
        InvalidInput
            If the standard errors are so large that draws keep falling below zero.
        """
        lower = np.concatenate([np.full(m.totals.size, -np.inf if m.continuous else 0.0) for m in self.margins])
        errors, gain, constraint = self.standard_errors, *_conditioning(self)
        result = np.empty((n_draws, errors.size))
        todo = np.arange(n_draws)
        for _ in range(_MAX_DRAWS):
            noise = rng.standard_normal((todo.size, errors.size)) * errors
            result[todo] = self.totals + noise - (noise @ constraint.T) @ gain.T
            todo = todo[(result[todo] < lower).any(axis=1)]
            if not todo.size:
                return result
        raise InvalidInput(
            "standard errors too large",
            expected="totals that stay above zero when drawn",
            got=f"{todo.size} of {n_draws} draws below zero after {_MAX_DRAWS} tries",
            where="Margins.standard_errors",
            fix="merge categories whose total is smaller than twice its standard error",
        )


def scaled_margins(margins: Sequence[Margin], population: float) -> tuple[Margin, ...]:
    """Return margins of categories in proportion, each scaled to one number of persons; others as they are.

    For published margins whose rounded totals differ by a few persons: scale first, then make :class:`Margins`.
    """
    return tuple(
        m
        if m.continuous
        else replace(
            m,
            totals=m.totals * (population / m.totals.sum()),
            standard_errors=None if m.standard_errors is None else m.standard_errors * (population / m.totals.sum()),
        )
        for m in margins
    )


def _margin(key: Key, values: Totals, errors: Totals | None) -> Margin:
    variables = (key,) if isinstance(key, str) else tuple(key)
    if not isinstance(values, Mapping):
        error = None if errors is None else np.array([errors], dtype=float)
        return Margin(variables=variables, categories=(), totals=np.array([values]), standard_errors=error)
    if errors is not None and (not isinstance(errors, Mapping) or set(errors) != set(values)):
        raise InvalidInput(
            "standard errors not for the same categories",
            expected="one standard error for each category of the margin",
            got=str(errors)[:80],
            where=f"standard errors of {':'.join(variables)}",
            fix="give 0 for an exact total",
        )
    categories = tuple(tuple(map(label_text, c if isinstance(c, tuple) else (c,))) for c in values)
    found = None if not isinstance(errors, Mapping) else np.array([errors[c] for c in values], dtype=float)
    totals = frozen_floats(list(values.values()), where=f"margin {':'.join(variables)!r}")
    return Margin(variables=variables, categories=categories, totals=totals, standard_errors=found)


def _check_variables(margins: Sequence[Margin]) -> None:
    seen: set[frozenset[str]] = set()
    continuous = {m.label for m in margins if m.continuous}
    for margin in margins:
        key = frozenset(margin.variables)
        if key in seen or (not margin.continuous and key & continuous):
            raise InvalidInput(
                "repeated variable",
                expected="each variable (or crossing) in one margin",
                got=f"{margin.label!r} twice",
                where="Margins",
                fix="keep one of the two margins; a variable may stand alone and in a crossing, not twice alone",
            )
        seen.add(key)


def _check_agreement(one: Margin, other: Margin) -> None:
    shared = [name for name in one.variables if name in other.variables]
    left, right = one.collapsed(shared), other.collapsed(shared)
    for key in [*left, *(k for k in right if k not in left)]:
        a, b = left.get(key, 0.0), right.get(key, 0.0)
        if abs(a - b) > AGREEMENT * max(abs(a), abs(b)):
            what = "the population" if not shared else f"{':'.join(shared)} = {':'.join(key)}"
            raise InconsistentMargins(
                "inconsistent margins",
                expected=f"one total of {what} in all margins",
                got=f"{a:.15g} by {one.label!r} and {b:.15g} by {other.label!r}",
                where="Margins",
                fix="check date and universe of both; inputs.scaled_margins helps when they differ by rounding only",
            )


def _conditioning(margins: Margins) -> tuple[FloatArray, FloatArray]:
    """Gain and constraints by which normal errors of margins are conditioned on agreement of their totals."""
    starts = np.cumsum([0, *(m.totals.size for m in margins.margins)])
    rows: list[FloatArray] = []
    categorical = [(s, m) for s, m in zip(starts[:-1], margins.margins, strict=True) if not m.continuous]
    for (start, one), (begin, other) in itertools.combinations(categorical, 2):
        shared = [name for name in one.variables if name in other.variables]
        for key in one.collapsed(shared):
            row = np.zeros(starts[-1])
            for sign, first, margin in ((1.0, start, one), (-1.0, begin, other)):
                at = [margin.variables.index(name) for name in shared]
                members = [i for i, c in enumerate(margin.categories) if tuple(c[j] for j in at) == key]
                row[first + np.array(members, dtype=int)] = sign
            rows.append(row)
    constraint = np.array(rows).reshape(len(rows), int(starts[-1]))
    spread = constraint * margins.standard_errors**2
    gain = spread.T @ np.linalg.pinv(spread @ constraint.T, hermitian=True)
    return gain, constraint
