"""Unequal chances to be seen, as extra columns of a log-linear model: four forms, none of which the data can choose.

If persons differ in how easily they are seen, the logarithm of an expected count depends on the number of lists k in a
way that is convex in k. Each form is one such curve; all of them are zero at k = 0, the persons to be estimated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray, IntArray

Form = Literal["chao", "poisson", "darroch", "gamma"]
DEFAULT_PARAMETER = {"poisson": 2.0, "gamma": 3.5}


@dataclass(frozen=True, kw_only=True, slots=True)
class Heterogeneity:
    """How chances to be seen differ between persons.

    Parameters
    ----------
    form : {"chao", "poisson", "darroch", "gamma"}
        ``"chao"``: no form at all beyond one and two captures; a lower bound for the size. ``"poisson"``:
        parameter^k - 1. ``"darroch"``: k^2 / 2, normal log odds among those seen. ``"gamma"``:
        -ln(parameter + k) + ln(parameter), the heaviest tail and the largest size.
    parameter : float, optional
        For ``"poisson"`` (above 1, default 2) and ``"gamma"`` (above 0, default 3.5).
    keep_negative : bool
        Whether columns of ``"chao"`` with a negative coefficient stay. By default they are left out one at a time,
        because unequal chances can only make them positive.

    References
    ----------
    Rivest and Baillargeon 2007, Biometrics 63(4), 999-1006; 2014, Computational Statistics & Data Analysis 74, 103-115.

    Examples
    --------
    >>> Heterogeneity(form="gamma").label
    'gamma 3.5'
    """

    form: Form
    parameter: float | None = None
    keep_negative: bool = False

    def __post_init__(self) -> None:
        check_choice(self.form, get_args(Form), where="Heterogeneity.form")
        default = DEFAULT_PARAMETER.get(self.form)
        if default is None and self.parameter is not None:
            raise _bad_parameter("no parameter", f"form={self.form!r}, parameter={self.parameter}")
        value = default if self.parameter is None else float(self.parameter)
        least = 1.0 if self.form == "poisson" else 0.0
        if value is not None and not least < value < np.inf:
            raise _bad_parameter(f"a finite number above {least:g}", repr(self.parameter))
        object.__setattr__(self, "parameter", value)

    @classmethod
    def of(cls, form: Form | Heterogeneity) -> Heterogeneity:
        """Return the heterogeneity of a form named by its word, with the usual parameter."""
        return form if isinstance(form, Heterogeneity) else cls(form=form)

    @property
    def label(self) -> str:
        """The form and its parameter in a few words."""
        if self.form == "chao":
            return "Chao (lower bound)"
        return self.form if self.parameter is None else f"{self.form} {self.parameter:g}"

    def columns(self, times_seen: IntArray, n_occasions: int) -> FloatArray:
        """Return the columns for cells of persons who were seen `times_seen` times on `n_occasions` occasions.

        Parameters
        ----------
        times_seen : array of shape (c,)
        n_occasions : int

        Returns
        -------
        array of shape (c, h)
            h is 1, or `n_occasions` - 2 for ``"chao"``.
        """
        k = np.asarray(times_seen, dtype=np.float64)[:, None]
        if self.form == "chao":
            return np.maximum(k - np.arange(2, n_occasions)[None, :], 0.0)
        if self.parameter is None:
            return np.asarray(k**2 / 2.0)
        if self.form == "poisson":
            return np.asarray(self.parameter**k - 1.0)
        return np.asarray(np.log(self.parameter) - np.log(self.parameter + k))

    def column_names(self, n_occasions: int) -> tuple[str, ...]:
        """Return the names of the columns: eta3, eta4, ... for ``"chao"``, else tau."""
        return tuple(f"eta{j}" for j in range(3, n_occasions + 1)) if self.form == "chao" else ("tau",)


def _bad_parameter(expected: str, got: str) -> InvalidInput:
    return InvalidInput(
        "impossible parameter of a heterogeneity form",
        expected=expected,
        got=got,
        where="Heterogeneity.parameter",
        fix='use Heterogeneity(form="poisson", parameter=2.0) or (form="gamma", parameter=3.5)',
    )
