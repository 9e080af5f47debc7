"""From one log-linear design to a population size: the fit, its standard error and what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from microwork_estimate.capture_recapture.existence import MleExistence, examine, existence_warnings
from microwork_estimate.capture_recapture.poisson import PoissonFits, fit_poisson, inverse_information
from microwork_estimate.capture_recapture.running_away import LISTS_RUNAWAY, runaway_warning
from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Bounds, Estimand, Estimate, FloatArray, FrozenMapping, Interval, Scalar

LARGE_BIAS = 0.1  # share of the estimate beyond which its first-order bias makes it unreliable


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Design:
    """The columns of a log-linear model; the first is the intercept, the logarithm of the number on no list.

    Parameters
    ----------
    name : str
        Name of the model.
    matrix : array of shape (c, p)
    column_names : tuple of str, length p
    positive : tuple of bool, length p
        Columns whose coefficient cannot be negative; they are left out if it is.
    """

    name: str
    matrix: FloatArray
    column_names: tuple[str, ...]
    positive: tuple[bool, ...]

    def without(self, column: int) -> Design:
        """Leave one column out."""
        kept = [j for j in range(self.matrix.shape[1]) if j != column]
        return replace(
            self,
            matrix=self.matrix[:, kept],
            column_names=tuple(self.column_names[j] for j in kept),
            positive=tuple(self.positive[j] for j in kept),
        )

    def with_columns(self, columns: FloatArray, names: Sequence[str], *, positive: bool = False) -> Design:
        """Add columns at the right."""
        return replace(
            self,
            matrix=np.hstack([self.matrix, columns]),
            column_names=(*self.column_names, *names),
            positive=(*self.positive, *([positive] * len(names))),
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DesignFit:
    """A fitted log-linear model of the cells of persons seen.

    Parameters
    ----------
    design : Design
        What was fitted in the end, columns with a negative coefficient left out where they cannot be negative.
    dropped : tuple of str
        Those columns.
    coefficients : array of shape (p,)
    covariance : array of shape (p, p)
        Inverse of the information matrix.
    fitted : array of shape (c,)
        Expected persons.
    deviance, log_likelihood : float
        Of the Poisson counts, constants included.
    n_observed : float
        Persons seen.
    """

    design: Design
    dropped: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    fitted: FloatArray
    deviance: float
    log_likelihood: float
    n_observed: float

    @property
    def n_parameters(self) -> int:
        """Number of coefficients."""
        return self.coefficients.size

    @property
    def degrees_of_freedom(self) -> int:
        """Cells minus coefficients; columns left out give theirs back."""
        return self.fitted.size - self.coefficients.size

    @property
    def aic(self) -> float:
        """Akaike's criterion, with the Poisson likelihood and all its constants."""
        return -2.0 * self.log_likelihood + 2.0 * self.n_parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion; the sample size is the number of persons seen, not of cells."""
        return -2.0 * self.log_likelihood + math.log(self.n_observed) * self.n_parameters

    @property
    def unseen(self) -> float:
        """Expected persons on no list."""
        return math.exp(self.coefficients[0])

    @property
    def value(self) -> float:
        """Estimated population size."""
        return self.n_observed + self.unseen

    @property
    def standard_error(self) -> float:
        """Root of f0 + f0^2 Var(ln f0): the number who were not seen varies too, not only its expectation."""
        return math.sqrt(self.unseen + self.unseen**2 * float(self.covariance[0, 0]))

    @property
    def bias(self) -> float:
        """First-order bias of the estimate (Cordeiro and McCullagh 1991); it is reported, not subtracted."""
        x = self.design.matrix
        spread = np.einsum("cp,pq,cq->c", x, self.covariance, x)
        shift = -0.5 * self.covariance[0] @ (x.T @ (self.fitted * spread))
        return self.unseen * (float(shift) + 0.5 * float(self.covariance[0, 0]))


def drop_negative(design: Design, counts: FloatArray) -> tuple[PoissonFits, tuple[str, ...], Design]:
    """Fit a design, leaving out columns whose coefficient cannot be negative but is: the first one, then again.

    Parameters
    ----------
    design : Design
    counts : array of shape (c,)

    Returns
    -------
    tuple of PoissonFits, names of the columns left out, and the Design that is left

    Examples
    --------
    >>> import numpy as np
    >>> matrix = np.array([[1.0, 0.0], [1.0, 1.0]])
    >>> design = Design(name="two cells", matrix=matrix, column_names=("1", "x"), positive=(False, True))
    >>> drop_negative(design, np.array([5.0, 3.0]))[1]
    ('x',)
    """
    left = design
    dropped: list[str] = []
    while True:
        fits = fit_poisson(left.matrix, counts)
        pairs = zip(left.positive, fits.coefficients[0], strict=True)
        negative = [j for j, (positive, value) in enumerate(pairs) if positive and value < 0]
        if not negative:
            return fits, tuple(dropped), left
        dropped.append(left.column_names[negative[0]])
        left = left.without(negative[0])


def fit_design(design: Design, counts: FloatArray) -> tuple[DesignFit | None, MleExistence]:
    """Fit one log-linear model, if it has a maximum.

    Procedure: fit; while a coefficient that cannot be negative is, leave out the first such column and fit again. Then
    judge identifiability and existence of what is left: no number is given without both.

    Parameters
    ----------
    design : Design
    counts : array of shape (c,)

    Returns
    -------
    tuple of DesignFit or None, and MleExistence

    References
    ----------
    Rivest and Baillargeon 2007, Biometrics 63(4), section 4, for the columns left out.

    Examples
    --------
    >>> import numpy as np
    >>> matrix = np.array([[1.0, 1, 1], [1, 1, 0], [1, 0, 1]])
    >>> design = Design(name="Mt", matrix=matrix, column_names=("1", "a", "b"), positive=(False,) * 3)
    >>> fit, existence = fit_design(design, np.array([30.0, 170, 120]))
    >>> round(fit.value, 6), fit.degrees_of_freedom
    (1000.0, 0)
    """
    judged = examine(design.matrix, counts, name=design.name, column_names=design.column_names)
    if not judged.identifiable:
        return None, judged
    fits, dropped, left = drop_negative(design, counts)
    if dropped:
        judged = examine(left.matrix, counts, name=design.name, column_names=left.column_names)
    if not judged:
        return None, judged
    fit = DesignFit(
        design=left,
        dropped=dropped,
        coefficients=fits.coefficients[0],
        covariance=inverse_information(left.matrix, fits.fitted)[0],
        fitted=fits.fitted[0],
        deviance=float(fits.deviance[0]),
        log_likelihood=float(fits.log_likelihood[0]),
        n_observed=float(counts.sum()),
    )
    return fit, judged


def estimate_of(
    fit: DesignFit,
    *,
    name: str,
    method: str,
    interval: Interval | None,
    estimand: Estimand,
    warnings: Sequence[CodedWarning] = (),
) -> Estimate:
    """Make an estimate of a fit, without its assumptions and references.

    Parameters
    ----------
    fit : DesignFit
    name, method : str
    interval : Interval or None
    estimand : Estimand
    warnings : sequence of CodedWarning
        Those known already; unreliable fits get more.

    Returns
    -------
    Estimate
        Its diagnostics hold the deviance, its degrees of freedom, AIC, BIC, the unseen and the first-order bias.

    Examples
    --------
    >>> import numpy as np
    >>> matrix = np.array([[1.0, 1, 1], [1, 1, 0], [1, 0, 1]])
    >>> design = Design(name="Mt", matrix=matrix, column_names=("1", "a", "b"), positive=(False,) * 3)
    >>> fit, _ = fit_design(design, np.array([30.0, 170, 120]))
    >>> estimate = estimate_of(fit, name="N", method="Mt", interval=None, estimand=Estimand())
    >>> round(estimate.standard_error, 1)
    150.6
    """
    found = [*warnings, *interval_warnings(fit.design.name, interval)]
    if fit.bias > LARGE_BIAS * fit.value:
        message = (
            f"model {fit.design.name}: the first-order bias, {fit.bias:,.0f}, is more than a tenth of the estimate"
        )
        found.append(CodedWarning(code="large-bias", message=message))
    found += runaway_warning(fit.value, float(fit.n_observed), times=LISTS_RUNAWAY)
    extra: dict[str, Scalar] = {"first_order_bias": fit.bias, "columns_left_out": ", ".join(fit.dropped)}
    return Estimate(
        name=name,
        value=fit.value,
        standard_error=fit.standard_error,
        interval=interval,
        estimand=estimand,
        method=method,
        n_observed=fit.n_observed,
        warnings=tuple(found),
        diagnostics=FrozenMapping({**fit_diagnostics(fit), **extra}),
    )


def fit_diagnostics(fit: DesignFit) -> dict[str, Scalar]:
    """Return the numbers that help to judge a fit, by name.

    Parameters
    ----------
    fit : DesignFit

    Returns
    -------
    dict
        The deviance, its degrees of freedom, AIC, BIC and the expected unseen.
    """
    return {
        "model": fit.design.name,
        "unseen": fit.unseen,
        "deviance": fit.deviance,
        "degrees_of_freedom": fit.degrees_of_freedom,
        "aic": fit.aic,
        "bic": fit.bic,
    }


def interval_warnings(model: str, interval: Interval | None) -> tuple[CodedWarning, ...]:
    """Return the warning that an interval has no upper end, if it has none."""
    if interval is None or math.isfinite(interval.high):
        return ()
    message = f"model {model}: the likelihood never falls far enough to end the interval above"
    return (CodedWarning(code="no-upper-limit", message=message),)


def no_number(existence: MleExistence, *, name: str, method: str, estimand: Estimand, n_observed: float) -> Estimate:
    """Make the estimate of a model without a maximum: no value, and at least those who were seen.

    Parameters
    ----------
    existence : MleExistence
    name, method : str
    estimand : Estimand
    n_observed : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> import numpy as np
    >>> judged = examine(np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([0.0, 3.0]), name="two cells")
    >>> estimate = no_number(judged, name="N", method="log-linear", estimand=Estimand(), n_observed=3)
    >>> print(estimate.value, estimate.bounds.low)
    None 3
    """
    return Estimate(
        name=name,
        value=None,
        bounds=Bounds(low=n_observed, high=math.inf, reason=existence.reason, sharp=False),
        estimand=estimand,
        method=method,
        n_observed=n_observed,
        warnings=existence_warnings(existence),
        diagnostics=FrozenMapping({"model": existence.model}),
    )
