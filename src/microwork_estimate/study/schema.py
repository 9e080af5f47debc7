"""The form of a study file: which keys it has and what each may hold.

A study file says what is known (figures with a status, a source and a place in it), what is not, and which estimate is
made of which input. The models here only say whether a file is well formed; :mod:`microwork_estimate.study.registry`
turns it into a :class:`~microwork_estimate.study.registry.Study`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from microwork_estimate.study import audit_rules, rules, table_rules
from microwork_estimate.study.schema_audit import ObjectionEntry, RouteEntry
from microwork_estimate.study.schema_base import (
    Columns,
    Day,
    Entry,
    EstimandEntry,
    Flag,
    Key,
    Keys,
    Number,
    Options,
    ReadOnly,
    Text,
    Whole,
    Year,
)

__all__ = [
    "AboutEntry",
    "Columns",
    "Day",
    "DistributionName",
    "ElicitedEntry",
    "Entry",
    "EstimandEntry",
    "EstimateEntry",
    "FigureEntry",
    "FigureUnit",
    "FileEntry",
    "FindingEntry",
    "Flag",
    "Key",
    "Keys",
    "Number",
    "ObjectionEntry",
    "Options",
    "Qualifier",
    "ReadOnly",
    "RouteEntry",
    "SourceEntry",
    "Status",
    "StudyFile",
    "Text",
    "TierEntry",
    "TiersEntry",
    "Whole",
    "Year",
    "schema_text",
    "study_schema",
]

Status = Literal["published", "second_hand", "implied", "assumed", "unavailable"]
Qualifier = Literal["exactly", "about", "nearly", "more than", "at least"]
FigureUnit = Literal[
    "persons",
    "accounts",
    "visits",
    "visitors",
    "platforms",
    "platforms per person",
    "share",
    "percent",
    "ratio",
    "occasions",
    "days",
    "hours per week",
    "EUR per hour",
    "EUR per month",
    "USD per hour",
    "full-time equivalents",
    "information criterion",
    "text",
]
# The names of microwork_estimate.inputs.Distribution that two ends and a level can describe; a test compares them.
DistributionName = Literal["lognormal", "share", "at_least_one", "uniform", "triangular", "pert", "fixed"]


class SourceEntry(Entry):
    """A document in which figures were read: one table ``[sources.<key>]``."""

    title: Text = Field(description="Title of the document, in its own language.")
    authors: tuple[Text, ...] = Field(default=(), description="Family name, given name; or an institution.")
    year: Year | None = Field(default=None, description="Year of publication.")
    container: Text | None = Field(default=None, description="Journal, series, site or book, with volume and pages.")
    doi: Text | None = None
    arxiv: Text | None = None
    hal: Text | None = None
    url: Text | None = None
    licence: Text | None = Field(default=None, description="Licence of the data, if the source gives data.")

    @property
    def citation(self) -> str:
        """One line: authors (year), title, container and identifiers."""
        names = [author.partition(",")[0] for author in self.authors]
        who = ", ".join(names[:-1]) + " & " + names[-1] if len(names) > 1 else "".join(names)
        when = f" ({self.year})" if self.year else ""
        tails = [
            self.container,
            self.doi and f"doi:{self.doi}",
            self.arxiv and f"arXiv:{self.arxiv}",
            self.hal and f"HAL {self.hal}",
            self.url,
        ]
        return ", ".join([f"{who}{when}, {self.title}" if who else f"{self.title}{when}", *filter(None, tails)])


class FigureEntry(Entry):
    """A figure and how sure we are: one table ``[inputs.<key>]``, ``[published.<key>]`` or ``[context.<key>]``."""

    value: Number | None = Field(default=None, description="The number, as the source prints it.")
    low: Number | None = Field(default=None, description="Smallest value that the source leaves open.")
    high: Number | None = Field(default=None, description="Largest value that the source leaves open.")
    text: Text | None = Field(default=None, description="What the source says, where it is not a number.")
    text_fr: Text | None = None
    unit: FigureUnit
    qualifier: Qualifier = Field(default="exactly", description="The source's own word before the number.")
    status: Status = Field(
        description="published: read in the named source; second_hand: read in a press or institutional page about it; "
        "implied: arithmetic on published figures, no other input; assumed: chosen by us, with a reason; unavailable: "
        "not public where we could look, never to be guessed."
    )
    what: Text = Field(description="What the figure is, in English.")
    what_fr: Text | None = Field(default=None, description="What the figure is, in French.")
    source: Key | None = Field(default=None, description="A key of [sources].")
    locator: Text | None = Field(default=None, description="Where in the source: page, section, table, note.")
    derived_from: tuple[Key, ...] = Field(default=(), description="Keys of the figures that imply this one.")
    formula: Text | None = Field(default=None, description="The arithmetic, in the keys of derived_from.")
    reason: Text | None = Field(default=None, description="Why it is assumed, or why it is not available.")
    reason_fr: Text | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        rules.check_what_it_holds(self)
        rules.check_where_it_comes_from(self)
        rules.check_possible_values(self)
        return self


class ElicitedEntry(Entry):
    """An uncertain factor as an interval that somebody states: one table ``[elicited.<key>]``."""

    distribution: DistributionName = Field(description="lognormal for a factor, share, at_least_one, ...")
    low: Number = Field(description="Lower end of the central interval.")
    high: Number | None = Field(default=None, description="Upper end; not needed when fixed.")
    level: Number = Field(default=0.9, description="Probability of the interval.")
    mode: Number | None = Field(default=None, description="Most likely value, for triangular and pert.")
    status: Status = "assumed"
    what: Text
    what_fr: Text | None = None
    source: Key | None = Field(default=None, description="A key of [sources], unless assumed.")
    locator: Text | None = None
    reason: Text | None = Field(default=None, description="Why these ends: mandatory when assumed.")
    reason_fr: Text | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        rules.check_interval(self)
        rules.check_where_it_comes_from(self)
        return self


class FileEntry(Entry):
    """A table that the study uses: one table ``[files.<key>]``, a file of the study folder or of a data package."""

    path: Text | None = Field(
        default=None,
        description="The table, inside the folder of the study file: tables/survey.csv. CSV, parquet, Excel (.xlsx), "
        "SPSS (.sav) or Stata (.dta).",
    )
    resource: Text | None = Field(default=None, description="Or: name of the resource in datapackage.json.")
    sheet: Text | None = Field(default=None, description="Sheet of an Excel workbook; the first if not given.")
    separator: Literal[",", ";", "\t"] | None = Field(default=None, description="Of a CSV file; else from its header.")
    decimal: Literal[".", ","] | None = Field(
        default=None, description="Decimal mark, where the table leaves it unclear."
    )
    codebook: Key | None = Field(
        default=None, description="Key of [files] of the table that says which answers each column may hold."
    )
    as_of: Day | None = Field(default=None, description="Day to which the figures of the table refer: 2026-01-31.")
    columns: Columns = Field(
        default_factory=ReadOnly,
        description="Role in the recipe = column that may be read. With path, columns may be left out: then every column "
        "is read under its own name.",
    )
    published_columns: Columns = Field(
        default_factory=ReadOnly, description="Role = column of published results: for comparison, never an input."
    )
    what: Text
    what_fr: Text | None = None
    source: Key

    @model_validator(mode="after")
    def _check(self) -> Self:
        table_rules.check_one_place(self)
        table_rules.check_path(self)
        table_rules.check_format(self)
        table_rules.check_day(self)
        rules.check_columns_apart(self)
        return self


class TierEntry(Entry):
    """A group of people by how active they are: one table ``[tiers.levels.<key>]``, the most active first."""

    label: Text
    label_fr: Text | None = None
    criterion: Text = Field(description="Who belongs to it.")
    criterion_fr: Text | None = None
    word: Text | None = Field(default=None, description="The word of the source, where it is another.")
    published: Key | None = Field(default=None, description="Key of the published result.")
    classes: tuple[Text, ...] = Field(default=(), description="Classes of an answer that make the tier.")


class TiersEntry(Entry):
    """How the tiers stand to each other: the table ``[tiers]``."""

    nested: Flag = Field(description="true: each tier contains the one before; false: nobody is in two.")
    status: Status = Field(description="How sure we are of the criteria.")
    source: Key | None = None
    locator: Text | None = None
    reason: Text | None = None
    reason_fr: Text | None = None
    levels: Mapping[Key, TierEntry]

    @model_validator(mode="after")
    def _check(self) -> Self:
        rules.check_where_it_comes_from(self)
        return self


class EstimateEntry(Entry):
    """One estimate: which recipe makes it of which inputs. One table ``[[estimates]]``, in the order of the report."""

    name: Key = Field(description="Unique name of the estimate.")
    recipe: Key = Field(description="Name of the recipe.")
    label: Text
    label_fr: Text | None = None
    tier: Key | None = Field(default=None, description="Key of [tiers.levels].")
    inputs: Keys = Field(default_factory=ReadOnly, description="Role in the recipe = key of [inputs].")
    elicited: Keys = Field(default_factory=ReadOnly, description="Role in the recipe = key of [elicited].")
    files: Keys = Field(default_factory=ReadOnly, description="Role in the recipe = key of [files].")
    options: Options = Field(default_factory=ReadOnly, description="Options of the recipe.")
    published: Key | None = Field(default=None, description="Key of [published]: a reference mark, never an input.")
    estimand: EstimandEntry = Field(default_factory=EstimandEntry)


class FindingEntry(Entry):
    """A sentence that the report prints, with places for the numbers of the result: one table ``[[findings]]``."""

    id: Key
    text: Text = Field(
        description="With places such as {estimates.occasional.value} or {tables.<name>.<row>.<column>}."
    )
    text_fr: Text
    when_given: tuple[Key, ...] = Field(default=(), description="Printed only if these estimates have a value.")
    when_missing: tuple[Key, ...] = Field(default=(), description="Printed only if these estimates have no value.")


class AboutEntry(Entry):
    """What the study is: the table ``[study]``."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Text = Field(description="Version of the study file, not of the study.")
    title: Text
    title_fr: Text | None = None
    description: Text
    description_fr: Text | None = None
    territory: Text
    synthetic: Flag = Field(default=False, description="true: made-up data, for practice and for tests.")
    cite: tuple[Key, ...] = Field(min_length=1, description="Keys of the sources to cite with the study.")
    data: Text | None = Field(
        default=None,
        description="Folder with datapackage.json, relative to this file; without it, the data that come with the "
        "program.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        table_rules.check_folder(self)
        return self


class StudyFile(Entry):
    """A whole study file."""

    study: AboutEntry
    sources: Mapping[Key, SourceEntry]
    inputs: Mapping[Key, FigureEntry] = Field(description="What an estimate may read.")
    published: Mapping[Key, FigureEntry] = Field(
        default_factory=dict, description="The published results of the study: reference marks, never read by a recipe."
    )
    context: Mapping[Key, FigureEntry] = Field(
        default_factory=dict, description="Figures to compare and to describe with: never read by a recipe."
    )
    elicited: Mapping[Key, ElicitedEntry] = Field(default_factory=dict)
    files: Mapping[Key, FileEntry] = Field(default_factory=dict)
    tiers: TiersEntry | None = None
    estimates: tuple[EstimateEntry, ...] = ()
    findings: tuple[FindingEntry, ...] = Field(default=(), description="What the arithmetic hides, in sentences.")
    routes: tuple[RouteEntry, ...] = Field(default=(), description="Several ways to count, each with what it counts.")
    objections: tuple[ObjectionEntry, ...] = Field(default=(), description="What critics say, answered with numbers.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        rules.check_whole_file(self)
        audit_rules.check_routes(self)
        audit_rules.check_objections(self)
        return self


def study_schema() -> dict[str, Any]:
    """Return the JSON Schema of study files, for editors that complete and check while one types.

    The same text stands beside the studies as ``study.schema.json``; the first line of each study file names it.

    Returns
    -------
    dict
        A JSON Schema (draft 2020-12).

    Examples
    --------
    >>> study_schema()["title"]
    'StudyFile'
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **StudyFile.model_json_schema(mode="validation"),
    }


def schema_text() -> str:
    """Return the JSON Schema of study files as text: the bytes of ``study.schema.json``.

    Examples
    --------
    >>> schema_text().startswith("{")
    True
    """
    return json.dumps(study_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
