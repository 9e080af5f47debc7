"""The odds ratio as a dial: a curve of the bundle, with every position written out beforehand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from microwork_estimate.reporting.estimate_words import short_number
from microwork_estimate.reporting.labels import Language, label, number, percent, span
from microwork_estimate.reporting.report_parts import Dial, DialStep
from microwork_estimate.reporting.report_words import words
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.rounding import decimals_for, round_at, round_outward, uncertainty_of
from microwork_estimate.study import ResultBundle

CURVE = "odds_ratio_curve"
FACTORS = "dependence"
_EDGE, _APART = 0.06, 0.2  # of the width of the axis


def dial(bundle: ResultBundle, lang: Language) -> Dial | None:
    """Return the dial of a result: persons by odds ratio where the lists are known, else factors on a published figure.

    Parameters
    ----------
    bundle : ResultBundle
    lang : {"en", "fr"}

    Returns
    -------
    Dial or None
        None for a result without such a curve.
    """
    if CURVE in bundle.tables:
        return _curve_dial(bundle, lang)
    return _factor_dial(bundle, lang) if FACTORS in bundle.tables else None


def dial_table(content: Dial, lang: Language) -> TextTable:
    """Return all positions of a dial as a table: what is read without a program, and on paper."""
    columns = (label("odds_ratio", lang), content.estimate_label, content.interval_label, words("dial_meaning", lang))
    rows = tuple((step.ratio, step.estimate, step.interval, step.meaning) for step in content.steps)
    return TextTable(title=words("dial_table", lang), columns=columns, rows=rows, numeric=(0, 1, 2))


def meaning(ratio: float, lang: Language) -> str:
    """Say what an odds ratio means.

    Examples
    --------
    >>> meaning(2.0, "en")
    'Being on one list makes being on the other more likely: the odds are multiplied by 2.'
    >>> meaning(1.0, "en")
    'The lists are independent: being on one says nothing about the other.'
    """
    if ratio == 1:
        return words("dial_same", lang)
    if ratio > 1:
        return words("dial_more", lang, factor=short_number(ratio, lang))
    return words("dial_less", lang, factor=short_number(1 / ratio, lang) if ratio > 0 else label("infinity", lang))


def _curve_dial(bundle: ResultBundle, lang: Language) -> Dial:
    content = bundle.tables[CURVE]
    rows = [dict(zip(content.columns, row, strict=True)) for row in content.rows]
    places = _Places([(row["value"], row["low"], row["high"]) for row in rows])
    level = percent(float(bundle.settings.get("level", 0.95)), lang)
    return Dial(
        name=_two_list_name(bundle, lang),
        estimate_label=label("estimate", lang),
        interval_label=label("interval", lang, level=level),
        steps=tuple(_curve_step(row, places, lang) for row in rows),
        start=_start([row["odds_ratio"] for row in rows]),
        ticks=places.ticks(lang),
    )


def _curve_step(row: dict[str, Any], places: _Places, lang: Language) -> DialStep:
    value, low, high = row["value"], row["low"], row["high"]
    decimals = decimals_for(uncertainty_of(value, low=low, high=high))
    decimals = None if decimals is None else min(decimals, 0)
    ends = round_outward(low, high, decimals)
    return DialStep(
        ratio=short_number(row["odds_ratio"], lang),
        meaning=meaning(row["odds_ratio"], lang),
        estimate=number(round_at(value, decimals), lang),
        interval=span(*ends, lang),
        at=places(value),
        low=places(low),
        high=places(high),
    )


def _factor_dial(bundle: ResultBundle, lang: Language) -> Dial:
    """Return the factors on a figure whose lists were not published: from no one seen to most of them seen."""
    content = bundle.tables[FACTORS]
    figure = _questioned_figure(bundle)
    rows = [(float(row[0]), [float(cell) for cell in row[1:]]) for row in content.rows]
    scale = 1.0 if figure is None else figure
    places = _Places([(scale, scale * min(factors), scale * max(factors)) for _, factors in rows])
    steps = []
    for ratio, factors in rows:
        low, high = min(factors), max(factors)
        said = (
            label("to", lang, low=short_number(low, lang), high=short_number(high, lang))
            if low < high
            else short_number(low, lang)
        )
        persons = label("none", lang) if figure is None else _persons(low * figure, high * figure, lang)
        edges = (places(scale * low), places(scale * high))
        steps.append(
            DialStep(
                ratio=short_number(ratio, lang),
                meaning=meaning(ratio, lang),
                estimate=said,
                interval=persons,
                at=places(scale),
                low=edges[0],
                high=edges[1],
            )
        )
    name = "" if figure is None else f"{label('plot.published', lang)} {number(figure, lang)}"
    return Dial(
        name=name,
        estimate_label=words("dial_factor", lang),
        interval_label=words("dial_factor_range", lang),
        steps=tuple(steps),
        start=_start([ratio for ratio, _ in rows]),
        ticks=places.ticks(lang),
    )


def _persons(low: float, high: float, lang: Language) -> str:
    ends = round_outward(low, high, 0)
    return span(*ends, lang) if ends[0] < ends[1] else number(ends[0], lang)


def _questioned_figure(bundle: ResultBundle) -> float | None:
    """Return the published figure whose independence the study's critics question."""
    content = bundle.tables.get("audit")
    if content is None:
        return None
    found = (row for row in content.rows if row[0] == "independence")
    row = next(found, None)
    return None if row is None or row[1] is None else float(row[content.columns.index("published")])


def _two_list_name(bundle: ResultBundle, lang: Language) -> str:
    for name, estimate in bundle.estimates.items():
        if any(a.sensitivity == "capture_recapture.odds_ratio_curve" for a in estimate.assumptions):
            return str(bundle.study["labels"].get(name, {}).get(lang, name))
    return ""


def _start(ratios: Sequence[float]) -> int:
    return min(range(len(ratios)), key=lambda at: abs(math.log(ratios[at])) if ratios[at] > 0 else math.inf)


class _Places:
    """Where persons stand on the logarithmic axis of the dial, as shares of its width."""

    def __init__(self, rows: Sequence[tuple[float, float, float]]) -> None:
        ends = [end for row in rows for end in row if math.isfinite(end) and end > 0]
        self.low, self.high = math.log(min(ends) / 1.1), math.log(max(ends) * 1.1)

    def __call__(self, value: float) -> float:
        if not math.isfinite(value) or value <= 0:
            return 1.0 if value > 0 else 0.0
        return round((math.log(value) - self.low) / (self.high - self.low), 4)

    def ticks(self, lang: Language) -> tuple[tuple[str, float], ...]:
        """Return round numbers on the axis that do not stand too close to each other or to its ends."""
        powers = range(math.floor(self.low / math.log(10)), math.ceil(self.high / math.log(10)) + 1)
        found: list[tuple[str, float]] = []
        for value in (sub * 10.0**power for power in powers for sub in (1, 2, 5)):
            at = self(value)
            if _EDGE <= at <= 1 - _EDGE and (not found or at - found[-1][1] >= _APART):
                found.append((short_number(value, lang), at))
        return tuple(found)
