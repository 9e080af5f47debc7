"""Arrays and mappings that cannot be changed: what the nouns are made of."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microwork_estimate.errors import InvalidInput

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Scalar = float | int | str | bool | None


def frozen_floats(values: ArrayLike, *, where: str) -> FloatArray:
    """Copy `values` to a read-only float64 array.

    Raises
    ------
    InvalidInput
        If they are not numbers.
    """
    array = None
    with contextlib.suppress(TypeError, ValueError):
        array = np.array(values, dtype=np.float64)
    if array is None:  # said outside of a handler: numpy's own error repeats the value, which may be somebody's name
        raise InvalidInput(
            "not numbers",
            expected="numbers",
            got=_first_other(values),
            where=where,
            fix="give numbers only; a missing value must be removed or imputed first",
        )
    array.flags.writeable = False
    return array


def _first_other(values: object) -> str:
    """Say where the first value stands that is no number, and of what kind it is, but not the value."""
    listed = values.tolist() if isinstance(values, np.ndarray) else values
    for at, value in enumerate(listed if isinstance(listed, list | tuple) else [listed]):
        try:
            float(np.nan if value is None else value)
        except (TypeError, ValueError):
            return f"{'text' if isinstance(value, str) else type(value).__name__} at position {at}"
    return f"something else in a {type(values).__name__}"


class FrozenMapping(Mapping[str, Scalar]):
    """A read-only mapping from names to plain values, which can be compared, hashed and pickled."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Scalar] | None = None) -> None:
        self._items: dict[str, Scalar] = dict(items or {})

    def __getitem__(self, key: str) -> Scalar:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._items.items(), key=lambda item: item[0])))

    def __repr__(self) -> str:
        return f"FrozenMapping({self._items!r})"
