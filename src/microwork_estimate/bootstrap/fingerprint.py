"""A checksum of anything that decides the numbers of a run: data, options, and the code of a user's own function.

The same in every process and on every machine with the same version of Python: nothing of memory addresses, of the
order of sets, or of when an object was made goes into it.
"""

from __future__ import annotations

import copyreg
import functools
import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from microwork_estimate.errors import InvalidInput

_PACKAGE = __name__.partition(".")[0]
_VALUES = (bool, int, float, complex, str, bytes, tuple, list, dict, frozenset, set, np.ndarray, np.generic, type(None))
_SHOWING = ("reporting/", "cli/", "__main__.py")
_INSTALLED = {"site-packages", "dist-packages"}


def fingerprint(thing: object) -> str:
    """Return a checksum that differs where things differ in what they hold or do.

    Procedure: numbers, text and arrays by their content; records, mappings and lists by what is in them; functions and
    classes of installed packages by their name; the user's own functions and classes by what they do (instructions,
    constants, defaults, what they close over, and the user's own functions that they call); other objects by what
    they would be sent to another process with. So a function that counts its own calls in a global name becomes another
    one with each call.

    Parameters
    ----------
    thing : object

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    InvalidInput
        If something in it has no content that can be known, such as an open file.

    Examples
    --------
    >>> fingerprint({"a": 1.0, "b": [2]}) == fingerprint({"b": [2], "a": 1.0})
    True
    >>> fingerprint(lambda x: 2 * x) == fingerprint(lambda x: 3 * x)
    False
    """
    return _Reader().digest(thing)


@functools.cache
def program() -> str:
    """Return a checksum of the source files of this package that can decide a number: another code, another program."""
    total = hashlib.sha256()
    folder = Path(__file__).parents[1]
    for file in sorted(folder.rglob("*.py")):
        name = file.relative_to(folder).as_posix()
        if not name.startswith(_SHOWING):
            total.update(name.encode())
            total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


class _Reader:
    """Walks through a thing; knows what it is in the middle of, so that circles end, and what it has read."""

    def __init__(self) -> None:
        self._inside: list[int] = []
        self._known: dict[int, tuple[object, str]] = {}

    def digest(self, thing: Any) -> str:
        """Return the checksum of one thing."""
        if id(thing) in self._inside:
            return f"circle {len(self._inside) - self._inside.index(id(thing))}"
        if id(thing) in self._known:
            return self._known[id(thing)][1]
        self._inside.append(id(thing))
        try:
            found = self._total(self._parts(thing))
        finally:
            self._inside.pop()
        # The thing is kept with its checksum: another one may not come to stand at its place in memory.
        self._known[id(thing)] = (thing, found)
        return found

    @staticmethod
    def _total(parts: list[str | bytes]) -> str:
        total = hashlib.sha256()
        for part in parts:
            content = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
            total.update(f"{len(content)}:".encode())
            total.update(content)
        return total.hexdigest()

    def _parts(self, thing: Any) -> list[str | bytes]:
        kind = type(thing)
        if thing is None or kind in (bool, int, float, complex, str, bytes):
            return [kind.__name__, thing if kind is bytes else repr(thing)]
        if isinstance(thing, np.ndarray | np.generic):
            return self._array(np.asarray(thing))
        if isinstance(thing, ModuleType):
            return ["module", thing.__name__, _file_checksum(thing)]
        if isinstance(thing, type):
            return self._class(thing)
        if isinstance(thing, CodeType):
            return self._code(thing)
        if isinstance(thing, FunctionType):
            return self._function(thing)
        if isinstance(thing, MethodType):
            return ["method", self.digest(thing.__self__), self.digest(thing.__func__)]
        if isinstance(thing, BuiltinFunctionType | np.ufunc):
            return ["built in", str(getattr(thing, "__module__", None)), thing.__name__]
        return self._container(thing)

    def _container(self, thing: Any) -> list[str | bytes]:
        if isinstance(thing, Mapping):
            items = sorted(self.digest(key) + self.digest(value) for key, value in thing.items())
            return [type(thing).__qualname__, *items]
        if isinstance(thing, tuple | list):
            return [type(thing).__qualname__, *(self.digest(item) for item in thing)]
        if isinstance(thing, set | frozenset):
            return [type(thing).__qualname__, *sorted(self.digest(item) for item in thing)]
        if isinstance(thing, property):
            return ["property", *(self.digest(part) for part in (thing.fget, thing.fset, thing.fdel))]
        if isinstance(thing, classmethod | staticmethod):
            return [type(thing).__qualname__, self.digest(thing.__func__)]
        if is_dataclass(thing):
            return [self.digest(type(thing)), *(self.digest(getattr(thing, f.name)) for f in fields(thing))]
        return self._reduced(thing)

    def _reduced(self, thing: Any) -> list[str | bytes]:
        try:
            reducer = copyreg.dispatch_table.get(type(thing))
            state = reducer(thing) if reducer else thing.__reduce_ex__(4)
        except TypeError as error:
            raise InvalidInput(
                "a run that cannot be told from others",
                expected="data, options and functions whose content can be known",
                got=f"{type(thing).__qualname__} ({error})",
                where="a bootstrap with a checkpoint",
                fix="open files and connections inside the recipe, or do without a checkpoint",
            ) from error
        if isinstance(state, str):
            return [type(thing).__qualname__, state]
        maker, arguments, *rest = state
        listed = [list(part) if isinstance(part, Iterator) else part for part in rest]
        return ["object", self.digest(maker), self.digest(arguments), self.digest(listed)]

    def _array(self, array: np.ndarray) -> list[str | bytes]:
        shape = [array.dtype.str, str(array.shape)]
        if array.dtype.hasobject:
            return [*shape, *(self.digest(item) for item in array.ravel().tolist())]
        return [*shape, np.ascontiguousarray(array).tobytes()]

    def _class(self, kind: type) -> list[str | bytes]:
        name: list[str | bytes] = ["class", kind.__module__, kind.__qualname__]
        if _installed(kind.__module__):
            return name
        own = {key: value for key, value in vars(kind).items() if _says_something(key, value)}
        return [*name, *(self.digest(base) for base in kind.__bases__), self.digest(own)]

    def _function(self, function: FunctionType) -> list[str | bytes]:
        if _installed(function.__module__) and "<" not in function.__qualname__:
            return ["function", str(function.__module__), function.__qualname__]
        code = function.__code__
        closed = {name: _content(cell) for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True)}
        used = {name: function.__globals__[name] for name in _names(code) if name in function.__globals__}
        options = (function.__defaults__, function.__kwdefaults__, vars(function))
        return ["own function", *(self.digest(part) for part in (code, options, closed, used))]

    def _code(self, code: CodeType) -> list[str | bytes]:
        names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        return [code.co_code, code.co_exceptiontable, self.digest(code.co_consts), self.digest(names)]


def _says_something(key: str, value: object) -> bool:
    """Whether an entry of a class decides what its objects do; the rest is written by Python."""
    if isinstance(value, FunctionType | classmethod | staticmethod | property):
        return True
    return not key.startswith("__") and isinstance(value, _VALUES)


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # a name that has no value yet
        return None


def _names(code: CodeType) -> set[str]:
    """Return the global names that some code may use, that of the functions inside it included."""
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def _installed(module: str | None) -> bool:
    """Whether a module belongs to Python, to this package or to an installed one: its version stands for it."""
    top = (module or "").partition(".")[0]
    if top == "__main__":  # a script, wherever it lies
        return False
    if top == _PACKAGE or top in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(top), "__file__", None)
    return file is not None and not _INSTALLED.isdisjoint(Path(file).parts)


def _file_checksum(module: ModuleType) -> str:
    file = getattr(module, "__file__", None)
    if _installed(module.__name__) or file is None:
        return ""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()
