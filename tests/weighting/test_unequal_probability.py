"""Variance under unequal chances: R survey 4.5 and sampling 2.9, and what exact enumeration gives."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import SurveySample
from microwork_estimate.weighting.estimators import mean, ratio, total
from microwork_estimate.weighting.unequal_probability import (
    QuadraticForm,
    brewer_form,
    deville_form,
    hartley_rao_form,
    joint_probabilities_form,
    overton_form,
    poisson_form,
)
from microwork_estimate.weighting.views import view

FILE = json.loads((Path(__file__).parents[1] / "reference" / "svy_pps.json").read_text())
CASES = {case["id"]: case["output"] for case in FILE["cases"]}
COLUMNS = {name: np.array(values) for name, values in FILE["data"]["sm"]["columns"].items()}
CHANCES = COLUMNS["pik"]
POPULATION = np.array(FILE["data"]["population"]["columns"]["pik"])
JOINT = np.array(FILE["data"]["jp"]["values"])
SAMPLE = SurveySample(columns=COLUMNS, weight=COLUMNS["w"])
FORMS = {
    "wr": None,
    "br": brewer_form(CHANCES),
    "ov": overton_form(CHANCES, expression="horvitz-thompson"),
    "hr": hartley_rao_form(CHANCES, population_sum=(POPULATION**2).sum() / 8, expression="horvitz-thompson"),
    "hr1": hartley_rao_form(CHANCES, expression="horvitz-thompson"),
    "ht": joint_probabilities_form(JOINT, expression="horvitz-thompson"),
    "yg": joint_probabilities_form(JOINT),
}

pytestmark = pytest.mark.filterwarnings(r"ignore:\[few-degrees-of-freedom\]")


def close(got, wanted, atol=0.0):
    """Equal to a relative 1e-8."""
    np.testing.assert_allclose(got, wanted, rtol=1e-8, atol=atol)


@pytest.mark.parametrize("name", FORMS)
def test_totals(name):
    """Totals of y and of the size x, and their covariance, agree; where the truth is zero, ours is zero."""
    out, looked = CASES[f"{name}/total"], view(SAMPLE, variance=FORMS[name])
    close([total(looked, "y").value, total(looked, "x").value], [out["est"]["y"], out["est"]["x"]])
    covariance = np.array(out["vcov"]["values"])
    close(total(looked, "y").standard_error, np.sqrt(covariance[0, 0]))
    # Values proportional to the chances: R prints 1e-6, 0 or (below zero) NaN; 1e-8 of the total is nothing.
    close(total(looked, "x").standard_error, np.sqrt(max(covariance[1, 1], 0)), atol=1e-8 * out["est"]["x"])


@pytest.mark.parametrize("name", FORMS)
def test_means_and_ratios(name):
    """Mean of y and ratio of y to x, with their standard errors, agree."""
    looked = view(SAMPLE, variance=FORMS[name])
    estimate, out = mean(looked, "y"), CASES[f"{name}/mean"]
    close((estimate.value, estimate.standard_error), (out["est"]["y"], out["se"][0]))
    estimate, out = ratio(looked, "y", "x"), CASES[f"{name}/ratio"]
    close((estimate.value, estimate.standard_error), (out["ratio"]["values"][0][0], out["se"][0]))


def test_other_package():
    """The package sampling gives the same estimates, both expressions of variance, and Deville's approximation."""
    close(total(SAMPLE, "y").value, CASES["sampling/HTestimator"])
    close(mean(SAMPLE, "y").value, CASES["sampling/Hajek_mean"])
    for form, case in ((FORMS["ht"], "varHT_1"), (FORMS["yg"], "varHT_2"), (deville_form(CHANCES), "varest_Deville")):
        close(total(view(SAMPLE, variance=form), "y").standard_error ** 2, CASES[f"sampling/{case}"])


def test_the_grid_is_complete():
    """Every case of the file is met above."""
    met = {f"{name}/{kind}" for name in FORMS for kind in ("total", "mean", "ratio")}
    met |= {f"sampling/{kind}" for kind in ("HTestimator", "Hajek_mean", "varHT_1", "varHT_2", "varest_Deville")}
    assert met == set(CASES)


@pytest.mark.parametrize("expression", ["yates-grundy", "horvitz-thompson"])
def test_forms_are_unbiased_by_enumeration(expression):
    """Averaged over all samples of a design with known chances, the estimated variance is the true one."""
    values = np.array([3.0, 7.0, 1.0, 12.0])
    pairs = list(itertools.combinations(range(4), 2))
    chance = dict(zip(pairs, (0.1, 0.2, 0.15, 0.05, 0.3, 0.2), strict=True))
    single = np.array([sum(p for pair, p in chance.items() if i in pair) for i in range(4)])
    expected, second, first = 0.0, 0.0, 0.0
    for pair, p in chance.items():
        units = list(pair)
        joint = np.array([[single[i] if i == j else p for j in units] for i in units])
        scores = values[units] / single[units]
        expected += p * joint_probabilities_form(joint, expression=expression).covariance(scores[:, None])[0, 0]
        first += p * scores.sum()
        second += p * scores.sum() ** 2
    assert first == pytest.approx(values.sum())
    assert expected == pytest.approx(second - first**2)


def test_equal_chances_give_the_variance_of_simple_random_sampling():
    """With equal chances, every form for a fixed size is that of simple random sampling."""
    n, size = 10, 40
    values = np.arange(n, dtype=float) ** 2
    scores = (values * size / n)[:, None]
    truth = size**2 * (1 - n / size) * values.var(ddof=1) / n
    chances = np.full(n, n / size)
    pairs = np.full((n, n), n * (n - 1) / (size * (size - 1)))
    np.fill_diagonal(pairs, n / size)
    exact = (joint_probabilities_form(pairs), brewer_form(chances), deville_form(chances))
    for form in exact:
        assert form.covariance(scores)[0, 0] == pytest.approx(truth)
    assert poisson_form(chances).covariance(scores)[0, 0] == pytest.approx((1 - n / size) * (scores**2).sum())


def test_negative_variance_is_said():
    """An estimator of variance that comes out below zero gives no standard error and says so."""
    form = QuadraticForm(name="bad", matrix=-np.eye(SAMPLE.n))
    with pytest.warns(UserWarning, match="negative-variance"):
        estimate = total(view(SAMPLE, variance=form), "y")
    assert estimate.standard_error is None
    assert estimate.interval is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: joint_probabilities_form([[0.5, 0.0], [0.0, 0.5]]),
        lambda: joint_probabilities_form([0.5, 0.5]),
        lambda: joint_probabilities_form([[0.5, 0.2], [0.2, 0.5]], expression="other"),
        lambda: overton_form([0.5, 1.5]),
        lambda: brewer_form([0.5]),
        lambda: brewer_form([]),
        lambda: deville_form([0.5, 1.0]),
        lambda: hartley_rao_form([0.5, np.nan]),
        lambda: QuadraticForm(name="x", matrix=[[1.0, 2.0], [0.0, 1.0]]),
        lambda: view(SAMPLE, variance=brewer_form([0.5, 0.5])),
    ],
)
def test_impossible_chances(make):
    """Chances that cannot be, tables that are not symmetric and forms of another sample are errors."""
    with pytest.raises(InvalidInput):
        make()


def test_units_bound_to_be_drawn_add_nothing():
    """When all units were bound to be drawn there is no variance."""
    assert not deville_form([1.0, 1.0]).matrix.any()
    assert not poisson_form([1.0]).matrix.any()
