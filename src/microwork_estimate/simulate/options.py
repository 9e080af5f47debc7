"""What may be asked of a synthetic population: who the persons are, how active they are, who stays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal, get_args

import numpy as np

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.inputs.checks import distinct_names, same_length
from microwork_estimate.simulate.checks import check_correlation, check_number, check_share, check_whole, positions

PropensityLaw = Literal["gamma", "lognormal", "two_class"]
ActivityLaw = Literal["lognormal", "beta"]

WINDOW_DAYS = 28
"""Length of the window, in days: four weeks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Covariate:
    """A characteristic of persons in categories, with its marginal distribution and its effect on propensity.

    Parameters
    ----------
    name : str
        For example ``"sex"``.
    categories : tuple of str, length c
    shares : tuple of float, length c
        Shares of the categories, summing to 1.
    effects : tuple of float, length c
        Shift of the propensity of each category, in standard deviations of its normal score. All zero by default.

    Raises
    ------
    InvalidInput
        If the lengths differ, a share is impossible or the shares do not sum to 1.

    Examples
    --------
    >>> sex = Covariate(name="sex", categories=("women", "men"), shares=(0.5, 0.5))
    >>> sex.with_effects({"women": 0.3}).effects
    (0.3, 0.0)
    """

    name: str
    categories: tuple[str, ...]
    shares: tuple[float, ...]
    effects: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        where = f"Covariate {self.name!r}"
        names = distinct_names(self.categories, where=f"{where}.categories")
        effects = tuple(self.effects) or (0.0,) * len(names)
        same_length({"categories": len(names), "shares": len(self.shares), "effects": len(effects)}, where=where)
        for share in self.shares:
            check_share(share, where=f"{where}.shares")
        for effect in effects:
            check_number(effect, where=f"{where}.effects", low=-math.inf)
        if abs(sum(self.shares) - 1.0) > 1e-9:
            raise InvalidInput(
                "shares that do not sum to 1",
                expected="a sum of 1",
                got=f"{sum(self.shares):.12g}",
                where=f"{where}.shares",
                fix="correct the shares, or add the category that is missing",
            )
        if len(names) > 250:
            raise InvalidInput(
                "too many categories", expected="at most 250", got=str(len(names)), where=where, fix="join small ones"
            )
        object.__setattr__(self, "categories", names)
        object.__setattr__(self, "effects", effects)

    def with_effects(self, effects: Mapping[str, float]) -> Covariate:
        """Return the same covariate with effects on propensity by category; categories not named have none.

        Raises
        ------
        InvalidInput
            If a category is unknown.
        """
        if effects:
            positions(effects, self.categories, where=f"effects of covariate {self.name!r}")
        return replace(self, effects=tuple(float(effects.get(name, 0.0)) for name in self.categories))

    @property
    def effect_moments(self) -> tuple[float, float]:
        """Mean and variance of the effect over persons."""
        share, effect = np.asarray(self.shares), np.asarray(self.effects)
        mean = float(share @ effect)
        return mean, float(share @ (effect - mean) ** 2)


_REGIONS = {
    "Auvergne-Rhône-Alpes": 0.125,
    "Bourgogne-Franche-Comté": 0.041,
    "Bretagne": 0.050,
    "Centre-Val de Loire": 0.038,
    "Corse": 0.005,
    "Grand Est": 0.083,
    "Hauts-de-France": 0.085,
    "Normandie": 0.049,
    "Nouvelle-Aquitaine": 0.085,
    "Occitanie": 0.085,
    "Outre-mer": 0.027,
    "Pays de la Loire": 0.060,
    "Provence-Alpes-Côte d'Azur": 0.072,
    "Île-de-France": 0.195,
}

FRENCH_ACTIVE_LIKE: tuple[Covariate, ...] = (
    Covariate(name="sex", categories=("women", "men"), shares=(0.485, 0.515)),
    Covariate(
        name="age",
        categories=("15-24", "25-34", "35-44", "45-54", "55-64", "65 and over"),
        shares=(0.10, 0.22, 0.24, 0.26, 0.17, 0.01),
    ),
    Covariate(name="region", categories=tuple(_REGIONS), shares=tuple(_REGIONS.values())),
    Covariate(
        name="education",
        categories=("lower secondary or none", "vocational certificate", "baccalauréat", "higher education"),
        shares=(0.17, 0.25, 0.20, 0.38),
    ),
)
"""Covariates whose marginal shares resemble the active population of France around 2018.

Rounded by us, for synthetic worlds only: they are no source for any figure.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Propensity:
    """How much persons differ in their inclination to work on platforms.

    The inclination is a positive number with mean 1. It drives registrations (through the standardised logarithm, so
    that the shape of the law counts there and the correlation is that of the market), activity (through the normal
    score) and, where asked, capture on lists (through the logarithm itself, so that the spread counts).

    Parameters
    ----------
    law : str
        ``"lognormal"``, ``"gamma"`` or ``"two_class"`` (a few persons inclined, most hardly).
    cv : float
        Coefficient of variation (standard deviation for a mean of 1) of the first two laws, above 0.
    high_share : float
        Share of the inclined class, strictly between 0 and 1 (two classes only).
    high_ratio : float
        How many times more inclined it is, above 1 (two classes only).
    covariates : tuple of Covariate
        Characteristics, independent of one another, with their effects on the normal score of the inclination. The
        variance of all effects together stays below 1, as what they do not explain is left to chance.

    Raises
    ------
    InvalidInput
        If a number is impossible, or the effects explain more than the whole variance.

    Examples
    --------
    >>> Propensity(law="gamma", cv=1.5, covariates=FRENCH_ACTIVE_LIKE).effect_variance
    0.0
    """

    law: PropensityLaw = "lognormal"
    cv: float = 1.0
    high_share: float = 0.2
    high_ratio: float = 5.0
    covariates: tuple[Covariate, ...] = ()

    def __post_init__(self) -> None:
        check_choice(self.law, get_args(PropensityLaw), where="Propensity.law")
        check_number(self.cv, where="Propensity.cv", open_low=True, high=20.0)
        check_share(self.high_share, where="Propensity.high_share", below_one=True)
        check_number(self.high_share, where="Propensity.high_share", open_low=True)
        check_number(self.high_ratio, where="Propensity.high_ratio", low=1.0, open_low=True)
        if self.covariates:
            distinct_names((covariate.name for covariate in self.covariates), where="Propensity.covariates")
        if self.effect_variance >= 1.0:
            raise InvalidInput(
                "effects that cannot be attained",
                expected="effects on propensity whose variances sum to less than 1",
                got=f"{self.effect_variance:.4g}",
                where="Propensity.covariates",
                fix="make the effects smaller",
            )

    @property
    def effect_variance(self) -> float:
        """Variance of the normal score that the covariates explain."""
        return sum(covariate.effect_moments[1] for covariate in self.covariates)


@dataclass(frozen=True, kw_only=True, slots=True)
class Targets:
    """Numbers of persons that the world shall have exactly, on the declaring platforms, in its first window.

    Each is met by the smallest change to the world as drawn. *Registered*: the thresholds of all platforms move
    together on the latent scale until exactly so many persons are on a declaring platform; popularity then gives the
    relative sizes only. *Activity*: persons keep the rank that their latent activity gives them; where there are too
    many at a stage the least active lose a week or all their days, where there are too few the most active of the
    next stage gain days.

    Parameters
    ----------
    registered, ever_active, monthly, weekly : int or None
        Nested: weekly (active in each of the four weeks) <= monthly <= ever active <= registered. None leaves the
        number to chance.

    Raises
    ------
    InvalidInput
        If they are not whole, or not nested.

    Examples
    --------
    >>> Targets(registered=266_126, monthly=52_337, weekly=14_903).asked
    {'registered': 266126, 'monthly': 52337, 'weekly': 14903}
    """

    registered: int | None = None
    ever_active: int | None = None
    monthly: int | None = None
    weekly: int | None = None

    def __post_init__(self) -> None:
        asked = self.asked
        for name, number in asked.items():
            check_whole(number, where=f"Targets.{name}", low=0)
        numbers = list(asked.values())
        if numbers != sorted(numbers, reverse=True):
            raise InvalidInput(
                "targets that are not nested",
                expected="weekly <= monthly <= ever active <= registered",
                got=", ".join(f"{name} {number}" for name, number in asked.items()),
                where="Targets",
                fix="count a weekly active person among the monthly active and the registered too",
            )

    @property
    def asked(self) -> dict[str, int]:
        """The targets that were given, from the widest to the narrowest."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: number for name, number in named.items() if number is not None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Activity:
    """On how many days of the 28 the persons who are not dormant work, and on how many platforms a day.

    Every person has a chance of being active on any day, constant over time; days are independent given it.

    Parameters
    ----------
    law : str
        Law of the expected active days per 28: ``"lognormal"``, capped at 28, or ``"beta"`` (28 times a beta variable,
        so that active days are beta-binomial). With the dormant share of :class:`Attrition` the first is a
        zero-inflated lognormal.
    mean_days : float
        Mean of the law before it is capped, above 0 and below 28.
    cv : float
        Coefficient of variation of the law, 0 or more.
    correlation : float
        Correlation, from -1 to 1, between the normal scores of activity and propensity.
    crossing : float
        On a day when a person is active on the favourite platform (one of the person's own, at random), the chance
        that any other given platform of theirs is visited too.
    targets : Targets or None
        Numbers of persons to be met exactly.

    Raises
    ------
    InvalidInput
        If a number is impossible, or a beta law of this mean cannot have this coefficient of variation.

    Examples
    --------
    >>> Activity(law="beta", mean_days=2.0, cv=1.5).mean_days
    2.0
    """

    law: ActivityLaw = "lognormal"
    mean_days: float = 4.0
    cv: float = 1.5
    correlation: float = 0.0
    crossing: float = 0.2
    targets: Targets | None = None

    def __post_init__(self) -> None:
        check_choice(self.law, get_args(ActivityLaw), where="Activity.law")
        check_number(self.mean_days, where="Activity.mean_days", open_low=True, high=float(WINDOW_DAYS))
        check_number(self.cv, where="Activity.cv", high=20.0)
        check_correlation(self.correlation, where="Activity.correlation")
        check_share(self.crossing, where="Activity.crossing")
        mean = self.mean_days / WINDOW_DAYS
        if self.law == "beta" and (self.cv * mean) ** 2 >= mean * (1 - mean):
            raise InvalidInput(
                "a spread that cannot be attained",
                expected=f"a cv below {math.sqrt((1 - mean) / mean):.4g} for a beta law of {self.mean_days:g} days",
                got=repr(self.cv),
                where="Activity.cv",
                fix="lower cv, or use the lognormal law",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Attrition:
    """Who never works, who tried once and left, and how persons come and go between windows.

    Parameters
    ----------
    dormancy : float
        Share of the persons registered on some platform who never work again: met exactly, up to rounding.
    dormancy_correlation : float
        Correlation, from -1 to 1, between being dormant and propensity, on the latent scale; usually negative. With 0
        the law of activity holds as stated among the others; otherwise these are a selection.
    tried_once : float
        Share of the other registered persons who are active on a single day and then never again: one-inflation.
    survival : float
        Chance that a person who is present in one window is still present in the next: above 0, at most 1.
    arrivals : float or None
        Newcomers in each window per person present in the one before. None keeps the size constant (1 - survival).

    Raises
    ------
    InvalidInput
        If a share or correlation is impossible.

    Examples
    --------
    >>> round(Attrition(survival=0.5 ** (1 / 7)).half_life, 6)
    7.0
    """

    dormancy: float = 0.0
    dormancy_correlation: float = 0.0
    tried_once: float = 0.0
    survival: float = 1.0
    arrivals: float | None = field(default=None)

    def __post_init__(self) -> None:
        check_share(self.dormancy, where="Attrition.dormancy")
        check_correlation(self.dormancy_correlation, where="Attrition.dormancy_correlation")
        check_share(self.tried_once, where="Attrition.tried_once")
        check_share(self.survival, where="Attrition.survival")
        check_number(self.survival, where="Attrition.survival", open_low=True)
        if self.arrivals is not None:
            check_number(self.arrivals, where="Attrition.arrivals")

    @property
    def half_life(self) -> float:
        """Windows after which half of the persons have left, ln 2 / -ln(survival); infinite if nobody leaves."""
        return math.inf if self.survival == 1.0 else math.log(2.0) / -math.log(self.survival)

    @property
    def arrival_rate(self) -> float:
        """Newcomers in each window per person present in the one before."""
        return 1.0 - self.survival if self.arrivals is None else self.arrivals
