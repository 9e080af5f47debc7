"""Population size from k lists, averaged over all decomposable graphs of dependence between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from microwork_estimate.capture_recapture.assumptions import (
    CLOSED_POPULATION,
    DECOMPOSABLE_DEPENDENCE,
    IN_SCOPE_LISTS,
    PERFECT_LINKAGE,
    PRIOR_LAW,
)
from microwork_estimate.capture_recapture.counts import nearly_all_seen
from microwork_estimate.capture_recapture.graph_law import GraphLaw, LogPrior, joint_sums
from microwork_estimate.capture_recapture.graphs import MAX_GRAPH_LISTS, decomposable_graphs
from microwork_estimate.capture_recapture.list_checks import list_warnings, nobody_seen, seen_bounds
from microwork_estimate.capture_recapture.unseen_mesh import adapted_mesh, whole_mesh
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import (
    Estimand,
    Estimate,
    FloatArray,
    FrozenMapping,
    IntArray,
    Interval,
    Scalar,
    frozen_floats,
)
from microwork_estimate.inputs.histories import CaptureHistories

PRIOR_DRIVEN = 0.05
"""Posterior share of the graph with all lists joined from which the prior is said to decide."""

_CUT_OFF = 1e-3
_LARGEST_WHOLE = 20_000_000
ASSUMPTIONS = (DECOMPOSABLE_DEPENDENCE, PRIOR_LAW, CLOSED_POPULATION, PERFECT_LINKAGE, IN_SCOPE_LISTS)
REFERENCES = (
    "Madigan and York 1997, Biometrika 84(1), 19-31",
    "Dawid and Lauritzen 1993, The Annals of Statistics 21(3), 1272-1317",
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DecomposablePosterior:
    """The joint posterior of the population size and of the graph of dependence.

    Parameters
    ----------
    models : tuple of str, length g
        The graphs by their cliques, for example ``"[AB, C]"``.
    probabilities : array of shape (g,)
        Their posterior probabilities.
    means : array of shape (g,)
        Posterior mean of the size given each graph, over the sizes held.
    sizes : array of shape (m,)
        Population sizes, in persons: every whole number first, then nodes that stand for many.
    mass : array of shape (m,)
        Posterior mass of each; they sum to one.
    saturated : array of shape (m,)
        The part of `mass` that comes from the graph with all lists joined.
    n_exact : int
        So many of the sizes are successive whole numbers.
    n_observed : int
        Persons seen.
    estimand : Estimand
    """

    models: tuple[str, ...]
    probabilities: FloatArray
    means: FloatArray
    sizes: FloatArray
    mass: FloatArray
    saturated: FloatArray
    n_exact: int
    n_observed: int
    estimand: Estimand

    def __post_init__(self) -> None:
        for name in ("probabilities", "means", "sizes", "mass", "saturated"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name), where=f"DecomposablePosterior.{name}"))

    @property
    def mean(self) -> float:
        """Posterior mean over the sizes held; it grows with the largest of them when the tail is heavy."""
        return float(self.mass @ self.sizes)

    @property
    def standard_deviation(self) -> float:
        """Posterior standard deviation over the sizes held, with the same reserve as the mean."""
        return math.sqrt(float(self.mass @ (self.sizes - self.mean) ** 2))

    @property
    def mass_at_end(self) -> float:
        """Posterior mass of the largest size held."""
        return float(self.mass[-1])

    def quantile(self, probability: float, *, with_saturated: bool = True) -> float:
        """Return the smallest size whose cumulative posterior probability reaches `probability`.

        Parameters
        ----------
        probability : float
            Strictly between 0 and 1.
        with_saturated : bool
            Whether the graph with all lists joined counts.

        Returns
        -------
        float
            A whole number of persons.
        """
        mass = self.mass if with_saturated else self.mass - self.saturated
        cumulative = np.cumsum(mass)
        wanted = check_level(probability, where="probability") * cumulative[-1]
        at = min(int(np.searchsorted(cumulative, wanted)), mass.size - 1)
        if at < self.n_exact:
            return float(self.sizes[at])
        return float(math.ceil(np.interp(wanted, cumulative - 0.5 * mass, self.sizes) - 0.5))

    def ranked(self) -> IntArray:
        """Return the positions of the graphs, most probable first."""
        return np.argsort(-self.probabilities, kind="stable")


def decomposable_average(
    histories: CaptureHistories,
    *,
    concentration: float | None = None,
    log_prior: LogPrior | None = None,
    largest_unseen: int | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate the population size by its posterior median, averaged over all decomposable graphs of the lists.

    Procedure: as in :func:`decomposable_posterior`; the interval holds the central share of the posterior. It is
    deterministic: nothing is simulated.

    Parameters
    ----------
    histories : CaptureHistories
        Two to five lists.
    concentration : float, optional
        Prior weight of each of the 2^k cells, in persons; 2^-k by default, so that the prior weighs one person.
    log_prior : callable, optional
        Logarithm of the prior of the size, from sizes in persons (m,) to (m,); -ln N by default. It is also called
        between whole numbers.
    largest_unseen : int, optional
        The posterior is cut off there. Without it, sizes up to 1e15 unseen are summed.
    level : float
        Posterior probability of the interval, as a share.

    Returns
    -------
    Estimate
        `value` is the median: with all lists joined in one graph the posterior falls so slowly that its mean is
        infinite. `standard_error` is given only with `largest_unseen`, on which it then depends. When nobody is on two
        lists, `value` is None and the interval has a lower end only. Diagnostics: the sizes summed over, the posterior
        mass at their end, the most probable graph, the weight of the graph with all lists joined and the median without
        it. Codes: ``"prior-driven"``, ``"grid-end"``, ``"no-overlap"``, ``"empty-list"``, ``"nearly-all-seen"``.

    Raises
    ------
    InvalidInput
        With more than five lists, or if an option is impossible.

    Assumptions
    -----------
    Dependences of a decomposable graph; the prior; closed population; perfect linkage; lists in scope.

    References
    ----------
    Madigan and York 1997, Biometrika 84(1), 19-31.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories, all_patterns
    >>> lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [12, 4, 112, 60, 142, 49, 247])
    >>> estimate = decomposable_average(lists)
    >>> estimate.value, estimate.interval.low, estimate.interval.high, estimate.diagnostics["heaviest_model"]
    (731.0, 694.0, 787.0, '[AB, C]')
    """
    check_level(level)
    if histories.n_observed == 0:
        return nobody_seen(histories, name="decomposable graphs", assumptions=ASSUMPTIONS, references=REFERENCES)
    posterior = decomposable_posterior(
        histories, concentration=concentration, log_prior=log_prior, largest_unseen=largest_unseen
    )
    found = [*list_warnings(histories), *_warnings(posterior, cut=largest_unseen is not None)]
    unlimited = any(warning.code == "no-overlap" for warning in found)
    tail = 1.0 - level if unlimited else 0.5 * (1.0 - level)
    announce(found)
    return Estimate(
        name="decomposable graphs",
        value=None if unlimited else posterior.quantile(0.5),
        standard_error=None if unlimited or largest_unseen is None else posterior.standard_deviation,
        interval=Interval(
            low=posterior.quantile(tail),
            high=math.inf if unlimited else posterior.quantile(1.0 - tail),
            level=level,
            method="lower posterior quantile" if unlimited else "posterior quantiles",
        ),
        bounds=seen_bounds(histories) if unlimited else None,
        estimand=histories.estimand,
        method=f"posterior averaged over {len(posterior.models)} decomposable graphs",
        n_observed=float(histories.n_observed),
        assumptions=ASSUMPTIONS,
        warnings=tuple(found),
        references=REFERENCES,
        diagnostics=FrozenMapping(_diagnostics(posterior)),
    )


def decomposable_posterior(
    histories: CaptureHistories,
    *,
    concentration: float | None = None,
    log_prior: LogPrior | None = None,
    largest_unseen: int | None = None,
) -> DecomposablePosterior:
    """Compute the joint posterior of the population size N and of the decomposable graph of the lists.

    Procedure: given a graph, the 2^k cell probabilities have the hyper-Dirichlet law in which each set of lists has the
    Dirichlet marginal of weight `concentration` for each full cell. The chance of the counts and of u = N - n unseen
    is then N!/u! times a product of Dirichlet-multinomial chances of the cliques over those of the separators; all
    graphs are equally likely beforehand. Only the cell of those on none of a set of lists depends on u, so that the
    sums over u cost two logarithms of the gamma function for each set of lists.

    Parameters
    ----------
    histories : CaptureHistories
        Two to five lists.
    concentration, log_prior, largest_unseen
        As in :func:`decomposable_average`.

    Returns
    -------
    DecomposablePosterior

    Raises
    ------
    InvalidInput
        With more than five lists, without persons, or if an option is impossible.

    References
    ----------
    Madigan and York 1997, Biometrika 84(1), 19-31, section 3; Dawid and Lauritzen 1993, The Annals of Statistics 21(3),
    1272-1317, section 7, for the hyper-Dirichlet law.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories, all_patterns
    >>> lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [12, 4, 112, 60, 142, 49, 247])
    >>> posterior = decomposable_posterior(lists, largest_unseen=500)
    >>> round(posterior.mean, 3), posterior.models[int(posterior.ranked()[0])]
    (733.392, '[AB, C]')
    """
    k = len(histories.lists)
    weight = 2.0**-k if concentration is None else concentration
    _check(histories, weight, largest_unseen)
    law = GraphLaw.of(histories.counts, k, weight, log_prior or _one_over_size)
    mesh = adapted_mesh(law.log_joint) if largest_unseen is None else whole_mesh(largest_unseen)
    sums = joint_sums(law, mesh)
    return DecomposablePosterior(
        models=tuple(graph.model(histories.lists).name for graph in decomposable_graphs(k)),
        probabilities=sums.by_graph,
        means=sums.means,
        sizes=law.n + mesh.unseen,
        mass=sums.by_size,
        saturated=sums.saturated,
        n_exact=mesh.n_exact,
        n_observed=histories.n_observed,
        estimand=histories.estimand,
    )


def _warnings(posterior: DecomposablePosterior, *, cut: bool) -> list[CodedWarning]:
    found = []
    share = float(posterior.saturated.sum())
    if share > PRIOR_DRIVEN:
        message = (
            f"the graph with all lists joined has {100 * share:.0f} % of the posterior; in it the lists say nothing about "
            "the unseen and the prior decides"
        )
        found.append(CodedWarning(code="prior-driven", message=message))
    end = _mass_near_end(posterior)
    if cut and end > _CUT_OFF:
        message = (
            f"the largest tenth of the sizes allowed for has {100 * end:.2g} % of the posterior: the end of the sum shapes "
            "the result"
        )
        found.append(CodedWarning(code="grid-end", message=message))
    return [*found, *nearly_all_seen(posterior.quantile(0.5), float(posterior.n_observed))]


def _mass_near_end(posterior: DecomposablePosterior) -> float:
    unseen = posterior.sizes - posterior.n_observed
    return float(posterior.mass[unseen > 0.9 * unseen[-1]].sum())


def _diagnostics(posterior: DecomposablePosterior) -> dict[str, Scalar]:
    best = int(posterior.ranked()[0])
    share = float(posterior.saturated.sum())
    return {
        "smallest_size": float(posterior.sizes[0]),
        "largest_size": float(posterior.sizes[-1]),
        "sizes_evaluated": int(posterior.sizes.size),
        "mass_in_last_tenth": _mass_near_end(posterior),
        "mass_at_end": posterior.mass_at_end,
        "models": len(posterior.models),
        "heaviest_model": posterior.models[best],
        "heaviest_weight": float(posterior.probabilities[best]),
        "saturated_weight": share,
        "median_without_saturated": posterior.quantile(0.5, with_saturated=False) if share < 1.0 else math.inf,
    }


def _one_over_size(sizes: FloatArray) -> FloatArray:
    return -np.log(sizes)


def _check(histories: CaptureHistories, concentration: float, largest_unseen: int | None) -> None:
    if len(histories.lists) > MAX_GRAPH_LISTS:
        decomposable_graphs(len(histories.lists))
    if histories.n_observed == 0:
        raise InvalidInput(
            "nobody was seen",
            expected="at least one person on a list",
            got="counts that are all zero",
            where="CaptureHistories.counts",
            fix="check the lists",
        )
    if not (math.isfinite(concentration) and concentration > 0.0):
        raise InvalidInput(
            "impossible prior weight",
            expected="a finite number above zero, in persons for each cell",
            got=repr(concentration),
            where="concentration",
            fix="leave it out for 2^-k",
        )
    if largest_unseen is not None and not (
        largest_unseen == int(largest_unseen) and 1 <= largest_unseen <= _LARGEST_WHOLE
    ):
        raise InvalidInput(
            "impossible end of the sum",
            expected=f"a whole number of unseen persons from 1 to {_LARGEST_WHOLE:,}",
            got=repr(largest_unseen),
            where="largest_unseen",
            fix="leave it out: the sum then has no end that matters",
        )
