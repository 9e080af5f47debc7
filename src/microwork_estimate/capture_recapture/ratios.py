"""The ratio plot: the picture that every estimate from counts of sightings has to be read with.

Under equal chances the ratios (x+1) f_{x+1} / f_x lie on a horizontal line. Unequal chances make them rise. People who
are seen once and never again push the first one below the line of the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Estimand, FloatArray, frozen_floats
from microwork_estimate.inputs.histories import CaptureCounts

MINIMUM_COUNT = 5
"""A ratio enters a line only if both of its counts are at least as large."""

LINE_POINTS = 3
"""The line through the ratios above the first uses at most so many: only near the first is it a fair prediction."""

ALARM = 3.0
"""A residual above so many standard errors raises a warning."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RatioPlot:
    """The ratios of neighbouring counts, and what two straight lines through them say.

    Parameters
    ----------
    times : array of shape (x - 1,)
        The numbers 1, 2, ..., x - 1 of sightings.
    ratios : array of shape (x - 1,)
        (j + 1) f_{j+1} / f_j, times T / (T - j) when there are T occasions. NaN where f_j = 0.
    standard_errors : array of shape (x - 1,)
        ratio sqrt(1 / f_j + 1 / f_{j+1}). NaN where one of the counts is 0.
    occasions : int or None
        T, or None.
    slope_residual : float or None
        Slope of the line through all ratios from the first on, in units of its standard error. Large and positive:
        unequal chances. None if fewer than two ratios rest on counts of at least 5.
    expected_singletons : float or None
        How many persons should have been seen once, by the line through the ratios at 2, 3 and 4. Infinite when the
        line falls to zero before it reaches 1; None when it has fewer than two points.
    singleton_residual : float or None
        Persons seen once minus `expected_singletons`, in units of its standard error. Above 3: one-inflation, or
        classes so far apart that the line bends. None where `expected_singletons` is None or infinite.
    estimand : Estimand
    """

    times: FloatArray
    ratios: FloatArray
    standard_errors: FloatArray
    occasions: int | None
    slope_residual: float | None
    expected_singletons: float | None
    singleton_residual: float | None
    estimand: Estimand

    def __post_init__(self) -> None:
        for name in ("times", "ratios", "standard_errors"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name), where=f"RatioPlot.{name}"))

    @property
    def one_inflated(self) -> bool:
        """Whether more persons were seen once than the ratios above allow, by more than three standard errors."""
        return self.singleton_residual is not None and self.singleton_residual > ALARM

    @property
    def rising(self) -> bool:
        """Whether the ratios rise by more than three standard errors, which equal chances do not explain."""
        return self.slope_residual is not None and self.slope_residual > ALARM


def ratio_plot(counts: CaptureCounts) -> RatioPlot:
    """Compute the ratio plot of counts of sightings, the mandatory diagnostic of every estimate from them.

    Procedure: r_j = (j + 1) f_{j+1} / f_j estimates the rate at which persons seen j times are seen; with T occasions
    it is multiplied by T / (T - j), so that a binomial law is a horizontal line too. Two weighted straight lines are
    drawn. The first goes through all ratios from j = 1 on: its slope tells equal from unequal chances. The second goes
    through the ratios at 2, 3 and 4 only and is prolonged to j = 1, where it says how many persons should have been
    seen once: a Poisson, geometric or negative binomial law is such a straight line. Ratios enter in an unbroken run,
    as long as both counts are 5 or more. Weights are the inverse variances at the fitted line, f_j / (r (r + a_j));
    standard errors are by the delta method, with counts as independent Poisson numbers.

    Parameters
    ----------
    counts : CaptureCounts
        f_1, f_2, ..., persons; occasions T or None.

    Returns
    -------
    RatioPlot
        Ratios with standard errors, slope and residual of the singletons.

    Assumptions
    -----------
    None for the ratios. The residual of the singletons takes a nearly straight line near j = 1. Classes of persons
    that are seen at very different rates bend it and can raise the same alarm: the counts alone cannot tell them from
    one-inflation.

    References
    ----------
    Böhning, Baksh, Lerdsuwansri & Gallagher 2013, Journal of Computational and Graphical Statistics 22(1), 135-155,
    for the plot. Böhning, Kaskasamkul & van der Heijden 2019, Metrika 82, 361-384, for what one-inflation does to
    Chao's bound. The residual and its limit of 3 are ours.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureCounts
    >>> plot = ratio_plot(CaptureCounts(frequencies=[1532, 231, 51, 27, 6, 5, 2, 1, 3]))
    >>> plot.ratios[:3].round(3).tolist()
    [0.302, 0.662, 2.118]
    >>> plot.rising, plot.one_inflated
    (True, False)
    """
    frequencies = counts.as_floats()
    ratios, errors = _ratios(frequencies, counts.occasions)
    slope = _line(frequencies, counts.occasions, first=1, most=frequencies.size)
    expected, residual = _singletons(frequencies, counts.occasions)
    return RatioPlot(
        times=counts.times[:-1].astype(np.float64),
        ratios=ratios,
        standard_errors=errors,
        occasions=counts.occasions,
        slope_residual=None if slope is None else _residual(slope[1], slope[2][:, 1], frequencies),
        expected_singletons=expected,
        singleton_residual=residual,
        estimand=counts.estimand,
    )


def ratio_warnings(plot: RatioPlot) -> tuple[CodedWarning, ...]:
    """Turn a ratio plot into the coded warnings of an estimate.

    Parameters
    ----------
    plot : RatioPlot

    Returns
    -------
    tuple of CodedWarning
        ``one-inflation``, or none.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureCounts
    >>> plot = ratio_plot(CaptureCounts(frequencies=[2000, 231, 140, 60, 26]))
    >>> [warning.code for warning in ratio_warnings(plot)]
    ['one-inflation']
    """
    if not plot.one_inflated:
        return ()
    return (
        CodedWarning(
            code="one-inflation",
            message=(
                f"many more persons were seen once than the {plot.expected_singletons:,.0f} that the counts above let "
                f"expect ({plot.singleton_residual:.1f} standard errors): if they are people who come once and leave, "
                "the estimate is too high, and a lower bound is none"
            ),
        ),
    )


def ratio_diagnostics(plot: RatioPlot) -> dict[str, float | None]:
    """Return the two residuals of a ratio plot under the names that estimates give them.

    Parameters
    ----------
    plot : RatioPlot

    Returns
    -------
    dict
        ``ratio_slope_residual`` and ``singleton_residual``.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureCounts
    >>> sorted(ratio_diagnostics(ratio_plot(CaptureCounts(frequencies=[9, 1]))))
    ['ratio_slope_residual', 'singleton_residual']
    """
    return {"ratio_slope_residual": plot.slope_residual, "singleton_residual": plot.singleton_residual}


def _factors(size: int, occasions: int | None) -> FloatArray:
    """Return a_j for j = 1 ... size - 1, by which f_{j+1} / f_j becomes a rate."""
    j = np.arange(1, size, dtype=np.float64)
    return j + 1.0 if occasions is None else (j + 1.0) * occasions / (occasions - j)


def _ratios(frequencies: FloatArray, occasions: int | None) -> tuple[FloatArray, FloatArray]:
    below, above = frequencies[:-1], frequencies[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(below > 0, _factors(frequencies.size, occasions) * above / below, np.nan)
        errors = np.where(above > 0, ratios * np.sqrt(1.0 / below + 1.0 / above), np.nan)
    return ratios, errors


def _line(
    frequencies: FloatArray, occasions: int | None, *, first: int, most: int
) -> tuple[float, float, FloatArray] | None:
    """Fit a weighted line through at most `most` ratios from `first` on.

    Returns its height at j = 1, its slope, and the derivatives (x, 2) of both by the counts; None with fewer than two
    ratios.
    """
    enough = frequencies >= MINIMUM_COUNT
    usable = (enough[:-1] & enough[1:])[first - 1 :]
    run = usable.size if usable.all() else int(np.argmin(usable))
    at = np.arange(first - 1, first - 1 + min(run, most))
    if at.size < 2:
        return None
    factors, ratios = _factors(frequencies.size, occasions)[at], _ratios(frequencies, occasions)[0][at]
    design = np.column_stack([np.ones(at.size), at.astype(np.float64)])
    fitted, smallest = ratios, 1e-3 * float(ratios.max())
    for _ in range(3):
        # Weights at the line, not at the ratios themselves: small ratios by chance must not gain weight.
        weighted = design * (frequencies[at] / (fitted * (fitted + factors)))[:, None]
        solve = np.linalg.solve(design.T @ weighted, weighted.T)
        coefficients = solve @ ratios
        fitted = np.maximum(design @ coefficients, smallest)
    derivatives = np.zeros((frequencies.size, 2))
    derivatives[at] -= (solve * ratios / frequencies[at]).T
    derivatives[at + 1] += (solve * factors / frequencies[at]).T
    return float(coefficients[0]), float(coefficients[1]), derivatives


def _residual(value: float, derivatives: FloatArray, frequencies: FloatArray) -> float:
    """Divide a function of the counts by its standard error; counts are independent Poisson numbers."""
    return value / math.sqrt(float(derivatives**2 @ frequencies))


def _singletons(frequencies: FloatArray, occasions: int | None) -> tuple[float | None, float | None]:
    """Predict f_1 from the line through the ratios above it: the number and the residual of the count."""
    line = _line(frequencies, occasions, first=2, most=LINE_POINTS) if frequencies.size >= 4 else None
    if line is None:
        return None, None
    height, _, derivatives = line
    if height <= 0.0:
        return math.inf, None
    factor = float(_factors(frequencies.size, occasions)[0])
    expected = factor * float(frequencies[1]) / height
    by_counts = expected / height * derivatives[:, 0]
    by_counts[0] += 1.0
    by_counts[1] -= factor / height
    return expected, _residual(float(frequencies[0]) - expected, by_counts, frequencies)
