"""Tiers from different sources: in order in every replicate, and refused when the sources disagree too often."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microwork_estimate import synthesis
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Estimate, Replicates
from microwork_estimate.synthesis.order_restriction import disordered, isotonic


def _estimate(name, value, draws, seed=1):
    replicates = Replicates(values=np.asarray(draws, float), streams=(name,), seed=seed)
    return Estimate(name=name, value=value, estimand=Estimand(), method="given", replicates=replicates)


def _nested(medians, spreads, n=1999, seed=7):
    """Independent log-normal sources, from a generator of their own."""
    generator = np.random.default_rng(seed)
    draws = [m * np.exp(s * generator.standard_normal(n)) for m, s in zip(medians, spreads, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return synthesis.tiers([_estimate(str(i), m, d) for i, (m, d) in enumerate(zip(medians, draws, strict=True))])


def _pool_adjacent(row, weights):
    """Pool adjacent violators, block by block, as the textbook has it."""
    blocks = []
    for value, weight in zip(row, weights, strict=True):
        blocks.append([value, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, u, m), (b, v, n) = blocks[-2:]
            blocks[-2:] = [[(a * u + b * v) / (u + v), u + v, m + n]]
    return [value for value, _, n in blocks for _ in range(n)]


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.tuples(
            st.lists(st.floats(-50, 50), min_size=n, max_size=n), st.lists(st.floats(0.01, 100), min_size=n, max_size=n)
        )
    )
)
def test_closed_form_equals_pooling_block_by_block(case):
    """For any row and weights the result is that of the pool-adjacent-violators algorithm, and in order."""
    row, weights = (np.array(part) for part in case)
    found = isotonic(row[None, :], weights)[0]
    np.testing.assert_allclose(found, _pool_adjacent(row, weights), rtol=1e-9, atol=1e-9)
    assert not disordered(found[None, :])[0]


def test_rows_in_order_are_untouched():
    """A row in order comes back to the bit, also when it ends in infinity; an infinite number in the middle is lost."""
    rows = np.array([[1.0, 1.0, np.inf], [1.0, np.inf, 3.0], [0.1, 0.2, 0.3]])
    found = isotonic(rows, np.ones(3))
    assert (found[[0, 2]] == rows[[0, 2]]).all()
    assert np.isnan(found[1]).all()


def test_every_replicate_is_in_order():
    """Whatever sources overlap, each constrained replicate has the tiers in order and the intervals follow them."""
    result = synthesis.coherent(_nested((50_000.0, 60_000.0, 200_000.0), (0.15, 0.15, 0.1)))
    assert result.constrained is not None
    draws = np.column_stack([e.replicates.values for e in result.constrained.estimates])
    assert (np.diff(draws, axis=1) >= -1e-9 * draws[:, :-1]).all()
    # Two independent normal logarithms with this gap cross with probability Phi(-ln(1.2) / (0.15 sqrt 2)) = 0.195.
    assert result.violation_rate == pytest.approx(0.195, abs=0.03)
    assert result.warnings == ()


def test_the_uncertain_source_gives_way():
    """A prior width on one tier moves that tier, and leaves the one that is known to about where it was."""
    nested = _nested((66_000.0, 60_000.0, 300_000.0), (0.05, 0.05, 0.05))
    widths = {"very_active": 1.0}
    with pytest.warns(MicroworkWarning):
        equal = synthesis.coherent(_nested((61_000.0, 60_500.0, 300_000.0), (0.2, 0.2, 0.05)))
    assert equal.constrained["very_active"].value == pytest.approx(np.sqrt(61_000 * 60_500), rel=1e-3)
    with pytest.warns(MicroworkWarning):
        refused = synthesis.coherent(nested, prior_widths=widths)
    assert refused.constrained is None
    near = _nested((60_000.0, 61_000.0, 300_000.0), (0.05, 0.05, 0.05))
    with pytest.warns(MicroworkWarning):
        moved = synthesis.coherent(near, prior_widths=widths)
    before, after = (np.log(s["regular"].replicates.values) for s in (near, moved.constrained))
    assert np.abs(after - before).max() < 0.002
    before, after = (np.log(s["very_active"].replicates.values) for s in (near, moved.constrained))
    assert np.abs(after - before).max() > 0.05


def test_doubt_and_refusal():
    """More than a fifth of replicates out of order is a warning; more than half, and there is no constrained value."""
    with pytest.warns(MicroworkWarning, match="look at the unconstrained"):
        doubtful = synthesis.coherent(_nested((55_000.0, 60_000.0, 300_000.0), (0.15, 0.15, 0.1)))
    assert [w.code for w in doubtful.warnings] == ["tiers-incoherent"]
    assert "tiers-incoherent" in [w.code for w in doubtful.constrained["regular"].warnings]
    assert doubtful.constrained["regular"].diagnostics["unconstrained"] == 60_000
    with pytest.warns(MicroworkWarning, match="no constrained value"):
        refused = synthesis.coherent(_nested((90_000.0, 60_000.0, 300_000.0), (0.15, 0.15, 0.1)))
    assert refused.constrained is None
    assert refused.unconstrained["very_active"].value == 90_000
    assert [w.code for w in refused.warnings] == ["tiers-irreconcilable"]


def test_order_improves_what_is_true():
    """When the tiers do contain each other, ordering brings noisy sources nearer to the truth on average."""
    generator = np.random.default_rng(3)
    truth = np.log([50_000.0, 55_000.0, 60_000.0])
    noisy = truth + 0.3 * generator.standard_normal((4000, 3))
    ordered = isotonic(noisy, np.ones(3))
    assert ((ordered - truth) ** 2).mean() < 0.8 * ((noisy - truth) ** 2).mean()


def test_failed_draws_stay_failed():
    """A draw without a number stays one, in all tiers of its replicate that touch it, and counts as failed."""
    draws = np.linspace(90, 110, 199)
    broken = draws.copy()
    broken[:3] = np.nan
    nested = synthesis.tiers(
        [_estimate("a", 50.0, broken / 2), _estimate("b", 100.0, draws), _estimate("c", 300.0, 3 * draws)]
    )
    result = synthesis.coherent(nested)
    assert result.constrained["very_active"].replicates.n_failed == 3
    assert result.violation_rate == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: (synthesis.exclusive(n), {}), "exclusive tiers"),
        (lambda n: (n, {"nobody": 0.1}), "impossible prior widths"),
        (lambda n: (n, {"regular": -0.1}), "impossible prior widths"),
        (lambda n: (n, {"regular": np.nan}), "impossible prior widths"),
    ],
)
def test_impossible_requests(change, message):
    """Exclusive tiers, widths of unknown tiers and negative widths are refused."""
    nested, widths = change(_nested((10.0, 50.0, 200.0), (0.1, 0.1, 0.1)))
    with pytest.raises(InvalidInput, match=message):
        synthesis.coherent(nested, prior_widths=widths)


def test_replicates_of_one_run_are_needed():
    """Tiers without replicates, of different runs, or that never vary cannot be put in order."""
    draws = np.linspace(90, 110, 99)
    plain = Estimate(name="p", value=1.0, estimand=Estimand(), method="given")
    for first, message in (
        (plain, "without replicates"),
        (_estimate("a", 10.0, draws / 10, seed=2), "different runs"),
        (_estimate("a", 10.0, np.full(99, 10.0)), "without spread"),
    ):
        nested = synthesis.tiers([first, _estimate("b", 100.0, draws), _estimate("c", 200.0, 2 * draws)])
        with pytest.raises(InvalidInput, match=message):
            synthesis.coherent(nested)
