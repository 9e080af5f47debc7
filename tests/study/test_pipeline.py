"""The main job and the second study: the published arithmetic, what it hides, and what must not be read."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from microwork_estimate import study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.registry import ReadOnly

DIPLAB = study.load("diplab-2019")
MTURK = study.load("mturk")


@pytest.fixture(scope="module")
def diplab():
    return study.run(DIPLAB, n_replicates=199, seed=2019)


@pytest.fixture(scope="module")
def mturk():
    return study.run(MTURK, n_replicates=199, seed=2019)


def _codes(estimate):
    return {warning.code for warning in estimate.warnings}


def test_published_arithmetic(diplab):
    """337,980 over 1.27 is 266,126 and 66,468 over 1.27 is 52,337, to the person; both inputs are said to be circular."""
    assert round(diplab.estimates["occasional"].value) == 266_126
    assert round(diplab.estimates["regular"].value) == 52_337
    assert "circular" in _codes(diplab.estimates["occasional"])
    assert "circular" in _codes(diplab.estimates["regular"])
    assert "transport" in _codes(diplab.estimates["occasional"])


def test_very_active_is_unavailable(diplab):
    """The lists behind 14,903 are not public: no value, no interval, and the reason."""
    estimate = diplab.estimates["very_active"]
    assert (estimate.value, estimate.interval, estimate.bounds) == (None, None, None)
    assert _codes(estimate) == {"unavailable"}
    assert "n1, n2, m" in estimate.warnings[0].message


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("occasional_bounds", 292_353, 324_944),
        ("occasional_bounds_scope", 292_353, 334_012),
        ("occasional_one_platform", 95_747, 324_480),
    ],
)
def test_bounds_of_the_other_readings(diplab, name, low, high):
    """If 1.27 is a mean over registrations, or of one platform's members, the figure is only bounded."""
    bounds = diplab.estimates[name].bounds
    assert (round(bounds.low), round(bounds.high)) == (low, high)
    assert diplab.estimates[name].value is None


def test_published_figure_is_too_low_for_a_mean_over_registrations(diplab):
    """Then 266,126 is 9 to 18 per cent below, whatever the distribution of platforms."""
    rows = {
        row[0]: dict(zip(diplab.tables["comparison"].columns, row, strict=True))
        for row in diplab.tables["comparison"].rows
    }
    assert rows["occasional_bounds"]["below_low"] == pytest.approx(1 - 266_126 / 292_353, abs=1e-5)
    assert rows["occasional_bounds"]["below_high"] == pytest.approx(1 - 266_126 / 324_944, abs=1e-5)


def test_exclusive_tiers(diplab):
    """Nested 14,903 / 52,337 / 266,126 are 14,903 / 37,434 / 213,789 without counting anybody twice."""
    assert diplab.tables["published_tiers"].column("exclusive") == (14_903, 37_434, 213_789)


def test_tornado_puts_the_debated_coefficient_near_the_end(diplab):
    """Measurement is the widest factor, and 1.27 carries a small share of the variance."""
    tornado = diplab.tables["tornado"]
    shares = dict(zip(tornado.column("factor"), tornado.column("variance_share"), strict=True))
    assert tornado.column("factor")[0] == "measurement"
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["platforms_per_person"] < 0.1


def test_audience_interval_comes_from_replicates(diplab):
    """The regular tier has B replicates, and an interval that is free of their Monte Carlo error but agrees with them."""
    estimate = diplab.estimates["regular_audience"]
    assert len(estimate.replicates) == 199
    assert "elicited" in estimate.interval.method
    ordered = np.sort(estimate.replicates.values)
    assert ordered[0] < estimate.interval.low < ordered[12]
    assert ordered[186] < estimate.interval.high < ordered[198] * 1.2


def test_dependence_factors(diplab):
    """At odds ratio 2 the factor lies between 1 and 2: 2 if the lists saw nobody, 1 if they saw everybody."""
    table = diplab.tables["dependence"]
    row = dict(zip(table.columns, table.rows[table.column("odds_ratio").index(2.0)], strict=True))
    assert row["seen_0"] == 2.0
    assert row["seen_0.5"] == 1.5


def test_no_estimator_reads_a_published_result(diplab):
    """With every published result and every context figure replaced by nonsense, the estimates are the same to the bit."""
    nonsense = {
        table: ReadOnly({key: replace(figure, value=1.0) for key, figure in getattr(DIPLAB, table).items()})
        for table in ("published", "context")
    }
    changed = study.run(replace(DIPLAB, **nonsense), n_replicates=199, seed=2019)
    for name, estimate in diplab.estimates.items():
        assert str(changed.estimates[name]) == str(estimate)
        assert changed.estimates[name].value == estimate.value
    assert changed.estimates["regular_audience"].replicates.values.tobytes() == (
        diplab.estimates["regular_audience"].replicates.values.tobytes()
    )


def test_month_pairs_equal_the_maintainers(mturk):
    """All 136 Lincoln-Petersen figures are the maintainers', to 1e-9; Chapman stands beside them, inside its interval."""
    published = pd.read_csv(MTURK.table("month_pairs"))["lp"].to_numpy()
    pairs = mturk.tables["month_pairs"]
    assert len(pairs.rows) == 136
    np.testing.assert_allclose(pairs.column("lincoln_petersen"), published, rtol=1e-9)
    low, middle, high = (np.array(pairs.column(name)) for name in ("low", "chapman", "high"))
    assert (low < middle).all()
    assert (middle < high).all()


def test_times_seen_equal_the_maintainers(mturk):
    """Chao's bound to 1e-9, equal catchability to 1e-6, the three-component mixture to 1e-4 with its AIC to 1e-3."""
    published = pd.read_csv(MTURK.table("published_totals")).set_index("quantity")["value"]
    estimates = mturk.estimates
    assert estimates["lower_bound"].value == pytest.approx(published["chao_lower_bound"], rel=1e-9)
    assert estimates["equal_catchability"].value == pytest.approx(published["equal_catchability"], rel=1e-6)
    assert estimates["mixture"].value == pytest.approx(published["binomial_mixture_3"], rel=1e-4)
    assert estimates["mixture"].diagnostics["aic"] == pytest.approx(published["binomial_mixture_3_aic"], abs=1e-3)
    assert estimates["lower_bound_bias_corrected"].value < estimates["lower_bound"].value


def test_number_drifts_with_the_components(mturk):
    """Every further component fits better and gives more people; the mixture carries that as a warning."""
    drift = mturk.tables["mixture_drift"]
    assert np.all(np.diff(drift.column("value")) > 0)
    assert np.all(np.diff(drift.column("aic")) < 0)
    assert "mixture-drift" in _codes(mturk.estimates["mixture"])


def test_activity_shares_add_up(mturk):
    """In every year in which hours were asked, the exclusive tiers hold all answers; 2026 sums to 25,560 answers."""
    table = mturk.tables["activity"]
    for row in table.rows:
        assert sum(row[2:]) == pytest.approx(1)
    assert table.rows[-1][:2] == (2026, 25_560)
    assert "avidity" in _codes(mturk.estimates["hours_tiers_very_active"])


def test_adjacent_months_carry_their_warning(mturk):
    """A worker can answer once in thirty days, so neighbouring months are no independent captures."""
    assert "adjacent-occasions" in _codes(mturk.estimates["month_pairs"])


def test_same_seed_same_bytes():
    """Two runs with one seed give one bundle, to the byte; another seed gives another."""
    first, again, other = (study.run(DIPLAB, n_replicates=70, seed=seed).to_json() for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_month_without_overlap_is_not_left_out():
    """When one of the recent pairs has nobody in both months, the mean has a lower limit and no value."""
    from microwork_estimate.inputs import CaptureHistories
    from microwork_estimate.study import mturk_recipes
    from microwork_estimate.study.task import Settings, Task

    pairs = {
        "2020-01": CaptureHistories.from_two_lists(100, 80, 20),
        "2020-02": CaptureHistories.from_two_lists(80, 90, 0),
    }
    settings = Settings(n_replicates=399, seed=1)
    with pytest.warns(UserWarning, match="nobody is on both"):
        estimates = [mturk_recipes.capture_recapture.chapman(pair) for pair in pairs.values()]
    task = Task(
        name="x",
        inputs=MTURK.inputs_only("month_pairs"),
        options={},
        estimand=MTURK.estimand("month_pairs"),
        settings=settings,
    )
    draws = mturk_recipes.period_means(pairs, {"all": tuple(pairs)}, settings)["all"]
    mean = mturk_recipes._recent_mean(task, estimates, draws)
    assert mean.value is None
    assert mean.interval.high == float("inf")
    assert mean.interval.low > 100
    assert "no-overlap" in _codes(mean)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"options": {}}, "missing: counts_other_platforms, reached_via"),
        ({"options": {"reached_via": "worker", "counts_other_platforms": False, "foo": 3}}, "unknown: foo"),
        ({"options": {"reached_via": 3, "counts_other_platforms": False}}, "option of another type"),
        ({"inputs": {"registrations": "sum_registrations"}}, "missing: multiplicity, n_platforms"),
        ({"elicited": {"measurement": "measurement"}}, "unknown: measurement"),
    ],
)
def test_roles_must_fit_the_recipe(change, message):
    """A role or an option that a recipe needs, does not know, or cannot use is refused before anything is computed."""
    entry = DIPLAB.estimate("occasional").model_copy(update=change)
    with pytest.raises(InvalidInput, match=message):
        study.run(replace(DIPLAB, estimates=(entry,)), n_replicates=10, seed=1)


def test_open_population_is_said_of_every_count(mturk):
    """Eleven years of counts with half-lives near a year: each estimate from them says that people came and left."""
    for name in ("lower_bound", "lower_bound_bias_corrected", "equal_catchability", "mixture"):
        assert "open-population" in _codes(mturk.estimates[name])
    assert "below-lower-bound" in _codes(mturk.estimates["mixture"])


def test_findings_follow_what_was_found(diplab):
    """The sentence about the lists that were not found is there as long as there is no estimate from them."""
    assert "dependence" in [finding["id"] for finding in diplab.study["findings"]]
    known = {
        role: replace(DIPLAB.inputs[role], status="published", value=v)
        for role, v in (("n1", 200.0), ("n2", 150.0), ("m", 30.0))
    }
    filled = study.run(replace(DIPLAB, inputs=ReadOnly({**DIPLAB.inputs, **known})), n_replicates=10, seed=1)
    assert round(filled.estimates["very_active"].value) == 978
    assert "dependence" not in [finding["id"] for finding in filled.study["findings"]]


def test_unknown_recipe_is_refused():
    """A study that names a recipe which does not exist gives no number."""
    entry = DIPLAB.estimates[0].model_copy(update={"recipe": "magic"})
    with pytest.raises(InvalidInput, match="unknown recipe"):
        study.run(replace(DIPLAB, estimates=(entry,)), n_replicates=10, seed=1)
