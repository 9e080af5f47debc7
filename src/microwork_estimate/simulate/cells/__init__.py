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
from microwork_estimate.simulate.cells import platforms
from microwork_estimate.simulate.cells.audience import ElicitedSites, given_correlation, persons_from_figures
from microwork_estimate.simulate.cells.counts import Sightings
from microwork_estimate.simulate.cells.platforms import OnSite, Registered, Surveyed
from microwork_estimate.simulate.cells.several_lists import SeveralLists, pattern_chances, reselected_loglinear
from microwork_estimate.simulate.cells.surveys import Clusters, bootstrap_total, linearised_total, poststratified_mean
from microwork_estimate.simulate.cells.two_lists import Turnover, TwoLists, given_odds_ratio, waring_replicates

__all__ = [
    "ESTIMATORS",
    "WORLDS",
    "Clusters",
    "ElicitedSites",
    "OnSite",
    "Registered",
    "SeveralLists",
    "Sightings",
    "Surveyed",
    "Tried",
    "Turnover",
    "TwoLists",
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
    }
)
"""Every world that a cell may be about, by name; called with its parameters, it gives a world."""
