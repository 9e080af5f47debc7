"""Text files: UTF-8 or refused, with the line on which it is not."""

from __future__ import annotations

from pathlib import Path

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs.file_limits import regular_file

_MARK = b"\xef\xbb\xbf"


def read_text(path: str | Path) -> str:
    """Return the text of a UTF-8 file, without the byte order mark that some editors write.

    Raises
    ------
    InvalidInput
        If there is no such file, if it is too large to be read, or if it is not UTF-8.

    Examples
    --------
    >>> read_text(__file__).startswith('"')
    True
    """
    return read_utf8(path).decode("utf-8")


def read_utf8(path: str | Path) -> bytes:
    """Return the bytes of a UTF-8 file, without the byte order mark.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    bytes
        Valid UTF-8.

    Raises
    ------
    InvalidInput
        If there is no such file, if it is too large to be read, or if it is not UTF-8 (the message gives the line).

    Examples
    --------
    >>> read_utf8(__file__)[:1]
    b'"'
    """
    file = regular_file(path)
    try:
        content = file.read_bytes().removeprefix(_MARK)
        content.decode("utf-8")
    except OSError as error:
        raise InvalidInput(
            "no such file",
            expected="a file that may be read",
            got=error.strerror or type(error).__name__,
            where=str(file),
            fix="check the path and the rights",
        ) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            "not a UTF-8 file",
            expected="text in UTF-8",
            got=f"byte 0x{error.object[error.start]:02x} at position {error.start}, line {line}",
            where=str(file),
            fix="save the file again with the encoding UTF-8 (in Excel: 'CSV UTF-8')",
        ) from error
    return content
