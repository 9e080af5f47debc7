"""The line that says how far a run is: rewritten for a person, absent for a pipe."""

import io
import sys
import types

import pytest

from microwork_estimate import bootstrap
from microwork_estimate.bootstrap import Advance, Execution
from microwork_estimate.bootstrap.progress import progress_line, time_left, told
from microwork_estimate.inputs import Elicited

FACTOR = Elicited(distribution="lognormal", low=0.5, high=2.0, source="assumed: test")


class _Terminal(io.StringIO):
    def isatty(self):
        """Say that a person is watching."""
        return True


def _run(progress):
    execution = Execution(progress=progress)
    bootstrap.replicate(lambda x: x, FACTOR, bootstrap.ElicitedDraws(), n_replicates=200, seed=3, execution=execution)


def test_a_terminal_sees_one_line_that_ends_complete():
    """The line is written over itself, ends at the last replicate and with a new line."""
    terminal = _Terminal()
    _run(progress_line(terminal))
    shown = terminal.getvalue()
    assert shown.startswith("\r64 of 200 replicates, ")
    assert shown.rstrip(" ").endswith("\n")
    assert "200 of 200 replicates, 0 s left" in shown.split("\r")[-1]
    assert shown.count("\n") == 1


def test_a_shorter_line_covers_the_longer_one():
    """Nothing of a longer line stays behind a shorter one."""
    terminal = _Terminal()
    line = progress_line(terminal)
    line(Advance(replicates_done=1, replicates=2_000_000, seconds_left=4000.0, estimate="a"))
    line(Advance(replicates_done=2_000_000, replicates=2_000_000, seconds_left=0.0))
    first, last = terminal.getvalue().split("\r")[1:]
    assert len(last.rstrip("\n")) >= len(first.rstrip())


def test_a_pipe_sees_nothing():
    """Where there is neither a terminal nor a notebook there is no progress, so that logs stay clean."""
    assert progress_line(io.StringIO()) is None


def test_a_notebook_sees_the_line_on_its_output(monkeypatch, capsys):
    """In the kernel of a notebook the line goes to the output of the cell."""
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    _run(progress_line())
    assert "200 of 200 replicates" in capsys.readouterr().out


def test_a_study_is_told_by_estimates_too():
    """Without a pace there is no time left; the last estimate is never exceeded."""
    advance = Advance(replicates_done=0, replicates=300, estimates_done=4, estimates=4)
    assert told(advance) == "estimate 4 of 4, 0 of 300 replicates"


@pytest.mark.parametrize(("seconds", "text"), [(0.0, "0 s left"), (59.2, "1 min 0 s left"), (3600.0, "1 h 0 min left")])
def test_times_are_rounded_up(seconds, text):
    """A time to wait is never shown as shorter than it is."""
    assert time_left(seconds) == text
