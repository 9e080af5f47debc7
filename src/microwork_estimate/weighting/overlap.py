"""Overlap: whether the volunteers cover the population that they are to stand for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from microwork_estimate.errors import CodedWarning, InvalidInput, announce
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.common_variables import Common, common_variables

POOR = 0.05
_MOST_POINTS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """How much of the population lies outside what the volunteers cover.

    Parameters
    ----------
    outside_range : float
        Share of the population with a number below the smallest or above the largest among the volunteers.
    outside_hull : float
        Share of the population whose variables are no average of those of volunteers (outside their convex hull): every
        prediction there is an extrapolation.
    points, checked : int
        Distinct combinations of the variables in the reference, and how many of them were looked at one by one.
    warnings : tuple of CodedWarning
    """

    outside_range: float
    outside_hull: float
    points: int
    checked: int
    warnings: tuple[CodedWarning, ...] = ()


def overlap(
    sample: SurveySample, reference: SurveySample, variables: Sequence[str], *, most_points: int = _MOST_POINTS
) -> Overlap:
    """Say how much of the population lies outside what the volunteers cover.

    Procedure: each distinct combination of the common variables in the reference is compared with the volunteers.
    Outside their range in one number, it is outside; equal to that of a volunteer, it is inside; else a linear program
    looks for an average of volunteers that equals it. Where there are more than `most_points` of these, as many are
    taken at equal distances along their sorted order, and stand for all.

    Parameters
    ----------
    sample : SurveySample
        The volunteers.
    reference : SurveySample
        A sample of the population, with its weights.
    variables : sequence of str
        Columns that both have.
    most_points : int
        Linear programs that are solved at most.

    Returns
    -------
    Overlap
        With the warning ``poor-overlap`` if more than 5 % of the population is outside.

    Raises
    ------
    InvalidInput
        If the samples cannot be brought to the same columns (a category without volunteers is such a case).

    References
    ----------
    King & Zeng (2006), *Political Analysis* 14, 131-159, section 4, on the convex hull.

    Examples
    --------
    >>> volunteers = SurveySample(columns={"age": [20.0, 30.0, 40.0]})
    >>> people = SurveySample(columns={"age": [25.0, 35.0]}, weight=[10.0, 10.0])
    >>> overlap(volunteers, people, ["age"]).outside_hull
    0.0
    """
    if most_points != int(most_points) or most_points < 1:
        raise InvalidInput(
            "impossible number of points",
            expected="a whole number of at least 1",
            got=repr(most_points),
            where="most_points",
            fix="200 take about a second",
        )
    common = common_variables(sample, reference, variables)
    assert common.reference_weight is not None  # noqa: S101 - the reference is a sample
    design = common.design()
    assert design.reference is not None  # noqa: S101
    places, which = np.unique(design.reference.round(12), axis=0, return_inverse=True)
    mass = np.bincount(which.reshape(-1), common.reference_weight) / common.reference_weight.sum()
    hull = np.unique(design.sample.round(12), axis=0)
    beyond = ((places < hull.min(axis=0) - 1e-9) | (places > hull.max(axis=0) + 1e-9)).any(axis=1)
    known = {row.tobytes() for row in hull}
    open_points = np.flatnonzero(~beyond & np.array([row.tobytes() not in known for row in places]))
    step = max(1, math.ceil(open_points.size / most_points))
    looked = open_points[::step]
    outside = np.array([not _inside(places[i], hull) for i in looked], dtype=np.bool_)
    share = float(mass[looked][outside].sum() / mass[looked].sum()) if looked.size else 0.0
    off_range = outside_range(common)
    off_hull = float(mass[beyond].sum() + share * mass[open_points].sum())
    warnings = poor_overlap(off_hull)
    announce(warnings)
    return Overlap(
        outside_range=off_range,
        outside_hull=off_hull,
        points=int(mass.size),
        checked=int(looked.size),
        warnings=warnings,
    )


def _inside(point: FloatArray, hull: FloatArray) -> bool:
    """Say whether a point is an average of the rows of `hull`; their first column is 1."""
    found = linprog(np.zeros(hull.shape[0]), A_eq=hull.T, b_eq=point, bounds=(0, None), method="highs")
    return bool(found.status == 0)


def outside_range(common: Common) -> float:
    """Return the share of the population with a number outside the range of the volunteers; NaN with totals only."""
    if common.reference is None or common.reference_weight is None:
        return math.nan
    low, high = common.sample.min(axis=0), common.sample.max(axis=0)
    off = ((common.reference < low) | (common.reference > high)).any(axis=1)
    return float(common.reference_weight[off].sum() / common.reference_weight.sum())


def poor_overlap(share: float) -> tuple[CodedWarning, ...]:
    """Return the warning ``poor-overlap`` if more than 5 % of the population is not covered by the volunteers."""
    if not share > POOR:
        return ()
    message = (
        f"{100 * share:.3g} % of the population lies outside what the volunteers cover: there, all is extrapolation"
    )
    return (CodedWarning(code="poor-overlap", message=message),)
