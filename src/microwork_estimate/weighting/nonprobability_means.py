"""Means of a population from volunteers: by pseudo-weights, by mass imputation, and by both (doubly robust)."""

from __future__ import annotations

from numpy.typing import ArrayLike

from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.common_variables import Reference
from microwork_estimate.weighting.nonprobability_results import mean_of_volunteers
from microwork_estimate.weighting.working_models import WorkingModels

DEFAULT = WorkingModels()


def pseudo_weighted_mean(
    sample: SurveySample,
    reference: Reference,
    y: str | ArrayLike,
    *,
    models: WorkingModels = DEFAULT,
    estimand: Estimand | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate a mean of the population from volunteers, weighted by one over their estimated chance.

    Procedure: the weights of :func:`pseudo_weights`, then the weighted mean. The error counts that volunteers might have
    been others, that the reference might have been, and that the chances were estimated from both (linearisation of the
    whole recipe). Volunteers vary as their sample says (persons drawn with replacement, unless it names primary units or
    strata); a binomial factor 1 - pi is left out, which is cautious.

    Parameters
    ----------
    sample : SurveySample
        The volunteers, n rows, without weights.
    reference : SurveySample or Margins
        A sample of the population with weights and design, or totals, which count as exact.
    y : str, or array of shape (n,)
        Answers of the volunteers: a column, or numbers.
    models : WorkingModels
        Common variables and form of the chances.
    estimand : Estimand or None
        What the mean is about.
    level : float
        Confidence level of the t interval; degrees of freedom after Satterthwaite.

    Returns
    -------
    Estimate
        In the unit of y. The diagnostics say what the mean would be under six data-defect correlations
        (:func:`data_defect_curve`), and which share of the variance comes from the reference.

    Raises
    ------
    InvalidInput
        As :func:`pseudo_weights`; or if an answer is missing.
    NotConverged
        If volunteers and reference do not overlap.

    Assumptions
    -----------
    ``volunteering-explained``, ``everybody-might-volunteer``, ``logistic-volunteering``.

    References
    ----------
    Chen, Li & Wu (2020), *Journal of the American Statistical Association* 115, 2011-2021.

    Examples
    --------
    >>> volunteers = SurveySample(columns={"sex": ["f", "f", "f", "m", "m"], "hours": [2.0, 3.0, 4.0, 8.0, 6.0]})
    >>> people = SurveySample(columns={"sex": ["f", "m"] * 5}, weight=[100.0] * 10)
    >>> estimate = pseudo_weighted_mean(volunteers, people, "hours", models=WorkingModels(variables=("sex",)))
    >>> round(estimate.value, 6), round(estimate.diagnostics["if_data_defect_0.01"], 3)
    (5.0, 4.683)
    """
    return mean_of_volunteers("pseudo_weighted", (sample, reference, y), models, estimand, level)


def doubly_robust_mean(
    sample: SurveySample,
    reference: Reference,
    y: str | ArrayLike,
    *,
    models: WorkingModels = DEFAULT,
    estimand: Estimand | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate a mean of the population from volunteers with two models, one of which must be right.

    Procedure: a model of the answers, fitted among the volunteers, predicts the mean of the reference; what it leaves
    among the volunteers is averaged with the weights of :func:`pseudo_weights` and added. Both models are linearised for
    the error. With the calibration form and a linear model the answer model changes nothing: the weights meet its
    totals.

    Parameters
    ----------
    sample : SurveySample
        The volunteers, n rows, without weights.
    reference : SurveySample or Margins
        A sample of the population with weights and design, or totals (linear model only), which count as exact.
    y : str, or array of shape (n,)
        Answers of the volunteers.
    models : WorkingModels
        Common variables, form of the chances, model of the answers.
    estimand : Estimand or None
        What the mean is about.
    level : float
        Confidence level of the t interval.

    Returns
    -------
    Estimate
        As :func:`pseudo_weighted_mean`.

    Raises
    ------
    InvalidInput, NotConverged
        As :func:`pseudo_weighted_mean`; or for a logistic model of answers that are not 0 or 1, or with totals only.

    Assumptions
    -----------
    ``volunteering-explained``, ``everybody-might-volunteer``, ``one-of-two-models``.

    References
    ----------
    Chen, Li & Wu (2020), *Journal of the American Statistical Association* 115, 2011-2021.

    Examples
    --------
    >>> volunteers = SurveySample(columns={"age": [20.0, 30.0, 40.0, 60.0], "hours": [2.0, 3.0, 4.0, 6.0]})
    >>> people = SurveySample(columns={"age": [20.0, 50.0, 50.0, 60.0] * 3}, weight=[100.0] * 12)
    >>> round(doubly_robust_mean(volunteers, people, "hours", models=WorkingModels(variables=("age",))).value, 6)
    4.5
    """
    return mean_of_volunteers("doubly_robust", (sample, reference, y), models, estimand, level)


def mass_imputation_mean(
    sample: SurveySample,
    reference: Reference,
    y: str | ArrayLike,
    *,
    models: WorkingModels = DEFAULT,
    estimand: Estimand | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate a mean of the population by predicting the answers of the reference from those of volunteers.

    Procedure: a model of the answers is fitted among the volunteers; each respondent of the reference gets the answer
    that it predicts, and these are averaged with the weights of the reference.

    Parameters
    ----------
    sample : SurveySample
        The volunteers, n rows, without weights.
    reference : SurveySample or Margins
        A sample of the population with weights and design, or totals (linear model only), which count as exact.
    y : str, or array of shape (n,)
        Answers of the volunteers.
    models : WorkingModels
        Common variables and model of the answers; the form of the chances is not used.
    estimand : Estimand or None
        What the mean is about.
    level : float
        Confidence level of the t interval.

    Returns
    -------
    Estimate
        As :func:`pseudo_weighted_mean`.

    Raises
    ------
    InvalidInput, NotConverged
        As :func:`doubly_robust_mean`.

    Assumptions
    -----------
    ``volunteering-explained``, ``model-of-answers``.

    References
    ----------
    Kim, Park, Chen & Wu (2021), *Journal of the Royal Statistical Society A* 184, 941-963.

    Examples
    --------
    >>> volunteers = SurveySample(columns={"age": [20.0, 30.0, 40.0, 60.0], "hours": [2.0, 3.0, 4.0, 6.0]})
    >>> people = SurveySample(columns={"age": [20.0, 50.0, 50.0, 60.0] * 3}, weight=[100.0] * 12)
    >>> round(mass_imputation_mean(volunteers, people, "hours", models=WorkingModels(variables=("age",))).value, 6)
    4.5
    """
    return mean_of_volunteers("mass_imputation", (sample, reference, y), models, estimand, level)
