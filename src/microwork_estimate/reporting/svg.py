"""A figure as SVG inside a page: stable bytes, names of its own, and words for those who do not see it."""

from __future__ import annotations

import io
import re
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

_SALT = "microwork_estimate"


def inline_svg(figure: Figure, *, name: str, title: str, description: str) -> str:
    """Return a figure as an SVG element that can stand in an HTML page beside others.

    Procedure: the figure is written without date and with a fixed salt for the names inside it; these get `name` in
    front, because names must be unique in a page; metadata and prologue go, title and description come in.

    Parameters
    ----------
    figure : Figure
    name : str
        Unique in the page: letters, digits, hyphens.
    title, description : str
        Alternative text; escaped here.

    Returns
    -------
    str
    """
    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": _SALT, "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    body = text.getvalue()
    body = body[body.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style[^>]*>.*?</style>", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", body)
    body = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', body)
    box = body.partition('viewBox="')[2].partition('"')[0]
    content = body[body.index(">") + 1 :]
    opened = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>'
    )
    return (opened + content).strip()
