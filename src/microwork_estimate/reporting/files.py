"""From a bundle to figures and the files that hold them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimate
from microwork_estimate.reporting.labels import check_language, label
from microwork_estimate.study import ResultBundle, ResultTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from microwork_estimate.reporting.plots import ForestRow, Series


def forest_plot(bundle: ResultBundle, *, lang: str = "en") -> Figure:
    """Draw all estimates of persons with their intervals and bounds, and the published figures as marks.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InvalidInput
        If no estimate of persons has a number: there is none, or all are withheld.
    """
    from microwork_estimate.reporting import plots

    language = check_language(lang)
    if not _has_persons(bundle):
        raise InvalidInput(
            "nothing to draw",
            expected="an estimate of persons with a number",
            got="none, or all of them withheld",
            where=str(bundle.study["id"]),
            fix="draw nothing; the report says why each number is missing",
        )
    labels = bundle.study["labels"]
    rows = [
        _forest_row(labels[name][language], estimate, bundle.published.get(labels[name].get("published") or ""))
        for name, estimate in bundle.estimates.items()
        if estimate.estimand.unit == "persons"
    ]
    marks = "plot.truth" if bundle.study["synthetic"] else "plot.published"
    return plots.draw_forest(rows, title=_title(bundle, language), lang=language, marks=marks)


def _has_persons(bundle: ResultBundle) -> bool:
    persons = [e for e in bundle.estimates.values() if e.estimand.unit == "persons"]
    return any(
        end is not None and math.isfinite(end)
        for e in persons
        for end in (e.value, *(x for r in (e.interval, e.bounds) if r is not None for x in (r.low, r.high)))
    )


def _title(bundle: ResultBundle, language: str) -> str:
    title = str(bundle.study[f"title_{language}"])
    return f"{title}\n{label('synthetic', check_language(language))}" if bundle.study["synthetic"] else title


def _forest_row(name: str, estimate: Estimate, published: Mapping[str, object] | None) -> ForestRow:
    from microwork_estimate.reporting.plots import ForestRow

    interval, bounds = estimate.interval, estimate.bounds
    mark = None if published is None else published.get("value")
    return ForestRow(
        label=name,
        value=estimate.value,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        bounds=None if bounds is None else (bounds.low, bounds.high),
        is_lower_bound="lower bound" in estimate.method,
        published=float(mark) if isinstance(mark, int | float) else None,
    )


def series_plot(bundle: ResultBundle, *, lang: str = "en") -> Figure:
    """Draw the estimates by pairs of months and the mean of each year.

    Raises
    ------
    InvalidInput
        If the result has no such series.
    """
    from microwork_estimate.reporting import plots

    if "month_pairs" not in bundle.tables or "years" not in bundle.tables:
        raise InvalidInput(
            "no series in this result",
            expected="a result with the tables 'month_pairs' and 'years'",
            got=", ".join(bundle.tables) or "no tables",
            where=str(bundle.study["id"]),
            fix="draw the forest plot instead",
        )
    language = check_language(lang)
    pairs = bundle.tables["month_pairs"]
    months = np.array([float(month[:4]) + (float(month[5:7]) - 1) / 12 for month in pairs.column("month")])
    years = np.array(bundle.tables["years"].column("year"), dtype=float)
    title = f"{_title(bundle, language)}\n{label('series_title', language)}"
    return plots.draw_series(
        _series(months, pairs, "chapman"), _series(years, bundle.tables["years"], "mean"), title=title, lang=language
    )


def _series(time: np.ndarray, content: ResultTable, value: str) -> Series:
    from microwork_estimate.reporting.plots import Series

    columns = (np.array(content.column(name), dtype=float) for name in (value, "low", "high"))
    middle, low, high = columns
    return Series(time=time, value=middle, low=low, high=high)


def writers(bundle: ResultBundle, *, lang: str = "en") -> dict[str, Callable[[Path], None]]:
    """Return, by file name, what writes each picture of a result: each plot as PNG and SVG.

    They are what :func:`~microwork_estimate.study.write_bundle` puts beside the result. Every file gets a figure of its
    own: drawing one changes its layout a little, and with it the next file.
    """
    check_language(lang)

    def write_plot(draw: Callable[..., Figure], path: Path) -> None:
        from microwork_estimate.reporting.plots import save

        save(draw(bundle, lang=lang), path)

    plots: dict[str, Callable[..., Figure]] = {"forest": forest_plot} if _has_persons(bundle) else {}
    if {"month_pairs", "years"} <= set(bundle.tables):
        plots["series"] = series_plot
    jobs: dict[str, Callable[[Path], None]] = {}
    for name, draw in plots.items():
        for ending in ("png", "svg"):
            jobs[f"{name}.{ending}"] = partial(write_plot, draw)
    return jobs
