"""Persons from accounts: the published arithmetic exactly, its error carried over, other estimates refused."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import CodedWarning, InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.inputs import PlatformRegistrations, SurveySample
from microwork_estimate.platforms import multiplicity, persons_from_registrations, stated_multiplicity

SEVEN = PlatformRegistrations(platforms=("all seven",), accounts=[337_980], n_platforms=7, source="implied")


def test_published_arithmetic():
    """337,980 accounts over 1.27 are 266,126 persons; the rounding cell of 1.27 gives 265,082 to 267,178."""
    with pytest.warns(MicroworkWarning, match="size-bias"):
        kappa = stated_multiplicity(1.27, reached_via="registration", rounding=0.005, source="blog")
    persons = persons_from_registrations(SEVEN, kappa)
    assert round(persons.value) == 266_126
    assert round(persons.diagnostics["low_from_rounding"]) == 265_082
    assert round(persons.diagnostics["high_from_rounding"]) == 267_178
    assert persons.standard_error is None
    assert persons.interval is None
    assert (persons.estimand.unit, persons.estimand.activity) == ("persons", "registered")
    assert persons.estimand.platforms == "7 declaring platforms"
    assert [warning.code for warning in persons.warnings] == ["size-bias"]
    assert "one-account-one-worker" in [assumption.id for assumption in persons.assumptions]
    assert set(kappa.assumptions) < set(persons.assumptions)


def test_monthly_visitors_by_the_same_arithmetic():
    """66,468 visitors over 1.27 are 52,337."""
    visitors = PlatformRegistrations(platforms=("all",), accounts=[66_468], source="implied")
    kappa = stated_multiplicity(1.27, reached_via="worker", source="blog")
    assert round(persons_from_registrations(visitors, kappa).value) == 52_337


def test_all_online_labour_coefficient():
    """337,980 over 1.83 are 184,689 (the coefficient of another set of platforms)."""
    kappa = stated_multiplicity(1.83, reached_via="worker", source="another study")
    assert round(persons_from_registrations(SEVEN, kappa).value) == 184_689


def test_standard_error_is_carried_over():
    """A coefficient with 2 % error gives persons with 2 % error, within an interval that stays below the accounts."""
    kappa = stated_multiplicity(1.25, reached_via="worker", standard_error=0.025, source="survey")
    persons = persons_from_registrations(SEVEN, kappa, level=0.9)
    assert persons.standard_error == pytest.approx(0.02 * persons.value, rel=1e-12)
    assert persons.interval.level == 0.9
    assert persons.interval.low * persons.interval.high == pytest.approx(persons.value**2, rel=1e-12)
    loose = stated_multiplicity(1.05, reached_via="worker", standard_error=0.5, source="survey")
    assert persons_from_registrations(SEVEN, loose).interval.high == SEVEN.total


@settings(deadline=None)
@given(mean=st.floats(1, 50), accounts=st.lists(st.integers(0, 10**7), min_size=1, max_size=5))
def test_persons_are_at_most_accounts(mean, accounts):
    """Whatever the coefficient, there are no more persons than accounts."""
    names = tuple(f"P{i}" for i in range(len(accounts)))
    declared = PlatformRegistrations(platforms=names, accounts=accounts, source="x")
    kappa = stated_multiplicity(mean, reached_via="worker", source="x")
    persons = persons_from_registrations(declared, kappa)
    assert 0 <= persons.value <= declared.total
    assert persons.value * mean == pytest.approx(declared.total, rel=1e-12)


KAPPA = stated_multiplicity(1.27, reached_via="worker", source="blog")


@pytest.mark.parametrize(
    "other",
    [
        replace(KAPPA, estimand=Estimand(unit="ratio")),
        replace(KAPPA, estimand=Estimand(unit="persons")),
        replace(KAPPA, value=0.9),
        Estimate(
            name="none",
            value=None,
            estimand=Estimand(unit="platforms per person"),
            method="none",
            warnings=(CodedWarning(code="no-variation", message="nothing"),),
        ),
    ],
)
def test_other_estimates_are_refused(other):
    """Accounts are divided by platforms per person and by nothing else."""
    with pytest.raises(InvalidInput, match="multiplicity"):
        persons_from_registrations(SEVEN, other)


def test_impossible_level_is_refused():
    """A level is a share."""
    with pytest.raises(InvalidInput, match="confidence level"):
        persons_from_registrations(SEVEN, KAPPA, level=95)


@pytest.mark.parametrize("n_platforms", [float("nan"), float("inf"), 7.5, 0])
def test_impossible_number_of_platforms_is_refused(n_platforms):
    """The number of platforms behind the rows is whole and at least the number of rows."""
    with pytest.raises(InvalidInput, match="fewer platforms"):
        PlatformRegistrations(platforms=("A",), accounts=[1], n_platforms=n_platforms, source="x")


def test_bias_of_a_mean_over_persons_is_taken_out():
    """Over every sample of three persons with replacement, the correction removes nearly all the bias of M / mean(k)."""
    counts = [4, 4, 5, 6, 6]
    accounts = PlatformRegistrations(platforms=tuple("ABCDEFG"), accounts=[25, 0, 0, 0, 0, 0, 0], source="x")
    raw, corrected = [], []
    for drawn in itertools.product(counts, repeat=3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MicroworkWarning)
            kappa = multiplicity(SurveySample(columns={"n_platforms": list(drawn)}, reached_via="worker"))
        persons = persons_from_registrations(accounts, kappa)
        raw.append(persons.value)
        corrected.append(persons.diagnostics.get("corrected_for_bias", persons.value))
    assert np.mean(raw) > 5.03
    assert abs(np.mean(corrected) - 5) < 0.1 * (np.mean(raw) - 5)


def test_harmonic_divisors_have_no_such_bias():
    """Persons by accounts are linear in the answers: nothing is corrected."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        kappa = multiplicity(SurveySample(columns={"n_platforms": [1, 2]}, reached_via="registration"))
    assert "corrected_for_bias" not in persons_from_registrations(SEVEN, kappa).diagnostics
