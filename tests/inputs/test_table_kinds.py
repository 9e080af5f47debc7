"""Tables of every kind are read alike: CSV of several countries, parquet, Excel, SPSS, Stata."""

from __future__ import annotations

import builtins
import math

import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import read_table
from microwork_estimate.inputs.file_limits import MOST_TIMES_SMALLER, require_shape, require_unpacked

FRAME = pd.DataFrame({"sex": ["femme", "homme", "femme"], "hours": [12.5, 3.0, 1234.0], "n": [1, 2, 3]})


def values(table):
    """Return the content of a table as plain lists."""
    return table.to_dict(as_series=False)


@pytest.mark.parametrize(
    "text",
    [
        "sex,hours,n\nfemme,12.5,1\nhomme,3,2\nfemme,1234,3\n",
        "sex;hours;n\nfemme;12,5;1\nhomme;3;2\nfemme;1234;3\n",
        "sex;hours;n\r\nfemme;12,5;1\r\nhomme;3;2\r\nfemme;1\u202f234;3\r\n",
        'sex,hours,n\nfemme,"12,5",1\nhomme,"3,0",2\nfemme,"1 234",3\n',
        "sex\thours\tn\nfemme\t12,5\t1\nhomme\t3\t2\nfemme\t1\u00a0234,0\t3\n",
        "\ufeffsex;hours;n\nfemme;12.5;1\nhomme;3.0;2\nfemme;1234.0;3\n;;\n;;\n",
    ],
)
def test_csv_of_several_countries(tmp_path, text):
    """Commas, semicolons and tabulators, decimal points and commas, spaces between thousands: the same table."""
    file = tmp_path / "a.csv"
    file.write_text(text, encoding="utf-8", newline="")
    assert values(read_table(file)) == FRAME.to_dict("list")


@pytest.mark.parametrize(
    ("text", "options", "hours"),
    [
        ("sex;hours\nf;1,234\n", {"decimal": ","}, [1.234]),
        ("sex;hours\nf;1,234\n", {"decimal": "."}, ["1,234"]),
        ("sex;hours\nf;1.234\n", {"decimal": "."}, [1.234]),
        ("sex,a;hours\nf,b;2\n", {"separator": ";"}, [2]),
    ],
)
def test_the_study_file_decides(tmp_path, text, options, hours):
    """What can be read in two ways is read in the way that is stated."""
    file = tmp_path / "a.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match="unclear"):
        read_table(file)
    assert read_table(file, **options)["hours"].to_list() == hours


@pytest.mark.parametrize("text", ["1,234,567", "1,234", "-1,234", "12,345.5"])
def test_unclear_thousands(tmp_path, text):
    """A number that an English reader and a French one read differently is refused."""
    file = tmp_path / "a.csv"
    file.write_text(f'a\n"{text}"\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match="unclear decimal mark"):
        read_table(file)


@settings(max_examples=60, deadline=None)
@given(numbers=st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 2)), min_size=1, max_size=8))
def test_decimal_commas_give_the_numbers_back_or_an_error(tmp_path_factory, numbers):
    """Numbers written with commas are the numbers that they were, whatever they are, or refused: never another number."""
    file = tmp_path_factory.mktemp("commas") / "a.csv"
    file.write_text("a;b\n" + "".join(f"{n:.2f};1\n".replace(".", ",") for n in numbers), encoding="utf-8")
    assert read_table(file)["a"].to_list() == pytest.approx(numbers)


def write(folder, kind, frame=FRAME):
    """Write a table as a file of one kind."""
    file = folder / f"a{kind}"
    if kind == ".parquet":
        frame.to_parquet(file)
    elif kind == ".xlsx":
        frame.to_excel(file, index=False)
    elif kind in (".sav", ".zsav"):
        pyreadstat.write_sav(frame, str(file), compress=kind == ".zsav")
    elif kind == ".dta":
        pyreadstat.write_dta(frame, str(file))
    return file


@pytest.mark.parametrize("kind", [".parquet", ".xlsx", ".sav", ".zsav", ".dta"])
def test_kinds(tmp_path, kind):
    """The same table as any kind of file has the same columns and values."""
    table = values(read_table(write(tmp_path, kind)))
    assert table == FRAME.to_dict("list")


def test_value_labels_are_categories(tmp_path):
    """Codes with labels, in SPSS and Stata, become the words; a code that the file calls missing is missing."""
    frame = pd.DataFrame({"sex": [1.0, 2.0, 9.0], "hours": [1.0, 2.0, 99.0]})
    labels = {"sex": {1: "femme", 2: "homme", 9: "?"}}
    file = tmp_path / "a.sav"
    missing = {"sex": [{"lo": 9, "hi": 9}], "hours": [{"lo": 99, "hi": 99}]}
    pyreadstat.write_sav(frame, str(file), variable_value_labels=labels, missing_ranges=missing)
    table = read_table(file)
    assert table["sex"].to_list()[:2] == ["femme", "homme"]
    assert table["sex"].is_null().to_list() == [False, False, True]
    assert math.isnan(table["hours"].to_list()[2])
    file = tmp_path / "a.dta"
    pyreadstat.write_dta(frame, str(file), variable_value_labels=labels)
    assert read_table(file)["sex"].to_list() == ["femme", "homme", "?"]


def test_labels_for_some_values_only(tmp_path):
    """Hours with a labelled 99 that is not declared missing could be read as hours: refused."""
    file = tmp_path / "a.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"hours": [1.0, 99.0]}), str(file), variable_value_labels={"hours": {99: "does not know"}}
    )
    with pytest.raises(InvalidInput, match=r"labels for some values only.*column 'hours'"):
        read_table(file)


def test_sheets_of_a_workbook(tmp_path):
    """The first sheet, or the one that is named; an unknown one is refused with the names there are."""
    file = tmp_path / "a.xlsx"
    with pd.ExcelWriter(file) as book:
        FRAME.to_excel(book, sheet_name="notes", index=False, columns=["n"])
        FRAME.to_excel(book, sheet_name="enquête", index=False)
    assert read_table(file).columns == ["n"]
    assert values(read_table(file, sheet="enquête")) == FRAME.to_dict("list")
    with pytest.raises(InvalidInput, match="unknown sheet: expected one of 'notes', 'enquête'"):
        read_table(file, sheet="survey")


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([["sex", "sex"], ["f", "m"]], "column named twice"),
        ([["sex", None], ["f", "m"]], "missing header"),
        ([["sex", "n"], ["f", "#N/A"]], "cell with an error.*row 2"),
        ([], "not a table"),
        ([["hours"], ["12,5"], ["many"]], "numbers and text in one column"),
    ],
)
def test_bad_workbooks(tmp_path, rows, problem):
    """Sheets that are no table are refused as CSV files are."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InvalidInput, match=problem):
        read_table(tmp_path / "a.xlsx")


def test_numbers_typed_as_text_in_a_workbook(tmp_path):
    """A cell 12,5 that a spreadsheet took for text is the number among numbers."""
    pd.DataFrame({"hours": [3, "12,5"]}).to_excel(tmp_path / "a.xlsx", index=False)
    assert read_table(tmp_path / "a.xlsx")["hours"].to_list() == [3, 12.5]


@pytest.mark.parametrize(("kind", "package"), [(".xlsx", "openpyxl"), (".sav", "pyreadstat"), (".dta", "pyreadstat")])
def test_reader_not_installed(tmp_path, monkeypatch, kind, package):
    """Without the extra, the error says what to install."""
    file = write(tmp_path, kind)
    real = builtins.__import__

    def without(name, *rest):
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InvalidInput, match=rf"no reader.*{package}.*pip install \"microwork-estimate\[tables\]\""):
        read_table(file)


def test_columns_within_columns(tmp_path):
    """A parquet file of lists is no table."""
    pd.DataFrame({"platforms": [["a"], ["b"]]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InvalidInput, match="columns within a column"):
        read_table(tmp_path / "a.parquet")


def test_limits():
    """A survey of a million respondents and forty questions passes; ten times as much does not, nor does a bomb."""
    require_shape(1_000_000, 40, where="survey")
    with pytest.raises(InvalidInput, match="at most 50,000,000 cells"):
        require_shape(10_000_000, 40, where="survey")
    with pytest.raises(InvalidInput, match="at most 20,000,000 rows"):
        require_shape(10**9, 1, where="survey")
    require_unpacked(10**6, 10**6 * MOST_TIMES_SMALLER, where="survey")
    with pytest.raises(InvalidInput, match="nothing but repetition"):
        require_unpacked(10**6, 10**6 * MOST_TIMES_SMALLER + 1, where="survey")
