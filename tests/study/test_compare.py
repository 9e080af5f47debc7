"""The change between two results is split into parts that add up to it."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from microwork_estimate import study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.change_path import SWAPPED

SEED, REPLICATES = 5, 39


def _only(whole, *names):
    kept = tuple(entry for entry in whole.estimates if entry.name in names)
    return replace(whole, estimates=kept, tiers={}, nested=None, findings=(), routes=(), objections=())


@pytest.fixture(scope="module")
def base():
    return _only(study.load("diplab-like"), "occasional")


@pytest.fixture(scope="module")
def old(base):
    return study.run(base, n_replicates=REPLICATES, seed=SEED)


def _with_table(base, key, change):
    frame = change(pd.read_csv(base.table(key)))
    handed = study.load("diplab-like", tables={key: frame}).handed
    return replace(base, handed={**base.handed, **handed})


def _more_men(frame):
    moved = frame["accounts"].where(frame["variable"] == "age", other=0)
    men = (frame["variable"] == "sex") & (frame["category"] == "men")
    women = (frame["variable"] == "sex") & (frame["category"] == "women")
    frame.loc[men, "accounts"] += 40000
    frame.loc[women, "accounts"] -= 40000
    assert moved.sum() > 0
    return frame


def _twice(frame):
    return frame.assign(accounts=frame["accounts"] * 2)


def _narrower(base):
    duplicates = base.elicited["duplicates"].model_copy(update={"low": 0.1, "high": 0.2})
    return replace(base, elicited={**base.elicited, "duplicates": duplicates})


def _parts(comparison, quantity="value"):
    (row,) = [row for row in comparison.rows if row.quantity == quantity and row.estimate == "occasional"]
    return row, {part.components: part.amount for part in row.parts}


def _check_sums(comparison):
    for row in comparison.rows:
        if row.change is not None:
            assert math.fsum(part.amount for part in row.parts) == row.change


@pytest.mark.parametrize(
    ("component", "change"),
    [
        ("data", lambda base: _with_table(base, "registrations", _twice)),
        ("margins", lambda base: _with_table(base, "margins", _more_men)),
        ("method", _narrower),
    ],
)
def test_one_component_has_the_whole_change(base, old, component, change):
    """When only one thing differs, it has all of the change of every number, and the code has nothing."""
    changed = change(base)
    new = study.run(changed, n_replicates=REPLICATES, seed=SEED)
    found = study.compare(old, new, old_study=base, new_study=changed)
    assert found.components == (component,)
    row, parts = _parts(found)
    assert row.change == new.estimates["occasional"].value - old.estimates["occasional"].value != 0
    assert parts[(component,)] == row.change
    assert parts[("code",)] == 0
    _check_sums(found)


def test_another_seed_is_monte_carlo_and_judged_by_its_error(base, old):
    """Another seed moves the interval, not the value; the move is compared with its Monte Carlo error."""
    new = study.run(base, n_replicates=REPLICATES, seed=SEED + 1)
    found = study.compare(old, new, old_study=base, new_study=base)
    assert found.components == ("monte_carlo",)
    assert _parts(found)[0].change == 0
    for quantity in ("standard_error", "low", "high"):
        row, parts = _parts(found, quantity)
        assert parts[("monte_carlo",)] == row.change != 0
        assert row.monte_carlo_error > 0
        assert row.beyond_monte_carlo is (abs(row.change) > 2 * row.monte_carlo_error)


def test_a_move_beyond_chance_is_said(base, old):
    """Bounds that the draws cannot explain are marked: the same draws with another end are no chance."""
    estimate = old.estimates["occasional"]
    moved = replace(estimate, interval=replace(estimate.interval, high=estimate.interval.high + 1e6))
    new = study.run(base, n_replicates=REPLICATES, seed=SEED + 1)
    row, parts = _parts(
        study.compare(replace(old, estimates={"occasional": moved}), new, old_study=base, new_study=base)
    )
    assert parts[("code",)] == 0
    row, parts = _parts(
        study.compare(replace(old, estimates={"occasional": moved}), new, old_study=base, new_study=base), "high"
    )
    assert parts[("code",)] == pytest.approx(-1e6)
    assert row.beyond_monte_carlo in (True, False)


@pytest.mark.parametrize("average", [False, True])
def test_everything_at_once_adds_up(base, old, average):
    """Data, margins, method and seed changed together: the parts add up to the change, in one order and as means."""
    changed = _narrower(_with_table(_with_table(base, "registrations", _twice), "margins", _more_men))
    new = study.run(changed, n_replicates=REPLICATES + 10, seed=SEED + 1)
    found = study.compare(old, new, old_study=base, new_study=changed, average=average)
    assert set(found.components) == set(SWAPPED)
    assert found.orders == (24 if average else 1)
    assert found.averaged is average
    _check_sums(found)
    _, parts = _parts(found)
    assert all(parts[(name,)] != 0 for name in ("data", "margins", "method"))
    assert parts[("monte_carlo",)] == parts[("code",)] == 0


def test_means_over_orders_do_not_depend_on_the_direction(base, old):
    """Shapley values of the way back are those of the way there, with the other sign; an order's parts are not."""
    changed = _narrower(_with_table(base, "registrations", _twice))
    new = study.run(changed, n_replicates=REPLICATES, seed=SEED)
    there = _parts(study.compare(old, new, old_study=base, new_study=changed, average=True))[1]
    back = _parts(study.compare(new, old, old_study=changed, new_study=base, average=True))[1]
    assert {key: -amount for key, amount in back.items()} == pytest.approx(there)
    first = _parts(study.compare(old, new, old_study=base, new_study=changed))[1]
    assert first[("data",)] != pytest.approx(there[("data",)], rel=1e-3)


def test_what_the_code_of_before_gave_otherwise_is_the_part_of_the_code(base, old):
    """A result whose number does not come out with the code of today: the difference is the code's."""
    off = replace(old.estimates["occasional"], value=old.estimates["occasional"].value - 1000)
    changed = _with_table(base, "registrations", _twice)
    new = study.run(changed, n_replicates=REPLICATES, seed=SEED)
    found = study.compare(replace(old, estimates={"occasional": off}), new, old_study=base, new_study=changed)
    row, parts = _parts(found)
    assert parts[("code",)] == pytest.approx(1000)
    assert parts[("data",)] == pytest.approx(row.change - 1000)
    _check_sums(found)


def test_figures_of_a_result_stand_for_a_study_that_is_not_at_hand():
    """With one study file at hand, the figures of the other result are swapped in; its method is told from nothing."""
    now = study.load("diplab-2019")
    figure = replace(now.inputs["multi_homing"], value=1.5, low=1.495, high=1.505)
    before = replace(now, version="0.9.0", inputs={**now.inputs, "multi_homing": figure})
    old, new = (study.run(one, n_replicates=9, seed=1) for one in (before, now))
    found = study.compare(old, new)
    assert found.components == ("data",)
    assert found.not_separated == ("method",)
    row, parts = _parts(found)
    assert parts[("data",)] == row.change
    assert parts[("method", "code")] == 0
    _check_sums(found)


def test_a_table_that_has_changed_since_is_given_with_the_code(base, old):
    """Where the old table is gone, its part cannot be told from the code, and the comparison says so."""
    changed = _with_table(base, "registrations", _twice)
    new = study.run(changed, n_replicates=REPLICATES, seed=SEED)
    found = study.compare(old, new, old_study=changed, new_study=changed)
    assert found.not_separated == ("data",)
    row, parts = _parts(found)
    assert parts[("data", "code")] == row.change
    _check_sums(found)


def test_an_order_that_cannot_be_run_gives_way_to_another(base, old):
    """New data without the column that the old method asks for: the method goes first, and it says so."""
    entry = base.files["registrations"].model_copy(update={"columns": {"platform": "platform"}})
    broken = replace(base, files={**base.files, "registrations": entry})
    other = study.load("diplab-like")
    lists = replace(_only(other, "very_active"), files={**base.files, "registrations": entry})
    new = study.run(lists, n_replicates=REPLICATES, seed=SEED)
    found = study.compare(replace(old, files={}), replace(new, files={}), old_study=base, new_study=lists)
    assert (found.only_old, found.only_new) == (("occasional",), ("very_active",))
    assert found.components == ("method", "data")
    assert found.orders == 1
    assert broken is not base


def test_what_cannot_be_run_in_between_is_one_part(base, old):
    """Where no order can be run, nothing is told apart: one part has all of the change."""
    entry = base.files["margins"].model_copy(update={"columns": {"variable": "variable"}})
    broken = replace(base, files={**base.files, "margins": entry})
    new = replace(old, estimates={"occasional": replace(old.estimates["occasional"], value=1e6)})
    found = study.compare(old, new, old_study=base, new_study=broken)
    row, parts = _parts(found)
    assert found.orders == 0
    assert list(parts.values()) == [row.change]
    assert set(*parts) >= {"margins", "code"}


def test_bounds_are_compared_and_missing_numbers_are_not():
    """Bounds have their ends compared; an estimate without a number has no change."""
    bundle = study.run(study.load("diplab-2019"), n_replicates=9, seed=1)
    rows = {(row.estimate, row.quantity): row for row in study.compare(bundle, bundle).rows}
    assert rows["occasional_bounds", "low"].change == 0.0
    assert ("very_active", "value") not in rows
    assert all(part.amount == 0 for row in rows.values() for part in row.parts)


def test_two_results_without_a_study_are_refused(old):
    """Without any study nothing can be run again."""
    unknown = replace(old, study={**old.study, "id": "unknown"})
    with pytest.raises(InvalidInput, match="study not at hand"):
        study.compare(unknown, unknown)
