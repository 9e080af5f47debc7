"""A study file of one's own: what is well said is read, and anything else is refused in one line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study import Study
from microwork_estimate.study.registry import load

SMALL = """\
[study]
id = "small"
version = "1.0"
title = "A small study"
description = "Two figures."
territory = "Utopia"
cite = ["report"]

[sources.report]
title = "A report"
authors = ["Doe, Jane"]
year = 2020

[inputs.accounts]
value = 1200
unit = "accounts"
status = "published"
what = "Registered accounts."
source = "report"
locator = "page 3"

[inputs.multiplicity]
value = 1.5
unit = "platforms per person"
status = "assumed"
what = "Platforms per person."
reason = "nobody knows"

[published.persons]
value = 800
unit = "persons"
status = "published"
what = "Persons."
source = "report"
locator = "page 4"

[[estimates]]
name = "persons"
recipe = "registrations"
label = "Persons"
inputs = { registrations = "accounts", multiplicity = "multiplicity" }
published = "persons"
"""


def write(folder: Path, text: str) -> Path:
    """Write a study file."""
    file = folder / "small.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(folder: Path, text: str) -> InvalidInput:
    """Read a study file that is to be refused, and return the error."""
    with pytest.raises(InvalidInput) as caught:
        load(write(folder, text))
    return caught.value


def test_small_study(tmp_path):
    """A file of one's own is read by its path, and falls back to English where French is missing."""
    file = write(tmp_path, SMALL)
    small = load(file)
    assert isinstance(small, Study)
    assert small == load(str(file))
    assert small.inputs_only("persons").number("registrations") == 1200
    assert small.title_fr == "A small study"
    assert small.figure("accounts").what_fr == "Registered accounts."
    assert small.figure("accounts").source == "Doe (2020), A report"
    assert small.figure("multiplicity").source == "assumed: nobody knows"
    assert small.nested is None


def test_byte_order_mark(tmp_path):
    """A file saved by an editor that writes a byte order mark is read like any other."""
    file = tmp_path / "small.toml"
    file.write_text(SMALL, encoding="utf-8-sig")
    assert load(file).id == "small"


ACCOUNTS = "value = 1200\n"
WRONG = {
    "unknown key": ("value = 1200", "valeu = 1200", ["unknown key", "'valeu'", "value, low, high", "inputs.accounts"]),
    "unknown table": ("[study]", "[extra]\nx = 1\n[study]", ["unknown key", "'extra'", "study, sources, inputs"]),
    "wrong status": ('status = "published"', 'status = "certain"', ["unknown choice", "'second_hand'", "'certain'"]),
    "wrong unit": ('unit = "accounts"', 'unit = "acounts"', ["unknown choice", "'accounts'", "inputs.accounts.unit"]),
    "no source": ('source = "report"\n', "", ["figure without source", "no source", "inputs.accounts"]),
    "no locator": ('locator = "page 3"\n', "", ["figure without source", "no locator", "inputs.accounts"]),
    "empty source": ('title = "A report"', 'title = "  "', ["at least 1 character", "sources.report.title"]),
    "unknown source": ('source = "report"', 'source = "repport"', ["unknown key", "[sources]: report", "'repport'"]),
    "negative count": ("value = 1200", "value = -1200", ["impossible value", "accounts: 0 or more", "value = -1200"]),
    "part of an account": ("value = 1200", "value = 1200.5", ["not a count", "a whole number", "1200.5"]),
    "coefficient below one": ("value = 1.5", "value = 0.5", ["platforms per person: 1 or more", "value = 0.5"]),
    "share above one": ('"platforms per person"', '"share"', ["share: between 0 and 1", "value = 1.5"]),
    "not a number": ("value = 1200", "value = nan", ["a finite number", "nan", "inputs.accounts.value"]),
    "infinite": ("value = 1200", "value = inf", ["a finite number", "inf"]),
    "number as text": ("value = 1200", 'value = "1200"', ["a valid number", "'1200'"]),
    "yes as number": ("value = 1200", "value = true", ["a valid number", "True"]),
    "no value": (ACCOUNTS, "", ["figure without value", "inputs.accounts"]),
    "half a range": ("value = 1200", "value = 1200\nlow = 1000", ["half a range", "high = None"]),
    "ends out of order": ("value = 1200", "value = 1200\nlow = 1300\nhigh = 1400", ["low <= value <= high", "1300"]),
    "text with a number": ("value = 1200", 'value = 1200\ntext = "many"', ["text and number mixed", "value, text"]),
    "text of persons": ("value = 1200", 'text = "many"', ["text and number mixed", "'accounts'"]),
    "assumed without reason": ('reason = "nobody knows"\n', "", ["figure without reason", "'assumed'"]),
    "implied without formula": ('status = "assumed"', 'status = "implied"', ["derived_from and formula"]),
    "missing key": ('what = "Registered accounts."\n', "", ["missing key", "'what'", "inputs.accounts"]),
    "missing table": (
        '[sources.report]\ntitle = "A report"\nauthors = ["Doe, Jane"]\nyear = 2020\n',
        "",
        ["'sources'"],
    ),
    "published as input": ('registrations = "accounts"', 'registrations = "persons"', ["published result as an input"]),
    "input not there": ('registrations = "accounts"', 'registrations = "acc"', ["[inputs]: accounts, multiplicity"]),
    "mark not there": ('published = "persons"', 'published = "people"', ["[published]: persons", "'people'"]),
    "tier not there": ('published = "persons"', 'tier = "weekly"', ["[tiers.levels]: none there", "'weekly'"]),
    "same key twice": ("[published.persons]", "[published.accounts]", ["duplicate key", "[inputs] and in [published]"]),
    "key in capitals": ("[inputs.accounts]", "[inputs.Accounts]", ["inputs.Accounts"]),
    "citation not there": ('cite = ["report"]', 'cite = ["book"]', ["[sources]: report", "study.cite"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_study_files(tmp_path, case):
    """Each mistake is one line that says what was expected, what came, in which file and key, and what to do."""
    before, after, parts = WRONG[case]
    assert before in SMALL
    error = refusal(tmp_path, SMALL.replace(before, after, 1))
    message = str(error)
    assert "\n" not in message
    assert str(tmp_path / "small.toml") in error.where
    assert all(part in message for part in parts), message
    assert error.expected
    assert error.fix


def test_unavailable_with_a_value(tmp_path):
    """What is unavailable has no value, and a reason."""
    text = SMALL.replace('status = "assumed"', 'status = "unavailable"')
    assert "a value for what is unavailable" in str(refusal(tmp_path, text))
    text = text.replace("value = 1.5\n", "")
    assert load(write(tmp_path, text)).inputs["multiplicity"].available is False
    assert "figure without reason" in str(refusal(tmp_path, text.replace('reason = "nobody knows"\n', "")))


def test_duplicate_key(tmp_path):
    """A key or a table that stands twice is refused with its line."""
    error = refusal(tmp_path, SMALL.replace(ACCOUNTS, ACCOUNTS * 2))
    assert "each key stands once" in error.expected
    assert "line 16" in error.got
    assert "accounts" in refusal(tmp_path, SMALL + "\n[inputs.accounts]\nvalue = 1\n").got


def test_several_problems_in_one_line(tmp_path):
    """Of several problems the first stands in full, and the others follow with their keys."""
    text = (
        SMALL.replace("value = 1200", "value = -1").replace("value = 1.5", 'value = "many"').replace("year = 2020", "")
    )
    error = refusal(tmp_path, text.replace('unit = "persons"', 'unit = "people"'))
    assert "and 2 other problems" in error.got
    assert "inputs.multiplicity.value" in error.got
    assert "published.persons.unit" in error.got
    assert "\n" not in str(error)


def test_missing_file_and_wrong_encoding(tmp_path):
    """A missing file, a folder and a file in another encoding are refused by name."""
    with pytest.raises(InvalidInput, match=r"no such file.*nowhere\.toml"):
        load(tmp_path / "nowhere.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InvalidInput, match="no such file"):
        load(tmp_path / "folder.toml")
    (tmp_path / "latin.toml").write_bytes('title = "é"'.encode("latin-1"))
    with pytest.raises(InvalidInput, match=r"not a UTF-8 file.*byte 0xe9 at position 9"):
        load(tmp_path / "latin.toml")


def test_circular_arithmetic(tmp_path):
    """A figure that is derived from itself, by way of another, is refused; one derived from a result is marked."""
    implied = '[inputs.{0}]\nvalue = 800\nunit = "persons"\nstatus = "implied"\nwhat = "w"\n'
    implied += 'derived_from = ["{1}"]\nformula = "{1}"\n'
    text = SMALL + implied.format("one", "two") + implied.format("two", "one")
    assert "circular arithmetic" in str(refusal(tmp_path, text))
    chain = load(write(tmp_path, SMALL + implied.format("one", "two") + implied.format("two", "persons")))
    assert [chain.figure(key).circular for key in ("one", "two", "accounts")] == [True, True, False]
    assert "[inputs, published or context]" in str(refusal(tmp_path, SMALL + implied.format("one", "none")))


def test_implied_figure_must_be_what_its_formula_gives(tmp_path):
    """A figure that says accounts / multiplicity and is not 1200 / 1.5 is refused; rounding is not."""
    implied = '[inputs.one]\nvalue = {0}\nunit = "persons"\nstatus = "implied"\nwhat = "w"\n'
    implied += 'derived_from = ["accounts", "multiplicity"]\nformula = "accounts / multiplicity"\n'
    assert "implied figure that its formula does not give" in str(refusal(tmp_path, SMALL + implied.format(900)))
    assert load(write(tmp_path, SMALL + implied.format(800))).figure("one").number == 800


@pytest.mark.parametrize(
    ("interval", "problem"),
    [
        ('distribution = "share"\nlow = 0.9\nhigh = 0.3', "low < high"),
        ('distribution = "share"\nlow = 0.3', "high = None"),
        ('distribution = "triangular"\nlow = 1\nhigh = 2', "with a mode between them"),
        ('distribution = "share"\nlow = 0.3\nhigh = 0.9\nlevel = 90', "strictly between 0 and 1"),
        ('distribution = "normal"\nlow = 0.3\nhigh = 0.9', "unknown choice"),
    ],
)
def test_wrong_intervals(tmp_path, interval, problem):
    """An elicited interval with ends out of order, without its mode or of an unknown kind is refused."""
    factor = f'[elicited.f]\n{interval}\nwhat = "w"\nreason = "r"\n'
    assert problem in str(refusal(tmp_path, SMALL + factor))


def test_interval_outside_its_distribution(tmp_path):
    """A share above one passes as numbers in order and is refused, with its key, when it is to be a distribution."""
    factor = '[elicited.f]\ndistribution = "share"\nlow = 0.5\nhigh = 1.5\nwhat = "w"\nreason = "r"\n'
    inputs = load(write(tmp_path, SMALL + factor)).inputs_only()
    with pytest.raises(InvalidInput, match=r"0 < low < high < 1.*small\.toml, elicited\.f"):
        inputs.elicited("f")


def own_data(folder: Path, content: bytes = b"k,f,published\n1,5,6\n") -> str:
    """Put a data package with one table beside the study file, and return the study with it."""
    (folder / "data").mkdir()
    (folder / "data" / "counts.csv").write_bytes(content)
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    package = {"name": "own", "resources": [{"name": "counts", "path": "counts.csv", "hash": digest}]}
    (folder / "data" / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    table = '[files.counts]\nresource = "counts"\ncolumns = { times = "k", persons = "f" }\n'
    table += 'published_columns = { n = "published" }\nwhat = "w"\nsource = "report"\n'
    return SMALL.replace('territory = "Utopia"', 'territory = "Utopia"\ndata = "data"') + table


def test_tables_of_ones_own(tmp_path):
    """A study file may bring its own tables, beside it, and they are checked like the others."""
    small = load(write(tmp_path, own_data(tmp_path)))
    assert small.inputs_only().read_table("counts").to_dict(as_series=False) == {"times": [1], "persons": [5]}
    (tmp_path / "data" / "counts.csv").write_bytes(b"k,f,published\n1,50,6\n")
    with pytest.raises(InvalidInput, match="file changed since it was described"):
        small.table("counts")
    (tmp_path / "data" / "counts.csv").unlink()
    with pytest.raises(InvalidInput, match="no such file"):
        small.table("counts")


def test_column_both_input_and_published(tmp_path):
    """A column cannot be an input and a published result at once."""
    text = own_data(tmp_path).replace('persons = "f"', 'persons = "published"')
    assert "published result as an input" in str(refusal(tmp_path, text))


@settings(max_examples=60, deadline=None)
@given(line=st.integers(0, SMALL.count("\n") - 1), junk=st.text(st.characters(codec="utf-8"), max_size=12))
def test_any_line_replaced(tmp_path_factory, line, junk):
    """Whatever stands in place of a line, the file is read or refused in one line of the house form; nothing else."""
    lines = SMALL.splitlines()
    lines[line] = junk
    file = tmp_path_factory.mktemp("junk") / "small.toml"
    file.write_bytes("\n".join(lines).encode("utf-8"))
    try:
        load(file)
    except InvalidInput as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right
        assert str(file) in error.where  # noqa: PT017
