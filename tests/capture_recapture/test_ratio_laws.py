"""The lines of a ratio plot are the ratios of the laws themselves."""

import numpy as np
import pytest
from scipy.stats import binom, geom, nbinom, poisson

from microwork_estimate.capture_recapture import fitted_ratios, ratio_plot
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import CaptureCounts

TIMES = np.arange(1, 21)


def of_a_law(law, *, occasions=None):
    """Counts of ten million persons who are seen exactly as a law of scipy says."""
    frequencies = np.round(1e7 * law.pmf(TIMES)).astype(int)
    return CaptureCounts(frequencies=frequencies, occasions=occasions)


@pytest.mark.parametrize(
    ("family", "law"),
    [
        ("poisson", poisson(0.4)),
        ("geometric", geom(0.8, loc=-1)),
        ("negative_binomial", nbinom(2.0, 0.85)),
    ],
)
def test_line_goes_through_the_points_of_its_law(family, law):
    """On counts of a law the line has the ratios (j + 1) P(j + 1) / P(j) of scipy, and so have the points."""
    counts = of_a_law(law)
    j = np.arange(1, counts.frequencies.size)
    exact = (j + 1) * law.pmf(j + 1) / law.pmf(j)
    np.testing.assert_allclose(fitted_ratios(counts, family=family), exact, rtol=2e-3)
    np.testing.assert_allclose(ratio_plot(counts).ratios[:4], exact[:4], rtol=0.05)


def test_binomial_law_is_horizontal_with_occasions():
    """Twelve occasions with a chance of 0.1: all ratios are T p / (1 - p)."""
    counts = of_a_law(binom(12, 0.1), occasions=12)
    np.testing.assert_allclose(fitted_ratios(counts, family="binomial"), 12 * 0.1 / 0.9, rtol=1e-4)
    np.testing.assert_allclose(ratio_plot(counts).ratios[:4], 12 * 0.1 / 0.9, rtol=0.02)
    assert fitted_ratios(counts)[0] < fitted_ratios(counts)[-1]  # a Poisson law on occasions is not horizontal


def test_line_without_a_law_is_missing():
    """Everybody seen once, or on all occasions: there is nothing to draw, and no number is invented."""
    assert np.isnan(fitted_ratios(CaptureCounts(frequencies=[0, 0, 9], occasions=3), family="binomial")).all()
    assert fitted_ratios(CaptureCounts(frequencies=[9])).size == 0


def test_impossible_lines_are_refused():
    """Another law, or a binomial one without occasions."""
    with pytest.raises(InvalidInput, match="no number of occasions"):
        fitted_ratios(CaptureCounts(frequencies=[9, 2]), family="binomial")
    with pytest.raises(InvalidInput, match="unknown choice"):
        fitted_ratios(CaptureCounts(frequencies=[9, 2]), family="zipf")
