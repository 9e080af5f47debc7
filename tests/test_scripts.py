"""The scripts that a paper would ship: each writes a result and its report, and prints identifier and citation."""

import subprocess
import sys
from pathlib import Path

import pytest

from microwork_estimate import study

SCRIPTS = Path(__file__).parents[1] / "scripts"
FEW = ("--replicates", "19", "--seed", "5")


def _run(name, *arguments):
    called = [sys.executable, str(SCRIPTS / name), *map(str, arguments)]
    return subprocess.run(called, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)


@pytest.mark.parametrize(
    ("name", "lang", "words"),
    [
        ("reproduce_diplab.py", "en", "Divided by 1.27, the sums give 266,126 and 52,337 persons"),
        ("estimate_mturk.py", "fr", "Visiteurs uniques du site en un mois (Alexa) | environ 750\u202f000"),
    ],
)
def test_a_script_writes_a_result_that_can_be_cited(tmp_path, name, lang, words):
    """Result, report and pictures are there; what is printed ends with the identifier and the citation of this result."""
    done = _run(name, *FEW, "--lang", lang, "--out", tmp_path / "r")
    assert (done.returncode, done.stderr) == (0, "")
    result = study.read_bundle(tmp_path / "r")
    assert (result.settings["n_replicates"], result.settings["seed"]) == (19, 5)
    assert words in done.stdout
    assert f"\n{result.identifier}\n" in done.stdout
    assert done.stdout.count(result.identifier) == 2
    assert f'<html lang="{lang}"' in (tmp_path / "r" / f"report.{lang}.html").read_text(encoding="utf-8")
    assert (tmp_path / "r" / "figures" / "forest.png").is_file()


def test_a_study_of_ones_own(tmp_path):
    """The script checks and runs a folder of `init`; two workers give the bytes of one; it says what may be published."""
    study.start(tmp_path / "mine", example=True)
    one = _run("estimate_own_study.py", tmp_path / "mine", *FEW, "--out", tmp_path / "one")
    two = _run("estimate_own_study.py", tmp_path / "mine", *FEW, "--workers", "2", "--out", tmp_path / "two")
    assert (one.returncode, one.stderr) == (0, "")
    assert one.stdout == two.stdout
    assert (tmp_path / "one" / "bundle.json").read_bytes() == (tmp_path / "two" / "bundle.json").read_bytes()
    assert "publish: occasional: " in one.stdout
    assert "flag bounds-only: very_active_dependence: " in one.stdout


def test_a_study_that_is_not_filled_in_gives_no_result(tmp_path):
    """A template with empty tables: an error that names the place, and nothing written."""
    study.start(tmp_path / "mine")
    done = _run("estimate_own_study.py", tmp_path / "mine", *FEW, "--out", tmp_path / "r")
    assert done.returncode != 0
    assert "to be filled in" in done.stderr
    assert not (tmp_path / "r").exists()
