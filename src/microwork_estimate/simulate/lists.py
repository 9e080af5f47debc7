"""Instrument: lists of persons, and who is on which, for capture-recapture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from microwork_estimate.bootstrap.streams import check_stream_names
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand, FloatArray, FrozenMapping, IntArray, Scalar
from microwork_estimate.inputs.checks import distinct_names, same_length
from microwork_estimate.inputs.histories import MAX_LISTS, CaptureHistories
from microwork_estimate.simulate.checks import check_number, check_share
from microwork_estimate.simulate.linkage import Linkage, link
from microwork_estimate.simulate.observed import Observed
from microwork_estimate.simulate.people import BoolArray
from microwork_estimate.simulate.population import Population
from microwork_estimate.streams import stream


@dataclass(frozen=True, kw_only=True, slots=True)
class Capture:
    """How persons come on lists.

    Parameters
    ----------
    probabilities : tuple of float, length k
        For each of two or more lists, the share of catchable persons on it, strictly between 0 and 1.
    names : tuple of str or None
        Names of the lists; None for ``"list 1"``, ``"list 2"``, ...
    odds_ratio : float
        Dependence of the first two lists, above 0: how many times the odds of being on one are higher for persons who
        are on the other. The shares are kept. All other pairs are independent, given the person.
    heterogeneity : float
        Coefficient of the log propensity in the logit of capture, the same on all lists; 0 for equal catchability. A
        log-normal propensity gives a Rasch model whose standard deviation is this times that of the log propensity;
        two classes differ by an odds ratio of ``high_ratio ** heterogeneity``.
    uncatchable : float
        Share of persons whom no list can catch, below 1.

    Raises
    ------
    InvalidInput
        If a number is impossible, or names and probabilities differ in number.

    Examples
    --------
    >>> Capture(probabilities=(0.1, 0.2), odds_ratio=2.0).list_names
    ('list 1', 'list 2')
    """

    probabilities: tuple[float, ...]
    names: tuple[str, ...] | None = None
    odds_ratio: float = 1.0
    heterogeneity: float = 0.0
    uncatchable: float = 0.0

    def __post_init__(self) -> None:
        k = len(self.probabilities)
        names = tuple(f"list {number + 1}" for number in range(k)) if self.names is None else self.names
        if not 2 <= k <= MAX_LISTS:
            raise InvalidInput(
                "impossible number of lists",
                expected=f"2 to {MAX_LISTS} capture probabilities",
                got=str(k),
                where="Capture.probabilities",
                fix="give one probability for each list",
            )
        names = distinct_names(names, where="Capture.names")
        check_stream_names(f"lists/presence/{name}" for name in names)
        same_length({"probabilities": k, "names": len(names)}, where="Capture")
        for probability in self.probabilities:
            check_share(probability, where="Capture.probabilities", below_one=True)
            check_number(probability, where="Capture.probabilities", open_low=True)
        check_number(self.odds_ratio, where="Capture.odds_ratio", open_low=True)
        check_number(self.heterogeneity, where="Capture.heterogeneity", low=-20.0, high=20.0)
        check_share(self.uncatchable, where="Capture.uncatchable", below_one=True)
        object.__setattr__(self, "probabilities", tuple(float(p) for p in self.probabilities))
        object.__setattr__(self, "names", names)

    @property
    def list_names(self) -> tuple[str, ...]:
        """Names of the k lists."""
        assert self.names is not None  # noqa: S101 - filled in by __post_init__
        return self.names


def both_probability(first: FloatArray | float, second: FloatArray | float, odds_ratio: float) -> FloatArray:
    """Return the probability of being on both of two lists with given shares and odds ratio.

    The joint table with cells p11, p10, p01, p00 has the odds ratio p11 p00 / (p10 p01); with the margins kept, p11 is
    the one root of a quadratic that gives no negative cell. Any positive odds ratio can be attained.

    Parameters
    ----------
    first, second : float or array of shape (n,)
        Probabilities of being on each list.
    odds_ratio : float
        Above 0.

    Returns
    -------
    array
        The joint probability, of the shape of `first` and `second` together.

    References
    ----------
    Plackett, R. L. (1965). A class of bivariate distributions. Journal of the American Statistical Association 60,
    516-522.

    Examples
    --------
    >>> p11 = float(both_probability(0.2, 0.3, 4.0))
    >>> round(p11 * (1 - 0.2 - 0.3 + p11) / ((0.2 - p11) * (0.3 - p11)), 9)
    4.0
    """
    p, q = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    # Being on neither list has the same odds ratio; the smaller of the two cells is the one to compute without loss.
    surplus = np.maximum(p + q - 1.0, 0.0)
    p, q = np.where(surplus > 0, 1.0 - p, p), np.where(surplus > 0, 1.0 - q, q)
    linear = 1.0 + (p + q) * (odds_ratio - 1.0)
    root = np.sqrt(linear**2 - 4.0 * odds_ratio * (odds_ratio - 1.0) * p * q)
    # This form of the root neither cancels nor divides by zero at an odds ratio of 1.
    return np.asarray(surplus + 2.0 * odds_ratio * p * q / (linear + root))


def lists(
    population: Population,
    *,
    capture: Capture,
    among: str = "registered",
    linkage: Linkage | None = None,
    seed: int,
) -> Observed[CaptureHistories]:
    """Draw lists of persons, link them, and count who is on which.

    In words: the persons of a tier who are not uncatchable come on each list with its probability, higher for the more
    inclined where heterogeneity is asked; the first two lists depend on each other by the odds ratio; then records are
    linked with errors.

    Parameters
    ----------
    population : Population
    capture : Capture
        Probabilities and dependence.
    among : str
        The tier that the lists are about: ``"everybody"``, ``"registered"``, ``"ever_active"``, ``"monthly"``,
        ``"weekly_days4"`` or ``"weekly_every_week"``, on the declaring platforms.
    linkage : Linkage or None
        Errors of linkage. None for none.
    seed : int

    Returns
    -------
    Observed of CaptureHistories
        The truth has ``size`` (persons of the tier: what is to be estimated), ``catchable``, ``seen`` and ``overlap``
        (persons on the first two lists, before linkage), and ``odds_ratio``.

    Raises
    ------
    InvalidInput
        If there is no such tier, or nobody in it.

    Assumptions
    -----------
    With heterogeneity the odds ratio holds for each person; over persons it is larger.

    References
    ----------
    Plackett (1965), as in :func:`both_probability`. Rasch-type heterogeneity: Darroch, J. N., Fienberg, S. E., Glonek,
    G. F. V. and Junker, B. W. (1993), Journal of the American Statistical Association 88, 1137-1148.

    Examples
    --------
    >>> from microwork_estimate.simulate import PlatformMarket, population
    >>> world = population(n_persons=5000, market=PlatformMarket.ranked(3, largest=0.3), seed=1)
    >>> seen = lists(world, capture=Capture(probabilities=(0.2, 0.1)), seed=2)
    >>> seen.data.n_observed == seen.truth["seen"]
    True
    """
    persons = np.flatnonzero(population.among(among))
    if persons.size == 0:
        raise InvalidInput(
            "nobody to list",
            expected=f"persons who are {among}",
            got="none in this world",
            where="among",
            fix="choose a wider tier or a larger world",
        )
    catchable = stream(seed, "lists/uncatchable").random(persons.size) >= capture.uncatchable
    chances = _chances(capture, np.log(np.maximum(population.propensity[persons], 1e-30)))
    presence = _draw(capture, chances, persons.size, seed) & catchable[:, None]
    seen = presence.any(axis=1)
    truth: dict[str, Scalar] = {
        **population.truth,
        "size": int(persons.size),
        "catchable": int(np.count_nonzero(catchable)),
        "seen": int(np.count_nonzero(seen)),
        "overlap": int(np.count_nonzero(presence[:, 0] & presence[:, 1])),
        "odds_ratio": capture.odds_ratio,
    }
    codes = link(_codes(presence[seen]), len(capture.probabilities), linkage or Linkage(), seed)
    counts = np.bincount(codes, minlength=2 ** len(capture.probabilities))
    data = CaptureHistories(
        lists=capture.list_names,
        counts=counts[:0:-1],
        estimand=Estimand(unit="persons", activity="captured", window="28 days", platforms="declaring"),
    )
    return Observed(data=data, truth=FrozenMapping(truth))


def _chances(capture: Capture, log_propensity: FloatArray) -> list[FloatArray]:
    """Return the probability of capture on each list: one number, or one for each person under heterogeneity."""
    if capture.heterogeneity == 0.0:
        return [np.asarray(p) for p in capture.probabilities]
    slope = capture.heterogeneity * (log_propensity - log_propensity.mean(dtype=np.float64))
    reach = 40.0 + float(np.abs(slope).max())

    def excess(level: float, *, probability: float) -> float:
        return float(special.expit(level + slope).mean() - probability)

    levels = [optimize.brentq(partial(excess, probability=p), -reach, reach) for p in capture.probabilities]
    return [np.asarray(special.expit(level + slope)) for level in levels]


def _draw(capture: Capture, chances: list[FloatArray], n: int, seed: int) -> BoolArray:
    """Draw presence on the lists, shape (n, k)."""
    presence = np.empty((n, len(chances)), dtype=np.bool_)
    for number, name in enumerate(capture.list_names):
        chance = chances[number]
        if number == 1 and capture.odds_ratio != 1.0:
            both = both_probability(chances[0], chances[1], capture.odds_ratio)
            chance = np.where(presence[:, 0], both / chances[0], (chances[1] - both) / (1.0 - chances[0]))
        presence[:, number] = stream(seed, f"lists/presence/{name}").random(n) < chance
    return presence


def _codes(presence: BoolArray) -> IntArray:
    """Write each pattern of presence as a number, the first list as the leftmost binary digit."""
    digits: NDArray[np.int64] = 1 << np.arange(presence.shape[1] - 1, -1, -1)
    return presence.astype(np.int64) @ digits
