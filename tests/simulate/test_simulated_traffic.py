"""Audience figures and visit logs of a synthetic world."""

from __future__ import annotations

import math

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.simulate import (
    Activity,
    PlatformMarket,
    Provider,
    Visitors,
    population,
    traffic,
    visit_log,
)

MARKET = PlatformMarket(names=("A", "B", "C", "D"), popularity=(0.3, 0.1, 0.05, 0.2), declaring=("A", "B", "C"))
WORLD = population(n_persons=40_000, market=MARKET, activity=Activity(crossing=0.5), seed=8)
UNIQUES = np.count_nonzero(WORLD.visits, axis=0)


def test_traffic_without_error_counts_the_active_workers() -> None:
    """With workers alone, one device each and no error, uniques are the persons active on each site."""
    seen = traffic(WORLD, seed=1)
    np.testing.assert_array_equal(seen.data.unique_visitors, UNIQUES[:3])
    assert (
        seen.data.total
        == seen.truth["visitors"]
        == pytest.approx(float(seen.truth["mean_platforms_visited"]) * float(seen.truth["monthly"]))
    )


def test_other_visitors_and_devices_inflate_uniques_as_asked() -> None:
    """Uniques are workers over the worker share and the territory share, times devices, within Poisson error."""
    people = Visitors(worker_share=0.4, territory_share=0.8, devices=1.3)
    seen = traffic(WORLD, platforms=MARKET.names, visitors=people, seed=1)
    expected = UNIQUES / 0.4 / 0.8 * 1.3
    # The variance of a chain of Poisson numbers is below (1 + 1/0.4 + 1/0.8) 1.3^2 times its mean.
    assert (np.abs(seen.data.unique_visitors - expected) < 5.0 * np.sqrt(8.1 * expected)).all()
    assert seen.truth["realised_worker_share"] == pytest.approx(0.4, abs=0.01)
    assert seen.truth["realised_territory_share"] == pytest.approx(0.8, abs=0.01)
    assert seen.truth["realised_devices"] == pytest.approx(1.3, abs=0.01)


@pytest.mark.parametrize("correlation", [0.0, 0.6, 1.0])
def test_errors_of_a_provider_have_the_asked_spread_and_correlation(correlation: float) -> None:
    """Over many seeds the log errors have standard deviation sigma, and go together over sites as asked."""
    world = population(n_persons=500, market=MARKET, seed=8)
    truth = np.count_nonzero(world.visits[:, :3], axis=0)
    provider = Provider(sigma=0.5, correlation=correlation)
    n = 1000
    errors = np.log([traffic(world, provider=provider, seed=s).data.unique_visitors / truth for s in range(n)])
    assert (np.abs(errors.std(axis=0) - 0.5) < 5.0 * 0.5 / math.sqrt(2 * n)).all()
    assert (np.abs(errors.mean(axis=0)) < 5.0 * 0.5 / math.sqrt(n)).all()
    found = np.corrcoef(errors.T)[np.triu_indices(3, 1)]
    assert (np.abs(found - correlation) < 5.0 * (1.0 - correlation**2) / math.sqrt(n) + 1e-9).all()


def test_shared_errors_do_not_average_out() -> None:
    """The sum over sites is far more uncertain when the provider errs on all of them together."""
    spread = []
    for correlation in (0.0, 0.9):
        provider = Provider(sigma=0.5, correlation=correlation)
        totals = [traffic(WORLD, platforms=MARKET.names, provider=provider, seed=s).data.total for s in range(150)]
        spread.append(np.std(np.log(totals)))
    assert spread[1] > 1.3 * spread[0]


def test_small_sites_are_not_reported_but_stay_in_the_truth() -> None:
    """Sites below the threshold are left out of the data; the truth still has them."""
    threshold = float(np.sort(UNIQUES[:3])[1])
    seen = traffic(WORLD, provider=Provider(threshold=threshold), seed=1)
    assert seen.data.platforms == ("A", "B")
    assert seen.truth["measured on C"] == UNIQUES[2]
    with pytest.raises(InvalidInput, match="no site is reported"):
        traffic(WORLD, provider=Provider(threshold=1e9), seed=1)


def test_sites_draw_apart_and_a_seed_gives_one_answer() -> None:
    """Leaving sites out changes no figure of the others; the same seed gives the same figures."""
    options = {"provider": Provider(sigma=0.3), "visitors": Visitors(worker_share=0.5, devices=1.5)}
    every = traffic(WORLD, **options, seed=3).data.unique_visitors
    alone = traffic(WORLD, platforms=("B",), **options, seed=3).data.unique_visitors
    assert every[1] == alone[0]
    np.testing.assert_array_equal(every, traffic(WORLD, **options, seed=3).data.unique_visitors)


def test_the_log_counts_persons_by_platform_and_day() -> None:
    """The log adds up to the platform-days, and a day of a platform is a plain count."""
    log = visit_log(WORLD, platforms=("B", "D"))
    assert log.data.platforms == ("B", "D")
    assert log.data.total == log.truth["platform_days"]
    days = np.array([[int(v) >> 12 & 1 for v in WORLD.visits[:, j]] for j in (1, 3)]).sum(axis=1)
    np.testing.assert_array_equal(log.data.visitors[:, 12], days)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Provider(sigma=-0.1), "impossible value"),
        (lambda: Provider(correlation=1.1), "impossible correlation"),
        (lambda: Provider(correlation=-0.1), "cannot be attained"),
        (lambda: Provider(threshold=math.nan), "impossible value"),
        (lambda: Visitors(worker_share=0.0), "impossible value"),
        (lambda: Visitors(territory_share=1.2), "impossible share"),
        (lambda: Visitors(devices=0.5), "impossible value"),
        (lambda: traffic(WORLD, platforms=("Z",), seed=1), "unknown name"),
        (lambda: visit_log(WORLD, platforms=("A", "A")), "repeated"),
    ],
)
def test_impossible_audiences_are_refused(make: object, problem: str) -> None:
    """Bad shares, correlations or platforms raise an error that says what is wrong."""
    with pytest.raises(InvalidInput, match=problem):
        make()  # type: ignore[operator]
