"""Models side by side: how far the answer depends on the model, in the order of the answers and not of their fit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from microwork_estimate.capture_recapture import LogLinearTable
from microwork_estimate.capture_recapture.closed_table import CLOSE_IN_AIC
from microwork_estimate.capture_recapture.counts import unseen_interval
from microwork_estimate.estimate import Estimate
from microwork_estimate.reporting.drawing import bare, headed, nothing_to_draw, persons_ticks
from microwork_estimate.reporting.labels import Language, check_language, number
from microwork_estimate.reporting.plots import BLUE, GREY, INK, ORANGE

WORDS = {
    "en": {
        "axis": "population size, persons (log scale)",
        "aic": "AIC",
        "close": f"AIC at most {CLOSE_IN_AIC:.0f} above the smallest",
        "other": "other models",
        "bound": "lower bound",
        "none": "no estimate ({codes})",
        "none_plain": "no estimate",
        "far": "{n}",
        "seen": "persons seen: {n}",
        "lower_bound": "(lower bound)",
    },
    "fr": {
        "axis": "taille de la population, personnes (échelle logarithmique)",
        "aic": "AIC",
        "close": f"AIC à {CLOSE_IN_AIC:.0f} au plus du plus petit",
        "other": "autres modèles",
        "bound": "borne inférieure",
        "none": "pas d'estimation ({codes})",
        "none_plain": "pas d'estimation",
        "far": "{n}",
        "seen": "personnes vues : {n}",
        "lower_bound": "(borne inférieure)",
    },
}
_WIDEST = 44  # letters of a name on one line
RUNAWAY = 20.0
"""An estimate so many times the middle one leaves the picture, and is written at its edge."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpreadRow:
    """One model of a spread.

    Parameters
    ----------
    label : str
    value : float or None
        Estimated persons; None or infinite where there is no number.
    low, high : float or None
        Ends of the interval, or what is known without a number.
    aic : float or None
    codes : tuple of str
        Codes of the warnings.
    is_lower_bound : bool
    n_observed : float or None
        Persons seen.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    aic: float | None = None
    codes: tuple[str, ...] = ()
    is_lower_bound: bool = False
    n_observed: float | None = None

    @property
    def has_number(self) -> bool:
        """Whether there is a finite estimate."""
        return self.value is not None and math.isfinite(self.value)


def spread_rows(models: Iterable[Estimate] | LogLinearTable, *, most: int = 15, level: float = 0.95) -> list[SpreadRow]:
    """Turn estimates, or a table of log-linear models, into the rows of a spread, smallest size first.

    Parameters
    ----------
    models : ClosedModelTable, other estimates, or LogLinearTable
    most : int
        Of a table of log-linear models, how many enter: those with the smallest AIC, then those without a maximum.
    level : float
        Level of the log-normal intervals of a table of log-linear models; estimates bring theirs.

    Returns
    -------
    list of SpreadRow
        Models without a number come last.

    Examples
    --------
    >>> from microwork_estimate.capture_recapture import closed_models
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> [row.label for row in spread_rows(closed_models(CaptureHistories.from_two_lists(200, 190, 60)))]
    ['Mb', 'Mt', 'M0']
    """
    if isinstance(models, LogLinearTable):
        rows = [_model_row(models, int(i), level) for i in models.ranked("aic")[:most]]
        without = np.flatnonzero(~models.has_number)[: max(most - len(rows), 0)]
        rows += [_row_without_number(models, int(i)) for i in without]
    else:
        rows = [_estimate_row(estimate) for estimate in models]
    return sorted(rows, key=lambda row: (not row.has_number, row.value or 0.0))


def draw_spread(rows: Sequence[SpreadRow], *, title: str, lang: str = "en") -> Figure:
    """Draw what each model makes of the same data, one line each, sorted by size.

    Parameters
    ----------
    rows : sequence of SpreadRow
        As :func:`spread_rows` gives them; they are drawn in the order given, the first at the top.
    title : str
    lang : {"en", "fr"}

    Returns
    -------
    matplotlib Figure
        Models whose AIC is within 4 of the smallest have a filled mark, the others a hollow one; AIC is written at the
        right. Estimates that run away stand at the right edge with their number, models without one with their code.

    Raises
    ------
    InvalidInput
        If there are no rows or the language is unknown.

    Examples
    --------
    >>> rows = [SpreadRow(label="M0", value=100.0, low=80.0, high=150.0, aic=12.3), SpreadRow(label="Mb", value=None)]
    >>> [text.get_text() for text in draw_spread(rows, title="Two models").axes[0].texts]
    ['AIC', '12.3', 'no estimate']
    """
    language = check_language(lang)
    if not rows:
        raise nothing_to_draw("draw_spread", expected="at least one model", fix="give the table of models")
    names = [_name(row, language) for row in rows]
    lines = 1 + max(name.count("\n") for name in names)
    figure = Figure(figsize=(9.0, 1.9 + max(0.36, 0.17 * lines + 0.1) * len(rows)), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_xlim(*_limits(rows))
    seen = [row.n_observed for row in rows if row.n_observed]
    if seen and axes.get_xlim()[0] < min(seen):
        axes.axvline(min(seen), color=GREY, linewidth=0.9, linestyle=(0, (1.5, 2)))
    close = _close(rows)
    # AIC stands in a column of its own at the right of the axes.
    _annotate(axes, 1.03, 0.75, WORDS[language]["aic"], weight="bold")
    for at, row in enumerate(rows):
        _draw_row(axes, -at, row, language, filled=close[at])
        if row.aic is not None and math.isfinite(row.aic):
            _annotate(axes, 1.03, -at, number(row.aic, language, digits=1))
    axes.set_yticks([-at for at in range(len(rows))], names)
    axes.set_ylim(-len(rows) + 0.4, 1.15)
    persons_ticks(axes.xaxis, language, log=True, span=axes.get_xlim()[1] / axes.get_xlim()[0])
    axes.set_xlabel(WORDS[language]["axis"], fontsize=9)
    bare(axes, without=("top", "right", "left"))
    axes.tick_params(axis="y", length=0, labelsize=9)
    headed(figure, title)
    handles = _legend(rows, close, min(seen) if seen else None, language)
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False, fontsize=8.5)
    return figure


def _estimate_row(estimate: Estimate) -> SpreadRow:
    interval, bounds, aic = estimate.interval, estimate.bounds, estimate.diagnostics.get("aic")
    ends = interval if interval is not None else bounds
    model = estimate.diagnostics.get("model")
    generic = estimate.name == "log-linear" and model is not None
    return SpreadRow(
        label=str(model) if generic else estimate.name,
        value=estimate.value,
        low=None if ends is None else ends.low,
        high=None if ends is None else ends.high,
        aic=None if aic is None else float(aic),
        codes=tuple(warning.code for warning in estimate.warnings),
        is_lower_bound="lower bound" in f"{estimate.name} {estimate.method}",
        n_observed=estimate.n_observed,
    )


def _model_row(table: LogLinearTable, i: int, level: float) -> SpreadRow:
    value, error = float(table.values[i]), float(table.standard_errors[i])
    seen = float(table.grid.n_observed[0])
    interval = unseen_interval(value, error, seen, level)
    return SpreadRow(
        label=table.model(i).name,
        value=value,
        low=interval.low,
        high=interval.high,
        aic=float(table.aic[i]),
        n_observed=seen,
    )


def _row_without_number(table: LogLinearTable, i: int) -> SpreadRow:
    seen = float(table.grid.n_observed[0])
    name = table.model(i).name
    return SpreadRow(label=name, value=None, low=seen, high=math.inf, codes=("no-mle",), n_observed=seen)


def _limits(rows: Sequence[SpreadRow]) -> tuple[float, float]:
    """Return ends of the axis that estimates running away and endless intervals do not stretch."""
    values = [row.value for row in rows if row.has_number and row.value is not None]
    lows = [x for row in rows for x in (row.low, row.n_observed) if x is not None and 0.0 < x < math.inf]
    limit = RUNAWAY * float(np.median(values)) if values else math.inf
    kept = [value for value in values if value <= limit]
    highs = [row.high for row in rows if row.high is not None and math.isfinite(row.high) and row.has_number]
    largest = max([*kept, *([] if kept else lows), 1.0])
    right = max([largest, *(min(high, 4.0 * largest) for high in highs)])
    left = min([*kept, *lows, largest])
    return left / 1.1, max(right * 1.12, left * 1.5)


def _close(rows: Sequence[SpreadRow]) -> list[bool]:
    scores = [row.aic if row.aic is not None and row.has_number else math.inf for row in rows]
    best = min(scores)
    return [score <= best + CLOSE_IN_AIC and math.isfinite(score) for score in scores]


def _draw_row(axes: Axes, height: float, row: SpreadRow, lang: Language, *, filled: bool) -> None:
    left, right = axes.get_xlim()
    axes.axhline(height, color="#e5e7eb", linewidth=0.7, zorder=0)
    colour = ORANGE if row.is_lower_bound or not row.has_number else BLUE
    style = "solid" if row.has_number else (0, (4, 3))
    if row.low is not None and row.high is not None:
        ends = [min(max(row.low, left), right), min(row.high, right)]
        axes.plot(ends, [height] * 2, color=colour, linewidth=2, linestyle=style, solid_capstyle="butt", zorder=2)
        if row.high > right:
            _edge(axes, height, colour)
    if not row.has_number:
        codes = ", ".join(dict.fromkeys(row.codes))
        text = WORDS[lang]["none"].format(codes=codes) if codes else WORDS[lang]["none_plain"]
        _annotate(axes, 0.985, height, text, inside=True)
    elif row.value is not None and row.value > right:
        _edge(axes, height, colour)
        codes = "".join(f" ({code})" for code in dict.fromkeys(row.codes))
        _annotate(axes, 0.985, height, f"{_large(row.value, lang)}{codes}", inside=True)
    elif row.value is not None:
        mark = "d" if row.is_lower_bound else "o"
        axes.plot([row.value], [height], mark, markersize=7, color=colour, **_fill(colour, filled=filled), zorder=3)


def _fill(colour: str, *, filled: bool) -> dict[str, Any]:
    return {"markerfacecolor": colour if filled else "white", "markeredgecolor": colour}


def _edge(axes: Axes, height: float, colour: str) -> None:
    axes.plot([axes.get_xlim()[1]], [height], ">", color=colour, markersize=7, clip_on=False, zorder=3)


def _annotate(axes: Axes, x: float, y: float, text: str, *, inside: bool = False, weight: str = "normal") -> None:
    """Write at a place across the axes (0 to 1, or outside) and at the height of a row."""
    axes.text(
        x,
        y + (0.16 if inside else 0.0),
        text,
        transform=axes.get_yaxis_transform(),
        ha="right" if inside else "left",
        va="bottom" if inside else "center",
        fontsize=8 if inside else 8.5,
        fontweight=weight,
        color=INK,
    )


def _large(value: float, lang: Language) -> str:
    return number(value, lang) if value < 1e9 else f"{value:.1e}".replace(".", "," if lang == "fr" else ".")


def _name(row: SpreadRow, lang: Language) -> str:
    """Return the name of a model, on several lines if it is long: names of lists can be of any length."""
    lines = [""]
    for part in row.label.replace("(lower bound)", WORDS[lang]["lower_bound"]).split(", "):
        if lines[-1] and len(lines[-1]) + len(part) > _WIDEST:
            lines.append(part)
        else:
            lines[-1] += f", {part}" if lines[-1] else part
    return ",\n".join(lines)


def _legend(rows: Sequence[SpreadRow], close: list[bool], seen: float | None, lang: Language) -> list[Line2D]:
    """Explain the marks that are in the picture, and no others."""
    words = WORDS[lang]
    handles = []
    plain = [not row.is_lower_bound for row in rows]
    for filled, key in ((True, "close"), (False, "other")):
        if any(c is filled and row.has_number for c, row in zip(close, rows, strict=True)):
            style = _fill(BLUE if any(plain) else ORANGE, filled=filled)
            handles.append(Line2D([], [], color=BLUE, marker="o", linewidth=2, label=words[key], **style))
    if not all(plain):
        style = _fill(ORANGE, filled=True)
        handles.append(Line2D([], [], color=ORANGE, marker="d", linewidth=2, label=words["bound"], **style))
    if seen is not None:
        label = words["seen"].format(n=number(seen, lang))
        handles.append(Line2D([], [], color=GREY, linewidth=0.9, linestyle=(0, (1.5, 2)), label=label))
    return handles
