"""Judging a cell of the table of certificates from what its simulations found.

Whatever was found has a Monte Carlo error, and every comparison gives it three of them. A cell that must pass is
therefore not met only where the simulations show that it is outside its band; a cell that must fail is met only where
they show that it fails.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from microwork_estimate.simulate import cells
from microwork_estimate.simulate.coverage_report import (
    CoverageReport,
    Outcome,
    Scale,
    standard_error_ratio,
    summarise,
)
from microwork_estimate.study.certificate_table import CellEntry, FailRule, PassRule, ShowRule

ERRORS = 3.0
"""How many Monte Carlo errors a comparison gives."""

BIAS = 0.01
BIAS_IN_DEVIATIONS = 0.1
ERROR_RATIO = 0.05
WARNED = 0.95
"""Share of simulations in which a named warning must be raised."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of one cell.

    Parameters
    ----------
    cell : CellEntry
    word : str
        ``"met"``, ``"not met"``, or ``"missing"`` (the estimator does not exist yet).
    reasons : tuple of str
        Why it is not met.
    report : CoverageReport or None
        None for a missing cell.
    error_ratio : (float, float)
        Mean standard error over standard deviation, on the scale of the rule, and its Monte Carlo error; NaN without.
    caution : (str, float)
        What warns the reader, and in what share of the simulations; empty and NaN where the rule asks for none.
    kept : tuple of str
        The row of an earlier result, if the cell was not run again; there is then no report.
    """

    cell: CellEntry
    word: Literal["met", "not met", "missing"]
    reasons: tuple[str, ...] = ()
    report: CoverageReport | None = None
    error_ratio: tuple[float, float] = (math.nan, math.nan)
    caution: tuple[str, float] = ("", math.nan)
    kept: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """One line for a log."""
        return ": ".join((self.cell.id, self.word, *self.reasons))


def judge(cell: CellEntry, outcomes: Sequence[Outcome], answer: CellEntry | None = None) -> Verdict:
    """Judge a cell.

    Parameters
    ----------
    cell : CellEntry
        A ready one.
    outcomes : sequence of Outcome
        Its simulations.
    answer : CellEntry or None
        The cell in which the assumption of a cell that must fail is varied. It is judged for itself.

    Returns
    -------
    Verdict

    References
    ----------
    Morris, White & Crowther (2019), Statistics in Medicine 38(11), 2074-2102, section 5 (performance measures and their
    Monte Carlo errors). The limits on bias and standard errors are ours.

    Examples
    --------
    >>> from microwork_estimate.study.certificate_table import read_certificate_table
    >>> cell = next(cell for cell in read_certificate_table().cells if cell.id == "wald-sparse")
    >>> judge(cell, [Outcome(truth=10.0, value=9.0, low=8.0, high=11.0, level=0.95)] * 200).line
    'wald-sparse: not met: coverage +1.000 is outside [0.67, 0.73] by more than its error'
    """
    report = summarise(outcomes, level=cell.level)
    rule = cell.rule
    caution = ("", math.nan)
    scale: Scale = "natural" if isinstance(rule, FailRule) else rule.scale
    ratio = standard_error_ratio(outcomes, scale=scale)
    if isinstance(rule, PassRule):
        reasons = tuple(_not_passed(rule, report, ratio))
    elif isinstance(rule, FailRule):
        caution = _caution(rule, report)
        reasons = tuple(_not_failed(rule, report, caution, answer))
    else:
        reasons = tuple(_not_shown(rule, report, ratio))
    word: Literal["met", "not met"] = "not met" if reasons else "met"
    return Verdict(cell=cell, word=word, reasons=reasons, report=report, error_ratio=ratio, caution=caution)


def _not_passed(rule: PassRule, report: CoverageReport, ratio: tuple[float, float]) -> Iterator[str]:
    """Say what is outside the band of a cell that must pass."""
    margin = ERRORS * report.coverage_error
    low, high = report.level - rule.tolerance, report.level + rule.tolerance
    if report.coverage + margin < low:
        yield f"coverage {report.coverage:.3f} is below {low:.3f} by more than its error"
    if report.coverage - margin > high and not rule.conservative:
        yield f"coverage {report.coverage:.3f} is above {high:.3f} by more than its error"
    if "bias" in rule.checks:
        limit = max(BIAS, BIAS_IN_DEVIATIONS * report.standard_deviation)
        if not abs(report.relative_bias) - ERRORS * report.bias_error <= limit:
            yield f"bias {report.relative_bias:+.4f} is beyond {limit:.4f} by more than its error"
    if "standard_error" in rule.checks:
        limit = max(ERROR_RATIO, ERRORS * ratio[1])
        if not abs(ratio[0] - 1.0) <= limit:
            yield f"standard errors are {ratio[0]:.3f} of the standard deviation, off by more than {limit:.3f}"
    for reason, count in report.failures.items():
        yield f"refused the data {count} times: {reason}"


def _caution(rule: FailRule, report: CoverageReport) -> tuple[str, float]:
    """Return what warns the reader of a cell that must fail, and in what share of the simulations it is there."""
    if rule.warning is not None:
        return rule.warning, report.warning_shares.get(rule.warning, 0.0)
    if rule.assumption is not None:
        return rule.assumption, report.assumption_shares.get(rule.assumption, 0.0)
    words = rule.says or ""
    return words, sum(share for method, share in report.method_shares.items() if words in method)


def _not_failed(
    rule: FailRule, report: CoverageReport, caution: tuple[str, float], answer: CellEntry | None
) -> Iterator[str]:
    """Say what a cell that must fail does not do."""
    if report.coverage + ERRORS * report.coverage_error >= rule.below:
        yield f"coverage {report.coverage:.3f} is not below {rule.below:g} by more than its error"
    # An assumption and the words of a method are fixed; a warning may hang on the data.
    needed = WARNED if rule.warning is not None else 1.0
    if caution[1] < needed:
        yield f"{caution[0]!r} is there in {100 * caution[1]:.0f} % of the simulations, not in {100 * needed:.0f} %"
    if answer is not None:
        varied = report.sensitivities.get(rule.assumption or "", "")
        called = cells.ESTIMATORS[answer.estimator].calls
        if varied != called:
            yield f"{rule.assumption!r} names {varied or 'no function'}, and cell {answer.id} tries {called}"


def _not_shown(rule: ShowRule, report: CoverageReport, ratio: tuple[float, float]) -> Iterator[str]:
    """Say what is outside the range of a cell that shows a known size."""
    found = {
        "bias": (rule.bias, report.relative_bias, report.bias_error),
        "coverage": (rule.coverage, report.coverage, report.coverage_error),
        "error ratio": (rule.error_ratio, *ratio),
    }
    for name, (ends, value, error) in found.items():
        if ends is not None and not ends[0] - ERRORS * error <= value <= ends[1] + ERRORS * error:
            yield f"{name} {value:+.3f} is outside [{ends[0]:g}, {ends[1]:g}] by more than its error"
