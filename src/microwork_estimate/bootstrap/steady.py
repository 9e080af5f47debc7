"""What must be the same wherever a block is computed, and what nobody wants to read a thousand times."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any

from microwork_estimate.errors import MicroworkWarning

_LOCK = threading.Lock()
_STATE: dict[str, Any] = {"users": 0, "restore": None, "controller": None}


@contextlib.contextmanager
def steady() -> Iterator[None]:
    """Compute with one thread of linear algebra, and without the coded warnings of single draws.

    A library of linear algebra that shares a long sum among threads adds in another order, and the last digit changes
    with the number of cores. One thread each makes a replicate the same on a laptop, in a pool of processes and on a
    cluster whose processors are of one kind. Both settings belong to the whole process; so the first block that begins
    makes them and the last one that ends takes them back, in whatever thread.

    Yields
    ------
    None

    Examples
    --------
    >>> with steady():
    ...     warnings.warn(MicroworkWarning("no-overlap", "of a single draw"))
    """
    with _LOCK:
        _STATE["users"] += 1
        if _STATE["users"] == 1:
            _STATE["restore"] = _begin()
    try:
        yield
    finally:
        with _LOCK:
            _STATE["users"] -= 1
            if _STATE["users"] == 0:
                _STATE["restore"].close()


def _begin() -> contextlib.ExitStack:
    stack = contextlib.ExitStack()
    stack.enter_context(warnings.catch_warnings())
    # Estimates keep their coded warnings; those of the estimate itself are shown when it is made.
    warnings.simplefilter("ignore", MicroworkWarning)
    if _STATE["controller"] is None:
        _STATE["controller"] = _controller()
    stack.enter_context(_STATE["controller"].limit(limits=1, user_api="blas"))
    return stack


def _controller() -> Any:
    import scipy.linalg  # noqa: F401 - libraries are found once: all that numpy and scipy use must be loaded by now
    import threadpoolctl  # type: ignore[import-untyped]

    return threadpoolctl.ThreadpoolController()
