"""How a survey is looked at: which respondents, with which variance, for which estimand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import Estimand, FloatArray
from microwork_estimate.inputs.codes import encode
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.kinds import require
from microwork_estimate.weighting.replication import ReplicateWeights
from microwork_estimate.weighting.unequal_probability import QuadraticForm

DomainKey = str | tuple[str, ...]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SurveyView:
    """A survey with the part of it that is looked at. The estimators take one wherever they take a sample.

    Parameters
    ----------
    sample : SurveySample
        The whole survey: who is left out still counts for the variance.
    where : array of bool of shape (n,)
        The respondents that are looked at.
    variance : ReplicateWeights, QuadraticForm or None
        Where variance comes from; None for linearisation under the design of the sample.
    estimand : Estimand or None
        What the estimates are about; None for an unspecified activity in the unit that the estimator implies.

    Examples
    --------
    Made by :func:`view`; here the women, with the variance of a jackknife:

    >>> from microwork_estimate.weighting.estimators import mean
    >>> from microwork_estimate.weighting.replicate_schemes import JackknifeOne
    >>> from microwork_estimate.weighting.replication import replicate_weights
    >>> sample = SurveySample(columns={"sex": ["f", "m"] * 10, "hours": [float(i) for i in range(20)]})
    >>> jackknife = replicate_weights(sample, JackknifeOne())
    >>> women = view(sample, where=sample.column("sex") == "f", variance=jackknife)
    >>> estimate = mean(women, "hours")
    >>> estimate.value, round(estimate.standard_error, 3)
    (9.0, 1.967)
    """

    sample: SurveySample
    where: BoolArray
    variance: ReplicateWeights | QuadraticForm | None = None
    estimand: Estimand | None = None

    def __post_init__(self) -> None:
        where = np.array(self.where)
        if where.dtype != np.bool_ or where.shape != (self.sample.n,):
            raise InvalidInput(
                "not a choice of respondents",
                expected=f"true or false for each of {self.sample.n} respondents",
                got=f"{where.dtype} of shape {where.shape}",
                where="SurveyView.where",
                fix="compare a column with a value, for example sample.column('sex') == 'f'",
            )
        where.flags.writeable = False
        object.__setattr__(self, "where", where)
        if self.variance is not None and self.variance.n != self.sample.n:
            raise InvalidInput(
                "variance of another sample",
                expected=f"{self.sample.n} respondents, as in the sample",
                got=str(self.variance.n),
                where="SurveyView.variance",
                fix="make the replicate weights or the quadratic form for this sample",
            )

    def numbers(self, y: str | ArrayLike, *, name: str = "y") -> FloatArray:
        """Return a variable as numbers of shape (n,), zero for who is not looked at.

        Raises
        ------
        InvalidInput
            If it has another length, is not a number, or is missing for somebody who is looked at.
        """
        raw = self.sample.column(y) if isinstance(y, str) else np.asarray(y)
        where = f"column {y!r}" if isinstance(y, str) else name
        if raw.shape != (self.sample.n,):
            raise InvalidInput(
                "wrong shape",
                expected=f"one value for each of {self.sample.n} respondents",
                got=f"shape {raw.shape}",
                where=where,
                fix="give a column of the sample or an array of its length",
            )
        try:
            values = np.where(self.where, raw, 0).astype(np.float64)
        except (TypeError, ValueError) as error:
            raise _not_numbers(where, "text") from error
        if not np.isfinite(values).all():
            raise _not_numbers(where, f"{int((~np.isfinite(values)).sum())} missing or infinite")
        return values

    def domains(self, by: str | Sequence[str] | None) -> tuple[tuple[DomainKey, ...], BoolArray]:
        """Return the categories of one or several columns that occur, and who is in each: D keys and shape (n, D).

        Without `by`, one domain with everybody who is looked at.

        Raises
        ------
        InvalidInput
            If a column is unknown or has a missing value.
        """
        if by is None:
            return ("",), self.where[:, None]
        names = (by,) if isinstance(by, str) else tuple(by)
        coded = [encode(self.sample.column(name), where=f"column {name!r}") for name in names]
        rows, codes = np.unique(np.column_stack([c.codes for c in coded]), axis=0, return_inverse=True)
        labels = [tuple(str(c.levels[i]) for c, i in zip(coded, row, strict=True)) for row in rows]
        keys: tuple[DomainKey, ...] = tuple(label[0] if isinstance(by, str) else label for label in labels)
        masks = codes.reshape(-1)[:, None] == np.arange(rows.shape[0])[None, :]
        return keys, masks & self.where[:, None]

    def warnings(self) -> tuple[CodedWarning, ...]:
        """Return what holds for every estimate from this view."""
        source, sample = self.variance, self.sample
        found = list(source.warnings) if isinstance(source, ReplicateWeights) else []
        if isinstance(source, ReplicateWeights) and sample.auxiliary is not None and not source.recalibrated:
            message = "The weights are calibrated but their replicates are not: the variance is too large."
            found.append(CodedWarning(code="replicates-not-recalibrated", message=message))
        return tuple(found)


def view(
    sample: SurveySample,
    *,
    where: ArrayLike | None = None,
    variance: ReplicateWeights | QuadraticForm | None = None,
    estimand: Estimand | None = None,
) -> SurveyView:
    """Look at a part of a survey, or with another source of variance.

    Procedure: estimates are made of the respondents chosen, but the variance still knows the whole sample, because how
    many of them were drawn is a matter of chance too. Taking the others out of the data would hide that.

    Parameters
    ----------
    sample : SurveySample
        The whole survey.
    where : array of bool of shape (n,), or None
        Who is looked at: a domain, or those who answered a question. None for everybody.
    variance : ReplicateWeights, QuadraticForm or None
        Where variance comes from; None for linearisation under the design of the sample.
    estimand : Estimand or None
        What the estimates are about.

    Returns
    -------
    SurveyView
        To be given to the estimators in place of the sample.

    Raises
    ------
    InvalidInput
        If `where` is not true or false for each respondent, or `variance` is of another sample.

    Assumptions
    -----------
    Leaving out who did not answer a question supposes that they are like those who did.

    References
    ----------
    Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, chapter 10.

    Examples
    --------
    >>> sample = SurveySample(columns={"sex": ["f", "m", "f"], "hours": [3.0, 5.0, 4.0]})
    >>> int(view(sample, where=sample.column("sex") == "f").where.sum())
    2
    """
    chosen = np.ones(sample.n, dtype=np.bool_) if where is None else np.asarray(where)
    return SurveyView(sample=sample, where=chosen, variance=variance, estimand=estimand)


def as_view(sample: SurveySample | SurveyView) -> SurveyView:
    """Return a view of the whole sample, or the view itself.

    Raises
    ------
    InvalidInput
        If it is neither.
    """
    kinds = (SurveySample, SurveyView)
    require(sample, kinds, where="sample", fix="make a sample with inputs.survey_sample(table, ...)")
    return sample if isinstance(sample, SurveyView) else view(sample)


def _not_numbers(where: str, got: str) -> InvalidInput:
    return InvalidInput(
        "missing value or not a number",
        expected="a number for everybody who is looked at",
        got=got,
        where=where,
        fix="look only at those who answered, with weighting.view(sample, where=...), and say so",
    )
