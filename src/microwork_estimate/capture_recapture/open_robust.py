"""The robust design: periods that are closed inside, with people coming and going between them.

Sizes come from the occasions within each period, by a closed model that may allow unequal chances; survival comes from
who is seen in which period. So all sizes and the last survival are estimable, and a population of whom some are easily
seen does not make all sizes too small.
"""

from __future__ import annotations

import warnings as _warnings
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.capture_recapture.closed import closed_model
from microwork_estimate.capture_recapture.counts import chao_lower_bound
from microwork_estimate.capture_recapture.open_jolly import OPEN_ASSUMPTIONS, JollyMoments, jolly_moments
from microwork_estimate.capture_recapture.open_results import (
    Dress,
    OpenPopulation,
    add_warning,
    collected,
    interval_names,
)
from microwork_estimate.capture_recapture.recapture_assumptions import CLOSED_WITHIN_PERIODS
from microwork_estimate.capture_recapture.truncated import zero_truncated
from microwork_estimate.errors import CodedWarning, InvalidInput, MicroworkWarning, announce, check_choice, check_level
from microwork_estimate.estimate import Estimate, FrozenMapping
from microwork_estimate.inputs.histories import CaptureHistories
from microwork_estimate.inputs.occasions import OccasionHistories
from microwork_estimate.inputs.open_counts import OpenCounts

Within = Literal["M0", "Mt", "Chao"]
REFERENCES = (
    "Pollock 1982, Journal of Wildlife Management 46(3), 752-757",
    "Kendall, Pollock and Brownie 1995, Biometrics 51(1), 293-308",
)


def robust_design(
    occasions: OccasionHistories, *, within: Within = "M0", times: ArrayLike | None = None, level: float = 0.95
) -> OpenPopulation:
    """Estimate an open population from periods of several occasions each.

    Procedure: the size N in each period by a closed model of its occasions; the marked persons M by Jolly and Seber from
    who was seen in which period, in the last period m N / n; survival phi = M' / (M - m + R), entries
    B = N' - phi (N - n + R). Sizes and survival are taken as independent, as they use different parts of the data.

    Parameters
    ----------
    occasions : OccasionHistories
        Three periods or more, two occasions or more in each.
    within : {"M0", "Mt", "Chao"}
        Chances to be seen within a period: all equal, one for each occasion, or unequal between persons (sizes are then
        lower bounds).
    times : array_like of shape (K,), optional
        When the periods were.
    level : float
        Confidence level as a share.

    Returns
    -------
    OpenPopulation
        Without `total`. A period whose closed model gives no size has none here, with its warning; where nobody seen in
        a period was seen again (``no-returns``), survival around it has no value.

    Raises
    ------
    InvalidInput
        If a period has one occasion, or there are fewer than three.

    Assumptions
    -----------
    Closed within periods; survival the same for all, departure for good (who is away for a whole period by chance
    lowers survival of the marked only if it depends on having been seen).

    References
    ----------
    Pollock 1982, Journal of Wildlife Management 46(3), 752-757. Kendall, Pollock and Brownie 1995, Biometrics 51(1),
    293-308, for the independence. The errors of entries are by the delta method.

    Examples
    --------
    >>> stay = np.kron([[1, 1, 1], [1, 0, 0], [0, 1, 1], [0, 0, 1]], np.ones((200, 2)))  # 400, 400 and 600 persons
    >>> seen = (np.random.default_rng(1).random(stay.shape) < 0.5) & (stay > 0)
    >>> days = OccasionHistories(seen=seen[seen.any(axis=1)], occasions=tuple("abcdef"), periods=[0, 0, 1, 1, 2, 2])
    >>> found = robust_design(days)
    >>> [abs(size.value / truth - 1) < 0.1 for size, truth in zip(found.sizes, (400, 400, 600))]
    [True, True, True]
    """
    check_choice(within, get_args(Within), where="robust_design, within")
    check_level(level)
    lengths = np.bincount(occasions.periods)
    if lengths.min() < 2:
        raise InvalidInput(
            "a period of one occasion",
            expected="two occasions or more in each period",
            got=f"one in period {int(lengths.argmin())}",
            where="robust_design",
            fix="join periods, or use jolly_seber, which needs one occasion each",
        )
    counts = OpenCounts.from_occasions(occasions, times=times)
    dress = Dress(
        counts=counts,
        method=f"robust design, {within} within periods",
        assumptions=(CLOSED_WITHIN_PERIODS, *OPEN_ASSUMPTIONS),
        references=REFERENCES,
        level=level,
    )
    sizes = tuple(_size(occasions, period, within, dress) for period in range(occasions.n_periods))
    survival = _survival(dress, jolly_moments(counts), sizes[-1])
    entries = _entries(dress, sizes, survival)
    found = collected([sizes, survival, entries])
    announce(found)
    return OpenPopulation(
        occasions=counts.names,
        times=counts.timing,
        sizes=sizes,
        capture=tuple(_capture(dress, i, size) for i, size in enumerate(sizes)),
        survival=survival,
        entries=entries,
        total=None,
        method=dress.method,
        assumptions=dress.assumptions,
        warnings=found,
        diagnostics=FrozenMapping({"n_observed": counts.n_observed, "occasions": len(occasions.occasions)}),
    )


def _size(occasions: OccasionHistories, period: int, within: Within, dress: Dress) -> Estimate:
    """Estimate the size in one period from its occasions; no value when nobody was seen in it."""
    name, seen = dress.counts.names[period], float(dress.counts.seen[period])
    if seen == 0:
        nobody = CodedWarning(code="nobody-seen", message=f"nobody was seen in {name}")
        return dress.nothing("size in", name, nobody, "persons", 0.0)
    with _warnings.catch_warnings():
        _warnings.simplefilter("ignore", MicroworkWarning)  # they are in the estimate, and announced with the others
        if within == "M0":
            closed = zero_truncated(occasions.counts(period), family="binomial", level=dress.level)
        elif within == "Chao":
            closed = chao_lower_bound(occasions.counts(period), level=dress.level)
        else:
            closed = closed_model(_period_histories(occasions, period), "Mt", level=dress.level)
    about = replace(dress.counts.estimand, unit="persons", window=name)
    return replace(closed, name=f"size in {name}", estimand=about, assumptions=dress.assumptions, method=dress.method)


def _period_histories(occasions: OccasionHistories, period: int) -> CaptureHistories:
    at = np.flatnonzero(occasions.periods == period)
    seen = occasions.seen[:, at]
    return CaptureHistories.from_persons([occasions.occasions[i] for i in at], seen[seen.any(axis=1)])


def _survival(dress: Dress, moments: JollyMoments, last: Estimate) -> tuple[Estimate, ...]:
    counts, found = dress.counts, []
    names = interval_names(counts.names)
    for i, name in enumerate(names):
        again = counts.seen_again[i] == 0 or (i < len(names) - 1 and counts.seen_again[i + 1] == 0)
        if again or (i == len(names) - 1 and (last.value is None or counts.marked[-1] == 0)):
            message = f"too few persons were seen again around {name}: survival is unknown"
            nothing = CodedWarning(code="no-returns", message=message)
            found.append(dress.nothing("survival from", name, nothing, "share", None))
            continue
        value, error = float(moments.survival[i]), float(moments.survival_error[i])
        if i == len(names) - 1:
            value, error = _last_survival(counts, moments, last)
        share = dress.share("survival from", name, value, error, "log")
        if share.interval is not None and value <= 1:
            share = replace(share, interval=replace(share.interval, high=min(share.interval.high, 1.0)))
        if value > 1:
            message = f"survival from {name} comes out as {value:.3f}; more than all cannot have stayed"
            share = add_warning(share, CodedWarning(code="survival-above-one", message=message))
        found.append(share)
    return tuple(found)


def _last_survival(counts: OpenCounts, moments: JollyMoments, last: Estimate) -> tuple[float, float]:
    """Return survival to the last period and its error, with the marked persons there as m N / n."""
    n, m = float(counts.seen[-1]), float(counts.marked[-1])
    size = float(last.value or 0.0)
    marked = m * size / n
    before, released, again = (float(x[-2]) for x in (moments.marked, counts.returned, counts.seen_again))
    after = before - float(counts.marked[-2]) + released
    value = marked / after
    relative = 0.0 if last.standard_error is None else (last.standard_error / size) ** 2
    relative += 1.0 / m - 1.0 / n + (after - released) / after * (1.0 / again - 1.0 / released)
    variance = value**2 * relative + max(value * (1.0 - value), 0.0) / after
    return value, float(np.sqrt(max(variance, 0.0))) if last.standard_error is not None else np.inf


def _entries(dress: Dress, sizes: tuple[Estimate, ...], survival: tuple[Estimate, ...]) -> tuple[Estimate, ...]:
    found = []
    for i, name in enumerate(interval_names(dress.counts.names)):
        before, after, stay = sizes[i], sizes[i + 1], survival[i]
        if before.value is None or after.value is None or stay.value is None:
            reasons = [w for e in (before, after, stay) if e.value is None for w in e.warnings]
            found.append(dress.nothing("entries from", name, reasons[0], "persons", None))
            continue
        there = before.value - float(dress.counts.seen[i] - dress.counts.returned[i])
        value = after.value - stay.value * there
        errors = [np.inf if e.standard_error is None else e.standard_error for e in (before, after, stay)]
        error = float(np.sqrt(errors[1] ** 2 + (stay.value * errors[0]) ** 2 + (there * errors[2]) ** 2))
        new = dress.persons("entries from", name, value, error, 0.0, "normal")
        if value < 0:
            message = f"entries from {name} come out as {value:.1f}; fewer than nobody cannot have come"
            new = add_warning(new, CodedWarning(code="negative-entries", message=message))
        found.append(new)
    return tuple(found)


def _capture(dress: Dress, i: int, size: Estimate) -> Estimate:
    """Return the chance to be seen at all in a period."""
    name, seen = dress.counts.names[i], float(dress.counts.seen[i])
    if not size.value:
        return dress.nothing("capture in", name, size.warnings[0], "share", None)
    error = np.inf if size.standard_error is None else size.standard_error
    return dress.share("capture in", name, seen / size.value, seen * error / size.value**2, "logit")
