"""The program: its name, its exit codes, and how an error reaches the person at the terminal."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Annotated

import typer

from microwork_estimate import __version__
from microwork_estimate.errors import MicroworkError, MicroworkWarning

EXIT_NOT_HELD = 1  # what was to be checked does not hold: a certificate, a verification
EXIT_INVALID = 2  # an input or an option cannot be used
EXIT_STOPPED = 130  # stopped at the keyboard

app = typer.Typer(
    name="microwork-estimate",
    help="How many people do paid micro-tasks online? Estimates that can be checked.",
    epilog="Exit codes: 0 done; 1 what was checked does not hold; 2 an input or an option cannot be used; "
    "130 stopped at the keyboard.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def say_error(text: str) -> None:
    """Write one line on the error stream."""
    typer.echo(f"microwork-estimate: {' '.join(text.split())}", err=True)


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn an error of the family into one line and exit code 2; warnings stand in the tables, by their code."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MicroworkWarning)
            yield
    except MicroworkError as error:
        say_error(str(error))
        raise typer.Exit(EXIT_INVALID) from error


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"microwork-estimate {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Take the options of the program itself."""
