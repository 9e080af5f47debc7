"""An estimate in words: value, interval and bounds, rounded by their uncertainty, in the numbers of a language."""

from __future__ import annotations

from microwork_estimate.estimate import Estimate
from microwork_estimate.reporting.labels import LANGUAGES, UNITS, Language, label, number, percent, span
from microwork_estimate.rounding import display_decimals, round_at, round_outward

_WHOLE = ("persons", "accounts", "visits")
_SHARE_DECIMALS, _OTHER_DECIMALS = 4, 2  # of numbers without sampling error
_UNSAID = ("persons", "share", "ratio")  # units that go without saying


def decimals_of(estimate: Estimate) -> int | None:
    """Return the decimal place at which an estimate is rounded; None if it has no sampling error.

    People, accounts and visits are whole: they are never rounded below the unit, whatever the uncertainty.
    """
    ends = None if estimate.interval is None else (estimate.interval.low, estimate.interval.high)
    whole = estimate.estimand.unit in _WHOLE
    return display_decimals(estimate.value, standard_error=estimate.standard_error, ends=ends, whole=whole)


def short_number(value: float, lang: Language, *, most: int = 4) -> str:
    """Write a number that is given, not estimated: with as many decimals as it has, up to `most`.

    Examples
    --------
    >>> short_number(0.8125, "en"), short_number(4.0, "en"), short_number(10939.1, "en")
    ('0.8125', '4', '10,939.1')
    """
    return number(value, lang, digits=decimals_given(value, most=most))


def decimals_given(value: float, *, most: int = 4) -> int:
    """Return how many decimals a given number has, up to `most`.

    Examples
    --------
    >>> decimals_given(1.27), decimals_given(50000.0)
    (2, 0)
    """
    return len(f"{value:.{most}f}".rstrip("0").partition(".")[2])


def value_words(estimate: Estimate, lang: Language) -> str:
    """Return the value, or why there is none."""
    if estimate.value is None:
        codes = {warning.code for warning in estimate.warnings}
        return label("unavailable" if "unavailable" in codes else "none", lang)
    decimals = decimals_of(estimate)
    said = _written(round_at(estimate.value, decimals), _shown(estimate, decimals), estimate, lang)
    unit = estimate.estimand.unit
    return said if unit in _UNSAID or unit not in UNITS else f"{said}\u00a0{UNITS[unit][LANGUAGES.index(lang)]}"


def range_words(estimate: Estimate, lang: Language) -> str:
    """Return bounds and interval, said apart, or a dash."""
    decimals, said = decimals_of(estimate), []
    if estimate.bounds is not None:
        ends = round_outward(estimate.bounds.low, estimate.bounds.high, decimals)
        said.append(f"{label('bounds', lang)} {_span(ends, _shown(estimate, decimals), estimate, lang)}")
    if estimate.interval is not None:
        ends = round_outward(estimate.interval.low, estimate.interval.high, decimals)
        level = label("interval", lang, level=percent(estimate.interval.level, lang))
        said.append(f"{level} {_span(ends, _shown(estimate, decimals), estimate, lang)}")
    return ("\u00a0; " if lang == "fr" else "; ").join(said) or label("none", lang)


def _shown(estimate: Estimate, decimals: int | None) -> int:
    """Return how many decimals are printed."""
    if decimals is not None:
        return max(0, decimals)
    unit = estimate.estimand.unit
    return 0 if unit in _WHOLE else _SHARE_DECIMALS if unit == "share" else _OTHER_DECIMALS


def _written(value: float, digits: int, estimate: Estimate, lang: Language) -> str:
    if estimate.estimand.unit == "share":
        return percent(value, lang, digits=max(0, digits - 2))
    return number(value, lang, digits=digits)


def _span(ends: tuple[float, float], digits: int, estimate: Estimate, lang: Language) -> str:
    if estimate.estimand.unit == "share":
        low, high = (percent(end, lang, digits=max(0, digits - 2)) for end in ends)
        return f"[{low}\u00a0;\u00a0{high}]" if lang == "fr" else f"[{low},\u00a0{high}]"
    return span(*ends, lang, digits=digits)
