"""Publish, flag or suppress: what an office does with an estimate, by its coefficient of variation and by overlap.

The thresholds are habits of offices, not laws of statistics: they are a default that every office replaces by its own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import Estimate
from microwork_estimate.study.bundle import ResultBundle

Status = Literal["publish", "flag", "suppress"]
STATUSES: tuple[Status, ...] = ("publish", "flag", "suppress")  # from the mildest on


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicationRule:
    """When an estimate is published, published with a caution, or not published.

    The defaults are those that Statistics Canada has customarily given to users of its household surveys; another office
    has others.

    Parameters
    ----------
    flag_above : float
        Largest coefficient of variation (standard error over estimate, as a share) without a caution.
    suppress_above : float
        Largest coefficient of variation that is published at all.
    unknown : {"publish", "flag", "suppress"}
        What happens when nothing says how uncertain an estimate is, or only bounds are known.
    flag_overlap : float
        Two tiers or domains are flagged when their intervals share more than this part of the shorter of them.
    suppress_overlap : float or None
        Beyond this shared part, the less certain of the two is suppressed. None: overlap never suppresses.
    domains : tuple of (str, str)
        Names of estimates to compare, besides the tiers of the study.

    References
    ----------
    Statistics Canada (2011), *Canadian Community Health Survey: User Guide*, section on sampling variability guidelines:
    0 to 16.5 % acceptable, 16.6 to 33.3 % marginal, above 33.3 % unacceptable. Schenker & Gentleman (2001), *The American
    Statistician* 55, 182-186: intervals may overlap although the difference is significant, so that overlap asks for a
    look at the difference itself and is no test.

    Examples
    --------
    >>> PublicationRule().status_of(0.2)
    'flag'
    >>> PublicationRule(flag_above=0.25).status_of(0.2)
    'publish'
    """

    flag_above: float = 0.166
    suppress_above: float = 0.333
    unknown: Status = "flag"
    flag_overlap: float = 0.0
    suppress_overlap: float | None = None
    domains: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        check_choice(self.unknown, STATUSES, where="PublicationRule.unknown")
        upper = 1.0 if self.suppress_overlap is None else self.suppress_overlap
        if not 0 <= self.flag_above <= self.suppress_above or not 0 <= self.flag_overlap <= upper <= 1:
            raise InvalidInput(
                "thresholds out of order",
                expected="0 <= flag_above <= suppress_above and 0 <= flag_overlap <= suppress_overlap <= 1",
                got=f"{self.flag_above}, {self.suppress_above}; {self.flag_overlap}, {self.suppress_overlap}",
                where="PublicationRule",
                fix="give coefficients of variation and overlaps as shares, the milder threshold first",
            )

    def status_of(self, cv: float | None) -> Status:
        """Return what a coefficient of variation alone asks for."""
        if cv is None or math.isnan(cv):
            return self.unknown
        if cv <= self.flag_above:
            return "publish"
        return "flag" if cv <= self.suppress_above else "suppress"


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """What is done with one estimate, and why.

    Parameters
    ----------
    status : {"publish", "flag", "suppress"}
    cv : float or None
        Coefficient of variation, as a share.
    reasons : tuple of str
        ``"cv"``, ``"cv-unknown"``, ``"bounds-only"``, ``"no-value"``, ``"overlap:<name>"``.
    """

    status: Status
    cv: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """How far the intervals of two estimates overlap.

    Parameters
    ----------
    first, second : str
    share : float
        Length that both intervals share, over the length of the shorter: 0 apart, 1 one inside the other.
    """

    first: str
    second: str
    share: float


def coefficient_of_variation(estimate: Estimate) -> float | None:
    """Return the standard error over the estimate, as a share.

    Procedure: the standard error of the estimate; without one, the standard deviation of its replicates, if every draw has
    a number.

    Parameters
    ----------
    estimate : Estimate

    Returns
    -------
    float or None
        None when nothing says how uncertain the estimate is, or when it is zero.

    Examples
    --------
    >>> from microwork_estimate.estimate import Estimand
    >>> coefficient_of_variation(Estimate(name="n", value=50.0, standard_error=5.0, estimand=Estimand(), method="given"))
    0.1
    """
    if estimate.value is None or estimate.value == 0 or not math.isfinite(estimate.value):
        return None
    error = estimate.standard_error
    if error is None and estimate.replicates is not None:
        draws = estimate.replicates
        if len(draws) > 1 and draws.n_failed == 0:
            error = float(np.std(draws.values, ddof=1))
    return None if error is None or not math.isfinite(error) else abs(error / estimate.value)


def overlap_share(first: Estimate, second: Estimate) -> float | None:
    """Return the length that two intervals share, over the length of the shorter; None without two finite intervals.

    Parameters
    ----------
    first, second : Estimate

    Examples
    --------
    >>> from microwork_estimate.estimate import Estimand, Interval
    >>> def one(low, high):
    ...     between = Interval(low=low, high=high, level=0.95, method="given")
    ...     return Estimate(name="n", value=low, interval=between, estimand=Estimand(), method="given")
    >>> overlap_share(one(10, 20), one(18, 40))
    0.2
    """
    ends = [(e.interval.low, e.interval.high) for e in (first, second) if e.interval is not None]
    if len(ends) < 2 or not all(math.isfinite(end) for pair in ends for end in pair):
        return None
    (a, b), (c, d) = ends
    shared, shorter = min(b, d) - max(a, c), min(b - a, d - c)
    if shared < 0:
        return 0.0
    return 1.0 if shorter == 0 else shared / shorter


def overlaps(bundle: ResultBundle, rule: PublicationRule | None = None) -> tuple[Overlap, ...]:
    """Compare the intervals of the tiers of a study, and of the domains that the rule names.

    Parameters
    ----------
    bundle : ResultBundle
        A tier is represented by the first of its estimates that has an interval.
    rule : PublicationRule or None

    Returns
    -------
    tuple of Overlap

    Raises
    ------
    InvalidInput
        If the rule names an estimate that is not in the result.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("diplab-like"), n_replicates=99, seed=1)
    >>> [(pair.first, pair.second) for pair in overlaps(bundle)]
    [('very_active', 'regular'), ('very_active', 'occasional'), ('regular', 'occasional')]
    """
    chosen = rule or PublicationRule()
    unknown = {name for pair in chosen.domains for name in pair} - set(bundle.estimates)
    if unknown:
        raise InvalidInput(
            "unknown estimate",
            expected="one of " + ", ".join(bundle.estimates),
            got=", ".join(sorted(unknown)),
            where="PublicationRule.domains",
            fix="name estimates of the result",
        )
    pairs = [*itertools.combinations(_tier_estimates(bundle), 2), *chosen.domains]
    found = []
    for first, second in pairs:
        share = overlap_share(bundle.estimates[first], bundle.estimates[second])
        if share is not None:
            found.append(Overlap(first=first, second=second, share=share))
    return tuple(found)


def _tier_estimates(bundle: ResultBundle) -> list[str]:
    chosen = []
    for tier in bundle.study.get("tiers", ()):
        with_interval = [
            name for name in tier["estimates"] if name in bundle.estimates and bundle.estimates[name].interval
        ]
        chosen += with_interval[:1]
    return chosen


def publications(bundle: ResultBundle, rule: PublicationRule | None = None) -> Mapping[str, Publication]:
    """Say for each estimate of a result whether it is published, flagged or suppressed, and why.

    Parameters
    ----------
    bundle : ResultBundle
    rule : PublicationRule or None
        The customary thresholds if None.

    Returns
    -------
    mapping of str to Publication

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("stewart2015"), n_replicates=9, seed=1)
    >>> publications(bundle)["quarter_7"].status
    'publish'
    """
    chosen = rule or PublicationRule()
    found = {name: _by_itself(estimate, chosen) for name, estimate in bundle.estimates.items()}
    for pair in overlaps(bundle, chosen):
        for name, status in _asked_by(pair, found, chosen):
            other = pair.second if name == pair.first else pair.first
            found[name] = _stricter(found[name], status, f"overlap:{other}")
    return found


def _by_itself(estimate: Estimate, rule: PublicationRule) -> Publication:
    cv = coefficient_of_variation(estimate)
    if estimate.value is None:
        if estimate.bounds is None and estimate.interval is None:
            return Publication(status="suppress", cv=None, reasons=("no-value",))
        return Publication(status=rule.unknown, cv=None, reasons=("bounds-only",))
    status = rule.status_of(cv)
    reasons = ("cv-unknown",) if cv is None else () if status == "publish" else ("cv",)
    return Publication(status=status, cv=cv, reasons=reasons)


def _asked_by(pair: Overlap, found: Mapping[str, Publication], rule: PublicationRule) -> list[tuple[str, Status]]:
    if pair.share <= rule.flag_overlap:
        return []
    if rule.suppress_overlap is None or pair.share <= rule.suppress_overlap:
        return [(pair.first, "flag"), (pair.second, "flag")]
    less_certain = max(pair.first, pair.second, key=lambda name: (found[name].cv is None, found[name].cv or 0.0))
    return [(name, "suppress" if name == less_certain else "flag") for name in (pair.first, pair.second)]


def _stricter(made: Publication, status: Status, reason: str) -> Publication:
    worst = max(made.status, status, key=STATUSES.index)
    return Publication(status=worst, cv=made.cv, reasons=(*made.reasons, reason))
