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
        "see subset_bounds, or one_platform_bounds for published figures",
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


def negative_weights(number: int) -> CodedWarning:
    """Say that calibration made weights negative."""
    return CodedWarning(
        code="negative-weights",
        message=f"{number} calibrated weights are negative: the declared accounts and the answers fit badly",
    )


def close_runner_up(first: str, second: str) -> CodedWarning:
    """Say that two platforms compete for the lower bound."""
    return CodedWarning(
        code="close-runner-up",
        message=f"{first} and {second} have nearly as many accounts of persons off the platforms reached: within "
        "sampling error the lower bound may stand on either, and its standard error holds the first fixed",
    )


def clipped_remainder(names: tuple[str, ...]) -> CodedWarning:
    """Say that persons reached seem to hold all accounts of a platform, and more, within sampling error."""
    return CodedWarning(
        code="clipped-remainder",
        message=f"respondents seem to hold more accounts than there are on {', '.join(names)}, within sampling error: "
        "nobody is left there",
    )


def stale_registrations(names: tuple[str, ...]) -> CodedWarning:
    """Say that persons reached hold more accounts of a platform than it declares."""
    return CodedWarning(
        code="stale-registrations",
        message=f"respondents hold more accounts than are declared on {', '.join(names)}, beyond two standard errors: "
        "the declaration is old, or membership is over-reported",
    )


def contradicting_knowledge() -> CodedWarning:
    """Say that the knowledge given cannot be true together with the estimates."""
    return CodedWarning(
        code="contradicting-knowledge",
        message="no set of persons agrees with the knowledge given, the declared accounts and the answers: the bounds "
        "are those without the knowledge",
    )


def unsampled_platform_days(rule: str) -> CodedWarning:
    """Say that the visits of some platform-days stand on respondents of others."""
    return CodedWarning(
        code="unsampled-platform-days",
        message="some platform-days have fewer than two respondents: visits are shared by "
        f"{'all visits together' if rule == 'all' else rule}, within which those surveyed stand for the others",
    )


def same_answer() -> CodedWarning:
    """Say that all respondents gave one number of platform-days."""
    return CodedWarning(
        code="same-answer",
        message="all respondents gave the same number of platform-days, so that no standard error can be given",
    )


def short_field(field_days: int, window_days: int) -> CodedWarning:
    """Say that the questionnaire stood for fewer days than the tiers are about."""
    return CodedWarning(
        code="short-field",
        message=f"the questionnaire stood for {field_days} of {window_days} days: who came on the other days only could "
        "not answer, and shares of the rarely active are too low",
    )


def plain_shares() -> CodedWarning:
    """Say that shares of respondents are taken as they are, although the frequent visitors are asked more often."""
    return CodedWarning(
        code="avidity",
        message="respondents are counted as they come (gamma 0): the most active are reached most, and their share is "
        "too high",
    )


def censored_sites(names: tuple[str, ...], threshold: float) -> CodedWarning:
    """Say which sites are in the number by what their law says, and not by measurement."""
    return CodedWarning(
        code="censored-sites",
        message=f"sites below the provider's threshold of {threshold:g} are not measured and stand in the number by "
        f"assumption: {', '.join(names)}",
    )


def correlation_repaired(distance: float, largest: float) -> CodedWarning:
    """Say that stated correlations cannot be, and how far the nearest possible ones are."""
    return CodedWarning(
        code="correlation-repaired",
        message="the stated correlations contradict one another; the nearest possible ones are taken, "
        f"{distance:.3g} away in all and {largest:.3g} at most for one pair",
    )
