"""Population size from how often persons were seen, with covariates by formula, in a list or in a sample of it."""

from __future__ import annotations

from microwork_estimate.capture_recapture.assumptions_covariates import COVARIATES_EXPLAIN_RATES
from microwork_estimate.capture_recapture.count_fit import CountData, CountFit, fit_counts
from microwork_estimate.capture_recapture.count_terms import CountFamily, OneInflation, check_family
from microwork_estimate.capture_recapture.counts import COUNT_ASSUMPTIONS
from microwork_estimate.capture_recapture.design_variance import ReplicateSource
from microwork_estimate.capture_recapture.families import (
    FAMILY_ASSUMPTIONS,
    FAMILY_REFERENCES,
    INFLATION_ASSUMPTIONS,
    INFLATION_REFERENCE,
    INFLATION_WORDS,
)
from microwork_estimate.capture_recapture.homogeneous import left_out_warnings
from microwork_estimate.capture_recapture.ratios import ratio_diagnostics, ratio_plot, ratio_warnings
from microwork_estimate.capture_recapture.sized import Sizing, Telling, check_replicates, sized
from microwork_estimate.errors import CodedWarning, InvalidInput, NotConverged, announce, check_level
from microwork_estimate.estimate import Estimate, FloatArray
from microwork_estimate.inputs.captured import CapturedPersons
from microwork_estimate.inputs.codes import encode

_NAMES = {
    "poisson": "Poisson count regression",
    "geometric": "geometric count regression",
    "negative_binomial": "negative binomial count regression",
    "chao": "Chao lower bound with covariates",
    "zelterman": "Zelterman estimate with covariates",
}


def count_regression(
    persons: CapturedPersons,
    formula: str = "1",
    *,
    family: CountFamily = "poisson",
    one_inflation: OneInflation = "none",
    replicates: ReplicateSource | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate the number of persons from how often each was seen, with covariates.

    Procedure: the logarithm of the mean number of sightings is linear in the columns of the formula; Newton's method
    finds the maximum of the likelihood given that a person was seen. Person i then stands for 1/(1-p0_i) persons, and N
    is the sum. Its variance has two parts: sum p0_i/(1-p0_i)^2 for who was seen, and D' I^-1 D for the coefficients,
    with I the observed information and D the derivatives of N. Zelterman and Chao fit a logistic regression of twice
    against once, with rate l = 2 e^x: N = sum 1/(1-e^-l) over all, and N = n + sum 1/(l + l^2/2) over those seen once or
    twice (a lower bound).

    One-inflation: persons who come once and leave swell the singletons. With share w of them *before* truncation
    (OIZT in singleRcapture) they are a group that is always seen once; *after* truncation (ZTOI there) they could be
    missed as all others are. Other authors use the two abbreviations the other way round. Leaving the singletons out of
    the likelihood (zero-one-truncated) needs no w: N = n + sum over those seen more than once of p0/p2.

    A sample of the persons seen is weighted: a pseudo-likelihood, N a weighted sum, and the variance of the sampling
    design, by linearisation or from replicate weights (the model is fitted again to each), to which the part for who
    was seen is added. With a finite population the part that the coefficients would have if everybody were at hand is
    added too.

    Parameters
    ----------
    persons : CapturedPersons
        n persons seen, one row each.
    formula : str
        Right side of a formula over the covariates; ``"1"`` for none.
    family : str
        ``"poisson"``, ``"geometric"``, ``"negative_binomial"``, ``"chao"`` or ``"zelterman"``.
    one_inflation : str
        ``"none"``, ``"before_truncation"``, ``"after_truncation"`` or ``"singletons_left_out"``; the last three with
        the first three families only.
    replicates : replicate weights or None
        For the variance of a sample; None to linearise.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        Coefficients with their standard errors are in `diagnostics`. Warnings: ``boundary`` (some persons stand for
        infinitely many: no value, bounds from the others), ``runaway`` (more than 50 times the persons seen),
        ``no-dispersion`` and ``no-one-inflation`` (a parameter fell to zero and was left out), ``one-inflation`` (the
        ratio plot shows too many singletons), ``nearly-all-seen``, ``calibration-ignored``, ``unusable-replicates``,
        ``no-degrees-of-freedom``.

    Raises
    ------
    InvalidInput
        If the formula cannot be read, a covariate is missing or superfluous, a word is unknown, everybody was seen
        more often than the likelihood looks at, or replicate weights are given without a sample.
    NotConverged
        If no maximum is found.

    Assumptions
    -----------
    Closed population, sightings linked to persons and independent given the covariates, and the law.

    References
    ----------
    Van der Heijden et al. 2003, Statistical Modelling 3(4), 305-322. Böhning & van der Heijden 2009, Annals of Applied
    Statistics 3(2), 595-610 (Zelterman). Böhning et al. 2013, Biometrics 69(4), 1033-1042 (Chao). Cruyff & van der
    Heijden 2008, Biometrical Journal 50(6), 1035-1050 (negative binomial). Böhning & van der Heijden 2019, Annals of
    Applied Statistics 13(2), 1198-1211 (one-inflation). The weighted form is ours, after Binder 1983, International
    Statistical Review 51, 279-292.

    Examples
    --------
    >>> persons = CapturedPersons.from_columns(
    ...     {"times": [1] * 60 + [2] * 24 + [3] * 8 + [4] * 3, "old": [0, 1, 1, 0, 1] * 19}, times="times")
    >>> estimate = count_regression(persons, "old")
    >>> round(estimate.value, 1), round(estimate.diagnostics["coefficient of old"], 3)
    (160.3, 0.046)
    """
    check_level(level)
    check_family(family, one_inflation)
    check_replicates(persons, replicates)
    data, fit = _fitted(persons, formula, family, one_inflation)
    plot = ratio_plot(persons.counts)
    found = [*left_out_warnings(fit), *(ratio_warnings(plot) if one_inflation == "none" else ())]

    def again(weight: FloatArray) -> float:
        return _size_again(data, fit, weight)

    sizing = Sizing(persons=persons, inclusion=fit.inclusion, runs_away=fit.runs_away, again=again)
    telling = _telling(fit, formula, found, ratio_diagnostics(plot), family, one_inflation)
    estimate = sized(sizing, telling, replicates=replicates, level=level)
    announce(estimate.warnings)
    return estimate


def count_domains(
    persons: CapturedPersons,
    formula: str = "1",
    *,
    by: str,
    family: CountFamily = "poisson",
    one_inflation: OneInflation = "none",
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Estimate the number of persons in each category of a covariate, from one regression for all.

    Procedure: as :func:`count_regression`; the number of persons of a category is the sum of those for whom its persons
    seen stand. The categories add up to the whole; their variances do not, because they share the coefficients.

    Parameters
    ----------
    persons : CapturedPersons
    formula : str
        Right side of a formula; the categories need not be in it.
    by : str
        The covariate whose categories are wanted.
    family, one_inflation, level
        As in :func:`count_regression`.

    Returns
    -------
    dict of str to Estimate
        One for each category, sorted.

    Raises
    ------
    InvalidInput
        As :func:`count_regression`, and if `by` is unknown or has a missing value.

    Assumptions
    -----------
    Those of :func:`count_regression`.

    References
    ----------
    Böhning & van der Heijden 2009, Annals of Applied Statistics 3(2), 595-610, for sizes by covariate.

    Examples
    --------
    >>> persons = CapturedPersons.from_columns(
    ...     {"times": [1] * 60 + [2] * 24 + [3] * 8 + [4] * 3, "old": [0, 1, 1, 0, 1] * 19}, times="times")
    >>> {name: round(part.value, 1) for name, part in count_domains(persons, "old", by="old").items()}
    {'0': 65.2, '1': 95.1}
    """
    check_level(level)
    check_family(family, one_inflation)
    categories = encode(persons.sample.column(by), where=f"column {by!r}")
    _, fit = _fitted(persons, formula, family, one_inflation)
    result: dict[str, Estimate] = {}
    for code, label in enumerate(categories.levels):
        inside = (categories.codes == code).astype(float)
        sizing = Sizing(persons=persons, inclusion=fit.inclusion, runs_away=fit.runs_away, inside=inside)
        telling = _telling(fit, formula, left_out_warnings(fit), {}, family, one_inflation)
        result[str(label)] = sized(sizing, telling.of(f"{by} = {label}"), replicates=None, level=level)
    announce(dict.fromkeys(warning for part in result.values() for warning in part.warnings))
    return result


def _fitted(
    persons: CapturedPersons, formula: str, family: CountFamily, one_inflation: OneInflation
) -> tuple[CountData, CountFit]:
    matrix = persons.design_matrix(formula)
    times = persons.sightings.astype(float)
    used = times <= 2.0 if family in ("chao", "zelterman") else times > (one_inflation == "singletons_left_out")
    if not used.any():
        raise InvalidInput(
            "nobody whom the likelihood looks at",
            expected="persons seen once or twice" if family in ("chao", "zelterman") else "persons seen more than once",
            got=f"{persons.n} persons seen {int(times.min())} to {int(times.max())} times",
            where="CapturedPersons",
            fix="take another family; nothing can be said of the unseen in this way",
        )
    data = CountData(columns=matrix.values, names=matrix.names, times=times, weight=persons.weights)
    return data, fit_counts(data, family, one_inflation)


def _size_again(data: CountData, fit: CountFit, weight: FloatArray) -> float:
    """Return the size with other weights; infinity where it has none."""
    kept = weight > 0.0
    part = CountData(columns=data.columns[kept], names=data.names, times=data.times[kept], weight=weight[kept])
    try:
        again = fit_counts(part, fit.family, fit.one_inflation, start=fit.maximum.coefficients)
    except NotConverged:
        return float("nan")
    return float("inf") if again.runs_away.any() else again.inclusion.size()


def _telling(
    fit: CountFit,
    formula: str,
    found: list[CodedWarning],
    more: dict[str, float | None],
    family: CountFamily,
    one_inflation: OneInflation,
) -> Telling:
    """Collect what an estimate says of itself."""
    given = (COVARIATES_EXPLAIN_RATES,) if formula.strip().removeprefix("~").strip() != "1" else ()
    return Telling(
        name=_NAMES[family],
        method=f"{_NAMES[family]}, formula {formula!r}{INFLATION_WORDS[one_inflation]}",
        assumptions=(*COUNT_ASSUMPTIONS, FAMILY_ASSUMPTIONS[family], *given, *INFLATION_ASSUMPTIONS[one_inflation]),
        references=(FAMILY_REFERENCES[family], *((INFLATION_REFERENCE,) if one_inflation != "none" else ())),
        warnings=tuple(found),
        names=fit.names,
        coefficients=fit.maximum.coefficients,
        log_likelihood=fit.maximum.value,
        more=more,
    )
