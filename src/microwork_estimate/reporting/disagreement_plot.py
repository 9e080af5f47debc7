"""Estimates that disagree, on one page: one panel for each thing that is counted, so that nothing else is compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from microwork_estimate import synthesis
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimate
from microwork_estimate.reporting.labels import LANGUAGES, Language, check_language, number, typeset
from microwork_estimate.reporting.plots import BLUE, GREY, INK, ORANGE
from microwork_estimate.study import ResultBundle

Kind = Literal["raw", "adjusted", "pool", "average", "envelope", "bounds", "lower_bound", "published"]

WORDS: dict[str, tuple[str, str]] = {
    "raw": ("estimate with its interval", "estimation et son intervalle"),
    "adjusted": ("with the stated bias taken off", "une fois le biais annoncé retiré"),
    "pool": ("linear pool: 50, 80, 95%", "mélange linéaire : 50, 80, 95 %"),
    "average": ("bias-adjusted average", "moyenne corrigée des biais"),
    "envelope": ("envelope", "enveloppe"),
    "bounds": ("sharp bounds", "bornes exactes"),
    "lower_bound": ("lower bound", "borne inférieure"),
    "published": ("published figure", "chiffre publié"),
    "adjusted_row": ("{name}, bias taken off", "{name}, biais retiré"),
    "refused": ("no average: {codes}", "pas de moyenne : {codes}"),
    "conflict": (
        "Conflict: Q = {q} with {df} degrees of freedom, p {p}.\n"
        "Chance of a value as far from what the others say: {others}.",
        "Conflit : Q = {q} à {df} degrés de liberté, p {p}.\n"
        "Probabilité d'une valeur aussi éloignée de ce que disent les autres : {others}.",
    ),
    "axis": ("{unit}, logarithmic scale", "{unit}, échelle logarithmique"),
    "count": ("number", "nombre"),
    "routes": (
        "Different things are counted: one panel each, and only within a panel may numbers be compared",
        "On ne compte pas la même chose : un cadre pour chacune, et l'on ne compare qu'à l'intérieur d'un cadre",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of a panel.

    Parameters
    ----------
    label : str
    kind : str
        ``"raw"``, ``"adjusted"``, ``"pool"``, ``"average"``, ``"envelope"``, ``"bounds"``, ``"lower_bound"`` or
        ``"published"``.
    value, low, high : float or None
    ranges : tuple of (float, float)
        Further central ranges, the narrowest first: those of a pool.
    remark : str
        Said beside a row without numbers.
    """

    label: str
    kind: Kind
    value: float | None = None
    low: float | None = None
    high: float | None = None
    ranges: tuple[tuple[float, float], ...] = ()
    remark: str = ""

    def numbers(self) -> list[float]:
        """Return all positive and finite numbers of the row, for the limits of the axis."""
        ends = (self.value, self.low, self.high, *(end for pair in self.ranges for end in pair))
        return [end for end in ends if end is not None and math.isfinite(end) and end > 0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """What counts one thing.

    Parameters
    ----------
    title : str
        What is counted.
    rows : tuple of Row
    note : str
        Said under the title, such as the conflict between the sources.
    """

    title: str
    rows: tuple[Row, ...]
    note: str = field(default="")


def disagreement_panel(
    estimates: Sequence[Estimate],
    biases: Mapping[str, synthesis.SourceBias],
    *,
    title: str,
    limits: Sequence[synthesis.Limit] = (),
    level: float = 0.95,
    lang: str = "en",
) -> Panel:
    """Set several estimates of one quantity side by side, as they are, without their bias, and pooled.

    Procedure: raw estimates; the same with the stated bias taken off; the limits; the linear pool as the headline, with its
    ranges at 50, 80 and 95 %; the bias-adjusted average, or why there is none; the envelope; and the conflict test.

    Parameters
    ----------
    estimates : sequence of Estimate
        Of one estimand, with errors.
    biases : mapping of str to SourceBias
        By the name of the estimate.
    title : str
        What is counted, in the language of the picture.
    limits : sequence of Limit
    level : float
    lang : {"en", "fr"}

    Returns
    -------
    Panel

    Raises
    ------
    InvalidInput
        As :func:`microwork_estimate.synthesis.linear_pool`: estimates of different estimands do not share a panel.
    """
    language = check_language(lang)
    pool = synthesis.linear_pool(estimates, biases, limits=limits, level=level)
    average = synthesis.bias_adjusted_pool(estimates, biases, limits=limits, level=level)
    around = synthesis.envelope(estimates, biases, level=level)
    rows = [_row(e.name, "raw", e) for e in estimates]
    rows += [
        _row(_word("adjusted_row", language, name=e.name), "adjusted", e)
        for e in synthesis.bias_adjusted(estimates, biases, level=level)
    ]
    rows += [_limit_row(limit) for limit in limits]
    ranges = (
        [tuple(pool.diagnostics[f"{end}_{r}"] for end in ("low", "high")) for r in (50, 80, 95)] if pool.value else []
    )
    rows.append(_row(_word("pool", language), "pool", pool, ranges=tuple(ranges)))
    codes = ", ".join(dict.fromkeys(w.code for w in average.warnings))
    refused = "" if average.value is not None else _word("refused", language, codes=codes)
    rows.append(_row(_word("average", language), "average", average, remark=refused))
    rows.append(_row(_word("envelope", language), "envelope", around))
    return Panel(title=title, rows=tuple(rows), note=_conflict(synthesis.conflict(estimates, biases), language))


def route_panels(bundle: ResultBundle, *, lang: str = "en") -> tuple[Panel, ...]:
    """Group the routes of a study by what they count: a panel for each estimand, in the order of the study.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    tuple of Panel
        None for a study without routes. A figure that its source calls "more than" or "at least" is a lower bound.
    """
    language = check_language(lang)
    content = bundle.tables.get("routes")
    entries = {entry["id"]: entry for entry in bundle.study.get("routes") or ()}
    if content is None or not entries:
        return ()
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for cells in content.rows:
        route = dict(zip(content.columns, cells, strict=True))
        key = tuple(route[name] for name in ("unit", "activity", "window", "territory", "platforms"))
        groups.setdefault(key, []).append(route)
    return tuple(
        Panel(
            title=typeset(entries[routes[0]["route"]][f"counts_{language}"], language),
            rows=tuple(_route_row(route, entries[route["route"]][language]) for route in routes),
        )
        for routes in groups.values()
    )


def route_plot(bundle: ResultBundle, *, lang: str = "en") -> Figure:
    """Draw the routes of a study, one panel for each thing that is counted.

    Raises
    ------
    InvalidInput
        If the study has no routes.
    """
    language = check_language(lang)
    panels = route_panels(bundle, lang=language)
    title = f"{typeset(str(bundle.study[f'title_{language}']), language)}\n{_word('routes', language)}"
    return draw_disagreement(panels, title=title, lang=language)


def draw_disagreement(panels: Sequence[Panel], *, title: str, lang: Language, unit: str = "count") -> Figure:
    """Draw panels below one another on one logarithmic axis.

    Parameters
    ----------
    panels : sequence of Panel
    title : str
    lang : {"en", "fr"}
    unit : str
        What the axis counts: "count", or a unit of an estimand.

    Returns
    -------
    Figure

    Raises
    ------
    InvalidInput
        If there is nothing to draw.
    """
    numbers = [end for panel in panels for row in panel.rows for end in row.numbers()]
    if not numbers:
        raise InvalidInput(
            "nothing to draw",
            expected="at least one panel with a number",
            got="none",
            where="draw_disagreement",
            fix="give estimates that have a value, or a study with routes",
        )
    heights = [0.45 + 0.34 * len(panel.rows) + 0.22 * len(panel.note.splitlines()) for panel in panels]
    figure = Figure(figsize=(9.5, 1.5 + 1.15 * sum(heights)), layout="constrained")
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    limits = (min(numbers) / 1.6, max(numbers) * 1.8)
    for panel, place in zip(panels, axes, strict=True):
        _draw_panel(place, panel, limits)
    last = axes[-1]
    last.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
    last.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang)))
    last.xaxis.set_minor_formatter(NullFormatter())
    words = _word("count", lang) if unit == "count" else unit
    last.set_xlabel(_word("axis", lang, unit=words), fontsize=9, color=INK)
    figure.suptitle(title, x=0.01, horizontalalignment="left", fontsize=11, color=INK)
    kinds = dict.fromkeys(row.kind for panel in panels for row in panel.rows)
    handles = [_handle(kind, lang) for kind in kinds]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8.5)
    return figure


def _draw_panel(axes: Axes, panel: Panel, limits: tuple[float, float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    for at, row in enumerate(panel.rows):
        _draw_row(axes, -at, row, limits[1])
    axes.set_yticks([-at for at in range(len(panel.rows))], [row.label for row in panel.rows])
    axes.set_ylim(-len(panel.rows) + 0.4, 0.6)
    axes.set_title(
        panel.title, loc="left", fontsize=9.5, color=INK, wrap=True, pad=8 + 13 * len(panel.note.splitlines())
    )
    if panel.note:
        axes.annotate(
            panel.note,
            (0, 1),
            xycoords="axes fraction",
            xytext=(0, 5),
            textcoords="offset points",
            fontsize=8,
            color=GREY,
        )
    axes.tick_params(axis="y", length=0, labelsize=8.5)
    axes.tick_params(axis="x", labelsize=8.5)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _draw_row(axes: Axes, height: float, row: Row, right: float) -> None:
    axes.axhline(height, color="#e5e7eb", linewidth=0.7, zorder=0)
    colour = INK if row.kind in ("pool", "average") else BLUE
    if row.kind == "bounds" and row.low is not None and row.high is not None:
        end = min(row.high, right)
        axes.add_patch(
            Rectangle((row.low, height - 0.17), end - row.low, 0.34, fill=False, edgecolor=ORANGE, linewidth=1.6)
        )
    elif row.kind == "envelope" and row.low is not None and row.high is not None:
        axes.barh(height, row.high - row.low, left=row.low, height=0.3, color=GREY, alpha=0.3)
    elif row.kind == "lower_bound" and row.value is not None:
        axes.plot([row.value, right / 1.03], [height, height], color=ORANGE, linewidth=1.6, linestyle=(0, (4, 3)))
        axes.plot([row.value], [height], marker="|", color=ORANGE, markersize=13, markeredgewidth=1.8)
        axes.plot([right / 1.03], [height], marker=">", color=ORANGE, markersize=6)
    elif row.kind == "published" and row.value is not None:
        axes.plot([row.value], [height], linestyle="none", **_STYLES["published"])
    else:
        for thickness, (low, high) in zip((7.0, 4.5, 2.0), row.ranges, strict=False):
            axes.plot(
                [low, high], [height, height], color=colour, linewidth=thickness, alpha=0.55, solid_capstyle="butt"
            )
        if row.low is not None and row.high is not None and not row.ranges:
            end = min(row.high, right)
            axes.plot([row.low, end], [height, height], color=colour, linewidth=1.8, solid_capstyle="butt")
        if row.value is not None:
            axes.plot([row.value], [height], linestyle="none", **_STYLES[row.kind])
    if row.remark:
        axes.annotate(
            row.remark, (0.02, height), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=GREY
        )


_STYLES: dict[str, dict[str, Any]] = {
    "raw": {"marker": "o", "color": BLUE, "markersize": 6},
    "adjusted": {"marker": "o", "markerfacecolor": "white", "markeredgecolor": BLUE, "markersize": 6},
    "pool": {"marker": "D", "color": INK, "markersize": 6},
    "average": {"marker": "s", "color": INK, "markersize": 5.5},
    "published": {"marker": "D", "markerfacecolor": "none", "markeredgecolor": INK, "markersize": 7},
}


def _handle(kind: Kind, lang: Language) -> Line2D | Patch:
    text = _word(kind, lang)
    if kind == "envelope":
        return Patch(color=GREY, alpha=0.3, label=text)
    if kind == "bounds":
        return Patch(facecolor="none", edgecolor=ORANGE, linewidth=1.6, label=text)
    if kind == "lower_bound":
        return Line2D([], [], color=ORANGE, linestyle=(0, (4, 3)), marker="|", markersize=10, linewidth=1.6, label=text)
    style: dict[str, Any] = {"color": BLUE if kind in ("raw", "adjusted") else INK, "linewidth": 1.8, **_STYLES[kind]}
    if kind == "published":
        style["linestyle"] = "none"
    return Line2D([], [], label=text, **style)


def _row(name: str, kind: Kind, estimate: Estimate, **more: Any) -> Row:
    around = estimate.interval
    ends = (None, None) if around is None else (around.low, around.high)
    return Row(label=name, kind=kind, value=estimate.value, low=ends[0], high=ends[1], **more)


def _limit_row(limit: synthesis.Limit) -> Row:
    if limit.high is None:
        return Row(label=limit.name, kind="lower_bound", value=limit.low)
    return Row(label=limit.name, kind="bounds", low=limit.low or limit.high / 1e3, high=limit.high)


def _route_row(route: Mapping[str, Any], name: str) -> Row:
    value, low, high = route["value"], route["low"], route["high"]
    if route["qualifier"] in ("more than", "at least"):
        return Row(label=name, kind="lower_bound", value=value)
    if value is None and low is not None:
        return Row(label=name, kind="bounds", low=low, high=high)
    return Row(label=name, kind="published" if low is None else "raw", value=value, low=low, high=high)


def _conflict(test: synthesis.Conflict, lang: Language) -> str:
    def chance(p: float) -> str:
        return f"< {number(0.001, lang, digits=3)}" if p < 0.001 else f"= {number(p, lang, digits=3)}"

    others = ", ".join(
        f"{name} {chance(p).removeprefix('= ')}" for name, p in test.left_out.items() if isinstance(p, float)
    )
    said = _word(
        "conflict",
        lang,
        q=number(test.statistic, lang, digits=1),
        df=str(test.degrees_of_freedom),
        p=chance(test.p_value),
        others=others,
    )
    return typeset(said, lang)


def _word(key: str, lang: Language, **values: str) -> str:
    return typeset(WORDS[key][LANGUAGES.index(lang)].format(**values), lang)
