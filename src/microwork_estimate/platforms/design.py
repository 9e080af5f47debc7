"""The sampling design of a survey as arrays, and the variance of a weighted sum under it.

An estimate is written as a sum of *scores*, one for each respondent: weight times linearised value. Its variance is then
that of a sum under the design. Numbers in, numbers out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs.survey import Auxiliary, LonelyPsu, SurveySample


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SampleDesign:
    """How n respondents were drawn.

    Parameters
    ----------
    strata, units : array of shape (n,)
        Stratum and primary unit of each respondent as whole numbers; units are distinct between strata.
    fractions : array of shape (n,)
        Share of the units of the stratum that was drawn; 0 for drawing with replacement or a negligible share.
    second_units : array of shape (n,) or None
        Units of the second stage, distinct between primary units; None where the first stage holds all variance.
    second_fractions : array of shape (n,) or None
        Share of the second-stage units of the primary unit that was drawn.
    lonely : str
        What to do with a stratum of one unit, as in :class:`~microwork_estimate.inputs.SurveySample`; with ``"fail"``
        the variance is NaN.
    """

    strata: IntArray
    units: IntArray
    fractions: FloatArray
    second_units: IntArray | None = None
    second_fractions: FloatArray | None = None
    lonely: LonelyPsu = "fail"

    @property
    def complete(self) -> bool:
        """Whether every unit of every stage was drawn, so that nothing is left to chance."""
        second = self.second_fractions is None or bool((self.second_fractions >= 1).all())
        return bool((self.fractions >= 1).all()) and second

    def crossed_with(self, groups: IntArray) -> SampleDesign:
        """Return the design with groups (platforms) as further strata.

        Where a primary unit lies in several groups the groups were not drawn independently, and the strata stay.

        Parameters
        ----------
        groups : array of shape (n,)
            Whole numbers from 0.
        """
        order = np.lexsort((groups, self.units))
        same = np.diff(self.units[order]) == 0
        if (np.diff(groups[order])[same] != 0).any():
            return self
        return replace(self, strata=self.strata * (int(groups.max()) + 1) + groups)


def design_of(sample: SurveySample) -> SampleDesign:
    """Return the design of a survey as arrays.

    The second stage counts only where the first has a finite population: otherwise the variance between primary units
    holds that within them (ultimate clusters).

    Parameters
    ----------
    sample : SurveySample

    Returns
    -------
    SampleDesign

    References
    ----------
    Särndal, Swensson and Wretman 1992, Model Assisted Survey Sampling, Springer, result 4.3.1.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1, 2, 3, 4]}, strata=["a", "a", "b", "b"])
    >>> design_of(sample).strata.tolist()
    [0, 0, 1, 1]
    """
    first, second = sample.sampling_fractions()
    two = sample.second_stage is not None and bool((first > 0).any())
    return SampleDesign(
        strata=sample.stratum_codes(),
        units=sample.psu_codes(),
        fractions=first,
        second_units=sample.second_stage_codes() if two else None,
        second_fractions=second if two else None,
        lonely=sample.lonely_psu,
    )


def frame_design(sample: SurveySample, groups: IntArray, sizes: FloatArray) -> SampleDesign:
    """Return the design of a survey that was drawn within groups of a frame (platforms, platform-days).

    Without any design of its own, equally weighted respondents of a group are a simple random sample of it.

    Parameters
    ----------
    sample : SurveySample
        n respondents.
    groups : array of shape (n,)
        The group each was drawn from.
    sizes : array of shape (g,)
        Accounts or visits in each group.

    Returns
    -------
    SampleDesign
        With the groups as strata.
    """
    design = design_of(sample)
    if sample.fpc is None and sample.psu is None and sample.strata is None:
        design = replace(design, fractions=drawn_shares(sample.weights, groups, sizes))
    return design.crossed_with(groups)


def drawn_shares(weights: FloatArray, row: IntArray, accounts: FloatArray) -> FloatArray:
    """Share of the accounts of her platform that answered, for each respondent.

    It is 0 on platforms with unequal weights, where simple random sampling within the platform cannot be meant.

    Parameters
    ----------
    weights, row : array of shape (n,)
        Weights, and the platform each respondent was reached through.
    accounts : array of shape (p,)

    Returns
    -------
    array of shape (n,)
    """
    respondents = np.bincount(row, minlength=accounts.size)
    shares = np.zeros(weights.size)
    for p in np.unique(row):
        here = row == p
        if np.ptp(weights[here]) == 0:
            shares[here] = respondents[p] / accounts[p]
    return shares


def score_covariance(scores: FloatArray, design: SampleDesign) -> FloatArray:
    """Covariance of the sums of p columns of scores.

    V = sum over strata of (1 - f) u/(u-1) times the squared deviations of the u unit totals from their mean; a second
    stage adds the same within each primary unit, times the share of primary units that was drawn.

    Parameters
    ----------
    scores : array of shape (n,) or (n, p)
        Linearised contributions, weights included.
    design : SampleDesign

    Returns
    -------
    array of shape (p, p)
        NaN if a stratum has one unit, is no census, and the design has no policy for it.

    References
    ----------
    Wolter 2007, Introduction to Variance Estimation, Springer, chapter 6 (Taylor series); Särndal, Swensson and Wretman
    1992, result 4.3.1 (two stages); Lumley 2010, Complex Surveys, Wiley, section 2.4 (strata of one unit).

    Examples
    --------
    >>> n = np.arange(4)
    >>> design = SampleDesign(strata=0 * n, units=n, fractions=np.zeros(4))
    >>> float(score_covariance(np.array([1.0, -1.0, 1.0, -1.0]), design)[0, 0]) * 3 / 4
    4.0
    """
    columns = scores.reshape(scores.shape[0], -1)
    first = _stage_covariance(columns, design.units, design.strata, (design.fractions, None), design.lonely)
    if design.second_units is None or design.second_fractions is None:
        return first
    inside = (design.second_fractions, design.fractions)
    return first + _stage_covariance(columns, design.second_units, design.units, inside, design.lonely)


def _stage_covariance(
    scores: FloatArray,
    units: IntArray,
    groups: IntArray,
    shares: tuple[FloatArray, FloatArray | None],
    lonely: LonelyPsu,
) -> FloatArray:
    """One stage: units within groups, with the share of units drawn and, at the second stage, that of the first."""
    _, first, unit = np.unique(units, return_index=True, return_inverse=True)
    _, group = np.unique(groups[first], return_inverse=True)
    fraction = shares[0][first]
    part = np.ones(first.size) if shares[1] is None else shares[1][first]
    totals = np.stack([np.bincount(unit, column) for column in scores.T], axis=1)
    size = np.bincount(group)
    means = np.stack([np.bincount(group, column) for column in totals.T], axis=1) / size[:, None]
    alone = (size[group] == 1) & (fraction < 1) & (part > 0)
    factor = part * (1 - fraction) * size[group] / np.maximum(size[group] - 1, 1)
    inflation = 1.0
    if alone.any():
        n_alone = int(alone.sum())
        if lonely == "fail" or (lonely == "average" and n_alone == size.size):
            return np.full((scores.shape[1],) * 2, np.nan)
        if lonely == "adjust":
            means[group[alone]] = totals.mean(axis=0)
        elif lonely == "average":
            inflation = size.size / (size.size - n_alone)
    deviations = totals - means[group]
    return np.asarray(inflation * (deviations * factor[:, None]).T @ deviations)


def calibrated_scores(scores: FloatArray, weights: FloatArray, auxiliary: Auxiliary | None) -> FloatArray:
    """Take out of the scores what calibrated weights hold fixed.

    Calibrated weights meet their margins in every sample, so that the part of a value which the margins predict does not
    vary. Procedure: weighted regression of the linearised values on the calibration variables; the residuals times the
    weights are the new scores. Where whole groups got one factor the weights are taken as fixed, which is cautious.

    Parameters
    ----------
    scores : array of shape (n,) or (n, p)
    weights : array of shape (n,)
        The weights after calibration.
    auxiliary : Auxiliary or None
        What the sample was calibrated on; None leaves the scores as they are.

    Returns
    -------
    array of the shape of `scores`

    References
    ----------
    Deville and Särndal 1992, Journal of the American Statistical Association 87, 376-382, equation 3.4.

    Examples
    --------
    >>> auxiliary = Auxiliary(
    ...     method="linear", base_weight=np.ones(3), codes=(np.array([0, 0, 1]),), sizes=(2,), numbers=np.empty((3, 0))
    ... )
    >>> (calibrated_scores(np.array([1.0, 3.0, 5.0]), np.ones(3), auxiliary).round(12) + 0.0).tolist()
    [-1.0, 1.0, 0.0]
    """
    if auxiliary is None or auxiliary.groups is not None:
        return scores
    scale = np.sqrt(auxiliary.base_weight * (1.0 if auxiliary.q is None else auxiliary.q))[:, None]
    matrix = auxiliary.matrix()
    values = scores.reshape(scores.shape[0], -1) / weights[:, None]
    coefficients = np.linalg.lstsq(scale * matrix, scale * values, rcond=1e-11)[0]
    return np.asarray((weights[:, None] * (values - matrix @ coefficients)).reshape(scores.shape))
