"""The question "on how many platform-days were you active?": its columns, its bands, and the cells of the visit log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal, NoReturn, get_args

import numpy as np

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs.codes import label_text
from microwork_estimate.inputs.platform_days import PlatformDays
from microwork_estimate.inputs.shown import kind_of
from microwork_estimate.inputs.survey import SurveySample

CellRule = Literal["auto", "platform-day", "platform and kind of day", "platform", "all"]
_FEWEST = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Bands:
    """Answers in bands instead of numbers.

    Parameters
    ----------
    lower : tuple of int
        Smallest number of each band, increasing from 1: (1, 2, 4, 8, 15) for 1, 2-3, 4-7, 8-14, 15+.
    top : int
        Largest number of the last band.

    Raises
    ------
    InvalidInput
        If the bands do not increase from 1 to at most `top`.

    Examples
    --------
    >>> bands = Bands(lower=(1, 2, 4, 8, 15), top=28)
    >>> bands.labels
    ('1', '2-3', '4-7', '8-14', '15+')
    >>> bands.midpoints.round(2).tolist()
    [1.0, 2.45, 5.29, 10.58, 20.49]
    """

    lower: tuple[int, ...] = (1, 2, 4, 8, 15)
    top: int = 28

    def __post_init__(self) -> None:
        lower = tuple(self.lower)
        rising = all(a < b for a, b in pairwise(lower))
        if not lower or lower[0] != 1 or not rising or lower[-1] > self.top or any(x != int(x) for x in lower):
            raise InvalidInput(
                "bands out of order",
                expected="whole numbers that increase from 1 to at most the top",
                got=f"{lower} with top {self.top}",
                where="Bands",
                fix="give the smallest number of each band, beginning with 1",
            )
        object.__setattr__(self, "lower", lower)

    @property
    def upper(self) -> tuple[int, ...]:
        """Largest number of each band."""
        return (*(low - 1 for low in self.lower[1:]), self.top)

    @property
    def labels(self) -> tuple[str, ...]:
        """The bands as they stand in the questionnaire."""
        pairs = zip(self.lower[:-1], self.upper[:-1], strict=True)
        return (*(str(a) if a == b else f"{a}-{b}" for a, b in pairs), f"{self.lower[-1]}+")

    @property
    def midpoints(self) -> FloatArray:
        """Geometric middle of each band."""
        return np.sqrt(np.array(self.lower, dtype=np.float64) * np.array(self.upper, dtype=np.float64))

    def positions(self, answers: Iterable[object], *, where: str) -> IntArray:
        """Return the band of each answer, shape (n,).

        Raises
        ------
        InvalidInput
            If an answer is no band.
        """
        known = {text: at for at, text in enumerate(self.labels)}
        texts = [label_text(answer).strip().replace("–", "-") for answer in answers]
        for at, text in enumerate(texts):
            if text not in known:
                raise InvalidInput(
                    "answer outside the bands",
                    expected="one of " + ", ".join(self.labels),
                    got=f"{kind_of(text)} at position {at}",
                    where=where,
                    fix="write the answers as the bands do, or leave bands out for whole numbers",
                )
        return np.array([known[text] for text in texts], dtype=np.int64)


@dataclass(frozen=True, kw_only=True, slots=True)
class DayQuestion:
    """Where the answers stand, and how the visits of platform-days without respondents are shared.

    Parameters
    ----------
    platform, day : str
        Columns with the platform and the day of the visit through which the respondent was reached.
    visits : str
        Column with L, the number of platform-days of the window on which the respondent was active, the one of the
        interview included: two platforms on one day are two. Whole numbers, or bands.
    bands : Bands or None
        The bands of the answers; None for whole numbers.
    weekend : tuple of str
        Labels of the days that are not working days. Left out, days written as dates (2024-03-09) speak for themselves.
    cells : str
        ``"platform-day"``, ``"platform and kind of day"``, ``"platform"`` or ``"all"``: within what visits are alike.
        ``"auto"`` takes the finest in which every cell with visits has two respondents.

    Raises
    ------
    InvalidInput
        If the rule is unknown.

    Examples
    --------
    >>> DayQuestion(bands=Bands()).cells
    'auto'
    """

    platform: str = "platform"
    day: str = "day"
    visits: str = "platform_days"
    bands: Bands | None = None
    weekend: tuple[str, ...] = ()
    cells: CellRule = "auto"

    def __post_init__(self) -> None:
        check_choice(self.cells, get_args(CellRule), where="DayQuestion.cells")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class VisitAnswers:
    """The answers in numbers.

    Parameters
    ----------
    visits, least, most : array of shape (n,)
        L, and the ends of its band (L itself for whole numbers).
    cell : array of shape (n,)
        The cell of each respondent.
    sizes : array of shape (c,)
        Visits of each cell.
    rule : str
        What the cells are.
    """

    visits: FloatArray
    least: FloatArray
    most: FloatArray
    cell: IntArray
    sizes: FloatArray
    rule: CellRule


def visit_answers(days: PlatformDays, sample: SurveySample, question: DayQuestion) -> VisitAnswers:
    """Read the answers and choose the cells.

    Parameters
    ----------
    days : PlatformDays
    sample : SurveySample
    question : DayQuestion

    Returns
    -------
    VisitAnswers

    Raises
    ------
    InvalidInput
        If an answer is impossible, a respondent was reached on a platform-day without visitors, or a cell that was
        asked for has visits and no respondent.
    """
    visits, least, most = _numbers(days, sample, question)
    platform = _positions(sample, question.platform, days.platforms)
    day = _positions(sample, question.day, days.days)
    if (days.visitors[platform, day] <= 0).any():
        at = int(np.flatnonzero(days.visitors[platform, day] <= 0)[0])
        _refuse(
            "respondent of a platform-day without visitors",
            "visitors above zero on every platform-day with a respondent",
            f"none on {days.platforms[int(platform[at])]} on day {days.days[int(day[at])]}",
            question.day,
        )
    rules = _rules(days, question)
    rule = question.cells
    if rule == "auto":
        rule = next(name for name in rules if name == "all" or _filled(days, rules[name], platform, day))
    elif rule not in rules:
        _refuse("kinds of day not known", "weekend days, or days written as dates", "neither", "weekend")
    index = rules[rule]
    sizes = np.bincount(index.ravel(), days.visitors.ravel())
    cell = index[platform, day]
    respondents = np.bincount(cell, minlength=sizes.size)
    if ((respondents == 0) & (sizes > 0)).any():
        _refuse(
            "platform-days without respondents",
            "a respondent in every cell with visits",
            f"{int(((respondents == 0) & (sizes > 0)).sum())} of {sizes.size} cells without",
            "cells",
        )
    if (respondents > sizes).any():
        _refuse("more respondents than visitors", "at most as many respondents as visits in a cell", "more", "visitors")
    return VisitAnswers(
        visits=visits, least=least, most=most, cell=cell, sizes=np.asarray(sizes, dtype=np.float64), rule=rule
    )


def _numbers(
    days: PlatformDays, sample: SurveySample, question: DayQuestion
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return L and the ends of its band for each respondent."""
    most = days.visitors.size
    if question.bands is not None:
        if question.bands.top > most:
            _refuse(
                "bands beyond the window", f"a top of at most {most} platform-days", f"{question.bands.top}", "bands"
            )
        at = question.bands.positions(sample.column(question.visits), where=f"column {question.visits!r}")
        lower, upper = (
            np.array(question.bands.lower, dtype=np.float64),
            np.array(question.bands.upper, dtype=np.float64),
        )
        return question.bands.midpoints[at], lower[at], upper[at]
    visits = sample.numbers(question.visits)
    bad = (visits < 1) | (visits > most) | (visits != np.floor(visits))
    if bad.any():
        at_bad = int(np.flatnonzero(bad)[0])
        _refuse(
            "impossible number of platform-days",
            f"whole numbers from 1, the day of the interview, to {most}, all platform-days of the window",
            f"{visits[at_bad]:g} at position {at_bad}",
            question.visits,
        )
    return visits, visits, visits


def _rules(days: PlatformDays, question: DayQuestion) -> dict[CellRule, IntArray]:
    """Return the cell of each platform-day, shape (p, d), by rule, from fine to coarse."""
    p, d = days.visitors.shape
    rules: dict[CellRule, IntArray] = {"platform-day": np.arange(p * d).reshape(p, d)}
    weekend = _weekend(days, question.weekend)
    if weekend is not None:
        rules["platform and kind of day"] = 2 * np.arange(p)[:, None] + weekend
    rules["platform"] = np.broadcast_to(np.arange(p)[:, None], (p, d))
    rules["all"] = np.zeros((p, d), dtype=np.int64)
    return rules


def _weekend(days: PlatformDays, weekend: tuple[str, ...]) -> IntArray | None:
    """Return 1 for days that are not working days and 0 for others, shape (d,); None if it is not known."""
    if weekend:
        unknown = [name for name in weekend if name not in days.days]
        if unknown:
            _refuse("unknown day", "labels of days of the window", unknown[0], "weekend")
        return np.array([name in weekend for name in days.days], dtype=np.int64)
    try:
        return np.array([date.fromisoformat(name).weekday() >= 5 for name in days.days], dtype=np.int64)
    except ValueError:
        return None


def _filled(days: PlatformDays, index: IntArray, platform: IntArray, day: IntArray) -> bool:
    """Whether every cell with visits has enough respondents."""
    respondents = np.bincount(index[platform, day], minlength=int(index.max()) + 1)
    visits = np.bincount(index.ravel(), days.visitors.ravel())
    return bool((respondents[visits > 0] >= _FEWEST).all())


def _positions(sample: SurveySample, name: str, known: tuple[str, ...]) -> IntArray:
    """Return the position of each respondent's answer among the names of the log, shape (n,)."""
    coded = sample.categories(name)
    texts = [label_text(level).strip() for level in coded.levels]
    unknown = [text for text in texts if text not in known]
    if unknown:
        _refuse("answer that the visit log does not know", "one of " + ", ".join(known), repr(unknown[0]), name)
    return np.array([known.index(text) for text in texts], dtype=np.int64)[coded.codes]


def band_ends(sizes: FloatArray, shares: FloatArray, answers: VisitAnswers) -> tuple[float, float]:
    """Persons if every banded answer were at the upper, or at the lower, end of its band.

    Parameters
    ----------
    sizes : array of shape (c,)
    shares : array of shape (n,)
        Share of its cell that each respondent stands for.
    answers : VisitAnswers

    Returns
    -------
    tuple of float
    """
    visits = sizes[answers.cell] * shares
    return float((visits / answers.most).sum()), float((visits / answers.least).sum())


def _refuse(problem: str, expected: str, got: str, argument: str) -> NoReturn:
    raise InvalidInput(
        problem,
        expected=expected,
        got=got,
        where=f"persons_from_platform_days: {argument}",
        fix="match the survey and the visit log; docs/questionnaire.md has the wording of the question",
    )
