"""How a result is cited."""

import re
from dataclasses import replace

import pytest
import yaml

from microwork_estimate import reporting, study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.citation import document_rows


@pytest.fixture(scope="module")
def bundle():
    return study.run(study.load("diplab-2019"), n_replicates=9, seed=1)


def test_apa_names_the_result_its_documents_and_the_software(bundle):
    """The result comes first with its identifier, then the documents to cite with the study, the software last."""
    first, *documents, software = reporting.citation(bundle).splitlines()
    assert first.startswith("The microwork_estimate team. (n.d.). Result of the study"), (
        "the paper's authors did not make it"
    )
    assert bundle.identifier in first
    assert documents[0].startswith("Le Ludec, C., Tubaro, P., & Casilli, A. A. (2019).")
    assert len(documents) == len(study.load("diplab-2019").cite)
    assert documents[0].endswith("arXiv:1901.03889. https://arxiv.org/abs/1901.03889")
    assert "https://doi.org/10.13169/workorgalaboglob.14.1.0067" in documents[2]
    assert software.startswith("The microwork_estimate team. (n.d.).")


def test_apa_in_french_has_french_words(bundle):
    """Between the last two names stands “et”, without a date “s. d.”."""
    first, second = reporting.citation(bundle, lang="fr").splitlines()[:2]
    assert first.startswith("The microwork_estimate team. (s. d.). Résultat de l'étude «")
    assert second.startswith("Le Ludec, C., Tubaro, P. et Casilli, A. A. (2019).")
    assert "[Jeu de données]" in first


@pytest.mark.parametrize("name", study.shipped_studies())
def test_cff_has_what_version_1_2_asks_for(name):
    """Version, message, title and authors are there; each reference has a type, a title and authors; DOIs have their form."""
    content = yaml.safe_load(reporting.citation(study.run(study.load(name), n_replicates=9, seed=1), "cff"))
    assert content["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "identifiers", "references"} <= set(content)
    assert content["type"] == "dataset"
    assert "date-released" not in content
    for entry in (content, *content["references"]):
        assert entry["title"]
        assert all(set(author) in ({"name"}, {"family-names", "given-names"}) for author in entry["authors"])
    for entry in content["references"]:
        assert entry["type"] in ("article", "generic", "software")
        assert re.fullmatch(r"10\.\d{4,9}/\S+", entry.get("doi", "10.1234/x"))
        assert isinstance(entry.get("year", 0), int)
    assert content["references"][-1]["type"] == "software"


def test_bibtex_has_an_entry_for_each(bundle):
    """Result, documents and software are entries with keys of their own, braces that close and no bare sign of TeX."""
    text = reporting.citation(bundle, "bibtex")
    keys = re.findall(r"^@\w+\{([^,]+),$", text, flags=re.MULTILINE)
    assert len(set(keys)) == len(keys) == 2 + len(study.load("diplab-2019").documents)
    assert (keys[0], keys[-1]) == ("result-diplab-2019", "software-microwork-estimate")
    assert text.count("{") == text.count("}")
    assert not re.search(r"(?<!\\)[&%$#]", text)
    assert r"microwork\_estimate" in text


def test_signs_of_tex_are_written_for_tex(bundle):
    """A title with signs that TeX reads otherwise comes out as it is."""
    documents = [{"title": "100 % of {R&D}_1 at #1 ~ $5^2 \\", "authors": ["Doe, Jane"]}]
    odd = replace(bundle, study={**bundle.study, "documents": documents})
    line = next(line for line in reporting.citation(odd, "bibtex").splitlines() if "100" in line)
    assert r"100 \% of \{R\&D\}\_1 at \#1 \textasciitilde{} \$5\textasciicircum{}2 \textbackslash{}" in line


def test_a_bundle_without_documents_cites_its_source_lines(bundle):
    """A study that is not at hand is cited by the lines that its result holds."""
    held = {key: value for key, value in bundle.study.items() if key != "documents"}
    unknown = replace(bundle, study={**held, "id": "unknown"})
    text = reporting.citation(unknown)
    assert text.startswith("The microwork_estimate team. (n.d.).")
    assert str(unknown.study["sources"][0])[:-1] in text


def test_documents_in_the_bundle_come_before_those_of_the_program(bundle):
    """Rows of documents in a bundle are what is cited, those to cite with the study only."""
    rows = document_rows(study.load("mturk"))
    held = replace(bundle, study={**bundle.study, "documents": rows})
    lines = reporting.citation(held).splitlines()
    assert len(lines) == 2 + len(study.load("mturk").cite)
    assert "Difallah" in lines[1]


def test_more_than_twenty_authors_are_shortened(bundle):
    """Of more than twenty authors, APA names the first nineteen and the last."""
    names = [f"Name{n:02d}, A" for n in range(25)]
    documents = [{"title": "T", "authors": names}]
    own = {**bundle.study, "id": "my-study", "documents": documents}
    first = reporting.citation(replace(bundle, study=own)).splitlines()[0]
    assert "Name18, A., … Name24, A." in first
    assert "Name19" not in first


def test_given_names_become_initials(bundle):
    """A given name with a hyphen keeps it; an institution stays as it is."""
    documents = [{"title": "T", "authors": ["Dupont, Jean-Luc Marie", "Insee"]}]
    text = reporting.citation(replace(bundle, study={**bundle.study, "id": "my-study", "documents": documents}))
    assert text.startswith("Dupont, J.-L. M., & Insee. (n.d.).")


def test_unknown_styles_and_languages_are_refused(bundle):
    """What is not known is not guessed."""
    with pytest.raises(InvalidInput, match="unknown style"):
        reporting.citation(bundle, "mla")
    with pytest.raises(InvalidInput, match="unknown choice"):
        reporting.citation(bundle, lang="de")
