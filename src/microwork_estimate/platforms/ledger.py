"""The ledger from declared accounts to persons: what each step takes away, with its source and its error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Estimand, Estimate, FloatArray, FrozenMapping, Interval, frozen_floats
from microwork_estimate.inputs import Elicited, PlatformRegistrations
from microwork_estimate.platforms.account_error import AccountError, accounts_and_covariance
from microwork_estimate.platforms.assumptions import ELICITED_FACTORS, LEDGER_ORDER
from microwork_estimate.platforms.coded_warnings import assumed_factors
from microwork_estimate.platforms.fixed_points import fixed_points
from microwork_estimate.small_tables import grid_table

STEPS = ("duplicates", "abroad", "dormant", "platforms_per_person")
_SHARES = STEPS[:3]
_Z90 = float(special.ndtri(0.95))

#: Words for the steps, in English and French.
STEP_LABELS: dict[str, tuple[str, str]] = {
    "declared": ("declared accounts", "comptes déclarés"),
    "duplicates": ("less duplicates", "moins les doublons"),
    "abroad": ("less accounts abroad", "moins les comptes à l'étranger"),
    "dormant": ("less dormant accounts", "moins les comptes dormants"),
    "platforms_per_person": (
        "persons (accounts / platforms per person)",
        "personnes (comptes / plateformes par personne)",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerFactors:
    """The factors of the ledger, each with its source. A step left out is not taken.

    Parameters
    ----------
    duplicates : Elicited, Estimate or None
        Share of the declared accounts that are further accounts of the same person on the same platform.
    abroad : Elicited, Estimate or None
        Share of what is left that belongs to persons outside the territory.
    dormant : Elicited, Estimate or None
        Share of what is left that is never used.
    platforms_per_person : Elicited, Estimate or None
        Accounts per person among what is left then (harmonic over accounts), at least 1.

    Raises
    ------
    InvalidInput
        If a share can lie outside 0 to 1, platforms per person below 1, or an estimate is of another unit.

    Examples
    --------
    >>> factors = LedgerFactors(
    ...     dormant=Elicited(distribution="share", low=0.5, high=0.8, source="platform A, 2018"),
    ...     platforms_per_person=Elicited(distribution="fixed", low=1.27, source="survey"),
    ... )
    >>> [name for name, _ in factors.given]
    ['dormant', 'platforms_per_person']
    """

    duplicates: Elicited | Estimate | None = None
    abroad: Elicited | Estimate | None = None
    dormant: Elicited | Estimate | None = None
    platforms_per_person: Elicited | Estimate | None = None

    def __post_init__(self) -> None:
        for name, factor in self.given:
            low, high = factor.quantile([0.0, 1.0])
            if name in _SHARES and not 0 <= low <= high <= 1:
                _refuse("share outside 0 to 1", "a share", f"{low:g} to {high:g}", name)
            if name in _SHARES and factor.median >= 1:
                _refuse("share that leaves nothing", "a share below 1", f"{factor.median:g}", name)
            if name not in _SHARES and not low >= 1:
                _refuse("impossible multiplicity", "platforms per person of at least 1", f"from {low:g}", name)

    @property
    def given(self) -> tuple[tuple[str, Elicited], ...]:
        """The steps that are taken, in their order, as distributions."""
        pairs = ((name, getattr(self, name)) for name in STEPS)
        return tuple((name, _elicited(name, factor)) for name, factor in pairs if factor is not None)


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerRow:
    """One line of the ledger.

    Parameters
    ----------
    step : str
        ``"declared"``, ``"duplicates"``, ``"abroad"``, ``"dormant"`` or ``"platforms_per_person"``.
    label_en, label_fr : str
        Words for readers.
    unit : str
        ``"accounts"`` or ``"persons"``: what there is after the step.
    value, low, high : float
        How many there are after the step, and the central interval at the level of the ledger.
    factor, factor_low, factor_high : float or None
        The share taken away (or the divisor): median and interval; None for the first line.
    source : str
        Where the figure or factor was read.
    """

    step: str
    label_en: str
    label_fr: str
    unit: str
    value: float
    low: float
    high: float
    factor: float | None
    factor_low: float | None
    factor_high: float | None
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """All lines, and the last as an estimate.

    Parameters
    ----------
    rows : tuple of LedgerRow
    estimate : Estimate
        What is left after the last step.
    level : float
        Probability of the intervals.
    """

    rows: tuple[LedgerRow, ...]
    estimate: Estimate
    level: float

    def _repr_html_(self) -> str:
        head = ("step", "factor", "left", f"{100 * self.level:g} % interval", "unit", "source")
        rows = [
            [
                *(row.label_en, "" if row.factor is None else f"{row.factor:.3g}", f"{row.value:,.0f}"),
                *(f"{row.low:,.0f} to {row.high:,.0f}", row.unit, row.source),
            ]
            for row in self.rows
        ]
        return grid_table("From declared accounts to persons", head, rows)


def registrations_ledger(
    registrations: PlatformRegistrations,
    factors: LedgerFactors,
    *,
    error: AccountError | None = None,
    level: float = 0.95,
) -> Ledger:
    """Walk from declared accounts to persons, one step at a time, each with its source and its error.

    Procedure: declared accounts, less duplicates, less accounts abroad, less dormant accounts, divided by platforms per
    person. Each share is of what the step before left. A value is the product with all factors at their medians; the
    interval holds the central `level` of the distribution of the product up to that line, integrated over 2^14 fixed
    points.

    Parameters
    ----------
    registrations : PlatformRegistrations
    factors : LedgerFactors
        An estimate with a standard error becomes a logit-normal share, or 1 plus a log-normal multiplicity.
    error : AccountError or None
        Rounding and date of the declared accounts.
    level : float
        Probability of the intervals.

    Returns
    -------
    Ledger
        Its interval has the method "elicited": it says what the stated intervals imply. Warning ``assumed-factors``
        where a source begins with "assumed". :func:`ledger_draws` gives replicates.

    Raises
    ------
    InvalidInput
        If no step is taken, or there are no accounts.

    Assumptions
    -----------
    The stated intervals hold the truth as often as they say, independently of one another; each share is of what the
    step before left; platforms per person are those of the accounts that are left (dormant accounts lower them).

    References
    ----------
    O'Hagan et al. 2006, Uncertain Judgements, Wiley, chapter 6.

    Examples
    --------
    >>> accounts = PlatformRegistrations(platforms=("A", "B"), accounts=[800, 200], source="platforms")
    >>> factors = LedgerFactors(
    ...     duplicates=Elicited(distribution="fixed", low=0.1, source="platform A"),
    ...     dormant=Elicited(distribution="share", low=0.4, high=0.6, source="platform A"),
    ...     platforms_per_person=Elicited(distribution="fixed", low=1.25, source="survey"),
    ... )
    >>> [(row.step, round(row.value)) for row in registrations_ledger(accounts, factors).rows]
    [('declared', 1000), ('duplicates', 900), ('dormant', 450), ('platforms_per_person', 360)]
    """
    check_level(level)
    steps = factors.given
    if not steps or registrations.total <= 0:
        raise InvalidInput(
            "ledger without content",
            expected="accounts, and at least one step",
            got=f"{registrations.total:g} accounts and {len(steps)} steps",
            where="registrations_ledger",
            fix="give what platforms declare, and what is known of duplicates, accounts abroad, dormant ones or persons",
        )
    draws = ledger_draws(registrations, factors, fixed_points(1 + len(steps)), error=error)
    middle = ledger_draws(registrations, factors, np.full((1, 1 + len(steps)), 0.5), error=error)[0]
    ends = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    rows = [_row("declared", "accounts", (middle[0], *ends[:, 0]), None, registrations.source)]
    for at, (name, factor) in enumerate(steps, start=1):
        unit = "persons" if name == "platforms_per_person" else "accounts"
        shown = tuple(float(x) for x in factor.quantile([0.5, (1 - level) / 2, (1 + level) / 2]))
        rows.append(_row(name, unit, (middle[at], *ends[:, at]), shown, factor.source))
    coded = _warnings(steps)
    announce(coded)
    return Ledger(rows=tuple(rows), estimate=_estimate(registrations, rows, coded, level), level=level)


def n_ledger_uniforms(factors: LedgerFactors) -> int:
    """Return how many uniform numbers :func:`ledger_draws` needs for one draw: one, and one for each step.

    Examples
    --------
    >>> n_ledger_uniforms(LedgerFactors(dormant=Elicited(distribution="fixed", low=0.5, source="example")))
    2
    """
    return 1 + len(factors.given)


def ledger_draws(
    registrations: PlatformRegistrations,
    factors: LedgerFactors,
    uniforms: ArrayLike,
    *,
    error: AccountError | None = None,
) -> FloatArray:
    """Turn uniform numbers into draws of every line of the ledger.

    The uniforms may come from a low-discrepancy sequence or from a named random stream of a bootstrap: one column for
    the declared accounts (normal with their standard error, not below zero), then one for each step.

    Parameters
    ----------
    registrations : PlatformRegistrations
    factors : LedgerFactors
        s steps.
    uniforms : array of shape (B, 1 + s)
        Numbers from 0 to 1.
    error : AccountError or None

    Returns
    -------
    array of shape (B, 1 + s)
        Accounts, or persons, after each line.

    Raises
    ------
    InvalidInput
        If the shape is wrong or a number is not from 0 to 1.

    Assumptions
    -----------
    Steps are independent of one another.

    References
    ----------
    O'Hagan et al. 2006, Uncertain Judgements, Wiley, chapter 6.

    Examples
    --------
    >>> accounts = PlatformRegistrations(platforms=("A",), accounts=[100], source="example")
    >>> factors = LedgerFactors(dormant=Elicited(distribution="uniform", low=0.2, high=0.6, source="example"))
    >>> ledger_draws(accounts, factors, [[0.5, 0.0], [0.5, 1.0]]).round(9).tolist()
    [[100.0, 80.0], [100.0, 40.0]]
    """
    steps = factors.given
    u = frozen_floats(uniforms, where="uniforms")
    if u.ndim != 2 or u.shape[1] != 1 + len(steps) or not ((u >= 0) & (u <= 1)).all():
        raise InvalidInput(
            "uniforms that cannot be used",
            expected=f"numbers from 0 to 1 of shape (B, {1 + len(steps)})",
            got=f"others, of shape {u.shape}",
            where="ledger_draws.uniforms",
            fix="draw n_ledger_uniforms(factors) numbers for each draw",
        )
    u = np.clip(u, 2.0**-54, 1 - 2.0**-53)
    accounts, covariance = accounts_and_covariance(registrations, error)
    spread = math.sqrt(float(covariance.sum()))
    left = np.empty(u.shape)
    left[:, 0] = np.maximum(accounts.sum() + spread * special.ndtri(u[:, 0]), 0.0)
    for at, (name, factor) in enumerate(steps, start=1):
        drawn = factor.quantile(u[:, at])
        left[:, at] = left[:, at - 1] * (1 - drawn if name in _SHARES else 1 / drawn)
    return left


def _elicited(name: str, factor: Elicited | Estimate) -> Elicited:
    """Read an estimate as a distribution: logit-normal for a share, 1 plus log-normal for platforms per person."""
    if isinstance(factor, Elicited):
        return factor
    unit = "share" if name in _SHARES else "platforms per person"
    if factor.estimand.unit != unit or factor.value is None:
        _refuse("estimate of another unit", f"an estimate with a value in {unit}", factor.estimand.unit, name)
    value, error = factor.value, factor.standard_error or 0.0
    source = "; ".join((factor.name, *factor.references[-1:]))
    slope = value * (1 - value) if name in _SHARES else value - 1
    if error == 0 or slope <= 0:
        return Elicited(distribution="fixed", low=value, source=source)
    if name in _SHARES:
        low, high = special.expit(special.logit(value) + _Z90 * error / slope * np.array([-1.0, 1.0]))
        return Elicited(distribution="share", low=float(low), high=float(high), source=source)
    low, high = 1 + (value - 1) * np.exp(_Z90 * error / slope * np.array([-1.0, 1.0]))
    return Elicited(distribution="at_least_one", low=float(low), high=float(high), source=source)


def _row(step: str, unit: str, numbers: tuple[float, ...], factor: tuple[float, ...] | None, source: str) -> LedgerRow:
    value, low, high = (float(x) for x in numbers)
    shown = (None, None, None) if factor is None else factor
    english, french = STEP_LABELS[step]
    return LedgerRow(
        step=step,
        label_en=english,
        label_fr=french,
        unit=unit,
        value=value,
        low=min(low, value),
        high=max(high, value),
        factor=shown[0],
        factor_low=shown[1],
        factor_high=shown[2],
        source=source,
    )


def _estimate(
    registrations: PlatformRegistrations, rows: list[LedgerRow], coded: tuple[CodedWarning, ...], level: float
) -> Estimate:
    last, taken = rows[-1], {row.step for row in rows}
    return Estimate(
        name=f"{last.unit} left of the declared accounts",
        value=last.value,
        interval=Interval(low=last.low, high=last.high, level=level, method="elicited"),
        estimand=Estimand(
            unit="persons" if last.unit == "persons" else "accounts",
            activity="ever active" if "dormant" in taken else "registered",
            window=registrations.as_of,
            territory=registrations.territory,
            platforms=f"{registrations.n_platforms} declaring platforms",
        ),
        method="declared accounts, " + ", ".join(row.label_en for row in rows[1:]),
        assumptions=(ELICITED_FACTORS, LEDGER_ORDER),
        warnings=coded,
        references=tuple(dict.fromkeys(row.source for row in rows)),
        diagnostics=FrozenMapping({f"after {row.step}": row.value for row in rows}),
    )


def _warnings(steps: tuple[tuple[str, Elicited], ...]) -> tuple[CodedWarning, ...]:
    assumed = tuple(name for name, factor in steps if factor.source.strip().lower().startswith("assumed"))
    return (assumed_factors(assumed),) if assumed else ()


def _refuse(problem: str, expected: str, got: str, argument: str) -> NoReturn:
    fix = "use 'share' for a share, 'at_least_one' for platforms per person, or 'fixed'"
    raise InvalidInput(problem, expected=expected, got=got, where=f"LedgerFactors.{argument}", fix=fix)
