"""Open populations: the numbers of R's FSA and Rcapture, and a printed table."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate.capture_recapture.open_jolly import jolly_moments, jolly_seber
from microwork_estimate.capture_recapture.open_loglinear_fit import open_loglinear
from microwork_estimate.capture_recapture.open_superpopulation import superpopulation
from microwork_estimate.errors import MicroworkWarning
from microwork_estimate.inputs import CaptureHistories, all_patterns
from microwork_estimate.inputs.occasions import OccasionHistories
from microwork_estimate.inputs.open_counts import OpenCounts, next_sightings

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "open_jolly_seber.json").read_text(encoding="utf-8"))
CASES = {case["id"]: case["output"] for case in REFERENCE["cases"]}


def number(cell):
    """Read a cell of a reference table; what is not available becomes None."""
    return None if cell in ("NA", None) else float(cell)


def columns(table):
    """Return a reference table as a dictionary of its columns."""
    return {name: [number(row[i]) for row in table["values"]] for i, name in enumerate(table["cols"])}


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


# --------------------------------------------------------------------------------------------------- numbers of R: FSA


def test_counts_of_the_trout():
    """The m-array and n, m, R, r, z of R's FSA are met exactly."""
    output = CASES["cutthroat_methodB"]
    array = next_sightings(trout())
    expected = [[number(c) or 0 for c in row[1:-1]] for row in output["m_array"]["values"]]
    assert array[:, 1:].tolist() == expected
    counts = OpenCounts.from_histories(trout())
    table = columns(CASES["Jolly_unrounded"])
    assert counts.seen.tolist() == table["n"]
    assert counts.marked.tolist() == table["m"]
    assert counts.returned.tolist()[:-1] == table["R"][:-1]
    assert counts.seen_again.tolist()[:-1] == table["r"][:-1]
    assert counts.missed_between.tolist()[1:-1] == table["z"][1:-1]
    assert counts.first_seen.tolist() == output["bottom"]["values"][1]


def test_bias_adjusted_estimates():
    """Marked persons, sizes, survival and entries, with all standard errors and normal limits, are FSA's to 1e-9."""
    table = columns(CASES["Jolly_unrounded"])
    counts = OpenCounts.from_histories(trout())
    found, moments = jolly_seber(counts, interval="normal"), jolly_moments(counts)
    agree(found.sizes, table["N"], table["N.se"], rel=1e-9)
    agree(found.survival, table["phi"][:-1], table["phi.se"][:-1], rel=1e-9)
    agree(found.entries, table["B"][:-1], table["B.se"][:-1], rel=1e-9)
    inner = slice(1, 8)
    assert moments.marked[inner] == pytest.approx(table["M"][inner], rel=1e-12)
    assert moments.marked_error[inner] == pytest.approx(table["M.se"][inner], rel=1e-12)
    for name, estimates in (("N", found.sizes), ("phi", found.survival), ("B", found.entries)):
        for i, estimate in enumerate(estimates):
            if estimate.value is not None:
                ends = (table[f"{name}.lci"][i], table[f"{name}.uci"][i])
                assert (estimate.interval.low, estimate.interval.high) == pytest.approx(ends, rel=1e-9)


def test_sampling_error_of_survival_alone():
    """Without the chance of individual departures, the standard errors of survival are FSA's with phi.full=FALSE."""
    table = columns(CASES["Jolly_unrounded_phi_sampling_only"])
    found = jolly_seber(OpenCounts.from_histories(trout()))
    for estimate, error in zip(found.survival[:-1], table["phi.se"][:7], strict=True):
        assert estimate.diagnostics["sampling_error"] == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize(("case", "level"), [("cutthroat_mrOpen_Jolly", 0.95), ("cutthroat_mrOpen_Jolly_90_phiF", 0.9)])
def test_what_the_program_prints(case, level):
    """Rounded as mrOpen rounds (one decimal, three for survival), sizes with their limits are what it prints."""
    table = columns(CASES[case]["estimates"])
    found = jolly_seber(OpenCounts.from_histories(trout()), interval="normal", level=level)
    for i, size in enumerate(found.sizes[1:-1], start=1):
        shown = [size.value, size.standard_error, size.interval.low, size.interval.high]
        printed = [table[name][i] for name in ("N", "N.se", "N.lci", "N.uci")]
        assert shown == pytest.approx(printed, abs=0.0501)
    for i, share in enumerate(found.survival[:-1]):
        assert share.value == pytest.approx(table["phi"][i], abs=0.000501)


def _manly_parts(low, high, n):
    """Turn limits of a size back into the centre and the variance on Manly's scale."""
    ends = []
    for end in (low, high):
        b = 8 * n - 16 * end
        ends.append(math.log((-b + math.sqrt(b * b - 64 * n * n)) / 32))
    spread = (ends[1] - ends[0]) / 4
    return ends[0] + 1.6 * spread, spread**2


def test_manly_limits_of_sizes():
    """Centres on Manly's scale are FSA's to 1e-9; its variances are ours plus 2/(n+1), because it adds 1/(n+1) for 1/m
    - 1/n.
    """
    table = columns(CASES["Manly_unrounded"])
    found = jolly_seber(OpenCounts.from_histories(trout()), interval="manly")
    for i, size in enumerate(found.sizes[1:-1], start=1):
        n = table["n"][i]
        ours = _manly_parts(size.interval.low, size.interval.high, n)
        theirs = _manly_parts(table["N.lci"][i], table["N.uci"][i], n)
        assert ours[0] == pytest.approx(theirs[0], rel=1e-9)
        assert ours[1] + 2 / (n + 1) == pytest.approx(theirs[1], rel=1e-9)


def test_manly_variance_is_the_right_one():
    """When half of all are seen each time, Manly's scale varies as 1/m - 1/n says and not as 1/m + 1/n does."""
    rng = np.random.default_rng(3)
    centres, variances, n = [], [], 400
    for _ in range(400):
        seen = rng.random((n, 4)) < 0.5
        counts = OpenCounts.from_occasions(occasions_of(seen))
        size = quietly(jolly_seber, counts, interval="manly").sizes[1]
        if size.interval.low < size.value < size.interval.high:
            centre, variance = _manly_parts(size.interval.low, size.interval.high, counts.seen[1])
            centres.append(centre)
            variances.append(variance)
    assert np.var(centres) == pytest.approx(np.mean(variances), rel=0.25)
    assert np.var(centres) < 0.6 * (np.mean(variances) + 2 / (n / 2))


def test_manly_limits_of_survival_are_near():
    """The limits of survival differ from FSA's, whose denominator has 1 + sqrt(1 + A phi) where Manly has a minus."""
    table = columns(CASES["Manly_unrounded"])
    found = jolly_seber(OpenCounts.from_histories(trout()), interval="manly")
    for i, share in enumerate(found.survival[:-1]):
        assert share.interval.low < share.value < share.interval.high
        assert table["phi.lci"][i] < share.interval.low


# ------------------------------------------------------------------------------------------------- numbers of R: Rcapture

FITS = {
    "duck_up": {},
    "duck_ep": {"capture": "equal"},
    "duck_up_keep5": {"leave_out": all_patterns(6).sum(axis=1) == 6},
    "duck_up_keep_lt5": {"leave_out": all_patterns(6).sum(axis=1) >= 5},
    "duck_ep_keep_lt5": {"capture": "equal", "leave_out": all_patterns(6).sum(axis=1) >= 5},
    "duck_up_neg_FALSE": {"inside": False},
}
WHOLE = ["duck_up", "duck_ep", "duck_up_neg_FALSE"]


@pytest.mark.parametrize("case", FITS)
def test_loglinear_fit(case):
    """Deviance, degrees of freedom, criterion and coefficients are Rcapture's to 1e-9; its "stderr" are our variances."""
    output = CASES[case]
    fit = quietly(open_loglinear, ducks(), **FITS[case])
    deviance, degrees, aic = output["model_fit"]["values"][0]
    assert (fit.deviance, fit.aic) == pytest.approx((deviance, aic), rel=1e-9)
    assert fit.degrees_of_freedom == degrees
    table = columns(output["loglin_param"])
    assert fit.coefficients == pytest.approx(table["estimate"], rel=1e-9, abs=1e-9)
    assert fit.standard_errors**2 == pytest.approx(table["stderr"], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("case", FITS)
def test_trap_effects(case):
    """Models with a trap effect for all and (where chances differ) for each pair have Rcapture's deviance and effects."""
    output = CASES[case]
    effects = columns(output["trap_param"])
    for name, (deviance, degrees, aic) in zip(output["trap_fit"]["rows"], output["trap_fit"]["values"], strict=True):
        kind = "homogeneous" if "homogenous" in name else "each"
        fit = quietly(open_loglinear, ducks(), trap=kind, **FITS[case])
        assert (fit.deviance, fit.aic) == pytest.approx((deviance, aic), rel=1e-9)
        assert fit.degrees_of_freedom == degrees
        chosen = slice(-1, None) if kind == "homogeneous" else slice(0, 3)
        ours = fit.coefficients[[n.startswith("trap") for n in fit.names]]
        errors = fit.standard_errors[[n.startswith("trap") for n in fit.names]]
        assert ours == pytest.approx(effects["estimate"][chosen], rel=1e-7)
        assert errors == pytest.approx(effects["stderr"][chosen], rel=1e-6)


@pytest.mark.parametrize("case", FITS)
def test_loglinear_chances_and_survival(case):
    """Chances to be seen and survival, with standard errors, are Rcapture's to 1e-6, with None where it has NA."""
    output = CASES[case]
    population = quietly(open_loglinear, ducks(), **FITS[case]).population
    for name, part in (("capture_prob", population.capture), ("survivals", population.survival)):
        table = columns(output[name])
        agree(part, table["estimate"], table["stderr"])


@pytest.mark.parametrize("case", WHOLE)
def test_loglinear_sizes_and_entries(case):
    """Sizes, entries and the total of complete fits, with standard errors, are Rcapture's to 1e-6."""
    output = CASES[case]
    population = quietly(open_loglinear, ducks(), **FITS[case]).population
    for name, part in (("N", population.sizes), ("birth", population.entries), ("Ntot", [population.total])):
        table = columns(output[name])
        agree(part, table["estimate"], table["stderr"])


@pytest.mark.parametrize("case", [case for case in FITS if case not in WHOLE])
def test_histories_left_out(case):
    """Persons whose histories are left out are added to the sizes as Rcapture adds them; the model's own covariance is
    its own. Its entries N' - phi N let those added die and be born again, which ours do not.
    """
    output = CASES[case]
    fit = quietly(open_loglinear, ducks(), **FITS[case])
    sizes, births = columns(output["N"])["estimate"], columns(output["birth"])["estimate"]
    for i in range(1, 5):
        assert fit.population.sizes[i].value == pytest.approx(sizes[i], rel=1e-9)
    for i in range(1, 4):
        after, before = fit.population.sizes[i + 1].value, fit.population.sizes[i].value
        assert after - fit.population.survival[i].value * before == pytest.approx(births[i], rel=1e-9)
        assert fit.population.entries[i].value <= births[i] + 1e-9
    names = output["cov"]["rows"]
    theirs = np.array(output["cov"]["values"], dtype=float)
    ours = {f"p* {i + 1}": i for i in range(6)}
    ours |= {f"phi {i + 1}": 6 + i for i in range(5)} | {f"Npop {i + 1}": 11 + i for i in range(6)}
    known = [name for name in names if name in ours]
    at = [ours[name] for name in known]
    mine = fit.covariance[np.ix_(at, at)]
    expected = theirs[np.ix_([names.index(n) for n in known], [names.index(n) for n in known])]
    scale = np.sqrt(np.outer(np.maximum(np.diag(expected), 1e-12), np.maximum(np.diag(expected), 1e-12)))
    assert np.abs((mine - expected) / scale).max() < 1e-5


@pytest.mark.parametrize(("case", "capture"), [("duck_up", "each"), ("duck_ep", "equal")])
def test_likelihood_of_the_counts(case, capture):
    """The likelihood of the sufficient counts has its maximum where Rcapture's regression on all histories has it."""
    output = CASES[case]
    found = quietly(superpopulation, OpenCounts.from_histories(ducks()), capture=capture)
    for name, part in (
        ("N", found.sizes),
        ("survivals", found.survival),
        ("birth", found.entries),
        ("capture_prob", found.capture),
        ("Ntot", [found.total]),
    ):
        table = columns(output[name])
        agree(part, table["estimate"], table["stderr"])
    assert [warning.code for warning in found.warnings] == ["held-at-edge"]
    assert "survival from p4 to p5 at 1" in found.warnings[0].message


# -------------------------------------------------------------------------------------------------------- printed tables

JOLLY_1965 = OpenCounts(
    seen=[54, 146, 169, 209, 220, 209, 250, 176, 172, 127, 123, 120, 142],
    marked=[0, 10, 37, 56, 53, 77, 112, 86, 110, 84, 77, 72, 95],
    released=[54, 143, 164, 202, 214, 207, 243, 175, 169, 126, 120, 120, 0],
    seen_again=[24, 80, 70, 71, 109, 101, 108, 99, 70, 58, 44, 35, 0],
)


def test_jollys_own_table():
    """Jolly's insects (Seber 1982, tables 5.1 to 5.3): z exactly, M, N, phi and B as far as their rounding goes."""
    assert JOLLY_1965.missed_between[1:-1].tolist() == [14, 57, 71, 89, 121, 110, 132, 121, 107, 88, 60]
    marked = [35.02, 170.54, 258.00, 227.73, 324.99, 359.50, 319.33, 402.13, 316.45, 317.00, 277.71]
    size = [511.2, 779.1, 963.0, 945.3, 882.2, 802.5, 653.6, 628.8, 478.5, 506.4, 462.8]
    survival = [0.649, 1.015, 0.867, 0.564, 0.836, 0.790, 0.651, 0.985, 0.686, 0.884, 0.771]
    entries = [263.2, 291.8, 406.4, 96.9, 107.0, 135.7, -13.8, 49.0, 84.1, 74.5]
    found = quietly(jolly_seber, JOLLY_1965, bias_adjusted=False)
    assert jolly_moments(JOLLY_1965, bias_adjusted=False).marked[1:-1] == pytest.approx(marked, rel=1e-3)
    assert [e.value for e in found.sizes[1:-1]] == pytest.approx(size, rel=1e-3)
    assert [e.value for e in found.survival[:-1]] == pytest.approx(survival, abs=1e-3)
    assert [e.value for e in found.entries[1:-1]] == pytest.approx(entries, abs=1.0)
    codes = {warning.code for warning in found.warnings}
    assert {"survival-above-one", "negative-entries"} <= codes


def test_two_routes_agree_where_no_edge_is_touched():
    """Where all estimates are possible, the likelihood has its maximum at the closed formulas: trout, to 1e-9."""
    counts = OpenCounts.from_histories(trout())
    closed, likely = quietly(jolly_seber, counts, bias_adjusted=False), superpopulation(counts)
    for part in ("sizes", "survival", "entries"):
        agree(getattr(likely, part), [e.value for e in getattr(closed, part)], rel=1e-9)
    assert likely.warnings == ()


def test_possible_values_only():
    """Where the closed formulas go above 1 or below 0, the likelihood stays at the edge and says so."""
    found = quietly(superpopulation, JOLLY_1965)
    assert all(e.value <= 1 for e in found.survival if e.value is not None)
    assert all(e.value >= 0 for e in found.entries if e.value is not None)
    assert "survival from 2 to 3 at 1" in found.warnings[0].message
    assert "entries from 8 to 9 at 0" in found.warnings[0].message
