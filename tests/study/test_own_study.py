"""A study of one's own, as a new user makes it: start, fill two tables, check, run."""

from __future__ import annotations

import json
import re
import tomllib

import numpy as np
import pandas as pd
import polars as pl
import pytest

from microwork_estimate import study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.reporting.problem_texts import FRENCH, problem_lines
from microwork_estimate.study.own_recipes import BOOK
from microwork_estimate.study.package_data import checksum
from microwork_estimate.study.starting import STUDY_NAME, TEMPLATES, questions

LANGUAGES = ("en", "fr")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Return a folder with the SYNTHETIC example."""
    folder = tmp_path_factory.mktemp("own") / "example"
    study.start(folder, example=True)
    return folder


@pytest.fixture
def own(tmp_path):
    """Return a folder with the SYNTHETIC example that a test may change."""
    study.start(tmp_path / "mine", example=True)
    return tmp_path / "mine"


def codes(folder):
    """Return what the check finds, as a set of codes."""
    return {problem.code for problem in study.check(folder)}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_new_studies_wait_for_their_tables(tmp_path, template, lang):
    """A study just begun has nothing wrong with it but what is to be filled in, each with its line."""
    files = study.start(tmp_path / "mine", template=template, lang=lang)
    assert all(file.is_file() for file in files)
    problems = [problem for problem in study.check(tmp_path / "mine") if problem.severity == "problem"]
    assert {problem.code for problem in problems} == {"to-be-filled-in"}
    assert all(problem.line and problem.file.startswith(str(tmp_path / "mine" / "tables")) for problem in problems)
    with pytest.raises(InvalidInput, match=r"to be filled in.*other problems: see microwork-estimate check"):
        study.checked(tmp_path / "mine")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_examples_run(tmp_path, template, lang):
    """The SYNTHETIC example has nothing wrong with it, says that it is synthetic, and runs."""
    study.start(tmp_path / "mine", template=template, lang=lang, example=True)
    assert study.check(tmp_path / "mine") == ()
    bundle = study.run(study.checked(tmp_path / "mine"), n_replicates=29)
    assert bundle.study["synthetic"] is True
    assert "SYNTH" in str(bundle.study["title_en"])
    assert all(value.startswith("sha256:") for value in bundle.files.values())
    assert all(found.value is not None or found.bounds is not None for found in bundle.estimates.values())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_two_tables_filled(tmp_path, sound, lang):
    """Filling survey and margins is enough: the study begun with `start` then runs, in both languages."""
    study.start(tmp_path / "mine", lang=lang)
    study.start(tmp_path / "other", lang=lang, example=True)
    for name in ("survey", "margins"):
        (tmp_path / "mine/tables" / f"{name}.csv").write_bytes((tmp_path / "other/tables" / f"{name}.csv").read_bytes())
    notes = study.check(tmp_path / "mine")
    assert [(note.severity, note.code, note.key) for note in notes] == [
        ("note", "text-of-the-template", "sources.survey"),
        ("note", "text-of-the-template", "sources.platforms"),
    ]
    found = study.run(study.checked(tmp_path / "mine"), n_replicates=29).estimates
    assert {"very_active", "regular", "occasional", "hours_per_week", "earnings_per_month", "women"} <= set(found)
    assert found["very_active"].value < found["regular"].value < found["occasional"].value


def test_example_finds_its_truth(sound):
    """The made-up workforce has about 24,800 persons (30,000 with chances 0.55, 0.45 and 0.30); the survey finds them."""
    found = study.run(study.load(sound), n_replicates=199).estimates["occasional"]
    truth = 30_000 * (1 - 0.45 * 0.55 * 0.70)
    assert found.interval.low < truth < found.interval.high
    assert abs(found.value / truth - 1) < 0.05


def test_persons_are_accounts_over_platforms_per_person(sound):
    """The sum of w/k is the accounts of each platform times the mean of 1/k there, worked out by hand."""
    survey = pd.read_csv(sound / "tables" / "survey.csv")
    margins = pd.read_csv(sound / "tables" / "margins.csv")
    only = study.load(sound, tables={"margins": margins[margins["variable"] == "platform"]})
    total = dict(margins[margins["variable"] == "platform"][["category", "total"]].to_numpy().tolist())
    by_hand = sum(total[name] * np.mean(1 / part["n_platforms"]) for name, part in survey.groupby("platform"))
    found = study.run(only, n_replicates=29).estimates
    assert found["occasional"].value == pytest.approx(by_hand, rel=1e-9)
    weight = survey["platform"].map(total) / survey.groupby("platform")["platform"].transform("size")
    persons = weight / survey["n_platforms"]
    said = survey["hours_per_week"].notna()
    assert found["hours_per_week"].value == pytest.approx(
        np.average(survey["hours_per_week"][said], weights=persons[said]), rel=1e-9
    )
    assert found["women"].value == pytest.approx(persons[survey["sex"] == "women"].sum() / persons.sum(), rel=1e-9)


def test_replicates_agree_with_linearisation(sound):
    """The standard error of redrawing the survey is near the one of linearisation, which takes another road."""
    from microwork_estimate import weighting
    from microwork_estimate.study.own_surveys import own_survey
    from microwork_estimate.study.task import Settings, Task

    loaded = study.load(sound)
    entry = loaded.estimate("very_active")
    task = Task(
        name=entry.name,
        inputs=loaded.inputs_only(entry.name),
        options=entry.options,
        estimand=loaded.estimand(entry.name),
        settings=Settings(n_replicates=1, seed=1),
        tiers=loaded.tiers,
    )
    survey = own_survey(task)
    weekly = np.isin(survey.raked.column("frequency").astype(str), loaded.tiers["very_active"].classes)
    linear = weighting.total(survey.raked, weekly * survey.persons).standard_error
    redrawn = study.run(loaded, n_replicates=499).estimates["very_active"].standard_error
    assert redrawn == pytest.approx(linear, rel=0.15)


def test_persons_drawn_count_for_one(tmp_path):
    """In a survey of persons nobody is divided: the tiers are shares of the margins, worked out by hand."""
    study.start(tmp_path / "mine", example=True)
    file = tmp_path / "mine" / "study.toml"
    text = file.read_text(encoding="utf-8").replace('reached_via = "registration"', 'reached_via = "worker"')
    file.write_text(text, encoding="utf-8")
    survey = pd.read_csv(tmp_path / "mine/tables/survey.csv").drop(columns=["platform", "n_platforms"])
    margins = pd.DataFrame({"variable": ["sex"] * 2, "category": ["women", "men"], "total": [600, 400]})
    tables = {"survey": survey, "margins": margins}
    assert study.check(file, tables=tables) == ()
    found = study.run(study.load(file, tables=tables), n_replicates=29).estimates["very_active"].value
    weekly = survey["frequency"].isin(["every day", "several times a week", "once a week"])
    assert found == pytest.approx(
        600 * weekly[survey["sex"] == "women"].mean() + 400 * weekly[survey["sex"] == "men"].mean()
    )


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_frames_in_place_of_files(sound, make):
    """Data frames of pandas or polars stand for files: the same numbers, and a checksum of what they hold."""
    survey = pd.read_csv(sound / "tables" / "survey.csv")
    frame = make(survey.astype(object).where(survey.notna(), None).to_dict("list"))
    handed = study.load(sound, tables={"survey": frame})
    first, second = (study.run(one, n_replicates=19) for one in (study.load(sound), handed))
    assert {k: e.value for k, e in first.estimates.items()} == {k: e.value for k, e in second.estimates.items()}
    assert second.files["survey"] == checksum(handed.table("survey"))
    assert second.files["survey"] != first.files["survey"]
    assert second.files["margins"] == first.files["margins"]
    assert study.check(sound, tables={"survey": frame}) == ()


def test_frames_that_do_not_fit(sound):
    """A frame for a table that the study does not have, or something that is no frame, is refused by name."""
    with pytest.raises(InvalidInput, match=r"unknown table.*survey.*'surveys'"):
        study.load(sound, tables={"surveys": pd.DataFrame()})
    with pytest.raises(InvalidInput, match=r"not a data frame.*tables\['survey'\]"):
        study.load(sound, tables={"survey": [1, 2]})


@pytest.mark.parametrize("kind", [".parquet", ".xlsx", ".sav", ".dta"])
def test_tables_of_every_kind(own, kind):
    """The survey as parquet, Excel, SPSS or Stata gives the numbers of the CSV file."""
    import pyreadstat

    before = {k: e.value for k, e in study.run(study.load(own), n_replicates=9).estimates.items()}
    survey = pd.read_csv(own / "tables" / "survey.csv")
    file = own / "tables" / f"survey{kind}"
    if kind == ".parquet":
        survey.to_parquet(file)
    elif kind == ".xlsx":
        survey.to_excel(file, index=False)
    else:
        (pyreadstat.write_sav if kind == ".sav" else pyreadstat.write_dta)(survey, str(file))
    text = (own / "study.toml").read_text(encoding="utf-8")
    (own / "study.toml").write_text(
        text.replace('path = "tables/survey.csv"', f'path = "tables/survey{kind}"'), encoding="utf-8"
    )
    assert study.check(own) == ()
    after = study.run(study.load(own), n_replicates=9)
    assert {k: e.value for k, e in after.estimates.items()} == pytest.approx(before)
    assert after.files["survey"] == checksum(file)


def test_nothing_is_overwritten(tmp_path):
    """A folder, a file or a dead link in the way stops `start`, and nothing is changed."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("folder", "file", "link"):
        with pytest.raises(InvalidInput, match="something is there already"):
            study.start(tmp_path / name)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "link"]
    with pytest.raises(InvalidInput, match="unknown choice"):
        study.start(tmp_path / "new", template="census")


def test_start_leaves_nothing_when_it_fails(tmp_path, monkeypatch):
    """If a file cannot be written, no folder appears."""
    from microwork_estimate.study import starting

    def broken(path, content):
        if path.name == "README.md":
            raise OSError(28, "No space left on device")
        path.write_text(content, encoding="utf-8")

    monkeypatch.setattr(starting, "_write", broken)
    with pytest.raises(InvalidInput, match="cannot write there"):
        study.start(tmp_path / "mine")
    assert list(tmp_path.iterdir()) == []


def test_all_problems_at_once(own):
    """Mistakes in the study file and in three tables are all listed, each with file, line and column."""
    toml = own / "study.toml"
    text = toml.read_text(encoding="utf-8").replace('unit = "persons", activity = "weekly"', 'unit = "people"', 1)
    toml.write_text(text.replace('distribution = "lognormal"', 'distribution = "normal"'), encoding="utf-8")
    survey = own / "tables" / "survey.csv"
    lines = survey.read_text(encoding="utf-8").splitlines()
    lines[5] = lines[5].replace("platform A", "platform X", 1)
    survey.write_text("\n".join([*lines, lines[3]]), encoding="utf-8")
    margins = own / "tables" / "margins.csv"
    margins.write_text(margins.read_text(encoding="utf-8").replace("sex,women,", "sex,women,1"), encoding="utf-8")
    lists = own / "tables" / "lists.csv"
    lists.write_text(lists.read_text(encoding="utf-8").replace("1,0,", "1,2,"), encoding="utf-8")
    found = {(p.code, p.file.rpartition("/")[2], p.line) for p in study.check(own)}
    line_of = {n for n, line in enumerate(text.splitlines(), 1) if 'unit = "people"' in line}
    assert {("unknown-choice", "study.toml", n) for n in line_of} <= found
    assert ("answer-not-in-the-codebook", "survey.csv", 6) in found
    assert ("category-without-total", "survey.csv", 6) in found
    assert ("row-twice", "survey.csv", len(lines) + 1) in found
    assert any(code == "margins-of-different-totals" and name == "margins.csv" for code, name, _ in found)
    assert ("impossible-value", "lists.csv", 3) in found
    assert sum(code == "unknown-choice" for code, *_ in found) == 2
    places = [(p.file, p.line) for p in study.check(own)]
    assert places[0][0] == str(toml)


CHANGES = {
    "row": ("margins.csv", "sex,men,", "sex,other,", {"category-without-total", "category-without-respondents"}),
    "negative": ("margins.csv", "sex,men,", "sex,men,-", {"impossible-value", "margins-of-different-totals"}),
    "column": ("margins.csv", "category,total", "category,count", {"unknown-column"}),
    "count": ("survey.csv", "n_platforms", "platforms", {"unknown-column"}),
    "weight": ("survey.csv", "weight", "frequency", {"column-named-twice"}),
    "codebook": ("codebook.csv", "sex,category", "sex,colour", {"unknown-choice"}),
    "question": ("codebook.csv", "sex,category,men", "sex,category,women", {"question-twice"}),
    "recipe": ("study.toml", '"survey_persons"', '"magic"', {"unknown-recipe"}),
    "role": (
        "study.toml",
        'reached_via = "registration", tier',
        'via = "registration", tier',
        {"roles-do-not-fit-the-recipe"},
    ),
    "tier": ("study.toml", 'tier = "regular" }', 'tier = "daily" }', {"tier-without-classes"}),
    "elicited": ("study.toml", "low = 0.85", "low = 1.85", {"impossible-elicited-interval"}),
    "source": ("study.toml", 'source = "platforms"', 'source = "press"', {"unknown-key"}),
    "book": ("study.toml", 'codebook = "codebook"', 'codebook = "book"', {"unknown-key"}),
    "both": ("study.toml", 'path = "tables/survey.csv"', 'path = "a.csv"\nresource = "x"', {"table-without-one-place"}),
    "sheet": ("study.toml", 'codebook = "codebook"', 'sheet = "a"', {"key-that-does-not-fit-the-kind-of-file"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_single_changes(own, name):
    """Each mistake is found under its code, and a run refuses it in one line."""
    table, old, new, expected = CHANGES[name]
    file = own / table if table.endswith(".toml") else own / "tables" / table
    text = file.read_text(encoding="utf-8")
    at = text.index(old, text.index("[files.codebook]") if table.endswith(".toml") else 0)
    file.write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")
    found = codes(own)
    assert expected <= found
    with pytest.raises(InvalidInput) as caught:
        study.checked(own)
    assert "\n" not in str(caught.value)


def test_survey_and_margins_apart(own):
    """Weights of zero, counts below one, empty cells and platforms outside the margins are all told."""
    survey = pd.read_csv(own / "tables" / "survey.csv")
    survey.loc[0, "weight"], survey.loc[1, "n_platforms"], survey.loc[2, "sex"] = 0, 0, None
    survey["frequency"] = survey["frequency"].astype(object)
    survey.loc[3, "frequency"] = None
    problems = study.check(own, tables={"survey": survey})
    assert {(p.code, p.key, p.line) for p in problems} >= {
        ("impossible-value", "weight", 2),
        ("impossible-value", "n_platforms", 3),
        ("to-be-filled-in", "sex", 4),
        ("to-be-filled-in", "frequency", 5),
    }


def test_identifiers_are_not_shown(own):
    """A respondent who stands twice is told by the row, not by the identifier."""
    survey = pd.read_csv(own / "tables" / "survey.csv")
    survey.loc[7, "respondent"] = survey.loc[3, "respondent"] = "jeanne.dupont@example.org"
    problems = study.check(own, tables={"survey": survey})
    assert [(p.code, p.line) for p in problems] == [("row-twice", 9)]
    assert "dupont" not in " ".join(map(str, problems))


def test_registrations_and_survey_are_checked_too(own):
    """A platform that declares nothing is told; so are accounts that are no numbers."""
    text = (own / "study.toml").read_text(encoding="utf-8")
    text += """
[files.registrations]
path = "tables/registrations.csv"
what = "Accounts."
source = "platforms"

[inputs.rounding]
value = 50
unit = "accounts"
status = "assumed"
what = "Rounding."
reason = "They say so."

[elicited.duplicates]
distribution = "share"
low = 0.01
high = 0.05
what = "Second accounts."
reason = "They say so."

[[estimates]]
name = "declared"
recipe = "registrations_and_survey"
label = "Registered"
files = { registrations = "registrations", survey = "survey", margins = "margins" }
inputs = { rounding = "rounding" }
elicited = { duplicates = "duplicates" }
"""
    (own / "study.toml").write_text(text, encoding="utf-8")
    (own / "tables" / "registrations.csv").write_text("platform,accounts\nplatform A,x\n", encoding="utf-8")
    found = [p for p in study.check(own) if p.code in ("platform-without-registrations", "impossible-value")]
    assert {p.got for p in found if p.code == "platform-without-registrations"} == {
        "'platform B', 140 times",
        "'platform C', 100 times",
    }
    assert [p.key for p in found if p.code == "impossible-value"] == ["accounts"]


def test_other_names_of_columns(own):
    """Columns of other names are read by their role, and problems name them as the file does."""
    survey = pd.read_csv(own / "tables" / "survey.csv").rename(columns={"n_platforms": "Q12", "frequency": "Q15"})
    survey.to_csv(own / "tables" / "survey.csv", index=False)
    text = (own / "study.toml").read_text(encoding="utf-8")
    roles = "n_platforms = 'Q12', frequency = 'Q15', sex = 'sex', age = 'age', platform = 'platform'"
    roles += ", hours_per_week = 'hours_per_week', earnings_per_month = 'earnings_per_month'"
    text = text.replace('codebook = "codebook"', f'codebook = "codebook"\ncolumns = {{ {roles} }}')
    (own / "study.toml").write_text(text, encoding="utf-8")
    assert study.check(own) == ()
    survey.loc[4, "Q12"] = 0
    problems = study.check(own, tables={"survey": survey})
    assert next((p.key, p.line, p.column) for p in problems) == ("Q12", 6, survey.columns.get_loc("Q12") + 1)


def test_questionnaire_has_the_published_structure():
    """Platforms, multi-homing, frequency, hours, earnings, demographics: each with its question in both languages."""
    rows = questions("en")
    asked = {row["variable"]: row for row in reversed(rows)}
    for name in ("platform", "n_platforms", "frequency", "hours_per_week", "earnings_per_month", "other_job"):
        assert name in asked
    for name in ("sex", "age", "education", "children", "region", "below_poverty_line"):
        assert name in asked
    firsts = {row["variable"]: row for row in reversed(rows)}
    assert all(row["question_en"] and row["question_fr"] for row in firsts.values())
    assert [row["label_fr"] for row in rows] == [row["category"] for row in questions("fr")]
    assert all(bool(row["label_en"]) == bool(row["label_fr"]) for row in rows)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_template_names_its_schema(tmp_path, lang):
    """The first line of the study file names the schema that lies beside it, which is that of the program."""
    study.start(tmp_path / "mine", lang=lang)
    first = (tmp_path / "mine" / STUDY_NAME[lang]).read_text(encoding="utf-8").splitlines()[0]
    assert first == "#:schema ./study.schema.json"
    schema = json.loads((tmp_path / "mine" / "study.schema.json").read_text(encoding="utf-8"))
    assert schema == study.study_schema()
    table = tomllib.loads((tmp_path / "mine" / STUDY_NAME[lang]).read_text(encoding="utf-8"))
    assert set(table) <= set(schema["properties"])


def test_templates_say_the_same_in_both_languages(tmp_path):
    """The French study is the English one in other words: the same keys, recipes and tables."""
    for lang in LANGUAGES:
        study.start(tmp_path / lang, lang=lang, example=True)
    first, second = study.load(tmp_path / "en"), study.load(tmp_path / "fr")
    assert [(e.name, e.recipe, e.tier) for e in first.estimates] == [
        (e.name, e.recipe, e.tier) for e in second.estimates
    ]
    assert set(first.files) == set(second.files)
    assert set(first.elicited) == set(second.elicited)
    results = [study.run(one, n_replicates=9).estimates for one in (first, second)]
    assert {k: e.value for k, e in results[0].items()} == pytest.approx({k: e.value for k, e in results[1].items()})


def test_french_tables_open_in_a_french_spreadsheet(tmp_path):
    """Tables in French have semicolons, decimal commas and the mark of UTF-8; those in English are plain CSV."""
    for lang in LANGUAGES:
        study.start(tmp_path / lang, lang=lang, example=True)
    french, english = ((tmp_path / lang / "tables" / "survey.csv").read_bytes() for lang in ("fr", "en"))
    assert french.startswith(b"\xef\xbb\xbfrespondent;interviewed;")
    assert re.search(rb";\d+,\d;", french)
    assert english.startswith(b"respondent,interviewed,")


def test_own_recipes_are_in_the_book():
    """The four recipes of an own survey are known to every study."""
    from microwork_estimate.study.recipes import RECIPES

    assert set(BOOK.recipes) == {"survey_persons", "survey_tier", "survey_mean", "survey_share"}
    assert set(BOOK.recipes) <= set(RECIPES)


def test_folders_without_one_study(tmp_path):
    """An empty folder and one with two studies are refused by name."""
    with pytest.raises(InvalidInput, match="no study file in the folder"):
        study.load(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"several study files in the folder.*a\.toml, b\.toml"):
        study.check(tmp_path)


@pytest.mark.parametrize(
    "name", ["a\0.toml", "\0", "x/\0", "." * 300 + ".toml", "." * 300, "a/" * 3000 + "b", "~/x.toml"]
)
def test_names_that_no_file_has(name):
    """Impossible names are unknown studies or missing files, in one line."""
    for function in (study.load, study.check, study.checked):
        with pytest.raises(InvalidInput, match=r"no such file|unknown study"):
            function(name)


def test_every_problem_speaks_french():
    """Every title with which a reader or a rule of study files refuses something has its French words."""
    from pathlib import Path

    root = Path(study.__file__).parents[1]
    files = [
        root / "study" / f"{name}.py"
        for name in (
            *(
                "rules",
                "figure_rules",
                "table_rules",
                "audit_rules",
                "parsing",
                "readable",
                "registry",
                "package_data",
                "handed_tables",
            ),
            *("recipe_book", "own_recipes", "own_surveys", "codebooks", "looked_at", "table_checks", "checking"),
        )
    ]
    files += [
        root / "inputs" / f"{name}.py"
        for name in (
            *("csv_files", "parquet_files", "workbooks", "labelled_files", "written_numbers", "file_limits"),
            *("text_files", "tables", "margin_tables"),
        )
    ]
    pattern = (
        r'(?:InvalidInput|\.problem|_refusal|problem, got =|yield table\.problem|yield self\.problem)\(?\s*"([^"{]+)"'
    )
    titles = {title for file in files for title in re.findall(pattern, file.read_text(encoding="utf-8"))}
    assert len(titles) > 40
    assert sorted(titles - set(FRENCH) - {"formula and totals do not match"}) == []
    assert all(title and advice for title, advice in FRENCH.values())


def test_problems_in_two_languages(tmp_path):
    """A problem is two lines: where and what, what was found and what to do; in French as in English."""
    study.start(tmp_path / "mine", lang="fr")
    problem = next(p for p in study.check(tmp_path / "mine") if p.file.endswith("margins.csv"))
    first, second = problem_lines(problem, "fr")
    assert first.endswith("margins.csv:2:3 total : à remplir")
    assert second == "    trouvé : une cellule vide ; remplissez le tableau"
    first, second = problem_lines(problem, "en")
    assert first.endswith("margins.csv:2:3 total: to be filled in")
    assert "write how many there are" in second


def test_problems_behind_problems(own):
    """A wrong unit here does not hide an unknown key there, nor tell that what it belongs to is missing."""
    file = own / "study.toml"
    text = file.read_text(encoding="utf-8")
    text = text.replace('distribution = "lognormal"', 'distribution = "normal"').replace(
        "[study]", '[study]\nhue = "red"'
    )
    text = text.replace('source = "platforms"', 'source = "press"', 1)
    text = text.replace('files = { lists = "lists" }', 'files = { lists = "list" }', 1)
    file.write_text(text, encoding="utf-8")
    found = {(p.code, p.key, p.got) for p in study.check(own)}
    assert found >= {
        ("unknown-choice", "elicited.measurement.distribution", "'normal'"),
        ("unknown-key", "study", "'hue'"),
    }
    file.write_text(text.replace('hue = "red"\n', ""), encoding="utf-8")
    problems = study.check(own)
    assert {(p.code, p.key) for p in problems} >= {
        ("unknown-choice", "elicited.measurement.distribution"),
        ("unknown-key", "files.margins.source"),
        ("unknown-key", "estimates.very_active_lists.files"),
    }
    assert all("measurement" not in p.got for p in problems if p.code == "unknown-key")


def test_line_of_an_unknown_key(own):
    """A key that nobody knows is shown where it stands, not where its table begins."""
    file = own / "study.toml"
    lines = file.read_text(encoding="utf-8").replace("synthetic = true", "synthetic = true\nhue = 1").splitlines()
    file.write_text("\n".join(lines), encoding="utf-8")
    assert [(p.code, p.line, p.column) for p in study.check(own)] == [("unknown-key", lines.index("hue = 1") + 1, 1)]


def test_line_of_a_path(own):
    """A path that leads out is shown on its own line."""
    file = own / "study.toml"
    lines = file.read_text(encoding="utf-8").replace('path = "tables/margins.csv"', 'path = "../m.csv"').splitlines()
    file.write_text("\n".join(lines), encoding="utf-8")
    found = [(p.code, p.key, p.line) for p in study.check(own)]
    assert found == [("path-out-of-the-study-folder", "files.margins.path", lines.index('path = "../m.csv"') + 1)]


def test_dates_of_a_workbook(own):
    """Days that Excel keeps as dates are days; one of another calendar is told."""
    survey = pd.read_csv(own / "tables" / "survey.csv", parse_dates=["interviewed"])
    assert study.check(own, tables={"survey": survey}) == ()
    survey["interviewed"] = survey["interviewed"].dt.date.astype(object)
    assert study.check(own, tables={"survey": survey}) == ()
    survey.loc[5, "interviewed"] = survey.loc[5, "interviewed"].replace(year=1447)
    assert [(p.code, p.line) for p in study.check(own, tables={"survey": survey})] == [("date-of-another-calendar", 7)]


def test_some_platforms_only(own):
    """A survey of some of the platforms gives the same number, and says that it stands for the others by assumption."""
    before = study.run(study.load(own), n_replicates=9).estimates["occasional"]
    file = own / "study.toml"
    text = file.read_text(encoding="utf-8").replace('reached_via = "registration"', 'reached_via = "platform_subset"')
    file.write_text(text, encoding="utf-8")
    assert study.check(own) == ()
    after = study.run(study.load(own), n_replicates=9).estimates["occasional"]
    assert after.value == pytest.approx(before.value)
    assert "transport" in {warning.code for warning in after.warnings}
    assert "transport" not in {warning.code for warning in before.warnings}


def test_answers_that_are_no_numbers_or_nobody_gave(own):
    """A mean of words and a share of an answer that nobody gave are refused by the check, with the column."""
    text = (own / "study.toml").read_text(encoding="utf-8")
    for old, new, said in (
        ('variable = "hours_per_week"', 'variable = "reason"', "not numbers"),
        ('category = "women"', 'category = "woman"', "category without respondents"),
        ('tier = "regular" }', 'tier = "daily" }', "tier without classes"),
        ('variable = "sex"', 'variable = "colour"', "unknown column"),
    ):
        assert old in text
        (own / "study.toml").write_text(text.replace(old, new), encoding="utf-8")
        problems = study.check(own)
        assert [problem.problem for problem in problems] == [said]
        assert problems[0].line
