"""SYNTHETIC tables for a first run: made-up persons with a fixed seed, observed as a study would observe them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Row = tuple[object, ...]

EXAMPLE_SEED = 20260131
EXAMPLE_YEAR = 2026
RESPONDENTS = 400
_PERSONS = 30_000
_ON_PLATFORM = (0.55, 0.45, 0.30)  # chances of being registered on each of the three platforms
_FREQUENCIES = (0.04, 0.07, 0.05, 0.12, 0.10, 0.62)
_SHARES = {"sex": (0.56, 0.44), "age": (0.16, 0.34, 0.28, 0.14, 0.08), "other_job": (0.45, 0.22, 0.33)}
_HOURS = (18.0, 9.0, 4.0, 2.0, 1.0, 0.3)  # mean hours a week, by frequency


def example_tables(categories: Mapping[str, list[str]]) -> dict[str, list[Row]]:
    """Make up a small workforce and observe it: a survey of accounts, margins, two lists, audience of the sites.

    Parameters
    ----------
    categories : mapping of str to list of str
        The answers to each question, in the language of the example, in the order of the codebook.

    Returns
    -------
    dict of str to list of tuple
        Rows of ``survey``, ``margins``, ``lists`` and ``audience``. The same every time.

    Examples
    --------
    >>> from microwork_estimate.study.starting import questions
    >>> rows = questions("en")
    >>> names = dict.fromkeys(row["variable"] for row in rows)
    >>> answers = {v: [r["category"] for r in rows if r["variable"] == v and r["category"]] for v in names}
    >>> len(example_tables(answers)["survey"])
    400
    """
    random = np.random.default_rng(EXAMPLE_SEED)
    member = random.random((_PERSONS, 3)) < _ON_PLATFORM
    member = member[member.any(axis=1)]
    persons = {
        name: random.choice(len(found), len(member), p=_chances(name, len(found)))
        for name, found in categories.items()
        if found
    }
    weekly = persons["frequency"] < 3  # the first three answers are at least once a week
    return {
        "survey": _survey(random, member, persons, categories),
        "margins": _margins(member, persons, categories),
        "lists": _lists(random, int(weekly.sum())),
        "audience": [
            (site, int(round(1.6 * float((member[:, at] & (persons["frequency"] < 5)).sum()), -1)))
            for at, site in enumerate(categories["platform"])
        ],
    }


def _chances(name: str, size: int) -> tuple[float, ...]:
    known = _FREQUENCIES if name == "frequency" else _SHARES.get(name)
    return known if known is not None else (1 / size,) * size


def _survey(
    random: np.random.Generator, member: Any, persons: Mapping[str, Any], categories: Mapping[str, list[str]]
) -> list[Row]:
    """Draw respondents from the accounts of each platform, unequally, and let a few leave questions out."""
    rows: list[Row] = []
    for platform, size in enumerate((160, 140, 100)):
        for person in random.choice(np.flatnonzero(member[:, platform]), size, replace=False):
            said = {name: found[int(persons[name][person])] for name, found in categories.items() if found}
            hours = random.gamma(2.0, _HOURS[int(persons["frequency"][person])] / 2)
            answered = random.random() > 0.04  # one in twenty-five does not say
            rows.append(
                (
                    f"r{len(rows) + 1:04d}",
                    f"{EXAMPLE_YEAR}-01-{int(random.integers(5, 30)):02d}",
                    categories["platform"][platform],
                    int(member[person].sum()),
                    *(
                        categories[f"on_platform_{letter}"][0 if on else 1]
                        for letter, on in zip("abc", member[person], strict=True)
                    ),
                    said["frequency"],
                    round(min(hours, 80.0), 1) if answered else "",
                    round(hours * 4.3 * float(random.uniform(1, 4))) if answered else "",
                    int(random.integers(2012, 2026)),
                    *(
                        said[name]
                        for name in ("reason", "other_job", "below_poverty_line", "sex", "age", "education", "children")
                    ),
                    "Île-de-France",
                    1,
                )
            )
    return rows


def _margins(member: Any, persons: Mapping[str, Any], categories: Mapping[str, list[str]]) -> list[Row]:
    accounts = member.sum(axis=1)
    rows: list[Row] = [("platform", name, int(member[:, at].sum())) for at, name in enumerate(categories["platform"])]
    for variable in ("sex", "age"):
        rows += [
            (variable, name, int(accounts[persons[variable] == at].sum()))
            for at, name in enumerate(categories[variable])
        ]
    return rows


def _lists(random: np.random.Generator, size: int) -> list[Row]:
    first, second = random.random(size) < 0.3, random.random(size) < 0.2  # chances of being on each list
    patterns = ((1, 1, first & second), (1, 0, first & ~second), (0, 1, ~first & second))
    return [(one, other, int(seen.sum())) for one, other, seen in patterns]
