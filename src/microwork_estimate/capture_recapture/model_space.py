"""Hierarchical log-linear models for k lists: how one is named, all there are, and their design columns.

A *term* is a set of lists, written as the number whose binary digits mark them (first list leftmost), just as patterns
of presence are in :func:`~microwork_estimate.inputs.histories.all_patterns`. A pattern has a term if it has all its
lists. With 0/1 coding the intercept is the logarithm of the expected number on no list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs.checks import distinct_names

Generators = str | Sequence[str | Sequence[str]]
MAX_ALL_MODELS = 5  # lists: with six there are 7.8 million hierarchical models
MAX_PAIR_MODELS = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLinearModel:
    """A hierarchical log-linear model: which lists may depend on which, given the others.

    Parameters
    ----------
    lists : tuple of str
        The names of k lists.
    generators : tuple of tuple of str
        The largest interactions; all their parts are in the model too. The main effect of every list is always in.

    Examples
    --------
    >>> model = LogLinearModel.parse("AB,C", lists=("police", "charity", "union"))
    >>> model.name, model.n_parameters
    ('[police*charity, union]', 5)
    """

    lists: tuple[str, ...]
    generators: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        names = distinct_names(self.lists, where="LogLinearModel.lists")
        codes = {_code_of(generator, names) for generator in self.generators} | _mains(len(names))
        largest = [c for c in codes if not any(c != other and c & other == c for other in codes)]
        ordered = sorted(largest, key=lambda code: (-code.bit_count(), -code))
        object.__setattr__(self, "lists", names)
        object.__setattr__(self, "generators", tuple(_names_of(code, names) for code in ordered))

    @classmethod
    def parse(cls, generators: Generators | LogLinearModel, *, lists: Sequence[str]) -> LogLinearModel:
        """Read a model from its generators.

        Parameters
        ----------
        generators : str, sequence of str or of tuples of list names, or LogLinearModel
            ``"AB,C"`` or ``"[12,3]"``: each letter or digit is a list, by its name if all names have one character,
            else by its place (A or 1 is the first). ``[("police", "charity"), "union"]`` uses the names.
        lists : sequence of str
            The names of the lists, in order.

        Raises
        ------
        InvalidInput
            If a list is not known.

        Examples
        --------
        >>> LogLinearModel.parse("[12,13]", lists=("A", "B", "C")).name
        '[AB, AC]'
        """
        names = tuple(lists)
        if isinstance(generators, LogLinearModel):
            if generators.lists != names:
                raise InvalidInput(
                    "model of other lists",
                    expected=", ".join(names),
                    got=", ".join(generators.lists),
                    where="LogLinearModel",
                    fix="give the generators in the names of these lists",
                )
            return generators
        if isinstance(generators, str):
            parts = [part.strip() for part in generators.strip("[] ").split(",")]
            return cls(lists=names, generators=tuple(_letters(part, names) for part in parts if part))
        rows = tuple(_letters(row, names) if isinstance(row, str) else tuple(row) for row in generators)
        return cls(lists=names, generators=rows)

    @classmethod
    def from_terms(cls, terms: Iterable[int], *, lists: Sequence[str]) -> LogLinearModel:
        """Make the smallest hierarchical model that has these terms, given as numbers."""
        names = tuple(lists)
        return cls(lists=names, generators=tuple(_names_of(code, names) for code in terms if code))

    @property
    def terms(self) -> tuple[int, ...]:
        """All terms as numbers, main effects first, without the intercept."""
        codes = {_code_of(generator, self.lists) for generator in self.generators}
        parts = {part for code in codes for part in _parts(code)}
        return tuple(sorted(parts, key=_term_order))

    @property
    def n_parameters(self) -> int:
        """Number of coefficients, the intercept included."""
        return len(self.terms) + 1

    @property
    def name(self) -> str:
        """The generators in brackets, largest interactions first."""
        return "[" + ", ".join(_joined(generator) for generator in self.generators) + "]"

    @property
    def term_names(self) -> tuple[str, ...]:
        """Names of the coefficients, in the order of the columns of :func:`design_matrix`."""
        return ("(intercept)", *(_joined(_names_of(code, self.lists)) for code in self.terms))

    def __str__(self) -> str:
        return self.name


def design_matrix(terms: Sequence[int], n_lists: int) -> FloatArray:
    """Return the 0/1 columns of the intercept and of `terms` for the 2^k - 1 patterns, in canonical order.

    Parameters
    ----------
    terms : sequence of int, length p - 1
    n_lists : int

    Returns
    -------
    array of shape (2^k - 1, p)

    Examples
    --------
    >>> design_matrix([2, 1], 2).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
    """
    return _has_term(np.array([0, *terms], dtype=np.int64), n_lists)


def design_matrices(terms: Sequence[Sequence[int]], n_lists: int) -> FloatArray:
    """Return the designs of M models with equally many terms, shape (M, 2^k - 1, p).

    Parameters
    ----------
    terms : sequence of M sequences of int
    n_lists : int

    Returns
    -------
    array of shape (M, 2^k - 1, p)

    Examples
    --------
    >>> design_matrices([[2, 1], [2, 1]], 2).shape
    (2, 3, 3)
    """
    index = np.array([[0, *row] for row in terms], dtype=np.int64)
    return np.asarray(_lattice(n_lists)[:, index].transpose(1, 0, 2), order="C")


def term_margins(counts: FloatArray, n_lists: int) -> FloatArray:
    """Return how many persons have each term: the sufficient statistics of every log-linear model.

    Parameters
    ----------
    counts : array of shape (B, 2^k - 1)
    n_lists : int
        Not many: the array of patterns by terms is made.

    Returns
    -------
    array of shape (B, 2^k)
        Indexed by the number of the term; the first is the number of persons seen.

    Examples
    --------
    >>> import numpy as np
    >>> term_margins(np.array([[30.0, 170.0, 120.0]]), 2).tolist()
    [[320.0, 150.0, 200.0, 30.0]]
    """
    return np.asarray(counts @ _lattice(n_lists))


def hierarchical_models(
    lists: Sequence[str], *, max_order: int | None = None, saturated: bool = False
) -> tuple[LogLinearModel, ...]:
    """All hierarchical log-linear models that have every main effect.

    There are 8 for three lists, 113 for four and 6,893 for five; one more with the saturated model, which no data can
    identify. Six lists have 7.8 million: only pairwise interactions are offered there.

    Parameters
    ----------
    lists : sequence of str
        The names of 2 to 6 lists.
    max_order : int, optional
        Lists in an interaction at most; 2 allows pairs only. Default: all but the saturated model.
    saturated : bool
        Whether to add the saturated model.

    Returns
    -------
    tuple of LogLinearModel
        The simplest first.

    Raises
    ------
    InvalidInput
        If there are too many models.

    Examples
    --------
    >>> [model.name for model in hierarchical_models(("A", "B", "C"))][:3]
    ['[A, B, C]', '[AB, C]', '[AC, B]']
    """
    names = distinct_names(lists, where="hierarchical_models")
    found = hierarchical_terms(len(names), max_order)
    if saturated:
        found = (*found, tuple(sorted(_parts(2 ** len(names) - 1), key=_term_order)))
    return tuple(LogLinearModel.from_terms(terms, lists=names) for terms in found)


def hierarchical_terms(n_lists: int, max_order: int | None = None) -> tuple[tuple[int, ...], ...]:
    """Return the terms of all hierarchical models with every main effect, the simplest first, never the saturated one.

    Parameters
    ----------
    n_lists : int
    max_order : int, optional
        Lists in an interaction at most.

    Returns
    -------
    tuple of tuple of int

    Raises
    ------
    InvalidInput
        If there are too many models.

    Examples
    --------
    >>> [len(hierarchical_terms(k)) for k in (2, 3, 4)]
    [1, 8, 113]
    """
    order = n_lists - 1 if max_order is None else max_order
    allowed = n_lists <= MAX_ALL_MODELS or (n_lists <= MAX_PAIR_MODELS and order <= 2)
    if not allowed or order < 1:
        raise InvalidInput(
            "too many models" if order >= 1 else "no such order",
            expected=f"up to {MAX_ALL_MODELS} lists, or {MAX_PAIR_MODELS} with max_order=2",
            got=f"{n_lists} lists, interactions of up to {order} lists",
            where="hierarchical_models",
            fix="merge or leave out lists, or use sparse_loglinear, which chooses pairs step by step",
        )
    return _enumerated(n_lists, min(order, n_lists - 1))


@lru_cache(maxsize=16)
def _enumerated(n_lists: int, order: int) -> tuple[tuple[int, ...], ...]:
    mains = frozenset(_mains(n_lists))
    found = sorted(
        _grown(mains, mains, n_lists, 2, order), key=lambda terms: (len(terms), [_term_order(t) for t in terms])
    )
    return tuple(found)


def _grown(
    terms: frozenset[int], last: frozenset[int], n_lists: int, size: int, order: int
) -> Iterator[tuple[int, ...]]:
    """Add every choice of interactions of `size` lists whose parts are all in the model, then larger ones."""
    candidates: list[int] = []
    if size <= order:
        candidates = [c for c in _of_size(n_lists, size) if all(part in last for part in _faces(c))]
    for count in range(len(candidates) + 1):
        for chosen in combinations(candidates, count):
            if chosen:
                yield from _grown(terms | set(chosen), frozenset(chosen), n_lists, size + 1, order)
            else:
                yield tuple(sorted(terms, key=_term_order))


@lru_cache(maxsize=32)
def _lattice(n_lists: int) -> FloatArray:
    """Return which patterns have which of all terms, shape (2^k - 1, 2^k); for the few lists of a whole model space."""
    lattice = _has_term(np.arange(2**n_lists), n_lists)
    lattice.flags.writeable = False
    return lattice


def _has_term(codes: IntArray, n_lists: int) -> FloatArray:
    """Say whether each pattern (row, canonical order) has each term (column)."""
    patterns = np.arange(2**n_lists - 1, 0, -1)[:, None]
    return np.asarray(patterns & codes == codes, dtype=np.float64)


def _of_size(n_lists: int, size: int) -> list[int]:
    return [sum(1 << (n_lists - 1 - i) for i in chosen) for chosen in combinations(range(n_lists), size)]


def _mains(n_lists: int) -> set[int]:
    return {1 << i for i in range(n_lists)}


def _faces(code: int) -> list[int]:
    """Return the term with each of its lists left out in turn."""
    return [code & ~(1 << i) for i in range(code.bit_length()) if code >> i & 1]


def _parts(code: int) -> set[int]:
    """Return all terms within a term, itself included, the empty one not."""
    return {part for part in range(1, code + 1) if part & code == part}


def _term_order(code: int) -> tuple[int, int]:
    return code.bit_count(), -code


def _names_of(code: int, lists: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for i, name in enumerate(lists) if code >> (len(lists) - 1 - i) & 1)


def _joined(names: tuple[str, ...]) -> str:
    return ("" if all(len(name) == 1 for name in names) else "*").join(names)


def _code_of(generator: Sequence[str], lists: tuple[str, ...]) -> int:
    code = 0
    for name in generator:
        if name not in lists:
            raise _unknown(name, lists)
        code |= 1 << (len(lists) - 1 - lists.index(name))
    return code


def _letters(part: str, lists: tuple[str, ...]) -> tuple[str, ...]:
    """Read a name as one list, and "AB" or "12" as two: by name if all names have one character, else by place."""
    if part in lists:
        return (part,)
    if all(len(name) == 1 for name in lists) and all(letter in lists for letter in part):
        return tuple(part)
    places = [ord(letter) - ord("A") if letter.isalpha() else ord(letter) - ord("1") for letter in part]
    for letter, place in zip(part, places, strict=True):
        if not 0 <= place < len(lists):
            raise _unknown(letter, lists)
    return tuple(lists[place] for place in places)


def _unknown(name: str, lists: tuple[str, ...]) -> InvalidInput:
    return InvalidInput(
        "unknown list in a model",
        expected="lists among " + ", ".join(lists),
        got=repr(name),
        where="generators of a log-linear model",
        fix='write "AB,C" with A for the first list, or tuples of list names such as [("police", "charity")]',
    )
