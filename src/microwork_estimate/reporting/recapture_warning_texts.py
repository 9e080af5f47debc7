"""What the warnings of linkage, survey recapture and open populations mean, in English and French."""

from __future__ import annotations

RECAPTURE_WARNINGS: dict[str, tuple[str, str]] = {
    "below-lower-bound": (
        "The estimate is below Chao's lower bound from the same counts: the model describes those seen once and twice badly.",
        "L'estimation est sous la borne de Chao tirée des mêmes comptages : le modèle décrit mal ceux vus une ou deux fois.",
    ),
    "below-observed": (
        "The formula gives fewer persons than were seen: the number seen is given instead.",
        "La formule donne moins de personnes qu'il n'en a été vu : le nombre de personnes vues est donné à la place.",
    ),
    "adjustment-exhausts-list": (
        "The corrections take out more of the list than is left when those seen are counted.",
        "Les corrections retirent de la liste plus de personnes qu'il n'en reste une fois comptées celles qui ont"
        " été vues.",
    ),
    "contaminated-list": (
        "The list is about others than the survey, and no share of it is taken out: the estimate is too large.",
        "La liste porte sur d'autres personnes que l'enquête et aucune part n'en est retirée : l'estimation est "
        "trop élevée.",
    ),
    "duplicate-identifiers": (
        "Some rows repeat an identifier of the same list; each person is counted once.",
        "Certaines lignes répètent un identifiant de la même liste ; chaque personne n'est comptée qu'une fois.",
    ),
    "everybody-on-list": (
        "All respondents are on the list: the estimate is the list itself, and says nothing of others if the "
        "survey was fielded on it.",
        "Tous les répondants figurent sur la liste : l'estimation se réduit à la liste et ne dit rien des autres "
        "si l'enquête a été menée auprès de celle-ci.",
    ),
    "few-on-list": (
        "Few respondents are on the list: the estimate is too large on average.",
        "Peu de répondants figurent sur la liste : l'estimation est en moyenne trop élevée.",
    ),
    "gaps-unavailable": (
        "Pairs of months further apart, which would be better captures, are not in the public tables.",
        "Les paires de mois plus éloignés, qui seraient de meilleures captures, ne figurent pas dans les tables "
        "publiques.",
    ),
    "held-at-edge": (
        "A chance to stay, to come or to be seen is held at the edge of what is possible, where the data would go"
        " beyond it.",
        "Une probabilité de rester, d'arriver ou d'être vu est maintenue à la limite du possible, que les données"
        " dépasseraient.",
    ),
    "links-contradict-overlap": (
        "More links were found than the stated rate of missed links allows.",
        "Il a été trouvé plus d'appariements que ne le permet le taux indiqué d'appariements manqués.",
    ),
    "links-explain-overlap": (
        "No more links were found than false links alone would give: the data give a lower limit and no upper one.",
        "Il n'a pas été trouvé plus d'appariements que n'en donneraient les seuls faux appariements : les données"
        " donnent une limite inférieure, aucune limite supérieure.",
    ),
    "negative-entries": (
        "The number of persons who came comes out below zero, by chance or because the model does not hold.",
        "Le nombre d'arrivées calculé est négatif, par hasard ou parce que le modèle ne tient pas.",
    ),
    "no-returns": (
        "Nobody was seen again: nothing says how many of those seen before were still there.",
        "Personne n'a été revu : rien n'indique combien des personnes déjà vues étaient encore là.",
    ),
    "no-share": (
        "The share on the list could not be estimated, so that there is no size either.",
        "La part figurant sur la liste n'a pu être estimée : l'effectif ne l'est pas non plus.",
    ),
    "no-turnover": (
        "Nobody seems to leave: the half-life has a lower limit and no upper one.",
        "Personne ne semble partir : la demi-vie a une limite inférieure, aucune limite supérieure.",
    ),
    "nobody-on-list": (
        "No respondent is on the list: the data give a lower limit and no upper one.",
        "Aucun répondant ne figure sur la liste : les données donnent une limite inférieure, aucune limite supérieure.",
    ),
    "nobody-seen": (
        "Nobody was seen on an occasion: nothing is known of it.",
        "Personne n'a été vu à une occasion : on n'en sait rien.",
    ),
    "none-seen-before": (
        "Nobody seen on an occasion had been seen before: the data give a lower limit and no upper one.",
        "Aucune des personnes vues à une occasion n'avait déjà été vue : les données donnent une limite "
        "inférieure, aucune limite supérieure.",
    ),
    "rows-without-identifier": (
        "Some rows have no identifier and are left out.",
        "Certaines lignes n'ont pas d'identifiant et sont écartées.",
    ),
    "sparse-returns": (
        "Few persons were seen before or again: the estimate may be biased and its standard error says little.",
        "Peu de personnes ont été déjà vues ou revues : l'estimation peut être biaisée et son erreur type est peu"
        " fiable.",
    ),
    "survival-above-one": (
        "More persons would have stayed than were there, by chance or because the model does not hold.",
        "Il serait resté plus de personnes qu'il n'y en avait, par hasard ou parce que le modèle ne tient pas.",
    ),
}
