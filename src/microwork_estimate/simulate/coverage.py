"""Does the interval hold the truth as often as it says? Simulations of one estimator in one world.

A world draws data of which the truth is known; the estimator is run on them; the interval either holds the truth or not.
"""

from __future__ import annotations

import json
import math
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from microwork_estimate.bootstrap.executors import SERIAL, Executor
from microwork_estimate.errors import InvalidInput, MicroworkError, MicroworkWarning, check_level
from microwork_estimate.estimate import Estimate
from microwork_estimate.streams import BLOCK, stream

World = Callable[[np.random.Generator], tuple[Any, float]]
Estimator = Callable[[Any], Estimate]
STREAM = "interval coverage"


class Outcome(NamedTuple):
    """One simulation: the estimate, what it covers, and what it warned of."""

    truth: float
    value: float
    standard_error: float
    low: float
    high: float
    codes: tuple[str, ...]
    failure: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CoverageReport:
    """What R simulations of one estimator in one world found.

    Parameters
    ----------
    n_simulations : int
        R.
    level : float
        Nominal level of the interval.
    coverage : float
        Share of simulations whose interval holds the truth; a simulation without interval does not.
    coverage_error : float
        Its Monte Carlo standard error.
    relative_bias : float
        Mean of (estimate - truth) / truth over the simulations with a value.
    standard_deviation : float
        Standard deviation of estimate / truth.
    mean_standard_error : float
        Mean of standard error / truth; NaN if the estimator gives none.
    share_without_value : float
        Share of simulations without a value (bounds or a one-sided limit only).
    warning_shares : mapping of str to float
        Share of simulations that raised each warning code.
    failures : mapping of str to int
        Simulations in which the estimator refused the data, by reason.
    """

    n_simulations: int
    level: float
    coverage: float
    coverage_error: float
    relative_bias: float
    standard_deviation: float
    mean_standard_error: float
    share_without_value: float
    warning_shares: Mapping[str, float]
    failures: Mapping[str, int]


def interval_coverage(
    estimator: Estimator,
    world: World,
    *,
    n_simulations: int,
    seed: int,
    executor: Executor = SERIAL,
    store: Path | None = None,
) -> CoverageReport:
    """Simulate an estimator in a world R times, and count how often its interval holds the truth.

    Simulations are drawn in blocks of 64 on streams that depend on the seed and the block only, so that the result is the
    same whatever the executor, and the first 200 of 1,000 simulations are the 200. With `store`, each finished block is
    kept in a file, and a run that was stopped goes on where it was.

    Parameters
    ----------
    estimator : callable
        Takes the data and returns an Estimate. Its interval, or else its bounds, must hold the truth.
    world : callable
        Takes a random generator and returns (data, truth).
    n_simulations : int
        R, at least 1.
    seed : int
    executor : Executor
        Where the blocks are computed.
    store : path or None
        Folder for finished blocks. It must belong to this estimator, world and seed alone.

    Returns
    -------
    CoverageReport

    Raises
    ------
    InvalidInput
        If R is impossible, or the store holds something else.

    Examples
    --------
    >>> from microwork_estimate.capture_recapture import chapman
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> def two_lists(generator):
    ...     on_first, on_second = generator.random((2, 2000)) < 0.2
    ...     return CaptureHistories.from_persons(["a", "b"], _seen(on_first, on_second)), 2000.0
    >>> report = interval_coverage(chapman, two_lists, n_simulations=64, seed=1)
    >>> bool(report.coverage > 0.85)
    True
    """
    if n_simulations != int(n_simulations) or n_simulations < 1:
        raise InvalidInput(
            "impossible number of simulations",
            expected="a whole number, at least 1",
            got=repr(n_simulations),
            where="n_simulations",
            fix="1,000 for a certificate, 200 for a quick look",
        )
    blocks = range(-(-n_simulations // BLOCK))
    work = partial(_block, estimator=estimator, world=world, seed=seed, store=store)
    outcomes = [outcome for block in executor.map(work, blocks) for outcome in block][:n_simulations]
    return summarise(outcomes)


def _seen(*lists: np.ndarray) -> np.ndarray:
    """Return the persons who are on at least one of several lists, shape (n, k)."""
    presence = np.column_stack(lists).astype(int)
    return presence[presence.any(axis=1)]


def _block(block: int, *, estimator: Estimator, world: World, seed: int, store: Path | None) -> list[Outcome]:
    file = None if store is None else Path(store) / f"{seed}-{block}.json"
    if file is not None and file.is_file():
        return [Outcome(*row[:5], tuple(row[5]), row[6]) for row in json.loads(file.read_text(encoding="utf-8"))]
    generator = stream(seed, STREAM, block)
    outcomes = [_simulate(estimator, world, generator) for _ in range(BLOCK)]
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial_file = file.with_suffix(".partial")
        partial_file.write_text(json.dumps(outcomes), encoding="utf-8")
        partial_file.replace(file)
    return outcomes


def _simulate(estimator: Estimator, world: World, generator: np.random.Generator) -> Outcome:
    # Each simulation gets a generator of its own: an estimator that fails early must not move the next one.
    own = np.random.Generator(np.random.PCG64(generator.integers(0, 2**63, size=2)))
    data, truth = world(own)
    nothing = (math.nan, math.nan, math.nan, math.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        try:
            estimate = estimator(data)
        except MicroworkError as error:
            return Outcome(truth, *nothing, (), error.problem)
    around = estimate.interval or estimate.bounds
    low, high = (math.nan, math.nan) if around is None else (around.low, around.high)
    value = math.nan if estimate.value is None else estimate.value
    error_ = math.nan if estimate.standard_error is None else estimate.standard_error
    codes = tuple(sorted({warning.code for warning in estimate.warnings}))
    return Outcome(truth, value, error_, low, high, codes, "")


def summarise(outcomes: list[Outcome], *, level: float = 0.95) -> CoverageReport:
    """Count what a list of simulations found.

    Parameters
    ----------
    outcomes : list of Outcome
    level : float
        Nominal level, for the report.

    Returns
    -------
    CoverageReport
    """
    check_level(level)
    n = len(outcomes)
    truth, value, error, low, high = (np.array([o[i] for o in outcomes], dtype=float) for i in range(5))
    covered = (low <= truth) & (truth <= high)
    share = float(covered.mean())
    ratio = value / truth
    known = ratio[np.isfinite(ratio)]
    errors = (error / truth)[np.isfinite(error)]
    codes = Counter(code for outcome in outcomes for code in outcome.codes)
    return CoverageReport(
        n_simulations=n,
        level=level,
        coverage=share,
        coverage_error=math.sqrt(share * (1 - share) / n),
        relative_bias=float(known.mean() - 1) if known.size else math.nan,
        standard_deviation=float(known.std(ddof=1)) if known.size > 1 else math.nan,
        mean_standard_error=float(errors.mean()) if errors.size else math.nan,
        share_without_value=1 - known.size / n,
        warning_shares=MappingProxyType({code: count / n for code, count in sorted(codes.items())}),
        failures=MappingProxyType(dict(Counter(o.failure for o in outcomes if o.failure))),
    )
