"""Tables, plots and words for readers, in English and French. Everything starts from the bundle alone."""

from __future__ import annotations

from microwork_estimate.reporting.files import forest_plot, series_plot, writers
from microwork_estimate.reporting.labels import LANGUAGES, Language, check_language, label, number, percent
from microwork_estimate.reporting.registry_tables import inputs_tables
from microwork_estimate.reporting.tables import (
    assumption_lines,
    finding_lines,
    table,
    warning_lines,
)
from microwork_estimate.reporting.text_table import TextTable

__all__ = [
    "LANGUAGES",
    "Language",
    "TextTable",
    "assumption_lines",
    "check_language",
    "finding_lines",
    "forest_plot",
    "inputs_tables",
    "label",
    "number",
    "percent",
    "series_plot",
    "table",
    "warning_lines",
    "writers",
]
