"""What notebooks show: small tables of one form, with everything escaped."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from microwork_estimate import study, synthesis
from microwork_estimate.capture_recapture import closed_models, loglinear_table
from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Assumption, Estimand, Estimate, Interval
from microwork_estimate.inputs import CaptureHistories, Margins, SurveySample
from microwork_estimate.simulate.coverage_report import Outcome, summarise
from microwork_estimate.weighting import calibrate

EVIL = "<script>alert('x')</script>&"


def _estimate(name, value, error=None):
    ends = None if error is None else Interval(low=value - 2 * error, high=value + 2 * error, level=0.95, method=EVIL)
    warning = CodedWarning(code="transport", message=EVIL)
    taken = Assumption(id="a", statement_en=EVIL, statement_fr="f", testable=False, direction_of_bias_if_violated="up")
    return Estimate(
        name=name,
        value=value,
        standard_error=error,
        interval=ends,
        method=EVIL,
        estimand=Estimand(territory=EVIL),
        warnings=(warning,),
        assumptions=(taken,),
    )


class _Tables(HTMLParser):
    """Counts what a table must have, and what a page must not."""

    def __init__(self):
        super().__init__()
        self.open, self.captions, self.headers, self.unscoped, self.scripts = [], 0, 0, 0, 0

    def handle_starttag(self, tag, attrs):
        """Count what opens."""
        self.open.append(tag)
        self.captions += tag == "caption"
        self.scripts += tag == "script"
        if tag == "th":
            self.headers += 1
            self.unscoped += dict(attrs).get("scope") not in ("row", "col")

    def handle_endtag(self, tag):
        """Close the innermost element, which must be of this kind."""
        assert self.open.pop() == tag


def _calibration():
    sample = SurveySample(columns={EVIL: ["f", "f", "m", "m"], "hours": [1.0, 2.0, 3.0, 4.0]})
    totals = {EVIL: {"f": 60.0, "m": 40.0}, "hours": 250.0}
    return calibrate(sample, Margins.from_totals(totals, source="census", as_of="2019")).report


def _bundle():
    bundle = study.run(study.load("diplab-2019"), n_replicates=19, seed=1)
    return replace(bundle, study={**bundle.study, "title_en": EVIL})


def _models():
    patterns = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    return CaptureHistories.from_patterns((EVIL, "b", "c"), patterns, [20, 25, 15, 8, 6, 7, 3])


TIERS = (_estimate("very_active", 14_903.4, 800.0), _estimate("regular", 52_337.2, 9_000.0), _estimate("o", 266_126.0))
OUTCOMES = [Outcome(truth=10.0, value=9.0 + i % 3, low=8.5, high=11.5, level=0.95, codes=(EVIL,)) for i in range(20)]
SHOWN = {
    "estimate": lambda: TIERS[0],
    "tiers": lambda: synthesis.tiers(TIERS),
    "calibration": _calibration,
    "closed models": lambda: closed_models(_models()),
    "log-linear models": lambda: loglinear_table(_models()),
    "coverage": lambda: summarise(OUTCOMES),
    "bundle": _bundle,
}


@pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")
@pytest.mark.parametrize("name", SHOWN)
def test_every_noun_shows_captioned_tables_with_scoped_headers(name):
    """Each table has a caption, each header says whether it heads a row or a column, and no text becomes a tag."""
    page = SHOWN[name]()._repr_html_()
    found = _Tables()
    found.feed(page)
    assert found.open == []
    assert found.scripts == 0
    assert found.captions == page.count("<table>") >= 1
    assert found.headers > 1
    assert found.unscoped == 0


def test_an_estimate_is_rounded_by_its_uncertainty():
    """14,903.4 with a standard error of 800 is 14,900, and its interval is rounded outward at the same place."""
    assert TIERS[0].display() == ("14,900", "13,300 to 16,510", "")
    assert TIERS[2].display() == ("266,126", "", "")
    page = TIERS[0]._repr_html_()
    assert "<td>14,900</td>" in page
    assert "13,300 to 16,510" in page


def test_a_simulated_result_says_so():
    """The table of a synthetic bundle begins with the word, and ends with the identifier of the result."""
    bundle = study.run(study.load("diplab-like"), n_replicates=19, seed=1)
    page = bundle._repr_html_()
    assert "<caption>SYNTHETIC. " in page
    assert f"<li>result {bundle.identifier}</li>" in page
