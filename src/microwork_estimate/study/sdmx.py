"""The estimates as SDMX-CSV 2.0, the form in which offices exchange tables of statistics.

The structure is one of this package (no office has registered one for such figures): its dimensions, measures and
attributes are named by the cross-domain concepts of SDMX wherever there is one.
"""

from __future__ import annotations

import csv
import io
import math

from microwork_estimate.estimate import Estimate
from microwork_estimate.study.bundle import ResultBundle
from microwork_estimate.study.privacy import withheld
from microwork_estimate.study.quality import Publication, PublicationRule, publications

STRUCTURE = "MICROWORK:SIZE_OF_WORKFORCE(1.0.0)"
DIMENSIONS = ("STUDY", "INDICATOR", "REF_AREA", "ACTIVITY", "COVERAGE_TIME", "PLATFORMS", "UNIT_MEASURE")
MEASURES = ("OBS_VALUE", "STD_ERROR", "COEF_VARIATION", "CONF_LOW", "CONF_HIGH", "BOUND_LOW", "BOUND_HIGH")
ATTRIBUTES = ("OBS_STATUS", "CONF_STATUS", "CONF_LEVEL", "INTERVAL_METHOD", "METHOD", "WARNINGS", "DATA_VERSION")
HEADER = ("STRUCTURE", "STRUCTURE_ID", "ACTION", *DIMENSIONS, *MEASURES, *ATTRIBUTES)

# Codes of CL_OBS_STATUS (SDMX cross-domain code list): estimated value, low reliability, missing value suppressed,
# missing value.
_OBS_STATUS = {"publish": "E", "flag": "U", "suppress": "Q"}
_MISSING = "O"
# Codes of CL_CONF_STATUS: free; withheld because of a small count.
_FREE, _SMALL_COUNT = "F", "A"


def sdmx_csv(bundle: ResultBundle, *, rule: PublicationRule | None = None) -> str:
    """Write the estimates of a result as SDMX-CSV 2.0.

    Procedure: one row for each estimate. OBS_STATUS is E (estimated value), U (low reliability: flagged), Q (suppressed) or O
    (no value: only bounds, or an input is not available). A suppressed row has no number at all but its coefficient of
    variation, which is the reason. CONF_STATUS is A where a count behind the estimate is withheld because it is small, else
    F. Where there is no upper end, the cell is ``INF``; a cell without content is empty.

    Parameters
    ----------
    bundle : ResultBundle
    rule : PublicationRule or None
        The customary thresholds if None.

    Returns
    -------
    str

    References
    ----------
    SDMX Technical Working Group, *SDMX-CSV Data Message Format*, version 2.0.0: the columns STRUCTURE, STRUCTURE_ID and
    ACTION come first. Code lists CL_OBS_STATUS 2.2 and CL_CONF_STATUS 1.3.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> text = sdmx_csv(study.run(study.load("diplab-2019"), n_replicates=9, seed=1))
    >>> text.partition(",")[0]
    'STRUCTURE'
    """
    decided = publications(bundle, rule)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for name, estimate in bundle.estimates.items():
        writer.writerow(
            [
                "datastructure",
                STRUCTURE,
                "I",
                *_dimensions(bundle, name, estimate),
                *_measures(estimate, decided[name]),
                *_attributes(bundle, estimate, decided[name]),
            ]
        )
    return out.getvalue()


def _dimensions(bundle: ResultBundle, name: str, estimate: Estimate) -> list[str]:
    about = estimate.estimand
    return [bundle.study["id"], name, about.territory, about.activity, about.window, about.platforms, about.unit]


def _measures(estimate: Estimate, decided: Publication) -> list[str]:
    interval, bounds = estimate.interval, estimate.bounds
    numbers = [
        estimate.value,
        estimate.standard_error,
        decided.cv,
        None if interval is None else interval.low,
        None if interval is None else interval.high,
        None if bounds is None else bounds.low,
        None if bounds is None else bounds.high,
    ]
    if decided.status == "suppress":
        numbers = [number if at == MEASURES.index("COEF_VARIATION") else None for at, number in enumerate(numbers)]
    return [plain_number(number) for number in numbers]


def _attributes(bundle: ResultBundle, estimate: Estimate, decided: Publication) -> list[str]:
    interval = None if decided.status == "suppress" else estimate.interval
    status = _MISSING if estimate.value is None else _OBS_STATUS[decided.status]
    return [
        status,
        _SMALL_COUNT if withheld(estimate) else _FREE,
        "" if interval is None else plain_number(interval.level),
        "" if interval is None else interval.method,
        estimate.method,
        " ".join(dict.fromkeys(warning.code for warning in estimate.warnings)),
        bundle.identifier,
    ]


def plain_number(number: float | None) -> str:
    """Write a number for a table that a program reads: no separator, all its digits; nothing for None, INF for no end.

    Examples
    --------
    >>> [plain_number(x) for x in (None, 12.0, 0.1, math.inf)]
    ['', '12', '0.1', 'INF']
    """
    if number is None:
        return ""
    if math.isinf(number):
        return "INF" if number > 0 else "-INF"
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(float(number))
