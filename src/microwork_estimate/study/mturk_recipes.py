"""The recipes for Amazon Mechanical Turk: one platform, a survey every day, people recognised when they come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from microwork_estimate import bootstrap, capture_recapture, synthesis
from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Estimate, FrozenMapping, Replicates
from microwork_estimate.inputs import CaptureCounts, CaptureHistories, column
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.resampling import period_means
from microwork_estimate.study.task import Found, Task
from microwork_estimate.synthesis import Tier

RECENT = 12  # pairs in the recent mean: one year


def month_pairs(task: Task) -> Found:
    """Each pair of consecutive months as two lists: Lincoln-Petersen, Chapman, and the mean of each year."""
    table = task.inputs.read_table("pairs")
    months = [str(month) for month in column(table, "month")]
    sizes = np.column_stack([column(table, name) for name in ("n1", "n2", "m")])
    pairs = {
        month: CaptureHistories.from_two_lists(*row, lists=("month", "next month"), estimand=task.estimand)
        for month, row in zip(months, sizes.tolist(), strict=True)
    }
    plain = [capture_recapture.lincoln_petersen(pair, level=task.settings.level) for pair in pairs.values()]
    better = [capture_recapture.chapman(pair, level=task.settings.level) for pair in pairs.values()]
    by_year: dict[str, list[str]] = {}
    for month in months:
        by_year.setdefault(month[:4], []).append(month)
    periods = {year: tuple(names) for year, names in by_year.items()} | {"recent": tuple(months[-RECENT:])}
    redrawn = period_means(pairs, periods, task.settings)
    values = dict(zip(months, better, strict=True))
    recent = _recent_mean(task, [values[month] for month in periods["recent"]], redrawn["recent"])
    return Found(
        estimates={task.name: recent},
        tables={
            "month_pairs": _pair_table(months, sizes, plain, better),
            "years": _year_table({year: periods[year] for year in by_year}, values, redrawn, task.settings.level),
        },
    )


def _recent_mean(task: Task, pairs: list[Estimate], redrawn: Replicates) -> Estimate:
    adjacent = CodedWarning(
        code="adjacent-occasions",
        message=f"a worker can answer once in {task.inputs.number('days_between_answers'):g} days, so that adjacent months "
        "are not independent captures; the maintainers use months that are two or more apart",
    )
    mean = Estimate(
        name=task.name,
        value=float(np.mean([pair.value for pair in pairs if pair.value is not None])),
        estimand=task.estimand,
        method=f"Chapman, mean of the {len(pairs)} most recent pairs of months",
        assumptions=pairs[0].assumptions,
        warnings=tuple(dict.fromkeys([adjacent, *(w for pair in pairs for w in pair.warnings)])),
        references=pairs[0].references,
        diagnostics=FrozenMapping({"pairs": len(pairs)}),
    )
    return bootstrap.with_replicates(mean, redrawn, level=task.settings.level)


def _pair_table(months: list[str], sizes: np.ndarray, plain: list[Estimate], better: list[Estimate]) -> ResultTable:
    rows = [
        (month, *(int(size) for size in row), simple.value, chapman.value, *_ends(chapman))
        for month, row, simple, chapman in zip(months, sizes, plain, better, strict=True)
    ]
    return ResultTable(
        columns=("month", "n1", "n2", "both", "lincoln_petersen", "chapman", "low", "high"), rows=tuple(rows)
    )


def _ends(estimate: Estimate) -> tuple[float, float]:
    return (estimate.interval.low, estimate.interval.high) if estimate.interval is not None else (0.0, np.inf)


def _year_table(
    periods: dict[str, tuple[str, ...]],
    values: dict[str, Estimate],
    redrawn: dict[str, Replicates],
    level: float,
) -> ResultTable:
    rows = []
    for year, names in periods.items():
        interval = bootstrap.percentile(redrawn[year], level=level)
        mean = float(np.mean([values[name].value or np.nan for name in names]))
        rows.append((int(year), len(names), mean, interval.low, interval.high))
    return ResultTable(columns=("year", "pairs", "mean", "low", "high"), rows=tuple(rows))


def _counts(task: Task) -> CaptureCounts:
    table = task.inputs.read_table("counts")
    return CaptureCounts.from_table(
        column(table, "times"),
        column(table, "persons"),
        occasions=int(task.inputs.number("occasions")),
        estimand=task.estimand,
    )


def chao_lower_bound(task: Task) -> Found:
    """Chao's lower bound from how often each worker was seen, in the classic or in the bias-corrected form."""
    bound = capture_recapture.chao_lower_bound(
        _counts(task), bias_corrected=bool(task.options["bias_corrected"]), level=task.settings.level
    )
    return Found(estimates={task.name: replace(bound, name=task.name)})


def equal_catchability(task: Task) -> Found:
    """Everybody equally easy to reach on each of T occasions: a zero-truncated binomial."""
    fit = capture_recapture.zero_truncated(_counts(task), family="binomial", level=task.settings.level)
    return Found(estimates={task.name: replace(fit, name=task.name)})


def binomial_mixture(task: Task) -> Found:
    """Several kinds of workers, each with its own chance to be seen: finite mixtures of binomials, and how N drifts."""
    counts, level = _counts(task), task.settings.level
    components = int(str(task.options["components"]))
    fit = capture_recapture.binomial_mixture(counts, components=components, level=level)
    drift = capture_recapture.mixture_drift(
        counts, max_components=int(str(task.options["max_components"])), level=level
    )
    rows = tuple(
        (int(k), float(size), float(aic))
        for k, size, aic in zip(drift.components, drift.values, drift.aic, strict=True)
    )
    estimate = replace(fit, name=task.name, warnings=tuple(dict.fromkeys((*fit.warnings, *drift.warnings))))
    return Found(
        estimates={task.name: estimate},
        tables={"mixture_drift": ResultTable(columns=("components", "value", "aic"), rows=rows)},
    )


def hours_tiers(task: Task) -> Found:
    """Share of answers in each tier of hours a week, for each year in which the question was asked."""
    table = task.inputs.read_table("hours")
    answers: dict[int, dict[str, int]] = {}
    asked = table.filter(~table["hours_per_week"].is_null())
    for year, hours, responses in asked.select("year", "hours_per_week", "responses").iter_rows():
        answers.setdefault(int(year), {})[str(hours)] = int(responses)
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
        (year, sum(answers[year].values()), *(cell.estimate.value for cell in shares))
        for year, shares in by_year.items()
    )
    latest = by_year[max(by_year)]
    return Found(
        estimates={
            f"{task.name}_{cell.tier.id}": replace(cell.estimate, name=f"{task.name}_{cell.tier.id}") for cell in latest
        },
        tables={"activity": ResultTable(columns=("year", "answers", *(tier.id for tier in tiers)), rows=rows)},
    )


RECIPES: dict[str, Callable[[Task], Found]] = {
    "binomial_mixture": binomial_mixture,
    "chao_lower_bound": chao_lower_bound,
    "equal_catchability": equal_catchability,
    "hours_tiers": hours_tiers,
    "month_pairs": month_pairs,
}
