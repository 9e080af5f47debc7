"""Is there a number at all? Existence of the maximum-likelihood estimate, and identifiability, before any fit is shown.

With empty cells the likelihood of a log-linear model may only rise towards infinite coefficients. A fit then stops
somewhere and its population size means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import linprog

from microwork_estimate.capture_recapture.model_space import Generators, LogLinearModel, design_matrix, term_margins
from microwork_estimate.capture_recapture.poisson import BoolArray, PoissonFits
from microwork_estimate.errors import CodedWarning, NotConverged
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs import CaptureHistories

FITTED, NO_MLE, NOT_IDENTIFIABLE = 0, 1, 2
_CERTAIN = 1e-7  # without a maximum, some expected count falls to about 1e-16 before the fit stops

_REMEMBERED = 1024  # numbers in a design whose answer is kept: the replicates of a bootstrap ask again and again


@dataclass(frozen=True, kw_only=True, slots=True)
class MleExistence:
    """Whether a model has a maximum-likelihood estimate on these data, and only one.

    Parameters
    ----------
    model : str
        Name of the model.
    exists : bool
        Whether the likelihood has a maximum at finite coefficients.
    identifiable : bool
        Whether the coefficients can be told apart: the design has full column rank.
    slack : float
        The largest s such that some table with the observed margins has at least s persons in every cell; the maximum
        exists if and only if it is positive.
    rank, n_parameters : int
        Rank of the design and number of its columns.
    reason : str
        One sentence.
    """

    model: str
    exists: bool
    identifiable: bool
    slack: float
    rank: int
    n_parameters: int
    reason: str

    def __bool__(self) -> bool:
        return self.exists and self.identifiable


def mle_exists(histories: CaptureHistories, model: Generators | LogLinearModel) -> MleExistence:
    """Say whether a log-linear model can give a number on these data.

    Procedure: identifiability is the column rank of the design A. Existence is a linear program: maximise s such that
    A'x = A'n and x >= s, s >= 0. The maximum-likelihood estimate exists if and only if the best s is positive, that
    is, if the margins of the model lie inside the cone that tables without empty cells span.

    Parameters
    ----------
    histories : CaptureHistories
    model : generators, or LogLinearModel
        Such as ``"AB,C"``; see :meth:`LogLinearModel.parse`.

    Returns
    -------
    MleExistence
        True as a condition if there is exactly one maximum.

    Raises
    ------
    InvalidInput
        If the model names a list that is not there.

    Assumptions
    -----------
    Empty cells are chance, not impossibility.

    References
    ----------
    Fienberg and Rinaldo 2012, Annals of Statistics 40(2), 996-1023. Chan, Silverman and Vincent 2021, Journal of the
    American Statistical Association 116(535), 1297-1306, section 3.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> patterns = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]
    >>> lists = CaptureHistories.from_patterns("ABC", patterns, [40, 30, 20, 6])
    >>> bool(mle_exists(lists, "A,B,C")), bool(mle_exists(lists, "AB,C"))
    (True, False)
    """
    parsed = LogLinearModel.parse(model, lists=histories.lists)
    design = design_matrix(parsed.terms, len(histories.lists))
    return examine(design, histories.counts.astype(np.float64), name=parsed.name, column_names=parsed.term_names)


def examine(
    design: FloatArray, counts: FloatArray, *, name: str, column_names: Sequence[str] | None = None
) -> MleExistence:
    """Judge existence and identifiability for any design, the array form of :func:`mle_exists`.

    Parameters
    ----------
    design : array of shape (c, p)
    counts : array of shape (c,)
    name : str
        Name of the model, for the answer.
    column_names : sequence of str, length p, optional
        Names of the coefficients; with them the reason can say whose persons are missing.

    Returns
    -------
    MleExistence

    Examples
    --------
    >>> import numpy as np
    >>> examine(np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([0.0, 3.0]), name="two cells").exists
    False
    """
    rank = design_rank(design)
    exists = maximum_exists(design, counts)
    p = design.shape[1]
    reason = "the likelihood has one maximum"
    if rank < p:
        reason = f"{p} coefficients but only {rank} independent columns"
    elif not exists:
        reason = "the likelihood rises towards infinite coefficients" + _missing(design, counts, column_names)
    return MleExistence(
        model=name,
        exists=exists,
        identifiable=rank == p,
        slack=largest_slack(design, counts) if exists else 0.0,
        rank=rank,
        n_parameters=p,
        reason=reason,
    )


def existence_warnings(existence: MleExistence) -> tuple[CodedWarning, ...]:
    """Return the coded warning that says why there is no number, or none if there is one.

    Parameters
    ----------
    existence : MleExistence

    Returns
    -------
    tuple of CodedWarning

    Examples
    --------
    >>> import numpy as np
    >>> judged = examine(np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([0.0, 3.0]), name="two cells")
    >>> [warning.code for warning in existence_warnings(judged)]
    ['no-mle']
    """
    if not existence.identifiable:
        return (CodedWarning(code="not-identifiable", message=f"model {existence.model}: {existence.reason}"),)
    if not existence.exists:
        return (CodedWarning(code="no-mle", message=f"model {existence.model}: {existence.reason}"),)
    return ()


def design_rank(design: FloatArray) -> int:
    """Return the column rank of a design, its columns brought to one length first.

    Parameters
    ----------
    design : array of shape (c, p)

    Returns
    -------
    int

    Examples
    --------
    >>> import numpy as np
    >>> design_rank(np.array([[1.0, 2.0], [2.0, 4.0]]))
    1
    """
    lengths = np.linalg.norm(design, axis=0)
    return int(np.linalg.matrix_rank(design / np.where(lengths > 0, lengths, 1.0), tol=1e-9))


def maximum_exists(design: FloatArray, counts: FloatArray) -> bool:
    """Whether the Poisson likelihood has a maximum at finite coefficients (or along a line of equal ones).

    Procedure: it does if and only if some table z with A'z = 0 is positive in every empty cell; adding a little of z to
    the counts gives a full table with the observed margins. Only which cells are empty matters, so that the linear
    program has no scale and its best value is 0 or 1.

    Parameters
    ----------
    design : array of shape (c, p)
    counts : array of shape (c,)

    Returns
    -------
    bool

    References
    ----------
    Haberman 1974, The Analysis of Frequency Data, theorem 2.3.

    Examples
    --------
    >>> import numpy as np
    >>> maximum_exists(np.array([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]]), np.array([2.0, 3.0, 0.0]))
    True
    """
    empty = counts == 0
    if not empty.any():
        return True
    if empty.all():
        return False
    judge = _exists if design.size <= _REMEMBERED else _exists.__wrapped__
    return judge(np.ascontiguousarray(design).tobytes(), design.shape, empty.tobytes())


@lru_cache(maxsize=16384)
def _exists(design_bytes: bytes, shape: tuple[int, int], empty_bytes: bytes) -> bool:
    design = np.frombuffer(design_bytes).reshape(shape)
    empty = np.frombuffer(empty_bytes, dtype=bool)
    scale = np.abs(design).max(axis=0)
    scaled = design / np.where(scale > 0, scale, 1.0)
    # In an empty cell z = s + rest with rest >= 0; elsewhere z is free.
    equal = np.hstack([scaled.T, scaled[empty].sum(axis=0)[:, None]])
    bounds: list[tuple[float | None, float | None]] = [(0.0, None) if e else (None, None) for e in empty]
    return _largest(equal, np.zeros(shape[1]), [*bounds, (0.0, 1.0)]) > 0.5


def largest_slack(design: FloatArray, counts: FloatArray) -> float:
    """Return the largest s such that a table with the observed margins has at least s in every cell.

    Parameters
    ----------
    design : array of shape (c, p)
    counts : array of shape (c,)

    Returns
    -------
    float
        Persons; zero if there is no maximum.

    References
    ----------
    Chan, Silverman and Vincent 2021, Journal of the American Statistical Association 116(535), section 3.

    Examples
    --------
    >>> import numpy as np
    >>> round(largest_slack(np.array([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]]), np.array([2.0, 3.0, 0.0])), 9)
    1.5
    """
    unit = max(1.0, float(counts.max()))
    equal = np.hstack([design.T, design.sum(axis=0)[:, None]])  # x = s + rest with rest >= 0
    return unit * _largest(equal, design.T @ (counts / unit), [(0.0, None)] * (counts.size + 1))


def _largest(equal: FloatArray, right: FloatArray, bounds: Sequence[tuple[float | None, float | None]]) -> float:
    """Return the largest possible value of the last variable."""
    objective = np.zeros(equal.shape[1])
    objective[-1] = -1.0
    found = linprog(objective, A_eq=equal, b_eq=right, bounds=bounds, method="highs")
    if found.status != 0 or found.fun is None:
        raise NotConverged(
            "the linear program for existence failed",
            expected="an optimal solution",
            got=str(found.message),
            where="existence of the maximum-likelihood estimate",
            fix="report the table of counts: this should not happen",
        )
    return -float(found.fun)


def judge_fits(
    designs: FloatArray, counts: FloatArray, fits: PoissonFits, *, keep: BoolArray | None = None
) -> BoolArray:
    """Say of each of M converged fits whether its maximum exists.

    Procedure: positive expected counts that meet the likelihood equations are themselves a full table with the observed
    margins, so that most fits prove their own existence; the linear program judges the others.

    Parameters
    ----------
    designs : array of shape (c, p) or (M, c, p)
    counts : array of shape (M, c)
    fits : PoissonFits
    keep : array of shape (M, c), bool, optional
        False where a model leaves a cell out.

    Returns
    -------
    array of shape (M,), bool

    Examples
    --------
    >>> import numpy as np
    >>> from microwork_estimate.capture_recapture.poisson import fit_poisson
    >>> design, counts = np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([[2.0, 3.0], [0.0, 3.0]])
    >>> judge_fits(design, counts, fit_poisson(design, counts)).tolist()
    [True, False]
    """
    lowest = fits.fitted.min(axis=1) if keep is None else np.where(keep, fits.fitted, np.inf).min(axis=1)
    exists = fits.converged & (lowest > _CERTAIN)
    doubtful: IntArray = np.flatnonzero(~exists)
    for i in doubtful:
        rows = slice(None) if keep is None else keep[i]
        design = designs[rows] if designs.ndim == 2 else designs[i][rows]
        exists[i] = maximum_exists(design, counts[i][rows]) and fits.converged[i]
    return np.asarray(exists)


def has_empty_margin(terms: Sequence[Sequence[int]], counts: FloatArray, n_lists: int) -> BoolArray:
    """Say which models have a term that nobody has: they have no maximum, and need no fit to know it.

    Parameters
    ----------
    terms : sequence of M sequences of int
    counts : array of shape (B, 2^k - 1)
    n_lists : int

    Returns
    -------
    array of shape (B, M), bool

    Examples
    --------
    >>> import numpy as np
    >>> has_empty_margin([[2, 1]], np.array([[0.0, 3.0, 0.0]]), 2).tolist()
    [[True]]
    """
    empty = term_margins(counts, n_lists) == 0
    return np.stack([empty[:, list(row)].any(axis=1) for row in terms], axis=1)


def _missing(design: FloatArray, counts: FloatArray, column_names: Sequence[str] | None) -> str:
    """Name the terms that nobody has, if that is the reason."""
    if column_names is None:
        return ""
    nobody = [name for name, total in zip(column_names, counts @ design, strict=True) if total == 0]
    return f": nobody has {', '.join(nobody)}" if nobody else ": too many cells are empty"
