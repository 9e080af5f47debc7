"""Checksums that differ where runs differ, and nowhere else."""

import functools
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from microwork_estimate import bootstrap
from microwork_estimate.bootstrap.fingerprint import fingerprint, program
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import CaptureHistories, SurveySample

RATE = 2.0


def _doubled(x):
    return RATE * _helper(x)


def _helper(x):
    return x + 1


@dataclass(frozen=True)
class _Own:
    power: int
    table: ClassVar[dict] = {"a": 1}

    def __call__(self, x):
        """Raise to the power."""
        return x**self.power


class _Plain:
    def __init__(self, low):
        self.low = low


def _made(constant, inner):
    def recipe(x):
        def nested(y):
            return inner(y) + constant

        return nested(x)

    return recipe


def _survey(**changes):
    columns = {"sex": np.array(["f", "m", "f"], dtype=object), "age": np.array([20, 30, 40])}
    return SurveySample(columns=columns | changes, weight=[1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (0.0, -0.0),
        ("a", b"a"),
        ((1, 2), [1, 2]),
        (["ab", "c"], ["a", "bc"]),
        (np.zeros(2), np.zeros((2, 1))),
        (np.zeros(2), np.zeros(2, dtype=np.int64)),
        (np.array(["a", "b"], dtype=object), np.array(["a", "c"], dtype=object)),
        ({"a": 1}, {"a": 2}),
        ({1, 2}, {1, 3}),
        (lambda x: x + 1, lambda x: x - 1),
        (lambda x: x + 1, lambda x: x + 2),
        (lambda x=1: x, lambda x=2: x),
        (_made(1, abs), _made(2, abs)),
        (_made(1, abs), _made(1, float)),
        (functools.partial(pow, exp=2), functools.partial(pow, exp=3)),
        (_Own(power=2), _Own(power=3)),
        (_Plain(1), _Plain(2)),
        (bootstrap.RaoWuYue(), bootstrap.BayesianWeights()),
        (bootstrap.ParametricCounts(), bootstrap.ParametricCounts(half_width=0.5)),
        (CaptureHistories.from_two_lists(20, 15, 3), CaptureHistories.from_two_lists(20, 15, 4)),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]})),
        (np.random.default_rng(1), np.random.default_rng(2)),
        (_survey(), replace(_survey(), weight=np.array([1.0, 2.0, 4.0]))),
        (_survey(), _survey(sex=np.array(["f", "m", "m"], dtype=object))),
        (_doubled.__get__(1), _doubled.__get__(2)),
    ],
)
def test_what_differs_has_another_checksum(one, other):
    """Values, arrays, data, options and code that differ are told apart; copies are not."""
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(one)


def test_order_of_mappings_and_sets_does_not_matter():
    """What has no order has one checksum."""
    assert fingerprint({"a": 1, "b": {2, 3}}) == fingerprint({"b": {3, 2}, "a": 1})
    assert fingerprint(_survey()) == fingerprint(_survey())
    assert fingerprint(pd.DataFrame({"a": ["x", "y"]})) == fingerprint(pd.DataFrame({"a": ["x", "y"]}))


def test_what_a_function_calls_counts(monkeypatch):
    """A change in a helper or in a constant of the module is a change of the recipe."""
    before = fingerprint(_doubled)
    monkeypatch.setattr(sys.modules[__name__], "RATE", 3.0)
    assert fingerprint(_doubled) != before
    monkeypatch.undo()
    assert fingerprint(_doubled) == before
    monkeypatch.setattr(sys.modules[__name__], "_helper", lambda x: x + 2)
    assert fingerprint(_doubled) != before


def test_a_method_of_an_own_class_counts(monkeypatch):
    """A change in a method, a property or a constant of the user's class is a change of the recipe."""
    before = fingerprint(_Own(power=2))
    monkeypatch.setattr(_Own, "__call__", _helper)
    assert fingerprint(_Own(power=2)) != before
    monkeypatch.undo()
    monkeypatch.setattr(_Own, "table", {"a": 2})
    assert fingerprint(_Own(power=2)) != before
    monkeypatch.undo()
    for added in (property(abs), staticmethod(abs), classmethod(abs)):
        monkeypatch.setattr(_Own, "extra", added, raising=False)
        assert fingerprint(_Own(power=2)) != before
    monkeypatch.undo()
    assert fingerprint(_Own(power=2)) == before


def test_circles_end():
    """A function that calls itself and a list that holds itself have a checksum."""

    def factorial(n):
        return 1 if n == 0 else n * factorial(n - 1)

    circle = [1]
    circle.append(circle)
    assert fingerprint(factorial) != fingerprint(_helper)
    assert fingerprint(circle) != fingerprint([1])


def test_the_same_in_another_process():
    """Neither addresses nor the order of a set of words goes into a checksum."""
    code = (
        "from microwork_estimate.bootstrap.fingerprint import fingerprint; import numpy as np\n"
        "def f(x, words=frozenset({'alpha', 'beta', 'gamma'})):\n    return x in {'delta', 'epsilon'} or np.sum(x)\n"
        "found = fingerprint([f, {'one', 'two', 'three'}, np.arange(3.0)])\n"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", code + "print(found)"], capture_output=True, text=True, check=True
    ).stdout
    here = {"__name__": "__main__"}
    exec(code, here)  # noqa: S102
    assert elsewhere.strip() == here["found"]


def test_what_has_no_content_is_refused():
    """A generator has nothing by which to know it again."""
    with pytest.raises(InvalidInput, match="cannot be told from others"):
        fingerprint({"data": (x for x in range(3))})


def test_the_program_is_its_source_files():
    """The checksum of the package is one of all its files."""
    assert len(program()) == 64
