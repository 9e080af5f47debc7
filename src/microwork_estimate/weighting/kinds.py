"""The first thing that may be wrong with an argument: that it is of another kind."""

from __future__ import annotations

from types import NoneType

from microwork_estimate.errors import InvalidInput


def require(value: object, kinds: type | tuple[type, ...], *, where: str, fix: str) -> None:
    """Refuse an argument that is of none of some kinds, before a failure deep inside does it in other words.

    Parameters
    ----------
    value : object
    kinds : type or tuple of type
    where, fix : str
        The name of the argument, and what to do.

    Raises
    ------
    InvalidInput
        If it is of another kind.

    Examples
    --------
    >>> require(3.0, (int, float), where="cap", fix="give a number")
    """
    if isinstance(value, kinds):
        return
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    # A class in place of one of its objects: the parentheses are missing.
    got = f"the class {value.__name__} itself" if isinstance(value, type) else type(value).__name__
    raise InvalidInput(
        "another kind of input",
        expected=" or ".join("None" if kind is NoneType else kind.__name__ for kind in wanted) or "an object",
        got=got,
        where=where,
        fix=fix,
    )
