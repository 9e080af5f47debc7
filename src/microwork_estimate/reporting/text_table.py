"""A table of words: what reports show, whatever shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class TextTable:
    """A table of words.

    Parameters
    ----------
    title : str
    columns : tuple of str
    rows : tuple of tuple of str
    notes : tuple of str
        Lines below the table.
    numeric : tuple of int
        Which columns hold numbers, and are set flush right.
    whole : tuple of int
        Which columns are never broken over lines.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    numeric: tuple[int, ...] = ()
    whole: tuple[int, ...] = ()
