"""Counts with covariates, in a list or in a sample of it: other programs, known truth, edges, invalid input."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.discrete.truncated_model import TruncatedLFNegativeBinomialP, TruncatedLFPoisson
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from microwork_estimate.capture_recapture import ratio_plot
from microwork_estimate.capture_recapture.count_models import count_domains, count_regression
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs.captured import CapturedPersons
from microwork_estimate.weighting import JackknifeN, replicate_weights

REFERENCE = Path(__file__).parents[1] / "reference" / "counts.json"
SINGLE_R = {"poisson": "ztpoisson", "geometric": "ztgeom", "chao": "chao", "zelterman": "zelterman"}


@cache
def reference() -> dict[str, Any]:
    """Read the results of the other programs."""
    content = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return {"data": content["data"], "cases": {case["id"]: case["output"] for case in content["cases"]}}


def quietly(function: Any, *args: Any, **options: Any) -> Any:
    """Call without the Python warnings, which have tests of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*args, **options)


def codes(estimate: Estimate) -> set[str]:
    """Return the codes of the warnings."""
    return {warning.code for warning in estimate.warnings}


def ends(estimate: Estimate) -> tuple[float, float]:
    """Return the ends of the interval."""
    assert estimate.interval is not None
    return estimate.interval.low, estimate.interval.high


def coefficients(estimate: Estimate, *names: str) -> list[Any]:
    """Return coefficients, then their standard errors."""
    return [estimate.diagnostics[f"{what} of {name}"] for what in ("coefficient", "standard error") for name in names]


@cache
def tables(*names: str) -> CapturedPersons:
    """Put published tables of counts under each other, one row a person, with the table as a covariate."""
    rows = [reference()["data"][name]["columns"] for name in names]
    times = np.concatenate([np.repeat(row["nbcap"], row["freq"]) for row in rows])
    of = np.repeat(names, [sum(row["freq"]) for row in rows])
    return CapturedPersons.from_columns({"times": times, "table": of}, times="times")


def drawn(rng: np.random.Generator, size: int, *, shape: float = np.inf) -> CapturedPersons:
    """Draw a population with two covariates and rates that follow them (and a gamma law), and return who was seen."""
    x, old = rng.normal(size=size), rng.random(size) < 0.4
    rate = np.exp(0.1 + 0.5 * x - 0.6 * old)
    if np.isfinite(shape):
        rate *= rng.gamma(shape, 1 / shape, size)
    times = rng.poisson(rate)
    seen = times > 0
    return CapturedPersons.from_columns({"times": times[seen], "x": x[seen], "old": old[seen] * 1}, times="times")


@pytest.mark.parametrize("family", SINGLE_R)
def test_tables_as_a_covariate_add_up_to_single_r_capture(family):
    """Size and variance are the sums over tables, and each domain has its table's N, standard error and interval."""
    names = ("bbs", "carc") if family == "geometric" else ("bbs", "carc", "corb")
    expected = {name: reference()["cases"][f"{name}/singleRcapture_{SINGLE_R[family]}"] for name in names}
    estimate = quietly(count_regression, tables(*names), "table", family=family)
    assert estimate.value == pytest.approx(sum(e["N"] for e in expected.values()), rel=1e-7)
    assert estimate.standard_error**2 == pytest.approx(sum(e["variance"] for e in expected.values()), rel=1e-6)
    domains = quietly(count_domains, tables(*names), "table", by="table", family=family)
    assert list(domains) == sorted(names)
    for name, output in expected.items():
        assert domains[name].value == pytest.approx(output["N"], rel=1e-7)
        assert domains[name].standard_error == pytest.approx(output["se"], rel=1e-6)
        assert ends(domains[name]) == pytest.approx(output["ci_logNormal"], rel=1e-6)


@pytest.mark.parametrize("family", SINGLE_R)
def test_without_covariates_it_is_single_r_capture(family):
    """N, variance, both intervals, coefficient with standard error, log likelihood and AIC on the carcasses."""
    output = reference()["cases"][f"carc/singleRcapture_{SINGLE_R[family]}"]
    estimate = quietly(count_regression, tables("carc"), family=family)
    assert estimate.value == pytest.approx(output["N"], rel=1e-7)
    assert estimate.standard_error**2 == pytest.approx(output["variance"], rel=1e-6)
    assert ends(estimate) == pytest.approx(output["ci_logNormal"], rel=1e-6)
    expected = [output["coef"]["(Intercept)"], output["coef_se"]["(Intercept)"]]
    assert coefficients(estimate, "Intercept") == pytest.approx(expected, rel=1e-6)
    assert estimate.diagnostics["log_likelihood"] == pytest.approx(output["logLik"], rel=1e-10)
    assert estimate.diagnostics["aic"] == pytest.approx(output["AIC"], rel=1e-10)


def truth_for_statsmodels(truncation: int) -> tuple[CapturedPersons, np.ndarray, np.ndarray]:
    """Return persons with a continuous covariate, and the arrays that statsmodels takes."""
    persons = drawn(np.random.default_rng(79), 3000, shape=2.0)
    columns = persons.sample
    kept = columns.numbers("times") > truncation
    x, old = (np.asarray(columns.column(name), dtype=float)[kept] for name in ("x", "old"))
    return persons, columns.numbers("times")[kept], np.column_stack([np.ones(x.size), x, old])


@pytest.mark.parametrize(("truncation", "form"), [(0, "none"), (1, "singletons_left_out")])
def test_statsmodels_gives_the_same_truncated_poisson_regression(truncation, form):
    """Coefficients, standard errors and log likelihood, zero-truncated and without singletons."""
    persons, times, columns = truth_for_statsmodels(truncation)
    expected = TruncatedLFPoisson(times, columns, truncation=truncation).fit(disp=0, method="newton", maxiter=100)
    estimate = quietly(count_regression, persons, "x + old", one_inflation=form)
    found = coefficients(estimate, "Intercept", "x", "old")
    assert found[:3] == pytest.approx(expected.params, rel=1e-8)
    assert found[3:] == pytest.approx(expected.bse, rel=1e-6)
    assert estimate.diagnostics["log_likelihood"] == pytest.approx(expected.llf, rel=1e-12)


@pytest.mark.parametrize(("truncation", "form"), [(0, "none"), (1, "singletons_left_out")])
def test_statsmodels_agrees_that_the_negative_binomial_fit_is_the_maximum(truncation, form):
    """Its log likelihood has the same value at our coefficients, and is lower all around them."""
    persons, times, columns = truth_for_statsmodels(truncation)
    estimate = quietly(count_regression, persons, "x + old", family="negative_binomial", one_inflation=form)
    found = coefficients(estimate, "Intercept", "x", "old", "log dispersion")
    at = np.array([*found[:3], np.exp(found[3])])
    model = TruncatedLFNegativeBinomialP(times, columns, truncation=truncation)
    assert model.loglike(at) == pytest.approx(estimate.diagnostics["log_likelihood"], rel=1e-10)
    for step in np.vstack([np.eye(4), -np.eye(4)]) * 1e-3:
        assert model.loglike(at + step) < model.loglike(at)


def test_a_logistic_regression_of_another_library_is_behind_chao_and_zelterman():
    """Twice against once in statsmodels gives the coefficients, and with them both sizes."""
    persons = drawn(np.random.default_rng(83), 3000)
    times = persons.sample.numbers("times")
    columns = persons.design_matrix("x + old").values
    few = times <= 2
    fit = GLM(times[few] - 1, columns[few], family=Binomial()).fit(tol=1e-12)
    rate = 2 * np.exp(columns @ fit.params)
    sizes = {
        "zelterman": np.sum(1 / (1 - np.exp(-rate))),
        "chao": times.size + np.sum(1 / (rate + rate**2 / 2)[few]),
    }
    for family, size in sizes.items():
        estimate = quietly(count_regression, persons, "x + old", family=family)
        assert coefficients(estimate, "Intercept", "x", "old")[:3] == pytest.approx(fit.params, rel=1e-7)
        assert coefficients(estimate, "Intercept", "x", "old")[3:] == pytest.approx(fit.bse, rel=1e-6)
        assert estimate.value == pytest.approx(size, rel=1e-8)


@pytest.mark.parametrize(("family", "shape"), [("poisson", np.inf), ("geometric", 1.0), ("negative_binomial", 2.0)])
def test_under_its_own_law_the_interval_covers_and_covariates_matter(family, shape):
    """120 draws: little bias, standard error equal to the spread, coverage near 95 %; without covariates too low."""
    rng = np.random.default_rng(89)
    draws = [drawn(rng, 2000, shape=shape) for _ in range(120)]
    found = [quietly(count_regression, persons, "x + old", family=family) for persons in draws]
    values, errors = (np.array([getattr(e, name) for e in found]) for name in ("value", "standard_error"))
    assert values.mean() == pytest.approx(2000, rel=0.02)
    assert errors.mean() == pytest.approx(values.std(), rel=0.2)
    assert 0.9 <= np.mean([ends(e)[0] <= 2000 <= ends(e)[1] for e in found]) <= 0.99
    if family != "negative_binomial":
        blind = [quietly(count_regression, persons, family=family) for persons in draws]
        assert np.mean([ends(e)[1] < 2000 for e in blind]) > 0.4


def test_chaos_bound_with_covariates_is_nearer_to_the_truth_and_still_a_bound():
    """Unequal rates beyond the covariates: bound without < bound with covariates < truth, on the mean of 60 draws."""
    rng = np.random.default_rng(97)
    draws = [drawn(rng, 4000, shape=2.0) for _ in range(60)]
    blind, informed = (
        np.mean([quietly(count_regression, persons, formula, family="chao").value for persons in draws])
        for formula in ("1", "x + old")
    )
    assert blind < informed < 4000


@pytest.mark.parametrize("form", ["before_truncation", "after_truncation"])
def test_one_inflation_with_covariates_recovers_the_truth_and_the_plain_law_does_not(form):
    """80 draws of each kind of people who come once: coverage near 95 %, and the plain regression too high."""
    rng = np.random.default_rng(101)
    found, plain = [], []
    for _ in range(80):
        x = rng.normal(size=3000)
        times = rng.poisson(np.exp(0.3 + 0.5 * x))
        once = rng.random(3000) < 0.3
        times = np.where(once, 1, times) if form == "before_truncation" else np.where(once & (times > 1), 1, times)
        persons = CapturedPersons.from_columns({"times": times[times > 0], "x": x[times > 0]}, times="times")
        found.append(quietly(count_regression, persons, "x", one_inflation=form))
        plain.append(quietly(count_regression, persons, "x"))
    assert np.mean([e.value for e in found]) == pytest.approx(3000, rel=0.03)
    assert np.mean([ends(e)[0] <= 3000 <= ends(e)[1] for e in found]) >= 0.88
    assert np.mean([ends(e)[0] > 3000 for e in plain]) > 0.95


def test_the_order_of_people_who_come_once_matters_with_covariates_too():
    """On tables with many singletons: before < after < plain, and leaving singletons out is before."""
    sizes = [
        quietly(count_regression, tables("carc"), one_inflation=form).value
        for form in ("before_truncation", "singletons_left_out", "after_truncation", "none")
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-8)
    assert sizes[1] < sizes[2] < sizes[3]


def strata_sample(rng: np.random.Generator, seen: CapturedPersons) -> dict[str, Any]:
    """Draw a stratified sample of persons seen, 100 who are old and 150 who are not, with weights and population."""
    old = np.asarray(seen.sample.column("old"))
    chosen = np.concatenate([rng.choice(np.flatnonzero(old == v), m, replace=False) for v, m in ((1, 100), (0, 150))])
    sizes = np.array([np.sum(old == 0), np.sum(old == 1)])
    taken = np.array([150, 100])
    columns = {name: np.asarray(seen.sample.column(name))[chosen] for name in ("times", "x", "old")}
    codes_of = columns["old"]
    return columns | {"weight": (sizes / taken)[codes_of], "fpc": sizes[codes_of].astype(float)}


@pytest.mark.parametrize("finite", [False, True])
def test_a_stratified_sample_of_those_seen_covers_the_whole(finite):
    """100 populations, each sampled: little bias, standard error equal to the spread, coverage near 95 %."""
    rng = np.random.default_rng(103)
    found = []
    for _ in range(100):
        # With a finite population nearly half of those seen are in the sample.
        columns = strata_sample(rng, drawn(rng, 1000 if finite else 3000))
        weight, fpc = columns.pop("weight"), columns.pop("fpc")
        design = {"weight": weight, "strata": columns["old"], "fpc": fpc if finite else None}
        persons = CapturedPersons.from_columns(columns, times="times", **design)
        found.append(quietly(count_regression, persons, "x + old"))
    size = 1000 if finite else 3000
    values, errors = (np.array([getattr(e, name) for e in found]) for name in ("value", "standard_error"))
    assert values.mean() == pytest.approx(size, rel=0.03)
    assert errors.mean() == pytest.approx(values.std(), rel=0.2)
    assert 0.88 <= np.mean([ends(e)[0] <= size <= ends(e)[1] for e in found]) <= 1.0
    assert "known-weights" in {a.id for a in found[0].assumptions}
    assert "pseudo-likelihood, linearised variance" in found[0].method


def test_ignoring_weights_that_go_with_sightings_fails():
    """Must fail: persons seen often are sampled more; without weights the size is far too low, with them right."""
    rng = np.random.default_rng(107)
    with_weights, without = [], []
    for _ in range(40):
        seen = drawn(rng, 5000)
        times = seen.sample.numbers("times")
        chance = np.minimum(1.0, 0.08 * times)
        taken = rng.random(times.size) < chance
        columns = {name: np.asarray(seen.sample.column(name))[taken] for name in ("times", "x", "old")}
        scale = times.size / taken.sum()
        weighted = CapturedPersons.from_columns(columns, times="times", weight=1 / chance[taken])
        blind = CapturedPersons.from_columns(columns, times="times", weight=np.full(taken.sum(), scale))
        with_weights.append(quietly(count_regression, weighted, "x + old"))
        without.append(quietly(count_regression, blind, "x + old"))
    assert np.mean([e.value for e in with_weights]) == pytest.approx(5000, rel=0.04)
    assert np.mean([ends(e)[0] <= 5000 <= ends(e)[1] for e in with_weights]) >= 0.85
    assert np.mean([ends(e)[1] < 5000 for e in without]) > 0.9


def clustered() -> CapturedPersons:
    """Return a sample of 160 clusters in four strata."""
    rng = np.random.default_rng(109)
    cluster = np.repeat(np.arange(160), 6)
    x = rng.uniform(-1, 1, 960)
    rate = np.exp(0.2 + 0.3 * x + rng.uniform(-0.8, 0.8, 160)[cluster])
    times = rng.poisson(rate)
    while (times == 0).any():
        times = np.where(times == 0, rng.poisson(rate), times)
    return CapturedPersons.from_columns(
        {"times": times, "x": x}, times="times", weight=np.full(960, 12.5), psu=cluster, strata=cluster // 40
    )


def test_replicate_weights_and_linearisation_agree():
    """Jackknife of 160 clusters in strata: the same value, degrees of freedom, and a standard error within 5 %."""
    persons = clustered()
    replicates = replicate_weights(persons.sample, JackknifeN())
    linear, again = (quietly(count_regression, persons, "x", replicates=r) for r in (None, replicates))
    assert again.value == linear.value
    assert again.standard_error == pytest.approx(linear.standard_error, rel=0.05)
    assert linear.diagnostics["degrees_of_freedom"] == again.diagnostics["degrees_of_freedom"] == 156
    assert "replicate weights" in again.method
    plain = CapturedPersons.from_columns(
        {name: persons.sample.column(name) for name in ("times", "x")}, times="times", weight=persons.weights
    )
    assert linear.standard_error > 1.1 * quietly(count_regression, plain, "x").standard_error


def test_a_census_taken_as_a_sample_has_the_model_variance():
    """All persons seen, with a finite population of themselves: the same value, and the variance of who was seen."""
    persons = drawn(np.random.default_rng(113), 4000)
    columns = {name: np.asarray(persons.sample.column(name)) for name in ("times", "x", "old")}
    census = CapturedPersons.from_columns(columns, times="times", fpc=np.full(persons.n, float(persons.n)))
    listed, sampled = (quietly(count_regression, p, "x + old") for p in (persons, census))
    assert sampled.value == pytest.approx(listed.value, rel=1e-12)
    assert sampled.standard_error == pytest.approx(listed.standard_error, rel=0.05)


def test_weights_scale_the_size_and_nothing_else():
    """Twice the weights, twice the persons; the coefficients stay."""
    persons = clustered()
    doubled = CapturedPersons.from_columns(
        {name: persons.sample.column(name) for name in ("times", "x")},
        times="times",
        weight=2 * persons.weights,
        psu=persons.sample.psu,
        strata=persons.sample.strata,
    )
    one, two = (quietly(count_regression, p, "x") for p in (persons, doubled))
    assert two.value == pytest.approx(2 * one.value, rel=1e-10)
    assert coefficients(two, "Intercept", "x") == pytest.approx(coefficients(one, "Intercept", "x"), rel=1e-8)


def test_a_category_seen_once_only_has_no_upper_limit():
    """Its persons stand for infinitely many: no value, and the others give the lower bound."""
    columns = {"times": [1] * 60 + [2] * 25 + [3] * 10 + [1] * 20, "g": ["a"] * 95 + ["b"] * 20}
    persons = CapturedPersons.from_columns(columns, times="times")
    others = CapturedPersons.from_columns({"times": columns["times"][:95]}, times="times")
    with pytest.warns(MicroworkWarning, match="boundary"):
        estimate = count_regression(persons, "g")
    assert (estimate.value, estimate.standard_error, estimate.interval) == (None, None, None)
    assert estimate.bounds is not None
    assert estimate.bounds.low == pytest.approx(count_regression(others).value + 20, rel=1e-6)
    assert estimate.bounds.high == np.inf
    domains = quietly(count_domains, persons, "g", by="g")
    assert domains["a"].value == pytest.approx(count_regression(others).value, rel=1e-6)
    assert domains["b"].value is None


def test_a_category_seen_often_only_is_nearly_all_seen():
    """Chao's regression with a category of doubletons only: its logit runs off and the size stays finite."""
    columns = {"times": [1] * 60 + [2] * 25 + [2] * 20, "g": ["a"] * 85 + ["b"] * 20}
    persons = CapturedPersons.from_columns(columns, times="times")
    estimate = quietly(count_regression, persons, "g", family="chao")
    assert estimate.value == pytest.approx(105 + 60**2 / (2 * 25), rel=1e-6)
    assert np.isfinite(estimate.standard_error)


def test_estimates_that_run_away_say_so():
    """Hardly anybody seen twice: more than fifty times the persons seen."""
    persons = CapturedPersons.from_columns({"times": [1] * 400 + [2]}, times="times")
    with pytest.warns(MicroworkWarning, match="runaway"):
        estimate = count_regression(persons)
    assert estimate.value > 50 * 401


def test_warnings_of_the_ratio_plot_come_with_the_plain_law_only():
    """Too many singletons are said, unless the model takes care of them; the residual is always there."""
    rng = np.random.default_rng(127)
    times = rng.poisson(1.5, 20000)
    times[(times > 1) & (rng.random(times.size) < 0.4)] = 1
    persons = CapturedPersons.from_columns({"times": times[times > 0]}, times="times")
    assert "one-inflation" in codes(quietly(count_regression, persons))
    inflated = quietly(count_regression, persons, one_inflation="after_truncation")
    assert codes(inflated) == set()
    residual = ratio_plot(persons.counts).singleton_residual
    assert inflated.diagnostics["singleton_residual"] == pytest.approx(residual)


def test_a_share_of_one_inflation_that_falls_to_zero_is_said():
    """Too few singletons with a covariate: the plain regression, and the warning."""
    persons = CapturedPersons.from_columns(
        {"times": [1] * 50 + [2] * 60 + [3] * 40 + [4] * 20, "x": np.arange(170) % 7}, times="times"
    )
    with pytest.warns(MicroworkWarning, match="no-one-inflation"):
        estimate = count_regression(persons, "x", one_inflation="before_truncation")
    assert estimate.value == pytest.approx(quietly(count_regression, persons, "x").value, rel=1e-9)


def test_invalid_input_is_refused():
    """Words, levels, replicate weights of another sample, counts that a family does not look at, unknown domains."""
    persons = tables("corb")
    with pytest.raises(InvalidInput, match="one of 'poisson'"):
        count_regression(persons, family="binomial")
    with pytest.raises(InvalidInput, match="confidence level"):
        count_regression(persons, level=95)
    with pytest.raises(InvalidInput, match="unknown column"):
        count_domains(persons, by="region")
    often = CapturedPersons.from_columns({"times": [3, 4, 5]}, times="times")
    with pytest.raises(InvalidInput, match="persons seen once or twice"):
        count_regression(often, family="chao")
    once = CapturedPersons.from_columns({"times": [1, 1]}, times="times")
    with pytest.raises(InvalidInput, match="persons seen more than once"):
        count_regression(once, one_inflation="singletons_left_out")
    sample = clustered()
    replicates = replicate_weights(sample.sample, JackknifeN())
    with pytest.raises(InvalidInput, match="replicate weights without a sample"):
        count_regression(persons, replicates=replicates)
    other = CapturedPersons.from_columns({"times": [1, 1, 2]}, times="times", weight=[2.0, 3.0, 2.0])
    with pytest.raises(InvalidInput, match="replicate weights of another sample"):
        quietly(count_regression, other, replicates=replicates)


def test_one_cluster_gives_no_standard_error():
    """Nothing varies between one unit: a value, no error, and a warning."""
    columns = {"times": [1] * 30 + [2] * 12}
    certain, alone = (
        CapturedPersons.from_columns(columns, times="times", psu=[1] * 42, lonely_psu=policy)
        for policy in ("certainty", "fail")
    )
    with pytest.warns(MicroworkWarning, match="no-degrees-of-freedom"):
        estimate = count_regression(certain)
    assert estimate.value > 42
    assert (estimate.standard_error, estimate.interval) == (None, None)
    with pytest.raises(InvalidInput, match="a stratum with a single unit"):
        count_regression(alone)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 6), min_size=20, max_size=80).filter(lambda t: max(t) > 1 and min(t) == 1),
    st.sampled_from(["poisson", "geometric", "chao", "zelterman"]),
    st.integers(0, 10**6),
)
def test_properties(times, family, seed):
    """At least the persons seen; the order of rows is nothing; two categories add up to the whole."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, len(times))
    persons = CapturedPersons.from_columns({"times": times, "x": x}, times="times")
    estimate = quietly(count_regression, persons, family=family)
    if estimate.value is None:
        return
    order = rng.permutation(len(times))
    shuffled = CapturedPersons.from_columns({"times": np.array(times)[order], "x": x[order]}, times="times")
    assert estimate.value >= len(times)
    assert quietly(count_regression, shuffled, family=family).value == pytest.approx(estimate.value, rel=1e-9)
    parts = quietly(count_domains, persons, by="x", family=family)
    assert sum(part.value for part in parts.values()) == pytest.approx(estimate.value, rel=1e-9)
