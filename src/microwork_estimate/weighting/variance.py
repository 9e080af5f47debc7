"""Linearised variance: what the sampling design and the calibration leave uncertain in a weighted estimate.

An estimate is written as a sum over respondents of *scores*: weight times linearised variable (for a total, the
variable itself; for a ratio, its deviation from the ratio, divided by the total of the denominator). The variance of
the estimate is then the variance of the sum of the scores under the design. Everything here works on arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs.survey import Auxiliary, LonelyPsu, SurveySample


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Stage:
    """One stage of sampling as arrays: units drawn within groups.

    Parameters
    ----------
    name : str
        What the groups are, for error messages.
    unit : array of shape (n,)
        The unit of each respondent, a whole number from 0 to u - 1.
    group : array of shape (u,)
        The group of each unit, from 0 to g - 1: its stratum at the first stage, its primary unit at the second.
    fraction : array of shape (g,)
        Share of the units of the group that was drawn; 0 for drawing with replacement.
    share : array of shape (g,)
        What part of the variance within the group counts: 1 at the first stage; at the second the share of primary
        units that was drawn, because the variance between those drawn already holds the rest.
    """

    name: str
    unit: IntArray
    group: IntArray
    fraction: FloatArray
    share: FloatArray

    @property
    def sizes(self) -> IntArray:
        """Number of units drawn in each group, shape (g,)."""
        return np.bincount(self.group, minlength=self.fraction.size)

    def lonely(self) -> IntArray:
        """Return the groups with one unit that was not bound to be drawn, so that no variance can be seen in them."""
        return np.flatnonzero((self.sizes == 1) & (self.fraction < 1) & (self.share > 0))


def stages(sample: SurveySample) -> tuple[Stage, ...]:
    """Return the sampling design of a survey as arrays, one :class:`Stage` for each stage.

    The second stage counts only if the first has a finite population: without one, the variance between primary units
    holds that within them (the method of ultimate clusters).

    Parameters
    ----------
    sample : SurveySample
        The survey, n respondents.

    Returns
    -------
    tuple of Stage
        One or two.

    References
    ----------
    Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, result 4.3.1.

    Examples
    --------
    >>> from microwork_estimate.inputs import SurveySample
    >>> sample = SurveySample(columns={"x": [1, 2, 3, 4]}, strata=["a", "a", "b", "b"])
    >>> [stage.sizes.tolist() for stage in stages(sample)]
    [[2, 2]]
    """
    first, second = sample.sampling_fractions()
    strata, psu = sample.stratum_codes(), sample.psu_codes()
    unit_fraction = first_of(first, psu)
    one = Stage(
        name="stratum",
        unit=psu,
        group=first_of(strata, psu),
        fraction=first_of(first, strata),
        share=np.ones(int(strata.max()) + 1),
    )
    if sample.second_stage is None or not (first > 0).any():
        return (one,)
    unit = sample.second_stage_codes()
    two = Stage(
        name="primary unit",
        unit=unit,
        group=first_of(psu, unit),
        fraction=first_of(second, psu),
        share=unit_fraction,
    )
    return one, two


_Values = TypeVar("_Values", FloatArray, IntArray)


def first_of(values: _Values, codes: IntArray) -> _Values:
    """Return the value of each code, shape (u,), for values of shape (n,) that are constant within codes."""
    result = np.empty(int(codes.max()) + 1, dtype=values.dtype)
    result[codes[::-1]] = values[::-1]
    return result


def sum_by(values: FloatArray, codes: IntArray, size: int) -> FloatArray:
    """Sum the rows of `values`, shape (n, p), that have the same code; shape (size, p)."""
    result = np.zeros((size, values.shape[1]))
    for place, column in enumerate(values.T):
        result[:, place] = np.bincount(codes, weights=column, minlength=size)
    return result


def design_covariance(scores: FloatArray, design: tuple[Stage, ...], lonely: LonelyPsu) -> FloatArray:
    """Covariance of the sums of p columns of scores under a sampling design of one or two stages.

    Procedure: within each stratum, the units' totals vary around their mean; the sum of squared deviations of n_h
    units counts (1 - f_h) n_h / (n_h - 1) times. A second stage is added in the same way within each primary unit,
    multiplied by the share f of primary units that was drawn.

    Parameters
    ----------
    scores : array of shape (n, p)
        Weight times linearised variable of each respondent; zero outside a domain.
    design : tuple of Stage
        From :func:`stages`.
    lonely : str
        What to do with a stratum of one unit: ``"fail"``, ``"adjust"``, ``"average"`` or ``"certainty"``.

    Returns
    -------
    array of shape (p, p)
        In the squared unit of the estimate.

    Raises
    ------
    InvalidInput
        If a stratum has one unit and `lonely` is ``"fail"``, or if all have and it is ``"average"``.

    Assumptions
    -----------
    Units are drawn with equal chances within a stratum, without replacement where a finite population is given, else
    with replacement; strata are drawn independently.

    References
    ----------
    Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, results 3.7.2 and 4.3.1. Lumley (2010),
    *Complex Surveys*, section 2.4, for strata of one unit.

    Examples
    --------
    >>> from microwork_estimate.inputs import SurveySample
    >>> sample = SurveySample(columns={"x": [1.0, 3.0]}, weight=[5.0, 5.0], fpc=[10.0, 10.0])
    >>> float(design_covariance(np.array([[5.0], [15.0]]), stages(sample), "fail")[0, 0])
    80.0
    """
    first, *others = (_stage_covariance(scores, stage, lonely) for stage in design)
    return sum(others, first)


def _stage_covariance(scores: FloatArray, stage: Stage, lonely: LonelyPsu) -> FloatArray:
    sizes = stage.sizes
    totals = sum_by(scores, stage.unit, stage.group.size)
    means = sum_by(totals, stage.group, sizes.size) / np.maximum(sizes, 1)[:, None]
    factor = stage.share * (1 - stage.fraction) * sizes / np.maximum(sizes - 1, 1)
    alone = stage.lonely()
    inflation = 1.0
    if alone.size:
        _refuse_lonely(stage, alone, lonely)
        if lonely == "adjust":
            means[alone] = totals.mean(axis=0)
        elif lonely == "average":
            inflation = sizes.size / (sizes.size - alone.size)
    deviations = totals - means[stage.group]
    return inflation * (deviations * factor[stage.group][:, None]).T @ deviations


def _refuse_lonely(stage: Stage, alone: IntArray, lonely: LonelyPsu) -> None:
    if lonely == "fail" or (lonely == "average" and alone.size == stage.fraction.size):
        raise InvalidInput(
            f"a {stage.name} with a single unit",
            expected=f"at least two units in each {stage.name}, as variance is measured between units",
            got=f"{alone.size} of {stage.fraction.size} with one",
            where="SurveySample",
            fix=f"join each with a similar {stage.name}, or choose lonely_psu='adjust' or another policy on the sample",
        )


def calibration_residuals(values: FloatArray, matrix: FloatArray, weight: FloatArray) -> FloatArray:
    """Take out of the linearised variables what the calibration variables explain.

    Calibrated weights meet the margins in every sample, so that the part of a variable which the margins predict does
    not vary. Procedure: weighted least squares of each variable on the calibration variables; collinear ones do no
    harm.

    Parameters
    ----------
    values : array of shape (n, p)
        Linearised variables.
    matrix : array of shape (n, k)
        Calibration variables.
    weight : array of shape (n,)
        Weights *before* calibration, times the scale q of the distance if there is one.

    Returns
    -------
    array of shape (n, p)
        Residuals; multiply them by the weights *after* calibration.

    Assumptions
    -----------
    The sample is large enough that all calibration distances act as the linear one does.

    References
    ----------
    Deville & Särndal (1992), *Journal of the American Statistical Association* 87, 376-382, equation 3.4.

    Examples
    --------
    >>> calibration_residuals(np.array([[1.0], [3.0]]), np.ones((2, 1)), np.ones(2)).ravel().tolist()
    [-1.0, 1.0]
    """
    root = np.sqrt(weight)[:, None]
    norms = np.sqrt((weight[:, None] * matrix**2).sum(axis=0))
    scaled = matrix[:, norms > 0] / norms[norms > 0]
    coefficients = np.linalg.lstsq(root * scaled, root * values, rcond=1e-11)[0]
    residuals: FloatArray = values - scaled @ coefficients
    return residuals


def calibration_variables(auxiliary: Auxiliary) -> tuple[FloatArray, FloatArray]:
    """Return what the weights of a sample were calibrated on, as :func:`calibration_residuals` takes it.

    Where all members of a group got one factor, only the group's mean of each variable was free to act.

    Parameters
    ----------
    auxiliary : Auxiliary
        From the sample.

    Returns
    -------
    tuple of arrays
        Calibration variables, shape (n, k), and weights before calibration times the scale of the distance, shape (n,).

    References
    ----------
    Estevao & Särndal (2006), *International Statistical Review* 74, 127-147, section 4, for calibration by cluster.

    Examples
    --------
    >>> auxiliary = Auxiliary(
    ...     method="linear", base_weight=np.ones(2), codes=(), sizes=(), numbers=np.array([[1.0], [3.0]]),
    ...     groups=np.array([0, 0]),
    ... )
    >>> calibration_variables(auxiliary)[0].ravel().tolist()
    [2.0, 2.0]
    """
    matrix, base, groups = auxiliary.matrix(), auxiliary.base_weight, auxiliary.groups
    scale = np.ones_like(base) if auxiliary.q is None else auxiliary.q
    if groups is not None:
        size = int(groups.max()) + 1
        held = sum_by(base[:, None], groups, size)
        matrix = (sum_by(base[:, None] * matrix, groups, size) / held)[groups]
        scale = (held[:, 0] / np.bincount(groups, weights=base / scale))[groups]
    return matrix, base * scale


def degrees_of_freedom(first: Stage, inside: NDArray[np.bool_]) -> int:
    """Return the number of primary units minus the number of strata, counting those with respondents `inside`.

    Examples
    --------
    >>> from microwork_estimate.inputs import SurveySample
    >>> sample = SurveySample(columns={"x": [1, 2, 3, 4]}, strata=["a", "a", "b", "b"])
    >>> degrees_of_freedom(stages(sample)[0], np.array([True, True, True, False]))
    1
    """
    units = np.unique(first.unit[inside])
    return int(units.size - np.unique(first.group[units]).size)
