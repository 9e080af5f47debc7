"""The command line: one command for each step of the work.

Each command reads its options, calls one function of the library, and shows or writes what comes back. An error of the
family, or of an option, ends the program with code 2 and one line on the error stream.
"""

from __future__ import annotations

import io
import sys
from typing import Any

import typer

from microwork_estimate.cli import certify, estimates, own_study, report, results, tables
from microwork_estimate.cli.program import EXIT_INVALID, EXIT_STOPPED, app, say_error

__all__ = ["app", "certify", "estimates", "main", "own_study", "report", "results", "tables"]

# The base of all errors of the option parser. Its module depends on the version of typer, its name does not.
_OptionError: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def main() -> None:
    """Run the program; what it prints is UTF-8 wherever it goes."""
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, io.TextIOWrapper):
            output.reconfigure(encoding="utf-8")
    try:
        code = app(prog_name="microwork-estimate", standalone_mode=False)
    except typer.Abort:
        say_error("stopped")
        sys.exit(EXIT_STOPPED)
    except _OptionError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()  # the program was called without a command: what it prints is its help
        else:
            say_error(f"{error.format_message()} (see microwork-estimate --help)")
        sys.exit(EXIT_INVALID)
    sys.exit(code if isinstance(code, int) else 0)
