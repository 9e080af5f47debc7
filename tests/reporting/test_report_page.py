"""The report as a page: self-contained, escaped, accessible, the same bytes again, and quick."""

import hashlib
import json
import math
import re
import subprocess
import sys
import time
import tomllib
from base64 import b64encode
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from microwork_estimate import reporting, study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.study import ResultTable

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "src" / "microwork_estimate" / "reporting" / "templates"
EVIL = "\"></title></style><script>alert('x')</script><!-- & ]]>"
VOID = {"meta", "link", "br", "input", "wbr", "img", "hr"}


@pytest.fixture(scope="module", params=study.shipped_studies())
def bundle(request):
    return study.run(study.load(request.param), n_replicates=99, seed=1)


@pytest.fixture(scope="module")
def like():
    return study.run(study.load("diplab-like"), n_replicates=99, seed=1)


class Page(HTMLParser):
    """A page as a list of elements, each with its tag, attributes, text and the elements around it."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.elements = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Keep an element."""
        element = {"tag": tag, "attrs": dict(attrs), "text": "", "inside": [e["tag"] for e in self.stack]}
        self.elements.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag, attrs):
        """Keep an element that closes itself."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        """Close the innermost element, which must be of this kind."""
        assert self.stack.pop()["tag"] == tag

    def handle_data(self, data):
        """Give the text to all elements around it."""
        for element in self.stack:
            element["text"] += data

    def all(self, *tags):
        """Return the elements of some kinds."""
        return [element for element in self.elements if element["tag"] in tags]


@pytest.fixture(scope="module", params=["en", "fr"])
def page(request, bundle):
    return Page(reporting.html_report(bundle, lang=request.param)), request.param, bundle


def test_the_page_is_well_formed_and_says_its_language(page):
    """Every element is closed where it should be; the language is that of the text."""
    content, lang, bundle = page
    assert content.stack == []
    assert content.all("html")[0]["attrs"]["lang"] == lang
    assert content.all("title")[0]["text"].replace("\u00a0", " ") == bundle.study[f"title_{lang}"]


def test_headings_go_down_by_one_and_names_are_unique(page):
    """One first heading; no level is skipped; no two elements share an id, pictures included; links lead somewhere."""
    content, _, _ = page
    levels = [int(element["tag"][1]) for element in content.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    names = [element["attrs"]["id"] for element in content.elements if "id" in element["attrs"]]
    assert len(names) == len(set(names))
    links = [element["attrs"]["href"] for element in content.all("a")]
    assert links[0] == "#headline"
    assert {link.removeprefix("#") for link in links} <= set(names)
    referred = [element["attrs"].get("aria-labelledby", "") for element in content.elements]
    assert {name for names_ in referred for name in names_.split()} <= set(names)
    clips = [e["attrs"].get("clip-path", "").removeprefix("url(#").removesuffix(")") for e in content.elements]
    assert {name for name in clips if name} <= set(names)


def test_tables_have_captions_and_scoped_headers(page):
    """Each table has one caption; each header cell says what it heads; each row begins with one."""
    content, _, _ = page
    tables, captions = content.all("table"), content.all("caption")
    assert len(tables) == len(captions) > 5
    assert all(caption["text"].strip() for caption in captions)
    assert all(header["attrs"]["scope"] in ("row", "col") for header in content.all("th"))
    assert all("data-label" in cell["attrs"] for cell in content.all("td"))


def test_pictures_have_words(page):
    """Each picture is named and described in its own language, with the numbers it shows."""
    content, _, _ = page
    pictures = [element for element in content.all("svg") if "svg" not in element["inside"]]
    assert pictures
    for picture in pictures:
        title, desc = picture["attrs"]["aria-labelledby"].split()
        words = {
            element["attrs"]["id"]: element["text"] for element in content.all("title", "desc") if element["attrs"]
        }
        assert picture["attrs"]["role"] == "img"
        assert words[title].strip()
        assert re.search(r"\d", words[desc])


def test_nothing_outside_the_file_is_named_as_a_resource(page):
    """No element loads anything; the policy forbids all requests; the only address is the name space of SVG."""
    content, _, _ = page
    for element in content.elements:
        assert "src" not in element["attrs"]
        for name in ("href", "xlink:href"):
            assert element["attrs"].get(name, "#").startswith(("#", "data:,"))
        assert not [name for name in element["attrs"] if name.startswith("on")]
    policy = next(e["attrs"]["content"] for e in content.all("meta") if "http-equiv" in e["attrs"])
    assert "default-src 'none'" in policy
    style = content.all("style")[0]["text"]
    assert "url(" not in style
    assert "@import" not in style


def test_only_the_program_of_this_package_may_run(like):
    """The policy names the checksum of the one program of the page."""
    content = Page(reporting.html_report(like))
    scripts = [element for element in content.all("script") if "type" not in element["attrs"]]
    assert len(scripts) == 1
    digest = b64encode(hashlib.sha256(scripts[0]["text"].encode()).digest()).decode()
    policy = next(e["attrs"]["content"] for e in content.all("meta") if "http-equiv" in e["attrs"])
    assert f"script-src 'sha256-{digest}'" in policy


def test_the_dial_is_labelled_and_its_positions_are_those_of_the_curve(like):
    """The slider has a label and a live region; its data are one position for each odds ratio of the bundle."""
    content = Page(reporting.html_report(like))
    (slider,) = content.all("input")
    (label,) = content.all("label")
    assert slider["attrs"]["type"] == "range"
    assert label["attrs"]["for"] == slider["attrs"]["id"]
    assert any(element["attrs"].get("aria-live") == "polite" for element in content.elements)
    data = next(e["text"] for e in content.all("script") if e["attrs"].get("type") == "application/json")
    steps, curve = json.loads(data), like.tables["odds_ratio_curve"]
    assert int(slider["attrs"]["max"]) == len(steps) - 1 == len(curve.rows) - 1
    assert steps[int(slider["attrs"]["value"])]["now"] == "Odds ratio 1"
    for step, (_, value, low, high) in zip(steps, curve.rows, strict=True):
        shown = float(step["estimate"].replace(",", ""))
        assert abs(shown - value) <= (high - low) / 40
        assert 0 <= step["low"] <= step["at"] <= step["high"] <= 1
    cells = {cell["text"] for cell in content.all("td")}
    assert {step["interval"] for step in steps} <= cells


def test_what_comes_from_the_bundle_cannot_become_markup(like):
    """A title, a label, a table and a source full of tags stay text, in the page, its pictures, its data and its styles."""
    labels = {key: {**words, "en": EVIL, "fr": EVIL} for key, words in like.study["labels"].items()}
    tiers = [{**tier, "label_en": EVIL, "criterion_en": EVIL} for tier in like.study["tiers"]]
    evil = {**like.study, "title_en": EVIL, "territory": EVIL, "labels": labels, "tiers": tiers, "sources": [EVIL]}
    table = ResultTable(columns=(EVIL, "low", "high"), rows=((EVIL, 1.0, 2.0),))
    bad = replace(like, study=evil, tables={**like.tables, EVIL: table}, environment={EVIL: EVIL})
    content = Page(reporting.html_report(bad))
    assert len(content.all("script")) == len(Page(reporting.html_report(like)).all("script"))
    assert all("alert" not in script["text"] for script in content.all("script"))
    assert "alert" not in content.all("style")[0]["text"]
    assert content.all("h1")[0]["text"] == EVIL


def test_unknown_tables_are_shown_with_rounded_numbers(like):
    """A table that nobody has described is shown by its names; its numbers are rounded by the interval of their row."""
    table = ResultTable(
        columns=("new_thing", "persons", "low", "high", "flag", "gone"),
        rows=(("a", 37_434.4, 21_000.4, 59_999.0, True, None), ("b", 3, 1.0, math.inf, False, math.nan)),
    )
    content = Page(reporting.html_report(replace(like, tables={**like.tables, "some_new_table": table})))
    found = [cell["text"] for cell in content.all("td", "th", "caption")]
    for text in ("some new table", "new thing", "37,000", "[21,000,\u00a060,000]", "yes", "≥\u00a01"):
        assert text in found, text


def test_hidden_cells_say_so(like):
    """A cell that is hidden because few people stand behind it is not shown as a missing number."""
    table = ResultTable(columns=("name", "n"), rows=(("a", None), ("b", 12)), suppressed=((0, "n"),))
    text = reporting.markdown_report(replace(like, tables={**like.tables, "cells": table}), lang="fr")
    assert "| a | masqué |" in text
    assert "| b | 12 |" in text


def test_a_synthetic_study_says_so_on_every_page(like):
    """On the screen, and in the margin of each printed page; a study of real people has no such banner."""
    text = reporting.html_report(like)
    assert '<p class="synthetic" role="note">SYNTHETIC DATA' in text
    assert '@top-center { content: "SYNTHETIC DATA' in text
    real = reporting.html_report(study.run(study.load("stewart2015"), n_replicates=9, seed=1))
    assert 'class="synthetic"' not in real
    assert "@top-center" not in real


def test_french_pages_are_french(bundle):
    """No label of the page is left in English, and numbers have narrow no-break spaces."""
    content = Page(reporting.html_report(bundle, lang="fr"))
    headings = {element["text"] for element in content.all("h1", "h2", "h3")}
    assert {"Les estimations", "Hypothèses", "Comment citer", "Identifiant de ce résultat"} <= headings
    heads = {element["text"] for element in content.all("th") if element["attrs"]["scope"] == "col"}
    assert not heads & {"estimate", "value", "source of", "status", "what it is", "low", "high", "warnings"}
    assert re.search("\\d\u202f\\d{3}", content.all("main")[0]["text"])
    assert " :" not in content.all("main")[0]["text"]


def test_other_languages_are_refused(like):
    """English and French only, in every format."""
    for make in (reporting.html_report, reporting.markdown_report, reporting.latex_report):
        with pytest.raises(InvalidInput, match="unknown choice"):
            make(like, lang="de")


def test_the_page_is_small_and_quick(bundle):
    """Less than 1.5 MB and less than 5 seconds of work, with the longest tables that ship."""
    start = time.process_time()
    text = reporting.html_report(bundle, lang="fr")
    assert time.process_time() - start < 5
    assert len(text.encode("utf-8")) < 1.5e6


def test_the_same_bundle_gives_the_same_bytes(tmp_path, like):
    """In this process and in a new one, which hashes differently."""
    (tmp_path / "bundle.json").write_text(like.to_json(), encoding="utf-8")
    program = (
        "import hashlib, sys; from microwork_estimate import reporting, study; "
        "text = reporting.html_report(study.read_bundle(sys.argv[1]), lang='fr'); "
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    text = reporting.html_report(like, lang="fr")
    assert text == reporting.html_report(like, lang="fr")
    assert run.stdout.strip() == hashlib.sha256(text.encode()).hexdigest()


def _luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_have_the_contrast_of_level_aa():
    """Text on every ground it stands on: 4.5 to 1; outlines, lines and marks: 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11)."""
    from microwork_estimate.reporting import plots

    assert _contrast("#ffffff", "#000000") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", (TEMPLATES / "report.css").read_text(encoding="utf-8")))
    for text in ("ink", "muted", "link"):
        for ground in ("ground", "band"):
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert _contrast(colours["alarm-ink"], colours["alarm"]) >= 4.5
    for mark in (colours["focus"], colours["line"], plots.BLUE, plots.ORANGE, plots.GREY):
        assert _contrast(mark, colours["ground"]) >= 3
    assert _contrast(plots.INK, colours["ground"]) >= 4.5
    assert "color-scheme: light;" in (TEMPLATES / "report.css").read_text(encoding="utf-8")


def test_every_colour_of_text_has_a_name():
    """Text gets its colour from the named ones only, so that the contrast of all of it is checked."""
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    used = re.findall(r"(?<![a-z-])color: ([^;]+);", style)
    assert used
    assert all(value.startswith("var(--") or value == "inherit" for value in used)


def test_focus_is_seen_and_the_page_prints():
    """Whatever can be reached by the keyboard shows its focus; printing drops what is interactive."""
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    for selector in ("a:focus-visible", "input:focus-visible", "[tabindex]:focus-visible"):
        assert selector in style
    printed = style[style.index("@media print") :]
    assert "nav, .skip, .dial, .on-screen { display: none; }" in printed


def test_the_templates_travel_with_the_package():
    """The templates are files of the package that the wheel is made of."""
    names = {path.name for path in TEMPLATES.iterdir()}
    assert {"report.html", "blocks.html", "report.css", "report.js", "report.tex"} <= names
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["src/microwork_estimate"]


def test_tables_of_many_columns_are_cards_on_a_tablet_too(like):
    """The table of accounts has eight columns: it is wide, and the rules of cards reach it before it sticks out."""
    text = reporting.html_report(like)
    frames = dict(re.findall(r'<div class="(frame[^"]*)"[^>]*>\s*<table[^>]*>\s*<caption[^>]*>([^<]*)', text))
    assert "frame stack wide" in frames
    widths = dict(re.findall(r"@media (?:screen and )?\(max-width: (\d+)rem\) \{\s*\.(\w+) thead", text))
    assert {kind: int(width) for width, kind in widths.items()} == {"wide": 64, "stack": 40}
