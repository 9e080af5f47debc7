"""Tiers from different sources, made to contain each other in every replicate, and how far they had to be moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from microwork_estimate.bootstrap import percentile, standard_error
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Assumption, Estimate, FrozenMapping, Replicates
from microwork_estimate.frozen import FloatArray
from microwork_estimate.small_tables import grid_table, notes_list
from microwork_estimate.synthesis.order_restriction import disordered, isotonic
from microwork_estimate.synthesis.tiers import TierSet

DOUBTFUL_RATE = 0.2  # of replicates in the wrong order: above it the sources disagree
REFUSED_RATE = 0.5  # above it the order would be imposed against the data

TIERS_CONTAIN_EACH_OTHER = Assumption(
    id="tiers-contain-each-other",
    statement_en="Each tier is part of the next: all sources count the same people, platforms and period.",
    statement_fr=(
        "Chaque niveau est contenu dans le suivant : toutes les sources comptent les mêmes personnes, plateformes et "
        "périodes."
    ),
    testable=True,
    direction_of_bias_if_violated="either",
    sensitivity="synthesis.coherent",
)
_REFERENCES = ("Robertson, Wright & Dykstra (1988), Order Restricted Statistical Inference, chapter 1",)


@dataclass(frozen=True, kw_only=True, slots=True)
class CoherentTiers:
    """Nested tiers before and after they were put in order.

    Parameters
    ----------
    unconstrained : TierSet
        As the sources give them.
    constrained : TierSet or None
        In order in every replicate; None when the sources disagree in more than half of the replicates.
    violation_rate : float
        Share of the replicates in which a tier is larger than the one that should contain it.
    largest_shift : float or None
        Largest factor by which putting in order moved a value, as a ratio of 1 or more; None without constrained values.
    warnings : tuple of CodedWarning
    """

    unconstrained: TierSet
    constrained: TierSet | None
    violation_rate: float
    largest_shift: float | None
    warnings: tuple[CodedWarning, ...]

    def _repr_html_(self) -> str:
        rows = []
        for part in self.unconstrained:
            after = ("none", "") if self.constrained is None else self.constrained[part.tier.id].display()[:2]
            rows.append([part.tier.label_en, *part.estimate.display()[:2], *after])
        head = ("tier", "as the sources say", "interval", "in order", "interval")
        title = f"Nested tiers; out of order in {100 * self.violation_rate:.0f} % of the redraws"
        return grid_table(title, head, rows) + notes_list(str(warning) for warning in self.warnings)


def coherent(nested: TierSet, *, prior_widths: Mapping[str, float] | None = None, level: float = 0.95) -> CoherentTiers:
    """Make tiers from different sources contain each other in every replicate.

    Procedure: each replicate is one row of tier sizes. Where a tier is larger than the one that should contain it, the
    rows are replaced by the nearest row in order, in squares on the logarithmic scale, weighted by 1 / (s^2 + t^2): s
    is the standard deviation of the logarithm of the replicates of a tier, t its `prior_widths`. So the tier about
    which least is known gives way most. The share of replicates that had to be moved is reported; it is the evidence
    against the sources. Throwing such replicates away instead would silently favour one source.

    Parameters
    ----------
    nested : TierSet
        Nested tiers, all with replicates of one run; J tiers, B replicates.
    prior_widths : mapping of str to float, optional
        For each tier id, the standard deviation of the unknown relative bias of its source, on the logarithmic scale
        (0.35 is an error of a factor of two, either way, at 95 %). Tiers left out have 0.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    CoherentTiers
        Up to 20 % of replicates in the wrong order, without remark; above, with the warning ``tiers-incoherent``; above
        50 %, no constrained values and the warning ``tiers-irreconcilable``.

    Raises
    ------
    InvalidInput
        If the tiers are exclusive, have no replicates, come from different runs, a width is negative or of an unknown
        tier, or a tier has neither spread nor width.

    Assumptions
    -----------
    ``tiers-contain-each-other``.

    References
    ----------
    Robertson, Wright & Dykstra (1988), *Order Restricted Statistical Inference*, chapter 1. Dunson & Neelon (2003),
    *Biometrics* 59, 286-295, for putting draws of an unconstrained distribution in order.

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.estimate import Estimand
    >>> from microwork_estimate.synthesis.tiers import tiers
    >>> def made(name, value, draws):
    ...     redraws = Replicates(values=draws, streams=(name,), seed=1)
    ...     return Estimate(name=name, value=value, estimand=Estimand(), method="given", replicates=redraws)
    >>> spread = np.linspace(-1, 1, 199)
    >>> sizes = [made("a", 90.0, 90 + 20 * spread), made("b", 100.0, 100 - 9 * spread), made("c", 300.0, 300 + spread)]
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the result keeps the warning
    ...     result = coherent(tiers(sizes))
    >>> round(result.violation_rate, 2), [w.code for w in result.warnings]
    (0.33, ['tiers-incoherent'])
    """
    check_level(level)
    redraws = _replicates(nested)
    widths = _widths(nested, prior_widths or {})
    with np.errstate(divide="ignore", invalid="ignore"):
        rows = np.log(np.column_stack([item.values for item in redraws]))
    weights = 1 / (_spreads(nested, rows) ** 2 + widths**2)
    known = ~np.isnan(rows).any(axis=1)
    rate = float(np.mean(disordered(rows[known]))) if known.any() else 1.0
    warnings = _verdict(nested, rate)
    announce(warnings)
    if rate > REFUSED_RATE:
        return CoherentTiers(
            unconstrained=nested, constrained=None, violation_rate=rate, largest_shift=None, warnings=warnings
        )
    moved, shift = _values_in_order(nested, weights)
    draws = np.exp(isotonic(rows, weights))
    estimates = tuple(
        _constrained(estimate, moved[j], replace(redraws[j], values=draws[:, j]), level, warnings)
        for j, estimate in enumerate(nested.estimates)
    )
    return CoherentTiers(
        unconstrained=nested,
        constrained=replace(nested, estimates=estimates),
        violation_rate=rate,
        largest_shift=shift,
        warnings=warnings,
    )


def _replicates(nested: TierSet) -> list[Replicates]:
    if nested.kind != "nested":
        raise InvalidInput(
            "exclusive tiers",
            expected="nested tiers",
            got="exclusive ones, which need not be in any order",
            where="synthesis.coherent",
            fix="exclusive tiers of one weight vector are coherent already",
        )
    missing = [e.name for e in nested.estimates if e.replicates is None]
    if missing:
        raise InvalidInput(
            "tiers without replicates",
            expected="replicates for every tier",
            got="none for " + ", ".join(missing),
            where="synthesis.coherent",
            fix="replicate the estimates first: bootstrap.replicate, bootstrap.with_replicates",
        )
    redraws = [e.replicates for e in nested.estimates if e.replicates is not None]
    for first, other in pairwise(redraws):
        _ = first - other  # refuses another run
    return redraws


def _widths(nested: TierSet, given: Mapping[str, float]) -> FloatArray:
    ids = [tier.id for tier in nested.tiers]
    unknown = sorted(set(given) - set(ids))
    impossible = [key for key, width in given.items() if not 0 <= width < np.inf]
    if unknown or impossible:
        raise InvalidInput(
            "impossible prior widths",
            expected="finite numbers, zero or more, for tiers among " + ", ".join(ids),
            got=f"unknown: {unknown}; impossible: {impossible}",
            where="prior_widths",
            fix="give standard deviations on the logarithmic scale, by tier id",
        )
    return np.array([float(given.get(key, 0.0)) for key in ids])


def _spreads(nested: TierSet, rows: FloatArray) -> FloatArray:
    """Return the standard deviation of the logarithm of the draws that are positive and finite, for each tier."""
    columns = [column[np.isfinite(column)] for column in rows.T]
    few = [tier.id for tier, column in zip(nested.tiers, columns, strict=True) if column.size < 2 or not np.ptp(column)]
    if few:
        raise InvalidInput(
            "tiers without spread",
            expected="replicates that differ, at least two of them positive",
            got="none for " + ", ".join(few),
            where="synthesis.coherent",
            fix="a tier that is known for certain needs no ordering: give it replicates of its error, however small",
        )
    return np.array([np.std(column, ddof=1) for column in columns])


def _verdict(nested: TierSet, rate: float) -> tuple[CodedWarning, ...]:
    if rate <= DOUBTFUL_RATE:
        return ()
    order = " within ".join(tier.id for tier in nested.tiers)
    said = f"in {100 * rate:.0f} % of the replicates the order {order} does not hold"
    if rate > REFUSED_RATE:
        message = f"{said}: the sources do not count the same people, and no constrained value is given"
        return (CodedWarning(code="tiers-irreconcilable", message=message),)
    return (CodedWarning(code="tiers-incoherent", message=f"{said}: look at the unconstrained values too"),)


def _values_in_order(nested: TierSet, weights: FloatArray) -> tuple[list[float | None], float | None]:
    """Put the values themselves in order, leaving out tiers without one; say by what factor the furthest moved."""
    at = [j for j, e in enumerate(nested.estimates) if e.value is not None and e.value > 0]
    moved: list[float | None] = [e.value for e in nested.estimates]
    if not at:
        return moved, None
    before = np.log([float(moved[j] or 1.0) for j in at])
    after = isotonic(before[None, :], weights[at])[0]
    for j, value, same in zip(at, after, after == before, strict=True):
        moved[j] = moved[j] if same else float(np.exp(value))
    return moved, float(np.exp(np.abs(after - before).max()))


def _constrained(
    estimate: Estimate, value: float | None, draws: Replicates, level: float, warnings: tuple[CodedWarning, ...]
) -> Estimate:
    # The conflict between two values is what the ordering removes; the rate of violations takes its place.
    kept = tuple(w for w in estimate.warnings if w.code != "tier-conflict")
    failed = draws.n_failed == len(draws)
    return replace(
        estimate,
        value=value,
        standard_error=standard_error(draws),
        interval=None if failed else percentile(draws, level=level),
        bounds=None,
        replicates=draws,
        method=f"{estimate.method}, in the order of the tiers",
        assumptions=(*estimate.assumptions, TIERS_CONTAIN_EACH_OTHER),
        warnings=(*kept, *warnings),
        references=(*estimate.references, *_REFERENCES),
        diagnostics=FrozenMapping({**estimate.diagnostics, "unconstrained": estimate.value}),
    )
