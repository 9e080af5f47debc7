"""No small count of persons, and nothing that gives one back, in anything that is written."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from microwork_estimate import reporting, study
from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import Estimand, Estimate, FrozenMapping, Interval, Replicates
from microwork_estimate.study import ResultTable, protect
from microwork_estimate.study.privacy import protected_table
from microwork_estimate.study.suppression import Line, hidden_cells

THRESHOLD = 5


def _what_is_possible(rows, columns, shown, cell):
    """Solve for the smallest and the largest value that a hidden cell may have, given all that is shown and both totals."""
    n, m = len(shown), len(shown[0])
    unknown = [(i, j) for i in range(n) for j in range(m) if shown[i][j] is None]
    equations, right = [], []
    for i in range(n):
        equations.append([1.0 if place[0] == i else 0.0 for place in unknown])
        right.append(rows[i] - sum(x for x in shown[i] if x is not None))
    for j in range(m):
        equations.append([1.0 if place[1] == j else 0.0 for place in unknown])
        right.append(columns[j] - sum(line[j] for line in shown if line[j] is not None))
    ends = []
    for sign in (1, -1):
        goal = [sign if place == cell else 0.0 for place in unknown]
        found = linprog(goal, A_eq=equations, b_eq=right, bounds=[(0, None)] * len(unknown), method="highs")
        assert found.success
        ends.append(sign * found.fun)
    return ends


tables = st.integers(2, 5).flatmap(
    lambda m: st.lists(
        st.lists(st.sampled_from([0, 1, 2, 4, 5, 9, 30, 200]), min_size=m, max_size=m), min_size=2, max_size=5
    )
)


@given(counts=tables)
@settings(max_examples=60, deadline=None)
def test_no_small_cell_can_be_solved_for(counts):
    """Whoever knows the shown cells and every row and column total cannot place a small cell within the threshold.

    Where the totals themselves leave no room, the whole table is hidden.
    """
    n, m = len(counts), len(counts[0])
    lines = [Line(parts=tuple(i * m + j for j in range(m))) for i in range(n)]
    lines += [Line(parts=tuple(i * m + j for i in range(n))) for j in range(m)]
    hidden = hidden_cells([x for row in counts for x in row], lines, threshold=THRESHOLD)
    small = [(i, j) for i in range(n) for j in range(m) if 0 < counts[i][j] < THRESHOLD]
    assert {i * m + j for i, j in small} <= hidden
    assert bool(hidden) == bool(small)
    if len(hidden) == n * m:
        return
    shown = [[None if i * m + j in hidden else counts[i][j] for j in range(m)] for i in range(n)]
    rows, columns = [sum(row) for row in counts], [sum(column) for column in zip(*counts, strict=True)]
    for cell in small:
        low, high = _what_is_possible(rows, columns, shown, cell)
        assert high - low > THRESHOLD


def test_a_square_of_cells_hides_one_small_cell_between_two_totals():
    """With row and column totals, one small cell needs three others: a hidden row or column alone would give it back."""
    table = ResultTable(
        columns=("town", "men", "women", "other", "all"),
        rows=(
            ("A", 3, 40, 50, 93),
            ("B", 20, 60, 70, 150),
            ("C", 90, 80, 70, 240),
            ("total", 113, 180, 190, 483),
        ),
        counts=("men", "women", "other", "all"),
    )
    shown = protected_table(table)
    hidden = set(shown.suppressed)
    assert (0, "men") in hidden
    assert len(hidden) == 4
    assert {row for row, _ in hidden} == {0, 1}
    grid = [list(row[1:4]) for row in shown.rows[:3]]
    totals = [93, 150, 240], [113, 180, 190]
    low, high = _what_is_possible(*totals, grid, (0, 0))
    assert low <= 3 <= high
    assert high - low > THRESHOLD


def test_small_totals_are_hidden_too():
    """A row whose total is small is hidden with its total."""
    table = ResultTable(
        columns=("town", "men", "women", "all"),
        rows=(("A", 1, 2, 3), ("B", 20, 60, 80), ("C", 90, 80, 170)),
        counts=("men", "women", "all"),
    )
    assert list(protected_table(table).rows[0][1:]) == [None, None, None]


def test_zeros_and_large_counts_are_shown():
    """Nobody is in a cell of zero; a table without small counts comes back as it is."""
    table = ResultTable(columns=("town", "n"), rows=(("A", 0), ("B", 5), ("C", 70)), counts=("n",))
    assert protected_table(table) is table
    unmarked = ResultTable(columns=("factor", "n"), rows=(("A", 2),))
    assert protected_table(unmarked) is unmarked


def test_a_column_without_a_shown_total_never_hides_one_cell_alone():
    """The number of all respondents is known from elsewhere: a single hidden cell would be the rest of it."""
    table = ResultTable(columns=("town", "n"), rows=(("A", 2), ("B", 50), ("C", 70), ("D", 90)), counts=("n",))
    shown = protected_table(table)
    assert [row[1] for row in shown.rows] == [None, None, 70, 90]
    assert shown.suppressed == ((0, "n"), (1, "n"))
    assert protected_table(shown) is shown


def test_each_group_of_a_long_table_is_protected_by_itself():
    """In a long table, the ages of each tier add up to the tier: a partner in another tier would hide nothing."""
    rows = tuple(
        (f"{tier}-{age}", tier, age, n)
        for tier, ages in (("a", (2, 40, 60)), ("b", (70, 80, 90)))
        for age, n in zip(("young", "middle", "old"), ages, strict=True)
    )
    table = ResultTable(columns=("cell", "tier", "age", "respondents"), rows=rows, counts=("respondents",))
    shown = [row[3] for row in protected_table(table).rows]
    assert shown[0] is None
    assert sum(x is None for x in shown[:3]) == sum(x is None for x in shown[3:]) == 2


def test_shares_of_a_small_count_are_hidden_with_a_partner():
    """Three of a hundred is 3 %: the share is hidden, and another one, because shares add up to one."""
    table = ResultTable(
        columns=("year", "answers", "very", "some", "little"),
        rows=((2020, 100, 0.03, 0.27, 0.70), (2021, 200, 0.25, 0.25, 0.5)),
        counts=("answers",),
        shares=tuple((name, "answers") for name in ("very", "some", "little")),
    )
    shown = protected_table(table)
    assert shown.rows[0] == (2020, 100, None, None, 0.70)
    assert shown.rows[1] == table.rows[1]


def test_what_is_made_of_a_hidden_count_is_hidden():
    """Estimates in the row of a small overlap are solvable for it: they go too, and so do other tables on that row."""
    pairs = ResultTable(
        columns=("month", "n1", "n2", "both", "chapman"),
        rows=(("m1", 50, 60, 2, 1036.0), ("m2", 70, 80, 20, 270.0), ("m3", 75, 85, 30, 210.0)),
        counts=("n1", "n2", "both"),
    )
    open_pairs = ResultTable(columns=("month", "corrected"), rows=(("m1", 1000.0), ("m3", 205.0)))
    bundle = replace(
        study.run(study.load("stewart2015"), n_replicates=9, seed=1), tables={"pairs": pairs, "open": open_pairs}
    )
    shown = protect(bundle)
    assert shown.tables["pairs"].rows[0][3:] == (None, None)
    assert shown.tables["open"].rows == (("m1", None), ("m3", 205.0))
    assert shown.settings["threshold"] == 5
    assert protect(shown) is shown


def _estimate(**more):
    given = {
        "name": "n",
        "value": 1036.0,
        "estimand": Estimand(),
        "method": "Chapman",
        "interval": Interval(low=400.0, high=9000.0, level=0.95, method="m"),
        "replicates": Replicates(values=np.array([1000.0, 2000.0]), streams=("lists",), seed=1),
        "n_observed": 108.0,
        "diagnostics": FrozenMapping({"n1": 50, "n2": 60, "both": 2, "odds_ratio_low": 1.5}),
        "warnings": (CodedWarning(code="few", message="only 2 persons are on both lists"),),
    }
    return Estimate(**(given | more))


@pytest.fixture(scope="module")
def plain():
    return study.run(study.load("stewart2015"), n_replicates=9, seed=1)


def _is_withheld(estimate):
    shown = (estimate.value, estimate.interval, estimate.bounds, estimate.standard_error, estimate.n_observed)
    return (*shown, estimate.replicates, dict(estimate.diagnostics)) == (None,) * 6 + ({},) and [
        warning.code for warning in estimate.warnings
    ] == ["small-counts-withheld"]


def test_an_estimate_made_of_a_small_count_is_withheld(plain):
    """Its numbers, counts, redraws and warnings go; what shares its draws loses the redraws, and the rest stays."""
    kin = _estimate(name="kin", diagnostics=FrozenMapping(), n_observed=900.0, warnings=())
    far = replace(kin, name="far", replicates=replace(kin.replicates, streams=("survey",)))
    shown = protect(replace(plain, estimates={"n": _estimate(), "kin": kin, "far": far})).estimates
    assert _is_withheld(shown["n"])
    assert (shown["n"].method, shown["n"].estimand) == ("Chapman", Estimand())
    assert (shown["kin"].value, shown["kin"].replicates) == (1036.0, None)
    assert [w.code for w in shown["kin"].warnings] == ["redraws-withheld"]
    assert shown["far"] is far


@pytest.mark.parametrize("counts", [(50, 60, 2), (50, 60, 47), (63, 60, 59)], ids=["both", "first only", "second only"])
def test_each_small_cell_of_two_lists_counts(plain, counts):
    """Few on both lists, or few on one of them only: either is a small cell."""
    made = _estimate(diagnostics=FrozenMapping(dict(zip(("n1", "n2", "both"), counts, strict=True))))
    assert _is_withheld(protect(replace(plain, estimates={"n": made})).estimates["n"])


def test_what_was_made_of_the_same_counts_goes_too(plain):
    """Another estimate and a curve of the same lists, differences with them, the checksum of the lists, and sentences."""
    other = _estimate(name="other", diagnostics=FrozenMapping(), n_observed=None, warnings=(), replicates=None)
    estimates = {"n": _estimate(), **{name: replace(other, name=name) for name in ("other", "only_wide", "far")}}
    curve = ResultTable(columns=("odds_ratio", "value"), rows=((1.0, 1036.0), (2.0, 1500.0)))
    contrasts = ResultTable(columns=("inner", "outer", "ratio"), rows=(("n", "far", 0.5), ("far", "far", 1.0)))
    routes = ResultTable(columns=("route", "value"), rows=(("a", 7.0), ("b", 8.0)))
    lists = frozenset({"count:lists"})
    made_from = {
        **dict.fromkeys(("n", "other", "odds_ratio_curve"), lists),
        "far": frozenset({"rows"}),
        "only_wide": frozenset({"made:other", "rows"}),
        "route:a": frozenset({"made:odds_ratio_curve"}),
        "route:b": frozenset({"made:far"}),
        "finding:f": frozenset({"made:n"}),
    }
    result = replace(
        plain,
        estimates=estimates,
        tables={"odds_ratio_curve": curve, "tier_contrasts": contrasts, "routes": routes},
        files={"lists": "ab", "survey": "cd"},
        study={**plain.study, "findings": [{"id": "f", "en": "f"}, {"id": "g", "en": "g"}]},
        made_from=made_from,
    )
    shown = protect(result)
    assert [name for name, e in shown.estimates.items() if _is_withheld(e)] == ["n", "other", "only_wide"]
    assert "odds_ratio_curve" not in shown.tables
    assert shown.tables["tier_contrasts"].rows == (("n", "far", None), ("far", "far", 1.0))
    assert shown.tables["routes"].rows == (("a", None), ("b", 8.0))
    assert dict(shown.files) == {"survey": "cd"}
    assert [finding["id"] for finding in shown.study["findings"]] == ["g"]
    assert protect(shown) is shown


def test_a_small_group_of_a_survey_takes_its_question_along_but_not_the_lists(plain):
    """Groups of one question are each other's differences; a table of counts that the estimate read as well is not small."""
    share = _estimate(estimand=Estimand(unit="share"), replicates=None, n_observed=None, warnings=())
    small = FrozenMapping({"respondents": 3, "others": 300})
    many = FrozenMapping({"respondents": 40, "others": 263})
    estimates = {
        "small": replace(share, name="small", diagnostics=small),
        "sibling": replace(share, name="sibling", diagnostics=many),
        "other": replace(share, name="other", diagnostics=many),
        "lists": _estimate(name="lists", diagnostics=FrozenMapping(), n_observed=None, replicates=None),
    }
    made_from = {
        "small": frozenset({"rows", "question:survey:reason", "count:lists"}),
        "sibling": frozenset({"rows", "question:survey:reason"}),
        "other": frozenset({"rows", "question:survey:sex"}),
        "lists": frozenset({"count:lists"}),
    }
    shown = protect(replace(plain, estimates=estimates, made_from=made_from)).estimates
    assert [name for name, e in shown.items() if _is_withheld(e)] == ["small", "sibling"]


def test_lists_with_a_small_count_take_along_what_never_says_so(plain):
    """A table of tiers by domain read the lists as well, and no estimate notes their overlap: it goes all the same."""
    table = ResultTable(columns=("cell", "count"), rows=(("a", 800.0), ("b", 900.0)))
    marks = {"domains": frozenset({"rows", "count:lists", "fewest:lists:3"})}
    result = replace(plain, tables={"domains": table}, files={"lists": "ab"}, made_from=marks)
    shown = protect(result)
    assert (dict(shown.tables), dict(shown.files), shown.settings["threshold"]) == ({}, {}, 5)
    assert protect(shown) is shown
    assert protect(result, threshold=3) is result


def test_what_anybody_can_read_in_its_source_is_not_withheld(plain):
    """An overlap that a source has published is no secret."""
    result = replace(plain, estimates={"n": _estimate()}, made_from={"n": frozenset({"public"})})
    assert protect(result) is result


def test_means_over_a_hidden_row_go_and_the_other_rows_stay(plain):
    """A mean less the other rows is the hidden one; the row whose overlap would follow from a total goes as well."""
    pairs = ResultTable(
        columns=("month", "n1", "n2", "both", "chapman"),
        rows=(("m1", 50, 60, 2, 1036.0), ("m2", 70, 80, 20, 270.0), ("m3", 75, 85, 30, 210.0)),
        counts=("n1", "n2", "both"),
    )
    years = ResultTable(columns=("year", "mean"), rows=((2020, 505.3),))
    again = ResultTable(columns=("month", "corrected"), rows=(("m1", 1000.0), ("m2", 260.0), ("m3", 205.0)))
    mean = _estimate(name="pairs", diagnostics=FrozenMapping(), n_observed=None, replicates=None, warnings=())
    tables = {"pairs": pairs, "years": years, "again": again}
    marks = dict.fromkeys(tables, frozenset({"count:pairs"}))
    shown = protect(replace(plain, estimates={"pairs": mean}, tables=tables, made_from=marks))
    assert _is_withheld(shown.estimates["pairs"])  # an estimate that bears the name of its table
    assert list(shown.tables) == ["pairs", "again"]
    assert shown.tables["again"].rows == (("m1", None), ("m2", None), ("m3", 205.0))


def test_a_share_of_a_small_count_is_hidden_with_a_sibling(plain):
    """Of three tiers of one hundred answers, the small one and one more have no value."""
    shares = {
        name: _estimate(
            name=name,
            value=n / 100,
            estimand=Estimand(unit="share"),
            method="share of answers",
            n_observed=None,
            replicates=None,
            interval=None,
            warnings=(),
            diagnostics=FrozenMapping({"answers": 100, "in_tier": n}),
        )
        for name, n in (("very", 3), ("some", 27), ("little", 70))
    }
    shown = protect(replace(plain, estimates=shares)).estimates
    assert [shown[name].value for name in shares] == [None, None, 0.7]


def test_small_inputs_are_hidden_unless_their_source_published_them(plain):
    """A count of three persons that a study assumes is hidden; one that anybody can read in its source is not."""
    figure = dict(next(iter(plain.inputs.values()))) | {"unit": "persons", "value": 3.0}
    inputs = {"own": {**figure, "status": "assumed"}, "read": {**figure, "status": "published"}}
    shown = protect(replace(plain, inputs=inputs)).inputs
    assert shown["own"]["value"] is None
    assert shown["read"]["value"] == 3.0


@pytest.mark.parametrize(("counts", "threshold"), [([-1, 3], 5), ([1, 3], 0)])
def test_impossible_counts_and_thresholds_are_refused(counts, threshold):
    """A negative count is no count, and a threshold below one hides nothing."""
    with pytest.raises(InvalidInput, match="impossible counts or threshold"):
        hidden_cells(counts, [], threshold=threshold)


def test_a_higher_threshold_hides_more():
    """With 10 instead of 5, a cell of 7 is hidden as well."""
    table = ResultTable(columns=("town", "n"), rows=(("A", 7), ("B", 50), ("C", 70)), counts=("n",))
    assert protected_table(table) is table
    assert math.isclose(len(protected_table(table, threshold=10).suppressed), 2)


OWN_STUDY = (Path(__file__).parents[1] / "reference" / "two_lists_study.toml").read_text(encoding="utf-8")
IDENTIFIER = "jeanne.dupont@example.org"


def test_identifiers_and_small_cells_are_in_no_file_that_is_written(tmp_path):
    """A study whose table has a column of identifiers and an overlap of three: neither is in any file of the result."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "own.toml").write_text(OWN_STUDY, encoding="utf-8")
    lines = ["forum,payments,persons,who", f"1,1,3,{IDENTIFIER}", f"1,0,7919,{IDENTIFIER}", f"0,1,6841,{IDENTIFIER}"]
    (folder / "lists.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = study.run(study.load(folder / "own.toml"), n_replicates=19, seed=1)
    assert result.estimates["size"].diagnostics["both"] == 3
    study.write_bundle(result, tmp_path / "r", figures=reporting.writers(result))
    written = {path.name: path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file()}
    assert len(written) > 10
    for name, content in written.items():
        for secret in (b"jeanne", b"dupont", b"7919", b"7922", b"6841", b"6844", str(folder).encode()):
            assert secret not in content, (name, secret)
    shown = json.loads(written["bundle.json"])
    assert shown["estimates"]["size"]["diagnostics"].get("both") is None
    assert shown["estimates"]["size"]["replicates"] is None
    assert "replicates.parquet" not in written
    assert json.loads(written["quality.json"])["concepts"]["S.7.2"]["content"]["estimates_without_their_counts"] == [
        "size"
    ]
    assert study.verify(tmp_path / "r", study=folder / "own.toml").holds


def test_a_row_that_sums_hidden_rows_is_hidden_with_them():
    """Nested tiers have no count of their own, but exclusive ones are their differences: they go with those hidden."""
    columns = ("cell", "variable", "kind", "tier", "domain", "respondents", "count")
    counts = {
        ("very", "a"): 2,
        ("very", "b"): 40,
        ("very", "c"): 9,
        ("some", "a"): 30,
        ("some", "b"): 50,
        ("some", "c"): 60,
    }
    rows = [(f"e{t}{d}", "age", "exclusive", t, d, n, 10.5 * n) for (t, d), n in counts.items()]
    rows += [(f"n{t}{d}", "age", "nested", t, d, None, 10.5 * n) for (t, d), n in counts.items()]
    shown = protected_table(ResultTable(columns=columns, rows=tuple(rows), counts=("respondents",)))
    whose = {row[4] for row in shown.rows if row[2] == "exclusive" and row[6] is None}
    assert "a" in whose
    assert len(whose) == 2
    for row in shown.rows:
        if row[2] == "nested":
            assert (row[6] is None) == (row[4] in whose)


def test_a_hidden_share_is_not_given_back_by_a_comparison(plain):
    """A table that compares a hidden share with a published figure holds the figure only."""
    share = _estimate(name="rare", value=0.01, interval=None, estimand=Estimand(unit="share"))
    share = replace(share, n_observed=None, diagnostics=FrozenMapping({"respondents": 3, "others": 300}))
    table = ResultTable(columns=("estimate", "published", "of_value"), rows=(("rare", 0.02, 2.0), ("n", 9.0, 1.5)))
    given = {"rare": share, "n": _estimate(diagnostics=FrozenMapping())}
    shown = protect(replace(plain, estimates=given, tables={"comparison": table}))
    assert shown.estimates["rare"].value is None
    assert shown.tables["comparison"].rows == (("rare", 0.02, None), ("n", 9.0, 1.5))
    assert protect(shown) is shown
