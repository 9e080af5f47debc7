"""What one person seen says about the law, and how many persons he or she stands for: truncation and one-inflation.

Persons never seen are missing from the data, so every likelihood here is conditional on having been seen. Five forms of
it stand beside each other; they differ in what they make of the persons seen once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from microwork_estimate.capture_recapture.count_laws import AnyLaw, Law, LawTerms, law_terms
from microwork_estimate.capture_recapture.jets import Jet
from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray

CountFamily = Literal["poisson", "geometric", "negative_binomial", "chao", "zelterman"]
OneInflation = Literal["none", "before_truncation", "after_truncation", "singletons_left_out"]

FittedFamily = Literal[CountFamily, "binomial"]
"""What can be fitted: covariates act on all but the binomial law, which has a chance for each occasion instead."""

LAWS: tuple[str, ...] = get_args(Law)
ALL_LAWS: tuple[str, ...] = get_args(AnyLaw)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PersonTerms:
    """The part of each of n persons in the likelihood and in the size.

    Parameters
    ----------
    log_likelihood : Jet
        Logarithm of the chance of the times seen, given that the person was seen.
    stands_for : Jet
        Number of persons, seen or not, for whom the person stands: one over the chance to be seen, or its like.
    missed : array of shape (n,)
        Variance that the chance of being seen at all puts into the size, per person seen.
    """

    log_likelihood: Jet
    stands_for: Jet
    missed: FloatArray


def check_family(family: str, one_inflation: str) -> None:
    """Refuse unknown words, and one-inflation with the estimators that look at singletons and doubletons only.

    Raises
    ------
    InvalidInput
        If a word is unknown or the two do not go together.

    Examples
    --------
    >>> check_family("poisson", "none")
    """
    check_choice(family, get_args(CountFamily), where="family")
    check_choice(one_inflation, get_args(OneInflation), where="one_inflation")
    if family not in LAWS and one_inflation != "none":
        raise InvalidInput(
            "one-inflation without a law",
            expected="family 'poisson', 'geometric' or 'negative_binomial' with one-inflation",
            got=f"family {family!r} with one_inflation {one_inflation!r}",
            where="one_inflation",
            fix="these estimators rest on the persons seen once and cannot tell which of them are too many",
        )


def extra_parameters(family: str, one_inflation: str) -> tuple[str, ...]:
    """Name the parameters that a family has beside the coefficients of the mean.

    Examples
    --------
    >>> extra_parameters("negative_binomial", "before_truncation")
    ('log dispersion', 'logit one-inflation')
    """
    dispersion = ("log dispersion",) if family == "negative_binomial" else ()
    inflation = ("logit one-inflation",) if one_inflation in ("before_truncation", "after_truncation") else ()
    return dispersion + inflation


def person_terms(
    family: FittedFamily,
    one_inflation: OneInflation,
    times: FloatArray,
    predictors: tuple[FloatArray, ...],
    *,
    occasions: float | None = None,
) -> PersonTerms:
    """Compute the part of each person in the likelihood and in the size.

    Procedure, with p0, p1, p2 the chances of being seen never, once, at least twice, f(y) that of the times seen, and w
    the share of one-inflation: zero-truncated f(y)/(1-p0), each person standing for 1/(1-p0); singletons left out
    f(y)/p2 for y > 1, each standing for 1 + p0/p2 and singletons for themselves; inflation before truncation
    [w 1(y=1) + (1-w) f(y)] / [1 - (1-w) p0] and its inverse denominator; inflation after truncation
    w 1(y=1) + (1-w) f(y)/(1-p0), each standing for 1/(1-p0). Chao and Zelterman: a logistic regression of twice
    against once, with rate l = 2 e^x.

    Parameters
    ----------
    family, one_inflation : str
        As in :func:`check_family`.
    times : array of shape (n,)
        How often each person was seen.
    predictors : tuple of arrays of shape (n,)
        The linear predictor of the mean, then the extra parameters.
    occasions : float or None
        T, for the binomial law.

    Returns
    -------
    PersonTerms

    References
    ----------
    Böhning & van der Heijden 2019, Annals of Applied Statistics 13(2), 1198-1211, for the two orders of one-inflation
    and their identity with leaving the singletons out. Chlebicki & Beręsewicz 2025, Journal of Statistical Software
    115(1), 1-30, for the variance between persons.

    Examples
    --------
    >>> terms = person_terms("poisson", "none", np.array([1.0]), (np.array([0.0]),))
    >>> terms.stands_for.value.round(4).tolist()
    [1.582]
    """
    q = len(predictors)
    jets = tuple(Jet.variable(np.asarray(p, dtype=np.float64), place, q) for place, p in enumerate(predictors))
    if family == "chao":
        return _chao(times, jets[0])
    if family == "zelterman":
        return _zelterman(times, jets[0])
    dispersion = jets[1] if family == "negative_binomial" else None
    law = law_terms(family, times, jets[0], dispersion, occasions=occasions)
    if one_inflation == "singletons_left_out":
        return _left_out(times, law)
    if one_inflation == "none":
        return _truncated(law.observed - law.unseen.log_complement(), law.unseen)
    return _inflated(times, law, jets[-1], before=one_inflation == "before_truncation")


def _truncated(log_likelihood: Jet, log_unseen: Jet) -> PersonTerms:
    """Return the terms of persons who stand for one over the chance to be seen."""
    stands_for = log_unseen.log_complement().times(-1.0).exp()
    missed = np.exp(log_unseen.value) * stands_for.value**2
    return PersonTerms(log_likelihood=log_likelihood, stands_for=stands_for, missed=missed)


def _left_out(times: FloatArray, law: LawTerms) -> PersonTerms:
    counted = (times > 1.0).astype(np.float64)
    odds = (law.unseen - law.repeated).exp()
    one = odds.constant(np.ones_like(times))
    # Those never seen and those seen at least twice are a binomial split; singletons say nothing about it.
    return PersonTerms(
        log_likelihood=(law.observed - law.repeated).times(counted),
        stands_for=one + odds.times(counted),
        missed=counted * odds.value * (1.0 + odds.value),
    )


def _inflated(times: FloatArray, law: LawTerms, share: Jet, *, before: bool) -> PersonTerms:
    log_share = share - share.softplus()
    log_rest = share.softplus().times(-1.0)
    seen = law.unseen.log_complement()
    regular = log_rest + law.observed if before else log_rest + law.observed - seen
    once = (log_share.exp() + regular.exp()).log()
    log_likelihood = _where(times == 1.0, once, regular)
    if before:
        unseen = log_rest + law.unseen
        return _truncated(log_likelihood - unseen.log_complement(), unseen)
    return _truncated(log_likelihood, law.unseen)


def _where(chosen: np.ndarray, first: Jet, second: Jet) -> Jet:
    return Jet(
        np.where(chosen, first.value, second.value),
        np.where(chosen[:, None], first.first, second.first),
        np.where(chosen[:, None, None], first.second, second.second),
    )


def _once_or_twice(times: FloatArray, logit: Jet) -> Jet:
    """Logarithm of the chance to be seen twice rather than once, or the reverse; nothing for other persons."""
    few = (times <= 2.0).astype(np.float64)
    return (logit.times(times - 1.0) - logit.softplus()).times(few)


def _chao(times: FloatArray, logit: Jet) -> PersonTerms:
    rate = logit.exp().times(2.0)
    few = (times <= 2.0).astype(np.float64)
    part = rate + (rate * rate).times(0.5)
    unseen = part.log().times(-1.0).exp()
    one = rate.constant(np.ones_like(times))
    chance = np.exp(-rate.value) * part.value
    return PersonTerms(
        log_likelihood=_once_or_twice(times, logit),
        stands_for=one + unseen.times(few),
        missed=few * (1.0 - chance) * (1.0 + unseen.value) ** 2,
    )


def _zelterman(times: FloatArray, logit: Jet) -> PersonTerms:
    return _truncated(_once_or_twice(times, logit), logit.exp().times(-2.0))
