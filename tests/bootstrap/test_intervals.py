"""Percentile intervals against R's boot package, and failed draws."""

import json
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate.bootstrap import monte_carlo_error, percentile, standard_error, with_replicates
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Estimate, Replicates

BOOT = json.loads((Path(__file__).parents[1] / "reference" / "boot_ci.json").read_text(encoding="utf-8"))
CASES = {case["id"]: case["output"] for case in BOOT["cases"]}
SETS = sorted({name.split("/")[0] for name in CASES})


def _replicates(values) -> Replicates:
    return Replicates(values=np.asarray(values, dtype=float), streams=("sample",), seed=1)


def _first_column(values):
    table = np.array(values["values"]) if isinstance(values, dict) else np.array(values)
    return table[:, 0] if table.ndim == 2 else table


@pytest.mark.parametrize("name", SETS)
def test_percentile_meets_boot(name):
    """The percentile ends are those of boot.ci (boot 1.3.28.1), interpolated ranks included, to 1e-8."""
    output = CASES[f"{name}/ci"]
    draws = CASES[f"{name}/replicates"]["t"]
    n_replicates = CASES[f"{name}/replicates"]["R"]
    values = np.asarray(draws["values"])[:, 0] if isinstance(draws, dict) else np.asarray(draws)
    values = values[:n_replicates]
    table = output["percent"]["values"]
    assert len(table) >= 2
    for level, _, _, low, high in table:
        interval = percentile(_replicates(values), level=level)
        assert interval.low == pytest.approx(low, rel=1e-8)
        assert interval.high == pytest.approx(high, rel=1e-8)


def test_all_sets_of_the_reference_are_used():
    """The grid cannot shrink unnoticed: four sets of replicates."""
    assert SETS == ["cor_law", "mean_aircondit", "median_aircondit", "ratio_city"]


def test_failed_draws_count_as_infinite():
    """Three per cent of failures push the upper end of a 95 % interval to infinity, and the estimate says so."""
    values = np.arange(1.0, 200.0)
    values[:6] = np.nan
    estimate = Estimate(name="n", value=100.0, estimand=Estimand(), method="test")
    with pytest.warns(MicroworkWarning, match="6 of 199 draws"):
        result = with_replicates(estimate, _replicates(values))
    assert result.interval is not None
    assert result.interval.high == np.inf
    assert [w.code for w in result.warnings] == ["failed-replicates"]
    assert result.standard_error is None


def test_no_draw_at_all_is_an_error():
    """When every draw failed there is no interval to give."""
    estimate = Estimate(name="n", value=1.0, estimand=Estimand(), method="test")
    with pytest.raises(InvalidInput, match="no draw could be estimated"):
        with_replicates(estimate, _replicates([np.nan, np.inf]))


def test_monte_carlo_error_covers_the_true_quantile():
    """In 200 runs of 1,999 normal draws its 95 % interval holds the true 2.5 % quantile about 190 times."""
    generator = np.random.Generator(np.random.PCG64(5))
    hits = 0
    for _ in range(200):
        low, high = monte_carlo_error(_replicates(generator.standard_normal(1999)), probability=0.025)
        hits += low <= -1.959963984540054 <= high
    assert 180 <= hits <= 199


def test_standard_error_is_the_standard_deviation():
    """Of 1, 2, 3 it is 1; of a single draw it is unknown."""
    assert standard_error(_replicates([1.0, 2.0, 3.0])) == 1.0
    assert standard_error(_replicates([1.0])) is None
