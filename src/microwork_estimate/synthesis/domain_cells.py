"""One tier in one domain: its count, its share of the tier, and what an empty or a full cell still says."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from microwork_estimate.bootstrap import percentile, with_replicates
from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Assumption, Bounds, Estimand, Estimate, FrozenMapping, Interval, Replicates

_EDGE = "exact, one-sided, effective size"
_REFERENCES = (
    "Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, chapter 10",
    "Korn & Graubard (1998), Survey Methodology 24, 193-201",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """What is known of one tier in one domain.

    Parameters
    ----------
    name : str
    tier : Estimate
        People in the tier, with replicates where there are any.
    count : float or None
        People of the tier in the domain; None where nobody of the tier answered, or the tier has no value.
    count_draws : Replicates or None
    share : float or None
        Of the tier.
    share_draws : Replicates or None
    respondents : int
        In the cell.
    size : float
        Respondents of the tier that its weights are worth; 0 where nobody answered.
    """

    name: str
    tier: Estimate
    count: float | None
    count_draws: Replicates | None
    share: float | None
    share_draws: Replicates | None
    respondents: int
    size: float

    @property
    def at_the_edge(self) -> bool:
        """Whether nobody, or everybody, of the tier who answered is in the domain."""
        return self.share in (0.0, 1.0)


def cell_estimates(cell: Cell, level: float, assumption: Assumption) -> tuple[Estimate, Estimate]:
    """Return the count and the share of a cell as estimates.

    Parameters
    ----------
    cell : Cell
    level : float
    assumption : Assumption
        Under which the survey speaks for the tier.
    """
    about = replace(cell.tier.estimand, unit="share")
    count = _plain(cell, f"{cell.name}", cell.count, cell.tier.estimand, assumption)
    share = _plain(cell, f"{cell.name}, share", cell.share, about, assumption)
    if cell.share is None:
        return _unknown(cell, count, share)
    if cell.at_the_edge:
        return _edge(cell, count, share, level)
    draws = None if cell.count is None else cell.count_draws
    return _replicated(count, draws, level), _replicated(share, cell.share_draws, level)


def edge_intervals(cell: Cell, level: float) -> tuple[Interval | None, Interval]:
    """Return the intervals of the count and of the share of an empty or a full cell.

    The largest share p that nobody in a sample of the size m leaves is that with (1 - p)^m = 1 - level. For the count,
    share and tier have (1 + level)/2 each, one-sided.
    """
    low, high = _edge_share(cell, level)
    share = Interval(low=low, high=high, level=level, method=_EDGE)
    if cell.tier.value is None:
        return None, share
    ends = (cell.tier.value, cell.tier.value)
    if cell.tier.replicates is not None and cell.tier.replicates.n_failed < len(cell.tier.replicates):
        around = percentile(cell.tier.replicates, level=level)
        ends = (min(around.low, ends[0]), max(around.high, ends[1]))
    low, high = _edge_share(cell, (1 + level) / 2)
    method = f"{_EDGE}, times the end of the tier"
    return Interval(low=low * ends[0], high=high * ends[1], level=level, method=method), share


def _edge_share(cell: Cell, level: float) -> tuple[float, float]:
    limit = float(-np.expm1(np.log1p(-level) / cell.size))
    return (0.0, limit) if cell.share == 0 else (1 - limit, 1.0)


def _edge(cell: Cell, count: Estimate, share: Estimate, level: float) -> tuple[Estimate, Estimate]:
    who = "nobody" if cell.share == 0 else "everybody"
    message = f"{cell.name}: {who} among the respondents of the tier, worth {cell.size:.0f}; only a limit is known"
    warning = CodedWarning(code="share-at-the-edge", message=message)
    around = edge_intervals(cell, level)
    draws = (cell.count_draws, cell.share_draws)
    made = [
        replace(estimate, interval=interval, replicates=item, warnings=(*estimate.warnings, warning))
        for estimate, interval, item in zip((count, share), around, draws, strict=True)
    ]
    return made[0], made[1]


def _unknown(cell: Cell, count: Estimate, share: Estimate) -> tuple[Estimate, Estimate]:
    message = f"{cell.name}: nobody of the tier answered, so that its domains are not identified"
    warning = CodedWarning(code="tier-without-respondents", message=message)
    reason = "nobody of the tier, or of one within it, answered"
    whole = cell.tier.value
    bounds = None if whole is None else Bounds(low=0.0, high=whole, reason=reason, sharp=cell.size == 0)
    open_share = Bounds(low=0.0, high=1.0, reason=reason, sharp=cell.size == 0)
    return (
        replace(count, bounds=bounds, warnings=(*count.warnings, warning)),
        replace(share, bounds=open_share, warnings=(*share.warnings, warning)),
    )


def _replicated(estimate: Estimate, draws: Replicates | None, level: float) -> Estimate:
    if draws is None or draws.n_failed == len(draws):
        return estimate
    return with_replicates(estimate, draws, level=level)


def _plain(cell: Cell, name: str, value: float | None, about: Estimand, assumption: Assumption) -> Estimate:
    missing: tuple[CodedWarning, ...] = ()
    if value is None and not cell.tier.warnings:
        missing = (CodedWarning(code="unavailable", message=f"{name} needs a tier that has a value"),)
    return Estimate(
        name=name,
        value=value,
        estimand=about,
        method="count of the tier times weighted share" if about.unit != "share" else "weighted share of the tier",
        assumptions=(*cell.tier.assumptions, assumption),
        warnings=(*cell.tier.warnings, *missing),
        references=_REFERENCES,
        diagnostics=FrozenMapping({"respondents": cell.respondents, "effective_size": cell.size}),
    )
