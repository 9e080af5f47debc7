"""Post-stratification: each category gets the weight of its population."""

from __future__ import annotations

from microwork_estimate.errors import InvalidInput, announce
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.preflight import check_kinds, prepare
from microwork_estimate.weighting.results import CalibrationResult, Outcome, finish


def poststratify(sample: SurveySample, margins: Margins) -> CalibrationResult:
    """Scale the weights of each category (or cell of a crossing) to its population.

    Parameters
    ----------
    sample : SurveySample
    margins : Margins
        One margin: a variable or a crossing.

    Returns
    -------
    CalibrationResult
        ``(sample, report)``.

    Raises
    ------
    InvalidInput
        If there is more than one margin or it is continuous, or if a category has respondents or a population only.

    Assumptions
    -----------
    As for :func:`~microwork_estimate.weighting.calibrate`.

    References
    ----------
    Holt & Smith (1979), *JRSS A* 142, 33-46.

    Examples
    --------
    >>> sample = SurveySample(columns={"sex": ["f", "f", "m"]})
    >>> margins = Margins.from_totals({"sex": {"f": 60, "m": 40}}, source="made up")
    >>> poststratify(sample, margins).sample.weights.tolist()
    [30.0, 30.0, 40.0]
    """
    check_kinds(sample, margins)
    if len(margins.margins) != 1 or margins.margins[0].continuous:
        raise InvalidInput(
            "not one margin of categories",
            expected="one variable or one crossing",
            got=", ".join(m.label for m in margins.margins),
            where="poststratify",
            fix="cross the variables in one margin, or use calibrate for several margins",
        )
    prepared = prepare(sample, margins)
    system = prepared.system
    weights = sample.weights * (system.targets / system.totals(sample.weights))[system.codes[0]]
    outcome = Outcome(method="poststratification", weights=weights, iterations=1)
    result = finish(sample, margins, prepared, outcome)
    announce(result.report.warnings)
    return result
