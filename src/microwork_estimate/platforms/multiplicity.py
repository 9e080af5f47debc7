"""Platforms per person, the number that turns accounts into persons.

Accounts count a person once for each of her platforms. Their sum M becomes a number of persons N by the multiplicity
kappa = M / N. Which mean of the answers "on how many platforms are you?" estimates kappa depends on how respondents
were reached, so the sample has to say it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import get_args

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_choice, check_level
from microwork_estimate.estimate import (
    Assumption,
    Estimand,
    Estimate,
    FloatArray,
    FrozenMapping,
)
from microwork_estimate.inputs import PlatformRegistrations, ReachedVia, SurveySample
from microwork_estimate.platforms import coded_warnings
from microwork_estimate.platforms.account_checks import (
    match_platforms,
    platform_counts,
    require_route,
    require_same_platforms,
)
from microwork_estimate.platforms.assumptions import (
    ACCOUNTS_ELSEWHERE_ALIKE,
    COMPLETE_RECALL,
    DECLARING_PLATFORMS_COUNTED,
    EQUAL_CHANCE_WITHIN_PLATFORM,
    PERSONS_SAMPLED,
    PROPORTIONAL_TO_ACCOUNTS,
)
from microwork_estimate.platforms.design import design_of, drawn_shares
from microwork_estimate.platforms.sample_means import ARITHMETIC_METHOD, Answers, MeanFit, pooled_mean, stratified_mean
from microwork_estimate.platforms.scale import log_scale_interval, require_mean, require_width

_REFERENCES = (
    "Sirken 1970, Journal of the American Statistical Association 65(329), 257-266",
    "Mecatti 2007, Survey Methodology 33(2), 151-157",
    "Lavallée 2007, Indirect Sampling, Springer",
)
_METHODS = {
    ("worker", False): ARITHMETIC_METHOD,
    ("registration", False): "harmonic mean over accounts, platforms pooled",
    ("registration", True): "harmonic mean over accounts, platform by platform",
    ("platform_subset", False): "harmonic mean over accounts of the platforms reached, pooled",
    ("platform_subset", True): "harmonic mean over accounts of the platforms reached, platform by platform",
}


def multiplicity(
    sample: SurveySample,
    *,
    count: str = "n_platforms",
    platform: str | None = None,
    registrations: PlatformRegistrations | None = None,
    counted: Iterable[str] | None = None,
    level: float = 0.95,
) -> Estimate:
    """Platforms per person, from a survey in which respondents said on how many platforms they are.

    Accounts divided by it are persons. Respondents who were drawn from accounts are on more platforms than workers are
    (somebody on two platforms is twice as likely to be drawn), so that their arithmetic mean is too high by the factor
    1 + CV squared; the harmonic mean undoes this exactly.

    Procedure, by ``sample.reached_via``:

    - ``"registration"`` with `platform` and `registrations`: h_p = weighted mean of 1/k among those reached through
      platform p; N = sum of R_p h_p; the multiplicity is M / N. Each platform is a stratum, so it does not matter how
      unequally the platforms were sampled.
    - ``"registration"`` without them: the harmonic mean of all answers, with the warning ``pooled-platforms``.
    - ``"worker"``: the weighted arithmetic mean.
    - ``"platform_subset"``: as ``"registration"``, among the platforms reached; the warning ``transport`` says that it
      stands for the others by assumption only. See :func:`subset_bounds` (:func:`one_platform_bounds` for published
      figures) for what the data themselves say.

    The variance is that of the linearised estimator, between primary units within strata (a second stage within primary
    units where there is one), platforms being strata too unless a primary unit lies on several; what calibrated weights
    hold fixed is taken out. Without any design, a platform of R_p accounts and n_p equally weighted respondents carries
    the factor 1 - n_p / R_p. Somebody who was reached through two platforms stays in the sample twice: 1/k accounts for
    it.

    Parameters
    ----------
    sample : SurveySample
        n respondents, with `reached_via`.
    count : str
        Column of whole numbers, at least 1: on how many of the *declaring* platforms the respondent is.
    platform : str or None
        Column with the platform through which the respondent was reached; goes with `registrations`.
    registrations : PlatformRegistrations or None
        Accounts of the declaring platforms. Without `platform` they only serve to check the answers.
    counted : iterable of str or None
        Names of the platforms that the question listed, to be compared with those of the registrations.
    level : float
        Confidence level of the interval, which is normal on the logarithmic scale and never below 1.

    Returns
    -------
    Estimate
        Unit "platforms per person". No standard error where a stratum has one unit (``single-respondent``) or where all
        respondents give the same answer (``no-variation``).

    Raises
    ------
    InvalidInput
        If `reached_via` is missing, an answer is missing, below 1, not whole or above the number of declaring
        platforms, if platforms of respondents and of registrations do not match, or if the answers count other
        platforms than those whose accounts are summed.

    Assumptions
    -----------
    Equal chances of accounts (persons) up to the weights; k counts the declaring platforms; complete recall. With
    unequal weights the ratio of weighted sums has a bias of order 1/n.

    References
    ----------
    Sirken 1970, JASA 65, 257-266 (multiplicity); Mecatti 2007, Survey Methodology 33, 151-157 (single-frame
    multiplicity estimator); Lavallée 2007, Indirect Sampling, chapter 2 (weight share method).

    Examples
    --------
    >>> from microwork_estimate.inputs import PlatformRegistrations, SurveySample
    >>> sample = SurveySample(
    ...     columns={"n_platforms": [1, 1, 2, 1, 2, 2], "via": ["A", "A", "A", "B", "B", "B"]},
    ...     reached_via="registration",
    ... )
    >>> accounts = PlatformRegistrations(platforms=("A", "B"), accounts=[9000, 3000], source="example")
    >>> kappa = multiplicity(sample, platform="via", registrations=accounts)
    >>> round(kappa.value, 4), round(12_000 / kappa.value)
    (1.2632, 9500)
    """
    if counted is not None:
        require_same_platforms(counted, registrations)
    estimate = silent_multiplicity(sample, count=count, platform=platform, registrations=registrations, level=level)
    announce(estimate.warnings)
    return estimate


def silent_multiplicity(
    sample: SurveySample,
    *,
    count: str,
    level: float,
    platform: str | None = None,
    registrations: PlatformRegistrations | None = None,
) -> Estimate:
    """Do what :func:`multiplicity` does without showing its warnings, which stay in the estimate."""
    check_level(level)
    reached_via = require_route(sample)
    answers = _answers(sample, platform_counts(sample, count, registrations))
    if platform is None:
        fit = pooled_mean(answers, harmonic=reached_via != "worker")
    else:
        fit = _by_platform(answers, sample, platform, _require_platform_use(reached_via, registrations))
    coded = (*_route_warnings(reached_via, stratified=platform is not None), *fit.warnings)
    known = math.isfinite(fit.standard_error)
    return Estimate(
        name="platforms per person",
        value=fit.value,
        standard_error=fit.standard_error if known else None,
        interval=log_scale_interval(fit.value, fit.standard_error, level, least=1.0) if known else None,
        estimand=_estimand(registrations, reached_via),
        method=_METHODS[reached_via, platform is not None],
        n_observed=float(sample.n),
        assumptions=_assumptions(reached_via, stratified=platform is not None),
        warnings=coded,
        references=_REFERENCES,
        diagnostics=FrozenMapping({"respondents": sample.n, **fit.diagnostics}),
    )


def stated_multiplicity(
    mean: float,
    *,
    reached_via: ReachedVia,
    source: str,
    rounding: float = 0.0,
    standard_error: float | None = None,
) -> Estimate:
    """Take over a mean number of platforms per person that somebody published.

    Nothing is estimated: the figure is kept with its source, and with the warning that its origin calls for.

    Parameters
    ----------
    mean : float
        The published arithmetic mean, platforms per person, at least 1.
    reached_via : str
        How the respondents behind the mean were reached: ``"registration"`` (warning ``size-bias``: the mean is too
        high, so that persons come out too few; :func:`multiplicity_bounds` says by how much), ``"worker"`` (the
        mean is right) or ``"platform_subset"`` (warning ``transport``).
    source : str
        Who published it.
    rounding : float
        Half-width of the rounding cell, 0.005 for a figure with two decimals; kept in the diagnostics.
    standard_error : float or None
        If it was published too.

    Returns
    -------
    Estimate
        Unit "platforms per person", without an interval.

    Raises
    ------
    InvalidInput
        If the mean is below 1 or missing, a width is negative, or the source is empty.

    Assumptions
    -----------
    The mean counts the platforms whose accounts it will divide, and no others; complete recall.

    References
    ----------
    Sirken 1970, JASA 65, 257-266; Patil and Rao 1978, Biometrics 34(2), 179-189 (size-biased sampling).

    Examples
    --------
    >>> kappa = stated_multiplicity(1.27, reached_via="worker", source="a survey of the population", rounding=0.005)
    >>> kappa.value, kappa.diagnostics["rounding"]
    (1.27, 0.005)
    """
    check_choice(reached_via, get_args(ReachedVia), where="stated_multiplicity.reached_via")
    require_mean(mean, where="stated_multiplicity.mean")
    require_width(rounding, where="stated_multiplicity.rounding")
    if standard_error is not None:
        require_width(standard_error, where="stated_multiplicity.standard_error")
    if not source.strip():
        raise InvalidInput(
            "figure without source",
            expected="who published the mean",
            got="an empty text",
            where="stated_multiplicity.source",
            fix="say where the figure was read; 'assumed: <reason>' is a source, silence is not",
        )
    coded: tuple[CodedWarning, ...] = ()
    if reached_via == "registration":
        coded = (coded_warnings.size_bias(mean),)
    elif reached_via == "platform_subset":
        coded = (coded_warnings.transport(),)
    announce(coded)
    return Estimate(
        name="platforms per person",
        value=float(mean),
        standard_error=standard_error,
        estimand=_estimand(None, reached_via),
        method=f"published mean, respondents reached via {reached_via.replace('_', ' ')}",
        assumptions=_assumptions(reached_via, stratified=False),
        warnings=coded,
        references=(source,),
        diagnostics=FrozenMapping({"rounding": float(rounding), "reached_via": reached_via}),
    )


def _by_platform(
    answers: Answers, sample: SurveySample, platform: str, registrations: PlatformRegistrations
) -> MeanFit:
    row = match_platforms(sample, platform, registrations)
    if sample.fpc is None and sample.psu is None and sample.strata is None:
        shares = drawn_shares(answers.weights, row, registrations.accounts)
        answers = replace(answers, design=replace(answers.design, fractions=shares))
    return stratified_mean(answers, row, registrations.accounts, registrations.platforms)


def _answers(sample: SurveySample, counts: FloatArray) -> Answers:
    return Answers(counts=counts, weights=sample.weights, design=design_of(sample), auxiliary=sample.auxiliary)


def _route_warnings(reached_via: ReachedVia, *, stratified: bool) -> tuple[CodedWarning, ...]:
    if reached_via == "platform_subset":
        return (coded_warnings.transport(),)
    if reached_via == "registration" and not stratified:
        return (coded_warnings.pooled_platforms(),)
    return ()


def _assumptions(reached_via: ReachedVia, *, stratified: bool) -> tuple[Assumption, ...]:
    route: tuple[Assumption, ...] = (EQUAL_CHANCE_WITHIN_PLATFORM, ACCOUNTS_ELSEWHERE_ALIKE)
    if reached_via == "worker":
        route = (PERSONS_SAMPLED,)
    elif reached_via == "registration":
        route = (EQUAL_CHANCE_WITHIN_PLATFORM if stratified else PROPORTIONAL_TO_ACCOUNTS,)
    return (*route, DECLARING_PLATFORMS_COUNTED, COMPLETE_RECALL)


def _estimand(registrations: PlatformRegistrations | None, reached_via: ReachedVia) -> Estimand:
    about = Estimand(unit="platforms per person", activity="registered")
    if registrations is not None:
        about = replace(
            about,
            window=registrations.as_of,
            territory=registrations.territory,
            platforms=f"{registrations.n_platforms} declaring platforms",
        )
    if reached_via == "platform_subset":
        about = replace(about, platforms="accounts of the platforms reached by the survey")
    return about


def _require_platform_use(
    reached_via: ReachedVia, registrations: PlatformRegistrations | None
) -> PlatformRegistrations:
    if registrations is None:
        raise InvalidInput(
            "platforms without registrations",
            expected="registrations beside platform",
            got="platform alone",
            where="multiplicity.registrations",
            fix="give the accounts of each platform, or leave platform out to pool the platforms",
        )
    if reached_via == "worker":
        raise InvalidInput(
            "platform of persons who were not reached through a platform",
            expected="platform only with reached_via 'registration' or 'platform_subset'",
            got="reached_via='worker'",
            where="multiplicity.platform",
            fix="leave platform out, or correct reached_via if respondents were drawn from accounts",
        )
    return registrations
