"""Every assumption that the library knows, by its id."""

from __future__ import annotations

import importlib

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Assumption

_PAGES = (
    "capture_recapture.assumptions",
    "capture_recapture.assumptions_covariates",
    "capture_recapture.recapture_assumptions",
    "platforms.assumptions",
    "study.own_surveys",
    "weighting.domains",
    "synthesis.amounts",
    "synthesis.coherence",
    "synthesis.domains",
    "synthesis.shares",
    "synthesis.source_bias",
    "synthesis.tiers",
)


def assumption_book() -> dict[str, Assumption]:
    """Return the assumptions of all rooms, by their id.

    Examples
    --------
    >>> assumption_book()["independent-lists"].testable
    False
    """
    pages = [importlib.import_module(f"microwork_estimate.{page}") for page in _PAGES]
    found = [item for page in pages for item in vars(page).values() if isinstance(item, Assumption)]
    return {item.id: item for item in found}


def assumption(key: str, *, where: str) -> Assumption:
    """Return one assumption.

    Raises
    ------
    InvalidInput
        If the library knows none with this id.
    """
    book = assumption_book()
    if key not in book:
        raise InvalidInput(
            "unknown assumption",
            expected="one of " + ", ".join(sorted(book)),
            got=repr(key),
            where=where,
            fix="check the spelling",
        )
    return book[key]
