"""The commands that print one thing about a study: `inputs`, `audit`, `assumptions`, `studies`, `schema`."""

from __future__ import annotations

import typer

from microwork_estimate import reporting, study
from microwork_estimate.cli.options import LangOption, ReplicatesOption, SeedOption, StudyArgument
from microwork_estimate.cli.page import Page
from microwork_estimate.cli.program import app, one_line_errors
from microwork_estimate.reporting.audit_table import audit_table, ledger_table, route_tables
from microwork_estimate.reporting.audit_words import words


@app.command()
def inputs(
    name: StudyArgument,
    lang: LangOption = "en",
) -> None:
    """Print the figures of a study with their status and source."""
    with one_line_errors():
        tables = reporting.inputs_tables(study.load(name), lang=lang)
    with Page() as page:
        for content in tables:
            page.table(content)


@app.command()
def audit(
    name: StudyArgument,
    lang: LangOption = "en",
    seed: SeedOption = study.DEFAULT_SEED,
    replicates: ReplicatesOption = study.DEFAULT_REPLICATES,
) -> None:
    """Answer each objection to a study with a method, a number, its assumption and what would settle it."""
    with one_line_errors():
        language = reporting.check_language(lang)
        bundle = study.run(study.load(name), n_replicates=replicates, seed=seed)
        objections = audit_table(bundle, lang=lang)
        tables = (*(() if objections is None else (objections,)), *route_tables(bundle, lang=lang))
    with Page() as page:
        for content in tables:
            page.table(content)
        if not tables:
            page.line(words("no_objections", language, study=bundle.study["id"]))


@app.command()
def assumptions(
    name: StudyArgument,
    lang: LangOption = "en",
    seed: SeedOption = study.DEFAULT_SEED,
    replicates: ReplicatesOption = study.DEFAULT_REPLICATES,
) -> None:
    """List what the estimates of a study take for granted, and how far it must fail before they leave a figure."""
    with one_line_errors():
        bundle = study.run(study.load(name), n_replicates=replicates, seed=seed)
        content = ledger_table(bundle, lang=lang)
    with Page() as page:
        page.table(content)


@app.command()
def studies() -> None:
    """List the studies that come with the program."""
    for name in study.shipped_studies():
        typer.echo(f"{name}: {study.load(name).title}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of study files, for editors."""
    typer.echo(study.schema_text(), nl=False)
