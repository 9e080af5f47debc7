"""What a recipe needs, said where it is written, and checked before it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.schema import EstimateEntry
from microwork_estimate.study.task import Found, Task

Function = Callable[[Task], Found]
Decorated = TypeVar("Decorated", bound=Function)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """A recipe and the roles that a study file must fill for it.

    Parameters
    ----------
    name : str
        What study files call it.
    function : callable
        Takes a Task and returns what it found.
    inputs, elicited, files : tuple of str
        Roles of figures, uncertain factors and tables: all mandatory, none besides.
    options : mapping of str to type
        Options with the type of their value: all mandatory, none besides.
    redraws : int
        How many sets of replicates it draws, so that a run knows beforehand how much there is to do.
    """

    name: str
    function: Function
    inputs: tuple[str, ...] = ()
    elicited: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    options: Mapping[str, type] = field(default_factory=dict)
    redraws: int = 0

    def check(self, entry: EstimateEntry, where: str) -> None:
        """Require that an entry fills every role and no other, and that its options have the right type.

        Raises
        ------
        InvalidInput
            If a role or an option is missing, unknown, or of another type.
        """
        for table in ("inputs", "elicited", "files", "options"):
            wanted, given = set(getattr(self, table)), set(getattr(entry, table))
            if wanted != given:
                missing, unknown = sorted(wanted - given), sorted(given - wanted)
                raise InvalidInput(
                    "roles do not fit the recipe",
                    expected=f"{table}: " + (", ".join(sorted(wanted)) or "none"),
                    got=f"missing: {', '.join(missing) or 'none'}; unknown: {', '.join(unknown) or 'none'}",
                    where=f"{where}, estimates.{entry.name}.{table}",
                    fix=f"the recipe {self.name!r} uses these and no others",
                )
        for name, kind in self.options.items():
            value = entry.options[name]
            if type(value) is not kind:
                raise InvalidInput(
                    "option of another type",
                    expected=f"{name} = a value of type {kind.__name__}",
                    got=repr(value),
                    where=f"{where}, estimates.{entry.name}.options",
                    fix="correct the value",
                )


class RecipeBook:
    """Collects recipes by their name."""

    def __init__(self) -> None:
        self.recipes: dict[str, Recipe] = {}

    def recipe(
        self,
        name: str,
        *,
        inputs: tuple[str, ...] = (),
        elicited: tuple[str, ...] = (),
        files: tuple[str, ...] = (),
        options: Mapping[str, type] | None = None,
        redraws: int = 0,
    ) -> Callable[[Decorated], Decorated]:
        """Enter the decorated function under a name, with the roles that it needs."""

        def enter(function: Decorated) -> Decorated:
            self.recipes[name] = Recipe(
                name=name,
                function=function,
                inputs=inputs,
                elicited=elicited,
                files=files,
                options=dict(options or {}),
                redraws=redraws,
            )
            return function

        return enter
