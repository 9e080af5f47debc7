"""Shares of answers by tier."""

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand
from microwork_estimate.synthesis import Tier, logit_interval, tier_shares

TIERS = tuple(Tier(id=i, label_en=i, label_fr=i, criterion_en=i, criterion_fr=i) for i in ("often", "seldom"))
CLASSES = {"often": ("daily", "weekly"), "seldom": ("rarely",)}
SHARE = Estimand(unit="share")


def test_shares_of_a_small_table():
    """30 and 10 of 100 answers make a tier of 40 %, which warns that answers are not persons."""
    with pytest.warns(MicroworkWarning, match="not persons"):
        shares = tier_shares({"daily": 30, "weekly": 10, "rarely": 60}, CLASSES, names=TIERS, estimand=SHARE)
    often = shares["often"]
    assert often.value == 0.4
    assert often.standard_error == pytest.approx((0.4 * 0.6 / 100) ** 0.5)
    assert shares.kind == "exclusive"
    assert shares.total().value == 1.0


def test_logit_interval_has_its_coverage():
    """At a true share of .1 and 200 answers it covers in 95 % of 4,000 samples, within Monte Carlo error."""
    draws = np.random.Generator(np.random.PCG64(3)).binomial(200, 0.1, 4000)
    ends = {count: logit_interval(int(count), 200, 0.95) for count in np.unique(draws)}
    covered = np.mean([ends[count][0] <= 0.1 <= ends[count][1] for count in draws])
    assert abs(covered - 0.95) < 0.015


def test_nobody_or_everybody_gives_an_exact_limit():
    """None of 30 answers: at most 1 - .05^(1/30); all of them: at least .05^(1/30)."""
    assert logit_interval(0, 30, 0.95) == (0.0, pytest.approx(1 - 0.05 ** (1 / 30)))
    assert logit_interval(30, 30, 0.95) == (pytest.approx(0.05 ** (1 / 30)), 1.0)


@pytest.mark.parametrize(
    ("answers", "classes", "message"),
    [
        ({"daily": 1, "other": 2}, {"often": ("daily",), "seldom": ()}, "do not make up"),
        ({"daily": 1}, {"often": ("daily",), "seldom": ("daily",)}, "do not make up"),
        ({"daily": 1}, {"often": ("daily", "weekly"), "seldom": ()}, "do not make up"),
        ({"daily": 0}, {"often": ("daily",), "seldom": ()}, "no answers"),
        ({"daily": -1}, {"often": ("daily",), "seldom": ()}, "impossible value"),
    ],
)
def test_bad_tables_are_refused(answers, classes, message):
    """A class in no tier or in two, no answers, or negative ones are errors."""
    with pytest.raises(InvalidInput, match=message):
        tier_shares(answers, classes, names=TIERS, estimand=SHARE)


def test_persons_are_no_shares():
    """The estimand must say that the numbers are shares."""
    with pytest.raises(InvalidInput, match="not a share"):
        tier_shares({"daily": 1, "weekly": 1, "rarely": 1}, CLASSES, names=TIERS, estimand=Estimand())
