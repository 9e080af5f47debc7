"""On-site surveys: the frequent visitors are asked first. Shares of tiers with that taken out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from microwork_estimate.errors import CodedWarning, announce, check_level
from microwork_estimate.estimate import (
    Assumption,
    Estimand,
    Estimate,
    FloatArray,
    FrozenMapping,
    Interval,
    SensitivityCurve,
    frozen_floats,
)
from microwork_estimate.inputs import SurveySample
from microwork_estimate.inputs.codes import label_text
from microwork_estimate.platforms import coded_warnings
from microwork_estimate.platforms.assumptions import AVIDITY_LAW, VISITS_RECALLED
from microwork_estimate.platforms.avidity_law import Avidity, avidity_weights, refuse_avidity
from microwork_estimate.platforms.design import calibrated_scores, design_of, score_covariance
from microwork_estimate.platforms.scale import log_scale_interval, logit_interval

_GAMMAS = (0.5, 0.75, 1.0, 1.25, 1.5)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TierShares:
    """Shares of exclusive tiers among those active in the field days.

    Parameters
    ----------
    shares : mapping of str to Estimate
        By tier; they add up to 1.
    naive : mapping of str to float
        The plain shares of respondents, which count the frequent visitors too often.
    covariance : array of shape (g, g)
        Of the shares, in their order; NaN where no standard error can be given.
    persons : Estimate or None
        Persons active in the field days, where the chance of answering is known.
    of_registered : mapping of str to Estimate
        Shares of all registered persons, where their number was given: the rest are dormant or did not come.
    """

    shares: Mapping[str, Estimate]
    naive: Mapping[str, float]
    covariance: FloatArray
    persons: Estimate | None
    of_registered: Mapping[str, Estimate]

    def __post_init__(self) -> None:
        for name in ("shares", "naive", "of_registered"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        object.__setattr__(self, "covariance", frozen_floats(self.covariance, where="TierShares.covariance"))


def tier_shares_on_site(
    sample: SurveySample,
    *,
    tier: str,
    visits: str = "visits_in_field",
    avidity: Avidity | None = None,
    registered: float | None = None,
    level: float = 0.95,
) -> TierShares:
    """Estimate shares of tiers among active persons from a questionnaire that stood on the platforms.

    Whoever comes often is likely to be asked, whoever comes rarely is not: plain shares of respondents make the very
    active many times too numerous. Each respondent is weighted by one over the chance of being reached.

    Procedure: share of tier g = sum of w_i over its respondents / sum of all w_i, with w_i from
    :func:`avidity_weights` times the weight of the sample. Linearised standard error: with a known chance that of
    independent draws with these chances; otherwise between primary units within strata.

    Parameters
    ----------
    sample : SurveySample
        n respondents, each once.
    tier : str
        Column of exclusive tiers.
    visits : str
        Column of visits in the field days, at least 1.
    avidity : Avidity or None
    registered : float or None
        Persons registered, known without error, for shares of them; needs the chance of answering.
    level : float
        Confidence level of the intervals, normal on the logit scale.

    Returns
    -------
    TierShares
        Shares of the persons who came in the field days; not of the registered: the dormant never come. Warnings:
        ``short-field`` where the field days are fewer than those of the window (rare visitors of the other days are
        left out), ``avidity`` where gamma is 0, so that nothing is taken out, ``single-respondent``.

    Raises
    ------
    InvalidInput
        If a tier is missing, a number of visits is below 1, or the registered are given without the chance or are
        fewer than the respondents.

    Assumptions
    -----------
    The law of :class:`Avidity`; visits are recalled exactly.

    References
    ----------
    Shaw 1988, Journal of Econometrics 37, 211-223; Hájek 1971, in Foundations of Statistical Inference, 236 (ratio of
    weighted sums); Särndal, Swensson and Wretman 1992, section 3.2 (Poisson sampling).

    Examples
    --------
    >>> sample = SurveySample(columns={"visits_in_field": [1, 1, 8, 8], "tier": ["rare", "rare", "weekly", "weekly"]})
    >>> found = tier_shares_on_site(sample, tier="tier")
    >>> found.naive["weekly"], round(found.shares["weekly"].value, 4)
    (0.5, 0.1111)
    """
    check_level(level)
    law = avidity or Avidity()
    if registered is not None and (law.chance is None or not sample.n <= registered < math.inf):
        refuse_avidity(
            "shares of the registered that cannot be given",
            f"a known chance of answering, and at least {sample.n} persons registered",
            f"chance {law.chance}, registered {registered!r}",
            "registered",
        )
    found = _tier_shares(sample, tier, visits, law, level, registered)
    announce(next(iter(found.shares.values())).warnings)
    return found


def avidity_curve(
    sample: SurveySample,
    *,
    tier: str,
    category: str,
    visits: str = "visits_in_field",
    gammas: Iterable[float] = _GAMMAS,
    avidity: Avidity | None = None,
) -> SensitivityCurve:
    """Give the share of one tier for several exponents of avidity, at the level 0.95.

    Parameters
    ----------
    sample : SurveySample
    tier : str
        Column of exclusive tiers.
    category : str
        The tier in question.
    visits : str
        Column of visits in the field days.
    gammas : iterable of float
        Increasing exponents.
    avidity : Avidity or None
        Chance and field days; its exponent is the reference of the curve.

    Returns
    -------
    SensitivityCurve
        Shares and interval ends; ends are NaN where no standard error can be given.

    Raises
    ------
    InvalidInput
        If the exponents do not increase, or there is no such tier.

    Assumptions
    -----------
    As :func:`tier_shares_on_site`.

    References
    ----------
    Shaw 1988, Journal of Econometrics 37, 211-223.

    Examples
    --------
    >>> sample = SurveySample(columns={"visits_in_field": [1, 1, 4, 4], "tier": ["rare", "rare", "weekly", "weekly"]})
    >>> avidity_curve(sample, tier="tier", category="weekly", gammas=(0, 1)).values.round(3).tolist()
    [0.5, 0.2]
    """
    law = avidity or Avidity()
    grid = frozen_floats(list(gammas), where="gammas")
    if grid.size == 0 or (np.diff(grid) <= 0).any():
        refuse_avidity("exponents out of order", "increasing exponents", str(grid.tolist()), "gammas")
    shares = []
    for gamma in grid:
        found = _tier_shares(sample, tier, visits, replace(law, gamma=float(gamma)), 0.95).shares
        if category not in found:
            refuse_avidity("unknown tier", "one of " + ", ".join(found), repr(category), "category")
        shares.append(found[category])
    missing = Interval(low=0.0, high=1.0, level=0.95, method="none")
    ends = [share.interval or missing for share in shares]
    absent = np.array([share.interval is None for share in shares])
    return SensitivityCurve(
        parameter="exponent of avidity",
        grid=grid,
        values=np.array([share.value for share in shares], dtype=np.float64),
        low=np.where(absent, np.nan, [end.low for end in ends]),
        high=np.where(absent, np.nan, [end.high for end in ends]),
        level=0.95,
        estimand=shares[0].estimand,
        reference=law.gamma,
    )


def _tier_shares(
    sample: SurveySample, tier: str, visits: str, law: Avidity, level: float, registered: float | None = None
) -> TierShares:
    reach = avidity_weights(sample.numbers(visits), law)
    weights = sample.weights * reach
    coded = sample.categories(tier)
    names = tuple(label_text(name) for name in coded.levels)
    inside = (coded.codes[:, None] == np.arange(len(names))).astype(np.float64)
    total = float(weights.sum())
    values = weights @ inside / total
    covariance = _covariance(sample, weights[:, None] * (inside - values) / total, reach, law)
    found = _warnings(law, covariance)

    def shares(values: FloatArray, variances: FloatArray, among: str) -> dict[str, Estimate]:
        rows = zip(names, values, variances, strict=True)
        return {n: _share(f"share of {n} among the {among}", float(v), float(w), level, found) for n, v, w in rows}

    naive = sample.weights @ inside / sample.weights.sum()
    of_registered = (
        {} if registered is None else shares(*_registered_shares(weights, reach, inside, registered), "registered")
    )
    return TierShares(
        shares=shares(values, np.diag(covariance), "active"),
        naive=dict(zip(names, map(float, naive), strict=True)),
        covariance=covariance,
        persons=_persons(weights, reach, law, (found, level)) if law.chance is not None else None,
        of_registered=of_registered,
    )


def _registered_shares(
    weights: FloatArray, reach: FloatArray, inside: FloatArray, registered: float
) -> tuple[FloatArray, FloatArray]:
    """Return shares of the registered by tier and their variances: persons of each tier over persons registered."""
    return weights @ inside / registered, ((1 - 1 / reach) * weights**2) @ inside / registered**2


def _covariance(sample: SurveySample, scores: FloatArray, reach: FloatArray, law: Avidity) -> FloatArray:
    """Covariance of sums of scores: independent draws with known chances, or the design of the sample."""
    if law.chance is not None and sample.psu is None and sample.strata is None:
        # Whoever is bound to be reached adds nothing: 1 - chance, the chance being one over the weight.
        return np.asarray((scores * (1 - 1 / reach)[:, None]).T @ scores)
    return score_covariance(calibrated_scores(scores, sample.weights, sample.auxiliary), design_of(sample))


def _share(name: str, value: float, variance: float, level: float, coded: tuple[CodedWarning, ...]) -> Estimate:
    known = math.isfinite(variance)
    error = math.sqrt(variance) if known else math.nan
    return Estimate(
        name=name,
        value=value,
        standard_error=error if known else None,
        interval=logit_interval(value, error, level) if known and 0 < value < 1 else None,
        estimand=Estimand(unit="share"),
        method="respondents weighted by one over the chance of being reached on site",
        assumptions=_ASSUMPTIONS,
        warnings=coded,
        references=("Shaw 1988, Journal of Econometrics 37(2), 211-223",),
    )


_ASSUMPTIONS: tuple[Assumption, ...] = (AVIDITY_LAW, VISITS_RECALLED)


def _persons(
    weights: FloatArray, reach: FloatArray, law: Avidity, options: tuple[tuple[CodedWarning, ...], float]
) -> Estimate:
    coded, level = options
    total, error = float(weights.sum()), math.sqrt(float(((1 - 1 / reach) * weights**2).sum()))
    return Estimate(
        name="persons active in the field days",
        value=total,
        standard_error=error,
        interval=log_scale_interval(total, error, level),
        estimand=Estimand(unit="persons", window=f"{law.field_days} days"),
        method="sum of one over the chance of being reached on site",
        n_observed=float(weights.size),
        assumptions=_ASSUMPTIONS,
        warnings=coded,
        references=("Horvitz and Thompson 1952, JASA 47(260), 663-685",),
        diagnostics=FrozenMapping({"chance": law.chance, "gamma": law.gamma}),
    )


def _warnings(law: Avidity, covariance: FloatArray) -> tuple[CodedWarning, ...]:
    coded: tuple[CodedWarning, ...] = ()
    if law.gamma == 0:
        coded = (coded_warnings.plain_shares(),)
    if law.field_days < law.window_days:
        coded = (*coded, coded_warnings.short_field(law.field_days, law.window_days))
    return (*coded, coded_warnings.single_respondent()) if np.isnan(covariance).any() else coded
