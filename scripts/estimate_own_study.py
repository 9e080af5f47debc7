"""Estimate a study of one's own: check its folder, run it, write result and report, say what may be published.

The folder is what `microwork-estimate init` writes, with its tables filled in.

    python scripts/estimate_own_study.py my-study --out results/my-study

The same seed gives the same bytes, however many workers share the replicates.
"""

import argparse
import sys
from pathlib import Path

from microwork_estimate import reporting, study
from microwork_estimate.bootstrap import Execution, Executor


def main() -> None:
    """Check and run the study, write the result and its report, print each estimate with what an office does with it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", help="folder of the study, or its study file")
    parser.add_argument("--out", type=Path, default=Path("results/own-study"), help="folder of the result")
    parser.add_argument("--seed", type=int, default=study.DEFAULT_SEED)
    parser.add_argument("--replicates", type=int, default=study.DEFAULT_REPLICATES)
    parser.add_argument("--workers", type=int, default=1, help="processes that share the replicates")
    parser.add_argument("--lang", choices=reporting.LANGUAGES, default="en", help="of report and citation")
    options = parser.parse_args()

    executor = Executor(kind="processes" if options.workers > 1 else "serial", n_workers=options.workers)
    found = study.run(
        study.checked(options.study),  # everything that is wrong is found before anything is computed
        n_replicates=options.replicates,
        seed=options.seed,
        execution=Execution(executor=executor),
    )
    result = study.protect(found)  # no count of fewer than five persons is written
    study.write_bundle(result, options.out, figures=reporting.writers(result, lang=options.lang))
    report = options.out / f"report.{options.lang}.html"
    report.write_text(reporting.html_report(result, lang=options.lang), encoding="utf-8", newline="\n")

    decided = study.publications(result)
    lines = [" ".join((d.status, *d.reasons)) + f": {result.estimates[name]}" for name, d in decided.items()]
    sys.stdout.write("\n".join([*lines, result.identifier, reporting.citation(result, lang=options.lang)]))


if __name__ == "__main__":  # worker processes import this file again
    main()
