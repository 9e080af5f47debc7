"""The coded warnings of this room, with their sentences."""

from __future__ import annotations

from microwork_estimate.errors import CodedWarning


def pooled_platforms() -> CodedWarning:
    """Say that the platforms of a sample were pooled."""
    return CodedWarning(
        code="pooled-platforms",
        message="platforms are pooled: right only if each platform was sampled in proportion to its accounts; give "
        "platform and registrations to do without this assumption",
    )


def size_bias(mean: float) -> CodedWarning:
    """Say that a published mean was taken over accounts, so that it is too high."""
    return CodedWarning(
        code="size-bias",
        message=f"{mean:g} is an arithmetic mean over respondents reached through their accounts: it is too high, so "
        "that persons come out too few; see multiplicity_bounds",
    )


def transport() -> CodedWarning:
    """Say that a figure from some platforms stands for the others by assumption only."""
    return CodedWarning(
        code="transport",
        message="the survey reached some of the platforms only: for accounts elsewhere the figure is an assumption; "
        "see one_platform_bounds",
    )


def one_platform(reached: str) -> CodedWarning:
    """Say that only the platform reached is known, and that the bounds are wide for this reason."""
    return CodedWarning(
        code="one-platform",
        message=f"respondents were reached through {reached!r} only: persons who are not on it are known by their "
        "accounts alone, so that there are bounds and no point",
    )


def single_respondent() -> CodedWarning:
    """Say that a stratum is too small for a standard error."""
    return CodedWarning(
        code="single-respondent",
        message="a stratum has a single respondent (or primary unit), so that no standard error can be given",
    )


def no_variation(where: str, *, withdrawn: bool) -> CodedWarning:
    """Say that respondents all gave one answer, so that their standard error is missing or too small."""
    end = "no standard error can be given" if withdrawn else "the standard error leaves them out"
    return CodedWarning(
        code="no-variation", message=f"all respondents {where} are on the same number of platforms, so that {end}"
    )


def count_beyond_declared(max_platforms: int, declared: int) -> CodedWarning:
    """Say that a mean counts more platforms than those whose accounts are summed."""
    return CodedWarning(
        code="count-beyond-declared",
        message=f"the mean counts up to {max_platforms} platforms, but the accounts of {declared} are summed: the "
        "upper bound holds only if the mean counts platforms that declared",
    )


def pooled_sites() -> CodedWarning:
    """Say that a row of an audience is a sum over sites, whose errors are taken as one."""
    return CodedWarning(
        code="pooled-sites",
        message="a row is a sum over several sites: their errors are treated as one, and the correlation does not act "
        "within the row",
    )


def assumed_factors(names: tuple[str, ...]) -> CodedWarning:
    """Say which factors rest on an assumption and not on an observation."""
    return CodedWarning(
        code="assumed-factors", message="factors that are assumed, not observed: " + ", ".join(names).replace("_", " ")
    )
