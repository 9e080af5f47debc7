"""The waterfall: from a large declared number down to what is left, step by step. Drawn from plain rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from microwork_estimate.errors import InvalidInput
from microwork_estimate.reporting.labels import LANGUAGES, Language, number
from microwork_estimate.reporting.plots import BLUE, GREY, INK, ORANGE

_AXIS = ("accounts, then persons", "comptes, puis personnes")
_INTERVAL = ("what is left, with its interval", "ce qui reste, avec son intervalle")


@dataclass(frozen=True, kw_only=True, slots=True)
class WaterfallRow:
    """One step of a waterfall.

    Parameters
    ----------
    label : str
        Name of the step, in the language of the picture.
    value : float
        What is left after it.
    low, high : float or None
        Ends of its interval.
    final : bool
        Whether the bar stands on the ground and not on the fall: persons, after accounts.
    """

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    final: bool = False


def draw_waterfall(rows: Sequence[WaterfallRow], *, title: str, lang: Language) -> Figure:
    """Draw what each step takes away from a declared number, one bar a step, the last ones on the ground.

    Parameters
    ----------
    rows : sequence of WaterfallRow
        The declared number first.
    title : str
    lang : {"en", "fr"}

    Returns
    -------
    Figure

    Raises
    ------
    InvalidInput
        If there is no row.
    """
    if not rows:
        raise InvalidInput(
            "nothing to draw",
            expected="at least one row",
            got="none",
            where="draw_waterfall",
            fix="give the ledger's rows",
        )
    figure = Figure(figsize=(9.5, 1.4 + 0.62 * len(rows)), layout="constrained")
    axes = figure.subplots()
    before = 0.0
    for at, row in enumerate(rows):
        _draw_row(axes, -at, row, 0.0 if at == 0 or row.final else before, lang)
        before = row.value
    axes.set_yticks([-at for at in range(len(rows))], [row.label for row in rows])
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.set_xlim(0, 1.22 * max(max(row.value, row.high or 0.0) for row in rows))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang)))
    at_language = LANGUAGES.index(lang)
    axes.set_xlabel(f"{_AXIS[at_language]} ({_INTERVAL[at_language]})", fontsize=9, color=INK)
    axes.tick_params(axis="y", length=0, labelsize=9)
    axes.tick_params(axis="x", labelsize=8.5)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    return figure


def _draw_row(axes: Axes, height: float, row: WaterfallRow, before: float, lang: Language) -> None:
    """Draw a bar: from the ground where nothing stood before, else the part that was taken away."""
    falling = before > 0
    left, width = (row.value, before - row.value) if falling else (0.0, row.value)
    axes.barh(height, width, left=left, height=0.56, color=ORANGE if falling else BLUE, alpha=0.35 if falling else 0.85)
    axes.vlines(row.value, height - 0.62, height + 0.28, color=GREY, linewidth=0.8)
    end = row.value
    if row.low is not None and row.high is not None and row.high > row.low:
        axes.plot([row.low, row.high], [height, height], color=INK, linewidth=1.6, solid_capstyle="butt")
        end = row.high
    axes.annotate(
        number(row.value, lang),
        (max(end, before), height),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        color=INK,
    )
