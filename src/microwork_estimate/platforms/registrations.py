"""From registered accounts to registered persons."""

from __future__ import annotations

from dataclasses import replace

from microwork_estimate.errors import InvalidInput, check_level
from microwork_estimate.estimate import Estimand, Estimate, FrozenMapping, Scalar
from microwork_estimate.inputs import PlatformRegistrations
from microwork_estimate.platforms.assumptions import ONE_ACCOUNT_ONE_WORKER
from microwork_estimate.platforms.sample_means import ARITHMETIC_METHOD
from microwork_estimate.platforms.scale import log_scale_interval, require_mean


def persons_from_registrations(
    registrations: PlatformRegistrations, multiplicity: Estimate, *, level: float = 0.95
) -> Estimate:
    """Divide the sum of accounts by the number of platforms per person: registered persons.

    Procedure: N = M / kappa. The accounts are taken as known, so that the standard error is N se(kappa) / kappa and the
    interval, normal on the logarithmic scale and never above M, carries the sampling error of kappa alone.

    Parameters
    ----------
    registrations : PlatformRegistrations
        Accounts of the declaring platforms, M in all.
    multiplicity : Estimate
        Platforms per person, from :func:`~microwork_estimate.platforms.multiplicity` or
        :func:`~microwork_estimate.platforms.stated_multiplicity`. Its warnings and assumptions are carried over.
    level : float
        Confidence level of the interval.

    Returns
    -------
    Estimate
        Persons, activity "registered". No standard error and no interval where `multiplicity` has none. For a
        multiplicity that is itself rounded, ``diagnostics`` give the persons at both ends of its rounding cell; where it
        is a mean over a sample of persons, ``corrected_for_bias`` takes out the first-order bias N (se / kappa)^2.

    Raises
    ------
    InvalidInput
        If `multiplicity` is not about platforms per person, has no value, or is below 1.

    Assumptions
    -----------
    Those of the multiplicity, and that each account is one living worker: no duplicate, dormant or foreign accounts.

    References
    ----------
    Sirken 1970, JASA 65, 257-266; Mecatti 2007, Survey Methodology 33, 151-157.

    Examples
    --------
    >>> from microwork_estimate.inputs import PlatformRegistrations
    >>> from microwork_estimate.platforms import stated_multiplicity
    >>> kappa = stated_multiplicity(1.27, reached_via="worker", source="example", rounding=0.005)
    >>> accounts = PlatformRegistrations(platforms=("all seven",), accounts=[337_980], n_platforms=7, source="example")
    >>> persons = persons_from_registrations(accounts, kappa)
    >>> round(persons.value), round(persons.diagnostics["low_from_rounding"])
    (266126, 265082)
    """
    check_level(level)
    kappa = _require_multiplicity(multiplicity)
    accounts = registrations.total
    persons = accounts / kappa
    error = None if multiplicity.standard_error is None else persons * multiplicity.standard_error / kappa
    estimated = multiplicity.interval is not None or (error is not None and error > 0)
    return Estimate(
        name="registered persons",
        value=persons,
        standard_error=error,
        interval=log_scale_interval(persons, error, level, most=accounts) if error is not None and estimated else None,
        estimand=registered_persons(registrations),
        method=f"sum of accounts / platforms per person ({multiplicity.method})",
        n_observed=multiplicity.n_observed,
        assumptions=(*multiplicity.assumptions, ONE_ACCOUNT_ONE_WORKER),
        warnings=multiplicity.warnings,
        references=(*multiplicity.references, registrations.source),
        diagnostics=FrozenMapping(
            {
                "accounts": accounts,
                "platforms_per_person": kappa,
                **_rounding_ends(accounts, multiplicity),
                **_bias_corrected(persons, multiplicity),
            }
        ),
    )


def registered_persons(registrations: PlatformRegistrations) -> Estimand:
    """Return the estimand of persons registered on at least one of the declaring platforms.

    Parameters
    ----------
    registrations : PlatformRegistrations

    Returns
    -------
    Estimand

    Examples
    --------
    >>> from microwork_estimate.inputs import PlatformRegistrations
    >>> accounts = PlatformRegistrations(platforms=("A", "B"), accounts=[10, 20], source="example")
    >>> str(registered_persons(accounts))
    'persons, registered, 2 declaring platforms'
    """
    return replace(
        Estimand(unit="persons", activity="registered"),
        window=registrations.as_of,
        territory=registrations.territory,
        platforms=f"{registrations.n_platforms} declaring platforms",
    )


def _rounding_ends(accounts: float, multiplicity: Estimate) -> dict[str, Scalar]:
    half = multiplicity.diagnostics.get("rounding")
    if not isinstance(half, float) or half == 0 or multiplicity.value is None:
        return {}
    return {
        "low_from_rounding": accounts / (multiplicity.value + half),
        "high_from_rounding": accounts / max(multiplicity.value - half, 1.0),
    }


def _bias_corrected(persons: float, multiplicity: Estimate) -> dict[str, Scalar]:
    """Return persons less their first-order bias where the divisor is a mean over persons: one over it is too high."""
    error, kappa = multiplicity.standard_error, multiplicity.value
    if multiplicity.method != ARITHMETIC_METHOD or error is None or kappa is None:
        return {}
    return {"corrected_for_bias": persons * (1 - (error / kappa) ** 2)}


def _require_multiplicity(multiplicity: Estimate) -> float:
    if multiplicity.estimand.unit != "platforms per person" or multiplicity.value is None:
        raise InvalidInput(
            "not a multiplicity",
            expected="an estimate with a value in platforms per person",
            got=f"{multiplicity.name!r} in {multiplicity.estimand.unit}, value {multiplicity.value}",
            where="persons_from_registrations.multiplicity",
            fix="make it with platforms.multiplicity or platforms.stated_multiplicity",
        )
    require_mean(multiplicity.value, where="persons_from_registrations.multiplicity")
    return multiplicity.value
