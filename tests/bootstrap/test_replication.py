"""The replicate engine: streams that depend on their name only, failures in place, batches equal to single runs."""

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate import bootstrap
from microwork_estimate.bootstrap.streams import check_stream_names
from microwork_estimate.errors import CodedWarning, InvalidInput, MicroworkWarning, announce
from microwork_estimate.inputs import CaptureHistories, Elicited

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


def _refusing(above):
    def recipe(factor):
        if factor > above:
            raise InvalidInput("too large", expected=f"{above} or less", got=f"{factor:.3f}", where="test", fix="none")
        if factor < 1 / above:
            raise InvalidInput(
                "too small", expected=f"{1 / above} or more", got=f"{factor:.3f}", where="test", fix="none"
            )
        return {"factor": factor}

    return recipe


def test_the_ledger_says_which_draw_failed_first_and_how():
    """Each reason comes with its count, the number of its first draw, and the whole error there."""
    every = bootstrap.replicate(lambda x: x, FACTOR, bootstrap.ElicitedDraws(), n_replicates=100, seed=4)[
        "value"
    ].values
    found = bootstrap.replicate(_refusing(1.2), FACTOR, bootstrap.ElicitedDraws(), n_replicates=100, seed=4)
    ledger = {failure.reason: failure for failure in found.ledger}
    for reason, where in (("too large", every > 1.2), ("too small", every < 1 / 1.2)):
        assert ledger[reason].count == where.sum()
        assert ledger[reason].first == np.argmax(where)
        assert f"got {every[ledger[reason].first]:.3f}" in ledger[reason].detail
    assert [failure.first for failure in found.ledger] == sorted(failure.first for failure in found.ledger)
    assert sum(found.failures.values()) == np.isnan(found["factor"].values).sum()


def test_a_block_without_any_number_stays_in_place():
    """Where a whole block of 64 fails, its draws are NaN in their places, and later draws keep theirs."""
    numbers = iter(range(200))

    def recipe(factor):
        number = next(numbers)
        if 64 <= number < 128:
            raise InvalidInput("bad block", expected="luck", got="none", where="test", fix="none")
        return {"factor": factor, "late": float(number)} if number >= 128 else {"factor": factor}

    every = bootstrap.replicate(lambda x: x, FACTOR, bootstrap.ElicitedDraws(), n_replicates=200, seed=4)[
        "value"
    ].values
    found = bootstrap.replicate(recipe, FACTOR, bootstrap.ElicitedDraws(), n_replicates=200, seed=4)
    expected = every.copy()
    expected[64:128] = np.nan
    np.testing.assert_array_equal(found["factor"].values, expected)
    np.testing.assert_array_equal(found["late"].values, [np.nan] * 128 + list(range(128, 200)))
    assert found.failures == {"bad block": 64}


def test_a_recipe_that_fails_on_every_draw_shows_its_first_error():
    """The error has the number of the draw and the text of what happened there, and comes after the first block."""
    calls = []

    def recipe(factor):
        calls.append(factor)
        raise InvalidInput("no luck", expected="luck", got=f"{factor:.6f}", where="test", fix="none")

    with pytest.raises(InvalidInput, match="each of the first 64 draws; draw 0: no luck: expected luck; got") as caught:
        bootstrap.replicate(recipe, FACTOR, bootstrap.ElicitedDraws(), n_replicates=9999, seed=4)
    assert f"{calls[0]:.6f}" in str(caught.value)
    assert len(calls) == 64


class _EverySecond:
    """A scheme whose odd redraws are no valid data."""

    def draw(self, data, generator, size):
        """Number the redraws."""
        return np.arange(size)

    def one(self, data, batch, index):
        """Refuse the odd ones."""
        if batch[index] % 2:
            raise InvalidInput("odd", expected="even", got="odd", where="test", fix="none")
        return float(batch[index])


def test_a_redraw_that_is_no_valid_data_is_a_failure_of_its_draw():
    """What cannot be redrawn is counted like a failure of the recipe, in place."""
    found = bootstrap.replicate(lambda x: x, None, _EverySecond(), n_replicates=5, seed=1)
    np.testing.assert_array_equal(found["value"].values, [0.0, np.nan, 2.0, np.nan, 4.0])
    assert found.failures == {"odd": 2}


def test_missing_numbers_are_in_the_ledger_too():
    """A recipe that gives NaN instead of an error, one by one or in batches, has its draws counted by the name."""

    def recipe(factor):
        return {"factor": factor, "root": np.sqrt(factor - 1) if factor > 1 else np.nan}

    def whole(factors):
        with np.errstate(invalid="ignore"):
            return {"factor": factors, "root": np.sqrt(factors - 1)}

    single, batch = (
        bootstrap.replicate(r, FACTOR, bootstrap.ElicitedDraws(), n_replicates=100, seed=4)
        for r in (recipe, bootstrap.batched(whole))
    )
    assert single.ledger == batch.ledger
    assert single.failures == {"no number for root": int(np.isnan(single["root"].values).sum())}
    assert single.ledger[0].first == np.argmax(np.isnan(batch["root"].values))


def test_a_number_that_is_always_missing_does_not_stop_the_others():
    """One name that is NaN on every draw is counted; only a run without any number is an error."""
    half = bootstrap.batched(lambda f: {"factor": f, "none": np.full(f.shape, np.nan)})
    found = bootstrap.replicate(half, FACTOR, bootstrap.ElicitedDraws(), n_replicates=100, seed=4)
    assert found.failures == {"no number for none": 100}
    nothing = bootstrap.batched(lambda f: {"none": np.full(f.shape, np.nan)})
    with pytest.raises(InvalidInput, match="draw 0: no number for none"):
        bootstrap.replicate(nothing, FACTOR, bootstrap.ElicitedDraws(), n_replicates=100, seed=4)


def test_coded_warnings_of_single_draws_are_not_shown():
    """An estimator that warns on many draws is silent in a run; what comes after it is heard again."""

    def recipe(factor):
        announce([CodedWarning(code="no-overlap", message="of this draw")])
        return factor

    bootstrap.replicate(recipe, FACTOR, bootstrap.ElicitedDraws(), n_replicates=10, seed=4)
    with pytest.warns(MicroworkWarning):
        recipe(1.0)


def test_a_batched_recipe_of_another_shape_is_refused():
    """A recipe that loses the axis of replicates is an error that names the array."""
    whole = bootstrap.batched(lambda d: {"mean": np.mean(d)})
    with pytest.raises(InvalidInput, match="got mean \\(\\)"):
        bootstrap.replicate(whole, FACTOR, bootstrap.ElicitedDraws(), n_replicates=10, seed=2)


def test_batches_are_streamed():
    """A run whose redraws would fill 200 MB at once keeps no more than a few blocks of 10 MB."""
    total = bootstrap.batched(lambda uniforms: {"sum": uniforms.sum(axis=1)})
    tracemalloc.start()
    bootstrap.replicate(total, 20_000, bootstrap.UniformDraws(), n_replicates=1280, seed=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6


def test_results_can_be_sent_to_another_process():
    """Joint schemes and sets of replicates survive pickling, although their mappings are read-only."""
    joint = bootstrap.Joint(schemes={"factor": bootstrap.ElicitedDraws()})
    recipe = _refusing(1.2)
    found = bootstrap.replicate(lambda d: recipe(d["factor"]), {"factor": FACTOR}, joint, n_replicates=70, seed=1)
    copy = pickle.loads(pickle.dumps(found))  # noqa: S301
    assert copy["factor"].values.tobytes() == found["factor"].values.tobytes()
    assert copy.ledger == found.ledger
    assert dict(pickle.loads(pickle.dumps(joint)).schemes) == dict(joint.schemes)  # noqa: S301
    with pytest.raises(TypeError):
        found.replicates["factor"] = found["factor"]


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_replicates": 0}, "number of replicates"),
        ({"n_replicates": 2.5}, "number of replicates"),
        ({"seed": -1}, "impossible seed"),
        ({"seed": 1.5}, "impossible seed"),
        ({"seed": True}, "impossible seed"),
        ({"seed": None}, "a result without one cannot be made again"),
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
