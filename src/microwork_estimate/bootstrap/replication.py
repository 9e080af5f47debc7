"""Run a recipe again on every redraw of its data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from microwork_estimate.bootstrap.schemes import Joint, Scheme
from microwork_estimate.bootstrap.streams import BLOCK, check_seed, check_stream_names, stream
from microwork_estimate.errors import InvalidInput, MicroworkError
from microwork_estimate.estimate import Estimate, FloatArray, Replicates

SINGLE = "value"
Recipe = Callable[[Any], "float | Estimate | Mapping[str, float | Estimate]"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReplicateSet(Mapping[str, Replicates]):
    """All that one run redrew: a read-only mapping from the names of a recipe's numbers to their replicates.

    Parameters
    ----------
    replicates : mapping of str to Replicates
    failures : mapping of str to int
        How many draws could not be estimated, by reason. They are in place as NaN, never left out.
    """

    replicates: Mapping[str, Replicates]
    failures: Mapping[str, int]

    def __getitem__(self, name: str) -> Replicates:
        return self.replicates[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.replicates)

    def __len__(self) -> int:
        return len(self.replicates)


def batched(function: Callable[[Any], Mapping[str, FloatArray]]) -> Callable[[Any], Mapping[str, FloatArray]]:
    """Mark a recipe that takes a whole block of redraws (first axis: replicate) and gives one array for each name."""
    function.is_batched = True  # type: ignore[attr-defined]
    return function


def replicate(
    recipe: Recipe | Callable[[Any], Mapping[str, FloatArray]],
    data: Any,
    scheme: Scheme | Joint,
    *,
    n_replicates: int,
    seed: int,
) -> ReplicateSet:
    """Redraw the data B times and run the whole recipe on every redraw.

    Replicates are drawn in blocks of 64, and each source of data has a random stream of its own that depends on the
    seed, its name and the block only. So the first 100 of 1,000 replicates are the 100, and adding a source moves
    nobody else's draws. A draw on which the recipe raises an error of this package stays in place as NaN and is counted
    by its reason.

    Parameters
    ----------
    recipe : callable
        Takes the redrawn data (with :class:`Joint`, a mapping of them by component) and returns a number, an Estimate,
        or a mapping of names to either. A recipe marked by :func:`batched` takes the redraws of a whole block at once
        and returns arrays of shape (block,).
    data : object, or mapping of str to object with Joint
        What is redrawn.
    scheme : Scheme or Joint
        How.
    n_replicates : int
        B, at least 1.
    seed : int
        Seed of the run.

    Returns
    -------
    ReplicateSet
        Under ``"value"`` if the recipe returns a single number.

    Raises
    ------
    InvalidInput
        If the components of data and scheme differ, or B or the seed is impossible.

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
    if n_replicates != int(n_replicates) or n_replicates < 1:
        raise InvalidInput(
            "impossible number of replicates",
            expected="a whole number, at least 1",
            got=repr(n_replicates),
            where="n_replicates",
            fix="199 for a standard error, 1,999 by default, 9,999 for a published interval",
        )
    check_seed(seed)
    single = not isinstance(scheme, Joint)
    schemes: Mapping[str, Scheme] = {SINGLE: scheme} if not isinstance(scheme, Joint) else scheme.schemes
    components: Mapping[str, Any] = {SINGLE: data} if single else data
    _check_components(components, schemes)
    names = check_stream_names(schemes)
    columns: dict[str, list[FloatArray]] = {}
    failures: Counter[str] = Counter()
    for block in range(-(-n_replicates // BLOCK)):
        # A full block is always drawn, so that the draws do not depend on the number of replicates asked for.
        batches = {c: schemes[c].draw(components[c], stream(seed, c, block), BLOCK) for c in names}
        wanted = min(BLOCK, n_replicates - block * BLOCK)
        for name, values in _evaluate(recipe, components, schemes, batches, single, failures).items():
            columns.setdefault(name, []).append(values[:wanted])
    return ReplicateSet(
        replicates=MappingProxyType(
            {
                name: Replicates(values=np.concatenate(blocks), streams=names, seed=seed)
                for name, blocks in columns.items()
            }
        ),
        failures=MappingProxyType(dict(failures)),
    )


def _check_components(components: Mapping[str, Any], schemes: Mapping[str, Scheme]) -> None:
    if not isinstance(components, Mapping) or set(components) != set(schemes):
        got = sorted(components) if isinstance(components, Mapping) else type(components).__name__
        raise InvalidInput(
            "data and scheme do not match",
            expected=f"one entry of data for each of {sorted(schemes)}",
            got=str(got),
            where="bootstrap.replicate",
            fix="give data as a mapping with the names of the scheme's components",
        )


def _evaluate(
    recipe: Callable[[Any], Any],
    components: Mapping[str, Any],
    schemes: Mapping[str, Scheme],
    batches: Mapping[str, Any],
    single: bool,
    failures: Counter[str],
) -> dict[str, FloatArray]:
    """Run the recipe on one block: at once if it can, else replicate by replicate."""
    if getattr(recipe, "is_batched", False):
        result = recipe(batches[SINGLE] if single else batches)
        return {name: np.asarray(values, dtype=np.float64) for name, values in result.items()}
    rows: list[dict[str, float]] = []
    for index in range(BLOCK):
        redrawn = {c: schemes[c].one(components[c], batches[c], index) for c in schemes}
        try:
            rows.append(_numbers(recipe(redrawn[SINGLE] if single else redrawn)))
        except MicroworkError as error:
            failures[error.problem] += 1
            rows.append({})
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}


def _numbers(result: Any) -> dict[str, float]:
    """Read a recipe's answer as named numbers; an estimate without a value is infinite (nothing bounds it above)."""
    named = result if isinstance(result, Mapping) else {SINGLE: result}
    numbers: dict[str, float] = {}
    for name, item in named.items():
        value = item.value if isinstance(item, Estimate) else item
        numbers[name] = np.inf if value is None else float(value)
    return numbers
