"""The region: every table that describes Oslo and Akershus, immutable."""

from dataclasses import dataclass

from data.grid_tables import (
    Buses,
    Feeders,
    Fragility,
    Generation,
    Lines,
    Reliability,
    Sections,
    Stations,
    Storage,
    Substations,
    Supplies,
    Trafos,
)
from data.response_tables import (
    Depots,
    FuelDepots,
    MobileUnits,
    MutualAid,
    Roads,
    Spares,
)
from data.service_tables import (
    Backups,
    Capacities,
    Deliveries,
    Dependencies,
    DistrictHeat,
    DistrictHeatSupply,
    Dwellings,
    FillingStations,
    Functions,
    People,
    Sites,
    Staff,
    Telecom,
    TelecomRoutes,
    WaterNetworks,
    WaterProfile,
    WaterWorks,
)
from data.tables import (
    BoolArray,
    FloatArray,
    IntArray,
    StrArray,
    Table,
    choice,
    flag,
    fraction,
    identifier,
    number,
    ref,
    text,
    whole,
)

SECTORS = (
    "household",
    "ev_charging",
    "commercial",
    "public",
    "industry",
    "data_centre",
    "transport",
    "district_heat",
)
"""Demand sectors, in the order of every array with a sector dimension."""

KILE_GROUPS = (
    "agriculture",
    "household",
    "industry",
    "commercial",
    "public",
    "electric_process_industry",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas(Table):
    """Boroughs of Oslo and municipalities of Akershus: the smallest place shown."""

    area_id: StrArray = identifier()
    name: StrArray = text(optional=False)
    kind: StrArray = choice("borough", "municipality")
    kommunenummer: StrArray = text(optional=False)
    population: IntArray = whole("persons")
    households: IntArray = whole("households")
    customers: IntArray = whole("customers")
    land_area_km2: FloatArray = number("km2")
    settlement: StrArray = choice("city", "town", "rural")
    x_m: FloatArray = number("m")
    y_m: FloatArray = number("m")
    temperature_offset_degc: FloatArray = number("degC", low=-20, high=20)
    wind_factor: FloatArray = number()


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand(Table):
    """Electricity delivered in a normal year, one row per area and sector."""

    area_id: StrArray = ref("areas")
    sector: StrArray = choice(*SECTORS)
    annual_gwh: FloatArray = number("GWh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sectors(Table):
    """How each sector is costed, shed and connected.

    ``shed_class``: 0 is shed first (flexible), 3 last (critical). ``bulk`` sectors
    hang on the substation's busbar, the others along the feeders.
    """

    sector: StrArray = identifier()
    kile_group: StrArray = choice(*KILE_GROUPS)
    shed_class: IntArray = whole(high=3)
    bulk: BoolArray = flag()


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorProfiles(Table):
    """Mix of profile classes that makes up a sector; shares sum to 1 per sector."""

    sector: StrArray = ref("sectors")
    profile_class: StrArray = text(optional=False)
    share: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles(Table):
    """Hourly load of a profile class, ``a_per_degc * T + b``, T daily mean [degC].

    Normalised so that the mean over the normal year is 1: a value is a multiple of
    the mean load of the class.
    """

    profile_class: StrArray = text(optional=False)
    season: StrArray = choice("winter", "summer")
    day_type: StrArray = choice("weekday", "weekend")
    hour: IntArray = whole("h", high=23)
    a_per_degc: FloatArray = number("1/degC", low=-10.0, high=10.0)
    b: FloatArray = number(low=-100.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperatures(Table):
    """Normal year: mean temperature of each month, at Oslo Blindern."""

    month: IntArray = whole(low=1, high=12)
    mean_degc: FloatArray = number("degC", low=-60, high=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvCharging(Table):
    """Electric cars per area and the share of charging that is controlled."""

    area_id: StrArray = ref("areas")
    electric_cars: IntArray = whole("cars")
    smart_share: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kile(Table):
    """Cost of interruption, ``constant + slope * (duration - shift)`` on [from, to).

    Regulation of 11 March 1999 no. 302 section 9-2; an empty ``to_h`` has no end.
    """

    customer_group: StrArray = choice(*KILE_GROUPS)
    from_h: FloatArray = number("h")
    to_h: FloatArray = number("h", optional=True)
    constant_nok_per_kw: FloatArray = number("NOK/kW")
    slope_nok_per_kw_h: FloatArray = number("NOK/(kW h)")
    shift_h: FloatArray = number("h")
    price_year: IntArray = whole()


@dataclass(frozen=True, slots=True, kw_only=True)
class KileCorrections(Table):
    """Multipliers of the cost by month, weekday and hour, one row each."""

    factor_kind: StrArray = choice("month", "weekday", "hour")
    first: IntArray = whole(high=24)
    last: IntArray = whole(high=24)
    customer_group: StrArray = choice(*KILE_GROUPS)
    factor: FloatArray = number()


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants(Table):
    """Single figures of the model, by name."""

    key: StrArray = identifier()
    value: FloatArray = number(low=-1e12)
    unit: StrArray = text(optional=False)

    def __getitem__(self, name: str) -> float:
        hit = self.value[self.key == name]
        if len(hit) != 1:
            raise KeyError(name)
        return float(hit[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(Table):
    """Published figures the model is held against in the calibration table."""

    figure: StrArray = identifier()
    value: FloatArray = number()
    unit: StrArray = text(optional=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """The whole data set, immutable; each field is one file ``<name>.csv``.

    ``input_hash`` is the SHA-256 of the files it was read from.
    """

    region_id: str
    input_hash: str
    areas: Areas
    demand: Demand
    sectors: Sectors
    sector_profiles: SectorProfiles
    profiles: Profiles
    temperatures: Temperatures
    ev_charging: EvCharging
    stations: Stations
    substations: Substations
    buses: Buses
    lines: Lines
    trafos: Trafos
    supplies: Supplies
    generation: Generation
    feeders: Feeders
    sections: Sections
    reliability: Reliability
    fragility: Fragility
    sites: Sites
    backups: Backups
    functions: Functions
    deliveries: Deliveries
    dependencies: Dependencies
    capacities: Capacities
    people: People
    staff: Staff
    telecom: Telecom
    telecom_routes: TelecomRoutes
    water_works: WaterWorks
    water_profile: WaterProfile
    water_networks: WaterNetworks
    dwellings: Dwellings
    district_heat: DistrictHeat
    district_heat_supply: DistrictHeatSupply
    depots: Depots
    mutual_aid: MutualAid
    spares: Spares
    mobile_units: MobileUnits
    fuel_depots: FuelDepots
    filling_stations: FillingStations
    roads: Roads
    storage: Storage
    kile: Kile
    kile_corrections: KileCorrections
    constants: Constants
    published: Published
