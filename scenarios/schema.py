"""What a scenario, measure or portfolio file may say."""

from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Quality = Literal["measured", "published", "estimated"]


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

    @model_validator(mode="after")
    def _ordered(self) -> "Likelihood":
        if self.high_per_year < self.low_per_year:
            raise ValueError("high_per_year must not be below low_per_year")
        return self


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
    duration_h: Positive
    """How long it blows at one place [h]."""
    peak_gust_ms: Annotated[float, Field(ge=0, le=70)]
    """Largest gust in open land at the storm's height [m/s]."""
    background_gust_ms: NotNegative = 8.0
    """Gust before and after [m/s]."""
    from_degree: Annotated[float, Field(ge=0, lt=360)] = 225.0
    """Direction the front comes from, clockwise from north [degree]."""
    front_speed_ms: Positive = 15.0
    """Speed of the front across the region [m/s]."""
    severity_spread: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Standard deviation of the logarithm of the gust between replications [1]."""
    timing_spread_h: NotNegative = 0.0
    """Standard deviation of the arrival between replications [h]."""


class AssetOutage(_Strict):
    """Named lines, transformers, substations or feeder sections fail at a given time."""

    kind: Literal["asset_outage"]
    start_h: NotNegative
    """When they fail [h]."""
    asset_ids: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    """Identifiers from lines.csv, trafos.csv, substations.csv or sections.csv."""
    repair_h: Positive
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
    start: Annotated[datetime, Field(strict=False)]
    """Local time in Oslo when the clock starts."""
    duration_h: Annotated[int, Field(ge=1, le=2160)]
    """Length of the crisis [h]."""
    temperature: Annotated[tuple[TemperaturePoint, ...], Field(strict=False, min_length=1)]
    """Course of the temperature."""
    hazards: Annotated[tuple[Hazard, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _times_in_order(self) -> "Scenario":
        hours = [point.t_h for point in self.temperature]
        if any(b <= a for a, b in pairwise(hours)):
            raise ValueError("the hours of temperature must increase")
        if self.start.tzinfo is not None:
            raise ValueError("start is local time in Oslo, written without an offset")
        late = [h.start_h for h in self.hazards if h.start_h >= self.duration_h]
        if late:
            raise ValueError(f"a hazard starts at {late[0]:g} h, after the end of the scenario")
        return self


class Crews(_Strict):
    """More crews at the depots, and help from neighbours."""

    kind: Literal["crews"]
    added_per_depot: Annotated[int, Field(ge=0, le=100)]
    """Crews on call at each distribution depot [crews]."""
    aid_crews: Annotated[int, Field(ge=0, le=1000)] = 0
    """Crews promised by neighbours and contractors, spread over the depots [crews]."""
    aid_arrives_h: NotNegative = 24.0
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
    reinforced_h: Positive = 72.0
    """[h]"""
    battery_h: NotNegative = 0.0
    """Battery of the others, if longer than today's [h]."""


class SiteBackup(_Strict):
    """Gensets and fuel at sites of given kinds that lack them."""

    kind: Literal["site_backup"]
    site_kinds: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    """Kinds of site as in sites.csv."""
    fuel_h: Positive
    """Hours in the tank [h]."""
    ups_h: NotNegative = 0.0
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
    p_mw: Positive
    """Power of each [MW]."""
    e_mwh: Positive
    """Usable energy of each [MWh]."""
    efficiency: Share = 0.9
    """Round trip [1]."""


class SmartCharging(_Strict):
    """Electric cars charge at night by control, and pause when power is short."""

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
    investment_nok: NotNegative = 0.0
    """Once, per unit [NOK]."""
    yearly_nok: NotNegative = 0.0
    """Each year, per unit [NOK/yr]."""
    lifetime_yr: Positive = 20.0
    """[yr]"""
    source: Annotated[str, Field(min_length=1)]
    quality: Quality


class Measure(_Strict):
    """One thing that can be done, with its size, place and cost."""

    schema_version: Literal[1]
    id: Identifier
    name: Text
    summary: Text
    actions: Annotated[tuple[Action, ...], Field(strict=False, min_length=1)]
    costs: Annotated[tuple[Cost, ...], Field(strict=False, min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    """Where size and effect come from."""
    quality: Quality


class Portfolio(_Strict):
    """A set of measures; without any it is the baseline."""

    schema_version: Literal[1]
    id: Identifier
    name: Text
    summary: Text
    measures: Annotated[tuple[Identifier, ...], Field(strict=False)] = ()
