"""What recapture with a survey, with corrections, and in open populations takes for granted, in words."""

from __future__ import annotations

from microwork_estimate.estimate import Assumption

SURVEY_BLIND_TO_LIST = Assumption(
    id="survey-blind-to-list",
    statement_en="Being on the list does not make it more or less likely to take part in the survey, given the weights.",
    statement_fr=(
        "Figurer sur la liste ne rend ni plus ni moins probable la participation à l'enquête, compte tenu des poids."
    ),
    testable=False,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.survey_odds_ratio_curve",
)
"""Active people are on the list and answer surveys: the share on the list is then too high, the estimate too low."""

CHANCE_OFF_THE_LIST = Assumption(
    id="chance-off-the-list",
    statement_en="Persons who are not on the list could also be drawn into the survey.",
    statement_fr="Les personnes qui ne figurent pas sur la liste pouvaient aussi être tirées dans l'enquête.",
    testable=False,
    direction_of_bias_if_violated="down",
)
"""A survey fielded on the list itself finds everybody on it and says nothing about the others."""

KNOWN_OUT_OF_SCOPE = Assumption(
    id="known-out-of-scope",
    statement_en="The share of the list that is out of scope (dormant, bots, duplicates, abroad) is the one stated.",
    statement_fr=(
        "La part de la liste hors champ (comptes dormants, robots, doublons, personnes à l'étranger) est celle qui est "
        "indiquée."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.RecaptureAdjustments",
)
"""Too small a share leaves entries that nothing can match, and too large an estimate."""

KNOWN_LINKAGE_ERRORS = Assumption(
    id="known-linkage-errors",
    statement_en="Missed and false links between the sources occur at the rates stated, whoever is concerned.",
    statement_fr=(
        "Les appariements manqués et les faux appariements se produisent aux taux indiqués, quelle que soit la personne."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.RecaptureAdjustments",
)
"""Missed links raise the estimate and false links lower it."""

KNOWN_HALF_LIFE = Assumption(
    id="known-half-life",
    statement_en=(
        "Persons leave at the constant rate that the stated half-life gives, whether or not they are on a list, and "
        "those who come are as likely to be on the later source as those who stayed."
    ),
    statement_fr=(
        "Les personnes partent au taux constant que donne la demi-vie indiquée, qu'elles figurent ou non sur une liste, "
        "et les nouvelles venues ont autant de chances que les autres de figurer sur la source la plus récente."
    ),
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="capture_recapture.RecaptureAdjustments",
)
"""Half of those who were there first are gone after one half-life; the estimate is of the later time."""

SAME_WINDOW = Assumption(
    id="same-window",
    statement_en="List and survey are about the same population at the same time.",
    statement_fr="La liste et l'enquête portent sur la même population au même moment.",
    testable=False,
    direction_of_bias_if_violated="up",
    sensitivity="capture_recapture.Turnover",
)
"""Who left between the two is on the list and cannot be in the survey: the estimate is too large."""

MEMBERSHIP_KNOWN = Assumption(
    id="membership-known",
    statement_en="Whether a respondent is on the list is known without error.",
    statement_fr="On sait sans erreur si chaque répondant figure sur la liste.",
    testable=False,
    direction_of_bias_if_violated="up",
    sensitivity="capture_recapture.RecaptureAdjustments",
)
"""Memberships forgotten or not found make the share on the list too small and the estimate too large."""

EQUAL_CATCHABILITY_OPEN = Assumption(
    id="equal-catchability-open",
    statement_en="On each occasion everybody present had the same chance to be seen, whether seen before or not.",
    statement_fr=(
        "À chaque occasion, toutes les personnes présentes avaient la même probabilité d'être vues, déjà vues ou non."
    ),
    testable=True,
    direction_of_bias_if_violated="down",
    sensitivity="capture_recapture.robust_design",
)
"""Persons easily seen fill the marked part: the sizes come out too small, as with two lists."""

EQUAL_SURVIVAL = Assumption(
    id="equal-survival",
    statement_en="From one occasion to the next, everybody had the same chance to stay, whether seen or not.",
    statement_fr=(
        "D'une occasion à la suivante, chaque personne avait la même probabilité de rester, qu'elle ait été vue ou non."
    ),
    testable=True,
    direction_of_bias_if_violated="either",
)
"""People who try once and leave make staying look rarer than it is for the others."""

PERMANENT_DEPARTURE = Assumption(
    id="permanent-departure",
    statement_en="Who leaves does not come back; being away for an occasion at random counts as not being seen.",
    statement_fr=(
        "Qui part ne revient pas ; une absence au hasard à une occasion compte comme le fait de ne pas être vu."
    ),
    testable=True,
    direction_of_bias_if_violated="either",
)
"""Breaks that last raise the estimated turnover and lower the size that counts those on a break."""

CONSTANT_CAPTURE = Assumption(
    id="constant-capture",
    statement_en="The chance to be seen was the same on all occasions.",
    statement_fr="La probabilité d'être vu était la même à toutes les occasions.",
    testable=True,
    direction_of_bias_if_violated="either",
)
"""It makes the first and the last occasion estimable."""

CONSTANT_SURVIVAL = Assumption(
    id="constant-survival",
    statement_en="The chance to stay for a unit of time was the same at all times.",
    statement_fr="La probabilité de rester pendant une unité de temps était la même à tout moment.",
    testable=True,
    direction_of_bias_if_violated="either",
)
"""It gives one half-life for the whole time."""

CLOSED_WITHIN_PERIODS = Assumption(
    id="closed-within-periods",
    statement_en="Within each period nobody joined or left the population.",
    statement_fr="À l'intérieur de chaque période, personne n'est entré dans la population ni n'en est sorti.",
    testable=True,
    direction_of_bias_if_violated="up",
)
"""The robust design needs it within periods only; between them people may come and go."""
