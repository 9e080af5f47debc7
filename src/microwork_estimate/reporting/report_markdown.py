"""The report as Markdown, as code hosts and notebooks show it: text and tables, pictures as words."""

from __future__ import annotations

import re

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
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study import ResultBundle

_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def markdown_report(bundle: ResultBundle, *, lang: str = "en") -> str:
    """Return the report of a result as Markdown with tables of the GitHub kind.

    Signs that Markdown or HTML would read are escaped, so that nothing of the bundle changes the text around it.
    Pictures are given by their words.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    str

    Raises
    ------
    InvalidInput
        If the language is neither English nor French.

    References
    ----------
    GitHub Flavored Markdown Spec 0.29, 4.10.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> text = markdown_report(study.run(study.load("diplab-2019"), n_replicates=99, seed=1))
    >>> text.splitlines()[0]
    '# How many people micro-work in France?'
    """
    return _text(report(bundle, lang=lang))


def _text(content: Report) -> str:
    parts = [f"# {_safe(content.title)}"]
    if content.synthetic:
        parts.append(f"> **{_safe(content.synthetic)}**")
    parts.append(f"{_safe(content.territory)}\n\n`{content.identifier}`")
    for section in content.sections:
        parts.append(f"## {_safe(section.title)}")
        # The dial stands in the table after it.
        parts += [_block(block) for block in section.blocks if not isinstance(block, Dial)]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"### {_safe(block.text)}"
        case Listing():
            return "\n".join(f"- {_safe(item)}" for item in block.items)
        case Verbatim():
            return f"### {_safe(block.title)}\n\n{_fenced(block.text)}"
        case Picture():
            return f"*{_safe(block.title)}*\n\n{_safe(block.description)}"
        case TextTable():
            return _table(block)
        case Paragraph():
            return _safe(block.text)
    return ""


def _table(content: TextTable) -> str:
    rules = ["---:" if at in content.numeric else "---" for at in range(len(content.columns))]
    lines = [_row(content.columns), f"| {' | '.join(rules)} |", *map(_row, content.rows)]
    notes = [_safe(note) for note in content.notes]
    return "\n\n".join([f"**{_safe(content.title)}**", "\n".join(lines), *notes])


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join('<br>'.join(map(_safe, cell.split(chr(10)))) for cell in cells)} |"


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _safe(text: str) -> str:
    """Escape what Markdown would read, on one line; codes joined by hyphens stay as they are."""
    return _SIGNS.sub(r"\\\1", text.replace("\n", " ")).replace("&", "&amp;")
