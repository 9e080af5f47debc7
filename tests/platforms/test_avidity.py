"""On-site shares: exact chances undo the avidity on a known truth, 1/L nearly, plain shares not at all."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate import simulate
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import SurveySample
from microwork_estimate.platforms import Avidity, avidity_curve, avidity_weights, tier_shares_on_site


def quiet(sample, **options):
    """Estimate without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return tier_shares_on_site(sample, **options)


@pytest.fixture(scope="module")
def world():
    """A simulated workforce in which a good third is dormant."""
    return simulate.population(
        n_persons=40_000,
        market=simulate.PlatformMarket.ranked(7, largest=0.25, multi_homing=0.5),
        attrition=simulate.Attrition(dormancy=0.4),
        seed=5,
    )


def on_site(world, seed: int, **work) -> SurveySample:
    """Let the questionnaire stand on the platforms."""
    found = simulate.survey(
        world, reach=simulate.Reach(via="on_site"), field_work=simulate.FieldWork(**work), seed=seed
    )
    return found.data


# --- known truth ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chance", [0.01, 0.05])
def test_known_chance_on_a_known_truth(world, chance):
    """With the chance known: share of the active and of the registered and persons without bias, covered 0.95."""
    weekly, active, registered = (world.truth[name] for name in ("weekly_every_week", "monthly", "registered"))
    truth = np.array([weekly / active, weekly / registered, active])
    runs = []
    for seed in range(200):
        found = quiet(
            on_site(world, seed, chance=chance),
            tier="weekly_every_week",
            avidity=Avidity(chance=chance),
            registered=registered,
        )
        three = (found.shares["True"], found.of_registered["True"], found.persons)
        covered = [e.interval.low <= t <= e.interval.high for e, t in zip(three, truth, strict=True)]
        runs.append([e.value for e in three] + [e.standard_error for e in three] + covered)
    runs = np.array(runs, dtype=float)
    values, errors, covered = runs[:, :3], runs[:, 3:6], runs[:, 6:]
    assert (np.abs(values.mean(0) - truth) < 3 * values.std(0) / np.sqrt(200)).all()
    assert errors.mean(0) == pytest.approx(values.std(0), rel=0.16)
    assert covered.mean(0) == pytest.approx([0.95] * 3, abs=3 * np.sqrt(0.95 * 0.05 / 200))


def test_plain_shares_are_far_off_and_one_over_visits_nearly_right(world):
    """At a small chance, 1/L comes within a tenth where plain shares of respondents are more than twice the truth."""
    truth = world.truth["weekly_every_week"] / world.truth["monthly"]
    found = [quiet(on_site(world, seed, chance=0.005), tier="weekly_every_week") for seed in range(40)]
    assert np.mean([f.naive["True"] for f in found]) > 2 * truth
    assert np.mean([f.shares["True"].value for f in found]) == pytest.approx(truth, rel=0.1)


def test_one_over_visits_is_too_low_where_the_chance_is_large(world):
    """At a chance of 0.05 per visit 1/L overdoes it: the very active cannot be reached more than surely."""
    truth = world.truth["weekly_every_week"] / world.truth["monthly"]
    found = [quiet(on_site(world, seed, chance=0.05), tier="weekly_every_week") for seed in range(40)]
    assert np.mean([f.shares["True"].value for f in found]) < 0.95 * truth


def test_avidity_above_one_is_undone_by_its_exponent(world):
    """If the chance goes with L^1.3, gamma 1.3 has the truth and gamma 1 is too high."""
    truth = world.truth["weekly_every_week"] / world.truth["monthly"]
    samples = [on_site(world, seed, chance=0.01, avidity=1.3) for seed in range(60)]
    law = Avidity(gamma=1.3, chance=0.01)
    right = [quiet(s, tier="weekly_every_week", avidity=law).shares["True"].value for s in samples]
    wrong = [quiet(s, tier="weekly_every_week").shares["True"].value for s in samples]
    assert abs(np.mean(right) - truth) < 3 * np.std(right) / np.sqrt(60)
    assert np.mean(wrong) > 1.1 * truth


# --- exact ------------------------------------------------------------------------------------------------------------


def test_unbiased_over_all_outcomes_of_independent_draws():
    """Over every set of respondents with its probability, persons of each tier are right on average."""
    visits, weekly, law = np.array([1, 2, 5, 9]), np.array([0, 0, 1, 1]), Avidity(chance=0.3)
    chances = 1 - 0.7**visits
    expected = np.zeros(2)
    for answered in itertools.product((False, True), repeat=4):
        drawn = np.array(answered)
        probability = np.prod(np.where(drawn, chances, 1 - chances))
        weights = avidity_weights(visits[drawn], law) if drawn.any() else np.empty(0)
        expected += probability * np.array([weights.sum(), weights @ weekly[drawn]])
    assert expected == pytest.approx([4, 2], rel=1e-12)


@settings(max_examples=50, deadline=None)
@given(
    visits=st.lists(st.integers(1, 60), min_size=2, max_size=30),
    gamma=st.floats(0, 2),
    chance=st.none() | st.floats(0.001, 0.9),
)
def test_weights_fall_with_visits_and_shares_add_up(visits, gamma, chance):
    """More visits never weigh more, weights with a known chance are at least one, and shares sum to one."""
    law = Avidity(gamma=gamma, chance=chance)
    weights = avidity_weights(sorted(visits), law)
    assert (np.diff(weights) <= 1e-12).all()
    assert chance is None or weights.min() >= 1 - 1e-12
    tiers = ["often" if v > 8 else "seldom" for v in visits]
    found = quiet(SurveySample(columns={"visits_in_field": visits, "t": tiers}), tier="t", avidity=law)
    assert sum(share.value for share in found.shares.values()) == pytest.approx(1)
    assert found.covariance.sum() == pytest.approx(0, abs=1e-9)


def test_small_chances_are_the_limit_of_one_over_visits():
    """At a chance of a millionth the shares are those of 1/L^gamma."""
    sample = SurveySample(columns={"visits_in_field": [1, 3, 7, 20], "t": list("aabb")})
    limit = quiet(sample, tier="t", avidity=Avidity(gamma=0.8, chance=1e-6)).shares["b"].value
    assert limit == pytest.approx(quiet(sample, tier="t", avidity=Avidity(gamma=0.8)).shares["b"].value, rel=1e-4)


def test_curve_is_the_single_calls():
    """The curve over exponents has the shares and interval ends of the single calls, and falls for the frequent."""
    sample = SurveySample(columns={"visits_in_field": [1, 1, 2, 3, 7, 9, 20, 12], "t": list("aaaabbbb")})
    curve = avidity_curve(sample, tier="t", category="b", avidity=Avidity(gamma=1.0))
    assert curve.grid.tolist() == [0.5, 0.75, 1.0, 1.25, 1.5]
    assert (np.diff(curve.values) < 0).all()
    single = quiet(sample, tier="t", avidity=Avidity(gamma=1.25)).shares["b"]
    assert (curve.values[3], curve.low[3], curve.high[3]) == (single.value, single.interval.low, single.interval.high)
    assert curve.reference == 1.0


# --- warnings and refusals --------------------------------------------------------------------------------------------

SAMPLE = SurveySample(columns={"visits_in_field": [1, 4, 4], "t": list("aab")})


def test_plain_shares_and_short_fields_are_said():
    """Gamma 0 takes nothing out; a fortnight in the field leaves out who came in the other one."""
    with pytest.warns(MicroworkWarning, match="avidity"):
        plain = tier_shares_on_site(SAMPLE, tier="t", avidity=Avidity(gamma=0))
    assert plain.shares["b"].value == pytest.approx(plain.naive["b"])
    with pytest.warns(MicroworkWarning, match="short-field"):
        tier_shares_on_site(SAMPLE, tier="t", avidity=Avidity(field_days=14))


def test_everybody_in_one_tier_has_no_interval():
    """A share of one has no logit interval; a single respondent has no error at all."""
    one = SurveySample(columns={"visits_in_field": [1, 4], "t": list("aa")})
    assert tier_shares_on_site(one, tier="t").shares["a"].interval is None
    alone = SurveySample(columns={"visits_in_field": [1], "t": ["a"]})
    with pytest.warns(MicroworkWarning, match="single-respondent"):
        found = tier_shares_on_site(alone, tier="t")
    assert found.shares["a"].standard_error is None
    assert np.isnan(avidity_curve(alone, tier="t", category="a", gammas=(0.5, 1)).low).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Avidity(gamma=-0.1), "impossible avidity"),
        (lambda: Avidity(gamma=np.nan), "impossible avidity"),
        (lambda: Avidity(chance=0.0), "impossible chance"),
        (lambda: Avidity(chance=1.0), "impossible chance"),
        (lambda: Avidity(field_days=29), "impossible field period"),
        (lambda: avidity_weights([0, 1]), "without a visit"),
        (lambda: avidity_weights([np.nan]), "impossible value"),
        (lambda: tier_shares_on_site(SAMPLE, tier="x"), "unknown column"),
        (lambda: tier_shares_on_site(SAMPLE, tier="t", registered=100), "shares of the registered"),
        (
            lambda: tier_shares_on_site(SAMPLE, tier="t", avidity=Avidity(chance=0.1), registered=2),
            "shares of the registered",
        ),
        (lambda: tier_shares_on_site(SAMPLE, tier="t", level=2), "confidence level"),
        (lambda: avidity_curve(SAMPLE, tier="t", category="z"), "unknown tier"),
        (lambda: avidity_curve(SAMPLE, tier="t", category="b", gammas=(1, 0.5)), "exponents out of order"),
    ],
)
def test_impossible_requests_are_refused(call, message):
    """Respondents without a visit, chances of 0 or 1, exponents out of order."""
    with pytest.raises(InvalidInput, match=message):
        call()
