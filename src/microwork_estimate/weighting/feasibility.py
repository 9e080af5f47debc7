"""Whether margins can be met at all within bounds, and if not, by how little they would have to change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from microwork_estimate.errors import InvalidInput, NotConverged
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.distances import WeightBounds
from microwork_estimate.weighting.preflight import Prepared, Reduced, prepare, reduce_rows
from microwork_estimate.weighting.solver import System

#: Relaxations below this share of a total are rounding of the linear program.
_NEGLIGIBLE = 1e-6
_MAX_ROWS = 200_000
#: Ratios below this share of their mean are looked at twice.
_VANISHING = 1e-6


class InfeasibleMargins(InvalidInput):
    """No weights within the bounds meet the margins. The message names a smallest change that would make it possible."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Relaxation:
    """One total that would have to change.

    Parameters
    ----------
    variable, category : str
    total : float
        As given.
    reachable : float
        What it would have to be.
    """

    variable: str
    category: str
    total: float
    reachable: float

    def __str__(self) -> str:
        name = f"{self.variable} = {self.category}" if self.category else self.variable
        return f"{name}: {self.total:.10g} would have to be {self.reachable:.10g}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Feasibility:
    """What the linear program says of margins and bounds.

    Parameters
    ----------
    feasible : bool
        Whether some weights within the bounds meet all margins.
    interior : bool
        Whether they do so with every weight above zero (and above the lower bound); without this, raking and the logit
        distance have no solution.
    relaxation : tuple of Relaxation
        A smallest set of changes (least sum of shares of the totals, the number of persons kept) that would make the
        margins feasible; empty when they are. Other changes of the same size may exist.
    """

    feasible: bool
    interior: bool
    relaxation: tuple[Relaxation, ...]


def check_feasibility(sample: SurveySample, margins: Margins, *, bounds: WeightBounds | None = None) -> Feasibility:
    """Say whether margins can be met within bounds, before any calibration.

    A linear program looks for weights within the bounds whose weighted totals differ least from the margins, where
    differences are counted as shares of the totals.

    Parameters
    ----------
    sample : SurveySample
    margins : Margins
    bounds : WeightBounds or None
        None for any weight of zero or more.

    Returns
    -------
    Feasibility

    Raises
    ------
    InvalidInput
        If sample and margins do not fit each other, or if there are more than 200,000 different respondents.

    Examples
    --------
    >>> sample = SurveySample(columns={"sex": ["f", "f", "m"], "paid": ["yes", "yes", "no"]})
    >>> margins = Margins.from_totals(
    ...     {"sex": {"f": 50, "m": 50}, "paid": {"yes": 60, "no": 40}}, source="made up, cannot be met"
    ... )
    >>> found = check_feasibility(sample, margins)
    >>> found.feasible, [str(change) for change in found.relaxation]
    (False, ['sex = f: 50 would have to be 60', 'sex = m: 50 would have to be 40'])
    """
    prepared = prepare(sample, margins)
    limits = (0.0, np.inf) if bounds is None else bounds.ratios(sample.weights)
    reduced = reduce_rows(prepared, sample.weights, None, limits)
    if reduced.base.size > _MAX_ROWS:
        raise InvalidInput(
            "too many different respondents for the linear program",
            expected=f"at most {_MAX_ROWS:,}",
            got=f"{reduced.base.size:,}",
            where="SurveySample",
            fix="calibrate: weights that meet the margins are themselves the proof that they can be met",
        )
    return examine(prepared, reduced)


def examine(prepared: Prepared, reduced: Reduced) -> Feasibility:
    """Run the linear program on arrays."""
    system = reduced.system
    low, high = reduced.base * reduced.low, reduced.base * reduced.high
    gaps = smallest_gaps(system, low, high)
    shares = np.abs(gaps) / np.maximum(1.0, np.abs(system.targets))
    needed = shares > _NEGLIGIBLE
    if not needed.any():
        return Feasibility(feasible=True, interior=_interior(system, reduced.base, low, high), relaxation=())
    relaxation = tuple(
        Relaxation(
            variable=prepared.labels[i][0],
            category=prepared.labels[i][1],
            total=float(system.targets[i]),
            reachable=float(system.targets[i] + gaps[i]),
        )
        for i in np.argsort(-shares.round(9), kind="stable")[: int(needed.sum())]
    )
    return Feasibility(feasible=False, interior=False, relaxation=relaxation)


def smallest_gaps(system: System, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return changes of the targets, shape (p,), of least sum of shares that make them reachable.

    The number of persons stays what the margins of categories say, unless bounds rule that out.

    Parameters
    ----------
    system : System
        Of r rows.
    low, high : array of shape (r,)
        Bounds of the weights.

    Returns
    -------
    array of shape (p,)
        Zeros when the targets are reachable.
    """
    gaps = _gaps(system, low, high, fixed=True) if system.sizes else None
    if gaps is None:
        gaps = _gaps(system, low, high, fixed=False)
    if gaps is None:
        raise NotConverged(
            "the linear program has no answer",
            expected="a solution",
            got="none",
            where="feasibility of the margins",
            fix="look for a continuous variable of very large or very small values, and change its unit",
        )
    return gaps


def _gaps(system: System, low: FloatArray, high: FloatArray, *, fixed: bool) -> FloatArray | None:
    scale = np.maximum(1.0, np.abs(system.targets))
    n_rows, n_totals = low.size, scale.size
    matrix = sparse.csr_array(system.matrix().T / scale[:, None])
    unit = sparse.eye_array(n_totals, format="csr")
    conditions, values = sparse.hstack([matrix, -unit, unit], format="csr"), system.targets / scale
    if fixed:
        change = np.where(np.arange(n_totals) < system.sizes[0], scale, 0.0)
        population = sparse.csr_array(np.concatenate([np.zeros(n_rows), change, -change])[None, :] / scale.max())
        conditions, values = sparse.vstack([conditions, population], format="csr"), np.append(values, 0.0)
    answer = linprog(  # type: ignore[call-overload]
        np.concatenate([np.zeros(n_rows), np.ones(2 * n_totals)]),
        A_eq=conditions,
        b_eq=values,
        bounds=np.vstack([np.column_stack([low, high]), np.tile([0.0, np.inf], (2 * n_totals, 1))]),
        method="highs",
    )
    if answer.x is None:
        return None
    up, down = answer.x[n_rows : n_rows + n_totals], answer.x[n_rows + n_totals :]
    return np.asarray((up - down) * scale)


def _interior(system: System, base: FloatArray, low: FloatArray, high: FloatArray) -> bool:
    """Whether the targets are met by weights that all keep a distance from both bounds, relative to base weights."""
    scale = np.maximum(1.0, np.abs(system.targets))
    n_rows = base.size
    matrix = sparse.csr_array(system.matrix().T / scale[:, None])
    diagonal = sparse.eye_array(n_rows, format="csr")
    lower, upper = np.flatnonzero(np.isfinite(low)), np.flatnonzero(np.isfinite(high))
    below = sparse.hstack([-diagonal[lower], sparse.csr_array(base[lower][:, None])])
    above = sparse.hstack([diagonal[upper], sparse.csr_array(base[upper][:, None])])
    answer = linprog(  # type: ignore[call-overload]
        np.append(np.zeros(n_rows), -1.0),
        A_ub=sparse.vstack([below, above], format="csr"),
        b_ub=np.concatenate([-low[lower], high[upper]]),
        A_eq=sparse.hstack([matrix, sparse.csr_array((scale.size, 1))], format="csr"),
        b_eq=system.targets / scale,
        bounds=np.vstack([np.column_stack([low, high]), [[0.0, 1.0]]]),
        method="highs",
    )
    return answer.x is not None and bool(answer.x[-1] > _NEGLIGIBLE)


def refuse(prepared: Prepared, reduced: Reduced, *, deviation: float, where: str) -> None:
    """Raise the error that says why no weights came out: margins that cannot be met, or steps that did not arrive.

    Raises
    ------
    InfeasibleMargins
        If the linear program finds no weights, or only weights at a bound.
    NotConverged
        If it finds some.
    """
    if reduced.base.size <= _MAX_ROWS:
        found = examine(prepared, reduced)
        if not found.feasible:
            raise InfeasibleMargins(
                "infeasible margins",
                expected="margins that some weights within the bounds can meet",
                got="none; a smallest change that would do: " + "; ".join(map(str, found.relaxation[:8])),
                where=where,
                fix="check those margins, widen the bounds, merge categories, or use ridge_calibrate",
            )
        if not found.interior:
            raise _at_the_bound(where)
    raise NotConverged(
        "calibration not converged",
        expected="margins met to 1e-8 of each total",
        got=f"a largest deviation of {deviation:.3g} of a total",
        where=where,
        fix="widen the bounds, or use method='truncated_linear'",
    )


def refuse_vanishing(prepared: Prepared, reduced: Reduced, ratio: FloatArray, *, where: str) -> None:
    """Raise if weights have become next to nothing because the margins can only be met with weights of zero.

    Raising the precision of a fit would make them smaller still: what looks like a solution has a limit of zero.

    Raises
    ------
    InfeasibleMargins
        If that is so.
    """
    if ratio.min() < _VANISHING * ratio.mean() and reduced.base.size <= _MAX_ROWS:
        found = examine(prepared, reduced)
        if found.feasible and not found.interior:
            raise _at_the_bound(where)


def _at_the_bound(where: str) -> InfeasibleMargins:
    return InfeasibleMargins(
        "infeasible margins",
        expected="margins that can be met with every weight above its lower bound",
        got="only weights at the bound itself (some respondents would count for nothing)",
        where=where,
        fix="merge categories that the margins rule out together, or use method='truncated_linear'",
    )
