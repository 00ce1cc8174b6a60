"""The built-in region prepared once, and one course of it whose every process is in reach."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import simpy
from hypothesis import settings

from data.read import load_region
from data.region import Region
from scenarios.measures import Applied, apply
from scenarios.read import load_measure, load_portfolio, load_scenario
from scenarios.schema import Scenario
from sim.case import Case, IntactGrid, intact_grid, prepare
from sim.course import assemble
from sim.event_log import Event, chain
from sim.outcome import Outcome
from sim.power.interruptions import Interruptions
from sim.replication import replicate
from sim.services.sites import SiteOutages

settings.register_profile("same every time", derandomize=True, deadline=None)
settings.load_profile("same every time")

STORM = "ekstremvaer-kulde"
PORTFOLIOS = ("basis", "robust-nett", "raskere-gjenoppretting", "lokal-beredskap", "samlet")


def scenario_of(*hazards: dict, hours: int = 24, degc: float = -5.0) -> Scenario:
    """A plain winter day with these hazards."""
    text = {"nb": "prøve", "en": "test"}
    return Scenario.model_validate(
        {
            "schema_version": 1,
            "id": "test",
            "name": text,
            "summary": text,
            "based_on": ["test"],
            "likelihood": {
                "low_per_year": 0.0,
                "high_per_year": 0.0,
                "source": "test",
                "quality": "estimated",
            },
            "start": "2026-01-12T00:00:00",
            "duration_h": hours,
            "temperature": [{"t_h": 0.0, "degc": degc}],
            "hazards": list(hazards),
        }
    )


def outage(start_h: float, asset_ids: Sequence[str] | str, repair_h: float) -> dict:
    ids = [asset_ids] if isinstance(asset_ids, str) else [str(each) for each in asset_ids]
    return {
        "kind": "asset_outage",
        "start_h": float(start_h),
        "asset_ids": ids,
        "repair_h": float(repair_h),
    }


class Course:
    """One course driven by hand: faults are put where and when a test wants them."""

    def __init__(self, case: Case, grid: IntactGrid, *, replication: int = 0) -> None:
        self.case = case
        self.env = simpy.Environment()
        self.parts = assemble(self.env, case, grid, seed=1, replication=replication)
        self.parts.strikes.start(())
        self.mesh = self.parts.mesh
        self.supply = self.parts.supply
        self.response = self.parts.response
        self.sites = self.parts.sites
        self.interruptions: Interruptions | None = None
        self.outages: SiteOutages | None = None

    @property
    def events(self) -> list[Event]:
        return self.parts.log.events

    def at(self, t_h: float, act: Callable[[], None]) -> None:
        self.env.timeout(t_h).callbacks.append(lambda _: act())

    def root(self, what: str, asset_id: str, cause: str = "test") -> int:
        """An event that stands for what a test does."""
        return self.parts.log.note(self.env.now, what, asset_id, cause=cause)

    def cut(self, t_h: float, to_h: float, section_id: str, *, isolate: bool = False) -> None:
        """Fault on a section from one hour to another, without any crew."""
        section, supply = self.row(section_id), self.supply

        def fail() -> None:
            event = self.root("section_failed", section_id)
            supply.fail_section(section, event)
            if isolate:
                supply.isolate_section(section, event)

        self.at(t_h, fail)
        self.at(
            to_h,
            lambda: supply.repair_section(section, self.root("section_repaired", section_id)),
        )

    def darken(self, t_h: float, to_h: float, *substation_ids: str) -> None:
        """Substations without transformers from one hour to another."""
        ids = self.case.region.substations.substation_id
        rows = [int(np.flatnonzero(ids == each)[0]) for each in substation_ids]
        trafos = np.concatenate([self.case.network.substation_branches[row] for row in rows])
        name = "+".join(substation_ids)

        def change(conducts: bool, what: str) -> None:
            # Others may be dark as well.
            branches = self.mesh.in_service.copy()
            branches[trafos] = conducts
            self.branches(branches, what, name)

        self.at(t_h, lambda: change(False, "branch_failed"))
        self.at(to_h, lambda: change(True, "branch_repaired"))

    def branches(self, in_service: np.ndarray, what: str, name: str) -> None:
        self.supply.change_branches(in_service, self.root(what, name))

    def strike(self, t_h: float, to_h: float, site_id: str, level: float = 0.0) -> None:
        """A site is struck itself from one hour to another."""
        node = self.case.services.site_node[self.site(site_id)]
        levels = self.parts.levels
        self.at(t_h, lambda: levels.set_own(node, level, self.root("site_struck", site_id)))
        self.at(to_h, lambda: levels.set_own(node, 1.0, self.root("site_restored", site_id)))

    def run(self) -> "Course":
        end_h = float(self.case.hours)
        self.env.run(until=end_h)
        self.parts.finish(end_h)
        self.interruptions = self.supply.finish()
        self.outages = self.sites.finish()
        self.parts.states.finish(end_h)
        return self

    def row(self, section_id: str) -> int:
        return int(np.flatnonzero(self.case.region.sections.section_id == section_id)[0])

    def site(self, site_id: str) -> int:
        return int(np.flatnonzero(self.case.region.sites.site_id == site_id)[0])

    def area(self, area_id: str) -> int:
        return int(np.flatnonzero(self.case.region.areas.area_id == area_id)[0])

    def interrupted(self, prefix: str = "") -> dict[str, list[tuple[float, float, float]]]:
        """Weight, start and end of the interruptions of each section."""
        found: dict[str, list[tuple[float, float, float]]] = {}
        cut = self.interruptions
        ids = self.case.region.sections.section_id[cut.section]
        for name, weight, from_h, to_h in zip(
            ids.tolist(), cut.weight, cut.from_h, cut.to_h, strict=True
        ):
            if name.startswith(prefix):
                found.setdefault(name, []).append((float(weight), float(from_h), float(to_h)))
        return {name: sorted(rows, key=lambda row: row[1]) for name, rows in found.items()}

    def lost(self, site_id: str) -> list[tuple[float, float, float]]:
        """Weight, start and end of what a site did not deliver."""
        out = self.outages
        hit = np.flatnonzero(out.site == self.site(site_id))
        return [(float(out.weight[k]), float(out.from_h[k]), float(out.to_h[k])) for k in hit]

    def log(self, asset_id: str) -> list[tuple[str, float]]:
        """What happened to an asset or site, and when."""
        return [(event.what, event.t_h) for event in self.events if event.asset_id == asset_id]

    def behind(self, what: str, asset_id: str) -> tuple[Event, ...]:
        """Events that led to the first event of a kind, itself first and the root last."""
        at = next(
            k
            for k, event in enumerate(self.events)
            if event.what == what and event.asset_id == asset_id
        )
        return chain(self.events, at)

    def why(self, what: str, asset_id: str) -> list[str]:
        """Kinds of event that led to the first event of a kind, itself first."""
        return [event.what for event in self.behind(what, asset_id)]


@dataclass(frozen=True)
class Bench:
    """Prepares cases of the built-in region, or of one changed a little."""

    region: Region
    cache: Path

    def case(
        self, *hazards: dict, region: Region | None = None, hours: int = 24, degc: float = -5.0
    ) -> tuple[Case, IntactGrid]:
        applied = apply(region or self.region, [])
        case = prepare(applied, scenario_of(*hazards, hours=hours, degc=degc), "basis", self.cache)
        return case, intact_grid(case)

    def replicate(
        self, *hazards: dict, region: Region | None = None, hours: int = 24, degc: float = -5.0
    ) -> tuple[Case, Outcome]:
        case, grid = self.case(*hazards, region=region, hours=hours, degc=degc)
        return case, replicate(case, grid, 1, 0)

    def course(
        self, region: Region | None = None, *, hours: int = 24, degc: float = -5.0
    ) -> Course:
        return Course(*self.case(region=region, hours=hours, degc=degc))

    def storm(self, applied: Applied, name: str = "basis") -> tuple[Case, IntactGrid]:
        case = prepare(applied, load_scenario(STORM), name, self.cache)
        return case, intact_grid(case)


def with_backup(region: Region, site_id: str, **figures: float) -> Region:
    """The region with another reserve power at one site."""
    table = region.backups
    row = int(np.flatnonzero(table.site_id == site_id)[0])
    columns = {}
    for name, value in figures.items():
        column = getattr(table, name).copy()
        column[row] = value
        columns[name] = column
    return replace(region, backups=replace(table, **columns))


def with_battery(region: Region, section_id: str, p_mw: float, e_mwh: float) -> Region:
    """The region with one battery that carries its section."""
    one = {"storage_id": "battery", "section_id": section_id, "source": "test"}
    words = {name: np.array([value]) for name, value in one.items()}
    storage = replace(
        region.storage,
        **words,
        quality=np.array(["estimated"]),
        origin=np.array(["E"]),
        p_mw=np.array([p_mw]),
        e_mwh=np.array([e_mwh]),
        efficiency=np.array([0.9]),
        islandable=np.array([True]),
    )
    return replace(region, storage=storage)


@pytest.fixture(scope="session")
def region() -> Region:
    return load_region()


@pytest.fixture(scope="session")
def bench(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(region, tmp_path_factory.mktemp("grid arrays"))


@pytest.fixture(scope="session")
def calm(bench: Bench) -> tuple[Case, IntactGrid]:
    """One winter day in which nothing happens."""
    return bench.case()


@pytest.fixture(scope="session")
def storm_cases(bench: Bench) -> dict[str, tuple[Case, IntactGrid]]:
    """The shipped storm under each shipped portfolio."""
    found = {}
    for name in PORTFOLIOS:
        measures = [load_measure(each) for each in load_portfolio(name).measures]
        found[name] = bench.storm(apply(bench.region, measures), name)
    return found


@pytest.fixture(scope="session")
def storm_outcomes(
    storm_cases: dict[str, tuple[Case, IntactGrid]],
) -> dict[str, tuple[Outcome, ...]]:
    """Four replications of the storm under each portfolio."""
    return {
        name: tuple(replicate(case, grid, 1, number) for number in range(4))
        for name, (case, grid) in storm_cases.items()
    }


def chain_feeder(region: Region) -> list[str]:
    """Five sections of the first city feeder that has five and feeds no site."""
    sections, sites = region.sections, region.sites
    fed = {*sites.section_id.tolist(), *sites.reserve_section_id.tolist()}
    for feeder in region.feeders.feeder_id.tolist():
        ids = sections.section_id[sections.feeder_id == feeder].tolist()
        if len(ids) == 5 and not fed & set(ids):
            return ids
    raise LookupError("no such feeder")


def with_chain(
    region: Region, switch: Sequence[str], reserve: Sequence[str] = ("none",) * 4 + ("remote",)
) -> tuple[Region, list[str]]:
    """The region with five sections of one feeder in a row, and switches as told."""
    ids = chain_feeder(region)
    sections = region.sections
    columns = {
        name: getattr(sections, name).astype(object)
        for name in ("parent_section_id", "switch_kind", "reserve")
    }
    for at, name in enumerate(ids):
        row = int(np.flatnonzero(sections.section_id == name)[0])
        columns["parent_section_id"][row] = ids[at - 1] if at else ""
        columns["switch_kind"][row] = switch[at]
        columns["reserve"][row] = reserve[at]
    changed = {name: column.astype(str) for name, column in columns.items()}
    return replace(region, sections=replace(sections, **changed)), ids
