"""Where a run is computed, where its finished blocks are kept, and who is told how far it is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from microwork_estimate.bootstrap.blocks import Block, Job, Piece
from microwork_estimate.bootstrap.checkpoint import Checkpoint
from microwork_estimate.bootstrap.executors import SERIAL, Executor
from microwork_estimate.bootstrap.steady import steady
from microwork_estimate.bootstrap.streams import BLOCK


class Progress(Protocol):
    """What is told how far a run is: a function of three numbers, called in the process that waits for the result."""

    def __call__(self, done: int, total: int, seconds_left: float, /) -> None:
        """Take the replicates that are done, all that are wanted, and the seconds that the rest will take."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """How a run is carried out. None of this changes a number of it.

    Parameters
    ----------
    executor : Executor
        Serial, threads, processes, or a Dask cluster.
    checkpoint : path or None
        A folder for finished blocks (parquet). A run that was stopped at any moment and is started again computes what
        is missing only; so does one with more replicates. The folder belongs to one recipe, scheme, data and seed.
    progress : callable or None
        Called after every block with (replicates done, replicates wanted, seconds left).

    Examples
    --------
    >>> Execution(executor=Executor(kind="processes", n_workers=2)).checkpoint is None
    True
    """

    executor: Executor = SERIAL
    checkpoint: Path | str | None = None
    progress: Progress | None = None


PLAIN = Execution()


def computed_blocks(job: Job, execution: Execution, n_replicates: int) -> Generator[Block, None, None]:
    """Give the blocks of a run in their order: from its checkpoint what is there, and from the executor the rest.

    Parameters
    ----------
    job : Job
    execution : Execution
    n_replicates : int
        B.

    Yields
    ------
    Block
        The last may be shorter than the others.

    Raises
    ------
    InvalidInput
        If the checkpoint is of another run, or the scheduler does not answer.
    CheckpointNotWritten
        If a block cannot be kept.
    """
    store = None if execution.checkpoint is None else Checkpoint.opened(Path(execution.checkpoint), job)
    sizes = [min(BLOCK, n_replicates - first) for first in range(0, n_replicates, BLOCK)]
    kept = {} if store is None else {b: found for b in range(len(sizes)) if (found := store.read(b)) is not None}
    missing = [Piece(b, len(kept.get(b, ())), size) for b, size in enumerate(sizes)]
    missing = [piece for piece in missing if piece.start < piece.stop]
    clock = _Clock(execution.progress, n_replicates, sum(piece.stop - piece.start for piece in missing))
    with contextlib.ExitStack() as stack:
        stack.enter_context(steady())
        results = execution.executor.map(job, missing) if missing else iter(())
        if hasattr(results, "close"):
            stack.callback(results.close)
        waiting = iter(missing)
        piece = next(waiting, None)
        for number, size in enumerate(sizes):
            if piece is None or piece.block != number:
                yield kept[number].part(size)
                continue
            block = next(results)
            if number in kept:
                block = kept[number].then(block)
            if store is not None:
                store.write(number, block)
            clock.tick(piece.stop - piece.start)
            piece = next(waiting, None)
            yield block
    clock.finish()


class _Clock:
    """Tells the caller how far the run is, and how long the rest will take at the pace so far."""

    def __init__(self, progress: Progress | None, total: int, missing: int) -> None:
        self._progress, self._total, self._missing = progress, total, missing
        self._done = 0
        self._start = time.monotonic()

    def tick(self, n_replicates: int) -> None:
        """Count replicates that were computed just now."""
        self._done += n_replicates
        left = self._missing - self._done
        pace = (time.monotonic() - self._start) / self._done
        self._tell(self._total - left, left * pace)

    def finish(self) -> None:
        """Tell the end of a run of which nothing had to be computed."""
        if self._missing == 0:
            self._tell(self._total, 0.0)

    def _tell(self, done: int, seconds_left: float) -> None:
        if self._progress is not None:
            self._progress(done, self._total, seconds_left)
