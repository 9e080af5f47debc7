"""Lists of identifiers: read in batches, made comparable, and turned into keyed digests before anything else sees them.

An identifier (an account name, an address) is trimmed, brought to one Unicode form and hashed with a secret key of the
study. What leaves this file is numbers: digests, and how many rows there were. No identifier stands in an error, a
warning or a ``repr``, and an error carries no other error inside that might hold one.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.inputs.identifier_sources import value_batches

MissingIdentifier = Literal["refuse", "leave_out"]
DigestArray = NDArray[np.uint64]

_DIGEST_BYTES = 16  # at fifty million persons, two of them share a digest with a chance of 4e-24
_KEY_BYTES = (16, 64)
_EXACT_FLOAT = 2.0**53
# White space, and signs without width that spreadsheets and web pages leave at the ends of a cell.
_EDGES = "".join(chr(c) for c in range(0x3001) if chr(c).isspace()) + "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class IdentifierRules:
    """When two identifiers are the same, and the key under which they are hashed.

    Always: white space at both ends is cut, and the Unicode form is NFKC, so that an accent typed in two ways or a
    full-width letter is one letter. Inner spaces and leading zeros count.

    Parameters
    ----------
    study_key : bytes or None
        Secret key of 16 to 64 bytes. Counts do not depend on it; whoever has it can test guesses against digests.
        Without one, a random key is made and forgotten, which is safest.
    ignore_case : bool
        Whether upper and lower case are the same (e-mail addresses), by Unicode case folding.
    missing : str
        Rows without an identifier: ``"refuse"`` (an error) or ``"leave_out"`` (counted, and said in a warning).

    Raises
    ------
    InvalidInput
        If the key has another length, or `missing` is another word.

    Examples
    --------
    >>> rules = IdentifierRules(study_key=b"a key of the study 2026", ignore_case=True)
    >>> print(rules)
    IdentifierRules(ignore_case=True, missing='refuse')
    """

    study_key: bytes | None = field(default=None, repr=False)
    ignore_case: bool = False
    missing: MissingIdentifier = "refuse"

    def __post_init__(self) -> None:
        check_choice(self.missing, get_args(MissingIdentifier), where="IdentifierRules.missing")
        key = secrets.token_bytes(32) if self.study_key is None else self.study_key
        if not isinstance(key, bytes) or not _KEY_BYTES[0] <= len(key) <= _KEY_BYTES[1]:
            raise InvalidInput(
                "no usable study key",
                expected=f"bytes, {_KEY_BYTES[0]} to {_KEY_BYTES[1]} of them",
                got=f"{type(key).__name__} of length {len(key)}" if isinstance(key, bytes | str) else "something else",
                where="IdentifierRules.study_key",
                fix="make one with secrets.token_bytes(32) and keep it with the study, or give none",
            )
        object.__setattr__(self, "study_key", key)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DigestBatch:
    """A batch of rows, as digests.

    Parameters
    ----------
    digests : array of shape (d, 2), uint64
        128-bit keyed digests of the rows that have an identifier.
    rows : int
        Rows read, those without identifier included.
    """

    digests: DigestArray = field(repr=False)
    rows: int


def comparable(identifier: str, *, ignore_case: bool = False) -> str:
    r"""Return an identifier in the form in which it is compared: trimmed, NFKC, and case-folded if wanted.

    Parameters
    ----------
    identifier : str
    ignore_case : bool

    Returns
    -------
    str
        Empty if nothing but white space was there.

    References
    ----------
    The Unicode Standard, annex 15 (normalisation forms) and section 3.13 (default caseless matching).

    Examples
    --------
    >>> comparable(" ＡＢＣ\u00a0"), comparable("Straße", ignore_case=True)
    ('ABC', 'strasse')
    """
    if identifier.isascii():
        trimmed = identifier.strip()
        return trimmed.lower() if ignore_case else trimmed
    text = unicodedata.normalize("NFKC", identifier)
    if ignore_case:
        text = unicodedata.normalize("NFKC", text.casefold())
    return text.strip(_EDGES)


def digest_batches(source: Any, rules: IdentifierRules, *, where: str) -> Iterator[DigestBatch]:
    """Read one list batch by batch and give out digests.

    Procedure: each value becomes text (whole numbers without decimals), the text its comparable form, and that its
    keyed BLAKE2b digest of 128 bits.

    Parameters
    ----------
    source : IdentifierList, or sequence, array or series
        Where the identifiers are.
    rules : IdentifierRules
    where : str
        What the list is, for error messages.

    Yields
    ------
    DigestBatch

    Raises
    ------
    InvalidInput
        If the file or the column is not there, the file is broken, a value cannot be an identifier, or a row has none
        and the rules refuse that. Errors give kinds and numbers of rows, never their content.

    Assumptions
    -----------
    One person has one identifier in all lists.

    References
    ----------
    Saarinen and Aumasson 2015, RFC 7693 (BLAKE2), section 2.9 for the key.

    Examples
    --------
    >>> rules = IdentifierRules(study_key=b"sixteen bytes or more")
    >>> batch = next(digest_batches([" ada", "ada ", "bob"], rules, where="list A"))
    >>> batch.rows, bool((batch.digests[0] == batch.digests[1]).all()), bool((batch.digests[0] == batch.digests[2]).all())
    (3, True, False)
    """
    done = 0
    for values in value_batches(source, where):
        texts = [comparable(t, ignore_case=rules.ignore_case) if t else "" for t in _as_texts(values, done, where)]
        present = [t for t in texts if t]
        if rules.missing == "refuse" and len(present) < len(texts):
            raise _missing(texts, done, where)
        yield DigestBatch(digests=_digests(present, rules), rows=len(texts))
        done += len(texts)


def _digests(texts: Sequence[str], rules: IdentifierRules) -> DigestArray:
    key = rules.study_key or b""
    blake2b = hashlib.blake2b
    joined = b"".join(
        blake2b(t.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES, key=key).digest() for t in texts
    )
    return np.frombuffer(joined, dtype="<u8").reshape(-1, 2).astype(np.uint64)


def _missing(texts: Sequence[str], done: int, where: str) -> InvalidInput:
    first = done + next(i for i, text in enumerate(texts) if not text) + 1
    return InvalidInput(
        "row without identifier",
        expected="an identifier in every row",
        got=f"nothing in row {first}",
        where=where,
        fix='complete it in the source, or leave such rows out and count them with missing="leave_out"',
    )


def _as_texts(values: Sequence[Any], done: int, where: str) -> list[str]:
    """Turn values into texts, the missing ones into empty texts."""
    if all(type(value) is str for value in values):
        return list(values)
    return [_as_text(value, done + i + 1, where) for i, value in enumerate(values)]


def _as_text(value: Any, row: int, where: str) -> str:
    if isinstance(value, str):
        return value
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(value, int | np.integer | uuid.UUID) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        if np.isnan(number):
            return ""
        if number.is_integer() and abs(number) < _EXACT_FLOAT:
            return str(int(number))
    raise InvalidInput(
        "value that cannot be an identifier",
        expected="texts or whole numbers",
        got=f"a {type(value).__name__} in row {row}",
        where=where,
        fix="read the column as text: numbers with decimals, or beyond 2^53, have lost digits",
    )
