"""What the problems of a study mean, in French: a title and what to do, by the words with which the error is raised.

The English text stands with each error. In French the title and the advice are general; what was found stays as it is.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from microwork_estimate.reporting.labels import check_language

if TYPE_CHECKING:
    from microwork_estimate.study.problems import Problem

FRENCH: dict[str, tuple[str, str]] = {
    "a value for what is unavailable": (
        "valeur pour ce qui est indisponible",
        "retirez la valeur, ou dites par un autre statut où elle a été lue",
    ),
    "address in place of a path": (
        "adresse au lieu d'un chemin",
        "copiez le fichier dans le dossier de l'étude : une étude ne lit rien sur le réseau",
    ),
    "answer not in the codebook": (
        "réponse absente du dictionnaire des variables",
        "écrivez la réponse comme dans le dictionnaire, ou ajoutez-l'y",
    ),
    "categories not distinct": ("modalités non distinctes", "additionnez les lignes, ou supprimez-en une"),
    "category without respondents": (
        "modalité sans répondant",
        "regroupez-la avec une voisine, dans les marges comme dans l'enquête, ou vérifiez son orthographe",
    ),
    "category without total": (
        "modalité sans total",
        "ajoutez son total aux marges, ou regroupez la modalité dans l'enquête",
    ),
    "cell with an error": ("cellule en erreur", "corrigez la formule dans le tableur et enregistrez de nouveau"),
    "circular arithmetic": ("calcul circulaire", "faites-le découler de chiffres publiés"),
    "column named twice": ("colonne nommée deux fois", "renommez ou supprimez l'une d'elles"),
    "columns within a column": ("colonnes dans une colonne", "écrivez chaque partie dans une colonne à elle"),
    "date of another calendar": (
        "date d'un autre calendrier",
        "écrivez année-mois-jour du calendrier grégorien, par exemple 2026-01-31",
    ),
    "duplicate key": ("clé en double", "donnez à chacune un nom à elle ; un résultat publié n'est jamais une donnée"),
    "ends out of order": ("bornes en désordre", "vérifiez les trois nombres à la source : low, value, high"),
    "figure without reason": ("chiffre sans raison", "dites pourquoi il a été choisi, ou où il a été cherché"),
    "figure without source": (
        "chiffre sans source",
        "dites dans quel document et à quel endroit il a été lu, ou utilisez le statut « assumed » avec une raison",
    ),
    "figure without value": (
        "chiffre sans valeur",
        "donnez la valeur, ou utilisez le statut « unavailable » avec une raison",
    ),
    "file changed since it was described": (
        "fichier modifié depuis sa description",
        "restaurez le fichier, ou décrivez-le de nouveau avec sa somme de contrôle",
    ),
    "half a range": ("moitié d'intervalle", "donnez l'autre borne"),
    "implied figure that its formula does not give": (
        "chiffre déduit que sa formule ne donne pas",
        "recalculez-le à partir des chiffres dont il découle",
    ),
    "impossible confidence level": ("niveau de confiance impossible", "donnez une part, non un pourcentage : 0.95"),
    "impossible elicited interval": ("intervalle impossible", "donnez les bornes, la plus petite d'abord"),
    "impossible failure": ("écart impossible", "donnez d'abord la plus petite borne"),
    "impossible value": ("valeur impossible", "vérifiez le nombre et l'unité à la source"),
    "key that does not fit the kind of file": (
        "clé sans objet pour ce type de fichier",
        "retirez la clé : sheet va avec .xlsx, separator avec .csv, decimal avec les deux",
    ),
    "labels for some values only": (
        "étiquettes pour quelques valeurs seulement",
        "déclarez manquants les codes étiquetés si la variable est un nombre, ou étiquetez toutes les valeurs",
    ),
    "line too long": ("ligne trop longue", "vérifiez que les lignes du tableau se terminent par un saut de ligne"),
    "margins of different totals": (
        "marges de sommes différentes",
        "toutes les variables portent sur la même population : corrigez l'une d'elles",
    ),
    "margins without content or source": ("marges vides ou sans source", "remplissez le tableau des marges"),
    "missing category": ("modalité manquante", "remplissez la cellule, ou retirez le répondant et dites-le"),
    "missing header": ("en-tête manquant", "écrivez les noms des colonnes sur la première ligne"),
    "missing key": ("clé manquante", "ajoutez la clé"),
    "missing value": ("valeur manquante", "remplissez la cellule, ou retirez la ligne et dites-le"),
    "no reader for this kind of file": (
        "aucun lecteur pour ce type de fichier",
        'pip install "microwork-estimate[tables]", ou enregistrez le tableau en CSV (UTF-8)',
    ),
    "no such file": ("fichier absent", "vérifiez le chemin"),
    "no study file in the folder": ("aucun fichier d'étude dans le dossier", "donnez le chemin du fichier d'étude"),
    "not a TOML file": ("ce n'est pas du TOML", "corrigez la ligne"),
    "not a UTF-8 file": (
        "fichier qui n'est pas en UTF-8",
        "enregistrez-le de nouveau en UTF-8 (dans Excel : « CSV UTF-8 »)",
    ),
    "not a count": ("ce n'est pas un effectif", "donnez un nombre entier ; vérifiez le nombre et l'unité"),
    "not a data frame": ("ce n'est pas un tableau de données", "donnez un tableau pandas ou polars"),
    "not a data package": ("ce n'est pas un paquet de données", "vérifiez le fichier datapackage.json"),
    "not a number": ("ce n'est pas un nombre", "corrigez la cellule"),
    "not a table": (
        "fichier illisible comme tableau",
        "vérifiez séparateurs, guillemets et dernière ligne, ou enregistrez de nouveau",
    ),
    "not a text file": ("ce n'est pas un fichier de texte", "enregistrez de nouveau le tableau en CSV (UTF-8)"),
    "not numbers": ("ce ne sont pas des nombres", "vérifiez la colonne ; des modalités ont des parts, non une moyenne"),
    "numbers and text in one column": (
        "nombres et texte dans une même colonne",
        'laissez vide la cellule sans nombre ; si les virgules font partie d\'un texte, dites decimal = "."',
    ),
    "one respondent": ("un seul répondant", "recueillez davantage de réponses"),
    "option of another type": ("option d'un autre type", "corrigez la valeur"),
    "path out of the study folder": (
        "chemin qui sort du dossier de l'étude",
        "copiez le fichier dans le dossier : une étude ne lit rien en dehors",
    ),
    "path outside the data package": (
        "chemin qui sort du paquet de données",
        "déplacez le fichier dans le dossier du paquet",
    ),
    "platform without registrations": (
        "plateforme sans inscriptions déclarées",
        "ajoutez-la aux inscriptions, ou retirez ses répondants et dites-le",
    ),
    "published result as an input": (
        "résultat publié pris comme donnée",
        "un résultat publié sert de repère, jamais de donnée d'entrée",
    ),
    "question twice": ("question en double", "supprimez l'une des lignes"),
    "question without answers": ("question sans réponses", "complétez la ligne, ou supprimez-la"),
    "roles do not fit the recipe": (
        "rôles inadaptés à la méthode",
        "donnez les rôles que la méthode attend, et eux seuls",
    ),
    "route without an estimand": ("voie sans grandeur estimée", "dites ce que la voie compte"),
    "route without one number": ("voie sans nombre unique", "nommez le seul endroit où se trouve son nombre"),
    "row twice": ("ligne en double", "additionnez les lignes, ou supprimez-en une"),
    "several study files in the folder": (
        "plusieurs fichiers d'étude dans le dossier",
        "donnez le chemin du fichier d'étude",
    ),
    "study file too large": (
        "fichier d'étude trop gros",
        "mettez les tableaux dans des fichiers à eux, sous [files]",
    ),
    "table too large": (
        "tableau trop gros",
        "retirez ce dont l'étude ne se sert pas, ou passez le tableau depuis Python",
    ),
    "table without one place": (
        "tableau sans emplacement unique",
        "donnez le chemin du tableau, par exemple tables/survey.csv",
    ),
    "text and number mixed": ("texte et nombre mêlés", "faites-en deux chiffres"),
    "text of the template": ("texte du modèle", "remplacez-le : il figure dans toute citation du résultat"),
    "tier without classes": ("niveau sans classes", "donnez les réponses qui font ce niveau"),
    "to be filled in": ("à remplir", "remplissez le tableau"),
    "two decimal marks": (
        "deux marques décimales",
        "écrivez tous les nombres avec un point et laissez vide la cellule sans nombre",
    ),
    "unclear decimal mark": (
        "marque décimale ambiguë",
        'supprimez les séparateurs de milliers, ou dites decimal = "," ou decimal = "." dans le fichier d\'étude',
    ),
    "unclear separator": (
        "séparateur ambigu",
        'dites lequel dans le fichier d\'étude (separator = ";"), ou renommez les colonnes',
    ),
    "unknown assumption": ("hypothèse inconnue", "vérifiez l'orthographe"),
    "unknown choice": ("choix inconnu", "choisissez l'un des mots de la liste"),
    "unknown column": (
        "colonne inconnue",
        "vérifiez l'orthographe, ou dites dans columns = { ... } comment elle se nomme",
    ),
    "unknown elicited factor": ("facteur inconnu", "vérifiez l'orthographe"),
    "unknown estimate": ("estimation inconnue", "vérifiez l'orthographe"),
    "unknown figure": ("chiffre inconnu", "vérifiez l'orthographe"),
    "unknown input": ("donnée inconnue", "vérifiez l'orthographe ; un résultat publié n'est jamais une donnée"),
    "unknown key": ("clé inconnue", "vérifiez l'orthographe, ou ajoutez le tableau"),
    "unknown kind of file": ("type de fichier inconnu", "enregistrez le tableau dans l'un des types acceptés"),
    "unknown recipe": ("méthode inconnue", "vérifiez l'orthographe"),
    "unknown resource": ("ressource inconnue", "vérifiez l'orthographe, ou décrivez-la dans datapackage.json"),
    "unknown sheet": ("feuille inconnue", "vérifiez le nom de la feuille"),
    "unknown study": ("étude inconnue", "vérifiez l'orthographe, ou donnez le chemin d'un fichier .toml"),
    "unknown table": ("tableau inconnu", "vérifiez l'orthographe, ou ajoutez le tableau sous [files]"),
    "wrong value": ("valeur incorrecte", "voyez dans study.schema.json ce que chaque clé peut contenir"),
    "zero total": ("total nul", "ses répondants sont hors de la population : retirez-les"),
    "answers count other platforms than the registrations": (
        "réponses comptant d'autres plateformes que les inscriptions",
        "comptez les mêmes plateformes des deux côtés",
    ),
    "calibration not converged": (
        "le calage n'aboutit pas",
        "regroupez des modalités rares, dans les marges comme dans l'enquête",
    ),
    "category twice": (
        "modalité en double",
        "additionnez les deux lignes, ou corrigez l'une d'elles",
    ),
    "columns of different lengths": (
        "colonnes de longueurs différentes",
        "vérifiez qu'aucune ligne ne manque",
    ),
    "empty sample": (
        "enquête vide",
        "remplissez le tableau : une ligne par répondant",
    ),
    "empty survey": (
        "enquête vide",
        "remplissez le tableau : une ligne par répondant",
    ),
    "figure not available": (
        "chiffre indisponible",
        "donnez-le si vous le connaissez ; il n'est jamais deviné",
    ),
    "impossible number of platforms": (
        "nombre de plateformes impossible",
        "donnez des nombres entiers, au moins 1 et au plus le nombre de plateformes",
    ),
    "impossible total": (
        "total impossible",
        "corrigez le total à la source",
    ),
    "inconsistent margins": (
        "marges incohérentes",
        "toutes les variables portent sur la même population : corrigez l'une d'elles",
    ),
    "infeasible margins": (
        "marges impossibles à respecter ensemble",
        "regroupez des modalités rares, ou retirez une variable",
    ),
    "ledger without a step": (
        "décompte sans étape",
        "donnez au moins une étape",
    ),
    "ledger without one beginning": (
        "décompte sans un seul point de départ",
        "donnez un seul point de départ",
    ),
    "names not distinct": (
        "noms non distincts",
        "donnez à chacun un nom à lui",
    ),
    "platforms without registrations": (
        "plateformes sans inscriptions déclarées",
        "ajoutez-les aux marges, ou retirez leurs répondants et dites-le",
    ),
    "repeated variable": (
        "variable en double",
        "retirez l'une des deux",
    ),
    "the figures are missing": (
        "les chiffres fournis avec le programme manquent",
        "réinstallez le programme",
    ),
    "wrong shape": (
        "tableau vide ou de mauvaise forme",
        "donnez un nombre par ligne",
    ),
}
# Words of what was found that are not the user's own.
_GOT = (
    ("an empty cell", "une cellule vide"),
    ("no row", "aucune ligne"),
    ("no such key", "aucune clé de ce nom"),
    ("nothing there", "rien à cet endroit"),
    ("a link out of it", "un lien qui en sort"),
    ("a path from the top of the machine", "un chemin absolu"),
    ("a path with '..'", "un chemin avec « .. »"),
    ("an address", "une adresse"),
    ("a folder", "un dossier"),
    ("it is not installed", "il n'est pas installé"),
    (" more in this column)", " autres dans cette colonne)"),
    ("(and ", "(et "),
    (" times", " fois"),
    (" respondents", " répondants"),
    (" as in row ", " comme à la ligne "),
    ("the same", "la même chose"),
)
_SUMMARY = {
    "en": ("Nothing wrong: the study can run.", "{problems} to mend, {notes} to know.", " The study can run."),
    "fr": (
        "Rien à redire : l'étude peut être lancée.",
        "{problems} à corriger, {notes} à savoir.",
        " L'étude peut être lancée.",
    ),
}


def problem_lines(problem: Problem, lang: str) -> tuple[str, str]:
    """Write a problem in two lines: where and what it is, and what was found and what to do.

    Parameters
    ----------
    problem : Problem
    lang : str
        ``"en"`` or ``"fr"``.

    Returns
    -------
    tuple of two str

    Examples
    --------
    >>> from microwork_estimate.study.problems import Problem
    >>> found = Problem(file="a.toml", line=3, column=1, key="k", problem="missing key", expected="e", got="g", fix="f")
    >>> print(*problem_lines(found, "fr"), sep=chr(10))
    a.toml:3:1 k : clé manquante
        trouvé : g ; ajoutez la clé
    """
    language = check_language(lang)
    key = f" {problem.key}" if problem.key else ""
    note = "" if problem.severity == "problem" else {"en": "note: ", "fr": "à savoir : "}[language]
    if language == "fr" and problem.problem in FRENCH:
        title, advice = FRENCH[problem.problem]
        got = functools.reduce(lambda text, pair: text.replace(*pair), _GOT, problem.got)
        return f"{problem.place}{key} : {note}{title}", f"    trouvé : {got} ; {advice}"
    return (
        f"{problem.place}{key}: {note}{problem.problem}",
        f"    expected {problem.expected}; got {problem.got}; {problem.fix}",
    )


def problem_summary(n_problems: int, n_notes: int, lang: str) -> str:
    """Write how many problems there are.

    Examples
    --------
    >>> problem_summary(2, 0, "en")
    '2 to mend, 0 to know.'
    """
    nothing, some, runs = _SUMMARY[check_language(lang)]
    if not n_problems and not n_notes:
        return nothing
    return some.format(problems=n_problems, notes=n_notes) + ("" if n_problems else runs)
