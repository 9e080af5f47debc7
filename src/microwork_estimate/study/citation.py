"""How a result is cited: the result by its identifier, the documents that its study rests on, and the software apart.

A result has no date of its own (the same run gives the same bytes whenever it is made), so that a citation says "n.d."
unless somebody publishes the result and gives it one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.bundle import ResultBundle
from microwork_estimate.study.registry import Study, load, shipped_studies
from microwork_estimate.study.schema import SourceEntry

Language = Literal["en", "fr"]

SOFTWARE_TITLE = "microwork_estimate: how many people do paid micro-tasks online"
SOFTWARE_AUTHORS = ("The microwork_estimate team",)
_FIELDS = ("title", "authors", "year", "container", "doi", "arxiv", "hal", "url", "licence")
_DOI = re.compile(r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document to cite.

    Parameters
    ----------
    title : str
    authors : tuple of str
        Family name, given name; or an institution.
    year : int or None
    container, doi, arxiv, hal, url, licence : str
        Empty where there is none.
    main : bool
        Whether it is cited with the study, and not only a source of one of its figures.
    """

    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    container: str = ""
    doi: str = ""
    arxiv: str = ""
    hal: str = ""
    url: str = ""
    licence: str = ""
    main: bool = True


def document_rows(study: Study) -> list[dict[str, Any]]:
    """Return the documents of a study as plain rows, those to cite with it first, for a bundle.

    Parameters
    ----------
    study : Study

    Returns
    -------
    list of dict

    Examples
    --------
    >>> from microwork_estimate.study.registry import load
    >>> document_rows(load("stewart2015"))[0]["year"]
    2015
    """
    main = [study.documents[key] for key in study.cite]
    return [_row(document, main=document in main) for document in study.sources()]


def _row(document: SourceEntry, *, main: bool) -> dict[str, Any]:
    held = {name: getattr(document, name) for name in _FIELDS}
    return {**{name: value for name, value in held.items() if value not in (None, ())}, "main": main}


def documents(bundle: ResultBundle) -> tuple[Document, ...]:
    """Return the documents that the study of a result rests on, those to cite with it first.

    Procedure: as the bundle holds them; for a bundle without them, as the study of that name and version holds them that
    comes with the program; else each source as one line, without its parts.

    Parameters
    ----------
    bundle : ResultBundle

    Returns
    -------
    tuple of Document

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("stewart2015"), n_replicates=9, seed=1)
    >>> documents(bundle)[0].authors[0]
    'Stewart, Neil'
    """
    rows = bundle.study.get("documents")
    if rows is None:
        known = _shipped(bundle)
        rows = None if known is None else document_rows(known)
    if rows is None:
        return tuple(Document(title=line, main=at == 0) for at, line in enumerate(bundle.study.get("sources", ())))
    return tuple(_document(row) for row in rows)


def _shipped(bundle: ResultBundle) -> Study | None:
    if bundle.study["id"] not in shipped_studies():
        return None
    found = load(str(bundle.study["id"]))
    return found if found.version == bundle.study["version"] else None


def _document(row: Mapping[str, Any]) -> Document:
    parts = {name: row[name] for name in _FIELDS if row.get(name) is not None}
    return Document(**{**parts, "authors": tuple(row.get("authors", ())), "main": bool(row.get("main", True))})


def result_title(bundle: ResultBundle, lang: Language = "en") -> str:
    """Return the title under which a result is cited.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> result_title(study.run(study.load("stewart2015"), n_replicates=9, seed=1)).partition(":")[0]
    'Result of the study “How many workers can seven laboratories reach?”'
    """
    title = bundle.study[f"title_{lang}"]
    if lang == "fr":
        return f"Résultat de l'étude « {title} » : {bundle.identifier}"
    return f"Result of the study “{title}”: {bundle.identifier}"


def result_authors(bundle: ResultBundle) -> tuple[str, ...]:
    """Return who made a result: the authors of the first document that a study of one's own cites.

    The studies that come with the program recompute figures of other people, who did not make this result: they are
    cited as documents, and the team of the program stands for the result, as where a study names nobody.
    """
    found = () if bundle.study["id"] in shipped_studies() else documents(bundle)
    return found[0].authors if found and found[0].authors else SOFTWARE_AUTHORS


def software_version(bundle: ResultBundle) -> str:
    """Return the version of this package that made a result."""
    return str(bundle.environment.get("microwork_estimate", "unknown"))


def cff_text(bundle: ResultBundle) -> str:
    """Return the citation of a result as a CITATION.cff file, version 1.2.

    The result is a data set with its identifier; the documents of the study and the software are its references.

    Parameters
    ----------
    bundle : ResultBundle

    Returns
    -------
    str
        YAML.

    References
    ----------
    Druskat et al. (2021), *Citation File Format*, version 1.2.0.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> cff_text(study.run(study.load("stewart2015"), n_replicates=9, seed=1)).splitlines()[0]
    'cff-version: 1.2.0'
    """
    import yaml  # type: ignore[import-untyped]

    content = {
        "cff-version": "1.2.0",
        "message": "If you use this result, cite it with the documents of its study, and the software apart.",
        "type": "dataset",
        "title": result_title(bundle),
        "version": str(bundle.study["version"]),
        "authors": [_cff_person(name) for name in result_authors(bundle)],
        "identifiers": [
            {"type": "other", "value": bundle.identifier, "description": "study@version+digest of this result"}
        ],
        "references": [*(_cff_reference(document) for document in documents(bundle)), _cff_software(bundle)],
    }
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000))


def _cff_person(name: str) -> dict[str, str]:
    family, comma, given = (part.strip() for part in name.partition(","))
    return {"family-names": family, "given-names": given} if comma and given else {"name": name}


def _cff_reference(document: Document) -> dict[str, Any]:
    names = document.authors or (document.container or "unknown",)
    entry: dict[str, Any] = {
        "type": "article" if document.doi else "generic",
        "title": document.title,
        "authors": [_cff_person(name) for name in names],
    }
    if document.year is not None:
        entry["year"] = document.year
    if document.container:
        entry["journal" if document.doi else "collection-title"] = document.container
    if _DOI.fullmatch(document.doi):
        entry["doi"] = document.doi
    if document.url:
        entry["url"] = document.url
    others = [("arXiv", document.arxiv), ("HAL", document.hal)]
    identifiers = [{"type": "other", "value": f"{kind}:{value}"} for kind, value in others if value]
    return {**entry, **({"identifiers": identifiers} if identifiers else {})}


def _cff_software(bundle: ResultBundle) -> dict[str, Any]:
    return {
        "type": "software",
        "title": SOFTWARE_TITLE,
        "authors": [{"name": name} for name in SOFTWARE_AUTHORS],
        "version": software_version(bundle),
        "license": "BSD-3-Clause",
    }


def bibtex_text(bundle: ResultBundle) -> str:
    """Return the citation of a result, of the documents of its study, and of the software, as BibTeX entries.

    Parameters
    ----------
    bundle : ResultBundle

    Returns
    -------
    str
        Text in UTF-8, for biber or a BibTeX that reads it.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bibtex_text(study.run(study.load("stewart2015"), n_replicates=9, seed=1)).splitlines()[0].partition("{")[0]
    '@misc'
    """
    key = re.sub(r"[^a-z0-9]+", "-", str(bundle.study["id"]).lower())
    result = {
        "author": " and ".join(_bib_name(name) for name in result_authors(bundle)),
        "title": "{" + _tex(result_title(bundle)) + "}",
        "howpublished": "Data set",
        "note": _tex(f"Identifier {bundle.identifier}; made with microwork_estimate {software_version(bundle)}"),
    }
    software = {
        "author": " and ".join(_bib_name(name) for name in SOFTWARE_AUTHORS),
        "title": "{" + _tex(SOFTWARE_TITLE) + "}",
        "howpublished": "Software",
        "note": f"Version {_tex(software_version(bundle))}",
    }
    entries = [_bib_entry("misc", f"result-{key}", result)]
    for at, document in enumerate(documents(bundle), start=1):
        entries.append(_bib_entry("article" if document.doi else "misc", f"source-{key}-{at}", _bib_fields(document)))
    entries.append(_bib_entry("misc", "software-microwork-estimate", software))
    return "\n".join(entries)


def _bib_fields(document: Document) -> dict[str, str]:
    eprint = ("arxiv", document.arxiv) if document.arxiv else ("hal", document.hal)
    found = {
        "author": " and ".join(_bib_name(name) for name in document.authors),
        "title": "{" + _tex(document.title) + "}",
        "journal" if document.doi else "howpublished": _tex(document.container),
        "year": "" if document.year is None else str(document.year),
        "doi": document.doi,
        "eprint": eprint[1],
        "eprinttype": eprint[0] if eprint[1] else "",
        "url": document.url,
    }
    return {name: value for name, value in found.items() if value}


def _bib_entry(kind: str, key: str, values: Mapping[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in values.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _bib_name(name: str) -> str:
    # Braces keep the name of an institution in one piece.
    return _tex(name) if "," in name else "{" + _tex(name) + "}"


_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign) or (f"\\{sign}" if sign in "&%$#_{}" else sign) for sign in text)


def apa_text(bundle: ResultBundle, lang: Language = "en") -> str:
    """Return the citation of a result, of the documents to cite with its study, and of the software, in APA style.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    str
        One reference a line: the result first, the software last.

    References
    ----------
    American Psychological Association (2020), *Publication Manual*, 7th edition, sections 10.9 (data sets) and 10.10
    (software).

    Examples
    --------
    >>> from microwork_estimate import study
    >>> text = apa_text(study.run(study.load("stewart2015"), n_replicates=9, seed=1))
    >>> text.splitlines()[1].startswith("Stewart, N., Ungemach, C., Harris, A. J. L.")
    True
    """
    undated, data, software = (
        ("s. d.", "Jeu de données", "Logiciel") if lang == "fr" else ("n.d.", "Data set", "Software")
    )
    made = "Réalisé avec" if lang == "fr" else "Made with"
    version = f"version {software_version(bundle)}" if lang == "fr" else f"Version {software_version(bundle)}"
    lines = [
        f"{_apa_names(result_authors(bundle), lang)} ({undated}). {result_title(bundle, lang)} [{data}]. "
        f"{made} microwork_estimate {software_version(bundle)}."
    ]
    lines += [_apa_document(d, lang, undated) for d in documents(bundle) if d.main]
    lines.append(f"{_apa_names(SOFTWARE_AUTHORS, lang)} ({undated}). {SOFTWARE_TITLE} ({version}) [{software}].")
    return "\n".join(lines) + "\n"


def _apa_document(document: Document, lang: Language, undated: str) -> str:
    when = undated if document.year is None else str(document.year)
    title = document.title if document.title[-1:] in "?!." else f"{document.title}."
    names = _apa_names(document.authors, lang)
    if not names and document.year is None and not document.container:
        return title  # a line of a source, with all that is known of it
    start = f"{names} ({when}). {title}" if names else f"{title.rstrip('.')} ({when})."
    address = f"https://doi.org/{document.doi}" if document.doi else document.url
    identifier = f"arXiv:{document.arxiv}" if document.arxiv else document.hal
    tails = [
        f"{document.container}." if document.container else "",
        "" if document.doi else identifier and f"{identifier}.",
    ]
    return " ".join(part for part in (start, *tails, address) if part)


def _apa_names(names: tuple[str, ...], lang: Language) -> str:
    """Join names; what comes before the year ends with a point."""
    joined = _joined([_apa_name(name) for name in names], lang)
    return joined if not joined or joined.endswith(".") else f"{joined}."


def _joined(written: list[str], lang: Language) -> str:
    if len(written) > 20:  # the nineteen first and the last
        written = [*written[:19], f"… {written[-1]}"]
        return ", ".join(written)
    if len(written) < 2:
        return "".join(written)
    return (
        f"{', '.join(written[:-1])} et {written[-1]}" if lang == "fr" else f"{', '.join(written[:-1])}, & {written[-1]}"
    )


def _apa_name(name: str) -> str:
    family, comma, given = (part.strip() for part in name.partition(","))
    if not comma or not given:
        return name
    initials = " ".join("-".join(f"{half[0]}." for half in part.split("-") if half) for part in given.split())
    return f"{family}, {initials}"


def citation_text(bundle: ResultBundle, style: str, lang: Language) -> str:
    """Return the citation of a result in one of the styles ``apa``, ``bibtex`` and ``cff``.

    Raises
    ------
    InvalidInput
        If the style is another.
    """
    styles = {
        "apa": lambda: apa_text(bundle, lang),
        "bibtex": lambda: bibtex_text(bundle),
        "cff": lambda: cff_text(bundle),
    }
    if style not in styles:
        raise InvalidInput(
            "unknown style",
            expected="one of " + ", ".join(styles),
            got=repr(style),
            where="style",
            fix="choose one of the listed words",
        )
    return styles[style]()
