"""The gate: tables become validated nouns, once. An object that exists is valid."""

from __future__ import annotations

from microwork_estimate.inputs.captured import CapturedPersons, DesignMatrix
from microwork_estimate.inputs.elicited import Distribution, Elicited
from microwork_estimate.inputs.histories import CaptureCounts, CaptureHistories, all_patterns
from microwork_estimate.inputs.identifier_sources import IdentifierList
from microwork_estimate.inputs.identifiers import IdentifierRules
from microwork_estimate.inputs.linkage import LinkedLists, OutOfCore, link_lists, link_occasions
from microwork_estimate.inputs.margin_tables import margins_from_table
from microwork_estimate.inputs.margins import Margin, Margins, scaled_margins
from microwork_estimate.inputs.occasions import OccasionHistories
from microwork_estimate.inputs.open_counts import OpenCounts, next_sightings
from microwork_estimate.inputs.platform_days import PlatformDays
from microwork_estimate.inputs.platforms import PlatformAudience, PlatformRegistrations
from microwork_estimate.inputs.survey import ReachedVia, SurveySample
from microwork_estimate.inputs.tables import (
    capture_counts,
    capture_histories,
    capture_pairs,
    column,
    counts_by_group,
    platform_registrations,
    read_table,
    read_text,
    survey_sample,
)

__all__ = [
    "CaptureCounts",
    "CaptureHistories",
    "CapturedPersons",
    "DesignMatrix",
    "Distribution",
    "Elicited",
    "IdentifierList",
    "IdentifierRules",
    "LinkedLists",
    "Margin",
    "Margins",
    "OccasionHistories",
    "OpenCounts",
    "OutOfCore",
    "PlatformAudience",
    "PlatformDays",
    "PlatformRegistrations",
    "ReachedVia",
    "SurveySample",
    "all_patterns",
    "capture_counts",
    "capture_histories",
    "capture_pairs",
    "column",
    "counts_by_group",
    "link_lists",
    "link_occasions",
    "margins_from_table",
    "next_sightings",
    "platform_registrations",
    "read_table",
    "read_text",
    "scaled_margins",
    "survey_sample",
]
