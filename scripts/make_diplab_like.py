"""Make the synthetic data of the study ``diplab-like``: a workforce whose truth is known, observed as DiPLab did.

No real person is in these data. The world is set so that 266,126 persons are registered on seven declaring platforms,
52,337 are active at least monthly and 14,903 every week; everything that a study would see is then drawn from it with a
fixed seed. Run it from anywhere; it rewrites the files of ``data/diplab_like`` and prints what it made:

    python scripts/make_diplab_like.py
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from microwork_estimate import simulate

FOLDER = Path(__file__).resolve().parents[1] / "data" / "diplab_like"
SEED = 2019
REACHED = ("platform 01", "platform 03", "platform 05")
CALIBRATED = ("sex", "age")


def make_world() -> simulate.Population:
    """Draw the workforce: 23 platforms, seven of which declare, with the three published figures as its truth."""
    return simulate.population(
        n_persons=600_000,
        market=simulate.PlatformMarket.ranked(23, largest=0.25, exponent=0.7, n_declaring=7, multi_homing=0.05),
        propensity=simulate.Propensity(law="gamma", cv=1.5, covariates=simulate.FRENCH_ACTIVE_LIKE),
        activity=simulate.Activity(
            mean_days=5.25,
            cv=11.39,
            correlation=0.4,
            crossing=0.3,
            targets=simulate.Targets(registered=266_126, monthly=52_337, weekly=14_903),
        ),
        attrition=simulate.Attrition(dormancy=0.6, dormancy_correlation=-0.3),
        seed=SEED,
    )


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write one table with Unix line ends, so that its checksum is the same everywhere."""
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def plain(value: Any) -> Any:
    """Write whole numbers without a decimal point, other numbers with all their digits, the rest as it is."""
    if isinstance(value, np.bool_ | bool):
        return int(value)
    if isinstance(value, np.floating | float):
        return int(value) if float(value).is_integer() else repr(float(value))
    return value.item() if isinstance(value, np.generic) else value


def write_registrations(world: simulate.Population) -> None:
    """Write the accounts that the seven platforms declare, rounded to hundreds, three per cent of them duplicates."""
    declared = simulate.registrations(
        world, declaration=simulate.Declaration(cell=100, duplicates=0.03), seed=SEED
    ).data
    rows = zip(declared.platforms, (plain(a) for a in declared.accounts), strict=True)
    write("registrations.csv", ("platform", "accounts"), rows)


def write_survey(world: simulate.Population) -> None:
    """Write 1,000 respondents reached through their accounts on three platforms; women answer more readily."""
    seen = simulate.survey(
        world,
        n_respondents=1000,
        reach=simulate.Reach(via="registrations", platforms=REACHED),
        field_work=simulate.FieldWork(
            response=0.3, effects=(simulate.Effect(covariate="sex", category="women", logit=0.4),)
        ),
        answers=simulate.Answers(bands=simulate.USUAL_BANDS),
        seed=SEED,
    ).data
    declaring = [name for name in world.market.names if name in set(world.market.declaring)]
    kept = ["platform", "n_platforms", *(f"on {name}" for name in declaring), "platform_days", "monthly"]
    kept += ["weekly_every_week", "sex", "age", "region", "education"]
    columns = [seen.column(name) for name in kept] + [seen.weights]
    header = [name.replace(" ", "_") for name in kept] + ["weight"]
    header[header.index("weekly_every_week")] = "weekly"
    write("survey.csv", header, ([plain(value) for value in row] for row in zip(*columns, strict=True)))


def write_margins(world: simulate.Population) -> None:
    """Write the accounts of the three platforms by sex and by age, as the platforms would publish them."""
    census = {name: world.covariate(name) for name in CALIBRATED}
    on = world.membership[:, [world.market.names.index(name) for name in REACHED]].sum(axis=1)
    rows: list[tuple[str, str, int]] = []
    for variable, categories in census.items():
        names = sorted(set(categories.tolist()))
        rows += [(variable, category, int(on[categories == category].sum())) for category in names]
    write("margins.csv", ("variable", "category", "accounts"), rows)


def write_lists(world: simulate.Population) -> None:
    """Write two independent lists of weekly active workers by who is on which."""
    seen = simulate.lists(
        world,
        capture=simulate.Capture(probabilities=(0.12, 0.09), names=("forum", "payments")),
        among="weekly_every_week",
        seed=SEED,
    ).data
    rows = [(*(int(x) for x in pattern), int(n)) for pattern, n in zip(seen.patterns, seen.counts, strict=True)]
    write("lists.csv", (*seen.lists, "persons"), rows)


def write_audience(world: simulate.Population) -> None:
    """Write the monthly unique visitors of all 23 sites, as one audience provider would print them."""
    seen = simulate.traffic(
        world,
        provider=simulate.Provider(sigma=0.3, correlation=0.6),
        visitors=simulate.Visitors(worker_share=0.55, territory_share=0.92, devices=1.4),
        seed=SEED,
    ).data
    rows = zip(seen.platforms, (round(float(v)) for v in seen.unique_visitors), strict=True)
    write("audience.csv", ("site", "unique_visitors"), rows)


def write_truth(world: simulate.Population) -> None:
    """Write the truth by estimand: for comparison, never an input."""
    write("truth.csv", ("estimand", "value"), ((name, plain(value)) for name, value in world.truth.items()))


def main() -> None:
    """Make the world and write every table."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    world = make_world()
    for part in (write_registrations, write_survey, write_margins, write_lists, write_audience, write_truth):
        part(world)


if __name__ == "__main__":
    main()
