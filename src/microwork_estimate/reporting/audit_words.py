"""The words of the audit, of the ledger of assumptions and of the routes, in English and French."""

from __future__ import annotations

from microwork_estimate.reporting.labels import LANGUAGES, Language

WORDS: dict[str, tuple[str, str]] = {
    "audit_title": (
        "What the critics of {study} say, as numbers",
        "Ce que disent les critiques de l'étude « {study} », en nombres",
    ),
    "objection": ("objection", "objection"),
    "audit_method": ("method", "méthode"),
    "audit_number": ("number", "nombre"),
    "audit_assumption": ("assumption it questions", "hypothèse mise en cause"),
    "settled_by": ("what would settle it", "ce qui trancherait"),
    "no_objections": ("no objections are recorded for {study}", "aucune objection n'est consignée pour {study}"),
    "ledger_title": (
        "What the estimates of {study} take for granted",
        "Ce que les estimations de l'étude « {study} » tiennent pour acquis",
    ),
    "ledger_note": (
        "How far it must fail: the whole range around an estimate is multiplied by the factor until it leaves the "
        "published figure; nothing says that a failure of this size is likely or unlikely.",
        "Jusqu'où elle doit être fausse : tout l'intervalle autour d'une estimation est multiplié par le facteur jusqu'à "
        "quitter le chiffre publié ; rien ne dit si un écart de cette taille est probable.",
    ),
    "ledger_steps_title": (
        "From declared accounts to persons, step by step",
        "Des comptes déclarés aux personnes, étape par étape",
    ),
    "ledger_step": ("step", "étape"),
    "ledger_factor": ("share taken away, or divisor", "part retirée, ou diviseur"),
    "ledger_left": ("what is left", "ce qui reste"),
    "ledger_status": ("status", "statut"),
    "ledger_source": ("source", "source"),
    "assumption_id": ("id", "identifiant"),
    "statement": ("assumption", "hypothèse"),
    "testable": ("testable", "vérifiable"),
    "direction": ("if it fails, the estimate is", "si elle est fausse, l'estimation est"),
    "sensitivity": ("function that varies it", "fonction qui la fait varier"),
    "how_far": ("how far it must fail", "jusqu'où elle doit être fausse"),
    "yes": ("yes", "oui"),
    "no": ("no", "non"),
    "direction.up": ("too high", "trop haute"),
    "direction.down": ("too low", "trop basse"),
    "direction.either": ("too high or too low", "trop haute ou trop basse"),
    "outside": ("{name}: {figure} is outside already", "{name} : {figure} est déjà en dehors"),
    "leaves": ("{name}: leaves {figure} {limits}", "{name} : quitte {figure} {limits}"),
    "or": (", or ", ", ou "),
    "then": ("; ", " ; "),
    "odds_ratio": ("at an odds ratio above {limit}", "à partir d'un rapport des cotes de {limit}"),
    "factor_down": ("at a factor below {limit}", "en dessous d'un facteur de {limit}"),
    "factor_up": ("at a factor above {limit}", "au-dessus d'un facteur de {limit}"),
    "routes_title": (
        "One platform, several routes: what each counts",
        "Une plateforme, plusieurs voies : ce que chacune compte",
    ),
    "route": ("route", "voie"),
    "route_number": ("number", "nombre"),
    "what_it_counts": ("what it counts", "ce qu'elle compte"),
    "explains": ("what explains the gap", "ce qui explique l'écart"),
    "pairs_title": ("Which routes may be compared", "Quelles voies peuvent être comparées"),
    "first": ("first", "première"),
    "second": ("second", "seconde"),
    "verdict": ("may they be compared?", "comparables ?"),
    "comparable": ("yes: the second is {ratio} times the first", "oui : la seconde vaut {ratio} fois la première"),
    "not_comparable": ("no: they differ in {fields}", "non : elles diffèrent par {fields}"),
    "field.unit": ("unit", "l'unité"),
    "field.activity": ("activity", "l'activité"),
    "field.window": ("window", "la période"),
    "field.territory": ("territory", "le territoire"),
    "field.platforms": ("platforms", "les plateformes"),
}


def words(key: str, lang: Language, **values: object) -> str:
    """Return the words for `key`, with `values` filled in."""
    return WORDS[key][LANGUAGES.index(lang)].format(**values)
