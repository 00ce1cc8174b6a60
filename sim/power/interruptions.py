"""Interruptions of a replication: who was without electricity, from when to when, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruptions:
    """Every interruption of a replication, in order of its end.

    Attributes
    ----------
    section : ndarray of int, shape (interruption,)
    weight : ndarray, shape (interruption,)
        Share of the section's customers; below 1 only beside a battery.
    from_h, to_h : ndarray, shape (interruption,)
        [h]
    cause : tuple of str
        The event that cut them off.
    """

    section: IntArray
    weight: FloatArray
    from_h: FloatArray
    to_h: FloatArray
    cause: tuple[str, ...]


def interruptions(rows: Sequence[tuple[int, float, float, float, str]]) -> Interruptions:
    """Put what was noted one by one into arrays.

    Parameters
    ----------
    rows : sequence of tuple
        Section, weight, from and to [h], and cause of each.

    Returns
    -------
    Interruptions
    """
    return Interruptions(
        section=np.array([row[0] for row in rows], dtype=np.int64),
        weight=np.array([row[1] for row in rows]),
        from_h=np.array([row[2] for row in rows]),
        to_h=np.array([row[3] for row in rows]),
        cause=tuple(row[4] for row in rows),
    )
