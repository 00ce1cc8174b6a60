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
    because : ndarray of int, shape (interruption,)
        Position in the log of the event that cut them off.
    """

    section: IntArray
    weight: FloatArray
    from_h: FloatArray
    to_h: FloatArray
    because: IntArray


def interruptions(rows: Sequence[tuple[int, float, float, float, int]]) -> Interruptions:
    """Put what was noted one by one into arrays.

    Parameters
    ----------
    rows : sequence of tuple
        Section, weight, from and to [h], and event of each.

    Returns
    -------
    Interruptions
    """
    return Interruptions(
        section=np.array([row[0] for row in rows], dtype=np.int64),
        weight=np.array([row[1] for row in rows]),
        from_h=np.array([row[2] for row in rows]),
        to_h=np.array([row[3] for row in rows]),
        because=np.array([row[4] for row in rows], dtype=np.int64),
    )
