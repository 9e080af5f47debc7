"""Malformed study folders end in a coded error, in bounded time and memory; harmless oddities simply work."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("hostile_folders.py")
MOST_SECONDS = 10.0
MOST_BYTES = 2**30


def _folders() -> dict[str, tuple[object, str | None]]:
    spec = importlib.util.spec_from_file_location("hostile_folders", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FOLDERS


FOLDERS = _folders()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Check all folders in one process of its own, with a limit to its memory."""
    place = tmp_path_factory.mktemp("hostile")
    done = subprocess.run([sys.executable, str(PROGRAM), str(place)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", FOLDERS)
def test_malformed_folders(outcomes, name):
    """Each folder gives the code that says what is wrong with it, and nothing but errors of the family."""
    expected = FOLDERS[name][1]
    outcome = outcomes[name]
    assert outcome["failure"] == ""
    if expected is None:
        assert outcome["codes"] == []
    else:
        assert expected in outcome["codes"]


def test_bounded_time_and_memory(outcomes):
    """No folder takes ten seconds of work, and none more than a gigabyte."""
    assert {name: line["seconds"] for name, line in outcomes.items() if line["seconds"] > MOST_SECONDS} == {}
    assert max(line["peak"] for line in outcomes.values()) < MOST_BYTES


def test_decimal_commas_change_no_number(tmp_path):
    """The survey as a French spreadsheet writes it (semicolons, decimal commas) gives the very same estimates."""
    from microwork_estimate import study

    study.start(tmp_path / "points", example=True)
    study.start(tmp_path / "commas", example=True)
    survey = tmp_path / "commas" / "tables" / "survey.csv"
    survey.write_text(survey.read_text(encoding="utf-8").replace(",", ";").replace(".", ","), encoding="utf-8-sig")
    results = [study.run(study.load(tmp_path / name), n_replicates=19) for name in ("points", "commas")]
    points, commas = ({name: found.value for name, found in result.estimates.items()} for result in results)
    assert points == commas
