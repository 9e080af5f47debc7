"""The report as one page: everything is inside the file, and nothing is ever fetched."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from microwork_estimate.reporting.labels import Language
from microwork_estimate.reporting.report_parts import (
    Block,
    Dial,
    Heading,
    Listing,
    Paragraph,
    Picture,
    Report,
    Verbatim,
)
from microwork_estimate.reporting.report_sections import report
from microwork_estimate.reporting.report_words import words
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study import ResultBundle

LONG = 30  # rows; a longer table scrolls in a frame of its own on the screen, and is whole on paper
SHORT = 12  # letters of a name that is never broken
MANY = 5  # columns of numbers that are read better side by side, scrolling, than one below the other
BROAD = 5  # columns: as many with sentences need a desk
SENTENCE = 60  # letters of a cell that is read in lines
PHONE = 38  # letters that fit side by side on the narrowest screen
_CHECKSUM = re.compile(r"[0-9a-f]{40,}")


def html_report(bundle: ResultBundle, *, lang: str = "en") -> str:
    r"""Return the report of a result as a self-contained HTML page.

    The page holds its styles, its pictures (SVG with alternative text), one small program for the odds-ratio dial and
    the data of the dial; a policy inside it forbids every request. Everything that comes from the bundle is escaped.
    Without JavaScript, and on paper, the dial is a curve and a table. The same bundle gives the same bytes.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    str
        UTF-8 text, to be written as it is.

    Raises
    ------
    InvalidInput
        If the language is neither English nor French.

    References
    ----------
    W3C, Web Content Accessibility Guidelines 2.2, level AA.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> page = html_report(study.run(study.load("diplab-2019"), n_replicates=99, seed=1), lang="fr")
    >>> page.startswith('<!DOCTYPE html>\n<html lang="fr">'), "http-equiv" in page
    (True, True)
    """
    return _page(report(bundle, lang=lang))


def _environment(lang: Language) -> Environment:
    loader = PackageLoader("microwork_estimate.reporting", "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)

    def said(key: str, **values: object) -> str:
        return words(key, lang, **values)

    environment.filters["breakable"] = _breakable
    environment.globals.update(words=said, is_checksum=lambda cell: _CHECKSUM.fullmatch(cell) is not None)
    return environment


def _page(content: Report) -> str:
    environment = _environment(content.lang)
    blocks = environment.get_template("blocks.html").module

    def render(block: Block, name: str) -> str:
        return _rendered(blocks, block, name, content.lang)

    script = _source(environment, "report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    has_dial = any(isinstance(block, Dial) for section in content.sections for block in section.blocks)
    return environment.get_template("report.html").render(
        report=content,
        render=render,
        style=Markup(_style(environment, content)),  # noqa: S704 - a file of this package; what is filled in is cleaned
        script=Markup(script),  # noqa: S704 - a file of this package
        script_hash=f"sha256-{digest}" if has_dial else "none",
        has_dial=has_dial,
    )


def _source(environment: Environment, name: str) -> str:
    """Return a file of the templates as it is."""
    if environment.loader is None:
        return ""
    return environment.loader.get_source(environment, name)[0]


def _style(environment: Environment, content: Report) -> str:
    """Return the styles with what stands in the margins of printed pages, stripped of all that could end a CSS text."""
    banner = ""
    if content.synthetic:
        said = _css_text(content.synthetic)
        banner = f'@top-center {{ content: "{said}"; font: bold 9pt sans-serif; color: #7f1d1d; }}'
    filled = {"identifier": _css_text(content.identifier), "page_banner": banner}
    style = _source(environment, "report.css")
    for key, value in filled.items():
        style = style.replace(f"%({key})s", value)
    return style


def _css_text(text: str) -> str:
    return re.sub(r"[^\w @+.:,-]", "", text)


def _rendered(blocks: Any, block: Block, name: str, lang: Language) -> str:
    match block:
        case Paragraph():
            said = blocks.paragraph(block)
        case Heading():
            said = blocks.heading(block)
        case Listing():
            said = blocks.listing(block)
        case Verbatim():
            said = blocks.verbatim(block)
        case Picture():
            said = blocks.picture(block, _svg(block))
        case Dial():
            said = blocks.dial(block, _dial_data(block, lang))
        case TextTable():
            said = blocks.table(block, name, _frame(block), words("scroll", lang))
    return str(said) if not isinstance(said, Markup) else said


def _frame(content: TextTable) -> str:
    """Say how a table fits on a phone: scrolling when it is long or all numbers, as it is when narrow, else as cards.

    One of many columns is cards on a tablet too, where it would stick out of the page.
    """
    if len(content.rows) > LONG:
        return "long"
    columns = zip(content.columns, *content.rows, strict=True)
    letters = sum(2 + max(_widest(head), *map(_widest, cells)) for head, *cells in columns) if content.rows else 0
    prose = any(len(cell) > SENTENCE for row in content.rows for cell in row)
    if letters <= PHONE and (len(content.columns) < 3 or not prose):
        return "plain"
    if len(content.numeric) >= MANY:
        return "sideways"
    return "stack wide" if len(content.columns) >= BROAD else "stack"


def _widest(cell: str) -> int:
    """Return how many letters of a cell cannot be parted over lines."""
    return max((len(word) for word in re.split(r"[ \n]", cell)), default=0)


def _breakable(text: str) -> Markup:
    """Let long names of code break after a dot or an underscore."""
    parts = re.split(r"(?<=[a-z][._/-])(?=[a-z])", text) if len(text) > SHORT else [text]
    return Markup("<wbr>").join(parts)


def _svg(block: Picture) -> Markup:
    from microwork_estimate.reporting.svg import inline_svg

    svg = inline_svg(block.draw(), name=f"figure-{block.id}", title=block.title, description=block.description)
    return Markup(svg)  # noqa: S704 - matplotlib and inline_svg escape the text in it


def _dial_data(block: Dial, lang: Language) -> Markup:
    """Return the positions of a dial as JSON that cannot end the element it stands in."""
    steps = [
        {
            "now": words("dial_now", lang, ratio=step.ratio),
            "meaning": step.meaning,
            "estimate": step.estimate,
            "interval": step.interval,
            "at": step.at,
            "low": step.low,
            "high": step.high,
        }
        for step in block.steps
    ]
    text = json.dumps(steps, ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - every sign that HTML knows is written as JSON escapes
