"""Choosing or averaging among all hierarchical log-linear models, without forgetting that a choice was made."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

import numpy as np

from microwork_estimate.capture_recapture.assumptions import SELECTED_MODEL
from microwork_estimate.capture_recapture.intervals import normal_quantile
from microwork_estimate.capture_recapture.loglinear import ASSUMPTIONS, REFERENCES, loglinear_estimate, sparse_overlap
from microwork_estimate.capture_recapture.loglinear_table import Criterion, LogLinearTable, loglinear_table
from microwork_estimate.capture_recapture.nested_lists import nested_lists
from microwork_estimate.capture_recapture.running_away import LISTS_RUNAWAY, runaway_warning
from microwork_estimate.errors import CodedWarning, announce, check_choice, check_level
from microwork_estimate.estimate import Bounds, Estimate, FloatArray, FrozenMapping, Interval, Scalar
from microwork_estimate.inputs import CaptureHistories


def select_loglinear(
    histories: CaptureHistories, *, criterion: Criterion = "aic", max_order: int | None = None, level: float = 0.95
) -> Estimate:
    """Estimate the population size by the hierarchical log-linear model with the smallest AIC or BIC.

    Procedure: fit all models (:func:`loglinear_table`), take the smallest criterion among those with a maximum, and
    estimate by it. The interval is the profile likelihood given that model: it ignores that the model was chosen, and
    holds the truth less often than it says. To put the choice into the interval, run
    :class:`~microwork_estimate.capture_recapture.reselection.Reselection` in a bootstrap, or average.

    Parameters
    ----------
    histories : CaptureHistories
    criterion : {"aic", "bic"}
    max_order : int, optional
        Lists in an interaction at most.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        `value` is None with the code ``"no-mle"`` if no model has a maximum.

    Raises
    ------
    InvalidInput
        If the criterion is unknown or there are too many models.

    Assumptions
    -----------
    The chosen model is right; no interaction of all lists at once; closed population; perfect linkage.

    References
    ----------
    Silverman, Chan and Vincent 2024, on bootstrapping the choice (arXiv 2303.17856).

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories, all_patterns
    >>> lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [12, 142, 112, 247, 4, 49, 60])
    >>> estimate = select_loglinear(lists, criterion="bic")
    >>> estimate.diagnostics["model"], round(estimate.value, 1)
    ('[BC, A]', 730.9)
    """
    check_level(level)
    table = loglinear_table(histories, max_order=max_order)
    ranked = table.ranked(criterion)
    if ranked.size == 0:
        return _nothing(histories, len(table), "select_loglinear")
    best = loglinear_estimate(histories, table.model(int(ranked[0])), level=level)
    estimate = replace(
        best,
        method=f"{best.method}, chosen by {criterion.upper()} among {len(table)}",
        interval=best.interval and replace(best.interval, method="profile given the chosen model"),
        assumptions=(SELECTED_MODEL, *best.assumptions),
        diagnostics=FrozenMapping(
            {**best.diagnostics, "models": len(table), "models_without_maximum": len(table) - ranked.size}
        ),
    )
    announce(estimate.warnings)
    return estimate


def average_loglinear(
    histories: CaptureHistories, *, weights: Criterion = "aic", max_order: int | None = None, level: float = 0.95
) -> Estimate:
    """Estimate the population size by an average over all hierarchical log-linear models.

    Procedure: weights are exp(-criterion / 2), scaled to a sum of one over the models that have a maximum. The
    logarithm of the unseen is averaged; its standard error is the weighted sum of sqrt(v + (its distance from the
    mean)^2), where v is Var(ln f0) + 1/f0. The interval is log-normal around the unseen.

    Parameters
    ----------
    histories : CaptureHistories
    weights : {"aic", "bic"}
    max_order : int, optional
        Lists in an interaction at most.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        `value` is None with the code ``"no-mle"`` if no model has a maximum.

    Raises
    ------
    InvalidInput
        If the criterion is unknown or there are too many models.

    Assumptions
    -----------
    One of the models is nearly right; no interaction of all lists at once; closed population; perfect linkage.

    References
    ----------
    Buckland, Burnham and Augustin 1997, Biometrics 53(2), 603-618, equation 9.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories, all_patterns
    >>> lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [12, 142, 112, 247, 4, 49, 60])
    >>> estimate = average_loglinear(lists)
    >>> round(estimate.value), round(estimate.interval.low), round(estimate.interval.high)
    (739, 685, 841)
    """
    check_level(level)
    check_choice(weights, get_args(Criterion), where="weights")
    table = loglinear_table(histories, max_order=max_order)
    if table.ranked(weights).size == 0:
        return _nothing(histories, len(table), "average_loglinear")
    scores = table.grid.aic if weights == "aic" else table.grid.bic
    (mean,), (error,), share = averaged(table.grid.log_unseen, table.grid.variance, scores)
    unseen, n = math.exp(mean), float(histories.n_observed)
    spread = math.exp(normal_quantile(level) * error)
    fitted = int(table.has_number.sum())
    told = (
        *sparse_overlap(histories),
        *nested_lists(histories),
        *runaway_warning(n + unseen, n, times=LISTS_RUNAWAY),
    )
    estimate = Estimate(
        name="log-linear",
        value=n + unseen,
        standard_error=unseen * float(error),
        interval=Interval(
            low=n + unseen / spread, high=n + unseen * spread, level=level, method="log-normal, averaged"
        ),
        estimand=histories.estimand,
        method=f"average of {fitted} log-linear models on the logarithm of the unseen, {weights.upper()} weights",
        n_observed=n,
        assumptions=ASSUMPTIONS,
        warnings=told,
        references=(*REFERENCES, "Buckland, Burnham and Augustin 1997, Biometrics 53(2), 603-618"),
        diagnostics=FrozenMapping({"unseen": unseen, **_weights(table, share[0])}),
    )
    announce(estimate.warnings)
    return estimate


def averaged(
    log_unseen: FloatArray, variance: FloatArray, scores: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Average the logarithm of the unseen over models, for each of B tables.

    Parameters
    ----------
    log_unseen, variance, scores : array of shape (B, M)
        Logarithms of the unseen, their variances and the criterion of each model; NaN where there is no maximum.

    Returns
    -------
    tuple of arrays
        Means (B,), standard errors (B,) and weights (B, M); NaN for a table on which no model has a maximum.

    References
    ----------
    Buckland, Burnham and Augustin 1997, Biometrics 53(2), 603-618, equation 9.

    Examples
    --------
    >>> import numpy as np
    >>> mean, error, weight = averaged(np.array([[0.0, 2.0]]), np.zeros((1, 2)), np.array([[5.0, 5.0]]))
    >>> mean.tolist(), weight.tolist()
    ([1.0], [[0.5, 0.5]])
    """
    usable = np.isfinite(scores) & np.isfinite(log_unseen)
    lowest = np.min(scores, axis=1, keepdims=True, where=usable, initial=np.inf)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        raw = np.where(usable, np.exp(-0.5 * (scores - lowest)), 0.0)
        share = raw / raw.sum(axis=1, keepdims=True)
        logs = np.where(usable, log_unseen, 0.0)
        mean = (share * logs).sum(axis=1)
        each = np.where(usable, variance + np.exp(-logs), 0.0)
        error = (share * np.sqrt(each + (logs - mean[:, None]) ** 2)).sum(axis=1)
    return mean, error, share


def _weights(table: LogLinearTable, share: FloatArray) -> dict[str, Scalar]:
    """Say how the weight is spread over the models."""
    top = int(np.argmax(share))
    return {
        "models": len(table),
        "models_without_maximum": len(table) - int(table.has_number.sum()),
        "heaviest_model": table.model(top).name,
        "heaviest_weight": float(share[top]),
    }


def _nothing(histories: CaptureHistories, n_models: int, method: str) -> Estimate:
    n = float(histories.n_observed)
    warning = CodedWarning(
        code="no-mle", message=f"none of the {n_models} log-linear models has a maximum on these data"
    )
    announce([warning])
    return Estimate(
        name="log-linear",
        value=None,
        bounds=Bounds(low=n, high=math.inf, reason="too many cells are empty for any model", sharp=False),
        estimand=histories.estimand,
        method=method,
        n_observed=n,
        assumptions=ASSUMPTIONS,
        warnings=(warning,),
        references=REFERENCES,
    )
