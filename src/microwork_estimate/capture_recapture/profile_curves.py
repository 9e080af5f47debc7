"""The whole profile likelihood of N, point by point, for the picture that shows what an interval is made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast, get_args

import numpy as np
from scipy.special import chdtri

from microwork_estimate.capture_recapture.behaviour import behaviour_likelihood, first_occasions
from microwork_estimate.capture_recapture.closed import ClosedModel, closed_design
from microwork_estimate.capture_recapture.count_laws import Law
from microwork_estimate.capture_recapture.existence import examine
from microwork_estimate.capture_recapture.fitting import Design, fit_design
from microwork_estimate.capture_recapture.heterogeneity import Form, Heterogeneity
from microwork_estimate.capture_recapture.homogeneous import homogeneous_data
from microwork_estimate.capture_recapture.loglinear import loglinear_design
from microwork_estimate.capture_recapture.model_space import Generators, LogLinearModel
from microwork_estimate.capture_recapture.profile import FLAT_FROM, design_likelihood, profile_between
from microwork_estimate.capture_recapture.size_profile import size_likelihood
from microwork_estimate.errors import InvalidInput, check_choice, check_level
from microwork_estimate.estimate import Estimand, FloatArray, Interval, frozen_floats
from microwork_estimate.inputs.histories import CaptureCounts, CaptureHistories

POINTS = 161
_Curve = Callable[[float], float]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ProfileCurve:
    """How well each population size agrees with the data under one model.

    Parameters
    ----------
    model : str
        Name of the model.
    sizes : array of shape (g,)
        Population sizes, increasing, from the number seen or above it.
    heights : array of shape (g,)
        Log-likelihood of each size minus its largest value, so that no height is above 0.
    peak : float
        The size with the highest likelihood; infinite if the curve only rises.
    cutoff : float
        Half a chi-squared quantile: the interval holds the sizes whose height is above its negative.
    interval : Interval
        Infinite above if the curve never falls so far again.
    n_observed : float
        Persons seen, the smallest size possible.
    estimand : Estimand
    """

    model: str
    sizes: FloatArray
    heights: FloatArray
    peak: float
    cutoff: float
    interval: Interval
    n_observed: float
    estimand: Estimand

    def __post_init__(self) -> None:
        for name in ("sizes", "heights"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name), where=f"ProfileCurve.{name}"))


def profile_curve(
    histories: CaptureHistories,
    model: ClosedModel | Generators | LogLinearModel = "Mt",
    *,
    heterogeneity: Form | Heterogeneity | None = None,
    level: float = 0.95,
) -> ProfileCurve:
    """Compute the profile likelihood of the population size under a closed or a log-linear model.

    Procedure: for each size N the model is fitted to all cells, N - n unseen among them, as for the intervals of
    :func:`~microwork_estimate.capture_recapture.closed.closed_model` and
    :func:`~microwork_estimate.capture_recapture.loglinear.loglinear`, whose ends these are. With two lists, ``"Mt"`` is
    the independence of both. The highest point lies a little below the estimate of the Poisson fit.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists or more; occasions in the order of time for Mb and Mbh.
    model : {"M0", "Mt", "Mb", "Mbh", "Mh", "Mth"}, generators or LogLinearModel
        A closed model by its name, or the largest interactions of a log-linear one.
    heterogeneity : {"chao", "poisson", "darroch", "gamma"} or Heterogeneity, optional
        For Mh, Mth and log-linear models.
    level : float
        Confidence level as a share.

    Returns
    -------
    ProfileCurve
        Also where the likelihood has no maximum (nobody on both of two lists): the curve then rises to a plateau, the
        peak and the upper end are infinite, and the lower end is what the data say.

    Raises
    ------
    InvalidInput
        If nobody was seen, the model cannot be identified by any data (its curve is flat), is unknown, or lacks its
        form of heterogeneity.

    Assumptions
    -----------
    The model; the curve says nothing about another one.

    References
    ----------
    Cormack 1992, Biometrics 48(2), 567-576.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> curve = profile_curve(CaptureHistories.from_two_lists(200, 150, 30))
    >>> round(curve.interval.low, 1), round(curve.interval.high, 1), round(curve.cutoff, 3)
    (760.5, 1374.8, 1.921)
    """
    check_level(level)
    form = None if heterogeneity is None else Heterogeneity.of(heterogeneity)
    closed = isinstance(model, str) and model in get_args(ClosedModel)
    if closed and (form is not None) != (model in ("Mh", "Mth")):
        raise InvalidInput(
            "heterogeneity where the model has none" if form else "no form of heterogeneity",
            expected="a form for Mh, Mth or a log-linear model",
            got=f"model={model!r}, heterogeneity={heterogeneity!r}",
            where="profile_curve",
            fix='for example profile_curve(histories, "Mth", heterogeneity="darroch")',
        )
    make = cast(Callable[..., Design], closed_design if closed else loglinear_design)
    design = make(histories, model, form)
    counts = histories.counts.astype(np.float64)
    value = _start(design, counts)
    if closed and model in ("Mb", "Mbh"):
        order = first_occasions(histories.patterns)
        firsts = np.bincount(order, weights=counts, minlength=len(histories.lists)).astype(np.float64)
        height, slope = behaviour_likelihood(firsts, first_differs=model == "Mbh")
    else:
        height, slope = design_likelihood(design, counts)
    return _curve(
        design.name, (height, slope), seen=float(counts.sum()), value=value, level=level, estimand=histories.estimand
    )


def count_profile_curve(counts: CaptureCounts, *, family: Law = "poisson", level: float = 0.95) -> ProfileCurve:
    """Compute the profile likelihood of the population size from counts of sightings under one law for everybody.

    Procedure: for each size N the law is fitted to the counts with N - n persons seen never among them, and the number
    of ways to choose who was seen is added.

    Parameters
    ----------
    counts : CaptureCounts
    family : str
        ``"poisson"``, ``"geometric"`` or ``"negative_binomial"``.
    level : float
        Confidence level as a share.

    Returns
    -------
    ProfileCurve
        Infinite above when the counts leave the size open, as when everybody was seen once.

    Raises
    ------
    InvalidInput
        If the law is unknown.

    Assumptions
    -----------
    Closed population and the law.

    References
    ----------
    Sanathanan 1977, Journal of the American Statistical Association 72(359), 669-672.

    Examples
    --------
    >>> curve = count_profile_curve(CaptureCounts(frequencies=[60, 24, 8]))
    >>> round(curve.peak)
    170
    """
    check_level(level)
    check_choice(family, get_args(Law), where="family")
    data = homogeneous_data(counts)
    height = partial(size_likelihood, family, data.times, data.weight, singletons=True)
    seen = float(counts.n_observed)

    def slope(size: float) -> float:
        step = max(1e-4 * (size - seen), 1e-2)
        back = step if size - step > seen else 0.0
        return (height(size + step) - height(size - back)) / (step + back)

    name = f"{family.replace('_', ' ')} law"
    return _curve(name, (height, slope), seen=seen, value=2.0 * seen, level=level, estimand=counts.estimand)


def _start(design: Design, counts: FloatArray) -> float:
    """Return a size from which to look for the top; refuse a model that no data can identify."""
    if not counts.any():
        raise InvalidInput(
            "nobody was seen",
            expected="at least one person on at least one list",
            got="counts that are all zero",
            where="profile_curve",
            fix="check the lists",
        )
    judged = examine(design.matrix, counts, name=design.name, column_names=design.column_names)
    if not judged.identifiable:
        raise InvalidInput(
            "the likelihood of the size is flat",
            expected="a model that data of this kind can identify",
            got=f"{design.name}: {judged.reason}",
            where="profile_curve",
            fix="take a model with fewer interactions",
        )
    fit, _ = fit_design(design, counts)
    return 2.0 * float(counts.sum()) if fit is None else fit.value


def _curve(
    model: str, likelihood: tuple[_Curve, _Curve], *, seen: float, value: float, level: float, estimand: Estimand
) -> ProfileCurve:
    height, slope = likelihood
    found = profile_between(height, slope, seen=seen, value=value, level=level)
    # A top so far away is the end of the machine's precision on a plateau, not a size.
    peak = found.peak if found.peak < seen * FLAT_FROM else math.inf
    top = height(peak if math.isfinite(peak) else seen * FLAT_FROM)
    sizes = _sizes(found.interval, peak, seen)
    return ProfileCurve(
        model=model,
        sizes=sizes,
        heights=np.minimum([height(float(size)) - top for size in sizes], 0.0),
        peak=peak,
        cutoff=float(chdtri(1, 1.0 - level)) / 2.0,
        interval=found.interval,
        n_observed=seen,
        estimand=estimand,
    )


def _sizes(interval: Interval, peak: float, seen: float) -> FloatArray:
    """Return sizes on both sides of the interval, evenly spaced on the logarithm of the unseen; ends and top included."""
    low, high = interval.low - seen, interval.high - seen
    top = peak - seen
    # A narrow interval needs points near it, a wide one points beyond it.
    width = high / low if low > 0.0 and math.isfinite(high) else math.inf
    start = low / min(3.0, width) if low > 0.0 else max(min(top, high), 1.0) / 100.0
    end = 1000.0 * max(low, top if math.isfinite(top) else 0.0, 0.05 * seen)
    if math.isfinite(high):
        end = high * min(2.0, width)
    marks = [x for x in (low, top, high) if math.isfinite(x) and x > 0.0]
    unseen = np.union1d(np.geomspace(start, end if low > 0.0 else max(end, 2.0 * start), POINTS), marks)
    return np.asarray(seen + (unseen if low > 0.0 else np.append(0.0, unseen)))
