"""The kinds of action a measure may consist of."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.fields import Hours, NotNegative, Share, Strict

BUILDS = {
    "crews": ("crew", "aid_crew"),
    "underground": ("cable_km",),
    "telecom_backup": ("base_station", "battery_base_station"),
    "site_backup": ("genset_kw", "fuel_m3"),
    "neighbourhood_batteries": ("battery", "battery_mw", "battery_mwh"),
    "smart_charging": ("car",),
    "data_sharing": ("plan",),
}
"""Quantities each kind of action builds, as counted by ``measures.apply``."""


class Crews(Strict):
    """More crews at the depots, and help from neighbours."""

    kind: Literal["crews"]
    added_per_depot: Annotated[int, Field(ge=0, le=100)]
    """Crews on call at each distribution depot [crews]."""
    aid_crews: Annotated[int, Field(ge=0, le=1000)] = 0
    """Crews promised by neighbours and contractors, spread over the depots [crews]."""
    aid_arrives_h: Hours = 24.0
    """When they are at work, counted from the start of the first hazard [h]."""


class Underground(Strict):
    """Overhead line replaced by cable where a fault hits most customers per kilometre."""

    kind: Literal["underground"]
    overhead_km: NotNegative
    """Length of overhead line to replace [km]."""
    cable_per_overhead: Annotated[float, Field(ge=1, le=3)] = 1.2
    """Cable needed per length of line, following roads [1]."""


class TelecomBackup(Strict):
    """Longer reserve power at base stations."""

    kind: Literal["telecom_backup"]
    reinforced_share: Share
    """At least this share of each area's base stations lasts ``reinforced_h`` [1]."""
    reinforced_h: Annotated[float, Field(gt=0, le=87_600)] = 72.0
    """[h]"""
    battery_h: Hours = 0.0
    """Battery of the others, if longer than today's [h]."""


class SiteBackup(Strict):
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


class NeighbourhoodBatteries(Strict):
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


class SmartCharging(Strict):
    """Electric cars charge at night by control instead of when they come home."""

    kind: Literal["smart_charging"]
    smart_share: Share
    """At least this share of each area's cars [1]."""


class DataSharing(Strict):
    """Owners of infrastructure share what they see with each other."""

    kind: Literal["data_sharing"]
    level: Share
    """How much of what sharing can give is reached, 0 as today [1]."""


Action = Annotated[
    Crews
    | Underground
    | TelecomBackup
    | SiteBackup
    | NeighbourhoodBatteries
    | SmartCharging
    | DataSharing,
    Field(discriminator="kind"),
]
