"""The commands of a study of one's own, as a new user meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from microwork_estimate import reporting, study
from microwork_estimate.cli import app
from microwork_estimate.errors import InvalidInput

RUNNER = CliRunner()


def _run(*arguments):
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


def test_init_check_run(tmp_path):
    """The example is written, has nothing wrong with it, and runs: three commands."""
    begun = _run("init", tmp_path / "mine", "--example")
    assert begun.exit_code == 0
    *files, hint = begun.stdout.splitlines()
    assert all(Path(line).is_file() for line in files)
    assert hint == f"Now: microwork-estimate run {tmp_path / 'mine'}"
    checked = _run("check", tmp_path / "mine")
    assert (checked.exit_code, checked.stdout) == (0, "Nothing wrong: the study can run.\n")
    done = _run("run", tmp_path / "mine", "--replicates", "29", "--out", tmp_path / "results")
    assert done.exit_code == 0
    assert "SYNTHETIC" in done.stdout
    assert (tmp_path / "results" / "bundle.json").is_file()


def test_check_lists_what_is_to_be_filled(tmp_path):
    """A study just begun: code 1, one place a problem, in both languages, and the same as JSON."""
    assert _run("init", tmp_path / "mine", "--lang", "fr").exit_code == 0
    shown = _run("check", tmp_path / "mine", "--lang", "fr")
    assert shown.exit_code == 1
    assert "margins.csv:2:3 total : à remplir" in shown.stdout
    assert shown.stdout.endswith("11 à corriger, 2 à savoir.\n")
    assert "etude.toml:28:1 sources.survey : à savoir : texte du modèle" in shown.stdout
    found = json.loads(_run("check", tmp_path / "mine", "--json").stdout)
    assert [item["severity"] for item in found] == ["note"] * 2 + ["problem"] * 11
    assert {item["code"] for item in found} == {"to-be-filled-in", "text-of-the-template"}
    assert set(found[0]) == {
        *("code", "severity", "file", "line", "column", "key", "problem", "expected", "got", "fix"),
    }


def test_run_checks_first(tmp_path):
    """`run` on a study with problems: code 2, one line that names the first and says how to see the others."""
    _run("init", tmp_path / "mine")
    result = _run("run", tmp_path / "mine", "--replicates", "9")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "to be filled in" in result.stderr
    assert "10 other problems: see microwork-estimate check" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("init", "{here}"), "something is there already"),
        (("init", "{here}/new", "--template", "census"), "unknown choice"),
        (("init", "{here}/new", "--lang", "de"), "unknown choice"),
        (("check", "{here}/new.toml"), "no such file"),
        (("check", "{here}"), "no study file in the folder"),
        (("check", "nothing"), "unknown study"),
        (("check", "mturk", "--lang", "de"), "unknown choice"),
    ],
)
def test_bad_options(tmp_path, arguments, message):
    """What cannot be begun or checked at all: code 2, one line, nothing written."""
    result = _run(*(argument.format(here=tmp_path) for argument in arguments))
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_shipped_studies_hold():
    """The studies that come with the program have nothing wrong with them."""
    for name in ("diplab-2019", "diplab-like", "mturk", "stewart2015"):
        assert _run("check", name).exit_code == 0


def test_from_the_folder_itself(tmp_path):
    """In a terminal opened in the folder of the study, `check .` works, in a program of its own, with French accents."""
    _run("init", tmp_path / "étude", "--example", "--lang", "fr")
    program = [sys.executable, "-m", "microwork_estimate", "check", ".", "--lang", "fr"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(program, cwd=tmp_path / "étude", capture_output=True, env=environment)
    assert done.stdout.decode("utf-8") == "Rien à redire : l'étude peut être lancée.\n"
    assert done.returncode == 0


def _few_on_both(folder):
    assert _run("init", folder, "--template", "two-lists", "--example").exit_code == 0
    (folder / "tables" / "lists.csv").write_text("list_a,list_b,persons\n1,1,3\n1,0,58\n0,1,59\n", encoding="utf-8")
    return folder


def test_a_study_of_which_nothing_can_be_shown(tmp_path):
    """All its estimates rest on three persons: the run succeeds, says why it shows nothing, draws nothing and verifies."""
    folder = _few_on_both(tmp_path / "mine")
    done = _run("run", folder, "--replicates", "19", "--out", tmp_path / "r")
    assert done.exit_code == 0
    assert "small-counts-withheld" in done.stdout
    assert not [path.name for path in (tmp_path / "r").iterdir() if path.suffix in {".png", ".svg", ".parquet"}]
    for form in ("html", "md", "latex"):
        report = _run("report", tmp_path / "r", "--lang", "fr", "--format", form)
        assert report.exit_code == 0
        assert "seuil" in report.stdout
    assert _run("verify", tmp_path / "r", "--study", folder).exit_code == 0
    bundle = study.read_bundle(tmp_path / "r")
    assert {name: e.value for name, e in bundle.estimates.items()} == dict.fromkeys(bundle.estimates)
    with pytest.raises(InvalidInput, match="nothing to draw"):
        reporting.forest_plot(bundle)


def test_a_lower_threshold_shows_it_to_whoever_asks(tmp_path):
    """With --threshold 1 the same study shows Chapman's estimate, and verifies; below 1 there is no threshold."""
    folder = _few_on_both(tmp_path / "mine")
    done = _run("run", folder, "--replicates", "19", "--out", tmp_path / "r", "--threshold", "1")
    assert done.exit_code == 0
    assert study.read_bundle(tmp_path / "r").estimates["persons"].value == 62 * 63 / 4 - 1
    assert _run("verify", tmp_path / "r", "--study", folder).exit_code == 0
    assert _run("run", folder, "--threshold", "0").exit_code == 2
