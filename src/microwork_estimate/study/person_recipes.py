"""Recipes for shares and averages of persons from a survey alone: raked once for the point, anew in every redraw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microwork_estimate import bootstrap, platforms, weighting
from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import Estimate, FloatArray
from microwork_estimate.frozen import Scalar
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.inputs.shown import shown_categories
from microwork_estimate.study import survey_recipes
from microwork_estimate.study.own_surveys import groups_of, with_counts
from microwork_estimate.study.recipe_book import RecipeBook
from microwork_estimate.study.resampling import redraw
from microwork_estimate.study.task import Found, Task

BOOK = RecipeBook()


@BOOK.recipe("share_of_registered", files=("survey", "margins"), options={"variable": str, "domains": str}, redraws=1)
def share_of_registered(task: Task) -> Found:
    """Estimate the share of registered persons who are in one or several domains, from the raked survey."""
    survey, margins = survey_recipes.survey_of(task), survey_recipes.margins_of(task)
    asked, there = listed(task.options["domains"]), Counter(survey.column(str(task.options["variable"])).tolist())
    if not set(asked) <= set(there):
        raise InvalidInput(
            "unknown domain",
            expected=shown_categories(there),
            got=", ".join(asked),
            where=f"estimates.{task.name}.options",
            fix="check the spelling against the column of the survey",
        )
    inside = np.isin(survey.column(str(task.options["variable"])), asked).astype(np.float64)
    found = _from_survey(task, (survey, margins), lambda weights: (weights @ inside) / weights.sum(axis=1), inside)
    return with_counts(found, respondents=inside == 1, others=inside == 0)


@BOOK.recipe(
    "average_of_regular",
    inputs=("weeks_per_month",),
    files=("survey", "margins"),
    options={"variable": str, "statistic": str},
    redraws=1,
)
def average_of_regular(task: Task) -> Found:
    """Estimate a mean or a median over who is active in the month, the very active included, from the raked survey."""
    survey, margins = survey_recipes.survey_of(task), survey_recipes.margins_of(task)
    active, wanted = survey.numbers("monthly") == 1, task.options["statistic"]
    check_choice(str(wanted), ("mean", "median"), where=f"estimates.{task.name}.options.statistic")
    values = _variable(task, survey)
    if wanted == "median":
        found = _from_survey(
            task, (survey, margins), lambda weights: weighted_medians(values, weights * active), active
        )
    else:

        def mean(weights: FloatArray) -> FloatArray:
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.asarray((weights @ (values * active)) / (weights @ active))

        found = _from_survey(task, (survey, margins), mean, active)
    return with_counts(found, respondents=active)


def weighted_medians(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the smallest value at which half of the weight is reached, for each row of weights.

    Parameters
    ----------
    values : array of shape (n,)
    weights : array of shape (B, n)

    Returns
    -------
    array of shape (B,)
        NaN where a row has no weight.

    Examples
    --------
    >>> weighted_medians(np.array([3.0, 1.0, 2.0]), np.array([[1.0, 1.0, 1.0], [5.0, 1.0, 1.0]]))
    array([2., 3.])
    """
    order = np.argsort(values, kind="stable")
    running = weights[:, order].cumsum(axis=1)
    whole = running[:, -1]
    at = (running < whole[:, None] / 2).sum(axis=1)
    return np.where(whole > 0, values[order][np.minimum(at, values.size - 1)], np.nan)


def listed(text: Scalar) -> list[str]:
    """Split an option that holds several words, separated by semicolons.

    Examples
    --------
    >>> listed("25-34; 35-44")
    ['25-34', '35-44']
    """
    return [part.strip() for part in str(text).split(";")]


def _from_survey(
    task: Task,
    data: tuple[SurveySample, Margins],
    statistic: Callable[[FloatArray], FloatArray],
    inside: NDArray[Any],
) -> Found:
    """Estimate a number of persons' answers from the survey, raked once for the point and anew in every redraw.

    The statistic takes person weights, up to a factor, of shape (B, n); `inside` says whom it is about.
    """
    survey, margins = data
    per_person = 1 / survey.numbers("n_platforms")

    def recipe(redrawn: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        raked = weighting.calibrate_replicates(survey, margins, redrawn["survey"] * survey.weights)
        return {"value": statistic(raked * per_person)}

    draws = redraw(
        bootstrap.batched(recipe),
        {"survey": survey},
        {"survey": weighting.RaoWuYue()},
        task.settings,
        groups=groups_of(inside.astype(np.float64)),
    )
    raked = weighting.calibrate(survey, margins).sample
    about = platforms.multiplicity(raked)  # what it takes for granted, and that only some platforms were reached
    estimate = Estimate(
        name=task.name,
        value=float(statistic((raked.weights * per_person)[None, :])[0]),
        estimand=task.estimand,
        method="raked survey of accounts, persons weighted by 1 / platforms",
        assumptions=about.assumptions,
        warnings=about.warnings,
    )
    redrawn = bootstrap.with_replicates(estimate, draws["value"], level=task.settings.level)
    return Found(estimates={task.name: redrawn})


def _variable(task: Task, survey: SurveySample) -> FloatArray:
    """Return hours a week, earnings an hour, or earnings a month, of each respondent."""
    name = str(task.options["variable"])
    check_choice(
        name, ("hours_per_week", "eur_per_hour", "eur_per_month"), where=f"estimates.{task.name}.options.variable"
    )
    if name != "eur_per_month":
        return survey.numbers(name)
    weeks = task.inputs.number("weeks_per_month")
    return survey.numbers("hours_per_week") * survey.numbers("eur_per_hour") * weeks
