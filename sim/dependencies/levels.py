"""Levels of every node of the graph through a course, and why each is what it is.

A node's level follows from what it can do by itself and from its needs as they are felt.
A change goes through the graph at its instant, along the edges that take no time, and
comes back later along those that do; around every loop something takes time
(`data.check_dependencies.check_loops`), so nothing is solved for a fixed point.
"""

import heapq
from collections.abc import Callable

import simpy

from sim.dependencies.graph import Graph, Group
from sim.dependencies.lag import Lag
from sim.dependencies.rules import combine
from sim.event_log import ROOT

LEVEL_TOL = 1e-9
"""Changes of a level below this are none; a linear loop comes to rest by it."""

Changed = Callable[[int, float, float, int, str], int]
"""Node, level before, level now, event that caused it, need it came through -> event."""


class Levels:
    """State of the graph in one course; only what is touched takes memory.

    Parameters
    ----------
    env : simpy.Environment
        The course's environment; time in hours.
    graph : Graph
    on_change : callable
        Called with each node whose level changes; returns the event that stands for it,
        or the cause it was given when nothing is logged.
    """

    def __init__(self, env: simpy.Environment, graph: Graph, on_change: Changed) -> None:
        self.env = env
        self.graph = graph
        self._on_change = on_change
        self._own: dict[int, tuple[float, int]] = {}
        self._level: dict[int, float] = {}
        self._because: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._trigger: dict[int, int] = {}
        self._felt: dict[int, float] = {}
        self._felt_because: dict[int, int] = {}
        self._weak_needs: dict[int, int] = {}
        self._lags: dict[int, Lag] = {}
        self._wakes: dict[int, float] = {}
        self._due: list[tuple[int, int]] = []
        self._is_due: set[int] = set()
        self._is_flushing = False

    def level(self, node: int) -> float:
        """Level of a node now, 0 to 1."""
        return self._level.get(node, 1.0)

    def because(self, node: int) -> int:
        """Event that last made a node worse; ``ROOT`` if none has."""
        return self._because.get(node, ROOT)

    def own(self, node: int) -> float:
        """Return what a node could do if its needs were met."""
        return self._own.get(node, (1.0, ROOT))[0]

    def set_own(self, node: int, level: float, because: int) -> None:
        """Change what a node can do by itself, for the cause that an event stands for."""
        if self.own(node) == level:
            return
        self._own[node] = (level, because)
        self._trigger[node] = because
        self._mark(node)
        self._flush()

    def _mark(self, node: int) -> None:
        if node not in self._is_due:
            self._is_due.add(node)
            heapq.heappush(self._due, (self.graph.rank[node], node))

    def _flush(self) -> None:
        if self._is_flushing:
            return
        self._is_flushing = True
        try:
            while self._due:
                _, node = heapq.heappop(self._due)
                self._is_due.discard(node)
                self._look(node)
        finally:
            self._is_flushing = False

    def _look(self, node: int) -> None:
        """Compute a node's level anew and pass a change on."""
        before = self.level(node)
        level, because, through = self._evaluate(node)
        if abs(level - before) <= LEVEL_TOL and (level < 1.0 or before == 1.0):
            return
        # An improvement is told of what brought it, also while something else is missing.
        self._level[node] = level
        if level < before:
            self._because[node] = self._last[node] = self._on_change(
                node, before, level, because, through
            )
        else:
            why = self._trigger.get(node, ROOT)
            self._last[node] = self._on_change(node, before, level, why, "")
        now = self.env.now
        graph, behind = self.graph, self.because(node)
        for edge in graph.outgoing[node]:
            if graph.autonomy_h[edge] == 0.0 and graph.recovery_h[edge] == 0.0:
                self._feel(edge, level, behind)
            else:
                lag = self._lags.get(edge)
                if lag is None:
                    lag = Lag(graph.autonomy_h[edge], graph.recovery_h[edge])
                    self._lags[edge] = lag
                lag.push(now, level, behind)
                self._follow(edge, lag)

    def _evaluate(self, node: int) -> tuple[float, int, str]:
        """Level of a node, the event behind it, and the need through which it came."""
        own, because = self._own.get(node, (1.0, ROOT))
        level, through = own, ""
        if not self._weak_needs.get(node):
            return level, because, through
        for group in self.graph.groups[node]:
            left = self._left(group)
            if left is None:
                continue
            value = combine(left, group.rule, group.k)
            if group.rule == "linear":
                value = max(own - (1.0 - value), 0.0)
            if value < level:
                edge = self._weak_edge(group, left)
                level = value
                because = self._felt_because.get(edge, ROOT)
                through = self.graph.service[edge]
        return level, because, through

    def _left(self, group: Group) -> list[float] | None:
        """List what each need leaves of the node; None while all are whole."""
        felt, after = self._felt, self.graph.level_after
        left = None
        for at, edge in enumerate(group.edges):
            value = felt.get(edge, 1.0)
            if value < 1.0:
                if left is None:
                    left = [1.0] * len(group.edges)
                left[at] = after[edge] + (1.0 - after[edge]) * value
        return left

    def _weak_edge(self, group: Group, left: list[float]) -> int:
        """Find the need that decides; the last that failed where several would have done."""
        lost = [at for at, value in enumerate(left) if value < 1.0]
        if group.rule in ("weakest", "linear"):
            return group.edges[min(lost, key=lambda at: left[at])]
        return group.edges[max(lost, key=lambda at: self._felt_because.get(group.edges[at], ROOT))]

    def _follow(self, edge: int, lag: Lag) -> None:
        """Feel a need as it is now, and look again when it is felt otherwise by itself."""
        self._feel(edge, *lag.felt(self.env.now))
        next_h = lag.next_h
        if next_h < self._wakes.get(edge, float("inf")):
            self._wakes[edge] = next_h
            wake = self.env.timeout(next_h - self.env.now)
            wake.callbacks.append(lambda _: self._wake(edge, next_h))

    def _wake(self, edge: int, due_h: float) -> None:
        if self._wakes.get(edge) != due_h:
            return
        del self._wakes[edge]
        self._follow(edge, self._lags[edge])
        self._flush()

    def _feel(self, edge: int, level: float, because: int) -> None:
        before = self._felt.get(edge, 1.0)
        if before != level:
            self._felt[edge] = level
            self._felt_because[edge] = because
            node = self.graph.dependent[edge]
            if 1.0 in (before, level):
                self._weak_needs[node] = self._weak_needs.get(node, 0) + (1 if level < 1.0 else -1)
            self._trigger[node] = self._last.get(self.graph.needs[edge], ROOT)
            self._mark(node)
