"""From an old result to a new one, one component at a time: what can be swapped, and the runs in between.

A state says for each component whether it is the old or the new one, and is a run of the study made so. Going from the state
where everything is old to the one where everything is new, each step changes one component: its share of the change.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from microwork_estimate.errors import InvalidInput, MicroworkError
from microwork_estimate.study.bundle import ResultBundle
from microwork_estimate.study.figures import Figure
from microwork_estimate.study.handed_tables import HandedTable
from microwork_estimate.study.package_data import checksum
from microwork_estimate.study.pipeline import run
from microwork_estimate.study.registry import Study
from microwork_estimate.study.schema import FileEntry, ReadOnly
from microwork_estimate.study.verify import study_of

Component = Literal["data", "margins", "method", "monte_carlo", "code"]
# The order in which they are swapped. The code of before cannot be run: it is what remains at both ends.
SWAPPED: tuple[Component, ...] = ("data", "margins", "method", "monte_carlo")
MARGINS_ROLE = "margins"

State = frozenset[Component]


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One of the two results, with the study that makes it again as far as it is at hand.

    Parameters
    ----------
    bundle : ResultBundle
    study : Study
        Its own study; or the study of the other result with the figures of this one.
    unknown : tuple of component
        What the study does not hold as it was: ``"method"`` where its file is not at hand, ``"data"`` or ``"margins"``
        where a table has changed since. These cannot be told from the code.
    """

    bundle: ResultBundle
    study: Study
    unknown: tuple[Component, ...] = ()


def sides(
    old: ResultBundle, new: ResultBundle, studies: tuple[Study | str | None, Study | str | None]
) -> tuple[Side, Side]:
    """Find the study of each result.

    Parameters
    ----------
    old, new : ResultBundle
    studies : tuple
        Studies or study files that were given, or None.

    Returns
    -------
    tuple of Side

    Raises
    ------
    InvalidInput
        If neither study is at hand in its version.
    """
    own = [_own(bundle, given) for bundle, given in zip((old, new), studies, strict=True)]
    if own[0] is None and own[1] is None:
        raise InvalidInput(
            "study not at hand",
            expected=f"the study of one of the results, {old.study['id']}@{old.study['version']} or "
            f"{new.study['id']}@{new.study['version']}",
            got="neither",
            where="compare",
            fix="give the study file of one of them",
        )
    first = _side(old, own[0], own[1])
    return first, _side(new, own[1], own[0])


def _own(bundle: ResultBundle, given: Study | str | None) -> Study | None:
    try:
        found = study_of(bundle, given)
    except InvalidInput:
        if given is not None:
            raise
        return None
    same = (found.id, found.version) == (bundle.study["id"], bundle.study["version"])
    return found if same or given is not None else None


def _side(bundle: ResultBundle, own: Study | None, other: Study | None) -> Side:
    study = own or other
    assert study is not None  # noqa: S101 - one of them is there
    lost: list[Component] = []
    if own is None:
        figures = {key: Figure(**row) for key, row in bundle.inputs.items()}
        study = replace(study, inputs=ReadOnly(figures))
        if study.version != bundle.study["version"] or study.id != bundle.study["id"]:
            lost.append("method")
    margins = margin_keys(study)
    for key, expected in bundle.files.items():
        if key not in study.files or _sum(study, key) != expected:
            lost.append("margins" if key in margins else "data")
    return Side(bundle=bundle, study=study, unknown=tuple(name for name in SWAPPED if name in lost))


def _sum(study: Study, key: str) -> str:
    try:
        return checksum(study.table(key))
    except InvalidInput:
        return "not readable"


def margin_keys(*studies: Study) -> frozenset[str]:
    """Return the tables that an estimate takes as its margins: totals to weight to, and no observations.

    Parameters
    ----------
    *studies : Study
    """
    entries = itertools.chain.from_iterable(study.estimates for study in studies)
    return frozenset(key for entry in entries for role, key in entry.files.items() if role == MARGINS_ROLE)


def differing(old: Side, new: Side) -> tuple[Component, ...]:
    """Return the components in which two results differ, as far as they can be swapped.

    Parameters
    ----------
    old, new : Side

    Returns
    -------
    tuple of component
    """
    found = []
    first, second = old.study, new.study
    weighted = margin_keys(first, second)
    tables = [_tables(study, [key for key in study.files if key not in weighted]) for study in (first, second)]
    margins = [_tables(study, [key for key in study.files if key in weighted]) for study in (first, second)]
    if _figures(first) != _figures(second) or tables[0] != tables[1]:
        found.append("data")
    if margins[0] != margins[1]:
        found.append("margins")
    if _method(first) != _method(second):
        found.append("method")
    if _luck(old.bundle) != _luck(new.bundle):
        found.append("monte_carlo")
    return tuple(name for name in SWAPPED if name in found)


def _figures(study: Study) -> dict[str, tuple[object, ...]]:
    return {key: (f.value, f.low, f.high, f.text, f.unit, f.status) for key, f in study.inputs.items()}


def _tables(study: Study, keys: Sequence[str]) -> dict[str, tuple[object, ...]]:
    return {key: (_sum(study, key), tuple(sorted(study.files[key].columns.items()))) for key in keys}


def _method(study: Study) -> tuple[object, ...]:
    """Return what decides how numbers are made: recipes with options, elicited factors, tiers. No label is in it."""
    entries = [
        (e.name, e.recipe, dict(e.inputs), dict(e.elicited), dict(e.files), dict(e.options), e.estimand, e.tier)
        for e in study.estimates
    ]
    factors = {key: (f.distribution, f.low, f.high, f.level, f.mode) for key, f in study.elicited.items()}
    return entries, factors, study.nested, {key: tier.classes for key, tier in study.tiers.items()}


def _luck(bundle: ResultBundle) -> tuple[object, object]:
    return bundle.settings["seed"], bundle.settings["n_replicates"]


class Runs:
    """The runs between two results, each made once.

    Parameters
    ----------
    old, new : Side
    """

    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new
        self._made: dict[State, ResultBundle | None] = {}

    def at(self, state: State) -> ResultBundle | None:
        """Return the run in which the components of `state` are the new ones; None where that cannot be run."""
        if state not in self._made:
            try:
                self._made[state] = self._run(state)
            except (MicroworkError, KeyError):
                self._made[state] = None
        return self._made[state]

    def walks(self, components: Sequence[Component], *, every: bool) -> list[tuple[Component, ...]]:
        """Return the orders in which the components can be swapped: the first that can be run, or all of them."""
        found = []
        for order in itertools.permutations(components):
            states = [frozenset(order[:taken]) for taken in range(len(order) + 1)]
            if all(self.at(state) is not None for state in states):
                found.append(order)
                if not every:
                    break
        return found

    def _run(self, state: State) -> ResultBundle:
        def side(component: Component) -> Side:
            return self.new if component in state else self.old

        method, data, margins = side("method").study, side("data").study, side("margins").study
        weighted = margin_keys(self.old.study, self.new.study)
        files = {key: entry for key, entry in data.files.items() if key not in weighted}
        files |= {key: entry for key, entry in margins.files.items() if key in weighted}
        handed = {key: _handed(margins if key in weighted else data, key) for key in files}
        study = replace(
            method,
            inputs=data.inputs,
            files=ReadOnly(files),
            handed=ReadOnly(handed),
            estimates=tuple(entry.model_copy(update={"published": None}) for entry in method.estimates),
            tiers=ReadOnly({key: tier.model_copy(update={"published": None}) for key, tier in method.tiers.items()}),
            published=ReadOnly(),
            findings=(),
            routes=(),
            objections=(),
        )
        settings = side("monte_carlo").bundle.settings
        return run(study, n_replicates=int(settings["n_replicates"]), seed=int(settings["seed"]))


def _handed(study: Study, key: str) -> HandedTable:
    """Return a table of a study with its content, so that it can stand in another study."""
    from microwork_estimate.inputs import read_table

    place = study.table(key)
    if isinstance(place, HandedTable):
        return place
    entry: FileEntry = study.files[key]
    table = read_table(place, sheet=entry.sheet, separator=entry.separator, decimal=entry.decimal)
    return HandedTable(frame=table, checksum=checksum(place))


def numbers(bundle: ResultBundle | None, name: str) -> Mapping[str, float | None]:
    """Return the numbers of an estimate that are compared; empty where the result does not have it.

    Parameters
    ----------
    bundle : ResultBundle or None
    name : str

    Returns
    -------
    mapping of str to float or None
        ``value``, ``standard_error``, ``low``, ``high`` (of the interval, or of the bounds where there is none).
    """
    if bundle is None or name not in bundle.estimates:
        return {}
    estimate = bundle.estimates[name]
    around = estimate.interval or estimate.bounds
    ends = (None, None) if around is None else (around.low, around.high)
    return {"value": estimate.value, "standard_error": estimate.standard_error, "low": ends[0], "high": ends[1]}
