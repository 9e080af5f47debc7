"""The options of a run on the command line, and the bar that a person at a terminal sees."""

import io
import time

import pytest
from rich.console import Console
from typer.testing import CliRunner

from microwork_estimate.bootstrap import Advance, Execution, Executor
from microwork_estimate.cli import app
from microwork_estimate.cli.execution import RunOptions, shown_progress
from microwork_estimate.errors import InvalidInput

RUNNER = CliRunner()


def _run(*arguments):
    return RUNNER.invoke(app, ["run", "diplab-like", "--replicates", "99", *map(str, arguments)])


@pytest.fixture(scope="module")
def plain():
    return _run("--json").stdout


def test_workers_and_folders_change_no_byte(tmp_path, plain):
    """Two threads with a folder, started twice, print the bundle of a plain run, and nothing on the error stream."""
    for _ in range(2):
        result = _run("--json", "--executor", "threads", "--workers", 2, "--checkpoint", tmp_path / "kept")
        assert (result.exit_code, result.stdout, result.stderr) == (0, plain, "")
    names = sorted(path.name for path in (tmp_path / "kept").iterdir() if path.name != "run.json")
    assert {"very_active", "regular", "occasional"} <= set(names)


@pytest.mark.parametrize(
    ("options", "executor"),
    [
        ({}, Executor()),
        ({"workers": 1}, Executor()),
        ({"workers": 4}, Executor(kind="processes", n_workers=4)),
        ({"workers": 4, "executor": "threads"}, Executor(kind="threads", n_workers=4)),
        ({"executor": "processes"}, Executor(kind="processes", n_workers=1)),
        ({"scheduler": "tcp://10.0.0.5:8786"}, Executor(kind="dask", scheduler="tcp://10.0.0.5:8786")),
    ],
)
def test_what_the_options_mean(options, executor):
    """Several workers are processes unless it is said otherwise; a scheduler brings its own workers."""
    assert RunOptions(**options).execution() == Execution(executor=executor)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--workers", 0), "impossible number of workers"),
        (("--workers", "two"), "--workers"),
        (("--executor", "cloud"), "--executor"),
        (("--executor", "serial", "--workers", 2), "options that contradict each other"),
        (("--scheduler", "tcp://127.0.0.1:1", "--workers", 2), "options that contradict each other"),
        (("--scheduler", "somewhere"), "no address of a scheduler"),
    ],
)
def test_impossible_options_give_no_number(tmp_path, arguments, message):
    """An option that cannot be ends with code 2, words that name it, and nothing written."""
    result = _run(*arguments, "--checkpoint", tmp_path / "kept", "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_scheduler_is_one_line_within_ten_seconds(tmp_path):
    """Nobody answers: code 2 and one line within ten seconds, and neither folder is there."""
    start = time.monotonic()
    result = _run("--scheduler", "tcp://127.0.0.1:1", "--checkpoint", tmp_path / "kept", "--out", tmp_path / "out")
    assert time.monotonic() - start < 10
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "no answer from tcp://127.0.0.1:1" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_another_run_is_one_line(tmp_path):
    """Another seed in the same folder: code 2 and one line that names what differs."""
    assert _run("--checkpoint", tmp_path).exit_code == 0
    result = _run("--checkpoint", tmp_path, "--seed", 7)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "another seed" in result.stderr


def _console(*, terminal):
    return Console(file=io.StringIO(), force_terminal=terminal, width=100)


def test_a_terminal_sees_a_bar_with_the_time_left():
    """The bar shows which estimate is under way, how many replicates there are, and how long the rest takes."""
    console = _console(terminal=True)
    with shown_progress(Execution(), console) as watched:
        watched.progress(
            Advance(
                replicates_done=640, replicates=5997, seconds_left=75.2, estimates_done=1, estimates=4, estimate="x"
            )
        )
        time.sleep(0.3)
    shown = console.file.getvalue()
    for text in ("estimate 2/4", "640/5997", "1 min 16 s left"):
        assert text in shown


def test_a_pipe_sees_nothing():
    """Where there is no terminal, the run is not watched and not a byte is written; the rest stays as it was."""
    console, asked = _console(terminal=False), Execution(executor=Executor(kind="threads", n_workers=2), checkpoint="x")
    with shown_progress(asked, console) as watched:
        assert watched is asked
    assert console.file.getvalue() == ""


def test_the_bar_goes_away_when_the_run_fails():
    """An error passes through, and the cursor is shown again."""
    console = _console(terminal=True)
    with pytest.raises(InvalidInput), shown_progress(Execution(), console):
        raise InvalidInput("wrong", expected="a", got="b", where="c", fix="d")
    assert console.file.getvalue().rstrip().endswith("\x1b[?25h") or "\x1b[?25h" in console.file.getvalue()
