"""What each warning code means, in one sentence without numbers, in English and French."""

from __future__ import annotations

from microwork_estimate.reporting.recapture_warning_texts import RECAPTURE_WARNINGS

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
    "bias-dominates": (
        "The stated bias of a source is larger than its sampling error: more data of the same kind would not settle the matter.",
        "Le biais énoncé d'une source dépasse son erreur d'échantillonnage : davantage de données du même type ne trancherait pas.",
    ),
    "boundary": (
        "The estimate lies on the edge of what is possible: only a lower limit is given.",
        "L'estimation se trouve à la limite du possible : seule une limite inférieure est donnée.",
    ),
    "calibration-ignored": (
        "The weights were calibrated but the variance ignores it; it is usually too large.",
        "Les poids ont été calés mais la variance n'en tient pas compte : elle est en général trop grande.",
    ),
    "censored-sites": (
        "Sites below the provider's threshold stand in the number by assumption, not by measurement.",
        "Les sites sous le seuil du fournisseur comptent par hypothèse, non par mesure.",
    ),
    "circular": (
        "An input was worked out from the published result: recomputing it checks the arithmetic, not the figure.",
        "Une donnée d'entrée a été tirée du résultat publié : le recalcul vérifie l'arithmétique, non le chiffre.",
    ),
    "classes-not-identified": (
        "The lists determine the size but not the classes.",
        "Les listes déterminent l'effectif, mais non les classes.",
    ),
    "clipped-remainder": (
        "Respondents seem to hold more accounts than a platform has, within sampling error: nobody is left there.",
        "Les répondants semblent détenir plus de comptes que n'en a une plateforme, à l'erreur d'échantillonnage près : personne n'y reste.",
    ),
    "close-runner-up": (
        "Two platforms compete for the lower bound: its standard error holds the first one fixed.",
        "Deux plateformes se disputent la borne inférieure : son erreur type tient la première pour acquise.",
    ),
    "contained-list": (
        "One list lies inside the other: the estimate equals the persons seen, which is no proof that nobody is missing.",
        "Une liste est entièrement contenue dans l'autre : l'estimation se réduit aux personnes observées, ce qui ne prouve "
        "pas que personne ne manque.",
    ),
    "contradicting-knowledge": (
        "The knowledge given cannot be true together with the figures: the bounds are those without it.",
        "Les connaissances fournies contredisent les chiffres : les bornes sont celles que l'on obtient sans elles.",
    ),
    "correlation-repaired": (
        "The stated correlations contradict one another: the nearest possible ones are taken.",
        "Les corrélations énoncées se contredisent : les plus proches possibles sont retenues.",
    ),
    "count-beyond-declared": (
        "The mean counts more platforms than those whose accounts are summed.",
        "La moyenne porte sur plus de plateformes que celles dont les comptes sont additionnés.",
    ),
    "covariates-dropped": (
        "There are too few persons: covariates are dropped and the lists taken as independent.",
        "Trop peu de personnes : les caractéristiques sont abandonnées et les listes supposées indépendantes.",
    ),
    "edge-chances": (
        "A class is always or never on a list: the likelihood has its maximum on the edge.",
        "Une classe figure toujours, ou jamais, sur une liste : la vraisemblance atteint son maximum au bord.",
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
        "Some redraws could not be estimated; they count as infinite, so that the interval may be open above, or no interval is given where they are many.",
        "Certains rééchantillons n'ont pu être estimés ; ils comptent comme infinis, si bien que l'intervalle peut être ouvert vers le haut, ou n'est pas donné s'ils sont nombreux.",
    ),
    "few-degrees-of-freedom": (
        "So few degrees of freedom that the standard error is itself little known.",
        "Si peu de degrés de liberté que l'erreur type est elle-même mal connue.",
    ),
    "finite-population-ignored": (
        "The scheme ignores that the population is finite.",
        "La méthode ignore la taille finie de la population.",
    ),
    "flat-likelihood": (
        "The likelihood is so flat that its maximum could not be located exactly.",
        "La vraisemblance est si plate que son maximum n'a pu être localisé exactement.",
    ),
    "grid-end": (
        "The largest size allowed for shapes the result.",
        "L'effectif maximal admis influe sur le résultat.",
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
    "limits-contradict": (
        "The lower and the upper limits contradict each other in some or all of their draws.",
        "Les limites inférieures et supérieures se contredisent dans une partie ou la totalité de leurs tirages.",
    ),
    "lonely-unit": (
        "Strata or primary units with a single unit have a variance set by policy, not measured.",
        "Des strates ou unités primaires réduites à une seule unité ont une variance fixée par convention, non mesurée.",
    ),
    "low-coverage": (
        "The lists cover little of the population: the one-step form is a lower bound, and the high-coverage form has hardly any precision.",
        "Les listes couvrent une faible part de la population : la forme à un pas est une borne inférieure et la forme à forte couverture n'a guère de précision.",
    ),
    "margin-errors-ignored": (
        "The totals are estimates themselves; the standard error takes them as exact.",
        "Les totaux sont eux-mêmes estimés ; l'erreur type les tient pour exacts.",
    ),
    "margin-gap-beyond-error": (
        "Ridge calibration misses a margin by more than two of its standard errors.",
        "Le calage pénalisé s'écarte d'une marge de plus de deux erreurs types.",
    ),
    "margins-not-met": (
        "Raking was stopped before the margins were met.",
        "Le calage a été arrêté avant que les marges soient respectées.",
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
    "negative-weights": (
        "Some calibrated weights are negative: the declared accounts and the answers fit badly.",
        "Certains poids calés sont négatifs : les comptes déclarés et les réponses s'accordent mal.",
    ),
    "nested-lists": (
        "A list lies inside another one, or equals it: the two do not show who is on neither.",
        "Une liste est contenue dans une autre, ou lui est identique : les deux ne renseignent pas sur les personnes absentes de l'une et de l'autre.",
    ),
    "no-degrees-of-freedom": (
        "There are too few primary units for a standard error.",
        "Trop peu d'unités primaires pour calculer une erreur type.",
    ),
    "no-dispersion": (
        "The dispersion fell to zero; the law is the Poisson law.",
        "La dispersion est tombée à zéro : la loi est celle de Poisson.",
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
    "no-one-inflation": (
        "Those seen once are not too many for the law.",
        "Les personnes vues une seule fois ne sont pas en surnombre au regard de la loi.",
    ),
    "no-overlap": (
        "Nobody is on two lists that need an overlap: the data give a lower limit and no upper one.",
        "Personne ne figure sur deux listes dont il faut l'intersection : les données donnent une limite inférieure, aucune limite supérieure.",
    ),
    "no-standard-error": (
        "The number is given without a standard error and without an interval.",
        "Le nombre est donné sans erreur type ni intervalle.",
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
    "not-targeted": (
        "The targeted step leaves a bias; the one-step correction is given.",
        "L'étape ciblée laisse un biais : la correction en un pas est donnée à la place.",
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
        "Les répondants ont été joints par une seule plateforme : les autres personnes ne sont connues que par leurs comptes.",
    ),
    "open-population": (
        "People came and left while they were counted: the figure may err in either direction, and a lower bound need not be one.",
        "Des personnes sont arrivées et parties pendant le comptage : le chiffre peut se tromper dans les deux sens, et une borne inférieure peut ne plus en être une.",
    ),
    "overlap-floor": (
        "For some persons the chance to be on both lists was raised to a floor.",
        "Pour certaines personnes, la probabilité de figurer sur les deux listes a été relevée à un plancher.",
    ),
    "pool-refused": (
        "The sources disagree, or one of them would decide alone: no weighted average is given.",
        "Les sources se contredisent, ou l'une d'elles déciderait seule : aucune moyenne pondérée n'est donnée.",
    ),
    "pooled-platforms": (
        "Platforms are pooled: right only if each was sampled in proportion to its accounts.",
        "Les plateformes sont regroupées : juste seulement si chacune a été échantillonnée en proportion de ses comptes.",
    ),
    "pooled-sites": (
        "A row is a sum over several sites, whose errors are treated as one.",
        "Une ligne est la somme de plusieurs sites, dont les erreurs sont traitées comme une seule.",
    ),
    "poor-mixing": (
        "The Markov chains have not yet agreed: run them longer.",
        "Les chaînes de Markov ne concordent pas encore : prolongez-les.",
    ),
    "poor-overlap": (
        "Part of the population lies outside what the volunteers cover: for them the figure is an extrapolation.",
        "Une partie de la population est hors du domaine couvert par les volontaires : pour elle, le chiffre est une extrapolation.",
    ),
    "prior-driven": (
        "The lists say little about the unseen: the prior decides.",
        "Les listes renseignent peu sur les personnes non vues : la loi a priori décide.",
    ),
    "quantile-unbounded": (
        "The data do not bound the quantile on one side.",
        "Les données ne bornent pas le quantile d'un côté.",
    ),
    "replicate-not-calibrated": (
        "Some replicates cannot meet the margins and have no weights.",
        "Certaines répliques ne peuvent pas respecter les marges et n'ont pas de poids.",
    ),
    "replicates-not-recalibrated": (
        "Weights are calibrated but replicates are not; the variance is too large.",
        "Les poids sont calés mais pas les répliques ; la variance est trop grande.",
    ),
    "runaway": (
        "The estimate is many times the number of persons seen; nobody should rely on it.",
        "L'estimation vaut un grand multiple du nombre de personnes vues : personne ne devrait s'y fier.",
    ),
    "same-answer": (
        "All respondents gave the same number of days, so that no standard error can be given.",
        "Tous les répondants ont donné le même nombre de jours : aucune erreur type ne peut être donnée.",
    ),
    "second-stage-ignored": (
        "Only primary units are redrawn; the variance within them is left out.",
        "Seules les unités primaires sont retirées ; la variance interne est omise.",
    ),
    "several-maxima": (
        "Several solutions fit nearly as well and give different numbers.",
        "Plusieurs solutions s'ajustent presque aussi bien et donnent des nombres différents.",
    ),
    "share-at-the-edge": (
        "Nobody or everybody has the property; the interval is exact binomial.",
        "Personne ou tout le monde présente la caractéristique ; l'intervalle est binomial exact.",
    ),
    "short-field": (
        "The questionnaire stood for fewer days than the tiers are about: shares of the rarely active are too low.",
        "Le questionnaire est resté en ligne moins de jours que n'en couvrent les niveaux : la part des moins actifs est trop faible.",
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
    "small-counts-withheld": (
        "This estimate rests on a count of persons below the threshold, or goes with one that does: it is not shown.",
        "Cette estimation repose sur un effectif inférieur au seuil, ou va avec une autre qui y repose : elle n'est pas montrée.",
    ),
    "redraws-withheld": (
        "Its redraws are shared with an estimate that rests on a small count: they are not shown.",
        "Ses rééchantillons sont partagés avec une estimation qui repose sur un faible effectif : ils ne sont pas montrés.",
    ),
    "source-outside-limits": (
        "A source lies almost wholly outside the limits that the others set: one of them is wrong.",
        "Une source se trouve presque entièrement hors des limites que posent les autres : l'une d'elles est fausse.",
    ),
    "sparse-overlap": (
        "Few persons are on both lists: the estimate may be biased and its standard error says little.",
        "Peu de personnes figurent sur les deux listes : l'estimation peut être biaisée et son erreur type est peu fiable.",
    ),
    "stale-registrations": (
        "Respondents hold more accounts than a platform declares: the declaration is old, or membership is over-reported.",
        "Les répondants détiennent plus de comptes que n'en déclare une plateforme : la déclaration est ancienne, ou l'inscription surdéclarée.",
    ),
    "tier-conflict": (
        "A tier is larger than the one that should contain it.",
        "Un niveau est plus grand que celui qui devrait le contenir.",
    ),
    "tiers-incoherent": (
        "In many replicates a tier is larger than the one that should contain it: the values were moved into order.",
        "Dans beaucoup de rééchantillons, un niveau est plus grand que celui qui devrait le contenir : les valeurs ont été remises en ordre.",
    ),
    "tier-without-respondents": (
        "Nobody of a tier answered the survey: how it divides into domains is not known.",
        "Personne d'un niveau n'a répondu à l'enquête : sa répartition par domaine n'est pas connue.",
    ),
    "tiers-irreconcilable": (
        "In most replicates the tiers do not contain each other: the sources count different people, and no constrained value is given.",
        "Dans la plupart des rééchantillons, les niveaux ne s'emboîtent pas : les sources comptent des personnes différentes, et aucune valeur contrainte n'est donnée.",
    ),
    "too-few-replicates": (
        "The correction of the interval asks for more replicates than there are: an end is the extreme replicate.",
        "La correction de l'intervalle demande plus de rééchantillons qu'il n'y en a : une borne est le rééchantillon extrême.",
    ),
    "transport": (
        "The survey reached some of the platforms only: for the others the figure is an assumption.",
        "L'enquête n'a touché que certaines plateformes : pour les autres, le chiffre est une hypothèse.",
    ),
    "truncated-classes": (
        "The last class allowed is not empty: allow for more.",
        "La dernière classe admise n'est pas vide : autorisez-en davantage.",
    ),
    "unavailable": (
        "An input was not found in public: nothing is estimated, and nothing is guessed.",
        "Une donnée d'entrée n'a pas été trouvée : rien n'est estimé, et rien n'est deviné.",
    ),
    "unlimited-dependence": (
        "The lists depend on each other so strongly that the formula sets no upper limit.",
        "Les listes dépendent si fortement les unes des autres que la formule ne fixe aucune limite supérieure.",
    ),
    "unsampled-platform-days": (
        "Some platform-days have too few respondents: those surveyed stand for the others.",
        "Certains jours de plateforme ont trop peu de répondants : les jours enquêtés valent pour les autres.",
    ),
    "unusable-replicates": (
        "Some replicates gave no size and are left out; the variance is too small.",
        "Certaines répliques n'ont donné aucun effectif et sont écartées : la variance est trop petite.",
    ),
    "weights-above-cap": (
        "Some weights remain above the cap after the last loop of trimming.",
        "Certains poids restent au-dessus du plafond après la dernière boucle d'écrêtage.",
    ),
    "universe-not-stated": (
        "Respondents were reached through platforms, and sample or margins do not name their population: whether the margins are those of workers or those of everybody cannot be checked.",
        "Les répondants ont été joints par des plateformes, et l'enquête ou les marges ne nomment pas leur population : on ne peut pas vérifier si les marges sont celles des travailleurs ou celles de tous.",
    ),
    "wrong-universe": (
        "The margins describe another population than the one respondents come from.",
        "Les marges décrivent une autre population que celle dont viennent les répondants.",
    ),
    "zero-denominator": (
        "The total to divide by is zero.",
        "Le total au dénominateur est nul.",
    ),
    **RECAPTURE_WARNINGS,
}
