"""Instrument: what platforms declare of their registrations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from microwork_estimate.errors import check_choice
from microwork_estimate.estimate import FrozenMapping, Scalar
from microwork_estimate.inputs.platforms import PlatformRegistrations
from microwork_estimate.simulate.checks import check_number
from microwork_estimate.simulate.observed import Observed
from microwork_estimate.simulate.population import Population
from microwork_estimate.streams import stream

Rounding = Literal["nearest", "down"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Declaration:
    """How platforms declare.

    Parameters
    ----------
    platforms : tuple of str or None
        Who declares; None for the declaring platforms of the market. The others are left out.
    cell : float
        Size of the cell to which accounts are rounded, for example 1,000; 1 for no rounding.
    rounding : str
        ``"nearest"``, or ``"down"`` as in "more than 50,000".
    duplicates : float
        Mean number of further accounts for each registration, of persons who registered more than once.

    Raises
    ------
    InvalidInput
        If a number or the rounding is impossible.

    Examples
    --------
    >>> Declaration(cell=1_000, rounding="down", duplicates=0.05).platforms is None
    True
    """

    platforms: tuple[str, ...] | None = None
    cell: float = 1.0
    rounding: Rounding = "nearest"
    duplicates: float = 0.0

    def __post_init__(self) -> None:
        check_number(self.cell, where="Declaration.cell", open_low=True)
        check_number(self.duplicates, where="Declaration.duplicates")
        check_choice(self.rounding, get_args(Rounding), where="Declaration.rounding")


def registrations(
    population: Population, *, declaration: Declaration | None = None, seed: int
) -> Observed[PlatformRegistrations]:
    """Let platforms declare how many accounts they have.

    In words: the accounts of a platform are its registered persons, dormant ones too, plus a Poisson number of
    duplicates; the declared figure is rounded.

    Parameters
    ----------
    population : Population
    declaration : Declaration or None
        How they declare. None for exact figures of the declaring platforms.
    seed : int

    Returns
    -------
    Observed of PlatformRegistrations
        The truth is about the platforms that declare, with ``accounts`` (duplicates included, before rounding) and
        ``accounts on <platform>``.

    Raises
    ------
    InvalidInput
        If a platform is unknown.

    Assumptions
    -----------
    Duplicates are made independently of everything else.

    Examples
    --------
    >>> from microwork_estimate.simulate import PlatformMarket, population
    >>> world = population(n_persons=5000, market=PlatformMarket.ranked(3, largest=0.3), seed=1)
    >>> seen = registrations(world, seed=2)
    >>> seen.data.total == seen.truth["registrations"]
    True
    """
    how = declaration or Declaration()
    columns = population.columns(how.platforms, where="Declaration.platforms")
    names = tuple(population.market.names[j] for j in columns)
    accounts = np.empty(len(columns))
    for at, j in enumerate(columns):
        members = int(np.count_nonzero(population.membership[:, j]))
        extra = stream(seed, f"registrations/duplicates/{names[at]}").poisson(how.duplicates * members)
        accounts[at] = members + extra
    scaled = accounts / how.cell
    declared = how.cell * (np.floor(scaled) if how.rounding == "down" else np.round(scaled))
    truth: dict[str, Scalar] = dict(population.truth if how.platforms is None else population.truth_on(names))
    truth |= {"accounts": float(accounts.sum())}
    truth |= {f"accounts on {name}": float(number) for name, number in zip(names, accounts, strict=True)}
    data = PlatformRegistrations(platforms=names, accounts=declared, source="synthetic: simulate.registrations")
    return Observed(data=data, truth=FrozenMapping(truth))
