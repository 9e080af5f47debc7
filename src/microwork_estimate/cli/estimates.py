"""The commands that estimate: `reproduce` and `run`."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from microwork_estimate import reporting, study
from microwork_estimate.cli.execution import RunOptions, with_run_options
from microwork_estimate.cli.options import JsonOption, LangOption, OutOption, StudyArgument, ThresholdOption
from microwork_estimate.cli.page import show
from microwork_estimate.cli.program import app, one_line_errors


def _run(
    name: str, how: RunOptions, lang: str, out: Path | None, as_json: bool, *, threshold: int = study.DEFAULT_THRESHOLD
) -> None:
    """Run a study, hide its small counts, then write and show its result."""
    with one_line_errors():
        language = reporting.check_language(lang)
        bundle = study.protect(how.run(name), threshold=threshold)
        files: tuple[Path, ...] = ()
        if out is not None:
            files = study.write_bundle(bundle, out, figures=reporting.writers(bundle, lang=lang), threshold=threshold)
        if as_json:
            sys.stdout.write(bundle.to_json())
            return
        show(bundle, lang)
        if files:
            typer.echo(reporting.label("written", language, files=str(out)))


@app.command()
@with_run_options
def reproduce(
    how: RunOptions,
    lang: LangOption = "en",
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reproduce the 2019 figures for France from what is public, and say what is not."""
    _run("diplab-2019", how, lang, out, as_json)


@app.command()
@with_run_options
def run(
    name: StudyArgument,
    how: RunOptions,
    lang: LangOption = "en",
    out: OutOption = None,
    as_json: JsonOption = False,
    threshold: ThresholdOption = study.DEFAULT_THRESHOLD,
) -> None:
    """Run a study and show its estimates."""
    _run(name, how, lang, out, as_json, threshold=threshold)
