"""Random replicate weights: bootstraps of the sampling design. One frozen object each.

Every scheme has ``draw``, which makes the factors of a block of replicates at once, and ``one``, which gives the
respondents of one replicate as a sample, so that it also serves as a scheme of :mod:`microwork_estimate.bootstrap`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, IntArray, frozen_floats
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.replicate_schemes import check_units
from microwork_estimate.weighting.unequal_probability import QuadraticForm
from microwork_estimate.weighting.variance import Stage, stages

_CACHED = 320_000


class _Redraw:
    """What the schemes share: from one row of factors to a sample."""

    __slots__ = ()

    def one(self, data: SurveySample, batch: FloatArray, index: int) -> SurveySample:
        """Return the respondents whose weight is above zero in one replicate, with the weights they have there.

        Parameters
        ----------
        data : SurveySample
            The whole sample.
        batch : array of shape (size, n)
            From ``draw``.
        index : int
            Which of its rows.
        """
        return respondents(data, batch[index])


def respondents(sample: SurveySample, factors: FloatArray) -> SurveySample:
    """Return the respondents with factors, shape (n,), above zero, and their weights times the factors.

    Raises
    ------
    InvalidInput
        If a factor is negative.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1, 2, 3]})
    >>> respondents(sample, np.array([0.0, 1.5, 1.5])).column("x").tolist()
    [2, 3]
    """
    if (factors < 0).any():
        raise InvalidInput(
            "negative weights",
            expected="factors of zero or more",
            got=f"{factors.min():.3g}",
            where="respondents of a replicate",
            fix="use a scheme without negative factors, or a larger tau",
        )
    keep = factors > 0
    state: dict[str, Any] = {f.name: getattr(sample, f.name) for f in fields(sample)}
    changed: dict[str, Any] = {k: values[keep] for k, values in state.items() if isinstance(values, np.ndarray)}
    changed["columns"] = {name: values[keep] for name, values in sample.columns.items()}
    changed["weight"] = (sample.weights * factors)[keep]
    # A finite population is that of the whole sample; without some of its units it says something else.
    changed |= {"fpc": None, "second_stage_fpc": None, "auxiliary": None}
    return replace(sample, **changed)


@dataclass(frozen=True, kw_only=True, slots=True)
class RaoWuYue(_Redraw):
    """Rescaled bootstrap of Rao, Wu & Yue, for one or two stages with or without replacement.

    In a stratum of n primary units, n - 1 are drawn with replacement; a unit drawn t times gets the factor
    1 - r + r t n / (n - 1), with r the root of 1 - f and f the share of units drawn from the population. The second
    stage multiplies by 1 - c + c s m / (m - 1) in the same way, with c chosen so that the two-stage variance comes out.
    No factor is negative, and the variance of a total is met exactly on average.

    References
    ----------
    Rao, Wu & Yue (1992), *Survey Methodology* 18, 209-217. Beaumont & Émond (2022), *Stats* 5, 339-357, equations 19
    and 20, for finite populations and several stages.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1.0, 2.0, 3.0]})
    >>> RaoWuYue().draw(sample, np.random.default_rng(1), 5).sum(axis=1).round(6).tolist()
    [3.0, 3.0, 3.0, 3.0, 3.0]
    """

    @property
    def label(self) -> str:
        """The scheme in a few words."""
        return "Rao-Wu-Yue bootstrap"

    @property
    def inflation(self) -> float:
        """What the variance of the replicates is multiplied by: 1."""
        return 1.0

    def draw(self, data: SurveySample, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw factors, shape (size, n).

        Raises
        ------
        InvalidInput
            If a stratum has a single primary unit that was not bound to be drawn.
        """
        first, *others = stages(data)
        check_units(first, data, least=2, scheme=self.label)
        factors = _one_stage(first, np.sqrt(1 - first.fraction), generator, size)
        for second in others:
            check_units(second, data, least=2, scheme=self.label)
            shrink = np.sqrt(second.share * (1 - second.fraction) / (2 - second.share))
            factors *= _one_stage(second, shrink, generator, size)
        return factors


def _one_stage(stage: Stage, shrink: FloatArray, generator: np.random.Generator, size: int) -> FloatArray:
    """Draw the factors of the respondents at one stage, shape (size, n), some rows at a time.

    The numbers are those of one draw of all rows; rows that stay in the cache of the processor take half the time.
    """
    factors = np.empty((size, stage.unit.size))
    alone = stage.unit.size == stage.group.size and bool((stage.unit == np.arange(stage.unit.size)).all())
    step = max(1, _CACHED // stage.group.size)
    for start in range(0, size, step):
        rows = factors[start : start + step]
        drawn = rao_wu_yue_factors(drawn_counts(stage, generator, len(rows)), stage, shrink)
        rows[:] = drawn if alone else np.take(drawn, stage.unit, axis=1)
    return factors


def drawn_counts(stage: Stage, generator: np.random.Generator, size: int) -> IntArray:
    """Draw n - 1 of the n units of each group with replacement and count them, shape (size, u)."""
    sizes = stage.sizes
    order = np.argsort(stage.group, kind="stable")
    start = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    group = np.repeat(np.arange(sizes.size), np.maximum(sizes - 1, 0))
    if sizes.size == 1:
        chosen = generator.integers(0, sizes[0], size=(size, group.size))
    else:
        chosen = start[group] + generator.integers(0, sizes[group], size=(size, group.size))
    n_units = stage.group.size
    places = (chosen + n_units * np.arange(size)[:, None]).ravel()
    drawn = np.bincount(places, minlength=size * n_units).reshape(size, n_units)
    return drawn if sizes.size == 1 else drawn[:, np.argsort(order)]


def rao_wu_yue_factors(counts: IntArray, stage: Stage, shrink: FloatArray) -> FloatArray:
    """Turn how often units were drawn, shape (size, u), into factors: 1 - r + r t n / (n - 1), r of shape (g,)."""
    sizes = stage.sizes
    rise = (shrink * sizes / np.maximum(sizes - 1, 1))[stage.group]
    floor = np.where(sizes > 1, 1 - shrink, 1.0)[stage.group]
    factors = rise * counts
    factors += floor
    return np.asarray(factors)


@dataclass(frozen=True, kw_only=True, slots=True)
class BayesianWeights(_Redraw):
    """Bayesian bootstrap: random shares for the primary units of each stratum; no respondent ever leaves.

    Factors are n times the shares of n gamma numbers with shape a. With a = (n - 2) / n their variance is that of
    drawing with replacement; with a finite population a is larger. Exponential numbers (a = 1, Rubin 1981) give a
    standard error that is too small by the root of (n - 1) / (n + 1).

    Parameters
    ----------
    exponential : bool
        Use exponential numbers whatever n is.

    References
    ----------
    Rubin (1981), *Annals of Statistics* 9, 130-134. The shape follows from the variance of a Dirichlet share,
    (n - 1) / (n^2 (n a + 1)).

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1.0, 2.0, 3.0]})
    >>> bool((BayesianWeights().draw(sample, np.random.default_rng(1), 5) > 0).all())
    True
    """

    exponential: bool = False

    @property
    def label(self) -> str:
        """The scheme in a few words."""
        return "Bayesian bootstrap" + (", exponential weights" if self.exponential else "")

    @property
    def inflation(self) -> float:
        """What the variance of the replicates is multiplied by: 1."""
        return 1.0

    def draw(self, data: SurveySample, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw factors, shape (size, n).

        Raises
        ------
        InvalidInput
            If a stratum has fewer than three primary units.
        """
        first, *others = stages(data)
        check_units(first, data, least=3, scheme=self.label)
        if others:
            raise InvalidInput(
                "scheme does not suit the design",
                expected="one stage of sampling",
                got="two stages with a finite population",
                where=self.label,
                fix="use RaoWuYue",
            )
        sizes = first.sizes
        fixed = (sizes < 2) | (first.fraction >= 1)
        left = np.where(fixed, 1.0, 1 - first.fraction)
        shape = np.where(fixed, 1.0, 1.0 if self.exponential else ((sizes - 1) / left - 1) / sizes)[first.group]
        numbers = generator.standard_gamma(shape, size=(size, first.group.size))
        sums = np.zeros((size, sizes.size))
        np.add.at(sums.T, first.group, numbers.T)
        factors = numbers * sizes[first.group] / sums[:, first.group]
        factors[:, fixed[first.group]] = 1.0
        return np.asarray(factors[:, first.unit])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PoissonWeights(_Redraw):
    """Bootstrap of a Poisson sample, in which every unit was drawn or not by itself: gamma factors, never negative.

    Parameters
    ----------
    probabilities : array of shape (n,)
        The chance of each respondent to be drawn, above 0 and at most 1; factors have mean 1 and variance 1 minus it.

    References
    ----------
    Beaumont & Patak (2012), *International Statistical Review* 80, 127-148, section 4. Beaumont & Émond (2022), *Stats*
    5, 339-357, section 3.1.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1.0, 2.0]}, weight=[2.0, 1.0])
    >>> PoissonWeights(probabilities=[0.5, 1.0]).draw(sample, np.random.default_rng(1), 3)[:, 1].tolist()
    [1.0, 1.0, 1.0]
    """

    probabilities: FloatArray

    def __post_init__(self) -> None:
        chances = frozen_floats(self.probabilities, where="PoissonWeights.probabilities")
        if chances.ndim != 1 or not ((chances > 0) & (chances <= 1)).all():
            raise InvalidInput(
                "impossible chance of being drawn",
                expected="numbers above 0 and at most 1, one for each respondent",
                got=f"shape {chances.shape}",
                where="PoissonWeights.probabilities",
                fix="give inclusion probabilities, not weights",
            )
        object.__setattr__(self, "probabilities", chances)

    @property
    def label(self) -> str:
        """The scheme in a few words."""
        return "bootstrap of a Poisson sample"

    @property
    def inflation(self) -> float:
        """What the variance of the replicates is multiplied by: 1."""
        return 1.0

    def draw(self, data: SurveySample, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw factors, shape (size, n).

        Raises
        ------
        InvalidInput
            If there is not one chance for each respondent.
        """
        _same_number(self.probabilities.size, data, self.label)
        left = 1 - self.probabilities
        shape = np.where(left > 0, 1 / np.where(left > 0, left, 1.0), 1.0)
        factors = generator.standard_gamma(shape, size=(size, data.n)) * left
        factors[:, left == 0] = 1.0
        return np.asarray(factors)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GeneralisedBootstrap(_Redraw):
    """Generalised bootstrap: normal factors with mean 1 and the covariance of any quadratic form of variance.

    Procedure: factors are 1 plus normal numbers that are centred and scaled within strata (and within primary units at
    a second stage) so that their covariance is the form of the design; or, with a form of one's own, 1 plus a square
    root of its matrix times normal numbers. Factors a are replaced by (a + tau - 1) / tau and variances multiplied by
    tau squared.

    Parameters
    ----------
    form : QuadraticForm or None
        For example :func:`~microwork_estimate.weighting.deville_form`; None takes the design of the sample.
    tau : float
        At least 1. Larger values make negative factors rare; it is fixed beforehand, so that the first replicates do
        not depend on the later ones.

    References
    ----------
    Beaumont & Patak (2012), *International Statistical Review* 80, 127-148, sections 3 and 5.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1.0, 2.0, 3.0]})
    >>> GeneralisedBootstrap(tau=4).draw(sample, np.random.default_rng(1), 2).sum(axis=1).round(6).tolist()
    [3.0, 3.0]
    """

    form: QuadraticForm | None = None
    tau: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.tau < np.inf:
            raise InvalidInput(
                "impossible tau",
                expected="a number of at least 1",
                got=repr(self.tau),
                where="GeneralisedBootstrap.tau",
                fix="1 leaves the factors as they are",
            )

    @property
    def label(self) -> str:
        """The scheme in a few words."""
        return "generalised bootstrap" + (f" ({self.form.name})" if self.form is not None else "")

    @property
    def inflation(self) -> float:
        """What the variance of the replicates is multiplied by: tau squared."""
        return self.tau**2

    def draw(self, data: SurveySample, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw factors, shape (size, n).

        Raises
        ------
        InvalidInput
            If the form is of another size or could be negative, or if a stratum has a single primary unit.
        """
        if self.form is None:
            deviations = self._from_design(data, generator, size)
        else:
            _same_number(self.form.n, data, self.label)
            root = _square_root(self.form.matrix)
            deviations = generator.standard_normal((size, root.shape[1])) @ root.T
        return 1 + deviations / self.tau

    def _from_design(self, data: SurveySample, generator: np.random.Generator, size: int) -> FloatArray:
        total = np.zeros((size, data.n))
        for stage in stages(data):
            check_units(stage, data, least=2, scheme=self.label)
            sizes = stage.sizes
            numbers = generator.standard_normal((size, stage.group.size))
            sums = np.zeros((size, sizes.size))
            np.add.at(sums.T, stage.group, numbers.T)
            scale = np.sqrt(stage.share * (1 - stage.fraction) * sizes / np.maximum(sizes - 1, 1))
            total += ((numbers - (sums / sizes)[:, stage.group]) * scale[stage.group])[:, stage.unit]
        return total


def _square_root(matrix: FloatArray) -> NDArray[np.float64]:
    """Return a root R with R R' equal to the matrix."""
    roots, vectors = np.linalg.eigh(matrix)
    least = -1e-10 * max(float(np.abs(roots).max(initial=0)), 1e-300)
    if roots.min() < least:
        raise InvalidInput(
            "a form that can be negative",
            expected="a quadratic form that is never negative",
            got=f"an eigenvalue of {roots.min():.3g}",
            where="GeneralisedBootstrap.form",
            fix="use the expression of Yates and Grundy, or deville_form",
        )
    used = roots > 0
    return np.asarray(vectors[:, used] * np.sqrt(roots[used]))


def _same_number(n: int, sample: SurveySample, label: str) -> None:
    if n != sample.n:
        raise InvalidInput(
            "another number of respondents",
            expected=f"{sample.n}, as in the sample",
            got=str(n),
            where=label,
            fix="make the scheme for this sample",
        )
