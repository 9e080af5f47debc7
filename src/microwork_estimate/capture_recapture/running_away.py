"""When an estimate is out of all proportion to what was seen, it says so."""

from __future__ import annotations

from microwork_estimate.errors import CodedWarning

RUNAWAY = 50.0
"""An estimate from one law of sightings that is more than so many times the persons seen is said to run away."""

LISTS_RUNAWAY = 1e6
"""The same for lists: their overlap may rightly say that much more than 50 times the persons seen are on none."""


def runaway_warning(value: float, n_observed: float, *, times: float = RUNAWAY) -> list[CodedWarning]:
    """Warn when an estimate is more than so many times the persons seen.

    Parameters
    ----------
    value, n_observed : float
        Estimated persons, and persons seen.
    times : float
        From how many times the persons seen on.

    Returns
    -------
    list of CodedWarning
        ``runaway``, or none.

    Examples
    --------
    >>> [warning.code for warning in runaway_warning(1e6, 100.0)]
    ['runaway']
    >>> runaway_warning(1e6, 100.0, times=LISTS_RUNAWAY)
    []
    """
    if value <= times * n_observed:
        return []
    message = (
        f"the estimate is {value / n_observed:,.0f} times the {n_observed:,.0f} persons seen: nobody should rely on it"
    )
    return [CodedWarning(code="runaway", message=message)]
