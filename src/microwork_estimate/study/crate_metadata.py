"""What a folder of results says of itself: the metadata of RO-Crate, and those that Zenodo asks for."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.bundle import BUNDLE_FILE, ResultBundle
from microwork_estimate.study.citation import (
    SOFTWARE_AUTHORS,
    SOFTWARE_TITLE,
    Document,
    documents,
    result_authors,
    result_title,
    software_version,
)

METADATA_FILE = "ro-crate-metadata.json"
SOFTWARE_ID = "#microwork-estimate"
# RO-Crate requires a date. A result has no clock, so that one which nobody has dated bears the day of its schema.
SCHEMA_DATE = "2026-11-25"
_UNDATED = "Nobody has dated this result: datePublished is the day of the schema of the folder."

_WHAT = {
    BUNDLE_FILE: "Everything that the run found and what it was found from; this is what is verified",
    "estimates.csv": "The estimates as a table to publish, each with its status: publish, flag or suppress",
    "replicates.parquet": "The redraws, one column for each estimate",
    "assumptions.csv": "What the estimates take for granted, in English and French",
    "warnings.csv": "What a reader of each estimate must know",
    "CITATION.cff": "How to cite this result (Citation File Format 1.2)",
    "citation.bib": "How to cite this result, the documents of its study, and the software (BibTeX)",
    "zenodo.json": "Metadata for a deposit at Zenodo; there the file is called .zenodo.json",
    "sdmx.csv": "The estimates in SDMX-CSV 2.0",
    "quality.json": "Quality report by the concepts of SIMS 2.0",
}
_FORMATS = {
    ".json": "application/json",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".cff": "application/yaml",
    ".bib": "application/x-bibtex",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


def crate_metadata(
    bundle: ResultBundle, checksums: Mapping[str, tuple[str, int]], *, published: str | None = None
) -> dict[str, Any]:
    """Return the metadata of a crate as JSON-LD.

    Parameters
    ----------
    bundle : ResultBundle
    checksums : mapping of str to (str, int)
        sha256 and size in bytes of each file.
    published : str or None
        Date of publication, year-month-day.

    Returns
    -------
    dict

    Raises
    ------
    InvalidInput
        If the date is not one of the calendar.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("stewart2015"), n_replicates=9, seed=1)
    >>> crate_metadata(bundle, {"bundle.json": ("0" * 64, 1)})["@context"][0]
    'https://w3id.org/ro/crate/1.1/context'
    """
    from rocrate.model import ContextEntity  # type: ignore[import-untyped]
    from rocrate.rocrate import ROCrate  # type: ignore[import-untyped]

    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms["sha256"] = "https://schema.org/sha256"
    crate.root_dataset["datePublished"] = _date(published)
    crate.name = result_title(bundle)
    crate.description = f"{_description(bundle)} {_UNDATED}" if published is None else _description(bundle)
    crate.license = _licence(bundle)
    crate.root_dataset["identifier"] = bundle.identifier
    crate.root_dataset["version"] = str(bundle.study["version"])
    people = [
        crate.add(ContextEntity(crate, f"#author-{at}", properties={"@type": _kind_of_author(name), "name": name}))
        for at, name in enumerate(result_authors(bundle), start=1)
    ]
    crate.root_dataset["author"] = people
    crate.root_dataset["citation"] = [
        crate.add(ContextEntity(crate, f"#document-{at}", properties=_document(document)))
        for at, document in enumerate(documents(bundle), start=1)
    ]
    files = {name: _add_file(crate, name, *checksums[name]) for name in sorted(checksums)}
    _add_run(crate, bundle, files)
    content: dict[str, Any] = crate.metadata.generate()
    content["@graph"].sort(key=lambda entity: str(entity["@id"]))
    return content


def _kind_of_author(name: str) -> str:
    """Return a person for a family name with a given name, else an organisation."""
    return "Person" if "," in name else "Organization"


def _date(published: str | None) -> str:
    if published is None:
        return SCHEMA_DATE
    try:
        return datetime.date.fromisoformat(published).isoformat()
    except ValueError as error:
        raise InvalidInput(
            "not a date",
            expected="year-month-day, for example 2026-11-25",
            got=repr(published),
            where="published",
            fix="give the day of publication, or leave it out",
        ) from error


def _description(bundle: ResultBundle) -> str:
    kind = "Made-up data, for practice and for tests. " if bundle.study["synthetic"] else ""
    return (
        f"{kind}Result {bundle.identifier} of the study {bundle.study['title_en']} ({bundle.study['territory']}), made with "
        f"microwork_estimate {software_version(bundle)}, seed {bundle.settings.get('seed')}, "
        f"{bundle.settings.get('n_replicates')} replicates. The command verify makes it again and says what differs."
    )


def _licence(bundle: ResultBundle) -> str:
    licences = dict.fromkeys(document.licence for document in documents(bundle) if document.licence)
    return "; ".join(licences) or "not stated; see the licences of the documents that are cited"


def _document(document: Document) -> dict[str, Any]:
    address = f"https://doi.org/{document.doi}" if document.doi else document.url
    held = {
        "@type": "ScholarlyArticle" if document.doi or document.arxiv or document.hal else "CreativeWork",
        "name": document.title,
        "author": list(document.authors),
        "datePublished": "" if document.year is None else str(document.year),
        "isPartOf": document.container,
        "url": address,
        "identifier": [name for name in (document.doi, document.arxiv, document.hal) if name],
        "license": document.licence,
    }
    return {name: value for name, value in held.items() if value}


def _add_file(crate: Any, name: str, checksum: str, size: int) -> Any:
    stem = PurePosixPath(name)
    what = _WHAT.get(name) or f"{'Picture' if stem.parts[0] == 'figures' else 'Table'} {stem.stem} of the result"
    properties = {"name": name, "description": what, "sha256": checksum, "contentSize": str(size)}
    if stem.suffix in _FORMATS:
        properties["encodingFormat"] = _FORMATS[stem.suffix]
    return crate.add_file(dest_path=name, properties=properties)


def _add_run(crate: Any, bundle: ResultBundle, files: Mapping[str, Any]) -> None:
    """Say what made the files, of what."""
    from rocrate.model import ContextEntity

    software = crate.add(
        ContextEntity(
            crate,
            SOFTWARE_ID,
            properties={
                "@type": "SoftwareApplication",
                "name": SOFTWARE_TITLE,
                "version": software_version(bundle),
                "softwareRequirements": [f"{name} {version}" for name, version in sorted(bundle.environment.items())],
            },
        )
    )
    inputs = [
        crate.add(
            ContextEntity(
                crate,
                f"#input-{key}",
                properties={
                    "@type": "CreativeWork",
                    "name": f"table {key} of the study; not part of this folder",
                    "sha256": checksum.removeprefix("sha256:"),
                },
            )
        )
        for key, checksum in sorted(bundle.files.items())
    ]
    action = {
        "@type": "CreateAction",
        "name": f"microwork-estimate run {bundle.study['id']}",
        "instrument": software,
        "object": inputs,
        "result": [files[name] for name in sorted(files)],
    }
    crate.root_dataset["mentions"] = [crate.add(ContextEntity(crate, "#run", properties=_plain(action)))]


def _plain(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Turn entities into references to them."""

    def reference(value: Any) -> Any:
        return {"@id": value.id} if hasattr(value, "id") else value

    return {
        name: [reference(item) for item in value] if isinstance(value, list) else reference(value)
        for name, value in properties.items()
    }


def zenodo_metadata(bundle: ResultBundle) -> dict[str, Any]:
    """Return the metadata that Zenodo asks for.

    Parameters
    ----------
    bundle : ResultBundle

    Returns
    -------
    dict
        The content of a ``.zenodo.json``. The licence and the date are left to whoever deposits the result.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> zenodo_metadata(study.run(study.load("stewart2015"), n_replicates=9, seed=1))["upload_type"]
    'dataset'
    """
    found = documents(bundle)
    related = [
        {"identifier": document.doi or f"arXiv:{document.arxiv}", "relation": "isDerivedFrom"}
        for document in found
        if document.doi or document.arxiv
    ]
    return {
        "title": result_title(bundle),
        "upload_type": "dataset",
        "description": _description(bundle),
        "creators": [{"name": name} for name in result_authors(bundle)],
        "version": bundle.identifier.partition("@")[2],
        "keywords": [
            "capture-recapture",
            "platform labour",
            "micro-work",
            re.sub(r"\s+", " ", bundle.study["territory"]),
        ],
        "related_identifiers": related,
        "references": list(bundle.study.get("sources", ())),
        "notes": f"Identifier {bundle.identifier}. Software: {', '.join(SOFTWARE_AUTHORS)}, microwork_estimate "
        f"{software_version(bundle)}.",
    }
