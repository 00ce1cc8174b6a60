"""The region's meshed grid as a pandapower net: the form it is stored and checked in."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.calibration import PEAK_HOURS, PEAK_START
from data.demand import demand_mw, substation_shares
from data.region import SECTORS, Region
from data.tables import FloatArray, positions
from data.whole_file import whole_file

if TYPE_CHECKING:
    from pandapower import pandapowerNet

SUPPLY_VM_PU = 1.03
"""Voltage held at the supplies, in the upper half of the normal band. Estimate."""

SHED_CLASSES = 4


def build_net(
    region: Region, demand_mw_by_bus: Mapping[str, float] | FloatArray
) -> "pandapowerNet":
    """Build the meshed grid at one demand.

    Buses, lines and transformers carry the region's identifiers as names. The largest
    supply is the ext_grid, the others are generators with their share of what the
    plants leave; plants run at their winter availability as static generators.

    Parameters
    ----------
    region : Region
    demand_mw_by_bus : mapping of bus_id to MW, or ndarray of shape (bus,)
        Active demand. [MW]

    Returns
    -------
    pandapowerNet

    Raises
    ------
    KeyError
        If a demand is given for a bus that is not in the region.
    """
    import pandapower as pp

    buses, lines, trafos = region.buses, region.lines, region.trafos
    demand = _by_bus(region, demand_mw_by_bus)
    net = pp.create_empty_network(name=region.region_id, f_hz=50.0)
    pp.create_buses(
        net,
        len(buses),
        vn_kv=buses.vn_kv,
        name=buses.bus_id,
        geodata=list(zip(buses.x_m.tolist(), buses.y_m.tolist(), strict=True)),
    )
    from_bus = positions(buses.bus_id, lines.from_bus_id)
    pp.create_lines_from_parameters(
        net,
        from_buses=from_bus,
        to_buses=positions(buses.bus_id, lines.to_bus_id),
        length_km=lines.length_km,
        r_ohm_per_km=lines.r_ohm_per_km,
        x_ohm_per_km=lines.x_ohm_per_km,
        c_nf_per_km=lines.c_nf_per_km,
        max_i_ka=lines.rating_mva / (np.sqrt(3.0) * buses.vn_kv[from_bus]),
        name=lines.line_id,
        type=np.where(lines.kind == "overhead", "ol", "cs"),
    )
    hv_bus = positions(buses.bus_id, trafos.hv_bus_id)
    lv_bus = positions(buses.bus_id, trafos.lv_bus_id)
    pp.create_transformers_from_parameters(
        net,
        hv_buses=hv_bus,
        lv_buses=lv_bus,
        sn_mva=trafos.rating_mva,
        vn_hv_kv=buses.vn_kv[hv_bus],
        vn_lv_kv=buses.vn_kv[lv_bus],
        vk_percent=trafos.vk_percent,
        vkr_percent=trafos.vkr_percent,
        pfe_kw=0.0,
        i0_percent=0.0,
        name=trafos.trafo_id,
    )
    loaded = np.flatnonzero(demand > 0)
    if loaded.size:
        pp.create_loads(
            net,
            buses=loaded,
            p_mw=demand[loaded],
            q_mvar=demand[loaded] * np.tan(np.arccos(region.constants["cos_phi"])),
            name=buses.bus_id[loaded],
        )
    _feed(net, region, demand.sum())
    return net


def cold_week_mw(region: Region, outdoor_degc: float | None = None) -> FloatArray:
    """Demand of areas and sectors through a cold working week.

    The whole region is at one temperature, with the areas' offsets.

    Parameters
    ----------
    region : Region
    outdoor_degc : float, optional
        The dimensioning temperature when left out. [degC]

    Returns
    -------
    ndarray, shape (time, area, sector)
        ``PEAK_HOURS`` hours from ``PEAK_START``. [MW]
    """
    dimensioning = region.constants["dimensioning_temperature_degc"]
    degc = dimensioning if outdoor_degc is None else outdoor_degc
    temperature = np.broadcast_to(
        degc + region.areas.temperature_offset_degc, (PEAK_HOURS, len(region.areas))
    )
    return demand_mw(region, PEAK_START, PEAK_HOURS, temperature)


def winter_peak_mw(region: Region) -> FloatArray:
    """Demand at each bus in the highest hour of a cold working week.

    Parameters
    ----------
    region : Region

    Returns
    -------
    ndarray, shape (bus, class)
        [MW]
    """
    demand = bus_demand_mw(region, cold_week_mw(region))
    return np.asarray(demand[np.argmax(demand.sum(axis=(1, 2)))])


def bus_demand_mw(region: Region, area_demand_mw: FloatArray) -> FloatArray:
    """Demand of areas and sectors at the buses it hangs on, by shedding class.

    Parameters
    ----------
    region : Region
    area_demand_mw : ndarray, shape (time, area, sector)
        [MW]

    Returns
    -------
    ndarray, shape (time, bus, class)
        [MW]
    """
    rows = positions(region.sectors.sector, np.array(SECTORS))
    to_class = np.zeros((len(SECTORS), SHED_CLASSES))
    to_class[np.arange(len(SECTORS)), region.sectors.shed_class[rows]] = 1.0
    bus = positions(region.buses.bus_id, region.substations.mv_bus_id)
    to_bus = np.zeros((len(region.areas), len(region.buses)))
    np.add.at(to_bus.T, bus, substation_shares(region).T)
    by_class = area_demand_mw @ to_class
    return np.asarray(np.einsum("tac,ab->tbc", by_class, to_bus, optimize=True))


def save_net(net: "pandapowerNet", path: Path) -> None:
    """Write a net as pandapower JSON.

    Parameters
    ----------
    net : pandapowerNet
    path : Path
        Replaced when it exists.
    """
    import pandapower as pp

    with whole_file(path) as part:
        pp.to_json(net, str(part))


def _by_bus(region: Region, demand: Mapping[str, float] | FloatArray) -> FloatArray:
    if isinstance(demand, Mapping):
        result = np.zeros(len(region.buses))
        at = positions(region.buses.bus_id, np.array(list(demand), dtype=np.str_))
        result[at] = list(demand.values())
        return result
    if demand.shape != (len(region.buses),):
        raise ValueError(f"demand: shape {demand.shape}, one value for each bus needed")
    return demand


def _feed(net: "pandapowerNet", region: Region, total_mw: float) -> None:
    """Add supplies and plants; the plants first, the supplies share the rest."""
    import pandapower as pp

    supplies, plants = region.supplies, region.generation
    plant_mw = plants.p_max_mw * plants.winter_availability
    plant_mw *= min(1.0, total_mw / plant_mw.sum()) if plant_mw.sum() > 0 else 1.0
    rest = total_mw - plant_mw.sum()
    supply_bus = positions(region.buses.bus_id, supplies.bus_id)
    slack = int(np.argmax(supplies.p_max_mw))
    for row, bus in enumerate(supply_bus):
        name = str(supplies.supply_id[row])
        if row == slack:
            pp.create_ext_grid(net, int(bus), vm_pu=SUPPLY_VM_PU, name=name)
        else:
            p_mw = float(rest * supplies.share[row])
            pp.create_gen(net, int(bus), p_mw=p_mw, vm_pu=SUPPLY_VM_PU, name=name)
    for row, bus in enumerate(positions(region.buses.bus_id, plants.bus_id)):
        name = str(plants.plant_id[row])
        pp.create_sgen(net, int(bus), p_mw=float(plant_mw[row]), name=name)
