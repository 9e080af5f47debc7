"""What simulations of one estimator in one world found: coverage, bias, errors, warnings, each with its own error."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from microwork_estimate.errors import InvalidInput, check_level
from microwork_estimate.estimate import FloatArray
from microwork_estimate.small_tables import facts_table

Scale = Literal["natural", "log", "unseen"]


class Outcome(NamedTuple):
    """One simulation: the truth, the estimate and what stands around it; NaN for a number that it does not have.

    ``low`` and ``high`` are the ends of the interval, or of the bounds where there is no interval (``level`` is then
    NaN). ``codes`` are those of the warnings, ``assumptions`` pairs of an id and the name of the function that varies
    it, ``failure`` the reason for which the estimator refused the data.
    """

    truth: float
    value: float = math.nan
    standard_error: float = math.nan
    low: float = math.nan
    high: float = math.nan
    level: float = math.nan
    n_observed: float = math.nan
    codes: tuple[str, ...] = ()
    assumptions: tuple[tuple[str, str], ...] = ()
    method: str = ""
    failure: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CoverageReport:
    """What R simulations of one estimator in one world found.

    Parameters
    ----------
    n_simulations : int
        R.
    level : float
        Nominal level of the interval.
    coverage : float
        Share of simulations whose interval holds the truth; a simulation without interval or bounds does not.
    coverage_error : float
        Its Monte Carlo standard error, sqrt(p (1 - p) / R) with p moved by one simulation off 0 and 1.
    relative_bias : float
        Mean of (estimate - truth) / truth over the simulations with a finite value; NaN without any.
    bias_error : float
        Its Monte Carlo standard error.
    standard_deviation : float
        Standard deviation of estimate / truth.
    mean_standard_error : float
        Mean of standard error / truth; NaN if the estimator gives none.
    share_without_value : float
        Share of simulations without a finite value (bounds or a one-sided limit only, or a refusal).
    warning_shares, assumption_shares, method_shares : mapping of str to float
        Share of simulations that raised each warning code, rested on each assumption, used each method.
    sensitivities : mapping of str to str
        The function that varies each assumption; empty where there is none.
    failures : mapping of str to int
        Simulations in which the estimator refused the data, by reason.
    """

    n_simulations: int
    level: float
    coverage: float
    coverage_error: float
    relative_bias: float
    bias_error: float
    standard_deviation: float
    mean_standard_error: float
    share_without_value: float
    warning_shares: Mapping[str, float]
    assumption_shares: Mapping[str, float]
    method_shares: Mapping[str, float]
    sensitivities: Mapping[str, str]
    failures: Mapping[str, int]

    def __str__(self) -> str:
        """One line: coverage and bias with their errors."""
        parts = [
            f"coverage {self.coverage:.3f} (error {self.coverage_error:.3f}) at {100 * self.level:g} %",
            f"bias {100 * self.relative_bias:+.2f} % (error {100 * self.bias_error:.2f})",
            f"standard deviation {100 * self.standard_deviation:.2f} %",
            f"{self.n_simulations} simulations",
        ]
        parts += [f"{code} in {100 * share:.0f} %" for code, share in self.warning_shares.items()]
        parts += [f"refused {count}: {reason}" for reason, count in self.failures.items()]
        return "; ".join(parts)

    def _repr_html_(self) -> str:
        percent = {"coverage": (self.coverage, self.coverage_error), "bias": (self.relative_bias, self.bias_error)}
        rows = [(name, f"{100 * x:.1f} % (error {100 * error:.2g})") for name, (x, error) in percent.items()]
        rows += [("level", f"{100 * self.level:g} %"), ("simulations", f"{self.n_simulations:,}")]
        rows += [(f"warning {code}", f"{100 * share:.0f} %") for code, share in self.warning_shares.items()]
        rows += [(f"refused: {reason}", f"{count:,}") for reason, count in self.failures.items()]
        return facts_table("Coverage in simulation", rows)


def summarise(outcomes: Sequence[Outcome], *, level: float = 0.95) -> CoverageReport:
    """Count what a list of simulations found.

    Parameters
    ----------
    outcomes : sequence of Outcome
    level : float
        The level that the intervals say they have.

    Returns
    -------
    CoverageReport

    Raises
    ------
    InvalidInput
        If there are no simulations, or an interval is at another level.

    References
    ----------
    Morris, White & Crowther (2019), Statistics in Medicine 38(11), 2074-2102, table 6.

    Examples
    --------
    >>> held = Outcome(truth=10.0, value=11.0, standard_error=1.0, low=9.0, high=13.0, level=0.95)
    >>> missed = Outcome(truth=10.0, value=7.0, standard_error=1.0, low=5.0, high=9.0, level=0.95)
    >>> report = summarise([held, held, held, missed])
    >>> report.coverage, round(report.relative_bias, 6), round(report.mean_standard_error, 6)
    (0.75, 0.0, 0.1)
    """
    check_level(level)
    _check_outcomes(outcomes, level)
    n = len(outcomes)
    truth, value, error, low, high = _columns(outcomes, "truth", "value", "standard_error", "low", "high")
    covered = int(np.count_nonzero((low <= truth) & (truth <= high)))
    ratio = (value / truth)[np.isfinite(value)]
    errors = (error / truth)[np.isfinite(error)]
    spread = float(ratio.std(ddof=1)) if ratio.size > 1 else math.nan
    return CoverageReport(
        n_simulations=n,
        level=level,
        coverage=covered / n,
        coverage_error=share_error(covered, n),
        relative_bias=float(ratio.mean() - 1) if ratio.size else math.nan,
        bias_error=spread / math.sqrt(ratio.size) if ratio.size else math.nan,
        standard_deviation=spread,
        mean_standard_error=float(errors.mean()) if errors.size else math.nan,
        share_without_value=1 - ratio.size / n,
        warning_shares=_shares((code for o in outcomes for code in o.codes), n),
        assumption_shares=_shares((name for o in outcomes for name, _ in o.assumptions), n),
        method_shares=_shares((o.method for o in outcomes if o.method), n),
        sensitivities=MappingProxyType(dict(sorted({pair for o in outcomes for pair in o.assumptions}))),
        failures=MappingProxyType(dict(Counter(o.failure for o in outcomes if o.failure))),
    )


def share_error(count: int, n: int) -> float:
    """Return the Monte Carlo standard error of a share, which is not zero when all or none are counted.

    Parameters
    ----------
    count, n : int
        Simulations counted, and all of them.

    Returns
    -------
    float

    Examples
    --------
    >>> round(share_error(475, 500), 5), round(share_error(500, 500), 5)
    (0.00975, 0.002)
    """
    share = min(max(count, 1), n - 1) / n if n > 1 else 0.5
    return math.sqrt(share * (1 - share) / n)


def standard_error_ratio(outcomes: Sequence[Outcome], *, scale: Scale = "natural") -> tuple[float, float]:
    """Compare the standard errors that an estimator gives with how much its estimates vary.

    Procedure: the mean standard error divided by the standard deviation of estimate minus truth, both on the scale on
    which the interval is symmetric: relative to the truth, on the logarithm, or on the logarithm of the persons not
    seen. The Monte Carlo error of the ratio is by the delta method on the two moments.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Those without a value, or without a standard error, are left out.
    scale : {"natural", "log", "unseen"}

    Returns
    -------
    (float, float)
        Ratio, 1 if the standard errors are right on average, and its Monte Carlo standard error; NaN with fewer than
        two simulations that have both numbers.

    References
    ----------
    Morris, White & Crowther (2019), Statistics in Medicine 38(11), 2074-2102, section 5.2, relative error of the
    model-based standard error; the error of the ratio is our derivation.

    Examples
    --------
    >>> two = [Outcome(truth=10.0, value=value, standard_error=2.0) for value in (8.0, 12.0)]
    >>> round(standard_error_ratio(two)[0], 4)
    0.7071
    """
    truth, value, error, seen = _columns(outcomes, "truth", "value", "standard_error", "n_observed")
    if scale == "unseen":
        truth, value = truth - seen, value - seen
    usable = np.isfinite(value) & np.isfinite(error) & (truth > 0) & ((value > 0) | (scale == "natural"))
    truth, value, error = truth[usable], value[usable], error[usable]
    if value.size < 2:
        return math.nan, math.nan
    if scale == "natural":
        deviations, errors = value / truth, error / truth
    else:
        deviations, errors = np.log(value / truth), error / value
    return _ratio_of(errors, deviations - deviations.mean())


def _ratio_of(errors: FloatArray, centred: FloatArray) -> tuple[float, float]:
    """Return mean error over standard deviation, and the error of the quotient by its influence on each simulation."""
    variance = float(centred @ centred) / (centred.size - 1)
    if variance == 0.0:
        return math.nan, math.nan
    ratio = float(errors.mean()) / math.sqrt(variance)
    mean = float(errors.mean())
    influence = (errors / mean if mean > 0 else np.zeros_like(errors)) - 0.5 * centred**2 / variance
    return ratio, ratio * float(influence.std(ddof=1)) / math.sqrt(centred.size)


def _columns(outcomes: Sequence[Outcome], *names: str) -> list[FloatArray]:
    return [np.array([getattr(outcome, name) for outcome in outcomes], dtype=np.float64) for name in names]


def _shares(names: Iterable[str], n: int) -> Mapping[str, float]:
    return MappingProxyType({name: count / n for name, count in sorted(Counter(names).items())})


def _check_outcomes(outcomes: Sequence[Outcome], level: float) -> None:
    others = sorted({outcome.level for outcome in outcomes if not math.isnan(outcome.level) and outcome.level != level})
    if not outcomes or others:
        raise InvalidInput(
            "intervals at another level" if others else "no simulations",
            expected=f"intervals at {level:g}" if others else "at least one",
            got=", ".join(f"{other:g}" for other in others) or "none",
            where="level",
            fix="give the level that the estimator was asked for" if others else "simulate first",
        )
