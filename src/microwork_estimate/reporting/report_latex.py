"""The report as LaTeX: tables in the manner of booktabs, alone for a paper or as a document of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

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

# What LaTeX reads as commands, and signs that its fonts do not have under their own number.
_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "\0": r"\allowbreak{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",
    "]": "{]}",
    "\u00a0": "~",
    "\u202f": r"\,",
    "\u2009": r"\,",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "≠": r"$\neq$",
    "×": r"$\times$",
    "÷": r"$\div$",
    "±": r"$\pm$",
    "−": r"$-$",
    "≈": r"$\approx$",
    "∞": r"$\infty$",
    "→": r"$\rightarrow$",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "…": r"\ldots{}",
    "•": r"\textbullet{}",
    "€": r"\texteuro{}",
    "°": r"\textdegree{}",
    "·": r"\textperiodcentered{}",
    "«": r"\guillemotleft{}",
    "»": r"\guillemotright{}",
}
# Of a column, in letters of the text: the least, the longest word that is kept whole, and how much wider letters can be.
_NARROWEST, _WIDEST, _BOLDEST = 4, 24, 1.12
_LINE = 92  # letters on a line of a table
_PARTS = re.compile(r"[ \n_./-]")
_LONG = re.compile(r"[^ \n\u00a0\u202f]{13,}")
_CHECKSUM = re.compile(r"[0-9a-f]{40,}")
_LAST_KNOWN = 0x17F  # Latin letters up to here are in the fonts


def latex_report(bundle: ResultBundle, *, lang: str = "en", standalone: bool = True) -> str:
    r"""Return the report of a result as LaTeX.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}
    standalone : bool
        Whether it is a document that pdflatex compiles; otherwise sections and tables for ``\input``, which need the
        packages ``array``, ``booktabs``, ``longtable``, ``textcomp`` and ``url``, and the T1 encoding.

    Returns
    -------
    str
        UTF-8 text. A letter that the fonts of pdflatex do not have is written by its code point.

    Raises
    ------
    InvalidInput
        If the language is neither English nor French.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> text = latex_report(study.run(study.load("diplab-2019"), n_replicates=99, seed=1), standalone=False)
    >>> text.splitlines()[0], "toprule" in text
    ('\\section*{The estimates}', True)
    """
    content = report(bundle, lang=lang)
    body = "\n\n".join(part for section in content.sections for part in _section(section.title, section.blocks))
    return _document(content, body) if standalone else body + "\n"


def _document(content: Report, body: str) -> str:
    """Set the body into the template; its marks are other than those of HTML, as LaTeX is full of braces."""
    environment = Environment(
        loader=PackageLoader("microwork_estimate.reporting", "templates"),
        autoescape=False,  # noqa: S701 - this is LaTeX, escaped by latex_text
        undefined=StrictUndefined,
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        keep_trailing_newline=True,
    )
    return environment.get_template("report.tex").render(
        babel={"en": "english", "fr": "french"}[content.lang],
        title=latex_text(content.title),
        territory=latex_text(content.territory),
        identifier=latex_text(content.identifier),
        synthetic=latex_text(content.synthetic),
        body=body,
    )


def latex_text(text: str) -> str:
    r"""Escape a text for LaTeX; words longer than a narrow column may break at their joints, and checksums anywhere.

    Examples
    --------
    >>> latex_text("50 % of A_b & C"), latex_text("日")
    ('50 \\% of A\\_b \\& C', '\\texttt{U+65E5}')
    """
    return "".join(_sign(letter) for letter in _LONG.sub(_with_breaks, text.replace("\0", "")))


def _with_breaks(word: re.Match[str]) -> str:
    """Mark with NUL where a long word may break."""
    if _CHECKSUM.fullmatch(word[0]):
        return re.sub(r"(\w{8})(?=\w)", "\\1\0", word[0])
    return re.sub(r"(?<=[/._=&?:+@-])(?=\w)", "\0", word[0])


def _sign(letter: str) -> str:
    if letter in _SIGNS:
        return _SIGNS[letter]
    if letter.isspace():
        return " "
    known = letter.isprintable() and ord(letter) <= _LAST_KNOWN
    return letter if known else rf"\texttt{{U+{ord(letter):04X}}}"


def _section(title: str, blocks: Sequence[Block]) -> list[str]:
    """Return a section; the pictures stay in the page, and the dial in the table after it."""
    shown = [block for block in blocks if not isinstance(block, Dial | Picture)]
    return [rf"\section*{{{latex_text(title)}}}", *map(_block, shown)]


def _block(block: Block) -> str:
    match block:
        case Heading():
            return rf"\subsection*{{{latex_text(block.text)}}}"
        case Listing():
            items = "\n".join(rf"\item {latex_text(item)}" for item in block.items)
            return f"\\begin{{itemize}}\n{items}\n\\end{{itemize}}"
        case Verbatim():
            title = rf"\subsection*{{{latex_text(block.title)}}}" + "\n" if block.title else ""
            return f"{title}{_code(block.text)}"
        case TextTable():
            return latex_table(block)
        case Paragraph():
            return latex_text(block.text)
    return ""


def _code(text: str) -> str:
    lines = r"\\ ".join(latex_text(line) or r"\mbox{}" for line in text.splitlines())
    return rf"{{\noindent\small\ttfamily\raggedright {lines}\par}}"


def latex_table(content: TextTable) -> str:
    r"""Return a table of words as a ``longtable`` with the rules of ``booktabs``.

    The widths of the columns follow their contents: each gets room for its longest word, and of what is left a part that
    grows with the letters of its longest cell, but slower.

    Examples
    --------
    >>> from microwork_estimate.reporting import TextTable
    >>> text = latex_table(TextTable(title="T", columns=("a", "b"), rows=(("x", "1"),), numeric=(1,)))
    >>> [line for line in text.splitlines() if "&" in line][1:]
    ['a & b \\\\', 'x & 1 \\\\']
    """
    widths = _widths(content)
    columns = "".join(
        rf">{{\{'raggedleft' if at in content.numeric else 'raggedright'}\arraybackslash}}p{{{width:.3f}\linewidth}}"
        for at, width in enumerate(widths)
    )
    head = _row(content.columns)
    lines = [
        r"\begingroup\small\setlength{\tabcolsep}{3pt}\renewcommand{\arraystretch}{1.15}",
        rf"\begin{{longtable}}{{@{{}}{columns}@{{}}}}",
        rf"\multicolumn{{{len(widths)}}}{{@{{}}p{{0.98\linewidth}}@{{}}}}{{\bfseries {latex_text(content.title)}}}\\*",
        r"\toprule",
        head,
        r"\midrule\endfirsthead",
        r"\toprule",
        head,
        r"\midrule\endhead",
        r"\bottomrule\endfoot",
        *map(_row, content.rows),
        r"\end{longtable}",
        *(latex_text(note) + r"\par" for note in content.notes),
        r"\endgroup",
    ]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return " & ".join(r"\newline ".join(latex_text(part) for part in cell.split("\n")) for cell in cells) + r" \\"


def _widths(content: TextTable) -> list[float]:
    """Return the shares of the line that the columns get."""
    words, room = [], []
    for cells in zip(content.columns, *content.rows, strict=True):
        word = max(len(word) for cell in cells for word in _PARTS.split(cell))
        words.append(max(_NARROWEST, min(word, _WIDEST)) * _BOLDEST)
        room.append(max(0.0, max(len(cell) for cell in cells) - word) ** 0.65 + 0.1)
    left = max(0.0, _LINE - sum(words))
    letters = [word + left * part / sum(room) for word, part in zip(words, room, strict=True)]
    return [(0.995 - 0.0125 * (len(words) - 1)) * width / sum(letters) for width in letters]
