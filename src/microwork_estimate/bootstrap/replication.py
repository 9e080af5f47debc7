"""Run a recipe again on every redraw of its data."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from microwork_estimate.bootstrap.blocks import SINGLE, Block, Job
from microwork_estimate.bootstrap.execution import PLAIN, Execution, computed_blocks
from microwork_estimate.bootstrap.schemes import Joint, Scheme, checked_scheme
from microwork_estimate.bootstrap.streams import check_seed, check_stream_names
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimate, FloatArray, Replicates

Recipe = Callable[[Any], "float | Estimate | Mapping[str, float | Estimate]"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Draws that could not be estimated for one reason.

    Parameters
    ----------
    reason : str
        The problem in a few words, as the recipe raised it; or which of its numbers is NaN.
    count : int
        How many draws.
    first : int
        The number of the first of them: its place in the replicates, from 0.
    detail : str
        The whole text of the error there.
    """

    reason: str
    count: int
    first: int
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReplicateSet(Mapping[str, Replicates]):
    """All that one run redrew: a read-only mapping from the names of a recipe's numbers to their replicates.

    Parameters
    ----------
    replicates : mapping of str to Replicates
    ledger : tuple of Failure
        Why draws could not be estimated, in the order of their first appearance. They are in place as NaN, never left
        out.
    """

    replicates: Mapping[str, Replicates]
    ledger: tuple[Failure, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "replicates", MappingProxyType(dict(self.replicates)))

    @property
    def failures(self) -> dict[str, int]:
        """How many draws could not be estimated, by reason."""
        return {failure.reason: failure.count for failure in self.ledger}

    def __getitem__(self, name: str) -> Replicates:
        return self.replicates[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.replicates)

    def __len__(self) -> int:
        return len(self.replicates)

    def __reduce__(self) -> tuple[object, ...]:
        """Let it cross process borders, which its read-only mapping would otherwise forbid."""
        return _replicate_set, (dict(self.replicates), self.ledger)


def _replicate_set(replicates: Mapping[str, Replicates], ledger: tuple[Failure, ...]) -> ReplicateSet:
    return ReplicateSet(replicates=replicates, ledger=ledger)


def batched(function: Callable[[Any], Mapping[str, FloatArray]]) -> Callable[[Any], Mapping[str, FloatArray]]:
    """Mark a recipe that takes a whole block of redraws (first axis: replicate) and gives one array for each name.

    Such a recipe puts NaN where a draw cannot be estimated.

    Examples
    --------
    >>> share = batched(lambda counts: {"share": counts[:, 0] / counts.sum(axis=1)})
    >>> share.is_batched
    True
    """
    function.is_batched = True  # type: ignore[attr-defined]
    return function


def replicate(
    recipe: Recipe | Callable[[Any], Mapping[str, FloatArray]],
    data: Any,
    scheme: Scheme | Joint,
    *,
    n_replicates: int,
    seed: int,
    execution: Execution = PLAIN,
) -> ReplicateSet:
    """Redraw the data B times and run the whole recipe on every redraw.

    Replicates are drawn in blocks of 64, and each source of data has a random stream of its own that depends on the
    seed, its name and the block only. So the first 100 of 1,000 replicates are the 100, adding a source moves nobody
    else's draws, and the result is the same wherever the blocks are computed. A draw on which the recipe raises an error
    of this package stays in place as NaN and is counted by its reason. Coded warnings of single draws are not shown.

    Parameters
    ----------
    recipe : callable
        Takes the redrawn data (with :class:`Joint`, a mapping of them by component) and returns a number, an Estimate,
        or a mapping of names to either. A recipe marked by :func:`batched` takes the redraws of a whole block at once
        and returns arrays of shape (block,). Processes and Dask also take functions of a notebook.
    data : object, or mapping of str to object with Joint
        What is redrawn.
    scheme : Scheme or Joint
        How.
    n_replicates : int
        B, at least 1.
    seed : int
        Seed of the run.
    execution : Execution
        Executor, checkpoint and progress. None of them changes a number.

    Returns
    -------
    ReplicateSet
        Under ``"value"`` if the recipe returns a single number.

    Raises
    ------
    InvalidInput
        If the components of data and scheme differ, a scheme is none, B or the seed is impossible, or the recipe fails
        on every draw (then of the first block, and the first error is shown with its number).
    CheckpointNotWritten
        If a block cannot be kept.

    Assumptions
    -----------
    Each scheme draws its source as chance has drawn it; sources are independent of each other.

    References
    ----------
    Davison & Hinkley (1997), *Bootstrap Methods and their Application*, chapter 2.

    Examples
    --------
    >>> from microwork_estimate import bootstrap
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> lists = CaptureHistories.from_two_lists(200, 150, 30)
    >>> draws = bootstrap.replicate(lambda size: size, lists, bootstrap.WaringHalf(), n_replicates=199, seed=1)
    >>> len(draws["value"])
    199
    """
    check_seed(seed)
    job = _job(recipe, data, scheme, seed)
    blocks: list[Block] = []
    with contextlib.closing(computed_blocks(job, execution, checked_number(n_replicates))) as coming:
        for block in coming:
            if not blocks and block.hopeless:
                raise _hopeless(block)
            blocks.append(block)
    streams = tuple(job.schemes)
    names = dict.fromkeys(name for block in blocks for name in block.values)
    values = {name: np.concatenate([block.column(name) for block in blocks]) for name in names}
    return ReplicateSet(
        replicates={name: Replicates(values=v, streams=streams, seed=seed) for name, v in values.items()},
        ledger=_ledger(blocks),
    )


def checked_number(n_replicates: int) -> int:
    """Return the number of replicates if there can be as many.

    Raises
    ------
    InvalidInput
        If it is not a whole number of at least 1.
    """
    if not isinstance(n_replicates, int | float) or not n_replicates >= 1 or n_replicates % 1:
        raise InvalidInput(
            "impossible number of replicates",
            expected="a whole number, at least 1",
            got=repr(n_replicates),
            where="n_replicates",
            fix="199 for a standard error, 1,999 by default, 9,999 for a published interval",
        )
    return int(n_replicates)


def _job(recipe: Callable[[Any], Any], data: Any, scheme: Scheme | Joint, seed: int) -> Job:
    """Put the sources, their schemes and the recipe together, if they fit."""
    if not isinstance(scheme, Joint):
        schemes = {SINGLE: checked_scheme(scheme, source="the data")}
        return Job(recipe=recipe, components={SINGLE: data}, schemes=schemes, single=True, seed=seed)
    if not isinstance(data, Mapping) or set(data) != set(scheme.schemes):
        raise InvalidInput(
            "data and scheme do not match",
            expected=f"one entry of data for each of {sorted(scheme.schemes)}",
            got=str(sorted(data) if isinstance(data, Mapping) else type(data).__name__),
            where="bootstrap.replicate",
            fix="give data as a mapping with the names of the scheme's components",
        )
    names = check_stream_names(scheme.schemes)
    components = {name: data[name] for name in names}
    return Job(recipe=recipe, components=components, schemes=dict(scheme.schemes), single=False, seed=seed)


def _ledger(blocks: list[Block]) -> tuple[Failure, ...]:
    found: dict[str, Failure] = {}
    number = 0
    for block in blocks:
        for reason, detail in zip(block.reasons, block.details, strict=True):
            if reason:
                known = found.get(reason, Failure(reason=reason, count=0, first=number, detail=detail))
                found[reason] = Failure(reason=reason, count=known.count + 1, first=known.first, detail=known.detail)
            number += 1
    return tuple(found.values())


def _hopeless(block: Block) -> InvalidInput:
    return InvalidInput(
        "no draw could be estimated",
        expected="a recipe that gives a number on some draws at least",
        got=f"a failure on each of the first {len(block)} draws; draw 0: {block.details[0]}",
        where="bootstrap.replicate",
        fix="run the recipe on the data as they are, then on one redraw",
    )
