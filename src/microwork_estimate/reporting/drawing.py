"""What the pictures of capture-recapture have in common: bare axes, axes of persons, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from microwork_estimate.errors import InvalidInput
from microwork_estimate.reporting.labels import Language, number
from microwork_estimate.reporting.plots import INK


def bare(axes: Axes, *, without: Sequence[str] = ("top", "right")) -> None:
    """Take sides of the frame away and make the numbers at the ticks small.

    Parameters
    ----------
    axes : matplotlib Axes
    without : sequence of str
        Sides to take away.
    """
    axes.tick_params(labelsize=8.5)
    for side in without:
        axes.spines[side].set_visible(False)


def persons_ticks(axis: Axis, lang: Language, *, log: bool, span: float = 10.0) -> None:
    """Write numbers of persons at the ticks of an axis as the language does.

    Parameters
    ----------
    axis : matplotlib Axis
    lang : {"en", "fr"}
    log : bool
        Whether the axis is logarithmic.
    span : float
        Largest number on a logarithmic axis divided by the smallest: the wider, the fewer ticks.
    """
    if log:
        steps: Sequence[float] = (1.0, 2.0, 5.0) if span < 300.0 else (1.0, 3.0) if span < 3000.0 else (1.0,)
        if span < 4.0:
            steps = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
        axis.set_major_locator(LogLocator(base=10, subs=steps))
        axis.set_minor_formatter(NullFormatter())
    else:
        axis.set_major_locator(MaxNLocator(8 if max(axis.get_view_interval()) < 1e6 else 4))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang)))


def plain(value: float, lang: Language) -> str:
    """Write a small number with as many digits as it has, and the decimal mark of the language.

    Parameters
    ----------
    value : float
    lang : {"en", "fr"}

    Returns
    -------
    str

    Examples
    --------
    >>> plain(2.5, "fr"), plain(3.0, "fr")
    ('2,5', '3')
    """
    text = f"{value:.4g}"
    return text.replace(".", ",") if lang == "fr" else text


def headed(figure: Figure, title: str) -> None:
    """Put the title at the left end of the figure, where long labels cannot push it out.

    Parameters
    ----------
    figure : matplotlib Figure
    title : str
    """
    if title:
        figure.suptitle(title, x=0.01, horizontalalignment="left", fontsize=11, color=INK)


def nothing_to_draw(where: str, *, expected: str, fix: str) -> InvalidInput:
    """Return the error of a picture without content.

    Parameters
    ----------
    where, expected, fix : str

    Returns
    -------
    InvalidInput

    Examples
    --------
    >>> print(nothing_to_draw("draw_spread", expected="one estimate", fix="give a table"))
    nothing to draw: expected one estimate; got none; in draw_spread; give a table
    """
    return InvalidInput("nothing to draw", expected=expected, got="none", where=where, fix=fix)
