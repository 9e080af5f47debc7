"""How figures follow from each other: what a figure is derived from, and whether its arithmetic holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from microwork_estimate.errors import InvalidInput

if TYPE_CHECKING:
    from microwork_estimate.study.schema import FigureEntry


def broken_arithmetic(key: str, figures: Mapping[str, FigureEntry], place: str) -> Iterator[InvalidInput]:
    """Find an implied figure that is not what its formula gives, within its rounding, where the formula is a product."""
    figure = figures[key]
    if figure.status != "implied" or figure.value is None or figure.formula is None:
        return
    product = _product(figure.formula, figures)
    tolerance = max(0.5, 1e-3 * abs(figure.value)) if figure.qualifier == "exactly" else 0.15 * abs(figure.value)
    if product is not None and abs(product - figure.value) > tolerance:
        yield InvalidInput(
            "implied figure that its formula does not give",
            expected=f"{figure.formula} = {product:,.6g}",
            got=f"{figure.value:,.6g}",
            where=f"{place}.value",
            fix="work it out again from the figures that it is derived from",
        )


def _product(formula: str, figures: Mapping[str, FigureEntry]) -> float | None:
    """Work out a chain of products and quotients of keys and numbers; None for any other formula."""
    parts = formula.split()
    result = 1.0
    for operator, term in zip(["*", *parts[1::2]], parts[::2], strict=False):
        entry = figures.get(term)
        value = entry.value if entry is not None else _number(term)
        if value is None or operator not in ("*", "/") or (operator == "/" and value == 0):
            return None
        result = result * value if operator == "*" else result / value
    return result


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def own_ancestor(key: str, figures: Mapping[str, FigureEntry], place: str) -> Iterator[InvalidInput]:
    """Find a figure that is derived from itself."""
    if key in ancestors(key, figures):
        yield InvalidInput(
            "circular arithmetic",
            expected="figures derived from others",
            got=f"{key!r} derived from itself",
            where=place,
            fix="derive it from published figures",
        )


def ancestors(key: str, figures: Mapping[str, FigureEntry]) -> set[str]:
    """Return the keys of all figures that one is derived from, directly or not."""
    found: set[str] = set()
    queue = list(figures[key].derived_from)
    while queue:
        parent = queue.pop()
        if parent not in found and parent in figures:
            found.add(parent)
            queue.extend(figures[parent].derived_from)
    return found


def descendants(keys: Iterable[str], figures: Mapping[str, FigureEntry]) -> set[str]:
    """Return the keys of all figures that are derived from some others, directly or not."""
    children = _children(figures)
    found: set[str] = set()
    queue = list(keys)
    while queue:
        for child in children.get(queue.pop(), ()):
            if child not in found:
                found.add(child)
                queue.append(child)
    return found


def _children(figures: Mapping[str, FigureEntry]) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for key, figure in figures.items():
        for parent in figure.derived_from:
            children.setdefault(parent, []).append(key)
    return children


def free_of_circles(figures: Mapping[str, FigureEntry]) -> set[str]:
    """Return the figures that can be worked out one after the other; the others lie on a circle or behind one."""
    children = _children(figures)
    waiting = {key: sum(parent in figures for parent in figure.derived_from) for key, figure in figures.items()}
    queue = [key for key, parents in waiting.items() if not parents]
    free = set(queue)
    while queue:
        for child in children.get(queue.pop(), ()):
            waiting[child] -= 1
            if not waiting[child]:
                free.add(child)
                queue.append(child)
    return free
