"""What a study file may not say, beyond the form of its tables: the checks that :mod:`.schema` runs.

A function ``check_...`` looks at one table, returns nothing, and raises :class:`~microwork_estimate.errors.InvalidInput`.
The others look at the whole file and give every problem that they find. The reader of the file adds its name and the key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from microwork_estimate.errors import InvalidInput, check_level
from microwork_estimate.study.figure_rules import broken_arithmetic, free_of_circles, own_ancestor

if TYPE_CHECKING:
    from microwork_estimate.study.schema import (
        ElicitedEntry,
        EstimateEntry,
        FigureEntry,
        FileEntry,
        StudyFile,
        TiersEntry,
    )

FIGURE_TABLES = ("inputs", "published", "context")
MOST_PROBLEMS = 100  # enough for anybody to mend in one go
MOST_NAMES = 30  # keys that one message lists
COUNTS = ("persons", "accounts", "visits", "visitors", "platforms", "occasions")
# Smallest and largest possible value, by unit; everything else is zero or more.
_RANGE = {"share": (0.0, 1.0), "percent": (0.0, 100.0), "platforms per person": (1.0, float("inf"))}


class SeveralProblems(InvalidInput):
    """Everything that is wrong with a file as a whole: the first problem as its own words, all of them in `problems`.

    Parameters
    ----------
    problems : sequence of InvalidInput
        At least one.
    """

    def __init__(self, problems: Sequence[InvalidInput]) -> None:
        first = problems[0]
        self.problems = tuple(problems)
        super().__init__(first.problem, expected=first.expected, got=first.got, where=first.where, fix=first.fix)

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error cross process borders with all its problems."""
        return SeveralProblems, (self.problems,)


def shortened(names: Iterable[object]) -> str:
    """List names, the first thirty of many.

    Examples
    --------
    >>> shortened(["a", "b"]), shortened(range(40))[-12:]
    ('a, b', ' and 10 more')
    """
    listed = [str(name) for name in names]
    more = len(listed) - MOST_NAMES
    return ", ".join(listed[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def check_whole_file(study: StudyFile) -> None:
    """Require of a file as a whole that its tables fit each other.

    Raises
    ------
    SeveralProblems
        With every problem found, up to ``MOST_PROBLEMS``.
    """
    checks = (keys_twice, broken_counts, broken_references, broken_estimates)
    found = list(islice((problem for check in checks for problem in check(study)), MOST_PROBLEMS))
    if found:
        raise SeveralProblems(found)


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


def broken_counts(study: StudyFile) -> Iterator[InvalidInput]:
    """Find inputs that count something and are not whole; a published estimate may have a fraction."""
    for key, figure in study.inputs.items():
        numbers = (figure.value, figure.low, figure.high)
        broken = [number for number in numbers if number is not None and number != int(number)]
        if figure.unit in COUNTS and broken:
            yield InvalidInput(
                "not a count",
                expected=f"{figure.unit}: a whole number",
                got=repr(broken[0]),
                where=f"inputs.{key}",
                fix="check the number and the unit against the source",
            )


def keys_twice(study: StudyFile) -> Iterator[InvalidInput]:
    """Find keys that name two figures, in whatever tables."""
    seen: dict[str, str] = {}
    for table in FIGURE_TABLES:
        for key in getattr(study, table):
            if key in seen:
                yield InvalidInput(
                    "duplicate key",
                    expected="each key in one table only",
                    got=f"{key!r} in [{seen[key]}] and in [{table}]",
                    where=f"{table}.{key}",
                    fix="a published result is never an input; rename one of them",
                )
            seen[key] = table


def broken_references(study: StudyFile) -> Iterator[InvalidInput]:
    """Find keys of other tables that are not there, figures that imply themselves, and arithmetic that does not hold."""
    figures = {**study.inputs, **study.published, **study.context}
    places = {key: f"{name}.{key}" for name in FIGURE_TABLES for key in getattr(study, name)}
    yield from _missing_keys(study.study.cite, study.sources, "sources", "study.cite")
    for table in ("inputs", "published", "context", "elicited", "files"):
        for key, entry in getattr(study, table).items():
            if entry.source:
                yield from _missing_keys([entry.source], study.sources, "sources", f"{table}.{key}.source")
    for key, file in study.files.items():
        yield from _missing_keys([file.codebook], study.files, "files", f"files.{key}.codebook")
    suspects = set(figures) - free_of_circles(figures)
    for key, figure in figures.items():
        place = f"{places[key]}.derived_from"
        yield from _missing_keys(figure.derived_from, figures, "inputs, published or context", place)
        if key in suspects:
            yield from own_ancestor(key, figures, place)
    for key in figures:
        yield from broken_arithmetic(key, figures, places[key])
    if study.tiers:
        for name, tier in study.tiers.levels.items():
            yield from _missing_keys([tier.published], study.published, "published", f"tiers.levels.{name}.published")


def broken_estimates(study: StudyFile) -> Iterator[InvalidInput]:
    """Find estimates that share a name, or that read anything but inputs: a published result is never one."""
    names = [estimate.name for estimate in study.estimates]
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        yield InvalidInput(
            "duplicate key",
            expected="estimates with different names",
            got=f"{twice[0]!r} more than once",
            where="estimates",
            fix="give each estimate a name of its own",
        )
    for estimate in study.estimates:
        yield from _broken_estimate(estimate, study)


def _broken_estimate(estimate: EstimateEntry, study: StudyFile) -> Iterator[InvalidInput]:
    where = f"estimates.{estimate.name}"
    not_inputs = [key for key in estimate.inputs.values() if key in study.published or key in study.context]
    if not_inputs:
        yield InvalidInput(
            "published result as an input",
            expected="keys of [inputs]",
            got=", ".join(not_inputs),
            where=f"{where}.inputs",
            fix="published results are reference marks; an estimate is made of inputs only",
        )
    others = [key for key in estimate.inputs.values() if key not in not_inputs]
    yield from _missing_keys(others, study.inputs, "inputs", f"{where}.inputs")
    yield from _missing_keys(estimate.elicited.values(), study.elicited, "elicited", f"{where}.elicited")
    yield from _missing_keys(estimate.files.values(), study.files, "files", f"{where}.files")
    yield from _missing_keys([estimate.published], study.published, "published", f"{where}.published")
    levels = study.tiers.levels if study.tiers else {}
    yield from _missing_keys([estimate.tier], levels, "tiers.levels", f"{where}.tier")


def _missing_keys(
    keys: Iterable[str | None], table: Mapping[str, object], name: str, where: str
) -> Iterator[InvalidInput]:
    for key in keys:
        if key is not None and key not in table:
            yield InvalidInput(
                "unknown key",
                expected=f"a key of [{name}]: " + (shortened(table) or "none there"),
                got=repr(key),
                where=where,
                fix="check the spelling, or add the table",
            )
