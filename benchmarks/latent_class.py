"""Speed of the Dirichlet-process sampler, of latent classes by EM, and of the average over decomposable graphs.

Run with ``python benchmarks/latent_class.py``. The yardstick of the sampler is LCMCR 0.4.14 in C++, measured elsewhere at
11,000 sweeps in 0.3 s. Its sweeps are those of our sampler without trajectories, so that their worth in effective draws
is measured here: sweeps of LCMCR per second times our effective draws per sweep of the Gibbs sampler alone. LCMCR itself
is not run.

On one thread (x86-64, Python 3.11.7, numpy 2.4.6, scipy 1.17.1; processor time, with a load of 5 on two processors):

                                            effective draws of N a second
    table      ours, with trajectories   ours, Gibbs alone   LCMCR (its speed measured elsewhere)
    kosovo              175                     48                      26
    diabetes             36                     24                      12

Chains of this length have not converged on the second table (R-hat 1.2 to 1.3), so that its numbers are rough.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import scipy

from microwork_estimate.capture_recapture.decomposable import decomposable_average
from microwork_estimate.capture_recapture.dirichlet_sampler import Posterior, sample_sizes
from microwork_estimate.capture_recapture.latent_classes import latent_class
from microwork_estimate.capture_recapture.mixing import effective_draws, split_rhat
from microwork_estimate.inputs import CaptureHistories, all_patterns

TABLES = Path(__file__).parents[1] / "tests" / "reference" / "bayes.json"
LCMCR_SWEEPS = 11_000 / 0.3


def lists_of(name: str) -> CaptureHistories:
    """Return a published table of four lists."""
    rows = np.array(json.loads(TABLES.read_text(encoding="utf-8"))["data"][name]["values"])
    return CaptureHistories.from_patterns("ABCD", rows[:, :-1], rows[:, -1])


def sampler(name: str, *, n_chains: int, burn_in: int, draws: int, leapfrog: int) -> tuple[float, float]:
    """Run the sampler with ten classes; write a line; return sweeps a second and effective draws a sweep."""
    lists = lists_of(name)
    posterior = Posterior(
        patterns=np.vstack([np.zeros(4), lists.patterns]), persons=lists.counts.astype(float), max_classes=10
    )
    start = time.process_time()
    found = sample_sizes(
        posterior,
        np.random.default_rng(1),
        n_chains=n_chains,
        burn_in=burn_in,
        kept=(draws, 1),
        leapfrog=leapfrog,
    )
    seconds = time.process_time() - start
    sizes = lists.n_observed + found.unseen
    sweeps = n_chains * (burn_in + draws) / seconds
    worth = effective_draws(sizes) / sizes.size
    kind = f"{leapfrog} leapfrog steps" if leapfrog else "Gibbs alone"
    sys.stdout.write(
        f"{name:9s} {kind:18s} {n_chains} chains, {burn_in}+{draws}: {seconds:6.1f} s, {sweeps:9,.0f} sweeps/s, one "
        f"effective draw in {1 / worth:6.0f}, {sweeps * worth:6.1f} effective draws/s, R-hat {split_rhat(sizes):.3f}, "
        f"median {np.median(sizes):,.0f}\n"
    )
    return sweeps, worth


def compare(name: str, scale: float) -> None:
    """Time the sampler with and without trajectories, and say what LCMCR's sweeps would be worth."""
    burn_in, draws = int(8000 * scale), int(8000 * scale)
    alone, worth = sampler(name, n_chains=32, burn_in=burn_in, draws=draws, leapfrog=0)
    together = sampler(name, n_chains=64, burn_in=int(500 * scale), draws=int(1000 * scale), leapfrog=20)
    theirs = LCMCR_SWEEPS * worth
    sys.stdout.write(
        f"{name:9s} LCMCR: {LCMCR_SWEEPS:,.0f} sweeps/s, {theirs:.1f} effective draws/s; ours is "
        f"{alone / LCMCR_SWEEPS:.1f} times as fast sweep for sweep and "
        f"{together[0] * together[1] / theirs:.1f} times with trajectories\n"
    )


def deterministic() -> None:
    """Time the estimators without randomness."""
    five = all_patterns(5)
    law = np.where(five == 1, [0.3, 0.2, 0.1, 0.25, 0.15], [0.7, 0.8, 0.9, 0.75, 0.85]).prod(axis=1)
    lists = CaptureHistories(lists=tuple("ABCDE"), counts=np.rint(1e4 * law).astype(int))
    tasks = {
        "822 decomposable graphs on five lists": lambda: decomposable_average(lists),
        "61 decomposable graphs, 30,001 sizes": lambda: decomposable_average(
            lists_of("kosovo"), concentration=1 / 16, largest_unseen=30_000
        ),
        "two latent classes, 60 starts, profile": lambda: latent_class(lists_of("kosovo"), classes=2),
        "three latent classes, 60 starts, profile": lambda: latent_class(lists_of("kosovo"), classes=3),
    }
    for name, task in tasks.items():
        start = time.perf_counter()
        task()
        sys.stdout.write(f"{name:42s} {time.perf_counter() - start:6.2f} s\n")


def main() -> None:
    """Measure and write a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="length of the chains relative to the usual one")
    asked = parser.parse_args()
    sys.stdout.write(
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"{os.cpu_count()} processors, {platform.machine()}; seconds of processor time, one thread; "
        f"load at the start {os.getloadavg()[0]:.1f}\n"
    )
    warnings.simplefilter("ignore")
    deterministic()
    for name in ("kosovo", "diabetes"):
        compare(name, asked.scale)


if __name__ == "__main__":
    main()
