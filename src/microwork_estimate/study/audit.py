"""What the critics of a study say, as numbers: by how much a published figure is wrong if an assumption fails.

Published figures are read here to be questioned; no estimate is made of them.
"""

from __future__ import annotations

import math
from pathlib import Path

from microwork_estimate.capture_recapture import relative_odds_ratio_curve
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import column, read_table
from microwork_estimate.study.accounts_ledger import accounts_ledger
from microwork_estimate.study.assumption_book import assumption
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.registry import Study
from microwork_estimate.study.schema_audit import WhatIfEntry


def true_over_published(kind: str, failure: float) -> float:
    """Return what the truth is, as a multiple of a two-list figure, if an assumption fails by so much.

    Procedure: ``"odds_ratio"``: being on one list multiplies the odds of being on the other by `failure`; where the lists
    saw few of the people, the truth is that multiple of the figure. ``"unequal_chances"``: the chances of people to be
    seen have the coefficient of variation c, and go together on both lists; then the lists share 1 + c^2 times as many
    people as computed, and the truth is 1 + c^2 times the figure. ``"turnover"``: people leave and are replaced, and the
    lists are `failure` half-lives apart; half as many are found again for each, and the truth is 2^-failure of it.

    Parameters
    ----------
    kind : {"odds_ratio", "unequal_chances", "turnover"}
    failure : float
        Odds ratio, coefficient of variation, or half-lives.

    Returns
    -------
    float

    Raises
    ------
    InvalidInput
        If the kind is unknown.

    References
    ----------
    Gerritse, van der Heijden & Bakker (2015), *Journal of Official Statistics* 31, 357-379, for the odds ratio. Seber
    (1982), *The Estimation of Animal Abundance*, section 3.2, for unequal chances and for losses and additions.

    Examples
    --------
    >>> [true_over_published(k, 1.0) for k in ("odds_ratio", "unequal_chances", "turnover")]
    [1.0, 2.0, 0.5]
    """
    if kind == "odds_ratio":
        return float(relative_odds_ratio_curve([failure], observed_share=0.0)[0])
    if kind == "unequal_chances":
        return 1 + failure**2
    if kind == "turnover":
        return math.exp2(-failure)
    raise InvalidInput(
        "unknown failure",
        expected="odds_ratio, unequal_chances or turnover",
        got=repr(kind),
        where="true_over_published",
        fix="choose one of the listed words",
    )


def audit_table(study: Study) -> dict[str, ResultTable]:
    """Work out each published figure under the failures that an objection names.

    Parameters
    ----------
    study : Study

    Returns
    -------
    dict of str to ResultTable
        ``audit``, with the published figure and the range of the truth, one row for each objection that names a failure;
        ``ledger``, from declared accounts to persons, where an objection has one; ``domain_truth``, where a
        simulated study has a table of its truth by domain. Empty for a study without any.

    Examples
    --------
    >>> from microwork_estimate.study.registry import load
    >>> table = audit_table(load("diplab-2019"))["audit"]
    >>> [round(row[-1]) for row in table.rows if row[0] == "independence"]
    [59612]
    """
    rows = []
    for objection in study.objections:
        if objection.what_if is not None:
            published = study.figure(objection.what_if.figure).number
            low, high = _range(objection.what_if)
            rows.append((objection.id, published, published * low, published * high))
    columns = ("objection", "published", "low", "high")
    found = {"audit": ResultTable(columns=columns, rows=tuple(rows))} if rows else {}
    others = {"ledger": accounts_ledger(study), "domain_truth": _domain_truth(study)}
    return found | {name: table for name, table in others.items() if table is not None}


def objection_words(study: Study) -> list[dict[str, object]]:
    """Return the objections in both languages with the assumption that each questions, for the bundle.

    Raises
    ------
    InvalidInput
        If an objection questions an assumption that the library does not know.
    """
    words: list[dict[str, object]] = []
    for entry in study.objections:
        questioned = assumption(entry.assumption, where=f"{study.path}, objections.{entry.id}.assumption")
        words.append(
            {
                "id": entry.id,
                "objection_en": entry.objection,
                "objection_fr": entry.objection_fr,
                "method_en": entry.method,
                "method_fr": entry.method_fr,
                "number_en": entry.number,
                "number_fr": entry.number_fr,
                "assumption": questioned.id,
                "assumption_en": questioned.statement_en,
                "assumption_fr": questioned.statement_fr,
                "settled_by_en": entry.settled_by,
                "settled_by_fr": entry.settled_by_fr,
            }
        )
    return words


def _domain_truth(study: Study) -> ResultTable | None:
    """Read the truth of a simulated study by tier and domain, which no recipe can: its columns are published results."""
    entry = study.files.get("truth_domains")
    place = None if entry is None or not study.synthetic else study.table("truth_domains")
    if entry is None or not isinstance(place, Path):
        return None
    table = read_table(place)
    columns = [
        column(table, entry.published_columns[name]).tolist() for name in ("variable", "domain", "tier", "persons")
    ]
    rows = tuple(zip(*columns, strict=True))
    return ResultTable(columns=("variable", "domain", "tier", "persons"), rows=rows)


def _range(case: WhatIfEntry) -> tuple[float, float]:
    ends = sorted(true_over_published(case.kind, failure) for failure in (case.low, case.high))
    return ends[0], ends[1]
