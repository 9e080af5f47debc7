"""The registry of studies: every known figure is there with its status; no published result reaches an estimator."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

import pytest

from microwork_estimate import study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Distribution
from microwork_estimate.study.figures import COLUMNS, Figure
from microwork_estimate.study.registry import Inputs, load, shipped_studies
from microwork_estimate.study.schema import DistributionName, schema_text

STUDIES = Path(study.__file__).parent / "studies"
PAPER, ARTICLE, BLOG, PRESS = (
    "1901.03889",
    "10.13169/workorgalaboglob.14.1.0067",
    "databigandsmall.com",
    "Sciences Humaines",
)

# What is known of DiPLab, written down a second time: key, value, (low, high), status, part of the source line.
FACTS = [
    ("very_active", 14903, None, "published", PAPER),
    ("regular", 52337, None, "published", PAPER),
    ("occasional", 266126, None, "published", PAPER),
    ("rounded_very_active", 15000, None, "published", PRESS),
    ("rounded_regular", 50000, None, "published", PRESS),
    ("rounded_occasional", 266000, None, "published", PRESS),
    ("registered", 260000, None, "published", ARTICLE),
    ("regular_2020", 50000, None, "published", ARTICLE),
    ("very_active_2020", 15000, None, "published", ARTICLE),
    ("n_platforms_declaring", 7, None, "published", "The Conversation"),
    ("n_platforms_scope", 23, None, "published", "DiPLab"),
    ("multi_homing", 1.27, (1.265, 1.275), "published", BLOG),
    ("multi_homing_kassi", 1.83, None, "published", BLOG),
    ("traffic", None, None, "published", BLOG),
    ("traffic_source", None, None, "second_hand", "Solonko (2023)"),
    ("sum_registrations", 337980, (336649, 339311), "implied", "occasional * multi_homing"),
    ("sum_visitors", 66468, (66206, 66730), "implied", "regular * multi_homing"),
    ("n1", None, None, "unavailable", "not in the abstracts"),
    ("n2", None, None, "unavailable", "not in the abstracts"),
    ("m", None, None, "unavailable", "not in the abstracts"),
    ("registrations_by_platform", None, None, "unavailable", "Foule Factory"),
    ("visitors_by_platform", None, None, "unavailable", "not in the abstracts"),
    ("platforms_per_respondent", None, None, "unavailable", "coefficient"),
    ("frequency_of_respondents", None, None, "unavailable", "three figures"),
    ("foule_factory_registered", 50000, None, "second_hand", "labo.societenumerique.gouv.fr"),
    ("survey_n", 1000, None, "published", "DiPLab"),
    ("share_women", 56.1, None, "published", "CFE-CGC"),
    ("share_poor", 22, None, "second_hand", "Agence France-Presse"),
    ("share_no_other_job", 27.9, None, "second_hand", "Agence France-Presse"),
    ("share_25_44", 63.4, None, "second_hand", "Le Monde"),
    ("hours_per_week", 3, None, "second_hand", "Atlantes"),
    ("median_eur_per_hour", 1.77, None, "second_hand", "Atlantes"),
    ("mean_eur_per_month", 21, None, "second_hand", "Agence France-Presse"),
    ("fte", 5000, None, "second_hand", "Agence France-Presse"),
    ("platform_workers_on_demand", 40000, None, "published", PRESS),
    ("digital_labour_internet_users", 55e6, None, "published", PRESS),
    ("micro_workers_world", 100e6, None, "published", "La Vie des idées"),
    ("press_total_320", 320000, None, "second_hand", "Silicon.fr"),
    ("press_total", 330000, None, "second_hand", "Pôle emploi"),
]
OURS = {"share_multi_homing"}  # assumed by us, not a known figure
RESULTS = {"very_active", "regular", "occasional", "rounded_very_active", "rounded_regular", "rounded_occasional"} | {
    *("registered", "regular_2020", "very_active_2020", "press_total_320", "press_total"),
}
FACTORS = {
    "measurement": ("lognormal", 0.5, 2.0),
    "territory_share": ("share", 0.85, 0.98),
    "worker_share": ("share", 0.30, 0.80),
    "devices_per_person": ("at_least_one", 1.1, 2.0),
    "platforms_per_person": ("at_least_one", 1.10, 1.60),
}


@pytest.fixture(scope="module")
def diplab() -> study.Study:
    """Read the study of micro-work in France."""
    return load("diplab-2019")


@pytest.fixture(scope="module")
def mturk() -> study.Study:
    """Read the study of Mechanical Turk."""
    return load("mturk")


@pytest.mark.parametrize(("key", "value", "ends", "status", "source"), FACTS)
def test_every_known_figure(diplab, key, value, ends, status, source):
    """Each figure stands in the registry with its value, its status word, its source and a place in it."""
    figure = next(figure for figure in diplab.figures if figure.key == key)
    assert (figure.value, figure.status) == (value, status)
    assert (figure.low, figure.high) == (ends or (None, None))
    assert source in figure.source
    assert figure.locator or status in ("implied", "unavailable")
    assert bool(figure.reason) == (status == "unavailable")


def test_no_figure_more(diplab):
    """Nothing stands in the registry that is not in the list of known figures, but what we assume."""
    assert {figure.key for figure in diplab.figures} == {key for key, *_ in FACTS} | OURS
    assert {figure.status for figure in diplab.figures if figure.key in OURS} == {"assumed"}


@pytest.mark.parametrize("name", shipped_studies())
def test_both_languages(name):
    """Every text that a reader sees is there in English and in French, and the two differ."""
    known = load(name)
    entries = [*known.figures, *known.elicited.values(), *known.files.values()]
    assert all(entry.what and entry.what_fr and entry.what != entry.what_fr for entry in entries)
    reasons = [entry for entry in (*known.figures, *known.elicited.values()) if entry.reason]
    assert all(entry.reason_fr and entry.reason != entry.reason_fr for entry in reasons)
    assert all(tier.label_fr and tier.criterion_fr for tier in known.tiers.values())
    assert all(entry.label_fr for entry in known.estimates)
    assert known.title != known.title_fr
    assert known.description != known.description_fr


def test_published_results_are_not_inputs(diplab, mturk):
    """Published results stand in a table of their own, and no estimate of a shipped study names one as an input."""
    assert set(diplab.published) == RESULTS
    for known in (diplab, mturk):
        assert not set(known.inputs) & (set(known.published) | set(known.context))
        assert all(key in known.inputs for entry in known.estimates for key in entry.inputs.values())


def test_recipes_cannot_reach_published_results(diplab):
    """What a recipe is handed holds no published result, under its key or anywhere inside."""
    given = diplab.inputs_only()
    for key in diplab.published:
        with pytest.raises(InvalidInput, match="a published result is never an input"):
            given.figure(key)
    names = {"figures", "factors", "files", "data", "where", "folder", "places"}
    assert {field.name for field in fields(Inputs)} == names
    assert all(figure.table == "inputs" for figure in given.figures.values())


def test_inputs_by_role(diplab):
    """A recipe reads its inputs by the names of its own words, and only those that its estimate lists."""
    given = diplab.inputs_only("occasional")
    assert (given.number("registrations"), given.number("multiplicity")) == (337980, 1.27)
    assert given.figure("multiplicity").key == "multi_homing"
    with pytest.raises(InvalidInput, match="unknown input"):
        given.number("sum_visitors")


def test_implied_sums_are_marked_circular(diplab):
    """The sums that were worked out from published results say so; other inputs do not."""
    assert {figure.key for figure in diplab.figures if figure.circular} == {"sum_registrations", "sum_visitors"}
    for key in ("sum_registrations", "sum_visitors"):
        assert "confirms nothing" in diplab.figure(key).what
        assert "ne confirme rien" in diplab.figure(key).what_fr


def test_implied_values_follow_from_their_formula(diplab):
    """An implied value is the product of the figures that it is derived from, to the whole number; so are its ends."""
    for figure in (f for f in diplab.figures if f.status == "implied"):
        result, coefficient = (diplab.figure(key) for key in figure.derived_from)
        assert figure.formula == f"{result.key} * {coefficient.key}"
        ends = [result.number * part for part in (coefficient.number, coefficient.low, coefficient.high)]
        assert [figure.value, figure.low, figure.high] == [round(end) for end in ends]


def test_unavailable_figures_give_their_reason(diplab):
    """Asking for what is not public is refused with the reason, in every way of asking."""
    given = diplab.inputs_only("very_active")
    for ask in (diplab.figure, diplab.inputs_only().figure, diplab.inputs_only().number):
        with pytest.raises(InvalidInput, match="unavailable: not in the abstracts"):
            ask("n1")
    with pytest.raises(InvalidInput, match="never guessed"):
        given.number("m")
    with pytest.raises(InvalidInput, match="unavailable: not in the abstracts"):
        _ = diplab.inputs["n1"].number


def test_text_is_not_a_number(diplab):
    """A figure that is a text refuses to be a number."""
    assert diplab.figure("traffic_source").text == "Similarweb-like aggregators"
    with pytest.raises(InvalidInput, match="not a single number"):
        _ = diplab.figure("traffic_source").number


@pytest.mark.parametrize("key", FACTORS)
def test_elicited_factors(diplab, key):
    """Each uncertain factor is assumed, at 90 %, with a reason, and its distribution has the stated ends."""
    entry = diplab.elicited[key]
    assert (entry.distribution, entry.low, entry.high) == FACTORS[key]
    assert (entry.status, entry.level) == ("assumed", 0.9)
    assert entry.reason
    factor = diplab.inputs_only().elicited(key)
    assert factor.quantile([0.05, 0.95]) == pytest.approx([entry.low, entry.high], rel=1e-12)
    assert factor.source == f"assumed: {entry.reason}"


def test_distributions_are_those_of_the_gate():
    """A study file names the same distributions as the gate, but for the one that needs a list of values."""
    assert set(get_args(DistributionName)) == set(get_args(Distribution)) - {"empirical"}


def test_tiers_are_nested(diplab, mturk):
    """The DiPLab tiers stand from the narrowest to the widest and are nested; those by hours a week are apart."""
    assert list(diplab.tiers) == ["very_active", "regular", "occasional"]
    assert diplab.nested is True
    sizes = [diplab.figure(tier.published).number for tier in diplab.tiers.values()]
    assert sizes == sorted(sizes)
    assert mturk.nested is False
    classes = [name for tier in mturk.tiers.values() for name in tier.classes]
    assert sorted(classes) == ["0-1", "1-2", "2-4", "20-40", "4-8", "40+", "8-20"]


def test_sources_and_estimands(diplab):
    """The documents to cite come first, with their identifiers; an estimand takes the territory of its study."""
    first, *others = diplab.sources()
    assert first.citation.startswith("Le Ludec, Tubaro & Casilli (2019), How many people microwork in France?")
    assert "HAL hal-02012731" in first.citation
    assert any(document.hal == "hal-02190523" for document in others)
    about = diplab.estimand("occasional")
    assert (about.unit, about.activity, about.territory) == ("persons", "registered", "France")


def test_mturk_figures(mturk):
    """The MTurk study has its occasions and workers as inputs, its published sizes apart, and the other routes."""
    assert mturk.inputs_only().number("occasions") == 140
    assert mturk.inputs_only().number("workers_observed") == 157255
    assert mturk.figure("chao_lower_bound").number == 330594.1809669279
    routes = {"registered_2015": 500000, "visitors_december_2015": 750000, "laboratory_reach_2015": 7300}
    routes |= {"available_2018": 100000, "active_2018": 2000}
    assert {key: figure.number for key, figure in mturk.context.items()} == routes
    assert mturk.figure("available_2018").qualifier == "more than"


def test_tables_without_published_columns(mturk):
    """A recipe gets a table without the columns of published results, and a table of results alone not at all."""
    pairs = mturk.inputs_only("month_pairs").read_table("pairs")
    assert pairs.columns == ["month", "n1", "n2", "m"]
    assert len(pairs) == 136
    assert mturk.inputs_only().read_table("years").columns == ["year", "occasions", "persons"]
    with pytest.raises(InvalidInput, match="published result as an input"):
        mturk.inputs_only().read_table("published_totals")
    assert mturk.table("published_totals").name == "published_totals.csv"


def test_unknown_names_list_the_known(diplab):
    """A wrong name of a study, figure, estimate, table or factor is answered with the right ones."""
    with pytest.raises(InvalidInput, match="one of diplab-2019, "):
        load("diplab")
    for ask, known in (
        (diplab.figure, "multi_homing"),
        (diplab.estimate, "occasional"),
        (diplab.table, "platforms_used_germany"),
        (diplab.inputs_only, "occasional"),
        (diplab.inputs_only().elicited, "worker_share"),
    ):
        with pytest.raises(InvalidInput, match=known):
            ask("nothing")


def test_study_is_frozen_and_travels(diplab):
    """A study cannot be changed, and comes back the same from another process."""
    with pytest.raises(TypeError):
        diplab.inputs["new"] = diplab.inputs["n1"]
    with pytest.raises(TypeError):
        diplab.estimates[0].inputs["n1"] = "n2"
    assert pickle.loads(pickle.dumps(diplab)) == diplab  # noqa: S301 - our own bytes


def test_schema_file_is_current():
    """The schema that editors read is the one that the program checks against, and every study file names it."""
    assert (STUDIES / "study.schema.json").read_text(encoding="utf-8") == schema_text()
    for name in shipped_studies():
        assert (STUDIES / f"{name}.toml").read_text(encoding="utf-8").startswith("#:schema ./study.schema.json\n")


def test_loading_is_light():
    """Reading a study takes milliseconds and does not import pandas."""
    quickest = min(_seconds(lambda: load("diplab-2019")) for _ in range(5))
    assert quickest < 0.05
    code = "import sys; from microwork_estimate.study import load; load('diplab-2019'); print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def _seconds(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def test_figures_as_rows():
    """The columns of the table of figures are the fields of a figure, but for the one that follows from another."""
    assert set(COLUMNS) == {field.name for field in fields(Figure)} - {"circular"}


def test_figure_in_one_line(diplab):
    """A figure shows its value with the source's own word, its unit, its status and where it was read."""
    assert str(diplab.figure("press_total")).startswith("press_total: about 330,000 persons [second_hand] Pôle emploi")
    assert diplab.inputs["n1"].shown == "unavailable"
    ranged = replace(diplab.figure("multi_homing"), value=None)
    assert ranged.shown == "1.265 to 1.275 platforms per person"
    with pytest.raises(InvalidInput, match=r"a range, 1\.265 to 1\.275"):
        _ = ranged.number
