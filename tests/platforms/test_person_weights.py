"""Persons by platform: exact cases, the other estimator, uncertain accounts against simulation, replicates, refusals."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import Elicited, PlatformRegistrations, SurveySample
from microwork_estimate.platforms import (
    AccountError,
    AccountSurvey,
    account_error,
    multiplicity,
    person_weights,
    persons_by_platform,
    persons_from_registrations,
)
from microwork_estimate.weighting import JackknifeN, RaoWuYue, replicate_weights


def survey_of(counts, via, accounts, *, weight=None, reached_via="registration", **design) -> AccountSurvey:
    """Make a survey from the numbers of platforms, the platform reached through, and the accounts by platform."""
    return AccountSurvey(
        sample=SurveySample(columns={"k": counts, "via": via}, weight=weight, reached_via=reached_via, **design),
        registrations=PlatformRegistrations(platforms=tuple(accounts), accounts=list(accounts.values()), source="x"),
        platform="via",
        count="k",
    )


def quiet(survey: AccountSurvey, **options) -> Estimate:
    """Estimate without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return persons_by_platform(survey, **options)


# --- exact cases ------------------------------------------------------------------------------------------------------


def test_nobody_on_two_platforms_gives_the_accounts():
    """With k = 1 throughout, persons are accounts."""
    survey = survey_of([1, 1, 1, 1], list("AABB"), {"A": 90, "B": 30})
    assert quiet(survey).value == pytest.approx(120)
    assert [w.code for w in quiet(survey).warnings] == ["no-variation"]


def test_everybody_on_every_platform_gives_the_accounts_of_one():
    """Everybody on all three platforms: persons are the accounts of any."""
    survey = survey_of([3] * 6, list("AABBCC"), {"A": 50, "B": 50, "C": 50})
    assert quiet(survey).value == pytest.approx(50, rel=1e-14)


def test_one_person_on_all_23_platforms_is_one_person():
    """A single person with an account on each of 23 platforms, reached through all of them, is one person."""
    names = [f"P{i}" for i in range(23)]
    found = quiet(survey_of([23] * 23, names, dict.fromkeys(names, 1)))
    assert found.value == pytest.approx(1, rel=1e-14)
    assert found.standard_error == 0
    assert found.diagnostics["platforms_per_person"] == pytest.approx(23)


def test_census_is_exact():
    """Every account answers: the number is right and nothing is left to chance."""
    members = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 1, 1], [0, 0, 1]])
    person, platform = np.nonzero(members)
    survey = survey_of(
        members.sum(1)[person], np.array(list("ABC"))[platform], dict(zip("ABC", members.sum(0), strict=True))
    )
    found = persons_by_platform(survey)
    assert found.value == pytest.approx(5, rel=1e-14)
    assert found.standard_error == 0
    assert person_weights(survey).sum() == pytest.approx(5, rel=1e-14)


# --- against the estimator that stands --------------------------------------------------------------------------------

rows = st.lists(st.tuples(st.integers(1, 3), st.sampled_from("ABC")), min_size=9, max_size=40).filter(
    lambda found: min(sum(name == via for _, via in found) for name in "ABC") >= 2
)


@settings(max_examples=50, deadline=None)
@given(rows=rows, seed=st.integers(0, 2**16))
def test_same_number_and_error_as_by_the_multiplicity(rows, seed):
    """Accounts shared among platforms, and accounts over the multiplicity by platform, are one number and one error."""
    accounts = {"A": 1000.0, "B": 400.0, "C": 70.0}
    counts, via = [k for k, _ in rows], [name for _, name in rows]
    weight = np.random.default_rng(seed).uniform(0.5, 2, len(rows))
    survey = survey_of(counts, via, accounts, weight=weight)
    direct = quiet(survey)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        kappa = multiplicity(survey.sample, count="k", platform="via", registrations=survey.registrations)
    other = persons_from_registrations(survey.registrations, kappa)
    assert direct.value == pytest.approx(other.value, rel=1e-12)
    assert (direct.standard_error is None) == (other.standard_error is None)
    if direct.standard_error is not None:
        assert direct.standard_error == pytest.approx(other.standard_error, rel=1e-9, abs=1e-12)
        assert direct.diagnostics["platforms_per_person_se"] == pytest.approx(kappa.standard_error, rel=1e-9, abs=1e-12)
    assert person_weights(survey).sum() == pytest.approx(direct.value, rel=1e-12)


def test_totals_over_persons_are_weighted_sums():
    """The census weights give the number of women and their hours exactly."""
    members = np.array([[1, 0], [1, 1], [0, 1]])
    woman, hours = np.array([1, 0, 1]), np.array([3.0, 10.0, 5.0])
    person, platform = np.nonzero(members)
    survey = survey_of(members.sum(1)[person], np.array(list("AB"))[platform], {"A": 2, "B": 2})
    weights = person_weights(survey)
    assert weights @ woman[person] == pytest.approx(2)
    assert weights @ hours[person] == pytest.approx(18)


def test_strata_units_and_second_stage_enter_the_error():
    """Clusters of like answers enlarge the error, a finite population shortens it, and two stages lie between."""
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(40), 5)
    counts = 1 + (rng.random(40)[cluster] < 0.4)
    via = np.repeat(["A", "B"], 100)
    accounts = {"A": 4000.0, "B": 2000.0}
    plain = quiet(survey_of(counts, via, accounts, strata=via)).standard_error
    clusters = quiet(survey_of(counts, via, accounts, psu=cluster)).standard_error
    finite = quiet(survey_of(counts, via, accounts, psu=cluster, strata=via, fpc=np.full(200, 40.0))).standard_error
    staged = quiet(
        survey_of(
            np.where(rng.random(200) < 0.1, 3 - counts, counts),
            via,
            accounts,
            psu=cluster,
            strata=via,
            second_stage=np.arange(200),
            fpc=np.full(200, 40.0),
            second_stage_fpc=np.full(200, 10.0),
        )
    ).standard_error
    assert clusters > 1.7 * plain
    assert finite == pytest.approx(clusters * np.sqrt(0.5), rel=1e-12)
    assert staged > 0.5 * finite


# --- uncertain accounts -----------------------------------------------------------------------------------------------


def test_rounding_and_dates_by_simulation():
    """Expected accounts and covariance are those of 200,000 draws of cells and of a shared yearly growth."""
    accounts = PlatformRegistrations(platforms=("A", "B"), accounts=[50_000, 8_000], source="x")
    growth = Elicited(distribution="lognormal", low=0.9, high=1.3, source="x")
    error = account_error(accounts, cell=[10_000, 500], rounding="down", years=[2, 0.5], growth=growth)
    rng = np.random.default_rng(1)
    drawn = np.array([50_000, 8_000]) + rng.random((200_000, 2)) * [10_000, 500]
    drawn *= growth.quantile(rng.random(200_000))[:, None] ** [2, 0.5]
    assert error.expected == pytest.approx(drawn.mean(0), rel=3e-3)
    assert error.covariance == pytest.approx(np.cov(drawn.T), rel=0.02)
    assert error.covariance[0, 1] > 0


def test_rounding_to_the_nearest_keeps_the_figure_and_zero_stays_in_its_cell():
    """A figure rounded to thousands has the error of a uniform cell; 0 stands for the upper half of its cell."""
    accounts = PlatformRegistrations(platforms=("A", "B"), accounts=[50_000, 0], source="x")
    error = account_error(accounts, cell=1000)
    assert error.expected.tolist() == [50_000, 250]
    assert error.standard_errors == pytest.approx([1000 / np.sqrt(12), 500 / np.sqrt(12)])


def test_error_of_persons_with_uncertain_accounts_by_simulation():
    """With a census of 2,000 answers the error is that of the accounts alone, as simulated; kappa has less of it."""
    survey = survey_of(np.tile([1, 1, 1, 2], 500), np.repeat(["A", "B"], 1000), {"A": 1000.0, "B": 1000.0})
    error = account_error(survey.registrations, cell=[400, 100])
    found = persons_by_platform(survey, error=error)
    rng = np.random.default_rng(5)
    drawn = 1000 + (rng.random((200_000, 2)) - 0.5) * [400, 100]
    persons = drawn @ [0.875, 0.875]
    assert found.standard_error == pytest.approx(persons.std(), rel=0.01)
    assert found.diagnostics["variance_share_of_accounts"] == pytest.approx(1)
    # Both platforms have the same h, so that kappa does not move with the accounts at all.
    assert found.diagnostics["platforms_per_person_se"] == pytest.approx(0, abs=1e-9)


def test_accounts_add_to_the_sampling_error():
    """Variances of the survey and of the accounts add up, and the share of the second is reported."""
    counts, via = np.tile([1, 2, 1, 1, 2], 20), np.repeat(["A", "B"], 50)
    survey = survey_of(counts, via, {"A": 9000.0, "B": 4000.0})
    exact = persons_by_platform(survey)
    error = account_error(survey.registrations, cell=1000)
    rounded = persons_by_platform(survey, error=error)
    means = np.array([np.mean(1 / counts[via == p]) for p in "AB"])
    part = means @ error.covariance @ means
    assert rounded.value == pytest.approx(exact.value)
    assert rounded.standard_error == pytest.approx(np.sqrt(exact.standard_error**2 + part), rel=1e-12)
    assert rounded.diagnostics["variance_share_of_accounts"] == pytest.approx(part / rounded.standard_error**2)


# --- replicates -------------------------------------------------------------------------------------------------------


def test_replicate_weights_give_about_the_linearised_error_and_keep_the_replicates():
    """A stratified jackknife agrees within 1 %, a bootstrap within its noise; the bootstrap keeps its draws."""
    rng = np.random.default_rng(9)
    counts, via = rng.integers(1, 4, 240), np.repeat(["A", "B", "C"], 80)
    survey = survey_of(counts, via, {"A": 9e5, "B": 4e5, "C": 1e5}, strata=via)
    linear = persons_by_platform(survey)
    jackknife = persons_by_platform(survey, replicate_weights=replicate_weights(survey.sample, JackknifeN()))
    bootstrap = persons_by_platform(
        survey, replicate_weights=replicate_weights(survey.sample, RaoWuYue(), n_replicates=400, seed=1)
    )
    assert jackknife.standard_error == pytest.approx(linear.standard_error, rel=0.01)
    assert bootstrap.standard_error == pytest.approx(linear.standard_error, rel=0.12)
    assert jackknife.replicates is None
    assert len(bootstrap.replicates) == 400


# --- refusals ---------------------------------------------------------------------------------------------------------

GOOD = {"A": [1, 1, 0, 1], "B": [0, 1, 1, 1], "via": ["A", "A", "B", "B"], "k": [1, 2, 1, 2]}
DECLARED = PlatformRegistrations(platforms=("A", "B"), accounts=[100, 50], source="x")


def account_survey(columns=None, reached_via="registration", registrations=DECLARED, **options) -> AccountSurvey:
    """Make the survey of the refusals with something changed."""
    options = {"platform": "via", "membership": {"A": "A", "B": "B"}, **options}
    sample = SurveySample(columns={**GOOD, **(columns or {})}, reached_via=reached_via)
    return AccountSurvey(sample=sample, registrations=registrations, **options)


POOLED = PlatformRegistrations(platforms=("A", "B"), accounts=[100, 50], n_platforms=3, source="x")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reached_via": None}, "does not say how respondents were reached"),
        ({"reached_via": "worker"}, "not reached through accounts"),
        ({"registrations": POOLED}, "sums over platforms"),
        ({"membership": None}, "without platforms per person"),
        ({"membership": {"A": "A"}}, "other platforms than the registrations.*not B"),
        ({"columns": {"A": [1, 2, 0, 1]}}, "neither yes nor no"),
        ({"columns": {"A": [0, 1, 0, 1]}}, "not on the platform through which"),
        ({"columns": {"k": [1, 2, 2, 2]}, "count": "k"}, "other platforms than the registrations"),
        ({"columns": {"k": [1, 2, 1, 4]}, "count": "k"}, "number of declaring platforms"),
        ({"columns": {"via": ["A", "A", "B", "C"]}}, "platform without registrations"),
    ],
)
def test_surveys_that_contradict_the_registrations_are_refused(options, message):
    """A survey that counts other platforms, or reached persons otherwise, is no survey of these accounts."""
    with pytest.raises(InvalidInput, match=message):
        account_survey(**options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: persons_by_platform(account_survey(reached_via="platform_subset")), "survey of some of the platforms"),
        (lambda: person_weights(account_survey(reached_via="platform_subset")), "survey of some of the platforms"),
        (lambda: persons_by_platform(account_survey(), level=95), "confidence level"),
        (lambda: account_survey().on(("C",)), "platform without answers"),
        (lambda: account_survey(membership=None, count="k").require_members(), "known by their number only"),
        (lambda: account_error(DECLARED, cell=-1), "impossible cell"),
        (lambda: account_error(DECLARED, cell=[1, 2, 3]), "impossible cell"),
        (lambda: account_error(DECLARED, rounding="up"), "unknown choice"),
        (lambda: account_error(DECLARED, years=1), "dates without growth"),
        (
            lambda: account_error(
                DECLARED, years=1, growth=Elicited(distribution="uniform", low=-1, high=2, source="x")
            ),
            "impossible growth",
        ),
        (
            lambda: persons_by_platform(
                account_survey(), error=AccountError(platforms=("A", "C"), expected=[1, 1], covariance=np.eye(2))
            ),
            "error of other accounts",
        ),
        (lambda: AccountError(platforms=("A",), expected=[1, 1], covariance=np.eye(2)), "wrong shape"),
        (
            lambda: multiplicity(
                account_survey().sample, count="k", registrations=DECLARED, counted=("A", "B", "Amazon")
            ),
            "other platforms than the registrations.*also Amazon",
        ),
        (lambda: multiplicity(account_survey().sample, count="k", counted=("A",)), "give registrations"),
    ],
)
def test_impossible_requests_are_refused(call, message):
    """No number comes from an error, date or route that does not fit."""
    with pytest.raises(InvalidInput, match=message):
        call()


def test_counted_platforms_that_match_are_accepted():
    """Naming the same platforms changes nothing."""
    sample = account_survey().sample
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        named = multiplicity(sample, count="k", registrations=DECLARED, counted=("B", "A"))
        unnamed = multiplicity(sample, count="k", registrations=DECLARED)
    assert named == unnamed


def test_single_respondent_withholds_the_error():
    """One respondent on a platform: the point stands without an error."""
    with pytest.warns(MicroworkWarning, match="single-respondent"):
        found = persons_by_platform(survey_of([1, 2, 2], list("AAB"), {"A": 100, "B": 50}))
    assert found.value == pytest.approx(100)
    assert (found.standard_error, found.interval) == (None, None)
