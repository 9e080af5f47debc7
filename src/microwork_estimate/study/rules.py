"""What a study file may not say, beyond the form of its tables: the checks that :mod:`.schema` runs.

Each function looks at one table (or at the whole file), returns nothing, and raises
:class:`~microwork_estimate.errors.InvalidInput`. The reader of the file adds its name and the key concerned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from microwork_estimate.errors import InvalidInput, check_level

if TYPE_CHECKING:
    from microwork_estimate.study.schema import (
        ElicitedEntry,
        EstimateEntry,
        FigureEntry,
        FileEntry,
        StudyFile,
        TiersEntry,
    )

COUNTS = ("persons", "accounts", "visits", "visitors", "platforms", "occasions")
# Smallest and largest possible value, by unit; everything else is zero or more.
_RANGE = {"share": (0.0, 1.0), "percent": (0.0, 100.0), "platforms per person": (1.0, float("inf"))}


def check_what_it_holds(figure: FigureEntry) -> None:
    """Require a value, two ends or a text; nothing at all when the figure is unavailable."""
    numbers = {"value": figure.value, "low": figure.low, "high": figure.high}
    given = [name for name, number in {**numbers, "text": figure.text}.items() if number is not None]
    if figure.status == "unavailable":
        if given:
            raise InvalidInput(
                "a value for what is unavailable",
                expected="no value, low, high or text with the status 'unavailable'",
                got=", ".join(f"{name} = {getattr(figure, name)!r}" for name in given),
                where="the figure",
                fix="leave the value out, or say with another status where it was read",
            )
        return
    if not given:
        raise InvalidInput(
            "figure without value",
            expected="a value, or low and high, or a text",
            got="none of them",
            where="the figure",
            fix="give the value, or use the status 'unavailable' with a reason",
        )
    if ("text" in given) != (figure.unit == "text") or ("text" in given and len(given) > 1):
        raise InvalidInput(
            "text and number mixed",
            expected="a text with the unit 'text', or numbers with another unit",
            got=f"{', '.join(given)} with the unit {figure.unit!r}",
            where="the figure",
            fix="make two figures of it",
        )
    _check_ends(figure)


def _check_ends(figure: FigureEntry) -> None:
    low, high, value = figure.low, figure.high, figure.value
    if (low is None) != (high is None):
        raise InvalidInput(
            "half a range",
            expected="low and high together",
            got=f"low = {low}, high = {high}",
            where="the figure",
            fix="give the other end",
        )
    if low is not None and high is not None and not low <= (low if value is None else value) <= high:
        raise InvalidInput(
            "ends out of order",
            expected="low <= value <= high",
            got=f"low = {low:g}, value = {value}, high = {high:g}",
            where="the figure",
            fix="check the three numbers against the source",
        )


def check_where_it_comes_from(entry: FigureEntry | ElicitedEntry | TiersEntry) -> None:
    """Require what each status word promises: a source and a place in it, an arithmetic, or a reason."""
    if entry.status in ("published", "second_hand") and not (entry.source and entry.locator):
        missing = "source" if not entry.source else "locator"
        raise InvalidInput(
            "figure without source",
            expected=f"a source and a locator with the status {entry.status!r}",
            got=f"no {missing}",
            where="the figure",
            fix="say in which document it was read and where in it, or use the status 'assumed' with a reason",
        )
    if entry.status == "implied" and not (getattr(entry, "derived_from", ()) and getattr(entry, "formula", None)):
        raise InvalidInput(
            "figure without source",
            expected="derived_from and formula with the status 'implied'",
            got="not both",
            where="the figure",
            fix="name the published figures and write the arithmetic, in their keys",
        )
    if entry.status in ("assumed", "unavailable") and not entry.reason:
        raise InvalidInput(
            "figure without reason",
            expected=f"a reason with the status {entry.status!r}",
            got="none",
            where="the figure",
            fix="say why it was chosen, or where it was looked for",
        )


def check_possible_values(figure: FigureEntry) -> None:
    """Refuse negative numbers, shares above one and coefficients below one."""
    least, most = _RANGE.get(figure.unit, (0.0, float("inf")))
    for name in ("value", "low", "high"):
        number = getattr(figure, name)
        if number is None:
            continue
        if not least <= number <= most:
            limits = f"{least:g} or more" if most == float("inf") else f"between {least:g} and {most:g}"
            raise InvalidInput(
                "impossible value",
                expected=f"{figure.unit}: {limits}",
                got=f"{name} = {number:g}",
                where="the figure",
                fix="check the number and the unit against the source",
            )


def check_interval(factor: ElicitedEntry) -> None:
    """Require ends in order, a level between 0 and 1, and a mode where the distribution needs one."""
    check_level(factor.level, where="level")
    if factor.distribution == "fixed":
        return
    needs_mode = factor.distribution in ("triangular", "pert")
    mode = factor.low if factor.mode is None and not needs_mode else factor.mode
    if factor.high is None or mode is None or not factor.low <= mode <= factor.high or factor.low == factor.high:
        raise InvalidInput(
            "impossible elicited interval",
            expected="low < high" + (", with a mode between them" if needs_mode else ""),
            got=f"low = {factor.low:g}, high = {factor.high}, mode = {factor.mode}",
            where="the interval",
            fix="state the ends of the interval, the smaller first",
        )


def check_columns_apart(file: FileEntry) -> None:
    """Refuse a column that is at once an input and a published result."""
    both = set(file.columns.values()) & set(file.published_columns.values())
    if both:
        raise InvalidInput(
            "published result as an input",
            expected="each column either in columns or in published_columns",
            got=", ".join(sorted(both)) + " in both",
            where="the columns",
            fix="published results are for comparison only: leave them out of columns",
        )


def check_counts(study: StudyFile) -> None:
    """Require whole numbers where an input counts something; a published estimate may have a fraction."""
    for key, figure in study.inputs.items():
        numbers = (figure.value, figure.low, figure.high)
        broken = [number for number in numbers if number is not None and number != int(number)]
        if figure.unit in COUNTS and broken:
            raise InvalidInput(
                "not a count",
                expected=f"{figure.unit}: a whole number",
                got=repr(broken[0]),
                where=f"inputs.{key}",
                fix="check the number and the unit against the source",
            )


def check_keys_once(study: StudyFile) -> None:
    """Require that a key names one figure only, whatever its table."""
    seen: dict[str, str] = {}
    for table in ("inputs", "published", "context"):
        for key in getattr(study, table):
            if key in seen:
                raise InvalidInput(
                    "duplicate key",
                    expected="each key in one table only",
                    got=f"{key!r} in [{seen[key]}] and in [{table}]",
                    where=f"{table}.{key}",
                    fix="a published result is never an input; rename one of them",
                )
            seen[key] = table


def check_references(study: StudyFile) -> None:
    """Require that every key that stands for another table is there, and that no figure implies itself."""
    figures = {**study.inputs, **study.published, **study.context}
    _require(study.study.cite, study.sources, "sources", "study.cite")
    for table in ("inputs", "published", "context", "elicited", "files"):
        for key, entry in getattr(study, table).items():
            if entry.source:
                _require([entry.source], study.sources, "sources", f"{table}.{key}.source")
    for key, figure in figures.items():
        _require(figure.derived_from, figures, "inputs, published or context", f"{key}.derived_from")
        _check_not_own_ancestor(key, figures)
    for key in figures:
        check_arithmetic(key, figures)
    if study.tiers:
        for name, tier in study.tiers.levels.items():
            _require([tier.published], study.published, "published", f"tiers.levels.{name}.published")


def check_arithmetic(key: str, figures: Mapping[str, FigureEntry]) -> None:
    """Require that an implied figure is what its formula gives, within its rounding, where the formula is a product."""
    figure = figures[key]
    if figure.status != "implied" or figure.value is None or figure.formula is None:
        return
    product = _product(figure.formula, figures)
    tolerance = max(0.5, 1e-3 * abs(figure.value)) if figure.qualifier == "exactly" else 0.15 * abs(figure.value)
    if product is not None and abs(product - figure.value) > tolerance:
        raise InvalidInput(
            "implied figure that its formula does not give",
            expected=f"{figure.formula} = {product:,.6g}",
            got=f"{figure.value:,.6g}",
            where=f"{key}.value",
            fix="work it out again from the figures that it is derived from",
        )


def _product(formula: str, figures: Mapping[str, FigureEntry]) -> float | None:
    """Work out a chain of products and quotients of keys and numbers; None for any other formula."""
    parts = formula.split()
    result = 1.0
    for operator, term in zip(["*", *parts[1::2]], parts[::2], strict=False):
        entry = figures.get(term)
        value = entry.value if entry is not None else _number(term)
        if value is None or operator not in ("*", "/") or (operator == "/" and value == 0):
            return None
        result = result * value if operator == "*" else result / value
    return result


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _check_not_own_ancestor(key: str, figures: Mapping[str, FigureEntry]) -> None:
    if key in ancestors(key, figures):
        raise InvalidInput(
            "circular arithmetic",
            expected="figures derived from others",
            got=f"{key!r} derived from itself",
            where=f"{key}.derived_from",
            fix="derive it from published figures",
        )


def ancestors(key: str, figures: Mapping[str, FigureEntry]) -> set[str]:
    """Return the keys of all figures that one is derived from, directly or not."""
    found: set[str] = set()
    queue = list(figures[key].derived_from)
    while queue:
        parent = queue.pop()
        if parent not in found and parent in figures:
            found.add(parent)
            queue.extend(figures[parent].derived_from)
    return found


def check_estimates(study: StudyFile) -> None:
    """Require estimates with names of their own that read inputs only: never a published result."""
    names = [estimate.name for estimate in study.estimates]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(
            "duplicate key",
            expected="estimates with different names",
            got=f"{twice[0]!r} more than once",
            where="estimates",
            fix="give each estimate a name of its own",
        )
    for estimate in study.estimates:
        _check_estimate(estimate, study)


def _check_estimate(estimate: EstimateEntry, study: StudyFile) -> None:
    where = f"estimates.{estimate.name}"
    not_inputs = [key for key in estimate.inputs.values() if key in study.published or key in study.context]
    if not_inputs:
        raise InvalidInput(
            "published result as an input",
            expected="keys of [inputs]",
            got=", ".join(not_inputs),
            where=f"{where}.inputs",
            fix="published results are reference marks; an estimate is made of inputs only",
        )
    _require(estimate.inputs.values(), study.inputs, "inputs", f"{where}.inputs")
    _require(estimate.elicited.values(), study.elicited, "elicited", f"{where}.elicited")
    _require(estimate.files.values(), study.files, "files", f"{where}.files")
    _require([estimate.published], study.published, "published", f"{where}.published")
    levels = study.tiers.levels if study.tiers else {}
    _require([estimate.tier], levels, "tiers.levels", f"{where}.tier")


def _require(keys: Iterable[str | None], table: Mapping[str, object], name: str, where: str) -> None:
    for key in keys:
        if key is not None and key not in table:
            raise InvalidInput(
                "unknown key",
                expected=f"a key of [{name}]: " + (", ".join(table) or "none there"),
                got=repr(key),
                where=where,
                fix="check the spelling, or add the table",
            )
