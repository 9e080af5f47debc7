"""The tables of a study file that only compare: routes to one number, and objections with their answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from microwork_estimate.study.schema_base import Entry, EstimandEntry, Key, Number, Text

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
WhatIfKind = Literal["odds_ratio", "unequal_chances", "turnover"]


class RouteEntry(Entry):
    """One way to count, with what it counts: one table ``[[routes]]``. Its number comes from one place only."""

    id: Key
    route: Text = Field(description="The method, in a few words.")
    route_fr: Text
    figure: Key | None = Field(default=None, description="Key of [published] or [context].")
    estimate: Key | None = Field(default=None, description="Name of an estimate of this file.")
    table: Key | None = Field(default=None, description="Name of a table of the result, with the columns low and high.")
    row: Text | None = Field(default=None, description="Its row, by the first column.")
    column: Key | None = Field(default=None, description="Its column with the value.")
    estimand: EstimandEntry | None = Field(default=None, description="What it counts; an estimate has its own.")
    counts: Text = Field(description="What it counts, in words.")
    counts_fr: Text
    explains: Text = Field(description="Why its number is not that of the others.")
    explains_fr: Text


class WhatIfEntry(Entry):
    """A published figure, if an assumption fails by so much."""

    figure: Key = Field(description="Key of [published].")
    kind: WhatIfKind = Field(
        description="odds_ratio: between two lists that saw few of the people; unequal_chances: coefficient of variation "
        "of the chances to be seen, alike on both lists; turnover: time between the lists, in half-lives."
    )
    low: Number = Field(description="Smallest failure.")
    high: Number = Field(description="Largest failure.")


class LedgerEntry(Entry):
    """The steps from declared accounts to persons; a step without a key is one of which nothing is public."""

    declared: Key | None = Field(default=None, description="Key of [inputs]: the sum of declared accounts.")
    registrations: Key | None = Field(
        default=None, description="Key of [files], instead: a table with the columns platform and accounts."
    )
    duplicates: Key | None = Field(default=None, description="Key of [elicited] or [inputs]: share of the accounts.")
    abroad: Key | None = Field(default=None, description="Share of what is left then.")
    dormant: Key | None = Field(default=None, description="Share of what is left then.")
    platforms_per_person: Key | None = Field(default=None, description="Accounts per person among what is left.")
    then: tuple[Key, ...] = Field(
        default=(), description="Keys of [published] that are part of the last line, the widest first."
    )


class ObjectionEntry(Entry):
    """What critics say and what can be said about it: one table ``[[objections]]``."""

    id: Key
    objection: Text
    objection_fr: Text
    method: Text = Field(description="The method that turns it into a number.")
    method_fr: Text
    number: Text = Field(
        description="With places such as {estimates.occasional_bounds.bounds.low}, or {tables.audit.<id>.<column>}."
    )
    number_fr: Text
    assumption: Slug = Field(description="Id of the assumption that it questions.")
    what_if: WhatIfEntry | None = None
    ledger: LedgerEntry | None = Field(default=None, description="From declared accounts to persons, step by step.")
    settled_by: Text = Field(description="The input that would settle it.")
    settled_by_fr: Text
