"""Visits by platform and day."""

from __future__ import annotations

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs.platform_days import PlatformDays

GOOD = {"platforms": ("A", "B"), "days": ("1", "2", "3"), "visitors": [[1, 2, 3], [4, 5, 6]], "source": "log"}


def test_a_log_adds_up_and_cannot_be_changed() -> None:
    """The total is the sum over platforms and days, and the array is read-only."""
    log = PlatformDays(**GOOD)
    assert log.total == 21.0
    with pytest.raises(ValueError, match="read-only"):
        log.visitors[0, 0] = 9.0


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"visitors": [[1, 2], [3, 4]]}, "do not fit"),
        ({"visitors": [1, 2, 3]}, "wrong shape"),
        ({"visitors": [[1, 2, np.nan], [4, 5, 6]]}, "impossible value"),
        ({"visitors": [[1, 2, -1], [4, 5, 6]]}, "impossible value"),
        ({"platforms": ("A", "A")}, "names not distinct"),
        ({"days": ("1", "1", "2")}, "names not distinct"),
        ({"source": " "}, "figure without source"),
    ],
)
def test_impossible_logs_are_refused(options: dict, problem: str) -> None:
    """A log that does not fit, or without source, raises an error that says what is wrong."""
    with pytest.raises(InvalidInput, match=problem):
        PlatformDays(**(GOOD | options))
