"""Tables of sites, functions and services: what people live on, and what it needs."""

from dataclasses import dataclass

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

NEEDS = (
    "electricity",
    "telecom",
    "nodnett",
    "water",
    "sewage",
    "heat",
    "road",
    "fuel",
    "staff",
)
"""Services a site, function or depot may need; each area has its own level of them."""

RULES = ("weakest", "any", "k_of_n", "linear")
"""How the needs of one group combine (`sim.dependencies.rules`)."""


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
    """Reserve power of a site: UPS -> gensets -> tank -> refuelling.

    ``genset_share`` of the load is behind the gensets, of which ``gensets_needed`` carry
    it; each is out of service, fails to start or fails while running on its own.
    ``start_failure_probability`` holds for a test every 30 days. ``process_autonomy_h``
    is how long the site delivers with no electricity at all (cold in stores, charge in
    buses), after the backup has ended. Mobile gensets go to the lowest
    ``mobile_priority`` first; 0 gets none.
    """

    site_id: StrArray = ref("sites")
    ups_h: FloatArray = number("h")
    genset_share: FloatArray = fraction()
    gensets: IntArray = whole("units", high=50)
    gensets_needed: IntArray = whole("units", high=50)
    availability: FloatArray = fraction()
    start_failure_probability: FloatArray = fraction()
    mttf_h: FloatArray = number("h", low=1.0)
    test_interval_d: FloatArray = number("d", low=1.0)
    start_delay_h: FloatArray = number("h")
    fuel_h: FloatArray = number("h")
    refuelled: BoolArray = flag()
    process_autonomy_h: FloatArray = number("h")
    mobile_priority: IntArray = whole(high=99)


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
    """What needs what, for how long it lasts without, and what is left after.

    ``dependent`` is a function, a kind of site, one site, the crews of a skill
    (``crew_road``), or the name of a shared service that other rows need. ``needs`` is one
    of ``NEEDS``, a function, a site or such a shared service. Rows of one dependent with
    the same ``group`` combine by their ``rule``; groups, and rows without one, are a chain
    of which the weakest link counts. ``level_after`` is the level left without the need
    once ``autonomy_h`` has passed; the dependent is whole again ``recovery_h`` after the need is.
    """

    dependent: StrArray = text(optional=False)
    needs: StrArray = text(optional=False)
    group: StrArray = text()
    rule: StrArray = choice(*RULES)
    k: IntArray = whole("needs", high=1000)
    autonomy_h: FloatArray = number("h")
    level_after: FloatArray = fraction()
    recovery_h: FloatArray = number("h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacities(Table):
    """What a site holds: beds of a hospital, places of a nursing home or shelter."""

    site_id: StrArray = ref("sites")
    unit: StrArray = choice("beds", "care_places", "shelter_places")
    amount: FloatArray = number()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telecom(Table):
    """Base stations per area: battery hours, and the share reinforced for longer.

    Nødnett stations last ``nodnett_h``, a share of them ``nodnett_long_h``.
    """

    area_id: StrArray = ref("areas")
    base_stations: IntArray = whole("stations")
    battery_h: FloatArray = number("h")
    reinforced_share: FloatArray = fraction()
    reinforced_h: FloatArray = number("h")
    nodnett_h: FloatArray = number("h")
    nodnett_long_share: FloatArray = fraction()
    nodnett_long_h: FloatArray = number("h")
    recharge_h: FloatArray = number("h", low=0.1)
    restart_h: FloatArray = number("h")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelecomRoutes(Table):
    """Ways from an area's base stations to a core site; one that works is enough."""

    route_id: StrArray = identifier()
    area_id: StrArray = ref("areas")
    core_site_id: StrArray = ref("sites")
    repair_h: FloatArray = number("h", low=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterWorks(Table):
    """Water works: clean water stored behind them, and how fast it is made again.

    ``storage_h`` is what the reservoirs hold on average over the day, in hours of mean
    demand; they fill at night and fall by day. ``production_over_mean`` is the largest
    production against mean demand.
    """

    site_id: StrArray = ref("sites")
    storage_h: FloatArray = number("h")
    production_over_mean: FloatArray = number(low=1.0, high=10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterProfile(Table):
    """Water demand by hour of the day, local time; mean 1."""

    hour: IntArray = whole("h", high=23)
    factor: FloatArray = number(low=0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterNetworks(Table):
    """Pumped zones with local tanks, pumped sewage, and emergency water of an area.

    ``sewage_pumped_share`` of people are behind a pumping station whose sump lasts
    ``sewage_sump_h``; then it overflows. Emergency water reaches
    ``emergency_water_persons`` from ``emergency_water_ready_h`` after water is lost.
    """

    area_id: StrArray = ref("areas")
    pumped_share: FloatArray = fraction()
    local_tank_h: FloatArray = number("h")
    tank_refill_h: FloatArray = number("h", low=0.1)
    sewage_pumped_share: FloatArray = fraction()
    sewage_sump_h: FloatArray = number("h")
    emergency_water_persons: IntArray = whole("persons")
    emergency_water_ready_h: FloatArray = number("h")


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
    """District heating systems, the site each hangs on, and how long it lasts.

    ``electric_share`` of the heat is made from grid electricity and stops with it; the
    rest needs the plant's own power. Without the plant the network gives heat for
    ``accumulator_h`` from water in pipes and tanks.
    """

    system_id: StrArray = identifier()
    name: StrArray = text(optional=False)
    site_id: StrArray = ref("sites")
    heat_supplied_gwh: FloatArray = number("GWh")
    peak_mw: FloatArray = number("MW")
    electricity_input_gwh: FloatArray = number("GWh")
    electric_share: FloatArray = fraction()
    accumulator_h: FloatArray = number("h")


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictHeatSupply(Table):
    """Share of an area's dwellings heated by a district heating system."""

    system_id: StrArray = ref("district_heat")
    area_id: StrArray = ref("areas")
    dwelling_share: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class FillingStations(Table):
    """Filling stations of an area: reserve power, and litres in their tanks.

    ``sales_m3_per_d`` is what they sell on a normal day, ``stock_d`` how many such days
    their tanks last when nothing comes.
    """

    area_id: StrArray = ref("areas")
    stations: IntArray = whole("stations")
    backup_share: FloatArray = fraction()
    sales_m3_per_d: FloatArray = number("m3/d")
    stock_d: FloatArray = number("d")


@dataclass(frozen=True, slots=True, kw_only=True)
class People(Table):
    """Who lives in an area, as far as a crisis is concerned.

    ``prepared_1d``, ``_3d`` and ``_7d`` are the shares of people who can cope at home
    for at least one, three and seven days. ``safety_alarms`` are units in use.
    """

    area_id: StrArray = ref("areas")
    vulnerable_share: FloatArray = fraction()
    home_care_users: IntArray = whole("persons")
    safety_alarms: IntArray = whole("alarms")
    prepared_1d: FloatArray = fraction()
    prepared_3d: FloatArray = fraction()
    prepared_7d: FloatArray = fraction()
    battery_radio_share: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff(Table):
    """Staff of a kind of site, a function, or the crews of a skill (``crew_road``).

    Full service takes ``needed_share`` of normal staff. ``parents_share`` stay at home
    when schools close, ``home_office_share`` can work from home. How long double shifts
    hide a lack is the autonomy of the dependency on staff.
    """

    works_at: StrArray = text(optional=False)
    needed_share: FloatArray = fraction()
    parents_share: FloatArray = fraction()
    home_office_share: FloatArray = fraction()
