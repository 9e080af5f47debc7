"""The size of a population from one list and a survey that asks who is on it: the multiplier method, with corrections.

If R persons are on a list and a share p of the population, as a survey finds, the population is R / p. The survey brings
its design (weights, strata, clusters), the list its dirt (dormant accounts, people abroad), the comparison its errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.capture_recapture.adjustments import Factor, RecaptureAdjustments, RecapturePoint, middle
from microwork_estimate.capture_recapture.recapture_ends import (
    Overlap,
    Spread,
    curve_of,
    odds_ratio_grid,
    population_error,
    spread_of,
    start,
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
    relative_bias,
    respondents,
    same_population,
    share_warnings,
)
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import (
    Estimand,
    Estimate,
    FrozenMapping,
    Replicates,
    Scalar,
    SensitivityCurve,
)
from microwork_estimate.inputs import Elicited

REFERENCES = (
    "Korn and Graubard 1998, Survey Methodology 24(2), 193-201",
    "Ding and Fienberg 1994, Survey Methodology 20(2), 149-158",
    "Gerritse et al. 2015, J. Off. Stat. 31(3), 357-379",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListSize:
    """How many are on a list, and whom it is about.

    Parameters
    ----------
    persons : float or Elicited
        Entries of the list, more than 0. Out-of-scope entries are included; the adjustments take them out.
    standard_error : float
        Of a size that is itself estimated; 0 if it was counted. Not with an Elicited size.
    correlation_with_share : float
        Between the errors of size and share, from -1 to 1, when the same survey said who is eligible.
    estimand : Estimand
        Whom the list is about; window, territory and activity are compared with those of the survey.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> ListSize(persons=50_000, estimand=Estimand(activity="registered")).persons
    50000
    """

    persons: Factor
    standard_error: float = 0.0
    correlation_with_share: float = 0.0
    estimand: Estimand = field(default=Estimand())

    def __post_init__(self) -> None:
        elicited = isinstance(self.persons, Elicited)
        smallest = float(self.persons.quantile(0.001)) if isinstance(self.persons, Elicited) else float(self.persons)
        problems = (
            (not 0 < smallest < math.inf, "persons: more than 0", f"{smallest:g}"),
            (not 0 <= self.standard_error < math.inf, "standard_error: zero or more", repr(self.standard_error)),
            (elicited and self.standard_error > 0, "an interval or a standard error, not both", "both"),
            (
                not -1 <= self.correlation_with_share <= 1,
                "a correlation from -1 to 1",
                repr(self.correlation_with_share),
            ),
        )
        for bad, expected, got in problems:
            if bad:
                raise InvalidInput(
                    "impossible list size", expected=expected, got=got, where="ListSize", fix="check the source"
                )


def survey_recapture(
    share: Estimate | SampleShare,
    list_size: ListSize | Elicited | float,
    *,
    adjustments: RecaptureAdjustments | None = None,
    level: float = 0.95,
) -> Estimate:
    """Size of a population from a list and the share of a survey's respondents who are on it.

    Procedure: N = R / p. The interval of the share (Korn-Graubard, by default of
    :func:`~microwork_estimate.weighting.proportion`) is put through the formula, so that the ends are R / p_high and
    R / p_low. With adjustments: links turn p into P = (p - nu) / (1 - mu - nu), eligibility R into R (1 - e), turnover
    R into R 2^(-lag/half-life), and an odds ratio t the part off the list, R (1 - P) / P, into t times as many; t is the
    odds of being on the list among respondents, as weighted, over those in the whole population. Uncertain adjustments
    widen the interval as :func:`~microwork_estimate.capture_recapture.recapture_ends.population_interval` says.

    Parameters
    ----------
    share : Estimate or SampleShare
        Weighted share of respondents on the list, from ``weighting.proportion(sample, column)``, or as printed.
    list_size : ListSize, Elicited or float
        Entries of the list.
    adjustments : RecaptureAdjustments, optional
        List eligibility, links, turnover and odds ratio, alone or together.
    level : float
        Confidence level as a share; that of the interval of `share`.

    Returns
    -------
    Estimate
        In persons, at the later of the two times. With replicates if the share has some and nothing else is uncertain;
        otherwise a recipe redraws :class:`~microwork_estimate.capture_recapture.adjustments.RecapturePoint`. Nobody on
        the list (``nobody-on-list``), or no more than false links explain (``links-explain-overlap``): no value, a
        lower limit and an infinite upper end. Further codes: ``everybody-on-list``, ``few-on-list``,
        ``links-contradict-overlap``, ``open-population``, ``contaminated-list``, ``assumed-factors``, ``runaway``.

    Raises
    ------
    InvalidInput
        If `share` is no share, has an interval at another level, or is about another window than the list and no
        turnover is given.

    Assumptions
    -----------
    The survey is blind to the list (or the odds ratio known); persons off the list could be drawn; membership is known
    (or the error rates are); every entry is in scope (or the share outside known); one window (or the half-life known).

    References
    ----------
    Korn and Graubard 1998, Survey Methodology 24(2), 193-201, for the interval of the share. Ding and Fienberg 1994,
    Survey Methodology 20(2), 149-158, for links. Gerritse, van der Heijden and Bakker 2015, Journal of Official
    Statistics 31(3), 357-379, for the odds ratio.

    Examples
    --------
    >>> share = SampleShare(value=0.25, standard_error=0.02, n=600, estimand=Estimand(unit="share", activity="monthly"))
    >>> estimate = survey_recapture(share, 50_000)
    >>> round(estimate.value), round(estimate.interval.low), round(estimate.interval.high)
    (200000, 171368, 236499)
    >>> dormant = RecaptureAdjustments(out_of_scope=0.6)
    >>> round(survey_recapture(share, 50_000, adjustments=dormant).value)
    80000
    """
    check_level(level)
    chosen, size = adjustments or RecaptureAdjustments(), as_list_size(list_size)
    if share.value is None:
        return without_share(share, size)
    overlap = overlap_of_share(share, level)
    about = same_population(share.estimand, size.estimand, chosen)
    point, spread = point_and_spread(overlap, size, chosen)
    value, interval = value_and_interval(point, overlap, spread)
    said = (
        *about,
        *share_warnings(share, overlap),
        *factor_warnings(point, chosen, {"list size": size.persons}),
        *runaway_warning(value or 0.0, middle(size.persons), times=LISTS_RUNAWAY),
    )
    announce(said)
    own = share if isinstance(share, Estimate) else None
    return Estimate(
        name="Survey recapture",
        value=value,
        standard_error=population_error(point, overlap, spread),
        interval=interval,
        replicates=_replicates(share, point, spread),
        estimand=replace(share.estimand, unit="persons"),
        method="list size over the share of respondents on the list" + named(chosen),
        n_observed=respondents(share),
        assumptions=(*(own.assumptions if own else ()), *recapture_assumptions(chosen, survey=True)),
        warnings=(*(own.warnings if own else ()), *said),
        references=REFERENCES,
        diagnostics=FrozenMapping(_diagnostics(share, point, overlap, spread)),
    )


def survey_odds_ratio_curve(
    share: Estimate | SampleShare,
    list_size: ListSize | Elicited | float,
    odds_ratios: ArrayLike | None = None,
    *,
    adjustments: RecaptureAdjustments | None = None,
    level: float = 0.95,
) -> SensitivityCurve:
    """Vary the odds ratio between list and survey, with all other corrections in place, and follow the population.

    Procedure: :func:`survey_recapture` at each odds ratio; that of the adjustments is not used.

    Parameters
    ----------
    share : Estimate or SampleShare
    list_size : ListSize, Elicited or float
    odds_ratios : array_like of shape (g,), optional
        More than 0; put in order. By default 41 values from 1/4 to 8.
    adjustments : RecaptureAdjustments, optional
    level : float

    Returns
    -------
    SensitivityCurve
        In persons, with reference 1; NaN and infinite upper ends where nothing is estimated.

    Raises
    ------
    InvalidInput
        As :func:`survey_recapture`, and if an odds ratio is not a positive number or the share is not known.

    Assumptions
    -----------
    Those of :func:`survey_recapture`, but for independence.

    References
    ----------
    Gerritse, van der Heijden and Bakker 2015, Journal of Official Statistics 31(3), 357-379.

    Examples
    --------
    >>> share = SampleShare(value=0.25, standard_error=0.02, n=600)
    >>> survey_odds_ratio_curve(share, 50_000, [0.5, 1, 2]).values.round()
    array([125000., 200000., 350000.])
    """
    check_level(level)
    chosen, size = adjustments or RecaptureAdjustments(), as_list_size(list_size)
    if share.value is None:
        raise InvalidInput(
            "share without a value",
            expected="a share that was estimated",
            got="none",
            where="survey_odds_ratio_curve",
            fix="see the warnings of the share",
        )
    overlap = overlap_of_share(share, level)
    about = same_population(share.estimand, size.estimand, chosen)
    point, spread = point_and_spread(overlap, size, replace(chosen, odds_ratio=1.0))
    grid = odds_ratio_grid(odds_ratios)
    values, low, high = curve_of([point] * grid.size, [overlap] * grid.size, spread, grid)
    # Odds ratios are chosen, and may be anything; what the data say themselves is the figure at 1.
    independent = 0.0 if np.isnan(values).all() else float(point.size())
    announce(
        (
            *about,
            *share_warnings(share, overlap),
            *factor_warnings(point, chosen, {"list size": size.persons}),
            *runaway_warning(independent, middle(size.persons), times=LISTS_RUNAWAY),
        )
    )
    return SensitivityCurve(
        parameter="odds ratio",
        grid=grid,
        values=values,
        low=low,
        high=high,
        level=level,
        estimand=replace(share.estimand, unit="persons"),
        reference=1.0,
    )


def as_list_size(list_size: ListSize | Elicited | float) -> ListSize:
    """Return a list size as a noun, whatever it came as."""
    return list_size if isinstance(list_size, ListSize) else ListSize(persons=list_size)


def point_and_spread(
    overlap: Overlap, size: ListSize, adjustments: RecaptureAdjustments
) -> tuple[RecapturePoint, Spread]:
    """Return the point at which every factor is at its middle, and the ends of those that are uncertain."""
    persons = middle(size.persons)
    spread = spread_of(
        adjustments, size.persons, size.standard_error / persons, overlap.level, size.correlation_with_share
    )
    return start(overlap, adjustments, persons), spread


def _replicates(share: Estimate | SampleShare, point: RecapturePoint, spread: Spread) -> Replicates | None:
    """Put the replicates of the share through the formula, if nothing else is uncertain."""
    if isinstance(share, SampleShare) or share.replicates is None or spread.at_level:
        return None
    return replace(share.replicates, values=replace(point, share=share.replicates.values).size())


def _diagnostics(
    share: Estimate | SampleShare, point: RecapturePoint, overlap: Overlap, spread: Spread
) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {
        **point_diagnostics(point),
        "share_standard_error": overlap.standard_error,
        "expected_relative_bias": relative_bias(overlap),
        **swings(point, overlap, spread),
    }
    redrawn = _replicates(share, point, spread)
    if redrawn is not None:
        median = float(np.median(redrawn.values))
        found["replicate_median"] = median if math.isfinite(median) else None
    return found


def without_share(share: Estimate | SampleShare, size: ListSize) -> Estimate:
    """Make and announce the estimate without a value that comes of a share without one: ``no-share``."""
    own = share.warnings if isinstance(share, Estimate) else ()
    message = "the share on the list could not be estimated, so that there is no size either; see its own warnings"
    warnings = (*own, CodedWarning(code="no-share", message=message))
    announce(warnings[-1:])
    return Estimate(
        name="Survey recapture",
        value=None,
        estimand=replace(share.estimand, unit="persons"),
        method="list size over the share of respondents on the list",
        n_observed=respondents(share),
        warnings=warnings,
        references=REFERENCES,
        diagnostics=FrozenMapping({"list_size": middle(size.persons)}),
    )
