"""The report as Markdown and LaTeX, and the command that writes it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from microwork_estimate import reporting, study
from microwork_estimate.cli import app
from microwork_estimate.reporting import TextTable
from microwork_estimate.reporting.report_latex import latex_table, latex_text

RUNNER = CliRunner()
EVIL = "a|b\n<b>*x*_y_ $1 \\end{document} 100 % & #1 {~^"


@pytest.fixture(scope="module", params=study.shipped_studies())
def bundle(request):
    return study.run(study.load(request.param), n_replicates=99, seed=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("result")
    text = study.run(study.load("diplab-2019"), n_replicates=19, seed=1).to_json()
    (path / "bundle.json").write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_markdown_tables_have_as_many_cells_as_columns(bundle, lang):
    """Each row of a table has the bars of its head; a bar inside a cell is escaped."""
    lines = reporting.markdown_report(bundle, lang=lang).splitlines()
    rules = [at for at, line in enumerate(lines) if re.fullmatch(r"\|( -+:? \|)+", line)]
    assert len(rules) > 5
    for at in rules:
        width = lines[at].count("|")
        assert lines[at - 1].count("|") == width
        end = at + 1
        while end < len(lines) and lines[end].startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", lines[end])) == width
            end += 1
        assert end > at + 1


def test_markdown_does_not_take_orders_from_a_bundle(bundle):
    """Tags, bars and emphasis in a title and in a source are text."""
    text = reporting.markdown_report(replace(bundle, study={**bundle.study, "title_en": EVIL, "sources": [EVIL]}))
    fenced = re.findall(r"^(`{3,})\n.*?^\1$", text, flags=re.MULTILINE | re.DOTALL)
    assert len(fenced) == 3
    text = re.sub(r"^(`{3,})\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert "<b>" not in text
    assert text.splitlines()[0].startswith("# a")
    assert text.splitlines()[0].endswith("^")
    assert "*x*" not in text.replace("\\*", "")
    assert "a\\|b" in text


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_latex_is_balanced_and_typeset(bundle, lang):
    """As many environments are closed as opened; rules are those of booktabs; French gets its babel."""
    text = reporting.latex_report(bundle, lang=lang)
    begun, ended = (re.findall(rf"\\{word}{{(\w+)}}", text) for word in ("begin", "end"))
    assert sorted(begun) == sorted(ended)
    assert begun.count("longtable") > 5
    assert text.count(r"\bottomrule\endfoot") == begun.count("longtable")
    assert {"en": r"\usepackage[english]{babel}", "fr": r"\usepackage[french]{babel}"}[lang] in text
    assert "\u202f" not in text
    assert "\u00a0" not in text
    assert "|" not in re.sub(r"\\begin{longtable}{.*?}\n", "", text)


def test_latex_without_a_document_is_ready_to_be_included(bundle):
    """The same tables without a preamble."""
    text = reporting.latex_report(bundle, standalone=False)
    assert "documentclass" not in text
    assert text in reporting.latex_report(bundle) + "\n"


def test_latex_escapes_every_sign_that_it_reads():
    """Nothing of a text is a command; letters that the fonts lack are named by their code points."""
    written = latex_text(EVIL)
    assert r"\end{" not in written
    assert r"\textbackslash{}end\{document\} 100 \% \& \#1" in written
    assert latex_text("266\u202f126\u00a0; «\u00a0é\u00a0» ≥ 5") == (
        r"266\,126~; \guillemotleft{}~é~\guillemotright{} $\geq$ 5"
    )
    assert latex_text("日") == r"\texttt{U+65E5}"
    assert latex_text("a" * 40).count(r"\allowbreak{}") == 4
    assert latex_text("capture_recapture.odds_ratio").count(r"\allowbreak{}") == 3


def test_latex_columns_fill_the_line_and_no_more():
    """The widths of the columns and the gaps between them make up one line."""
    for content in (("a", "b"), ("word", "x" * 300, "c"), tuple(f"column{i}" for i in range(9))):
        table = TextTable(title="t", columns=content, rows=(content,), numeric=(1,))
        widths = [float(width) for width in re.findall(r"p{([0-9.]+)\\linewidth}(?=>|@)", latex_table(table))]
        widths = [width for width in widths if width != 0.98]
        assert len(widths) == len(content)
        assert 0.8 < sum(widths) <= 1


@pytest.mark.parametrize(("form", "start"), [("html", "<!DOCTYPE html>"), ("md", "# "), ("latex", "\\documentclass")])
def test_the_command_prints_every_format(folder, form, start):
    """From the folder or its file, in both languages, the text of the library and nothing else."""
    make = {"html": reporting.html_report, "md": reporting.markdown_report, "latex": reporting.latex_report}[form]
    for path, lang in ((folder, "en"), (folder / "bundle.json", "fr")):
        result = RUNNER.invoke(app, ["report", str(path), "--format", form, "--lang", lang])
        assert result.exit_code == 0
        assert result.stdout == make(study.read_bundle(folder), lang=lang)
        assert result.stdout.startswith(start)


def test_the_command_writes_a_file(folder, tmp_path):
    """--out writes the file, makes its folder, and says where it is."""
    file = tmp_path / "new" / "rapport.html"
    result = RUNNER.invoke(app, ["report", str(folder), "--lang", "fr", "--out", str(file)])
    assert result.exit_code == 0
    assert "fichiers écrits" in result.stdout
    assert file.read_text(encoding="utf-8") == reporting.html_report(study.read_bundle(folder), lang="fr")


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--format", "pdf"], "'html', 'md', 'latex'"), (["--lang", "de"], "unknown choice"), ([], "")],
)
def test_what_cannot_be_reported_ends_with_code_2(folder, tmp_path, options, message):
    """An unknown format, an unknown language, a folder without a result: one line, nothing written."""
    path = folder if options else tmp_path
    file = tmp_path / "out.html"
    result = RUNNER.invoke(app, ["report", str(path), *options, "--out", str(file)])
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not file.exists()


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[1] / "reference" / "bundles").glob("*.json")), ids=lambda path: path.stem
)
def test_bundles_of_earlier_schemas_are_reported(path, lang):
    """A result that an older version wrote has its report in every format."""
    bundle = study.read_bundle(path)
    assert bundle.identifier in reporting.html_report(bundle, lang=lang)
    assert bundle.identifier in reporting.markdown_report(bundle, lang=lang)
    assert r"\end{document}" in reporting.latex_report(bundle, lang=lang)
