"""The course of a run: one executor, one folder of finished blocks and one account of progress for all its estimates."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from microwork_estimate.bootstrap import Advance, Execution, MarkedFolder, fingerprint
from microwork_estimate.study.origins import COUNT_ROLES
from microwork_estimate.study.package_data import checksum
from microwork_estimate.study.registry import Study
from microwork_estimate.study.suppression import few_persons


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a run will redraw.

    Parameters
    ----------
    redraws : mapping of str to int
        For every estimate, in its order, how many sets of replicates its recipe draws: none, one or several.
    n_replicates : int
        Of each set.
    """

    redraws: Mapping[str, int]
    n_replicates: int

    @property
    def n_draws(self) -> int:
        """Replicates of all estimates together."""
        return sum(self.redraws.values()) * self.n_replicates


class Course:
    """The estimates of a run, one after the other, and how far they are. Made by :func:`under_way`.

    Parameters
    ----------
    execution : Execution
        With the folder of the whole run, and who wants to know how far it is.
    plan : Plan
    """

    def __init__(self, execution: Execution, plan: Plan) -> None:
        self._execution, self._plan = execution, plan
        self._done = self._found = self._estimates_done = 0
        self._start = time.monotonic()

    @contextlib.contextmanager
    def estimate(self, name: str) -> Iterator[Execution]:
        """Give the execution of one estimate: its own folder, its progress counted into that of the run.

        Parameters
        ----------
        name : str

        Yields
        ------
        Execution
        """
        begun = self._done
        self._tell(name, self._done, self._found)
        yield replace(self._execution.within(name), progress=lambda advance: self._listen(name, advance))
        self._done = begun + self._plan.redraws[name] * self._plan.n_replicates
        self._estimates_done += 1
        if self._estimates_done == len(self._plan.redraws):
            self._tell("", self._done, self._found)

    def _listen(self, name: str, advance: Advance) -> None:
        done, found = self._done + advance.replicates_done, self._found + advance.replicates_found
        self._tell(name, done, found)
        if advance.replicates_done == advance.replicates:
            self._done, self._found = done, found

    def _tell(self, name: str, done: int, found: int) -> None:
        if self._execution.progress is None:
            return
        left, computed = self._plan.n_draws - done, done - found
        pace = (time.monotonic() - self._start) / computed if computed else None
        self._execution.progress(
            Advance(
                replicates_done=done,
                replicates=self._plan.n_draws,
                replicates_found=found,
                seconds_left=0.0 if left == 0 else None if pace is None else left * pace,
                estimates_done=self._estimates_done,
                estimates=len(self._plan.redraws),
                estimate=name,
            )
        )


@contextlib.contextmanager
def under_way(study: Study, plan: Plan, *, seed: int, execution: Execution) -> Iterator[Course]:
    """Prepare the run of a study: the folder must be its own and the scheduler must answer before anything is written.

    Parameters
    ----------
    study : Study
    plan : Plan
    seed : int
    execution : Execution

    Yields
    ------
    Course

    Raises
    ------
    InvalidInput
        If the checkpoint is that of another study, seed or data, or the scheduler does not answer.
    CheckpointNotWritten
        If the folder cannot be written.

    Examples
    --------
    >>> from microwork_estimate.study.registry import load
    >>> told = []
    >>> plan = Plan(redraws={"first": 0, "second": 1}, n_replicates=64)
    >>> with under_way(load("mturk"), plan, seed=1, execution=Execution(progress=told.append)) as course:
    ...     for name in plan.redraws:
    ...         with course.estimate(name):
    ...             pass
    >>> [(advance.estimate, advance.estimates_done) for advance in told]
    [('first', 0), ('second', 1), ('', 2)]
    """
    folder = None if execution.checkpoint is None else MarkedFolder.opened(execution.checkpoint, _parts(study, seed))
    with execution.executor.ready() as executor:
        if folder is not None:
            folder.mark()
        yield Course(replace(execution, executor=executor), plan)


def _parts(study: Study, seed: int) -> dict[str, str]:
    """Say what the folder belongs to; the folder of each estimate guards recipe, schemes and program as well."""
    counts = {key for e in study.estimates for role, key in e.files.items() if role in COUNT_ROLES}
    shown = {key: figure for key, figure in study.inputs.items() if not few_persons(figure.unit, figure.value)}
    numbers = {key: (figure.value, figure.low, figure.high) for key, figure in shown.items()}
    return {
        "study": f"{study.id} {study.version}",
        "seed": str(seed),
        "figures": fingerprint((numbers, dict(study.elicited))),
        # The folder of each estimate guards its lists. A mark made of a few counts could be found by trying.
        "tables": fingerprint({key: checksum(study.table(key)) for key in study.files if key not in counts}),
    }
