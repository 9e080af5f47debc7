"""The scale on which an interval is symmetric: as it is, logarithmic (perhaps above those seen), or logit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import special

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray

Kind = Literal["identity", "log", "logit"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """A change of scale and the way back.

    Parameters
    ----------
    kind : {"identity", "log", "logit"}
        Totals and ratios vary evenly on the logarithmic scale, shares on the logit.
    floor : float
        For ``"log"``: what is subtracted before, in the unit of the estimate. The number of persons seen, so that no
        interval of a population size goes below them.

    Examples
    --------
    >>> Scale(kind="log", floor=320.0).backward(Scale(kind="log", floor=320.0).forward(1000.0)).round(6)
    np.float64(1000.0)
    """

    kind: Kind = "identity"
    floor: float = 0.0

    def __post_init__(self) -> None:
        check_choice(self.kind, get_args(Kind), where="Scale.kind")
        if not np.isfinite(self.floor) or (self.floor != 0.0 and self.kind != "log"):
            raise InvalidInput(
                "impossible floor of a scale",
                expected='a finite number, and zero unless kind="log"',
                got=f"kind={self.kind!r}, floor={self.floor!r}",
                where="Scale",
                fix='give the number seen with kind="log"',
            )

    def forward(self, values: FloatArray | float) -> FloatArray:
        """Bring values to the scale; outside its range they are infinite or NaN."""
        x = np.asarray(values, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.kind == "log":
                return np.asarray(np.log(x - self.floor))
            return np.asarray(special.logit(x)) if self.kind == "logit" else x

    def backward(self, values: FloatArray | float) -> FloatArray:
        """Bring values back from the scale."""
        y = np.asarray(values, dtype=np.float64)
        if self.kind == "log":
            with np.errstate(over="ignore"):
                return np.asarray(self.floor + np.exp(y))
        return np.asarray(special.expit(y)) if self.kind == "logit" else y

    def slope(self, values: FloatArray | float) -> FloatArray:
        """Return how much the scale rises with the value."""
        x = np.asarray(values, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.kind == "log":
                return np.asarray(1.0 / (x - self.floor))
            return np.asarray(1.0 / (x * (1.0 - x))) if self.kind == "logit" else np.ones_like(x)

    def of_value(self, value: float) -> float:
        """Bring the estimate itself to the scale.

        Raises
        ------
        InvalidInput
            If it has no finite place there.
        """
        place = float(self.forward(value))
        if not np.isfinite(place):
            raise InvalidInput(
                "estimate outside its scale",
                expected={"identity": "a finite number", "log": f"a number above {self.floor:g}"}.get(
                    self.kind, "a share above 0 and below 1"
                ),
                got=repr(value),
                where=f"the {self.kind} scale of an interval",
                fix="use the percentile interval, which has no scale",
            )
        return place


IDENTITY = Scale()
LOG = Scale(kind="log")
LOGIT = Scale(kind="logit")


def above(seen: float) -> Scale:
    """Return the logarithmic scale of the number that was not seen, for the size of a population of which some were.

    Examples
    --------
    >>> above(320.0).forward(321.0)
    array(0.)
    """
    return Scale(kind="log", floor=seen)
