"""Put estimates together: tiers that are never summed by mistake, and several estimates of one quantity."""

from __future__ import annotations

from microwork_estimate.synthesis.agreement import Conflict, conflict
from microwork_estimate.synthesis.amounts import MEANS_FROM_SURVEY, tier_amounts
from microwork_estimate.synthesis.cells import cell_totals, cumulated, tier_cells
from microwork_estimate.synthesis.coherence import TIERS_CONTAIN_EACH_OTHER, CoherentTiers, coherent
from microwork_estimate.synthesis.domains import (
    DOMAINS_FROM_SURVEY,
    DomainRow,
    DomainTable,
    TieredSample,
    domain_counts,
    domain_key,
    domain_weights,
)
from microwork_estimate.synthesis.limits import Limit
from microwork_estimate.synthesis.pooling import bias_adjusted, bias_adjusted_pool, envelope, linear_pool
from microwork_estimate.synthesis.shares import ANSWERS_ARE_PERSONS, logit_interval, tier_shares
from microwork_estimate.synthesis.simultaneous import joint_intervals
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
    "DOMAINS_FROM_SURVEY",
    "ELICITED_BIAS",
    "MEANS_FROM_SURVEY",
    "OCCASIONAL",
    "REGULAR",
    "TIERS_CONTAIN_EACH_OTHER",
    "VERY_ACTIVE",
    "CoherentTiers",
    "Conflict",
    "DomainRow",
    "DomainTable",
    "Limit",
    "SourceBias",
    "Tier",
    "TierCount",
    "TierSet",
    "TieredSample",
    "bias_adjusted",
    "bias_adjusted_pool",
    "cell_totals",
    "coherent",
    "conflict",
    "cumulated",
    "domain_counts",
    "domain_key",
    "domain_weights",
    "envelope",
    "exclusive",
    "joint_intervals",
    "linear_pool",
    "logit_interval",
    "tier_amounts",
    "tier_cells",
    "tier_shares",
    "tiers",
]
