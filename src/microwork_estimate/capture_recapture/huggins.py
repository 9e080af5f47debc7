"""Population size from histories over occasions or lists, with covariates by formula: the estimator of Huggins and Alho."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

import numpy as np

from microwork_estimate.capture_recapture.assumptions import CLOSED_POPULATION, IN_SCOPE_LISTS, PERFECT_LINKAGE
from microwork_estimate.capture_recapture.assumptions_covariates import (
    COVARIATES_EXPLAIN_CHANCES,
    INDEPENDENT_GIVEN_COVARIATES,
    KNOWN_WEIGHTS,
    RECAPTURE_BEHAVIOUR,
)
from microwork_estimate.capture_recapture.design_variance import ReplicateSource
from microwork_estimate.capture_recapture.huggins_likelihood import (
    HistoryData,
    HistoryFit,
    OccasionEffects,
    fit_histories,
)
from microwork_estimate.capture_recapture.sized import Sizing, Telling, check_replicates, sized
from microwork_estimate.errors import CodedWarning, InvalidInput, NotConverged, announce, check_choice, check_level
from microwork_estimate.estimate import Bounds, Estimate, FloatArray
from microwork_estimate.inputs.captured import CapturedPersons

_REFERENCES = ("Huggins 1989, Biometrika 76(1), 133-140", "Alho 1990, Biometrics 46(3), 623-635")
_SAME = 1e-6  # relative difference of the sizes from two starts beyond which the data do not settle it


def huggins_alho(
    persons: CapturedPersons,
    formula: str = "1",
    *,
    occasion_effects: OccasionEffects = "intercepts",
    behaviour: bool = False,
    replicates: ReplicateSource | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate the number of persons from their histories, with covariates.

    Procedure: the chance of person i to be on list (or to be seen on occasion) t follows a logistic regression on the
    columns of the formula. It is fitted to the persons seen at least once, given that they were; with pi_i the chance
    of that, N = sum 1/pi_i. The variance is sum (1-pi_i)/pi_i^2 + D' I^-1 D: who was seen, and the coefficients. With
    the intercept alone and an intercept for each of two lists it is the estimate of Lincoln and Petersen.

    A sample of the persons seen is weighted as in :func:`count_regression`.

    Parameters
    ----------
    persons : CapturedPersons
        n persons with the columns of T lists or occasions, in their order.
    formula : str
        Right side of a formula over the covariates; ``"1"`` for none.
    occasion_effects : str
        Which coefficients each occasion has of its own: ``"none"``, ``"intercepts"`` or ``"all"``.
    behaviour : bool
        Whether having been seen before changes the chance; only with ``occasion_effects="none"``.
    replicates : replicate weights or None
        For the variance of a sample; None to linearise.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        Coefficients with their standard errors are in `diagnostics`. Warnings: ``empty-list`` (fewer than two lists
        have anybody), ``not-identifiable`` (the likelihood is flat: several sizes fit as well), ``boundary`` (some
        persons stand for infinitely many), all three without a value; ``contained-list`` (one list holds everybody:
        no interval), ``runaway``, ``nearly-all-seen``, ``calibration-ignored``, ``unusable-replicates``,
        ``no-degrees-of-freedom``.

    Raises
    ------
    InvalidInput
        If the persons came with times seen, the formula cannot be read, a word is unknown, an intercept for each
        occasion is asked for without one in the formula, behaviour together with occasion effects, or replicate weights
        are given without a sample.
    NotConverged
        If no maximum is found.

    Assumptions
    -----------
    Closed population, perfect linkage, and given the covariates independent sightings with the chances of the formula.

    References
    ----------
    Huggins 1989, Biometrika 76(1), 133-140, for the variance too. Alho 1990, Biometrics 46(3), 623-635. The models
    and standard errors are those of VGAM's posbernoulli families. The weighted form is ours.

    Examples
    --------
    >>> columns = {"a": [1] * 30 + [1] * 170 + [0] * 120, "b": [1] * 30 + [0] * 170 + [1] * 120}
    >>> estimate = huggins_alho(CapturedPersons.from_columns(columns, lists=("a", "b")))
    >>> round(estimate.value, 6)
    1000.0
    """
    check_level(level)
    check_choice(occasion_effects, get_args(OccasionEffects), where="occasion_effects")
    check_replicates(persons, replicates)
    data = _data(persons, formula, occasion_effects, behaviour)
    telling = _telling(data, formula, persons)
    if np.count_nonzero(data.presence.any(axis=0)) < 2:
        message = "fewer than two lists have anybody on them: they say nothing about who is on none"
        estimate = _without_value(persons, telling, CodedWarning(code="empty-list", message=message))
        announce(estimate.warnings)
        return estimate
    fit = fit_histories(data)
    if not fit.runs_away.any() and not _settled(data, fit):
        message = "the likelihood is flat: with these covariates the histories fit several sizes as well"
        estimate = _without_value(persons, telling, CodedWarning(code="not-identifiable", message=message))
    else:
        telling = replace(telling, coefficients=fit.maximum.coefficients, log_likelihood=fit.maximum.value)

        def again(weight: FloatArray) -> float:
            return _size_again(data, fit, weight)

        sizing = Sizing(persons=persons, inclusion=fit.inclusion, runs_away=fit.runs_away, again=again)
        estimate = _contained(data, sized(sizing, telling, replicates=replicates, level=level))
    announce(estimate.warnings)
    return estimate


def _data(persons: CapturedPersons, formula: str, effects: OccasionEffects, behaviour: bool) -> HistoryData:
    presence, matrix = persons.presence.astype(np.float64), persons.design_matrix(formula)
    data = HistoryData(
        presence=presence,
        columns=matrix.values,
        names=matrix.names,
        occasions=persons.lists,
        effects=effects,
        behaviour=behaviour,
        weight=persons.weights,
    )
    if effects == "intercepts" and data.intercept is None:
        raise InvalidInput(
            "no intercept to vary",
            expected="a formula with an intercept",
            got=f"formula {formula!r}",
            where="occasion_effects",
            fix='leave the intercept in the formula, or take occasion_effects="none" or "all"',
        )
    if behaviour and effects != "none":
        raise InvalidInput(
            "behaviour and occasions together",
            expected='occasion_effects="none" with behaviour=True',
            got=f"occasion_effects={effects!r}",
            where="behaviour",
            fix="chances that change from occasion to occasion and after the first sighting cannot be told apart",
        )
    return data


def _settled(data: HistoryData, fit: HistoryFit) -> bool:
    """Return whether another start leads to the same size; on a flat likelihood it does not."""
    common = np.full(data.columns.shape[0], -1.0)
    design = np.vstack([data.at_occasion(t) for t in range(len(data.occasions))])
    start = np.linalg.lstsq(design, np.tile(common, len(data.occasions)), rcond=None)[0]
    try:
        other = fit_histories(data, start=start)
    except NotConverged:
        return True
    return math.isclose(other.inclusion.size(), fit.inclusion.size(), rel_tol=_SAME)


def _contained(data: HistoryData, estimate: Estimate) -> Estimate:
    """Take the interval away where one list holds everybody: the likelihood is at an edge and knows no error there."""
    if estimate.value is None or data.effects == "none" or not (data.presence == 1.0).all(axis=0).any():
        return estimate
    message = "one list holds everybody who is on another: that is no proof that nobody is missing"
    warning = CodedWarning(code="contained-list", message=message)
    return replace(estimate, standard_error=None, interval=None, warnings=(*estimate.warnings, warning))


def _size_again(data: HistoryData, fit: HistoryFit, weight: FloatArray) -> float:
    """Return the size with other weights; infinity where it has none."""
    kept = weight > 0.0
    part = replace(data, presence=data.presence[kept], columns=data.columns[kept], weight=weight[kept])
    try:
        again = fit_histories(part, start=fit.maximum.coefficients)
    except NotConverged:
        return float("nan")
    return float("inf") if again.runs_away.any() else again.inclusion.size()


def _without_value(persons: CapturedPersons, telling: Telling, warning: CodedWarning) -> Estimate:
    n = float(persons.weights.sum())
    bounds = Bounds(low=n, high=math.inf, reason="the histories do not settle the chance to be seen", sharp=True)
    return Estimate(
        name=telling.name,
        value=None,
        bounds=bounds,
        estimand=persons.estimand,
        method=telling.method,
        n_observed=n,
        assumptions=(*telling.assumptions, *((KNOWN_WEIGHTS,) if persons.designed else ())),
        warnings=(warning,),
        references=telling.references,
    )


def _telling(data: HistoryData, formula: str, persons: CapturedPersons) -> Telling:
    effects = {
        "none": "the same coefficients on all occasions",
        "intercepts": "an intercept for each occasion",
        "all": "coefficients of its own for each occasion",
    }[data.effects]
    behaviour = ", behaviour after the first sighting" if data.behaviour else ""
    return Telling(
        name="Huggins-Alho estimate",
        method=f"Huggins-Alho, {len(persons.lists)} lists, formula {formula!r}, {effects}{behaviour}",
        assumptions=(
            CLOSED_POPULATION,
            PERFECT_LINKAGE,
            IN_SCOPE_LISTS,
            COVARIATES_EXPLAIN_CHANCES,
            RECAPTURE_BEHAVIOUR if data.behaviour else INDEPENDENT_GIVEN_COVARIATES,
        ),
        references=_REFERENCES,
        warnings=(),
        names=data.coefficient_names,
        coefficients=np.zeros(len(data.coefficient_names)),
        log_likelihood=0.0,
    )
