"""What several lists can hide from any model: empty lists, no overlap, lists inside others."""

from __future__ import annotations

import math

from microwork_estimate.capture_recapture.loglinear import sparse_overlap
from microwork_estimate.capture_recapture.nested_lists import nested_lists
from microwork_estimate.errors import CodedWarning, InvalidInput, announce
from microwork_estimate.estimate import Assumption, Bounds, Estimate
from microwork_estimate.inputs.histories import CaptureHistories


def list_warnings(histories: CaptureHistories) -> tuple[CodedWarning, ...]:
    """Say what is wrong with several lists before any model.

    Parameters
    ----------
    histories : CaptureHistories

    Returns
    -------
    tuple of CodedWarning
        ``"empty-list"``: a list without persons. ``"no-overlap"``: nobody is on two lists. ``"nested-lists"``: a list
        lies inside another one, or equals it. ``"sparse-overlap"``: two lists are too small for one person expected on
        both.

    Examples
    --------
    >>> [w.code for w in list_warnings(CaptureHistories.from_two_lists(200, 150, 0))]
    ['no-overlap']
    >>> [w.code for w in list_warnings(CaptureHistories.from_two_lists(200, 150, 150))]
    ['nested-lists']
    """
    names, sizes = histories.lists, histories.list_sizes
    found = []
    empty = [name for name, size in zip(names, sizes, strict=True) if size == 0]
    if empty:
        message = f"nobody is on {', '.join(empty)}: an empty list says nothing about who is missing"
        found.append(CodedWarning(code="empty-list", message=message))
    if not has_overlap(histories):
        message = f"nobody is on two of the {len(names)} lists: the data give a lower limit and no upper one"
        return (*found, CodedWarning(code="no-overlap", message=message))
    found += nested_lists(histories)
    return (*found, *(sparse_overlap(histories) if not empty else ()))


def has_overlap(histories: CaptureHistories) -> bool:
    """Return whether anybody is on two lists or more.

    Examples
    --------
    >>> has_overlap(CaptureHistories.from_two_lists(200, 150, 30))
    True
    """
    return bool(histories.counts[histories.patterns.sum(axis=1) > 1].sum() > 0)


def require_lists(histories: CaptureHistories, fewest: int, *, where: str) -> None:
    """Require at least so many lists.

    Parameters
    ----------
    histories : CaptureHistories
    fewest : int
    where : str
        Name of the estimator, for the message.

    Raises
    ------
    InvalidInput
        If there are fewer.
    """
    if len(histories.lists) < fewest:
        raise InvalidInput(
            "too few lists",
            expected=f"at least {fewest} lists",
            got=f"{len(histories.lists)}: {', '.join(histories.lists)}",
            where=where,
            fix="with two lists use chapman, and odds_ratio_curve for what it takes for granted",
        )


def nobody_seen(
    histories: CaptureHistories, *, name: str, assumptions: tuple[Assumption, ...], references: tuple[str, ...]
) -> Estimate:
    """Make and announce the estimate from lists on which nobody is: anything from zero to infinity.

    Parameters
    ----------
    histories : CaptureHistories
    name : str
    assumptions : tuple of Assumption
    references : tuple of str

    Returns
    -------
    Estimate
        Without a value, with the code ``"empty-list"``.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     empty = CaptureHistories.from_two_lists(0, 0, 0)
    ...     nobody_seen(empty, name="none", assumptions=(), references=()).bounds.high
    inf
    """
    warning = CodedWarning(code="empty-list", message="nobody is on any list: the lists say nothing about anybody")
    announce([warning])
    return Estimate(
        name=name,
        value=None,
        bounds=Bounds(low=0.0, high=math.inf, reason="nobody was seen", sharp=True),
        estimand=histories.estimand,
        method=name,
        n_observed=0.0,
        assumptions=assumptions,
        warnings=(warning,),
        references=references,
    )


def seen_bounds(histories: CaptureHistories) -> Bounds:
    """Return the bounds that hold when nobody is on two lists: the persons seen, and no upper end.

    Examples
    --------
    >>> seen_bounds(CaptureHistories.from_two_lists(200, 150, 0)).low
    350.0
    """
    reason = "nobody is on two lists: any number may be on none"
    return Bounds(low=float(histories.n_observed), high=math.inf, reason=reason, sharp=True)
