"""Persons who were seen, one row each: how often or on which lists, with their covariates and, in a survey, its design."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand, FloatArray, IntArray, frozen_floats
from microwork_estimate.inputs.checks import distinct_names, first_bad
from microwork_estimate.inputs.histories import CAPTURED, CaptureCounts
from microwork_estimate.inputs.survey import SurveySample


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DesignMatrix:
    """The columns that a formula makes of covariates.

    Parameters
    ----------
    names : tuple of str, length p
        What each column stands for.
    values : array of shape (n, p)
        One row for each person; the columns are linearly independent.

    Examples
    --------
    >>> DesignMatrix(names=("Intercept", "x"), values=[[1, 3.0], [1, 4.0]]).values.shape
    (2, 2)
    """

    names: tuple[str, ...]
    values: FloatArray

    def __post_init__(self) -> None:
        values = frozen_floats(self.values, where="DesignMatrix.values")
        if values.ndim != 2 or values.shape[1] != len(self.names) or not len(self.names):
            raise InvalidInput(
                "not a design matrix",
                expected="one row for each person and one column for each name, at least one",
                got=f"shape {values.shape} and {len(self.names)} names",
                where="DesignMatrix",
                fix="a formula needs at least one term; '1' is the intercept alone",
            )
        bad = np.argwhere(~np.isfinite(values))
        if bad.size:
            row, column = (int(place) for place in bad[0])
            raise InvalidInput(
                "a covariate that is not finite",
                expected="finite numbers in every column",
                got=f"{values[row, column]:g} at position {row}",
                where=f"column {self.names[column]!r} of the formula",
                fix="a logarithm of zero or a division by zero in the formula is the usual reason",
            )
        object.__setattr__(self, "values", values)
        self._check_rank()

    def _check_rank(self) -> None:
        """Refuse columns that others already contain: their coefficients would be arbitrary."""
        size = np.linalg.norm(self.values, axis=0)
        scaled = self.values / np.where(size > 0, size, 1.0)
        if int(np.linalg.matrix_rank(scaled)) == len(self.names):
            return
        kept: list[int] = []
        for column in range(len(self.names)):
            if int(np.linalg.matrix_rank(scaled[:, [*kept, column]])) > len(kept):
                kept.append(column)
        extra = [name for column, name in enumerate(self.names) if column not in kept]
        raise InvalidInput(
            "columns that others already contain",
            expected="linearly independent columns, no more than there are different persons",
            got=", ".join(extra),
            where="formula",
            fix="leave these terms out, or join rare categories",
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CapturedPersons:
    """Persons seen at least once, one row each.

    Parameters
    ----------
    sample : SurveySample
        The covariates. If the persons at hand are a sample of those seen, with the weights and the design of that
        sample: a weight says how many persons *seen* a person stands for.
    times : str or None
        The column that says how often each person was seen, whole numbers from 1.
    lists : tuple of str
        Or the columns of zeros and ones that say on which lists, or on which occasions in their order, each person
        was seen; at least two.
    estimand : Estimand
        Whom the sightings are about.

    Examples
    --------
    >>> persons = CapturedPersons.from_columns({"times": [1, 1, 2], "age": [30, 41, 25]}, times="times")
    >>> persons.n, persons.sightings.tolist()
    (3, [1, 1, 2])
    >>> persons.design_matrix("age").names
    ('Intercept', 'age')
    """

    sample: SurveySample
    times: str | None = None
    lists: tuple[str, ...] = ()
    estimand: Estimand = CAPTURED

    def __post_init__(self) -> None:
        lists = distinct_names(self.lists, where="CapturedPersons.lists") if self.lists else ()
        object.__setattr__(self, "lists", lists)
        if (self.times is None) == (not lists) or len(lists) == 1:
            raise InvalidInput(
                "who was seen how is not said, or said twice",
                expected="either a column of times seen, or at least two columns of lists",
                got=f"times={self.times!r}, lists={lists!r}",
                where="CapturedPersons",
                fix="name one or the other",
            )
        seen = self.sightings
        if seen.min() < 1:
            raise InvalidInput(
                "persons never seen",
                expected="persons seen at least once",
                got=f"{int(np.count_nonzero(seen < 1))} persons with no sighting",
                where="CapturedPersons",
                fix="remove them: who was never seen is what is to be estimated",
            )

    @classmethod
    def from_columns(
        cls,
        columns: Mapping[str, Any],
        *,
        times: str | None = None,
        lists: Sequence[str] = (),
        estimand: Estimand = CAPTURED,
        **design: Any,
    ) -> CapturedPersons:
        """Make persons of a mapping of columns; `design` is what :class:`SurveySample` takes beside its columns."""
        sample = SurveySample(columns=columns, **design)
        return cls(sample=sample, times=times, lists=tuple(lists), estimand=estimand)

    def paired(self, first: str, second: str) -> CapturedPersons:
        """Return the same persons with two lists put before the others, for the estimators from a pair of lists.

        Raises
        ------
        InvalidInput
            If they are not two different lists of these persons.
        """
        if first == second or not {first, second} <= set(self.lists):
            raise InvalidInput(
                "not a pair of lists",
                expected="two different lists among " + ", ".join(self.lists),
                got=f"{first!r} and {second!r}",
                where="CapturedPersons.paired",
                fix="check the spelling",
            )
        others = tuple(name for name in self.lists if name not in (first, second))
        return replace(self, lists=(first, second, *others))

    @property
    def n(self) -> int:
        """Number of persons at hand."""
        return self.sample.n

    @property
    def weights(self) -> FloatArray:
        """How many persons seen each person stands for, shape (n,)."""
        return self.sample.weights

    @property
    def designed(self) -> bool:
        """Whether the persons are a sample of those seen: weights other than 1, strata, clusters or a population."""
        sample = self.sample
        design = (sample.strata, sample.psu, sample.second_stage, sample.fpc)
        return bool(np.any(sample.weights != 1.0)) or any(part is not None for part in design)

    @property
    def presence(self) -> IntArray:
        """On which lists each person was seen, shape (n, k), zeros and ones.

        Raises
        ------
        InvalidInput
            If the persons came with times seen, or a column holds anything but 0 and 1.
        """
        if not self.lists:
            raise InvalidInput(
                "no lists",
                expected="columns of zeros and ones, one for each list or occasion",
                got=f"times seen in column {self.times!r}",
                where="CapturedPersons.lists",
                fix="name the columns of the lists, or use count_regression",
            )
        columns = [self.sample.numbers(name) for name in self.lists]
        for name, column in zip(self.lists, columns, strict=True):
            bad = (column != 0.0) & (column != 1.0)
            if bad.any():
                raise InvalidInput(
                    "neither present nor absent",
                    expected="zeros and ones",
                    got=first_bad(column, bad),
                    where=f"column {name!r}",
                    fix="code presence as 1 and absence as 0; a missing value is not an absence",
                )
        return np.column_stack(columns).astype(np.int64)

    @property
    def sightings(self) -> IntArray:
        """How often each person was seen, shape (n,): the times given, or the number of lists."""
        if self.times is None:
            return np.asarray(self.presence.sum(axis=1), dtype=np.int64)
        column = self.sample.numbers(self.times)
        if np.any(column != np.floor(column)):
            raise InvalidInput(
                "not a count",
                expected="whole numbers from 1",
                got=first_bad(column, column != np.floor(column)),
                where=f"column {self.times!r}",
                fix="a person is seen a whole number of times",
            )
        return column.astype(np.int64)

    @property
    def counts(self) -> CaptureCounts:
        """The persons at hand by how often they were seen, without weights."""
        occasions = len(self.lists) if self.lists else None
        return CaptureCounts(frequencies=np.bincount(self.sightings)[1:], occasions=occasions, estimand=self.estimand)

    def design_matrix(self, formula: str) -> DesignMatrix:
        """Return the columns that a formula makes of the covariates.

        Parameters
        ----------
        formula : str
            The right side of a formula, for example ``"sex + log(age)"``; ``"1"`` is the intercept alone.

        Returns
        -------
        DesignMatrix

        Raises
        ------
        InvalidInput
            If the formula has two sides or cannot be read, if a covariate is unknown or has a missing value, or if the
            columns are not linearly independent.
        """
        return formula_columns(formula, self.sample)


def formula_columns(formula: str, sample: SurveySample) -> DesignMatrix:
    """Return the columns that a one-sided formula makes of a sample.

    Parameters
    ----------
    formula : str
        The right side of a formula.
    sample : SurveySample

    Returns
    -------
    DesignMatrix

    Raises
    ------
    InvalidInput
        If the formula has two sides or cannot be read, or if a covariate is unknown or has a missing value.

    Examples
    --------
    >>> formula_columns("sex", SurveySample(columns={"sex": ["f", "m"]})).names
    ('Intercept', 'sex[T.m]')
    """
    import pandas as pd
    from formulaic import Formula  # type: ignore[import-untyped]
    from formulaic.errors import FormulaicError  # type: ignore[import-untyped]

    right = formula.strip().removeprefix("~").strip()
    if not right or "~" in right:
        raise _unreadable(formula, "two sides" if right else "nothing")
    try:
        parsed = Formula(right)
        # Read from the text: formulaic does not report the variables inside a function of several arguments.
        needed = [name for name in sample.columns if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", right)]
        frame = pd.DataFrame({name: _complete(sample, name) for name in needed}, index=range(sample.n))
        with np.errstate(all="ignore"):  # what is not finite is refused by DesignMatrix, with its place
            made = parsed.get_model_matrix(frame, na_action="ignore", context={})
    except FormulaicError as error:
        raise _unreadable(formula, _plain(str(error))) from error
    if not hasattr(made, "columns"):
        raise _unreadable(formula, "several parts")
    return DesignMatrix(names=tuple(str(name) for name in made.columns), values=np.asarray(made, dtype=np.float64))


def _plain(message: str) -> str:
    """Return the beginning of a message without the colour codes of a terminal."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", message).split())[:120]


def _complete(sample: SurveySample, name: str) -> NDArray[Any]:
    """Return a column without missing values, text as Python strings."""
    import pandas as pd

    column = sample.column(name)
    missing = np.asarray(pd.isna(column))
    if missing.any():
        raise InvalidInput(
            "missing value",
            expected="a value for every person",
            got=f"{int(missing.sum())} missing, the first at position {int(np.flatnonzero(missing)[0])}",
            where=f"column {name!r}",
            fix="impute it, or leave the persons out and say so",
        )
    return column.astype(object) if column.dtype.kind in "US" else column


def _unreadable(formula: str, got: str) -> InvalidInput:
    return InvalidInput(
        "formula cannot be read",
        expected="the right side of a formula, for example 'sex + log(age)'",
        got=got,
        where=f"formula {formula!r}",
        fix="name the covariates only; who was seen how often is said by the persons",
    )
