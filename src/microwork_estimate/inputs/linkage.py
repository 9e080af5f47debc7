"""From lists of identifiers to capture histories: who is on which lists is counted, and the digests are forgotten.

Small lists are sorted in memory. Large ones go to DuckDB (the extra ``lists``), which counts out of core in a folder
that is removed at the end. Both count the same digests and give the same numbers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_choice
from microwork_estimate.estimate import Estimand, IntArray
from microwork_estimate.inputs.checks import distinct_names, same_length
from microwork_estimate.inputs.histories import CAPTURED, MAX_LISTS, CaptureHistories
from microwork_estimate.inputs.identifiers import DigestArray, IdentifierRules, digest_batches
from microwork_estimate.inputs.occasions import OccasionHistories

IN_MEMORY_ROWS = 5_000_000
"""Up to so many rows in all, lists are counted without DuckDB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutOfCore:
    """Counting with DuckDB, for lists that do not fit into memory.

    Parameters
    ----------
    memory_gigabytes : float
        Memory that DuckDB may take before it writes to disk. The whole process takes about half a gigabyte more.
    threads : int
        Processors that it may use.
    folder : Path, str or None
        Where a temporary folder is made for the digests, some tens of bytes a row; None for the system's place. It is
        removed at the end, also after an error.

    Raises
    ------
    InvalidInput
        If a number is not above zero.

    Examples
    --------
    >>> OutOfCore(memory_gigabytes=1.0).threads
    2
    """

    memory_gigabytes: float = 2.0
    threads: int = 2
    folder: Path | str | None = None

    def __post_init__(self) -> None:
        if not (self.memory_gigabytes > 0 and self.threads >= 1):
            raise InvalidInput(
                "impossible limits",
                expected="memory above 0 and at least one thread",
                got=f"memory_gigabytes={self.memory_gigabytes}, threads={self.threads}",
                where="OutOfCore",
                fix="give what the machine can spare",
            )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LinkedLists:
    """What came of linking lists: numbers only.

    Parameters
    ----------
    histories : CaptureHistories
        Persons by the lists they are on.
    rows : tuple of int, length k
        Rows read in each list.
    duplicates : tuple of int, length k
        Rows that repeat an identifier of the same list; each person counts once.
    without_identifier : tuple of int, length k
        Rows left out because they have none.
    engine : str
        ``"memory"`` or ``"duckdb"``.
    warnings : tuple of CodedWarning

    Examples
    --------
    >>> linked = link_lists({"A": ["ada", "bob"], "B": ["bob", "eve"]})
    >>> linked.histories.two_list_cells(), linked.duplicates
    ((1, 1, 1), (0, 0))
    """

    histories: CaptureHistories
    rows: tuple[int, ...]
    duplicates: tuple[int, ...]
    without_identifier: tuple[int, ...]
    engine: str
    warnings: tuple[CodedWarning, ...]


def link_lists(
    lists: Mapping[str, Any],
    *,
    rules: IdentifierRules | None = None,
    engine: Literal["auto", "memory"] | OutOfCore = "auto",
    estimand: Estimand = CAPTURED,
) -> LinkedLists:
    """Recognise persons in several lists by their identifiers and count them by the lists they are on.

    Procedure: each identifier is trimmed, brought to Unicode form NFKC (and case-folded if the rules say so) and hashed
    with a key; equal digests are one person. Up to five million rows are sorted in memory; beyond, DuckDB groups them
    on disk.

    Parameters
    ----------
    lists : mapping of str to IdentifierList, sequence, array or series
        The k lists by their names, 2 to 20.
    rules : IdentifierRules, optional
        When identifiers are the same. Without, case counts, rows without identifier are refused, and the key is random.
    engine : {"auto", "memory"} or OutOfCore
        Where counting happens; the numbers do not depend on it.
    estimand : Estimand
        Whom the lists are about.

    Returns
    -------
    LinkedLists
        Warns of ``duplicate-identifiers`` and ``rows-without-identifier``.

    Raises
    ------
    InvalidInput
        If a list cannot be read (see :func:`~microwork_estimate.inputs.identifiers.digest_batches`), their number is
        not possible, or they are too long for memory and DuckDB is not installed.

    Assumptions
    -----------
    Within and between lists, the same identifier is the same person and another identifier another person; misspelt
    identifiers are missed links (see :class:`~microwork_estimate.capture_recapture.RecaptureAdjustments`).

    References
    ----------
    Fellegi and Sunter 1969, Journal of the American Statistical Association 64(328), 1183-1210, for what linkage by
    exact agreement leaves out.

    Examples
    --------
    >>> a, b = ["ada@x.org", "bob@x.org "], ["BOB@x.org", "eve@x.org"]
    >>> link_lists({"A": a, "B": b}, rules=IdentifierRules(ignore_case=True)).histories.counts.tolist()
    [1, 1, 1]
    """
    names = _checked_names(lists, MAX_LISTS)
    if not isinstance(engine, OutOfCore):
        check_choice(engine, ("auto", "memory"), where="link_lists, engine")
    tallies = [_Tally() for _ in names]
    counter: _Memory | _DuckDB = _DuckDB(engine) if isinstance(engine, OutOfCore) else _Memory()
    try:
        for position, digests in _read(lists, names, rules or IdentifierRules(), tallies):
            if engine == "auto" and isinstance(counter, _Memory) and counter.rows + len(digests) > IN_MEMORY_ROWS:
                counter = _poured(counter, _DuckDB(OutOfCore()))
            counter.add(digests, 1 << (len(names) - 1 - position))
        patterns = counter.patterns(len(names))
        found = counter.name
    finally:
        counter.close()
    histories = CaptureHistories(lists=names, counts=patterns[:0:-1], estimand=estimand)
    return _linked(histories, tallies, found)


def link_occasions(
    lists: Mapping[str, Any], *, periods: Sequence[int], rules: IdentifierRules | None = None
) -> OccasionHistories:
    """Recognise persons in the lists of several occasions, one row for each person, in memory.

    Procedure: as :func:`link_lists`, for any number of occasions. Rows stand in the order of digests, which says
    nothing about the persons.

    Parameters
    ----------
    lists : mapping of str to IdentifierList, sequence, array or series
        Who was seen on each of T occasions, in the order of time.
    periods : sequence of int, length T
        The period of each occasion: 0, 0, 1, 1, 2, ...
    rules : IdentifierRules, optional

    Returns
    -------
    OccasionHistories
        Warns as :func:`link_lists`.

    Raises
    ------
    InvalidInput
        If a list cannot be read, or periods do not fit.

    Assumptions
    -----------
    As :func:`link_lists`.

    Examples
    --------
    >>> days = link_occasions({"Monday": ["ada", "bob"], "Tuesday": ["bob"]}, periods=[0, 1])
    >>> sorted(days.seen.tolist())
    [[True, False], [True, True]]
    """
    names = _checked_names(lists, None)
    same_length({"lists": len(names), "periods": len(periods)}, where="link_occasions")
    tallies = [_Tally() for _ in names]
    counter = _Memory()
    for position, digests in _read(lists, names, rules or IdentifierRules(), tallies):
        counter.add(digests, position)
    person, occasion, n_persons = counter.persons()
    seen = np.zeros((n_persons, len(names)), dtype=np.bool_)
    seen[person, occasion] = True
    announce(_warnings(names, tallies, seen.sum(axis=0)))
    return OccasionHistories(seen=seen, occasions=names, periods=np.asarray(periods))


class _Tally:
    """Rows of one list, and those of them that have an identifier."""

    __slots__ = ("identified", "rows")

    def __init__(self) -> None:
        self.rows = 0
        self.identified = 0


def _checked_names(lists: Mapping[str, Any], most: int | None) -> tuple[str, ...]:
    names = distinct_names(lists, where="names of the lists")
    if len(names) < 2 or (most is not None and len(names) > most):
        raise InvalidInput(
            "impossible number of lists",
            expected=f"2 to {most}" if most else "at least 2",
            got=str(len(names)),
            where="lists",
            fix="give at least two lists" if len(names) < 2 else "use link_occasions, or join lists before",
        )
    return names


def _read(
    lists: Mapping[str, Any], names: tuple[str, ...], rules: IdentifierRules, tallies: list[_Tally]
) -> Iterator[tuple[int, DigestArray]]:
    """Yield the digests of all lists, batch by batch, with the position of the list, and keep the tallies."""
    for position, (name, source) in enumerate(zip(names, lists.values(), strict=True)):
        for batch in digest_batches(source, rules, where=f"list {name!r}"):
            tallies[position].rows += batch.rows
            tallies[position].identified += len(batch.digests)
            yield position, batch.digests


def _linked(histories: CaptureHistories, tallies: list[_Tally], engine: str) -> LinkedLists:
    warnings = _warnings(histories.lists, tallies, histories.list_sizes)
    announce(warnings)
    return LinkedLists(
        histories=histories,
        rows=tuple(tally.rows for tally in tallies),
        duplicates=tuple(t.identified - int(size) for t, size in zip(tallies, histories.list_sizes, strict=True)),
        without_identifier=tuple(tally.rows - tally.identified for tally in tallies),
        engine=engine,
        warnings=warnings,
    )


def _warnings(names: tuple[str, ...], tallies: list[_Tally], sizes: NDArray[Any]) -> tuple[CodedWarning, ...]:
    repeated = {name: t.identified - int(n) for name, t, n in zip(names, tallies, sizes, strict=True)}
    empty = {name: t.rows - t.identified for name, t in zip(names, tallies, strict=True)}
    found = []
    if any(repeated.values()):
        message = f"{_listed(repeated)} repeat an identifier of the same list; each person is counted once"
        found.append(CodedWarning(code="duplicate-identifiers", message=message))
    if any(empty.values()):
        message = f"{_listed(empty)} have no identifier and are left out; nobody can say who they are"
        found.append(CodedWarning(code="rows-without-identifier", message=message))
    return tuple(found)


def _listed(numbers: dict[str, int]) -> str:
    return f"{sum(numbers.values())} rows (" + ", ".join(f"{name}: {n}" for name, n in numbers.items() if n) + ")"


class _Memory:
    """Count digests by sorting them."""

    name = "memory"

    def __init__(self) -> None:
        self.parts: list[tuple[DigestArray, int]] = []
        self.rows = 0

    def add(self, digests: DigestArray, mark: int) -> None:
        """Keep the digests of one batch with the mark of their list."""
        self.parts.append((digests, mark))
        self.rows += len(digests)

    def _sorted(self) -> tuple[IntArray, IntArray]:
        """Return the marks of all rows in the order of digests, and where each person begins."""
        digests = np.concatenate([part for part, _ in self.parts] or [np.empty((0, 2), dtype=np.uint64)])
        marks = np.repeat([mark for _, mark in self.parts], [len(part) for part, _ in self.parts]).astype(np.int64)
        order = np.lexsort((digests[:, 1], digests[:, 0]))
        ordered = digests[order]
        new = np.ones(len(ordered), dtype=np.bool_)
        new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
        return marks[order], np.flatnonzero(new)

    def patterns(self, n_lists: int) -> IntArray:
        """Return the persons with each pattern, shape (2^k,), by its binary number."""
        marks, starts = self._sorted()
        codes = np.bitwise_or.reduceat(marks, starts) if marks.size else marks
        return np.bincount(codes, minlength=2**n_lists).astype(np.int64)

    def persons(self) -> tuple[IntArray, IntArray, int]:
        """Return the number of the person and the mark of each row, and how many persons there are."""
        marks, starts = self._sorted()
        return np.repeat(np.arange(starts.size), np.diff(starts, append=marks.size)), marks, starts.size

    def close(self) -> None:
        """Forget the digests."""
        self.parts.clear()


class _DuckDB:
    """Count digests in a database on disk that is removed afterwards. It never holds an identifier."""

    name = "duckdb"

    def __init__(self, options: OutOfCore) -> None:
        duckdb = _import_duckdb()
        self.folder = tempfile.TemporaryDirectory(prefix="linkage-", dir=options.folder, ignore_cleanup_errors=True)
        place = Path(self.folder.name)
        limits = {
            "memory_limit": f"{round(options.memory_gigabytes * 1000)}MB",
            "threads": options.threads,
            "temp_directory": str(place / "spill"),
            "preserve_insertion_order": False,
        }
        self.connection = duckdb.connect(str(place / "digests.duckdb"), config=limits)
        self.connection.execute("CREATE TABLE digests (high UBIGINT, low UBIGINT, mark BIGINT)")

    def add(self, digests: DigestArray, mark: int) -> None:
        """Write the digests of one batch with the mark of their list."""
        columns = {"high": digests[:, 0].copy(), "low": digests[:, 1].copy(), "mark": np.full(len(digests), mark)}
        self.connection.register("batch", columns)
        self.connection.execute("INSERT INTO digests SELECT high, low, mark FROM batch")
        self.connection.unregister("batch")

    def patterns(self, n_lists: int) -> IntArray:
        """Return the persons with each pattern, shape (2^k,), by its binary number."""
        persons = "SELECT bit_or(mark) AS pattern FROM digests GROUP BY high, low"
        counted = self.connection.execute(f"SELECT pattern, count(*) FROM ({persons}) GROUP BY pattern").fetchall()  # noqa: S608
        result = np.zeros(2**n_lists, dtype=np.int64)
        for pattern, persons_with in counted:
            result[pattern] = persons_with
        return result

    def close(self) -> None:
        """Remove the database and what it spilled."""
        self.connection.close()
        self.folder.cleanup()


def _import_duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise InvalidInput(
            "lists too long for memory",
            expected="the package duckdb",
            got="it is not installed",
            where="link_lists",
            fix='install it with pip install "microwork-estimate[lists]", or say engine="memory"',
        ) from error
    return duckdb


def _poured(memory: _Memory, target: _DuckDB) -> _DuckDB:
    """Move what was collected in memory to the database."""
    for digests, mark in memory.parts:
        target.add(digests, mark)
    memory.close()
    return target
