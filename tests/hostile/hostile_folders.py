"""Malformed study folders, made one by one and checked; run as a program, so that time and memory can be measured.

Prints a line of JSON for each folder: its name, the codes that were found, seconds, and the peak of memory so far.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

MOST_ADDRESSES = 8 * 2**30  # a guard for the machine that runs the tests, far above what is asserted

Change = Callable[[Path], None]


def rewrite(name: str, change: Callable[[bytes], bytes]) -> Change:
    """Return what replaces the content of one file."""

    def apply(folder: Path) -> None:
        file = folder / name
        file.write_bytes(change(file.read_bytes()))

    return apply


def swap(name: str, old: bytes, new: bytes) -> Change:
    """Return what replaces a piece of one file, which must be there."""

    def change(content: bytes) -> bytes:
        assert old in content, (name, old)
        return content.replace(old, new, 1)

    return rewrite(name, change)


def column(name: str, values: Callable[[int], str], separator: str = ",") -> Callable[[bytes], bytes]:
    """Return what replaces the cells of one column of a table, and its separators."""

    def change(content: bytes) -> bytes:
        rows = [line.split(",") for line in content.decode("utf-8").splitlines()]
        at = rows[0].index(name)
        for number, row in enumerate(rows[1:]):
            row[at] = values(number)
        return "\n".join(separator.join(row) for row in rows).encode("utf-8") + b"\n"

    return change


def replaced(suffix: str, maker: Callable[[Path], None]) -> Change:
    """Return what puts a file of another kind in the place of the survey."""

    def apply(folder: Path) -> None:
        swap(STUDY, PATH, f'path = "tables/survey{suffix}"'.encode())(folder)
        (folder / SURVEY).unlink()
        maker(folder / f"tables/survey{suffix}")

    return apply


def link(folder: Path) -> None:
    """Make the survey a link to a file outside."""
    outside = folder.parent / "outside.csv"
    shutil.copy(folder / SURVEY, outside)
    (folder / SURVEY).unlink()
    (folder / SURVEY).symlink_to(outside)


def linked_folder(folder: Path) -> None:
    """Make the folder of the tables a link to a folder outside."""
    shutil.move(folder / "tables", folder.parent / "tables-outside")
    (folder / "tables").symlink_to(folder.parent / "tables-outside")


def circle(folder: Path) -> None:
    """Make the survey a link to itself."""
    (folder / SURVEY).unlink()
    (folder / SURVEY).symlink_to(folder / SURVEY)


def pipe(folder: Path) -> None:
    """Put a pipe that nobody writes to in the place of the survey."""
    (folder / SURVEY).unlink()
    os.mkfifo(folder / SURVEY)


def a_folder(folder: Path) -> None:
    """Put a folder in the place of the survey."""
    (folder / SURVEY).unlink()
    (folder / SURVEY).mkdir()


def many_equal_rows(file: Path) -> None:
    """Write a parquet file of a few kilobytes with sixty million rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    part = pa.table({"n_platforms": pa.array([1] * 1_000_000, pa.int8())})
    with pq.ParquetWriter(file, part.schema) as writer:
        for _ in range(60):
            writer.write_table(part)


def many_long_texts(file: Path) -> None:
    """Write a small parquet file in which one text of a million letters stands a million times."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    indices = pa.array(np.zeros(1_000_000, dtype=np.int32))
    texts = pa.DictionaryArray.from_arrays(indices, pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table({"n_platforms": texts}), file, dictionary_pagesize_limit=20_000_000, store_schema=False)


def workbook(
    sheet: Callable[[], bytes], times: int = 1, head: bytes = b"", tail: bytes = b""
) -> Callable[[Path], None]:
    """Return what writes a workbook by hand, with one sheet of any content."""

    def write(file: Path) -> None:
        names = "http://schemas.openxmlformats.org"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                "[Content_Types].xml",
                f'<Types xmlns="{names}/package/2006/content-types"><Default Extension="rels" ContentType='
                '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
                'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override '
                'PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.'
                'spreadsheetml.worksheet+xml"/></Types>',
            )
            archive.writestr(
                "_rels/.rels",
                f'<Relationships xmlns="{names}/package/2006/relationships"><Relationship Id="r1" Type="{names}/'
                'officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            )
            archive.writestr(
                "xl/workbook.xml",
                f'<workbook xmlns="{names}/spreadsheetml/2006/main" xmlns:r="{names}/officeDocument/2006/relationships">'
                '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
            )
            archive.writestr(
                "xl/_rels/workbook.xml.rels",
                f'<Relationships xmlns="{names}/package/2006/relationships"><Relationship Id="r1" Type="{names}/'
                'officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            )
            with archive.open("xl/worksheets/sheet1.xml", "w") as part:
                part.write(head)
                for _ in range(times):
                    part.write(sheet())
                part.write(tail)

    return write


def junk(size: int = 100_000) -> Callable[[Path], None]:
    """Return what writes bytes without a meaning."""
    return lambda file: file.write_bytes(bytes(range(256)) * (size // 256)) and None


def long_chain(content: bytes) -> bytes:
    """Add thousands of figures, each derived from the one before."""
    entry = '[inputs.f{0}]\nvalue = 1\nunit = "ratio"\nstatus = "implied"\nwhat = "w"\n'
    entry += 'derived_from = ["f{1}"]\nformula = "f{1}"\n'
    chain = "".join(entry.format(number, number + 1) for number in range(6000))
    return content.replace(b"[inputs]\n", chain.encode(), 1)


SURVEY, STUDY = "tables/survey.csv", "study.toml"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OPEN, CLOSE = f'<worksheet xmlns="{SHEET}"><sheetData>'.encode(), b"</sheetData></worksheet>"
FRENCH = column("hours_per_week", lambda n: f"{n % 9},5", ";")
PATH = b'path = "tables/survey.csv"'

# Each folder is the SYNTHETIC example with one thing changed; and the code that the check must give, or None if the change is
# harmless and the study must run as before.
FOLDERS: dict[str, tuple[Change, str | None]] = {
    "byte order mark": (rewrite(SURVEY, lambda c: b"\xef\xbb\xbf" + c), None),
    "byte order mark and windows lines in the study": (
        rewrite(STUDY, lambda c: b"\xef\xbb\xbf" + c.replace(b"\n", b"\r\n")),
        None,
    ),
    "mixed line ends": (rewrite(SURVEY, lambda c: c.replace(b"\n", b"\r\n", 99)), None),
    "old line ends": (rewrite(SURVEY, lambda c: c.replace(b"\n", b"\r")), None),
    "semicolons and decimal commas": (rewrite(SURVEY, FRENCH), None),
    "empty columns at the right": (rewrite(SURVEY, lambda c: c.replace(b"\n", b",,\n")), None),
    "latin 1": (rewrite(SURVEY, lambda c: c.decode().encode("latin-1")), "not-a-utf-8-file"),
    "utf 16": (rewrite(SURVEY, lambda c: c.decode().encode("utf-16")), "not-a-utf-8-file"),
    "latin 1 study": (rewrite(STUDY, lambda c: c + "# é".encode("latin-1")), "not-a-utf-8-file"),
    "commas of thousands or decimals": (
        rewrite(SURVEY, column("hours_per_week", lambda _: "1,234", ";")),
        "unclear-decimal-mark",
    ),
    "points of thousands or decimals": (
        rewrite(SURVEY, column("hours_per_week", lambda _: "1.234", ";")),
        "unclear-decimal-mark",
    ),
    "two decimal marks": (
        rewrite(SURVEY, column("hours_per_week", lambda n: ("12,5", "12.5")[n % 2], ";")),
        "two-decimal-marks",
    ),
    "numbers and text": (
        rewrite(SURVEY, column("hours_per_week", lambda n: ("12,5", "many")[n % 2], ";")),
        "numbers-and-text-in-one-column",
    ),
    "two separators": (swap(SURVEY, b"respondent,interviewed", b"respondent;interviewed"), "unclear-separator"),
    "duplicated columns": (swap(SURVEY, b",hours_per_week,", b",frequency,"), "column-named-twice"),
    "column without a name": (swap(SURVEY, b",hours_per_week,", b",,"), "missing-header"),
    "missing header": (rewrite(SURVEY, lambda c: c.partition(b"\n")[2]), "column-named-twice"),
    "line of ten megabytes": (rewrite(SURVEY, lambda c: c + b"x" * 10_000_000), "line-too-long"),
    "study of ten megabytes": (rewrite(STUDY, lambda c: c + b"#" * 10_000_000), "study-file-too-large"),
    "link out of the folder": (link, "path-out-of-the-study-folder"),
    "folder linked out": (linked_folder, "path-out-of-the-study-folder"),
    "link in a circle": (circle, "path-out-of-the-study-folder"),
    "pipe": (pipe, "no-such-file"),
    "folder in place of a file": (a_folder, "no-such-file"),
    "path that leads up": (swap(STUDY, PATH, b'path = "../outside.csv"'), "path-out-of-the-study-folder"),
    "path that leads up later": (swap(STUDY, PATH, b'path = "tables/../../x.csv"'), "path-out-of-the-study-folder"),
    "absolute path": (swap(STUDY, PATH, b'path = "/etc/passwd"'), "path-out-of-the-study-folder"),
    "path of another system": (swap(STUDY, PATH, rb"path = 'C:\data\a.csv'"), "path-out-of-the-study-folder"),
    "home": (swap(STUDY, PATH, b'path = "~/a.csv"'), "path-out-of-the-study-folder"),
    "address": (swap(STUDY, PATH, b'path = "https://example.org/a.csv"'), "address-in-place-of-a-path"),
    "address of a file": (swap(STUDY, PATH, b'path = "file:///etc/passwd"'), "address-in-place-of-a-path"),
    "address in the network": (swap(STUDY, PATH, rb"path = '\\server\share\a.csv'"), "address-in-place-of-a-path"),
    "data folder that leads up": (
        swap(STUDY, b"synthetic = true", b'synthetic = true\ndata = "../.."'),
        "path-out-of-the-study-folder",
    ),
    "nul in a path": (swap(STUDY, PATH, b'path = "tables/\\u0000.csv"'), "path-out-of-the-study-folder"),
    "program in place of a table": (replaced(".py", junk()), "unknown-kind-of-file"),
    "pickle in place of a table": (replaced(".pkl", junk()), "unknown-kind-of-file"),
    "sixty million rows of parquet": (replaced(".parquet", many_equal_rows), "table-too-large"),
    "a text a million times": (replaced(".parquet", many_long_texts), "table-too-large"),
    "broken parquet": (replaced(".parquet", junk()), "not-a-table"),
    "workbook of 150 megabytes of blanks": (
        replaced(".xlsx", workbook(lambda: b" " * 1_000_000, 150, OPEN, CLOSE)),
        "table-too-large",
    ),
    "workbook of empty rows": (
        replaced(".xlsx", workbook(lambda: b"<row/>" * 10_000, 20, OPEN, CLOSE)),
        "not-a-table",
    ),
    "workbook with a row of the number 10^12": (
        replaced(".xlsx", workbook(lambda: b'<row r="999999999999"><c r="A1"><v>1</v></c></row>', 1, OPEN, CLOSE)),
        "not-a-table",
    ),
    "workbook with growing entities": (
        replaced(".xlsx", workbook(lambda: b"", 1, b'<!DOCTYPE a [<!ENTITY b "c">]>' + OPEN, CLOSE)),
        "not-a-table",
    ),
    "broken workbook": (replaced(".xlsx", junk()), "not-a-table"),
    "broken spss": (replaced(".sav", junk()), "not-a-table"),
    "broken stata": (replaced(".dta", junk()), "not-a-table"),
    "unknown key": (swap(STUDY, b"[study]\n", b'[study]\ncolour = "blue"\n'), "unknown-key"),
    "unknown table": (rewrite(STUDY, lambda c: c + b"\n[surprise]\nx = 1\n"), "unknown-key"),
    "code in a key": (swap(STUDY, b"[study]\n", b'[study]\n"__import__(1)" = 1\n'), "unknown-key"),
    "hijri dates": (rewrite(SURVEY, column("interviewed", lambda _: "1447-08-11")), "date-of-another-calendar"),
    "republican dates": (
        rewrite(SURVEY, column("interviewed", lambda _: "12 pluviôse 234")),
        "date-of-another-calendar",
    ),
    "hijri day of the totals": (swap(STUDY, b"as_of = 2026", b"as_of = 1447"), "date-of-another-calendar"),
    "a million rows of blanks": (rewrite(SURVEY, lambda c: c + (b" ," + b"," * 18 + b"\n") * 1_000_000), None),
    "a million rows of one cell": (
        rewrite(SURVEY, lambda c: c + (b"x" + b"," * 19 + b"\n") * 1_000_000),
        "to-be-filled-in",
    ),
    "table cut short": (rewrite(SURVEY, lambda c: c[: c.index(b"r0100") + 12]), "to-be-filled-in"),
    "a million empty lines": (rewrite(SURVEY, lambda c: c.partition(b"\n")[0] + b"\n" * 1_000_000), "to-be-filled-in"),
    "nul bytes": (rewrite(SURVEY, lambda c: c[:500] + b"\0" + c[500:]), "not-a-text-file"),
    "nul bytes in the study": (rewrite(STUDY, lambda c: c[:500] + b"\0" + c[500:]), "not-a-toml-file"),
    "nested arrays": (rewrite(STUDY, lambda c: b"x = " + b"[" * 100_000 + b"\n" + c), "not-a-toml-file"),
    "nested tables": (rewrite(STUDY, lambda c: b"x = " + b"{a=" * 100_000 + b"\n" + c), "not-a-toml-file"),
    "nested keys": (rewrite(STUDY, lambda c: b".".join([b"x"] * 50_000) + b" = 1\n" + c), "not-a-toml-file"),
    "nested headers": (
        rewrite(STUDY, lambda c: c + b"\n[" + b" . ".join([b"'x'"] * 50_000) + b"]\n"),
        "not-a-toml-file",
    ),
    "empty table": (rewrite(SURVEY, lambda _: b""), "not-a-table"),
    "table of blanks": (rewrite(SURVEY, lambda _: b" \n \n"), "not-a-table"),
    "empty study": (rewrite(STUDY, lambda _: b""), "missing-key"),
    "number of four thousand digits": (swap(STUDY, b"year = 2026", b"year = " + b"9" * 4000), "wrong-value"),
    "number of five thousand digits": (swap(STUDY, b"year = 2026", b"year = " + b"9" * 5000), "not-a-toml-file"),
    "not a number": (swap(STUDY, b"low = 0.6", b"low = nan"), "wrong-value"),
    "infinite": (swap(STUDY, b"high = 1.67", b"high = inf"), "wrong-value"),
    "infinite total": (
        swap("tables/margins.csv", b"platform,platform A,", b"platform,platform A,inf\nsex,x,"),
        "impossible-value",
    ),
    "quote that never closes": (swap(SURVEY, b"\nr0002,", b'\n"r0002,'), "not-a-table"),
    "more fields than columns": (swap(SURVEY, b"\nr0002,", b"\nr0002,,,"), "not-a-table"),
    "thousands of figures in a chain": (rewrite(STUDY, long_chain), "unknown-key"),
}


def found(folder: Path) -> list[str]:
    """Return the codes of what the check says, whatever it does, and that a run refuses in one line what it says."""
    from microwork_estimate import study
    from microwork_estimate.errors import InvalidInput

    codes = [problem.code for problem in study.check(folder / STUDY)]
    said = ""
    try:
        study.checked(folder / STUDY)
    except InvalidInput as error:
        said = str(error)
    assert bool(said) == bool(codes), f"found {codes}, and a run says {said!r}"
    assert "\n" not in said
    assert len(said) < 10_000
    return codes


def main(place: Path) -> None:
    """Make every folder, check it, and say what came of it."""
    from microwork_estimate import study

    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    study.start(place / "sound", example=True)
    for name, (change, _) in FOLDERS.items():
        shutil.copytree(place / "sound", place / "case" / "folder")
        change(place / "case" / "folder")
        start = time.process_time()  # of this process: others may use the machine
        try:
            codes, failure = found(place / "case" / "folder"), ""
        except BaseException as error:  # whatever comes is what the test is about
            codes, failure = [], f"{type(error).__name__}: {error}"[:500]
        seconds = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        line = {"name": name, "codes": codes, "failure": failure, "seconds": seconds, "peak": peak}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        shutil.rmtree(place / "case")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
