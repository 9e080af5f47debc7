"""Means from volunteers: their errors by direct differentiation, by simulation, by bootstrap, and by other programs."""

import itertools

import numpy as np
import pytest
import statsmodels.api as sm

from microwork_estimate import bootstrap
from microwork_estimate.errors import InvalidInput, MicroworkWarning, NotConverged
from microwork_estimate.estimate import Estimand
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import (
    BayesianWeights,
    JackknifeOne,
    RaoWuYue,
    WorkingModels,
    doubly_robust_mean,
    joint_means,
    joint_variance,
    mass_imputation_mean,
    pseudo_weighted_mean,
    pseudo_weights,
    replicate_weights,
)
from microwork_estimate.weighting.common_variables import common_variables
from microwork_estimate.weighting.volunteer_kernels import ROUTES, Problem, linearised, means

VERBS = {
    "pseudo_weighted": pseudo_weighted_mean,
    "doubly_robust": doubly_robust_mean,
    "mass_imputation": mass_imputation_mean,
}
VARIABLES = ("sex", "age", "x")
MODELS = WorkingModels(variables=VARIABLES)


class World:
    """A population with a known mean, from which volunteers and a reference sample come again and again."""

    def __init__(self, seed=11, n=20_000, *, curved_answers=False, curved_volunteering=False):
        self.rng = np.random.default_rng(seed)
        x = self.rng.normal(size=n)
        sex = self.rng.choice(["f", "m"], n)
        age = self.rng.choice(["1", "2", "3"], n, p=[0.5, 0.3, 0.2])
        u = -4 + 0.8 * (sex == "f") + 0.5 * (age == "2") + 0.5 * x
        if curved_volunteering:
            u = -3.7 + 0.5 * (sex == "f") + 0.5 * x - 0.35 * x**2
        y = 1 + 2 * (sex == "f") + x + 0.5 * (age == "3") + 1.5 * self.rng.normal(size=n)
        y = y + x**2 if curved_answers else y
        self.columns = {"sex": sex, "age": age, "x": x, "y": y, "high": (y > 2).astype(float)}
        self.chance = 1 / (1 + np.exp(-u))

    def draw(self, n_reference=500, **design):
        """Volunteers and a reference sample of the world."""
        n = self.chance.size
        ours = self.rng.random(n) < self.chance
        drawn = self.rng.choice(n, n_reference, replace=False)
        common = {k: v[drawn] for k, v in self.columns.items() if k not in ("y", "high")}
        weight = np.full(n_reference, n / n_reference)
        return SurveySample(columns={k: v[ours] for k, v in self.columns.items()}), SurveySample(
            columns=common, weight=weight, **design
        )


OURS, REFERENCE = World(seed=2).draw()


@pytest.mark.parametrize(
    ("form", "model"), list(itertools.product(["likelihood", "calibration"], ["linear", "logistic"]))
)
def test_linearisation_is_the_derivative_of_the_recipe(form, model):
    """What a row moves, by formula, is what it moves when its weight changes a little and all is fitted again."""
    y = OURS.column("y" if model == "linear" else "high")
    problem = Problem(design=common_variables(OURS, REFERENCE, VARIABLES).design(), y=y, form=form, outcome=model)
    a, d, h = OURS.weights, REFERENCE.weights, 1e-4
    for route, at in itertools.product(ROUTES, (0, 7, 100)):
        found = linearised(problem, route, a, d)
        both = np.repeat(a[None], 2, axis=0)
        both[:, at] *= [1 + h, 1 - h]
        up, down = means(problem, both, np.repeat(d[None], 2, axis=0))[route]
        assert found.volunteers[at] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-9)
        both = np.repeat(d[None], 2, axis=0)
        both[:, at] *= [1 + h, 1 - h]
        up, down = means(problem, np.repeat(a[None], 2, axis=0), both)[route]
        assert found.reference[at] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-9)


def test_linearisation_with_totals_is_the_derivative_too():
    """Without a reference sample only volunteers vary; the linear model predicts from the totals."""
    margins = _totals(REFERENCE)
    problem = Problem(
        design=common_variables(OURS, margins, None).design(), y=OURS.column("y"), form="calibration", outcome="linear"
    )
    totals = np.repeat(problem.design.totals[None], 2, axis=0)
    for route in ROUTES:
        found = linearised(problem, route, OURS.weights, totals[0])
        both = np.repeat(OURS.weights[None], 2, axis=0)
        both[:, 3] *= [1.0001, 0.9999]
        up, down = means(problem, both, totals)[route]
        assert found.volunteers[3] == pytest.approx((up - down) / 2e-4, rel=1e-5, abs=1e-9)
        assert found.reference.size == 0


def _totals(reference, **extra):
    w = reference.weights
    totals = {
        name: {str(c): float(w[reference.column(name) == c].sum()) for c in np.unique(reference.column(name))}
        for name in ("sex", "age")
    }
    return Margins.from_totals({**totals, "x": float(w @ reference.column("x"))}, source="reference", **extra)


def test_pseudo_weighted_mean_is_the_mean_with_those_weights():
    """The value is the weighted mean with the weights that pseudo_weights returns."""
    weights = pseudo_weights(OURS, REFERENCE, VARIABLES).sample.weights
    assert pseudo_weighted_mean(OURS, REFERENCE, "y", models=MODELS).value == pytest.approx(
        np.average(OURS.column("y"), weights=weights), rel=1e-10
    )


@pytest.mark.parametrize("model", ["linear", "logistic"])
def test_mass_imputation_is_the_mean_prediction_of_another_program(model):
    """Fitted and predicted by statsmodels, averaged with the weights of the reference: the same mean."""
    y = "y" if model == "linear" else "high"

    def matrix(sample):
        c = sample.column
        return np.column_stack([np.ones(sample.n), c("sex") == "m", c("age") == "2", c("age") == "3", c("x")])

    family = sm.families.Gaussian() if model == "linear" else sm.families.Binomial()
    fit = sm.GLM(OURS.column(y), matrix(OURS), family=family).fit(tol=1e-14)
    found = mass_imputation_mean(OURS, REFERENCE, y, models=WorkingModels(variables=VARIABLES, outcome=model))
    assert found.value == pytest.approx(np.average(fit.predict(matrix(REFERENCE)), weights=REFERENCE.weights), rel=1e-9)


def test_calibrated_chances_make_a_linear_answer_model_redundant():
    """With the calibration form the weights meet the totals, so that adding a linear model changes nothing."""
    models = WorkingModels(variables=VARIABLES, form="calibration")
    one, two = (verb(OURS, REFERENCE, "y", models=models) for verb in (pseudo_weighted_mean, doubly_robust_mean))
    assert one.value == pytest.approx(two.value, rel=1e-9)
    assert one.standard_error == pytest.approx(two.standard_error, rel=1e-6)


def test_totals_and_their_sample_agree_in_value_not_in_error():
    """Exact totals leave out the variance of the reference, which the diagnostics give as a share."""
    models = WorkingModels(variables=VARIABLES, form="calibration")
    for verb in VERBS.values():
        by_sample = verb(OURS, REFERENCE, "y", models=models)
        by_totals = verb(OURS, _totals(REFERENCE), "y")
        assert by_totals.value == pytest.approx(by_sample.value, rel=1e-8)
        share = by_sample.diagnostics["variance_share_of_reference"]
        left = by_sample.standard_error**2 * (1 - share)
        assert by_totals.standard_error**2 == pytest.approx(left, rel=1e-6)
        assert by_totals.diagnostics["variance_share_of_reference"] == 0


def test_a_reference_without_chance_adds_no_variance():
    """A reference that is a census by its finite population (share drawn 1) leaves only the volunteers' variance."""
    census = SurveySample(columns=REFERENCE.columns, weight=REFERENCE.weights, fpc=np.ones(REFERENCE.n))
    for verb in VERBS.values():
        found = verb(OURS, census, "y", models=MODELS)
        assert found.diagnostics["variance_share_of_reference"] == pytest.approx(0, abs=1e-12)


def test_doubled_rows_in_clusters_are_one_row_of_weight_two():
    """Value and error do not change when each volunteer stands twice in the file as a cluster of two."""
    rows = np.repeat(np.arange(OURS.n), 2)
    doubled = SurveySample(columns={k: v[rows] for k, v in OURS.columns.items()}, psu=rows)
    weighted = OURS.with_weights(np.full(OURS.n, 2.0))
    for verb in VERBS.values():
        one, two = (verb(sample, REFERENCE, "y", models=MODELS) for sample in (doubled, weighted))
        assert one.value == pytest.approx(two.value, rel=1e-9)
        assert one.standard_error == pytest.approx(two.standard_error, rel=1e-9)


@pytest.mark.parametrize("answer", ["y", "high"])
def test_interval_holds_the_truth_as_often_as_it_says(answer):
    """120 times: coverage within three Monte Carlo errors of 95 %, no bias, standard error as large as the spread."""
    world, repeats = World(seed=21), 120
    truth = world.columns[answer].mean()
    models = WorkingModels(variables=VARIABLES, outcome="linear" if answer == "y" else "logistic")
    found = {name: [] for name in VERBS}
    for _ in range(repeats):
        samples = world.draw()
        for name, verb in VERBS.items():
            estimate = verb(*samples, answer, models=models)
            inside = estimate.interval.low < truth < estimate.interval.high
            found[name].append((estimate.value, estimate.standard_error, inside))
    for name, rows in found.items():
        values, errors, inside = np.array(rows).T
        assert abs(inside.mean() - 0.95) < 3 * np.sqrt(0.95 * 0.05 / repeats), name
        assert abs(values.mean() - truth) < 3.5 * values.std() / np.sqrt(repeats), name
        assert errors.mean() == pytest.approx(values.std(), rel=3 / np.sqrt(2 * repeats)), name


@pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")  # volunteers shun both tails of x
@pytest.mark.parametrize("wrong", ["curved_answers", "curved_volunteering"])
def test_one_right_model_is_enough_for_the_doubly_robust_mean(wrong):
    """With one model wrong, the mean that rests on it alone is biased by most of its spread, the doubly robust is not."""
    world, repeats = World(seed=31, **{wrong: True}), 60
    truth, single = world.columns["y"].mean(), "mass_imputation" if wrong == "curved_answers" else "pseudo_weighted"
    rows = []
    for _ in range(repeats):
        samples = world.draw()
        rows.append([VERBS[name](*samples, "y", models=MODELS).value for name in ("doubly_robust", single)])
    robust, alone = (np.array(rows) - truth).T
    assert abs(robust.mean()) < 3.5 * robust.std() / np.sqrt(repeats)
    assert abs(alone.mean()) > 0.7 * alone.std()


def test_joint_bootstrap_gives_the_linearised_error():
    """A thousand joint redraws of both samples spread as the linearised standard errors say."""
    schemes = {"volunteers": RaoWuYue(), "reference": RaoWuYue()}
    draws = bootstrap.replicate(
        joint_means(OURS, REFERENCE, "y", models=MODELS),
        {"volunteers": OURS, "reference": REFERENCE},
        bootstrap.Joint(schemes=schemes),
        n_replicates=999,
        seed=1,
    )
    for name, verb in VERBS.items():
        estimate = verb(OURS, REFERENCE, "y", models=MODELS)
        redrawn = bootstrap.with_replicates(estimate, draws[name])
        assert redrawn.standard_error == pytest.approx(estimate.standard_error, rel=0.1)
        assert redrawn.replicates.streams == ("volunteers", "reference")
        assert redrawn.interval.low < estimate.value < redrawn.interval.high


def test_a_block_of_redraws_is_each_redraw_alone():
    """The batched recipe gives row by row what the estimators give on samples with these weights."""
    rng = np.random.default_rng(5)
    a, b = BayesianWeights().draw(OURS, rng, 3), BayesianWeights().draw(REFERENCE, rng, 3)
    together = joint_means(OURS, REFERENCE, "high", models=WorkingModels(variables=VARIABLES, outcome="logistic"))(
        {"volunteers": a, "reference": b}
    )
    for row, (name, verb) in itertools.product(range(3), VERBS.items()):
        alone = verb(
            OURS.with_weights(a[row]),
            REFERENCE.with_weights(REFERENCE.weights * b[row]),
            "high",
            models=WorkingModels(variables=VARIABLES, outcome="logistic"),
        )
        assert together[name][row] == pytest.approx(alone.value, rel=1e-8)


def test_a_redraw_without_a_category_is_not_a_number():
    """A redraw that lost all volunteers of an age cannot weight or predict: NaN in place, the others stand."""
    factors = np.ones((2, OURS.n))
    factors[1, OURS.column("age") == "2"] = 0.0
    found = joint_means(OURS, REFERENCE, "y", models=MODELS)(
        {"volunteers": factors, "reference": np.ones((2, REFERENCE.n))}
    )
    for values in found.values():
        assert np.isfinite(values[0])
        assert np.isnan(values[1])


def test_totals_need_the_volunteers_alone():
    """With totals the recipe runs on one component, given alone or by name; other names are refused."""
    recipe = joint_means(OURS, _totals(REFERENCE), "y")
    draws = bootstrap.replicate(recipe, OURS, RaoWuYue(), n_replicates=20, seed=1)
    assert sorted(draws) == sorted(ROUTES)
    with pytest.raises(InvalidInput, match="components of another name"):
        recipe({"sample": np.ones((2, OURS.n))})
    with pytest.raises(InvalidInput, match="components of another name"):
        joint_means(OURS, REFERENCE, "y", models=MODELS)({"volunteers": np.ones((2, OURS.n))})


def test_a_share_of_everybody_alike_is_exact():
    """When all volunteers give one answer, the mean is that answer with no error."""
    for verb in VERBS.values():
        found = verb(OURS, REFERENCE, np.full(OURS.n, 7.0), models=MODELS)
        assert found.value == pytest.approx(7.0, rel=1e-12)
        assert found.standard_error == pytest.approx(0.0, abs=1e-9)


def test_result_says_what_it_rests_on():
    """Assumptions in both languages, data-defect values beside the result, estimand and references."""
    about = Estimand(unit="share", territory="France")
    found = doubly_robust_mean(OURS, REFERENCE, "high", models=MODELS, estimand=about, level=0.9)
    assert [a.id for a in found.assumptions] == [
        "volunteering-explained",
        "everybody-might-volunteer",
        "one-of-two-models",
    ]
    assert found.assumptions[0].sensitivity == "weighting.data_defect_curve"
    assert {f"if_data_defect_{r:g}" for r in (-0.02, -0.01, -0.005, 0.005, 0.01, 0.02)} <= set(found.diagnostics)
    assert (found.estimand, found.interval.level) == (about, 0.9)
    assert 0 < found.diagnostics["largest_propensity"] < 1


def test_totals_with_errors_of_their_own_warn():
    """Estimated totals are taken as exact, and the result says so."""
    margins = Margins.from_totals(
        {"sex": {"f": 9000.0, "m": 11_000.0}}, source="survey", standard_errors={"sex": {"f": 100.0, "m": 100.0}}
    )
    with pytest.warns(MicroworkWarning, match="margin-errors-ignored"):
        found = pseudo_weighted_mean(OURS, margins, "y")
    assert "margin-errors-ignored" in {w.code for w in found.warnings}


@pytest.mark.parametrize(
    ("y", "models", "problem"),
    [
        ("y", WorkingModels(variables=VARIABLES, outcome="logistic"), "logistic model that cannot be used"),
        ("sex", MODELS, "missing value or not a number"),
        (np.r_[np.nan, np.zeros(OURS.n - 1)], MODELS, "missing value or not a number"),
        (np.zeros(3), MODELS, "wrong shape"),
        ("y", WorkingModels(), "variables missing"),
    ],
)
def test_what_cannot_be_estimated_is_refused(y, models, problem):
    """Answers that are no numbers, or that the model cannot have, raise before anything is fitted."""
    with pytest.raises(InvalidInput, match=problem):
        doubly_robust_mean(OURS, REFERENCE, y, models=models)
    with pytest.raises(InvalidInput, match="logistic model"):
        mass_imputation_mean(OURS, _totals(REFERENCE), "high", models=WorkingModels(outcome="logistic"))
    with pytest.raises(InvalidInput, match="unknown choice"):
        WorkingModels(outcome="probit")
    with pytest.raises(InvalidInput, match="confidence level"):
        doubly_robust_mean(OURS, REFERENCE, "y", models=MODELS, level=95)


def test_no_overlap_gives_no_mean():
    """Volunteers beyond the population on a number: no weight, so no weighted mean."""
    ours = SurveySample(columns={"x": [10.0, 11.0, 12.0], "y": [1.0, 2.0, 3.0]})
    people = SurveySample(columns={"x": [1.0, 2.0, 3.0]}, weight=[10.0] * 3)
    with pytest.raises(NotConverged, match="no working models"):
        pseudo_weighted_mean(ours, people, "y", models=WorkingModels(variables=("x",)))


def _copied(sample, times):
    rows = np.tile(np.arange(sample.n), times)
    return SurveySample(columns={k: v[rows] for k, v in sample.columns.items()}, weight=sample.weights[rows])


@pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")  # a small reference overlaps poorly
def test_jackknife_of_both_samples_nears_the_linearised_variance():
    """Each row left out once, both models fitted again: the gap to the formula falls as 1/n, fourfold on four copies."""
    small = World(seed=8, n=4000).draw(120)
    gaps = {}
    for times in (1, 4):
        ours, theirs = (_copied(sample, times) for sample in small)
        found = joint_variance(
            joint_means(ours, theirs, "y", models=MODELS),
            volunteers=replicate_weights(ours, JackknifeOne()),
            reference=replicate_weights(theirs, JackknifeOne()),
        )
        for name, verb in VERBS.items():
            formula = verb(ours, theirs, "y", models=MODELS).standard_error
            gaps[name, times] = abs(found[name] ** 0.5 / formula - 1)
    for name in VERBS:
        assert gaps[name, 4] < 0.4 * gaps[name, 1] < 0.1


def test_totals_leave_the_variance_of_the_volunteers():
    """With totals only the volunteers are redrawn, and the variance is smaller than with the reference sample."""
    ours, theirs = (replicate_weights(sample, RaoWuYue(), n_replicates=99, seed=1) for sample in (OURS, REFERENCE))
    alone = joint_variance(joint_means(OURS, _totals(REFERENCE), "y"), volunteers=ours)
    both = joint_variance(joint_means(OURS, REFERENCE, "y", models=MODELS), volunteers=ours, reference=theirs)
    assert 0 < alone["mass_imputation"] < both["mass_imputation"]


def test_replicates_of_another_sample_are_refused():
    """Replicates missing, in vain, or of another size raise."""
    recipe = joint_means(OURS, REFERENCE, "y", models=MODELS)
    ours, theirs = (replicate_weights(s, RaoWuYue(), n_replicates=4, seed=1) for s in (OURS, REFERENCE))
    for options in ({"volunteers": ours}, {"volunteers": theirs, "reference": theirs}):
        with pytest.raises(InvalidInput, match="replicates of another sample"):
            joint_variance(recipe, **options)
    with pytest.raises(InvalidInput, match="replicates of another sample"):
        joint_variance(joint_means(OURS, _totals(REFERENCE), "y"), volunteers=ours, reference=theirs)


def test_redrawn_totals_are_the_means_with_those_totals():
    """The joint recipe with redrawn totals gives, draw by draw, what the means give with margins of those totals."""
    errors = {"sex": dict.fromkeys(("f", "m"), 40.0), "x": 60.0}
    margins = _totals(REFERENCE, standard_errors=errors)
    models = WorkingModels(form="calibration")
    recipe = joint_means(OURS, margins, "y", models=models)
    drawn = bootstrap.MarginDraws().draw(margins, np.random.default_rng(3), 4)
    assert np.ptp(drawn, axis=0).max() > 1.0
    found = recipe({"volunteers": np.ones((4, OURS.n)), "reference": drawn})
    for b in range(4):
        totals = bootstrap.MarginDraws().one(margins, drawn, b)
        assert found["doubly_robust"][b] == pytest.approx(
            doubly_robust_mean(OURS, totals, "y", models=models).value, rel=1e-9
        )
        assert found["mass_imputation"][b] == pytest.approx(
            mass_imputation_mean(OURS, totals, "y", models=models).value, rel=1e-9
        )


def test_totals_of_their_own_error_widen_the_joint_bootstrap():
    """The variance with redrawn totals is that with exact totals plus the delta-method variance of the totals."""
    margins = _totals(REFERENCE, standard_errors={"x": 900.0})
    recipe = joint_means(OURS, margins, "y", models=WorkingModels(form="calibration"))
    parts = {"volunteers": bootstrap.RaoWuYue(), "reference": bootstrap.MarginDraws()}
    both = bootstrap.replicate(
        recipe,
        {"volunteers": OURS, "reference": margins},
        bootstrap.Joint(schemes=parts),
        n_replicates=4000,
        seed=5,
    )
    alone = bootstrap.replicate(
        recipe,
        {"volunteers": OURS},
        bootstrap.Joint(schemes={"volunteers": parts["volunteers"]}),
        n_replicates=4000,
        seed=5,
    )
    at = [label == ("x", "") for label in margins.labels].index(True)
    step = np.zeros((2, margins.totals.size))
    step[:, at] = [1.0, -1.0]
    moved = recipe({"volunteers": np.ones((2, OURS.n)), "reference": margins.totals + step})
    for name in ("doubly_robust", "mass_imputation"):
        slope = (moved[name][0] - moved[name][1]) / 2
        wanted = np.var(alone[name].values) + (900.0 * slope) ** 2
        assert np.var(both[name].values) == pytest.approx(wanted, rel=0.1)
        assert wanted > 1.2 * np.var(alone[name].values)


def test_components_of_totals_are_checked():
    """A component of another name is refused, with totals as with a sample."""
    recipe = joint_means(OURS, _totals(REFERENCE), "y", models=WorkingModels(form="calibration"))
    with pytest.raises(InvalidInput, match="components of another name"):
        recipe({"volunteers": np.ones((1, OURS.n)), "margins": np.ones((1, 2))})


def test_redrawn_totals_of_another_shape_are_refused():
    """Factors for persons, or too few draws, in place of redrawn totals are an error that names the shape."""
    margins = _totals(REFERENCE)
    recipe = joint_means(OURS, margins, "y", models=WorkingModels(form="calibration"))
    for wrong in (np.ones((3, margins.totals.size + 1)), np.ones((2, margins.totals.size))):
        with pytest.raises(InvalidInput, match="totals do not fit the replicates"):
            recipe({"volunteers": np.ones((3, OURS.n)), "reference": wrong})
