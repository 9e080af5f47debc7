"""A result is made again and compared."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from microwork_estimate import study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.verify import differences


def _small():
    """Return a study with one estimate, which is quick."""
    whole = study.load("diplab-like")
    kept = tuple(entry for entry in whole.estimates if entry.name == "occasional")
    return replace(whole, estimates=kept, tiers={}, nested=None, findings=(), routes=(), objections=())


SMALL = _small()


@pytest.fixture(scope="module")
def bundle():
    return study.protect(study.run(SMALL, n_replicates=29, seed=3))


@pytest.fixture
def folder(tmp_path, bundle):
    study.write_bundle(bundle, tmp_path / "r")
    return tmp_path / "r"


def _changed(bundle, name, **more):
    estimates = {**bundle.estimates, name: replace(bundle.estimates[name], **more)}
    return replace(bundle, estimates=estimates)


def test_the_same_versions_give_the_same_bytes(folder, bundle):
    """Made again here and now, a result is identical to the byte, and every file and table is what was recorded."""
    found = study.verify(folder, study=SMALL)
    assert (found.verdict, found.holds, found.same_versions) == ("identical", True, True)
    assert found.recomputed == found.identifier == bundle.identifier
    assert {file.kind for file in found.files} == {"crate", "input"}
    assert found.differences == found.added == ()


def test_hidden_cells_are_hidden_again(tmp_path):
    """A result with hidden cells is compared with one whose cells are hidden in the same way; its study comes along."""
    bundle = study.protect(study.run(study.load("diplab-like"), n_replicates=9, seed=3))
    assert "threshold" in bundle.settings
    study.write_bundle(bundle, tmp_path / "r")
    assert study.verify(tmp_path / "r" / "bundle.json").verdict == "identical"


def test_other_versions_are_held_within_the_tolerance(tmp_path, bundle):
    """Another version may change last digits: within the tolerance the result holds, beyond it it does not."""
    value = bundle.estimates["occasional"].value
    nearly = replace(_changed(bundle, "occasional", value=value * (1 + 1e-9)), environment={"numpy": "0"})
    study.write_bundle(nearly, tmp_path / "r")
    found = study.verify(tmp_path / "r", study=SMALL)
    assert (found.verdict, found.holds, found.same_versions) == ("within-tolerance", True, False)
    assert found.largest == pytest.approx(1e-9, rel=1e-3)
    exact = study.verify(tmp_path / "r", study=SMALL, tolerance=0)
    assert (exact.verdict, exact.holds) == ("differs", False)


def test_what_differs_is_said(tmp_path, bundle):
    """The estimate, the place, the old and the new number and the relative difference are named."""
    value = bundle.estimates["occasional"].value
    study.write_bundle(_changed(bundle, "occasional", value=value * 2), tmp_path / "r")
    found = study.verify(tmp_path / "r", study=SMALL)
    assert found.verdict == "differs"
    (difference,) = found.differences
    assert (difference.place, difference.estimate) == ("estimates.occasional.value", "occasional")
    assert (difference.old, difference.new, difference.relative) == (2 * value, value, 0.5)
    assert study.verify(tmp_path / "r", study=SMALL, tolerance=0.6).holds


def test_replicates_are_summed_up_in_one_difference(tmp_path, bundle):
    """Of thousands of replicates that differ, the largest difference stands for all."""
    drawn = bundle.estimates["occasional"].replicates
    other = replace(drawn, values=drawn.values * 1.5)
    study.write_bundle(_changed(bundle, "occasional", replicates=other), tmp_path / "r")
    (difference,) = study.verify(tmp_path / "r", study=SMALL).differences
    assert difference.place.startswith("estimates.occasional.replicates.values.")
    assert difference.relative == pytest.approx(1 / 3)


def test_words_that_differ_are_differences(tmp_path, bundle):
    """Another source or unit is no rounding error: no tolerance covers it."""
    inputs = {key: dict(figure) for key, figure in bundle.inputs.items()}
    key = next(iter(inputs))
    inputs[key]["locator"] = "elsewhere"
    study.write_bundle(replace(bundle, inputs=inputs), tmp_path / "r")
    found = study.verify(tmp_path / "r", study=SMALL, tolerance=0.9)
    assert [difference.place for difference in found.differences] == [f"inputs.{key}.locator"]


def test_other_versions_may_word_things_otherwise(tmp_path, bundle):
    """A label that another version words otherwise is listed and is no difference; the unit of a figure is one."""
    labels = {**bundle.study["labels"], "occasional": {**bundle.study["labels"]["occasional"], "en": "Other words"}}
    other = replace(bundle, study={**bundle.study, "labels": labels}, environment={"numpy": "0"})
    study.write_bundle(other, tmp_path / "r")
    found = study.verify(tmp_path / "r", study=SMALL)
    assert (found.verdict, found.differences) == ("within-tolerance", ())
    assert [d.place for d in found.words] == ["study.labels.occasional.en"]
    key = next(iter(bundle.inputs))
    inputs = {**bundle.inputs, key: {**bundle.inputs[key], "unit": "visits"}}
    study.write_bundle(replace(other, inputs=inputs), tmp_path / "r")
    assert [d.place for d in study.verify(tmp_path / "r", study=SMALL).differences] == [f"inputs.{key}.unit"]


@pytest.mark.parametrize("name", ["estimates.csv", "tables/comparison.csv", "quality.json"])
def test_a_file_that_was_changed_or_lost_is_found(folder, name):
    """A file that is not what the metadata record fails the verification, although the numbers come out."""
    (folder / name).write_bytes((folder / name).read_bytes() + b"x")
    found = study.verify(folder, study=SMALL)
    assert found.verdict == "identical"
    assert not found.holds
    assert [(file.name, file.state) for file in found.files if file.state != "same"] == [(name, "changed")]
    (folder / name).unlink()
    assert [file.state for file in study.verify(folder, study=SMALL).files if file.name == name] == ["missing"]


def test_a_changed_bundle_is_refused(folder):
    """A bundle that was edited has not the digest that it says."""
    path = folder / "bundle.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"seed": 3', '"seed": 4'), encoding="utf-8")
    with pytest.raises(InvalidInput, match="changed after it was written"):
        study.verify(folder, study=SMALL)


OWN_STUDY = (Path(__file__).parents[1] / "reference" / "two_lists_study.toml").read_text(encoding="utf-8")


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "own.toml").write_text(OWN_STUDY, encoding="utf-8")
    (folder / "lists.csv").write_text("forum,payments,persons\n1,1,30\n1,0,70\n0,1,80\n", encoding="utf-8")
    study.write_bundle(study.run(study.load(folder / "own.toml"), n_replicates=19, seed=1), tmp_path / "r")
    return folder


def test_a_study_of_ones_own_is_verified_by_its_path(own, tmp_path):
    """Its file or the study itself makes the result again; without it, the error says what to give."""
    assert study.verify(tmp_path / "r", study=own / "own.toml").verdict == "identical"
    assert study.verify(tmp_path / "r", study=study.load(own / "own.toml")).verdict == "identical"
    with pytest.raises(InvalidInput, match="give the study file"):
        study.verify(tmp_path / "r")


def test_a_table_that_changed_is_found_and_so_is_what_it_changes(own, tmp_path):
    """The table is named as changed, and the estimate that it moves with its old and new value."""
    (own / "lists.csv").write_text("forum,payments,persons\n1,1,20\n1,0,70\n0,1,80\n", encoding="utf-8")
    found = study.verify(tmp_path / "r", study=own / "own.toml")
    assert not found.holds
    assert [(f.name, f.state) for f in found.files if f.kind == "input"] == [("lists", "changed")]
    assert "estimates.size.value" in [difference.place for difference in found.differences]


def test_a_table_that_cannot_be_read_is_a_failed_verification(own, tmp_path):
    """A table that is gone is reported; the result is not made again, and the verification does not hold."""
    (own / "lists.csv").unlink()
    found = study.verify(tmp_path / "r", study=own / "own.toml")
    assert (found.verdict, found.recomputed, found.holds) == ("differs", None, False)


def test_another_version_of_the_study_shows_as_such(own, tmp_path):
    """A study file that has moved on since is named in the differences."""
    text = OWN_STUDY.replace('version = "1"', 'version = "2"')
    (own / "own.toml").write_text(text, encoding="utf-8")
    found = study.verify(tmp_path / "r", study=own / "own.toml")
    assert [(d.place, d.old, d.new) for d in found.differences] == [("study.version", "1", "2")]


def test_a_bundle_of_an_earlier_schema_is_compared_by_what_it_holds(own, tmp_path):
    """What a later version of the program adds to a result of an earlier schema is listed, and is no difference."""
    content = json.loads((tmp_path / "r" / "bundle.json").read_text(encoding="utf-8"))
    bundle = study.read_bundle(tmp_path / "r")
    earlier = replace(bundle, study={k: v for k, v in bundle.study.items() if k != "routes"})
    text = earlier.to_json().replace(f'"schema_version": "{content["schema_version"]}"', '"schema_version": "1.0"')
    (tmp_path / "old.json").write_text(text, encoding="utf-8")
    found = study.verify(tmp_path / "old.json", study=own / "own.toml")
    assert (found.verdict, found.added) == ("within-tolerance", ("study.routes",))


def test_differences_are_found_wherever_they_are():
    """Numbers have a relative difference, other values none; equal numbers of two types are equal; lengths count."""
    old = {"a": 1, "b": [1.0, 2.0], "c": "x", "d": 0.0, "e": [1], "environment": 1}
    new = {"a": 1.0, "b": [1.0, 3.0], "c": "y", "d": 1.0, "e": [1, 2], "environment": 2}
    found = {d.place: d.relative for d in differences(old, new)}
    assert found == {"b.1": 0.5, "c": None, "d": math.inf, "e": None}


def test_an_interrupted_write_is_verified_as_the_result_before(folder, tmp_path):
    """While a plan stands there, the files of before are the ones that are verified."""
    undo = folder / ".undo"
    shutil.copytree(folder, undo)
    names = [p.relative_to(undo).as_posix() for p in undo.rglob("*") if p.is_file()]
    (undo / "plan.json").write_text(json.dumps({"saved": names, "new": []}), encoding="utf-8")
    (folder / "bundle.json").write_text("half", encoding="utf-8")
    assert study.verify(folder, study=SMALL).holds


@pytest.mark.parametrize("tolerance", [-1.0, 1.0, math.nan])
def test_impossible_tolerances_are_refused(folder, tolerance):
    """A tolerance is a share: not negative, not everything."""
    with pytest.raises(InvalidInput, match="impossible tolerance"):
        study.verify(folder, study=SMALL, tolerance=tolerance)
