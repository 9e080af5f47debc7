"""One thread for the linear algebra of small matrices, for as long as a block of work lasts.

The libraries behind numpy and scipy start threads of their own for every product of matrices. Where this package
already works in several threads or processes, those threads only wait for each other; and the last digits of a product
depend on how many there are.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

_LOCK = threading.Lock()
_STATE: dict[str, Any] = {"users": 0, "controller": None, "restore": None}


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """Let the linear algebra of this process use one thread until the block ends.

    The setting belongs to the whole process. The first block that begins makes it and the last one that ends takes it
    back, in whatever thread, so that blocks may lie inside each other or beside each other.

    Yields
    ------
    None

    Examples
    --------
    >>> import numpy as np
    >>> with single_threaded():
    ...     float(np.ones(2) @ np.ones(2))
    2.0
    """
    with _LOCK:
        _STATE["users"] += 1
        if _STATE["users"] == 1:
            _STATE["restore"] = _controller().limit(limits=1, user_api="blas")
    try:
        yield
    finally:
        with _LOCK:
            _STATE["users"] -= 1
            if _STATE["users"] == 0:
                _STATE["restore"].restore_original_limits()


def _controller() -> Any:
    """Find the libraries once: all that numpy and scipy use must be loaded by now."""
    if _STATE["controller"] is None:
        import scipy.linalg  # noqa: F401
        import threadpoolctl  # type: ignore[import-untyped]

        _STATE["controller"] = threadpoolctl.ThreadpoolController()
    return _STATE["controller"]
