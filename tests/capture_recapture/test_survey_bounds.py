"""A list and a survey that may depend on each other: bounds by hand, coverage, tipping points, and honest edges."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from microwork_estimate.capture_recapture import (
    ListSize,
    RecaptureAdjustments,
    SampleShare,
    Turnover,
    survey_odds_ratio_bounds,
    survey_odds_ratio_curve,
    survey_recapture,
    survey_tipping_point,
)
from microwork_estimate.errors import CodedWarning, InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.inputs import Elicited

SHARE = SampleShare(value=0.25, standard_error=0.02, n=600)
DIRTY = RecaptureAdjustments(
    out_of_scope=Elicited(distribution="share", low=0.2, high=0.4, source="a recount"),
    missed_links=0.1,
    false_links=0.02,
    turnover=Turnover(lag=1, half_life=12),
)


def quietly(function: Any, *args: Any, **options: Any) -> Any:
    """Call without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*args, **options)


def share_of(on_list: int, n: int) -> SampleShare:
    p = on_list / n
    return SampleShare(value=p, standard_error=math.sqrt(p * (1 - p) / n), n=n)


@pytest.mark.parametrize("adjustments", [RecaptureAdjustments(), DIRTY])
def test_bounds_are_the_estimates_at_both_ends(adjustments):
    """They agree with the curve, and with the population written out by hand."""
    found = quietly(survey_odds_ratio_bounds, SHARE, 50_000, odds_ratios=(0.5, 3), adjustments=adjustments)
    curve = quietly(survey_odds_ratio_curve, SHARE, 50_000, [0.5, 3], adjustments=adjustments)
    assert (found.bounds.low, found.bounds.high) == pytest.approx(tuple(curve.values), rel=1e-12)
    clean = adjustments.turnover is None
    remaining = 50_000 if clean else 50_000 * (1 - adjustments.out_of_scope.median) * 2 ** (-1 / 12)
    true = 0.25 if clean else (0.25 - 0.02) / (1 - 0.12)
    by_hand = [remaining + t * remaining * (1 - true) / true for t in (0.5, 3)]
    assert [found.bounds.low, found.bounds.high] == pytest.approx(by_hand, rel=1e-12)
    assert found.value is None
    assert found.bounds.sharp


@pytest.mark.parametrize("adjustments", [RecaptureAdjustments(), DIRTY])
@pytest.mark.parametrize("ratio", [0.5, 1.0, 4.0])
def test_one_odds_ratio_is_the_estimate_with_its_interval(adjustments, ratio):
    """A range of one odds ratio gives the interval of survey_recapture at it, to nine digits."""
    known = RecaptureAdjustments(
        out_of_scope=adjustments.out_of_scope,
        missed_links=adjustments.missed_links,
        false_links=adjustments.false_links,
        turnover=adjustments.turnover,
        odds_ratio=ratio,
    )
    plain = quietly(survey_recapture, SHARE, 50_000, adjustments=known)
    found = quietly(survey_odds_ratio_bounds, SHARE, 50_000, odds_ratios=(ratio, ratio), adjustments=adjustments)
    assert found.bounds.low == found.bounds.high == pytest.approx(plain.value)
    assert found.interval.low == pytest.approx(plain.interval.low, rel=1e-9)
    assert found.interval.high == pytest.approx(plain.interval.high, rel=1e-9)


def test_interval_solves_imbens_and_manskis_equation():
    """Phi(c + D/s) - Phi(-c) = level, on the logarithm, with the standard errors that the two intervals imply."""
    found = survey_odds_ratio_bounds(SHARE, 50_000, odds_ratios=(0.9, 1.1))
    low, high = (survey_recapture(SHARE, 50_000, adjustments=RecaptureAdjustments(odds_ratio=t)) for t in (0.9, 1.1))
    z = norm.ppf(0.975)
    down, up = math.log(low.value / low.interval.low) / z, math.log(high.interval.high / high.value) / z
    width = math.log(high.value / low.value)
    c = brentq(lambda x: norm.cdf(x + width / max(down, up)) - norm.cdf(-x) - 0.95, 1.0, 3.0, xtol=1e-13)
    assert 1.645 < c < 1.96
    assert found.interval.low == pytest.approx(low.value * math.exp(-c * down), rel=1e-9)
    assert found.interval.high == pytest.approx(high.value * math.exp(c * up), rel=1e-9)


@pytest.mark.parametrize("truth", [0.5, 1.0, 4.0])
def test_intervals_cover_whatever_the_odds_ratio_in_the_range(truth):
    """400 surveys of 500 whose odds ratio is at an end of the range or within: at least about 95 % hold the population."""
    rng, listed, size = np.random.default_rng(3), 10_000, 50_000
    # The odds of being on the list are `truth` times as high among respondents.
    p = truth * listed / (truth * listed + size - listed)
    held = 0
    for on_list in rng.binomial(500, p, 400):
        interval = quietly(survey_odds_ratio_bounds, share_of(int(on_list), 500), listed).interval
        held += interval.low <= size <= interval.high
    assert held / 400 > (0.925 if truth != 1.0 else 0.99)


def test_an_estimated_share_brings_its_warnings_and_assumptions():
    """An Estimate is taken with what it says; the range stands in the place of independence."""
    share = Estimate(
        name="share", value=0.2, standard_error=0.02, estimand=Estimand(unit="share"), method="by hand", n_observed=400
    )
    found = survey_odds_ratio_bounds(share, ListSize(persons=1000.0, standard_error=50.0))
    ids = [a.id for a in found.assumptions]
    assert "odds-ratio-range" in ids
    assert not {"survey-blind-to-list", "known-odds-ratio"} & set(ids)
    assert found.interval is None
    assert found.bounds.low == 1000 + 0.5 * 4000


@pytest.mark.parametrize(("value", "n", "code"), [(0.0, 600, "nobody-on-list"), (1.0, 600, "everybody-on-list")])
def test_nobody_or_everybody_on_the_list(value, n, code):
    """Nobody: no bounds, a lower limit, open above. Everybody: the list itself at every odds ratio, with an upper limit."""
    share = SampleShare(value=value, standard_error=0.0, n=n)
    with pytest.warns(MicroworkWarning, match=code):
        found = survey_odds_ratio_bounds(share, 50_000)
    if value == 0.0:
        assert found.bounds is None
        assert found.interval.low > 50_000
        assert found.interval.high == math.inf
        with pytest.warns(MicroworkWarning, match=code):
            assert math.isnan(survey_tipping_point(share, 50_000, 1e6))
        with pytest.warns(MicroworkWarning, match=code):
            assert math.isnan(survey_tipping_point(share, 50_000, 1e6, factor="out_of_scope"))
    else:
        assert (found.bounds.low, found.bounds.high) == (50_000, 50_000)
        assert 50_000 < found.interval.high < 52_000
        with pytest.warns(MicroworkWarning, match=code):
            assert survey_tipping_point(share, 50_000, 60_000) == math.inf
        with pytest.warns(MicroworkWarning, match=code):
            assert survey_tipping_point(share, 50_000, 50_000) == 0.0


def test_bounds_out_of_all_proportion_are_said():
    """One respondent in a thousand million on the list: the upper bound is no figure to rely on, and a code says so."""
    share = SampleShare(value=1e-9, standard_error=1e-9, n=10**9)
    found = quietly(survey_odds_ratio_bounds, share, 50_000)
    assert {w.code for w in found.warnings} == {"few-on-list", "runaway"}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        survey_odds_ratio_curve(share, 50_000, [1.0, 4.0])
    assert any("[runaway]" in str(warning.message) for warning in said)


def test_a_share_without_a_value_gives_nothing():
    """No share, no bounds and no tipping point, and the code says why."""
    warning = CodedWarning(code="empty-domain", message="nobody answered")
    share = Estimate(name="share", value=None, estimand=Estimand(unit="share"), method="none", warnings=(warning,))
    with pytest.warns(MicroworkWarning, match="no-share"):
        found = survey_odds_ratio_bounds(share, 1000)
    assert (found.value, found.bounds, found.interval) == (None, None, None)
    with pytest.warns(MicroworkWarning, match="no-share"):
        assert math.isnan(survey_tipping_point(share, 1000, 5000))


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 0.95), st.floats(0.2, 6.0), st.floats(0.0, 0.9))
def test_tipping_points_lead_to_the_figure(p, ratio, outside):
    """Put back into survey_recapture, each gives the threshold again, with the other corrections in place."""
    share = SampleShare(value=p, standard_error=0.02, n=600)
    links = {"missed_links": 0.02, "false_links": 0.01, "turnover": Turnover(lag=1, half_life=12)}
    target = quietly(
        survey_recapture,
        share,
        9000,
        adjustments=RecaptureAdjustments(out_of_scope=outside, odds_ratio=ratio, **links),
    ).value
    found = quietly(
        survey_tipping_point, share, 9000, target, adjustments=RecaptureAdjustments(out_of_scope=outside, **links)
    )
    assert found == pytest.approx(ratio, rel=1e-9)
    found = quietly(
        survey_tipping_point,
        share,
        9000,
        target,
        factor="out_of_scope",
        adjustments=RecaptureAdjustments(odds_ratio=ratio, **links),
    )
    assert found == pytest.approx(outside, abs=1e-9)


def test_invalid_options_are_refused():
    """Ranges out of order, impossible odds ratios, unknown factors, thresholds that nothing leads to."""
    for odds_ratios in ((2.0, 1.0), (0.0, 1.0), (1.0, math.inf), (1.0,), (1.0, 2.0, 3.0)):
        with pytest.raises(InvalidInput):
            survey_odds_ratio_bounds(SHARE, 50_000, odds_ratios=odds_ratios)
    with pytest.raises(InvalidInput, match="confidence level"):
        survey_odds_ratio_bounds(SHARE, 50_000, level=95)
    with pytest.raises(InvalidInput, match="one of 'odds_ratio', 'out_of_scope'"):
        survey_tipping_point(SHARE, 50_000, 1e5, factor="half_life")
    with pytest.raises(InvalidInput, match="at least 50,000"):
        survey_tipping_point(SHARE, 50_000, 49_000)
    for threshold in (250_000, 0.0, math.nan):
        with pytest.raises(InvalidInput, match="impossible threshold"):
            survey_tipping_point(SHARE, 50_000, threshold, factor="out_of_scope")
