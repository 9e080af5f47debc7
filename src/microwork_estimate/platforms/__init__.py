"""From accounts and visits to persons: multiplicity, bounds, web audience.

A person on two platforms is in the sum of registrations twice. The verbs of this room divide by a multiplicity
(platforms per person), say which mean is the right one, and give bounds where a published figure leaves it open.
"""

from __future__ import annotations

from microwork_estimate.platforms.audience import audience_by_correlation, persons_from_audience
from microwork_estimate.platforms.audience_draws import (
    AudienceFactors,
    audience_draws,
    n_audience_uniforms,
    persons_given_factors,
)
from microwork_estimate.platforms.bounds import multiplicity_bounds
from microwork_estimate.platforms.multiplicity import multiplicity, stated_multiplicity
from microwork_estimate.platforms.one_platform import one_platform_bounds
from microwork_estimate.platforms.registrations import persons_from_registrations
from microwork_estimate.platforms.tornado import Tornado, audience_tornado

__all__ = [
    "AudienceFactors",
    "Tornado",
    "audience_by_correlation",
    "audience_draws",
    "audience_tornado",
    "multiplicity",
    "multiplicity_bounds",
    "n_audience_uniforms",
    "one_platform_bounds",
    "persons_from_audience",
    "persons_from_registrations",
    "persons_given_factors",
    "stated_multiplicity",
]
