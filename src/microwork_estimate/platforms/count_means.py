"""Both means of platforms per person by group, side by side: what the choice of the mean does to the number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microwork_estimate.errors import CodedWarning, announce
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import SurveySample
from microwork_estimate.inputs.codes import label_text
from microwork_estimate.platforms.multiplicity import silent_multiplicity


@dataclass(frozen=True, kw_only=True, slots=True)
class CountMeans:
    """The two means of one group of respondents.

    Parameters
    ----------
    group : str
        Category of the group; ``"all"`` for everybody.
    respondents : int
    arithmetic : Estimate
        Right for respondents sampled as persons.
    harmonic : Estimate
        Right for respondents sampled through their accounts.
    gap : float
        Arithmetic over harmonic mean, less 1: by how much persons come out too few when accounts that were sampled as
        accounts are divided by the arithmetic mean.
    """

    group: str
    respondents: int
    arithmetic: Estimate
    harmonic: Estimate
    gap: float


def count_means(
    sample: SurveySample, *, count: str = "n_platforms", by: str | None = None, level: float = 0.95
) -> tuple[CountMeans, ...]:
    """Arithmetic and harmonic mean of platforms per person, for everybody and by group.

    Procedure: for each group the mean of k (as if respondents were sampled as persons) and 1 / mean of 1/k (as if
    through their accounts), each with its standard error. Their ratio says how much hangs on the way respondents were
    reached, within the group.

    Parameters
    ----------
    sample : SurveySample
        n respondents; one `reached_via` for all is not needed, as both readings are given.
    count : str
        Column of whole numbers, at least 1.
    by : str or None
        Column of groups (platform, hours worked).
    level : float
        Confidence level of the intervals.

    Returns
    -------
    tuple of CountMeans
        Everybody first, then the groups in order.

    Raises
    ------
    InvalidInput
        If an answer is missing, below 1 or not whole, or a group is missing.

    Assumptions
    -----------
    Those of :func:`~microwork_estimate.platforms.multiplicity` for each reading.

    References
    ----------
    Patil and Rao 1978, Biometrics 34(2), 179-189: the mean of a size-biased sample is mu (1 + CV squared).

    Examples
    --------
    >>> sample = SurveySample(columns={"n_platforms": [1, 3, 2, 4], "hours": ["few", "few", "many", "many"]})
    >>> [(m.group, m.arithmetic.value, round(m.harmonic.value, 3)) for m in count_means(sample, by="hours")]
    [('all', 2.5, 1.92), ('few', 2.0, 1.5), ('many', 3.0, 2.667)]
    """
    groups = [("all", np.arange(sample.n))]
    if by is not None:
        coded = sample.categories(by)
        groups += [(label_text(name), np.flatnonzero(coded.codes == at)) for at, name in enumerate(coded.levels)]
    found = tuple(_means(sample, group, rows, (count, level)) for group, rows in groups)
    announce(_collected(found))
    return found


def _collected(found: tuple[CountMeans, ...]) -> tuple[CodedWarning, ...]:
    pairs = ((means.group, w) for means in found for w in means.arithmetic.warnings)
    return tuple(CodedWarning(code=w.code, message=f"{group}: {w.message}") for group, w in pairs)


def _means(sample: SurveySample, group: str, rows: np.ndarray, options: tuple[str, float]) -> CountMeans:
    count, level = options
    arithmetic, harmonic = (
        silent_multiplicity(_subset(sample, count, rows, via), count=count, level=level)
        for via in ("worker", "registration")
    )
    assert arithmetic.value is not None  # noqa: S101 - a mean of answers
    assert harmonic.value is not None  # noqa: S101 - a mean of answers
    return CountMeans(
        group=group,
        respondents=rows.size,
        arithmetic=arithmetic,
        harmonic=harmonic,
        gap=arithmetic.value / harmonic.value - 1,
    )


def _subset(sample: SurveySample, count: str, rows: np.ndarray, reached_via: str) -> SurveySample:
    """Return the respondents of a group, with their design, as if reached in one way."""
    named = {
        name: None if value is None else np.asarray(value)[rows]
        for name, value in (("strata", sample.strata), ("psu", sample.psu))
    }
    return SurveySample(
        columns={count: sample.column(count)[rows]},
        weight=sample.weights[rows],
        reached_via="worker" if reached_via == "worker" else "registration",
        strata=named["strata"],
        psu=named["psu"],
        lonely_psu=sample.lonely_psu,
    )
