"""How a run is carried out: the options of the commands that redraw, and the bar that shows how far they are.

The bar is for a person at a terminal. Into a file, a pipe or a log nothing of it is written.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn
from rich.progress import Progress as Bar
from rich.progress import Task as BarTask
from rich.text import Text

from microwork_estimate import study
from microwork_estimate.bootstrap import Advance, Execution, Executor
from microwork_estimate.bootstrap.progress import time_left
from microwork_estimate.cli.options import ReplicatesOption, SeedOption
from microwork_estimate.errors import InvalidInput

PlainKind = Literal["serial", "threads", "processes"]

WorkersOption = Annotated[
    int | None, typer.Option("--workers", help="Processes (or threads) that share the redraws. Same bytes.")
]
ExecutorOption = Annotated[
    PlainKind | None, typer.Option("--executor", help="What shares them: processes when there are several workers.")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tcp://10.0.0.5:8786; its workers share them."
    ),
]
CheckpointOption = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint", metavar="FOLDER", help="Keep finished blocks there: stopped and started again, a run goes on."
    ),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOptions:
    """What the command line says on how a study is run.

    Parameters
    ----------
    seed, replicates : int
    workers : int or None
    executor : {"serial", "threads", "processes"} or None
    scheduler : str or None
    checkpoint : Path or None
    """

    seed: SeedOption = study.DEFAULT_SEED
    replicates: ReplicatesOption = study.DEFAULT_REPLICATES
    workers: WorkersOption = None
    executor: ExecutorOption = None
    scheduler: SchedulerOption = None
    checkpoint: CheckpointOption = None

    def execution(self) -> Execution:
        """Return where and how replicates are computed.

        Raises
        ------
        InvalidInput
            If the number of workers is impossible, or the options contradict each other.

        Examples
        --------
        >>> RunOptions(workers=2).execution().executor.kind
        'processes'
        >>> RunOptions().execution().executor.kind
        'serial'
        """
        return Execution(executor=self._executor(), checkpoint=self.checkpoint)

    def _executor(self) -> Executor:
        n_workers = 1 if self.workers is None else self.workers
        if self.scheduler is not None:
            if self.executor is not None or self.workers is not None:
                raise _contradiction("--scheduler alone: its workers do the work", "--executor or --workers beside it")
            return Executor(kind="dask", scheduler=self.scheduler)
        if self.executor == "serial" and n_workers > 1:
            raise _contradiction("one worker for serial work", f"--workers {n_workers}")
        return Executor(kind=self.executor or ("serial" if n_workers == 1 else "processes"), n_workers=n_workers)

    def run(self, name: str) -> study.ResultBundle:
        """Run a study, with a bar at a terminal.

        Parameters
        ----------
        name : str
            Name of a study, or path of a TOML file.
        """
        execution, loaded = self.execution(), study.checked(name)
        with shown_progress(execution) as watched:
            return study.run(loaded, n_replicates=self.replicates, seed=self.seed, execution=watched)


def with_run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of :class:`RunOptions` instead of its parameter ``how``.

    Parameters
    ----------
    command : callable
        With a parameter ``how``.

    Returns
    -------
    callable
        The same, with one parameter for each option, as the command line wants it.

    Examples
    --------
    >>> @with_run_options
    ... def show(how: RunOptions) -> None:
    ...     print(how.seed, how.workers)
    >>> show(seed=3, workers=2)
    3 2
    """
    own = inspect.signature(command, eval_str=True).parameters
    options = inspect.signature(RunOptions, eval_str=True).parameters

    @functools.wraps(command)
    def called(**given: Any) -> None:
        how = RunOptions(**{name: given.pop(name) for name in options if name in given})
        command(**given, how=how)

    parameters = [p.replace(kind=p.KEYWORD_ONLY) for name, p in own.items() if name != "how"] + list(options.values())
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {p.name: p.annotation for p in parameters}
    return called


@contextlib.contextmanager
def shown_progress(execution: Execution, console: Console | None = None) -> Iterator[Execution]:
    """Show how far a run is, on the error stream of a terminal; elsewhere show nothing.

    Parameters
    ----------
    execution : Execution
    console : Console or None
        Where; the error stream if None.

    Yields
    ------
    Execution
        The same, with a progress that moves the bar.
    """
    where = Console(file=sys.stderr) if console is None else console
    if not where.is_terminal:
        yield execution
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _TimeLeft())
    with Bar(*columns, console=where, transient=True) as bar:
        replicates = bar.add_task("", total=None, left=None)

        def listen(advance: Advance) -> None:
            bar.update(
                replicates,
                description=f"estimate {min(advance.estimates_done + 1, advance.estimates)}/{advance.estimates}",
                completed=advance.replicates_done,
                total=advance.replicates,
                left=advance.seconds_left,
            )

        yield Execution(executor=execution.executor, checkpoint=execution.checkpoint, progress=listen)


class _TimeLeft(ProgressColumn):
    """The time left as the run tells it."""

    def render(self, task: BarTask) -> Text:
        """Return it as text."""
        left = task.fields["left"]
        return Text("" if left is None else time_left(left))


def _contradiction(expected: str, got: str) -> InvalidInput:
    return InvalidInput(
        "options that contradict each other",
        expected=expected,
        got=got,
        where="the command line",
        fix="leave one of them out",
    )
