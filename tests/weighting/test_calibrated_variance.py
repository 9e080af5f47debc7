"""Variance after calibration against R survey 4.5: estimates made with the calibrated weights that R prints."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate.inputs import SurveySample
from microwork_estimate.inputs.codes import encode
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.survey import Auxiliary
from microwork_estimate.weighting.calibration import calibrate
from microwork_estimate.weighting.estimators import mean, ratio, total
from microwork_estimate.weighting.quantiles import Woodruff, quantile
from microwork_estimate.weighting.replicate_schemes import JackknifeOne
from microwork_estimate.weighting.replication import replicate_weights
from microwork_estimate.weighting.variance import (
    calibration_residuals,
    calibration_variables,
    design_covariance,
    stages,
)
from microwork_estimate.weighting.views import view

FILE = json.loads((Path(__file__).parents[1] / "reference" / "calibration.json").read_text())
CASES = {case["id"]: case["output"] for case in FILE["cases"]}
CALLS = {case["id"]: case["call"] for case in FILE["cases"]}
# Raking by survey::rake has a variance of its own (iterated projections); the same weights by calibrate() are here.
BLOCKS = sorted(
    block
    for block in {name.split("/")[0] for name in CASES if "/" in name}
    if block.startswith(("cal_", "poststrat_"))
    and f"{block}/total" in CASES
    and np.min(CASES[f"{block}/weights"]["weights"]) > 0
)
ESTIMATORS = {"mean": mean, "total": total}

pytestmark = pytest.mark.filterwarnings(r"ignore:\[(few-degrees-of-freedom|quantile-unbounded)\]")


def table(name):
    """Columns of a data frame of the file."""
    return {key: np.array(values) for key, values in FILE["data"][name]["columns"].items()}


def designs():
    """The three designs of the file."""
    one, strat, two = table("apiclus1"), table("apistrat"), table("apiclus2")
    drawn = np.array([np.sum(two["dnum"] == d) for d in two["dnum"]])
    return {
        "dclus1": SurveySample(columns=one, weight=one["pw"], psu=one["dnum"], fpc=one["fpc"]),
        "dstrat": SurveySample(columns=strat, weight=strat["pw"], strata=strat["stype"], fpc=strat["fpc"]),
        "dclus2": SurveySample(
            columns=two,
            weight=two["fpc1"] / 40 * two["fpc2"] / drawn,
            psu=two["dnum"],
            second_stage=two["snum"],
            fpc=two["fpc1"],
            second_stage_fpc=two["fpc2"],
        ),
    }


DESIGNS = designs()


def auxiliary_of(sample, call):
    """What a call of R calibrates on: categories, numbers with an intercept, or crossed categories."""
    formula = re.search(r"~([^,()]+)", call)[1].replace(" ", "")
    terms = formula.removesuffix("-1").split("+")
    coded = [encode(sample.column(t), where=t) for t in terms if sample.column(t).dtype.kind == "U"]
    numbers = [sample.column(t).astype(float) for t in terms if sample.column(t).dtype.kind != "U"]
    if call.startswith("postStratify") and len(coded) > 1:
        crossed = np.char.add(sample.column(terms[0]), sample.column(terms[1]))
        coded = [encode(crossed, where="crossing")]
    return Auxiliary(
        method="linear",
        base_weight=sample.weights,
        codes=tuple(c.codes for c in coded),
        sizes=tuple(len(c.levels) for c in coded),
        numbers=np.array(numbers).T if numbers else np.zeros((sample.n, 0)),
        q=1 / sample.column("api99") if "variance=1" in call else None,
    )


def calibrated(block):
    """The sample of a block with the calibrated weights that R prints."""
    call = CALLS[f"{block}/weights"]
    sample = DESIGNS[re.search(r"dclus1|dclus2|dstrat", call)[0]]
    return sample.with_weights(CASES[f"{block}/weights"]["weights"], auxiliary=auxiliary_of(sample, call))


def close(got, wanted, atol=0.0):
    """Equal to a relative 1e-8."""
    np.testing.assert_allclose(got, wanted, rtol=1e-8, atol=atol)


def check(estimates, out):
    """Estimates, standard errors and t intervals; nothing but rounding is left of the variance of a margin."""
    values = np.array(list(out["est"].values()))
    noise = 1e-8 * np.abs(values).max() if min(out["se"]) < 1e-6 * np.abs(values).max() else 0
    close([e.value for e in estimates], values)
    close([e.standard_error for e in estimates], out["se"], atol=noise)
    if "ci95_t" in out:
        close([(e.interval.low, e.interval.high) for e in estimates], out["ci95_t"]["values"], atol=10 * noise)


@pytest.mark.parametrize("block", BLOCKS)
def test_means_and_totals(block):
    """Means and totals after calibration, their standard errors and t intervals agree."""
    sample = calibrated(block)
    for kind, estimator in ESTIMATORS.items():
        out = CASES[f"{block}/{kind}"]
        check([estimator(sample, name) for name in out["est"]], out)


@pytest.mark.parametrize("block", [b for b in BLOCKS if f"{b}/ratio" in CASES])
def test_ratios(block):
    """Ratios after calibration and their standard errors agree."""
    out = CASES[f"{block}/ratio"]
    estimate = ratio(calibrated(block), out["est"]["rows"][0], out["est"]["cols"][0])
    close((estimate.value, estimate.standard_error), (out["est"]["values"][0][0], out["se"][0]))


@pytest.mark.parametrize("block", [b for b in BLOCKS if f"{b}/by_mean" in CASES])
def test_domains(block):
    """Domain means and totals after calibration and their standard errors agree."""
    sample = calibrated(block)
    check(mean(sample, "api00", by="stype").values(), CASES[f"{block}/by_mean"])
    if "svyby" in CALLS[f"{block}/by_total"]:
        estimates = total(sample, "enroll", by="awards").values()
    else:
        estimates = [total(view(sample, where=sample.column("stype") != "E"), "api00")]
    # R takes the degrees of freedom of the whole sample for its interval, we those of the domain.
    check(estimates, {k: v for k, v in CASES[f"{block}/by_total"].items() if k != "ci95_t"})


@pytest.mark.parametrize("block", [b for b in BLOCKS if f"{b}/quantile" in CASES])
def test_quantiles(block):
    """Quartiles after calibration and their Woodruff intervals agree."""
    rows = CASES[f"{block}/quantile"]["api00"]["values"]
    for probability, row in zip((0.25, 0.5, 0.75), rows, strict=True):
        estimate = quantile(calibrated(block), "api00", probability, method=Woodruff(interval="t"))
        close((estimate.value, estimate.interval.low, estimate.interval.high, estimate.standard_error), row)


@pytest.mark.parametrize("block", [b for b in BLOCKS if f"{b}/stype_total" in CASES])
def test_margins_do_not_vary(block):
    """The margins that weights were calibrated to have no variance left; other totals have R's."""
    sample = calibrated(block)
    kinds = total(sample, np.ones(sample.n), by="stype")
    check(kinds.values(), {k: v for k, v in CASES[f"{block}/stype_total"].items() if k != "ci95_t"})
    check([total(sample, "api99")], {k: v for k, v in CASES[f"{block}/api99_total"].items() if k != "ci95_t"})


def test_calibration_by_cluster():
    """Where all members of a cluster got one factor, the residuals are from the clusters' means."""
    sample, block = DESIGNS["dclus1"], "cal_aggregate_stage1_dclus1"
    auxiliary = auxiliary_of(sample, CALLS[f"{block}/weights"])
    grouped = Auxiliary(
        method="linear",
        base_weight=auxiliary.base_weight,
        codes=auxiliary.codes,
        sizes=auxiliary.sizes,
        numbers=auxiliary.numbers,
        groups=sample.psu_codes(),
    )
    values = np.column_stack([sample.column(name) for name in ("enroll", "api.stu")]).astype(float)
    residuals = calibration_residuals(values, *calibration_variables(grouped))
    weights = np.array(CASES[f"{block}/weights"]["weights"])
    covariance = design_covariance(weights[:, None] * residuals, stages(sample), "fail")
    close(np.sqrt(np.diag(covariance)), CASES[f"{block}/total"]["se"])


def test_the_blocks_are_there():
    """Linear, raking, logit, truncated, hyperbolic, scaled and post-stratified weights are among the blocks."""
    kinds = {re.match(r"(cal_[a-z]+|poststrat)", block)[0] for block in BLOCKS}
    assert {"cal_linear", "cal_raking", "cal_logit", "cal_trunclin", "cal_sinh", "cal_ratio", "poststrat"} <= kinds
    assert len(BLOCKS) >= 20


KINDS = {"E": 4421, "H": 755, "M": 1018}
MARGINS = {
    "rep_poststrat": ("linear", {"stype": KINDS}),
    "rep_rake_tight": ("raking", {"stype": KINDS, "sch.wide": {"No": 1072, "Yes": 5122}}),
    "rep_cal_linear": ("linear", {"stype": KINDS, "api99": 3914069}),
    "rep_cal_raking": ("raking", {"stype": KINDS, "api99": 3914069}),
}


def system(sample, totals):
    """Indicators and numbers to calibrate on, and their totals."""
    columns, wanted = [], []
    for name, total_of in totals.items():
        if isinstance(total_of, dict):
            columns += [sample.column(name) == category for category in total_of]
            wanted += list(total_of.values())
        else:
            columns.append(sample.column(name))
            wanted.append(total_of)
    return np.column_stack(columns).astype(float), np.array(wanted, dtype=float)


def solved(weights, matrix, wanted, method):
    """Calibrated weights to machine precision, by Newton steps on scaled columns."""
    scale = np.abs(matrix).max(axis=0)
    columns, multipliers = matrix / scale, np.zeros(matrix.shape[1])
    for _ in range(30):
        ratios = 1 + columns @ multipliers if method == "linear" else np.exp(columns @ multipliers)
        slopes = weights if method == "linear" else weights * ratios
        gap = wanted / scale - (weights * ratios) @ columns
        multipliers += np.linalg.lstsq(columns.T @ (slopes[:, None] * columns), gap, rcond=1e-12)[0]
    return weights * ratios


@pytest.mark.parametrize("block", MARGINS)
def test_every_replicate_calibrated_anew(block):
    """Jackknife replicates that are each calibrated anew give R's standard errors."""
    method, totals = MARGINS[block]
    sample = DESIGNS["dclus1"]
    matrix, wanted = system(sample, totals)
    after = sample.with_weights(solved(sample.weights, matrix, wanted, method))
    close(after.weights, CASES[f"{block}/weights"]["weights"])
    anew = replicate_weights(sample, JackknifeOne()).through(
        lambda weights: np.array([solved(w, matrix, wanted, method) for w in weights]), before=sample, after=after
    )
    looked = view(after, variance=anew)
    for kind, estimator in ESTIMATORS.items():
        out = CASES[f"{block}/{kind}"]
        check([estimator(looked, name) for name in out["est"]], out)
    out = CASES[f"{block}/ratio"]
    estimate = ratio(looked, out["est"]["rows"][0], out["est"]["cols"][0])
    close((estimate.value, estimate.standard_error), (out["est"]["values"][0][0], out["se"][0]))
    check(mean(looked, "api00", by="stype").values(), CASES[f"{block}/by_mean"])


@pytest.mark.parametrize("block", ["cal_raking_dclus1_stype_api99", "cal_linear_dstrat_stype_api99"])
def test_from_base_weights_to_standard_errors(block):
    """Calibration and estimation in one go: what the sample carries is what the variance needs."""
    method = "raking" if "raking" in block else "linear"
    sample = DESIGNS[re.search(r"dclus1|dstrat", block)[0]]
    margins = Margins.from_totals({"stype": KINDS, "api99": 3914069}, source="R survey 4.5, api data")
    after = calibrate(sample, margins, method=method).sample
    for kind, estimator in ESTIMATORS.items():
        out = CASES[f"{block}/{kind}"]
        check([estimator(after, name) for name in out["est"]], out)
