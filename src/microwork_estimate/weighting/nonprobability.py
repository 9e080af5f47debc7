"""Weights for a sample of volunteers: one over the estimated chance of having volunteered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from microwork_estimate.errors import CodedWarning, InvalidInput, NotConverged, announce, check_choice
from microwork_estimate.estimate import Assumption, FloatArray, frozen_floats
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.small_tables import facts_table, notes_list
from microwork_estimate.weighting.balance import BalanceTable, balance_of
from microwork_estimate.weighting.common_variables import Common, Reference, common_variables
from microwork_estimate.weighting.diagnostics import design_effect, effective_sample_size
from microwork_estimate.weighting.overlap import outside_range, poor_overlap
from microwork_estimate.weighting.working_fits import propensity

Form = Literal["likelihood", "calibration"]

VOLUNTEERING_EXPLAINED = Assumption(
    id="volunteering-explained",
    statement_en="Among persons alike in the common variables, volunteering does not depend on the answers.",
    statement_fr="À variables communes égales, le fait de se porter volontaire ne dépend pas des réponses.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="weighting.data_defect_curve",
)
EVERYBODY_MIGHT_VOLUNTEER = Assumption(
    id="everybody-might-volunteer",
    statement_en="Every person of the population has a chance above zero of being among the volunteers.",
    statement_fr="Chaque personne de la population a une chance non nulle d'être parmi les volontaires.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="weighting.overlap",
)
LOGISTIC_VOLUNTEERING = Assumption(
    id="logistic-volunteering",
    statement_en="The chance of volunteering follows a logistic curve in the common variables.",
    statement_fr="La probabilité de se porter volontaire suit une courbe logistique en les variables communes.",
    testable=True,
    direction_of_bias_if_violated="either",
    sensitivity="weighting.covariate_balance",
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PseudoWeights:
    """Volunteers with their estimated chances, and what weighting by them does.

    Parameters
    ----------
    sample : SurveySample
        The volunteers with weight 1 / chance.
    propensity : array of shape (n,)
        Estimated chance of each to be among the volunteers.
    form : str
        ``"likelihood"`` or ``"calibration"``.
    names : tuple of p str
        Of the coefficients: the first is the constant, then variables and categories (the first category of each is the
        one compared with).
    coefficients : array of shape (p,)
        On the logistic scale, for one unit of each variable.
    population : float
        Persons in the reference.
    balance : BalanceTable
        Common variables before and after.
    outside_range : float
        Share of the population outside the range of the volunteers; NaN with totals only.
    assumptions : tuple of Assumption
    warnings : tuple of CodedWarning
    """

    sample: SurveySample
    propensity: FloatArray
    form: Form
    names: tuple[str, ...]
    coefficients: FloatArray
    population: float
    balance: BalanceTable
    outside_range: float
    assumptions: tuple[Assumption, ...] = (VOLUNTEERING_EXPLAINED, EVERYBODY_MIGHT_VOLUNTEER, LOGISTIC_VOLUNTEERING)
    warnings: tuple[CodedWarning, ...] = ()

    def __post_init__(self) -> None:
        for name in ("propensity", "coefficients"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name), where=f"PseudoWeights.{name}"))

    @property
    def largest_propensity(self) -> float:
        """The largest estimated chance."""
        return float(self.propensity.max())

    def summary(self) -> dict[str, float | int | str]:
        """Return the single numbers by name, in the order in which they are shown."""
        weights = self.sample.weights
        return {
            "form": self.form,
            "volunteers": self.sample.n,
            "persons in the reference": self.population,
            "sum of the weights": float(weights.sum()),
            "smallest chance": float(self.propensity.min()),
            "largest chance": self.largest_propensity,
            "largest weight": float(weights.max()),
            "design effect": design_effect(weights),
            "effective sample size": effective_sample_size(weights),
            "largest standardised difference left": self.balance.largest_after,
            "share of the population outside the range": self.outside_range,
        }

    def rows(self) -> list[dict[str, float | str]]:
        """Return one plain mapping for each coefficient, ready for any data frame."""
        pairs = zip(self.names, self.coefficients, strict=True)
        return [{"name": name, "coefficient": float(value)} for name, value in pairs]

    def __str__(self) -> str:
        lines = [f"{name}: {_plain(value)}" for name, value in self.summary().items()]
        lines += [str(self.balance)]
        lines += [f"assumes {a.id}: {a.statement_en}" for a in self.assumptions]
        lines += [f"warning {w}" for w in self.warnings]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        facts = facts_table("Pseudo-weights", [(name, _plain(value)) for name, value in self.summary().items()])
        notes = notes_list(
            [*(f"assumes: {a.statement_en}" for a in self.assumptions), *(f"warning {w}" for w in self.warnings)]
        )
        return facts + self.balance._repr_html_() + notes


def pseudo_weights(
    sample: SurveySample,
    reference: Reference,
    variables: Sequence[str] | None = None,
    *,
    form: Form | None = None,
) -> PseudoWeights:
    """Weight volunteers by one over their estimated chance of having volunteered.

    The chance pi is a logistic curve in variables that the volunteers share with a reference: a sample of the population
    with known weights d, or totals. Procedure, with a constant among the variables x: the ``"likelihood"`` form finds
    the curve for which the volunteers' sum of x equals the reference's sum of d pi x; the ``"calibration"`` form the one
    for which the volunteers' sum of x / pi equals the population's total of x, so that the weights also meet the totals.
    The weight is 1 / pi.

    Weights of volunteers say how often a row counts (1, unless rows are redrawn). For means with their error, give the
    same arguments to :func:`pseudo_weighted_mean` or :func:`doubly_robust_mean`: other estimators take these weights as
    if they were known.

    Parameters
    ----------
    sample : SurveySample
        The volunteers, n rows.
    reference : SurveySample or Margins
        A sample of the population with its weights, or totals of the population.
    variables : sequence of str or None
        Columns that both samples have: text is a category, numbers are numbers, ``"sex:age"`` crosses two columns of
        categories. None with margins, which name their own (also by a formula, :meth:`Margins.from_formula`).
    form : str or None
        None takes ``"likelihood"`` with a sample and ``"calibration"`` with totals.

    Returns
    -------
    PseudoWeights
        With the warnings ``wrong-universe`` if volunteers and reference name different populations, and ``poor-overlap``
        if more than 5 % of the reference lies outside the range of the volunteers.

    Raises
    ------
    InvalidInput
        If the two cannot be brought to the same columns, if a category is on one side only, if the volunteers are as
        many as the population, or for the likelihood form with totals.
    NotConverged
        If no curve meets the equations: volunteers and reference do not overlap.

    Assumptions
    -----------
    ``volunteering-explained``, ``everybody-might-volunteer``, ``logistic-volunteering``; nobody's chance depends on who
    else volunteers.

    References
    ----------
    Chen, Li & Wu (2020), *Journal of the American Statistical Association* 115, 2011-2021: the score of their
    pseudo-likelihood for the likelihood form, their estimating equations with h = x / pi for the calibration form.

    Examples
    --------
    >>> volunteers = SurveySample(columns={"sex": ["f", "f", "f", "m"]})
    >>> people = SurveySample(columns={"sex": ["f", "m"]}, weight=[500.0, 500.0])
    >>> weighted = pseudo_weights(volunteers, people, ["sex"])
    >>> weighted.sample.weights.round(6).tolist()
    [166.666667, 166.666667, 166.666667, 500.0]
    """
    common = common_variables(sample, reference, variables)
    chosen = check_form(form, reference)
    design = common.design()
    if chosen == "likelihood":
        assert common.reference_weight is not None  # noqa: S101 - check_form has refused totals
        side = common.reference_weight
    else:
        side = design.totals
    fitted = propensity((design.sample, design.reference), common.weight[None], side[None], chosen)[0]
    if not np.isfinite(fitted).all():
        raise no_fit("propensities", where="pseudo_weights")
    chances = expit(design.sample @ fitted)
    weighted = sample.with_weights(common.weight / chances)
    off = outside_range(common)
    warnings = (*common.warnings, *poor_overlap(off))
    announce(warnings)
    return PseudoWeights(
        sample=weighted,
        propensity=chances,
        form=chosen,
        names=_names(common),
        coefficients=_unscaled(fitted, design.centre, design.scale),
        population=common.population,
        balance=balance_of(common, weighted.weights),
        outside_range=off,
        warnings=warnings,
    )


def check_form(form: Form | None, reference: Reference) -> Form:
    """Return the form of the propensities, if the reference allows it.

    Raises
    ------
    InvalidInput
        If it is unknown, or is the likelihood form with totals.
    """
    totals = isinstance(reference, Margins)
    chosen: Form = form or ("calibration" if totals else "likelihood")
    check_choice(chosen, ("likelihood", "calibration"), where="form")
    if totals and chosen == "likelihood":
        raise InvalidInput(
            "likelihood without persons",
            expected="a reference sample",
            got="totals",
            where="form",
            fix="use form='calibration', or a reference sample",
        )
    return chosen


def no_fit(what: str, *, where: str) -> NotConverged:
    """Return the error for a working model that has no solution."""
    return NotConverged(
        f"no {what}",
        expected="volunteers and population that overlap in every combination of the variables",
        got="an estimating equation without a solution: some chance would have to be 0 or 1",
        where=where,
        fix="merge categories, leave variables out, and look at weighting.overlap",
    )


def _names(common: Common) -> tuple[str, ...]:
    labels = [" = ".join(filter(None, common.labels[i])) for i in common.independent]
    return ("constant", *labels[1:])


def _unscaled(coefficients: FloatArray, centre: FloatArray, scale: FloatArray) -> FloatArray:
    slopes = coefficients / scale
    slopes[0] = coefficients[0] - float((slopes * centre)[1:].sum())
    return slopes


def _plain(value: float | int | str) -> str:
    return value if isinstance(value, str) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
