"""Population size from the sample coverage of three lists or more: how much of the population the lists reach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.capture_recapture.assumptions import (
    CLOSED_POPULATION,
    IN_SCOPE_LISTS,
    PAIRWISE_COVERAGE,
    PERFECT_LINKAGE,
)
from microwork_estimate.capture_recapture.counts import nearly_all_seen, unseen_interval
from microwork_estimate.capture_recapture.list_checks import (
    list_warnings,
    nobody_seen,
    require_lists,
    seen_bounds,
)
from microwork_estimate.capture_recapture.reselection import seen_only
from microwork_estimate.capture_recapture.running_away import LISTS_RUNAWAY, runaway_warning
from microwork_estimate.errors import CodedWarning, announce, check_choice, check_level
from microwork_estimate.estimate import Bounds, Estimate, FloatArray, FrozenMapping, Interval, Scalar
from microwork_estimate.inputs.histories import CaptureHistories, all_patterns

Form = Literal["automatic", "independent", "low", "high"]

LOW_COVERAGE = 0.55
"""Coverage below which the high-coverage form is too imprecise to be used."""

ASSUMPTIONS = (PAIRWISE_COVERAGE, CLOSED_POPULATION, PERFECT_LINKAGE, IN_SCOPE_LISTS)
REFERENCES = (
    "Chao and Tsay 1998, Journal of Agricultural, Biological, and Environmental Statistics 3(3), 249-266",
    "Chao, Tsay, Lin, Shau and Chao 2001, Statistics in Medicine 20(20), 3123-3157",
)
_STEP = 1e-40
_COMPLETE = 1e-9
_Numbers = NDArray[np.float64] | NDArray[np.complex128]
_NAMES = {"independent": "independence", "low": "low-coverage (one-step)", "high": "high-coverage"}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CoverageForms:
    """The sample coverage and the sizes that follow from it, for each of B tables.

    Parameters
    ----------
    coverage : array of shape (B,)
        C: one minus the mean, over lists, of the share of its persons who are on no other list.
    reached : array of shape (B,)
        D: persons seen, minus the mean over lists of those on that list alone.
    independent : array of shape (B,)
        D / C, in persons.
    low : array of shape (B,)
        The one-step form for low coverage, in persons.
    high : array of shape (B,)
        The form for high coverage, in persons; infinite where the dependences seen leave no upper limit.
    """

    coverage: _Numbers
    reached: _Numbers
    independent: _Numbers
    low: _Numbers
    high: _Numbers


def coverage_forms(counts: _Numbers, n_lists: int) -> CoverageForms:
    """Compute the sample coverage of B tables and its three estimates of the size.

    Procedure: with n_j persons on list j, S_j of them on no other, B_ij on both of two lists, and A_ij = sum over
    persons on no list but i and j of the number of these lists they are on,
    C = 1 - mean(S_j / n_j), D = n - mean(S_j), and N = D/C + sum A_ij g_ij / (k C), where g_ij = N B_ij / (n_i n_j) - 1
    measures dependence. The high-coverage form solves this for N; the one-step form puts into g_ij the N that the same
    formula gives with D/C in its place.

    Parameters
    ----------
    counts : array of shape (B, 2^k - 1)
        In the order of ``CaptureHistories.counts``.
    n_lists : int
        k, at least three.

    Returns
    -------
    CoverageForms

    References
    ----------
    Chao, Tsay, Lin, Shau and Chao 2001, Statistics in Medicine 20(20), 3123-3157.

    Examples
    --------
    >>> forms = coverage_forms(np.array([[28.0, 21, 17, 69, 18, 55, 63]]), 3)
    >>> [round(float(form[0]), 2) for form in (forms.coverage, forms.independent, forms.low, forms.high)]
    [0.51, 407.0, 507.77, 970.8]
    """
    patterns, k = all_patterns(n_lists), n_lists
    alone = patterns * (patterns.sum(axis=1, keepdims=True) == 1)
    n, sizes, singles = counts.sum(axis=1), counts @ patterns, counts @ alone
    pairs = list(combinations(range(k), 2))
    both = np.stack([counts @ (patterns[:, i] * patterns[:, j]) for i, j in pairs], axis=1)
    near = np.stack([counts @ _near(patterns, i, j) for i, j in pairs], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = both / np.stack([sizes[:, i] * sizes[:, j] for i, j in pairs], axis=1)
        coverage = 1.0 - (singles / sizes).mean(axis=1)
        reached = n - singles.mean(axis=1)
        plain = reached / coverage
        first = plain + (near * (plain[:, None] * relative - 1.0)).sum(axis=1) / (k * coverage)
        low = plain + (near * (first[:, None] * relative - 1.0)).sum(axis=1) / (k * coverage)
        below = k * coverage - (near * relative).sum(axis=1)
        above = k * reached - near.sum(axis=1)
        high = np.where(below.real > 0.0, above / np.where(below.real > 0.0, below, 1.0), np.inf)
    return CoverageForms(coverage=coverage, reached=reached, independent=plain, low=low, high=high)


def _near(patterns: NDArray[np.int64], i: int, j: int) -> NDArray[np.int64]:
    """Return, for each pattern, on how many of two lists it is if on no other, else zero."""
    on = patterns[:, i] + patterns[:, j]
    return np.asarray(on * (on == patterns.sum(axis=1)), dtype=np.int64)


@dataclass(frozen=True, kw_only=True, slots=True)
class CoverageRecipe:
    """A recipe for the bootstrap: the sample-coverage estimate of every redrawn table, a whole block at once.

    Sizes below the persons seen are raised to them; where there is no upper limit, or a list is empty, the size is
    infinite.

    Parameters
    ----------
    n_lists : int
    form : {"automatic", "independent", "low", "high"}
        With ``"automatic"`` each redrawn table chooses by its own coverage.

    Examples
    --------
    >>> CoverageRecipe(n_lists=3)(np.array([[28.0, 21, 17, 69, 18, 55, 63]]))["value"].round(2).tolist()
    [507.77]
    """

    n_lists: int
    form: Form = "automatic"
    is_batched: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_choice(self.form, get_args(Form), where="CoverageRecipe.form")

    def __call__(self, counts: FloatArray) -> dict[str, FloatArray]:
        """Give the size for each of B tables.

        Parameters
        ----------
        counts : array of shape (B, 2^k - 1), or (B, 2^k) with those on no list last

        Returns
        -------
        dict
            ``"value"``: array of shape (B,).
        """
        tables = seen_only(counts, self.n_lists)
        forms = coverage_forms(tables, self.n_lists)
        if self.form == "automatic":
            chosen = np.where(forms.coverage < LOW_COVERAGE, forms.low, forms.high)
        else:
            chosen = getattr(forms, self.form)
        values = np.where(np.isfinite(chosen), np.maximum(chosen, tables.sum(axis=1)), np.inf)
        return {"value": np.asarray(values, dtype=np.float64)}


def sample_coverage(histories: CaptureHistories, *, form: Form = "automatic", level: float = 0.95) -> Estimate:
    """Estimate the population size from the sample coverage of three lists or more.

    Procedure: as in :func:`coverage_forms`. The standard error is that of the delta method for multinomial counts with
    as many persons as estimated: the limit of the parametric bootstrap, with nothing simulated. The interval is
    log-normal on the unseen.

    Parameters
    ----------
    histories : CaptureHistories
        At least three lists.
    form : {"automatic", "independent", "low", "high"}
        ``"automatic"`` takes the high-coverage form, or the one-step form when the coverage is below 0.55.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        In persons, with all forms, the coverage and the covariations g_ij in the diagnostics. Codes: ``"low-coverage"``
        (the one-step form is a lower bound if lists depend positively; the high-coverage form, if asked for, has no
        precision), ``"unlimited-dependence"`` (dependence is so strong that the high-coverage form is infinite: no value),
        ``"below-observed"`` (the form gives fewer than were seen, who are given instead, without an interval),
        ``"nothing-unseen"`` (the overlaps leave nobody unseen; no interval), ``"no-overlap"`` and ``"empty-list"`` (no
        value), ``"nested-lists"``, ``"sparse-overlap"``, ``"nearly-all-seen"``.

    Raises
    ------
    InvalidInput
        With fewer than three lists, or if the form is unknown.

    Assumptions
    -----------
    Dependence of pairs of lists only, whether it comes from lists that influence each other or from unequal chances;
    closed population; perfect linkage; lists in scope.

    References
    ----------
    Chao and Tsay 1998, Journal of Agricultural, Biological, and Environmental Statistics 3(3), 249-266; Chao, Tsay, Lin,
    Shau and Chao 2001, Statistics in Medicine 20(20), 3123-3157, who draw the line at a coverage of 55 %.

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.inputs import CaptureHistories, all_patterns
    >>> lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [28, 21, 17, 69, 18, 55, 63])
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     bound = sample_coverage(lists)
    >>> round(bound.value, 2), [warning.code for warning in bound.warnings]
    (507.77, ['low-coverage'])
    """
    check_level(level)
    check_choice(form, get_args(Form), where="form")
    require_lists(histories, 3, where="sample_coverage")
    if histories.n_observed == 0:
        return nobody_seen(histories, name="sample coverage", assumptions=ASSUMPTIONS, references=REFERENCES)
    counts = histories.counts.astype(np.float64)[None]
    forms = coverage_forms(counts, len(histories.lists))
    chosen: Form = form
    if form == "automatic":
        chosen = "low" if not forms.coverage[0] >= LOW_COVERAGE else "high"
    size = _size(histories, forms, chosen, level)
    announce(size.warnings)
    return Estimate(
        name="sample coverage",
        value=size.value,
        standard_error=size.error,
        interval=size.interval,
        bounds=size.bounds,
        estimand=histories.estimand,
        method=f"sample coverage, {_NAMES[chosen]} form",
        n_observed=float(histories.n_observed),
        assumptions=ASSUMPTIONS,
        warnings=size.warnings,
        references=REFERENCES,
        diagnostics=FrozenMapping(_diagnostics(histories, forms, size.value)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Size:
    value: float | None
    error: float | None
    interval: Interval | None
    bounds: Bounds | None
    warnings: tuple[CodedWarning, ...]


def _size(histories: CaptureHistories, forms: CoverageForms, form: Form, level: float) -> _Size:
    """Judge the form and make the interval."""
    n, found = float(histories.n_observed), list(list_warnings(histories))
    codes, raw = {warning.code for warning in found}, float(getattr(forms, form)[0])
    if codes & {"no-overlap", "empty-list"}:
        return _Size(value=None, error=None, interval=None, bounds=_open(histories, codes), warnings=tuple(found))
    found += _coverage_warnings(float(forms.coverage[0]), form)
    if not math.isfinite(raw):
        message = "the dependences between lists are so strong that the high-coverage form has no upper limit"
        found.append(CodedWarning(code="unlimited-dependence", message=message))
        return _Size(value=None, error=None, interval=None, bounds=_open(histories, codes), warnings=tuple(found))
    if raw < n * (1.0 - _COMPLETE):
        message = f"the form gives {raw:,.1f}, fewer than the {n:,.0f} persons seen, who are given instead"
        found.append(CodedWarning(code="below-observed", message=message))
        return _Size(value=n, error=None, interval=None, bounds=_open(histories, codes), warnings=tuple(found))
    if raw < n * (1.0 + _COMPLETE):
        message = (
            f"the overlaps leave nobody unseen: the estimate is the {n:,.0f} persons seen, without a standard error"
        )
        found.append(CodedWarning(code="nothing-unseen", message=message))
        return _Size(value=n, error=None, interval=None, bounds=None, warnings=tuple(found))
    error = _standard_error(histories, form, raw)
    found += [*nearly_all_seen(raw, n), *runaway_warning(raw, n, times=LISTS_RUNAWAY)]
    interval = unseen_interval(raw, error, n, level)
    return _Size(value=raw, error=error, interval=interval, bounds=None, warnings=tuple(found))


def _open(histories: CaptureHistories, codes: set[str]) -> Bounds:
    if "no-overlap" in codes:
        return seen_bounds(histories)
    reason = "the lists do not limit the number on none of them"
    return Bounds(low=float(histories.n_observed), high=math.inf, reason=reason, sharp=False)


def _coverage_warnings(coverage: float, form: Form) -> list[CodedWarning]:
    if coverage >= LOW_COVERAGE or form == "independent":
        return []
    what = (
        "the one-step form is a lower bound if lists depend positively"
        if form == "low"
        else "the high-coverage form has hardly any precision"
    )
    message = f"the lists cover {100 * coverage:.0f} % of the population by their own account: {what}"
    return [CodedWarning(code="low-coverage", message=message)]


def _standard_error(histories: CaptureHistories, form: Form, size: float) -> float:
    """Return the delta-method standard error for multinomial counts.

    The derivative by each cell is the imaginary part after an imaginary step, which is exact to the last digit.
    """
    counts = histories.counts.astype(np.float64)
    steps = counts + 1j * _STEP * np.eye(counts.size)
    slopes = np.imag(getattr(coverage_forms(steps, len(histories.lists)), form)) / _STEP
    return math.sqrt(max(float(slopes**2 @ counts) - float(slopes @ counts) ** 2 / size, 0.0))


def _diagnostics(histories: CaptureHistories, forms: CoverageForms, size: float | None) -> dict[str, Scalar]:
    """Return all forms, the coverage, and what they imply of each list and each pair of lists."""
    names = {"coverage": "coverage", "reached": "reached", "independent": "independent"}
    names |= {"low_coverage": "low", "high_coverage": "high"}
    numbers = {name: float(getattr(forms, field)[0]) for name, field in names.items()}
    found: dict[str, Scalar] = {name: x if math.isfinite(x) else None for name, x in numbers.items()}
    if size is None:
        return found
    sizes, patterns, counts = histories.list_sizes, histories.patterns, histories.counts
    for name, persons in zip(histories.lists, sizes, strict=True):
        found[f"coverage_{name}"] = float(persons) / size
    for i, j in combinations(range(len(sizes)), 2):
        both = float(counts @ (patterns[:, i] * patterns[:, j]))
        covariation = size * both / (float(sizes[i]) * float(sizes[j])) - 1.0
        found[f"covariation_{histories.lists[i]}_{histories.lists[j]}"] = covariation
    return found
