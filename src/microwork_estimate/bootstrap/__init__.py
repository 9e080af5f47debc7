"""Redraw every source of a study together, run the recipe again, and read the interval off the replicates."""

from __future__ import annotations

from microwork_estimate.bootstrap.intervals import monte_carlo_error, percentile, standard_error, with_replicates
from microwork_estimate.bootstrap.replication import ReplicateSet, batched, replicate
from microwork_estimate.bootstrap.schemes import (
    ElicitedDraws,
    Joint,
    MultinomialCounts,
    RoundedAccounts,
    Scheme,
    UniformDraws,
    WaringHalf,
)
from microwork_estimate.bootstrap.streams import BLOCK, stream

__all__ = [
    "BLOCK",
    "ElicitedDraws",
    "Joint",
    "MultinomialCounts",
    "ReplicateSet",
    "RoundedAccounts",
    "Scheme",
    "UniformDraws",
    "WaringHalf",
    "batched",
    "monte_carlo_error",
    "percentile",
    "replicate",
    "standard_error",
    "stream",
    "with_replicates",
]
