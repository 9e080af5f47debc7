"""Rounding by uncertainty: how far it may move a number, where it moves the ends, and what it leaves alone."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microwork_estimate import study
from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Bounds, Estimand, Estimate, Interval
from microwork_estimate.reporting.estimate_words import decimals_given, range_words, short_number, value_words
from microwork_estimate.reporting.report_markdown import markdown_report
from microwork_estimate.reporting.rounded_bundle import rounded_bundle
from microwork_estimate.rounding import (
    decimals_for,
    display_decimals,
    plain_number,
    round_at,
    round_outward,
    uncertainty_of,
)

SIZES = st.floats(min_value=1e-6, max_value=1e12, allow_nan=False)
NUMBERS = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False)


def _slack(*numbers):
    """Return what binary numbers cannot hold of a decimal one."""
    return 4 * max(math.ulp(abs(number)) for number in numbers)


@given(NUMBERS, SIZES)
def test_a_number_moves_by_at_most_a_twentieth_of_its_standard_error(value, error):
    """Two significant digits of the uncertainty are kept, so rounding costs at most 5 % of it."""
    rounded = round_at(value, decimals_for(error))
    assert abs(rounded - value) <= error / 20 + _slack(value, rounded)


@given(NUMBERS, NUMBERS, SIZES)
def test_ends_move_outward_and_by_at_most_a_tenth_of_the_standard_error(one, other, error):
    """The range that is read contains the range that was computed, and is hardly wider."""
    low, high = sorted((one, other))
    start, end = round_outward(low, high, decimals_for(error))
    assert start <= low + _slack(low, start)
    assert end >= high - _slack(high, end)
    assert low - start <= error / 10 + _slack(low, start)
    assert end - high <= error / 10 + _slack(high, end)


@given(NUMBERS, SIZES)
def test_rounding_twice_changes_nothing(value, error):
    """A rounded number is already round."""
    decimals = decimals_for(error)
    assert round_at(round_at(value, decimals), decimals) == round_at(value, decimals)


@pytest.mark.parametrize(
    ("error", "decimals"),
    [(1000.0, -2), (999.9, -1), (19_500.0, -3), (0.001, 4), (1.0, 1), (0.0, None), (math.inf, None), (None, None)],
)
def test_the_place_is_the_second_digit_of_the_uncertainty(error, decimals):
    """Powers of ten are exact: no logarithm decides on which side they fall."""
    assert decimals_for(error) == decimals


def test_what_a_number_is_rounded_by():
    """The standard error comes first, then half of the interval, then the open lower half; else nothing."""
    assert uncertainty_of(10.0, standard_error=2.0, low=0.0, high=30.0) == 2.0
    assert uncertainty_of(10.0, low=0.0, high=30.0) == 15.0
    assert uncertainty_of(10.0, low=4.0, high=math.inf) == 6.0
    assert uncertainty_of(10.0, low=10.0, high=math.inf) is None
    assert uncertainty_of(None, low=5.0, high=5.0) is None
    assert display_decimals(12.0, standard_error=0.5, whole=True) == 0


def _estimate(value, interval=None, **more):
    ends = None if interval is None else Interval(low=interval[0], high=interval[1], level=0.95, method="x")
    return Estimate(name="n", value=value, method="m", interval=ends, **{"estimand": Estimand(), **more})


def test_a_headline_is_not_printed_to_the_unit():
    """37,434 with an interval from 21,000 to 60,000 is 37,000; the French form has narrow no-break spaces."""
    found = _estimate(37_434.4, (21_000.4, 59_999.2))
    assert value_words(found, "en") == "37,000"
    assert range_words(found, "en") == "95% interval [21,000,\u00a060,000]"
    assert value_words(found, "fr") == "37\u202f000"
    assert range_words(found, "fr") == "intervalle à 95\u00a0% [21\u202f000\u00a0;\u00a060\u202f000]"


def test_exact_arithmetic_is_printed_in_full():
    """A figure without sampling error keeps every person, and so do its bounds."""
    bounds = Bounds(low=292_352.7, high=324_943.6, reason="r", sharp=True)
    assert value_words(_estimate(266_125.98), "en") == "266,126"
    assert range_words(_estimate(None, bounds=bounds), "en") == "bounds [292,353,\u00a0324,944]"


def test_shares_hours_and_missing_numbers():
    """Shares are percentages at their own place, other units are said, and what is unavailable says so."""
    share = _estimate(0.324961, (0.319246, 0.330729), standard_error=0.0029, estimand=Estimand(unit="share"))
    assert value_words(share, "en") == "32.50%"
    assert range_words(share, "fr") == "intervalle à 95\u00a0% [31,92\u00a0%\u00a0;\u00a033,08\u00a0%]"
    hours = _estimate(8.2345, estimand=Estimand(unit="hours per week"))
    assert value_words(hours, "fr") == "8,23\u00a0heures par semaine"
    missing = _estimate(None, warnings=(CodedWarning(code="unavailable", message="m"),))
    assert value_words(missing, "fr") == "indisponible"
    assert range_words(missing, "fr") == "–"
    open_end = _estimate(500.0, (300.0, math.inf))
    assert range_words(open_end, "en") == "95% interval ≥\u00a0300"


def test_given_numbers_keep_their_decimals():
    """Published figures are written as they were published."""
    assert short_number(10_939.1, "fr") == "10\u202f939,1"
    assert short_number(50_000.0, "en") == "50,000"
    assert decimals_given(1.275) == 3
    assert plain_number(math.inf) == "infinity"
    assert plain_number(-math.inf) == "-infinity"
    assert plain_number(1234.5, 1) == "1,234.5"


def test_sentences_take_rounded_numbers_and_the_result_keeps_its_own():
    """Findings and routes of the report are rounded; the bundle they come from is not touched."""
    bundle = study.run(study.load("mturk"), n_replicates=99, seed=1)
    read = rounded_bundle(bundle)
    for name, estimate in bundle.estimates.items():
        error = estimate.standard_error
        assert abs(read.estimates[name].value - estimate.value) <= max(error / 20, 0.5)
        assert read.estimates[name].interval.low <= estimate.interval.low
        assert read.estimates[name].interval.high >= estimate.interval.high
    routes = dict(zip(read.tables["routes"].column("route"), read.tables["routes"].column("value"), strict=True))
    assert routes["registrations"] == 500_000
    assert routes["survey_pairs"] % 100 == 0
    text = markdown_report(bundle)
    assert "15,100" in text
    assert "15,098" not in text
    exact = study.run(study.load("diplab-2019"), n_replicates=19, seed=1)
    assert "266,126" in markdown_report(exact)
    assert rounded_bundle(exact).estimates["occasional"].value == exact.estimates["occasional"].value
