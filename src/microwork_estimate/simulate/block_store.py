"""Finished blocks of a simulation on disk, and a mark by which a run knows its own.

Threads share memory and processes do not, so a block is one file that one worker writes, complete or not at all.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.simulate.coverage_report import Outcome

MARK = "run.json"
_VERSIONS_OF = ("microwork-estimate", "numpy", "scipy")
_PLAIN = (type(None), bool, int, float, str)


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockStore:
    """A folder with the finished blocks of one run. Made by :meth:`opened`.

    Parameters
    ----------
    folder : Path
    """

    folder: Path

    @classmethod
    def opened(cls, folder: Path, identity: str) -> BlockStore:
        """Open a folder for a run, and mark it as that run's if it is new.

        Parameters
        ----------
        folder : path
            Made if it is not there.
        identity : str
            From :func:`described`: whatever decides the numbers of the run.

        Raises
        ------
        InvalidInput
            If the folder is marked as that of another run, or holds other files and no mark.
        """
        folder = Path(folder)
        wanted = {"digest": run_digest(identity), "run": identity, **_versions(), "program": _program()}
        mark = folder / MARK
        found = _read_json(mark) if mark.is_file() else None
        if found is None and not (folder.is_dir() and any(folder.iterdir())):
            _make(folder)
            _write_whole(mark, json.dumps(wanted, indent=1) + "\n")
        elif not isinstance(found, Mapping) or found.get("digest") != wanted["digest"]:
            _refuse_folder(folder, wanted, found)
        return cls(folder=folder)

    def read(self, block: int) -> list[Outcome]:
        """Return the outcomes of a block that are there, none if it was never begun.

        Raises
        ------
        InvalidInput
            If the file is damaged.
        """
        file = self._file(block)
        if not file.is_file():
            return []
        rows = _read_json(file)
        try:
            return [_outcome(rows[index]) for index in range(len(rows))]
        except (TypeError, ValueError, KeyError, IndexError) as error:
            raise _damaged(file, error) from error

    def write(self, block: int, outcomes: list[Outcome]) -> None:
        """Write the outcomes of a block: the whole file appears at once."""
        _write_whole(self._file(block), json.dumps(outcomes))

    def _file(self, block: int) -> Path:
        return self.folder / f"block-{block:05d}.json"


def run_digest(identity: str) -> str:
    """Return the digest of a run: of what it is, of the code of this package, and of the versions of others.

    Parameters
    ----------
    identity : str

    Returns
    -------
    str
        ``"sha256:"`` and 64 hexadecimal digits.

    Examples
    --------
    >>> run_digest("one run") == run_digest("another run")
    False
    """
    text = json.dumps([identity, *_versions().items(), _program()])
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def described(thing: object) -> str:
    """Describe an estimator, a world or their options in a text that differs where they differ.

    Functions and classes are named by their module; frozen dataclasses and partial functions by what they hold; arrays
    by their checksum. The text is the same in every process and on every machine.

    Parameters
    ----------
    thing : object

    Returns
    -------
    str

    Raises
    ------
    InvalidInput
        For a function inside a function, a lambda, or an object of a kind that says nothing of itself.

    Examples
    --------
    >>> from functools import partial
    >>> described(partial(round, ndigits=2))
    'partial(builtins.round, (), {ndigits: 2})'
    """
    if isinstance(thing, _PLAIN):
        return repr(thing)
    if isinstance(thing, np.ndarray):
        content = hashlib.sha256(np.ascontiguousarray(thing).tobytes()).hexdigest()
        return f"array({thing.dtype.str}, {thing.shape}, {content})"
    if isinstance(thing, tuple | list):
        return "(" + ", ".join(described(item) for item in thing) + ")"
    if isinstance(thing, Mapping):
        return "{" + ", ".join(f"{key}: {described(thing[key])}" for key in sorted(thing)) + "}"
    if isinstance(thing, functools.partial):
        return f"partial({described(thing.func)}, {described(thing.args)}, {described(thing.keywords)})"
    if is_dataclass(thing) and not isinstance(thing, type):
        named = {field.name: getattr(thing, field.name) for field in fields(thing)}
        return f"{_name_of(type(thing))}{described(named)}"
    if inspect.ismethod(thing):
        return f"{described(thing.__self__)}.{thing.__name__}"
    return _name_of(thing)


def _name_of(thing: Any) -> str:
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    if not module or not name or "<" in name:
        raise InvalidInput(
            "a run that cannot be told from others",
            expected="functions, classes and frozen dataclasses that stand in a module",
            got=name or type(thing).__qualname__,
            where="the estimator or the world of a run with a store",
            fix="define the function in a module and give its options with functools.partial, or leave out the store",
        )
    return f"{module}.{name}"


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in _VERSIONS_OF}


@functools.cache
def _program() -> str:
    """Return a checksum of the source of this package: a mended estimator must not go on with its old numbers."""
    folder, total = Path(__file__).parents[1], hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        total.update(file.relative_to(folder).as_posix().encode("utf-8") + file.read_bytes())
    return total.hexdigest()


def _outcome(row: list[Any]) -> Outcome:
    """Read a row as JSON gives it: lists where an outcome has tuples."""
    content = dict(zip(Outcome._fields, row, strict=True))
    content["codes"] = tuple(content["codes"])
    content["assumptions"] = tuple((name, function) for name, function in content["assumptions"])
    return Outcome(**content)


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(file, error) from error


def _write_whole(file: Path, text: str) -> None:
    # The process is in the name: two runs in one folder must not write into one another's half-written file.
    half = file.with_name(f"{file.name}.{os.getpid()}.half")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(file)
    except OSError as error:
        raise _cannot_write(file, error) from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _cannot_write(place: Path, error: OSError) -> InvalidInput:
    return InvalidInput(
        "cannot write there",
        expected="a folder that can be made and written",
        got=error.strerror or type(error).__name__,
        where=str(place),
        fix="choose another folder, or make room",
    )


def _damaged(file: Path, error: Exception) -> InvalidInput:
    return InvalidInput(
        "damaged block of simulations",
        expected="a block as this program writes it",
        got=" ".join(f"{type(error).__name__}: {error}".split()),
        where=str(file),
        fix="delete the file; the block is then computed again",
    )


def _refuse_folder(folder: Path, wanted: Mapping[str, str], found: object) -> NoReturn:
    other = found if isinstance(found, Mapping) else {}
    different = [name for name in wanted if name != "digest" and other.get(name) != wanted[name]]
    got = "; ".join(f"{name}: {other[name]}" for name in different if name in other)
    raise InvalidInput(
        "store of another run",
        expected="; ".join(f"{name}: {wanted[name]}" for name in different) or wanted["digest"],
        got=got or "files that no run has marked",
        where=str(folder),
        fix="give every run a folder of its own, or delete this one",
    )
