"""What is set for the whole process while blocks are computed, and taken back afterwards."""

import time
import warnings

import pytest
import threadpoolctl

from microwork_estimate.bootstrap.steady import _STATE, steady
from microwork_estimate.errors import MicroworkWarning


def _threads():
    return [lib["num_threads"] for lib in threadpoolctl.threadpool_info() if lib["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def _at_rest():
    """Wait for threads that an interrupted run of another test left behind: each ends with its block."""
    deadline = time.monotonic() + 10
    while _STATE["users"] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _STATE["users"] == 0


def test_sections_may_overlap():
    """Sections that end in another order than they began leave the settings of the process as they were."""
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = _threads()
        first, second = steady(), steady()
        first.__enter__()
        second.__enter__()
        assert set(_threads()) == {1}
        first.__exit__(None, None, None)
        assert set(_threads()) == {1}
        second.__exit__(None, None, None)
        assert _threads() == before


def test_an_error_inside_takes_the_settings_back():
    """Coded warnings are silent inside, other warnings are not, and an error inside changes nothing afterwards."""
    with steady():
        warnings.warn(MicroworkWarning("no-overlap", "of a single draw"), stacklevel=1)
    with pytest.raises(ZeroDivisionError), steady():
        _ = 1 / 0
    with pytest.warns(UserWarning, match="other"), steady():
        warnings.warn("other", UserWarning, stacklevel=1)
    with pytest.warns(MicroworkWarning):
        warnings.warn(MicroworkWarning("no-overlap", "of an estimate"), stacklevel=1)
