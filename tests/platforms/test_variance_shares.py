"""Variance shares: scipy's Sobol indices, closed forms of a Gaussian sum, and the tornado as special cases."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Elicited, PlatformAudience
from microwork_estimate.platforms import (
    AudienceFactors,
    CensoredSites,
    audience_draws,
    audience_tornado,
    audience_variance_shares,
    factor_correlation,
    n_audience_uniforms,
)

ONE = Elicited(distribution="fixed", low=1.0, source="by definition")
NAMES = ("measurement", "territory_share", "worker_share", "devices_per_person", "platforms_per_person")
ALL = AudienceFactors(
    measurement=Elicited(distribution="lognormal", low=0.5, high=2.0, source="x"),
    territory_share=Elicited(distribution="pert", low=0.5, high=1.0, mode=0.9, source="x"),
    worker_share=Elicited(distribution="share", low=0.2, high=0.6, source="x"),
    devices_per_person=Elicited(distribution="at_least_one", low=1.2, high=2.0, source="x"),
    platforms_per_person=Elicited(distribution="uniform", low=1.1, high=1.6, source="x"),
)


def sites(visitors) -> PlatformAudience:
    """Sites of one provider."""
    names = tuple(f"S{i}" for i in range(len(visitors)))
    return PlatformAudience(platforms=names, unique_visitors=visitors, provider="p", source="x")


def saltelli(audience, scale) -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices by scipy's estimators, the columns of all sites exchanged as one group."""
    d = n_audience_uniforms(audience)
    points = stats.qmc.Sobol(2 * d, seed=np.random.default_rng(1)).random_base2(15)
    a, b = points[:, :d], points[:, d:]
    groups = [[0, *range(5, d)], [1], [2], [3], [4]]
    mixed = []
    for group in groups:
        ab = a.copy()
        ab[:, group] = b[:, group]
        mixed.append(scale(audience_draws(audience, ALL, ab)))
    values = {
        "f_A": scale(audience_draws(audience, ALL, a))[None],
        "f_B": scale(audience_draws(audience, ALL, b))[None],
    }
    found = stats.sobol_indices(func={**values, "f_AB": np.array(mixed)[:, None]}, n=a.shape[0])
    return found.first_order, found.total_order


@pytest.mark.parametrize("visitors", [[1000], [600, 300, 100]])
@pytest.mark.parametrize(("scale", "function"), [("persons", np.asarray), ("log", np.log)])
def test_independent_factors_by_scipy(visitors, scale, function):
    """First-order and total shares are scipy's Sobol indices, on both scales, for one site and for several."""
    found = audience_variance_shares(sites(visitors), ALL, scale=scale)
    first, total = saltelli(sites(visitors), function)
    assert found.first_order == pytest.approx(first, abs=0.01)
    assert found.total_order == pytest.approx(total, abs=0.01)
    assert found.shapley.sum() == pytest.approx(1)
    assert (found.first_order - 0.005 <= found.shapley).all()
    assert (found.shapley <= found.total_order + 0.005).all()


def test_log_scale_without_dependence_is_the_tornado():
    """On the logarithmic scale all three are the exact shares of the tornado."""
    for visitors in ([1000], [600, 300, 100]):
        tornado = audience_tornado(sites(visitors), ALL)
        exact = dict(zip(tornado.names, tornado.variance_share, strict=True))
        found = audience_variance_shares(sites(visitors), ALL)
        for shares in (found.first_order, found.total_order, found.shapley):
            assert shares == pytest.approx([exact[name] for name in NAMES], abs=0.006)


def gaussian_shapley(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First, total and Shapley shares of a sum of jointly normal parts, by conditional variances."""
    d = covariance.shape[0]
    total = covariance.sum()

    def explained(u):
        if not u:
            return 0.0
        rest = covariance[:, list(u)].sum(0)
        return float(rest @ np.linalg.lstsq(covariance[np.ix_(u, u)], rest, rcond=1e-12)[0])

    shapley = np.zeros(d)
    for order in itertools.permutations(range(d)):
        for at, k in enumerate(order):
            shapley[k] += explained(order[: at + 1]) - explained(order[:at])
    first = np.array([explained((k,)) for k in range(d)])
    left = np.array([total - explained(tuple(j for j in range(d) if j != k)) for k in range(d)])
    return first / total, left / total, shapley / math.factorial(d) / total


@pytest.mark.parametrize("rho", [-0.7, 0.4, 0.9])
def test_dependent_factors_by_the_closed_form_of_a_gaussian_sum(rho):
    """Two nearly log-normal factors with a correlation: the shares of a sum of jointly normal logarithms."""
    # A share far below one half is log-normal, as 1 + log-normal far above 1 is.
    share = Elicited(distribution="share", low=0.0005, high=0.002, source="x")
    devices = Elicited(distribution="at_least_one", low=1000.0, high=2000.0, source="x")
    given = AudienceFactors(
        measurement=ONE,
        territory_share=ONE,
        worker_share=share,
        devices_per_person=devices,
        platforms_per_person=ONE,
    )
    z = 2 * stats.norm.ppf(0.95)
    spreads = np.array([np.log(4) / z, np.log(2) / z])
    covariance = np.outer(spreads, spreads) * np.array([[1, -rho], [-rho, 1]])
    dependence = factor_correlation({("worker_share", "devices_per_person"): rho})
    found = audience_variance_shares(sites([1000]), given, dependence=dependence)
    for shares, truth in zip(
        (found.first_order, found.total_order, found.shapley), gaussian_shapley(covariance), strict=True
    ):
        assert shares[[2, 3]] == pytest.approx(truth, abs=0.01)
        if shares is not found.first_order:
            assert shares[[0, 1, 4]] == pytest.approx(0, abs=1e-9)


def test_dependence_on_the_shared_error_of_several_sites():
    """Measurement of three sites with a correlation to the devices: the shares of nested simulation."""
    given = AudienceFactors(
        measurement=ALL.measurement,
        territory_share=ONE,
        worker_share=ONE,
        devices_per_person=ALL.devices_per_person,
        platforms_per_person=ONE,
    )
    dependence = factor_correlation({("measurement", "devices_per_person"): 0.7})
    audience = sites([600, 300, 100])
    found = audience_variance_shares(audience, given, dependence=dependence)
    u = np.random.default_rng(4).random((200_000, 8))
    logs = np.log(audience_draws(audience, given, u, dependence=dependence))
    # Mean of ln N given the devices, by two hundred bins of their score.
    score = 0.7 * stats.norm.ppf(u[:, 0]) + np.sqrt(1 - 0.49) * stats.norm.ppf(u[:, 3])
    order = np.argsort(dependence_score(u, dependence))
    bins = logs[order].reshape(200, -1).mean(1)
    assert found.first_order[3] == pytest.approx(bins.var() / logs.var(), abs=0.01)
    assert found.shapley.sum() == pytest.approx(1)
    assert score.std() == pytest.approx(1, abs=0.01)


def dependence_score(u: np.ndarray, dependence) -> np.ndarray:
    """Normal score of the devices that the draws used."""
    return stats.norm.ppf(u[:, :5]) @ dependence.root[3]


def test_censored_sites_count_as_measurement():
    """Sites below the threshold add to the share of the measurement."""
    hidden = CensoredSites(platforms=("H",), threshold=900, source="note")
    plain = audience_variance_shares(sites([1000, 1000]), ALL)
    more = audience_variance_shares(sites([1000, 1000]), ALL, censored=hidden, correlation=0.6)
    assert more.names[0] == "measurement"
    assert more.shapley.sum() == pytest.approx(1)
    assert more.shapley[0] != pytest.approx(plain.shapley[0], abs=1e-3)


def test_nothing_varies():
    """Fixed factors leave nothing to divide."""
    fixed = AudienceFactors(**dict.fromkeys(NAMES, ONE))
    for scale in ("log", "persons"):
        assert audience_variance_shares(sites([1000]), fixed, scale=scale).shapley.tolist() == [0] * 5


def test_impossible_requests_are_refused():
    """Persons with dependent factors, an unknown scale, no visitors."""
    dependence = factor_correlation({("worker_share", "devices_per_person"): 0.5})
    with pytest.raises(InvalidInput, match="dependent factors"):
        audience_variance_shares(sites([1000]), ALL, dependence=dependence, scale="persons")
    with pytest.raises(InvalidInput, match="unknown choice"):
        audience_variance_shares(sites([1000]), ALL, scale="square")
    with pytest.raises(InvalidInput, match="no visitors"):
        audience_variance_shares(sites([0]), ALL)
