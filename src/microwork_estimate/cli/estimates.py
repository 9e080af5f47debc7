"""The commands that estimate: `reproduce` and `run`."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from microwork_estimate import reporting, study
from microwork_estimate.cli.options import (
    JsonOption,
    LangOption,
    OutOption,
    ReplicatesOption,
    SeedOption,
    StudyArgument,
)
from microwork_estimate.cli.page import show
from microwork_estimate.cli.program import app, one_line_errors


def _run(name: str, lang: str, seed: int, replicates: int, out: Path | None, as_json: bool) -> None:
    """Run a study, then write and show its result."""
    with one_line_errors():
        language = reporting.check_language(lang)
        bundle = study.run(study.load(name), n_replicates=replicates, seed=seed)
        files: tuple[Path, ...] = ()
        if out is not None:
            files = study.write_files(out, reporting.writers(bundle, lang=lang))
        if as_json:
            sys.stdout.write(bundle.to_json())
            return
        show(bundle, lang)
        if files:
            typer.echo(reporting.label("written", language, files=", ".join(str(file) for file in files)))


@app.command()
def reproduce(
    lang: LangOption = "en",
    seed: SeedOption = study.DEFAULT_SEED,
    replicates: ReplicatesOption = study.DEFAULT_REPLICATES,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reproduce the 2019 figures for France from what is public, and say what is not."""
    _run("diplab-2019", lang, seed, replicates, out, as_json)


@app.command()
def run(
    name: StudyArgument,
    lang: LangOption = "en",
    seed: SeedOption = study.DEFAULT_SEED,
    replicates: ReplicatesOption = study.DEFAULT_REPLICATES,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a study and show its estimates."""
    _run(name, lang, seed, replicates, out, as_json)
