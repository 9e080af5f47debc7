"""The result nouns: frozen records that every estimator returns and every report reads.

An :class:`Estimate` is one number about one :class:`Estimand`, with its interval, its assumptions and what is wrong
with it. *Bounds* (what the data leave open even with infinitely many observations) are kept apart from *intervals*
(what sampling leaves open). Nothing here computes an estimator, reads a table or draws a picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Literal, get_args

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput, check_choice, check_level
from microwork_estimate.frozen import FloatArray, FrozenMapping, IntArray, Scalar, frozen_floats
from microwork_estimate.rounding import display_decimals, plain_number, round_outward
from microwork_estimate.small_tables import facts_table

__all__ = [
    "UNSPECIFIED",
    "Activity",
    "Assumption",
    "Bounds",
    "Estimand",
    "Estimate",
    "FloatArray",
    "FrozenMapping",
    "IntArray",
    "Interval",
    "Replicates",
    "Scalar",
    "SensitivityCurve",
    "Unit",
    "frozen_floats",
]

Unit = Literal[
    "persons",
    "accounts",
    "visits",
    "share",
    "platforms per person",
    "ratio",
    "hours per week",
    "EUR per hour",
    "EUR per month",
    "full-time equivalents",
]
Activity = Literal[
    "unspecified", "registered", "ever active", "monthly", "weekly", "very active", "regular", "occasional", "captured"
]

UNSPECIFIED = "unspecified"


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimand:
    """What a number is about. Numbers about different things cannot be compared, pooled or subtracted.

    Parameters
    ----------
    unit : str
        What is counted: ``"persons"``, ``"accounts"``, ``"visits"``, ``"share"``, ``"platforms per person"``,
        ``"ratio"``, ``"hours per week"``, ``"EUR per hour"``, ``"EUR per month"`` or ``"full-time equivalents"``.
    activity : str
        Who counts as being in: ``"registered"``, ``"ever active"``, ``"monthly"``, ``"weekly"``, ...
    window, territory, platforms : str
        The period, the place and the set of platforms, in words. ``"unspecified"`` where the user did not say.
    """

    unit: Unit = "persons"
    activity: Activity = "unspecified"
    window: str = UNSPECIFIED
    territory: str = UNSPECIFIED
    platforms: str = UNSPECIFIED

    def __post_init__(self) -> None:
        check_choice(self.unit, get_args(Unit), where="Estimand.unit")
        check_choice(self.activity, get_args(Activity), where="Estimand.activity")

    def differences(self, other: Estimand) -> tuple[str, ...]:
        """Name the fields in which two estimands differ; two unspecified fields count as the same."""
        names = (f.name for f in fields(self))
        return tuple(name for name in names if getattr(self, name) != getattr(other, name))

    def __str__(self) -> str:
        parts = [self.unit, self.activity, self.window, self.territory, self.platforms]
        return ", ".join(part for part in parts if part != UNSPECIFIED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A confidence interval: what the *sampling* leaves open, at `level`, by `method`.

    Parameters
    ----------
    low, high : float
        The ends; `high` may be infinite.
    level : float
        Confidence level, strictly between 0 and 1.
    method : str
        How it was made, for example ``"sadinle"``.
    """

    low: float
    high: float
    level: float
    method: str

    def __post_init__(self) -> None:
        check_level(self.level, where="Interval.level")
        _check_ordered(self.low, self.high, where=f"Interval ({self.method})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """Partial identification: what the *data* leave open however many there are. Not a confidence interval.

    Parameters
    ----------
    low, high : float
        The ends; `high` may be infinite.
    reason : str
        Which missing knowledge leaves the range open.
    sharp : bool
        Whether every value inside is compatible with the data, so that no argument can narrow the range without
        more knowledge.
    """

    low: float
    high: float
    reason: str
    sharp: bool

    def __post_init__(self) -> None:
        _check_ordered(self.low, self.high, where="Bounds")


def _check_ordered(low: float, high: float, *, where: str) -> None:
    if math.isnan(low) or math.isnan(high) or low > high:
        raise InvalidInput(
            "ends out of order",
            expected="low <= high",
            got=f"low={low}, high={high}",
            where=where,
            fix="check the ends",
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Replicates:
    """B redraws of one number, kept so that sums, differences and ratios of estimates carry the right uncertainty.

    Replicates of one run share their random streams: draw b of a stream is the same for every estimate that uses it.
    So arithmetic goes index by index, and replicates of different seeds or lengths refuse to meet. A draw that could
    not be estimated stays in place as NaN or infinity.

    Parameters
    ----------
    values : array of shape (B,)
        The redraws.
    streams : tuple of str
        Names of the random streams that were redrawn.
    seed : int
        The seed of the run.
    """

    values: FloatArray
    streams: tuple[str, ...]
    seed: int

    def __post_init__(self) -> None:
        array = frozen_floats(self.values, where="Replicates.values")
        if array.ndim != 1:
            raise InvalidInput(
                "wrong shape",
                expected="a one-dimensional array of B replicates",
                got=f"shape {array.shape}",
                where="Replicates.values",
                fix="give one number for each replicate",
            )
        object.__setattr__(self, "values", array)

    def __len__(self) -> int:
        return int(self.values.size)

    @property
    def n_failed(self) -> int:
        """Number of draws that could not be estimated (NaN or infinite)."""
        return int(np.count_nonzero(~np.isfinite(self.values)))

    def _paired(self, other: Replicates, values: FloatArray) -> Replicates:
        streams = self.streams + tuple(name for name in other.streams if name not in self.streams)
        return Replicates(values=values, streams=streams, seed=self.seed)

    def _require_same_run(self, other: Replicates) -> None:
        if self.seed != other.seed or len(self) != len(other):
            raise InvalidInput(
                "replicates of different runs",
                expected=f"seed {self.seed} and {len(self)} replicates",
                got=f"seed {other.seed} and {len(other)} replicates",
                where="Replicates arithmetic",
                fix="run both estimates with the same seed and number of replicates",
            )

    def __add__(self, other: Replicates) -> Replicates:
        self._require_same_run(other)
        return self._paired(other, self.values + other.values)

    def __sub__(self, other: Replicates) -> Replicates:
        self._require_same_run(other)
        with np.errstate(invalid="ignore"):
            return self._paired(other, self.values - other.values)

    def __truediv__(self, other: Replicates) -> Replicates:
        self._require_same_run(other)
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._paired(other, self.values / other.values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumption:
    """A condition without which a number does not mean what it says.

    Parameters
    ----------
    id : str
        Stable name, lower-case words joined by hyphens.
    statement_en, statement_fr : str
        The condition in one sentence, in English and French.
    testable : bool
        Whether the data at hand can contradict it.
    direction_of_bias_if_violated : str
        ``"up"``, ``"down"`` or ``"either"``: where the estimate goes when the condition fails as it usually does.
    sensitivity : str or None
        The name of the function that varies it, for example ``"capture_recapture.odds_ratio_curve"``.
    """

    id: str
    statement_en: str
    statement_fr: str
    testable: bool
    direction_of_bias_if_violated: Literal["up", "down", "either"]
    sensitivity: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """One estimated number and all that must be known with it. One class for the whole library.

    Parameters
    ----------
    name : str
        Short name, unique within a result.
    value : float or None
        The estimate. None when only bounds or a one-sided limit are identified.
    standard_error : float or None
        On the scale of `value`.
    interval : Interval or None
        What sampling leaves open.
    bounds : Bounds or None
        What the data leave open however many there are. Both may be present.
    replicates : Replicates or None
        The redraws, if the estimate was replicated.
    estimand : Estimand
        What the number is about.
    method : str
        How it was computed, in a few words.
    n_observed : float or None
        Persons actually seen, where the method sees persons.
    assumptions : tuple of Assumption
    warnings : tuple of CodedWarning
    references : tuple of str
        Where the method is printed.
    diagnostics : mapping of str to a plain value
        Numbers that help to judge the estimate. They are not estimates.
    """

    name: str
    value: float | None
    estimand: Estimand
    method: str
    standard_error: float | None = None
    interval: Interval | None = None
    bounds: Bounds | None = None
    replicates: Replicates | None = None
    n_observed: float | None = None
    assumptions: tuple[Assumption, ...] = ()
    warnings: tuple[CodedWarning, ...] = ()
    references: tuple[str, ...] = ()
    diagnostics: FrozenMapping = field(default_factory=FrozenMapping)

    def __post_init__(self) -> None:
        for name in ("value", "standard_error"):
            number = getattr(self, name)
            if number is not None and math.isnan(number):
                raise InvalidInput(
                    "not a number",
                    expected="a number, or None when nothing is identified",
                    got="NaN",
                    where=f"Estimate.{name} of {self.name!r}",
                    fix="return the honest bound with a coded warning instead",
                )
        if self.standard_error is not None and self.standard_error < 0:
            raise InvalidInput(
                "negative standard error",
                expected="zero or more",
                got=f"{self.standard_error}",
                where=f"Estimate {self.name!r}",
                fix="this is a mistake of the estimator: report it",
            )
        if self.value is None and self.interval is None and self.bounds is None and not self.warnings:
            raise InvalidInput(
                "an estimate that says nothing",
                expected="a value, an interval, bounds, or a warning that says why there is none",
                got="none of them",
                where=f"Estimate {self.name!r}",
                fix="attach a coded warning with the reason",
            )

    def __str__(self) -> str:
        """One line: value, interval, bounds, warning codes."""
        parts = [
            f"{self.name}: {plain_number(self.value)}" if self.value is not None else f"{self.name}: no point value"
        ]
        if self.interval is not None:
            i = self.interval
            parts.append(f"{100 * i.level:g} % interval [{plain_number(i.low)}; {plain_number(i.high)}] ({i.method})")
        if self.bounds is not None:
            parts.append(f"bounds [{plain_number(self.bounds.low)}; {plain_number(self.bounds.high)}]")
        parts.append(self.method)
        if self.assumptions:
            parts.append("assumes " + ", ".join(a.id for a in self.assumptions))
        if self.warnings:
            parts.append("warnings: " + ", ".join(w.code for w in self.warnings))
        return "; ".join(parts)

    def display(self) -> tuple[str, str, str]:
        """Return value, interval and bounds as text, rounded by the uncertainty; empty where there is none."""
        ends = None if self.interval is None else (self.interval.low, self.interval.high)
        whole = self.estimand.unit in ("persons", "accounts", "visits")
        decimals = display_decimals(self.value, standard_error=self.standard_error, ends=ends, whole=whole)
        pairs = (() if x is None else round_outward(x.low, x.high, decimals) for x in (self.interval, self.bounds))
        interval, bounds = (" to ".join(plain_number(end, decimals) for end in pair) for pair in pairs)
        return "" if self.value is None else plain_number(self.value, decimals), interval, bounds

    def _repr_html_(self) -> str:
        value, interval, bounds = self.display()
        rows = [("value", value or "none"), ("estimand", str(self.estimand)), ("method", self.method)]
        if self.interval is not None:
            rows.insert(1, (f"{100 * self.interval.level:g} % interval ({self.interval.method})", interval))
        if self.bounds is not None:
            rows.insert(1, ("bounds (not an interval)", bounds))
        rows += [("assumes", a.statement_en) for a in self.assumptions]
        return facts_table(self.name, [*rows, *(("warning", str(w)) for w in self.warnings)])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SensitivityCurve:
    """An estimate as a function of one assumption that the data cannot test.

    Parameters
    ----------
    parameter : str
        What is varied, for example ``"odds ratio"``.
    grid : array of shape (g,)
        Its values, increasing.
    values, low, high : array of shape (g,)
        The estimate and the ends of its interval at each of them.
    level : float
        Confidence level of the interval.
    estimand : Estimand
    reference : float
        The value of the parameter at which the usual estimate stands.
    """

    parameter: str
    grid: FloatArray
    values: FloatArray
    low: FloatArray
    high: FloatArray
    level: float
    estimand: Estimand
    reference: float

    def __post_init__(self) -> None:
        for name in ("grid", "values", "low", "high"):
            array = frozen_floats(getattr(self, name), where=f"SensitivityCurve.{name}")
            object.__setattr__(self, name, array)
        if len({getattr(self, name).shape for name in ("grid", "values", "low", "high")}) != 1:
            raise InvalidInput(
                "arrays of different lengths",
                expected="grid, values, low and high of one length",
                got=", ".join(f"{n} {getattr(self, n).shape}" for n in ("grid", "values", "low", "high")),
                where="SensitivityCurve",
                fix="give one value for each point of the grid",
            )
