"""What each warning code means, in one sentence without numbers, in English and French."""

from __future__ import annotations

WARNINGS: dict[str, tuple[str, str]] = {
    "adjacent-occasions": (
        "Neighbouring occasions are not independent captures: who has just answered cannot answer again at once.",
        "Des occasions voisines ne sont pas des captures indépendantes : qui vient de répondre ne peut le refaire aussitôt.",
    ),
    "assumed-factors": (
        "Some factors are assumed, not observed: the interval is as good as the assumptions.",
        "Certains facteurs sont supposés, non observés : l'intervalle vaut ce que valent les hypothèses.",
    ),
    "avidity": (
        "Answers or visits are counted, not persons: the most active count more often, and intervals are too short.",
        "Des réponses ou des visites sont comptées, non des personnes : les plus actifs comptent plus souvent, et les intervalles sont trop courts.",
    ),
    "below-lower-bound": (
        "The estimate is below Chao's lower bound from the same counts: the model describes those seen once and twice badly.",
        "L'estimation est inférieure à la borne de Chao tirée des mêmes comptages : le modèle décrit mal ceux vus une ou deux fois.",
    ),
    "boundary": (
        "The estimate lies on the edge of what is possible: only a lower limit is given.",
        "L'estimation se trouve à la limite du possible : seule une limite inférieure est donnée.",
    ),
    "circular": (
        "An input was worked out from the published result: recomputing it checks the arithmetic, not the figure.",
        "Une donnée d'entrée a été tirée du résultat publié : le recalcul vérifie l'arithmétique, non le chiffre.",
    ),
    "contained-list": (
        "One list lies inside the other: the estimate equals the persons seen, which is no proof that nobody is missing.",
        "Une liste est entièrement contenue dans l'autre : l'estimation se réduit aux personnes observées, ce qui ne prouve "
        "pas que personne ne manque.",
    ),
    "count-beyond-declared": (
        "The mean counts more platforms than those whose accounts are summed.",
        "La moyenne porte sur plus de plateformes que celles dont les comptes sont additionnés.",
    ),
    "empty-component": (
        "Fewer components describe the counts as well: the rest of the mixture is empty.",
        "Moins de composantes décrivent aussi bien les comptages : le reste du mélange est vide.",
    ),
    "empty-domain": (
        "No respondent is in this domain.",
        "Aucun répondant n'appartient à ce domaine.",
    ),
    "empty-list": (
        "A list is empty and says nothing about who is missing: only the persons seen are certain.",
        "Une liste est vide et ne renseigne pas sur les absents : seules les personnes observées sont certaines.",
    ),
    "failed-replicates": (
        "Some redraws could not be estimated; they count as infinite, so that the interval may be open above.",
        "Certains rééchantillons n'ont pu être estimés ; ils comptent comme infinis, si bien que l'intervalle peut être "
        "ouvert vers le haut.",
    ),
    "few-degrees-of-freedom": (
        "So few degrees of freedom that the standard error is itself little known.",
        "Si peu de degrés de liberté que l'erreur type est elle-même mal connue.",
    ),
    "finite-population-ignored": (
        "The scheme ignores that the population is finite.",
        "La méthode ignore la taille finie de la population.",
    ),
    "heterogeneity": (
        "People differ in how easily they are seen: the model of these differences decides the number.",
        "Les personnes ne sont pas toutes aussi faciles à observer : le modèle de ces différences décide du nombre.",
    ),
    "jackknife-quantile": (
        "A jackknife does not give the variance of a quantile.",
        "Le jackknife ne donne pas la variance d'un quantile.",
    ),
    "large-bias": (
        "The first-order bias is more than a tenth of the estimate.",
        "Le biais du premier ordre dépasse le dixième de l'estimation.",
    ),
    "lonely-unit": (
        "Strata or primary units with a single unit have a variance set by policy, not measured.",
        "Des strates ou unités primaires réduites à une seule unité ont une variance fixée par convention, non mesurée.",
    ),
    "mixture-drift": (
        "The number moves with the number of components of the mixture: the counts alone do not settle it.",
        "Le nombre varie avec le nombre de composantes du mélange : les comptages seuls ne tranchent pas.",
    ),
    "nearly-all-seen": (
        "Less than one person is estimated as unseen: the interval may begin above the number seen.",
        "Moins d'une personne est estimée non vue : l'intervalle peut commencer au-dessus du nombre de personnes vues.",
    ),
    "negative-replicate-weights": (
        "Some replicate weights are negative.",
        "Certains poids de réplication sont négatifs.",
    ),
    "negative-variance": (
        "The variance estimator came out negative; no standard error is given.",
        "L'estimateur de variance est négatif ; aucune erreur type n'est donnée.",
    ),
    "no-degrees-of-freedom": (
        "There are too few primary units for a standard error.",
        "Trop peu d'unités primaires pour calculer une erreur type.",
    ),
    "no-doubletons": (
        "Nobody was seen exactly twice: the bound rests on those seen once, or only a lower limit is given.",
        "Personne n'a été vu deux fois : la borne repose sur ceux vus une fois, ou seule une limite inférieure est donnée.",
    ),
    "no-log-interval": (
        "A value that is not positive has no interval on the logarithmic scale.",
        "Une valeur non positive n'a pas d'intervalle sur l'échelle logarithmique.",
    ),
    "no-mle": (
        "The likelihood has no maximum on these data, so there is no number.",
        "La vraisemblance n'a pas de maximum sur ces données : aucun nombre n'est donné.",
    ),
    "no-overlap": (
        "Nobody is on both lists: the data give a lower limit and no upper one.",
        "Personne ne figure sur les deux listes : les données donnent une limite inférieure, aucune limite supérieure.",
    ),
    "no-upper-limit": (
        "The likelihood never falls far enough to end the interval above.",
        "La vraisemblance ne baisse jamais assez pour borner l'intervalle par le haut.",
    ),
    "no-variation": (
        "All respondents are on the same number of platforms: the standard error is missing or too small.",
        "Tous les répondants sont sur le même nombre de plateformes : l'erreur type manque ou est trop petite.",
    ),
    "not-estimable": (
        "The statistic is not finite with these weights.",
        "La statistique n'est pas finie avec ces poids.",
    ),
    "not-identifiable": (
        "The model has more coefficients than the data can tell apart.",
        "Le modèle comporte plus de coefficients que les données ne permettent d'en distinguer.",
    ),
    "nothing-unseen": (
        "Nothing in the counts points to persons unseen: the estimate is the number of persons seen.",
        "Rien dans les comptages n'indique des personnes non vues : l'estimation est le nombre de personnes vues.",
    ),
    "one-inflation": (
        "Far more persons were seen once than the other counts let expect: if they came once and left, the estimate is too "
        "high, and a lower bound is none.",
        "Bien plus de personnes ont été vues une seule fois que ne le laissent attendre les autres comptages : si elles sont "
        "venues une fois puis reparties, l'estimation est trop élevée et une borne inférieure n'en est plus une.",
    ),
    "one-platform": (
        "Respondents were reached through one platform: those who are not on it are known by their accounts only.",
        "Les répondants ont été joints par une seule plateforme : les autres ne sont connues que par leurs comptes.",
    ),
    "open-population": (
        "People came and left while they were counted: the figure may err in either direction, and a lower bound need not be one.",
        "Des personnes sont arrivées et parties pendant le comptage : le chiffre peut se tromper dans les deux sens, et une borne inférieure peut ne plus en être une.",
    ),
    "pooled-platforms": (
        "Platforms are pooled: right only if each was sampled in proportion to its accounts.",
        "Les plateformes sont regroupées : juste seulement si chacune a été échantillonnée en proportion de ses comptes.",
    ),
    "pooled-sites": (
        "A row is a sum over several sites, whose errors are treated as one.",
        "Une ligne est la somme de plusieurs sites, dont les erreurs sont traitées comme une seule.",
    ),
    "quantile-unbounded": (
        "The data do not bound the quantile on one side.",
        "Les données ne bornent pas le quantile d'un côté.",
    ),
    "replicates-not-recalibrated": (
        "Weights are calibrated but replicates are not; the variance is too large.",
        "Les poids sont calés mais pas les répliques ; la variance est trop grande.",
    ),
    "second-stage-ignored": (
        "Only primary units are redrawn; the variance within them is left out.",
        "Seules les unités primaires sont retirées ; la variance interne est omise.",
    ),
    "share-at-the-edge": (
        "Nobody or everybody has the property; the interval is exact binomial.",
        "Personne ou tout le monde présente la caractéristique ; l'intervalle est binomial exact.",
    ),
    "single-respondent": (
        "A stratum has a single respondent, so that no standard error can be given.",
        "Une strate n'a qu'un seul répondant : aucune erreur type ne peut être donnée.",
    ),
    "size-bias": (
        "An arithmetic mean over people found through their accounts is too high, so that persons come out too few.",
        "Une moyenne arithmétique sur des personnes trouvées par leurs comptes est trop élevée : elle donne trop peu de "
        "personnes.",
    ),
    "sparse-overlap": (
        "Few persons are on both lists: the estimate may be biased and its standard error says little.",
        "Peu de personnes figurent sur les deux listes : l'estimation peut être biaisée et son erreur type est peu fiable.",
    ),
    "tier-conflict": (
        "A tier is larger than the one that should contain it.",
        "Un niveau est plus grand que celui qui devrait le contenir.",
    ),
    "transport": (
        "The survey reached some of the platforms only: for the others the figure is an assumption.",
        "L'enquête n'a touché que certaines plateformes : pour les autres, le chiffre est une hypothèse.",
    ),
    "unavailable": (
        "An input was not found in public: nothing is estimated, and nothing is guessed.",
        "Une donnée d'entrée n'a pas été trouvée : rien n'est estimé, et rien n'est deviné.",
    ),
    "zero-denominator": (
        "The total to divide by is zero.",
        "Le total au dénominateur est nul.",
    ),
}
