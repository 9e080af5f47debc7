"""Small tables in HTML for notebooks: every noun that shows itself uses these, and everything in them is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def facts_table(caption: str, rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of two columns: names as row headers, and what is said of them.

    Examples
    --------
    >>> facts_table("A <b>", [("value", "1")])
    '<table><caption>A &lt;b&gt;</caption><tr><th scope="row">value</th><td>1</td></tr></table>'
    """
    cells = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(said)}</td></tr>' for name, said in rows)
    return f"<table><caption>{escape(caption)}</caption>{cells}</table>"


def grid_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with column headers; the first cell of each row is its header.

    Examples
    --------
    >>> grid_table("Tiers", ["tier", "persons"], [["regular", "52,337"]])[:55]
    '<table><caption>Tiers</caption><tr><th scope="col">tier'
    """
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return f"<table><caption>{escape(caption)}</caption><tr>{top}</tr>{body}</table>"


def notes_list(notes: Iterable[str]) -> str:
    """Return a list of notes, or nothing.

    Examples
    --------
    >>> notes_list(["a < b"]), notes_list([])
    ('<ul><li>a &lt; b</li></ul>', '')
    """
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"<ul>{items}</ul>" if items else ""
