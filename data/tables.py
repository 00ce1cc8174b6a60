"""How a table of the region is declared: one dataclass a table, one field a column.

The declaration is the only description of a table. The reader, the checker and
``region new`` all work from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

COLUMN = "column"

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
StrArray = NDArray[np.str_]

QUALITIES = ("measured", "published", "estimated")
ORIGINS = ("S", "K", "E", "S+K", "S+E", "K+E", "S+K+E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What may stand in one column.

    Attributes
    ----------
    kind : {"key", "ref", "text", "choice", "number", "whole", "flag"}
        A key is unique and not empty; a ref names a key of another table.
    unit : str
        Unit of a number; "1" for none.
    low, high : float
        Smallest and largest number allowed.
    allowed : tuple of str
        The words a choice may take.
    table : str
        The table a ref points into.
    optional : bool
        Whether an empty cell is allowed (text and refs become "", numbers NaN).
    """

    kind: Literal["key", "ref", "text", "choice", "number", "whole", "flag"]
    unit: str = "1"
    low: float = -np.inf
    high: float = np.inf
    allowed: tuple[str, ...] = ()
    table: str = ""
    optional: bool = False


def _declare(column: Column) -> Any:
    return field(metadata={COLUMN: column})


def identifier() -> Any:
    """Declare the identifier of a row."""
    return _declare(Column(kind="key"))


def ref(table: str, *, optional: bool = False) -> Any:
    """Declare a reference to the key of another table."""
    return _declare(Column(kind="ref", table=table, optional=optional))


def text(*, optional: bool = True) -> Any:
    """Declare free text."""
    return _declare(Column(kind="text", optional=optional))


def choice(*allowed: str, optional: bool = False) -> Any:
    """Declare one of a few words."""
    return _declare(Column(kind="choice", allowed=allowed, optional=optional))


def number(
    unit: str = "1", *, low: float = 0.0, high: float = np.inf, optional: bool = False
) -> Any:
    """Declare a number; not negative unless ``low`` says otherwise."""
    return _declare(Column(kind="number", unit=unit, low=low, high=high, optional=optional))


def fraction() -> Any:
    """Declare a share between 0 and 1."""
    return number(high=1.0)


def whole(unit: str = "1", *, low: float = 0.0, high: float = np.inf) -> Any:
    """Declare a whole number; not negative unless ``low`` says otherwise."""
    return _declare(Column(kind="whole", unit=unit, low=low, high=high))


def flag() -> Any:
    """Declare yes or no, written 1 or 0."""
    return _declare(Column(kind="flag"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns of equal length, each a numpy array; every row has its provenance.

    Attributes
    ----------
    source : ndarray of str
        Where the row's figures come from.
    quality : ndarray of str
        ``measured``, ``published`` or ``estimated``: the weakest figure of the row.
    origin : ndarray of str
        Marks of the fact base: S read in the source, K well known but not read
        again, E engineering estimate; joined by + when cells differ.
    """

    source: StrArray = text(optional=False)
    quality: StrArray = choice(*QUALITIES)
    origin: StrArray = choice(*ORIGINS)

    def __len__(self) -> int:
        return len(self.source)


def columns(table: type[Table]) -> Iterator[tuple[str, Column]]:
    """Yield name and declaration of each column, provenance last as in the files."""
    own = [f for f in fields(table) if f.name not in ("source", "quality", "origin")]
    provenance = [f for f in fields(table) if f.name in ("source", "quality", "origin")]
    for each in (*own, *provenance):
        yield each.name, each.metadata[COLUMN]


def positions(keys: StrArray, wanted: StrArray) -> IntArray:
    """Rows of ``keys`` that hold each of ``wanted``.

    Parameters
    ----------
    keys : ndarray of str, shape (key,)
        Unique identifiers.
    wanted : ndarray of str, shape (row,)
        Identifiers to find; "" gives -1.

    Returns
    -------
    ndarray of int, shape (row,)

    Raises
    ------
    KeyError
        If a wanted identifier other than "" is not among the keys.
    """
    wanted = np.asarray(wanted)
    if len(keys) == 0:
        if (wanted != "").any():
            raise KeyError(str(wanted[wanted != ""][0]))
        return np.full(len(wanted), -1, dtype=np.int64)
    order = np.argsort(keys)
    at = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
    found = order[at]
    empty = wanted == ""
    wrong = (keys[found] != wanted) & ~empty
    if wrong.any():
        raise KeyError(str(wanted[wrong][0]))
    return np.where(empty, -1, found).astype(np.int64)
