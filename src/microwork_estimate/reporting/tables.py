"""Tables for readers, from the bundle alone: plain text cells in one language, ready for a terminal or a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from microwork_estimate.estimate import Assumption, Estimate
from microwork_estimate.reporting.audit_words import words
from microwork_estimate.reporting.contrast_table import contrast_table
from microwork_estimate.reporting.domain_table import domain_table
from microwork_estimate.reporting.findings import fill
from microwork_estimate.reporting.labels import (
    Language,
    check_language,
    label,
    number,
    percent,
    span,
    typeset,
    warning_text,
)
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study import ResultBundle

_COLON: dict[Language, str] = {"en": ": ", "fr": " : "}
_SEMICOLON: dict[Language, str] = {"en": "; ", "fr": " ; "}


def table(bundle: ResultBundle, *, lang: str = "en") -> tuple[TextTable, ...]:
    """Return all tables of a result, in reading order.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    tuple of TextTable
        Tiers first where the study has published tiers, then all estimates, then the tables of the study.

    Raises
    ------
    InvalidInput
        If the language is neither English nor French.
    """
    # Only here: that module takes its ready tables from this one.
    from microwork_estimate.reporting.report_tables import result_table, without_negative_zero

    language = check_language(lang)
    parts = [
        tier_table(bundle, language),
        exclusive_table(bundle, language),
        contrast_table(bundle, language),
        estimate_table(bundle, language),
        domain_table(bundle, language),
        ledger_steps_table(bundle, language),
        comparison_table(bundle, language),
        tornado_table(bundle, language),
        correlation_table(bundle, language),
        dependence_table(bundle, language),
        drift_table(bundle, language),
        years_table(bundle, language),
        result_table(bundle, "eras", language) if "eras" in bundle.tables else None,
        activity_table(bundle, language),
    ]
    return tuple(without_negative_zero(part) for part in parts if part is not None)


def estimate_cells(estimate: Estimate, lang: Language, digits: int = 0) -> tuple[str, str]:
    """Return the value, and what is open around it (interval or bounds), as words."""
    if estimate.value is not None:
        value = number(estimate.value, lang, digits=digits)
    else:
        codes = {warning.code for warning in estimate.warnings}
        value = label("unavailable" if "unavailable" in codes else "none", lang)
    around = []
    if estimate.bounds is not None:
        ends = span(estimate.bounds.low, estimate.bounds.high, lang, digits=digits)
        around.append(f"{label('bounds', lang)} {ends}")
    if estimate.interval is not None:
        level = percent(estimate.interval.level, lang)
        ends = span(estimate.interval.low, estimate.interval.high, lang, digits=digits)
        around.append(f"{label('interval', lang, level=level)} {ends}")
    return value, _SEMICOLON[lang].join(around) or label("none", lang)


def _codes(estimate: Estimate) -> str:
    return ", ".join(dict.fromkeys(warning.code for warning in estimate.warnings))


def tier_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Set the published tiers beside what their own arithmetic gives; None when the study published none."""
    tiers = bundle.study["tiers"]
    rows = []
    for tier in tiers:
        if tier.get("published") is None:
            continue
        made = [bundle.estimates[name] for name in tier["estimates"] if name in bundle.estimates]
        if not made:
            continue
        first, *others = made
        published = number(bundle.published[tier["published"]]["value"], lang)
        value, _ = estimate_cells(first, lang)
        if first.interval is not None:
            value = f"{value} {span(first.interval.low, first.interval.high, lang)}"
        rows.append((tier[f"label_{lang}"], tier[f"criterion_{lang}"], published, value, _readings(others, lang)))
    if not rows:
        return None
    title, marks, found = "tiers_title", "published", "recomputed"
    if bundle.study["synthetic"]:
        title, marks, found = "truth_tiers_title", "truth", "estimated"
    columns = tuple(label(key, lang) for key in ("tier", "what", marks, found, "readings"))
    return TextTable(title=label(title, lang), columns=columns, rows=tuple(rows), numeric=(2, 3))


def _readings(others: Sequence[Estimate], lang: Language) -> str:
    """Return the widest range that the other estimates of a tier leave open."""
    spans = [around for around in (estimate.bounds or estimate.interval for estimate in others) if around is not None]
    values = [estimate.value for estimate in others if estimate.value is not None]
    ends = [*values, *(around.low for around in spans), *(around.high for around in spans)]
    if not ends:
        return label("no_reading", lang)
    return label("to", lang, low=number(min(ends), lang), high=number(max(ends), lang))


def exclusive_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Set the nested figures beside the exclusive ones, with the sum that must not be made."""
    content = bundle.tables.get("published_tiers")
    if content is None:
        return None
    names = {tier["id"]: tier[f"label_{lang}"] for tier in bundle.study["tiers"]}
    rows = tuple((names[row[0]], number(row[1], lang), number(row[2], lang)) for row in content.rows)
    wrong = number(sum(content.column("nested")), lang)
    prefix = "truth_" if bundle.study["synthetic"] else ""
    return TextTable(
        title=label(f"{prefix}exclusive_title", lang),
        columns=(label("tier", lang), label(f"{prefix}nested", lang), label("exclusive", lang)),
        rows=rows,
        notes=(label("total_refused", lang, total=wrong),),
        numeric=(1, 2),
    )


def estimate_table(bundle: ResultBundle, lang: Language) -> TextTable:
    """List every estimate with its interval or bounds and the codes of its warnings."""
    labels = bundle.study["labels"]
    rows = []
    for name, estimate in bundle.estimates.items():
        value, around = estimate_cells(estimate, lang, _digits(estimate))
        rows.append((labels[name][lang], value, around, _codes(estimate)))
    return TextTable(
        title=label("estimates_title", lang),
        columns=tuple(label(key, lang) for key in ("quantity", "estimate", "open", "warnings")),
        rows=tuple(rows),
        numeric=(1,),
    )


def _digits(estimate: Estimate) -> int:
    small = ("platforms per person", "ratio", "share", "hours per week", "EUR per hour")
    return 2 if estimate.estimand.unit in small else 0


def comparison_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Set estimates beside the published figures; the tier table does it where the study published tiers."""
    if any(tier.get("published") for tier in bundle.study["tiers"]):
        return None
    labels, rows = bundle.study["labels"], []
    content = bundle.tables["comparison"]
    for name, published in zip(content.column("estimate"), content.column("published"), strict=True):
        value = bundle.estimates[name].value
        if value is not None:
            difference = percent(value / published - 1, lang, digits=4)
            rows.append((labels[name][lang], number(published, lang), number(value, lang), difference))
    columns = tuple(label(key, lang) for key in ("quantity", "published", "recomputed", "difference"))
    title = label("comparison_title", lang)
    return TextTable(title=title, columns=columns, rows=tuple(rows), numeric=(1, 2, 3)) if rows else None


def correlation_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Show what shared errors of one audience provider do to the interval."""
    content = bundle.tables.get("audience_by_correlation")
    if content is None:
        return None
    rows = tuple(
        (number(correlation, lang, digits=1), number(median, lang), span(low, high, lang))
        for correlation, median, low, high in content.rows
    )
    level = percent(float(bundle.settings["level"]), lang)
    columns = (label("correlation", lang), label("estimate", lang), label("interval", lang, level=level))
    return TextTable(title=label("correlation_title", lang), columns=columns, rows=rows, numeric=(0, 1, 2))


def ledger_steps_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Show the steps from declared accounts to persons, each with what it takes away, what is left, and its source."""
    content = bundle.tables.get("ledger")
    if content is None:
        return None
    rows = []
    for cells in content.rows:
        row = dict(zip(content.columns, cells, strict=True))
        left = number(row["value"], lang)
        if row["low"] is not None:
            left = f"{left} {span(row['low'], row['high'], lang)}"
        factor = label("none", lang) if row["factor"] is None else number(row["factor"], lang, digits=2)
        if row["factor_low"] is not None:
            factor = f"{factor} {span(row['factor_low'], row['factor_high'], lang, digits=2)}"
        status = label(f"status.{row['status']}", lang)
        rows.append(
            (row[f"label_{lang}"], factor, left, status, typeset(row[f"source_{lang}"], lang) or label("none", lang))
        )
    columns = tuple(
        words(key, lang) for key in ("ledger_step", "ledger_factor", "ledger_left", "ledger_status", "ledger_source")
    )
    title = words("ledger_steps_title", lang)
    return TextTable(title=title, columns=columns, rows=tuple(rows), numeric=(1, 2))


def tornado_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Show how far each uncertain factor alone moves the audience figure."""
    content = bundle.tables.get("tornado")
    if content is None:
        return None
    labels = bundle.study["labels"]
    rows = tuple(
        (labels[factor][lang], number(low, lang), number(high, lang), percent(share, lang))
        for factor, low, high, share in content.rows
    )
    columns = tuple(label(key, lang) for key in ("factor", "low", "high", "variance_share"))
    return TextTable(title=label("tornado_title", lang), columns=columns, rows=rows, numeric=(1, 2, 3))


def dependence_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Show by what factor a two-list figure changes when the lists depend on each other."""
    content = bundle.tables.get("dependence")
    if content is None:
        return None
    shares = [float(name.removeprefix("seen_")) for name in content.columns[1:]]
    columns = (
        label("odds_ratio", lang),
        *(label("observed_share", lang, share=percent(share, lang)) for share in shares),
    )
    rows = tuple(tuple(number(cell, lang, digits=2) for cell in row) for row in content.rows)
    return TextTable(
        title=label("dependence_title", lang), columns=columns, rows=rows, numeric=tuple(range(len(columns)))
    )


def drift_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Show how the number of people moves with the number of components of a mixture."""
    content = bundle.tables.get("mixture_drift")
    if content is None:
        return None
    rows = tuple((str(k), number(n, lang), number(aic, lang, digits=1)) for k, n, aic in content.rows)
    columns = (label("components", lang), label("estimate", lang), label("aic", lang))
    return TextTable(title=label("drift_title", lang), columns=columns, rows=rows, numeric=(0, 1, 2))


def years_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Show the mean over the pairs of months of each year."""
    content = bundle.tables.get("years")
    if content is None:
        return None
    rows = tuple(
        (str(year), str(pairs), number(mean, lang), span(low, high, lang))
        for year, pairs, mean, low, high in content.rows
    )
    level = percent(float(bundle.settings["level"]), lang)
    columns = (*(label(key, lang) for key in ("year", "pairs", "estimate")), label("interval", lang, level=level))
    return TextTable(title=label("years_title", lang), columns=columns, rows=rows, numeric=(1, 2, 3))


def activity_table(bundle: ResultBundle, lang: Language) -> TextTable | None:
    """Show the shares of activity tiers by year."""
    content = bundle.tables.get("activity")
    if content is None:
        return None
    names = {tier["id"]: tier[f"label_{lang}"] for tier in bundle.study["tiers"]}
    columns = (label("year", lang), label("answers", lang), *(names[key] for key in content.columns[2:]))
    rows = tuple(
        (str(year), number(answers, lang), *(percent(share, lang, digits=1) for share in shares))
        for year, answers, *shares in content.rows
    )
    return TextTable(
        title=label("activity_title", lang), columns=columns, rows=rows, numeric=tuple(range(1, len(columns)))
    )


def finding_lines(bundle: ResultBundle, *, lang: str = "en") -> tuple[str, ...]:
    """Return the findings of a study as sentences with the numbers of this result."""
    language = check_language(lang)
    return tuple(fill(finding[language], bundle, language) for finding in bundle.study["findings"])


def warning_lines(bundle: ResultBundle, *, lang: str = "en") -> tuple[str, ...]:
    """Return what each warning code of a result means, once each."""
    language = check_language(lang)
    codes = dict.fromkeys(warning.code for estimate in bundle.estimates.values() for warning in estimate.warnings)
    return tuple(typeset(f"{code}{_COLON[language]}{warning_text(code, language)}", language) for code in codes)


def assumption_lines(bundle: ResultBundle, *, lang: str = "en") -> tuple[str, ...]:
    """Return every assumption of a result in words, once each."""
    language = check_language(lang)
    used: Iterable[Assumption] = dict.fromkeys(a for e in bundle.estimates.values() for a in e.assumptions)
    return tuple(
        typeset(f"{a.id}{_COLON[language]}{a.statement_fr if language == 'fr' else a.statement_en}", language)
        for a in used
    )
