"""The tutorial of the documentation is followed to the letter: its commands are run, its table is typed in."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\{code-block\} text|bash)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _follow(folder):
    """Do what each block says, one after the other; give back what each printed."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUTF8": "1",
    }
    printed = []
    for kind, content in BLOCK.findall(TUTORIAL.read_text(encoding="utf-8")):
        if kind == "bash":
            command = [shutil.which("bash"), "-e", "-c", content]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{content}\n{done.stdout}\n{done.stderr}"
            printed.append(done.stdout)
        else:
            caption, text = re.match(r":caption: (\S+)\n\n(.*)", content, re.DOTALL).groups()
            (folder / caption).write_text(text, encoding="utf-8")
    return printed


def test_tutorial_leads_from_nothing_to_a_verified_result(tmp_path):
    """Somebody who does what the page says ends with a bundle, a report in one file, and a result that verifies."""
    printed = _follow(tmp_path)
    assert "margins.csv:2:3" in printed[1], "the first check lists the empty cells"
    assert "SYNTHETIC" in printed[-4]
    assert (tmp_path / "results" / "bundle.json").exists()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=.https?:", page)
    assert "my-study@0.1+" in printed[-1]
