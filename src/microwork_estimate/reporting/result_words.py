"""Words about results that are verified and compared, in English and French."""

from __future__ import annotations

from microwork_estimate.reporting.labels import Language, typeset

WORDS: dict[str, tuple[str, str]] = {
    "identical": ("identical to the byte", "identique à l'octet près"),
    "within-tolerance": (
        "the same within the tolerance of {tolerance}",
        "identique à la tolérance de {tolerance} près",
    ),
    "differs": ("differs", "différent"),
    "verified": ("{identifier}: {verdict}", "{identifier} : {verdict}"),
    "other_versions": (
        "made with other versions of the software than those here",
        "réalisé avec d'autres versions des logiciels que celles d'ici",
    ),
    "largest": (
        "largest relative difference within the tolerance: {size}",
        "plus grand écart relatif dans la tolérance : {size}",
    ),
    "not_run": (
        "not run again: a table of the study has changed",
        "non recalculé : un tableau de l'étude a changé",
    ),
    "files_same": ("{n} files are what was recorded of them", "{n} fichiers conformes à ce qui en a été enregistré"),
    "added": (
        "added by this version of the program, {n} in all: {names}",
        "ajouté par cette version du programme, {n} en tout : {names}",
    ),
    "wording": (
        "worded otherwise by this version of the program, {n} in all: {names}",
        "formulé autrement par cette version du programme, {n} en tout : {names}",
    ),
    "files_title": ("Files that are not what was recorded", "Fichiers non conformes à l'enregistrement"),
    "file": ("file", "fichier"),
    "kind": ("kind", "nature"),
    "state": ("state", "état"),
    "crate": ("of the result", "du résultat"),
    "input": ("table of the study", "tableau de l'étude"),
    "changed": ("changed", "modifié"),
    "missing": ("missing", "absent"),
    "unavailable": ("not at hand", "indisponible"),
    "differences_title": ("What differs", "Ce qui diffère"),
    "place": ("place", "endroit"),
    "old": ("old", "ancien"),
    "new": ("new", "nouveau"),
    "relative": ("relative", "relatif"),
    "more": ("and {n} others", "et {n} autres"),
    "changes_title": ("What changed, and why", "Ce qui a changé, et pourquoi"),
    "compared": ("{old} → {new}", "{old} → {new}"),
    "same": ("nothing that can be swapped differs", "rien de ce qui peut être échangé ne diffère"),
    "one": ("they differ in: {names}", "ils diffèrent par : {names}"),
    "order": ("swapped one after the other: {names}", "échangés l'un après l'autre : {names}"),
    "averaged": ("mean over {n} orders of: {names}", "moyenne sur {n} ordres de : {names}"),
    "not_walked": (
        "no order could be run: the components are not told apart",
        "aucun ordre n'a pu être calculé : les composantes ne sont pas séparées",
    ),
    "not_separated": (
        "cannot be told from the code, because it is not at hand as it was: {names}",
        "ne peut être séparé du code, faute de le retrouver tel quel : {names}",
    ),
    "only_old": ("only in the old result: {names}", "seulement dans l'ancien résultat : {names}"),
    "only_new": ("only in the new result: {names}", "seulement dans le nouveau résultat : {names}"),
    "beyond": (
        "* more than twice the Monte Carlo error",
        "* plus du double de l'erreur de Monte-Carlo",
    ),
    "estimate": ("estimate", "estimation"),
    "quantity": ("number", "nombre"),
    "change": ("change", "variation"),
    "parts": ("parts", "parts"),
    "value": ("value", "valeur"),
    "standard_error": ("standard error", "erreur type"),
    "low": ("lower end", "borne inférieure"),
    "high": ("upper end", "borne supérieure"),
    "data": ("data", "données"),
    "margins": ("margins", "marges"),
    "method": ("method", "méthode"),
    "monte_carlo": ("Monte Carlo", "Monte-Carlo"),
    "code": ("code", "code"),
    "none": ("–", "–"),
}


def result_words(key: str, lang: Language, **places: object) -> str:
    """Return a word or a sentence about results in one language.

    Examples
    --------
    >>> result_words("data", "fr")
    'données'
    """
    english, french = WORDS[key]
    return typeset((french if lang == "fr" else english).format(**places), lang)
