"""Visits by platform and day: the frame of platform-day weight sharing."""

from __future__ import annotations

from dataclasses import dataclass

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import UNSPECIFIED, FloatArray
from microwork_estimate.inputs.checks import distinct_names, nonnegative


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlatformDays:
    """Persons who visited each platform on each day of a window.

    Parameters
    ----------
    platforms : tuple of str, length p
    days : tuple of str, length d
        Labels of the days of the window.
    visitors : array of shape (p, d)
        Persons (not devices) who visited platform p on day d. A person who came on several days, or to several
        platforms, is in the sum as often.
    source : str
        Where the figures were read: the log of the platform, an audience provider. Mandatory.
    window, territory : str
        The period and the place, in words.

    Raises
    ------
    InvalidInput
        If a name stands twice, a number is missing or negative, the shape does not fit or the source is empty.

    Examples
    --------
    >>> log = PlatformDays(platforms=("A", "B"), days=("1", "2"), visitors=[[10, 12], [3, 4]], source="log")
    >>> log.total
    29.0
    """

    platforms: tuple[str, ...]
    days: tuple[str, ...]
    visitors: FloatArray
    source: str
    window: str = UNSPECIFIED
    territory: str = UNSPECIFIED

    def __post_init__(self) -> None:
        platforms = distinct_names(self.platforms, where="PlatformDays.platforms")
        days = distinct_names(self.days, where="PlatformDays.days")
        visitors = nonnegative(self.visitors, where="PlatformDays.visitors", ndim=2)
        if visitors.shape != (len(platforms), len(days)):
            raise InvalidInput(
                "visitors do not fit platforms and days",
                expected=f"shape ({len(platforms)}, {len(days)})",
                got=f"shape {visitors.shape}",
                where="PlatformDays.visitors",
                fix="give one row for each platform and one column for each day",
            )
        if not self.source.strip():
            raise InvalidInput(
                "figure without source",
                expected="the document, page or person that gives the figure",
                got="an empty text",
                where="PlatformDays.source",
                fix="say where the figures were read; 'assumed: <reason>' is a source, silence is not",
            )
        object.__setattr__(self, "platforms", platforms)
        object.__setattr__(self, "days", days)
        object.__setattr__(self, "visitors", visitors)

    @property
    def total(self) -> float:
        """All visits: the sum over platforms and days."""
        return float(self.visitors.sum())
