"""Everything a user can run, and every byte that it writes: no identifier, no answer of one person, no small count.

The survey of this test holds names, addresses, account names and free answers; its lists were linked by such
identifiers; and a few of its cells hold one to four persons. What is out of scope is said in docs/limits.md: the weights
of respondents could in principle be worked out from many replicates.
"""

import base64
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import traceback
import warnings

import pandas as pd
import pyarrow.parquet as parquet
import pytest

from microwork_estimate import reporting, study
from microwork_estimate.bootstrap import Execution
from microwork_estimate.errors import MicroworkError
from microwork_estimate.inputs import IdentifierList, IdentifierRules, link_lists
from microwork_estimate.study.origins import COUNT_ROLES
from microwork_estimate.study.recipes import RECIPES

KEY = b"the secret key of this study"
STEMS = ("quatrefages", "balthazar", "wk-7q")  # each identifier and each free answer holds one of them
COLUMNS = ("respondent", "full_name", "email", "account", "comment")
N = 400
THRESHOLD = 5
SMALL = 3  # persons on both lists; respondents in the small cells
FEW = ("--replicates", "19", "--seed", "3")


def _person(number):
    """Return what a survey may know of one person."""
    return {
        "respondent": f"WK-7Q{number:04d}XZ",
        "full_name": f"Zébulon Quatrefages {number:04d}",
        "email": f"Zeb{number:04d}@Quatrefages.example",
        "account": f"wk-7q-{number * 7919 % 99991:05d}",
        "comment": f"Chez mon voisin Balthazar{number:04d}, je fais cela la nuit",
    }


PEOPLE = [_person(number) for number in range(N)]


def _digests():
    """Return every identifier hashed without a key, as a careless program would have written it."""
    found = set()
    for value in {text for person in PEOPLE for text in person.values()}:
        for form in {value, value.lower(), value.casefold().strip()}:
            raw = form.encode("utf-8")
            hashes = [hashlib.new(name, raw) for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")]
            hashes += [hashlib.blake2b(raw, digest_size=size) for size in (8, 16, 32)]
            for made in hashes:
                digest = made.digest()
                found |= {made.hexdigest(), base64.b64encode(digest).decode().rstrip("=")}
                found.add(str(int.from_bytes(digest[:8], "little")))
    return frozenset(found)


DIGESTS = _digests()
# Three letters of base64 hold four bytes; an inner part of a text is the same at one of three places.
BASE64 = [
    base64.b64encode(b"\0" * shift + stem.encode())[4:-4].decode()
    for stem in (*STEMS, "Quatrefages", "Balthazar", "WK-7Q")
    for shift in range(3)
]
BASE64 = [part for part in BASE64 if len(part) >= 8]


def _leaks(content):
    """Return what a text or some bytes say of a person."""
    text = (
        content
        if isinstance(content, str)
        else content.decode("utf-8", "ignore") + content.decode("utf-16-le", "ignore")
    )
    lower = text.lower()
    found = [stem for stem in STEMS if stem in lower]
    found += [part for part in BASE64 if part in text]
    return found + sorted(DIGESTS.intersection(re.findall(r"[0-9A-Za-z+/]{10,}", text)))


def _file_leaks(folder):
    """Return what the files of a folder say of a person, file by file; parquet files are read column by column."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        said = [*_leaks(path.read_bytes()), *_leaks(path.name)]
        if path.suffix == ".parquet":
            table = parquet.read_table(path)
            for name in table.column_names:
                said += _leaks(f"{name} " + " ".join(map(str, table[name].to_pylist())))
        if said:
            found[path.name] = said
    return found


def _rewrite(path, change):
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table = change(table)
    table.to_csv(path, index=False)


def _with_people(table):
    for name in COLUMNS:
        table[name] = [person[name] for person in PEOPLE]
    at = table.index[table["reason"] == "pastime"]
    table.loc[at[SMALL:], "reason"] = "another reason"
    return table


def _lists():
    """Return two lists of identifiers: three persons are on both."""
    return [p["email"] for p in PEOPLE[:61]], [p["email"].upper() for p in PEOPLE[61 - SMALL : 120]]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A study of one's own whose survey, lists and small cells are as private as can be."""
    place = tmp_path_factory.mktemp("private")
    folder = place / "mine"
    study.start(folder, example=True)
    _rewrite(folder / "tables" / "survey.csv", _with_people)
    first, second = _lists()
    pd.DataFrame({"email": first}).to_csv(place / "first.csv", index=False)
    linked = link_lists(
        {"list_a": IdentifierList(table=place / "first.csv", column="email"), "list_b": second},
        rules=IdentifierRules(study_key=KEY, ignore_case=True),
    )
    both, only_first, only_second = linked.histories.two_list_cells()
    assert both == SMALL
    lists = f"list_a,list_b,persons\n1,1,{both}\n1,0,{only_first}\n0,1,{only_second}\n"
    (folder / "tables" / "lists.csv").write_text(lists, encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text + _SHARE, encoding="utf-8")
    assert (study.check(folder), _leaks(repr(linked)), _leaks(repr(linked.histories))) == ((), [], [])
    return folder


_SHARE = """
[[estimates]]
name = "pastime"
recipe = "survey_share"
label = "Do it as a pastime"
files = { survey = "survey", margins = "margins" }
options = { reached_via = "registration", variable = "reason", category = "pastime" }
estimand = { unit = "share", activity = "registered", window = "3 months", platforms = "the platforms of the survey" }
"""


def _run(*arguments, code=0):
    """Run the program in a process of its own, with every warning shown, and return all that it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "default", "-m", "microwork_estimate", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "400"},
        timeout=300,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def ran(own):
    """The study run with all that `run` can write, twice: what was printed, and where the results are."""
    place = own.parent
    kept = ("--checkpoint", place / "blocks")
    said = [_run("run", own, *FEW, *kept, "--out", place / "r1")]
    said.append(_run("run", own, *FEW, *kept, "--lang", "fr", "--out", place / "r2", "--workers", "2"))
    said.append(_run("run", own, *FEW, "--json"))
    return place, said


def test_nothing_that_is_printed_or_written_says_who(own, ran):
    """Bundle, pictures, tables, checkpoints, standard output and error: no identifier, plain, hashed or in base64."""
    place, said = ran
    assert (place / "blocks").is_dir()
    assert any((place / "blocks").rglob("*.parquet"))
    assert [_leaks(text) for text in said] == [[], [], []]
    assert {name: _file_leaks(place / name) for name in ("r1", "r2", "blocks")} == {"r1": {}, "r2": {}, "blocks": {}}


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "{own}", *FEW),
        ("assumptions", "{own}", *FEW, "--json"),
        ("inputs", "{own}"),
        ("check", "{own}", "--json"),
        ("verify", "{r1}", "--study", "{own}"),
        ("verify", "{r2}", "--study", "{own}", "--json"),
        ("compare", "{r1}", "{r2}", "--study", "{own}", "--json"),
        ("cite", "{r1}", "--style", "bibtex"),
    ],
    ids=lambda a: a[0],
)
def test_no_command_says_who(own, ran, arguments):
    """Every command on the study or on its results prints no identifier."""
    named = {"own": own, "r1": ran[0] / "r1", "r2": ran[0] / "r2"}
    said = _run(*(argument.format(**named) for argument in arguments))
    assert _leaks(said) == []


def test_no_report_says_who(ran):
    """The report in each form and language holds neither an identifier nor the small counts."""
    bundle = study.read_bundle(ran[0] / "r1")
    for make in (reporting.html_report, reporting.markdown_report, reporting.latex_report):
        for lang in ("en", "fr"):
            assert _leaks(make(bundle, lang=lang)) == []


def test_what_the_replicates_hold(ran):
    """Replicates are totals and shares, one number for each draw and estimate: no row for a respondent, no text."""
    table = parquet.read_table(ran[0] / "r1" / "replicates.parquet")
    assert table.num_rows == 19
    assert {str(kind) for kind in table.schema.types} <= {"double", "int64"}
    names = set(study.read_bundle(ran[0] / "r1").estimates)
    assert {name for name in table.column_names if name not in names} <= {"draw", "replicate"}
    assert not {"very_active_lists", "pastime"} & set(table.column_names)


def _everything_written(own, place, change):
    """Run a changed copy of the study with all that `run` writes, and return each file and all that is printed."""
    folder = place / "mine"
    folder.mkdir(parents=True)
    _spoilt(own, folder, lambda table: table)
    change(folder)
    printed = _run("run", folder, *FEW, "--checkpoint", place / "blocks", "--out", place / "r").replace(str(place), "")
    said = [printed, *(_run("report", place / "r", "--lang", "fr", "--format", "md").replace(str(place), ""),)]
    said.append(_run("run", folder, *FEW, "--json"))
    found = {
        path.relative_to(place): path.read_bytes() for top in ("r", "blocks") for path in (place / top).rglob("*.*")
    }
    assert study.verify(place / "r", study=folder).holds
    return said, found


def _overlap(both):
    """Change how many persons are on both lists; how long the lists are stays."""

    def change(folder):
        lists = f"list_a,list_b,persons\n1,1,{both}\n1,0,{61 - both}\n0,1,{62 - both}\n"
        (folder / "tables" / "lists.csv").write_text(lists, encoding="utf-8")

    return change


def test_what_is_written_is_the_same_whatever_a_small_overlap_is(own, tmp_path):
    """One, two, three or four persons on both lists: every file and every printed line is the same, to the byte.

    So nobody can work the overlap out from estimates, intervals, curves, checksums, replicates, checkpoints or warnings,
    however long he tries; with five it is shown.
    """
    made = {both: _everything_written(own, tmp_path / str(both), _overlap(both)) for both in (1, 2, 3, 4)}
    for both in (2, 3, 4):
        assert made[both][0] == made[1][0]
        assert made[both][1].keys() == made[1][1].keys()
        assert [name for name, content in made[both][1].items() if content != made[1][1][name]] == []
    shown = study.read_bundle(tmp_path / "3" / "r").estimates["very_active_lists"]
    assert (shown.value, shown.interval, shown.n_observed, dict(shown.diagnostics)) == (None, None, None, {})
    assert [warning.code for warning in shown.warnings] == ["small-counts-withheld"]
    _, five = _everything_written(own, tmp_path / "5", _overlap(5))
    assert five.keys() != made[1][1].keys()
    assert study.read_bundle(tmp_path / "5" / "r").estimates["very_active_lists"].value == 63 * 62 / 6 - 1


def _pastimes(number):
    """Change how many respondents gave one answer."""

    def change(folder):
        def again(table):
            at = table.index[table["reason"] == "pastime"]
            table.loc[at, "reason"] = "another reason"
            table.loc[at[0] : at[0] + number - 1, "reason"] = "pastime"
            return table

        _rewrite(folder / "tables" / "survey.csv", again)

    return change


def test_what_is_written_is_the_same_whatever_a_small_answer_is(own, tmp_path):
    """One respondent with an answer, or four: the result is the same but for the checksum of the whole survey."""
    made = [_everything_written(own, tmp_path / str(n), _pastimes(n)) for n in (1, 4)]
    parts = []
    for said, _ in made:
        content = json.loads(said[-1])
        assert content["estimates"]["pastime"]["value"] is None
        parts.append({**content, "files": {**content["files"], "survey": ""}, "digest": ""})
    assert parts[0] == parts[1]
    kept = [{str(name) for name in found if "blocks" in name.parts} for _, found in made]
    assert kept[0] == kept[1]
    assert not [name for name in kept[0] if "pastime" in name]


def test_a_share_of_three_respondents_is_not_told(ran):
    """Of the share that three of four hundred answers make, neither value nor replicates are written, in any file."""
    bundle = study.read_bundle(ran[0] / "r1")
    share = bundle.estimates["pastime"]
    assert (share.value, share.interval, share.replicates, share.standard_error) == (None, None, None, None)
    true = study.run(study.load(ran[0] / "mine"), n_replicates=19, seed=3).estimates["pastime"].value
    digits = f"{true:.6f}"[:7]
    for path in (ran[0] / "r1").rglob("*"):
        if path.is_file() and path.suffix in {".json", ".csv", ".svg", ".bib", ".cff"}:
            assert digits not in path.read_text(encoding="utf-8")


def test_small_cells_of_domains_are_not_told(tmp_path):
    """Cells with one and two respondents: hidden in each line with at least one other, and in the rows made of them.

    The synthetic study has such cells among the oldest. Its nested tiers are sums of exclusive ones, which would be their
    differences.
    """
    found = study.run(study.load("diplab-like"), n_replicates=19, seed=3)
    columns = found.tables["domains"].columns
    full = [dict(zip(columns, row, strict=True)) for row in found.tables["domains"].rows]
    small = {(row["variable"], row["domain"]) for row in full if 0 < (row["respondents"] or 0) < THRESHOLD}
    assert small == {("age", "65 and over")}
    study.write_bundle(found, tmp_path / "r")
    text = (tmp_path / "r" / "tables" / "domains.csv").read_text(encoding="utf-8")
    shown = list(csv.DictReader(io.StringIO(text)))
    for row in shown:
        if (row["variable"], row["domain"]) in small:
            assert {row[name] for name in columns if name.startswith(("respondents", "count", "share"))} <= {"c", ""}
            line = [other for other in shown if all(other[k] == row[k] for k in ("variable", "kind", "tier"))]
            assert sum(other["count"] == "c" for other in line) >= 2
    left = [row["respondents"] for row in shown if row["respondents"] not in ("c", "")]
    assert left
    assert not [number for number in left if 0 < float(number) < THRESHOLD]
    weighted = [f"{row['count']:.3f}"[:7] for row in full if (row["variable"], row["domain"]) in small]
    report = reporting.markdown_report(study.read_bundle(tmp_path / "r"))
    for made in (text, report, (tmp_path / "r" / "bundle.json").read_text(encoding="utf-8")):
        assert not [number for number in weighted if number in made]


# Where an identifier or an answer may stand by mistake: in the column, in row 7, what is put there.
MISTAKES = {
    "a name for a number of platforms": ("n_platforms", PEOPLE[7]["full_name"]),
    "an account for a weight": ("weight", PEOPLE[7]["account"]),
    "a comment for hours": ("hours_per_week", PEOPLE[7]["comment"]),
    "a name for a sex": ("sex", PEOPLE[7]["full_name"]),
    "an address for a platform": ("platform", PEOPLE[7]["email"]),
    "an address for a frequency": ("frequency", PEOPLE[7]["email"]),
    "a name for a day": ("interviewed", PEOPLE[7]["full_name"]),
    "a respondent twice": ("respondent", PEOPLE[6]["respondent"]),
}


def _spoilt(own, place, change):
    """Return a copy of the study with something wrong in its survey."""
    for path in own.rglob("*"):
        if path.is_file():
            copy = place / path.relative_to(own)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    _rewrite(place / "tables" / "survey.csv", change)
    return place


def _everything_said(folder):
    """Return what check, a run without check, and the same from Python say of a study that is wrong, tracebacks too."""
    said = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        said += [f"{problem} {problem.as_json()}" for problem in study.check(folder)]
        for call in (study.checked, lambda path: study.run(study.load(path), n_replicates=9, seed=1)):
            try:
                call(folder)
            except MicroworkError as error:
                said += ["".join(traceback.format_exception(error)), repr(error), str(vars(error))]
                said += [repr(error.__context__), repr(error.__cause__)]
    return said, [str(warning.message) for warning in caught]


@pytest.mark.parametrize("what", MISTAKES)
def test_errors_do_not_say_who(own, tmp_path, what):
    """A bad cell beside identifiers, or an identifier in a wrong column: the error says where, not what stands there."""
    name, value = MISTAKES[what]

    def spoil(table):
        table.loc[7, name] = value
        return table

    said, warned = _everything_said(_spoilt(own, tmp_path / "bad", spoil))
    assert said
    assert [_leaks(text) for text in (*said, *warned)] == [[]] * (len(said) + len(warned))


def test_a_misspelt_category_is_still_said(own, tmp_path):
    """A misspelling is described by the category that it resembles, and one that many share is shown."""

    def spoil(table):
        table.loc[7, "sex"] = "womn"
        table["education"] = table["education"].replace("upper secondary", "secondaire")
        return table

    found = [p.got for p in study.check(_spoilt(own, tmp_path / "bad", spoil))]
    assert any("much like 'women'" in got for got in found)
    assert any("'secondaire', " in got for got in found)


def test_a_survey_without_header_does_not_list_its_first_answers(own, tmp_path):
    """Where the first line is a respondent, the columns are not listed: they are data."""
    folder = _spoilt(own, tmp_path / "bad", lambda table: table)
    path = folder / "tables" / "survey.csv"
    path.write_text(path.read_text(encoding="utf-8").partition("\n")[2], encoding="utf-8")
    said, warned = _everything_said(folder)
    assert said
    assert [_leaks(text) for text in (*said, *warned)] == [[]] * (len(said) + len(warned))


def test_a_column_of_identifiers_as_a_question(own, tmp_path):
    """A study file that asks for a share or a mean of a column of identifiers gets an error without any of them."""
    for old, new in (
        ('variable = "reason", category = "pastime"', 'variable = "email", category = "nobody"'),
        ('variable = "hours_per_week"', 'variable = "full_name"'),
    ):
        folder = _spoilt(own, tmp_path / new[12:16], lambda table: table)
        text = (folder / "study.toml").read_text(encoding="utf-8")
        assert old in text
        (folder / "study.toml").write_text(text.replace(old, new), encoding="utf-8")
        said, warned = _everything_said(folder)
        assert said
        assert [_leaks(text) for text in (*said, *warned)] == [[]] * (len(said) + len(warned))


def test_a_failing_run_of_the_program_does_not_say_who(own, tmp_path):
    """Program, checkpoint and log of a run that fails: code 2, one line, nothing of the row beside the bad value."""

    def spoil(table):
        table.loc[7, "n_platforms"] = PEOPLE[7]["email"]
        return table

    folder = _spoilt(own, tmp_path / "bad", spoil)
    kept = ("--checkpoint", tmp_path / "blocks", "--out", tmp_path / "r")
    said = _run("run", folder, *FEW, *kept, code=2)
    assert _leaks(said) == []
    assert "n_platforms" in said
    assert not (tmp_path / "r").exists()
    assert _file_leaks(tmp_path / "blocks") == {} if (tmp_path / "blocks").exists() else True
    assert _leaks(_run("check", folder, "--lang", "fr", code=1)) == []


def test_a_frame_from_python_leaves_nothing_either(own, tmp_path):
    """A data frame with identifiers, handed over in place of the file, run with a checkpoint: nothing is kept of it."""
    frame = pd.read_csv(own / "tables" / "survey.csv")
    loaded = study.load(own, tables={"survey": frame})
    bundle = study.run(loaded, n_replicates=9, seed=1, execution=Execution(checkpoint=tmp_path / "blocks"))
    study.write_bundle(bundle, tmp_path / "r", figures=reporting.writers(study.protect(bundle)))
    assert _file_leaks(tmp_path) == {}
    assert _leaks(repr(loaded)) == []
    assert _leaks(repr(bundle) + str(bundle)) == []


def test_linking_errors_do_not_say_who():
    """A list with a row that cannot be linked: neither the message nor the traceback holds an identifier."""
    first, second = _lists()
    for bad in ([*first, 1.5], [*first, ["x", *first]], [*first, None]):
        with pytest.raises(MicroworkError) as caught:
            link_lists({"A": bad, "B": second}, rules=IdentifierRules(study_key=KEY))
        said = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert _leaks(said) == []
        assert KEY.decode() not in said


def test_the_search_finds_what_it_looks_for():
    """The search itself: every form in which an identifier could be written is found."""
    person = PEOPLE[5]
    raw = person["email"].encode()
    for text in (
        f"row: {person['full_name']}",
        person["comment"].upper(),
        base64.b64encode(b"a: " + raw).decode(),
        f"digest {hashlib.sha256(raw).hexdigest()}",
        f"digest {hashlib.blake2b(raw.lower(), digest_size=16).hexdigest()}",
        base64.b64encode(hashlib.sha1(raw, usedforsecurity=False).digest()).decode(),
    ):
        assert _leaks(text)
    assert _leaks("\0".join(person["account"]).encode())


@pytest.mark.parametrize(
    ("table", "column", "row", "gone"),
    [
        ("month_pairs", "both_m", -2, {"month_pairs", "month_pairs_open"}),
        ("times_seen", "observed", 1, {"lower_bound", "lower_bound_bias_corrected", "equal_catchability", "mixture"}),
    ],
    ids=["a month", "seen twice"],
)
def test_a_small_count_of_a_shipped_table_is_not_told(table, column, row, gone):
    """Two or four workers found again in one month, or seen twice: the same result, means and all, to the byte."""
    made = []
    for few in (2, 4):
        frame = pd.read_csv(study.load("mturk").table(table)).convert_dtypes()
        frame.loc[frame.index[row], column] = few
        loaded = study.load("mturk", tables={table: frame})
        made.append(study.protect(study.run(loaded, n_replicates=19, seed=1)))
    assert made[0].to_json() == made[1].to_json()
    withheld = {name for name, estimate in made[0].estimates.items() if estimate.value is None}
    assert withheld == gone
    assert made[0].digest != study.run(study.load("mturk"), n_replicates=19, seed=1).digest


def test_every_table_that_a_recipe_reads_is_classified():
    """Each role is a table of counts, rows of respondents, or one that holds no count of persons: none is forgotten."""
    roles = {role for recipe in RECIPES.values() for role in recipe.files}
    others = {"audience", "half_life", "margins", "registrations"}  # visits, days, totals of a population, accounts
    shares = {"hours"}  # answers by class, hidden share by share
    assert roles == {*COUNT_ROLES, "survey"} | others | shares


def test_a_small_overlap_is_in_none_of_the_tables_that_read_it_with_a_survey():
    """Tiers by domain, full-time equivalents and differences of tiers read lists and survey together: all of them go."""
    made = []
    for both in (2, 4):
        frame = pd.DataFrame({"forum": [1, 1, 0], "payments": [1, 0, 1], "persons": [both, 61 - both, 62 - both]})
        loaded = study.load("diplab-like", tables={"lists": frame})
        made.append(study.protect(study.run(loaded, n_replicates=19, seed=1)))
    assert made[0].to_json() == made[1].to_json()
    assert not {"domains", "domains_order", "odds_ratio_curve"} & set(made[0].tables)
    withheld = {name for name, estimate in made[0].estimates.items() if estimate.value is None}
    assert {"very_active", "very_active_dependence", "fte_regular", "only_regular"} <= withheld
    for report in (reporting.html_report, reporting.markdown_report, reporting.latex_report):
        assert "inférieur au seuil" in " ".join(report(made[0], lang="fr").split())
