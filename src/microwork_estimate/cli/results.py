"""The commands about results that were written: `verify`, `compare`, `cite`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from microwork_estimate import reporting, study
from microwork_estimate.cli.options import JsonOption, LangOption
from microwork_estimate.cli.page import Page
from microwork_estimate.cli.program import EXIT_NOT_HELD, app, one_line_errors
from microwork_estimate.errors import InvalidInput
from microwork_estimate.reporting.change_table import change_lines, change_table
from microwork_estimate.reporting.records import json_text
from microwork_estimate.reporting.verification_table import verification_lines, verification_table
from microwork_estimate.study.verify import DEFAULT_TOLERANCE

BundleArgument = Annotated[
    Path, typer.Argument(metavar="BUNDLE", help="Folder of a result, or its file bundle.json (see `run --out`).")
]
OldArgument = Annotated[Path, typer.Argument(metavar="OLD", help="Folder of the earlier result.")]
NewArgument = Annotated[Path, typer.Argument(metavar="NEW", help="Folder of the later result.")]
ToleranceOption = Annotated[
    float, typer.Option("--tolerance", help="Largest relative difference of a number that is accepted.")
]
StudyOption = Annotated[
    str | None, typer.Option("--study", help="Study file of a study of one's own; else the one that comes along.")
]
StudiesOption = Annotated[
    list[str] | None, typer.Option("--study", help="Study file of one's own; given twice: of OLD, then of NEW.")
]
AverageOption = Annotated[
    bool, typer.Option("--average", help="Mean over all orders of the components (Shapley), in up to 16 runs.")
]
StyleOption = Annotated[str, typer.Option("--style", help="apa, bibtex or cff.")]


@app.command()
def verify(
    bundle: BundleArgument,
    tolerance: ToleranceOption = DEFAULT_TOLERANCE,
    own_study: StudyOption = None,
    lang: LangOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Make a result again and compare: code 0 if it holds, 1 if something differs."""
    with one_line_errors():
        language = reporting.check_language(lang)
        found = study.verify(bundle, study=own_study, tolerance=tolerance)
    if as_json:
        _print({**asdict(found), "holds": found.holds})
    else:
        with Page() as page:
            for line in verification_lines(found, language):
                page.line(line)
            for table in verification_table(found, language):
                page.table(table)
    if not found.holds:
        raise typer.Exit(EXIT_NOT_HELD)


@app.command()
def compare(
    old: OldArgument,
    new: NewArgument,
    studies: StudiesOption = None,
    average: AverageOption = False,
    lang: LangOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Split what changed between two results into data, margins, method, code and Monte Carlo."""
    with one_line_errors():
        language = reporting.check_language(lang)
        results = study.read_bundle(old), study.read_bundle(new)
        first, second = _studies(results, studies or [])
        found = study.compare(*results, old_study=first, new_study=second, average=average)
    if as_json:
        _print(asdict(found))
        return
    with Page() as page:
        for line in change_lines(found, language):
            page.line(line)
        page.table(change_table(found, language))


def _studies(
    results: tuple[study.ResultBundle, study.ResultBundle], paths: list[str]
) -> tuple[study.Study | None, study.Study | None]:
    """Return the study of each result: in order if two are given; one alone goes to the results of its version."""
    loaded = [study.load(path) for path in paths]
    if len(loaded) == 2:
        return loaded[0], loaded[1]
    if not loaded:
        return None, None
    named = [(result.study["id"], result.study["version"]) for result in results]
    if len(loaded) > 2 or (loaded[0].id, loaded[0].version) not in named:
        raise InvalidInput(
            "study of neither result",
            expected=" or ".join(f"{name}@{version}" for name, version in dict.fromkeys(named)) + ", once or twice",
            got=", ".join(f"{one.id}@{one.version}" for one in loaded),
            where="--study",
            fix="give the study file of OLD, then that of NEW",
        )
    found = [loaded[0] if (loaded[0].id, loaded[0].version) == name else None for name in named]
    return found[0], found[1]


@app.command()
def cite(
    bundle: BundleArgument, style: StyleOption = "apa", lang: LangOption = "en", as_json: JsonOption = False
) -> None:
    """Print how to cite a result: APA, BibTeX or CITATION.cff."""
    with one_line_errors():
        read = study.read_bundle(bundle)
        text = reporting.citation(read, style=style, lang=lang)
    if as_json:
        _print({"identifier": read.identifier, "style": style, "citation": text})
    else:
        sys.stdout.write(text)


def _print(content: dict[str, Any]) -> None:
    sys.stdout.write(json_text(content))
