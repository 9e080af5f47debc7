"""The ledger of assumptions: what each estimate takes for granted, and how far that must fail before it matters."""

from __future__ import annotations

import math
from collections.abc import Mapping

from scipy import optimize

from microwork_estimate.capture_recapture import odds_ratio_curve
from microwork_estimate.estimate import Assumption, Estimate
from microwork_estimate.frozen import Scalar
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.registry import Study

COLUMNS = (
    *("assumption", "estimate", "testable", "direction", "sensitivity"),
    *("figure", "inside", "factor_down", "factor_up", "odds_ratio"),
)
_LARGEST_ODDS_RATIO = 1e6


def assumption_ledger(study: Study, estimates: Mapping[str, Estimate]) -> ResultTable:
    """List every assumption of every estimate, with how far it must fail before a stated figure is no longer compatible.

    Procedure: the stated figure is the published one of the estimate. An assumption whose failure makes the estimate too
    high puts the truth below it: the whole range around the estimate (interval, or bounds) is then multiplied by a
    factor below 1, and leaves the figure at figure / high. One that makes it too low leaves it at figure / low, above 1;
    one that may go either way has both. For two lists, the failure is also given as an odds ratio: the smallest above 1
    at which the interval of :func:`microwork_estimate.capture_recapture.odds_ratio_curve` no longer holds the figure.

    Parameters
    ----------
    study : Study
    estimates : mapping of str to Estimate
        Of a run of this study.

    Returns
    -------
    ResultTable
        One row for each assumption of each estimate. `figure` is None where nothing was published, or where there is no
        range; `inside` says whether the range holds the figure as it stands; the factors and the odds ratio are None
        where it does not, or where they are not known.

    Examples
    --------
    >>> from microwork_estimate.study.registry import load
    >>> from microwork_estimate.study.pipeline import run
    >>> world = load("diplab-like")
    >>> table = assumption_ledger(world, run(world, n_replicates=99, seed=1).estimates)
    >>> row = dict(zip(table.columns, table.rows[0]))
    >>> row["assumption"], row["inside"], round(row["odds_ratio"], 2)
    ('independent-lists', True, 1.38)
    """
    published = {entry.name: entry.published for entry in study.estimates}
    rows = []
    for name, estimate in estimates.items():
        key = published.get(name)
        figure = None if key is None else study.figure(key).number
        rows += [_row(name, estimate, item, figure) for item in estimate.assumptions]
    return ResultTable(columns=COLUMNS, rows=tuple(rows))


def tipping_odds_ratio(n1: int, n2: int, both: int, figure: float, *, level: float = 0.95) -> float | None:
    """Return the smallest odds ratio above 1 at which the interval of two lists no longer holds a figure.

    Procedure: the lower end of the interval rises with the odds ratio; the root of lower end = figure is found by
    bisection on the logarithm.

    Parameters
    ----------
    n1, n2, both : int
        Persons on the first list, on the second, on both.
    figure : float
        Persons.
    level : float

    Returns
    -------
    float or None
        None if the interval does not hold the figure under independence, or no odds ratio up to a million moves it away.

    Examples
    --------
    >>> round(tipping_odds_ratio(200, 150, 30, 1000.0), 3)
    1.551
    """
    lists = CaptureHistories.from_two_lists(n1, n2, both)

    def lower_end(log_ratio: float) -> float:
        return float(odds_ratio_curve(lists, [math.exp(log_ratio)], level=level).low[0])

    start = odds_ratio_curve(lists, [1.0], level=level)
    top = math.log(_LARGEST_ODDS_RATIO)
    if not start.low[0] <= figure <= start.high[0] or lower_end(top) <= figure:
        return None
    return math.exp(float(optimize.brentq(lambda x: lower_end(x) - figure, 0.0, top, xtol=1e-10)))


def _row(name: str, estimate: Estimate, item: Assumption, figure: float | None) -> tuple[Scalar, ...]:
    direction = item.direction_of_bias_if_violated
    head = (item.id, name, item.testable, direction, item.sensitivity)
    around = estimate.bounds or estimate.interval
    if figure is None or around is None:
        return (*head, None, None, None, None, None)
    if not around.low <= figure <= around.high:
        return (*head, figure, False, None, None, None)
    down = figure / around.high if direction != "down" and math.isfinite(around.high) else None
    up = figure / around.low if direction != "up" and around.low > 0 else None
    return (*head, figure, True, down, up, _odds_ratio(estimate, item, figure))


def _odds_ratio(estimate: Estimate, item: Assumption, figure: float) -> float | None:
    numbers = [estimate.diagnostics.get(key) for key in ("n1", "n2", "both")]
    # An estimate with bounds has let the odds ratio vary already.
    if item.sensitivity != "capture_recapture.odds_ratio_curve" or estimate.interval is None or estimate.bounds:
        return None
    n1, n2, both = (number if isinstance(number, int) else 0 for number in numbers)
    if both == 0:
        return None
    return tipping_odds_ratio(n1, n2, both, figure, level=estimate.interval.level)
