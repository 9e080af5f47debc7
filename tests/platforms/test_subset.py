"""Surveys of some platforms: bounds exact and sharp, their interval covers, knowledge narrows them, bad input is refused."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from microwork_estimate import simulate
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import Elicited, PlatformRegistrations, SurveySample
from microwork_estimate.platforms import (
    AccountSurvey,
    SubsetKnowledge,
    account_error,
    one_platform_bounds,
    subset_bounds,
)

LETTERS = tuple("ABCDEFG")


def quiet(survey: AccountSurvey, **options):
    """Compute the bounds without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return subset_bounds(survey, **options)


def survey_of(answers, via, accounts, declared=None) -> AccountSurvey:
    """Make a survey from memberships of respondents, (n, J); the first platforms are the declaring ones."""
    answers = np.asarray(answers)
    columns = {name: answers[:, j] for j, name in enumerate(LETTERS[: answers.shape[1]])}
    names = tuple(columns)[: len(accounts) if declared is None else declared]
    return AccountSurvey(
        sample=SurveySample(columns={**columns, "via": via}, reached_via="platform_subset"),
        registrations=PlatformRegistrations(platforms=names, accounts=list(accounts), source="x"),
        platform="via",
        membership={name: name for name in columns},
    )


def census_on(members: np.ndarray, reached: tuple[int, ...]) -> AccountSurvey:
    """Ask every account of the platforms reached."""
    rows = [(person, j) for j in reached for person in np.flatnonzero(members[:, j])]
    person, platform = np.array(rows).T
    return survey_of(members[person], np.array(LETTERS)[platform], members.sum(0))


def workforce(seed: int, platforms: int = 5) -> np.ndarray:
    """Some 300 persons with any dependence between platforms; every platform has somebody."""
    rng = np.random.default_rng(seed)
    chance = rng.uniform(0.05, 0.8, (300, 1)) * rng.uniform(0.1, 1, platforms)
    members = rng.random((300, platforms)) < chance
    members[:platforms] |= np.eye(platforms, dtype=bool)
    return members[members.any(1)].astype(int)


def by_definition(members: np.ndarray, reached: tuple[int, ...]) -> tuple[float, float, float, float]:
    """Persons on the platforms reached, worst-case bounds and monotone lower bound, from the persons themselves."""
    on = members[:, list(reached)].any(1)
    others = [j for j in range(members.shape[1]) if j not in reached]
    left = members[~on][:, others].sum(0)
    held = members[on][:, others].sum(1)
    low, high = on.sum() + left.max(), on.sum() + left.sum()
    monotone = on.sum() + left.sum() / held[held > 0].mean() if held.any() else low
    return on.sum(), low, high, max(low, monotone)


# --- exact ------------------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), reached=st.lists(st.integers(0, 4), min_size=1, max_size=4, unique=True).map(tuple)
)
def test_census_of_some_platforms_gives_the_bounds_by_definition(seed, reached):
    """When every account reached answers, all figures are those of the persons, and the truth lies within."""
    members = workforce(seed)
    on, low, high, monotone = by_definition(members, reached)
    found = quiet(census_on(members, reached))
    assert found.on_reached.value == pytest.approx(on)
    assert found.worst_case.bounds.low == pytest.approx(low)
    assert found.worst_case.bounds.high == pytest.approx(high)
    assert found.monotone.bounds.low == pytest.approx(min(monotone, high))
    assert found.worst_case.diagnostics["low_se"] == pytest.approx(0, abs=1e-9)
    assert low - 1e-9 <= len(members) <= high + 1e-9
    assert found.worst_case.bounds.sharp
    assert not found.monotone.bounds.sharp


def test_census_of_one_platform_agrees_with_the_published_figures_form():
    """From a census of one platform, its mean and share of multi-homers give the same monotone figure and upper bound."""
    members = workforce(3)
    found = quiet(census_on(members, (0,)))
    elsewhere = members[members[:, 0] == 1][:, 1:].sum(1)
    declared = PlatformRegistrations(platforms=LETTERS[:5], accounts=members.sum(0), source="x")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        short = one_platform_bounds(
            declared, reached="A", mean_other_platforms=elsewhere.mean(), share_multi_homing=(elsewhere > 0).mean()
        )
    assert found.worst_case.bounds.high == pytest.approx(short.bounds.high)
    assert found.worst_case.bounds.low >= short.bounds.low - 1e-9
    assert found.monotone.bounds.low >= short.diagnostics["low_if_monotone"] - 1e-9


def test_transport_is_a_labelled_assumption():
    """M h_S: right when accounts elsewhere are alike, marked when not, absent with platforms that do not declare."""
    members = np.array([[1, 0], [1, 1], [0, 1]] * 4)
    alike = quiet(census_on(members, (0,))).transport
    assert alike.value == pytest.approx(12)
    assert [w.code for w in alike.warnings] == ["transport"]
    assert "accounts-elsewhere-alike" in {a.id for a in alike.assumptions}
    survey = survey_of([[1, 0, 1], [1, 1, 0], [1, 0, 0]], list("AAA"), [30, 20], declared=2)
    assert quiet(survey, undeclared={"C": (10, 20)}).transport is None


def test_nobody_elsewhere_leaves_the_worst_case_alone():
    """Without multi-homers there is no monotone figure above the worst case, and the transport is the sum of accounts."""
    survey = survey_of([[1, 0], [1, 0], [1, 0]], list("AAA"), [30, 20])
    found = quiet(survey)
    assert found.monotone.bounds.low == found.worst_case.bounds.low == 50
    assert found.transport.value == pytest.approx(50)
    assert found.transport.standard_error is None


# --- coverage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reached", "n"), [((0,), 900), ((0, 1), 500), ((1, 3, 5), 200)])
def test_interval_covers_both_ends_in_the_certified_band(reached, n):
    """Over 1,000 surveys of a workforce of 25,000 persons the interval covers each true bound .936 to .960 of the time."""
    market = simulate.PlatformMarket.ranked(7, largest=0.25, multi_homing=0.5)
    people = simulate.Propensity(law="gamma", cv=1.4)
    members = simulate.population(n_persons=60_000, market=market, propensity=people, seed=5).membership
    members = members[members.any(1)].astype(int)
    _, low, high, _ = by_definition(members, reached)
    rng = np.random.default_rng(29)
    on = [np.flatnonzero(members[:, j]) for j in reached]
    sizes = np.array([persons.size for persons in on])
    numbers = np.maximum(n * sizes // sizes.sum(), 2)
    via = np.repeat(np.array(LETTERS)[list(reached)], numbers)
    covered = np.zeros(4)
    for _ in range(1000):
        drawn = np.concatenate([rng.choice(p, k, replace=False) for p, k in zip(on, numbers, strict=True)])
        found = quiet(survey_of(members[drawn], via, members.sum(0)))
        interval, carried = found.worst_case.interval, found.transport.interval
        covered[:3] += [interval.low <= end <= interval.high for end in (low, high, len(members))]
        covered[3] += carried.low <= len(members) <= carried.high
    assert 0.936 <= covered[0] / 1000 <= 0.960
    assert 0.936 <= covered[1] / 1000 <= 0.960
    assert covered[2] / 1000 >= 0.95
    assert low < len(members) < high
    # What is carried over from one large platform must fail: there is positive dependence in this world.
    assert len(reached) > 1 or n < 400 or covered[3] / 1000 < 0.5


def test_errors_by_numerical_slopes():
    """The gradients behind the standard errors are those of a small change of one weight, monotone figure included."""
    rng = np.random.default_rng(7)
    answers = np.column_stack([np.ones(60), rng.random((60, 3)) < [0.5, 0.3, 0.2]]).astype(int)
    accounts = [600, 500, 700, 300]

    def figures(weight):
        survey = survey_of(answers, ["A"] * 60, accounts)
        sample = survey.sample.with_weights(weight)
        found = quiet(
            AccountSurvey(
                sample=sample,
                registrations=survey.registrations,
                platform="via",
                membership=survey.membership,
            )
        )
        return np.array([found.worst_case.bounds.low, found.worst_case.bounds.high, found.monotone.bounds.low])

    step = 1e-5
    slopes = np.array([(figures(1 + step * e) - figures(1 - step * e)) / (2 * step) for e in np.eye(60)])
    expected = np.sqrt(60 / 59 * (1 - 60 / 600) * (slopes**2).sum(0))
    found = quiet(survey_of(answers, ["A"] * 60, accounts))
    errors = [
        found.worst_case.diagnostics["low_se"],
        found.worst_case.diagnostics["high_se"],
        found.monotone.diagnostics["low_se"],
    ]
    assert errors == pytest.approx(expected, rel=1e-4)


def test_uncertain_accounts_widen_the_interval_as_their_slopes_say():
    """Rounded accounts of another platform add their whole variance to the upper bound."""
    answers = [[1, 0, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1]] * 5
    survey = survey_of(answers, ["A"] * 20, [600, 700, 500])
    error = account_error(survey.registrations, cell=[0, 0, 100])
    plain, rounded = quiet(survey), quiet(survey, error=error)
    added = rounded.worst_case.diagnostics["high_se"] ** 2 - plain.worst_case.diagnostics["high_se"] ** 2
    assert added == pytest.approx(100**2 / 12, rel=1e-9)


# --- knowledge --------------------------------------------------------------------------------------------------------


def brute_force(survey: AccountSurvey, knowledge: SubsetKnowledge) -> tuple[float, float]:
    """Smallest and largest number of persons, from a linear programme written by hand over the sets of B, C and D."""
    found = quiet(survey).worst_case.diagnostics
    left = [found[f"remainder on {name}"] for name in "BCD"]
    sets = np.array(list(itertools.product((0, 1), repeat=3))[1:])
    rows, right = [], []
    if knowledge.share_multi_homing is not None:
        for share, sign in zip(knowledge.share_multi_homing, (-1, 1), strict=True):
            rows.append(sign * ((sets.sum(1) > 1) - share))
            right.append(0.0)
    for (one, other), (low, high) in knowledge.overlaps.items():
        both = sets[:, "BCD".index(one)] * sets[:, "BCD".index(other)]
        seen = (
            600 / 20 * sum(int(a["BCD".index(one) + 1] and a["BCD".index(other) + 1]) for a in survey.require_members())
        )
        rows += [both, -both]
        right += [high - seen, -max(low - seen, 0)]
    limits = [
        (0, 0 if knowledge.max_platforms is not None and s.sum() > knowledge.max_platforms else None) for s in sets
    ]
    ends = [
        linprog(
            sign * np.ones(7),
            A_ub=np.array(rows) if rows else None,
            b_ub=right or None,
            A_eq=sets.T,
            b_eq=left,
            bounds=limits,
        )
        for sign in (1, -1)
    ]
    return found["persons_on_platforms_reached"] + ends[0].fun, found["persons_on_platforms_reached"] - ends[1].fun


FOUR = [[1, 0, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]] * 5


@pytest.mark.parametrize(
    "knowledge",
    [
        SubsetKnowledge(max_platforms=2),
        SubsetKnowledge(overlaps={("B", "C"): (250, 300)}),
        SubsetKnowledge(share_multi_homing=(0.1, 0.2)),
        SubsetKnowledge(max_platforms=2, overlaps={("B", "C"): (200, 400)}, share_multi_homing=(0.05, 0.3)),
    ],
)
def test_knowledge_by_a_programme_written_by_hand(knowledge):
    """Caps, overlaps and shares give the bounds of an independent linear programme, within the worst case."""
    survey = survey_of(FOUR, ["A"] * 20, [600, 700, 650, 300])
    found, worst = quiet(survey, knowledge=knowledge).worst_case, quiet(survey).worst_case
    assert (found.bounds.low, found.bounds.high) == pytest.approx(brute_force(survey, knowledge), rel=1e-7)
    assert worst.bounds.low - 1e-6 <= found.bounds.low <= found.bounds.high <= worst.bounds.high + 1e-6
    assert found.interval.low < found.bounds.low


def test_no_knowledge_is_the_closed_form_with_its_errors():
    """The linear programme without further conditions gives the worst case and the same standard errors."""
    survey = survey_of(FOUR, ["A"] * 20, [600, 700, 650, 300])
    closed, solved = quiet(survey).worst_case, quiet(survey, knowledge=SubsetKnowledge()).worst_case
    assert (solved.bounds.low, solved.bounds.high) == pytest.approx((closed.bounds.low, closed.bounds.high))
    for end in ("low_se", "high_se"):
        assert solved.diagnostics[end] == pytest.approx(closed.diagnostics[end], rel=1e-6)


def test_contradicting_knowledge_falls_back_and_says_so():
    """If more persons are claimed on both than accounts are left, the bounds are those without the claim."""
    survey = survey_of(FOUR, ["A"] * 20, [600, 700, 650, 300])
    with pytest.warns(MicroworkWarning) as caught:
        found = subset_bounds(survey, knowledge=SubsetKnowledge(overlaps={("B", "C"): (690, 700)}))
    assert "contradicting-knowledge" in {w.message.code for w in caught}
    assert found.worst_case.bounds == quiet(survey).worst_case.bounds


# --- platforms that do not declare ------------------------------------------------------------------------------------


def test_undeclared_platforms_make_another_estimand():
    """N over declaring and over all platforms are two numbers: lower ends below, upper ends above, another label."""
    survey = survey_of([[1, 0, 1], [1, 1, 0], [1, 0, 0]] * 4, ["A"] * 12, [300, 200], declared=2)
    declaring, everywhere = quiet(survey), quiet(survey, undeclared={"C": (150, 400)})
    assert declaring.worst_case.estimand.platforms == "2 declaring platforms"
    assert everywhere.worst_case.estimand.platforms == "all 3 platforms, 1 of them known by an interval"
    assert declaring.worst_case.estimand.differences(everywhere.worst_case.estimand) == ("platforms",)
    assert (declaring.worst_case.bounds.low, declaring.worst_case.bounds.high) == (400, 400)
    # 100 persons of A are on C: 50 to 300 accounts of C are left, beside 100 of B.
    assert everywhere.worst_case.bounds.low == pytest.approx(300 + 100)
    assert everywhere.worst_case.bounds.high == pytest.approx(300 + 100 + 300)
    assert "undeclared-accounts-within" in {a.id for a in everywhere.worst_case.assumptions}


def test_undeclared_interval_as_elicited():
    """An elicited interval counts by its ends, a fixed number by itself."""
    survey = survey_of([[1, 0, 1], [1, 1, 0], [1, 0, 0]] * 4, ["A"] * 12, [300, 200], declared=2)
    stated = Elicited(distribution="lognormal", low=150, high=400, source="x")
    fixed = Elicited(distribution="fixed", low=400, source="x")
    assert quiet(survey, undeclared={"C": stated}).worst_case.bounds.high == pytest.approx(700)
    assert quiet(survey, undeclared={"C": fixed}).worst_case.bounds.low == pytest.approx(600)


# --- warnings ---------------------------------------------------------------------------------------------------------


def codes(found) -> set[str]:
    """Codes of the worst case."""
    return {w.code for w in found.worst_case.warnings}


def test_close_runner_up_is_said():
    """Two platforms with nearly the same remainder compete for the lower bound; far from each other they do not."""
    answers = [[1, 0, 1], [1, 1, 0], [1, 0, 0], [1, 0, 0]] * 10
    assert "close-runner-up" in codes(quiet(survey_of(answers, ["A"] * 40, [800, 700, 690])))
    assert "close-runner-up" not in codes(quiet(survey_of(answers, ["A"] * 40, [800, 7000, 690])))


def test_remainders_below_zero_are_clipped_and_said():
    """Respondents who hold a few accounts more than declared: sampling; far more: the declaration is stale."""
    answers = [[1, 1, 0], [1, 1, 1], [1, 0, 0], [1, 0, 0]] * 10
    within = quiet(survey_of(answers, ["A"] * 40, [800, 380, 900]))
    stale = quiet(survey_of(answers, ["A"] * 40, [800, 50, 900]))
    assert "clipped-remainder" in codes(within)
    assert "stale-registrations" in codes(stale)
    # What is clipped no longer moves: the upper bound is N_S and the remainder of C alone.
    assert stale.worst_case.bounds.high == pytest.approx(800 + 900 - 200)
    assert stale.worst_case.bounds.low == stale.worst_case.bounds.high


def test_single_respondent_on_a_platform_withholds_the_interval():
    """Bounds stand, without an interval."""
    found = quiet(survey_of([[1, 0, 1]], ["A"], [30, 20, 10]))
    assert "single-respondent" in codes(found)
    assert found.worst_case.interval is None
    assert found.worst_case.bounds.high == pytest.approx(50)


# --- refusals ---------------------------------------------------------------------------------------------------------

SURVEY = survey_of([[1, 0, 1], [1, 1, 0], [1, 0, 0]], ["A"] * 3, [30, 20], declared=2)
ALL_REACHED = survey_of([[1, 0], [1, 1]], list("AB"), [30, 20])
MANY = AccountSurvey(
    sample=SurveySample(
        columns={"via": ["P0"] * 2, **{f"P{j}": [int(j == 0)] * 2 for j in range(14)}}, reached_via="platform_subset"
    ),
    registrations=PlatformRegistrations(platforms=tuple(f"P{j}" for j in range(14)), accounts=[9] * 14, source="x"),
    platform="via",
    membership={f"P{j}": f"P{j}" for j in range(14)},
)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: subset_bounds(ALL_REACHED), "survey of all platforms"),
        (lambda: subset_bounds(SURVEY, undeclared={"C": (20, 10)}), "does not declare"),
        (lambda: subset_bounds(SURVEY, undeclared={"C": (-1, 10)}), "does not declare"),
        (lambda: subset_bounds(SURVEY, undeclared={"C": (1, np.inf)}), "does not declare"),
        (lambda: subset_bounds(SURVEY, undeclared={"B": (1, 2)}), "which declares"),
        (lambda: subset_bounds(SURVEY, undeclared={"D": (1, 2)}), "platform without answers"),
        (lambda: subset_bounds(SURVEY, knowledge=SubsetKnowledge(overlaps={("A", "B"): (1, 2)})), "not reached"),
        (lambda: subset_bounds(SURVEY, knowledge=SubsetKnowledge(overlaps={("B", "B"): (1, 2)})), "not reached"),
        (lambda: subset_bounds(SURVEY, level=0), "confidence level"),
        (lambda: subset_bounds(MANY, knowledge=SubsetKnowledge(max_platforms=2)), "too many platforms"),
        (lambda: SubsetKnowledge(max_platforms=0), "impossible knowledge"),
        (lambda: SubsetKnowledge(overlaps={("B", "C"): (2, 1)}), "impossible knowledge"),
        (lambda: SubsetKnowledge(share_multi_homing=(0.5, 1.2)), "impossible knowledge"),
    ],
)
def test_impossible_requests_are_refused(call, message):
    """Intervals upside down, shares above one, overlaps of platforms that were reached."""
    with pytest.raises(InvalidInput, match=message):
        call()


def test_closed_form_has_no_limit_on_platforms():
    """Thirteen other platforms are no matter without further knowledge."""
    assert quiet(MANY).worst_case.bounds.high == pytest.approx(14 * 9)
