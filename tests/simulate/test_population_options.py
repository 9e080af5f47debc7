"""Options of a synthetic population that cannot be met."""

from __future__ import annotations

import math

import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.simulate import (
    FRENCH_ACTIVE_LIKE,
    Activity,
    Attrition,
    Covariate,
    PlatformMarket,
    Propensity,
    Targets,
    population,
)

MARKET = PlatformMarket(names=("A", "B", "C", "D"), popularity=(0.3, 0.1, 0.05, 0.2), declaring=("A", "B", "C"))


WRONG = [
    (lambda: PlatformMarket(names=("A", "A"), popularity=(0.1, 0.1)), "names not distinct"),
    (lambda: PlatformMarket(names=("A",), popularity=(1.2,)), "impossible share"),
    (lambda: PlatformMarket(names=("A",), popularity=(0.0,)), "impossible value"),
    (lambda: PlatformMarket(names=("A", "B"), popularity=(0.1,)), "columns of different lengths"),
    (lambda: PlatformMarket(names=("A",), popularity=(0.1,), declaring=("B",)), "unknown name"),
    (lambda: PlatformMarket(names=("A",), popularity=(0.1,), declaring=("A", "B")), "more names than there are"),
    (lambda: PlatformMarket(names=("A",), popularity=(0.1,), multi_homing=1.5), "impossible correlation"),
    (lambda: PlatformMarket(names=("A",), popularity=(0.1,), multi_homing=-0.2), "cannot be attained"),
    (lambda: PlatformMarket(names=("A",), popularity=(0.1,), multi_homing=1.0), "impossible share"),
    (lambda: PlatformMarket.ranked(3, largest=0.2, n_declaring=4), "more platforms than there are"),
    (lambda: PlatformMarket.ranked(251, largest=0.2), "too many platforms"),
    (lambda: Propensity(law="normal"), "unknown choice"),
    (lambda: Propensity(cv=0.0), "impossible value"),
    (lambda: Propensity(high_share=1.0), "impossible share"),
    (lambda: Propensity(high_ratio=1.0), "impossible value"),
    (lambda: Propensity(covariates=FRENCH_ACTIVE_LIKE[:1] * 2), "names not distinct"),
    (lambda: Propensity(covariates=(FRENCH_ACTIVE_LIKE[0].with_effects({"men": 3.0}),)), "cannot be attained"),
    (lambda: FRENCH_ACTIVE_LIKE[0].with_effects({"other": 1.0}), "unknown name"),
    (lambda: Covariate(name="x", categories=("a", "b"), shares=(0.5, 0.6)), "do not sum to 1"),
    (lambda: Covariate(name="x", categories=("a", "b"), shares=(1.5, -0.5)), "impossible share"),
    (lambda: Activity(correlation=-1.01), "impossible correlation"),
    (lambda: Activity(correlation=math.nan), "impossible correlation"),
    (lambda: Activity(mean_days=29.0), "impossible value"),
    (lambda: Activity(crossing=1.1), "impossible share"),
    (lambda: Activity(law="beta", mean_days=14.0, cv=1.0), "spread that cannot be attained"),
    (lambda: Attrition(dormancy=-0.1), "impossible share"),
    (lambda: Attrition(dormancy_correlation=2.0), "impossible correlation"),
    (lambda: Attrition(survival=0.0), "impossible value"),
    (lambda: Attrition(arrivals=-1.0), "impossible value"),
    (lambda: Targets(registered=10, monthly=11), "not nested"),
    (lambda: Targets(weekly=2.5), "not a whole number"),
    (lambda: population(n_persons=0, market=MARKET, seed=1), "not a whole number"),
    (lambda: population(n_persons=10, market=MARKET, seed=-1), "not a whole number"),
    (
        lambda: population(n_persons=10, market=MARKET, activity=Activity(targets=Targets(registered=11)), seed=1),
        "impossible number of registered",
    ),
    (
        lambda: population(n_persons=10, market=MARKET, activity=Activity(targets=Targets(monthly=10)), seed=1),
        "more active persons than registered",
    ),
    (lambda: population(n_persons=10, market=MARKET, seed=1).truth_on(("Z",)), "unknown name"),
    (lambda: population(n_persons=10, market=MARKET, seed=1).truth_on(("A", "A")), "repeated"),
    (lambda: population(n_persons=10, market=MARKET, seed=1).covariate("sex"), "unknown name"),
    (lambda: population(n_persons=10, market=MARKET, seed=1).among("daily"), "unknown name"),
]


@pytest.mark.parametrize(("make", "problem"), WRONG)
def test_impossible_options_are_refused(make: object, problem: str) -> None:
    """An option that cannot be met raises an error that says what is wrong and what to do."""
    with pytest.raises(InvalidInput, match=problem) as raised:
        make()  # type: ignore[operator]
    assert all((raised.value.expected, raised.value.got, raised.value.where, raised.value.fix))
