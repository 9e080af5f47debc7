"""The table of tiers set against each other: differences and ratios, for readers."""

from __future__ import annotations

from microwork_estimate.reporting.labels import Language, label, number, percent, span
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study import ResultBundle


def contrast_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Show by how many each tier exceeds the ones within it, and what share of it they are.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    TextTable or None
        None for a study of which fewer than two tiers were redrawn.
    """
    content = bundle.tables.get("tier_contrasts")
    if content is None:
        return None
    names = {made: tier[f"label_{lang}"] for tier in bundle.study["tiers"] for made in tier["estimates"]}
    rows = []
    for inner, outer, difference, low, high, ratio, ratio_low, ratio_high in content.rows:
        pair = label("contrast", lang, inner=names[inner], outer=names[outer])
        more = (number(difference, lang), _around(low, high, lang, digits=0))
        part = (number(ratio, lang, digits=3), _around(ratio_low, ratio_high, lang, digits=3))
        rows.append((pair, *more, *part))
    level = label("interval", lang, level=percent(float(bundle.settings["level"]), lang))
    columns = (label("tier", lang), label("contrast_difference", lang), level, label("contrast_ratio", lang), level)
    return TextTable(
        title=label("contrasts_title", lang),
        columns=columns,
        rows=tuple(rows),
        notes=(label("contrasts_note", lang),),
        numeric=(1, 2, 3, 4),
    )


def _around(low: float | None, high: float | None, lang: Language, *, digits: int) -> str:
    if low is None or high is None:
        return label("none", lang)
    return span(low, high, lang, digits=digits)
