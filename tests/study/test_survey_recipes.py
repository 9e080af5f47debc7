"""Registered persons of the synthetic study: raked once for the point and anew in every redraw."""

from types import SimpleNamespace

import numpy as np
import pytest

from microwork_estimate import bootstrap, study, weighting
from microwork_estimate.inputs import Margins, PlatformRegistrations, SurveySample
from microwork_estimate.study import survey_recipes


@pytest.fixture(scope="module")
def parts():
    """The survey of the synthetic study and its margins, as the recipe reads them."""
    task = SimpleNamespace(inputs=study.load("diplab-like").inputs_only("occasional"))
    return survey_recipes.survey_of(task), survey_recipes.margins_of(task)


def declared(accounts):
    """Declarations of three platforms."""
    return PlatformRegistrations(platforms=("a", "b", "c"), accounts=accounts, source="made up")


@pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")
def test_a_block_of_redraws_is_the_recipe_on_each(parts):
    """Raking and dividing a whole block gives, redraw by redraw, what the estimators give one by one."""
    survey, margins = parts
    rng = np.random.default_rng(1)
    redrawn = {
        "survey": weighting.BayesianWeights().draw(survey, rng, 4),
        "registrations": rng.uniform(50_000, 90_000, (4, 3)),
        "duplicates": rng.uniform(0.0, 0.1, 4),
    }
    together = survey_recipes.raked_persons(survey, margins, redrawn)
    for b in range(4):
        raked = weighting.calibrate(survey.with_weights(survey.weights * redrawn["survey"][b]), margins).sample
        alone = survey_recipes.registered_persons(
            raked, declared(redrawn["registrations"][b]), float(redrawn["duplicates"][b])
        )
        assert together[b] == pytest.approx(alone.value, rel=1e-7)


def test_a_redraw_that_cannot_be_raked_is_not_a_number():
    """A redraw without any man cannot meet the margin of men: NaN in place."""
    survey = SurveySample(columns={"sex": ["f", "f", "m"], "n_platforms": [1, 2, 2]}, weight=[10.0] * 3)
    margins = Margins.from_totals({"sex": {"f": 20, "m": 10}}, source="made up")
    redrawn = {
        "survey": np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 0.0]]),
        "registrations": np.full((2, 1), 30.0),
        "duplicates": np.zeros(2),
    }
    with pytest.warns(UserWarning, match="replicate-not-calibrated"):
        persons = survey_recipes.raked_persons(survey, margins, redrawn)
    assert persons[0] == pytest.approx(30.0 * (10 + 5 + 5) / 30)
    assert np.isnan(persons[1])


def test_survey_of_the_study_is_raked(parts):
    """Women answer more readily than men: before raking they are too many, after it they are as the margins say."""
    survey, margins = parts
    women = survey.column("sex") == "women"
    before = survey.weights[women].sum() / survey.weights.sum()
    _, report = weighting.calibrate(survey, margins)
    after = report.weights[women].sum() / report.weights.sum()
    truth = 114_339 / (114_339 + 120_489)
    assert before > truth + 0.02
    assert after == pytest.approx(truth, rel=1e-8)
    assert report.warnings == ()


def test_raking_anew_makes_the_interval_shorter_or_equal(parts):
    """Replicates of kappa with raking in each redraw spread no more than those whose weights were raked once."""
    survey, margins = parts
    raked = weighting.calibrate(survey, margins).sample
    factors = np.concatenate(
        [weighting.RaoWuYue().draw(survey, bootstrap.stream(1, "survey", b), 64) for b in range(8)]
    )
    counts = survey.numbers("n_platforms")
    anew = weighting.calibrate_replicates(survey, margins, factors * survey.weights)
    spread = survey_recipes.harmonic_means(counts, anew).std()
    assert spread < 1.03 * survey_recipes.harmonic_means(counts, factors * raked.weights).std()
