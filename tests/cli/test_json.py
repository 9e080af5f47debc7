"""`--json` everywhere: what a command prints is JSON and nothing else, and the exit codes are those of the tables."""

import json
import re

import pytest
from typer.testing import CliRunner

from microwork_estimate import study
from microwork_estimate.cli import app
from microwork_estimate.errors import InvalidInput
from microwork_estimate.reporting.records import audit_record, json_text

RUNNER = CliRunner()
FEW = ("--replicates", "19", "--seed", "2")


def _run(*arguments):
    return RUNNER.invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def _json(*arguments, code=0):
    result = _run(*arguments, "--json")
    assert (result.exit_code, result.stderr) == (code, "")
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A result and the study of one's own that it was made of."""
    place = tmp_path_factory.mktemp("json")
    study.start(place / "mine", example=True)
    assert _run("run", place / "mine", *FEW, "--out", place / "r").exit_code == 0
    return place


def test_every_command_that_prints_tables_has_it():
    """No command that prints something to read lacks --json; what prints files or JSON already is listed here."""
    listed = {command.name or command.callback.__name__: command.callback for command in app.registered_commands}
    without = {name for name in listed if "--json" not in _run(name, "--help").stdout}
    assert without == {"schema"}


def test_studies():
    """Name, version and titles of what comes with the program."""
    found = _json("studies")
    assert [one["id"] for one in found] == list(study.shipped_studies())
    assert {one["id"] for one in found if one["synthetic"]} == {"diplab-like"}


def test_inputs():
    """Every figure with status and source, every factor, every document, by key."""
    found = _json("inputs", "diplab-2019")
    loaded = study.load("diplab-2019")
    for part in ("inputs", "published", "context", "elicited", "documents"):
        assert set(found[part]) == set(getattr(loaded, part))
    assert found["inputs"]["multi_homing"]["value"] == 1.27
    assert found["inputs"]["n1"]["status"] == "unavailable"


def test_audit():
    """Objections with number, method and assumption, in the language asked for; routes; none for a study without."""
    found = _json("audit", "diplab-2019", *FEW, "--lang", "fr")
    assert found["lang"] == "fr"
    assert [one["id"] for one in found["objections"]] == [one.id for one in study.load("diplab-2019").objections]
    assert all("{" not in one["number"] for one in found["objections"])
    routes = _json("audit", "mturk", *FEW)
    assert {row["route"] for row in routes["routes"]} >= {"registrations"}
    assert {row["comparable"] for row in routes["route_pairs"]} == {True, False}
    empty = study.run(study.load("stewart2015"), n_replicates=9, seed=1)
    assert [audit_record(empty)[key] for key in ("objections", "routes")] == [[], []]


def test_audit_takes_the_options_of_a_run(tmp_path):
    """Workers and a checkpoint change nothing of what the audit says, and a checkpoint is kept."""
    plain = _json("audit", "diplab-2019", *FEW)
    kept = _json(
        "audit", "diplab-2019", *FEW, "--workers", "2", "--executor", "threads", "--checkpoint", tmp_path / "c"
    )
    assert kept == plain
    assert any((tmp_path / "c").rglob("*.parquet"))
    assert _run("assumptions", "diplab-2019", "--executor", "serial", "--workers", "2").exit_code == 2


def test_assumptions():
    """Each assumption once, in both languages, with the estimates that make it and how far it must fail."""
    found = {one["id"]: one for one in _json("assumptions", "diplab-like", *FEW)}
    lists = found["independent-lists"]
    assert lists["statement_fr"].startswith("Figurer sur une liste")
    assert lists["estimates"]["very_active"]["odds_ratio"] > 1
    assert set(lists) == {
        *(
            "id",
            "statement_en",
            "statement_fr",
            "testable",
            "direction_of_bias_if_violated",
            "sensitivity",
            "estimates",
        ),
    }


def test_certify():
    """Cells as records with numbers; code 0 where they hold."""
    found = _json("certify", "--quick", "--cells", "wald-sparse")
    assert found["holds"] is True
    (cell,) = found["cells"]
    assert (cell["cell"], cell["verdict"], cell["simulations"]) == ("wald-sparse", "met", 200)
    assert 0.5 < cell["coverage"] < 1


@pytest.mark.parametrize(
    ("arguments", "code", "keys"),
    [
        (("check", "{mine}"), 0, None),
        (("verify", "{r}", "--study", "{mine}"), 0, {"verdict", "holds", "files"}),
        (("compare", "{r}", "{r}", "--study", "{mine}"), 0, {"components", "rows"}),
        (("cite", "{r}"), 0, {"identifier", "style", "citation"}),
    ],
    ids=lambda a: a[0] if isinstance(a, tuple) else None,
)
def test_commands_on_results(results, arguments, code, keys):
    """What is checked, verified, compared and cited comes as JSON too."""
    named = {"mine": results / "mine", "r": results / "r"}
    found = _json(*(argument.format(**named) for argument in arguments), code=code)
    assert found == [] if keys is None else keys <= set(found)


def test_init_and_report_say_what_they_wrote(results, tmp_path):
    """The files of a new study; the report itself or, where it was written to a file, which."""
    files = _json("init", tmp_path / "new", "--template", "two-lists")["files"]
    assert [name.rpartition("/")[2] for name in files] == ["study.toml", "lists.csv", "README.md", "study.schema.json"]
    printed = _json("report", results / "r", "--format", "md", "--lang", "fr")
    assert (printed["file"], printed["format"], printed["lang"]) == (None, "md", "fr")
    written = _json("report", results / "r", "--format", "md", "--lang", "fr", "--out", tmp_path / "r.md")
    assert written["report"] is None
    assert (tmp_path / "r.md").read_text(encoding="utf-8") == printed["report"]
    assert written["identifier"] == study.read_bundle(results / "r").identifier


def test_numbers_that_json_does_not_know_are_words():
    """Infinity and not-a-number are written as the bundle writes them, so that every reader can read the text."""
    assert json.loads(json_text({"a": float("-inf"), "b": [float("nan")], "c": (1.5,)})) == {
        "a": "-Infinity",
        "b": ["NaN"],
        "c": [1.5],
    }


def test_exit_codes_are_documented_and_kept(results, tmp_path):
    """The help says 0, 1, 2 and 130; a check that finds something ends with 1, a bad option or study with 2."""
    said = " ".join(_run("--help").stdout.split())
    assert re.search(r"0 done; 1 what was checked does not hold; 2 an input or an option cannot be used", said)
    study.start(tmp_path / "new")
    assert _json("check", tmp_path / "new", code=1)
    for arguments in (("inputs", "nothing"), ("audit", "mturk", "--lang", "de"), ("assumptions", "nothing")):
        result = _run(*arguments, "--json")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.count("\n") == 1
    with pytest.raises(InvalidInput):
        audit_record(study.read_bundle(results / "r"), lang="de")
