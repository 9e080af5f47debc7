"""Laws of sightings against their definition, with derivatives against differences, for every form of truncation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import geom, nbinom, poisson

from microwork_estimate.capture_recapture.count_laws import law_terms
from microwork_estimate.capture_recapture.count_terms import check_family, extra_parameters, person_terms
from microwork_estimate.capture_recapture.jets import Jet
from microwork_estimate.capture_recapture.newton import inverse, maximise
from microwork_estimate.errors import InvalidInput

TIMES = np.array([1.0, 2, 3, 7, 30])
FORMS = [
    (family, form)
    for family in ("poisson", "geometric", "negative_binomial")
    for form in ("none", "before_truncation", "after_truncation", "singletons_left_out")
] + [("chao", "none"), ("zelterman", "none")]
PREDICTORS = st.floats(-3, 2)


def law(family: str, log_mean: float, log_dispersion: float):
    """Return the law as another library writes it, with its distribution function."""
    mean, shape = np.exp(log_mean), np.exp(-log_dispersion)
    return {
        "poisson": poisson(mean),
        "geometric": geom(1 / (1 + mean), loc=-1),
        "negative_binomial": nbinom(shape, shape / (shape + mean)),
    }[family]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["poisson", "geometric", "negative_binomial"]), PREDICTORS, PREDICTORS)
def test_laws_are_those_of_scipy(family, log_mean, log_dispersion):
    """Chances of the times seen, of never, of once and of twice or more."""
    expected = law(family, log_mean, log_dispersion)
    q = 2 if family == "negative_binomial" else 1
    jets = [Jet.variable(np.full(5, value), place, q) for place, value in enumerate((log_mean, log_dispersion)[:q])]
    terms = law_terms(family, TIMES, *jets)
    assert terms.observed.value == pytest.approx(expected.logpmf(TIMES), rel=1e-9, abs=1e-9)
    assert terms.unseen.value == pytest.approx(expected.logpmf(0), rel=1e-9, abs=1e-12)
    assert terms.once.value == pytest.approx(expected.logpmf(1), rel=1e-9, abs=1e-12)
    assert np.exp(terms.repeated.value) == pytest.approx(expected.sf(1), rel=1e-8)


def test_small_means_lose_no_digits():
    """At a mean of 1e-6 the chance of two sightings or more is m^2/2 (Poisson), m^2 (geometric), m^2 (1+a)/2."""
    for family, factor in (("poisson", 0.5), ("geometric", 1.0), ("negative_binomial", 1.5)):
        q = 2 if family == "negative_binomial" else 1
        jets = [Jet.variable(np.array([value]), place, q) for place, value in enumerate((np.log(1e-6), np.log(2))[:q])]
        repeated = law_terms(family, np.array([1.0]), *jets).repeated
        assert np.exp(repeated.value) == pytest.approx(factor * 1e-12, rel=1e-5)
        assert repeated.first[0, 0] == pytest.approx(2.0, abs=1e-4)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(FORMS), st.lists(PREDICTORS, min_size=3, max_size=3))
def test_derivatives_are_those_of_differences(form, values):
    """First and second derivatives of likelihood and size, by central differences, for every form."""
    step, q = 1e-5, 1 + len(extra_parameters(*form))
    at = [np.full(5, value) for value in values[:q]]
    here = person_terms(*form, TIMES, tuple(at))
    for place in range(q):
        up, down = ([x + sign * step * (k == place) for k, x in enumerate(at)] for sign in (1, -1))
        above, below = (person_terms(*form, TIMES, tuple(x)) for x in (up, down))
        for name in ("log_likelihood", "stands_for"):
            jet, high, low = (getattr(terms, name) for terms in (here, above, below))
            size = 1 + np.abs(jet.first).max() + np.abs(jet.second).max()
            assert (high.value - low.value) / (2 * step) == pytest.approx(jet.first[:, place], abs=1e-6 * size)
            assert (high.first - low.first) / (2 * step) == pytest.approx(jet.second[:, place], abs=1e-6 * size)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FORMS[:12]), st.lists(st.floats(-2, 1), min_size=3, max_size=3))
def test_chances_given_seen_sum_to_one(form, values):
    """Over all times for a person seen (from twice on without singletons)."""
    times = np.arange(1.0, 3000)
    q = 1 + len(extra_parameters(*form))
    terms = person_terms(*form, times, tuple(np.full(times.size, value) for value in values[:q]))
    chances = np.exp(terms.log_likelihood.value)
    first = 1 if form[1] == "singletons_left_out" else 0
    assert chances[first:].sum() == pytest.approx(1.0, abs=1e-6)


def test_words_that_do_not_go_together_are_refused():
    """Unknown words, and one-inflation with the estimators from singletons and doubletons."""
    with pytest.raises(InvalidInput, match="one of 'poisson'"):
        check_family("binomial", "none")
    with pytest.raises(InvalidInput, match="one of 'none'"):
        check_family("poisson", "before")
    with pytest.raises(InvalidInput, match="one-inflation without a law"):
        check_family("chao", "before_truncation")


def test_absurd_counts_are_refused():
    """Ten million sightings of one person are not sightings of a person."""
    with pytest.raises(InvalidInput, match="at most 1,000,000 sightings"):
        person_terms("poisson", "none", np.array([1e7]), (np.array([0.0]),))


def test_newton_finds_maxima_from_far_and_says_when_there_is_none():
    """A curved valley is climbed; a function that rises for ever is not converged within the steps allowed."""

    def banana(x):
        value = -((1 - x[0]) ** 2) - 100 * (x[1] - x[0] ** 2) ** 2
        gradient = np.array([2 * (1 - x[0]) + 400 * x[0] * (x[1] - x[0] ** 2), -200 * (x[1] - x[0] ** 2)])
        second = np.array([[-2 + 400 * (x[1] - 3 * x[0] ** 2), 400 * x[0]], [400 * x[0], -200]])
        return value, gradient, -second

    found = maximise(banana, np.array([-1.2, 1.0]))
    assert found.converged
    assert found.coefficients == pytest.approx([1, 1])
    endless = maximise(lambda x: (float(x[0]), np.ones(1), np.ones((1, 1)) * 1e-3), np.zeros(1), max_iterations=5)
    assert not endless.converged


def test_the_inverse_does_not_depend_on_units():
    """Columns a billion times larger make an inverse as exact as small ones."""
    matrix, scale = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([1.0, 1e9])
    expected = np.linalg.inv(matrix) / np.outer(scale, scale)
    assert inverse(matrix * np.outer(scale, scale)) == pytest.approx(expected, rel=1e-12)
