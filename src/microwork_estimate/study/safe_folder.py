"""Several files of a folder replaced together: whatever happens in between, the files of before can be read.

A single file is replaced by one atomic rename; several are not. So the files that are to go are first linked into the
folder ``.undo``, and a plan says which. As long as the plan is there, the replacement has not happened: readers read what
is in ``.undo``, and the next writer puts it back. Removing the plan is the one step that makes the new files count.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from microwork_estimate.errors import InvalidInput

UNDO_FOLDER = ".undo"
PLAN_FILE = "plan.json"
STAGE_PREFIX = ".partial-"

Writer = Callable[[Path], None]


def stored_file(folder: Path, name: str) -> Path:
    """Return where a file of a folder is to be read: beside the plan if a replacement was interrupted.

    Parameters
    ----------
    folder : Path
    name : str
        Its path inside the folder.

    Returns
    -------
    Path

    Examples
    --------
    >>> stored_file(Path("results"), "bundle.json").as_posix()
    'results/bundle.json'
    """
    undo = folder / UNDO_FOLDER
    return undo / name if (undo / PLAN_FILE).is_file() else folder / name


def restore(folder: Path) -> bool:
    """Put back the files of before if a replacement was interrupted.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    bool
        Whether there was anything to put back.

    Examples
    --------
    >>> restore(Path("no such folder"))
    False
    """
    undo = folder / UNDO_FOLDER
    plan = undo / PLAN_FILE
    if not plan.is_file():
        shutil.rmtree(undo, ignore_errors=True)
        return False
    saved, new = _plan_of(plan)
    for name in saved:
        if (undo / name).exists():
            _copy(undo / name, folder / name)
    for name in new:
        (folder / name).unlink(missing_ok=True)
        _remove_empty(folder / name, folder)
    plan.unlink()
    shutil.rmtree(undo, ignore_errors=True)
    return True


def replace_files(folder: str | Path, writers: Mapping[str, Writer], *, stale: Iterable[str] = ()) -> tuple[Path, ...]:
    """Write several files into a folder, and remove others, so that all of it happens or nothing.

    Procedure: everything is written into a folder of its own first. A folder that is not there yet appears by one rename.
    Otherwise the files that are to go are linked into ``.undo`` with a plan, the new ones are moved into place, and the
    plan is removed last. Files that are neither written nor named in `stale` are left alone.

    Parameters
    ----------
    folder : path
    writers : mapping of str to callable
        Path inside the folder, and what writes the file at the path that it is given.
    stale : iterable of str
        Paths of files to remove.

    Returns
    -------
    tuple of Path
        The files, in the order of `writers`.

    Raises
    ------
    InvalidInput
        If the folder cannot be made or written, or is a file. Nothing has changed then.
    """
    target = Path(folder).absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            _exchange(target, writers, [name for name in stale if name not in writers])
        else:
            _create(target, writers)
    except OSError as error:
        raise InvalidInput(
            "cannot write there",
            expected="a folder that can be made or written",
            got=error.strerror or type(error).__name__,
            where=str(target),
            fix="choose another folder",
        ) from error
    return tuple(target / name for name in writers)


def _create(target: Path, writers: Mapping[str, Writer]) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=STAGE_PREFIX) as scratch:
        stage = Path(scratch) / "content"
        _write(stage, writers)
        stage.rename(target)


def _exchange(target: Path, writers: Mapping[str, Writer], stale: list[str]) -> None:
    restore(target)
    for left in target.glob(f"{STAGE_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)  # of a run that was killed
    with tempfile.TemporaryDirectory(dir=target, prefix=STAGE_PREFIX) as scratch:
        stage = Path(scratch) / "content"
        _write(stage, writers)
        try:
            _plan(target, [*writers, *stale])
            for name in writers:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (stage / name).replace(target / name)
            for name in stale:
                (target / name).unlink(missing_ok=True)
                _remove_empty(target / name, target)
            (target / UNDO_FOLDER / PLAN_FILE).unlink()
        except BaseException:
            restore(target)
            raise
    shutil.rmtree(target / UNDO_FOLDER, ignore_errors=True)


def _write(stage: Path, writers: Mapping[str, Writer]) -> None:
    stage.mkdir()
    for name, writer in writers.items():
        path = stage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        writer(path)


def _plan(target: Path, names: list[str]) -> None:
    """Link what is to go into the folder of before; the plan is written last, because it is what counts."""
    undo = target / UNDO_FOLDER
    undo.mkdir()
    saved = [name for name in names if (target / name).is_file()]
    for name in saved:
        _copy(target / name, undo / name)
    draft = undo / "plan.draft"
    draft.write_text(json.dumps({"saved": saved, "new": [n for n in names if n not in saved]}), encoding="utf-8")
    draft.replace(undo / PLAN_FILE)


def _plan_of(plan: Path) -> tuple[list[str], list[str]]:
    """Read a plan; one that names a place outside the folder was not written here."""
    content = json.loads(plan.read_text(encoding="utf-8"))
    saved, new = [str(name) for name in content["saved"]], [str(name) for name in content["new"]]
    outside = [name for name in (*saved, *new) if Path(name).is_absolute() or ".." in Path(name).parts]
    if outside:
        raise InvalidInput(
            "path outside the folder",
            expected="files of the folder itself",
            got=outside[0],
            where=str(plan),
            fix="remove the file plan.json: it was not written by this program",
        )
    return saved, new


def _copy(source: Path, target: Path) -> None:
    """Make a file appear at a second place at once, whole: as a link where the disk can, else as a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f"{target.name}.new")
    beside.unlink(missing_ok=True)
    try:
        os.link(source, beside)
    except OSError:
        shutil.copy2(source, beside)
    beside.replace(target)
    beside.unlink(missing_ok=True)  # a rename between two links of one file does nothing


def _remove_empty(file: Path, folder: Path) -> None:
    for parent in file.parents:
        if parent == folder or not parent.is_dir() or any(parent.iterdir()):
            return
        parent.rmdir()
