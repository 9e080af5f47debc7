"""Tables, plots and words for readers, in English and French. Everything starts from the bundle alone."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from microwork_estimate.reporting.citation import citation
from microwork_estimate.reporting.files import forest_plot, series_plot, writers
from microwork_estimate.reporting.labels import LANGUAGES, Language, check_language, label, number, percent
from microwork_estimate.reporting.registry_tables import inputs_tables
from microwork_estimate.reporting.report_html import html_report
from microwork_estimate.reporting.report_latex import latex_report
from microwork_estimate.reporting.report_markdown import markdown_report
from microwork_estimate.reporting.tables import (
    assumption_lines,
    finding_lines,
    table,
    warning_lines,
)
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.reporting.weighting_frames import rows_frame, summary_frame

if TYPE_CHECKING:
    from microwork_estimate.reporting.balance import draw_balance
    from microwork_estimate.reporting.dial_plot import draw_dial
    from microwork_estimate.reporting.disagreement_plot import disagreement_panel, draw_disagreement, route_plot
    from microwork_estimate.reporting.overlap_plot import draw_overlap
    from microwork_estimate.reporting.profile_plot import draw_profile
    from microwork_estimate.reporting.ratio_plot import draw_ratios
    from microwork_estimate.reporting.spread_plot import SpreadRow, draw_spread, spread_rows
    from microwork_estimate.reporting.waterfall import WaterfallRow, draw_waterfall
    from microwork_estimate.reporting.weight_plot import draw_weights

# Pictures load when first named: matplotlib takes longer than all the rest.
_PICTURES = {
    "SpreadRow": "spread_plot",
    "WaterfallRow": "waterfall",
    "disagreement_panel": "disagreement_plot",
    "draw_balance": "balance",
    "draw_dial": "dial_plot",
    "draw_disagreement": "disagreement_plot",
    "draw_overlap": "overlap_plot",
    "draw_profile": "profile_plot",
    "draw_ratios": "ratio_plot",
    "draw_spread": "spread_plot",
    "draw_waterfall": "waterfall",
    "draw_weights": "weight_plot",
    "route_plot": "disagreement_plot",
    "spread_rows": "spread_plot",
}

__all__ = [
    "LANGUAGES",
    "Language",
    "SpreadRow",
    "TextTable",
    "WaterfallRow",
    "assumption_lines",
    "check_language",
    "citation",
    "disagreement_panel",
    "draw_balance",
    "draw_dial",
    "draw_disagreement",
    "draw_overlap",
    "draw_profile",
    "draw_ratios",
    "draw_spread",
    "draw_waterfall",
    "draw_weights",
    "finding_lines",
    "forest_plot",
    "html_report",
    "inputs_tables",
    "label",
    "latex_report",
    "markdown_report",
    "number",
    "percent",
    "route_plot",
    "rows_frame",
    "series_plot",
    "spread_rows",
    "summary_frame",
    "table",
    "warning_lines",
    "writers",
]


def __getattr__(name: str) -> object:
    """Import a picture the first time it is named (PEP 562)."""
    if name in _PICTURES:
        return getattr(importlib.import_module(f"{__name__}.{_PICTURES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
