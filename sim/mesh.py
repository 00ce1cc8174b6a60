"""The meshed grid through a replication: its present state, and what it served.

The energy account kept here comes from the grid's own figures, so that it checks the
account the areas keep (docs/model.md, energy balance).
"""

import numpy as np

from data.tables import BoolArray, FloatArray
from sim.case import Case, IntactGrid
from sim.network import bus_demand

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
    shed_mwh : ndarray, shape (time, area, sector)
        Energy shed at live substations, and bulk demand lost at dark ones. [MWh]
    shed_person_h : ndarray, shape (time, area)
        Person-hours of rotating disconnection of households. [person h]
    served_mwh : float
        Energy the grid has delivered. [MWh]
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
        self._served_mw = self._bus_mw.sum(axis=1)
        self._out_share = np.zeros(len(network.cell_share))
        self.in_service = np.ones(len(case.arrays.branch_ids), dtype=bool)
        self.dark: BoolArray = np.zeros(len(network.substation_bus), dtype=bool)
        self.shed_mwh = np.zeros_like(case.demand_mw)
        self.shed_person_h = np.zeros(case.demand_mw.shape[:2])
        self.served_mwh = 0.0
        self.residual_mw = 0.0

    @property
    def tripped(self) -> tuple[tuple[str, ...], ...]:
        """Branches that tripped on overload when the topology last changed, step by step."""
        return tuple(tuple(step.branch_ids) for step in self._state.tripped)

    @property
    def is_curtailed(self) -> bool:
        """Whether load is being shed at live buses."""
        return self._state.is_curtailed

    def critical_share(self, substation: int, hour: int) -> float:
        """Share of critical demand served at a substation in an hour."""
        if not self._state.is_curtailed:
            return 1.0
        bus = self._case.network.substation_bus[substation]
        return float(self._state.served_share[hour - self._state_from_h, bus, CRITICAL_CLASS])

    def set_out_share(self, t_h: float, cell: int, share: float) -> None:
        """Feeder faults now cut off this share of a cell's spread-out demand."""
        self.settle(t_h)
        self._out_share[cell] = share
        case, hour = self._case, self._hour(t_h)
        substation = int(case.network.cell_substation[cell])
        bus = int(case.network.substation_bus[substation])
        demand = bus_demand(case.network, substation, case.spread, case.bulk, self._out_share)
        before = self._state
        self._state = self._solver.change_demand(
            before, bus, demand[hour:], hour - self._state_from_h
        )
        total = demand[hour:].sum(axis=1)
        if before.is_curtailed or self._state.is_curtailed:
            self._serve_from(hour)
        elif not self.dark[substation]:
            self._served_mw[hour:] += total - self._bus_mw[hour:, bus]
        self._bus_mw[hour:, bus] = total

    def set_branches(self, t_h: float, in_service: BoolArray) -> BoolArray:
        """Solve a new topology; return the substations that went dark or came back.

        Returns
        -------
        ndarray of bool, shape (substation,)
        """
        self.settle(t_h)
        self._check_balance()
        case, hour = self._case, self._hour(t_h)
        network = case.network
        demand = np.zeros((case.hours - hour, *case.intact_demand.shape[1:]))
        for substation, bus in enumerate(network.substation_bus.tolist()):
            demand[:, bus] = bus_demand(
                network, substation, case.spread, case.bulk, self._out_share
            )[hour:]
        self.in_service = in_service
        served_before = None
        if self._state.is_curtailed or self.dark.any():
            served_before = self._state.served_share[hour - self._state_from_h]
        self._state = self._solver.solve(in_service, demand, served_before=served_before)
        self._state_from_h = hour
        self._bus_mw[hour:] = demand.sum(axis=2)
        self._serve_from(hour)
        dark = self._state.dark[network.substation_bus]
        changed = np.asarray(dark != self.dark)
        self.dark = dark
        return changed

    def settle(self, t_h: float) -> None:
        """Add up what was served and shed since the last change."""
        start, self._settled_h = self._settled_h, t_h
        if t_h <= start:
            return
        first, last = int(start), min(int(np.ceil(t_h)), self._case.hours)
        edges = np.arange(first, last + 1, dtype=float)
        edges[0], edges[-1] = start, min(t_h, float(self._case.hours))
        length = np.diff(edges)
        self.served_mwh += float(self._served_mw[first:last] @ length)
        if self._state.is_curtailed or self.dark.any():
            self._add_shed(first, last, length)

    def finish(self) -> None:
        """Settle the rest of the scenario and check the last state."""
        self.settle(float(self._case.hours))
        self._check_balance()

    def _hour(self, t_h: float) -> int:
        return min(int(t_h), self._case.hours - 1)

    def _serve_from(self, hour: int) -> None:
        rows = slice(hour - self._state_from_h, None)
        served = np.einsum(
            "tbc,tbc->t", self._state.demand_mw[rows], self._state.served_share[rows]
        )
        self._served_mw[hour:] = served

    def _check_balance(self) -> None:
        self.residual_mw = max(self.residual_mw, float(self._state.residual_mw.max()))

    def _add_shed(self, first: int, last: int, length: FloatArray) -> None:
        case, network = self._case, self._case.network
        rows = slice(first - self._state_from_h, last - self._state_from_h)
        cell_bus = network.substation_bus[network.cell_substation]
        unserved = 1.0 - self._state.served_share[rows][:, cell_bus]
        hit = np.flatnonzero((unserved > 0.0).any(axis=(0, 2)))
        household = network.sector_class[0]
        for cell in hit.tolist():
            area, share = network.cell_area[cell], network.cell_share[cell]
            by_sector = unserved[:, cell][:, network.sector_class] * share
            live = 0.0 if self.dark[network.cell_substation[cell]] else 1.0
            # Spread-out demand of a dark substation is counted by section instead.
            factor = np.where(network.bulk, 1.0, live * (1.0 - self._out_share[cell]))
            energy = case.demand_mw[first:last, area] * by_sector * factor * length[:, None]
            self.shed_mwh[first:last, area] += energy
            persons = share * (1.0 - self._out_share[cell]) * case.population[area] * live
            self.shed_person_h[first:last, area] += unserved[:, cell, household] * persons * length
