"""A folder that belongs to one run: it bears the run's mark, another run is refused, and files appear whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from microwork_estimate.errors import InvalidInput, MicroworkError

MARK = "run.json"
_STALE = 3600.0


class CheckpointNotWritten(MicroworkError):
    """A block could not be kept; those that were kept before are whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkedFolder:
    """A folder for what one run keeps. Made by :meth:`opened`.

    Parameters
    ----------
    folder : Path
    parts : mapping of str to str
        What decides the numbers of the run, each with its checksum, version or name.

    Examples
    --------
    >>> one, another = (MarkedFolder.opened("not there yet", {"seed": seed}) for seed in ("1", "2"))
    >>> one.digest == another.digest
    False
    """

    folder: Path
    parts: Mapping[str, str]

    @classmethod
    def opened(cls, folder: Path | str, parts: Mapping[str, str]) -> MarkedFolder:
        """Open a folder for a run. Nothing is written yet.

        Parameters
        ----------
        folder : path
            Made with the first file if it is not there.
        parts : mapping of str to str

        Raises
        ------
        InvalidInput
            If the folder holds another run or foreign files, or is none.
        """
        place = cls(folder=Path(folder), parts=parts)
        if place._mark.is_file():
            place._compare(_read_mark(place._mark))
        elif place.folder.is_dir() and any(place.folder.iterdir()):
            _refuse(place.folder, "an empty folder, or one with the mark of this run", "files without a mark")
        elif place.folder.exists() and not place.folder.is_dir():
            _refuse(place.folder, "a folder", "a file")
        place._sweep()
        return place

    @property
    def digest(self) -> str:
        """The checksum of all that decides the numbers of the run."""
        return hashlib.sha256(json.dumps(sorted(self.parts.items())).encode()).hexdigest()

    def mark(self) -> None:
        """Make the folder and mark it as that of this run, if it is not yet.

        Raises
        ------
        CheckpointNotWritten
            If the disk is full or cannot be written.
        """
        with self._written("at its mark"):
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._mark.is_file():
                _write_whole(self._mark, json.dumps({"run": self.digest, **self.parts}, indent=1).encode() + b"\n")

    def write(self, name: str, content: bytes, *, what: str) -> None:
        """Keep a file: the whole of it appears at once, and after the mark.

        Parameters
        ----------
        name : str
        content : bytes
        what : str
            What it is, for the message of an error: ``"block 3"``.

        Raises
        ------
        CheckpointNotWritten
            If the disk is full or cannot be written. Files that were kept before are untouched.
        """
        self.mark()
        with self._written(f"at {what}"):
            _write_whole(self.folder / name, content)

    @contextlib.contextmanager
    def _written(self, where: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CheckpointNotWritten(
                "checkpoint that cannot be written",
                expected="room on the disk and leave to write",
                got=f"{error.strerror or error}, {where}",
                where=str(self.folder),
                fix="make room and start again: the blocks that are there are whole and will not be computed again",
            ) from error

    @property
    def _mark(self) -> Path:
        return self.folder / MARK

    def _compare(self, found: Mapping[str, Any]) -> None:
        if found.get("run") == self.digest:
            return
        other = ", ".join(name for name, text in self.parts.items() if found.get(name) != text)
        _refuse(self.folder, "a checkpoint of this run", f"one with another {other or 'mark'}")

    def _sweep(self) -> None:
        """Remove what a killed run left half-written; a run that writes just now is left alone."""
        for half in self.folder.glob("*.half"):
            with contextlib.suppress(OSError):
                if time.time() - half.stat().st_mtime > _STALE:
                    half.unlink()


def _write_whole(file: Path, content: bytes) -> None:
    # The process is in the name: two runs in one folder must not write into one another's half-written file.
    half = file.with_name(f"{file.name}.{os.getpid()}.half")
    try:
        with half.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        half.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink()
        raise


def _read_mark(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    return found if isinstance(found, Mapping) else {}


def _refuse(folder: Path, expected: str, got: str) -> NoReturn:
    raise InvalidInput(
        "checkpoint of another run",
        expected=expected,
        got=got,
        where=str(folder),
        fix="give every run a folder of its own, or delete this one",
    )
