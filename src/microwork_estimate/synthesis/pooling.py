"""Several estimates of one quantity: each adjusted for its bias, pooled by mixing, by weighting, or only set side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import optimize, special

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Estimate, FrozenMapping, Interval
from microwork_estimate.frozen import FloatArray, Scalar
from microwork_estimate.synthesis.agreement import Conflict, conflict_of, inverse_covariance
from microwork_estimate.synthesis.limits import Limit, draws_of_limits, limit_warnings
from microwork_estimate.synthesis.source_bias import (
    ELICITED_BIAS,
    AdjustedSources,
    SourceBias,
    adjusted_sources,
    dominating_bias,
)
from microwork_estimate.synthesis.truncation import LimitDraws, mixture_quantiles

RANGES = (0.5, 0.8, 0.95)
LEAST_P = 0.10  # sources that disagree more than this are not averaged
LARGEST_WEIGHT = 0.8  # an average that is nearly one source hides the others

_REFERENCES = (
    "Stone (1961), Annals of Mathematical Statistics 32, 1339-1342",
    "Turner, Spiegelhalter, Smith & Thompson (2009), Journal of the Royal Statistical Society A 172, 21-47",
)


def linear_pool(
    estimates: Sequence[Estimate],
    biases: Mapping[str, SourceBias],
    *,
    weights: Mapping[str, float] | None = None,
    limits: Sequence[Limit] = (),
    level: float = 0.95,
) -> Estimate:
    """Pool several estimates of one quantity as a mixture of what each of them says.

    What it estimates: the quantity that all sources mean, when it is not known which of them is right. The mixture does
    not become narrower because sources are many, and stays wide or has two humps where they disagree; in simulations it
    keeps its level even where stated biases are too small.

    Procedure: each source becomes a log-normal density, centred on its estimate divided by its expected bias, as wide as
    sampling and bias together. Limits cut each density off, which is then scaled to 1 again. The densities are mixed
    with fixed weights; cutting the mixture instead would move weight towards the sources inside the limits. The value
    is the median.

    Parameters
    ----------
    estimates : sequence of Estimate
        K of them, two or more, of one estimand, each with a value and an error.
    biases : mapping of str to SourceBias
        By the name of the estimate.
    weights : mapping of str to float, optional
        By the name of the estimate, adding up to 1; equal by default. They say how much each source is trusted, not how
        precise it is.
    limits : sequence of Limit
        Bounds and lower bounds of the same estimand.
    level : float
        Of the interval.

    Returns
    -------
    Estimate
        The ranges at 50, 80 and 95 % are in the diagnostics (``low_50``, ``high_50``, ...), with the conflict test.
        No value, with ``limits-contradict``, when the limits leave nothing.

    Raises
    ------
    InvalidInput
        If estimands differ, a bias is missing, an estimate has no value or no error, or the weights do not add up to 1.

    Assumptions
    -----------
    ``elicited-bias``; at least one of the sources is about right.

    References
    ----------
    Stone (1961), *Annals of Mathematical Statistics* 32, 1339-1342. Genest & Zidek (1986), *Statistical Science* 1,
    114-135. Turner et al. (2009), *Journal of the Royal Statistical Society A* 172, 21-47. Greenland (2005), *Journal of
    the Royal Statistical Society A* 168, 267-306.

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.estimate import Estimand
    >>> def made(name, value):
    ...     return Estimate(name=name, value=value, standard_error=0.05 * value, estimand=Estimand(), method="given")
    >>> half_to_twice = SourceBias.from_interval(0.5, 2.0, source="assumed: within a factor of two")
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     pool = linear_pool(
    ...         [made("a", 40_000.0), made("b", 90_000.0)], {"a": half_to_twice, "b": half_to_twice}
    ...     )
    >>> round(pool.value), round(pool.interval.low), round(pool.interval.high)
    (60000, 19888, 181017)
    """
    sources = adjusted_sources(estimates, biases)
    shares = _shares(sources.names, weights)
    cut = draws_of_limits(limits, estimates[0].estimand)
    warnings = (*dominating_bias(sources), *limit_warnings(sources, cut))
    announce(warnings)
    found = _conflict_numbers(conflict_of(sources)) if _independent(sources) else {}
    answer = _Answer(diagnostics=found)
    if cut.low.size:
        answer = _quantiles((sources.centre, sources.spread, shares, cut), level, "linear pool", found)
    return _pooled(estimates, "linear_pool", "linear opinion pool of bias-adjusted densities", warnings, answer)


def bias_adjusted_pool(
    estimates: Sequence[Estimate],
    biases: Mapping[str, SourceBias],
    *,
    limits: Sequence[Limit] = (),
    level: float = 0.95,
) -> Estimate:
    """Pool several estimates by weighted averaging of their logarithms, if they agree and none rules the others.

    Procedure: generalised least squares on the logarithms after the expected bias, with the covariance of sampling, bias
    and shared causes, under weights of zero or more (a shared cause can otherwise make a weight negative, so that a
    larger estimate would lower the pool). It is given only if the conflict test has p above 0.10 and the largest weight
    is below 0.8. It relies on the biases being stated wide enough, which :func:`linear_pool` does not.

    Parameters
    ----------
    estimates, biases, limits, level
        As of :func:`linear_pool`.

    Returns
    -------
    Estimate
        The weights are in the diagnostics (``weight_<name>``). Without value, and with the warning ``pool-refused`` that
        says why, where the sources disagree or one of them rules.

    Raises
    ------
    InvalidInput
        As :func:`linear_pool`, and if two sources err in exactly the same way.

    Assumptions
    -----------
    ``elicited-bias``.

    References
    ----------
    Turner et al. (2009), *Journal of the Royal Statistical Society A* 172, 21-47. Aitken (1935), *Proceedings of the Royal
    Society of Edinburgh* 55, 42-48.

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.estimate import Estimand
    >>> def made(name, value):
    ...     return Estimate(name=name, value=value, standard_error=0.05 * value, estimand=Estimand(), method="given")
    >>> half_to_twice = SourceBias.from_interval(0.5, 2.0, source="assumed: within a factor of two")
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     pool = bias_adjusted_pool(
    ...         [made("a", 40_000.0), made("b", 90_000.0)], {"a": half_to_twice, "b": half_to_twice}
    ...     )
    >>> round(pool.value), round(pool.interval.low), round(pool.interval.high)
    (60000, 33322, 108036)
    """
    sources = adjusted_sources(estimates, biases)
    test = conflict_of(sources)
    weights = _nonnegative_weights(inverse_covariance(sources))
    centre, spread = weights @ sources.centre, np.sqrt(weights @ sources.covariance @ weights)
    cut = draws_of_limits(limits, estimates[0].estimand)
    refused = _refusal(test, dict(zip(sources.names, weights, strict=True)))
    warnings = (*dominating_bias(sources), *limit_warnings(sources, cut), *refused)
    announce(warnings)
    named = {f"weight_{name}": float(w) for name, w in zip(sources.names, weights, strict=True)}
    found = {**_conflict_numbers(test), **named}
    answer = _Answer(diagnostics=found)
    if cut.low.size and not refused:
        answer = _quantiles(
            (np.array([centre]), np.array([spread]), np.ones(1), cut), level, "bias-adjusted pool", found
        )
    method = "generalised least squares on bias-adjusted logarithms"
    return _pooled(estimates, "bias_adjusted_pool", method, warnings, answer)


def bias_adjusted(
    estimates: Sequence[Estimate], biases: Mapping[str, SourceBias], *, level: float = 0.95
) -> tuple[Estimate, ...]:
    """Return each estimate once its expected bias is taken off, with an interval for sampling and bias together.

    These are the rows that a forest plot sets below the raw ones.

    Parameters
    ----------
    estimates, biases, level
        As of :func:`linear_pool`.

    Returns
    -------
    tuple of Estimate
        With the names of the estimates; bounds, replicates and standard errors, which know nothing of the bias, are left
        out.

    Raises
    ------
    InvalidInput
        As :func:`linear_pool`.
    """
    check_level(level)
    sources = adjusted_sources(estimates, biases)
    z = special.ndtri((1 + level) / 2)
    lows, middles, highs = (np.exp(sources.centre + k * z * sources.spread) for k in (-1, 0, 1))
    return tuple(
        replace(
            estimate,
            value=float(middle),
            standard_error=None,
            interval=Interval(low=float(low), high=float(high), level=level, method="sampling and bias, log-normal"),
            bounds=None,
            replicates=None,
            method=f"{estimate.method}, adjusted for bias",
            assumptions=(*estimate.assumptions, ELICITED_BIAS),
        )
        for estimate, low, middle, high in zip(estimates, lows, middles, highs, strict=True)
    )


def envelope(estimates: Sequence[Estimate], biases: Mapping[str, SourceBias], *, level: float = 0.95) -> Estimate:
    """Return the range from the lowest to the highest end of the bias-adjusted intervals of all sources.

    It holds the truth whenever the interval of any source does, and names no value.

    Parameters
    ----------
    estimates, biases, level
        As of :func:`linear_pool`.

    Returns
    -------
    Estimate
        Without value.

    Raises
    ------
    InvalidInput
        As :func:`linear_pool`.

    Examples
    --------
    >>> from microwork_estimate.estimate import Estimand
    >>> def made(name, value):
    ...     return Estimate(name=name, value=value, standard_error=0.05 * value, estimand=Estimand(), method="given")
    >>> known = SourceBias(width=0.0, source="assumed: none")
    >>> found = envelope([made("a", 100.0), made("b", 200.0)], {"a": known, "b": known})
    >>> round(found.interval.low, 1), round(found.interval.high, 1)
    (90.7, 220.6)
    """
    adjusted = [e.interval for e in bias_adjusted(estimates, biases, level=level) if e.interval is not None]
    low, high = min(i.low for i in adjusted), max(i.high for i in adjusted)
    answer = _Answer(interval=Interval(low=low, high=high, level=level, method="envelope"))
    return _pooled(estimates, "envelope", "envelope of bias-adjusted intervals", (), answer)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """What a pool says: a value with its interval, or only numbers to judge by."""

    value: float | None = None
    interval: Interval | None = None
    diagnostics: Mapping[str, Scalar] = field(default_factory=dict)


def _pooled(
    estimates: Sequence[Estimate], name: str, method: str, warnings: tuple[CodedWarning, ...], answer: _Answer
) -> Estimate:
    inherited = [w for e in estimates for w in e.warnings]
    return Estimate(
        name=name,
        value=answer.value,
        interval=answer.interval,
        estimand=estimates[0].estimand,
        method=method,
        assumptions=tuple(dict.fromkeys([ELICITED_BIAS, *(a for e in estimates for a in e.assumptions)])),
        warnings=tuple(dict.fromkeys([*warnings, *inherited])),
        references=_REFERENCES,
        diagnostics=FrozenMapping(answer.diagnostics),
    )


def _quantiles(
    mixture: tuple[FloatArray, FloatArray, FloatArray, LimitDraws],
    level: float,
    method: str,
    numbers: Mapping[str, Scalar],
) -> _Answer:
    levels = (check_level(level), *RANGES)
    probabilities = [(1 + sign * r) / 2 for r in levels for sign in (-1, 1)]
    middle, *ends = (float(q) for q in np.exp(mixture_quantiles([0.5, *probabilities], *mixture)))
    names = [f"{end}_{100 * r:g}" for r in RANGES for end in ("low", "high")]
    return _Answer(
        value=middle,
        interval=Interval(low=ends[0], high=ends[1], level=level, method=method),
        diagnostics={**dict(zip(names, ends[2:], strict=True)), **numbers},
    )


def _shares(names: Sequence[str], weights: Mapping[str, float] | None) -> FloatArray:
    if weights is None:
        return np.full(len(names), 1 / len(names))
    given = np.array([weights.get(name, np.nan) for name in names])
    if set(weights) != set(names) or not (given >= 0).all() or abs(given.sum() - 1) > 1e-9:
        raise InvalidInput(
            "impossible weights",
            expected="one weight for each of " + ", ".join(names) + ", zero or more, adding up to 1",
            got=f"{dict(weights)}",
            where="weights",
            fix="leave them out for equal weights",
        )
    return np.asarray(given / given.sum())


def _independent(sources: AdjustedSources) -> bool:
    return bool(np.linalg.cond(sources.covariance) <= 1e12)


def _nonnegative_weights(inverse: FloatArray) -> FloatArray:
    """Return the weights of zero or more, adding up to 1, whose average varies least.

    The least of w'Sw/2 - 1'w over w >= 0 is, up to a factor, that of w'Sw under a sum of 1: a problem of non-negative
    least squares in the square root of S.
    """
    weights = inverse.sum(axis=1)
    if (weights < 0).any():
        root = np.linalg.cholesky(np.linalg.inv(inverse))
        weights, _ = optimize.nnls(root.T, np.linalg.solve(root, np.ones(len(root))))
    return np.asarray(weights / weights.sum())


def _refusal(test: Conflict, weights: dict[str, float]) -> tuple[CodedWarning, ...]:
    largest = max(weights, key=lambda name: weights[name])
    reasons = []
    if test.p_value <= LEAST_P:
        reasons.append(f"the sources disagree (Q = {test.statistic:.1f}, p = {test.p_value:.2g})")
    if weights[largest] >= LARGEST_WEIGHT:
        reasons.append(f"{largest} alone would weigh {100 * weights[largest]:.0f} %")
    if not reasons:
        return ()
    message = f"no weighted average is given: {' and '.join(reasons)}"
    return (CodedWarning(code="pool-refused", message=message),)


def _conflict_numbers(test: Conflict) -> dict[str, Scalar]:
    left_out = {f"p_without_{name}": p for name, p in test.left_out.items()}
    return {"conflict_q": test.statistic, "conflict_p": test.p_value, **left_out}
