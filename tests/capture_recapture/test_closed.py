"""Closed models against the published snowshoe hare results of another program, closed forms and degenerate data."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import gammaln
from scipy.stats import chi2

from microwork_estimate.capture_recapture.behaviour import behaviour_profile, first_occasions
from microwork_estimate.capture_recapture.closed import closed_design, closed_model
from microwork_estimate.capture_recapture.closed_table import closed_models
from microwork_estimate.capture_recapture.fitting import Design, DesignFit, fit_design
from microwork_estimate.capture_recapture.heterogeneity import Heterogeneity
from microwork_estimate.capture_recapture.intervals import profile_interval
from microwork_estimate.capture_recapture.poisson import fit_poisson, inverse_information
from microwork_estimate.capture_recapture.profile import profile_size
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureHistories, all_patterns

REFERENCE = Path(__file__).parent.parent / "reference"
HARE = json.loads((REFERENCE / "closed_hare.json").read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in HARE["cases"]}
MULTIPLE = json.loads((REFERENCE / "mse_loglinear.json").read_text(encoding="utf-8"))

# The rows of the other program's tables, as (model, heterogeneity).
ROWS = {
    "M0": ("M0", None),
    "Mt": ("Mt", None),
    "Mh Chao (LB)": ("Mh", Heterogeneity(form="chao")),
    "Mh Poisson2": ("Mh", Heterogeneity(form="poisson")),
    "Mh Darroch": ("Mh", Heterogeneity(form="darroch")),
    "Mh Gamma3.5": ("Mh", Heterogeneity(form="gamma")),
    "Mth Chao (LB)": ("Mth", Heterogeneity(form="chao")),
    "Mth Poisson2": ("Mth", Heterogeneity(form="poisson")),
    "Mth Darroch": ("Mth", Heterogeneity(form="darroch")),
    "Mth Gamma3.5": ("Mth", Heterogeneity(form="gamma")),
    "Mb": ("Mb", None),
    "Mbh": ("Mbh", None),
}
SHORT = {"M0": "M0", "Mt": "Mt", "MhC": "Mh Chao (LB)", "MhP": "Mh Poisson2", "MhD": "Mh Darroch", "MhG": "Mh Gamma3.5"}
SHORT |= {"MthC": "Mth Chao (LB)", "MthP": "Mth Poisson2", "MthD": "Mth Darroch", "MthG": "Mth Gamma3.5"}
PROFILES = {
    "M0": ("M0", None),
    "Mt": ("Mt", None),
    "MhChao": ROWS["Mh Chao (LB)"],
    "MhPoisson2": ROWS["Mh Poisson2"],
    "MhPoisson1.5": ("Mh", Heterogeneity(form="poisson", parameter=1.5)),
    "MhDarroch": ROWS["Mh Darroch"],
    "MhGamma3.5": ROWS["Mh Gamma3.5"],
    "MthChao": ROWS["Mth Chao (LB)"],
    "MthPoisson2": ROWS["Mth Poisson2"],
    "MthDarroch": ROWS["Mth Darroch"],
    "MthGamma3.5": ROWS["Mth Gamma3.5"],
}
NOT_OFFERED = {
    "closedp.0_t0_3": "captures counted only up to three times: a matter of counts, not of histories",
    "closedp.Mtb": "model Mtb has no log-linear form and is not among the eight models",
    "normal_Mh": "heterogeneity of this form has no closed form, and its standard error there is a defect",
    "normal_Mth": "the same",
} | {case: "frequency-modified estimates" for case in CASES if case.startswith("bc_")}


def hare() -> CaptureHistories:
    data = HARE["data"]["hare"]
    return CaptureHistories.from_persons(data["cols"], data["values"])


def table(name: str) -> CaptureHistories:
    data = MULTIPLE["data"][name]
    rows = np.array(data["values"])
    return CaptureHistories.from_patterns(data["cols"][:-1], rows[:, :-1], rows[:, -1])


def fitted(histories: CaptureHistories, model: str, form: Heterogeneity | None) -> DesignFit:
    fit, existence = fit_design(closed_design(histories, model, form), histories.counts.astype(float))
    assert existence
    assert fit is not None
    return fit


def quiet(histories: CaptureHistories, model: str, form: object = None, level: float = 0.95) -> Estimate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return closed_model(histories, model, heterogeneity=form, level=level)


def glm(design: np.ndarray, counts: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """R's glm: start at y + 0.1, stop by the relative change of the deviance, covariance of the *last* weights used."""
    mu, old = counts + 0.1, np.inf
    for _ in range(200):
        weights, working = mu, np.log(mu) + (counts - mu) / mu
        cross = design.T @ (weights[:, None] * design)
        coefficients = np.linalg.solve(cross, design.T @ (weights * working))
        mu = np.exp(design @ coefficients)
        ratio = np.where(counts > 0, counts * np.log(np.where(counts > 0, counts, 1) / mu), 0.0)
        deviance = 2.0 * float((ratio - (counts - mu)).sum())
        if abs(deviance - old) / (abs(deviance) + 0.1) < epsilon:
            break
        old = deviance
    return coefficients, np.linalg.inv(cross)


def test_every_reference_case_is_used_or_named() -> None:
    """Each case of the hare file is tested below, or stands in the list of what is not offered."""
    tested = {"descriptive", "closedp_default", "closedp", "closedp_neg_FALSE", "closedp.0", "uifit"}
    tested |= {"Mt_without_111111", "histpos_t6"}
    tested |= {f"profileCI_{name}{suffix}" for name in PROFILES for suffix in ("", "_alpha0.1")}
    assert tested | set(NOT_OFFERED) == set(CASES)
    assert not tested & set(NOT_OFFERED)


def test_order_of_patterns() -> None:
    """Patterns come in the order of the other program: 111111 first, 000001 last."""
    rows = ["".join(map(str, row)) for row in all_patterns(6)]
    assert rows == CASES["histpos_t6"]["output"]["rows_as_strings"]


def test_descriptive_statistics() -> None:
    """Persons, captures by number of times, first captures and captures by occasion are those published."""
    output, histories = CASES["descriptive"]["output"], hare()
    times, firsts = histories.patterns.sum(axis=1), first_occasions(histories.patterns)
    expected = np.array(output["base_freq"]["values"])
    assert histories.n_observed == output["n"]
    assert np.bincount(times, weights=histories.counts)[1:].tolist() == expected[:, 0].tolist()
    assert np.bincount(firsts, weights=histories.counts).tolist() == expected[:, 1].tolist()
    assert histories.list_sizes.tolist() == expected[:, 3].tolist()


@pytest.mark.parametrize("case", ["closedp_default", "closedp"])
@pytest.mark.parametrize("row", ROWS)
def test_published_models(case: str, row: str) -> None:
    """Size, standard error, deviance, degrees of freedom, AIC and BIC agree with the other program on the hares."""
    results, tolerance = CASES[case]["output"]["results"], CASES[case]["suggested_rtol"]
    expected = dict(zip(results["cols"], results["values"][results["rows"].index(row)], strict=True))
    estimate = quiet(hare(), *ROWS[row])
    assert estimate.value == pytest.approx(expected["abundance"], rel=tolerance)
    for ours, theirs in (("deviance", "deviance"), ("degrees_of_freedom", "df"), ("aic", "AIC"), ("bic", "BIC")):
        assert estimate.diagnostics[ours] == pytest.approx(expected[theirs], rel=tolerance)
    # Their Mbh error lacks a factor; those of loose fits are in test_standard_errors_of_the_last_weights.
    if case == "closedp" and row not in ("Mbh", "Mh Chao (LB)"):
        assert estimate.standard_error == pytest.approx(expected["stderr"], rel=tolerance)


@pytest.mark.parametrize("case", ["closedp_default", "closedp"])
@pytest.mark.parametrize("row", [row for row, (model, _) in ROWS.items() if model not in ("Mb", "Mbh")])
def test_standard_errors_of_the_last_weights(case: str, row: str) -> None:
    """Their standard errors and biases are ours with the weights of one step before the end, as R's glm stores them."""
    output = CASES[case]["output"]
    expected = dict(zip(output["results"]["rows"], output["results"]["values"], strict=True))[row]
    fit = fitted(hare(), *ROWS[row])
    # Refits without a negative column use the default epsilon there, whatever the caller asked.
    epsilon = 1e-13 if case == "closedp" and not fit.dropped else 1e-8
    coefficients, covariance = glm(fit.design.matrix, hare().counts.astype(float), epsilon)
    unseen = math.exp(coefficients[0])
    assert math.sqrt(unseen + unseen**2 * covariance[0, 0]) == pytest.approx(expected[1], rel=1e-8)
    assert fit.standard_error == pytest.approx(expected[1], rel=1e-6 if epsilon == 1e-13 else 1e-4)
    if case == "closedp":
        short = next(name for name, long in SHORT.items() if long == row)
        assert fit.bias == pytest.approx(output["bias"][short], rel=1e-6)
        names = output["neg_eta"].get(short, [])
        assert list(fit.dropped) == names
        ours = dict(zip(fit.design.column_names, fit.coefficients, strict=True))
        assert ours["(intercept)"] == pytest.approx(output["coef"][short]["Intercept"], rel=1e-8)


@pytest.mark.parametrize("row", ["M0", "Mh Chao (LB)", "Mh Poisson2", "Mh Darroch", "Mh Gamma3.5"])
def test_models_of_the_number_of_captures(row: str) -> None:
    """Models that see only how often persons were captured give the size, error and bias of the fit to those counts."""
    output = CASES["closedp.0"]["output"]
    expected = dict(zip(output["results"]["rows"], output["results"]["values"], strict=True))[row]
    fit = fitted(hare(), *ROWS[row])
    short = next(name for name, long in SHORT.items() if long == row)
    assert fit.value == pytest.approx(expected[0], rel=1e-8)
    assert fit.standard_error == pytest.approx(expected[1], rel=1e-8)
    assert fit.bias == pytest.approx(output["bias"][short], rel=1e-8)


@pytest.mark.parametrize("row", ["Mh Chao (LB)", "Mth Chao (LB)"])
def test_negative_columns_kept(row: str) -> None:
    """With negative columns kept, Chao's models give the other program's numbers."""
    output = CASES["closedp_neg_FALSE"]["output"]["results"]
    expected = dict(zip(output["rows"], output["values"], strict=True))[row]
    fit = fitted(hare(), ROWS[row][0], Heterogeneity(form="chao", keep_negative=True))
    assert fit.dropped == ()
    for ours, theirs in zip((fit.value, fit.standard_error, fit.deviance), expected[:3], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-8)
    assert fit.degrees_of_freedom == expected[3]


def test_behaviour_after_the_first_occasion() -> None:
    """The standard error of Mbh is that of the whole gradient: 4.649 for the hares, where another program has 14.594."""
    assert quiet(hare(), "Mbh").standard_error == pytest.approx(4.649, abs=5e-4)


def test_first_captures_expected() -> None:
    """Expected first captures and their chi-squared distance are those of the other program."""
    output, histories = CASES["uifit"]["output"], hare()
    columns = output["predicted"]["cols"]
    values = output["predicted"]["values"][:6]
    firsts = first_occasions(histories.patterns)
    for row, (model, form) in ROWS.items():
        expected = np.array([line[columns.index(row)] for line in values])
        observed = np.array([line[0] for line in values])
        ours = np.bincount(firsts, weights=fitted(histories, model, form).fitted)
        np.testing.assert_allclose(ours, expected, rtol=1e-7)
        distance = dict(zip(output["fit_stat"]["rows"], output["fit_stat"]["values"], strict=True))[row][0]
        assert ((observed - ours) ** 2 / ours).sum() == pytest.approx(distance, rel=1e-7)


@pytest.mark.parametrize(("suffix", "level"), [("", 0.95), ("_alpha0.1", 0.9)])
@pytest.mark.parametrize("name", PROFILES)
def test_profile_intervals(name: str, suffix: str, level: float) -> None:
    """The interval is the exact multinomial profile, and within 1e-4 of the other program's approximation."""
    output = CASES[f"profileCI_{name}{suffix}"]["output"]
    exact, histories = output["exact_multinomial_profile"], hare()
    model, form = PROFILES[name]
    estimate = quiet(histories, model, form, level)
    assert estimate.interval is not None
    assert estimate.interval.low == pytest.approx(exact["lower"], rel=1e-8)
    assert estimate.interval.high == pytest.approx(exact["upper"], rel=1e-8)
    assert estimate.interval.low == pytest.approx(output["CI"]["infCL"], rel=1e-4)
    if output["CI"]["supCL"] <= 100:  # above, their factorials are Stirling's, without the term in 1/12N
        assert estimate.interval.high == pytest.approx(output["CI"]["supCL"], rel=1e-4)
    design = closed_design(histories, model, form)
    found = profile_size(design, histories.counts.astype(float), value=estimate.value or 0.0, level=level)
    # Their top of the curve comes from a search by values, which is flat there: half the digits.
    assert found.peak == pytest.approx(exact["N_multinomial_MLE_continuous"], rel=1e-6)
    assert estimate.value == pytest.approx(output["results"]["values"][0][0], rel=1e-8)


def test_one_history_left_out() -> None:
    """A column for the hares seen on all six occasions gives the published 76.8 with standard error 3.9."""
    output, histories = CASES["Mt_without_111111"]["output"], hare()
    always = (histories.patterns.sum(axis=1) == 6).astype(float)[:, None]
    design = closed_design(histories, "Mt", None).with_columns(always, ("always",))
    fit, _ = fit_design(design, histories.counts.astype(float))
    assert fit is not None
    expected = output["results"]["values"][0]
    for ours, theirs in zip((fit.value, fit.standard_error, fit.deviance), expected[:3], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-8)
    found = profile_size(design, histories.counts.astype(float), value=fit.value, level=0.95).interval
    assert found.low == pytest.approx(output["exact_multinomial_profile"]["lower"], rel=1e-8)
    assert found.high == pytest.approx(output["exact_multinomial_profile"]["upper"], rel=1e-8)


@pytest.mark.parametrize("name", ["lesbian", "HIV", "diabetes"])
@pytest.mark.parametrize("row", ROWS)
def test_published_lists(name: str, row: str) -> None:
    """On three published tables of four lists all models agree with the other program."""
    case = next(case for case in MULTIPLE["cases"] if case["id"] == f"{name}/closedp")
    results = case["output"]["results"]
    expected = dict(zip(results["cols"], results["values"][results["rows"].index(row)], strict=True))
    estimate = quiet(table(name), *ROWS[row])
    assert estimate.value == pytest.approx(expected["abundance"], rel=case["suggested_rtol"])
    if row != "Mbh":
        assert estimate.standard_error == pytest.approx(expected["stderr"], rel=1e-6)
    assert estimate.diagnostics["aic"] == pytest.approx(expected["AIC"], rel=case["suggested_rtol"])
    assert estimate.diagnostics["bic"] == pytest.approx(expected["BIC"], rel=case["suggested_rtol"])
    assert estimate.diagnostics["degrees_of_freedom"] == expected["df"]


def test_kernel_agrees_with_statsmodels() -> None:
    """The own Poisson kernel gives the coefficients and errors of statsmodels."""
    design = closed_design(hare(), "Mth", Heterogeneity(form="darroch")).matrix
    counts = hare().counts.astype(float)
    theirs = sm.GLM(counts, design, family=sm.families.Poisson()).fit(tol=1e-14, maxiter=200)
    ours = fit_poisson(design, counts)
    np.testing.assert_allclose(ours.coefficients[0], theirs.params, rtol=1e-9)
    errors = np.sqrt(np.diag(inverse_information(design, ours.fitted)[0]))
    np.testing.assert_allclose(errors, theirs.bse, rtol=1e-7)
    assert ours.deviance[0] == pytest.approx(theirs.deviance, rel=1e-12)
    assert ours.log_likelihood[0] == pytest.approx(theirs.llf, rel=1e-12)


def test_two_occasions_are_lincoln_petersen() -> None:
    """Mt on two lists is n1 n2 / m, with the profile interval of two lists."""
    lists = CaptureHistories.from_two_lists(200, 150, 30)
    estimate = closed_model(lists, "Mt")
    assert estimate.value == pytest.approx(1000.0, rel=1e-12)
    assert estimate.interval is not None
    expected = profile_interval(30, 170, 120, 0.95)
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx(expected, rel=1e-8)


def test_two_removals() -> None:
    """Mb on two occasions is Seber and Le Cren's u1^2 / (u1 - u2) with their variance."""
    lists = CaptureHistories(lists=("first", "second"), counts=[30, 170, 120])
    u1, u2 = 200.0, 120.0
    estimate = closed_model(lists, "Mb")
    assert estimate.value == pytest.approx(u1**2 / (u1 - u2), rel=1e-10)
    assert estimate.standard_error == pytest.approx(math.sqrt(u1**2 * u2**2 * (u1 + u2) / (u1 - u2) ** 4), rel=1e-8)


@pytest.mark.parametrize("first_differs", [False, True])
def test_profile_of_removals_by_brute_force(first_differs: bool) -> None:
    """The ends of the Mb and Mbh intervals are where the likelihood, maximised numerically, has fallen enough."""
    u = np.array([90.0, 70.0, 40.0, 30.0])
    seen, t = u.sum(), u.size

    def height(size: float) -> float:
        def loss(p: float) -> float:
            first = u[0] / size if first_differs else p
            waits = np.arange(t - 1) if first_differs else np.arange(1, t)
            chances = np.append(first, (1 - first) * (1 - p) ** (waits if first_differs else waits - 1) * p)
            if not first_differs:
                chances = (1 - p) ** np.arange(t) * p
            never = 1.0 - chances.sum()
            return -(u @ np.log(chances) + (size - seen) * math.log(never))

        best = minimize_scalar(loss, bounds=(1e-6, 1 - 1e-6), method="bounded", options={"xatol": 1e-12})
        return float(gammaln(size + 1) - gammaln(size - seen + 1) - best.fun)

    found = behaviour_profile(u, first_differs=first_differs, value=300.0, level=0.95)
    drop = chi2.ppf(0.95, 1) / 2
    top = height(found.peak)
    assert height(found.peak * 1.001) < top
    assert height(found.peak * 0.999) < top
    for end in (found.interval.low, found.interval.high):
        assert top - height(end) == pytest.approx(drop, abs=1e-5)


def test_chao_lower_bound_is_the_closed_form() -> None:
    """Mh with Chao's columns is n + ((t - 1)/t) f1^2 / (2 f2), when none is left out among the first."""
    f1, f2, t = 25.0, 22.0, 6.0
    assert quiet(hare(), "Mh", "chao").value == pytest.approx(68 + (t - 1) / t * f1**2 / (2 * f2), rel=1e-10)


def test_expected_counts_give_the_truth() -> None:
    """Counts equal to their expectation under Mt give back the true size."""
    chances, size = np.array([0.5, 0.2, 0.4, 0.1]), 10**7
    patterns = all_patterns(4)
    cells = size * np.prod(np.where(patterns == 1, chances, 1 - chances), axis=1)
    lists = CaptureHistories.from_patterns("ABCD", patterns, np.round(cells))
    assert closed_model(lists, "Mt").value == pytest.approx(size, rel=1e-5)
    assert closed_model(lists, "Mth", heterogeneity="darroch").value == pytest.approx(size, rel=1e-5)


def test_interval_covers_under_its_own_model() -> None:
    """The profile interval of Mt holds the true size about 95 times in 100."""
    generator = np.random.default_rng(20190501)
    chances, size, held, runs = np.array([0.25, 0.35, 0.2, 0.3]), 300, 0, 200
    for _ in range(runs):
        seen = generator.random((size, 4)) < chances
        lists = CaptureHistories.from_persons("ABCD", seen[seen.any(axis=1)].astype(int))
        interval = closed_model(lists, "Mt").interval
        assert interval is not None
        held += interval.low <= size <= interval.high
    assert 0.90 <= held / runs <= 0.99


def test_table_shows_the_spread() -> None:
    """The hares' table has all twelve models and warns that models which fit alike disagree."""
    with pytest.warns(MicroworkWarning, match="heterogeneity") as caught:
        rows = closed_models(hare())
    assert "heterogeneity" in {item.message.code for item in caught if isinstance(item.message, MicroworkWarning)}
    assert len(rows) == 12
    assert rows["Mth darroch"].value == pytest.approx(90.4641015071541, rel=1e-8)
    low, high = rows.spread
    assert (round(low, 1), round(high, 1)) == (79.8, 101.6)
    assert "Mh Chao (lower bound)" in str(rows)
    assert "<table>" in rows._repr_html_()
    assert [estimate.name for estimate in rows] == list(rows.names)
    assert np.isfinite(rows.values).all()


def test_table_of_data_without_anybody_twice() -> None:
    """Without recaptures no model gives a finite number by accident, and the table still prints."""
    lists = CaptureHistories.from_patterns("ABC", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [30, 40, 50])
    with pytest.warns(MicroworkWarning):
        rows = closed_models(lists)
    assert np.isnan(rows.values).all()
    assert all(math.isnan(x) for x in rows.spread)
    assert "none" in str(rows)


def test_no_recaptures_have_no_maximum() -> None:
    """Without recaptures M0 has no number, at least the persons seen, and says why."""
    lists = CaptureHistories.from_patterns("ABC", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [30, 40, 50])
    with pytest.warns(MicroworkWarning, match="no-mle"):
        estimate = closed_model(lists, "M0")
    assert estimate.value is None
    assert estimate.bounds is not None
    assert estimate.bounds.low == 120
    assert math.isinf(estimate.bounds.high)


def test_first_captures_that_do_not_become_rarer() -> None:
    """Mb has no finite size when more persons are caught for the first time later; its lower limit remains."""
    lists = CaptureHistories(lists=("first", "second"), counts=[30, 90, 130])
    with pytest.warns(MicroworkWarning, match="no-mle"):
        estimate = closed_model(lists, "Mb")
    assert estimate.value is None
    assert estimate.interval is not None
    assert math.isinf(estimate.interval.high)
    assert estimate.interval.low > 250


def test_two_occasions_cannot_show_unequal_chances() -> None:
    """Mh on two occasions has more coefficients than the data can tell apart."""
    with pytest.warns(MicroworkWarning, match="not-identifiable"):
        estimate = closed_model(CaptureHistories.from_two_lists(200, 150, 30), "Mh", heterogeneity="darroch")
    assert estimate.value is None


def test_everybody_on_every_list() -> None:
    """If everybody is on every list there is nothing to estimate from: no number, at least those seen."""
    lists = CaptureHistories.from_patterns("ABC", [[1, 1, 1]], [500])
    with pytest.warns(MicroworkWarning, match="no-mle"):
        estimate = closed_model(lists, "Mt")
    assert estimate.value is None
    assert estimate.bounds is not None
    assert estimate.bounds.low == 500


def test_nobody_at_all() -> None:
    """Nobody seen gives no number and a lower bound of zero."""
    lists = CaptureHistories(lists=("A", "B", "C"), counts=np.zeros(7))
    with pytest.warns(MicroworkWarning, match="no-mle"):
        estimate = closed_model(lists, "Mt")
    assert estimate.value is None
    assert estimate.bounds is not None
    assert estimate.bounds.low == 0


def test_billions() -> None:
    """Counts of a billion lose no digits: the size is that of the same shares, and the interval is narrow."""
    small = CaptureHistories(lists=("A", "B"), counts=[30, 170, 120])
    large = CaptureHistories(lists=("A", "B"), counts=np.array([30, 170, 120]) * 10**9)
    estimate = closed_model(large, "Mt")
    assert estimate.value == pytest.approx(10**9 * (closed_model(small, "Mt").value or 0.0), rel=1e-12)
    assert estimate.interval is not None
    # On this scale the likelihood is normal in the logarithm of the unseen.
    assert estimate.interval.high == pytest.approx(1e12 + 1.959964 * (estimate.standard_error or 0.0), rel=1e-8)


@pytest.mark.parametrize(
    ("model", "form"),
    [("Mz", None), ("Mh", None), ("Mt", "darroch"), ("Mh", "normal")],
)
def test_impossible_models(model: str, form: str | None) -> None:
    """Unknown models, and forms where there is no place for one, are refused."""
    with pytest.raises(InvalidInput):
        closed_model(hare(), model, heterogeneity=form)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_impossible_level(level: float) -> None:
    """A level that is no share is refused."""
    with pytest.raises(InvalidInput):
        closed_model(hare(), "M0", level=level)


@pytest.mark.parametrize(
    ("form", "parameter"), [("poisson", 1.0), ("gamma", 0.0), ("darroch", 2.0), ("chao", 1.0), ("poisson", math.inf)]
)
def test_impossible_parameters(form: str, parameter: float) -> None:
    """Parameters outside their range, or of forms without one, are refused."""
    with pytest.raises(InvalidInput):
        Heterogeneity(form=form, parameter=parameter)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=7, max_size=7), st.permutations([0, 1, 2]))
def test_order_of_lists_changes_nothing(counts: list[int], order: list[int]) -> None:
    """Models without an order of time give the same size for any order of the lists, and at least the persons seen."""
    patterns = all_patterns(3)
    here = CaptureHistories(lists=("A", "B", "C"), counts=counts)
    there = CaptureHistories.from_patterns("ABC", patterns[:, order], counts)
    for model, form in (("M0", None), ("Mt", None), ("Mh", Heterogeneity(form="poisson"))):
        one, other = fitted(here, model, form), fitted(there, model, form)
        assert one.value == pytest.approx(other.value, rel=1e-8)
        assert one.value >= here.n_observed


def test_design_without_a_column() -> None:
    """Leaving out a column keeps names and signs together."""
    design = Design(name="x", matrix=np.eye(3), column_names=("a", "b", "c"), positive=(False, True, False))
    left = design.without(1)
    assert left.column_names == ("a", "c")
    assert left.positive == (False, False)
    assert left.matrix.shape == (3, 2)
