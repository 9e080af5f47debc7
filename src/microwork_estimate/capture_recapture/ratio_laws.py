"""Where the ratios of a ratio plot would stand under a law: the line to compare the points with."""

from __future__ import annotations

import warnings
from typing import Literal, get_args

import numpy as np

from microwork_estimate.capture_recapture.count_fit import fit_counts
from microwork_estimate.capture_recapture.homogeneous import homogeneous_data
from microwork_estimate.capture_recapture.truncated import zero_truncated
from microwork_estimate.errors import MicroworkWarning, check_choice
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.histories import CaptureCounts

RatioLaw = Literal["poisson", "geometric", "negative_binomial", "binomial"]


def fitted_ratios(counts: CaptureCounts, *, family: RatioLaw = "poisson") -> FloatArray:
    """Compute the ratios (j + 1) p_{j+1} / p_j of a law fitted to counts of sightings.

    Procedure: the law is fitted to the persons seen, as by
    :func:`~microwork_estimate.capture_recapture.truncated.zero_truncated`. With mean m and dispersion a the ratio is
    m (1 + a j) / (1 + a m): horizontal for the Poisson law (a = 0), a rising straight line for the geometric (a = 1)
    and the negative binomial law. With T occasions it is multiplied by T / (T - j), as the points are, which makes the
    binomial law the horizontal line T p / (1 - p).

    Parameters
    ----------
    counts : CaptureCounts
    family : {"poisson", "geometric", "negative_binomial", "binomial"}
        The binomial law needs occasions.

    Returns
    -------
    array of shape (x - 1,)
        For j = 1, ..., x - 1, as in :class:`~microwork_estimate.capture_recapture.ratios.RatioPlot`. NaN when everybody
        was seen once, or on every occasion, so that no law can be fitted.

    Raises
    ------
    InvalidInput
        If the law is unknown, or is the binomial one and there are no occasions.

    Assumptions
    -----------
    The law, which the plot is there to doubt.

    References
    ----------
    Böhning, Baksh, Lerdsuwansri & Gallagher 2013, Journal of Computational and Graphical Statistics 22(1), 135-155,
    section 2. Rocchetti, Bunge & Böhning 2011, Annals of Applied Statistics 5(2B), 1512-1533, for the line.

    Examples
    --------
    >>> fitted_ratios(CaptureCounts(frequencies=[60, 24, 8, 3])).round(3).tolist()
    [0.899, 0.899, 0.899]
    """
    check_choice(family, get_args(RatioLaw), where="family")
    j = np.arange(1, counts.frequencies.size, dtype=np.float64)
    occasions = counts.occasions
    if family == "binomial":
        return np.full(j.size, _binomial_height(counts))
    if counts.total_sightings == counts.n_observed:
        return np.full(j.size, np.nan)
    fit = fit_counts(homogeneous_data(counts), family, "none")
    coefficients = dict(zip(fit.names, np.exp(fit.maximum.coefficients), strict=True))
    mean = float(coefficients["log mean"])
    dispersion = 1.0 if family == "geometric" else float(coefficients.get("log dispersion", 0.0))
    factors = np.ones(j.size) if occasions is None else occasions / (occasions - j)
    return np.asarray(factors * mean * (1.0 + dispersion * j) / (1.0 + dispersion * mean))


def _binomial_height(counts: CaptureCounts) -> float:
    with warnings.catch_warnings():
        # The estimate's warnings belong to whoever asks for the estimate, not to a line of a picture.
        warnings.simplefilter("ignore", MicroworkWarning)
        chance = zero_truncated(counts, family="binomial").diagnostics.get("parameter")
    if chance is None or counts.occasions is None:
        return np.nan
    return counts.occasions * float(chance) / (1.0 - float(chance))
