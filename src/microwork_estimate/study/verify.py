"""A result made again, and compared with what was written: to the byte, within a tolerance, or what differs."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from microwork_estimate.errors import InvalidInput
from microwork_estimate.small_tables import facts_table, grid_table
from microwork_estimate.study.bundle import BUNDLE_FILE, SCHEMA_VERSION, ResultBundle, environment, read_bundle
from microwork_estimate.study.crate import recorded_checksums
from microwork_estimate.study.crate_metadata import METADATA_FILE
from microwork_estimate.study.package_data import checksum
from microwork_estimate.study.pipeline import run
from microwork_estimate.study.privacy import protect
from microwork_estimate.study.registry import Study, load, shipped_studies
from microwork_estimate.study.safe_folder import stored_file

DEFAULT_TOLERANCE = 1e-6
_MOST_SHOWN = 30  # differences, in a notebook
Verdict = Literal["identical", "within-tolerance", "differs"]
# Not part of the result, or worked out from the rest of it.
_OUTSIDE = ("environment", "digest", "schema_version")


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that differs between what was written and what was made again.

    Parameters
    ----------
    place : str
        Where in the result, for example ``"estimates.occasional.value"``.
    estimate : str or None
        Name of the estimate concerned.
    old, new : plain value or None
        What was written, and what came out now; None where it is not there.
    relative : float or None
        Size of the difference over the size of the old number; None where it is no number.
    """

    place: str
    estimate: str | None
    old: Any
    new: Any
    relative: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FileCheck:
    """A file, and whether it is what was recorded of it.

    Parameters
    ----------
    name : str
        Path inside the folder, or the key of a table of the study.
    kind : {"crate", "input"}
    state : {"same", "changed", "missing", "unavailable"}
        ``"unavailable"``: a table of the study that is not at hand now.
    """

    name: str
    kind: Literal["crate", "input"]
    state: Literal["same", "changed", "missing", "unavailable"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What came of making a result again.

    Parameters
    ----------
    identifier : str
        Of the result that was written.
    recomputed : str or None
        Of the result that was made again; None where the study could not be run because a table has changed.
    verdict : {"identical", "within-tolerance", "differs"}
        ``"identical"``: to the byte; ``"within-tolerance"``: the same but for numbers that differ by no more than the
        tolerance, or for what a later version of the program adds; ``"differs"``: anything else.
    tolerance : float
        Largest relative difference that is accepted.
    same_versions : bool
        Whether the versions of the software are those of the result.
    largest : float
        Largest relative difference of a number that is within the tolerance.
    differences : tuple of Difference
        What is not accepted; only the largest of the replicates of one estimate.
    words : tuple of Difference
        Labels, statements and sources that other versions of the program word otherwise; no number depends on them. With the
        same versions they count as differences.
    added : tuple of str
        What this version of the program adds to a result of an earlier schema.
    files : tuple of FileCheck
    """

    identifier: str
    recomputed: str | None
    verdict: Verdict
    tolerance: float
    same_versions: bool
    largest: float
    differences: tuple[Difference, ...]
    words: tuple[Difference, ...]
    added: tuple[str, ...]
    files: tuple[FileCheck, ...]

    @property
    def holds(self) -> bool:
        """Whether the result came out again, and all files are what was recorded of them."""
        return self.verdict != "differs" and all(file.state == "same" for file in self.files)

    def _repr_html_(self) -> str:
        same = sum(file.state == "same" for file in self.files)
        facts = {
            "verdict": self.verdict,
            "holds": "yes" if self.holds else "no",
            "made again": self.recomputed or "not at all: a table has changed",
            "tolerance": f"{self.tolerance:g}",
            "same versions of the software": "yes" if self.same_versions else "no",
            "files as recorded": f"{same} of {len(self.files)}",
        }
        page = facts_table(self.identifier, facts.items())
        other = [[file.name, file.kind, file.state] for file in self.files if file.state != "same"]
        if other:
            page += grid_table("Files that are not as recorded", ("file", "kind", "state"), other)
        if self.differences:
            rows = [[one.place, str(one.old), str(one.new)] for one in self.differences[:_MOST_SHOWN]]
            page += grid_table(f"Differences: {len(self.differences)}", ("place", "written", "made again"), rows)
        return page


def verify(
    folder: str | Path, *, study: Study | str | Path | None = None, tolerance: float = DEFAULT_TOLERANCE
) -> Verification:
    """Make a result again with its study, seed and settings, and compare.

    Procedure: the files of the folder are compared with the checksums that its metadata record, and the tables of the study
    with those that the result records; then the study is run again with the settings of the result, small counts are hidden
    as they were, and the two results are compared value by value. The same versions of the software give the same bytes;
    other versions may differ in last digits, which is what the tolerance is for.

    Parameters
    ----------
    folder : path
        The folder of a result, or its ``bundle.json`` (then there are no other files to check).
    study : Study, path or None
        The study file of a study of one's own. None: the study of that name that comes with the program.
    tolerance : float
        Largest relative difference of a number that is accepted. Numbers below 1e-12 in size count as zero.

    Returns
    -------
    Verification

    Raises
    ------
    InvalidInput
        If the result cannot be read, or its study is not at hand, or cannot be run.
    SchemaVersion
        If a later program wrote it.

    Examples
    --------
    >>> import tempfile
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("stewart2015"), n_replicates=9, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = study.write_bundle(bundle, Path(folder) / "result")
    ...     found = verify(Path(folder) / "result")
    >>> (found.verdict, found.holds)
    ('identical', True)
    """
    if not 0 <= tolerance < 1:
        raise InvalidInput(
            "impossible tolerance",
            expected="a share from 0 to below 1, for example 1e-6",
            got=repr(tolerance),
            where="verify",
            fix="give the largest relative difference that is accepted",
        )
    place = Path(folder)
    old = read_bundle(place)
    known = study_of(old, study)
    files = (*_crate_checks(place), *_input_checks(old, known))
    try:
        new = again(old, known)
    except InvalidInput:
        if all(file.state == "same" for file in files if file.kind == "input"):
            raise
        return _not_run(old, files, tolerance)
    return _judged(old, new, place, files, tolerance)


def study_of(bundle: ResultBundle, study: Study | str | Path | None = None) -> Study:
    """Return the study of a result: the one that is given, or the one of that name that comes with the program.

    Raises
    ------
    InvalidInput
        If none is given and the program has none of that name.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("stewart2015"), n_replicates=9, seed=1)
    >>> study_of(bundle).id
    'stewart2015'
    """
    if isinstance(study, Study):
        return study
    if study is not None:
        return load(study)
    if bundle.study["id"] not in shipped_studies():
        raise InvalidInput(
            "study not at hand",
            expected="one of " + ", ".join(shipped_studies()),
            got=f"{bundle.study['id']}@{bundle.study['version']}",
            where="the result",
            fix="give the study file of this study as well (study=, or --study)",
        )
    return load(str(bundle.study["id"]))


def again(bundle: ResultBundle, study: Study) -> ResultBundle:
    """Run a study with the settings of a result, and hide small counts as it did.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("stewart2015"), n_replicates=9, seed=1)
    >>> again(bundle, study.load("stewart2015")).digest == bundle.digest
    True
    """
    settings = bundle.settings
    made = run(study, n_replicates=int(settings["n_replicates"]), seed=int(settings["seed"]))
    # A result that records no threshold had nothing to hide.
    return protect(made, threshold=int(settings["threshold"])) if "threshold" in settings else made


def _not_run(old: ResultBundle, files: tuple[FileCheck, ...], tolerance: float) -> Verification:
    return Verification(
        identifier=old.identifier,
        recomputed=None,
        verdict="differs",
        tolerance=tolerance,
        same_versions=dict(old.environment) == environment(),
        largest=0.0,
        differences=(),
        words=(),
        added=(),
        files=files,
    )


def _judged(
    old: ResultBundle, new: ResultBundle, place: Path, files: tuple[FileCheck, ...], tolerance: float
) -> Verification:
    written = json.loads(old.to_json())
    made = json.loads(new.to_json())
    found = list(differences(written, made))
    earlier = _schema(place) != SCHEMA_VERSION
    added = [d.place for d in found if earlier and d.old is None and d.relative is None]
    kept = [d for d in found if d.place not in added]
    same_versions = dict(old.environment) == environment() and not earlier
    words = [d for d in kept if not same_versions and _is_wording(d)]
    refused = [d for d in kept if d not in words and (d.relative is None or d.relative > tolerance)]
    same_bytes = (stored_file(place, BUNDLE_FILE) if place.is_dir() else place).read_bytes() == new.to_json().encode()
    verdict: Verdict = "identical" if same_bytes else "differs" if refused else "within-tolerance"
    return Verification(
        identifier=old.identifier,
        recomputed=new.identifier,
        verdict=verdict,
        tolerance=tolerance,
        same_versions=same_versions,
        largest=max((d.relative for d in kept if d.relative is not None and d not in refused), default=0.0),
        differences=tuple(_one_for_each_array(refused)),
        words=tuple(words),
        added=tuple(added),
        files=files,
    )


def _schema(place: Path) -> str:
    file = stored_file(place, BUNDLE_FILE) if place.is_dir() else place
    return str(json.loads(file.read_bytes())["schema_version"])


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare two results in their JSON form, value by value, without the software, the digest and the schema.

    Parameters
    ----------
    old, new : mapping

    Yields
    ------
    Difference

    Examples
    --------
    >>> [(d.place, d.relative) for d in differences({"a": {"b": 2.0}}, {"a": {"b": 3.0}})]
    [('a.b', 0.5)]
    """
    for key in dict.fromkeys([*old, *new]):
        if key not in _OUTSIDE:
            yield from _compared((key,), old.get(key), new.get(key))


def _compared(place: tuple[str, ...], old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _compared((*place, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (first, second) in enumerate(zip(old, new, strict=True)):
            yield from _compared((*place, str(at)), first, second)
    elif old != new or type(old) is not type(new):
        relative = _relative(old, new)
        if relative != 0.0:
            yield Difference(place=".".join(place), estimate=_estimate_of(place), old=old, new=new, relative=relative)


def _estimate_of(place: tuple[str, ...]) -> str | None:
    return place[1] if place[0] == "estimates" and len(place) > 1 else None


def _is_wording(difference: Difference) -> bool:
    """Return whether a difference is one of words that no number depends on."""
    texts = isinstance(difference.old, str) and isinstance(difference.new, str)
    if difference.place.startswith("order.") or not texts:
        return difference.place.startswith("order.")
    first, *_, last = difference.place.split(".")
    counted = (
        first == "files" or ".estimand." in difference.place or last in ("id", "version", "status", "unit", "code")
    )
    return not counted and not {difference.old, difference.new} & {"NaN", "Infinity", "-Infinity"}


def _relative(old: Any, new: Any) -> float | None:
    """Return the relative difference of two numbers; numbers that are zero but for rounding are the same."""
    if any(isinstance(x, bool) or not isinstance(x, int | float) for x in (old, new)):
        return None
    if max(abs(old), abs(new)) < 1e-12:
        return 0.0
    return math.inf if old == 0 else abs(new - old) / abs(old)


def _one_for_each_array(found: list[Difference]) -> Iterator[Difference]:
    """Keep the largest difference of the replicates of each estimate: there are thousands."""
    largest: dict[str, Difference] = {}
    for difference in found:
        place, mark, _ = difference.place.partition(".replicates.values.")
        if not mark:
            yield difference
        elif place not in largest or (difference.relative or math.inf) > (largest[place].relative or math.inf):
            largest[place] = difference
    yield from largest.values()


def _crate_checks(place: Path) -> Iterator[FileCheck]:
    if not place.is_dir():
        return
    recorded = recorded_checksums(place)
    for name, expected in recorded.items():
        file = stored_file(place, name)
        if not file.is_file():
            yield FileCheck(name=name, kind="crate", state="missing")
        else:
            same = hashlib.sha256(file.read_bytes()).hexdigest() == expected
            yield FileCheck(name=name, kind="crate", state="same" if same else "changed")
    if recorded and BUNDLE_FILE not in recorded:
        yield FileCheck(name=f"{METADATA_FILE}: {BUNDLE_FILE}", kind="crate", state="missing")


def _input_checks(bundle: ResultBundle, study: Study) -> Iterator[FileCheck]:
    for key, expected in bundle.files.items():
        if key not in study.files:
            yield FileCheck(name=key, kind="input", state="unavailable")
            continue
        try:
            same = checksum(study.table(key)) == expected
        except InvalidInput:
            same = False
        yield FileCheck(name=key, kind="input", state="same" if same else "changed")
