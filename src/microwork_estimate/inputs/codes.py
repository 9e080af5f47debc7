"""Columns of a survey, and categories as integers: made once at the gate, so that nothing below handles text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import ArrayLike, NDArray

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import IntArray

_MANY_ROWS = 100_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Coded:
    """A column of categories as integers.

    Parameters
    ----------
    codes : array of shape (n,)
        Whole numbers from 0 to c - 1: which category each respondent is in; -1 where the value is missing.
    levels : tuple of length c
        The categories, sorted.

    Examples
    --------
    >>> Coded(codes=np.array([1, 0]), levels=("f", "m")).decoded()
    array(['m', 'f'], dtype=object)
    """

    codes: IntArray
    levels: tuple[Any, ...]

    def decoded(self) -> NDArray[Any]:
        """Return the categories themselves, shape (n,), None where missing."""
        table = np.empty(len(self.levels) + 1, dtype=object)
        table[:-1] = self.levels
        return table[self.codes]


def encode(values: Any, *, where: str) -> Coded:
    """Turn a column of categories (text, numbers or booleans) into integers and a sorted list of categories.

    Parameters
    ----------
    values : array or series of shape (n,)
        The categories, one for each respondent.
    where : str
        What the column is, for error messages.

    Returns
    -------
    Coded
        Codes from 0 to c - 1 and the c categories, sorted (as text where they are of mixed kinds).

    Raises
    ------
    InvalidInput
        If a value is missing (None or NaN).

    Examples
    --------
    >>> coded = encode(["m", "f", "m"], where="sex")
    >>> coded.codes, coded.levels
    (array([1, 0, 1]), ('f', 'm'))
    """
    return require_complete(_factorized(values), where=where)


def require_complete(coded: Coded, *, where: str) -> Coded:
    """Return a coded column if no value is missing.

    Raises
    ------
    InvalidInput
        If one is.
    """
    missing = np.flatnonzero(coded.codes < 0)
    if missing.size:
        raise InvalidInput(
            "missing category",
            expected="a category for every respondent",
            got=f"{missing.size} missing, the first at position {int(missing[0])}",
            where=where,
            fix="impute it, make 'unknown' a category of its own, or leave the respondents out and say so",
        )
    return coded


def _factorized(values: Any) -> Coded:
    import pandas as pd

    if isinstance(values, Coded):
        return values
    native = nw.to_native(values, pass_through=True)
    if hasattr(native, "to_physical"):  # polars: its own dictionary, without a Python object for each respondent
        return _polars_factorized(native)
    if isinstance(native, pd.Series):
        codes, index = pd.factorize(native)
        found = index.to_numpy()
    else:
        array = np.asarray(native)
        codes, found = pd.factorize(array.astype(object) if array.dtype.kind in "US" else array)
    return _sorted(np.asarray(codes, dtype=np.int64), list(found))


def _polars_factorized(series: Any) -> Coded:
    polars = nw.get_native_namespace(series)
    if series.dtype != polars.Categorical and series.dtype != polars.Enum:
        series = (series if series.dtype == polars.String else series.cast(polars.String)).cast(polars.Categorical)
    physical = series.to_physical().cast(polars.Int64).fill_null(-1).to_numpy()
    first = np.full(int(physical.max(initial=-1)) + 2, -1, dtype=np.int64)
    first[physical[::-1]] = np.arange(physical.size)[::-1]
    first[-1] = -1  # the place of missing values
    present = np.flatnonzero(first >= 0)
    rank = np.full(first.size, -1, dtype=np.int64)
    rank[present] = np.arange(present.size)
    return _sorted(rank[physical], series.gather(first[present]).cast(polars.String).to_list())


def _sorted(codes: IntArray, found: list[Any]) -> Coded:
    labels = [item.item() if isinstance(item, np.generic) else item for item in found]
    try:
        order = sorted(range(len(labels)), key=labels.__getitem__)
    except TypeError:
        order = sorted(range(len(labels)), key=lambda i: (str(labels[i]), type(labels[i]).__name__))
    rank = np.full(len(order) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    ranked = rank[codes]
    ranked.flags.writeable = False
    return Coded(codes=ranked, levels=tuple(labels[i] for i in order))


class Columns(Mapping[str, NDArray[Any]]):
    """The columns of a table: a read-only mapping from names to arrays of shape (n,), with the codes of each made once.

    A value may be an array, a list, a series of a data frame or a :class:`Coded`. Text in a series is kept as codes, so
    that a million answers cost no million Python objects.

    Parameters
    ----------
    values : mapping of str to array, list, series or Coded

    Examples
    --------
    >>> columns = Columns({"sex": ["m", "f"]})
    >>> columns["sex"], columns.coded("sex").levels
    (array(['m', 'f'], dtype='<U1'), ('f', 'm'))
    """

    __slots__ = ("_arrays", "_coded")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._arrays: dict[str, NDArray[Any] | None] = {}
        self._coded: dict[str, Coded] = {}
        found = _coded_texts(list(values.values()))
        for (name, value), coded in zip(values.items(), found, strict=True):
            self._arrays[name] = as_column(value) if coded is None else None
            if coded is not None:
                self._coded[name] = coded

    def __getitem__(self, name: str) -> NDArray[Any]:
        array = self._arrays[name]
        if array is None:
            array = self._coded[name].decoded()
            array.flags.writeable = False
            self._arrays[name] = array
        return array

    def __contains__(self, name: object) -> bool:
        return name in self._arrays  # the inherited test would decode the column

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __getstate__(self) -> tuple[object, object]:
        return self._arrays, self._coded

    def __setstate__(self, state: tuple[dict[str, NDArray[Any] | None], dict[str, Coded]]) -> None:
        self._arrays, self._coded = state

    def lengths(self) -> dict[str, int]:
        """Return the number of rows of each column."""
        return {k: self._coded[k].codes.size if v is None else len(v) for k, v in self._arrays.items()}

    def coded(self, name: str) -> Coded:
        """Return one column as codes; missing values have code -1."""
        if name not in self._coded:
            self._coded[name] = _factorized(self._arrays[name])
        return self._coded[name]


def _coded_texts(values: list[Any]) -> list[Coded | None]:
    """Return the codes of each column, or None; long columns side by side, as the libraries that hold them allow it."""
    if len(values) < 2 or any(not hasattr(value, "__len__") or len(value) < _MANY_ROWS for value in values):
        return [_coded_text(value) for value in values]
    with ThreadPoolExecutor(min(len(values), os.cpu_count() or 1)) as pool:
        return list(pool.map(_coded_text, values))


def _coded_text(value: Any) -> Coded | None:
    """Return the codes of a series of text or categories, None for anything else."""
    if isinstance(value, Coded):
        return value
    if isinstance(value, (np.ndarray, list, tuple)):
        return None
    series = nw.from_native(value, series_only=True, pass_through=True)
    if isinstance(series, nw.Series) and series.dtype in (nw.String, nw.Categorical, nw.Enum):
        return _factorized(series)
    return None


def as_column(values: ArrayLike) -> NDArray[Any]:
    """Copy to a read-only array; a missing value in a list of texts stays missing, where numpy would write 'nan'."""
    array = np.array(values)
    if array.dtype.kind == "U" and not isinstance(values, np.ndarray):
        objects = np.array(values, dtype=object)
        if any(item is None or item != item for item in objects.ravel()):
            array = objects
    array.flags.writeable = False
    return array


def pair_codes(outer: IntArray, inner: IntArray) -> IntArray:
    """Return the number, from 0, of the pair (outer, inner) of each respondent among the pairs that occur."""
    pairs = outer * (int(inner.max()) + 1) + inner
    codes: IntArray = np.unique(pairs, return_inverse=True)[1].astype(np.int64)
    return codes


def label_text(value: Any) -> str:
    """Write a category as text, so that 1, 1.0 and "1" of different files are one category.

    Examples
    --------
    >>> label_text(1), label_text(1.0), label_text("1"), label_text(True)
    ('1', '1', '1', 'True')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
