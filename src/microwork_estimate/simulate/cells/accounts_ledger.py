"""From declared accounts to persons by stated factors: a world in which these are right, and what is tried in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from microwork_estimate import platforms
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import Elicited, PlatformRegistrations
from microwork_estimate.simulate.checks import check_number

_STATED = "synthetic: stated"


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedLedger:
    """Declared accounts, and factors of which the truth is drawn from what is stated.

    Duplicates are stated at 2 to 10 %, accounts abroad at 5 to 20 %, dormant ones at 40 to 70 %, platforms per person at
    1.1 to 1.6, each as an interval of 90 %.

    Parameters
    ----------
    accounts : float
        All that is declared.

    Raises
    ------
    InvalidInput
        If there are none.

    Examples
    --------
    >>> figures, truth = StatedLedger(accounts=400_000)(np.random.default_rng(1))
    >>> figures.accounts, 0 < truth < 400_000
    (400000, True)
    """

    accounts: float

    def __post_init__(self) -> None:
        check_number(self.accounts, where="StatedLedger.accounts", open_low=True)

    def __call__(self, generator: np.random.Generator) -> tuple[StatedLedger, float]:
        """Draw the truth: persons behind the accounts."""
        declared, factors = self.figures()
        uniforms = generator.random((1, platforms.n_ledger_uniforms(factors)))
        return self, float(platforms.ledger_draws(declared, factors, uniforms)[0, -1])

    def figures(self) -> tuple[PlatformRegistrations, platforms.LedgerFactors]:
        """Return what is declared, and what is stated about it."""
        declared = PlatformRegistrations(platforms=("all",), accounts=np.array([self.accounts]), source="synthetic")
        factors = platforms.LedgerFactors(
            duplicates=Elicited(distribution="share", low=0.02, high=0.1, source=_STATED),
            abroad=Elicited(distribution="share", low=0.05, high=0.2, source=_STATED),
            dormant=Elicited(distribution="share", low=0.4, high=0.7, source=_STATED),
            platforms_per_person=Elicited(distribution="at_least_one", low=1.1, high=1.6, source=_STATED),
        )
        return declared, factors


@lru_cache(maxsize=32)
def persons_by_ledger(figures: StatedLedger, *, dormant: bool = True, level: float = 0.95) -> Estimate:
    """Persons at the end of the ledger.

    Parameters
    ----------
    figures : StatedLedger
    dormant : bool
        Whether dormant accounts are taken off.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> figures = StatedLedger(accounts=400_000)
    >>> persons_by_ledger(figures).value < persons_by_ledger(figures, dormant=False).value
    True
    """
    declared, factors = figures.figures()
    taken = factors if dormant else replace(factors, dormant=None)
    return platforms.registrations_ledger(declared, taken, level=level).estimate
