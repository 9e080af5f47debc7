"""The report of a result, section by section, in one language and no format yet: pages, text and LaTeX start from here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from microwork_estimate.reporting.audit_table import audit_table, ledger_table, route_tables
from microwork_estimate.reporting.citation import citation
from microwork_estimate.reporting.dial import dial, dial_table
from microwork_estimate.reporting.labels import Language, check_language, label, typeset
from microwork_estimate.reporting.provenance_tables import provenance_tables
from microwork_estimate.reporting.report_figures import (
    dial_picture,
    estimates_forest,
    headline_forest,
    series_picture,
    tornado_picture,
    waterfall_picture,
)
from microwork_estimate.reporting.report_parts import (
    Block,
    Heading,
    Listing,
    Paragraph,
    Picture,
    Report,
    Section,
    Verbatim,
)
from microwork_estimate.reporting.report_tables import (
    estimates_table,
    headline_table,
    other_tables,
    result_table,
    warnings_table,
)
from microwork_estimate.reporting.report_words import territory_name, words
from microwork_estimate.reporting.rounded_bundle import rounded_bundle
from microwork_estimate.reporting.tables import assumption_lines, dependence_table, finding_lines
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study import ResultBundle


def report(bundle: ResultBundle, *, lang: str = "en") -> Report:
    r"""Put together all that a report says.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    Report
        Sections that have nothing to say are left out.

    Raises
    ------
    InvalidInput
        If the language is neither English nor French.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> content = report(study.run(study.load("diplab-2019"), n_replicates=99, seed=1), lang="fr")
    >>> content.title, [section.id for section in content.sections][:3]
    ('Combien de personnes micro-travaillent en France\xa0?', ['headline', 'says', 'waterfall'])
    """
    language = check_language(lang)
    sections = []
    for make in _ORDER:
        name = make.__name__.strip("_")
        blocks = tuple(_spaced(block, language) for block in make(bundle, language) if block is not None)
        if blocks:
            sections.append(Section(id=name, title=words(name, language), blocks=blocks))
    return Report(
        lang=language,
        title=typeset(str(bundle.study[f"title_{language}"]), language),
        territory=words("territory", language, territory=territory_name(str(bundle.study["territory"]), language)),
        identifier=bundle.identifier,
        synthetic=typeset(label("synthetic", language), language) if bundle.study["synthetic"] else "",
        sections=tuple(sections),
    )


Blocks = Sequence[Block | None]


def _spaced(block: Block, lang: Language) -> Block:
    """Put the spaces of the language into all words of a block, wherever they come from."""
    match block:
        case TextTable():
            return replace(
                block,
                title=typeset(block.title, lang),
                columns=tuple(typeset(name, lang) for name in block.columns),
                rows=tuple(tuple(typeset(cell, lang) for cell in row) for row in block.rows),
                notes=tuple(typeset(note, lang) for note in block.notes),
            )
        case Listing():
            return replace(block, items=tuple(typeset(item, lang) for item in block.items))
        case Picture():
            said = typeset(block.description, lang)
            return replace(block, title=typeset(block.title, lang), description=said)
    return block


def _headline(bundle: ResultBundle, lang: Language) -> Blocks:
    return (
        headline_forest(bundle, lang),
        headline_table(bundle, lang),
        Paragraph(text=words("headline_rule", lang), note=True),
    )


def _says(bundle: ResultBundle, lang: Language) -> Blocks:
    sentences = finding_lines(rounded_bundle(bundle), lang=lang)
    return (Listing(items=sentences),) if sentences else ()


def _tables(bundle: ResultBundle, lang: Language) -> Blocks:
    pictures = tuple(series_picture(bundle, name, lang) for name in bundle.tables)
    shown = estimates_table(bundle, lang)
    return (estimates_forest(bundle, lang), shown, *pictures, *other_tables(bundle, lang))


def _waterfall(bundle: ResultBundle, lang: Language) -> Blocks:
    picture = waterfall_picture(bundle, lang)
    return () if picture is None else (picture, result_table(bundle, "ledger", lang))


def _tornado(bundle: ResultBundle, lang: Language) -> Blocks:
    picture = tornado_picture(bundle, lang)
    return () if picture is None else (picture, result_table(bundle, "tornado", lang))


def _dial(bundle: ResultBundle, lang: Language) -> Blocks:
    content = dial(bundle, lang)
    if content is None:
        return ()
    picture = dial_picture(bundle, content, lang)
    tables = (dial_table(content, lang), dependence_table(bundle, lang))
    return (Paragraph(text=words("dial_intro", lang)), content, picture, *tables)


def _audit(bundle: ResultBundle, lang: Language) -> Blocks:
    return (audit_table(rounded_bundle(bundle), lang=lang),)


def _routes(bundle: ResultBundle, lang: Language) -> Blocks:
    return route_tables(rounded_bundle(bundle), lang=lang)


def _assumptions(bundle: ResultBundle, lang: Language) -> Blocks:
    if "assumption_ledger" in bundle.tables:
        content = ledger_table(bundle, lang=lang)
        return (content,) if content.rows else ()
    sentences = assumption_lines(bundle, lang=lang)
    return (Listing(items=sentences),) if sentences else ()


def _warnings(bundle: ResultBundle, lang: Language) -> Blocks:
    content = warnings_table(bundle, lang)
    if content is None:
        return (Paragraph(text=words("no_warnings", lang)),)
    return (Paragraph(text=words("warnings_intro", lang)), content)


def _provenance(bundle: ResultBundle, lang: Language) -> Blocks:
    sources = tuple(typeset(str(source), lang) for source in bundle.study.get("sources") or ())
    listed = (Heading(text=words("sources", lang)), Listing(items=sources)) if sources else ()
    return (*provenance_tables(bundle, lang), *listed)


def _cite(bundle: ResultBundle, lang: Language) -> Blocks:
    references = tuple(typeset(line, lang) for line in citation(bundle, "apa", lang).splitlines() if line.strip())
    return (
        Listing(items=references),
        Verbatim(title=words("cite_bibtex", lang), text=citation(bundle, "bibtex", lang).strip()),
        Verbatim(title=words("identifier", lang), text=bundle.identifier),
        Verbatim(title=words("digest", lang), text=bundle.digest),
    )


_ORDER: tuple[Callable[[ResultBundle, Language], Blocks], ...] = (
    *(_headline, _says, _waterfall, _tornado, _dial, _tables),
    *(_audit, _routes, _assumptions, _warnings, _provenance, _cite),
)
