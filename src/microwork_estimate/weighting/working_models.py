"""What is assumed of volunteers and of their answers when they are to stand for a population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from microwork_estimate.errors import check_choice
from microwork_estimate.weighting.common_variables import Reference
from microwork_estimate.weighting.nonprobability import Form, check_form

OutcomeModel = Literal["linear", "logistic"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkingModels:
    """The two working models of means from volunteers, both in the same common variables.

    Parameters
    ----------
    variables : sequence of str or None
        Columns that volunteers and reference sample have: text is a category, numbers are numbers, ``"sex:age"``
        crosses two columns of categories. None with margins, which name their own.
    form : str or None
        How the chances of volunteering are fitted, ``"likelihood"`` or ``"calibration"``; None takes the first with a
        reference sample and the second with totals.
    outcome : str
        Model of the answers: ``"linear"``, or ``"logistic"`` for answers of 0 and 1.

    Examples
    --------
    >>> WorkingModels(variables=["sex", "age"]).variables
    ('sex', 'age')
    """

    variables: Sequence[str] | None = None
    form: Form | None = None
    outcome: OutcomeModel = "linear"

    def __post_init__(self) -> None:
        check_choice(self.outcome, get_args(OutcomeModel), where="WorkingModels.outcome")
        if self.form is not None:
            check_choice(self.form, get_args(Form), where="WorkingModels.form")
        if self.variables is not None:
            names = (self.variables,) if isinstance(self.variables, str) else tuple(self.variables)
            object.__setattr__(self, "variables", names)

    def form_for(self, reference: Reference) -> Form:
        """Return the form of the chances for a reference."""
        return check_form(self.form, reference)
