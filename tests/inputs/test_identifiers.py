"""Lists of identifiers: the same person is recognised, both ways of counting agree, and no identifier comes out."""

from __future__ import annotations

import contextlib
import decimal
import io
import logging
import pickle
import traceback
import uuid
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import identifier_sources, linkage
from microwork_estimate.inputs.identifier_sources import IdentifierList
from microwork_estimate.inputs.identifiers import IdentifierRules, comparable, digest_batches
from microwork_estimate.inputs.linkage import OutOfCore, link_lists, link_occasions

KEY = b"a key for the tests only"
NAMES = st.lists(st.text(alphabet="abc éÅA\u0301 ", min_size=1, max_size=4).filter(str.strip), min_size=1, max_size=30)


def quietly(lists, **options):
    """Link lists without showing the warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return link_lists(lists, **options)


def by_sets(lists, ignore_case=False):
    """Count patterns of presence in plain Python, from sets of comparable identifiers."""
    sets = [{comparable(name, ignore_case=ignore_case) for name in names} for names in lists.values()]
    people = set().union(*sets)
    codes = [sum((person in s) << (len(sets) - 1 - i) for i, s in enumerate(sets)) for person in people]
    return np.bincount(codes, minlength=2 ** len(sets))[:0:-1].tolist()


# ------------------------------------------------------------------------------------------------- who is the same person


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (" ada@x.org\t", "ada@x.org"),
        ("ada\u00a0", "ada"),
        ("\ufeffada", "ada"),
        ("Zoe\u0308", "Zoë"),
        ("ﬁnn", "finn"),
        ("ＡＤＡ９", "ADA9"),
        ("Å", "\u212b"),
    ],
)
def test_forms_of_one_identifier(one, other):
    """White space at the ends, signs without width and the ways to type one letter make no other person."""
    assert comparable(one) == comparable(other)
    assert link_lists({"A": [one], "B": [other]}).histories.two_list_cells() == (1, 0, 0)


@pytest.mark.parametrize(("one", "other"), [("Ada", "ada"), ("007", "7"), ("a b", "ab"), ("o", "0")])
def test_different_identifiers(one, other):
    """Case, leading zeros and inner spaces count by default."""
    assert link_lists({"A": [one], "B": [other]}).histories.two_list_cells() == (0, 1, 1)


def test_case_is_ignored_on_request():
    """With case folding Ada is ada, and STRASSE is straße."""
    rules = IdentifierRules(ignore_case=True)
    lists = {"A": ["Ada", "STRASSE"], "B": ["ada", "straße"]}
    assert link_lists(lists, rules=rules).histories.two_list_cells() == (2, 0, 0)


def test_whole_numbers_are_texts():
    """The account 12 is the same as text, as whole number, as number of a spreadsheet and as numpy number."""
    lists = {"A": ["12"], "B": [12], "C": [12.0], "D": np.array([12], dtype=np.int32)}
    assert link_lists(lists).histories.counts.tolist() == [1] + [0] * 14


def test_universally_unique_identifiers():
    """A UUID is its usual text."""
    one = uuid.UUID(int=7)
    assert link_lists({"A": [one], "B": [str(one)]}).histories.two_list_cells() == (1, 0, 0)


def test_duplicates_are_counted_once_and_reported():
    """A person who stands three times on a list is one person; the two other rows are said."""
    with pytest.warns(MicroworkWarning, match=r"duplicate-identifiers.*2 rows \(A: 2\) repeat"):
        linked = link_lists({"A": ["ada", "ada ", "ada"], "B": ["ada", "bob"]})
    assert linked.histories.two_list_cells() == (1, 0, 1)
    assert (linked.rows, linked.duplicates) == ((3, 2), (2, 0))
    assert [warning.code for warning in linked.warnings] == ["duplicate-identifiers"]


def test_rows_without_identifier():
    """They are refused with the number of the first row, or left out and said."""
    lists = {"A": ["ada", "", None, float("nan"), " \u200b"], "B": ["ada"]}
    with pytest.raises(InvalidInput, match=r"row without identifier.*nothing in row 2.*list 'A'"):
        link_lists(lists)
    with pytest.warns(MicroworkWarning, match=r"rows-without-identifier.*4 rows"):
        linked = link_lists(lists, rules=IdentifierRules(missing="leave_out"))
    assert linked.histories.two_list_cells() == (1, 0, 0)
    assert linked.without_identifier == (4, 0)


# ---------------------------------------------------------------------------------------------- two engines, all sources


@given(st.lists(NAMES, min_size=2, max_size=4), st.booleans())
@settings(max_examples=60, deadline=None)
def test_counts_are_those_of_sets(lists, ignore_case):
    """For any lists, the counts are those that sets of comparable identifiers give."""
    named = {f"list {i}": names for i, names in enumerate(lists)}
    linked = quietly(named, rules=IdentifierRules(ignore_case=ignore_case))
    assert linked.histories.counts.tolist() == by_sets(named, ignore_case)
    assert linked.rows == tuple(len(names) for names in lists)


@given(NAMES, NAMES, st.randoms())
@settings(max_examples=30, deadline=None)
def test_order_and_key_do_not_matter(first, second, random):
    """Shuffled rows and another key give the same counts."""
    before = quietly({"A": first, "B": second}, rules=IdentifierRules(study_key=KEY)).histories.counts
    random.shuffle(first)
    assert (quietly({"A": first, "B": second}).histories.counts == before).all()


@pytest.mark.parametrize("n_lists", [2, 3, 5])
def test_duckdb_counts_the_same(n_lists, monkeypatch):
    """Counting out of core, in several batches, gives what sorting in memory gives, duplicates included."""
    monkeypatch.setattr(identifier_sources, "BATCH", 700)
    rng = np.random.default_rng(n_lists)
    lists = {f"list {i}": [f"worker {j}" for j in rng.integers(0, 3000, 2000)] for i in range(n_lists)}
    small, large = quietly(lists, engine="memory"), quietly(lists, engine=OutOfCore(memory_gigabytes=0.2))
    assert (small.engine, large.engine) == ("memory", "duckdb")
    assert small.histories.counts.tolist() == large.histories.counts.tolist() == by_sets(lists)
    assert small.duplicates == large.duplicates


def test_long_lists_go_to_disk_by_themselves(monkeypatch):
    """Beyond the rows that memory is for, what was read so far moves to the database and nothing is lost."""
    monkeypatch.setattr(linkage, "IN_MEMORY_ROWS", 1000)
    monkeypatch.setattr(identifier_sources, "BATCH", 400)
    lists = {"A": [str(i) for i in range(900)], "B": [str(i) for i in range(600, 1500)]}
    linked = link_lists(lists)
    assert (linked.engine, linked.histories.two_list_cells()) == ("duckdb", (300, 600, 600))
    assert link_lists(lists, engine="memory").engine == "memory"


def test_without_duckdb_long_lists_are_refused(monkeypatch):
    """Without the package, a long list is refused with what to install; engine="memory" still counts it."""
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    monkeypatch.setattr(linkage, "IN_MEMORY_ROWS", 10)
    lists = {"A": [str(i) for i in range(20)], "B": ["1"]}
    with pytest.raises(InvalidInput, match=r"duckdb.*microwork-estimate\[lists\]"):
        link_lists(lists)
    assert link_lists(lists, engine="memory").histories.two_list_cells() == (1, 19, 0)


IDS = ["007", " b, c", 'say "x"', "línea\nnueva", "NA", "null", "1e5"]


def test_every_source_gives_the_same(tmp_path):
    """CSV, parquet, pandas, polars, pyarrow, arrays and lists: the same identifiers are the same people."""
    frame = pd.DataFrame({"id": IDS, "other": range(len(IDS))})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    lists = {
        "csv": IdentifierList(table=tmp_path / "a.csv", column="id"),
        "parquet": IdentifierList(table=str(tmp_path / "a.parquet"), column="id"),
        "pandas": IdentifierList(table=frame, column="id"),
        "polars": IdentifierList(table=pl.DataFrame({"id": IDS}), column="id"),
        "arrow": IdentifierList(table=pa.table({"id": IDS}), column="id"),
        "series": frame["id"],
        "polars series": pl.Series(IDS),
        "categories": frame["id"].astype("category"),
        "array": np.array(IDS),
        "list": tuple(IDS),
    }
    linked = link_lists(lists)
    assert linked.histories.counts[0] == linked.histories.n_observed == len(IDS)


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    """Where pyarrow is missing, DuckDB reads the parquet file, whole numbers and texts alike."""
    pd.DataFrame({"id": [1, 2, 3], "name": ["1", "2", "x"]}).to_parquet(tmp_path / "a.parquet")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    numbers, names = (IdentifierList(table=tmp_path / "a.parquet", column=c) for c in ("id", "name"))
    assert link_lists({"A": numbers, "B": names}).histories.two_list_cells() == (2, 1, 1)
    with pytest.raises(InvalidInput, match="2 columns, none of that name"):
        link_lists({"A": IdentifierList(table=tmp_path / "a.parquet", column="email"), "B": names})
    (tmp_path / "b.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(InvalidInput, match="expected a parquet file"):
        link_lists({"A": IdentifierList(table=tmp_path / "b.parquet", column="id"), "B": names})


def test_blank_lines_of_a_csv(tmp_path):
    """Blank lines between rows of a single column are rows without identifier; those at the end are nothing."""
    (tmp_path / "a.csv").write_text("id\nada\n\nbob\n\n\n", encoding="utf-8-sig")
    source = IdentifierList(table=tmp_path / "a.csv", column="id")
    with pytest.raises(InvalidInput, match="nothing in row 2"):
        link_lists({"A": source, "B": ["ada"]})
    linked = quietly({"A": source, "B": ["ada"]}, rules=IdentifierRules(missing="leave_out"))
    assert (linked.rows, linked.without_identifier) == ((3, 1), (1, 0))


def test_occasions():
    """Many occasions become one row for each person, with the same counts as histories."""
    days = {f"day {i}": [f"w{j}" for j in range(i, 40, i + 1)] for i in range(24)}
    seen = link_occasions(days, periods=[i // 6 for i in range(24)])
    people = set().union(*days.values())
    assert seen.n_observed == len(people)
    assert seen.seen.sum(axis=0).tolist() == [len(set(names)) for names in days.values()]
    expected = sorted(tuple(person in names for names in days.values()) for person in people)
    assert sorted(map(tuple, seen.seen.tolist())) == expected
    few = dict(list(days.items())[:4])
    again = link_occasions(few, periods=[0, 1, 2, 3]).histories()
    assert again.counts.tolist() == link_lists(few).histories.counts.tolist()


def test_empty_lists():
    """A list of nobody is a list with no person; all empty, everything is zero."""
    assert link_lists({"A": [], "B": ["x"]}).histories.two_list_cells() == (0, 0, 1)
    assert link_lists({"A": [], "B": []}).histories.n_observed == 0
    assert link_lists({"A": [], "B": []}, engine=OutOfCore()).histories.n_observed == 0


# ----------------------------------------------------------------------------------------------------- nothing comes out

SECRETS = ["zebulon.quintessence@secret.example", "Ottilie Vandersnoot", "ZQX-991-PERSON"]
MARKS = ["zebulon", "quintessence", "ottilie", "vandersnoot", "zqx", "991"]


def assert_clean(*texts):
    """No part of a seeded identifier stands in any of the texts or bytes."""
    for text in texts:
        shown = text.decode("latin-1") if isinstance(text, bytes) else str(text)
        assert [mark for mark in MARKS if mark in shown.lower()] == []


def everything_of(error):
    """Collect all that an error says or carries: messages, arguments, and the errors inside it, to the end."""
    found, queue = [], [error]
    while queue:
        e = queue.pop()
        attributes = {} if isinstance(e, InvalidInput) else vars(e)
        found += [str(e), repr(e), repr(e.args), repr(attributes), repr(getattr(e, "object", "")), pickle.dumps(e)]
        queue += [inner for inner in (e.__cause__, e.__context__) if inner is not None]
    return [*found, *traceback.format_exception(error)]


def broken_lists(folder: Path):
    """Make lists that are wrong in every way, each full of identifiers."""
    person = SECRETS[0]

    def write(name, content):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return IdentifierList(table=path, column="email")

    return {
        "no header": write("a.csv", "\n".join(SECRETS)),
        "header twice": write("b.csv", f"email,email\n{person},{person}\n"),
        "not UTF-8": write("c.csv", f"email\n{person}\n".encode() + b"\xe9\xff" + person.encode()),
        "ragged": write("d.csv", f"email,city\n{person},x\n{person},x,{person}\n"),
        "open quote": write("e.csv", f'email\n"{person}\n'),
        "missing": write("f.csv", f"email,city\n{person},x\n,{person}\n"),
        "empty file": write("g.csv", ""),
        "not parquet": write("h.parquet", person),
        "no such file": IdentifierList(table=folder / "i.csv", column="email"),
        "another kind": write("j.xlsx", person),
        "no such column": IdentifierList(table=pd.DataFrame({p: [p] for p in SECRETS}), column="email"),
        "not a frame": IdentifierList(table=SECRETS, column="email"),
        "one text": person,
        "a mapping": {person: person},
        "lost digits": [person, 0.5],
        "beyond 2^53": [person, 1e300],
        "an object": [person, decimal.Decimal("1.5")],
        "bytes": [person.encode()],
        "booleans": [True],
        "two dimensions": np.array([[person, person]]),
    }


def test_errors_hold_no_identifier(tmp_path):
    """Whatever is wrong with a list of persons, the error and all errors inside it are free of them."""
    for kind, broken in broken_lists(tmp_path).items():
        for engine in ("memory", OutOfCore(folder=tmp_path)):
            with pytest.raises(InvalidInput) as caught:
                link_lists({"first": SECRETS, kind: broken}, engine=engine)
            assert_clean(*everything_of(caught.value))
            assert f"list '{kind}'" in str(caught.value)
    assert list(tmp_path.glob("linkage-*")) == []


def test_results_hold_no_identifier(tmp_path, caplog):
    """Values, texts, pickles, warnings, logs, the terminal and the disk are free of identifiers."""
    (tmp_path / "spill").mkdir()
    lists = {"A": [*SECRETS, SECRETS[0], ""], "B": IdentifierList(table=pd.DataFrame({"id": SECRETS}), column="id")}
    rules = IdentifierRules(study_key=KEY, missing="leave_out")
    out, err = io.StringIO(), io.StringIO()
    with (
        caplog.at_level(logging.DEBUG),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(record=True) as shown,
    ):
        warnings.simplefilter("always")
        found = [link_lists(lists, rules=rules, engine=e) for e in ("memory", OutOfCore(folder=tmp_path / "spill"))]
        seen = link_occasions(lists, periods=[0, 1], rules=rules)
    assert len(shown) == 6
    assert_clean(out.getvalue(), err.getvalue(), caplog.text, *(str(w.message) for w in shown))
    for thing in (*found, seen, *(linked.histories for linked in found)):
        assert_clean(repr(thing), str(thing), pickle.dumps(thing))
        assert KEY not in pickle.dumps(thing)
    assert_clean(repr(lists["B"]), repr(rules), *(w for linked in found for w in linked.warnings))
    assert "key" not in repr(rules)
    assert list((tmp_path / "spill").iterdir()) == []


def test_what_is_written_to_disk_is_digests(tmp_path, monkeypatch):
    """While DuckDB counts, its files hold no identifier; they are gone afterwards."""
    written = []
    close = linkage._DuckDB.close

    def look_first(counter):
        counter.connection.execute("CHECKPOINT")
        written.extend(p.read_bytes() for p in Path(counter.folder.name).rglob("*") if p.is_file())
        close(counter)

    monkeypatch.setattr(linkage._DuckDB, "close", look_first)
    link_lists({"A": SECRETS * 1, "B": SECRETS[:1]}, engine=OutOfCore(folder=tmp_path))
    assert written
    assert_clean(*written)
    assert list(tmp_path.iterdir()) == []


def test_digests_need_the_key():
    """Two keys give different digests of one person; one key gives the same twice."""

    def digest(key):
        return next(digest_batches(SECRETS, IdentifierRules(study_key=key), where="list")).digests.tolist()

    assert digest(KEY) == digest(KEY)
    assert digest(KEY) != digest(KEY + b"!")
    assert IdentifierRules().study_key != IdentifierRules().study_key
    batch = next(digest_batches(SECRETS, IdentifierRules(study_key=KEY), where="list"))
    assert_clean(repr(batch))


# --------------------------------------------------------------------------------------------------------- wrong options


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: IdentifierRules(study_key=b"short"), "16 to 64"),
        (lambda: IdentifierRules(study_key="a text of more than sixteen"), "16 to 64"),
        (lambda: IdentifierRules(study_key=17), "something else"),
        (lambda: IdentifierRules(missing="guess"), "unknown choice"),
        (lambda: link_lists({"A": ["x"]}), "2 to 20"),
        (lambda: link_lists({str(i): ["x"] for i in range(21)}), "2 to 20"),
        (lambda: link_lists({"A": ["x"], " A": ["y"]}), "names not distinct"),
        (lambda: link_lists({"A": ["x"], "B": ["y"]}, engine="spark"), "unknown choice"),
        (lambda: OutOfCore(memory_gigabytes=0), "impossible limits"),
        (lambda: OutOfCore(threads=0), "impossible limits"),
        (lambda: link_occasions({"A": ["x"], "B": ["y"]}, periods=[0]), "different lengths"),
    ],
)
def test_wrong_options(call, message):
    """Impossible keys, engines and numbers of lists are refused."""
    with pytest.raises(InvalidInput, match=message):
        call()
