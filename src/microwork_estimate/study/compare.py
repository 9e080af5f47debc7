"""Why two results differ: how much of the change of each estimate is data, margins, method, code, and chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

from microwork_estimate import bootstrap
from microwork_estimate.estimate import Estimate
from microwork_estimate.rounding import plain_number
from microwork_estimate.small_tables import grid_table, notes_list
from microwork_estimate.study.bundle import ResultBundle, read_bundle
from microwork_estimate.study.change_path import (
    SWAPPED,
    Component,
    Runs,
    Side,
    differing,
    numbers,
    sides,
)
from microwork_estimate.study.registry import Study

QUANTITIES = ("value", "standard_error", "low", "high")
_BEYOND = 2.0  # Monte Carlo errors


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The part of a change that belongs to a component, or to several that cannot be told apart.

    Parameters
    ----------
    components : tuple of str
        ``"data"``, ``"margins"``, ``"method"``, ``"monte_carlo"``, ``"code"``.
    amount : float
        In the unit of the estimate.
    """

    components: tuple[Component, ...]
    amount: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The change of one number of one estimate.

    Parameters
    ----------
    estimate : str
    quantity : {"value", "standard_error", "low", "high"}
        Low and high are the ends of the interval, or of the bounds where there is no interval.
    old, new : float or None
    change : float or None
        New minus old; None where one of them is missing or infinite.
    parts : tuple of Part
        They add up to the change.
    monte_carlo_error : float or None
        Standard error, by chance of the draws alone, of the difference between two runs; None where it is not known.
    beyond_monte_carlo : bool or None
        Whether the part of Monte Carlo is larger than twice its error: then it is more than chance.
    """

    estimate: str
    quantity: str
    old: float | None
    new: float | None
    change: float | None
    parts: tuple[Part, ...] = ()
    monte_carlo_error: float | None = None
    beyond_monte_carlo: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two results, and what makes the difference.

    Parameters
    ----------
    old, new : str
        Identifiers of the results.
    components : tuple of str
        In what they differ and could be swapped, in the order in which it was done.
    averaged : bool
        Whether the parts are means over all orders that can be run (Shapley values).
    orders : int
        Number of orders that were run; 0 where none could be, so that nothing is told apart.
    not_separated : tuple of str
        What could not be told from the code, and is given together with it.
    rows : tuple of Change
    only_old, only_new : tuple of str
        Estimates that only one of the results has.
    """

    old: str
    new: str
    components: tuple[Component, ...]
    averaged: bool
    orders: int
    not_separated: tuple[Component, ...]
    rows: tuple[Change, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]

    def _repr_html_(self) -> str:
        rows = []
        for row in self.rows:
            if row.quantity == "value":
                parts = "; ".join(f"{', '.join(part.components)} {part.amount:+.4g}" for part in row.parts)
                change = "" if row.change is None else f"{row.change:+.4g}"
                rows.append([row.estimate, plain_number(row.old), plain_number(row.new), change, parts])
        gone = {"only in the old result": self.only_old, "only in the new result": self.only_new}
        notes = [f"{where}: {', '.join(names)}" for where, names in gone.items() if names]
        head = ("estimate", "old", "new", "change", "of which")
        return grid_table(f"From {self.old} to {self.new}", head, rows) + notes_list(notes)


def compare(
    old: ResultBundle | str | Path,
    new: ResultBundle | str | Path,
    *,
    old_study: Study | str | None = None,
    new_study: Study | str | None = None,
    average: bool = False,
) -> Comparison:
    """Split the change of each estimate between two results into data, margins, method, code and Monte Carlo.

    Procedure: the old result is made again with the code of today; then its data (figures and tables), its margins (the
    totals that the survey is weighted to), its method (recipes, options, elicited factors, tiers) and its seed and number
    of replicates are replaced by those of the new result, one after the other, and each time the study is run. What each
    step changes is its part. What the old result and its run of today differ by, and the new result and its own, is the
    part of the code. Only components that differ are swapped. Where an order cannot be run (a new method that asks for a
    table which the old data do not have), the next one is tried; where none can, all of it is one part. The parts add up to
    the change.

    Parameters
    ----------
    old, new : ResultBundle or path
    old_study, new_study : Study, path or None
        The study of each result. None: the study of that name and version that comes with the program. If only one of them is
        at hand, it stands for the other with the figures that the other result holds; what that leaves open (the method, a
        table) is given together with the code.
    average : bool
        False: the order is data, margins, method, Monte Carlo. True: the mean over all orders, which does not depend on an
        order and takes up to sixteen runs.

    Returns
    -------
    Comparison

    Raises
    ------
    InvalidInput
        If a result cannot be read, or neither study is at hand.

    References
    ----------
    Shapley (1953), A value for n-person games; Shorrocks (2013), *Journal of Economic Inequality* 11, 99-126, for parts of a
    change as means over all orders.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> first, second = (study.run(study.load("mturk"), n_replicates=99, seed=seed) for seed in (1, 2))
    >>> [row.change for row in compare(first, second).rows if row.estimate == "mixture"]
    [0.0, 0.0, 0.0, 0.0]
    """
    results = [bundle if isinstance(bundle, ResultBundle) else read_bundle(bundle) for bundle in (old, new)]
    first, second = sides(results[0], results[1], (old_study, new_study))
    runs, components = Runs(first, second), differing(first, second)
    orders = runs.walks(components, every=average)
    names = [name for name in results[0].estimates if name in results[1].estimates]
    lost = [name for side in (first, second) for name in side.unknown]
    return Comparison(
        old=results[0].identifier,
        new=results[1].identifier,
        components=orders[0] if orders else components,
        averaged=average,
        orders=len(orders),
        not_separated=tuple(name for name in SWAPPED if name in lost),
        rows=tuple(row for name in names for row in _changes(name, runs, orders, components)),
        only_old=tuple(name for name in results[0].estimates if name not in results[1].estimates),
        only_new=tuple(name for name in results[1].estimates if name not in results[0].estimates),
    )


def _changes(
    name: str, runs: Runs, orders: Sequence[tuple[Component, ...]], components: tuple[Component, ...]
) -> Iterator[Change]:
    before, after = numbers(runs.old.bundle, name), numbers(runs.new.bundle, name)
    for quantity in QUANTITIES:
        old, new = before[quantity], after[quantity]
        if old is None or new is None or not math.isfinite(old) or not math.isfinite(new):
            if (old, new) != (None, None):
                yield Change(estimate=name, quantity=quantity, old=old, new=new, change=None)
            continue
        parts = _parts((old, new), (name, quantity), runs, orders)
        if parts is None:
            everything = _together(components, runs.old, runs.new)
            parts = (Part(components=everything, amount=new - old),)
        error = _error(name, quantity, runs) if "monte_carlo" in components else None
        luck = sum(part.amount for part in parts if part.components == ("monte_carlo",))
        judged = error is not None and any(part.components == ("monte_carlo",) for part in parts)
        yield Change(
            estimate=name,
            quantity=quantity,
            old=old,
            new=new,
            change=new - old,
            parts=_exact(parts, new - old),
            monte_carlo_error=error,
            beyond_monte_carlo=abs(luck) > _BEYOND * error if judged and error is not None else None,
        )


def _together(components: tuple[Component, ...], *ends: Side) -> tuple[Component, ...]:
    found = {*components, *(name for side in ends for name in side.unknown)}
    return (*(name for name in SWAPPED if name in found), "code")


def _parts(
    ends: tuple[float, float], what: tuple[str, str], runs: Runs, orders: Sequence[tuple[Component, ...]]
) -> tuple[Part, ...] | None:
    """Return the parts of one change as means over the orders; None where a run in between has no such number."""
    if not orders:
        return None
    name, quantity = what
    steps: dict[Component, list[float]] = {component: [] for component in orders[0]}
    for order in orders:
        path = [numbers(runs.at(frozenset(order[:taken])), name).get(quantity) for taken in range(len(order) + 1)]
        known = [number for number in path if number is not None and math.isfinite(number)]
        if len(known) < len(path):
            return None
        for component, before, after in zip(order, known, known[1:], strict=False):
            steps[component].append(after - before)
    start = numbers(runs.at(frozenset()), name)[quantity]
    end = numbers(runs.at(frozenset(orders[0])), name)[quantity]
    assert start is not None and end is not None  # noqa: S101, PT018 - they are the ends of every path
    code = {_together((), runs.old): 0.0, _together((), runs.new): 0.0}
    code[_together((), runs.old)] += start - ends[0]
    code[_together((), runs.new)] += ends[1] - end
    found = [Part(components=(one,), amount=math.fsum(steps[one]) / len(orders)) for one in SWAPPED if one in steps]
    return (*found, *(Part(components=one, amount=amount) for one, amount in code.items()))


def _exact(parts: tuple[Part, ...], change: float) -> tuple[Part, ...]:
    """Give what the rounding of sums leaves over to the largest part that can hold it, so that all add up to the change."""
    over = change - math.fsum(part.amount for part in parts)
    by_size = sorted(range(len(parts)), key=lambda at: -abs(parts[at].amount))
    for at in by_size:
        made = [Part(components=p.components, amount=p.amount + (over if i == at else 0)) for i, p in enumerate(parts)]
        # The last digit of a large part may be coarser than what is left over: then a smaller part takes it.
        if math.fsum(part.amount for part in made) == change:
            return tuple(made)
    return parts


def _error(name: str, quantity: str, runs: Runs) -> float | None:
    """Return the Monte Carlo standard error of the difference between two runs; None where it is not known."""
    both = [_error_of(side.bundle.estimates[name], quantity) for side in (runs.old, runs.new)]
    known = [error for error in both if error is not None]
    return math.hypot(*known) if len(known) == 2 else None


def _error_of(estimate: Estimate, quantity: str) -> float | None:
    draws, interval = estimate.replicates, estimate.interval
    if draws is None or len(draws) < 2 or draws.n_failed:
        return None
    if quantity == "standard_error" and estimate.standard_error is not None:
        return estimate.standard_error / math.sqrt(2 * (len(draws) - 1))
    if quantity in ("low", "high") and interval is not None and interval.method.startswith("percentile"):
        tail = (1 - interval.level) / 2
        low, high = bootstrap.monte_carlo_error(draws, probability=tail if quantity == "low" else 1 - tail)
        return (high - low) / (2 * NormalDist().inv_cdf(0.975))
    return None
