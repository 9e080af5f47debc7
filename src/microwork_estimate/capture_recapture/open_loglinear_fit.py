"""Open populations as a log-linear model of complete histories: how well it fits, and whether being seen changes people.

Cormack's form: the logarithm of the expected number with a history is linear in "not seen up to occasion i" (what came
in), "not seen after occasion i" (what went out) and "seen on occasion i". Unlike the sufficient counts, it can leave
histories out of the fit and test for trap effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microwork_estimate.capture_recapture.open_jolly import OPEN_ASSUMPTIONS
from microwork_estimate.capture_recapture.open_likelihood import AnyArray, Varies, jacobian
from microwork_estimate.capture_recapture.open_results import Dress, OpenPopulation, population_of
from microwork_estimate.capture_recapture.open_superpopulation import hidden
from microwork_estimate.capture_recapture.poisson import PoissonFits, fit_poisson, inverse_information
from microwork_estimate.capture_recapture.recapture_assumptions import CONSTANT_CAPTURE
from microwork_estimate.errors import CodedWarning, InvalidInput, NotConverged, announce, check_choice, check_level
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.histories import CaptureHistories, all_patterns
from microwork_estimate.inputs.open_counts import OpenCounts

Trap = Literal["none", "homogeneous", "each"]

MAX_OCCASIONS = 13
_NO_MAXIMUM = 1e-9  # expected counts below this share of all are on their way to nothing
REFERENCES = (
    "Cormack 1989, Biometrics 45(2), 395-413",
    "Rivest and Daigle 2004, Biometrics 60(1), 100-107",
    "Baillargeon and Rivest 2007, Journal of Statistical Software 19(5)",
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OpenLogLinear:
    """A log-linear fit of an open population.

    Parameters
    ----------
    population : OpenPopulation
    names : tuple of str, length p
        Of the coefficients: ``"intercept"``, ``"not seen to i"``, ``"not seen after i"``, ``"seen on i"``, ``"trap i"``.
    coefficients, standard_errors : array of shape (p,)
        0 where a coefficient is held at 0 because it would be impossible below.
    deviance : float
    degrees_of_freedom : int
    aic : float
    covariance : array of shape (q, q)
        Of all chances to be seen (K), survival (K - 1), sizes (K), entries (K - 1) and the total of the model, without
        persons whose histories were left out, in the Poisson form; NaN for what is not estimable.
    """

    population: OpenPopulation
    names: tuple[str, ...]
    coefficients: FloatArray
    standard_errors: FloatArray
    deviance: float
    degrees_of_freedom: int
    aic: float
    covariance: FloatArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Fit:
    design: FloatArray
    counts: FloatArray
    keep: NDArray[np.bool_]
    free: NDArray[np.bool_]
    coefficients: FloatArray
    covariance: FloatArray
    fits: PoissonFits


def open_loglinear(
    histories: CaptureHistories,
    *,
    capture: Varies = "each",
    trap: Trap = "none",
    leave_out: ArrayLike | None = None,
    inside: bool = True,
    level: float = 0.95,
) -> OpenLogLinear:
    """Fit an open population to complete histories of up to 13 occasions by a log-linear model.

    Procedure: a Poisson regression of the 2^K - 1 counts. Coefficients of "not seen up to i" and "not seen after i" are
    0 or more when nobody enters or survives beyond what is possible; negative ones are set to 0 one after the other.
    Sizes, survival and entries are Jolly's formulas applied to what the fit expects; persons with histories left out are
    counted as they are, from their first to their last sighting.
    The maximum is that of :func:`~microwork_estimate.capture_recapture.open_superpopulation.superpopulation`.

    Parameters
    ----------
    histories : CaptureHistories
        Occasions in the order of time, 3 to 13.
    capture : {"each", "equal"}
        Chances to be seen for each occasion, or one.
    trap : {"none", "homogeneous", "each"}
        A change of the chance to be seen for those seen on the occasion before: one for all pairs, or one for each pair
        of inner occasions. Compare the deviance with that of ``"none"``.
    leave_out : array_like of bool of shape (2^K - 1,), optional
        Histories that the fit ignores, in the order of :func:`~microwork_estimate.inputs.all_patterns`, for example
        people seen on every occasion, who may differ from the others.
    inside : bool
        Whether impossible coefficients are set to 0.
    level : float
        Confidence level as a share.

    Returns
    -------
    OpenLogLinear
        Coefficients at 0 are said with the code ``held-at-edge``. Without a maximum (``no-mle``) nothing has a value.

    Raises
    ------
    InvalidInput
        If an option is unknown or there are too few or too many occasions.
    Assumptions
    -----------
    Equal catchability of those present, equal survival, permanent departure, sightings linked.

    References
    ----------
    Cormack 1989, Biometrics 45(2), 395-413. Rivest and Daigle 2004, Biometrics 60(1), 100-107.

    Examples
    --------
    >>> patterns = [[1, 1, 1, 1], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 1]]
    >>> singles = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    >>> counts = [10, 20, 20, 20, 12, 12, 7, 50, 30, 30, 50]
    >>> histories = CaptureHistories.from_patterns(["a", "b", "c", "d"], patterns + singles, counts)
    >>> fit = open_loglinear(histories)
    >>> fit.degrees_of_freedom, round(fit.population.sizes[1].value)
    (6, 220)
    """
    check_choice(capture, get_args(Varies), where="open_loglinear, capture")
    check_choice(trap, get_args(Trap), where="open_loglinear, trap")
    check_level(level)
    k = len(histories.lists)
    if not 3 <= k <= MAX_OCCASIONS:
        raise InvalidInput(
            "impossible number of occasions",
            expected=f"3 to {MAX_OCCASIONS}",
            got=str(k),
            where="open_loglinear",
            fix="use superpopulation, which needs counts only",
        )
    design, names, constrained = open_design(k, capture, trap)
    keep = _kept(leave_out, design.shape[0])
    counts = histories.counts.astype(np.float64)
    try:
        fit = _fit(design, counts, keep, constrained if inside else np.zeros_like(constrained), _trap_columns(names))
    except (NotConverged, np.linalg.LinAlgError):
        return _nothing(histories, capture, names, level)
    held = [name for name, free in zip(names, fit.free, strict=True) if not free]
    said = (_boundary(held),) if held else ()
    announce(said)
    population, spread = _population(histories, capture, fit, level, said)
    parameters = int(fit.free.sum())
    return OpenLogLinear(
        population=population,
        names=names,
        coefficients=fit.coefficients,
        standard_errors=np.sqrt(np.maximum(np.diag(fit.covariance), 0.0)),
        deviance=float(fit.fits.deviance[0]),
        degrees_of_freedom=int(keep.sum()) - parameters,
        aic=2 * parameters - 2 * float(fit.fits.log_likelihood[0]),
        covariance=spread,
    )


def _nothing(histories: CaptureHistories, capture: Varies, names: tuple[str, ...], level: float) -> OpenLogLinear:
    """Return a fit without any number, and the reason."""
    message = "the likelihood has no maximum: some kind of history that the model must tell from others is missing"
    said = (CodedWarning(code="no-mle", message=message),)
    announce(said)
    nothing = np.full(4 * len(histories.lists) - 1, np.nan)
    population = population_of(_dress(histories, capture, level), nothing, nothing, said, {})
    unknown = np.full(len(names), np.nan)
    return OpenLogLinear(
        population=population,
        names=names,
        coefficients=unknown,
        standard_errors=unknown,
        deviance=np.nan,
        degrees_of_freedom=0,
        aic=np.nan,
        covariance=np.full((nothing.size, nothing.size), np.nan),
    )


def open_design(k: int, capture: Varies, trap: Trap) -> tuple[FloatArray, tuple[str, ...], NDArray[np.bool_]]:
    """Return the columns of the regression, shape (2^k - 1, p), their names, and which must not be negative.

    The effect of the first and the last occasion has no column when chances differ: "not seen to 1" and "not seen after
    K - 1" stand for it and may be negative.

    Examples
    --------
    >>> open_design(3, "each", "none")[1]
    ('intercept', 'not seen to 1', 'not seen to 2', 'not seen after 2', 'not seen after 1', 'seen on 2')
    """
    x = all_patterns(k).astype(np.float64)
    before = [(x[:, : i + 1].sum(axis=1) == 0) for i in range(k - 1)]
    after = [(x[:, i + 1 :].sum(axis=1) == 0) for i in range(k - 2, -1, -1)]
    named = [("intercept", np.ones(x.shape[0]))]
    named += [(f"not seen to {i + 1}", column) for i, column in enumerate(before)]
    named += [(f"not seen after {k - 1 - i}", column) for i, column in enumerate(after)]
    if capture == "equal":
        named.append(("seen", x.sum(axis=1)))
    else:
        named += [(f"seen on {i + 1}", x[:, i]) for i in range(1, k - 1)]
    again = [x[:, i] * x[:, i + 1] for i in range(k - 1)]
    if trap == "homogeneous":
        named.append(("trap", np.sum(again, axis=0)))
    elif trap == "each":  # at both ends, coming and going stand for it
        named += [(f"trap {i + 1} to {i + 2}", again[i]) for i in range(1, k - 2)]
    design = np.column_stack([np.asarray(column, dtype=np.float64) for _, column in named])
    names = tuple(name for name, _ in named)
    loose = {"not seen to 1", f"not seen after {k - 1}"} if capture == "each" else set()
    return design, names, np.array([name.startswith("not seen") and name not in loose for name in names])


def _kept(leave_out: ArrayLike | None, cells: int) -> NDArray[np.bool_]:
    if leave_out is None:
        return np.ones(cells, dtype=np.bool_)
    left = np.asarray(leave_out)
    if left.dtype != np.bool_ or left.shape != (cells,):
        raise InvalidInput(
            "not a choice of histories",
            expected=f"true or false for each of {cells} histories",
            got=f"{left.dtype} of shape {left.shape}",
            where="open_loglinear, leave_out",
            fix="compare something with inputs.all_patterns(k), for example .sum(axis=1) == k",
        )
    return ~left


def _trap_columns(names: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.array([name.startswith("trap") for name in names])


def _fit(
    design: FloatArray,
    counts: FloatArray,
    keep: NDArray[np.bool_],
    constrained: NDArray[np.bool_],
    trap: NDArray[np.bool_],
) -> _Fit:
    """Fit without trap effects first, taking impossible coefficients out; trap effects do not change which those are."""
    free = ~trap
    while True:
        coefficients = _coefficients(design, counts, keep, free)[0]
        negative = np.where(constrained & free, coefficients, 0.0)
        if negative.min() >= 0:
            break
        free[np.argmin(negative)] = False
    free = free | trap
    coefficients, fits = _coefficients(design, counts, keep, free)
    covariance = np.zeros((free.size, free.size))
    covariance[np.ix_(free, free)] = inverse_information(design[:, free], fits.fitted)[0]
    return _Fit(
        design=design,
        counts=counts,
        keep=keep,
        free=free,
        coefficients=coefficients,
        covariance=covariance,
        fits=fits,
    )


def _coefficients(
    design: FloatArray, counts: FloatArray, keep: NDArray[np.bool_], free: NDArray[np.bool_]
) -> tuple[FloatArray, PoissonFits]:
    fits = fit_poisson(design[:, free], counts, keep=keep[None, :])
    if not fits.converged[0] or fits.fitted[0][keep].min() < _NO_MAXIMUM * counts.sum():
        raise NotConverged(
            "the regression has no maximum",
            expected="counts in which no kind of history is missing altogether",
            got="coefficients that run away",
            where="open_loglinear",
            fix="use superpopulation, or join occasions",
        )
    coefficients = np.zeros(free.size)
    coefficients[free] = fits.coefficients[0]
    return coefficients, fits


def _boundary(held: list[str]) -> CodedWarning:
    return CodedWarning(code="held-at-edge", message="held at the edge of what is possible: " + ", ".join(held))


def _natural(fit: _Fit, k: int, capture: Varies, b: AnyArray, *, whole: bool = True) -> AnyArray:
    """Return chances (K), survival (K - 1), sizes (K), entries (K - 1) and the total of coefficients (..., p).

    With `whole`, persons with histories that were left out are counted in.
    """
    expected = np.exp(b @ fit.design.T)
    n, m, r, z = (expected @ weights for weights in _statistics(k))
    marked = m.copy()
    marked[..., 1:-1] += n[..., 1:-1] * z[..., 1:-1] / r[..., 1:-1]
    size = n.copy()
    size[..., 1:-1] *= marked[..., 1:-1] / m[..., 1:-1]
    ahead = (marked - m + n)[..., :-1]
    survival = marked[..., 1:] / ahead
    if capture == "equal":
        chance = np.exp(b[..., -1:]) / (1.0 + np.exp(b[..., -1:]))
        size[..., [0, -1]] = n[..., [0, -1]] / chance
        survival[..., -1] = (m[..., -1:] / chance)[..., 0] / ahead[..., -1]
    entries = size[..., 1:] - survival * size[..., :-1]
    total = size[..., :1] + entries.sum(axis=-1, keepdims=True)
    chances = n / size
    # Persons whose histories were left out count as they are, in the place of those that the fit expects.
    more = np.where(fit.keep | (not whole), 0.0, fit.counts - expected)
    there, came = _presence(k)
    size, entries = size + more @ there, entries + (more @ came)[..., 1:]
    return np.concatenate([chances, survival, size, entries, total + more.sum(axis=-1, keepdims=True)], axis=-1)


def _presence(k: int) -> tuple[FloatArray, FloatArray]:
    """Return when each history was there (2^k - 1, k), from its first to its last sighting, and when it began."""
    x = all_patterns(k)
    begun, not_over = np.cumsum(x, axis=1) > 0, x[:, ::-1].cumsum(axis=1)[:, ::-1] > 0
    first = begun & (np.cumsum(begun, axis=1) == 1)
    return (begun & not_over).astype(np.float64), first.astype(np.float64)


def _statistics(k: int) -> tuple[FloatArray, ...]:
    """Return the weights (2^k - 1, k) that turn counts of histories into n, m, r and z."""
    x = all_patterns(k)
    before = np.cumsum(x, axis=1) - x > 0
    after = x[:, ::-1].cumsum(axis=1)[:, ::-1] - x > 0
    seen = x > 0
    return tuple(w.astype(np.float64) for w in (seen, seen & before, seen & after, ~seen & before & after))


def _population(
    histories: CaptureHistories, capture: Varies, fit: _Fit, level: float, said: tuple[CodedWarning, ...]
) -> tuple[OpenPopulation, FloatArray]:
    k = len(histories.lists)
    values = np.asarray(_natural(fit, k, capture, fit.coefficients), dtype=np.float64)
    spread = _spread(fit, k, capture, whole=True)
    unknown = hidden(k, first=capture == "each", last=capture == "each")
    variances = np.diag(spread).copy()
    variances[2 * k - 1 : 3 * k - 1] -= values[2 * k - 1 : 3 * k - 1]
    variances[-1] -= values[-1]
    errors = np.sqrt(np.maximum(variances, 0.0))
    values, errors = (np.where(unknown, np.nan, numbers) for numbers in (values, errors))
    population = population_of(
        _dress(histories, capture, level), values, errors, said, {"deviance": float(fit.fits.deviance[0])}
    )
    model_part = _spread(fit, k, capture, whole=False)
    return population, np.where(unknown[:, None] | unknown[None, :], np.nan, model_part)


def _dress(histories: CaptureHistories, capture: Varies, level: float) -> Dress:
    return Dress(
        counts=OpenCounts.from_histories(histories),
        method=f"open log-linear model, capture {'equal' if capture == 'equal' else 'for each occasion'}",
        assumptions=(*OPEN_ASSUMPTIONS, *((CONSTANT_CAPTURE,) if capture == "equal" else ())),
        references=REFERENCES,
        level=level,
    )


def _spread(fit: _Fit, k: int, capture: Varies, *, whole: bool) -> FloatArray:
    slopes = jacobian(lambda b: _natural(fit, k, capture, b, whole=whole), fit.coefficients)
    return np.asarray(slopes @ fit.covariance @ slopes.T)
