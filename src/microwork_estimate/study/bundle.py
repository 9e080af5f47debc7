"""The result bundle: what a run found, frozen, with all that is needed to check it. JSON, schema 1.1.

The JSON has sorted keys, no NaN (a draw that failed is the text ``"NaN"``) and no infinity (an open end is the text
``"Infinity"``). Neither clock nor host is in it: the same seed gives the same bytes. The digest is taken over everything
but itself and the versions of the software, so that it names the *result*.

Schema 1.1 adds to tables which columns count people and which cells are hidden. A field that says nothing is left out, so
that a bundle of schema 1.0 keeps its digest.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput, SchemaVersion
from microwork_estimate.estimate import Assumption, Bounds, Estimand, Estimate, FrozenMapping, Interval, Replicates
from microwork_estimate.inputs import read_text
from microwork_estimate.small_tables import grid_table, notes_list
from microwork_estimate.study.safe_folder import stored_file
from microwork_estimate.study.schema import ReadOnly

SCHEMA_VERSION = "1.1"
BUNDLE_FILE = "bundle.json"
DIGEST_DIGITS = 9
_VERSIONS_OF = ("microwork-estimate", "numpy", "scipy", "pandas")
_SINCE_1_1 = ("counts", "shares", "suppressed")  # of a table; left out of the JSON where empty


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultTable:
    """A table of plain values that belongs to a result: a curve, a tornado, a series.

    Parameters
    ----------
    columns : tuple of str
    rows : tuple of tuple
        Plain values, as many in each row as there are columns.
    counts : tuple of str
        The columns that count persons or answers: cells that are too small are hidden before anything is written.
    shares : tuple of (str, str)
        The columns that are shares of such a count, each with the column of that count.
    suppressed : tuple of (int, str)
        The cells that are hidden, each by its row (from 0) and its column; their value is None.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    counts: tuple[str, ...] = ()
    shares: tuple[tuple[str, str], ...] = ()
    suppressed: tuple[tuple[int, str], ...] = ()

    def __post_init__(self) -> None:
        unknown = {*self.counts, *(name for pair in self.shares for name in pair)} - set(self.columns)
        if unknown:
            raise InvalidInput(
                "unknown column",
                expected="columns of the table: " + ", ".join(self.columns),
                got=", ".join(sorted(unknown)),
                where="ResultTable",
                fix="name the columns that count people as they stand in the table",
            )
        if any(len(row) != len(self.columns) for row in self.rows):
            raise InvalidInput(
                "ragged table",
                expected=f"{len(self.columns)} values in every row",
                got="rows of other lengths",
                where="ResultTable",
                fix="give one value for each column",
            )

    def column(self, name: str) -> tuple[Any, ...]:
        """Return one column by its name."""
        at = self.columns.index(name)
        return tuple(row[at] for row in self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultBundle:
    """Everything a run found, and what it was found from.

    Parameters
    ----------
    study : mapping
        Id, version and titles of the study, and whether it is synthetic.
    settings : mapping
        Seed, number of replicates, level.
    inputs, published : mapping of str to mapping
        The figures with value, unit, status, source and locator. Published results stand apart: they are marks to compare
        with, and no estimator has read them.
    files : mapping of str to str
        sha256 of every data file that was read.
    estimates : mapping of str to Estimate
        In the order in which they were made.
    tables : mapping of str to ResultTable
    environment : mapping of str to str
        Versions of the software; outside the digest.
    made_from : mapping of str to frozenset of str
        What each estimate, table, route and finding was made of, in marks (see ``origins.py``); it is not written, and
        empty in a result that was read.
    """

    study: Mapping[str, Any]
    settings: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, Any]]
    published: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, str]
    estimates: Mapping[str, Estimate]
    tables: Mapping[str, ResultTable]
    environment: Mapping[str, str]
    made_from: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for part in fields(self):
            object.__setattr__(self, part.name, _frozen(getattr(self, part.name)))

    @property
    def digest(self) -> str:
        """sha256 of the result: of everything but the versions of the software."""
        content = _rounded(_as_json_values(replace(self, environment={})))
        return hashlib.sha256(_canonical(content).encode("utf-8")).hexdigest()

    @property
    def identifier(self) -> str:
        """Name of this result in citations: ``study@version+digest`` with twelve digits of the digest."""
        return f"{self.study['id']}@{self.study['version']}+{self.digest[:12]}"

    def _repr_html_(self) -> str:
        names = {key: words.get("en", key) for key, words in self.study.get("labels", {}).items()}
        head = ("quantity", "estimate", "interval", "bounds", "warnings")
        rows = [
            [names.get(name, name), *found.display(), ", ".join(dict.fromkeys(w.code for w in found.warnings))]
            for name, found in self.estimates.items()
        ]
        title = f"{'SYNTHETIC. ' if self.study.get('synthetic') else ''}{self.study.get('title_en', '')}"
        return grid_table(title, head, rows) + notes_list([f"result {self.identifier}"])

    def to_json(self) -> str:
        """Return the bundle as JSON text."""
        content = _as_json_values(self)
        content["schema_version"] = SCHEMA_VERSION
        content["digest"] = self.digest
        return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def environment() -> dict[str, str]:
    """Return the versions that a number may depend on."""
    versions = {name.replace("-", "_"): metadata.version(name) for name in _VERSIONS_OF}
    return {"python": platform.python_version(), **versions}


def _frozen(value: Any) -> Any:
    """Make mappings and lists read-only, all the way down."""
    if isinstance(value, Mapping):
        return ReadOnly({str(key): _frozen(item) for key, item in value.items()})
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value


def _rounded(content: Any) -> Any:
    """Round numbers to the digits of the digest.

    The last digits depend on the versions of the mathematical libraries; a result is the same without them.
    """
    if isinstance(content, float):
        return float(f"{content:.{DIGEST_DIGITS}g}")
    if isinstance(content, dict):
        return {key: _rounded(item) for key, item in content.items()}
    return [_rounded(item) for item in content] if isinstance(content, list) else content


def _canonical(content: Any) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _as_json_values(value: Any) -> Any:
    """Turn nouns into JSON values; numbers that JSON does not know become words."""
    if isinstance(value, float | np.floating):
        number = float(value)
        if math.isnan(number):
            return "NaN"
        return number if math.isfinite(number) else ("Infinity" if number > 0 else "-Infinity")
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, np.ndarray):
        return [_as_json_values(item) for item in value.tolist()]
    if isinstance(value, Mapping):
        return {str(key): _as_json_values(item) for key, item in value.items()}
    if isinstance(value, ResultBundle):
        content = {f.name: _as_json_values(getattr(value, f.name)) for f in fields(value) if f.name != "made_from"}
        # A JSON object has no order, and the order of the estimates is that of the report.
        content["order"] = {"estimates": list(value.estimates), "tables": list(value.tables)}
        return content
    if isinstance(value, ResultTable):
        names = [f.name for f in fields(value) if f.name not in _SINCE_1_1 or getattr(value, f.name)]
        return {name: _as_json_values(getattr(value, name)) for name in names}
    if hasattr(value, "__dataclass_fields__"):
        return {name: _as_json_values(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Sequence):
        return [_as_json_values(item) for item in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _number(value: Any) -> Any:
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value


def _estimate(content: Mapping[str, Any]) -> Estimate:
    """Make an Estimate of its JSON form; fields that a later minor version added are left out."""
    parts: dict[str, Any] = {key: item for key, item in content.items() if key in Estimate.__dataclass_fields__}
    parts["estimand"] = Estimand(**content["estimand"])
    parts["diagnostics"] = FrozenMapping({k: _number(v) for k, v in content["diagnostics"].items()})
    parts["assumptions"] = tuple(Assumption(**item) for item in content["assumptions"])
    parts["warnings"] = tuple(CodedWarning(**item) for item in content["warnings"])
    parts["references"] = tuple(content["references"])
    for name, kind in (("interval", Interval), ("bounds", Bounds)):
        if content[name] is not None:
            parts[name] = kind(**{key: _number(item) for key, item in content[name].items()})
    if content["replicates"] is not None:
        redraws = content["replicates"]
        parts["replicates"] = Replicates(
            values=np.array([_number(item) for item in redraws["values"]]),
            streams=tuple(redraws["streams"]),
            seed=redraws["seed"],
        )
    for name in ("value", "standard_error", "n_observed"):
        parts[name] = _number(content[name])
    return Estimate(**parts)


def _table(content: Mapping[str, Any]) -> ResultTable:
    rows = tuple(tuple(_number(item) for item in row) for row in content["rows"])
    return ResultTable(
        columns=tuple(content["columns"]),
        rows=rows,
        counts=tuple(content.get("counts", ())),
        shares=tuple((share, whole) for share, whole in content.get("shares", ())),
        suppressed=tuple((row, column) for row, column in content.get("suppressed", ())),
    )


def read_bundle(path: str | Path) -> ResultBundle:
    """Read a bundle that was written before, and check that it is what it says.

    Parameters
    ----------
    path : path
        The JSON file, or the folder that holds it. If writing into the folder was interrupted, the bundle before it.

    Raises
    ------
    InvalidInput
        If the file is missing, no bundle, or its content does not have its digest.
    SchemaVersion
        If it was written by a later version.
    """
    file = Path(path)
    file = stored_file(file, BUNDLE_FILE) if file.is_dir() else file
    try:
        content = json.loads(read_text(file))
        version = str(content["schema_version"])
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise _no_bundle(file, error) from error
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise SchemaVersion(
            "bundle of another schema",
            expected=f"schema {SCHEMA_VERSION}",
            got=f"schema {version}",
            where=str(file),
            fix="install the version of microwork-estimate that wrote it, or a newer one",
        )
    try:
        bundle, digest = _bundle(content), str(content["digest"])
    except (KeyError, TypeError, AttributeError) as error:
        raise _no_bundle(file, error) from error
    if bundle.digest != digest:
        raise InvalidInput(
            "bundle changed after it was written",
            expected=f"digest {digest[:12]}",
            got=f"digest {bundle.digest[:12]}",
            where=str(file),
            fix="run the study again; a bundle is never edited by hand",
        )
    return bundle


def _no_bundle(file: Path, error: Exception) -> InvalidInput:
    return InvalidInput(
        "not a result bundle",
        expected="JSON written by this program",
        got=f"{type(error).__name__}: {error}",
        where=str(file),
        fix="give the file bundle.json of a run",
    )


def _bundle(content: Mapping[str, Any]) -> ResultBundle:
    order = content["order"]
    return ResultBundle(
        study=content["study"],
        settings=content["settings"],
        inputs=content["inputs"],
        published=content["published"],
        files=content["files"],
        estimates={name: _estimate(content["estimates"][name]) for name in order["estimates"]},
        tables={name: _table(content["tables"][name]) for name in order["tables"]},
        environment=content["environment"],
    )


def write_files(folder: str | Path, writers: Mapping[str, Callable[[Path], None]]) -> tuple[Path, ...]:
    """Write several files into a folder so that either all of them appear or none.

    Each writer gets a path in a temporary folder beside the target; only when all have succeeded are the files moved into
    place, each by an atomic rename. Other files of the folder are left alone.

    Raises
    ------
    InvalidInput
        If the folder cannot be made or is a file.
    """
    target = Path(folder).absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".partial-") as scratch:
            for name, writer in writers.items():
                writer(Path(scratch) / name)
            target.mkdir(exist_ok=True)
            for name in writers:
                (Path(scratch) / name).replace(target / name)
    except OSError as error:
        raise InvalidInput(
            "cannot write there",
            expected="a folder that can be made or written",
            got=error.strerror or type(error).__name__,
            where=str(target),
            fix="choose another folder",
        ) from error
    return tuple(target / name for name in writers)


def figure_rows(figures: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return figures of the registry as plain rows for the bundle."""
    return {key: {k: v for k, v in asdict(figure).items() if v is not None} for key, figure in figures.items()}
