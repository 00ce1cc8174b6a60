"""Build every file of the built-in region from the inputs; twice gives the same bytes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from shapely.geometry.base import BaseGeometry

from data import grid_tables, response_tables, service_tables
from data import region as tables
from data.calibration import PEAK_HOURS, PEAK_START
from data.demand import demand_mw
from data.synthesis import demand as synthetic_demand
from data.synthesis import feeders, figures, people, plants, resources, services, sites
from data.synthesis import stations as transmission
from data.synthesis import substations as primary
from data.synthesis.areas import areas_table
from data.synthesis.geometry import MARKA, area_shapes, geojson
from data.synthesis.rows import as_table, read_input
from data.tables import Table
from data.write import write_table


@dataclass(frozen=True, slots=True, kw_only=True)
class _DemandParts:
    """The tables demand is computed from, before there is a region."""

    areas: tables.Areas
    demand: tables.Demand
    profiles: tables.Profiles
    sector_profiles: tables.SectorProfiles
    ev_charging: tables.EvCharging


def build_region(folder: Path) -> None:
    """Write all tables and the geometry of the built-in region.

    Parameters
    ----------
    folder : Path
        Made if it does not exist; files of the same names are replaced.
    """
    shapes = area_shapes()
    built = synthesise(shapes)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in built.items():
        write_table(folder / f"{name}.csv", table)
    areas = built["areas"]
    if not isinstance(areas, tables.Areas):
        raise TypeError("areas")
    names = {
        area: (name, kind)
        for area, name, kind in zip(
            areas.area_id.tolist(), areas.name.tolist(), areas.kind.tolist(), strict=True
        )
    }
    names[MARKA] = ("Marka", "remainder")
    text = geojson(shapes, names)
    (folder / "areas.geojson").write_text(text, encoding="utf-8", newline="")


def synthesise(shapes: dict[str, BaseGeometry]) -> dict[str, Table]:
    """All tables by name.

    Parameters
    ----------
    shapes : dict
        Polygon of each area. [m]
    """
    demand = synthetic_demand.demand_table(shapes)
    areas = areas_table(synthetic_demand.business_gwh(demand))
    temperatures = synthetic_demand.temperatures_table()
    sectors, sector_profiles = synthetic_demand.sectors_tables()
    parts = _DemandParts(
        areas=areas,
        demand=demand,
        profiles=synthetic_demand.profiles_table(temperatures),
        sector_profiles=sector_profiles,
        ev_charging=synthetic_demand.ev_table(),
    )
    peak, along_feeders = _peaks(parts, sectors)
    station_rows = transmission.station_rows()
    placed = primary.place_substations(peak, station_rows)
    substation_rows, buses, lines, trafos = primary.grid_rows(placed, station_rows, shapes)
    feeder_rows, section_rows = feeders.feeder_rows(areas, placed, along_feeders)
    site_rows, backup_rows = sites.site_rows(areas, placed, feeder_rows, section_rows, shapes)
    function_rows, dependency_rows = sites.function_rows()
    cores = [str(row["site_id"]) for row in site_rows if row["kind"] == "telecom_core"]
    heat_rows, heat_supply_rows = services.heat_rows(areas)
    rows: dict[str, tuple[type[Table], transmission.Rows]] = {
        "stations": (grid_tables.Stations, station_rows),
        "substations": (grid_tables.Substations, substation_rows),
        "buses": (grid_tables.Buses, transmission.bus_rows(station_rows) + buses),
        "lines": (grid_tables.Lines, transmission.line_rows(station_rows, shapes) + lines),
        "trafos": (grid_tables.Trafos, transmission.tie_rows() + trafos),
        "supplies": (grid_tables.Supplies, transmission.supply_rows()),
        "generation": (grid_tables.Generation, plants.generation_rows(placed)),
        "feeders": (grid_tables.Feeders, feeder_rows),
        "sections": (grid_tables.Sections, section_rows),
        "reliability": (
            grid_tables.Reliability,
            figures.numeric_rows("reliability", ("component", "skill", "part")),
        ),
        "fragility": (grid_tables.Fragility, figures.numeric_rows("fragility", ("asset_kind",))),
        "sites": (service_tables.Sites, site_rows),
        "backups": (service_tables.Backups, backup_rows),
        "functions": (service_tables.Functions, function_rows),
        "deliveries": (service_tables.Deliveries, sites.delivery_rows(areas, site_rows)),
        "dependencies": (service_tables.Dependencies, dependency_rows),
        "capacities": (service_tables.Capacities, people.capacity_rows(areas, site_rows)),
        "people": (service_tables.People, people.people_rows(areas)),
        "staff": (service_tables.Staff, people.staff_rows()),
        "telecom": (service_tables.Telecom, services.telecom_rows(areas)),
        "telecom_routes": (service_tables.TelecomRoutes, services.route_rows(areas, cores)),
        "water_works": (service_tables.WaterWorks, services.works_rows(site_rows)),
        "water_profile": (service_tables.WaterProfile, people.water_profile_rows()),
        "water_networks": (service_tables.WaterNetworks, services.water_rows(areas)),
        "dwellings": (service_tables.Dwellings, services.dwelling_rows(areas)),
        "district_heat": (service_tables.DistrictHeat, heat_rows),
        "district_heat_supply": (service_tables.DistrictHeatSupply, heat_supply_rows),
        "depots": (response_tables.Depots, resources.depot_rows()),
        "mutual_aid": (response_tables.MutualAid, resources.aid_rows()),
        "spares": (response_tables.Spares, resources.spare_rows()),
        "mobile_units": (response_tables.MobileUnits, resources.mobile_rows()),
        "fuel_depots": (response_tables.FuelDepots, resources.fuel_depot_rows()),
        "filling_stations": (service_tables.FillingStations, people.filling_station_rows(areas)),
        "roads": (response_tables.Roads, resources.road_rows(areas, shapes)),
        "storage": (grid_tables.Storage, []),
        "kile": (tables.Kile, figures.kile_rows()),
        "kile_corrections": (tables.KileCorrections, figures.correction_rows()),
        "constants": (tables.Constants, figures.numeric_rows("constants", ("key", "unit"))),
        "published": (tables.Published, figures.numeric_rows("published", ("figure", "unit"))),
    }
    return {
        "areas": areas,
        "demand": demand,
        "sectors": sectors,
        "sector_profiles": sector_profiles,
        "profiles": parts.profiles,
        "temperatures": temperatures,
        "ev_charging": parts.ev_charging,
        **{name: as_table(declaration, own) for name, (declaration, own) in rows.items()},
    }


def _peaks(
    parts: _DemandParts, sectors: tables.Sectors
) -> tuple[dict[str, float], dict[str, float]]:
    """Peak of each area, of all sectors and of those along feeders [MW].

    They are sized for the calibration's week at the dimensioning temperature.
    """
    constants = {row["key"]: float(row["value"]) for row in read_input("constants")}
    cold = constants["dimensioning_temperature_degc"] + parts.areas.temperature_offset_degc
    temperature = np.broadcast_to(cold, (PEAK_HOURS, len(cold)))
    power = demand_mw(parts, PEAK_START, PEAK_HOURS, temperature)
    bulk = dict(zip(sectors.sector.tolist(), sectors.bulk.tolist(), strict=True))
    along = power[:, :, [not bulk[sector] for sector in tables.SECTORS]]
    names = parts.areas.area_id.tolist()
    whole = dict(zip(names, power.sum(axis=2).max(axis=0).tolist(), strict=True))
    return whole, dict(zip(names, along.sum(axis=2).max(axis=0).tolist(), strict=True))
