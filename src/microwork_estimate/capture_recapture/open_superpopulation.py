"""An open population by maximum likelihood: survival never above 1, entries never below 0, chances equal if wanted."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.capture_recapture.open_jolly import OPEN_ASSUMPTIONS, jolly_moments
from microwork_estimate.capture_recapture.open_likelihood import (
    AnyArray,
    OpenModel,
    Varies,
    covariance,
    jacobian,
    maximise,
)
from microwork_estimate.capture_recapture.open_results import (
    Dress,
    OpenPopulation,
    interval_names,
    population_of,
)
from microwork_estimate.capture_recapture.recapture_assumptions import CONSTANT_CAPTURE, CONSTANT_SURVIVAL
from microwork_estimate.errors import CodedWarning, NotConverged, announce, check_choice, check_level
from microwork_estimate.estimate import FloatArray, Scalar
from microwork_estimate.inputs.open_counts import OpenCounts

REFERENCES = (
    "Schwarz and Arnason 1996, Biometrics 52(3), 860-873",
    "Cormack 1989, Biometrics 45(2), 395-413",
    "Burnham 1991, in: Advances in Statistical Ecology, on the sufficient counts",
)


def superpopulation(
    counts: OpenCounts, *, capture: Varies = "each", survival: Varies = "each", level: float = 0.95
) -> OpenPopulation:
    """Estimate an open population and all who were ever in it, by the likelihood of Schwarz and Arnason.

    Procedure: chances to be seen, survival and entries of greatest likelihood, with survival up to 1 and entries from 0
    on; a parameter pressed against such an edge is held there. With a chance of its own on each occasion and no edge
    touched, sizes and survival are Jolly's closed formulas. The data do not tell the size on the first occasion from the
    chance to be seen there (nor on the last, unless survival is equal): the chance is then taken as 1, those sizes have
    no value, and the total leaves out persons who were there on the first occasion only and not seen. With equal chances
    everything is estimated. Standard errors come from the observed information of the Poisson form, less the variance of
    a number that is itself Poisson.

    Parameters
    ----------
    counts : OpenCounts
        Three occasions or more.
    capture : {"each", "equal"}
        Whether each occasion has its own chance to be seen.
    survival : {"each", "equal"}
        Whether each interval has its own survival, or there is one for a unit of time.
    level : float
        Confidence level as a share.

    Returns
    -------
    OpenPopulation
        With `total`. Held at an edge: code ``held-at-edge``. Nothing known of some parameters: no values,
        ``not-identifiable``; no maximum found: ``no-mle``. The diagnostics hold log-likelihood, number of parameters and
        Akaike's criterion.

    Raises
    ------
    InvalidInput
        If an option is unknown.
    Assumptions
    -----------
    Equal catchability of those present, equal survival, permanent departure, sightings linked; constant capture or
    survival where wanted.

    References
    ----------
    Schwarz and Arnason 1996, Biometrics 52(3), 860-873. Cormack 1989, Biometrics 45(2), 395-413.

    Examples
    --------
    >>> counts = OpenCounts(seen=[80, 90, 90, 80], marked=[0, 40, 55, 50], seen_again=[60, 50, 35, 0])
    >>> found = superpopulation(counts, capture="equal", survival="equal")
    >>> round(found.total.value), round(found.survival[0].value, 3)
    (247, 0.821)
    """
    check_choice(capture, get_args(Varies), where="superpopulation, capture")
    check_choice(survival, get_args(Varies), where="superpopulation, survival")
    check_level(level)
    model = OpenModel(counts=counts, capture=capture, survival=survival)
    if counts.marked.sum() == 0:
        return _nothing(model, level)
    try:
        x, free = maximise(model, starting_point(model))
    except NotConverged:
        return _nothing(model, level, code="no-mle")
    spread = covariance(model, x, free)
    if spread is None:
        return _nothing(model, level)
    said = edge_warnings(model, x, free)
    announce(said)
    values, errors = _moments(model, x, spread)
    likelihood, parameters = float(model.log_likelihood(x)), int(free.sum())
    about: dict[str, Scalar] = {
        "n_observed": counts.n_observed,
        "log_likelihood": likelihood,
        "parameters": parameters,
        "aic": 2 * parameters - 2 * likelihood,
    }
    if survival == "equal":
        at = model.n_capture
        about |= {"survival_per_unit": float(x[at]), "survival_per_unit_error": math.sqrt(spread[at, at])}
    return population_of(_dress(model, level), values, errors, said, about)


def starting_point(model: OpenModel) -> FloatArray:
    """Return parameters inside of what is possible, near the closed formulas."""
    counts = model.counts
    moments = jolly_moments(counts)
    size = np.maximum(np.nan_to_num(moments.size, nan=0.0, posinf=0.0), 2.0 * counts.seen + 1.0)
    p = np.clip(counts.seen / size, 0.05, 0.9)
    phi = np.clip(np.nan_to_num(moments.survival[:-1], nan=0.7, posinf=0.7), 0.2, 0.95)
    if model.survival == "equal":
        phi = np.array([np.clip(np.exp(np.mean(np.log(phi) / np.diff(counts.timing))), 1e-3, 0.999)])
    chances = np.array([p.mean()]) if model.capture == "equal" else p[1 : 1 + model.n_capture]
    return np.concatenate([chances, phi, (counts.first_seen + 1.0) / model.scale])


def derived(model: OpenModel, x: AnyArray) -> AnyArray:
    """Return chances (K), survival (K - 1), sizes (K), entries (K - 1) and the total, side by side in the last axis."""
    p, phi, entries = model.parts(x)
    gone = model.counts.seen - model.counts.returned
    sizes = entries.copy()
    for i in range(phi.shape[-1]):
        sizes[..., i + 1] = phi[..., i] * (sizes[..., i] - gone[i]) + entries[..., i + 1]
    return np.concatenate([p, phi, sizes, entries[..., 1:], entries.sum(axis=-1, keepdims=True)], axis=-1)


def hidden(k: int, *, first: bool, last: bool) -> NDArray[np.bool_]:
    """Return which of the 4 K - 1 numbers are not known when the first or the last chance to be seen is not."""
    found = np.zeros(4 * k - 1, dtype=np.bool_)
    found[[0, 2 * k - 1, 3 * k - 1]] = first
    found[[k - 1, 2 * k - 2, 3 * k - 2, 4 * k - 3]] = last
    return found


def _moments(model: OpenModel, x: FloatArray, spread: FloatArray) -> tuple[FloatArray, FloatArray]:
    values = np.asarray(derived(model, x).real, dtype=np.float64)
    slopes = jacobian(lambda y: derived(model, y), x)
    variances = np.einsum("qi,ij,qj->q", slopes, spread, slopes)
    k = model.counts.seen.size
    # Sizes and total are wanted given the actual number of persons, not its expectation.
    variances[2 * k - 1 : 3 * k - 1] -= values[2 * k - 1 : 3 * k - 1]
    variances[-1] -= values[-1]
    first = model.capture == "each"
    unknown = hidden(k, first=first, last=first and model.survival == "each")
    return np.where(unknown, np.nan, values), np.where(unknown, np.nan, np.sqrt(np.maximum(variances, 0.0)))


def _dress(model: OpenModel, level: float) -> Dress:
    words = {"each": "for each occasion", "equal": "equal"}
    extra = (*((CONSTANT_CAPTURE,) if model.capture == "equal" else ()),)
    extra += (CONSTANT_SURVIVAL,) if model.survival == "equal" else ()
    method = f"superpopulation likelihood, capture {words[model.capture]}, survival {words[model.survival]}"
    return Dress(
        counts=model.counts,
        method=method.replace("survival for each occasion", "survival for each interval"),
        assumptions=(*OPEN_ASSUMPTIONS, *extra),
        references=REFERENCES,
        level=level,
    )


def _nothing(model: OpenModel, level: float, *, code: str = "not-identifiable") -> OpenPopulation:
    """Return a result without any number, and the reason."""
    reason = "nobody was seen twice" if model.counts.marked.sum() == 0 else "the counts leave some chances open"
    reason = "the likelihood could not be maximised" if code == "no-mle" else reason
    message = f"{reason}: sizes, survival and entries cannot be told apart"
    said = (CodedWarning(code=code, message=message),)
    announce(said)
    nothing = np.full(4 * model.counts.seen.size - 1, np.nan)
    return population_of(_dress(model, level), nothing, nothing, said, {"n_observed": model.counts.n_observed})


def edge_warnings(model: OpenModel, x: FloatArray, free: np.ndarray) -> tuple[CodedWarning, ...]:
    """Say which parameters are held at the edge of what is possible."""
    names = interval_names(model.counts.names)
    c, s = model.n_capture, model.n_survival
    held = []
    for at in np.flatnonzero(~free):
        if at < c:
            held.append("a chance to be seen at 0 or 1")
        elif at < c + s:
            where = "survival" if s == 1 else f"survival from {names[at - c]}"
            held.append(f"{where} at {x[at]:.0f}")
        elif at > c + s:
            held.append(f"entries from {names[at - c - s - 1]} at 0")
    if not held:
        return ()
    message = "held at the edge of what is possible: " + ", ".join(dict.fromkeys(held))
    return (CodedWarning(code="held-at-edge", message=message),)
