"""Tables of those who respond: crews, help, spare parts, mobile units, fuel and roads."""

from dataclasses import dataclass

from data.tables import (
    FloatArray,
    IntArray,
    StrArray,
    Table,
    choice,
    fraction,
    identifier,
    number,
    ref,
    text,
    whole,
)

SKILLS = ("distribution", "cable", "transmission", "road", "telecom", "fuel")
"""What crews of a depot can do; a fuel crew is a tank truck with its driver."""

COMPONENT_SKILLS = ("distribution", "cable", "transmission", "road")


@dataclass(frozen=True, slots=True, kw_only=True)
class Depots(Table):
    """Where crews and tank trucks start from."""

    depot_id: StrArray = identifier()
    name: StrArray = text(optional=False)
    skill: StrArray = choice(*SKILLS)
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
class Spares(Table):
    """Spare parts on stock; when none is left a new one takes ``lead_time_h``.

    ``prepare_h`` is from order until the part is loaded and ready to go, ``install_h`` the
    work to put it in.
    """

    part: StrArray = text(optional=False)
    depot_id: StrArray = ref("depots")
    units: IntArray = whole("units")
    prepare_h: FloatArray = number("h")
    install_h: FloatArray = number("h")
    lead_time_h: FloatArray = number("h")


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileUnits(Table):
    """Gensets and substations on wheels.

    ``rating_mva`` is of each unit; ``connect_h`` the work on the spot, ``fuel_h`` a full
    tank of a genset.
    """

    unit_id: StrArray = identifier()
    kind: StrArray = choice("genset", "substation")
    depot_id: StrArray = ref("depots")
    units: IntArray = whole("units")
    rating_mva: FloatArray = number("MVA", low=1e-3)
    prepare_h: FloatArray = number("h")
    connect_h: FloatArray = number("h")
    fuel_h: FloatArray = number("h")


@dataclass(frozen=True, slots=True, kw_only=True)
class FuelDepots(Table):
    """Fuel terminals: the depot of trucks that load there, its stock and its supply.

    ``normal_out_m3_per_h`` is what filling stations usually take, ``import_m3_per_h``
    what ships, pipes and trains bring; ``truck_m3`` a truck's load. A truck brings fuel to
    filling stations for ``station_work_share`` of its time on a normal day.
    """

    depot_id: StrArray = ref("depots")
    site_id: StrArray = ref("sites", optional=True)
    stock_m3: FloatArray = number("m3")
    normal_out_m3_per_h: FloatArray = number("m3/h")
    import_m3_per_h: FloatArray = number("m3/h")
    truck_m3: FloatArray = number("m3", low=0.1)
    station_work_share: FloatArray = fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Roads(Table):
    """Road links between neighbouring areas; ``ways`` are independent roads of a link."""

    road_id: StrArray = identifier()
    from_area_id: StrArray = ref("areas")
    to_area_id: StrArray = ref("areas")
    length_km: FloatArray = number("km", low=0.1)
    travel_h: FloatArray = number("h", low=1e-3)
    ways: IntArray = whole("roads", low=1, high=50)
    forest_share: FloatArray = fraction()
