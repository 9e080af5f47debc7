"""What a published mean gives under named laws of the number of platforms, beside the bounds that hold for every law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import optimize, special

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimate, FloatArray
from microwork_estimate.inputs import PlatformRegistrations
from microwork_estimate.platforms.bounds import multiplicity_bounds
from microwork_estimate.platforms.scale import require_mean
from microwork_estimate.small_tables import grid_table

Family = Literal["zero-truncated Poisson", "geometric", "logarithmic series", "zeta"]
FAMILIES: tuple[Family, ...] = get_args(Family)


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyReading:
    """Persons if the number of platforms per person follows one law.

    Parameters
    ----------
    family : str
        The law of k over persons.
    max_platforms : int or None
        Where it is cut; None for no largest number.
    parameter : float
        lambda of the Poisson law, probability of one more (geometric), theta (logarithmic series), exponent (zeta).
    platforms_per_person : float
        Mean of k over persons.
    persons : float
        Accounts divided by it.
    """

    family: Family
    max_platforms: int | None
    parameter: float
    platforms_per_person: float
    persons: float


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyReadings:
    """The readings of one published mean.

    Parameters
    ----------
    bounds : Estimate
        What holds for every law (:func:`multiplicity_bounds`).
    readings : tuple of FamilyReading
        By law, without a largest number of platforms and cut at that of the bounds.
    """

    bounds: Estimate
    readings: tuple[FamilyReading, ...]

    def _repr_html_(self) -> str:
        rows = [
            [one.family, str(one.max_platforms or "none"), f"{one.platforms_per_person:.3f}", f"{one.persons:,.0f}"]
            for one in self.readings
        ]
        rows.append(["whatever the law", "", "", self.bounds.display()[2]])
        head = ("law", "largest number of platforms", "platforms per person", "persons")
        return grid_table("Persons by the law of platforms per person", head, rows)


def family_readings(
    registrations: PlatformRegistrations, *, mean: float, max_platforms: int | None = None
) -> FamilyReadings:
    """Persons from a published mean under four laws of the number of platforms, beside the sharp bounds.

    The mean was taken over respondents reached through their accounts, that is of the law weighted by k. Each law with
    one parameter is fitted to it, and gives the mean over persons by which the accounts are to be divided. Nothing in
    the published mean speaks for one law or another: the table shows how little the law matters, and what the bounds
    add.

    Procedure: for each law the parameter at which E[k^2] / E[k] is the published mean, without a largest k and cut at K;
    N = M / E[k].

    Parameters
    ----------
    registrations : PlatformRegistrations
        Accounts of the declaring platforms, M in all.
    mean : float
        Published arithmetic mean of respondents reached in proportion to accounts; at least 1.
    max_platforms : int or None
        K; the number of declaring platforms by default.

    Returns
    -------
    FamilyReadings

    Raises
    ------
    InvalidInput
        If the mean is below 1 or not below K, or as for :func:`multiplicity_bounds`.

    Assumptions
    -----------
    Those of :func:`multiplicity_bounds`, and that k follows the law.

    References
    ----------
    Johnson, Kemp and Kotz 2005, Univariate Discrete Distributions, Wiley, sections 4.10, 5.2, 7.1 and 11.2.20; Patil
    and Rao 1978, Biometrics 34(2), 179-189 (size-biased sampling).

    Examples
    --------
    >>> accounts = PlatformRegistrations(platforms=("all seven",), accounts=[337_980], n_platforms=7, source="example")
    >>> table = family_readings(accounts, mean=1.27)
    >>> [(r.family, round(r.persons)) for r in table.readings if r.max_platforms is None][:2]
    [('zero-truncated Poisson', 296196), ('geometric', 297780)]
    """
    require_mean(mean, where="family_readings.mean")
    bounds = multiplicity_bounds(registrations, mean=mean, max_platforms=max_platforms)
    most = int(registrations.n_platforms or 0) if max_platforms is None else int(max_platforms)
    if mean >= most > 1:
        raise InvalidInput(
            "mean of the largest possible number",
            expected=f"a mean below {most}",
            got=f"{mean:g}",
            where="family_readings.mean",
            fix="if everybody is on all platforms there is no law to fit",
        )
    readings = tuple(_reading(registrations.total, family, mean, cut) for family in FAMILIES for cut in (None, most))
    return FamilyReadings(bounds=bounds, readings=readings)


def _reading(accounts: float, family: Family, mean: float, most: int | None) -> FamilyReading:
    parameter, platforms = _fitted(family, mean) if most is None else _fitted_cut(family, mean, most)
    return FamilyReading(
        family=family,
        max_platforms=most,
        parameter=parameter,
        platforms_per_person=platforms,
        persons=accounts / platforms,
    )


def _fitted(family: Family, mean: float) -> tuple[float, float]:
    """Return the parameter and the mean over persons of a law without a largest number, in closed form but for zeta."""
    if mean == 1:
        return (np.inf if family == "zeta" else 0.0), 1.0
    if family == "zero-truncated Poisson":
        rate = mean - 1
        return rate, float(rate / -np.expm1(-rate))
    if family == "geometric":
        stop = 2 / (mean + 1)
        return 1 - stop, 1 / stop
    if family == "logarithmic series":
        theta = 1 - 1 / mean
        return theta, float(-theta / ((1 - theta) * np.log1p(-theta)))

    def excess(exponent: float) -> float:
        return float(special.zeta(exponent - 2) / special.zeta(exponent - 1)) - mean

    exponent = float(optimize.brentq(excess, 3 + 1e-12, 60.0, xtol=1e-13))
    return exponent, float(special.zeta(exponent - 1) / special.zeta(exponent))


def _log_weights(family: Family, k: FloatArray) -> Callable[[float], FloatArray]:
    """Return the logarithms of the chances of 1..K, up to a constant, as a function of the natural parameter."""
    if family == "zeta":
        return lambda natural: natural * np.log(k)
    own = {
        "zero-truncated Poisson": -special.gammaln(k + 1),
        "geometric": np.zeros_like(k),
        "logarithmic series": -np.log(k),
    }[family]
    return lambda natural: natural * k + own


def _fitted_cut(family: Family, mean: float, most: int) -> tuple[float, float]:
    """Return the parameter and the mean over persons of a law on 1..K."""
    k = np.arange(1.0, most + 1)
    logs = _log_weights(family, k)

    def chances(natural: float) -> FloatArray:
        log = logs(natural)
        weights = np.exp(log - log.max())
        return np.asarray(weights / weights.sum())

    def excess(natural: float) -> float:
        law = chances(natural)
        return float((law @ k**2) / (law @ k)) - mean

    if most == 1 or mean == 1:
        return (np.inf if family == "zeta" else 0.0), 1.0
    natural = float(optimize.brentq(excess, -700.0, 700.0, xtol=1e-13))
    parameter = -natural if family == "zeta" else float(np.exp(natural))
    return parameter, float(chances(natural) @ k)
