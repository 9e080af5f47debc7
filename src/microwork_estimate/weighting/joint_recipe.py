"""The recipe that redraws volunteers and reference together, both working models fitted anew in each redraw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.common_variables import Reference
from microwork_estimate.weighting.nonprobability_results import problem_of
from microwork_estimate.weighting.replication import ReplicateWeights
from microwork_estimate.weighting.volunteer_kernels import ROUTES, Problem, means
from microwork_estimate.weighting.working_models import WorkingModels

DEFAULT = WorkingModels()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class JointMeans:
    """A recipe for the bootstrap: the three means on a whole block of redraws, both models fitted anew in each.

    Made by :func:`joint_means`; :func:`microwork_estimate.bootstrap.replicate` runs it on components named
    ``"volunteers"`` and ``"reference"``. With totals the second may be left out, which takes them as exact; totals with
    standard errors are redrawn by :class:`microwork_estimate.bootstrap.MarginDraws`.

    Parameters
    ----------
    problem : Problem
    volunteers : array of shape (n,)
    reference : array of shape (r,) or (p,)
        Weights of the reference, or totals.
    has_sample : bool
        Whether the reference is a sample.
    is_batched : bool
        Always true: what the bootstrap looks for.
    """

    problem: Problem
    volunteers: FloatArray
    reference: FloatArray
    has_sample: bool
    is_batched: bool = field(default=True, init=False)

    def __call__(self, redrawn: Mapping[str, FloatArray] | FloatArray) -> dict[str, FloatArray]:
        """Return the means, each of shape (B,), from factors of the volunteers (B, n) and of the reference (B, r).

        Without a reference sample the factors of the volunteers may come alone, not in a mapping; or beside redrawn
        totals of the m totals of the margins, shape (B, m), as the reference.
        """
        parts = redrawn if isinstance(redrawn, Mapping) else {"volunteers": redrawn}
        if set(parts) != {"volunteers", "reference"} and (self.has_sample or set(parts) != {"volunteers"}):
            raise InvalidInput(
                "components of another name",
                expected="reference and volunteers" if self.has_sample else "volunteers, and reference or not",
                got=" and ".join(sorted(parts)) or "none",
                where="the recipe of joint_means",
                fix="name the components of data and scheme so",
            )
        volunteers = parts["volunteers"] * self.volunteers
        if self.has_sample:
            reference = parts["reference"] * self.reference
        elif "reference" in parts:
            reference = self._redrawn_totals(parts["reference"], volunteers.shape[0])
        else:
            reference = np.broadcast_to(self.reference, (volunteers.shape[0], self.reference.size))
        return {str(route): drawn for route, drawn in means(self.problem, volunteers, reference).items()}

    def _redrawn_totals(self, totals: FloatArray, n_replicates: int) -> FloatArray:
        """Turn redrawn totals of the margins, shape (B, m), into totals of the columns, shape (B, p)."""
        of_margins = self.problem.design.of_margins
        if np.shape(totals) != (n_replicates, of_margins.shape[0]):
            raise InvalidInput(
                "totals do not fit the replicates",
                expected=f"redrawn totals of shape {(n_replicates, of_margins.shape[0])}",
                got=f"shape {np.shape(totals)}",
                where="the recipe of joint_means",
                fix="redraw the margins with bootstrap.MarginDraws()",
            )
        return np.asarray(totals @ of_margins)


def joint_means(
    sample: SurveySample, reference: Reference, y: str | ArrayLike, *, models: WorkingModels = DEFAULT
) -> JointMeans:
    """Make the recipe that a joint bootstrap of volunteers and reference runs.

    The replicates of ``"pseudo_weighted"``, ``"doubly_robust"`` and ``"mass_imputation"`` go to
    :func:`microwork_estimate.bootstrap.with_replicates`. A redraw in which a model has no fit is NaN.

    Parameters
    ----------
    sample, reference, y, models
        As in :func:`doubly_robust_mean`.

    Returns
    -------
    JointMeans

    Raises
    ------
    InvalidInput
        As :func:`doubly_robust_mean`.

    Assumptions
    -----------
    Those of the mean that is taken from it.

    References
    ----------
    Kim, Park, Chen & Wu (2021), *Journal of the Royal Statistical Society A* 184, 941-963, on resampling both samples.

    Examples
    --------
    >>> from microwork_estimate import bootstrap
    >>> volunteers = SurveySample(columns={"sex": ["f", "m"] * 20, "hours": [float(i) for i in range(40)]})
    >>> people = SurveySample(columns={"sex": ["f", "f", "m"] * 10}, weight=[100.0] * 30)
    >>> recipe = joint_means(volunteers, people, "hours", models=WorkingModels(variables=("sex",)))
    >>> draws = bootstrap.replicate(
    ...     recipe,
    ...     {"volunteers": volunteers, "reference": people},
    ...     bootstrap.Joint(schemes={"volunteers": bootstrap.RaoWuYue(), "reference": bootstrap.RaoWuYue()}),
    ...     n_replicates=99,
    ...     seed=1,
    ... )
    >>> sorted(draws)
    ['doubly_robust', 'mass_imputation', 'pseudo_weighted']
    """
    common, problem, side = problem_of((sample, reference, y), models, ROUTES)
    return JointMeans(
        problem=problem, volunteers=common.weight, reference=side, has_sample=isinstance(reference, SurveySample)
    )


def joint_variance(
    recipe: JointMeans, *, volunteers: ReplicateWeights, reference: ReplicateWeights | None = None
) -> dict[str, float]:
    """Variance of the three means from replicate weights, for a reference whose replicate weights came with the data.

    Volunteers and reference are independent samples, so that the variance is the sum of two: that over the replicates of
    the volunteers with the reference as it is, and that over the replicates of the reference with the volunteers as they
    are. Each has the scale of its own scheme (a jackknife beside a bootstrap is fine), and both models are fitted anew in
    each replicate. A replicate without a fit is left out and the others stand for it.

    Parameters
    ----------
    recipe : JointMeans
        From :func:`joint_means`.
    volunteers : ReplicateWeights
        Of the n volunteers.
    reference : ReplicateWeights or None
        Of the r respondents of the reference; None with totals.

    Returns
    -------
    dict of str to float
        The variance of ``"pseudo_weighted"``, ``"doubly_robust"`` and ``"mass_imputation"``, in the squared unit of the
        answers.

    Raises
    ------
    InvalidInput
        If replicates are missing, given in vain, or of another sample.

    Assumptions
    -----------
    The two samples were drawn independently; no person needs to be in one of them only.

    References
    ----------
    Kim, Park, Chen & Wu (2021), *Journal of the Royal Statistical Society A* 184, 941-963, on the two parts.

    Examples
    --------
    >>> from microwork_estimate.weighting.replicate_schemes import JackknifeOne
    >>> from microwork_estimate.weighting.replication import replicate_weights
    >>> volunteers = SurveySample(columns={"sex": ["f", "m"] * 10, "hours": [float(i % 7) for i in range(20)]})
    >>> people = SurveySample(columns={"sex": ["f", "f", "m"] * 10}, weight=[100.0] * 30)
    >>> recipe = joint_means(volunteers, people, "hours", models=WorkingModels(variables=("sex",)))
    >>> first, second = (replicate_weights(sample, JackknifeOne()) for sample in (volunteers, people))
    >>> found = joint_variance(recipe, volunteers=first, reference=second)
    >>> 0.4 < found["doubly_robust"] ** 0.5 < 0.6
    True
    """
    sizes = [(volunteers, recipe.volunteers.size)]
    if (reference is None) == recipe.has_sample:
        raise _other_replicates(
            "replicates of both samples, or of the volunteers alone with totals", "one too many or few"
        )
    if reference is not None:
        sizes.append((reference, recipe.reference.size))
    for replicates, n in sizes:
        if replicates.n != n:
            raise _other_replicates(f"{n} respondents", str(replicates.n))
    own = _varied(recipe, volunteers, None)
    other = dict.fromkeys(own, 0.0) if reference is None else _varied(recipe, None, reference)
    return {name: own[name] + other[name] for name in own}


def _varied(recipe: JointMeans, ours: ReplicateWeights | None, theirs: ReplicateWeights | None) -> dict[str, float]:
    """Return the variance over the replicates of one side, with the other side as it is."""
    side = ours if theirs is None else theirs
    assert side is not None  # noqa: S101 - one of the two is given
    rows = np.vstack([side.factors, np.ones(side.n)])
    parts = {"volunteers": rows if theirs is None else np.ones((rows.shape[0], recipe.volunteers.size))}
    if recipe.has_sample:
        parts["reference"] = rows if theirs is not None else np.ones((rows.shape[0], recipe.reference.size))
    found = recipe(parts)
    return {name: float(side.covariance(values[:-1, None], values[-1:])[0, 0]) for name, values in found.items()}


def _other_replicates(expected: str, got: str) -> InvalidInput:
    return InvalidInput(
        "replicates of another sample",
        expected=expected,
        got=got,
        where="joint_variance",
        fix="make or read the replicate weights of the samples that the recipe was made of",
    )
