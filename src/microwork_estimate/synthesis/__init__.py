"""Put estimates together: tiers that are never summed by mistake, and several estimates of one quantity."""

from __future__ import annotations

from microwork_estimate.synthesis.agreement import Conflict, conflict
from microwork_estimate.synthesis.cells import cell_totals, cumulated, tier_cells
from microwork_estimate.synthesis.coherence import TIERS_CONTAIN_EACH_OTHER, CoherentTiers, coherent
from microwork_estimate.synthesis.limits import Limit
from microwork_estimate.synthesis.pooling import bias_adjusted, bias_adjusted_pool, envelope, linear_pool
from microwork_estimate.synthesis.shares import ANSWERS_ARE_PERSONS, logit_interval, tier_shares
from microwork_estimate.synthesis.source_bias import ELICITED_BIAS, SourceBias
from microwork_estimate.synthesis.tiers import (
    DIPLAB_TIERS,
    OCCASIONAL,
    REGULAR,
    VERY_ACTIVE,
    Tier,
    TierCount,
    TierSet,
    exclusive,
    tiers,
)

__all__ = [
    "ANSWERS_ARE_PERSONS",
    "DIPLAB_TIERS",
    "ELICITED_BIAS",
    "OCCASIONAL",
    "REGULAR",
    "TIERS_CONTAIN_EACH_OTHER",
    "VERY_ACTIVE",
    "CoherentTiers",
    "Conflict",
    "Limit",
    "SourceBias",
    "Tier",
    "TierCount",
    "TierSet",
    "bias_adjusted",
    "bias_adjusted_pool",
    "cell_totals",
    "coherent",
    "conflict",
    "cumulated",
    "envelope",
    "exclusive",
    "linear_pool",
    "logit_interval",
    "tier_cells",
    "tier_shares",
    "tiers",
]
