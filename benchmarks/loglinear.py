"""Log-linear models: all of them on five lists against Rcapture, and the choice repeated inside a bootstrap.

Run with ``python benchmarks/loglinear.py``. All hierarchical models of five lists are fitted to one table in one batch:
maximum, existence, size, standard error, AIC and BIC of each; the shortest of several runs counts. The yardstick is
``closedpMS.t`` of Rcapture. It is run where Rscript finds that package; elsewhere the 79 s that it took on another
machine are printed, and called so. The second task draws 1,000 multinomial replicates of a table of four lists and
chooses among the models anew in each: among all 113, among the ten best, and step by step over pairs with the rules for
empty overlaps.

Seconds on two processors (x86-64, Python 3.11.7, numpy 2.4.6, scipy 1.17.1; R 4.2.2 without Rcapture; shortest of 4).
The machine was shared, with a load of 5 to 6 on its two processors: all our times are too long.

                                                          ours   Rcapture
    6,893 hierarchical models on five lists              0.319       79.0 (measured elsewhere)
    1,000 replicates, choice among all 113 by AIC         2.40          -
    1,000 replicates, choice among the ten best           0.21          -
    1,000 replicates, average of all 113                  1.80          -
    1,000 replicates, pairs step by step                  0.13          -

Seconds of processor time, which depend less on who else was at work: 0.224, 1.71, 0.18, 1.68 and 0.13.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy

from microwork_estimate import bootstrap
from microwork_estimate.capture_recapture import Reselection, SparseReselection, loglinear_table
from microwork_estimate.inputs import CaptureHistories, all_patterns

TABLES = Path(__file__).parents[1] / "tests" / "reference" / "mse_loglinear.json"
MEASURED_ELSEWHERE = 79.0
TARGET_TIMES, TARGET_SECONDS = 50.0, 10.0
IN_R = """
y <- scan(file("stdin"), quiet = TRUE)
x <- cbind(do.call(rbind, lapply(31:1, function(i) as.integer(intToBits(i))[5:1])), y)
took <- system.time(suppressWarnings(Rcapture::closedpMS.t(x, dfreq = TRUE)))
cat(took[["elapsed"]], as.character(packageVersion("Rcapture")))
"""


def five_lists() -> CaptureHistories:
    """Return a table of five lists without empty cells: two classes of persons, 10,000 in all."""
    patterns = all_patterns(5)
    classes = ([0.3, 0.2, 0.1, 0.25, 0.15], [0.6, 0.5, 0.4, 0.55, 0.45])
    law = sum(np.where(patterns == 1, p, 1 - np.array(p)).prod(axis=1) / 2 for p in classes)
    return CaptureHistories(lists=tuple("ABCDE"), counts=np.rint(1e4 * law).astype(int))


def four_lists() -> CaptureHistories:
    """Return a published table of four lists."""
    table = json.loads(TABLES.read_text(encoding="utf-8"))["data"]["lesbian"]
    rows = np.array(table["values"])
    return CaptureHistories.from_patterns(table["cols"][:-1], rows[:, :-1], rows[:, -1])


def shortest(task: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Run a task several times; return the shortest time on the wall, and of the processors."""
    best, processor = np.inf, np.inf
    for _ in range(repeat):
        wall, used = time.perf_counter(), time.process_time()
        task()
        best = min(best, time.perf_counter() - wall)
        processor = min(processor, time.process_time() - used)
    return best, processor


def rcapture(lists: CaptureHistories) -> tuple[float, str]:
    """Return the seconds of Rcapture and where they come from."""
    rscript = shutil.which("Rscript")
    if rscript is not None:
        text = "\n".join(map(str, lists.counts))
        found = subprocess.run([rscript, "-e", IN_R], input=text, capture_output=True, text=True, check=False)
        if found.returncode == 0:
            seconds, version = found.stdout.split()
            return float(seconds), f"Rcapture {version}, one run here"
    return MEASURED_ELSEWHERE, "measured elsewhere; Rcapture is not installed here"


def all_models(repeat: int) -> None:
    """Fit all hierarchical models of five lists, and compare with Rcapture."""
    lists = five_lists()
    number = len(loglinear_table(lists))
    seconds, processor = shortest(lambda: loglinear_table(lists), repeat)
    theirs, source = rcapture(lists)
    verdict = "met" if theirs / seconds >= TARGET_TIMES else "MISSED"
    sys.stdout.write(
        f"\n{number:,} hierarchical models on five lists\n"
        f"    ours      {seconds:7.3f} s, {processor:.3f} s of processor time\n"
        f"    Rcapture  {theirs:7.1f} s ({source})\n"
        f"    {theirs / seconds:,.0f} times as fast; target {TARGET_TIMES:.0f} times: {verdict}\n"
    )


def reselections(n_replicates: int, repeat: int) -> None:
    """Choose again in every bootstrap replicate of a table of four lists."""
    lists = four_lists()
    recipes = {
        "all 113 models, AIC": Reselection.of(lists, best=None),
        "ten best models, AIC": Reselection.of(lists, best=10),
        "all 113 models, averaged": Reselection.of(lists, best=None, average=True),
        "pairs, step by step": SparseReselection(n_lists=len(lists.lists)),
    }
    sys.stdout.write(
        f"\nchoice repeated in {n_replicates:,} replicates of {lists.n_observed:,} persons on four lists\n"
    )
    for name, recipe in recipes.items():

        def run(recipe: Reselection | SparseReselection = recipe) -> object:
            return bootstrap.replicate(
                recipe, lists.counts, bootstrap.MultinomialCounts(), n_replicates=n_replicates, seed=1
            )

        seconds, processor = shortest(run, repeat)
        verdict = "met" if seconds < TARGET_SECONDS else "MISSED"
        sys.stdout.write(
            f"    {name:<26}{seconds:7.2f} s, {processor:.2f} s of processor time; "
            f"target {TARGET_SECONDS:.0f} s: {verdict}\n"
        )


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    sys.stdout.write(
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, {os.cpu_count()} "
        f"processors, {platform.machine()}; shortest of {asked.repeat}; load at the start {os.getloadavg()[0]:.1f}\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        all_models(asked.repeat)
        reselections(asked.replicates, asked.repeat)
    sys.stdout.write(f"\nload at the end {os.getloadavg()[0]:.1f}\n")


if __name__ == "__main__":
    main()
