"""The tables of the report: estimates rounded by their uncertainty, and whatever tables the result carries."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from microwork_estimate.estimate import Estimate
from microwork_estimate.reporting.domain_table import domain_table
from microwork_estimate.reporting.estimate_words import decimals_given, decimals_of, range_words, value_words
from microwork_estimate.reporting.labels import (
    LABELS,
    LANGUAGES,
    UNITS,
    Language,
    label,
    number,
    percent,
    span,
    typeset,
    warning_text,
)
from microwork_estimate.reporting.report_words import column_name, table_title, words
from microwork_estimate.reporting.rounded_bundle import rounded_bundle
from microwork_estimate.reporting.tables import activity_table, comparison_table, drift_table, exclusive_table
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.rounding import decimals_for, round_at, round_outward, uncertainty_of
from microwork_estimate.study import ResultBundle

_SIGNIFICANT = 4  # digits of a number that has no uncertainty of its own and is not a count
_LARGE = 100  # numbers of persons are whole from here on
# Tables that have a form of their own.
_READY: Mapping[str, Callable[[ResultBundle, Language], TextTable | None]] = {
    "published_tiers": exclusive_table,
    "comparison": comparison_table,
    "mixture_drift": drift_table,
    "activity": activity_table,
    "domains": lambda bundle, lang: domain_table(rounded_bundle(bundle), lang),
}
# Tables that stand in sections of their own.
ELSEWHERE = frozenset(
    {
        "odds_ratio_curve",
        "dependence",
        "tornado",
        "ledger",
        "audit",
        "assumption_ledger",
        "domain_truth",
        "domains_order",
        "routes",
        "route_pairs",
    }
)
_INTERVALS = frozenset(
    {"odds_ratio_curve", "month_pairs", "month_pairs_open", "years", "quarters", "audience_by_correlation"}
    | {"tier_contrasts", "ledger"}
)
# Columns that the interval of their row is about, wherever they lie; others are, if they lie within it.
_CENTRAL = frozenset({"value", "mean", "median", "chapman", "corrected", "lincoln_petersen", "likelihood"}) | frozenset(
    {"closed", "bias_adjusted", "low", "high"}
)
_GIVEN = frozenset({"odds_ratio", "correlation", "published"})
_SHARES = frozenset({"staying", "survival", "closed_survival", "variance_share", "share"})
_NAMES = frozenset({"year", "quarter", "month", "era", "components"})
_TITLE_KEYS = {
    "audience_by_correlation": "correlation_title",
    "tornado": "tornado_title",
    "years": "years_title",
    "tier_contrasts": "contrasts_title",
}


def headline_table(bundle: ResultBundle, lang: Language) -> TextTable:
    """Return the tiers with what was published and what is estimated; without published tiers, all counts of persons."""
    rows = []
    for tier, made in headline_tiers(bundle):
        first, *others = made
        published = number(bundle.published[tier["published"]]["value"], lang)
        found = "\n".join(part for part in (value_words(first, lang), _around(first, lang)) if part)
        cells = (tier[f"label_{lang}"], tier[f"criterion_{lang}"], published, found, _readings(others, lang))
        rows.append(tuple(typeset(cell, lang) for cell in cells))
    if not rows:
        return estimates_table(bundle, lang, persons_only=True)
    synthetic = bundle.study["synthetic"]
    names = ("tier", "what", "truth" if synthetic else "published", "estimate", "readings")
    title = "truth_tiers_title" if synthetic else "tiers_title"
    columns = tuple(label(name, lang) for name in names)
    return TextTable(title=label(title, lang), columns=columns, rows=tuple(rows), numeric=(2, 3))


def headline_tiers(bundle: ResultBundle) -> list[tuple[Mapping[str, Any], list[Estimate]]]:
    """Return the tiers that were published, each with its estimates."""
    found = []
    for tier in bundle.study["tiers"]:
        made = [bundle.estimates[name] for name in tier["estimates"] if name in bundle.estimates]
        if made and tier.get("published") in bundle.published:
            found.append((tier, made))
    return found


def _around(estimate: Estimate, lang: Language) -> str:
    said = range_words(estimate, lang)
    return "" if said == label("none", lang) else said


def _readings(others: Sequence[Estimate], lang: Language) -> str:
    """Return the widest range that the other estimates of a tier leave open."""
    ends: list[float] = []
    for estimate in others:
        decimals, around = decimals_of(estimate), estimate.bounds or estimate.interval
        ends += [] if estimate.value is None else [round_at(estimate.value, decimals)]
        ends += [] if around is None else round_outward(around.low, around.high, decimals)
    if not ends:
        return label("no_reading", lang)
    return label("to", lang, low=number(min(ends), lang), high=number(max(ends), lang))


def estimates_table(bundle: ResultBundle, lang: Language, *, persons_only: bool = False) -> TextTable:
    """Return every estimate with what is open around it and the codes of its warnings."""
    labels = bundle.study["labels"]
    rows: list[tuple[str, ...]] = []
    for name, estimate in bundle.estimates.items():
        if persons_only and estimate.estimand.unit != "persons":
            continue
        named = typeset(_named(labels, name, lang), lang)
        cells = (named, value_words(estimate, lang), range_words(estimate, lang))
        codes = ", ".join(dict.fromkeys(warning.code for warning in estimate.warnings)) or label("none", lang)
        rows.append(cells if persons_only else (*cells, codes))
    names = ("quantity", "estimate", "open", "warnings")[: 3 if persons_only else 4]
    title = label("estimates_title", lang) if persons_only else words("all_estimates", lang)
    return TextTable(title=title, columns=tuple(label(n, lang) for n in names), rows=tuple(rows), numeric=(1,))


def other_tables(bundle: ResultBundle, lang: Language) -> tuple[TextTable, ...]:
    """Return the tables of the result that have no section of their own, those nobody has described among them."""
    made = (
        _READY[name](bundle, lang) if name in _READY else result_table(bundle, name, lang)
        for name in bundle.tables
        if name not in ELSEWHERE
    )
    return tuple(without_negative_zero(part) for part in made if part is not None and part.rows)


def without_negative_zero(content: TextTable) -> TextTable:
    """Write a difference that vanishes in its last digit without a sign."""
    rows = tuple(tuple(re.sub(r"^-(?=0[.,]?0*\W*$)", "", cell) for cell in row) for row in content.rows)
    return replace(content, rows=rows)


def result_table(bundle: ResultBundle, name: str, lang: Language) -> TextTable:
    """Return any table of a result: numbers rounded by the standard error or the interval of their row.

    Parameters
    ----------
    bundle : ResultBundle
    name : str
        Name of the table in the bundle.
    lang : {"en", "fr"}

    Returns
    -------
    TextTable
        Pairs of columns ``low`` and ``high`` (or ``x_low`` and ``x_high``) become one column. A number without
        uncertainty keeps four digits; a count all of them.
    """
    content = bundle.tables[name]
    shown = [column for column in content.columns if _is_shown(column, content.columns, lang)]
    rows = []
    for at, cells in enumerate(content.rows):
        row = dict(zip(content.columns, cells, strict=True))
        hidden = {column for line, column in content.suppressed if line == at}
        rows.append(tuple(_hidden(column, hidden, lang) or _cell(bundle, column, row, lang) for column in shown))
    numeric = tuple(
        at
        for at, column in enumerate(shown)
        if any(_is_number(row[content.columns.index(column)]) for row in content.rows)
    )
    heads = tuple(_head(bundle, name, column, lang) for column in shown)
    title = label(_TITLE_KEYS[name], lang) if name in _TITLE_KEYS else table_title(name, lang)
    return TextTable(title=title, columns=heads, rows=tuple(rows), numeric=numeric)


def _hidden(column: str, hidden: set[str], lang: Language) -> str:
    """Return the word for a cell that is hidden because few people stand behind it."""
    ends = {column, f"{column.removesuffix('low')}high"} if column.endswith("low") else {column}
    return words("suppressed", lang) if ends & hidden else ""


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _is_shown(column: str, columns: Sequence[str], lang: Language) -> bool:
    """Leave out upper ends, which join their lower ends, and the words of the other language."""
    if column == "high" or column.endswith("_high"):
        return f"{column.removesuffix('high')}low" not in columns
    if column == "step" and f"label_{lang}" in columns:
        return False
    stem, _, ending = column.rpartition("_")
    other = "en" if lang == "fr" else "fr"
    return not (ending == other and f"{stem}_{lang}" in columns)


def _head(bundle: ResultBundle, name: str, column: str, lang: Language) -> str:
    if column == "low" or column.endswith("_low"):
        if name not in _INTERVALS:
            return words("range_head", lang)
        return label("interval", lang, level=percent(float(bundle.settings.get("level", 0.95)), lang))
    stem = column.removesuffix(f"_{lang}")
    return column_name("step" if stem == "label" else stem, lang)


def _cell(bundle: ResultBundle, column: str, row: Mapping[str, Any], lang: Language) -> str:
    value = row[column]
    if value is None or value != value:  # a draw that failed is not a number
        return label("none", lang)
    if isinstance(value, bool):
        return words("yes" if value else "no", lang)
    if isinstance(value, str):
        return _text(bundle, column, value, lang)
    if column in _NAMES:
        return f"{value}"
    if column == "low" or column.endswith("_low"):
        upper = row.get(f"{column.removesuffix('low')}high")
        return _written(column, value, row, lang) if upper is None else _ends(column, value, upper, row, lang)
    return _written(column, value, row, lang)


def _text(bundle: ResultBundle, column: str, value: str, lang: Language) -> str:
    if column == "month":
        return value.removesuffix("-01")
    if column == "status" and f"status.{value}" in LABELS:
        return label(f"status.{value}", lang)
    tiers = {tier["id"]: tier[f"label_{lang}"] for tier in bundle.study["tiers"]}
    if column == "tier" and value in tiers:
        return typeset(tiers[value], lang)
    if column == "unit" and value in UNITS:
        return UNITS[value][LANGUAGES.index(lang)]
    return typeset(_named(bundle.study["labels"], value, lang), lang)


def _named(labels: Mapping[str, Mapping[str, str]], name: str, lang: Language) -> str:
    return str(labels[name][lang]) if name in labels else name


def _row_decimals(column: str, value: float, row: Mapping[str, Any]) -> int | None:
    """Return the place at which a number of a row is rounded: by its own ends, else by those of the row around it."""
    stem = column.removesuffix("low").removesuffix("high").removesuffix("_")
    own = stem if f"{stem}_low" in row else ""
    low, high = (row.get(f"{own}_{end}" if own else end) for end in ("low", "high"))
    if low is None or high is None or not (own or column in _CENTRAL or low <= value <= high):
        return None
    error = None if own else row.get("standard_error")
    return decimals_for(uncertainty_of(low, standard_error=error, low=low, high=high))


def _place(column: str, value: float, row: Mapping[str, Any]) -> int:
    """Return how many decimals a number has; negative for whole tens, hundreds, thousands."""
    if not math.isfinite(value):
        return 0
    if isinstance(value, int) or column in _GIVEN:
        return decimals_given(value)
    decimals = decimals_for(value) if column == "standard_error" else _row_decimals(column, value, row)
    if decimals is None:
        if value == int(value) or abs(value) >= _LARGE:
            return 0
        decimals = min(decimals_for(abs(value), significant=_SIGNIFICANT) or 0, decimals_given(value, most=9))
    return min(decimals, 0) if abs(value) >= _LARGE else decimals


def _written(column: str, value: float, row: Mapping[str, Any], lang: Language) -> str:
    if column in _SHARES:
        return percent(value, lang, digits=1)
    place = _place(column, value, row)
    return number(round_at(value, place), lang, digits=max(0, place))


def _ends(column: str, low: float, high: float, row: Mapping[str, Any], lang: Language) -> str:
    place = min(_place(column, low, row), _place(column, high, row))
    return span(*round_outward(low, high, place), lang, digits=max(0, place))


def warnings_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Return each warning code with its sentence and the estimates that have it."""
    found: dict[str, list[str]] = {}
    for name, estimate in bundle.estimates.items():
        for code in dict.fromkeys(warning.code for warning in estimate.warnings):
            found.setdefault(code, []).append(_named(bundle.study["labels"], name, lang))
    separator = "\u00a0; " if lang == "fr" else "; "
    rows = tuple(
        (code, typeset(warning_text(code, lang), lang), typeset(separator.join(names), lang))
        for code, names in found.items()
    )
    columns = tuple(words(key, lang) for key in ("code", "says_that", "concerns"))
    return TextTable(title=label("warnings_title", lang), columns=columns, rows=rows, whole=(0,)) if rows else None
