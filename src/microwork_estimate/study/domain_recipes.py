"""Recipes for tiers by domain and for what tiers work and earn: all sources of a study redrawn together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from microwork_estimate import bootstrap, capture_recapture, platforms, synthesis, weighting
from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import Activity, Estimate, FloatArray, Replicates
from microwork_estimate.frozen import FrozenMapping, Scalar
from microwork_estimate.inputs import (
    CaptureHistories,
    Elicited,
    Margins,
    PlatformAudience,
    PlatformRegistrations,
    SurveySample,
)
from microwork_estimate.study import survey_recipes
from microwork_estimate.study.audience_inputs import FACTORS, audience_factors
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.person_recipes import listed
from microwork_estimate.study.recipe_book import RecipeBook
from microwork_estimate.study.resampling import redraw
from microwork_estimate.study.task import Found, Task

BOOK = RecipeBook()
FILES = ("registrations", "survey", "margins", "lists", "audience")
ELICITED = ("duplicates", *FACTORS)
ACTIVITY: dict[str, Activity] = {"very_active": "weekly", "regular": "monthly", "occasional": "registered"}
KINDS: tuple[Literal["exclusive", "nested"], ...] = ("exclusive", "nested")
ENDS = ("low", "high", "joint_low", "joint_high")
COLUMNS = (
    *("cell", "variable", "kind", "tier", "domain", "respondents", "count", *(f"count_{end}" for end in ENDS)),
    *("share", *(f"share_{end}" for end in ENDS), "warning"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """All sources of a study, read once.

    Parameters
    ----------
    survey : SurveySample
    margins : Margins
    visits : PlatformAudience
    factors : AudienceFactors
    lists : CaptureHistories
    declared : PlatformRegistrations
    duplicates : Elicited
    """

    survey: SurveySample
    margins: Margins
    visits: PlatformAudience
    factors: platforms.AudienceFactors
    lists: CaptureHistories
    declared: PlatformRegistrations
    duplicates: Elicited


@dataclass(frozen=True, kw_only=True, slots=True)
class Workforce:
    """All tiers of a study from one joint run, and the survey that says who is in them.

    Parameters
    ----------
    cells : TierSet or None
        Exclusive tiers, in order in every replicate; None where the sources disagree too much for that.
    warnings : tuple of CodedWarning
        What the ordering of the tiers has to say.
    violation_rate : float
        Share of the redraws in which the sources had to be put in order.
    weights : array of shape (n,)
        Persons for whom each respondent of the survey stands.
    draws : mapping of str to Replicates
        What was asked to be redrawn.
    """

    cells: synthesis.TierSet | None
    warnings: tuple[CodedWarning, ...]
    violation_rate: float
    weights: FloatArray
    draws: Mapping[str, Replicates]


@BOOK.recipe(
    "tiers_by_domain", inputs=("rounding",), elicited=ELICITED, files=FILES, options={"variables": str}, redraws=1
)
def tiers_by_domain(task: Task) -> Found:
    """Divide every tier by the variables of the survey; domains add up to their tier in every redraw."""
    names, parts = tier_names(task), parts_of(task)
    survey = parts.survey
    samples = {variable: _sample(survey, variable, names) for variable in listed(task.options["variables"])}

    def totals(weights: FloatArray) -> dict[str, FloatArray]:
        found = {variable: synthesis.domain_weights(sample, weights) for variable, sample in samples.items()}
        return {f"{variable}:{key}": value for variable, part in found.items() for key, value in part.items()}

    tier = survey_recipes.tiers_of(survey).tolist()
    cells = [Counter(zip(tier, sample.domain.tolist(), strict=True)) for sample in samples.values()]
    workforce = joint_run(task, parts, totals, groups=[n for found in cells for n in found.values()])
    rows: list[tuple[Scalar, ...]] = []
    for variable, sample in samples.items():
        prefix = f"{variable}:"
        redraws = {k.removeprefix(prefix): v for k, v in workforce.draws.items() if k.startswith(prefix)}
        persons = replace(sample, weights=workforce.weights)
        for kind in KINDS if workforce.cells is not None else ():
            assert workforce.cells is not None  # noqa: S101 - asked in the line above
            found = synthesis.domain_counts(
                workforce.cells, persons, redraws=redraws, kind=kind, level=task.settings.level
            )
            rows += [_row(variable, kind, row) for row in found.rows]
    table = ResultTable(columns=COLUMNS, rows=tuple(rows), counts=("respondents",))
    # The first column names the row, so that a sentence of a study file can point to the rate.
    order = ResultTable(columns=("tiers", "violation_rate"), rows=(("all", workforce.violation_rate),))
    return Found(tables={task.name: table, f"{task.name}_order": order})


def cell_name(*parts: str) -> str:
    """Name a row of a domain table, so that a sentence of a study file can point to it.

    Examples
    --------
    >>> cell_name("nested", "regular", "age", "25-34")
    'nested_regular_age_25_34'
    """
    return re.sub(r"[^a-z0-9]+", "_", "_".join(parts).lower()).strip("_")


@BOOK.recipe(
    "work_of_tier",
    inputs=("rounding", "full_time_week", "weeks_per_month"),
    elicited=ELICITED,
    files=FILES,
    options={"tier": str, "amount": str},
    redraws=1,
)
def work_of_tier(task: Task) -> Found:
    """Work out what a tier, with the tiers within it, works or earns: full-time equivalents, or earnings a month."""
    parts, names = parts_of(task), tier_names(task)
    survey = parts.survey
    tier, wanted = survey_recipes.tiers_of(survey), str(task.options["tier"])
    values, per = _amounts(task, survey)
    members = {name.id: (tier == name.id).astype(np.float64) for name in names}

    def means(weights: FloatArray) -> dict[str, FloatArray]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return {key: (weights @ (values * who)) / (weights @ who) for key, who in members.items()}

    counts = {key: int(who.sum()) for key, who in members.items()}
    workforce = joint_run(task, parts, means, groups=counts.values())
    if workforce.cells is None:
        nothing = Estimate(
            name=task.name, value=None, estimand=task.estimand, method="none", warnings=workforce.warnings
        )
        return Found(estimates={task.name: nothing})
    point = means(workforce.weights[None, :])
    found = {
        key: Estimate(
            name=key,
            value=float(point[key][0]),
            estimand=task.estimand,
            method="weighted mean",
            replicates=workforce.draws[key],
        )
        for key in members
    }
    amounts = synthesis.tier_amounts(workforce.cells, found, estimand=task.estimand, per=per, level=task.settings.level)
    nested = synthesis.cumulated(amounts)[wanted]
    done = replace(nested, name=task.name, estimand=task.estimand)
    within = [counts[name.id] for name in names[: [name.id for name in names].index(wanted) + 1]]
    noted = {"respondents": sum(within), "fewest": min(within)}  # tiers of the same kind are differences of each other
    return Found(estimates={task.name: replace(done, diagnostics=FrozenMapping({**done.diagnostics, **noted}))})


def joint_run(
    task: Task, parts: Parts, extra: Callable[[FloatArray], Mapping[str, FloatArray]], *, groups: Iterable[int] = ()
) -> Workforce:
    """Redraw lists, audience, survey, declarations and duplicates together, and put the tiers in order.

    Each source has the stream that its own estimate uses, so that the tiers here are those of the study, draw by draw.

    Parameters
    ----------
    task : Task
        With the input ``rounding``.
    parts : Parts
    extra : callable
        Takes redrawn person weights, shape (B, n), and returns arrays of shape (B,) by name.
    groups : iterable of int
        How many respondents are in each group that they are about.

    Returns
    -------
    Workforce
    """
    survey, margins, visits, factors = parts.survey, parts.margins, parts.visits, parts.factors
    n_platforms = survey.numbers("n_platforms")

    def recipe(redrawn: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        raked = weighting.calibrate_replicates(survey, margins, redrawn["survey"] * survey.weights)
        accounts = redrawn["registrations"].sum(axis=1) * (1 - redrawn["duplicates"])
        persons = survey_recipes.person_weights(raked, accounts, n_platforms)
        tiers = {
            "tier:very_active": redrawn["lists"],
            "tier:regular": platforms.audience_draws(visits, factors, redrawn["audience"]),
            "tier:occasional": persons.sum(axis=1),
        }
        return {**tiers, **extra(persons)}

    sources, schemes = _sources(parts, task.inputs.number("rounding"))
    draws = redraw(bootstrap.batched(recipe), sources, schemes, task.settings, groups=groups)
    raked = weighting.calibrate(survey, margins).sample
    estimates = [
        bootstrap.with_replicates(estimate, draws[f"tier:{key}"], level=task.settings.level)
        for key, estimate in _points(task, parts, raked).items()
    ]
    ordered = synthesis.coherent(synthesis.tiers(estimates, names=tier_names(task)), level=task.settings.level)
    cells = None if ordered.constrained is None else synthesis.exclusive(ordered.constrained)
    accounts = np.asarray(parts.declared.total * (1 - parts.duplicates.median))
    weights = survey_recipes.person_weights(raked.weights, accounts, n_platforms)
    return Workforce(
        cells=cells,
        warnings=ordered.warnings,
        violation_rate=ordered.violation_rate,
        weights=weights,
        draws=draws,
    )


def parts_of(task: Task) -> Parts:
    """Read the files ``lists``, ``audience``, ``survey``, ``margins`` and ``registrations``, and the elicited factors."""
    return Parts(
        survey=survey_recipes.survey_of(task),
        margins=survey_recipes.margins_of(task),
        visits=survey_recipes.audience_of(task),
        factors=audience_factors(task),
        lists=survey_recipes.lists_of(task),
        declared=survey_recipes.registrations_of(task),
        duplicates=task.inputs.elicited("duplicates"),
    )


def tier_names(task: Task) -> tuple[synthesis.Tier, ...]:
    """Return the tiers of the study, from the most active on."""
    return tuple(
        synthesis.Tier(
            id=key,
            label_en=tier.label,
            label_fr=tier.label_fr or tier.label,
            criterion_en=tier.criterion,
            criterion_fr=tier.criterion_fr or tier.criterion,
        )
        for key, tier in task.tiers.items()
    )


def _sources(parts: Parts, rounding: float) -> tuple[dict[str, Any], dict[str, bootstrap.Scheme]]:
    sources = {
        "lists": parts.lists,
        "audience": platforms.n_audience_uniforms(parts.visits),
        "survey": parts.survey,
        "registrations": parts.declared,
        "duplicates": parts.duplicates,
    }
    schemes: dict[str, bootstrap.Scheme] = {
        "lists": bootstrap.WaringHalf(),
        "audience": bootstrap.UniformDraws(),
        "survey": weighting.RaoWuYue(),
        "registrations": bootstrap.RoundedAccounts(half_width=rounding),
        "duplicates": bootstrap.ElicitedDraws(),
    }
    return sources, schemes


def _points(task: Task, parts: Parts, raked: SurveySample) -> dict[str, Estimate]:
    """Return the nested tiers as their own recipes estimate them, before any redraw."""
    level = task.settings.level
    found = {
        "very_active": capture_recapture.chapman(parts.lists, level=level),
        "regular": platforms.persons_from_audience(parts.visits, parts.factors, level=level),
        "occasional": survey_recipes.registered_persons(raked, parts.declared, parts.duplicates.median),
    }
    # The estimate of the task may count something else than persons.
    return {
        key: replace(estimate, estimand=replace(task.estimand, unit="persons", activity=ACTIVITY[key]))
        for key, estimate in found.items()
    }


def _amounts(task: Task, survey: SurveySample) -> tuple[FloatArray, float]:
    """Return what each respondent works or earns, and what a total of it is divided by."""
    hours, wanted = survey.numbers("hours_per_week"), task.options["amount"]
    if wanted == "full-time equivalents":
        return hours, task.inputs.number("full_time_week")
    if wanted == "earnings":
        return hours * survey.numbers("eur_per_hour") * task.inputs.number("weeks_per_month"), 1.0
    raise InvalidInput(
        "unknown amount",
        expected="full-time equivalents, or earnings",
        got=repr(wanted),
        where=f"estimates.{task.name}.options.amount",
        fix="choose one of the two",
    )


def _sample(survey: SurveySample, variable: str, names: tuple[synthesis.Tier, ...]) -> synthesis.TieredSample:
    domain = survey.column(variable)
    return synthesis.TieredSample(
        tier=survey_recipes.tiers_of(survey),
        domain=domain,
        weights=survey.weights,
        tiers=names,
        domains=tuple(sorted(set(domain.tolist()))),
    )


def _row(variable: str, kind: str, row: synthesis.DomainRow) -> tuple[Scalar, ...]:
    """Write a row of a domain table as plain values, in the order of COLUMNS."""
    # Nested respondents are sums of exclusive ones: shown too, they would give a small count away.
    respondents = row.count.diagnostics["respondents"] if kind == "exclusive" else None
    key = cell_name(kind, row.tier, variable, row.domain)
    cells: list[Scalar] = [key, variable, kind, row.tier, row.domain, respondents]
    for estimate, joint in ((row.count, row.joint_count), (row.share, row.joint_share)):
        around = estimate.bounds or estimate.interval
        cells.append(estimate.value)
        for interval in (around, joint):
            cells += [None, None] if interval is None else [interval.low, interval.high]
    own = [w.code for w in row.share.warnings if w.code in ("share-at-the-edge", "tier-without-respondents")]
    return (*cells, own[-1] if own else None)
