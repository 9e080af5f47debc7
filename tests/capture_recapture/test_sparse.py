"""Empty overlaps: every published fit, choice and check of the sparse method."""

from __future__ import annotations

import json
import math
import re
import warnings
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from microwork_estimate.capture_recapture.existence import FITTED, NO_MLE, NOT_IDENTIFIABLE
from microwork_estimate.capture_recapture.fitting import fit_design
from microwork_estimate.capture_recapture.intervals import normal_quantile
from microwork_estimate.capture_recapture.pair_models import choose_pairs, fit_pairs, pair_codes
from microwork_estimate.capture_recapture.sparse import (
    chances_of_empty,
    chosen_model,
    reduced_model,
    sparse_loglinear,
)
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureHistories, all_patterns

REFERENCE = Path(__file__).parent.parent / "reference"
SOURCE = json.loads((REFERENCE / "sparsemse.json").read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in SOURCE["cases"]}
FITS = [case for case in CASES if "/modelfit_" in case or "/fixed_" in case]
CHOICES = [case for case in CASES if "/stepwise" in case or case.endswith("/main")]
ALL_MODELS = [case for case in CASES if case.endswith("/checkallmodels")]
IN_OTHER_FILES = {case for case in CASES if "/checkident_" in case} | {"UKdat_5/bootstrap_BCa", "bca_helper"}
NOT_OFFERED = {
    "UKdat_5/count_triples": "counts triples of lists whose pairs all overlap, a step inside that program",
    "UKdat/count_triples": "the same",
}


def lists_of(name: str) -> CaptureHistories:
    columns = SOURCE["data"][name]["columns"]
    names = list(columns)
    rows = np.array([columns[key] for key in names]).T
    return CaptureHistories.from_patterns(names[:-1], rows[:, :-1], rows[:, -1])


def pairs_of(case: str) -> list[tuple[str, ...]]:
    """Read the pairs of a model off the name of its case."""
    name, which = case.split("/")
    lists = lists_of(name).lists
    if which == "fixed_all":
        return list(combinations(lists, 2))
    if which == "fixed_three":
        return [(lists[0], lists[1]), (lists[1], lists[2]), (lists[0], lists[3])]
    parts = which.split("_")[1:]
    if parts[0].isdigit():
        return [tuple(lists[int(part) - 1] for part in parts)]
    return [tuple(part) for part in parts if part != "main"]


def quiet(histories: CaptureHistories, **options: object) -> Estimate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return sparse_loglinear(histories, **options)


def glm(design: np.ndarray, counts: np.ndarray, epsilon: float) -> np.ndarray:
    """R's glm: stop by the relative change of the deviance; the errors are those of the *last* weights used."""
    mu, old = counts + 0.1, np.inf
    for _ in range(200):
        weights, working = mu, np.log(mu) + (counts - mu) / mu
        cross = design.T @ (weights[:, None] * design)
        mu = np.exp(design @ np.linalg.solve(cross, design.T @ (weights * working)))
        ratio = np.where(counts > 0, counts * np.log(np.where(counts > 0, counts, 1) / mu), 0.0)
        deviance = 2.0 * float((ratio - (counts - mu)).sum())
        if abs(deviance - old) / (abs(deviance) + 0.1) < epsilon:
            break
        old = deviance
    return np.sqrt(np.diag(np.linalg.inv(cross)))


def test_every_reference_case_is_used_or_named() -> None:
    """Each case is tested here, in the tests of existence and of reselection, or named as not offered."""
    tested = {*FITS, *CHOICES, *ALL_MODELS, *IN_OTHER_FILES}
    assert tested | set(NOT_OFFERED) == set(CASES)
    assert not tested & set(NOT_OFFERED)


@pytest.mark.parametrize("case", FITS)
def test_published_fits(case: str) -> None:
    """Coefficients, unseen, deviance, adjusted AIC, cells kept and the chance of the empty overlap are published."""
    histories, output = lists_of(case.split("/")[0]), CASES[case]["output"]
    estimate = quiet(histories, pairs=pairs_of(case))
    if "checkident_code" in output:
        assert estimate.value is None
        assert estimate.warnings[0].code == {1: "no-mle", 2: "not-identifiable"}[output["checkident_code"]]
        return
    reduced = reduced_model(histories, pairs_of(case))
    fit, _ = fit_design(reduced.design, reduced.counts)
    assert fit is not None
    names = ["(Intercept)", *(name.replace("*", ":") for name in reduced.design.column_names[1:])]
    if case.startswith("Artificial"):
        names = [name if len(name) != 2 else f"{name[0]}:{name[1]}" for name in names]
    assert set(names) == set(output["coef"])
    np.testing.assert_allclose(fit.coefficients, [output["coef"][name] for name in names], rtol=1e-6)
    assert fit.unseen == pytest.approx(output["dark_figure"], rel=1e-6)
    assert (estimate.value or 0.0) - histories.n_observed == pytest.approx(output["dark_figure"], rel=1e-6)
    assert fit.deviance == pytest.approx(output["deviance"], rel=1e-6, abs=1e-9)
    assert fit.degrees_of_freedom == output["df_residual"]
    assert estimate.diagnostics["aic"] == pytest.approx(output["aic_adjusted"], rel=1e-6)
    assert reduced.counts.size == output["n_rows_used"]
    assert fit.n_parameters == output["rank"]
    assert len(reduced.empty) == len(output["empty_overlaps"])
    if output["poisspempty"]:
        expected = list(output["poisspempty"].values())
        np.testing.assert_allclose(chances_of_empty(histories, reduced), expected, rtol=1e-6)


@pytest.mark.parametrize("case", [case for case in FITS if "coef" in CASES[case]["output"]])
def test_published_standard_errors(case: str) -> None:
    """Their errors are those of the weights one step before a loose end; ours are those of these steps taken to the end."""
    histories, output = lists_of(case.split("/")[0]), CASES[case]["output"]
    reduced = reduced_model(histories, pairs_of(case))
    fit, _ = fit_design(reduced.design, reduced.counts)
    assert fit is not None
    names = ["(Intercept)", *(name.replace("*", ":") for name in reduced.design.column_names[1:])]
    if case.startswith("Artificial"):
        names = [name if len(name) != 2 else f"{name[0]}:{name[1]}" for name in names]
    published = np.array([output["se"][name] for name in names])
    np.testing.assert_allclose(glm(reduced.design.matrix, reduced.counts, 1e-8), published, rtol=1e-6)
    at_the_end = glm(reduced.design.matrix, reduced.counts, 0.0)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), at_the_end, rtol=1e-8)


@pytest.mark.parametrize("case", CHOICES)
def test_published_choices(case: str) -> None:
    """The pairs chosen step by step, the size and the ends of all its intervals are the published ones."""
    output, histories = CASES[case]["output"], lists_of(case.split("/")[0])
    entry = re.search(r"pthresh=([\d.]+)", CASES[case]["call"])
    options = {"pairs": ()} if case.endswith("/main") else {"entry": float(entry.group(1)) if entry else 0.02}
    for key, expected in output["estimate"].items():
        if key == "point est.":
            assert quiet(histories, **options).value == pytest.approx(expected, rel=1e-6)
            continue
        share = float(key.rstrip("%")) / 100
        interval = quiet(histories, level=abs(1 - 2 * share), **options).interval
        assert interval is not None
        end = interval.low if share < 0.5 else interval.high
        if case == "Artificial_3/stepwise":
            # Six persons in an overlap: their loose standard error, tested above, shows in the ends of the interval.
            n, published = histories.n_observed, output["fit"]["se"]["(Intercept)"]
            unseen = output["fit"]["dark_figure"]
            assert math.log((expected - n) / unseen) == pytest.approx(norm.ppf(share) * published, rel=1e-9)
            reduced = reduced_model(histories, ())
            tight = math.sqrt(float(fit_design(reduced.design, reduced.counts)[0].covariance[0, 0]))
            assert math.log((end - n) / unseen) == pytest.approx(norm.ppf(share) * tight, rel=1e-8)
        else:
            assert end == pytest.approx(expected, rel=1e-6)
    chosen = chosen_model(histories, **options) if "entry" in options else None
    if chosen is not None:
        ours = {name.replace("*", ":") for name in chosen.term_names[1:]}
        assert ours == set(output["terms"])


@pytest.mark.parametrize("case", ALL_MODELS)
def test_published_check_of_all_models(case: str) -> None:
    """Of all sets of pairs, exactly those published have no maximum."""
    histories, output = lists_of(case.split("/")[0]), CASES[case]["output"]
    k = len(histories.lists)
    q = len(pair_codes(k))
    included = (np.arange(2**q)[:, None] >> np.arange(q)[None, :]) & 1 == 1
    counts = np.repeat(histories.counts[None, :].astype(float), 2**q, axis=0)
    status = fit_pairs(counts, included, k).status
    if "values" in output:
        assert {tuple(row) for row in included[status == NO_MLE].astype(int).tolist()} == set(
            map(tuple, output["values"])
        )
        assert included[status == NOT_IDENTIFIABLE].tolist() == [[True] * q]
    else:
        assert (status == FITTED).sum() == 2**q - output["n_failing"]


def test_empty_overlap_is_reported() -> None:
    """The estimate names the empty overlap of its model, and the chance of it without the pair."""
    estimate = quiet(lists_of("UKdat_5"), pairs=[("LA", "GP")])
    assert estimate.diagnostics["empty_overlaps"] == "LA*GP"
    assert estimate.diagnostics["chance of no overlap of LA*GP"] == pytest.approx(0.0954380555289456, rel=1e-6)
    assert estimate.interval is not None
    assert estimate.interval.method == "log-normal, given the pairs"


def test_empty_overlap_outside_the_model_is_a_zero() -> None:
    """An empty overlap that is not in the model stays in the table as zeros."""
    lists = lists_of("Artificial_3")
    assert reduced_model(lists, ()).counts.size == 7
    assert reduced_model(lists, "AC").counts.size == 5


def test_no_overlap_at_all() -> None:
    """Lists without any overlap have no number: main effects alone have no maximum."""
    lists = CaptureHistories.from_patterns("ABC", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [30, 40, 50])
    with pytest.warns(MicroworkWarning, match="no-mle"):
        estimate = sparse_loglinear(lists)
    assert estimate.value is None
    assert estimate.bounds is not None
    assert estimate.bounds.low == 120


@pytest.mark.parametrize("options", [{"pairs": "ABC"}, {"entry": 0.0}, {"entry": 2.0}, {"level": 1.0}, {"pairs": "AX"}])
def test_impossible_options(options: dict) -> None:
    """Interactions of three lists, impossible p-values and levels, and unknown lists are refused."""
    with pytest.raises(InvalidInput):
        sparse_loglinear(lists_of("Artificial_3"), **options)


def test_strong_pair_is_found() -> None:
    """A pair of dependent lists among independent ones comes in, and the size is right."""
    size, patterns = 10**5, all_patterns(4)
    chances = np.array([0.3, 0.25, 0.2, 0.35])
    cells = size * np.prod(np.where(patterns == 1, chances, 1 - chances), axis=1)
    cells[(patterns[:, 0] == 1) & (patterns[:, 1] == 1)] *= 3.0
    lists = CaptureHistories.from_patterns("ABCD", patterns, np.round(cells))
    assert chosen_model(lists).name == "[AB, C, D]"
    unseen = size * np.prod(1 - chances)
    estimate = sparse_loglinear(lists)
    assert estimate.value == pytest.approx(np.round(cells).sum() + unseen, rel=1e-3)
    assert estimate.assumptions[0].id == "selected-model"


def test_choice_on_many_tables_is_the_choice_on_each() -> None:
    """Choosing pairs in many tables at once gives what each table alone gives."""
    histories, generator = lists_of("UKdat_5"), np.random.default_rng(7)
    tables = generator.multinomial(histories.n_observed, histories.counts / histories.n_observed, size=20).astype(float)
    together = choose_pairs(tables, 5, entry=0.02)
    for b in range(5):
        alone = choose_pairs(tables[b : b + 1], 5, entry=0.02)
        np.testing.assert_array_equal(alone.included[0], together.included[b])
        assert alone.fits.coefficients[0, 0] == pytest.approx(together.fits.coefficients[b, 0], rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=7, max_size=7))
def test_any_small_table(counts: list[int]) -> None:
    """On any table of three lists there is a number of at least those seen, or none with a reason."""
    lists = CaptureHistories(lists=("A", "B", "C"), counts=counts)
    estimate = quiet(lists)
    if estimate.value is None:
        assert estimate.warnings[0].code in ("no-mle", "not-identifiable")
    else:
        assert estimate.value >= sum(counts)
        assert estimate.interval is not None
        spread = math.log((estimate.interval.high - sum(counts)) / (estimate.value - sum(counts)))
        assert spread / normal_quantile(0.95) > 0
