"""Tiers: nested ones refuse to be summed, exclusive ones add up in every replicate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microwork_estimate import synthesis
from microwork_estimate.bootstrap import percentile
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Bounds, Estimand, Estimate, Replicates


def _estimate(name, value, draws=None, **more):
    replicates = None if draws is None else Replicates(values=np.asarray(draws, float), streams=("survey",), seed=1)
    return Estimate(name=name, value=value, estimand=Estimand(), method="given", replicates=replicates, **more)


PUBLISHED = [_estimate("very_active", 14_903.0), _estimate("regular", 52_337.0), _estimate("occasional", 266_126.0)]


def test_exclusive_tiers_of_the_published_figures():
    """14,903, 52,337 and 266,126 read as nested hold 14,903, 37,434 and 213,789 people."""
    cells = synthesis.exclusive(synthesis.tiers(PUBLISHED))
    assert [cell.estimate.value for cell in cells] == [14_903, 37_434, 213_789]
    assert cells.total().value == 266_126
    assert cells.total().standard_error is None


def test_nested_tiers_refuse_to_be_summed():
    """The press total of about 330,000 cannot be made: neither by total() nor by sum()."""
    nested = synthesis.tiers(PUBLISHED)
    with pytest.raises(InvalidInput, match="sum of nested tiers"):
        nested.total()
    with pytest.raises(InvalidInput, match="tiers added one by one"):
        sum(nested)
    with pytest.raises(InvalidInput, match="tiers added one by one"):
        _ = next(iter(nested)) + 1


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6)), min_size=2, max_size=50))
def test_exclusive_cells_add_up_in_every_replicate(steps):
    """Whatever the draws, the cells sum to the widest tier index by index, and each interval is that of its draws."""
    draws = np.cumsum(np.array(steps), axis=1)
    nested = synthesis.tiers([_estimate(str(i), float(draws[:, i].mean()), draws[:, i]) for i in range(3)])
    cells = synthesis.exclusive(nested)
    total = cells.total()
    assert total.replicates is not None
    np.testing.assert_allclose(total.replicates.values, draws[:, 2], rtol=1e-9, atol=1e-6)
    middle = cells["regular"]
    assert middle.interval == percentile(middle.replicates)


def test_tier_larger_than_the_one_around_it_is_a_conflict():
    """More very active than regular people is impossible: a warning, and no negative number of people."""
    with pytest.warns(MicroworkWarning, match="larger than"):
        nested = synthesis.tiers([_estimate("very_active", 60_000.0), *PUBLISHED[1:]])
    with pytest.warns(MicroworkWarning, match="not nested"):
        cell = synthesis.exclusive(nested)["regular"]
    assert cell.value is None
    assert "tier-conflict" in [w.code for w in cell.warnings]


def test_missing_tier_leaves_its_neighbour_open():
    """When one tier has no value, what needs it has none either, and says why; the others stay."""
    missing = Estimate(
        name="very_active",
        value=None,
        estimand=Estimand(),
        method="unavailable",
        bounds=Bounds(low=0, high=20_000, reason="test", sharp=False),
    )
    with pytest.warns(MicroworkWarning, match="no value"):
        cells = synthesis.exclusive(synthesis.tiers([missing, *PUBLISHED[1:]]))
    assert cells["regular"].value is None
    assert (cells["regular"].bounds.low, cells["regular"].bounds.high) == (32_337, 52_337)
    assert cells["occasional"].value == 213_789


def test_tiers_must_count_the_same_unit():
    """Accounts are not persons."""
    accounts = Estimate(name="a", value=1.0, estimand=Estimand(unit="accounts"), method="given")
    with pytest.raises(InvalidInput, match="count different things"):
        synthesis.tiers([PUBLISHED[0], accounts, PUBLISHED[2]])


def test_wrong_sets_are_refused():
    """Exclusive tiers cannot be made exclusive again; numbers of tiers and estimates must agree; names must exist."""
    cells = synthesis.exclusive(synthesis.tiers(PUBLISHED))
    with pytest.raises(InvalidInput, match="already exclusive"):
        synthesis.exclusive(cells)
    with pytest.raises(InvalidInput, match="do not match"):
        synthesis.tiers(PUBLISHED[:2])
    with pytest.raises(InvalidInput, match="unknown tier"):
        _ = cells["daily"]
    with pytest.raises(InvalidInput, match="unknown choice"):
        synthesis.tiers(PUBLISHED, kind="overlapping")
