"""The command line: one command for each step of the work.

Each command reads its options, calls one function of the library, and shows or writes what comes back. An error of the
family ends the program with code 2 and one line on the error stream.
"""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from microwork_estimate import __version__, reporting, study
from microwork_estimate.errors import MicroworkError, MicroworkWarning
from microwork_estimate.reporting.audit_table import audit_table, ledger_table, route_tables
from microwork_estimate.reporting.audit_words import words
from microwork_estimate.reporting.certificates import certificate_lines, certificate_table
from microwork_estimate.study.certification import certify_shipped

EXIT_NOT_CERTIFIED = 1
EXIT_INVALID = 2
NARROWEST = 100  # columns; a terminal that says nothing of itself (a pipe, a log) gets this width

app = typer.Typer(
    name="microwork-estimate",
    help="How many people do paid micro-tasks online? Estimates that can be checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

LangOption = Annotated[str, typer.Option("--lang", help="Language of the tables: en or fr.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the random streams. Same seed, same bytes.")]
ReplicatesOption = Annotated[int, typer.Option("--replicates", help="Number of replicates.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Folder for the result bundle (JSON) and the plots (PNG, SVG).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result bundle as JSON instead of tables.")]


@contextlib.contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn an error of the family into one line and exit code 2; warnings stand in the tables, by their code."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MicroworkWarning)
            yield
    except MicroworkError as error:
        typer.echo(f"microwork-estimate: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(EXIT_INVALID) from error


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=max(console.width, NARROWEST))


class _Page:
    """Collects what is to be shown and prints it at once.

    The spaces inside French numbers must not break at the end of a line, but the layout breaks at every kind of space;
    so they are replaced while it works.
    """

    _HELD = str.maketrans({"\u202f": "\ue000", "\u00a0": "\ue001"})
    _RELEASED = str.maketrans({"\ue000": "\u202f", "\ue001": "\u00a0"})

    def __init__(self) -> None:
        self.console = _console()

    def __enter__(self) -> _Page:
        self.console.begin_capture()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        shown = self.console.end_capture().translate(self._RELEASED)
        if error is None:
            sys.stdout.write(shown)

    def line(self, text: str = "", style: str = "") -> None:
        """Add a line of text."""
        self.console.print(Text(text.translate(self._HELD), style=style))

    def lines(self, title: str, items: tuple[str, ...]) -> None:
        """Add a list under a title."""
        if not items:
            return
        self.line(title, "bold")
        for item in items:
            grid = Table.grid(padding=(0, 1))
            grid.add_row("•", Text(item.translate(self._HELD)))
            self.console.print(Padding(grid, (0, 0, 0, 1)))
        self.line()

    def table(self, content: reporting.TextTable) -> None:
        """Add a table with its notes."""
        shown = Table(
            title=Text(content.title), title_justify="left", title_style="bold", show_lines=bool(content.whole)
        )
        for index, name in enumerate(content.columns):
            shown.add_column(
                Text(name.translate(self._HELD)),
                justify="right" if index in content.numeric else "left",
                overflow="fold",
                no_wrap=index in content.whole,
            )
        for row in content.rows:
            shown.add_row(*(Text(cell.translate(self._HELD)) for cell in row))
        self.console.print(shown)
        for note in content.notes:
            self.console.print(Padding(Text(note.translate(self._HELD), style="italic"), (0, 0, 0, 2)))
        self.line()


def _show(bundle: study.ResultBundle, lang: str) -> None:
    """Show a result: the first table, the findings, the other tables, what warnings and assumptions mean."""
    language = reporting.check_language(lang)
    with _Page() as page:
        page.line(str(bundle.study[f"title_{language}"]), "bold")
        if bundle.study["synthetic"]:
            page.line(reporting.label("synthetic", language), "bold red")
        page.line()
        first, *others = reporting.table(bundle, lang=lang)
        page.table(first)
        page.lines(reporting.label("findings_title", language), reporting.finding_lines(bundle, lang=lang))
        for content in others:
            page.table(content)
        page.lines(reporting.label("warnings_title", language), reporting.warning_lines(bundle, lang=lang))
        page.lines(reporting.label("assumptions_title", language), reporting.assumption_lines(bundle, lang=lang))
        page.line(reporting.label("identifier", language, identifier=bundle.identifier))


def _run(name: str, lang: str, seed: int, replicates: int, out: Path | None, as_json: bool) -> None:
    """Run a study, then write and show its result."""
    with _one_line_errors():
        language = reporting.check_language(lang)
        bundle = study.run(study.load(name), n_replicates=replicates, seed=seed)
        files: tuple[Path, ...] = ()
        if out is not None:
            files = study.write_files(out, reporting.writers(bundle, lang=lang))
        if as_json:
            sys.stdout.write(bundle.to_json())
            return
        _show(bundle, lang)
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
    name: Annotated[
        str, typer.Argument(metavar="STUDY", help="Name of a study (see `studies`) or path of a TOML file.")
    ],
    lang: LangOption = "en",
    seed: SeedOption = study.DEFAULT_SEED,
    replicates: ReplicatesOption = study.DEFAULT_REPLICATES,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a study and show its estimates."""
    _run(name, lang, seed, replicates, out, as_json)


@app.command()
def inputs(
    name: Annotated[str, typer.Argument(metavar="STUDY", help="Name of a study or path of a TOML file.")],
    lang: LangOption = "en",
) -> None:
    """Print the figures of a study with their status and source."""
    with _one_line_errors():
        tables = reporting.inputs_tables(study.load(name), lang=lang)
    with _Page() as page:
        for content in tables:
            page.table(content)


@app.command()
def audit(
    name: Annotated[str, typer.Argument(metavar="STUDY", help="Name of a study or path of a TOML file.")],
    lang: LangOption = "en",
    seed: SeedOption = study.DEFAULT_SEED,
    replicates: ReplicatesOption = study.DEFAULT_REPLICATES,
) -> None:
    """Answer each objection to a study with a method, a number, its assumption and what would settle it."""
    with _one_line_errors():
        language = reporting.check_language(lang)
        bundle = study.run(study.load(name), n_replicates=replicates, seed=seed)
        objections = audit_table(bundle, lang=lang)
        tables = (*(() if objections is None else (objections,)), *route_tables(bundle, lang=lang))
    with _Page() as page:
        for content in tables:
            page.table(content)
        if not tables:
            page.line(words("no_objections", language, study=bundle.study["id"]))


@app.command()
def assumptions(
    name: Annotated[str, typer.Argument(metavar="STUDY", help="Name of a study or path of a TOML file.")],
    lang: LangOption = "en",
    seed: SeedOption = study.DEFAULT_SEED,
    replicates: ReplicatesOption = study.DEFAULT_REPLICATES,
) -> None:
    """List what the estimates of a study take for granted, and how far it must fail before they leave a figure."""
    with _one_line_errors():
        bundle = study.run(study.load(name), n_replicates=replicates, seed=seed)
        content = ledger_table(bundle, lang=lang)
    with _Page() as page:
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
    with _one_line_errors():
        progress = (lambda verdict: typer.echo(verdict.line, err=True)) if sys.stderr.isatty() else None
        certificate = certify_shipped(names=cells or (), quick=quick, n_workers=workers, out=out, progress=progress)
    with _Page() as page:
        page.table(certificate_table(certificate))
        for line in certificate_lines(certificate):
            page.line(line)
    if not certificate.holds:
        raise typer.Exit(EXIT_NOT_CERTIFIED)


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


def main() -> None:
    """Run the program; what it prints is UTF-8 wherever it goes."""
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, io.TextIOWrapper):
            output.reconfigure(encoding="utf-8")
    app(prog_name="microwork-estimate")
