"""Electricity through a replication: which sections are cut off when, and why."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import simpy

from data.tables import BoolArray, FloatArray, IntArray
from grid.feeders import supplied_sections
from sim.case import Case
from sim.event_log import ROOT, EventLog
from sim.power.interruptions import Interruptions, interruptions
from sim.power.mesh import Mesh
from sim.power.restoration import GridRestoration
from sim.power.storage import Battery


class Stage(IntEnum):
    """How far a faulted section has been switched out."""

    TRIPPED = 0
    CUT_OUT = 1
    ISOLATED = 2


@dataclass(slots=True, kw_only=True)
class _Cut:
    """A section without the grid now; shares of it that are dark, since when and the event."""

    from_h: float
    because: int
    dark: list[tuple[float, float, int]]
    carried: float = 0.0


class Supply:
    """State of the feeders in one replication, over the meshed grid.

    Parameters
    ----------
    env : simpy.Environment
    case : Case
    mesh : Mesh
    log : EventLog

    Attributes
    ----------
    on_change : callable
        Called with a section each time it loses or regains the grid, and the event.
    on_mesh : callable
        Called with the event each time the meshed grid has been solved for new branches,
        and every full hour while load is shed.
    on_trip : callable
        Called with the branches that tripped on overload, and the event.
    on_dark : callable
        Called with a section, the share of its people left without electricity, and the
        event that did it.
    on_light : callable
        Called with a section that has electricity again, and the event.
    on_settled : callable
        Called when sections have changed together.
    """

    def __init__(self, env: simpy.Environment, case: Case, mesh: Mesh, log: EventLog) -> None:
        self._env = env
        self._case = case
        self._mesh = mesh
        self._log = log
        self._faults: dict[int, dict[int, Stage]] = {}
        self._fault_count: Counter[int] = Counter()
        self._cut_by_feeder = np.zeros(len(case.network.section_feeder), dtype=bool)
        self._cuts: dict[int, _Cut] = {}
        self._closed: list[tuple[int, float, float, float, int]] = []
        self._batteries = {
            section: Battery(p_mw=p_mw, e_mwh=e_mwh, efficiency=efficiency)
            for section, p_mw, e_mwh, efficiency in case.batteries
        }
        self.on_change: Callable[[int, int], None] = lambda *_: None
        self.on_mesh: Callable[[int], None] = lambda _: None
        self.on_trip: Callable[[list[str], int], None] = lambda *_: None
        self.on_dark: Callable[[int, float, int], None] = lambda *_: None
        self.on_light: Callable[[int, int], None] = lambda *_: None
        self.on_settled: Callable[[], None] = lambda: None
        self._restoration = GridRestoration(env, case, mesh, self._release)
        self._mesh_because = ROOT
        self._site_served = case.region.constants["site_served_share"]
        self._is_watching = False

    def fail_section(self, section: int, because: int) -> None:
        """Fault on a section: its breaker trips, everything below goes dark."""
        self._fault_count[section] += 1
        faults = self._faults.setdefault(self._feeder(section), {})
        if section not in faults:
            faults[section] = Stage.TRIPPED
            self._stop_carrying(section, because)
            self._refresh(self._feeder(section), because)
            self.on_settled()

    def cut_out_section(self, section: int, because: int) -> None:
        """Switch out the part between remote switches around a fault, from afar."""
        self._advance(section, Stage.CUT_OUT, because)

    def isolate_section(self, section: int, because: int) -> None:
        """Switch a faulted section out; the others come back where they can."""
        self._advance(section, Stage.ISOLATED, because)

    def _advance(self, section: int, stage: Stage, because: int) -> None:
        faults = self._faults.get(self._feeder(section), {})
        if section in faults and faults[section] < stage:
            faults[section] = stage
            self._refresh(self._feeder(section), because)

    def repair_section(self, section: int, because: int) -> None:
        """Repair one fault; the section is back in service when none is left."""
        self._fault_count[section] -= 1
        if self._fault_count[section]:
            return
        feeder = self._feeder(section)
        self._faults[feeder].pop(section)
        if not self._faults[feeder]:
            del self._faults[feeder]
        self._refresh(feeder, because)

    def is_isolated(self, section: int) -> bool:
        """Whether a faulted section has been switched out."""
        faults = self._faults.get(self._feeder(section), {})
        return faults.get(section, Stage.ISOLATED) is Stage.ISOLATED

    def change_branches(self, in_service: BoolArray, because: int) -> None:
        """Put branches of the meshed grid out of or into service."""
        mesh, now = self._mesh, self._env.now
        changed = mesh.set_branches(now, in_service)
        self._mesh_because = because
        for step in mesh.tripped:
            for branch, behind in zip(step.branch_ids, step.cause, strict=True):
                because = self._log.note(
                    now,
                    "overload_trip",
                    branch,
                    because=self._mesh_because,
                    cause=f"overload after {' and '.join(behind)}" if behind else "overload",
                )
        for substation in np.flatnonzero(changed).tolist():
            self._substation_changed(substation, because)
        self.on_settled()
        self.on_mesh(because)
        if mesh.tripped:
            names = [name for step in mesh.tripped for name in step.branch_ids]
            self.on_trip(names, because)
        self._restoration.plan()
        self._watch_relief(because)
        self._watch_shedding()

    def _watch_relief(self, because: int) -> None:
        """Shed for overloads when the operator has had time to act, not before."""
        relief_h = self._mesh.relief_h
        if relief_h <= self._env.now:
            return

        def relieved(_: simpy.Event) -> None:
            if self._mesh.relief_h != relief_h:
                return
            event = self._log.note(self._env.now, "overload_relieved", because=because)
            self.on_mesh(event)

        self._env.timeout(relief_h - self._env.now).callbacks.append(relieved)

    def _release(self, substations: list[int], step: int) -> None:
        """Connect substations that were held, in their turn after a large outage."""
        because = self._log.note(
            self._env.now, "black_start_step", str(step), because=self._mesh_because
        )
        for substation in substations:
            self._mesh.release(self._env.now, substation)
            self._substation_changed(substation, because)
        self.on_settled()
        self.on_mesh(because)
        self._watch_shedding()

    def _substation_changed(self, substation: int, because: int) -> None:
        """Take note that a substation has gone dark or come back."""
        network, dark = self._case.network, bool(self._mesh.dark[substation])
        event = self._log.note(
            self._env.now,
            "substation_dark" if dark else "substation_live",
            str(self._case.region.substations.substation_id[substation]),
            str(self._case.region.substations.area_id[substation]),
            because=because,
        )
        for section in np.flatnonzero(network.section_substation == substation).tolist():
            # Sites are looked at afterwards, when every section has its new state.
            self._set_cut(
                section,
                dark or bool(self._cut_by_feeder[section]),
                event,
                notify=False,
            )
        # Reserve connections go and return with the substations behind them.
        for feeder in list(self._faults):
            first = network.feeder_sections[feeder][0]
            if network.section_substation[first] == substation:
                self._refresh(feeder, event)

    def _watch_shedding(self) -> None:
        """Look at the sites every full hour while load is shed: the share changes by hour."""
        if self._is_watching or not self._mesh.is_curtailed:
            return
        self._is_watching = True
        next_hour = float(int(self._env.now) + 1)
        self._env.timeout(next_hour - self._env.now).callbacks.append(self._full_hour)

    def _full_hour(self, _: simpy.Event) -> None:
        self._is_watching = False
        self.on_mesh(self._mesh_because)
        self._watch_shedding()

    def is_fed(self, section: int) -> bool:
        """Whether a section has electricity from the grid for critical sites."""
        substation = int(self._case.network.section_substation[section])
        if self._cut_by_feeder[section] or self._mesh.dark[substation]:
            return False
        return self._mesh.critical_share(substation, self._env.now) >= self._site_served

    def because_of(self, section: int) -> int:
        """Event that left a section without electricity; what shed load if it is not cut off."""
        cut = self._cuts.get(section)
        return cut.because if cut else self._mesh_because

    def out_mw(self, feeder: int) -> float:
        """Power the customers of a feeder go without now [MW]."""
        network = self._case.network
        sections = network.feeder_sections[feeder]
        hour = min(int(self._env.now), self._case.hours - 1)
        area = network.section_area[sections[0]]
        share = network.section_share[sections] @ self._cut_by_feeder[sections]
        return float(share * self._case.spread_mw[hour, area])

    def out_customers(self, feeder: int) -> float:
        """Count the customers of a feeder who are without electricity now."""
        network = self._case.network
        sections = network.feeder_sections[feeder]
        return float(network.section_customers[sections] @ self._cut_by_feeder[sections])

    def finish(self) -> Interruptions:
        """Close what is still cut off at the scenario's end and return everything."""
        end = float(self._case.hours)
        for section in list(self._cuts):
            self._close(section, end)
        return interruptions(self._closed)

    @property
    def battery_mwh(self) -> dict[int, float]:
        """Energy each battery gave to its section's customers [MWh]."""
        return {section: battery.served_mwh for section, battery in self._batteries.items()}

    def _feeder(self, section: int) -> int:
        return int(self._case.network.section_feeder[section])

    def _name(self, section: int) -> str:
        return str(self._case.region.sections.section_id[section])

    def _refresh(self, feeder: int, because: int) -> None:
        case, network = self._case, self._case.network
        faults = self._faults.get(feeder, {})
        sections = network.feeder_sections[feeder]
        cut = np.zeros(len(sections), dtype=bool)
        if faults:
            cut = ~supplied_sections(
                case.feeders,
                feeder,
                tuple(s for s, stage in faults.items() if stage is Stage.TRIPPED),
                tuple(s for s, stage in faults.items() if stage is Stage.ISOLATED),
                cut_out=tuple(s for s, stage in faults.items() if stage is Stage.CUT_OUT),
                reserve_alive=not bool(self._mesh.dark[network.section_substation[sections[0]]]),
            )
        changed = sections[self._cut_by_feeder[sections] != cut]
        if not len(changed):
            return
        self._cut_by_feeder[sections] = cut
        dark = bool(self._mesh.dark[network.section_substation[sections[0]]])
        returned = [] if dark else self._returning(changed)
        cell = int(network.section_cell[sections[0]])
        members = case.cell_sections[cell]
        share = float(network.section_cell_share[members] @ self._cut_by_feeder[members])
        self._mesh.set_out_share(self._env.now, cell, min(share, 1.0), returned)
        self._watch_shedding()
        for section in changed.tolist():
            self._set_cut(section, dark or bool(self._cut_by_feeder[section]), because)
        self.on_settled()

    def _returning(self, sections: IntArray) -> list[tuple[float, float]]:
        """Shares of their cell that sections bring back cold now, with the hours out."""
        found: dict[float, float] = {}
        now, share = self._env.now, self._case.network.section_cell_share
        for section in sections[~self._cut_by_feeder[sections]].tolist():
            cut = self._cuts.get(section)
            if cut is not None:
                outage_h = now - cut.from_h
                back = float(share[section]) * (1.0 - cut.carried)
                found[outage_h] = found.get(outage_h, 0.0) + back
        return [(back, outage_h) for outage_h, back in found.items()]

    def _set_cut(self, section: int, is_cut: bool, because: int, *, notify: bool = True) -> None:
        if is_cut == (section in self._cuts):
            return
        now = self._env.now
        if is_cut:
            cut = _Cut(from_h=now, because=because, dark=[])
            self._cuts[section] = cut
            battery = self._batteries.get(section)
            if battery is not None:
                battery.charge_until(now)
            is_faulted = section in self._faults.get(self._feeder(section), {})
            if battery is None or is_faulted:
                self._darken(section, cut, 1.0, because)
            else:
                self._carry(section, cut, battery)
        else:
            self._close(section, now)
            self.on_light(section, because)
        if notify:
            self.on_change(section, because)

    def _demand(self, section: int) -> FloatArray:
        network = self._case.network
        share = network.section_share[section]
        return np.asarray(share * self._case.spread_mw[:, network.section_area[section]])

    def _carry(self, section: int, cut: _Cut, battery: Battery) -> None:
        now = self._env.now
        cut.carried, empty_h = battery.carry(now, self._demand(section))
        if cut.carried < 1.0:
            self._darken(section, cut, 1.0 - cut.carried, cut.because)
        if cut.carried > 0.0:
            timeout = self._env.timeout(max(empty_h - now, 0.0))
            timeout.callbacks.append(lambda _: self._battery_empty(section, cut))

    def _darken(self, section: int, cut: _Cut, weight: float, because: int) -> None:
        cut.dark.append((weight, self._env.now, because))
        self.on_dark(section, weight, because)

    def _stop_carrying(self, section: int, because: int) -> None:
        """Leave the customers a battery has carried in the dark."""
        cut = self._cuts.get(section)
        if cut is None or cut.carried == 0.0:
            return
        now = self._env.now
        self._batteries[section].discharge(now, cut.carried, self._demand(section))
        self._darken(section, cut, cut.carried, because)
        cut.carried = 0.0

    def _battery_empty(self, section: int, cut: _Cut) -> None:
        if self._cuts.get(section) is not cut or cut.carried == 0.0:
            return
        event = self._log.note(
            self._env.now,
            "battery_empty",
            f"battery-{self._name(section)}",
            self._area_id(section),
            because=cut.because,
        )
        self._stop_carrying(section, event)
        self.on_settled()

    def _area(self, section: int) -> int:
        return int(self._case.network.section_area[section])

    def _area_id(self, section: int) -> str:
        return str(self._case.region.areas.area_id[self._area(section)])

    def _close(self, section: int, now: float) -> None:
        cut = self._cuts.pop(section)
        battery = self._batteries.get(section)
        if battery is not None:
            battery.discharge(now, cut.carried, self._demand(section))
        for weight, from_h, because in cut.dark:
            if now > from_h:
                self._closed.append((section, weight, from_h, now, because))
