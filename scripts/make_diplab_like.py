"""Make the synthetic data of the study ``diplab-like``: a workforce whose truth is known, observed as DiPLab did.

No real person is in these data. The world is set so that 266,126 persons are registered on seven declaring platforms,
52,337 are active at least monthly and 14,903 every week; everything that a study would see is then drawn from it with a
fixed seed. Run it from anywhere; it rewrites the files of ``data/diplab_like`` and prints what it made:

    python scripts/make_diplab_like.py

What persons say of their job, poverty, hours and earnings is drawn from streams of its own, one for each, so that it
moves nothing that was drawn before.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from microwork_estimate import simulate
from microwork_estimate.simulate.days import n_days
from microwork_estimate.streams import stream

FOLDER = Path(__file__).resolve().parents[1] / "data" / "diplab_like"
SEED = 2019
REACHED = ("platform 01", "platform 03", "platform 05")
CALIBRATED = ("sex", "age")
TIERS = ("very_active", "regular_only", "occasional_only")
JOBS = ("full-time job", "part-time job", "no other job")
POVERTY = ("above the poverty line", "below the poverty line")
# Chance of having no other job by age, of a part-time job among those with one by sex, of poverty by job.
NO_OTHER_JOB = {
    "15-24": 0.45, "25-34": 0.25, "35-44": 0.22, "45-54": 0.22, "55-64": 0.28, "65 and over": 0.90
}  # fmt: skip
PART_TIME = {"women": 0.38, "men": 0.12}
POOR = {"full-time job": 0.08, "part-time job": 0.25, "no other job": 0.45}
MORE_WITHOUT_JOB = 0.10  # among the very active
MEDIAN_HOURS_A_DAY, SPREAD_OF_HOURS = 1.85, 0.35  # on a day with work; standard deviation of the logarithm
MEDIAN_EUR_PER_HOUR, SPREAD_OF_EUR = 1.77, 0.35
FULL_TIME_WEEK = 35.0  # hours, the legal week in France
WEEKS_PER_MONTH = 365.25 / 12 / 7


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


def tiers_of(world: simulate.Population) -> np.ndarray:
    """Return the exclusive tier of every person, empty for persons on no declaring platform."""
    registered, monthly, weekly = (world.among(name) for name in ("registered", "monthly", "weekly_every_week"))
    return np.select([weekly, monthly, registered], TIERS, default="")


def work_of(world: simulate.Population) -> dict[str, np.ndarray]:
    """Draw job, poverty, hours a week and earnings an hour of every person, each on a stream of its own.

    Hours are days with work, on whatever declaring platform, times hours on such a day, over four weeks; 0 for who was
    not active, and so are earnings.
    """
    n, tier = world.n_persons, tiers_of(world)
    sex, age = world.covariate("sex"), world.covariate("age")
    without = by_name(NO_OTHER_JOB, age) + MORE_WITHOUT_JOB * (tier == "very_active")
    draw = stream(SEED, "diplab-like/employment").random((2, n))
    kind = np.where(draw[1] < by_name(PART_TIME, sex), JOBS[1], JOBS[0])
    employment = np.where(draw[0] < without, JOBS[2], kind)
    poor = stream(SEED, "diplab-like/poverty").random(n) < by_name(POOR, employment)
    a_day = MEDIAN_HOURS_A_DAY * stream(SEED, "diplab-like/hours").lognormal(0.0, SPREAD_OF_HOURS, n)
    days = n_days(world.days())
    pay = MEDIAN_EUR_PER_HOUR * stream(SEED, "diplab-like/earnings").lognormal(0.0, SPREAD_OF_EUR, n)
    hours = np.minimum(np.ceil(days * a_day) / 4, 80.0)
    return {
        "employment": employment,
        "poverty": np.where(poor, POVERTY[1], POVERTY[0]),
        "hours_per_week": hours,
        "eur_per_hour": np.where(hours > 0, np.round(pay, 2), 0.0),
    }


def by_name(table: Mapping[str, float], names: np.ndarray) -> np.ndarray:
    """Look up a number for every name."""
    known, position = np.unique(names, return_inverse=True)
    return np.array([table[str(name)] for name in known])[position]


def write_survey(world: simulate.Population) -> None:
    """Write 1,000 respondents reached through their accounts on three platforms; women answer more readily."""
    observed = simulate.survey(
        world,
        n_respondents=1000,
        reach=simulate.Reach(via="registrations", platforms=REACHED),
        field_work=simulate.FieldWork(
            response=0.3, effects=(simulate.Effect(covariate="sex", category="women", logit=0.4),)
        ),
        answers=simulate.Answers(bands=simulate.USUAL_BANDS),
        seed=SEED,
    )
    seen, said = observed.data, work_of(world)
    declaring = [name for name in world.market.names if name in set(world.market.declaring)]
    kept = ["platform", "n_platforms", *(f"on {name}" for name in declaring), "platform_days", "monthly"]
    kept += ["weekly_every_week", "sex", "age", "region", "education"]
    columns = [seen.column(name) for name in kept] + [seen.weights]
    columns += [answers[observed.persons] for answers in said.values()]
    header = [name.replace(" ", "_") for name in kept] + ["weight", *said]
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
    """Write the truth by estimand, and by tier and domain: for comparison, never an input."""
    truth = {**world.truth, **work_truth(world)}
    write("truth.csv", ("estimand", "value"), ((name, plain(value)) for name, value in truth.items()))
    tier, registered = tiers_of(world), world.among("registered")
    rows: list[tuple[str, str, str, int]] = []
    for variable, values in domains_of(world).items():
        for domain in sorted(set(values[registered].tolist())):
            rows += [(variable, domain, name, int(((tier == name) & (values == domain)).sum())) for name in TIERS]
    write("truth_domains.csv", ("variable", "domain", "tier", "persons"), rows)


def domains_of(world: simulate.Population) -> dict[str, np.ndarray]:
    """Return the variables by which tiers are divided."""
    work = work_of(world)
    return {
        "sex": world.covariate("sex"),
        "age": world.covariate("age"),
        "employment": work["employment"],
        "poverty": work["poverty"],
    }


def work_truth(world: simulate.Population) -> dict[str, float]:
    """Return shares of the registered, and hours and earnings of the tiers, nested as the tiers are."""
    work, registered = work_of(world), world.among("registered")
    of_registered = {
        "share_women": world.covariate("sex") == "women",
        "share_poor": work["poverty"] == POVERTY[1],
        "share_no_other_job": work["employment"] == JOBS[2],
        "share_25_44": np.isin(world.covariate("age"), ("25-34", "35-44")),
    }
    truth = {name: float(who[registered].mean()) for name, who in of_registered.items()}
    hours, eur = work["hours_per_week"], work["hours_per_week"] * work["eur_per_hour"] * WEEKS_PER_MONTH
    monthly, weekly = world.among("monthly"), world.among("weekly_every_week")
    truth["hours_per_week"] = float(hours[monthly].mean())
    truth["mean_eur_per_month"] = float(eur[monthly].mean())
    truth["median_eur_per_hour"] = float(np.median(work["eur_per_hour"][monthly]))
    for name, who in (("very_active", weekly), ("regular", monthly)):
        truth[f"fte_{name}"] = float(hours[who].sum() / FULL_TIME_WEEK)
        truth[f"eur_per_month_{name}"] = float(eur[who].sum())
    return truth


def main() -> None:
    """Make the world and write every table."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    world = make_world()
    for part in (write_registrations, write_survey, write_margins, write_lists, write_audience, write_truth):
        part(world)


if __name__ == "__main__":
    main()
