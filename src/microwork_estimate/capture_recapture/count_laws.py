"""Four laws of how often a person is seen, with their derivatives: Poisson, geometric, negative binomial, binomial.

The first three are written in the logarithm of the mean, so that covariates act on it; the negative binomial has a
dispersion too, which is 0 for the Poisson law and 1 for the geometric one. The binomial law, over a known number of
occasions, is written in the logit of the chance to be seen on one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import betainc, expit, gammainc, gammaln

from microwork_estimate.capture_recapture.jets import Jet
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray

Law = Literal["poisson", "geometric", "negative_binomial"]
AnyLaw = Literal[Law, "binomial"]

MOST_SIGHTINGS = 1_000_000
"""A person seen more often than this is refused: such counts are not sightings of persons."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LawTerms:
    """Logarithms of probabilities under one law, for n persons.

    Parameters
    ----------
    observed : Jet
        Of being seen as often as the person was.
    unseen, once, repeated : Jet
        Of being seen never, once, and at least twice.
    """

    observed: Jet
    unseen: Jet
    once: Jet
    repeated: Jet


def law_terms(
    law: AnyLaw, times: FloatArray, mean: Jet, dispersion: Jet | None = None, *, occasions: float | None = None
) -> LawTerms:
    """Compute the logarithms of probabilities under one law.

    Procedure: with mean m and dispersion a, P(y) = m^y e^-m / y! (Poisson), m^y / (1+m)^(y+1) (geometric), and
    P(y) = prod_{j<y} (1+aj) m^y / (y! (1+am)^(y+1/a)) (negative binomial, variance m + a m^2), and with chance p on
    each of T occasions (T choose y) p^y (1-p)^(T-y) (binomial). The chance of two sightings or more is an incomplete
    gamma or beta function, so that small means lose no digits.

    Parameters
    ----------
    law : str
        ``"poisson"``, ``"geometric"``, ``"negative_binomial"`` or ``"binomial"``.
    times : array of shape (n,)
        How often each person was seen; 0 is possible.
    mean : Jet
        Logarithm of the mean; of the binomial law, the logit of the chance p.
    dispersion : Jet or None
        Logarithm of the dispersion, for the negative binomial law.
    occasions : float or None
        T, for the binomial law; at least 2.

    Returns
    -------
    LawTerms

    Raises
    ------
    InvalidInput
        If somebody was seen more than a million times.

    References
    ----------
    Cruyff & van der Heijden 2008, Biometrical Journal 50(6), 1035-1050, for the negative binomial law.

    Examples
    --------
    >>> mean = Jet.variable(np.log([0.5]), 0, 1)
    >>> terms = law_terms("geometric", np.array([1.0]), mean)
    >>> np.exp(terms.observed.value).round(4).tolist(), np.exp(terms.repeated.value).round(4).tolist()
    ([0.2222], [0.1111])
    """
    if times.max(initial=0.0) > MOST_SIGHTINGS:
        raise InvalidInput(
            "impossible number of sightings",
            expected=f"at most {MOST_SIGHTINGS:,} sightings of one person",
            got=f"{times.max():,.0f}",
            where="times seen",
            fix="check the unit of the counts",
        )
    if law == "poisson":
        return _poisson(times, mean)
    if law == "geometric":
        return _geometric(times, mean)
    if law == "binomial":
        assert occasions is not None  # noqa: S101 - given with this law
        return _binomial(times, mean, occasions)
    assert dispersion is not None  # noqa: S101 - given with this law
    return _negative_binomial(times, mean, dispersion)


def _poisson(times: FloatArray, mean: Jet) -> LawTerms:
    rate = mean.exp()
    size = rate.value
    repeated = np.asarray(gammainc(2.0, size), dtype=np.float64)
    # The derivative of P(at least two) by ln m is m^2 e^-m.
    slope = size**2 * np.exp(-size) / repeated
    return LawTerms(
        observed=mean.times(times) - rate - mean.constant(gammaln(times + 1.0)),
        unseen=rate.times(-1.0),
        once=mean - rate,
        repeated=mean.through(np.log(repeated), slope, slope * (2.0 - size - slope)),
    )


def _geometric(times: FloatArray, mean: Jet) -> LawTerms:
    failed = mean.softplus()
    again = mean - failed
    return LawTerms(
        observed=mean.times(times) - failed.times(times + 1.0),
        unseen=failed.times(-1.0),
        once=again - failed,
        repeated=again.times(2.0),
    )


def _binomial(times: FloatArray, chance: Jet, occasions: float) -> LawTerms:
    missed = chance.softplus()
    unseen = missed.times(-occasions)
    p = expit(chance.value)
    repeated = np.asarray(betainc(2.0, occasions - 1.0, p), dtype=np.float64)
    # The derivative of P(at least two) by the logit is T (T-1) p^2 (1-p)^(T-1).
    slope = occasions * (occasions - 1.0) * p**2 * np.exp((occasions - 1.0) * -missed.value) / repeated
    ways = gammaln(occasions + 1.0) - gammaln(times + 1.0) - gammaln(occasions - times + 1.0)
    return LawTerms(
        observed=chance.times(times) + unseen + chance.constant(ways),
        unseen=unseen,
        once=chance + unseen + chance.constant(np.full(p.shape, np.log(occasions))),
        repeated=chance.through(
            np.log(repeated), slope, slope * (2.0 * expit(-chance.value) - (occasions - 1.0) * p - slope)
        ),
    )


def _negative_binomial(times: FloatArray, mean: Jet, dispersion: Jet) -> LawTerms:
    scaled = mean + dispersion
    growth = scaled.softplus()
    unseen = (dispersion.times(-1.0).exp() * growth).times(-1.0)
    once = unseen + mean - growth
    repeated = np.asarray(betainc(2.0, np.exp(-dispersion.value), expit(scaled.value)), dtype=np.float64)
    below = unseen.exp() + once.exp()
    at_least_two = Jet(repeated, -below.first, -below.second)
    return LawTerms(
        observed=unseen
        + (mean - growth).times(times)
        + _rising(times, dispersion)
        - mean.constant(gammaln(times + 1.0)),
        unseen=unseen,
        once=once,
        repeated=at_least_two.log(),
    )


def _rising(times: FloatArray, dispersion: Jet) -> Jet:
    """Sum of ln(1 + a j) over j below y, from one table for each different dispersion."""
    index = times.astype(np.int64)
    result = np.zeros((3, times.size))
    for value in np.unique(dispersion.value):
        chosen = dispersion.value == value
        product = np.exp(value) * np.arange(int(index[chosen].max(initial=0)) + 1, dtype=np.float64)
        steps = np.stack([np.log1p(product), product / (1.0 + product), product / (1.0 + product) ** 2])
        table = np.concatenate([np.zeros((3, 1)), np.cumsum(steps, axis=1)], axis=1)
        result[:, chosen] = table[:, index[chosen]]
    return dispersion.through(*result)
