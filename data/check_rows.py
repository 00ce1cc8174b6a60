"""Rows that must be there once: shared by the checks of every table."""

from collections.abc import Sequence

import numpy as np

from data.problems import Problem
from data.tables import StrArray


def exactly_once(file: str, keys: StrArray, wanted: Sequence[str]) -> list[Problem]:
    """Each wanted key has a row, and no key has two."""
    missing = sorted(set(wanted) - set(keys.tolist()))
    return [missing_row(file, key) for key in missing] + no_repeats(file, keys)


def missing_row(file: str, key: str) -> Problem:
    """Say that a table lacks a row."""
    return Problem("missing_row", file, "no row", f"one row for {key}")


def no_repeats(file: str, keys: StrArray) -> list[Problem]:
    """No key has two rows."""
    names, count = np.unique(keys, return_counts=True)
    return [
        Problem("repeated_row", file, f"{n} rows for {name}", "one row each")
        for name, n in zip(names.tolist(), count.tolist(), strict=True)
        if n > 1
    ]
