"""A new study: a folder with a commented study file, tables to fill, and a page that says what to do."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import jinja2

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.study.example_tables import EXAMPLE_SEED, EXAMPLE_YEAR, Row, example_tables
from microwork_estimate.study.safe_folder import replace_files
from microwork_estimate.study.schema import schema_text

Language = Literal["en", "fr"]
TEMPLATES = ("diplab", "two-lists")
STUDY_NAME = {"en": "study.toml", "fr": "etude.toml"}
MARGIN_VARIABLES = ("platform", "sex", "age")
LISTS_HEADER = {"en": ("list_a", "list_b", "persons"), "fr": ("liste_a", "liste_b", "persons")}
PLACEHOLDERS = ("(to be completed)", "(à compléter)", "Your name", "Votre nom")
_HERE = Path(__file__).resolve().parent / "templates"
_OPTIONAL = re.compile(r"^#\? ", re.MULTILINE)
_WORDS = {
    False: {
        "title_en": "How many people micro-work?",
        "title_fr": "Combien de personnes micro-travaillent ?",
        "description_en": "A study in preparation.",
        "description_fr": "Une étude en préparation.",
        "source_survey_en": "Survey of micro-workers (to be completed)",
        "source_survey_fr": "Enquête auprès de micro-travailleurs (à compléter)",
        "source_platforms_en": "Figures given by the platforms (to be completed)",
        "source_platforms_fr": "Chiffres communiqués par les plateformes (à compléter)",
        "author_en": "Your name",
        "author_fr": "Votre nom",
        "banner_en": "",
        "banner_fr": "",
    },
    True: {
        "title_en": "SYNTHETIC: an example with made-up micro-workers",
        "title_fr": "DONNÉES SYNTHÉTIQUES : un exemple avec des micro-travailleurs inventés",
        "description_en": "Made by a program; nothing in it is true of anybody.",
        "description_fr": "Produit par un programme ; rien n'y est vrai de quiconque.",
        "source_survey_en": f"SYNTHETIC survey, seed {EXAMPLE_SEED}",
        "source_survey_fr": f"Enquête SYNTHÉTIQUE, graine {EXAMPLE_SEED}",
        "source_platforms_en": f"SYNTHETIC figures, seed {EXAMPLE_SEED}",
        "source_platforms_fr": f"Chiffres SYNTHÉTIQUES, graine {EXAMPLE_SEED}",
        "author_en": "The microwork_estimate team",
        "author_fr": "L'équipe de microwork_estimate",
        "banner_en": "**SYNTHETIC: the tables of this folder were made by a program. Nothing in them is true of "
        "anybody.**\n\n",
        "banner_fr": "**DONNÉES SYNTHÉTIQUES : les tableaux de ce dossier ont été produits par un programme. Rien n'y est "
        "vrai de quiconque.**\n\n",
    },
}


def start(folder: str | Path, *, template: str = "diplab", lang: str = "en", example: bool = False) -> tuple[Path, ...]:
    """Write the folder of a new study: a commented study file, tables to fill, a README, the schema for editors.

    Parameters
    ----------
    folder : str or Path
        A folder that is not there yet; its name becomes the id of the study.
    template : str
        ``"diplab"`` (a survey on platforms, with margins, and lists and audience as other ways to count) or
        ``"two-lists"`` (capture-recapture).
    lang : str
        ``"en"`` or ``"fr"``.
    example : bool
        Fill the tables with SYNTHETIC figures, made with a fixed seed, so that the study can run at once.

    Returns
    -------
    tuple of Path
        The files, all of which appear together.

    Raises
    ------
    InvalidInput
        If there is something at that place already, or if template or language are unknown.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     [file.name for file in start(Path(place) / "mine", template="two-lists")]
    ['study.toml', 'lists.csv', 'README.md', 'study.schema.json']
    """
    check_choice(template, TEMPLATES, where="template")
    language: Language = "fr" if check_choice(lang, get_args(Language), where="lang") == "fr" else "en"
    target = Path(folder)
    if target.exists() or target.is_symlink():
        raise InvalidInput(
            "something is there already",
            expected="a folder that does not exist yet",
            got="a folder" if target.is_dir() else "a file",
            where=str(target),
            fix="choose another name: nothing is overwritten",
        )
    texts = _texts(template, language, example, _identifier(target))
    return replace_files(target, {name: partial(_write, content=text) for name, text in texts.items()})


def _write(path: Path, content: str) -> None:
    """Write a text; tables with semicolons get the mark by which spreadsheets know that it is UTF-8."""
    marked = path.suffix == ".csv" and ";" in content.partition("\n")[0]
    path.write_text(content, encoding="utf-8-sig" if marked else "utf-8", newline="\n")


def _identifier(target: Path) -> str:
    """Make the id of a study of the name of its folder."""
    letters = re.sub(r"[^a-z0-9]+", "-", target.resolve().name.lower()).strip("-")
    return letters or "my-study"


def _texts(template: str, lang: Language, example: bool, name: str) -> dict[str, str]:
    known = {
        "id": name,
        "year": EXAMPLE_YEAR if example else datetime.date.today().year,
        "synthetic": "true" if example else "false",
    }
    words = {**known, **_WORDS[example]}
    study = _filled(f"{template}/study.{lang}.toml", words)
    return {
        STUDY_NAME[lang]: _OPTIONAL.sub("", study) if example else study,
        **_tables(template, lang, example),
        "README.md": _filled(f"{template}/README.{lang}.md", words),
        "study.schema.json": schema_text(),
    }


def _filled(name: str, words: Mapping[str, object]) -> str:
    text = (_HERE / name).read_text(encoding="utf-8")
    # The text is TOML or Markdown, not a page: what stands in it comes from this file, and nothing is to be escaped.
    engine = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    return engine.from_string(text).render(words)


def _tables(template: str, lang: Language, example: bool) -> dict[str, str]:
    rows = questions(lang)
    variables = list(dict.fromkeys(row["variable"] for row in rows))
    categories = {v: [row["category"] for row in rows if row["variable"] == v and row["category"]] for v in variables}
    filled = example_tables(categories) if example else {}
    unfilled: dict[str, list[Row]] = {
        "margins": [(variable, category, "") for variable in MARGIN_VARIABLES for category in categories[variable]],
        "lists": [(1, 1, ""), (1, 0, ""), (0, 1, "")],
        "audience": [(platform, "") for platform in categories["platform"]],
    }
    headers = {
        "survey": tuple(variables),
        "margins": ("variable", "category", "total"),
        "lists": LISTS_HEADER[lang],
        "audience": ("site", "visitors"),
    }
    content = {name: (header, filled.get(name) or unfilled.get(name, [])) for name, header in headers.items()}
    content["codebook"] = (tuple(rows[0]), [tuple(row.values()) for row in rows])
    wanted = content if template == "diplab" else {"lists": content["lists"]}
    return {f"tables/{name}.csv": _csv(header, found, lang) for name, (header, found) in wanted.items()}


def questions(lang: str) -> list[dict[str, str]]:
    """Return the questionnaire of the template, row by row, with the categories in one language.

    The published structure of the DiPLab questionnaire: platforms and multi-homing, frequency, hours, earnings,
    demographics.

    Parameters
    ----------
    lang : str
        ``"en"`` or ``"fr"``: the language of the categories; questions and labels are in both.

    Returns
    -------
    list of dict
        With the columns of :data:`microwork_estimate.study.codebooks.COLUMNS`.

    Examples
    --------
    >>> [row["category"] for row in questions("fr") if row["variable"] == "sex"]
    ['femmes', 'hommes']
    """
    text = (_HERE / "codebook.csv").read_text(encoding="utf-8")
    found = []
    for row in csv.DictReader(io.StringIO(text)):
        variable, kind = row.pop("variable"), row.pop("kind")
        found.append({"variable": variable, "kind": kind, "category": row[f"label_{lang}"], **row})
    return found


def _csv(header: Row, rows: Iterable[Row], lang: Language) -> str:
    """Write a table as spreadsheets of a language read it: in French, semicolons and decimal commas."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n", delimiter=";" if lang == "fr" else ",")
    writer.writerow(header)
    for row in rows:
        writer.writerow(
            str(cell).replace(".", ",") if lang == "fr" and isinstance(cell, float) else cell for cell in row
        )
    return content.getvalue()
