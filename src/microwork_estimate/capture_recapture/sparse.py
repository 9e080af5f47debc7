"""Many lists with little overlap: log-linear models with two-list effects, empty overlaps handled as they should be."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from microwork_estimate.capture_recapture.assumptions import SELECTED_MODEL
from microwork_estimate.capture_recapture.existence import MleExistence, examine
from microwork_estimate.capture_recapture.fitting import Design, DesignFit, estimate_of, fit_design, no_number
from microwork_estimate.capture_recapture.intervals import normal_quantile
from microwork_estimate.capture_recapture.loglinear import ASSUMPTIONS, sparse_overlap
from microwork_estimate.capture_recapture.model_space import Generators, LogLinearModel, design_matrix
from microwork_estimate.capture_recapture.nested_lists import nested_lists
from microwork_estimate.capture_recapture.pair_models import choose_pairs, fit_pairs, pair_codes
from microwork_estimate.errors import InvalidInput, announce, check_level
from microwork_estimate.estimate import Estimate, FloatArray, FrozenMapping, Interval, Scalar
from microwork_estimate.inputs import CaptureHistories

REFERENCES = (
    "Chan, Silverman and Vincent 2021, Journal of the American Statistical Association 116(535), 1297-1306",
    "Fienberg and Rinaldo 2012, Annals of Statistics 40(2), 996-1023",
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReducedModel:
    """A model with two-list effects after the cells of its empty overlaps have left the table.

    Parameters
    ----------
    model : LogLinearModel
        As asked for.
    empty : tuple of int
        Its pairs that nobody has.
    design : Design
        Columns without those pairs, rows without their cells.
    counts : array of shape (cells left,)
    """

    model: LogLinearModel
    empty: tuple[int, ...]
    design: Design
    counts: FloatArray


def sparse_loglinear(
    histories: CaptureHistories,
    *,
    pairs: Generators | LogLinearModel | None = None,
    entry: float = 0.02,
    level: float = 0.95,
) -> Estimate:
    """Estimate the population size from lists with little overlap, by main effects and two-list effects.

    Procedure: with `pairs` None, pairs come in step by step, the most surprising overlap first, while its p-value is
    below `entry` and the model keeps one maximum. A pair in the model that nobody has takes its cells out of the table
    and its effect out of the model, and adds 2 to AIC; an empty overlap outside the model is an ordinary zero. The
    interval is log-normal around the unseen, with the standard error of its logarithm, given the pairs.

    Parameters
    ----------
    histories : CaptureHistories
    pairs : generators of order two, optional
        Such as ``"AB,BC"`` or ``[("police", "charity")]``; ``()`` for main effects only.
    entry : float
        Largest p-value of a pair that comes in.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        In persons. `value` is None with the code ``"no-mle"`` or ``"not-identifiable"``.

    Raises
    ------
    InvalidInput
        If a generator has more than two lists, or `entry` is no share.

    Assumptions
    -----------
    No interaction of three or more lists; closed population; perfect linkage; if pairs were chosen, the choice is right.

    References
    ----------
    Chan, Silverman and Vincent 2021, Journal of the American Statistical Association 116(535), 1297-1306.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> patterns = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]
    >>> lists = CaptureHistories.from_patterns("ABC", patterns, [400, 300, 200, 60])
    >>> estimate = sparse_loglinear(lists, pairs="AC")
    >>> round(estimate.value, 6), estimate.diagnostics["empty_overlaps"]
    (3960.0, 'AC')
    """
    check_level(level)
    if not 0.0 < entry < 1.0:
        raise InvalidInput(
            "impossible p-value",
            expected="a number strictly between 0 and 1",
            got=repr(entry),
            where="sparse_loglinear, entry",
            fix="0.02 is usual",
        )
    stepwise = pairs is None
    reduced = reduced_model(histories, chosen_model(histories, entry=entry) if pairs is None else pairs)
    estimate = _estimate(histories, reduced, stepwise=stepwise, level=level)
    announce(estimate.warnings)
    return estimate


def chosen_model(histories: CaptureHistories, *, entry: float = 0.02) -> LogLinearModel:
    """Choose two-list effects step by step, without fitting the result.

    Parameters
    ----------
    histories : CaptureHistories
    entry : float
        Largest p-value of a pair that comes in.

    Returns
    -------
    LogLinearModel

    References
    ----------
    Chan, Silverman and Vincent 2021, Journal of the American Statistical Association 116(535), section 4.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories, all_patterns
    >>> lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [12, 142, 112, 247, 4, 49, 60])
    >>> chosen_model(lists).name
    '[BC, A]'
    """
    k = len(histories.lists)
    included = choose_pairs(histories.counts[None, :].astype(np.float64), k, entry=entry).included[0]
    chosen = [code for code, is_in in zip(pair_codes(k), included, strict=True) if is_in]
    return LogLinearModel.from_terms(chosen, lists=histories.lists)


def reduced_model(histories: CaptureHistories, model: Generators | LogLinearModel) -> ReducedModel:
    """Take the empty overlaps of a model out of the table and out of the model.

    Parameters
    ----------
    histories : CaptureHistories
    model : generators of order two, or LogLinearModel

    Returns
    -------
    ReducedModel

    Raises
    ------
    InvalidInput
        If a generator has more than two lists.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> patterns = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]
    >>> reduced = reduced_model(CaptureHistories.from_patterns("ABC", patterns, [40, 30, 20, 6]), "AC")
    >>> reduced.design.matrix.shape
    (5, 4)
    """
    parsed = LogLinearModel.parse(model, lists=histories.lists)
    if any(code.bit_count() > 2 for code in parsed.terms):
        raise InvalidInput(
            "an interaction of more than two lists",
            expected="pairs of lists",
            got=parsed.name,
            where="sparse_loglinear",
            fix="the rule for empty overlaps covers pairs only; use loglinear for larger interactions",
        )
    k, counts = len(histories.lists), histories.counts.astype(np.float64)
    margins = counts @ design_matrix(parsed.terms, k)[:, 1:]
    empty = tuple(c for c, total in zip(parsed.terms, margins, strict=True) if c.bit_count() == 2 and total == 0)
    kept_terms = [code for code in parsed.terms if code not in empty]
    keep = ~design_matrix(empty, k)[:, 1:].any(axis=1)
    names = LogLinearModel.from_terms(kept_terms, lists=histories.lists).term_names
    design = Design(
        name=parsed.name,
        matrix=design_matrix(kept_terms, k)[keep],
        column_names=names,
        positive=(False,) * len(names),
    )
    return ReducedModel(model=parsed, empty=empty, design=design, counts=counts[keep])


def sparse_mle_exists(histories: CaptureHistories, pairs: Generators | LogLinearModel) -> MleExistence:
    """Say whether a model with two-list effects has one maximum after its empty overlaps have left.

    Parameters
    ----------
    histories : CaptureHistories
    pairs : generators of order two, or LogLinearModel

    Returns
    -------
    MleExistence

    References
    ----------
    Chan, Silverman and Vincent 2021, Journal of the American Statistical Association 116(535), section 3.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> patterns = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]
    >>> lists = CaptureHistories.from_patterns("ABC", patterns, [40, 30, 20, 6])
    >>> bool(sparse_mle_exists(lists, "AC")), round(sparse_mle_exists(lists, "AC").slack, 9)
    (True, 3.0)
    """
    reduced = reduced_model(histories, pairs)
    return examine(
        reduced.design.matrix, reduced.counts, name=reduced.design.name, column_names=reduced.design.column_names
    )


def chances_of_empty(histories: CaptureHistories, reduced: ReducedModel) -> FloatArray:
    """Return, for each empty pair of a model, the chance of an empty overlap if the pair were left out of it.

    A chance that is not small says that nothing but rarity need be behind the empty overlap.

    Parameters
    ----------
    histories : CaptureHistories
    reduced : ReducedModel

    Returns
    -------
    array of shape (number of empty pairs,)
        NaN where the model without the pair has no maximum.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> patterns = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]
    >>> lists = CaptureHistories.from_patterns("ABC", patterns, [40, 30, 20, 6])
    >>> chances_of_empty(lists, reduced_model(lists, "AC")).round(4).tolist()
    [0.1815]
    """
    k = len(histories.lists)
    codes = pair_codes(k)
    without = np.array([[code in reduced.model.terms and code != pair for code in codes] for pair in reduced.empty])
    if not reduced.empty:
        return np.zeros(0)
    counts = np.repeat(histories.counts[None, :].astype(np.float64), len(without), axis=0)
    found = fit_pairs(counts, without, k)
    together = design_matrix(reduced.empty, k)[:, 1:]
    expected = (found.fits.fitted * together.T).sum(axis=1)
    return np.where(found.status == 0, np.exp(-expected), np.nan)


def _estimate(histories: CaptureHistories, reduced: ReducedModel, *, stepwise: bool, level: float) -> Estimate:
    fit, existence = fit_design(reduced.design, reduced.counts)
    how = "chosen step by step" if stepwise else "as given"
    method = f"log-linear model {reduced.model.name}, pairs {how}"
    assumptions = (SELECTED_MODEL, *ASSUMPTIONS) if stepwise else ASSUMPTIONS
    n, estimand = histories.n_observed, histories.estimand
    if fit is None:
        found = no_number(existence, name="sparse log-linear", method=method, estimand=estimand, n_observed=n)
        return replace(found, assumptions=assumptions, references=REFERENCES)
    found = estimate_of(
        fit,
        name="sparse log-linear",
        method=method,
        interval=_log_normal(fit, level),
        estimand=estimand,
        warnings=(*sparse_overlap(histories), *nested_lists(histories)),
    )
    pairs = [_pair_name(code, histories.lists) for code in reduced.empty]
    chances = chances_of_empty(histories, reduced)
    more: dict[str, Scalar] = {"aic": fit.aic + 2.0 * len(pairs), "empty_overlaps": ", ".join(pairs)}
    for pair, chance in zip(pairs, chances, strict=True):
        more[f"chance of no overlap of {pair}"] = None if math.isnan(chance) else float(chance)
    diagnostics = FrozenMapping({**found.diagnostics, **more})
    return replace(found, assumptions=assumptions, references=REFERENCES, diagnostics=diagnostics)


def _pair_name(code: int, lists: tuple[str, ...]) -> str:
    return LogLinearModel.from_terms([code], lists=lists).term_names[-1]


def _log_normal(fit: DesignFit, level: float) -> Interval:
    spread = math.exp(normal_quantile(level) * math.sqrt(float(fit.covariance[0, 0])))
    n, unseen = fit.n_observed, fit.unseen
    return Interval(
        low=n + unseen / spread, high=n + unseen * spread, level=level, method="log-normal, given the pairs"
    )
