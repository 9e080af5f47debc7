"""What capture-recapture takes for granted, in words, with the function that varies it."""

from __future__ import annotations

from microwork_estimate.estimate import Assumption

INDEPENDENT_LISTS = Assumption(
    id="independent-lists",
    statement_en="Being on one list does not make it more or less likely to be on the other.",
    statement_fr="Figurer sur une liste ne rend ni plus ni moins probable le fait de figurer sur l'autre.",
    testable=False,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.odds_ratio_curve",
)
"""The data of two lists cannot contradict it; active people are usually on both, and the estimate is then too low."""

HOMOGENEOUS_CAPTURE = Assumption(
    id="homogeneous-capture",
    statement_en="On at least one of the two lists, everybody had the same chance to appear.",
    statement_fr="Sur au moins une des deux listes, chaque personne avait la même probabilité de figurer.",
    testable=False,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.odds_ratio_curve",
)
"""Unequal chances that go together on both lists act as dependence does."""

CLOSED_POPULATION = Assumption(
    id="closed-population",
    statement_en="Nobody joined or left the population between the first and the last observation.",
    statement_fr=(
        "Personne n'est entré dans la population ni n'en est sorti entre la première et la dernière observation."
    ),
    testable=False,
    direction_of_bias_if_violated="up",
    sensitivity="capture_recapture.adjusted_two_lists",
)
"""Turnover between the lists makes the overlap too small and the estimate too large."""

PERFECT_LINKAGE = Assumption(
    id="perfect-linkage",
    statement_en="Every person who is on several lists was recognised as one person, and nobody else was.",
    statement_fr=(
        "Toute personne présente sur plusieurs listes a été reconnue comme une seule personne, sans faux appariement."
    ),
    testable=False,
    direction_of_bias_if_violated="up",
    sensitivity="capture_recapture.adjusted_two_lists",
)
"""Missed links make the overlap too small and the estimate too large."""

IN_SCOPE_LISTS = Assumption(
    id="in-scope-lists",
    statement_en=(
        "Every record of each list belongs to a person of the population: no duplicate, bot or dormant account."
    ),
    statement_fr=(
        "Chaque entrée de chaque liste correspond à une personne de la population : "
        "ni doublon, ni robot, ni compte dormant."
    ),
    testable=False,
    direction_of_bias_if_violated="up",
    sensitivity="capture_recapture.adjusted_two_lists",
)
"""Records that nothing can match swell the lists and the estimate."""

KNOWN_ODDS_RATIO = Assumption(
    id="known-odds-ratio",
    statement_en="The odds ratio between being on one list and being on the other is the one stated.",
    statement_fr=(
        "Le rapport des cotes entre la présence sur une liste et la présence sur l'autre est celui qui est indiqué."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.odds_ratio_curve",
)
"""It holds dependence and unequal chances together; two lists say nothing about it."""

ODDS_RATIO_RANGE = Assumption(
    id="odds-ratio-range",
    statement_en="The odds ratio between the two lists lies in the range stated.",
    statement_fr="Le rapport des cotes entre les deux listes se situe dans l'intervalle indiqué.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.odds_ratio_curve",
)
"""Weaker than a known odds ratio: it gives bounds, not a number."""

EQUAL_CATCHABILITY = Assumption(
    id="equal-catchability",
    statement_en="Everybody had the same chance to be seen on each occasion, and one sighting did not change the next.",
    statement_fr=(
        "Chaque personne avait la même probabilité d'être vue à chaque occasion, "
        "et une observation ne changeait pas la suivante."
    ),
    testable=True,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.binomial_mixture",
)
"""The counts of sightings can contradict it: unequal chances leave too many persons seen often."""

SIGHTINGS_LINKED = Assumption(
    id="sightings-linked",
    statement_en="All sightings of one person were recognised as those of one person, and of nobody else.",
    statement_fr=(
        "Toutes les observations d'une même personne lui ont été attribuées, sans confusion avec une autre personne."
    ),
    testable=False,
    direction_of_bias_if_violated="up",
)
"""A person who comes back under another name counts twice as seen once."""

INDEPENDENT_SIGHTINGS = Assumption(
    id="independent-sightings",
    statement_en="For any one person, being seen does not change the chance of being seen again.",
    statement_fr="Pour une personne donnée, être observée ne change pas la probabilité d'être observée de nouveau.",
    testable=True,
    direction_of_bias_if_violated="up",
    sensitivity="capture_recapture.ratio_plot",
)
"""People who try once and leave (one-inflation) raise every estimate that looks at those seen once."""

POISSON_SIGHTINGS = Assumption(
    id="poisson-sightings",
    statement_en="Everybody is seen at the same rate, at random moments.",
    statement_fr="Chaque personne est observée au même rythme, à des moments aléatoires.",
    testable=True,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.ratio_plot",
)
"""Unequal rates leave too many persons unseen for the mean number of sightings."""

GEOMETRIC_SIGHTINGS = Assumption(
    id="geometric-sightings",
    statement_en="The rates at which persons are seen differ as an exponential distribution says.",
    statement_fr="Les rythmes d'observation diffèrent d'une personne à l'autre selon une loi exponentielle.",
    testable=True,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.ratio_plot",
)
"""One particular form of unequal rates; the data can contradict it only for persons seen."""

RARELY_SEEN_ALIKE = Assumption(
    id="rarely-seen-alike",
    statement_en="Persons who were not seen are seen at the same rate as persons seen once or twice.",
    statement_fr="Les personnes non observées ont le même rythme d'observation que celles observées une ou deux fois.",
    testable=False,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.ratio_plot",
)
"""Persons never seen are rather those seen less often still."""

FINITE_CLASSES = Assumption(
    id="finite-classes",
    statement_en=(
        "The population falls into the stated number of classes; within a class everybody has the same chance to be "
        "seen on each occasion."
    ),
    statement_fr=(
        "La population se divise en un nombre donné de classes ; dans chaque classe, chaque personne a la même "
        "probabilité d'être observée à chaque occasion."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.mixture_drift",
)
"""Other numbers of classes may fit the persons seen as well and give other numbers of persons unseen."""

CONSTANT_FIRST_CAPTURE = Assumption(
    id="constant-first-capture",
    statement_en="Those not yet seen all had the same chance to be seen, and it stayed the same from occasion to occasion.",
    statement_fr=(
        "Les personnes pas encore vues avaient toutes la même probabilité d'être vues, "
        "et celle-ci restait la même d'une occasion à l'autre."
    ),
    testable=True,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.closed_models",
)
"""Models Mb and Mbh learn the size from how fast first captures become rare."""

HETEROGENEITY_FORM = Assumption(
    id="heterogeneity-form",
    statement_en="Chances to be seen differ between persons in the form stated, which the data cannot choose.",
    statement_fr=(
        "La probabilité d'être vu varie d'une personne à l'autre selon la forme indiquée, "
        "que les données ne permettent pas de choisir."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.closed_models",
)
"""Forms that fit equally well can give sizes that differ by a factor."""

UNEQUAL_CHANCES_LOWER_BOUND = Assumption(
    id="unequal-chances-lower-bound",
    statement_en="Chances to be seen may differ between persons in any way; the number is a lower bound for the size.",
    statement_fr=(
        "La probabilité d'être vu peut varier de n'importe quelle façon d'une personne à l'autre ; "
        "le nombre est une borne inférieure de l'effectif."
    ),
    testable=False,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.closed_models",
)
"""Nothing is assumed of those seen three times or more; people who are almost never seen are missed."""

NO_HIGHEST_INTERACTION = Assumption(
    id="no-highest-interaction",
    statement_en="The dependences between lists are those of the model; there is none that involves all lists at once.",
    statement_fr=(
        "Les dépendances entre listes sont celles du modèle ; il n'y en a aucune qui mette en jeu toutes les listes "
        "à la fois."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.average_loglinear",
)
"""Persons on no list are seen through it alone. Unequal chances or uncatchable persons break it, mostly downward."""

SELECTED_MODEL = Assumption(
    id="selected-model",
    statement_en="The model chosen from the data is the right one; the interval knows nothing of the choice.",
    statement_fr="Le modèle choisi d'après les données est le bon ; l'intervalle ignore ce choix.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.average_loglinear",
)
"""Choosing again in every bootstrap replicate, or averaging, puts the choice into the interval."""

DECOMPOSABLE_DEPENDENCE = Assumption(
    id="decomposable-dependence",
    statement_en=(
        "The dependences between lists are those of some decomposable graph, and they are the same among persons on "
        "no list."
    ),
    statement_fr=(
        "Les dépendances entre listes sont celles d'un graphe décomposable, et elles sont les mêmes parmi les personnes "
        "qui ne figurent sur aucune liste."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.average_loglinear",
)
"""Unequal chances that act on all lists at once are no graph of this kind; they mostly bias downward."""

PRIOR_LAW = Assumption(
    id="prior-law",
    statement_en="What was believed before the data, of the size and of the chances, is as the prior says.",
    statement_fr=(
        "Ce que l'on tenait pour vrai avant les données, sur l'effectif et les probabilités, est conforme à la loi "
        "a priori."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.decomposable_average",
)
"""Where the lists say little about the unseen, the prior decides, and more data do not change that."""

PAIRWISE_COVERAGE = Assumption(
    id="pairwise-coverage",
    statement_en=(
        "Lists depend on each other two by two only, and persons on one list say how much of the population the others "
        "cover."
    ),
    statement_fr=(
        "Les listes ne dépendent les unes des autres que deux à deux, et les personnes d'une liste indiquent quelle part "
        "de la population les autres couvrent."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.sample_coverage",
)
"""Where the coverage is low, only a form that is mostly too low can be computed with any precision."""

LATENT_CLASSES = Assumption(
    id="latent-classes",
    statement_en=(
        "The population falls into a few classes; within a class, being on one list does not change the chance to be on "
        "another."
    ),
    statement_fr=(
        "La population se divise en quelques classes ; dans une classe, figurer sur une liste ne change pas la probabilité "
        "de figurer sur une autre."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.latent_class_bayes",
)
"""Other numbers of classes may fit the persons seen as well; a class that is hardly ever seen stays unknown."""
