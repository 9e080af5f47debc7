"""Every assumption of the room: unique, in both languages, in the book, and varied by a function that exists."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import microwork_estimate
import microwork_estimate.capture_recapture as room
from microwork_estimate.capture_recapture import chapman, closed_model
from microwork_estimate.estimate import Assumption
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.study.assumption_book import assumption_book

PAGES = [importlib.import_module(f"{room.__name__}.{page.name}") for page in pkgutil.iter_modules(room.__path__)]
ASSUMPTIONS = {
    (page.__name__.rsplit(".", 1)[1], name): item
    for page in PAGES
    for name, item in vars(page).items()
    if isinstance(item, Assumption)
}
UNVARIED = {
    "chance-off-the-list",
    "constant-capture",
    "constant-survival",
    "equal-survival",
    "closed-within-periods",
    "known-weights",
    "learned-chances",
    "overlap-everywhere",
    "permanent-departure",
    "sightings-linked",
}
"""No function varies these yet; the list may only become shorter."""


@pytest.mark.parametrize("place", ASSUMPTIONS, ids=".".join)
def test_what_varies_an_assumption_exists_and_is_public(place):
    """The name leads to something that can be called and that its room exports; only the assumptions listed have none."""
    item = ASSUMPTIONS[place]
    if item.sensitivity is None:
        assert item.id in UNVARIED
        return
    where, name = item.sensitivity.split(".")
    module = importlib.import_module(f"{microwork_estimate.__name__}.{where}")
    assert name in module.__all__
    assert callable(getattr(module, name))


def test_no_assumption_is_varied_after_all():
    """The list of those that nothing varies holds no others."""
    assert {item.id for item in ASSUMPTIONS.values() if item.sensitivity is None} == UNVARIED


def test_an_id_has_one_meaning():
    """Wherever an id occurs, statement, direction and testability are the same; the languages differ."""
    for item in ASSUMPTIONS.values():
        others = [other for other in ASSUMPTIONS.values() if other.id == item.id]
        meanings = {(o.statement_en, o.statement_fr, o.testable, o.direction_of_bias_if_violated) for o in others}
        assert len(meanings) == 1
        assert item.statement_en != item.statement_fr


def test_all_are_in_the_book():
    """The book of assumptions knows every id of the room."""
    assert {item.id for item in ASSUMPTIONS.values()} <= set(assumption_book())


def test_the_most_used_ones_say_who_varies_them():
    """Closure by turnover between two lists; equal chances by the closed models side by side."""
    lists = CaptureHistories.from_two_lists(200, 150, 30)
    found = {a.id: a.sensitivity for a in (*chapman(lists).assumptions, *closed_model(lists, "Mt").assumptions)}
    assert found["closed-population"] == "capture_recapture.adjusted_two_lists"
    assert found["perfect-linkage"] == "capture_recapture.adjusted_two_lists"
    assert found["equal-catchability"] == "capture_recapture.closed_models"
