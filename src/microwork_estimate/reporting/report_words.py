"""The words of the report, in English and French."""

from __future__ import annotations

from microwork_estimate.reporting.labels import LANGUAGES, Language, typeset

WORDS: dict[str, tuple[str, str]] = {
    "skip": ("Skip to the estimates", "Aller aux estimations"),
    "contents": ("Contents", "Sommaire"),
    "territory": ("Territory: {territory}", "Territoire : {territory}"),
    "scroll": ("table, scrolls sideways", "tableau, défile latéralement"),
    "headline": ("The estimates", "Les estimations"),
    "headline_rule": (
        "Each estimate is rounded to two significant digits of its standard error or, where it has none, of half of its "
        "interval; ends of intervals and bounds are rounded outward. Published figures, and arithmetic on declared "
        "figures without sampling error, are printed in full.",
        "Chaque estimation est arrondie à deux chiffres significatifs de son erreur type ou, à défaut, de la moitié de "
        "son intervalle ; les extrémités des intervalles et les bornes sont arrondies vers l'extérieur. Les chiffres "
        "publiés, et les calculs sur des chiffres déclarés sans erreur d'échantillonnage, sont imprimés en entier.",
    ),
    "all_estimates": ("All estimates", "Toutes les estimations"),
    "says": ("What the result says", "Ce que dit le résultat"),
    "tables": ("Tables", "Tableaux"),
    "series": ("{title}", "{title}"),
    "waterfall": ("From declared accounts to persons", "Des comptes déclarés aux personnes"),
    "waterfall_axis": ("accounts, then persons", "comptes, puis personnes"),
    "tornado": ("What moves the figure most", "Ce qui fait le plus varier le chiffre"),
    "dial": ("If the two lists are not independent", "Si les deux listes ne sont pas indépendantes"),
    "dial_intro": (
        "Two lists alone cannot tell how strongly being on one goes with being on the other. The odds ratio says it: "
        "1 means not at all. Each value of it gives another estimate and another interval.",
        "Deux listes seules ne disent pas à quel point figurer sur l'une va avec figurer sur l'autre. Le rapport des "
        "cotes l'exprime : 1 signifie pas du tout. À chaque valeur correspondent une autre estimation et un autre "
        "intervalle.",
    ),
    "dial_label": ("Odds ratio between the two lists", "Rapport des cotes entre les deux listes"),
    "dial_help": (
        "Move with the arrow keys, or by dragging.",
        "Se déplace avec les flèches du clavier ou en glissant.",
    ),
    "dial_now": ("Odds ratio {ratio}", "Rapport des cotes {ratio}"),
    "dial_table": ("Estimate for each odds ratio", "Estimation pour chaque rapport des cotes"),
    "dial_meaning": ("what it means", "ce que cela signifie"),
    "dial_less": (
        "Being on one list makes being on the other less likely: the odds are divided by {factor}.",
        "Figurer sur une liste rend moins probable de figurer sur l'autre : les cotes sont divisées par {factor}.",
    ),
    "dial_same": (
        "The lists are independent: being on one says nothing about the other.",
        "Les listes sont indépendantes : figurer sur l'une n'apprend rien sur l'autre.",
    ),
    "dial_more": (
        "Being on one list makes being on the other more likely: the odds are multiplied by {factor}.",
        "Figurer sur une liste rend plus probable de figurer sur l'autre : les cotes sont multipliées par {factor}.",
    ),
    "dial_factor": ("factor on the published figure", "facteur sur le chiffre publié"),
    "dial_factor_range": (
        "published figure times the factor, by the share of people seen",
        "chiffre publié multiplié par le facteur, selon la part des personnes vues",
    ),
    "audit": ("Objections and answers", "Objections et réponses"),
    "routes": ("Several routes to one number", "Plusieurs voies vers un même nombre"),
    "assumptions": ("Assumptions", "Hypothèses"),
    "assumptions_list": ("In words", "En toutes lettres"),
    "warnings": ("Warnings", "Avertissements"),
    "warnings_intro": (
        "What the program noticed while it estimated. The codes are those of the tables.",
        "Ce que le programme a remarqué en estimant. Les codes sont ceux des tableaux.",
    ),
    "code": ("code", "code"),
    "says_that": ("what it says", "ce qu'il dit"),
    "concerns": ("estimates concerned", "estimations concernées"),
    "statement": ("assumption", "hypothèse"),
    "no_warnings": ("No estimate has a warning.", "Aucune estimation n'a d'avertissement."),
    "provenance": ("Provenance", "Provenance"),
    "inputs": ("What goes in", "Ce qui entre dans le calcul"),
    "published": (
        "Published figures (to compare with, never an input)",
        "Chiffres publiés (pour comparaison, jamais en entrée)",
    ),
    "files": ("Data files", "Fichiers de données"),
    "file": ("file", "fichier"),
    "checksum": ("SHA-256", "SHA-256"),
    "settings": ("Settings", "Réglages"),
    "setting": ("setting", "réglage"),
    "setting.seed": ("seed of the random streams", "graine des flux aléatoires"),
    "setting.n_replicates": ("replicates", "répliques"),
    "setting.threshold": ("smallest count of persons that is shown", "plus petit effectif montré"),
    "setting.level": ("confidence level", "niveau de confiance"),
    "environment": ("Software", "Logiciels"),
    "program": ("program", "programme"),
    "version": ("version", "version"),
    "sources": ("Sources", "Sources"),
    "cite": ("How to cite", "Comment citer"),
    "cite_bibtex": ("BibTeX", "BibTeX"),
    "identifier": ("Identifier of this result", "Identifiant de ce résultat"),
    "digest": ("SHA-256 of the result", "SHA-256 du résultat"),
    "figure_forest": (
        "Estimates, intervals, bounds and reference figures",
        "Estimations, intervalles, bornes et repères",
    ),
    "figure_all": (
        "All estimates of persons, logarithmic axis",
        "Toutes les estimations de personnes, axe logarithmique",
    ),
    "figure_tornado": (
        "Range of the figure when one factor moves and the others stay",
        "Étendue du chiffre quand un facteur varie et que les autres restent",
    ),
    "figure_series": ("Estimates over time", "Estimations au fil du temps"),
    "figure_dial": (
        "Estimate and interval by odds ratio, both axes logarithmic",
        "Estimation et intervalle selon le rapport des cotes, deux axes logarithmiques",
    ),
    "figure_factor": (
        "Factor on the figure by odds ratio and share of people seen, both axes logarithmic",
        "Facteur sur le chiffre selon le rapport des cotes et la part vue, deux axes logarithmiques",
    ),
    "range": ("from {low} to {high}", "de {low} à {high}"),
    "suppressed": ("hidden", "masqué"),
    "figure_waterfall": (
        "What each step takes away, and what is left",
        "Ce que chaque étape retire, et ce qui reste",
    ),
    "range_head": ("range", "fourchette"),
    "persons_axis": ("persons", "personnes"),
    "share_seen": ("{share} seen", "{share} vus"),
    "yes": ("yes", "oui"),
    "no": ("no", "non"),
    "rows": ("{count} rows", "{count} lignes"),
}
# Titles of the tables of a result, by their names in the bundle.
TITLES: dict[str, tuple[str, str]] = {
    "odds_ratio_curve": ("Estimate for each odds ratio", "Estimation pour chaque rapport des cotes"),
    "month_pairs": ("Pairs of months", "Paires de mois"),
    "month_pairs_open": ("Pairs of months, turnover taken out", "Paires de mois, renouvellement déduit"),
    "eras": ("By period", "Par période"),
    "quarters": ("Quarter by quarter", "Trimestre par trimestre"),
    "ledger": ("From declared accounts to persons", "Des comptes déclarés aux personnes"),
}
# Columns of the tables of a result; a column that is not here is shown by its name.
COLUMNS: dict[str, tuple[str, str]] = {
    "odds_ratio": ("odds ratio", "rapport des cotes"),
    "value": ("estimate", "estimation"),
    "mean": ("mean", "moyenne"),
    "median": ("median", "médiane"),
    "low": ("low", "bas"),
    "high": ("high", "haut"),
    "month": ("month", "mois"),
    "year": ("year", "année"),
    "quarter": ("quarter", "trimestre"),
    "era": ("period", "période"),
    "pairs": ("pairs", "paires"),
    "n1": ("first month", "premier mois"),
    "n2": ("second month", "second mois"),
    "both": ("both", "les deux"),
    "seen": ("seen", "vus"),
    "lincoln_petersen": ("Lincoln-Petersen", "Lincoln-Petersen"),
    "chapman": ("Chapman", "Chapman"),
    "corrected": ("turnover taken out", "renouvellement déduit"),
    "half_life_days": ("half-life (days)", "demi-vie (jours)"),
    "staying": ("share staying", "part qui reste"),
    "closed": ("closed within the quarter", "fermé dans le trimestre"),
    "bias_adjusted": ("bias-adjusted", "corrigé du biais"),
    "likelihood": ("likelihood", "vraisemblance"),
    "standard_error": ("standard error", "erreur type"),
    "closed_survival": ("share staying (closed)", "part qui reste (fermé)"),
    "survival": ("share staying", "part qui reste"),
    "entries": ("entries", "entrées"),
    "correlation": ("correlation of errors", "corrélation des erreurs"),
    "factor": ("factor", "facteur"),
    "variance_share": ("share of variance", "part de la variance"),
    "estimate": ("estimate", "estimation"),
    "published": ("published", "publié"),
    "tier": ("tier", "niveau d'activité"),
    "step": ("step", "étape"),
    "label": ("step", "étape"),
    "factor_low": ("factor, interval", "facteur, intervalle"),
    "status": ("status", "statut"),
    "objection": ("objection", "objection"),
    "unit": ("unit", "unité"),
    "inner": ("tier", "niveau"),
    "outer": ("within", "au sein de"),
    "difference": ("difference", "différence"),
    "domain": ("domain", "domaine"),
    "variable": ("variable", "variable"),
    "category": ("category", "modalité"),
    "share": ("share", "part"),
    "ratio": ("ratio", "rapport"),
    "source": ("source", "source"),
}

# Territories that a study file names in English words, not by a proper name.
TERRITORIES: dict[str, str] = {"world": "monde", "nowhere: simulated": "nulle part : population simulée"}


def words(key: str, lang: Language, **values: object) -> str:
    """Return the words for `key`, with `values` filled in and the spaces of the language."""
    return typeset(WORDS[key][LANGUAGES.index(lang)].format(**values), lang)


def territory_name(name: str, lang: Language) -> str:
    """Return the name of a territory; proper names are the same in both languages.

    Examples
    --------
    >>> territory_name("world", "fr"), territory_name("France", "fr")
    ('monde', 'France')
    """
    return typeset(TERRITORIES.get(name, name), lang) if lang == "fr" else name


def table_title(name: str, lang: Language) -> str:
    """Return the title of a table of the bundle; a table that nobody has named is shown by its name."""
    return TITLES[name][LANGUAGES.index(lang)] if name in TITLES else _readable(name)


def column_name(name: str, lang: Language) -> str:
    """Return the words for a column of a table of the bundle, or its name made readable."""
    return COLUMNS[name][LANGUAGES.index(lang)] if name in COLUMNS else _readable(name)


def _readable(name: str) -> str:
    return name.replace("_", " ")
