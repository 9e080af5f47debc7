"""Tiers by domain: a world in which every cell is known, and whether its table holds the truth, alone and together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from microwork_estimate import synthesis, weighting
from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import Estimand, Estimate, FloatArray, Interval, Replicates
from microwork_estimate.inputs import SurveySample
from microwork_estimate.simulate.checks import check_number, check_whole
from microwork_estimate.streams import stream
from microwork_estimate.synthesis.tiers import Kind

SEED = 2019
About = Literal["table", "cell"]
CELL = ("regular", "women, no other job")
DOMAINS = ("women, no other job", "women, another job", "men, no other job", "men, another job")
_OF_TIER = (0.08, 0.2, 0.72)
_SHARES = np.array([[0.3, 0.2, 0.35, 0.15], [0.2, 0.3, 0.2, 0.3], [0.12, 0.38, 0.1, 0.4]])


class Divided(NamedTuple):
    """Respondents with tier and domain, sizes of the tiers from elsewhere, and the cells as they are."""

    sample: SurveySample
    sizes: FloatArray
    spread: float
    truth: FloatArray


@dataclass(frozen=True, kw_only=True, slots=True)
class TieredDomains:
    """Persons in three tiers and four domains; some are asked through their accounts, and the tiers are sized elsewhere.

    Accounts are drawn with replacement, so that a person on two platforms is asked twice as often; the more active are
    on more. Sizes of the tiers come from a source of their own, with independent log-normal errors that are known.

    Parameters
    ----------
    size : int
        Persons.
    n_respondents : int
        Accounts drawn.
    spread : float
        Relative error of the sizes of the tiers.
    about : str
        ``"cell"``: the truth is the number of regular women without another job, the very active included.
        ``"table"``: it is all persons, which :func:`domains_hold` gives back where every interval holds.

    Raises
    ------
    InvalidInput
        If a number is impossible, or `about` is unknown.

    Examples
    --------
    >>> data, truth = TieredDomains(size=50_000, n_respondents=600, spread=0.1)(np.random.default_rng(1))
    >>> data.truth.shape, truth
    ((3, 4), 50000.0)
    """

    size: int
    n_respondents: int
    spread: float
    about: About = "table"

    def __post_init__(self) -> None:
        check_choice(self.about, get_args(About), where="TieredDomains.about")
        check_whole(self.size, where="TieredDomains.size")
        check_whole(self.n_respondents, where="TieredDomains.n_respondents", low=2)
        check_number(self.spread, where="TieredDomains.spread", open_low=True, high=1.0)

    def __call__(self, generator: np.random.Generator) -> tuple[Divided, float]:
        """Draw respondents and sizes of the tiers."""
        truth = self.size * np.array(_OF_TIER)[:, None] * _SHARES
        platforms = np.array([1.0, 2.0])
        # The share of persons on two platforms, by tier; accounts are drawn, not persons.
        twice = np.array([0.5, 0.3, 0.15])[:, None]
        accounts = np.stack([truth * (1 - twice), truth * twice], axis=-1) * platforms
        drawn = generator.choice(accounts.size, self.n_respondents, p=accounts.ravel() / accounts.sum())
        tier, domain, k = np.unravel_index(drawn, accounts.shape)
        sample = SurveySample(
            columns={"tier": tier, "domain": domain, "n_platforms": platforms[k]},
            weight=np.full(self.n_respondents, accounts.sum() / self.n_respondents),
            reached_via="registration",
            universe="synthetic",
        )
        sizes = truth.sum(axis=1) * np.exp(self.spread * generator.standard_normal(3))
        cell = truth.cumsum(axis=0)[1, DOMAINS.index(CELL[1])] if self.about == "cell" else self.size
        return Divided(sample, sizes, self.spread, truth), float(cell)


def domain_count(data: Divided, *, n_replicates: int = 999, level: float = 0.95) -> Estimate:
    """Count the regular women without another job, the very active included.

    Parameters
    ----------
    data : Divided
    n_replicates : int
        B.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = TieredDomains(size=50_000, n_respondents=600, spread=0.1, about="cell")
    >>> data, truth = world(np.random.default_rng(1))
    >>> truth, domain_count(data).interval.low < truth
    (3200.0, True)
    """
    return _table(data, "nested", n_replicates, level)[CELL].count


def domains_hold(
    data: Divided,
    *,
    together: bool = True,
    kind: Kind = "nested",
    n_replicates: int = 999,
    level: float = 0.95,
) -> Estimate:
    """Say whether the table of tiers by domain holds its truth: all persons, or moved by its farthest miss.

    Parameters
    ----------
    data : Divided
    together : bool
        Whether the intervals are those for the whole table, or those of each number alone.
    kind : str
        Of the tiers.
    n_replicates : int
        B.
    level : float

    Returns
    -------
    Estimate
        Without a value. The interval has no width: it is the number of all persons, plus the distance from the truth of
        a cell to its interval, where that is largest. So it holds the number of all persons where all intervals hold.

    Examples
    --------
    >>> data, _ = TieredDomains(size=50_000, n_respondents=600, spread=0.1)(np.random.default_rng(1))
    >>> domains_hold(data).interval.low
    50000.0
    """
    table = _table(data, kind, n_replicates, level)
    truth = (data.truth.cumsum(axis=0) if kind == "nested" else data.truth).ravel()
    ends = [row.joint_count if together else row.count.interval for row in table.rows]
    miss = max(_distance(interval, float(number)) for interval, number in zip(ends, truth, strict=True))
    moved = float(data.truth.sum()) + miss
    return Estimate(
        name="all persons, and the farthest miss",
        value=None,
        interval=Interval(low=moved, high=moved, level=level, method="joint" if together else "one by one"),
        estimand=Estimand(),
        method="count of the tier times weighted share, all cells",
        assumptions=(synthesis.DOMAINS_FROM_SURVEY,),
    )


def _distance(interval: Interval | None, truth: float) -> float:
    if interval is None:
        raise InvalidInput(
            "cell without an interval",
            expected="replicates of every cell",
            got="none",
            where="domains_hold",
            fix="draw more respondents",
        )
    return max(interval.low - truth, truth - interval.high, 0.0)


def _table(data: Divided, kind: Kind, n_replicates: int, level: float) -> synthesis.DomainTable:
    redrawn = weighting.replicate_weights(data.sample, weighting.RaoWuYue(), n_replicates=n_replicates, seed=1)
    weights = np.asarray(data.sample.weight) / data.sample.numbers("n_platforms")
    names = synthesis.DIPLAB_TIERS
    sample = synthesis.TieredSample(
        tier=np.array([tier.id for tier in names])[data.sample.numbers("tier").astype(int)],
        domain=np.array(DOMAINS)[data.sample.numbers("domain").astype(int)],
        weights=weights,
        tiers=names,
        domains=DOMAINS,
    )
    totals = synthesis.domain_weights(sample, redrawn.factors * weights)
    draws = {key: Replicates(values=values, streams=("survey",), seed=1) for key, values in totals.items()}
    errors = np.exp(data.spread * stream(SEED, "certificate/domains").standard_normal((3, n_replicates)))
    sizes = tuple(
        Estimate(
            name=tier.id,
            value=float(size),
            estimand=Estimand(),
            method="another source",
            replicates=Replicates(values=size * error, streams=("sizes",), seed=1),
        )
        for tier, size, error in zip(names, data.sizes, errors, strict=True)
    )
    cells = synthesis.TierSet(tiers=names, estimates=sizes, kind="exclusive")
    return synthesis.domain_counts(cells, sample, redraws=draws, kind=kind, level=level)
