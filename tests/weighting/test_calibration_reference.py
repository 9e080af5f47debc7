"""Calibrated weights against R survey 4.5, sampling 2.9 and icarus 0.3.2, case by case; no case is left aside."""

import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import (
    InfeasibleMargins,
    WeightBounds,
    calibrate,
    calibrate_replicates,
    poststratify,
    rake_ipf,
    truncate,
)
from microwork_estimate.weighting.calibration import fit
from microwork_estimate.weighting.preflight import prepare, reduce_rows

REFERENCE = Path(__file__).parents[1] / "reference"
SURVEY = json.loads((REFERENCE / "calibration.json").read_text())
OTHER = json.loads((REFERENCE / "calibration_other.json").read_text())
CASES = {case["id"]: case for case in SURVEY["cases"]}
OTHER_CASES = {case["id"]: case for case in OTHER["cases"]}

# Estimates with these weights, and their standard errors, are the matter of the tests of variance.
ESTIMATES = re.compile(r"/(mean|total|ratio|by_mean|by_total|quantile|stype_total|api99_total)$")


def table(file, name):
    """Columns of a data frame of a reference file."""
    return {key: np.array(values) for key, values in file["data"][name]["columns"].items()}


def designs():
    """The samples of the file: a cluster sample, a stratified one and a two-stage one."""
    one, strat, two = (table(SURVEY, name) for name in ("apiclus1", "apistrat", "apiclus2"))
    drawn = np.array([np.sum(two["dnum"] == d) for d in two["dnum"]])
    return {
        "dclus1": SurveySample(columns=one, weight=one["pw"], psu=one["dnum"], fpc=one["fpc"]),
        "rclus1": SurveySample(columns=one, weight=one["pw"], psu=one["dnum"], fpc=one["fpc"]),
        "dstrat": SurveySample(columns=strat, weight=strat["pw"], strata=strat["stype"], fpc=strat["fpc"]),
        "dclus2": SurveySample(columns=two, weight=two["fpc1"] / 40 * two["fpc2"] / drawn),
    }


DESIGNS = designs()
TYPES = {"stype": {"E": 4421, "H": 755, "M": 1018}}
SCHOOL_WIDE = {"sch.wide": {"No": 1072, "Yes": 5122}}
AWARDS = {"awards": {"No": 2027, "Yes": 4167}}
API99 = {"api99": 3914069}


def margins(*totals):
    """Margins of the population of Californian schools."""
    return Margins.from_totals({k: v for t in totals for k, v in t.items()}, source="apipop of R survey")


def joint():
    """The crossing of type and awards."""
    found = table(SURVEY, "pop.joint")
    cells = zip(found["stype"].tolist(), found["awards"].tolist(), found["Freq"].tolist(), strict=True)
    return {("stype", "awards"): {(a, b): n for a, b, n in cells}}


def linear(design):
    """The linear calibration from which trimming starts."""
    return calibrate(DESIGNS[design], margins(TYPES, API99), method="linear").sample


def within(low, high, on="ratio"):
    """Bounds in one word."""
    return WeightBounds(low=low, high=high, on=on)


def on_weight(low, high):
    """Bounds of weights."""
    return within(low, high, "weight")


LOGIT = partial(calibrate, margins=margins(TYPES, API99), method="logit")
TRUNCATED = partial(calibrate, margins=margins(TYPES, API99), method="truncated_linear")
CLUSTERS, STRATA = DESIGNS["dclus1"], DESIGNS["dstrat"]
# What gives the weights of each block of the file. Raking by two routes is compared to both of R's.
ROUTES = {
    "poststrat_clus1_stype": lambda: poststratify(CLUSTERS, margins(TYPES)).sample,
    "poststrat_strat_awards": lambda: poststratify(STRATA, margins(AWARDS)).sample,
    "poststrat_clus1_joint": lambda: poststratify(CLUSTERS, margins(joint())).sample,
    "poststrat_clus2_stype": lambda: poststratify(DESIGNS["dclus2"], margins(TYPES)).sample,
    "rake_default_clus1": lambda: rake_ipf(CLUSTERS, margins(TYPES, SCHOOL_WIDE), stop_at_change=1).sample,
    "rake_tight_clus1": lambda: rake_ipf(CLUSTERS, margins(TYPES, SCHOOL_WIDE)).sample,
    "rake_tight_strat_2m": lambda: calibrate(STRATA, margins(AWARDS, SCHOOL_WIDE)).sample,
    "rake_tight_clus1_3m": lambda: calibrate(CLUSTERS, margins(TYPES, SCHOOL_WIDE, AWARDS)).sample,
    "cal_trunclin_dclus1_0.6_1.6": lambda: TRUNCATED(CLUSTERS, bounds=within(0.6, 1.6)).sample,
    "cal_trunclin_dstrat_0.95_1.05": lambda: TRUNCATED(STRATA, bounds=within(0.95, 1.05)).sample,
    "cal_logit_dclus1_0.5_2.5": lambda: LOGIT(CLUSTERS, bounds=within(0.5, 2.5)).sample,
    "cal_logit_dclus1_0.6_1.6": lambda: LOGIT(CLUSTERS, bounds=within(0.6, 1.6)).sample,
    "cal_logit_dstrat_0.9_1.1": lambda: LOGIT(STRATA, bounds=within(0.9, 1.1)).sample,
    "cal_boundsconst_dclus1": lambda: TRUNCATED(CLUSTERS, bounds=on_weight(20, 55)).sample,
    "cal_ratio_dstrat": lambda: (
        calibrate(STRATA, margins(API99), method="linear", q=1 / STRATA.numbers("api99")).sample
    ),
    "cal_noint_linear_dstrat": lambda: calibrate(STRATA, margins(API99), method="linear").sample,
    "cal_sinh_dclus1": lambda: calibrate(CLUSTERS, margins(TYPES, API99), method="sinh", bounds=within(0.2, 5)).sample,
    "trim_loose": lambda: truncate(linear("dclus1"), on_weight(20, 50), strict=False),
    "trim_strict": lambda: truncate(linear("dclus1"), on_weight(20, 50)),
    "trim_upper_only": lambda: truncate(STRATA, on_weight(0, 40), strict=False),
    "cal_trim_arg": lambda: truncate(LOGIT(CLUSTERS, bounds=within(0.5, 2.5)).sample, within(0.7, 1.5), strict=False),
    "rep_poststrat": lambda: poststratify(DESIGNS["rclus1"], margins(TYPES)).sample,
    "rep_rake_tight": lambda: rake_ipf(DESIGNS["rclus1"], margins(TYPES, SCHOOL_WIDE)).sample,
    "rep_cal_linear": lambda: linear("rclus1"),
    "rep_cal_raking": lambda: calibrate(DESIGNS["rclus1"], margins(TYPES, API99)).sample,
}
for _design in ("dclus1", "dstrat", "dclus2"):
    _sample = DESIGNS[_design]
    ROUTES |= {
        f"cal_linear_{_design}_stype": lambda s=_sample: calibrate(s, margins(TYPES), method="linear").sample,
        f"cal_linear_{_design}_stype_api99": lambda d=_design: linear(d),
        f"cal_raking_{_design}_stype_api99": lambda s=_sample: calibrate(s, margins(TYPES, API99)).sample,
        f"cal_raking_default_eps_{_design}": lambda s=_sample: calibrate(s, margins(TYPES, API99)).sample,
    }
# Cases with a test of their own below.
APART = {
    "cal_infeasible_dclus1/weights",
    "cal_infeasible_dclus1_force/weights",
    "cal_aggregate_stage1_dclus1/weights",
    "poststrat_missing_cell",
    "poststrat_partial",
    "rep_cal_linear/replicate_factors",
}

pytestmark = pytest.mark.filterwarnings(r"ignore:\[margins-not-met\]")


def test_the_grid_of_survey_cases_is_complete():
    """Each of the 233 cases is met here, or is an estimate whose standard error the tests of variance meet."""
    here = {f"{block}/weights" for block in ROUTES} | APART
    estimates = {name for name in CASES if ESTIMATES.search(name)}
    assert len(CASES) == 233
    assert here | estimates == set(CASES)
    assert not here & estimates


@pytest.mark.parametrize("block", sorted(ROUTES))
def test_weights_agree_with_r_survey(block):
    """Weights agree to 1e-8, or to what the file says of R's own accuracy where that is less."""
    case = CASES[f"{block}/weights"]
    tolerance = max(1e-8, case.get("suggested_rtol") or 0.0)
    np.testing.assert_allclose(ROUTES[block]().weights, case["output"]["weights"], rtol=tolerance)


@pytest.mark.parametrize("design", ["dclus1", "dstrat", "dclus2"])
@pytest.mark.parametrize("method", ["linear", "raking"])
def test_a_formula_gives_the_same_weights_as_a_mapping(design, method):
    """Totals named by the columns of a formulaic formula calibrate to the weights of R's formula."""
    totals = {"(Intercept)": 6194, "stype[T.H]": 755, "stype[T.M]": 1018, "api99": 3914069}
    by_formula = Margins.from_formula("~ stype + api99", totals, source="apipop of R survey")
    found = calibrate(DESIGNS[design], by_formula, method=method).sample.weights
    expected = CASES[f"cal_{method}_{design}_stype_api99/weights"]["output"]["weights"]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_what_r_cannot_reach_is_refused_with_the_margins_named():
    """R stops with "Calibration failed", or returns its last iterate by force; here the change needed is named."""
    with pytest.raises(InfeasibleMargins, match=r"stype = H: 755 would have to be"):
        TRUNCATED(CLUSTERS, bounds=within(0.99, 1.01))
    assert CASES["cal_infeasible_dclus1/weights"]["error"] == "Calibration failed"
    forced = np.array(CASES["cal_infeasible_dclus1_force/weights"]["output"]["weights"])
    assert abs(forced.sum() / 6194 - 1) > 1e-6  # what R returns by force misses even the number of schools


def test_calibration_by_cluster_agrees_and_refuses_negative_weights():
    """One ratio for each cluster: R's ratios to 1e-8, two of which are negative, so no sample comes back."""
    expected = CASES["cal_aggregate_stage1_dclus1/weights"]["output"]["weights"] / CLUSTERS.weights
    prepared = prepare(CLUSTERS, margins(TYPES, API99), "psu")
    reduced = reduce_rows(prepared, CLUSTERS.weights, None, (-np.inf, np.inf))
    np.testing.assert_allclose(reduced.scatter(fit(reduced, "linear").ratio), expected, rtol=1e-8)
    with pytest.raises(InvalidInput, match="weights of zero or below"):
        calibrate(CLUSTERS, margins(TYPES, API99), method="linear", equal_within="psu")


def test_a_type_missing_from_the_population_is_refused():
    """R says "This Can't Happen"; here the category is named."""
    assert "This Can't Happen" in CASES["poststrat_missing_cell"]["error"]
    with pytest.raises(InvalidInput, match=r"category without total.*'M'"):
        poststratify(STRATA, Margins.from_totals({"stype": {"E": 4421, "H": 755}}, source="two of three types"))


def test_a_type_missing_from_the_sample_is_left_out_by_hand():
    """R's partial=TRUE ignores the type; here it raises, and leaving it out of the margin gives R's total."""
    kept = CLUSTERS.column("stype") != "M"
    columns = {name: values[kept] for name, values in CLUSTERS.columns.items()}
    sample = SurveySample(columns=columns, weight=CLUSTERS.weights[kept])
    with pytest.raises(InvalidInput, match=r"category without respondents.*'M'"):
        poststratify(sample, margins(TYPES))
    partial_margins = Margins.from_totals({"stype": {"E": 4421, "H": 755}}, source="without middle schools")
    found = poststratify(sample, partial_margins).sample
    expected = CASES["poststrat_partial"]["output"]["est"]["enroll"]
    assert found.weights @ found.numbers("enroll") == pytest.approx(expected, rel=1e-8)


def test_each_jackknife_replicate_is_calibrated_anew():
    """Replicates without one district each, calibrated in one operation, agree with R's, factor by factor."""
    expected = CASES["rep_cal_linear/replicate_factors"]["output"]
    districts = list(dict.fromkeys(CLUSTERS.column("dnum").tolist()))
    n = len(districts)
    base = np.array([CLUSTERS.weights * (CLUSTERS.column("dnum") != d) * n / (n - 1) for d in districts])
    found = calibrate_replicates(CLUSTERS, margins(TYPES, API99), base, method="linear")
    np.testing.assert_allclose(found.sum(axis=1), expected["col_sums_of_analysis_weights"], rtol=1e-8)
    factors = np.array(expected["matrix_first_3_cols"]["values"], dtype=float).reshape(-1, 3)
    np.testing.assert_allclose((found[:3] / linear("dclus1").weights).T, factors, rtol=1e-8, atol=1e-8)


# --- icarus and sampling ------------------------------------------------------------------------------------------


def employees():
    """The example of CALMAR that comes with icarus."""
    columns = table(OTHER, "de")
    totals = {
        "category": {1: 80, 2: 90, 3: 60},
        "sex": {1: 140, 2: 90},
        "department": {1: 100, 2: 130},
        "salary": 470000,
    }
    return SurveySample(columns=columns, weight=columns["weight"]), Margins.from_totals(totals, source="icarus")


def schools():
    """The stratified sample with the totals of the file (its total of awards is not the true one: 4191 for 4167)."""
    columns = table(OTHER, "st")
    totals = {"stype": TYPES["stype"], "awards": {"No": 6194 - 4191, "Yes": 4191}, **API99}
    return SurveySample(columns=columns, weight=columns["pw"]), Margins.from_totals(totals, source="made for a test")


def by_icarus(method, bounds=None):
    """Calibrated weights of the employees."""
    sample, totals = employees()
    return calibrate(sample, totals, method=method, bounds=bounds).sample.weights


def by_sampling(method, bounds=None, q=None):
    """Ratios of the schools."""
    sample, totals = schools()
    scale = None if q is None else q(sample)
    return calibrate(sample, totals, method=method, bounds=bounds, q=scale).sample.weights / sample.weights


OTHER_ROUTES = {
    "icarus_raking": lambda: by_icarus("raking"),
    "icarus_logit": lambda: by_icarus("logit", within(0.4, 2.2)),
    "icarus_logit__0.35_2.6_": lambda: by_icarus("logit", within(0.35, 2.6)),
    "sampling_linear": lambda: by_sampling("linear"),
    "sampling_raking": lambda: by_sampling("raking"),
    "sampling_truncated_bounds_c_0.85_1.2_": lambda: by_sampling("truncated_linear", within(0.85, 1.2)),
    "sampling_logit_bounds_c_0.7_1.5_": lambda: by_sampling("logit", within(0.7, 1.5)),
    "sampling_linear_q_1_st_enroll": lambda: by_sampling("linear", q=lambda s: 1 / s.numbers("enroll")),
}


OTHER_APART = {"icarus_linear", "icarus_logit__0.5_1.9_", "sampling_logit_bounds_c_0.85_1.2_"}


def test_the_grid_of_other_cases_is_complete():
    """Each of the 11 cases has a route or a test of its own."""
    assert len(OTHER_CASES) == 11
    assert set(OTHER_ROUTES) | OTHER_APART == set(OTHER_CASES)


@pytest.mark.parametrize("name", sorted(OTHER_ROUTES))
def test_weights_agree_with_icarus_and_sampling(name):
    """Weights agree to 1e-8, or to what the file says of the package's own accuracy (1e-6)."""
    case = OTHER_CASES[name]
    tolerance = max(1e-8, case.get("suggested_rtol") or 0.0)
    np.testing.assert_allclose(OTHER_ROUTES[name](), case["output"], rtol=tolerance)


def test_bounds_that_icarus_does_not_reach_are_proved_out_of_reach():
    """Where icarus gives up after 2,500 steps, a linear program says that nothing within the bounds exists."""
    assert OTHER_CASES["icarus_logit__0.5_1.9_"]["error"].startswith("No convergence")
    with pytest.raises(InfeasibleMargins, match="would have to be"):
        by_icarus("logit", within(0.5, 1.9))


def test_negative_weights_of_icarus_are_met_and_refused():
    """The linear weights of the example of CALMAR agree, and as one is negative no sample comes back."""
    sample, totals = employees()
    expected = np.array(OTHER_CASES["icarus_linear"]["output"])
    reduced = reduce_rows(prepare(sample, totals), sample.weights, None, (-np.inf, np.inf))
    np.testing.assert_allclose(sample.weights * fit(reduced, "linear").ratio, expected, rtol=1e-8)
    assert expected.min() < 0
    with pytest.raises(InvalidInput, match="weights of zero or below"):
        by_icarus("linear")


def test_logit_agrees_at_the_totals_that_sampling_reached():
    """Sampling stops 2e-6 short of the totals here; calibrated on the totals that it reached, ratios agree to 1e-8."""
    sample, _ = schools()
    expected = np.array(OTHER_CASES["sampling_logit_bounds_c_0.85_1.2_"]["output"])
    weights = sample.weights * expected
    reached = Margins.from_totals(
        {
            "stype": {k: weights[sample.column("stype") == k].sum() for k in "EHM"},
            "awards": {k: weights[sample.column("awards") == k].sum() for k in ("No", "Yes")},
            "api99": weights @ sample.numbers("api99"),
        },
        source="totals with the weights of sampling",
    )
    found = calibrate(sample, reached, method="logit", bounds=within(0.85, 1.2)).sample.weights / sample.weights
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    assert by_sampling("logit", within(0.85, 1.2)) @ sample.weights == pytest.approx(6194, rel=1e-10)
