"""Population size from counts of sightings under the zero-truncated negative binomial law, honest about its edges."""

from __future__ import annotations

import math

from microwork_estimate.capture_recapture.assumptions_covariates import NEGATIVE_BINOMIAL_SIGHTINGS
from microwork_estimate.capture_recapture.count_fit import CountFit, fit_counts
from microwork_estimate.capture_recapture.edge_limits import at_boundary
from microwork_estimate.capture_recapture.homogeneous import (
    Words,
    homogeneous_data,
    homogeneous_estimate,
    open_interval,
)
from microwork_estimate.capture_recapture.intervals import normal_quantile
from microwork_estimate.capture_recapture.ratios import ratio_plot, ratio_warnings
from microwork_estimate.capture_recapture.size_profile import lower_limit
from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Estimate, Interval
from microwork_estimate.inputs.histories import CaptureCounts

_WORDS = Words(
    name="zero-truncated negative binomial estimate",
    method="zero-truncated negative binomial, maximum likelihood",
    assumptions=(NEGATIVE_BINOMIAL_SIGHTINGS,),
    references=("Cruyff & van der Heijden 2008, Biometrical Journal 50(6), 1035-1050",),
)


def gamma_truncated(counts: CaptureCounts, level: float) -> Estimate:
    """Estimate the number of persons whose rates to be seen follow a gamma distribution.

    Procedure: mean m and dispersion a of the negative binomial law, given that a person was seen, by maximum
    likelihood; p0 = (1+am)^(-1/a) and N = n/(1-p0). The variance is n p0/(1-p0)^2 + D' I^-1 D, with the observed
    information; the interval is log-normal on the unseen part. On such counts the likelihood often has its maximum at
    an edge. If the dispersion falls to zero the law is the Poisson law. If it grows without limit N is infinite: there
    is no value, and the interval is that of the profile likelihood of N, open above: it begins where twice the
    logarithm of the likelihood is z^2 below its supremum, with z the two-sided normal quantile of `level`.

    Parameters
    ----------
    counts : CaptureCounts
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        Warnings: ``boundary``, ``no-dispersion``, ``runaway`` (N above 50 n), ``one-inflation``, ``nearly-all-seen``.

    Assumptions
    -----------
    Closed population, sightings linked to persons and independent, rates that follow a gamma distribution.

    References
    ----------
    Cruyff & van der Heijden 2008, Biometrical Journal 50(6), 1035-1050. The open interval is ours.

    Examples
    --------
    >>> estimate = gamma_truncated(CaptureCounts(frequencies=[120, 60, 35, 20, 12, 7, 4, 2, 1]), 0.95)
    >>> round(estimate.value, 1), round(estimate.diagnostics["dispersion"], 3)
    (471.4, 0.982)
    """
    plot = ratio_plot(counts)
    found = list(ratio_warnings(plot))
    fit: CountFit | Interval
    if counts.total_sightings == counts.n_observed:
        warning, fit = at_boundary(counts, "negative_binomial", math.inf, level)
        found.append(warning)
    else:
        data = homogeneous_data(counts)
        fit = fit_counts(data, "negative_binomial", "none")
        if fit.runs_away.any():
            drop = normal_quantile(level) ** 2 / 2.0
            low = lower_limit("negative_binomial", data.times, data.weight, drop, singletons=True)
            fit = open_interval(low, level, "profile likelihood")
            message = "the dispersion grows without limit: the estimate is infinite and only a lower limit is given"
            found.append(CodedWarning(code="boundary", message=message))
    return homogeneous_estimate(counts, fit, _WORDS, plot=plot, found=found, level=level)
