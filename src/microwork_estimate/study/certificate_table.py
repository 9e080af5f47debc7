"""The table of certificates: which estimator must hold its level in which world, and which must fail and say so.

The table is a TOML file. The models here say whether it is well formed; what the cells ask for is run and judged in
:mod:`microwork_estimate.study.certification`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from microwork_estimate.bootstrap.streams import check_stream_names
from microwork_estimate.errors import InvalidInput
from microwork_estimate.simulate import cells
from microwork_estimate.simulate.coverage import Run
from microwork_estimate.simulate.coverage_report import Scale
from microwork_estimate.study.parsing import one_line, parsed, study_text, translated
from microwork_estimate.study.schema import Entry, Flag, Key, Number, Options, ReadOnly, Text, Whole

TABLE = "coverage.toml"
Check = Literal["coverage", "bias", "standard_error"]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Share = Annotated[Number, Field(gt=0, lt=1)]
Range = tuple[Number, Number]
Parameters = Annotated[Mapping[Key, Any], AfterValidator(ReadOnly)]


class PassRule(Entry):
    """The cell must hold its level: ``rule = { must = "pass", ... }``."""

    must: Literal["pass"]
    tolerance: Share = Field(default=0.01, description="How far from the level the coverage may be.")
    conservative: Flag = Field(default=False, description="true: the coverage may be above the level by any amount.")
    checks: tuple[Check, ...] = Field(default=("coverage", "bias", "standard_error"), min_length=1)
    scale: Scale = Field(default="natural", description="Scale of the interval, on which standard errors are compared.")

    @property
    def usual(self) -> bool:
        """Whether nothing is softer than usual."""
        everything = set(self.checks) == {"coverage", "bias", "standard_error"}
        return self.tolerance <= 0.01 and everything and not self.conservative


class FailRule(Entry):
    """The cell must fail, and the estimate must say that it may: ``rule = { must = "fail", ... }``."""

    must: Literal["fail"]
    below: Share = Field(default=0.5, description="The coverage must be below this share.")
    warning: Slug | None = Field(default=None, description="Code of the warning that the estimate must raise.")
    assumption: Slug | None = Field(
        default=None, description="Id of the assumption that it must carry, if it cannot know."
    )
    answer: Slug | None = Field(
        default=None, description="Cell in which the function that varies the assumption holds the truth again."
    )
    no_answer: Text | None = Field(default=None, description="Why no function of the library can bring the truth back.")
    says: Text | None = Field(default=None, description="Words that must stand in the name of the method.")

    @property
    def usual(self) -> bool:
        """Whether nothing is softer than usual."""
        return self.below <= 0.5

    @model_validator(mode="after")
    def _check(self) -> Self:
        cautions = [name for name in ("warning", "assumption", "says") if getattr(self, name) is not None]
        answers = [name for name in ("answer", "no_answer") if getattr(self, name) is not None]
        if len(cautions) != 1 or len(answers) != (cautions == ["assumption"]):
            raise InvalidInput(
                "a failure without its caution",
                expected="a warning, or words of the method, or an assumption with its answer or why it has none",
                got=", ".join((*cautions, *answers)) or "none",
                where="rule",
                fix="say how a reader of the estimate learns that it may be wrong here",
            )
        return self


class ShowRule(Entry):
    """The cell shows a size that is known beforehand: ``rule = { must = "show", ... }``."""

    must: Literal["show"]
    bias: Range | None = Field(default=None, description="Range of the relative bias.")
    coverage: Range | None = Field(default=None, description="Range of the coverage.")
    error_ratio: Range | None = Field(default=None, description="Range of mean standard error / standard deviation.")
    scale: Scale = Field(default="natural", description="Scale on which standard errors are compared.")

    @property
    def usual(self) -> bool:
        """Whether nothing is softer than usual: a range is what it is."""
        return True

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [ends for ends in (self.bias, self.coverage, self.error_ratio) if ends is not None]
        if not given or any(low > high for low, high in given):
            raise InvalidInput(
                "nothing to show",
                expected="a range of bias, coverage or error_ratio, low end first",
                got=f"bias {self.bias}, coverage {self.coverage}, error_ratio {self.error_ratio}",
                where="rule",
                fix="say what the cell shows",
            )
        return self


Rule = Annotated[PassRule | FailRule | ShowRule, Field(discriminator="must")]


class WorldEntry(Entry):
    """A world with its parameters: one table ``[worlds.<name>]``. Cells of one world see the same data."""

    what: Text
    kind: Key = Field(description="A name of simulate.cells.WORLDS.")
    parameters: Parameters = Field(default_factory=ReadOnly)


class CellEntry(Entry):
    """One cell: one table ``[[cells]]``."""

    id: Slug
    what: Text = Field(description="What is tried where, in a few words.")
    status: Literal["ready", "missing"] = "ready"
    issue: Whole | None = Field(default=None, description="The issue that brings the estimator of a missing cell.")
    estimator: Key = Field(description="A name of simulate.cells.ESTIMATORS.")
    options: Options = Field(default_factory=ReadOnly)
    world: Slug | None = Field(default=None, description="A key of [worlds].")
    level: Share = 0.95
    full: Annotated[Whole, Field(ge=1000)] = 1000
    quick: Annotated[Whole, Field(ge=1)] = 200
    rule: Rule
    why: Text | None = Field(default=None, description="Why the rule is not the usual one.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        missing = self.status == "missing"
        if missing == (self.issue is None) or not (missing or self.world):
            raise InvalidInput(
                "a cell half said",
                expected="an issue for a missing cell, a world and no issue for a ready one",
                got=f"status {self.status!r}, issue {self.issue}, world {self.world!r}",
                where=self.id,
                fix="give what is lacking",
            )
        if not self.rule.usual and self.why is None:
            raise InvalidInput(
                "an unusual rule without a reason",
                expected="why, where a pass is wider, one-sided or leaves out a check, or a failure is above one half",
                got="no reason",
                where=self.id,
                fix="give the reason",
            )
        return self


class CertificateTable(Entry):
    """A whole table of certificates."""

    seed: Whole
    worlds: Mapping[Slug, WorldEntry]
    cells: Annotated[tuple[CellEntry, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        by_id = {cell.id: cell for cell in self.cells}
        if len(by_id) < len(self.cells):
            twice = sorted({cell.id for cell in self.cells if [other.id for other in self.cells].count(cell.id) > 1})
            raise InvalidInput("a cell twice", expected="each id once", got=twice[0], where="cells", fix="rename one")
        for cell in self.cells:
            if cell.world is not None and cell.world not in self.worlds:
                raise InvalidInput(
                    "unknown world",
                    expected="one of " + ", ".join(self.worlds),
                    got=repr(cell.world),
                    where=cell.id,
                    fix="check the spelling, or describe the world",
                )
            _check_answer(cell, by_id)
        return self

    @property
    def ready(self) -> tuple[CellEntry, ...]:
        """The cells that can be run."""
        return tuple(cell for cell in self.cells if cell.status == "ready")

    @property
    def missing(self) -> tuple[CellEntry, ...]:
        """The cells whose estimator does not exist yet."""
        return tuple(cell for cell in self.cells if cell.status == "missing")

    def run_of(self, cell: CellEntry, *, quick: bool) -> Run:
        """Return the simulations of a ready cell. Those of one world draw the same data.

        Raises
        ------
        InvalidInput
            If estimator or world are unknown, or do not take the options or parameters.
        """
        world = self.worlds[cell.world or ""]
        where = f"cell {cell.id}"
        tried = _known(cells.ESTIMATORS, cell.estimator, where=f"{where}, estimator")
        kind = _known(cells.WORLDS, world.kind, where=f"world {cell.world}, kind")
        _check_arguments(tried.function, {**cell.options, "level": cell.level}, n_data=1, where=f"{where}, options")
        _check_arguments(kind, world.parameters, n_data=0, where=f"world {cell.world}, parameters")
        return Run(
            estimator=partial(tried.function, **cell.options, level=cell.level),
            world=kind(**world.parameters),
            n_simulations=cell.quick if quick else cell.full,
            seed=self.seed,
            stream=f"certificate/{cell.world}",
        )


def table_path() -> Path:
    """Return the table that comes with the program, in a wheel or in a checkout.

    Raises
    ------
    InvalidInput
        If it is in neither place.

    Examples
    --------
    >>> table_path().name
    'coverage.toml'
    """
    return _find_table(Path(__file__).resolve().parents[1])


def _find_table(package: Path) -> Path:
    """Look beside the modules first (a wheel), then at the top of the repository (a checkout)."""
    places = (package / "data" / "certification" / TABLE, package.parents[1] / "validation" / TABLE)
    for place in places:
        if place.is_file():
            return place
    raise InvalidInput(
        "the table of certificates is missing",
        expected=TABLE,
        got="none",
        where=" or ".join(str(place) for place in places),
        fix="install the package again",
    )


def read_certificate_table(path: Path | None = None) -> CertificateTable:
    """Read and check a table of certificates.

    Parameters
    ----------
    path : Path or None
        A TOML file; None for the one that comes with the program.

    Returns
    -------
    CertificateTable

    Raises
    ------
    InvalidInput
        If the file is not well formed, names what does not exist, or calls a cell missing whose estimator is there.

    Examples
    --------
    >>> len(read_certificate_table().ready) > 40
    True
    """
    file = table_path() if path is None else path
    try:
        table = CertificateTable.model_validate(parsed(study_text(file), file))
    except ValidationError as error:
        raise one_line(translated(error), file) from error
    for cell in table.missing:
        if cell.estimator in cells.ESTIMATORS:
            raise InvalidInput(
                "a cell called missing whose estimator exists",
                expected="status 'ready', with a world",
                got=f"status 'missing' and estimator {cell.estimator!r}",
                where=f"{file}, cell {cell.id}",
                fix="complete the cell",
            )
    check_stream_names(f"certificate/{name}" for name in table.worlds)
    for cell in table.ready:
        table.run_of(cell, quick=True)
    return table


def _check_answer(cell: CellEntry, by_id: Mapping[str, CellEntry]) -> None:
    if not isinstance(cell.rule, FailRule) or cell.rule.answer is None:
        return
    answer = by_id.get(cell.rule.answer)
    if answer is None or answer.world != cell.world or answer.rule.must != "pass" or answer.status != "ready":
        raise InvalidInput(
            "an answer that is none",
            expected="a ready cell of the same world that must pass",
            got=repr(cell.rule.answer),
            where=cell.id,
            fix="name the cell in which the function that varies the assumption is tried",
        )


def _known(registry: Mapping[str, Any], name: str, *, where: str) -> Any:
    if name not in registry:
        raise InvalidInput(
            "unknown name",
            expected="one of " + ", ".join(registry),
            got=repr(name),
            where=where,
            fix="check the spelling, or call the cell missing",
        )
    return registry[name]


def _check_arguments(function: Callable[..., Any], given: Mapping[str, Any], *, n_data: int, where: str) -> None:
    signature = inspect.signature(function)
    try:
        signature.bind(*([None] * n_data), **given)
    except TypeError as error:
        raise InvalidInput(
            "wrong options",
            expected=str(signature).partition(" ->")[0],
            got=", ".join(f"{key}={value!r}" for key, value in given.items()),
            where=where,
            fix=str(error),
        ) from error
