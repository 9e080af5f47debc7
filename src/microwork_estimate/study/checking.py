"""Everything that is wrong with a study, before anything is computed: the study file, its tables, and whether they fit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from microwork_estimate.errors import InvalidInput, MicroworkError, MicroworkWarning
from microwork_estimate.study import table_checks
from microwork_estimate.study.broken_entries import problems_behind
from microwork_estimate.study.codebooks import Question, codebook
from microwork_estimate.study.handed_tables import HandedTable, handed_tables
from microwork_estimate.study.looked_at import LookedAt
from microwork_estimate.study.own_recipes import BOOK as OWN
from microwork_estimate.study.own_recipes import FREQUENCY, counted
from microwork_estimate.study.own_surveys import COUNT, OwnSurvey, own_survey
from microwork_estimate.study.package_data import data_path
from microwork_estimate.study.parsing import parsed, study_text, validated
from microwork_estimate.study.positions import Place, positions
from microwork_estimate.study.problems import Problem, of_file, of_key
from microwork_estimate.study.readable import table_place, whole_table
from microwork_estimate.study.recipes import RECIPES
from microwork_estimate.study.registry import Study, load, made_study, shipped_studies, study_path
from microwork_estimate.study.schema import EstimateEntry, FileEntry, ReadOnly, StudyFile
from microwork_estimate.study.starting import PLACEHOLDERS
from microwork_estimate.study.task import Settings, Task

_Model = TypeVar("_Model", bound=BaseModel)


def check(name_or_path: str | Path, *, tables: Mapping[str, Any] | None = None) -> tuple[Problem, ...]:
    """Find everything that is wrong with a study, without estimating anything.

    Procedure: the study file is read and validated; each of its tables is read and compared with its columns and its
    codebook; each estimate is compared with its recipe and its tables with each other (categories on both sides of the
    margins, totals that agree, counts of platforms of at least one, platforms that declare). Where nothing was found, the
    survey is calibrated once, which may fail in ways that only the attempt shows.

    Parameters
    ----------
    name_or_path : str or Path
        As in :func:`~microwork_estimate.study.load`.
    tables : mapping of str to data frame, or None
        As in :func:`~microwork_estimate.study.load`.

    Returns
    -------
    tuple of Problem
        In the order of the files and lines; empty if the study can run.

    Raises
    ------
    InvalidInput
        If there is no such study at all.

    Examples
    --------
    >>> check("diplab-2019")
    ()
    """
    path = study_path(name_or_path)
    try:
        text = study_text(path)
        content = parsed(text, path)
    except InvalidInput as error:
        if error.problem == "no such file":
            raise
        return (of_file(error, path),)
    file, errors = validated(content)
    errors += tuple(problems_behind(content, errors))
    places = positions(text)
    found = [of_key(error, path, places) for error in errors]
    found += _template_texts(file, path, places)
    looked = _Look(path=path, content=content, file=file, places=places, handed=ReadOnly(tables or {}))
    found += looked.problems()
    if file is not None and not any(problem.severity == "problem" for problem in found):
        found += _attempted(made_study(file, path, tables), places)
    return tuple(sorted(dict.fromkeys(found), key=lambda p: (p.file != str(path), p.file, p.line or 0, p.column or 0)))


def checked(name_or_path: str | Path, *, tables: Mapping[str, Any] | None = None) -> Study:
    """Return a study after checking it; one that comes with the program is known to be right.

    Parameters
    ----------
    name_or_path, tables
        As in :func:`~microwork_estimate.study.load`.

    Returns
    -------
    Study

    Raises
    ------
    InvalidInput
        In one line: the first problem, and how many others there are.

    Examples
    --------
    >>> checked("mturk").id
    'mturk'
    """
    if str(name_or_path) in shipped_studies() and not tables:
        return load(name_or_path)
    study = load(name_or_path, tables=tables)
    problems = [problem for problem in check(name_or_path, tables=tables) if problem.severity == "problem"]
    if not problems:
        return study
    first, others = problems[0], len(problems) - 1
    more = f" (and {others} other problem{'s' if others > 1 else ''}: see microwork-estimate check)" if others else ""
    raise InvalidInput(
        first.problem,
        expected=first.expected,
        got=first.got + more,
        where=f"{first.place} {first.key}".strip(),
        fix=first.fix,
    )


def _template_texts(file: StudyFile | None, path: Path, places: dict[str, Place]) -> Iterator[Problem]:
    """Note documents that still bear the words of the template: they would be cited so."""
    for key, source in file.sources.items() if file is not None else ():
        left = [text for text in (source.title, *source.authors) if any(word in text for word in PLACEHOLDERS)]
        if left:
            error = InvalidInput(
                "text of the template",
                expected="your own words",
                got=repr(left[0]),
                where=f"sources.{key}",
                fix="replace it: it stands in every citation of the result",
            )
            yield replace(of_key(error, path, places), severity="note")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Look:
    """A study file that was read, well formed or not, and what its tables say."""

    path: Path
    content: Mapping[str, Any]
    file: StudyFile | None
    places: dict[str, Place]
    handed: Mapping[str, Any]
    tables: dict[str, LookedAt] = field(default_factory=dict)
    books: dict[str, dict[str, Question]] = field(default_factory=dict)

    def problems(self) -> list[Problem]:
        """Find problems of the tables and of the estimates; of a broken study file, as far as its parts are whole."""
        files = self._files()
        found = [problem for key, entry in files.items() for problem in self._read(key, entry)]
        found += [problem for key, entry in files.items() for problem in self._answers(key, entry)]
        uses: dict[tuple[tuple[str, str], ...], dict[str, None]] = {}
        for entry in self._estimates():
            found += self._recipe(entry)
            roles = {role: key for role, key in entry.files.items() if key in self.tables}
            uses.setdefault(tuple(sorted(roles.items())), {}).update(dict.fromkeys(_asked(entry)))
        for roles_used, asked in uses.items():  # estimates of the same tables are looked at together
            found += _table_problems({role: self.tables[key] for role, key in roles_used}, tuple(asked))
        return found + list(self._factors())

    def _at(self, error: MicroworkError, key: str) -> Problem:
        return of_key(_moved(error, key), self.path, self.places)

    def _files(self) -> dict[str, FileEntry]:
        if self.file is not None:
            return dict(self.file.files)
        raw = self.content.get("files")
        return _whole(raw if isinstance(raw, dict) else {}, FileEntry)

    def _estimates(self) -> list[EstimateEntry]:
        if self.file is not None:
            return list(self.file.estimates)
        raw = self.content.get("estimates")
        numbered = {str(number): entry for number, entry in enumerate(raw)} if isinstance(raw, list) else {}
        return list(_whole(numbered, EstimateEntry).values())

    def _read(self, key: str, entry: FileEntry) -> Iterator[Problem]:
        place: Path | HandedTable | None = None
        try:
            if key in self.handed:
                place = handed_tables({key: self.handed[key]}, {key: entry}, str(self.path))[key]
            else:
                place = table_place(entry, self.path.parent, self._data())
            frame = whole_table(entry, place)
        except InvalidInput as error:
            unread = place is None or error.problem == "no such file" or isinstance(place, HandedTable)
            where = f"files.{key}.path" if entry.path else f"files.{key}.resource"
            yield self._at(error, where) if unread or place is None else of_file(error, Path(str(place)))
            return
        name = f"tables[{key!r}]" if isinstance(place, HandedTable) else str(place)
        self.tables[key] = LookedAt(file=name, frame=frame, roles=dict(entry.columns))
        for role, column in {**entry.columns, **entry.published_columns}.items():
            if column not in frame.columns:
                yield self._at(_no_column(column, frame.columns), f"files.{key}.columns.{role}")

    def _data(self) -> Path:
        about = self.content.get("study")
        data = about.get("data") if isinstance(about, dict) else None
        return self.path.parent / data if isinstance(data, str) else data_path()

    def _answers(self, key: str, entry: FileEntry) -> Iterator[Problem]:
        if entry.codebook is None or key not in self.tables or entry.codebook not in self.tables:
            return
        book = self.tables[entry.codebook]
        if entry.codebook not in self.books:
            try:
                self.books[entry.codebook] = codebook(book.frame, where=book.file)
            except InvalidInput as error:
                self.books[entry.codebook] = {}
                yield of_file(error, Path(book.file))
        yield from table_checks.answer_problems(self.tables[key], self.books[entry.codebook])

    def _recipe(self, entry: EstimateEntry) -> Iterator[Problem]:
        where = f"estimates.{entry.name}"
        if entry.recipe not in RECIPES:
            yield self._at(_no_recipe(entry.recipe), f"{where}.recipe")
            return
        try:
            RECIPES[entry.recipe].check(entry, str(self.path))
        except InvalidInput as error:
            yield self._at(error, f"{where}.{error.where.rpartition('.')[2]}")

    def _factors(self) -> Iterator[Problem]:
        if self.file is None:
            return
        inputs = made_study(self.file, self.path).inputs_only()
        for key in self.file.elicited:
            try:
                inputs.elicited(key)
            except InvalidInput as error:
                yield self._at(error, f"elicited.{key}")


def _table_problems(roles: dict[str, LookedAt], asked: tuple[str, ...]) -> Iterator[Problem]:
    survey, margins = roles.get("survey"), _with_totals(roles.get("margins"))
    if survey is not None:
        yield from table_checks.survey_problems(survey, _needed(asked, margins))
    if margins is not None:
        yield from table_checks.margin_problems(margins)
    if survey is not None and margins is not None and all(map(margins.has, ("variable", "category", "total"))):
        yield from table_checks.fit_problems(survey, margins)
    if "registrations" in roles:
        yield from table_checks.registration_problems(roles["registrations"], survey)
    if "audience" in roles:
        yield from table_checks.audience_problems(roles["audience"])
    if "lists" in roles:
        yield from table_checks.list_problems(roles["lists"])


def _asked(entry: EstimateEntry) -> list[str]:
    """Return the columns of the survey that a recipe needs, margins aside."""
    if entry.recipe not in OWN.recipes:
        return [COUNT] if "survey" in entry.files else []
    counted = [] if entry.options.get("reached_via") == "worker" else [COUNT]
    return [*counted, *([FREQUENCY] if entry.recipe == "survey_tier" else [])]


def _needed(asked: tuple[str, ...], margins: LookedAt | None) -> tuple[str, ...]:
    """Return the columns of the survey that must be there and complete."""
    variables = margins.texts("variable") if margins is not None and margins.has("variable") else []
    crossed = [part for text in dict.fromkeys(variables) if text for part in text.split(":")]
    return tuple(dict.fromkeys((*asked, *crossed)))


def _with_totals(margins: LookedAt | None) -> LookedAt | None:
    """Look at margins of accounts as at any others."""
    if margins is None or margins.has("total") or not margins.has("accounts"):
        return margins
    roles = {("total" if role == "accounts" else role): margins.header(role) for role in margins.names}
    return LookedAt(file=margins.file, frame=margins.frame, roles=roles)


def _attempted(study: Study, places: dict[str, Place]) -> Iterator[Problem]:
    """Calibrate the survey of the own estimates once, and look whether it has what each of them counts."""
    calibrated: dict[tuple[object, ...], OwnSurvey | None] = {}
    for entry in study.estimates:
        tables = (*sorted(entry.files.items()), entry.options.get("reached_via"))
        if entry.recipe not in OWN.recipes or calibrated.get(tables, ()) is None:
            continue
        task = Task(
            name=entry.name,
            inputs=study.inputs_only(entry.name),
            options=entry.options,
            estimand=study.estimand(entry.name),
            settings=Settings(n_replicates=1, seed=0),
            tiers=study.tiers,
        )
        try:
            if tables not in calibrated:
                calibrated[tables] = None  # if it fails, once is enough
                calibrated[tables] = _calibrated(task)
            own = calibrated[tables]
            if own is not None:
                counted(task, own)
        except MicroworkError as error:
            yield of_key(_moved(error, f"estimates.{entry.name}"), study.path, places)


def _calibrated(task: Task) -> OwnSurvey:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return own_survey(task)


def _moved(error: MicroworkError, key: str) -> InvalidInput:
    return InvalidInput(error.problem, expected=error.expected, got=error.got, where=key, fix=error.fix)


def _no_column(column: str, columns: list[str]) -> InvalidInput:
    return InvalidInput(
        "unknown column",
        expected="columns of the table: " + ", ".join(columns[:30]),
        got=column,
        where="columns",
        fix="check the spelling against the header of the table",
    )


def _no_recipe(name: str) -> InvalidInput:
    return InvalidInput(
        "unknown recipe",
        expected="one of " + ", ".join(sorted(RECIPES)),
        got=repr(name),
        where="recipe",
        fix="check the spelling",
    )


def _whole(raw: Mapping[str, Any], model: type[_Model]) -> dict[str, _Model]:
    """Return the entries that are whole by themselves; the others were reported with the file."""
    found = {}
    for key, entry in raw.items():
        try:
            found[key] = model.model_validate(entry)
        except ValidationError:
            continue
    return found
