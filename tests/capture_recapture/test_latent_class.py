"""Latent classes: maxima that another optimiser cannot beat, identifiability, profiles, known truth, and the edges."""

from __future__ import annotations

import json
import math
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from microwork_estimate.capture_recapture.latent_classes import latent_class
from microwork_estimate.capture_recapture.latent_em import (
    Classes,
    Table,
    climb,
    derivatives,
    log_likelihood,
    quasi_random_classes,
    size_ratio,
)
from microwork_estimate.capture_recapture.latent_fits import fit_latent, identified
from microwork_estimate.capture_recapture.latent_profile import profile_heights
from microwork_estimate.capture_recapture.loglinear import loglinear
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate, FloatArray
from microwork_estimate.inputs import CaptureHistories, all_patterns

REFERENCE = Path(__file__).parents[1] / "reference" / "bayes.json"
CLOSED = Path(__file__).parents[1] / "reference" / "mse_loglinear.json"


@cache
def lists_of(name: str) -> CaptureHistories:
    """Return a table of the reference file, lists named 1, 2, ..."""
    rows = np.array(json.loads(REFERENCE.read_text(encoding="utf-8"))["data"][name]["values"])
    names = [str(j + 1) for j in range(rows.shape[1] - 1)]
    return CaptureHistories.from_patterns(names, rows[:, :-1], rows[:, -1])


def quietly(function: Any, *args: Any, **options: Any) -> Any:
    """Call without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*args, **options)


def fitted(histories: CaptureHistories, classes: int, **options: Any) -> Estimate:
    """Fit without the Python warnings."""
    estimate: Estimate = quietly(latent_class, histories, classes=classes, **options)
    return estimate


def histories(*counts: int) -> CaptureHistories:
    """Make histories from counts in canonical order."""
    k = int(math.log2(len(counts) + 1))
    return CaptureHistories(lists=tuple("ABCDEF"[:k]), counts=np.array(counts))


def codes(estimate: Estimate) -> set[str]:
    """Return the codes of the warnings."""
    return {warning.code for warning in estimate.warnings}


def law(weights: tuple[float, ...], chances: tuple[Any, ...], n_lists: int) -> FloatArray:
    """Return the chances of the patterns of persons seen, for classes with these chances on every list."""
    patterns = all_patterns(n_lists)
    each = (
        w * np.where(patterns == 1, p, 1 - np.asarray(p)).prod(axis=1) for w, p in zip(weights, chances, strict=True)
    )
    return np.asarray(sum(each), dtype=np.float64)


def seen_log_likelihood(free: FloatArray, histories: CaptureHistories, classes: int) -> float:
    """Log likelihood of the persons seen, written out person class by person class, in other parameters."""
    k = len(histories.lists)
    weights = np.exp(np.append(free[: classes - 1], 0.0))
    weights = weights / weights.sum()
    p = 1.0 / (1.0 + np.exp(-free[classes - 1 :].reshape(classes, k)))
    seen, total = 0.0, 0.0
    for w, row in zip(weights, p, strict=True):
        total += w * (1.0 - np.prod(1.0 - row))
    for pattern, count in zip(histories.patterns, histories.counts, strict=True):
        chance = sum(w * np.prod(np.where(pattern == 1, row, 1.0 - row)) for w, row in zip(weights, p, strict=True))
        seen += count * math.log(chance / total)
    return seen


@pytest.mark.parametrize(("name", "size"), [("kosovo", 9563.354), ("diabetes", 2294.563)])
def test_another_optimiser_finds_no_higher_maximum(name, size):
    """A quasi-Newton search of another form of the likelihood from ten random starts ends at our maximum or below."""
    lists = lists_of(name)
    fits = fit_latent(lists, 2)[-1]
    generator = np.random.default_rng(2)
    best, at = -np.inf, None
    for _ in range(10):
        found = minimize(
            lambda free: -seen_log_likelihood(free, lists, 2) / 1000.0, generator.normal(size=9), method="BFGS"
        )
        if -1000.0 * found.fun > best:
            best, at = -1000.0 * found.fun, found.x
    assert fits.log_likelihood[0] == pytest.approx(best, abs=1e-4)
    assert fits.log_likelihood[0] >= best - 1e-9
    p = 1.0 / (1.0 + np.exp(-at[1:].reshape(2, 4)))
    w = np.array([math.exp(at[0]), 1.0]) / (1.0 + math.exp(at[0]))
    assert lists.n_observed / (w @ (1.0 - np.prod(1.0 - p, axis=1))) == pytest.approx(fits.sizes[0], rel=1e-3)
    assert fits.sizes[0] == pytest.approx(size, abs=1e-3)


@pytest.mark.parametrize("seen_only", [True, False])
def test_derivatives_are_those_of_the_likelihood(seen_only):
    """Gradient and second derivatives agree with differences of the likelihood and of the gradient."""
    generator = np.random.default_rng(4)
    patterns = all_patterns(3).astype(float)
    patterns = patterns if seen_only else np.vstack([patterns, np.zeros(3)])
    table = Table(
        patterns=patterns, persons=generator.integers(1, 90, (1, len(patterns))).astype(float), seen_only=seen_only
    )
    at = generator.normal(size=1 + 6)

    def classes(free: FloatArray) -> Classes:
        shares = np.array([math.exp(free[0]), 1.0])
        return Classes(log_odds=free[1:].reshape(1, 2, 3), shares=(shares / shares.sum())[None])

    _, slope, second = derivatives(table, classes(at))
    for i, step in enumerate(1e-5 * np.eye(7)):
        up, down = classes(at + step), classes(at - step)
        rise = log_likelihood(table, up)[0] - log_likelihood(table, down)[0]
        assert slope[0, i] == pytest.approx(rise / 2e-5, rel=1e-6, abs=1e-5)
        bend = derivatives(table, up)[1][0] - derivatives(table, down)[1][0]
        assert second[0, i] == pytest.approx(bend / 2e-5, rel=1e-6, abs=1e-5)
        ratio = (size_ratio(up)[0] - size_ratio(down)[0])[0]
        assert size_ratio(classes(at))[1][0, i] == pytest.approx(ratio / 2e-5, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", ["kosovo", "diabetes", "spina3"])
def test_one_class_is_independence(name):
    """One class gives the value and the profile interval of the log-linear model of independence."""
    lists = lists_of(name)
    one = fitted(lists, 1)
    other = quietly(loglinear, lists, ",".join(lists.lists))
    assert one.value == pytest.approx(other.value, rel=1e-9)
    assert one.standard_error == pytest.approx(other.standard_error, rel=1e-6)
    assert one.interval.low == pytest.approx(other.interval.low, rel=1e-6)
    assert one.interval.high == pytest.approx(other.interval.high, rel=1e-6)


def test_one_class_has_the_size_of_rcapture():
    """One class on the Kosovo lists gives Rcapture's size and standard error of the model of independence."""
    content = json.loads(CLOSED.read_text(encoding="utf-8"))
    output = next(c["output"] for c in content["cases"] if c["id"] == "kosovo/closedpMS")
    table = output["results"]
    row = table["values"][table["rows"].index("[1,2,3,4]")]
    one = fitted(lists_of("kosovo"), 1)
    assert one.value == pytest.approx(row[table["cols"].index("abundance")], rel=1e-8)
    assert one.standard_error == pytest.approx(row[table["cols"].index("stderr")], rel=1e-6)


@pytest.mark.parametrize(
    ("n_lists", "classes", "size", "all_of_it"),
    [
        (2, 1, True, True),
        (2, 2, False, False),
        (3, 1, True, True),
        (3, 2, False, False),
        (4, 2, True, True),
        (4, 3, True, False),
        (4, 4, False, False),
        (5, 5, True, True),
        (5, 6, False, False),
        (6, 3, True, True),
    ],
)
def test_what_lists_can_identify(n_lists, classes, size, all_of_it):
    """The count of parameters is necessary; three classes on four lists fail although it holds (Goodman 1974)."""
    assert identified(n_lists, classes) == (size, all_of_it)
    if size:
        assert classes * (n_lists + 1) <= 2**n_lists - 1


def test_sizes_that_fit_equally_well_are_refused():
    """Three lists and two classes: starts end on a ridge of one height and many sizes, so there is no number."""
    lists = lists_of("spina3")
    table = Table(patterns=lists.patterns.astype(float), persons=lists.counts[None].astype(float), seen_only=True)
    reached = climb(table, quasi_random_classes(30, 2, 3), newton_steps=400)
    heights, sizes = log_likelihood(table, reached), lists.n_observed * size_ratio(reached)[0]
    top = heights > heights.max() - 1e-6
    assert sizes[top].max() > 1.05 * sizes[top].min()
    estimate = fitted(lists, 2)
    assert estimate.value is None
    assert codes(estimate) == {"not-identifiable"}
    assert (estimate.bounds.low, estimate.bounds.high) == (626, math.inf)


def test_all_maxima_are_reported():
    """Three classes on the diabetes lists: infinity fits best, and 2,617, 2,333 and 2,902 nearly as well."""
    estimate = fitted(lists_of("diabetes"), 3)
    found = estimate.diagnostics
    assert estimate.value is None
    assert {"boundary", "several-maxima", "classes-not-identified"} <= codes(estimate)
    assert found["modes"] == 4
    assert [round(found[f"mode_{i}_size"]) for i in (2, 3, 4)] == [2617, 2333, 2902]
    drops = [found[f"mode_{i}_drop"] for i in (2, 3, 4)]
    assert drops == sorted(drops)
    assert 0 < drops[0] < drops[-1] < 2
    assert estimate.interval.low < 2333
    assert estimate.interval.high == math.inf


def test_interval_ends_where_the_profile_has_fallen():
    """At both ends the best fit with N fixed, found by another optimiser, is 1.92 below the best of all."""
    lists = lists_of("kosovo")
    estimate = fitted(lists, 2)
    counts, n = lists.counts, lists.n_observed

    def height(size: float) -> float:
        def minus(free: FloatArray) -> float:
            p = 1.0 / (1.0 + np.exp(-free[1:].reshape(2, 4)))
            w = np.array([math.exp(free[0]), 1.0]) / (1.0 + math.exp(free[0]))
            q = sum(
                v * np.prod(np.where(lists.patterns == 1, row, 1 - row), axis=1) for v, row in zip(w, p, strict=True)
            )
            none = float(w @ np.prod(1 - p, axis=1))
            return -float(counts @ np.log(q) + (size - n) * math.log(none)) / 1000.0

        best = min(minimize(minus, start, method="BFGS", options={"gtol": 1e-8}).fun for start in starts)
        return math.lgamma(size + 1) - math.lgamma(size - n + 1) - 1000.0 * best

    chances = np.array([[v for k, v in estimate.diagnostics.items() if k.startswith(f"chance_{j}_")] for j in (1, 2)])
    odds = np.log(chances / (1 - chances)).ravel()
    ratio = math.log(estimate.diagnostics["weight_1"] / estimate.diagnostics["weight_2"])
    starts = [np.append(ratio + shift, odds) for shift in (0.0, 0.4)]
    top = max(height(size) for size in (9480.0, 9520.0, 9560.0))
    assert top - height(estimate.interval.low) == pytest.approx(1.9207, abs=5e-3)
    assert top - height(estimate.interval.high) == pytest.approx(1.9207, abs=5e-3)


def test_profile_is_flat_between_modes_only_where_it_is():
    """The profile of three classes on the diabetes lists has its peaks at the maxima reported."""
    lists = lists_of("diabetes")
    fits = fit_latent(lists, 3)[-1]
    present = lists.counts > 0
    unseen = np.array([2333.0, 2400.0, 2617.0, 2902.0, 2e5]) - lists.n_observed
    heights = profile_heights(
        lists.patterns[present].astype(float), lists.counts[present].astype(float), fits.classes, unseen
    )
    assert heights[0] > heights[1] < heights[2]
    assert heights[2] - heights[4] == pytest.approx(0.0, abs=1.0)


def test_classes_are_found_again():
    """Expected counts of a thousand million persons in two classes give back size, shares and chances."""
    chances = ((0.1, 0.2, 0.15, 0.05, 0.1), (0.5, 0.4, 0.6, 0.3, 0.45))
    counts = np.rint(1e9 * law((0.7, 0.3), chances, 5)).astype(int)
    estimate = fitted(histories(*counts), 2)
    assert estimate.value == pytest.approx(1e9, rel=1e-6)
    found = estimate.diagnostics
    first = 1 if found["weight_1"] > 0.5 else 2
    assert found[f"weight_{first}"] == pytest.approx(0.7, abs=1e-6)
    assert [found[f"chance_{first}_{name}"] for name in "ABCDE"] == pytest.approx(chances[0], abs=1e-6)
    assert found["starts_at_best"] > 40


def test_interval_holds_a_known_truth_and_one_class_does_not():
    """Two classes of persons: the interval holds the truth in 17 of 20 draws or more; that of one class never does."""
    truth, held, held_by_one = 4000, 0, 0
    chances = law((0.6, 0.4), (0.15, 0.55), 5)
    for counts in np.random.default_rng(6).multinomial(truth, np.append(chances, 1 - chances.sum()), size=20)[:, :-1]:
        two, one = fitted(histories(*counts), 2), fitted(histories(*counts), 1)
        held += two.interval.low <= truth <= two.interval.high
        held_by_one += one.interval.low <= truth <= one.interval.high
        assert one.value < truth
    assert held >= 17
    assert held_by_one == 0


def test_standard_error_is_the_spread_of_estimates():
    """On 60 draws of two well-separated classes the estimates spread as the standard errors say."""
    chances = law((0.6, 0.4), (0.25, 0.7), 5)
    drawn = np.random.default_rng(8).multinomial(20000, np.append(chances, 1 - chances.sum()), size=60)[:, :-1]
    fits = [fit_latent(histories(*counts), 2)[-1].sizes[0] for counts in drawn]
    expected = fitted(histories(*np.rint(20000 * chances).astype(int)), 2).standard_error
    assert np.std(fits, ddof=1) == pytest.approx(expected, rel=0.3)


def test_a_class_that_adds_nothing_is_left_out():
    """Three classes asked of two: the fit of two is given, and said to be."""
    counts = np.rint(1e5 * law((0.7, 0.3), (0.1, 0.4), 5)).astype(int)
    two, three = fitted(histories(*counts), 2), fitted(histories(*counts), 3)
    assert "empty-component" in codes(three)
    assert three.value == two.value
    assert three.diagnostics["aic"] == pytest.approx(two.diagnostics["aic"] + 12)


def test_chances_at_the_edge_are_named():
    """A class that is never, or always, on a list is said to be at the edge."""
    estimate = fitted(lists_of("kosovo"), 3)
    assert {"edge-chances", "no-upper-limit"} <= codes(estimate)
    assert estimate.value == pytest.approx(12211.1, abs=0.1)
    assert estimate.diagnostics["gradient_norm"] < 1e-8


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ((0,) * 15, "empty-list"),
        ((0,) * 14 + (100,), "no-overlap"),
        ((0, 5, 0, 7, 0, 9, 0, 20, 0, 3, 0, 4, 0, 6, 0), "empty-list"),
        ((50,) + (0,) * 6 + (30,) + (0,) * 6 + (3,), "boundary"),
    ],
    ids=["nobody", "no overlap", "an empty list", "a class seen once"],
)
def test_no_number_where_the_lists_set_no_limit(counts, code):
    """No value, and no upper end, where the data leave the unseen open."""
    estimate = fitted(histories(*counts), 2)
    assert estimate.value is None
    assert code in codes(estimate)
    assert (estimate.interval or estimate.bounds).high == math.inf
    assert (estimate.interval or estimate.bounds).low >= sum(counts)


@pytest.mark.parametrize("counts", [(100,) + (0,) * 6, (30, 0, 40, 0, 0, 0, 30)], ids=["identical", "everybody"])
def test_lists_that_hold_everybody(counts):
    """Identical lists, or a list of everybody, give the persons seen with codes that say why."""
    estimate = fitted(histories(*counts), 1)
    assert estimate.value == pytest.approx(100, abs=1e-6)
    assert {"nested-lists", "nearly-all-seen", "edge-chances"} <= codes(estimate)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 80), min_size=15, max_size=15), st.permutations(range(4)))
def test_order_of_lists_does_not_matter(counts, order):
    """Naming the lists in another order gives the same best fit."""
    here = histories(*counts)
    there = CaptureHistories.from_patterns([here.lists[i] for i in order], here.patterns[:, order], here.counts)
    first, second = fit_latent(here, 2)[-1], fit_latent(there, 2)[-1]
    assert second.log_likelihood[0] == pytest.approx(first.log_likelihood[0], abs=1e-6)


def test_no_randomness():
    """Two calls give the same bits."""
    first, second = fitted(lists_of("diabetes"), 2), fitted(lists_of("diabetes"), 2)
    assert first.value == second.value
    assert first.interval == second.interval
    assert first.diagnostics == second.diagnostics


@pytest.mark.parametrize("classes", [0, -1, 1.5, True, "two"])
def test_impossible_numbers_of_classes(classes):
    """Numbers of classes that are none raise."""
    with pytest.raises(InvalidInput, match="impossible number of classes"):
        latent_class(lists_of("kosovo"), classes=classes)


def test_warnings_are_shown():
    """Coded warnings are also Python warnings."""
    with pytest.warns(MicroworkWarning, match="heterogeneity"):
        latent_class(lists_of("kosovo"), classes=2)
