"""A survey of micro-workers, with its weights and the way by which respondents were reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.checks import nonnegative, same_length

ReachedVia = Literal["registration", "worker", "platform_subset"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SurveySample:
    """Respondents of a survey.

    Parameters
    ----------
    columns : mapping of str to array of shape (n,)
        The answers, one array for each question.
    weight : array of shape (n,) or None
        Base weights, positive; None for equal weights of 1.
    reached_via : str or None
        How respondents came into the sample, mandatory where multiplicity is estimated because it decides which mean
        is right: ``"registration"`` (drawn from accounts of all platforms concerned, so that a person on two platforms
        is twice as likely to be drawn), ``"worker"`` (drawn from persons, for example in a general-population
        survey) or ``"platform_subset"`` (drawn from the accounts of some of the platforms only).
    """

    columns: Mapping[str, NDArray[Any]]
    weight: FloatArray | None = None
    reached_via: ReachedVia | None = field(default=None)

    def __post_init__(self) -> None:
        arrays = {name: np.array(values) for name, values in self.columns.items()}
        if not arrays:
            raise InvalidInput(
                "empty survey",
                expected="at least one column",
                got="none",
                where="SurveySample.columns",
                fix="give the answers",
            )
        n = len(next(iter(arrays.values())))
        weight = nonnegative(np.ones(n) if self.weight is None else self.weight, where="SurveySample.weight")
        if not (weight > 0).all():
            raise InvalidInput(
                "weight of zero",
                expected="weights above zero",
                got=f"0 at position {int(np.flatnonzero(weight == 0)[0])}",
                where="SurveySample.weight",
                fix="leave respondents without weight out of the sample",
            )
        same_length({**{k: len(v) for k, v in arrays.items()}, "weight": weight.size}, where="SurveySample")
        for array in arrays.values():
            array.flags.writeable = False
        if self.reached_via is not None:
            check_choice(self.reached_via, get_args(ReachedVia), where="SurveySample.reached_via")
        object.__setattr__(self, "columns", MappingProxyType(arrays))
        object.__setattr__(self, "weight", weight)

    @property
    def n(self) -> int:
        """Number of respondents."""
        return int(self.weights.size)

    @property
    def weights(self) -> FloatArray:
        """Base weights, shape (n,); ones when none were given."""
        assert self.weight is not None  # noqa: S101 - filled in by __post_init__
        return self.weight

    def column(self, name: str) -> NDArray[Any]:
        """Return one column, shape (n,).

        Raises
        ------
        InvalidInput
            If there is no such column.
        """
        if name not in self.columns:
            raise InvalidInput(
                "unknown column",
                expected="one of " + ", ".join(self.columns),
                got=repr(name),
                where="SurveySample.columns",
                fix="check the spelling, or add the column",
            )
        return self.columns[name]

    def numbers(self, name: str) -> FloatArray:
        """Return one column as numbers, shape (n,).

        Raises
        ------
        InvalidInput
            If a value is missing, negative or not a number.
        """
        return nonnegative(self._as_array(name), where=f"column {name!r}")

    def _as_array(self, name: str) -> ArrayLike:
        return self.column(name)
