"""The commands about results that were written, as a user meets them."""

import json

import pytest
from typer.testing import CliRunner

from microwork_estimate import study
from microwork_estimate.cli import app

RUNNER = CliRunner()


def _run(*arguments):
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two results of one study, with another seed."""
    place = tmp_path_factory.mktemp("results")
    for seed in (1, 2):
        result = _run("run", "diplab-2019", "--replicates", "49", "--seed", str(seed), "--out", place / str(seed))
        assert result.exit_code == 0, result.output
    return place / "1", place / "2"


def test_run_writes_a_crate(folders):
    """What `run --out` writes is a folder with the bundle, its tables, its pictures and its citation."""
    names = {path.relative_to(folders[0]).as_posix() for path in folders[0].rglob("*")}
    assert {"bundle.json", "ro-crate-metadata.json", "CITATION.cff", "sdmx.csv", "quality.json"} <= names
    assert {"figures/forest.png", "figures/forest.svg", "tables/tornado.csv"} <= names


@pytest.mark.parametrize(("lang", "words"), [("en", "identical to the byte"), ("fr", "identique à l'octet près")])
def test_verify_says_that_it_holds(folders, lang, words):
    """A result that comes out again ends with code 0 and one word on it."""
    result = _run("verify", folders[0], "--lang", lang)
    assert result.exit_code == 0
    assert words in result.stdout


def test_verify_ends_with_1_when_something_differs(folders, tmp_path):
    """A changed file ends with code 1, and is named, in a table and as JSON."""
    study.write_bundle(study.read_bundle(folders[0]), tmp_path / "r")
    (tmp_path / "r" / "estimates.csv").write_text("changed")
    result = _run("verify", tmp_path / "r")
    assert result.exit_code == 1
    assert "estimates.csv" in result.stdout
    as_json = _run("verify", tmp_path / "r", "--json")
    assert as_json.exit_code == 1
    content = json.loads(as_json.stdout)
    assert content["verdict"] == "identical"
    assert content["holds"] is False
    assert [file["name"] for file in content["files"] if file["state"] == "changed"] == ["estimates.csv"]


def test_verify_shows_what_differs(folders, tmp_path):
    """With a bundle of another number, the place and both numbers are shown; a tolerance accepts them."""
    from dataclasses import replace

    bundle = study.read_bundle(folders[0])
    off = replace(bundle.estimates["occasional"], value=bundle.estimates["occasional"].value * 1.001)
    study.write_bundle(replace(bundle, estimates={**bundle.estimates, "occasional": off}), tmp_path / "r")
    result = _run("verify", tmp_path / "r")
    assert result.exit_code == 1
    assert "estimates.occasional.value" in result.stdout
    assert "266,392" in result.stdout
    assert "266,126" in result.stdout
    assert _run("verify", tmp_path / "r", "--tolerance", "0.01").exit_code == 0


def test_compare_splits_a_change(folders):
    """Two seeds differ in Monte Carlo only; the JSON has parts that add up, and each number its change."""
    result = _run("compare", *folders)
    assert result.exit_code == 0
    assert "they differ in: Monte Carlo" in result.stdout
    content = json.loads(_run("compare", *folders, "--json", "--average").stdout)
    assert content["components"] == ["monte_carlo"]
    for row in content["rows"]:
        assert sum(part["amount"] for part in row["parts"]) == pytest.approx(row["change"])


def test_compare_speaks_french(folders):
    """With --lang fr the words are French."""
    result = _run("compare", *folders, "--lang", "fr")
    assert "ils diffèrent par" in result.stdout
    assert "Monte-Carlo" in result.stdout


@pytest.mark.parametrize(
    ("style", "start"),
    [("apa", "The microwork_estimate team. (n.d.)"), ("bibtex", "@misc{"), ("cff", "cff-version: 1.2.0")],
)
def test_cite_prints_each_style(folders, style, start):
    """The citation is printed as it is, and as JSON with the identifier."""
    result = _run("cite", folders[0], "--style", style)
    assert result.exit_code == 0
    assert result.stdout.startswith(start)
    content = json.loads(_run("cite", folders[0], "--style", style, "--json").stdout)
    assert content["citation"] == result.stdout
    assert content["identifier"] == study.read_bundle(folders[0]).identifier


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("verify", "nothing"), "no such file"),
        (("cite", "nothing"), "no such file"),
        (("compare", "nothing", "nothing"), "no such file"),
        (("verify", "{0}", "--tolerance", "2"), "impossible tolerance"),
        (("verify", "{0}", "--study", "unknown"), "unknown study"),
        (("verify", "{0}", "--lang", "de"), "unknown choice"),
        (("cite", "{0}", "--style", "mla"), "unknown style"),
        (("compare", "{0}", "{1}", "--study", "mturk"), "study of neither result"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(folders, arguments, message):
    """What cannot be used ends with code 2 and one line on the error stream."""
    result = _run(*(argument.format(*folders) for argument in arguments))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_compare_takes_study_files(folders):
    """One study file goes to the results of its version; two go to OLD and NEW."""
    for studies in (("diplab-2019",), ("diplab-2019", "diplab-2019")):
        options = [option for name in studies for option in ("--study", name)]
        assert _run("compare", *folders, *options).exit_code == 0
