"""Averages over decomposable graphs: dga's numbers, complete grids, exact sums, known truth, and degenerate lists."""

from __future__ import annotations

import json
import math
import warnings
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln, gammaln
from scipy.stats import nbinom

from microwork_estimate.capture_recapture.decomposable import (
    DecomposablePosterior,
    decomposable_average,
    decomposable_posterior,
)
from microwork_estimate.capture_recapture.graph_law import log_gamma_ratio
from microwork_estimate.capture_recapture.graphs import decomposable_graphs, marginal_signs
from microwork_estimate.capture_recapture.unseen_mesh import adapted_mesh
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate, FloatArray
from microwork_estimate.inputs import CaptureHistories, all_patterns

REFERENCE = Path(__file__).parents[1] / "reference" / "bayes.json"
CASES = {
    "spina3/dga_madigan_york_prior": (1.0, 300),
    "spina3/dga_default": (1 / 8, 500),
    "spina3/dga_delta0.5": (0.5, 500),
    "kosovo/dga_default": (1 / 16, 30000),
    "kosovo/dga_delta1": (1.0, 30000),
    "diabetes/dga_default": (1 / 16, 4000),
}


@cache
def reference() -> dict[str, Any]:
    """Read the reference file."""
    content: dict[str, Any] = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return content


def lists_of(name: str) -> CaptureHistories:
    """Return a table of the reference file, lists named 1, 2, ..."""
    rows = np.array(reference()["data"][name]["values"])
    names = [str(j + 1) for j in range(rows.shape[1] - 1)]
    return CaptureHistories.from_patterns(names, rows[:, :-1], rows[:, -1])


def output_of(case: str) -> dict[str, Any]:
    """Return what R gave."""
    found: dict[str, Any] = next(c["output"] for c in reference()["cases"] if c["id"] == case)
    return found


def madigan_york(sizes: FloatArray) -> FloatArray:
    """Prior of the published example, without the size 626, which its grid leaves out."""
    a, b = 13.14, 55.17
    log = sizes * np.log(b) - (sizes + a) * np.log(1 + b) + gammaln(sizes + a) - gammaln(sizes + 1) - gammaln(a)
    return np.where(sizes > 626, log, -np.inf)


@cache
def posterior_of(case: str) -> DecomposablePosterior:
    """Compute one reference case."""
    weight, largest = CASES[case]
    prior = madigan_york if "madigan" in case else None
    lists = lists_of(case.split("/")[0])
    return decomposable_posterior(lists, concentration=weight, log_prior=prior, largest_unseen=largest)


def quietly(histories: CaptureHistories, **options: Any) -> Estimate:
    """Estimate without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return decomposable_average(histories, **options)


def histories(*counts: int) -> CaptureHistories:
    """Make histories from counts in canonical order."""
    k = int(math.log2(len(counts) + 1))
    return CaptureHistories(lists=tuple("ABCDE"[:k]), counts=np.array(counts))


def codes(estimate: Estimate) -> set[str]:
    """Return the codes of the warnings."""
    return {warning.code for warning in estimate.warnings}


@pytest.mark.parametrize("case", CASES)
def test_moments_and_quantiles_of_dga(case):
    """Mean, standard deviation, quantiles, mode and the mass at the end of the grid are those of dga."""
    posterior, expected = posterior_of(case), output_of(case)
    assert posterior.mean == pytest.approx(expected["post_mean"], rel=1e-8)
    assert posterior.standard_deviation == pytest.approx(expected["post_sd"], rel=1e-8)
    assert posterior.sizes[posterior.mass.argmax()] == expected["mode"]
    assert posterior.mass_at_end == pytest.approx(expected["mass_at_upper_grid_end"], rel=1e-8)
    for name, value in expected["quantiles"].items():
        assert posterior.quantile(float(name[1:]) / 100) == value


@pytest.mark.parametrize("case", CASES)
def test_probabilities_of_dga(case):
    """The mass of single sizes, and the probabilities and means of the graphs, are those of dga."""
    posterior, expected = posterior_of(case), output_of(case)
    at = np.searchsorted(posterior.sizes, expected["pmf_every"]["N"])
    assert posterior.mass[at] == pytest.approx(np.array(expected["pmf_every"]["p"]), rel=1e-8)
    assert len(posterior.models) == expected["n_models"]
    assert np.sort(posterior.probabilities) == pytest.approx(np.sort(expected["model_probs_all"]), rel=1e-8)
    for model in expected["top_models"]:
        cliques = sorted(model["cliques"].strip("{}").split("}{"), key=lambda c: (-len(c), c))
        at = posterior.models.index(f"[{', '.join(cliques)}]")
        assert posterior.probabilities[at] == pytest.approx(model["prob"], rel=1e-8)
        assert posterior.means[at] == pytest.approx(model["post_mean_N_given_model"], rel=1e-8)


@pytest.mark.parametrize(("n_lists", "number"), [(1, 1), (2, 2), (3, 8), (4, 61), (5, 822)])
def test_every_decomposable_graph_once(n_lists, number):
    """There are as many graphs as labelled chordal graphs (Wormald 1985), and no two are the same."""
    graphs = decomposable_graphs(n_lists)
    assert len({graph.cliques for graph in graphs}) == len(graphs) == number


def _has_hole(edges: tuple[tuple[int, int], ...], n_lists: int) -> bool:
    """Say whether four or more vertices form a cycle without chords: two neighbours each, and connected."""
    for size in range(4, n_lists + 1):
        for chosen in combinations(range(n_lists), size):
            inside = [(i, j) for i, j in edges if i in chosen and j in chosen]
            degrees = [sum(v in edge for edge in inside) for v in chosen]
            reached, more = {chosen[0]}, True
            while more:
                grown = reached | {v for edge in inside if set(edge) & reached for v in edge}
                more, reached = len(grown) > len(reached), grown
            if all(d == 2 for d in degrees) and len(reached) == size:
                return True
    return False


@pytest.mark.parametrize("n_lists", [3, 4, 5])
def test_graphs_are_those_without_holes(n_lists):
    """Searching for cycles without chords, another definition, finds the same graphs."""
    pairs = list(combinations(range(n_lists), 2))
    chosen = [e for size in range(len(pairs) + 1) for e in combinations(pairs, size) if not _has_hole(e, n_lists)]
    bit = [1 << (n_lists - 1 - j) for j in range(n_lists)]
    expected = {frozenset(bit[i] | bit[j] for i, j in edges) for edges in chosen}
    found = {
        frozenset(b | c for b, c in combinations(bit, 2) if any(k & b and k & c for k in graph.cliques))
        for graph in decomposable_graphs(n_lists)
    }
    assert found == expected


@pytest.mark.parametrize("n_lists", [2, 3, 4, 5])
def test_marginals_count_the_parameters(n_lists):
    """Free parameters of the marginals, with their signs, add up to those of the log-linear model of the graph."""
    sizes = np.array([2.0 ** code.bit_count() - 1 for code in range(2**n_lists)])
    names = tuple("ABCDE"[:n_lists])
    expected = [graph.model(names).n_parameters - 1 for graph in decomposable_graphs(n_lists)]
    assert (marginal_signs(n_lists) @ sizes).tolist() == expected


def test_two_lists_by_hand():
    """With two lists the posterior is that of two Beta-binomials, or of one Dirichlet-multinomial, for each size."""
    both, first, second = 30, 170, 120
    unseen = np.arange(3001.0)
    size = 320 + unseen
    ways = gammaln(size + 1) - gammaln(unseen + 1) - np.log(size)
    apart = ways + sum(betaln(n + 0.5, size - n + 0.5) - betaln(0.5, 0.5) for n in (both + first, both + second))
    cells = [gammaln(c + 0.25) - gammaln(0.25) for c in (both, first, second, unseen)]
    joined = ways + sum(cells) - gammaln(size + 1.0)
    raw = np.exp(np.array([apart, joined]) - max(apart.max(), joined.max()))
    posterior = decomposable_posterior(CaptureHistories.from_two_lists(200, 150, 30), largest_unseen=3000)
    assert posterior.probabilities == pytest.approx(raw.sum(axis=1) / raw.sum(), rel=1e-10)
    assert posterior.mass == pytest.approx(raw.sum(axis=0) / raw.sum(), rel=1e-9, abs=1e-18)


@pytest.mark.parametrize("name", ["spina3", "kosovo", "diabetes"])
def test_sum_without_end_agrees_with_a_long_one(name):
    """Quadrature to 1e15 unseen gives what summing 400,000 sizes one by one gives, the tail apart."""
    lists = lists_of(name)
    endless, long = decomposable_posterior(lists), decomposable_posterior(lists, largest_unseen=400_000)
    assert endless.mass.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.abs(endless.probabilities - long.probabilities).max() < 1e-3
    beyond = 1.0 - endless.mass[endless.sizes <= long.sizes[-1]].sum()
    assert endless.probabilities[0] == pytest.approx(long.probabilities[0] * (1.0 - beyond), rel=1e-5)
    for probability in (0.025, 0.5, 0.975):
        # Beyond 8,192 unseen a quantile is interpolated between nodes.
        expected = long.quantile(probability)
        assert endless.quantile(probability) == pytest.approx(expected, abs=1.0 if expected < 9000 else 3.0)


@pytest.mark.parametrize("mean", [3.0, 4e4, 1e7, 1e11])
@pytest.mark.parametrize("shape", [2.0, 1e3, 1e6])
def test_mesh_sums_narrow_and_wide_laws(mean, shape):
    """Negative binomial laws from a few persons to 1e11, a thousandth wide or as wide as their mean, sum to one."""
    p = shape / (shape + mean)

    def log_density(unseen: FloatArray) -> FloatArray:
        ways = -log_gamma_ratio(unseen + 1.0, shape - 1.0) - gammaln(shape)
        return np.atleast_2d(ways + shape * np.log(p) + unseen * np.log1p(-p))

    mesh = adapted_mesh(log_density)
    assert mesh.weights @ np.exp(log_density(mesh.unseen))[0] == pytest.approx(1.0, abs=1e-8)
    small = np.arange(5.0)
    assert np.exp(log_density(small))[0] == pytest.approx(nbinom.pmf(small, shape, p), rel=1e-6, abs=1e-300)


def test_interval_holds_a_known_truth():
    """Lists of which one pair depends on each other: the interval holds the truth in at least 18 of 20 draws."""
    patterns, generator, truth, held = all_patterns(4), np.random.default_rng(11), 3000, 0
    chances = np.vstack([patterns, np.zeros(4)])
    apart = np.where(chances == 1, [0.3, 0.25, 0.35, 0.3], [0.7, 0.75, 0.65, 0.7]).prod(axis=1)
    pair = np.where(chances[:, 0] == chances[:, 1], 1.4, 0.55)
    law = apart * pair / (apart * pair).sum()
    for _ in range(20):
        counts = generator.multinomial(truth, law)[:-1]
        interval = quietly(histories(*counts)).interval
        held += interval.low <= truth <= interval.high
    assert held >= 18


def test_two_classes_of_people_break_it():
    """Active and inactive people on all lists at once are no graph: the interval stays below the truth."""
    patterns, truth = all_patterns(4), 5000
    law = sum(w * np.where(patterns == 1, p, 1 - p).prod(axis=1) for w, p in ((0.3, 0.45), (0.7, 0.04)))
    counts = np.random.default_rng(3).multinomial(truth, np.append(law, 1 - law.sum()))[:-1]
    estimate = quietly(histories(*counts))
    assert estimate.interval.high < 0.8 * truth


def test_weight_of_the_joined_graph_is_said():
    """On the Kosovo lists a prior weight of one person for each cell puts 98 % on the graph that knows nothing."""
    estimate = quietly(lists_of("kosovo"), concentration=1.0)
    assert "prior-driven" in codes(estimate)
    assert estimate.diagnostics["saturated_weight"] == pytest.approx(0.976, abs=0.001)
    assert estimate.diagnostics["median_without_saturated"] > 2 * estimate.value


def test_end_of_the_sum_is_reported():
    """A sum that ends too early is said to shape the result; its mass at the end is in the diagnostics."""
    short = quietly(lists_of("kosovo"), largest_unseen=8000)
    assert "grid-end" in codes(short)
    assert short.diagnostics["largest_size"] == 12400
    assert short.standard_error is not None
    endless = quietly(lists_of("kosovo"))
    assert "grid-end" not in codes(endless)
    assert endless.standard_error is None
    assert endless.diagnostics["mass_in_last_tenth"] < 1e-12


def test_no_overlap_has_no_upper_end():
    """Nobody on two lists: no value, a lower end, infinity above."""
    estimate = quietly(histories(0, 0, 0, 50, 0, 40, 30))
    assert estimate.value is None
    assert estimate.interval.high == math.inf
    assert estimate.interval.low >= 120
    assert estimate.bounds.low == 120
    assert "no-overlap" in codes(estimate)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((0,) * 7, "empty-list"),
        ((100, 0, 0, 0, 0, 0, 0), "nested-lists"),
        ((30, 0, 40, 0, 0, 0, 30), "nested-lists"),
        ((20, 0, 40, 0, 10, 0, 5), "nested-lists"),
        ((0, 20, 0, 40, 0, 10, 0), "empty-list"),
    ],
    ids=["nobody", "identical", "list of everybody", "inside another", "an empty list"],
)
def test_degenerate_lists_are_named(counts, expected):
    """Lists that hide something get a code, and no number below the persons seen."""
    estimate = quietly(histories(*counts))
    assert expected in codes(estimate)
    if estimate.value is not None:
        assert estimate.value >= sum(counts)
        assert estimate.interval.low >= sum(counts)


@pytest.mark.parametrize("truth", [1e9, 1e12])
def test_enormous_counts(truth):
    """A thousand million persons on independent lists are found to a part in ten thousand, and better with more."""
    patterns = all_patterns(4)
    law = np.where(patterns == 1, [0.3, 0.2, 0.1, 0.4], [0.7, 0.8, 0.9, 0.6]).prod(axis=1)
    estimate = quietly(histories(*np.rint(truth * law).astype(int)))
    assert estimate.value == pytest.approx(truth, rel=1e-6)
    width = (estimate.interval.high - estimate.interval.low) / truth
    assert 0 < width < 4.5 / math.sqrt(truth)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=7, max_size=7), st.permutations(range(3)))
def test_order_of_lists_does_not_matter(counts, order):
    """Naming the lists in another order changes nothing."""
    here = CaptureHistories(lists=("A", "B", "C"), counts=np.array(counts))
    there = CaptureHistories.from_patterns([here.lists[i] for i in order], here.patterns[:, order], here.counts)
    first, second = quietly(here), quietly(there)
    assert codes(first) == codes(second)
    if first.interval is not None:
        assert second.interval.low == pytest.approx(first.interval.low, abs=1.0)
    if first.value is not None:
        assert second.value == pytest.approx(first.value, abs=1.0)


@pytest.mark.parametrize(
    "options",
    [
        {"concentration": 0.0},
        {"concentration": math.nan},
        {"largest_unseen": 0},
        {"largest_unseen": 1.5},
        {"largest_unseen": 10**9},
        {"level": 95},
    ],
    ids=str,
)
def test_impossible_options(options):
    """Impossible options raise."""
    with pytest.raises(InvalidInput):
        decomposable_average(lists_of("spina3"), **options)


def test_too_many_lists_and_nobody():
    """Six lists, and a posterior without persons, raise."""
    with pytest.raises(InvalidInput, match="too many graphs"):
        decomposable_average(CaptureHistories(lists=tuple("ABCDEF"), counts=np.ones(63)))
    with pytest.raises(InvalidInput, match="nobody was seen"):
        decomposable_posterior(histories(0, 0, 0))


def test_warnings_are_shown():
    """Coded warnings are also Python warnings."""
    with pytest.warns(MicroworkWarning, match="prior-driven"):
        decomposable_average(CaptureHistories.from_two_lists(200, 150, 30))
