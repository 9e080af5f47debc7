"""Choosing the model anew in every bootstrap replicate, so that the interval knows of the choice.

Recipes that take a whole block of redrawn tables at once and give one size for each; the bootstrap feeds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np

from microwork_estimate.capture_recapture.fitting import fit_design
from microwork_estimate.capture_recapture.loglinear import loglinear_design
from microwork_estimate.capture_recapture.loglinear_table import Criterion, loglinear_table
from microwork_estimate.capture_recapture.model_grid import ModelGrid, fit_grid
from microwork_estimate.capture_recapture.model_space import Generators, LogLinearModel
from microwork_estimate.capture_recapture.pair_models import choose_pairs
from microwork_estimate.capture_recapture.selection import averaged
from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs import CaptureHistories

_TOGETHER = 4_000_000  # numbers in the designs of redrawn tables that are fitted together


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reselection:
    """A recipe: fit several log-linear models to each redrawn table, and choose or average among them again.

    Draws on which no model has a maximum are infinite. Made by :meth:`of`.

    Parameters
    ----------
    n_lists : int
    terms : tuple of M tuples of int
        The models among which every replicate chooses.
    criterion : {"aic", "bic"}
    average : bool
        Whether to average the logarithm of the unseen instead of choosing.

    References
    ----------
    Silverman, Chan and Vincent 2024 (arXiv 2303.17856): eight to ten of the best models are enough.

    Examples
    --------
    >>> import numpy as np
    >>> from microwork_estimate import bootstrap
    >>> from microwork_estimate.inputs import CaptureHistories, all_patterns
    >>> lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [12, 142, 112, 247, 4, 49, 60])
    >>> recipe = Reselection.of(lists, criterion="bic")
    >>> run = bootstrap.replicate(recipe, lists.counts, bootstrap.MultinomialCounts(), n_replicates=199, seed=1)
    >>> len(run["value"])
    199
    """

    n_lists: int
    terms: tuple[tuple[int, ...], ...]
    criterion: Criterion
    average: bool = False
    is_batched: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_choice(self.criterion, get_args(Criterion), where="Reselection.criterion")

    @classmethod
    def of(
        cls,
        histories: CaptureHistories,
        *,
        criterion: Criterion = "aic",
        best: int | None = 10,
        max_order: int | None = None,
        average: bool = False,
    ) -> Reselection:
        """Keep the models that do best on the data as they are.

        Parameters
        ----------
        histories : CaptureHistories
        criterion : {"aic", "bic"}
        best : int or None
            How many models to keep; None for all of them.
        max_order : int, optional
            Lists in an interaction at most.
        average : bool

        Raises
        ------
        InvalidInput
            If no model has a maximum on the data.
        """
        table = loglinear_table(histories, max_order=max_order)
        ranked = table.ranked(criterion)
        if ranked.size == 0:
            raise InvalidInput(
                "nothing to choose from",
                expected="at least one log-linear model with a maximum",
                got=f"{len(table)} models, none with one",
                where="Reselection.of",
                fix="use sparse_loglinear, or merge lists",
            )
        kept = ranked[:best] if best is not None else np.arange(len(table))
        terms = tuple(table.terms[int(i)] for i in kept)
        return cls(n_lists=len(histories.lists), terms=terms, criterion=criterion, average=average)

    def __call__(self, counts: FloatArray) -> dict[str, FloatArray]:
        """Give the size for each of B tables.

        Parameters
        ----------
        counts : array of shape (B, 2^k - 1), or (B, 2^k) with those on no list last
            The last column of the wider form is what nobody sees; it is not used.

        Returns
        -------
        dict
            ``"value"``: array of shape (B,).
        """
        tables = seen_only(counts, self.n_lists)
        grid = fit_grid(tables, self.terms, self.n_lists)
        if self.average:
            log_unseen, _, _ = averaged(grid.log_unseen, grid.variance, self._scores(grid))
        else:
            chosen = self._chosen(grid)
            log_unseen = np.where(chosen < 0, np.nan, grid.log_unseen[np.arange(len(tables)), chosen])
        values = tables.sum(axis=1) + np.exp(log_unseen)
        return {"value": np.where(np.isnan(values), np.inf, values)}

    def chosen(self, counts: FloatArray) -> IntArray:
        """Return which model each of B tables chooses, shape (B,); -1 where none has a maximum."""
        return self._chosen(fit_grid(seen_only(counts, self.n_lists), self.terms, self.n_lists))

    def _scores(self, grid: ModelGrid) -> FloatArray:
        return grid.aic if self.criterion == "aic" else grid.bic

    def _chosen(self, grid: ModelGrid) -> IntArray:
        scores = self._scores(grid)
        scores = np.where(np.isnan(scores), np.inf, scores)
        return np.where(np.isfinite(scores).any(axis=1), scores.argmin(axis=1), -1)


@dataclass(frozen=True, kw_only=True, slots=True)
class SparseReselection:
    """A recipe: choose two-list effects step by step in each redrawn table, as ``sparse_loglinear`` does.

    Draws without a number are infinite.

    Parameters
    ----------
    n_lists : int
    entry : float
        Largest p-value of a pair that comes in.

    References
    ----------
    Chan, Silverman and Vincent 2021, Journal of the American Statistical Association 116(535), section 4.

    Examples
    --------
    >>> import numpy as np
    >>> recipe = SparseReselection(n_lists=3)
    >>> recipe(np.array([[28.0, 21, 17, 69, 18, 55, 63]]))["value"].round(1).tolist()
    [388.5]
    """

    n_lists: int
    entry: float = 0.02
    is_batched: ClassVar[bool] = True

    def __call__(self, counts: FloatArray) -> dict[str, FloatArray]:
        """Give the size for each of B tables, as :meth:`Reselection.__call__`."""
        tables = seen_only(counts, self.n_lists)
        rows = max(1, _TOGETHER // tables.shape[1] // (1 + self.n_lists * (self.n_lists + 1) // 2))
        blocks = [tables[i : i + rows] for i in range(0, len(tables), rows)]
        chosen = [choose_pairs(b, self.n_lists, entry=self.entry).values(b.sum(axis=1)) for b in blocks]
        values = np.concatenate(chosen)
        return {"value": np.where(np.isnan(values), np.inf, values)}


def seen_only(counts: FloatArray, n_lists: int) -> FloatArray:
    """Return tables of the persons seen, shape (B, 2^k - 1), from tables with or without those on no list.

    Parameters
    ----------
    counts : array of shape (B, 2^k - 1) or (B, 2^k)
    n_lists : int

    Returns
    -------
    array of shape (B, 2^k - 1)

    Raises
    ------
    InvalidInput
        If the tables have another width.

    Examples
    --------
    >>> import numpy as np
    >>> seen_only(np.array([[30.0, 170, 120, 680]]), 2).tolist()
    [[30.0, 170.0, 120.0]]
    """
    tables = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    cells = 2**n_lists - 1
    if tables.ndim != 2 or tables.shape[1] not in (cells, cells + 1):
        raise InvalidInput(
            "tables of another width",
            expected=f"{cells} columns, or {cells + 1} with those on no list last",
            got=f"shape {tables.shape}",
            where="redrawn tables of counts",
            fix="give the counts in the order of CaptureHistories.counts",
        )
    return np.ascontiguousarray(tables[:, :cells])


def fitted_table(histories: CaptureHistories, model: Generators | LogLinearModel) -> FloatArray:
    """Return the expected counts of a log-linear model, those on no list last: what a parametric bootstrap redraws.

    Parameters
    ----------
    histories : CaptureHistories
    model : generators, or LogLinearModel

    Returns
    -------
    array of shape (2^k,)

    Raises
    ------
    InvalidInput
        If the model has no maximum on these data.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> fitted_table(CaptureHistories.from_two_lists(200, 150, 30), "A,B").round(6).tolist()
    [30.0, 170.0, 120.0, 680.0]
    """
    fit, existence = fit_design(loglinear_design(histories, model), histories.counts.astype(np.float64))
    if fit is None:
        raise InvalidInput(
            "nothing to redraw",
            expected="a model with one maximum",
            got=existence.reason,
            where=f"fitted_table, model {existence.model}",
            fix="choose a smaller model",
        )
    return np.append(fit.fitted, fit.unseen)
