"""Result bundles: they read back as written, refuse tampering and later schemas, and appear whole or not at all."""

import json
import math
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate import study
from microwork_estimate.errors import CodedWarning, InvalidInput, SchemaVersion
from microwork_estimate.estimate import Assumption, Bounds, Estimand, Estimate, FrozenMapping, Interval, Replicates
from microwork_estimate.study import ResultBundle, ResultTable

finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
upper = st.one_of(finite, st.just(math.inf))
words = st.text(max_size=12)


@st.composite
def estimates(draw):
    low, high = sorted((draw(finite), draw(upper)))
    inside = st.just(low) if math.isinf(high) else st.floats(low, high, allow_nan=False, allow_infinity=False)
    return Estimate(
        name=draw(words),
        value=draw(st.one_of(st.none(), inside)),
        standard_error=draw(st.one_of(st.none(), finite.map(abs))),
        interval=Interval(low=low, high=high, level=0.9, method="test"),
        bounds=draw(st.one_of(st.none(), st.just(Bounds(low=low, high=high, reason="r", sharp=True)))),
        replicates=Replicates(
            values=np.array(draw(st.lists(st.floats(), min_size=1, max_size=5))),
            streams=("a", "b"),
            seed=draw(st.integers(0)),
        ),
        estimand=Estimand(unit="share", window=draw(words)),
        method=draw(words),
        assumptions=(
            Assumption(
                id="a",
                statement_en="e",
                statement_fr="é",
                testable=True,
                direction_of_bias_if_violated="up",
                sensitivity=None,
            ),
        ),
        warnings=(CodedWarning(code="c", message=draw(words)),),
        references=(draw(words),),
        diagnostics=FrozenMapping({"x": draw(upper), "y": draw(words), "z": draw(st.booleans()), "n": None}),
    )


def _bundle(estimate, **more):
    parts = {
        "study": {"id": "test", "version": "1", "synthetic": True},
        "settings": {"seed": 1},
        "inputs": {"a": {"value": 1.5}},
        "published": {},
        "files": {},
        "estimates": {"one": estimate},
        "tables": {"t": ResultTable(columns=("x", "y"), rows=((1.0, "é"), (math.inf, None)))},
        "environment": {"numpy": "0"},
    }
    return ResultBundle(**(parts | more))


def _written(bundle, folder):
    path = folder / "bundle.json"
    path.write_text(bundle.to_json(), encoding="utf-8")
    return path


@given(estimate=estimates())
@settings(max_examples=60, deadline=None)
def test_round_trip(tmp_path_factory, estimate):
    """Whatever an estimate holds, infinities and failed draws included, the bundle reads back to the same bytes."""
    bundle = _bundle(estimate)
    path = _written(bundle, tmp_path_factory.mktemp("bundle"))
    again = study.read_bundle(path)
    assert again.to_json() == bundle.to_json()
    assert again.digest == bundle.digest
    back = again.estimates["one"]
    assert np.array_equal(back.replicates.values, estimate.replicates.values, equal_nan=True)
    assert (back.value, back.interval, back.bounds, back.warnings) == (
        estimate.value,
        estimate.interval,
        estimate.bounds,
        estimate.warnings,
    )
    assert again.tables["t"] == bundle.tables["t"]


SIMPLE = Estimate(name="one", value=2.0, estimand=Estimand(), method="given")


def test_json_is_sorted_and_strict():
    """Keys are sorted, there is no NaN or Infinity token, and neither clock nor host is in it."""
    text = study.run(study.load("diplab-2019"), n_replicates=10, seed=1).to_json()
    content = json.loads(text, parse_constant=lambda token: pytest.fail(f"JSON has {token}"))
    assert json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False) + "\n" == text
    assert content["schema_version"] == study.SCHEMA_VERSION == "1.1"
    assert not re.search(r"\d{2}:\d{2}:\d{2}|hostname|/home/|/root/", text)


def test_digest_leaves_out_the_software_and_nothing_else():
    """Other versions of the software keep the digest; another number, seed or input changes it."""
    base = _bundle(SIMPLE)
    assert _bundle(SIMPLE, environment={"numpy": "9"}).digest == base.digest
    other = Estimate(name="one", value=2.00001, estimand=Estimand(), method="given")
    assert _bundle(other).digest != base.digest
    assert _bundle(SIMPLE, settings={"seed": 2}).digest != base.digest
    assert _bundle(SIMPLE, inputs={"a": {"value": 1.6}}).digest != base.digest
    assert base.identifier == f"test@1+{base.digest[:12]}"


def test_changed_bundle_is_refused(tmp_path):
    """A bundle edited by hand no longer has its digest."""
    path = _written(_bundle(SIMPLE), tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('"value": 2.0', '"value": 3.0'), encoding="utf-8")
    with pytest.raises(InvalidInput, match="changed after it was written"):
        study.read_bundle(tmp_path)


def test_later_schema_is_refused(tmp_path):
    """A bundle of a later schema is not guessed at."""
    path = _written(_bundle(SIMPLE), tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('"schema_version": "1.1"', '"schema_version": "2.0"'))
    with pytest.raises(SchemaVersion, match=r"schema 2\.0"):
        study.read_bundle(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", '{"schema_version": "1.0"}'])
def test_other_files_are_no_bundles(tmp_path, text):
    """What is not a bundle says so in one line."""
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InvalidInput, match="not a result bundle"):
        study.read_bundle(tmp_path / "x.json")
    with pytest.raises(InvalidInput, match="no such file"):
        study.read_bundle(tmp_path / "nothing.json")


def test_ragged_table_is_refused():
    """Every row of a result table has one value for each column."""
    with pytest.raises(InvalidInput, match="ragged table"):
        ResultTable(columns=("a", "b"), rows=((1,),))


def test_files_appear_together_or_not_at_all(tmp_path):
    """When one writer fails, none of the files is there, and what was there before stays."""
    target = tmp_path / "out"
    study.write_files(target, {"a.txt": lambda path: path.write_text("first")})

    for failure, shown in ((OSError(28, "disk full"), InvalidInput), (RuntimeError("a bug"), RuntimeError)):

        def fail(_, failure=failure):
            raise failure

        with pytest.raises(shown, match=r"disk full|a bug"):
            study.write_files(target, {"a.txt": lambda path: path.write_text("second"), "b.txt": fail})
    assert (target / "a.txt").read_text() == "first"
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.txt", "out"]


def test_bundles_and_their_parts_cross_process_borders():
    """A bundle can be pickled, stays read-only all the way down, and keeps its digest."""
    bundle = study.run(study.load("diplab-2019"), n_replicates=10, seed=1)
    again = pickle.loads(pickle.dumps(bundle))  # noqa: S301 - our own bytes
    assert again.digest == bundle.digest
    with pytest.raises(TypeError):
        bundle.study["labels"]["regular"]["en"] = "changed"


def test_digest_ignores_the_last_digits():
    """Another version of a mathematical library changes last digits, not the result."""
    nearly = Estimate(name="one", value=2.0 * (1 + 1e-12), estimand=Estimand(), method="given")
    assert _bundle(nearly).digest == _bundle(SIMPLE).digest


def test_later_minor_version_is_readable(tmp_path):
    """A field that a later 1.x schema added to an estimate is left out, not a failure."""
    content = json.loads(_bundle(SIMPLE).to_json())
    content["estimates"]["one"]["colour"] = "blue"
    (tmp_path / "bundle.json").write_text(json.dumps(content))
    assert study.read_bundle(tmp_path).estimates["one"].value == 2.0


def test_folder_that_is_a_file_is_refused(tmp_path):
    """Writing into a file is an error of the family, and the file stays."""
    (tmp_path / "x").write_text("mine")
    with pytest.raises(InvalidInput, match="cannot write there"):
        study.write_files(tmp_path / "x", {"a.txt": lambda path: path.write_text("new")})
    assert (tmp_path / "x").read_text() == "mine"


GOLDEN = sorted((Path(__file__).parents[1] / "reference" / "bundles").glob("schema-*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_bundles_of_every_earlier_schema_stay_readable(path):
    """A bundle that an earlier version wrote reads back with its digest, its estimates and its tables."""
    content = json.loads(path.read_text(encoding="utf-8"))
    bundle = study.read_bundle(path)
    assert f"-{content['schema_version']}-" in path.name
    assert bundle.digest == content["digest"]
    assert list(bundle.estimates) == content["order"]["estimates"]
    assert list(bundle.tables) == content["order"]["tables"]
    for name, estimate in bundle.estimates.items():
        assert estimate.value == content["estimates"][name]["value"]
    assert all(table.counts == table.suppressed == () for table in bundle.tables.values())


def test_there_is_a_bundle_of_schema_1_0():
    """The first schema has bundles to read: with bounds, without a value, with replicates."""
    names = [path.name for path in GOLDEN]
    assert {"schema-1.0-diplab-2019.json", "schema-1.0-diplab-like.json"} <= set(names)


def test_columns_of_counts_and_hidden_cells_read_back(tmp_path):
    """What schema 1.1 says of a table is written where there is something to say, and reads back."""
    marked = ResultTable(
        columns=("town", "n", "share"),
        rows=(("A", None, None), ("B", 20, 0.5)),
        counts=("n",),
        shares=(("share", "n"),),
        suppressed=((0, "n"), (0, "share")),
    )
    bundle = _bundle(SIMPLE, tables={"t": marked, "plain": ResultTable(columns=("x",), rows=((1,),))})
    _written(bundle, tmp_path)
    assert study.read_bundle(tmp_path).tables["t"] == marked
    content = json.loads(bundle.to_json())["tables"]
    assert set(content["plain"]) == {"columns", "rows"}
    with pytest.raises(InvalidInput, match="unknown column"):
        ResultTable(columns=("a",), rows=((1,),), counts=("b",))
