"""The kinds of hazard a scenario may hold: building blocks a planner combines."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from scenarios.fields import MAX_ITEMS, AreaIds, Ids, NotNegative, Share, Strict

Duration = Annotated[float, Field(gt=0, le=87_600)]
"""Hours, more than none [h]."""


class WindStorm(Strict):
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


class AssetOutage(Strict):
    """Named lines, transformers, substations or feeder sections fail at a given time."""

    kind: Literal["asset_outage"]
    start_h: NotNegative
    """When they fail [h]."""
    asset_ids: Annotated[tuple[str, ...], Field(strict=False, min_length=1, max_length=MAX_ITEMS)]
    """Identifiers from lines.csv, trafos.csv, substations.csv or sections.csv."""
    repair_h: Annotated[float, Field(gt=0, le=87_600)] | None = None
    """Hours of work to repair each; left out, what the kind of asset takes, with the spare
    part and crew of reliability.csv [h]."""


class SiteOutage(Strict):
    """Sites are struck themselves, whatever they need: fire, contamination, attack."""

    kind: Literal["site_outage"]
    start_h: NotNegative
    """When they are struck [h]."""
    duration_h: Duration
    """Until they can deliver again [h]."""
    site_ids: Ids
    """Identifiers from sites.csv."""
    level: Share = 0.0
    """What is left of what they deliver meanwhile [1]."""


class RoadDisruption(Strict):
    """Roads are closed by flood, slide or fallen trees, or slowed by snow."""

    kind: Literal["road_disruption"]
    start_h: NotNegative
    """When it begins [h]."""
    duration_h: Duration
    """Until the roads are as usual again [h]."""
    road_ids: Annotated[tuple[str, ...], Field(strict=False, max_length=MAX_ITEMS)] = ()
    """Identifiers from roads.csv."""
    area_ids: Annotated[tuple[str, ...], Field(strict=False, max_length=MAX_ITEMS)] = ()
    """Areas of which every road is meant."""
    speed: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the usual speed; 0 is closed [1]."""

    @field_validator("area_ids")
    @classmethod
    def _names_a_road(cls, area_ids: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not area_ids and not info.data.get("road_ids", True):
            raise PydanticCustomError("no_road", "road_ids or area_ids with at least one name")
        return area_ids

    # Checked also when it is left out.
    model_config = Strict.model_config | {"validate_default": True}


class TelecomOutage(Strict):
    """Telephone networks are struck: fibre cut, core failure, cyber attack."""

    kind: Literal["telecom_outage"]
    start_h: NotNegative
    """When they are struck [h]."""
    duration_h: Duration
    """Until they work again; a cut route takes its repair in addition [h]."""
    networks: Annotated[
        tuple[Literal["telecom", "nodnett"], ...], Field(strict=False, max_length=2)
    ] = ("telecom",)
    """Which networks; without effect on route_ids, which carry the public one."""
    area_ids: AreaIds = ()
    """Areas; all of them when neither areas nor routes are named."""
    route_ids: Annotated[tuple[str, ...], Field(strict=False, max_length=MAX_ITEMS)] = ()
    """Identifiers from telecom_routes.csv, cut until a crew has spliced them."""
    level: Share = 0.0
    """What is left of the networks in the areas meanwhile [1]."""


class StaffAbsence(Strict):
    """Staff stay away: illness, snow, closed schools."""

    kind: Literal["staff_absence"]
    start_h: NotNegative
    """When it begins; felt from the next change of shift [h]."""
    duration_h: Duration
    """How long [h]."""
    share: Share
    """Share of staff who are ill or prevented [1]."""
    schools_closed: bool = False
    """Whether parents of small children stay at home too."""
    area_ids: AreaIds = ()
    """Areas; all when left out."""
    works_at: Annotated[tuple[str, ...], Field(strict=False, max_length=MAX_ITEMS)] = ()
    """Places of work as in staff.csv; all when left out."""


class ControlLoss(Strict):
    """Control systems of the electricity grid are struck."""

    kind: Literal["control_loss"]
    start_h: NotNegative
    """When they are struck [h]."""
    duration_h: Duration
    """Until they work again [h]."""
    remote_share: Share = 0.0
    """Share of places where switches do not answer the control room [1]."""
    sight_share: Share = 0.0
    """Share of faults the control room does not see by itself [1]."""


class FuelStop(Strict):
    """No or less fuel comes to terminals."""

    kind: Literal["fuel_stop"]
    start_h: NotNegative
    """When it begins [h]."""
    duration_h: Duration
    """How long [h]."""
    level: Share = 0.0
    """What is left of the imports [1]."""
    depot_ids: Annotated[tuple[str, ...], Field(strict=False, max_length=MAX_ITEMS)] = ()
    """Identifiers from fuel_depots.csv; all when left out."""


class Evacuation(Strict):
    """People have to leave their homes: flood, quick clay, fire."""

    kind: Literal["evacuation"]
    start_h: NotNegative
    """When they have to leave [h]."""
    duration_h: Duration
    """Until they may return [h]."""
    area_ids: Annotated[tuple[str, ...], Field(strict=False, min_length=1, max_length=MAX_ITEMS)]
    """Areas."""
    share: Annotated[float, Field(gt=0, le=1)]
    """Share of the people of these areas [1]."""


Hazard = Annotated[
    WindStorm
    | AssetOutage
    | SiteOutage
    | RoadDisruption
    | TelecomOutage
    | StaffAbsence
    | ControlLoss
    | FuelStop
    | Evacuation,
    Field(discriminator="kind"),
]
