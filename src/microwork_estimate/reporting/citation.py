"""How to cite a result: APA, BibTeX or CITATION.cff."""

from __future__ import annotations

from microwork_estimate.reporting.labels import check_language
from microwork_estimate.study import ResultBundle
from microwork_estimate.study.citation import citation_text


def citation(bundle: ResultBundle, style: str = "apa", lang: str = "en") -> str:
    """Return the citation of a result, with the documents of its study, and the software apart.

    Parameters
    ----------
    bundle : ResultBundle
    style : {"apa", "bibtex", "cff"}
        APA gives one reference a line: the result first, the documents to cite with its study, the software last.
    lang : {"en", "fr"}
        Language of the words around the names; only APA has any.

    Returns
    -------
    str

    Raises
    ------
    InvalidInput
        If the style or the language is unknown.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("diplab-2019"), n_replicates=9, seed=1)
    >>> citation(bundle, lang="fr").splitlines()[1].startswith("Le Ludec, C., Tubaro, P. et Casilli, A. A. (2019).")
    True
    """
    return citation_text(bundle, style, check_language(lang))
