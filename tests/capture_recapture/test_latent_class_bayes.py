"""The Dirichlet-process mixture: LCMCR's posteriors, an exact one, two samplers, chain diagnostics, and the edges."""

from __future__ import annotations

import json
import math
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import betaln, gammaln

from microwork_estimate.capture_recapture.dirichlet_process import (
    FEWEST_EFFECTIVE,
    LARGEST_RHAT,
    ChainPlan,
    latent_class_bayes,
)
from microwork_estimate.capture_recapture.dirichlet_sampler import Posterior, sample_sizes
from microwork_estimate.capture_recapture.mixing import effective_draws, split_rhat
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate, FloatArray
from microwork_estimate.inputs import CaptureHistories, all_patterns

REFERENCE = Path(__file__).parents[1] / "reference" / "bayes.json"
CONTENT = json.loads(REFERENCE.read_text(encoding="utf-8"))
SHORT = ChainPlan(chains=16, burn_in=100, draws=100)


@cache
def lists_of(name: str) -> CaptureHistories:
    """Return a table of the reference file, lists named 1, 2, ..."""
    rows = np.array(CONTENT["data"][name]["values"])
    names = [str(j + 1) for j in range(rows.shape[1] - 1)]
    return CaptureHistories.from_patterns(names, rows[:, :-1], rows[:, -1])


def quietly(histories: CaptureHistories, **options: Any) -> Estimate:
    """Estimate without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return latent_class_bayes(histories, **options)


def histories(*counts: int) -> CaptureHistories:
    """Make histories from counts in canonical order."""
    k = int(math.log2(len(counts) + 1))
    return CaptureHistories(lists=tuple("ABCDEF"[:k]), counts=np.array(counts))


def codes(estimate: Estimate) -> set[str]:
    """Return the codes of the warnings."""
    return {warning.code for warning in estimate.warnings}


def quantile_errors(draws: FloatArray, probabilities: list[float]) -> FloatArray:
    """Return the Monte Carlo errors of quantiles, from eight groups of chains that know nothing of each other."""
    groups = [np.quantile(part, probabilities) for part in np.array_split(draws, 8, axis=1)]
    return np.asarray(np.std(groups, axis=0, ddof=1) / math.sqrt(8), dtype=np.float64)


@pytest.mark.parametrize(
    ("name", "plan"),
    [("kosovo", ChainPlan(burn_in=300, draws=1500)), ("diabetes", ChainPlan(burn_in=300, draws=500))],
    ids=["kosovo", "diabetes"],
)
def test_posterior_of_lcmcr(name, plan):
    """Median and ends are those of LCMCR, within three times its spread over seeds and ours over chains together."""
    expected = next(c["output"] for c in CONTENT["cases"] if c["id"] == f"{name}/LCMCR_K10_spread")
    estimate = quietly(lists_of(name), seed=20, plan=plan)
    probabilities = [0.025, 0.5, 0.975]
    draws = estimate.replicates.values.reshape(plan.draws, plan.chains)
    errors = quantile_errors(draws, probabilities)
    for key, value, error in zip(("lower", "median", "upper"), np.quantile(draws, probabilities), errors, strict=True):
        spread = math.hypot(expected[f"{key}_sd"], error)
        assert abs(value - expected[f"{key}_mean"]) < 3.0 * spread
        # A spread of any size would make the test empty.
        assert error < 0.03 * value
    assert estimate.interval.low == pytest.approx(np.quantile(draws, 0.025))


def test_one_class_has_an_exact_posterior():
    """With one class the posterior of N is a product of beta functions; the quantiles drawn are its quantiles."""
    lists = lists_of("spina3")
    n, sizes = lists.n_observed, lists.list_sizes
    size = n + np.arange(2000.0)
    log = gammaln(size + 1) - gammaln(size - n + 1) - np.log(size)
    log += sum(betaln(s + 1, size - s + 1) for s in sizes)
    cumulative = np.cumsum(np.exp(log - log.max()))
    plan = ChainPlan(chains=32, burn_in=100, draws=400)
    estimate = quietly(lists, seed=3, max_classes=1, plan=plan)
    draws = estimate.replicates.values
    assert estimate.diagnostics["split_rhat"] < 1.02
    for probability in (0.025, 0.25, 0.5, 0.75, 0.975):
        exact = size[np.searchsorted(cumulative, probability * cumulative[-1])]
        share = np.mean(draws <= exact)
        error = math.sqrt(probability * (1 - probability) / estimate.diagnostics["effective_draws"])
        assert share == pytest.approx(probability, abs=4 * error + 0.01)


def test_trajectories_leave_the_posterior_as_it_is():
    """Gibbs sweeps alone, and with trajectories, agree on two classes within four Monte Carlo errors."""
    lists = lists_of("diabetes")
    alone = quietly(lists, seed=5, max_classes=2, plan=ChainPlan(chains=32, burn_in=900, draws=700, leapfrog=0))
    both = quietly(lists, seed=6, max_classes=2, plan=ChainPlan(chains=32, burn_in=150, draws=250, leapfrog=10))
    assert alone.diagnostics["effective_draws"] > 500
    assert alone.diagnostics["accepted"] == 0
    assert 0.5 < both.diagnostics["accepted"] < 1
    probabilities = [0.1, 0.5, 0.9]
    first, second = alone.replicates.values.reshape(700, 32), both.replicates.values.reshape(250, 32)
    error = np.hypot(quantile_errors(first, probabilities), quantile_errors(second, probabilities))
    gap = np.quantile(first, probabilities) - np.quantile(second, probabilities)
    assert (np.abs(gap) < 4 * error + 1).all()


def test_slopes_are_those_of_the_density():
    """The gradient that trajectories follow agrees with differences of the log density."""
    lists = lists_of("kosovo")
    posterior = Posterior(
        patterns=np.vstack([np.zeros(4), lists.patterns]), persons=lists.counts.astype(float), max_classes=3
    )
    generator = np.random.default_rng(0)
    odds, sticks = generator.normal(size=(1, 3, 4)), generator.normal(size=(1, 2))
    at = posterior.slopes(odds, sticks)
    for i in np.ndindex(3, 4):
        step = np.zeros_like(odds)
        step[0, *i] = 1e-6
        rise = posterior.slopes(odds + step, sticks).value - posterior.slopes(odds - step, sticks).value
        assert at.log_odds[0, *i] == pytest.approx(rise[0] / 2e-6, rel=1e-5, abs=1e-3)
    for i in range(2):
        step = np.zeros_like(sticks)
        step[0, i] = 1e-6
        rise = posterior.slopes(odds, sticks + step).value - posterior.slopes(odds, sticks - step).value
        assert at.sticks[0, i] == pytest.approx(rise[0] / 2e-6, rel=1e-5, abs=1e-3)


def chains(d: int, c: int, shift: float) -> FloatArray:
    """Make chains that look random but are the same everywhere: rounded, skewed, with ties; the last one is shifted."""
    t, j = np.arange(d, dtype=float)[:, None], np.arange(c, dtype=float)
    noise = np.sin(12.9898 * (t + 1) * (j + 1.7)) * 43758.5453
    noise -= np.floor(noise)
    found = np.empty((d, c))
    found[0] = noise[0]
    for i in range(1, d):
        found[i] = 0.8 * found[i - 1] + noise[i]
    found = np.round(np.exp(found))
    found[:, -1] += shift
    return found


@pytest.mark.parametrize(
    ("shape", "rhat", "effective"),
    [
        ((400, 4, 0.0), 1.0277788906585577, 197.83161401262583),
        ((301, 5, 40.0), 1.4888547504439085, 9.871795390535892),
        ((64, 8, 5.0), 1.2030316008517177, 30.276054998931958),
    ],
)
def test_chain_diagnostics_of_arviz(shape, rhat, effective):
    """Rank-normalised split R-hat and bulk effective size are those of arviz 0.19.0 on the same chains."""
    draws = chains(*shape)
    assert split_rhat(draws) == pytest.approx(rhat, rel=1e-10)
    assert effective_draws(draws) == pytest.approx(effective, rel=1e-8)


def test_chain_diagnostics_at_their_edges():
    """Chains that all stand still agree; chains that stand still at different places do not."""
    assert split_rhat(np.ones((20, 4))) == 1.0
    assert effective_draws(np.ones((20, 4))) == 80
    assert split_rhat(np.tile([1.0, 2.0, 3.0, 4.0], (20, 1))) == math.inf


def test_seed_decides():
    """The same seed gives the same draws, another one others; the draws are replicates that know their seed."""
    lists = lists_of("diabetes")
    first, again, other = (quietly(lists, seed=s, plan=SHORT) for s in (1, 1, 2))
    assert first.replicates.values.tolist() == again.replicates.values.tolist()
    assert first.replicates.values.tolist() != other.replicates.values.tolist()
    assert len(first.replicates) == SHORT.total == 1600
    assert first.replicates.seed == 1
    doubled = first.replicates + again.replicates
    assert np.median(doubled.values) == pytest.approx(2 * first.value)
    with pytest.raises(InvalidInput, match="different runs"):
        _ = first.replicates + other.replicates
    assert (first.replicates.values >= lists.n_observed).all()
    assert (first.replicates.values == np.floor(first.replicates.values)).all()


def test_chains_that_do_not_agree_are_named():
    """Too few draws: R-hat and effective draws are in the diagnostics, and the code says to run longer."""
    estimate = quietly(lists_of("kosovo"), seed=1, plan=ChainPlan(chains=4, burn_in=5, draws=20))
    assert (
        estimate.diagnostics["split_rhat"] > LARGEST_RHAT or estimate.diagnostics["effective_draws"] < FEWEST_EFFECTIVE
    )
    assert "poor-mixing" in codes(estimate)


def _seen(weights: tuple[float, ...], chances: tuple[float, ...], truth: int, seed: int) -> CaptureHistories:
    patterns = all_patterns(4)
    law = sum(w * np.where(patterns == 1, p, 1 - p).prod(axis=1) for w, p in zip(weights, chances, strict=True))
    return histories(*np.random.default_rng(seed).multinomial(truth, np.append(law, 1 - law.sum()))[:-1])


def test_interval_holds_the_truth_of_independent_lists():
    """One class of persons on independent lists: the interval holds the truth in at least three of four draws."""
    plan = ChainPlan(chains=24, burn_in=120, draws=100)
    held = 0
    for seed in range(4):
        interval = quietly(_seen((1.0,), (0.3,), 3000, seed), seed=seed, plan=plan).interval
        held += interval.low <= 3000 <= interval.high
    assert held >= 3


def test_two_classes_of_people_break_it():
    """Most people hardly ever on a list: the number is far too low and the interval says nothing of it. Must fail."""
    for seed in range(1, 3):
        estimate = quietly(
            _seen((0.2, 0.8), (0.5, 0.03), 5000, seed), seed=seed, plan=ChainPlan(chains=16, burn_in=100, draws=100)
        )
        assert estimate.value < 0.8 * 5000
        assert estimate.interval.high < 5000


def test_unseen_are_not_cut_off():
    """Without overlap, draws beyond twenty unseen for each seen stay, and there is no value and no upper end."""
    estimate = quietly(histories(0, 0, 0, 50, 0, 40, 30), seed=1, plan=SHORT)
    assert estimate.value is None
    assert estimate.standard_error is None
    assert estimate.interval.high == math.inf
    assert estimate.interval.low > 120
    assert {"no-overlap", "prior-driven"} <= codes(estimate)
    assert estimate.diagnostics["share_beyond_20_unseen_for_each_seen"] > 0.1
    assert estimate.replicates.values.max() > 21 * 120


def test_three_lists_leave_it_to_the_prior():
    """With three lists only one class is identified, which is said."""
    estimate = quietly(lists_of("spina3"), seed=1, plan=SHORT)
    assert "prior-driven" in codes(estimate)
    assert estimate.value > 626


def test_too_few_classes_are_named():
    """Where the last class holds more than a few, more classes are asked for."""
    assert "truncated-classes" in codes(quietly(lists_of("kosovo"), seed=1, max_classes=2, plan=SHORT))


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ((0,) * 7, "empty-list"),
        ((100, 0, 0, 0, 0, 0, 0), "nested-lists"),
        ((30, 0, 40, 0, 0, 0, 30), "nested-lists"),
        ((0, 20, 0, 40, 0, 10, 0), "empty-list"),
        ((0, 170, 120), "no-overlap"),
    ],
    ids=["nobody", "identical", "list of everybody", "an empty list", "two lists without overlap"],
)
def test_degenerate_lists_are_named(counts, code):
    """Degenerate lists get a code and no number below the persons seen; no arithmetic fails."""
    estimate = quietly(histories(*counts), seed=1, plan=ChainPlan(chains=8, burn_in=30, draws=30))
    assert code in codes(estimate)
    assert estimate.value is None or estimate.value >= sum(counts)


@pytest.mark.parametrize("truth", [1e9, 1e13])
def test_enormous_counts(truth):
    """A thousand million persons or more: the truth is inside, and chains that lag are named."""
    law = np.where(all_patterns(4) == 1, 0.3, 0.7).prod(axis=1)
    estimate = quietly(histories(*np.rint(truth * law).astype(int)), seed=1, plan=SHORT)
    assert estimate.value == pytest.approx(truth, rel=0.05)
    assert estimate.interval.low <= truth <= estimate.interval.high
    assert estimate.diagnostics["split_rhat"] < LARGEST_RHAT or "poor-mixing" in codes(estimate)


def test_thinning_keeps_every_other_draw():
    """Thinning by two keeps every second of the same iterations."""
    lists = lists_of("diabetes")
    posterior = Posterior(
        patterns=np.vstack([np.zeros(4), lists.patterns]), persons=lists.counts.astype(float), max_classes=3
    )
    all_of_them, thinned = (
        sample_sizes(posterior, np.random.default_rng(1), n_chains=4, burn_in=3, kept=kept, leapfrog=2).unseen
        for kept in ((8, 1), (4, 2))
    )
    assert thinned.tolist() == all_of_them[1::2].tolist()


@pytest.mark.parametrize(
    "options",
    [{"chains": 3}, {"draws": 4}, {"burn_in": -1}, {"thin": 0}, {"leapfrog": -1}, {"chains": 4.5}, {"draws": True}],
    ids=str,
)
def test_impossible_plans(options):
    """Plans that cannot be run, or not be judged, raise."""
    with pytest.raises(InvalidInput, match="impossible number"):
        ChainPlan(**options)


@pytest.mark.parametrize(
    "options", [{"seed": -1}, {"seed": 1.5}, {"seed": 1, "max_classes": 0}, {"seed": 1, "level": 95}]
)
def test_invalid_input(options):
    """Impossible seeds, classes and levels raise."""
    with pytest.raises(InvalidInput):
        latent_class_bayes(lists_of("kosovo"), **options)


def test_a_seed_is_asked_for():
    """Without a seed there is no run."""
    with pytest.raises(TypeError, match="seed"):
        latent_class_bayes(lists_of("kosovo"))


def test_warnings_are_shown():
    """Coded warnings are also Python warnings."""
    with pytest.warns(MicroworkWarning, match="prior-driven|poor-mixing"):
        latent_class_bayes(lists_of("spina3"), seed=1, plan=ChainPlan(chains=4, burn_in=5, draws=10))
