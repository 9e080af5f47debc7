"""Population size from counts of sightings under a finite number of classes with unequal chances.

The counts of the persons seen cannot say how many classes there are among those not seen. So each estimate carries a
warning, and :func:`mixture_drift` shows how the number moves with the number of classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize

from microwork_estimate.capture_recapture.assumptions import FINITE_CLASSES
from microwork_estimate.capture_recapture.counts import (
    COUNT_ASSUMPTIONS,
    below_lower_bound,
    nearly_all_seen,
    unseen_interval,
)
from microwork_estimate.capture_recapture.mixture_fit import (
    Cells,
    MixtureFit,
    cells_of,
    derivatives,
    fit_mixture,
    free_parameters,
    from_free,
    seen_chances,
    size_ratio,
)
from microwork_estimate.capture_recapture.ratios import ratio_diagnostics, ratio_plot, ratio_warnings
from microwork_estimate.capture_recapture.running_away import runaway_warning
from microwork_estimate.capture_recapture.truncated import log_ways
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Estimand, Estimate, FloatArray, FrozenMapping, IntArray, Interval, frozen_floats
from microwork_estimate.inputs.histories import CaptureCounts

_NEVER_AGAIN = -30.0
"""Logits below are those of a class at the boundary p = 0."""
_LEAST_INFORMATION = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MixtureDrift:
    """How the estimated number of persons moves with the number of classes that one is willing to believe in.

    Parameters
    ----------
    components : array of shape (c,)
        Numbers of classes: 1, 2, ..., c.
    values : array of shape (c,)
        Estimated persons; infinite at the boundary.
    low, high : array of shape (c,)
        Ends of the intervals, each given its number of classes; `high` is infinite at the boundary.
    log_likelihood, aic, bic : array of shape (c,)
        Of the persons seen; AIC and BIC with 2 c - 1 parameters, BIC with ln n.
    level : float
        Confidence level of the intervals.
    n_observed : int
        Persons seen.
    estimand : Estimand
    warnings : tuple of CodedWarning
        ``mixture-drift``: from where to where the estimate moves.
    """

    components: IntArray
    values: FloatArray
    low: FloatArray
    high: FloatArray
    log_likelihood: FloatArray
    aic: FloatArray
    bic: FloatArray
    level: float
    n_observed: int
    estimand: Estimand
    warnings: tuple[CodedWarning, ...] = ()

    def __post_init__(self) -> None:
        whole = np.array(self.components, dtype=np.int64)
        whole.flags.writeable = False
        object.__setattr__(self, "components", whole)
        for name in ("values", "low", "high", "log_likelihood", "aic", "bic"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name), where=f"MixtureDrift.{name}"))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Size:
    """Persons, standard error and interval of one fit; the first two are None at the boundary."""

    value: float | None
    error: float | None
    interval: Interval


def binomial_mixture(counts: CaptureCounts, *, components: int, level: float = 0.95) -> Estimate:
    """Estimate the number of persons when they fall into a few classes with unequal chances to be seen.

    Procedure: in class j everybody is seen on each of T occasions with chance p_j. The likelihood of the counts of
    those seen is maximised from several starts (none of them random) by EM and Newton steps, until the gradient is
    lost in rounding. With v_j the share of class j among those seen, N = n h with h = sum of v_j / (1 - (1-p_j)^T).
    The variance is n h (h-1), the binomial part for who was seen, plus n^2 g' I^-1 g, the delta part for the
    parameters: g the gradient of h, I the observed information. The interval is log-normal on the unseen part.

    When a class of persons with p_j = 0 fits best, N has no upper limit: `value` is None, and the interval holds a
    lower limit: the smallest N whose likelihood, maximised over all else, is at least 1 - `level` times its supremum.

    Parameters
    ----------
    counts : CaptureCounts
        f_1, f_2, ..., persons, with the number of occasions T.
    components : int
        Number of classes, at least 1 and at most T / 2: more cannot be told apart even by infinitely many persons.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        With ``log_likelihood``, ``aic``, ``bic``, ``gradient_norm`` (largest derivative for each person seen),
        ``n_starts``, ``n_starts_at_best``, and for each class ``probability_j`` (p_j) and ``weight_j`` (its share of
        the population) as diagnostics. Warnings: ``heterogeneity`` always, since the number of classes decides;
        ``boundary`` and ``empty-component`` (fewer classes fit as well, and are reported), ``nearly-all-seen``,
        ``one-inflation``.

    Raises
    ------
    InvalidInput
        Without occasions, if `components` is not a whole number from 1 to T / 2, or if `level` is impossible.

    Assumptions
    -----------
    Closed population, sightings linked to persons and independent, and exactly so many classes. The counts cannot
    tell how many classes there are, least of all among those never seen.

    References
    ----------
    Pledger 2000, Biometrics 56(2), 434-442, for the model. Sanathanan 1977, Journal of the American Statistical
    Association 72(359), 669-672, for the conditional likelihood. Link 2003, Biometrics 59(4), 1123-1130, for what the
    counts cannot tell.

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.inputs import CaptureCounts
    >>> counts = CaptureCounts(frequencies=[15, 7, 5, 2, 5, 6, 3, 2, 1, 2, 4, 4], occasions=50)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     two = binomial_mixture(counts, components=2)
    >>> round(two.value, 1), [warning.code for warning in two.warnings]
    (67.7, ['heterogeneity', 'below-lower-bound'])
    """
    check_level(level)
    occasions = _occasions(counts)
    _check_components(components, most=occasions // 2, where="components")
    cells = cells_of(counts.as_floats(), occasions)
    fit = fit_mixture(cells, components)[-1]
    size = _size(cells, fit, level)
    plot = ratio_plot(counts)
    found = [*_mixture_warnings(fit, size, components, cells.n), *ratio_warnings(plot)]
    found += below_lower_bound(size.value, counts)
    announce(found)
    return Estimate(
        name=f"binomial mixture of {components} component{'s' if components > 1 else ''}",
        value=size.value,
        standard_error=size.error,
        interval=size.interval,
        estimand=counts.estimand,
        method=f"zero-truncated mixture of {components} binomial(s), maximum likelihood, {occasions} occasions",
        n_observed=cells.n,
        assumptions=(*COUNT_ASSUMPTIONS, FINITE_CLASSES),
        warnings=tuple(found),
        references=("Pledger 2000, Biometrics 56(2), 434-442", "Link 2003, Biometrics 59(4), 1123-1130"),
        diagnostics=FrozenMapping({**_diagnostics(cells, fit, components), **ratio_diagnostics(plot)}),
    )


def mixture_drift(counts: CaptureCounts, *, max_components: int = 4, level: float = 0.95) -> MixtureDrift:
    """Show how the estimate of :func:`binomial_mixture` moves with the number of classes.

    Procedure: 1, 2, ..., `max_components` classes are fitted, at most T / 2. Where further classes do not raise the
    likelihood, the fit stays as it is and AIC and BIC rise.

    Parameters
    ----------
    counts : CaptureCounts
        f_1, f_2, ..., persons, with the number of occasions T.
    max_components : int
        Largest number of classes wanted.
    level : float
        Confidence level as a share.

    Returns
    -------
    MixtureDrift
        With the warning ``mixture-drift`` that says from where to where the estimate moves.

    Raises
    ------
    InvalidInput
        Without occasions, if `max_components` is not a whole number of at least 1, or if `level` is impossible.

    Assumptions
    -----------
    Those of :func:`binomial_mixture`, one number of classes at a time. AIC and BIC compare how well the persons *seen*
    are described; models that describe them equally well can differ by any factor about those not seen.

    References
    ----------
    Link 2003, Biometrics 59(4), 1123-1130.

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.inputs import CaptureCounts
    >>> counts = CaptureCounts(frequencies=[15, 7, 5, 2, 5, 6, 3, 2, 1, 2, 4, 4], occasions=50)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     drift = mixture_drift(counts, max_components=3)
    >>> drift.values.round(1).tolist()
    [56.4, 67.7, 74.5]
    """
    check_level(level)
    occasions = _occasions(counts)
    _check_components(max_components, most=None, where="max_components")
    cells = cells_of(counts.as_floats(), occasions)
    components = np.arange(1, min(max_components, occasions // 2) + 1, dtype=np.int64)
    fits = fit_mixture(cells, int(components[-1]))
    sizes = [_size(cells, fit, level) for fit in fits]
    at = np.minimum(components, len(fits)) - 1
    values = np.array([math.inf if size.value is None else size.value for size in sizes])[at]
    fitted = np.array([fit.log_likelihood for fit in fits])[at]
    parameters = 2.0 * components - 1.0
    aic = 2.0 * parameters - 2.0 * fitted
    found = _drift_warning(values, aic)
    announce(found)
    return MixtureDrift(
        components=components,
        values=values,
        low=np.array([size.interval.low for size in sizes])[at],
        high=np.array([size.interval.high for size in sizes])[at],
        log_likelihood=fitted,
        aic=aic,
        bic=parameters * math.log(cells.n) - 2.0 * fitted,
        level=level,
        n_observed=counts.n_observed,
        estimand=counts.estimand,
        warnings=found,
    )


def _occasions(counts: CaptureCounts) -> int:
    if counts.occasions is None:
        raise InvalidInput(
            "no number of occasions",
            expected="the number T of occasions on which a person could be seen",
            got="None",
            where="CaptureCounts.occasions",
            fix="give occasions=T; without a limit use the bound of chao_lower_bound",
        )
    return counts.occasions


def _check_components(components: int, *, most: int | None, where: str) -> None:
    whole = isinstance(components, int | np.integer) and not isinstance(components, bool)
    if not whole or components < 1 or (most is not None and components > most):
        raise InvalidInput(
            "impossible number of components",
            expected="a whole number of at least 1" + ("" if most is None else f" and at most T/2 = {most}"),
            got=repr(components),
            where=where,
            fix="ask for fewer classes: more cannot be told apart by counts over so few occasions",
        )


def _size(cells: Cells, fit: MixtureFit, level: float) -> _Size:
    """Turn a fit into persons, or into a lower limit when a class sits at p = 0."""
    n = cells.n
    if fit.logits[0] < _NEVER_AGAIN:
        low = _lower_limit(cells, fit, level)
        limit = Interval(low=low, high=math.inf, level=level, method="likelihood ratio, one-sided")
        return _Size(value=None, error=None, interval=limit)
    h, slopes = size_ratio(fit.logits, fit.shares, cells.occasions)
    error = math.sqrt(n * h * (h - 1.0) + n**2 * _quadratic(fit.information, slopes))
    return _Size(value=n * h, error=error, interval=unseen_interval(n * h, error, n, level))


def _quadratic(information: FloatArray, slopes: FloatArray) -> float:
    """Return g' I^-1 g, leaving out directions without information, in which N does not move either.

    Such a direction is the logit of a class whose persons were seen on every occasion.
    """
    scale = np.sqrt(np.maximum(np.diag(information), 0.0))
    kept = scale > _LEAST_INFORMATION * scale.max()
    scaled = information[np.ix_(kept, kept)] / np.outer(scale[kept], scale[kept])
    curvature, axes = np.linalg.eigh(scaled)
    along = axes.T @ (slopes[kept] / scale[kept])
    enough = curvature > _LEAST_INFORMATION
    return float(np.sum(along[enough] ** 2 / curvature[enough]))


def _lower_limit(cells: Cells, fit: MixtureFit, level: float) -> float:
    """Return the smallest N whose profile likelihood is at least 1 - level of its supremum, which is at infinity."""
    n, drop = cells.n, math.log1p(-level)
    supremum = fit.log_likelihood + n * math.log(n) - n - math.lgamma(n + 1.0)

    def height(log_unseen: float) -> float:
        return _profile(cells, fit, n + math.exp(log_unseen)) - supremum - drop

    upper = math.log(n)
    while height(upper) < 0.0:
        upper += 2.0
    lower = upper - 2.0
    while height(lower) >= 0.0:
        lower -= 2.0
        if lower < math.log(1e-3):
            return n
    return n + math.exp(float(brentq(height, lower, upper, xtol=1e-6)))


def _profile(cells: Cells, fit: MixtureFit, size: float) -> float:
    """Maximise the likelihood of N = `size` and of the counts over the parameters of the classes."""
    n, c = cells.n, fit.logits.size
    constant = log_ways(size, n) + n * math.log(size) - math.lgamma(n + 1.0)

    def minus(parameters: FloatArray) -> tuple[float, FloatArray]:
        logits, shares = from_free(parameters, c)
        value, slope, _ = derivatives(cells, logits, shares)
        h, slopes = size_ratio(logits, shares, cells.occasions)
        unseen = max(h - 1.0, 1e-300)
        value += constant - size * math.log(h) + (size - n) * math.log(unseen)
        slope = slope + ((size - n) / unseen - size / h) * slopes
        return -value / n, -slope / n

    # Start where the class at zero has the chance that makes N/n equal to the ratio asked for.
    others = float(fit.shares[1:] @ (1.0 / seen_chances(fit.logits[1:], cells.occasions)))
    rarely = fit.shares[0] / max(size / n - others, fit.shares[0]) / cells.occasions
    start = free_parameters(np.append(math.log(rarely), fit.logits[1:]), fit.shares)
    return -n * float(minimize(minus, start, jac=True, method="BFGS", options={"gtol": 1e-9}).fun)


def _mixture_warnings(fit: MixtureFit, size: _Size, components: int, n: float) -> list[CodedWarning]:
    found = [
        CodedWarning(
            code="heterogeneity",
            message=f"the number of components ({components}) decides: others may describe the persons seen as well "
            "and give other numbers of persons unseen; see mixture_drift",
        )
    ]
    if fit.shares.size < components:
        found.append(
            CodedWarning(
                code="empty-component",
                message=f"{fit.shares.size} component(s) fit as well as {components}: the rest is empty",
            )
        )
    if size.value is None:
        found.append(
            CodedWarning(
                code="boundary",
                message=f"a class of persons who are seen once at most ({100 * fit.shares[0]:.1f} % of those seen) "
                "fits best: the estimate is infinite and only a lower limit is given",
            )
        )
        return found
    return [*found, *nearly_all_seen(size.value, n), *runaway_warning(size.value, n)]


def _diagnostics(cells: Cells, fit: MixtureFit, components: int) -> dict[str, float | int]:
    parameters = 2 * components - 1
    in_population = fit.shares / seen_chances(fit.logits, cells.occasions)
    found: dict[str, float | int] = {
        "log_likelihood": fit.log_likelihood,
        "aic": 2.0 * parameters - 2.0 * fit.log_likelihood,
        "bic": parameters * math.log(cells.n) - 2.0 * fit.log_likelihood,
        "gradient_norm": fit.gradient,
        "n_starts": fit.n_starts,
        "n_starts_at_best": fit.n_reached,
    }
    chances = 1.0 / (1.0 + np.exp(-fit.logits))
    for j, (p, w) in enumerate(zip(chances, in_population / in_population.sum(), strict=True), start=1):
        found[f"probability_{j}"], found[f"weight_{j}"] = float(p), float(w)
    return found


def _drift_warning(values: FloatArray, aic: FloatArray) -> tuple[CodedWarning, ...]:
    if values.size < 2:
        return ()
    steps = ", ".join(f"{value:,.0f}" if math.isfinite(value) else "no upper limit" for value in values)
    message = (
        f"with 1 to {values.size} components the estimate is {steps}; AIC is lowest for {int(np.argmin(aic)) + 1}: the "
        "number of classes decides, and the persons seen cannot settle it"
    )
    return (CodedWarning(code="mixture-drift", message=message),)
