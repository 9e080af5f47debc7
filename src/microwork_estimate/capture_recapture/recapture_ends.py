"""From an uncertain share and uncertain corrections to an uncertain population: standard errors and interval ends.

Numbers only. Sampling leaves the share open between the ends of its interval, people leave the corrections open between
the ends of theirs. Each of them alone moves the population by so much, on the logarithmic scale; independent movements
are added as squares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.capture_recapture.adjustments import (
    Factor,
    RecaptureAdjustments,
    RecapturePoint,
    ends,
    point_of,
)
from microwork_estimate.capture_recapture.dependence import DEFAULT_ODDS_RATIOS
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, Interval, frozen_floats
from microwork_estimate.inputs import Elicited

ONE_SIGMA = 0.6826894921370859
"""Probability of one standard deviation on both sides of the mean of a normal distribution."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """What the two sources say, before any correction.

    Parameters
    ----------
    share : float
        Share of the second source found on the list.
    standard_error : float or None
        Of the share.
    low, high : float or None
        Ends of its interval at `level`; None without one.
    level : float
        Confidence level.
    second_list, both : float
        Persons counted in the second source, and on both; 0 for a survey.
    """

    share: float
    standard_error: float | None
    low: float | None
    high: float | None
    level: float
    second_list: float = 0.0
    both: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """What is uncertain besides the share, as the smallest and largest value of each factor.

    Parameters
    ----------
    at_level : mapping of str to tuple of float
        Ends at the confidence level.
    one_sigma : mapping of str to tuple of float
        Ends one standard deviation below and above the middle.
    correlation : float
        Between the errors of share and list size.
    """

    at_level: Mapping[str, tuple[float, float]]
    one_sigma: Mapping[str, tuple[float, float]]
    correlation: float = 0.0


def spread_of(
    adjustments: RecaptureAdjustments, list_size: Factor, relative_error: float, level: float, correlation: float = 0.0
) -> Spread:
    """Collect the ends of all uncertain factors.

    Parameters
    ----------
    adjustments : RecaptureAdjustments
    list_size : float or Elicited
    relative_error : float
        Standard error of the list size over the list size; its ends are log-normal. Not used for an Elicited size.
    level : float
    correlation : float

    Returns
    -------
    Spread
    """
    factors: dict[str, Factor] = dict(adjustments.uncertain())
    if isinstance(list_size, Elicited):
        factors["list_size"] = list_size
    elif relative_error > 0:
        factors["list_size"] = _lognormal(list_size, relative_error)
    return Spread(
        at_level={name: ends(factor, level) for name, factor in factors.items()},
        one_sigma={name: ends(factor, ONE_SIGMA) for name, factor in factors.items()},
        correlation=correlation,
    )


def _lognormal(size: float, relative_error: float) -> Elicited:
    reach = math.exp(relative_error)
    return Elicited(
        distribution="lognormal", low=size / reach, high=size * reach, level=ONE_SIGMA, source="its standard error"
    )


def start(overlap: Overlap, adjustments: RecaptureAdjustments, list_size: float) -> RecapturePoint:
    """Return the point at which every factor is at its middle and the share is the one found."""
    return point_of(
        adjustments,
        share=overlap.share,
        list_size=list_size,
        second_list=overlap.second_list,
        both=overlap.both,
    )


def population_interval(point: RecapturePoint, overlap: Overlap, spread: Spread) -> tuple[float, float] | None:
    """Return the ends of an interval for the population.

    Procedure: for each uncertain factor (the share at the ends of its sampling interval, the others at the ends of
    theirs, all others at their middle) the distance of the logarithm of the population from that of the estimate is
    taken; distances downward and upward are added as squares. For a product of independent factors this is the method
    of variance estimates recovery, which keeps the asymmetry of each interval. If only the share is uncertain, the ends
    are those of its interval put through the formula. Without any true overlap the upper end is infinite, and the lower
    one starts from the upper end of the share.

    Parameters
    ----------
    point : RecapturePoint
    overlap : Overlap
    spread : Spread

    Returns
    -------
    tuple of float, or None
        In persons; None if the share has no interval.

    References
    ----------
    Zou and Donner 2008, Statistics in Medicine 27(10), 1693-1702, equations 1 and 2; with a correlation, Zou 2008,
    American Journal of Epidemiology 168(2), 212-224.

    Examples
    --------
    >>> overlap = Overlap(share=0.25, standard_error=0.02, low=0.2, high=0.3, level=0.95)
    >>> nothing = Spread(at_level={}, one_sigma={})
    >>> population_interval(RecapturePoint(share=0.25, list_size=300.0), overlap, nothing)
    (1000.0, 1500.0)
    """
    if overlap.low is None or overlap.high is None:
        return None
    value = float(point.size())
    open_above = math.isinf(value)
    base = replace(point, share=overlap.high) if open_above else point
    centre = float(base.size())
    if math.isinf(centre):
        return float(base.remaining()), math.inf
    ranges = dict(spread.at_level)
    if not open_above:
        ranges["share"] = (overlap.low, overlap.high)
    down, up = {}, {}
    for name, (low, high) in ranges.items():
        logs = [math.log(float(replace(base, **{name: end}).size()) / centre) for end in (low, high)]
        down[name], up[name] = max(0.0, -min(logs)), max(0.0, *logs)
    low_end = centre * math.exp(-_together(down, spread.correlation))
    reach = _together(up, spread.correlation)
    return low_end, math.inf if open_above or reach > 700 else centre * math.exp(reach)


def _together(distances: Mapping[str, float], correlation: float) -> float:
    """Add distances as squares; share and list size may go together, and then move the population less."""
    squares = sum(distance**2 for distance in distances.values())
    if correlation and "share" in distances and "list_size" in distances and math.isfinite(squares):
        squares -= 2.0 * correlation * distances["share"] * distances["list_size"]
    return math.sqrt(max(squares, 0.0))


def population_error(point: RecapturePoint, overlap: Overlap, spread: Spread) -> float | None:
    """Return the standard error of the population, by the delta method.

    Procedure: the slope times the standard error of the share, and half of what each other factor moves the population
    between one standard deviation below and above its middle, are added as squares, less the covariance of share and
    list size.

    Parameters
    ----------
    point : RecapturePoint
    overlap : Overlap
    spread : Spread

    Returns
    -------
    float or None
        In persons; None without a standard error of the share, or where nothing is estimated.

    Examples
    --------
    >>> overlap = Overlap(share=0.25, standard_error=0.02, low=0.2, high=0.3, level=0.95)
    >>> round(population_error(RecapturePoint(share=0.25, list_size=300.0), overlap, Spread(at_level={}, one_sigma={})), 6)
    96.0
    """
    if overlap.standard_error is None or math.isinf(float(point.size())):
        return None
    parts = {"share": abs(float(point.slope())) * overlap.standard_error}
    for name, (low, high) in spread.one_sigma.items():
        sizes = [float(replace(point, **{name: end}).size()) for end in (low, high)]
        parts[name] = abs(sizes[1] - sizes[0]) / 2
    error = _together(parts, spread.correlation)
    return error if math.isfinite(error) else None


def swings(point: RecapturePoint, overlap: Overlap, spread: Spread) -> dict[str, float]:
    """Return by how many persons each uncertain factor moves the estimate between its ends, the widest first."""
    ranges = dict(spread.at_level)
    if overlap.low is not None and overlap.high is not None:
        ranges["share"] = (overlap.low, overlap.high)
    found = {}
    for name, (low, high) in ranges.items():
        sizes = [float(replace(point, **{name: end}).size()) for end in (low, high)]
        if all(math.isfinite(size) for size in sizes):
            found[f"swing_{name}"] = abs(sizes[1] - sizes[0])
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def value_and_interval(point: RecapturePoint, overlap: Overlap, spread: Spread) -> tuple[float | None, Interval | None]:
    """Return the population, None without any true overlap, and its interval, None without one of the share."""
    size = float(point.size())
    value = size if math.isfinite(size) else None
    limits = population_interval(point, overlap, spread)
    if limits is None:
        return value, None
    method = (
        "interval of the share, inverted" if not spread.at_level else "movements added as squares, on the logarithm"
    )
    low, high = limits if value is None else (min(limits[0], value), max(limits[1], value))
    return value, Interval(low=low, high=high, level=overlap.level, method=method)


def odds_ratio_grid(odds_ratios: ArrayLike | None) -> FloatArray:
    """Return odds ratios in order, each once; the default ones for None.

    Raises
    ------
    InvalidInput
        If one is not a positive number.
    """
    wanted = DEFAULT_ODDS_RATIOS if odds_ratios is None else odds_ratios
    grid = np.unique(np.atleast_1d(frozen_floats(wanted, where="odds_ratios")))
    if grid.size == 0 or not np.all((grid > 0) & np.isfinite(grid)):
        raise InvalidInput(
            "impossible odds ratio",
            expected="finite numbers above 0; 1 is independence",
            got=f"{odds_ratios!r:.60}",
            where="odds_ratios",
            fix="give odds ratios, not their logarithms or correlations",
        )
    return grid


def curve_of(
    points: Sequence[RecapturePoint], overlaps: Sequence[Overlap], spread: Spread, grid: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return values and interval ends at each odds ratio, three arrays of the shape of the grid."""
    rows = []
    for ratio, point, overlap in zip(grid, points, overlaps, strict=True):
        value, interval = value_and_interval(replace(point, odds_ratio=float(ratio)), overlap, spread)
        ends_there = (math.nan, math.inf) if interval is None else (interval.low, interval.high)
        rows.append((math.nan if value is None else value, *ends_there))
    values, low, high = np.array(rows, dtype=np.float64).T
    return values, low, high
