"""Decomposable graphs on lists: who depends on whom when all dependence comes in cliques that fit together like a tree.

Lists are the vertices; two lists without an edge are independent given the others. A graph is decomposable (chordal) if
its vertices can be removed one by one so that the neighbours of each, among those left, are all joined. A set of lists
is written as the number whose binary digits mark them, first list leftmost, as in
:mod:`~microwork_estimate.capture_recapture.model_space`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from microwork_estimate.capture_recapture.model_space import LogLinearModel
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray

MAX_GRAPH_LISTS = 5
"""With six lists there are 18,154 decomposable graphs, with seven 617,675."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DecomposableGraph:
    """A decomposable graph on k lists.

    Parameters
    ----------
    n_lists : int
    steps : tuple of (int, int)
        For each vertex in an order of removal: the vertex with its neighbours among those left, and these neighbours
        alone. The law of the lists is the product of the laws of the first sets over those of the second.
    """

    n_lists: int
    steps: tuple[tuple[int, int], ...]

    @property
    def cliques(self) -> tuple[int, ...]:
        """The largest sets of lists that are all joined, larger ones first."""
        sets = {clique for clique, _ in self.steps}
        largest = [c for c in sets if not any(c != other and c & other == c for other in sets)]
        return tuple(sorted(largest, key=lambda code: (-code.bit_count(), -code)))

    @property
    def is_saturated(self) -> bool:
        """Whether all lists are joined with each other: then the data alone say nothing about the unseen."""
        return self.cliques == (2**self.n_lists - 1,)

    def model(self, lists: tuple[str, ...]) -> LogLinearModel:
        """Return the log-linear model that the graph stands for."""
        return LogLinearModel.from_terms(self.cliques, lists=lists)


@lru_cache(maxsize=8)
def decomposable_graphs(n_lists: int) -> tuple[DecomposableGraph, ...]:
    """Return all decomposable graphs on labelled lists: 2, 8, 61 and 822 of them for two to five lists.

    Procedure: every set of edges is tried; vertices whose neighbours are all joined are removed until none is left, or
    the graph is not decomposable.

    Parameters
    ----------
    n_lists : int
        From 1 to 5.

    Returns
    -------
    tuple of DecomposableGraph
        From no edge to all edges.

    Raises
    ------
    InvalidInput
        If there are more lists.

    References
    ----------
    Lauritzen 1996, Graphical Models, Oxford University Press, section 2.1.3. The numbers of labelled chordal graphs:
    Wormald 1985, Graphs and Combinatorics 1, 193-200.

    Examples
    --------
    >>> [len(decomposable_graphs(k)) for k in (1, 2, 3, 4)]
    [1, 2, 8, 61]
    >>> [bin(clique) for clique in decomposable_graphs(3)[4].cliques]
    ['0b110', '0b101']
    """
    if not 1 <= n_lists <= MAX_GRAPH_LISTS:
        raise InvalidInput(
            "too many graphs",
            expected=f"one to {MAX_GRAPH_LISTS} lists",
            got=f"{n_lists} lists",
            where="decomposable_graphs",
            fix="merge or leave out lists: histories.merged(a, b), histories.without(name)",
        )
    pairs = list(combinations(range(n_lists), 2))
    found = []
    for size in range(len(pairs) + 1):
        for edges in combinations(pairs, size):
            steps = _removal(edges, n_lists)
            if steps is not None:
                found.append(DecomposableGraph(n_lists=n_lists, steps=steps))
    return tuple(found)


def _removal(edges: tuple[tuple[int, int], ...], n_lists: int) -> tuple[tuple[int, int], ...] | None:
    """Return the steps of a removal order, or None if a vertex cannot be removed."""
    bit = [1 << (n_lists - 1 - j) for j in range(n_lists)]
    joined = [0] * n_lists
    for i, j in edges:
        joined[i] |= bit[j]
        joined[j] |= bit[i]
    left, steps = (1 << n_lists) - 1, []
    while left:
        for v in range(n_lists):
            near = joined[v] & left
            if bit[v] & left and _all_joined(near, joined, bit):
                steps.append((near | bit[v], near))
                left &= ~bit[v]
                break
        else:
            return None
    return tuple(steps)


def _all_joined(vertices: int, joined: list[int], bit: list[int]) -> bool:
    return all(vertices & ~(joined[v] | bit[v]) == 0 for v in range(len(bit)) if vertices & bit[v])


@lru_cache(maxsize=8)
def marginal_signs(n_lists: int) -> FloatArray:
    """Return how often the marginal of each set of lists enters the law of each graph.

    Parameters
    ----------
    n_lists : int

    Returns
    -------
    array of shape (g, 2^k)
        Row: graph, as in :func:`decomposable_graphs`; column: set of lists, the empty set first. Cliques count plus
        one, separators minus as often as they separate, all others zero.

    References
    ----------
    Dawid and Lauritzen 1993, The Annals of Statistics 21(3), 1272-1317, equation 2.

    Examples
    --------
    >>> marginal_signs(2).tolist()
    [[-2.0, 1.0, 1.0, 0.0], [-1.0, 0.0, 0.0, 1.0]]
    """
    graphs = decomposable_graphs(n_lists)
    signs = np.zeros((len(graphs), 2**n_lists))
    for row, graph in enumerate(graphs):
        for clique, near in graph.steps:
            signs[row, clique] += 1.0
            signs[row, near] -= 1.0
    signs.flags.writeable = False
    return signs
