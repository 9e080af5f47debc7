"""Time and peak memory of a synthetic population: a million persons on 23 platforms by default.

Run with ``python benchmarks/population.py``. Covariates with effects, a gamma propensity, correlated registrations and
activity, dormancy, one-inflation and exact targets are all switched on, so that every part is timed.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import time

import numpy as np
import scipy

from microwork_estimate.simulate import (
    FRENCH_ACTIVE_LIKE,
    Activity,
    Attrition,
    PlatformMarket,
    Propensity,
    Targets,
    population,
)

SEX, AGE, REGION, EDUCATION = FRENCH_ACTIVE_LIKE


def measure(n_persons: int, n_platforms: int, seed: int) -> tuple[float, int]:
    """Make one population; return the seconds it took and how many persons are registered."""
    start = time.perf_counter()
    world = population(
        n_persons=n_persons,
        market=PlatformMarket.ranked(n_platforms, largest=0.3, n_declaring=(n_platforms + 2) // 3, multi_homing=0.3),
        propensity=Propensity(
            law="gamma",
            cv=1.5,
            covariates=(SEX.with_effects({"women": 0.2}), AGE.with_effects({"25-34": 0.4}), REGION, EDUCATION),
        ),
        activity=Activity(
            mean_days=5.0,
            cv=3.0,
            correlation=0.4,
            targets=Targets(registered=n_persons // 4, monthly=n_persons // 20, weekly=n_persons // 70),
        ),
        attrition=Attrition(dormancy=0.6, dormancy_correlation=-0.3, tried_once=0.05),
        seed=seed,
    )
    return time.perf_counter() - start, int(world.truth["registered"] or 0)


def main() -> None:
    """Measure and write a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--platforms", type=int, default=23)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    runs = [measure(asked.persons, asked.platforms, seed) for seed in range(asked.repeat)]
    # Linux counts in kilobytes, macOS in bytes.
    unit = 1e9 if sys.platform == "darwin" else 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    seconds = ", ".join(f"{run[0]:.2f}" for run in runs)
    sys.stdout.write(
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"{os.cpu_count()} processors, {platform.machine()}\n"
        f"{asked.persons:,} persons on {asked.platforms} platforms, {runs[0][1]:,} registered\n"
        f"seconds: {seconds}\n"
        f"peak memory of the process: {peak:.2f} GB\n"
    )


if __name__ == "__main__":
    main()
