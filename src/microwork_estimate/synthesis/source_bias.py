"""What is believed about the error of a source that no sample size removes: elicited bias, and causes shared by sources."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from microwork_estimate.errors import CodedWarning, InvalidInput, check_level
from microwork_estimate.estimate import Assumption, Estimate
from microwork_estimate.frozen import FloatArray, FrozenMapping
from microwork_estimate.inputs.checks import distinct_names

ELICITED_BIAS = Assumption(
    id="elicited-bias",
    statement_en="The stated intervals for the bias of each source are about right, and so are the causes they share.",
    statement_fr=(
        "Les intervalles énoncés pour le biais de chaque source sont à peu près justes, de même que les causes qu'elles "
        "partagent."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="synthesis.conflict",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceBias:
    """The relative bias of one source, as somebody states it.

    The logarithm of the estimate is that of the truth, plus a bias with mean `mean` and standard deviation `width`, plus
    for each shared cause its loading times an error that all sources with this cause have in common, plus sampling.

    Parameters
    ----------
    mean : float
        Expected bias on the logarithmic scale: above zero when the source counts too many.
    width : float
        Standard deviation of the bias that belongs to this source alone, zero or more.
    shared : mapping of str to float
        Causes of error that several sources have (a coefficient that both use, one provider): its standard deviation in
        this source, by the name of the cause. Two sources with loadings of opposite sign err in opposite directions.
    source : str
        Who says so, or ``"assumed: <reason>"``. Mandatory.

    Examples
    --------
    >>> bias = SourceBias.from_interval(0.5, 2.0, source="assumed: within a factor of two")
    >>> bias.mean, round(bias.width, 3)
    (0.0, 0.421)
    """

    width: float
    source: str
    mean: float = 0.0
    shared: FrozenMapping = field(default_factory=FrozenMapping)

    def __post_init__(self) -> None:
        loadings = dict(self.shared)
        object.__setattr__(self, "shared", FrozenMapping(loadings))
        numbers = [self.mean, self.width, *loadings.values()]
        finite = all(isinstance(x, int | float) and math.isfinite(x) for x in numbers)
        if not finite or self.width < 0 or not self.source.strip():
            raise InvalidInput(
                "impossible bias",
                expected="a finite mean, a finite width of zero or more, finite loadings, and a source",
                got=f"mean={self.mean}, width={self.width}, shared={loadings}, source={self.source!r}",
                where="SourceBias",
                fix="state the bias on the logarithmic scale, or as an interval: SourceBias.from_interval",
            )

    @classmethod
    def from_interval(
        cls, low: float, high: float, *, source: str, level: float = 0.9, shared: Mapping[str, float] | None = None
    ) -> SourceBias:
        """State the bias as an interval of the ratio of the estimate to the truth.

        Parameters
        ----------
        low, high : float
            Ends of a central interval: 0.5 and 2 say that the estimate is between half and twice the truth.
        source : str
        level : float
            Probability of the interval.
        shared : mapping of str to float, optional
            Standard deviations of shared causes, on the logarithmic scale; they are not part of the interval.

        Raises
        ------
        InvalidInput
            If the ends are not positive numbers in order.
        """
        if not 0 < low < high < math.inf:
            raise InvalidInput(
                "impossible elicited interval",
                expected="0 < low < high",
                got=f"low={low}, high={high}",
                where="SourceBias.from_interval",
                fix="give the ratio of the estimate to the truth, the smaller end first",
            )
        z = float(special.ndtri((1 + check_level(level)) / 2))
        a, b = math.log(low), math.log(high)
        return cls(mean=(a + b) / 2, width=(b - a) / (2 * z), source=source, shared=FrozenMapping(shared))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AdjustedSources:
    """K estimates on the logarithmic scale after their expected bias was taken off.

    Parameters
    ----------
    names : tuple of str
    centre : array of shape (K,)
        Logarithm of each estimate minus its expected bias.
    sampling : array of shape (K,)
        Standard error of the logarithm.
    covariance : array of shape (K, K)
        Of sampling, own bias and shared causes together.
    """

    names: tuple[str, ...]
    centre: FloatArray
    sampling: FloatArray
    covariance: FloatArray

    @property
    def spread(self) -> FloatArray:
        """Standard deviation of each source on its own, shape (K,)."""
        return np.sqrt(np.diag(self.covariance))


def adjusted_sources(estimates: Sequence[Estimate], biases: Mapping[str, SourceBias]) -> AdjustedSources:
    """Take the expected bias off each estimate and put all errors into one covariance.

    Procedure: the standard error of a logarithm is the standard deviation of the logarithms of the replicates, or,
    without replicates, the standard error divided by the value. The covariance is diagonal for sampling and own bias;
    a cause shared by two sources adds the product of their loadings.

    Parameters
    ----------
    estimates : sequence of Estimate
        K of them, with different names, one estimand, positive values.
    biases : mapping of str to SourceBias
        One for each estimate, by its name.

    Returns
    -------
    AdjustedSources

    Raises
    ------
    InvalidInput
        If there are fewer than two estimates, their estimands differ, a bias is missing or superfluous, or an estimate
        has no positive value or no standard error.
    """
    names = distinct_names([e.name for e in estimates], where="estimates")
    _check_one_estimand(estimates)
    if len(names) < 2 or set(names) != set(biases):
        raise InvalidInput(
            "sources and biases do not match",
            expected="two estimates or more, and one bias for each, by name",
            got=f"estimates: {', '.join(names)}; biases: {', '.join(biases) or 'none'}",
            where="biases",
            fix="state a bias for each source; a source without any has width 0, and a reason",
        )
    chosen = [biases[name] for name in names]
    sampling = np.array([_log_error(e) for e in estimates])
    causes = list(dict.fromkeys(cause for bias in chosen for cause in bias.shared))
    loadings = np.array([[float(bias.shared.get(cause) or 0.0) for cause in causes] for bias in chosen])
    own = sampling**2 + np.array([bias.width for bias in chosen]) ** 2
    values = np.array([float(e.value or 0.0) for e in estimates])
    covariance = np.diag(own) + loadings @ loadings.T
    if not (np.diag(covariance) > 0).all():
        raise InvalidInput(
            "a source without any error",
            expected="a standard error or a bias above zero for each source",
            got="none for " + ", ".join(n for n, v in zip(names, np.diag(covariance), strict=True) if not v > 0),
            where="biases",
            fix="state how wrong the source may be",
        )
    centre = np.log(values) - np.array([bias.mean for bias in chosen])
    return AdjustedSources(names=names, centre=centre, sampling=sampling, covariance=covariance)


def dominating_bias(sources: AdjustedSources) -> tuple[CodedWarning, ...]:
    """Name the sources whose bias is larger than their sampling error: an average weighted by precision would be wrong."""
    total, sampling = np.diag(sources.covariance), sources.sampling**2
    # Compared as variances: the bias, own and shared, is what the sampling leaves of the total.
    worse = [n for n, t, s in zip(sources.names, total, sampling, strict=True) if t - s > s]
    if not worse:
        return ()
    message = "the bias is larger than the sampling error in " + ", ".join(worse) + ": more data would not settle it"
    return (CodedWarning(code="bias-dominates", message=message),)


def _check_one_estimand(estimates: Sequence[Estimate]) -> None:
    for other in estimates[1:]:
        different = estimates[0].estimand.differences(other.estimand)
        if different:
            raise InvalidInput(
                "estimates of different things",
                expected=f"one estimand: {estimates[0].estimand}",
                got=f"{other.name!r} differs in {', '.join(different)}: {other.estimand}",
                where="estimates",
                fix="bring them to one estimand first, for example registrations times the active share",
            )


def _log_error(estimate: Estimate) -> float:
    value = estimate.value
    if value is None or not 0 < value < math.inf:
        raise InvalidInput(
            "no value to pool",
            expected="a positive, finite value",
            got=f"{value} for {estimate.name!r}",
            where="estimates",
            fix="an estimate that only bounds enters as a Limit",
        )
    if estimate.replicates is not None:
        draws = estimate.replicates.values
        if np.isfinite(draws).all() and (draws > 0).all() and draws.size > 1:
            return float(np.std(np.log(draws), ddof=1))
    if estimate.standard_error is None or not math.isfinite(estimate.standard_error):
        raise InvalidInput(
            "no standard error",
            expected="positive, finite replicates or a standard error",
            got=f"neither for {estimate.name!r}",
            where="estimates",
            fix="replicate it, or give standard_error=0 and put its whole error into the bias",
        )
    return estimate.standard_error / value
