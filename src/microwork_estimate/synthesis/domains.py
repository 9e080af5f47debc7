"""Tiers by sex, age, job or any other division: counts and shares that add up in every replicate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput, announce, check_choice, check_level
from microwork_estimate.estimate import Assumption, Estimate, Interval, Replicates
from microwork_estimate.frozen import FloatArray
from microwork_estimate.inputs.checks import distinct_names, nonnegative, same_length
from microwork_estimate.small_tables import grid_table
from microwork_estimate.synthesis.cells import cumulated
from microwork_estimate.synthesis.domain_cells import Cell, cell_estimates, edge_intervals
from microwork_estimate.synthesis.simultaneous import joint_intervals
from microwork_estimate.synthesis.tiers import Kind, Tier, TierSet

DOMAINS_FROM_SURVEY = Assumption(
    id="domains-from-survey",
    statement_en="Within each tier, the survey's respondents with their weights divide as all people of the tier do.",
    statement_fr=(
        "Au sein de chaque niveau, les répondants de l'enquête, avec leurs poids, se répartissent comme l'ensemble des "
        "personnes du niveau."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity=None,
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TieredSample:
    """Respondents with their tier, their domain and the persons for whom each stands.

    Parameters
    ----------
    tier : array of str of shape (n,)
        Id of the exclusive tier of each respondent.
    domain : array of str of shape (n,)
        Domain of each respondent.
    weights : array of shape (n,)
        Persons, not accounts: weights of accounts divided by the number of platforms of the person.
    tiers : tuple of Tier
        The J tiers, from the most active on.
    domains : tuple of str
        The D domains; one that nobody is in may be named too.

    Raises
    ------
    InvalidInput
        If lengths differ, a respondent is in no tier or no domain, or a weight is negative or all are zero.
    """

    tier: np.ndarray
    domain: np.ndarray
    weights: FloatArray
    tiers: tuple[Tier, ...]
    domains: tuple[str, ...]

    def __post_init__(self) -> None:
        tier, domain = np.asarray(self.tier, dtype=str), np.asarray(self.domain, dtype=str)
        weights = nonnegative(self.weights, where="TieredSample.weights")
        same_length({"tier": tier.size, "domain": domain.size, "weights": weights.size}, where="TieredSample")
        ids = distinct_names([t.id for t in self.tiers], where="TieredSample.tiers")
        names = distinct_names(self.domains, where="TieredSample.domains")
        outside = sorted((set(tier.tolist()) - set(ids)) | (set(domain.tolist()) - set(names)))
        if outside or not weights.sum() > 0:
            raise InvalidInput(
                "respondents and domains do not match",
                expected="each respondent in one of " + ", ".join((*ids, *names)) + ", and some weight above 0",
                got=f"in none: {outside}; sum of weights {weights.sum():g}",
                where="TieredSample",
                fix="name every tier and every domain, one for missing answers too",
            )
        for name, value in (("tier", tier), ("domain", domain), ("weights", weights)):
            object.__setattr__(self, name, value)

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Every pair of a tier and a domain, tier by tier."""
        return tuple((tier.id, domain) for tier in self.tiers for domain in self.domains)


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainRow:
    """One tier in one domain.

    Parameters
    ----------
    tier, domain : str
    count : Estimate
        Persons.
    share : Estimate
        Of the tier.
    joint_count, joint_share : Interval or None
        Intervals that hold for all rows of the table together; None without replicates.
    """

    tier: str
    domain: str
    count: Estimate
    share: Estimate
    joint_count: Interval | None = None
    joint_share: Interval | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainTable:
    """Tiers by domain.

    Parameters
    ----------
    rows : tuple of DomainRow
        Tier by tier.
    kind : {"nested", "exclusive"}
        Of the tiers.
    level : float
        Of each interval alone, and of the joint ones together.
    """

    rows: tuple[DomainRow, ...]
    kind: Kind
    level: float

    def __getitem__(self, key: tuple[str, str]) -> DomainRow:
        for row in self.rows:
            if (row.tier, row.domain) == key:
                return row
        raise InvalidInput(
            "unknown tier or domain",
            expected="one of " + ", ".join(f"({row.tier}, {row.domain})" for row in self.rows),
            got=repr(key),
            where="DomainTable",
            fix="use one of the listed pairs",
        )

    def _repr_html_(self) -> str:
        head = ("tier", "domain", "persons", "interval", "share of the tier", "interval of the share")
        rows = [[row.tier, row.domain, *row.count.display()[:2], *row.share.display()[:2]] for row in self.rows]
        return grid_table(f"Tiers ({self.kind}) by domain; intervals of {100 * self.level:g} %, each alone", head, rows)


def domain_key(tier: str, domain: str) -> str:
    """Return the name under which :func:`domain_weights` puts a tier in a domain.

    Examples
    --------
    >>> domain_key("regular", "women")
    'regular|women'
    """
    return f"{tier}|{domain}"


def domain_weights(sample: TieredSample, weights: ArrayLike | None = None) -> dict[str, FloatArray]:
    """Add the weights of every tier in every domain: for the recipe that a bootstrap runs on each redraw.

    Parameters
    ----------
    sample : TieredSample
    weights : array of shape (n,) or (B, n), optional
        Redrawn person weights; those of the sample by default.

    Returns
    -------
    dict of str to array of shape () or (B,)
        By :func:`domain_key`.

    Examples
    --------
    >>> from microwork_estimate.synthesis.tiers import DIPLAB_TIERS
    >>> seen = TieredSample(
    ...     tier=["regular", "regular"],
    ...     domain=["women", "men"],
    ...     weights=[10.0, 30.0],
    ...     tiers=DIPLAB_TIERS,
    ...     domains=("women", "men"),
    ... )
    >>> float(domain_weights(seen)["regular|men"])
    30.0
    """
    redrawn = sample.weights if weights is None else np.asarray(weights, dtype=np.float64)
    totals = redrawn @ _members(sample)
    return {domain_key(*key): totals[..., at] for at, key in enumerate(sample.keys)}


def domain_counts(
    cells: TierSet,
    sample: TieredSample,
    *,
    redraws: Mapping[str, Replicates] | None = None,
    kind: Kind = "exclusive",
    level: float = 0.95,
) -> DomainTable:
    """Count the people of each tier in each domain: the count of the tier times the weighted share of the domain in it.

    Procedure: the share of a domain in a tier is the sum of the person weights of its respondents over that of all
    respondents of the tier; times the number of people in the tier, whatever source gave it. Replicates of tiers and of
    weights are multiplied index by index, so that domains add up to their tier, and nested tiers contain each other
    within every domain, in each of them. Nested counts are sums over the exclusive tiers. A domain that no respondent of
    a tier is in has the count 0 and an upper limit: the exact one for the share, with the size that the weights are
    worth, times the upper end of the tier, each one-sided at (1 + level)/2, so that both hold with `level` at least.

    Parameters
    ----------
    cells : TierSet
        Exclusive tiers, the same as those of the sample.
    sample : TieredSample
    redraws : mapping of str to Replicates, optional
        :func:`domain_weights` under redrawn weights, in one run with the replicates of the tiers. Without them there are
        values only.
    kind : {"exclusive", "nested"}
        Of the table.
    level : float

    Returns
    -------
    DomainTable
        With intervals of each number alone (percentile) and intervals that hold for all counts, or for all shares, of
        the table together (:func:`joint_intervals`; an empty cell has its limit shared among all cells, by Bonferroni).
        Warnings: ``share-at-the-edge`` for an empty or a full cell; ``tier-without-respondents`` where nobody of a tier
        answered: its domains are not identified, and lie between nobody and the whole tier.

    Raises
    ------
    InvalidInput
        If the tiers are nested or not those of the sample, redraws miss a cell or are of another run, or a replicate of
        a tier is below zero (:func:`coherent` puts tiers of different sources in order).

    Assumptions
    -----------
    ``domains-from-survey``; the size that the weights are worth takes respondents for independent of each other.

    References
    ----------
    Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, chapter 10 (domain counts); Korn & Graubard
    (1998), *Survey Methodology* 24, 193-201 (empty cells); Mandel & Betensky (2008), *Computational Statistics & Data
    Analysis* 52, 2158-2165 (joint intervals).

    Examples
    --------
    >>> from microwork_estimate.estimate import Estimand
    >>> from microwork_estimate.synthesis.tiers import DIPLAB_TIERS
    >>> parts = [Estimate(name=str(n), value=n, estimand=Estimand(), method="given") for n in (100.0, 400.0, 500.0)]
    >>> tiers = TierSet(tiers=DIPLAB_TIERS, estimates=tuple(parts), kind="exclusive")
    >>> seen = TieredSample(
    ...     tier=["very_active"] * 2 + ["regular"] * 4 + ["occasional"] * 2,
    ...     domain=["women", "men"] * 4,
    ...     weights=[1.0] * 6 + [1.0, 3.0],
    ...     tiers=DIPLAB_TIERS,
    ...     domains=("women", "men"),
    ... )
    >>> [row.count.value for row in domain_counts(tiers, seen, kind="nested").rows if row.domain == "women"]
    [50.0, 250.0, 375.0]
    """
    check_level(level)
    check_choice(kind, ("exclusive", "nested"), where="domain_counts.kind")
    _check_cells(cells, sample, redraws)
    made = _cells(cells, sample, redraws, kind)
    found = [cell_estimates(cell, level, DOMAINS_FROM_SURVEY) for cell in made]
    announce(list(dict.fromkeys(w for pair in found for estimate in pair for w in estimate.warnings)))
    joint = [_joint(made, [pair[which] for pair in found], which, level) for which in (0, 1)]
    rows = tuple(
        DomainRow(tier=key[0], domain=key[1], count=count, share=share, joint_count=ends[0], joint_share=ends[1])
        for key, (count, share), ends in zip(sample.keys, found, zip(*joint, strict=True), strict=True)
    )
    return DomainTable(rows=rows, kind=kind, level=level)


def _members(sample: TieredSample) -> FloatArray:
    """Return who is in which tier and domain, shape (n, J x D)."""
    return np.column_stack([(sample.tier == tier) & (sample.domain == domain) for tier, domain in sample.keys]).astype(
        np.float64
    )


def _cells(cells: TierSet, sample: TieredSample, redraws: Mapping[str, Replicates] | None, kind: Kind) -> list[Cell]:
    """Work out every cell, for exclusive tiers or for their running sums."""
    shape = (len(sample.tiers), len(sample.domains))
    sums = np.array(list(domain_weights(sample).values())).reshape(shape)
    values = np.array([np.nan if e.value is None else e.value for e in cells.estimates])
    counts, shares = _counts(values, sums, kind)
    draws = None
    if redraws is not None:
        tiers = np.stack([e.replicates.values for e in cells.estimates if e.replicates is not None], axis=-1)
        drawn = np.stack([redraws[domain_key(*key)].values for key in sample.keys], axis=-1)
        draws = _counts(tiers, drawn.reshape(-1, *shape), kind)
    estimates = (cells if kind == "exclusive" else cumulated(cells)).estimates
    made = []
    for at, (tier, domain) in enumerate(sample.keys):
        j, d = divmod(at, shape[1])
        inside = np.isin(sample.tier, [t.id for t in sample.tiers[: j + 1]] if kind == "nested" else [tier])
        weights = sample.weights[inside]
        count_draws = share_draws = None
        if draws is not None and redraws is not None:
            run = _run(estimates[j].replicates, redraws[domain_key(tier, domain)])
            count_draws, share_draws = (replace(run, values=array[:, j, d]) for array in draws)
        made.append(
            Cell(
                name=f"{tier}, {domain}",
                tier=estimates[j],
                count=_known(counts[j, d]),
                count_draws=count_draws,
                share=_known(shares[j, d]),
                share_draws=share_draws,
                respondents=int(np.count_nonzero(inside & (sample.domain == domain))),
                size=float(weights.sum() ** 2 / (weights**2).sum()) if weights.sum() > 0 else 0.0,
            )
        )
    return made


def _counts(tiers: FloatArray, sums: FloatArray, kind: Kind) -> tuple[FloatArray, FloatArray]:
    """Return counts and shares, shape (..., J, D), of tiers of shape (..., J) with weights of shape (..., J, D)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = sums / sums.sum(axis=-1, keepdims=True)
        counts = tiers[..., None] * shares
        if kind == "nested":
            counts = counts.cumsum(axis=-2)
            shares = counts / tiers.cumsum(axis=-1)[..., None]
    return np.asarray(counts), np.asarray(shares)


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)


def _run(tier: Replicates | None, weights: Replicates) -> Replicates:
    """Return replicates that name the streams of both; refuses another run."""
    return weights if tier is None else tier + weights


def _joint(cells: list[Cell], found: list[Estimate], which: int, level: float) -> list[Interval | None]:
    """Return intervals that hold for all cells together: from joint replicates, and limits shared at the edge."""
    drawn = {
        cell.name: estimate.replicates
        for cell, estimate in zip(cells, found, strict=True)
        if estimate.replicates is not None and estimate.interval is not None and not cell.at_the_edge
    }
    each = 1 - (1 - level) / len(cells)
    # The cells at the edge take their shares of the allowance; the others together have what is left of it.
    at_the_edge = sum(cell.at_the_edge and found[at].replicates is not None for at, cell in enumerate(cells))
    left = 1 - (1 - level) * (1 - at_the_edge / len(cells))
    joint = {n: replace(i, level=level) for n, i in joint_intervals(drawn, level=left).items()} if drawn else {}
    return [
        edge_intervals(cell, each)[which] if cell.at_the_edge and found[at].replicates is not None
        else joint.get(cell.name)
        for at, cell in enumerate(cells)
    ]  # fmt: skip


def _check_cells(cells: TierSet, sample: TieredSample, redraws: Mapping[str, Replicates] | None) -> None:
    ids = [[tier.id for tier in which] for which in (cells.tiers, sample.tiers)]
    if cells.kind != "exclusive" or ids[0] != ids[1]:
        raise InvalidInput(
            "tiers that do not fit the sample",
            expected="exclusive tiers, those of the sample in its order: " + ", ".join(ids[1]),
            got=f"{cells.kind}: " + ", ".join(ids[0]),
            where="domain_counts.cells",
            fix="make nested tiers exclusive: synthesis.exclusive(tiers)",
        )
    missing = [] if redraws is None else [k for k in (domain_key(*key) for key in sample.keys) if k not in redraws]
    without = [] if redraws is None else [e.name for e in cells.estimates if e.replicates is None]
    if missing or without:
        raise InvalidInput(
            "redraws that do not fit",
            expected="replicates of every tier, and of the weights of every tier in every domain",
            got=f"none for: {', '.join((*missing, *without))}",
            where="domain_counts.redraws",
            fix="run synthesis.domain_weights inside the recipe that redraws the tiers",
        )
    below = [e.name for e in cells.estimates if e.replicates is not None and (e.replicates.values < 0).any()]
    if below:
        raise InvalidInput(
            "replicates below zero",
            expected="no fewer than nobody in each replicate of an exclusive tier",
            got="negative ones in " + ", ".join(below),
            where="domain_counts.cells",
            fix="put the nested tiers in order first: exclusive(coherent(tiers).constrained)",
        )
