"""What all tables of a study file are made of: the kinds of values, and a table that knows its keys and never changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    Strict,
    StringConstraints,
    model_validator,
)

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Activity, Unit

T = TypeVar("T")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Number = Annotated[FiniteFloat, Strict()]
Whole = Annotated[int, Strict(), Field(ge=-(2**53), le=2**53)]  # exact as a floating-point number as well
Year = Annotated[int, Strict(), Field(ge=1000, le=2200)]
Flag = Annotated[bool, Strict()]
Day = Annotated[date, Strict()]


class ReadOnly(Mapping[str, T]):
    """A mapping that cannot be changed and, unlike ``MappingProxyType``, can be sent to another process.

    Examples
    --------
    >>> ReadOnly({"a": 1})["a"]
    1
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, T] | None = None) -> None:
        self._items: dict[str, T] = dict(items or {})

    def __getitem__(self, key: str) -> T:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"ReadOnly({self._items!r})"


Keys = Annotated[Mapping[Key, Key], AfterValidator(ReadOnly)]
Columns = Annotated[Mapping[Key, Text], AfterValidator(ReadOnly)]
Options = Annotated[Mapping[Key, Flag | Whole | Number | Text], AfterValidator(ReadOnly)]


class Entry(BaseModel):
    """Base of all tables of a study file: no unknown key, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, table: Any) -> Any:
        unknown = [key for key in table if key not in cls.model_fields] if isinstance(table, dict) else []
        if unknown:
            raise InvalidInput(
                "unknown key",
                expected="one of " + ", ".join(cls.model_fields),
                got=", ".join(repr(key) for key in unknown),
                where="the top level",
                fix="check the spelling",
            )
        return table


class EstimandEntry(Entry):
    """What an estimate is about. The territory is the study's unless it is given here."""

    unit: Unit = "persons"
    activity: Activity = "unspecified"
    window: Text = "unspecified"
    territory: Text | None = None
    platforms: Text = "unspecified"
