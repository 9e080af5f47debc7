"""Population size from several lists when people fall into a few classes, within which lists are independent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from microwork_estimate.capture_recapture.assumptions import (
    CLOSED_POPULATION,
    IN_SCOPE_LISTS,
    LATENT_CLASSES,
    PERFECT_LINKAGE,
)
from microwork_estimate.capture_recapture.counts import nearly_all_seen
from microwork_estimate.capture_recapture.latent_em import Classes, Table, derivatives, size_ratio
from microwork_estimate.capture_recapture.latent_fits import (
    AT_TOP,
    HARDLY_SEEN,
    LEAST_INFORMATION,
    WORTH_REPORTING,
    LatentFits,
    fit_latent,
    identified,
    table_of,
)
from microwork_estimate.capture_recapture.latent_profile import latent_profile
from microwork_estimate.capture_recapture.list_checks import list_warnings, nobody_seen, seen_bounds
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Bounds, Estimate, FrozenMapping, Interval, Scalar
from microwork_estimate.inputs.histories import CaptureHistories

ASSUMPTIONS = (LATENT_CLASSES, CLOSED_POPULATION, PERFECT_LINKAGE, IN_SCOPE_LISTS)
REFERENCES = (
    "Goodman 1974, Biometrika 61(2), 215-231",
    "Sanathanan 1972, The Annals of Mathematical Statistics 43(1), 142-152",
    "Stanghellini and van der Heijden 2004, Biometrics 60(2), 510-516",
)
_AT_EDGE = 1e-6


def latent_class(histories: CaptureHistories, *, classes: int, level: float = 0.95) -> Estimate:
    """Estimate the population size when it falls into a few classes, within which lists are independent.

    Procedure: the likelihood of the persons seen is maximised from 50 starts (none of them random) and from the best
    fit with one class fewer, all at once, by EM and Newton steps. N is the persons seen over the chance to be seen. All
    maxima within two log-likelihood units of the highest are reported, and the interval is the profile likelihood of N
    over all of them: from the smallest to the largest N that fits nearly as well. The standard error is that of the
    delta method at the highest.

    Before any number, the rank of the derivatives of the pattern chances says whether N is identified; that
    classes (k + 1) <= 2^k - 1 is necessary, not sufficient. With three lists one class is identified, with four three
    as far as N goes (the classes themselves are not).

    Parameters
    ----------
    histories : CaptureHistories
        k lists.
    classes : int
        Number of classes, at least 1. One class is independence of all lists.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        In persons. Diagnostics: ``log_likelihood`` (multinomial, of the persons seen), ``aic``, ``bic``, ``modes``, and
        for each further maximum ``mode_i_size`` and ``mode_i_drop`` (log likelihood below the highest); the starts and
        how many reached the best; for each class ``weight_j`` (share of the population) and ``chance_j_list``. Codes:
        ``"not-identifiable"`` (no value), ``"boundary"`` (a class of persons hardly ever seen: no value, a lower limit),
        ``"several-maxima"``, ``"flat-likelihood"``, ``"no-upper-limit"``, ``"edge-chances"`` (a class has chance zero or
        one on a list), ``"empty-component"`` (fewer classes fit as well and are reported), ``"classes-not-identified"``,
        ``"heterogeneity"`` (with more than one class: their number decides), and those on the lists themselves.

    Raises
    ------
    InvalidInput
        If `classes` is not a whole number of at least 1.

    Assumptions
    -----------
    So many classes, independence within each; closed population; perfect linkage; lists in scope.

    References
    ----------
    Goodman 1974, Biometrika 61(2), 215-231, who shows that three classes on four lists are not identified;
    Stanghellini and van der Heijden 2004, Biometrics 60(2), 510-516, for capture-recapture.

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.inputs import CaptureHistories, all_patterns
    >>> counts = [58, 157, 18, 104, 46, 650, 12, 709, 14, 20, 7, 74, 8, 182, 10]
    >>> lists = CaptureHistories.from_patterns("ABCD", all_patterns(4), counts)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     two = latent_class(lists, classes=2)
    >>> round(two.value, 1), two.diagnostics["modes"], round(two.diagnostics["mode_2_size"], 1)
    (2294.6, 2, 2288.9)
    """
    check_level(level)
    _check_classes(classes)
    name = "latent classes"
    if histories.n_observed == 0:
        return nobody_seen(histories, name=name, assumptions=ASSUMPTIONS, references=REFERENCES)
    found = list(list_warnings(histories))
    answer = _refused(histories, classes, found) or _fitted(histories, classes, found, level)
    announce(found)
    return Estimate(
        name=name,
        value=answer.value,
        standard_error=answer.error,
        interval=answer.interval,
        bounds=answer.bounds,
        estimand=histories.estimand,
        method=f"{classes} latent class{'es' if classes > 1 else ''}, maximum likelihood of the persons seen",
        n_observed=float(histories.n_observed),
        assumptions=ASSUMPTIONS,
        warnings=tuple(found),
        references=REFERENCES,
        diagnostics=FrozenMapping(answer.diagnostics),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    value: float | None
    error: float | None
    interval: Interval | None
    bounds: Bounds | None
    diagnostics: dict[str, Scalar]


def _refused(histories: CaptureHistories, classes: int, found: list[CodedWarning]) -> _Answer | None:
    """Return the answer when there can be no number, or None."""
    codes = {warning.code for warning in found}
    if "no-overlap" in codes:
        return _Answer(value=None, error=None, interval=None, bounds=seen_bounds(histories), diagnostics={})
    size_known, classes_known = identified(len(histories.lists), classes)
    if size_known and "empty-list" not in codes:
        if not classes_known:
            message = f"{classes} classes on {len(histories.lists)} lists are not identified; the size is"
            found.append(CodedWarning(code="classes-not-identified", message=message))
        return None
    reason = "an empty list says nothing about who is missing"
    if not size_known:
        reason = f"{len(histories.lists)} lists cannot tell apart {classes} classes: other sizes fit as well"
        found.append(CodedWarning(code="not-identifiable", message=reason))
    bounds = Bounds(low=float(histories.n_observed), high=math.inf, reason=reason, sharp=False)
    return _Answer(value=None, error=None, interval=None, bounds=bounds, diagnostics={})


def _fitted(histories: CaptureHistories, classes: int, found: list[CodedWarning], level: float) -> _Answer:
    """Fit, and turn the maxima into persons."""
    table, n = table_of(histories), float(histories.n_observed)
    fits = fit_latent(histories, classes)[-1]
    interval = latent_profile(table.patterns, table.persons[0], fits.classes, level=level)
    finite = math.isfinite(fits.sizes[0])
    found += _fit_warnings(fits, classes, interval)
    found += nearly_all_seen(float(fits.sizes[0]), n) if finite else []
    return _Answer(
        value=float(fits.sizes[0]) if finite else None,
        error=_standard_error(table, fits.classes.take(slice(0, 1))) if finite else None,
        interval=interval,
        bounds=None,
        diagnostics=_diagnostics(histories, fits, classes),
    )


def _standard_error(table: Table, best: Classes) -> float:
    """Return the root of n h (h-1) + n^2 g' I^-1 g, leaving out directions without information.

    Such a direction is the log odds of a chance of zero or one, or one along which classes change and N does not.
    """
    n = float(table.persons.sum())
    ratio, slopes = size_ratio(best)
    information = -derivatives(table, best)[2][0]
    scale = np.sqrt(np.maximum(np.diag(information), 0.0))
    kept = scale > 1e-6 * scale.max()
    curvature, axes = np.linalg.eigh(information[np.ix_(kept, kept)] / np.outer(scale[kept], scale[kept]))
    along = axes.T @ (slopes[0][kept] / scale[kept])
    enough = curvature > LEAST_INFORMATION
    spread = float(np.sum(along[enough] ** 2 / curvature[enough]))
    h = float(ratio[0])
    return math.sqrt(n * h * (h - 1.0) + n**2 * spread)


def _fit_warnings(fits: LatentFits, classes: int, interval: Interval) -> list[CodedWarning]:
    found, fitted = [], fits.classes.shares.shape[1]
    if classes > 1:
        message = f"the number of classes ({classes}) decides: others may fit the persons seen as well"
        found.append(CodedWarning(code="heterogeneity", message=message))
    if fitted < classes:
        message = f"{fitted} class(es) fit as well as {classes}: the rest is empty"
        found.append(CodedWarning(code="empty-component", message=message))
    if math.isinf(fits.sizes[0]):
        message = "a class of persons who are hardly ever seen fits best: only a lower limit is given"
        found.append(CodedWarning(code="boundary", message=message))
    elif math.isinf(interval.high):
        message = "sizes without limit fit nearly as well as the best"
        found.append(CodedWarning(code="no-upper-limit", message=message))
    if fits.gradient > AT_TOP:
        message = f"the likelihood is so flat that its top could not be reached (derivative {fits.gradient:.1g})"
        found.append(CodedWarning(code="flat-likelihood", message=message))
    if fits.sizes.size > 1:
        sizes = ", ".join(f"{size:,.0f}" if math.isfinite(size) else "no upper limit" for size in fits.sizes)
        message = f"{fits.sizes.size} maxima within {WORTH_REPORTING:g} log-likelihood units of the best: {sizes}"
        found.append(CodedWarning(code="several-maxima", message=message))
    if math.isfinite(fits.sizes[0]) and _edges(fits.classes.take(slice(0, 1))):
        message = f"{_edges(fits.classes.take(slice(0, 1)))} chance(s) of a class to be on a list are zero or one"
        found.append(CodedWarning(code="edge-chances", message=message))
    return found


def _edges(best: Classes) -> int:
    """Return how many chances are zero or one, in classes that are not empty."""
    chances = best.chances[best.shares > HARDLY_SEEN]
    return int(((chances < _AT_EDGE) | (chances > 1.0 - _AT_EDGE)).sum())


def _diagnostics(histories: CaptureHistories, fits: LatentFits, classes: int) -> dict[str, Scalar]:
    counts, n = histories.counts[histories.counts > 0].astype(np.float64), float(histories.n_observed)
    logs = [math.lgamma(n + 1.0), *(-math.lgamma(count + 1.0) for count in counts)]
    height = float(fits.log_likelihood[0]) + math.fsum(logs)
    parameters = classes * (len(histories.lists) + 1) - 1
    found: dict[str, Scalar] = {
        "log_likelihood": height,
        "aic": 2.0 * parameters - 2.0 * height,
        "bic": parameters * math.log(n) - 2.0 * height,
        "starts": fits.n_starts,
        "starts_at_best": fits.n_reached,
        "gradient_norm": fits.gradient,
        "modes": int(fits.sizes.size),
    }
    for i in range(1, fits.sizes.size):
        found[f"mode_{i + 1}_size"] = float(fits.sizes[i]) if math.isfinite(fits.sizes[i]) else None
        found[f"mode_{i + 1}_drop"] = float(fits.log_likelihood[0] - fits.log_likelihood[i])
    everybody = fits.classes.take(slice(0, 1)).of_everybody()
    for j, (weight, chances) in enumerate(zip(everybody.shares[0], everybody.chances[0], strict=True), start=1):
        found[f"weight_{j}"] = float(weight)
        for name, chance in zip(histories.lists, chances, strict=True):
            found[f"chance_{j}_{name}"] = float(chance)
    return found


def _check_classes(classes: int) -> None:
    if not isinstance(classes, int | np.integer) or isinstance(classes, bool) or classes < 1:
        raise InvalidInput(
            "impossible number of classes",
            expected="a whole number of at least 1",
            got=repr(classes),
            where="classes",
            fix="ask for one, two or three classes",
        )
