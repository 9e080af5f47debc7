"""The command `certify`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from microwork_estimate.cli.page import Page
from microwork_estimate.cli.program import EXIT_NOT_HELD, app, one_line_errors
from microwork_estimate.reporting.certificates import certificate_lines, certificate_table
from microwork_estimate.study.certification import certify_shipped


@app.command()
def certify(
    quick: Annotated[bool, typer.Option("--quick", help="200 simulations for each cell, not 1,000 or more.")] = False,
    cells: Annotated[
        list[str] | None, typer.Option("--cells", help="Cells by id; * stands for anything. May be repeated.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", help="Number of processes.")] = 1,
    out: Annotated[Path | None, typer.Option("--out", help="CSV file for the result.")] = None,
) -> None:
    """Try every estimator in simulated worlds: intervals must hold the truth, or warn that they may not."""
    with one_line_errors():
        progress = (lambda verdict: typer.echo(verdict.line, err=True)) if sys.stderr.isatty() else None
        certificate = certify_shipped(names=cells or (), quick=quick, n_workers=workers, out=out, progress=progress)
    with Page() as page:
        page.table(certificate_table(certificate))
        for line in certificate_lines(certificate):
            page.line(line)
    if not certificate.holds:
        raise typer.Exit(EXIT_NOT_HELD)
