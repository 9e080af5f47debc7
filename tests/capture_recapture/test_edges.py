"""Honest edges: every public estimator of the room on every degenerate table, and none left out."""

from __future__ import annotations

import inspect
import math
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import microwork_estimate.capture_recapture as room
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate, SensitivityCurve
from microwork_estimate.inputs import CaptureCounts, CapturedPersons, CaptureHistories, OccasionHistories, OpenCounts

BILLION = 10**9
SANE = 1e6
"""No number may be more than so many times what was seen."""
SECONDS = 5.0

TWO_LISTS = {
    "no overlap": (100, 80, 0),
    "no overlap of billions": (BILLION, BILLION, 0),
    "first inside second": (50, 200, 50),
    "second inside first": (200, 50, 50),
    "identical": (100, 100, 100),
    "identical billions": (BILLION, BILLION, BILLION),
    "an empty list": (100, 0, 0),
    "billions": (BILLION, BILLION, BILLION // 4),
    "one of billions on both": (BILLION, BILLION, 1),
    "one person on both": (1, 1, 1),
    "one person": (1, 0, 0),
    "two persons": (1, 1, 0),
}


def by_pattern(lists: int, **persons: int) -> CaptureHistories:
    """Make histories from patterns such as p110=5."""
    rows = [[int(c) for c in name[1:]] for name in persons]
    return CaptureHistories.from_patterns("ABCDE"[:lists], rows, list(persons.values()))


def repeated(table: CaptureHistories, factor: int) -> CaptureHistories:
    return CaptureHistories(lists=table.lists, counts=table.counts * factor)


THREE = by_pattern(3, p111=4, p110=10, p101=8, p011=9, p100=60, p010=50, p001=40)
MORE_LISTS = {
    "three, no overlap": by_pattern(3, p100=60, p010=50, p001=40),
    "three, an empty pair": by_pattern(3, p110=10, p011=9, p100=60, p010=50, p001=40),
    "three, no overlap of billions": by_pattern(3, p100=BILLION, p010=BILLION, p001=BILLION),
    "three, one inside another": by_pattern(3, p111=6, p110=14, p101=8, p001=40, p100=60),
    "three, a list of everybody": by_pattern(3, p100=60, p110=20, p101=15, p111=5),
    "three, two identical": by_pattern(3, p111=5, p110=60, p001=40),
    "three, all identical": by_pattern(3, p111=90),
    "three, an empty list": by_pattern(3, p110=20, p100=60, p010=50),
    "three, billions": repeated(THREE, BILLION // 60),
    "three, one person": by_pattern(3, p100=1),
    "three, one person on all": by_pattern(3, p111=1),
    "three, one on all of billions": by_pattern(3, p111=1, p100=BILLION, p010=BILLION, p001=BILLION),
    "four, no overlap": by_pattern(4, p1000=60, p0100=50, p0010=40, p0001=30),
    "four, all identical": by_pattern(4, p1111=90),
    "four, a list of everybody": by_pattern(4, p1000=60, p1100=20, p1010=15, p1001=9, p1110=5, p1111=2),
    "four, two identical": by_pattern(4, p1100=60, p1111=4, p1110=9, p0010=40, p0001=30, p0011=7),
    "four, billions": by_pattern(
        4,
        p1000=BILLION,
        p0100=BILLION,
        p0010=BILLION,
        p0001=BILLION,
        p1100=10**8,
        p0110=10**8,
        p0011=10**8,
        p1111=10**7,
    ),
}
COUNTS = {
    "all once": ([50], 5),
    "all once, billions": ([BILLION], 5),
    "one person": ([1], 3),
    "one person thrice": ([0, 0, 1], 3),
    "all on every occasion": ([0, 0, 40], 3),
    "all on every occasion, billions": ([0, 0, BILLION], 3),
    "nobody once": ([0, 30, 20, 5], 6),
    "one of many twice": ([10**6, 1], 5),
    "one of billions twice": ([BILLION, 1], 5),
    "all twice": ([0, 60], 4),
    "billions": ([BILLION, BILLION // 3, BILLION // 9], 4),
    "a far tail": ([900, 1] + [0] * 997 + [1], 2000),
    "half once, half very often": ([500] + [0] * 98 + [500], 200),
    "one inflated": ([10_000, 20, 15, 10, 5], 6),
}
OCCASIONS = {
    "nobody seen again": [[1, 0, 0, 0]] * 5 + [[0, 1, 0, 0]] * 6 + [[0, 0, 1, 0]] * 4 + [[0, 0, 0, 1]] * 5,
    "everybody always": [[1, 1, 1, 1]] * 20,
    "one person": [[0, 1, 0, 0]],
    "one person always": [[1, 1, 1, 1]],
    "an empty occasion": [[1, 0, 0, 1]] * 9 + [[1, 0, 0, 0]] * 9 + [[0, 0, 1, 0]] * 8,
    "the first is everybody": [[1, 1, 0, 0]] * 9 + [[1, 0, 1, 0]] * 8 + [[1, 0, 0, 1]] * 5 + [[1, 0, 0, 0]] * 30,
    "two identical": [[1, 1, 0, 0]] * 12 + [[0, 0, 1, 1]] * 11 + [[0, 0, 1, 0]] * 7 + [[0, 0, 0, 1]] * 6,
}
OPEN_BILLIONS = OpenCounts(
    seen=[BILLION] * 4, marked=[0, BILLION // 2, BILLION // 2, BILLION // 2], seen_again=[BILLION // 2] * 3 + [0]
)
SHARES = {
    "nobody on the list": (0.0, 0.0, 600),
    "everybody on the list": (1.0, 0.0, 600),
    "one respondent": (0.0, 0.0, 1),
    "one respondent, on the list": (1.0, 0.0, 1),
    "a billion respondents, few on the list": (1e-9, 1e-9, BILLION),
    "a share of next to nothing": (1e-11, 1e-11, 600),
    "no precision": (0.5, 0.5, 2),
}


def persons_of(table: CaptureHistories) -> CapturedPersons:
    """One row a person, with a covariate that is of no use."""
    counts = np.minimum(table.counts, 60)
    rows = np.repeat(table.patterns, counts, axis=0)
    columns = {name: rows[:, place] for place, name in enumerate(table.lists)}
    columns["age"] = 20 + np.arange(len(rows)) * 7 % 40
    columns["group"] = np.where(np.arange(len(rows)) % 2, "a", "b")
    return CapturedPersons.from_columns(columns, lists=table.lists)


HISTORIES = {name: CaptureHistories.from_two_lists(*sizes) for name, sizes in TWO_LISTS.items()} | MORE_LISTS
COUNTED = {name: CaptureCounts(frequencies=f, occasions=t) for name, (f, t) in COUNTS.items()}
SEEN = {
    name: OccasionHistories(
        seen=[[*row, *row[:2]] for row in rows], occasions=tuple("123456"), periods=[0, 0, 1, 1, 2, 2]
    )
    for name, rows in OCCASIONS.items()
}
SEPARATE = {
    name: OccasionHistories(seen=rows, occasions=("1", "2", "3", "4"), periods=[0, 1, 2, 3])
    for name, rows in OCCASIONS.items()
}
OPENED = {name: OpenCounts.from_occasions(o) for name, o in SEPARATE.items()} | {"billions": OPEN_BILLIONS}
PERSONS = {name: persons_of(table) for name, table in HISTORIES.items()}
SHARED = {name: room.SampleShare(value=p, standard_error=e, n=n) for name, (p, e, n) in SHARES.items()}
OPEN_HISTORIES = {name: o.histories() for name, o in SEPARATE.items()}

DIRTY = room.RecaptureAdjustments(
    out_of_scope=0.3, missed_links=0.1, false_links=0.05, turnover=room.Turnover(lag=1, half_life=5), odds_ratio=2.0
)
CLEAN = room.RecaptureAdjustments()
SHORT = room.ChainPlan(chains=4, burn_in=20, draws=20, leapfrog=4)
FACTORS = ("odds_ratio", "out_of_scope")
LAWS = ("poisson", "geometric", "negative_binomial", "binomial")


def pairs(table: CaptureHistories) -> list[tuple[str, ...]]:
    return [*((name,) for name in table.lists), table.lists[:2]]


CORRECTED = ("adjusted_two_lists", "survey_recapture")
"""These take entries out of scope out of the lists, or people who left, so that fewer may remain than were seen."""

Uses = dict[str, list[tuple[dict[str, Any], Callable[[Any], Any]]]]
USES: Uses = {
    "adjusted_odds_ratio_curve": [
        (HISTORIES, lambda t: room.adjusted_odds_ratio_curve(t, [0.5, 1, 8], adjustments=CLEAN)),
        (HISTORIES, lambda t: room.adjusted_odds_ratio_curve(t, [0.5, 1, 8], adjustments=DIRTY)),
    ],
    "adjusted_two_lists": [
        (HISTORIES, lambda t: room.adjusted_two_lists(t, adjustments=CLEAN)),
        (HISTORIES, lambda t: room.adjusted_two_lists(t, adjustments=DIRTY)),
    ],
    "average_loglinear": [(HISTORIES, room.average_loglinear)],
    "binomial_mixture": [(COUNTED, lambda c, k=k: room.binomial_mixture(c, components=k)) for k in (1, 2)],
    "chao_lower_bound": [
        (COUNTED, room.chao_lower_bound),
        (COUNTED, lambda c: room.chao_lower_bound(c, bias_corrected=False)),
    ],
    "chapman": [
        (HISTORIES, lambda t, i=i: room.chapman(t, interval=i))
        for i in ("sadinle", "wald", "chao_log", "profile", "waring")
    ],
    # The table below fits all the others too.
    "closed_model": [
        (HISTORIES, lambda t: room.closed_model(t, "Mbh")),
        (HISTORIES, lambda t: room.closed_model(t, "Mth", heterogeneity="gamma")),
    ],
    "closed_models": [(HISTORIES, room.closed_models)],
    "count_domains": [
        (PERSONS, lambda p, f=f: room.count_domains(p, by="group", family=f)) for f in ("poisson", "zelterman", "chao")
    ],
    "count_regression": [
        (PERSONS, lambda p, f=f, g=g: room.count_regression(p, g, family=f))
        for f in ("poisson", "geometric", "negative_binomial", "zelterman", "chao")
        for g in ("1", "age")
    ],
    "decomposable_average": [(HISTORIES, room.decomposable_average)],
    "doubly_robust": [(PERSONS, lambda p: room.doubly_robust(p, "age", seed=1))],
    "half_life": [
        (OPENED, lambda c: room.half_life(room.superpopulation(c, survival="equal"))),
        (OPENED, lambda c: room.half_life(room.jolly_seber(c).survival[0])),
    ],
    "huggins_alho": [
        (PERSONS, room.huggins_alho),
        (PERSONS, lambda p: room.huggins_alho(p, "age")),
        (PERSONS, lambda p: room.huggins_alho(p, behaviour=True)),
    ],
    "jolly_seber": [(OPENED, room.jolly_seber), (OPENED, lambda c: room.jolly_seber(c, bias_adjusted=False))],
    "latent_class": [(HISTORIES, lambda t: room.latent_class(t, classes=2))],
    "latent_class_bayes": [(HISTORIES, lambda t: room.latent_class_bayes(t, seed=1, plan=SHORT))],
    "lincoln_petersen": [(HISTORIES, room.lincoln_petersen)],
    "loglinear": [
        (HISTORIES, lambda t: room.loglinear(t, [(name,) for name in t.lists])),
        (HISTORIES, lambda t: room.loglinear(t, pairs(t))),
    ],
    "mixture_drift": [(COUNTED, lambda c: room.mixture_drift(c, max_components=2))],
    "odds_ratio_bounds": [(HISTORIES, room.odds_ratio_bounds)],
    "odds_ratio_curve": [(HISTORIES, lambda t: room.odds_ratio_curve(t, [0.5, 1, 8]))],
    "one_inflated": [
        (COUNTED, lambda c, f=f, o=o: room.one_inflated(c, family=f, order=o))
        for f in LAWS
        for o in ("before_truncation", "after_truncation")
    ],
    "one_inflation_curve": [(COUNTED, lambda c, f=f: room.one_inflation_curve(c, family=f)) for f in LAWS],
    "open_loglinear": [(OPEN_HISTORIES, room.open_loglinear)],
    "robust_design": [(SEEN, room.robust_design)],
    "sample_coverage": [(HISTORIES, room.sample_coverage)],
    "select_loglinear": [(HISTORIES, room.select_loglinear)],
    "sparse_loglinear": [(HISTORIES, room.sparse_loglinear)],
    "stratified_total": [
        (HISTORIES, lambda t: room.stratified_total({"all": t}, room.chapman)),
        (HISTORIES, lambda t: room.stratified_total({"a": t, "b": t}, room.chapman)),
    ],
    "superpopulation": [(OPENED, room.superpopulation)],
    "survey_odds_ratio_curve": [(SHARED, lambda s: room.survey_odds_ratio_curve(s, 50_000, [0.5, 1, 8]))],
    "survey_recapture": [
        (SHARED, lambda s, a=a, n=n: room.survey_recapture(s, n, adjustments=a))
        for a in (CLEAN, DIRTY)
        for n in (1000, 50_000)
    ],
    "survey_odds_ratio_bounds": [(SHARED, lambda s: room.survey_odds_ratio_bounds(s, 50_000))],
    "survey_tipping_point": [
        (SHARED, lambda s, f=f: room.survey_tipping_point(s, 50_000, 1e6, factor=f)) for f in FACTORS
    ],
    "tipping_point": [(HISTORIES, lambda t: room.tipping_point(t, 1e12))],
    "zelterman": [(COUNTED, room.zelterman)],
    "zero_one_truncated": [(COUNTED, lambda c, f=f: room.zero_one_truncated(c, family=f)) for f in LAWS],
    "zero_truncated": [(COUNTED, lambda c, f=f: room.zero_truncated(c, family=f)) for f in LAWS],
}


def estimates_of(found: Any) -> Iterator[Estimate]:
    """All estimates of a result, whatever it is."""
    if isinstance(found, Estimate):
        yield found
    elif isinstance(found, dict):
        yield from found.values()
    elif isinstance(found, room.OpenPopulation):
        yield from (*found.sizes, *found.capture, *found.survival, *found.entries)
        yield from () if found.total is None else (found.total,)
    elif isinstance(found, room.ClosedModelTable):
        yield from found.estimates
    elif hasattr(found, "population"):
        yield from estimates_of(found.population)


def complaints(estimate: Estimate, *, corrected: bool) -> Iterator[str]:
    """What is dishonest about an estimate."""
    value, seen, codes = estimate.value, estimate.n_observed or 0.0, {w.code for w in estimate.warnings}
    limits = estimate.interval or estimate.bounds
    if value is None:
        if not codes and estimate.bounds is None:
            yield "no value, and not a word why"
        return
    if not math.isfinite(value):
        yield "a value that is no number"
    if estimate.standard_error is not None and not math.isfinite(estimate.standard_error):
        yield "a standard error that is no number"
    if seen and value > SANE * seen and "runaway" not in codes:
        yield f"{value:.3g} for {seen:.0f} seen, and not a word of it"
    if estimate.estimand.unit == "persons" and not corrected and value < seen * (1 - 1e-9):
        yield f"{value:.6g} persons, of whom {seen:.0f} were seen"
    if limits is not None and math.isinf(limits.low):
        yield "a lower end that is no number"
    if estimate.interval is not None and not limits.low * (1 - 1e-9) <= value <= limits.high * (1 + 1e-9):
        yield f"{value:.6g} outside {limits.low:.6g} to {limits.high:.6g}"
    if not codes and (limits is None or math.isinf(limits.high)):
        yield "no upper end, and not a word why"


def curve_complaints(curve: SensitivityCurve, codes: set[str]) -> Iterator[str]:
    """What is dishonest about a curve: nothing is estimated only with an infinite end above and a warning."""
    if np.isnan(curve.low).any() or np.isnan(curve.high).any():
        yield "ends that are no numbers"
    open_there = ~np.isfinite(curve.values)
    if open_there.any() and not (codes and np.isinf(curve.high[open_there]).all()):
        yield "no value, and not a word why"
    inside = (curve.low <= curve.values * (1 + 1e-9)) & (curve.values <= curve.high * (1 + 1e-9))
    if not (inside | open_there).all():
        yield "values outside their intervals"


def run(use: Callable[[Any], Any], data: Any) -> tuple[Any, set[str], set[str], float]:
    """Return the result (None if the input was refused), the codes, Python's own warnings, and seconds of processor time."""
    begun = time.process_time()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = use(data)
        except InvalidInput:
            found = None
    own = {str(w.message) for w in said if not isinstance(w.message, MicroworkWarning)}
    codes = {w.message.code for w in said if isinstance(w.message, MicroworkWarning)}
    return found, codes, own, time.process_time() - begun


@pytest.mark.parametrize("name", USES)
def test_degenerate_data_get_an_honest_answer(name):
    """Refused, or a sane number, or the limits that are known and why; in a few seconds, without a word of Python's."""
    wrong, answered = [], 0
    for number, (tables, use) in enumerate(USES[name]):
        for label, data in tables.items():
            found, codes, own, seconds = run(use, data)
            problems = [*own, *(["slow"] if seconds > SECONDS else [])]
            corrected = name in CORRECTED
            problems += [text for e in estimates_of(found) for text in complaints(e, corrected=corrected)]
            if isinstance(found, SensitivityCurve):
                problems += curve_complaints(found, codes)
            if isinstance(found, float) and math.isnan(found) and not codes:
                problems.append("NaN, and not a word why")
            wrong += [f"{name}[{number}] on {label}: {text}" for text in problems]
            answered += found is not None
    assert wrong == []
    assert answered > 0


def test_no_estimator_is_left_out():
    """Every public function that returns estimates or curves is among those above."""
    kinds = ("Estimate", "SensitivityCurve", "OpenPopulation", "ClosedModelTable", "MixtureDrift", "OpenLogLinear")
    functions = {name: getattr(room, name) for name in room.__all__ if inspect.isfunction(getattr(room, name))}
    returned = {name: str(inspect.signature(f).return_annotation) for name, f in functions.items()}
    assert {name for name, kind in returned.items() if any(k in kind for k in kinds)} <= set(USES)
    assert set(USES) <= set(functions)


@pytest.mark.parametrize("size", [10, 10**6, BILLION])
def test_scale_does_not_matter(size):
    """Two lists a thousand or a million times as long give so many times the size, to ten digits."""
    lists = CaptureHistories.from_two_lists(20 * size, 15 * size, 3 * size)
    assert room.lincoln_petersen(lists).value == pytest.approx(100 * size, rel=1e-10)
    model = room.loglinear(lists, [(name,) for name in lists.lists])
    assert model.value == pytest.approx(100 * size, rel=1e-10)


@pytest.mark.parametrize("name", ["three, one inside another", "three, a list of everybody", "three, two identical"])
def test_number_from_nested_lists_carries_its_code(name: str) -> None:
    """No closed or log-linear model gives a bare number where one list lies inside another."""
    lists = MORE_LISTS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        found = [room.closed_model(lists, "M0"), room.closed_model(lists, "Mh", heterogeneity="darroch")]
        found += [room.average_loglinear(lists), room.select_loglinear(lists), room.sparse_loglinear(lists)]
        found += [room.loglinear(lists, model) for model in ("A,B,C", "AB,C", "AB,AC")]
    numbers = [estimate for estimate in found if estimate.value is not None]
    assert numbers
    assert all("nested-lists" in {warning.code for warning in estimate.warnings} for estimate in numbers)
