"""The commands that print one thing about a study: `inputs`, `audit`, `assumptions`, `studies`, `schema`."""

from __future__ import annotations

import sys

import typer

from microwork_estimate import reporting, study
from microwork_estimate.cli.execution import RunOptions, with_run_options
from microwork_estimate.cli.options import JsonOption, LangOption, StudyArgument
from microwork_estimate.cli.page import Page
from microwork_estimate.cli.program import app, one_line_errors
from microwork_estimate.reporting.audit_table import audit_table, ledger_table, route_tables
from microwork_estimate.reporting.audit_words import words
from microwork_estimate.reporting.records import assumption_records, audit_record, json_text, study_record


@app.command()
def inputs(
    name: StudyArgument,
    lang: LangOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Print the figures of a study with their status and source."""
    with one_line_errors():
        loaded = study.load(name)
        tables = reporting.inputs_tables(loaded, lang=lang)
    if as_json:
        sys.stdout.write(json_text(study_record(loaded)))
        return
    with Page() as page:
        for content in tables:
            page.table(content)


@app.command()
@with_run_options
def audit(
    name: StudyArgument,
    how: RunOptions,
    lang: LangOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Answer each objection to a study with a method, a number, its assumption and what would settle it."""
    with one_line_errors():
        language = reporting.check_language(lang)
        bundle = study.protect(how.run(name))
        objections = audit_table(bundle, lang=lang)
        tables = (*(() if objections is None else (objections,)), *route_tables(bundle, lang=lang))
    if as_json:
        sys.stdout.write(json_text(audit_record(bundle, lang=lang)))
        return
    with Page() as page:
        for content in tables:
            page.table(content)
        if not tables:
            page.line(words("no_objections", language, study=bundle.study["id"]))


@app.command()
@with_run_options
def assumptions(
    name: StudyArgument,
    how: RunOptions,
    lang: LangOption = "en",
    as_json: JsonOption = False,
) -> None:
    """List what the estimates of a study take for granted, and how far it must fail before they leave a figure."""
    with one_line_errors():
        bundle = study.protect(how.run(name))
        content = ledger_table(bundle, lang=lang)
    if as_json:
        sys.stdout.write(json_text(assumption_records(bundle)))
        return
    with Page() as page:
        page.table(content)


@app.command()
def studies(as_json: JsonOption = False) -> None:
    """List the studies that come with the program."""
    found = [study.load(name) for name in study.shipped_studies()]
    if as_json:
        keys = ("id", "version", "title", "title_fr", "synthetic")
        sys.stdout.write(json_text([{key: getattr(one, key) for key in keys} for one in found]))
        return
    for one in found:
        typer.echo(f"{one.id}: {one.title}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of study files, for editors."""
    typer.echo(study.schema_text(), nl=False)
