"""Named random streams: one door for all randomness of a run.

A stream belongs to one source of data and is known by its name. Its numbers depend on the seed of the run, on the name
and on the number of the block of replicates, and on nothing else: neither on other streams nor on how the work is
shared out.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from microwork_estimate.errors import InvalidInput
from microwork_estimate.streams import BLOCK, stream

__all__ = ["BLOCK", "check_seed", "check_stream_names", "stream"]


def check_stream_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names as a tuple, if no two of them would share their random numbers.

    Raises
    ------
    InvalidInput
        If two names have the same checksum.
    """
    seen: dict[int, str] = {}
    for name in names:
        checksum = zlib.crc32(name.encode("utf-8"))
        if checksum in seen:
            raise InvalidInput(
                "two streams with the same random numbers",
                expected="names with different checksums",
                got=f"{seen[checksum]!r} and {name!r}",
                where="names of the components",
                fix="rename one of the two components",
            )
        seen[checksum] = name
    return tuple(seen.values())


def check_seed(seed: int) -> int:
    """Return `seed` if it can be recorded and used again.

    Raises
    ------
    InvalidInput
        If it is not a whole number of zero or more.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InvalidInput(
            "impossible seed",
            expected="a whole number, zero or more",
            got=repr(seed),
            where="seed",
            fix="give a seed: a result without one cannot be made again",
        )
    return seed
