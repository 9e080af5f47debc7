"""The house rules that a machine can check: sizes, docstrings, what an import costs."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "microwork_estimate"
FILES = sorted(SOURCE.rglob("*.py"))
MAX_FILE_LINES = 400
MAX_BODY_LINES = 60
MAX_PARAMETERS = 6
MAX_METHODS = 14


def _functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _body_lines(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return 0 if not body else (body[-1].end_lineno or 0) - body[0].lineno + 1


def _parameters(function: ast.FunctionDef) -> int:
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_files_are_short_enough_to_read(path):
    """A file has at most 400 lines, a function 60 lines and six parameters, a class fourteen methods."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.count("\n") <= MAX_FILE_LINES
    too_long = {f.name: _body_lines(f) for f in _functions(tree) if _body_lines(f) > MAX_BODY_LINES}
    assert too_long == {}
    too_wide = {f.name: _parameters(f) for f in _functions(tree) if _parameters(f) > MAX_PARAMETERS}
    assert too_wide == {}
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    crowded = {c.name: len(_functions(c)) for c in classes if len(_functions(c)) > MAX_METHODS}
    assert crowded == {}


def test_most_functions_fit_on_half_a_screen():
    """Nine of ten function bodies have at most 25 lines."""
    lengths = sorted(_body_lines(f) for path in FILES for f in _functions(ast.parse(path.read_text(encoding="utf-8"))))
    assert lengths[int(0.9 * len(lengths))] <= 25


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_every_public_name_has_a_docstring(path):
    """Modules, public classes, functions and methods all say what they are."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "module without docstring"
    public = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    nested = {inner for f in _functions(tree) for inner in ast.walk(f) if inner is not f}
    missing = [node.name for node in public if node not in nested and not ast.get_docstring(node)]
    assert missing == []


def _import_seconds(module: str) -> float:
    program = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
    runs = [
        float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]
    return min(runs)


def test_import_is_light():
    """Importing the package costs less than importing numpy: heavy modules load when first used."""
    assert _import_seconds("microwork_estimate") < _import_seconds("numpy")


def test_import_loads_nothing_heavy():
    """After the import, none of the third-party libraries is loaded."""
    program = (
        "import sys, microwork_estimate; "
        "print([m for m in ('numpy', 'scipy', 'pandas', 'matplotlib', 'statsmodels', 'typer') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_submodules_load_when_named():
    """Every public name resolves to a submodule, and an unknown one is an AttributeError."""
    import microwork_estimate

    for name in microwork_estimate.__all__:
        assert getattr(microwork_estimate, name).__name__ == f"microwork_estimate.{name}"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = microwork_estimate.nothing


def test_lock_file_pins_with_hashes_and_names_no_registry():
    """Each line of the lock pins one exact version with hashes; no address of a registry is in it."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(pins) > 50
    assert [pin for pin in pins if not re.match(r"[a-z0-9._-]+(\[[^\]]*\])?==\S+", pin)] == []
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in text
    locked = {re.split(r"[=\[]", pin)[0] for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    names = {re.split(r"[<>=\[ ]", requirement)[0].lower() for requirement in wanted}
    assert names <= locked
    assert all(re.fullmatch(r"[A-Za-z0-9._\[\]-]+>=[0-9.]+", requirement) for requirement in wanted), (
        "lower bounds only"
    )


def test_map_of_the_house_names_rooms_that_exist():
    """The files and folders that CONTRIBUTING.md names are there."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = re.findall(r"`([a-z_]+(?:/[a-z_]+)*(?:\.py|/))`", text)
    assert rooms
    assert [room for room in rooms if not (SOURCE / room).exists() and not (ROOT / room).exists()] == []
