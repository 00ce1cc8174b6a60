"""Hazard -> intensity over time at each area; weather of a scenario."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from data.calendars import TIME_ZONE
from data.region import Areas, Region
from data.tables import FloatArray
from scenarios.hazard_kinds import WindStorm
from scenarios.schema import Scenario

OSLO = ZoneInfo(TIME_ZONE)


def start_of(scenario: Scenario) -> datetime:
    """Start of a scenario with its offset, Europe/Oslo."""
    return scenario.start.replace(tzinfo=OSLO)


def temperature_degc(scenario: Scenario, region: Region) -> FloatArray:
    """Outdoor temperature, linear between the scenario's points, shifted per area.

    Returns
    -------
    ndarray, shape (time, area)
        Value at the middle of each hour. [degC]
    """
    hours = np.arange(scenario.duration_h) + 0.5
    points = np.array([(p.t_h, p.degc) for p in scenario.temperature])
    base = np.interp(hours, points[:, 0], points[:, 1])
    return np.asarray(base[:, None] + region.areas.temperature_offset_degc[None, :])


def arrival_h(storm: WindStorm, areas: Areas) -> FloatArray:
    """Hours after ``start_h`` at which the front reaches each area.

    The front is a straight line moving at constant speed from ``from_degree``; the
    first area it meets has 0.

    Returns
    -------
    ndarray, shape (area,)
        [h]
    """
    angle = np.deg2rad(storm.from_degree)
    # The front moves away from where it comes from: -(sin, cos) in east and north.
    along_m = -(areas.x_m * np.sin(angle) + areas.y_m * np.cos(angle))
    return np.asarray((along_m - along_m.min()) / storm.front_speed_ms / 3600.0)


def gust_ms(
    storm: WindStorm, areas: Areas, hours: int, *, severity: float = 1.0, shift_h: float = 0.0
) -> FloatArray:
    """Gust at each area in each hour.

    At one place the gust rises and falls as a squared sine over ``duration_h`` between
    the background and the peak; the peak is scaled by the area's ``wind_factor`` and
    by ``severity``. The form is an estimate (docs/model.md).

    Parameters
    ----------
    storm : WindStorm
    areas : Areas
    hours : int
        Length of the scenario. [h]
    severity : float
        Factor on the gust of this replication.
    shift_h : float
        Later (positive) or earlier arrival of this replication. [h]

    Returns
    -------
    ndarray, shape (time, area)
        Value at the middle of each hour. [m/s]
    """
    t_h = np.arange(hours)[:, None] + 0.5
    since = t_h - (storm.start_h + shift_h + arrival_h(storm, areas))[None, :]
    inside = (since > 0.0) & (since < storm.duration_h)
    shape = np.where(inside, np.sin(np.pi * since / storm.duration_h) ** 2, 0.0)
    peak = storm.peak_gust_ms * severity * areas.wind_factor[None, :]
    background = np.minimum(storm.background_gust_ms, peak)
    return np.asarray(background + (peak - background) * shape)
