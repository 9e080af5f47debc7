"""Population size from k lists by one hierarchical log-linear model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from microwork_estimate.capture_recapture.assumptions import (
    CLOSED_POPULATION,
    HETEROGENEITY_FORM,
    IN_SCOPE_LISTS,
    NO_HIGHEST_INTERACTION,
    PERFECT_LINKAGE,
    UNEQUAL_CHANCES_LOWER_BOUND,
)
from microwork_estimate.capture_recapture.closed import with_heterogeneity
from microwork_estimate.capture_recapture.fitting import Design, estimate_of, fit_design, no_number
from microwork_estimate.capture_recapture.heterogeneity import Form, Heterogeneity
from microwork_estimate.capture_recapture.model_space import Generators, LogLinearModel, design_matrix
from microwork_estimate.capture_recapture.nested_lists import nested_lists
from microwork_estimate.capture_recapture.poisson import fit_poisson
from microwork_estimate.capture_recapture.profile import profile_size
from microwork_estimate.errors import CodedWarning, announce, check_level
from microwork_estimate.estimate import Assumption, Estimate
from microwork_estimate.inputs import CaptureHistories

FEWEST_EXPECTED = 1.0  # persons on both of two lists, if lists were independent
ASSUMPTIONS = (NO_HIGHEST_INTERACTION, CLOSED_POPULATION, PERFECT_LINKAGE, IN_SCOPE_LISTS)
REFERENCES = (
    "Fienberg 1972, Biometrika 59(3), 591-603",
    "Bishop, Fienberg and Holland 1975, Discrete Multivariate Analysis, chapter 6",
    "Cormack 1992, Biometrics 48(2), 567-576",
    "Fienberg and Rinaldo 2012, Annals of Statistics 40(2), 996-1023",
)


def loglinear(
    histories: CaptureHistories,
    model: Generators | LogLinearModel,
    *,
    heterogeneity: Form | Heterogeneity | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate the population size by one hierarchical log-linear model of the dependences between lists.

    Procedure: the 2^k - 1 cells are Poisson; the logarithm of an expected count is the intercept plus a coefficient for
    each term of the model whose lists the cell has. The exponential of the intercept is the expected number on no list.
    Before any number, the rank of the design and a linear program say whether the likelihood has one maximum. The
    interval is the profile likelihood of N, given the model.

    Parameters
    ----------
    histories : CaptureHistories
        k lists.
    model : str, sequence of tuples of list names, or LogLinearModel
        The largest interactions: ``"AB,AC,D"``, ``"[12,13,4]"`` or ``[("police", "charity"), "union"]``.
    heterogeneity : {"chao", "poisson", "darroch", "gamma"} or Heterogeneity, optional
        Unequal chances on top of the dependences.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        In persons. `value` is None with the code ``"no-mle"`` or ``"not-identifiable"``; the code ``"sparse-overlap"``
        says that two lists are too small for the persons expected on both.

    Raises
    ------
    InvalidInput
        If the model names a list that is not there.

    Assumptions
    -----------
    No interaction of all lists at once, closed population, perfect linkage, lists in scope.

    References
    ----------
    Fienberg 1972, Biometrika 59(3), 591-603; Cormack 1992, Biometrics 48(2), 567-576; Fienberg and Rinaldo 2012, Annals
    of Statistics 40(2), 996-1023, for existence.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories, all_patterns
    >>> lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [28, 21, 17, 69, 18, 55, 63])
    >>> estimate = loglinear(lists, "AB,C")
    >>> round(estimate.value, 2), round(estimate.standard_error, 2)
    (416.0, 30.94)
    """
    check_level(level)
    estimate = loglinear_estimate(histories, model, heterogeneity=heterogeneity, level=level)
    announce(estimate.warnings)
    return estimate


def loglinear_estimate(
    histories: CaptureHistories,
    model: Generators | LogLinearModel,
    *,
    heterogeneity: Form | Heterogeneity | None = None,
    level: float,
) -> Estimate:
    """Fit a log-linear model without announcing its warnings: the body of :func:`loglinear`.

    Parameters
    ----------
    histories : CaptureHistories
    model : generators, or LogLinearModel
    heterogeneity : form, Heterogeneity or None
    level : float

    Returns
    -------
    Estimate
    """
    form = None if heterogeneity is None else Heterogeneity.of(heterogeneity)
    design = loglinear_design(histories, model, form)
    counts = histories.counts.astype(np.float64)
    fit, existence = fit_design(design, counts)
    method = f"log-linear model {design.name}"
    if fit is None:
        found = no_number(
            existence, name="log-linear", method=method, estimand=histories.estimand, n_observed=histories.n_observed
        )
    else:
        found = estimate_of(
            fit,
            name="log-linear",
            method=method,
            interval=profile_size(design, counts, value=fit.value, level=level).interval,
            estimand=histories.estimand,
            warnings=(*sparse_overlap(histories), *nested_lists(histories)),
        )
    return replace(found, assumptions=_assumptions(form), references=REFERENCES)


def loglinear_design(
    histories: CaptureHistories, model: Generators | LogLinearModel, heterogeneity: Heterogeneity | None = None
) -> Design:
    """Return the columns of a log-linear model, those of unequal chances last.

    Parameters
    ----------
    histories : CaptureHistories
    model : generators, or LogLinearModel
    heterogeneity : Heterogeneity or None

    Returns
    -------
    Design

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> loglinear_design(CaptureHistories.from_two_lists(200, 150, 30), "A,B").column_names
    ('(intercept)', 'list 1', 'list 2')
    """
    parsed = LogLinearModel.parse(model, lists=histories.lists)
    design = Design(
        name=parsed.name if heterogeneity is None else f"{parsed.name} + {heterogeneity.label}",
        matrix=design_matrix(parsed.terms, len(histories.lists)),
        column_names=parsed.term_names,
        positive=(False,) * parsed.n_parameters,
    )
    return design if heterogeneity is None else with_heterogeneity(design, histories, heterogeneity)


def sparse_overlap(histories: CaptureHistories) -> tuple[CodedWarning, ...]:
    """Warn of pairs of lists on which independence would put less than one person together.

    Parameters
    ----------
    histories : CaptureHistories

    Returns
    -------
    tuple of CodedWarning
        Empty, or one with the code ``"sparse-overlap"``.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> sparse_overlap(CaptureHistories.from_two_lists(200, 150, 30))
    ()
    """
    patterns, k = histories.patterns, len(histories.lists)
    design = np.column_stack([np.ones(len(patterns)), patterns])
    fit = fit_poisson(design, histories.counts.astype(np.float64))
    together = patterns.T @ (fit.fitted[0][:, None] * patterns)
    few = [(i, j) for i in range(k) for j in range(i + 1, k) if together[i, j] < FEWEST_EXPECTED]
    if not few:
        return ()
    pairs = ", ".join(f"{histories.lists[i]} and {histories.lists[j]}" for i, j in few)
    message = f"fewer than {FEWEST_EXPECTED:g} person expected on both lists of a pair: {pairs}"
    return (CodedWarning(code="sparse-overlap", message=message),)


def _assumptions(heterogeneity: Heterogeneity | None) -> tuple[Assumption, ...]:
    if heterogeneity is None:
        return ASSUMPTIONS
    form = UNEQUAL_CHANCES_LOWER_BOUND if heterogeneity.form == "chao" else HETEROGENEITY_FORM
    return (form, *ASSUMPTIONS)
