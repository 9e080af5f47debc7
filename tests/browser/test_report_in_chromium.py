"""The report in a real browser and in a real LaTeX: `make test-browser`, which needs Chromium, poppler and pdflatex.

Nothing here is skipped: where a program is missing, the test fails and says which.
"""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from playwright.sync_api import sync_playwright

from microwork_estimate import reporting, study
from microwork_estimate.reporting.labels import label
from microwork_estimate.reporting.report_words import words

STUDIES = study.shipped_studies()
LANGUAGES = ("en", "fr")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


def _program(*names):
    """Return the path of a program that this machine must have."""
    found = next((path for path in map(shutil.which, names) if path), None)
    assert found, f"install {' or '.join(names)} to run these tests"
    return found


@pytest.fixture(scope="session")
def bundles():
    return {name: study.run(study.load(name), n_replicates=199, seed=1) for name in STUDIES}


@pytest.fixture(scope="session")
def pages(bundles, tmp_path_factory):
    """Write every report and return the files."""
    folder = tmp_path_factory.mktemp("reports")
    files = {}
    for name, bundle in bundles.items():
        for lang in LANGUAGES:
            files[name, lang] = folder / f"{name}.{lang}.html"
            files[name, lang].write_text(reporting.html_report(bundle, lang=lang), encoding="utf-8")
    return files


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        path = _program("chromium", "chromium-browser", "google-chrome")
        chromium = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield chromium
        chromium.close()


class Visit:
    """A page with everything that it said and asked for."""

    def __init__(self, browser, file, width, **options):
        self.context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        self.page = self.context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.route("**/*", self._answer)
        self.address = file.as_uri()
        self.page.goto(self.address)

    def _answer(self, route):
        """Let the page itself through, and write down and refuse whatever else it asks for."""
        if route.request.url == self.address:
            route.continue_()
        else:
            self.asked.append(route.request.url)
            route.abort()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


@pytest.mark.parametrize("width", [360, 700, 1280])
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
def test_it_renders_without_sideways_scrolling_errors_or_requests(browser, pages, name, lang, width):
    """On a phone, a tablet and a desk: everything is as wide as the window; no word on the console; nothing is asked for."""
    with Visit(browser, pages[name, lang], width) as visit:
        sizes = visit.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert sizes[0] <= sizes[1] == width
        wide = """() => [...document.querySelectorAll('main *')].filter(e => !e.closest('.frame.long, .frame.sideways, svg')
            && getComputedStyle(e).position !== 'absolute' && e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.outerHTML.slice(0, 80))"""
        assert visit.page.evaluate(wide) == []
        assert visit.page.locator("figure svg").count() >= 1
        assert visit.page.locator("figure svg").first.bounding_box()["height"] > 60
        assert visit.page.evaluate("document.documentElement.lang") == lang
        assert visit.said == []
        assert visit.asked == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["diplab-2019", "diplab-like"])
def test_the_dial_moves_by_the_keyboard_to_the_values_of_the_table(browser, pages, name, lang):
    """Home, every arrow to the right, End: estimate and interval are those of the row of the table, and said aloud."""
    with Visit(browser, pages[name, lang], 360) as visit:
        page = visit.page
        slider = page.get_by_label(re.compile("^(Odds ratio between|Rapport des cotes entre)"))
        assert page.get_by_role("slider").count() == 1
        title = {"en": "Estimate for each odds ratio", "fr": "Estimation pour chaque rapport des cotes"}[lang]
        rows = page.locator("table", has=page.locator("caption", has_text=title)).first.locator("tbody tr")
        table = [row.locator("th, td").all_text_contents() for row in rows.all()]
        assert len(table) == 6
        slider.focus()
        page.keyboard.press("Home")
        bars = []
        for ratio, estimate, interval, meaning in table:
            assert page.locator("#dial-now").inner_text().replace("\u00a0", " ").endswith(f" {ratio}")
            assert page.locator("#dial-estimate").text_content() == estimate
            assert page.locator("#dial-interval").text_content() == interval
            assert page.locator("#dial-meaning").text_content() == meaning
            assert slider.get_attribute("aria-valuetext") == page.locator("#dial-now").text_content()
            bars.append(page.locator("#dial-bar").bounding_box()["x"])
            page.keyboard.press("ArrowRight")
        assert bars == sorted(bars)
        assert bars[-1] > bars[0] + 40
        page.keyboard.press("End")
        assert page.locator("#dial-estimate").text_content() == table[-1][1]
        assert page.locator("[aria-live=polite] #dial-interval").count() == 1
        assert visit.said == []


def test_the_dial_shows_the_numbers_of_the_bundle(browser, bundles, pages):
    """At every odds ratio the shown estimate lies within a twentieth of the half-interval of the computed one."""
    curve = bundles["diplab-like"].tables["odds_ratio_curve"]
    with Visit(browser, pages["diplab-like", "en"], 1280) as visit:
        visit.page.locator("#dial-range").focus()
        visit.page.keyboard.press("Home")
        for _, value, low, high in curve.rows:
            shown = float(visit.page.locator("#dial-estimate").text_content().replace(",", ""))
            assert abs(shown - value) <= (high - low) / 40
            visit.page.keyboard.press("ArrowRight")


def test_without_javascript_the_curve_is_read(browser, pages):
    """No dead slider: the curve and its table are there."""
    with Visit(browser, pages["diplab-like", "en"], 360, java_script_enabled=False) as visit:
        assert not visit.page.locator("#dial-range").is_visible()
        assert visit.page.locator("#dial ~ figure svg").first.is_visible()
        assert visit.page.get_by_text("Estimate for each odds ratio").first.is_visible()


def test_the_keyboard_sees_where_it_is(browser, pages):
    """The first stop is the link to the estimates, which appears; the slider and the long table can be reached."""
    with Visit(browser, pages["diplab-like", "en"], 1280) as visit:
        page = visit.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.locator(".skip").bounding_box()["x"] >= 0
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "headline"
        page.locator("#dial-range").focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
def test_it_prints(browser, bundles, pages, tmp_path, name, lang):
    """On paper: several pages, all text, nothing that only works on a screen, the synthetic banner on every page."""
    file = tmp_path / "report.pdf"
    with Visit(browser, pages[name, lang], 1280) as visit:
        visit.page.pdf(path=str(file), prefer_css_page_size=True)
        visit.page.emulate_media(media="print")
        assert not visit.page.locator("#dial-range").first.is_visible()
        assert not visit.page.locator("nav").is_visible()
    text = subprocess.run(
        [_program("pdftotext"), "-layout", str(file), "-"], capture_output=True, text=True, check=True
    ).stdout
    sheets = text.split("\f")[:-1]
    assert len(sheets) > 3
    assert bundles[name].digest[:20] in text
    assert words("dial_help", lang)[:20] not in text
    banner = label("synthetic", lang)[:12]
    assert [banner in sheet for sheet in sheets] == [bundles[name].study["synthetic"]] * len(sheets)


def test_a_title_full_of_tags_does_not_run(browser, bundles, tmp_path):
    """A study whose title is a program shows the program and does not run it."""
    bundle = bundles["diplab-like"]
    evil = "<script>document.title = 'run'</script><img src=x onerror=\"document.title='run'\">"
    labels = {key: {**said, "en": evil} for key, said in bundle.study["labels"].items()}
    file = tmp_path / "evil.html"
    bad = replace(bundle, study={**bundle.study, "title_en": evil, "labels": labels})
    file.write_text(reporting.html_report(bad), encoding="utf-8")
    with Visit(browser, file, 1280) as visit:
        assert visit.page.title() == evil
        assert visit.page.locator("h1").text_content() == evil
        assert visit.page.locator("img").count() == 0
        assert visit.asked == []
        assert visit.said == []


def test_a_program_that_slipped_in_would_not_run(browser, pages, tmp_path):
    """The policy of the page refuses every program but its own, and every request."""
    text = pages["diplab-like", "en"].read_text(encoding="utf-8")
    file = tmp_path / "slipped.html"
    added = "<script>document.title = 'run'</script><img src='https://example.org/x.png'>"
    file.write_text(text.replace("</main>", f"{added}</main>"), encoding="utf-8")
    with Visit(browser, file, 1280) as visit:
        assert visit.page.title() != "run"
        assert visit.asked == []
        assert len([said for said in visit.said if "Content Security Policy" in said]) == 2


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
def test_latex_compiles(bundles, tmp_path, name, lang):
    """A document comes out of pdflatex without an error, and nothing sticks out of the page by more than 5 mm."""
    (tmp_path / "report.tex").write_text(reporting.latex_report(bundles[name], lang=lang), encoding="utf-8")
    command = [_program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    for _ in range(2):
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    log = (tmp_path / "report.log").read_text(encoding="latin-1")
    assert run.returncode == 0, log[-2000:]
    over = [float(points) for points in re.findall(r"Overfull \\hbox \(([0-9.]+)pt", log)]
    assert max(over, default=0) < 14.2
    assert (tmp_path / "report.pdf").stat().st_size > 20_000


def test_latex_of_a_hostile_bundle_compiles(bundles, tmp_path):
    """Signs that LaTeX reads, and letters that its fonts lack, do not stop it."""
    evil = '\\end{document} 50 % & #1 $x$ {~^_} "q" [1] <b> | 日本 \u202f\u00a0é œ ‰ \\input{/etc/passwd}'
    bundle = bundles["diplab-like"]
    labels = {key: {**said, "en": evil} for key, said in bundle.study["labels"].items()}
    bad = replace(bundle, study={**bundle.study, "title_en": evil, "territory": evil, "labels": labels})
    (tmp_path / "report.tex").write_text(reporting.latex_report(bad), encoding="utf-8")
    command = [_program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert run.returncode == 0, run.stdout.decode("latin-1")[-2000:]
    assert (tmp_path / "report.pdf").exists()
