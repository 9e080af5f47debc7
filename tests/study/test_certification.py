"""The table of certificates: well formed or refused, run the same everywhere, judged as it says, never silent."""

from __future__ import annotations

import csv
import io
import math
import re
import tomllib
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from microwork_estimate.bootstrap.executors import Executor
from microwork_estimate.cli import app
from microwork_estimate.errors import InvalidInput, MicroworkError
from microwork_estimate.reporting.certificates import certificate_lines, certificate_table
from microwork_estimate.reporting.warning_texts import WARNINGS
from microwork_estimate.simulate import cells
from microwork_estimate.simulate.coverage_report import Outcome
from microwork_estimate.study.certificate_rows import COLUMNS
from microwork_estimate.study.certificate_table import CertificateTable, _find_table, read_certificate_table, table_path
from microwork_estimate.study.certification import Certificate, Earlier, certify, certify_shipped
from microwork_estimate.study.verdicts import Verdict, judge

ROOT = Path(__file__).resolve().parents[2]
TABLE = read_certificate_table()
BY_ID = {cell.id: cell for cell in TABLE.cells}
TWO = Executor(kind="processes", n_workers=2)
RUNNER = CliRunner()

WORLD = '[worlds.w]\nwhat = "x"\nkind = "two_lists"\nparameters = { size = 2000, expected_overlap = 40 }\n'
CELL = '[[cells]]\nid = "{id}"\nwhat = "x"\nestimator = "{estimator}"\n{more}\nrule = {{ {rule} }}\n'


def _cell(name="a", estimator="chapman", more='world = "w"', rule='must = "pass", scale = "unseen"'):
    return CELL.format(id=name, estimator=estimator, more=more, rule=rule)


MISSING = _cell("waits", "oracle", 'status = "missing"\nissue = 7', 'must = "pass"')


def _file(folder, *parts):
    path = folder / "table.toml"
    head = "seed = 1\n" if "cells = " in "".join(parts) else "seed = 1\n" + WORLD
    text = head + "".join(parts)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def quick() -> Certificate:
    """The quick form of the whole table, on two processes."""
    return certify(TABLE, quick=True, executor=TWO)


def test_every_cell_is_as_it_must_be(quick):
    """The quick form: must-pass cells in their band, must-fail cells below theirs and warning, known sizes shown."""
    assert {verdict.cell.id: verdict.reasons for verdict in quick.not_met} == {}
    assert {verdict.cell.id for verdict in quick.met} == {cell.id for cell in TABLE.ready}


def test_no_cell_of_the_shipped_table_is_missing(quick):
    """Every estimator that the table names exists; each cell is a row of the result."""
    assert TABLE.missing == quick.missing == ()
    assert certificate_lines(quick)[-1].endswith("Cells missing: 0.")
    assert len(certificate_table(quick).rows) == len(TABLE.cells)


def test_missing_cells_are_part_of_the_result(tmp_path):
    """Cells without an estimator are named, with the issue that brings it, and counted; they have a row and no numbers."""
    certificate = certify(read_certificate_table(_file(tmp_path, _cell(), MISSING)), quick=True)
    assert [verdict.cell.id for verdict in certificate.missing] == ["waits"]
    *_, missing, total = certificate_lines(certificate)
    assert "waits (issue 7)" in missing
    assert total.endswith("Cells missing: 1.")
    assert len(certificate_table(certificate).rows) == 1
    rows = list(csv.DictReader(io.StringIO(certificate.to_csv())))
    assert [row["verdict"] for row in rows] == ["met", "missing"]
    assert (rows[1]["coverage"], rows[1]["remark"]) == ("", "waits for issue 7")


def test_what_must_pass_and_what_must_fail_is_in_the_table():
    """Each family of the methods has its cells."""
    passing = {cell.id for cell in TABLE.cells if cell.rule.must == "pass"}
    failing = {cell.id for cell in TABLE.cells if cell.rule.must == "fail"}
    assert passing >= {
        "multiplicity-mild",
        "multiplicity-skewed",
        "multiplicity-heavy",
        "harmonic-pooled-mild",
        "first-platforms-imbens-manski",
        "platform-days-monthly",
        "sadinle-sparse",
        "waring-sparse",
        "profile-few",
        "survey-recapture",
        "reselected-independent",
        "reselected-one-pair",
        "averaged-independent",
        "averaged-one-pair",
        "rao-wu-yue-total",
        "linearised-total",
        "recalibrated-replicates",
        "linear-pool",
        "bias-adjusted-pool-one-doubles",
        "ledger",
        "platform-days-weekly",
        "calibrated-multiplicity",
        "first-platforms-low-end",
        "first-platforms-monotone",
        "one-platform-imbens-manski-heavy",
        "tier-ratio-joint",
        "calibrated-total-linearised",
        "calibrated-total-replicates",
        "volunteers-pseudo-weights",
        "volunteers-doubly-robust",
        "one-inflated-poisson",
        "zero-one-truncated-geometric",
        "count-regression",
        "huggins-class",
        "doubly-robust-class",
        "sample-coverage-one-pair",
        "decomposable-one-pair",
        "superpopulation-half-life",
        "robust-design-size",
        "inverse-avidity-share",
        "one-inflated-binomial",
        "zero-one-truncated-binomial",
        "survey-odds-ratio-bounds-low-end",
        "survey-odds-ratio-bounds-high-end",
        "domain-count",
        "domain-counts-joint",
    }
    assert failing >= {
        "arithmetic-mild",
        "harmonic-first-platform-mild",
        "sadinle-odds-ratio-2",
        "mt-two-classes",
        "mth-chao-two-classes",
        "aic-two-classes",
        "bic-two-classes",
        "mt-uncatchable",
        "mth-chao-uncatchable",
        "aic-uncatchable",
        "bic-uncatchable",
        "chao-once-and-left",
        "zero-truncated-poisson-once-and-left",
        "zero-truncated-binomial-once-and-left",
        "naive-weekly-share",
        "survey-recapture-contaminated",
        "inverse-variance-pool",
        "petersen-across-months",
        "survey-recapture-odds-ratio-2",
        "volunteers-by-hours",
        "first-platforms-monotone-broken",
        "huggins-without",
    }


def test_warnings_of_ready_cells_have_their_sentences():
    """A code that a must-fail cell asks for is one that the reports can explain."""
    codes = {cell.rule.warning for cell in TABLE.ready if cell.rule.must == "fail" and cell.rule.warning}
    assert codes <= set(WARNINGS)


def test_same_bytes_for_one_and_two_workers(tmp_path):
    """The written table does not depend on the workers; a run that was stopped goes on and gives it too."""
    names = ["sadinle-*", "multiplicity-mild", "averaged-one-pair", "linear-pool"]
    one = certify(TABLE, names=names, quick=True)
    assert one.to_csv() == certify(TABLE, names=names, quick=True, executor=TWO).to_csv()
    certify(TABLE, names=names[:2], quick=True, earlier=Earlier(blocks=tmp_path))
    again = certify(TABLE, names=names, quick=True, executor=TWO, earlier=Earlier(blocks=tmp_path))
    assert one.to_csv() == again.to_csv()
    assert {path.name for path in tmp_path.iterdir()} == {verdict.cell.id for verdict in one.verdicts}


def test_earlier_rows_are_taken_over(tmp_path, monkeypatch):
    """A cell that is met in an earlier result of the same run keeps its row to the byte, and is said not to have been run."""
    names, file = ["wald-few", "sadinle-few", "wald-usual"], tmp_path / "first.csv"
    whole = certify(TABLE, names=names, quick=True)
    whole.write(file)
    tried = []
    monkeypatch.setattr(
        "microwork_estimate.study.certification.simulate_block", lambda task: tried.append(task) or [None]
    )
    again = certify(TABLE, names=names, quick=True, earlier=Earlier(results=[file]))
    assert (again.to_csv(), again.holds, tried) == (whole.to_csv(), True, [])
    assert [verdict.cell.id for verdict in again.kept] == ["sadinle-few", "wald-few", "wald-usual"]
    assert certificate_lines(again)[0] == "taken over from an earlier result, not run again: 3 cells"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("wald-few,show", "wald-few,pass"),
        (",200,", ",1000,"),
        (",met,", ",not met,"),
        (",quick,", ",full,"),
        ("0.1.0,", "0.0.9,"),
        ("lists-few", "lists-many"),
        ("wald-few", "wald-many"),
        ("chapman", "petersen"),
    ],
)
def test_rows_of_another_run_are_not_taken_over(tmp_path, before, after):
    """Another rule, number of simulations, form, version, world, estimator or a cell that was not met: it is run."""
    first = certify(TABLE, names=["wald-few"], quick=True)
    file = tmp_path / "first.csv"
    file.write_text(first.to_csv().replace(before, after), encoding="utf-8")
    again = certify(TABLE, names=["wald-few"], quick=True, earlier=Earlier(results=[file]))
    assert (again.kept, again.to_csv()) == ((), first.to_csv())


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", ",".join(COLUMNS) + "\n1,2\n"])
def test_other_tables_are_no_earlier_results(tmp_path, text):
    """A file with other columns, or rows too short, is refused before anything is run."""
    (tmp_path / "other.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match="not a table of results"):
        certify(TABLE, names=["wald-few"], quick=True, earlier=Earlier(results=[tmp_path / "other.csv"]))


def test_cells_of_one_world_see_the_same_data():
    """Two intervals around one estimate, in one world, have the same bias to the last digit."""
    certificate = certify(TABLE, names=["sadinle-few", "wald-few"], quick=True)
    first, second = (verdict.report.relative_bias for verdict in certificate.verdicts)
    assert first == second


def test_csv_has_a_row_for_each_cell(quick, tmp_path):
    """The written table has the columns it says, no NaN, and every cell; the whole file appears at once."""
    quick.write(tmp_path / "out" / "certificate.csv")
    text = (tmp_path / "out" / "certificate.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert [row["cell"] for row in rows] == [cell.id for cell in TABLE.cells]
    assert "nan" not in text.lower()
    assert {row["verdict"] for row in rows} == {"met"}
    assert {row["version"] for row in rows} == {metadata.version("microwork-estimate")}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["certificate.csv"]
    assert all(0.0 <= float(row["coverage"]) <= 1.0 for row in rows)


def test_shipped_certificate():
    """The certificate in the data is the full form of the whole table, all of it met, with the rules of the table."""
    with (ROOT / "data" / "certification" / "coverage-0.1.0.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert {row["form"] for row in rows} == {"full"}
    assert {row["version"] for row in rows} == {"0.1.0"}
    assert {row["verdict"] for row in rows} == {"met"}
    told = [(row["cell"], row["must"], row["estimator"], row["world"], row["simulations"]) for row in rows]
    assert told == [(cell.id, cell.rule.must, cell.estimator, cell.world, str(cell.full)) for cell in TABLE.cells]


# ---------------------------------------------------------------------------------------------------------------------
# Judging


def _outcomes(n=1000, *, hit=0.95, bias=0.0, spread=0.1, error=0.1, **more):
    noise = np.random.default_rng(1).standard_normal(n)
    values = 100.0 * (1.0 + bias + spread * (noise - noise.mean()) / noise.std(ddof=1))
    held = np.arange(n) < round(hit * n)
    return [
        Outcome(
            truth=100.0,
            value=float(value),
            standard_error=100.0 * error,
            low=0.0 if inside else 200.0,
            high=300.0,
            level=0.95,
            **more,
        )
        for value, inside in zip(values, held, strict=True)
    ]


def _judged(rule, outcomes, *, status="", answer=None):
    table = CertificateTable.model_validate(
        tomllib.loads("seed = 1\n" + WORLD + _cell(more='world = "w"\nwhy = "test"' + status, rule=rule))
    )
    return judge(table.cells[0], outcomes, answer)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, ""),
        ({"hit": 0.93}, ""),
        ({"hit": 0.90}, "coverage 0.900 is below 0.940"),
        ({"hit": 0.995}, "coverage 0.995 is above 0.960"),
        ({"bias": 0.009}, ""),
        ({"bias": 0.03}, "bias +0.0300 is beyond 0.0100"),
        ({"bias": -0.03}, "bias -0.0300 is beyond 0.0100"),
        ({"error": 0.08}, "standard errors are 0.800 of the standard deviation"),
        ({"error": 0.12}, "standard errors are 1.200 of the standard deviation"),
        ({"error": math.nan}, "standard errors are nan"),
    ],
)
def test_what_must_pass(options, reason):
    """Coverage on both sides, bias on both sides and standard errors on both sides are seen, beyond their errors."""
    verdict = _judged('must = "pass"', _outcomes(**options))
    assert verdict.word == ("not met" if reason else "met")
    assert len(verdict.reasons) == bool(reason)
    assert reason in verdict.line


def test_softer_rules():
    """Conservative cells may cover too often, a tolerance widens the band, a check that is left out is not made."""
    assert _judged('must = "pass", conservative = true', _outcomes(hit=0.995)).word == "met"
    assert _judged('must = "pass", conservative = true', _outcomes(hit=0.9)).word == "not met"
    assert _judged('must = "pass", tolerance = 0.03', _outcomes(hit=0.9)).word == "met"
    assert _judged('must = "pass", checks = ["coverage"]', _outcomes(bias=0.5, error=0.9)).word == "met"


def test_refusals_do_not_pass():
    """A cell whose estimator refuses the data is not met even if it covers often enough."""
    refused = [*_outcomes(990, hit=0.97), *[Outcome(truth=100.0, failure="no maximum")] * 10]
    verdict = _judged('must = "pass"', refused)
    assert verdict.reasons == ("refused the data 10 times: no maximum",)


@pytest.mark.parametrize(
    ("rule", "outcomes", "reason"),
    [
        ('warning = "alarm"', _outcomes(hit=0.1, codes=("alarm",)), ""),
        ('warning = "alarm"', _outcomes(hit=0.1), "'alarm' is there in 0 %"),
        (
            'warning = "alarm"',
            [*_outcomes(900, hit=0.1, codes=("alarm",)), *_outcomes(100, hit=0.1)],
            "'alarm' is there in 90 %",
        ),
        ('warning = "alarm"', _outcomes(hit=0.49, codes=("alarm",)), "coverage 0.490 is not below 0.5"),
        ('warning = "alarm", below = 0.7', _outcomes(hit=0.6, codes=("alarm",)), ""),
        ('says = "lower bound"', _outcomes(hit=0.1, method="Chao (lower bound)"), ""),
        ('says = "lower bound"', _outcomes(hit=0.1, method="Chao"), "'lower bound' is there in 0 %"),
        ('assumption = "luck", no_answer = "x"', _outcomes(hit=0.1, assumptions=(("luck", ""),)), ""),
        ('assumption = "luck", no_answer = "x"', _outcomes(hit=0.1), "'luck' is there in 0 %"),
    ],
)
def test_what_must_fail(rule, outcomes, reason):
    """A cell that must fail has to fail beyond its error, and the reader has to be told."""
    verdict = _judged(f'must = "fail", {rule}', outcomes)
    assert verdict.word == ("not met" if reason else "met")
    assert reason in verdict.line


def test_the_answer_is_the_function_that_the_assumption_names():
    """An assumption that names another function than the answering cell tries, or none, is not met."""
    cell, answer = BY_ID["sadinle-odds-ratio-2"], BY_ID["chapman-at-odds-ratio-2"]
    named = {"capture_recapture.odds_ratio_curve": "met", "capture_recapture.chapman": "not met", "": "not met"}
    for function, word in named.items():
        outcomes = _outcomes(hit=0.1, assumptions=(("independent-lists", function),))
        assert judge(cell, outcomes, answer).word == word


@pytest.mark.parametrize(
    ("rule", "outcomes", "word"),
    [
        ("bias = [-0.5, -0.4]", _outcomes(bias=-0.45), "met"),
        ("bias = [-0.5, -0.4]", _outcomes(bias=-0.3), "not met"),
        ("coverage = [0.8, 0.9]", _outcomes(hit=0.85), "met"),
        ("coverage = [0.8, 0.9]", _outcomes(hit=0.7), "not met"),
        ("error_ratio = [1.3, 1.6]", _outcomes(error=0.14), "met"),
        ("error_ratio = [1.3, 1.6]", _outcomes(), "not met"),
        ("error_ratio = [1.3, 1.6]", _outcomes(error=math.nan), "not met"),
    ],
)
def test_what_must_show(rule, outcomes, word):
    """A known size is shown, or it is not; a number that does not exist shows nothing."""
    assert _judged(f'must = "show", {rule}', outcomes).word == word


# ---------------------------------------------------------------------------------------------------------------------
# Bad tables


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (_cell(more='status = "missing"\nissue = 5'), "a cell called missing whose estimator exists"),
        (_cell(estimator="oracle"), "unknown name: expected one of chapman, .*got 'oracle'"),
        (_cell(more='world = "nowhere"'), "unknown world: expected one of w; got 'nowhere'"),
        (_cell(more='world = "w"\noptions = { speed = 3 }'), "wrong options.*unexpected keyword argument 'speed'"),
        (_cell(more=""), "a cell half said"),
        (_cell(more='world = "w"\nissue = 5'), "a cell half said"),
        (_cell(estimator="oracle", more='status = "missing"'), "a cell half said"),
        (_cell() + _cell(), "a cell twice"),
        (_cell(name="Two Words"), "wrong value"),
        (_cell(rule='must = "pass", tolerance = 0.2'), "an unusual rule without a reason"),
        (_cell(rule='must = "pass", checks = ["coverage"]'), "an unusual rule without a reason"),
        (_cell(rule='must = "pass", conservative = true'), "an unusual rule without a reason"),
        (_cell(rule='must = "fail", warning = "x", below = 0.9'), "an unusual rule without a reason"),
        (_cell(rule='must = "pass", luck = 1'), "unknown key"),
        (_cell(rule='must = "hope"'), "hope"),
        (_cell(rule='must = "fail"'), "a failure without its caution"),
        (_cell(rule='must = "fail", warning = "x", says = "y"'), "a failure without its caution"),
        (_cell(rule='must = "fail", assumption = "x"'), "a failure without its caution"),
        (_cell(rule='must = "fail", assumption = "x", answer = "b", no_answer = "c"'), "a failure without its caution"),
        (_cell(rule='must = "fail", assumption = "x", answer = "b"'), "an answer that is none"),
        (
            _cell(rule='must = "fail", assumption = "x", answer = "b"')
            + _cell("b", rule='must = "show", bias = [0.0, 1.0]'),
            "an answer that is none",
        ),
        (_cell(rule='must = "show"'), "nothing to show"),
        (_cell(rule='must = "show", bias = [1.0, 0.0]'), "nothing to show"),
        (_cell(more='world = "w"\nfull = 100'), "greater than or equal to 1000"),
        (_cell(more='world = "w"\nlevel = 95.0'), "less than 1"),
        (_cell() + "[worlds.v]\nwhat = 'x'\nkind = 'mars'\n" + _cell("b", more='world = "v"'), "unknown name.*'mars'"),
        (
            _cell() + "[worlds.v]\nwhat = 'x'\nkind = 'two_lists'\n" + _cell("b", more='world = "v"'),
            "wrong options.*missing a required",
        ),
        (
            "[worlds.v]\nwhat = 'x'\nkind = 'two_lists'\nparameters = { size = -1, expected_overlap = 1 }\n"
            + _cell("b", more='world = "v"'),
            "not a whole number",
        ),
        ("cells = []\nworlds = {}\n", "at least 1"),
        ("", "missing key"),
        ("a = [", "not a TOML file"),
    ],
)
def test_bad_tables_are_refused(tmp_path, part, problem):
    """Whatever is wrong in a table: one error of the family that says what, and where."""
    with pytest.raises(InvalidInput, match=problem):
        read_certificate_table(_file(tmp_path, part))


def test_unreadable_tables_are_refused(tmp_path):
    """A file that is not there and one that is not UTF-8."""
    with pytest.raises(InvalidInput, match="no such file"):
        read_certificate_table(tmp_path / "nothing.toml")
    (tmp_path / "latin.toml").write_bytes("seed = 1 # é".encode("latin-1"))
    with pytest.raises(InvalidInput, match="not a UTF-8 file"):
        read_certificate_table(tmp_path / "latin.toml")


def test_a_missing_cell_whose_estimator_has_come(tmp_path, monkeypatch):
    """As soon as the estimator of a missing cell is registered, the table is refused until the cell is done."""
    table = _file(tmp_path, _cell(), MISSING)
    assert len(read_certificate_table(table).missing) == 1
    monkeypatch.setattr(cells, "ESTIMATORS", {**cells.ESTIMATORS, "oracle": cells.ESTIMATORS["chapman"]})
    with pytest.raises(InvalidInput, match=r"called missing whose estimator exists.*cell waits"):
        read_certificate_table(table)


def test_where_the_table_lies(tmp_path):
    """In a wheel the table lies in the data beside the modules, in a checkout in validation; the wheel comes first."""
    package = tmp_path / "src" / "microwork_estimate"
    package.mkdir(parents=True)
    with pytest.raises(InvalidInput, match="the table of certificates is missing"):
        _find_table(package)
    for folder in (tmp_path / "validation", package / "data" / "certification"):
        folder.mkdir(parents=True)
        (folder / "coverage.toml").write_text("", encoding="utf-8")
        assert _find_table(package) == folder / "coverage.toml"
    assert table_path().read_bytes() == (ROOT / "validation" / "coverage.toml").read_bytes()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    targets = project["tool"]["hatch"]["build"]["targets"]
    assert targets["wheel"]["force-include"]["validation/coverage.toml"].endswith("data/certification/coverage.toml")
    assert "validation" in targets["sdist"]["include"]


# ---------------------------------------------------------------------------------------------------------------------
# The command


def _run(*arguments):
    return RUNNER.invoke(app, ["certify", "--quick", *arguments])


def _with_table(monkeypatch, table):
    monkeypatch.setattr(
        "microwork_estimate.study.certification.read_certificate_table", lambda: read_certificate_table(table)
    )


def test_command_lists_what_is_met_and_what_is_missing(tmp_path, monkeypatch):
    """Met and missing cells are named, the result is written, nothing is left beside it, and the code is 0."""
    _with_table(monkeypatch, _file(tmp_path, _cell("fine"), _cell("other"), MISSING))
    out = tmp_path / "new" / "certificate.csv"
    result = _run("--cells", "fine", "--cells", "wait*", "--workers", "2", "--out", str(out))
    assert result.exit_code == 0
    for text in ("fine", "met", "waits (issue 7)", "Cells as they must be: 1 of 1. Cells missing: 1."):
        assert text in " ".join(result.stdout.split())
    assert [path.name for path in out.parent.iterdir()] == ["certificate.csv"]
    assert out.read_text(encoding="utf-8").count("\n") == 3


def test_command_does_not_pass_silently(tmp_path, monkeypatch):
    """A cell that is not met, or nothing but missing cells, ends with code 1 and says why."""
    bad = _file(tmp_path, _cell(rule='must = "show", bias = [0.5, 0.6]'), MISSING)
    _with_table(monkeypatch, bad)
    assert _run("--cells", "waits").exit_code == 1
    result = _run("--cells", "a")
    assert result.exit_code == 1
    assert "not met: a (x): bias" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cells", "sadinle-ususal"), "unknown cell: expected one of the .* such as sadinle-usual"),
        (("--workers", "0", "--cells", "wald-few"), "impossible number of workers"),
    ],
)
def test_bad_options_of_the_command(arguments, message):
    """An unknown cell or an impossible number of workers ends with code 2 and one line."""
    result = _run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert re.search(message, result.stderr)


def test_unwritable_results_are_refused_before_the_work(tmp_path):
    """A file that cannot be written is refused at once."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(MicroworkError, match=r"cannot (write there|be written)"):
        certify_shipped(names=["wald-few"], quick=True, out=tmp_path / "file" / "x.csv")


def test_answers_come_along():
    """Who asks for a cell whose failure is answered in another gets the other too."""
    certificate = certify(TABLE, names=["wald-odds-ratio-2"], quick=True)
    assert [verdict.cell.id for verdict in certificate.met] == ["wald-odds-ratio-2", "chapman-at-odds-ratio-2"]


def test_progress_is_reported_cell_by_cell():
    """Each verdict is handed over once, in the order of the table."""
    seen: list[Verdict] = []
    certificate = certify(TABLE, names=["wald-few", "sadinle-few"], quick=True, progress=seen.append)
    assert tuple(seen) == certificate.verdicts
    assert [verdict.cell.id for verdict in seen] == ["sadinle-few", "wald-few"]
