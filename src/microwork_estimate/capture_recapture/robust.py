"""Population size from two lists with covariates, doubly robust: chances are learned, and the bias of learning removed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from microwork_estimate.capture_recapture.assumptions import CLOSED_POPULATION, IN_SCOPE_LISTS, PERFECT_LINKAGE
from microwork_estimate.capture_recapture.assumptions_covariates import (
    INDEPENDENT_GIVEN_COVARIATES,
    KNOWN_WEIGHTS,
    LEARNED_CHANCES,
    OVERLAP_EVERYWHERE,
)
from microwork_estimate.capture_recapture.counts import nearly_all_seen, unseen_interval
from microwork_estimate.capture_recapture.cross_fitting import (
    CrossFitting,
    ListChances,
    coherent,
    cross_fit,
    deal_folds,
)
from microwork_estimate.capture_recapture.design_variance import (
    DesignError,
    ReplicateSource,
    linearised_error,
    log_t_interval,
    replicate_error,
    total_variance,
)
from microwork_estimate.capture_recapture.running_away import runaway_warning
from microwork_estimate.capture_recapture.sized import check_replicates
from microwork_estimate.capture_recapture.targeting import Coverage, coverage, tilt
from microwork_estimate.capture_recapture.two_lists import overlap_warnings
from microwork_estimate.errors import CodedWarning, announce, check_level
from microwork_estimate.estimate import (
    Assumption,
    Bounds,
    Estimate,
    FloatArray,
    FrozenMapping,
    IntArray,
    Interval,
    Scalar,
)
from microwork_estimate.inputs.captured import CapturedPersons

_WORDS = {"targeted": "targeted", "one_step": "one-step correction", "plug_in": "plug-in, not corrected"}
_REFERENCES = (
    "Das, Kennedy & Jewell 2024, Journal of the American Statistical Association 119(546), 1309-1321",
    "van der Laan & Rubin 2006, International Journal of Biostatistics 2(1), article 11",
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Fitted:
    """Chances on the two lists, and what comes of them."""

    pair: FloatArray
    weight: FloatArray
    chances: ListChances
    covered: Coverage
    fitting: CrossFitting
    more: dict[str, Scalar]

    @property
    def size(self) -> float:
        """Estimated number of persons."""
        return float(self.weight.sum()) * self.covered.inverse

    def scores(self) -> FloatArray:
        """Return weight times linearised size of each person, shape (n,)."""
        covered = self.covered
        if self.fitting.correction == "targeted":
            return self.weight * covered.parts
        folds = self.chances.fold
        sizes = np.bincount(folds, weights=self.weight)
        means = np.bincount(folds, weights=self.weight * covered.parts) / sizes
        balance = float(self.weight.sum()) / covered.fold_sizes
        return np.asarray(self.weight * (covered.inverse + balance * (covered.parts - means[folds])))

    def again(self, weight: FloatArray) -> float:
        """Return the size with other weights, the chances as they are: their errors matter in second order only."""
        if self.fitting.correction == "targeted":
            return float(weight @ self.covered.parts)
        with np.errstate(all="ignore"):
            return float(weight.sum()) * coverage(self.chances, self.pair, weight, self.fitting.correction).inverse


def doubly_robust(
    persons: CapturedPersons,
    formula: str,
    *,
    seed: int,
    fitting: CrossFitting | None = None,
    replicates: ReplicateSource | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate the number of persons from two lists that are independent given covariates, by any learner.

    Procedure: persons are dealt to folds at random (clusters whole). For each fold the chances q1, q2, q12 to be on the
    first list, the second and both, given that a person was seen, are learned from the other folds, and made possible
    together (q12 at least a floor, q1 q2 / q12 at least 1). With g = q1 q2 / q12, the mean of
    g (y1/q1 + y2/q2 - y1 y2/q12) is the number of persons for each person seen: errors of the chances enter through
    their products only. The targeted step tilts the chances until the mean of g itself has this property; N is then the
    sum of g. The variance is n var(contributions) + N (N/n - 1): what persons seen are like, and who was seen.

    A sample of the persons seen is weighted; the variance is then that of the sampling design, by linearisation or from
    replicate weights with the chances as they are, plus sum g (g - 1) for who was seen.

    Parameters
    ----------
    persons : CapturedPersons
        n persons with the columns of at least two lists. The first two are the pair, and the others only tell who was
        seen; :meth:`CapturedPersons.paired` chooses the pair.
    formula : str
        Right side of a formula: the features given to the learner. The chances *given that a person was seen* are
        curved even where those on the lists are logistic, so that squares and products help a logistic learner. With
        ``"1"`` it is the estimate of Lincoln and Petersen.
    seed : int
        Seed of the folds. It has no default, because the number depends on it.
    fitting : CrossFitting or None
        Folds, learner, floor and correction; None for the defaults.
    replicates : replicate weights or None
        For the variance of a sample; None to linearise.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        `diagnostics` holds the one-step and the plug-in numbers, the share of persons at the floor and the seed.
        Warnings: ``no-overlap``, ``empty-list`` (nobody is on both lists, or on one: no value), ``contained-list`` (nobody
        is on one list only: no interval), ``sparse-overlap`` (fewer than seven persons on both), ``covariates-dropped``
        (fewer persons than `smallest_sample`), ``overlap-floor`` (some chances to be on both lists were raised to the
        floor), ``not-targeted`` (the targeted step leaves a bias: the one-step correction is given),
        ``nearly-all-seen``, ``below-observed`` (the pair gives fewer than were seen on all lists: these are given, without
        an interval), ``runaway``, ``calibration-ignored``, ``unusable-replicates``, ``no-degrees-of-freedom``.

    Raises
    ------
    InvalidInput
        If the persons came with times seen, the formula cannot be read, the learner gives no chances, the seed is not
        a whole number, there are fewer persons than folds, or replicate weights are given without a sample.

    Assumptions
    -----------
    Closed population, perfect linkage, lists independent given the covariates, some chance to be on both whatever the
    covariates, chances learned well enough.

    References
    ----------
    Das, Kennedy & Jewell 2024, Journal of the American Statistical Association 119(546), 1309-1321, for the
    contributions and the variance. Van der Laan & Rubin 2006, International Journal of Biostatistics 2(1), article 11,
    for targeting. Weights and the tilt of all chances at once are ours.

    Examples
    --------
    >>> columns = {"a": [1] * 30 + [1] * 170 + [0] * 120, "b": [1] * 30 + [0] * 170 + [1] * 120}
    >>> estimate = doubly_robust(CapturedPersons.from_columns(columns, lists=("a", "b")), "1", seed=1)
    >>> round(estimate.value, 6)
    1000.0
    """
    check_level(level)
    check_replicates(persons, replicates)
    chosen = CrossFitting() if fitting is None else fitting
    pair = persons.presence[:, :2].astype(np.float64)
    features = persons.design_matrix(formula).values
    fold = deal_folds(persons.sample.psu_codes(), min(chosen.folds, persons.n), seed)
    found = list(overlap_warnings(_cells(pair)))
    if {"empty-list", "no-overlap"} & {warning.code for warning in found}:
        estimate = _without_overlap(persons, formula, chosen, found)
    else:
        if persons.n < chosen.smallest_sample and features.shape[1] > 1:
            features = np.ones((persons.n, 1))
            message = (
                f"only {persons.n} persons are at hand: the covariates are dropped and the lists taken as independent"
            )
            found.append(CodedWarning(code="covariates-dropped", message=message))
        fitted = _fit(persons, pair, features, fold, chosen)
        fitted.more["seed"] = seed
        if fitted.fitting.correction != chosen.correction:
            message = "tilting the chances does not take the bias away: the one-step correction is given instead"
            found.append(CodedWarning(code="not-targeted", message=message))
        estimate = _estimate(persons, formula, fitted, found, replicates=replicates, level=level)
    announce(estimate.warnings)
    return estimate


def _fit(
    persons: CapturedPersons, pair: FloatArray, features: FloatArray, fold: IntArray, fitting: CrossFitting
) -> _Fitted:
    weight, floor = persons.weights, fitting.smallest_overlap
    if (features == 1.0).all():
        # Without covariates there is nothing to learn: the chances are shares, and need no folds.
        share = weight / weight.sum()
        first, second, both = (np.full(persons.n, float(share @ y)) for y in (*pair.T, pair[:, 0] * pair[:, 1]))
        smallest = min(floor, float(both[0]))
        chances = coherent(first, second, both, np.zeros(persons.n, dtype=np.int64), floor=smallest)
    else:
        chances = cross_fit(features, pair, weight, fold, fitting)
    total = float(weight.sum())
    more: dict[str, Scalar] = {
        "one_step": total * coverage(chances, pair, weight, "one_step").inverse,
        "plug_in": total * coverage(chances, pair, weight, "plug_in").inverse,
        "share_at_floor": float(weight @ chances.floored) / total,
        "folds": int(chances.fold.max()) + 1,
    }
    if fitting.correction == "targeted":
        tilted = tilt(chances, pair, weight, others=len(persons.lists) > 2)
        if tilted is None:
            fitting = replace(fitting, correction="one_step")
        else:
            chances = tilted
    covered = coverage(chances, pair, weight, fitting.correction)
    return _Fitted(pair=pair, weight=weight, chances=chances, covered=covered, fitting=fitting, more=more)


def _estimate(
    persons: CapturedPersons,
    formula: str,
    fitted: _Fitted,
    found: list[CodedWarning],
    *,
    replicates: ReplicateSource | None,
    level: float,
) -> Estimate:
    n = float(persons.weights.sum())
    found += [*_floor_warning(fitted), *_below_observed(fitted.size, n), *runaway_warning(fitted.size, n)]
    value = max(fitted.size, n)
    sampling: DesignError | None = None
    if persons.designed:
        sampling = _sampling(persons, fitted, replicates)
        found += sampling.warnings
    error, interval, more = _uncertainty(persons, fitted, sampling, level)
    how = "" if sampling is None else f", weighted, {sampling.method} variance"
    return Estimate(
        name="doubly robust estimate",
        value=value,
        standard_error=error,
        interval=interval,
        replicates=None if sampling is None else sampling.replicates,
        estimand=persons.estimand,
        method=_method(persons, formula, fitted.fitting) + how,
        n_observed=n,
        assumptions=_assumptions(persons),
        warnings=(*found, *more),
        references=_REFERENCES,
        diagnostics=FrozenMapping(fitted.more),
    )


def _sampling(persons: CapturedPersons, fitted: _Fitted, replicates: ReplicateSource | None) -> DesignError:
    if replicates is None:
        return linearised_error(fitted.scores(), persons.sample)
    return replicate_error(fitted.again, fitted.size, persons.sample, replicates)


def _uncertainty(
    persons: CapturedPersons, fitted: _Fitted, sampling: DesignError | None, level: float
) -> tuple[float | None, Interval | None, list[CodedWarning]]:
    """Return standard error, interval and warnings."""
    n, value, covered = float(persons.weights.sum()), fitted.size, fitted.covered
    if min(_cells(fitted.pair)[1:]) == 0 or value < n * (1.0 - 1e-9):
        return None, None, []
    if sampling is None:
        error = math.sqrt(n * covered.spread + value * max(covered.inverse - 1.0, 0.0))
        return error, unseen_interval(value, error, n, level), nearly_all_seen(value, n)
    missed = float(persons.weights @ (covered.plug_in * (covered.plug_in - 1.0)))
    noise = float(persons.weights @ (covered.parts - covered.plug_in) ** 2)
    variance = total_variance(sampling, persons.sample, missed=missed, coefficients=noise)
    if math.isnan(variance):
        message = "too few primary units or replicates: no standard error can be given"
        return None, None, [CodedWarning(code="no-degrees-of-freedom", message=message)]
    error = math.sqrt(max(variance, 0.0))
    return error, log_t_interval(value, error, sampling.degrees, level), []


def _floor_warning(fitted: _Fitted) -> list[CodedWarning]:
    floored = fitted.chances.floored
    if not floored.any():
        return []
    message = (
        f"for {int(floored.sum())} of {floored.size} persons the chance to be on both lists was raised to the floor of "
        f"{fitted.fitting.smallest_overlap:g}: persons like them are hardly ever on both, and the size there is not known"
    )
    return [CodedWarning(code="overlap-floor", message=message)]


def _below_observed(value: float, n: float) -> list[CodedWarning]:
    """Say that the pair of lists gives fewer persons than were seen on all lists; rounding apart."""
    if value >= n * (1.0 - 1e-9):
        return []
    message = f"the pair of lists gives {value:,.1f}, fewer than the {n:,.0f} persons seen, who are given instead"
    return [CodedWarning(code="below-observed", message=message)]


def _cells(pair: FloatArray) -> tuple[int, int, int]:
    """Return persons at hand on both lists, on the first only, on the second only."""
    both = int(pair.all(axis=1).sum())
    return both, int(pair[:, 0].sum()) - both, int(pair[:, 1].sum()) - both


def _without_overlap(
    persons: CapturedPersons, formula: str, fitting: CrossFitting, found: list[CodedWarning]
) -> Estimate:
    n = float(persons.weights.sum())
    return Estimate(
        name="doubly robust estimate",
        value=None,
        bounds=Bounds(low=n, high=math.inf, reason="no overlap between the two lists", sharp=True),
        estimand=persons.estimand,
        method=_method(persons, formula, fitting),
        n_observed=n,
        assumptions=_assumptions(persons),
        warnings=tuple(found),
        references=_REFERENCES,
    )


def _method(persons: CapturedPersons, formula: str, fitting: CrossFitting) -> str:
    first, second = persons.lists[:2]
    return f"doubly robust, lists {first!r} and {second!r}, formula {formula!r}, {_WORDS[fitting.correction]}"


def _assumptions(persons: CapturedPersons) -> tuple[Assumption, ...]:
    return (
        CLOSED_POPULATION,
        PERFECT_LINKAGE,
        IN_SCOPE_LISTS,
        INDEPENDENT_GIVEN_COVARIATES,
        OVERLAP_EVERYWHERE,
        LEARNED_CHANCES,
        *((KNOWN_WEIGHTS,) if persons.designed else ()),
    )
