"""Correlation between the factors of an elicited product: a Gaussian copula, and its repair where it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import CodedWarning, InvalidInput, NotConverged, announce
from microwork_estimate.estimate import FloatArray, frozen_floats
from microwork_estimate.platforms.audience_factors import FACTOR_NAMES
from microwork_estimate.platforms.coded_warnings import correlation_repaired

_MAX_STEPS = 10_000
_TOLERANCE = 1e-10


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FactorCorrelation:
    """Correlations between the normal scores of the factors. Made by :func:`factor_correlation`.

    Parameters
    ----------
    matrix : array of shape (5, 5)
        In the order measurement, territory share, worker share, devices, platforms per person; positive semi-definite.
    distance : float
        How far (root of the sum of squared changes) it is from what was stated; 0 for no change.
    warnings : tuple of CodedWarning
        ``correlation-repaired``, or none.
    """

    matrix: FloatArray
    distance: float = 0.0
    warnings: tuple[CodedWarning, ...] = ()

    def __post_init__(self) -> None:
        matrix = _require_correlation(self.matrix)
        if matrix.shape != (len(FACTOR_NAMES),) * 2 or np.linalg.eigvalsh(matrix)[0] < -1e-8:
            _refuse(
                "a positive semi-definite matrix of shape (5, 5)", f"shape {matrix.shape}, or a negative eigenvalue"
            )
        object.__setattr__(self, "matrix", matrix)

    @property
    def root(self) -> FloatArray:
        """A matrix A with A A' = matrix, shape (5, 5): normal scores e with no correlation become A e."""
        values, vectors = np.linalg.eigh(self.matrix)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def factor_correlation(pairs: Mapping[tuple[str, str], float], *, spearman: bool = False) -> FactorCorrelation:
    """State correlations between factors, pair by pair; pairs left out are not correlated.

    Separate statements may contradict one another: A close to B, B close to C, and A far from C. No distribution has
    such correlations; the nearest ones that are possible are taken, with a warning that says how far they are.

    Parameters
    ----------
    pairs : mapping of (str, str) to float
        Correlations from -1 to 1 between two factors, by name: ``"measurement"``, ``"territory_share"``,
        ``"worker_share"``, ``"devices_per_person"``, ``"platforms_per_person"``.
    spearman : bool
        Whether the numbers are rank correlations r; those of the normal scores are then 2 sin(pi r / 6).

    Returns
    -------
    FactorCorrelation
        Warning ``correlation-repaired``.

    Raises
    ------
    InvalidInput
        If a factor is unknown, stands twice in a pair, or a correlation is not from -1 to 1.

    Assumptions
    -----------
    A Gaussian copula: normal scores of the factors are jointly normal.

    References
    ----------
    Higham 2002, IMA Journal of Numerical Analysis 22(3), 329-343 (nearest correlation matrix); Pearson 1907, Drapers'
    Company Research Memoirs, Biometric Series IV (rank correlation of normal scores).

    Examples
    --------
    >>> found = factor_correlation({("devices_per_person", "platforms_per_person"): 0.5}, spearman=True)
    >>> float(found.matrix[3, 4].round(4)), found.distance
    (0.5176, 0.0)
    """
    matrix = np.eye(len(FACTOR_NAMES))
    for pair, value in pairs.items():
        if len(set(pair)) != 2 or not set(pair) <= set(FACTOR_NAMES) or not -1 <= value <= 1:
            _refuse("two different factors and a number from -1 to 1", f"{' and '.join(pair)}: {value!r}")
        at = tuple(FACTOR_NAMES.index(name) for name in pair)
        matrix[at] = matrix[at[::-1]] = float(normal_score_correlation(value)) if spearman else value
    if np.linalg.eigvalsh(matrix)[0] >= -1e-12:
        return FactorCorrelation(matrix=matrix)
    nearest = nearest_correlation(matrix)
    distance = float(np.linalg.norm(nearest - matrix))
    coded = (correlation_repaired(distance, float(np.abs(nearest - matrix).max())),)
    announce(coded)
    return FactorCorrelation(matrix=nearest, distance=distance, warnings=coded)


def nearest_correlation(matrix: ArrayLike) -> FloatArray:
    """Find the correlation matrix that is nearest to a symmetric one.

    Procedure: project in turn on the positive semi-definite matrices and on those with ones on the diagonal, with
    Dykstra's correction, until nothing moves.

    Parameters
    ----------
    matrix : array of shape (d, d)
        Symmetric, ones on the diagonal, others from -1 to 1.

    Returns
    -------
    array of shape (d, d)
        Nearest by the root of the sum of squares; positive semi-definite with ones on the diagonal.

    Raises
    ------
    InvalidInput
        If it is not symmetric, or its diagonal is not of ones.
    NotConverged
        If the projections keep moving.

    References
    ----------
    Higham 2002, IMA Journal of Numerical Analysis 22(3), 329-343, algorithm 3.3.

    Examples
    --------
    >>> nearest_correlation([[1, 1, 0], [1, 1, 1], [0, 1, 1]]).round(4).tolist()
    [[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]]
    """
    found = _require_correlation(matrix).copy()
    correction = np.zeros_like(found)
    for _ in range(_MAX_STEPS):
        shifted = found - correction
        values, vectors = np.linalg.eigh(shifted)
        projected = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = projected - shifted
        before, found = found, projected.copy()
        np.fill_diagonal(found, 1.0)
        if np.abs(found - before).max() < _TOLERANCE and np.abs(found - projected).max() < _TOLERANCE:
            # The last projection has the right sign of every eigenvalue; its diagonal is one up to rounding.
            scale = 1 / np.sqrt(np.diag(projected))
            result = projected * np.outer(scale, scale)
            np.fill_diagonal(result, 1.0)
            return np.asarray((result + result.T) / 2)
    raise NotConverged(
        "nearest correlation matrix not found",
        expected=f"projections that settle within {_MAX_STEPS} steps",
        got="a matrix that keeps moving",
        where="nearest_correlation",
        fix="state correlations that are nearer to being possible",
    )


def normal_score_correlation(spearman: ArrayLike) -> FloatArray:
    """Correlation of normal scores that goes with a rank correlation r: 2 sin(pi r / 6).

    Parameters
    ----------
    spearman : array of any shape
        From -1 to 1.

    Returns
    -------
    array of that shape

    References
    ----------
    Pearson 1907; Kruskal 1958, JASA 53(284), 814-861, section 6.

    Examples
    --------
    >>> normal_score_correlation([0.0, 1.0]).round(12).tolist()
    [0.0, 1.0]
    """
    return np.asarray(2 * np.sin(np.pi * np.asarray(spearman, dtype=np.float64) / 6))


def _require_correlation(matrix: ArrayLike) -> FloatArray:
    array = frozen_floats(matrix, where="correlation matrix")
    square = array.ndim == 2 and array.shape[0] == array.shape[1]
    if (
        not square
        or not np.isfinite(array).all()
        or not np.allclose(array, array.T, atol=1e-12)
        or not np.allclose(np.diag(array), 1.0, atol=1e-9)
        or np.abs(array).max() > 1 + 1e-9
    ):
        raise InvalidInput(
            "impossible correlation",
            expected="a symmetric table of numbers from -1 to 1 with ones on the diagonal",
            got=f"shape {array.shape}" if not square else "another table",
            where="correlation matrix",
            fix="state each correlation once; the table is made from the pairs by factor_correlation",
        )
    return array


def _refuse(expected: str, got: str) -> NoReturn:
    raise InvalidInput(
        "impossible correlation",
        expected=expected,
        got=got,
        where="factor_correlation",
        fix="name two factors and give their correlation once",
    )
