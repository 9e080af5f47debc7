"""Several lists: the world of a certificate, with dependence or unequal chances, and what is tried in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from microwork_estimate import bootstrap, capture_recapture
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimate, FloatArray
from microwork_estimate.inputs import CaptureHistories, all_patterns
from microwork_estimate.simulate.checks import check_number, check_share, check_whole
from microwork_estimate.simulate.lists import both_probability

_NODES = 61


@dataclass(frozen=True, kw_only=True, slots=True)
class SeveralLists:
    """N persons on k lists; the counts of the patterns are multinomial.

    Parameters
    ----------
    size : int
        N, the truth.
    chances : tuple of float, length k
        Share of the catchable persons on each list, before unequal chances: the chance of a middling person.
    pairs : tuple of (int, int)
        Pairs of lists, counted from 1, that depend on one another; no list is in two pairs.
    odds_ratio : float
        Of each of these pairs. The sizes of the lists do not change with it.
    class_share, class_odds : float
        Share of an inclined class, and by what factor its odds to be on each list are higher; two classes of activity.
    spread : float
        Standard deviation, in logits, of a normal difference between persons that is the same on all lists (Rasch).
    uncatchable : float
        Share of persons whom no list can catch.

    Raises
    ------
    InvalidInput
        If a number is impossible, a list is in two pairs, or dependence and unequal chances are asked at once.

    Examples
    --------
    >>> histories, truth = SeveralLists(size=5000, chances=(0.3, 0.2, 0.2, 0.1))(np.random.default_rng(1))
    >>> truth, histories.counts.size
    (5000.0, 15)
    """

    size: int
    chances: tuple[float, ...]
    pairs: tuple[tuple[int, int], ...] = ()
    odds_ratio: float = 1.0
    class_share: float = 0.0
    class_odds: float = 1.0
    spread: float = 0.0
    uncatchable: float = 0.0

    def __post_init__(self) -> None:
        # Lists of a TOML file become tuples, so that a world can be hashed.
        object.__setattr__(self, "chances", tuple(self.chances))
        object.__setattr__(self, "pairs", tuple((int(one), int(other)) for one, other in self.pairs))
        check_whole(self.size, where="SeveralLists.size")
        for share in (*self.chances, self.class_share, self.uncatchable):
            check_share(share, where="SeveralLists", below_one=True)
        check_number(self.odds_ratio, where="SeveralLists.odds_ratio", open_low=True)
        check_number(self.class_odds, where="SeveralLists.class_odds", open_low=True)
        check_number(self.spread, where="SeveralLists.spread", high=10.0)
        used = [at for pair in self.pairs for at in pair]
        unequal = self.spread > 0.0 or self.class_share > 0.0
        if len(set(used)) < len(used) or not set(used) <= set(range(1, len(self.chances) + 1)) or (used and unequal):
            raise InvalidInput(
                "dependence that this world cannot have",
                expected=f"pairs of different lists from 1 to {len(self.chances)}, and equal chances with them",
                got=f"pairs {self.pairs}, spread {self.spread:g}, class_share {self.class_share:g}",
                where="SeveralLists",
                fix="name each list in one pair at most, and ask for dependence or for unequal chances",
            )

    def __call__(self, generator: np.random.Generator) -> tuple[CaptureHistories, float]:
        """Draw the lists; the truth is N."""
        counts = generator.multinomial(self.size, pattern_chances(self))
        names = tuple(f"list {number}" for number in range(1, len(self.chances) + 1))
        return CaptureHistories(lists=names, counts=counts[:-1]), float(self.size)


@lru_cache(maxsize=64)
def pattern_chances(world: SeveralLists) -> FloatArray:
    """Return the chance of each pattern, those on no list last, shape (2^k,).

    Parameters
    ----------
    world : SeveralLists

    Returns
    -------
    array of shape (2^k,)

    Examples
    --------
    >>> pattern_chances(SeveralLists(size=10, chances=(0.5, 0.2))).round(3).tolist()
    [0.1, 0.4, 0.1, 0.4]
    """
    patterns = all_patterns(len(world.chances))
    shifts, weights = _persons(world)
    chances = special.expit(special.logit(np.array(world.chances)) + shifts[:, None])
    each = np.where(patterns[None, :, :] == 1, chances[:, None, :], 1.0 - chances[:, None, :])
    paired = {at - 1 for pair in world.pairs for at in pair}
    alone = [at for at in range(len(world.chances)) if at not in paired]
    seen = each[:, :, alone].prod(axis=2)
    for one, other in world.pairs:
        seen = seen * _pair(chances[:, one - 1], chances[:, other - 1], patterns[:, [one - 1, other - 1]], world)
    seen = (1.0 - world.uncatchable) * (weights @ seen)
    return np.append(seen, 1.0 - seen.sum())


def _persons(world: SeveralLists) -> tuple[FloatArray, FloatArray]:
    """Return how the logits of persons differ, and the shares of those who differ so."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES if world.spread > 0 else 1)
    nodes, weights = world.spread * nodes, weights / weights.sum()
    if world.class_share == 0.0:
        return nodes, weights
    inclined = nodes + np.log(world.class_odds)
    shares = np.concatenate([(1.0 - world.class_share) * weights, world.class_share * weights])
    return np.concatenate([nodes, inclined]), shares


def _pair(first: FloatArray, second: FloatArray, patterns: np.ndarray, world: SeveralLists) -> FloatArray:
    """Return the joint chance of two dependent lists for each pattern, shape (persons, patterns)."""
    both = both_probability(first, second, world.odds_ratio)[:, None]
    on_first, on_second = patterns[:, 0] == 1, patterns[:, 1] == 1
    first, second = first[:, None], second[:, None]
    return np.asarray(
        np.where(
            on_first,
            np.where(on_second, both, first - both),
            np.where(on_second, second - both, 1.0 - first - second + both),
        )
    )


def reselected_loglinear(
    histories: CaptureHistories, *, n_replicates: int = 199, seed: int = 1, level: float = 0.95
) -> Estimate:
    """Choose a log-linear model by AIC, and choose anew in each replicate for a percentile interval.

    Parameters
    ----------
    histories : CaptureHistories
    n_replicates : int
        B.
    seed : int
        Of the redraws. One seed for all simulations is fair: what is redrawn are the data of each.
    level : float

    Returns
    -------
    Estimate

    Raises
    ------
    InvalidInput
        If no model has a maximum.

    Examples
    --------
    >>> lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [12, 142, 112, 247, 4, 49, 60])
    >>> reselected_loglinear(lists, n_replicates=19).interval.method
    'percentile'
    """
    estimate = capture_recapture.select_loglinear(histories, level=level)
    recipe = capture_recapture.Reselection.of(histories)
    draws = bootstrap.replicate(
        recipe, histories.counts, bootstrap.MultinomialCounts(), n_replicates=n_replicates, seed=seed
    )
    return bootstrap.with_replicates(estimate, draws["value"], level=level)


def latent_class_draws(histories: CaptureHistories, *, seed: int = 1, level: float = 0.95) -> Estimate:
    """Persons by the Dirichlet process of latent classes, with chains short enough to be run many times.

    Parameters
    ----------
    histories : CaptureHistories
    seed : int
        Of the chains. One seed for all simulations is fair: the posterior is that of the data of each.
    level : float

    Returns
    -------
    Estimate
        Most carry ``poor-mixing``: the chains are a tenth as long as those of a study.

    Examples
    --------
    >>> import warnings
    >>> lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [12, 142, 112, 247, 4, 49, 60])
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     latent_class_draws(lists).value > lists.n_observed
    True
    """
    plan = capture_recapture.ChainPlan(chains=8, burn_in=40, draws=80, leapfrog=10)
    return capture_recapture.latent_class_bayes(histories, seed=seed, plan=plan, level=level)
