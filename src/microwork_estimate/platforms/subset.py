"""A survey of some of the platforms: what it says about persons on all of them, from worst case to named assumption."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Assumption, Bounds, Estimate, FloatArray, FrozenMapping, Interval
from microwork_estimate.inputs import Elicited
from microwork_estimate.partial_identification import imbens_manski
from microwork_estimate.platforms import coded_warnings
from microwork_estimate.platforms.account_error import AccountError
from microwork_estimate.platforms.account_survey import AccountSurvey
from microwork_estimate.platforms.assumptions import (
    COMPLETE_RECALL,
    DECLARING_PLATFORMS_COUNTED,
    EQUAL_CHANCE_WITHIN_PLATFORM,
    MONOTONE_MULTI_HOMING,
    ONE_ACCOUNT_ONE_WORKER,
    UNDECLARED_WITHIN,
)
from microwork_estimate.platforms.registrations import registered_persons
from microwork_estimate.platforms.scale import log_scale_interval
from microwork_estimate.platforms.subset_programme import BoundPair, SubsetKnowledge, programme, worst_case
from microwork_estimate.platforms.subset_terms import Ends, SubsetTerms, account_ends, subset_terms
from microwork_estimate.platforms.transport import transported
from microwork_estimate.small_tables import grid_table

_REFERENCES = (
    "Fréchet 1935, Fundamenta Mathematicae 25, 379-387",
    "Imbens and Manski 2004, Econometrica 72(6), 1845-1857",
)
_ALWAYS = (EQUAL_CHANCE_WITHIN_PLATFORM, DECLARING_PLATFORMS_COUNTED, COMPLETE_RECALL, ONE_ACCOUNT_ONE_WORKER)


@dataclass(frozen=True, kw_only=True, slots=True)
class SubsetBounds:
    """Persons on all platforms from a survey of some, each step with what it takes for granted.

    Parameters
    ----------
    on_reached : Estimate
        Persons on at least one of the platforms reached: identified.
    worst_case : Estimate
        Bounds that hold whatever the persons elsewhere do, with an interval for the number.
    monotone : Estimate
        The same with a higher lower bound, if persons elsewhere are on no more of the other platforms than those
        reached.
    transport : Estimate or None
        A point, if accounts elsewhere were like those reached; None where some platforms do not declare.
    """

    on_reached: Estimate
    worst_case: Estimate
    monotone: Estimate
    transport: Estimate | None

    def _repr_html_(self) -> str:
        steps = {
            "on a platform reached": self.on_reached,
            "whatever the others do": self.worst_case,
            "others on no more platforms": self.monotone,
            "accounts elsewhere alike": self.transport,
        }
        rows = [[name, *found.display()] for name, found in steps.items() if found is not None]
        return grid_table("Persons on all platforms", ("taken for granted", "estimate", "interval", "bounds"), rows)


def subset_bounds(
    survey: AccountSurvey,
    *,
    undeclared: Mapping[str, Elicited | Ends] | None = None,
    knowledge: SubsetKnowledge | None = None,
    error: AccountError | None = None,
    level: float = 0.95,
) -> SubsetBounds:
    """Bounds on persons registered anywhere, from respondents of some of the platforms.

    Persons on none of the platforms reached could not answer. Their accounts are known: those of each other platform,
    less those of the persons reached, who say where else they are.

    Procedure: person weights w_i = R_p d_i / (sum of d on p) / k_i count the platforms *reached*, so that N_S, their
    sum, estimates the persons on any of them. For each other platform Q_p = R_p - sum of w_i l_ip is left. Then

    - worst case: N_S + max Q_p <= N <= N_S + sum of Q_p;
    - monotone: N >= N_S + (sum of Q_p) / E, with E the mean number of other platforms among those reached who are on
      any;
    - transport: N = M h_S, with h_S the mean of 1/k over the accounts reached, k counting all declaring platforms.

    With `knowledge` the worst case comes from a linear programme. With `undeclared` the lower bounds take the lower
    ends, the upper bounds the upper ends, and the number is about *all* these platforms: a different estimand from
    the one about declaring platforms, which a call without `undeclared` gives.

    Standard errors are linearised, with the platform of the largest Q_p held fixed. The interval is that of Imbens and
    Manski: it covers the number, wherever it lies between the bounds.

    Parameters
    ----------
    survey : AccountSurvey
        n respondents with their membership of every platform.
    undeclared : mapping of str to Elicited or (low, high), or None
        Accounts of platforms that do not declare. Their uncertainty is in the bounds, not in the interval's level.
    knowledge : SubsetKnowledge or None
        What else is known of persons off the platforms reached; at most 12 of these platforms.
    error : AccountError or None
        Rounding and date of the declared accounts.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    SubsetBounds
        Warnings: ``one-platform``; ``clipped-remainder`` where persons reached hold more accounts elsewhere than there
        are, within sampling error, and ``stale-registrations`` beyond two standard errors; ``close-runner-up`` where two
        platforms are so near in Q_p that the lower bound may stand on the wrong one; ``contradicting-knowledge`` where
        no persons agree with `knowledge`: the bounds are then those without it. ``transport`` on the point.

    Raises
    ------
    InvalidInput
        If the survey reached all platforms, membership of a platform is missing, or an interval or knowledge is
        impossible.

    Assumptions
    -----------
    Equal chances within each platform reached; complete recall; one account, one worker. Monotone multi-homing and
    transport each for its own figure only. Nothing is assumed about how persons elsewhere combine platforms.

    References
    ----------
    Fréchet 1935, Fundamenta Mathematicae 25, 379-387; Imbens and Manski 2004, Econometrica 72, 1845-1857; Mecatti 2007,
    Survey Methodology 33, 151-157 (weights).

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.inputs import PlatformRegistrations, SurveySample
    >>> survey = AccountSurvey(
    ...     sample=SurveySample(
    ...         columns={"via": ["A"] * 4, "A": [1, 1, 1, 1], "B": [0, 0, 1, 1], "C": [0, 0, 0, 1]},
    ...         reached_via="platform_subset",
    ...     ),
    ...     registrations=PlatformRegistrations(platforms=("A", "B", "C"), accounts=[400, 500, 200], source="example"),
    ...     platform="via",
    ...     membership={"A": "A", "B": "B", "C": "C"},
    ... )
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimates keep the warnings
    ...     found = subset_bounds(survey)
    >>> found.on_reached.value, found.worst_case.bounds.low, found.worst_case.bounds.high
    (400.0, 700.0, 800.0)
    >>> round(found.monotone.bounds.low)
    700
    """
    check_level(level)
    _require_subset(survey)
    ends = account_ends(undeclared, survey.registrations.platforms)
    known = knowledge or SubsetKnowledge()
    terms = subset_terms(survey, ends, tuple(known.overlaps), error)
    pair, coded = _bounds(terms, knowledge)
    coded = (*_reached_warning(survey), *coded, *_remainder_warnings(terms))
    if math.isnan(float(terms.covariance[0, 0])):
        coded = (*coded, coded_warnings.single_respondent())
    frame = _frame(survey, ends, coded)
    moved = _monotone(terms, pair)
    transport = None if ends else transported(survey, error, level)
    announce((*coded, *(() if transport is None else transport.warnings)))
    return SubsetBounds(
        on_reached=_on_reached(terms, frame, survey, level),
        worst_case=_bounded(terms, pair, frame, level),
        monotone=_bounded(terms, moved, replace(frame, assumptions=(*frame.assumptions, MONOTONE_MULTI_HOMING)), level),
        transport=transport,
    )


def _bounds(terms: SubsetTerms, knowledge: SubsetKnowledge | None) -> tuple[BoundPair, tuple[CodedWarning, ...]]:
    if knowledge is None:
        return worst_case(terms), _runner_up_warning(terms)
    found = programme(terms, knowledge)
    if found is None:
        return worst_case(terms), (coded_warnings.contradicting_knowledge(),)
    return found, ()


def _monotone(terms: SubsetTerms, pair: BoundPair) -> BoundPair:
    """Raise the lower bound: all remaining accounts over the mean number of other platforms of those reached."""
    remainder, gradients = terms.accounts - terms.overlaps, terms.remainder_gradients()
    held, holders = float(terms.overlaps.sum()), terms.multi_homers
    if holders <= 0 or held <= 0:
        return pair
    left, elsewhere = float(np.maximum(remainder, 0.0).sum()), held / holders
    low = min(terms.on_reached + left / elsewhere, pair.high)
    if low <= pair.low:
        return pair
    slope_elsewhere = -terms.unit(1) * held / holders**2
    slope_elsewhere[2 : 2 + len(terms.names)] += 1 / holders
    gradient = terms.unit(0) + gradients[remainder > 0].sum(axis=0) / elsewhere - left / elsewhere**2 * slope_elsewhere
    return replace(pair, low=low, low_gradient=gradient)


def _frame(survey: AccountSurvey, ends: Mapping[str, Ends], coded: tuple[CodedWarning, ...]) -> Estimate:
    """Return what all estimates of one call share; its value is the respondents' count and is always replaced."""
    estimand = registered_persons(survey.registrations)
    assumptions: tuple[Assumption, ...] = _ALWAYS
    if ends:
        total = len(survey.registrations.platforms) + len(ends)
        estimand = replace(estimand, platforms=f"all {total} platforms, {len(ends)} of them known by an interval")
        assumptions = (*assumptions, UNDECLARED_WITHIN)
    return Estimate(
        name="registered persons",
        value=float(survey.sample.n),
        estimand=estimand,
        method="bounds from respondents of some platforms",
        n_observed=float(survey.sample.n),
        assumptions=assumptions,
        warnings=coded,
        references=(*_REFERENCES, survey.registrations.source),
    )


def _bounded(terms: SubsetTerms, pair: BoundPair, frame: Estimate, level: float) -> Estimate:
    monotone = MONOTONE_MULTI_HOMING in frame.assumptions
    errors = terms.error(pair.low_gradient), terms.error(pair.high_gradient)
    interval = None
    if math.isfinite(errors[0]) and math.isfinite(errors[1]):
        low, high = imbens_manski(pair.low, pair.high, *errors, level)
        interval = Interval(low=max(low, 0.0), high=high, level=level, method="imbens-manski")
    remainder = terms.accounts - terms.overlaps
    return replace(
        frame,
        value=None,
        bounds=Bounds(
            low=pair.low,
            high=pair.high,
            reason="persons on none of the platforms reached are known by their accounts only",
            sharp=not monotone,
        ),
        interval=interval,
        diagnostics=FrozenMapping(
            {
                "persons_on_platforms_reached": terms.on_reached,
                "low_se": _known(errors[0]),
                "high_se": _known(errors[1]),
                "platforms_elsewhere": _elsewhere(terms),
                **{f"remainder on {name}": float(q) for name, q in zip(terms.names, remainder, strict=True)},
            }
        ),
    )


def _elsewhere(terms: SubsetTerms) -> float | None:
    return float(terms.overlaps.sum()) / terms.multi_homers if terms.multi_homers > 0 else None


def _on_reached(terms: SubsetTerms, frame: Estimate, survey: AccountSurvey, level: float) -> Estimate:
    error = terms.error(terms.unit(0))
    names = [n for n, here in zip(survey.registrations.platforms, survey.reached, strict=True) if here]
    known = math.isfinite(error)
    return replace(
        frame,
        name="registered persons on the platforms reached",
        value=terms.on_reached,
        standard_error=error if known else None,
        interval=log_scale_interval(terms.on_reached, error, level) if known else None,
        estimand=replace(registered_persons(survey.registrations), platforms=", ".join(names)),
        method="accounts shared among the platforms reached",
        assumptions=_ALWAYS,
    )


def _require_subset(survey: AccountSurvey) -> None:
    if survey.reached.all():
        raise InvalidInput(
            "survey of all platforms",
            expected="a declaring platform through which nobody was reached",
            got="respondents of every platform",
            where="subset_bounds",
            fix="use persons_by_platform: there is nothing left to bound",
        )


def _reached_warning(survey: AccountSurvey) -> tuple[CodedWarning, ...]:
    names = [n for n, here in zip(survey.registrations.platforms, survey.reached, strict=True) if here]
    return (coded_warnings.one_platform(", ".join(names)),)


def _remainder_warnings(terms: SubsetTerms) -> tuple[CodedWarning, ...]:
    """Say where persons reached hold more accounts elsewhere than there are."""
    remainder = terms.high_accounts - terms.overlaps
    errors = np.array([terms.error(gradient) for gradient in terms.remainder_gradients()])
    stale = tuple(name for name, q, se in zip(terms.names, remainder, errors, strict=True) if q < -2 * se and q < 0)
    within = tuple(name for name, q in zip(terms.names, remainder, strict=True) if q < 0 and name not in stale)
    coded = (coded_warnings.stale_registrations(stale),) if stale else ()
    return (*coded, coded_warnings.clipped_remainder(within)) if within else coded


def _runner_up_warning(terms: SubsetTerms) -> tuple[CodedWarning, ...]:
    remainder: FloatArray = np.maximum(terms.accounts - terms.overlaps, 0.0)
    if remainder.size < 2 or remainder.max() <= 0:
        return ()
    second, first = np.argsort(remainder, kind="stable")[-2:]
    gradients = terms.remainder_gradients()
    error = terms.error(gradients[first] - gradients[second])
    if remainder[second] > 0 and remainder[first] - remainder[second] < 2 * error:
        return (coded_warnings.close_runner_up(terms.names[int(first)], terms.names[int(second)]),)
    return ()


def _known(error: float) -> float | None:
    return error if math.isfinite(error) else None
