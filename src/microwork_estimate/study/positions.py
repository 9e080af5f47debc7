"""Where in the text of a study file each key stands, so that a problem can be shown with its line and column.

The reader of TOML gives values without their places. This one gives places without values: it walks over a text that is
known to be TOML and notes the keys.
"""

from __future__ import annotations

import contextlib
import re
from bisect import bisect_right
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_LONG = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}', re.DOTALL)
_SIMPLE = re.compile(r"[^,\]}\n#]*")
_DEEPEST = 12  # parts of a dotted key that are looked at; no study file has more than five
_NAMES = ("name", "id")  # what tells one table of an array from the others


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A place in a text, counted from 1 as editors do.

    Parameters
    ----------
    line, column : int
    """

    line: int
    column: int


def positions(text: str) -> dict[str, Place]:
    """Return the place of every key of a TOML text, by its dotted path.

    The tables of an array stand under their number and, where they have a name or an id, under that as well
    (``estimates.0.recipe``, ``estimates.occasional.recipe``).

    Parameters
    ----------
    text : str
        Valid TOML; of any other text, the keys up to where it stops being so.

    Returns
    -------
    dict of str to Place

    Examples
    --------
    >>> found = positions(chr(10).join(["[study]", "id = 'mine'", "[[estimates]]", "name = 'all'", "recipe = 'r'"]))
    >>> found["study.id"].line, found["estimates.all.recipe"].line
    (2, 5)
    """
    walk = _Walk(text=text)
    with contextlib.suppress(_NotToml, RecursionError, IndexError):  # what was found so far is of use all the same
        walk.whole()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    places: dict[str, Place] = {}
    for path, at in walk.found.items():
        line = bisect_right(starts, at)
        place = Place(line=line, column=at - starts[line - 1] + 1)
        for dotted in {_dotted(path), _dotted(walk.named(path))}:
            places.setdefault(dotted, place)
    return places


def place_of(dotted: str, places: dict[str, Place]) -> Place | None:
    """Return the place of a key, or of the table nearest around it that stands in the text.

    Examples
    --------
    >>> place_of("study.title", {"study": Place(line=1, column=1)})
    Place(line=1, column=1)
    """
    parts = dotted.split(".")
    return next((places[p] for n in range(len(parts), 0, -1) if (p := ".".join(parts[:n])) in places), None)


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


class _NotToml(Exception):
    pass


@dataclass(kw_only=True, slots=True)
class _Walk:
    """A walk over a text: where it is, which keys it has met, and how many tables each array has."""

    text: str
    at: int = 0
    found: dict[Path, int] = field(default_factory=dict)
    arrays: dict[Path, int] = field(default_factory=dict)
    names: dict[Path, str] = field(default_factory=dict)

    def whole(self) -> None:
        """Walk to the end."""
        table: Path = ()
        self._skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()

    def named(self, path: Path) -> Path:
        """Return a path with the names of tables in place of their numbers."""
        return tuple(self.names.get(path[: at + 1], part) for at, part in enumerate(path))

    def _skip(self) -> None:
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise _NotToml
        self.at = match.end()
        return match.group()

    def _expect(self, sign: str) -> None:
        self._skip()
        if self.text[self.at] != sign:
            raise _NotToml
        self.at += 1

    def _key(self) -> Path:
        parts: list[str | int] = []
        while True:
            self._skip()
            quoted = self.text[self.at] in "\"'"
            part = self._take(_QUOTED if quoted else _BARE)
            parts.append(part[1:-1] if quoted else part)
            self._skip()
            if self.text[self.at : self.at + 1] != ".":
                return tuple(parts[:_DEEPEST])
            self.at += 1

    def _header(self) -> Path:
        start = self.at
        array = self.text.startswith("[[", start)
        self.at += 2 if array else 1
        table: Path = ()
        key = self._key()
        for number, part in enumerate(key):
            table = (*table, part)
            self.found.setdefault(table, start)
            last = number == len(key) - 1
            if array and last:
                self.arrays[table] = self.arrays.get(table, -1) + 1
            if table in self.arrays:
                table = (*table, self.arrays[table])
                self.found.setdefault(table, start)
        for _ in range(2 if array else 1):
            self._expect("]")
        return table

    def _pair(self, table: Path) -> None:
        start = self.at
        path = table
        for part in self._key():
            path = (*path, part)
            self.found.setdefault(path, start)
        self._expect("=")
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip()
        sign = self.text[self.at]
        if sign == "[":
            self._list(path)
        elif sign == "{":
            self._inline(path)
        elif self.text.startswith(('"""', "'''"), self.at):
            self._take(_LONG)
        elif sign in "\"'":
            word = self._take(_QUOTED)
            if path[-1] in _NAMES and len(path) > 1 and isinstance(path[-2], int):
                self.names[path[:-1]] = word[1:-1]
        else:
            self._take(_SIMPLE)

    def _list(self, path: Path) -> None:
        self.at += 1
        number = 0
        self._skip()
        while self.text[self.at] != "]":
            self.found.setdefault((*path, number), self.at)
            self._value((*path, number))
            number += 1
            self._skip()
            if self.text[self.at] == ",":
                self.at += 1
            self._skip()
        self.at += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        self._skip()
        while self.text[self.at] != "}":
            self._pair(path)
            self._skip()
            if self.text[self.at] == ",":
                self.at += 1
            self._skip()
        self.at += 1
