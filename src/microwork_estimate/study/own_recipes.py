"""The recipes of a study of one's own with a survey: persons, tiers, means and shares, on calibrated weights.

All of them take the tables ``survey`` (one row for each respondent) and ``margins`` (variable, category, total). Where
respondents were reached through accounts, somebody on k platforms counts for 1/k person; where persons were drawn, for one.
"""

from __future__ import annotations

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.frozen import FloatArray
from microwork_estimate.study.own_surveys import (
    OwnSurvey,
    answers,
    mean_of,
    membership,
    own_survey,
    total_of,
    with_counts,
)
from microwork_estimate.study.recipe_book import RecipeBook
from microwork_estimate.study.task import Found, Task

BOOK = RecipeBook()
FILES = ("survey", "margins")
FREQUENCY = "frequency"


@BOOK.recipe("survey_persons", files=FILES, options={"reached_via": str}, redraws=1)
def survey_persons(task: Task) -> Found:
    """Count the persons behind the accounts of the margins."""
    own = own_survey(task)
    return total_of(task, own, counted(task, own))


@BOOK.recipe("survey_tier", files=FILES, options={"reached_via": str, "tier": str}, redraws=1)
def survey_tier(task: Task) -> Found:
    """Count the persons whose answer on frequency is among the classes of a tier."""
    own = own_survey(task)
    inside = counted(task, own)
    return with_counts(total_of(task, own, inside), respondents=inside == 1)


@BOOK.recipe("survey_mean", files=FILES, options={"reached_via": str, "variable": str}, redraws=1)
def survey_mean(task: Task) -> Found:
    """Average the answers on a number (hours, earnings) over persons."""
    own = own_survey(task)
    values = counted(task, own)
    return with_counts(mean_of(task, own, values), respondents=np.isfinite(values))


@BOOK.recipe("survey_share", files=FILES, options={"reached_via": str, "variable": str, "category": str}, redraws=1)
def survey_share(task: Task) -> Found:
    """Share of persons who gave one answer, of those who answered."""
    own = own_survey(task)
    inside = counted(task, own)
    return with_counts(mean_of(task, own, inside), respondents=inside == 1, others=inside == 0)


def counted(task: Task, own: OwnSurvey) -> FloatArray:
    """Return what an own recipe sums or averages, as its options name it: shape (n,), NaN where there is no answer.

    Parameters
    ----------
    task : Task
        With the options of one of the recipes.
    own : OwnSurvey

    Returns
    -------
    array of shape (n,)
        The answers on a number; 1 for the category or the tier and 0 for others; 1 for everybody.

    Raises
    ------
    InvalidInput
        If a tier has no classes, a column is missing or no number, or nobody gave the answer.
    """
    if "tier" in task.options:
        tier = str(task.options["tier"])
        return membership(own, FREQUENCY, _classes(task, tier))
    if "category" in task.options:
        return membership(own, str(task.options["variable"]), (str(task.options["category"]),))
    if "variable" in task.options:
        return answers(own, str(task.options["variable"]))
    return np.ones(own.drawn.n)


def _classes(task: Task, tier: str) -> tuple[str, ...]:
    if tier not in task.tiers or not task.tiers[tier].classes:
        raise InvalidInput(
            "tier without classes",
            expected="a tier of the study with the answers that make it",
            got=repr(tier),
            where=f"estimates.{task.name}.options.tier",
            fix="give [tiers.levels." + tier + "] its classes: answers of the column frequency",
        )
    return task.tiers[tier].classes
