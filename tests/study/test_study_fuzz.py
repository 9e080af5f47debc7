"""Whatever stands in a study file, reading and checking it end in a study or in an error of the family."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate import study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.parsing import parsed, validated
from microwork_estimate.study.positions import positions
from microwork_estimate.study.problems import of_key
from microwork_estimate.study.registry import load

SHIPPED = Path(study.__file__).parent / "studies"
TEXTS = {name: (SHIPPED / f"{name}.toml").read_text(encoding="utf-8") for name in study.shipped_studies()}
TABLES = {name: tomllib.loads(text) for name, text in TEXTS.items()}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 2**63, 1447])
    | st.floats()
    | st.text(max_size=30)
    | st.dates()
    | st.datetimes()
    | st.sampled_from(["../x.csv", "http://x/y.csv", "tables/a.csv", "lognormal", "persons", "published", "survey"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=9,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Return the path of a study file that is written again and again."""
    return tmp_path_factory.mktemp("fuzz") / "mine.toml"


def outcome(file, content: bytes) -> None:
    """Read and check a study file; anything but an error of the family fails the test."""
    file.write_bytes(content)
    said = ""
    try:
        load(file)
    except InvalidInput as error:
        said = str(error)
    assert "\n" not in said
    problems = study.check(file)
    assert bool(said) <= bool(problems)
    assert all(problem.file for problem in problems)


@settings(max_examples=80, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes(file, content):
    """Bytes of any kind."""
    outcome(file, content)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(TEXTS)),
    at=st.floats(0, 1, exclude_max=True),
    length=st.integers(0, 60),
    junk=st.text(st.characters(codec="utf-8"), max_size=20)
    | st.sampled_from(["[[", "]]", '"""', "= {", "\n[a]\n", "\0"]),
)
def test_mutated_studies(file, name, at, length, junk):
    """A shipped study with a piece of it replaced by something else."""
    text = TEXTS[name]
    start = int(at * len(text))
    outcome(file, (text[:start] + junk + text[start + length :]).encode("utf-8"))


def _paths(value, path=()):
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield path
    for key, item in inner:
        yield from _paths(item, (*path, key))


PATHS = {name: [path for path in _paths(table) if path] for name, table in TABLES.items()}


def _with(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(TABLES)), at=st.floats(0, 1, exclude_max=True), value=VALUES)
def test_any_value_anywhere(name, at, value):
    """A shipped study with any one value replaced by a value of any type: read, or refused with the key concerned."""
    path = PATHS[name][int(at * len(PATHS[name]))]
    read, problems = validated(_with(TABLES[name], path, value))
    assert (read is None) == bool(problems)
    places = positions(TEXTS[name])
    for problem in problems:
        located = of_key(problem, Path("mine.toml"), places)
        assert "\n" not in str(located)
        assert len(str(located)) < 20_000


@settings(max_examples=100, deadline=None)
@given(
    value=st.dictionaries(
        st.sampled_from(["study", "inputs", "files", "estimates", "sources", "tiers"]) | st.text(), VALUES
    )
)
def test_any_tables(value):
    """Tables of any content under the names of the real ones."""
    read, problems = validated(value)
    assert (read is None) == bool(problems)


@settings(max_examples=150, deadline=None)
@given(text=st.text(st.sampled_from('abc._-"\'[]{}=,#\n \t1"'), max_size=80))
def test_positions_of_anything(text):
    """The places of keys never fail; of valid TOML, each key of the file has one, within the text."""
    places = positions(text)
    lines = text.split("\n")
    assert all(1 <= p.line <= len(lines) and 1 <= p.column <= len(lines[p.line - 1]) + 1 for p in places.values())
    try:
        table = parsed(text, Path("mine.toml"))
    except InvalidInput:
        return
    keys = [path for path in _paths(table) if path and not any("." in str(part) for part in path)]
    assert [path for path in keys if ".".join(map(str, path)) not in places] == []


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_positions_of_the_shipped_studies(name):
    """Every key of a real study file has its place, and the line there begins with it."""
    places, lines = positions(TEXTS[name]), TEXTS[name].split("\n")
    for path in PATHS[name]:
        place = places[".".join(map(str, path))]
        if isinstance(path[-1], str):
            assert path[-1] in lines[place.line - 1]


@pytest.mark.parametrize("day", [datetime.date(1447, 8, 11), datetime.date(2569, 1, 31)])
def test_other_calendars(day):
    """The day of a table is of the Gregorian calendar, or refused."""
    table = _with(
        TABLES["diplab-like"], ("files", "margins"), {**TABLES["diplab-like"]["files"]["margins"], "as_of": day}
    )
    assert [problem.problem for problem in validated(table)[1]] == ["date of another calendar"]
