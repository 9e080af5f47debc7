"""The BCa interval: percentile ends corrected for bias and acceleration, and the jackknife that gives the acceleration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from microwork_estimate.bootstrap.blocks import named_numbers
from microwork_estimate.bootstrap.executors import SERIAL, Executor
from microwork_estimate.bootstrap.order_statistics import order_statistic, ordered, tails
from microwork_estimate.bootstrap.steady import steady
from microwork_estimate.bootstrap.streams import BLOCK
from microwork_estimate.errors import CodedWarning, InvalidInput, announce
from microwork_estimate.estimate import FloatArray, IntArray, Interval, Replicates, frozen_floats
from microwork_estimate.inputs import SurveySample
from microwork_estimate.weighting.bootstrap_schemes import respondents
from microwork_estimate.weighting.variance import Stage, stages


def bca(replicates: Replicates, value: float, *, acceleration: float, level: float = 0.95) -> Interval:
    """Percentile interval whose ranks are corrected for the bias of the replicates and for a spread that changes.

    Procedure: z0 is the normal quantile of the share of replicates strictly below the estimate; the end at p is the
    order statistic at Phi(z0 + (z0 + z_p) / (1 - a (z0 + z_p))). A failed draw counts as infinite. It needs some 2,000
    replicates; where a corrected rank lies outside of them, the extreme replicate stands, with a warning.

    Parameters
    ----------
    replicates : Replicates
    value : float
        The estimate, in the unit of the replicates.
    acceleration : float
        a, from :func:`acceleration`.
    level : float

    Returns
    -------
    Interval

    Warns
    -----
    MicroworkWarning
        Code ``too-few-replicates``.

    Raises
    ------
    InvalidInput
        If the estimate or the acceleration is not a finite number.

    Assumptions
    -----------
    Some increasing function of the estimate is normal, with a spread that is linear in its mean.

    References
    ----------
    Efron (1987), *Journal of the American Statistical Association* 82, 171-185, equation 2.3. Davison & Hinkley (1997),
    *Bootstrap Methods and their Application*, section 5.3.2.

    Examples
    --------
    >>> found = bca(Replicates(values=np.arange(1, 2000), streams=("x",), seed=1), 900.0, acceleration=0.05)
    >>> round(found.low), round(found.high)
    (44, 1942)
    """
    check = np.array([value, acceleration], dtype=np.float64)
    if not np.isfinite(check).all():
        raise InvalidInput(
            "interval around nothing",
            expected="a finite estimate and a finite acceleration",
            got=f"value={value!r}, acceleration={acceleration!r}",
            where="bca",
            fix="use the percentile interval, which needs neither",
        )
    values = ordered(replicates.values)
    chances = bca_probabilities(values, value, acceleration=acceleration, probabilities=np.array(tails(level)))
    ranks = (values.size + 1) * chances
    if ranks.min() < 1 or ranks.max() > values.size:
        message = (
            f"Corrected ranks of {ranks.min():.2f} and {ranks.max():.2f} for {values.size} replicates: "
            "an end is the extreme replicate."
        )
        announce([CodedWarning(code="too-few-replicates", message=message)])
    low, high = (order_statistic(values, float(p)) for p in chances)
    return Interval(low=low, high=high, level=level, method="bca")


def bca_probabilities(
    values: FloatArray, value: float, *, acceleration: float, probabilities: FloatArray
) -> FloatArray:
    """Return the shares of replicates at which the ends of a BCa interval lie.

    Parameters
    ----------
    values : array of shape (B,)
        Replicates; those without a number are NaN or infinite, and count as infinite.
    value : float
        The estimate.
    acceleration : float
    probabilities : array of shape (q,)
        The shares before correction, such as 0.025 and 0.975.

    Returns
    -------
    array of shape (q,)
        All 0 or all 1 if the replicates are all on one side of the estimate.

    References
    ----------
    Efron (1987), *Journal of the American Statistical Association* 82, 171-185, equation 2.3.

    Examples
    --------
    >>> bca_probabilities(np.arange(4.0), 2.0, acceleration=0.0, probabilities=np.array([0.5])).round(6).tolist()
    [0.5]
    """
    z0 = float(special.ndtri(np.mean(values < value)))
    wanted = np.asarray(probabilities, dtype=np.float64)
    if not np.isfinite(z0):
        return np.full(wanted.shape, float(z0 > 0))
    shifted = z0 + special.ndtri(wanted)
    left = 1.0 - acceleration * shifted
    # Where the spread would fall to nothing, the end is the extreme one.
    steps = np.where(left > 0, shifted / np.where(left > 0, left, 1.0), np.copysign(np.inf, shifted))
    return np.asarray(special.ndtr(z0 + steps))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Influence:
    """How far each unit pulls an estimate.

    Parameters
    ----------
    values : array of shape (k,)
        The pull of one unit of each kind, in the unit of the estimate; the scale does not matter.
    weights : array of shape (k,)
        How many units there are of each kind.
    """

    values: FloatArray
    weights: FloatArray

    def __post_init__(self) -> None:
        for name in ("values", "weights"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name), where=f"Influence.{name}"))
        if self.values.ndim != 1 or self.values.shape != self.weights.shape:
            raise InvalidInput(
                "influence of another shape",
                expected="one row of pulls, and one weight for each",
                got=f"shapes {self.values.shape} and {self.weights.shape}",
                where="Influence",
                fix="give one number for each unit",
            )


def acceleration(influence: Influence | ArrayLike) -> float:
    """Return the acceleration of a BCa interval, sum w l^3 / (6 (sum w l^2)^1.5).

    Parameters
    ----------
    influence : Influence, or array of shape (k,)
        From :func:`delete_one_unit` or :func:`delete_one_person`, or one's own: (k - 1) times the mean of the
        leave-one-out estimates less each of them.

    Returns
    -------
    float
        0 if no unit pulls, or if a leave-one-out estimate is missing or infinite.

    References
    ----------
    Efron (1987), *Journal of the American Statistical Association* 82, 171-185, section 6. Davison & Hinkley (1997),
    *Bootstrap Methods and their Application*, equation 5.23.

    Examples
    --------
    >>> round(acceleration([-1.0, -1.0, 2.0]), 4)
    0.068
    """
    if isinstance(influence, Influence):
        pull, weights = influence.values, influence.weights
    else:
        pull = frozen_floats(influence, where="acceleration")
        weights = np.ones(pull.shape)
    if not np.isfinite(pull).all():
        return 0.0
    spread = float(weights @ pull**2)
    return float(weights @ pull**3) / (6.0 * spread**1.5) if spread > 0 else 0.0


def delete_one_unit(
    recipe: Callable[[Any], Any], data: Any, *, source: str | None = None, executor: Executor = SERIAL
) -> dict[str, Influence]:
    """Leave out the primary units of a survey one by one, and say how far each pulls every number of a recipe.

    Procedure: in a stratum of n units, one leaves and the weights of the others are raised by n / (n - 1). With t the
    estimates so made and their mean in the stratum, the pull is (n - 1) / n times the mean less t: as many times the
    distance of the unit's own contribution from the mean of its stratum. Units that are alone in their stratum pull
    nothing.

    Parameters
    ----------
    recipe : callable
        As for :func:`replicate`; a batched one gets factors of shape (units, n), 64 units at a time.
    data : SurveySample, or mapping with one under `source`
        Other sources stay as they are: give them as the recipe takes them, for a batched one without the first axis.
    source : str or None
        The name of the survey in the mapping.
    executor : Executor

    Returns
    -------
    dict of str to Influence
        By the names of the recipe's numbers, ``"value"`` if it gives one.

    Raises
    ------
    InvalidInput
        If there is no survey, or the recipe raises one.

    Assumptions
    -----------
    The recipe is smooth in the weights; other sources than the survey add little skewness.

    References
    ----------
    Wolter (2007), *Introduction to Variance Estimation*, section 4.5. Efron (1987), *Journal of the American Statistical
    Association* 82, 171-185, section 6.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1.0, 2.0, 6.0]})
    >>> found = delete_one_unit(lambda s: float(s.column("x") @ s.weights) / s.weights.sum(), sample)
    >>> found["value"].values.round(6).tolist()
    [-0.666667, -0.333333, 1.0]
    """
    sample = data if source is None else data.get(source) if isinstance(data, Mapping) else None
    if not isinstance(sample, SurveySample):
        raise InvalidInput(
            "no survey to leave units out of",
            expected="a SurveySample, or a mapping with one and its name as source",
            got=type(sample).__name__,
            where="delete_one_unit",
            fix="name the survey among the sources",
        )
    stage = stages(sample)[0]
    work = _WithoutUnits(recipe=recipe, data=data, source=source, sample=sample, stage=stage)
    left_out = np.flatnonzero(stage.sizes[stage.group] > 1)
    parts = [left_out[first : first + BLOCK] for first in range(0, left_out.size, BLOCK)]
    with steady():
        blocks = list(executor.map(work, parts))
    names = dict.fromkeys(name for block in blocks for name in block)
    groups = stage.group[left_out]
    columns = {
        name: np.concatenate([b.get(name, np.full(p.size, np.nan)) for b, p in zip(blocks, parts, strict=True)])
        for name in names
    }
    return {
        name: Influence(values=_pull(numbers, groups), weights=np.ones(numbers.size))
        for name, numbers in columns.items()
    }


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _WithoutUnits:
    """The recipe on the data without one unit of the survey, for each of several units."""

    recipe: Callable[[Any], Any]
    data: Any
    source: str | None
    sample: SurveySample
    stage: Stage

    def __call__(self, units: IntArray) -> dict[str, FloatArray]:
        stage, sizes = self.stage, self.stage.sizes[self.stage.group]
        raised = sizes / np.maximum(sizes - 1, 1)
        factors = np.where(stage.group == stage.group[units][:, None], raised, 1.0)
        factors[np.arange(units.size), units] = 0.0
        factors = factors[:, stage.unit]
        with steady():
            if getattr(self.recipe, "is_batched", False):
                found = self.recipe(self._among_others(factors))
                return {name: np.asarray(numbers, dtype=np.float64) for name, numbers in found.items()}
            samples = (respondents(self.sample, row) for row in factors)
            rows = [named_numbers(self.recipe(self._among_others(rest))) for rest in samples]
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}

    def _among_others(self, survey: Any) -> Any:
        if self.source is None:
            return survey
        if not isinstance(survey, np.ndarray):
            return {**self.data, self.source: survey}
        size = survey.shape[0]
        others = {name: np.asarray(value) for name, value in self.data.items() if name != self.source}
        return {self.source: survey, **{n: np.broadcast_to(v, (size, *v.shape)) for n, v in others.items()}}


def _pull(numbers: FloatArray, groups: IntArray) -> FloatArray:
    _, place, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=numbers) / sizes
    with np.errstate(invalid="ignore"):
        return np.asarray((sizes - 1)[place] / sizes[place] * (means[place] - numbers))


def delete_one_person(
    recipe: Callable[[FloatArray], Mapping[str, FloatArray]], counts: FloatArray
) -> dict[str, Influence]:
    """Leave out one person of each capture pattern in turn, and say how far one pulls every number of a recipe.

    Parameters
    ----------
    recipe : callable
        Takes tables of shape (B, c) and gives arrays of shape (B,) by name, such as
        :class:`~microwork_estimate.capture_recapture.Reselection`.
    counts : array of shape (c,)
        Persons with each pattern.

    Returns
    -------
    dict of str to Influence
        For the patterns that somebody has; the weight of a pattern is the persons who have it.

    Raises
    ------
    InvalidInput
        If a count is negative or missing.

    References
    ----------
    Efron (1987), *Journal of the American Statistical Association* 82, 171-185, section 6.

    Examples
    --------
    >>> found = delete_one_person(lambda tables: {"value": tables.sum(axis=1)}, np.array([3.0, 0.0, 2.0]))
    >>> found["value"].values.tolist(), found["value"].weights.tolist()
    ([0.0, 0.0], [3.0, 2.0])
    """
    table = frozen_floats(counts, where="delete_one_person")
    if table.ndim != 1 or not (table >= 0).all():
        raise InvalidInput(
            "impossible counts",
            expected="numbers of zero or more in one row",
            got=f"{table!r:.80}",
            where="delete_one_person",
            fix="give the persons with each pattern",
        )
    present = np.flatnonzero(table > 0)
    tables = np.repeat(table[None, :], present.size, axis=0)
    tables[np.arange(present.size), present] -= 1.0
    weights = table[present]
    with steady():
        left = recipe(tables)
    with np.errstate(invalid="ignore"):
        pulls = {name: np.average(values, weights=weights) - values for name, values in left.items()}
    return {name: Influence(values=pull, weights=weights) for name, pull in pulls.items()}
