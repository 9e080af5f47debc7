"""Checks that the options of the simulator share."""

from __future__ import annotations

import math
from collections.abc import Iterable

from microwork_estimate.errors import InvalidInput


def check_share(value: float, *, where: str, below_one: bool = False) -> float:
    """Return `value` if it is a share: from 0 to 1, or below 1 with `below_one`.

    Raises
    ------
    InvalidInput
        If it is not.
    """
    if not 0.0 <= value <= 1.0 or (below_one and value == 1.0):
        raise InvalidInput(
            "impossible share",
            expected="a number from 0 to 1" + (", below 1" if below_one else ""),
            got=repr(value),
            where=where,
            fix="give a share, not a percentage",
        )
    return float(value)


def check_correlation(value: float, *, where: str, low: float = -1.0, reason: str = "") -> float:
    """Return `value` if it is a correlation from `low` to 1.

    Parameters
    ----------
    value : float
    where : str
        The option concerned.
    low : float
        The smallest correlation that the model can attain.
    reason : str
        Why smaller ones cannot be attained.

    Raises
    ------
    InvalidInput
        If it is not.
    """
    if not low <= value <= 1.0:
        outside = not -1.0 <= value <= 1.0
        raise InvalidInput(
            "impossible correlation" if outside else "correlation that cannot be attained",
            expected=f"a number from {low:g} to 1" + (f" ({reason})" if reason else ""),
            got=repr(value),
            where=where,
            fix="give a correlation in this range",
        )
    return float(value)


def check_number(
    value: float, *, where: str, low: float = 0.0, high: float = math.inf, open_low: bool = False
) -> float:
    """Return `value` if it is a finite number from `low` to `high`; above `low` with `open_low`.

    Raises
    ------
    InvalidInput
        If it is not.
    """
    if not low <= value <= high or not math.isfinite(value) or (open_low and value == low):
        start = f"above {low:g}" if open_low else f"{low:g} or more"
        raise InvalidInput(
            "impossible value",
            expected="a finite number, " + start + ("" if math.isinf(high) else f", at most {high:g}"),
            got=repr(value),
            where=where,
            fix="correct the option",
        )
    return float(value)


def check_whole(value: int, *, where: str, low: int = 1) -> int:
    """Return `value` if it is a whole number, `low` or more.

    Raises
    ------
    InvalidInput
        If it is not.
    """
    if isinstance(value, bool) or value != value or math.isinf(value) or int(value) != value or value < low:
        raise InvalidInput(
            "not a whole number",
            expected=f"a whole number, {low} or more",
            got=repr(value),
            where=where,
            fix="correct the option",
        )
    return int(value)


def positions(asked: Iterable[str], known: tuple[str, ...], *, where: str) -> tuple[int, ...]:
    """Return where the names `asked` stand among the names `known`.

    Raises
    ------
    InvalidInput
        If a name is unknown or asked twice, or none is asked.
    """
    names = tuple(asked)
    if not names or len(names) > len(known) or len(set(names)) < len(names):
        raise InvalidInput(
            "more names than there are" if len(names) > len(known) else "names missing or repeated",
            expected=f"1 to {len(known)} different names",
            got=f"{len(names)}: {', '.join(names) or 'none'}",
            where=where,
            fix="choose among " + ", ".join(known),
        )
    for name in names:
        if name not in known:
            raise InvalidInput(
                "unknown name",
                expected="one of " + ", ".join(known),
                got=repr(name),
                where=where,
                fix="use one of the names given",
            )
    return tuple(known.index(name) for name in names)
