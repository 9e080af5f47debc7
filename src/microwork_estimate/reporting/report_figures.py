"""The pictures of the report, each with its numbers in words. Nothing is drawn before a page asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from microwork_estimate.estimate import Estimate
from microwork_estimate.reporting.estimate_words import range_words, value_words
from microwork_estimate.reporting.labels import Language, label, number, typeset
from microwork_estimate.reporting.report_parts import Dial, Picture
from microwork_estimate.reporting.report_tables import headline_tiers, result_table
from microwork_estimate.reporting.report_words import column_name, words
from microwork_estimate.study import ResultBundle

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from microwork_estimate.reporting.plots import ForestRow

# Tables that are series: the column of time, and the column of the estimate.
_SERIES = {"month_pairs": ("month", "chapman"), "quarters": ("quarter", "likelihood")}


def headline_forest(bundle: ResultBundle, lang: Language) -> Picture | None:
    """Return the forest plot of the published tiers, or of all counts of persons where there are none."""
    labels = bundle.study["labels"]
    tiers = headline_tiers(bundle)
    rows = [(str(tier[f"label_{lang}"]), made[0], str(tier["published"])) for tier, made in tiers]
    named = rows or [
        (str(labels[name][lang]), estimate, labels[name].get("published"))
        for name, estimate in bundle.estimates.items()
        if estimate.estimand.unit == "persons"
    ]
    return _forest("forest", words("figure_forest", lang), bundle, named, lang)


def estimates_forest(bundle: ResultBundle, lang: Language) -> Picture | None:
    """Return the forest plot of every count of persons of a study with tiers; None where the headline shows them all."""
    if not headline_tiers(bundle):
        return None
    labels = bundle.study["labels"]
    rows = [
        (str(labels[name][lang]), estimate, labels[name].get("published"))
        for name, estimate in bundle.estimates.items()
        if estimate.estimand.unit == "persons"
    ]
    return _forest("estimates", words("figure_all", lang), bundle, rows, lang)


def _forest(
    name: str, title: str, bundle: ResultBundle, rows: Sequence[tuple[str, Estimate, str | None]], lang: Language
) -> Picture | None:
    marks = "plot.truth" if bundle.study["synthetic"] else "plot.published"
    found = [(said, estimate, bundle.published.get(key or "", {}).get("value")) for said, estimate, key in rows]
    described = [_sentence(said, estimate, mark, label(marks, lang), lang) for said, estimate, mark in found]
    drawn = [_row(typeset(said, lang), estimate, mark) for said, estimate, mark in found]
    if not any(number_ > 0 for row in drawn for number_ in row.numbers()):
        return None

    def draw() -> Figure:
        from microwork_estimate.reporting.column_plots import column_forest

        return column_forest(drawn, lang=lang, marks=marks)

    return Picture(id=name, title=title, description=" ".join(described), draw=draw)


def _row(said: str, estimate: Estimate, mark: Any) -> ForestRow:
    from microwork_estimate.reporting.plots import ForestRow

    interval, bounds = estimate.interval, estimate.bounds
    return ForestRow(
        label=said,
        value=estimate.value,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        bounds=None if bounds is None else (bounds.low, bounds.high),
        is_lower_bound="lower bound" in estimate.method,
        published=float(mark) if isinstance(mark, int | float) else None,
    )


def _sentence(said: str, estimate: Estimate, mark: Any, marks: str, lang: Language) -> str:
    none = label("none", lang)
    parts = [part for part in (value_words(estimate, lang), range_words(estimate, lang)) if part != none]
    if isinstance(mark, int | float):
        parts.append(f"{marks} {number(mark, lang)}")
    return typeset(f"{said}{' :' if lang == 'fr' else ':'} {', '.join(parts)}.", lang)


def tornado_picture(bundle: ResultBundle, lang: Language) -> Picture | None:
    """Return the bars of the factors that move a figure, longest first."""
    content = bundle.tables.get("tornado")
    if content is None or not content.rows:
        return None
    rows = sorted(zip(*(content.column(key) for key in ("factor", "low", "high")), strict=True), key=_length)
    labels = bundle.study["labels"]
    names = [typeset(str(labels.get(factor, {}).get(lang, factor)), lang) for factor, _, _ in rows]
    written = result_table(bundle, "tornado", lang).rows
    described = "; ".join(f"{cells[0]} {cells[1]}" for cells in written)

    def draw() -> Figure:
        from microwork_estimate.reporting.column_plots import column_bars
        from microwork_estimate.reporting.plots import ForestRow

        bars = [ForestRow(label=name, low=low, high=high) for name, (_, low, high) in zip(names, rows, strict=True)]
        return column_bars(bars, lang=lang)

    return Picture(id="tornado", title=words("figure_tornado", lang), description=described, draw=draw)


def _length(row: tuple[Any, ...]) -> float:
    return float(row[1] - row[2])


def waterfall_picture(bundle: ResultBundle, lang: Language) -> Picture | None:
    """Return the waterfall of the accounts of a study, step by step; from the table ``ledger``; None without it."""
    content = bundle.tables.get("ledger")
    if content is None or not content.rows:
        return None
    rows = [dict(zip(content.columns, cells, strict=True)) for cells in content.rows]
    names = [typeset(str(row.get(f"label_{lang}") or row.get("step", "")), lang) for row in rows]
    written = result_table(bundle, "ledger", lang)
    at = written.columns.index(column_name("value", lang))
    parts = [f"{name} {cells[at]} {cells[at + 1]}" for name, cells in zip(names, written.rows, strict=False)]

    def draw() -> Figure:
        from microwork_estimate.reporting.column_plots import column_waterfall
        from microwork_estimate.reporting.waterfall import WaterfallRow

        steps = [
            WaterfallRow(
                label=name, value=row["value"], low=row["low"], high=row["high"], final=row["unit"] == "persons"
            )
            for name, row in zip(names, rows, strict=True)
        ]
        return column_waterfall(steps, lang=lang, axis=words("waterfall_axis", lang))

    return Picture(id="waterfall", title=words("figure_waterfall", lang), description="; ".join(parts), draw=draw)


def dial_picture(bundle: ResultBundle, content: Dial, lang: Language) -> Picture:
    """Return the curve of a dial as it stands without a program."""
    name = "odds_ratio_curve" if "odds_ratio_curve" in bundle.tables else "dependence"
    table, curve = bundle.tables[name], name == "odds_ratio_curve"
    described = "; ".join(f"{step.ratio}: {step.estimate}, {step.interval}" for step in content.steps)
    titles = (label("odds_ratio", lang), label("plot.persons", lang) if curve else label("factor", lang))

    def draw() -> Figure:
        from microwork_estimate.reporting.column_plots import column_curves

        columns = {key: np.array(table.column(key), dtype=float) for key in table.columns}
        x = columns.pop("odds_ratio")
        if curve:
            band, curves = (columns["low"], columns["high"]), [("", columns["value"])]
            return column_curves(x, curves, band=band, titles=titles, lang=lang)
        named = [(_seen(key, lang), values) for key, values in columns.items()]
        return column_curves(x, named, band=None, titles=titles, lang=lang)

    key = "figure_dial" if curve else "figure_factor"
    return Picture(id="curve", title=words(key, lang), description=described, draw=draw)


def _seen(column: str, lang: Language) -> str:
    share = number(100 * float(column.removeprefix("seen_")), lang)
    return words("share_seen", lang, share=f"{share}\u00a0%" if lang == "fr" else f"{share}%")


def series_picture(bundle: ResultBundle, name: str, lang: Language) -> Picture | None:
    """Return the picture of a table over time, or None if the table is no series or has too few numbers."""
    if name not in _SERIES or name not in bundle.tables:
        return None
    time, value = _SERIES[name]
    content = bundle.tables[name]
    rows = [dict(zip(content.columns, cells, strict=True)) for cells in content.rows]
    rows = [row for row in rows if row[value] is not None and row["low"] is not None]
    if len(rows) < 2:
        return None
    title = result_table(bundle, name, lang).title
    ends = [number(f(row[value] for row in rows), lang) for f in (min, max)]
    said = words("range", lang, low=ends[0], high=ends[1])
    span_of_time = f"{rows[0][time]} – {rows[-1][time]}"
    return Picture(
        id=name.replace("_", ""),
        title=title,
        description=f"{span_of_time}, {said}",
        draw=partial(_draw_series, rows, (time, value), lang),
    )


def _draw_series(rows: Sequence[Mapping[str, Any]], columns: tuple[str, str], lang: Language) -> Figure:
    from microwork_estimate.reporting.column_plots import column_series

    time, value = columns
    at = np.array([_moment(row[time]) for row in rows])
    middle, low, high = (np.array([row[key] for row in rows], dtype=float) for key in (value, "low", "high"))
    return column_series(at, middle, (low, high), lang=lang)


def _moment(time: Any) -> float:
    """Return a month as a share of its year, and a numbered period as its number."""
    return float(time[:4]) + (float(time[5:7]) - 1) / 12 if isinstance(time, str) else float(time)
