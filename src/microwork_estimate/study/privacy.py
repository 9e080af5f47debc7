"""No small count of persons leaves the house: tables, estimates and inputs of a result without them.

What a result holds is totals, never a person; but a cell with three people can be three people whom somebody knows. What
is hidden is hidden before the digest is taken, so that the bundle, its tables and its report all say the same.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Estimate, FrozenMapping
from microwork_estimate.study.bundle import ResultBundle, ResultTable
from microwork_estimate.study.origins import PUBLIC
from microwork_estimate.study.suppression import DEFAULT_THRESHOLD, Line, few_persons, hidden_cells
from microwork_estimate.study.withholding import emptied, withheld_with, without

WITHHELD = "small-counts-withheld"
# Diagnostics of estimates that count persons or answers.
_COUNTS = (
    *(
        "n1",
        "n2",
        "both",
        "n_observed",
        "f1",
        "f2",
        "answers",
        "in_tier",
        "respondents",
        "fewest",
        "others",
        "list_size",
        "cases",
    ),
)
# The columns that say who is counted in a row, where some rows are sums of others and have no count of their own.
_WHO = ("variable", "domain")
_PUBLIC = ("published", "second_hand")  # figures that anybody can read in their source


def protect(bundle: ResultBundle, *, threshold: int = DEFAULT_THRESHOLD) -> ResultBundle:
    """Return a result without counts of persons below a threshold, and without what would give them back.

    Procedure. *Tables*: in the columns that are marked as counts, and in shares of them, small cells are hidden together
    with the cells that would give them back through a total of a row or of a column (the total of a column counts as
    known even where it is not shown); what else stands in such a row is made of the count, and is hidden too. *Estimates*
    whose counts are small are withheld whole, with everything that was made of the same table of counts or of other
    answers to the same question, and everything made of that: whoever tries all small numbers would find the count in any
    of them. Replicates that share draws with one are left out. *Inputs* that count few persons lose their number unless
    their source has published it; the *checksum* of a table with a small count is left out, because trying finds it too.
    What is left is the same whatever the small counts were. A result without small counts comes back as it is.

    Parameters
    ----------
    bundle : ResultBundle
    threshold : int
        Smallest count that is shown; zero is shown too.

    Returns
    -------
    ResultBundle
        With ``settings["threshold"]`` if anything was hidden.

    Raises
    ------
    InvalidInput
        If the threshold is below 1.

    Assumptions
    -----------
    Figures that a source has published are known to anybody, and what is made of them alone is not withheld. The result was
    not read from a file: what each part was made of is known while the run is in memory only.

    References
    ----------
    Hundepool et al. (2012), *Statistical Disclosure Control*, chapter 4: primary and secondary cell suppression.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("mturk"), n_replicates=9, seed=1)
    >>> protect(bundle) is bundle
    True
    """
    tables = _protected_tables(bundle.tables, threshold)
    hidden = {name: table for name, table in tables.items() if table is not bundle.tables[name]}
    small = _small(bundle, threshold)
    gone = withheld_with(bundle, small, hidden, threshold=threshold)
    estimates = _protected_estimates(bundle.estimates, gone.estimates)
    inputs = {key: _protected_figure(figure, threshold) for key, figure in bundle.inputs.items()}
    kept = (
        not hidden
        and not gone.tables
        and all(estimates[name] is estimate for name, estimate in bundle.estimates.items())
        and all(inputs[key] is figure for key, figure in bundle.inputs.items())
    )
    if kept:
        return bundle
    settings = {**bundle.settings, "threshold": threshold}
    parts = {**without(bundle, tables, gone), "estimates": estimates, "inputs": inputs, "settings": settings}
    return replace(bundle, **parts, made_from={})


def _protected_tables(tables: Mapping[str, ResultTable], threshold: int) -> dict[str, ResultTable]:
    """Hide small counts in every table, and what other tables say of the same rows: it may be made of the same counts."""
    made = {name: protected_table(table, threshold=threshold) for name, table in tables.items()}
    touched = {
        (table.columns[0], table.rows[row][0])
        for name, table in made.items()
        if table is not tables[name] and len({row[0] for row in table.rows}) == len(table.rows)
        for row, _ in table.suppressed
    }
    for name, table in made.items():
        rows = {at for at, row in enumerate(table.rows) if row and (table.columns[0], row[0]) in touched}
        if rows and table is tables[name] and not table.suppressed:
            made[name] = _with_hidden(table, {(at, c) for at in rows for c in table.counts}, rows)
    return made


def withheld(estimate: Estimate) -> bool:
    """Return whether counts behind an estimate were hidden because they are small."""
    return any(warning.code == WITHHELD for warning in estimate.warnings)


def protected_table(table: ResultTable, *, threshold: int = DEFAULT_THRESHOLD) -> ResultTable:
    """Hide the small counts of one table and what would give them back.

    Parameters
    ----------
    table : ResultTable
        With its columns of counts marked; the first column names the rows.
    threshold : int

    Returns
    -------
    ResultTable
        The same table if it has no small count.

    Examples
    --------
    >>> table = ResultTable(columns=("town", "workers"), rows=(("A", 3), ("B", 40), ("C", 90)), counts=("workers",))
    >>> protected_table(table).rows
    (('A', None), ('B', None), ('C', 90))
    """
    columns = [*table.counts, *(share for share, _ in table.shares)]
    if not columns or not table.rows or table.suppressed:
        return table
    grid = [[_count_in(table, row, name) for name in columns] for row in table.rows]
    rests = [_rests(table, row) for row in table.rows]
    counts = [*itertools.chain.from_iterable(grid), *itertools.chain.from_iterable(rests)]
    hidden = hidden_cells(counts, _lines(table, grid), threshold=threshold)
    if not hidden:
        return table
    at = {divmod(cell, len(columns)) for cell in hidden if cell < len(table.rows) * len(columns)}
    touched = {row for row, _ in at} | _rows_of_rests(table, hidden, len(columns))
    touched |= _sums_of_hidden(table, touched)
    return _with_hidden(table, {(row, columns[column]) for row, column in at}, touched)


def _sums_of_hidden(table: ResultTable, hidden: set[int]) -> set[int]:
    """Return the rows without counts about those whose row is hidden: nested tiers, from which exclusive ones follow."""
    if not set(_WHO) <= set(table.columns):
        return set()
    people = [tuple(row[table.columns.index(name)] for name in _WHO) for row in table.rows]
    whose = {people[row] for row in hidden}
    counts = [table.columns.index(name) for name in table.counts]
    return {
        at for at, row in enumerate(table.rows) if people[at] in whose and all(row[count] is None for count in counts)
    }


def _with_hidden(table: ResultTable, cells: set[tuple[int, str]], rows: set[int]) -> ResultTable:
    """Empty the cells, the shares of a hidden count, and all that is made of a count in these rows."""
    kept = {*table.counts, *(share for share, _ in table.shares), table.columns[0]}
    cells = {
        *cells,
        *(
            (row, name)
            for row in rows
            for name, value in zip(table.columns, table.rows[row], strict=True)
            if name not in kept and isinstance(value, int | float)
        ),
        *((row, share) for row in rows for share, whole in table.shares if (row, whole) in cells),
    }
    return emptied(table, cells)


def _count_in(table: ResultTable, row: tuple[Any, ...], name: str) -> float:
    """Return a count of the table, or the count that a share stands for."""
    value = row[table.columns.index(name)]
    for share, whole in table.shares:
        if name == share:
            total = row[table.columns.index(whole)]
            return math.nan if value is None or total is None else float(round(value * total))
    return math.nan if value is None else float(value)


def _wholes(table: ResultTable) -> list[str]:
    return list(dict.fromkeys(whole for _, whole in table.shares))


def _rests(table: ResultTable, row: tuple[Any, ...]) -> list[float]:
    """Return for each count that has shares how many are in none of them: anybody can subtract."""
    found = []
    for whole in _wholes(table):
        parts = [_count_in(table, row, share) for share, of in table.shares if of == whole]
        found.append(max(_count_in(table, row, whole) - sum(parts), 0.0))
    return found


def _rows_of_rests(table: ResultTable, hidden: frozenset[int], width: int) -> set[int]:
    first = len(table.rows) * width
    return {(cell - first) // len(_wholes(table)) for cell in hidden if cell >= first}


def _lines(table: ResultTable, grid: list[list[float]]) -> list[Line]:
    """Return what adds up: groups of rows, columns that are the sum of the others, and shares of their count."""
    n, width = len(grid), len(grid[0])
    names = [*table.counts, *(share for share, _ in table.shares)]
    only_counts = [row[: len(table.counts)] for row in grid]
    lines = []
    total_row = _total_of(only_counts)
    for column, group in itertools.product(range(len(table.counts)), _groups(table)):
        parts = [row for row in group if row != total_row and not math.isnan(grid[row][column])]
        total = total_row if total_row in group else None
        if len(parts) > 1 or total is not None:
            cells = tuple(row * width + column for row in parts)
            lines.append(Line(parts=cells, total=None if total is None else total * width + column))
    total_column = _total_of([list(column) for column in zip(*only_counts, strict=True)])
    if total_column is not None:
        for row in range(n):
            cells = tuple(row * width + at for at in range(len(table.counts)) if at != total_column)
            lines.append(Line(parts=cells, total=row * width + total_column))
    for row, (at, whole) in itertools.product(range(n), enumerate(_wholes(table))):
        shares = tuple(row * width + names.index(share) for share, of in table.shares if of == whole)
        rest = n * width + row * len(_wholes(table)) + at
        lines.append(Line(parts=(*shares, rest), total=row * width + names.index(whole)))
    return lines


def _groups(table: ResultTable) -> list[list[int]]:
    """Return which rows add up to a total that may be known: those that differ in one of the columns of words only.

    A table of towns is one group. A long table of tiers by age and by sex has a group for each tier and variable, whose
    parts are the ages or the sexes, and one for each age or sex, whose parts are the tiers.
    """
    everything = list(range(len(table.rows)))
    words = []
    for at in range(len(table.columns)):
        values = [row[at] for row in table.rows]
        if all(isinstance(value, str) for value in values) and len(set(values)) < len(values):
            words.append(at)
    found = []
    for varied in words:
        groups: dict[tuple[str, ...], list[int]] = {}
        for row in everything:
            groups.setdefault(tuple(table.rows[row][at] for at in words if at != varied), []).append(row)
        found += [group for group in groups.values() if len(group) > 1]
    return found or [everything]


def _total_of(rows: list[list[float]]) -> int | None:
    """Return which row is the sum of the others in every column, if there are at least two others."""
    if len(rows) < 3:
        return None
    sums = [math.fsum(0.0 if math.isnan(x) else x for x in column) for column in zip(*rows, strict=True)]
    if not any(sums):
        return None
    for at, row in enumerate(rows):
        if all(math.isclose(2 * (0.0 if math.isnan(x) else x), s) for x, s in zip(row, sums, strict=True)):
            return at
    return None


def _small(bundle: ResultBundle, threshold: int) -> set[str]:
    """Return the estimates that rest on a small count which is not public."""
    public = {name for name, marks in bundle.made_from.items() if PUBLIC in marks}
    own = {name for name, e in bundle.estimates.items() if _has_small_count(e, threshold)}
    return (own | _shares_to_hide(bundle.estimates, threshold)) - public


def _protected_estimates(estimates: Mapping[str, Estimate], gone: frozenset[str]) -> dict[str, Estimate]:
    """Withhold estimates, and the replicates that share their draws."""
    streams = {stream for name in gone for stream in _streams(estimates[name])}
    made: dict[str, Estimate] = {}
    for name, estimate in estimates.items():
        if name in gone:
            made[name] = _withheld(estimate)
        elif streams.intersection(_streams(estimate)):
            made[name] = replace(estimate, replicates=None, warnings=(*estimate.warnings, _REDRAWS))
        else:
            made[name] = estimate
    return made


REDRAWS_WITHHELD = "redraws-withheld"
_WARNING = CodedWarning(
    code=WITHHELD,
    message="it rests on a count of persons below the threshold, which any number made of it would give back: it is not "
    "shown; run the study in Python, or with a lower threshold, to see it yourself",
)
_REDRAWS = CodedWarning(
    code=REDRAWS_WITHHELD, message="its replicates share draws with an estimate that rests on a small count: not shown"
)


def _streams(estimate: Estimate) -> tuple[str, ...]:
    return () if estimate.replicates is None else estimate.replicates.streams


def _counts_of(estimate: Estimate) -> list[float]:
    found = [estimate.n_observed, *(estimate.diagnostics.get(key) for key in _COUNTS)]
    both = estimate.diagnostics.get("both")
    if isinstance(both, int):  # who is on one list only
        found += [n - both for n in (estimate.diagnostics.get(key) for key in ("n1", "n2")) if isinstance(n, int)]
    return [float(x) for x in found if isinstance(x, int | float) and not isinstance(x, bool)]


def _has_small_count(estimate: Estimate, threshold: int) -> bool:
    return not withheld(estimate) and any(0 < count < threshold for count in _counts_of(estimate))


def _shares_to_hide(estimates: Mapping[str, Estimate], threshold: int) -> set[str]:
    """Return the shares of one set of answers that would give a small one back: they add up to everybody."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for name, estimate in estimates.items():
        if estimate.estimand.unit == "share" and {"answers", "in_tier"} <= set(estimate.diagnostics):
            groups.setdefault((estimate.method, estimate.diagnostics["answers"]), []).append(name)
    found: set[str] = set()
    for (_, answers), names in groups.items():
        parts = [float(str(estimates[name].diagnostics["in_tier"])) for name in names]
        rest = max(float(answers) - sum(parts), 0.0)
        line = Line(parts=tuple(range(len(parts) + 1)))
        hidden = hidden_cells([*parts, rest], [line], threshold=threshold)
        found |= {name for at, name in enumerate(names) if at in hidden}
    return found


def _withheld(estimate: Estimate) -> Estimate:
    """Take from an estimate all that depends on its counts; its name, estimand, method and assumptions stay.

    Its own warnings go too: which of them there are depends on the counts.
    """
    return replace(
        estimate,
        value=None,
        standard_error=None,
        interval=None,
        bounds=None,
        n_observed=None,
        replicates=None,
        diagnostics=FrozenMapping(),
        warnings=(_WARNING,),
    )


def _protected_figure(figure: Mapping[str, Any], threshold: int) -> Mapping[str, Any]:
    if not few_persons(figure.get("unit"), figure.get("value"), threshold) or figure.get("status") in _PUBLIC:
        return figure
    return {**figure, "value": None, "low": None, "high": None, "suppressed": True}
