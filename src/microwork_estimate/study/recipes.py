"""The recipes: how each figure of a study is made, in the words of the paper, one call down a line.

A recipe reads its inputs by their role and calls one estimator. It never sees a published result.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast, get_args

import numpy as np

from microwork_estimate import capture_recapture, platforms
from microwork_estimate.errors import CodedWarning, check_choice
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import (
    CaptureHistories,
    Elicited,
    PlatformAudience,
    PlatformRegistrations,
    ReachedVia,
)
from microwork_estimate.study import (
    domain_recipes,
    mturk_recipes,
    open_recipes,
    own_recipes,
    person_recipes,
    survey_recipes,
)
from microwork_estimate.study.audience_inputs import FACTORS, audience_factors
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.recipe_book import Recipe, RecipeBook
from microwork_estimate.study.resampling import audience_replicates
from microwork_estimate.study.task import Found, Task

BOOK = RecipeBook()
ODDS_RATIOS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
SHARES_SEEN = (0.0, 0.25, 0.5, 0.75)


@BOOK.recipe(
    "registrations_as_published",
    inputs=("registrations", "multiplicity", "n_platforms"),
    options={"reached_via": str, "counts_other_platforms": bool},
)
def registrations_over_multiplicity(task: Task) -> Found:
    """Sum of declared registrations, divided by the published number of platforms per person."""
    coefficient = platforms.stated_multiplicity(
        task.inputs.number("multiplicity"),
        reached_via=_reached_via(task),
        rounding=_half_cell(task, "multiplicity"),
        source=task.inputs.figure("multiplicity").source,
    )
    persons = platforms.persons_from_registrations(_registrations(task), coefficient, level=task.settings.level)
    return _one(task, _with_other_platforms(persons) if task.options["counts_other_platforms"] else persons)


@BOOK.recipe("audience_as_published", inputs=("visitors", "multiplicity", "n_platforms"))
def visitors_over_multiplicity(task: Task) -> Found:
    """Monthly visitors, each taken for one worker, divided by the same number of platforms per person."""
    one = Elicited(distribution="fixed", low=1.0, source="as published: visitors are taken for workers")
    per_person = Elicited(
        distribution="fixed",
        low=task.inputs.number("multiplicity"),
        source=task.inputs.figure("multiplicity").source,
    )
    taken_as_workers = platforms.AudienceFactors(
        measurement=one, territory_share=one, worker_share=one, devices_per_person=one, platforms_per_person=per_person
    )
    persons = platforms.persons_from_audience(_audience(task), taken_as_workers, level=task.settings.level)
    return _one(task, replace(persons, interval=None))


@BOOK.recipe("two_lists", inputs=("n1", "n2", "m"))
def two_lists(task: Task) -> Found:
    """Two lists of persons and their overlap: Chapman, with the interval of Sadinle."""
    lists = CaptureHistories.from_two_lists(*(task.inputs.number(role) for role in ("n1", "n2", "m")))
    return _one(task, capture_recapture.chapman(lists, level=task.settings.level))


@BOOK.recipe("multiplicity_bounds", inputs=("registrations", "multiplicity", "n_platforms", "n_platforms_counted"))
def multiplicity_bounds(task: Task) -> Found:
    """Sharp bounds when the published coefficient is the mean of people reached through their registrations."""
    persons = platforms.multiplicity_bounds(
        _registrations(task),
        mean=task.inputs.number("multiplicity"),
        max_platforms=int(task.inputs.number("n_platforms_counted")),
    )
    return _one(task, persons)


@BOOK.recipe(
    "one_platform_bounds",
    inputs=("registrations", "multiplicity", "platform_registrations", "share_multi_homing", "n_platforms"),
)
def one_platform_bounds(task: Task) -> Found:
    """Bounds when everybody who was asked was reached through one platform."""
    reached = task.inputs.number("platform_registrations")
    total = _registrations(task)
    split = PlatformRegistrations(
        platforms=("the platform reached", "the others"),
        accounts=np.array([reached, total.total - reached]),
        n_platforms=total.n_platforms,
        source=total.source,
        territory=total.territory,
    )
    persons = platforms.one_platform_bounds(
        split,
        reached="the platform reached",
        mean_other_platforms=task.inputs.number("multiplicity") - 1.0,
        share_multi_homing=task.inputs.number("share_multi_homing"),
    )
    return _one(task, persons)


@BOOK.recipe("audience", inputs=("visitors", "n_platforms"), elicited=FACTORS, redraws=1)
def audience(task: Task) -> Found:
    """Visitors turned into workers, with an uncertain factor for each step from a visit to a person."""
    visits, factors = _audience(task), audience_factors(task)
    persons = platforms.persons_from_audience(visits, factors, level=task.settings.level)
    tornado = platforms.audience_tornado(visits, factors)
    rows = zip(tornado.names, tornado.low, tornado.high, tornado.variance_share, strict=True)
    table = ResultTable(
        columns=("factor", "low", "high", "variance_share"),
        rows=tuple((name, float(low), float(high), float(share)) for name, low, high, share in rows),
    )
    redrawn = audience_replicates(persons, visits, factors, task.settings)
    return Found(estimates=_one(task, redrawn).estimates, tables={"tornado": table})


@BOOK.recipe("audience_by_correlation", inputs=("visitors", "n_platforms", "n_sites"), elicited=FACTORS)
def audience_by_correlation(task: Task) -> Found:
    """Spread the visitors evenly over the sites: what shared errors of one provider do to the interval."""
    n_sites = int(task.inputs.number("n_sites"))
    whole = _audience(task)
    even = PlatformAudience(
        platforms=tuple(f"site {i + 1}" for i in range(n_sites)),
        unique_visitors=np.full(n_sites, whole.total / n_sites),
        provider=whole.provider,
        source=f"assumed: {whole.source}, spread evenly",
        window=whole.window,
        territory=whole.territory,
    )
    curve = platforms.audience_by_correlation(even, audience_factors(task), level=task.settings.level)
    points = zip(curve.grid, curve.values, curve.low, curve.high, strict=True)
    table = ResultTable(
        columns=("correlation", "median", "low", "high"), rows=tuple(tuple(float(x) for x in row) for row in points)
    )
    return Found(tables={"audience_by_correlation": table})


@BOOK.recipe("relative_dependence")
def relative_dependence(_: Task) -> Found:
    """By what factor a two-list figure changes with the odds ratio of its lists, when the lists are not known."""
    factors = capture_recapture.relative_odds_ratio_curve(ODDS_RATIOS, observed_share=SHARES_SEEN)
    table = ResultTable(
        columns=("odds_ratio", *(f"seen_{share:g}" for share in SHARES_SEEN)),
        rows=tuple((ratio, *(float(x) for x in factors[:, at])) for at, ratio in enumerate(ODDS_RATIOS)),
    )
    return Found(tables={"dependence": table})


RECIPES: dict[str, Recipe] = {
    **BOOK.recipes,
    **domain_recipes.BOOK.recipes,
    **mturk_recipes.BOOK.recipes,
    **open_recipes.BOOK.recipes,
    **person_recipes.BOOK.recipes,
    **own_recipes.BOOK.recipes,
    **survey_recipes.BOOK.recipes,
}


def _one(task: Task, estimate: Estimate) -> Found:
    """Give the one estimate of a recipe the name and the estimand that the study file says."""
    return Found(estimates={task.name: replace(estimate, name=task.name, estimand=task.estimand)})


def _with_other_platforms(persons: Estimate) -> Estimate:
    """Say that the coefficient counts other platforms than those whose accounts are summed, and assume nothing else."""
    warning = CodedWarning(
        code="count-beyond-declared",
        message="the coefficient counts platforms that are not among those whose accounts are summed",
    )
    kept = tuple(a for a in persons.assumptions if a.id != "declaring-platforms-counted")
    return replace(persons, warnings=(*persons.warnings, warning), assumptions=kept)


def _registrations(task: Task) -> PlatformRegistrations:
    figure = task.inputs.figure("registrations")
    return PlatformRegistrations(
        platforms=("sum of the declaring platforms",),
        accounts=np.array([figure.number]),
        n_platforms=int(task.inputs.number("n_platforms")),
        source=figure.source,
        territory=task.estimand.territory,
    )


def _audience(task: Task) -> PlatformAudience:
    figure = task.inputs.figure("visitors")
    return PlatformAudience(
        platforms=("sum of the sites",),
        unique_visitors=np.array([figure.number]),
        n_platforms=int(task.inputs.number("n_platforms")),
        provider=figure.source,
        source=figure.source,
        window="month",
        territory=task.estimand.territory,
    )


def _reached_via(task: Task) -> ReachedVia:
    return cast(ReachedVia, check_choice(str(task.options["reached_via"]), get_args(ReachedVia), where=task.name))


def _half_cell(task: Task, role: str) -> float:
    """Return half the width of the rounding cell of an input; zero when the study file does not give its ends."""
    figure = task.inputs.figure(role)
    return 0.0 if figure.low is None or figure.high is None else (figure.high - figure.low) / 2
