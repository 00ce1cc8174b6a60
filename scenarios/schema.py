"""What a scenario, measure or portfolio file may say."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from data.calendars import TIME_ZONE

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Hours = Annotated[float, Field(ge=0, le=87_600)]
"""Up to ten years [h]."""
Price = Annotated[float, Field(ge=0, le=1e12)]
Quality = Literal["measured", "published", "estimated"]


MAX_ITEMS = 10_000
"""Longest list in a file: a file may repeat a list by reference many times."""

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Starts outside these years are taken for typing errors."""

BUILDS = {
    "crews": ("crew", "aid_crew"),
    "underground": ("cable_km",),
    "telecom_backup": ("base_station", "battery_base_station"),
    "site_backup": ("genset_kw", "fuel_m3"),
    "neighbourhood_batteries": ("battery", "battery_mw", "battery_mwh"),
    "smart_charging": ("car",),
}
"""Quantities each kind of action builds, as counted by ``measures.apply``."""


class _Strict(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


class Text(_Strict):
    """A text in both languages of the screen."""

    nb: Annotated[str, Field(min_length=1)]
    """Bokmål."""
    en: Annotated[str, Field(min_length=1)]
    """English."""


class Likelihood(_Strict):
    """How often a crisis of this kind is expected."""

    low_per_year: Share
    """Lower end of the range [1/yr]."""
    high_per_year: Share
    """Upper end of the range [1/yr]."""
    source: Annotated[str, Field(min_length=1)]
    """Where the range comes from."""
    quality: Quality
    """Mark of the range."""

    @field_validator("high_per_year")
    @classmethod
    def _not_below_low(cls, high: float, info: ValidationInfo) -> float:
        low = info.data.get("low_per_year")
        if low is not None and high < low:
            raise PydanticCustomError(
                "range_reversed", "at least low_per_year, {low}", {"low": low}
            )
        return high


class TemperaturePoint(_Strict):
    """Mean temperature of the region at one hour; linear between points."""

    t_h: NotNegative
    """Hours from the scenario's start [h]."""
    degc: Annotated[float, Field(ge=-45, le=40)]
    """Temperature at Oslo's level; each area adds its own offset [degC]."""


class WindStorm(_Strict):
    """A storm crossing the region; gusts break overhead lines and fell trees on them."""

    kind: Literal["wind_storm"]
    start_h: NotNegative
    """When the storm front reaches the region's western edge [h]."""
    duration_h: Annotated[float, Field(ge=1, le=2160)]
    """How long it blows at one place; not shorter than the hour it is sampled by [h]."""
    peak_gust_ms: Annotated[float, Field(ge=0, le=70)]
    """Largest gust in open land at the storm's height [m/s]."""
    background_gust_ms: Annotated[float, Field(ge=0, le=70)] = 8.0
    """Gust before and after [m/s]."""
    from_degree: Annotated[float, Field(ge=0, lt=360)] = 225.0
    """Direction the front comes from, clockwise from north [degree]."""
    front_speed_ms: Annotated[float, Field(ge=1, le=100)] = 15.0
    """Speed of the front across the region [m/s]."""
    severity_spread: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Standard deviation of the logarithm of the gust between replications [1]."""
    timing_spread_h: Annotated[float, Field(ge=0, le=168)] = 0.0
    """Standard deviation of the arrival between replications [h]."""


class AssetOutage(_Strict):
    """Named lines, transformers, substations or feeder sections fail at a given time."""

    kind: Literal["asset_outage"]
    start_h: NotNegative
    """When they fail [h]."""
    asset_ids: Annotated[tuple[str, ...], Field(strict=False, min_length=1, max_length=MAX_ITEMS)]
    """Identifiers from lines.csv, trafos.csv, substations.csv or sections.csv."""
    repair_h: Annotated[float, Field(gt=0, le=87_600)]
    """Hours of work to repair each [h]."""


Hazard = Annotated[WindStorm | AssetOutage, Field(discriminator="kind")]


class Scenario(_Strict):
    """One crisis."""

    schema_version: Literal[1]
    id: Identifier
    """Name of the scenario in commands and folders."""
    name: Text
    summary: Text
    based_on: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    """What the crisis is based on: analyses, real events."""
    judgement: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Which numbers are judgement, and whose."""
    likelihood: Likelihood
    start: Annotated[
        datetime,
        Field(strict=False),
        WithJsonSchema(
            {
                "type": "string",
                "pattern": r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?$",
                "examples": ["2026-01-12T00:00:00"],
            }
        ),
    ]
    """Local time in Oslo when the clock starts, without an offset."""
    duration_h: Annotated[int, Field(ge=1, le=2160)]
    """Length of the crisis [h]."""
    temperature: Annotated[
        tuple[TemperaturePoint, ...], Field(strict=False, min_length=1, max_length=MAX_ITEMS)
    ]
    """Course of the temperature."""
    hazards: Annotated[tuple[Hazard, ...], Field(strict=False, max_length=1000)] = ()

    @field_validator("start")
    @classmethod
    def _is_local_time(cls, start: datetime) -> datetime:
        if start.tzinfo is not None:
            raise PydanticCustomError(
                "start_with_offset", "local time in Oslo, written without an offset"
            )
        if not FIRST_YEAR <= start.year < LAST_YEAR:
            raise PydanticCustomError(
                "start_year", f"a year from {FIRST_YEAR} until {LAST_YEAR - 1}"
            )
        oslo = ZoneInfo(TIME_ZONE)
        again = start.replace(tzinfo=oslo).astimezone(UTC).astimezone(oslo)
        if again.replace(tzinfo=None) != start:
            raise PydanticCustomError(
                "start_skipped", "an hour that exists; the clock was put forward past this one"
            )
        return start

    @field_validator("temperature")
    @classmethod
    def _hours_increase(
        cls, temperature: tuple[TemperaturePoint, ...]
    ) -> tuple[TemperaturePoint, ...]:
        wrong = [f"{b.t_h:g} after {a.t_h:g}" for a, b in pairwise(temperature) if b.t_h <= a.t_h]
        if wrong:
            raise PydanticCustomError(
                "hours_not_increasing",
                "t_h larger in each point than in the one before",
                {"found": ", ".join(wrong)},
            )
        return temperature

    @field_validator("hazards")
    @classmethod
    def _start_before_the_end(
        cls, hazards: tuple[Hazard, ...], info: ValidationInfo
    ) -> tuple[Hazard, ...]:
        end = info.data.get("duration_h")
        late = [
            f"{at}.start_h {hazard.start_h:g}"
            for at, hazard in enumerate(hazards)
            if end is not None and hazard.start_h >= end
        ]
        if late:
            raise PydanticCustomError(
                "hazard_after_end",
                "start_h before the end of the scenario at {end} h",
                {"found": ", ".join(late), "end": end},
            )
        return hazards


class Crews(_Strict):
    """More crews at the depots, and help from neighbours."""

    kind: Literal["crews"]
    added_per_depot: Annotated[int, Field(ge=0, le=100)]
    """Crews on call at each distribution depot [crews]."""
    aid_crews: Annotated[int, Field(ge=0, le=1000)] = 0
    """Crews promised by neighbours and contractors, spread over the depots [crews]."""
    aid_arrives_h: Hours = 24.0
    """When they are at work, counted from the start of the first hazard [h]."""


class Underground(_Strict):
    """Overhead line replaced by cable where a fault hits most customers per kilometre."""

    kind: Literal["underground"]
    overhead_km: NotNegative
    """Length of overhead line to replace [km]."""
    cable_per_overhead: Annotated[float, Field(ge=1, le=3)] = 1.2
    """Cable needed per length of line, following roads [1]."""


class TelecomBackup(_Strict):
    """Longer reserve power at base stations."""

    kind: Literal["telecom_backup"]
    reinforced_share: Share
    """At least this share of each area's base stations lasts ``reinforced_h`` [1]."""
    reinforced_h: Annotated[float, Field(gt=0, le=87_600)] = 72.0
    """[h]"""
    battery_h: Hours = 0.0
    """Battery of the others, if longer than today's [h]."""


class SiteBackup(_Strict):
    """Gensets and fuel at sites of given kinds that lack them."""

    kind: Literal["site_backup"]
    site_kinds: Annotated[tuple[str, ...], Field(strict=False, min_length=1, max_length=1000)]
    """Kinds of site as in sites.csv."""
    fuel_h: Annotated[float, Field(gt=0, le=87_600)]
    """Hours in the tank [h]."""
    ups_h: Hours = 0.0
    """Hours of battery until the genset runs [h]."""
    start_failure_probability: Share
    """Chance that the genset does not start [1]."""
    refuelled: bool = True
    """Whether a fuel truck serves the site. """


class NeighbourhoodBatteries(_Strict):
    """Batteries that carry a feeder section as an island, where no reserve exists."""

    kind: Literal["neighbourhood_batteries"]
    count: Annotated[int, Field(ge=0, le=5000)]
    """Number of batteries [units]."""
    p_mw: Annotated[float, Field(gt=0, le=1000)]
    """Power of each [MW]."""
    e_mwh: Annotated[float, Field(gt=0, le=10_000)]
    """Usable energy of each [MWh]."""
    efficiency: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Round trip [1]."""


class SmartCharging(_Strict):
    """Electric cars charge at night by control instead of when they come home."""

    kind: Literal["smart_charging"]
    smart_share: Share
    """At least this share of each area's cars [1]."""


Action = Annotated[
    Crews | Underground | TelecomBackup | SiteBackup | NeighbourhoodBatteries | SmartCharging,
    Field(discriminator="kind"),
]


class Cost(_Strict):
    """Price of one unit of something a measure builds or keeps."""

    of: Literal[
        "crew",
        "aid_crew",
        "cable_km",
        "base_station",
        "battery_base_station",
        "genset_kw",
        "fuel_m3",
        "battery_mw",
        "battery_mwh",
        "battery",
        "car",
    ]
    """The quantity that is counted when the measure is applied."""
    investment_nok: Price = 0.0
    """Once, per unit [NOK]."""
    yearly_nok: Price = 0.0
    """Each year, per unit [NOK/yr]."""
    lifetime_yr: Annotated[float, Field(ge=1, le=200)] = 20.0
    """[yr]"""
    source: Annotated[str, Field(min_length=1)]
    quality: Quality


class Measure(_Strict):
    """One thing that can be done, with its size, place and cost."""

    schema_version: Literal[1]
    id: Identifier
    name: Text
    summary: Text
    actions: Annotated[tuple[Action, ...], Field(strict=False, min_length=1, max_length=100)]
    costs: Annotated[tuple[Cost, ...], Field(strict=False, min_length=1, max_length=100)]
    source: Annotated[str, Field(min_length=1)]
    """Where size and effect come from."""
    quality: Quality

    @field_validator("costs")
    @classmethod
    def _of_what_is_built(cls, costs: tuple[Cost, ...], info: ValidationInfo) -> tuple[Cost, ...]:
        if "actions" not in info.data:
            return costs
        built = sorted({of for action in info.data["actions"] for of in BUILDS[action.kind]})
        wrong = [f"{at}.of {cost.of}" for at, cost in enumerate(costs) if cost.of not in built]
        if wrong:
            raise PydanticCustomError(
                "cost_of_nothing",
                "of what the actions build: {built}",
                {"found": ", ".join(wrong), "built": " | ".join(built)},
            )
        return costs


class Portfolio(_Strict):
    """A set of measures; without any it is the baseline."""

    schema_version: Literal[1]
    id: Identifier
    name: Text
    summary: Text
    measures: Annotated[tuple[Identifier, ...], Field(strict=False, max_length=1000)] = ()

    @field_validator("measures")
    @classmethod
    def _each_once(cls, measures: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in measures if measures.count(name) > 1})
        if twice:
            raise PydanticCustomError(
                "measure_twice", "each measure once", {"found": ", ".join(twice)}
            )
        return measures
