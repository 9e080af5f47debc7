"""Sentences of a study with the numbers of a result filled in.

A study file writes its findings as text with places for numbers, such as ``{estimates.occasional.value}`` or
``{tables.comparison.regular.ratio_low|percent}``. Here each place is looked up in the bundle and written as the language
writes numbers, so that no sentence can disagree with the result it stands under.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from microwork_estimate.errors import InvalidInput
from microwork_estimate.reporting.labels import Language, number, percent, typeset
from microwork_estimate.study import ResultBundle, ResultTable

_PLACE = re.compile(r"\{([a-z0-9_.]+)(?:\|([a-z0-9]+))?\}")

_NOT_SHOWN: dict[Language, str] = {"en": "(not shown)", "fr": "(non montré)"}


def fill(text: str, bundle: ResultBundle, lang: Language) -> str:
    """Replace every place of a text by its number.

    Parameters
    ----------
    text : str
        With places ``{path}`` or ``{path|format}``; the format is ``percent``, or the number of decimals as ``d2``.
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    str

    Raises
    ------
    InvalidInput
        If a place does not exist in the bundle, unless small counts were hidden there: then the place says "not shown".
    """

    def written(match: re.Match[str]) -> str:
        try:
            value = look_up(bundle, match[1])
        except InvalidInput:
            if "threshold" not in bundle.settings:
                raise
            return _NOT_SHOWN[lang]  # small counts were hidden in this result, and this number with them
        form = match[2] or "d0"
        if not isinstance(value, int | float):
            return str(value)
        if form == "percent":
            return percent(value, lang)
        if not re.fullmatch(r"d\d", form):
            raise InvalidInput(
                "unknown form of a number",
                expected="percent, or d0 to d9 for so many decimals",
                got=repr(form),
                where=f"findings of {bundle.study['id']}, {match[0]}",
                fix="write {path}, {path|percent} or {path|d2}",
            )
        return number(value, lang, digits=int(form[1]))

    return typeset(_PLACE.sub(written, text), lang)


def look_up(bundle: ResultBundle, path: str) -> Any:
    """Return what stands in a bundle at a dotted path; a row of a table is found by its first column.

    Raises
    ------
    InvalidInput
        If nothing stands there.
    """
    here: Any = bundle
    for part in path.split("."):
        try:
            here = _step(here, part)
        except (KeyError, AttributeError, ValueError, StopIteration) as error:
            raise InvalidInput(
                "no such place in the result",
                expected="a path to a number of the bundle",
                got=f"{part!r} in {path!r}",
                where=f"findings of {bundle.study['id']}",
                fix="check the names of estimates, tables, rows and columns",
            ) from error
    if here is None:
        raise InvalidInput(
            "no number there",
            expected="a number",
            got=f"none at {path!r}",
            where=f"findings of {bundle.study['id']}",
            fix="write the sentence without it: the estimate has no such number",
        )
    return here


def _step(here: Any, part: str) -> Any:
    if isinstance(here, ResultTable):
        row = next(row for row in here.rows if str(row[0]) == part)
        return dict(zip(here.columns, row, strict=True))
    if isinstance(here, Mapping):
        return here[part]
    if part not in getattr(here, "__dataclass_fields__", {}):
        raise KeyError(part)
    return getattr(here, part)
