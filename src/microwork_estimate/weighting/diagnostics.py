"""What weighting did to a sample: margins before and after, and what the weights cost in precision."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import UNSPECIFIED, Assumption, FloatArray, frozen_floats
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.small_tables import facts_table, grid_table, notes_list

MARGINS_OF_THE_UNIVERSE = Assumption(
    id="margins-of-the-universe",
    statement_en="The margins are those of the population that the respondents were drawn from.",
    statement_fr="Les marges sont celles de la population dans laquelle les répondants ont été tirés.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity=None,
)
ALIKE_WITHIN_MARGINS = Assumption(
    id="alike-within-margins",
    statement_en="Among persons alike in the calibration variables, answering the survey does not depend on the answers.",
    statement_fr="À variables de calage égales, le fait de répondre à l'enquête ne dépend pas des réponses.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity=None,
)


def design_effect(weights: ArrayLike) -> float:
    """Return Kish's design effect of unequal weights.

    What unequal weights do to the variance of a mean when they have nothing to do with the answers: one plus the squared
    coefficient of variation of the weights.

    Parameters
    ----------
    weights : array of shape (n,)
        Persons that each respondent stands for; their scale does not matter.

    Returns
    -------
    float
        1 for equal weights.

    Raises
    ------
    InvalidInput
        If there are no weights, or one is missing or not above zero.

    References
    ----------
    Kish (1965), *Survey Sampling*, chapter 11; Kish (1992), *Journal of Official Statistics* 8, 183-200.

    Examples
    --------
    >>> design_effect([1.0, 1.0, 4.0])
    1.5
    """
    array = frozen_floats(weights, where="weights")
    if array.ndim != 1 or array.size == 0 or not (np.isfinite(array) & (array > 0)).all():
        raise InvalidInput(
            "impossible weights",
            expected="finite weights above zero, one for each respondent",
            got=f"shape {array.shape}",
            where="weights",
            fix="leave respondents without weight out",
        )
    return float(array.size * np.sum(array**2) / np.sum(array) ** 2)


def effective_sample_size(weights: ArrayLike) -> float:
    """Return the number of respondents with equal weights that would be worth as much: n over the design effect.

    Parameters
    ----------
    weights : array of shape (n,)

    Returns
    -------
    float
        Between 1 and n.

    Raises
    ------
    InvalidInput
        As in :func:`design_effect`.

    References
    ----------
    Kish (1965), *Survey Sampling*, chapter 11.

    Examples
    --------
    >>> effective_sample_size([1.0, 1.0, 4.0])
    2.0
    """
    return float(np.size(weights) / design_effect(weights))


def weight_outcome_correlation(sample: SurveySample, y: str) -> float:
    """Return the correlation of the weights with an answer.

    Near zero, weights cost precision and change nothing; far from zero, they matter for this answer.

    Parameters
    ----------
    sample : SurveySample
    y : str
        A column of numbers.

    Returns
    -------
    float
        Pearson's correlation, unweighted; NaN when weights or answers do not vary.

    Examples
    --------
    >>> sample = SurveySample(columns={"hours": [1.0, 2.0, 3.0]}, weight=[1.0, 2.0, 3.0])
    >>> round(weight_outcome_correlation(sample, "hours"), 12)
    1.0
    """
    weights, values = sample.weights, sample.numbers(y)
    if np.ptp(weights) == 0 or np.ptp(values) == 0:
        return math.nan
    return float(np.corrcoef(weights, values)[0, 1])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CalibrationReport:
    """What a calibration did.

    Parameters
    ----------
    method : str
    variables, categories : tuple of p str
        Of each margin; the category of a continuous variable is empty.
    targets, before, after : array of shape (p,)
        Each margin as it should be, with the base weights, and with the calibrated weights.
    n : int
        Respondents.
    iterations : int
        Steps of the fit.
    max_deviation : float
        Largest difference between `after` and `targets`, as a share of the target (or of 1 where it is smaller).
    base_weights, weights : array of shape (n,)
    bounds : str
        The bounds, in words.
    source, as_of : str
        Of the margins.
    assumptions : tuple of Assumption
    warnings : tuple of CodedWarning

    Examples
    --------
    As text (``print``), as HTML (in a notebook), and as rows for a data frame:

    >>> from microwork_estimate.inputs import Margins
    >>> from microwork_estimate.weighting import calibrate
    >>> sample = SurveySample(columns={"sex": ["f", "f", "m"]})
    >>> report = calibrate(sample, Margins.from_totals({"sex": {"f": 50, "m": 50}}, source="made up")).report
    >>> [(row["category"], row["before"], round(row["after"], 9)) for row in report.rows()]
    [('f', 2.0, 50.0), ('m', 1.0, 50.0)]
    >>> round(report.design_effect, 3), round(report.effective_sample_size, 3)
    (1.125, 2.667)
    """

    method: str
    variables: tuple[str, ...]
    categories: tuple[str, ...]
    targets: FloatArray
    before: FloatArray
    after: FloatArray
    n: int
    iterations: int
    max_deviation: float
    base_weights: FloatArray
    weights: FloatArray
    bounds: str = "none"
    source: str = UNSPECIFIED
    as_of: str = UNSPECIFIED
    assumptions: tuple[Assumption, ...] = (MARGINS_OF_THE_UNIVERSE, ALIKE_WITHIN_MARGINS)
    warnings: tuple[CodedWarning, ...] = ()

    @property
    def design_effect(self) -> float:
        """Kish's design effect of the calibrated weights."""
        return design_effect(self.weights)

    @property
    def effective_sample_size(self) -> float:
        """Kish's effective sample size with the calibrated weights."""
        return effective_sample_size(self.weights)

    @property
    def ratio_range(self) -> tuple[float, float]:
        """Smallest and largest calibrated weight over base weight."""
        ratio = self.weights / self.base_weights
        return float(ratio.min()), float(ratio.max())

    @property
    def largest_share(self) -> float:
        """The largest weight as a share of their sum."""
        return float(self.weights.max() / self.weights.sum())

    def summary(self) -> dict[str, float | int | str]:
        """Return the single numbers by name, in the order in which they are shown."""
        low, high = self.ratio_range
        return {
            "method": self.method,
            "respondents": self.n,
            "persons": float(self.weights.sum()),
            "steps": self.iterations,
            "largest deviation from a margin": self.max_deviation,
            "bounds": self.bounds,
            "smallest ratio to base weight": low,
            "largest ratio to base weight": high,
            "smallest weight": float(self.weights.min()),
            "median weight": float(np.median(self.weights)),
            "largest weight": float(self.weights.max()),
            "share of the largest weight": self.largest_share,
            "design effect before": design_effect(self.base_weights),
            "design effect after": self.design_effect,
            "effective sample size": self.effective_sample_size,
            "source of the margins": self.source,
            "margins as of": self.as_of,
        }

    def rows(self) -> list[dict[str, float | str]]:
        """Return one plain mapping for each margin, ready for any data frame."""
        columns = zip(self.variables, self.categories, self.targets, self.before, self.after, strict=True)
        return [
            {
                "variable": variable,
                "category": category,
                "target": float(target),
                "before": float(before),
                "after": float(after),
                "deviation_before": float(before - target),
                "deviation_after": float(after - target),
            }
            for variable, category, target, before, after in columns
        ]

    def __str__(self) -> str:
        lines = [f"{name}: {_plain(value)}" for name, value in self.summary().items()]
        names = [f"{v} = {c}" if c else v for v, c in zip(self.variables, self.categories, strict=True)]
        width = max(len(name) for name in (*names, "margin"))
        lines.append(f"{'margin':<{width}} {'target':>14} {'before':>14} {'after':>14}")
        for name, *values in zip(names, self.targets, self.before, self.after, strict=True):
            lines.append(f"{name:<{width}} " + " ".join(f"{_plain(float(v)):>14}" for v in values))
        lines += [f"assumes {a.id}: {a.statement_en}" for a in self.assumptions]
        lines += [f"warning {w}" for w in self.warnings]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        facts = facts_table("Calibration", [(name, _plain(value)) for name, value in self.summary().items()])
        head = ("margin", "category", "target", "before", "after")
        rows = [
            [str(row["variable"]), str(row["category"]), *(_plain(row[name]) for name in head[2:])]
            for row in self.rows()
        ]
        notes = notes_list(
            [*(f"assumes: {a.statement_en}" for a in self.assumptions), *(f"warning {w}" for w in self.warnings)]
        )
        return facts + grid_table("Margins", head, rows) + notes


def _plain(value: float | int | str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) or (abs(value) >= 1000 and math.isfinite(value)):
        return f"{value:,.0f}"
    return f"{value:.4g}"
