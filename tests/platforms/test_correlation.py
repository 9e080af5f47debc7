"""Correlations of factors: Higham's printed matrix, the conditions of a projection, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.platforms import (
    FactorCorrelation,
    factor_correlation,
    nearest_correlation,
    normal_score_correlation,
)

MEASURED, TERRITORY, WORKERS, DEVICES, PLATFORMS = (
    "measurement",
    "territory_share",
    "worker_share",
    "devices_per_person",
    "platforms_per_person",
)


def test_printed_nearest_matrix():
    """Higham (2002) prints 0.7607 and 0.1573 for the matrix of ones beside a zero."""
    found = nearest_correlation([[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    assert found == pytest.approx(np.array([[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]]), abs=5e-5)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(2, 6))
def test_nearest_by_the_conditions_of_a_projection(seed, size):
    """The result is possible, no possible matrix on the way to others is nearer, and possible ones are not moved."""
    rng = np.random.default_rng(seed)
    stated = np.eye(size)
    upper = np.triu_indices(size, 1)
    stated[upper] = rng.uniform(-1, 1, upper[0].size)
    stated = np.minimum(stated + stated.T, 1) - np.diag(np.diag(stated) * 0)
    np.fill_diagonal(stated, 1)
    found = nearest_correlation(stated)
    assert np.diag(found) == pytest.approx(np.ones(size))
    assert np.linalg.eigvalsh(found)[0] > -1e-8
    distance = np.linalg.norm(found - stated)
    for _ in range(20):
        factor = rng.standard_normal((size, size))
        other = np.corrcoef(factor) if size > 1 else np.eye(1)
        # Projection on a convex set: the angle to any other point of the set is not acute.
        assert np.sum((stated - found) * (other - found)) < 1e-5
        assert np.linalg.norm(other - stated) >= distance - 1e-7
    assert nearest_correlation(found) == pytest.approx(found, abs=1e-6)


def test_possible_correlations_are_left_alone():
    """One pair never contradicts itself: nothing is moved and nothing said."""
    found = factor_correlation({(DEVICES, PLATFORMS): 0.6})
    assert found.matrix[3, 4] == found.matrix[4, 3] == 0.6
    assert (found.distance, found.warnings) == (0.0, ())
    assert found.root @ found.root.T == pytest.approx(found.matrix)


def test_contradictions_are_repaired_and_the_distance_said():
    """A near B, B near C, A far from C: the nearest possible matrix, with how far it is."""
    pairs = {(DEVICES, PLATFORMS): 0.9, (PLATFORMS, WORKERS): 0.9, (DEVICES, WORKERS): -0.9}
    with pytest.warns(MicroworkWarning, match=r"correlation-repaired.*away in all"):
        found = factor_correlation(pairs)
    stated = np.eye(5)
    for (one, other), value in pairs.items():
        i, j = ((MEASURED, TERRITORY, WORKERS, DEVICES, PLATFORMS).index(name) for name in (one, other))
        stated[i, j] = stated[j, i] = value
    assert found.distance == pytest.approx(np.linalg.norm(found.matrix - stated))
    assert np.linalg.eigvalsh(found.matrix)[0] > -1e-9
    assert [w.code for w in found.warnings] == ["correlation-repaired"]


def test_rank_correlations_become_those_of_normal_scores():
    """Normal scores with the correlation returned have the rank correlation asked for, by simulation."""
    r = float(normal_score_correlation(0.5))
    rng = np.random.default_rng(1)
    scores = rng.multivariate_normal([0, 0], [[1, r], [r, 1]], 200_000)
    assert stats.spearmanr(scores).statistic == pytest.approx(0.5, abs=0.006)
    assert factor_correlation({(DEVICES, PLATFORMS): 0.5}, spearman=True).matrix[3, 4] == pytest.approx(r)


@pytest.mark.parametrize(
    "call",
    [
        lambda: factor_correlation({(DEVICES, DEVICES): 0.5}),
        lambda: factor_correlation({(DEVICES, "price"): 0.5}),
        lambda: factor_correlation({(DEVICES, PLATFORMS): 1.5}),
        lambda: factor_correlation({(DEVICES, PLATFORMS): np.nan}),
        lambda: nearest_correlation([[1, 0.5], [0.4, 1]]),
        lambda: nearest_correlation([[2, 0], [0, 2]]),
        lambda: nearest_correlation([[1, 2], [2, 1]]),
        lambda: nearest_correlation([1, 2]),
        lambda: FactorCorrelation(matrix=np.eye(3)),
        lambda: FactorCorrelation(matrix=np.eye(5) - 0.9 * (1 - np.eye(5))),
    ],
)
def test_impossible_correlations_are_refused(call):
    """Unknown factors, numbers outside -1 to 1, tables that are no correlation matrix."""
    with pytest.raises(InvalidInput, match="impossible correlation"):
        call()
