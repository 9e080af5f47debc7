"""Checks of a survey of account holders against what the platforms declare."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NoReturn, get_args

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs import PlatformRegistrations, ReachedVia, SurveySample


def require_route(sample: SurveySample) -> ReachedVia:
    """Return how respondents were reached.

    Raises
    ------
    InvalidInput
        If the sample does not say it.
    """
    if sample.reached_via is None:
        raise InvalidInput(
            "sample that does not say how respondents were reached",
            expected="reached_via, one of " + ", ".join(repr(route) for route in get_args(ReachedVia)),
            got="None",
            where="SurveySample.reached_via",
            fix="the route decides which mean is right, so there is no default: make the sample again with reached_via",
        )
    return sample.reached_via


def platform_counts(sample: SurveySample, count: str, registrations: PlatformRegistrations | None) -> FloatArray:
    """Return the number of platforms of each respondent, shape (n,).

    Raises
    ------
    InvalidInput
        If an answer is missing, below 1, not whole or above the number of declaring platforms.
    """
    counts = sample.numbers(count)
    most = math.inf if registrations is None else float(registrations.n_platforms or 0)
    bad = (counts < 1) | (counts != np.floor(counts)) | (counts > most)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        ceiling = "" if math.isinf(most) else f" to {most:g}, the number of declaring platforms"
        raise InvalidInput(
            "impossible number of platforms",
            expected=f"whole numbers from 1{ceiling}",
            got=f"{counts[at]:g} at position {at}",
            where=f"column {count!r}",
            fix="count the declaring platforms only, and leave out persons who are on none of them",
        )
    return counts


def require_same_platforms(counted: Iterable[str], registrations: PlatformRegistrations | None) -> None:
    """Require that answers count the platforms whose accounts are summed, and no others.

    Raises
    ------
    InvalidInput
        If there are no registrations to compare with, or the sets differ.
    """
    names = tuple(str(name).strip() for name in counted)
    declared = () if registrations is None else registrations.platforms
    if set(names) != set(declared):
        extra, missing = sorted(set(names) - set(declared)), sorted(set(declared) - set(names))
        parts = [f"also {', '.join(extra)}"] if extra else []
        parts += [f"not {', '.join(missing)}"] if missing else []
        raise InvalidInput(
            "answers count other platforms than the registrations",
            expected="the platforms whose accounts are summed: " + (", ".join(declared) or "give registrations"),
            got="; ".join(parts),
            where="counted",
            fix="count again from the list that respondents ticked: platforms that do not declare make persons too few",
        )


def match_platforms(sample: SurveySample, platform: str, registrations: PlatformRegistrations) -> IntArray:
    """Return the row of `registrations` through which each respondent was reached, shape (n,).

    Raises
    ------
    InvalidInput
        If a platform is unknown, has fewer accounts than respondents, or should have respondents and has none.
    """
    coded = sample.categories(platform)
    names = {name: row for row, name in enumerate(registrations.platforms)}
    levels = [str(level).strip() for level in coded.levels]
    unknown = [name for name in levels if name not in names]
    if unknown:
        _refuse_platforms("platform without registrations", "one of " + ", ".join(names), repr(unknown[0]), platform)
    row = np.array([names[name] for name in levels], dtype=np.int64)[coded.codes]
    respondents = np.bincount(row, minlength=len(names))
    for name, here, accounts in zip(names, respondents, registrations.accounts, strict=True):
        if here > accounts:
            _refuse_platforms(
                "more respondents than accounts", f"at most {accounts:g} for {name!r}", f"{here}", platform
            )
        if here == 0 and accounts > 0 and sample.reached_via != "platform_subset":
            _refuse_platforms("platform without respondents", f"respondents reached through {name!r}", "none", platform)
    return row


def _refuse_platforms(problem: str, expected: str, got: str, column: str) -> NoReturn:
    raise InvalidInput(
        problem,
        expected=expected,
        got=got,
        where=f"column {column!r}",
        fix="match the names and figures of the registrations; a sample that reached some of the platforms only has "
        "reached_via='platform_subset'",
    )
