"""Instrument: a survey of micro-workers."""

from __future__ import annotations

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FrozenMapping
from microwork_estimate.inputs.survey import ReachedVia, SurveySample
from microwork_estimate.simulate.answers import Answers, answered
from microwork_estimate.simulate.checks import check_whole
from microwork_estimate.simulate.observed import Observed
from microwork_estimate.simulate.population import Population
from microwork_estimate.simulate.survey_design import FieldWork, Reach, answer_probability
from microwork_estimate.simulate.survey_draws import draw_from_frame, draw_on_site
from microwork_estimate.streams import stream


def survey(
    population: Population,
    *,
    n_respondents: int | None = None,
    reach: Reach,
    field_work: FieldWork | None = None,
    answers: Answers | None = None,
    seed: int,
) -> Observed[SurveySample]:
    """Survey persons of the world.

    In words: persons are reached as asked; each answers with a probability of their own; who answers is drawn without
    replacement until the asked number is there (on site, that number is expected, not fixed); then they answer
    questions, perhaps wrongly.

    Parameters
    ----------
    population : Population
    n_respondents : int or None
        How many shall answer; on site, how many are expected. None on site where the chance of answering at a visit is
        given.
    reach : Reach
        Through what persons are reached.
    field_work : FieldWork or None
        Field days, avidity, non-response. None for a full window and full response.
    answers : Answers or None
        Recall error and banded answers. None for exact answers.
    seed : int

    Returns
    -------
    Observed of SurveySample
        One row for each respondent, with the columns ``platform`` (through which reached, empty if none), ``day`` (of
        the visit drawn), ``n_platforms`` (declaring platforms the person is on; 0 in the general population is
        possible) and ``n_platforms_everywhere``, ``on <platform>`` for every platform, ``visits_in_field``
        (platform-days on the platforms of the survey within the field days), ``platform_days`` (the same in the whole
        window), ``days_active`` (on declaring platforms), ``monthly``, ``weekly_days4``, ``weekly_every_week``, and the
        covariates. The base weight is registrations over respondents by platform, visits over respondents, or persons
        over respondents; 1 on site. The truth is that of the world with ``respondents`` and, on site, ``chance``.

    Raises
    ------
    InvalidInput
        If a platform, tier, covariate or category is unknown, or fewer persons would answer than are asked.

    Assumptions
    -----------
    Answering is a fixed property of a person, whatever the platform and the day.

    References
    ----------
    Length bias of samples taken on site: Shaw, D. (1988), Journal of Econometrics 37, 211-223. Sampling visits:
    Ardilly, P. and Le Blanc, D. (2001), Survey Methodology 27, 109-118.

    Examples
    --------
    >>> from microwork_estimate.simulate import PlatformMarket, population
    >>> world = population(n_persons=5000, market=PlatformMarket.ranked(3, largest=0.3), seed=1)
    >>> seen = survey(world, n_respondents=100, reach=Reach(via="registrations"), seed=2)
    >>> seen.data.n, round(float(seen.data.weights.sum())) == seen.truth["registrations"]
    (100, True)
    """
    work, quality = field_work or FieldWork(), answers or Answers()
    wanted = _wanted(n_respondents, reach, work)
    columns = population.columns(reach.platforms, where="Reach.platforms")
    would = answer_probability(population, work)
    if reach.via == "on_site":
        drawn = draw_on_site(population, columns, wanted, work, would, seed)
    else:
        willing = np.asarray(stream(seed, "survey/response").random(population.n_persons) < would)
        drawn = draw_from_frame(population, columns, wanted, reach, willing, seed)
    rows = (drawn.persons, drawn.platform, drawn.day)
    data = SurveySample(
        columns=answered(population, rows, columns, work.day_bits, quality, seed),
        weight=drawn.weight,
        reached_via=_reached_via(population, columns, reach),
        strata=np.asarray(population.market.names)[drawn.platform] if reach.via == "registrations" else None,
        fpc=drawn.frame,
        universe=f"synthetic: {reach.via}",
    )
    truth = {**population.truth, **drawn.truth, "respondents": data.n}
    return Observed(data=data, truth=FrozenMapping(truth), persons=drawn.persons)


def _wanted(n_respondents: int | None, reach: Reach, work: FieldWork) -> int:
    """Return the asked number of respondents; 0 where the chance at a visit decides."""
    decided = reach.via == "on_site" and work.chance is not None
    if decided != (n_respondents is None) or (work.chance is not None and reach.via != "on_site"):
        raise InvalidInput(
            "number of respondents and chance of answering at a visit",
            expected="n_respondents, or on site either it or FieldWork.chance",
            got=f"n_respondents={n_respondents}, chance={work.chance}, via={reach.via!r}",
            where="survey",
            fix="give one of the two",
        )
    return 0 if n_respondents is None else check_whole(n_respondents, where="n_respondents")


def _reached_via(population: Population, columns: tuple[int, ...], reach: Reach) -> ReachedVia:
    if reach.via in ("workers", "general_population"):
        return "worker"
    everywhere = set(columns) >= set(population.market.declaring_columns)
    return "registration" if everywhere and reach.via == "registrations" else "platform_subset"
