"""The table of tiers by domain, for readers: both languages, joint intervals, the truth beside, none where none is."""

import re
from dataclasses import replace

import pytest

from microwork_estimate import reporting, study
from microwork_estimate.reporting.domain_table import WORDS, domain_table
from microwork_estimate.reporting.tables import ledger_steps_table


@pytest.fixture(scope="module")
def bundle():
    return study.run(study.load("diplab-like"), n_replicates=99, seed=1)


def test_words_have_both_languages():
    """Each word is there twice, with the same places; every domain of the study has its words."""
    for key, (english, french) in WORDS.items():
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", french)), key


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_domains_by_tier(bundle, lang):
    """Thirteen domains, a column for each nested tier; a cell has count and share with joint ends, and the truth."""
    table = domain_table(bundle, lang)
    assert len(table.rows) == 13
    assert len(table.columns) == 5
    assert all(len(cell.split("\n")) == 3 for row in table.rows for cell in row[2:])
    women = next(row for row in table.rows if row[1] == WORDS["women"][lang == "fr"])
    assert re.sub(r"\D", "", women[4].split("\n")[2]) == "129281"  # 7,175 + 18,290 + 103,816
    assert table.title in [part.title for part in reporting.table(bundle, lang=lang)]
    assert {cell for row in table.rows for cell in row[:2]} <= {
        *(words[lang == "fr"] for words in WORDS.values()),
        *("15-24", "25-34", "35-44", "45-54", "55-64"),
    }


def test_a_real_study_has_no_truth_and_bounds_where_nothing_is_known(bundle):
    """Without the truth the cells have two lines; a tier that nobody answered for shows its bounds."""
    tables = {name: table for name, table in bundle.tables.items() if name != "domain_truth"}
    content = tables["domains"]
    at = content.columns.index("count")
    first = next(row for row in content.rows if row[2] == "nested")
    open_ = (*first[:at], None, 0.0, 50.0, None, None, None, 0.0, 1.0, None, None, "tier-without-respondents")
    changed = replace(content, rows=tuple(open_ if row is first else row for row in content.rows))
    table = domain_table(replace(bundle, tables={**tables, "domains": changed}), "en")
    assert table.rows[0][2] == "not known [0, 50]\nnot known [0.0%, 100.0%]"
    assert table.rows[0][3].count("\n") == 1


def test_none_where_there_is_none(bundle):
    """A study without such tables has neither of them."""
    bare = replace(bundle, tables={k: v for k, v in bundle.tables.items() if k not in ("domains", "ledger")})
    assert domain_table(bare, "en") is None
    assert ledger_steps_table(bare, "en") is None


@pytest.mark.parametrize(("lang", "word"), [("en", "unavailable"), ("fr", "indisponible")])
def test_steps_of_the_ledger(bundle, lang, word):
    """Five lines; the step of which nothing is known says so, and takes nothing away."""
    table = ledger_steps_table(bundle, lang)
    assert len(table.rows) == 5
    abroad = table.rows[2]
    assert abroad[3] == word
    assert abroad[2] == table.rows[1][2]
    assert "[" in table.rows[3][1]
    assert table.title in [part.title for part in reporting.table(bundle, lang=lang)]
