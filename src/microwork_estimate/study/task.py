"""What a recipe gets and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from microwork_estimate.bootstrap.execution import PLAIN, Execution
from microwork_estimate.bootstrap.replication import checked_number
from microwork_estimate.bootstrap.streams import check_seed
from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.frozen import Scalar
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.readable import Inputs
from microwork_estimate.study.schema import TierEntry


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Settings of a run.

    Parameters
    ----------
    n_replicates : int
    seed : int
    level : float
        Confidence level of all intervals.
    execution : Execution
        Where replicates are computed and kept, and who is told how far they are: every recipe that redraws hands it on.
        No number depends on it, and it is not recorded.

    Raises
    ------
    InvalidInput
        If the seed or the number of replicates is missing or impossible, whether or not anything is redrawn.
    """

    n_replicates: int
    seed: int
    level: float = 0.95
    execution: Execution = PLAIN

    def __post_init__(self) -> None:
        check_seed(self.seed)
        checked_number(self.n_replicates)

    def recorded(self) -> dict[str, Scalar]:
        """Return what the numbers of the run depend on, for its bundle."""
        return {"n_replicates": self.n_replicates, "seed": self.seed, "level": self.level}


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One estimate to make: its inputs by their role, its options, and what it is about. No published result is in it.

    Parameters
    ----------
    name : str
    inputs : Inputs
    options : mapping of str to a plain value
    estimand : Estimand
    settings : Settings
    tiers : mapping of str to TierEntry
        The tiers of the study, from the most active on.
    """

    name: str
    inputs: Inputs
    options: Mapping[str, Scalar]
    estimand: Estimand
    settings: Settings
    tiers: Mapping[str, TierEntry] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a recipe found: estimates by their name in the result, and tables.

    Parameters
    ----------
    estimates : mapping of str to Estimate
    tables : mapping of str to ResultTable
    """

    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    tables: Mapping[str, ResultTable] = field(default_factory=dict)
