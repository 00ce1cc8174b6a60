"""The meshed grid through a replication: its present state, and what it served.

The energy account kept here comes from the grid's own figures, so that it checks the
account the areas keep (docs/model.md, energy balance).

What returns after an outage draws more than it would have without one (cold-load pick-up,
``grid.cold_load``). That is load the grid has to carry, on top of the demand that energy
not supplied is measured against: it is kept apart, and served energy does not hold it.
"""

import math
from collections.abc import Sequence

import numpy as np

from data.tables import BoolArray, FloatArray
from grid.cascade import TripStep
from grid.cold_load import pickup
from grid.state import GridState
from sim.case import Case, IntactGrid
from sim.power.network import bus_demand

CRITICAL_CLASS = 3


class Mesh:
    """Meshed grid of one replication.

    Parameters
    ----------
    case : Case
    grid : IntactGrid
        Of the case.

    Attributes
    ----------
    in_service : ndarray of bool, shape (branch,)
        Branches the hazards and crews have left in service.
    dark : ndarray of bool, shape (substation,)
        Substations without electricity.
    held : ndarray of bool, shape (substation,)
        Those of them that could have it but wait for their turn after a large outage.
    relief_h : float
        When the operator has relieved the overloads of the last change of branches; until
        then nobody is shed for them. [h]
    lit : ndarray of bool, shape (bus,)
        Buses that were live before the restoration of those held began.
    shed_mwh : ndarray, shape (time, area, sector)
        Energy shed at live substations, and bulk demand lost at dark ones. [MWh]
    shed_person_h : ndarray, shape (time, area)
        Person-hours of rotating disconnection of households. [person h]
    served_mwh : float
        Energy of demand the grid has delivered. [MWh]
    cold_load_mwh : float
        Energy of cold-load pick-up it has delivered besides. [MWh]
    residual_mw : float
        Largest imbalance at any bus in any state solved. [MW]
    """

    def __init__(self, case: Case, grid: IntactGrid) -> None:
        network = case.network
        self._case = case
        self._solver = grid.solver
        self._state = grid.state
        self._state_from_h = 0
        self._settled_h = 0.0
        self._bus_mw = case.intact_bus_mw.copy()
        self._flow_mw = np.zeros((2, case.hours))
        self._flow_mw[0] = self._bus_mw.sum(axis=1)
        self._out_share = np.zeros(len(network.cell_share))
        self._rise: dict[int, FloatArray] = {}
        self._extra_mw: dict[int, FloatArray] = {}
        self._per_degc = network.cell_share[:, None] * case.heating_mw_per_degc[network.cell_area]
        self._total_per_degc = self._per_degc.sum(axis=1)
        self._all_classes = np.ones(self._per_degc.shape[1])
        self._edges_h = np.arange(case.hours + 1, dtype=float)
        self._dark_since = np.zeros(len(network.substation_bus))
        self.relief_h = 0.0
        self.in_service = np.ones(len(case.arrays.branch_ids), dtype=bool)
        self.dark: BoolArray = np.zeros(len(network.substation_bus), dtype=bool)
        self.held: BoolArray = np.zeros(len(network.substation_bus), dtype=bool)
        self.lit: BoolArray = np.ones(len(case.arrays.bus_ids), dtype=bool)
        self.shed_mwh = np.zeros_like(case.demand_mw)
        self.shed_person_h = np.zeros(case.demand_mw.shape[:2])
        self.served_mwh = 0.0
        self.cold_load_mwh = 0.0
        self.residual_mw = 0.0

    @property
    def tripped(self) -> tuple[TripStep, ...]:
        """What tripped on overload when the topology last changed, step by step."""
        return self._state.tripped

    @property
    def is_curtailed(self) -> bool:
        """Whether load is being shed at live buses."""
        return self._state.is_curtailed

    def critical_share(self, substation: int, t_h: float) -> float:
        """Share of critical demand served at a substation at a time."""
        if not self._state.is_curtailed:
            return 1.0
        bus = self._case.network.substation_bus[substation]
        return float(self._served_share(t_h)[bus, CRITICAL_CLASS])

    def _served_share(self, t_h: float) -> FloatArray:
        """Share of demand served at a time, shape (bus, class). [1]."""
        before = self._state.before_action
        if before is not None and t_h < self.relief_h:
            return before.served_share
        return np.asarray(self._state.served_share[self.state_row(t_h)])

    def set_out_share(
        self, t_h: float, cell: int, share: float, returned: Sequence[tuple[float, float]] = ()
    ) -> None:
        """Cut off this share of a cell's spread-out demand by feeder faults from now on.

        ``returned`` is what comes back now: shares of the cell's demand, each with the
        hours it has been without electricity.
        """
        self.settle(t_h)
        before, self._out_share[cell] = self._out_share[cell], share
        if share > before and cell in self._rise:
            self._rise[cell] *= (1.0 - share) / (1.0 - before)
        for part, outage_h in returned:
            self._pick_up(t_h, cell, part, outage_h)
        self._change_load(t_h, int(self._case.network.cell_substation[cell]))

    def set_branches(self, t_h: float, in_service: BoolArray) -> BoolArray:
        """Solve a new topology; return the substations that went dark or came back.

        After a large outage (the constant ``black_start_dark_share``) substations that
        could come back are held until `release`.

        Returns
        -------
        ndarray of bool, shape (substation,)
        """
        self.settle(t_h)
        self._check_balance()
        case, hour = self._case, self._hour(t_h)
        network, was_dark = case.network, self.dark
        holds = bool(self.held.any()) or bool(
            was_dark.mean() > case.region.constants["black_start_dark_share"]
        )
        if was_dark.any() and not holds:
            for substation in np.flatnonzero(was_dark).tolist():
                self._pick_up_substation(t_h, substation)
        demand = case.intact_demand[hour:].copy()
        self._bus_mw[hour:] = case.intact_bus_mw[hour:]
        self._extra_mw = {}
        differs = self._out_share > 0.0
        differs[list(self._rise)] = True
        for substation in np.unique(network.cell_substation[differs]).tolist():
            demand[:, network.substation_bus[substation]] = self._load(substation, hour)
        if holds:
            buses = network.substation_bus[was_dark]
            demand[:, buses] = self._bus_mw[hour:, buses] = 0.0
        self.in_service = in_service
        served_before = None
        if self._state.is_curtailed or was_dark.any():
            served_before = self._served_share(t_h)
        live_before = self.lit if self.held.any() else ~self._state.dark
        self._state = self._solver.solve(in_service, demand, served_before=served_before)
        self._state_from_h = hour
        acting = self._state.before_action
        self.relief_h = t_h if acting is None else t_h + acting.relief_h
        gone = self._state.dark[network.substation_bus]
        self.held = was_dark & ~gone if holds else np.zeros_like(gone)
        self.lit = live_before & ~self._state.dark
        self.dark = gone | self.held
        self._dark_since[self.dark & ~was_dark] = t_h
        for substation in np.flatnonzero(gone).tolist():
            self._extra_mw.pop(substation, None)
            for cell in network.substation_cells[substation].tolist():
                self._rise.pop(cell, None)
        self._serve_from(hour)
        return np.asarray(self.dark != was_dark)

    def release(self, t_h: float, substation: int) -> None:
        """Connect the load of a substation that was held."""
        self.settle(t_h)
        self.held[substation] = self.dark[substation] = False
        self._pick_up_substation(t_h, substation)
        self._change_load(t_h, substation)

    def returning_mw(self, t_h: float, substation: int) -> FloatArray:
        """Demand of a dark substation if it returned now, shape (class,). [MW]."""
        case, network, hour = self._case, self._case.network, self._hour(t_h)
        spread, bulk = case.spread[:, hour : hour + 1], case.bulk[:, hour : hour + 1]
        normal = bus_demand(network, substation, spread, bulk, self._out_share)[0]
        for cell in network.substation_cells[substation].tolist():
            area = int(network.cell_area[cell])
            outage_h = t_h - self._dark_since[substation]
            curve = pickup(case.heated, area, outage_h, float(case.rise_degc[hour, area]))
            part = network.cell_share[cell] * (1.0 - self._out_share[cell])
            normal = normal + part * curve.peak_degc * case.heating_mw_per_degc[area]
        return np.asarray(normal)

    @property
    def state(self) -> GridState:
        """The grid as it is."""
        return self._state

    def state_row(self, t_h: float) -> int:
        """Row of the state's arrays that holds now."""
        return self._hour(t_h) - self._state_from_h

    def settle(self, t_h: float) -> None:
        """Add up what was served and shed since the last change."""
        if self._settled_h < self.relief_h and t_h > self._settled_h:
            self._settle(min(t_h, self.relief_h), is_relieved=False)
        if t_h > self._settled_h:
            self._settle(t_h, is_relieved=True)

    def _settle(self, t_h: float, *, is_relieved: bool) -> None:
        start, self._settled_h = self._settled_h, t_h
        first, last = int(start), min(math.ceil(t_h), self._case.hours)
        if first >= last:
            return
        length = np.ones(last - first)
        length[0] -= start - first
        length[-1] -= last - min(t_h, float(self._case.hours))
        before = None if is_relieved else self._state.before_action
        if before is None:
            flow = self._flow_mw[:, first:last]
            share = self._state.served_share[self._rows(first, last)]
        else:
            share = np.broadcast_to(before.served_share, (last - first, *before.served_share.shape))
            flow = self._served(first, share)
        served, extra = (flow @ length).tolist()
        self.served_mwh += served
        if self._rise:
            self.cold_load_mwh += extra
        if self._state.is_curtailed or self.dark.any():
            self._add_shed(first, last, length, share)

    def _rows(self, first: int, last: int) -> slice:
        """Rows of the state that hold some hours."""
        return slice(first - self._state_from_h, last - self._state_from_h)

    def finish(self) -> None:
        """Settle the rest of the scenario and check the last state."""
        self.settle(float(self._case.hours))
        self._check_balance()

    def _hour(self, t_h: float) -> int:
        return min(int(t_h), self._case.hours - 1)

    def _change_load(self, t_h: float, substation: int) -> None:
        """Give the bus of a substation the demand it has now."""
        if self.held[substation]:
            return
        hour = self._hour(t_h)
        bus = int(self._case.network.substation_bus[substation])
        normal_before = self._bus_mw[hour:, bus].copy()
        extra_before = self._extra_mw.pop(substation, None)
        demand = self._load(substation, hour)
        before = self._state
        self._state = self._solver.change_demand(before, bus, demand, self.state_row(t_h))
        if before.is_curtailed or self._state.is_curtailed:
            self._serve_from(hour)
        elif not self.dark[substation]:
            self._flow_mw[0, hour:] += self._bus_mw[hour:, bus] - normal_before
            if extra_before is not None:
                self._flow_mw[1, hour:] -= extra_before[hour:]
            if substation in self._extra_mw:
                self._flow_mw[1, hour:] += self._extra_mw[substation][hour:]

    def _load(self, substation: int, hour: int) -> FloatArray:
        """Demand of a substation from an hour on, with cold-load pick-up, (time, class)."""
        case, network = self._case, self._case.network
        spread, bulk = case.spread[:, hour:], case.bulk[:, hour:]
        demand = bus_demand(network, substation, spread, bulk, self._out_share)
        self._bus_mw[hour:, network.substation_bus[substation]] = demand @ self._all_classes
        for cell in network.substation_cells[substation].tolist():
            rise = self._rise.get(cell)
            if rise is not None:
                demand += rise[hour:, None] * self._per_degc[cell]
                extra_mw = rise * self._total_per_degc[cell]
                self._extra_mw[substation] = extra_mw + self._extra_mw.get(substation, 0.0)
        return demand

    def _pick_up(self, t_h: float, cell: int, part: float, outage_h: float) -> None:
        """Let a share of a cell come back cold."""
        case, hour = self._case, self._hour(t_h)
        area = int(case.network.cell_area[cell])
        curve = pickup(case.heated, area, outage_h, float(case.rise_degc[hour, area]))
        if curve.peak_degc <= 0.0 or t_h >= case.hours:
            return
        since_h = self._edges_h[hour:] - t_h
        since_h[0] = 0.0
        if cell not in self._rise:
            self._rise[cell] = np.zeros(case.hours)
        self._rise[cell][hour:] += part * curve.hourly_degc(since_h)

    def _pick_up_substation(self, t_h: float, substation: int) -> None:
        outage_h = t_h - float(self._dark_since[substation])
        for cell in self._case.network.substation_cells[substation].tolist():
            self._pick_up(t_h, cell, 1.0 - float(self._out_share[cell]), outage_h)

    def _serve_from(self, hour: int) -> None:
        share = self._state.served_share[hour - self._state_from_h :]
        self._flow_mw[:, hour:] = self._served(hour, share)

    def _served(self, first: int, share: FloatArray) -> FloatArray:
        """Demand and cold-load pick-up served from an hour on, shape (2, time). [MW]."""
        rows, network = self._rows(first, first + len(share)), self._case.network
        served = np.einsum("tbc,tbc->t", self._state.demand_mw[rows], share)
        extra = np.zeros(len(served))
        for cell, rise in self._rise.items():
            bus = network.substation_bus[network.cell_substation[cell]]
            extra += rise[first : first + len(share)] * (share[:, bus] @ self._per_degc[cell])
        return np.stack([served - extra, extra])

    def _check_balance(self) -> None:
        self.residual_mw = max(self.residual_mw, float(self._state.residual_mw.max()))

    def _add_shed(self, first: int, last: int, length: FloatArray, share: FloatArray) -> None:
        case, network = self._case, self._case.network
        cell_bus = network.substation_bus[network.cell_substation]
        unserved = 1.0 - share[:, cell_bus]
        unserved[:, self.held[network.cell_substation]] = 1.0
        hit = np.flatnonzero((unserved > 0.0).any(axis=(0, 2)))
        household = network.sector_class[0]
        for cell in hit.tolist():
            area, part = network.cell_area[cell], network.cell_share[cell]
            by_sector = unserved[:, cell][:, network.sector_class] * part
            live = 0.0 if self.dark[network.cell_substation[cell]] else 1.0
            # Spread-out demand of a dark substation is counted by section instead.
            factor = np.where(network.bulk, 1.0, live * (1.0 - self._out_share[cell]))
            energy = case.demand_mw[first:last, area] * by_sector * factor * length[:, None]
            self.shed_mwh[first:last, area] += energy
            persons = part * (1.0 - self._out_share[cell]) * case.population[area] * live
            self.shed_person_h[first:last, area] += unserved[:, cell, household] * persons * length
