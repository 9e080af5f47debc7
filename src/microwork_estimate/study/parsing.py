"""A study file on disk becomes a checked :class:`~microwork_estimate.study.schema.StudyFile`, or one plain error."""

from __future__ import annotations

import re
import reprlib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.rules import MOST_PROBLEMS, SeveralProblems
from microwork_estimate.study.schema import StudyFile

MOST_STUDY_BYTES = 2**20  # a study file is written by hand; its tables stand in files of their own
# A dotted key of more parts than this costs the reader of TOML the square of their number.
_DEEP_KEY = re.compile(r"""(?m)(?:^|[\[{,])[ \t]*(?:(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){40}""")
_KEY = re.compile(r"[a-z_]+")
_LONGEST = 120
_MOST_NAMED = 20
# Writes values of any depth and size in a few words.
_WRITER = reprlib.Repr()
_WRITER.maxstring = _WRITER.maxother = _WRITER.maxlong = 2 * _LONGEST


def read_study_file(path: Path) -> StudyFile:
    """Read and check a study file.

    Parameters
    ----------
    path : Path
        A TOML file in UTF-8.

    Returns
    -------
    StudyFile

    Raises
    ------
    InvalidInput
        If the file is missing, not UTF-8, not TOML, or says something that a study file may not say. One line: the
        first problem with its key, and the number of the others with theirs.
    """
    study, problems = validated(parsed(study_text(path), path))
    if study is None:
        raise one_line(problems, path)
    return study


def study_text(path: Path) -> str:
    """Return the text of a study file.

    Raises
    ------
    InvalidInput
        If the file is missing, larger than ``MOST_STUDY_BYTES``, or not UTF-8.

    Examples
    --------
    >>> study_text(Path(__file__))[:3] == 3 * '"'
    True
    """
    try:
        content = path.read_bytes() if path.is_file() and path.stat().st_size <= MOST_STUDY_BYTES else None
        size = path.stat().st_size if path.is_file() else 0
    except (OSError, ValueError) as error:
        raise _no_file(path, getattr(error, "strerror", None) or "nothing there") from error
    if content is None and size:
        raise InvalidInput(
            "study file too large",
            expected=f"at most {MOST_STUDY_BYTES:,} bytes",
            got=f"{size:,}",
            where=str(path),
            fix="put tables into files of their own, under [files]",
        )
    if content is None:
        raise _no_file(path, "a folder" if path.is_dir() else "nothing there")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "not a UTF-8 file",
            expected="text in UTF-8",
            got=f"byte 0x{error.object[error.start]:02x} at position {error.start}",
            where=str(path),
            fix="save the file again with the encoding UTF-8",
        ) from error


def _no_file(path: Path, got: str) -> InvalidInput:
    return InvalidInput("no such file", expected="a study file", got=got, where=str(path), fix="check the path")


def parsed(text: str, path: Path) -> dict[str, Any]:
    """Return the tables of a TOML text.

    Parameters
    ----------
    text : str
    path : Path
        For the error message.

    Raises
    ------
    InvalidInput
        If it is not TOML, or nested deeper than any study file.

    Examples
    --------
    >>> parsed("study.id = 'mine'", Path("mine.toml"))
    {'study': {'id': 'mine'}}
    """
    try:
        if _DEEP_KEY.search(text):
            raise RecursionError
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # a plain ValueError is a number of thousands of digits
        said = "tables nested too deep" if isinstance(error, RecursionError) else _short(str(error))
        raise InvalidInput(
            "not a TOML file",
            expected="TOML in which each key stands once",
            got=said,
            where=str(path),
            fix="correct the line",
        ) from error


def validated(table: Mapping[str, Any]) -> tuple[StudyFile | None, tuple[InvalidInput, ...]]:
    """Return a study file, or everything that is wrong with it, each with its key as the place.

    Parameters
    ----------
    table : mapping
        The tables of the file, as :func:`parsed` gives them.

    Returns
    -------
    StudyFile or None, tuple of InvalidInput
        One of the two is empty.

    Examples
    --------
    >>> study, problems = validated({"study": {}})
    >>> study is None, problems[0].where, problems[0].problem
    (True, 'study', 'missing key')
    """
    try:
        return StudyFile.model_validate(table), ()
    except ValidationError as error:
        return None, translated(error)


def translated(error: ValidationError) -> tuple[InvalidInput, ...]:
    """Return what is wrong with a file in the words of the house, each problem with its key as the place.

    Parameters
    ----------
    error : ValidationError
        What a model of the file said.

    Returns
    -------
    tuple of InvalidInput
        At least one, at most ``MOST_PROBLEMS`` places.
    """
    items = error.errors(include_url=False)[:MOST_PROBLEMS]
    return tuple(problem for item in items for problem in _translate(item))


def one_line(problems: Sequence[InvalidInput], path: Path) -> InvalidInput:
    """Return several problems of a file as one: the first in full, the others with their keys.

    Parameters
    ----------
    problems : sequence of InvalidInput
        At least one.
    path : Path

    Examples
    --------
    >>> one_line(validated({"study": {}})[1], Path("mine.toml")).where
    'mine.toml, study'
    """
    first, others = problems[0], problems[1:]
    got = first.got
    if others:
        word = "other problem" if len(others) == 1 else "other problems"
        named = "; ".join(f"{p.where}: {p.problem}, {p.got}" for p in others[:_MOST_NAMED])
        got += f" (and {len(others)} {word}: {named}{'; ...' if len(others) > _MOST_NAMED else ''})"
    return InvalidInput(first.problem, expected=first.expected, got=got, where=f"{path}, {first.where}", fix=first.fix)


def _translate(item: Mapping[str, Any]) -> tuple[InvalidInput, ...]:
    where = _dotted(item["loc"])
    own = item.get("ctx", {}).get("error")
    if isinstance(own, SeveralProblems):
        return own.problems
    if isinstance(own, InvalidInput):
        key = own.where if _KEY.fullmatch(own.where) else ""  # a key of the table; else words such as "the figure"
        place = ".".join(filter(None, (where, key))) or own.where
        return (InvalidInput(own.problem, expected=own.expected, got=_short(own.got), where=place, fix=own.fix),)
    if item["type"] == "missing":
        return (
            InvalidInput(
                "missing key",
                expected=f"the key {item['loc'][-1]!r}",
                got="no such key",
                where=_dotted(item["loc"][:-1]) or "the top level",
                fix="add the key",
            ),
        )
    problem = "unknown choice" if item["type"] == "literal_error" else "wrong value"
    expected = " ".join(str(item["msg"]).removeprefix("Input should be ").split())
    return (
        InvalidInput(
            problem,
            expected=expected,
            got=_short(_WRITER.repr(item["input"])),
            where=where,
            fix="see study.schema.json for what each key may hold",
        ),
    )


def _dotted(location: Sequence[str | int]) -> str:
    # pydantic marks a bad key of a table with the word [key], which would read as one more level.
    return ".".join(str(part) for part in location if part != "[key]")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
