"""The command `certify`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from microwork_estimate.cli.options import JsonOption
from microwork_estimate.cli.page import Page
from microwork_estimate.cli.program import EXIT_NOT_HELD, app, one_line_errors
from microwork_estimate.reporting.certificates import certificate_lines, certificate_table
from microwork_estimate.reporting.records import certificate_record, json_text
from microwork_estimate.study.certification import certify_shipped


@app.command()
def certify(
    quick: Annotated[bool, typer.Option("--quick", help="200 simulations for each cell, not 1,000 or more.")] = False,
    cells: Annotated[
        list[str] | None, typer.Option("--cells", help="Cells by id; * stands for anything. May be repeated.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", help="Number of processes.")] = 1,
    out: Annotated[Path | None, typer.Option("--out", help="CSV file for the result.")] = None,
    keep: Annotated[
        list[Path] | None,
        typer.Option("--keep", help="Earlier result whose met cells are taken over, not run again. May be repeated."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Try every estimator in simulated worlds: intervals must hold the truth, or warn that they may not.

    Exit code 0 if every cell is as it must be; 1 if one is not.
    """
    with one_line_errors():
        progress = (lambda verdict: typer.echo(verdict.line, err=True)) if sys.stderr.isatty() else None
        certificate = certify_shipped(
            names=cells or (), quick=quick, n_workers=workers, out=out, keep=keep or (), progress=progress
        )
    if as_json:
        sys.stdout.write(json_text(certificate_record(certificate)))
    else:
        with Page() as page:
            page.table(certificate_table(certificate))
            for line in certificate_lines(certificate):
                page.line(line)
    if not certificate.holds:
        raise typer.Exit(EXIT_NOT_HELD)
