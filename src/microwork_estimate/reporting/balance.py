"""The picture of covariate balance: how far volunteers are from the population, before and after weighting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from microwork_estimate.errors import InvalidInput
from microwork_estimate.reporting.labels import check_language
from microwork_estimate.reporting.plots import BLUE, GREY, INK, ORANGE

WORDS = {
    "en": {
        "axis": "difference from the population, in standard deviations",
        "before": "as they came",
        "after": "weighted",
        "usual": "usual limit, 0.1",
    },
    "fr": {
        "axis": "écart à la population, en écarts types",
        "before": "sans pondération",
        "after": "après pondération",
        "usual": "limite usuelle, 0,1",
    },
}
LIMIT = 0.1


def draw_balance(rows: Sequence[Mapping[str, float | str]], *, title: str, lang: str = "en") -> Figure:
    """Draw the standardised differences of each variable or category, before and after weighting.

    Parameters
    ----------
    rows : sequence of mappings
        With ``variable``, ``category``, ``difference_before`` and ``difference_after``, as
        :meth:`~microwork_estimate.weighting.BalanceTable.rows` gives them. A difference that is not finite is not drawn.
    title : str
    lang : {"en", "fr"}

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InvalidInput
        If there are no rows, or the language is unknown.

    Examples
    --------
    >>> row = {"variable": "sex", "category": "women", "difference_before": 0.4, "difference_after": 0.0}
    >>> draw_balance([row], title="Balance").axes[0].get_yticklabels()[0].get_text()
    'sex: women'
    """
    words = WORDS[check_language(lang)]
    if not rows:
        raise InvalidInput(
            "nothing to draw",
            expected="at least one row",
            got="none",
            where="draw_balance",
            fix="give the balance table",
        )
    heights = -np.arange(len(rows), dtype=np.float64)
    before = np.array([float(row["difference_before"]) for row in rows])
    after = np.array([float(row["difference_after"]) for row in rows])
    figure = Figure(figsize=(8.5, 1.6 + 0.3 * len(rows)), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(-LIMIT, LIMIT, color="#e5e7eb", zorder=0, label=words["usual"])
    axes.axvline(0.0, color=GREY, linewidth=0.8)
    axes.hlines(heights, before, after, color=GREY, linewidth=0.8)
    axes.plot(before, heights, "o", markerfacecolor="none", markeredgecolor=ORANGE, markersize=6, label=words["before"])
    axes.plot(after, heights, "o", color=BLUE, markersize=6, label=words["after"])
    axes.set_yticks(heights, [_name(row) for row in rows])
    axes.set_ylim(heights[-1] - 0.6, 0.6)
    axes.set_xlabel(words["axis"], fontsize=9)
    axes.tick_params(labelsize=8.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8.5)
    return figure


def _name(row: Mapping[str, float | str]) -> str:
    return ": ".join(str(part) for part in (row["variable"], row["category"]) if part)
