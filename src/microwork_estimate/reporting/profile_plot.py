"""The profile likelihood of a population size: which sizes agree with the data, and whether the data end at all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from microwork_estimate.capture_recapture.profile_curves import ProfileCurve
from microwork_estimate.reporting.drawing import bare, headed, persons_ticks
from microwork_estimate.reporting.labels import Language, check_language, number, percent
from microwork_estimate.reporting.plots import BLUE, GREY, INK, ORANGE

WORDS = {
    "en": {
        "axis": "population size, persons",
        "axis_log": "population size, persons (log scale)",
        "height": "log-likelihood below its maximum",
        "curve": "profile likelihood, {model}",
        "cutoff": "cut of the {level} interval, {drop} below",
        "seen": "fewer than the {n} persons seen: impossible",
        "peak": "most likely: {n}",
        "no_peak": "no most likely size: the curve only rises",
        "no_upper": "no upper limit",
    },
    "fr": {
        "axis": "taille de la population, personnes",
        "axis_log": "taille de la population, personnes (échelle logarithmique)",
        "height": "log-vraisemblance sous son maximum",
        "curve": "vraisemblance profilée, {model}",
        "cutoff": "seuil de l'intervalle à {level}, {drop} plus bas",
        "seen": "moins que les {n} personnes vues : impossible",
        "peak": "le plus vraisemblable : {n}",
        "no_peak": "aucune taille la plus vraisemblable : la courbe ne fait que monter",
        "no_upper": "sans limite supérieure",
    },
}
LAWS_FR = {
    "poisson law": "loi de Poisson",
    "geometric law": "loi géométrique",
    "negative binomial law": "loi binomiale négative",
}
_DEPTH = 2.6  # times the cutoff
_PAPER: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8}


def draw_profile(curve: ProfileCurve, *, title: str, lang: str = "en") -> Figure:
    """Draw the profile likelihood of a population size with the cut that makes its interval.

    Parameters
    ----------
    curve : ProfileCurve
        Of :func:`~microwork_estimate.capture_recapture.profile_curve`.
    title : str
    lang : {"en", "fr"}

    Returns
    -------
    matplotlib Figure
        The curve, the cut, the ends of the interval with their numbers, the most likely size, and the sizes below the
        number seen as a grey field. An interval without upper end has an arrow and says so; a curve that only rises has
        no point at the top.

    Raises
    ------
    InvalidInput
        If the language is unknown.

    Examples
    --------
    >>> from microwork_estimate.capture_recapture import profile_curve
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> curve = profile_curve(CaptureHistories.from_two_lists(200, 150, 30))
    >>> [text.get_text() for text in draw_profile(curve, title="Two lists").axes[0].texts]
    ['760', '1,375', 'most likely: 995']
    """
    language = check_language(lang)
    words = WORDS[language]
    depth = _DEPTH * curve.cutoff
    near = curve.heights >= -1.15 * depth
    sizes, heights = curve.sizes[near], curve.heights[near]
    right = float(sizes[-1])
    far = right - curve.n_observed > 5.0 * (right - float(sizes[0]))
    left = float(sizes[0]) if far else curve.n_observed
    log = right > 8.0 * left
    figure = Figure(figsize=(8.5, 4.6), layout="constrained")
    axes = figure.subplots()
    if log:
        axes.set_xscale("log")
    axes.set_xlim(*_limits(left, right, log=log))
    axes.set_ylim(-depth, 0.45 * curve.cutoff)
    if not far:
        _draw_impossible(axes, curve.n_observed, language)
    model = LAWS_FR.get(curve.model, curve.model) if language == "fr" else curve.model
    axes.plot(sizes, heights, color=BLUE, linewidth=2, label=words["curve"].format(model=model))
    cut = {"level": percent(curve.interval.level, language), "drop": number(curve.cutoff, language, digits=2)}
    style = (0, (5, 3))
    axes.axhline(-curve.cutoff, color=ORANGE, linewidth=1.4, linestyle=style, label=words["cutoff"].format(**cut))
    _draw_ends(axes, curve, language)
    _draw_peak(axes, curve, language)
    if right - left < 10.0:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, language, digits=1)))
    else:
        persons_ticks(axes.xaxis, language, log=log, span=axes.get_xlim()[1] / axes.get_xlim()[0])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, language, digits=1)))
    axes.set_xlabel(words["axis_log" if log else "axis"], fontsize=9)
    axes.set_ylabel(words["height"], fontsize=9)
    bare(axes)
    headed(figure, title)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8.5)
    return figure


def _limits(left: float, right: float, *, log: bool) -> tuple[float, float]:
    """Return the ends of the axis, with room at the left for what is impossible."""
    if log:
        return left / (right / left) ** 0.06, right
    return max(left - 0.06 * (right - left), 0.0), right


def _draw_impossible(axes: Axes, seen: float, lang: Language) -> None:
    """Draw the sizes below the number seen as a hatched field."""
    text = WORDS[lang]["seen"].format(n=number(seen, lang))
    left = axes.get_xlim()[0]
    axes.axvspan(left, seen, facecolor="#f3f4f6", edgecolor=GREY, hatch="//", linewidth=0, label=text, zorder=0.5)


def _draw_ends(axes: Axes, curve: ProfileCurve, lang: Language) -> None:
    """Draw the interval on the cut: a line from end to end, with its numbers; an arrow where there is no end."""
    low, high = curve.interval.low, curve.interval.high
    right = axes.get_xlim()[1]
    axes.plot([low, min(high, right)], [-curve.cutoff] * 2, color=INK, linewidth=2.2, solid_capstyle="butt", zorder=2.5)
    for end, side in ((low, "right"), (high, "left")):
        if math.isinf(end):
            axes.plot([right], [-curve.cutoff], marker=">", color=INK, markersize=8, clip_on=False, zorder=3)
            text, side, away = WORDS[lang]["no_upper"], "right", (-4, -14)
            place = (right, -curve.cutoff)
        else:
            axes.vlines(end, -_DEPTH * curve.cutoff, -curve.cutoff, color=INK, linewidth=1.0, linestyle=(0, (1.5, 2)))
            axes.plot([end], [-curve.cutoff], marker="|", color=INK, markersize=11, markeredgewidth=2, zorder=3)
            place = (end, -curve.cutoff)
            text = number(end, lang, digits=1 if high - low < 10.0 else 0)
            # Above the cut and outside of the interval the curve never is; but sizes below those seen are impossible.
            away = (5, 3) if side == "left" else (-5, 3)
            if end <= curve.n_observed * 1.001:
                side, away = "left", (4, -14)
        axes.annotate(
            text,
            place,
            xytext=away,
            textcoords="offset points",
            ha=side,
            va="bottom",
            fontsize=9,
            color=INK,
            bbox=_PAPER,
        )


def _draw_peak(axes: Axes, curve: ProfileCurve, lang: Language) -> None:
    if math.isfinite(curve.peak):
        axes.plot([curve.peak], [0.0], "o", color=BLUE, markersize=6)
        text, place, away = WORDS[lang]["peak"].format(n=number(curve.peak, lang)), (curve.peak, 0.0), (0, 5)
        side = "center"
        low, high = axes.get_xlim()
        near = np.searchsorted(curve.sizes, [low, curve.peak, high])
        if near[1] - near[0] < 0.25 * (near[2] - near[0]):
            side, away = "left", (6, 5)
    else:
        text, place, away, side = WORDS[lang]["no_peak"], (axes.get_xlim()[1], 0.0), (-4, 5), "right"
    axes.annotate(
        text, place, xytext=away, textcoords="offset points", ha=side, va="bottom", fontsize=9, color=INK, bbox=_PAPER
    )
