"""What platforms declare in a synthetic world."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput
from microwork_estimate.simulate import Attrition, Declaration, PlatformMarket, population, registrations

MARKET = PlatformMarket(names=("A", "B", "C", "D"), popularity=(0.3, 0.1, 0.05, 0.2), declaring=("A", "B", "C"))
WORLD = population(n_persons=60_000, market=MARKET, attrition=Attrition(dormancy=0.4), seed=8)


def test_exact_declarations_count_the_registered_persons() -> None:
    """Without rounding or duplicates each platform declares its persons, dormant ones too; others declare nothing."""
    seen = registrations(WORLD, seed=1)
    assert seen.data.platforms == ("A", "B", "C")
    np.testing.assert_array_equal(seen.data.accounts, WORLD.membership[:, :3].sum(axis=0))
    assert seen.data.total == seen.truth["registrations"] == seen.truth["accounts"]


@settings(max_examples=30, deadline=None)
@given(cell=st.sampled_from([1.0, 100.0, 1_000.0, 10_000.0]), rounding=st.sampled_from(["nearest", "down"]))
def test_rounding_stays_within_its_cell(cell: float, rounding: str) -> None:
    """Declared figures are multiples of the cell, within half a cell, or below by less than one."""
    declared = registrations(WORLD, declaration=Declaration(cell=cell, rounding=rounding), seed=1)
    gap = declared.data.accounts - WORLD.membership[:, :3].sum(axis=0)
    assert (declared.data.accounts % cell == 0).all()
    assert (np.abs(gap) <= cell / 2).all() if rounding == "nearest" else ((gap <= 0) & (gap > -cell)).all()


def test_duplicates_add_the_asked_number_of_accounts() -> None:
    """Duplicates are Poisson with the asked mean per registration."""
    seen = registrations(WORLD, declaration=Declaration(duplicates=0.25), seed=1)
    members = WORLD.membership[:, :3].sum(axis=0)
    assert (np.abs(seen.data.accounts - 1.25 * members) < 5.0 * np.sqrt(0.25 * members)).all()
    assert seen.truth["accounts"] == seen.data.total > float(seen.truth["registrations"])


def test_the_truth_is_about_the_platforms_that_declare() -> None:
    """Another choice of platforms changes declared figures and truth together."""
    seen = registrations(WORLD, declaration=Declaration(platforms=("D", "B")), seed=1)
    assert seen.data.platforms == ("D", "B")
    assert seen.truth["registered"] == int(WORLD.membership[:, [1, 3]].any(axis=1).sum())


def test_one_seed_gives_one_declaration_and_platforms_draw_apart() -> None:
    """The same seed declares the same; leaving a platform out does not change what the others declare."""
    noisy = Declaration(duplicates=0.2)
    first, again = registrations(WORLD, declaration=noisy, seed=1), registrations(WORLD, declaration=noisy, seed=1)
    np.testing.assert_array_equal(first.data.accounts, again.data.accounts)
    assert first.data.total != registrations(WORLD, declaration=noisy, seed=2).data.total
    alone = registrations(WORLD, declaration=Declaration(duplicates=0.2, platforms=("C",)), seed=1)
    assert alone.data.accounts[0] == first.data.accounts[2]


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Declaration(cell=0.0), "impossible value"),
        (lambda: Declaration(cell=math.inf), "impossible value"),
        (lambda: Declaration(duplicates=-1.0), "impossible value"),
        (lambda: Declaration(rounding="up"), "unknown choice"),
        (lambda: registrations(WORLD, declaration=Declaration(platforms=("Z",)), seed=1), "unknown name"),
        (lambda: registrations(WORLD, declaration=Declaration(platforms=()), seed=1), "names missing"),
        (lambda: registrations(WORLD, declaration=Declaration(platforms=tuple("ABCDE")), seed=1), "more names than"),
    ],
)
def test_impossible_declarations_are_refused(make: object, problem: str) -> None:
    """Bad rounding, duplicates or platforms raise an error that says what is wrong."""
    with pytest.raises(InvalidInput, match=problem):
        make()  # type: ignore[operator]
