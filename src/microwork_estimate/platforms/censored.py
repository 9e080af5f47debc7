"""Sites below the threshold of an audience provider: not measured, and not zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NoReturn, get_args

import numpy as np
from scipy import optimize, special

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs import PlatformAudience
from microwork_estimate.inputs.checks import distinct_names, nonnegative, same_length

CensoredLaw = Literal["uniform", "tobit"]
_FEWEST = 5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CensoredSites:
    """Sites that the provider does not report because they are small.

    Parameters
    ----------
    platforms : tuple of str, length q
    threshold : float
        c: the provider reports no site with fewer unique visitors.
    source : str
        Who says that this is the threshold. Mandatory.
    law : {"uniform", "tobit"}
        ``"uniform"``: anything from 0 to c is as likely. ``"tobit"``: visitors fall with the rank as they do among
        the measured sites (a log-normal law around a power of the rank), given that they are below c.
    ranks, measured_ranks : array of shape (q,) and (p,), or None
        Ranks of the censored and of the measured sites in one common order (of any other measure of size); for
        ``"tobit"`` only. None: measured sites by their visitors, then the censored ones in the order given.

    Raises
    ------
    InvalidInput
        If the threshold is not above 0, the source is empty, a rank is below 1, or one kind of ranks comes alone.

    Examples
    --------
    >>> CensoredSites(platforms=("X", "Y"), threshold=5000, source="provider, note 1").law
    'uniform'
    """

    platforms: tuple[str, ...]
    threshold: float
    source: str
    law: CensoredLaw = "uniform"
    ranks: FloatArray | None = None
    measured_ranks: FloatArray | None = None

    def __post_init__(self) -> None:
        check_choice(self.law, get_args(CensoredLaw), where="CensoredSites.law")
        names = distinct_names(self.platforms, where="CensoredSites.platforms")
        object.__setattr__(self, "platforms", names)
        if not (math.isfinite(self.threshold) and self.threshold > 0):
            _refuse("impossible threshold", "unique visitors, above 0", repr(self.threshold), "threshold")
        if not self.source.strip():
            _refuse("figure without source", "who states the threshold", "an empty text", "source")
        if (self.ranks is None) != (self.measured_ranks is None):
            _refuse("ranks of some sites only", "ranks and measured_ranks, or neither", "one of them", "ranks")
        for name in ("ranks", "measured_ranks"):
            given = getattr(self, name)
            if given is not None:
                ranks = nonnegative(given, where=f"CensoredSites.{name}")
                if (ranks < 1).any():
                    _refuse("impossible rank", "ranks from 1, the largest site", f"{ranks.min():g}", name)
                object.__setattr__(self, name, ranks)
        if self.ranks is not None:
            same_length({"platforms": len(names), "ranks": self.ranks.size}, where="CensoredSites")

    def quantile(self, probability: FloatArray, audience: PlatformAudience) -> FloatArray:
        """Return visitors of each site at a probability, for draws of shape (B, q).

        Parameters
        ----------
        probability : array of shape (B, q)
        audience : PlatformAudience
            The measured sites.

        Returns
        -------
        array of shape (B, q)
            Unique visitors, from 0 to the threshold.

        Raises
        ------
        InvalidInput
            If a measured site lies below the threshold or is censored too, or there are too few sites for a regression.
        """
        self.check(audience)
        if self.law == "uniform":
            return np.asarray(self.threshold * probability)
        middle, spread = tobit_on_rank(audience.unique_visitors, *self._all_ranks(audience), self.threshold)
        # A normal law cut at the threshold: its quantile, through logarithms as the part below may be tiny.
        below = special.log_ndtr((math.log(self.threshold) - middle) / spread)
        score = special.ndtri_exp(np.log(probability) + below)
        return np.asarray(np.minimum(np.exp(middle + spread * score), self.threshold))

    def check(self, audience: PlatformAudience) -> None:
        """Require that censored and measured sites are different ones, on their sides of the threshold.

        Raises
        ------
        InvalidInput
            If they are not.
        """
        twice = sorted(set(self.platforms) & set(audience.platforms))
        if twice:
            _refuse("site measured and censored", "each site once", ", ".join(twice), "platforms")
        measured = audience.unique_visitors[audience.unique_visitors > 0]
        if measured.size and measured.min() < self.threshold:
            _refuse(
                "measured site below the threshold",
                f"at least {self.threshold:g} unique visitors on every measured site",
                f"{measured.min():g}",
                "threshold",
            )

    def _all_ranks(self, audience: PlatformAudience) -> tuple[FloatArray, FloatArray]:
        if self.ranks is not None and self.measured_ranks is not None:
            same_length(
                {"sites": audience.unique_visitors.size, "measured_ranks": self.measured_ranks.size},
                where="CensoredSites",
            )
            return self.measured_ranks, self.ranks
        order = np.argsort(np.argsort(-audience.unique_visitors, kind="stable"), kind="stable")
        first = audience.unique_visitors.size + 1.0
        return np.asarray(order + 1.0, dtype=np.float64), np.asarray(
            first + np.arange(len(self.platforms)), dtype=np.float64
        )


def tobit_on_rank(
    visitors: FloatArray, measured_ranks: FloatArray, ranks: FloatArray, threshold: float
) -> tuple[FloatArray, float]:
    """Fit a power law of the rank with log-normal scatter, knowing of some sites only that they are below a threshold.

    Procedure: ln U = a + b ln rank + s e, e standard normal; maximum likelihood, with the density of measured sites and
    the probability below ln c of the censored ones. The fit is taken as known: its own uncertainty is left out.

    Parameters
    ----------
    visitors, measured_ranks : array of shape (p,)
    ranks : array of shape (q,)
        Ranks of the censored sites.
    threshold : float

    Returns
    -------
    tuple of array of shape (q,) and float
        a + b ln rank of the censored sites, and s.

    Raises
    ------
    InvalidInput
        If fewer than five sites are measured, one of them has no visitors, or all have one rank.

    Assumptions
    -----------
    Sizes follow one power of the rank; scatter is normal on the logarithmic scale, and independent.

    References
    ----------
    Tobin 1958, Econometrica 26(1), 24-36; Amemiya 1984, Journal of Econometrics 24, 3-61 (type 1).

    Examples
    --------
    >>> import numpy as np
    >>> rank = np.arange(1.0, 7.0)
    >>> noise = np.array([1.1, 0.9, 1.1, 0.9, 1.1, 0.9])
    >>> middle, spread = tobit_on_rank(1000 / rank * noise, rank, np.array([20.0]), 140.0)
    >>> round(float(np.exp(middle[0]))), round(spread, 2)
    (45, 0.1)
    """
    if visitors.size < _FEWEST or (visitors <= 0).any() or np.ptp(measured_ranks) == 0:
        _refuse(
            "too few measured sites for a regression on rank",
            f"at least {_FEWEST} with visitors and different ranks",
            f"{int((visitors > 0).sum())} with visitors",
            "law",
        )
    y, x, hidden, limit = np.log(visitors), np.log(measured_ranks), np.log(ranks), math.log(threshold)
    slope, level = np.polyfit(x, y, 1)
    start = max(float(np.std(y - level - slope * x)), 1e-3)

    def cost(values: FloatArray) -> tuple[float, FloatArray]:
        """Minus the logarithm of the likelihood, and its gradient."""
        a, b, log_s = values
        s = math.exp(log_s)
        seen, unseen = (y - a - b * x) / s, (limit - a - b * hidden) / s
        below = special.log_ndtr(unseen)
        ratio = np.exp(-(unseen**2) / 2 - math.log(math.sqrt(2 * math.pi)) - below)
        gradient = [
            (ratio.sum() - seen.sum()) / s,
            (ratio @ hidden - seen @ x) / s,
            float((1 - seen**2).sum() + ratio @ unseen),
        ]
        return float((seen**2 / 2 + log_s).sum() - below.sum()), np.array(gradient)

    limits = [(None, None), (None, None), (-9.0, 5.0)]
    found = optimize.minimize(cost, [level, slope, math.log(start)], jac=True, method="L-BFGS-B", bounds=limits)
    a, b, log_s = found.x
    return np.asarray(a + b * hidden, dtype=np.float64), math.exp(log_s)


def _refuse(problem: str, expected: str, got: str, argument: str) -> NoReturn:
    raise InvalidInput(
        problem,
        expected=expected,
        got=got,
        where=f"CensoredSites.{argument}",
        fix="name the sites that the provider leaves out, and its threshold",
    )
