"""A result as a folder that others can read, check and cite: an RO-Crate.

What is in it starts from the bundle alone and has the same bytes for the same bundle: no clock, no host, no random name.
``ro-crate-metadata.json`` says what each file is, and its sha256.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimate
from microwork_estimate.study.bundle import BUNDLE_FILE, SCHEMA_VERSION, ResultBundle, ResultTable
from microwork_estimate.study.citation import bibtex_text, cff_text
from microwork_estimate.study.crate_metadata import METADATA_FILE, SOFTWARE_ID, crate_metadata, zenodo_metadata
from microwork_estimate.study.privacy import protect
from microwork_estimate.study.quality import Publication, PublicationRule, publications
from microwork_estimate.study.safe_folder import Writer, replace_files, stored_file
from microwork_estimate.study.sdmx import plain_number, sdmx_csv
from microwork_estimate.study.sims import quality_report, used_assumptions
from microwork_estimate.study.suppression import DEFAULT_THRESHOLD

HIDDEN = "c"  # a hidden cell in a CSV file: the flag of Eurostat for "confidential"
REPLICATES_FILE = "replicates.parquet"

_ESTIMATE_COLUMNS = (
    *("name", "label_en", "label_fr", "status", "reasons", "value", "standard_error", "cv", "low", "high", "level"),
    *("interval_method", "bound_low", "bound_high", "unit", "activity", "window", "territory", "platforms", "method"),
    *("n_observed", "warnings"),
)


def write_bundle(
    bundle: ResultBundle,
    folder: str | Path,
    *,
    figures: Mapping[str, Writer] | None = None,
    rule: PublicationRule | None = None,
    threshold: int = DEFAULT_THRESHOLD,
    published: str | None = None,
) -> tuple[Path, ...]:
    """Write a result as a folder that is an RO-Crate, so that all of it appears or nothing.

    Small counts are hidden first. A result that is there already is replaced as a whole; if the writing is interrupted,
    whenever that is, the old one is still what :func:`~microwork_estimate.study.read_bundle` reads. Other files of the
    folder are left alone.

    Parameters
    ----------
    bundle : ResultBundle
    folder : path
    figures : mapping of str to callable or None
        File names and what writes each picture at the path that it is given; they go into ``figures``. Draw them from
        ``protect(bundle)``.
    rule : PublicationRule or None
        When an estimate is published, flagged or suppressed in ``estimates.csv``, ``sdmx.csv`` and ``quality.json``; the
        customary thresholds if None. ``bundle.json`` holds every estimate: it is the record, not the publication.
    threshold : int
        Smallest count of persons that is shown.
    published : str or None
        Date of publication, for example ``"2026-11-25"``. Without one the crate bears the date of its schema: a result has
        no clock.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    InvalidInput
        If the folder cannot be made or written, or the date is none. Nothing has changed then.

    References
    ----------
    Soiland-Reyes et al. (2022), *Data Science* 5, 97-138: RO-Crate; the specification 1.1.

    Examples
    --------
    >>> import tempfile
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("stewart2015"), n_replicates=9, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = write_bundle(bundle, Path(folder) / "result")
    ...     study.read_bundle(Path(folder) / "result").digest == bundle.digest
    True
    """
    shown = protect(bundle, threshold=threshold)
    contents = crate_contents(shown, rule=rule, threshold=threshold)
    jobs: dict[str, Writer] = {name: partial(_write_bytes, content) for name, content in contents.items()}
    jobs |= {f"figures/{name}": writer for name, writer in (figures or {}).items()}
    # The metadata file holds the checksums of the others, and so it is written after them.
    written: dict[str, Path] = {}
    wrapped: dict[str, Writer] = {name: partial(_noting, written, name, writer) for name, writer in jobs.items()}
    wrapped[METADATA_FILE] = partial(_write_metadata, shown, written, published)
    return replace_files(folder, wrapped, stale=crate_files(folder))


def crate_contents(
    bundle: ResultBundle, *, rule: PublicationRule | None = None, threshold: int = DEFAULT_THRESHOLD
) -> dict[str, bytes]:
    """Return the files of a crate that start from the bundle alone: everything but pictures and metadata.

    Parameters
    ----------
    bundle : ResultBundle
        With its small counts hidden.
    rule : PublicationRule or None
    threshold : int

    Returns
    -------
    dict of str to bytes

    Examples
    --------
    >>> from microwork_estimate import study
    >>> sorted(crate_contents(study.run(study.load("stewart2015"), n_replicates=9, seed=1)))[:4]
    ['CITATION.cff', 'assumptions.csv', 'bundle.json', 'citation.bib']
    """
    texts = {
        BUNDLE_FILE: bundle.to_json(),
        "estimates.csv": estimates_csv(bundle, rule),
        **{f"tables/{name}.csv": table_csv(table) for name, table in bundle.tables.items()},
        "assumptions.csv": _assumptions_csv(bundle),
        "warnings.csv": _warnings_csv(bundle),
        "CITATION.cff": cff_text(bundle),
        "citation.bib": bibtex_text(bundle),
        "zenodo.json": _json(zenodo_metadata(bundle)),
        "sdmx.csv": sdmx_csv(bundle, rule=rule),
        "quality.json": _json(quality_report(bundle, rule=rule, threshold=threshold)),
    }
    contents = {name: text.encode("utf-8") for name, text in texts.items()}
    replicates = replicates_parquet(bundle)
    return contents if replicates is None else {**contents, REPLICATES_FILE: replicates}


def crate_files(folder: str | Path) -> tuple[str, ...]:
    """Return the files that the result in a folder holds, after its own metadata; none where there is no result.

    Parameters
    ----------
    folder : path

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> crate_files("no such folder")
    ()
    """
    path = stored_file(Path(folder), METADATA_FILE)
    try:
        ours = any(entity.get("@id") == SOFTWARE_ID for entity in json.loads(path.read_bytes())["@graph"])
        return tuple(recorded_checksums(folder)) if ours else ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()  # what is not ours is not removed


def recorded_checksums(folder: str | Path) -> dict[str, str]:
    """Return the sha256 that a crate records of each of its files.

    Raises
    ------
    InvalidInput
        If the metadata file cannot be read, or names a place outside the folder.

    Examples
    --------
    >>> recorded_checksums("no such folder")
    {}
    """
    path = stored_file(Path(folder), METADATA_FILE)
    if not path.is_file():
        return {}
    try:
        graph = json.loads(path.read_bytes())["@graph"]
        found = {str(e["@id"]): str(e["sha256"]) for e in graph if e.get("@type") == "File" and "sha256" in e}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _bad_metadata(path, f"{type(error).__name__}: {error}") from error
    outside = [name for name in found if Path(name).is_absolute() or ".." in Path(name).parts]
    if outside:
        raise _bad_metadata(path, outside[0])
    return found


def _bad_metadata(path: Path, got: str) -> InvalidInput:
    return InvalidInput(
        "not the metadata of a crate",
        expected="JSON-LD with files of this folder and their sha256",
        got=" ".join(got.split()),
        where=str(path),
        fix="write the result again",
    )


def _write_bytes(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _noting(written: dict[str, Path], name: str, writer: Writer, path: Path) -> None:
    writer(path)
    written[name] = path


def _write_metadata(bundle: ResultBundle, written: Mapping[str, Path], published: str | None, path: Path) -> None:
    contents = {name: file.read_bytes() for name, file in written.items()}
    sums = {name: (hashlib.sha256(content).hexdigest(), len(content)) for name, content in contents.items()}
    path.write_text(_json(crate_metadata(bundle, sums, published=published)), encoding="utf-8", newline="\n")


def _json(content: Any) -> str:
    plain = json.loads(json.dumps(content, ensure_ascii=False, default=_plain))
    return json.dumps(_finite(plain), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _finite(content: Any) -> Any:
    """Write infinities as the bundle does."""
    if isinstance(content, float) and not np.isfinite(content):
        return plain_number(content).replace("INF", "Infinity") if content == content else "NaN"
    if isinstance(content, dict):
        return {key: _finite(item) for key, item in content.items()}
    return [_finite(item) for item in content] if isinstance(content, list) else content


def _csv(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def estimates_csv(bundle: ResultBundle, rule: PublicationRule | None = None) -> str:
    """Write the estimates as a table to publish: a row that is suppressed has no numbers but its coefficient of variation.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> text = estimates_csv(study.run(study.load("stewart2015"), n_replicates=9, seed=1))
    >>> text.splitlines()[1].split(",")[:1]
    ['ever_there']
    """
    decided = publications(bundle, rule)
    rows = [_estimate_row(bundle, name, e, decided[name]) for name, e in bundle.estimates.items()]
    return _csv(_ESTIMATE_COLUMNS, rows)


def _estimate_row(bundle: ResultBundle, name: str, estimate: Estimate, decided: Publication) -> list[str]:
    labels = bundle.study.get("labels", {}).get(name, {})
    interval, bounds = estimate.interval, estimate.bounds
    shown = decided.status != "suppress"
    about = estimate.estimand
    around = (None, None, None) if interval is None else (interval.low, interval.high, interval.level)
    possible = (None, None) if bounds is None else (bounds.low, bounds.high)
    numbers = [estimate.value, estimate.standard_error, decided.cv, *around]
    written = [plain_number(number if shown or at == 2 else None) for at, number in enumerate(numbers)]
    return [
        *(name, labels.get("en", name), labels.get("fr", name), decided.status, " ".join(decided.reasons)),
        *written,
        "" if interval is None else interval.method,
        *(plain_number(number if shown else None) for number in possible),
        *(about.unit, about.activity, about.window, about.territory, about.platforms, estimate.method),
        plain_number(estimate.n_observed),
        " ".join(dict.fromkeys(warning.code for warning in estimate.warnings)),
    ]


def table_csv(table: ResultTable) -> str:
    r"""Write a table of a result; a hidden cell is the letter c, for confidential.

    Examples
    --------
    >>> table_csv(ResultTable(columns=("town", "n"), rows=(("A", None),), counts=("n",), suppressed=((0, "n"),)))
    'town,n\nA,c\n'
    """
    hidden = set(table.suppressed)
    rows = [
        [HIDDEN if (at, name) in hidden else _cell(value) for name, value in zip(table.columns, row, strict=True)]
        for at, row in enumerate(table.rows)
    ]
    return _csv(table.columns, rows)


def _cell(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if value is None or isinstance(value, int | float | np.number):
        return plain_number(None if value is None else float(value))
    return str(value)


def _assumptions_csv(bundle: ResultBundle) -> str:
    rows = [
        (
            a.id,
            a.statement_en,
            a.statement_fr,
            _cell(a.testable),
            a.direction_of_bias_if_violated,
            a.sensitivity or "",
            *n,
        )
        for a, n in ((a, [" ".join(names)]) for a, names in used_assumptions(bundle).values())
    ]
    header = ("assumption", "statement_en", "statement_fr", "testable", "bias_if_violated", "varied_by", "estimates")
    return _csv(header, rows)


def _warnings_csv(bundle: ResultBundle) -> str:
    rows = [(name, w.code, w.message) for name, e in bundle.estimates.items() for w in e.warnings]
    return _csv(("estimate", "code", "message"), rows)


def replicates_parquet(bundle: ResultBundle) -> bytes | None:
    """Return the replicates of a result as a parquet file, one column for each estimate that has any; None without.

    Row b is draw b of the run. A draw without a number is NaN or infinite, as in the bundle. The same bundle gives the same
    bytes with one version of pyarrow.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> replicates_parquet(study.run(study.load("stewart2015"), n_replicates=9, seed=1)) is None
    True
    """
    drawn = {name: e.replicates for name, e in bundle.estimates.items() if e.replicates is not None}
    if not drawn:
        return None
    import pyarrow as pa  # type: ignore[import-untyped]
    from pyarrow import parquet

    longest = max(len(draws) for draws in drawn.values())
    arrays, columns = [], []
    for name, draws in drawn.items():
        values = [*draws.values.tolist(), *[None] * (longest - len(draws))]
        arrays.append(pa.array(values, type=pa.float64(), from_pandas=False))
        about = {"streams": " ".join(draws.streams), "seed": str(draws.seed)}
        columns.append(pa.field(name, pa.float64(), metadata=about))
    schema = pa.schema(columns, metadata={"schema_version": SCHEMA_VERSION, "result": bundle.identifier})
    out = io.BytesIO()
    parquet.write_table(
        pa.Table.from_arrays(arrays, schema=schema), out, compression="zstd", version="2.6", store_schema=False
    )
    return out.getvalue()
