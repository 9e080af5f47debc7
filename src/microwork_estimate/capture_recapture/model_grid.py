"""Every model on every table: B tables of counts times M hierarchical models, fitted as few array computations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from microwork_estimate.capture_recapture.existence import FITTED, NO_MLE, has_empty_margin, judge_fits
from microwork_estimate.capture_recapture.model_space import design_matrices, design_matrix
from microwork_estimate.capture_recapture.poisson import fit_poisson
from microwork_estimate.estimate import FloatArray, IntArray

_CHUNK = 2_000_000  # numbers in the designs that are fitted together
_MANY_TABLES = 8  # from here on it is faster to fit one model to all tables than all models to one table


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ModelGrid:
    """Fits of M models to B tables.

    Parameters
    ----------
    log_unseen, variance : array of shape (B, M)
        Logarithm of the expected persons on no list, and its variance; NaN where the model has no maximum.
    deviance, log_likelihood : array of shape (B, M)
        NaN there too.
    status : array of shape (B, M)
        0 fitted, 1 without a maximum.
    n_parameters : array of shape (M,)
    n_observed : array of shape (B,)
    """

    log_unseen: FloatArray
    variance: FloatArray
    deviance: FloatArray
    log_likelihood: FloatArray
    status: IntArray
    n_parameters: IntArray
    n_observed: FloatArray

    @property
    def values(self) -> FloatArray:
        """Estimated sizes, shape (B, M)."""
        return np.asarray(self.n_observed[:, None] + np.exp(self.log_unseen))

    @property
    def aic(self) -> FloatArray:
        """Akaike's criterion, shape (B, M), Poisson constants included."""
        return np.asarray(-2.0 * self.log_likelihood + 2.0 * self.n_parameters)

    @property
    def bic(self) -> FloatArray:
        """Schwarz's criterion with the number of persons seen as sample size, shape (B, M)."""
        with np.errstate(divide="ignore"):
            penalty = np.log(self.n_observed)[:, None] * self.n_parameters
        return np.asarray(-2.0 * self.log_likelihood + penalty)


def fit_grid(counts: FloatArray, terms: Sequence[Sequence[int]], n_lists: int) -> ModelGrid:
    """Fit M hierarchical models to B tables of counts.

    Procedure: a model with a term that nobody has in a table has no maximum there and is not fitted. The others go
    through :func:`~microwork_estimate.capture_recapture.poisson.fit_poisson`: for few tables all models of one size
    together, for many tables all tables together; then each fit has to prove that its maximum exists.

    Parameters
    ----------
    counts : array of shape (B, 2^k - 1)
        Persons by pattern in canonical order.
    terms : sequence of M sequences of int
        As from :func:`~microwork_estimate.capture_recapture.model_space.hierarchical_terms`.
    n_lists : int

    Returns
    -------
    ModelGrid

    Examples
    --------
    >>> import numpy as np
    >>> grid = fit_grid(np.array([[30.0, 170.0, 120.0]]), [(2, 1)], 2)
    >>> grid.values.round(6).tolist()
    [[1000.0]]
    """
    tables = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    shape = (tables.shape[0], len(terms))
    found = {name: np.full(shape, np.nan) for name in ("log_unseen", "variance", "deviance", "log_likelihood")}
    status = np.full(shape, NO_MLE, dtype=np.int64)
    possible = ~has_empty_margin(terms, tables, n_lists)
    for rows, columns in _batches(terms, possible, n_lists):
        if len(columns) == 1:
            designs = design_matrix(terms[int(columns[0])], n_lists)
        else:
            designs = design_matrices([terms[int(j)] for j in columns], n_lists)
        data = np.broadcast_to(tables[rows], (max(len(rows), len(columns)), tables.shape[1]))
        fits = fit_poisson(designs, data)
        exists = judge_fits(designs, data, fits)
        at = (np.broadcast_to(rows, exists.shape)[exists], np.broadcast_to(columns, exists.shape)[exists])
        status[at] = FITTED
        found["log_unseen"][at] = fits.coefficients[exists, 0]
        found["variance"][at] = fits.intercept_variance[exists]
        found["deviance"][at] = fits.deviance[exists]
        found["log_likelihood"][at] = fits.log_likelihood[exists]
    return ModelGrid(
        **found,
        status=status,
        n_parameters=np.array([len(row) + 1 for row in terms], dtype=np.int64),
        n_observed=tables.sum(axis=1),
    )


def _batches(terms: Sequence[Sequence[int]], possible: np.ndarray, n_lists: int) -> Iterator[tuple[IntArray, IntArray]]:
    """Give pairs of rows (tables) and columns (models) to fit together: one of the two has length one."""
    if possible.shape[0] > _MANY_TABLES:
        for j in range(len(terms)):
            rows = np.flatnonzero(possible[:, j])
            if rows.size:
                yield rows, np.array([j])
        return
    sizes = np.array([len(row) + 1 for row in terms])
    for i in range(possible.shape[0]):
        for size in np.unique(sizes[possible[i]]):
            columns = np.flatnonzero(possible[i] & (sizes == size))
            step = max(1, _CHUNK // (int(size) * 2**n_lists))
            for start in range(0, columns.size, step):
                yield np.array([i]), columns[start : start + step]
