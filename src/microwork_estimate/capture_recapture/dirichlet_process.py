"""Population size from several lists when the number of classes is left open: a Dirichlet-process mixture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from microwork_estimate.capture_recapture.assumptions import (
    CLOSED_POPULATION,
    IN_SCOPE_LISTS,
    LATENT_CLASSES,
    PERFECT_LINKAGE,
    PRIOR_LAW,
)
from microwork_estimate.capture_recapture.counts import nearly_all_seen
from microwork_estimate.capture_recapture.dirichlet_sampler import Posterior, SizeDraws, sample_sizes
from microwork_estimate.capture_recapture.list_checks import list_warnings, nobody_seen, seen_bounds
from microwork_estimate.capture_recapture.mixing import effective_draws, split_rhat
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Estimate, FloatArray, FrozenMapping, Interval, Replicates, Scalar
from microwork_estimate.inputs.histories import CaptureHistories
from microwork_estimate.streams import stream

STREAM = "latent-classes"
"""Name of the random stream of the chains."""

LARGEST_RHAT = 1.05
FEWEST_EFFECTIVE = 400
LARGEST_LAST_SHARE = 0.02
LISTS_THAT_IDENTIFY = 4
"""With fewer lists only one class is identified."""

ASSUMPTIONS = (LATENT_CLASSES, PRIOR_LAW, CLOSED_POPULATION, PERFECT_LINKAGE, IN_SCOPE_LISTS)
REFERENCES = (
    "Manrique-Vallier 2016, Biometrics 72(4), 1246-1254",
    "Vehtari, Gelman, Simpson, Carpenter and Buerkner 2021, Bayesian Analysis 16(2), 667-718",
)
_MANY_TIMES = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainPlan:
    """How many Markov chains are run, and how long.

    Parameters
    ----------
    chains : int
        At least 4; they run together as one array, so that 32 take hardly longer than 8.
    burn_in : int
        Iterations of each chain that are left out.
    draws : int
        Draws kept of each chain, at least 8.
    thin : int
        Iterations from one draw kept to the next.
    leapfrog : int
        Steps of the Hamiltonian trajectory that follows each Gibbs sweep; 0 for the Gibbs sampler alone.

    Examples
    --------
    >>> ChainPlan(chains=8, draws=500).total
    4000
    """

    chains: int = 32
    burn_in: int = 500
    draws: int = 1000
    thin: int = 1
    leapfrog: int = 20

    def __post_init__(self) -> None:
        for name, least in (("chains", 4), ("burn_in", 0), ("draws", 8), ("thin", 1), ("leapfrog", 0)):
            _whole(getattr(self, name), least, where=f"ChainPlan.{name}")

    @property
    def total(self) -> int:
        """Draws kept of all chains."""
        return self.chains * self.draws


def latent_class_bayes(
    histories: CaptureHistories,
    *,
    seed: int,
    max_classes: int = 10,
    plan: ChainPlan | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate the population size by its posterior median under a Dirichlet-process mixture of latent classes.

    Procedure: classes take shares of a stick, each Beta(1, a) of what is left, with a ~ Gamma(1/4, 1/4); the last of
    `max_classes` takes the rest. Chances are uniform beforehand and N has the prior 1/N. Many chains run as one array,
    from points drawn from the prior: each iteration is a Gibbs sweep on cell counts and a Hamiltonian trajectory, which
    leaves the posterior as it is and forgets the past much faster. The unseen are not cut off; LCMCR refuses more than
    20 times the persons seen, and the share of draws beyond is in the diagnostics.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists or more. Fewer than four identify one class only.
    seed : int
        Seed of the run; a result without one could not be made again.
    max_classes : int
        Largest number of classes.
    plan : ChainPlan, optional
        Chains and their length; by default 32 chains with 500 iterations of burn-in and 1,000 draws each.
    level : float
        Posterior probability of the interval, as a share.

    Returns
    -------
    Estimate
        The median; the standard deviation of the draws in `standard_error`; all draws in `replicates`, chain after
        chain within each iteration. When nobody is on two lists, `value` is None and the interval has a lower end only.
        Diagnostics: ``split_rhat``, ``effective_draws``, how often trajectories were accepted, classes with persons, the
        share of the last class, the share of draws with more than 20 unseen for each seen. Codes: ``"poor-mixing"``,
        ``"truncated-classes"``, ``"prior-driven"`` (fewer than four lists), and those on the lists themselves.

    Raises
    ------
    InvalidInput
        If the seed, the plan or the number of classes is impossible.

    Assumptions
    -----------
    Lists are independent within classes; the prior; closed population; perfect linkage; lists in scope. Classes that are
    hardly ever seen stay unknown: under two classes with very different chances the number is too low.

    References
    ----------
    Manrique-Vallier 2016, Biometrics 72(4), 1246-1254; Vehtari et al. 2021, Bayesian Analysis 16(2), 667-718, for the
    diagnostics of the chains.

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.inputs import CaptureHistories, all_patterns
    >>> counts = [58, 157, 18, 104, 46, 650, 12, 709, 14, 20, 7, 74, 8, 182, 10]
    >>> lists = CaptureHistories.from_patterns("ABCD", all_patterns(4), counts)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     estimate = latent_class_bayes(lists, seed=1, plan=ChainPlan(chains=8, burn_in=50, draws=50))
    >>> bool(2200 < estimate.value < 3000), len(estimate.replicates)
    (True, 400)
    """
    check_level(level)
    _whole(max_classes, 1, where="max_classes")
    chosen = plan or ChainPlan()
    generator = stream(seed, STREAM)
    if histories.n_observed == 0:
        return nobody_seen(histories, name="latent classes, Bayes", assumptions=ASSUMPTIONS, references=REFERENCES)
    draws = sample_sizes(
        _posterior(histories, max_classes),
        generator,
        n_chains=chosen.chains,
        burn_in=chosen.burn_in,
        kept=(chosen.draws, chosen.thin),
        leapfrog=chosen.leapfrog,
    )
    sizes = histories.n_observed + draws.unseen
    found = list(list_warnings(histories))
    unlimited = any(warning.code == "no-overlap" for warning in found)
    diagnostics = _diagnostics(draws, sizes, float(histories.n_observed))
    found += _warnings(diagnostics, histories, max_classes)
    found += [] if unlimited else nearly_all_seen(float(np.median(sizes)), float(histories.n_observed))
    announce(found)
    return Estimate(
        name="latent classes, Bayes",
        value=None if unlimited else float(np.median(sizes)),
        standard_error=None if unlimited else float(sizes.std(ddof=1)),
        interval=_interval(sizes, level, unlimited=unlimited),
        bounds=seen_bounds(histories) if unlimited else None,
        replicates=Replicates(values=sizes.ravel(), streams=(STREAM,), seed=seed),
        estimand=histories.estimand,
        method=f"Dirichlet-process mixture of at most {max_classes} latent classes, {chosen.total:,} draws",
        n_observed=float(histories.n_observed),
        assumptions=ASSUMPTIONS,
        warnings=tuple(found),
        references=REFERENCES,
        diagnostics=FrozenMapping(diagnostics),
    )


def _posterior(histories: CaptureHistories, max_classes: int) -> Posterior:
    present = histories.counts > 0
    nobody = np.zeros((1, len(histories.lists)))
    return Posterior(
        patterns=np.vstack([nobody, histories.patterns[present]]),
        persons=histories.counts[present].astype(np.float64),
        max_classes=max_classes,
    )


def _interval(sizes: FloatArray, level: float, *, unlimited: bool) -> Interval:
    if unlimited:
        low = float(np.quantile(sizes, 1.0 - level))
        return Interval(low=low, high=math.inf, level=level, method="lower posterior quantile")
    low, high = np.quantile(sizes, [0.5 - 0.5 * level, 0.5 + 0.5 * level])
    return Interval(low=float(low), high=float(high), level=level, method="posterior quantiles")


def _diagnostics(draws: SizeDraws, sizes: FloatArray, n: float) -> dict[str, Scalar]:
    return {
        "split_rhat": split_rhat(sizes),
        "effective_draws": effective_draws(sizes),
        "draws": int(sizes.size),
        "chains": int(sizes.shape[1]),
        "accepted": draws.accepted,
        "posterior_mean": float(sizes.mean()),
        "mean_occupied_classes": float(draws.occupied.mean()),
        "last_class_share": float(draws.last_share.mean()),
        "share_beyond_20_unseen_for_each_seen": float((draws.unseen > _MANY_TIMES * n).mean()),
    }


def _warnings(found: dict[str, Scalar], histories: CaptureHistories, max_classes: int) -> list[CodedWarning]:
    warned = []
    rhat, effective = float(found["split_rhat"] or 0.0), float(found["effective_draws"] or 0.0)
    if rhat > LARGEST_RHAT or effective < FEWEST_EFFECTIVE:
        message = (
            f"split R-hat {rhat:.3f} and {effective:,.0f} effective draws: the chains have not yet agreed; "
            "run them longer"
        )
        warned.append(CodedWarning(code="poor-mixing", message=message))
    last = float(found["last_class_share"] or 0.0)
    if max_classes > 1 and last > LARGEST_LAST_SHARE:
        message = (
            f"the last of {max_classes} classes holds {100 * last:.1f} % of the population: allow for more classes"
        )
        warned.append(CodedWarning(code="truncated-classes", message=message))
    if max_classes > 1 and len(histories.lists) < LISTS_THAT_IDENTIFY:
        message = f"{len(histories.lists)} lists identify one class only: how many more there are, the prior decides"
        warned.append(CodedWarning(code="prior-driven", message=message))
    return warned


def _whole(number: int, least: int, *, where: str) -> None:
    if not isinstance(number, int | np.integer) or isinstance(number, bool) or number < least:
        raise InvalidInput(
            "impossible number",
            expected=f"a whole number, at least {least}",
            got=repr(number),
            where=where,
            fix="give one",
        )
