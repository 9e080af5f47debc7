"""Lists that lie inside one another: together they do not show who is on neither."""

from __future__ import annotations

from itertools import permutations

from microwork_estimate.errors import CodedWarning
from microwork_estimate.inputs.histories import CaptureHistories


def nested_lists(histories: CaptureHistories) -> tuple[CodedWarning, ...]:
    """Warn of lists of which one holds all persons of another.

    Parameters
    ----------
    histories : CaptureHistories

    Returns
    -------
    tuple of CodedWarning
        Empty, or one with the code ``"nested-lists"`` that names the pairs.

    Examples
    --------
    >>> [warning.message for warning in nested_lists(CaptureHistories.from_two_lists(200, 150, 150))]
    ['list 2 lies inside list 1: two such lists do not show who is on neither']
    >>> nested_lists(CaptureHistories.from_two_lists(200, 150, 30))
    ()
    """
    inside = _contained(histories)
    if not inside:
        return ()
    message = f"{'; '.join(inside)}: two such lists do not show who is on neither"
    return (CodedWarning(code="nested-lists", message=message),)


def _contained(histories: CaptureHistories) -> list[str]:
    """Return sentences on pairs of lists of which one holds the other."""
    patterns, counts, found = histories.patterns, histories.counts, []
    for i, j in permutations(range(len(histories.lists)), 2):
        size = counts[patterns[:, i] == 1].sum()
        alone = counts[(patterns[:, i] == 1) & (patterns[:, j] == 0)].sum()
        back = counts[(patterns[:, j] == 1) & (patterns[:, i] == 0)].sum()
        first, second = histories.lists[i], histories.lists[j]
        if size > 0 and alone == 0 and back == 0 and i < j:
            found.append(f"{first} and {second} hold the same persons")
        elif size > 0 and alone == 0 and back > 0:
            found.append(f"{first} lies inside {second}")
    return found
