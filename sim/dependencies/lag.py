"""How a need is felt: after the autonomy when it is lost, after the recovery when it returns.

With s(t) the level of the need,

    held(t) = max of s over [t - autonomy, t],      e(t) = min of held over [t - recovery, t].

What has been lost is felt once it has been lost throughout the autonomy, and what has come
back once it has been back throughout the recovery. A reserve is whole again as soon as its
need is met; stocks that fill slowly are processes of their own (`sim.backup`,
`sim.services`). A longer autonomy never gives less at any time.
"""

import math
from collections import deque

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from data.tables import FloatArray
from sim.event_log import ROOT


class _Window:
    """Extreme value of a step function over the time just passed, and the event behind it.

    A value that lasts no time at all is never seen.
    """

    __slots__ = ("_event", "_length_h", "_now", "_past", "_sign", "_since_h")

    def __init__(self, length_h: float, *, keeps_high: bool) -> None:
        self._length_h = length_h
        self._sign = 1.0 if keeps_high else -1.0
        self._now, self._event = 1.0, ROOT
        self._since_h = -math.inf
        self._past: deque[tuple[float, float, int]] = deque()

    def push(self, t_h: float, value: float, event: int) -> None:
        """Let the function take a value from now on, for an event."""
        past, sign = self._past, self._sign
        if t_h > self._since_h:
            while past and sign * past[-1][1] <= sign * self._now:
                past.pop()
            past.append((t_h + self._length_h, self._now, self._event))
            self._since_h = t_h
        self._now, self._event = value, event

    def value(self, t_h: float) -> tuple[float, int]:
        """Extreme value up to now, and the event that brought it."""
        past = self._past
        while past and past[0][0] <= t_h:
            past.popleft()
        if past and self._sign * past[0][1] > self._sign * self._now:
            return past[0][1], past[0][2]
        return self._now, self._event

    @property
    def next_h(self) -> float:
        """When the value changes next if nothing is pushed; infinite if it does not."""
        if self._past and self._sign * self._past[0][1] > self._sign * self._now:
            return self._past[0][0]
        return math.inf


class Lag:
    """One need as its dependent feels it, followed through time.

    Parameters
    ----------
    autonomy_h, recovery_h : float
        [h]
    """

    __slots__ = ("_back", "_held", "_held_now")

    def __init__(self, autonomy_h: float, recovery_h: float) -> None:
        self._held = _Window(autonomy_h, keeps_high=True)
        self._back = _Window(recovery_h, keeps_high=False)
        self._held_now = 1.0

    def push(self, t_h: float, level: float, event: int = ROOT) -> None:
        """Let the need have a level from now on, for an event; call in order of time."""
        while self._held.next_h < t_h:
            self.felt(self._held.next_h)
        self._held.push(t_h, level, event)

    def felt(self, t_h: float) -> tuple[float, int]:
        """Level felt now and the event behind it; call in order of time."""
        held, event = self._held.value(t_h)
        if held != self._held_now:
            self._held_now = held
            self._back.push(t_h, held, event)
        return self._back.value(t_h)

    @property
    def next_h(self) -> float:
        """When the level felt may change next by itself. [h]."""
        return min(self._held.next_h, self._back.next_h)


def felt_by_hour(level: FloatArray, autonomy_h: float, recovery_h: float) -> FloatArray:
    """Do the same for hourly means, delays rounded up to whole hours.

    Parameters
    ----------
    level : ndarray, shape (time, ...)
        Level of the need in each hour; whole before the first.
    autonomy_h, recovery_h : float
        [h]

    Returns
    -------
    ndarray, of the same shape
    """
    held, hours = level, math.ceil(autonomy_h)
    if hours:
        held = maximum_filter1d(
            held, hours + 1, axis=0, mode="constant", cval=1.0, origin=hours - (hours + 1) // 2
        )
    hours = math.ceil(recovery_h)
    if hours:
        held = minimum_filter1d(
            held, hours + 1, axis=0, mode="constant", cval=1.0, origin=hours - (hours + 1) // 2
        )
    return np.asarray(held)
