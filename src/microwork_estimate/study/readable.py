"""What a recipe may read of a study: its inputs, and nothing that leads to a published result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.figures import Figure
from microwork_estimate.study.handed_tables import HandedTable
from microwork_estimate.study.package_data import resource_path
from microwork_estimate.study.schema import ElicitedEntry, FileEntry, ReadOnly
from microwork_estimate.study.table_rules import path_inside

if TYPE_CHECKING:
    import narwhals as nw

    from microwork_estimate.inputs import Elicited

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """What a recipe may read: figures, elicited factors and tables, without any published result.

    Parameters
    ----------
    figures : mapping of str to Figure
    factors : mapping of str to ElicitedEntry
    files : mapping of str to FileEntry
    data : Path
        The folder of the data package.
    where : str
        The study file, for error messages.
    folder : Path
        The folder of the study file.
    places : mapping of str to HandedTable
        Tables that were handed over from Python, by their role.
    """

    figures: Mapping[str, Figure]
    factors: Mapping[str, ElicitedEntry]
    files: Mapping[str, FileEntry]
    data: Path
    where: str
    folder: Path = Path()
    places: Mapping[str, HandedTable] = field(default_factory=ReadOnly)

    def figure(self, key: str) -> Figure:
        """Return an available input with its source.

        Raises
        ------
        InvalidInput
            If there is no such input, or if it is unavailable (the message gives the reason).
        """
        return available_figure(known_entry(key, self.figures, "input", self.where), self.where)

    def number(self, key: str) -> float:
        """Return the value of an available input.

        Raises
        ------
        InvalidInput
            As :meth:`figure`, and if the input is a text or a range without a value.
        """
        return self.figure(key).number

    def elicited(self, key: str) -> Elicited:
        """Return an uncertain factor as a distribution.

        Raises
        ------
        InvalidInput
            If there is no such factor, or if its interval is impossible for its distribution.
        """
        from microwork_estimate.inputs import Elicited

        entry = known_entry(key, self.factors, "elicited factor", self.where)
        high = entry.low if entry.high is None else entry.high
        source = f"assumed: {entry.reason}" if entry.status == "assumed" else f"{entry.source}, {entry.locator}"
        try:
            return Elicited(
                distribution=entry.distribution,
                low=entry.low,
                high=high,
                level=entry.level,
                mode=entry.mode,
                source=source,
            )
        except InvalidInput as error:
            where = f"{self.where}, elicited.{key}"
            raise InvalidInput(
                error.problem, expected=error.expected, got=error.got, where=where, fix=error.fix
            ) from error

    def read_table(self, key: str) -> nw.DataFrame[Any]:
        """Return a table with the columns that are inputs, named by their role.

        A file of a data package is compared with its checksum first. Columns of published results are left out. A table
        of the study's own folder that names no columns comes whole.

        Raises
        ------
        InvalidInput
            If there is no such table, if none of its columns is an input, if the file is not the one described, or if it
            cannot be read.
        """
        entry = known_entry(key, self.files, "table", self.where)
        if not entry.columns and (entry.published_columns or entry.resource):
            raise InvalidInput(
                "published result as an input",
                expected="a table with columns that are inputs",
                got=f"{key!r}, which holds published results only",
                where=self.where,
                fix="read it with Study.table to compare; an estimate is made of inputs only",
            )
        table = whole_table(entry, self.places.get(key) or table_place(entry, self.folder, self.data))
        if not entry.columns:
            return table
        unknown = sorted(set(entry.columns.values()) - set(table.columns))
        if unknown:
            raise InvalidInput(
                "unknown column",
                expected="columns of the table: " + ", ".join(table.columns),
                got=", ".join(unknown),
                where=f"{self.where}, files.{key}.columns",
                fix="check the spelling against the header of the table",
            )
        return table.select(list(entry.columns.values())).rename({col: role for role, col in entry.columns.items()})


def whole_table(entry: FileEntry, place: Path | HandedTable) -> nw.DataFrame[Any]:
    """Return a table as it stands in its file, or as it was handed over.

    Raises
    ------
    InvalidInput
        If the file cannot be read as a table.
    """
    from microwork_estimate.inputs import read_table

    if isinstance(place, HandedTable):
        handed: nw.DataFrame[Any] = place.frame
        return handed
    return read_table(place, sheet=entry.sheet, separator=entry.separator, decimal=entry.decimal)


def table_place(entry: FileEntry, folder: Path, data: Path) -> Path:
    """Return the file of a table: in the folder of the study, or in a data package, where its checksum is compared.

    Raises
    ------
    InvalidInput
        If a link leads out of the folder, or if the file is not the one that the data package describes.
    """
    return resource_path(entry.resource, data) if entry.resource else path_inside(str(entry.path), folder)


def known_entry(key: str, table: Mapping[str, T], kind: str, where: str) -> T:
    """Return an entry by its key, or say which keys there are."""
    if key not in table:
        raise InvalidInput(
            f"unknown {kind}",
            expected="one of " + (", ".join(table) or "none"),
            got=repr(key),
            where=where,
            fix="check the spelling" + ("; a published result is never an input" if kind == "input" else ""),
        )
    return table[key]


def available_figure(figure: Figure, where: str) -> Figure:
    """Return a figure if it is known at all, or say why it is not."""
    if not figure.available:
        raise InvalidInput(
            "figure not available",
            expected=f"{figure.key}: {figure.what}",
            got=f"unavailable: {figure.reason}",
            where=where,
            fix="give it in a study file of your own if you know it; it is never guessed",
        )
    return figure
