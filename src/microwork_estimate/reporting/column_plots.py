"""Pictures in one narrow column, readable on a phone: names stand above what they name, not beside it.

As in the other pictures, bounds are open bars, intervals are lines with a point, and reference figures are diamonds.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from microwork_estimate.errors import InvalidInput
from microwork_estimate.reporting.labels import Language, label, number
from microwork_estimate.reporting.plots import BLUE, GREY, INK, ORANGE, ForestRow
from microwork_estimate.reporting.waterfall import WaterfallRow

WIDTH = 3.7  # inches
_LETTERS = 46  # of a name in one line of this width
_LINE = 0.165  # inches
_BAND = 0.30  # inches, what is drawn under a name
_MARGIN = {"left": 0.02, "right": 0.97}


def _require(rows: Sequence[object], where: str) -> None:
    if not rows:
        raise InvalidInput(
            "nothing to draw", expected="at least one row", got="none", where=where, fix="leave the picture out"
        )


def _bands(names: Sequence[str], legend: float) -> tuple[Figure, Axes, list[float]]:
    """Make a figure as high as its names need; return the height (in inches from the top) of each band."""
    wrapped = [textwrap.wrap(name, _LETTERS, break_long_words=True) or [""] for name in names]
    at, heights = 0.02, []
    for lines in wrapped:
        heights.append(at + _LINE * len(lines) + _BAND / 2)
        at += _LINE * len(lines) + _BAND
    total = at + 0.5 + legend
    figure = Figure(figsize=(WIDTH, total))
    axes = figure.add_axes((_MARGIN["left"], (0.46 + legend) / total, _MARGIN["right"] - _MARGIN["left"], at / total))
    axes.set_ylim(at, 0)
    for lines, height in zip(wrapped, heights, strict=True):
        axes.text(
            *(0.0, height - _BAND / 2),
            "\n".join(lines),
            transform=axes.get_yaxis_transform(),
            fontsize=8.5,
            color=INK,
            va="bottom",
            linespacing=1.15,
        )
    axes.set_yticks([])
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="x", labelsize=8)
    return figure, axes, heights


def _persons(axes: Axes, lang: Language, title: str) -> None:
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(title, fontsize=8, color=INK, labelpad=2)


def _log_ticks(low: float, high: float) -> FixedLocator:
    """Return few enough ticks that the numbers touch neither each other nor the edges of a narrow axis."""
    decades = math.log10(high / low)
    subs = (1.0, 2.0, 5.0) if decades < 1.4 else (1.0, 3.0) if decades < 2.2 else (1.0,)
    edge = (high / low) ** 0.05
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1, max(1, round(decades / 4)))
    ticks = [sub * 10.0**power for power in powers for sub in subs]
    ticks = [tick for tick in ticks if low * edge <= tick <= high / edge]
    if len(ticks) < 2:
        ticks = [
            float(tick) for tick in MaxNLocator(nbins=4).tick_values(low, high) if low * edge <= tick <= high / edge
        ]
    return FixedLocator(ticks)


def column_forest(rows: Sequence[ForestRow], *, lang: Language, marks: str = "plot.published") -> Figure:
    """Draw estimates, intervals, bounds and reference marks, one band each, on a logarithmic axis of persons.

    Parameters
    ----------
    rows : sequence of ForestRow
    lang : {"en", "fr"}
    marks : str
        Label of the reference marks.

    Returns
    -------
    Figure

    Raises
    ------
    InvalidInput
        If there is no row with a number.
    """
    drawn = [number for row in rows for number in row.numbers() if number > 0]
    _require(drawn, "column_forest")
    handles = _handles(rows, lang, marks)
    figure, axes, heights = _bands([row.label for row in rows], 0.22 * math.ceil(len(handles) / 2))
    low, high = min(drawn) / 1.25, max(drawn) * 1.25
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(_log_ticks(low, high))
    axes.xaxis.set_minor_locator(NullLocator())
    for row, height in zip(rows, heights, strict=True):
        _forest_band(axes, row, height, lang)
    _persons(axes, lang, label("plot.persons_log", lang))
    figure.legend(handles=handles, loc="lower left", ncols=2, frameon=False, fontsize=7.5, bbox_to_anchor=(0, 0))
    return figure


def _forest_band(axes: Axes, row: ForestRow, height: float, lang: Language) -> None:
    left, right = axes.get_xlim()
    axes.axhline(height, color="#e5e7eb", linewidth=0.7, zorder=0)
    if row.bounds is not None:
        start, end = max(row.bounds[0], left), min(row.bounds[1], right)
        bar = Rectangle((start, height - 0.06), end - start, 0.12, facecolor="none", edgecolor=ORANGE, linewidth=1.5)
        axes.add_patch(bar)
    if row.low is not None and row.high is not None:
        ends = [max(row.low, left), min(row.high, right)]
        axes.plot(ends, [height, height], color=BLUE, linewidth=1.8, solid_capstyle="butt")
        if math.isinf(row.high):
            axes.plot([right], [height], marker=">", color=BLUE, markersize=5, linestyle="none", clip_on=False)
    if row.value is not None and row.is_lower_bound:
        axes.plot([row.value, right], [height, height], color=ORANGE, linewidth=1.4, linestyle=(0, (4, 3)))
        axes.plot([row.value], [height], marker="|", color=ORANGE, markersize=11, markeredgewidth=1.8, linestyle="none")
        axes.plot([right], [height], marker=">", color=ORANGE, markersize=5, linestyle="none", clip_on=False)
    elif row.value is not None:
        axes.plot([row.value], [height], marker="o", color=BLUE, markersize=5, linestyle="none")
    if row.published is not None:
        axes.plot([row.published], [height], marker="D", markersize=6.5, linestyle="none", **_DIAMOND)
    if row.value is None and row.bounds is None and row.low is None:
        text, anchor = label("plot.unavailable", lang), row.published or left
        axes.annotate(text, (anchor, height), xytext=(7, 0), textcoords="offset points", va="center", fontsize=7.5)


_DIAMOND: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": INK, "markeredgewidth": 1.2}


def _handles(rows: Sequence[ForestRow], lang: Language, marks: str) -> list[Line2D | Patch]:
    """Explain the marks that are in the picture, and no others."""
    handles: list[Line2D | Patch] = []
    if any(row.value is not None and not row.is_lower_bound for row in rows):
        handles.append(Line2D([], [], color=BLUE, marker="o", markersize=5, label=label("plot.point", lang)))
    if any(row.bounds is not None for row in rows):
        handles.append(Patch(facecolor="none", edgecolor=ORANGE, linewidth=1.5, label=label("plot.bounds", lang)))
    if any(row.is_lower_bound for row in rows):
        handles.append(Line2D([], [], color=ORANGE, linestyle="--", marker="|", label=label("plot.lower_bound", lang)))
    if any(row.published is not None for row in rows):
        diamond = Line2D([], [], marker="D", markersize=6.5, linestyle="none", label=label(marks, lang))
        diamond.set(**_DIAMOND)
        handles.append(diamond)
    return handles


def column_bars(rows: Sequence[ForestRow], *, lang: Language, middle: float | None = None) -> Figure:
    """Draw one bar from low to high for each factor, the middle as a line: a tornado.

    Parameters
    ----------
    rows : sequence of ForestRow
        Longest bar first; only label, low and high are drawn.
    lang : {"en", "fr"}
    middle : float or None
        Where the figure stands when no factor moves.

    Returns
    -------
    Figure

    Raises
    ------
    InvalidInput
        If there is no row.
    """
    _require(rows, "column_bars")
    figure, axes, heights = _bands([row.label for row in rows], 0.0)
    for row, height in zip(rows, heights, strict=True):
        if row.low is not None and row.high is not None:
            axes.barh(height, row.high - row.low, left=row.low, height=0.2, color=BLUE, alpha=0.8)
    if middle is not None:
        axes.axvline(middle, color=INK, linewidth=1)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    _persons(axes, lang, label("plot.persons", lang))
    return figure


def column_waterfall(rows: Sequence[WaterfallRow], *, lang: Language, axis: str) -> Figure:
    """Draw what each step takes away from a declared number, one band a step, the last ones on the ground.

    Parameters
    ----------
    rows : sequence of WaterfallRow
        The declared number first.
    lang : {"en", "fr"}
    axis : str
        Title of the axis.

    Returns
    -------
    Figure

    Raises
    ------
    InvalidInput
        If there is no row.
    """
    _require(rows, "column_waterfall")
    figure, axes, heights = _bands([row.label for row in rows], 0.0)
    before = 0.0
    for at, (row, height) in enumerate(zip(rows, heights, strict=True)):
        falling = at > 0 and not row.final
        left, width = (row.value, before - row.value) if falling else (0.0, row.value)
        axes.barh(
            height, width, left=left, height=0.2, color=ORANGE if falling else BLUE, alpha=0.5 if falling else 0.85
        )
        if row.low is not None and row.high is not None and row.high > row.low:
            axes.plot([row.low, row.high], [height, height], color=INK, linewidth=1.5, solid_capstyle="butt")
        before = row.value
    axes.set_xlim(0, 1.05 * max(max(row.value, row.high or 0.0) for row in rows))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    _persons(axes, lang, axis)
    return figure


def column_curves(
    x: np.ndarray,
    curves: Sequence[tuple[str, np.ndarray]],
    *,
    band: tuple[np.ndarray, np.ndarray] | None,
    titles: tuple[str, str],
    lang: Language,
) -> Figure:
    """Draw one or several curves over the odds ratio, both axes logarithmic, with a band around the first if there is one.

    Parameters
    ----------
    x : array of shape (g,)
        Odds ratios.
    curves : sequence of (str, array of shape (g,))
        Names (empty for a single curve) and values.
    band : pair of arrays of shape (g,), or None
        Ends of the interval of the first curve.
    titles : (str, str)
        Titles of the two axes.
    lang : {"en", "fr"}

    Returns
    -------
    Figure
    """
    figure = Figure(figsize=(WIDTH, 3.0), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_yscale("log")
    if band is not None:
        axes.fill_between(x, *band, color=BLUE, alpha=0.18, linewidth=0)
    for (name, values), dashes in zip(curves, _DASHES, strict=False):
        axes.plot(
            x, values, color=BLUE, linewidth=1.8, linestyle=dashes, marker="o", markersize=3.5, label=name or None
        )
    axes.axvline(1.0, color=GREY, linewidth=0.8)
    ends = [end for pair in ([c for _, c in curves], band or ()) for values in pair for end in values if end > 0]
    for axis, low, high in ((axes.xaxis, x.min(), x.max()), (axes.yaxis, min(ends), max(ends))):
        axis.set_major_locator(
            FixedLocator([float(v) for v in x]) if axis is axes.xaxis else _log_ticks(low / 1.05, high * 1.05)
        )
        axis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value, lang)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value, lang)))
    axes.set_xlabel(titles[0], fontsize=8, color=INK)
    axes.set_ylabel(titles[1], fontsize=8, color=INK)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if any(name for name, _ in curves):
        axes.legend(frameon=False, fontsize=7.5)
    return figure


_DASHES = ("-", (0, (5, 2)), (0, (3, 2)), (0, (1, 1.5)))


def _short(value: float, lang: Language) -> str:
    return number(value, lang, digits=0 if value >= 10 else len(f"{value:.4g}".partition(".")[2]))


def column_series(
    time: np.ndarray, values: np.ndarray, ends: tuple[np.ndarray, np.ndarray], *, lang: Language
) -> Figure:
    """Draw one estimate at each time with its interval; what is far above the rest is marked at the upper edge.

    Parameters
    ----------
    time, values : array of shape (g,)
        Time in years or in numbered periods.
    ends : pair of arrays of shape (g,)
    lang : {"en", "fr"}

    Returns
    -------
    Figure
    """
    figure = Figure(figsize=(WIDTH, 2.8), layout="constrained")
    axes = figure.subplots()
    low, high = ends
    finite = high[np.isfinite(high)]
    top = 1.1 * float(np.quantile(finite, 0.98)) if len(finite) > 20 else 1.1 * float(finite.max())
    axes.vlines(time, low, np.minimum(high, top), color=BLUE, alpha=0.45, linewidth=1.2)
    axes.plot(time, values, marker="o", markersize=2.5 if len(time) > 30 else 4.5, linestyle="none", color=BLUE)
    above = ~(values <= top)
    axes.plot(time[above], np.full(int(above.sum()), top), marker="^", color=BLUE, linestyle="none", clip_on=False)
    axes.set_ylim(0, top)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang)))
    axes.set_ylabel(label("plot.persons", lang), fontsize=8, color=INK)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure
