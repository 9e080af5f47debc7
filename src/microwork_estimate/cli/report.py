"""The command that writes the report of a result: `report`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from microwork_estimate import reporting, study
from microwork_estimate.cli.options import JsonOption, LangOption
from microwork_estimate.cli.program import app, one_line_errors
from microwork_estimate.errors import check_choice
from microwork_estimate.reporting.records import json_text

_FORMATS: dict[str, Callable[..., str]] = {
    "html": reporting.html_report,
    "md": reporting.markdown_report,
    "latex": reporting.latex_report,
}

BundleArgument = Annotated[
    Path, typer.Argument(metavar="BUNDLE", help="Folder of a result, or its file bundle.json (see `run --out`).")
]
FormatOption = Annotated[str, typer.Option("--format", help="html (one self-contained page), md or latex.")]
FileOption = Annotated[Path | None, typer.Option("--out", help="File to write; without it the report is printed.")]


@app.command()
def report(
    bundle: BundleArgument,
    lang: LangOption = "en",
    form: FormatOption = "html",
    out: FileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the report of a result, from the bundle alone."""
    with one_line_errors():
        language = reporting.check_language(lang)
        make = _FORMATS[check_choice(form, tuple(_FORMATS), where="--format")]
        read = study.read_bundle(bundle)
        text = make(read, lang=language)
        if out is not None:
            folder, name = out.absolute().parent, out.name
            study.write_files(folder, {name: lambda path: _write(path, text)})
    if as_json:
        written = {"file": None if out is None else str(out), "report": text if out is None else None}
        sys.stdout.write(json_text({"identifier": read.identifier, "format": form, "lang": language, **written}))
    elif out is None:
        sys.stdout.write(text)
    else:
        typer.echo(reporting.label("written", language, files=str(out)))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
