"""Does the interval hold the truth as often as it says? Simulations of one estimator in one world.

A world draws data of which the truth is known; the estimator is run on them; the interval either holds the truth or not.
What the simulations found is counted in :mod:`microwork_estimate.simulate.coverage_report`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from microwork_estimate.bootstrap.executors import SERIAL, Executor
from microwork_estimate.bootstrap.steady import steady
from microwork_estimate.errors import MicroworkError, check_level
from microwork_estimate.estimate import Estimate
from microwork_estimate.simulate.block_store import BlockStore
from microwork_estimate.simulate.checks import check_whole
from microwork_estimate.simulate.coverage_report import CoverageReport, Outcome, summarise
from microwork_estimate.streams import BLOCK, stream

World = Callable[[np.random.Generator], tuple[Any, float]]
"""Takes a random generator and returns data and the truth about them."""

Estimator = Callable[[Any], Estimate]
"""Takes data and returns an estimate, whose interval, or else whose bounds, must hold the truth."""

STREAM = "interval coverage"


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """R simulations of one estimator in one world, in blocks of 64 that may be computed anywhere and in any order.

    Parameters
    ----------
    estimator : callable
        Takes the data and returns an Estimate.
    world : callable
        Takes a random generator and returns (data, truth).
    n_simulations : int
        R, at least 1.
    seed : int
    stream : str
        Name of the random stream of the data. Runs that name their streams after their worlds draw the same data
        where the world is the same, and other data where it is not.

    Raises
    ------
    InvalidInput
        If R is impossible.

    Examples
    --------
    >>> Run(estimator=abs, world=abs, n_simulations=200, seed=1).n_blocks
    4
    """

    estimator: Estimator
    world: World
    n_simulations: int
    seed: int
    stream: str = STREAM

    def __post_init__(self) -> None:
        check_whole(self.n_simulations, where="n_simulations")

    @property
    def n_blocks(self) -> int:
        """Number of blocks; the last may be a part of one."""
        return -(-self.n_simulations // BLOCK)

    @property
    def identity(self) -> dict[str, object]:
        """What decides every number of the run, the number of simulations left out: more of them are the same run."""
        return {"estimator": self.estimator, "world": self.world, "seed": self.seed, "stream": self.stream}


class Task(NamedTuple):
    """One block of a run, and where it is kept."""

    run: Run
    block: int
    store: BlockStore | None = None


def interval_coverage(
    estimator: Estimator,
    world: World,
    *,
    n_simulations: int,
    seed: int,
    level: float = 0.95,
    executor: Executor = SERIAL,
) -> CoverageReport:
    """Simulate an estimator in a world R times, and count how often its interval holds the truth.

    Simulations are drawn in blocks of 64 on streams that depend on the seed and the block only, and each simulation has
    a generator of its own. So the result is the same whatever the executor, and the first 200 of 1,000 simulations are
    the 200.

    Parameters
    ----------
    estimator : callable
        Takes the data and returns an Estimate. Its interval, or else its bounds, must hold the truth.
    world : callable
        Takes a random generator and returns (data, truth).
    n_simulations : int
        R, at least 1: 1,000 for a certificate, 200 for a quick look.
    seed : int
    level : float
        The level that the intervals say they have.
    executor : Executor
        Where the blocks are computed. Processes need an estimator and a world that stand in a module.

    Returns
    -------
    CoverageReport

    Raises
    ------
    InvalidInput
        If R is impossible, or an interval is at another level.

    Assumptions
    -----------
    The world is the one in which the estimator is to be judged.

    References
    ----------
    Morris, White & Crowther (2019), Statistics in Medicine 38(11), 2074-2102, section 5.2 and table 6, for bias,
    coverage and their Monte Carlo errors.

    Examples
    --------
    >>> from microwork_estimate.capture_recapture import chapman
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> def two_lists(generator):
    ...     both, first, second, _ = generator.multinomial(2000, [0.04, 0.16, 0.16, 0.64])
    ...     return CaptureHistories(lists=("a", "b"), counts=[both, first, second]), 2000.0
    >>> report = interval_coverage(chapman, two_lists, n_simulations=64, seed=1)
    >>> bool(report.coverage > 0.85)
    True
    """
    run = Run(estimator=estimator, world=world, n_simulations=n_simulations, seed=seed)
    return summarise(simulated_outcomes(run, executor=executor), level=check_level(level))


def simulated_outcomes(run: Run, *, executor: Executor = SERIAL, store: Path | None = None) -> list[Outcome]:
    """Return what each simulation of a run gave, and keep finished blocks so that a stopped run can go on.

    Parameters
    ----------
    run : Run
    executor : Executor
        Where the blocks are computed.
    store : path or None
        Folder for finished blocks. A run that finds its own blocks there computes only what is missing, which also
        serves to add simulations later.

    Returns
    -------
    list of Outcome, length R

    Raises
    ------
    InvalidInput
        If the store holds the blocks of another run (estimator, world, seed, stream, or version of this package, of
        Python, numpy or scipy), if a block of it is damaged, or if estimator or world have no content by which to tell.
    CheckpointNotWritten
        If the store cannot be written.

    Examples
    --------
    >>> from microwork_estimate.simulate import cells
    >>> world = cells.TwoLists(size=2000, expected_overlap=40)
    >>> run = Run(estimator=cells.ESTIMATORS["chapman"].function, world=world, n_simulations=3, seed=1)
    >>> [outcome.truth for outcome in simulated_outcomes(run)]
    [2000.0, 2000.0, 2000.0]
    """
    kept = None if store is None else BlockStore.opened(store, run.identity)
    blocks = executor.map(simulate_block, [Task(run, block, kept) for block in range(run.n_blocks)])
    return [outcome for block in blocks for outcome in block]


def simulate_block(task: Task) -> list[Outcome]:
    """Simulate one block of a run, or the part of it that its store does not have.

    Parameters
    ----------
    task : Task

    Returns
    -------
    list of Outcome
        64, or fewer in the last block.

    Examples
    --------
    >>> from microwork_estimate.simulate import cells
    >>> world = cells.TwoLists(size=2000, expected_overlap=40)
    >>> run = Run(estimator=cells.ESTIMATORS["chapman"].function, world=world, n_simulations=70, seed=1)
    >>> [len(simulate_block(Task(run, block))) for block in range(run.n_blocks)]
    [64, 6]
    """
    run, block, store = task
    wanted = min(BLOCK, run.n_simulations - block * BLOCK)
    outcomes = [] if store is None else store.read(block)
    if len(outcomes) >= wanted:
        return outcomes[:wanted]
    # Each simulation has a generator of its own: an estimator that fails early must not move the next one.
    seeds = stream(run.seed, run.stream, block).integers(0, 2**63, size=(BLOCK, 2))
    with steady():
        outcomes += [_simulate(run, seeds[index]) for index in range(len(outcomes), wanted)]
    if store is not None:
        store.write(block, outcomes)
    return outcomes


def _simulate(run: Run, seeds: np.ndarray) -> Outcome:
    data, truth = run.world(np.random.Generator(np.random.PCG64(seeds)))
    try:
        estimate = run.estimator(data)
    except MicroworkError as error:
        return Outcome(truth=float(truth), failure=error.problem)
    around = estimate.interval or estimate.bounds
    return Outcome(
        truth=float(truth),
        value=_or_nan(estimate.value),
        standard_error=_or_nan(estimate.standard_error),
        low=math.nan if around is None else float(around.low),
        high=math.nan if around is None else float(around.high),
        level=math.nan if estimate.interval is None else estimate.interval.level,
        n_observed=_or_nan(estimate.n_observed),
        codes=tuple(sorted({warning.code for warning in estimate.warnings})),
        assumptions=tuple((assumption.id, assumption.sensitivity or "") for assumption in estimate.assumptions),
        method=estimate.method,
    )


def _or_nan(number: float | None) -> float:
    return math.nan if number is None else float(number)
