"""The quality report of a result, field by field of the Single Integrated Metadata Structure of the ESS (SIMS 2.0).

What the result knows is filled in. What only the office can know (its mandate, its calendar, its contact) says so and is
left to it: an invented answer would be worse than an empty field.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from microwork_estimate.estimate import Estimate
from microwork_estimate.study.bundle import ResultBundle
from microwork_estimate.study.citation import documents, software_version
from microwork_estimate.study.package_data import data_path
from microwork_estimate.study.privacy import withheld
from microwork_estimate.study.quality import PublicationRule, overlaps, publications
from microwork_estimate.study.suppression import DEFAULT_THRESHOLD

TO_BE_FILLED = "to be filled by the office"
SIMS_VERSION = "SIMS 2.0"

# Number and name of each concept, in the order of the structure.
CONCEPTS: dict[str, str] = {
    "S.1": "Contact",
    "S.2": "Metadata update",
    "S.3.1": "Data description",
    "S.3.2": "Classification system",
    "S.3.3": "Coverage - sector",
    "S.3.4": "Statistical concepts and definitions",
    "S.3.5": "Statistical unit",
    "S.3.6": "Statistical population",
    "S.3.7": "Reference area",
    "S.3.8": "Coverage - time",
    "S.3.9": "Base period",
    "S.4": "Unit of measure",
    "S.5": "Reference period",
    "S.6": "Institutional mandate",
    "S.7.1": "Confidentiality - policy",
    "S.7.2": "Confidentiality - data treatment",
    "S.8": "Release policy",
    "S.9": "Frequency of dissemination",
    "S.10": "Accessibility and clarity",
    "S.10.6": "Documentation on methodology",
    "S.11": "Quality management",
    "S.11.2": "Quality assessment",
    "S.12": "Relevance",
    "S.13.1": "Overall accuracy",
    "S.13.2": "Sampling error",
    "S.13.3.1": "Coverage error",
    "S.13.3.2": "Measurement error",
    "S.13.3.3": "Non response error",
    "S.13.3.4": "Processing error",
    "S.13.3.5": "Model assumption error",
    "S.14": "Timeliness and punctuality",
    "S.15.1": "Comparability - geographical",
    "S.15.2": "Comparability - over time",
    "S.15.3": "Coherence - cross domain",
    "S.15.4": "Coherence - internal",
    "S.16": "Cost and burden",
    "S.17": "Data revision",
    "S.18.1": "Source data",
    "S.18.2": "Frequency of data collection",
    "S.18.3": "Data collection",
    "S.18.4": "Data validation",
    "S.18.5": "Data compilation",
    "S.18.6": "Adjustment",
    "S.19": "Comment",
}

# Units of measure that are also statistical units; all others (shares, hours, euros) are about persons.
_COUNTED = ("persons", "accounts", "visits")
_OF_PERSONS = "persons"

# What the name of a method says about the estimator that was certified in simulation.
_CERTIFIED = {
    "Chapman": ("chapman",),
    "zero-truncated binomial": ("zero_truncated",),
    "zero-truncated mixture": ("binomial_mixture",),
    "lower bound of Chao": ("chao_lower_bound",),
    "with an odds ratio from": ("odds_ratio_bounds",),
    "elicited factors": ("persons_from_audience",),
    "sum of accounts": ("persons_pooled", "persons_by_stated_mean"),
    "bounds from the arithmetic mean": ("published_mean_bounds",),
}


def quality_report(
    bundle: ResultBundle, *, rule: PublicationRule | None = None, threshold: int = DEFAULT_THRESHOLD
) -> dict[str, Any]:
    """Fill the fields of a quality report from a result.

    Parameters
    ----------
    bundle : ResultBundle
        After :func:`~microwork_estimate.study.privacy.protect`.
    rule : PublicationRule or None
        The customary thresholds if None.
    threshold : int
        Smallest count that the result shows.

    Returns
    -------
    dict
        ``concepts`` maps the number of each concept of SIMS to its name and content; ``rule`` and ``threshold`` say by what
        it was decided.

    References
    ----------
    Eurostat (2014), *Single Integrated Metadata Structure and its technical manual*, version 2.0: numbers and names of the
    concepts; European Statistics Code of Practice, principles 11 to 15.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> report = quality_report(study.run(study.load("diplab-2019"), n_replicates=9, seed=1))
    >>> report["concepts"]["S.6"]["content"]
    'to be filled by the office'
    """
    chosen = rule or PublicationRule()
    filled = {
        **_presentation(bundle),
        **_confidentiality(bundle, threshold),
        **_accuracy(bundle, chosen),
        **_processing(bundle),
    }
    return {
        "structure": SIMS_VERSION,
        "result": bundle.identifier,
        "rule": asdict(chosen),
        "threshold": threshold,
        "concepts": {
            number: {"name": name, "content": filled.get(number, TO_BE_FILLED)} for number, name in CONCEPTS.items()
        },
    }


def _presentation(bundle: ResultBundle) -> dict[str, Any]:
    about = [estimate.estimand for estimate in bundle.estimates.values()]
    tiers = [
        {"tier": tier["label_en"], "criterion": tier["criterion_en"], "criterion_fr": tier["criterion_fr"]}
        for tier in bundle.study.get("tiers", ())
    ]
    return {
        "S.3.1": {
            "en": bundle.study["title_en"],
            "fr": bundle.study["title_fr"],
            "synthetic": bundle.study["synthetic"],
        },
        "S.3.4": tiers or sorted({str(one) for one in about}),
        "S.3.5": sorted({one.unit if one.unit in _COUNTED else _OF_PERSONS for one in about}),
        "S.3.6": sorted({f"{one.activity}; {one.platforms}" for one in about}),
        "S.3.7": bundle.study["territory"],
        "S.3.8": sorted({one.window for one in about}),
        "S.4": sorted({one.unit for one in about}),
        "S.5": sorted({one.window for one in about}),
    }


def _confidentiality(bundle: ResultBundle, threshold: int) -> dict[str, Any]:
    tables = {name: len(table.suppressed) for name, table in bundle.tables.items() if table.suppressed}
    return {
        "S.7.2": {
            "threshold": threshold,
            "treatment": "counts of persons from 1 to the threshold less one are hidden, with the cells that would give "
            "them back through a total; microdata and identifiers are not part of a result",
            "cells_hidden": tables,
            "estimates_without_their_counts": [name for name, e in bundle.estimates.items() if withheld(e)],
            "replicates": "redraws of totals; those of an estimate made of a small count are left out, because they take few "
            "different values",
            "remaining_risk": "an estimate that is published is known: who knows the sizes of both lists can work out their "
            "overlap from it; who guesses the content of a very small table can confirm the guess by its checksum",
        }
    }


def _accuracy(bundle: ResultBundle, rule: PublicationRule) -> dict[str, Any]:
    decided = publications(bundle, rule)
    evidence = _certificates()
    return {
        "S.11.2": {
            name: {"status": found.status, "cv": found.cv, "reasons": list(found.reasons)}
            for name, found in decided.items()
        },
        "S.13.1": {
            name: {
                "interval": _interval(estimate),
                "bounds": None if estimate.bounds is None else [estimate.bounds.low, estimate.bounds.high],
                "warnings": [warning.code for warning in estimate.warnings],
                "coverage_in_simulation": _evidence(estimate, evidence),
            }
            for name, estimate in bundle.estimates.items()
        },
        "S.13.2": {
            name: {"standard_error": estimate.standard_error, "cv": decided[name].cv}
            for name, estimate in bundle.estimates.items()
        },
        "S.13.3.5": [
            {
                "assumption": key,
                "en": assumption.statement_en,
                "fr": assumption.statement_fr,
                "testable": assumption.testable,
                "bias_if_violated": assumption.direction_of_bias_if_violated,
                "varied_by": assumption.sensitivity,
                "estimates": names,
            }
            for key, (assumption, names) in used_assumptions(bundle).items()
        ],
        "S.15.3": _rows(bundle, "routes") or TO_BE_FILLED,
        "S.15.4": {
            "overlap_of_intervals": [asdict(pair) for pair in overlaps(bundle, rule)],
            "compared_with_published": _rows(bundle, "comparison"),
        },
    }


def _processing(bundle: ResultBundle) -> dict[str, Any]:
    sources = [{"title": d.title, "authors": list(d.authors), "year": d.year} for d in documents(bundle)]
    statuses = [str(figure.get("status")) for figure in bundle.inputs.values()]
    return {
        "S.10.6": sorted({reference for e in bundle.estimates.values() for reference in e.references}),
        "S.18.1": {
            "documents": sources,
            "tables_sha256": dict(bundle.files),
            "figures_by_status": {status: statuses.count(status) for status in sorted(set(statuses))},
        },
        "S.18.4": "every table is compared with its checksum, and every figure with what is possible for its unit, before a "
        "number is made",
        "S.18.5": {
            "software": f"microwork_estimate {software_version(bundle)}",
            "settings": dict(bundle.settings),
            "methods": {name: estimate.method for name, estimate in bundle.estimates.items()},
        },
    }


def used_assumptions(bundle: ResultBundle) -> Mapping[str, tuple[Any, list[str]]]:
    """Return each assumption of a result by its id, with the names of the estimates that make it.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> used = used_assumptions(study.run(study.load("stewart2015"), n_replicates=9, seed=1))
    >>> used["equal-catchability-open"][1][0]
    'ever_there'
    """
    found: dict[str, tuple[Any, list[str]]] = {}
    for name, estimate in bundle.estimates.items():
        for assumption in estimate.assumptions:
            found.setdefault(assumption.id, (assumption, []))[1].append(name)
    return found


def _interval(estimate: Estimate) -> dict[str, Any] | None:
    if estimate.interval is None:
        return None
    interval = estimate.interval
    return {"low": interval.low, "high": interval.high, "level": interval.level, "method": interval.method}


def _rows(bundle: ResultBundle, name: str) -> list[dict[str, Any]]:
    table = bundle.tables.get(name)
    return [] if table is None else [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def _certificates() -> list[dict[str, str]]:
    """Read what the intervals of this package covered in simulation; nothing where it was not shipped."""
    files: Iterable[Any] = sorted((data_path() / "certification").glob("coverage-*.csv"))
    return [row for file in files for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))]


def _evidence(estimate: Estimate, certificates: list[dict[str, str]]) -> list[dict[str, str]] | str:
    if estimate.interval is None:
        return "no interval"
    names = {name for words, estimators in _CERTIFIED.items() if words in estimate.method for name in estimators}
    kept = ("cell", "estimator", "world", "level", "coverage", "must", "verdict")
    found = [{key: row[key] for key in kept} for row in certificates if row["estimator"] in names]
    return found or "this method has no certificate in simulation"
