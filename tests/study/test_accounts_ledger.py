"""From declared accounts to persons: public steps with their numbers, others in their place, nonsense refused."""

from pathlib import Path

import pytest

from microwork_estimate import study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.accounts_ledger import STEPS, accounts_ledger
from microwork_estimate.study.registry import load

pytestmark = pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")
STUDIES = Path(study.__file__).parent / "studies"


def rows(name):
    """The ledger of a shipped study, by step."""
    table = accounts_ledger(load(name))
    return {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}


def test_the_real_study_walks_from_the_implied_sum_to_its_three_figures():
    """337,980 accounts / 1.27 = 266,126 persons, of whom 52,337 and 14,903; no step in between is public."""
    found = rows("diplab-2019")
    assert list(found) == ["declared", *STEPS, "regular", "very_active"]
    assert [round(row["value"]) for row in found.values()] == [337_980] * 4 + [266_126, 52_337, 14_903]
    assert {step for step, row in found.items() if row["status"] == "unavailable"} == {
        "duplicates",
        "abroad",
        "dormant",
    }
    assert found["dormant"]["factor"] is None
    assert "(not public)" in found["dormant"]["label_en"]
    assert "(non public)" in found["dormant"]["label_fr"]
    assert found["regular"]["label_fr"].startswith("dont ")


def test_arithmetic_is_said_in_both_languages():
    """What we say ourselves of a figure is French in French; the title of a document stays what it is."""
    found = rows("diplab-2019")
    assert found["declared"]["source_en"] == "arithmetic on published figures: occasional * multi_homing"
    assert found["declared"]["source_fr"] == "calcul sur des chiffres publiés : occasional * multi_homing"
    assert found["regular"]["source_fr"] == found["regular"]["source_en"]


def test_the_simulated_ledger_holds_the_truth():
    """The sum of the declarations, less duplicates and dormant accounts, per person: 107,805 ever active is inside."""
    found = rows("diplab-like")
    declared = (load("diplab-like").table("registrations")).read_text(encoding="utf-8").splitlines()[1:]
    assert found["declared"]["value"] == sum(float(line.split(",")[1]) for line in declared)
    assert found["platforms_per_person"]["low"] < 107_805 < found["platforms_per_person"]["high"]
    assert found["abroad"]["value"] == found["duplicates"]["value"]
    assert found["dormant"]["factor_low"] < 158_321 / 266_126 < found["dormant"]["factor_high"]


def test_a_study_without_a_ledger_has_none():
    """The study of Mechanical Turk has objections of nobody, and no ledger."""
    assert accounts_ledger(load("mturk")) is None


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('declared = "sum_registrations", ', "", "ledger without one beginning"),
        ('declared = "sum_registrations"', 'declared = "no_such_sum"', "unknown key"),
        (', platforms_per_person = "multi_homing", then', ", then", "ledger without a step"),
        ('platforms_per_person = "multi_homing", then', 'platforms_per_person = "regular", then', "unknown key"),
        ('then = ["regular", "very_active"]', 'then = ["multi_homing"]', "unknown key"),
        ('then = ["regular", "very_active"]', "thn = []", "unknown key"),
    ],
)
def test_ledgers_that_cannot_be_read(tmp_path, before, after, problem):
    """A ledger with no beginning, with two, without a step, or that names what is not there says so with its place."""
    text = (STUDIES / "diplab-2019.toml").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("ledger = "))
    assert before in line
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(line, line.replace(before, after)), encoding="utf-8")
    with pytest.raises(InvalidInput, match=problem) as caught:
        load(path)
    assert "ledger" in str(caught.value)


def test_one_ledger_a_study(tmp_path):
    """A second ledger in another objection is refused."""
    text = (STUDIES / "diplab-2019.toml").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("ledger = "))
    other = 'assumption = "accounts-elsewhere-alike"\n'
    assert text.count(other) == 1
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(other, f"{other}{line}\n"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="duplicate key"):
        load(path)
