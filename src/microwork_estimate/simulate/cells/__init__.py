"""What certificates are made of: worlds with a known truth, and estimators to be tried in them, each under a name.

A cell of the table of certificates names one of each with its options. All of them stand in a module and can be sent to
another process. New estimators are added here by the work that brings them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from microwork_estimate import capture_recapture
from microwork_estimate.estimate import Estimate
from microwork_estimate.simulate.cells import covered, platforms, pools, subsets, surveyed_lists, visits
from microwork_estimate.simulate.cells.accounts_ledger import StatedLedger, persons_by_ledger
from microwork_estimate.simulate.cells.audience import ElicitedSites, given_correlation, persons_from_figures
from microwork_estimate.simulate.cells.counts import Sightings
from microwork_estimate.simulate.cells.covered import ListsWithCovariate, SightingsWithCovariate
from microwork_estimate.simulate.cells.domains import TieredDomains, domain_count, domains_hold
from microwork_estimate.simulate.cells.open_lists import OpenOccasions, open_population
from microwork_estimate.simulate.cells.platforms import OnSite, Registered, Surveyed
from microwork_estimate.simulate.cells.pools import BiasedSources
from microwork_estimate.simulate.cells.several_lists import (
    SeveralLists,
    latent_class_draws,
    pattern_chances,
    reselected_loglinear,
)
from microwork_estimate.simulate.cells.subsets import PlatformSubset
from microwork_estimate.simulate.cells.surveyed_lists import SurveyedList
from microwork_estimate.simulate.cells.surveys import (
    Clusters,
    bootstrap_total,
    calibrated_total,
    linearised_total,
    poststratified_mean,
)
from microwork_estimate.simulate.cells.tiers import TieredClusters, tier_ratio
from microwork_estimate.simulate.cells.two_lists import (
    Turnover,
    TwoLists,
    given_odds_ratio,
    given_turnover,
    waring_replicates,
)
from microwork_estimate.simulate.cells.visits import OnSiteVisits, Visits
from microwork_estimate.simulate.cells.volunteers import Volunteers, mean_given_defect, volunteer_mean

__all__ = [
    "ESTIMATORS",
    "WORLDS",
    "BiasedSources",
    "Clusters",
    "ElicitedSites",
    "ListsWithCovariate",
    "OnSite",
    "OnSiteVisits",
    "OpenOccasions",
    "PlatformSubset",
    "Registered",
    "SeveralLists",
    "Sightings",
    "SightingsWithCovariate",
    "StatedLedger",
    "Surveyed",
    "SurveyedList",
    "TieredClusters",
    "TieredDomains",
    "Tried",
    "Turnover",
    "TwoLists",
    "Visits",
    "Volunteers",
    "pattern_chances",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """An estimator as certificates try it.

    Parameters
    ----------
    function : callable
        Takes the data of a world and keyword options, `level` among them, and returns an Estimate.
    calls : str
        The public function that it comes down to, as ``"room.function"``: what an assumption names that varies it.
    """

    function: Callable[..., Estimate]
    calls: str


ESTIMATORS: Mapping[str, Tried] = MappingProxyType(
    {
        "chapman": Tried(function=capture_recapture.chapman, calls="capture_recapture.chapman"),
        "odds_ratio_curve": Tried(function=given_odds_ratio, calls="capture_recapture.odds_ratio_curve"),
        "odds_ratio_bounds": Tried(
            function=capture_recapture.odds_ratio_bounds, calls="capture_recapture.odds_ratio_bounds"
        ),
        "waring_replicates": Tried(function=waring_replicates, calls="bootstrap.replicate"),
        "chao_lower_bound": Tried(
            function=capture_recapture.chao_lower_bound, calls="capture_recapture.chao_lower_bound"
        ),
        "zelterman": Tried(function=capture_recapture.zelterman, calls="capture_recapture.zelterman"),
        "zero_truncated": Tried(function=capture_recapture.zero_truncated, calls="capture_recapture.zero_truncated"),
        "binomial_mixture": Tried(
            function=capture_recapture.binomial_mixture, calls="capture_recapture.binomial_mixture"
        ),
        "latent_class": Tried(function=capture_recapture.latent_class, calls="capture_recapture.latent_class"),
        "closed_model": Tried(function=capture_recapture.closed_model, calls="capture_recapture.closed_model"),
        "select_loglinear": Tried(
            function=capture_recapture.select_loglinear, calls="capture_recapture.select_loglinear"
        ),
        "average_loglinear": Tried(
            function=capture_recapture.average_loglinear, calls="capture_recapture.average_loglinear"
        ),
        "reselected_loglinear": Tried(function=reselected_loglinear, calls="capture_recapture.Reselection"),
        "linearised_total": Tried(function=linearised_total, calls="weighting.total"),
        "rao_wu_yue_total": Tried(function=bootstrap_total, calls="weighting.replicate_weights"),
        "poststratified_mean": Tried(function=poststratified_mean, calls="weighting.calibrate_replicates"),
        "persons_by_platform": Tried(function=platforms.persons_by_platform, calls="platforms.multiplicity"),
        "persons_pooled": Tried(function=platforms.persons_pooled, calls="platforms.multiplicity"),
        "persons_by_stated_mean": Tried(
            function=platforms.persons_by_stated_mean, calls="platforms.stated_multiplicity"
        ),
        "published_mean_bounds": Tried(function=platforms.published_mean_bounds, calls="platforms.multiplicity_bounds"),
        "first_platform_bounds": Tried(function=platforms.first_platform_bounds, calls="platforms.one_platform_bounds"),
        "weekly_share": Tried(function=platforms.weekly_share, calls="synthesis.tier_shares"),
        "persons_from_audience": Tried(function=persons_from_figures, calls="platforms.persons_from_audience"),
        "audience_by_correlation": Tried(function=given_correlation, calls="platforms.audience_by_correlation"),
        "adjusted_two_lists": Tried(function=given_turnover, calls="capture_recapture.adjusted_two_lists"),
        "one_inflated": Tried(function=capture_recapture.one_inflated, calls="capture_recapture.one_inflated"),
        "zero_one_truncated": Tried(
            function=capture_recapture.zero_one_truncated, calls="capture_recapture.zero_one_truncated"
        ),
        "count_regression": Tried(
            function=capture_recapture.count_regression, calls="capture_recapture.count_regression"
        ),
        "huggins_alho": Tried(function=capture_recapture.huggins_alho, calls="capture_recapture.huggins_alho"),
        "doubly_robust": Tried(function=covered.doubly_robust, calls="capture_recapture.doubly_robust"),
        "sample_coverage": Tried(function=capture_recapture.sample_coverage, calls="capture_recapture.sample_coverage"),
        "sparse_loglinear": Tried(
            function=capture_recapture.sparse_loglinear, calls="capture_recapture.sparse_loglinear"
        ),
        "decomposable_average": Tried(
            function=capture_recapture.decomposable_average, calls="capture_recapture.decomposable_average"
        ),
        "latent_class_bayes": Tried(function=latent_class_draws, calls="capture_recapture.latent_class_bayes"),
        "open_population": Tried(function=open_population, calls="capture_recapture.superpopulation"),
        "survey_recapture": Tried(function=surveyed_lists.survey_recapture, calls="capture_recapture.survey_recapture"),
        "survey_odds_ratio_curve": Tried(
            function=surveyed_lists.survey_given_odds_ratio, calls="capture_recapture.survey_odds_ratio_curve"
        ),
        "survey_odds_ratio_bounds": Tried(
            function=surveyed_lists.survey_within_odds_ratios, calls="capture_recapture.survey_odds_ratio_bounds"
        ),
        "domain_count": Tried(function=domain_count, calls="synthesis.domain_counts"),
        "domains_hold": Tried(function=domains_hold, calls="synthesis.joint_intervals"),
        "tier_ratio": Tried(function=tier_ratio, calls="weighting.replicate_weights"),
        "calibrated_total": Tried(function=calibrated_total, calls="weighting.poststratify"),
        "volunteer_mean": Tried(function=volunteer_mean, calls="weighting.pseudo_weighted_mean"),
        "data_defect_curve": Tried(function=mean_given_defect, calls="weighting.data_defect_curve"),
        "surveyed_platform_bounds": Tried(function=subsets.surveyed_platform_bounds, calls="platforms.subset_bounds"),
        "transported_persons": Tried(function=subsets.transported_persons, calls="platforms.subset_bounds"),
        "calibrated_multiplicity": Tried(
            function=subsets.calibrated_multiplicity, calls="platforms.calibrated_persons"
        ),
        "persons_from_platform_days": Tried(
            function=visits.persons_from_visits, calls="platforms.persons_from_platform_days"
        ),
        "active_share": Tried(function=visits.share_of_active, calls="platforms.tier_shares_on_site"),
        "persons_by_ledger": Tried(function=persons_by_ledger, calls="platforms.registrations_ledger"),
        "linear_pool": Tried(function=pools.linear_pool, calls="synthesis.linear_pool"),
        "bias_adjusted_pool": Tried(function=pools.pool_where_given, calls="synthesis.bias_adjusted_pool"),
        "pool_without_bias": Tried(function=pools.pool_without_bias, calls="synthesis.bias_adjusted_pool"),
        "inverse_variance_pool": Tried(function=pools.inverse_variance_pool, calls="synthesis.linear_pool"),
    }
)
"""Every estimator that a cell may try, by name."""

WORLDS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "two_lists": TwoLists,
        "turnover": Turnover,
        "sightings": Sightings,
        "several_lists": SeveralLists,
        "clusters": Clusters,
        "registered": Registered,
        "on_site": OnSite,
        "elicited_sites": ElicitedSites,
        "stated_ledger": StatedLedger,
        "biased_sources": BiasedSources,
        "lists_with_covariate": ListsWithCovariate,
        "sightings_with_covariate": SightingsWithCovariate,
        "open_occasions": OpenOccasions,
        "surveyed_list": SurveyedList,
        "platform_subset": PlatformSubset,
        "visits": Visits,
        "on_site_visits": OnSiteVisits,
        "tiered_clusters": TieredClusters,
        "tiered_domains": TieredDomains,
        "volunteers": Volunteers,
    }
)
"""Every world that a cell may be about, by name; called with its parameters, it gives a world."""
