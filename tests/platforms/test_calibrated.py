"""Calibrated multiplicity meets every account, gains precision on a known truth, and refuses to force the answer."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.optimize import minimize

from microwork_estimate import simulate
from microwork_estimate.errors import InvalidInput, MicroworkWarning, NotConverged
from microwork_estimate.inputs import PlatformRegistrations, SurveySample
from microwork_estimate.platforms import AccountSurvey, account_error, calibrated_persons, persons_by_platform
from microwork_estimate.platforms.calibrated import meet_accounts

NAMES = tuple("ABC")


def survey_of(members, via, accounts, **options) -> AccountSurvey:
    """Make a survey from the memberships of respondents and the platform each was reached through."""
    members = np.asarray(members)
    columns = {name: members[:, j] for j, name in enumerate(NAMES[: members.shape[1]])}
    return AccountSurvey(
        sample=SurveySample(columns={**columns, "via": via}, reached_via=options.pop("reached_via", "registration")),
        registrations=PlatformRegistrations(platforms=tuple(columns), accounts=accounts, source="x"),
        platform="via",
        membership={name: name for name in columns},
    )


@pytest.fixture(scope="module")
def world():
    """A simulated workforce on seven platforms, with its exact declarations."""
    market = simulate.PlatformMarket.ranked(7, largest=0.25, multi_homing=0.5)
    people = simulate.Propensity(law="gamma", cv=1.4)
    made = simulate.population(n_persons=20_000, market=market, propensity=people, seed=5)
    return made, simulate.registrations(made, seed=1).data


def drawn(world, seed: int) -> AccountSurvey:
    """Survey 900 accounts, equally many of each platform."""
    made, declared = world
    reach = simulate.Reach(via="registrations", allocation="equal")
    sample = simulate.survey(made, n_respondents=900, reach=reach, seed=seed).data
    membership = {name: f"on {name}" for name in made.market.names}
    return AccountSurvey(sample=sample, registrations=declared, platform="platform", membership=membership)


def test_unbiased_more_precise_and_covering_on_a_known_truth(world):
    """Over 250 surveys: no bias, a smaller standard deviation than by platform, coverage 0.95, error as it varies."""
    truth = world[0].truth["registered"]
    runs = []
    for seed in range(250):
        survey = drawn(world, seed)
        plain, found = persons_by_platform(survey), calibrated_persons(survey)
        covered = found.interval.low <= truth <= found.interval.high
        runs.append((plain.value, found.value, found.standard_error, covered))
    plain, value, error, covered = np.array(runs, dtype=float).T
    assert abs(value.mean() / truth - 1) < 3 * value.std() / truth / np.sqrt(250)
    assert value.std() < 0.95 * plain.std()
    assert error.mean() == pytest.approx(value.std(), rel=0.14)
    assert covered.mean() == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 250))


def test_every_account_is_met_by_both_distances(world):
    """The weights sum to the accounts of each platform, and stay positive with raking."""
    survey = drawn(world, 1)
    members = survey.require_members()
    base = np.full(survey.sample.n, 10.0) / survey.counts
    for distance in ("raking", "linear"):
        weights = meet_accounts(base, members, survey.registrations.accounts, distance=distance)
        assert members.T @ weights == pytest.approx(survey.registrations.accounts, rel=1e-8)
        assert distance == "linear" or weights.min() > 0


def test_linear_weights_are_the_nearest_by_numerical_optimisation():
    """The linear weights minimise the squared changes over the base weights, as a general optimiser finds."""
    rng = np.random.default_rng(2)
    members = (rng.random((12, 3)) < 0.5).astype(float)
    members[:3] = np.eye(3)
    base, accounts = rng.uniform(1, 3, 12), np.array([12.0, 9.0, 15.0])
    found = meet_accounts(base, members, accounts, distance="linear")
    numerical = minimize(
        lambda w: float(((w - base) ** 2 / base).sum()),
        base,
        constraints={"type": "eq", "fun": lambda w: members.T @ w - accounts},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found == pytest.approx(numerical.x, abs=1e-4)


def test_census_is_exact():
    """Weights that meet the accounts already are not moved: the census is right without error."""
    members = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 1, 1], [0, 0, 1]])
    person, platform = np.nonzero(members)
    survey = survey_of(members[person], np.array(NAMES)[platform], members.sum(0))
    found = calibrated_persons(survey)
    assert found.value == pytest.approx(5, rel=1e-9)
    assert found.standard_error == pytest.approx(0, abs=1e-9)
    assert found.diagnostics["largest_factor"] == pytest.approx(1)


def test_error_from_uncertain_accounts_is_the_numerical_slope():
    """The part of the variance that comes from the accounts is that of numerical derivatives."""
    members = np.array([[1, 0], [1, 1], [1, 0], [1, 1], [0, 1], [1, 1], [0, 1], [1, 1]])
    via = ["A"] * 4 + ["B"] * 4

    def persons(accounts):
        return calibrated_persons(survey_of(members, via, accounts)).value

    survey = survey_of(members, via, [900.0, 700.0])
    error = account_error(survey.registrations, cell=[60, 200])
    slopes = np.array(
        [(persons(np.array([900, 700]) + step) - persons(np.array([900, 700]) - step)) / 2 for step in np.eye(2)]
    )
    plain, found = calibrated_persons(survey), calibrated_persons(survey, error=error)
    added = found.standard_error**2 - plain.standard_error**2
    assert added == pytest.approx(slopes**2 @ [60**2 / 12, 200**2 / 12], rel=1e-3)


def test_accounts_that_would_fix_the_answer_are_refused():
    """Everybody on one platform (N would be its accounts), or on the same number of platforms (N would be M / k)."""
    with pytest.raises(InvalidInput, match="fix the number of persons"):
        calibrated_persons(survey_of([[1, 0], [1, 1], [1, 1], [1, 1]], list("AABB"), [100, 50]))
    with pytest.raises(InvalidInput, match="fix the number of persons"):
        calibrated_persons(survey_of([[1, 0], [1, 0], [0, 1], [0, 1]], list("AABB"), [100, 50]))
    with pytest.raises(InvalidInput, match="fix the number of persons"):
        calibrated_persons(survey_of([[1, 1, 0], [0, 1, 1], [1, 0, 1]], list("ABC"), [100, 50, 70]))


def test_surveys_that_cannot_be_calibrated_are_refused():
    """One-platform surveys, platforms without members, unknown distances."""
    varied = [[1, 0], [1, 1], [0, 1], [1, 1]]
    with pytest.raises(InvalidInput, match="survey of some"):
        calibrated_persons(survey_of(varied, list("AABB"), [100, 50], reached_via="platform_subset"))
    with pytest.raises(InvalidInput, match="unknown choice"):
        calibrated_persons(survey_of(varied, list("AABB"), [100, 50]), distance="logit")


def test_impossible_accounts_do_not_converge_or_warn():
    """Everybody on A is on B or C too, but A declares more than both: raking stops, linear weights turn negative."""
    members = [[1, 1, 0], [1, 1, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    impossible = survey_of(members, list("AABBCC"), [1000, 200, 300])
    with pytest.raises(NotConverged, match="no positive weights"):
        calibrated_persons(impossible)
    with pytest.warns(MicroworkWarning) as caught:
        found = calibrated_persons(impossible, distance="linear")
    assert "negative-weights" in {w.message.code for w in caught}
    assert found.diagnostics["smallest_factor"] < 0


def test_single_respondent_withholds_the_error():
    """A platform with one respondent has no error; the number stands."""
    survey = survey_of([[1, 0], [1, 1], [0, 1]], list("AAB"), [100, 50])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        found = calibrated_persons(survey)
    assert found.standard_error is None
    assert [w.code for w in found.warnings] == ["single-respondent"]
