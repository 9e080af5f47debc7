"""A study file on disk becomes a checked :class:`~microwork_estimate.study.schema.StudyFile`, or one plain error."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.schema import StudyFile

_LONGEST = 120


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
    text = _read_utf8(path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(
            "not a TOML file",
            expected="TOML in which each key stands once",
            got=_short(str(error)),
            where=str(path),
            fix="correct the line",
        ) from error
    try:
        return StudyFile.model_validate(table)
    except ValidationError as error:
        raise _one_line(error, path) from error


def _read_utf8(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidInput(
            "no such file",
            expected="a study file",
            got=error.strerror or "nothing there",
            where=str(path),
            fix="check the path",
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "not a UTF-8 file",
            expected="text in UTF-8",
            got=f"byte 0x{error.object[error.start]:02x} at position {error.start}",
            where=str(path),
            fix="save the file again with the encoding UTF-8",
        ) from error


def _one_line(error: ValidationError, path: Path) -> InvalidInput:
    problems = [_translate(item) for item in error.errors(include_url=False)]
    first, others = problems[0], problems[1:]
    got = first.got
    if others:
        word = "other problem" if len(others) == 1 else "other problems"
        got += f" (and {len(others)} {word}: " + "; ".join(f"{p.where}: {p.problem}, {p.got}" for p in others) + ")"
    return InvalidInput(first.problem, expected=first.expected, got=got, where=f"{path}, {first.where}", fix=first.fix)


def _translate(item: Mapping[str, Any]) -> InvalidInput:
    where = _dotted(item["loc"])
    own = item.get("ctx", {}).get("error")
    if isinstance(own, InvalidInput):
        return InvalidInput(
            own.problem, expected=own.expected, got=_short(own.got), where=where or own.where, fix=own.fix
        )
    if item["type"] == "missing":
        return InvalidInput(
            "missing key",
            expected=f"the key {item['loc'][-1]!r}",
            got="no such key",
            where=_dotted(item["loc"][:-1]) or "the top level",
            fix="add the key",
        )
    problem = "unknown choice" if item["type"] == "literal_error" else "wrong value"
    expected = " ".join(str(item["msg"]).removeprefix("Input should be ").split())
    return InvalidInput(
        problem,
        expected=expected,
        got=_short(repr(item["input"])),
        where=where,
        fix="see study.schema.json for what each key may hold",
    )


def _dotted(location: Sequence[str | int]) -> str:
    # pydantic marks a bad key of a table with the word [key], which would read as one more level.
    return ".".join(str(part) for part in location if part != "[key]")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
