"""What each law of sightings, and each form of one-inflation, is called and takes for granted."""

from __future__ import annotations

from microwork_estimate.capture_recapture.assumptions import (
    EQUAL_CATCHABILITY,
    GEOMETRIC_SIGHTINGS,
    POISSON_SIGHTINGS,
    RARELY_SEEN_ALIKE,
    UNEQUAL_CHANCES_LOWER_BOUND,
)
from microwork_estimate.capture_recapture.assumptions_covariates import (
    INFLATION_AFTER,
    INFLATION_BEFORE,
    NEGATIVE_BINOMIAL_SIGHTINGS,
)
from microwork_estimate.capture_recapture.count_terms import OneInflation
from microwork_estimate.estimate import Assumption

FAMILY_ASSUMPTIONS: dict[str, Assumption] = {
    "poisson": POISSON_SIGHTINGS,
    "geometric": GEOMETRIC_SIGHTINGS,
    "negative_binomial": NEGATIVE_BINOMIAL_SIGHTINGS,
    "binomial": EQUAL_CATCHABILITY,
    "chao": UNEQUAL_CHANCES_LOWER_BOUND,
    "zelterman": RARELY_SEEN_ALIKE,
}
"""What each law takes for granted of everybody, or of persons with the same covariates."""

FAMILY_REFERENCES: dict[str, str] = {
    "poisson": "van der Heijden et al. 2003, Statistical Modelling 3(4), 305-322",
    "geometric": "Niwitpong et al. 2013, Metrika 76, 495-519",
    "negative_binomial": "Cruyff & van der Heijden 2008, Biometrical Journal 50(6), 1035-1050",
    "chao": "Böhning et al. 2013, Biometrics 69(4), 1033-1042",
    "zelterman": "Böhning & van der Heijden 2009, Annals of Applied Statistics 3(2), 595-610",
}
"""Where each law is printed."""

INFLATION_REFERENCE = "Böhning & van der Heijden 2019, Annals of Applied Statistics 13(2), 1198-1211"

INFLATION_ASSUMPTIONS: dict[OneInflation, tuple[Assumption, ...]] = {
    "none": (),
    "before_truncation": (INFLATION_BEFORE,),
    "after_truncation": (INFLATION_AFTER,),
    "singletons_left_out": (INFLATION_BEFORE,),
}
"""What each form of one-inflation takes for granted."""

INFLATION_WORDS: dict[OneInflation, str] = {
    "none": "",
    "before_truncation": ", one-inflation before truncation",
    "after_truncation": ", one-inflation after truncation",
    "singletons_left_out": ", singletons left out",
}
"""How each form of one-inflation is called in a method."""
