"""A survey of micro-workers: answers, weights, sampling design, and the way by which respondents were reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import UNSPECIFIED, FloatArray, IntArray, frozen_floats
from microwork_estimate.inputs.checks import first_bad, nonnegative, same_length
from microwork_estimate.inputs.codes import Coded, Columns, as_column, encode, pair_codes, require_complete
from microwork_estimate.inputs.shown import shown_columns

ReachedVia = Literal["registration", "worker", "platform_subset"]
LonelyPsu = Literal["fail", "adjust", "average", "certainty"]

_LABELS = ("strata", "psu", "second_stage")
_SIZES = ("fpc", "second_stage_fpc")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Auxiliary:
    """What the weights of a sample were calibrated on, kept for the variance.

    Parameters
    ----------
    method : str
        ``"poststratification"``, ``"raking"``, ``"linear"``, ``"logit"``, ``"truncated_linear"``, ``"sinh"``, ``"ipf"``
        or ``"ridge"``.
    base_weight : array of shape (n,)
        The weights before calibration.
    codes : tuple of arrays of shape (n,)
        One array for each categorical margin, in the order of the margins: the category of each respondent.
    sizes : tuple of int
        Number of categories of each of them.
    numbers : array of shape (n, k)
        The continuous auxiliary variables and the columns of a formula; k may be 0.
    q : array of shape (n,) or None
        The scale of the distance of each respondent (1 over the assumed residual variance); None for 1.
    groups : array of shape (n,) or None
        Groups (households, primary units) whose members were all multiplied by one factor; None for respondents.
    """

    method: str
    base_weight: FloatArray
    codes: tuple[IntArray, ...]
    sizes: tuple[int, ...]
    numbers: FloatArray
    q: FloatArray | None = None
    groups: IntArray | None = None

    def matrix(self) -> FloatArray:
        """Return the auxiliary variables as a matrix of shape (n, p): indicators margin by margin, then numbers.

        Margins that each cover everybody make it collinear: use a least-squares solution, not an inverse.
        """
        n = self.base_weight.size
        result = np.zeros((n, sum(self.sizes) + self.numbers.shape[1]))
        start = 0
        for codes, size in zip(self.codes, self.sizes, strict=True):
            result[np.arange(n), start + codes] = 1.0
            start += size
        result[:, start:] = self.numbers
        return result


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SurveySample:
    """Respondents of a survey.

    Parameters
    ----------
    columns : mapping of str to array of shape (n,)
        The answers, one array (or list, or series of a data frame) for each question.
    weight : array of shape (n,) or None
        Base weights, positive; None for equal weights of 1.
    reached_via : str or None
        How respondents came into the sample, mandatory where multiplicity is estimated because it decides which mean
        is right: ``"registration"`` (drawn from accounts of all platforms concerned, so that a person on two platforms
        is twice as likely to be drawn), ``"worker"`` (drawn from persons, for example in a general-population
        survey) or ``"platform_subset"`` (drawn from the accounts of some of the platforms only).
    strata : array of shape (n,) or None
        Labels of the strata of the first stage; None for one stratum.
    psu : array of shape (n,) or None
        Labels of the primary sampling units (clusters); None when respondents were drawn directly. A label that stands
        in two strata means two units: labels are read within strata.
    second_stage : array of shape (n,) or None
        Labels of the units of the second stage, read within primary units; None for one stage.
    fpc, second_stage_fpc : array of shape (n,) or None
        Finite population of the first (second) stage: either the number of units in the population of the stratum
        (of the primary unit), or the share of them that was drawn. None for drawing with replacement, or when the
        share is too small to matter.
    lonely_psu : str
        What variance does with a stratum of one primary unit: ``"fail"`` (an error, the default), ``"adjust"``
        (deviation from the mean of all), ``"average"`` (the mean variance of the other strata) or ``"certainty"`` (no
        variance).
    universe : str
        The population that the sample was drawn from, in words; compared with the universe of margins.
    auxiliary : Auxiliary or None
        What the weights were calibrated on; filled in by :mod:`microwork_estimate.weighting`.
    """

    columns: Mapping[str, NDArray[Any]]
    weight: FloatArray | None = None
    reached_via: ReachedVia | None = field(default=None)
    strata: NDArray[Any] | None = None
    psu: NDArray[Any] | None = None
    second_stage: NDArray[Any] | None = None
    fpc: FloatArray | None = None
    second_stage_fpc: FloatArray | None = None
    lonely_psu: LonelyPsu = "fail"
    universe: str = UNSPECIFIED
    auxiliary: Auxiliary | None = None

    def __post_init__(self) -> None:
        columns = self.columns if isinstance(self.columns, Columns) else Columns(self.columns)
        if not columns:
            raise InvalidInput(
                "empty survey",
                expected="at least one column",
                got="none",
                where="SurveySample.columns",
                fix="give the answers",
            )
        lengths = columns.lengths()
        n = next(iter(lengths.values()))
        if n == 0:
            raise InvalidInput(
                "empty sample",
                expected="at least one respondent",
                got="none",
                where="SurveySample.columns",
                fix="check the filter that made the table",
            )
        weight = _positive_weights(np.ones(n) if self.weight is None else self.weight)
        same_length({**lengths, "weight": weight.size}, where="SurveySample")
        if self.reached_via is not None:
            check_choice(self.reached_via, get_args(ReachedVia), where="SurveySample.reached_via")
        check_choice(self.lonely_psu, get_args(LonelyPsu), where="SurveySample.lonely_psu")
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "weight", weight)
        self._check_design(n)

    def _check_design(self, n: int) -> None:
        for name in (*_LABELS, *_SIZES):
            values = getattr(self, name)
            if values is None:
                continue
            where = f"SurveySample.{name}"
            array = nonnegative(values, where=where) if name in _SIZES else as_column(values)
            same_length({"columns": n, name: len(array)}, where="SurveySample")
            if name in _LABELS:
                encode(array, where=where)
            object.__setattr__(self, name, array)
        if self.second_stage_fpc is not None and (self.second_stage is None or self.fpc is None):
            raise InvalidInput(
                "second stage without a first",
                expected="second_stage and fpc beside second_stage_fpc",
                got="one of them is missing",
                where="SurveySample.second_stage_fpc",
                fix="give the units of the second stage and the finite population of the first",
            )
        self.sampling_fractions()

    @property
    def n(self) -> int:
        """Number of respondents."""
        return int(self.weights.size)

    @property
    def weights(self) -> FloatArray:
        """Weights, shape (n,); ones when none were given."""
        assert self.weight is not None  # noqa: S101 - filled in by __post_init__
        return self.weight

    def column(self, name: str) -> NDArray[Any]:
        """Return one column, shape (n,).

        Raises
        ------
        InvalidInput
            If there is no such column.
        """
        self._require(name)
        return self.columns[name]

    def _require(self, name: str) -> None:
        if name not in self.columns:
            raise InvalidInput(
                "unknown column",
                expected="one of " + shown_columns(list(self.columns)),
                got=repr(name),
                where="SurveySample.columns",
                fix="check the spelling, or add the column",
            )

    def numbers(self, name: str) -> FloatArray:
        """Return one column as numbers, shape (n,).

        Raises
        ------
        InvalidInput
            If a value is missing, negative or not a number.
        """
        return nonnegative(self._as_array(name), where=f"column {name!r}")

    def _as_array(self, name: str) -> ArrayLike:
        return self.column(name)

    def categories(self, name: str) -> Coded:
        """Return one column as integer codes and sorted categories.

        Raises
        ------
        InvalidInput
            If there is no such column, or if a value is missing.
        """
        self._require(name)
        columns = self.columns
        assert isinstance(columns, Columns)  # noqa: S101 - made so by __post_init__
        return require_complete(columns.coded(name), where=f"column {name!r}")

    def stratum_codes(self) -> IntArray:
        """Return the stratum of each respondent as a whole number from 0, shape (n,); zeros without strata."""
        if self.strata is None:
            return np.zeros(self.n, dtype=np.int64)
        return encode(self.strata, where="SurveySample.strata").codes

    def psu_codes(self) -> IntArray:
        """Return the primary unit of each respondent as a whole number from 0, shape (n,).

        One label in two strata makes two units. Without primary units every respondent is one.
        """
        if self.psu is None:
            return np.arange(self.n, dtype=np.int64)
        return pair_codes(self.stratum_codes(), encode(self.psu, where="SurveySample.psu").codes)

    def second_stage_codes(self) -> IntArray:
        """Return the second-stage unit of each respondent as a whole number from 0, shape (n,).

        One label in two primary units makes two units. Without a second stage every respondent is one.
        """
        if self.second_stage is None:
            return np.arange(self.n, dtype=np.int64)
        return pair_codes(self.psu_codes(), encode(self.second_stage, where="SurveySample.second_stage").codes)

    def sampling_fractions(self) -> tuple[FloatArray, FloatArray]:
        """Return the shares of units drawn at the first and second stage, two arrays of shape (n,); 0 without fpc.

        Raises
        ------
        InvalidInput
            If the fpc varies within a stratum (within a primary unit), is below the number of units in the sample, or
            mixes shares and numbers.
        """
        first, second = np.zeros(self.n), np.zeros(self.n)
        if self.fpc is not None:
            first = _fractions(self.fpc, self.stratum_codes(), self.psu_codes(), where="SurveySample.fpc")
        if self.second_stage_fpc is not None:
            units = self.second_stage_codes()
            second = _fractions(self.second_stage_fpc, self.psu_codes(), units, where="SurveySample.second_stage_fpc")
        return first, second

    def with_weights(self, weight: ArrayLike, *, auxiliary: Auxiliary | None = None) -> SurveySample:
        """Return the same respondents with other weights, shape (n,).

        Raises
        ------
        InvalidInput
            If a weight is missing, zero or negative.
        """
        return replace(self, weight=np.asarray(weight), auxiliary=auxiliary)


def _positive_weights(weight: ArrayLike) -> FloatArray:
    """Return weights if all are finite and above zero; each way of failing has a name of its own."""
    array = frozen_floats(weight, where="SurveySample.weight")
    problems = (
        ("missing weight", np.isnan(array), "ask where it was lost, or leave the respondent out and say so"),
        (
            "negative weight",
            array < 0,
            "correct it in the source; a weight says how many persons a respondent stands for",
        ),
        ("weight of zero", array == 0, "leave respondents without weight out of the sample"),
        ("infinite weight", np.isinf(array), "correct it in the source"),
    )
    for problem, bad, fix in problems:
        if bad.any():
            raise InvalidInput(
                problem,
                expected="finite weights above zero, one for each respondent",
                got=f"{int(bad.sum())} such, the first: {first_bad(array, bad)}",
                where="SurveySample.weight",
                fix=fix,
            )
    return nonnegative(array, where="SurveySample.weight")


def _fractions(sizes: FloatArray, groups: IntArray, units: IntArray, *, where: str) -> FloatArray:
    """Share of units drawn in the group of each respondent, from sizes that are numbers of units or shares."""
    n_groups = int(groups.max()) + 1
    pairs = np.unique(np.column_stack([groups, units]), axis=0)
    drawn = np.bincount(pairs[:, 0], minlength=n_groups)[groups]
    first = np.empty(n_groups)
    first[groups[::-1]] = sizes[::-1]
    shares = np.all(sizes <= 1)
    problems = (
        ("fpc varies", "one value within a group", sizes != first[groups]),
        ("fpc of zero", "numbers above zero", sizes <= 0),
        ("shares and numbers mixed", "only shares, or only numbers of units", ~shares & (sizes < 1)),
        ("population smaller than sample", "at least as many units as were drawn", ~shares & (sizes < drawn)),
    )
    for problem, expected, bad in problems:
        if bad.any():
            raise InvalidInput(
                problem,
                expected=expected,
                got=first_bad(sizes, bad),
                where=where,
                fix="give, on every row, the number of units in the population of the stratum (or of the primary unit)",
            )
    return sizes.copy() if shares else drawn / sizes
