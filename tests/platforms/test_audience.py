"""Persons from a web audience: closed forms, theory at the ends of the correlation, printed ratios, refusals."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import Elicited, PlatformAudience
from microwork_estimate.platforms import (
    AudienceFactors,
    audience_by_correlation,
    audience_draws,
    n_audience_uniforms,
    persons_from_audience,
    persons_given_factors,
)

Z90, Z95 = 1.6448536269514722, 1.959963984540054
ONE = Elicited(distribution="fixed", low=1.0, source="by definition")


def lognormal(median: float, sigma: float) -> Elicited:
    """State a factor by its median and the standard deviation of its logarithm."""
    return Elicited(
        distribution="lognormal", low=median * np.exp(-Z90 * sigma), high=median * np.exp(Z90 * sigma), source="x"
    )


def factors(**given) -> AudienceFactors:
    """Fix every factor at 1 but those given."""
    return AudienceFactors(
        **{
            name: given.get(name, ONE)
            for name in (
                "measurement",
                "territory_share",
                "worker_share",
                "devices_per_person",
                "platforms_per_person",
            )
        }
    )


def sites(visitors, **options) -> PlatformAudience:
    """Sites of one provider."""
    names = tuple(f"S{i}" for i in range(len(visitors)))
    return PlatformAudience(platforms=names, unique_visitors=visitors, provider="p", source="x", **options)


def ratio(estimate: Estimate) -> float:
    """Upper over lower end of the interval."""
    return estimate.interval.high / estimate.interval.low


# --- closed forms -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_one_site_one_lognormal_factor(level):
    """One site with a log-normal error: median U and ends U exp(+-z sigma)."""
    z = {0.5: 0.6744897501960817, 0.9: Z90, 0.95: Z95}[level]
    estimate = persons_from_audience(sites([1000]), factors(measurement=lognormal(1, 0.5)), level=level)
    assert estimate.value == pytest.approx(1000, rel=1e-4)
    assert estimate.interval.low == pytest.approx(1000 * np.exp(-z * 0.5), rel=1e-3)
    assert estimate.interval.high == pytest.approx(1000 * np.exp(z * 0.5), rel=1e-3)


def test_product_of_lognormal_factors_on_one_site():
    """Devices and platforms close to log-normal excess are fixed here; measurement and worker share add in variance.

    A share of small values is all but log-normal: median 0.001, sigma 0.4 on the logit is sigma 0.4 on the logarithm.
    """
    share = Elicited(distribution="share", low=1e-6 * np.exp(-Z90 * 0.4), high=1e-6 * np.exp(Z90 * 0.4), source="x")
    estimate = persons_from_audience(sites([10**9]), factors(measurement=lognormal(2, 0.3), worker_share=share))
    assert estimate.value == pytest.approx(2000, rel=2e-3)
    assert np.log(ratio(estimate)) == pytest.approx(2 * Z95 * 0.5, rel=3e-3)


def test_correlation_of_one_is_one_single_error():
    """23 equal sites at correlation 1: the 95 % ratio is exp(2 x 1.96 x 0.5), 7.1."""
    estimate = persons_from_audience(sites([100] * 23), factors(measurement=lognormal(1, 0.5)), correlation=1)
    assert ratio(estimate) == pytest.approx(np.exp(2 * Z95 * 0.5), rel=3e-3)
    assert estimate.value == pytest.approx(2300, rel=1e-3)


def test_independent_sites_cancel():
    """23 equal independent sites: mean 1.133 times and standard deviation 1/sqrt(23) of one, as for any sum."""
    m = np.exp(0.125)
    sd = m * np.sqrt(np.exp(0.25) - 1) / np.sqrt(23)
    many = factors(measurement=lognormal(1, 0.5))
    estimate = persons_from_audience(sites([1 / 23] * 23), many, correlation=0)
    truth = np.quantile(
        np.random.default_rng(1).lognormal(0, 0.5, (200_000, 23)).mean(1), [0.025, 0.5, 0.975], method="linear"
    )
    assert estimate.diagnostics["mean"] == pytest.approx(m, rel=2e-3)
    assert (estimate.interval.high - estimate.interval.low) / (2 * Z95) == pytest.approx(sd, rel=0.03)
    assert [estimate.interval.low, estimate.value, estimate.interval.high] == pytest.approx(list(truth), rel=5e-3)


@pytest.mark.parametrize(("correlation", "printed"), [(0.0, 2.1), (0.5, 4.4), (0.8, 6.0)])
def test_printed_ratios_for_unequal_sites(correlation, printed):
    """23 sites of Zipf size with sigma 0.5: 95 % ratios 2.1, 4.4 and 6.0 at correlation 0, 0.5 and 0.8.

    The printed world does not give the sizes; equal ones would give 1.54 at correlation 0, an exponent of 1.15 fits.
    The tolerance is half of the last printed digit, and half a per cent for the integration.
    """
    visitors = 1 / np.arange(1, 24) ** 1.15
    estimate = persons_from_audience(sites(visitors), factors(measurement=lognormal(1, 0.5)), correlation=correlation)
    assert ratio(estimate) == pytest.approx(printed, abs=0.05 + 0.005 * printed)


def test_against_plain_simulation_with_every_factor():
    """With all five factors uncertain the quantiles are those of 300,000 random draws, within 1 %."""
    given_factors = factors(
        measurement=lognormal(1, 0.5),
        territory_share=Elicited(distribution="pert", low=0.5, high=1, mode=0.9, source="x"),
        worker_share=Elicited(distribution="share", low=0.2, high=0.7, source="x"),
        devices_per_person=Elicited(distribution="at_least_one", low=1.1, high=2, source="x"),
        platforms_per_person=Elicited(distribution="uniform", low=1.1, high=1.5, source="x"),
    )
    audience = sites([500, 300, 0, 200])
    estimate = persons_from_audience(audience, given_factors)
    uniforms = np.random.default_rng(5).random((300_000, n_audience_uniforms(audience)))
    truth = np.quantile(audience_draws(audience, given_factors, uniforms), [0.025, 0.5, 0.975])
    assert [estimate.interval.low, estimate.value, estimate.interval.high] == pytest.approx(list(truth), rel=0.01)


# --- the kernel and its draws -----------------------------------------------------------------------------------------


def test_persons_given_factors_by_hand():
    """1,000 and 500 visitors, halved error on the second, 40 % workers, 2 devices, 1.25 platforms: 200 persons."""
    persons = persons_given_factors([1000, 500], [[1.0, 0.5]], [1.0], [0.4], [2.0], [1.25])
    assert persons == pytest.approx([200.0])


def test_draws_have_the_stated_correlation():
    """Between the log errors of two sites the correlation is the one stated."""
    uniforms = np.random.default_rng(3).random((100_000, 7))
    first = audience_draws(sites([1, 0]), factors(measurement=lognormal(1, 0.5)), uniforms, correlation=0.3)
    second = audience_draws(sites([0, 1]), factors(measurement=lognormal(1, 0.5)), uniforms, correlation=0.3)
    logs = np.log([first, second])
    assert np.corrcoef(logs)[0, 1] == pytest.approx(0.3, abs=3 * (1 - 0.09) / np.sqrt(100_000))
    assert logs.std(axis=1) == pytest.approx([0.5, 0.5], rel=0.01)


def test_draws_at_one_half_are_the_medians():
    """All uniforms at one half give all factors at their medians."""
    share = Elicited(distribution="share", low=0.2, high=0.5, source="x")
    found = audience_draws(sites([30, 70]), factors(worker_share=share), np.full((3, 7), 0.5))
    assert found == pytest.approx(np.full(3, 100 * share.median), rel=1e-14)


def test_extreme_uniforms_stay_finite():
    """Uniforms of exactly 0 and 1 give finite, positive persons."""
    measured = factors(
        measurement=lognormal(1, 0.5),
        devices_per_person=Elicited(distribution="at_least_one", low=1.1, high=2, source="x"),
    )
    found = audience_draws(sites([1, 1]), measured, [[0.0] * 7, [1.0] * 7])
    assert np.isfinite(found).all()
    assert (found > 0).all()


@settings(max_examples=30, deadline=None)
@given(
    visitors=st.lists(st.integers(0, 10**6), min_size=1, max_size=5).filter(any),
    factor=st.floats(0.01, 100),
    correlation=st.floats(0, 1),
)
def test_scale_of_visitors_and_repetition(visitors, factor, correlation):
    """Twice the visitors are twice the persons, and the same call gives the same number."""
    uncertain = factors(
        measurement=lognormal(1, 0.5), worker_share=Elicited(distribution="share", low=0.2, high=0.5, source="x")
    )
    first = persons_from_audience(sites(visitors), uncertain, correlation=correlation)
    again = persons_from_audience(sites(visitors), uncertain, correlation=correlation)
    scaled = persons_from_audience(sites(np.array(visitors) * factor), uncertain, correlation=correlation)
    assert first == again
    assert scaled.value == pytest.approx(factor * first.value, rel=1e-12)
    assert scaled.interval.high == pytest.approx(factor * first.interval.high, rel=1e-12)


# --- the estimate -----------------------------------------------------------------------------------------------------


def test_fixed_factors_give_the_published_arithmetic():
    """66,468 visitors and 1.27 platforms, all else at 1: 52,337 without any width."""
    monthly = sites([66_468], activity="monthly", window="one month", territory="France", n_platforms=1)
    platforms = Elicited(distribution="fixed", low=1.27, source="blog")
    estimate = persons_from_audience(monthly, factors(platforms_per_person=platforms))
    assert round(estimate.value) == 52_337
    assert estimate.interval.low == estimate.interval.high == estimate.value
    assert estimate.interval.method == "elicited"
    assert estimate.standard_error is None
    assert (estimate.estimand.activity, estimate.estimand.territory) == ("monthly", "France")


def test_assumed_factors_and_summed_sites_are_said():
    """Factors whose source is an assumption, and rows that are sums over sites, leave their warnings."""
    assumed = Elicited(distribution="share", low=0.2, high=0.5, source="assumed: no survey of visitors")
    with pytest.warns(MicroworkWarning) as caught:
        estimate = persons_from_audience(sites([66_468], n_platforms=7), factors(worker_share=assumed))
    assert [warning.code for warning in estimate.warnings] == ["assumed-factors", "pooled-sites"]
    assert len(caught) == 2
    assert "worker share" in estimate.warnings[0].message


def test_curve_over_correlations_widens():
    """The interval widens with the correlation, and the points are those of the single calls."""
    measured, audience = factors(measurement=lognormal(1, 0.5)), sites([5, 4, 3, 2, 1])
    curve = audience_by_correlation(audience, measured, level=0.9)
    single = persons_from_audience(audience, measured, correlation=0.6, level=0.9)
    assert curve.grid.tolist() == [0, 0.3, 0.6, 0.9]
    assert (np.diff(curve.high / curve.low) > 0).all()
    assert (curve.low[2], curve.values[2], curve.high[2]) == (
        single.interval.low,
        single.value,
        single.interval.high,
    )
    assert curve.estimand == single.estimand
    assert curve.level == 0.9


def test_curve_is_flat_for_one_site():
    """With one site there is nothing to correlate."""
    curve = audience_by_correlation(sites([100]), factors(measurement=lognormal(1, 0.5)))
    assert curve.high.tolist() == [curve.high[0]] * 4


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("measurement", Elicited(distribution="uniform", low=-1, high=2, source="x")),
        ("measurement", Elicited(distribution="fixed", low=0, source="x")),
        ("territory_share", lognormal(0.5, 0.5)),
        ("territory_share", Elicited(distribution="fixed", low=1.1, source="x")),
        ("worker_share", Elicited(distribution="empirical", values=[0, 0.2], source="x")),
        ("worker_share", Elicited(distribution="at_least_one", low=1.1, high=2, source="x")),
        ("devices_per_person", lognormal(1.5, 0.2)),
        ("devices_per_person", Elicited(distribution="share", low=0.1, high=0.2, source="x")),
        ("platforms_per_person", Elicited(distribution="triangular", low=0.9, high=2, mode=1, source="x")),
        ("platforms_per_person", Elicited(distribution="fixed", low=0.99, source="x")),
    ],
)
def test_factors_with_impossible_values_are_refused(name, factor):
    """A share above 1 or fewer than one device per person is no factor."""
    with pytest.raises(InvalidInput, match=name):
        factors(**{name: factor})


MEASURED = factors(measurement=lognormal(1, 0.5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: persons_from_audience(sites([0, 0]), MEASURED), "no visitors"),
        (lambda: persons_from_audience(sites([1]), MEASURED, correlation=1.1), "correlation"),
        (lambda: persons_from_audience(sites([1]), MEASURED, correlation=float("nan")), "correlation"),
        (lambda: persons_from_audience(sites([1]), MEASURED, level=0), "confidence level"),
        (lambda: audience_by_correlation(sites([1]), MEASURED, correlations=(0.3, 0.3)), "increasing"),
        (lambda: audience_by_correlation(sites([1]), MEASURED, correlations=()), "increasing"),
        (lambda: audience_by_correlation(sites([1]), MEASURED, correlations=(0.5, 1.5)), "correlation"),
        (lambda: audience_by_correlation(sites([1]), MEASURED, level=2), "confidence level"),
        (lambda: audience_draws(sites([1]), MEASURED, np.full((2, 5), 0.5)), r"shape \(B, 6\)"),
        (lambda: audience_draws(sites([1]), MEASURED, np.full(6, 0.5)), r"shape \(B, 6\)"),
        (lambda: audience_draws(sites([1]), MEASURED, np.full((2, 6), 1.5)), "outside 0 to 1"),
        (lambda: audience_draws(sites([1]), MEASURED, np.full((2, 6), np.nan)), "outside 0 to 1"),
        (lambda: sites([1], activity="daily"), "unknown choice"),
    ],
)
def test_impossible_options_are_refused(call, message):
    """No number comes from an impossible option."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        with pytest.raises(InvalidInput, match=message):
            call()
