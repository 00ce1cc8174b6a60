"""Cells of one column, as text -> an array; what may not stand in a cell is told."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.check_units import cell_advice, range_advice
from data.tables import Column, FloatArray

UNREADABLE = -1
"""A whole number that could not be read; a number is NaN then, and text is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCell:
    """A cell that may not stand in its column.

    Attributes
    ----------
    at : int
        Position among the cells of the column.
    code, allowed, remedy : str
        As of `data.problems.Problem`.
    """

    at: int
    code: str
    allowed: str
    remedy: str = ""


def read_cells(words: list[str], column: Column) -> tuple[NDArray[Any], list[WrongCell]]:
    """Turn the cells of a column into values.

    Parameters
    ----------
    words : list of str
        Without blanks around them.
    column : Column
        What may stand there.

    Returns
    -------
    values : ndarray, shape (row,)
        Of a wrong cell NaN, ``UNREADABLE``, ``""`` or False, by the kind of column.
    wrong : list of WrongCell
    """
    wrong: list[WrongCell] = []
    return _READ[column.kind](words, column, wrong), wrong


def _texts(words: list[str], wrong: list[WrongCell]) -> NDArray[Any]:
    wrongs = {each.at for each in wrong}
    kept = ["" if at in wrongs else word for at, word in enumerate(words)]
    return np.array(kept, dtype=np.str_) if kept else np.empty(0, dtype="U1")


def _words(words: list[str], column: Column, wrong: list[WrongCell]) -> NDArray[Any]:
    allowed, remedy = "text", ""
    if column.kind == "ref":
        allowed = f"an identifier of {column.table}.csv"
        remedy = f"Fill in which row of {column.table}.csv it belongs to."
    elif column.kind == "key":
        allowed, remedy = "an identifier of its own", "Give the row a name, or delete it."
    if not column.optional:
        wrong.extend(
            WrongCell(at=at, code="empty_cell", allowed=allowed, remedy=remedy)
            for at, word in enumerate(words)
            if not word
        )
    return _texts(words, wrong)


def _choices(words: list[str], column: Column, wrong: list[WrongCell]) -> NDArray[Any]:
    allowed = set(column.allowed) | ({""} if column.optional else set())
    wrong.extend(
        WrongCell(at=at, code="not_allowed", allowed=", ".join(column.allowed))
        for at, word in enumerate(words)
        if word not in allowed
    )
    return _texts(words, wrong)


def _limits(column: Column) -> str:
    unit = "" if column.unit == "1" else f" [{column.unit}]"
    if math.isinf(column.low) and math.isinf(column.high):
        return f"a number{unit}"
    if math.isinf(column.high):
        return f">= {column.low:g}{unit}"
    return f"{column.low:g} to {column.high:g}{unit}"


def _numbers(words: list[str], column: Column, wrong: list[WrongCell]) -> FloatArray:
    values = np.full(len(words), np.nan)
    limits = _limits(column)
    for at, word in enumerate(words):
        if word == "" and column.optional:
            continue
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or "_" in word:
            code, remedy = cell_advice(word, column)
            if word == "":
                code, remedy = "empty_cell", ""
            allowed = f"a number with decimal point, {limits}"
            wrong.append(WrongCell(at=at, code=code, allowed=allowed, remedy=remedy))
        elif not column.low <= value <= column.high:
            remedy = range_advice(value, column)
            wrong.append(WrongCell(at=at, code="out_of_range", allowed=limits, remedy=remedy))
        else:
            values[at] = value
    return values


def _whole_numbers(words: list[str], column: Column, wrong: list[WrongCell]) -> NDArray[Any]:
    values = _numbers(words, column, wrong)
    part = np.flatnonzero(values != np.floor(values)).tolist()
    wrong.extend(
        WrongCell(
            at=at,
            code="not_whole",
            allowed=f"a whole number, {_limits(column)}",
        )
        for at in part
        if not np.isnan(values[at])
    )
    values[part] = np.nan
    return np.where(np.isnan(values), UNREADABLE, values).astype(np.int64)


def _flags(words: list[str], _: Column, wrong: list[WrongCell]) -> NDArray[Any]:
    wrong.extend(
        WrongCell(at=at, code="not_allowed", allowed="1 or 0")
        for at, word in enumerate(words)
        if word not in ("0", "1")
    )
    return np.array([word == "1" for word in words], dtype=np.bool_)


_READ: dict[str, Callable[[list[str], Column, list[WrongCell]], NDArray[Any]]] = {
    "key": _words,
    "ref": _words,
    "text": _words,
    "choice": _choices,
    "number": _numbers,
    "whole": _whole_numbers,
    "flag": _flags,
}
