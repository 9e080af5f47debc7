"""Tables of a study's figures: what goes in, how sure it is, and where it was read."""

from __future__ import annotations

from collections.abc import Mapping

from microwork_estimate.reporting.labels import LANGUAGES, UNITS, Language, check_language, label, number, percent, span
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study import Figure, Study


def inputs_tables(study: Study, *, lang: str = "en") -> tuple[TextTable, ...]:
    """Return the figures of a study: inputs and uncertain factors; apart from them, published results and context.

    Parameters
    ----------
    study : Study
    lang : {"en", "fr"}

    Returns
    -------
    tuple of TextTable
        The last one lists the documents behind the short names of the column "source".

    Raises
    ------
    InvalidInput
        If the language is neither English nor French.
    """
    language = check_language(lang)
    parts = [
        _figure_table(study.inputs, label("inputs_title", language, study=study.id), language),
        _elicited_table(study, label("elicited_title", language, study=study.id), language),
        _figure_table(study.published, label("published_title", language, study=study.id), language),
        _figure_table(study.context, label("context_title", language), language),
        _document_table(study, language),
    ]
    return tuple(part for part in parts if part.rows)


def _figure_table(figures: Mapping[str, Figure], title: str, lang: Language) -> TextTable:
    rows = []
    for key, figure in figures.items():
        what = figure.what_fr if lang == "fr" else figure.what
        status = label(f"status.{figure.status}", lang)
        rows.append((key, _figure_value(figure, lang), status, what, _figure_source(figure, lang)))
    columns = tuple(label(key, lang) for key in ("key", "value", "status", "what", "source"))
    return TextTable(title=title, columns=columns, rows=tuple(rows), numeric=(1,), whole=(0,))


def _figure_source(figure: Figure, lang: Language) -> str:
    """Return the short name of the document and the place in it; else the arithmetic, or the reason."""
    reason = figure.reason_fr if lang == "fr" else figure.reason
    return ", ".join(part for part in (figure.source_key, figure.locator) if part) or figure.formula or reason


def _figure_value(figure: Figure, lang: Language) -> str:
    if figure.status == "unavailable":
        return label("unavailable", lang)
    if figure.text is not None:
        return (figure.text_fr if lang == "fr" else figure.text) or figure.text
    parts = []
    if figure.value is not None:
        value = number(figure.value, lang, digits=_places(figure.value))
        parts.append(label(f"qualifier.{figure.qualifier}", lang, value=value))
    if figure.low is not None and figure.high is not None:
        parts.append(span(figure.low, figure.high, lang, digits=_places(figure.low, figure.high)))
    return " ".join([*parts, UNITS[figure.unit][LANGUAGES.index(lang)]])


def _places(*values: float) -> int:
    """Return how many decimals the numbers need, up to four."""
    return max(0 if value == int(value) else min(len(f"{value:.10g}".partition(".")[2]), 4) for value in values)


def _elicited_table(study: Study, title: str, lang: Language) -> TextTable:
    rows = []
    for key, factor in study.elicited.items():
        high = factor.low if factor.high is None else factor.high
        ends = f"{span(factor.low, high, lang, digits=2)} ({percent(factor.level, lang)})"
        what = factor.what_fr if lang == "fr" and factor.what_fr else factor.what
        reason = factor.reason_fr if lang == "fr" and factor.reason_fr else factor.reason
        rows.append((key, ends, label(f"status.{factor.status}", lang), what, reason or ""))
    columns = tuple(label(key, lang) for key in ("key", "value", "status", "what", "reason"))
    return TextTable(title=title, columns=columns, rows=tuple(rows), numeric=(1,), whole=(0,))


def _document_table(study: Study, lang: Language) -> TextTable:
    rows = tuple((key, document.citation) for key, document in study.documents.items())
    columns = (label("key", lang), label("source", lang))
    return TextTable(title=label("documents_title", lang), columns=columns, rows=rows, whole=(0,))
