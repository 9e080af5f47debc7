"""Surveys of some platforms only: a world in which the persons elsewhere are as far out as they can be, and what is tried.

Persons on none of the platforms reached are known by their accounts alone. How these accounts are put together decides
where between the bounds the truth lies; a world at an end of the bounds is the hardest for an interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from microwork_estimate import platforms
from microwork_estimate.errors import check_choice
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import PlatformRegistrations, SurveySample
from microwork_estimate.simulate.cells.platforms import N_DECLARING, SEED, Surveyed
from microwork_estimate.simulate.checks import check_share, check_whole
from microwork_estimate.streams import stream

ELSEWHERE = ("apart", "together", "alike")
_NAMES = tuple(f"platform {number:02d}" for number in range(1, N_DECLARING + 1))
_SOURCE = "synthetic"


class _Frame(NamedTuple):
    """Who is on which platform, shape (N, p), and the accounts of each."""

    members: NDArray[np.bool_]
    accounts: PlatformRegistrations


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformSubset:
    """Persons on seven platforms, of which a survey reaches some; the others are put together as asked.

    Half of the persons are on a platform that is reached: on each of these with a chance of 0.6, on each of the others
    with the chance `crossing`. The other half are on the other platforms only, the last of which has the most of them.

    Parameters
    ----------
    n_persons : int
        N, the truth, an even number.
    n_reached : int
        Platforms through which respondents are drawn: the first ones.
    crossing : float
        Chance of those reached to be on each other platform.
    elsewhere : str
        How the accounts of those not reached belong together: ``"apart"`` (one account each: as many persons as can
        be), ``"together"`` (whoever is on a platform is on all that are larger: as few as can be) or ``"alike"`` (on
        two platforms each, as those reached who are on any of the others are on average, exactly).
    n_respondents : int

    Raises
    ------
    InvalidInput
        If a number or word is impossible.

    Examples
    --------
    >>> world = PlatformSubset(n_persons=4000, n_reached=2, crossing=0.1, elsewhere="apart", n_respondents=200)
    >>> data, truth = world(np.random.default_rng(1))
    >>> data.sample.n, truth
    (200, 4000.0)
    """

    n_persons: int
    n_reached: int
    crossing: float
    elsewhere: str
    n_respondents: int

    def __post_init__(self) -> None:
        check_whole(self.n_persons // 2, where="PlatformSubset.n_persons")
        check_whole(self.n_reached, where="PlatformSubset.n_reached")
        check_whole(N_DECLARING - 1 - self.n_reached, where="platforms that are not reached, less one")
        check_whole(self.n_respondents // (2 * self.n_reached), where="PlatformSubset.n_respondents")
        check_share(self.crossing, where="PlatformSubset.crossing", below_one=True)
        check_choice(self.elsewhere, ELSEWHERE, where="PlatformSubset.elsewhere")

    def __call__(self, generator: np.random.Generator) -> tuple[Surveyed, float]:
        """Draw respondents from the accounts of each platform reached; the truth is the number of persons."""
        frame = _frame(self)
        size = self.n_respondents // self.n_reached
        here = [np.flatnonzero(frame.members[:, j]) for j in range(self.n_reached)]
        chosen = np.concatenate([generator.choice(persons, size, replace=False) for persons in here])
        via = np.repeat(_NAMES[: self.n_reached], size)
        sizes = np.repeat([float(persons.size) for persons in here], size)
        columns = {f"on {name}": frame.members[chosen, j] for j, name in enumerate(_NAMES)}
        sample = SurveySample(
            columns={"platform": via, **columns},
            weight=sizes / size,
            strata=via,
            fpc=sizes,
            reached_via="platform_subset",
            universe=_SOURCE,
        )
        return Surveyed(sample, frame.accounts), float(len(frame.members))


@lru_cache(maxsize=8)
def _frame(world: PlatformSubset) -> _Frame:
    generator = stream(SEED, "certificate/subset")
    half, others = world.n_persons // 2, N_DECLARING - world.n_reached
    reached = np.hstack(
        [generator.random((half, world.n_reached)) < 0.6, generator.random((half, others)) < world.crossing]
    )
    # Everybody of this half is on one of the platforms reached.
    lost = ~reached[:, : world.n_reached].any(axis=1)
    reached[lost, generator.integers(0, world.n_reached, int(lost.sum()))] = True
    if world.elsewhere == "alike":
        _on_two(reached[:, world.n_reached :], generator)
    away = np.zeros((half, N_DECLARING), dtype=bool)
    away[:, world.n_reached :] = _put_together(world.elsewhere, half, others, generator)
    members = np.vstack([reached, away])
    accounts = PlatformRegistrations(platforms=_NAMES, accounts=members.sum(axis=0), source=_SOURCE)
    return _Frame(members=members, accounts=accounts)


def _put_together(how: str, n: int, others: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Return who of n persons is on which of the other platforms; each is on one at least, most on the last."""
    shares = np.arange(1.0, others + 1.0)
    if how == "together":
        # Nested: the persons of a smaller platform are among those of every larger one.
        return np.asarray(np.arange(n)[:, None] < np.ceil(n * shares / shares[-1]))
    rank = generator.random((n, others)) ** (1.0 / shares)
    most = 1 if how == "apart" else 2
    return np.asarray(rank >= np.sort(rank, axis=1)[:, [-most]])


def _on_two(members: NDArray[np.bool_], generator: np.random.Generator) -> None:
    """Change as few memberships as need be so that persons on any platform are on two of them on average."""
    gap = int(members.sum()) - 2 * int(members.any(axis=1).sum())
    # One platform less for persons on three or more, one more for persons on one: nobody comes in or drops out.
    wanted = members.sum(axis=1) >= 3 if gap > 0 else members.sum(axis=1) == 1
    for person in generator.choice(np.flatnonzero(wanted), abs(gap), replace=False):
        members[person, generator.choice(np.flatnonzero(members[person] == (gap > 0)))] = gap < 0


def _account_survey(data: Surveyed) -> platforms.AccountSurvey:
    names = data.accounts.platforms
    return platforms.AccountSurvey(
        sample=data.sample,
        registrations=data.accounts,
        platform="platform",
        membership={name: f"on {name}" for name in names},
    )


def surveyed_platform_bounds(data: Surveyed, *, monotone: bool = False, level: float = 0.95) -> Estimate:
    """Bounds on persons from respondents of some platforms, with the interval of Imbens and Manski.

    Parameters
    ----------
    data : Surveyed
    monotone : bool
        Whether the lower bound is the one that holds if others are on no more platforms than these.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = PlatformSubset(n_persons=4000, n_reached=2, crossing=0.1, elsewhere="apart", n_respondents=200)
    >>> data, truth = world(np.random.default_rng(1))
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     interval = surveyed_platform_bounds(data).interval
    >>> interval.low < truth < interval.high
    True
    """
    found = platforms.subset_bounds(_account_survey(data), level=level)
    return found.monotone if monotone else found.worst_case


def transported_persons(data: Surveyed, *, level: float = 0.95) -> Estimate:
    """Persons as if the accounts elsewhere were like those of the platforms reached.

    Parameters
    ----------
    data : Surveyed
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = PlatformSubset(n_persons=4000, n_reached=2, crossing=0.1, elsewhere="apart", n_respondents=200)
    >>> data, truth = world(np.random.default_rng(1))
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     persons = transported_persons(data)
    >>> [warning.code for warning in persons.warnings]
    ['transport']
    """
    found = platforms.subset_bounds(_account_survey(data), level=level).transport
    assert found is not None  # noqa: S101 - every platform declares
    return found


def calibrated_multiplicity(data: Surveyed, *, level: float = 0.95) -> Estimate:
    """Persons by weights shared by multiplicity and calibrated on the accounts of each platform.

    Parameters
    ----------
    data : Surveyed
        Respondents of every declaring platform.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> from microwork_estimate.simulate.cells.platforms import Registered
    >>> world = Registered(
    ...     n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, reached="all alike", n_respondents=140
    ... )
    >>> data, truth = world(np.random.default_rng(1))
    >>> bool(abs(calibrated_multiplicity(data).value / truth - 1) < 0.2)
    True
    """
    return platforms.calibrated_persons(_account_survey(data), level=level)
