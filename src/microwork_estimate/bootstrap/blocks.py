"""One block of replicates: redraw the sources on their streams, and run the recipe on every redraw."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from microwork_estimate.bootstrap.schemes import Scheme
from microwork_estimate.bootstrap.steady import steady
from microwork_estimate.bootstrap.streams import BLOCK, stream
from microwork_estimate.errors import InvalidInput, MicroworkError
from microwork_estimate.estimate import Estimate, FloatArray

SINGLE = "value"


class Piece(NamedTuple):
    """Which replicates of which block, counted inside the block: from `start` up to and without `stop`."""

    block: int
    start: int
    stop: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Block:
    """What the recipe gave on some replicates of one block.

    Parameters
    ----------
    values : dict of str to array of shape (m,)
        The numbers by name; NaN where a draw could not be estimated.
    reasons : tuple of str, length m
        Why a draw could not be estimated, or a number of it is missing, in a few words; empty where all is there.
    details : tuple of str, length m
        The same as the whole text of the error.
    """

    values: dict[str, FloatArray]
    reasons: tuple[str, ...]
    details: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.reasons)

    @property
    def hopeless(self) -> bool:
        """Whether no draw gave any number."""
        return all(self.reasons) and all(bool(np.isnan(numbers).all()) for numbers in self.values.values())

    def part(self, stop: int) -> Block:
        """Return the first `stop` replicates."""
        values = {name: numbers[:stop] for name, numbers in self.values.items()}
        return Block(values=values, reasons=self.reasons[:stop], details=self.details[:stop])

    def then(self, other: Block) -> Block:
        """Return these replicates followed by those of `other`."""
        names = dict.fromkeys((*self.values, *other.values))
        return Block(
            values={name: np.concatenate([self.column(name), other.column(name)]) for name in names},
            reasons=self.reasons + other.reasons,
            details=self.details + other.details,
        )

    def column(self, name: str) -> FloatArray:
        """Return the numbers of one name, shape (m,): NaN throughout if the recipe never gave it here."""
        return self.values.get(name, np.full(len(self), np.nan))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Job:
    """A recipe with all that a block of it needs; it can be sent to another process.

    Parameters
    ----------
    recipe : callable
    components : dict of str to object
        What is redrawn.
    schemes : dict of str to Scheme
    single : bool
        Whether the recipe takes the redrawn data themselves, not a mapping of them.
    seed : int
    """

    recipe: Callable[[Any], Any]
    components: dict[str, Any]
    schemes: dict[str, Scheme]
    single: bool
    seed: int

    def __call__(self, piece: Piece) -> Block:
        """Compute some replicates of one block."""
        with steady():
            batches = self._drawn(piece.block)
            if getattr(self.recipe, "is_batched", False):
                return self._together(batches, piece)
            return self._one_by_one(batches, piece)

    def _drawn(self, block: int) -> dict[str, Any]:
        # A full block is always drawn, so that the draws do not depend on the number of replicates asked for.
        return {
            name: scheme.draw(self.components[name], stream(self.seed, name, block), BLOCK)
            for name, scheme in self.schemes.items()
        }

    def _together(self, batches: dict[str, Any], piece: Piece) -> Block:
        try:
            result = self.recipe(batches[SINGLE] if self.single else batches)
        except Exception as error:
            first = piece.block * BLOCK
            error.add_note(f"in draws {first} to {first + BLOCK - 1} of the bootstrap (the first is 0)")
            raise
        values = {name: np.asarray(numbers, dtype=np.float64) for name, numbers in result.items()}
        wrong = {name: numbers.shape for name, numbers in values.items() if numbers.shape != (BLOCK,)}
        if wrong:
            raise InvalidInput(
                "batched recipe of another shape",
                expected=f"arrays of shape ({BLOCK},): one number for each redraw of the block",
                got=", ".join(f"{name} {shape}" for name, shape in wrong.items()),
                where="the recipe",
                fix="keep the first axis of the redrawn data, or do without bootstrap.batched",
            )
        wanted = {name: numbers[piece.start : piece.stop] for name, numbers in values.items()}
        reasons = _missing_in(wanted, piece.stop - piece.start)
        return Block(values=wanted, reasons=reasons, details=reasons)

    def _one_by_one(self, batches: dict[str, Any], piece: Piece) -> Block:
        rows: list[dict[str, float]] = []
        reasons: list[str] = []
        details: list[str] = []
        for index in range(piece.start, piece.stop):
            row: dict[str, float] = {}
            reason = detail = ""
            try:
                row = self._numbers(batches, index)
                reason = detail = _without_number(row)
            except MicroworkError as error:
                reason, detail = error.problem, str(error)
            except Exception as error:
                error.add_note(f"in draw {piece.block * BLOCK + index} of the bootstrap (the first is 0)")
                raise
            rows.append(row)
            reasons.append(reason)
            details.append(detail)
        names = dict.fromkeys(name for row in rows for name in row)
        values = {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}
        return Block(values=values, reasons=tuple(reasons), details=tuple(details))

    def _numbers(self, batches: Mapping[str, Any], index: int) -> dict[str, float]:
        redrawn = {name: s.one(self.components[name], batches[name], index) for name, s in self.schemes.items()}
        return named_numbers(self.recipe(redrawn[SINGLE] if self.single else redrawn))


def _without_number(row: Mapping[str, float]) -> str:
    """Say which numbers of a draw are missing; nothing if none is."""
    missing = [name for name, number in row.items() if math.isnan(number)]
    return f"no number for {', '.join(missing)}" if missing else ""


def _missing_in(values: Mapping[str, FloatArray], size: int) -> tuple[str, ...]:
    """Say for each draw of a block which of its numbers are missing."""
    if not any(np.isnan(numbers).any() for numbers in values.values()):
        return ("",) * size
    return tuple(_without_number({name: values[name][index] for name in values}) for index in range(size))


def named_numbers(result: Any) -> dict[str, float]:
    """Read a recipe's answer as named numbers; an estimate without a value is infinite (nothing bounds it above)."""
    named = result if isinstance(result, Mapping) else {SINGLE: result}
    numbers: dict[str, float] = {}
    for name, item in named.items():
        value = item.value if isinstance(item, Estimate) else item
        numbers[name] = np.inf if value is None else float(value)
    return numbers
