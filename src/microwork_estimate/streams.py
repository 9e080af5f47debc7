"""The one door through which randomness enters: named random streams, in blocks.

A stream is named after the data that it redraws, so that adding another source of data to a run leaves the draws of
the first as they were, and every estimate that uses a source sees the same draws. Replicates are drawn in blocks, each
with a generator of its own: the first 20 of 40 replicates are the 20, and blocks may be shared among any number of
workers without changing a bit.
"""

from __future__ import annotations

import operator
import zlib

import numpy as np

from microwork_estimate.errors import InvalidInput

BLOCK = 64
"""Number of replicates that one generator serves."""


def stream(seed: int, name: str, block: int = 0) -> np.random.Generator:
    """Return the generator of one block of one named stream.

    The name is turned into a number by its CRC-32 checksum, which is the same on every machine and in every version of
    Python; seed, checksum and block feed a seed sequence, and this a permuted congruential generator (PCG64).

    Parameters
    ----------
    seed : int
        The seed of the run, zero or more.
    name : str
        The name of the stream, not empty: the source of data that is redrawn, for example ``"survey"``.
    block : int
        Which block of :data:`BLOCK` replicates, from 0.

    Returns
    -------
    numpy.random.Generator
        At the start of its own sequence: two calls with the same arguments give the same numbers.

    Raises
    ------
    InvalidInput
        If the seed or the block is negative or not whole, or if the name is empty.

    Notes
    -----
    Assumes that two streams of one run have names with different checksums; who combines several streams checks it.

    References
    ----------
    O'Neill, M. E. (2014). PCG: A family of simple fast space-efficient statistically good algorithms for random number
    generation. Technical report HMC-CS-2014-0905, Harvey Mudd College. Scientific Python SPEC 7, "Seeding pseudo-random
    number generation".

    Examples
    --------
    >>> first = stream(2019, "survey").standard_normal(2)
    >>> again = stream(2019, "survey").standard_normal(2)
    >>> bool((first == again).all())
    True
    """
    if not name:
        raise InvalidInput(
            "a stream without a name",
            expected="a name, for example 'survey'",
            got="an empty text",
            where="name",
            fix="name the stream after the data that it redraws",
        )
    key = (zlib.crc32(name.encode("utf-8")), _whole(block, where="block"))
    sequence = np.random.SeedSequence(entropy=_whole(seed, where="seed"), spawn_key=key)
    return np.random.Generator(np.random.PCG64(sequence))


def _whole(number: int, *, where: str) -> int:
    try:
        whole = operator.index(number)
    except TypeError:
        whole = -1
    if whole < 0:
        raise InvalidInput(
            "not a whole number", expected="a whole number, zero or more", got=repr(number), where=where, fix="give one"
        )
    return whole
