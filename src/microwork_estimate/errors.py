"""One family of errors and one of warnings.

Invalid *input* raises an error that says what was expected, what came, where, and what to do.
Unlucky *statistics* (no overlap between two lists, say) never raise: the estimate comes back with the
honest bound and a :class:`CodedWarning`, and :func:`announce` shows the same text as a Python warning.
"""

from __future__ import annotations

import warnings as _warnings
from collections.abc import Iterable
from dataclasses import dataclass


class MicroworkError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    problem : str
        What is wrong, in a few words.
    expected, got : str
        What was needed and what came.
    where : str
        The argument, column, file or key concerned.
    fix : str
        What the user can do about it.
    """

    def __init__(self, problem: str, *, expected: str, got: str, where: str, fix: str) -> None:
        self.problem = problem
        self.expected = expected
        self.got = got
        self.where = where
        self.fix = fix
        super().__init__(f"{problem}: expected {expected}; got {got}; in {where}; {fix}")

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error cross process borders, which keyword-only arguments would otherwise forbid."""
        return _rebuild, (type(self), self.problem, self.expected, self.got, self.where, self.fix)


def _rebuild(kind: type[MicroworkError], problem: str, expected: str, got: str, where: str, fix: str) -> MicroworkError:
    return kind(problem, expected=expected, got=got, where=where, fix=fix)


class InvalidInput(MicroworkError, ValueError):
    """The data or an option cannot be used; no number is given."""


class InconsistentMargins(InvalidInput):
    """Population totals that should agree do not: no weights can meet them all."""


class NotConverged(MicroworkError, ArithmeticError):
    """An iterative fit stopped before it met its own criterion; no number is given."""


class SchemaVersion(MicroworkError):
    """A stored file has a schema version that this program cannot read."""


class MicroworkWarning(UserWarning):
    """A Python warning that carries the code of a :class:`CodedWarning`."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"[{code}] {message}")


@dataclass(frozen=True, kw_only=True, slots=True)
class CodedWarning:
    """What a reader of an estimate must know, with a stable code.

    Parameters
    ----------
    code : str
        Lower-case words joined by hyphens, for example ``"no-overlap"``. Reports translate by this code.
    message : str
        One sentence in English with the numbers concerned.
    """

    code: str
    message: str

    def __str__(self) -> str:
        return f"[{self.code}] {self.message}"


def announce(coded: Iterable[CodedWarning]) -> None:
    """Show coded warnings as Python warnings, one by one, at the caller's caller."""
    for item in coded:
        _warnings.warn(MicroworkWarning(item.code, item.message), stacklevel=3)


def check_choice(value: str, allowed: Iterable[str], *, where: str) -> str:
    """Return `value` if it is one of `allowed`.

    Raises
    ------
    InvalidInput
        If it is not; the message lists what is allowed.
    """
    options = tuple(allowed)
    if value not in options:
        raise InvalidInput(
            "unknown choice",
            expected="one of " + ", ".join(repr(option) for option in options),
            got=repr(value),
            where=where,
            fix="choose one of the listed words",
        )
    return value


def check_level(level: float, *, where: str = "level") -> float:
    """Return `level` if it is a confidence level strictly between 0 and 1.

    Raises
    ------
    InvalidInput
        If it is not.
    """
    if not 0.0 < level < 1.0:
        raise InvalidInput(
            "impossible confidence level",
            expected="a number strictly between 0 and 1, for example 0.95",
            got=repr(level),
            where=where,
            fix="give the level as a share, not as a percentage",
        )
    return float(level)
