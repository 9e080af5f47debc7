"""Persons active in a window, from visits by platform and day and one survey question: platform-day weight sharing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Activity, Estimand, Estimate, FloatArray, FrozenMapping, Scalar, frozen_floats
from microwork_estimate.inputs import SurveySample
from microwork_estimate.inputs.codes import label_text
from microwork_estimate.inputs.platform_days import PlatformDays
from microwork_estimate.platforms import coded_warnings
from microwork_estimate.platforms.assumptions import (
    PLATFORM_DAYS_RECALLED,
    VISITORS_ARE_PERSONS,
    VISITS_ALIKE_WITHIN_CELL,
)
from microwork_estimate.platforms.day_question import DayQuestion, VisitAnswers, band_ends, visit_answers
from microwork_estimate.platforms.design import calibrated_scores, frame_design, score_covariance
from microwork_estimate.platforms.person_weights import shared_weights
from microwork_estimate.platforms.sample_means import group_means
from microwork_estimate.platforms.scale import log_scale_interval

_REFERENCES = (
    "Ardilly and Le Blanc 2001, Survey Methodology 27(1), 109-118",
    "Lavallée 2007, Indirect Sampling, Springer, chapter 2",
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WindowPersons:
    """Persons active in a window, in all and by exclusive tier, from one set of weights.

    Parameters
    ----------
    persons : Estimate
        All of them.
    tiers : mapping of str to Estimate
        By category of the column asked for; they add up to `persons`. Empty without one.
    covariance : array of shape (g, g)
        Of the tiers, in their order; NaN where no standard error can be given.
    weights : array of shape (n,)
        Persons that each respondent stands for.
    """

    persons: Estimate
    tiers: Mapping[str, Estimate]
    covariance: FloatArray
    weights: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiers", MappingProxyType(dict(self.tiers)))
        for name in ("covariance", "weights"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name), where=f"WindowPersons.{name}"))


def persons_from_platform_days(
    days: PlatformDays,
    sample: SurveySample,
    *,
    question: DayQuestion | None = None,
    by: str | None = None,
    activity: Activity = "unspecified",
    level: float = 0.95,
) -> WindowPersons:
    """Count the different persons behind the visits of a window.

    A visit is a person on a platform on a day. Somebody with L of them in the window is in the sum of visits L times, and
    L times as likely to be asked. So each visit counts 1/L persons: this one number replaces both the platforms per
    person and the table of frequencies.

    Procedure: N = sum over cells c of V_c times the weighted mean of 1/L among the respondents of c. A cell is a
    platform-day where every one has two respondents; otherwise visits are shared by platform and kind of day, or by
    platform (warning ``unsampled-platform-days``). The weight of a respondent is V_c d_i / (sum of d in c) / L_i; tiers are
    sums of the same weights, so that they are coherent. The variance is linearised, between primary units within
    strata, cells being strata.

    Parameters
    ----------
    days : PlatformDays
        Persons by platform and day.
    sample : SurveySample
        n respondents drawn from the visits; weights within a cell (platform-days drawn with chance pi: V / (pi n)).
    question : DayQuestion or None
        Columns, bands and cells. None for the default names.
    by : str or None
        Column of exclusive tiers (for example active in every week: yes or no).
    activity : str
        What the window makes of a person, for example ``"monthly"``.
    level : float
        Confidence level of the intervals, normal on the logarithmic scale.

    Returns
    -------
    WindowPersons
        Diagnostics of `persons`: ``visits``, ``visits_per_person``, ``cells`` and, for banded answers,
        ``low_from_bands`` and ``high_from_bands`` (all at the ends of their bands). Further warnings:
        ``single-respondent``, ``same-answer``.

    Raises
    ------
    InvalidInput
        If respondents were reached as persons or through accounts, an answer is impossible or outside the bands, or a
        platform or day is not in the log.

    Assumptions
    -----------
    Within a cell every visit was as likely to be asked, up to the weights; L counts every platform-day of the window,
    also those that were not surveyed; the log counts persons, not devices.

    References
    ----------
    Ardilly and Le Blanc 2001, Survey Methodology 27(1), 109-118 (services used by homeless persons, weights from the
    number of services used); Lavallée 2007, Indirect Sampling, chapter 2.

    Examples
    --------
    >>> log = PlatformDays(platforms=("A",), days=("1", "2"), visitors=[[30, 20]], source="log")
    >>> sample = SurveySample(
    ...     columns={"platform": ["A"] * 4, "day": ["1", "1", "2", "2"], "platform_days": [1, 2, 2, 2]}
    ... )
    >>> found = persons_from_platform_days(log, sample)
    >>> found.persons.value, found.persons.diagnostics["cells"]
    (32.5, 'platform-day')
    """
    check_level(level)
    if sample.reached_via in ("worker", "registration"):
        raise InvalidInput(
            "respondents who were not reached through visits",
            expected="a sample drawn from visits",
            got=f"reached_via={sample.reached_via!r}",
            where="persons_from_platform_days",
            fix="use platforms.multiplicity for samples of persons or of accounts",
        )
    answers = visit_answers(days, sample, question or DayQuestion())
    shares = shared_weights(sample.weights, answers.cell, np.ones(answers.sizes.size))
    weights = answers.sizes[answers.cell] * shares / answers.visits
    names, indicators = _tiers(sample, by)
    covariance = _covariance(sample, answers, indicators)
    coded = _warnings(answers, covariance, sample)
    announce(coded)
    frame = _Frame(days=days, activity=activity, level=level, coded=coded, n=sample.n)
    values = weights @ indicators
    estimates = [
        frame.estimate(name, float(value), float(variance))
        for name, value, variance in zip(names, values, np.diag(covariance), strict=True)
    ]
    diagnostics = _diagnostics(days, answers, shares, float(values[0]))
    return WindowPersons(
        persons=replace(estimates[0], diagnostics=FrozenMapping(diagnostics)),
        tiers=dict(zip(names[1:], estimates[1:], strict=True)),
        covariance=covariance[1:, 1:],
        weights=weights,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Frame:
    """What the estimates of one call share."""

    days: PlatformDays
    activity: Activity
    level: float
    coded: tuple[CodedWarning, ...]
    n: int

    def estimate(self, name: str, value: float, variance: float) -> Estimate:
        """Make one estimate; the first, called "all", is that of everybody."""
        error = math.sqrt(variance)
        known = math.isfinite(error) and not any(w.code == "same-answer" for w in self.coded)
        everybody = name == "all"
        return Estimate(
            name="persons active in the window" if everybody else f"persons active in the window: {name}",
            value=value,
            standard_error=error if known else None,
            interval=log_scale_interval(value, error, self.level, most=self.days.total) if known else None,
            estimand=Estimand(
                unit="persons",
                activity=self.activity if everybody else "unspecified",
                window=self.days.window,
                territory=self.days.territory,
                platforms=f"{len(self.days.platforms)} platforms with a visit log",
            ),
            method="visits shared among the platform-days of each respondent",
            n_observed=float(self.n),
            assumptions=(VISITS_ALIKE_WITHIN_CELL, PLATFORM_DAYS_RECALLED, VISITORS_ARE_PERSONS),
            warnings=self.coded,
            references=(*_REFERENCES, self.days.source),
        )


def _tiers(sample: SurveySample, by: str | None) -> tuple[tuple[str, ...], FloatArray]:
    """Return names and indicators, shape (n, 1 + g), of everybody and of each tier."""
    if by is None:
        return ("all",), np.ones((sample.n, 1))
    coded = sample.categories(by)
    inside = (coded.codes[:, None] == np.arange(len(coded.levels))).astype(np.float64)
    return ("all", *map(label_text, coded.levels)), np.hstack([np.ones((sample.n, 1)), inside])


def _covariance(sample: SurveySample, answers: VisitAnswers, indicators: FloatArray) -> FloatArray:
    scores = np.stack(
        [
            group_means(column / answers.visits, sample.weights, answers.cell, answers.sizes.size)[1]
            for column in indicators.T
        ],
        axis=1,
    )
    scores *= answers.sizes[answers.cell][:, None]
    scores = calibrated_scores(scores, sample.weights, sample.auxiliary)
    return score_covariance(scores, frame_design(sample, answers.cell, answers.sizes))


def _warnings(answers: VisitAnswers, covariance: FloatArray, sample: SurveySample) -> tuple[CodedWarning, ...]:
    coded: tuple[CodedWarning, ...] = ()
    if answers.rule != "platform-day":
        coded = (coded_warnings.unsampled_platform_days(answers.rule),)
    if math.isnan(float(covariance[0, 0])):
        return (*coded, coded_warnings.single_respondent())
    census = frame_design(sample, answers.cell, answers.sizes).complete
    if np.ptp(answers.visits) == 0 and not census:
        return (*coded, coded_warnings.same_answer())
    return coded


def _diagnostics(days: PlatformDays, answers: VisitAnswers, shares: FloatArray, persons: float) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {
        "visits": days.total,
        "visits_per_person": days.total / persons,
        "cells": answers.rule,
    }
    if (answers.most > answers.least).any():
        low, high = band_ends(answers.sizes, shares, answers)
        found |= {"low_from_bands": low, "high_from_bands": high}
    return found
