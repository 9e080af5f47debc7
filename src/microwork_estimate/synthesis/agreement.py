"""Whether several estimates of one quantity agree, once their stated biases are allowed for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimate
from microwork_estimate.frozen import FloatArray, FrozenMapping
from microwork_estimate.synthesis.source_bias import AdjustedSources, SourceBias, adjusted_sources


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """Whether the sources disagree more than their errors and biases allow.

    Parameters
    ----------
    statistic : float
        Weighted squares of the deviations from the pooled value.
    degrees_of_freedom : int
        Number of sources minus 1.
    p_value : float
        Chance of such a statistic or a larger one if the stated biases are right.
    left_out : mapping of str to float
        For each source, the chance that the others would predict a value as far from theirs as it is (two-sided).
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    left_out: FrozenMapping


def conflict(estimates: Sequence[Estimate], biases: Mapping[str, SourceBias]) -> Conflict:
    """Test whether several estimates of one quantity are compatible with the biases stated for them.

    Procedure: with x the logarithms after the expected bias and S the covariance of sampling, bias and shared causes,
    the pooled value is that of generalised least squares, and Q = (x - pooled)' S^-1 (x - pooled) is compared with a
    chi-squared distribution of K - 1 degrees of freedom. Then each source in turn is predicted from the others.

    Parameters
    ----------
    estimates : sequence of Estimate
        K of them, two or more, of one estimand.
    biases : mapping of str to SourceBias
        By the name of the estimate.

    Returns
    -------
    Conflict

    Raises
    ------
    InvalidInput
        As :func:`linear_pool`.

    Assumptions
    -----------
    ``elicited-bias``; errors about normal on the logarithmic scale. A large p does not show that the sources are right:
    wide biases agree with anything.

    References
    ----------
    Cochran (1954), *Biometrics* 10, 101-129, for Q. Turner, Spiegelhalter, Smith & Thompson (2009), *Journal of the Royal
    Statistical Society A* 172, 21-47, for elicited biases. Presanis, Ohlssen, Spiegelhalter & De Angelis (2013),
    *Statistical Science* 28, 376-397, for predicting one source from the others.

    Examples
    --------
    >>> from microwork_estimate.estimate import Estimand
    >>> def made(name, value):
    ...     return Estimate(name=name, value=value, standard_error=0.1 * value, estimand=Estimand(), method="given")
    >>> known = SourceBias(width=0.0, source="assumed: none")
    >>> found = conflict([made("a", 100.0), made("b", 200.0)], {"a": known, "b": known})
    >>> round(found.statistic, 2), found.p_value < 0.001
    (24.02, True)
    """
    return conflict_of(adjusted_sources(estimates, biases))


def conflict_of(sources: AdjustedSources) -> Conflict:
    """Return the test for sources that were adjusted already."""
    k = len(sources.names)
    inverse = inverse_covariance(sources)
    gls = inverse.sum(axis=1) / inverse.sum()
    residuals = sources.centre - gls @ sources.centre
    statistic = float(residuals @ inverse @ residuals)
    left_out = {name: _left_out(sources, at) for at, name in enumerate(sources.names)}
    return Conflict(
        statistic=statistic,
        degrees_of_freedom=k - 1,
        p_value=float(special.chdtrc(k - 1, statistic)),
        left_out=FrozenMapping(left_out),
    )


def inverse_covariance(sources: AdjustedSources) -> FloatArray:
    """Invert the covariance of the sources.

    Raises
    ------
    InvalidInput
        If two sources err in exactly the same way, so that one of them adds nothing.
    """
    if np.linalg.cond(sources.covariance) > 1e12:
        raise InvalidInput(
            "sources that err alike",
            expected="sources of which each has an error of its own",
            got=f"a covariance of rank below {len(sources.names)}",
            where="biases",
            fix="give each source a sampling error or a bias of its own, or leave one of them out",
        )
    return np.asarray(np.linalg.inv(sources.covariance))


def _left_out(sources: AdjustedSources, at: int) -> float:
    """Return the two-sided chance of a source as far from what the others predict."""
    others = np.arange(len(sources.names)) != at
    covariance = sources.covariance
    part = np.linalg.inv(covariance[np.ix_(others, others)])
    weights = part.sum(axis=1) / part.sum()
    gap = sources.centre[at] - weights @ sources.centre[others]
    variance = covariance[at, at] + 1 / part.sum() - 2 * covariance[at, others] @ weights
    return float(2 * special.ndtr(-abs(gap) / np.sqrt(variance)))
