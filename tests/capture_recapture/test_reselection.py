"""Choosing again in every replicate: a published bootstrap replicate by replicate, and agreement with single choices."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate import bootstrap
from microwork_estimate.capture_recapture.loglinear import loglinear
from microwork_estimate.capture_recapture.reselection import (
    Reselection,
    SparseReselection,
    fitted_table,
    seen_only,
)
from microwork_estimate.capture_recapture.selection import average_loglinear, select_loglinear
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import CaptureHistories

REFERENCE = Path(__file__).parent.parent / "reference"
SPARSE = json.loads((REFERENCE / "sparsemse.json").read_text(encoding="utf-8"))
LISTS = json.loads((REFERENCE / "mse_loglinear.json").read_text(encoding="utf-8"))
PUBLISHED = next(case["output"] for case in SPARSE["cases"] if case["id"] == "UKdat_5/bootstrap_BCa")


def uk() -> CaptureHistories:
    columns = SPARSE["data"]["UKdat_5"]["columns"]
    names = list(columns)
    rows = np.array([columns[key] for key in names]).T
    return CaptureHistories.from_patterns(names[:-1], rows[:, :-1], rows[:, -1])


def table(name: str) -> CaptureHistories:
    rows = np.array(LISTS["data"][name]["values"])
    return CaptureHistories.from_patterns("ABCD"[: rows.shape[1] - 1], rows[:, :-1], rows[:, -1])


def redraws(histories: CaptureHistories, size: int) -> np.ndarray:
    shares = histories.counts / histories.n_observed
    return np.random.default_rng(8).multinomial(histories.n_observed, shares, size=size).astype(float)


def test_published_replicates() -> None:
    """The first hundred published redraws give the published sizes, each with its own choice of pairs."""
    columns = SPARSE["data"]["UKdat_5"]["columns"]
    rows = np.array([columns[name] for name in uk().lists]).T
    places = 31 - rows @ np.array([16, 8, 4, 2, 1])
    counts = np.zeros((100, 31))
    counts[:, places] = np.array(PUBLISHED["boot_counts_first"]).T
    sizes = SparseReselection(n_lists=5)(counts)["value"]
    np.testing.assert_allclose(sizes, PUBLISHED["bootreps"][:100], rtol=1e-6)


def published_quantiles(replicates: np.ndarray, value: float, speed: float, shares: np.ndarray) -> np.ndarray:
    """Quantiles at the corrected shares, by the median-unbiased rule that SparseMSE uses."""
    corrected = bootstrap.bca_probabilities(replicates, value, acceleration=speed, probabilities=shares)
    return np.quantile(replicates, corrected, method="median_unbiased")


def test_published_bca() -> None:
    """Acceleration, bias correction and all quantiles of the published BCa interval agree."""
    recipe = SparseReselection(n_lists=5)
    assert recipe(uk().counts)["value"][0] == pytest.approx(PUBLISHED["popest"], rel=1e-6)
    speed = bootstrap.acceleration(bootstrap.delete_one_person(recipe, uk().counts.astype(float))["value"])
    assert speed == pytest.approx(PUBLISHED["ahat"], rel=1e-6)
    shares = np.array([float(key) for key in PUBLISHED["BCaquantiles"]])
    replicates = np.array(PUBLISHED["bootreps"])
    ends = published_quantiles(replicates, PUBLISHED["popest"], speed, shares)
    np.testing.assert_allclose(ends, list(PUBLISHED["BCaquantiles"].values()), rtol=1e-6)
    lower, upper = np.quantile(replicates, [0.025, 0.975])
    assert [lower, upper] == pytest.approx(list(PUBLISHED["percentile_type7"].values()), rel=1e-9)


def test_published_bca_rule() -> None:
    """The published worked example of the BCa quantiles."""
    case = next(case for case in SPARSE["cases"] if case["id"] == "bca_helper")
    draws = [110, 95, 102, 99, 130, 121, 87, 105, 98, 101, 116, 93, 125, 108, 104, 97, 113, 90, 119, 107]
    found = published_quantiles(np.array(draws, dtype=float), 104.5, 0.03, np.array([0.05, 0.5, 0.95]))
    np.testing.assert_allclose(found, list(case["output"].values()), rtol=1e-12)


@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_choice_in_a_replicate_is_the_choice_of_that_table(criterion: str) -> None:
    """With all models kept, each replicate gives what select_loglinear gives on that table."""
    histories = table("HIV")
    recipe = Reselection.of(histories, criterion=criterion, best=None)
    counts = redraws(histories, 15)
    sizes = recipe(counts)["value"]
    for b in range(4):
        lists = CaptureHistories(lists=histories.lists, counts=counts[b])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MicroworkWarning)
            assert sizes[b] == pytest.approx(select_loglinear(lists, criterion=criterion).value, rel=1e-8)


def test_average_in_a_replicate() -> None:
    """An averaging recipe gives what average_loglinear gives on each table."""
    histories = table("hav")
    recipe = Reselection.of(histories, best=None, average=True)
    counts = redraws(histories, 3)
    for b, size in enumerate(recipe(counts)["value"]):
        lists = CaptureHistories(lists=histories.lists, counts=counts[b])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MicroworkWarning)
            assert size == pytest.approx(average_loglinear(lists).value, rel=1e-8)


def test_best_models_are_kept() -> None:
    """Ten models are kept, the chosen one first; on the data themselves it is the one that is chosen."""
    histories = table("kosovo")
    recipe = Reselection.of(histories)
    assert len(recipe.terms) == 10
    assert recipe.chosen(histories.counts).tolist() == [0]
    assert recipe(histories.counts)["value"][0] == pytest.approx(12740.9677419355, rel=1e-8)


def test_in_a_bootstrap() -> None:
    """The bootstrap feeds blocks to the recipe; from a fitted table with the unseen the sizes scatter around the fit."""
    histories = table("lesbian")
    recipe = Reselection.of(histories, criterion="bic")
    cells = fitted_table(histories, "AB,AD,BC,BD,CD")
    run = bootstrap.replicate(recipe, cells, bootstrap.MultinomialCounts(), n_replicates=128, seed=3)
    sizes = run["value"].values
    assert sizes.shape == (128,)
    assert np.isfinite(sizes).all()
    value = loglinear(histories, "AB,AD,BC,BD,CD").value
    assert value is not None
    assert np.quantile(sizes, 0.05) < value < np.quantile(sizes, 0.95)


def test_tables_without_overlap_are_infinite() -> None:
    """A draw without any overlap has no number and is infinite, in its place."""
    counts = np.array([[28.0, 21, 17, 69, 18, 55, 63], [0, 0, 0, 69, 0, 55, 63]])
    histories = CaptureHistories(lists=("A", "B", "C"), counts=counts[0])
    for recipe in (Reselection.of(histories), Reselection.of(histories, average=True), SparseReselection(n_lists=3)):
        sizes = recipe(counts)["value"]
        assert np.isfinite(sizes[0])
        assert math.isinf(sizes[1])
    assert Reselection.of(histories).chosen(counts)[1] == -1


def test_impossible_recipes() -> None:
    """Tables of another width, data on which nothing can be chosen, and unknown criteria are refused."""
    histories = CaptureHistories.from_patterns("ABC", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [30, 40, 50])
    with pytest.raises(InvalidInput, match="another width"):
        seen_only(np.ones((2, 5)), 3)
    with pytest.raises(InvalidInput, match="nothing to choose"):
        Reselection.of(histories)
    with pytest.raises(InvalidInput, match="nothing to redraw"):
        fitted_table(histories, "A,B,C")
    with pytest.raises(InvalidInput):
        Reselection(n_lists=3, terms=((4, 2, 1),), criterion="p")
