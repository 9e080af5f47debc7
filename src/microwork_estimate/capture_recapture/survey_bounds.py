"""What a list and a survey say when they may depend on each other: bounds, and how much it takes to reach a figure.

The survey cannot tell whether people on the list answer it more readily. The odds ratio between list and survey is
therefore not estimated but held in a range, as between two lists.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal, get_args

from microwork_estimate.capture_recapture.adjustments import RecaptureAdjustments, RecapturePoint, middle
from microwork_estimate.capture_recapture.assumptions import KNOWN_ODDS_RATIO, ODDS_RATIO_RANGE
from microwork_estimate.capture_recapture.intervals import normal_quantile
from microwork_estimate.capture_recapture.recapture_ends import (
    Overlap,
    Spread,
    odds_ratio_grid,
    swings,
    value_and_interval,
)
from microwork_estimate.capture_recapture.running_away import LISTS_RUNAWAY, runaway_warning
from microwork_estimate.capture_recapture.sample_share import SampleShare
from microwork_estimate.capture_recapture.survey_evidence import (
    factor_warnings,
    named,
    overlap_of_share,
    point_diagnostics,
    recapture_assumptions,
    respondents,
    same_population,
    share_warnings,
)
from microwork_estimate.capture_recapture.survey_lists import (
    REFERENCES,
    ListSize,
    as_list_size,
    point_and_spread,
    without_share,
)
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_choice, check_level
from microwork_estimate.estimate import Assumption, Bounds, Estimate, FrozenMapping, Interval
from microwork_estimate.inputs import Elicited
from microwork_estimate.partial_identification import imbens_manski

TippingFactor = Literal["odds_ratio", "out_of_scope"]


def survey_odds_ratio_bounds(
    share: Estimate | SampleShare,
    list_size: ListSize | Elicited | float,
    *,
    odds_ratios: tuple[float, float] = (0.5, 4.0),
    adjustments: RecaptureAdjustments | None = None,
    level: float = 0.95,
) -> Estimate:
    """Bounds on a population when the odds ratio between list and survey is known to lie in a range only.

    Procedure: the bounds are :func:`survey_recapture` at both ends of the range, with all other corrections at their
    middles. On the logarithm of the population, the distance from the lower bound down to the lower end of its own
    interval, and from the upper bound up to the upper end of its own, are taken as so many standard errors; Imbens and
    Manski's interval for the population follows. So the asymmetry of the interval of the share and of uncertain
    corrections stays, and with a range of one odds ratio it is the interval of :func:`survey_recapture`.

    Parameters
    ----------
    share : Estimate or SampleShare
        Weighted share of respondents on the list.
    list_size : ListSize, Elicited or float
        Entries of the list.
    odds_ratios : tuple of float
        Ends of the range, more than 0. By default not symmetric around independence, because active people tend to be
        on the list and to answer.
    adjustments : RecaptureAdjustments, optional
        Its odds ratio is not used.
    level : float
        Confidence level as a share; that of the interval of `share`.

    Returns
    -------
    Estimate
        In persons, with `bounds` and `interval` and no value. With nobody on the list, or no more than false links
        explain, there are no bounds, and the interval is open above. Codes as of :func:`survey_recapture`.

    Raises
    ------
    InvalidInput
        As :func:`survey_recapture`, and if the range is not one of positive numbers in order.

    Assumptions
    -----------
    Those of :func:`survey_recapture`, with an odds ratio in the range in the place of independence.

    References
    ----------
    Gerritse, van der Heijden and Bakker 2015, Journal of Official Statistics 31(3), 357-379, for the odds ratio. Imbens
    and Manski 2004, Econometrica 72(6), 1845-1857, section 4, for the interval.

    Examples
    --------
    >>> share = SampleShare(value=0.25, standard_error=0.02, n=600)
    >>> estimate = survey_odds_ratio_bounds(share, 50_000)
    >>> round(estimate.bounds.low), round(estimate.bounds.high)
    (125000, 650000)
    >>> round(estimate.interval.low), round(estimate.interval.high)
    (112870, 770484)
    """
    check_level(level)
    _check_range(odds_ratios)
    chosen, size = replace(adjustments or RecaptureAdjustments(), odds_ratio=1.0), as_list_size(list_size)
    if share.value is None:
        return without_share(share, size)
    overlap = overlap_of_share(share, level)
    about = same_population(share.estimand, size.estimand, chosen)
    point, spread = point_and_spread(overlap, size, chosen)
    bounds, interval = _bounds(point, overlap, spread, odds_ratios)
    said = (
        *about,
        *share_warnings(share, overlap),
        *factor_warnings(point, chosen, {"list size": size.persons}),
        *(runaway_warning(float(point.size()), middle(size.persons), times=LISTS_RUNAWAY) if bounds else ()),
    )
    announce(said)
    own = share if isinstance(share, Estimate) else None
    return Estimate(
        name="Survey odds-ratio bounds",
        value=None,
        interval=interval,
        bounds=bounds,
        estimand=replace(share.estimand, unit="persons"),
        method=f"list size over the share of respondents on the list{named(chosen)}; {_range_words(odds_ratios)}",
        n_observed=respondents(share),
        assumptions=(*(own.assumptions if own else ()), *_assumptions(chosen)),
        warnings=(*(own.warnings if own else ()), *said),
        references=(*REFERENCES, "Imbens and Manski 2004, Econometrica 72(6), 1845-1857"),
        diagnostics=FrozenMapping({**point_diagnostics(point), **swings(point, overlap, spread)}),
    )


def _range_words(odds_ratios: tuple[float, float]) -> str:
    return f"odds ratio from {odds_ratios[0]:g} to {odds_ratios[1]:g}"


def _check_range(odds_ratios: tuple[float, float]) -> None:
    odds_ratio_grid(odds_ratios)
    if len(odds_ratios) != 2 or odds_ratios[0] > odds_ratios[1]:
        raise InvalidInput(
            "no range",
            expected="two odds ratios, the smaller first",
            got=repr(odds_ratios),
            where="odds_ratios",
            fix="give, for example, (0.5, 4.0)",
        )


def _assumptions(adjustments: RecaptureAdjustments) -> tuple[Assumption, ...]:
    """Return what is left to assume, with a range in the place of independence."""
    dialled = recapture_assumptions(replace(adjustments, odds_ratio=2.0), survey=True)
    return tuple(ODDS_RATIO_RANGE if a is KNOWN_ODDS_RATIO else a for a in dialled)


def _bounds(
    point: RecapturePoint, overlap: Overlap, spread: Spread, odds_ratios: tuple[float, float]
) -> tuple[Bounds | None, Interval | None]:
    """Return the bounds, None without any true overlap, and the interval, None without one of the share."""
    lowest, highest = (value_and_interval(replace(point, odds_ratio=float(t)), overlap, spread) for t in odds_ratios)
    if lowest[0] is None or highest[0] is None:
        return None, lowest[1]
    reason = f"a survey does not tell how it depends on the list; {_range_words(odds_ratios)}"
    bounds = Bounds(low=lowest[0], high=highest[0], reason=reason, sharp=True)
    if lowest[1] is None or highest[1] is None:
        return bounds, None
    normal = normal_quantile(overlap.level)
    down = math.log(lowest[0] / lowest[1].low) / normal
    up = math.log(highest[1].high / highest[0]) / normal if math.isfinite(highest[1].high) else math.inf
    far = math.log(highest[0]) if math.isfinite(up) else math.inf
    low, high = imbens_manski(math.log(lowest[0]), far, down, up, overlap.level)
    ends = min(math.exp(low), bounds.low), max(math.exp(high) if high < 700 else math.inf, bounds.high)
    method = "imbens-manski on the logarithm of the population"
    return bounds, Interval(low=ends[0], high=ends[1], level=overlap.level, method=method)


def survey_tipping_point(
    share: Estimate | SampleShare,
    list_size: ListSize | Elicited | float,
    threshold: float,
    *,
    factor: TippingFactor = "odds_ratio",
    adjustments: RecaptureAdjustments | None = None,
) -> float:
    """How much dependence, or how dirty a list, it takes for the population to be a stated figure.

    Procedure: with A the list that remains after the corrections and P the true share on it, the population is
    A + t A (1 - P) / P at odds ratio t, and A is the entries times 1 - e with e the share out of scope. The factor asked
    for is solved for; all others stay at their middles.

    Parameters
    ----------
    share : Estimate or SampleShare
    list_size : ListSize, Elicited or float
    threshold : float
        Population, in persons.
    factor : str
        ``"odds_ratio"``, or ``"out_of_scope"`` for the share of the list that is dormant, double, a bot or abroad.
    adjustments : RecaptureAdjustments, optional
        Its value of the factor asked for is not used.

    Returns
    -------
    float
        The odds ratio; infinite if all respondents are on the list and the threshold is above it. Or the share out of
        scope, from 0 to less than 1. NaN when the share is not known, nobody is on the list, or no more than false links
        explain: nothing is then estimated. Warnings as of :func:`survey_recapture`.

    Raises
    ------
    InvalidInput
        If the threshold is below the remaining list (for an odds ratio), or above the population that a clean list gives
        (for a share out of scope), and as :func:`survey_recapture`.

    Assumptions
    -----------
    Those of :func:`survey_recapture`, but for the one varied.

    References
    ----------
    Gerritse, van der Heijden and Bakker 2015, Journal of Official Statistics 31(3), 357-379, for the estimate.

    Examples
    --------
    >>> share = SampleShare(value=0.25, standard_error=0.02, n=600)
    >>> round(survey_tipping_point(share, 50_000, 500_000), 6)
    3.0
    >>> survey_tipping_point(share, 50_000, 80_000, factor="out_of_scope")
    0.6
    """
    check_choice(factor, get_args(TippingFactor), where="factor")
    given, size = adjustments or RecaptureAdjustments(), as_list_size(list_size)
    chosen = replace(given, odds_ratio=1.0) if factor == "odds_ratio" else replace(given, out_of_scope=0.0)
    if share.value is None:
        announce([CodedWarning(code="no-share", message="the share on the list could not be estimated")])
        return math.nan
    # The level matters to the ends of the share only, which are not used.
    level = share.interval.level if isinstance(share, Estimate) and share.interval is not None else 0.95
    overlap = overlap_of_share(share, level)
    about = same_population(share.estimand, size.estimand, chosen)
    point, _ = point_and_spread(overlap, size, chosen)
    announce(
        (*about, *share_warnings(share, overlap), *factor_warnings(point, chosen, {"list size": middle(size.persons)}))
    )
    return _tipping(point, float(threshold), factor)


def _tipping(point: RecapturePoint, threshold: float, factor: TippingFactor) -> float:
    size, seen = float(point.size()), float(point.remaining())
    allowed = seen <= threshold < math.inf if factor == "odds_ratio" else 0.0 < threshold <= size
    if not allowed:
        limits = f"at least {seen:,.6g}, the list" if factor == "odds_ratio" else f"above 0 and at most {size:,.6g}"
        raise InvalidInput(
            "impossible threshold",
            expected=f"a finite number, {limits}",
            got=repr(threshold),
            where="threshold",
            fix="a population is not smaller than the list, and dirt in the list only makes it smaller",
        )
    if math.isinf(size):
        return math.nan
    if factor == "out_of_scope":
        return 1.0 - threshold / size
    if threshold == seen:
        return 0.0
    return (threshold - seen) / (size - seen) if size > seen else math.inf
