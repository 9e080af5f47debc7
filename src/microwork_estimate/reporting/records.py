"""What the commands print with ``--json``: records of plain values, with the same keys in every language."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict
from typing import Any

from microwork_estimate.reporting.findings import fill
from microwork_estimate.reporting.labels import check_language
from microwork_estimate.study import ResultBundle, Study
from microwork_estimate.study.certification import Certificate

_WORDS = ("version", "form", "cell", "must", "estimator", "world", "caution", "verdict", "remark")
_NOTED = ("figure", "inside", "factor_down", "factor_up", "odds_ratio")


def json_text(content: Any) -> str:
    """Write plain values as JSON, numbers that JSON does not know as the bundle does: as words.

    Parameters
    ----------
    content : dict, list or tuple

    Returns
    -------
    str
        With a line break at the end.

    Examples
    --------
    >>> print(json_text({"value": float("inf"), "names": ("a",)}), end="")
    {
     "names": [
      "a"
     ],
     "value": "Infinity"
    }
    """
    return json.dumps(_plain(content), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(content: Any) -> Any:
    if isinstance(content, float) and not math.isfinite(content):
        return "NaN" if math.isnan(content) else "Infinity" if content > 0 else "-Infinity"
    if isinstance(content, dict):
        return {key: _plain(item) for key, item in content.items()}
    return [_plain(item) for item in content] if isinstance(content, list | tuple) else content


def study_record(study: Study) -> dict[str, Any]:
    """Return the figures of a study with their status and source, its uncertain factors and its documents.

    Parameters
    ----------
    study : Study

    Returns
    -------
    dict
        ``study``, ``version``, ``synthetic``; ``inputs``, ``published``, ``context``, ``elicited`` and ``documents`` by key.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> study_record(study.load("diplab-2019"))["inputs"]["multi_homing"]["value"]
    1.27
    """
    figures = {name: getattr(study, name) for name in ("inputs", "published", "context")}
    entries = {"elicited": study.elicited, "documents": study.documents}
    return {
        "study": study.id,
        "version": study.version,
        "synthetic": study.synthetic,
        **{name: {key: asdict(figure) for key, figure in table.items()} for name, table in figures.items()},
        **{
            name: {key: entry.model_dump(mode="json") for key, entry in table.items()}
            for name, table in entries.items()
        },
    }


def audit_record(bundle: ResultBundle, *, lang: str = "en") -> dict[str, Any]:
    """Return each objection with its answer, and the routes of a study with the pairs that may be compared.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}
        Of the sentences.

    Returns
    -------
    dict
        ``identifier`` and ``lang``; lists ``objections``, ``routes`` and ``route_pairs``, empty where a study has none.

    Raises
    ------
    InvalidInput
        If the language is neither English nor French.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> found = audit_record(study.run(study.load("diplab-2019"), n_replicates=9, seed=1))
    >>> sorted(found["objections"][0])
    ['assumption', 'id', 'method', 'number', 'objection', 'settled_by', 'statement']
    """
    language = check_language(lang)
    objections = [
        {
            "id": entry["id"],
            "objection": entry[f"objection_{language}"],
            "method": entry[f"method_{language}"],
            "number": fill(entry[f"number_{language}"], bundle, language),
            "assumption": entry["assumption"],
            "statement": entry[f"assumption_{language}"],
            "settled_by": entry[f"settled_by_{language}"],
        }
        for entry in bundle.study.get("objections") or ()
    ]
    tables = {name: _rows(bundle, name) for name in ("routes", "route_pairs")}
    return {"identifier": bundle.identifier, "lang": language, "objections": objections, **tables}


def assumption_records(bundle: ResultBundle) -> list[dict[str, Any]]:
    """Return every assumption of a result, and for each estimate how far it must fail before a figure is left.

    Parameters
    ----------
    bundle : ResultBundle

    Returns
    -------
    list of dict
        The fields of :class:`~microwork_estimate.estimate.Assumption`, and ``estimates``: by name, what the ledger says.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> records = assumption_records(study.run(study.load("diplab-2019"), n_replicates=9, seed=1))
    >>> records[0]["id"], "regular_audience" in records[0]["estimates"]
    ('elicited-factors', True)
    """
    used = {a.id: a for estimate in bundle.estimates.values() for a in estimate.assumptions}
    ledger = _rows(bundle, "assumption_ledger")
    return [
        {
            **asdict(assumption),
            "estimates": {
                row["estimate"]: {key: row[key] for key in _NOTED} for row in ledger if row["assumption"] == name
            },
        }
        for name, assumption in used.items()
    ]


def certificate_record(certificate: Certificate) -> dict[str, Any]:
    """Return whether a certificate holds, and one record for each cell: the rows of its CSV file.

    Parameters
    ----------
    certificate : Certificate

    Returns
    -------
    dict
        ``holds`` and ``cells``; a number that does not exist is None.

    Examples
    --------
    >>> certificate_record(Certificate(verdicts=(), quick=True, version="0.1.0"))
    {'holds': False, 'cells': []}
    """
    rows = csv.DictReader(io.StringIO(certificate.to_csv()))
    cells = [
        {key: text if key in _WORDS else float(text) if text else None for key, text in row.items()} for row in rows
    ]
    return {"holds": certificate.holds, "cells": cells}


def _rows(bundle: ResultBundle, name: str) -> list[dict[str, Any]]:
    table = bundle.tables.get(name)
    return [] if table is None else [dict(zip(table.columns, row, strict=True)) for row in table.rows]
