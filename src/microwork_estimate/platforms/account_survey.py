"""A survey of persons reached through their accounts, matched with what the platforms declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs import PlatformRegistrations, SurveySample
from microwork_estimate.platforms.account_checks import (
    match_platforms,
    platform_counts,
    require_route,
    require_same_platforms,
)

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AccountSurvey:
    """Respondents, the platform through which each was reached, and on which platforms each is.

    Parameters
    ----------
    sample : SurveySample
        n respondents with `reached_via` ``"registration"`` or ``"platform_subset"``.
    registrations : PlatformRegistrations
        Accounts of the p declaring platforms, each in its own row.
    platform : str
        Column with the platform through which the respondent was reached.
    count : str or None
        Column with the number of *declaring* platforms the respondent is on. Made from `membership` if left out.
    membership : mapping of str to str, or None
        For each platform the column (true or false, 1 or 0) that says whether the respondent is on it: all declaring
        platforms, and any that do not declare.

    Attributes
    ----------
    row : array of shape (n,)
        Which platform each respondent was reached through.
    counts : array of shape (n,)
        On how many declaring platforms each is.
    members : array of shape (n, p) or None
        Who is on which declaring platform; None where only their number is known.

    Raises
    ------
    InvalidInput
        If respondents were not reached through accounts, a platform has no row, answers are impossible, somebody is not
        on the platform through which she was reached, or count and membership contradict each other.

    Examples
    --------
    >>> survey = AccountSurvey(
    ...     sample=SurveySample(
    ...         columns={"via": ["A", "A", "B"], "on A": [1, 1, 1], "on B": [0, 1, 1]}, reached_via="registration"
    ...     ),
    ...     registrations=PlatformRegistrations(platforms=("A", "B"), accounts=[90, 30], source="example"),
    ...     platform="via",
    ...     membership={"A": "on A", "B": "on B"},
    ... )
    >>> survey.counts.tolist(), survey.row.tolist()
    ([1.0, 2.0, 2.0], [0, 0, 1])
    """

    sample: SurveySample
    registrations: PlatformRegistrations
    platform: str
    count: str | None = None
    membership: Mapping[str, str] | None = None
    row: IntArray = field(init=False)
    counts: FloatArray = field(init=False)
    members: FloatArray | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if require_route(self.sample) == "worker":
            _refuse(
                "persons who were not reached through accounts",
                "reached_via 'registration' or 'platform_subset'",
                "'worker'",
                "reached_via",
                "use platforms.multiplicity for a sample of persons",
            )
        object.__setattr__(self, "row", match_platforms(self.sample, self.platform, self.registrations))
        if self.registrations.n_platforms != len(self.registrations.platforms):
            _refuse(
                "rows that are sums over platforms",
                "one row for each declaring platform",
                f"{len(self.registrations.platforms)} rows for {self.registrations.n_platforms} platforms",
                "registrations",
                "give each platform its own row; multiplicity_bounds takes sums",
            )
        if self.membership is not None:
            object.__setattr__(self, "membership", MappingProxyType(dict(self.membership)))
            object.__setattr__(self, "members", self._members(self.registrations.platforms))
        object.__setattr__(self, "counts", self._counts())

    def _counts(self) -> FloatArray:
        if self.count is None and self.members is None:
            _refuse(
                "survey without platforms per person",
                "count, membership, or both",
                "neither",
                "count",
                "name the column with the number of platforms, or the columns with the platforms",
            )
        if self.count is None:
            assert self.members is not None  # noqa: S101 - refused above
            return np.asarray(self.members.sum(axis=1))
        counts = platform_counts(self.sample, self.count, self.registrations)
        if self.members is not None and (self.members.sum(axis=1) != counts).any():
            at = int(np.flatnonzero(self.members.sum(axis=1) != counts)[0])
            _refuse(
                "answers count other platforms than the registrations",
                f"{self.members[at].sum():g} declaring platforms at position {at}, as the membership says",
                f"{counts[at]:g}",
                "count",
                "count the declaring platforms and no others: platforms that do not declare make persons too few",
            )
        return counts

    def _members(self, names: tuple[str, ...]) -> FloatArray:
        """Read and check who is on each of the declaring platforms, shape (n, p)."""
        assert self.membership is not None  # noqa: S101 - called only then
        if not set(names) <= set(self.membership):
            require_same_platforms(self.membership, self.registrations)
        table = np.stack([self.sample.numbers(self.membership[name]) for name in names], axis=1)
        _require_yes_or_no(table, "AccountSurvey.membership")
        here = table[np.arange(table.shape[0]), self.row]
        if (here == 0).any():
            at = int(np.flatnonzero(here == 0)[0])
            _refuse(
                "respondent who is not on the platform through which she was reached",
                f"1 for {names[int(self.row[at])]!r} at position {at}",
                "0",
                "membership",
                "correct the answer, or leave out who reached the questionnaire without an account",
            )
        return table

    def on(self, names: tuple[str, ...]) -> FloatArray:
        """Return who is on some platforms that do not declare, shape (n, number of names).

        Raises
        ------
        InvalidInput
            If the membership does not say it.
        """
        known = self.membership or {}
        missing = [name for name in names if name not in known]
        if missing:
            _refuse(
                "platform without answers",
                "membership with a column for each platform",
                f"none for {', '.join(missing)}",
                "membership",
                "ask respondents whether they are on it",
            )
        if not names:
            return np.zeros((self.sample.n, 0))
        table = np.stack([self.sample.numbers(known[name]) for name in names], axis=1)
        _require_yes_or_no(table, "AccountSurvey.membership")
        return table

    @property
    def reached(self) -> BoolArray:
        """Whether respondents were reached through each platform, shape (p,)."""
        return np.bincount(self.row, minlength=len(self.registrations.platforms)) > 0

    def require_members(self) -> FloatArray:
        """Return who is on which declaring platform, shape (n, p).

        Raises
        ------
        InvalidInput
            If only the number of platforms is known.
        """
        if self.members is None:
            _refuse(
                "platforms known by their number only",
                "membership, the columns that say on which platforms respondents are",
                "count alone",
                "membership",
                "name the columns of the platforms",
            )
        return self.members

    def require_all_reached(self, verb: str) -> None:
        """Require that respondents were reached through every declaring platform.

        Raises
        ------
        InvalidInput
            If they were reached through some only.
        """
        if self.sample.reached_via != "registration":
            _refuse(
                "survey of some of the platforms",
                "respondents reached through all declaring platforms, reached_via='registration'",
                repr(self.sample.reached_via),
                verb,
                "use platforms.subset_bounds: persons on the other platforms only could not answer",
            )


def _require_yes_or_no(table: FloatArray, where: str) -> None:
    bad = (table != 0) & (table != 1)
    if bad.any():
        raise InvalidInput(
            "membership that is neither yes nor no",
            expected="1 or 0, true or false",
            got=f"{table[bad][0]:g}",
            where=where,
            fix="give one column of yes and no for each platform",
        )


def _refuse(problem: str, expected: str, got: str, argument: str, fix: str) -> NoReturn:
    raise InvalidInput(problem, expected=expected, got=got, where=f"AccountSurvey.{argument}", fix=fix)
