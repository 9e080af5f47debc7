"""Estimates of several domains that know how they vary together, and how estimators by domain are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast, overload

from numpy.typing import ArrayLike

from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Assumption, Estimate, FloatArray, frozen_floats
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.small_tables import grid_table
from microwork_estimate.weighting.views import DomainKey, SurveyView

KNOWN_CHANCES = Assumption(
    id="known-chances",
    statement_en="Everybody in the population had a known chance above zero to be drawn, and the weights tell it.",
    statement_fr=(
        "Chaque personne de la population avait une probabilité connue et non nulle d'être tirée, "
        "et les poids la reflètent."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
)
"""A sample of volunteers does not meet it; calibration repairs what the margins explain and no more."""

LARGE_SAMPLE = Assumption(
    id="large-sample",
    statement_en="There are enough primary units for the estimate to vary about normally and linearly.",
    statement_fr=(
        "Les unités primaires sont assez nombreuses pour que l'estimation varie de façon à peu près normale "
        "et linéaire."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
)
"""With few primary units or very unequal weights intervals are too short."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DomainEstimates(Mapping[DomainKey, Estimate]):
    """Estimates of the same thing in D domains: a read-only mapping from the domain to its estimate.

    Parameters
    ----------
    keys_ : tuple of str, or of tuples of str
        The domains: the categories of one column, or tuples of categories of several.
    estimates : tuple of Estimate
        In the order of `keys_`.
    covariance : array of shape (D, D)
        How the estimates vary together; NaN where one has no value.
    degrees : int
        Degrees of freedom of all domains together.

    Examples
    --------
    >>> from microwork_estimate.weighting.estimators import mean
    >>> sample = SurveySample(columns={"sex": ["f", "m"] * 10, "hours": [float(i) for i in range(20)]})
    >>> by_sex = mean(sample, "hours", by="sex")
    >>> {domain: estimate.value for domain, estimate in by_sex.items()}
    {'f': 9.0, 'm': 10.0}
    >>> by_sex.covariance.shape, round(by_sex["f"].standard_error, 3)
    ((2, 2), 1.864)
    """

    keys_: tuple[DomainKey, ...]
    estimates: tuple[Estimate, ...]
    covariance: FloatArray
    degrees: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariance", frozen_floats(self.covariance, where="DomainEstimates.covariance"))

    def __getitem__(self, key: DomainKey) -> Estimate:
        if key not in self.keys_:
            raise KeyError(key)
        return self.estimates[self.keys_.index(key)]

    def __iter__(self) -> Iterator[DomainKey]:
        return iter(self.keys_)

    def __len__(self) -> int:
        return len(self.keys_)

    def _repr_html_(self) -> str:
        names = [key if isinstance(key, str) else ", ".join(key) for key in self.keys_]
        rows = [[name, *found.display()] for name, found in zip(names, self.estimates, strict=True)]
        return grid_table("Estimates by domain", ("domain", "estimate", "interval", "bounds"), rows)


class OneVariable(Protocol):
    """How an estimator of one variable is called: one estimate, or a mapping of them with `by`."""

    @overload
    def __call__(
        self,
        sample: SurveySample | SurveyView,
        y: str | ArrayLike,
        *,
        by: None = None,
        interval: str = ...,
        level: float = ...,
    ) -> Estimate: ...
    @overload
    def __call__(
        self,
        sample: SurveySample | SurveyView,
        y: str | ArrayLike,
        *,
        by: str | Sequence[str],
        interval: str = ...,
        level: float = ...,
    ) -> DomainEstimates: ...


class TwoVariables(Protocol):
    """How an estimator of two variables is called: one estimate, or a mapping of them with `by`."""

    @overload
    def __call__(
        self,
        sample: SurveySample | SurveyView,
        numerator: str | ArrayLike,
        denominator: str | ArrayLike,
        *,
        by: None = None,
        interval: str = ...,
        level: float = ...,
    ) -> Estimate: ...
    @overload
    def __call__(
        self,
        sample: SurveySample | SurveyView,
        numerator: str | ArrayLike,
        denominator: str | ArrayLike,
        *,
        by: str | Sequence[str],
        interval: str = ...,
        level: float = ...,
    ) -> DomainEstimates: ...


def one_variable(function: Callable[..., Estimate | DomainEstimates]) -> OneVariable:
    """Tell a type checker that the result depends on whether `by` is given."""
    return cast(OneVariable, function)


def two_variables(function: Callable[..., Estimate | DomainEstimates]) -> TwoVariables:
    """Tell a type checker that the result depends on whether `by` is given."""
    return cast(TwoVariables, function)


def collected(result: Estimate | DomainEstimates) -> tuple[CodedWarning, ...]:
    """Return the warnings of one or several estimates, each once."""
    estimates = result.estimates if isinstance(result, DomainEstimates) else (result,)
    return tuple(dict.fromkeys(warning for estimate in estimates for warning in estimate.warnings))
