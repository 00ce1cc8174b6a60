"""A stock that covers what is missing of a supply, until it is empty."""

from collections.abc import Callable

import simpy

from sim.state_log import StateLog, StockPiece

Passed = Callable[[float, int], None]
"""Level that is passed on now, and the event behind it."""


class Bridge:
    """Cold in stores, charge in buses, warm water in pipes: hours of full supply.

    While a supply gives only a level below 1 the stock gives the rest and runs down at the
    rate of what is missing; when it is empty what there is is passed on. It fills at a
    constant rate while the supply is whole.

    Parameters
    ----------
    env : simpy.Environment
    full_h : float
        Hours the full stock lasts when nothing comes. [h]
    refill_h : float
        Hours from empty to full. [h]
    shown : tuple of str
        Identifier, kind and area under which the stock is shown.
    states : StateLog
    on_empty : callable
        Called with the event behind the lack; returns the event of the empty stock.
    on_change : callable
        Called with what is passed on each time it changes.
    """

    __slots__ = (
        "_at_h",
        "_because",
        "_due",
        "_env",
        "_full_h",
        "_left_h",
        "_level",
        "_on_change",
        "_on_empty",
        "_passed",
        "_refill_h",
        "_shown",
        "_states",
    )

    def __init__(
        self,
        env: simpy.Environment,
        *,
        full_h: float,
        refill_h: float,
        shown: tuple[str, str, str],
        states: StateLog,
        on_empty: Callable[[int], int],
        on_change: Passed,
    ) -> None:
        self._env = env
        self._full_h = full_h
        self._refill_h = refill_h
        self._shown = shown
        self._states = states
        self._on_empty = on_empty
        self._on_change = on_change
        self._left_h = full_h
        self._at_h = env.now
        self._level = 1.0
        self._passed = 1.0
        self._because = -1
        self._due: simpy.Event | None = None

    def supply(self, level: float, because: int) -> None:
        """Let the supply give a level from now on, for the cause an event stands for."""
        if level == self._level:
            return
        self.settle()
        self._level, self._because, self._due = level, because, None
        if level < 1.0 and self._left_h > 0.0:
            due = self._env.timeout(self._left_h / (1.0 - level))
            due.callbacks.append(self._empty)
            self._due = due
            self._pass(1.0, because)
        else:
            self._pass(level, because)

    def settle(self) -> None:
        """Bring the stock to the present."""
        now = self._env.now
        passed_h = now - self._at_h
        if passed_h <= 0.0:
            return
        before_h = self._left_h
        if self._level < 1.0:
            rate = 1.0 - self._level
            self._left_h = max(before_h - rate * passed_h, 0.0)
            if before_h > 0.0:
                self._show(now, before_h, before_h / rate)
        else:
            rate = self._full_h / self._refill_h if self._refill_h > 0.0 else float("inf")
            self._left_h = min(before_h + rate * passed_h, self._full_h)
        self._at_h = now

    def _empty(self, event: simpy.Event) -> None:
        if event is not self._due:
            return
        self._due = None
        self.settle()
        self._left_h = 0.0
        self._because = self._on_empty(self._because)
        self._pass(self._level, self._because)

    def _pass(self, level: float, because: int) -> None:
        if level != self._passed:
            self._passed = level
            self._on_change(level, because)

    def _show(self, now: float, before_h: float, empty_in_h: float) -> None:
        stock_id, kind, area_id = self._shown
        self._states.piece(
            StockPiece(
                stock_id=stock_id,
                kind=kind,
                area_id=area_id,
                from_h=self._at_h,
                to_h=now,
                from_level=before_h / self._full_h,
                to_level=self._left_h / self._full_h,
                empty_in_h=empty_in_h,
            )
        )
