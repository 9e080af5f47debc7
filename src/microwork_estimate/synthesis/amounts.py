"""What all people of a tier do or earn together: the count of the tier times a mean per person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from microwork_estimate.bootstrap import with_replicates
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Assumption, Estimand, Estimate, Replicates
from microwork_estimate.synthesis.tiers import TierSet

MEANS_FROM_SURVEY = Assumption(
    id="means-from-survey",
    statement_en="Within each tier, the survey's respondents with their weights work and earn as all people of the tier do.",
    statement_fr=(
        "Au sein de chaque niveau, les répondants de l'enquête, avec leurs poids, travaillent et gagnent autant que "
        "l'ensemble des personnes du niveau."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity=None,
)


def tier_amounts(
    cells: TierSet, means: Mapping[str, Estimate], *, estimand: Estimand, per: float = 1.0, level: float = 0.95
) -> TierSet:
    """Return the amount of each exclusive tier: hours as full-time equivalents, or earnings.

    Procedure: people of the tier times the mean per person, divided by `per`; replicates are multiplied index by index.
    :func:`cumulated` adds the amounts up for nested tiers. Full-time equivalents are the hours of a week divided by
    those of a full-time week, 35 in France; how many hours are full-time is an input, not a finding.

    Parameters
    ----------
    cells : TierSet
        Exclusive tiers.
    means : mapping of str to Estimate
        For each tier id, the mean per person of the tier. Replicates of the same run as those of the tiers.
    estimand : Estimand
        Of the amounts.
    per : float
        What the product is divided by, such as the hours of a full-time week.
    level : float

    Returns
    -------
    TierSet
        Exclusive amounts; an interval where tier and mean have replicates. A tier or a mean without value gives none,
        with the warnings that say why.

    Raises
    ------
    InvalidInput
        If the tiers are nested, a mean is missing, `per` is not above 0, or replicates are of another run.

    Assumptions
    -----------
    ``means-from-survey``.

    References
    ----------
    Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, chapter 10.

    Examples
    --------
    >>> from microwork_estimate.synthesis.tiers import DIPLAB_TIERS
    >>> def made(name, value, unit):
    ...     return Estimate(name=name, value=value, estimand=Estimand(unit=unit), method="given")
    >>> sizes = tuple(made(str(n), n, "persons") for n in (14_903.0, 37_434.0, 213_789.0))
    >>> hours = {t.id: made(t.id, h, "hours per week") for t, h in zip(DIPLAB_TIERS, (7.0, 1.5, 0.0), strict=True)}
    >>> work = tier_amounts(
    ...     TierSet(tiers=DIPLAB_TIERS, estimates=sizes, kind="exclusive"),
    ...     hours,
    ...     estimand=Estimand(unit="full-time equivalents"),
    ...     per=35.0,
    ... )
    >>> [round(tier.estimate.value) for tier in work]
    [2981, 1604, 0]
    """
    check_level(level)
    missing = [tier.id for tier in cells.tiers if tier.id not in means]
    if cells.kind != "exclusive" or missing or not (np.isfinite(per) and per > 0):
        raise InvalidInput(
            "amounts that cannot be worked out",
            expected="exclusive tiers, a mean for each, and a divisor above 0",
            got=f"{cells.kind} tiers; no mean for: {', '.join(missing) or 'none'}; per = {per}",
            where="tier_amounts",
            fix="make nested tiers exclusive, and give the mean of every tier, 0 where nobody works",
        )
    made = tuple(_amount(tier.estimate, means[tier.tier.id], tier.tier.id, estimand, per, level) for tier in cells)
    announce([w for estimate in made for w in estimate.warnings])
    return TierSet(tiers=cells.tiers, estimates=made, kind="exclusive")


def _amount(people: Estimate, mean: Estimate, name: str, estimand: Estimand, per: float, level: float) -> Estimate:
    warnings = tuple(dict.fromkeys((*people.warnings, *mean.warnings)))
    value = None if people.value is None or mean.value is None else people.value * mean.value / per
    if value is None and not warnings:
        missing = CodedWarning(code="unavailable", message=f"{name} needs a tier and a mean that have a value")
        warnings = (missing,)
    amount = Estimate(
        name=name,
        value=value,
        estimand=estimand,
        method="count of the tier times weighted mean",
        assumptions=tuple(dict.fromkeys((*people.assumptions, *mean.assumptions, MEANS_FROM_SURVEY))),
        warnings=warnings,
        references=tuple(dict.fromkeys((*people.references, *mean.references))),
    )
    draws = _product(people.replicates, mean.replicates, per)
    return amount if value is None or draws is None else with_replicates(amount, draws, level=level)


def _product(people: Replicates | None, mean: Replicates | None, per: float) -> Replicates | None:
    if people is None or mean is None:
        return None
    run = people + mean  # names the streams of both, and refuses another run
    return replace(run, values=people.values * mean.values / per)
