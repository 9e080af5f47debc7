"""A published mean under four laws: the printed numbers, the moments, and always within the sharp bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import PlatformRegistrations
from microwork_estimate.platforms import family_readings

SEVEN = PlatformRegistrations(platforms=("all seven",), accounts=[337_980], n_platforms=7, source="implied")

PRINTED = {
    ("zero-truncated Poisson", None): 296_196,
    ("geometric", None): 297_780,
    ("logarithmic series", None): 299_196,
    ("zeta", None): 310_385,
    ("zeta", 7): 306_052,
}


def test_printed_numbers():
    """1.27 on 337,980 accounts gives the printed persons under each law."""
    found = {(r.family, r.max_platforms): round(r.persons) for r in family_readings(SEVEN, mean=1.27).readings}
    assert {key: found[key] for key in PRINTED} == PRINTED
    assert len(found) == 8


@pytest.mark.parametrize("mean", [1.05, 1.27, 1.83, 3.0])
def test_laws_of_scipy_have_this_mean_when_weighted_by_k(mean):
    """With the fitted parameter, scipy's laws have E[k^2] / E[k] as published and E[k] as reported."""
    rows = {r.family: r for r in family_readings(SEVEN, mean=mean).readings if r.max_platforms is None}
    poisson = stats.poisson(rows["zero-truncated Poisson"].parameter)
    seen = 1 - poisson.pmf(0)
    laws = {
        "zero-truncated Poisson": (poisson.mean() / seen, (poisson.var() + poisson.mean() ** 2) / seen),
        "geometric": moments(stats.geom(1 - rows["geometric"].parameter)),
        "logarithmic series": moments(stats.logser(rows["logarithmic series"].parameter)),
    }
    for family, (first, second) in laws.items():
        assert second / first == pytest.approx(mean, rel=1e-9)
        assert rows[family].platforms_per_person == pytest.approx(first, rel=1e-9)
    exponent = rows["zeta"].parameter
    k = np.arange(1.0, 2_000_001.0)
    assert (k ** (1 - exponent)).sum() / (k**-exponent).sum() == pytest.approx(
        rows["zeta"].platforms_per_person, rel=1e-3
    )


def moments(law) -> tuple[float, float]:
    """First two moments."""
    return law.mean(), law.var() + law.mean() ** 2


@settings(max_examples=60, deadline=None)
@given(mean=st.floats(1.001, 6.9))
def test_cut_laws_lie_within_the_sharp_bounds_and_keep_their_mean(mean):
    """A law on 1..7 is one distribution of k: its persons lie within the bounds, for every mean."""
    found = family_readings(SEVEN, mean=mean)
    for reading in found.readings:
        if reading.max_platforms == 7:
            assert found.bounds.bounds.low * (1 - 1e-9) <= reading.persons <= found.bounds.bounds.high * (1 + 1e-9)


def test_cut_zeta_has_the_published_mean():
    """The zeta law cut at seven, summed by hand, has a mean of 1.27 over accounts."""
    row = next(r for r in family_readings(SEVEN, mean=1.27).readings if (r.family, r.max_platforms) == ("zeta", 7))
    k = np.arange(1.0, 8.0)
    law = k**-row.parameter / (k**-row.parameter).sum()
    assert (law @ k**2) / (law @ k) == pytest.approx(1.27, rel=1e-10)
    assert row.persons == pytest.approx(337_980 / (law @ k), rel=1e-10)


def test_mean_of_one_is_one_platform_each():
    """If every account says 1, persons are accounts under every law."""
    assert {round(r.persons) for r in family_readings(SEVEN, mean=1.0).readings} == {337_980}


@pytest.mark.parametrize(
    ("mean", "message"), [(0.9, "at least 1"), (7.0, "largest possible"), (8.0, "impossible mean")]
)
def test_impossible_means_are_refused(mean, message):
    """Below one platform, or all platforms for everybody, there is no law to fit."""
    with pytest.raises(InvalidInput, match=message):
        family_readings(SEVEN, mean=mean)
