"""SPSS (.sav, .zsav) and Stata (.dta) files: codes become the categories that their labels name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import narwhals as nw

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs.file_limits import MOST_CELLS, not_a_table, regular_file, require_shape
from microwork_estimate.inputs.shown import kind_of
from microwork_estimate.inputs.workbooks import reader_missing

KINDS = {".sav": "an SPSS file", ".zsav": "an SPSS file", ".dta": "a Stata file"}


def read_labelled(path: Path) -> nw.DataFrame[Any]:
    """Read an SPSS or Stata file; a variable whose values all have labels becomes a variable of categories.

    Values that the file itself calls missing are missing. A variable of which some values are labelled and others are
    not (hours, with 99 for "does not know") is refused: what is a number there and what is not, only its author knows.

    Parameters
    ----------
    path : Path

    Returns
    -------
    narwhals data frame

    Raises
    ------
    InvalidInput
        If pyreadstat is not installed; if the file is missing, no such file or too large; or if a variable mixes numbers
        with labelled codes.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd, pyreadstat
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.sav"
    ...     pyreadstat.write_sav(pd.DataFrame({"sex": [1, 2]}), str(file), variable_value_labels={"sex": {1: "f", 2: "m"}})
    ...     read_labelled(file)["sex"].to_list()
    ['f', 'm']
    """
    file = regular_file(path)
    try:
        import pyreadstat
    except ImportError as error:
        raise reader_missing("pyreadstat", "SPSS and Stata files", file) from error
    expected = KINDS[file.suffix.lower()]
    read = pyreadstat.read_dta if file.suffix.lower() == ".dta" else pyreadstat.read_sav
    try:
        _, about = read(str(file), metadataonly=True)
        columns = about.number_columns or 0
        require_shape(about.number_rows or 0, columns, where=str(file))
        frame, about = read(str(file), row_limit=MOST_CELLS // max(columns, 1))
    except InvalidInput:
        raise
    except Exception as error:  # the reader's errors have no common base, and a broken file can raise any of them
        raise not_a_table(file, expected=expected, error=error, fix="save it again, or as CSV (UTF-8)") from error
    return nw.from_native(_labelled(frame, about.variable_value_labels, file), eager_only=True)


def _labelled(frame: Any, labels: dict[str, dict[Any, str]], file: Path) -> Any:
    import pandas as pd

    for name, meaning in labels.items():
        found = frame[name].dropna().unique().tolist()
        known = [value for value in found if value in meaning]
        if known and len(known) < len(found):
            raise InvalidInput(
                "labels for some values only",
                expected="a label for every value of the variable, or for none",
                got=f"a label for {len(known)} values but none for {len(found) - len(known)}, the first "
                + kind_of(next(value for value in found if value not in meaning)),
                where=f"{file}, column {name!r}",
                fix="declare the labelled codes missing if the variable is a number, or label every value",
            )
        if known:
            texts = frame[name].map(meaning).astype("str").where(frame[name].notna())
            frame[name] = pd.Categorical(texts, categories=list(dict.fromkeys(meaning.values())))
    return frame
