"""The registry: what is known about a study, how sure we are, and which estimate is made of what.

Inputs and published results stand apart. A recipe gets :class:`Inputs`, which has no way to a published result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand
from microwork_estimate.study.figure_rules import descendants
from microwork_estimate.study.figures import Figure, TableName
from microwork_estimate.study.handed_tables import HandedTable, handed_tables
from microwork_estimate.study.package_data import data_path
from microwork_estimate.study.parsing import read_study_file
from microwork_estimate.study.readable import Inputs, available_figure, known_entry, table_place
from microwork_estimate.study.schema import (
    ElicitedEntry,
    EstimandEntry,
    EstimateEntry,
    FigureEntry,
    FileEntry,
    FindingEntry,
    ObjectionEntry,
    ReadOnly,
    RouteEntry,
    SourceEntry,
    StudyFile,
    TierEntry,
)

__all__ = ["Inputs", "Study", "load", "shipped_studies"]

_STUDIES = Path(__file__).resolve().parent / "studies"


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """A study: its figures with their sources, its published results, its tables, its tiers and its estimates.

    Parameters
    ----------
    id, version : str
        Name of the study, and version of its file.
    title, title_fr, description, description_fr, territory : str
    synthetic : bool
        Whether the data are made up.
    path : Path
        The study file.
    data : Path
        The folder of its data package.
    inputs : mapping of str to Figure
        What an estimator may read.
    published : mapping of str to Figure
        The published results: reference marks, never read by an estimator.
    context : mapping of str to Figure
        Figures to compare and to describe with, never read by an estimator.
    elicited : mapping of str to ElicitedEntry
        Uncertain factors, each with its interval and its reason.
    files : mapping of str to FileEntry
    nested : bool or None
        Whether each tier contains the one before; None when the study has no tiers.
    tiers : mapping of str to TierEntry
        From the most active to the widest.
    estimates : tuple of EstimateEntry
        Which recipe makes which estimate of which inputs, in the order of the report.
    findings : tuple of FindingEntry
        Sentences for the report, with places for the numbers of the result.
    routes : tuple of RouteEntry
        Several ways to count, each with what it counts: for comparison only.
    objections : tuple of ObjectionEntry
        What critics say, with the method, the number, the assumption and the input that would settle it.
    documents : mapping of str to SourceEntry
    cite : tuple of str
        Keys of the documents to cite with the study.
    handed : mapping of str to HandedTable
        Tables that were handed over from Python, by the key of the table they stand for.

    Examples
    --------
    >>> study = load("diplab-2019")
    >>> print(study.figure("multi_homing").shown)
    1.27 (1.265 to 1.275) platforms per person
    >>> study.figure("sum_registrations").circular
    True
    >>> "occasional" in study.inputs
    False
    """

    id: str
    version: str
    title: str
    title_fr: str
    description: str
    description_fr: str
    territory: str
    synthetic: bool
    path: Path
    data: Path
    inputs: Mapping[str, Figure]
    published: Mapping[str, Figure]
    context: Mapping[str, Figure]
    elicited: Mapping[str, ElicitedEntry]
    files: Mapping[str, FileEntry]
    nested: bool | None
    tiers: Mapping[str, TierEntry]
    estimates: tuple[EstimateEntry, ...]
    findings: tuple[FindingEntry, ...]
    documents: Mapping[str, SourceEntry]
    cite: tuple[str, ...]
    routes: tuple[RouteEntry, ...] = ()
    objections: tuple[ObjectionEntry, ...] = ()
    handed: Mapping[str, HandedTable] = field(default_factory=ReadOnly)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures: inputs, published results, context."""
        return (*self.inputs.values(), *self.published.values(), *self.context.values())

    def figure(self, key: str) -> Figure:
        """Return any available figure of the study, to show or to compare; recipes use :meth:`inputs_only`.

        Raises
        ------
        InvalidInput
            If there is no such figure, or if it is unavailable (the message gives the reason).
        """
        everything = {figure.key: figure for figure in self.figures}
        return available_figure(known_entry(key, everything, "figure", str(self.path)), str(self.path))

    def estimate(self, name: str) -> EstimateEntry:
        """Return the entry of one estimate.

        Raises
        ------
        InvalidInput
            If there is none with this name.
        """
        return known_entry(name, {entry.name: entry for entry in self.estimates}, "estimate", str(self.path))

    def estimand(self, name: str) -> Estimand:
        """Return what one estimate is about.

        Raises
        ------
        InvalidInput
            If there is no estimate with this name.
        """
        return self.about(self.estimate(name).estimand)

    def about(self, entry: EstimandEntry) -> Estimand:
        """Return an estimand of the file, in the territory of the study unless it names another."""
        return Estimand(
            unit=entry.unit,
            activity=entry.activity,
            window=entry.window,
            territory=entry.territory or self.territory,
            platforms=entry.platforms,
        )

    def inputs_only(self, name: str | None = None) -> Inputs:
        """Return what a recipe may read.

        Parameters
        ----------
        name : str or None
            Name of an estimate: then only what its entry lists, under the roles of its recipe. None: all inputs, under
            their keys.

        Raises
        ------
        InvalidInput
            If there is no estimate with this name.
        """
        figures, factors, files = self.inputs, self.elicited, self.files
        if name is not None:
            entry = self.estimate(name)
            figures = ReadOnly({role: self.inputs[key] for role, key in entry.inputs.items()})
            factors = ReadOnly({role: self.elicited[key] for role, key in entry.elicited.items()})
            files = ReadOnly({role: self.files[key] for role, key in entry.files.items()})
        keys = dict.fromkeys(files) if name is None else self.estimate(name).files
        return Inputs(
            figures=figures,
            factors=factors,
            files=files,
            data=self.data,
            where=str(self.path),
            folder=self.path.parent,
            places=ReadOnly(
                {role: self.handed[key or role] for role, key in keys.items() if (key or role) in self.handed}
            ),
        )

    def table(self, key: str) -> Path | HandedTable:
        """Return the path of one of the study's tables, or the table itself if it was handed over from Python.

        A file of a data package is compared with its checksum.

        Raises
        ------
        InvalidInput
            If there is no such table, if a link leads out of the study folder, or if the file is not the one that the
            data package describes.
        """
        entry = known_entry(key, self.files, "table", str(self.path))
        return self.handed.get(key) or table_place(entry, self.path.parent, self.data)

    def sources(self) -> tuple[SourceEntry, ...]:
        """Return the documents that the study rests on: those to cite first, then the others as they stand."""
        rest = [key for key in self.documents if key not in self.cite]
        return tuple(self.documents[key] for key in (*self.cite, *rest))


def shipped_studies() -> tuple[str, ...]:
    """Return the names of the studies that come with the program.

    Examples
    --------
    >>> shipped_studies()
    ('diplab-2019', 'diplab-like', 'mturk', 'stewart2015')
    """
    return tuple(sorted(file.stem for file in _STUDIES.glob("*.toml")))


def load(name_or_path: str | Path, *, tables: Mapping[str, Any] | None = None) -> Study:
    """Read a study: one that comes with the program, by name, or one of one's own, by the path of its file or folder.

    Parameters
    ----------
    name_or_path : str or Path
        ``"diplab-2019"``, ``"mturk"``, the path of a TOML file (any name that ends in ``.toml`` or has a folder), or a
        folder with one TOML file.
    tables : mapping of str to data frame, or None
        Data frames (pandas, polars, ...) that stand for tables of the study, by their key in ``[files]``.

    Returns
    -------
    Study

    Raises
    ------
    InvalidInput
        If there is no such study, or if the file says something that a study file may not say. One line, with the file
        and the key.

    Examples
    --------
    >>> load("mturk").inputs_only().number("occasions")
    140.0
    """
    return _study(study_path(name_or_path), tables)


def study_path(name_or_path: str | Path) -> Path:
    """Return the path of a study file.

    Parameters
    ----------
    name_or_path : str or Path
        As in :func:`load`.

    Raises
    ------
    InvalidInput
        If there is no such study, or if a folder has no study file or several.

    Examples
    --------
    >>> study_path("mturk").name
    'mturk.toml'
    """
    known = shipped_studies()
    if str(name_or_path) in known:
        return _STUDIES / f"{name_or_path}.toml"
    path = Path(name_or_path)
    if path.suffix != ".toml" and _is_folder(path):
        return _only_study(path)
    if path.suffix != ".toml" and len(path.parts) < 2:
        raise InvalidInput(
            "unknown study",
            expected="one of " + ", ".join(known) + ", or the path of a .toml file",
            got=repr(str(name_or_path)),
            where="study.load",
            fix="check the spelling",
        )
    return path


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _only_study(folder: Path) -> Path:
    found = sorted(folder.glob("*.toml"))
    if len(found) != 1:
        raise InvalidInput(
            "no study file in the folder" if not found else "several study files in the folder",
            expected="one file that ends in .toml",
            got=", ".join(file.name for file in found[:9]) or "none",
            where=str(folder),
            fix="give the path of the study file",
        )
    return found[0]


def _study(path: Path, tables: Mapping[str, Any] | None) -> Study:
    return made_study(read_study_file(path), path, tables)


def made_study(file: StudyFile, path: Path, tables: Mapping[str, Any] | None = None) -> Study:
    """Make a study of its checked file.

    Parameters
    ----------
    file : StudyFile
    path : Path
        Where it was read.
    tables : mapping of str to data frame, or None
        As in :func:`load`.

    Returns
    -------
    Study
    """
    about = file.study
    return Study(
        id=about.id,
        version=about.version,
        title=about.title,
        title_fr=about.title_fr or about.title,
        description=about.description,
        description_fr=about.description_fr or about.description,
        territory=about.territory,
        synthetic=about.synthetic,
        path=path,
        data=path.parent / about.data if about.data else data_path(),
        inputs=_figures(file, "inputs"),
        published=_figures(file, "published"),
        context=_figures(file, "context"),
        elicited=ReadOnly(file.elicited),
        files=ReadOnly(file.files),
        nested=file.tiers.nested if file.tiers else None,
        tiers=ReadOnly(file.tiers.levels if file.tiers else {}),
        estimates=file.estimates,
        findings=file.findings,
        documents=ReadOnly(file.sources),
        cite=about.cite,
        routes=file.routes,
        objections=file.objections,
        handed=handed_tables(tables, file.files, str(path)),
    )


def _figures(file: StudyFile, table: TableName) -> ReadOnly[Figure]:
    everything = {**file.inputs, **file.published, **file.context}
    circular = descendants(file.published, everything)
    entries: Mapping[str, FigureEntry] = getattr(file, table)
    return ReadOnly(
        {
            key: Figure(
                key=key,
                table=table,
                what_fr=entry.what_fr or entry.what,
                source=_source_line(entry, file),
                source_key=entry.source or "",
                locator=entry.locator or "",
                formula=entry.formula or "",
                reason=entry.reason or "",
                reason_fr=entry.reason_fr or entry.reason or "",
                text_fr=entry.text_fr or entry.text,
                circular=key in circular,
                **{name: getattr(entry, name) for name in _SAME},
            )
            for key, entry in entries.items()
        }
    )


_SAME = ("unit", "status", "what", "value", "low", "high", "text", "qualifier", "derived_from")


def _source_line(entry: FigureEntry, file: StudyFile) -> str:
    if entry.source:
        return file.sources[entry.source].citation
    if entry.status == "implied":
        return f"arithmetic on published figures: {entry.formula}"
    return f"{entry.status}: {entry.reason}"
