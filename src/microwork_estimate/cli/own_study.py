"""The commands of a study of one's own: `init` writes its folder, `check` says everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microwork_estimate import reporting
from microwork_estimate.cli.options import JsonOption, LangOption
from microwork_estimate.cli.program import EXIT_NOT_HELD, app, one_line_errors
from microwork_estimate.reporting.problem_texts import problem_lines, problem_summary
from microwork_estimate.reporting.records import json_text
from microwork_estimate.study.checking import check as find_problems
from microwork_estimate.study.starting import TEMPLATES, start

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder that does not exist yet.")]
TemplateOption = Annotated[str, typer.Option("--template", help="Kind of study: " + " or ".join(TEMPLATES) + ".")]
ExampleOption = Annotated[
    bool, typer.Option("--example", help="Fill the tables with SYNTHETIC figures, so that the study can run at once.")
]
CheckedArgument = Annotated[
    str, typer.Argument(metavar="STUDY", help="Folder of a study, path of its TOML file, or name of a study.")
]
ProblemsJsonOption = Annotated[bool, typer.Option("--json", help="Print a JSON list of problems.")]


_NEXT = {
    "en": {
        False: "Now fill the tables; then: microwork-estimate check {folder}",
        True: "Now: microwork-estimate run {folder}",
    },
    "fr": {
        False: "Remplissez maintenant les tableaux ; puis : microwork-estimate check {folder} --lang fr",
        True: "Et maintenant : microwork-estimate run {folder} --lang fr",
    },
}


@app.command()
def init(
    folder: FolderArgument,
    lang: LangOption = "en",
    template: TemplateOption = "diplab",
    example: ExampleOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the folder of a new study: a commented study file, tables to fill, a README. Overwrites nothing."""
    with one_line_errors():
        language = reporting.check_language(lang)
        files = [str(file) for file in start(folder, template=template, lang=language, example=example)]
    if as_json:
        typer.echo(json_text({"files": files}), nl=False)
        return
    for file in files:
        typer.echo(file)
    typer.echo(_NEXT[language][example].format(folder=folder))


@app.command()
def check(
    name: CheckedArgument,
    lang: LangOption = "en",
    as_json: ProblemsJsonOption = False,
) -> None:
    """Say everything that is wrong with a study, with file, line and column, before anything is computed.

    Exit code 0 if nothing is; 1 if something is; 2 if there is no such study.
    """
    with one_line_errors():
        language = reporting.check_language(lang)
        found = find_problems(name)
    if as_json:
        typer.echo(json_text([problem.as_json() for problem in found]), nl=False)
    else:
        for problem in found:
            for line in problem_lines(problem, language):
                typer.echo(line)
        wrong = sum(problem.severity == "problem" for problem in found)
        typer.echo(problem_summary(wrong, len(found) - wrong, language))
    if any(problem.severity == "problem" for problem in found):
        raise typer.Exit(EXIT_NOT_HELD)
