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
class Sites(Table):
    """Named places where critical functions are delivered.

    ``section_id`` is the normal feed, ``reserve_section_id`` a second one or empty.
    """

    site_id: StrArray = identifier()
    name: StrArray = text(optional=False)
    kind: StrArray = text(optional=False)
    area_id: StrArray = ref("areas")
    load_mw: FloatArray = number("MW")
    section_id: StrArray = ref("sections")
    reserve_section_id: StrArray = ref("sections", optional=True)
    synthetic: BoolArray = flag()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups(Table):
    """Reserve power of a site: UPS -> genset -> tank -> refuelling.

    ``process_autonomy_h`` is how long the site delivers with no electricity at all
    (water in reservoirs, cold in stores), after the backup has ended.
    """

    site_id: StrArray = ref("sites")
    ups_h: FloatArray = number("h")
    genset_share: FloatArray = fraction()
    start_failure_probability: FloatArray = fraction()
    start_delay_h: FloatArray = number("h")
    fuel_h: FloatArray = number("h")
    refuelled: BoolArray = flag()
    process_autonomy_h: FloatArray = number("h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions(Table):
    """DSB's critical societal functions.

    ``site_share`` of the function's delivery comes from its sites, the rest from
    premises spread like the population.
    """

    function_id: StrArray = identifier()
    name_nb: StrArray = text(optional=False)
    name_en: StrArray = text(optional=False)
    category: StrArray = choice("governance", "safety", "functionality")
    site_share: FloatArray = fraction()
    weight: FloatArray = number()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries(Table):
    """Which site delivers which function to which area; shares sum to 1 per pair."""

    function_id: StrArray = ref("functions")
    site_id: StrArray = ref("sites")
    area_id: StrArray = ref("areas")
    share: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies(Table):
    """What a function needs, for how long it lasts without, and what is left after."""

    function_id: StrArray = ref("functions")
    needs: StrArray = choice("electricity", "telecom", "water", "heat", "transport", "fuel")
    autonomy_h: FloatArray = number("h")
    level_after: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telecom(Table):
    """Base stations per area: battery hours, and the share reinforced for longer."""

    area_id: StrArray = ref("areas")
    base_stations: IntArray = whole("stations")
    battery_h: FloatArray = number("h")
    reinforced_share: FloatArray = fraction()
    reinforced_h: FloatArray = number("h")
    restart_h: FloatArray = number("h")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterNetworks(Table):
    """Share of people on pumped zones, and hours in the local tanks."""

    area_id: StrArray = ref("areas")
    pumped_share: FloatArray = fraction()
    local_tank_h: FloatArray = number("h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwellings(Table):
    """Dwellings by class; shares sum to 1 per area."""

    area_id: StrArray = ref("areas")
    dwelling_class: StrArray = choice("detached_old", "detached_new", "apartment")
    share: FloatArray = fraction()
    time_constant_h: FloatArray = number("h", low=1.0)
    stove_share: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictHeat(Table):
    """District heating systems, the site each hangs on, and how long it lasts."""

    system_id: StrArray = identifier()
    name: StrArray = text(optional=False)
    site_id: StrArray = ref("sites")
    heat_supplied_gwh: FloatArray = number("GWh")
    peak_mw: FloatArray = number("MW")
    electricity_input_gwh: FloatArray = number("GWh")


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictHeatSupply(Table):
    """Share of an area's dwellings heated by a district heating system."""

    system_id: StrArray = ref("district_heat")
    area_id: StrArray = ref("areas")
    dwelling_share: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Depots(Table):
    """Where crews and fuel trucks start from."""

    depot_id: StrArray = identifier()
    name: StrArray = text(optional=False)
    kind: StrArray = choice("distribution", "transmission", "fuel")
    area_id: StrArray = ref("areas")
    crews: IntArray = whole("crews")


@dataclass(frozen=True, slots=True, kw_only=True)
class MutualAid(Table):
    """Crews from neighbours; ``arrives_h`` counts from the start of the first hazard."""

    aid_id: StrArray = identifier()
    depot_id: StrArray = ref("depots")
    arrives_h: FloatArray = number("h")
    crews: IntArray = whole("crews")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roads(Table):
    """Road links between neighbouring areas."""

    road_id: StrArray = identifier()
    from_area_id: StrArray = ref("areas")
    to_area_id: StrArray = ref("areas")
    length_km: FloatArray = number("km", low=0.1)
    travel_h: FloatArray = number("h", low=1e-3)


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
    telecom: Telecom
    water_networks: WaterNetworks
    dwellings: Dwellings
    district_heat: DistrictHeat
    district_heat_supply: DistrictHeatSupply
    depots: Depots
    mutual_aid: MutualAid
    roads: Roads
    storage: Storage
    kile: Kile
    kile_corrections: KileCorrections
    constants: Constants
    published: Published
