"""Time and peak memory of linking lists of identifiers: five million rows in two CSV files by default.

Run with ``python benchmarks/identifiers.py --rows 5000000 --engine duckdb``. The lists are made up and written to a
temporary folder; reading, normalising, hashing and counting are timed together.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from microwork_estimate.errors import MicroworkWarning
from microwork_estimate.inputs.identifier_sources import IdentifierList
from microwork_estimate.inputs.linkage import LinkedLists, OutOfCore, link_lists


def write_lists(folder: Path, rows: int, seed: int) -> dict[str, IdentifierList]:
    """Write two CSV files with half of the rows each; a third of the persons are on both, some twice."""
    rng = np.random.default_rng(seed)
    persons, lists = rows * 3 // 4, {}
    for name, first in (("A", 0), ("B", persons // 3)):
        file = folder / f"{name}.csv"
        with file.open("w", encoding="utf-8") as text:
            text.write("account,email\n")
            for start in range(0, rows // 2, 500_000):
                chosen = first + rng.integers(0, persons * 2 // 3, min(500_000, rows // 2 - start))
                text.writelines(f"{i},Worker.{i}@Mail.Example \n" for i in chosen.tolist())
        lists[name] = IdentifierList(table=file, column="email")
    return lists


def measure(lists: dict[str, IdentifierList], engine: str, memory: float) -> tuple[float, LinkedLists]:
    """Link the lists; return the seconds it took and what came of it."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        linked = link_lists(lists, engine="memory" if engine == "memory" else OutOfCore(memory_gigabytes=memory))
    return time.perf_counter() - start, linked


def main() -> None:
    """Measure and write a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--engine", choices=("duckdb", "memory"), default="duckdb")
    parser.add_argument("--memory", type=float, default=2.0, help="gigabytes that DuckDB may take")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lists = write_lists(Path(folder), asked.rows, seed=1)
        seconds, linked = measure(lists, asked.engine, asked.memory)
    # Linux counts in kilobytes, macOS in bytes.
    unit = 1e9 if sys.platform == "darwin" else 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    sys.stdout.write(
        f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} processors, {platform.machine()}\n"
        f"{sum(linked.rows):,} rows, {linked.histories.n_observed:,} persons, counted by {linked.engine}\n"
        f"persons on both, A only, B only: {', '.join(f'{c:,}' for c in linked.histories.counts)}; "
        f"duplicates: {linked.duplicates}\n"
        f"seconds: {seconds:.1f} ({1e6 * seconds / sum(linked.rows):.2f} microseconds a row)\n"
        f"peak memory of the process: {peak:.2f} GB\n"
    )


if __name__ == "__main__":
    main()
