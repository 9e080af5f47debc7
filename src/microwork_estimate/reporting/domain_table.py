"""Tiers by sex, age, job and poverty, for readers: counts and shares with intervals that hold for the table together."""

from __future__ import annotations

from typing import Any

from microwork_estimate.reporting.labels import LANGUAGES, Language, number, percent, typeset
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study import ResultBundle, ResultTable

WORDS: dict[str, tuple[str, str]] = {
    "title": (
        "Tiers by domain: persons, and share of the tier",
        "Niveaux par domaine : personnes, et part du niveau",
    ),
    "variable": ("by", "selon"),
    "domain": ("domain", "domaine"),
    "note": (
        "Tiers are nested. In brackets, intervals that hold for all numbers of one variable together with {level}, counts "
        "and shares apart.",
        "Les niveaux sont emboîtés. Entre crochets, des intervalles valables ensemble pour tous les nombres d'une même "
        "variable à {level}, effectifs et parts séparément.",
    ),
    "order": (
        "In {rate} of the redraws the tiers came from their sources in the wrong order, and were put in order.",
        "Dans {rate} des rééchantillons, les sources donnaient les niveaux dans le désordre : ils ont été reclassés.",
    ),
    "truth": ("truth: {value}", "vérité : {value}"),
    "between": ("[{low}, {high}]", "[{low} ; {high}]"),
    "unknown": ("not known", "inconnu"),
    "sex": ("sex", "sexe"),
    "age": ("age", "âge"),
    "employment": ("job", "emploi"),
    "poverty": ("poverty", "pauvreté"),
    "women": ("women", "femmes"),
    "men": ("men", "hommes"),
    "65 and over": ("65 and over", "65 ans et plus"),
    "full-time job": ("full-time job", "emploi à temps plein"),
    "part-time job": ("part-time job", "emploi à temps partiel"),
    "no other job": ("no other job", "sans autre emploi"),
    "above the poverty line": ("above the poverty line", "au-dessus du seuil de pauvreté"),
    "below the poverty line": ("below the poverty line", "sous le seuil de pauvreté"),
}


def domain_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Show how many persons of each tier are in each domain, and what share of the tier they are.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    TextTable or None
        One row for each domain, one column for each nested tier, with the truth of a simulated study; None for a study
        without such a table.
    """
    content = bundle.tables.get("domains")
    if content is None or not content.rows:
        return None
    records = [dict(zip(content.columns, cells, strict=True)) for cells in content.rows]
    nested = {(r["variable"], r["domain"], r["tier"]): r for r in records if r["kind"] == "nested"}
    names = {tier["id"]: tier[f"label_{lang}"] for tier in bundle.study["tiers"]}
    truth = _nested_truth(bundle.tables.get("domain_truth"), tuple(names))
    rows = []
    for variable, domain in dict.fromkeys((v, d) for v, d, _ in nested):
        cells = tuple(
            _cell(nested[variable, domain, tier], truth.get((variable, domain, tier)), lang) for tier in names
        )
        rows.append((_word(variable, lang), _word(domain, lang), *cells))
    columns = (_word("variable", lang), _word("domain", lang), *names.values())
    notes = [_word("note", lang, level=percent(float(bundle.settings["level"]), lang))]
    order = bundle.tables.get("domains_order")
    if order is not None:
        rate = percent(float(order.column("violation_rate")[0]), lang, digits=1)
        notes.append(_word("order", lang, rate=rate))
    said = tuple(typeset(note, lang) for note in notes)
    return TextTable(title=_word("title", lang), columns=columns, rows=tuple(rows), notes=said)


def _cell(row: dict[str, Any], truth: float | None, lang: Language) -> str:
    lines = [_with_ends(row, "count", lang), _with_ends(row, "share", lang)]
    if truth is not None:
        lines.append(_word("truth", lang, value=number(truth, lang)))
    return typeset("\n".join(lines), lang)


def _with_ends(row: dict[str, Any], name: str, lang: Language) -> str:
    def written(value: float) -> str:
        return number(value, lang) if name == "count" else percent(value, lang, digits=1)

    value = _word("unknown", lang) if row[name] is None else written(row[name])
    # Without replicates there are no joint intervals; bounds of what is not identified stand in their place.
    ends = [row[f"{name}_joint_{end}"] for end in ("low", "high")]
    if None in ends:
        ends = [row[f"{name}_{end}"] for end in ("low", "high")]
    if None in ends:
        return value
    return f"{value} {_word('between', lang, low=written(ends[0]), high=written(ends[1]))}"


def _nested_truth(content: ResultTable | None, tiers: tuple[str, ...]) -> dict[tuple[str, str, str], float]:
    """Add the true exclusive counts up, from the most active tier on."""
    if content is None:
        return {}
    exclusive = {(v, d, str(tier).removesuffix("_only")): n for v, d, tier, n in content.rows}
    return {
        (v, d, tier): sum(exclusive[v, d, inner] for inner in tiers[: tiers.index(tier) + 1])
        for v, d, tier in exclusive
    }


def _word(key: str, lang: Language, **values: str) -> str:
    """Return the words of a column or a domain; a domain that nobody has translated stays as it is."""
    return WORDS[key][LANGUAGES.index(lang)].format(**values) if key in WORDS else key
