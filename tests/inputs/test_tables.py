"""Reading files: what comes in, and the one line that says why not."""

import pandas as pd
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import column, platform_registrations, read_table, survey_sample


def test_csv_and_parquet_give_the_same_table(tmp_path):
    """The same figures in CSV (with or without byte order mark) and parquet are the same columns."""
    frame = pd.DataFrame({"platform": ["a", "é"], "accounts": [10, 20]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_csv(tmp_path / "bom.csv", index=False, encoding="utf-8-sig")
    frame.to_parquet(tmp_path / "t.parquet")
    for name in ("t.csv", "bom.csv", "t.parquet"):
        table = read_table(tmp_path / name)
        assert column(table, "accounts").tolist() == [10, 20]
        assert column(table, "platform").tolist() == ["a", "é"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.csv", None, "no such file"),
        ("missing.parquet", None, "no such file"),
        ("latin.csv", "naïve,1\n".encode("latin-1"), "not a UTF-8 file"),
        ("empty.csv", b"", "not a table"),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n", "not a table"),
        ("notes.doc", b"x", "unknown kind of file"),
        ("broken.parquet", b"PAR1 not really", "not a table"),
    ],
)
def test_unreadable_files_are_refused_in_one_line(tmp_path, name, content, message):
    """A file that is missing, of another encoding, empty, ragged or of another kind never gives a table."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message) as caught:
        read_table(path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_registrations_from_a_table():
    """A table of platforms and accounts becomes a noun that knows its sum, and needs a source."""
    table = pd.DataFrame({"p": ["a", "b"], "n": [10, 20]})
    registrations = platform_registrations(table, platform="p", accounts="n", source="test", n_platforms=7)
    assert (registrations.total, registrations.n_platforms) == (30, 7)
    with pytest.raises(InvalidInput, match="figure without source"):
        platform_registrations(table, platform="p", accounts="n", source=" ")
    with pytest.raises(InvalidInput, match="fewer platforms than rows"):
        platform_registrations(table, platform="p", accounts="n", source="test", n_platforms=1)
    negative = pd.DataFrame({"p": ["a", "b"], "n": [10, -20]})
    with pytest.raises(InvalidInput, match="impossible value"):
        platform_registrations(negative, platform="p", accounts="n", source="test")


def test_survey_from_a_table():
    """Columns and weights are kept; the way of reaching respondents must be one of the three."""
    table = pd.DataFrame({"k": [1, 2, 3], "w": [1.0, 2.0, 3.0]})
    sample = survey_sample(table, weight="w", reached_via="registration")
    assert (sample.n, sample.weights.tolist(), sample.numbers("k").tolist()) == (3, [1, 2, 3], [1, 2, 3])
    with pytest.raises(InvalidInput, match="unknown choice"):
        survey_sample(table, reached_via="telephone")
    with pytest.raises(InvalidInput, match="unknown column"):
        sample.column("z")
