"""The recipes for Amazon Mechanical Turk: one platform, a survey every day, people recognised when they come back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from microwork_estimate import bootstrap, capture_recapture, synthesis
from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Estimate, FrozenMapping, Interval, Replicates
from microwork_estimate.inputs import (
    CaptureCounts,
    CaptureHistories,
    capture_counts,
    capture_pairs,
    column,
    counts_by_group,
)
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.recipe_book import RecipeBook
from microwork_estimate.study.resampling import period_means
from microwork_estimate.study.task import Found, Task
from microwork_estimate.synthesis import Tier

BOOK = RecipeBook()
RECENT = "recent"
OPEN_SHARE = 0.1  # of a half-life: beyond it, a population is too open for a model of a closed one


@BOOK.recipe(
    "month_pairs", inputs=("days_between_answers",), files=("pairs",), options={"recent_pairs": int}, redraws=1
)
def month_pairs(task: Task) -> Found:
    """Each pair of consecutive months as two lists: Lincoln-Petersen, Chapman, and the mean of each year."""
    pairs = capture_pairs(
        task.inputs.read_table("pairs"),
        key="month",
        n1="n1",
        n2="n2",
        both="m",
        lists=("month", "next month"),
        estimand=task.estimand,
    )
    months = list(pairs)
    plain = {
        month: capture_recapture.lincoln_petersen(pair, level=task.settings.level) for month, pair in pairs.items()
    }
    better = {month: capture_recapture.chapman(pair, level=task.settings.level) for month, pair in pairs.items()}
    by_year: dict[str, tuple[str, ...]] = {}
    for month in months:
        by_year[month[:4]] = (*by_year.get(month[:4], ()), month)
    periods = {**by_year, RECENT: tuple(months[-int(str(task.options["recent_pairs"])) :])}
    redrawn = period_means(pairs, periods, task.settings)
    return Found(
        estimates={task.name: _recent_mean(task, [better[month] for month in periods[RECENT]], redrawn[RECENT])},
        tables={"month_pairs": _pair_table(pairs, plain, better), "years": _year_table(by_year, better, redrawn, task)},
    )


def _mean_value(pairs: list[Estimate]) -> float | None:
    """Mean of the pairs; None as soon as one of them has no value, because leaving it out would choose the small ones."""
    values = [pair.value for pair in pairs if pair.value is not None]
    return float(np.mean(values)) if len(values) == len(pairs) else None


def _recent_mean(task: Task, pairs: list[Estimate], redrawn: Replicates) -> Estimate:
    adjacent = CodedWarning(
        code="adjacent-occasions",
        message=f"a worker can answer once in {task.inputs.number('days_between_answers'):g} days, so that adjacent months "
        "are not independent captures; the maintainers use months that are two or more apart",
    )
    mean = Estimate(
        name=task.name,
        value=_mean_value(pairs),
        estimand=task.estimand,
        method=f"Chapman, mean of the {len(pairs)} most recent pairs of months",
        assumptions=pairs[0].assumptions,
        warnings=tuple(dict.fromkeys([adjacent, *(w for pair in pairs for w in pair.warnings)])),
        references=pairs[0].references,
        diagnostics=FrozenMapping({"pairs": len(pairs)}),
    )
    if mean.value is not None:
        return bootstrap.with_replicates(mean, redrawn, level=task.settings.level)
    # A pair without overlap has no upper limit, and so the mean has none: only the lower end of the draws is honest.
    low = bootstrap.percentile(redrawn, level=2 * task.settings.level - 1).low
    one_sided = Interval(low=low, high=math.inf, level=task.settings.level, method="percentile, one-sided")
    return replace(mean, replicates=redrawn, interval=one_sided)


def _pair_table(
    pairs: dict[str, CaptureHistories], plain: dict[str, Estimate], better: dict[str, Estimate]
) -> ResultTable:
    rows = []
    for month, pair in pairs.items():
        sizes = (int(pair.list_sizes[0]), int(pair.list_sizes[1]), pair.two_list_cells()[0])
        interval = better[month].interval
        ends = (None, None) if interval is None else (interval.low, interval.high)
        rows.append((month, *sizes, plain[month].value, better[month].value, *ends))
    columns = ("month", "n1", "n2", "both", "lincoln_petersen", "chapman", "low", "high")
    return ResultTable(columns=columns, rows=tuple(rows), counts=("n1", "n2", "both"))


def _year_table(
    periods: dict[str, tuple[str, ...]], better: dict[str, Estimate], redrawn: dict[str, Replicates], task: Task
) -> ResultTable:
    rows = []
    for year, names in periods.items():
        interval = bootstrap.percentile(redrawn[year], level=task.settings.level)
        rows.append((int(year), len(names), _mean_value([better[n] for n in names]), interval.low, interval.high))
    return ResultTable(columns=("year", "pairs", "mean", "low", "high"), rows=tuple(rows))


def _counts(task: Task) -> CaptureCounts:
    return capture_counts(
        task.inputs.read_table("counts"),
        times="times",
        persons="persons",
        occasions=int(task.inputs.number("occasions")),
        estimand=task.estimand,
    )


def _open_population(task: Task) -> CodedWarning:
    """Compare the time over which people were counted with the time in which half of them leave."""
    half_lives = column(task.inputs.read_table("half_life"), "half_life_days").astype(float)
    days = task.inputs.number("occasions") * task.inputs.number("days_between_answers")
    return CodedWarning(
        code="open-population",
        message=f"people were counted over {days:,.0f} days, and half of them leave within {half_lives.min():,.0f} to "
        f"{half_lives.max():,.0f} days: whoever came and left could be seen on few of the occasions, so that the figure may "
        "err in either direction, and a lower bound need not be one",
    )


def _about_open_population(task: Task, estimate: Estimate) -> Found:
    warned = replace(estimate, name=task.name, warnings=(*estimate.warnings, _open_population(task)))
    return Found(estimates={task.name: warned})


@BOOK.recipe(
    "chao_lower_bound",
    inputs=("occasions", "days_between_answers"),
    files=("counts", "half_life"),
    options={"bias_corrected": bool},
)
def chao_lower_bound(task: Task) -> Found:
    """Chao's lower bound from how often each worker was seen, in the classic or in the bias-corrected form."""
    bound = capture_recapture.chao_lower_bound(
        _counts(task), bias_corrected=bool(task.options["bias_corrected"]), level=task.settings.level
    )
    return _about_open_population(task, bound)


@BOOK.recipe("equal_catchability", inputs=("occasions", "days_between_answers"), files=("counts", "half_life"))
def equal_catchability(task: Task) -> Found:
    """Everybody equally easy to reach on each of T occasions: a zero-truncated binomial."""
    fit = capture_recapture.zero_truncated(_counts(task), family="binomial", level=task.settings.level)
    return _about_open_population(task, fit)


@BOOK.recipe(
    "binomial_mixture",
    inputs=("occasions", "days_between_answers"),
    files=("counts", "half_life"),
    options={"components": int, "max_components": int},
)
def binomial_mixture(task: Task) -> Found:
    """Several kinds of workers, each with its own chance to be seen: finite mixtures of binomials, and how N drifts."""
    counts, level = _counts(task), task.settings.level
    most = int(str(task.options["max_components"]))
    fit = capture_recapture.binomial_mixture(counts, components=int(str(task.options["components"])), level=level)
    drift = capture_recapture.mixture_drift(counts, max_components=most, level=level)
    rows = tuple(
        (int(k), float(size), float(aic))
        for k, size, aic in zip(drift.components, drift.values, drift.aic, strict=True)
    )
    table = ResultTable(columns=("components", "value", "aic"), rows=rows)
    warned = replace(fit, warnings=tuple(dict.fromkeys((*fit.warnings, *drift.warnings))))
    return Found(estimates=_about_open_population(task, warned).estimates, tables={"mixture_drift": table})


@BOOK.recipe("hours_tiers", files=("hours",))
def hours_tiers(task: Task) -> Found:
    """Share of answers in each tier of hours a week, for each year in which the question was asked."""
    answers = counts_by_group(
        task.inputs.read_table("hours"), group="year", category="hours_per_week", count="responses"
    )
    tiers = [
        Tier(
            id=key,
            label_en=tier.label,
            label_fr=tier.label_fr or tier.label,
            criterion_en=tier.criterion,
            criterion_fr=tier.criterion_fr or tier.criterion,
        )
        for key, tier in task.tiers.items()
    ]
    classes = {key: tier.classes for key, tier in task.tiers.items()}
    by_year = {
        year: synthesis.tier_shares(counts, classes, names=tiers, estimand=task.estimand, level=task.settings.level)
        for year, counts in answers.items()
    }
    rows = tuple(
        (int(year), sum(answers[year].values()), *(cell.estimate.value for cell in shares))
        for year, shares in by_year.items()
    )
    latest = by_year[max(by_year)]
    return Found(
        estimates={
            f"{task.name}_{cell.tier.id}": replace(cell.estimate, name=f"{task.name}_{cell.tier.id}") for cell in latest
        },
        tables={
            "activity": ResultTable(
                columns=("year", "answers", *(tier.id for tier in tiers)),
                rows=rows,
                counts=("answers",),
                shares=tuple((tier.id, "answers") for tier in tiers),
            )
        },
    )
