"""Capture lists and sightings of a synthetic world."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from microwork_estimate.capture_recapture import chao_lower_bound, chapman, zero_truncated
from microwork_estimate.errors import InvalidInput
from microwork_estimate.simulate import (
    Activity,
    Attrition,
    Capture,
    Linkage,
    PlatformMarket,
    Propensity,
    SightingRate,
    Targets,
    both_probability,
    lists,
    population,
    sightings,
)
from microwork_estimate.simulate.linkage import link

MARKET = PlatformMarket(names=("A", "B"), popularity=(0.5, 0.3), multi_homing=0.4)
WORLD = population(n_persons=150_000, market=MARKET, attrition=Attrition(dormancy=0.3), seed=8)
SIZE = int(WORLD.truth["registered"])


def z_share(count: float, share: float, n: int) -> float:
    """How many standard deviations a count of n independent persons is from its expectation."""
    return abs(count - n * share) / math.sqrt(n * share * (1.0 - share))


def log_odds_ratio(counts: np.ndarray, size: int) -> tuple[float, float]:
    """Return the log odds ratio of two lists among all persons, and its standard error."""
    cells = np.append(counts, size - counts.sum()).astype(float)
    return float(np.log(cells[0] * cells[3] / (cells[1] * cells[2]))), float(np.sqrt((1.0 / cells).sum()))


@given(
    first=st.floats(0.001, 0.999), second=st.floats(0.001, 0.999), odds_ratio=st.floats(-6, 6).map(lambda x: 10.0**x)
)
def test_joint_probabilities_have_the_given_margins_and_odds_ratio(
    first: float, second: float, odds_ratio: float
) -> None:
    """All four cells are possible and their odds ratio is the asked one, whatever the margins."""
    both = float(both_probability(first, second, odds_ratio))
    assert max(0.0, first + second - 1.0) - 1e-15 <= both <= min(first, second) + 1e-15
    one, two, none = first - both, second - both, 1.0 - first - second + both
    # The smallest cell is a difference of numbers near 1: its error is that of floating point.
    slack = 1e-15 * (1.0 / max(abs(one), 1e-15) + 1.0 / max(abs(two), 1e-15) + 1.0 / max(abs(none), 1e-15))
    if slack < 1e-4:
        assert both * none / (one * two) == pytest.approx(odds_ratio, rel=1e-9 + 10.0 * slack)


@pytest.mark.parametrize("odds_ratio", [0.25, 1.0, 2.0, 8.0])
def test_two_lists_have_the_asked_shares_and_odds_ratio(odds_ratio: float) -> None:
    """The realised odds ratio is the asked one within its standard error, and the shares stay."""
    capture = Capture(probabilities=(0.2, 0.3), odds_ratio=odds_ratio)
    seen = lists(WORLD, capture=capture, seed=2)
    found, error = log_odds_ratio(seen.data.counts, SIZE)
    assert abs(found - math.log(odds_ratio)) < 5.0 * error
    for size, share in zip(seen.data.list_sizes, (0.2, 0.3), strict=True):
        assert z_share(size, share, SIZE) < 5.0
    assert seen.truth["size"] == SIZE
    assert seen.truth["overlap"] == seen.data.counts[0]


def test_chapman_finds_the_truth_on_independent_lists() -> None:
    """Over 300 pairs of lists Chapman's mean is the number of persons, and the intervals cover it."""
    world = population(n_persons=3_000, market=MARKET, seed=8)
    size = float(world.truth["registered"])
    estimates = [
        chapman(lists(world, capture=Capture(probabilities=(0.25, 0.2)), seed=seed).data) for seed in range(300)
    ]
    values = np.array([estimate.value for estimate in estimates])
    assert abs(values.mean() - size) < 4.0 * values.std() / math.sqrt(300)
    covered = np.mean([e.interval.low <= size <= e.interval.high for e in estimates])
    assert abs(covered - 0.95) < 4.0 * math.sqrt(0.95 * 0.05 / 300)


def test_dependence_misleads_chapman_as_theory_says() -> None:
    """With odds ratio 4 and small lists about a third of the truth is found; four times the unseen puts it right."""
    capture = Capture(probabilities=(0.08, 0.08), odds_ratio=4.0)
    results = [lists(WORLD, capture=capture, seed=seed).data for seed in range(20)]
    values = np.array([chapman(histories).value for histories in results], dtype=float)
    seen = np.array([histories.n_observed for histories in results])
    assert 0.3 < values.mean() / SIZE < 0.45
    corrected = seen + 4.0 * (values - seen)
    assert abs(corrected.mean() - SIZE) < 4.0 * corrected.std() / math.sqrt(20)


def test_the_odds_ratio_concerns_the_first_two_lists_only() -> None:
    """Of four lists the first two depend on each other, all other pairs are independent."""
    capture = Capture(probabilities=(0.3, 0.3, 0.3, 0.3), odds_ratio=3.0)
    data = lists(WORLD, capture=capture, seed=2).data
    for a in range(4):
        for b in range(a + 1, 4):
            cells = data.counts @ np.stack([(data.patterns[:, [a, b]] == pair).all(axis=1) for pair in PAIRS], axis=1)
            found, error = log_odds_ratio(cells, SIZE)
            assert abs(found - (math.log(3.0) if (a, b) == (0, 1) else 0.0)) < 5.0 * error


PAIRS = np.array([[1, 1], [1, 0], [0, 1]])


def test_two_classes_of_propensity_give_the_expected_patterns() -> None:
    """Three lists under two classes have the pattern counts that the mixture gives."""
    propensity = Propensity(law="two_class", high_share=0.3, high_ratio=6.0)
    world = population(n_persons=100_000, market=MARKET, propensity=propensity, seed=8)
    capture = Capture(probabilities=(0.1, 0.2, 0.3), heterogeneity=1.2)
    seen = lists(world, capture=capture, among="everybody", seed=3)
    inclined = float((world.propensity > 1.0).mean())
    step = 1.2 * math.log(6.0)
    chances = []
    for p in capture.probabilities:
        level = optimize.brentq(
            lambda x, p=p: inclined * special.expit(x + step) + (1 - inclined) * special.expit(x) - p, -20, 20
        )
        chances.append([special.expit(level + step), special.expit(level)])
    by_class = np.array(chances)[None, :, :]
    rows = seen.data.patterns[:, :, None]
    joint = np.where(rows == 1, by_class, 1.0 - by_class).prod(axis=1) @ [inclined, 1.0 - inclined]
    expected = np.append(joint, 1.0 - joint.sum()) * world.n_persons
    counts = np.append(seen.data.counts, world.n_persons - seen.data.n_observed)
    assert stats.chisquare(counts, expected).pvalue > 1e-4


def test_heterogeneity_keeps_the_shares_and_makes_lists_go_together() -> None:
    """With a Rasch-type spread each list has its share of persons, and all pairs are positively dependent."""
    capture = Capture(probabilities=(0.1, 0.2, 0.3), heterogeneity=1.5)
    data = lists(WORLD, capture=capture, seed=3).data
    for size, share in zip(data.list_sizes, capture.probabilities, strict=True):
        assert z_share(size, share, SIZE) < 5.0
    for names in (("list 1", "list 2"), ("list 2", "list 3"), ("list 1", "list 3")):
        (third,) = {"list 1", "list 2", "list 3"} - set(names)
        found, error = log_odds_ratio(data.without(third).counts, SIZE)
        assert found > 10.0 * error


def test_uncatchable_persons_are_on_no_list() -> None:
    """Only the catchable are seen: three lists of everybody catchable leave exactly the others out."""
    capture = Capture(probabilities=(0.999, 0.999, 0.999), uncatchable=0.2)
    seen = lists(WORLD, capture=capture, seed=3)
    assert z_share(float(seen.truth["catchable"]), 0.8, SIZE) < 5.0
    assert 0 <= float(seen.truth["catchable"]) - float(seen.truth["seen"]) < 10
    assert seen.truth["size"] == SIZE


def test_linkage_errors_change_the_overlap_as_asked() -> None:
    """(1 - missed) m + false (n2 - m) matches are found on average, and the list sizes stay."""
    capture = Capture(probabilities=(0.3, 0.25))
    clean = lists(WORLD, capture=capture, seed=4)
    linked = lists(WORLD, capture=capture, linkage=Linkage(missed=0.15, false=0.04), seed=4)
    np.testing.assert_array_equal(clean.data.list_sizes, linked.data.list_sizes)
    m, n2 = int(clean.data.counts[0]), int(clean.data.list_sizes[1])
    expected = 0.85 * m + 0.04 * (n2 - m)
    spread = math.sqrt(m * 0.15 * 0.85 + (n2 - m) * 0.04 * 0.96)
    assert abs(linked.data.counts[0] - expected) < 5.0 * spread
    assert clean.truth["overlap"] == linked.truth["overlap"] == m


@settings(deadline=None)
@given(
    codes=st.lists(st.integers(1, 15), min_size=1, max_size=60),
    missed=st.floats(0, 1),
    false=st.floats(0, 1),
    seed=st.integers(0, 1000),
)
def test_linkage_loses_no_record(codes: list[int], missed: float, false: float, seed: int) -> None:
    """However lists are linked, each keeps its number of records, and no unit is empty."""
    units = link(np.array(codes), 4, Linkage(missed=missed, false=false), seed)
    assert (units > 0).all()
    for bit in (1, 2, 4, 8):
        assert np.count_nonzero(units & bit) == sum(bool(code & bit) for code in codes)


def test_lists_can_be_about_any_tier() -> None:
    """The truth to be found is the size of the tier asked for."""
    targets = Targets(registered=20_000, monthly=5_000, weekly=1_000)
    world = population(n_persons=40_000, market=MARKET, activity=Activity(targets=targets), seed=8)
    capture = Capture(probabilities=(0.4, 0.4))
    for tier, size in [("everybody", 40_000), ("registered", 20_000), ("monthly", 5_000), ("weekly_every_week", 1_000)]:
        seen = lists(world, capture=capture, among=tier, seed=1)
        assert seen.truth["size"] == size
        assert z_share(seen.data.n_observed, 1.0 - 0.6**2, size) < 5.0


def test_one_seed_gives_the_same_lists_and_lists_draw_apart() -> None:
    """The same seed gives the same counts; a third list changes neither of the first two."""
    two = lists(WORLD, capture=Capture(probabilities=(0.2, 0.1)), seed=5).data
    again = lists(WORLD, capture=Capture(probabilities=(0.2, 0.1)), seed=5).data
    three = lists(WORLD, capture=Capture(probabilities=(0.2, 0.1, 0.3)), seed=5).data
    np.testing.assert_array_equal(two.counts, again.counts)
    np.testing.assert_array_equal(two.counts, three.without("list 3").counts)


@pytest.mark.parametrize(("cv", "name"), [(0.0, "poisson"), (1.0, "geometric"), (0.7, "negative binomial")])
def test_sightings_follow_the_law_of_their_spread(cv: float, name: str) -> None:
    """Counts, the unseen included, have the distribution that scipy gives."""
    seen = sightings(WORLD, rate=SightingRate(mean=1.3, cv=cv), among="registered", seed=2)
    shape = 1.0 / cv**2 if cv else 0.0
    law = stats.poisson(1.3) if name == "poisson" else stats.nbinom(shape, shape / (shape + 1.3))
    counts = np.concatenate([[SIZE - seen.data.n_observed], seen.data.frequencies])
    top = 7
    observed = np.append(counts[:top], counts[top:].sum())
    expected = np.append(law.pmf(np.arange(top)), law.sf(top - 1)) * SIZE
    assert stats.chisquare(observed, expected).pvalue > 1e-4


def test_one_inflation_adds_persons_seen_once() -> None:
    """Who tried once and left is seen exactly once, whatever the rate."""
    world = population(n_persons=50_000, market=MARKET, attrition=Attrition(tried_once=0.4), seed=8)
    once = int(world.tried_once.sum())
    seen = sightings(world, rate=SightingRate(mean=2.0), seed=2)
    others = float(world.truth["ever_active"]) - once
    assert z_share(seen.data.frequencies[0] - once, stats.poisson(2.0).pmf(1), int(others)) < 5.0


def test_estimators_from_counts_find_what_theory_says() -> None:
    """The right law finds everybody; Chao's bound finds half of the unseen of a geometric law, and too many once."""
    poisson = sightings(WORLD, rate=SightingRate(mean=1.3), among="registered", seed=2).data
    estimate = zero_truncated(poisson, family="poisson")
    assert abs(float(estimate.value or 0) - SIZE) < 4.0 * float(estimate.standard_error or 0)
    geometric = sightings(WORLD, rate=SightingRate(mean=1.3, cv=1.0), among="registered", seed=2).data
    estimate = zero_truncated(geometric, family="geometric")
    assert abs(float(estimate.value or 0) - SIZE) < 4.0 * float(estimate.standard_error or 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bound = chao_lower_bound(geometric)
        once = population(n_persons=50_000, market=MARKET, attrition=Attrition(tried_once=0.4), seed=8)
        inflated = chao_lower_bound(sightings(once, rate=SightingRate(mean=2.0), seed=2).data)
    unseen = SIZE / 2.3
    assert abs(float(bound.value or 0) - (SIZE - unseen / 2)) < 4.0 * float(bound.standard_error or 0)
    assert float(inflated.value or 0) > 1.2 * float(once.truth["ever_active"])


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Capture(probabilities=(0.2,)), "impossible number of lists"),
        (lambda: Capture(probabilities=(0.2, 1.0)), "impossible share"),
        (lambda: Capture(probabilities=(0.0, 0.2)), "impossible value"),
        (lambda: Capture(probabilities=(0.1, 0.2), names=("a",)), "columns of different lengths"),
        (lambda: Capture(probabilities=(0.1, 0.2), names=("a", "a")), "names not distinct"),
        (lambda: Capture(probabilities=(0.1, 0.2), odds_ratio=0.0), "impossible value"),
        (lambda: Capture(probabilities=(0.1, 0.2), odds_ratio=math.inf), "impossible value"),
        (lambda: Capture(probabilities=(0.1, 0.2), uncatchable=1.0), "impossible share"),
        (lambda: Capture(probabilities=(0.1, 0.2), heterogeneity=math.nan), "impossible value"),
        (lambda: Linkage(missed=1.1), "impossible share"),
        (lambda: Linkage(false=-0.1), "impossible share"),
        (lambda: SightingRate(mean=0.0), "impossible value"),
        (lambda: SightingRate(mean=1.0, cv=-1.0), "impossible value"),
        (lambda: lists(WORLD, capture=Capture(probabilities=(0.1, 0.2)), among="daily", seed=1), "unknown name"),
        (lambda: lists(ASLEEP, capture=Capture(probabilities=(0.1, 0.2)), among="monthly", seed=1), "nobody to list"),
        (lambda: sightings(ASLEEP, rate=SightingRate(mean=1.0), seed=1), "nobody was seen"),
    ],
)
def test_impossible_lists_are_refused(make: object, problem: str) -> None:
    """Bad probabilities, dependence, linkage or tiers raise an error that says what is wrong."""
    with pytest.raises(InvalidInput, match=problem):
        make()  # type: ignore[operator]


ASLEEP = population(n_persons=100, market=MARKET, attrition=Attrition(dormancy=1.0), seed=1)
