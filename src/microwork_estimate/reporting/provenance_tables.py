"""Where a result comes from: inputs with their sources, files with their checksums, settings and software."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from microwork_estimate.reporting.estimate_words import decimals_given, short_number
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
)
from microwork_estimate.reporting.report_words import WORDS, words
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study import ResultBundle


def provenance_tables(bundle: ResultBundle, lang: Language) -> tuple[TextTable, ...]:
    """Return inputs, published figures, files, settings and software of a result, each as a table.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    tuple of TextTable
        Those that have rows.
    """
    files = tuple((name, digest.removeprefix("sha256:")) for name, digest in sorted(bundle.files.items()))
    settings = tuple(
        (_setting(name, lang), _setting_value(name, value, lang))
        for name, value in sorted(bundle.settings.items())
        if isinstance(value, int | float | str)
    )
    parts = [
        _figures(bundle.inputs, words("inputs", lang), lang),
        _figures(bundle.published, words("published", lang), lang),
        _pairs("files", ("file", "checksum"), files, lang),
        _pairs("settings", ("setting", "version"), settings, lang),
        _pairs("environment", ("program", "version"), tuple(sorted(bundle.environment.items())), lang),
    ]
    return tuple(part for part in parts if part.rows)


def _setting(name: str, lang: Language) -> str:
    return words(f"setting.{name}", lang) if f"setting.{name}" in WORDS else name.replace("_", " ")


def _setting_value(name: str, value: float | str, lang: Language) -> str:
    """Return a setting as it would be typed again; shares as percentages, counts with their separators."""
    if name == "level" and isinstance(value, float):
        return percent(value, lang, digits=0 if round(100 * value, 6).is_integer() else 1)
    return number(value, lang) if name == "n_replicates" and isinstance(value, int) else f"{value}"


def _pairs(title: str, columns: tuple[str, str], rows: tuple[tuple[str, str], ...], lang: Language) -> TextTable:
    heads = (words(columns[0], lang), label("value", lang) if title == "settings" else words(columns[1], lang))
    return TextTable(title=words(title, lang), columns=heads, rows=rows, whole=(0,))


def _figures(figures: Mapping[str, Mapping[str, Any]], title: str, lang: Language) -> TextTable:
    rows = []
    for key, figure in sorted(figures.items()):  # a bundle that was read knows no other order
        status = f"status.{figure.get('status')}"
        what = _in(figure, "what", lang)
        cells = (
            key,
            _value(figure, lang),
            label(status, lang) if status in LABELS else status,
            what,
            _source(figure, lang),
        )
        rows.append(tuple(typeset(str(cell), lang) for cell in cells))
    columns = tuple(label(key, lang) for key in ("key", "value", "status", "what", "source"))
    return TextTable(title=title, columns=columns, rows=tuple(rows), whole=(0,))


def _in(figure: Mapping[str, Any], name: str, lang: Language) -> str:
    return str((figure.get(f"{name}_fr") if lang == "fr" else None) or figure.get(name) or "")


def _source(figure: Mapping[str, Any], lang: Language) -> str:
    """Return document and place; else the arithmetic, or the reason why there is none."""
    if figure.get("source_key"):
        return ", ".join(part for part in (figure.get("source"), figure.get("locator")) if part)
    return str(figure.get("formula") or _in(figure, "reason", lang) or figure.get("source") or "")


def _value(figure: Mapping[str, Any], lang: Language) -> str:
    """Return a figure as it was published, with its unit."""
    if figure.get("status") == "unavailable":
        return label("unavailable", lang)
    if figure.get("text"):
        return _in(figure, "text", lang)
    value, low, high = (figure.get(name) for name in ("value", "low", "high"))
    parts = []
    if value is not None:
        key = f"qualifier.{figure.get('qualifier', 'exactly')}"
        said = short_number(value, lang)
        parts.append(label(key, lang, value=said) if key in LABELS else said)
    if low is not None and high is not None:
        digits = max(decimals_given(low), decimals_given(high))
        parts.append(span(low, high, lang, digits=digits))
    unit = str(figure.get("unit", ""))
    return " ".join([*parts, UNITS[unit][LANGUAGES.index(lang)] if unit in UNITS else unit])
