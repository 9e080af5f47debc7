"""What the estimators with covariates, one-inflation or a sample of the persons seen take for granted, in words."""

from __future__ import annotations

from microwork_estimate.estimate import Assumption

NEGATIVE_BINOMIAL_SIGHTINGS = Assumption(
    id="negative-binomial-sightings",
    statement_en="The rates at which persons are seen differ as a gamma distribution says.",
    statement_fr="Les rythmes d'observation diffèrent d'une personne à l'autre selon une loi gamma.",
    testable=True,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.ratio_plot",
)
"""The persons seen least decide its form near zero, where nobody is seen; the size runs away easily."""

COVARIATES_EXPLAIN_RATES = Assumption(
    id="covariates-explain-rates",
    statement_en=(
        "Persons with the same covariates are seen at the same rate, or at rates that differ only as the law says; the "
        "covariates act as the formula says."
    ),
    statement_fr=(
        "Les personnes de mêmes caractéristiques sont observées au même rythme, ou à des rythmes qui ne diffèrent que "
        "selon la loi retenue ; les caractéristiques agissent comme l'indique la formule."
    ),
    testable=True,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.ratio_plot",
)
"""Differences that the covariates do not hold leave too many persons unseen."""

COVARIATES_EXPLAIN_CHANCES = Assumption(
    id="covariates-explain-chances",
    statement_en=(
        "Persons with the same covariates have the same chance to be seen, which follows the formula on the logit scale."
    ),
    statement_fr=(
        "Les personnes de mêmes caractéristiques ont la même probabilité d'être vues, qui suit la formule sur l'échelle "
        "logit."
    ),
    testable=True,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.doubly_robust",
)
"""Differences that the covariates do not hold act as dependence between lists does."""

INDEPENDENT_GIVEN_COVARIATES = Assumption(
    id="independent-given-covariates",
    statement_en=(
        "Among persons with the same covariates, being on one list does not make it more or less likely to be on the "
        "other."
    ),
    statement_fr=(
        "Parmi les personnes de mêmes caractéristiques, figurer sur une liste ne rend ni plus ni moins probable le fait de "
        "figurer sur l'autre."
    ),
    testable=False,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.odds_ratio_curve",
)
"""Weaker than independence of the lists; what makes people active on both and is not measured breaks it."""

OVERLAP_EVERYWHERE = Assumption(
    id="overlap-everywhere",
    statement_en="Whatever their covariates, persons have some chance to be on both lists.",
    statement_fr="Quelles que soient leurs caractéristiques, les personnes ont une chance de figurer sur les deux listes.",
    testable=True,
    direction_of_bias_if_violated="either",
)
"""Where hardly anybody is on both, the chance is held at a floor and the size there is hardly known."""

LEARNED_CHANCES = Assumption(
    id="learned-chances",
    statement_en=(
        "The chances to be on the lists are learned well enough: the error of one may be large only if that of another "
        "is small."
    ),
    statement_fr=(
        "Les probabilités de figurer sur les listes sont assez bien apprises : l'erreur de l'une ne peut être grande que "
        "si celle d'une autre est petite."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
)
"""The bias is a sum of products of errors; a learner that is too poor in all chances biases all the same."""

INFLATION_BEFORE = Assumption(
    id="inflation-before-truncation",
    statement_en=(
        "The persons too many among those seen once are a group of their own that is always seen once: none of them was "
        "missed."
    ),
    statement_fr=(
        "Les personnes en surnombre parmi celles vues une fois forment un groupe à part, toujours vu une fois : aucune n'a "
        "échappé à l'observation."
    ),
    testable=False,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.one_inflation_curve",
)
"""If some of them could have been missed, the unseen among their like are not counted."""

INFLATION_AFTER = Assumption(
    id="inflation-after-truncation",
    statement_en=(
        "The persons too many among those seen once had the same chance to be missed as all others, and were not seen "
        "again because they left."
    ),
    statement_fr=(
        "Les personnes en surnombre parmi celles vues une fois avaient la même probabilité que les autres d'échapper à "
        "l'observation, et n'ont pas été revues parce qu'elles sont parties."
    ),
    testable=False,
    direction_of_bias_if_violated="up",
    sensitivity="capture_recapture.one_inflation_curve",
)
"""If some of them could not have been missed, persons are added who do not exist."""

KNOWN_WEIGHTS = Assumption(
    id="known-weights",
    statement_en="The weights say how many of the persons seen each person at hand stands for.",
    statement_fr="Les poids indiquent combien de personnes observées chaque personne de l'échantillon représente.",
    testable=False,
    direction_of_bias_if_violated="either",
)
"""Nonresponse that goes with how often a person is seen breaks it, also within weighting classes."""

RECAPTURE_BEHAVIOUR = Assumption(
    id="recapture-behaviour",
    statement_en="Having been seen once changes the chance to be seen by one factor on the odds, the same for everybody.",
    statement_fr=(
        "Avoir été vu une fois modifie la probabilité d'être vu par un même facteur sur les cotes, identique pour tous."
    ),
    testable=True,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.closed_models",
)
"""The size then rests on how fast first sightings become rare."""
