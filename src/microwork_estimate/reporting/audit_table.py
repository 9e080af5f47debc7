"""Objections with their answers, the ledger of assumptions, and several routes to one number, as tables of words."""

from __future__ import annotations

from typing import Any

from microwork_estimate.estimate import Assumption
from microwork_estimate.reporting.audit_words import words
from microwork_estimate.reporting.findings import fill
from microwork_estimate.reporting.labels import Language, check_language, label, number, span, typeset
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study import ResultBundle


def audit_table(bundle: ResultBundle, *, lang: str = "en") -> TextTable | None:
    """Return what critics say, the method, the number, the assumption and the input that would settle it.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    TextTable or None
        None for a study without objections.

    Raises
    ------
    InvalidInput
        If the language is neither English nor French, or a place in a sentence is not in the result.
    """
    language = check_language(lang)
    entries = bundle.study.get("objections") or ()
    if not entries:
        return None
    rows = tuple(
        (
            typeset(entry[f"objection_{language}"], language),
            typeset(entry[f"method_{language}"], language),
            fill(entry[f"number_{language}"], bundle, language),
            typeset(f"{entry['assumption']}\n{entry[f'assumption_{language}']}", language),
            typeset(entry[f"settled_by_{language}"], language),
        )
        for entry in entries
    )
    names = ("objection", "audit_method", "audit_number", "audit_assumption", "settled_by")
    title = typeset(words("audit_title", language, study=bundle.study["id"]), language)
    return TextTable(title=title, columns=tuple(words(name, language) for name in names), rows=rows)


def ledger_table(bundle: ResultBundle, *, lang: str = "en") -> TextTable:
    """Return every assumption of a result: its words, whether it can be tested, where it leads, how far it must fail.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    TextTable
        One row for each assumption. The last column names each estimate that has a published figure to be compared with,
        and by how much the assumption must fail before the range of the estimate leaves that figure. Where no estimate has
        such a figure, there is no last column.

    Raises
    ------
    InvalidInput
        If the language is neither English nor French, or the result has no ledger (it was written by an older version).
    """
    language = check_language(lang)
    used: dict[str, Assumption] = {a.id: a for e in bundle.estimates.values() for a in e.assumptions}
    rows = tuple(_ledger_row(bundle, item, language) for item in used.values())
    names = ("assumption_id", "statement", "testable", "direction", "sensitivity", "how_far")
    compared = any(row[-1] != label("none", language) for row in rows)
    kept = len(names) if compared else len(names) - 1
    return TextTable(
        title=typeset(words("ledger_title", language, study=bundle.study["id"]), language),
        columns=tuple(words(name, language) for name in names[:kept]),
        rows=tuple(row[:kept] for row in rows),
        notes=(words("ledger_note", language),) if compared else (),
    )


def route_tables(bundle: ResultBundle, *, lang: str = "en") -> tuple[TextTable, ...]:
    """Return the routes of a study with what each counts, and the pairs that may and may not be compared.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    tuple of TextTable
        Two tables, or none for a study without routes.

    Raises
    ------
    InvalidInput
        If the language is neither English nor French.
    """
    language = check_language(lang)
    entries = {entry["id"]: entry for entry in bundle.study.get("routes") or ()}
    if not entries or "routes" not in bundle.tables:
        return ()
    content = bundle.tables["routes"]
    rows = []
    for cells in content.rows:
        route = dict(zip(content.columns, cells, strict=True))
        entry = entries[route["route"]]
        counts, explains = (typeset(entry[f"{key}_{language}"], language) for key in ("counts", "explains"))
        rows.append((typeset(entry[language], language), _route_value(route, language), counts, explains))
    names = ("route", "route_number", "what_it_counts", "explains")
    first = TextTable(
        title=words("routes_title", language),
        columns=tuple(words(name, language) for name in names),
        rows=tuple(rows),
        numeric=(1,),
    )
    return (first, _pair_table(bundle, {key: typeset(e[language], language) for key, e in entries.items()}, language))


def _pair_table(bundle: ResultBundle, names: dict[str, str], lang: Language) -> TextTable:
    rows = []
    for first, second, comparable, differ, ratio in bundle.tables["route_pairs"].rows:
        if comparable:
            said = words("comparable", lang, ratio=number(ratio, lang, digits=2))
        else:
            fields = ", ".join(words(f"field.{name}", lang) for name in str(differ).split(", "))
            said = words("not_comparable", lang, fields=fields)
        rows.append((names[first], names[second], typeset(said, lang)))
    columns = tuple(words(name, lang) for name in ("first", "second", "verdict"))
    return TextTable(title=words("pairs_title", lang), columns=columns, rows=tuple(rows))


def _route_value(route: dict[str, Any], lang: Language) -> str:
    if route["value"] is None:
        return label("none", lang)
    value = label(f"qualifier.{route['qualifier']}", lang, value=number(route["value"], lang))
    if route["low"] is None or route["high"] is None:
        return value
    return f"{value} {span(route['low'], route['high'], lang)}"


def _ledger_row(bundle: ResultBundle, item: Assumption, lang: Language) -> tuple[str, ...]:
    statement = item.statement_fr if lang == "fr" else item.statement_en
    return (
        item.id,
        typeset(statement, lang),
        words("yes" if item.testable else "no", lang),
        words(f"direction.{item.direction_of_bias_if_violated}", lang),
        item.sensitivity or label("none", lang),
        typeset(_how_far(bundle, item.id, lang), lang) or label("none", lang),
    )


def _how_far(bundle: ResultBundle, key: str, lang: Language) -> str:
    content = bundle.tables.get("assumption_ledger")
    said = []
    for cells in () if content is None else content.rows:
        row = dict(zip(content.columns, cells, strict=True)) if content is not None else {}
        if row["assumption"] != key or row["figure"] is None:
            continue
        name = bundle.study["labels"][row["estimate"]][lang]
        figure = number(row["figure"], lang)
        if not row["inside"]:
            said.append(words("outside", lang, name=name, figure=figure))
            continue
        limits = [
            words(word, lang, limit=number(row[word], lang, digits=2))
            for word in ("odds_ratio", "factor_down", "factor_up")
            if row[word] is not None
        ]
        said.append(words("leaves", lang, name=name, figure=figure, limits=words("or", lang).join(limits)))
    return words("then", lang).join(said)
