"""A survey as second list, and what may be wrong with list, links, time and independence: truth known, edges honest."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import chdtri

from microwork_estimate import weighting
from microwork_estimate.capture_recapture import chapman, odds_ratio_curve
from microwork_estimate.capture_recapture.adjusted_lists import (
    adjusted_odds_ratio_curve,
    adjusted_sizes,
    adjusted_two_lists,
)
from microwork_estimate.capture_recapture.adjustments import RecaptureAdjustments, RecapturePoint, Turnover
from microwork_estimate.capture_recapture.dependence import odds_ratio_moments
from microwork_estimate.capture_recapture.sample_share import SampleShare, effective_size
from microwork_estimate.capture_recapture.survey_lists import ListSize, survey_odds_ratio_curve, survey_recapture
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Estimate, Replicates
from microwork_estimate.inputs import CaptureHistories, Elicited, SurveySample

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "svy_stratified.json").read_text(encoding="utf-8"))
CASES = {case["id"]: case["output"] for case in REFERENCE["cases"]}
R_SHARE = CASES["dstrat/ciprop_beta"]
N_SCHOOLS, N_STRATA = 200, 3


def r_share(**changes):
    """Return the share of R's stratified sample of schools, as it is printed."""
    return SampleShare(
        **{
            "value": R_SHARE["est"],
            "standard_error": math.sqrt(R_SHARE["var"]),
            "n": N_SCHOOLS,
            "degrees_of_freedom": N_SCHOOLS - N_STRATA,
            **changes,
        }
    )


def quietly(function, *arguments, **options):
    """Call without showing the warnings, which are in the result too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*arguments, **options)


def codes(estimate):
    """Return the codes of an estimate's warnings."""
    return {warning.code for warning in estimate.warnings}


def binomial(n, p, **more):
    """Return the share of a simple random sample with replacement."""
    return SampleShare(value=p, standard_error=math.sqrt(p * (1 - p) / n), n=n, **more)


# ---------------------------------------------------------------------------------------------------- numbers of others


def test_interval_of_r_survey_inverted():
    """Without the cap, the ends are the list over the ends of R's svyciprop(method="beta"), to 1e-9."""
    low, high = R_SHARE["ci95"]
    estimate = survey_recapture(r_share(capped=False), 10_000)
    assert estimate.value == pytest.approx(10_000 / R_SHARE["est"], rel=1e-12)
    assert estimate.interval.low == pytest.approx(10_000 / high, rel=1e-9)
    assert estimate.interval.high == pytest.approx(10_000 / low, rel=1e-9)


def test_effective_size_is_capped():
    """The effective size there is 240 for 200 respondents; capped, the share goes from .7684 to .8775."""
    assert round(effective_size(r_share(capped=False), 0.95)) == 240
    assert effective_size(r_share(), 0.95) == 200
    interval = survey_recapture(r_share(), 1000.0).interval
    assert [round(1000 / interval.high, 4), round(1000 / interval.low, 4)] == [0.7684, 0.8775]


def schools():
    """Return R's stratified sample of schools with its design."""
    columns = REFERENCE["data"]["apistrat"]["columns"]
    return SurveySample(
        columns={"wide": np.array([v == "Yes" for v in columns["sch.wide"]])},
        weight=np.array(columns["pw"], dtype=float),
        strata=np.array(columns["stype"]),
        fpc=np.array(columns["fpc"], dtype=float),
    )


def test_share_of_the_weighting_room():
    """A share from the microdata, with its design, gives what the printed share gives, capped and not."""
    for interval, capped in (("korn-graubard", True), ("korn-graubard-uncapped", False)):
        share = weighting.proportion(schools(), "wide", interval=interval)
        assert share.standard_error**2 == pytest.approx(R_SHARE["var"], rel=1e-6)
        ours, printed = survey_recapture(share, 5000), survey_recapture(r_share(capped=capped), 5000)
        assert ours.value == pytest.approx(printed.value, rel=1e-8)
        assert (ours.interval.low, ours.interval.high) == pytest.approx(
            (printed.interval.low, printed.interval.high), rel=1e-7
        )
        assert ours.standard_error == pytest.approx(printed.standard_error, rel=1e-6)
    assert {"known-chances", "survey-blind-to-list", "chance-off-the-list"} <= {a.id for a in ours.assumptions}


# --------------------------------------------------------------------------------------------------------- known truth


def test_whole_population_asked():
    """When everybody is asked and links are perfect, the estimate is the population, to the person."""
    sample = SurveySample(columns={"on": np.arange(1000) < 137})
    assert survey_recapture(weighting.proportion(sample, "on"), 137).value == pytest.approx(1000, abs=1e-9)


SIZE = 20_000


def listed_and_found(rng, *, e=0.0, missed=0.0, false=0.0, survival=1.0, odds_ratio=1.0):
    """Simulate one list and one survey person by person; return the entries of the list and the share found on it.

    Half of the population is on the list; a share e of the entries belongs to nobody; then persons leave at random and
    others come; then about 4,000 are asked, those on the list with other odds; then links go wrong.
    """
    on_list = rng.random(SIZE) < 0.5
    entries = on_list.sum() / (1 - e)
    stay = rng.random(SIZE) < survival
    on_list = np.where(stay, on_list, False)  # who left is replaced by somebody who is not on the list
    chance = np.where(on_list, 0.2, 0.2 / (odds_ratio + 0.2 * (1 - odds_ratio)))
    asked = rng.random(SIZE) < chance
    found = on_list & (rng.random(SIZE) >= missed)
    found |= ~on_list & (rng.random(SIZE) < false)
    return entries, found[asked].mean()


WORLDS = {
    "nothing wrong": ({}, RecaptureAdjustments(), 1.0),
    "60 % of the list out of scope": ({"e": 0.6}, RecaptureAdjustments(out_of_scope=0.6), 2.5),
    "a fifth of the links missed": ({"missed": 0.2}, RecaptureAdjustments(missed_links=0.2), 1.25),
    "false links": ({"false": 0.1}, RecaptureAdjustments(false_links=0.1), 0.5 / 0.55),
    "half-life of 7, lag of 6": (
        {"survival": 2 ** (-6 / 7)},
        RecaptureAdjustments(turnover=Turnover(lag=6, half_life=7)),
        1.811,
    ),
    "all at once": (
        {"e": 0.3, "missed": 0.1, "false": 0.05, "survival": 0.7},
        RecaptureAdjustments(
            out_of_scope=0.3,
            missed_links=0.1,
            false_links=0.05,
            turnover=Turnover(lag=1, half_life=math.log(2) / -math.log(0.7)),
        ),
        None,
    ),
}


@pytest.mark.parametrize("name", WORLDS)
def test_corrections_find_the_truth(name):
    """In a simulated population each correction takes its bias away, alone and with the others; without it, it stays."""
    wrong, adjustments, inflation = WORLDS[name]
    rng = np.random.default_rng(len(name))
    runs = [listed_and_found(rng, **wrong) for _ in range(200)]
    corrected = [quietly(survey_recapture, binomial(4000, p), r, adjustments=adjustments).value for r, p in runs]
    assert np.mean(corrected) == pytest.approx(SIZE, rel=0.01)
    if inflation is not None:
        assert np.mean([r / p for r, p in runs]) == pytest.approx(SIZE * inflation, rel=0.01)


def test_odds_ratio_finds_the_truth_of_two_lists():
    """With people on the first list four times as likely (in odds) to be on the second, the dial at 4 is right."""
    rng = np.random.default_rng(4)
    values, plain = [], []
    for _ in range(200):
        first = rng.random(SIZE) < 0.3
        second = rng.random(SIZE) < np.where(first, 0.4, 0.4 / (4 + 0.4 * (1 - 4)))
        cells = CaptureHistories.from_two_lists(first.sum(), second.sum(), (first & second).sum())
        values.append(adjusted_two_lists(cells, adjustments=RecaptureAdjustments(odds_ratio=4.0)).value)
        plain.append(chapman(cells).value)
    assert np.mean(values) == pytest.approx(SIZE, rel=0.01)
    assert np.mean(plain) < 0.6 * SIZE


def test_survey_odds_ratio_finds_the_truth():
    """With odds of being on the list twice as high among respondents, the dial at 2 is right and 1 is too low."""
    rng = np.random.default_rng(2)
    population_share = 0.2
    among_respondents = 2 * 0.25 / (1 + 2 * 0.25)
    shares = rng.binomial(3000, among_respondents, 300) / 3000
    values = np.array([survey_odds_ratio_curve(binomial(3000, p), 1000.0, [1, 2]).values for p in shares])
    assert values.mean(axis=0)[1] == pytest.approx(1000 / population_share, rel=0.01)
    assert values.mean(axis=0)[0] == pytest.approx(1000 / among_respondents, rel=0.01)


def test_interval_covers_with_clusters():
    """With 60 clusters of 10 (intra-class correlation .05) the interval covers as it says; ignoring them does not."""
    rng = np.random.default_rng(60)
    clusters, size, p, rho = 60, 10, 0.15, 0.05
    a = p * (1 - rho) / rho
    covered = naive = 0
    for _ in range(1000):
        means = rng.binomial(size, rng.beta(a, a * (1 - p) / p, clusters)) / size
        share = means.mean()
        error = means.std(ddof=1) / math.sqrt(clusters)
        designed = SampleShare(value=share, standard_error=error, n=600, degrees_of_freedom=clusters - 1)
        for kind, given_share in (("designed", designed), ("naive", binomial(600, share))):
            interval = survey_recapture(given_share, 3000.0).interval
            inside = interval.low <= 3000 / p <= interval.high
            covered, naive = covered + (kind == "designed") * inside, naive + (kind == "naive") * inside
    assert covered / 1000 + 3 * math.sqrt(0.05 * 0.95 / 1000) >= 0.95 - 0.01
    assert naive / 1000 < 0.93


def test_first_order_bias_is_what_simulation_shows():
    """1/p is too large on average by about (1-p)/(n p): the diagnostic, and the warning when few are on the list."""
    with pytest.warns(MicroworkWarning, match=r"few-on-list.*about 24 of 200"):
        estimate = survey_recapture(binomial(200, 0.12), 1000)
    assert estimate.diagnostics["expected_relative_bias"] == pytest.approx(0.88 / 24, rel=1e-9)
    draws = np.random.default_rng(1).binomial(200, 0.12, 200_000) / 200
    assert 0.12 * np.mean(1 / draws[draws > 0]) - 1 == pytest.approx(0.88 / 24, rel=0.15)


# ------------------------------------------------------------------------------------------------- uncertain corrections


def lognormal(low, high, level=0.95):
    """Return an interval for a positive number."""
    return Elicited(distribution="lognormal", low=low, high=high, level=level, source="a document")


def test_error_is_the_printed_formula():
    """V/N^2 is V(p)/p^2 + CV^2(R) - 2 Cov/(R p): checked by hand with a size that is itself estimated."""
    share = SampleShare(value=0.3, standard_error=0.001, n=300_000)
    size = ListSize(persons=6000, standard_error=12, correlation_with_share=0.5)
    squares = (0.001 / 0.3) ** 2 + 0.002**2 - 2 * 0.5 * (0.001 / 0.3) * 0.002
    estimate = survey_recapture(share, size)
    assert estimate.standard_error == pytest.approx(20_000 * math.sqrt(squares), rel=1e-4)
    half = math.log(estimate.interval.high / estimate.interval.low) / 2
    assert half == pytest.approx(1.96 * math.sqrt(squares), rel=0.01)


def test_certain_share_and_lognormal_size():
    """When only the list size is uncertain, the population has its interval, divided by the share."""
    share = SampleShare(value=0.5, standard_error=1e-9, n=10**9, capped=False)
    estimate = survey_recapture(share, lognormal(800, 1250))
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((1600, 2500), rel=1e-6)


def test_all_uncertain_against_draws():
    """With every factor uncertain, the ends are those of two million draws of the factors, within a few per cent."""
    share = binomial(900, 0.3)
    adjustments = RecaptureAdjustments(
        out_of_scope=Elicited(distribution="share", low=0.2, high=0.5, source="assumed: example"),
        missed_links=Elicited(distribution="uniform", low=0.02, high=0.1, source="clerical review"),
        false_links=Elicited(distribution="uniform", low=0.0, high=0.02, source="clerical review"),
        turnover=Turnover(lag=3, half_life=lognormal(5, 12)),
        odds_ratio=lognormal(0.8, 2.5),
    )
    estimate = quietly(survey_recapture, share, lognormal(9000, 11_000), adjustments=adjustments)
    rng = np.random.default_rng(0)
    drawn = {name: f.quantile(rng.random(2_000_000)) for name, f in adjustments.uncertain().items()}
    shares = rng.binomial(900, 0.3, 2_000_000) / 900
    size = lognormal(9000, 11_000).quantile(rng.random(2_000_000))
    draws = RecapturePoint(share=shares, list_size=size, lag=3.0, **drawn).size()
    low, middle, high = np.quantile(draws, [0.025, 0.5, 0.975])
    assert estimate.value == pytest.approx(middle, rel=0.02)
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((low, high), rel=0.06)
    assert estimate.standard_error == pytest.approx(draws.std(), rel=0.15)
    assert "assumed-factors" in codes(estimate)
    swings = [value for key, value in estimate.diagnostics.items() if key.startswith("swing_")]
    assert swings == sorted(swings, reverse=True)
    assert len(swings) == 7


def test_replicates_go_through():
    """Replicates of the share become replicates of the size, index by index, with their streams and their median."""
    values = np.array([0.2, 0.25, 0.0, 0.3])
    share = weighting.proportion(SurveySample(columns={"on": [True, False, False, False] * 50}), "on")
    drawn = Replicates(values=values, streams=("survey",), seed=7)
    share = Estimate(**{f: getattr(share, f) for f in share.__dataclass_fields__} | {"replicates": drawn})
    estimate = survey_recapture(share, 100.0, adjustments=RecaptureAdjustments(out_of_scope=0.5))
    assert estimate.replicates.values.tolist() == pytest.approx([250, 200, math.inf, 50 / 0.3])
    assert (estimate.replicates.streams, estimate.replicates.seed) == (("survey",), 7)
    assert estimate.diagnostics["replicate_median"] == pytest.approx(225)
    assert survey_recapture(share, lognormal(90, 110)).replicates is None


# ----------------------------------------------------------------------------------------------------------------- edges


def test_nobody_on_the_list():
    """No respondent on the list: no value, the list over the upper end of the share, no upper end, and a warning."""
    share = SampleShare(value=0.0, standard_error=0.0, n=300, kish_size=240)
    with pytest.warns(MicroworkWarning, match="nobody-on-list"):
        estimate = survey_recapture(share, 1000)
    assert (estimate.value, estimate.standard_error, estimate.interval.high) == (None, None, math.inf)
    assert estimate.interval.low == pytest.approx(1000 / (1 - 0.025 ** (1 / 240)), rel=1e-9)


def test_everybody_on_the_list():
    """All respondents on the list: the list itself, open upward to the list over the lower end of the share."""
    sample = SurveySample(columns={"on": [True] * 80})
    estimate = quietly(survey_recapture, quietly(weighting.proportion, sample, "on"), 1000)
    assert (estimate.value, estimate.standard_error) == (1000, None)
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((1000, 1000 / 0.025 ** (1 / 80)), rel=1e-9)
    assert {"everybody-on-list", "share-at-the-edge"} <= codes(estimate)


def test_false_links_explain_the_overlap():
    """When as many links are found as false ones would give, only a lower limit is left."""
    adjustments = RecaptureAdjustments(false_links=0.05)
    estimate = quietly(survey_recapture, binomial(2000, 0.05), 1000, adjustments=adjustments)
    assert (estimate.value, estimate.interval.high) == (None, math.inf)
    upper = SampleShare.interval(binomial(2000, 0.05), 0.95).high
    assert estimate.interval.low == pytest.approx(1000 * 0.95 / (upper - 0.05), rel=1e-9)
    assert "links-explain-overlap" in codes(estimate)
    none_left = quietly(survey_recapture, binomial(2000, 0.05), 1000, adjustments=RecaptureAdjustments(false_links=0.3))
    assert (none_left.value, none_left.interval.low, none_left.interval.high) == (None, 1000, math.inf)


def test_links_that_contradict_the_overlap():
    """More found than could be at the stated rate of missed links: cut at everybody, and said."""
    adjustments = RecaptureAdjustments(missed_links=0.2)
    estimate = quietly(survey_recapture, binomial(500, 0.9), 1000, adjustments=adjustments)
    assert estimate.value == 1000
    assert "links-contradict-overlap" in codes(estimate)


def test_corrections_that_take_out_too_many():
    """When fewer entries remain than were seen to be real, the estimate stays at those seen, with a warning."""
    lists = CaptureHistories.from_two_lists(100, 90, 60)
    estimate = quietly(adjusted_two_lists, lists, adjustments=RecaptureAdjustments(out_of_scope=0.9))
    assert "adjustment-exhausts-list" in codes(estimate)
    assert estimate.value >= 10
    assert estimate.interval.low <= estimate.value <= estimate.interval.high


def test_share_without_a_value():
    """A share that could not be estimated gives no size, and its own warnings travel along."""
    sample = SurveySample(columns={"on": [True, False]})
    share = quietly(weighting.proportion, weighting.view(sample, where=[False, False]), "on")
    with pytest.warns(MicroworkWarning, match="no-share"):
        estimate = survey_recapture(share, 1000)
    assert estimate.value is None
    assert codes(estimate) >= {"empty-domain", "no-share"}
    with pytest.raises(InvalidInput, match="share without a value"):
        survey_odds_ratio_curve(share, 1000)


def test_very_large_numbers():
    """A list of a billion and a share of one in a million stay finite and exact."""
    share = binomial(10**9, 1e-6)
    estimate = survey_recapture(share, 1e9)
    assert estimate.value == pytest.approx(1e15, rel=1e-9)
    # a thousand sightings: the ends of a Poisson number, from the chi-squared distribution
    ends = (chdtri(2002, 0.025) / 2e9, chdtri(2000, 0.975) / 2e9)
    assert (1e9 / estimate.interval.low, 1e9 / estimate.interval.high) == pytest.approx(ends, rel=1e-6)


# ------------------------------------------------------------------------------------------------ whom and when it is about


def about(**estimand):
    """Return a share of somebody in particular."""
    return binomial(900, 0.3, estimand=Estimand(unit="share", **estimand))


def test_different_windows_need_turnover():
    """A list of June and a survey of December are refused until the turnover between them is given, and then warned of."""
    size = ListSize(persons=5000, estimand=Estimand(window="June"))
    with pytest.raises(InvalidInput, match=r"different times.*'June' and 'December'"):
        survey_recapture(about(window="December"), size)
    adjustments = RecaptureAdjustments(turnover=Turnover(lag=6, half_life=7, unit="months"))
    with pytest.warns(MicroworkWarning, match=r"open-population.*1\.81 times too large"):
        estimate = survey_recapture(about(window="December"), size, adjustments=adjustments)
    assert estimate.estimand.window == "December"
    assert "known-half-life" in {a.id for a in estimate.assumptions}
    assert "same-window" not in {a.id for a in estimate.assumptions}


def test_short_lags_are_silent():
    """A lag of a tenth of the half-life or less is no matter for a warning."""
    adjustments = RecaptureAdjustments(turnover=Turnover(lag=0.7, half_life=7))
    assert survey_recapture(binomial(900, 0.3), 5000, adjustments=adjustments).warnings == ()


@pytest.mark.parametrize(
    "listed", [Estimand(activity="registered"), Estimand(territory="world"), Estimand(unit="accounts")]
)
def test_contaminated_list(listed):
    """Registered accounts beside active respondents: warned of, until a share of the list is taken out."""
    share = about(activity="monthly", territory="France")
    with pytest.warns(MicroworkWarning, match="contaminated-list"):
        survey_recapture(share, ListSize(persons=5000, estimand=listed))
    adjustments = RecaptureAdjustments(out_of_scope=0.5)
    assert survey_recapture(share, ListSize(persons=5000, estimand=listed), adjustments=adjustments).warnings == ()


def test_assumptions_follow_the_corrections():
    """Each correction puts its own assumption in the place of the one it gives up; the repr names them."""
    plain = survey_recapture(binomial(900, 0.3), 5000)
    ids = [a.id for a in plain.assumptions]
    assert ids == ["survey-blind-to-list", "chance-off-the-list", "membership-known", "in-scope-lists", "same-window"]
    adjustments = RecaptureAdjustments(
        out_of_scope=0.1, missed_links=0.1, odds_ratio=2.0, turnover=Turnover(lag=0, half_life=1)
    )
    full = [a.id for a in survey_recapture(binomial(900, 0.3), 5000, adjustments=adjustments).assumptions]
    known = ["known-odds-ratio", "chance-off-the-list", "known-linkage-errors", "known-out-of-scope", "known-half-life"]
    assert full == known
    assert "survey-blind-to-list" in str(plain)


# ------------------------------------------------------------------------------------------------------------- properties

CELLS = st.tuples(st.integers(0, 60), st.integers(0, 400), st.integers(0, 400)).filter(lambda c: sum(c) > 0)
RATES = st.floats(0, 0.4)


@given(CELLS)
@settings(max_examples=150, deadline=None)
def test_without_corrections_it_is_chapman(cells):
    """Nothing corrected, the value, the standard error and the interval are those of Chapman, edges included."""
    lists = CaptureHistories(lists=("a", "b"), counts=np.array(cells))
    ours, plain = (
        quietly(f, lists, **o)
        for f, o in ((adjusted_two_lists, {"adjustments": RecaptureAdjustments()}), (chapman, {}))
    )
    if plain.value is None:
        assert ours.value is None
        assert ours.interval.high == math.inf
        assert ours.interval.low <= plain.interval.low * (1 + 1e-12)
        return
    assert ours.value == pytest.approx(plain.value, rel=1e-12)
    assert ours.standard_error == pytest.approx(plain.standard_error, rel=1e-9)
    assert (ours.interval.low, ours.interval.high) == pytest.approx((plain.interval.low, plain.interval.high), rel=1e-9)


@given(CELLS.filter(lambda c: c[0] > 0), st.lists(st.floats(0.1, 10), min_size=1, max_size=5))
@settings(max_examples=80, deadline=None)
def test_dial_without_corrections_is_the_curve_of_two_lists(cells, ratios):
    """Nothing else corrected, the dial is odds_ratio_curve: values, ends and standard errors."""
    lists = CaptureHistories(lists=("a", "b"), counts=np.array(cells))
    ours = quietly(adjusted_odds_ratio_curve, lists, ratios, adjustments=RecaptureAdjustments())
    plain = quietly(odds_ratio_curve, lists, ratios)
    np.testing.assert_allclose(ours.values, plain.values, rtol=1e-9)
    np.testing.assert_allclose(ours.low, plain.low, rtol=1e-9)
    np.testing.assert_allclose(ours.high, plain.high, rtol=1e-9)
    one = quietly(adjusted_two_lists, lists, adjustments=RecaptureAdjustments(odds_ratio=ratios[0]))
    assert one.standard_error == pytest.approx(float(odds_ratio_moments(*cells, ratios[0])[1]), rel=1e-9)


@given(st.integers(1, 999), RATES, RATES, RATES, st.floats(0.2, 5), st.floats(0, 3))
@settings(max_examples=200, deadline=None)
def test_more_of_an_error_moves_one_way(found, e, missed, false, ratio, lag):
    """More out of scope, more missed links or a longer lag lower the size; more false links or dependence raise it."""
    point = RecapturePoint(
        share=found / 1000,
        list_size=1e6,
        out_of_scope=e,
        missed_links=missed,
        false_links=false,
        odds_ratio=ratio,
        half_life=2.0,
        lag=lag,
    )
    size = float(point.size())

    def with_more(name, step):
        return float(RecapturePoint(**{n: getattr(point, n) for n in point.__slots__} | {name: step}).size())

    slack = 1 + 1e-9
    assert with_more("out_of_scope", e + 0.1) <= size * slack
    assert with_more("missed_links", missed + 0.05) <= size * slack
    assert with_more("lag", lag + 1) <= size * slack
    assert with_more("false_links", false + 0.05) * slack >= size
    assert with_more("odds_ratio", ratio * 1.1) * slack >= size
    assert size >= float(point.remaining()) * (1 - 1e-9)


def test_slope_is_the_derivative():
    """The analytic slope is what a small step gives, with all corrections on."""
    base = {"list_size": 500.0, "out_of_scope": 0.2, "missed_links": 0.1, "false_links": 0.02, "odds_ratio": 2.5}
    base |= {"half_life": 3.0, "lag": 1.0, "second_list": 80.0, "both": 25.0}
    step = 1e-6
    sizes = [float(RecapturePoint(share=0.3 + s, **base).size()) for s in (-step, step)]
    assert float(RecapturePoint(share=0.3, **base).slope()) == pytest.approx(
        (sizes[1] - sizes[0]) / (2 * step), rel=1e-7
    )


def test_drawn_sizes_through_the_corrections():
    """Sizes drawn for two lists go through the corrections one by one, with fixed or redrawn factors."""
    lists = CaptureHistories.from_two_lists(200, 150, 30)
    adjustments = RecaptureAdjustments(turnover=Turnover(lag=1, half_life=1))
    assert adjusted_sizes(lists, [900.0, 1000.0], adjustments) == pytest.approx([450, 500])
    point = RecapturePoint(share=0.0, list_size=200.0, out_of_scope=np.array([0.5, 0.75]), second_list=150.0, both=30.0)
    assert adjusted_sizes(lists, [900.0, 1000.0], point) == pytest.approx([450, 250])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SampleShare(value=25, standard_error=2, n=600), "impossible share"),
        (lambda: SampleShare(value=0.5, standard_error=0.0, n=600), "a standard error above 0"),
        (lambda: SampleShare(value=0.5, standard_error=0.1, n=0), "at least one respondent"),
        (lambda: SampleShare(value=0.5, standard_error=0.1, n=9, kish_size=10), "kish_size"),
        (lambda: ListSize(persons=0), "more than 0"),
        (lambda: ListSize(persons=lognormal(5, 6), standard_error=1), "not both"),
        (lambda: ListSize(persons=5, correlation_with_share=2), "correlation"),
        (lambda: RecaptureAdjustments(out_of_scope=1.0), "impossible factor"),
        (lambda: RecaptureAdjustments(missed_links=-0.1), "impossible factor"),
        (lambda: RecaptureAdjustments(missed_links=0.6, false_links=0.5), "links that say nothing"),
        (lambda: RecaptureAdjustments(odds_ratio=0.0), "impossible factor"),
        (lambda: RecaptureAdjustments(out_of_scope=lognormal(0.5, 2)), "impossible factor"),
        (lambda: Turnover(lag=-1, half_life=7), "impossible lag"),
        (lambda: Turnover(lag=1, half_life=0), "impossible factor"),
        (lambda: survey_recapture(binomial(100, 0.5), 10, level=95), "level"),
        (lambda: survey_odds_ratio_curve(binomial(100, 0.5), 10, [0, 1]), "impossible odds ratio"),
        (lambda: survey_recapture(weighting.proportion(schools(), "wide"), 10, level=0.9), "an interval at level 0.9"),
        (lambda: survey_recapture(weighting.mean(schools(), "wide"), 10), "unit is a share"),
    ],
)
def test_wrong_input(call, message):
    """Percentages, empty lists, impossible rates, other levels and numbers that are no shares are refused."""
    with pytest.raises(InvalidInput, match=message):
        call()
