"""Speed of the bootstrap: cost of a replicate, scaling over processes, memory, a whole study, and scipy beside it.

Run with ``python benchmarks/bootstrap.py``; ``--study`` adds 2,000 replicates of the study with simulated microdata. The
machine is printed with the figures: they mean nothing without it.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy
from scipy import stats

from microwork_estimate import bootstrap
from microwork_estimate.inputs import Elicited, PlatformRegistrations, SurveySample

SEED = 2019


def sources(n_respondents: int) -> dict[str, Any]:
    """Make a survey of three platforms, their declared accounts, and a share of duplicates."""
    generator = np.random.default_rng(SEED)
    platform_of = np.repeat(["a", "b", "c"], n_respondents // 3)
    survey = SurveySample(
        columns={"platforms": 1.0 + generator.poisson(0.4, platform_of.size)},
        weight=generator.uniform(50, 150, platform_of.size),
        strata=platform_of,
        reached_via="registration",
    )
    return {
        "survey": survey,
        "accounts": PlatformRegistrations(platforms=("a", "b", "c"), accounts=[9e4, 5e4, 2e4], source="made up"),
        "duplicates": Elicited(distribution="share", low=0.02, high=0.1, source="assumed: for the benchmark"),
    }


SCHEME = bootstrap.Joint(
    schemes={
        "survey": bootstrap.RaoWuYue(),
        "accounts": bootstrap.RoundedAccounts(half_width=500),
        "duplicates": bootstrap.ElicitedDraws(),
    }
)


def persons(drawn: Mapping[str, Any]) -> float:
    """Divide accounts without duplicates by the platforms per person, from one redraw."""
    survey: SurveySample = drawn["survey"]
    weights = survey.weights
    per_person = weights.sum() / (weights @ (1.0 / survey.column("platforms")))
    return float(drawn["accounts"].total * (1 - drawn["duplicates"]) / per_person)


@bootstrap.batched
def persons_together(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Do the same for a whole block of redraws."""
    weights = drawn["survey"] * DATA["survey"].weights
    per_person = weights.sum(axis=1) / (weights @ (1.0 / DATA["survey"].column("platforms")))
    return {"value": drawn["accounts"].sum(axis=1) * (1 - drawn["duplicates"]) / per_person}


DATA = sources(3000)


def seconds(work: Callable[[], object], repeat: int = 1) -> float:
    """Return the shortest time that some work took."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def run(recipe: Callable[[Any], Any], n_replicates: int, executor: bootstrap.Executor = bootstrap.SERIAL) -> Any:
    """Run one recipe on the sources of the benchmark."""
    execution = bootstrap.Execution(executor=executor)
    return bootstrap.replicate(recipe, DATA, SCHEME, n_replicates=n_replicates, seed=SEED, execution=execution)


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def cost_of_a_replicate(recipe: Callable[[Any], Any], name: str) -> None:
    """Time 200 to 20,000 replicates; the slope on logarithmic scales is 1 when each costs the same."""
    run(recipe, 64)
    counts = np.array([200, 632, 2000, 6325, 20_000])
    times = np.array([seconds(lambda n=int(n): run(recipe, n), 3 if n <= 2000 else 1) for n in counts])
    slope = np.polyfit(np.log(counts), np.log(times), 1)[0]
    each = ", ".join(f"{n}: {1e6 * t / n:.0f}" for n, t in zip(counts, times, strict=True))
    say(f"{name}: microseconds a replicate by number of replicates: {each}; slope of total time {slope:.3f}")


def scaling(n_replicates: int) -> None:
    """Time one and two processes on the same replicates; the pool is started before, and its start is told apart."""
    two = bootstrap.Executor(kind="processes", n_workers=2)
    start = seconds(lambda: run(persons, 128, two))
    one = seconds(lambda: run(persons, n_replicates))
    both = seconds(lambda: run(persons, n_replicates, two))
    say(
        f"{n_replicates} replicates, one by one: one process {one:.2f} s, two {both:.2f} s, "
        f"ratio {one / both:.2f}; starting the pool takes {start:.2f} s"
    )


def memory(n_replicates: int) -> None:
    """Measure the peak memory of redraws that would fill gigabytes if they were kept."""
    total = bootstrap.batched(lambda uniforms: {"sum": uniforms.sum(axis=1)})
    width = 20_000
    tracemalloc.start()
    bootstrap.replicate(total, width, bootstrap.UniformDraws(), n_replicates=n_replicates, seed=SEED)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    say(f"{n_replicates} redraws of {8 * width * n_replicates / 1e9:.1f} GB in all: peak {peak / 1e6:.0f} MB")


def beside_scipy(n: int, n_replicates: int) -> None:
    """Time the percentile interval of a mean, here and with scipy.stats.bootstrap."""
    x = np.random.default_rng(SEED).exponential(size=n)
    sample = SurveySample(columns={"x": x})
    mean = bootstrap.batched(lambda factors: {"value": factors @ x / factors.sum(axis=1)})

    def ours() -> object:
        draws = bootstrap.replicate(mean, sample, bootstrap.RaoWuYue(), n_replicates=n_replicates, seed=SEED)
        return bootstrap.percentile(draws["value"])

    def theirs() -> object:
        random = np.random.default_rng(SEED)
        options = {"n_resamples": n_replicates, "method": "percentile", "vectorized": True, "batch": 64}
        return stats.bootstrap((x,), np.mean, rng=random, **options)

    own, other = seconds(ours, 3), seconds(theirs, 3)
    say(f"mean of {n}, {n_replicates} replicates: {own:.3f} s, scipy {other:.3f} s, ratio {own / other:.2f}")


def checkpoint(n_replicates: int, folder: str) -> None:
    """Time the same run with and without keeping its blocks."""
    plain = seconds(lambda: run(persons, n_replicates))
    execution = bootstrap.Execution(checkpoint=folder)
    kept = seconds(
        lambda: bootstrap.replicate(persons, DATA, SCHEME, n_replicates=n_replicates, seed=SEED, execution=execution)
    )
    say(f"{n_replicates} replicates: {plain:.2f} s, with a checkpoint {kept:.2f} s")


def whole_study(n_replicates: int) -> None:
    """Time the study with simulated microdata, from its tables to its bundle."""
    from microwork_estimate import study

    loaded = study.load("diplab-like")
    taken = seconds(lambda: study.run(loaded, n_replicates=n_replicates, seed=SEED))
    say(f"study diplab-like, {n_replicates} replicates of every estimate: {taken:.2f} s")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", action="store_true")
    parser.add_argument("--checkpoint", metavar="FOLDER", help="an empty folder, to time a run that keeps its blocks")
    chosen = parser.parse_args()
    say(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    say(f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}")
    cost_of_a_replicate(persons, "one by one")
    cost_of_a_replicate(persons_together, "in batches")
    scaling(10_000)
    memory(10_000)
    beside_scipy(1000, 9999)
    if chosen.checkpoint:
        checkpoint(2000, chosen.checkpoint)
    if chosen.study:
        whole_study(2000)


if __name__ == "__main__":
    main()
