"""The audit, the ledger and the routes as words, in both languages, on the page and on the command line."""

import re
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from microwork_estimate import study
from microwork_estimate.cli import app
from microwork_estimate.errors import InvalidInput
from microwork_estimate.reporting.audit_table import audit_table, ledger_table, route_tables
from microwork_estimate.reporting.audit_words import WORDS

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def bundles():
    return {name: study.run(study.load(name), n_replicates=99, seed=1) for name in study.shipped_studies()}


def test_words_have_both_languages():
    """Each word is there twice, with the same places for values."""
    for key, (english, french) in WORDS.items():
        assert english, key
        assert french, key
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", french)), key


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_audit_has_its_five_columns(bundles, lang):
    """Objection, method, number, assumption, and what would settle it: no cell is empty, every number has digits."""
    table = audit_table(bundles["diplab-2019"], lang=lang)
    assert len(table.columns) == 5
    assert len(table.rows) == 7
    for row in table.rows:
        assert all(row)
        assert re.search(r"\d", row[2])
        assert "{" not in row[2]


def test_numbers_of_the_audit(bundles):
    """The answers carry the numbers of the result: the bounds, the audience interval, the exclusive tiers."""
    text = " ".join(row[2] for row in audit_table(bundles["diplab-2019"]).rows)
    for number in ("292,353", "95,747", "59,612", "29,806", "8,227", "213,789", "14,903 + 37,434 + 213,789 = 266,126"):
        assert number in text
    french = " ".join(row[2] for row in audit_table(bundles["diplab-2019"], lang="fr").rows)
    assert "59\u202f612" in french


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_ledger_has_every_assumption_once(bundles, lang):
    """Each assumption of a result is one row with its statement, its direction and a yes or no to testable."""
    for bundle in bundles.values():
        table = ledger_table(bundle, lang=lang)
        ids = [row[0] for row in table.rows]
        assert ids == list(dict.fromkeys(a.id for e in bundle.estimates.values() for a in e.assumptions))
        assert all(len(row) == len(table.columns) and all(row) for row in table.rows)


def test_ledger_says_how_far(bundles):
    """For two lists an odds ratio, for the others a factor, and what lies outside already says so."""
    rows = {row[0]: row[-1] for row in ledger_table(bundles["diplab-like"]).rows}
    assert re.search(r"leaves 14,903 at an odds ratio above 1\.\d\d", rows["independent-lists"])
    assert "at a factor below 0." in rows["elicited-factors"]
    outside = {row[0]: row[-1] for row in ledger_table(bundles["diplab-2019"]).rows}
    assert "266,126 is outside already" in outside["reached-in-proportion-to-accounts"]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_routes_say_what_they_count(bundles, lang):
    """Seven routes, each with what it counts and what explains the gap; one pair of 21 may be compared."""
    routes, pairs = route_tables(bundles["mturk"], lang=lang)
    assert len(routes.rows) == 7
    assert all(len(row) == len(routes.columns) and all(row) for row in routes.rows)
    word = {"en": "yes", "fr": "oui"}[lang]
    assert sum(row[2].startswith(word) for row in pairs.rows) == 1
    assert len(pairs.rows) == 21
    assert route_tables(bundles["diplab-2019"], lang=lang) == ()


def test_tables_start_from_the_bundle_on_disk(bundles, tmp_path):
    """Written and read again, a result gives the same audit, ledger and routes."""
    for name, bundle in bundles.items():
        path = tmp_path / f"{name}.json"
        path.write_text(bundle.to_json(), encoding="utf-8")
        again = study.read_bundle(path)
        assert audit_table(again, lang="fr") == audit_table(bundle, lang="fr")
        assert ledger_table(again) == ledger_table(bundle)
        assert route_tables(again) == route_tables(bundle)


def test_unknown_language_is_refused(bundles):
    """Only English and French are spoken."""
    for verb in (audit_table, ledger_table, route_tables):
        with pytest.raises(InvalidInput, match="unknown choice"):
            verb(bundles["diplab-2019"], lang="de")


def test_audit_command():
    """The command prints the objections of a study in either language, and says when there are none."""
    result = RUNNER.invoke(app, ["audit", "diplab-2019", "--replicates", "99", "--lang", "fr"])
    assert result.exit_code == 0
    for text in ("trancherait", "59\u202f612", "8\u202f227"):
        assert text in result.stdout
    result = RUNNER.invoke(app, ["audit", "mturk", "--replicates", "99"])
    assert "750,000" in result.stdout
    result = RUNNER.invoke(app, ["audit", "stewart2015", "--replicates", "99"])
    assert (result.exit_code, result.stdout.strip()) == (0, "no objections are recorded for stewart2015")


def test_assumptions_command():
    """The command prints the ledger of a study."""
    result = RUNNER.invoke(app, ["assumptions", "diplab-like", "--replicates", "99"])
    assert result.exit_code == 0
    for text in ("testable", "14,903", "how far"):
        assert text in result.stdout


@pytest.mark.parametrize(
    "arguments", [("audit", "nothing"), ("assumptions", "nothing"), ("audit", "mturk", "--lang", "de")]
)
def test_bad_options(arguments):
    """Unknown studies and languages end with code 2 and one line."""
    result = RUNNER.invoke(app, list(arguments))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_ledger_without_published_figures_has_no_empty_column(bundles, lang):
    """Where no estimate has a published figure to leave, nothing is said of how far an assumption must fail."""
    bundle = bundles["diplab-like"]
    whole = ledger_table(bundle, lang=lang)
    alone = ledger_table(
        replace(bundle, tables={k: v for k, v in bundle.tables.items() if k != "assumption_ledger"}), lang=lang
    )
    assert alone.columns == whole.columns[:-1]
    assert [row[:5] for row in whole.rows] == list(alone.rows)
    assert whole.notes
    assert not alone.notes
