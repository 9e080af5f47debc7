"""Finished blocks of a bootstrap on disk: a stopped run goes on where it was, and a longer one adds to it.

Each block is one parquet file, written by the process that gathers the results, so that workers elsewhere need no
common disk. A file appears complete or not at all. The folder bears the mark of its run; another run is refused.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from microwork_estimate.bootstrap.blocks import Block, Job
from microwork_estimate.bootstrap.fingerprint import fingerprint, program
from microwork_estimate.bootstrap.marked_folder import CheckpointNotWritten, MarkedFolder
from microwork_estimate.bootstrap.streams import BLOCK
from microwork_estimate.errors import InvalidInput

__all__ = ["Checkpoint", "CheckpointNotWritten", "surroundings"]

_NUMBERS, _REASON, _DETAIL = "value:", "reason", "error"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A folder with the finished blocks of one run. Made by :meth:`opened`.

    Parameters
    ----------
    place : MarkedFolder
        Marked with what decides the numbers of the run.
    """

    place: MarkedFolder

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
        return cls(place=MarkedFolder.opened(folder, _parts_of(job)))

    def read(self, block: int) -> Block | None:
        """Return the replicates of a block that are there; None if it was never begun.

        Raises
        ------
        InvalidInput
            If the file is damaged, or was moved here from another run.
        """
        file = self.place.folder / _file_name(block)
        if not file.is_file():
            return None
        try:
            table = _parquet().read_table(file, page_checksum_verification=True)
            if (table.schema.metadata or {}).get(b"run") != self.place.digest.encode():
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
        self.place.write(_file_name(block), _as_parquet(content, self.place.digest), what=f"block {block}")


def _file_name(block: int) -> str:
    return f"block-{block:06d}.parquet"


def _parts_of(job: Job) -> dict[str, str]:
    return {
        "recipe": fingerprint(job.recipe),
        "scheme": fingerprint(job.schemes),
        "data": fingerprint(job.components),
        "seed": str(job.seed),
        **surroundings(),
    }


def surroundings() -> dict[str, str]:
    """Return what else decides the numbers of a run: the code of this package, and the versions that it computes with.

    Returns
    -------
    dict of str to str
        For the mark of a folder.

    Examples
    --------
    >>> sorted(surroundings())
    ['block', 'numpy', 'program', 'python', 'scipy']
    """
    return {
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


def _parquet() -> Any:
    try:
        import pyarrow.parquet as parquet  # type: ignore[import-untyped]
    except ImportError as error:
        raise InvalidInput(
            "no writer for parquet files",
            expected="the package pyarrow",
            got="it is not installed",
            where="a bootstrap with a checkpoint",
            fix="install pyarrow, or run without a checkpoint",
        ) from error
    return parquet
