"""Means over an elicited number: nodes and weights of a quadrature, exact for what is discrete."""

from __future__ import annotations

import numpy as np
from scipy import special

from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs import Elicited

_NODES = 100


def quadrature(factor: Elicited) -> tuple[FloatArray, FloatArray]:
    """Return values of an elicited number and their weights, so that the weighted sum of f(value) is the mean of f.

    Fixed and empirical numbers are exact; others use 100 Gauss-Hermite nodes over the normal score.

    Parameters
    ----------
    factor : Elicited

    Returns
    -------
    tuple of arrays of shape (m,)
        Values, and weights that sum to 1.

    References
    ----------
    Davis and Rabinowitz 1984, Methods of Numerical Integration, section 3.6.

    Examples
    --------
    >>> values, weights = quadrature(Elicited(distribution="empirical", values=[1.0, 3.0], source="example"))
    >>> float(values @ weights)
    2.0
    """
    if factor.distribution == "fixed":
        return np.array([factor.low]), np.ones(1)
    if factor.distribution == "empirical":
        assert factor.values is not None  # noqa: S101 - checked when made
        return factor.values, np.full(factor.values.size, 1.0 / factor.values.size)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    # Beyond 8 the weights are below 1e-14 and the probabilities round to 1.
    values = factor.quantile(special.ndtr(np.clip(nodes, -8.0, 8.0)))
    return values, np.asarray(weights / weights.sum(), dtype=np.float64)
