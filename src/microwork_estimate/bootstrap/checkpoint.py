"""Finished blocks of a bootstrap on disk: a stopped run goes on where it was, and a longer one adds to it.

Each block is one parquet file, written by the process that gathers the results, so that workers elsewhere need no
common disk. A file appears complete or not at all. The folder bears the mark of its run; another run is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

from microwork_estimate.bootstrap.blocks import Block, Job
from microwork_estimate.bootstrap.fingerprint import fingerprint, program
from microwork_estimate.bootstrap.streams import BLOCK
from microwork_estimate.errors import InvalidInput, MicroworkError

MARK = "run.json"
_NUMBERS, _REASON, _DETAIL = "value:", "reason", "error"
_STALE = 3600.0


class CheckpointNotWritten(MicroworkError):
    """A block could not be kept; those that were kept before are whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A folder with the finished blocks of one run. Made by :meth:`opened`.

    Parameters
    ----------
    folder : Path
    parts : mapping of str to str
        What decides the numbers of the run, each with its checksum or version.
    """

    folder: Path
    parts: Mapping[str, str]

    @classmethod
    def opened(cls, folder: Path, job: Job) -> Checkpoint:
        """Open a folder for a run. Nothing is written before the first block.

        Parameters
        ----------
        folder : path
            Made with the first block if it is not there.
        job : Job
            Recipe, data, schemes and seed.

        Raises
        ------
        InvalidInput
            If the folder holds another run (recipe, scheme, data, seed, or another version of this program, of Python,
            numpy or scipy) or foreign files, or if pyarrow is not installed.
        """
        _parquet()
        store = cls(folder=Path(folder), parts=_parts_of(job))
        if store._mark.is_file():
            store._compare(_read_mark(store._mark))
        elif store.folder.is_dir() and any(store.folder.iterdir()):
            _refuse(store.folder, "an empty folder, or one with the mark of this run", "files without a mark")
        elif store.folder.exists() and not store.folder.is_dir():
            _refuse(store.folder, "a folder", "a file")
        store._sweep()
        return store

    @property
    def digest(self) -> str:
        """The checksum of all that decides the numbers of the run."""
        return hashlib.sha256(json.dumps(sorted(self.parts.items())).encode()).hexdigest()

    def read(self, block: int) -> Block | None:
        """Return the replicates of a block that are there; None if it was never begun.

        Raises
        ------
        InvalidInput
            If the file is damaged, or was moved here from another run.
        """
        file = self._file(block)
        if not file.is_file():
            return None
        try:
            table = _parquet().read_table(file, page_checksum_verification=True)
            if (table.schema.metadata or {}).get(b"run") != self.digest.encode():
                raise ValueError("the block of another run")
            columns = {name: table.column(name) for name in table.column_names}
            texts = [tuple(str(text) for text in columns.pop(name).to_pylist()) for name in (_REASON, _DETAIL)]
            values = {name.removeprefix(_NUMBERS): column.to_numpy().copy() for name, column in columns.items()}
        except Exception as error:
            raise InvalidInput(
                "damaged block of replicates",
                expected="a block as this program writes it",
                got=" ".join(f"{type(error).__name__}: {error}".split()),
                where=str(file),
                fix="delete the file; the block is then computed again",
            ) from error
        return Block(values=values, reasons=texts[0], details=texts[1])

    def write(self, block: int, content: Block) -> None:
        """Keep a block: its whole file appears at once.

        Raises
        ------
        CheckpointNotWritten
            If the disk is full or cannot be written. Blocks that were kept before are untouched.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._mark.is_file():
                _write_whole(self._mark, json.dumps({"run": self.digest, **self.parts}, indent=1).encode() + b"\n")
            _write_whole(self._file(block), _as_parquet(content, self.digest))
        except OSError as error:
            raise CheckpointNotWritten(
                "checkpoint that cannot be written",
                expected="room on the disk and leave to write",
                got=f"{error.strerror or error}, at block {block}",
                where=str(self.folder),
                fix="make room and start again: the blocks that are there are whole and will not be computed again",
            ) from error

    @property
    def _mark(self) -> Path:
        return self.folder / MARK

    def _file(self, block: int) -> Path:
        return self.folder / f"block-{block:06d}.parquet"

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


def _parts_of(job: Job) -> dict[str, str]:
    return {
        "recipe": fingerprint(job.recipe),
        "scheme": fingerprint(job.schemes),
        "data": fingerprint(job.components),
        "seed": str(job.seed),
        "block": str(BLOCK),
        "program": f"{metadata.version('microwork-estimate')} {program()}",
        "python": ".".join(platform.python_version_tuple()[:2]),
        "numpy": metadata.version("numpy"),
        "scipy": metadata.version("scipy"),
    }


def _as_parquet(content: Block, digest: str) -> bytes:
    import pyarrow as pa  # type: ignore[import-untyped]

    numbers = {_NUMBERS + name: pa.array(values) for name, values in content.values.items()}
    texts = {_REASON: pa.array(content.reasons, pa.string()), _DETAIL: pa.array(content.details, pa.string())}
    table = pa.table({**numbers, **texts}).replace_schema_metadata({"run": digest})
    sink = pa.BufferOutputStream()
    _parquet().write_table(table, sink, write_page_checksum=True)
    return bytes(sink.getvalue())


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


def _parquet() -> Any:
    try:
        import pyarrow.parquet as parquet  # type: ignore[import-untyped]
    except ImportError as error:
        raise InvalidInput(
            "no writer for parquet files",
            expected="the package pyarrow",
            got="it is not installed",
            where="a bootstrap with a checkpoint",
            fix='install "microwork-estimate[checkpoints]", or run without a checkpoint',
        ) from error
    return parquet


def _refuse(folder: Path, expected: str, got: str) -> NoReturn:
    raise InvalidInput(
        "checkpoint of another run",
        expected=expected,
        got=got,
        where=str(folder),
        fix="give every run a folder of its own, or delete this one",
    )
