"""The command line, as a user meets it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from microwork_estimate import __version__, study
from microwork_estimate.cli import app

ROOT = Path(__file__).parents[1]
RUNNER = CliRunner()


def _run(*arguments):
    return RUNNER.invoke(app, list(arguments))


def test_reproduce_prints_the_three_tiers():
    """The first command shows published and recomputed figures, and says what is not available."""
    result = _run("reproduce", "--replicates", "99")
    assert result.exit_code == 0
    for text in ("14,903", "unavailable", "52,337", "266,126", "292,353", "213,789", "40,000"):
        assert text in result.stdout


def test_french_speaks_french():
    """With --lang fr the words and the numbers are French, and no number breaks over two lines."""
    result = _run("reproduce", "--replicates", "99", "--lang", "fr")
    assert result.exit_code == 0
    for text in ("très actifs", "indisponible", "266\u202f126", "Ce que les chiffres ne montrent pas"):
        assert text in result.stdout
    assert "\ue000" not in result.stdout


def test_json_is_the_bundle():
    """--json prints the bundle itself, and nothing else."""
    result = _run("reproduce", "--replicates", "99", "--seed", "3", "--json")
    content = json.loads(result.stdout)
    assert content["settings"] == {"level": 0.95, "n_replicates": 99, "seed": 3}
    assert result.stdout == study.run(study.load("diplab-2019"), n_replicates=99, seed=3).to_json()


@pytest.mark.parametrize("name", ["diplab-2019", "mturk"])
def test_out_writes_bundle_and_plots(tmp_path, name):
    """--out writes the bundle and the pictures, and the bundle reads back; twice the same bytes."""
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        assert _run("run", name, "--replicates", "99", "--out", str(folder)).exit_code == 0
    names = sorted(path.relative_to(folders[0]).as_posix() for path in folders[0].rglob("*") if path.is_file())
    assert {"bundle.json", "ro-crate-metadata.json", "figures/forest.png", "figures/forest.svg"} <= set(names)
    assert study.read_bundle(folders[0]).study["id"] == name
    for file in names:
        assert (folders[0] / file).read_bytes() == (folders[1] / file).read_bytes(), file


def test_inputs_and_studies():
    """The figures of a study and the list of studies are printed; so are schema and version."""
    result = _run("inputs", "diplab-2019", "--lang", "fr")
    assert result.exit_code == 0
    assert "multi_homing" in result.stdout
    assert "déduit" in result.stdout
    assert [line.partition(":")[0] for line in _run("studies").stdout.splitlines()] == list(study.shipped_studies())
    assert json.loads(_run("schema").stdout)["title"] == "StudyFile"
    assert _run("--version").stdout == f"microwork-estimate {__version__}\n"


def _study_file(folder, text):
    path = folder / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return str(path)


SHIPPED = (ROOT / "src/microwork_estimate/study/studies/diplab-2019.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[study]\nname = 1\n", "unknown key"),
        ("not toml", "mine.toml"),
        ("é".encode("latin-1"), "not a UTF-8 file"),
        (SHIPPED.replace("value = 1.27", "value = 0.9", 1).replace("low = 1.265", "low = 0.9", 1), "impossible value"),
        (SHIPPED.replace("value = 50000", "value = -1", 1), "impossible value"),
        (SHIPPED.replace('status = "published"', 'status = "guessed"', 1), "unknown choice"),
        (
            SHIPPED + "\n[inputs.extra]\nvalue = 1\nunit = 'persons'\nstatus = 'published'\nwhat = 'x'\n",
            "without source",
        ),
    ],
)
def test_bad_study_files_give_no_number(tmp_path, text, message):
    """Whatever is wrong in a study file: code 2, one line on the error stream, nothing written."""
    result = _run("run", _study_file(tmp_path, text), "--replicates", "9", "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    for word in ("expected", "got", "in "):
        assert word in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "nothing"), "unknown study"),
        (("run", "folder/nothing.toml"), "no such file"),
        (("inputs", "nothing"), "unknown study"),
        (("reproduce", "--lang", "de"), "unknown choice"),
        (("reproduce", "--replicates", "0"), "number of replicates"),
        (("reproduce", "--seed", "-1"), "impossible seed"),
    ],
)
def test_bad_options_give_no_number(arguments, message):
    """Unknown studies, languages and impossible settings end with code 2 and one line."""
    result = _run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "mturk", "--seed", "abc"), "'--seed'"),
        (("nosuch",), "'nosuch'"),
        (("run",), "'STUDY'"),
        (("run", "mturk", "--lang"), "--lang"),
        (("run", "mturk", "--unknown"), "--unknown"),
    ],
)
def test_errors_of_the_option_parser_are_one_line(arguments, message):
    """What the option parser refuses ends, like every other error, with code 2 and one line."""
    command = [sys.executable, "-m", "microwork_estimate", *arguments]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.startswith("microwork-estimate: ")
    assert result.stderr.count("\n") == 1


def test_failing_run_leaves_nothing(tmp_path):
    """A run that fails leaves no folder and no partial file behind."""
    (tmp_path / "file").write_text("mine")
    result = _run("reproduce", "--replicates", "9", "--out", str(tmp_path / "file"))
    assert result.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_module_is_the_program():
    """Running python -m microwork_estimate is the command line."""
    environment = {**os.environ, "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "microwork_estimate", "studies"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "diplab-2019" in result.stdout
