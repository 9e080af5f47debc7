"""What else must go when a result rests on a small count: all that was made of the same counts, and all made of that.

An estimate of a handful of counts gives them back to whoever tries all small numbers, however it is rounded: the width of
its interval alone tells an overlap of two from one of four. So it is withheld whole. What is written is then the same
whatever the small count was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from microwork_estimate.study.bundle import ResultBundle, ResultTable
from microwork_estimate.study.origins import ROWS

_NAMES_OF_ESTIMATES = ("estimate", "inner", "outer")  # columns that say of which estimates a row is made
_COMPARED = ("published", "figure", "testable")  # columns that do not depend on the estimate of their row


@dataclass(frozen=True, kw_only=True, slots=True)
class Withheld:
    """What of a result is not written.

    Parameters
    ----------
    estimates, tables : frozenset of str
        Names.
    files : frozenset of str
        Keys of tables of counts whose checksum would give them back.
    others : frozenset of str
        Marks of routes and findings, ``"route:ID"`` and ``"finding:ID"``.
    """

    estimates: frozenset[str]
    tables: frozenset[str]
    files: frozenset[str]
    others: frozenset[str]


def withheld_with(
    bundle: ResultBundle, small: set[str], suppressed: Mapping[str, ResultTable], *, threshold: int
) -> Withheld:
    """Find all that goes with the estimates whose counts are small and with the tables that have hidden cells.

    Procedure: an estimate of tables of counts alone drags along everything that read one of these tables; a small group of
    respondents, every other group that the same question makes; both, whatever was made of them. A table in which the rows
    with small counts are hidden stays, and so do tables with the same rows.

    Parameters
    ----------
    bundle : ResultBundle
    small : set of str
        Estimates whose own counts are small.
    suppressed : mapping of str to ResultTable
        The tables in which cells had to be hidden, as they are shown.
    threshold : int
        Smallest count that is shown: lists with a smaller one drag all along that read them.

    Returns
    -------
    Withheld
    """
    made_from = bundle.made_from
    gone = {f"count:{key}" for key, fewest in _fewest(made_from) if 0 < fewest < threshold}
    for name in (*small, *suppressed):
        marks = made_from.get(name, frozenset())
        gone |= {m for m in marks if m.startswith("question:") and name in small}
        gone |= set() if ROWS in marks else {m for m in marks if m.startswith("count:")}
    found = set(small)
    while True:
        reached = gone | {f"made:{name}" for name in found}
        more = {name for name, marks in made_from.items() if reached & marks} - found
        if not more:
            break
        found |= more
    return Withheld(
        estimates=frozenset(found & set(bundle.estimates)),
        # An estimate and a table of a recipe may bear one name: that the table stays says nothing of the estimate.
        tables=frozenset((found & set(bundle.tables)) - _row_by_row(bundle, found, suppressed)),
        files=frozenset(mark.partition(":")[2] for mark in gone if mark.startswith("count:")),
        others=frozenset(name for name in found if name.startswith(("route:", "finding:"))),
    )


def _fewest(made_from: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, int]]:
    """Give the smallest count of each table of lists, as its marks say."""
    for mark in frozenset().union(*made_from.values()):
        kind, _, rest = mark.partition(":")
        if kind == "fewest":
            key, _, number = rest.rpartition(":")
            yield key, int(number)


def _row_by_row(bundle: ResultBundle, names: set[str], suppressed: Mapping[str, ResultTable]) -> set[str]:
    """Return the tables that stay without some of their rows, because each row is made of one row of counts."""
    keys = {
        (table.columns[0], tuple(row[0] for row in table.rows))
        for name, table in suppressed.items()
        if ROWS not in bundle.made_from.get(name, frozenset())
    }
    own = {name: bundle.tables[name] for name in names if name in bundle.tables}
    return {n for n, t in own.items() if (t.columns[0], tuple(row[0] for row in t.rows)) in keys}


def without(bundle: ResultBundle, tables: Mapping[str, ResultTable], gone: Withheld) -> dict[str, Any]:
    """Return the parts of a result without what is withheld: its tables, checksums and words, for ``replace``.

    Parameters
    ----------
    bundle : ResultBundle
    tables : mapping of str to ResultTable
        Its tables, with small cells hidden.
    gone : Withheld

    Returns
    -------
    dict of str to object
    """
    kept = {name: _without_rows(table, gone) for name, table in tables.items() if name not in gone.tables}
    findings = bundle.study.get("findings", ())
    told = tuple(finding for finding in findings if f"finding:{finding['id']}" not in gone.others)
    return {
        "tables": kept,
        "files": {key: digest for key, digest in bundle.files.items() if key not in gone.files},
        "study": bundle.study if len(told) == len(findings) else {**bundle.study, "findings": told},
    }


def _without_rows(table: ResultTable, gone: Withheld) -> ResultTable:
    """Empty what a table has made of a withheld estimate or route; figures to compare it with stay.

    A cell without a number is hidden too: whether there is one may depend on the count.
    """
    routes = {name.partition(":")[2] for name in gone.others if name.startswith("route:")}
    cells = set()
    for at, row in enumerate(table.rows):
        values = dict(zip(table.columns, row, strict=True))
        about = {values[name] for name in _NAMES_OF_ESTIMATES if name in values}
        ways = {values[name] for name in ("route", "first", "second") if name in values}
        if about & gone.estimates or ways & routes:
            cells |= {
                (at, name)
                for name, value in values.items()
                if name not in _COMPARED and (value is None or isinstance(value, int | float))
            }
    return emptied(table, cells) if cells else table


def emptied(table: ResultTable, cells: set[tuple[int, str]]) -> ResultTable:
    """Return a table with some cells hidden.

    Examples
    --------
    >>> emptied(ResultTable(columns=("a", "b"), rows=((1, 2),)), {(0, "b")}).rows
    ((1, None),)
    """
    rows = tuple(
        tuple(None if (at, name) in cells else value for name, value in zip(table.columns, row, strict=True))
        for at, row in enumerate(table.rows)
    )
    return replace(table, rows=rows, suppressed=tuple(sorted({*table.suppressed, *cells})))
