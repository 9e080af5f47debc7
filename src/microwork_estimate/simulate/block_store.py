"""Finished blocks of a simulation on disk: a stopped run goes on where it was, and another run is refused.

Threads share memory and processes do not, so a block is one file that one worker writes, complete or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microwork_estimate.bootstrap import MarkedFolder, fingerprint
from microwork_estimate.bootstrap.checkpoint import surroundings
from microwork_estimate.errors import InvalidInput
from microwork_estimate.simulate.coverage_report import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockStore:
    """A folder with the finished blocks of one run. Made by :meth:`opened`.

    Parameters
    ----------
    place : MarkedFolder
        Marked with what decides the numbers of the run.
    """

    place: MarkedFolder

    @classmethod
    def opened(cls, folder: Path, identity: Mapping[str, object]) -> BlockStore:
        """Open a folder for a run, and mark it as that run's if it is new.

        Parameters
        ----------
        folder : path
            Made if it is not there.
        identity : mapping of str to object
            Whatever decides the numbers of the run, by name; the code of this package and the versions of others are
            added here.

        Raises
        ------
        InvalidInput
            If the folder is marked as that of another run, or holds other files and no mark, or if something in the
            identity has no content that can be known.
        CheckpointNotWritten
            If the folder cannot be made or written.
        """
        parts = {name: fingerprint(thing) for name, thing in identity.items()}
        place = MarkedFolder.opened(folder, {**parts, **surroundings()})
        place.mark()
        return cls(place=place)

    def read(self, block: int) -> list[Outcome]:
        """Return the outcomes of a block that are there, none if it was never begun.

        Raises
        ------
        InvalidInput
            If the file is damaged.
        """
        file = self.place.folder / _file_name(block)
        if not file.is_file():
            return []
        try:
            rows = json.loads(file.read_text(encoding="utf-8"))
            return [_outcome(rows[index]) for index in range(len(rows))]
        except (OSError, TypeError, ValueError, KeyError, IndexError) as error:
            raise InvalidInput(
                "damaged block of simulations",
                expected="a block as this program writes it",
                got=" ".join(f"{type(error).__name__}: {error}".split()),
                where=str(file),
                fix="delete the file; the block is then computed again",
            ) from error

    def write(self, block: int, outcomes: list[Outcome]) -> None:
        """Write the outcomes of a block: the whole file appears at once.

        Raises
        ------
        CheckpointNotWritten
            If the disk is full or cannot be written.
        """
        self.place.write(_file_name(block), json.dumps(outcomes).encode("utf-8"), what=f"block {block}")


def _file_name(block: int) -> str:
    return f"block-{block:05d}.json"


def _outcome(row: list[Any]) -> Outcome:
    """Read a row as JSON gives it: lists where an outcome has tuples."""
    content = dict(zip(Outcome._fields, row, strict=True))
    content["codes"] = tuple(content["codes"])
    content["assumptions"] = tuple((name, function) for name, function in content["assumptions"])
    return Outcome(**content)
