"""Checks that several nouns of the gate share."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, IntArray, frozen_floats

# Counts are kept as 64-bit integers; up to here every whole number is also exact as a floating-point number.
LARGEST_COUNT = 2.0**53


def first_bad(values: FloatArray, bad: np.ndarray) -> str:
    """Say which element is wrong, for an error message."""
    at = int(np.flatnonzero(bad)[0])
    return f"{values.ravel()[at]:g} at position {at}"


def nonnegative(values: ArrayLike, *, where: str, ndim: int = 1) -> FloatArray:
    """Return a read-only array of finite numbers that are zero or more.

    Raises
    ------
    InvalidInput
        If a number is missing, infinite or negative, or if the array has another shape.
    """
    array = frozen_floats(values, where=where)
    if array.ndim != ndim or array.size == 0:
        raise InvalidInput(
            "wrong shape",
            expected=f"a non-empty array of {ndim} dimension(s)",
            got=f"shape {array.shape}",
            where=where,
            fix="give one number for each row",
        )
    bad = ~np.isfinite(array) | (array < 0)
    if bad.any():
        raise InvalidInput(
            "impossible value",
            expected="finite numbers, zero or more, none missing",
            got=first_bad(array, bad),
            where=where,
            fix="correct or remove it in the source",
        )
    return array


def whole_counts(values: ArrayLike, *, where: str) -> IntArray:
    """Return a read-only integer array of counts, zero or more.

    Raises
    ------
    InvalidInput
        If a count is missing, negative or not whole.
    """
    array = nonnegative(values, where=where)
    bad = (array != np.floor(array)) | (array > LARGEST_COUNT)
    if bad.any():
        raise InvalidInput(
            "not a count",
            expected=f"whole numbers, at most {LARGEST_COUNT:.0e}",
            got=first_bad(array, bad),
            where=where,
            fix="counts of persons are whole; weighted counts need an estimator for weighted data",
        )
    counts = array.astype(np.int64)
    counts.flags.writeable = False
    return counts


def distinct_names(names: Iterable[str], *, where: str) -> tuple[str, ...]:
    """Return names as a tuple of non-empty, distinct strings.

    Raises
    ------
    InvalidInput
        If one is empty or stands twice.
    """
    result = tuple(str(name).strip() for name in names)
    repeated = sorted({name for name in result if result.count(name) > 1})
    if repeated or not all(result) or not result:
        raise InvalidInput(
            "names not distinct",
            expected="distinct, non-empty names",
            got=f"{repeated or result}",
            where=where,
            fix="give every platform or list a name of its own",
        )
    return result


def same_length(lengths: dict[str, int], *, where: str) -> None:
    """Require that several columns have one length.

    Raises
    ------
    InvalidInput
        If they do not; the message gives each length.
    """
    if len(set(lengths.values())) > 1:
        raise InvalidInput(
            "columns of different lengths",
            expected="one row for each",
            got=", ".join(f"{name}: {n}" for name, n in lengths.items()),
            where=where,
            fix="check that no row was lost in one of them",
        )
