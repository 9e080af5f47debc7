"""Redraw every source of a study together, run the recipe again, and read the interval off the replicates."""

from __future__ import annotations

from microwork_estimate.bootstrap.bca import (
    Influence,
    acceleration,
    bca,
    bca_probabilities,
    delete_one_person,
    delete_one_unit,
)
from microwork_estimate.bootstrap.execution import Advance, Execution, Progress
from microwork_estimate.bootstrap.executors import SERIAL, Executor
from microwork_estimate.bootstrap.fingerprint import fingerprint
from microwork_estimate.bootstrap.intervals import basic, percentile, standard_error, studentised, with_replicates
from microwork_estimate.bootstrap.margin_draws import MarginDraws
from microwork_estimate.bootstrap.marked_folder import CheckpointNotWritten, MarkedFolder
from microwork_estimate.bootstrap.monte_carlo import IntervalError, how_many, interval_error, monte_carlo_error
from microwork_estimate.bootstrap.progress import progress_line
from microwork_estimate.bootstrap.replication import Failure, ReplicateSet, batched, replicate
from microwork_estimate.bootstrap.scales import IDENTITY, LOG, LOGIT, Scale, above
from microwork_estimate.bootstrap.schemes import (
    ElicitedDraws,
    Joint,
    MultinomialCounts,
    MultinomialHistories,
    ParametricCounts,
    RoundedAccounts,
    Scheme,
    UniformDraws,
    WaringHalf,
)
from microwork_estimate.bootstrap.streams import BLOCK, stream
from microwork_estimate.bootstrap.symmetric import imbens_manski, log_t, logit_t, normal
from microwork_estimate.weighting.bootstrap_schemes import BayesianWeights, PoissonWeights, RaoWuYue

__all__ = [
    "BLOCK",
    "IDENTITY",
    "LOG",
    "LOGIT",
    "SERIAL",
    "Advance",
    "BayesianWeights",
    "CheckpointNotWritten",
    "ElicitedDraws",
    "Execution",
    "Executor",
    "Failure",
    "Influence",
    "IntervalError",
    "Joint",
    "MarginDraws",
    "MarkedFolder",
    "MultinomialCounts",
    "MultinomialHistories",
    "ParametricCounts",
    "PoissonWeights",
    "Progress",
    "RaoWuYue",
    "ReplicateSet",
    "RoundedAccounts",
    "Scale",
    "Scheme",
    "UniformDraws",
    "WaringHalf",
    "above",
    "acceleration",
    "basic",
    "batched",
    "bca",
    "bca_probabilities",
    "delete_one_person",
    "delete_one_unit",
    "fingerprint",
    "how_many",
    "imbens_manski",
    "interval_error",
    "log_t",
    "logit_t",
    "monte_carlo_error",
    "normal",
    "percentile",
    "progress_line",
    "replicate",
    "standard_error",
    "stream",
    "studentised",
    "with_replicates",
]
