"""The joint law of the population size and of a decomposable graph of lists, up to a constant.

Given a graph, the cell probabilities have a hyper-Dirichlet law and the marginal chance of the counts is a product over
cliques and separators. Only the cell of those on none of a set of lists depends on the unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from microwork_estimate.capture_recapture.graphs import marginal_signs
from microwork_estimate.capture_recapture.unseen_mesh import UnseenMesh
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs.histories import all_patterns

LogPrior = Callable[[FloatArray], FloatArray]

_TOGETHER = 2_000_000  # numbers held at once
_STIRLING_FROM = 64.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GraphLaw:
    """What the joint law of the size and the graph needs of the data.

    Parameters
    ----------
    n : float
        Persons seen.
    signs : array of shape (g, 2^k)
        As from :func:`~microwork_estimate.capture_recapture.graphs.marginal_signs`.
    constant : array of shape (2^k,)
        For each set of lists the part of the log chance that does not depend on the unseen.
    absent : array of shape (2^k,)
        Persons seen on none of the set, plus the prior weight of that cell.
    total : float
        Persons seen plus the prior weight of the whole table.
    log_prior : callable
        Logarithm of the prior of the size.
    """

    n: float
    signs: FloatArray
    constant: FloatArray
    absent: FloatArray
    total: float
    log_prior: LogPrior

    @classmethod
    def of(cls, counts: IntArray, k: int, weight: float, log_prior: LogPrior) -> GraphLaw:
        """Read the marginal tables of all sets of lists.

        Parameters
        ----------
        counts : array of shape (2^k - 1,)
        k : int
            Number of lists.
        weight : float
            Prior weight of a full cell, in persons.
        log_prior : callable
        """
        codes = all_patterns(k) @ (1 << np.arange(k - 1, -1, -1))
        n, total = float(counts.sum()), weight * 2.0**k
        constant, absent = np.zeros(2**k), np.zeros(2**k)
        for chosen in range(2**k):
            table = np.bincount(codes & chosen, weights=counts, minlength=2**k)
            prior = weight * 2.0 ** (k - chosen.bit_count())
            absent[chosen] = table[0] + prior
            cells = table[1:][table[1:] > 0]
            seen = float(np.sum(gammaln(cells + prior) - gammaln(prior)))
            constant[chosen] = seen - float(gammaln(prior)) + float(gammaln(total))
        return cls(n=n, signs=marginal_signs(k), constant=constant, absent=absent, total=total + n, log_prior=log_prior)

    def log_joint(self, unseen: FloatArray) -> FloatArray:
        """Return the log joint density, up to a constant: (g, m) for unseen of shape (m,) or (g, m)."""
        own = log_gamma_ratio(unseen[..., None] + self.absent, self.total - self.absent) + self.constant
        ways = -log_gamma_ratio(unseen + 1.0, self.n) + self.log_prior(self.n + unseen)
        subscripts = "gs,ms->gm" if unseen.ndim == 1 else "gs,gms->gm"
        return np.asarray(np.einsum(subscripts, self.signs, own, optimize=True) + ways, dtype=np.float64)


def log_gamma_ratio(x: FloatArray, d: FloatArray | float) -> FloatArray:
    """Return ln G(x) - ln G(x + d) without losing the difference when x is large.

    Parameters
    ----------
    x, d : array_like
        x above zero, d zero or more; they are broadcast.

    Returns
    -------
    array

    Examples
    --------
    G(x + 1) = x G(x), also where the gamma function itself has 1e16 digits:

    >>> bool(abs(log_gamma_ratio(np.array(1e15), 1.0) + np.log(1e15)) < 1e-13)
    True
    """
    large = np.maximum(x, _STIRLING_FROM)
    series = (large - 0.5) * np.log1p(d / large) + d * (np.log(large + d) - 1.0)
    far = -(series + _stirling_rest(large + d) - _stirling_rest(large))
    small = np.minimum(x, _STIRLING_FROM)
    return np.where(x >= _STIRLING_FROM, far, gammaln(small) - gammaln(small + d))


def _stirling_rest(x: FloatArray) -> FloatArray:
    inverse = 1.0 / (x * x)
    rest = (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse / 1680.0))) / x
    return np.asarray(rest, dtype=np.float64)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class JointSums:
    """The joint posterior, summed over sizes or over graphs.

    Parameters
    ----------
    by_graph, means : array of shape (g,)
        Posterior probability of each graph, and the mean size given it.
    by_size, saturated : array of shape (m,)
        Posterior mass of each size, and the part of it from the last graph.
    """

    by_graph: FloatArray
    means: FloatArray
    by_size: FloatArray
    saturated: FloatArray


def joint_sums(law: GraphLaw, mesh: UnseenMesh) -> JointSums:
    """Sum the joint density over graphs and over sizes, block of sizes by block.

    Parameters
    ----------
    law : GraphLaw
    mesh : UnseenMesh

    Returns
    -------
    JointSums

    Examples
    --------
    >>> from microwork_estimate.capture_recapture.unseen_mesh import whole_mesh
    >>> law = GraphLaw.of(np.array([30, 170, 120]), 2, 0.25, lambda size: -np.log(size))
    >>> joint_sums(law, whole_mesh(5000)).by_graph.round(2).tolist()
    [0.61, 0.39]
    """
    rows = max(1, _TOGETHER // law.signs.shape[0])
    tops, sizes, joined, graphs, moments = [], [], [], [], []
    for at in range(0, mesh.unseen.size, rows):
        unseen = mesh.unseen[at : at + rows]
        log_joint = law.log_joint(unseen)
        top = log_joint.max()
        dense = np.exp(log_joint - top) * mesh.weights[at : at + rows]
        tops.append(np.full(unseen.size, top))
        sizes.append(dense.sum(axis=0))
        joined.append(dense[-1])
        graphs.append(dense.sum(axis=1))
        moments.append(dense @ unseen)
    scale = np.exp(np.array([top[0] for top in tops]) - max(top[0] for top in tops))
    by_node = np.exp(np.concatenate(tops) - max(top[0] for top in tops))
    by_graph, moment = scale @ np.array(graphs), scale @ np.array(moments)
    total = by_graph.sum()
    with np.errstate(invalid="ignore"):
        means = law.n + moment / by_graph
    return JointSums(
        by_graph=by_graph / total,
        means=means,
        by_size=np.concatenate(sizes) * by_node / total,
        saturated=np.concatenate(joined) * by_node / total,
    )
