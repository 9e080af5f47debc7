"""How the sources of a study are redrawn: which scheme for which source, and the recipe over the redraws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from microwork_estimate import bootstrap, platforms
from microwork_estimate.estimate import Estimate, Replicates
from microwork_estimate.frozen import FloatArray

if TYPE_CHECKING:
    from microwork_estimate.inputs import CaptureHistories, PlatformAudience
    from microwork_estimate.study.task import Settings


def audience_replicates(
    estimate: Estimate, visits: PlatformAudience, factors: platforms.AudienceFactors, settings: Settings
) -> Estimate:
    """Redraw every uncertain factor of an audience figure, on the stream ``audience``."""

    def recipe(uniforms: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        return {"persons": platforms.audience_draws(visits, factors, uniforms["audience"])}

    draws = bootstrap.replicate(
        bootstrap.batched(recipe),
        {"audience": platforms.n_audience_uniforms(visits)},
        bootstrap.Joint(schemes={"audience": bootstrap.UniformDraws()}),
        n_replicates=settings.n_replicates,
        seed=settings.seed,
    )
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

    draws = bootstrap.replicate(
        bootstrap.batched(recipe),
        dict(pairs),
        bootstrap.Joint(schemes={name: bootstrap.WaringHalf() for name in pairs}),
        n_replicates=settings.n_replicates,
        seed=settings.seed,
    )
    return dict(draws)
