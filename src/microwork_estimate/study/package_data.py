"""Where the figures lie on disk, and whether they are still what they were when they were described.

The tables stand in ``data/`` at the top of the repository and travel in the wheel as ``microwork_estimate/data``. Each
is described, with its checksum, in one ``datapackage.json`` (Frictionless Data Package, version 1).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.handed_tables import HandedTable
from microwork_estimate.study.table_rules import path_inside

MANIFEST = "datapackage.json"


def data_path() -> Path:
    """Return the folder of the tables that come with the program, in a wheel or in a checkout.

    Raises
    ------
    InvalidInput
        If there is no data package in either place.

    Examples
    --------
    >>> (data_path() / "datapackage.json").is_file()
    True
    """
    return _find_data(Path(__file__).resolve().parents[1])


def _find_data(package: Path) -> Path:
    """Look beside the modules first (a wheel), then at the top of the repository (``src/<package>``, a checkout)."""
    places = (package / "data", package.parents[1] / "data")
    for place in places:
        if (place / MANIFEST).is_file():
            return place
    raise InvalidInput(
        "the figures are missing",
        expected=f"a folder with {MANIFEST}",
        got="none",
        where=" or ".join(str(place) for place in places),
        fix="install the package again",
    )


def resource_path(name: str, folder: Path) -> Path:
    """Return the path of a table of a data package after comparing the file with its checksum.

    Parameters
    ----------
    name : str
        Name of the resource in ``datapackage.json``.
    folder : Path
        The folder of ``datapackage.json``.

    Returns
    -------
    Path

    Raises
    ------
    InvalidInput
        If the package or the resource is missing, if the resource has no checksum, or if the file is not the one that
        was described.

    Examples
    --------
    >>> resource_path("mturk-times-seen", data_path()).name
    'times_seen.csv'
    """
    manifest = folder / MANIFEST
    resource = _resource(name, manifest)
    try:
        path = path_inside(str(resource.get("path", "")), folder)
    except InvalidInput as error:
        raise InvalidInput(
            "path outside the data package",
            expected="a path inside the folder of the package",
            got=error.got,
            where=f"{manifest}, {name}",
            fix="move the file into the folder",
        ) from error
    expected = str(resource.get("hash", ""))
    got = checksum(path)
    if expected != got:
        raise InvalidInput(
            "file changed since it was described",
            expected=expected or "a checksum, sha256:...",
            got=got,
            where=str(path),
            fix=f"restore the file; if the change is meant, describe it in {MANIFEST} with its new checksum",
        )
    return path


def _resource(name: str, manifest: Path) -> Mapping[str, Any]:
    try:
        package = json.loads(manifest.read_bytes())
        resources = {resource["name"]: resource for resource in package["resources"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidInput(
            "not a data package",
            expected="a Frictionless data package with its resources",
            got=" ".join(f"{type(error).__name__}: {error}".split()),
            where=str(manifest),
            fix="check the file",
        ) from error
    if name not in resources:
        raise InvalidInput(
            "unknown resource",
            expected="one of " + ", ".join(resources),
            got=repr(name),
            where=str(manifest),
            fix="check the spelling, or describe the table there",
        )
    found: Mapping[str, Any] = resources[name]
    return found


def checksum(file: Path | HandedTable) -> str:
    """Return the checksum of a file in the form of ``datapackage.json``, or of a table handed over from Python.

    Parameters
    ----------
    file : Path or HandedTable

    Returns
    -------
    str
        ``"sha256:"`` and 64 hexadecimal digits.

    Raises
    ------
    InvalidInput
        If there is no such file.

    Examples
    --------
    >>> checksum(data_path() / "datapackage.json").partition(":")[0]
    'sha256'
    """
    if isinstance(file, HandedTable):
        return file.checksum
    try:
        return "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise InvalidInput(
            "no such file",
            expected="the table that the data package describes",
            got=error.strerror or "nothing there",
            where=str(file),
            fix="restore the file",
        ) from error
