"""Which cells of a table of counts must be hidden so that no small count can be worked out from the others.

Hiding the small cells is not enough: a total minus its other parts gives them back. So further cells are hidden until each
small count could be anything in a range wider than the threshold, as far as anybody can tell who knows all that is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from microwork_estimate.errors import InvalidInput
from microwork_estimate.frozen import FloatArray

DEFAULT_THRESHOLD = 5
PERSON_UNITS = ("persons", "visitors")
_SHOWN = 1e-7  # a smaller movement of a cell in a linear programme is none


def few_persons(unit: object, value: object, threshold: int = DEFAULT_THRESHOLD) -> bool:
    """Return whether a figure counts some persons, but fewer than the threshold.

    Examples
    --------
    >>> few_persons("persons", 3), few_persons("accounts", 3), few_persons("persons", 0)
    (True, False, False)
    """
    return unit in PERSON_UNITS and isinstance(value, int | float) and 0 < value < threshold


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Cells that add up to a total.

    Parameters
    ----------
    parts : tuple of int
        Positions of the cells that are added.
    total : int or None
        Position of the cell with their sum; None when the sum is known from elsewhere.
    """

    parts: tuple[int, ...]
    total: int | None = None


def hidden_cells(counts: Sequence[float], lines: Sequence[Line], *, threshold: int) -> frozenset[int]:
    """Choose which cells to hide.

    Procedure: every count from 1 to `threshold` - 1 is hidden (a zero is shown: nobody is in it). For each of them, the
    cheapest change of the table is sought that makes it larger by `threshold` + 1, keeps every total, leaves no count
    negative and every zero where it is; a shown cell costs one more than its count, a hidden one nothing. The cells that
    move in this change are hidden too. Who sees the rest cannot tell the table from the changed one. If there is no such
    change, nothing of the table is shown.

    Parameters
    ----------
    counts : sequence of float, shape (n,)
        Counts; NaN for a cell without content, which is taken for a zero.
    lines : sequence of Line
    threshold : int
        Smallest count that is shown.

    Returns
    -------
    frozenset of int
        Positions of the cells to hide.

    Raises
    ------
    InvalidInput
        If the threshold is below 1, or a count is negative.

    Assumptions
    -----------
    Who reads the table knows that counts are not negative, and which are zero; nothing else about the hidden ones.

    References
    ----------
    Kelly, Golden & Assad (1992), *Networks* 22, 397-417, and Fischetti & Salazar-González (2001), *Management Science* 47,
    1008-1027: cell suppression, and the linear programme that finds complementary cells for one small cell at a time.

    Examples
    --------
    >>> sorted(hidden_cells([3, 20, 30, 53], [Line(parts=(0, 1, 2), total=3)], threshold=5))
    [0, 1]
    """
    values = np.nan_to_num(np.asarray(counts, dtype=np.float64))
    if threshold < 1 or bool((values < 0).any()):
        raise InvalidInput(
            "impossible counts or threshold",
            expected="counts of zero or more, and a threshold of at least 1",
            got=f"smallest count {values.min() if values.size else 0:g}, threshold {threshold}",
            where="hidden_cells",
            fix="give counts of persons or answers",
        )
    small = [int(cell) for cell in np.flatnonzero((values > 0) & (values < threshold))]
    if not small:
        return frozenset()
    equations = _equations(values.size, lines)
    hidden = set(small)
    for cell in small:
        moved = _cheapest_change(values, equations, hidden, cell=cell, rise=threshold + 1)
        if moved is None:
            return frozenset(range(values.size))
        hidden |= moved
    return frozenset(hidden)


def _equations(n: int, lines: Sequence[Line]) -> FloatArray:
    """Return one row for each line: what a change of the table must leave at zero."""
    rows = np.zeros((len(lines), n))
    for row, line in zip(rows, lines, strict=True):
        row[list(line.parts)] = 1.0
        if line.total is not None:
            row[line.total] = -1.0
    return rows


def _cheapest_change(
    values: FloatArray, equations: FloatArray, hidden: set[int], *, cell: int, rise: float
) -> set[int] | None:
    n = values.size
    cost = values + 1.0
    cost[list(hidden)] = 0.0
    up = [(0.0, None if value > 0 else 0.0) for value in values]
    down = [(0.0, float(value)) for value in values]
    up[cell], down[cell] = (rise, rise), (0.0, 0.0)
    found = linprog(
        np.concatenate([cost, cost]),
        A_eq=np.hstack([equations, -equations]) if len(equations) else None,
        b_eq=np.zeros(len(equations)) if len(equations) else None,
        bounds=[*up, *down],
        method="highs",
    )
    if not found.success or found.x is None:
        return None
    moves = np.asarray(found.x, dtype=np.float64)
    change = np.abs(moves[:n] - moves[n:])
    return {int(at) for at in np.flatnonzero(change > _SHOWN)}
