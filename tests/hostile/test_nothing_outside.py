"""A study is data: while it is checked and run, nothing outside its folder is opened, no program starts, no network."""

from __future__ import annotations

import json
import subprocess
import sys

WATCHED = """
import json, sys
from pathlib import Path
from microwork_estimate import study

first, second = (Path(name) for name in sys.argv[1:])
study.check(first), study.run(study.load(first), n_replicates=19)  # everything that is imported late is imported now
seen = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        seen.append(["open", str(arguments[0])])
    elif event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "urllib.")):
        seen.append([event, ""])
sys.addaudithook(watch)
study.check(second), study.run(study.load(second), n_replicates=19)
sys.stdout.write(json.dumps(seen))
"""


def test_nothing_outside_is_touched(tmp_path):
    """Every file that is opened lies in the folder of the study; nothing else that a program can do is done."""
    from microwork_estimate import study

    for name in ("first", "second"):
        study.start(tmp_path / name, example=True)
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(tmp_path / "first"), str(tmp_path / "second")],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    seen = json.loads(done.stdout)
    # The versions of the software that a result records are read from where the software is.
    assert {name for event, name in seen if event == "open" and not name.endswith((".dist-info/METADATA", ".zip"))} == {
        str(tmp_path / "second" / name)
        for name in (
            "study.toml",
            *(f"tables/{table}.csv" for table in ("survey", "margins", "codebook", "lists", "audience")),
        )
    }
    assert [event for event, _ in seen if event != "open"] == []
