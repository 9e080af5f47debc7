"""The points at which elicited distributions are integrated: always the same, so that no seed is needed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.stats import qmc

from microwork_estimate.estimate import FloatArray, frozen_floats

_LOG2_POINTS = 14
_SCRAMBLE = 20190107  # any number would do; it is fixed so that the same input gives the same result


@lru_cache(maxsize=8)
def fixed_points(dimension: int, log2_points: int = _LOG2_POINTS) -> FloatArray:
    """Return points of a scrambled Sobol sequence in the unit cube, always the same.

    Parameters
    ----------
    dimension : int
        d.
    log2_points : int
        m, for 2^m points.

    Returns
    -------
    array of shape (2^m, d)

    References
    ----------
    Owen 1998, Journal of Complexity 14(4), 466-489.

    Examples
    --------
    >>> fixed_points(3).shape
    (16384, 3)
    """
    points = qmc.Sobol(dimension, scramble=True, seed=np.random.default_rng(_SCRAMBLE)).random_base2(log2_points)
    return frozen_floats(points, where="points")
