"""Where a run is computed, where its finished blocks are kept, and who is told how far it is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from microwork_estimate.bootstrap.blocks import Block, Job, Piece
from microwork_estimate.bootstrap.checkpoint import Checkpoint
from microwork_estimate.bootstrap.executors import SERIAL, Executor
from microwork_estimate.bootstrap.steady import steady
from microwork_estimate.bootstrap.streams import BLOCK


@dataclass(frozen=True, kw_only=True, slots=True)
class Advance:
    """How far a run is.

    Parameters
    ----------
    replicates_done, replicates : int
        How many there are, and how many are wanted in all.
    replicates_found : int
        How many of those done lay in the checkpoint and cost nothing.
    seconds_left : float or None
        What the rest will take at the pace so far; None while nothing is known of it.
    estimates_done, estimates : int
        The same for the estimates of a study; a run of a single recipe is one estimate.
    estimate : str
        The estimate under way; empty at the end, and for a run of a single recipe.
    """

    replicates_done: int
    replicates: int
    replicates_found: int = 0
    seconds_left: float | None = None
    estimates_done: int = 0
    estimates: int = 1
    estimate: str = ""


class Progress(Protocol):
    """What is told how far a run is: a function, called in the process that waits for the result."""

    def __call__(self, advance: Advance, /) -> None:
        """Take notice, before the next block is waited for."""
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
        is missing only; so does one with more replicates. The folder belongs to one recipe, scheme, data and seed; a
        run of a study has a folder in it for each of its estimates.
    progress : callable or None
        Called after every block with an :class:`Advance`.

    Examples
    --------
    >>> Execution(executor=Executor(kind="processes", n_workers=2)).checkpoint is None
    True
    """

    executor: Executor = SERIAL
    checkpoint: Path | str | None = None
    progress: Progress | None = None

    def within(self, name: str) -> Execution:
        """Return the same with a folder of its own inside the checkpoint, for one of several runs.

        Parameters
        ----------
        name : str
            Name of the folder.
        """
        return self if self.checkpoint is None else replace(self, checkpoint=Path(self.checkpoint) / name)


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
            found = self._total - self._missing
            self._progress(
                Advance(replicates_done=done, replicates=self._total, replicates_found=found, seconds_left=seconds_left)
            )
