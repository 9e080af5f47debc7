"""Arrays and mappings that cannot be changed: what the nouns are made of."""

from __future__ import annotations

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
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            "not numbers",
            expected="numbers",
            got=" ".join(f"{values!r:.80}".split()),
            where=where,
            fix="give numbers only; a missing value must be removed or imputed first",
        ) from error
    array.flags.writeable = False
    return array


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
