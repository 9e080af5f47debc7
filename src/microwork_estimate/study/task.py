"""What a recipe gets and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """

    n_replicates: int
    seed: int
    level: float = 0.95


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
