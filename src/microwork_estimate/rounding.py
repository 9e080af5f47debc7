"""How many digits of a number mean something: the rule by which this package rounds what people read.

A number is rounded so that its uncertainty keeps two significant digits. The uncertainty is the standard error; where there
is none, half of the interval; where the interval is open above, the distance from the number down to its lower end. The
ends of an interval, and bounds, are rounded outward at the same place, so that the range that is read contains the range
that was computed. A number without sampling error (declared figures and arithmetic on them) is written in full.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

SIGNIFICANT_DIGITS = 2


def decimals_for(uncertainty: float | None, *, significant: int = SIGNIFICANT_DIGITS) -> int | None:
    """Return the decimal place at which a number with this uncertainty is rounded.

    Procedure: the place of the last of `significant` digits of the uncertainty. With two digits that place is at most a
    tenth of the uncertainty, so rounding to it moves a number by at most a twentieth.

    Parameters
    ----------
    uncertainty : float or None
        Standard error or half-length of an interval, in the unit of the number.
    significant : int
        How many digits of the uncertainty are kept.

    Returns
    -------
    int or None
        Number of decimals: 1 for tenths, 0 for units, -3 for thousands. None without uncertainty: do not round.

    References
    ----------
    JCGM 100:2008, Guide to the expression of uncertainty in measurement, 7.2.6.

    Examples
    --------
    >>> decimals_for(9950.0), decimals_for(0.0029), decimals_for(0.0)
    (-2, 4, None)
    """
    if uncertainty is None or not math.isfinite(uncertainty) or uncertainty <= 0:
        return None
    return significant - 1 - Decimal(repr(float(uncertainty))).adjusted()


def uncertainty_of(
    value: float | None, *, standard_error: float | None = None, low: float | None = None, high: float | None = None
) -> float | None:
    """Return what a number is rounded by: standard error, else half of the interval, else its open lower half.

    Parameters
    ----------
    value : float or None
    standard_error : float or None
    low, high : float or None
        Ends of the interval; `high` may be infinite.

    Returns
    -------
    float or None
        Positive and finite, or None.

    Examples
    --------
    >>> uncertainty_of(37434.0, low=21000.0, high=60000.0)
    19500.0
    """
    half = None if low is None or high is None else (high - low) / 2
    below = None if low is None or value is None else value - low
    candidates = (standard_error, half, below)
    return next((x for x in candidates if x is not None and math.isfinite(x) and x > 0), None)


def display_decimals(
    value: float | None,
    *,
    standard_error: float | None = None,
    ends: tuple[float, float] | None = None,
    whole: bool = False,
) -> int | None:
    """Return the decimal place at which an estimate is shown; None if it has no sampling error.

    Parameters
    ----------
    value : float or None
    standard_error : float or None
    ends : (float, float) or None
        Of the interval.
    whole : bool
        Whether people or things are counted: they are never shown in parts, whatever the uncertainty.

    Returns
    -------
    int or None

    Examples
    --------
    >>> display_decimals(37434.0, ends=(21000.0, 60000.0)), display_decimals(20.0, standard_error=1.2, whole=True)
    (-3, 0)
    """
    low, high = (None, None) if ends is None else ends
    decimals = decimals_for(uncertainty_of(value, standard_error=standard_error, low=low, high=high))
    return min(decimals, 0) if whole and decimals is not None else decimals


def round_at(value: float, decimals: int | None) -> float:
    """Round to the nearest number with so many decimals; ties go to the even digit.

    Examples
    --------
    >>> round_at(37434.0, -3), round_at(0.32496, 4), round_at(266125.98, None)
    (37000.0, 0.325, 266125.98)
    """
    return _quantized(value, decimals, ROUND_HALF_EVEN)


def round_outward(low: float, high: float, decimals: int | None) -> tuple[float, float]:
    """Round the ends of a range away from each other, so that the range never shrinks.

    Examples
    --------
    >>> round_outward(24138.4, 109969.01, -3)
    (24000.0, 110000.0)
    """
    return _quantized(low, decimals, ROUND_FLOOR), _quantized(high, decimals, ROUND_CEILING)


def plain_number(value: float | None, decimals: int | None = None) -> str:
    """Write a number for a line of text, in English: rounded at a place; without one, four digits or whole thousands.

    Examples
    --------
    >>> plain_number(37434.2), plain_number(37434.2, -3), plain_number(0.123456), plain_number(None)
    ('37,434', '37,000', '0.1235', 'none')
    """
    if value is None:
        return "none"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    if decimals is not None:
        return f"{round_at(value, decimals):,.{max(0, decimals)}f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"


def _quantized(value: float, decimals: int | None, direction: str) -> float:
    if decimals is None or not math.isfinite(value):
        return value
    unit = Decimal(1).scaleb(-decimals)
    # In whole units of the last place: quantize itself would refuse numbers of more digits than its context holds.
    number = Decimal(repr(float(value))) / unit
    return float(number.to_integral_value(rounding=direction) * unit)
