"""A run of a study: the same bytes wherever and however it is carried out, stopped and taken up, and its progress."""

import errno
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace

import pytest

from microwork_estimate import study
from microwork_estimate.bootstrap import CheckpointNotWritten, Execution, Executor
from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.course import Course, Plan
from microwork_estimate.study.recipes import RECIPES
from microwork_estimate.study.registry import ReadOnly

WHOLE = study.load("diplab-like")
NAMES = ("very_active", "very_active_dependence", "regular", "occasional")
B = 300


def _chain(whole):
    """Return the main chain of the study: four estimates, three of them redrawn."""
    return replace(whole, estimates=tuple(whole.estimate(name) for name in NAMES), findings=())


STUDY = _chain(WHOLE)

PROGRAM = f"""
import sys, time
from dataclasses import replace
from microwork_estimate import study
from microwork_estimate.bootstrap import Execution

def wait(advance):
    sys.stdout.write(str(advance.replicates_done) + chr(10))
    sys.stdout.flush()
    time.sleep(0.05)

whole = study.load("diplab-like")
chain = replace(whole, estimates=tuple(whole.estimate(name) for name in {NAMES}), findings=())
study.run(chain, n_replicates={B}, seed=2019, execution=Execution(checkpoint=sys.argv[1], progress=wait))
"""


def _run(execution=None, *, of=STUDY, n_replicates=B, seed=2019):
    return study.run(of, n_replicates=n_replicates, seed=seed, execution=execution)


@pytest.fixture(scope="module")
def alone():
    return _run().to_json()


@pytest.mark.parametrize(
    "executor",
    [Executor(), Executor(kind="threads", n_workers=2), Executor(kind="processes", n_workers=2)],
    ids=lambda executor: executor.kind,
)
def test_the_bundle_does_not_say_where_it_was_made(alone, executor, tmp_path):
    """Serial, two threads, two processes, with a folder or without: the bytes of the bundle are the same."""
    assert _run(Execution(executor=executor)).to_json() == alone
    assert _run(Execution(executor=executor, checkpoint=tmp_path)).to_json() == alone


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_no_estimate_of_the_study_depends_on_it(kind):
    """Every estimate and table of the whole study is the same in two threads and two processes."""
    execution = Execution(executor=Executor(kind=kind, n_workers=2))
    assert _run(execution, of=WHOLE, n_replicates=130).to_json() == _run(of=WHOLE, n_replicates=130).to_json()


def test_a_cluster_gives_the_same_bundle(alone):
    """One cluster on this machine serves all estimates of a run."""
    assert _run(Execution(executor=Executor(kind="dask", n_workers=1))).to_json() == alone


def test_killed_and_started_again_gives_the_same_bundle(alone, tmp_path):
    """Killed in the middle of its second set of replicates and started again, a run gives the bytes of one left alone."""
    victim = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    deadline = time.monotonic() + 60
    while int(victim.stdout.readline() or B) < B + 128 and time.monotonic() < deadline:
        pass
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    kept = {folder.name: len(list(folder.glob("*.parquet"))) for folder in tmp_path.iterdir() if folder.is_dir()}
    assert kept["very_active"] == 5
    assert 1 <= kept["regular"] < 5
    assert "occasional" not in kept
    told = []
    assert _run(Execution(checkpoint=tmp_path, progress=told.append)).to_json() == alone
    assert B + 64 <= told[-1].replicates_found < 2 * B


def test_more_replicates_add_to_what_is_there(tmp_path):
    """Raised later, the number of replicates costs only the new ones; every estimate has its folder."""
    _run(Execution(checkpoint=tmp_path), n_replicates=128)
    told = []
    longer = _run(Execution(checkpoint=tmp_path, progress=told.append), n_replicates=192)
    assert (told[-1].replicates_found, told[-1].replicates_done) == (3 * 128, 3 * 192)
    assert longer.to_json() == _run(n_replicates=192).to_json()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["occasional", "regular", "run.json", "very_active"]


def _with_other_figure():
    other = replace(STUDY.inputs["rounding"], value=STUDY.inputs["rounding"].number + 1)
    return replace(STUDY, inputs=ReadOnly({**STUDY.inputs, "rounding": other}))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 4}, "seed"),
        ({"of": study.load("mturk")}, "study, figures, tables"),
        ({"of": replace(STUDY, version="9.9.9")}, "study"),
        ({"of": _with_other_figure()}, "figures"),
        ({"of": replace(STUDY, files=ReadOnly(dict(list(STUDY.files.items())[:-1])))}, "tables"),
    ],
    ids=["seed", "study", "version", "figure", "table"],
)
def test_the_folder_of_another_run_is_refused(tmp_path, changes, named):
    """Another seed, study, version, figure or table is refused by name, and the folder stays as it was."""
    _run(Execution(checkpoint=tmp_path), n_replicates=64)
    before = sorted((file.name, file.read_bytes()) for file in tmp_path.rglob("*") if file.is_file())
    with pytest.raises(InvalidInput, match=f"checkpoint of another run.*another (seed, )?{named};"):
        _run(Execution(checkpoint=tmp_path), n_replicates=64, **changes)
    assert sorted((file.name, file.read_bytes()) for file in tmp_path.rglob("*") if file.is_file()) == before


def test_an_unreachable_scheduler_writes_nothing(tmp_path):
    """Nobody answers: an error before anything is computed, and no folder."""
    told = []
    executor = Executor(kind="dask", scheduler="tcp://127.0.0.1:1", patience=0.3)
    with pytest.raises(InvalidInput, match="no answer from"):
        _run(Execution(executor=executor, checkpoint=tmp_path / "new", progress=told.append))
    assert not (tmp_path / "new").exists()
    assert told == []


def test_a_full_disk_leaves_earlier_blocks_and_estimates(alone, tmp_path, monkeypatch):
    """No room in the middle of the second set of replicates: an error says so, and the next run goes on from there."""
    real, writes = os.fsync, []

    def full(descriptor):
        writes.append(descriptor)
        if len(writes) == 11:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointNotWritten, match=r"No space left on device, at block 2.*regular"):
        _run(Execution(checkpoint=tmp_path))
    monkeypatch.undo()
    kept = {folder.name: len(list(folder.glob("*.parquet"))) for folder in tmp_path.iterdir() if folder.is_dir()}
    assert kept == {"very_active": 5, "regular": 2}
    assert _run(Execution(checkpoint=tmp_path)).to_json() == alone


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": None}, "impossible seed"),
        ({"seed": -1}, "impossible seed"),
        ({"n_replicates": 0}, "impossible number of replicates"),
        ({"n_replicates": None}, "impossible number of replicates"),
    ],
)
@pytest.mark.parametrize("name", ["diplab-like", "stewart2015"])
def test_missing_and_impossible_settings_are_refused(name, changes, message, tmp_path):
    """Without a seed there is no run that can be made again: refused at once, also where nothing is redrawn."""
    with pytest.raises(InvalidInput, match=message):
        _run(Execution(checkpoint=tmp_path / "new"), of=study.load(name), **changes)
    assert not (tmp_path / "new").exists()


def test_progress_counts_estimates_and_replicates():
    """The counts never fall, end complete, and name every estimate in its order; the time left ends at zero."""
    told = []
    _run(Execution(progress=told.append))
    done = [advance.replicates_done for advance in told]
    assert done == sorted(done)
    assert {advance.replicates for advance in told} == {3 * B}
    assert (done[0], done[-1]) == (0, 3 * B)
    assert list(dict.fromkeys(advance.estimate for advance in told)) == [*NAMES, ""]
    assert [a.estimates_done for a in told] == [NAMES.index(a.estimate) if a.estimate else 4 for a in told]
    assert (told[0].seconds_left, told[-1].seconds_left) == (None, 0.0)
    assert all(advance.seconds_left > 0 for advance in told[1:-6])


def test_time_left_is_that_of_the_whole_run():
    """With one of two equal sets of replicates done, the time left is about the time spent, what was found left out."""
    told = []
    course = Course(Execution(progress=told.append), Plan(redraws={"a": 1, "b": 2}, n_replicates=100))
    with course.estimate("a") as own:
        own.progress(replace(told[0], replicates_done=100, replicates=100, replicates_found=100))
    assert told[-1].seconds_left is None
    start = time.monotonic()
    with course.estimate("b") as own:
        time.sleep(0.1)
        own.progress(replace(told[0], replicates_done=100, replicates=100, replicates_found=0))
        spent = time.monotonic() - start
        assert told[-1].seconds_left == pytest.approx(spent, rel=0.2)
        assert (told[-1].replicates_done, told[-1].replicates_found) == (200, 100)
    assert (told[-1].replicates_done, told[-1].estimates_done, told[-1].estimate) == (300, 2, "")


@pytest.mark.parametrize("name", study.shipped_studies())
def test_recipes_redraw_as_often_as_they_say(name, monkeypatch, tmp_path):
    """Of every study that comes with the program, each recipe draws the sets of replicates that it declared."""
    told = []
    _run(Execution(progress=told.append, checkpoint=tmp_path), of=study.load(name), n_replicates=64)
    marks = [file.parent for file in tmp_path.rglob("run.json") if file.parent != tmp_path]
    # The oldest of the simulated survey are one or two respondents in a tier: no block of the table by age is kept.
    not_kept = {"diplab-like": ["domains"]}.get(name, [])
    assert told[-1].replicates == 64 * (len(marks) + len(not_kept))
    assert not [key for key in not_kept if (tmp_path / key).exists()]
    declared = {entry.name: RECIPES[entry.recipe].redraws for entry in study.load(name).estimates}
    assert {mark.relative_to(tmp_path).parts[0] for mark in marks} <= {key for key, n in declared.items() if n}


def test_replicates_stream_in_blocks():
    """Four times the replicates need hardly more memory: redrawn surveys (33 MB in all, if kept) are not kept."""
    peaks = []
    _run(n_replicates=64)
    for n_replicates in (1024, 4096):
        tracemalloc.start()
        _run(n_replicates=n_replicates)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 4e6
    assert peaks[1] < 32e6
