"""Hadamard matrices: tables of plus and minus one whose columns balance pairwise."""

from __future__ import annotations

import numpy as np

from microwork_estimate.estimate import FloatArray


def hadamard(least: int) -> FloatArray:
    """Return the smallest Hadamard matrix of order `least` or more that this module can make.

    Procedure: Sylvester's doubling of a matrix, and Paley's two constructions from the squares modulo a prime. Orders
    that need others (52, 92, 116, ...) are passed over for the next.

    Parameters
    ----------
    least : int
        The least order wanted.

    Returns
    -------
    array of shape (r, r)
        Of +1 and -1, with H'H = r I; the first column is all +1.

    References
    ----------
    Paley (1933), *Journal of Mathematics and Physics* 12, 311-320.

    Examples
    --------
    >>> hadamard(3).astype(int).tolist()
    [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]
    """
    order = least
    while (table := _of_order(order)) is None:
        order += 1
    return table * table[:, :1]


def _of_order(order: int) -> FloatArray | None:
    if order in (1, 2):
        return np.array([[1.0, 1.0], [1.0, -1.0]])[:order, :order]
    if order % 4:
        return None
    half = _of_order(order // 2)
    if half is not None:
        return np.kron(np.array([[1.0, 1.0], [1.0, -1.0]]), half)
    if _is_prime(order - 1):
        return _paley_one(order - 1)
    if _is_prime(order // 2 - 1) and (order // 2 - 1) % 4 == 1:
        return _paley_two(order // 2 - 1)
    return None


def _paley_one(prime: int) -> FloatArray:
    """Order prime + 1, for a prime that is 3 modulo 4."""
    skew = np.zeros((prime + 1, prime + 1))
    skew[0, 1:], skew[1:, 0] = 1.0, -1.0
    skew[1:, 1:] = _jacobsthal(prime)
    return skew + np.eye(prime + 1)


def _paley_two(prime: int) -> FloatArray:
    """Order 2 (prime + 1), for a prime that is 1 modulo 4."""
    symmetric = np.zeros((prime + 1, prime + 1))
    symmetric[0, 1:] = symmetric[1:, 0] = 1.0
    symmetric[1:, 1:] = _jacobsthal(prime)
    zero = np.array([[1.0, -1.0], [-1.0, -1.0]])
    one = np.array([[1.0, 1.0], [1.0, -1.0]])
    return np.kron(symmetric, one) + np.kron(np.eye(prime + 1), zero)


def _jacobsthal(prime: int) -> FloatArray:
    """Table of whether j - i is a square modulo the prime (+1), is not (-1), or is zero (0)."""
    squares = np.full(prime, -1.0)
    squares[np.arange(1, prime) ** 2 % prime] = 1.0
    squares[0] = 0.0
    numbers = np.arange(prime)
    return np.asarray(squares[(numbers[None, :] - numbers[:, None]) % prime])


def _is_prime(number: int) -> bool:
    return number > 2 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))
