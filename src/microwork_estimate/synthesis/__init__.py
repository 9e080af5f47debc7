"""Put estimates of one study together: tiers that are nested or exclusive, and never summed by mistake."""

from __future__ import annotations

from microwork_estimate.synthesis.shares import ANSWERS_ARE_PERSONS, logit_interval, tier_shares
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
    "OCCASIONAL",
    "REGULAR",
    "VERY_ACTIVE",
    "Tier",
    "TierCount",
    "TierSet",
    "exclusive",
    "logit_interval",
    "tier_shares",
    "tiers",
]
