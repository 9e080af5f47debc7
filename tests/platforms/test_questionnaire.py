"""The questionnaire of platform-days is there in both languages, with the bands and columns that the code reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from microwork_estimate.platforms import Bands, DayQuestion

TEXT = (Path(__file__).parents[2] / "docs" / "questionnaire.md").read_text(encoding="utf-8")


def part(language: str) -> str:
    """The text of one language, from its heading to the next of the same rank."""
    return re.split(r"^## ", TEXT.split(f"\n## {language}\n")[1], flags=re.MULTILINE)[0]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("English", ("each day", "counts as two", "last 28 days", "Q1.", "Q2.", "yes", "no", "interviewer")),
        ("Français", ("chaque jour", "compte pour deux", "28 derniers jours", "Q1.", "Q2.", "oui", "non", "enquêteur")),
    ],
)
def test_question_stands_in_both_languages(language, words):
    """Question, rule for two platforms on a day, window and interviewer's notes are in each language."""
    text = " ".join(part(language).replace("> ", "").split())
    assert [word for word in words if word not in text.replace("**", "")] == []


@pytest.mark.parametrize("language", ["English", "Français"])
def test_bands_and_columns_are_those_of_the_code(language):
    """The bands offered are the default bands, and the columns the default columns."""
    text = part(language)
    assert re.findall(r"☐ (\d[\d+-]*)", text) == list(Bands().labels)
    question = DayQuestion()
    assert all(f"`{name}`" in text for name in (question.platform, question.day, question.visits))


def test_french_has_its_accents_and_both_have_the_same_parts():
    """The French text is French, and no part of one language lacks in the other."""
    english, french = part("English"), part("Français")
    assert english.count("### ") == french.count("### ") == 3
    assert all(letter in french for letter in "éèà")
