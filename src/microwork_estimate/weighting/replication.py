"""Replicate weights: the sample as it might have come out, many times, for the variance of any estimate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import CodedWarning, InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray, Replicates, frozen_floats
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.streams import BLOCK
from microwork_estimate.streams import stream as random_stream
from microwork_estimate.weighting.kinds import require
from microwork_estimate.weighting.variance import degrees_of_freedom, stages

About = Literal["mean", "estimate"]
Kind = Literal["jackknife", "balanced", "bootstrap", "other"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReplicateWeights:
    """B redraws of the weights of n respondents, and how to turn B estimates into a variance.

    The variance of an estimate is ``scale`` times the sum over replicates of ``rscales`` times the squared distance of
    the replicate from the centre.

    Parameters
    ----------
    factors : array of shape (B, n)
        What each weight of the sample is multiplied by in each replicate; a row of NaN for one that failed.
    scale : float
    rscales : array of shape (B,)
    kind : str
        ``"jackknife"``, ``"balanced"`` (half-samples), ``"bootstrap"`` or ``"other"``.
    scheme : str
        The scheme in a few words.
    about : str
        The centre: the ``"mean"`` of the replicates, or the ``"estimate"`` from the whole sample (larger, as it counts
        the bias too).
    degrees : int or None
        Degrees of freedom by the design of the sample; None to count them from the factors.
    stream, seed : str, int, or None
        Where the random numbers came from; None without any.
    recalibrated : bool
        Whether the factors hold the effect of calibrating every replicate anew.
    warnings : tuple of CodedWarning
        What a reader of every estimate made with them must know.

    Examples
    --------
    Made by :func:`replicate_weights`; or by hand, here the jackknife of three respondents:

    >>> factors = 1.5 * (1 - np.eye(3))
    >>> jackknife = ReplicateWeights(factors=factors, scale=2 / 3, rscales=np.ones(3), kind="jackknife", scheme="by hand")
    >>> jackknife.weights(np.array([10.0, 10.0, 20.0])).tolist()
    [[0.0, 15.0, 30.0], [15.0, 0.0, 30.0], [15.0, 15.0, 0.0]]

    The estimators take them through a view of the sample, ``view(sample, variance=jackknife)``.
    """

    factors: FloatArray
    scale: float
    rscales: FloatArray
    kind: Kind
    scheme: str
    about: About = "mean"
    degrees: int | None = None
    stream: str | None = None
    seed: int | None = None
    recalibrated: bool = False
    warnings: tuple[CodedWarning, ...] = ()

    def __post_init__(self) -> None:
        factors = frozen_floats(self.factors, where="ReplicateWeights.factors")
        rscales = frozen_floats(self.rscales, where="ReplicateWeights.rscales")
        check_choice(self.about, ("mean", "estimate"), where="ReplicateWeights.about")
        shaped = factors.ndim == 2 and factors.shape[0] >= 2 and rscales.shape == factors.shape[:1]
        # A replicate that could not be weighted is NaN throughout; a stray NaN is a mistake.
        whole = shaped and not (~np.isfinite(factors).all(axis=1) & ~np.isnan(factors).all(axis=1)).any()
        if not whole or not (rscales >= 0).all() or not self.scale > 0:
            raise InvalidInput(
                "impossible replicate weights",
                expected="finite factors (or a row of NaN for a replicate that could not be weighted) of shape (B, n), "
                "B at least 2, with one scale of zero or more for each",
                got=f"factors of shape {factors.shape}, scale {self.scale}, rscales of shape {rscales.shape}",
                where="ReplicateWeights",
                fix="give one row for each replicate and one column for each respondent",
            )
        object.__setattr__(self, "factors", factors)
        object.__setattr__(self, "rscales", rscales)

    @property
    def n_replicates(self) -> int:
        """B."""
        return int(self.factors.shape[0])

    @property
    def n(self) -> int:
        """Number of respondents."""
        return int(self.factors.shape[1])

    def weights(self, base: FloatArray) -> FloatArray:
        """Return the weights of all replicates, shape (B, n), from those of the sample, shape (n,)."""
        return self.factors * base

    def covariance(self, values: FloatArray, centre: FloatArray) -> FloatArray:
        """Return the covariance, shape (p, p), of p estimates with replicates `values` (B, p) and value `centre` (p,).

        A replicate that is not finite is left out, estimate by estimate, and the others stand for it; NaN with fewer
        than two.
        """
        finite = np.isfinite(values)
        used = finite & (self.rscales > 0)[:, None]
        sums = np.where(used, values, 0.0).sum(axis=0)
        middle = sums / np.maximum(used.sum(axis=0), 1) if self.about == "mean" else centre
        deviations = np.where(finite, values - middle, 0.0)
        pairs = finite.T.astype(np.float64) @ finite
        grown = np.where(pairs > 1, values.shape[0] / np.maximum(pairs, 1), np.nan)
        return np.asarray(self.scale * grown * ((deviations * self.rscales[:, None]).T @ deviations))

    def kept(self, values: FloatArray) -> Replicates | None:
        """Return the replicates of one estimate, shape (B,), if they came from a named random stream."""
        if self.seed is None or self.stream is None:
            return None
        return Replicates(values=values, streams=(self.stream,), seed=self.seed)

    def degrees_inside(self, sample: SurveySample, inside: NDArray[np.bool_]) -> int:
        """Return the degrees of freedom of an estimate from the respondents `inside`, shape (n,)."""
        if self.degrees is None:
            return rank(self.factors[:, inside]) - 1
        return min(self.degrees, degrees_of_freedom(stages(sample)[0], inside), self.n_replicates - 1)

    def through(
        self, recipe: Callable[[FloatArray], FloatArray], *, before: SurveySample, after: SurveySample
    ) -> ReplicateWeights:
        """Run a weighting recipe again on every replicate.

        Parameters
        ----------
        recipe : callable
            Takes weights of shape (B, n) and gives those that calibration (or any other step) makes of them; a row of
            NaN where it cannot.
        before, after : SurveySample
            The sample before and after the same recipe.

        Returns
        -------
        ReplicateWeights
            Factors of the weights of `after`.

        Raises
        ------
        InvalidInput
            If the recipe gives weights of another shape or weights that are not finite.

        Examples
        --------
        >>> from microwork_estimate.weighting.replicate_schemes import JackknifeOne
        >>> sample = SurveySample(columns={"x": [1, 2, 3]})
        >>> after = sample.with_weights([10.0, 10.0, 10.0])
        >>> to_thirty = lambda w: 30 * w / w.sum(axis=1, keepdims=True)
        >>> again = replicate_weights(sample, JackknifeOne()).through(to_thirty, before=sample, after=after)
        >>> again.weights(after.weights).sum(axis=1).round(9).tolist()
        [30.0, 30.0, 30.0]
        """
        weights = np.asarray(recipe(self.weights(before.weights)), dtype=np.float64)
        if weights.shape != self.factors.shape:
            raise InvalidInput(
                "wrong shape",
                expected=f"weights of shape {self.factors.shape}",
                got=f"shape {weights.shape}",
                where="the recipe of ReplicateWeights.through",
                fix="give one row for each replicate, in order",
            )
        kept = tuple(warning for warning in self.warnings if warning.code != "negative-replicate-weights")
        return replace(
            self,
            factors=weights / after.weights,
            recalibrated=True,
            warnings=(*kept, *negative_weights(weights)),
        )


def failed_replicates(values: FloatArray) -> tuple[CodedWarning, ...]:
    """Say how many replicates, of shape (B,) or (B, D), could not be estimated."""
    failed = int(np.count_nonzero(~np.isfinite(values).reshape(values.shape[0], -1).all(axis=1)))
    if not failed:
        return ()
    message = f"{failed} of {values.shape[0]} replicates could not be estimated; the variance is of the others."
    return (CodedWarning(code="failed-replicates", message=message),)


def rank(factors: FloatArray) -> int:
    """Return the rank of a table of factors, shape (B, n), with a relative tolerance of 1e-5."""
    patterns = np.unique(factors[np.isfinite(factors).all(axis=1)], axis=1)
    small = patterns @ patterns.T if patterns.shape[0] <= patterns.shape[1] else patterns.T @ patterns
    roots = np.sqrt(np.maximum(np.linalg.eigvalsh(small), 0))
    return int(np.count_nonzero(roots > 1e-5 * roots.max(initial=0))) if roots.size else 0


@runtime_checkable
class FixedScheme(Protocol):
    """A scheme without chance: the design says which replicates there are."""

    def replicates(self, sample: SurveySample, about: About) -> ReplicateWeights:
        """Make all of them."""
        ...


@runtime_checkable
class RandomScheme(Protocol):
    """A scheme that draws; it also serves :func:`microwork_estimate.bootstrap.replicate`."""

    @property
    def label(self) -> str:
        """The scheme in a few words."""
        ...

    @property
    def inflation(self) -> float:
        """What the variance of the replicates is multiplied by."""
        ...

    def draw(self, data: SurveySample, generator: np.random.Generator, size: int) -> FloatArray:
        """Draw factors, shape (size, n)."""
        ...


def replicate_weights(
    sample: SurveySample,
    scheme: FixedScheme | RandomScheme,
    *,
    n_replicates: int | None = None,
    seed: int | None = None,
    stream: str = "survey",
    about: About = "mean",
) -> ReplicateWeights:
    """Redraw the weights of a survey.

    Procedure: a scheme without chance (jackknife, balanced half-samples) makes the replicates that the design asks for.
    A random scheme is drawn in blocks of 64 replicates, each block with a generator of its own that depends on the
    seed, the name of the stream and the number of the block only: the first 20 of 40 replicates are the 20.

    Parameters
    ----------
    sample : SurveySample
        The survey with its design. Redraw *before* calibration, then calibrate every replicate with
        :meth:`ReplicateWeights.through`.
    scheme : object
        ``JackknifeOne()``, ``JackknifeN()``, ``BalancedHalves()``, ``Fay()``, ``RaoWuYue()``,
        ``GeneralisedBootstrap()``, ``BayesianWeights()`` or ``PoissonWeights(...)``.
    n_replicates : int or None
        B, for a random scheme; the design gives it for the others.
    seed : int or None
        Seed of the run, for a random scheme.
    stream : str
        Name of the random stream: all estimates of one run that redraw this survey use the same name.
    about : str
        Whether variance is measured about the ``"mean"`` of the replicates or about the ``"estimate"``.

    Returns
    -------
    ReplicateWeights
        Factors of shape (B, n).

    Raises
    ------
    InvalidInput
        If the scheme does not suit the design, or if B or the seed is missing or given in vain.

    Assumptions
    -----------
    The design fields of the sample tell how it was drawn.

    References
    ----------
    Wolter (2007), *Introduction to Variance Estimation*, chapters 3 to 5.

    Examples
    --------
    >>> from microwork_estimate.weighting.bootstrap_schemes import RaoWuYue
    >>> sample = SurveySample(columns={"x": [1.0, 2.0, 3.0, 4.0]}, strata=["a", "a", "b", "b"])
    >>> replicate_weights(sample, RaoWuYue(), n_replicates=40, seed=1).factors.shape
    (40, 4)
    """
    require(sample, SurveySample, where="sample", fix="make it with inputs.survey_sample(table, ...)")
    if isinstance(scheme, type) or not isinstance(scheme, FixedScheme | RandomScheme):
        require(scheme, (), where="scheme", fix="give an object of a scheme, for example RaoWuYue()")
    if isinstance(scheme, FixedScheme):
        if n_replicates is not None or seed is not None:
            raise _counts(scheme, "neither n_replicates nor seed: the design gives the replicates", "one of them")
        return scheme.replicates(sample, about)
    if n_replicates is None or seed is None or n_replicates < 2 or n_replicates != int(n_replicates):
        raise _counts(scheme, "n_replicates, at least 2, and seed", f"n_replicates={n_replicates}, seed={seed}")
    blocks = [
        # A full block is always drawn, so that draws do not depend on the number of replicates asked for.
        scheme.draw(sample, random_stream(seed, stream, block), BLOCK)[: n_replicates - block * BLOCK]
        for block in range(-(-n_replicates // BLOCK))
    ]
    factors = np.concatenate(blocks)
    divisor = n_replicates - 1 if about == "mean" else n_replicates
    return ReplicateWeights(
        factors=factors,
        scale=scheme.inflation / divisor,
        rscales=np.ones(n_replicates),
        kind="bootstrap",
        scheme=scheme.label,
        about=about,
        degrees=min(n_replicates - 1, degrees_of_freedom(stages(sample)[0], np.ones(sample.n, dtype=np.bool_))),
        stream=stream,
        seed=seed,
        warnings=negative_weights(factors),
    )


def negative_weights(weights: FloatArray) -> tuple[CodedWarning, ...]:
    """Say how many replicate weights (or factors), of shape (B, n), are negative."""
    below = weights < 0
    if not below.any():
        return ()
    share = float(below.mean())
    message = f"{100 * share:.2g} % of the replicate weights are negative; shares and quantiles may leave their range."
    return (CodedWarning(code="negative-replicate-weights", message=message),)


def _counts(scheme: object, expected: str, got: str) -> InvalidInput:
    return InvalidInput(
        "wrong options for the scheme",
        expected=expected,
        got=got,
        where=f"replicate_weights with {type(scheme).__name__}",
        fix="give n_replicates and seed to random schemes, and to no other",
    )
