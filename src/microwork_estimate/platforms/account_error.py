"""What is uncertain in declared accounts themselves: rounding, and the date at which they were true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray, frozen_floats
from microwork_estimate.inputs import Elicited, PlatformRegistrations
from microwork_estimate.platforms.elicited_moments import quadrature

Rounding = Literal["nearest", "down"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AccountError:
    """Accounts of p platforms as they probably are, and how uncertain. Made by :func:`account_error`.

    Parameters
    ----------
    platforms : tuple of str, length p
    expected : array of shape (p,)
        Expected accounts.
    covariance : array of shape (p, p)
        Of the accounts; errors of dates are shared where one growth stands for all platforms.
    """

    platforms: tuple[str, ...]
    expected: FloatArray
    covariance: FloatArray

    def __post_init__(self) -> None:
        expected = frozen_floats(self.expected, where="AccountError.expected")
        covariance = frozen_floats(self.covariance, where="AccountError.covariance")
        p = len(self.platforms)
        if expected.shape != (p,) or covariance.shape != (p, p):
            raise InvalidInput(
                "wrong shape",
                expected=f"expected accounts of shape ({p},) and a covariance of shape ({p}, {p})",
                got=f"shapes {expected.shape} and {covariance.shape}",
                where="AccountError",
                fix="make it with platforms.account_error",
            )
        object.__setattr__(self, "expected", expected)
        object.__setattr__(self, "covariance", covariance)

    @property
    def standard_errors(self) -> FloatArray:
        """Standard error of the accounts of each platform, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))


def account_error(
    registrations: PlatformRegistrations,
    *,
    cell: ArrayLike = 0.0,
    rounding: Rounding = "nearest",
    years: ArrayLike = 0.0,
    growth: Elicited | None = None,
) -> AccountError:
    """Turn rounding cells and dates of declared accounts into expected accounts and their covariance.

    Procedure: a declared figure stands for any number of its rounding cell with equal chance: from R - c/2 to R + c/2
    when rounded to the nearest, from R to R + c when rounded down as in "more than 50,000". A figure that was true
    some years ago is multiplied by the yearly growth to the power of the years. Rounding errors are independent; the
    growth is one number for all platforms, so that errors of date do not cancel.

    Parameters
    ----------
    registrations : PlatformRegistrations
        Declared accounts of p platforms.
    cell : number or array of shape (p,)
        Width of the rounding cell in accounts; 0 for an exact figure.
    rounding : {"nearest", "down"}
        How the figures were rounded.
    years : number or array of shape (p,)
        How many years before the date of interest each figure was true; negative if after.
    growth : Elicited or None
        Accounts after a year over accounts before, positive; needed with `years`.

    Returns
    -------
    AccountError

    Raises
    ------
    InvalidInput
        If a cell is negative, a number is missing, years come without growth, or growth can be zero or negative.

    Assumptions
    -----------
    Nothing but the cell is known of a rounded figure; all platforms grew alike.

    References
    ----------
    Sheppard's correction: a uniform error of width c has variance c squared / 12 (Kendall and Stuart 1977, The Advanced
    Theory of Statistics, volume 1, section 3.18).

    Examples
    --------
    >>> accounts = PlatformRegistrations(platforms=("A", "B"), accounts=[50_000, 1200], source="example")
    >>> error = account_error(accounts, cell=[10_000, 100], rounding="down")
    >>> error.expected.tolist(), error.standard_errors.round(1).tolist()
    ([55000.0, 1250.0], [2886.8, 28.9])
    """
    check_choice(rounding, get_args(Rounding), where="account_error.rounding")
    p = registrations.accounts.size
    width = _column(cell, p, "cell", least=0.0)
    age = _column(years, p, "years", least=-np.inf)
    low = registrations.accounts - (width / 2 if rounding == "nearest" else 0.0)
    high = low + width
    low = np.maximum(low, 0.0)
    middle, spread = (low + high) / 2, (high - low) ** 2 / 12
    grown, weights = _growth_powers(age, growth)
    factor = weights @ grown
    second = (grown * weights[:, None]).T @ grown
    covariance = np.outer(middle, middle) * (second - np.outer(factor, factor)) + np.diag(spread * np.diag(second))
    return AccountError(platforms=registrations.platforms, expected=middle * factor, covariance=covariance)


def accounts_and_covariance(
    registrations: PlatformRegistrations, error: AccountError | None
) -> tuple[FloatArray, FloatArray]:
    """Return accounts, shape (p,), and their covariance, shape (p, p): as declared and zero where no error is given.

    Raises
    ------
    InvalidInput
        If the error is about other platforms.
    """
    p = registrations.accounts.size
    if error is None:
        return registrations.accounts, np.zeros((p, p))
    if error.platforms != registrations.platforms:
        raise InvalidInput(
            "error of other accounts",
            expected="the platforms of the registrations, in their order: " + ", ".join(registrations.platforms),
            got=", ".join(error.platforms),
            where="AccountError.platforms",
            fix="make it with account_error from the same registrations",
        )
    return error.expected, error.covariance


def _growth_powers(age: FloatArray, growth: Elicited | None) -> tuple[FloatArray, FloatArray]:
    """Return growth to the power of the years at nodes of a quadrature, shape (m, p), and weights, shape (m,)."""
    if growth is None:
        if (age != 0).any():
            raise InvalidInput(
                "dates without growth",
                expected="growth, the yearly factor of accounts, beside years",
                got="None",
                where="account_error.growth",
                fix="state an interval for it; Elicited(distribution='fixed', low=1, ...) says that nothing changed",
            )
        return np.ones((1, age.size)), np.ones(1)
    values, weights = quadrature(growth)
    if not (values > 0).all():
        raise InvalidInput(
            "impossible growth",
            expected="a factor that is above zero",
            got=f"{growth.distribution} from {values.min():g}",
            where="account_error.growth",
            fix="give accounts after a year over accounts before: 1.1 for 10 % more",
        )
    return values[:, None] ** age, weights


def _column(values: ArrayLike, p: int, name: str, *, least: float) -> FloatArray:
    array = frozen_floats(values, where=f"account_error.{name}")
    if array.shape not in ((), (p,)) or not (np.isfinite(array) & (array >= least)).all():
        raise InvalidInput(
            f"impossible {name}",
            expected=f"one finite number, or {p} of them" + (", zero or more" if np.isfinite(least) else ""),
            got=" ".join(f"{values!r:.80}".split()),
            where=f"account_error.{name}",
            fix="give one number for all platforms, or one for each in the order of the registrations",
        )
    return np.broadcast_to(array, (p,)).astype(np.float64)
