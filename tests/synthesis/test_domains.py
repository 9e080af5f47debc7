"""Tiers by domain: counts that add up in every replicate, joint intervals, honest limits for empty cells, known truth."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from microwork_estimate import bootstrap
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Estimate, Interval, Replicates
from microwork_estimate.synthesis import (
    DIPLAB_TIERS,
    TieredSample,
    TierSet,
    domain_counts,
    domain_key,
    domain_weights,
    tier_amounts,
)

pytestmark = pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")
IDS = tuple(tier.id for tier in DIPLAB_TIERS)
B = 199


def sample(rng, n=60, domains=("a", "b", "c")):
    """Respondents at random, every tier and domain among them."""
    tier = np.concatenate([IDS, rng.choice(IDS, n - 3)])
    domain = np.concatenate([domains, rng.choice(domains, n - len(domains))])
    return TieredSample(tier=tier, domain=domain, weights=rng.uniform(1, 9, n), tiers=DIPLAB_TIERS, domains=domains)


def drawn(values, streams=("lists",)):
    """Replicates of one run."""
    return Replicates(values=values, streams=streams, seed=1)


def cells_of(sizes, draws=None):
    """Exclusive tiers with these sizes."""
    estimates = tuple(
        Estimate(
            name=key,
            value=size,
            estimand=Estimand(),
            method="given",
            replicates=None if draws is None else drawn(draws[k]),
        )
        for k, (key, size) in enumerate(zip(IDS, sizes, strict=True))
    )
    return TierSet(tiers=DIPLAB_TIERS, estimates=estimates, kind="exclusive")


def redrawn(seen, rng):
    """The weights of every cell under gamma factors."""
    weights = seen.weights * rng.gamma(1.0, 1.0, (B, seen.weights.size))
    return {key: drawn(values, ("survey",)) for key, values in domain_weights(seen, weights).items()}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_domains_add_up_and_nested_tiers_contain_each_other_in_every_replicate(seed):
    """Counts of the domains sum to their tier, and nested counts never fall from a tier to the next, draw by draw."""
    rng = np.random.default_rng(seed)
    seen, tiers = sample(rng), rng.uniform(10, 1000, (3, B))
    cells, redraws = cells_of(tiers.mean(axis=1), tiers), redrawn(seen, rng)
    exclusive, nested = (domain_counts(cells, seen, redraws=redraws, kind=kind) for kind in ("exclusive", "nested"))
    whole = tiers.cumsum(axis=0)
    for j, tier in enumerate(IDS):
        for table, totals in ((exclusive, tiers), (nested, whole)):
            parts = [table[tier, d].count for d in seen.domains]
            np.testing.assert_allclose(sum(p.replicates.values for p in parts), totals[j], rtol=1e-12)
            assert sum(p.value for p in parts) == pytest.approx(totals[j].mean())
            np.testing.assert_allclose(
                sum(table[tier, d].share.replicates.values for d in seen.domains), 1.0, rtol=1e-12
            )
    for inner, outer in pairwise(IDS):
        for domain in seen.domains:
            below, above = (nested[tier, domain].count.replicates.values for tier in (inner, outer))
            assert (below <= above * (1 + 1e-12)).all()


def test_joint_intervals_contain_those_alone_and_name_all_streams():
    """Each joint interval is at least as wide as the one alone; the replicates name the streams of tier and survey."""
    rng = np.random.default_rng(2)
    seen, tiers = sample(rng, 200), rng.uniform(10, 1000, (3, B))
    table = domain_counts(cells_of(tiers.mean(axis=1), tiers), seen, redraws=redrawn(seen, rng))
    for row in table.rows:
        assert row.joint_count.low <= row.count.interval.low
        assert row.count.interval.high <= row.joint_count.high
        assert set(row.count.replicates.streams) == {"lists", "survey"}


def test_shares_are_those_of_persons_not_of_accounts():
    """Two women on two platforms each and one man on one: persons weighted by 1/k are half women, accounts two thirds."""
    platforms = np.array([2.0, 2.0, 1.0])
    given_ = {"tier": [IDS[2]] * 3, "domain": ["women", "women", "men"], "tiers": DIPLAB_TIERS}
    accounts = TieredSample(**given_, weights=np.ones(3), domains=("women", "men"))
    persons = TieredSample(**given_, weights=1 / platforms, domains=("women", "men"))
    cells = cells_of((0.0, 0.0, 100.0))
    assert domain_counts(cells, persons)[IDS[2], "women"].count.value == pytest.approx(50.0)
    assert domain_counts(cells, accounts)[IDS[2], "women"].count.value == pytest.approx(200 / 3)


def test_empty_cell_has_the_exact_limit():
    """None of 30 equal respondents is in a domain: the share is at most that of Clopper and Pearson, one-sided."""
    seen = TieredSample(
        tier=[IDS[0]] * 30 + [IDS[1], IDS[2]],
        domain=["a"] * 30 + ["b", "b"],
        weights=np.ones(32),
        tiers=DIPLAB_TIERS,
        domains=("a", "b"),
    )
    with pytest.warns(MicroworkWarning, match="share-at-the-edge"):
        table = domain_counts(cells_of((1000.0, 10.0, 10.0)), seen)
    empty, full = table[IDS[0], "b"], table[IDS[0], "a"]
    limit = stats.beta.ppf(0.95, 1, 30)
    assert empty.share.interval.low == 0.0
    assert empty.share.interval.high == pytest.approx(limit)
    assert full.share.interval.low == pytest.approx(1 - limit)
    assert empty.count.value == 0.0
    # Without an error of the tier, the count has the limit of the share at (1 + level)/2.
    assert empty.count.interval.high == pytest.approx(1000 * stats.beta.ppf(0.975, 1, 30))
    assert "share-at-the-edge" in {w.code for w in empty.count.warnings}


def test_empty_cells_take_their_share_of_the_allowance():
    """With k of K cells at the edge the others together have the level that leaves out (1 - level)(1 - k / K)."""
    rng = np.random.default_rng(3)
    seen = sample(rng, n=120)
    kept = ~((seen.tier == IDS[0]) & (seen.domain == "c"))
    seen = TieredSample(
        tier=seen.tier[kept],
        domain=seen.domain[kept],
        weights=seen.weights[kept],
        tiers=DIPLAB_TIERS,
        domains=("a", "b", "c"),
    )
    tiers = rng.uniform(900, 1100, (3, B))
    redraws = redrawn(seen, rng)
    table = domain_counts(cells_of(tiers.mean(axis=1), tiers), seen, redraws=redraws, level=0.9)
    assert table[IDS[0], "c"].count.value == 0
    inside = [row for row in table.rows if (row.tier, row.domain) != (IDS[0], "c")]
    held = np.all(
        [
            (row.joint_count.low <= row.count.replicates.values) & (row.count.replicates.values <= row.joint_count.high)
            for row in inside
        ],
        axis=0,
    )
    assert held.mean() >= 1 - 0.1 * (1 - 1 / 9)
    assert {row.joint_count.level for row in table.rows} == {0.9, 1 - 0.1 / 9}


def test_limit_of_an_empty_cell_takes_the_error_of_the_tier():
    """With an uncertain tier the upper limit is that of the share times the upper end of the tier, and wider when joint."""
    rng = np.random.default_rng(3)
    seen = TieredSample(
        tier=[IDS[0]] * 30 + [IDS[1]] * 4 + [IDS[2]] * 4,
        domain=["a"] * 30 + ["a", "b"] * 4,
        weights=np.ones(38),
        tiers=DIPLAB_TIERS,
        domains=("a", "b"),
    )
    tiers = np.stack([np.linspace(500, 1500, B), rng.uniform(5, 15, B), rng.uniform(5, 15, B)])
    table = domain_counts(cells_of((1000.0, 10.0, 10.0), tiers), seen, redraws=redrawn(seen, rng))
    row = table[IDS[0], "b"]
    upper = 500 + 1000 * 194 / 198  # the 195th of 199 draws
    assert row.count.interval.high == pytest.approx(upper * stats.beta.ppf(0.975, 1, 30))
    assert row.joint_count.high > row.count.interval.high
    nested = domain_counts(cells_of((1000.0, 10.0, 10.0), tiers), seen, redraws=redrawn(seen, rng), kind="nested")
    assert nested[IDS[1], "b"].count.value == pytest.approx(5.0)


def test_tier_without_respondents_is_open():
    """Nobody of a tier answered: each of its domains has between nobody and the whole tier, with a warning and no value."""
    seen = TieredSample(
        tier=[IDS[1], IDS[2]], domain=["a", "b"], weights=[1.0, 1.0], tiers=DIPLAB_TIERS, domains=("a", "b")
    )
    table = domain_counts(cells_of((70.0, 10.0, 10.0)), seen)
    row = table[IDS[0], "a"]
    assert (row.count.value, row.share.value) == (None, None)
    assert (row.count.bounds.low, row.count.bounds.high) == (0.0, 70.0)
    assert (row.share.bounds.low, row.share.bounds.high) == (0.0, 1.0)
    assert "tier-without-respondents" in {w.code for w in row.count.warnings}
    nested = domain_counts(cells_of((70.0, 10.0, 10.0)), seen, kind="nested")[IDS[1], "a"]
    assert nested.count.value is None
    assert nested.count.bounds.high == 80.0


def test_census_gives_the_truth():
    """If everybody answered and the tiers are known, every count is the count."""
    rng = np.random.default_rng(4)
    seen = sample(rng, 400)
    census = TieredSample(
        tier=seen.tier, domain=seen.domain, weights=np.ones(400), tiers=DIPLAB_TIERS, domains=seen.domains
    )
    sizes = [float(np.count_nonzero(seen.tier == key)) for key in IDS]
    table = domain_counts(cells_of(sizes), census)
    for tier, domain in census.keys:
        truth = np.count_nonzero((seen.tier == tier) & (seen.domain == domain))
        assert table[tier, domain].count.value == pytest.approx(truth)


def test_truth_is_held_as_often_as_promised():
    """A survey of 300 from a made-up population, 200 times: intervals alone hold about 95 %, joint ones all at once 90 %+."""
    rng = np.random.default_rng(5)
    truth = np.array([[0.3, 0.7], [0.5, 0.5], [0.6, 0.4]])
    sizes = np.array([1000.0, 4000.0, 20_000.0])
    alone, together = [], []
    for _ in range(200):
        tier = np.repeat([0, 1, 2], 100)
        domain = (rng.random(300) > truth[tier, 0]).astype(int)
        seen = TieredSample(
            tier=np.array(IDS)[tier],
            domain=np.array(["a", "b"])[domain],
            weights=np.ones(300),
            tiers=DIPLAB_TIERS,
            domains=("a", "b"),
        )
        error = np.exp(rng.normal(0, 0.1, 3))
        draws = (sizes * error)[:, None] * np.exp(rng.normal(0, 0.1, (3, B)))
        weights = rng.multinomial(100, np.full(100, 0.01), (B, 3)).reshape(B, 300)
        redraws = {key: drawn(v, ("survey",)) for key, v in domain_weights(seen, weights).items()}
        table = domain_counts(cells_of(sizes * error, draws), seen, redraws=redraws)
        found = [
            (row, sizes[IDS.index(row.tier)] * truth[IDS.index(row.tier), "ab".index(row.domain)]) for row in table.rows
        ]
        alone += [row.count.interval.low <= t <= row.count.interval.high for row, t in found]
        together.append(all(row.joint_count.low <= t <= row.joint_count.high for row, t in found))
    assert 0.92 <= np.mean(alone) <= 0.975
    assert 0.90 <= np.mean(together) <= 0.99


def test_what_does_not_fit_is_refused():
    """Nested tiers, other tiers, unknown domains, negative replicates, missing redraws and weights of zero are named."""
    rng = np.random.default_rng(6)
    seen, cells = sample(rng), cells_of((10.0, 20.0, 30.0), np.full((3, B), 5.0))
    redraws = redrawn(seen, rng)
    nested = TierSet(tiers=DIPLAB_TIERS, estimates=cells.estimates, kind="nested")
    with pytest.raises(InvalidInput, match="tiers that do not fit"):
        domain_counts(nested, seen)
    with pytest.raises(InvalidInput, match="redraws that do not fit"):
        domain_counts(cells, seen, redraws={k: v for k, v in redraws.items() if k != domain_key(IDS[0], "a")})
    with pytest.raises(InvalidInput, match="redraws that do not fit"):
        domain_counts(cells_of((1.0, 2.0, 3.0)), seen, redraws=redraws)
    with pytest.raises(InvalidInput, match="replicates below zero"):
        domain_counts(cells_of((10.0, 20.0, 30.0), np.full((3, B), -5.0)), seen, redraws=redraws)
    with pytest.raises(InvalidInput, match="unknown choice"):
        domain_counts(cells, seen, kind="both")
    for change in ({"domains": ("a", "b")}, {"weights": np.zeros(60)}, {"tiers": DIPLAB_TIERS[:2]}):
        parts = {name: getattr(seen, name) for name in ("tier", "domain", "weights", "tiers", "domains")}
        with pytest.raises(InvalidInput, match="respondents and domains"):
            TieredSample(**{**parts, **change})
    with pytest.raises(InvalidInput, match="unknown tier or domain"):
        domain_counts(cells, seen)["nobody", "a"]


# ------------------------------------------------------------------------------------------------------------ amounts


def test_published_arithmetic_of_full_time_equivalents():
    """52,337 persons x 3 hours / 35 hours are 4,486 full-time equivalents."""
    hours = {key: Estimate(name=key, value=3.0, estimand=Estimand(unit="hours per week"), method="x") for key in IDS}
    hours[IDS[2]] = Estimate(name="none", value=0.0, estimand=Estimand(unit="hours per week"), method="x")
    work = tier_amounts(
        cells_of((14_903.0, 37_434.0, 213_789.0)), hours, estimand=Estimand(unit="full-time equivalents"), per=35.0
    )
    assert work.total().value == pytest.approx(52_337 * 3 / 35)
    assert round(work.total().value) == 4486
    assert work.total().estimand.unit == "full-time equivalents"


def test_amounts_multiply_replicates_index_by_index():
    """Where tier and mean move against each other, the amount does not move: known to joint replicates only."""
    up = np.linspace(50, 200, B)
    cells = cells_of((100.0, 100.0, 100.0), np.tile(up, (3, 1)))
    means = {
        key: Estimate(
            name=key, value=2.0, estimand=Estimand(unit="hours per week"), method="x", replicates=drawn(200 / up)
        )
        for key in IDS
    }
    amount = tier_amounts(cells, means, estimand=Estimand(unit="hours per week"))[IDS[0]]
    assert amount.interval.low == pytest.approx(200.0)
    assert amount.interval.high == pytest.approx(200.0)
    assert bootstrap.standard_error(amount.replicates) == pytest.approx(0.0, abs=1e-9)


def test_amounts_without_a_value_say_why():
    """A tier without value gives no amount; nested tiers, a missing mean or a divisor of 0 are refused."""
    hours = {key: Estimate(name=key, value=3.0, estimand=Estimand(unit="hours per week"), method="x") for key in IDS}
    open_ = Estimate(
        name="open",
        value=None,
        estimand=Estimand(),
        method="x",
        interval=Interval(low=0.0, high=9.0, level=0.95, method="x"),
    )
    cells = cells_of((10.0, 20.0, 30.0))
    broken = TierSet(tiers=DIPLAB_TIERS, estimates=(open_, *cells.estimates[1:]), kind="exclusive")
    about = Estimand(unit="full-time equivalents")
    found = tier_amounts(broken, hours, estimand=about)[IDS[0]]
    assert found.value is None
    assert {w.code for w in found.warnings} == {"unavailable"}
    nested = TierSet(tiers=DIPLAB_TIERS, estimates=cells.estimates, kind="nested")
    for tiers, means, per in ((nested, hours, 35.0), (cells, {IDS[0]: hours[IDS[0]]}, 35.0), (cells, hours, 0.0)):
        with pytest.raises(InvalidInput, match="amounts that cannot"):
            tier_amounts(tiers, means, estimand=about, per=per)
