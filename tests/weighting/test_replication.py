"""Schemes of replicate weights: known formulas, prefix stability, known truth in simulation, invalid input."""

import itertools
import pickle

import numpy as np
import pytest

from microwork_estimate import bootstrap
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import SurveySample
from microwork_estimate.streams import BLOCK, stream
from microwork_estimate.weighting.bootstrap_schemes import (
    BayesianWeights,
    GeneralisedBootstrap,
    PoissonWeights,
    RaoWuYue,
    drawn_counts,
    rao_wu_yue_factors,
    respondents,
)
from microwork_estimate.weighting.estimators import mean, ratio, total
from microwork_estimate.weighting.given_weights import given_replicate_weights
from microwork_estimate.weighting.hadamard import hadamard
from microwork_estimate.weighting.nonresponse import redistribute
from microwork_estimate.weighting.quantiles import FromReplicates, quantile
from microwork_estimate.weighting.replicate_estimates import replicate_estimate
from microwork_estimate.weighting.replicate_schemes import BalancedHalves, Fay, JackknifeN, JackknifeOne
from microwork_estimate.weighting.replication import ReplicateWeights, replicate_weights
from microwork_estimate.weighting.unequal_probability import brewer_form, deville_form, joint_probabilities_form
from microwork_estimate.weighting.variance import design_covariance, stages
from microwork_estimate.weighting.views import view

pytestmark = pytest.mark.filterwarnings(r"ignore:\[(few-degrees-of-freedom|negative-replicate-weights)\]")


def stratified(n=12, fraction=None):
    """Three strata of equal size, with or without a finite population."""
    rng = np.random.default_rng(7)
    return SurveySample(
        columns={"y": rng.gamma(2, 3, 3 * n), "x": rng.gamma(2, 3, 3 * n)},
        weight=rng.uniform(1, 5, 3 * n),
        strata=np.repeat([0, 1, 2], n),
        fpc=None if fraction is None else np.full(3 * n, fraction),
    )


def two_stage():
    """Two strata of two clusters with two or three units each, both stages from finite populations."""
    psu = np.repeat(np.arange(4), [2, 3, 2, 2])
    return SurveySample(
        columns={"y": np.arange(9.0) ** 1.5},
        weight=np.linspace(1, 3, 9),
        strata=psu // 2,
        psu=psu,
        second_stage=np.arange(9),
        fpc=np.where(psu < 2, 5.0, 8.0),
        second_stage_fpc=np.array([4, 6, 10, 2])[psu].astype(float),
    )


def form_of(sample):
    """The quadratic form of the design: the covariance of any n scores, one by one."""
    return design_covariance(np.eye(sample.n), stages(sample), "fail")


RANDOM = [RaoWuYue(), BayesianWeights(), GeneralisedBootstrap(), GeneralisedBootstrap(tau=3)]


@pytest.mark.parametrize("scheme", RANDOM, ids=lambda s: s.label)
def test_first_replicates_stay(scheme):
    """The first 20 of 40, and the first 70 of 200, replicates are the 20 and the 70, bit by bit."""
    sample = stratified()
    long = replicate_weights(sample, scheme, n_replicates=200, seed=3).factors
    for count in (20, 40, 70, 128):
        short = replicate_weights(sample, scheme, n_replicates=count, seed=3).factors
        assert (short == long[:count]).all()


def test_streams_are_named():
    """The name of the stream and the seed decide the draws, and nothing else does."""
    sample = stratified()
    draws = [
        replicate_weights(sample, RaoWuYue(), n_replicates=64, seed=seed, stream=name).factors
        for seed, name in ((1, "survey"), (2, "survey"), (1, "other"), (1, "survey"))
    ]
    assert (draws[0] == draws[3]).all()
    assert not (draws[0] == draws[1]).all()
    assert not (draws[0] == draws[2]).all()
    assert (RaoWuYue().draw(sample, stream(1, "survey", 0), BLOCK) == draws[0]).all()


def test_streams_refuse_what_they_cannot_record():
    """Seeds and blocks are whole numbers of zero or more, and streams have names."""
    for arguments in ((-1, "a"), (1.5, "a"), (1, ""), (1, "a", -1)):
        with pytest.raises(InvalidInput):
            stream(*arguments)


@pytest.mark.parametrize("fraction", [None, 0.5])
def test_rao_wu_yue_is_unbiased_by_enumeration(fraction):
    """Over all draws of 2 of 3 units with replacement, factors average 1 and their covariance is the form of the design."""
    fpc = None if fraction is None else np.full(3, fraction)
    sample = SurveySample(columns={"y": [1.0, 2.0, 5.0]}, fpc=fpc)
    (stage,) = stages(sample)
    counts = np.array([np.bincount(draw, minlength=3) for draw in itertools.product(range(3), repeat=2)])
    factors = rao_wu_yue_factors(counts, stage, np.sqrt(1 - stage.fraction))
    assert factors.mean(axis=0) == pytest.approx(np.ones(3))
    assert np.cov(factors.T, bias=True) == pytest.approx(form_of(sample))
    assert factors.min() >= 0


def test_two_stage_bootstrap_is_unbiased_by_enumeration():
    """Over all draws at both stages, factors average 1, are not negative, and have the two-stage form as covariance."""
    sample = two_stage()
    first, second = stages(sample)
    outer = [[(0, 1), (1, 0)]] * 2
    inner = [[np.bincount(d, minlength=m) for d in itertools.product(range(m), repeat=m - 1)] for m in second.sizes]
    rows, chances = [], []
    for clusters in itertools.product(*outer):
        for units in itertools.product(*inner):
            once = rao_wu_yue_factors(np.concatenate(clusters)[None, :], first, np.sqrt(1 - first.fraction))
            shrink = np.sqrt(second.share * (1 - second.fraction) / (2 - second.share))
            again = rao_wu_yue_factors(np.concatenate(units)[None, :], second, shrink)
            rows.append((once[:, first.unit] * again[:, second.unit])[0])
            chances.append(np.prod([1 / len(options) for options in (*outer, *inner)]))
    factors, chances = np.array(rows), np.array(chances)
    assert chances.sum() == pytest.approx(1)
    assert chances @ factors == pytest.approx(np.ones(9))
    deviations = factors - 1
    assert (deviations * chances[:, None]).T @ deviations == pytest.approx(form_of(sample), abs=1e-12)
    assert factors.min() >= 0


def within_chance(draws, wanted):
    """Means and covariance of many draws, within five standard errors of what they should be."""
    count = draws.shape[0]
    deviations = draws - 1
    assert np.abs(deviations.mean(axis=0) / (draws.std(axis=0) + 1e-12)).max() < 5 / np.sqrt(count)
    products = deviations[:, :, None] * deviations[:, None, :]
    error = products.std(axis=0) / np.sqrt(count) + 1e-12
    assert (np.abs(products.mean(axis=0) - wanted) / error).max() < 5


@pytest.mark.parametrize(
    ("scheme", "sample"),
    [
        (RaoWuYue(), stratified(4)),
        (RaoWuYue(), stratified(4, 0.4)),
        (RaoWuYue(), two_stage()),
        (BayesianWeights(), stratified(4)),
        (BayesianWeights(), stratified(4, 0.4)),
        (GeneralisedBootstrap(), stratified(4, 0.4)),
        (GeneralisedBootstrap(), two_stage()),
    ],
    ids=["rwy", "rwy-fpc", "rwy-two-stage", "bayes", "bayes-fpc", "normal-fpc", "normal-two-stage"],
)
def test_factors_have_the_covariance_of_the_design(scheme, sample):
    """Random factors average 1 and have the quadratic form of the design as covariance, within Monte Carlo error."""
    within_chance(scheme.draw(sample, np.random.default_rng(11), 20_000), form_of(sample))


def test_exponential_weights_are_too_narrow_by_a_known_amount():
    """Exponential weights shrink the variance by (n - 1) / (n + 1), which the default does not."""
    sample = SurveySample(columns={"y": np.arange(5.0)})
    draws = BayesianWeights(exponential=True).draw(sample, np.random.default_rng(12), 20_000)
    within_chance(draws, form_of(sample) * 4 / 6)


def test_bayesian_weights_keep_everybody():
    """No respondent ever leaves a Bayesian bootstrap, so that a rare answer stays in every replicate."""
    factors = replicate_weights(stratified(3), BayesianWeights(), n_replicates=500, seed=1).factors
    assert factors.min() > 0
    strata = np.add.reduceat(factors, [0, 3, 6], axis=1)
    assert strata == pytest.approx(np.full_like(strata, 3.0))


def test_poisson_weights():
    """Factors of a Poisson sample are independent, of variance 1 minus the chance, and 1 for units bound to be drawn."""
    chances = np.array([0.2, 0.5, 0.9, 1.0])
    sample = SurveySample(columns={"y": np.ones(4)}, weight=1 / chances)
    draws = PoissonWeights(probabilities=chances).draw(sample, np.random.default_rng(13), 20_000)
    within_chance(draws, np.diag(1 - chances))
    assert (draws[:, 3] == 1).all()
    assert draws.min() >= 0


@pytest.mark.parametrize("tau", [1.0, 4.0])
@pytest.mark.parametrize("make", [brewer_form, deville_form])
def test_generalised_bootstrap_of_any_form(make, tau):
    """With a form of one's own, the replicate variance of a total is about the form's, whatever tau is."""
    rng = np.random.default_rng(14)
    chances = rng.uniform(0.1, 0.9, 10)
    sample = SurveySample(columns={"y": rng.gamma(2, 3, 10)}, weight=1 / chances)
    form = make(chances)
    drawn = replicate_weights(sample, GeneralisedBootstrap(form=form, tau=tau), n_replicates=4000, seed=2)
    wanted = total(view(sample, variance=form), "y").standard_error
    assert total(view(sample, variance=drawn), "y").standard_error == pytest.approx(wanted, rel=0.05)
    assert drawn.scale == pytest.approx(tau**2 / 3999)


def test_negative_weights_are_said():
    """Normal factors may be negative: the replicates say how many, and a larger tau avoids them."""
    drawn = replicate_weights(stratified(), GeneralisedBootstrap(), n_replicates=100, seed=2)
    assert [warning.code for warning in drawn.warnings] == ["negative-replicate-weights"]
    assert replicate_weights(stratified(), GeneralisedBootstrap(tau=8), n_replicates=100, seed=2).warnings == ()


def test_a_form_that_can_be_negative_cannot_be_drawn():
    """The expression of Horvitz and Thompson can be negative; no factors have it as covariance."""
    pairs = np.array([[0.5, 0.05, 0.3], [0.05, 0.5, 0.3], [0.3, 0.3, 0.5]])
    form = joint_probabilities_form(pairs, expression="horvitz-thompson")
    with pytest.raises(InvalidInput, match="negative"):
        replicate_weights(
            SurveySample(columns={"y": np.ones(3)}), GeneralisedBootstrap(form=form), n_replicates=9, seed=1
        )


def test_half_samples_of_a_total_are_the_linearised_variance():
    """With two units in each stratum, balanced half-samples and Fay's give a total the linearised standard error."""
    rng = np.random.default_rng(15)
    for strata in (2, 3, 7, 11, 13):
        sample = SurveySample(columns={"y": rng.normal(size=2 * strata)}, strata=np.repeat(np.arange(strata), 2))
        wanted = total(sample, "y").standard_error
        for scheme in (BalancedHalves(), Fay(rho=0.3), Fay(rho=0.7)):
            drawn = replicate_weights(sample, scheme)
            assert total(view(sample, variance=drawn), "y").standard_error == pytest.approx(wanted)
            assert drawn.degrees == strata


def test_hadamard_matrices():
    """Orders up to 212 are square tables of plus and minus one with orthogonal columns, the first all plus."""
    for least in (*range(1, 40), 53, 93, 101, 117, 157, 181, 201):
        table = hadamard(least)
        order = table.shape[0]
        assert order >= least
        assert order < least + 12
        assert np.array_equal(table.T @ table, order * np.eye(order))
        assert (table[:, 0] == 1).all()


def test_units_bound_to_be_drawn_are_never_redrawn():
    """A stratum of which everybody was drawn has factors of 1 in every scheme."""
    sample = SurveySample(columns={"y": np.arange(8.0)}, strata=np.repeat([0, 1], 4), fpc=np.repeat([4.0, 40.0], 4))
    for scheme in RANDOM:
        factors = replicate_weights(sample, scheme, n_replicates=30, seed=1).factors
        assert factors[:, :4] == pytest.approx(np.ones((30, 4)))
        assert factors[:, 4:].std() > 0
    jackknife = replicate_weights(sample, JackknifeN())
    wanted = total(sample, "y").standard_error
    assert total(view(sample, variance=jackknife), "y").standard_error == pytest.approx(wanted)


def test_second_stage_is_left_out_aloud():
    """Jackknife and half-samples redraw first-stage units only: with a finite first stage they say what is missing."""
    sample = two_stage()
    for scheme, code in ((JackknifeN(), "second-stage-ignored"), (BalancedHalves(), "finite-population-ignored")):
        drawn = replicate_weights(sample, scheme)
        assert [warning.code for warning in drawn.warnings] == [code]
        with pytest.warns(UserWarning, match=code):
            total(view(sample, variance=drawn), "y")


def test_three_units_in_each_stratum():
    """With three units per stratum, Rao-Wu-Yue and its like meet the true standard deviation; n-of-n is 18 % below."""
    rng = np.random.default_rng(20)
    strata, runs, redraws = 30, 120, 128
    values = rng.gamma(1.5, 4, (runs, strata, 3)) * np.linspace(1, 3, strata)[:, None]
    truth = np.sqrt(3 * (1.5 * 16 * np.linspace(1, 3, strata) ** 2).sum())
    variances = {"rwy": [], "bayes": [], "linear": [], "naive": []}
    for run in range(runs):
        sample = SurveySample(columns={"y": values[run].ravel()}, strata=np.repeat(np.arange(strata), 3))
        for name, scheme in (("rwy", RaoWuYue()), ("bayes", BayesianWeights())):
            drawn = replicate_weights(sample, scheme, n_replicates=redraws, seed=run)
            variances[name].append(total(view(sample, variance=drawn), "y").standard_error ** 2)
        variances["linear"].append(total(sample, "y").standard_error ** 2)
        counts = rng.multinomial(3, [1 / 3] * 3, size=(redraws, strata))
        variances["naive"].append((counts * values[run]).sum(axis=(1, 2)).var(ddof=1))
    deviations = {name: np.sqrt(np.mean(v)) / truth for name, v in variances.items()}
    for name in ("rwy", "bayes", "linear"):
        assert deviations[name] == pytest.approx(1.0, abs=0.05)
    assert deviations["naive"] == pytest.approx(np.sqrt(2 / 3), abs=0.05)


def test_calibrating_every_replicate_matters():
    """A post-stratified mean has the spread that recalibrated replicates show; raw replicates show much more."""
    rng = np.random.default_rng(21)
    share, runs = 0.5, 100
    values, ours, raw = [], [], []
    for run in range(runs):
        group = rng.random(200) < share
        y = rng.normal(0, 1, 200) + 1.5 * group
        sample = SurveySample(columns={"y": y, "g": group})
        indicator = np.column_stack([group, ~group]).astype(float)

        def recipe(weights, indicator=indicator):
            factors = np.array([100.0, 100.0]) / (weights @ indicator)
            return weights * (factors @ indicator.T)

        after = sample.with_weights(recipe(sample.weights[None, :])[0])
        drawn = replicate_weights(sample, RaoWuYue(), n_replicates=100, seed=run)
        again = drawn.through(recipe, before=sample, after=after)
        values.append(mean(after, "y").value)
        ours.append(mean(view(after, variance=again), "y").standard_error)
        raw.append(mean(view(after, variance=drawn), "y").standard_error)
    spread = np.std(values, ddof=1)
    assert np.mean(ours) / spread == pytest.approx(1, abs=0.2)
    assert np.mean(ours) == pytest.approx(1 / np.sqrt(200), rel=0.05)
    assert np.mean(raw) / np.mean(ours) == pytest.approx(np.sqrt(1 + 0.75**2), rel=0.05)


def test_about_the_estimate():
    """Variance about the estimate is that about the mean of the replicates plus the squared distance of the two."""
    sample = stratified()
    about = {
        word: ratio(view(sample, variance=replicate_weights(sample, JackknifeN(), about=word)), "y", "x")
        for word in ("mean", "estimate")
    }
    assert about["estimate"].standard_error > about["mean"].standard_error
    drawn = replicate_weights(sample, RaoWuYue(), n_replicates=50, seed=1, about="estimate")
    estimate = ratio(view(sample, variance=drawn), "y", "x")
    wanted = np.sqrt(np.mean((estimate.replicates.values - estimate.value) ** 2))
    assert estimate.standard_error == pytest.approx(wanted)


def test_failed_replicates_are_counted_and_kept():
    """A domain that some replicates leave empty has NaN in their places, a warning, and a variance of the others."""
    rng = np.random.default_rng(22)
    sample = SurveySample(columns={"y": rng.normal(size=40), "rare": np.arange(40) < 3})
    drawn = replicate_weights(sample, RaoWuYue(), n_replicates=100, seed=5)
    with pytest.warns(UserWarning, match="failed-replicates"):
        estimates = mean(view(sample, variance=drawn), "y", by="rare")
    failed = estimates["True"].replicates.n_failed
    assert 0 < failed < 20
    assert estimates["False"].replicates.n_failed == 0
    usable = estimates["True"].replicates.values
    wanted = np.nanvar(usable, ddof=0) * 100 / 99
    assert estimates["True"].standard_error ** 2 == pytest.approx(wanted)
    with pytest.warns(UserWarning, match="failed-replicates"):
        replicate_estimate(sample, lambda w: w @ sample.column("y") / (w[:3].sum() or np.nan), drawn)


def test_any_statistic_has_the_same_answer():
    """A function of the weights gives what the estimator of the same thing gives."""
    sample = stratified()
    drawn = replicate_weights(sample, RaoWuYue(), n_replicates=99, seed=8)
    ours = mean(view(sample, variance=drawn), "y")
    free = replicate_estimate(sample, lambda w: w @ sample.column("y") / w.sum(), drawn, name="mean")
    assert (free.value, free.standard_error) == pytest.approx((ours.value, ours.standard_error))
    assert free.replicates.values == pytest.approx(ours.replicates.values)
    assert free.interval.low == pytest.approx(ours.interval.low)


def test_a_statistic_that_is_not_finite():
    """A statistic without a finite value gives no value and says so."""
    sample = stratified()
    with pytest.warns(UserWarning, match="not-estimable|failed-replicates"):
        estimate = replicate_estimate(sample, lambda w: np.nan * w[0], replicate_weights(sample, JackknifeN()))
    assert estimate.value is None


def test_median_from_bootstrap_and_jackknife():
    """The bootstrap gives the standard error of a median; the jackknife does not and says so."""
    rng = np.random.default_rng(23)
    sample = SurveySample(columns={"y": rng.normal(size=400)})
    drawn = replicate_weights(sample, RaoWuYue(), n_replicates=400, seed=1)
    estimate = quantile(view(sample, variance=drawn), "y", method=FromReplicates())
    assert estimate.standard_error == pytest.approx(np.sqrt(np.pi / 2 / 400), rel=0.25)
    with pytest.warns(UserWarning, match="jackknife-quantile"):
        quantile(view(sample, variance=replicate_weights(sample, JackknifeOne())), "y", method=FromReplicates())


def test_schemes_serve_the_bootstrap_of_whole_recipes():
    """The same scheme and stream give the same replicates through bootstrap.replicate, respondents by respondents."""
    sample = stratified()
    for scheme in (RaoWuYue(), BayesianWeights()):
        drawn = replicate_weights(sample, scheme, n_replicates=70, seed=9, stream="value")
        ours = mean(view(sample, variance=drawn), "y").replicates.values
        whole = bootstrap.replicate(
            lambda s: s.weights @ s.column("y") / s.weights.sum(), sample, scheme, n_replicates=70, seed=9
        )
        assert whole["value"].values == pytest.approx(ours)


def test_respondents_of_a_replicate():
    """The sample of one replicate keeps who was drawn, with weights and labels; negative factors are refused."""
    sample = two_stage()
    part = respondents(sample, np.array([0, 2.0, 1, 1, 1, 0, 0, 1, 1]))
    assert part.column("y").tolist() == sample.column("y")[[1, 2, 3, 4, 7, 8]].tolist()
    assert part.weights[0] == 2 * sample.weights[1]
    assert part.psu.tolist() == [0, 1, 1, 1, 3, 3]
    with pytest.raises(InvalidInput, match="negative"):
        respondents(sample, np.full(9, -1.0))


def test_replicates_travel():
    """Replicate weights survive pickling, as workers need."""
    drawn = replicate_weights(stratified(), RaoWuYue(), n_replicates=10, seed=1)
    assert (pickle.loads(pickle.dumps(drawn)).factors == drawn.factors).all()  # noqa: S301 - our own bytes


def test_redistribution_keeps_sums():
    """Weight moves within classes only, for one set of weights and for many."""
    rng = np.random.default_rng(24)
    weights, classes = rng.uniform(1, 5, (7, 40)), np.arange(40) % 4
    silent = rng.random(40) < 0.3
    after = redistribute(weights, giving=silent, receiving=~silent, classes=classes)
    assert after[:, silent].max() == 0
    for label in range(4):
        at = classes == label
        assert after[:, at].sum(axis=1) == pytest.approx(weights[:, at].sum(axis=1))
    assert after[2] == pytest.approx(redistribute(weights[2], giving=silent, receiving=~silent, classes=classes))


LONE = SurveySample(columns={"y": np.arange(5.0)}, strata=[0, 0, 1, 1, 2])


@pytest.mark.parametrize(
    "call",
    [
        lambda: replicate_weights(stratified(), RaoWuYue()),
        lambda: replicate_weights(stratified(), RaoWuYue(), n_replicates=1, seed=1),
        lambda: replicate_weights(stratified(), RaoWuYue(), n_replicates=10),
        lambda: replicate_weights(stratified(), RaoWuYue(), n_replicates=10, seed=-1),
        lambda: replicate_weights(stratified(), JackknifeN(), n_replicates=10),
        lambda: replicate_weights(stratified(), JackknifeN(), about="middle"),
        lambda: replicate_weights(stratified(), JackknifeOne()),
        lambda: replicate_weights(LONE, JackknifeN()),
        lambda: replicate_weights(LONE, RaoWuYue(), n_replicates=10, seed=1),
        lambda: replicate_weights(LONE, BalancedHalves()),
        lambda: replicate_weights(stratified(2), BayesianWeights(), n_replicates=10, seed=1),
        lambda: replicate_weights(two_stage(), BayesianWeights(), n_replicates=10, seed=1),
        lambda: replicate_weights(stratified(), PoissonWeights(probabilities=[0.5]), n_replicates=10, seed=1),
        lambda: replicate_weights(
            stratified(), GeneralisedBootstrap(form=brewer_form([0.5, 0.5])), n_replicates=10, seed=1
        ),
        lambda: PoissonWeights(probabilities=[0.0]),
        lambda: GeneralisedBootstrap(tau=0.5),
        lambda: Fay(rho=1.0),
        lambda: given_replicate_weights(stratified(), np.ones((4, 3))),
        lambda: given_replicate_weights(stratified(), np.ones((4, 36))),
        lambda: given_replicate_weights(stratified(), np.full((4, 36), np.nan), kind="bootstrap"),
        lambda: ReplicateWeights(factors=np.ones((1, 3)), scale=1, rscales=[1], kind="other", scheme="x"),
        lambda: ReplicateWeights(factors=np.ones((2, 3)), scale=1, rscales=[1, -1], kind="other", scheme="x"),
        lambda: view(stratified(), variance=replicate_weights(stratified(3), JackknifeN())),
        lambda: quantile(stratified(), "y", method=FromReplicates()),
        lambda: redistribute([1.0, 1.0], giving=[True, True], receiving=[False, True]),
        lambda: redistribute([1.0, 1.0], giving=[True, False], receiving=[False, True], classes=["a", "b"]),
        lambda: redistribute([1.0, 1.0], giving=[1, 0], receiving=[False, True]),
    ],
)
def test_invalid_input(call):
    """Schemes that do not suit the design, missing seeds, wrong shapes and impossible options are errors."""
    with pytest.raises(InvalidInput):
        call()


def test_single_units_may_go_without_variance():
    """With the policy 'certainty', a stratum of one unit is never redrawn."""
    sample = SurveySample(columns={"y": np.arange(5.0)}, strata=[0, 0, 1, 1, 2], lonely_psu="certainty")
    drawn = replicate_weights(sample, RaoWuYue(), n_replicates=20, seed=1)
    assert (drawn.factors[:, 4] == 1).all()
    jackknife = replicate_weights(sample, JackknifeN())
    assert jackknife.n_replicates == 4


def test_drawing_rows_at_a_time_gives_the_numbers_of_one_draw():
    """A draw of many replicates, made some rows at a time, is to the bit what all rows drawn at once are."""
    many = SurveySample(columns={"x": np.arange(20_000)}, strata=np.arange(20_000) % 7)
    stage = stages(many)[0]
    at_once = rao_wu_yue_factors(drawn_counts(stage, np.random.default_rng(4), 50), stage, np.ones(7))
    np.testing.assert_array_equal(RaoWuYue().draw(many, np.random.default_rng(4), 50), at_once)
