"""What the estimators of this room take for granted, in English and French.

The direction of bias is that of the *number of persons*, also where an assumption stands on a multiplicity.
"""

from __future__ import annotations

from microwork_estimate.estimate import Assumption

EQUAL_CHANCE_WITHIN_PLATFORM = Assumption(
    id="equal-chance-within-platform",
    statement_en="Within each platform every account had the same chance to answer, up to the weights.",
    statement_fr="Sur chaque plateforme, tous les comptes avaient la même chance de répondre, aux poids de sondage"
    " près.",
    testable=False,
    direction_of_bias_if_violated="down",
)
PROPORTIONAL_TO_ACCOUNTS = Assumption(
    id="reached-in-proportion-to-accounts",
    statement_en="Every account of every platform had the same chance to answer, up to the weights, so that a "
    "person on two platforms was twice as likely to be reached.",
    statement_fr="Chaque compte de chaque plateforme avait la même chance de répondre, aux poids de sondage près :"
    " une personne inscrite sur deux plateformes avait donc deux fois plus de chances d'être touchée.",
    testable=True,
    direction_of_bias_if_violated="either",
)
PERSONS_SAMPLED = Assumption(
    id="reached-as-persons",
    statement_en="Every worker had the same chance to answer, up to the weights, on however many platforms.",
    statement_fr="Chaque personne avait la même chance de répondre, aux poids de sondage près, quel que soit le "
    "nombre de ses plateformes.",
    testable=False,
    direction_of_bias_if_violated="down",
)
DECLARING_PLATFORMS_COUNTED = Assumption(
    id="declaring-platforms-counted",
    statement_en="The number of platforms per person counts exactly the platforms whose accounts are summed.",
    statement_fr="Le nombre de plateformes par personne compte exactement les plateformes dont les comptes sont "
    "additionnés.",
    testable=False,
    direction_of_bias_if_violated="down",
)
COMPLETE_RECALL = Assumption(
    id="platforms-recalled",
    statement_en="Respondents name all the platforms on which they have an account; a forgotten one makes the "
    "number of persons too high.",
    statement_fr="Les répondants citent toutes les plateformes où ils ont un compte ; en oublier une rend le "
    "nombre de personnes trop élevé.",
    testable=False,
    direction_of_bias_if_violated="up",
    sensitivity="platforms.recall_curve",
)
ONE_ACCOUNT_ONE_WORKER = Assumption(
    id="one-account-one-worker",
    statement_en="Every declared account belongs to one person of the territory, who has no second account on the "
    "same platform and still does the work: registrations are not workers where accounts are "
    "duplicate, dormant or foreign.",
    statement_fr="Chaque compte déclaré appartient à une seule personne du territoire, qui n'a pas d'autre compte "
    "sur la même plateforme et qui travaille encore : les inscriptions ne sont pas des travailleurs "
    "là où des comptes sont doubles, dormants ou étrangers.",
    testable=False,
    direction_of_bias_if_violated="up",
)
ACCOUNTS_ELSEWHERE_ALIKE = Assumption(
    id="accounts-elsewhere-alike",
    statement_en="Accounts of the platforms that the survey did not reach belong to persons with as many platforms"
    " as the accounts of those that it reached.",
    statement_fr="Les comptes des plateformes que l'enquête n'a pas touchées appartiennent à des personnes "
    "inscrites sur autant de plateformes que les comptes de celles qu'elle a touchées.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="platforms.subset_bounds",
)
MONOTONE_MULTI_HOMING = Assumption(
    id="monotone-multi-homing",
    statement_en="For the higher of the two lower figures only: persons off the platform reached are on no more of"
    " the other platforms, each, than those of its persons who are on any other.",
    statement_fr="Pour la plus haute des deux valeurs basses seulement : les personnes absentes de la plateforme "
    "touchée ne sont pas, chacune, sur davantage d'autres plateformes que ceux de ses inscrits qui en"
    " fréquentent une autre.",
    testable=False,
    direction_of_bias_if_violated="up",
    sensitivity="platforms.subset_bounds",
)
ELICITED_FACTORS = Assumption(
    id="elicited-factors",
    statement_en="The stated intervals of the factors hold the truth as often as their level says.",
    statement_fr="Les intervalles énoncés pour les facteurs contiennent la vérité aussi souvent que leur niveau le"
    " dit.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="platforms.audience_tornado",
)
INDEPENDENT_FACTORS = Assumption(
    id="independent-factors",
    statement_en="The errors of the factors (measurement, territory, worker share, devices, platforms) are "
    "independent of one another.",
    statement_fr="Les erreurs des facteurs (mesure, territoire, part de travailleurs, appareils, plateformes) sont"
    " indépendantes les unes des autres.",
    testable=False,
    direction_of_bias_if_violated="either",
)
SHARED_PROVIDER_ERROR = Assumption(
    id="shared-provider-error",
    statement_en="The errors of one provider's sites share the stated correlation; taking them as independent "
    "makes the interval too short.",
    statement_fr="Les erreurs d'un même fournisseur sur ses sites ont la corrélation énoncée ; les croire "
    "indépendantes rend l'intervalle trop court.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="platforms.audience_by_correlation",
)
VISITOR_MULTIPLICITY = Assumption(
    id="multiplicity-of-visitors",
    statement_en="Devices per person and platforms per person are means over visitors, harmonic over visits "
    "counted, not means over registered persons.",
    statement_fr="Les appareils et les plateformes par personne sont des moyennes sur les visiteurs, harmoniques "
    "sur les visites comptées, et non des moyennes sur les inscrits.",
    testable=False,
    direction_of_bias_if_violated="either",
)
LINKS_KNOWN = Assumption(
    id="links-known",
    statement_en="All users of each sampled account are known, and each says truly how many accounts she uses in all.",
    statement_fr="Tous les utilisateurs de chaque compte tiré sont connus, et chacun dit exactement combien de comptes il"
    " utilise en tout.",
    testable=False,
    direction_of_bias_if_violated="either",
)
UNDECLARED_WITHIN = Assumption(
    id="undeclared-accounts-within",
    statement_en="The accounts of each platform that does not declare lie within the interval stated for it.",
    statement_fr="Les comptes de chaque plateforme qui ne déclare rien se trouvent dans l'intervalle énoncé pour elle.",
    testable=False,
    direction_of_bias_if_violated="either",
)
VISITS_ALIKE_WITHIN_CELL = Assumption(
    id="visits-alike-within-cell",
    statement_en="Within a platform-day (or the wider cell that is used) every visit was as likely to be asked, up to "
    "the weights.",
    statement_fr="Au sein d'un jour-plateforme (ou de la cellule plus large qui est utilisée), chaque visite avait la "
    "même chance d'être interrogée, aux poids de sondage près.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="platforms.avidity_curve",
)
PLATFORM_DAYS_RECALLED = Assumption(
    id="platform-days-recalled",
    statement_en="Respondents count all platform-days of the window on which they were active, surveyed or not; a "
    "forgotten one makes the number of persons too high.",
    statement_fr="Les répondants comptent tous les jours-plateformes de la période où ils ont été actifs, enquêtés ou "
    "non ; en oublier un rend le nombre de personnes trop élevé.",
    testable=False,
    direction_of_bias_if_violated="up",
)
VISITORS_ARE_PERSONS = Assumption(
    id="visitors-are-persons",
    statement_en="The visit log counts persons who work, not devices, lookers-on or robots.",
    statement_fr="Le journal des visites compte des personnes qui travaillent, et non des appareils, des curieux ou des"
    " robots.",
    testable=False,
    direction_of_bias_if_violated="up",
)
AVIDITY_LAW = Assumption(
    id="avidity-law",
    statement_en="The chance of being reached on site goes with visits as stated: in proportion to their number to the "
    "power gamma, or by independent tries with a known chance.",
    statement_fr="La chance d'être touché sur place dépend des visites comme il est dit : en proportion de leur nombre à"
    " la puissance gamma, ou par essais indépendants de probabilité connue.",
    testable=False,
    direction_of_bias_if_violated="either",
    sensitivity="platforms.avidity_curve",
)
VISITS_RECALLED = Assumption(
    id="visits-recalled",
    statement_en="Respondents state truly how often they came within the field days.",
    statement_fr="Les répondants disent exactement combien de fois ils sont venus pendant l'enquête.",
    testable=False,
    direction_of_bias_if_violated="either",
)
LEDGER_ORDER = Assumption(
    id="ledger-order",
    statement_en="Each share is of the accounts that the step before left, independently of the others, and platforms per"
    " person are those of the accounts left at the end: dormant accounts would change them.",
    statement_fr="Chaque part se rapporte aux comptes laissés par l'étape précédente, indépendamment des autres, et les "
    "plateformes par personne sont celles des comptes restants : les comptes dormants les changeraient.",
    testable=False,
    direction_of_bias_if_violated="either",
)
STATED_DEPENDENCE = Assumption(
    id="stated-dependence",
    statement_en="The factors depend on one another as the stated correlations say, and in no other way (a Gaussian "
    "copula).",
    statement_fr="Les facteurs dépendent les uns des autres comme le disent les corrélations énoncées, et d'aucune autre"
    " façon (copule gaussienne).",
    testable=False,
    direction_of_bias_if_violated="either",
)
