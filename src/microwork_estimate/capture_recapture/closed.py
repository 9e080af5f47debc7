"""Closed populations seen on t occasions: one of the classical models of how chances to be seen vary."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from microwork_estimate.capture_recapture.assumptions import (
    CLOSED_POPULATION,
    CONSTANT_FIRST_CAPTURE,
    EQUAL_CATCHABILITY,
    HETEROGENEITY_FORM,
    PERFECT_LINKAGE,
    UNEQUAL_CHANCES_LOWER_BOUND,
)
from microwork_estimate.capture_recapture.behaviour import (
    behaviour_columns,
    behaviour_profile,
    behaviour_size,
    first_occasions,
)
from microwork_estimate.capture_recapture.fitting import (
    Design,
    DesignFit,
    estimate_of,
    fit_design,
    fit_diagnostics,
    interval_warnings,
    no_number,
)
from microwork_estimate.capture_recapture.heterogeneity import Form, Heterogeneity
from microwork_estimate.capture_recapture.nested_lists import nested_lists
from microwork_estimate.capture_recapture.profile import profile_size
from microwork_estimate.capture_recapture.running_away import LISTS_RUNAWAY, runaway_warning
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_choice, check_level
from microwork_estimate.estimate import Assumption, Estimate, FrozenMapping
from microwork_estimate.inputs import CaptureHistories

_EQUAL_CATCHABILITY = replace(EQUAL_CATCHABILITY, sensitivity="capture_recapture.closed_models")
"""With histories, and not only counts, more can be varied than the number of classes: the models side by side do it."""

ClosedModel = Literal["M0", "Mt", "Mb", "Mbh", "Mh", "Mth"]
REFERENCES = (
    "Otis et al. 1978, Wildlife Monographs 62",
    "Cormack 1989, Biometrics 45(2), 395-413",
    "Cormack 1992, Biometrics 48(2), 567-576",
    "Rivest and Baillargeon 2007, Biometrics 63(4), 999-1006",
)


def closed_model(
    histories: CaptureHistories,
    model: ClosedModel,
    *,
    heterogeneity: Form | Heterogeneity | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate the size of a closed population by one model of how chances to be seen vary.

    Procedure: a Poisson log-linear model of the 2^t - 1 cells. M0: all chances equal. Mt: each occasion has its own.
    Mh and Mth: persons differ as well, in the given form. Mb: being seen changes the chance from then on; Mbh: the
    first occasion has a chance of its own besides. Mb and Mbh need occasions in order of time. The estimate is n plus
    the expected persons on no list; the interval is the profile likelihood of N.

    Parameters
    ----------
    histories : CaptureHistories
        Occasions (or lists) in the order of time.
    model : {"M0", "Mt", "Mb", "Mbh", "Mh", "Mth"}
    heterogeneity : {"chao", "poisson", "darroch", "gamma"} or Heterogeneity, optional
        For Mh and Mth, and only for them. ``"chao"`` gives a lower bound.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        In persons. `value` is None when the likelihood has no maximum (code ``"no-mle"``) or no single one
        (``"not-identifiable"``).

    Raises
    ------
    InvalidInput
        If the model is unknown, or `heterogeneity` is missing or has no place.

    Assumptions
    -----------
    Closed population, perfect linkage, and what the model says about chances.

    References
    ----------
    Otis et al. 1978, Wildlife Monographs 62; Cormack 1989, Biometrics 45(2), 395-413; Rivest and Baillargeon 2007,
    Biometrics 63(4), 999-1006; Cormack 1992, Biometrics 48(2), 567-576, for the interval.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> lists = CaptureHistories.from_two_lists(200, 150, 30)
    >>> estimate = closed_model(lists, "Mt")
    >>> round(estimate.value, 6), round(estimate.interval.low, 1), round(estimate.interval.high, 1)
    (1000.0, 760.5, 1374.8)
    """
    check_level(level)
    check_choice(model, get_args(ClosedModel), where="closed_model")
    if (heterogeneity is not None) != (model in ("Mh", "Mth")):
        raise InvalidInput(
            "heterogeneity where the model has none" if heterogeneity else "no form of heterogeneity",
            expected="a form for Mh and Mth, and none for the other models",
            got=f"model={model!r}, heterogeneity={heterogeneity!r}",
            where="closed_model",
            fix='for example closed_model(histories, "Mth", heterogeneity="darroch")',
        )
    form = None if heterogeneity is None else Heterogeneity.of(heterogeneity)
    estimate = closed_estimate(histories, model, form, level)
    announce(estimate.warnings)
    return estimate


def closed_estimate(
    histories: CaptureHistories, model: ClosedModel, heterogeneity: Heterogeneity | None, level: float
) -> Estimate:
    """Fit a closed model without announcing its warnings: the body of :func:`closed_model`.

    Parameters
    ----------
    histories : CaptureHistories
    model : {"M0", "Mt", "Mb", "Mbh", "Mh", "Mth"}
    heterogeneity : Heterogeneity or None
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> closed_estimate(CaptureHistories.from_two_lists(200, 150, 30), "M0", None, 0.95).name
    'M0'
    """
    design, counts = closed_design(histories, model, heterogeneity), histories.counts.astype(np.float64)
    fit, existence = fit_design(design, counts)
    method = f"closed model {design.name}, Poisson log-linear fit"
    if fit is None:
        found = no_number(
            existence, name=design.name, method=method, estimand=histories.estimand, n_observed=histories.n_observed
        )
    elif model in ("Mb", "Mbh"):
        found = _behaviour(histories, fit, method, level=level, first_differs=model == "Mbh")
    else:
        interval = profile_size(design, counts, value=fit.value, level=level).interval
        found = estimate_of(
            fit,
            name=design.name,
            method=method,
            interval=interval,
            estimand=histories.estimand,
            warnings=nested_lists(histories),
        )
    return replace(found, assumptions=_assumptions(model, heterogeneity), references=REFERENCES)


def closed_design(histories: CaptureHistories, model: ClosedModel, heterogeneity: Heterogeneity | None) -> Design:
    """Return the columns of a closed model.

    Parameters
    ----------
    histories : CaptureHistories
    model : {"M0", "Mt", "Mb", "Mbh", "Mh", "Mth"}
    heterogeneity : Heterogeneity or None

    Returns
    -------
    Design

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> closed_design(CaptureHistories.from_two_lists(200, 150, 30), "M0", None).matrix.tolist()
    [[1.0, 2.0], [1.0, 1.0], [1.0, 1.0]]
    """
    patterns = histories.patterns
    label = model if heterogeneity is None else f"{model} {heterogeneity.label}"
    design = Design(name=label, matrix=np.ones((len(patterns), 1)), column_names=("(intercept)",), positive=(False,))
    if model in ("Mb", "Mbh"):
        return design.with_columns(*behaviour_columns(patterns, first_differs=model == "Mbh"))
    if model in ("M0", "Mh"):
        design = design.with_columns(patterns.sum(axis=1, keepdims=True).astype(np.float64), ("captures",))
    else:
        design = design.with_columns(patterns.astype(np.float64), histories.lists)
    return design if heterogeneity is None else with_heterogeneity(design, histories, heterogeneity)


def with_heterogeneity(design: Design, histories: CaptureHistories, heterogeneity: Heterogeneity) -> Design:
    """Add the columns of a form of heterogeneity to a design.

    Parameters
    ----------
    design : Design
    histories : CaptureHistories
    heterogeneity : Heterogeneity

    Returns
    -------
    Design

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> lists = CaptureHistories.from_two_lists(200, 150, 30)
    >>> base = closed_design(lists, "M0", None)
    >>> with_heterogeneity(base, lists, Heterogeneity(form="darroch")).matrix[:, -1].tolist()
    [2.0, 0.5, 0.5]
    """
    t = len(histories.lists)
    return design.with_columns(
        heterogeneity.columns(histories.patterns.sum(axis=1), t),
        heterogeneity.column_names(t),
        positive=heterogeneity.form == "chao" and not heterogeneity.keep_negative,
    )


def _behaviour(
    histories: CaptureHistories, fit: DesignFit, method: str, *, level: float, first_differs: bool
) -> Estimate:
    """Make the estimate of Mb or Mbh; without a maximum there is still a lower limit."""
    name, n = fit.design.name, float(histories.n_observed)
    size = behaviour_size(fit, n_occasions=len(histories.lists), first_differs=first_differs)
    firsts = np.bincount(
        first_occasions(histories.patterns), weights=histories.counts, minlength=len(histories.lists)
    ).astype(np.float64)
    start = 2.0 * n if size is None else size[0]
    interval = behaviour_profile(firsts, first_differs=first_differs, value=start, level=level).interval
    warnings = interval_warnings(name, interval)
    if size is None:
        reason = f"model {name}: first captures do not become rarer, so that nothing limits the number of persons"
        warnings = (CodedWarning(code="no-mle", message=reason),)
    else:
        warnings = (*warnings, *runaway_warning(size[0], n, times=LISTS_RUNAWAY))
    return Estimate(
        name=name,
        value=None if size is None else size[0],
        standard_error=None if size is None else size[1],
        interval=interval,
        estimand=histories.estimand,
        method=method,
        n_observed=n,
        warnings=warnings,
        diagnostics=FrozenMapping({**fit_diagnostics(fit), "unseen": size[0] - n if size else None}),
    )


def _assumptions(model: ClosedModel, heterogeneity: Heterogeneity | None) -> tuple[Assumption, ...]:
    if model in ("Mb", "Mbh"):
        specific = CONSTANT_FIRST_CAPTURE
    elif heterogeneity is None:
        specific = _EQUAL_CATCHABILITY
    else:
        specific = UNEQUAL_CHANCES_LOWER_BOUND if heterogeneity.form == "chao" else HETEROGENEITY_FORM
    return (specific, CLOSED_POPULATION, PERFECT_LINKAGE)
