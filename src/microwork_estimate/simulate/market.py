"""The platforms of a synthetic world: how popular they are, who declares, how much persons hold several accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.checks import distinct_names, nonnegative, same_length
from microwork_estimate.simulate.checks import check_correlation, check_number, check_share, check_whole, positions

MAX_PLATFORMS = 250


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlatformMarket:
    """J platforms on which the persons of a synthetic world may be registered.

    Parameters
    ----------
    names : tuple of str, length J
        At most 250 platforms.
    popularity : array of shape (J,)
        Share of all persons of the world who are registered on each platform, strictly between 0 and 1.
    declaring : tuple of str or None
        The platforms that declare their registrations; the truth is about them. None for all.
    multi_homing : float
        How much registrations on different platforms go together: the correlation, from 0 to below 1, between a
        person's latent inclinations to any two platforms. With 0, whoever is on one platform is no more likely to be
        on another.

    Raises
    ------
    InvalidInput
        If a name stands twice, a popularity or the correlation is impossible, or a declaring platform is unknown.

    Examples
    --------
    >>> market = PlatformMarket(names=("A", "B", "C"), popularity=(0.3, 0.1, 0.1), declaring=("A", "B"))
    >>> market.n_platforms, market.declaring
    (3, ('A', 'B'))
    """

    names: tuple[str, ...]
    popularity: FloatArray | Sequence[float]
    declaring: tuple[str, ...] | None = None
    multi_homing: float = 0.0

    def __post_init__(self) -> None:
        names = distinct_names(self.names, where="PlatformMarket.names")
        popularity = nonnegative(self.popularity, where="PlatformMarket.popularity")
        same_length({"names": len(names), "popularity": popularity.size}, where="PlatformMarket")
        if len(names) > MAX_PLATFORMS:
            raise InvalidInput(
                "too many platforms",
                expected=f"at most {MAX_PLATFORMS}",
                got=str(len(names)),
                where="PlatformMarket.names",
                fix="leave out the smallest",
            )
        for name, share in zip(names, popularity, strict=True):
            check_share(float(share), where=f"PlatformMarket.popularity of {name!r}", below_one=True)
            check_number(float(share), where=f"PlatformMarket.popularity of {name!r}", open_low=True)
        declaring = names if self.declaring is None else tuple(self.declaring)
        positions(declaring, names, where="PlatformMarket.declaring")
        reason = "platforms that share one propensity cannot repel each other"
        check_correlation(self.multi_homing, where="PlatformMarket.multi_homing", low=0.0, reason=reason)
        check_share(self.multi_homing, where="PlatformMarket.multi_homing", below_one=True)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "popularity", popularity)
        object.__setattr__(self, "declaring", declaring)

    @classmethod
    def ranked(
        cls,
        n_platforms: int,
        *,
        largest: float,
        exponent: float = 1.0,
        n_declaring: int | None = None,
        multi_homing: float = 0.0,
    ) -> PlatformMarket:
        """Make a market whose popularity falls with the rank, as it does in most markets: largest / rank^exponent.

        Parameters
        ----------
        n_platforms : int
            J; the platforms are called ``"platform 01"``, ``"platform 02"``, ...
        largest : float
            Popularity of the first platform.
        exponent : float
            0 for equal popularity; 1 halves it from the first to the second.
        n_declaring : int or None
            How many platforms declare: every second one from the first on, then the rest in order, so that large and
            small ones declare. None for all.
        multi_homing : float
            As in the class.

        Raises
        ------
        InvalidInput
            If more platforms are asked to declare than exist, or a number is impossible.

        Examples
        --------
        >>> PlatformMarket.ranked(4, largest=0.2, n_declaring=2).declaring
        ('platform 01', 'platform 03')
        """
        check_whole(n_platforms, where="n_platforms")
        check_number(exponent, where="exponent")
        names = tuple(f"platform {rank:02d}" for rank in range(1, n_platforms + 1))
        wanted = n_platforms if n_declaring is None else check_whole(n_declaring, where="n_declaring")
        if wanted > n_platforms:
            raise InvalidInput(
                "more platforms than there are",
                expected=f"at most {n_platforms} declaring platforms",
                got=str(wanted),
                where="n_declaring",
                fix="lower n_declaring or raise n_platforms",
            )
        mixed = (*names[::2], *names[1::2])[:wanted]
        return cls(
            names=names,
            popularity=largest * np.arange(1.0, n_platforms + 1.0) ** -float(exponent),
            declaring=tuple(name for name in names if name in mixed),
            multi_homing=multi_homing,
        )

    @property
    def n_platforms(self) -> int:
        """Number J of platforms."""
        return len(self.names)

    @property
    def shares(self) -> FloatArray:
        """Popularity as an array of shape (J,)."""
        return np.asarray(self.popularity, dtype=np.float64)

    @property
    def declaring_columns(self) -> tuple[int, ...]:
        """Where the declaring platforms stand among the names."""
        assert self.declaring is not None  # noqa: S101 - filled in by __post_init__
        return positions(self.declaring, self.names, where="PlatformMarket.declaring")
