"""Replicates without chance: jackknife and balanced half-samples. One frozen object each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.hadamard import hadamard
from microwork_estimate.weighting.replication import About, ReplicateWeights
from microwork_estimate.weighting.variance import Stage, stages


@dataclass(frozen=True, kw_only=True, slots=True)
class JackknifeOne:
    """Jackknife without strata (JK1): each replicate leaves out one primary unit and raises the others.

    References
    ----------
    Wolter (2007), *Introduction to Variance Estimation*, section 4.2.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1.0, 2.0, 3.0]})
    >>> JackknifeOne().replicates(sample, "mean").factors.tolist()
    [[0.0, 1.5, 1.5], [1.5, 0.0, 1.5], [1.5, 1.5, 0.0]]
    """

    def replicates(self, sample: SurveySample, about: About) -> ReplicateWeights:
        """Make one replicate for each primary unit.

        Raises
        ------
        InvalidInput
            If the sample has strata or a single primary unit.
        """
        design = stages(sample)
        if design[0].fraction.size > 1:
            raise _unsuited(
                "JackknifeOne", "no strata", "several strata", "use JackknifeN, which leaves out by stratum"
            )
        return _jackknife(design, sample, about, "jackknife without strata")


@dataclass(frozen=True, kw_only=True, slots=True)
class JackknifeN:
    """Jackknife by strata (JKn): each replicate leaves out one primary unit and raises the others of its stratum.

    References
    ----------
    Wolter (2007), *Introduction to Variance Estimation*, section 4.5.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1.0, 2.0, 3.0, 4.0]}, strata=["a", "a", "b", "b"])
    >>> JackknifeN().replicates(sample, "mean").factors[0].tolist()
    [0.0, 2.0, 1.0, 1.0]
    """

    def replicates(self, sample: SurveySample, about: About) -> ReplicateWeights:
        """Make one replicate for each primary unit.

        Raises
        ------
        InvalidInput
            If a stratum has a single primary unit that was not bound to be drawn.
        """
        return _jackknife(stages(sample), sample, about, "jackknife by strata")


def _jackknife(design: tuple[Stage, ...], sample: SurveySample, about: About, label: str) -> ReplicateWeights:
    first = design[0]
    check_units(first, sample, least=2, scheme=label)
    sizes = first.sizes[first.group]
    left_out = _in_order(first)
    left_out = left_out[sizes[left_out] > 1]
    factors = np.ones((left_out.size, sizes.size))
    same = first.group[left_out][:, None] == first.group[None, :]
    factors[same] = (sizes / np.maximum(sizes - 1, 1))[np.nonzero(same)[1]]
    factors[np.arange(left_out.size), left_out] = 0.0
    rscales = ((sizes - 1) / sizes * (1 - first.fraction[first.group]))[left_out]
    return ReplicateWeights(
        factors=factors[:, first.unit],
        scale=1.0,
        rscales=rscales,
        kind="jackknife",
        scheme=label,
        about=about,
        degrees=int(sizes.size - first.sizes.size),
        warnings=second_stage_warning(design),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class BalancedHalves:
    """Balanced repeated replication (BRR): each replicate keeps one of the two primary units of every stratum, doubled.

    Which of the two is kept follows the columns of a Hadamard matrix, so that the half-samples balance.

    Parameters
    ----------
    split : bool
        Cut a stratum of 4, 6, ... primary units into pairs, in the order of the sample. False refuses.

    References
    ----------
    McCarthy (1969), *Review of the International Statistical Institute* 37, 239-264. Wolter (2007), chapter 3.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1.0, 2.0, 3.0, 4.0]}, strata=["a", "a", "b", "b"])
    >>> BalancedHalves().replicates(sample, "mean").factors.shape
    (4, 4)
    """

    split: bool = False

    def replicates(self, sample: SurveySample, about: About) -> ReplicateWeights:
        """Make the smallest balanced set of half-samples.

        Raises
        ------
        InvalidInput
            If a stratum does not hold two primary units (or, with `split`, an even number).
        """
        return _half_samples(sample, about, self.split, 0.0, "balanced half-samples")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fay:
    """Balanced half-samples after Fay: one unit of each pair is raised and the other lowered, but none leaves.

    Parameters
    ----------
    rho : float
        What is left of a unit that is lowered, at least 0 and below 1; 0 gives :class:`BalancedHalves`.
    split : bool
        Cut a stratum of 4, 6, ... primary units into pairs, in the order of the sample. False refuses.

    References
    ----------
    Judkins (1990), *Journal of Official Statistics* 6, 223-239.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1.0, 2.0, 3.0, 4.0]}, strata=["a", "a", "b", "b"])
    >>> float(Fay(rho=0.5).replicates(sample, "mean").factors.min())
    0.5
    """

    rho: float = 0.5
    split: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.rho < 1:
            raise InvalidInput(
                "impossible rho",
                expected="a number of at least 0 and below 1",
                got=repr(self.rho),
                where="Fay.rho",
                fix="0.5 is usual",
            )

    def replicates(self, sample: SurveySample, about: About) -> ReplicateWeights:
        """Make the smallest balanced set of half-samples.

        Raises
        ------
        InvalidInput
            If a stratum does not hold two primary units (or, with `split`, an even number).
        """
        return _half_samples(sample, about, self.split, self.rho, f"balanced half-samples after Fay, rho {self.rho:g}")


def _half_samples(sample: SurveySample, about: About, split: bool, rho: float, label: str) -> ReplicateWeights:
    first, *others = stages(sample)
    pair, sign = _pairs(first, split)
    n_pairs = int(pair.max()) + 1
    table = hadamard(n_pairs + 1)
    signs: FloatArray = table[:, 1:][:, pair] * sign
    factors = 1 + (1 - rho) * signs
    dropped = (first.fraction > 0).any() or bool(others)
    message = "Balanced half-samples know no finite population: the variance is that of drawing with replacement."
    return ReplicateWeights(
        factors=factors[:, first.unit],
        scale=1 / (table.shape[0] * (1 - rho) ** 2),
        rscales=np.ones(table.shape[0]),
        kind="balanced",
        scheme=label,
        about=about,
        degrees=None if split else n_pairs,
        warnings=(CodedWarning(code="finite-population-ignored", message=message),) if dropped else (),
    )


def _pairs(first: Stage, split: bool) -> tuple[IntArray, FloatArray]:
    """Give each primary unit the number of its pair, and +1 or -1 for which of the two it is: two arrays (u,)."""
    sizes = first.sizes
    bad = (sizes % 2 != 0) if split else (sizes != 2)
    if bad.any():
        raise _unsuited(
            "half-samples",
            "an even number of primary units in each stratum" if split else "two primary units in each stratum",
            f"{int(sizes[np.flatnonzero(bad)[0]])} in one of them",
            "use JackknifeN or RaoWuYue" if split else "use JackknifeN or RaoWuYue, or split=True for even strata",
        )
    order = _in_order(first)
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    return place // 2, np.where(place % 2 == 0, 1.0, -1.0)


def _in_order(first: Stage) -> IntArray:
    """List the primary units stratum by stratum, strata and units in the order in which the sample shows them."""
    units = np.unique(first.unit, return_index=True)[1]
    strata = np.full(first.sizes.size, first.unit.size)
    np.minimum.at(strata, first.group, units)
    return np.lexsort((units, strata[first.group]))


def check_units(stage: Stage, sample: SurveySample, *, least: int, scheme: str) -> None:
    """Refuse groups with too few units, unless all of theirs were bound to be drawn or count as such.

    Raises
    ------
    InvalidInput
        If a group has fewer than `least` units.
    """
    few = (stage.sizes < least) & (stage.fraction < 1) & (stage.share > 0)
    if sample.lonely_psu == "certainty":
        few &= stage.sizes > 1
    if few.any():
        raise _unsuited(
            scheme,
            f"at least {least} units in each {stage.name}",
            f"{int(stage.sizes[np.flatnonzero(few)[0]])} in one of them",
            f"join each with a similar {stage.name}; lonely_psu='certainty' lets single ones go without variance",
        )


def second_stage_warning(design: tuple[Stage, ...]) -> tuple[CodedWarning, ...]:
    """Say that a scheme redraws primary units only, where the second stage would add variance."""
    if len(design) == 1 or not ((1 - design[1].fraction) * design[1].share).any():
        return ()
    message = "Only primary units are redrawn: the variance within them, which counts here, is left out."
    return (CodedWarning(code="second-stage-ignored", message=message),)


def _unsuited(scheme: str, expected: str, got: str, fix: str) -> InvalidInput:
    return InvalidInput("scheme does not suit the design", expected=expected, got=got, where=scheme, fix=fix)
