"""Means of a population from volunteers, by three routes, on many sets of weights at once. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.special import expit

from microwork_estimate.estimate import FloatArray
from microwork_estimate.weighting.common_variables import Design
from microwork_estimate.weighting.working_fits import outcome, propensity, weighted_products

Route = Literal["pseudo_weighted", "doubly_robust", "mass_imputation"]
ROUTES: tuple[Route, ...] = get_args(Route)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Problem:
    """All that the three routes need besides weights.

    Parameters
    ----------
    design : Design
        Volunteers (n, p) and reference (r, p), or totals only.
    y : array of shape (n,)
        Answers of the volunteers.
    form : str
        Of the propensities: ``"likelihood"`` or ``"calibration"``.
    outcome : str
        Of the answers: ``"linear"`` or ``"logistic"``.
    """

    design: Design
    y: FloatArray
    form: str
    outcome: str

    def totals(self, reference: FloatArray) -> FloatArray:
        """Return totals of the columns, shape (B, p), from weights (B, r), or the totals themselves."""
        return reference if self.design.reference is None else reference @ self.design.reference

    def selection(self, volunteers: FloatArray, reference: FloatArray) -> FloatArray:
        """Fit the propensities: coefficients of shape (B, p)."""
        side = reference if self.form == "likelihood" else self.totals(reference)
        return propensity((self.design.sample, self.design.reference), volunteers, side, self.form)

    def answers(self, volunteers: FloatArray) -> FloatArray:
        """Fit the answers: coefficients of shape (B, p)."""
        return outcome(self.design.sample, volunteers, self.y, self.outcome)

    def height(self, matrix: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Return predicted answers of rows (r, p), shape (B, r)."""
        u = coefficients @ matrix.T
        return np.asarray(expit(u)) if self.outcome == "logistic" else np.asarray(u)

    def slope(self, height: FloatArray) -> FloatArray:
        """Return how a predicted answer moves with x'c, from the prediction."""
        return height * (1 - height) if self.outcome == "logistic" else np.ones_like(height)

    def predicted_mean(self, coefficients: FloatArray, reference: FloatArray) -> FloatArray:
        """Return the mean of the predictions in the population, shape (B,)."""
        theirs = self.design.reference
        if theirs is None:
            return np.asarray((coefficients * reference).sum(axis=1) / reference[:, 0])
        return _mean(self.height(theirs, coefficients), reference)


def means(problem: Problem, volunteers: FloatArray, reference: FloatArray) -> dict[Route, FloatArray]:
    """Estimate the mean of the answers in the population, by each route, in B replicates.

    Parameters
    ----------
    problem : Problem
    volunteers : array of shape (B, n)
        How many volunteers each row stands for.
    reference : array of shape (B, r), or (B, p) without a reference sample
        Weights of the reference, or totals of the columns of the design.

    Returns
    -------
    dict of str to array of shape (B,)
        NaN where a working model has no fit.

    References
    ----------
    Chen, Li & Wu (2020), *JASA* 115, 2011-2021: their second (Hájek) estimators, inverse-propensity and doubly
    robust. Kim, Park, Chen & Wu (2021), *JRSS A* 184, 941-963, for mass imputation.

    """
    ours, y = problem.design.sample, problem.y
    with np.errstate(over="ignore", invalid="ignore"):
        weights = volunteers * (1 + np.exp(-problem.selection(volunteers, reference) @ ours.T))
        coefficients = problem.answers(volunteers)
        predicted = problem.predicted_mean(coefficients, reference)
        residuals = y - problem.height(ours, coefficients)
        return {
            "pseudo_weighted": _mean(np.broadcast_to(y, weights.shape), weights),
            "doubly_robust": _mean(residuals, weights) + predicted,
            "mass_imputation": predicted,
        }


def _mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    return np.asarray((values * weights).sum(axis=1) / weights.sum(axis=1))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Linearised:
    """One mean, and how each volunteer and each respondent of the reference moves it.

    Parameters
    ----------
    value : float
    volunteers : array of shape (n,)
        What the mean would change by if the row stood for one more of the same, times how many it stands for.
    reference : array of shape (r,)
        The same for the reference; empty without a reference sample.
    residuals : array of shape (n,)
        What the route leaves to be explained by who volunteers: answers, or answers minus predictions.
    weights : array of shape (n,)
        With which these residuals are averaged.
    """

    value: float
    volunteers: FloatArray
    reference: FloatArray
    residuals: FloatArray
    weights: FloatArray


def linearised(problem: Problem, route: Route, volunteers: FloatArray, reference: FloatArray) -> Linearised:
    """Estimate one mean with its linearisation, through both working models.

    Every coefficient is the root of a sum over volunteers and reference; its movement with one more of a row is that
    row's part of the sum, times the inverse of the slope of the sum.

    Parameters
    ----------
    problem : Problem
    route : str
    volunteers : array of shape (n,)
    reference : array of shape (r,), or (p,) without a reference sample

    Returns
    -------
    Linearised
        A value of NaN if a working model has no fit.

    References
    ----------
    Chen, Li & Wu (2020), *JASA* 115, 2011-2021: the two parts of the variance of their estimators, here by direct
    differentiation of the estimating equations.
    """
    if route == "mass_imputation":
        return _imputed(problem, volunteers, reference)
    return _weighted(problem, route, volunteers, reference)


def _imputed(problem: Problem, a: FloatArray, d: FloatArray) -> Linearised:
    design, coefficients = problem.design, problem.answers(a[None])
    value, gradient, theirs = _prediction(problem, coefficients, d)
    residuals = problem.y - problem.height(design.sample, coefficients)[0]
    ours = a * residuals * _through(problem, coefficients, a, gradient)
    return Linearised(value=value, volunteers=ours, reference=theirs, residuals=residuals, weights=a)


def _weighted(problem: Problem, route: Route, a: FloatArray, d: FloatArray) -> Linearised:
    x, selection = problem.design.sample, problem.selection(a[None], d[None])
    odds = np.exp(-(selection @ x.T)[0])
    weights = a * (1 + odds)
    total = weights.sum()
    residuals, value, theirs = problem.y, 0.0, np.zeros(d.size if problem.design.reference is not None else 0)
    model = np.zeros(a.size)
    if route == "doubly_robust":
        coefficients = problem.answers(a[None])
        value, gradient, theirs = _prediction(problem, coefficients, d)
        predicted = problem.height(x, coefficients)[0]
        residuals = problem.y - predicted
        gradient = gradient - (weights * problem.slope(predicted)) @ x / total
        model = a * residuals * _through(problem, coefficients, a, gradient)
    mean = float(weights @ residuals / total)
    deviation = residuals - mean
    # d(1/pi) = -(1/pi - 1) x dc: how the mean of the residuals moves with the coefficients of the propensity.
    pull = -(a * odds * deviation) @ x / total
    ours, others = _selection_scores(problem, selection, (a, d), pull)
    direct = weights * deviation / total
    return Linearised(
        value=mean + value,
        volunteers=direct + ours + model,
        reference=theirs + others,
        residuals=residuals,
        weights=weights,
    )


def _prediction(problem: Problem, coefficients: FloatArray, d: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Mean of the predictions, its gradient in the coefficients, and how each of the reference moves it directly."""
    value = float(problem.predicted_mean(coefficients, d[None])[0])
    theirs = problem.design.reference
    if theirs is None:
        return value, d / d[0], np.zeros(0)
    predicted = problem.height(theirs, coefficients)[0]
    gradient = (d * problem.slope(predicted)) @ theirs / d.sum()
    return value, gradient, d * (predicted - value) / d.sum()


def _through(problem: Problem, coefficients: FloatArray, a: FloatArray, gradient: FloatArray) -> FloatArray:
    """Return, for each volunteer, how one more unit of her residual moves what has this gradient; shape (n,)."""
    x = problem.design.sample
    slopes = problem.slope(problem.height(x, coefficients)[0])
    return x @ _inverse_times(weighted_products(x, (a * slopes)[None])[0], gradient)


def _selection_scores(
    problem: Problem, selection: FloatArray, weights: tuple[FloatArray, FloatArray], pull: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return how volunteers and reference move what has the gradient `pull` in the coefficients of the propensity."""
    (a, d), x, theirs = weights, problem.design.sample, problem.design.reference
    odds = np.exp(-(selection @ x.T)[0])
    if problem.form == "likelihood" and theirs is not None:
        shares = expit((selection @ theirs.T)[0])
        direction = _inverse_times(weighted_products(theirs, (d * shares * (1 - shares))[None])[0], pull)
        return a * (x @ direction), -d * shares * (theirs @ direction)
    direction = _inverse_times(weighted_products(x, (a * odds)[None])[0], pull)
    ours = a * (1 + odds) * (x @ direction)
    return ours, np.zeros(0) if theirs is None else -d * (theirs @ direction)


def _inverse_times(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    if not (np.isfinite(matrix).all() and np.isfinite(vector).all()):
        return np.full_like(vector, np.nan)
    return np.asarray(np.linalg.solve(matrix, vector))
