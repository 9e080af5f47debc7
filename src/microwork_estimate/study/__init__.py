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
from microwork_estimate.study.checking import check, checked
from microwork_estimate.study.compare import Change, Comparison, Part, compare
from microwork_estimate.study.crate import write_bundle
from microwork_estimate.study.figures import Figure, figures_csv
from microwork_estimate.study.package_data import data_path
from microwork_estimate.study.pipeline import DEFAULT_REPLICATES, DEFAULT_SEED, run
from microwork_estimate.study.privacy import protect
from microwork_estimate.study.problems import Problem
from microwork_estimate.study.quality import PublicationRule, publications
from microwork_estimate.study.readable import Inputs
from microwork_estimate.study.registry import Study, load, shipped_studies
from microwork_estimate.study.schema import schema_text, study_schema
from microwork_estimate.study.sdmx import sdmx_csv
from microwork_estimate.study.sims import quality_report
from microwork_estimate.study.starting import start
from microwork_estimate.study.suppression import DEFAULT_THRESHOLD
from microwork_estimate.study.verify import Difference, FileCheck, Verification, verify

__all__ = [
    "BUNDLE_FILE",
    "DEFAULT_REPLICATES",
    "DEFAULT_SEED",
    "DEFAULT_THRESHOLD",
    "SCHEMA_VERSION",
    "Change",
    "Comparison",
    "Difference",
    "Figure",
    "FileCheck",
    "Inputs",
    "Part",
    "Problem",
    "PublicationRule",
    "ResultBundle",
    "ResultTable",
    "Study",
    "Verification",
    "check",
    "checked",
    "compare",
    "data_path",
    "figures_csv",
    "load",
    "protect",
    "publications",
    "quality_report",
    "read_bundle",
    "run",
    "schema_text",
    "sdmx_csv",
    "shipped_studies",
    "start",
    "study_schema",
    "verify",
    "write_bundle",
    "write_files",
]
