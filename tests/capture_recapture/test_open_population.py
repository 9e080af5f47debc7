"""Open populations: known truth, honest edges, and what holds for every table."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.capture_recapture import chapman
from microwork_estimate.capture_recapture.adjusted_lists import adjusted_two_lists
from microwork_estimate.capture_recapture.adjustments import RecaptureAdjustments, Turnover
from microwork_estimate.capture_recapture.half_lives import half_life, survival_of
from microwork_estimate.capture_recapture.open_jolly import jolly_seber
from microwork_estimate.capture_recapture.open_loglinear_fit import open_loglinear
from microwork_estimate.capture_recapture.open_robust import robust_design
from microwork_estimate.capture_recapture.open_superpopulation import superpopulation
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Estimate, Interval
from microwork_estimate.inputs import CaptureHistories, Elicited
from microwork_estimate.inputs.occasions import OccasionHistories
from microwork_estimate.inputs.open_counts import OpenCounts

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "open_jolly_seber.json").read_text(encoding="utf-8"))


def quietly(function, *arguments, **options):
    """Call without showing the warnings, which are in the result too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*arguments, **options)


def trout():
    """Return the histories of R's cutthroat trout, nine years."""
    table = REFERENCE["data"]["ct_freq"]["columns"]
    years = [name for name in table if name != "freq"]
    patterns = np.column_stack([table[year] for year in years])
    return CaptureHistories.from_patterns(years, patterns, table["freq"])


def ducks():
    """Return the histories of R's eider ducks, six periods."""
    rows = np.array(REFERENCE["data"]["duck"]["values"])
    return CaptureHistories.from_patterns([f"p{i}" for i in range(1, 7)], rows[:, :6], rows[:, 6])


def agree(estimates, values, errors=None, *, rel=1e-6):
    """Compare estimates with a column of values (and one of standard errors); None must be None."""
    assert [e.value is None for e in estimates] == [v is None for v in values]
    for i, (estimate, value) in enumerate(zip(estimates, values, strict=True)):
        if value is not None:
            assert estimate.value == pytest.approx(value, rel=rel, abs=1e-9)
            if errors is not None:
                assert estimate.standard_error == pytest.approx(errors[i], rel=rel, abs=1e-7)


def occasions_of(seen):
    """Make occasions of a table of sightings, each a period of its own."""
    k = seen.shape[1]
    return OccasionHistories(
        seen=seen[seen.any(axis=1)], occasions=tuple(f"day {i}" for i in range(k)), periods=np.arange(k)
    )


JOLLY_1965 = OpenCounts(
    seen=[54, 146, 169, 209, 220, 209, 250, 176, 172, 127, 123, 120, 142],
    marked=[0, 10, 37, 56, 53, 77, 112, 86, 110, 84, 77, 72, 95],
    released=[54, 143, 164, 202, 214, 207, 243, 175, 169, 126, 120, 120, 0],
    seen_again=[24, 80, 70, 71, 109, 101, 108, 99, 70, 58, 44, 35, 0],
)


# ------------------------------------------------------------------------------------------------------------ known truth


SIZE, STAY, K = 1200, 0.75, 5


def world(rng, *, chance=0.4, inner=1):
    """Simulate a population of constant size in which a quarter leaves and is replaced between occasions.

    Returns sightings of everybody (occasions times `inner`), and who was there.
    """
    there = np.zeros((SIZE * (1 + K), K), dtype=bool)
    alive = np.arange(SIZE)
    born = SIZE
    for i in range(K):
        there[alive, i] = True
        stay = alive[rng.random(alive.size) < STAY]
        alive = np.concatenate([stay, np.arange(born, born + SIZE - stay.size)])
        born += SIZE - stay.size
    chances = np.broadcast_to(np.asarray(chance), (there.shape[0],))[:, None]
    seen = (rng.random((there.shape[0], K * inner)) < chances) & np.repeat(there, inner, axis=1)
    return seen, there


def test_truth_of_jolly_seber():
    """Sizes, survival and entries are right on average, and their intervals cover as they say."""
    rng = np.random.default_rng(10)
    inside = {"sizes": 0, "survival": 0, "entries": 0}
    values = {name: [] for name in inside}
    for _ in range(200):
        seen, there = world(rng)
        found = quietly(jolly_seber, OpenCounts.from_occasions(occasions_of(seen)))
        after = there[:, 1:] & there[:, :-1]
        truth = {"sizes": SIZE, "survival": STAY, "entries": SIZE - after[:, 2].sum()}
        for name in inside:
            estimate = getattr(found, name)[2]
            if estimate.value is None:
                continue
            inside[name] += estimate.interval.low <= truth[name] <= estimate.interval.high
            values[name].append(estimate.value)
    assert np.mean(values["sizes"]) == pytest.approx(SIZE, rel=0.02)
    assert np.mean(values["survival"]) == pytest.approx(STAY, rel=0.02)
    assert np.mean(values["entries"]) == pytest.approx(SIZE * (1 - STAY), rel=0.1)
    assert min(inside.values()) / 200 + 3 * math.sqrt(0.05 * 0.95 / 200) >= 0.94


def test_truth_of_the_superpopulation():
    """With equal chances and survival, all sizes (the first and last too), survival and the total are right."""
    rng = np.random.default_rng(11)
    runs = []
    for _ in range(25):
        seen, there = world(rng)
        found = superpopulation(OpenCounts.from_occasions(occasions_of(seen)), capture="equal", survival="equal")
        total = there.any(axis=1).sum()
        ends = found.total.interval
        runs.append(
            (
                found.sizes[0].value,
                found.sizes[-1].value,
                found.survival[0].value,
                found.total.value / total,
                ends.low < total < ends.high,
            )
        )
    first, last, stay, ratio, covered = np.mean(runs, axis=0)
    assert (first, last) == pytest.approx((SIZE, SIZE), rel=0.02)
    assert stay == pytest.approx(STAY, rel=0.01)
    assert ratio == pytest.approx(1, rel=0.01)
    assert covered >= 0.84


def test_truth_of_the_robust_design():
    """Three occasions in each period: all sizes and the last survival, which Jolly-Seber cannot give, are right."""
    rng = np.random.default_rng(12)
    runs, covered = [], []
    for _ in range(40):
        seen, _ = world(rng, chance=0.25, inner=3)
        days = OccasionHistories(
            seen=seen[seen.any(axis=1)],
            occasions=tuple(f"d{i}" for i in range(3 * K)),
            periods=np.repeat(np.arange(K), 3),
        )
        found = quietly(robust_design, days)
        runs.append([e.value for e in (*found.sizes, *found.survival, found.entries[0])])
        covered.append([e.interval.low <= SIZE <= e.interval.high for e in found.sizes])
    means = np.mean(runs, axis=0)
    assert means[:K] == pytest.approx([SIZE] * K, rel=0.03)
    assert means[K:-1] == pytest.approx([STAY] * (K - 1), rel=0.03)
    assert means[-1] == pytest.approx(SIZE * (1 - STAY), rel=0.15)
    assert np.mean(covered) >= 0.9


def test_unequal_chances_make_sizes_too_small():
    """With two kinds of people, one seen six times as easily, Jolly-Seber is far too low and does not cover."""
    rng = np.random.default_rng(13)
    chances = np.where(np.arange(SIZE * (1 + K)) % 2 == 0, 0.6, 0.1)
    sizes = []
    for _ in range(40):
        seen, _ = world(rng, chance=chances)
        size = quietly(jolly_seber, OpenCounts.from_occasions(occasions_of(seen))).sizes[2]
        sizes.append((size.value, size.interval.low <= SIZE <= size.interval.high))
    assert np.mean([value for value, _ in sizes]) < 0.8 * SIZE
    assert np.mean([inside for _, inside in sizes]) < 0.2


def test_closed_estimate_across_months():
    """A closed two-list estimate over six months at a half-life of seven is 1.81 times too large and does not cover; the
    correction with the half-life is right.
    """
    rng = np.random.default_rng(14)
    stay, size = survival_of(7.0, 6.0), 5000
    plain, corrected, covers = [], [], []
    for _ in range(200):
        first, second = rng.random(size) < 0.2, rng.random(size) < 0.2
        kept = rng.random(size) < stay
        lists = CaptureHistories.from_two_lists(first.sum(), second.sum(), (first & kept & second).sum())
        estimate = chapman(lists)
        plain.append(estimate.value)
        covers.append(estimate.interval.low <= size <= estimate.interval.high)
        turnover = RecaptureAdjustments(turnover=Turnover(lag=6, half_life=7))
        corrected.append(quietly(adjusted_two_lists, lists, adjustments=turnover).value)
    assert np.mean(plain) / size == pytest.approx(2 ** (6 / 7), rel=0.03)
    assert np.mean(covers) < 0.2
    assert np.mean(corrected) == pytest.approx(size, rel=0.03)


# -------------------------------------------------------------------------------------------------------------- half-life


def survival(value, error=0.01, ends=None):
    """Return a survival as an estimate."""
    interval = None if ends is None else Interval(low=ends[0], high=ends[1], level=0.95, method="log")
    return Estimate(
        name="s", value=value, standard_error=error, interval=interval, estimand=Estimand(unit="share"), method="given"
    )


def test_half_life_of_a_survival():
    """Half after three months of a quarterly survival of one half; the interval is put through, the error as the slope."""
    found = half_life(survival(0.5, 0.02, (0.46, 0.54)), interval=3.0)
    assert found.value == pytest.approx(3)
    assert found.interval.low == pytest.approx(3 * math.log(2) / -math.log(0.46))
    step = 1e-6
    slope = (half_life(survival(0.5 + step)).value - half_life(survival(0.5 - step)).value) / (2 * step)
    assert found.standard_error == pytest.approx(3 * slope * 0.02, rel=1e-6)


def test_half_life_of_equal_survival():
    """Of a likelihood with one survival for a unit of time, the half-life is that of the survival, whatever the gaps."""
    rng = np.random.default_rng(15)
    seen, _ = world(rng)
    counts = OpenCounts.from_occasions(occasions_of(seen), times=np.arange(K) * 30.0)
    likely = quietly(superpopulation, counts, capture="equal", survival="equal")
    found, stay = half_life(likely), likely.survival[0]
    assert found.value == pytest.approx(30 * math.log(2) / -math.log(stay.value), rel=1e-9)
    assert found.standard_error == pytest.approx(half_life(stay, interval=30.0).standard_error, rel=1e-6)
    assert found.interval.low < found.value < found.interval.high
    with pytest.raises(InvalidInput, match="no single survival"):
        half_life(quietly(superpopulation, counts))


def test_uneven_gaps():
    """With gaps of one and three units, one survival for a unit gives each interval its own."""
    counts = OpenCounts(
        seen=[400, 400, 400, 400], marked=[0, 160, 120, 150], seen_again=[200, 150, 80, 0], times=[0, 1, 4, 5]
    )
    found = quietly(superpopulation, counts, capture="equal", survival="equal")
    stay = [e.value for e in found.survival]
    assert stay[0] == pytest.approx(stay[2])
    assert stay[1] == pytest.approx(stay[0] ** 3)


def test_nobody_leaves():
    """A survival of one or more has a half-life without upper end and no value; a survival of none has half-life 0."""
    with pytest.warns(MicroworkWarning, match="no-turnover"):
        found = half_life(survival(1.0, 0.05, (0.9, 1.0)))
    assert (found.value, found.interval.high) == (None, math.inf)
    assert half_life(survival(0.0)).value == 0
    assert survival_of(Elicited(distribution="fixed", low=7.0, source="given"), 7.0) == 0.5


# ----------------------------------------------------------------------------------------------------------------- edges


def codes_of(estimate):
    """Return the codes of an estimate's warnings."""
    return [warning.code for warning in estimate.warnings]


def test_ends_are_not_estimable():
    """The first and last size, the last survival, and entries at both ends have no value, in both methods."""
    for found in (jolly_seber(OpenCounts.from_histories(trout())), superpopulation(OpenCounts.from_histories(trout()))):
        for estimate in (found.sizes[0], found.sizes[-1], found.survival[-1], found.entries[0], found.entries[-1]):
            assert estimate.value is None
            assert codes_of(estimate)[0] == "not-identifiable"
        assert found.sizes[0].interval.low == found.sizes[0].n_observed


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"seen": [50, 0, 40, 40], "marked": [0, 0, 20, 25], "seen_again": [20, 0, 25, 0]}, "nobody-seen"),
        ({"seen": [50, 40, 40, 40], "marked": [0, 0, 20, 25], "seen_again": [15, 15, 15, 0]}, "none-seen-before"),
        ({"seen": [50, 40, 40, 40], "marked": [0, 10, 10, 25], "seen_again": [20, 0, 25, 0]}, "no-returns"),
    ],
)
def test_nothing_to_go_by(changes, code):
    """Nobody seen, nobody seen before, nobody seen again: no size, those seen as lower limit, and the reason."""
    found = quietly(jolly_seber, OpenCounts(**changes))
    size = found.sizes[1]
    assert (size.value, size.interval.low, size.interval.high) == (None, float(changes["seen"][1]), math.inf)
    assert codes_of(size) == [code]
    assert code in [warning.code for warning in found.warnings]


def test_nobody_seen_twice():
    """Without any return no method gives a number, and each says why."""
    counts = OpenCounts(seen=[50, 50, 50], marked=[0, 0, 0], seen_again=[0, 0, 0])
    for found in (quietly(jolly_seber, counts), quietly(superpopulation, counts)):
        assert all(e.value is None for e in (*found.sizes, *found.survival, *found.entries))
        assert found.total is None
        assert found.warnings


def test_everybody_seen_every_time():
    """When all are seen on every occasion, they are the population, nobody left and nobody came."""
    counts = OpenCounts(seen=[80] * 4, marked=[0, 80, 80, 80], seen_again=[80, 80, 80, 0])
    found = quietly(jolly_seber, counts)
    assert [e.value for e in found.sizes[1:-1]] == [80, 80]
    assert found.survival[0].value == 1
    assert found.entries[1].value == 0
    likely = quietly(superpopulation, counts, capture="equal", survival="equal")
    assert likely.total is None or likely.total.value == pytest.approx(80, rel=1e-6)


def test_few_returns_are_warned_of():
    """Below ten seen before or again, the errors are said to be rough."""
    counts = OpenCounts(seen=[50, 40, 40], marked=[0, 5, 7], seen_again=[7, 5, 0])
    with pytest.warns(MicroworkWarning, match="sparse-returns"):
        jolly_seber(counts)


def test_very_large_counts():
    """Counts of a billion give what counts of a thousand give, a million times as large."""
    small = OpenCounts(seen=[800, 900, 900, 800], marked=[0, 400, 550, 500], seen_again=[600, 500, 350, 0])
    large = OpenCounts(**{name: np.asarray(getattr(small, name)) * 10**6 for name in ("seen", "marked", "seen_again")})
    for method in (lambda c: jolly_seber(c, bias_adjusted=False), superpopulation):
        few, many = quietly(method, small), quietly(method, large)
        for a, b in zip(few.sizes, many.sizes, strict=True):
            assert a.value is None or b.value == pytest.approx(1e6 * a.value, rel=1e-8)


def test_losses_on_capture():
    """Persons who are not left in the population (blocked accounts) lower the entries, not the size."""
    base = {"seen": [90, 90, 90, 80], "marked": [0, 40, 50, 50], "seen_again": [50, 50, 40, 0]}
    all_back = quietly(jolly_seber, OpenCounts(**base))
    some_lost = quietly(jolly_seber, OpenCounts(**base, released=[90, 80, 90, 0]))
    assert some_lost.sizes[1].value < all_back.sizes[1].value
    assert some_lost.survival[1].value > all_back.survival[1].value


# ------------------------------------------------------------------------------------------------------------- properties

TABLES = st.integers(3, 5).flatmap(lambda k: st.lists(st.integers(0, 40), min_size=2**k - 1, max_size=2**k - 1))


@given(TABLES)
@settings(max_examples=40, deadline=None)
def test_any_table_gives_possible_numbers(cells):
    """For any table of histories, sizes are at least those seen, and the likelihood keeps shares and entries possible."""
    k = (len(cells) + 1).bit_length() - 1
    counts = OpenCounts.from_histories(CaptureHistories(lists=tuple("abcde"[:k]), counts=np.array(cells)))
    closed = quietly(jolly_seber, counts)
    for i, size in enumerate(closed.sizes):
        assert size.value is None or size.value >= counts.seen[i]
        assert size.interval is None or size.interval.low >= counts.seen[i] - 1e-9
    likely = quietly(superpopulation, counts)
    assert all(-1e-9 <= e.value <= 1 + 1e-9 for e in (*likely.survival, *likely.capture) if e.value is not None)
    assert all(e.value >= -1e-9 for e in likely.entries if e.value is not None)
    assert likely.total is None or likely.total.value >= counts.n_observed - 1e-6


@given(st.lists(st.integers(1, 60), min_size=15, max_size=15), st.sampled_from(["each", "equal"]))
@settings(max_examples=40, deadline=None)
def test_counts_and_histories_have_one_maximum(cells, capture):
    """The likelihood of the counts and the regression on histories, which is convex, agree on every table."""
    histories = CaptureHistories(lists=tuple("abcd"), counts=np.array(cells))
    likely = quietly(superpopulation, OpenCounts.from_histories(histories), capture=capture)
    regression = quietly(open_loglinear, histories, capture=capture).population
    held = [w.code for w in (*likely.warnings, *regression.warnings)]
    if held.count("held-at-edge") == 1:
        return  # one of them stopped just inside the edge
    for part in ("sizes", "survival", "entries"):
        agree(getattr(likely, part), [e.value for e in getattr(regression, part)], rel=1e-5)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_rows_and_histories_give_the_same_counts(seed):
    """One row for each person, in any order, or a table of histories: the same counts."""
    rng = np.random.default_rng(seed)
    seen = rng.random((60, 4)) < 0.4
    rows = occasions_of(seen)
    one, other = OpenCounts.from_occasions(rows), OpenCounts.from_histories(rows.histories())
    shuffled = OpenCounts.from_occasions(occasions_of(rng.permutation(seen)))
    for name in ("seen", "marked", "seen_again", "missed_between", "first_seen"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist() == getattr(shuffled, name).tolist()
    again = OpenCounts.from_first_and_last(one.seen, one.first_seen, one.seen - one.seen_again)
    assert again.missed_between.tolist() == one.missed_between.tolist()


def test_table_of_a_population():
    """One row an occasion, with the interval after it; the repr of each estimate names what it assumes."""
    found = jolly_seber(OpenCounts.from_histories(trout()))
    rows = found.rows()
    assert len(rows) == 9
    assert rows[0][:2] == ("y1998", None)
    assert rows[2][1] == pytest.approx(394.185829959514)
    assert "equal-catchability-open" in str(found.sizes[2])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: OpenCounts(seen=[5, 5], marked=[0, 1], seen_again=[1, 0]), "at least three"),
        (lambda: OpenCounts(seen=[5, 5, 5], marked=[1, 1, 0], seen_again=[1, 1, 0]), "before the first"),
        (lambda: OpenCounts(seen=[5, 5, 5], marked=[0, 6, 0], seen_again=[5, 1, 0]), "marked <= seen"),
        (lambda: OpenCounts(seen=[5, 5, 5], marked=[0, 1, 1], seen_again=[1, 0, 1]), "after the last"),
        (lambda: OpenCounts(seen=[5, 5, 5], marked=[0, 3, 1], seen_again=[1, 3, 0]), "seen as marked"),
        (lambda: OpenCounts(seen=[5, 5, 5], marked=[0, 1, 1], seen_again=[1, 1, 0], times=[0, 2, 1]), "increasing"),
        (lambda: OpenCounts(seen=[5, 5, 5], marked=[0, 1, 1], seen_again=[1, 1, 0], released=[6, 5, 5]), "released"),
        (lambda: OpenCounts.from_first_and_last([5, 5, 5], [5, 3, 3], [3, 3, 4]), "11 first and 10 last"),
        (lambda: jolly_seber(JOLLY_1965, interval="wald"), "unknown choice"),
        (lambda: jolly_seber(JOLLY_1965, interval="manly", level=0.9), "level=0.95"),
        (lambda: superpopulation(JOLLY_1965, capture="some"), "unknown choice"),
        (lambda: superpopulation(JOLLY_1965, survival="some"), "unknown choice"),
        (lambda: open_loglinear(ducks(), leave_out=[1, 0]), "not a choice of histories"),
        (lambda: open_loglinear(CaptureHistories.from_two_lists(3, 3, 1)), "number of occasions"),
        (lambda: open_loglinear(ducks(), trap="some"), "unknown choice"),
        (lambda: robust_design(occasions_of(np.ones((3, 3), dtype=bool))), "a period of one occasion"),
        (lambda: half_life(survival(0.5), interval=0.0), "impossible time"),
    ],
)
def test_wrong_input(call, message):
    """Counts that contradict each other, unknown words and impossible designs are refused."""
    with pytest.raises(InvalidInput, match=message):
        call()
