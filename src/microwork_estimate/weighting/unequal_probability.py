"""Variance of samples drawn with unequal chances and without replacement, as quadratic forms.

The variance of an estimated total is a sum over all pairs of respondents of their weighted values times a number that
depends on how likely the two were to be drawn together. That table of numbers is the *form*. Where the joint chances
are not known, an approximation makes them from the chances of each unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray, frozen_floats

Expression = Literal["yates-grundy", "horvitz-thompson"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class QuadraticForm:
    """The variance of a weighted sum as a table over pairs of respondents.

    Parameters
    ----------
    name : str
        Which estimator of variance it is.
    matrix : array of shape (n, n)
        Symmetric. The variance of the sum of scores z (weight times value) is the sum of ``matrix[i, j] z[i] z[j]``.
    """

    name: str
    matrix: FloatArray

    def __post_init__(self) -> None:
        matrix = frozen_floats(self.matrix, where="QuadraticForm.matrix")
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.allclose(matrix, matrix.T, atol=1e-12):
            raise InvalidInput(
                "not a quadratic form",
                expected="a symmetric table with one row and one column for each respondent",
                got=f"shape {matrix.shape}",
                where="QuadraticForm.matrix",
                fix="give the chances for the respondents of the sample, in their order",
            )
        object.__setattr__(self, "matrix", matrix)

    @property
    def n(self) -> int:
        """Number of respondents that it is made for."""
        return int(self.matrix.shape[0])

    def covariance(self, scores: FloatArray) -> FloatArray:
        """Return the covariance of the sums of p columns of scores, shape (p, p), for scores of shape (n, p)."""
        return np.asarray(scores.T @ self.matrix @ scores)


def joint_probabilities_form(joint: ArrayLike, *, expression: Expression = "yates-grundy") -> QuadraticForm:
    """Variance from the chances that two units were drawn together.

    Procedure: each pair counts 1 - pi_i pi_j / pi_ij. The expression of Horvitz and Thompson uses these numbers as they
    are; that of Yates, Grundy and Sen, for samples of fixed size, applies them to differences between units and is
    zero when values are proportional to the chances.

    Parameters
    ----------
    joint : array of shape (n, n)
        Joint chances; the chances of each unit on the diagonal. All above zero.
    expression : str
        ``"yates-grundy"`` or ``"horvitz-thompson"``.

    Returns
    -------
    QuadraticForm

    Raises
    ------
    InvalidInput
        If a chance is not above 0 and at most 1, or if the table is not square.

    Assumptions
    -----------
    The chances are those of the sampling that took place; weights are their inverses.

    References
    ----------
    Horvitz & Thompson (1952), *Journal of the American Statistical Association* 47, 663-685. Särndal, Swensson &
    Wretman (1992), *Model Assisted Survey Sampling*, equations 2.8.6 and 2.8.10.

    Examples
    --------
    >>> form = joint_probabilities_form([[0.5, 1 / 6], [1 / 6, 0.5]])
    >>> form.covariance(np.array([[2.0], [6.0]])).round(6).tolist()
    [[8.0]]
    """
    check_choice(expression, ("yates-grundy", "horvitz-thompson"), where="expression")
    table = frozen_floats(joint, where="joint")
    _check_chances(table, where="joint", ndim=2)
    chances = np.diag(table)
    checked = 1 - np.outer(chances, chances) / table
    np.fill_diagonal(checked, 1 - chances)
    return QuadraticForm(name=expression, matrix=_expressed(checked, expression))


def overton_form(probabilities: ArrayLike, *, expression: Expression = "yates-grundy") -> QuadraticForm:
    """Variance with Overton's approximation of the joint chances.

    Procedure: pi_ij is taken as 2 (n - 1) pi_i pi_j / (2 n - pi_i - pi_j).

    Parameters
    ----------
    probabilities : array of shape (n,)
        The chance of each respondent to be drawn, above 0 and at most 1.
    expression : str
        ``"yates-grundy"`` or ``"horvitz-thompson"``.

    Returns
    -------
    QuadraticForm

    Raises
    ------
    InvalidInput
        If a chance is not above 0 and at most 1.

    Assumptions
    -----------
    Fixed size, and a sampling close to randomised systematic sampling.

    References
    ----------
    Overton (1985), *A Sampling Plan for Streams in the National Stream Survey*, Oregon State University, technical
    report 114.

    Examples
    --------
    >>> overton_form([0.5, 0.5, 0.5]).name
    'overton, yates-grundy'
    """
    chances = _chances(probabilities)
    n = chances.size
    ratio = (n - (chances[:, None] + chances[None, :]) / 2) / (n - 1)
    return _approximate("overton", ratio, chances, expression)


def hartley_rao_form(
    probabilities: ArrayLike, *, population_sum: float | None = None, expression: Expression = "yates-grundy"
) -> QuadraticForm:
    """Variance with the approximation of the joint chances by Hartley and Rao.

    Procedure: pi_i pi_j / pi_ij is taken as (n - pi_i - pi_j + s) / (n - 1), with s the sum of the squared chances of
    the whole population divided by n.

    Parameters
    ----------
    probabilities : array of shape (n,)
        The chance of each respondent to be drawn, above 0 and at most 1.
    population_sum : float or None
        s; estimated by the mean of the chances in the sample when None.
    expression : str
        ``"yates-grundy"`` or ``"horvitz-thompson"``.

    Returns
    -------
    QuadraticForm

    Raises
    ------
    InvalidInput
        If a chance is not above 0 and at most 1.

    Assumptions
    -----------
    Fixed size, and systematic sampling from a list in random order.

    References
    ----------
    Hartley & Rao (1962), *Annals of Mathematical Statistics* 33, 350-374. Berger (2004), *Journal of Applied Statistics*
    31, 305-315.

    Examples
    --------
    >>> hartley_rao_form([0.5, 0.5, 0.5]).n
    3
    """
    chances = _chances(probabilities)
    total = float(chances.mean()) if population_sum is None else population_sum
    ratio = (chances.size - chances[:, None] - chances[None, :] + total) / (chances.size - 1)
    return _approximate("hartley-rao", ratio, chances, expression)


def brewer_form(probabilities: ArrayLike) -> QuadraticForm:
    """Variance from the chances of each unit alone: deviations of the scores from their mean, times 1 - pi_i.

    Parameters
    ----------
    probabilities : array of shape (n,)
        The chance of each respondent to be drawn, above 0 and at most 1.

    Returns
    -------
    QuadraticForm

    Raises
    ------
    InvalidInput
        If a chance is not above 0 and at most 1.

    Assumptions
    -----------
    Fixed size, and a sampling with joint chances close to those of maximum entropy.

    References
    ----------
    Brewer (2002), *Combined Survey Sampling Inference*, chapter 9. Brewer & Donadio (2003), *Survey Methodology* 29,
    189-196.

    Examples
    --------
    >>> brewer_form([0.5, 0.5]).covariance(np.array([[2.0], [6.0]])).tolist()
    [[8.0]]
    """
    chances = _chances(probabilities)
    centre = np.eye(chances.size) - 1 / chances.size
    size = chances.size / (chances.size - 1)
    return QuadraticForm(name="brewer", matrix=size * (centre * (1 - chances)) @ centre)


def deville_form(probabilities: ArrayLike) -> QuadraticForm:
    """Variance from the chances of each unit alone, with deviations from a mean weighted by 1 - pi_i.

    Procedure: deviations of the scores from their mean weighted by c_i = 1 - pi_i; their squares, times c_i, are summed
    and divided by 1 - sum of (c_i / sum of c)^2.

    Parameters
    ----------
    probabilities : array of shape (n,)
        The chance of each respondent to be drawn, above 0 and below 1.

    Returns
    -------
    QuadraticForm

    Raises
    ------
    InvalidInput
        If a chance is not above 0 and at most 1, or if all are 1.

    Assumptions
    -----------
    Fixed size, and a sampling with joint chances close to those of maximum entropy.

    References
    ----------
    Deville (1993), unpublished, as given by Matei & Tillé (2005), *Journal of Official Statistics* 21, 543-570.

    Examples
    --------
    >>> deville_form([0.5, 0.5]).covariance(np.array([[2.0], [6.0]])).tolist()
    [[8.0]]
    """
    chances = _chances(probabilities)
    weight = 1 - chances
    if not weight.any():
        return QuadraticForm(name="deville", matrix=np.zeros((chances.size, chances.size)))
    share = weight / weight.sum()
    if share.max() == 1:
        raise _too_few()
    matrix = (np.diag(weight) - np.outer(weight, share)) / (1 - (share**2).sum())
    return QuadraticForm(name="deville", matrix=matrix)


def poisson_form(probabilities: ArrayLike) -> QuadraticForm:
    """Variance when every unit was drawn or not by itself, so that the size of the sample is random.

    Parameters
    ----------
    probabilities : array of shape (n,)
        The chance of each respondent to be drawn, above 0 and at most 1.

    Returns
    -------
    QuadraticForm

    Raises
    ------
    InvalidInput
        If a chance is not above 0 and at most 1.

    Assumptions
    -----------
    Units are drawn independently.

    References
    ----------
    Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, equation 3.5.3.

    Examples
    --------
    >>> poisson_form([0.5, 0.5]).covariance(np.array([[2.0], [6.0]])).tolist()
    [[20.0]]
    """
    return QuadraticForm(name="poisson", matrix=np.diag(1 - _chances(probabilities, least=1)))


def _approximate(name: str, ratio: FloatArray, chances: FloatArray, expression: Expression) -> QuadraticForm:
    check_choice(expression, ("yates-grundy", "horvitz-thompson"), where="expression")
    checked = 1 - ratio
    np.fill_diagonal(checked, 1 - chances)
    return QuadraticForm(name=f"{name}, {expression}", matrix=_expressed(checked, expression))


def _expressed(checked: FloatArray, expression: Expression) -> FloatArray:
    """Turn the numbers of each pair into the form, for sums of values or for sums of squared differences."""
    return checked if expression == "horvitz-thompson" else checked - np.diag(checked.sum(axis=1))


def _chances(probabilities: ArrayLike, *, least: int = 2) -> FloatArray:
    chances = frozen_floats(probabilities, where="probabilities")
    _check_chances(chances, where="probabilities", ndim=1)
    if chances.size < least:
        raise _too_few()
    return chances


def _too_few() -> InvalidInput:
    return InvalidInput(
        "too few units",
        expected="at least two units that were not bound to be drawn",
        got="fewer",
        where="probabilities",
        fix="variance is measured between units: join the stratum with a similar one",
    )


def _check_chances(values: FloatArray, *, where: str, ndim: int) -> None:
    if values.ndim != ndim or not np.isfinite(values).all() or (values <= 0).any() or (values > 1).any():
        raise InvalidInput(
            "impossible chance of being drawn",
            expected=f"numbers above 0 and at most 1, in an array of {ndim} dimension(s)",
            got=f"shape {values.shape}, from {values.min() if values.size else None} to "
            f"{values.max() if values.size else None}",
            where=where,
            fix="give inclusion probabilities, not weights",
        )
