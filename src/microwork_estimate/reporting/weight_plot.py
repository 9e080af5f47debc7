"""The picture of the weights: how unequal they are, and what that costs."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, frozen_floats
from microwork_estimate.reporting.labels import check_language, number
from microwork_estimate.reporting.plots import BLUE, GREY, INK, ORANGE

WORDS = {
    "en": {
        "axis": "weight, as a multiple of the mean weight",
        "respondents": "respondents",
        "after": "weights ({n} respondents, worth {worth} with equal weights)",
        "before": "before",
        "cap": "cap",
    },
    "fr": {
        "axis": "poids, en multiples du poids moyen",
        "respondents": "répondants",
        "after": "poids ({n} répondants, qui en valent {worth} à poids égaux)",
        "before": "avant",
        "cap": "plafond",
    },
}
_BINS = 40


def draw_weights(
    weights: ArrayLike,
    *,
    title: str,
    before: ArrayLike | None = None,
    cap: float | None = None,
    lang: str = "en",
) -> Figure:
    """Draw how many respondents have which weight, on a logarithmic axis of multiples of the mean.

    Parameters
    ----------
    weights : array of shape (n,)
        Final weights, above zero.
    title : str
    before : array of shape (n,) or None
        Weights before calibration, drawn as an outline.
    cap : float or None
        A largest weight that was asked for, in the unit of `weights`.
    lang : {"en", "fr"}

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InvalidInput
        If a weight is missing or not above zero, if `before` has another length, or if the language is unknown.

    Examples
    --------
    >>> draw_weights([1.0, 1.0, 4.0], title="Weights").axes[0].get_ylabel()
    'respondents'
    """
    language = check_language(lang)
    words = WORDS[language]
    final = _checked(weights, None)
    earlier = None if before is None else _checked(before, final.size)
    relative = final / final.mean()
    both = relative if earlier is None else np.concatenate([relative, earlier / earlier.mean()])
    edges = _edges(both)
    worth = float(final.sum() ** 2 / (final**2).sum())
    figure = Figure(figsize=(8.5, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    text = words["after"].format(n=number(final.size, language), worth=number(worth, language))
    axes.hist(relative, bins=list(edges), color=BLUE, alpha=0.75, label=text)
    if earlier is not None:
        shown = earlier / earlier.mean()
        axes.hist(shown, bins=list(edges), histtype="step", color=ORANGE, linewidth=1.6, label=words["before"])
    if cap is not None:
        axes.axvline(cap / final.mean(), color=INK, linewidth=1.2, linestyle=(0, (4, 3)), label=words["cap"])
    axes.axvline(1.0, color=GREY, linewidth=0.8)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: number(x, language, digits=max(0, _decimals(x)))))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(words["axis"], fontsize=9)
    axes.set_ylabel(words["respondents"], fontsize=9)
    axes.tick_params(labelsize=8.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8.5)
    return figure


def _decimals(value: float) -> int:
    """Return how many decimals 1, 2 or 5 times a power of ten needs."""
    return -math.floor(math.log10(value) + 1e-9)


def _edges(relative: FloatArray) -> FloatArray:
    """Return ends of bins of equal width on the logarithmic scale; a band around 1 for equal weights."""
    low, high = float(relative.min()), float(relative.max())
    if high / low < 1.0 + 1e-9:
        low, high = low / 1.5, high * 1.5
    return np.geomspace(low / 1.001, high * 1.001, _BINS + 1)


def _checked(weights: ArrayLike, size: int | None) -> FloatArray:
    array = frozen_floats(weights, where="weights")
    wrong = array.ndim != 1 or array.size == 0 or (size is not None and array.size != size)
    if wrong or not (np.isfinite(array) & (array > 0)).all():
        raise InvalidInput(
            "impossible weights",
            expected="finite weights above zero, one for each respondent"
            + ("" if size is None else f", {size} of them"),
            got=f"shape {array.shape}",
            where="draw_weights",
            fix="leave respondents without weight out",
        )
    return array
