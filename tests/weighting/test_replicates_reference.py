"""Replicate weights against R survey 4.5 and svrep 0.9.0: every case, with a list of what is left out and why."""

import json
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import SurveySample
from microwork_estimate.weighting.bootstrap_schemes import rao_wu_yue_factors
from microwork_estimate.weighting.estimators import mean, ratio, total
from microwork_estimate.weighting.given_weights import given_replicate_weights
from microwork_estimate.weighting.nonresponse import redistribute
from microwork_estimate.weighting.proportions import shares
from microwork_estimate.weighting.quantiles import FromReplicates, Woodruff, quantile
from microwork_estimate.weighting.replicate_estimates import replicate_estimate
from microwork_estimate.weighting.replicate_schemes import BalancedHalves, Fay, JackknifeN, JackknifeOne
from microwork_estimate.weighting.replication import ReplicateWeights, rank, replicate_weights
from microwork_estimate.weighting.variance import stages
from microwork_estimate.weighting.views import view

FILE = json.loads((Path(__file__).parents[1] / "reference" / "replicates.json").read_text())
CASES = {case["id"]: case["output"] for case in FILE["cases"]}
RTOL = 1e-8
LEFT_OUT = {"glm": "regression models are not estimators of this package"}

pytestmark = pytest.mark.filterwarnings(
    r"ignore:\[(few-degrees-of-freedom|jackknife-quantile|negative-replicate-weights|quantile-unbounded)\]"
)


def table(name: str) -> dict[str, np.ndarray]:
    """Columns of a data frame of the file."""
    return {key: np.array(values) for key, values in FILE["data"][name]["columns"].items()}


def designs() -> dict[str, SurveySample]:
    """The designs of the reference, by the name of the R object."""
    one, strat, two, small = table("apiclus1"), table("apistrat"), table("apiclus2"), table("small")
    halves, crowd = table("brr"), table("crowd")
    weight2 = two["fpc1"] / 40 * two["fpc2"] / np.array([np.sum(two["dnum"] == d) for d in two["dnum"]])
    return {
        "dclus1": SurveySample(columns=one, weight=one["pw"], psu=one["dnum"], fpc=one["fpc"]),
        "dclus1nf": SurveySample(columns=one, weight=one["pw"], psu=one["dnum"]),
        "dstrat": SurveySample(columns=strat, weight=strat["pw"], strata=strat["stype"], fpc=strat["fpc"]),
        "dclus2": SurveySample(
            columns=two,
            weight=weight2,
            psu=two["dnum"],
            second_stage=two["snum"],
            fpc=two["fpc1"],
            second_stage_fpc=two["fpc2"],
        ),
        "dsmall": SurveySample(columns=small, weight=small["pw"], strata=small["stype"], fpc=small["fpc"]),
        "dsmallnf": SurveySample(columns=small, weight=small["pw"], strata=small["stype"]),
        "dbrr": SurveySample(columns=halves, weight=halves["pw"], strata=halves["pstr"], psu=halves["dnum"]),
        "dcrowd": SurveySample(columns=crowd, weight=crowd["weight"], strata=crowd["stratum"], psu=crowd["cluster"]),
    }


DESIGNS = designs()
# Name in the reference: design, and our scheme (None: the random factors of R, which are stored).
BLOCKS = {
    "JK1_clus1": ("dclus1", JackknifeOne()),
    "JK1_clus1_mse": ("dclus1", JackknifeOne()),
    "JK1_clus1_nofpc": ("dclus1nf", JackknifeOne()),
    "JKn_small": ("dsmall", JackknifeN()),
    "JKn_small_nofpc": ("dsmallnf", JackknifeN()),
    "JKn_strat": ("dstrat", JackknifeN()),
    "JKn_strat_mse": ("dstrat", JackknifeN()),
    "BRR_brr": ("dbrr", BalancedHalves()),
    "BRR_brr_mse": ("dbrr", BalancedHalves()),
    "Fay0.3_brr": ("dbrr", Fay(rho=0.3)),
    "Fay0.5_brr_mse": ("dbrr", Fay(rho=0.5)),
    "JKn_brr": ("dbrr", JackknifeN()),
    "BRR_crowd": ("dcrowd", BalancedHalves()),
    "subboot_clus1": ("dclus1", None),
    "subboot_small": ("dsmall", None),
    "subboot_small_mse": ("dsmall", None),
    "bootstrap_clus1": ("dclus1", None),
    "bootstrap_small_fpc": ("dsmall", None),
    "bootstrap_small_nofpc": ("dsmallnf", None),
    "mrb_clus2": ("dclus2", None),
    "svrep_rwyb_clus2": ("dclus2", None),
    "svrep_raowu_clus1nf": ("dclus1nf", None),
    "svrep_antaltille_small": ("dsmall", None),
    "svrep_genboot_small_SD1": ("dsmall", None),
}
TWO_STAGE = ("mrb_clus2", "svrep_rwyb_clus2")


def stored(block: str) -> ReplicateWeights:
    """The replicates as the reference stores them."""
    out = CASES[f"{block}/design"]
    kept = out if "factors" in out else CASES[f"{block.removesuffix('_mse')}/design"]
    factors = np.array(kept["factors"])[np.array(kept["index"]) - 1].T
    return ReplicateWeights(
        factors=factors,
        scale=out["scale"],
        rscales=np.broadcast_to(out["rscales"], factors.shape[:1]),
        kind="jackknife" if out["type"].startswith("JK") else "other",
        scheme=out["type"],
        about="estimate" if out["mse"] else "mean",
    )


def replicates(block: str) -> ReplicateWeights:
    """Our own replicates where the scheme has no chance in it, else those stored."""
    design, scheme = BLOCKS[block]
    if scheme is None:
        return stored(block)
    about = "estimate" if CASES[f"{block}/design"]["mse"] else "mean"
    return replicate_weights(DESIGNS[design], scheme, about=about)


def looked(block: str):
    """The design with the replicates of a block."""
    return view(DESIGNS[BLOCKS[block][0]], variance=replicates(block))


def blocks(kind: str) -> list[str]:
    """Blocks that have a case of one kind."""
    return [block for block in BLOCKS if f"{block}/{kind}" in CASES]


def close(got, wanted):
    """Equal to a relative 1e-8."""
    np.testing.assert_allclose(got, wanted, rtol=RTOL)


@pytest.mark.parametrize("block", BLOCKS)
def test_design(block):
    """Number of replicates, scales and degrees of freedom agree; so do the factors of schemes without chance."""
    out, ours = CASES[f"{block}/design"], replicates(block)
    assert ours.n_replicates == out["n_replicates"]
    sample = DESIGNS[BLOCKS[block][0]]
    assert ours.degrees_inside(sample, np.ones(sample.n, dtype=bool)) == out["degf"]
    assert rank(ours.factors) - 1 == out["degf"]
    close(ours.scale * ours.rscales, out["scale"] * np.broadcast_to(out["rscales"], ours.rscales.shape))
    if "factors" in out:
        close(ours.factors, stored(block).factors)


@pytest.mark.parametrize("block", blocks("total"))
def test_totals(block):
    """Totals, standard errors and t intervals agree."""
    out = CASES[f"{block}/total"]
    estimates = [total(looked(block), name) for name in out["est"]]
    close([e.value for e in estimates], list(out["est"].values()))
    close([e.standard_error for e in estimates], out["se"])
    close([(e.interval.low, e.interval.high) for e in estimates], out["ci95_t"]["values"])


@pytest.mark.parametrize("block", blocks("mean"))
def test_means(block):
    """Means, standard errors, t intervals and design effects agree."""
    out = CASES[f"{block}/mean"]
    estimates = [mean(looked(block), name) for name in out["est"]]
    close([e.value for e in estimates], list(out["est"].values()))
    close([e.standard_error for e in estimates], out["se"])
    close([(e.interval.low, e.interval.high) for e in estimates], out["ci95_t"]["values"])
    if "deff" in out:
        close([e.diagnostics["design_effect"] for e in estimates], out["deff"])


@pytest.mark.parametrize("block", blocks("mean_factor"))
def test_shares(block):
    """Shares of categories and their covariance agree."""
    out = CASES[f"{block}/mean_factor"]
    estimates = shares(looked(block), "stype")
    close([e.value for e in estimates.values()], list(out["est"].values()))
    close([e.standard_error for e in estimates.values()], out["se"])
    close(estimates.covariance, out["vcov"]["values"])


@pytest.mark.parametrize("block", blocks("ratio"))
def test_ratios(block):
    """Ratios, standard errors and t intervals agree."""
    out = CASES[f"{block}/ratio"]
    estimate = ratio(looked(block), out["est"]["rows"][0], out["est"]["cols"][0])
    close(estimate.value, out["est"]["values"][0][0])
    close(estimate.standard_error, out["se"][0])
    close((estimate.interval.low, estimate.interval.high), out["ci95_t"]["values"][0])


@pytest.mark.parametrize("block", blocks("ratio_withReplicates"))
def test_any_statistic(block):
    """A function of the weights has the estimate, the standard error and each replicate of R."""
    out, sample = CASES[f"{block}/ratio_withReplicates"], DESIGNS[BLOCKS[block][0]]
    above, below = sample.column("api.stu"), sample.column("enroll")
    ours = replicates(block)

    def statistic(weights):
        return weights @ above / (weights @ below)

    estimate = replicate_estimate(sample, statistic, ours)
    close((estimate.value, estimate.standard_error), (out["est"], out["se"]))
    close([statistic(w) for w in ours.weights(sample.weights)], out["replicates"])


@pytest.mark.parametrize("block", blocks("by_mean"))
def test_domains(block):
    """Means by domain and their standard errors agree."""
    out = CASES[f"{block}/by_mean"]
    estimates = mean(looked(block), "api00", by="stype")
    close([e.value for e in estimates.values()], [out["est"][key] for key in estimates])
    close([e.standard_error for e in estimates.values()], out["se"])


@pytest.mark.parametrize("block", blocks("domain_total"))
def test_subset(block):
    """The total of a part of the sample and its standard error agree."""
    out, whole = CASES[f"{block}/domain_total"], looked(block)
    part = view(whole.sample, where=whole.sample.column("awards") == "Yes", variance=whole.variance)
    estimate = total(part, "enroll")
    close((estimate.value, estimate.standard_error), (out["est"]["enroll"], out["se"][0]))


@pytest.mark.parametrize("block", blocks("quantile_woodruff"))
def test_woodruff(block):
    """Quartiles agree, with Woodruff intervals from the replicate variance of the share; R's NaN is an open end here."""
    for probability, row in zip((0.25, 0.5, 0.75), CASES[f"{block}/quantile_woodruff"]["api00"]["values"], strict=True):
        estimate = quantile(looked(block), "api00", probability, method=Woodruff(interval="t"))
        value, low, high, error = (np.nan if x == "NaN" else x for x in row)
        assert estimate.value == value
        assert estimate.interval.low == (-np.inf if np.isnan(low) else low)
        assert estimate.interval.high == (np.inf if np.isnan(high) else high)
        if np.isnan(error):
            assert estimate.standard_error is None
        else:
            close(estimate.standard_error, error)


@pytest.mark.parametrize(("block", "kind"), [(b, k) for k in ("quantile_rep", "median") for b in blocks(k)])
def test_quantiles_from_their_replicates(block, kind):
    """Quantiles, standard errors and t intervals from the replicates of the quantile itself agree."""
    out = CASES[f"{block}/{kind}"]["api00"]
    for probability, row in zip(map(float, out["rows"]), out["values"], strict=True):
        estimate = quantile(looked(block), "api00", probability, method=FromReplicates())
        close((estimate.value, estimate.interval.low, estimate.interval.high, estimate.standard_error), row)


def test_even_strata_are_split_on_request():
    """Strata of 100, 50 and 50 units are refused, and cut into 100 pairs with split=True; odd strata are errors."""
    sample, out = DESIGNS["dstrat"], CASES["BRR_even_strata_split"]
    with pytest.raises(InvalidInput, match="split=True"):
        replicate_weights(sample, BalancedHalves())
    ours = replicate_weights(sample, BalancedHalves(split=True))
    assert (ours.n_replicates, rank(ours.factors) - 1) == (out["n_replicates"], out["degf"])
    close(ours.scale, out["scale"])
    assert [w.code for w in ours.warnings] == ["finite-population-ignored"]
    assert CASES["BRR_odd_strata_error"] is None
    small = table("small")
    odd = SurveySample(columns={k: v[1:] for k, v in small.items()}, strata=small["stype"][1:])
    with pytest.raises(InvalidInput, match="even number"):
        replicate_weights(odd, BalancedHalves(split=True))


def test_factors_of_the_two_stage_bootstrap():
    """Every stored factor of svrep's two-stage Rao-Wu-Yue-Beaumont bootstrap is ours for some numbers of draws."""
    first, second = stages(DESIGNS["dclus2"])
    wanted = stored("svrep_rwyb_clus2").factors
    draws = np.arange(12)
    outer = rao_wu_yue_factors(np.repeat(draws[:, None], 40, axis=1), first, np.sqrt(1 - first.fraction))
    shrink = np.sqrt(second.share * (1 - second.fraction) / (2 - second.share))
    inner = rao_wu_yue_factors(np.repeat(draws[:, None], second.group.size, axis=1), second, shrink)
    times = np.full((wanted.shape[0], first.group.size), -1)
    for column in range(wanted.shape[1]):
        products = outer[:, first.unit[column]][:, None] * inner[:, second.unit[column]][None, :]
        apart = np.abs(products[None] / wanted[:, column, None, None] - 1)
        found = np.unravel_index(apart.reshape(wanted.shape[0], -1).argmin(axis=1), products.shape)[0]
        assert apart.min(axis=(1, 2)).max() < 1e-9
        times[:, first.unit[column]] = found
    assert (times.sum(axis=1) == 39).all()


@pytest.mark.parametrize("about", ["mean", "estimate"])
def test_given_weights_combined(about):
    """Replicate weights given as weights (not factors) agree, about the mean and about the estimate."""
    sample = DESIGNS["dbrr"]
    out = CASES[f"svrepdesign_combined_BRR_mse_{'TRUE' if about == 'estimate' else 'FALSE'}"]
    weights = stored("BRR_brr").weights(sample.weights)
    given = given_replicate_weights(sample, weights, kind="balanced", about=about)
    estimate = mean(view(sample, variance=given), "api00")
    close((estimate.value, estimate.standard_error), (out["est"]["api00"], out["se"][0]))


def jackknife_matrix() -> np.ndarray:
    """The stored replicate weights of the clusters, one row for each replicate."""
    rows = np.array(CASES["svrepdesign_replicate_matrix"]["first_row_of_each_cluster"]["values"])
    clusters = DESIGNS["dclus1"].column("dnum")
    _, first, codes = np.unique(clusters, return_index=True, return_inverse=True)
    return rows[np.argsort(np.argsort(first))][codes].T


def test_stored_jackknife_matrix_is_ours():
    """The replicate weights stored by R are those of our own jackknife."""
    sample = DESIGNS["dclus1nf"]
    ours = replicate_weights(sample, JackknifeOne()).weights(sample.weights)
    close(ours, jackknife_matrix())


GIVEN = {
    "JK1_scale_14_15": {"kind": "jackknife", "scale": 14 / 15},
    "JK1_scale_NULL": {"kind": "jackknife"},
    "JK2_scale_NULL": {"kind": "jackknife", "scale": 1.0},
    "ACS_scale_NULL": {"scale": 4 / 15},
    "successive-difference_scale_NULL": {"scale": 4 / 15},
    "bootstrap_scale_NULL": {"kind": "bootstrap"},
    "BRR_scale_NULL": {"kind": "balanced"},
    "other_scale_0.5__rscales_seq_0.1_1.5_length.out_15_": {"scale": 0.5, "rscales": np.linspace(0.1, 1.5, 15)},
    "Fay_rho_0.3": {"kind": "balanced", "scale": 1 / (15 * 0.7**2)},
}


@pytest.mark.parametrize("name", GIVEN)
def test_given_weights_of_every_kind(name):
    """The usual scales, and scales of one's own, give R's standard errors about the mean and about the estimate."""
    out, sample = CASES[f"svrepdesign_{name}"], SurveySample(columns=table("apiclus1"), weight=table("apiclus1")["pw"])
    for about, error in (("mean", out["se_enroll"]), ("estimate", out["se_enroll_mse"])):
        given = given_replicate_weights(sample, jackknife_matrix(), about=about, **GIVEN[name])
        close(given.scale * given.rscales, out["scale"] * np.array(out["rscales"]))
        estimate = total(view(sample, variance=given), "enroll")
        assert estimate.diagnostics["degrees_of_freedom"] == out["degf"]
        close((estimate.value, estimate.standard_error), (out["total_enroll"], error))


@pytest.mark.parametrize("classes", ["stype", "awards"])
def test_nonresponse(classes):
    """Weights of nonrespondents pass to respondents of the class, in every replicate, as in svrep."""
    out, sample, answer = (
        CASES[f"nonresponse_redistribute_by_{classes}"],
        DESIGNS["dclus1"],
        np.array(FILE["data"]["resp"]),
    )
    how = {
        "giving": answer == "Nonrespondent",
        "receiving": answer == "Respondent",
        "classes": sample.column(classes),
    }
    jackknife = replicate_weights(sample, JackknifeOne())
    weights = redistribute(sample.weights, **how)
    each = redistribute(jackknife.weights(sample.weights), **how)
    close(weights, out["weights"])
    close(each.sum(axis=1), out["colsums_analysis"])
    keep = weights > 0
    kept = SurveySample(columns={k: v[keep] for k, v in sample.columns.items()}, weight=weights[keep])
    given = given_replicate_weights(kept, each[:, keep], scale=1.0, rscales=jackknife.rscales)
    estimate, wanted = total(view(kept, variance=given), "enroll"), out["total_enroll"]
    close((estimate.value, estimate.standard_error), (wanted["est"]["enroll"], wanted["se"][0]))
    estimate = mean(view(kept, where=answer[keep] == "Respondent", variance=given), "api00")
    wanted = out["mean_api00_respondents"]
    close((estimate.value, estimate.standard_error), (wanted["est"]["api00"], wanted["se"][0]))


def test_the_grid_is_complete():
    """Every case of the file is met above or left out for a stated reason."""
    kinds = (
        "design", "total", "mean", "mean_factor", "ratio", "ratio_withReplicates", "by_mean", "domain_total",
        "quantile_woodruff", "quantile_rep", "median",
    )  # fmt: skip
    met = {f"{block}/{kind}" for kind in kinds for block in blocks(kind)}
    met |= {"BRR_even_strata_split", "BRR_odd_strata_error", "svrepdesign_replicate_matrix"}
    met |= {f"svrepdesign_combined_BRR_mse_{word}" for word in ("TRUE", "FALSE")}
    met |= {f"svrepdesign_{name}" for name in GIVEN}
    met |= {f"nonresponse_redistribute_by_{classes}" for classes in ("stype", "awards")}
    left = {f"{block}/{kind}" for kind in LEFT_OUT for block in blocks(kind)}
    assert met | left == set(CASES)
    assert not met & left
