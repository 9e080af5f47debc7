"""Raking against the other programs that are installed: one million respondents, and a thousand replicates.

Run with ``python benchmarks/raking.py``. Every tool starts from a data frame with text in its columns and ends with
weights, in one process, turn by turn, and the shortest of several runs counts. The column of deviations is recomputed
here from the weights of each tool: the largest difference from a margin, as a share of it. Tools that are not installed
are left out. The peers are no dependency of this package: make a virtual environment of its own, install this package
there, and then ``pip install leafblower svy polars pyarrow``. For the peak memory of ours alone: ``--tools ours``.

Seconds on two processors (x86-64, Python 3.11.7, numpy 2.4.6, scipy 1.17.1, pandas 3.1.1, leafblower 0.1.0, svy 0.35.0;
shortest of 6, load 1 from this program alone):

    respondents, margins                       ours   leafblower (best of 3)   svy
    1,000,000, 2 + 8 + 5 + 6 + 9 categories   0.130              0.675       1.828
    1,000,000, 5 x 30 categories              0.300              1.007       2.052
    1,000 replicates of 10,000, 2+8+5+6+9     0.244                  -       1.688
    1,000 replicates of 10,000, 5 x 30        0.459                  -       2.188

R 4.2.2 with survey 4.1.1 took 0.84 s for each replicate of the last row by ``calibrate`` with raking and 10.8 s by ``rake``,
1,500 and 19,000 times as long; for the row before it 0.09 s and 0.04 s, 324 and 144 times. The replicates of the last row
took 0.52 GB in a process of their own (``--tools ours``).
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from microwork_estimate.inputs import Margins, SurveySample, survey_sample
from microwork_estimate.weighting import RaoWuYue, calibrate, calibrate_replicates

POPULATION = 1e7
TOLERANCE = 1e-8
R_REPLICATES = 4  # R takes a second or more for each; the time is in proportion
Shares = dict[str, dict[str, float]]


def problem(n: int, sizes: list[int], seed: int) -> tuple[pd.DataFrame, Shares]:
    """Make answers in text and margins, as shares, that differ from the sample by up to a third."""
    rng = np.random.default_rng(seed)
    frame, shares = {}, {}
    for i, size in enumerate(sizes):
        code = rng.choice(size, n, p=rng.dirichlet(np.full(size, 8.0)))
        names = np.array([f"category_{k}" for k in range(size)], dtype=object)
        wanted = np.bincount(code, minlength=size) * rng.uniform(0.75, 1.33, size)
        frame[f"v{i}"] = names[code]
        shares[f"v{i}"] = dict(zip(names.tolist(), (wanted / wanted.sum()).tolist(), strict=True))
    return pd.DataFrame(frame), shares


def deviation(frame: pd.DataFrame, shares: Shares, weights: np.ndarray) -> float:
    """Return the largest difference of a weighted share from its margin, relative to the margin."""
    worst = 0.0
    for name, wanted in shares.items():
        sums = pd.Series(weights).groupby(frame[name].to_numpy()).sum() / weights.sum()
        worst = max(worst, *(abs(sums.get(c, 0.0) / share - 1) for c, share in wanted.items()))
    return worst


def margins(shares: Shares) -> Margins:
    """Return the margins of ours."""
    totals = {name: {c: share * POPULATION for c, share in wanted.items()} for name, wanted in shares.items()}
    return Margins.from_totals(totals, source="made for the benchmark")


def sample(frame: pd.DataFrame) -> SurveySample:
    """Return the sample of ours: text becomes codes here."""
    return survey_sample(frame).with_weights(np.full(len(frame), POPULATION / len(frame)))


def ours(frame: pd.DataFrame, shares: Shares) -> np.ndarray:
    """Rake with this package."""
    return calibrate(sample(frame), margins(shares)).sample.weights


def ours_replicates(frame: pd.DataFrame, shares: Shares, n_replicates: int) -> np.ndarray:
    """Make and rake bootstrap replicates with this package; the weights of the last."""
    full = sample(frame)
    factors = RaoWuYue().draw(full, np.random.default_rng(1), n_replicates)
    factors *= full.weights
    return calibrate_replicates(full, margins(shares), factors)[-1]


def leafblower_raking(method: str) -> Callable[[pd.DataFrame, Shares], np.ndarray]:
    """Rake with leafblower, by one of its methods."""

    def run(frame: pd.DataFrame, shares: Shares) -> np.ndarray:
        module = importlib.import_module("leafblower")
        options = {"max_weight": 1e6, "max_iterations": 500, "convergence": {"absolute": TOLERANCE}}
        return np.asarray(module.harvest(frame, shares, method=method, **options)["weights"])

    return run


def svy_sample(frame: Any) -> Any:
    """Return a sample of svy."""
    svy = importlib.import_module("svy")
    return svy.Sample(frame, svy.Design(wgt="w", psu="psu", stratum="stratum"))


def svy_raking(frame: Any, shares: Shares) -> np.ndarray:
    """Rake with svy."""
    controls = {name: {c: share * POPULATION for c, share in wanted.items()} for name, wanted in shares.items()}
    raked = svy_sample(frame).weighting.rake(controls=controls, tol=TOLERANCE, max_iter=500)
    return raked.data["rk_wgt"].to_numpy()


def svy_replicates(frame: Any, shares: Shares, n_replicates: int) -> np.ndarray:
    """Make and rake bootstrap replicates with svy; the weights of the last."""
    controls = {name: {c: share * POPULATION for c, share in wanted.items()} for name, wanted in shares.items()}
    drawn = svy_sample(frame).weighting.create_bs_wgts(n_replicates, rstate=1)
    raked = drawn.weighting.rake(controls=controls, tol=TOLERANCE, max_iter=500)
    return raked.data[f"rk_wgt{n_replicates}"].to_numpy()


def polars_frame(frame: pd.DataFrame) -> Any:
    """Return the same answers for svy, with the design columns that it wants."""
    polars = importlib.import_module("polars")
    columns = {name: frame[name].to_list() for name in frame}
    n = len(frame)
    return polars.DataFrame({**columns, "w": np.full(n, POPULATION / n), "psu": np.arange(n), "stratum": np.zeros(n)})


def r_survey(frame: pd.DataFrame, shares: Shares) -> tuple[str, float, float, float]:
    """Make and rake a few replicates with R: versions, seconds for each by Newton steps and by fitting, deviation."""
    with tempfile.TemporaryDirectory() as folder:
        answers, totals = Path(folder) / "answers.csv", Path(folder) / "margins.csv"
        frame.to_csv(answers, index=False)
        rows = [(name, c, share * POPULATION) for name, wanted in shares.items() for c, share in wanted.items()]
        pd.DataFrame(rows, columns=["variable", "category", "total"]).to_csv(totals, index=False)
        script = str(Path(__file__).with_suffix(".R"))
        command = ["Rscript", "--vanilla", script, str(answers), str(totals), str(R_REPLICATES)]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    newton, fitting, worst = (float(x) for x in found[:3])
    return f"survey {found[3]}, R {found[4]}.{found[5]}", newton / R_REPLICATES, fitting / R_REPLICATES, worst


def has_r() -> bool:
    """Say whether R and its package survey are there."""
    if shutil.which("Rscript") is None:
        return False
    asked = subprocess.run(["Rscript", "-e", "library(survey)"], capture_output=True, check=False)
    return asked.returncode == 0


def installed(tools: list[str]) -> list[str]:
    """Return the tools that can be imported."""
    there = {"ours": True, "R": "R" in tools and has_r()}
    return [tool for tool in tools if there.get(tool, False) or importlib.util.find_spec(tool) is not None]


def shortest(runs: dict[str, Callable[[], np.ndarray]], repeat: int) -> dict[str, tuple[float, np.ndarray]]:
    """Run all turn by turn, several times; return the shortest time of each and the weights."""
    best: dict[str, tuple[float, np.ndarray]] = {}
    for _ in range(repeat):
        for name, run in runs.items():
            start = time.perf_counter()
            weights = run()
            seconds = time.perf_counter() - start
            best[name] = (min(seconds, best.get(name, (np.inf, weights))[0]), weights)
    return best


def one_million(n: int, sizes: list[int], tools: list[str], repeat: int) -> None:
    """Time the raking of one large sample."""
    frame, shares = problem(n, sizes, 1)
    runs: dict[str, Callable[[], np.ndarray]] = {"ours": lambda: ours(frame, shares)}
    if "leafblower" in tools:
        for method in ("raking", "oris", "newton_kl"):
            runs[f"leafblower {method}"] = lambda m=method: leafblower_raking(m)(frame, shares)
    if "svy" in tools:
        other = polars_frame(frame)
        runs["svy"] = lambda: svy_raking(other, shares)
    table(f"raking of {n:,} respondents", sizes, shortest(runs, repeat), lambda w: deviation(frame, shares, w))


def replicates(n: int, n_replicates: int, sizes: list[int], tools: list[str], repeat: int) -> None:
    """Time the making and raking of replicates."""
    frame, shares = problem(n, sizes, 2)
    runs: dict[str, Callable[[], np.ndarray]] = {"ours": lambda: ours_replicates(frame, shares, n_replicates)}
    if "svy" in tools:
        other = polars_frame(frame)
        runs["svy"] = lambda: svy_replicates(other, shares, n_replicates)
    title = f"{n_replicates:,} Rao-Wu replicates of {n:,} respondents, made and raked"
    best = shortest(runs, repeat)
    table(title, sizes, best, lambda w: deviation(frame, shares, w))
    if "R" in tools:
        versions, newton, fitting, worst = r_survey(frame, shares)
        for name, seconds in (("calibrate, raking", newton), ("rake", fitting)):
            times = seconds * n_replicates / best["ours"][0]
            sys.stdout.write(f"{versions}, {name}: {seconds:.2f} s a replicate, {times:,.0f} times ours; {worst:.1e}\n")


def table(
    title: str,
    sizes: list[int],
    best: dict[str, tuple[float, np.ndarray]],
    check: Callable[[np.ndarray], float],
) -> None:
    """Write one table."""
    sys.stdout.write(f"\n{title} on {len(sizes)} margins of {', '.join(map(str, sizes))} categories\n")
    sys.stdout.write(f"{'tool':<24} {'seconds':>9} {'times ours':>11} {'largest deviation':>18}\n")
    for name, (seconds, weights) in best.items():
        times = seconds / best["ours"][0]
        sys.stdout.write(f"{name:<24} {seconds:>9.3f} {times:>11.1f} {check(weights):>18.1e}\n")


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--respondents", type=int, default=1_000_000)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--replicated", type=int, default=10_000, help="respondents of the replicated sample")
    parser.add_argument("--categories", nargs="+", default=["2,8,5,6,9", "30,30,30,30,30"])
    parser.add_argument("--tools", nargs="+", default=["ours", "leafblower", "svy", "R"])
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    tools = installed(asked.tools)
    versions = [
        f"{name} {importlib.metadata.version(name)}"
        for name in ("numpy", "scipy", "pandas", *(t for t in tools[1:] if t != "R"))
    ]
    sys.stdout.write(
        f"Python {platform.python_version()}, {', '.join(versions)}, {os.cpu_count()} processors, "
        f"{platform.machine()}; load at the start {os.getloadavg()[0]:.1f}\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # other tools warn of sparse categories
        for text in asked.categories:
            sizes = [int(size) for size in text.split(",")]
            one_million(asked.respondents, sizes, tools, asked.repeat)
            replicates(asked.replicated, asked.replicates, sizes, tools, asked.repeat)
    # Linux counts in kilobytes, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
    sys.stdout.write(f"\npeak memory of the process: {peak:.2f} GB\n")


if __name__ == "__main__":
    main()
