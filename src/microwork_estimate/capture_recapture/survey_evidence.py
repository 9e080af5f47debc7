"""What a share, a list and its corrections bring with them: checks, warnings, assumptions, numbers for the diagnostics."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from microwork_estimate.capture_recapture import recapture_assumptions as assumed
from microwork_estimate.capture_recapture.adjustments import RecaptureAdjustments, RecapturePoint, middle
from microwork_estimate.capture_recapture.assumptions import (
    CLOSED_POPULATION,
    IN_SCOPE_LISTS,
    INDEPENDENT_LISTS,
    KNOWN_ODDS_RATIO,
    PERFECT_LINKAGE,
)
from microwork_estimate.capture_recapture.recapture_ends import Overlap
from microwork_estimate.capture_recapture.sample_share import EDGE, SampleShare
from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import UNSPECIFIED, Assumption, Estimand, Estimate, Interval
from microwork_estimate.inputs import Elicited

FEW_ON_LIST = 30
"""Below so many respondents on the list, 1/p is too large on average by some per cent or more."""


def overlap_of_share(share: Estimate | SampleShare, level: float) -> Overlap:
    """Return what a survey says of a list: the share with its standard error and interval.

    Parameters
    ----------
    share : Estimate or SampleShare
        With a value.
    level : float

    Returns
    -------
    Overlap
        At shares of 0 and 1 without standard error, because a sample shows none there.

    Raises
    ------
    InvalidInput
        If an Estimate is no share, or its interval is at another level.

    Examples
    --------
    >>> overlap_of_share(SampleShare(value=0.25, standard_error=0.02, n=600), 0.95).share
    0.25
    """
    interval = share.interval(level) if isinstance(share, SampleShare) else _its_interval(share, level)
    value = float(share.value or 0.0)
    return Overlap(
        share=min(max(value, 0.0), 1.0),
        standard_error=share.standard_error if EDGE < value < 1 - EDGE else None,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        level=level,
    )


def _its_interval(share: Estimate, level: float) -> Interval | None:
    problems = (
        (share.estimand.unit != "share", "an estimate whose unit is a share", share.estimand.unit),
        (share.value is not None and not -EDGE <= share.value <= 1 + EDGE, "a share from 0 to 1", str(share.value)),
        (
            share.interval is not None and share.interval.level != level,
            f"an interval at level {level:g}",
            f"one at {share.interval.level:g}" if share.interval else "",
        ),
    )
    for bad, expected, got in problems:
        if bad:
            raise InvalidInput(
                "share that cannot be used",
                expected=expected,
                got=got,
                where="share",
                fix="give the result of weighting.proportion, at the same level",
            )
    interval = share.interval
    if interval is None:
        return None
    return Interval(low=max(interval.low, 0.0), high=min(interval.high, 1.0), level=level, method=interval.method)


def respondents(share: Estimate | SampleShare) -> float | None:
    """Return the number of respondents behind a share."""
    return float(share.n) if isinstance(share, SampleShare) else share.n_observed


def same_population(survey: Estimand, on_list: Estimand, adjustments: RecaptureAdjustments) -> tuple[CodedWarning, ...]:
    """Compare whom survey and list are about, as far as both say.

    Parameters
    ----------
    survey, on_list : Estimand
    adjustments : RecaptureAdjustments

    Returns
    -------
    tuple of CodedWarning
        ``contaminated-list`` if the list is about others and no share of it is said to be out of scope.

    Raises
    ------
    InvalidInput
        If the windows differ and no turnover between them is given.
    """
    differing = [
        name
        for name in ("window", "territory", "activity")
        if getattr(survey, name) != getattr(on_list, name)
        and "unspecified" not in (getattr(survey, name), getattr(on_list, name))
    ]
    if "window" in differing and adjustments.turnover is None:
        raise InvalidInput(
            "list and survey of different times",
            expected=f"one window, or the turnover between {on_list.window!r} and {survey.window!r}",
            got="two windows and no turnover",
            where="list_size, share",
            fix="give adjustments=RecaptureAdjustments(turnover=Turnover(lag=..., half_life=...))",
        )
    others = [name for name in differing if name != "window"]
    others += ["unit"] if on_list.unit == "accounts" else []
    if not others or middle(adjustments.out_of_scope) > 0:
        return ()
    said = ", ".join(f"{name}: list {getattr(on_list, name)}, survey {getattr(survey, name)}" for name in others)
    message = (
        f"the list is about others than the survey ({said}) and no share of it is taken out: the size is too large"
    )
    return (CodedWarning(code="contaminated-list", message=message),)


def share_warnings(share: Estimate | SampleShare, overlap: Overlap) -> tuple[CodedWarning, ...]:
    """Say what is unlucky about a share: nobody, everybody or few on the list.

    Parameters
    ----------
    share : Estimate or SampleShare
    overlap : Overlap

    Returns
    -------
    tuple of CodedWarning
    """
    n = respondents(share) or math.nan
    if overlap.share <= EDGE:
        message = f"none of {n:,.0f} respondents is on the list: the data give a lower limit and no upper one"
        return (CodedWarning(code="nobody-on-list", message=message),)
    if overlap.share >= 1 - EDGE:
        message = (
            f"all {n:,.0f} respondents are on the list: the estimate is the list itself; if the survey was fielded on the "
            "list, it says nothing about anybody else"
        )
        return (CodedWarning(code="everybody-on-list", message=message),)
    if n * overlap.share >= FEW_ON_LIST:
        return ()
    bias = relative_bias(overlap)
    message = (
        f"about {n * overlap.share:.3g} of {n:,.0f} respondents are on the list: the estimate is too large on average"
        + ("" if bias is None else f", by about {100 * bias:.0f} %")
    )
    return (CodedWarning(code="few-on-list", message=message),)


def relative_bias(overlap: Overlap) -> float | None:
    """Return the first-order relative bias of 1/p, which is V(p)/p^2 (for simple random samples (1-p)/(n p))."""
    if overlap.standard_error is None:
        return None
    return (overlap.standard_error / overlap.share) ** 2


def factor_warnings(
    point: RecapturePoint, adjustments: RecaptureAdjustments, others: Mapping[str, object] | None = None
) -> tuple[CodedWarning, ...]:
    """Say what the corrections do to the overlap, and which of them are assumed.

    Parameters
    ----------
    point : RecapturePoint
    adjustments : RecaptureAdjustments
    others : mapping of str to number or Elicited, optional
        Further factors, for example the list size.

    Returns
    -------
    tuple of CodedWarning
    """
    found = list(adjustments.turnover.warnings()) if adjustments.turnover is not None else []
    true, share = float(point.uncut_share()), float(point.share)
    if share > EDGE and true <= 0:
        message = f"links found for {share:.3g} of the persons are no more than false links alone would give"
        found.append(CodedWarning(code="links-explain-overlap", message=message))
    if true > 1 + EDGE:
        message = f"with the stated rates at most {1 - float(point.missed_links):.3g} could be found, {share:.3g} were"
        found.append(CodedWarning(code="links-contradict-overlap", message=message))
    if float(point.remaining()) < float(point.linked()):
        message = (
            f"{float(point.remaining()):.6g} persons of the list remain, but {float(point.linked()):.6g} of them were "
            "seen: the corrections take out too many"
        )
        found.append(CodedWarning(code="adjustment-exhausts-list", message=message))
    factors = {**adjustments.uncertain(), **(others or {})}
    guessed = [n for n, f in factors.items() if isinstance(f, Elicited) and f.source.startswith("assumed")]
    if guessed:
        message = f"assumed, not observed: {', '.join(guessed)}; the interval is as good as these assumptions"
        found.append(CodedWarning(code="assumed-factors", message=message))
    return tuple(found)


def recapture_assumptions(adjustments: RecaptureAdjustments, *, survey: bool) -> tuple[Assumption, ...]:
    """Return the assumptions that are left once the corrections are made.

    Parameters
    ----------
    adjustments : RecaptureAdjustments
    survey : bool
        Whether the second source is a survey, not a list.

    Returns
    -------
    tuple of Assumption

    Examples
    --------
    >>> [a.id for a in recapture_assumptions(RecaptureAdjustments(out_of_scope=0.5), survey=True)][-2:]
    ['known-out-of-scope', 'same-window']
    """
    dial = not _is(adjustments.odds_ratio, 1.0)
    linked = not (_is(adjustments.missed_links, 0.0) and _is(adjustments.false_links, 0.0))
    independent = assumed.SURVEY_BLIND_TO_LIST if survey else INDEPENDENT_LISTS
    return (
        KNOWN_ODDS_RATIO if dial else independent,
        *((assumed.CHANCE_OFF_THE_LIST,) if survey else ()),
        assumed.KNOWN_LINKAGE_ERRORS if linked else assumed.MEMBERSHIP_KNOWN if survey else PERFECT_LINKAGE,
        IN_SCOPE_LISTS if _is(adjustments.out_of_scope, 0.0) else assumed.KNOWN_OUT_OF_SCOPE,
        assumed.KNOWN_HALF_LIFE
        if adjustments.turnover is not None
        else assumed.SAME_WINDOW
        if survey
        else CLOSED_POPULATION,
    )


def _is(factor: float | Elicited, neutral: float) -> bool:
    return not isinstance(factor, Elicited) and factor == neutral


def named(adjustments: RecaptureAdjustments) -> str:
    """Say in a few words which corrections were made; nothing without any."""
    said = []
    if not _is(adjustments.out_of_scope, 0.0):
        said.append(f"{middle(adjustments.out_of_scope):.3g} of the list out of scope")
    if not (_is(adjustments.missed_links, 0.0) and _is(adjustments.false_links, 0.0)):
        said.append(f"links missed {middle(adjustments.missed_links):.3g}, false {middle(adjustments.false_links):.3g}")
    if adjustments.turnover is not None:
        turnover = adjustments.turnover
        unit = "" if turnover.unit == UNSPECIFIED else f" {turnover.unit}"
        said.append(f"lag {turnover.lag:g} at half-life {middle(turnover.half_life):.4g}{unit}")
    if not _is(adjustments.odds_ratio, 1.0):
        said.append(f"odds ratio {middle(adjustments.odds_ratio):.3g}")
    return "; " + ", ".join(said) if said else ""


def point_diagnostics(point: RecapturePoint) -> dict[str, float]:
    """Return the numbers between overlap and population."""
    return {
        "share_found": float(point.share),
        "share_on_list": float(point.true_share()),
        "list_size": float(point.list_size),
        "list_remaining": float(point.remaining()),
        "odds_ratio": float(np.asarray(point.odds_ratio)),
    }
