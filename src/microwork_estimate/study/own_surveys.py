"""A survey of one's own: calibrated to its margins, and what each respondent stands for once accounts become persons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import cast, get_args

import numpy as np
from numpy.typing import NDArray

from microwork_estimate import bootstrap, platforms, weighting
from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import UNSPECIFIED, Assumption, Estimate, FloatArray
from microwork_estimate.frozen import FrozenMapping
from microwork_estimate.inputs import (
    Margins,
    PlatformRegistrations,
    ReachedVia,
    SurveySample,
    margins_from_table,
    survey_sample,
)
from microwork_estimate.inputs.codes import label_text
from microwork_estimate.inputs.shown import shown_categories
from microwork_estimate.study.resampling import redraw
from microwork_estimate.study.task import Found, Task

PLATFORM = "platform"
COUNT = "n_platforms"
UNIVERSE = {"worker": "persons", "registration": "accounts", "platform_subset": "accounts"}
MARGIN_COLUMNS = ("variable", "category", "total")

ANSWERED_AT_RANDOM = Assumption(
    id="answered-at-random",
    statement_en="Those who left the question out would have answered like those who answered it.",
    statement_fr="Ceux qui ont laissé la question sans réponse auraient répondu comme ceux qui y ont répondu.",
    testable=False,
    direction_of_bias_if_violated="either",
)
"""Some respondents have no answer to the question; they count neither above nor below the line."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OwnSurvey:
    """A survey and the margins it is calibrated to.

    Parameters
    ----------
    drawn : SurveySample
        With its base weights, n respondents.
    raked : SurveySample
        With calibrated weights.
    margins : Margins
    persons : array of shape (n,)
        Persons for each unit of weight: 1 over the platforms that the respondent is on where accounts were drawn, 1 where
        persons were.
    multiplicity : Estimate or None
        Platforms per person; None where persons were drawn.
    """

    drawn: SurveySample
    raked: SurveySample
    margins: Margins
    persons: FloatArray
    multiplicity: Estimate | None


def own_survey(task: Task) -> OwnSurvey:
    """Read survey and margins of a task and calibrate the one to the other.

    Parameters
    ----------
    task : Task
        With the tables ``survey`` and ``margins`` and the option ``reached_via``.

    Returns
    -------
    OwnSurvey

    Raises
    ------
    InvalidInput
        If a table cannot be used, or if survey and margins do not fit each other.
    """
    drawn, margins = drawn_survey(task), own_margins(task)
    raked = weighting.calibrate(drawn, margins).sample
    if drawn.reached_via == "worker":
        return OwnSurvey(drawn=drawn, raked=raked, margins=margins, persons=np.ones(drawn.n), multiplicity=None)
    declared = declared_accounts(task, margins)
    by_platform = drawn.reached_via == "registration" and declared is not None
    coefficient = platforms.multiplicity(
        raked, count=COUNT, platform=PLATFORM if by_platform else None, registrations=declared if by_platform else None
    )
    return OwnSurvey(
        drawn=drawn, raked=raked, margins=margins, persons=1 / drawn.numbers(COUNT), multiplicity=coefficient
    )


def drawn_survey(task: Task) -> SurveySample:
    """Return the survey of a task with its base weights, if it has a column ``weight``, and platforms as strata."""
    table = task.inputs.read_table("survey")
    route = cast(ReachedVia, check_choice(str(task.options["reached_via"]), get_args(ReachedVia), where=task.name))
    return survey_sample(
        table,
        weight="weight" if "weight" in table.columns else None,
        reached_via=route,
        universe=UNIVERSE[route],
        design={"strata": PLATFORM} if PLATFORM in table.columns else None,
    )


def own_margins(task: Task) -> Margins:
    """Return the margins of a task, about accounts or persons as the survey is."""
    entry = task.inputs.files["margins"]
    return margins_from_table(
        task.inputs.read_table("margins"),
        source=entry.path or "margins",
        as_of=str(entry.as_of) if entry.as_of else UNSPECIFIED,
        universe=UNIVERSE[str(task.options["reached_via"])],
        columns=MARGIN_COLUMNS,
    )


def declared_accounts(task: Task, margins: Margins) -> PlatformRegistrations | None:
    """Return the accounts of each platform, where the margins give them."""
    found = next((margin for margin in margins.margins if margin.label == PLATFORM), None)
    if found is None:
        return None
    return PlatformRegistrations(
        platforms=found.category_labels,
        accounts=found.totals,
        source=margins.source,
        as_of=margins.as_of,
        territory=task.estimand.territory,
    )


def answers(own: OwnSurvey, variable: str) -> FloatArray:
    """Return a column of numbers, shape (n,), NaN where there is no answer.

    Raises
    ------
    InvalidInput
        If there is no such column, or if it holds anything but numbers that are zero or more.
    """
    column = own.drawn.column(variable)
    try:
        values = np.array([np.nan if v is None else v for v in column.tolist()], dtype=np.float64)
    except (TypeError, ValueError):
        values = np.full(own.drawn.n, -1.0)
    if np.any(values < 0) or np.isinf(values).any() or np.isnan(values).all():
        raise InvalidInput(
            "not numbers",
            expected="numbers that are zero or more, at least one",
            got="something else",
            where=f"survey, column {variable!r}",
            fix="check the column; a variable of categories has shares (recipe survey_share), not a mean",
        )
    return values


def membership(own: OwnSurvey, variable: str, categories: tuple[str, ...]) -> FloatArray:
    """Return 1 where the answer is one of some categories, 0 where it is another, NaN where there is none; shape (n,).

    Raises
    ------
    InvalidInput
        If there is no such column, or if nobody has given one of the categories.
    """
    values = own.drawn.column(variable).tolist()
    texts = [None if value is None or value != value else label_text(value) for value in values]
    if not set(categories) & set(texts):
        raise InvalidInput(
            "category without respondents",
            expected=shown_categories(Counter(text for text in texts if text is not None)),
            got=", ".join(categories) or "no category",
            where=f"survey, column {variable!r}",
            fix="check the spelling of the categories in the study file",
        )
    return np.array([np.nan if text is None else float(text in categories) for text in texts])


def total_of(task: Task, own: OwnSurvey, y: FloatArray) -> Found:
    """Estimate how many persons have y = 1, with the survey redrawn and calibrated anew in each replicate."""
    made = weighting.total(own.raked, np.nan_to_num(y) * own.persons, interval="log-t", level=task.settings.level)
    return _finished(task, own, made, y, None)


def mean_of(task: Task, own: OwnSurvey, y: FloatArray) -> Found:
    """Estimate the mean of y over persons who answered, with the survey redrawn and calibrated anew in each replicate."""
    below = np.isfinite(y) * own.persons
    made = weighting.ratio(own.raked, np.nan_to_num(y) * own.persons, below, level=task.settings.level)
    return _finished(task, own, made, y, below)


def with_counts(found: Found, **who: NDArray[np.bool_]) -> Found:
    """Note how many respondents stand behind each estimate: by it, small counts are found before anything is written.

    Parameters
    ----------
    found : Found
    who : arrays of shape (n,)
        Who is counted, by the name of the diagnostic: ``respondents`` behind a number, and of a share the ``others``.

    Returns
    -------
    Found

    Examples
    --------
    >>> with_counts(Found(), respondents=np.array([True, False])).estimates
    {}
    """
    counts = {name: int(np.count_nonzero(chosen)) for name, chosen in who.items()}
    return replace(
        found,
        estimates={
            name: replace(estimate, diagnostics=FrozenMapping({**estimate.diagnostics, **counts}))
            for name, estimate in found.estimates.items()
        },
    )


def groups_of(y: FloatArray) -> tuple[int, ...]:
    """Return how many answered, and of a variable of 0 and 1 how many are in and out of the group.

    Examples
    --------
    >>> groups_of(np.array([1.0, 0.0, 0.0, np.nan]))
    (3, 1, 2)
    """
    answered = y[np.isfinite(y)]
    inside = int(np.count_nonzero(answered == 1))
    is_group = bool(np.isin(answered, (0.0, 1.0)).all())
    return (answered.size, inside, answered.size - inside) if is_group else (answered.size,)


def _finished(task: Task, own: OwnSurvey, made: Estimate, y: FloatArray, below: FloatArray | None) -> Found:
    above, base = np.nan_to_num(y) * own.persons, own.drawn.weights

    def recipe(factors: FloatArray) -> dict[str, FloatArray]:
        weights = weighting.calibrate_replicates(own.drawn, own.margins, factors * base)
        return {"value": weights @ above if below is None else (weights @ above) / (weights @ below)}

    draws = redraw(
        bootstrap.batched(lambda redrawn: recipe(redrawn["survey"])),
        {"survey": own.drawn},
        {"survey": weighting.RaoWuYue()},
        task.settings,
        groups=groups_of(y),
    )
    redrawn = bootstrap.with_replicates(made, draws["value"], level=task.settings.level)
    share = () if np.isfinite(y).all() else (ANSWERED_AT_RANDOM,)
    route = own.multiplicity
    done = replace(
        redrawn,
        name=task.name,
        estimand=task.estimand,
        assumptions=(*made.assumptions, *(route.assumptions if route else ()), *share),
        warnings=tuple(dict.fromkeys((*redrawn.warnings, *(route.warnings if route else ())))),
        references=(*made.references, *(route.references if route else ())),
    )
    return Found(estimates={task.name: done})
