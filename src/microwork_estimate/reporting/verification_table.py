"""What came of verifying a result, as lines and tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from microwork_estimate.reporting.labels import Language, number
from microwork_estimate.reporting.result_words import result_words as words
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study.verify import Difference, Verification

_MOST = 30  # differences that are listed
_FEW = 4  # places that are named in a line
_LONGEST = 60  # signs of a value that is shown


def verification_lines(found: Verification, lang: Language) -> tuple[str, ...]:
    """Say in a few lines whether a result came out again.

    Parameters
    ----------
    found : Verification
    lang : {"en", "fr"}

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from microwork_estimate.study import Verification
    >>> found = Verification(identifier="a@1+0", recomputed="a@1+0", verdict="identical", tolerance=1e-6,
    ...     same_versions=True, largest=0.0, differences=(), words=(), added=(), files=())
    >>> verification_lines(found, "en")[0]
    'a@1+0: identical to the byte'
    """
    verdict = words(found.verdict, lang, tolerance=_small(found.tolerance, lang))
    lines = [words("verified", lang, identifier=found.identifier, verdict=verdict)]
    if found.recomputed is None:
        lines.append(words("not_run", lang))
    if not found.same_versions:
        lines.append(words("other_versions", lang))
    if found.largest:
        lines.append(words("largest", lang, size=_small(found.largest, lang)))
    if found.words:
        lines.append(words("wording", lang, n=len(found.words), names=_first(d.place for d in found.words)))
    if found.added:
        lines.append(words("added", lang, n=len(found.added), names=_first(found.added)))
    lines.append(words("files_same", lang, n=sum(file.state == "same" for file in found.files)))
    return tuple(lines)


def verification_table(found: Verification, lang: Language) -> tuple[TextTable, ...]:
    """List the files that are not what was recorded of them, and the values that differ.

    Parameters
    ----------
    found : Verification
    lang : {"en", "fr"}

    Returns
    -------
    tuple of TextTable
        None where nothing differs.
    """
    tables = []
    bad = [file for file in found.files if file.state != "same"]
    if bad:
        columns = tuple(words(key, lang) for key in ("file", "kind", "state"))
        rows = tuple((file.name, words(file.kind, lang), words(file.state, lang)) for file in bad)
        tables.append(TextTable(title=words("files_title", lang), columns=columns, rows=rows))
    if found.differences:
        columns = tuple(words(key, lang) for key in ("place", "old", "new", "relative"))
        shown = tuple(_row(difference, lang) for difference in found.differences[:_MOST])
        rest = len(found.differences) - len(shown)
        notes = (words("more", lang, n=rest),) if rest else ()
        title = words("differences_title", lang)
        tables.append(TextTable(title=title, columns=columns, rows=shown, notes=notes, numeric=(1, 2, 3)))
    return tuple(tables)


def _first(names: Iterable[str]) -> str:
    """Return the first few names, and a sign if there are more."""
    every = list(names)
    return ", ".join(every[:_FEW]) + (", …" if len(every) > _FEW else "")


def _row(difference: Difference, lang: Language) -> tuple[str, ...]:
    relative = words("none", lang) if difference.relative is None else _small(difference.relative, lang)
    return (difference.place, _shown(difference.old, lang), _shown(difference.new, lang), relative)


def _shown(value: Any, lang: Language) -> str:
    if value is None:
        return words("none", lang)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(float(value), lang, digits=0 if abs(value) >= 1e4 else 4)
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _small(size: float, lang: Language) -> str:
    text = f"{size:.2g}"
    return text.replace(".", ",") if lang == "fr" else text
