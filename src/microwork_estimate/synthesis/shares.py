"""Tiers from answers: what share of them falls into each tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import special

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Assumption, Estimand, Estimate, FrozenMapping, Interval
from microwork_estimate.inputs.checks import whole_counts
from microwork_estimate.synthesis.tiers import Tier, TierSet

ANSWERS_ARE_PERSONS = Assumption(
    id="answers-are-persons",
    statement_en="Each answer stands for one person, and active people do not answer more often than others.",
    statement_fr="Chaque réponse correspond à une personne, et les plus actifs ne répondent pas plus souvent que les autres.",
    testable=False,
    direction_of_bias_if_violated="up",
    sensitivity=None,
)


def tier_shares(
    answers: Mapping[str, int],
    classes: Mapping[str, Sequence[str]],
    *,
    names: Sequence[Tier],
    estimand: Estimand,
    level: float = 0.95,
) -> TierSet:
    """Share of answers in each tier, with intervals, as exclusive tiers.

    Procedure: the answers of a tier's classes are added and divided by all answers. The interval is that of a binomial
    share on the logit scale; at a share of 0 or 1 it is the exact one-sided limit.

    Parameters
    ----------
    answers : mapping of str to int
        Number of answers by class.
    classes : mapping of str to sequence of str
        The classes that make each tier, by tier id. Each class belongs to exactly one tier.
    names : sequence of Tier
        The tiers, from the most active on.
    estimand : Estimand
        Its unit must be ``"share"``.
    level : float

    Returns
    -------
    TierSet
        Exclusive shares that add up to 1. They carry the warning ``avidity``: whoever answers often counts often.

    Raises
    ------
    InvalidInput
        If a class is in no tier or in two, if there is no answer, or if the unit is not a share.

    Assumptions
    -----------
    Each answer stands for one person; the active do not answer more often.

    References
    ----------
    Agresti (2013), *Categorical Data Analysis*, section 3.1.1 (logit interval).

    Examples
    --------
    >>> import warnings
    >>> often, seldom = (Tier(id=i, label_en=i, label_fr=i, criterion_en=i, criterion_fr=i) for i in ("often", "seldom"))
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimates keep the warning
    ...     shares = tier_shares(
    ...         {"daily": 30, "weekly": 10, "rarely": 60},
    ...         {"often": ["daily", "weekly"], "seldom": ["rarely"]},
    ...         names=[often, seldom],
    ...         estimand=Estimand(unit="share"),
    ...     )
    >>> shares["often"].value
    0.4
    """
    check_level(level)
    _check_partition(answers, classes, names)
    if estimand.unit != "share":
        raise InvalidInput(
            "not a share", expected="unit 'share'", got=repr(estimand.unit), where="tier_shares", fix="set the unit"
        )
    whole_counts(list(answers.values()), where="answers")
    total = sum(answers.values())
    if total == 0:
        raise InvalidInput(
            "no answers", expected="at least one answer", got="0", where="tier_shares", fix="leave this year out"
        )
    warning = CodedWarning(
        code="avidity",
        message=f"{total:,} answers are counted, not persons: people who answer often, often the most active, count "
        "more, and the interval is too short because it takes answers of one person for independent",
    )
    announce([warning])
    estimates = []
    for tier in names:
        count = sum(answers[name] for name in classes[tier.id])
        low, high = logit_interval(count, total, level)
        estimates.append(
            Estimate(
                name=tier.id,
                value=count / total,
                standard_error=float(np.sqrt(count * (total - count) / total) / total),
                interval=Interval(low=low, high=high, level=level, method="logit"),
                estimand=estimand,
                method="share of answers",
                assumptions=(ANSWERS_ARE_PERSONS,),
                warnings=(warning,),
                references=("Agresti (2013), Categorical Data Analysis, section 3.1.1",),
                diagnostics=FrozenMapping({"answers": total, "in_tier": count}),
            )
        )
    return TierSet(tiers=tuple(names), estimates=tuple(estimates), kind="exclusive")


def logit_interval(count: int, total: int, level: float) -> tuple[float, float]:
    """Interval of a binomial share: normal on the logit scale, exact and one-sided when nobody or everybody is counted.

    Parameters
    ----------
    count, total : int
        0 <= count <= total, total at least 1.
    level : float

    Returns
    -------
    (float, float)
    """
    if count in (0, total):
        limit = (1 - level) ** (1 / total)
        return (0.0, 1 - limit) if count == 0 else (limit, 1.0)
    z = special.ndtri((1 + level) / 2)
    centre = special.logit(count / total)
    half = z * np.sqrt(1 / count + 1 / (total - count))
    low, high = special.expit([centre - half, centre + half])
    return float(low), float(high)


def _check_partition(answers: Mapping[str, int], classes: Mapping[str, Sequence[str]], names: Sequence[Tier]) -> None:
    assigned = [name for tier in names for name in classes.get(tier.id, ())]
    missing, unknown = set(answers) - set(assigned), set(assigned) - set(answers)
    twice = {name for name in assigned if assigned.count(name) > 1}
    if missing or unknown or twice:
        raise InvalidInput(
            "classes do not make up the tiers",
            expected="each class of answers in exactly one tier",
            got=f"in no tier: {sorted(missing)}; in two: {sorted(twice)}; without answers: {sorted(unknown)}",
            where="tier_shares",
            fix="check the classes of the tiers against the table",
        )
