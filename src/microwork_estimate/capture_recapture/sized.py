"""From the persons for whom each person seen stands to an estimate: value, variance, interval, and what is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from microwork_estimate.capture_recapture.assumptions_covariates import KNOWN_WEIGHTS
from microwork_estimate.capture_recapture.counts import nearly_all_seen, unseen_interval
from microwork_estimate.capture_recapture.design_variance import (
    DesignError,
    ReplicateSource,
    linearised_error,
    log_t_interval,
    replicate_error,
    total_variance,
)
from microwork_estimate.capture_recapture.horvitz_thompson import Inclusion
from microwork_estimate.capture_recapture.newton import inverse
from microwork_estimate.capture_recapture.running_away import runaway_warning
from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import Assumption, Bounds, Estimate, FloatArray, FrozenMapping, Interval, Scalar
from microwork_estimate.inputs.captured import CapturedPersons


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sizing:
    """What a size is computed from.

    Parameters
    ----------
    persons : CapturedPersons
    inclusion : Inclusion
        For how many persons each person seen stands.
    runs_away : array of bool of shape (n,)
        Who stands for infinitely many.
    again : callable or None
        Gives the size for other weights, shape (n,).
    inside : array of shape (n,) or None
        1 for the persons of a domain and 0 for the others; None for all.
    """

    persons: CapturedPersons
    inclusion: Inclusion
    runs_away: np.ndarray
    again: Callable[[FloatArray], float] | None = None
    inside: FloatArray | None = None

    @property
    def n_observed(self) -> float:
        """Persons seen: at hand, or for whom the sample stands."""
        weight = self.persons.weights
        return float(weight.sum() if self.inside is None else weight @ self.inside)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Telling:
    """What an estimate with covariates says of itself.

    Parameters
    ----------
    name, method : str
    assumptions : tuple of Assumption
    references : tuple of str
    warnings : tuple of CodedWarning
    names : tuple of str, length p
        The coefficients.
    coefficients : array of shape (p,)
    log_likelihood : float
    more : dict of str to a plain value
        Further diagnostics.
    """

    name: str
    method: str
    assumptions: tuple[Assumption, ...]
    references: tuple[str, ...]
    warnings: tuple[CodedWarning, ...]
    names: tuple[str, ...]
    coefficients: FloatArray
    log_likelihood: float
    more: dict[str, float | None] = field(default_factory=dict)

    def of(self, domain: str) -> Telling:
        """Return the same for a domain."""
        return replace(self, name=f"{self.name}, {domain}", method=f"{self.method}, domain {domain}")


def sized(sizing: Sizing, telling: Telling, *, replicates: ReplicateSource | None, level: float) -> Estimate:
    """Make an estimate of a size.

    Procedure: without a sample the interval is log-normal on the unseen part; with one it is on the logarithm of the
    size, with Student's t. Where somebody stands for infinitely many persons there is no value: the bounds say how many
    there are at least.

    Parameters
    ----------
    sizing : Sizing
    telling : Telling
    replicates : replicate weights or None
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
    """
    designed = sizing.persons.designed
    found, n = list(telling.warnings), sizing.n_observed
    value: float | None = None
    error: float | None = None
    interval: Interval | None = None
    bounds: Bounds | None = None
    sampling: DesignError | None = None
    away = sizing.runs_away if sizing.inside is None else sizing.runs_away & (sizing.inside > 0.0)
    if away.any():
        bounds, warning = _at_edge(sizing, away)
        found.append(warning)
    else:
        value = max(sizing.inclusion.size(sizing.inside), n)
        sampling = _sampling(sizing, value, replicates) if designed else None
        error, interval, more = _uncertainty(sizing, value, sampling, level)
        found += more
        found += runaway_warning(value, n)
    how = ", maximum likelihood" if sampling is None else f", pseudo-likelihood, {sampling.method} variance"
    return Estimate(
        name=telling.name,
        value=value,
        standard_error=error,
        interval=interval,
        bounds=bounds,
        replicates=None if sampling is None else sampling.replicates,
        estimand=sizing.persons.estimand,
        method=telling.method + how,
        n_observed=n,
        assumptions=(*telling.assumptions, *((KNOWN_WEIGHTS,) if designed else ())),
        warnings=tuple(found),
        references=telling.references,
        diagnostics=FrozenMapping(_diagnostics(sizing, telling, sampling)),
    )


def check_replicates(persons: CapturedPersons, replicates: ReplicateSource | None) -> None:
    """Refuse replicate weights where all persons seen are at hand: nothing was sampled that could vary.

    Parameters
    ----------
    persons : CapturedPersons
    replicates : replicate weights or None

    Raises
    ------
    InvalidInput
        If replicate weights are given and the persons have no weights and no design.
    """
    if replicates is not None and not persons.designed:
        raise InvalidInput(
            "replicate weights without a sample",
            expected="persons with weights, strata, clusters or a finite population",
            got="persons who stand for themselves only",
            where="replicates",
            fix="give the weights of the sample, or leave the replicates out: who was seen is part of the variance",
        )


def _sampling(sizing: Sizing, value: float, replicates: ReplicateSource | None) -> DesignError:
    sample = sizing.persons.sample
    if replicates is None or sizing.again is None:
        return linearised_error(sizing.inclusion.design_scores(sizing.inside), sample)
    return replicate_error(sizing.again, value, sample, replicates)


def _uncertainty(
    sizing: Sizing, value: float, sampling: DesignError | None, level: float
) -> tuple[float | None, Interval | None, list[CodedWarning]]:
    """Return standard error, interval and warnings of a finite size."""
    n = sizing.n_observed
    if sampling is None:
        error = math.sqrt(max(sizing.inclusion.model_variance(sizing.inside), 0.0))
        return error, unseen_interval(value, error, n, level), nearly_all_seen(value, n)
    found = list(sampling.warnings)
    inclusion, inside = sizing.inclusion, sizing.inside
    missed, whole = inclusion.missed_variance(inside), inclusion.coefficient_variance(inside)
    variance = total_variance(sampling, sizing.persons.sample, missed=missed, coefficients=whole)
    if math.isnan(variance):
        message = "too few primary units or replicates: no standard error can be given"
        return None, None, [*found, CodedWarning(code="no-degrees-of-freedom", message=message)]
    error = math.sqrt(max(variance, 0.0))
    return error, log_t_interval(value, error, sampling.degrees, level), found


def _at_edge(sizing: Sizing, away: np.ndarray) -> tuple[Bounds, CodedWarning]:
    """Say what is known when some persons stand for infinitely many."""
    weight = sizing.persons.weights * (1.0 if sizing.inside is None else sizing.inside)
    low = float(np.where(away, weight, weight * np.where(away, 1.0, sizing.inclusion.stands_for)).sum())
    message = (
        f"{int(away.sum())} person(s) at hand stand for infinitely many: the likelihood is highest where persons like "
        "them have no chance to be seen; only a lower bound is given"
    )
    reason = "the chance to be seen falls to zero for some persons, and counts of persons seen set no limit"
    return Bounds(low=low, high=math.inf, reason=reason, sharp=False), CodedWarning(code="boundary", message=message)


def _diagnostics(sizing: Sizing, telling: Telling, sampling: DesignError | None) -> dict[str, Scalar]:
    """Collect coefficients with standard errors, the likelihood, and what the caller adds."""
    result: dict[str, Scalar] = dict(telling.more)
    inclusion = sizing.inclusion
    covariance = inverse(inclusion.information)
    if sampling is not None:
        spread = _coefficient_spread(sizing, covariance, sampling)
        result["degrees_of_freedom"] = sampling.degrees
    else:
        spread = list(np.diag(covariance))
        result["log_likelihood"] = telling.log_likelihood
        result["aic"] = 2.0 * len(telling.names) - 2.0 * telling.log_likelihood
    for name, coefficient, variance in zip(telling.names, telling.coefficients, spread, strict=True):
        result[f"coefficient of {name}"] = float(coefficient)
        known = math.isfinite(variance) and variance >= 0.0 and not sizing.runs_away.any()
        result[f"standard error of {name}"] = math.sqrt(variance) if known else None
    return result


def _coefficient_spread(sizing: Sizing, covariance: FloatArray, sampling: DesignError) -> list[float]:
    """Return the linearised variances of the coefficients; NaN where variance comes from replicate weights."""
    inclusion = sizing.inclusion
    if not sampling.linearised:
        return [math.nan] * covariance.shape[0]
    influence = inclusion.weight[:, None] * (inclusion.score @ covariance)
    return [linearised_error(column, sizing.persons.sample).variance for column in influence.T]
