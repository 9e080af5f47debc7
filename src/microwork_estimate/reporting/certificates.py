"""A certificate of coverage as a table of words and a few lines below it."""

from __future__ import annotations

import math

from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study.certification import Certificate
from microwork_estimate.study.verdicts import Verdict


def certificate_table(certificate: Certificate) -> TextTable:
    """List the cells that were run: what was tried, what must be, what was found.

    Parameters
    ----------
    certificate : Certificate

    Returns
    -------
    TextTable
        Coverage with its Monte Carlo error, relative bias, and what warns the reader with the share of simulations.
    """
    form = "quick form" if certificate.quick else "full form"
    return TextTable(
        title=f"Coverage of intervals in simulated worlds, version {certificate.version}, {form}",
        columns=("cell", "must", "coverage", "bias", "caution", "verdict"),
        rows=tuple(_row(verdict) for verdict in certificate.verdicts if verdict.report is not None),
        notes=("Coverage with its Monte Carlo error. What each cell is stands in validation/coverage.toml.",),
        numeric=(2, 3),
    )


def certificate_lines(certificate: Certificate) -> tuple[str, ...]:
    """Say in lines what is not as it must be, what is missing, and how many cells are met.

    Parameters
    ----------
    certificate : Certificate

    Returns
    -------
    tuple of str
    """
    lines = [f"not met: {v.cell.id} ({v.cell.what}): {'; '.join(v.reasons)}" for v in certificate.not_met]
    missing = certificate.missing
    if missing:
        names = ", ".join(f"{verdict.cell.id} (issue {verdict.cell.issue})" for verdict in missing)
        lines.append(f"missing, as the estimator does not exist yet: {names}")
    if certificate.kept:
        lines.append(f"taken over from an earlier result, not run again: {len(certificate.kept)} cells")
    tried = len(certificate.met) + len(certificate.not_met)
    lines.append(f"Cells as they must be: {len(certificate.met)} of {tried}. Cells missing: {len(missing)}.")
    return tuple(lines)


def _row(verdict: Verdict) -> tuple[str, ...]:
    report = verdict.report
    if report is None:
        return (verdict.cell.id, verdict.cell.rule.must, "", "", "", verdict.word)
    coverage = f"{report.coverage:.3f} ± {report.coverage_error:.3f}"
    bias = "" if math.isnan(report.relative_bias) else f"{100 * report.relative_bias:+.1f} %"
    words, share = verdict.caution
    caution = f"{words} {100 * share:.0f} %" if words else ""
    return (verdict.cell.id, verdict.cell.rule.must, coverage, bias, caution, verdict.word)
