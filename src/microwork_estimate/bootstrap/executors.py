"""Where the work is done: one after the other, in threads, or in processes. The results are the same to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from microwork_estimate.errors import InvalidInput, check_choice

Item = TypeVar("Item")
Result = TypeVar("Result")
Kind = Literal["serial", "threads", "processes"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Executor:
    """How the blocks of a long computation are shared out.

    Parameters
    ----------
    kind : {"serial", "threads", "processes"}
        Processes need functions that can be sent to another process.
    n_workers : int
        At least 1; serial work has one.
    """

    kind: Kind = "serial"
    n_workers: int = 1

    def __post_init__(self) -> None:
        check_choice(self.kind, ("serial", "threads", "processes"), where="Executor.kind")
        if self.n_workers != int(self.n_workers) or self.n_workers < 1:
            raise InvalidInput(
                "impossible number of workers",
                expected="a whole number, at least 1",
                got=repr(self.n_workers),
                where="Executor.n_workers",
                fix="give as many workers as there are cores to use",
            )

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Apply a function to every item; the results come in the order of the items, each as soon as it is there."""
        if self.kind == "serial":
            yield from map(function, items)
            return
        import joblib

        prefer = "threads" if self.kind == "threads" else "processes"
        parallel = joblib.Parallel(n_jobs=self.n_workers, prefer=prefer, return_as="generator")
        yield from parallel(joblib.delayed(function)(item) for item in items)


SERIAL = Executor()
