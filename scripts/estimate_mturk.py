"""Estimate how many people work on Amazon Mechanical Turk, from the counts of a survey that ran there for years.

The routes count different things: each is printed with what it counts, and each pair with whether it may be compared.

    python scripts/estimate_mturk.py --out results/mturk --workers 2

The same seed gives the same bytes, however many workers share the replicates.
"""

import argparse
import sys
from pathlib import Path

from microwork_estimate import reporting, study
from microwork_estimate.bootstrap import Execution, Executor
from microwork_estimate.reporting.audit_table import route_tables


def main() -> None:
    """Run the study, write the result and its report, print each route with what it counts and how to cite it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("results/mturk"), help="folder of the result")
    parser.add_argument("--seed", type=int, default=study.DEFAULT_SEED)
    parser.add_argument("--replicates", type=int, default=study.DEFAULT_REPLICATES)
    parser.add_argument("--workers", type=int, default=1, help="processes that share the replicates")
    parser.add_argument("--lang", choices=reporting.LANGUAGES, default="en", help="of report and citation")
    options = parser.parse_args()

    executor = Executor(kind="processes" if options.workers > 1 else "serial", n_workers=options.workers)
    found = study.run(
        study.load("mturk"),
        n_replicates=options.replicates,
        seed=options.seed,
        execution=Execution(executor=executor),
    )
    result = study.protect(found)  # no count of fewer than five persons is written
    study.write_bundle(result, options.out, figures=reporting.writers(result, lang=options.lang))
    report = options.out / f"report.{options.lang}.html"
    report.write_text(reporting.html_report(result, lang=options.lang), encoding="utf-8", newline="\n")

    lines = [" | ".join(row) for table in route_tables(result, lang=options.lang) for row in table.rows]
    sys.stdout.write("\n".join([*lines, result.identifier, reporting.citation(result, lang=options.lang)]))


if __name__ == "__main__":  # worker processes import this file again
    main()
