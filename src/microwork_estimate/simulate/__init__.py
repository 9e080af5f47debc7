"""Synthetic workforces with a known truth, and instruments that observe them as studies do.

A world is made by :func:`population`. Every instrument takes it and returns :class:`Observed`: the data as a noun of
:mod:`microwork_estimate.inputs`, and the truth by name. One seed makes one world or one observation; inside it, every
part draws from a stream of its own. :func:`interval_coverage` tries an estimator in a world many times.
"""

from __future__ import annotations

from microwork_estimate.simulate.answers import USUAL_BANDS, Answers
from microwork_estimate.simulate.coverage import Run, interval_coverage, simulated_outcomes
from microwork_estimate.simulate.coverage_report import CoverageReport, Outcome, standard_error_ratio, summarise
from microwork_estimate.simulate.linkage import Linkage
from microwork_estimate.simulate.lists import Capture, both_probability, lists
from microwork_estimate.simulate.market import PlatformMarket
from microwork_estimate.simulate.observed import Observed
from microwork_estimate.simulate.options import (
    FRENCH_ACTIVE_LIKE,
    WINDOW_DAYS,
    Activity,
    Attrition,
    Covariate,
    Propensity,
    Targets,
)
from microwork_estimate.simulate.population import TIERS, Population, population
from microwork_estimate.simulate.registrations import Declaration, registrations
from microwork_estimate.simulate.sightings import SightingRate, sightings
from microwork_estimate.simulate.survey import survey
from microwork_estimate.simulate.survey_days import SurveyPlan, survey_days
from microwork_estimate.simulate.survey_design import Effect, FieldWork, Reach
from microwork_estimate.simulate.traffic import Provider, Visitors, traffic
from microwork_estimate.simulate.visit_log import visit_log

__all__ = [
    "FRENCH_ACTIVE_LIKE",
    "TIERS",
    "USUAL_BANDS",
    "WINDOW_DAYS",
    "Activity",
    "Answers",
    "Attrition",
    "Capture",
    "Covariate",
    "CoverageReport",
    "Declaration",
    "Effect",
    "FieldWork",
    "Linkage",
    "Observed",
    "Outcome",
    "PlatformMarket",
    "Population",
    "Propensity",
    "Provider",
    "Reach",
    "Run",
    "SightingRate",
    "SurveyPlan",
    "Targets",
    "Visitors",
    "both_probability",
    "interval_coverage",
    "lists",
    "population",
    "registrations",
    "sightings",
    "simulated_outcomes",
    "standard_error_ratio",
    "summarise",
    "survey",
    "survey_days",
    "traffic",
    "visit_log",
]
