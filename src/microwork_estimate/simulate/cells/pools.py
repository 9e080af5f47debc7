"""Several sources of one number, each with a bias of its own: the world of a certificate, and what is tried in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from microwork_estimate import synthesis
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand, Estimate, FrozenMapping, Interval
from microwork_estimate.simulate.checks import check_number
from microwork_estimate.synthesis.source_bias import adjusted_sources, dominating_bias

_STATED = "synthetic: stated"
_Z95 = 1.959963984540054


class Sources(NamedTuple):
    """What each source says, and what is stated about its bias."""

    estimates: tuple[Estimate, ...]
    biases: Mapping[str, synthesis.SourceBias]


@dataclass(frozen=True, kw_only=True, slots=True)
class BiasedSources:
    """K sources of one number; each errs by sampling, by a bias of its own and by a cause that all share.

    All errors are normal on the logarithm. The biases are drawn anew in each simulation from their law, which is what an
    elicited interval states.

    Parameters
    ----------
    size : float
        The truth.
    sampling : tuple of float, length K
        Standard error of the logarithm, known.
    bias : tuple of float, length K
        Standard deviation of the logarithm of the bias.
    factor : tuple of float, length K
        Median of the bias, as the ratio of the source to the truth; all 1 by default.
    shared : float
        Standard deviation of the logarithm of the cause that all sources share.
    stated : float
        Stated width of the biases over the true one: 1 where it is right.
    says_shared : bool
        Whether the shared cause is stated too.

    Raises
    ------
    InvalidInput
        If a number is impossible, or there are fewer than two sources.

    Examples
    --------
    >>> data, truth = BiasedSources(size=50_000.0, sampling=(0.1, 0.1), bias=(0.3, 0.3))(np.random.default_rng(1))
    >>> truth, len(data.estimates)
    (50000.0, 2)
    """

    size: float
    sampling: tuple[float, ...]
    bias: tuple[float, ...]
    factor: tuple[float, ...] = field(default=())
    shared: float = 0.0
    stated: float = 1.0
    says_shared: bool = False

    def __post_init__(self) -> None:
        for name in ("sampling", "bias", "factor"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "factor", self.factor or (1.0,) * len(self.sampling))
        check_number(self.size, where="BiasedSources.size", open_low=True)
        for number in (*self.bias, self.shared):
            check_number(number, where="BiasedSources.bias", high=3.0)
        for number in (*self.sampling, *self.factor, self.stated):
            check_number(number, where="BiasedSources", open_low=True)
        lengths = {len(self.sampling), len(self.bias), len(self.factor)}
        if len(lengths) > 1 or len(self.sampling) < 2:
            raise InvalidInput(
                "sources half described",
                expected="a sampling error, a bias and a factor for each of two sources or more",
                got=f"{len(self.sampling)}, {len(self.bias)} and {len(self.factor)}",
                where="BiasedSources",
                fix="give as many numbers of each",
            )

    def __call__(self, generator: np.random.Generator) -> tuple[Sources, float]:
        """Draw what the sources say; the truth is the size."""
        sampling, bias = np.asarray(self.sampling), np.asarray(self.bias)
        errors = np.log(self.factor) + bias * generator.standard_normal(bias.size)
        errors += sampling * generator.standard_normal(bias.size) + self.shared * generator.standard_normal()
        values = self.size * np.exp(errors)
        estimates = tuple(
            Estimate(
                name=f"source {number}",
                value=float(value),
                standard_error=float(error * value),
                estimand=Estimand(unit="persons"),
                method="synthetic",
            )
            for number, (value, error) in enumerate(zip(values, sampling, strict=True), start=1)
        )
        causes = FrozenMapping({"one cause": self.shared} if self.says_shared else {})
        laws = zip(self.factor, self.bias, strict=True)
        biases = {
            f"source {number}": synthesis.SourceBias(
                mean=math.log(middle), width=self.stated * width, source=_STATED, shared=causes
            )
            for number, (middle, width) in enumerate(laws, start=1)
        }
        return Sources(estimates, biases), self.size


def linear_pool(data: Sources, *, level: float = 0.95) -> Estimate:
    """Mix what the sources say.

    Parameters
    ----------
    data : Sources
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> data, truth = BiasedSources(size=50_000.0, sampling=(0.1, 0.1), bias=(0.1, 0.1))(np.random.default_rng(1))
    >>> bool(abs(linear_pool(data).value / truth - 1) < 0.4)
    True
    """
    return synthesis.linear_pool(data.estimates, data.biases, level=level)


def pool_where_given(data: Sources, *, level: float = 0.95) -> Estimate:
    """Average the sources with their stated biases; where that is refused, mix them.

    Every simulation counts, also the one in ten in which sources whose biases are stated rightly seem to disagree.

    Parameters
    ----------
    data : Sources
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> data, truth = BiasedSources(size=50_000.0, sampling=(0.1, 0.1), bias=(0.1, 0.1))(np.random.default_rng(1))
    >>> pool_where_given(data).name
    'bias_adjusted_pool'
    """
    average = synthesis.bias_adjusted_pool(data.estimates, data.biases, level=level)
    return average if average.value is not None else linear_pool(data, level=level)


def pool_without_bias(data: Sources, *, level: float = 0.95) -> Estimate:
    """Average the sources as if none of them had a bias.

    Parameters
    ----------
    data : Sources
    level : float

    Returns
    -------
    Estimate
        Without value where the library refuses it.

    Examples
    --------
    >>> world = BiasedSources(size=50_000.0, sampling=(0.1, 0.1), bias=(0.0, 0.0), factor=(1.0, 2.0))
    >>> data, truth = world(np.random.default_rng(1))
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     print(pool_without_bias(data).value)
    None
    """
    none = {name: synthesis.SourceBias(width=0.0, source="assumed: none") for name in data.biases}
    return synthesis.bias_adjusted_pool(data.estimates, none, level=level)


def inverse_variance_pool(data: Sources, *, level: float = 0.95) -> Estimate:
    """Average the logarithms by their precision, as is often done by hand, with what the library says of such sources.

    No function of the library gives this number. The warnings are those of the sources with their biases as stated, which
    :func:`microwork_estimate.synthesis.linear_pool` raises too.

    Parameters
    ----------
    data : Sources
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> data, truth = BiasedSources(size=50_000.0, sampling=(0.1, 0.1), bias=(0.3, 0.3))(np.random.default_rng(1))
    >>> [warning.code for warning in inverse_variance_pool(data).warnings]
    ['bias-dominates']
    """
    sources = adjusted_sources(data.estimates, data.biases)
    precision = sources.sampling**-2.0
    logs = np.log([float(estimate.value or 0.0) for estimate in data.estimates])
    middle, error = float(precision @ logs / precision.sum()), float(precision.sum() ** -0.5)
    ends = (math.exp(middle - _Z95 * error), math.exp(middle + _Z95 * error))
    return replace(
        data.estimates[0],
        name="inverse-variance average",
        value=math.exp(middle),
        standard_error=error * math.exp(middle),
        interval=Interval(low=ends[0], high=ends[1], level=level, method="by precision alone"),
        method="inverse-variance average of logarithms",
        warnings=dominating_bias(sources),
    )
