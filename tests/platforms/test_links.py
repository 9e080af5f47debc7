"""General links: exact unbiasedness over all samples with several and shared accounts; the usual case."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import PlatformRegistrations, SurveySample
from microwork_estimate.platforms import (
    AccountLinks,
    AccountSurvey,
    person_weights,
    persons_by_platform,
    persons_from_links,
    weight_share,
)

# Person by account; Ana has two accounts on one platform, account 4 is shared by Cy and Di.
USES = {"Ana": [0, 1], "Bo": [2], "Cy": [3, 4], "Di": [4], "Ed": [5]}
HOURS = {"Ana": 3.0, "Bo": 1.0, "Cy": 7.0, "Di": 2.0, "Ed": 4.0}
N_ACCOUNTS = 6


def links_of(accounts) -> tuple[AccountLinks, list[str]]:
    """All links of the sampled accounts."""
    rows = [
        (row, person, len(held))
        for row, account in enumerate(accounts)
        for person, held in USES.items()
        if account in held
    ]
    account, person, total = zip(*rows, strict=True)
    return AccountLinks(account=list(account), person=list(person), total=list(total)), list(person)


def all_samples(size: int):
    """Estimates of persons and hours from every simple random sample of accounts."""
    found = []
    for chosen in itertools.combinations(range(N_ACCOUNTS), size):
        links, persons = links_of(chosen)
        sample = SurveySample(
            columns={"account": list(chosen)},
            weight=np.full(size, N_ACCOUNTS / size),
            fpc=np.full(size, float(N_ACCOUNTS)),
        )
        hours = persons_from_links(sample, links, values=[HOURS[name] for name in persons])
        found.append((persons_from_links(sample, links), hours, weight_share(sample.weights, links).sum()))
    return found


def test_unbiased_over_all_samples_with_an_unbiased_variance():
    """Over every sample of three accounts: five persons, 17 hours, and the variance estimated is the variance."""
    runs = all_samples(3)
    persons = np.array([run[0].value for run in runs])
    assert persons.mean() == pytest.approx(5, rel=1e-12)
    assert np.mean([run[1].value for run in runs]) == pytest.approx(17, rel=1e-12)
    assert np.mean([run[2] for run in runs]) == pytest.approx(5, rel=1e-12)
    assert np.mean([run[0].standard_error ** 2 for run in runs]) == pytest.approx(persons.var(), rel=1e-12)


def test_census_of_accounts_is_exact():
    """All accounts: everybody counts once, without error."""
    ((found, hours, _),) = all_samples(N_ACCOUNTS)
    assert (found.value, found.standard_error) == (pytest.approx(5), pytest.approx(0))
    assert hours.value == pytest.approx(17)


def test_one_account_a_platform_is_the_usual_estimator():
    """With one link for each platform the weights and the number are those by platform."""
    counts, via = np.array([1, 2, 2, 1, 2]), list("AABBB")
    accounts = PlatformRegistrations(platforms=("A", "B"), accounts=[90, 60], source="x")
    survey = AccountSurvey(
        sample=SurveySample(columns={"k": counts, "via": via}, reached_via="registration"),
        registrations=accounts,
        platform="via",
        count="k",
    )
    links = AccountLinks(account=np.arange(5), person=np.arange(5), total=counts)
    d = np.array([45, 45, 20, 20, 20.0])
    sample = SurveySample(columns={"k": counts}, weight=d, strata=via, fpc=[90, 90, 60, 60, 60])
    found, other = persons_from_links(sample, links), persons_by_platform(survey)
    assert weight_share(d, links) == pytest.approx(person_weights(survey))
    assert (found.value, found.standard_error) == pytest.approx((other.value, other.standard_error))


def test_strength_of_links_is_unbiased_too():
    """Whatever the strengths, a person's shares over all her accounts are one."""
    links = AccountLinks(account=[0, 1, 2], person=["x", "x", "x"], total=[6, 6, 6], strength=[1, 2, 3])
    assert weight_share([1, 1, 1], links).tolist() == [1]


def test_single_account_in_a_stratum_withholds_the_error():
    """One account says nothing of the spread."""
    links = AccountLinks(account=[0], person=["x"], total=[2])
    with pytest.warns(MicroworkWarning, match="single-respondent"):
        found = persons_from_links(SurveySample(columns={"a": [1]}, weight=[10.0]), links)
    assert (found.value, found.standard_error) == (5, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"account": [0, 1.5]}, "impossible link"),
        ({"account": [0, -1]}, "impossible value"),
        ({"account": [0]}, "different lengths"),
        ({"strength": [1, 0]}, "impossible link"),
        ({"total": [2, 3], "person": ["x", "x"]}, "two totals"),
        ({"total": [1, 1], "person": ["x", "x"]}, "more links than the total"),
        ({"person": ["x", None]}, "missing category"),
    ],
)
def test_impossible_links_are_refused(options, message):
    """Totals below the links found, two totals for a person, rows that are none."""
    with pytest.raises(InvalidInput, match=message):
        AccountLinks(**{"account": [0, 1], "person": ["x", "y"], "total": [2, 2], **options})


def test_links_to_accounts_outside_the_sample_are_refused():
    """A link to a third account of two is a mistake."""
    links = AccountLinks(account=[0, 2], person=["x", "y"], total=[1, 1])
    with pytest.raises(InvalidInput, match="not in the sample"):
        weight_share([1, 1], links)
    with pytest.raises(InvalidInput, match="not in the sample"):
        persons_from_links(SurveySample(columns={"a": [1, 2]}), links)
