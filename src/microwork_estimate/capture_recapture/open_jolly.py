"""The Jolly-Seber estimates of an open population: closed formulas from who was seen, seen before and seen again.

Those seen on an occasion and those known to be alive but missed on it are seen again later in the same proportion. This
tells how many marked persons are there, and the marked share of those seen tells how many persons there are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from microwork_estimate.capture_recapture.assumptions import SIGHTINGS_LINKED
from microwork_estimate.capture_recapture.open_results import (
    NOT_IDENTIFIABLE,
    Dress,
    OpenPopulation,
    Scale,
    add_warning,
    collected,
    interval_names,
    shifted,
)
from microwork_estimate.capture_recapture.recapture_assumptions import (
    EQUAL_CATCHABILITY_OPEN,
    EQUAL_SURVIVAL,
    PERMANENT_DEPARTURE,
)
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_choice, check_level
from microwork_estimate.estimate import Assumption, Estimate, FloatArray, FrozenMapping, Interval
from microwork_estimate.inputs.open_counts import OpenCounts

JollyInterval = Literal["log", "normal", "manly"]

FEW_RETURNS = 10
"""From ten marked persons seen and ten seen again on, the approximate errors are satisfactory (Seber 1982, p. 204)."""

OPEN_ASSUMPTIONS: tuple[Assumption, ...] = (
    EQUAL_CATCHABILITY_OPEN,
    EQUAL_SURVIVAL,
    PERMANENT_DEPARTURE,
    SIGHTINGS_LINKED,
)
REFERENCES = (
    "Jolly 1965, Biometrika 52, 225-247",
    "Seber 1982, The Estimation of Animal Abundance, 2nd edition, pp. 196-205",
    "Pollock et al. 1990, Wildlife Monographs 107, equations 4.6-4.18",
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class JollyMoments:
    """Jolly-Seber estimates and their standard errors as arrays of shape (K,), NaN where there is none.

    Parameters
    ----------
    marked, marked_error : array
        Marked persons in the population, M_i.
    size, size_error : array
        All persons, N_i.
    survival, survival_error, sampling_error : array
        phi_i from occasion i to the next; the last without the chance of individual departures.
    entries, entries_error : array
        B_i between occasion i and the next.
    """

    marked: FloatArray
    marked_error: FloatArray
    size: FloatArray
    size_error: FloatArray
    survival: FloatArray
    survival_error: FloatArray
    sampling_error: FloatArray
    entries: FloatArray
    entries_error: FloatArray


def jolly_moments(counts: OpenCounts, *, bias_adjusted: bool = True) -> JollyMoments:
    """Jolly-Seber estimates with large-sample standard errors.

    Procedure: M = m + (R+1) z / (r+1); N = (n+1) M / (m+1), not below n; phi = M' / (M - m + R) with M' of the next
    occasion; B = N' - phi (N - n + R). Without bias adjustment the ones are left out.

    Parameters
    ----------
    counts : OpenCounts
    bias_adjusted : bool

    Returns
    -------
    JollyMoments

    References
    ----------
    Pollock, Nichols, Brownie and Hines 1990, Wildlife Monographs 107: estimates 4.6-4.9, variances 4.11-4.14, full
    variance of survival 4.18. The marked share in 4.12 and 4.14 is M / N, as FSA 0.10 has it.

    Examples
    --------
    >>> counts = OpenCounts(seen=[80, 90, 90, 80], marked=[0, 40, 55, 50], seen_again=[60, 50, 35, 0])
    >>> jolly_moments(counts, bias_adjusted=False).marked.round(1)[1:3]
    array([76. , 93.6])
    """
    one = float(bias_adjusted)
    n, m, released, r, z = (
        np.asarray(x, dtype=np.float64)
        for x in (counts.seen, counts.marked, counts.returned, counts.seen_again, counts.missed_between)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        marked = m + (released + one) * z / (r + one)
        size = np.maximum((n + one) * marked / (m + one), n)
        marked[0], after = 0.0, marked - m + released
        survival = shifted(marked) / after
        entries = shifted(size) - survival * (size - n + released)
        lost = 1.0 / r - 1.0 / released
        ahead = shifted((marked - m) * after / marked**2 * lost)
        behind = (marked - m) / after * lost
        sampling = survival**2 * (ahead + behind)
        full = sampling + np.maximum(survival * (1.0 - survival), 0.0) / after
        share = marked / size
        overlap = (1.0 - share) / m
        size_variance = size * (size - n) * (after / marked * lost + overlap)
        entries_variance = (
            entries**2 * ahead
            + behind * (survival * released * (1.0 - share) / share) ** 2
            + (size - n) * (shifted(size) - entries) * (1.0 - share) * (1.0 - survival) / after
            + shifted(size * (size - n) * overlap)
            + survival**2 * size * (size - n) * overlap
        )
        marked_variance = (marked - m) * after * lost
        errors = [
            np.sqrt(np.maximum(v, 0.0)) for v in (marked_variance, size_variance, full, sampling, entries_variance)
        ]
    return JollyMoments(
        marked=marked,
        marked_error=errors[0],
        size=size,
        size_error=errors[1],
        survival=survival,
        survival_error=errors[2],
        sampling_error=errors[3],
        entries=entries,
        entries_error=errors[4],
    )


def jolly_seber(
    counts: OpenCounts, *, interval: JollyInterval = "log", bias_adjusted: bool = True, level: float = 0.95
) -> OpenPopulation:
    """Estimate sizes, survival and entries of a population that people join and leave, by Jolly and Seber.

    Procedure: :func:`jolly_moments`. Sizes on the first and the last occasion, survival to the last one, and entries
    after the first and before the last have no value: the data do not tell them from the chance to be seen there.

    Parameters
    ----------
    counts : OpenCounts
        Three occasions or more.
    interval : {"log", "normal", "manly"}
        ``"log"``: log-normal around the unseen for sizes, logarithmic for survival (cut at 1 unless the estimate is
        above), normal for entries. ``"normal"``: estimate plus and minus, everywhere. ``"manly"``: Manly's
        transformations for sizes and survival, at 95 % only, and none for entries.
    bias_adjusted : bool
        Whether to use Seber's estimates with the ones added, nearly without bias (default), or Jolly's without.
    level : float
        Confidence level as a share.

    Returns
    -------
    OpenPopulation
        Without `total`. Where nobody seen was seen before (``none-seen-before``), nobody released was seen again
        (``no-returns``) or nobody was seen (``nobody-seen``), no value but the persons seen as lower limit. Few of them:
        ``sparse-returns``. Estimates outside of what is possible are given as they are, with ``survival-above-one`` or
        ``negative-entries``: :func:`~microwork_estimate.capture_recapture.open_superpopulation.superpopulation` keeps
        them inside.

    Raises
    ------
    InvalidInput
        If an option is unknown, or Manly's limits are asked at another level.

    Assumptions
    -----------
    Equal catchability of those present, equal survival, permanent departure, sightings linked.

    References
    ----------
    Jolly 1965, Biometrika 52, 225-247. Seber 1982, pp. 196-205. Pollock et al. 1990, Wildlife Monographs 107. Manly
    1984, Biometrics 40(3), 749-758; his variances are derived anew here, with 1/m - 1/n (FSA adds 1/n).

    Examples
    --------
    >>> counts = OpenCounts(seen=[80, 90, 90, 80], marked=[0, 40, 55, 50], seen_again=[60, 50, 35, 0])
    >>> found = jolly_seber(counts)
    >>> round(found.survival[0].value, 3), round(found.entries[1].value)
    (0.946, 27)
    """
    check_choice(interval, get_args(JollyInterval), where="jolly_seber, interval")
    if check_level(level) != 0.95 and interval == "manly":
        raise InvalidInput(
            "no such limits at this level",
            expected="level=0.95 with Manly's limits, whose constants are for it",
            got=f"level={level:g}",
            where="jolly_seber",
            fix='use interval="log" at other levels',
        )
    moments = jolly_moments(counts, bias_adjusted=bias_adjusted)
    method = "Jolly-Seber" + (", bias-adjusted" if bias_adjusted else "")
    dress = Dress(counts=counts, method=method, assumptions=OPEN_ASSUMPTIONS, references=REFERENCES, level=level)
    sizes = _sizes(dress, moments, interval)
    survival = _survival(dress, moments, interval)
    entries = _entries(dress, moments, sizes, survival)
    capture = tuple(_capture(dress, i, size) for i, size in enumerate(sizes))
    warnings = collected([sizes, survival, entries])
    announce(warnings)
    return OpenPopulation(
        occasions=counts.names,
        times=counts.timing,
        sizes=sizes,
        capture=capture,
        survival=survival,
        entries=entries,
        total=None,
        method=method,
        assumptions=OPEN_ASSUMPTIONS,
        warnings=warnings,
        diagnostics=FrozenMapping({"n_observed": counts.n_observed, "occasions": len(counts.names)}),
    )


def _blocked(counts: OpenCounts, i: int) -> CodedWarning | None:
    """Say why the marked persons or all persons of an occasion cannot be estimated, if they cannot."""
    name = counts.names[i]
    if counts.seen[i] == 0:
        return CodedWarning(code="nobody-seen", message=f"nobody was seen on occasion {name}")
    if counts.marked[i] == 0:
        message = f"nobody seen on occasion {name} had been seen before: there is a lower limit and no upper one"
        return CodedWarning(code="none-seen-before", message=message)
    if counts.seen_again[i] == 0:
        message = f"nobody seen on occasion {name} was seen again: nothing says how many marked persons were there"
        return CodedWarning(code="no-returns", message=message)
    return None


def _sizes(dress: Dress, moments: JollyMoments, interval: JollyInterval) -> tuple[Estimate, ...]:
    counts, last = dress.counts, len(dress.counts.names) - 1
    found = []
    for i, name in enumerate(counts.names):
        seen = float(counts.seen[i])
        blocked = NOT_IDENTIFIABLE if i in (0, last) else _blocked(counts, i)
        if blocked is not None:
            found.append(dress.nothing("size on", name, blocked, "persons", seen))
            continue
        value, error = float(moments.size[i]), float(moments.size_error[i])
        scale: Scale = "normal" if interval == "normal" else "unseen"
        size = dress.persons("size on", name, value, error, seen, scale)
        if interval == "manly":
            size = replace(size, interval=_manly_size(counts, moments, i))
        if min(counts.marked[i], counts.seen_again[i]) < FEW_RETURNS:
            message = (
                f"on occasion {name} {counts.marked[i]} had been seen before, {counts.seen_again[i]} were seen again"
            )
            size = add_warning(size, CodedWarning(code="sparse-returns", message=message))
        found.append(size)
    return tuple(found)


def _survival(dress: Dress, moments: JollyMoments, interval: JollyInterval) -> tuple[Estimate, ...]:
    counts, found = dress.counts, []
    names = interval_names(counts.names)
    for i, name in enumerate(names):
        blocked = NOT_IDENTIFIABLE if i == len(names) - 1 else None
        if blocked is None and (counts.seen_again[i] == 0 or counts.seen_again[i + 1] == 0):
            at = counts.names[i] if counts.seen_again[i] == 0 else counts.names[i + 1]
            message = f"nobody seen on occasion {at} was seen again: survival around it is unknown"
            blocked = CodedWarning(code="no-returns", message=message)
        if blocked is not None:
            found.append(dress.nothing("survival from", name, blocked, "share", None))
            continue
        value, error = float(moments.survival[i]), float(moments.survival_error[i])
        share = dress.share("survival from", name, value, error, "normal" if interval == "normal" else "log")
        if interval == "manly":
            share = replace(share, interval=_manly_survival(counts, moments, i))
        ends = share.interval
        if ends is not None and interval == "log" and value <= 1:
            share = replace(share, interval=replace(ends, high=min(ends.high, 1.0)))
        share = replace(share, diagnostics=FrozenMapping({"sampling_error": float(moments.sampling_error[i])}))
        if value > 1:
            message = f"survival from {name} comes out as {value:.3f}; more than all cannot have stayed"
            share = add_warning(share, CodedWarning(code="survival-above-one", message=message))
        found.append(share)
    return tuple(found)


def _entries(
    dress: Dress, moments: JollyMoments, sizes: tuple[Estimate, ...], survival: tuple[Estimate, ...]
) -> tuple[Estimate, ...]:
    found = []
    for i, name in enumerate(interval_names(dress.counts.names)):
        if any(x.value is None for x in (sizes[i], sizes[i + 1], survival[i])):
            reasons = [w for x in (sizes[i], sizes[i + 1], survival[i]) for w in x.warnings if x.value is None]
            found.append(dress.nothing("entries from", name, reasons[0], "persons", None))
            continue
        value = float(moments.entries[i])
        new = dress.persons("entries from", name, value, float(moments.entries_error[i]), 0.0, "normal")
        if value < 0:
            message = f"entries from {name} come out as {value:.1f}; fewer than nobody cannot have come"
            new = add_warning(new, CodedWarning(code="negative-entries", message=message))
        found.append(new)
    return tuple(found)


def _capture(dress: Dress, i: int, size: Estimate) -> Estimate:
    """Return the chance to be seen, n / N, with the relative error of N."""
    name, seen = dress.counts.names[i], float(dress.counts.seen[i])
    if not size.value:
        return dress.nothing("capture on", name, size.warnings[0], "share", None)
    value, error = seen / size.value, size.standard_error
    return dress.share("capture on", name, value, np.inf if error is None else value * error / size.value, "logit")


def _manly_size(counts: OpenCounts, moments: JollyMoments, i: int) -> Interval:
    """Return Manly's 95 % limits of a size: 2 ln((sqrt N + sqrt(N-n)) / 2) has about constant variance."""
    n, m, r, released = (float(x[i]) for x in (counts.seen, counts.marked, counts.seen_again, counts.returned))
    size, marked = float(moments.size[i]), float(moments.marked[i])
    centre = 2.0 * np.log((np.sqrt(size) + np.sqrt(size - n)) / 2.0)
    variance = (
        (marked - m + released + 1) / (marked + 1) * (1 / (r + 1) - 1 / (released + 1)) + 1 / (m + 1) - 1 / (n + 1)
    )
    ends = np.exp(centre + np.array([-1.6, 2.4]) * np.sqrt(variance))
    low, high = np.maximum((4.0 * ends + n) ** 2 / (16.0 * ends), n)
    return Interval(low=min(float(low), size), high=max(float(high), size), level=0.95, method="manly")


def _manly_survival(counts: OpenCounts, moments: JollyMoments, i: int) -> Interval | None:
    """Return Manly's 95 % limits of survival: ln((1-s)/(1+s)) with s = sqrt(1 - A phi) has about constant variance."""
    m, r, released = (np.asarray(x, dtype=np.float64) for x in (counts.marked, counts.seen_again, counts.returned))
    after, phi = moments.marked - m + released, float(moments.survival[i])
    lost = 1.0 / (r[i : i + 2] + 1) - 1.0 / (released[i : i + 2] + 1)
    ahead = (moments.marked[i + 1] - m[i + 1] + 1) * (after[i + 1] + 1) / (moments.marked[i + 1] + 1) ** 2 * lost[1]
    behind = (moments.marked[i] - m[i] + 1) / (after[i] + 1) * lost[0]
    individual = 1.0 / (moments.marked[i + 1] + 1)
    total = float(ahead + behind + individual)
    ratio = float(individual) / total
    if ratio * phi >= 1.0:
        return None
    root = np.sqrt(1.0 - ratio * phi)
    ends = np.exp(np.log((1.0 - root) / (1.0 + root)) + np.array([-1.9, 2.1]) * np.sqrt(total))
    low, high = (1.0 - ((1.0 - ends) / (1.0 + ends)) ** 2) / ratio
    return Interval(low=min(float(low), phi), high=max(float(high), phi), level=0.95, method="manly")
