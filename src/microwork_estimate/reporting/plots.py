"""Pictures. Each is drawn from plain rows and returns the figure; nothing here knows how a number was made.

Bounds are drawn as open bars and intervals as lines with a point, because they are different things; published figures are
marks to compare with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from microwork_estimate.reporting.labels import Language, label, number

INK = "#1b1b1b"
BLUE = "#0b5394"
ORANGE = "#b45309"
GREY = "#6b7280"


@dataclass(frozen=True, kw_only=True, slots=True)
class ForestRow:
    """One line of a forest plot.

    Parameters
    ----------
    label : str
        Name at the left.
    value, low, high : float or None
        Estimate and ends of its interval.
    bounds : (float, float) or None
        Ends of an identified set.
    is_lower_bound : bool
        Whether the value is a lower bound: it is then drawn as one, open to the right.
    published : float or None
        A published figure to compare with.
    """

    label: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    bounds: tuple[float, float] | None = None
    is_lower_bound: bool = False
    published: float | None = None

    def numbers(self) -> list[float]:
        """Return all finite numbers of the row, for the limits of the axis."""
        ends = [self.value, self.low, self.high, self.published, *(self.bounds or ())]
        return [end for end in ends if end is not None and math.isfinite(end)]


def draw_forest(rows: Sequence[ForestRow], *, title: str, lang: Language, marks: str = "plot.published") -> Figure:
    """Draw estimates, intervals, bounds and reference marks, one row each, on a logarithmic axis of persons.

    Parameters
    ----------
    rows : sequence of ForestRow
    title : str
    lang : {"en", "fr"}
    marks : str
        Label of the reference marks: published figures, or the truth of a simulation.
    """
    figure = Figure(figsize=(9.5, 1.6 + 0.52 * len(rows)), layout="constrained")
    axes = figure.subplots()
    low = min(min(row.numbers()) for row in rows if row.numbers()) / 1.35
    high = max(max(row.numbers()) for row in rows if row.numbers()) * 1.35
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    for at, row in enumerate(rows):
        _draw_forest_row(axes, -at, row, high, lang)
    axes.set_yticks([-at for at in range(len(rows))], [row.label for row in rows])
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    _finish_axis(axes, lang)
    # On the figure, not on the axes: the labels at the left take up half of the width.
    figure.suptitle(title, x=0.01, horizontalalignment="left", fontsize=11, color=INK)
    handles = _forest_legend(rows, lang, marks)
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False, fontsize=8.5)
    return figure


def _draw_forest_row(axes: Axes, height: float, row: ForestRow, right: float, lang: Language) -> None:
    axes.axhline(height, color="#e5e7eb", linewidth=0.7, zorder=0)
    if row.bounds is not None:
        start, end = row.bounds[0], min(row.bounds[1], right)
        bar = Rectangle((start, height - 0.17), end - start, 0.34, facecolor="none", edgecolor=ORANGE, linewidth=1.6)
        axes.add_patch(bar)
    if row.low is not None and row.high is not None:
        axes.plot([row.low, min(row.high, right)], [height, height], color=BLUE, linewidth=2, solid_capstyle="butt")
        if math.isinf(row.high):
            axes.plot([right / 1.02], [height], marker=">", color=BLUE, markersize=6, clip_on=False)
    if row.value is not None and row.is_lower_bound:
        axes.plot([row.value, right], [height, height], color=ORANGE, linewidth=1.6, linestyle=(0, (4, 3)))
        axes.plot([row.value], [height], marker="|", color=ORANGE, markersize=14, markeredgewidth=1.8, linestyle="none")
        axes.plot([right / 1.02], [height], marker=">", color=ORANGE, markersize=6, linestyle="none", clip_on=False)
    elif row.value is not None:
        axes.plot([row.value], [height], marker="o", color=BLUE, markersize=6, linestyle="none")
    if row.published is not None:
        axes.plot([row.published], [height], marker="D", markersize=8, linestyle="none", **_PUBLISHED)
    if row.value is None and row.bounds is None:
        text = label("plot.unavailable", lang)
        anchor = row.published if row.published is not None else axes.get_xlim()[0]
        axes.annotate(
            text, (anchor, height), xytext=(9, 0), textcoords="offset points", va="center", fontsize=8.5, color=GREY
        )


_PUBLISHED: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": INK, "markeredgewidth": 1.3}


def _forest_legend(rows: Sequence[ForestRow], lang: Language, marks: str) -> list[Line2D | Patch]:
    """Explain the marks that are in the picture, and no others."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=BLUE, marker="o", linewidth=2, label=label("plot.point", lang))
    ]
    if any(row.bounds is not None for row in rows):
        handles.append(Patch(facecolor="none", edgecolor=ORANGE, linewidth=1.6, label=label("plot.bounds", lang)))
    if any(row.is_lower_bound for row in rows):
        dashes: dict[str, Any] = {"linestyle": (0, (4, 3)), "marker": "|", "markersize": 10, "linewidth": 1.6}
        handles.append(Line2D([], [], color=ORANGE, label=label("plot.lower_bound", lang), **dashes))
    if any(row.published is not None for row in rows):
        handles.append(
            Line2D([], [], marker="D", markersize=8, linestyle="none", label=label(marks, lang), **_PUBLISHED)
        )
    return handles


def _finish_axis(axes: Axes, lang: Language) -> None:
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label("plot.persons_log", lang), fontsize=9, color=INK)
    axes.tick_params(axis="y", length=0, labelsize=9)
    axes.tick_params(axis="x", labelsize=8.5)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Series:
    """Values over time with their intervals, arrays of one length; time in years."""

    time: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def draw_series(pairs: Series, yearly: Series, *, title: str, lang: Language) -> Figure:
    """Draw one estimate a pair of months with its interval, and the mean of each year as a line."""
    figure = Figure(figsize=(9.5, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.vlines(pairs.time, pairs.low, pairs.high, color=BLUE, alpha=0.35, linewidth=1.2)
    axes.plot(
        pairs.time, pairs.value, marker="o", markersize=3, linestyle="none", color=BLUE, label=label("plot.pair", lang)
    )
    for time, value in zip(yearly.time, yearly.value, strict=True):
        axes.plot([time, time + 1], [value, value], color=ORANGE, linewidth=2)
    axes.plot([], [], color=ORANGE, linewidth=2, label=label("plot.yearly", lang))
    # A single pair with hardly any overlap would otherwise squeeze all others: it is marked at the upper edge.
    top = 1.1 * float(np.quantile(pairs.high[np.isfinite(pairs.high)], 0.98))
    above = ~(pairs.value <= top)
    axes.plot(pairs.time[above], np.full(above.sum(), top), marker="^", color=BLUE, linestyle="none", clip_on=False)
    axes.set_ylim(0, top)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang)))
    axes.set_ylabel(label("plot.persons", lang), fontsize=9)
    axes.tick_params(labelsize=8.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    axes.legend(frameon=False, fontsize=8.5, loc="upper center")
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG or SVG, by the ending of the path, with nothing in the file that changes from run to run."""
    with mpl.rc_context({"svg.hashsalt": "microwork_estimate", "svg.fonttype": "none"}):
        metadata = {"Date": None} if path.suffix == ".svg" else {}
        figure.savefig(path, dpi=160, metadata=metadata)
