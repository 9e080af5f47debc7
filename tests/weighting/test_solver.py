"""The solver: right on every feasible system, honest on the others."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from microwork_estimate.weighting.batch import solve_many
from microwork_estimate.weighting.distances import DISTANCES
from microwork_estimate.weighting.preflight import Reduced
from microwork_estimate.weighting.solver import ACCEPTED, Law, System, inverse, solve

LOW, HIGH = 0.5, 2.5


def law(name):
    """A distance, with bounds where it has some."""
    bounded = name not in ("raking", "linear")
    return Law(distance=DISTANCES[name], low=LOW if bounded else 0.0, high=HIGH if bounded else np.inf)


def system(seed, *, near_the_bounds=False):
    """A random system whose targets are given by ratios within the bounds; base weights; these ratios."""
    rng = np.random.default_rng(seed)
    n, n_numbers = int(rng.integers(10, 150)), int(rng.integers(0, 3))
    sizes = tuple(int(k) for k in rng.integers(2, 6, rng.integers(1, 5)))
    codes = tuple(np.append(np.arange(k), rng.choice(k, n - k, p=rng.dirichlet(np.ones(k)))) for k in sizes)
    numbers = rng.normal(rng.choice([0, 600]), 100, (n, n_numbers))
    base = rng.gamma(2, 50, n) + 1
    ratio = rng.choice([LOW, HIGH], n) if near_the_bounds else rng.uniform(LOW, HIGH, n)
    ratio = np.clip(ratio, LOW + 0.02, HIGH - 0.02)
    made = System(codes=codes, sizes=sizes, numbers=numbers, targets=np.zeros(sum(sizes) + n_numbers))
    return System(codes=codes, sizes=sizes, numbers=numbers, targets=made.totals(base * ratio)), base


def whole(made, base):
    """The whole sample, one row for each respondent."""
    return Reduced(system=made, base=base, q=1.0, low=0.0, high=np.inf, member=None)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000), name=st.sampled_from(list(DISTANCES)), hard=st.booleans())
def test_every_feasible_system_is_solved(seed, name, hard):
    """Targets that some ratios within the bounds give are met, even where almost all must sit near a bound."""
    made, base = system(seed, near_the_bounds=hard)
    solution = solve(made, base, law(name))
    assert solution.converged
    assert made.deviation(made.totals(base * solution.ratio)) < ACCEPTED


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_linear_weights_are_nearest_in_squares(seed):
    """Among all weights that meet the targets, the linear ones have the least sum of (w - d)^2 / d."""
    made, base = system(seed)
    weights = base * solve(made, base, law("linear")).ratio
    matrix = made.matrix().toarray()
    assume(np.linalg.matrix_rank(matrix) < base.size)
    rng = np.random.default_rng(seed)
    other = rng.normal(0, 1, base.size)
    other -= matrix @ np.linalg.lstsq(matrix, other, rcond=None)[0]  # a change that leaves all totals alone
    size = np.sum((weights - base) ** 2 / base)
    for share in (0.1, -0.1):
        assert np.sum((weights + share * other - base) ** 2 / base) >= size * (1 - 1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_raking_weights_are_nearest_in_information(seed):
    """Among all weights that meet the targets, the raking ones have the least sum of w log(w/d) - w + d."""
    made, base = system(seed)
    weights = base * solve(made, base, law("raking")).ratio
    matrix = made.matrix().toarray()
    assume(np.linalg.matrix_rank(matrix) < base.size)
    other = np.random.default_rng(seed).normal(0, 1, base.size)
    other -= matrix @ np.linalg.lstsq(matrix, other, rcond=None)[0]
    other *= 0.3 * np.min(weights / np.maximum(np.abs(other), 1e-9))

    def information(w):
        return np.sum(w * np.log(w / base) - w + base)

    for sign in (1, -1):
        assert information(weights + sign * other) >= information(weights) - 1e-9 * base.sum()


def test_sums_and_their_jacobian_are_those_of_the_matrix():
    """Totals, linear combinations and outer products by codes are those of the matrix written out."""
    made, base = system(11)
    matrix = made.matrix().toarray()
    np.testing.assert_allclose(made.totals(base), matrix.T @ base)
    multipliers = np.arange(made.targets.size) / 10
    np.testing.assert_allclose(made.linear(multipliers), matrix @ multipliers)
    np.testing.assert_allclose(made.jacobian(base), matrix.T @ (base[:, None] * matrix))


def test_an_inverse_of_redundant_columns_solves_what_can_be_solved():
    """Two copies of a variable of another scale: the product solves every right side that is in the span."""
    column = np.random.default_rng(0).normal(size=30)
    matrix = np.column_stack([column, 1e6 * column, np.ones(30)])
    jacobian = matrix.T @ matrix
    right = jacobian @ np.array([1.0, 2e-6, 3.0])
    np.testing.assert_allclose(jacobian @ (inverse(jacobian) @ right), right, rtol=1e-8)


@pytest.mark.parametrize("name", DISTANCES)
def test_a_system_without_solution_is_not_said_to_be_solved(name):
    """Contradicting targets end without convergence, in finite time, for every distance."""
    code = np.array([0, 0, 1, 1])
    made = System(codes=(code, code), sizes=(2, 2), numbers=np.zeros((4, 0)), targets=np.array([2.5, 1.5, 2.0, 2.0]))
    assert not solve(made, np.ones(4), law(name)).converged


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000), name=st.sampled_from(list(DISTANCES)))
def test_many_at_once_are_each_on_its_own(seed, name):
    """Replicates solved together are those solved alone."""
    made, base = system(seed)
    start = solve(made, base, law(name)).multipliers
    bases = base * np.random.default_rng(seed).uniform(0.8, 1.2, (5, base.size))
    together = solve_many(whole(made, base), bases, law(name), start, made.targets)
    for row, alone in zip(together, bases, strict=True):
        solution = solve(made, alone, law(name))
        if solution.converged:
            np.testing.assert_allclose(row, alone * solution.ratio, rtol=1e-5, atol=1e-7 * base.mean())
        else:
            assert np.isnan(row).all()


def test_the_number_of_threads_does_not_change_a_bit(monkeypatch):
    """One thread or four: the same bits."""
    made, base = system(5)
    start = solve(made, base, law("raking")).multipliers
    bases = base * np.random.default_rng(1).uniform(0.8, 1.2, (150, base.size))
    results = []
    for threads in (1, 4):
        monkeypatch.setitem(solve_many.__globals__, "_THREADS", threads)
        results.append(solve_many(whole(made, base), bases, law("raking"), start, made.targets))
    assert (results[0] == results[1]).all()


@pytest.mark.parametrize("name", DISTANCES)
def test_a_head_start_from_few_rows_changes_nothing(name, monkeypatch):
    """Large systems start from the solution of every sixteenth row, and end where small ones end."""
    rng = np.random.default_rng(9)
    codes, base = tuple(rng.integers(0, 3, 4000) for _ in range(3)), rng.gamma(2, 50, 4000) + 1
    made = System(codes=codes, sizes=(3, 3, 3), numbers=rng.gamma(2, 8, (4000, 1)), targets=np.zeros(10))
    made = System(
        codes=codes, sizes=(3, 3, 3), numbers=made.numbers, targets=made.totals(base * rng.uniform(0.8, 1.2, 4000))
    )
    plain = solve(made, base, law(name))
    monkeypatch.setitem(solve.__globals__, "_MANY_ROWS", 1000)
    helped = solve(made, base, law(name))
    assert helped.converged
    np.testing.assert_allclose(helped.ratio, plain.ratio, rtol=1e-9)
