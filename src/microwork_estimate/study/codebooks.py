"""The codebook of a survey: which answers each of its columns may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.inputs.codes import label_text

Kind = Literal["category", "number", "date", "text"]
COLUMNS = ("variable", "kind", "category", "low", "high", "question_en", "question_fr", "label_en", "label_fr")
MANDATORY = ("variable", "kind", "category")


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question of a survey: one column of its table.

    Parameters
    ----------
    variable : str
        Name of the column.
    kind : str
        ``"category"``, ``"number"``, ``"date"`` (year-month-day) or ``"text"``.
    categories : tuple of str
        The answers there are, for a category.
    low, high : float or None
        Smallest and largest number; first and last year of a date.
    """

    variable: str
    kind: Kind
    categories: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


def codebook(table: Any, *, where: str) -> dict[str, Question]:
    """Read a codebook: one row for each category, one row for each question of another kind.

    Parameters
    ----------
    table : narwhals data frame
        With the columns ``variable``, ``kind`` and ``category``; ``low`` and ``high`` where there are numbers or dates.
    where : str
        The file, for error messages.

    Returns
    -------
    dict of str to Question

    Raises
    ------
    InvalidInput
        If a column is missing, a kind is unknown or changes within a question, or a category stands twice.

    Examples
    --------
    >>> import narwhals as nw, pandas as pd
    >>> table = pd.DataFrame({"variable": ["sex", "sex"], "kind": ["category"] * 2, "category": ["women", "men"]})
    >>> codebook(nw.from_native(table, eager_only=True), where="codebook.csv")["sex"].categories
    ('women', 'men')
    """
    missing = [name for name in MANDATORY if name not in table.columns]
    if missing:
        raise InvalidInput(
            "unknown column",
            expected="columns " + ", ".join(MANDATORY),
            got="no " + ", ".join(missing),
            where=where,
            fix="add the columns to the codebook",
        )
    questions: dict[str, Question] = {}
    for number, row in enumerate(table.iter_rows(named=True), start=2):
        asked = _question(row, f"{where}, line {number}")
        before = questions.get(asked.variable)
        questions[asked.variable] = asked if before is None else _joined(before, asked, f"{where}, line {number}")
    return questions


def _question(row: dict[str, Any], where: str) -> Question:
    kind = cast(Kind, check_choice(_text(row["kind"]), get_args(Kind), where=f"{where}, column 'kind'"))
    category = _text(row["category"])
    if not _text(row["variable"]) or (kind == "category") != bool(category):
        raise InvalidInput(
            "question without answers",
            expected="a variable on every row, and a category where the kind is category and only there",
            got=f"variable {_text(row['variable'])!r}, kind {kind!r}, category {category!r}",
            where=where,
            fix="complete the row, or remove it",
        )
    return Question(
        variable=_text(row["variable"]),
        kind=kind,
        categories=(category,) if category else (),
        low=_number(row.get("low"), where),
        high=_number(row.get("high"), where),
    )


def _joined(before: Question, more: Question, where: str) -> Question:
    if before.kind != "category" or more.kind != "category" or set(more.categories) & set(before.categories):
        raise InvalidInput(
            "question twice",
            expected="each category once, and one row for a question of another kind",
            got=f"{more.variable!r} again: {more.kind} {', '.join(more.categories)}".strip(),
            where=where,
            fix="remove one of the rows",
        )
    return Question(variable=before.variable, kind="category", categories=(*before.categories, *more.categories))


def _text(value: Any) -> str:
    return "" if value is None or value != value else label_text(value).strip()


def _number(value: Any, where: str) -> float | None:
    text = _text(value)
    try:
        return float(text) if text else None
    except ValueError:
        raise InvalidInput(
            "not a number", expected="a number or an empty cell", got=repr(text[:40]), where=where, fix="correct it"
        ) from None
