"""Where the work is done: one after the other, in threads, in processes, or on a cluster. The results are the same."""

from __future__ import annotations

import contextlib
import math
import re
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from microwork_estimate.errors import InvalidInput, check_choice

Item = TypeVar("Item")
Result = TypeVar("Result")
Kind = Literal["serial", "threads", "processes", "dask"]

_ADDRESS = re.compile(r"(tcp|tls|ucx|wss?)://\S+:\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Executor:
    """How the blocks of a long computation are shared out.

    Parameters
    ----------
    kind : {"serial", "threads", "processes", "dask"}
        Processes and Dask need functions that can be sent to another process; a script that starts either protects its
        own start with ``if __name__ == "__main__":``.
    n_workers : int
        At least 1; serial work has one, and a scheduler that is already there has as many as it has.
    scheduler : str or None
        For Dask, the address of a scheduler that is already there, such as ``"tcp://10.0.0.5:8786"``; None starts a
        cluster of `n_workers` processes on this machine, and stops it at the end.
    patience : float
        Seconds to wait for the scheduler, and again for its first worker. The default gives up within ten seconds.

    Raises
    ------
    InvalidInput
        If the number of workers or the seconds are impossible, if a scheduler is named for another kind, or if its
        address is none.

    Examples
    --------
    >>> list(Executor(kind="threads", n_workers=2).map(abs, [-1, -2]))
    [1, 2]
    """

    kind: Kind = "serial"
    n_workers: int = 1
    scheduler: str | None = None
    patience: float = 3.0

    def __post_init__(self) -> None:
        check_choice(self.kind, get_args(Kind), where="Executor.kind")
        if self.n_workers != int(self.n_workers) or self.n_workers < 1:
            raise InvalidInput(
                "impossible number of workers",
                expected="a whole number, at least 1",
                got=repr(self.n_workers),
                where="Executor.n_workers",
                fix="give as many workers as there are cores to use",
            )
        if not 0 < self.patience < math.inf:
            raise InvalidInput(
                "impossible patience",
                expected="seconds, above zero",
                got=repr(self.patience),
                where="Executor.patience",
                fix="give the seconds after which a silent scheduler is given up",
            )
        if self.scheduler is not None and self.kind != "dask":
            raise InvalidInput(
                "a scheduler that nobody asks",
                expected='kind="dask" beside the address of a scheduler',
                got=f"kind={self.kind!r}, scheduler={self.scheduler!r}",
                where="Executor",
                fix='give kind="dask", or leave out the scheduler',
            )
        if self.scheduler is not None and not _ADDRESS.fullmatch(self.scheduler):
            raise InvalidInput(
                "no address of a scheduler",
                expected="tcp://host:port or tls://host:port",
                got=repr(self.scheduler),
                where="Executor.scheduler",
                fix="copy the address that the scheduler prints when it starts",
            )

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Apply a function to every item; the results come in the order of the items, each as soon as it is there.

        Raises
        ------
        InvalidInput
            If the scheduler of a Dask cluster does not answer, or has no worker.
        """
        if self.kind == "serial":
            return map(function, items)
        if self.kind == "dask":
            from microwork_estimate.bootstrap.dask_cluster import map_on_cluster

            return map_on_cluster(self, function, items)
        return self._in_pool(function, items)

    @contextlib.contextmanager
    def ready(self) -> Iterator[Executor]:
        """Make sure that the work can be done, before several calls of :meth:`map`.

        A Dask scheduler must answer and have a worker; without an address, a cluster on this machine is started once and
        stopped at the end. The other kinds need no preparation.

        Yields
        ------
        Executor
            To be used inside.

        Raises
        ------
        InvalidInput
            If the scheduler does not answer, or has no worker.

        Examples
        --------
        >>> with Executor(kind="threads", n_workers=2).ready() as executor:
        ...     list(executor.map(abs, [-1, -2]))
        [1, 2]
        """
        if self.kind != "dask":
            yield self
            return
        from microwork_estimate.bootstrap.dask_cluster import ready_cluster

        with ready_cluster(self) as ready:
            yield ready

    def _in_pool(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        import joblib

        prefer = "threads" if self.kind == "threads" else "processes"
        parallel = joblib.Parallel(n_jobs=self.n_workers, prefer=prefer, return_as="generator")
        yield from until_left(parallel(joblib.delayed(function)(item) for item in items))


def until_left(results: Generator[Result, None, None]) -> Iterator[Result]:
    """Pass results on, and stop the work that is under way when the caller leaves before the end, or fails.

    Parameters
    ----------
    results : generator
        Of joblib.

    Yields
    ------
    object
    """
    try:
        # Not "yield from": that would hand the caller's leaving on, and joblib would warn of it.
        for result in results:  # noqa: UP028
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            results.close()


SERIAL = Executor()
