"""From accounts and visits to persons: multiplicity, bounds, weight sharing, avidity, ledger, web audience.

A person on two platforms is in the sum of registrations twice, and a person who comes ten times is in the sum of visits
ten times. The verbs of this room share accounts and visits among persons, say which mean is the right one, and give
bounds where a published figure or a survey leaves it open.
"""

from __future__ import annotations

from microwork_estimate.platforms.account_error import AccountError, account_error
from microwork_estimate.platforms.account_survey import AccountSurvey
from microwork_estimate.platforms.audience import audience_by_correlation, persons_from_audience
from microwork_estimate.platforms.audience_draws import audience_draws, n_audience_uniforms, persons_given_factors
from microwork_estimate.platforms.audience_factors import AudienceFactors
from microwork_estimate.platforms.avidity import TierShares, avidity_curve, tier_shares_on_site
from microwork_estimate.platforms.avidity_law import Avidity, avidity_weights
from microwork_estimate.platforms.bounds import multiplicity_bounds
from microwork_estimate.platforms.calibrated import calibrated_persons
from microwork_estimate.platforms.censored import CensoredSites
from microwork_estimate.platforms.correlation import (
    FactorCorrelation,
    factor_correlation,
    nearest_correlation,
    normal_score_correlation,
)
from microwork_estimate.platforms.count_means import CountMeans, count_means
from microwork_estimate.platforms.day_question import Bands, DayQuestion
from microwork_estimate.platforms.families import FamilyReading, FamilyReadings, family_readings
from microwork_estimate.platforms.ledger import (
    Ledger,
    LedgerFactors,
    LedgerRow,
    ledger_draws,
    n_ledger_uniforms,
    registrations_ledger,
)
from microwork_estimate.platforms.links import AccountLinks, persons_from_links, weight_share
from microwork_estimate.platforms.multiplicity import multiplicity, stated_multiplicity
from microwork_estimate.platforms.one_platform import one_platform_bounds
from microwork_estimate.platforms.person_weights import person_weights, persons_by_platform
from microwork_estimate.platforms.platform_days import WindowPersons, persons_from_platform_days
from microwork_estimate.platforms.recall import deconvolve_counts, recall_curve
from microwork_estimate.platforms.registrations import persons_from_registrations
from microwork_estimate.platforms.subset import SubsetBounds, subset_bounds
from microwork_estimate.platforms.subset_programme import SubsetKnowledge
from microwork_estimate.platforms.tornado import Tornado, audience_tornado
from microwork_estimate.platforms.undeclared import accounts_from_traffic
from microwork_estimate.platforms.variance_shares import VarianceShares, audience_variance_shares

__all__ = [
    "AccountError",
    "AccountLinks",
    "AccountSurvey",
    "AudienceFactors",
    "Avidity",
    "Bands",
    "CensoredSites",
    "CountMeans",
    "DayQuestion",
    "FactorCorrelation",
    "FamilyReading",
    "FamilyReadings",
    "Ledger",
    "LedgerFactors",
    "LedgerRow",
    "SubsetBounds",
    "SubsetKnowledge",
    "TierShares",
    "Tornado",
    "VarianceShares",
    "WindowPersons",
    "account_error",
    "accounts_from_traffic",
    "audience_by_correlation",
    "audience_draws",
    "audience_tornado",
    "audience_variance_shares",
    "avidity_curve",
    "avidity_weights",
    "calibrated_persons",
    "count_means",
    "deconvolve_counts",
    "factor_correlation",
    "family_readings",
    "ledger_draws",
    "multiplicity",
    "multiplicity_bounds",
    "n_audience_uniforms",
    "n_ledger_uniforms",
    "nearest_correlation",
    "normal_score_correlation",
    "one_platform_bounds",
    "person_weights",
    "persons_by_platform",
    "persons_from_audience",
    "persons_from_links",
    "persons_from_platform_days",
    "persons_from_registrations",
    "persons_given_factors",
    "recall_curve",
    "registrations_ledger",
    "stated_multiplicity",
    "subset_bounds",
    "tier_shares_on_site",
    "weight_share",
]
