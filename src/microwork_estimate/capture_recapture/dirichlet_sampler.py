"""Sampling the posterior of a Dirichlet-process mixture of latent classes on lists, many chains as one array.

The law: class shares are broken off a stick, V_1, V_2, ... ~ Beta(1, a), with a ~ Gamma(1/4, 1/4); in class j a person
is on list l with a chance that is uniform beforehand; the size N has the prior 1/N. The state is t = logit of the
chances and w = logit of V. One sweep of the Gibbs sampler draws the unseen, the classes of all persons (as counts for
each pattern), and then t, a and w. The unseen and the classes tie successive sweeps together so much that hundreds are
needed to forget a state; so each sweep is followed by a Hamiltonian trajectory on (t, w) with the unseen, the classes
and a integrated out, which leaves the same posterior as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microwork_estimate.estimate import FloatArray, IntArray

CONCENTRATION_SHAPE = 0.25
CONCENTRATION_RATE = 0.25

LARGEST_RATE = 1e15
"""Poisson rates of the unseen above are rounded instead of drawn from; no other limit is set to the unseen."""

_FARTHEST_ODDS = 50.0
_FARTHEST_STICK = 600.0
_SMALLEST = 1e-300
_WANTED_ACCEPTANCE = 0.8
_FIRST_STEP = 0.25
_LEARNING = 0.05
_PRIOR_PRECISION = 0.3  # of the logit of a uniform variate: 3 / pi^2


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SizeDraws:
    """What the chains found.

    Parameters
    ----------
    unseen : array of shape (d, c)
        Persons on no list: d successive draws of c chains.
    occupied : array of shape (d, c)
        Classes with at least one person, seen or not.
    last_share : array of shape (d, c)
        Share of the population in the last class, which takes what the others leave.
    accepted : float
        Share of trajectories accepted after the burn-in.
    """

    unseen: FloatArray
    occupied: IntArray
    last_share: FloatArray
    accepted: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Posterior:
    """The data and the prior, as sampling needs them.

    Parameters
    ----------
    patterns : array of shape (1 + m, k)
        On no list first, then the patterns that somebody has.
    persons : array of shape (m,)
    max_classes : int
    """

    patterns: FloatArray
    persons: FloatArray
    max_classes: int

    @property
    def n(self) -> float:
        """Persons seen."""
        return float(self.persons.sum())

    def slopes(self, log_odds: FloatArray, sticks: FloatArray) -> _Slopes:
        """Return the log density of (t, w), its gradient and curvatures, with all else integrated out.

        Procedure: the likelihood of the persons seen is that of a truncated multinomial; its gradient needs the
        expected persons of each class, the unseen included, as an EM step does. With a integrated out, the sticks have
        the density prod V_j (1/4 - sum ln(1 - V_j))^-(K - 3/4) on the logit scale.

        Parameters
        ----------
        log_odds : array of shape (c, j, k)
        sticks : array of shape (c, j - 1)

        Returns
        -------
        _Slopes
        """
        softplus = np.logaddexp(0.0, log_odds)
        log_taken, log_left = -np.logaddexp(0.0, -sticks), -np.logaddexp(0.0, sticks)
        joint, seen = _joint(self.patterns, log_odds, softplus, log_taken, log_left)
        chance = joint.sum(axis=2)
        rest = CONCENTRATION_RATE - log_left.sum(axis=1)
        power = CONCENTRATION_SHAPE + self.max_classes - 1.0
        value = np.log(chance[:, 1:]) @ self.persons - self.n * np.log(seen)
        value += (log_odds - 2.0 * softplus).sum(axis=(1, 2)) + log_taken.sum(axis=1) - power * np.log(rest)
        expected = np.empty_like(chance)
        expected[:, 1:], expected[:, 0] = self.persons / chance[:, 1:], self.n / seen
        joint *= expected[:, :, None]
        members, hits = joint.sum(axis=1), np.matmul(joint.transpose(0, 2, 1), self.patterns)
        p, taken = np.exp(log_odds - softplus), np.exp(log_taken)
        later = members[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
        by_stick = (members[:, :-1] + 1.0) * (1.0 - taken) - taken * later - power * taken / rest[:, None]
        return _Slopes(
            value=value,
            log_odds=hits - members[:, :, None] * p + 1.0 - 2.0 * p,
            sticks=by_stick,
            odds_precision=members[:, :, None] * p * (1.0 - p) + _PRIOR_PRECISION,
            members=members,
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Slopes:
    value: FloatArray
    log_odds: FloatArray
    sticks: FloatArray
    odds_precision: FloatArray
    members: FloatArray


def _joint(
    patterns: FloatArray, log_odds: FloatArray, softplus: FloatArray, log_taken: FloatArray, log_left: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the chance of each pattern in each class times the share of the class, (c, 1 + m, j), and P(seen), (c,).

    P(seen) is not one minus the chance of no list, which would lose all digits when hardly anybody is seen.
    """
    log_shares = np.zeros((len(log_odds), log_odds.shape[1]))
    log_shares[:, :-1] = log_taken
    log_shares[:, 1:] += np.cumsum(log_left, axis=1)
    total = softplus.sum(axis=2)
    joint: FloatArray = np.exp((log_shares - total)[:, None, :] + np.matmul(patterns, log_odds.transpose(0, 2, 1)))
    seen = -(np.exp(log_shares) * np.expm1(-total)).sum(axis=1)
    return joint, np.maximum(seen, _SMALLEST)


def sample_sizes(
    posterior: Posterior,
    generator: np.random.Generator,
    *,
    n_chains: int,
    burn_in: int,
    kept: tuple[int, int],
    leapfrog: int,
) -> SizeDraws:
    """Run the chains from points drawn from the prior.

    Procedure: each iteration is a Gibbs sweep and a Hamiltonian trajectory. During the burn-in, step lengths are
    adapted to an acceptance of 80 %, and the scales of the directions to the expected persons of each class; then both
    stay as they are, each chain with its own.

    Parameters
    ----------
    posterior : Posterior
    generator : numpy.random.Generator
        The only source of randomness.
    n_chains : int
        c.
    burn_in : int
        Iterations left out.
    kept : tuple of int
        Draws kept of each chain, and iterations from one to the next.
    leapfrog : int
        Steps of a trajectory; 0 for the Gibbs sampler alone.

    Returns
    -------
    SizeDraws

    References
    ----------
    Manrique-Vallier 2016, Biometrics 72(4), 1246-1254, for the model and its Gibbs sampler; Neal 2011, Handbook of
    Markov Chain Monte Carlo, chapter 5, for trajectories.

    Examples
    --------
    >>> from microwork_estimate.inputs import all_patterns
    >>> posterior = Posterior(
    ...     patterns=np.vstack([np.zeros(2), all_patterns(2)]), persons=np.array([30.0, 170.0, 120.0]), max_classes=1
    ... )
    >>> draws = sample_sizes(
    ...     posterior, np.random.default_rng(1), n_chains=8, burn_in=50, kept=(200, 1), leapfrog=5
    ... )
    >>> draws.unseen.shape, bool(abs(np.median(draws.unseen) - 680) < 60)
    ((200, 8), True)
    """
    n_draws, thin = kept
    j, k = posterior.max_classes, posterior.patterns.shape[1]
    chains = _Chains(
        log_odds=_logit(generator, np.ones((n_chains, j, k)), np.ones((n_chains, j, k))),
        sticks=_logit(generator, np.ones((n_chains, j - 1)), np.ones((n_chains, j - 1))),
    )
    first = posterior.slopes(chains.log_odds, chains.sticks)
    tuning = _Tuning(
        step=np.full(n_chains, _FIRST_STEP),
        odds=np.log(first.odds_precision),
        members=np.log(np.maximum(first.members, _SMALLEST)),
    )
    unseen, last = np.empty((n_draws, n_chains)), np.empty((n_draws, n_chains))
    occupied = np.empty((n_draws, n_chains), dtype=np.int64)
    accepted = 0.0
    for iteration in range(burn_in + n_draws * thin):
        drawn, members = _sweep(posterior, chains, generator)
        if leapfrog:
            taken = _trajectory(posterior, chains, tuning, generator, leapfrog, adapt=iteration < burn_in)
            accepted += taken * (iteration >= burn_in)
        after = iteration - burn_in + 1
        if after > 0 and after % thin == 0:
            at = after // thin - 1
            unseen[at], occupied[at] = drawn, (members > 0).sum(axis=1)
            last[at] = np.exp(-np.logaddexp(0.0, chains.sticks).sum(axis=1))
    return SizeDraws(unseen=unseen, occupied=occupied, last_share=last, accepted=accepted / (n_draws * thin))


@dataclass(kw_only=True, slots=True, eq=False)
class _Chains:
    """Where the chains are; the one thing here that changes."""

    log_odds: FloatArray
    sticks: FloatArray


@dataclass(kw_only=True, slots=True, eq=False)
class _Tuning:
    """What is learned during the burn-in: step lengths (c,), and for each class two logarithms.

    These are of the precisions of its log odds (c, j, k), and of its expected persons (c, j).
    """

    step: FloatArray
    odds: FloatArray
    members: FloatArray

    def learn(self, at: _Slopes) -> None:
        """Move the scales a little towards those at a point."""
        self.odds += _LEARNING * (np.log(at.odds_precision) - self.odds)
        self.members += _LEARNING * (np.log(np.maximum(at.members, _SMALLEST)) - self.members)

    def scales(self) -> tuple[FloatArray, FloatArray]:
        """Return the standard deviations of the log odds and of the sticks."""
        members = np.exp(self.members)
        later = members[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
        precision = members[:, :-1] * later / (members[:, :-1] + later) + _PRIOR_PRECISION
        return np.exp(-0.5 * self.odds), 1.0 / np.sqrt(precision)


def _sweep(posterior: Posterior, chains: _Chains, generator: np.random.Generator) -> tuple[FloatArray, IntArray]:
    """Draw unseen, classes, chances, concentration and sticks; return the unseen (c,) and the members (c, j)."""
    softplus = np.logaddexp(0.0, chains.log_odds)
    log_taken, log_left = -np.logaddexp(0.0, -chains.sticks), -np.logaddexp(0.0, chains.sticks)
    joint, seen = _joint(posterior.patterns, chains.log_odds, softplus, log_taken, log_left)
    unseen = _unseen(posterior.n, joint[:, 0].sum(axis=1) / seen, generator)
    counts = np.empty(joint.shape[:2], dtype=np.int64)
    counts[:, 0], counts[:, 1:] = unseen, posterior.persons
    joint /= joint.sum(axis=2, keepdims=True)
    classes = generator.multinomial(counts, joint)
    members, hits = classes.sum(axis=1), np.matmul(classes.transpose(0, 2, 1).astype(np.float64), posterior.patterns)
    chains.log_odds = _logit(generator, 1.0 + hits, 1.0 + members[:, :, None] - hits, farthest=_FARTHEST_ODDS)
    shape = CONCENTRATION_SHAPE + posterior.max_classes - 1.0
    concentration = generator.standard_gamma(shape, len(seen)) / (CONCENTRATION_RATE - log_left.sum(axis=1))
    later = members[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    chains.sticks = _logit(generator, 1.0 + members[:, :-1], concentration[:, None] + later)
    return unseen.astype(np.float64), members


def _unseen(n: float, odds: FloatArray, generator: np.random.Generator) -> IntArray:
    """Draw negative binomial numbers of unseen persons: a Poisson law whose rate has a gamma law."""
    rate = generator.standard_gamma(n, odds.size) * odds
    drawn = generator.poisson(np.minimum(rate, LARGEST_RATE))
    rounded = np.rint(np.clip(rate, LARGEST_RATE, 1e3 * LARGEST_RATE)).astype(np.int64)
    return np.where(rate > LARGEST_RATE, rounded, drawn)


def _logit(
    generator: np.random.Generator, one: np.ndarray, other: np.ndarray, *, farthest: float = _FARTHEST_STICK
) -> FloatArray:
    """Draw the logit of a Beta variate, as the difference of two logarithms of gamma variates."""
    first, second = (np.log(np.maximum(generator.standard_gamma(shape), _SMALLEST)) for shape in (one, other))
    return np.asarray(np.clip(first - second, -farthest, farthest), dtype=np.float64)


def _trajectory(
    posterior: Posterior,
    chains: _Chains,
    tuning: _Tuning,
    generator: np.random.Generator,
    steps: int,
    *,
    adapt: bool,
) -> float:
    """Move every chain along a trajectory and accept or refuse its end; return the share accepted."""
    start = posterior.slopes(chains.log_odds, chains.sticks)
    if adapt:
        tuning.learn(start)
    odds_scale, stick_scale = tuning.scales()
    c = len(chains.log_odds)
    step = (tuning.step * generator.uniform(0.5, 1.5, c))[:, None]
    odds_step, stick_step = step[:, :, None] * odds_scale, step * stick_scale
    pace = generator.standard_normal(chains.log_odds.shape) + 0.5 * odds_step * start.log_odds
    speed = generator.standard_normal(chains.sticks.shape) + 0.5 * stick_step * start.sticks
    before = start.value - _energy(pace - 0.5 * odds_step * start.log_odds, speed - 0.5 * stick_step * start.sticks)
    log_odds, sticks, there = chains.log_odds, chains.sticks, start
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for i in range(steps):
            log_odds, sticks = log_odds + odds_step * pace, sticks + stick_step * speed
            there = posterior.slopes(log_odds, sticks)
            half = 1.0 if i < steps - 1 else 0.5
            pace, speed = pace + half * odds_step * there.log_odds, speed + half * stick_step * there.sticks
        gain = there.value - _energy(pace, speed) - before
    far = (np.abs(log_odds) > _FARTHEST_ODDS).any(axis=(1, 2)) | (np.abs(sticks) > _FARTHEST_STICK).any(axis=1)
    gain = np.where(far | np.isnan(gain), -np.inf, np.minimum(gain, 0.0))
    moved = generator.random(c) < np.exp(gain)
    chains.log_odds = np.where(moved[:, None, None], log_odds, chains.log_odds)
    chains.sticks = np.where(moved[:, None], sticks, chains.sticks)
    if adapt:
        tuning.step = tuning.step * np.exp(_LEARNING * (np.exp(gain) - _WANTED_ACCEPTANCE))
    return float(moved.mean())


def _energy(pace: FloatArray, speed: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (pace**2).sum(axis=(1, 2)) + 0.5 * (speed**2).sum(axis=1), dtype=np.float64)
