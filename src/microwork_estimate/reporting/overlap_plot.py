"""The picture of overlapping lists: who is on which lists together, and the cell that nobody saw.

A bar for each exclusive combination of lists, a column of dots below that says which, and the totals of the lists at the
side (an "UpSet" plot). Small counts can be hidden, in a way that no sum gives them back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import IntArray
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.reporting.drawing import bare, headed, nothing_to_draw
from microwork_estimate.reporting.labels import Language, check_language, number, typeset
from microwork_estimate.reporting.plots import BLUE, GREY, INK, ORANGE

WORDS = {
    "en": {
        "persons": "persons on exactly these lists",
        "and": "; ",
        "totals": "persons on the list",
        "seen": "{n} persons on at least one list",
        "unseen": "on no list:\nunknown",
        "zeros": "nobody on {n} of the {all} combinations",
        "hidden": "<{limit}: from 1 to {most} persons, not shown",
        "rest": "not drawn: {n} smaller combinations ({persons} persons)",
    },
    "fr": {
        "persons": "personnes sur ces listes exactement",
        "and": " ; ",
        "totals": "personnes sur la liste",
        "seen": "{n} personnes sur au moins une liste",
        "unseen": "sur aucune\nliste :\ninconnu",
        "zeros": "personne dans {n} des {all} combinaisons",
        "hidden": "<{limit} : de 1 à {most} personnes, nombre masqué",
        "rest": "non dessinées : {n} combinaisons plus petites ({persons} personnes)",
    },
}
_EMPTY = "#c4c9d1"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Columns:
    """What is drawn, largest first: patterns (c, k), and smallest and largest number of persons (c,)."""

    patterns: IntArray
    low: IntArray
    high: IntArray


def draw_overlap(
    histories: CaptureHistories, *, title: str, threshold: int = 1, most: int = 31, lang: str = "en"
) -> Figure:
    """Draw how many persons are on exactly which lists.

    Parameters
    ----------
    histories : CaptureHistories
    title : str
    threshold : int
        Counts above zero and below it are shown as ``"<threshold"``, all with the same bar; totals that would give them
        back by subtraction become ranges. 5 is usual for publication. By default, 1: nothing is hidden.
    most : int
        Combinations drawn at most, the largest first.
    lang : {"en", "fr"}

    Returns
    -------
    matplotlib Figure
        Three axes: bars, totals of the lists, dots. Combinations that nobody has are marked 0; the last column, dashed
        and with a question mark, is the one that no list can count.

    Raises
    ------
    InvalidInput
        If nobody is on any list, `threshold` or `most` is below 1, or the language is unknown.

    References
    ----------
    Lex, Gehlenborg, Strobelt, Vuillemot & Pfister 2014, IEEE Transactions on Visualization and Computer Graphics 20(12),
    1983-1992.

    Examples
    --------
    >>> figure = draw_overlap(CaptureHistories.from_two_lists(200, 150, 30), title="Two lists")
    >>> [text.get_text() for text in figure.axes[0].texts][:3]
    ['170', '120', '30']
    """
    language = check_language(lang)
    words = WORDS[language]
    _check(histories, threshold, most)
    all_columns = _columns(histories, threshold)
    drawn = _Columns(patterns=all_columns.patterns[:most], low=all_columns.low[:most], high=all_columns.high[:most])
    n_columns, k = drawn.low.size, len(histories.lists)
    figure = Figure(figsize=(max(6.4, 3.6 + 0.42 * n_columns), 3.4 + 0.3 * k), layout="constrained")
    grid = figure.add_gridspec(
        2, 2, width_ratios=(1.7, max(4.0, 0.42 * (n_columns + 2))), height_ratios=(2.6, 0.3 * k + 0.2)
    )
    bars, totals = figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 0])
    dots = figure.add_subplot(grid[1, 1])
    _draw_bars(bars, drawn, threshold, language)
    _draw_dots(dots, drawn.patterns, histories.lists)
    _draw_totals(totals, histories, all_columns, language)
    bars.set_ylabel(words["persons"], fontsize=9)
    headed(figure, title)
    figure.supxlabel("\n".join(_notes(all_columns, n_columns, threshold, language)), fontsize=8.5, color=INK)
    return figure


def _check(histories: CaptureHistories, threshold: int, most: int) -> None:
    if histories.n_observed == 0:
        raise nothing_to_draw("draw_overlap", expected="somebody on a list", fix="check the lists")
    if threshold < 1 or most < 1:
        raise InvalidInput(
            "impossible limits",
            expected="threshold and most of at least 1",
            got=f"threshold={threshold}, most={most}",
            where="draw_overlap",
            fix="threshold=1 hides nothing; threshold=5 hides 1 to 4",
        )


def _columns(histories: CaptureHistories, threshold: int) -> _Columns:
    """Sort combinations by what may be known of them: hidden counts keep the order of the patterns."""
    counts = histories.counts
    hidden = (counts > 0) & (counts < threshold)
    low, high = np.where(hidden, 1, counts), np.where(hidden, threshold - 1, counts)
    order = np.argsort(-high, kind="stable")
    return _Columns(patterns=histories.patterns[order], low=low[order], high=high[order])


def _draw_bars(axes: Axes, drawn: _Columns, threshold: int, lang: Language) -> None:
    at, hidden = np.arange(drawn.low.size), drawn.low < drawn.high
    top = float(max(drawn.high.max(), 1))
    axes.bar(at[~hidden], drawn.high[~hidden], width=0.62, color=BLUE)
    axes.bar(at[hidden], drawn.high[hidden], width=0.62, facecolor="white", edgecolor=ORANGE, hatch="////")
    wide = at.size > 9
    for place, most, secret in zip(at, drawn.high, hidden, strict=True):
        text = f"<{threshold}" if secret else number(float(most), lang)
        axes.annotate(
            text,
            (place, most),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            rotation=90 if wide and len(text) > 3 else 0,
            color=GREY if most == 0 else INK,
        )
    unseen = at.size + 0.5
    axes.bar([unseen], [0.45 * top], width=0.72, facecolor="none", edgecolor=GREY, linestyle=(0, (3, 2)), linewidth=1.3)
    axes.text(unseen, 0.225 * top, "?", ha="center", va="center", fontsize=15, color=INK)
    axes.annotate(
        typeset(WORDS[lang]["unseen"], lang),
        (unseen, 0.45 * top),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=8,
        color=INK,
    )
    axes.set_xlim(-0.7, unseen + 0.9)
    axes.set_ylim(0, 1.17 * top)
    axes.set_xticks([])
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang)))
    bare(axes)


def _draw_dots(axes: Axes, patterns: IntArray, lists: tuple[str, ...]) -> None:
    """Draw a column of dots for each combination, filled where it is on the list, and an empty one for the unseen."""
    n_columns, k = patterns.shape
    for row in range(0, k, 2):
        axes.axhspan(-row - 0.5, -row + 0.5, color="#f3f4f6", zorder=0, linewidth=0)
    everywhere = [(column, -row) for column in (*range(n_columns), n_columns + 0.5) for row in range(k)]
    axes.plot(*zip(*everywhere, strict=True), "o", markersize=7, markerfacecolor="white", markeredgecolor=_EMPTY)
    columns, rows = np.nonzero(patterns)
    for column in range(n_columns):
        on = rows[columns == column]
        axes.plot([column, column], [-on.min(), -on.max()], color=INK, linewidth=1.6, zorder=2.5)
    axes.plot(columns, -rows, "o", markersize=7, color=INK, zorder=3)
    axes.set_yticks([-row for row in range(k)], list(lists))
    axes.set_xticks([])
    axes.set_xlim(-0.7, n_columns + 1.4)
    axes.set_ylim(-k + 0.5, 0.5)
    bare(axes, without=("top", "right", "bottom", "left"))
    axes.tick_params(axis="y", length=0, labelsize=9)


def _draw_totals(axes: Axes, histories: CaptureHistories, columns: _Columns, lang: Language) -> None:
    k = len(histories.lists)
    low, high = columns.low @ columns.patterns, columns.high @ columns.patterns
    axes.barh(-np.arange(k), low, height=0.5, color=GREY)
    for row in range(k):
        axes.annotate(
            _range(int(low[row]), int(high[row]), lang),
            (low[row], -row),
            xytext=(-4, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=8,
            color=INK,
        )
    axes.set_xlim(2.1 * max(float(low.max()), 1.0), 0)
    axes.set_ylim(-k + 0.5, 0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel(WORDS[lang]["totals"], fontsize=8.5)
    bare(axes, without=("top", "left", "bottom"))


def _range(low: int, high: int, lang: Language) -> str:
    return number(float(low), lang) if low == high else f"{number(float(low), lang)}–{number(float(high), lang)}"


def _notes(columns: _Columns, drawn: int, threshold: int, lang: Language) -> list[str]:
    """Say what the picture counts, what it hides and what it leaves out."""
    words = WORDS[lang]
    notes = [words["seen"].format(n=_range(int(columns.low.sum()), int(columns.high.sum()), lang))]
    zeros = int((columns.high == 0).sum())
    if zeros:
        notes.append(words["zeros"].format(n=number(zeros, lang), all=number(columns.high.size, lang)))
    if (columns.low < columns.high).any():
        notes.append(words["hidden"].format(limit=threshold, most=threshold - 1))
    left = slice(drawn, None)
    if columns.low[left].size:
        persons = _range(int(columns.low[left].sum()), int(columns.high[left].sum()), lang)
        notes.append(words["rest"].format(n=number(columns.low[left].size, lang), persons=persons))
    lines = [words["and"].join(notes[:2]), *notes[2:]] if zeros else notes
    return [typeset(line, lang) for line in lines]
