"""The recipes of a study with microdata: a survey, declarations by platform, two lists, audience by site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from microwork_estimate import bootstrap, capture_recapture, platforms, weighting
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import (
    CaptureHistories,
    PlatformAudience,
    PlatformRegistrations,
    SurveySample,
    column,
    platform_registrations,
)
from microwork_estimate.study.audience_inputs import FACTORS, audience_factors
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.recipe_book import RecipeBook
from microwork_estimate.study.resampling import audience_replicates
from microwork_estimate.study.task import Found, Task

BOOK = RecipeBook()
ODDS_RATIOS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


@BOOK.recipe("two_list_table", files=("lists",))
def two_list_table(task: Task) -> Found:
    """Chapman on two lists; the replicates are exact draws of how many neither list has seen."""
    lists = _lists(task)
    estimate = capture_recapture.chapman(lists, level=task.settings.level)
    draws = bootstrap.replicate(
        lambda redrawn: redrawn["lists"],
        {"lists": lists},
        bootstrap.Joint(schemes={"lists": bootstrap.WaringHalf()}),
        n_replicates=task.settings.n_replicates,
        seed=task.settings.seed,
    )
    redrawn = bootstrap.with_replicates(estimate, draws["value"], level=task.settings.level)
    return Found(estimates={task.name: replace(redrawn, name=task.name, estimand=task.estimand)})


@BOOK.recipe("two_list_bounds", files=("lists",))
def two_list_bounds(task: Task) -> Found:
    """Chapman with an odds ratio between the lists that is only known to lie in a range, and the whole curve."""
    lists = _lists(task)
    bounds = capture_recapture.odds_ratio_bounds(lists, low=0.5, high=4.0, level=task.settings.level)
    curve = capture_recapture.odds_ratio_curve(lists, ODDS_RATIOS, level=task.settings.level)
    points = zip(curve.grid, curve.values, curve.low, curve.high, strict=True)
    table = ResultTable(
        columns=("odds_ratio", "value", "low", "high"), rows=tuple(tuple(float(x) for x in row) for row in points)
    )
    return Found(
        estimates={task.name: replace(bounds, name=task.name, estimand=task.estimand)},
        tables={"odds_ratio_curve": table},
    )


@BOOK.recipe("audience_by_site", elicited=FACTORS, files=("audience",))
def audience_by_site(task: Task) -> Found:
    """Visitors of each site turned into workers, with errors that the sites of one provider share."""
    table = task.inputs.read_table("audience")
    visits = PlatformAudience(
        platforms=tuple(str(site) for site in column(table, "site")),
        unique_visitors=column(table, "visitors").astype(np.float64),
        provider="simulated provider",
        source="audience.csv",
        window="month",
        territory=task.estimand.territory,
    )
    factors = audience_factors(task)
    persons = platforms.persons_from_audience(visits, factors, level=task.settings.level)
    redrawn = audience_replicates(persons, visits, factors, task.settings)
    return Found(estimates={task.name: replace(redrawn, name=task.name, estimand=task.estimand)})


@BOOK.recipe(
    "registrations_and_survey", inputs=("rounding",), elicited=("duplicates",), files=("registrations", "survey")
)
def registrations_and_survey(task: Task) -> Found:
    """Divide declared accounts, without duplicates, by the platforms per person that the survey found.

    Survey, declarations and share of duplicates are redrawn together, each on its own stream, and the whole recipe runs
    again on every redraw.
    """
    data = {
        "survey": _survey(task),
        "registrations": _registrations(task),
        "duplicates": task.inputs.elicited("duplicates"),
    }
    schemes = {
        "survey": weighting.RaoWuYue(),
        "registrations": bootstrap.RoundedAccounts(half_width=task.inputs.number("rounding")),
        "duplicates": bootstrap.ElicitedDraws(),
    }
    estimate = registered_persons({**data, "duplicates": data["duplicates"].median})
    draws = bootstrap.replicate(
        registered_persons,
        data,
        bootstrap.Joint(schemes=schemes),
        n_replicates=task.settings.n_replicates,
        seed=task.settings.seed,
    )
    redrawn = bootstrap.with_replicates(estimate, draws["value"], level=task.settings.level)
    return Found(estimates={task.name: replace(redrawn, name=task.name, estimand=task.estimand)})


def registered_persons(sources: Mapping[str, Any]) -> Estimate:
    """Estimate registered persons from one draw of the sources: survey, registrations, share of duplicates.

    Parameters
    ----------
    sources : mapping
        ``survey`` (SurveySample), ``registrations`` (PlatformRegistrations), ``duplicates`` (share of accounts).

    Returns
    -------
    Estimate
        Persons.
    """
    declared: PlatformRegistrations = sources["registrations"]
    kept = replace(declared, accounts=declared.accounts * (1 - sources["duplicates"]))
    kappa = platforms.multiplicity(sources["survey"])
    return platforms.persons_from_registrations(kept, kappa)


def _lists(task: Task) -> CaptureHistories:
    table = task.inputs.read_table("lists")
    names = [name for name in table.columns if name != "persons"]
    presence = np.column_stack([column(table, name) for name in names])
    return CaptureHistories.from_patterns(names, presence, column(table, "persons"), estimand=task.estimand)


def _registrations(task: Task) -> PlatformRegistrations:
    return platform_registrations(
        task.inputs.read_table("registrations"),
        platform="platform",
        accounts="accounts",
        source="registrations.csv",
        territory=task.estimand.territory,
    )


def _survey(task: Task) -> SurveySample:
    table = task.inputs.read_table("survey")
    platform = column(table, "platform")
    return SurveySample(
        columns={name: column(table, name) for name in table.columns if name != "weight"},
        weight=column(table, "weight"),
        strata=platform,
        reached_via="platform_subset",
        universe="accounts of the platforms reached",
    )
