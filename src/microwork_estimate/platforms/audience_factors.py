"""The factors between unique visitors and workers, each an interval that somebody states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Elicited

FACTOR_NAMES = ("measurement", "territory_share", "worker_share", "devices_per_person", "platforms_per_person")

_POSSIBLE = {
    "measurement": (0.0, np.inf, "numbers above 0"),
    "territory_share": (0.0, 1.0, "a share"),
    "worker_share": (0.0, 1.0, "a share"),
    "devices_per_person": (1.0, np.inf, "numbers of at least 1"),
    "platforms_per_person": (1.0, np.inf, "numbers of at least 1"),
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AudienceFactors:
    """What stands between unique visitors and workers. Each factor carries its source.

    Parameters
    ----------
    measurement : Elicited
        True over measured unique visitors of a site: a factor around 1, log-normal as a rule.
    territory_share : Elicited
        Share of the visitors who are in the territory; fixed at 1 if the figures are of the territory already.
    worker_share : Elicited
        Share of them who do paid tasks, and not only look, recruit, or came by mistake.
    devices_per_person : Elicited
        Devices or browsers counted for each visitor, at least 1.
    platforms_per_person : Elicited
        Platforms that a visitor visits in the window, at least 1.

    Raises
    ------
    InvalidInput
        If a factor can take an impossible value (a log-normal share can exceed 1).

    Examples
    --------
    >>> from microwork_estimate.inputs import Elicited
    >>> factors = AudienceFactors(
    ...     measurement=Elicited(distribution="lognormal", low=0.5, high=2, source="provider, note 3"),
    ...     territory_share=Elicited(distribution="fixed", low=1, source="figures for France"),
    ...     worker_share=Elicited(distribution="share", low=0.25, high=0.75, source="expert"),
    ...     devices_per_person=Elicited(distribution="at_least_one", low=1.2, high=2.2, source="expert"),
    ...     platforms_per_person=Elicited(distribution="fixed", low=1.27, source="survey"),
    ... )
    >>> round(factors.factor("worker_share").median, 3)
    0.5
    """

    measurement: Elicited
    territory_share: Elicited
    worker_share: Elicited
    devices_per_person: Elicited
    platforms_per_person: Elicited

    def __post_init__(self) -> None:
        for name in FACTOR_NAMES:
            factor = self.factor(name)
            least, most, rule = _POSSIBLE[name]
            low, high = factor.quantile([0.0, 1.0])
            point_of_zero = factor.distribution in ("fixed", "empirical") and low == 0
            if low < least or high > most or point_of_zero:
                raise InvalidInput(
                    "factor with impossible values",
                    expected=f"{rule}, with no weight on zero",
                    got=f"{factor.distribution} from {low:g} to {high:g}",
                    where=f"AudienceFactors.{name}",
                    fix="use 'lognormal' for a factor, 'share' for a share, 'at_least_one' for devices and platforms, "
                    "or 'fixed'",
                )

    def factor(self, name: str) -> Elicited:
        """Return one factor by its name, one of :data:`FACTOR_NAMES`."""
        found: Elicited = getattr(self, name)
        return found
