"""Tables of the electricity grid, from transmission stations to feeder sections."""

from dataclasses import dataclass

from data.response_tables import COMPONENT_SKILLS
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stations(Table):
    """Transmission stations (300/420 kV) in and around the region."""

    station_id: StrArray = identifier()
    name: StrArray = text(optional=False)
    in_region: BoolArray = flag()
    x_m: FloatArray = number("m", low=-1e6)
    y_m: FloatArray = number("m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Substations(Table):
    """Primary substations (132/47/33 kV to 22/11 kV)."""

    substation_id: StrArray = identifier()
    name: StrArray = text(optional=False)
    area_id: StrArray = ref("areas")
    station_id: StrArray = ref("stations")
    hv_bus_id: StrArray = ref("buses")
    mv_bus_id: StrArray = ref("buses")
    x_m: FloatArray = number("m")
    y_m: FloatArray = number("m")
    synthetic: BoolArray = flag()


@dataclass(frozen=True, slots=True, kw_only=True)
class Buses(Table):
    """Buses of the meshed grid, down to the substations' secondary side."""

    bus_id: StrArray = identifier()
    vn_kv: FloatArray = number("kV", low=1.0, high=500.0)
    kind: StrArray = choice("transmission", "regional", "substation_hv", "substation_mv")
    x_m: FloatArray = number("m", low=-1e6)
    y_m: FloatArray = number("m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines(Table):
    """Lines and cables of the meshed grid, one row per circuit."""

    line_id: StrArray = identifier()
    from_bus_id: StrArray = ref("buses")
    to_bus_id: StrArray = ref("buses")
    kind: StrArray = choice("overhead", "cable", "sea_cable")
    length_km: FloatArray = number("km", low=1e-3)
    r_ohm_per_km: FloatArray = number("ohm/km")
    x_ohm_per_km: FloatArray = number("ohm/km", low=1e-6)
    c_nf_per_km: FloatArray = number("nF/km")
    rating_mva: FloatArray = number("MVA", low=1e-3)
    forest_share: FloatArray = fraction()
    exposure_area_id: StrArray = ref("areas", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trafos(Table):
    """Transformers of the meshed grid, one row per unit."""

    trafo_id: StrArray = identifier()
    hv_bus_id: StrArray = ref("buses")
    lv_bus_id: StrArray = ref("buses")
    rating_mva: FloatArray = number("MVA", low=1e-3)
    vk_percent: FloatArray = number("%", low=0.1)
    vkr_percent: FloatArray = number("%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplies(Table):
    """Where power enters the modelled grid from outside; shares sum to 1."""

    supply_id: StrArray = identifier()
    bus_id: StrArray = ref("buses")
    p_max_mw: FloatArray = number("MW")
    share: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation(Table):
    """Plants inside the region.

    ``grid_forming`` plants can hold an island alone, ``black_start`` plants can also
    start without any electricity from outside.
    """

    plant_id: StrArray = identifier()
    name: StrArray = text(optional=False)
    kind: StrArray = choice("run_of_river", "storage_hydro", "chp_waste", "solar")
    bus_id: StrArray = ref("buses")
    p_max_mw: FloatArray = number("MW")
    winter_availability: FloatArray = fraction()
    annual_gwh: FloatArray = number("GWh")
    grid_forming: BoolArray = flag()
    black_start: BoolArray = flag()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeders(Table):
    """Medium-voltage feeders (22/11 kV), each in one area under one substation.

    ``demand_share`` is the share of the area's distributed demand on this feeder and
    sums to 1 per area.
    """

    feeder_id: StrArray = identifier()
    substation_id: StrArray = ref("substations")
    area_id: StrArray = ref("areas")
    vn_kv: FloatArray = number("kV", low=1.0)
    customers: IntArray = whole("customers")
    demand_share: FloatArray = fraction()
    synthetic: BoolArray = flag()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections(Table):
    """Feeder sections: a tree per feeder, the head section has an empty parent.

    ``switch_kind`` is what stands at the section's upstream end: ``breaker`` trips
    for faults downstream, ``remote`` and ``manual`` disconnectors isolate, ``none``
    joins the section to its parent. ``reserve`` is a normally open connection to
    another feeder at the section's far end. Shares of the feeder sum to 1.
    """

    section_id: StrArray = identifier()
    feeder_id: StrArray = ref("feeders")
    parent_section_id: StrArray = ref("sections", optional=True)
    switch_kind: StrArray = choice("breaker", "remote", "manual", "none")
    reserve: StrArray = choice("none", "remote", "manual")
    overhead_km: FloatArray = number("km")
    cable_km: FloatArray = number("km")
    forest_share: FloatArray = fraction()
    transformers: IntArray = whole("units")
    customers: IntArray = whole("customers")
    feeder_share: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability(Table):
    """Failure and repair of components in a normal year.

    ``skill`` is the crew that repairs it; ``part`` the spare it takes, empty for what
    crews carry with them.
    """

    component: StrArray = identifier()
    failure_rate_per_100_yr: FloatArray = number("1/(100 km yr) or 1/(100 units yr)")
    temporary_rate_per_100_yr: FloatArray = number("1/(100 km yr) or 1/(100 units yr)")
    repair_mean_h: FloatArray = number("h")
    repair_cv: FloatArray = number()
    skill: StrArray = choice(*COMPONENT_SKILLS)
    part: StrArray = text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragility(Table):
    """Failure rate in wind: ``rate * (gust / reference) ** exponent`` above reference.

    Per 100 km and hour of overhead line in forest; ``open_factor`` scales line in
    open land; ``temporary_share`` is cleared by automatic reclosing.
    """

    asset_kind: StrArray = identifier()
    rate_per_100km_h: FloatArray = number("1/(100 km h)")
    reference_ms: FloatArray = number("m/s", low=1.0)
    exponent: FloatArray = number()
    open_factor: FloatArray = fraction()
    temporary_share: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage(Table):
    """Batteries in the grid, each at a feeder section; may carry it as an island."""

    storage_id: StrArray = identifier()
    section_id: StrArray = ref("sections")
    p_mw: FloatArray = number("MW")
    e_mwh: FloatArray = number("MWh")
    efficiency: FloatArray = fraction()
    islandable: BoolArray = flag()
