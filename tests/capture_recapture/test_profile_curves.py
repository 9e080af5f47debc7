"""The whole profile likelihood: its top and ends are R's, its points those of the formula, its edges honest."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln, xlogy

from microwork_estimate.capture_recapture import closed_model, count_profile_curve, loglinear, profile_curve
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import CaptureCounts, CaptureHistories, all_patterns

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "closed_hare.json").read_text(encoding="utf-8"))
HARE = CaptureHistories.from_persons(list("ABCDEF"), REFERENCE["data"]["hare"]["values"])
HEPATITIS = CaptureHistories.from_patterns("ABC", all_patterns(3), [28, 21, 17, 69, 18, 55, 63])
CUT = 1.920729410347062  # half the 95% quantile of the chi-squared law with one degree of freedom
MODELS = {
    "M0": ("M0", None),
    "Mt": ("Mt", None),
    "MhChao": ("Mh", "chao"),
    "MhPoisson2": ("Mh", "poisson"),
    "MhDarroch": ("Mh", "darroch"),
    "MhGamma3.5": ("Mh", "gamma"),
    "MthDarroch": ("Mth", "darroch"),
}


@pytest.mark.parametrize("name", MODELS)
def test_top_and_ends_are_those_of_the_exact_multinomial_profile(name):
    """R's exact profile of the hares has the same most likely size and the same ends."""
    case = next(c for c in REFERENCE["cases"] if c["id"] == f"profileCI_{name}")["output"]["exact_multinomial_profile"]
    model, form = MODELS[name]
    curve = profile_curve(HARE, model, heterogeneity=form)
    assert curve.peak == pytest.approx(case["N_multinomial_MLE_continuous"], rel=1e-6)
    assert curve.interval.low == pytest.approx(case["lower"], rel=1e-6)
    assert curve.interval.high == pytest.approx(case["upper"], rel=1e-6)


def two_list_height(size, n1, n2, both):
    """Log-likelihood of a size under independence: two shares n1 / N and n2 / N, and the ways to choose who was seen."""
    seen = n1 + n2 - both
    margins = sum(xlogy(n, n) + xlogy(size - n, size - n) for n in (n1, n2))
    return gammaln(size + 1) - gammaln(size - seen + 1) + margins - 2 * xlogy(size, size)


def test_points_of_two_lists_are_those_of_the_formula():
    """With two independent lists every point of the curve has a closed form."""
    curve = profile_curve(CaptureHistories.from_two_lists(200, 150, 30))
    exact = two_list_height(curve.sizes, 200, 150, 30)
    np.testing.assert_allclose(curve.heights, exact - exact.max(), atol=1e-8)
    assert curve.cutoff == pytest.approx(CUT)


@pytest.mark.parametrize(("model", "form"), [("Mt", None), ("Mth", "gamma"), ("Mb", None), ("Mbh", None)])
def test_ends_are_those_of_the_closed_estimate(model, form):
    """The curve is cut where the interval of the estimate ends, and is no higher than 0."""
    estimate = closed_model(HARE, model, heterogeneity=form)
    curve = profile_curve(HARE, model, heterogeneity=form)
    ends = [end for end in (estimate.interval.low, estimate.interval.high) if end > curve.n_observed]
    assert (curve.interval.low, curve.interval.high) == pytest.approx(
        (estimate.interval.low, estimate.interval.high), rel=1e-9
    )
    np.testing.assert_allclose(np.interp(ends, curve.sizes, curve.heights), -CUT, atol=1e-6)
    assert curve.heights.max() == 0.0


def test_loglinear_generators_make_a_curve():
    """A log-linear model has the ends of its estimate, and unequal chances on top are possible."""
    curve, estimate = profile_curve(HEPATITIS, "AB,C"), loglinear(HEPATITIS, "AB,C")
    assert (curve.interval.low, curve.interval.high) == (estimate.interval.low, estimate.interval.high)
    assert curve.model == "[AB, C]"
    both = loglinear(HEPATITIS, "A,B,C", heterogeneity="darroch")
    assert profile_curve(HEPATITIS, "A,B,C", heterogeneity="darroch").interval.low == both.interval.low


def test_no_overlap_leaves_the_size_open_above():
    """Nobody on both lists: the curve rises to a plateau, and the lower end is where the formula is 1.92 below it."""
    curve = profile_curve(CaptureHistories.from_two_lists(200, 150, 0))
    assert math.isinf(curve.peak)
    assert math.isinf(curve.interval.high)
    plateau = two_list_height(1e9, 200, 150, 0)
    low = brentq(lambda size: two_list_height(size, 200, 150, 0) - plateau + CUT, 400, 1e6)
    assert curve.interval.low == pytest.approx(low, rel=1e-3)
    assert (np.diff(curve.heights) > 0).all()


def test_a_contained_list_begins_at_the_persons_seen():
    """A list inside the other: the likelihood only falls, from the persons seen on."""
    curve = profile_curve(CaptureHistories.from_two_lists(200, 20, 20))
    assert curve.peak == curve.sizes[0] == curve.interval.low == 200
    assert (np.diff(curve.heights) < 0).all()


def test_first_captures_that_do_not_become_rarer():
    """Model Mb with more first captures on the second occasion: no most likely size and no upper end."""
    curve = profile_curve(CaptureHistories.from_two_lists(100, 150, 3), "Mb")
    assert math.isinf(curve.peak)
    assert math.isinf(curve.interval.high)
    assert 247 < curve.interval.low < math.inf


def poisson_height(size, seen, sightings):
    """Log-likelihood of a size when all persons have one rate, which is then sightings / size."""
    return gammaln(size + 1) - gammaln(size - seen + 1) - sightings * np.log(size)


def test_counts_under_the_poisson_law_have_a_closed_form():
    """Points, top and ends of the counts are those of the likelihood with the rate put in."""
    curve = count_profile_curve(CaptureCounts(frequencies=[60, 24, 8]))
    seen, sightings = 92, 132
    top = minimize_scalar(lambda x: -poisson_height(x, seen, sightings), bounds=(100, 400), method="bounded")
    exact = poisson_height(curve.sizes, seen, sightings)
    np.testing.assert_allclose(curve.heights, exact - (-top.fun), atol=1e-6)
    assert curve.peak == pytest.approx(top.x, rel=1e-3)
    below = brentq(lambda x: poisson_height(x, seen, sightings) + top.fun + CUT, 100, top.x)
    above = brentq(lambda x: poisson_height(x, seen, sightings) + top.fun + CUT, top.x, 1000)
    assert (curve.interval.low, curve.interval.high) == pytest.approx((below, above), rel=1e-5)


@pytest.mark.parametrize("family", ["poisson", "geometric", "negative_binomial"])
def test_everybody_seen_once_leaves_counts_open(family):
    """Counts without repetition have no most likely size; the law says how small the population can be."""
    curve = count_profile_curve(CaptureCounts(frequencies=[40]), family=family)
    assert math.isinf(curve.peak)
    assert math.isinf(curve.interval.high)
    if family == "poisson":
        low = brentq(lambda size: np.log1p(-np.arange(40) / size).sum() + CUT, 50, 1e5)
        assert curve.interval.low == pytest.approx(low, rel=1e-4)


def test_what_has_no_curve_is_refused():
    """A model that no data identify, an unknown law, a missing form, and lists with nobody on them."""
    with pytest.raises(InvalidInput, match="flat"):
        profile_curve(HEPATITIS, "ABC")
    with pytest.raises(InvalidInput, match="no form"):
        profile_curve(HEPATITIS, "Mh")
    with pytest.raises(InvalidInput, match="has none"):
        profile_curve(HEPATITIS, "Mt", heterogeneity="chao")
    with pytest.raises(InvalidInput, match="nobody was seen"):
        profile_curve(CaptureHistories.from_two_lists(0, 0, 0))
    with pytest.raises(InvalidInput, match="unknown choice"):
        count_profile_curve(CaptureCounts(frequencies=[4, 2]), family="binomial")


@settings(max_examples=25, deadline=None)
@given(
    both=st.integers(0, 40), first=st.integers(0, 300), second=st.integers(0, 300), level=st.sampled_from([0.5, 0.95])
)
def test_any_two_lists_have_an_honest_curve(both, first, second, level):
    """Sizes increase from the persons seen on, heights are at most 0, and the interval holds the top."""
    if both + first == 0 or both + second == 0:
        return
    curve = profile_curve(CaptureHistories.from_two_lists(both + first, both + second, both), level=level)
    assert (np.diff(curve.sizes) > 0).all()
    assert curve.sizes[0] >= curve.n_observed
    assert (curve.heights <= 0).all()
    assert np.isfinite(curve.heights).all()
    assert curve.interval.low <= curve.peak <= curve.interval.high
