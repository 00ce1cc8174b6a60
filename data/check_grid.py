"""What a valid grid is: buses, feeders and sections, one function a rule."""

import numpy as np

from data.problems import Problem
from data.region import Region
from data.tables import IntArray, positions


def check_line_ends(region: Region) -> list[Problem]:
    """Lines join two buses of one voltage, transformers a higher to a lower one."""
    volts = region.buses.vn_kv
    found: list[Problem] = []
    lines, trafos = region.lines, region.trafos
    a = positions(region.buses.bus_id, lines.from_bus_id)
    b = positions(region.buses.bus_id, lines.to_bus_id)
    for at in np.flatnonzero((a == b) | (volts[a] != volts[b])):
        ends = f"{lines.from_bus_id[at]} to {lines.to_bus_id[at]}"
        place = f"lines.csv line_id {lines.line_id[at]}"
        found.append(Problem("line_ends", place, ends, "two buses with the same vn_kv"))
    a = positions(region.buses.bus_id, trafos.hv_bus_id)
    b = positions(region.buses.bus_id, trafos.lv_bus_id)
    for at in np.flatnonzero(volts[a] <= volts[b]):
        ends = f"{volts[a[at]]:g} to {volts[b[at]]:g} kV"
        place = f"trafos.csv trafo_id {trafos.trafo_id[at]}"
        found.append(Problem("trafo_ends", place, ends, "hv_bus_id above lv_bus_id in vn_kv"))
    return found


def check_connected(region: Region) -> list[Problem]:
    """Every bus is connected with the first supply."""
    buses = region.buses.bus_id
    if len(region.supplies) == 0 or len(buses) == 0:
        return []
    a = np.concatenate([region.lines.from_bus_id, region.trafos.hv_bus_id])
    b = np.concatenate([region.lines.to_bus_id, region.trafos.lv_bus_id])
    labels = _components(len(buses), positions(buses, a), positions(buses, b))
    main = labels[positions(buses, region.supplies.bus_id[:1])[0]]
    remedy = "Add a line or transformer to it, or remove the bus."
    return [
        Problem("disconnected_bus", f"buses.csv bus_id {bus}", "no connection", "a line", remedy)
        for bus in buses[labels != main].tolist()
    ]


def _components(count: int, a: IntArray, b: IntArray) -> IntArray:
    """Smallest reachable position of each bus, by passing labels along branches."""
    labels = np.arange(count, dtype=np.int64)
    while True:
        before = labels.copy()
        low = np.minimum(labels[a], labels[b])
        np.minimum.at(labels, a, low)
        np.minimum.at(labels, b, low)
        labels = labels[labels]
        if (labels == before).all():
            return labels


def check_substation_buses(region: Region) -> list[Problem]:
    """Substations sit between a bus of kind substation_hv and one of substation_mv."""
    found: list[Problem] = []
    own = region.substations
    for column, kind in (("hv_bus_id", "substation_hv"), ("mv_bus_id", "substation_mv")):
        at = positions(region.buses.bus_id, getattr(own, column))
        found += [
            Problem(
                "bus_kind",
                f"substations.csv substation_id {own.substation_id[row]} column {column}",
                str(region.buses.kind[at[row]]),
                kind,
            )
            for row in np.flatnonzero(region.buses.kind[at] != kind)
        ]
    return found


def check_areas_fed(region: Region) -> list[Problem]:
    """Every area has a feeder and every feeder's customers add up."""
    missing = np.setdiff1d(region.areas.area_id, region.feeders.area_id)
    found = [
        Problem("area_without_feeder", "feeders.csv", "no row", f"a feeder in area {area}")
        for area in missing.tolist()
    ]
    feeder_area = positions(region.areas.area_id, region.feeders.area_id)
    section_feeder = positions(region.feeders.feeder_id, region.sections.feeder_id)
    for file, names, whole, at, parts in (
        ("feeders", region.areas.area_id, region.areas, feeder_area, region.feeders),
        ("sections", region.feeders.feeder_id, region.feeders, section_feeder, region.sections),
    ):
        sums = np.zeros(len(names), dtype=np.int64)
        np.add.at(sums, at, parts.customers)
        present = np.bincount(at, minlength=len(names)) > 0
        found += [
            Problem(
                "customers_differ",
                f"{file}.csv rows of {names[row]}",
                int(sums[row]),
                f"{int(whole.customers[row])} customers together",
            )
            for row in np.flatnonzero(present & (sums != whole.customers))
        ]
    return found


def check_sections(region: Region) -> list[Problem]:
    """Sections of a feeder are one tree whose head has a breaker."""
    own = region.sections
    parent = positions(own.section_id, own.parent_section_id)
    feeder = positions(region.feeders.feeder_id, own.feeder_id)
    heads = np.bincount(feeder[parent < 0], minlength=len(region.feeders))
    found = [
        Problem(
            "feeder_heads",
            f"sections.csv feeder_id {region.feeders.feeder_id[at]}",
            f"{heads[at]} sections without parent",
            "exactly one",
        )
        for at in np.flatnonzero(heads != 1)
    ]
    strange = np.flatnonzero((parent >= 0) & (feeder != feeder[parent]))
    found += [
        Problem("foreign_parent", _section(own.section_id[at]), str(own.parent_section_id[at]),
                "a section of the same feeder")
        for at in strange
    ]  # fmt: skip
    closed = parent.copy()
    for _ in range(int(np.bincount(feeder).max(initial=0)) + 1):
        closed = np.where(closed < 0, closed, parent[closed])
    found += [
        Problem("section_loop", _section(own.section_id[at]), str(own.parent_section_id[at]),
                "parents that lead to the head of the feeder")
        for at in np.flatnonzero(closed >= 0)
        if at not in set(strange.tolist())
    ]  # fmt: skip
    found += [
        Problem("head_switch", _section(own.section_id[at]), str(own.switch_kind[at]), "breaker")
        for at in np.flatnonzero((parent < 0) & (own.switch_kind != "breaker"))
    ]
    return found


def _section(section: str) -> str:
    return f"sections.csv section_id {section}"


def check_feeder_voltage(region: Region) -> list[Problem]:
    """Feeders have the voltage of its substation's secondary bus."""
    at = positions(region.substations.substation_id, region.feeders.substation_id)
    bus = positions(region.buses.bus_id, region.substations.mv_bus_id)[at]
    volts = region.buses.vn_kv[bus]
    return [
        Problem(
            "feeder_voltage",
            f"feeders.csv feeder_id {region.feeders.feeder_id[row]}",
            float(region.feeders.vn_kv[row]),
            f"{volts[row]:g} kV as its substation",
        )
        for row in np.flatnonzero(region.feeders.vn_kv != volts)
    ]


def check_black_start(region: Region) -> list[Problem]:
    """Plants that start from black can hold the island they start."""
    plants = region.generation
    return [
        Problem(
            "black_start",
            f"generation.csv plant_id {plants.plant_id[at]}",
            "black_start 1 with grid_forming 0",
            "grid_forming 1 for a plant that starts from black",
            "Set grid_forming to 1 if the plant can hold an island, else black_start to 0.",
        )
        for at in np.flatnonzero(plants.black_start & ~plants.grid_forming)
    ]


GRID_RULES = (
    check_line_ends,
    check_connected,
    check_substation_buses,
    check_areas_fed,
    check_sections,
    check_feeder_voltage,
    check_black_start,
)
