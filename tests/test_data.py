"""The figures on disk: as they were read, described, and checked before use."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import socket
from pathlib import Path

import pytest
from frictionless import Package, system

from microwork_estimate import study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.package_data import _find_data, checksum, data_path, resource_path

DATA = Path(__file__).resolve().parents[1] / "data"
MANIFEST = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES = {resource["name"]: resource for resource in MANIFEST["resources"]}
FIELDS = [(r["path"], field) for r in MANIFEST["resources"] for field in r["schema"]["fields"]]

# The tables as they were handed over: sha256 of the bytes.
TRANSCRIBED = {
    "crowdworkers_de/platforms_by_hours.csv": "5f20151965e47df1b640bff13dac8d5f51b7101db63f5e1c861d5ed51b14bbaf",
    "mturk/half_life.csv": "6a3a77cff8b3b3e66948c7c7905980f2963891691558a2159049f11130e9fd69",
    "mturk/hours_per_week.csv": "70fc338e9851f97c0a72d19727b0335bf7d0ab02541822fb1b7b7798f61fd7a3",
    "mturk/month_pairs.csv": "57bb70de01183588c42abedbe892dd6d5f49147abe88050a0596afe8f45b5f12",
    "mturk/published_totals.csv": "719deededa52581128326be55e40eee82248f9a99340d9d8f09a02717051519e",
    "mturk/times_seen.csv": "537794b9c73b312e59ce6dd78520a54e24537242d86c16360e60aed19be2eb95",
    "stewart2015/quarters.csv": "bb8dd2c9c38cf8b8be85772d41a6548763e3eb5e775580fce6365906dc821946",
    "mturk/years.csv": "74afc82f08e074318bb2137f5521e9dfe4e20ec01eaa26109d0930e8623905a9",
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Refuse every connection: the figures are checked without the network."""

    def refuse(*_: object) -> None:
        raise AssertionError("a test of the figures used the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def rows(path: str) -> list[dict[str, str]]:
    """Read a table."""
    with (DATA / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def validate(folder: Path) -> list[list[str]]:
    """Validate a data package with the frictionless library, without the network, and return what is wrong."""
    with system.use_context(trusted=False, onerror="raise"):
        report = Package(str(folder / "datapackage.json")).validate()
    return report.flatten(["type", "fieldName", "rowNumber"])


@pytest.fixture
def copy(tmp_path) -> Path:
    """Copy the data to a folder where they may be damaged."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def replace_cell(folder: Path, path: str, before: str, after: str) -> None:
    """Put other text in place of the first occurrence of a text."""
    text = (folder / path).read_text(encoding="utf-8")
    assert before in text
    (folder / path).write_text(text.replace(before, after, 1), encoding="utf-8", newline="")


def forget_checksums(folder: Path) -> None:
    """Take sizes and checksums out, so that only types and constraints are left to find a mistake."""
    manifest = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in manifest["resources"]:
        del resource["hash"], resource["bytes"]
    (folder / "datapackage.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_package_is_valid():
    """The frictionless library finds nothing wrong with any table or with their description."""
    assert validate(DATA) == []


def test_a_changed_digit_is_found(copy):
    """A cell with another plausible number is found by its checksum."""
    replace_cell(copy, "mturk/month_pairs.csv", "2817,2975,463", "2817,2975,464")
    assert [problem[0] for problem in validate(copy)] == ["hash-count"]


@pytest.mark.parametrize(
    ("path", "before", "after", "problem"),
    [
        ("mturk/month_pairs.csv", "2817,2975,463", "2817,2975,-463", ["constraint-error", "both_m", 3]),
        ("mturk/month_pairs.csv", "2817,2975,463", "2817,2975,x", ["type-error", "both_m", 3]),
        ("mturk/month_pairs.csv", "2015-04-01", "2015-03-01", ["unique-error", "m", 3]),
        ("mturk/times_seen.csv", "2,25615", "2,", ["constraint-error", "observed", 3]),
        ("mturk/hours_per_week.csv", "2017,0-1,", "2017,0-2,", ["constraint-error", "hours_per_week", 5]),
        (
            "diplab_2019/figures.csv",
            ",second_hand,Who counted",
            ",certain,Who counted",
            ["constraint-error", "status", 7],
        ),
    ],
)
def test_a_corrupted_cell_is_found(copy, path, before, after, problem):
    """Even without checksums, types and constraints name the corrupted cell."""
    forget_checksums(copy)
    replace_cell(copy, path, before, after)
    assert problem in validate(copy)


@pytest.mark.parametrize("name", RESOURCES)
def test_described_size_and_checksum(name):
    """Size and checksum of each file are those of the description, in the form sha256:..."""
    resource = RESOURCES[name]
    content = (DATA / resource["path"]).read_bytes()
    assert resource["hash"] == "sha256:" + hashlib.sha256(content).hexdigest(), f"put this into {name}"
    assert resource["bytes"] == len(content), f"put this into {name}"
    assert resource_path(name, DATA) == DATA / resource["path"]


def test_transcribed_to_the_byte():
    """The tables of counts are what was handed over, byte for byte."""
    assert {path: checksum(DATA / path).removeprefix("sha256:") for path in TRANSCRIBED} == TRANSCRIBED


def test_every_file_is_described():
    """No table lies in the folder without a description, a licence and a source."""
    described = {resource["path"] for resource in MANIFEST["resources"]}
    assert described == {str(path.relative_to(DATA).as_posix()) for path in DATA.rglob("*.csv")}
    made_here = {"diplab_2019/figures.csv"} | {
        path for path in described if path.startswith(("diplab_like/", "certification/"))
    }
    assert set(TRANSCRIBED) == described - made_here
    licences = {resource["path"].partition("/")[0]: resource["licenses"][0]["name"] for resource in RESOURCES.values()}
    assert licences == {
        "diplab_2019": "BSD-3-Clause",
        "mturk": "Apache-2.0",
        "stewart2015": "CC-BY-4.0",
        "crowdworkers_de": "MIT",
        "diplab_like": "BSD-3-Clause",
        "certification": "BSD-3-Clause",
    }
    assert all(
        resource["sources"] and resource["title_fr"] and resource["description_fr"] for resource in RESOURCES.values()
    )


@pytest.mark.parametrize(("path", "field"), FIELDS, ids=[f"{path}:{field['name']}" for path, field in FIELDS])
def test_dictionary_in_both_languages(path, field):
    """Each column is described in English and in French, and the README says the same words."""
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert field["description"] != field["description_fr"]
    for text in (field["description"], field["description_fr"]):
        assert any(
            line.startswith(f"| `{field['name']}`") and line.endswith(f"| {text} |") for line in readme.split("\n")
        )
    assert ("comparison only" in field["description"].lower()) == bool(field.get("comparison_only")) or path.startswith(
        ("diplab", "mturk/published")
    )


def test_figures_are_those_of_the_study_file():
    """The table of figures says exactly what the study file says; it is written again when the file changes."""
    written = study.figures_csv(study.load("diplab-2019").figures)
    assert (DATA / "diplab_2019" / "figures.csv").read_text(encoding="utf-8") == written, "see data/README.md"


@pytest.mark.parametrize("name", study.shipped_studies())
def test_comparison_columns_are_never_inputs(name):
    """The columns marked as comparison only in the description are those that a study keeps from its recipes."""
    known = study.load(name)
    for key, entry in known.files.items():
        fields = {
            field["name"]: field.get("comparison_only", False)
            for field in RESOURCES[entry.resource]["schema"]["fields"]
        }
        assert {column for column, marked in fields.items() if marked} == set(entry.published_columns.values())
        assert set(entry.columns.values()) <= {column for column, marked in fields.items() if not marked}
        assert known.table(key).is_file()


def test_what_the_tables_hold():
    """The tables hold what their sources say: 136 pairs, 157,255 workers in 140 occasions, 230 respondents."""
    assert len(rows("mturk/month_pairs.csv")) == 136
    assert sum(int(row["observed"]) for row in rows("mturk/times_seen.csv")) == 157255
    assert max(int(row["k"]) for row in rows("mturk/times_seen.csv")) <= 140
    assert sum(int(row["respondents"]) for row in rows("crowdworkers_de/platforms_by_hours.csv")) == 230
    for row in rows("mturk/month_pairs.csv"):
        assert int(row["both_m"]) <= min(int(row["n1"]), int(row["n2"]))
        assert float(row["lp"]) == pytest.approx(int(row["n1"]) * int(row["n2"]) / int(row["both_m"]), rel=1e-12)


def test_published_totals_are_those_of_the_study():
    """The published sizes in the table and in the study file agree to the last digit."""
    mturk = study.load("mturk")
    for row in rows("mturk/published_totals.csv"):
        assert mturk.figure(row["quantity"]).number == float(row["value"])


@pytest.mark.parametrize(("platform", "arithmetic", "harmonic"), [("crowdguru", 1.75, 1.42), ("applause", 1.61, 1.27)])
def test_german_means(platform, arithmetic, harmonic):
    """The two means of the number of platforms used are those known for the German survey."""
    answers = [
        (int(row["platforms_used"]), int(row["respondents"]))
        for row in rows("crowdworkers_de/platforms_by_hours.csv")
        if row["platform"] == platform and row["platforms_used"] != "missing"
    ]
    n = sum(count for _, count in answers)
    assert round(sum(k * count for k, count in answers) / n, 2) == arithmetic
    assert round(n / sum(count / k for k, count in answers), 2) == harmonic


def test_where_the_data_lie(tmp_path):
    """In a wheel the data lie beside the modules, in a checkout at its top; the wheel comes first."""
    package = tmp_path / "src" / "microwork_estimate"
    package.mkdir(parents=True)
    with pytest.raises(InvalidInput, match="the figures are missing"):
        _find_data(package)
    for place in (tmp_path / "data", package / "data"):
        place.mkdir()
        (place / "datapackage.json").write_text("{}", encoding="utf-8")
        assert _find_data(package) == place
    assert (data_path() / "datapackage.json").read_bytes() == (DATA / "datapackage.json").read_bytes()


def test_damaged_packages(copy):
    """A changed table, an unknown resource, a path outside and a broken description are refused in one line."""
    replace_cell(copy, "mturk/years.csv", "17075", "17076")
    with pytest.raises(InvalidInput, match=r"file changed since it was described.*sha256:74afc.*years\.csv"):
        resource_path("mturk-years", copy)
    with pytest.raises(InvalidInput, match="one of diplab-2019-figures, mturk-month-pairs"):
        resource_path("mturk", copy)
    manifest = json.loads((copy / "datapackage.json").read_text(encoding="utf-8"))
    manifest["resources"][0]["path"] = "../secret.csv"
    (copy / "datapackage.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InvalidInput, match="path outside the data package"):
        resource_path("diplab-2019-figures", copy)
    for broken in ("{", "[]", '{"resources": [{}]}', '{"resources": 3}'):
        (copy / "datapackage.json").write_text(broken, encoding="utf-8")
        with pytest.raises(InvalidInput, match="not a data package"):
            resource_path("mturk-years", copy)
