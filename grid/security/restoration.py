"""The course of a restoration from black: events in time over the grid's arrays."""

import heapq
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from data.tables import BoolArray, FloatArray, IntArray
from grid.arrays import GridArrays
from grid.dc_flow import DcGrid
from grid.dispatch import P_TOL_MW
from grid.security.restoration_plan import (
    FULL,
    Action,
    BlackStartPlan,
    BlackStartStep,
    RestorationRules,
    Unserved,
)
from grid.security.restoration_ways import NO_LIMIT, Room, Ways

COMES, SWITCHES, CONNECTS = 0, 1, 2
"""Kinds of event, in the order in which those of the same hour happen."""

TIME_DIGITS = 9
"""Decimals of an hour: sums of equal steps are then equal times."""


@dataclass(slots=True)
class _Operator:
    """One sequence of switchings: the branches on its way, and the one being closed."""

    way: list[int] = field(default_factory=list)
    target: int = -1
    closing: int = -1


class Restoration:
    """State of the restoration, moved on by events."""

    def __init__(
        self,
        arrays: GridArrays,
        demand_mw: FloatArray,
        *,
        cost: FloatArray,
        start_h: FloatArray,
        start_up_h: FloatArray,
        available: BoolArray,
        rules: RestorationRules,
    ) -> None:
        self.arrays, self.demand, self.cost, self.rules = arrays, demand_mw, cost, rules
        self.start_h, self.start_up_h, self.available = start_h, start_up_h, available
        self.dc = DcGrid(arrays)
        buses = len(arrays.bus_ids)
        self.energised_h = np.full(buses, np.inf)
        self.closed = np.zeros(len(arrays.branch_ids), dtype=np.bool_)
        self.refused = np.zeros(len(arrays.branch_ids), dtype=np.bool_)
        self.label = np.arange(buses)
        self.online = np.zeros(len(arrays.source_ids))
        self.output = np.zeros(len(arrays.source_ids))
        self.coming = np.zeros(len(arrays.source_ids), dtype=np.bool_)
        self.served = np.zeros_like(demand_mw)
        self.weighted_h = np.zeros(buses)
        self.limited_by = np.full(buses, NO_LIMIT)
        self.next_block_h = np.zeros(buses)
        self.operators = [_Operator() for _ in range(rules.operators)]
        self.idle = list(range(rules.operators))
        self.tries = np.zeros(len(arrays.branch_ids))
        self.steps: list[BlackStartStep] = []
        self.queue: list[tuple[float, int, int, int]] = []
        self.sent = 0
        self.ways = Ways(arrays, available)

    def begin(
        self, alive: BoolArray, served_mw: FloatArray, source_p_mw: FloatArray | None
    ) -> None:
        """Take over what has electricity, and schedule what can start."""
        arrays = self.arrays
        self.energised_h[alive] = 0.0
        self.closed = self.available & alive[arrays.from_bus] & alive[arrays.to_bus]
        self.served = served_mw
        self.label = self._labels()
        here = alive[arrays.source_bus] & ((self.start_h <= 0) | np.isfinite(self.start_up_h))
        self.online[here] = arrays.source_p_max_mw[here]
        self.coming[here] = True
        if source_p_mw is None:
            for part in np.unique(self.label[alive]).tolist():
                own = here & (self.label[arrays.source_bus] == part)
                total = self.online[own].sum()
                load = self.served[self.label == part].sum()
                if total > 0:
                    self.output[own] = self.online[own] * load / total
        else:
            self.output[here] = source_p_mw[here]
        self.lost_mw = float((self.demand - self.served).sum())
        for source in np.flatnonzero(~here & np.isfinite(self.start_h)).tolist():
            self.coming[source] = True
            self._send(float(self.start_h[source]), COMES, source)
        for bus in np.unique(self.label[alive], return_index=True)[1].tolist():
            self._changed(0.0, int(np.flatnonzero(alive)[bus]))

    def run(self) -> BlackStartPlan:
        """Let everything happen until nothing more can."""
        while self.queue:
            t_h, kind, _, which = heapq.heappop(self.queue)
            if kind == COMES:
                self._comes(t_h, which)
            elif kind == SWITCHES:
                self._switches(t_h, which)
            else:
                self._connects(t_h, which)
        picked = self.served.sum(axis=1)
        never = np.where(self.demand.any(axis=1), np.inf, self.energised_h)
        mean_h = np.divide(self.weighted_h, picked, out=never, where=picked > 0)
        return BlackStartPlan(
            steps=tuple(self.steps),
            unserved=self._unserved(),
            demand_mw=self.demand,
            served_mw=self.served,
            lost_mw=self.lost_mw,
            energised_h=self.energised_h,
            return_h=mean_h,
            closed=self.closed,
            source_p_mw=self.output,
        )

    def _send(self, t_h: float, kind: int, which: int) -> None:
        heapq.heappush(self.queue, (round(t_h, TIME_DIGITS), kind, self.sent, which))
        self.sent += 1

    def _comes(self, t_h: float, source: int) -> None:
        """Bring a source online: on its own, or its bus has been energised long enough."""
        arrays = self.arrays
        bus = int(arrays.source_bus[source])
        self.online[source] = arrays.source_p_max_mw[source]
        starts = bool(np.isfinite(self.start_h[source]))
        if starts and np.isinf(self.energised_h[bus]):
            self._energise(t_h, bus)
        why = "can start on its own" if starts else "its bus has been energised long enough"
        self._note(
            t_h, "start" if starts else "join", bus, why, source=source, p_mw=self.online[source]
        )
        self._changed(t_h, bus)

    def _energise(self, t_h: float, bus: int) -> None:
        self.energised_h[bus] = t_h
        here = np.flatnonzero((self.arrays.source_bus == bus) & ~self.coming)
        for source in here.tolist():
            wait_h = float(self.start_up_h[source])
            if np.isfinite(wait_h) and self.arrays.source_p_max_mw[source] > 0:
                self.coming[source] = True
                self._send(t_h + wait_h, COMES, source)

    def _changed(self, t_h: float, bus: int) -> None:
        """Something new in the island of a bus: load may follow, idle operators look again."""
        part = self.label == self.label[bus]
        self.limited_by[part] = NO_LIMIT
        self._send(max(t_h, float(self.next_block_h[part].max())), CONNECTS, bus)
        self._wake(t_h)

    def _wake(self, t_h: float) -> None:
        for number in self.idle:
            self._send(t_h, SWITCHES, number)
        self.idle = []

    def _switches(self, t_h: float, number: int) -> None:
        """Note what an operator has finished switching, and begin the next."""
        operator = self.operators[number]
        if operator.closing >= 0:
            branch, operator.closing = operator.closing, -1
            self._close(t_h, branch, operator.target)
        operator.closing = self._next_branch(operator)
        if operator.closing < 0:
            self.idle.append(number)
        else:
            self._send(t_h + self.rules.switching_h, SWITCHES, number)

    def _next_branch(self, operator: _Operator) -> int:
        """First branch on the operator's way that is still to be closed; -1 for none."""
        for _ in range(2):
            while operator.way:
                branch = operator.way.pop(0)
                if self._is_useful(branch):
                    return branch
            operator.target = -1
            operator.way, operator.target = self._choose()
        return -1

    def _is_useful(self, branch: int) -> bool:
        """Whether a branch is open, left alone by the others and has a live end."""
        ends = [self.arrays.from_bus[branch], self.arrays.to_bus[branch]]
        taken = any(each.closing == branch for each in self.operators)
        is_open = not (self.closed[branch] or self.refused[branch] or taken)
        return is_open and bool(np.isfinite(self.energised_h[ends]).any())

    def _choose(self) -> tuple[list[int], int]:
        """Way and target that are worth most per switching."""
        arrays = self.arrays
        lit = np.isfinite(self.energised_h)
        waits = np.where(self.served < self.demand * FULL, self.cost, 0.0)
        dearest = float(waits.max())
        value = np.where(lit, 0.0, ((self.demand - self.served) * self.cost).sum(axis=1))
        if (self.online - self.output).sum() <= P_TOL_MW:
            value[:] = 0.0
        helps = ~self.coming & np.isfinite(self.start_up_h)
        helps &= self.online.sum() < self.demand.sum()
        power = np.where(helps & ~lit[arrays.source_bus], arrays.source_p_max_mw, 0.0)
        np.add.at(value, arrays.source_bus, power * dearest)
        aimed_at = [each.target for each in self.operators if each.target >= 0]
        value[aimed_at] = 0.0
        found = [self._loop(), self.ways.best(np.flatnonzero(lit), self.closed, value)]
        online = np.bincount(self.label[arrays.source_bus], self.online, len(lit))
        main = self.label == np.argmax(online)
        others = np.where(main, 0.0, online[self.label])
        others[np.isin(self.label, self.label[aimed_at])] = 0.0
        if others.any():
            found.append(self.ways.best(np.flatnonzero(main), self.closed, others * dearest))
        _, way, target = max(found, key=lambda each: each[0])
        return way, target

    def _loop(self) -> tuple[float, list[int], int]:
        """Branch between live buses that may relieve one that holds load back."""
        arrays = self.arrays
        held = np.flatnonzero(self.limited_by != NO_LIMIT)
        if not held.size:
            return 0.0, [], -1
        lit = np.isfinite(self.energised_h)
        is_open = self.available & ~self.closed & ~self.refused
        is_open &= lit[arrays.from_bus] & lit[arrays.to_bus]
        is_open[[each.closing for each in self.operators if each.closing >= 0]] = False
        if not is_open.any():
            return 0.0, [], -1
        waiting = ((self.demand - self.served) * self.cost).sum(axis=1)[held]
        behind = np.bincount(self.limited_by[held], waiting, len(is_open)) / (1.0 + self.tries)
        limit = int(np.argmax(behind))
        near = self.ways.distance(np.array([arrays.from_bus[limit], arrays.to_bus[limit]]))
        far = near[arrays.from_bus] + near[arrays.to_bus]
        loop = int(np.argmin(np.where(is_open, far, np.inf)))
        self.tries[limit] += 1.0
        return float(behind[limit]), [loop], -1

    def _close(self, t_h: float, branch: int, target: int) -> None:
        """Close a branch: a bus is energised, two islands are synchronised or a loop made."""
        arrays = self.arrays
        ends = (int(arrays.from_bus[branch]), int(arrays.to_bus[branch]))
        dark = [bus for bus in ends if np.isinf(self.energised_h[bus])]
        joins = self.label[ends[0]] != self.label[ends[1]]
        self.closed[branch] = True
        aim = f"on the way to {arrays.bus_ids[target]}" if target >= 0 else "to relieve a branch"
        self.label[self.label == self.label[ends[1]]] = self.label[ends[0]]
        if dark:
            self._energise(t_h, dark[0])
            self.next_block_h[list(ends)] = self.next_block_h[list(ends)].max()
            self._note(t_h, "energise", dark[0], aim, branch=branch)
        elif joins:
            self._note(t_h, "synchronise", ends[1], aim, branch=branch)
        else:
            over = self._flow_mw() - arrays.rating_mw > P_TOL_MW
            if over.any():
                self.closed[branch] = False
                self.refused[branch] = True
                return
            self._note(t_h, "close loop", ends[1], aim, branch=branch)
        self._changed(t_h, ends[0])

    def _labels(self) -> IntArray:
        ends = (self.arrays.from_bus[self.closed], self.arrays.to_bus[self.closed])
        buses = len(self.energised_h)
        graph = csr_array((np.ones(len(ends[0])), ends), shape=(buses, buses))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)

    def _flow_mw(self) -> FloatArray:
        """Size of the flow of every branch as things are. [MW]."""
        flow = self.dc.topology(self.closed).flow_mw(self._injection()[None])[0]
        return np.asarray(np.abs(flow))

    def _injection(self) -> FloatArray:
        fed = np.bincount(self.arrays.source_bus, self.output, len(self.energised_h))
        return np.asarray(fed - self.served.sum(axis=1))

    def _connects(self, t_h: float, bus: int) -> None:
        """Connect one block of load in the island of a bus, the dearest class first."""
        part = self.label == self.label[bus]
        if self.next_block_h[part].max() > t_h:
            return
        own = np.flatnonzero(part[self.arrays.source_bus] & (self.online > 0))
        online = float(self.online[own].sum())
        served = float(self.served[part].sum())
        block = min(self.rules.block_share * online, online - served)
        lit = part & np.isfinite(self.energised_h)
        waits = np.where(lit[:, None], self.demand - self.served, 0.0)
        row, kind = np.nonzero(waits > P_TOL_MW)
        if block <= P_TOL_MW or not row.size:
            return
        self.limited_by[part] = NO_LIMIT
        order = np.lexsort((row, -waits[row, kind], -self.cost[row, kind]))
        room = Room(
            self.dc,
            self.closed,
            self._injection(),
            sources=own,
            left_mw=self.online[own] - self.output[own],
            buses=np.unique(row),
        )
        picked = 0.0
        for at in order.tolist():
            where, level = int(row[at]), int(kind[at])
            if block <= P_TOL_MW:
                break
            if self.limited_by[where] != NO_LIMIT:
                continue
            want = min(block, float(waits[where, level]))
            took, limit = room.take(where, want)
            if took < want - P_TOL_MW:
                self.limited_by[where] = limit
            if took <= P_TOL_MW:
                continue
            self.served[where, level] += took
            self.weighted_h[where] += took * t_h
            block -= took
            picked += took
            why = f"block of at most {self.rules.block_share:.0%} of {online:.0f} MW online"
            self._note(t_h, "pick up", where, why, kind=level, p_mw=took)
        self.output[own] = self.online[own] - room.left_mw
        if picked > 0:
            self.next_block_h[part] = round(t_h + self.rules.block_h, TIME_DIGITS)
            self._send(t_h + self.rules.block_h, CONNECTS, bus)
        if (self.limited_by[part] != NO_LIMIT).any():
            self._wake(t_h)

    def _note(
        self,
        t_h: float,
        action: Action,
        bus: int,
        why: str,
        *,
        branch: int = -1,
        source: int = -1,
        kind: int = -1,
        p_mw: float = 0.0,
    ) -> None:
        arrays = self.arrays
        part = self.label == self.label[bus]
        self.steps.append(
            BlackStartStep(
                t_h=t_h,
                action=action,
                bus_id=str(arrays.bus_ids[bus]),
                branch_id=str(arrays.branch_ids[branch]) if branch >= 0 else "",
                source_id=str(arrays.source_ids[source]) if source >= 0 else "",
                shed_class=kind,
                p_mw=float(p_mw),
                online_mw=float(self.online[part[arrays.source_bus]].sum()),
                served_mw=float(self.served[part].sum()),
                why=why,
            )
        )

    def _unserved(self) -> tuple[Unserved, ...]:
        arrays = self.arrays
        lit = np.flatnonzero(np.isfinite(self.energised_h))
        near = np.full(len(self.energised_h), np.inf)
        if lit.size:
            near = self.ways.distance(lit)
        found = []
        for bus, level in zip(*np.nonzero(self.demand - self.served > P_TOL_MW), strict=True):
            if self.limited_by[bus] != NO_LIMIT:
                why = f"{arrays.branch_ids[self.limited_by[bus]]} is at its rating"
            elif np.isinf(near[bus]):
                why = "no way from a source that can start"
            else:
                why = f"the {self._within_reach(near, int(bus)):.0f} MW that can reach it are used"
            left = float(self.demand[bus, level] - self.served[bus, level])
            found.append(
                Unserved(bus_id=str(arrays.bus_ids[bus]), shed_class=int(level), p_mw=left, why=why)
            )
        return tuple(found)

    def _within_reach(self, near: FloatArray, bus: int) -> float:
        """Capacity online that a bus is, or could be, connected with. [MW]."""
        part = self.label == self.label[bus]
        if np.isinf(self.energised_h[bus]):
            part = np.isfinite(near)
        return float(self.online[part[self.arrays.source_bus]].sum())
