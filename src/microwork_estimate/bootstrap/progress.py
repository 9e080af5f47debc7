"""A line that says how far a run is, for a terminal or a notebook; quiet where nobody watches."""

from __future__ import annotations

import math
import sys
import time
from typing import TextIO

from microwork_estimate.bootstrap.execution import Advance, Progress

_PAUSE = 0.2  # seconds between two changes of the line: a notebook that gets more of them falls behind


def progress_line(stream: TextIO | None = None) -> Progress | None:
    """Return what writes one line and rewrites it as the run goes on; None where nobody would see it.

    Parameters
    ----------
    stream : text file or None
        Where to; the standard output in a notebook and the error stream elsewhere if None.

    Returns
    -------
    callable or None
        For the `progress` of an :class:`~microwork_estimate.bootstrap.Execution`. None if the stream is no terminal and
        this is no notebook, so that pipes and logs stay clean.

    Examples
    --------
    >>> import io
    >>> progress_line(io.StringIO()) is None
    True
    """
    notebook = _in_notebook()
    where = stream or (sys.stdout if notebook else sys.stderr)
    return _Line(where) if notebook or where.isatty() else None


def told(advance: Advance) -> str:
    """Say how far a run is, in one line.

    Examples
    --------
    >>> told(Advance(replicates_done=640, replicates=5997, seconds_left=75.0, estimates_done=1, estimates=4))
    'estimate 2 of 4, 640 of 5,997 replicates, 1 min 15 s left'
    """
    now = min(advance.estimates_done + 1, advance.estimates)
    parts = [f"estimate {now} of {advance.estimates}"] if advance.estimates > 1 else []
    parts.append(f"{advance.replicates_done:,} of {advance.replicates:,} replicates")
    if advance.seconds_left is not None:
        parts.append(time_left(advance.seconds_left))
    return ", ".join(parts)


def time_left(seconds: float) -> str:
    """Write a time to wait, rounded up.

    Examples
    --------
    >>> time_left(3.2), time_left(75), time_left(7300)
    ('4 s left', '1 min 15 s left', '2 h 2 min left')
    """
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s left"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s left"
    minutes = math.ceil(whole / 60)
    return f"{minutes // 60} h {minutes % 60} min left"


class _Line:
    """Rewrites one line of a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._width, self._last = 0, -math.inf

    def __call__(self, advance: Advance, /) -> None:
        """Write the line anew, unless it was written just now."""
        ended = advance.replicates_done == advance.replicates and not advance.estimate
        if not ended and time.monotonic() - self._last < _PAUSE:
            return
        text = told(advance)
        self._stream.write("\r" + text.ljust(self._width) + ("\n" if ended else ""))
        self._stream.flush()
        self._width, self._last = len(text), time.monotonic()


def _in_notebook() -> bool:
    """Whether this is a kernel with a notebook in front of it; nothing is imported to find out."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"
