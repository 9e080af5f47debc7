"""The ratio plot: whether counts of sightings follow a law, and whether too many were seen only once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from microwork_estimate.capture_recapture import RatioPlot, ratio_plot
from microwork_estimate.capture_recapture.ratio_laws import RatioLaw, fitted_ratios
from microwork_estimate.capture_recapture.ratios import MINIMUM_COUNT
from microwork_estimate.errors import check_choice
from microwork_estimate.inputs import CaptureCounts
from microwork_estimate.reporting.drawing import bare, headed, nothing_to_draw, plain
from microwork_estimate.reporting.labels import Language, check_language, number, typeset
from microwork_estimate.reporting.plots import BLUE, GREY, INK, ORANGE

WORDS = {
    "en": {
        "axis": "times seen, j",
        "ratio": "ratio (j + 1) f(j + 1) / f(j)",
        "ratio_occasions": "ratio T (j + 1) f(j + 1) / ((T - j) f(j))",
        "points": "observed, with 2 standard errors",
        "few": f"the same, fewer than {MINIMUM_COUNT} persons in one of the counts",
        "expected": "first ratio as the next three predict it",
        "inflated": "one-inflation: {seen} persons seen once,\n{expected} expected from the next ratios",
        "poisson": "Poisson law (equal rates)",
        "geometric": "geometric law",
        "negative_binomial": "negative binomial law (unequal rates)",
        "binomial": "binomial law (equal chances)",
    },
    "fr": {
        "axis": "nombre de fois vus, j",
        "ratio": "rapport (j + 1) f(j + 1) / f(j)",
        "ratio_occasions": "rapport T (j + 1) f(j + 1) / ((T - j) f(j))",
        "points": "observé, avec 2 erreurs types",
        "few": f"de même, moins de {MINIMUM_COUNT} personnes dans l'un des comptages",
        "expected": "premier rapport tel que les trois suivants le prédisent",
        "inflated": "inflation des « vus une fois » : {seen} personnes,\n{expected} attendues d'après les rapports suivants",
        "poisson": "loi de Poisson (taux égaux)",
        "geometric": "loi géométrique",
        "negative_binomial": "loi binomiale négative (taux inégaux)",
        "binomial": "loi binomiale (chances égales)",
    },
}
_DASHES: dict[str, Any] = {
    "poisson": "solid",
    "binomial": "solid",
    "negative_binomial": (0, (6, 3)),
    "geometric": (0, (1.5, 2)),
}


def draw_ratios(
    counts: CaptureCounts,
    *,
    title: str,
    laws: Sequence[RatioLaw] = ("poisson", "negative_binomial"),
    most: int = 12,
    lang: str = "en",
) -> Figure:
    """Draw the ratios of neighbouring counts with their standard errors, and the lines of fitted laws.

    Parameters
    ----------
    counts : CaptureCounts
        Somebody seen more than once.
    title : str
    laws : sequence of {"poisson", "geometric", "negative_binomial", "binomial"}
        Laws whose lines are drawn; a law that these counts do not allow to fit has none.
    most : int
        Ratios drawn at most, from j = 1 on.
    lang : {"en", "fr"}

    Returns
    -------
    matplotlib Figure
        Points of :func:`~microwork_estimate.capture_recapture.ratio_plot`, hollow where they rest on few persons. A
        diamond marks where the line through the next three ratios puts the first; when too many were seen once, an
        arrow leads there and the numbers are written.

    Raises
    ------
    InvalidInput
        If nobody was seen twice, a law is unknown, or the binomial law is asked for without occasions.

    References
    ----------
    Böhning, Baksh, Lerdsuwansri & Gallagher 2013, Journal of Computational and Graphical Statistics 22(1), 135-155.

    Examples
    --------
    >>> figure = draw_ratios(CaptureCounts(frequencies=[60, 24, 8, 3]), title="Seen how often")
    >>> figure.axes[0].get_xlabel()
    'times seen, j'
    """
    language = check_language(lang)
    words = WORDS[language]
    for law in laws:
        check_choice(law, _DASHES, where="draw_ratios")
    if counts.frequencies.size < 2:
        raise nothing_to_draw("draw_ratios", expected="persons seen more than once", fix="there is no ratio to draw")
    plot = ratio_plot(counts)
    shown = plot.times <= most
    figure = Figure(figsize=(8.5, 4.8), layout="constrained")
    axes = figure.subplots()
    top = _draw_points(axes, plot, counts, shown, language)
    for law in laws:
        heights = fitted_ratios(counts, family=law)
        if np.isfinite(heights).all():
            top = max(top, float(heights[shown][: max(2, int(0.6 * shown.sum()))].max()))
            line: dict[str, Any] = {"color": ORANGE, "linestyle": _DASHES[law], "linewidth": 1.8, "zorder": 1.5}
            # A single ratio has no line; a dash at its height is drawn instead.
            alone = shown.sum() == 1
            at = np.array([0.8, 1.2]) if alone else plot.times[shown]
            axes.plot(at, np.repeat(heights[shown], 2) if alone else heights[shown], label=words[law], **line)
    top = max(top, _draw_singletons(axes, plot, counts, language))
    axes.set_ylim(0, 1.08 * top)
    axes.set_xlim(0.4, float(plot.times[shown].max()) + 0.6)
    axes.xaxis.set_major_locator(FixedLocator(list(range(1, int(shown.sum()) + 1, 1 + int(shown.sum()) // 15))))
    axes.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda x, _: plain(x, language)))
    axes.set_xlabel(words["axis"], fontsize=9)
    axes.set_ylabel(words["ratio"] if counts.occasions is None else words["ratio_occasions"], fontsize=9)
    bare(axes)
    headed(figure, title)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8.5)
    return figure


def _draw_points(axes: Axes, plot: RatioPlot, counts: CaptureCounts, shown: np.ndarray, lang: Language) -> float:
    """Draw the observed ratios and return how high the axis has to go for those that rest on enough persons."""
    frequencies = counts.as_floats()
    firm = (frequencies[:-1] >= MINIMUM_COUNT) & (frequencies[1:] >= MINIMUM_COUNT)
    errors = np.nan_to_num(plot.standard_errors, nan=0.0)
    spread = np.vstack([np.minimum(2.0 * errors, np.nan_to_num(plot.ratios)), 2.0 * errors])
    for which, word, fill in ((firm, "points", BLUE), (~firm, "few", "white")):
        at = which & shown & np.isfinite(plot.ratios)
        if not at.any():
            continue
        axes.errorbar(
            plot.times[at],
            plot.ratios[at],
            yerr=spread[:, at],
            fmt="o",
            color=BLUE,
            markerfacecolor=fill,
            markersize=6,
            elinewidth=1.2,
            label=WORDS[lang][word],
            zorder=3,
        )
    read = firm & shown if (firm & shown).any() else shown & np.isfinite(plot.ratios)
    return float((plot.ratios[read] + 2.0 * errors[read]).max(initial=0.0)) or 1.0


def _draw_singletons(axes: Axes, plot: RatioPlot, counts: CaptureCounts, lang: Language) -> float:
    """Mark the first ratio as the next ones predict it; say so when it is far from what was observed."""
    expected, once = plot.expected_singletons, counts.seen(1)
    if expected is None or math.isinf(expected) or once == 0:
        return 0.0
    first = float(plot.ratios[0])
    predicted = first * once / expected
    marks: dict[str, Any] = {"markerfacecolor": "white", "markeredgecolor": INK, "markeredgewidth": 1.4}
    label = WORDS[lang]["expected"]
    axes.plot([1], [predicted], "D", markersize=7, zorder=2.8, label=label, **marks)
    if plot.one_inflated:
        arrow = {"arrowstyle": "<-", "color": INK, "linewidth": 1.2, "shrinkA": 5, "shrinkB": 5}
        axes.annotate("", (1.0, first), xytext=(1.0, predicted), arrowprops=arrow)
        numbers = {"seen": number(once, lang), "expected": number(expected, lang)}
        text = typeset(WORDS[lang]["inflated"].format(**numbers), lang)
        axes.annotate(
            text,
            (0.015, 0.985),
            xycoords="axes fraction",
            va="top",
            fontsize=8.5,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": GREY, "linewidth": 0.6, "alpha": 0.9, "pad": 2.5},
            zorder=4,
        )
    return predicted
