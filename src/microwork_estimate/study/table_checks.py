"""What the tables of a study must hold, role by role: everything that is wrong with them at once."""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from microwork_estimate.inputs.codes import label_text
from microwork_estimate.inputs.shown import shown_answer, shown_value
from microwork_estimate.study.codebooks import Question
from microwork_estimate.study.looked_at import MOST_LISTED, LookedAt
from microwork_estimate.study.problems import TO_FILL, Problem
from microwork_estimate.study.table_rules import FIRST_YEAR, LAST_YEAR

RESPONDENT = "respondent"
_FILL_ROWS = "fill the table: one row below the header for each"


def rows_there(table: LookedAt, what: str) -> Iterator[Problem]:
    """Find a table with nothing below its header."""
    if not table.rows:
        yield table.problem(TO_FILL, "", expected=f"one row for each {what}", got="no row", fix=f"{_FILL_ROWS} {what}")


def survey_problems(table: LookedAt, needed: tuple[str, ...]) -> Iterator[Problem]:
    """Find what is wrong with a survey: columns that are missing, empty cells, weights and counts that cannot be."""
    yield from table.require(needed)
    yield from rows_there(table, "respondent")
    for role in dict.fromkeys((*needed, "weight")):
        if table.has(role):
            yield from table.empty(role, fix="fill it in, or leave the respondent out and say so")
    if table.has("weight"):
        yield from table.numbers(
            "weight", lambda w: w > 0, expected="weights above 0", fix="correct the weight, or leave the respondent out"
        )
    if table.has("n_platforms") and "n_platforms" in needed:
        yield from table.numbers(
            "n_platforms",
            lambda k: k >= 1 and k == int(k),
            expected="whole numbers, at least 1: the platform of the interview counts",
            fix="correct the answer, or leave the respondent out and say so",
        )
    if table.has(RESPONDENT):
        yield from table.twice((RESPONDENT,), fix="keep one row for each respondent", shown=False)


def answer_problems(table: LookedAt, questions: dict[str, Question]) -> Iterator[Problem]:
    """Find answers that are not in the codebook; empty cells are answers not given, and are counted elsewhere."""
    for name in table.names:
        question = questions.get(name)
        if question is None or not table.has(name):
            continue
        if question.kind == "category":
            yield from _unknown_categories(table, name, question.categories)
        elif question.kind == "number":
            low = -math.inf if question.low is None else question.low
            high = math.inf if question.high is None else question.high
            yield from table.numbers(
                name,
                lambda value, low=low, high=high: low <= value <= high,  # type: ignore[misc]
                expected=f"numbers from {low:g} to {high:g}, as the codebook says",
                fix="correct the answer, leave the cell empty, or mend the codebook",
            )
        elif question.kind == "date":
            yield from _wrong_dates(table, name, question)


def _unknown_categories(table: LookedAt, role: str, known: tuple[str, ...]) -> Iterator[Problem]:
    coded = table.coded(role)
    unknown = [code for code, value in enumerate(coded.levels) if label_text(value) not in known]
    for code in unknown[:MOST_LISTED]:
        rows = np.flatnonzero(coded.codes == code)
        yield table.problem(
            "answer not in the codebook",
            role,
            row=int(rows[0]),
            expected="one of " + ", ".join(known[:30]),
            got=shown_answer(coded.levels[code], rows.size, known),
            fix="write the answer as the codebook has it, or add it there",
        )


def _wrong_dates(table: LookedAt, role: str, question: Question) -> Iterator[Problem]:
    first = FIRST_YEAR if question.low is None else int(question.low)
    last = LAST_YEAR if question.high is None else int(question.high)
    coded = table.coded(role)
    bad = [code for code, value in enumerate(coded.levels) if not _is_day(value, first, last)]
    wrong = np.flatnonzero(np.isin(coded.codes, bad)) if bad else np.array([], dtype=int)
    if wrong.size:
        more = f" (and {wrong.size - 1:,} more in this column)" if wrong.size > 1 else ""
        yield table.problem(
            "date of another calendar",
            role,
            row=int(wrong[0]),
            expected=f"year-month-day of the Gregorian calendar, {first} to {last}, such as 2026-01-31",
            got=f"{shown_value(coded.levels[coded.codes[wrong[0]]])}{more}",
            fix="write the date as year-month-day of the Gregorian calendar",
        )


def _is_day(value: Any, first: int, last: int) -> bool:
    if isinstance(value, str):
        try:
            value = datetime.date.fromisoformat(value.strip())
        except ValueError:
            return False
    return isinstance(value, datetime.date) and first <= value.year <= last


def margin_problems(table: LookedAt) -> Iterator[Problem]:
    """Find what is wrong with a table of margins: empty totals, rows twice, variables that sum to different totals."""
    yield from table.require(("variable", "category", "total"))
    if not all(table.has(role) for role in ("variable", "category", "total")):
        return
    yield from rows_there(table, "category of each variable")
    yield from table.empty("variable", fix="name the variable, or remove the row")
    yield from table.empty("total", fix="write how many there are in the population, or remove the row")
    yield from table.numbers(
        "total", lambda n: n >= 0, expected="numbers, 0 or more", fix="correct the total against its source"
    )
    yield from table.twice(("variable", "category"), fix="add the rows up, or remove one of them")
    yield from _different_sums(table)


def _different_sums(table: LookedAt) -> Iterator[Problem]:
    sums: dict[str, float] = {}
    last: dict[str, int] = {}
    rows = zip(table.texts("variable"), table.texts("category"), table.cells("total"), strict=True)
    for row, (variable, category, total) in enumerate(rows):
        if variable is not None and category and isinstance(total, int | float):
            sums[variable], last[variable] = sums.get(variable, 0.0) + float(total), row
        elif variable is not None and total is None:
            return  # sums of totals that are still to be filled in say nothing
    first = next(iter(sums), None)
    for variable, total in sums.items():
        if first is not None and abs(total - sums[first]) > 1e-6 * max(abs(total), abs(sums[first])):
            yield table.problem(
                "margins of different totals",
                "total",
                row=last[variable],
                expected=f"the total of {first!r}: {sums[first]:,.10g}",
                got=f"{total:,.10g} for {variable!r}",
                fix="all variables are about the same population: correct one of them",
            )


def fit_problems(survey: LookedAt, margins: LookedAt) -> Iterator[Problem]:
    """Find variables and categories that only one of survey and margins has."""
    totals: dict[str, dict[str, tuple[int, Any]]] = {}
    rows = zip(margins.texts("variable"), margins.texts("category"), margins.cells("total"), strict=True)
    for row, (variable, category, total) in enumerate(rows):
        if variable and category:
            totals.setdefault(variable, {}).setdefault(category, (row, total))
    for variable, known in totals.items():
        parts = variable.split(":")
        if not survey.rows or not all(survey.has(part) for part in parts):
            continue
        crossed = survey.texts(parts[0]) if len(parts) == 1 else _crossed([survey.texts(part) for part in parts])
        yield from _categories_apart(survey, margins, variable, known, crossed)


def _crossed(columns: list[list[str | None]]) -> list[str | None]:
    return [None if None in cell else ":".join(map(str, cell)) for cell in zip(*columns, strict=True)]


def _categories_apart(
    survey: LookedAt,
    margins: LookedAt,
    variable: str,
    known: dict[str, tuple[int, Any]],
    answers: list[str | None],
) -> Iterator[Problem]:
    counts = Counter(answer for answer in answers if answer is not None)
    for answer, times in counts.most_common(MOST_LISTED):
        if answer not in known:
            yield survey.problem(
                "category without total",
                variable.partition(":")[0],
                row=answers.index(answer),
                expected="a category that the margins have: " + ", ".join(list(known)[:30]),
                got=shown_answer(answer, times, known),
                fix="add its total to the margins, or merge the category in the survey",
            )
    for category, (row, total) in known.items():
        number = float(total) if isinstance(total, int | float) else None
        if number and not counts[category]:
            problem, got = "category without respondents", f"{category[:40]!r} with {number:,.10g}"
            fix = "merge it with a neighbour, in margins and survey alike"
        elif number == 0 and counts[category]:
            problem, got = "zero total", f"{category[:40]!r} with {counts[category]:,} respondents"
            fix = "its respondents are outside the population: leave them out"
        else:
            continue
        expected = "each category with respondents and a total above 0, or with neither"
        yield margins.problem(problem, "category", row=row, expected=expected, got=got, fix=fix)


def registration_problems(table: LookedAt, survey: LookedAt | None) -> Iterator[Problem]:
    """Find what is wrong with declared accounts, and platforms of the survey that declare none."""
    yield from _counts(table, "platform", "accounts")
    if survey is None or not survey.has("platform") or not table.has("platform"):
        return
    declared, reached = set(table.texts("platform")), survey.texts("platform")
    for name in dict.fromkeys(text for text in reached if text is not None and text not in declared):
        yield survey.problem(
            "platform without registrations",
            "platform",
            row=reached.index(name),
            expected="platforms that declare their accounts: " + ", ".join(sorted(map(str, declared))[:30]),
            got=shown_answer(name, reached.count(name), map(str, declared)),
            fix="add the platform to the registrations, or leave its respondents out and say so",
        )


def audience_problems(table: LookedAt) -> Iterator[Problem]:
    """Find what is wrong with visitors by site."""
    yield from _counts(table, "site", "visitors")


def _counts(table: LookedAt, name: str, count: str) -> Iterator[Problem]:
    yield from table.require((name, count))
    if not (table.has(name) and table.has(count)):
        return
    yield from rows_there(table, name)
    yield from table.empty(name, fix="name it, or remove the row")
    yield from table.empty(count, fix="fill in the number, or remove the row")
    yield from table.numbers(
        count, lambda n: n >= 0, expected="numbers, 0 or more", fix="correct it against its source"
    )
    yield from table.twice((name,), fix="add the rows up, or remove one of them")


def list_problems(table: LookedAt) -> Iterator[Problem]:
    """Find what is wrong with patterns of lists: columns of 0 and 1, and how many persons show each pattern."""
    yield from table.require(("persons",))
    lists = tuple(name for name in table.names if name != "persons" and table.has(name))
    if not table.has("persons") or not lists:
        return
    yield from rows_there(table, "pattern")
    for name in lists:
        yield from table.empty(name, fix="write 1 for those on the list, 0 for the others")
        yield from table.numbers(name, lambda x: x in (0, 1), expected="0 or 1", fix="write 1 for those on the list")
    yield from table.empty("persons", fix="write how many persons show the pattern; 0 if nobody")
    yield from table.numbers(
        "persons", lambda n: n >= 0 and n == int(n), expected="whole numbers, 0 or more", fix="correct the count"
    )
    yield from table.twice(lists, fix="add the rows up, or remove one of them")
