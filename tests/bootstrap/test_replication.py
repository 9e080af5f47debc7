"""The replicate engine: streams that depend on their name only, failures in place, batches equal to single runs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate import bootstrap
from microwork_estimate.bootstrap.streams import check_stream_names
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import CaptureHistories, Elicited, PlatformRegistrations

LISTS = CaptureHistories.from_two_lists(200, 150, 30)
FACTOR = Elicited(distribution="lognormal", low=0.5, high=2.0, source="assumed: test")


def test_same_seed_same_draws():
    """Two runs with one seed are equal to the bit; another seed differs."""
    first, again, other = (
        bootstrap.replicate(lambda n: n, LISTS, bootstrap.WaringHalf(), n_replicates=130, seed=seed)["value"].values
        for seed in (7, 7, 8)
    )
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@given(n_short=st.integers(1, 140), n_more=st.integers(0, 80))
@settings(max_examples=20, deadline=None)
def test_prefix_is_stable(n_short, n_more):
    """The first replicates of a longer run are those of the shorter one, whatever the block they end in."""
    short, long = (
        bootstrap.replicate(lambda x: x, FACTOR, bootstrap.ElicitedDraws(), n_replicates=n, seed=3)["value"].values
        for n in (n_short, n_short + n_more)
    )
    assert short.tobytes() == long[:n_short].tobytes()


def test_adding_a_source_moves_nobody_else():
    """The draws of one component do not change when another joins."""
    one = bootstrap.Joint(schemes={"lists": bootstrap.WaringHalf()})
    two = bootstrap.Joint(schemes={"factor": bootstrap.ElicitedDraws(), "lists": bootstrap.WaringHalf()})
    alone = bootstrap.replicate(lambda d: d["lists"], {"lists": LISTS}, one, n_replicates=100, seed=11)
    joined = bootstrap.replicate(
        lambda d: {"n": d["lists"], "f": d["factor"]},
        {"lists": LISTS, "factor": FACTOR},
        two,
        n_replicates=100,
        seed=11,
    )
    assert alone["value"].values.tobytes() == joined["n"].values.tobytes()
    assert joined["f"].streams == ("factor", "lists")


def test_batched_recipe_gives_the_same_as_one_by_one():
    """A recipe over a whole block and the same recipe over single redraws agree to the bit."""
    scheme = bootstrap.Joint(schemes={"a": bootstrap.ElicitedDraws(), "b": bootstrap.ElicitedDraws()})
    data = {"a": FACTOR, "b": FACTOR}
    whole = bootstrap.batched(lambda d: {"value": d["a"] / d["b"]})
    single = bootstrap.replicate(lambda d: d["a"] / d["b"], data, scheme, n_replicates=100, seed=2)
    batch = bootstrap.replicate(whole, data, scheme, n_replicates=100, seed=2)
    assert single["value"].values.tobytes() == batch["value"].values.tobytes()


def test_failed_draws_stay_in_place_and_are_counted():
    """A recipe that refuses some draws leaves NaN there, and the ledger counts them by reason."""

    def recipe(factor):
        if factor > 1:
            raise InvalidInput("too large", expected="1 or less", got=str(factor), where="test", fix="none")
        return factor

    result = bootstrap.replicate(recipe, FACTOR, bootstrap.ElicitedDraws(), n_replicates=128, seed=4)
    values = result["value"].values
    every = bootstrap.replicate(lambda x: x, FACTOR, bootstrap.ElicitedDraws(), n_replicates=128, seed=4)[
        "value"
    ].values
    assert result.failures == {"too large": int((every > 1).sum())}
    assert np.array_equal(np.isnan(values), every > 1)


def test_other_errors_are_not_swallowed():
    """A bug in a recipe is not a failed draw."""
    with pytest.raises(ZeroDivisionError):
        bootstrap.replicate(lambda _: 1 / 0, FACTOR, bootstrap.ElicitedDraws(), n_replicates=2, seed=4)


def test_ratio_of_estimates_of_one_run_is_exact():
    """Replicates of one run are divided index by index: a number over itself is one in every draw."""
    draws = bootstrap.replicate(
        lambda n: {"n": n, "double": 2 * n}, LISTS, bootstrap.WaringHalf(), n_replicates=70, seed=1
    )
    assert np.all((draws["double"] / draws["n"]).values == 2.0)
    assert np.all((draws["double"] - draws["n"] - draws["n"]).values == 0.0)


def test_replicates_of_different_seeds_refuse_to_meet():
    """Draws of different runs are not paired, so their difference means nothing."""
    first, second = (
        bootstrap.replicate(lambda n: n, LISTS, bootstrap.WaringHalf(), n_replicates=10, seed=seed)["value"]
        for seed in (1, 2)
    )
    with pytest.raises(InvalidInput, match="different runs"):
        _ = first - second


def test_rounded_accounts_stay_in_their_cell():
    """Accounts declared as 50,000 to the next thousand are drawn from 49,500 to 50,500, as a uniform."""
    declared = PlatformRegistrations(platforms=("a", "b"), accounts=[50_000, 200], source="test")
    scheme = bootstrap.RoundedAccounts(half_width=500)
    draws = bootstrap.replicate(
        lambda r: {"a": r.accounts[0], "b": r.accounts[1]}, declared, scheme, n_replicates=999, seed=1
    )
    a = draws["a"].values
    assert a.min() >= 49_500
    assert a.max() <= 50_500
    assert a.std(ddof=1) == pytest.approx(1000 / 12**0.5, rel=0.05)
    assert draws["b"].values.min() == 0.0


def test_multinomial_counts_have_the_binomial_variance():
    """A share of 30 of 100 answers has standard deviation sqrt(.3 x .7 / 100) over the redraws."""
    recipe = bootstrap.batched(lambda counts: {"share": counts[:, 0] / counts.sum(axis=1)})
    draws = bootstrap.replicate(
        recipe, np.array([30.0, 70.0]), bootstrap.MultinomialCounts(), n_replicates=1999, seed=9
    )
    assert draws["share"].values.std(ddof=1) == pytest.approx((0.3 * 0.7 / 100) ** 0.5, rel=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_replicates": 0}, "number of replicates"),
        ({"n_replicates": 2.5}, "number of replicates"),
        ({"seed": -1}, "impossible seed"),
        ({"seed": 1.5}, "impossible seed"),
        ({"seed": True}, "impossible seed"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    """A replicate count or a seed that cannot be used is an error, not a default."""
    settings_ = {"n_replicates": 10, "seed": 1} | change
    with pytest.raises(InvalidInput, match=message):
        bootstrap.replicate(lambda n: n, LISTS, bootstrap.WaringHalf(), **settings_)


def test_data_must_have_the_components_of_the_scheme():
    """A joint scheme wants one entry of data for each of its components."""
    joint = bootstrap.Joint(schemes={"lists": bootstrap.WaringHalf()})
    with pytest.raises(InvalidInput, match="do not match"):
        bootstrap.replicate(lambda _: 1.0, {"other": LISTS}, joint, n_replicates=2, seed=1)
    with pytest.raises(InvalidInput, match="nothing to redraw"):
        bootstrap.Joint(schemes={})


def test_names_with_one_checksum_are_refused():
    """Two stream names that share a checksum would share their draws ("plumless" and "buckeroo" do)."""
    with pytest.raises(InvalidInput, match="same random numbers"):
        check_stream_names(["plumless", "buckeroo"])
