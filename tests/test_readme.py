"""The numbers that the README prints are those that the library finds."""

import re
from pathlib import Path

from microwork_estimate import study

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def _shown(*numbers):
    return [f"{number:,.0f}" for number in numbers]


def test_numbers_about_2019():
    """Recomputed figures, bounds and exclusive tiers in the README are those of the run, and no sentence lags behind."""
    bundle = study.run(study.load("diplab-2019"), n_replicates=9, seed=1)
    estimates = bundle.estimates
    bounds = [estimates[name].bounds for name in ("occasional_bounds", "occasional_one_platform")]
    found = _shown(estimates["occasional"].value, estimates["regular"].value)
    found += [end for around in bounds for end in _shown(around.low, around.high)]
    found += _shown(*bundle.tables["published_tiers"].column("exclusive"))
    assert [number for number in found if number not in README] == []
    below = dict(zip(bundle.tables["comparison"].column("estimate"), bundle.tables["comparison"].rows, strict=True))
    columns = bundle.tables["comparison"].columns
    row = dict(zip(columns, below["occasional_bounds"], strict=True))
    assert f"{100 * row['below_low']:.0f} % to {100 * row['below_high']:.0f} % too low" in README


def test_numbers_about_mechanical_turk():
    """So are those of the second study."""
    bundle = study.run(study.load("mturk"), n_replicates=9, seed=1)
    sizes = bundle.tables["mixture_drift"].column("value")
    found = _shown(
        bundle.estimates["equal_catchability"].value, bundle.estimates["lower_bound"].value, sizes[1], sizes[5]
    )
    assert [number for number in found if number not in README] == []


def test_commands_exist():
    """Every command that the README names is one of the program."""
    from microwork_estimate.cli import app

    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert set(re.findall(r"^microwork-estimate ([a-z]+)", README, flags=re.MULTILINE)) <= names
