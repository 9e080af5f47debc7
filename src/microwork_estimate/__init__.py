"""How many people do paid micro-tasks online? Weighting, capture-recapture and bootstrap for one answer.

The verbs stand in submodules, which load when first used, so that calls read as sentences::

    from microwork_estimate import capture_recapture, platforms, study

    study.run(study.load("diplab-2019"), n_replicates=1999, seed=2019)
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "bootstrap",
    "capture_recapture",
    "errors",
    "estimate",
    "inputs",
    "platforms",
    "reporting",
    "simulate",
    "study",
    "synthesis",
]

if TYPE_CHECKING:
    from microwork_estimate import (
        bootstrap,
        capture_recapture,
        errors,
        estimate,
        inputs,
        platforms,
        reporting,
        simulate,
        study,
        synthesis,
    )


def __getattr__(name: str) -> ModuleType:
    """Import a submodule the first time it is named (PEP 562)."""
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
