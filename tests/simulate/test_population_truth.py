"""A synthetic population: its truth, its targets, its random streams."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput
from microwork_estimate.simulate import (
    FRENCH_ACTIVE_LIKE,
    TIERS,
    Activity,
    Attrition,
    PlatformMarket,
    Population,
    Propensity,
    Targets,
    population,
)

N = 100_000
MARKET = PlatformMarket(names=("A", "B", "C", "D"), popularity=(0.3, 0.1, 0.05, 0.2), declaring=("A", "B", "C"))


def recount(world: Population, platforms: tuple[str, ...]) -> dict[str, float]:
    """Count a small world person by person, in plain Python."""
    columns = [world.market.names.index(name) for name in platforms]
    found = dict.fromkeys(("registered", "ever_active", "monthly", "weekly_days4", "weekly_every_week"), 0)
    found |= {"registrations": 0, "squares": 0, "visitors": 0, "platform_days": 0, "person_days": 0}
    for person in range(world.n_persons):
        owned = [j for j in columns if world.membership[person, j]]
        visited = [{d for d in range(32) if int(world.visits[person, j]) >> d & 1} for j in owned]
        days = set().union(*visited)
        found["registered"] += bool(owned)
        found["ever_active"] += bool(owned) and not world.dormant[person]
        found["monthly"] += len(days) >= 1
        found["weekly_days4"] += len(days) >= 4
        found["weekly_every_week"] += {d // 7 for d in days} == {0, 1, 2, 3}
        found["registrations"] += len(owned)
        found["squares"] += len(owned) ** 2
        found["visitors"] += sum(bool(v) for v in visited)
        found["platform_days"] += sum(len(v) for v in visited)
        found["person_days"] += len(days)
    return found


@pytest.mark.parametrize("platforms", [("A", "B", "C"), ("D",), ("A", "B", "C", "D")])
def test_truth_is_what_a_person_by_person_count_finds(platforms: tuple[str, ...]) -> None:
    """Every number of the truth equals a recount in plain Python, on any set of platforms."""
    world = population(
        n_persons=1500,
        market=replace(MARKET, multi_homing=0.5),
        activity=Activity(correlation=0.5),
        attrition=Attrition(dormancy=0.3, tried_once=0.1),
        seed=9,
    )
    truth, found = world.truth_on(platforms), recount(world, platforms)
    squares = found.pop("squares")
    assert {name: truth[name] for name in found} == found
    assert truth["mean_platforms"] == pytest.approx(found["registrations"] / found["registered"])
    assert truth["mean_platforms_size_biased"] == pytest.approx(squares / found["registrations"])


worlds = st.builds(
    dict,
    propensity=st.builds(Propensity, law=st.sampled_from(["gamma", "lognormal", "two_class"]), cv=st.floats(0.1, 3)),
    activity=st.builds(
        Activity,
        mean_days=st.floats(0.1, 20),
        cv=st.floats(0, 3),
        correlation=st.floats(-1, 1),
        crossing=st.floats(0, 1),
    ),
    attrition=st.builds(Attrition, dormancy=st.floats(0, 1), tried_once=st.floats(0, 1)),
    seed=st.integers(0, 2**63),
)


def assert_consistent(world: Population) -> None:
    """Check every identity that the truth must obey."""
    t = {name: value for name, value in world.truth.items() if isinstance(value, int)}
    assert t["weekly_every_week"] <= t["weekly_days4"] <= t["monthly"] <= t["ever_active"] <= t["registered"]
    assert t["registered"] <= t["persons"]
    cells = t["weekly_every_week"] + t["monthly_not_weekly"] + t["rarer"] + t["dormant"]
    assert cells == t["registered"]
    names = world.market.declaring or ()
    assert t["registrations"] == sum(t[f"registrations on {name}"] for name in names)
    assert t["registrations"] == int(world.membership[:, world.columns()].sum())
    assert t["visitors"] == sum(t[f"visitors on {name}"] for name in names)
    assert t["monthly"] <= t["visitors"] <= t["platform_days"]
    assert not world.visits[~world.membership].any()
    for tier in TIERS[1:]:
        assert int(world.among(tier).sum()) == t[tier]


@settings(max_examples=40, deadline=None)
@given(options=worlds, multi_homing=st.floats(0, 0.99), n_declaring=st.integers(1, 5))
def test_truth_is_consistent_in_any_world(options: dict, multi_homing: float, n_declaring: int) -> None:
    """Nested counts are nested, exclusive cells add up, and sums over platforms are sums over persons."""
    market = PlatformMarket.ranked(5, largest=0.5, n_declaring=n_declaring, multi_homing=multi_homing)
    assert_consistent(population(n_persons=700, market=market, **options))


@settings(max_examples=40, deadline=None)
@given(options=worlds, numbers=st.tuples(*[st.integers(0, 300)] * 4), left_out=st.sets(st.integers(0, 3)))
def test_targets_are_met_exactly_in_any_world(options: dict, numbers: tuple[int, ...], left_out: set[int]) -> None:
    """Whatever the world, the asked numbers of persons are there to the unit, and the truth stays consistent."""
    names = ("registered", "ever_active", "monthly", "weekly")
    nested = sorted((number + 1 for number in numbers), reverse=True)
    asked = {name: nested[at] for at, name in enumerate(names) if at not in left_out | {0}} | {"registered": nested[0]}
    options["activity"] = replace(options["activity"], targets=Targets(**asked))
    market = PlatformMarket.ranked(5, largest=0.5, n_declaring=3, multi_homing=0.4)
    world = population(n_persons=700, market=market, **options)
    keys = {"weekly": "weekly_every_week"}
    assert {name: world.truth[keys.get(name, name)] for name in asked} == asked
    assert_consistent(world)


def test_the_published_figures_can_be_the_truth() -> None:
    """A world of 23 platforms, seven of which declare, has the three published figures exactly."""
    world = population(
        n_persons=400_000,
        market=PlatformMarket.ranked(23, largest=0.4, n_declaring=7, multi_homing=0.3),
        activity=Activity(correlation=0.4, targets=Targets(registered=266_126, monthly=52_337, weekly=14_903)),
        attrition=Attrition(dormancy=0.6),
        seed=2019,
    )
    asked = ("registered", "monthly", "weekly_every_week", "monthly_not_weekly")
    assert [world.truth[name] for name in asked] == [266_126, 52_337, 14_903, 37_434]
    shares = [int(world.truth[f"registrations on {name}"]) for name in world.market.declaring or ()]
    assert shares == sorted(shares, reverse=True)


def test_targets_that_the_world_meets_already_change_nothing() -> None:
    """Asking for the numbers that are there anyway leaves every visit as it was."""
    plain = population(n_persons=20_000, market=MARKET, attrition=Attrition(dormancy=0.4), seed=6)
    there = Targets(
        ever_active=plain.truth["ever_active"],
        monthly=plain.truth["monthly"],
        weekly=plain.truth["weekly_every_week"],
    )
    same = population(
        n_persons=20_000,
        market=MARKET,
        activity=Activity(targets=there),
        attrition=Attrition(dormancy=0.4),
        seed=6,
    )
    np.testing.assert_array_equal(plain.visits, same.visits)
    np.testing.assert_array_equal(plain.dormant, same.dormant)


def test_one_seed_gives_the_same_bytes() -> None:
    """Two worlds of one seed are equal bit by bit, also after pickling; another seed gives another world."""
    options = {
        "n_persons": 70_000,
        "market": MARKET,
        "propensity": Propensity(covariates=FRENCH_ACTIVE_LIKE),
        "attrition": Attrition(dormancy=0.2, tried_once=0.1),
    }
    first, second = population(**options, seed=1), population(**options, seed=1)
    copied = pickle.loads(pickle.dumps(second))  # noqa: S301 - our own bytes
    for name in ("membership", "visits", "propensity", "day_rate", "dormant", "tried_once"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes() == getattr(copied, name).tobytes()
    assert first.truth == second.truth == copied.truth
    assert population(**options, seed=2).truth != first.truth


def test_every_part_draws_from_its_own_stream() -> None:
    """Switching a part on leaves the draws of all others as they were."""
    plain = population(n_persons=N, market=MARKET, seed=4)
    with_dormancy = population(n_persons=N, market=MARKET, attrition=Attrition(dormancy=0.5), seed=4)
    np.testing.assert_array_equal(with_dormancy.membership, plain.membership)
    awake = ~with_dormancy.dormant
    np.testing.assert_array_equal(with_dormancy.visits[awake], plain.visits[awake])
    with_people = population(n_persons=N, market=MARKET, propensity=Propensity(covariates=FRENCH_ACTIVE_LIKE), seed=4)
    np.testing.assert_array_equal(with_people.propensity, plain.propensity)
    np.testing.assert_array_equal(with_people.visits, plain.visits)
    other_days = population(n_persons=N, market=MARKET, activity=Activity(law="beta", mean_days=2.0), seed=4)
    np.testing.assert_array_equal(other_days.membership, plain.membership)
    np.testing.assert_array_equal(
        population(
            n_persons=N, market=MARKET, activity=Activity(mean_days=1.0), attrition=Attrition(dormancy=0.5), seed=4
        ).dormant,
        with_dormancy.dormant,
    )


def test_a_further_platform_moves_no_registration() -> None:
    """Adding a platform leaves registrations and correlations of the others as they were."""
    wider = PlatformMarket(names=(*MARKET.names, "E"), popularity=(*MARKET.shares, 0.15), multi_homing=0.5)
    narrow = replace(MARKET, multi_homing=0.5)
    a, b = (population(n_persons=N, market=market, seed=4) for market in (narrow, wider))
    np.testing.assert_array_equal(a.membership, b.membership[:, :4])
    np.testing.assert_array_equal(a.day_rate, b.day_rate)


def test_arrays_of_a_population_are_read_only() -> None:
    """Nothing can change a world after it is made."""
    world = population(n_persons=100, market=MARKET, seed=4)
    with pytest.raises(ValueError, match="read-only"):
        world.visits[0, 0] = 1
    with pytest.raises(TypeError):
        world.truth["registered"] = 0  # type: ignore[index]


def test_a_population_of_mismatched_arrays_is_refused() -> None:
    """A row must stand for the same person in every array."""
    world = population(n_persons=100, market=MARKET, seed=4)
    with pytest.raises(InvalidInput, match="arrays of different lengths"):
        replace(world, dormant=world.dormant[:-1])


def test_extreme_worlds_have_exact_truths() -> None:
    """Everybody on every platform, nobody active, and one person are counted rightly."""
    everywhere = PlatformMarket(names=("A", "B", "C"), popularity=(1 - 1e-12,) * 3)
    world = population(n_persons=500, market=everywhere, activity=Activity(mean_days=28.0, cv=0.0), seed=1)
    assert world.truth["mean_platforms"] == world.truth["mean_platforms_size_biased"] == 3.0
    assert world.truth["weekly_every_week"] == world.truth["registered"] == 500
    asleep = population(n_persons=500, market=everywhere, attrition=Attrition(dormancy=1.0), seed=1)
    assert (asleep.truth["dormant"], asleep.truth["monthly"]) == (500, 0)
    assert asleep.truth["mean_platforms_visited"] is None
    single = population(n_persons=1, market=everywhere, activity=Activity(targets=Targets(registered=1)), seed=1)
    assert single.truth["registered"] == 1
