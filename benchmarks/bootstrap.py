"""Speed of the bootstrap: cost of a replicate, scaling, memory, a whole study, and other programs beside it.

Run with ``python benchmarks/bootstrap.py``; ``--study`` adds the study with simulated microdata: 2,000 replicates against
the clock, 10,000 for the peak memory, and, where ``Rscript`` with the package survey is installed, the part of it that R
can do (a survey raked in each replicate, and the platforms per person). The machine and all versions are printed with the
figures: they mean nothing without them. Programs that are not installed are left out. ``arch`` is no dependency of this
package: make a virtual environment of its own, install this package there, and then ``pip install arch``.

Measured on two processors (x86-64, Python 3.11.7, numpy 2.4.6, scipy 1.17.1, arch 8.0.0, R 4.2.2 with survey 4.1.1, load
0.9):

    a replicate, one by one, from 200 to 20,000 of them    265 to 296 microseconds, slope of total time 0.980
    a replicate, in batches                                80 to 102 microseconds, slope 0.962
    10,000 replicates, one by one                          2.68 s in one process, 1.51 s in two: ratio 1.77
    starting the two processes                             2.81 s
    10,000 redraws of 1.6 GB in all                        peak 10 MB
    mean of 1,000, 9,999 replicates                        0.083 s, scipy 0.044 s, arch 0.103 s
    ratio of two means of 1,000, 9,999 replicates          0.087 s, scipy 0.082 s, arch 0.138 s
    diplab-like, 16 estimates, 2,000 replicates            2.25 s in one process, 2.00 s in two
    diplab-like, 16 estimates, 10,000 replicates           peak 294 MB of a new process, its imports included
    survey raked in each of 2,000 replicates               0.13 s of processor time, R 7.08 s: 55 times as long
    their standard errors                                  0.01261 of 1.2461, R 0.01267

Of ours for the mean, half goes into counting how often each respondent was drawn (by a profile): survey weights need the
counts, and a mean of drawn values, as scipy computes it, does not.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
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


def seconds(work: Callable[[], object], repeat: int = 1, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the shortest time that some work took."""
    times = []
    for _ in range(repeat):
        start = clock()
        work()
        times.append(clock() - start)
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


def beside_others(n: int, n_replicates: int) -> None:
    """Time the percentile intervals of a mean and of a ratio of means: ours, scipy.stats.bootstrap, arch."""
    generator = np.random.default_rng(SEED)
    x, y = generator.exponential(size=(2, n))
    sample = SurveySample(columns={"x": x, "y": y})
    recipes = {
        "mean": bootstrap.batched(lambda factors: {"value": factors @ x / factors.sum(axis=1)}),
        "ratio": bootstrap.batched(lambda factors: {"value": (factors @ x) / (factors @ y)}),
    }
    for name, recipe in recipes.items():
        times = {"ours": seconds(lambda r=recipe: _interval(r, sample, n_replicates), 3)}
        times["scipy"] = seconds(lambda w=name: _with_scipy(w, x, y, n_replicates), 3)
        if importlib.util.find_spec("arch"):
            times["arch"] = seconds(lambda w=name: _with_arch(w, x, y, n_replicates), 3)
        told = ", ".join(
            f"{tool} {taken:.3f} s" + (f" (ours over it {times['ours'] / taken:.2f})" if tool != "ours" else "")
            for tool, taken in times.items()
        )
        say(f"{name} of {n}, {n_replicates} replicates, percentile interval: {told}")


def _interval(recipe: Callable[[Any], Any], sample: SurveySample, n_replicates: int) -> object:
    draws = bootstrap.replicate(recipe, sample, bootstrap.RaoWuYue(), n_replicates=n_replicates, seed=SEED)
    return bootstrap.percentile(draws["value"])


def _with_scipy(what: str, x: Any, y: Any, n_replicates: int) -> object:
    options = {"n_resamples": n_replicates, "method": "percentile", "vectorized": True, "batch": 64}
    random = np.random.default_rng(SEED)
    if what == "mean":
        return stats.bootstrap((x,), np.mean, rng=random, **options)
    return stats.bootstrap((x, y), _ratio, rng=random, paired=True, **options)


def _ratio(x: Any, y: Any, axis: int = -1) -> Any:
    return np.mean(x, axis=axis) / np.mean(y, axis=axis)


def _with_arch(what: str, x: Any, y: Any, n_replicates: int) -> object:
    from arch.bootstrap import IIDBootstrap

    if what == "mean":
        return IIDBootstrap(x, seed=SEED).conf_int(np.mean, reps=n_replicates, method="percentile")
    return IIDBootstrap(x, y, seed=SEED).conf_int(_ratio, reps=n_replicates, method="percentile")


def checkpoint(n_replicates: int, folder: str) -> None:
    """Time the same run with and without keeping its blocks."""
    plain = seconds(lambda: run(persons, n_replicates))
    execution = bootstrap.Execution(checkpoint=folder)
    kept = seconds(
        lambda: bootstrap.replicate(persons, DATA, SCHEME, n_replicates=n_replicates, seed=SEED, execution=execution)
    )
    say(f"{n_replicates} replicates: {plain:.2f} s, with a checkpoint {kept:.2f} s")


def whole_study(n_replicates: int) -> None:
    """Time the study with simulated microdata, from its tables to its bundle, in one process and in two."""
    from microwork_estimate import study

    loaded = study.load("diplab-like")
    two = bootstrap.Execution(executor=bootstrap.Executor(kind="processes", n_workers=2))

    def work(execution: bootstrap.Execution, n: int = n_replicates) -> object:
        return study.run(loaded, n_replicates=n, seed=SEED, execution=execution)

    work(two, 128)
    one, both = (seconds(lambda e=execution: work(e)) for execution in (bootstrap.Execution(), two))
    say(
        f"study diplab-like, {len(loaded.estimates)} estimates, {n_replicates} replicates of each that is redrawn: "
        f"one process {one:.2f} s, two {both:.2f} s"
    )


PEAK = """
import resource, sys
from microwork_estimate import study
bundle = study.run(study.load("diplab-like"), n_replicates=int(sys.argv[1]), seed=2019).to_json()
sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
"""


def whole_study_memory(n_replicates: int) -> None:
    """Measure the peak memory of a process that does nothing but the study, its imports and its bundle included."""
    result = subprocess.run([sys.executable, "-c", PEAK, str(n_replicates)], capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    say(f"study diplab-like, {n_replicates} replicates: peak {int(result.stdout) * unit / 1e6:.0f} MB of a new process")


R_STUDY = """
suppressMessages(library(survey))
arguments <- commandArgs(TRUE)
set.seed(2019)
people <- read.csv(arguments[1], check.names = FALSE)
margins <- read.csv(arguments[2])
margin <- function(name) {
  rows <- margins[margins$variable == name, ]
  stats::setNames(data.frame(rows$category, rows$accounts), c(name, "Freq"))
}
start <- sum(proc.time()[1:2])
design <- svydesign(~1, strata = ~platform, weights = ~weight, data = people)
redrawn <- as.svrepdesign(design, type = "subbootstrap", replicates = as.integer(arguments[3]))
raked <- rake(redrawn, list(~sex, ~age), list(margin("sex"), margin("age")),
              control = list(maxit = 100, epsilon = 1e-7))
found <- withReplicates(raked, function(weights, data) sum(weights) / sum(weights / data$n_platforms))
cat(sum(proc.time()[1:2]) - start, coef(found), SE(found),
    as.character(packageVersion("survey")), paste(R.version$major, R.version$minor, sep = "."))
"""


def beside_r(n_replicates: int) -> None:
    """Time the survey of the study, raked in each replicate, and its platforms per person: ours and R's survey.

    In processor time, of which each uses one: it depends least on who else is at work.
    """
    from microwork_estimate import study, weighting
    from microwork_estimate.inputs import margins_from_table, read_table, survey_sample

    loaded = study.load("diplab-like")
    files = [loaded.table(name) for name in ("survey", "margins")]
    sample = survey_sample(
        read_table(files[0]), weight="weight", reached_via="platform_subset", design={"strata": "platform"}
    )
    names = ("variable", "category", "accounts")
    margins = margins_from_table(read_table(files[1]), source="margins.csv", columns=names)
    inverse = 1 / sample.numbers("n_platforms")

    @bootstrap.batched
    def per_person(factors: Any) -> dict[str, Any]:
        weights = weighting.calibrate_replicates(sample, margins, factors * sample.weights)
        return {"value": weights.sum(axis=1) / (weights @ inverse)}

    def ours() -> bootstrap.ReplicateSet:
        return bootstrap.replicate(per_person, sample, bootstrap.RaoWuYue(), n_replicates=n_replicates, seed=SEED)

    error = bootstrap.standard_error(ours()["value"])
    own = seconds(ours, 3, time.process_time)
    told = (
        f"survey raked in each of {n_replicates} replicates, processor time: {own:.2f} s (standard error {error:.5f})"
    )
    found = _with_r(files, n_replicates)
    if found:
        taken, value, deviation, version, r = found
        told += (
            f", R {r} with survey {version} {float(taken):.2f} s (standard error {float(deviation):.5f} of "
            f"{float(value):.4f}): R takes {float(taken) / own:.0f} times as long"
        )
    say(told)


def _with_r(files: list[Path], n_replicates: int) -> list[str]:
    """Run the same in R; nothing where R or its package is missing."""
    if shutil.which("Rscript") is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "study.R"
        script.write_text(R_STUDY, encoding="utf-8")
        command = ["Rscript", str(script), *map(str, files), str(n_replicates)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.split() if result.returncode == 0 else []


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", action="store_true")
    parser.add_argument("--checkpoint", metavar="FOLDER", help="an empty folder, to time a run that keeps its blocks")
    chosen = parser.parse_args()
    say(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("arch",) if importlib.util.find_spec(name)]
    mine = [f"Python {platform.python_version()}", f"numpy {np.__version__}", f"scipy {scipy.__version__}"]
    say(", ".join([*mine, *versions]) + f", load {os.getloadavg()[0]:.1f}")
    cost_of_a_replicate(persons, "one by one")
    cost_of_a_replicate(persons_together, "in batches")
    scaling(10_000)
    memory(10_000)
    beside_others(1000, 9999)
    if chosen.checkpoint:
        checkpoint(2000, chosen.checkpoint)
    if chosen.study:
        whole_study(2000)
        whole_study_memory(10_000)
        beside_r(2000)


if __name__ == "__main__":
    main()
