"""The odds-ratio dial: what becomes of a size when two lists are not independent, which they cannot tell themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import SensitivityCurve
from microwork_estimate.reporting.drawing import bare, headed, nothing_to_draw, persons_ticks
from microwork_estimate.reporting.labels import Language, check_language, number, percent
from microwork_estimate.reporting.plots import BLUE, GREY, INK, ORANGE

WORDS = {
    "en": {
        "axis": "odds ratio between the lists (log scale; above 1: who is on one is more often on the other)",
        "persons": "population size, persons (log scale)",
        "value": "estimate",
        "band": "{level} interval at each odds ratio",
        "limit": "one-sided {level} lower limit; no estimate, no upper limit",
        "open": "no upper limit",
        "cut": "intervals go on above",
        "plausible": "held to be plausible: {low} to {high}",
        "reference": "independence",
        "tipping": "{name}: {n}, from odds ratio {t}",
        "never": "{name}: {n}, not reached here",
        "always": "{name}: {n}, exceeded everywhere here",
        "alone": "{name}: {n}",
    },
    "fr": {
        "axis": "rapport des cotes entre les listes (échelle log. ; > 1 : qui est sur l'une est plus souvent sur l'autre)",
        "persons": "taille de la population, personnes (échelle log.)",
        "value": "estimation",
        "band": "intervalle à {level} pour chaque rapport des cotes",
        "limit": "limite inférieure unilatérale à {level} ; ni estimation, ni limite supérieure",
        "open": "sans limite supérieure",
        "cut": "les intervalles se prolongent au-dessus",
        "plausible": "jugé plausible : de {low} à {high}",
        "reference": "indépendance",
        "tipping": "{name} : {n}, à partir d'un rapport de {t}",
        "never": "{name} : {n}, non atteint ici",
        "always": "{name} : {n}, dépassé partout ici",
        "alone": "{name} : {n}",
    },
}
_MARKERS = ("D", "s", "^", "v", "P", "X")


def draw_dial(
    curve: SensitivityCurve,
    *,
    title: str,
    plausible: tuple[float, float] | None = None,
    targets: Mapping[str, float] | None = None,
    lang: str = "en",
) -> Figure:
    """Draw a population size as a function of the odds ratio between two lists, with its interval.

    Parameters
    ----------
    curve : SensitivityCurve
        Of :func:`~microwork_estimate.capture_recapture.odds_ratio_curve`, ``adjusted_odds_ratio_curve`` or
        ``survey_odds_ratio_curve``.
    title : str
    plausible : (float, float) or None
        Range of odds ratios held to be plausible, shaded.
    targets : mapping of str to float, or None
        Names and sizes, in persons, whose tipping points are marked: the odds ratio from which the estimate is at least
        so large.
    lang : {"en", "fr"}

    Returns
    -------
    matplotlib Figure
        When nobody is on both lists there is no estimate: the lower limit is drawn, with arrows upward.

    Raises
    ------
    InvalidInput
        If the curve is not about an odds ratio, holds no number, or the plausible range is out of order.

    References
    ----------
    Gerritse, van der Heijden and Bakker 2015, Journal of Official Statistics 31(3), 357-379.

    Examples
    --------
    >>> from microwork_estimate.capture_recapture import odds_ratio_curve
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> curve = odds_ratio_curve(CaptureHistories.from_two_lists(200, 150, 30))
    >>> draw_dial(curve, title="Two lists", targets={"a claim": 2000}).axes[0].get_legend_handles_labels()[1][-1]
    'a claim: 2,000, from odds ratio 2.55'
    """
    language = check_language(lang)
    words = WORDS[language]
    _check(curve, plausible)
    figure = Figure(figsize=(8.5, 5.0), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(*_x_limits(curve, plausible))
    low, top = _y_limits(curve, targets)
    axes.set_ylim(low, top)
    if plausible is not None:
        ends = {name: _odds(end, language) for name, end in zip(("low", "high"), plausible, strict=True)}
        axes.axvspan(*plausible, color="#e5e7eb", zorder=0, linewidth=0, label=words["plausible"].format(**ends))
        axes.vlines(plausible, low, top, color=GREY, linewidth=0.8)
    if axes.get_xlim()[0] <= curve.reference <= axes.get_xlim()[1]:
        axes.axvline(curve.reference, color=INK, linewidth=1, linestyle=(0, (4, 3)), label=words["reference"])
    _draw_curve(axes, curve, top, language)
    for marker, (name, size) in zip(_MARKERS * (1 + len(targets or {})), (targets or {}).items(), strict=False):
        _draw_target(axes, curve, (name, float(size)), marker, language)
    _finish(axes, language)
    headed(figure, title)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8.5)
    return figure


def _check(curve: SensitivityCurve, plausible: tuple[float, float] | None) -> None:
    if "odds ratio" not in curve.parameter or not (curve.grid > 0.0).all():
        raise InvalidInput(
            "not a dial",
            expected="a curve over odds ratios",
            got=f"a curve over {curve.parameter}",
            where="draw_dial",
            fix="draw the curve of odds_ratio_curve, adjusted_odds_ratio_curve or survey_odds_ratio_curve",
        )
    if plausible is not None and not 0.0 < plausible[0] <= plausible[1] < math.inf:
        raise InvalidInput(
            "impossible range of odds ratios",
            expected="0 < low <= high",
            got=repr(plausible),
            where="draw_dial",
            fix="give odds ratios such as (0.5, 4)",
        )
    if not (np.isfinite(curve.values) | np.isfinite(curve.low)).any():
        raise nothing_to_draw("draw_dial", expected="a curve with an estimate or a limit", fix="look at its warnings")


def _x_limits(curve: SensitivityCurve, plausible: tuple[float, float] | None) -> tuple[float, float]:
    ends = [float(curve.grid[0]), float(curve.grid[-1]), *(plausible or ())]
    return (min(ends) / 1.04, max(ends) * 1.04) if min(ends) < max(ends) else (min(ends) / 2.0, max(ends) * 2.0)


def _y_limits(curve: SensitivityCurve, targets: Mapping[str, float] | None) -> tuple[float, float]:
    """Return room for the curve; an interval that is many times as high is cut, and marked."""
    middle = curve.values[np.isfinite(curve.values)]
    floor = curve.low[np.isfinite(curve.low) & (curve.low > 0.0)]
    ceiling = curve.high[np.isfinite(curve.high)]
    asked = [float(size) for size in (targets or {}).values() if math.isfinite(size) and size > 0.0]
    highest = [float(x.max()) for x in (middle, floor) if x.size]
    reach = min(float(ceiling.max()), 6.0 * max(highest)) if ceiling.size and middle.size else 3.0 * max(highest)
    lowest = min([*(float(x.min()) for x in (middle, floor) if x.size), *asked])
    return lowest / 1.15, 1.15 * max([reach, *highest, *asked])


def _draw_curve(axes: Axes, curve: SensitivityCurve, top: float, lang: Language) -> None:
    words, level = WORDS[lang], percent(curve.level, lang)
    known = np.isfinite(curve.values)
    if known.any():
        axes.fill_between(
            curve.grid[known],
            curve.low[known],
            np.minimum(curve.high[known], 2.0 * top),
            facecolor=BLUE,
            alpha=0.2,
            edgecolor=BLUE,
            linewidth=0.8,
            label=words["band"].format(level=level),
        )
        marker = "o" if known.sum() == 1 else None
        axes.plot(
            curve.grid[known], curve.values[known], color=BLUE, linewidth=2.2, marker=marker, label=words["value"]
        )
    else:
        text = words["limit"].format(level=level)
        axes.plot(curve.grid, curve.low, color=ORANGE, linewidth=2, linestyle=(0, (5, 3)), label=text)
    above = (curve.high > top) & np.isfinite(curve.low)
    if above.any():
        place = curve.grid[above]
        some = place[np.unique(np.linspace(0, place.size - 1, min(place.size, 8)).astype(int))]
        axes.plot(
            some, np.full(some.size, top), "^", color=BLUE if known.any() else ORANGE, clip_on=False, markersize=6
        )
    if above.any():
        open_end = words["open" if np.isinf(curve.high).any() else "cut"]
        axes.text(0.985, 0.955, open_end, transform=axes.transAxes, ha="right", va="top", fontsize=9, color=INK)


def _draw_target(axes: Axes, curve: SensitivityCurve, target: tuple[str, float], marker: str, lang: Language) -> None:
    """Mark where the estimate reaches a size; sizes are straight lines in the odds ratio between points of the grid."""
    name, size = target
    about = {"name": name, "n": number(size, lang)}
    known = np.isfinite(curve.values)
    grid, values = curve.grid[known], np.maximum.accumulate(curve.values[known])
    if values.size and values[0] <= size <= values[-1]:
        first = int(np.searchsorted(values, size))
        at = float(np.interp(size, values[max(first - 1, 0) : first + 1], grid[max(first - 1, 0) : first + 1]))
        text = WORDS[lang]["tipping"].format(**about, t=_odds(at, lang))
        axes.plot([axes.get_xlim()[0], at], [size, size], color=INK, linewidth=0.9, linestyle=(0, (1.5, 2)))
        axes.plot([at, at], [axes.get_ylim()[0], size], color=INK, linewidth=0.9, linestyle=(0, (1.5, 2)))
        axes.plot(
            [at], [size], marker, markersize=7, markerfacecolor="white", markeredgecolor=INK, label=text, zorder=4
        )
        return
    axes.axhline(size, color=INK, linewidth=0.9, linestyle=(0, (1.5, 2)))
    case = "alone" if not values.size else "always" if size < values[0] else "never"
    text = WORDS[lang][case].format(**about)
    ends = axes.get_xlim()
    axes.plot(
        [math.sqrt(ends[0] * ends[1])], [size], marker, markersize=7, color=GREY, markerfacecolor="none", label=text
    )


def _finish(axes: Axes, lang: Language) -> None:
    low, high = axes.get_xlim()
    powers = range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)
    axes.xaxis.set_major_locator(FixedLocator([2.0**power for power in powers][:: max(1, len(powers) // 9)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda t, _: f"1/{1 / t:.0f}" if t < 0.9 else f"{t:.0f}"))
    bottom, top = axes.get_ylim()
    persons_ticks(axes.yaxis, lang, log=True, span=top / bottom)
    axes.set_xlabel(WORDS[lang]["axis"], fontsize=9)
    axes.set_ylabel(WORDS[lang]["persons"], fontsize=9)
    bare(axes)


def _odds(value: float, lang: Language) -> str:
    """Write an odds ratio with three digits, without zeros at the end."""
    digits = max(0, 2 - math.floor(math.log10(value)))
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", ",") if lang == "fr" else text
