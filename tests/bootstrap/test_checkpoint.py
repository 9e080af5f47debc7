"""Runs that are killed and taken up again: the bytes of an uninterrupted run, and nobody else's blocks."""

import contextlib
import errno
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from microwork_estimate import bootstrap
from microwork_estimate.bootstrap import CheckpointNotWritten, Execution, Executor
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Elicited

FACTOR = Elicited(distribution="lognormal", low=0.5, high=2.0, source="assumed: test")

PROGRAM = """
import sys, time
from microwork_estimate import bootstrap
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Elicited

def recipe(factor):
    time.sleep(float(sys.argv[2]))
    if factor > 1.5:
        raise InvalidInput("too large", expected="1.5", got="more", where="test", fix="none")
    return {"factor": factor, "square": factor**2}

factor = Elicited(distribution="lognormal", low=0.5, high=2.0, source="assumed: test")
run = bootstrap.replicate(
    recipe, factor, bootstrap.ElicitedDraws(), n_replicates=500, seed=3,
    execution=bootstrap.Execution(checkpoint=sys.argv[1] or None),
)
sys.stdout.write(repr([(name, run[name].values.tobytes()) for name in run]) + repr(run.ledger))
"""


class Counted:
    """A recipe that counts how often it was called."""

    calls = 0

    def __call__(self, factor):
        """Count, and refuse large factors."""
        type(self).calls += 1
        if factor > 1.5:
            raise InvalidInput("too large", expected="1.5", got="more", where="test", fix="none")
        return {"factor": factor}


def _run(folder, n_replicates, **changes):
    options = {"recipe": Counted(), "data": FACTOR, "scheme": bootstrap.ElicitedDraws(), "seed": 3} | changes
    Counted.calls = 0
    found = bootstrap.replicate(
        options["recipe"],
        options["data"],
        options["scheme"],
        n_replicates=n_replicates,
        seed=options["seed"],
        execution=Execution(checkpoint=folder, executor=changes.get("executor", Executor())),
    )
    return [(name, found[name].values.tobytes()) for name in found], found.ledger


def _output(folder, monkeypatch):
    """Run the program here, to its end."""
    monkeypatch.setattr(sys, "argv", ["program", str(folder), "0"])
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        exec(compile(PROGRAM, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
    return shown.getvalue()


def test_killed_and_started_again_gives_the_bytes_of_an_uninterrupted_run(tmp_path, monkeypatch):
    """Killed after some blocks, without any chance to tidy up, and started again, its output is that of a run left alone."""
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), "0.003"]
    victim = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("*.parquet"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert 2 <= len(list(tmp_path.glob("*.parquet"))) < 8
    resumed, alone = (_output(folder, monkeypatch) for folder in (tmp_path, ""))
    assert resumed == alone
    assert "too large" in alone


def test_killed_in_the_middle_of_a_write_leaves_whole_blocks_only(tmp_path, monkeypatch):
    """A process that ends while it writes leaves no block there, and the next run is the uninterrupted one."""
    real, writes = os.fsync, []

    def end_at_the_third_write(descriptor):
        writes.append(descriptor)
        if len(writes) == 3:
            raise SystemExit
        real(descriptor)

    monkeypatch.setattr(os, "fsync", end_at_the_third_write)
    with pytest.raises(SystemExit):
        _run(tmp_path, 300)
    monkeypatch.undo()
    assert sorted(file.name for file in tmp_path.glob("*.parquet")) == ["block-000000.parquet"]
    assert len(list(tmp_path.glob("*.half"))) == 1
    assert _run(tmp_path, 300) == _run(None, 300)


def test_old_half_files_are_swept(tmp_path):
    """What a killed run left half-written an hour ago is removed; what is being written is left alone."""
    _run(tmp_path, 64)
    old, new = tmp_path / "block-000001.parquet.1.half", tmp_path / "block-000002.parquet.2.half"
    old.write_bytes(b"")
    new.write_bytes(b"")
    os.utime(old, (0, 0))
    _run(tmp_path, 64)
    assert not old.exists()
    assert new.exists()


def test_more_replicates_compute_only_the_new_ones(tmp_path):
    """Raised from 100 to 300, a run calls its recipe 200 times; lowered to 70 or repeated, never."""
    assert _run(tmp_path, 100) == _run(None, 100)
    longer = _run(tmp_path, 300)
    assert Counted.calls == 200
    assert longer == _run(None, 300)
    assert _run(tmp_path, 70) == _run(None, 70)
    _run(tmp_path, 300)
    assert Counted.calls == 0


def test_a_checkpoint_may_change_its_executor(tmp_path):
    """Begun in one process and ended in two, a run is the same."""
    _run(tmp_path, 100)
    assert _run(tmp_path, 300, executor=Executor(kind="processes", n_workers=2)) == _run(None, 300)


def _other_recipe(factor):
    return {"factor": factor + 1}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 4}, "seed"),
        ({"data": Elicited(distribution="lognormal", low=0.5, high=2.1, source="assumed: test")}, "data"),
        ({"recipe": _other_recipe}, "recipe"),
        ({"scheme": bootstrap.WaringHalf()}, "scheme"),
    ],
)
def test_the_checkpoint_of_another_run_is_refused(tmp_path, changes, named):
    """Another seed, data, recipe or scheme is refused by name, and the folder stays as it was."""
    _run(tmp_path, 64)
    before = sorted((file.name, file.read_bytes()) for file in tmp_path.iterdir())
    with pytest.raises(InvalidInput, match=f"one with another {named};"):
        _run(tmp_path, 64, **changes)
    assert sorted((file.name, file.read_bytes()) for file in tmp_path.iterdir()) == before


def test_another_version_of_the_program_is_refused(tmp_path, monkeypatch):
    """Blocks of this package with other sources are not mixed with new ones."""
    _run(tmp_path, 64)
    monkeypatch.setattr("microwork_estimate.bootstrap.checkpoint.program", lambda: "other")
    with pytest.raises(InvalidInput, match="one with another program"):
        _run(tmp_path, 64)


def test_foreign_folders_and_blocks_are_refused(tmp_path):
    """A folder with other files, a file, a damaged block and a block of another run are errors that name the place."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InvalidInput, match="files without a mark"):
        _run(tmp_path, 64)
    with pytest.raises(InvalidInput, match="got a file"):
        _run(tmp_path / "thesis.txt", 64)
    first, second = tmp_path / "first", tmp_path / "second"
    _run(first, 64)
    _run(second, 64, seed=9)
    (first / "block-000000.parquet").write_bytes((second / "block-000000.parquet").read_bytes())
    with pytest.raises(InvalidInput, match="the block of another run"):
        _run(first, 64)
    content = bytearray((second / "block-000000.parquet").read_bytes())
    content[40] ^= 255
    (second / "block-000000.parquet").write_bytes(content)
    with pytest.raises(InvalidInput, match="damaged block"):
        _run(second, 64, seed=9)


def test_a_full_disk_is_an_error_and_earlier_blocks_stay(tmp_path, monkeypatch):
    """No room at the third block: an error says so, two blocks are whole, and the next run goes on from them."""
    real, writes = os.fsync, []

    def full_at_the_fourth_write(descriptor):
        writes.append(descriptor)
        if len(writes) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full_at_the_fourth_write)
    with pytest.raises(CheckpointNotWritten, match="No space left on device, at block 2"):
        _run(tmp_path, 300)
    monkeypatch.undo()
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "block-000000.parquet",
        "block-000001.parquet",
        "run.json",
    ]
    assert _run(tmp_path, 300) == _run(None, 300)


def test_nothing_is_written_before_the_first_block(tmp_path):
    """A scheduler that cannot be reached leaves no trace in the folder."""
    executor = Executor(kind="dask", scheduler="tcp://127.0.0.1:1", patience=0.2)
    with pytest.raises(InvalidInput, match="no answer"):
        _run(tmp_path / "new", 64, executor=executor)
    assert not (tmp_path / "new").exists()


def test_blocks_can_be_read_by_others(tmp_path):
    """A block is a parquet table with one row for each replicate: numbers, reason, error."""
    _run(tmp_path, 64)
    table = pyarrow.parquet.read_table(tmp_path / "block-000000.parquet")
    assert table.column_names == ["value:factor", "reason", "error"]
    failed = np.isnan(table.column("value:factor").to_numpy())
    assert [bool(reason) for reason in table.column("reason").to_pylist()] == failed.tolist()


def test_progress_counts_what_was_there_before(tmp_path):
    """A run that goes on begins its count where it was, and one that is complete says so at once."""
    told = []
    for n_replicates in (128, 300, 300):
        Counted.calls = 0
        execution = Execution(checkpoint=tmp_path, progress=told.append)
        bootstrap.replicate(
            Counted(), FACTOR, bootstrap.ElicitedDraws(), n_replicates=n_replicates, seed=3, execution=execution
        )
    assert [(advance.replicates_done, advance.replicates, advance.replicates_found) for advance in told] == [
        (64, 128, 0),
        (128, 128, 0),
        (192, 300, 128),
        (256, 300, 128),
        (300, 300, 128),
        (300, 300, 300),
    ]
    assert all(advance.seconds_left >= 0 for advance in told)
    assert told[1].seconds_left == told[4].seconds_left == told[5].seconds_left == 0


def test_progress_tells_the_time_left():
    """Half way through even work, the time left is about the time spent."""
    told, start = [], time.monotonic()

    def slow(factor):
        time.sleep(0.001)
        return factor

    def listen(advance):
        told.append((advance.seconds_left, time.monotonic() - start))

    bootstrap.replicate(
        slow, FACTOR, bootstrap.ElicitedDraws(), n_replicates=256, seed=3, execution=Execution(progress=listen)
    )
    left, spent = told[1]
    assert left == pytest.approx(spent, rel=0.2)


def test_pyarrow_is_asked_for_by_name(tmp_path, monkeypatch):
    """Without the writer, a run with a checkpoint stops before anything is computed."""
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InvalidInput, match="install pyarrow"):
        _run(Path(tmp_path), 64)
    assert Counted.calls == 0
