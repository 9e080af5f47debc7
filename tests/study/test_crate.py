"""A result as an RO-Crate: whole or not at all, the same bytes every time, readable by others."""

import csv
import hashlib
import io
import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from rocrate.rocrate import ROCrate

from microwork_estimate import reporting, study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Replicates
from microwork_estimate.study import safe_folder
from microwork_estimate.study.crate import crate_contents, crate_files


@pytest.fixture(scope="module")
def bundle():
    return study.protect(study.run(study.load("diplab-like"), n_replicates=29, seed=1))


@pytest.fixture(scope="module")
def other():
    return study.protect(study.run(study.load("diplab-like"), n_replicates=29, seed=2))


def _bytes(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_crate_reads_back_with_the_library_of_ro_crate(tmp_path, bundle):
    """The library opens the folder: root, date, licence, every file with its size, the study's documents, the run."""
    pictures = {"forest.png": lambda path: path.write_bytes(b"picture")}
    study.write_bundle(bundle, tmp_path / "r", figures=pictures, published="2026-12-01")
    crate = ROCrate(str(tmp_path / "r"))
    assert crate.root_dataset["identifier"] == bundle.identifier
    assert crate.root_dataset["datePublished"] == "2026-12-01"
    assert crate.license
    assert bundle.identifier in crate.name
    named = {entity.id for entity in crate.data_entities}
    assert named == {name for name in _bytes(tmp_path / "r") if name != "ro-crate-metadata.json"}
    assert {"bundle.json", "estimates.csv", "replicates.parquet", "sdmx.csv", "quality.json"} <= named
    assert {"CITATION.cff", "citation.bib", "zenodo.json", "figures/forest.png", "tables/comparison.csv"} <= named
    for entity in crate.data_entities:
        content = (tmp_path / "r" / entity.id).read_bytes()
        assert int(entity["contentSize"]) == len(content)
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
    run = crate.dereference("#run")
    assert run["instrument"].id == "#microwork-estimate"
    assert {entity.id for entity in run["result"]} == named
    assert {f"#input-{key}" for key in bundle.files} == {entity.id for entity in run["object"]}
    assert crate.metadata.properties()["conformsTo"]["@id"] == "https://w3id.org/ro/crate/1.1"


def test_the_same_result_has_the_same_bytes(tmp_path, bundle):
    """Written twice, and read back and written again, every file is the same to the byte: no clock, no random name."""
    study.write_bundle(bundle, tmp_path / "a")
    study.write_bundle(bundle, tmp_path / "b")
    study.write_bundle(study.read_bundle(tmp_path / "a"), tmp_path / "c")
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b") == _bytes(tmp_path / "c")


@pytest.mark.parametrize("name", study.shipped_studies())
def test_every_shipped_study_writes_a_crate(tmp_path, name):
    """Whatever a study finds (no value, only bounds, no replicates) has its crate, and its pictures are in it."""
    result = study.protect(study.run(study.load(name), n_replicates=9, seed=1))
    study.write_bundle(result, tmp_path / "r", figures=reporting.writers(result))
    assert study.read_bundle(tmp_path / "r").digest == result.digest
    ROCrate(str(tmp_path / "r"))
    for file in (tmp_path / "r").rglob("*.json"):
        json.loads(file.read_text(encoding="utf-8"), parse_constant=lambda token: pytest.fail(f"JSON has {token}"))


def test_replicates_are_columns_of_a_parquet_file(tmp_path, bundle):
    """Each replicated estimate is a column; failed draws are NaN and open ones infinite; shorter ones end in nothing."""
    first = bundle.estimates["regular"]
    odd = Replicates(values=np.array([1.0, math.nan, math.inf]), streams=("a",), seed=1)
    result = replace(bundle, estimates={**bundle.estimates, "regular": replace(first, replicates=odd)})
    study.write_bundle(result, tmp_path / "r")
    table = parquet.read_table(tmp_path / "r" / "replicates.parquet")
    drawn = {name: e.replicates for name, e in result.estimates.items() if e.replicates is not None}
    assert table.column_names == list(drawn)
    assert table["occasional"].to_pylist() == drawn["occasional"].values.tolist()
    shown = table["regular"].to_pylist()
    assert shown[0] == 1.0
    assert math.isnan(shown[1])
    assert shown[2] == math.inf
    assert shown[3:] == [None] * 26


def test_tables_and_estimates_are_the_numbers_of_the_bundle(bundle):
    """CSV files hold every digit: read back, they are the values of the bundle."""
    contents = crate_contents(bundle)
    rows = list(csv.DictReader(io.StringIO(contents["estimates.csv"].decode("utf-8"))))
    assert [row["name"] for row in rows] == list(bundle.estimates)
    for row in rows:
        estimate = bundle.estimates[row["name"]]
        assert row["status"] in ("publish", "flag", "suppress")
        if row["status"] != "suppress" and estimate.value is not None:
            assert float(row["value"]) == estimate.value
    for name, table in bundle.tables.items():
        read = list(csv.reader(io.StringIO(contents[f"tables/{name}.csv"].decode("utf-8"))))
        assert tuple(read[0]) == table.columns
        assert len(read) == len(table.rows) + 1


def test_zenodo_metadata_say_what_zenodo_asks_for(bundle):
    """Title, type, creators, description and version are there, and no date or licence is invented."""
    content = json.loads(crate_contents(bundle)["zenodo.json"])
    assert {"title", "upload_type", "creators", "description", "version"} <= set(content)
    assert "publication_date" not in content
    assert content["creators"] == [{"name": "The microwork_estimate team"}]
    assert bundle.identifier in content["title"]


def test_other_files_stay_and_stale_ones_go(tmp_path, bundle):
    """A file of the user's own is left alone; a picture that the new result does not have is removed."""
    folder = tmp_path / "r"
    study.write_bundle(bundle, folder, figures={"old.png": lambda path: path.write_bytes(b"x")})
    (folder / "notes.txt").write_text("mine")
    (folder / "figures" / "mine.png").write_bytes(b"y")
    study.write_bundle(bundle, folder)
    assert (folder / "notes.txt").read_text() == "mine"
    assert [path.name for path in (folder / "figures").iterdir()] == ["mine.png"]
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_crate_of_somebody_else_is_not_removed(tmp_path, bundle):
    """Files that the metadata of another program names are not ours to remove."""
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / "theirs.csv").write_text("x")
    graph = [{"@id": "theirs.csv", "@type": "File", "sha256": "0"}]
    (folder / "ro-crate-metadata.json").write_text(json.dumps({"@graph": graph}))
    assert crate_files(folder) == ()
    study.write_bundle(bundle, folder)
    assert (folder / "theirs.csv").read_text() == "x"


class _Stop(BaseException):
    """What nobody catches, like an interrupt at the keyboard."""


@pytest.mark.parametrize("at", range(0, 40, 3))
def test_an_interrupted_write_leaves_the_old_result(tmp_path, bundle, other, monkeypatch, at):
    """Stopped at any of its renames, by an error or by an interrupt, writing leaves the old files and nothing else."""
    folder = tmp_path / "r"
    study.write_bundle(bundle, folder)
    before = _bytes(folder)
    calls = iter(range(1000))
    rename = Path.replace

    def stopping(self, target):
        if next(calls) == at:
            raise _Stop
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", stopping)
    try:
        study.write_bundle(other, folder, figures={"new.png": lambda path: path.write_bytes(b"x")})
        stopped = False
    except _Stop:
        stopped = True
    assert stopped or next(calls) <= at
    assert _bytes(folder) == before if stopped else study.read_bundle(folder).digest == other.digest


def test_a_picture_that_fails_leaves_the_old_result(tmp_path, bundle, other):
    """An error while a file is made leaves the old result as it was; a first write leaves nothing at all."""

    def fail(_):
        raise OSError(28, "No space left on device")

    for folder in (tmp_path / "r", tmp_path / "none"):
        if folder.name == "r":
            study.write_bundle(bundle, folder)
        with pytest.raises(InvalidInput, match="No space left"):
            study.write_bundle(other, folder, figures={"bad.png": fail})
    assert study.read_bundle(tmp_path / "r").digest == bundle.digest
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


_KILLED = """
import os, sys
from pathlib import Path
from microwork_estimate.study import safe_folder

folder = Path(sys.argv[1])
names = ("a.txt", "b/c.txt", "d.txt")
old = {name: (lambda path: path.write_text("old")) for name in names}
new = {name: (lambda path: path.write_text("new")) for name in (*names, "e.txt")}
rename, unlink, calls = Path.replace, Path.unlink, []

def counted(call, at):
    def wrapped(self, *args, **more):
        calls.append(self.name)
        if len(calls) > at:
            os._exit(9)
        return call(self, *args, **more)
    return wrapped

for at in range(60):
    target = folder / str(at)
    safe_folder.replace_files(target, old)
    child = os.fork()
    if child == 0:
        Path.replace, Path.unlink = counted(rename, at), counted(unlink, at)
        safe_folder.replace_files(target, new, stale=["d2.txt"])
        os._exit(0)
    _, status = os.waitpid(child, 0)
    seen = {safe_folder.stored_file(target, name).read_text() for name in names}
    assert len(seen) == 1, (at, seen)
    last = safe_folder.stored_file(target, "e.txt").exists()
    assert last == (seen == {"new"}), (at, seen)
    safe_folder.replace_files(target, new)
    assert {(target / name).read_text() for name in names} == {"new"}
    if os.waitstatus_to_exitcode(status) == 0:
        print("killed", at, "times")
        break
else:
    raise SystemExit("never finished")
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs a system that forks")
def test_a_killed_write_leaves_the_old_files_or_the_new_never_a_mixture(tmp_path):
    """Killed at each of its steps in turn, a write leaves all old files or all new ones, and the next write succeeds."""
    command = [sys.executable, "-W", "ignore", "-c", _KILLED, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout.split()[1]) > 10


def test_a_plan_that_names_places_outside_is_refused(tmp_path):
    """A folder from elsewhere cannot make the next write remove files outside it."""
    undo = tmp_path / "r" / ".undo"
    undo.mkdir(parents=True)
    (tmp_path / "precious").write_text("mine")
    (undo / "plan.json").write_text(json.dumps({"saved": [], "new": ["../precious"]}))
    with pytest.raises(InvalidInput, match="path outside the folder"):
        safe_folder.restore(tmp_path / "r")
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_date_that_is_none_is_refused(tmp_path, bundle):
    """The date of publication is one of the calendar, or nothing is written."""
    with pytest.raises(InvalidInput, match="not a date"):
        study.write_bundle(bundle, tmp_path / "r", published="soon")
    assert list(tmp_path.iterdir()) == []


def test_writing_into_a_file_is_refused(tmp_path, bundle):
    """A file in the place of the folder is an error of the family, and stays."""
    (tmp_path / "r").write_text("mine")
    with pytest.raises(InvalidInput, match="cannot write there"):
        study.write_bundle(bundle, tmp_path / "r")
    assert (tmp_path / "r").read_text() == "mine"
