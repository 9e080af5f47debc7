"""Several routes to the size of one workforce: each with what it counts, and which may be compared.

The figures are read after all estimates are made, and nothing flows back into one: figures of other people, which no
recipe may read, can stand beside estimates here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.frozen import Scalar
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.registry import Study
from microwork_estimate.study.schema import RouteEntry


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One way to count, with its number.

    Parameters
    ----------
    id : str
    estimand : Estimand
        What it counts.
    value, low, high : float or None
        The number, and what is open around it.
    qualifier : str
        The source's own word before the number.
    source : str
        The document, or the method of an estimate of ours.
    """

    id: str
    estimand: Estimand
    value: float | None
    low: float | None
    high: float | None
    qualifier: str
    source: str


def route_tables(
    study: Study, estimates: Mapping[str, Estimate], tables: Mapping[str, ResultTable]
) -> dict[str, ResultTable]:
    """Set the routes of a study side by side, and compare those that count the same.

    Two routes may be compared when their estimands agree in unit, activity, window, territory and platforms; then the
    second is given as a multiple of the first. Otherwise the fields in which they differ are named, and no ratio is
    given: it would be a comparison of different things.

    Parameters
    ----------
    study : Study
    estimates : mapping of str to Estimate
    tables : mapping of str to ResultTable
        What the recipes found.

    Returns
    -------
    dict of str to ResultTable
        ``routes`` and ``route_pairs``; empty for a study without routes.

    Raises
    ------
    InvalidInput
        If a route names a table, a row or a column that is not in the result.
    """
    routes = [_route(study, entry, estimates, tables) for entry in study.routes]
    if not routes:
        return {}
    fields = ("unit", "activity", "window", "territory", "platforms")
    rows = tuple(
        (r.id, r.value, r.low, r.high, r.qualifier, *(getattr(r.estimand, name) for name in fields), r.source)
        for r in routes
    )
    columns = ("route", "value", "low", "high", "qualifier", *fields, "source")
    pairs = tuple(_pair(first, second) for first, second in combinations(routes, 2))
    return {
        "routes": ResultTable(columns=columns, rows=rows),
        "route_pairs": ResultTable(columns=("first", "second", "comparable", "differ_in", "ratio"), rows=pairs),
    }


def route_words(study: Study) -> list[dict[str, str]]:
    """Return the words of the routes in both languages, for the bundle."""
    return [
        {
            "id": entry.id,
            "en": entry.route,
            "fr": entry.route_fr,
            "counts_en": entry.counts,
            "counts_fr": entry.counts_fr,
            "explains_en": entry.explains,
            "explains_fr": entry.explains_fr,
        }
        for entry in study.routes
    ]


def _route(
    study: Study, entry: RouteEntry, estimates: Mapping[str, Estimate], tables: Mapping[str, ResultTable]
) -> Route:
    if entry.estimate is not None:
        return _from_estimate(entry.id, estimates.get(entry.estimate), study.estimand(entry.estimate))
    assert entry.estimand is not None  # noqa: S101 - the study file was checked
    about = study.about(entry.estimand)
    if entry.figure is not None:
        figure = study.figure(entry.figure)
        ends = (figure.low, figure.high)
        return _made(entry.id, about, (figure.value, *ends), figure.qualifier, figure.source)
    numbers = _row(study, entry, tables)
    value, low, high = (numbers.get(str(name)) for name in (entry.column, "low", "high"))
    return _made(entry.id, about, (value, low, high), "exactly", f"{entry.table}, {entry.row}")


def _from_estimate(name: str, estimate: Estimate | None, about: Estimand) -> Route:
    if estimate is None:
        return _made(name, about, (None, None, None), "exactly", "")
    around = estimate.bounds or estimate.interval
    ends = (None, None) if around is None else (around.low, around.high)
    return _made(name, about, (estimate.value, *ends), "exactly", estimate.method)


def _made(
    name: str, about: Estimand, numbers: tuple[float | None, float | None, float | None], qualifier: str, source: str
) -> Route:
    value, low, high = numbers
    return Route(id=name, estimand=about, value=value, low=low, high=high, qualifier=qualifier, source=source)


def _row(study: Study, entry: RouteEntry, tables: Mapping[str, ResultTable]) -> dict[str, float | None]:
    table = tables.get(str(entry.table))
    found = [] if table is None else [row for row in table.rows if str(row[0]) == entry.row]
    if table is None or not found or entry.column not in table.columns:
        raise InvalidInput(
            "no such place in the result",
            expected="a table of the result with this row and this column",
            got=f"{entry.table}, row {entry.row!r}, column {entry.column!r}",
            where=f"{study.path}, routes.{entry.id}",
            fix="check the names against the tables of the study",
        )
    return dict(zip(table.columns, found[0], strict=True))


def _pair(first: Route, second: Route) -> tuple[Scalar, ...]:
    differ = first.estimand.differences(second.estimand)
    ratio = None
    if not differ and first.value and second.value is not None:
        ratio = second.value / first.value
    return (first.id, second.id, not differ, ", ".join(differ), ratio)
