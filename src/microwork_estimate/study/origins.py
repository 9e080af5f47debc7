"""What each estimate and table of a run was made of, in marks that two results share when one gives the other away.

The marks stay in memory while the run does: by them, what rests on a small count is found before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from microwork_estimate.inputs import column
from microwork_estimate.study.registry import Study
from microwork_estimate.study.schema import EstimateEntry

COUNT_ROLES = ("counts", "lists", "pairs", "quarters")
"""Roles of tables that hold a few counts of persons: whoever sees a number made of one can try all small counts."""
ROWS = "rows"
"""Mark of what was made of rows of respondents too: one small group of them says nothing of the other tables."""
PUBLIC = "public"
"""Mark of what was made of figures only that anybody can read in their source."""
_ROW_ROLES = ("survey",)
_PUBLIC = ("published", "second_hand")


def marks_of(study: Study, entry: EstimateEntry) -> frozenset[str]:
    """Return the marks of an entry of a study file.

    Parameters
    ----------
    study : Study
    entry : EstimateEntry

    Returns
    -------
    frozenset of str
        ``"count:KEY"`` for each table of counts; ``"fewest:KEY:N"`` for lists, N being the smallest count that is not zero;
        ``"question:TABLE:VARIABLE"`` for the question that tells members of a
        group from others (groups of one question are differences of each other); :data:`ROWS`; :data:`PUBLIC`.

    Examples
    --------
    >>> from microwork_estimate.study.registry import load
    >>> world = load("diplab-like")
    >>> marks = marks_of(world, next(e for e in world.estimates if e.recipe == "two_list_table"))
    >>> sorted(mark.rpartition(":")[0] for mark in marks)
    ['count', 'fewest:lists']
    """
    marks = {f"count:{key}" for role, key in entry.files.items() if role in COUNT_ROLES}
    rows = [key for role, key in entry.files.items() if role in _ROW_ROLES]
    if rows:
        marks.add(ROWS)
        question = _question(entry)
        marks |= {f"question:{key}:{question}" for key in rows if question is not None}
    inputs = study.inputs_only(entry.name)
    if "lists" in entry.files:
        persons = column(inputs.read_table("lists"), "persons").astype(np.int64)
        marks.add(f"fewest:{entry.files['lists']}:{min((int(n) for n in persons if n > 0), default=0)}")
    figures = inputs.figures.values()
    if figures and not entry.files and all(figure.status in _PUBLIC for figure in figures):
        marks.add(PUBLIC)
    return frozenset(marks)


def _question(entry: EstimateEntry) -> str | None:
    """Return the question whose answers divide respondents into the groups of an entry."""
    if "tier" in entry.options:
        return "frequency"
    grouped = {"category", "domains"} & set(entry.options)
    return str(entry.options["variable"]) if grouped and "variable" in entry.options else None


def rests_on(name: str, marks: Iterable[str], of: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the marks of something made of several results: theirs, and their names.

    Examples
    --------
    >>> sorted(rests_on("b", ["a"], {"a": frozenset({"count:lists"})}))
    ['count:lists', 'made:a']
    """
    found: set[str] = set()
    for other in marks:
        if other != name:
            found |= {f"made:{other}"} | (of.get(other, frozenset()) - {PUBLIC})
    return frozenset(found)
