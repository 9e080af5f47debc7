"""Interval coverage: the same everywhere, taken up again where it stopped, and right where the answer is known."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from microwork_estimate import simulate
from microwork_estimate.bootstrap import CheckpointNotWritten, Executor, fingerprint
from microwork_estimate.errors import CodedWarning, InvalidInput, announce
from microwork_estimate.estimate import Assumption, Bounds, Estimand, Estimate, Interval
from microwork_estimate.simulate import cells
from microwork_estimate.simulate.coverage_report import Outcome, share_error, standard_error_ratio, summarise

WORLD = cells.TwoLists(size=2000, expected_overlap=4)
CHAPMAN = cells.ESTIMATORS["chapman"].function
SEVERAL = cells.SeveralLists(size=5000, chances=(0.3, 0.25, 0.2, 0.15))


class _Calls:
    """Counts calls; where it stands says nothing of what the function does that counts in it."""

    n = 0
    until = math.inf

    def __reduce__(self):
        return "CALLS"


CALLS = _Calls()


def normal(generator):
    """Five draws of a normal law with mean 10 and standard deviation 2."""
    return generator.normal(10.0, 2.0, 5), 10.0


def _around(mean, error, factor):
    return Estimate(
        name="mean",
        value=mean,
        standard_error=error,
        interval=Interval(low=mean - factor * error, high=mean + factor * error, level=0.95, method="normal"),
        estimand=Estimand(unit="ratio"),
        method="mean of draws",
    )


def known_error(draws):
    """The mean with its known standard error, whose interval is exact."""
    return _around(float(draws.mean()), 2.0 / math.sqrt(draws.size), stats.norm.ppf(0.975))


def estimated_error(draws):
    """The mean with its estimated standard error and a normal quantile, whose interval is too short."""
    return _around(float(draws.mean()), float(draws.std(ddof=1)) / math.sqrt(draws.size), stats.norm.ppf(0.975))


def counting(draws):
    """The mean; counts how often it is asked, and is interrupted when it has been asked too often."""
    CALLS.n += 1
    if CALLS.n > CALLS.until:
        raise KeyboardInterrupt
    return known_error(draws)


def moody(draws):
    """Refuses the data when the first draw is below the mean, and warns otherwise."""
    if draws[0] < 10.0:
        raise InvalidInput("first draw too low", expected="10", got="less", where="moody", fix="draw again")
    warning = CodedWarning(code="too-high", message="the first draw is high")
    announce([warning])
    assumption = Assumption(
        id="luck",
        statement_en="All is well.",
        statement_fr="Tout va bien.",
        testable=False,
        direction_of_bias_if_violated="up",
        sensitivity="simulate.cells",
    )
    return Estimate(
        name="mean",
        value=None,
        bounds=Bounds(low=9.0, high=11.0, reason="made up", sharp=False),
        estimand=Estimand(unit="ratio"),
        method="bounds",
        warnings=(warning,),
        assumptions=(assumption,),
    )


def _text(outcomes):
    return json.dumps(outcomes)


@pytest.mark.parametrize("kind", ["threads", "processes"])
@pytest.mark.parametrize(("estimator", "world"), [("chapman", WORLD), ("average_loglinear", SEVERAL)])
def test_same_bytes_whatever_the_executor(kind, estimator, world):
    """Serial work, two threads and two processes give the same outcomes to the byte."""
    run = simulate.Run(estimator=cells.ESTIMATORS[estimator].function, world=world, n_simulations=150, seed=3)
    there = simulate.simulated_outcomes(run, executor=Executor(kind=kind, n_workers=2))
    assert _text(there) == _text(simulate.simulated_outcomes(run))


def test_warnings_are_counted_and_not_shown_even_in_threads():
    """No coded warning leaves a simulation, and the filter of the process is as before."""
    import warnings

    before = list(warnings.filters)
    run = simulate.Run(estimator=CHAPMAN, world=WORLD, n_simulations=400, seed=3)
    simulate.simulated_outcomes(run, executor=Executor(kind="threads", n_workers=4))
    assert warnings.filters == before


@pytest.mark.parametrize("n", [1, 63, 64, 65, 128])
def test_first_simulations_are_the_first(n):
    """The first n of 130 simulations are the n, also where they end inside a block."""
    many = simulate.simulated_outcomes(simulate.Run(estimator=CHAPMAN, world=WORLD, n_simulations=130, seed=3))
    few = simulate.simulated_outcomes(simulate.Run(estimator=CHAPMAN, world=WORLD, n_simulations=n, seed=3))
    assert _text(few) == _text(many[:n])


def test_streams_and_seeds_tell_runs_apart():
    """Another seed or another stream draws other data; the same world under one stream draws the same."""
    plain = simulate.Run(estimator=CHAPMAN, world=WORLD, n_simulations=20, seed=3)
    first = simulate.simulated_outcomes(plain)
    for other in (
        simulate.Run(estimator=CHAPMAN, world=WORLD, n_simulations=20, seed=4),
        simulate.Run(estimator=CHAPMAN, world=WORLD, n_simulations=20, seed=3, stream="other"),
    ):
        assert simulate.simulated_outcomes(other) != first
    wald = simulate.Run(estimator=partial(CHAPMAN, interval="wald"), world=WORLD, n_simulations=20, seed=3)
    assert [o.value for o in simulate.simulated_outcomes(wald) if o.value == o.value] == [
        o.value for o in first if o.value == o.value
    ]


def _counted(n, store):
    CALLS.n = 0
    run = simulate.Run(estimator=counting, world=normal, n_simulations=n, seed=5)
    return _text(simulate.simulated_outcomes(run, store=store)), CALLS.n


def test_a_stopped_run_goes_on(tmp_path):
    """A run that was interrupted gives the bytes of an uninterrupted one and repeats no finished block."""
    CALLS.until = math.inf
    whole, _ = _counted(200, None)
    CALLS.until = 100
    with pytest.raises(KeyboardInterrupt):
        _counted(200, tmp_path / "store")
    CALLS.until = math.inf
    assert _counted(200, tmp_path / "store") == (whole, 200 - 64)
    assert _counted(200, tmp_path / "store") == (whole, 0)


def test_more_simulations_later(tmp_path):
    """Raising the number of simulations computes the new ones only, also inside a block."""
    CALLS.until = math.inf
    _counted(70, tmp_path)
    text, calls = _counted(200, tmp_path)
    assert calls == 130
    assert text == _counted(200, None)[0]
    assert _counted(70, tmp_path) == (_counted(70, None)[0], 0)


def _keep(folder, **changes):
    options = {"estimator": CHAPMAN, "world": WORLD, "n_simulations": 3, "seed": 5} | changes
    return simulate.simulated_outcomes(simulate.Run(**options), store=folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 6},
        {"world": cells.TwoLists(size=2000, expected_overlap=5)},
        {"estimator": partial(CHAPMAN, interval="wald")},
        {"estimator": partial(CHAPMAN, level=0.9)},
        {"stream": "another"},
    ],
    ids=["seed", "world", "option", "level", "stream"],
)
def test_store_of_another_run_is_refused(tmp_path, changes):
    """Blocks of another seed, world, estimator or stream are not taken for one's own."""
    _keep(tmp_path)
    with pytest.raises(InvalidInput, match=f"one with another {next(iter(changes))};"):
        _keep(tmp_path, **changes)
    _keep(tmp_path, n_simulations=5)


def test_store_of_another_program_is_refused(tmp_path, monkeypatch):
    """Blocks that other code or another version of numpy computed are not taken up."""
    _keep(tmp_path)
    monkeypatch.setattr("microwork_estimate.bootstrap.checkpoint.program", lambda: "other")
    with pytest.raises(InvalidInput, match="one with another program"):
        _keep(tmp_path)


def test_foreign_folders_and_damaged_blocks_are_refused(tmp_path):
    """A folder with other files, a cut block, a block of something else, and a place that cannot be written."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(InvalidInput, match="files without a mark"):
        _keep(tmp_path / "mine")
    for number, text in enumerate(("[[1.0, 2.", '[[1.0, "x"]]', '{"a": 1}', "[3]", "3")):
        folder = tmp_path / f"store {number}"
        _keep(folder)
        (folder / "block-00000.json").write_text(text, encoding="utf-8")
        with pytest.raises(InvalidInput, match="damaged block"):
            _keep(folder)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CheckpointNotWritten, match="cannot be written"):
        _keep(tmp_path / "file" / "store")


def test_functions_without_a_name_are_known_by_what_they_do(tmp_path):
    """A function written on the spot has a store too, and one that does something else does not take its blocks."""
    runs = [
        simulate.Run(estimator=estimator, world=normal, n_simulations=3, seed=1)
        for estimator in (
            lambda draws: known_error(draws),
            lambda draws: known_error(draws),
            lambda draws: moody(draws),
        )
    ]
    first, again = (simulate.simulated_outcomes(run, store=tmp_path) for run in runs[:2])
    assert _text(first) == _text(again)
    with pytest.raises(InvalidInput, match="one with another estimator;"):
        simulate.simulated_outcomes(runs[2], store=tmp_path)


def test_what_has_no_content_has_no_store(tmp_path):
    """An estimator that holds something of its own process, such as a lock, is refused with a store only."""
    lock = threading.Lock()
    run = simulate.Run(
        estimator=lambda draws: known_error(draws) if lock else None, world=normal, n_simulations=3, seed=1
    )
    assert len(simulate.simulated_outcomes(run)) == 3
    with pytest.raises(InvalidInput, match="cannot be told from others"):
        simulate.simulated_outcomes(run, store=tmp_path)


def test_identities_are_the_same_in_another_process():
    """What a run is does not depend on the process."""
    run = simulate.Run(estimator=partial(CHAPMAN, interval="wald"), world=WORLD, n_simulations=9, seed=3)
    program = (
        "from functools import partial; from microwork_estimate import simulate;"
        "from microwork_estimate.bootstrap import fingerprint; from microwork_estimate.simulate import cells;"
        "print(fingerprint(simulate.Run(estimator=partial(cells.ESTIMATORS['chapman'].function, interval='wald'),"
        "world=cells.TwoLists(size=2000, expected_overlap=4), n_simulations=20, seed=3).identity))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == fingerprint(run.identity)


def test_coverage_of_a_normal_mean():
    """An exact interval covers at its level; a normal quantile with four degrees of freedom covers as the t law says."""
    exact = simulate.interval_coverage(known_error, normal, n_simulations=4000, seed=1)
    assert exact.coverage == pytest.approx(0.95, abs=3 * exact.coverage_error)
    assert exact.relative_bias == pytest.approx(0.0, abs=3 * exact.bias_error)
    assert exact.standard_deviation == pytest.approx(0.2 / math.sqrt(5), rel=0.05)
    assert exact.mean_standard_error == pytest.approx(0.2 / math.sqrt(5), rel=1e-12)
    short = simulate.interval_coverage(estimated_error, normal, n_simulations=4000, seed=1)
    known = 1 - 2 * stats.t.sf(stats.norm.ppf(0.975), 4)
    assert short.coverage == pytest.approx(known, abs=3 * short.coverage_error)


def test_monte_carlo_errors_are_honest():
    """Over many runs, coverage, bias and the ratio of errors vary as much as their Monte Carlo errors say."""
    found = []
    for seed in range(60):
        run = simulate.Run(estimator=estimated_error, world=normal, n_simulations=100, seed=seed)
        outcomes = simulate.simulated_outcomes(run)
        report, (ratio, ratio_error) = summarise(outcomes), standard_error_ratio(outcomes)
        found.append(
            (
                report.coverage,
                report.relative_bias,
                ratio,
                report.coverage_error,
                report.bias_error,
                ratio_error,
            )
        )
    table = np.array(found)
    # The standard deviation of 60 normal numbers is within 30 % of the true one except once in a thousand.
    assert table[:, :3].std(axis=0, ddof=1) == pytest.approx(table[:, 3:].mean(axis=0), rel=0.3)


def test_refusals_bounds_and_warnings_are_counted():
    """A refusal does not cover and is counted by its reason; bounds cover; warnings and assumptions have shares."""
    report = simulate.interval_coverage(moody, normal, n_simulations=400, seed=1)
    share = 1 - sum(report.failures.values()) / 400
    assert list(report.failures) == ["first draw too low"]
    assert 0.4 < share < 0.6
    assert report.coverage == pytest.approx(share, abs=1e-12)
    assert report.warning_shares == {"too-high": pytest.approx(share)}
    assert report.assumption_shares == {"luck": pytest.approx(share)}
    assert report.method_shares == {"bounds": pytest.approx(share)}
    assert dict(report.sensitivities) == {"luck": "simulate.cells"}
    assert report.share_without_value == 1.0
    assert math.isnan(report.relative_bias)
    assert "refused" in str(report)


@pytest.mark.parametrize("n", [0, -1, 2.5, math.nan])
def test_impossible_numbers_of_simulations(n):
    """No simulations, fewer, or a part of one are refused."""
    with pytest.raises(InvalidInput, match="not a whole number"):
        simulate.interval_coverage(known_error, normal, n_simulations=n, seed=1)


def test_intervals_at_another_level_are_refused():
    """A 95 % interval cannot be judged as a 90 % interval, and nothing can be said of no simulations."""
    with pytest.raises(InvalidInput, match="intervals at another level"):
        simulate.interval_coverage(known_error, normal, n_simulations=3, seed=1, level=0.9)
    with pytest.raises(InvalidInput, match="no simulations"):
        summarise([])


def test_share_error_is_never_zero():
    """The error of a share is the binomial one, and that of one simulation off where all or none are counted."""
    assert share_error(50, 200) == pytest.approx(math.sqrt(0.25 * 0.75 / 200))
    assert share_error(200, 200) == share_error(199, 200) > 0
    assert share_error(0, 200) == share_error(1, 200) > 0
    assert share_error(1, 1) == 0.5


@pytest.mark.parametrize("scale", ["natural", "log", "unseen"])
def test_ratio_of_standard_errors(scale):
    """Errors that are right on their scale give a ratio of one, and half of them a ratio of one half."""
    generator = np.random.default_rng(2)
    noise, seen = 0.1 * generator.standard_normal(4000), 30.0
    if scale == "natural":
        values, unit = 100.0 * (1 + noise), np.full(4000, 100.0)
    elif scale == "log":
        values = 100.0 * np.exp(noise)
        unit = values
    else:
        values = seen + 70.0 * np.exp(noise)
        unit = values - seen
    for factor in (1.0, 0.5):
        outcomes = [
            Outcome(truth=100.0, value=value, standard_error=factor * 0.1 * one, n_observed=seen)
            for value, one in zip(values, unit, strict=True)
        ]
        ratio, error = standard_error_ratio(outcomes, scale=scale)
        assert ratio == pytest.approx(factor, abs=4 * error)
        assert error == pytest.approx(factor * math.sqrt(0.5 / 4000), rel=0.2)


def test_ratio_without_enough_numbers():
    """One simulation, or estimates that do not vary, have no ratio."""
    one = Outcome(truth=10.0, value=9.0, standard_error=1.0)
    assert all(math.isnan(number) for number in standard_error_ratio([one]))
    assert all(math.isnan(number) for number in standard_error_ratio([one, one]))
    assert all(math.isnan(number) for number in standard_error_ratio([Outcome(truth=10.0), one]))


@given(
    st.lists(
        st.tuples(st.floats(1, 100), st.floats(1, 100), st.floats(0.1, 10), st.sampled_from(["a", "b"])),
        min_size=2,
        max_size=30,
    ),
    st.randoms(),
)
def test_summary_does_not_depend_on_order(rows, random):
    """Any outcomes in any order give the same summary, with shares from 0 to 1."""
    outcomes = [
        Outcome(truth=truth, value=value, standard_error=error, low=value - error, high=value + error, codes=(code,))
        for truth, value, error, code in rows
    ]
    shuffled = list(outcomes)
    random.shuffle(shuffled)
    one, other = summarise(outcomes), summarise(shuffled)
    assert one.coverage == other.coverage
    assert 0 <= one.coverage <= 1
    assert one.warning_shares == other.warning_shares
    assert sum(one.warning_shares.values()) == pytest.approx(1)
    assert one.relative_bias == pytest.approx(other.relative_bias, rel=1e-9, abs=1e-12)
