"""What a scenario, measure or portfolio file may say."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from data.calendars import TIME_ZONE
from scenarios.action_kinds import BUILDS, Action
from scenarios.fields import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_ITEMS,
    Identifier,
    NotNegative,
    Price,
    Quality,
    Share,
    Strict,
    Text,
)
from scenarios.hazard_kinds import Hazard


class Likelihood(Strict):
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


class TemperaturePoint(Strict):
    """Mean temperature of the region at one hour; linear between points."""

    t_h: NotNegative
    """Hours from the scenario's start [h]."""
    degc: Annotated[float, Field(ge=-45, le=40)]
    """Temperature at Oslo's level; each area adds its own offset [degC]."""


class Scenario(Strict):
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


class Cost(Strict):
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
        "plan",
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


class Measure(Strict):
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


class Restoration(Strict):
    """In which order faults are repaired."""

    policy: Literal["critical_first", "customers_first", "first_come", "best_known"] = (
        "critical_first"
    )
    """critical_first: megawatts out, those of critical sites counted several times, per hour
    of work. customers_first: customers out per hour of work. first_come: as faults become
    known. best_known: the order that an exact solver finds best when it knows every fault
    and every repair time in advance; an upper bound, not a plan."""
    first: Annotated[tuple[str, ...], Field(strict=False, max_length=MAX_ITEMS)] = ()
    """Sections, feeders, substations, lines, trafos or areas that come before all others, in
    this order."""

    @field_validator("first")
    @classmethod
    def _each_once(cls, first: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in first if first.count(name) > 1})
        if twice:
            raise PydanticCustomError("first_twice", "each once", {"found": ", ".join(twice)})
        return first


class Portfolio(Strict):
    """A set of measures and an order of repairs; without any it is the baseline."""

    schema_version: Literal[1]
    id: Identifier
    name: Text
    summary: Text
    measures: Annotated[tuple[Identifier, ...], Field(strict=False, max_length=1000)] = ()
    restoration: Restoration = Restoration()

    @field_validator("measures")
    @classmethod
    def _each_once(cls, measures: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in measures if measures.count(name) > 1})
        if twice:
            raise PydanticCustomError(
                "measure_twice", "each measure once", {"found": ", ".join(twice)}
            )
        return measures
