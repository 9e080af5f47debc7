"""How the sources of a study are redrawn: which scheme for which source, and the recipe over the redraws."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from microwork_estimate import bootstrap, platforms
from microwork_estimate.estimate import Estimate, Replicates
from microwork_estimate.frozen import FloatArray
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.study.suppression import DEFAULT_THRESHOLD

if TYPE_CHECKING:
    from microwork_estimate.inputs import PlatformAudience
    from microwork_estimate.study.task import Settings


def redraw(
    recipe: Callable[[Any], Any],
    sources: Mapping[str, Any],
    schemes: Mapping[str, bootstrap.Scheme],
    settings: Settings,
    *,
    part: str | None = None,
    groups: Iterable[int] = (),
) -> bootstrap.ReplicateSet:
    """Redraw the sources of an estimate together, and run its recipe on every redraw, as the settings of the run say.

    Where a small count stands behind the numbers, no block of them is kept on disk: it would give the count away. A run that
    was stopped computes these again.

    Parameters
    ----------
    recipe : callable
        As :func:`~microwork_estimate.bootstrap.replicate` takes it.
    sources : mapping of str to object
    schemes : mapping of str to Scheme
        One for each source.
    settings : Settings
    part : str or None
        Name of these replicates, where an estimate redraws more than once: each set is kept in a folder of its own.
    groups : iterable of int
        How many respondents are in each group that a number is about.

    Returns
    -------
    ReplicateSet
    """
    execution = settings.execution if part is None else settings.execution.within(part)
    if any(0 < count < DEFAULT_THRESHOLD for count in (*groups, *_listed(sources))):
        execution = replace(execution, checkpoint=None)
    return bootstrap.replicate(
        recipe,
        sources,
        bootstrap.Joint(schemes=schemes),
        n_replicates=settings.n_replicates,
        seed=settings.seed,
        execution=execution,
    )


def _listed(sources: Mapping[str, Any]) -> Iterator[int]:
    """Give how many persons are on each combination of lists."""
    for source in sources.values():
        if isinstance(source, CaptureHistories):
            yield from (int(count) for count in source.counts)


def audience_replicates(
    estimate: Estimate, visits: PlatformAudience, factors: platforms.AudienceFactors, settings: Settings
) -> Estimate:
    """Redraw every uncertain factor of an audience figure, on the stream ``audience``."""

    def recipe(uniforms: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        return {"persons": platforms.audience_draws(visits, factors, uniforms["audience"])}

    sources = {"audience": platforms.n_audience_uniforms(visits)}
    draws = redraw(bootstrap.batched(recipe), sources, {"audience": bootstrap.UniformDraws()}, settings)
    # The interval of the estimate integrates the same distribution without Monte Carlo error: it stays.
    return replace(estimate, replicates=draws["persons"])


def period_means(
    pairs: Mapping[str, CaptureHistories], periods: Mapping[str, tuple[str, ...]], settings: Settings
) -> dict[str, Replicates]:
    """Redraw the size behind every pair of lists and average over the pairs of each period.

    Given the sizes of the lists, the overlaps of adjacent pairs are independent although they share a list: each is the
    overlap of a fixed list with another random one. So each pair has a stream of its own.

    Parameters
    ----------
    pairs : mapping of str to CaptureHistories
        Two lists each, by the name of the pair.
    periods : mapping of str to tuple of str
        The pairs that belong to each period.
    settings : Settings

    Returns
    -------
    dict of str to Replicates
        Mean size in each period.
    """

    def recipe(sizes: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        return {period: np.mean([sizes[name] for name in names], axis=0) for period, names in periods.items()}

    schemes = {name: bootstrap.WaringHalf() for name in pairs}
    return dict(redraw(bootstrap.batched(recipe), dict(pairs), schemes, settings))
