"""Rows of the built-in tables: provenance, apportionment and even spreading."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from data.tables import FloatArray, IntArray, Table, columns

INPUTS = Path(__file__).parent / "inputs"

# Golden ratio: multiples of it modulo 1 are evenly spread (low discrepancy).
GOLDEN = 0.6180339887498949

T = TypeVar("T", bound=Table)

Row = Mapping[str, str]


def read_input(name: str) -> list[dict[str, str]]:
    """Rows of ``inputs/<name>.csv`` as text."""
    with (INPUTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def origin_of(*origins: str) -> str:
    """Origins that went into a row, each mark once, in the order S, K, E."""
    marks = {mark for origin in origins for mark in origin.split("+")}
    return "+".join(mark for mark in "SKE" if mark in marks)


def provenance(source: str, *origins: str) -> dict[str, str]:
    """Provenance cells of a row; only figures read in the source (S) are published."""
    origin = origin_of(*origins)
    quality = "published" if origin == "S" else "estimated"
    return {"source": source, "quality": quality, "origin": origin}


def synthetic(module: str, basis: str) -> dict[str, str]:
    """Provenance cells of a row made by a module of this package."""
    return provenance(f"synthetic: data/synthesis/{module}.py; {basis}", "E")


def as_table(declaration: type[T], rows: Sequence[Mapping[str, object]]) -> T:
    """Rows of plain values as a table, each column in its declared type."""
    types: dict[str, Any] = {"number": np.float64, "whole": np.int64, "flag": np.bool_}
    cells: dict[str, Any] = {}
    for name, column in columns(declaration):
        values = [row[name] for row in rows]
        cells[name] = np.array(values, dtype=types.get(column.kind, np.str_))
    return declaration(**cells)


def apportion(weights: Sequence[float] | FloatArray, total: int) -> IntArray:
    """Split a whole number by weights, by the largest remainder; the sum is exact.

    Parameters
    ----------
    weights : sequence of float, shape (part,)
        Not negative, at least one positive.
    total : int
        What to split.

    Returns
    -------
    ndarray of int, shape (part,)
    """
    exact = np.asarray(weights, dtype=np.float64)
    exact = exact / exact.sum() * total
    whole: IntArray = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole


def shares(weights: Sequence[float] | FloatArray, decimals: int = 6) -> FloatArray:
    """Shares of 1 with few decimals whose sum is exactly 1 when written out."""
    unit = 10**decimals
    parts: FloatArray = apportion(weights, unit) / unit
    return parts


def spread(index: int) -> float:
    """Take number ``index`` of an evenly spread sequence in [0, 1)."""
    return ((index + 1) * GOLDEN) % 1.0
