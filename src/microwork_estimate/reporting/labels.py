"""Words for readers, in English and French, and how each language writes numbers."""

from __future__ import annotations

import math
import re
from typing import Literal

from microwork_estimate.errors import check_choice
from microwork_estimate.reporting.warning_texts import WARNINGS

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")

_NARROW_NO_BREAK_SPACE = "\u202f"
_NO_BREAK_SPACE = "\u00a0"

LABELS: dict[str, tuple[str, str]] = {
    "tier": ("tier", "niveau d'activité"),
    "quantity": ("quantity", "grandeur"),
    "published": ("published", "publié"),
    "recomputed": ("recomputed", "recalculé"),
    "estimate": ("estimate", "estimation"),
    "interval": ("{level} interval", "intervalle à {level}"),
    "bounds": ("bounds", "bornes"),
    "open": ("what the data leave open", "ce que les données laissent ouvert"),
    "readings": ("other readings of the same figures", "autres lectures des mêmes chiffres"),
    "no_reading": ("not known", "on ne sait pas"),
    "to": ("{low} to {high}", "de {low} à {high}"),
    "method": ("method", "méthode"),
    "warnings": ("warnings", "avertissements"),
    "assumptions": ("assumptions", "hypothèses"),
    "truth": ("truth", "vérité"),
    "estimated": ("estimate and interval", "estimation et intervalle"),
    "truth_tiers_title": ("The tiers of the simulated workforce", "Les niveaux de la population simulée"),
    "truth_exclusive_title": (
        "The truth without counting anybody twice",
        "La vérité sans compter personne deux fois",
    ),
    "truth_nested": ("truth (nested)", "vérité (emboîtée)"),
    "plot.truth": ("truth", "vérité"),
    "unavailable": ("unavailable", "indisponible"),
    "not_published": ("not published", "non publié"),
    "none": ("–", "–"),
    "infinity": ("no upper limit", "sans limite supérieure"),
    "persons": ("persons", "personnes"),
    "key": ("key", "clé"),
    "value": ("value", "valeur"),
    "unit": ("unit", "unité"),
    "status": ("status", "statut"),
    "reason": ("reason", "raison"),
    "documents_title": ("Sources", "Sources"),
    "what": ("what it is", "ce que c'est"),
    "source": ("source", "source"),
    "status.published": ("published", "publié"),
    "status.second_hand": ("second hand", "de seconde main"),
    "status.implied": ("implied", "déduit"),
    "status.assumed": ("assumed", "supposé"),
    "status.unavailable": ("unavailable", "indisponible"),
    "inputs_title": ("Inputs of {study}", "Données d'entrée de {study}"),
    "published_title": (
        "Published results of {study} (to compare with, never an input)",
        "Résultats publiés de {study} (pour comparaison, jamais en entrée)",
    ),
    "context_title": (
        "Figures to compare and to describe with (never an input)",
        "Chiffres de comparaison et de description (jamais en entrée)",
    ),
    "qualifier.exactly": ("{value}", "{value}"),
    "qualifier.about": ("about {value}", "environ {value}"),
    "qualifier.nearly": ("nearly {value}", "près de {value}"),
    "qualifier.more than": ("more than {value}", "plus de {value}"),
    "qualifier.at least": ("at least {value}", "au moins {value}"),
    "elicited_title": ("Uncertain factors of {study}", "Facteurs incertains de {study}"),
    "tiers_title": ("The published tiers, recomputed", "Les niveaux publiés, recalculés"),
    "exclusive_title": (
        "The same figures without counting anybody twice",
        "Les mêmes chiffres sans compter personne deux fois",
    ),
    "nested": ("as published (nested)", "tel que publié (emboîté)"),
    "exclusive": ("this tier only", "ce niveau seulement"),
    "total_refused": (
        "the plain sum of the nested figures would be {total}: it counts people two and three times",
        "la somme brute des chiffres emboîtés donnerait {total} : elle compte des personnes deux et trois fois",
    ),
    "contrasts_title": ("The tiers set against each other", "Les niveaux comparés deux à deux"),
    "contrasts_note": (
        "the wider tier minus the other, and the other as a share of it; each replicate gives one of both, so that tiers "
        "estimated from one source move together",
        "le niveau le plus large moins l'autre, et la part de l'autre dans celui-ci ; chaque réplique donne l'une et "
        "l'autre, si bien que les niveaux tirés d'une même source varient ensemble",
    ),
    "contrast": ("{inner} among {outer}", "{inner} parmi les {outer}"),
    "contrast_difference": ("difference", "différence"),
    "contrast_ratio": ("ratio", "rapport"),
    "estimates_title": ("Estimates", "Estimations"),
    "findings_title": ("What the figures do not show", "Ce que les chiffres ne montrent pas"),
    "correlation_title": (
        "The same, if the visitors were spread evenly over the sites of one provider",
        "De même, si les visiteurs étaient répartis également entre les sites d'un fournisseur",
    ),
    "correlation": ("correlation of errors", "corrélation des erreurs"),
    "comparison_title": ("Beside the published figures", "À côté des chiffres publiés"),
    "difference": ("difference", "écart"),
    "tornado_title": ("What moves the figure most", "Ce qui fait le plus varier le chiffre"),
    "factor": ("factor", "facteur"),
    "low": ("low", "bas"),
    "high": ("high", "haut"),
    "variance_share": ("share of variance", "part de la variance"),
    "dependence_title": (
        "If two lists are not independent: factor on their figure",
        "Si deux listes ne sont pas indépendantes : facteur sur leur chiffre",
    ),
    "odds_ratio": ("odds ratio", "rapport des cotes"),
    "observed_share": ("{share} seen", "{share} vus"),
    "drift_title": ("The same counts under different mixtures", "Les mêmes comptages selon le mélange"),
    "components": ("components", "composantes"),
    "aic": ("AIC", "AIC"),
    "years_title": ("Mean of the pairs of months, by year", "Moyenne des paires de mois, par année"),
    "pairs": ("pairs", "paires"),
    "year": ("year", "année"),
    "month": ("month", "mois"),
    "synthetic": ("SYNTHETIC DATA: no real person is counted here", "DONNÉES SYNTHÉTIQUES : aucune personne réelle"),
    "warnings_title": ("Warnings, in words", "Les avertissements, en toutes lettres"),
    "assumptions_title": ("Assumptions, in words", "Les hypothèses, en toutes lettres"),
    "identifier": ("result {identifier}", "résultat {identifier}"),
    "written": ("written: {files}", "fichiers écrits : {files}"),
    "plot.point": ("estimate and interval", "estimation et intervalle"),
    "plot.bounds": ("bounds (not an interval)", "bornes (pas un intervalle)"),
    "plot.lower_bound": ("lower bound", "borne inférieure"),
    "plot.published": ("published figure", "chiffre publié"),
    "plot.unavailable": ("cannot be recomputed", "impossible à recalculer"),
    "plot.persons_log": ("persons (log scale)", "personnes (échelle logarithmique)"),
    "plot.persons": ("persons", "personnes"),
    "plot.pair": ("pair of consecutive months, Chapman", "paire de mois consécutifs, Chapman"),
    "plot.yearly": ("mean of the year", "moyenne de l'année"),
    "series_title": ("Size by pairs of months", "Taille par paires de mois"),
    "activity_title": ("Activity tiers by year", "Niveaux d'activité par année"),
    "share": ("share of answers", "part des réponses"),
    "answers": ("answers", "réponses"),
}
# The units of the registry's figures.
UNITS: dict[str, tuple[str, str]] = {
    "persons": ("persons", "personnes"),
    "accounts": ("accounts", "comptes"),
    "visits": ("visits", "visites"),
    "visitors": ("visitors", "visiteurs"),
    "platforms": ("platforms", "plateformes"),
    "platforms per person": ("platforms per person", "plateformes par personne"),
    "share": ("share", "part"),
    "percent": ("%", "%"),
    "ratio": ("ratio", "rapport"),
    "occasions": ("occasions", "occasions"),
    "days": ("days", "jours"),
    "hours per week": ("hours per week", "heures par semaine"),
    "EUR per hour": ("EUR per hour", "euros par heure"),
    "EUR per month": ("EUR per month", "euros par mois"),
    "USD per hour": ("USD per hour", "dollars par heure"),
    "full-time equivalents": ("full-time equivalents", "équivalents temps plein"),
    "information criterion": ("information criterion", "critère d'information"),
    "text": ("", ""),
}


def check_language(lang: str) -> Language:
    """Return the language if the library speaks it.

    Raises
    ------
    InvalidInput
        If it does not.
    """
    return "fr" if check_choice(lang, LANGUAGES, where="lang") == "fr" else "en"


def label(key: str, lang: Language, **values: object) -> str:
    """Return the words for `key`, with `values` filled in."""
    return LABELS[key][LANGUAGES.index(lang)].format(**values)


def warning_text(code: str, lang: Language) -> str:
    """Return what a warning code means, in one sentence."""
    return WARNINGS[code][LANGUAGES.index(lang)]


def number(value: float | None, lang: Language, *, digits: int = 0) -> str:
    """Write a number as the language does: 1,234.5 in English, 1 234,5 in French (narrow no-break space)."""
    if value is None:
        return label("none", lang)
    if math.isinf(value):
        return label("infinity", lang)
    text = f"{value:,.{digits}f}"
    if lang == "fr":
        text = text.replace(",", _NARROW_NO_BREAK_SPACE).replace(".", ",")
    return text


def percent(share: float, lang: Language, *, digits: int = 0) -> str:
    """Write a share as a percentage: 95% in English, 95 % in French."""
    gap = _NO_BREAK_SPACE if lang == "fr" else ""
    return f"{number(100 * share, lang, digits=digits)}{gap}%"


def span(low: float, high: float, lang: Language, *, digits: int = 0) -> str:
    """Write a range, for an interval or for bounds."""
    if math.isinf(high):
        prefix = "≥" + _NO_BREAK_SPACE
        return f"{prefix}{number(low, lang, digits=digits)}"
    separator = f"{_NO_BREAK_SPACE};{_NO_BREAK_SPACE}" if lang == "fr" else f",{_NO_BREAK_SPACE}"
    return f"[{number(low, lang, digits=digits)}{separator}{number(high, lang, digits=digits)}]"


def typeset(text: str, lang: Language) -> str:
    """Put no-break spaces where French writes a space before a sign (punctuation, per cent, euro) or inside quotes."""
    if lang == "en":
        return text
    text = re.sub(r" ([:;?!»%€])", _NO_BREAK_SPACE + r"\1", text)
    return text.replace("« ", "«" + _NO_BREAK_SPACE)
