"""Levels of services that are the same for a whole area, as intervals."""

from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray, IntArray
from sim.event_log import ROOT

LEAST_SHARE = 1e-12
"""Shares below are rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What was missing of a service in areas; layers that overlap add up.

    Attributes
    ----------
    area : ndarray of int, shape (interval,)
    share : ndarray, shape (interval,)
        Of the service that a layer is.
    from_h, to_h : ndarray, shape (interval,)
        [h]
    event : ndarray of int, shape (interval,)
        Position in the log of the event behind it.
    """

    area: IntArray
    share: FloatArray
    from_h: FloatArray
    to_h: FloatArray
    event: IntArray


NOTHING = Missing(
    area=np.zeros(0, dtype=np.int64),
    share=np.zeros(0),
    from_h=np.zeros(0),
    to_h=np.zeros(0),
    event=np.zeros(0, dtype=np.int64),
)
"""What is missing of a service that was whole all the time."""


class AreaLevels:
    """Levels of area-wide services in one course; whole until told otherwise.

    What is missing is kept in layers: one that grows has another on top, and what comes back
    takes the last layers away first. So each layer is missing from its own beginning.
    """

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], list[tuple[float, float, int]]] = {}
        self._closed: dict[str, list[tuple[int, float, float, float, int]]] = {}

    def level(self, service: str, area: int) -> float:
        """Level of a service in an area now."""
        layers = self._open.get((service, area))
        return 1.0 - sum(share for share, _, _ in layers) if layers else 1.0

    def set(self, t_h: float, service: str, area: int, level: float, event: int) -> None:
        """Let a service have a level in an area from now on, for a cause."""
        key = (service, area)
        layers = self._open.get(key)
        if layers is None:
            if level < 1.0:
                self._open[key] = [(1.0 - level, t_h, event)]
            return
        more = (1.0 - level) - sum(share for share, _, _ in layers)
        if more > LEAST_SHARE:
            layers.append((more, t_h, event))
        while layers and more < -LEAST_SHARE:
            share, from_h, because = layers.pop()
            back = min(share, -more)
            if t_h > from_h:
                row = (area, back, from_h, t_h, because)
                self._closed.setdefault(service, []).append(row)
            if share - back > LEAST_SHARE:
                layers.append((share - back, from_h, because))
            more += back
        if level >= 1.0 or not layers:
            del self._open[key]

    def finish(self, end_h: float) -> None:
        """Close what is still open at the scenario's end."""
        for service, area in list(self._open):
            self.set(end_h, service, area, 1.0, ROOT)

    def missing(self, service: str) -> Missing:
        """Intervals in which something of a service was missing."""
        rows = self._closed.get(service)
        if rows is None:
            return NOTHING
        return Missing(
            area=np.array([row[0] for row in rows], dtype=np.int64),
            share=np.array([row[1] for row in rows]),
            from_h=np.array([row[2] for row in rows]),
            to_h=np.array([row[3] for row in rows]),
            event=np.array([row[4] for row in rows], dtype=np.int64),
        )
