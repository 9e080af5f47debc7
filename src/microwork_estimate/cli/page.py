"""What is printed: a page that is collected first and written at once, and the tables of a result."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from microwork_estimate import reporting, study

NARROWEST = 100  # columns; a terminal that says nothing of itself (a pipe, a log) gets this width


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=max(console.width, NARROWEST))


class Page:
    """Collects what is to be shown and prints it at once.

    The spaces inside French numbers must not break at the end of a line, but the layout breaks at every kind of space;
    so they are replaced while it works.
    """

    _HELD = str.maketrans({"\u202f": "\ue000", "\u00a0": "\ue001"})
    _RELEASED = str.maketrans({"\ue000": "\u202f", "\ue001": "\u00a0"})

    def __init__(self) -> None:
        self.console = _console()

    def __enter__(self) -> Page:
        self.console.begin_capture()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        shown = self.console.end_capture().translate(self._RELEASED)
        if error is None:
            sys.stdout.write(shown)

    def line(self, text: str = "", style: str = "") -> None:
        """Add a line of text."""
        self.console.print(Text(text.translate(self._HELD), style=style))

    def lines(self, title: str, items: tuple[str, ...]) -> None:
        """Add a list under a title."""
        if not items:
            return
        self.line(title, "bold")
        for item in items:
            grid = Table.grid(padding=(0, 1))
            grid.add_row("•", Text(item.translate(self._HELD)))
            self.console.print(Padding(grid, (0, 0, 0, 1)))
        self.line()

    def table(self, content: reporting.TextTable) -> None:
        """Add a table with its notes."""
        shown = Table(
            title=Text(content.title), title_justify="left", title_style="bold", show_lines=bool(content.whole)
        )
        for index, name in enumerate(content.columns):
            shown.add_column(
                Text(name.translate(self._HELD)),
                justify="right" if index in content.numeric else "left",
                overflow="fold",
                no_wrap=index in content.whole,
            )
        for row in content.rows:
            shown.add_row(*(Text(cell.translate(self._HELD)) for cell in row))
        self.console.print(shown)
        for note in content.notes:
            self.console.print(Padding(Text(note.translate(self._HELD), style="italic"), (0, 0, 0, 2)))
        self.line()


def show(bundle: study.ResultBundle, lang: str) -> None:
    """Show a result: the first table, the findings, the other tables, what warnings and assumptions mean."""
    language = reporting.check_language(lang)
    with Page() as page:
        page.line(str(bundle.study[f"title_{language}"]), "bold")
        if bundle.study["synthetic"]:
            page.line(reporting.label("synthetic", language), "bold red")
        page.line()
        first, *others = reporting.table(bundle, lang=lang)
        page.table(first)
        page.lines(reporting.label("findings_title", language), reporting.finding_lines(bundle, lang=lang))
        for content in others:
            page.table(content)
        page.lines(reporting.label("warnings_title", language), reporting.warning_lines(bundle, lang=lang))
        page.lines(reporting.label("assumptions_title", language), reporting.assumption_lines(bundle, lang=lang))
        page.line(reporting.label("identifier", language, identifier=bundle.identifier))
