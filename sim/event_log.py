"""The log of one course: what happened, where, and which event caused it."""

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

EVENTS = (
    "section_failed",
    "section_cut_out",
    "section_isolated",
    "section_repaired",
    "branch_failed",
    "branch_repaired",
    "overload_trip",
    "overload_relieved",
    "overload_reclosed",
    "black_start_step",
    "substation_dark",
    "substation_live",
    "crew_arrived",
    "battery_empty",
    "base_stations_down",
    "nodnett_down",
    "route_cut",
    "route_repaired",
    "local_tank_empty",
    "reservoir_empty",
    "water_back",
    "sewage_overflow",
    "heat_lost",
    "heat_back",
    "heat_partly_back",
    "fuel_ordered",
    "fuel_delivered",
    "fuel_empty",
    "stations_dry",
    "stations_filled",
    "depot_dry",
    "fuel_import_stopped",
    "fuel_import_back",
    "genset_failed",
    "genset_stopped",
    "mobile_genset_sent",
    "mobile_genset_connected",
    "mobile_genset_returned",
    "mobile_substation_connected",
    "spare_sent",
    "spare_missing",
    "road_struck",
    "road_closed",
    "road_slowed",
    "road_open",
    "area_cut_off",
    "area_reached",
    "staff_short",
    "staff_back",
    "crews_fewer",
    "crews_more",
    "control_lost",
    "control_back",
    "telecom_lost",
    "telecom_back",
    "evacuated",
    "evacuation_over",
    "site_feed_lost",
    "site_feed_back",
    "site_struck",
    "site_restored",
    "site_lost",
    "site_weakened",
    "site_partly_back",
    "site_back",
    "stock_empty",
    "service_lost",
    "service_weakened",
    "service_back",
    "function_weakened",
    "function_out",
    "function_back",
)
"""Every kind of event; the text catalogues have a name for each."""

ROOT = -1
"""Number of the event that caused a root: none of the log did."""


class Event(NamedTuple):
    """One line of the event log: time, what, where and why.

    Attributes
    ----------
    t_h : float
        Hours since the scenario's start.
    what : str
        Stable name of the kind of event, one of ``EVENTS``.
    asset_id : str
        The asset, site, service or function it happened to.
    area_id : str
        Where; empty when the asset is outside the areas or there is no one place.
    because : int
        Position in the log of the event that caused it; ``ROOT`` for a root.
    cause : str
        Of a root, what struck; of another, the need through which the cause came, or
        empty.
    level : float
        Service level after it, 0 to 1; NaN where there is none.
    """

    t_h: float
    what: str
    asset_id: str
    area_id: str
    because: int = ROOT
    cause: str = ""
    level: float = nan


class EventLog:
    """Events of one course, in the order they happen."""

    __slots__ = ("events",)

    def __init__(self) -> None:
        self.events: list[Event] = []

    def note(
        self,
        t_h: float,
        what: str,
        asset_id: str = "",
        area_id: str = "",
        *,
        because: int = ROOT,
        cause: str = "",
        level: float = nan,
    ) -> int:
        """Add an event and return its position, to be named by what it causes."""
        self.events.append(Event(t_h, what, asset_id, area_id, because, cause, level))
        return len(self.events) - 1


def chain(events: Sequence[Event], at: int) -> tuple[Event, ...]:
    """Events that led to one, itself first and the root last.

    Parameters
    ----------
    events : sequence of Event
        The whole log.
    at : int
        Position of the event.
    """
    found = []
    while at != ROOT:
        found.append(events[at])
        at = events[at].because
    return tuple(found)
