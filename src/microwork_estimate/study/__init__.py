"""What a study did and what it claims: the registry of figures, the recipes, the pipeline and the result bundle."""

from __future__ import annotations

from microwork_estimate.study.bundle import (
    BUNDLE_FILE,
    SCHEMA_VERSION,
    ResultBundle,
    ResultTable,
    read_bundle,
    write_files,
)
from microwork_estimate.study.figures import Figure, figures_csv
from microwork_estimate.study.package_data import data_path
from microwork_estimate.study.pipeline import DEFAULT_REPLICATES, DEFAULT_SEED, run
from microwork_estimate.study.readable import Inputs
from microwork_estimate.study.registry import Study, load, shipped_studies
from microwork_estimate.study.schema import schema_text, study_schema

__all__ = [
    "BUNDLE_FILE",
    "DEFAULT_REPLICATES",
    "DEFAULT_SEED",
    "SCHEMA_VERSION",
    "Figure",
    "Inputs",
    "ResultBundle",
    "ResultTable",
    "Study",
    "data_path",
    "figures_csv",
    "load",
    "read_bundle",
    "run",
    "schema_text",
    "shipped_studies",
    "study_schema",
    "write_files",
]
