"""From arrays to results for means of volunteers: checks, errors, assumptions, warnings and diagnostics."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Assumption, Estimand, Estimate, FloatArray, FrozenMapping, Interval, Scalar
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.common_variables import Common, Reference, common_variables
from microwork_estimate.weighting.data_defect import defect_diagnostics
from microwork_estimate.weighting.interval_ends import t_quantile
from microwork_estimate.weighting.nonprobability import (
    EVERYBODY_MIGHT_VOLUNTEER,
    LOGISTIC_VOLUNTEERING,
    VOLUNTEERING_EXPLAINED,
    no_fit,
)
from microwork_estimate.weighting.overlap import outside_range, poor_overlap
from microwork_estimate.weighting.variance import degrees_of_freedom, design_covariance, stages
from microwork_estimate.weighting.views import view
from microwork_estimate.weighting.volunteer_kernels import Linearised, Problem, Route, linearised
from microwork_estimate.weighting.working_models import WorkingModels

MODEL_OF_ANSWERS = Assumption(
    id="model-of-answers",
    statement_en="The mean answer follows the working model in the common variables, in the population as among volunteers.",
    statement_fr=(
        "La réponse moyenne suit le modèle de travail en les variables communes, "
        "dans la population comme parmi les volontaires."
    ),
    testable=True,
    direction_of_bias_if_violated="either",
    sensitivity="weighting.data_defect_curve",
)
ONE_OF_TWO_MODELS = Assumption(
    id="one-of-two-models",
    statement_en="At least one of two models is right: that of who volunteers, or that of the answers.",
    statement_fr="Au moins un des deux modèles est juste : celui du volontariat ou celui des réponses.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="weighting.data_defect_curve",
)
_ASSUMED: Mapping[Route, tuple[Assumption, ...]] = {
    "pseudo_weighted": (VOLUNTEERING_EXPLAINED, EVERYBODY_MIGHT_VOLUNTEER, LOGISTIC_VOLUNTEERING),
    "doubly_robust": (VOLUNTEERING_EXPLAINED, EVERYBODY_MIGHT_VOLUNTEER, ONE_OF_TWO_MODELS),
    "mass_imputation": (VOLUNTEERING_EXPLAINED, MODEL_OF_ANSWERS),
}
_REFERENCES = {
    "pseudo_weighted": "Chen, Li & Wu (2020), JASA 115, 2011-2021",
    "doubly_robust": "Chen, Li & Wu (2020), JASA 115, 2011-2021",
    "mass_imputation": "Kim, Park, Chen & Wu (2021), JRSS A 184, 941-963",
}

Data = tuple[SurveySample, Reference, "str | ArrayLike"]


def problem_of(data: Data, models: WorkingModels, routes: tuple[Route, ...]) -> tuple[Common, Problem, FloatArray]:
    """Bring the data to arrays: common columns, the problem, and the weights (or totals) of the reference."""
    sample, reference, y = data
    common = common_variables(sample, reference, models.variables)
    form = models.form_for(reference)
    answers = view(sample).numbers(y)
    if models.outcome == "logistic" and routes != ("pseudo_weighted",):
        _check_logistic(answers, reference)
    design = common.design()
    side = design.totals if common.reference_weight is None else common.reference_weight
    return common, Problem(design=design, y=answers, form=form, outcome=models.outcome), side


def _check_logistic(answers: FloatArray, reference: Reference) -> None:
    if isinstance(reference, Margins) or not np.isin(answers, (0.0, 1.0)).all():
        raise InvalidInput(
            "logistic model that cannot be used",
            expected="answers of 0 or 1, and a reference sample to predict for",
            got="totals" if isinstance(reference, Margins) else "other answers",
            where="models.outcome",
            fix="use outcome='linear'",
        )


def mean_of_volunteers(
    route: Route, data: Data, models: WorkingModels, estimand: Estimand | None, level: float
) -> Estimate:
    """Estimate a mean by one route and dress it: error, interval, assumptions, warnings, data-defect sensitivity."""
    check_level(level)
    sample, reference, y = data
    common, problem, side = problem_of(data, models, (route,))
    found = linearised(problem, route, common.weight, side)
    if not math.isfinite(found.value):
        raise no_fit("working models", where=f"{route}_mean")
    error, degrees, share = _error(found, sample, reference)
    reach = t_quantile(level, degrees) * error
    result = Estimate(
        name=f"mean of {y if isinstance(y, str) else 'y'}",
        value=found.value,
        standard_error=error,
        interval=Interval(low=found.value - reach, high=found.value + reach, level=level, method="t"),
        estimand=estimand or Estimand(unit="ratio"),
        method=_method(route, problem),
        n_observed=float(sample.n),
        assumptions=_ASSUMED[route],
        warnings=_warnings(common, reference),
        references=(_REFERENCES[route], "Meng (2018), AoAS 12, 685-726"),
        diagnostics=FrozenMapping(
            {
                "degrees_of_freedom": degrees,
                "variance_share_of_reference": share,
                **_chances(found, common, route),
                **defect_diagnostics(found.value, found.residuals, found.weights, common.population),
            }
        ),
    )
    announce(result.warnings)
    return result


def _error(found: Linearised, sample: SurveySample, reference: Reference) -> tuple[float, float, float]:
    """Return standard error, degrees of freedom after Satterthwaite, and the reference's share of the variance."""
    parts = [_part(found.volunteers, sample)]
    if isinstance(reference, SurveySample):
        parts.append(_part(found.reference, reference))
    variance = sum(v for v, _ in parts)
    spread = sum(v**2 / df for v, df in parts)
    degrees = variance**2 / spread if spread > 0 else min(df for _, df in parts)
    theirs = parts[1][0] if len(parts) == 2 else 0.0
    return math.sqrt(variance), degrees, theirs / variance if variance > 0 else 0.0


def _part(scores: FloatArray, sample: SurveySample) -> tuple[float, float]:
    design = stages(sample)
    degrees = degrees_of_freedom(design[0], np.ones(sample.n, dtype=np.bool_))
    return float(design_covariance(scores[:, None], design, sample.lonely_psu)[0, 0]), float(max(degrees, 1))


def _method(route: Route, problem: Problem) -> str:
    chances = f"one over a logistic chance ({problem.form})"
    answers = f"{problem.outcome} model of the answers"
    words = {
        "pseudo_weighted": f"volunteers weighted by {chances}",
        "doubly_robust": f"doubly robust: {answers}, residuals weighted by {chances}",
        "mass_imputation": f"mass imputation: {answers}",
    }
    return f"{words[route]}, linearised variance"


def _chances(found: Linearised, common: Common, route: Route) -> dict[str, Scalar]:
    weights = found.weights
    numbers: dict[str, Scalar] = {
        "population": common.population,
        "volunteers": float(common.weight.sum()),
        "sampled_share": float(common.weight.sum()) / common.population,
        "outside_range": None if common.reference is None else outside_range(common),
    }
    if route != "mass_imputation":
        numbers["largest_propensity"] = float((common.weight / weights).max())
        numbers["effective_sample_size"] = float(weights.sum() ** 2 / (weights**2).sum())
    return numbers


def _warnings(common: Common, reference: Reference) -> tuple[CodedWarning, ...]:
    found = (*common.warnings, *poor_overlap(outside_range(common)))
    if isinstance(reference, Margins) and (reference.standard_errors > 0).any():
        message = "The totals have standard errors of their own, which the standard error of the mean leaves out."
        found = (*found, CodedWarning(code="margin-errors-ignored", message=message))
    return found
