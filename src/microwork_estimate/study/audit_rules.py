"""What the routes and objections of a study file may not say: the checks that :mod:`.schema` runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from microwork_estimate.errors import InvalidInput

if TYPE_CHECKING:
    from microwork_estimate.study.schema import StudyFile
    from microwork_estimate.study.schema_audit import ObjectionEntry, RouteEntry


def check_routes(study: StudyFile) -> None:
    """Require of each route one place where its number stands, and an estimand unless an estimate brings its own."""
    _once((route.id for route in study.routes), "routes")
    for route in study.routes:
        where = f"routes.{route.id}"
        cell = (route.table, route.row, route.column)
        places = [route.figure is not None, route.estimate is not None, None not in cell]
        if sum(places) != 1 or (any(cell) and None in cell):
            raise InvalidInput(
                "route without one number",
                expected="figure, or estimate, or table with row and column",
                got=f"figure={route.figure!r}, estimate={route.estimate!r}, table={cell!r}",
                where=where,
                fix="name the one place where its number stands",
            )
        _check_estimand(route, where)
        figures = {**study.published, **study.context}
        _known(route.figure, figures, "published or context", f"{where}.figure")
        _known(route.estimate, [entry.name for entry in study.estimates], "estimates", f"{where}.estimate")


def check_objections(study: StudyFile) -> None:
    """Require objections with names of their own, and failures of assumptions that are possible."""
    _once((objection.id for objection in study.objections), "objections")
    _once(("ledger" for objection in study.objections if objection.ledger is not None), "objections, ledger")
    for objection in study.objections:
        _check_ledger(study, objection)
        case = objection.what_if
        if case is None:
            continue
        where = f"objections.{objection.id}.what_if"
        _known(case.figure, study.published, "published", f"{where}.figure")
        floor = 0.0
        positive = case.low > floor if case.kind == "odds_ratio" else case.low >= floor
        if not positive or case.low > case.high:
            raise InvalidInput(
                "impossible failure",
                expected="low <= high, neither negative; odds ratios above 0",
                got=f"low={case.low}, high={case.high}",
                where=where,
                fix="give the smaller end first",
            )


def _check_ledger(study: StudyFile, objection: ObjectionEntry) -> None:
    ledger = objection.ledger
    if ledger is None:
        return
    where = f"objections.{objection.id}.ledger"
    if (ledger.declared is None) == (ledger.registrations is None):
        raise InvalidInput(
            "ledger without one beginning",
            expected="declared (a figure), or registrations (a table)",
            got=f"declared={ledger.declared!r}, registrations={ledger.registrations!r}",
            where=where,
            fix="say where the declared accounts stand, once",
        )
    _known(ledger.declared, study.inputs, "inputs", f"{where}.declared")
    _known(ledger.registrations, study.files, "files", f"{where}.registrations")
    factors = {**study.elicited, **study.inputs}
    steps = {name: getattr(ledger, name) for name in ("duplicates", "abroad", "dormant", "platforms_per_person")}
    if not any(steps.values()):
        raise InvalidInput(
            "ledger without a step",
            expected="at least one of " + ", ".join(steps),
            got="none",
            where=where,
            fix="name a figure or an elicited factor for one of the steps, or leave the ledger out",
        )
    for name, key in steps.items():
        _known(key, factors, "elicited or inputs", f"{where}.{name}")
    for key in ledger.then:
        _known(key, study.published, "published", f"{where}.then")


def _check_estimand(route: RouteEntry, where: str) -> None:
    if (route.estimand is None) == (route.estimate is None):
        raise InvalidInput(
            "route without an estimand",
            expected="estimand = { ... } for a figure or a cell of a table, none for an estimate",
            got="none" if route.estimand is None else "one beside that of the estimate",
            where=f"{where}.estimand",
            fix="say what it counts, once",
        )


def _once(names: Iterable[str], table: str) -> None:
    seen = list(names)
    twice = sorted({name for name in seen if seen.count(name) > 1})
    if twice:
        raise InvalidInput(
            "duplicate key",
            expected=f"{table} with different ids",
            got=f"{twice[0]!r} more than once",
            where=table,
            fix="give each an id of its own",
        )


def _known(key: str | None, table: Iterable[str], name: str, where: str) -> None:
    keys = list(table)
    if key is not None and key not in keys:
        raise InvalidInput(
            "unknown key",
            expected=f"a key of [{name}]: " + (", ".join(keys) or "none there"),
            got=repr(key),
            where=where,
            fix="check the spelling, or add the table",
        )
