"""The ledger from accounts to persons: arithmetic by hand, distribution by simulation, sources kept, shares checked."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.inputs import Elicited, PlatformRegistrations
from microwork_estimate.platforms import (
    LedgerFactors,
    account_error,
    ledger_draws,
    n_ledger_uniforms,
    registrations_ledger,
    stated_multiplicity,
)

SEVEN = PlatformRegistrations(
    platforms=("Foule Factory", "six others"),
    accounts=[50_000, 287_980],
    n_platforms=7,
    source="implied: 266,126 x 1.27",
    territory="France",
)


def fixed(value: float, source: str = "x") -> Elicited:
    """State a number without error."""
    return Elicited(distribution="fixed", low=value, source=source)


FULL = LedgerFactors(
    duplicates=Elicited(distribution="share", low=0.01, high=0.06, source="platform, 2018"),
    abroad=Elicited(distribution="share", low=0.02, high=0.2, source="expert"),
    dormant=Elicited(distribution="pert", low=0.3, high=0.95, mode=0.8, source="assumed: no platform says"),
    platforms_per_person=Elicited(distribution="at_least_one", low=1.15, high=1.5, source="survey"),
)


def quiet(registrations, factors, **options):
    """Make the ledger without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return registrations_ledger(registrations, factors, **options)


def test_published_arithmetic_is_one_step():
    """337,980 accounts over 1.27 platforms per person: 266,126, without any width."""
    ledger = registrations_ledger(SEVEN, LedgerFactors(platforms_per_person=fixed(1.27, "blog")))
    assert [row.step for row in ledger.rows] == ["declared", "platforms_per_person"]
    assert round(ledger.estimate.value) == 266_126
    assert ledger.estimate.interval.low == pytest.approx(ledger.estimate.interval.high)
    assert ledger.estimate.estimand.activity == "registered"


def test_steps_by_hand():
    """1,000 accounts, a tenth double, a fifth of the rest abroad, half of the rest dormant, 1.25 platforms: 288."""
    accounts = PlatformRegistrations(platforms=("A",), accounts=[1000], source="x")
    factors = LedgerFactors(
        duplicates=fixed(0.1), abroad=fixed(0.2), dormant=fixed(0.5), platforms_per_person=fixed(1.25)
    )
    ledger = registrations_ledger(accounts, factors)
    assert [row.value for row in ledger.rows] == pytest.approx([1000, 900, 720, 360, 288])
    assert [row.unit for row in ledger.rows] == ["accounts"] * 4 + ["persons"]
    assert [row.factor for row in ledger.rows] == [None, 0.1, 0.2, 0.5, 1.25]
    assert ledger.estimate.estimand.activity == "ever active"
    assert ledger.estimate.estimand.unit == "persons"


def test_distribution_of_every_line_by_plain_simulation():
    """Interval ends of every line are those of 400,000 random draws of the factors, within 1 %."""
    rng = np.random.default_rng(2)
    left, ends = np.full(400_000, 337_980.0), []
    for name, factor in FULL.given:
        drawn = factor.quantile(rng.random(400_000))
        left = left / drawn if name == "platforms_per_person" else left * (1 - drawn)
        ends.append(np.quantile(left, [0.025, 0.975]))
    ledger = quiet(SEVEN, FULL)
    found = np.array([[row.low, row.high] for row in ledger.rows[1:]])
    assert found == pytest.approx(np.array(ends), rel=0.01)
    assert ledger.estimate.interval.method == "elicited"
    assert (ledger.estimate.interval.low, ledger.estimate.interval.high) == (ledger.rows[-1].low, ledger.rows[-1].high)


def test_sources_errors_and_warnings_of_each_step_are_kept():
    """Each line has its source and the interval of its factor; an assumed one is said."""
    with pytest.warns(MicroworkWarning, match="assumed-factors.*dormant"):
        ledger = registrations_ledger(SEVEN, FULL)
    assert [row.source for row in ledger.rows] == [
        "implied: 266,126 x 1.27",
        "platform, 2018",
        "expert",
        "assumed: no platform says",
        "survey",
    ]
    assert set(ledger.estimate.references) == {row.source for row in ledger.rows}
    for row in ledger.rows[1:]:
        assert row.factor_low < row.factor < row.factor_high
        assert row.low < row.value < row.high
    assert all(row.label_en != row.label_fr for row in ledger.rows)


def test_uncertain_declarations_widen_the_first_line():
    """Rounded accounts give the first line the normal interval of their sum."""
    error = account_error(SEVEN, cell=[10_000, 50_000])
    ledger = quiet(SEVEN, FULL, error=error)
    half = 1.959964 * np.sqrt((10_000**2 + 50_000**2) / 12)
    assert ledger.rows[0].value == pytest.approx(337_980)
    assert ledger.rows[0].high - ledger.rows[0].value == pytest.approx(half, rel=5e-3)


def test_estimates_enter_as_distributions():
    """A share and a multiplicity with standard errors keep their value and, to first order, their standard error."""
    share = Estimate(
        name="dormant share", value=0.6, standard_error=0.02, estimand=Estimand(unit="share"), method="survey"
    )
    kappa = stated_multiplicity(1.4, reached_via="worker", source="survey", standard_error=0.03)
    factors = LedgerFactors(dormant=share, platforms_per_person=kappa)
    ledger = registrations_ledger(SEVEN, factors)
    draws = ledger_draws(SEVEN, factors, np.random.default_rng(1).random((100_000, 3)))
    assert ledger.rows[-1].value == pytest.approx(337_980 * 0.4 / 1.4)
    assert (draws[:, 1] / 337_980).std() == pytest.approx(0.02, rel=0.02)
    assert (draws[:, 1] / draws[:, 2]).std() == pytest.approx(0.03, rel=0.02)
    assert "survey" in ledger.rows[-1].source


def test_estimates_without_error_are_fixed():
    """A published multiplicity without standard error does not vary."""
    kappa = stated_multiplicity(1.27, reached_via="worker", source="blog")
    ledger = registrations_ledger(SEVEN, LedgerFactors(platforms_per_person=kappa))
    assert ledger.rows[-1].low == pytest.approx(ledger.rows[-1].high)


@settings(max_examples=40, deadline=None)
@given(u=st.lists(st.floats(0, 1), min_size=5, max_size=5))
def test_every_draw_falls_step_by_step(u):
    """No step adds accounts, and nothing falls below zero, at the edges of the uniforms too."""
    left = ledger_draws(SEVEN, FULL, [u])[0]
    assert n_ledger_uniforms(FULL) == left.size == 5
    assert np.isfinite(left).all()
    assert (np.diff(left) <= 0).all()
    assert (left >= 0).all()


MEAN = Estimate(name="m", value=1.2, estimand=Estimand(unit="platforms per person"), method="x")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LedgerFactors(dormant=fixed(1.2)), "share outside 0 to 1"),
        (lambda: LedgerFactors(abroad=fixed(-0.1)), "share outside 0 to 1"),
        (
            lambda: LedgerFactors(duplicates=Elicited(distribution="lognormal", low=0.1, high=0.3, source="x")),
            "share outside 0 to 1",
        ),
        (lambda: LedgerFactors(dormant=fixed(1.0)), "leaves nothing"),
        (lambda: LedgerFactors(platforms_per_person=fixed(0.9)), "impossible multiplicity"),
        (lambda: LedgerFactors(dormant=MEAN), "estimate of another unit"),
        (lambda: registrations_ledger(SEVEN, LedgerFactors()), "ledger without content"),
        (
            lambda: registrations_ledger(
                PlatformRegistrations(platforms=("A",), accounts=[0], source="x"), LedgerFactors(dormant=fixed(0.5))
            ),
            "ledger without content",
        ),
        (lambda: ledger_draws(SEVEN, FULL, np.full((2, 3), 0.5)), "uniforms that cannot be used"),
        (lambda: ledger_draws(SEVEN, FULL, np.full((2, 5), 1.5)), "uniforms that cannot be used"),
        (lambda: registrations_ledger(SEVEN, LedgerFactors(dormant=fixed(0.5)), level=95), "confidence level"),
    ],
)
def test_impossible_factors_are_refused(call, message):
    """Shares outside 0 to 1, fewer than one platform per person, a multiplicity for a share."""
    with pytest.raises(InvalidInput, match=message):
        call()
