"""Schemes: the variance of what they redraw against known formulas, and streams that no other source moves."""

import itertools

import numpy as np
import pytest

from microwork_estimate import bootstrap
from microwork_estimate.capture_recapture import Reselection, fitted_table
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import CaptureHistories, Elicited, PlatformRegistrations, SurveySample, all_patterns
from microwork_estimate.weighting import total
from microwork_estimate.weighting.bootstrap_schemes import GeneralisedBootstrap
from microwork_estimate.weighting.replicate_schemes import JackknifeOne

LISTS = CaptureHistories.from_two_lists(200, 150, 30)
THREE = CaptureHistories.from_patterns("ABC", all_patterns(3), [12, 142, 112, 247, 4, 49, 60])
REGISTRATIONS = PlatformRegistrations(platforms=("a", "b"), accounts=[50_000, 200], source="test")


def _survey():
    generator = np.random.default_rng(6)
    hours = generator.gamma(1.0, 10.0, 80)
    return SurveySample(
        columns={"hours": hours, "often": (hours > 8).astype(float)},
        weight=generator.uniform(5, 15, 80),
        strata=np.repeat(["a", "b", "c", "d"], 20),
        psu=np.tile(np.repeat(np.arange(5), 4), 4),
    )


SOURCES = {
    "survey": (_survey(), bootstrap.RaoWuYue(), lambda s: float(s.weights @ s.column("hours"))),
    "panel": (_survey(), bootstrap.BayesianWeights(), lambda s: float(s.weights @ s.column("hours"))),
    "lists": (LISTS, bootstrap.WaringHalf(), float),
    "histories": (THREE, bootstrap.MultinomialHistories(model="AB,C"), lambda h: float(h.n_observed)),
    "declared": (REGISTRATIONS, bootstrap.RoundedAccounts(half_width=500), lambda r: float(r.accounts[0])),
    "events": (np.array([4.0, 9.0]), bootstrap.ParametricCounts(dispersion=2.0, half_width=0.5), lambda c: float(c[1])),
    "answers": (np.array([3.0, 7.0]), bootstrap.MultinomialCounts(), lambda c: float(c[0])),
    "factor": (
        Elicited(distribution="lognormal", low=0.5, high=2.0, source="assumed: test"),
        bootstrap.ElicitedDraws(),
        float,
    ),
    "uniforms": (3, bootstrap.UniformDraws(), lambda u: float(u[2])),
}


def _joint(names, n_replicates=70):
    return bootstrap.replicate(
        lambda sources: {name: SOURCES[name][2](sources[name]) for name in names},
        {name: SOURCES[name][0] for name in names},
        bootstrap.Joint(schemes={name: SOURCES[name][1] for name in names}),
        n_replicates=n_replicates,
        seed=11,
    )


def test_any_schemes_go_together_and_move_nobody_else():
    """All schemes at once, or any two in any order: the draws of each source are those that it has alone."""
    every = _joint(list(SOURCES))
    for name in SOURCES:
        alone = _joint([name])[name].values
        assert alone.tobytes() == every[name].values.tobytes()
        assert len(set(alone)) > 2
    for names in itertools.islice(itertools.permutations(SOURCES, 2), 0, None, 7):
        assert all(_joint(names)[name].values.tobytes() == every[name].values.tobytes() for name in names)


def test_replicates_of_a_survey_have_the_variance_of_linearisation():
    """The spread of Rao-Wu-Yue totals is the standard error of a total by linearisation, from the same design."""
    sample = _survey()
    draws = bootstrap.replicate(SOURCES["survey"][2], sample, bootstrap.RaoWuYue(), n_replicates=4000, seed=3)
    assert bootstrap.standard_error(draws["value"]) == pytest.approx(total(sample, "hours").standard_error, rel=0.05)


def test_one_survey_serves_two_tiers_and_their_ratio_knows_it():
    """From joint replicates, the ratio of two totals of one survey has a smaller spread than from independent ones."""
    sample = _survey()

    def recipe(s):
        return {"often": float(s.weights @ s.column("often")), "all": float(s.weights.sum())}

    one, other = (
        bootstrap.replicate(recipe, sample, bootstrap.RaoWuYue(), n_replicates=1999, seed=seed) for seed in (3, 4)
    )
    joint = (one["often"] / one["all"]).values.std(ddof=1)
    apart = (one["often"].values / other["all"].values).std(ddof=1)
    assert joint < apart


def test_rounded_accounts_stay_in_their_cell():
    """Accounts declared as 50,000 to the next thousand are drawn from 49,500 to 50,500, as a uniform."""
    scheme = bootstrap.RoundedAccounts(half_width=500)
    draws = bootstrap.replicate(
        lambda r: {"a": r.accounts[0], "b": r.accounts[1]}, REGISTRATIONS, scheme, n_replicates=999, seed=1
    )
    a = draws["a"].values
    assert a.min() >= 49_500
    assert a.max() <= 50_500
    assert a.std(ddof=1) == pytest.approx(1000 / 12**0.5, rel=0.05)
    assert draws["b"].values.min() == 0.0


def test_each_platform_may_round_in_its_own_way():
    """With one half-width for each platform, each stays in its own cell; equal ones draw what a single one draws."""
    generator = np.random.default_rng(1)
    drawn = bootstrap.RoundedAccounts(half_width=[500, 5]).draw(REGISTRATIONS, generator, 500)
    assert np.abs(drawn - REGISTRATIONS.accounts).max(axis=0) == pytest.approx([500, 5], rel=0.02)
    same, single = (
        bootstrap.RoundedAccounts(half_width=half).draw(REGISTRATIONS, np.random.default_rng(2), 9)
        for half in ([500, 500], 500)
    )
    assert same.tobytes() == single.tobytes()


def test_multinomial_counts_have_the_binomial_variance():
    """A share of 30 of 100 answers has standard deviation sqrt(.3 x .7 / 100) over the redraws."""
    recipe = bootstrap.batched(lambda counts: {"share": counts[:, 0] / counts.sum(axis=1)})
    draws = bootstrap.replicate(
        recipe, np.array([30.0, 70.0]), bootstrap.MultinomialCounts(), n_replicates=1999, seed=9
    )
    assert draws["share"].values.std(ddof=1) == pytest.approx((0.3 * 0.7 / 100) ** 0.5, rel=0.05)


@pytest.mark.parametrize(("dispersion", "half_width"), [(1.0, 0.0), (3.0, 0.0), (1.0, 30.0), (2.0, 30.0)])
def test_parametric_counts_have_their_mean_and_variance(dispersion, half_width):
    """Counts of mean 90 vary with dispersion times the mean, and the rounding adds a third of the squared half-width."""
    scheme = bootstrap.ParametricCounts(dispersion=dispersion, half_width=half_width)
    drawn = scheme.draw(np.array([90.0, 0.0]), np.random.default_rng(5), 40_000)
    assert drawn[:, 0].mean() == pytest.approx(90.0, rel=0.01)
    assert drawn[:, 0].var() == pytest.approx(dispersion * 90.0 + half_width**2 / 3, rel=0.03)
    assert (drawn == np.floor(drawn)).all()
    assert drawn.min() >= 0
    if half_width == 0:
        assert (drawn[:, 1] == 0).all()


def test_histories_of_a_model_hold_the_unseen():
    """Under independence of two lists, tables have N persons with the unseen, and those seen vary as N p (1 - p)."""
    scheme = bootstrap.MultinomialHistories(model="A,B")
    batch = scheme.draw(LISTS, np.random.default_rng(4), 20_000)
    fitted = fitted_table(LISTS, "A,B")
    assert (batch.sum(axis=1) == 1000).all()
    np.testing.assert_allclose(batch.mean(axis=0), fitted, rtol=0.01)
    seen = batch[:, :3].sum(axis=1)
    assert seen.var() == pytest.approx(1000 * 0.32 * 0.68, rel=0.03)
    one = scheme.one(LISTS, batch, 7)
    assert one.lists == LISTS.lists
    assert one.n_observed == seen[7]


def test_histories_without_a_model_keep_the_persons_seen():
    """Persons seen are drawn among the observed patterns: their number stays, and patterns that nobody has stay empty."""
    lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [12, 142, 0, 247, 4, 49, 60])
    batch = bootstrap.MultinomialHistories().draw(lists, np.random.default_rng(4), 5000)
    assert (batch.sum(axis=1) == lists.n_observed).all()
    assert (batch[:, 2] == 0).all()
    share = 247 / lists.n_observed
    assert batch[:, 3].var() == pytest.approx(lists.n_observed * share * (1 - share), rel=0.06)


def test_models_are_chosen_again_on_redrawn_histories():
    """A recipe in batches takes the tables as they are, those on no list included, and gives what counts alone give."""
    recipe = Reselection.of(THREE, criterion="bic")
    scheme = bootstrap.MultinomialHistories(model="AB,C")
    drawn = bootstrap.replicate(recipe, THREE, scheme, n_replicates=70, seed=1)["value"].values
    counts = bootstrap.replicate(
        recipe, fitted_table(THREE, "AB,C"), bootstrap.MultinomialCounts(), n_replicates=70, seed=1
    )["value"].values
    assert drawn.tobytes() == counts.tobytes()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bootstrap.Joint(schemes={"survey": JackknifeOne()}), "scheme of 'survey'"),
        (lambda: bootstrap.Joint(schemes={"survey": bootstrap.RaoWuYue}), "unknown scheme"),
        (lambda: bootstrap.Joint(schemes={"survey": "bootstrap"}), "unknown scheme"),
        (lambda: bootstrap.Joint(schemes={"s": GeneralisedBootstrap(tau=2.0)}), "variance to be multiplied by 4"),
        (lambda: bootstrap.Joint(schemes={}), "nothing to redraw"),
        (lambda: bootstrap.RoundedAccounts(half_width=-1), "impossible rounding"),
        (lambda: bootstrap.RoundedAccounts(half_width=[1.0, np.nan]), "impossible rounding"),
        (lambda: bootstrap.ParametricCounts(half_width=np.inf), "impossible rounding"),
        (lambda: bootstrap.ParametricCounts(dispersion=0.5), "impossible dispersion"),
    ],
)
def test_impossible_schemes_are_refused(call, message):
    """A source without a scheme that can redraw it, and options that cannot be, are errors that name the source."""
    with pytest.raises(InvalidInput, match=message):
        call()


@pytest.mark.parametrize(
    ("scheme", "data", "message"),
    [
        (bootstrap.MultinomialCounts(), [0.0, 0.0], "nothing to redraw"),
        (bootstrap.MultinomialCounts(), [1.0, -1.0], "impossible counts"),
        (bootstrap.ParametricCounts(), [np.nan], "impossible counts"),
        (bootstrap.ParametricCounts(), [[1.0]], "impossible counts"),
        (bootstrap.MultinomialHistories(model="A,B"), CaptureHistories.from_two_lists(5, 5, 0), "nothing to redraw"),
        (bootstrap.RaoWuYue(), SurveySample(columns={"x": [1.0]}), "at least 2 units in each stratum"),
    ],
)
def test_data_that_cannot_be_redrawn_are_refused(scheme, data, message):
    """Counts that cannot be, a model without a maximum, a stratum of one: errors before any draw."""
    with pytest.raises(InvalidInput, match=message):
        scheme.draw(data, np.random.default_rng(1), 4)


def test_a_single_scheme_is_checked_too():
    """Without a joint scheme, a jackknife is refused in the same way."""
    with pytest.raises(InvalidInput, match="scheme of the data"):
        bootstrap.replicate(float, _survey(), JackknifeOne(), n_replicates=9, seed=1)
