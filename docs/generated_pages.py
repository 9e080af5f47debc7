"""Pages that are made, not written: every public name, assumption, warning and command, the reference cases, certificates.

:func:`write` puts them into ``generated/`` beside this file each time that the documentation is built, so that they say
what the code says.
"""

from __future__ import annotations

import ast
import csv
import importlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from microwork_estimate.cli import app
from microwork_estimate.estimate import Assumption
from microwork_estimate.reporting.warning_texts import WARNINGS
from microwork_estimate.study.assumption_book import assumption_book

PACKAGE = "microwork_estimate"
LONGEST = 200  # characters of a constant that are still worth printing
ROOMS = {
    "inputs": "The gate: tables become validated nouns, once.",
    "weighting": "Survey weights, calibration, estimation, replicate weights, samples of volunteers.",
    "capture_recapture": "Population sizes from lists, from counts and from repeated surveys.",
    "platforms": "From accounts and visits to persons.",
    "bootstrap": "Redraw every source of a study together, and read the interval off the replicates.",
    "synthesis": "Tiers that cohere, and estimates that disagree.",
    "simulate": "Synthetic workforces with a known truth, and interval coverage.",
    "study": "The registry of figures, the recipes, the run, the result.",
    "reporting": "Tables, pictures and pages for readers, in English and French.",
    "estimate": "The nouns of results.",
    "errors": "The family of errors, and coded warnings.",
}
ROOT = Path(__file__).parents[1]


def write(folder: Path) -> None:
    """Write all pages into the folder ``generated`` of a folder, and copy the notebooks beside it."""
    notebooks = folder / "notebooks"
    notebooks.mkdir(exist_ok=True)
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        _write(notebooks / path.name, path.read_text(encoding="utf-8"))
    target = folder / "generated"
    target.mkdir(exist_ok=True)
    pages = {f"{room}.rst": _room(room, about) for room, about in ROOMS.items()}
    pages |= {
        "commands.md": _commands(),
        "assumptions.md": _assumptions(),
        "warnings.md": _warnings(),
        "same_numbers.md": _same_numbers(),
        "coverage.md": _coverage(),
    }
    for name, text in pages.items():
        _write(target / name, text)


def _write(path: Path, text: str) -> None:
    """Write a page, unless it did not change: it then keeps its time and is not built again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _room(room: str, about: str) -> str:
    """Make the page of a room: each public name once, where it is at home."""
    module = importlib.import_module(f"{PACKAGE}.{room}")
    kinds: dict[str, list[str]] = {"Functions": [], "Classes": [], "Constants and types": []}
    guests = []
    for name in sorted(_public(module), key=str.lower):
        value = getattr(module, name)
        home = getattr(value, "__module__", None) or ""
        if inspect.ismodule(value):
            continue
        if home.startswith(f"{PACKAGE}.") and home.split(".")[1] in ROOMS and home.split(".")[1] != room:
            guests.append(f"- :py:obj:`{name} <{PACKAGE}.{home.split('.')[1]}.{name}>`, from ``{home.split('.')[1]}``")
        elif inspect.isclass(value):
            kinds["Classes"].append(f".. autoclass:: {PACKAGE}.{room}.{name}\n   :members:")
        elif callable(value) and inspect.isroutine(value):
            kinds["Functions"].append(f".. autofunction:: {PACKAGE}.{room}.{name}")
        else:
            kinds["Constants and types"].append(f".. py:data:: {PACKAGE}.{room}.{name}\n\n   {_meaning(value)}")
    parts = [f"``{room}``\n{'=' * (len(room) + 4)}", about]
    for title, entries in kinds.items():
        if entries:
            parts += [f"{title}\n{'-' * len(title)}", *entries]
    if guests:
        parts += ["Also here\n---------", "\n".join(guests)]
    return "\n\n".join(parts) + "\n"


def _meaning(value: object) -> str:
    """Say what a constant is: the statement of an assumption, the choices of a type, a plain value."""
    if isinstance(value, Assumption):
        return value.statement_en
    text = " ".join(repr(value).split())
    return f"``{text}``" if len(text) <= LONGEST else f"A constant of type ``{type(value).__name__}``."


def _public(module: ModuleType) -> list[str]:
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    return [
        n for n, v in vars(module).items() if not n.startswith("_") and getattr(v, "__module__", "") == module.__name__
    ]


def _commands() -> str:
    """Show the help of every command, as the program prints it."""
    runner, environment = CliRunner(), {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}

    def shown(*arguments: str) -> str:
        text = runner.invoke(app, [*arguments, "--help"], env=environment, prog_name="microwork-estimate").stdout
        return "```text\n" + "\n".join(line.rstrip() for line in text.strip("\n").splitlines()) + "\n```"

    names = sorted(get_command(app).commands)
    parts = ["# Commands", "What `microwork-estimate --help` prints, and the help of each command.", shown()]
    for name in names:
        parts += [f"## `{name}`", shown(name)]
    return "\n\n".join(parts) + "\n"


def _assumptions() -> str:
    """List every assumption of the library, in both languages."""
    parts = [
        "# Assumptions",
        "Every estimate names what it takes for granted, by these ids. *Testable* says whether the data at hand could "
        "contradict it; *varied by* names the function that shows what a failure would cost.",
    ]
    for key, item in sorted(assumption_book().items()):
        varied = f"`{item.sensitivity}`" if item.sensitivity else "nothing in this library"
        parts += [
            f"## {key}",
            f"{item.statement_en}\n\n*{item.statement_fr}*",
            f"Testable: {'yes' if item.testable else 'no'}. If it fails, the estimate errs: "
            f"{item.direction_of_bias_if_violated}. Varied by: {varied}.",
        ]
    return "\n\n".join(parts) + "\n"


def _warnings() -> str:
    """List every coded warning, in both languages."""
    parts = [
        "# Warnings",
        "A result that is not what it seems carries a coded warning. The codes stay the same from version to version.",
    ]
    for code, (english, french) in sorted(WARNINGS.items()):
        parts += [f"## `{code}`", f"{english}\n\n*{french}*"]
    return "\n\n".join(parts) + "\n"


def _same_numbers() -> str:
    """List what other programs find, and the tests that ask for the same."""
    parts = [
        "# The same numbers as R",
        "Results of other programs, with their versions and calls, stand in `tests/reference/`. These are the tests "
        "that ask this library for the same numbers; each sentence is the expectation that the test states and checks. "
        "Where R and the literature differ, the literature is followed, and the test says so.",
    ]
    for path in sorted((ROOT / "tests" / "reference").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        packages = content.get("packages") or {}
        versions = ", ".join(f"{name} {version}" for name, version in packages.items()) or "base R"
        title = _plain(str(content.get("title", path.stem)))
        parts += [f"## {title}", f"`{path.name}`: {content.get('r_version', 'R')}; {versions}."]
        if content.get("source"):
            parts.append(f"Data: {_plain(str(content['source']))}.")
        for test, sentences in _tests_that_read(path):
            parts += [f"`{test}`:", "\n".join(f"- {sentence}" for sentence in sentences)]
    return "\n\n".join(parts) + "\n"


def _tests_that_read(reference: Path) -> Iterator[tuple[str, list[str]]]:
    """Give each test file that reads a reference, with the sentences of those of its tests that use what was read."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if reference.name not in text and f'"{reference.stem}"' not in text:
            continue
        parts = {
            name: ast.get_source_segment(text, node) or "" for node in ast.parse(text).body for name in _names_of(node)
        }
        found = {n for n, source in parts.items() if reference.name in source or f'"{reference.stem}"' in source}
        while True:  # whoever uses what was read, and whoever uses that
            pattern = re.compile(rf"\b({'|'.join(map(re.escape, sorted(found)))})\b")
            more = {n for n, source in parts.items() if n not in found and pattern.search(source)}
            if not more:
                break
            found |= more
        nodes = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name in found]
        sentences = [
            _plain(" ".join((ast.get_docstring(n) or "").split())) for n in nodes if n.name.startswith("test_")
        ]
        if any(sentences):
            yield str(path.relative_to(ROOT)), [s for s in sentences if s]


def _names_of(node: ast.stmt) -> list[str]:
    """Return the names that a statement at the top of a file gives something to."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def _plain(text: str) -> str:
    """Escape what Markdown would read as markup."""
    return re.sub(r"([*_<>\[\]$`|\\])", r"\\\1", text)


def _coverage() -> str:
    """Show the newest table of certificates."""
    path = sorted((ROOT / "data" / "certification").glob("coverage-*.csv"))[-1]
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parts = [
        "# Certified coverage",
        f"Every row is a simulated world with a known truth, seen again and again (version {rows[0]['version']}, "
        f"`data/certification/{path.name}`; `microwork-estimate certify` makes it anew). An interval of level 0.95 should "
        "hold the truth in 95 % of the simulations. A cell of the second kind *must fail*: there an assumption does not "
        "hold, and what is certified is that the interval misses and that the estimate warns or names the assumption.",
    ]
    titles = {"pass": "Worlds in which the assumptions hold", "fail": "Worlds in which an assumption fails"}
    for must, title in titles.items():
        chosen = [row for row in rows if row["must"] == must]
        table = ["| cell | estimator | world | level | simulations | coverage | verdict |", "|" + "---|" * 7]
        for r in chosen:
            cells = (
                r["cell"],
                f"`{r['estimator']}`",
                r["world"],
                r["level"],
                r["simulations"],
                _share(r),
                r["verdict"],
            )
            table.append(f"| {' | '.join(cells)} |")
        parts += [f"## {title}", "\n".join(table)]
    return "\n\n".join(parts) + "\n"


def _share(row: dict[str, Any]) -> str:
    if not row["coverage"]:
        return "none"
    error = f" ± {float(row['coverage_error']):.3f}" if row["coverage_error"] else ""
    return f"{float(row['coverage']):.3f}{error}"
