"""Replicate weights that came with the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import frozen_floats
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.replication import About, Kind, ReplicateWeights


def given_replicate_weights(
    sample: SurveySample,
    weights: ArrayLike,
    *,
    kind: Kind = "other",
    scale: float | None = None,
    rscales: ArrayLike | None = None,
    about: About = "mean",
) -> ReplicateWeights:
    """Take replicate weights that came with the data, as statistical offices publish them.

    Parameters
    ----------
    sample : SurveySample
        The survey; its weights are those of the whole sample.
    weights : array of shape (B, n)
        Weights (not factors) of each replicate.
    kind : str
        ``"jackknife"``, ``"balanced"``, ``"bootstrap"`` or ``"other"``; gives the usual `scale`: (B - 1) / B, 1 / B,
        1 / (B - 1), and none for ``"other"``.
    scale : float or None
        Another scale; successive differences (American Community Survey) have 4 / B, half-samples after Fay
        1 / (B (1 - rho)^2), paired jackknife 1.
    rscales : array of shape (B,) or None
        A scale for each replicate; 1 when None.
    about : str
        Whether variance is measured about the ``"mean"`` of the replicates or about the ``"estimate"``.

    Returns
    -------
    ReplicateWeights
        Degrees of freedom are counted from the factors (rank minus 1).

    Raises
    ------
    InvalidInput
        If the weights have another shape or are missing, or if there is no scale.

    Assumptions
    -----------
    The weights hold every step that the office took, calibration included.

    References
    ----------
    Lumley (2010), *Complex Surveys*, section 2.3.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1.0, 2.0]}, weight=[10.0, 10.0])
    >>> given_replicate_weights(sample, [[0.0, 20.0], [20.0, 0.0]], kind="jackknife").scale
    0.5
    """
    table = frozen_floats(weights, where="weights")
    if table.ndim != 2 or table.shape[1] != sample.n or not np.isfinite(table).all():
        raise InvalidInput(
            "wrong shape or missing values",
            expected=f"one row for each replicate and {sample.n} columns, one for each respondent, none missing",
            got=f"shape {table.shape}, {int(np.count_nonzero(~np.isfinite(table)))} missing",
            where="weights",
            fix="turn the table round if replicates stand in columns",
        )
    count = table.shape[0]
    usual = {"jackknife": (count - 1) / count, "balanced": 1 / count, "bootstrap": 1 / max(count - 1, 1)}
    chosen = usual.get(check_choice(kind, (*usual, "other"), where="kind")) if scale is None else scale
    if chosen is None:
        raise InvalidInput(
            "no scale",
            expected="a scale for weights of another kind",
            got="none",
            where="scale",
            fix="see the codebook",
        )
    return ReplicateWeights(
        factors=table / sample.weights,
        scale=chosen,
        rscales=np.ones(count) if rscales is None else frozen_floats(rscales, where="rscales"),
        kind=kind,
        scheme=f"given replicate weights ({kind})",
        about=about,
        recalibrated=True,
    )
