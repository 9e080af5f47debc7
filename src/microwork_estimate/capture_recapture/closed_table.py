"""The closed models side by side, so that nobody takes one form of unequal chances for the truth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from microwork_estimate.capture_recapture.closed import ClosedModel, closed_estimate
from microwork_estimate.capture_recapture.heterogeneity import Form, Heterogeneity
from microwork_estimate.errors import CodedWarning, announce, check_choice, check_level
from microwork_estimate.estimate import Estimate, FloatArray
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.small_tables import grid_table, notes_list

CLOSE_IN_AIC = 4.0  # a smaller difference is weak evidence (Burnham and Anderson 2002, p. 70)
_FORMS: tuple[Form, ...] = ("chao", "poisson", "darroch", "gamma")
_HEAD = ("model", "estimate", "low", "high", "deviance", "df", "AIC", "BIC")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ClosedModelTable:
    """What each model of unequal chances makes of the same data.

    Models that fit equally well can give very different sizes, so that no row is called the best.

    Parameters
    ----------
    estimates : tuple of Estimate
        One for each model.
    warnings : tuple of CodedWarning
        ``"heterogeneity"`` where models that the data cannot tell apart disagree, and the warnings of the rows.
    """

    estimates: tuple[Estimate, ...]
    warnings: tuple[CodedWarning, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the models."""
        return tuple(estimate.name for estimate in self.estimates)

    @property
    def values(self) -> FloatArray:
        """Estimated sizes, shape (rows,); NaN where there is no number."""
        return _numbers(estimate.value for estimate in self.estimates)

    @property
    def aic(self) -> FloatArray:
        """Akaike's criterion, shape (rows,); it compares the fit to those seen, not the sizes."""
        return _numbers(_aic(estimate) for estimate in self.estimates)

    @property
    def spread(self) -> tuple[float, float]:
        """Smallest and largest size among the models whose AIC is within 4 of the smallest; NaN if there are none."""
        values = [e.value for e in _close_in_aic(self.estimates) if e.value is not None]
        return (min(values), max(values)) if values else (math.nan, math.nan)

    def __getitem__(self, name: str) -> Estimate:
        return self.estimates[self.names.index(check_choice(name, self.names, where="ClosedModelTable"))]

    def __iter__(self) -> Iterator[Estimate]:
        return iter(self.estimates)

    def __len__(self) -> int:
        return len(self.estimates)

    def __str__(self) -> str:
        rows = [_HEAD, *(_row(estimate) for estimate in self.estimates)]
        widths = [max(len(row[j]) for row in rows) for j in range(len(_HEAD))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([*lines, *(str(warning) for warning in self.warnings)])

    def _repr_html_(self) -> str:
        return grid_table("Closed models", _HEAD, map(_row, self.estimates)) + notes_list(map(str, self.warnings))


def closed_models(histories: CaptureHistories, *, level: float = 0.95) -> ClosedModelTable:
    """Fit all closed models to the same data, to see how far the answer depends on the model.

    Procedure: M0, Mt, Mh and Mth with each form of heterogeneity, Mb and Mbh, each as in
    :func:`~microwork_estimate.capture_recapture.closed.closed_model`. Two occasions allow M0, Mt and Mb only. The
    warning ``"heterogeneity"`` comes when, among the models whose AIC is within 4 of the smallest, the estimate of one
    lies outside the interval of another.

    Parameters
    ----------
    histories : CaptureHistories
        Occasions in the order of time.
    level : float
        Confidence level as a share.

    Returns
    -------
    ClosedModelTable

    Assumptions
    -----------
    Closed population and perfect linkage; each row adds its own.

    References
    ----------
    Link 2003, Biometrics 59(4), 1123-1130, for models that fit alike and disagree.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> table = closed_models(CaptureHistories.from_two_lists(200, 190, 60))
    >>> table.names, [round(value) for value in table.values]
    (('M0', 'Mt', 'Mb'), [634, 633, 571])
    """
    check_level(level)
    wanted: list[tuple[ClosedModel, Heterogeneity | None]] = [("M0", None), ("Mt", None)]
    if len(histories.lists) > 2:
        wanted += [(model, Heterogeneity(form=form)) for model in ("Mh", "Mth") for form in _FORMS]
    wanted += [("Mb", None)] if len(histories.lists) == 2 else [("Mb", None), ("Mbh", None)]
    estimates = tuple(closed_estimate(histories, model, form, level) for model, form in wanted)
    warnings = (*_disagreement(estimates), *(warning for estimate in estimates for warning in estimate.warnings))
    announce(warnings)
    return ClosedModelTable(estimates=estimates, warnings=warnings)


def _disagreement(estimates: tuple[Estimate, ...]) -> tuple[CodedWarning, ...]:
    """Warn if one model's estimate lies outside the interval of another that fits as well."""
    close = [e for e in _close_in_aic(estimates) if e.value is not None]
    for one, other in permutations(close, 2):
        if other.interval is not None and not other.interval.low <= (one.value or 0.0) <= other.interval.high:
            low, high = min(close, key=_value), max(close, key=_value)
            message = (
                f"models that fit about as well give sizes from {_value(low):,.0f} ({low.name}) "
                f"to {_value(high):,.0f} ({high.name}); the data cannot choose between them"
            )
            return (CodedWarning(code="heterogeneity", message=message),)
    return ()


def _close_in_aic(estimates: tuple[Estimate, ...]) -> list[Estimate]:
    fitted = [e for e in estimates if e.value is not None]
    best = min((_aic(e) for e in fitted), default=math.inf)
    return [e for e in fitted if _aic(e) <= best + CLOSE_IN_AIC]


def _aic(estimate: Estimate) -> float:
    aic = estimate.diagnostics.get("aic")
    return math.nan if aic is None else float(aic)


def _value(estimate: Estimate) -> float:
    return math.nan if estimate.value is None else estimate.value


def _numbers(values: Iterable[float | None]) -> FloatArray:
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def _row(estimate: Estimate) -> tuple[str, ...]:
    value = "none" if estimate.value is None else f"{estimate.value:,.1f}"
    interval = estimate.interval
    ends = ("", "") if interval is None else (f"{interval.low:,.1f}", f"{interval.high:,.1f}")
    fit = estimate.diagnostics
    numbers = tuple(f"{fit[key]:.1f}" if key in fit else "" for key in ("deviance", "aic", "bic"))
    return (estimate.name, value, *ends, numbers[0], str(fit.get("degrees_of_freedom", "")), *numbers[1:])
