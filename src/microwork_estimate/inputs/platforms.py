"""Accounts and visits, as platforms and audience providers give them.

Neither is a number of persons. Only :mod:`microwork_estimate.platforms` turns them into persons, and only with a
multiplicity (platforms per person).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import get_args

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import UNSPECIFIED, Activity, FloatArray
from microwork_estimate.inputs.checks import distinct_names, nonnegative, same_length


def _check_n_platforms(names: tuple[str, ...], n_platforms: int | None, where: str) -> int:
    """Return how many platforms the figures cover: as many as there are rows unless the user says more."""
    n: float = len(names) if n_platforms is None else n_platforms
    if not (math.isfinite(n) and n == int(n) and n >= len(names)):
        raise InvalidInput(
            "fewer platforms than rows",
            expected=f"a whole number, at least {len(names)}",
            got=repr(n_platforms),
            where=f"{where}.n_platforms",
            fix="n_platforms says how many platforms the figures cover; it is larger than the number of rows only "
            "when a row is itself a sum over platforms",
        )
    return int(n)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlatformRegistrations:
    """Registered accounts declared by platforms.

    Parameters
    ----------
    platforms : tuple of str
        Names of the p rows.
    accounts : array of shape (p,)
        Accounts declared for each row.
    n_platforms : int or None
        How many platforms the rows cover together: p unless a row is itself a sum over several platforms.
    as_of, territory, source : str
        When, where, and who says so. The source is mandatory.
    """

    platforms: tuple[str, ...]
    accounts: FloatArray
    source: str
    n_platforms: int | None = None
    as_of: str = UNSPECIFIED
    territory: str = UNSPECIFIED

    def __post_init__(self) -> None:
        names = distinct_names(self.platforms, where="PlatformRegistrations.platforms")
        accounts = nonnegative(self.accounts, where="PlatformRegistrations.accounts")
        same_length({"platforms": len(names), "accounts": accounts.size}, where="PlatformRegistrations")
        _require_source(self.source, "PlatformRegistrations.source")
        object.__setattr__(self, "platforms", names)
        object.__setattr__(self, "accounts", accounts)
        object.__setattr__(self, "n_platforms", _check_n_platforms(names, self.n_platforms, "PlatformRegistrations"))

    @property
    def total(self) -> float:
        """All accounts: M, the sum over platforms. A person on two platforms is in it twice."""
        return float(self.accounts.sum())


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlatformAudience:
    """Unique visitors of platform sites, as an audience provider estimates them.

    Parameters
    ----------
    platforms : tuple of str
        Names of the p rows (sites, or a sum over sites).
    unique_visitors : array of shape (p,)
        Unique visitors in the window, by the provider's definition (often devices or browsers, not persons).
    provider : str
        Who measured; sites of one provider share its error.
    source : str
        Where the figures were read. Mandatory.
    n_platforms : int or None
        How many sites the rows cover together.
    window, territory : str
    activity : str
        What a visit within the window makes of a worker, for example ``"monthly"`` for visitors of a month; the persons
        that are estimated from the audience are active in this sense.
    """

    platforms: tuple[str, ...]
    unique_visitors: FloatArray
    provider: str
    source: str
    n_platforms: int | None = None
    window: str = UNSPECIFIED
    territory: str = UNSPECIFIED
    activity: Activity = "unspecified"

    def __post_init__(self) -> None:
        check_choice(self.activity, get_args(Activity), where="PlatformAudience.activity")
        names = distinct_names(self.platforms, where="PlatformAudience.platforms")
        visitors = nonnegative(self.unique_visitors, where="PlatformAudience.unique_visitors")
        same_length({"platforms": len(names), "unique_visitors": visitors.size}, where="PlatformAudience")
        _require_source(self.source, "PlatformAudience.source")
        object.__setattr__(self, "platforms", names)
        object.__setattr__(self, "unique_visitors", visitors)
        object.__setattr__(self, "n_platforms", _check_n_platforms(names, self.n_platforms, "PlatformAudience"))

    @property
    def total(self) -> float:
        """All unique visitors: the sum over sites. A person on two sites is in it twice."""
        return float(self.unique_visitors.sum())


def _require_source(source: str, where: str) -> None:
    if not source.strip():
        raise InvalidInput(
            "figure without source",
            expected="the document, page or person that gives the figure",
            got="an empty text",
            where=where,
            fix="say where the figure was read; 'assumed: <reason>' is a source, silence is not",
        )
