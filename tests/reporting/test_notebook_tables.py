"""What a notebook shows of the larger nouns: one captioned table with the numbers in it, and every text escaped."""

import re
import warnings

import numpy as np
import pytest

from microwork_estimate import synthesis, weighting
from microwork_estimate.estimate import Bounds, Estimand, Estimate, Interval, Replicates
from microwork_estimate.inputs import Elicited, PlatformRegistrations, SurveySample
from microwork_estimate.platforms.families import family_readings
from microwork_estimate.platforms.ledger import LedgerFactors, registrations_ledger
from microwork_estimate.platforms.subset import SubsetBounds
from microwork_estimate.platforms.tornado import Tornado
from microwork_estimate.study import Change, Comparison, Difference, FileCheck, Part, Verification
from microwork_estimate.synthesis import DIPLAB_TIERS, TierSet
from microwork_estimate.synthesis.coherence import coherent
from microwork_estimate.synthesis.domains import TieredSample, domain_counts

EVIL = "<script>x</script>"


def _estimate(name, value, **about):
    return Estimate(name=name, value=value, estimand=Estimand(), method="given", **about)


def _domains():
    tiers = TierSet(
        tiers=DIPLAB_TIERS, estimates=tuple(_estimate(str(n), n) for n in (100.0, 400.0, 500.0)), kind="exclusive"
    )
    seen = TieredSample(
        tier=["very_active"] * 2 + ["regular"] * 4 + ["occasional"] * 2,
        domain=[EVIL, "men"] * 4,
        weights=[1.0] * 6 + [1.0, 3.0],
        tiers=DIPLAB_TIERS,
        domains=(EVIL, "men"),
    )
    return domain_counts(tiers, seen, kind="nested")


def _by_domain():
    sample = SurveySample(columns={"sex": [EVIL, "m"] * 10, "hours": [float(i) for i in range(20)]})
    return weighting.mean(sample, "hours", by="sex")


def _ledger():
    accounts = PlatformRegistrations(platforms=("A", "B"), accounts=[800, 200], source=EVIL)
    dormant = Elicited(distribution="share", low=0.4, high=0.6, source=EVIL)
    each = Elicited(distribution="fixed", low=1.25, source="survey")
    return registrations_ledger(accounts, LedgerFactors(dormant=dormant, platforms_per_person=each))


def _tornado():
    return Tornado(
        names=(EVIL, "b"),
        low=np.array([250.0, 400.0]),
        high=np.array([1000.0, 600.0]),
        variance_share=np.array([0.9, 0.1]),
        median=500.0,
        swing=0.9,
        estimand=Estimand(),
    )


def _families():
    accounts = PlatformRegistrations(platforms=("all",), accounts=[337_980], n_platforms=7, source="example")
    return family_readings(accounts, mean=1.27)


def _subset():
    return SubsetBounds(
        on_reached=_estimate("a", 400.0, interval=Interval(low=390.0, high=410.0, level=0.95, method="m")),
        worst_case=_estimate("b", None, bounds=Bounds(low=700.0, high=800.0, reason="r", sharp=True)),
        monotone=_estimate("c", None, bounds=Bounds(low=720.0, high=800.0, reason="r", sharp=True)),
        transport=None,
    )


def _coherent():
    spread = np.linspace(-1, 1, 199)

    def made(name, value, draws):
        return _estimate(name, value, replicates=Replicates(values=draws, streams=(name,), seed=1))

    sizes = [made("a", 90.0, 90 + 20 * spread), made("b", 100.0, 100 - 9 * spread), made("c", 300.0, 300 + spread)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the result keeps the warning
        return coherent(synthesis.tiers(sizes))


def _verification():
    return Verification(
        identifier="a@1+0",
        recomputed="a@1+1",
        verdict="differs",
        tolerance=1e-6,
        same_versions=False,
        largest=0.0,
        differences=(Difference(place="estimates.a.value", estimate="a", old=EVIL, new=2.0, relative=0.5),),
        words=(),
        added=(),
        files=(
            FileCheck(name=EVIL, kind="crate", state="changed"),
            FileCheck(name="same.csv", kind="crate", state="same"),
        ),
    )


def _comparison():
    parts = (Part(components=("data",), amount=60.0), Part(components=("margins", "code"), amount=-10.0))
    return Comparison(
        old="a@1+0",
        new="a@2+0",
        components=("data", "margins"),
        averaged=False,
        orders=1,
        not_separated=(),
        rows=(
            Change(estimate=EVIL, quantity="value", old=1000.0, new=1050.0, change=50.0, parts=parts),
            Change(estimate="b", quantity="value", old=None, new=7.0, change=None),
            Change(estimate="b", quantity="low", old=1.0, new=2.0, change=1.0),
        ),
        only_old=("gone",),
        only_new=(),
    )


SHOWN = {
    "domains": (_domains, ["<td>50</td>", "<td>250</td>", "&lt;script&gt;"]),
    "estimates by domain": (_by_domain, ["&lt;script&gt;", "9", "10"]),
    "ledger": (_ledger, ["<td>1,000</td>", "declared", "&lt;script&gt;"]),
    "tornado": (_tornado, ["<td>90 %</td>", "250", "&lt;script&gt;"]),
    "families": (_families, ["296,196", "whatever the law"]),
    "subset": (_subset, ["390 to 410", "700 to 800", "on a platform reached"]),
    "coherent": (_coherent, ["33 %", "tiers-incoherent"]),
    "verification": (_verification, ["differs", "estimates.a.value", "&lt;script&gt;", "changed"]),
    "comparison": (_comparison, ["a@1+0", "1,050", "margins, code", "&lt;script&gt;", "gone"]),
}


@pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")
@pytest.mark.parametrize("name", SHOWN)
def test_shown_as_one_captioned_table(name):
    """The table has a caption and scoped headers, holds the numbers, and no text becomes a tag."""
    make, words = SHOWN[name]
    page = make()._repr_html_()
    assert page.count("<table><caption>") == page.count("</table>") >= 1
    assert "<script" not in page
    assert all(re.search(r'scope="(row|col)"', tag) for tag in re.findall(r"<th\b[^>]*>", page))
    assert [word for word in words if word not in page] == []


def test_a_survey_does_not_show_its_answers():
    """The text of a survey in a notebook or a log names no answer."""
    sample = SurveySample(columns={"name": ["Ada Byron", "Bob Roe"], "hours": [1.0, 2.0]})
    assert "Byron" not in repr(sample) + str(sample)
