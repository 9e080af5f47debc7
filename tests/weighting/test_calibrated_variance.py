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
from microwork_estimate.weighting.distances import WeightBounds
from microwork_estimate.weighting.estimators import mean, ratio, total
from microwork_estimate.weighting.interval_ends import Facts, interval_ends, t_quantile
from microwork_estimate.weighting.quantile_rules import weighted_quantile
from microwork_estimate.weighting.quantiles import Woodruff, quantile
from microwork_estimate.weighting.replicate_schemes import JackknifeOne
from microwork_estimate.weighting.replication import replicate_weights
from microwork_estimate.weighting.trimming import cut_auxiliary, truncate
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
# Raking by survey::rake has a variance of its own (iterated projections): see the end of this file.
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


def test_the_residuals_are_those_of_the_groups_that_were_calibrated():
    """With unequal weights and scales within groups, the calibrated total is the regression estimator to the last digit.

    What was left out of the residuals must be what moved the weights: totals with base weights, plus what the margins
    lack times the coefficients of the residuals, are the totals with calibrated weights.
    """
    rng = np.random.default_rng(8)
    columns = {"hours": rng.gamma(3, 6, 60), "pay": rng.gamma(2, 9, 60), "household": np.repeat(np.arange(20), 3)}
    sample = SurveySample(columns=columns, weight=rng.uniform(5, 50, 60))
    base, pay = sample.weights, sample.numbers("pay")
    margins = Margins.from_totals({"hours": 1.1 * float(base @ columns["hours"])}, source="made up")
    scale = rng.uniform(0.2, 5, 60)
    weighted = calibrate(sample, margins, method="linear", q=scale, equal_within="household").sample
    matrix, weight = calibration_variables(weighted.auxiliary)
    residuals = calibration_residuals(pay[:, None], matrix, weight)[:, 0]
    coefficient = (pay - residuals)[0] / matrix[0, 0]
    expected = base @ pay + (margins.totals[0] - base @ columns["hours"]) * coefficient
    assert weighted.weights @ pay == pytest.approx(expected, rel=1e-12)


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


# --- what the blocks above leave: totals of one column, trimmed weights, and survey::rake -----------------------------


@pytest.mark.parametrize("block", [b for b in BLOCKS if f"{b}/api99_total" in CASES])
def test_the_total_of_1999(block):
    """The total of a column that some blocks are calibrated on (no variance is left there) and others are not."""
    out = CASES[f"{block}/api99_total"]
    check([total(calibrated(block), "api99")], {k: v for k, v in out.items() if k != "ci95_t"})


TRIMMED = ("trim_loose", "trim_strict", "trim_upper_only")


@pytest.mark.parametrize("block", TRIMMED)
def test_trimmed_weights(block):
    """Weights cut after calibration: the residuals are those of the part of each value that the cut leaves, as in R."""
    call = CALLS[f"{block}/weights"]
    if "calibrate" in call:
        before, bounds = calibrated("cal_linear_dclus1_stype_api99"), WeightBounds(low=20, high=50, on="weight")
    else:
        before, bounds = DESIGNS["dstrat"], WeightBounds(low=0, high=40, on="weight")
    trimmed = truncate(before, bounds, strict="strict=TRUE" in call)
    close(trimmed.weights, CASES[f"{block}/weights"]["weights"])
    for kind, estimator in ESTIMATORS.items():
        out = CASES[f"{block}/{kind}"]
        check([estimator(trimmed, name) for name in out["est"]], out)


def test_cutting_twice_is_cutting_once():
    """Two cuts that end at the weights of one leave the same standard error, with groups and a scale too."""
    rng = np.random.default_rng(4)
    columns = {"x": rng.gamma(3, 6, 60), "y": rng.gamma(2, 9, 60), "household": np.repeat(np.arange(20), 3)}
    sample = SurveySample(columns=columns, weight=rng.uniform(5, 50, 60))
    wanted = Margins.from_totals({"x": 1.1 * float(sample.weights @ columns["x"])}, source="made up")
    weighted = calibrate(sample, wanted, q=rng.uniform(0.5, 2, 60), equal_within="household").sample
    assert truncate(weighted, WeightBounds(low=0, high=1e6, on="weight")).auxiliary is weighted.auxiliary
    first, second = rng.uniform(0.5, 1.2, (2, 60))
    once = weighted.with_weights(
        weighted.weights * first * second, auxiliary=cut_auxiliary(weighted.auxiliary, first * second)
    )
    twice = weighted.with_weights(
        once.weights, auxiliary=cut_auxiliary(cut_auxiliary(weighted.auxiliary, first), second)
    )
    close(total(twice, "y").standard_error, total(once, "y").standard_error)
    matrix, weight = calibration_variables(weighted.auxiliary)
    left = calibration_residuals((first * second * columns["y"])[:, None], matrix, weight)
    variance = design_covariance(weighted.weights[:, None] * left, stages(weighted), "fail")[0, 0]
    close(total(once, "y").standard_error, np.sqrt(variance))


def test_means_after_calibration_by_cluster():
    """R's mean with one factor for each cluster, from arrays: two of these weights are negative, so no sample has them."""
    block, sample = "cal_aggregate_stage1_dclus1", DESIGNS["dclus1"]
    weights = np.array(CASES[f"{block}/weights"]["weights"])
    auxiliary = auxiliary_of(sample, CALLS[f"{block}/weights"])
    grouped = Auxiliary(
        method="linear",
        base_weight=sample.weights,
        codes=auxiliary.codes,
        sizes=auxiliary.sizes,
        numbers=auxiliary.numbers,
        groups=sample.psu_codes(),
    )
    out = CASES[f"{block}/mean"]
    values = np.column_stack([sample.column(name) for name in out["est"]]).astype(float)
    means = weights @ values / weights.sum()
    close(means, list(out["est"].values()))
    residuals = calibration_residuals((values - means) / weights.sum(), *calibration_variables(grouped))
    close(np.sqrt(np.diag(design_covariance(weights[:, None] * residuals, stages(sample), "fail"))), out["se"])
    out = CASES[f"{block}/api99_total"]
    close(weights @ sample.column("api99"), out["est"]["api99"])
    left = calibration_residuals(sample.column("api99")[:, None].astype(float), *calibration_variables(grouped))
    variance = design_covariance(weights[:, None] * left, stages(sample), "fail")[0, 0]
    assert out["se"] == [0]
    assert np.sqrt(variance) < 1e-8 * out["est"]["api99"]


# survey::rake takes the margins out of the scores one after the other, ten times over, without weights; we project on
# all of them at once, with the weights before calibration, as R's calibrate(calfun="raking") does (blocks above). What
# survey::rake prints is met by ten such sweeps, case by case. Where all base weights are equal, our standard errors are
# the limit of the sweeps, and are compared with them; elsewhere they are those of another linearisation.
SCHOOLS, PRIZES = {"No": 1072, "Yes": 5122}, {"No": 2027, "Yes": 4167}
TYPES = {"E": 4421, "H": 755, "M": 1018}
RAKED = {
    "rake_default_clus1": ("dclus1", {"stype": TYPES, "sch.wide": SCHOOLS}, 1.0, 1e-3),
    "rake_tight_clus1": ("dclus1", {"stype": TYPES, "sch.wide": SCHOOLS}, 1e-9, 1e-3),
    "rake_tight_clus1_3m": ("dclus1", {"stype": TYPES, "sch.wide": SCHOOLS, "awards": PRIZES}, 1e-9, 1e-3),
    "rake_tight_strat_2m": ("dstrat", {"awards": PRIZES, "sch.wide": SCHOOLS}, 1e-9, None),
}


class Raked:
    """A sample raked by hand, margin by margin, until a sweep changes no cell by more than so many schools."""

    def __init__(self, block):
        design, totals, stop, self.near = RAKED[block]
        self.sample = DESIGNS[design]
        self.codes = [encode(self.sample.column(name), where=name).codes for name in totals]
        wanted = [np.array([total_of[k] for k in sorted(total_of)], dtype=float) for total_of in totals.values()]
        cells = np.unique(np.column_stack(self.codes), axis=0, return_inverse=True)[1].ravel()
        weights, self.along, changed = self.sample.weights, [], np.inf
        while changed >= stop:
            old, self.along = weights, []
            for code, target in zip(self.codes, wanted, strict=True):
                weights = weights * (target / np.bincount(code, weights))[code]
                self.along.append(weights)
            changed = np.abs(np.bincount(cells, weights - old)).max()
        self.weights = weights
        auxiliary = Auxiliary(
            method="raking",
            base_weight=self.sample.weights,
            codes=tuple(self.codes),
            sizes=tuple(t.size for t in wanted),
            numbers=np.zeros((self.sample.n, 0)),
        )
        self.ours = self.sample.with_weights(weights, auxiliary=auxiliary)

    def covariance(self, linearised):
        """Of totals of linearised variables, shape (n, p), after ten sweeps of R."""
        scores = self.weights[:, None] * linearised
        for _ in range(10):
            for code, then in zip(self.codes, self.along, strict=True):
                ratio = scores / then[:, None]
                sums = np.column_stack([np.bincount(code, column) for column in ratio.T])
                scores = scores - then[:, None] * (sums / np.bincount(code)[:, None])[code]
        return design_covariance(scores, stages(self.sample), "fail")

    def met(self, values, below, out, estimates):
        """Sums of values over sums of `below` (None for totals): R's numbers, and our own estimates beside them."""
        sums = self.weights @ values
        base = None if below is None else self.weights @ below
        found = sums if base is None else sums / base
        linearised = values if base is None else (values - below * found) / base
        wanted = np.array(out["est"] if isinstance(out["est"], list) else list(out["est"].values()), dtype=float)
        close(found, wanted)
        close([e.value for e in estimates], wanted)
        errors, noise = np.sqrt(np.diag(self.covariance(linearised))), 1e-8 * np.abs(wanted).max()
        close(errors, out["se"], atol=noise if min(out["se"]) < noise else 0.0)
        if self.near is not None:
            np.testing.assert_allclose([e.standard_error for e in estimates], errors, rtol=self.near, atol=1e3 * noise)


def cases_of(kind):
    """Raked blocks that have a case of one kind."""
    return [block for block in RAKED if f"{block}/{kind}" in CASES]


@pytest.mark.parametrize(("block", "kind"), [(b, k) for k in ("mean", "total", "api99_total") for b in cases_of(k)])
def test_raked_means_and_totals(block, kind):
    """Means and totals of raked samples, and their standard errors."""
    raked, out = Raked(block), CASES[f"{block}/{kind}"]
    values = np.column_stack([raked.sample.column(name) for name in out["est"]]).astype(float)
    estimator = ESTIMATORS["mean" if kind == "mean" else "total"]
    below = np.ones_like(values) if kind == "mean" else None
    raked.met(values, below, out, [estimator(raked.ours, name) for name in out["est"]])


@pytest.mark.parametrize("block", cases_of("ratio"))
def test_raked_ratios(block):
    """Ratios of raked samples, and their standard errors."""
    raked, out = Raked(block), CASES[f"{block}/ratio"]
    above, below = out["est"]["rows"][0], out["est"]["cols"][0]
    values = [raked.sample.column(name)[:, None].astype(float) for name in (above, below)]
    shown = {"est": [out["est"]["values"][0][0]], "se": out["se"]}
    raked.met(*values, shown, [ratio(raked.ours, above, below)])


@pytest.mark.parametrize("block", cases_of("stype_total"))
def test_raked_totals_of_types(block):
    """Totals of the categories, which some blocks are raked to."""
    raked, out = Raked(block), CASES[f"{block}/stype_total"]
    kinds = [name.removeprefix("stype") for name in out["est"]]
    values = np.column_stack([raked.sample.column("stype") == kind for kind in kinds]).astype(float)
    found = total(raked.ours, np.ones(raked.sample.n), by="stype")
    raked.met(values, None, out, [found[kind] for kind in kinds])


@pytest.mark.parametrize("block", cases_of("by_mean"))
def test_raked_domains(block):
    """Domain means and totals of raked samples, and their standard errors."""
    raked = Raked(block)
    for case, name, by, estimator in (("by_mean", "api00", "stype", mean), ("by_total", "enroll", "awards", total)):
        out = CASES[f"{block}/{case}"]
        inside = np.column_stack([raked.sample.column(by) == kind for kind in out["est"]]).astype(float)
        values = inside * raked.sample.column(name).astype(float)[:, None]
        found = estimator(raked.ours, name, by=by)
        raked.met(values, inside if case == "by_mean" else None, out, [found[kind] for kind in out["est"]])


@pytest.mark.parametrize("block", cases_of("quantile"))
def test_raked_quantiles(block):
    """Quartiles of raked samples with Woodruff intervals from the standard error of the share after ten sweeps."""
    raked = Raked(block)
    values = raked.sample.column("api00").astype(float)
    degrees = mean(raked.ours, "api00").diagnostics["degrees_of_freedom"]
    rows = CASES[f"{block}/quantile"]["api00"]["values"]
    for probability, (point, low, high, error) in zip((0.25, 0.5, 0.75), rows, strict=True):
        assert quantile(raked.ours, "api00", probability).value == point
        below = (values <= point).astype(float)
        share = raked.weights @ below / raked.weights.sum()
        variance = raked.covariance(((below - share) / raked.weights.sum())[:, None])[0, 0]
        facts = Facts(value=share, variance=variance, n=values.size, degrees=degrees, kish=0.0)
        ends = interval_ends(facts, 0.95, "t")
        found = [weighted_quantile(values, raked.weights[None, :], end, "inverse")[0] for end in ends]
        assert found == [low, high]
        close((found[1] - found[0]) / (2 * t_quantile(0.95, degrees)), error)


def test_every_estimate_of_the_file_is_met():
    """All estimates of the file belong to a block that a test above goes through, kind by kind."""
    kinds = {"mean", "total", "ratio", "by_mean", "by_total", "quantile", "stype_total", "api99_total"}
    blocks = {*BLOCKS, *TRIMMED, *RAKED, *MARGINS, "cal_aggregate_stage1_dclus1"}
    estimates = {name for name in CASES if name.split("/")[-1] in kinds}
    assert {name.split("/")[0] for name in estimates} == blocks
    assert {name.split("/")[1] for name in estimates if name.startswith(TRIMMED)} == {"mean", "total"}
    assert {name.split("/")[1] for name in estimates if name.startswith("cal_aggregate")} == {
        "mean", "total", "api99_total",
    }  # fmt: skip
