"""Pseudo-weights of volunteers: equality with other routes, other programs, and what must be refused."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput, MicroworkWarning, NotConverged
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import calibrate, poststratify, pseudo_weights, rake_ipf
from microwork_estimate.weighting.working_fits import LOGISTIC, outcome, roots, weighted_products

VARIABLES = ["sex", "age", "hours"]


def population(n=3000, seed=1):
    """Persons with two categories and a number, and who volunteers."""
    rng = np.random.default_rng(seed)
    sex, age = rng.choice(["f", "m"], n), rng.choice(["young", "middle", "old"], n, p=[0.5, 0.3, 0.2])
    hours = rng.gamma(3.0, 4.0, n)
    u = -3 + 0.8 * (sex == "f") + 0.6 * (age == "young") + 0.05 * hours
    return {"sex": sex, "age": age, "hours": hours}, rng.random(n) < 1 / (1 + np.exp(-u))


def two_samples(n_reference=400, seed=1, **design):
    """Volunteers and a simple random sample of one population."""
    columns, volunteers = population(seed=seed)
    n = volunteers.size
    drawn = np.random.default_rng(seed + 1).choice(n, n_reference, replace=False)
    ours = SurveySample(columns={k: v[volunteers] for k, v in columns.items()})
    weight = np.full(n_reference, n / n_reference)
    return ours, SurveySample(columns={k: v[drawn] for k, v in columns.items()}, weight=weight, **design)


def totals(reference):
    """The totals that a reference sample estimates."""
    margins = {name: {} for name in ("sex", "age")}
    for name, found in margins.items():
        for category in np.unique(reference.column(name)):
            found[str(category)] = float(reference.weights[reference.column(name) == category].sum())
    margins["hours"] = float(reference.weights @ reference.column("hours"))
    return Margins.from_totals(margins, source="reference")


def test_a_census_as_reference_is_ordinary_logistic_regression():
    """With everybody in the reference, the coefficients are those of statsmodels' logit on the whole population."""
    columns, volunteers = population()
    ours = SurveySample(columns={k: v[volunteers] for k, v in columns.items()})
    found = pseudo_weights(ours, SurveySample(columns=columns), VARIABLES)
    dummies = [columns["sex"] == "m", columns["age"] == "old", columns["age"] == "young", columns["hours"]]
    matrix = np.column_stack([np.ones(volunteers.size), *dummies])
    peer = sm.Logit(volunteers.astype(float), matrix).fit(disp=False, method="newton", tol=1e-14)
    assert found.names == ("constant", "sex = m", "age = old", "age = young", "hours")
    np.testing.assert_allclose(found.coefficients, peer.params, rtol=1e-8)
    np.testing.assert_allclose(found.propensity, peer.predict(matrix[volunteers]), rtol=1e-8)


@pytest.mark.parametrize("form", ["likelihood", "calibration"])
def test_saturated_categories_are_poststratification(form):
    """When the variables are one crossing, both forms give each cell the weight of its population."""
    ours, reference = two_samples()
    found = pseudo_weights(ours, reference, ["sex:age"], form=form)
    cells = {}
    for sex, age, w in zip(reference.column("sex"), reference.column("age"), reference.weights, strict=True):
        cells[sex, age] = cells.get((sex, age), 0.0) + float(w)
    margins = Margins.from_totals({("sex", "age"): cells}, source="reference")
    np.testing.assert_allclose(found.sample.weights, poststratify(ours, margins).sample.weights, rtol=1e-8)
    np.testing.assert_allclose(found.sample.weights, calibrate(ours, margins).sample.weights, rtol=1e-7)


def test_calibration_form_is_raking_of_what_the_volunteers_leave():
    """The weight minus 1 is what iterative proportional fitting makes of the totals minus the volunteers."""
    ours, reference = two_samples()
    found = pseudo_weights(ours, reference, ["sex", "age"], form="calibration")
    left = {
        name: {
            str(c): float(reference.weights[reference.column(name) == c].sum() - (ours.column(name) == c).sum())
            for c in np.unique(ours.column(name))
        }
        for name in ("sex", "age")
    }
    raked = rake_ipf(ours, Margins.from_totals(left, source="rest")).sample.weights
    np.testing.assert_allclose(found.sample.weights, 1 + raked, rtol=1e-8)


def test_calibration_form_meets_the_totals_and_the_likelihood_form_nearly():
    """The first leaves no difference on any variable; the second leaves small ones, and both shrink those there were."""
    ours, reference = two_samples()
    exact = pseudo_weights(ours, reference, VARIABLES, form="calibration")
    assert exact.balance.largest_after < 1e-8
    assert exact.sample.weights.sum() == pytest.approx(reference.weights.sum())
    nearly = pseudo_weights(ours, reference, VARIABLES)
    assert 1e-6 < nearly.balance.largest_after < np.abs(nearly.balance.difference_before).max() / 2


def test_totals_give_what_their_sample_gives():
    """Margins, or a formula with the totals of its columns, carry all that the calibration form needs."""
    ours, reference = two_samples()
    by_sample = pseudo_weights(ours, reference, VARIABLES, form="calibration")
    by_totals = pseudo_weights(ours, totals(reference))
    np.testing.assert_allclose(by_totals.sample.weights, by_sample.sample.weights, rtol=1e-8)
    w, column = reference.weights, reference.column
    formula = {"Intercept": w.sum(), "sex[T.m]": w @ (column("sex") == "m"), "hours": w @ column("hours")}
    formula |= {f"age[T.{c}]": float(w @ (column("age") == c)) for c in ("old", "young")}
    margins = Margins.from_formula("~ sex + age + hours", formula, source="reference")
    np.testing.assert_allclose(pseudo_weights(ours, margins).sample.weights, by_sample.sample.weights, rtol=1e-8)
    assert by_totals.form == "calibration"
    assert np.isnan(by_totals.outside_range)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 100), st.floats(-1e3, 1e3), st.integers(0, 1000), st.sampled_from(["likelihood", "calibration"]))
def test_unit_of_a_number_and_order_of_rows_do_not_matter(times, plus, seed, form):
    """Euros or cents, years or birth dates, any order of respondents: the chances are the same."""
    ours, reference = two_samples()
    before = pseudo_weights(ours, reference, VARIABLES, form=form).propensity
    rng = np.random.default_rng(seed)
    a, b = rng.permutation(ours.n), rng.permutation(reference.n)
    moved = [
        SurveySample(
            columns={n: (times * c + plus if n == "hours" else c)[order] for n, c in s.columns.items()},
            weight=s.weights[order],
        )
        for s, order in ((ours, a), (reference, b))
    ]
    np.testing.assert_allclose(pseudo_weights(*moved, VARIABLES, form=form).propensity, before[a], rtol=1e-6)


def test_a_row_of_weight_two_is_two_volunteers():
    """Weights of volunteers say how often a row counts."""
    ours, reference = two_samples()
    twice = ours.with_weights(np.where(np.arange(ours.n) < 5, 2.0, 1.0))
    rows = np.concatenate([np.arange(ours.n), np.arange(5)])
    longer = SurveySample(columns={k: v[rows] for k, v in ours.columns.items()})
    one, other = pseudo_weights(twice, reference, VARIABLES), pseudo_weights(longer, reference, VARIABLES)
    np.testing.assert_allclose(one.propensity, other.propensity[: ours.n], rtol=1e-8)
    assert one.sample.weights.sum() == pytest.approx(other.sample.weights.sum())


def test_another_universe_is_said():
    """Volunteers of one platform weighted to a sample of the active population: the warning wrong-universe."""
    ours, reference = two_samples(universe="active population")
    platform = SurveySample(columns=ours.columns, universe="accounts of one platform")
    with pytest.warns(MicroworkWarning, match="wrong-universe"):
        found = pseudo_weights(platform, reference, VARIABLES)
    assert [w.code for w in found.warnings] == ["wrong-universe"]


def test_poor_overlap_is_said():
    """When a tenth of the population works longer than any volunteer, weights are given with a warning."""
    ours = SurveySample(columns={"hours": np.linspace(1, 20, 40)})
    reference = SurveySample(
        columns={"hours": np.r_[np.linspace(1, 20, 90), np.full(10, 21.0)]}, weight=np.full(100, 9.0)
    )
    with pytest.warns(MicroworkWarning, match="poor-overlap"):
        found = pseudo_weights(ours, reference, ["hours"])
    assert found.outside_range == pytest.approx(0.1)


def test_report_as_text_and_html():
    """The report shows chances, balance, assumptions and warnings, with names escaped in HTML."""
    sample = SurveySample(columns={"<sex>": ["f", "f", "m"]})
    found = pseudo_weights(sample, SurveySample(columns={"<sex>": ["f", "m"]}, weight=[50.0, 50.0]), ["<sex>"])
    assert "largest chance: 0.04" in str(found)
    assert "volunteering-explained" in str(found)
    assert "<sex>" not in found._repr_html_()
    assert found.rows()[0]["name"] == "constant"


@pytest.mark.parametrize(
    ("arguments", "options", "problem"),
    [
        (("sample", None), {}, "variables missing"),
        (("sample", []), {}, "variables missing"),
        (("totals", ["sex"]), {}, "given in vain"),
        (("sample", ["colour"]), {}, "unknown column"),
        (("totals", None), {"form": "likelihood"}, "likelihood without persons"),
        (("sample", ["sex"]), {"form": "probit"}, "unknown choice"),
        (("hours", None), {}, "no number of persons"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, options, problem):
    """Each way of asking for the impossible has an error of its own."""
    ours, reference = two_samples()
    which, variables = arguments
    other = {
        "sample": reference,
        "totals": totals(reference),
        "hours": Margins.from_totals({"hours": 9.0}, source="x"),
    }[which]
    with pytest.raises(InvalidInput, match=problem):
        pseudo_weights(ours, other, variables, **options)


def test_sides_that_differ_are_refused():
    """A category on one side only, no variation, or as many volunteers as persons cannot be weighted away."""
    people = SurveySample(columns={"c": ["a", "b", "b"], "x": [1.0, 2.0, 3.0]}, weight=[10.0] * 3)
    cases = [
        ({"c": ["a", "a"]}, ["c"], "category without respondents"),
        ({"c": ["a", "z"]}, ["c"], "category without total"),
        ({"c": ["a", "b"], "x": [5.0, 5.0]}, ["x"], "do not vary freely"),
        ({"c": ["a", None]}, ["c"], "missing category"),
        ({"c": ["a"] * 20 + ["b"] * 20}, ["c"], "as many volunteers"),
    ]
    for columns, variables, problem in cases:
        with pytest.raises(InvalidInput, match=problem):
            pseudo_weights(SurveySample(columns=columns), people, variables)
    constant = SurveySample(columns={"x": [4.0, 4.0]}, weight=[10.0] * 2)
    with pytest.raises(InvalidInput, match="do not vary freely"):
        pseudo_weights(SurveySample(columns={"x": [3.0, 5.0]}), constant, ["x"])


def test_no_overlap_gives_no_weights():
    """Volunteers that all lie above the population on a number: there is no curve, and no weight is returned."""
    ours = SurveySample(columns={"x": [10.0, 11.0, 12.0]})
    people = SurveySample(columns={"x": [1.0, 2.0, 3.0]}, weight=[10.0] * 3)
    for form in ("likelihood", "calibration"):
        with pytest.raises(NotConverged, match="no propensities"):
            pseudo_weights(ours, people, ["x"], form=form)


def test_fits_on_many_weights_are_those_of_each_alone():
    """The batch gives row by row what one row gives; a row that lost a category is NaN."""
    rng = np.random.default_rng(3)
    matrix = np.column_stack([np.ones(60), rng.normal(size=60), np.arange(60) < 9])
    y, weights = (rng.random(60) < 0.4).astype(float), rng.integers(0, 3, (7, 60)).astype(float)
    weights[3, :9] = 0.0
    together = outcome(matrix, weights, y, "logistic")
    for b in range(7):
        alone = outcome(matrix, weights[b : b + 1], y, "logistic")[0]
        np.testing.assert_allclose(together[b], alone, rtol=1e-9)
    linear = outcome(matrix, weights, y, "linear")
    assert np.isnan(linear[3]).all()
    peer = sm.WLS(y, matrix, weights=weights[0]).fit().params
    np.testing.assert_allclose(linear[0], peer, rtol=1e-9)
    peer = sm.GLM(y, matrix, family=sm.families.Binomial(), freq_weights=weights[0]).fit(tol=1e-13).params
    np.testing.assert_allclose(together[0], peer, rtol=1e-7)
    np.testing.assert_allclose(weighted_products(matrix, weights)[1], matrix.T @ np.diag(weights[1]) @ matrix)


def test_separated_answers_have_no_fit():
    """Answers that a number splits perfectly drive the logistic curve to infinity: NaN, not a large number."""
    matrix = np.column_stack([np.ones(6), np.arange(6.0)])
    assert np.isnan(roots(matrix, np.ones((1, 6)), (np.arange(6) > 2)[None] @ matrix, LOGISTIC)).all()
