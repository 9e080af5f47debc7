"""What a report is made of, before anybody has chosen a page, a text file or LaTeX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from microwork_estimate.reporting.labels import Language
from microwork_estimate.reporting.text_table import TextTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """Running text.

    Parameters
    ----------
    text : str
    note : bool
        Whether it says how to read what stands before it.
    """

    text: str
    note: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """The title of a part of a section.

    Parameters
    ----------
    text : str
    """

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Sentences that stand side by side.

    Parameters
    ----------
    items : tuple of str
    """

    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verbatim:
    """Text that is copied as it is: a reference, an identifier.

    Parameters
    ----------
    title : str
        Name of the text, empty for none.
    text : str
    """

    title: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A figure and what it shows in words.

    Parameters
    ----------
    id : str
        Unique within the report: lower-case letters.
    title : str
        Caption.
    description : str
        The numbers of the figure as text, for readers who do not see it.
    draw : function
        Returns the figure; only the formats that show pictures call it.
    """

    id: str
    title: str
    description: str
    draw: Callable[[], Figure]


@dataclass(frozen=True, kw_only=True, slots=True)
class DialStep:
    """One position of a dial.

    Parameters
    ----------
    ratio : str
        The odds ratio, written.
    meaning : str
        What it means, in a sentence.
    estimate, interval : str
        Written in the language of the report.
    at, low, high : float
        Places on the axis of the dial, as shares of its width.
    """

    ratio: str
    meaning: str
    estimate: str
    interval: str
    at: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Dial:
    """A curve that was computed before, one step for each odds ratio.

    Parameters
    ----------
    name : str
        What the estimate is.
    estimate_label, interval_label : str
    steps : tuple of DialStep
    start : int
        The step at which the lists are independent, or the one nearest to it.
    ticks : tuple of (str, float)
        Numbers on the axis, and where they stand as shares of its width.
    """

    name: str
    estimate_label: str
    interval_label: str
    steps: tuple[DialStep, ...]
    start: int
    ticks: tuple[tuple[str, float], ...]


Block = Paragraph | Heading | Listing | Verbatim | Picture | Dial | TextTable


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A titled part of a report.

    Parameters
    ----------
    id : str
        Unique within the report: lower-case letters.
    title : str
    blocks : tuple
    """

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Everything that is said, in one language and in reading order.

    Parameters
    ----------
    lang : {"en", "fr"}
    title, territory, identifier : str
    synthetic : str
        The warning that nobody real is counted; empty for a study of real people.
    sections : tuple of Section
    """

    lang: Language
    title: str
    territory: str
    identifier: str
    synthetic: str
    sections: tuple[Section, ...]
