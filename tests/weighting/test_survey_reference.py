"""Linearised estimates against R survey 4.5: every case of four designs, with a list of what is left out and why."""

import json
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import SurveySample
from microwork_estimate.weighting.contrasts import difference
from microwork_estimate.weighting.estimators import mean, ratio, total
from microwork_estimate.weighting.joint import Ratios, joint
from microwork_estimate.weighting.proportions import proportion, shares
from microwork_estimate.weighting.quantile_rules import weighted_quantile
from microwork_estimate.weighting.quantiles import Woodruff, quantile
from microwork_estimate.weighting.views import as_view, view

REFERENCE = Path(__file__).parents[1] / "reference"
FILES = {
    name: json.loads((REFERENCE / f"{name}.json").read_text())
    for name in ("svy_cluster1", "svy_cluster2", "svy_stratified")
}
CASES = {case["id"]: case["output"] for file in FILES.values() for case in file["cases"]}
RTOL = 1e-8

# Some domains are small; that they are said to be so is tested elsewhere.
pytestmark = pytest.mark.filterwarnings(r"ignore:\[few-degrees-of-freedom\]")

LEFT_OUT = {
    "glm_gaussian": "regression models are not estimators of this package",
    "glm_quasibinomial": "regression models are not estimators of this package",
    "chisq_F": "tests of independence are not estimators of this package",
    "chisq_Chisq": "tests of independence are not estimators of this package",
    "chisq_Wald": "tests of independence are not estimators of this package",
    "chisq_adjWald": "tests of independence are not estimators of this package",
    "chisq_lincom": "tests of independence are not estimators of this package",
    "chisq_saddlepoint": "tests of independence are not estimators of this package",
    "ciprop_likelihood": "R solves it to four or five digits only",
    "quantile_ci_score": "the score interval is not offered: R solves it to the nearest observed value only",
    "quantile_point_hf3": "the rule that rounds to even ranks is not offered",
    "quantile_point_shahvaish": "the rule of Shah and Vaish is not offered",
}
LONELY = ("adjust", "average", "certainty", "fail", "remove")
DOMAIN = "stype == 'E' & awards == 'Yes'"


def table(file: str, name: str) -> dict[str, np.ndarray]:
    """Columns of a data frame; R's NA among numbers is NaN."""
    columns = FILES[file]["data"][name]["columns"]
    numeric = {k for k, v in columns.items() if any(isinstance(x, int | float) for x in v)}
    return {
        k: np.array([np.nan if x == "NA" else x for x in v], dtype=float) if k in numeric else np.array(v)
        for k, v in columns.items()
    }


def designs() -> dict[str, SurveySample]:
    """The six designs of the reference."""
    strat, one = table("svy_stratified", "apistrat"), table("svy_cluster1", "apiclus1")
    two, srs = table("svy_cluster2", "apiclus2"), table("svy_cluster2", "apisrs")
    weights = {name: np.array(CASES[f"{name}/design"]["weights"]) for name in ("dclus2", "dsrs")}
    return {
        "dstrat": SurveySample(columns=strat, weight=strat["pw"], strata=strat["stype"], fpc=strat["fpc"]),
        "dstrat_nofpc": SurveySample(columns=strat, weight=strat["pw"], strata=strat["stype"]),
        "dclus1": SurveySample(columns=one, weight=one["pw"], psu=one["dnum"], fpc=one["fpc"]),
        "dclus2": SurveySample(
            columns=two,
            weight=weights["dclus2"],
            psu=two["dnum"],
            second_stage=two["snum"],
            fpc=two["fpc1"],
            second_stage_fpc=two["fpc2"],
        ),
        "dclus2wr": SurveySample(columns=two, weight=two["pw"], psu=two["dnum"], second_stage=two["snum"]),
        "dsrs": SurveySample(columns=srs, weight=weights["dsrs"], fpc=srs["fpc"]),
    }


DESIGNS = designs()
VARIABLES = {"total": ("enroll", "api.stu"), "ratio": ("api.stu", "enroll"), "missing": ("mobility", "acs.core")}
TWO_STAGE = {"total": ("api.stu", "meals"), "ratio": ("api00", "api99"), "missing": ("enroll", "mobility")}


def variables(design: str) -> dict[str, tuple[str, str]]:
    """Which columns the reference uses for a design."""
    return TWO_STAGE if design.startswith("dclus2") else VARIABLES


def close(got, wanted, scale=None):
    """Equal to a relative 1e-8, or to 1e-8 of a scale where the truth is zero."""
    np.testing.assert_allclose(got, wanted, rtol=RTOL, atol=0 if scale is None else RTOL * scale)


def together(sample, names, *, means):
    """Covariance matrix of the totals or means of several columns, through the array function."""
    survey = as_view(sample)
    numerator = np.column_stack([survey.numbers(name) for name in names])
    masks = np.repeat(survey.where[:, None], len(names), axis=1)
    return joint(survey, Ratios(numerator=numerator, denominator=masks.astype(float) if means else None), masks)


def check_table(sample, names, out, *, means):
    """Estimates, standard errors, covariance, t intervals and design effects of several columns."""
    estimator = mean if means else total
    estimates = [estimator(sample, name) for name in names]
    close([e.value for e in estimates], [out["est"][name] for name in names])
    close([e.standard_error for e in estimates], out["se"])
    covariance = np.array(out["vcov"]["values"])
    close(together(sample, names, means=means).covariance, covariance, scale=covariance.max())
    if "ci95_t" in out:
        close([(e.interval.low, e.interval.high) for e in estimates], out["ci95_t"]["values"])
        narrower = [estimator(sample, name, level=0.9).interval for name in names]
        close([(i.low, i.high) for i in narrower], out["ci90_t"]["values"])
        assert {e.diagnostics["degrees_of_freedom"] for e in estimates} == {out["degf"]}
    return estimates


@pytest.mark.parametrize("design", DESIGNS)
def test_design(design):
    """Weights, primary units and degrees of freedom are those of the reference design."""
    out, sample = CASES[f"{design}/design"], DESIGNS[design]
    close(sample.weights, out["weights"])
    assert mean(sample, "api00").diagnostics["degrees_of_freedom"] == out["degf"]
    assert np.unique(sample.psu_codes()).size == out["n_psu"]


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("kind", ["total", "mean"])
def test_total_and_mean(design, kind):
    """Totals and means, their covariance, t intervals and both design effects agree."""
    names = variables(design)["total"] if kind == "total" else ("api00", "api99")
    out = CASES[f"{design}/{kind}"]
    estimates = check_table(DESIGNS[design], names, out, means=kind == "mean")
    close([e.diagnostics["design_effect"] for e in estimates], out["deff"])
    with_replacement = CASES[f"{design}/{kind}_deff_replace"]["deff"]
    close([e.diagnostics["design_effect_with_replacement"] for e in estimates], with_replacement)


@pytest.mark.parametrize("design", DESIGNS)
def test_categories(design):
    """Totals and shares of the categories of a column, with their covariance, agree."""
    sample, kinds = DESIGNS[design], ("E", "H", "M")
    counts, parts = total(sample, np.ones(sample.n), by="stype"), shares(sample, "stype")
    for estimates, case in ((counts, "total_factor"), (parts, "mean_factor")):
        out = CASES[f"{design}/{case}"]
        values = [out["est"][f"stype{kind}"] for kind in kinds]
        close([estimates[kind].value for kind in kinds], values)
        covariance = np.array(out["vcov"]["values"])
        close(estimates.covariance, covariance, scale=max(covariance.max(), 1e-8 * max(values) ** 2))
        if np.any(out["se"]):
            close([estimates[kind].standard_error for kind in kinds], out["se"])
    effects = [parts[kind].diagnostics.get("design_effect") for kind in kinds]
    close(effects, CASES[f"{design}/mean_factor"]["deff"], scale=1e-4)


@pytest.mark.parametrize("design", DESIGNS)
def test_ratio(design):
    """Ratio, standard error, t interval and design effect agree."""
    out = CASES[f"{design}/ratio"]
    estimate = ratio(DESIGNS[design], *variables(design)["ratio"])
    close(estimate.value, out["ratio"]["values"][0][0])
    close(estimate.standard_error, out["se"]["values"][0][0])
    close((estimate.interval.low, estimate.interval.high), out["ci95_t"]["values"][0])
    close(estimate.diagnostics["design_effect"], out["deff"][0])


@pytest.mark.parametrize("design", DESIGNS)
def test_variance_of_a_variable(design):
    """The population variance and covariance are means of squared deviations, and so are their standard errors."""
    sample, out = DESIGNS[design], CASES[f"{design}/var"]
    grown = sample.n / (sample.n - 1)
    deviations = [sample.column(name) - mean(sample, name).value for name in ("api00", "api99")]
    products = [a * b * grown for a in deviations for b in deviations]
    close([mean(sample, p).value for p in products], np.array(out["est"]["values"]).ravel())
    close([mean(sample, p).standard_error for p in products], out["se"])


@pytest.mark.parametrize("design", DESIGNS)
def test_influence(design):
    """The scores of a mean agree respondent by respondent."""
    sample = DESIGNS[design]
    result = together(sample, ("api00",), means=True)
    close(sample.weights * result.linearised[:, 0], CASES[f"{design}/influence_mean"], scale=1e-2)


@pytest.mark.parametrize("design", DESIGNS)
def test_distribution_function(design):
    """The share at or below a value agrees."""
    sample, out = DESIGNS[design], CASES[f"{design}/cdf"]
    got = [proportion(sample, sample.column("api00") <= x).value for x in out["x"]]
    close(got, out["F"])


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("kind", ["by_mean", "by_total", "by2_mean"])
def test_domains(design, kind):
    """Estimates by one column and by two, their standard errors and their covariance agree."""
    sample, out = DESIGNS[design], CASES[f"{design}/{kind}"]
    by = ("stype", "sch.wide") if kind == "by2_mean" else "stype"
    names = variables(design)["total"] if kind == "by_total" else ("api00", "api99")
    place = {name: i for i, name in enumerate(out["vcov"]["rows"])}
    covariance = np.array(out["vcov"]["values"])
    for name in names:
        estimates = (total if kind == "by_total" else mean)(sample, name, by=by)
        labels = [f"{key if isinstance(key, str) else '.'.join(key)}:{name}" for key in estimates]
        at = [place[label] for label in labels]
        close([e.value for e in estimates.values()], [out["est"][label] for label in labels])
        close([e.standard_error for e in estimates.values()], np.array(out["se"])[at])
        close(estimates.covariance, covariance[np.ix_(at, at)], scale=covariance.max())
        if kind == "by_total":
            effects = [e.diagnostics["design_effect"] for e in estimates.values()]
            close(effects, out["table"]["columns"][f"DEff.{name}"])


@pytest.mark.parametrize("design", DESIGNS)
def test_ratio_by_domain(design):
    """Ratios by domain and their standard errors agree."""
    out = CASES[f"{design}/by_ratio"]
    estimates = ratio(DESIGNS[design], *variables(design)["ratio"], by="stype")
    close([e.value for e in estimates.values()], [out["est"][key] for key in estimates])
    close([e.standard_error for e in estimates.values()], out["se"])


@pytest.mark.parametrize("design", DESIGNS)
def test_median_by_domain(design):
    """Medians by domain and their Woodruff intervals agree, with the degrees of freedom of each domain."""
    out = CASES[f"{design}/by_quantile"]["columns"]
    estimates = quantile(DESIGNS[design], "api00", method=Woodruff(interval="t"), by="stype")
    assert [e.value for e in estimates.values()] == out["api00"]
    assert [e.interval.low for e in estimates.values()] == out["ci_l"]
    assert [e.interval.high for e in estimates.values()] == out["ci_u"]


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("kind", ["mean", "total"])
def test_subset(design, kind):
    """A domain keeps the whole design for its variance and has its own degrees of freedom."""
    sample, out = DESIGNS[design], CASES[f"{design}/domain_{kind}"]
    inside = (sample.column("stype") == "E") & (sample.column("awards") == "Yes")
    names = ("api00", "api99") if kind == "mean" else variables(design)["total"]
    estimates = check_table(view(sample, where=inside), names, out, means=kind == "mean")
    if kind == "mean":
        assert {e.diagnostics["degrees_of_freedom"] for e in estimates} == {out["degf_subset"]}


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("kind", ["mean", "total"])
def test_missing_values_as_a_domain(design, kind):
    """Who did not answer is outside the domain, and still in the design."""
    sample, out = DESIGNS[design], CASES[f"{design}/{kind}_na_rm"]
    names = variables(design)["missing"]
    answered = np.all([np.isfinite(sample.column(name)) for name in names], axis=0)
    looked = view(sample, where=answered)
    estimates = [(mean if kind == "mean" else total)(looked, name) for name in names]
    close([e.value for e in estimates], [out["est"][name] for name in names])
    close([e.standard_error for e in estimates], out["se"])
    covariance = np.array(out["vcov"]["values"])
    close(together(looked, names, means=kind == "mean").covariance, covariance, scale=covariance.max())


def test_missing_values_are_refused():
    """Where R gives NA, a missing value is an error that says what to do."""
    assert CASES["dclus2/total_with_NA"]["est"] == {"enroll": "NA"}
    with pytest.raises(InvalidInput, match="where"):
        total(DESIGNS["dclus2"], "enroll")


INTERVALS = {
    "logit": "logit",
    "xlogit": "logit",
    "asin": "arcsine",
    "beta": "korn-graubard-uncapped",
    "wilson": "wilson",
}


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("method", [*INTERVALS, "mean"])
def test_intervals_of_a_share(design, method):
    """Logit, arcsine, Korn-Graubard, Wilson and symmetric intervals of a share agree."""
    sample, out = DESIGNS[design], CASES[f"{design}/ciprop_{method}"]
    whole = sample.column("sch.wide") == "Yes"
    estimate = mean(sample, whole) if method == "mean" else proportion(sample, whole, interval=INTERVALS[method])
    close(estimate.value, out["est"])
    close(estimate.standard_error**2, out["var"])
    close((estimate.interval.low, estimate.interval.high), out["ci95"])


def test_effective_size_is_capped():
    """The effective size of the stratified sample is above its 200 respondents, and the default does not believe it."""
    sample = DESIGNS["dstrat"]
    whole = sample.column("sch.wide") == "Yes"
    capped, uncapped = (
        proportion(sample, whole).interval,
        proportion(sample, whole, interval="korn-graubard-uncapped").interval,
    )
    assert [round(x, 4) for x in (uncapped.low, uncapped.high)] == [0.7742, 0.8734]
    assert [round(x, 4) for x in (capped.low, capped.high)] == [0.7684, 0.8775]


RULES = {"math": "inverse", "school": "average", "hf1": "inverse", "hf2": "average"} | {
    f"hf{k}": f"type{k}" for k in range(4, 10)
}
PROBABILITIES = (0.1, 0.25, 0.5, 0.75, 0.9)
# Equal weights of 200 respondents: 20 of them are exactly one tenth. R adds the weights up in floating point, finds
# less than one tenth (or, for nine tenths, less than nine), and takes the next value.
ROUNDING_IN_R = {("dsrs", rule, p) for rule in ("math", "school", "hf1", "hf2") for p in (0.1, 0.9)}


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("rule", RULES)
def test_quantile_rules(design, rule):
    """Quantiles by eight definitions agree, except where R's floating-point sums miss an exact tenth."""
    sample = DESIGNS[design]
    wanted = CASES[f"{design}/quantile_point_{rule}"]["api00"]["values"][0]
    for probability, value in zip(PROBABILITIES, wanted, strict=True):
        got = weighted_quantile(sample.column("api00"), sample.weights[None, :], probability, RULES[rule])[0]
        if (design, rule, probability) in ROUNDING_IN_R:
            ranked = np.sort(sample.column("api00"))
            k = round(200 * probability)
            assert got == (ranked[k - 1] if RULES[rule] == "inverse" else (ranked[k - 1] + ranked[k]) / 2)
            assert value == ranked[k]
        else:
            close(got, value)


WOODRUFF = {
    "mean": (Woodruff(interval="t"), 0.95),
    "beta": (Woodruff(interval="korn-graubard-uncapped"), 0.95),
    "xlogit": (Woodruff(interval="logit"), 0.95),
    "asin": (Woodruff(interval="arcsine"), 0.95),
    "mean_hf7_90": (Woodruff(rule="type7", interval="t"), 0.9),
}


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("interval", WOODRUFF)
def test_quantile_intervals(design, interval):
    """Woodruff intervals of five kinds and their standard errors agree."""
    method, level = WOODRUFF[interval]
    rows = CASES[f"{design}/quantile_ci_{interval}"]["api00"]["values"]
    for probability, (value, low, high, error) in zip(PROBABILITIES, rows, strict=True):
        # A step beyond the exact tenth takes the value that R takes.
        step = 1e-9 if (design, "math", probability) in ROUNDING_IN_R and method.rule == "inverse" else 0
        estimate = quantile(DESIGNS[design], "api00", probability + step, method=method, level=level)
        close((estimate.value, estimate.interval.low, estimate.interval.high), (value, low, high))
        close(estimate.standard_error, error)


@pytest.mark.parametrize("design", DESIGNS)
def test_two_way_table(design):
    """Estimated numbers in the cells of a table agree."""
    sample, out = DESIGNS[design], CASES[f"{design}/table"]
    cells = total(sample, np.ones(sample.n), by=("sch.wide", "stype"))
    got = [[cells[row, column].value for column in out["cols"]] for row in out["rows"]]
    close(got, out["values"])


@pytest.mark.parametrize("design", DESIGNS)
def test_difference_between_domains(design):
    """The difference between two domains has the t, degrees of freedom, p-value and interval of R's t test."""
    sample, out = DESIGNS[design], CASES[f"{design}/ttest"]
    got = difference(mean(sample, "api00", by="comp.imp"), "Yes", "No")
    close(got.value, out["estimate"]["difference in mean"])
    assert got.diagnostics["degrees_of_freedom"] == out["parameter"]["df"]
    close((got.diagnostics["t"], got.diagnostics["p_value"]), (out["statistic"]["t"], out["p_value"]))
    close((got.interval.low, got.interval.high), out["conf_int"])


@pytest.mark.parametrize("policy", LONELY)
@pytest.mark.parametrize("finite", [False, True])
def test_strata_of_one_unit(policy, finite):
    """The policies for a stratum of one unit agree; failing is an error that names the number of strata."""
    columns = table("svy_stratified", "lonely")
    out = CASES[f"lonely_psu/{policy}{'_fpc' if finite else ''}"]
    sample = SurveySample(
        columns=columns,
        weight=columns["pw"],
        strata=columns["stype"],
        fpc=columns["fpc"] if finite else None,
        lonely_psu="certainty" if policy == "remove" else policy,
    )
    if policy == "fail":
        assert out is None
        with pytest.raises(InvalidInput, match="1 of 3"):
            total(sample, "enroll")
        return
    with pytest.warns(UserWarning, match="lonely-unit"):
        check_table(sample, ("enroll", "api00"), out, means=False)


def test_the_grid_is_complete():
    """Every case of the three files is met above or left out for a stated reason."""
    checked = {
        "design", "total", "mean", "total_deff_replace", "mean_deff_replace", "total_factor", "mean_factor", "ratio",
        "var", "influence_mean", "cdf", "by_mean", "by_total", "by2_mean", "by_ratio", "by_quantile", "domain_mean",
        "domain_total", "mean_na_rm", "total_na_rm", "table", "ttest",
        *(f"ciprop_{m}" for m in (*INTERVALS, "mean")),
        *(f"quantile_point_{r}" for r in RULES),
        *(f"quantile_ci_{i}" for i in WOODRUFF),
    }  # fmt: skip
    met = {f"{design}/{kind}" for design in DESIGNS for kind in checked}
    met |= {f"lonely_psu/{policy}{end}" for policy in LONELY for end in ("", "_fpc")} | {"dclus2/total_with_NA"}
    left = {f"{design}/{kind}" for design in DESIGNS for kind in LEFT_OUT}
    assert met | left == set(CASES)
    assert not met & left
