"""What is wrong with a study file besides its broken entries: they are left out, and the rest is looked at again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.parsing import validated

_ROUNDS = 3
_TOP = "the top level"
_DEPTH = {"tiers": 3}  # parts of the path of an entry; two elsewhere: inputs.accounts, estimates.0


def problems_behind(content: Mapping[str, Any], errors: Sequence[InvalidInput]) -> Iterator[InvalidInput]:
    """Find problems that a validation does not reach as long as single entries are broken.

    Procedure: leave out the entries with errors and validate the rest; what then is found counts, unless it is only that
    one of the entries left out is missing.

    Parameters
    ----------
    content : mapping
        The tables of the file.
    errors : sequence of InvalidInput
        What the first validation found, each with its dotted key.

    Yields
    ------
    InvalidInput

    Examples
    --------
    >>> list(problems_behind({}, []))
    []
    """
    seen = {(error.where, error.problem, error.got) for error in errors}
    gone: set[str] = set()
    rest, found = dict(content), list(errors)
    for _ in range(_ROUNDS):
        rest, names = _without(rest, found)
        gone |= names
        if not names:
            return
        found = list(validated(rest)[1])
        for error in found:
            told = (error.where, error.problem, error.got)
            if told not in seen and not _about(error, gone):
                seen.add(told)
                yield error


def _about(error: InvalidInput, gone: set[str]) -> bool:
    """Say whether an error only says that something is missing that was left out."""
    named = error.got.strip("'")
    return named in gone or (
        error.problem == "missing key" and error.expected.removeprefix("the key ").strip("'") in gone
    )


def _without(content: Mapping[str, Any], errors: Sequence[InvalidInput]) -> tuple[dict[str, Any], set[str]]:
    """Leave out the entries with errors; return the rest and the names of what is gone."""
    rest, names = dict(content), set()
    for error in errors:
        if error.where == _TOP and error.problem == "unknown key":
            parts: list[str] = [error.got.partition(",")[0].strip("'")]
        else:
            table = error.where.partition(".")[0]
            parts = error.where.split(".")[: _DEPTH.get(table, 2)]
        if len(parts) > 1 or error.where == _TOP:
            names |= _remove(rest, parts)
    return {key: _whole(table) for key, table in rest.items()}, names


def _remove(table: dict[str, Any], parts: list[str]) -> set[str]:
    """Take one entry out of copies of the tables around it; an entry of an array leaves its place empty."""
    head, *tail = parts
    inner = table.get(head)
    if not tail:
        return {head} if table.pop(head, None) is not None else set()
    if isinstance(inner, dict) and head != "study":
        table[head] = dict(inner)
        return _remove(table[head], tail)
    if isinstance(inner, list):
        at = next((n for n, entry in enumerate(inner) if tail[0] in (str(n), _name(entry))), None)
        if at is not None:
            table[head] = [None if n == at else entry for n, entry in enumerate(inner)]
            return {tail[0], str(_name(inner[at]))}
    return set()


def _name(entry: Any) -> Any:
    return (entry.get("name") or entry.get("id")) if isinstance(entry, dict) else None


def _whole(table: Any) -> Any:
    return [entry for entry in table if entry is not None] if isinstance(table, list) else table
