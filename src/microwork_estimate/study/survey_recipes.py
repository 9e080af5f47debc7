"""The recipes of a study with microdata: a survey, declarations by platform, two lists, audience by site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from microwork_estimate import bootstrap, capture_recapture, platforms, weighting
from microwork_estimate.estimate import Estimate, FloatArray
from microwork_estimate.inputs import (
    CaptureHistories,
    Margins,
    PlatformAudience,
    PlatformRegistrations,
    SurveySample,
    column,
    margins_from_table,
    platform_registrations,
    survey_sample,
)
from microwork_estimate.study.audience_inputs import FACTORS, audience_factors
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.recipe_book import RecipeBook
from microwork_estimate.study.resampling import audience_replicates, redraw
from microwork_estimate.study.task import Found, Task

BOOK = RecipeBook()
REACHED = "accounts of the platforms reached"
ODDS_RATIOS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


@BOOK.recipe("two_list_table", files=("lists",), redraws=1)
def two_list_table(task: Task) -> Found:
    """Chapman on two lists; the replicates are exact draws of how many neither list has seen."""
    lists = lists_of(task)
    estimate = capture_recapture.chapman(lists, level=task.settings.level)
    draws = redraw(lambda redrawn: redrawn["lists"], {"lists": lists}, {"lists": bootstrap.WaringHalf()}, task.settings)
    redrawn = bootstrap.with_replicates(estimate, draws["value"], level=task.settings.level)
    return Found(estimates={task.name: replace(redrawn, name=task.name, estimand=task.estimand)})


@BOOK.recipe("two_list_bounds", files=("lists",))
def two_list_bounds(task: Task) -> Found:
    """Chapman with an odds ratio between the lists that is only known to lie in a range, and the whole curve."""
    lists = lists_of(task)
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


@BOOK.recipe("audience_by_site", elicited=FACTORS, files=("audience",), redraws=1)
def audience_by_site(task: Task) -> Found:
    """Visitors of each site turned into workers, with errors that the sites of one provider share."""
    visits, factors = audience_of(task), audience_factors(task)
    persons = platforms.persons_from_audience(visits, factors, level=task.settings.level)
    redrawn = audience_replicates(persons, visits, factors, task.settings)
    return Found(estimates={task.name: replace(redrawn, name=task.name, estimand=task.estimand)})


@BOOK.recipe(
    "registrations_and_survey",
    inputs=("rounding",),
    elicited=("duplicates",),
    files=("registrations", "survey", "margins"),
    redraws=1,
)
def registrations_and_survey(task: Task) -> Found:
    """Divide declared accounts, without duplicates, by the platforms per person that the raked survey found.

    Survey, declarations and share of duplicates are redrawn together, each on its own stream, and the whole recipe runs
    again on every redraw: the survey is raked anew to the accounts by sex and by age.
    """
    survey, margins = survey_of(task), margins_of(task)
    declared, duplicates = registrations_of(task), task.inputs.elicited("duplicates")
    raked = weighting.calibrate(survey, margins).sample
    estimate = registered_persons(raked, declared, duplicates.median)
    draws = bootstrap.replicate(
        bootstrap.batched(lambda redrawn: {"value": raked_persons(survey, margins, redrawn)}),
        {"survey": survey, "registrations": declared, "duplicates": duplicates},
        bootstrap.Joint(
            schemes={
                "survey": weighting.RaoWuYue(),
                "registrations": bootstrap.RoundedAccounts(half_width=task.inputs.number("rounding")),
                "duplicates": bootstrap.ElicitedDraws(),
            }
        ),
        n_replicates=task.settings.n_replicates,
        seed=task.settings.seed,
        execution=task.settings.execution,
    )
    redrawn = bootstrap.with_replicates(estimate, draws["value"], level=task.settings.level)
    return Found(estimates={task.name: replace(redrawn, name=task.name, estimand=task.estimand)})


def registered_persons(survey: SurveySample, declared: PlatformRegistrations, duplicates: float) -> Estimate:
    """Estimate registered persons from a survey with its final weights, declarations, and the share of duplicates.

    Parameters
    ----------
    survey : SurveySample
    declared : PlatformRegistrations
    duplicates : float
        Share of the accounts that are a second account of the same person.

    Returns
    -------
    Estimate
        Persons.
    """
    kept = replace(declared, accounts=declared.accounts * (1 - duplicates))
    return platforms.persons_from_registrations(kept, platforms.multiplicity(survey))


def raked_persons(survey: SurveySample, margins: Margins, redrawn: Mapping[str, FloatArray]) -> FloatArray:
    """Estimate registered persons on a whole block of redraws at once, the survey raked anew in each.

    Parameters
    ----------
    survey : SurveySample
        With its base weights, n respondents.
    margins : Margins
        What the survey is raked to.
    redrawn : mapping of str to array
        ``survey``: factors, shape (B, n); ``registrations``: accounts, shape (B, p); ``duplicates``: shares, shape (B,).

    Returns
    -------
    array of shape (B,)
        Persons; NaN where a redraw cannot be raked.
    """
    weights = weighting.calibrate_replicates(survey, margins, redrawn["survey"] * survey.weights)
    accounts = redrawn["registrations"].sum(axis=1) * (1 - redrawn["duplicates"])
    return np.asarray(accounts / harmonic_means(survey.numbers("n_platforms"), weights))


def person_weights(weights: FloatArray, accounts: FloatArray, n_platforms: FloatArray) -> FloatArray:
    """Turn weights of accounts into weights of persons that add up to the registered persons.

    Parameters
    ----------
    weights : array of shape (n,), or (B, n)
        Of accounts, up to a factor.
    accounts : array of shape (), or (B,)
        All declared accounts, without duplicates.
    n_platforms : array of shape (n,)
        Platforms of each respondent.

    Returns
    -------
    array of the shape of `weights`

    Examples
    --------
    >>> person_weights(np.ones(2), np.asarray(40.0), np.array([1.0, 2.0]))
    array([20., 10.])
    """
    of_accounts = weights * (accounts / weights.sum(axis=-1))[..., None]
    return np.asarray(of_accounts / n_platforms)


def tiers_of(survey: SurveySample) -> np.ndarray:
    """Return the exclusive tier of each respondent, of the columns ``weekly`` and ``monthly``, shape (n,)."""
    weekly, monthly = survey.numbers("weekly") == 1, survey.numbers("monthly") == 1
    return np.select([weekly, monthly], ["very_active", "regular"], default="occasional")


def harmonic_means(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return weighted harmonic means, shape (B,), of values of shape (n,) with weights of shape (B, n)."""
    return np.asarray(weights.sum(axis=1) / (weights @ (1 / values)))


def audience_of(task: Task) -> PlatformAudience:
    """Read the monthly audience of each site."""
    table = task.inputs.read_table("audience")
    return PlatformAudience(
        platforms=tuple(str(site) for site in column(table, "site")),
        unique_visitors=column(table, "visitors").astype(np.float64),
        provider="simulated provider",
        source="audience.csv",
        window="month",
        territory=task.estimand.territory,
    )


def lists_of(task: Task) -> CaptureHistories:
    """Read the lists, by who is on which."""
    table = task.inputs.read_table("lists")
    names = [name for name in table.columns if name != "persons"]
    presence = np.column_stack([column(table, name) for name in names])
    return CaptureHistories.from_patterns(names, presence, column(table, "persons"), estimand=task.estimand)


def registrations_of(task: Task) -> PlatformRegistrations:
    """Read the accounts that platforms declare."""
    return platform_registrations(
        task.inputs.read_table("registrations"),
        platform="platform",
        accounts="accounts",
        source="registrations.csv",
        territory=task.estimand.territory,
    )


def survey_of(task: Task) -> SurveySample:
    """Read the survey, with its platforms as strata."""
    return survey_sample(
        task.inputs.read_table("survey"),
        weight="weight",
        reached_via="platform_subset",
        universe=REACHED,
        design={"strata": "platform"},
    )


def margins_of(task: Task) -> Margins:
    """Read what the survey is raked to."""
    table = task.inputs.read_table("margins")
    columns = ("variable", "category", "accounts")
    return margins_from_table(table, source="margins.csv", universe=REACHED, columns=columns)
