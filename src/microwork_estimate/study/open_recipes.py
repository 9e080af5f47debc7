"""The recipes for populations that people join and leave: quarters of seven laboratories, and months of a platform."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from microwork_estimate import bootstrap
from microwork_estimate.capture_recapture.adjusted_lists import adjusted_sizes, adjusted_two_lists
from microwork_estimate.capture_recapture.adjustments import RecaptureAdjustments, Turnover, middle
from microwork_estimate.capture_recapture.half_lives import half_life
from microwork_estimate.capture_recapture.open_jolly import jolly_seber
from microwork_estimate.capture_recapture.open_likelihood import Varies
from microwork_estimate.capture_recapture.open_results import OpenPopulation
from microwork_estimate.capture_recapture.open_superpopulation import superpopulation
from microwork_estimate.capture_recapture.two_lists import chapman
from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import Estimate, FloatArray, FrozenMapping, Interval, Replicates, Scalar
from microwork_estimate.inputs import CaptureHistories, capture_pairs, column
from microwork_estimate.inputs.open_counts import OpenCounts
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.recipe_book import RecipeBook
from microwork_estimate.study.resampling import redraw
from microwork_estimate.study.task import Found, Settings, Task

BOOK = RecipeBook()
QUARTERS = ("quarters",)
DAYS = ("days_between_quarters",)


@BOOK.recipe("open_total", inputs=DAYS, files=QUARTERS)
def open_total(task: Task) -> Found:
    """All who were ever there, and each quarter by closed formulas and by the likelihood that stays within bounds."""
    counts = _counts(task)
    closed = jolly_seber(counts, bias_adjusted=False, level=task.settings.level)
    adjusted = jolly_seber(counts, level=task.settings.level)
    likely = _likely(task, "each")
    total = likely.total
    if total is None:
        nothing = Estimate(
            name=task.name, value=None, estimand=task.estimand, method=likely.method, warnings=likely.warnings
        )
        return Found(estimates={task.name: nothing})
    about = replace(total, name=task.name, estimand=task.estimand, warnings=(*total.warnings, *likely.warnings))
    return Found(estimates={task.name: about}, tables={"quarters": _quarters(counts, closed, adjusted, likely)})


def _quarters(
    counts: OpenCounts, closed: OpenPopulation, adjusted: OpenPopulation, likely: OpenPopulation
) -> ResultTable:
    rows = []
    for i, (name, size) in enumerate(zip(counts.names, likely.sizes, strict=True)):
        ends = (None, None) if size.value is None or size.interval is None else (size.interval.low, size.interval.high)
        after = [p.survival[i].value if i < len(p.survival) else None for p in (closed, likely)]
        came = likely.entries[i].value if i < len(likely.entries) else None
        values = (closed.sizes[i].value, adjusted.sizes[i].value, size.value)
        rows.append((int(name), int(counts.seen[i]), *values, size.standard_error, *ends, *after, came))
    columns = ("quarter", "seen", "closed", "bias_adjusted", "likelihood", "standard_error", "low", "high")
    after_them = ("closed_survival", "survival", "entries")
    return ResultTable(columns=(*columns, *after_them), rows=tuple(rows), counts=("seen",))


@BOOK.recipe("open_quarter", inputs=DAYS, files=QUARTERS, options={"quarter": int})
def open_quarter(task: Task) -> Found:
    """Workers present in one quarter, by the likelihood with survival of at most 1."""
    likely = _likely(task, "each")
    wanted = str(task.options["quarter"])
    if wanted not in likely.occasions:
        raise InvalidInput(
            "unknown quarter",
            expected="one of " + ", ".join(likely.occasions),
            got=wanted,
            where=f"estimates.{task.name}.options.quarter",
            fix="name a quarter of the table",
        )
    size = likely.sizes[likely.occasions.index(wanted)]
    warned = (*size.warnings, *likely.warnings)
    return Found(estimates={task.name: replace(size, name=task.name, estimand=task.estimand, warnings=warned)})


@BOOK.recipe("open_half_life", inputs=DAYS, files=QUARTERS)
def open_half_life(task: Task) -> Found:
    """Days until half of the workers have left, from one survival for all quarters."""
    found = half_life(_likely(task, "equal"), level=task.settings.level)
    return Found(estimates={task.name: replace(found, name=task.name, estimand=task.estimand)})


def _counts(task: Task) -> OpenCounts:
    table = task.inputs.read_table("quarters")
    numbers = [column(table, name).astype(np.int64) for name in ("seen", "first", "last")]
    quarters = column(table, "quarter").astype(np.int64)
    return OpenCounts.from_first_and_last(
        *numbers,
        times=(quarters - quarters[0]) * task.inputs.number("days_between_quarters"),
        occasions=[str(quarter) for quarter in quarters],
        estimand=replace(task.estimand, unit="persons"),
    )


def _likely(task: Task, survival: Varies) -> OpenPopulation:
    counts = _counts(task)
    key = tuple(tuple(int(x) for x in numbers) for numbers in (counts.seen, counts.marked, counts.seen_again))
    times = tuple(float(x) for x in counts.timing)
    return _fit(key, times, counts.names, survival, task.settings.level)


@lru_cache(maxsize=8)
def _fit(
    key: tuple[tuple[int, ...], ...], times: tuple[float, ...], names: tuple[str, ...], survival: Varies, level: float
) -> OpenPopulation:
    """Fit once for all estimates of a run that look at the same counts."""
    seen, marked, seen_again = (np.array(numbers) for numbers in key)
    counts = OpenCounts(seen=seen, marked=marked, seen_again=seen_again, times=np.array(times), occasions=names)
    return superpopulation(counts, survival=survival, level=level)


@BOOK.recipe(
    "month_pairs_open",
    inputs=("days_between_answers", "days_between_months"),
    files=("pairs", "half_life"),
    options={"recent_pairs": int},
    redraws=1,
)
def month_pairs_open(task: Task) -> Found:
    """Pairs of neighbouring months, with the share of workers who left between them taken out, by era."""
    pairs = capture_pairs(
        task.inputs.read_table("pairs"),
        key="month",
        n1="n1",
        n2="n2",
        both="m",
        lists=("month", "next month"),
        estimand=task.estimand,
    )
    eras = _eras(task)
    lag = task.inputs.number("days_between_months")
    turnover = {month: Turnover(lag=lag, half_life=_half_life(eras, month), unit="days") for month in pairs}
    adjustments = {month: RecaptureAdjustments(turnover=between) for month, between in turnover.items()}
    level = task.settings.level
    corrected = {m: adjusted_two_lists(pair, adjustments=adjustments[m], level=level) for m, pair in pairs.items()}
    recent = list(pairs)[-int(str(task.options["recent_pairs"])) :]
    mean = _recent_mean(task, [corrected[month] for month in recent], turnover[recent[-1]])
    redrawn = _redrawn({month: pairs[month] for month in recent}, adjustments, task.settings)
    months = [_month(month, pair, turnover[month], corrected[month]) for month, pair in pairs.items()]
    columns = ("month", "half_life_days", "staying", "chapman", "corrected", "low", "high")
    table = ResultTable(columns=columns, rows=tuple(month.row() for month in months))
    return Found(
        estimates={task.name: _with_draws(mean, redrawn, level)},
        tables={"month_pairs_open": table, "eras": _era_table(eras, months)},
    )


def _eras(task: Task) -> dict[str, float]:
    """Return the half-life of each era, in days, by its years "first-last"."""
    table = task.inputs.read_table("half_life")
    days = column(table, "half_life_days").astype(np.float64)
    return {str(era): float(length) for era, length in zip(column(table, "era"), days, strict=True)}


def _era_of(eras: Mapping[str, float], month: str) -> str:
    for era in eras:
        first, _, last = era.partition("-")
        if int(first) <= int(month[:4]) <= int(last):
            return era
    raise InvalidInput(
        "month outside of all eras",
        expected="years from " + ", ".join(eras),
        got=month,
        where="files.half_life",
        fix="add an era with its half-life, or leave the month out",
    )


def _half_life(eras: Mapping[str, float], month: str) -> float:
    return eras[_era_of(eras, month)]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Month:
    """One pair of neighbouring months, closed and with turnover taken out."""

    month: str
    half_life: float
    staying: float
    closed: float | None
    corrected: Estimate

    def row(self) -> tuple[Scalar, ...]:
        """Return the row of the table of pairs."""
        ends = self.corrected.interval
        low, high = (None, None) if ends is None else (ends.low, ends.high)
        return (self.month, self.half_life, self.staying, self.closed, self.corrected.value, low, high)


def _month(month: str, pair: CaptureHistories, between: Turnover, corrected: Estimate) -> _Month:
    return _Month(
        month=month,
        half_life=middle(between.half_life),
        staying=1.0 / between.inflation,
        closed=chapman(pair).value,
        corrected=corrected,
    )


def _era_table(eras: Mapping[str, float], months: list[_Month]) -> ResultTable:
    found = []
    for era, days in eras.items():
        inside = [month for month in months if _era_of(eras, month.month) == era]
        closed, corrected = _mean([m.closed for m in inside]), _mean([m.corrected.value for m in inside])
        found.append((era, days, len(inside), closed, corrected))
    return ResultTable(columns=("era", "half_life_days", "pairs", "chapman", "corrected"), rows=tuple(found))


def _mean(values: list[float | None]) -> float | None:
    """Mean of the values; None as soon as one is missing, because leaving it out would choose the others."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def _recent_mean(task: Task, pairs: list[Estimate], last: Turnover) -> Estimate:
    adjacent = CodedWarning(
        code="adjacent-occasions",
        message=f"a worker can answer once in {task.inputs.number('days_between_answers'):g} days, so that adjacent months "
        "are not independent captures; turnover is taken out, this is not",
    )
    gaps = CodedWarning(
        code="gaps-unavailable",
        message="workers seen in two months that are two or more apart, which the maintainers compare, are not counted in "
        "the public tables: only neighbouring months can be looked at",
    )
    return Estimate(
        name=task.name,
        value=_mean([pair.value for pair in pairs]),
        estimand=task.estimand,
        method=f"Chapman with turnover between months taken out, mean of the {len(pairs)} most recent pairs",
        assumptions=pairs[0].assumptions,
        warnings=tuple(dict.fromkeys([adjacent, gaps, *(w for pair in pairs for w in pair.warnings)])),
        references=pairs[0].references,
        diagnostics=FrozenMapping(
            {"pairs": len(pairs), "half_life_days": middle(last.half_life), "lag_days": last.lag}
        ),
    )


def _redrawn(
    pairs: Mapping[str, CaptureHistories], adjustments: Mapping[str, RecaptureAdjustments], settings: Settings
) -> Replicates:
    """Redraw the size behind each pair, on the stream that bears its month, and take the turnover out."""

    def recipe(sizes: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        drawn = [adjusted_sizes(pair, sizes[month], adjustments[month]) for month, pair in pairs.items()]
        return {"recent": np.mean(drawn, axis=0)}

    schemes = {month: bootstrap.WaringHalf() for month in pairs}
    return redraw(bootstrap.batched(recipe), dict(pairs), schemes, settings)["recent"]


def _with_draws(mean: Estimate, redrawn: Replicates, level: float) -> Estimate:
    if mean.value is not None:
        return bootstrap.with_replicates(mean, redrawn, level=level)
    # A pair without overlap has no upper limit, and so the mean has none: only the lower end of the draws is honest.
    low = bootstrap.percentile(redrawn, level=2 * level - 1).low
    one_sided = Interval(low=low, high=math.inf, level=level, method="percentile, one-sided")
    return replace(mean, replicates=redrawn, interval=one_sided)
