"""Base stations of the areas: how long they last without electricity."""

from dataclasses import dataclass

import numpy as np

from data.region import Region
from data.tables import FloatArray, positions


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseStations:
    """Base stations by area, each of shape (area,).

    Attributes
    ----------
    battery_h, reinforced_h : ndarray
        How long ordinary and reinforced stations last without electricity. [h]
    reinforced_share : ndarray
        Share of the people served by reinforced stations. [1]
    restart_h : ndarray
        From the return of electricity until people can call. [h]
    """

    battery_h: FloatArray
    reinforced_h: FloatArray
    reinforced_share: FloatArray
    restart_h: FloatArray


def base_stations(region: Region) -> BaseStations:
    """Arrange the telecom table in the order of the areas."""
    table = region.telecom
    order = np.argsort(positions(region.areas.area_id, table.area_id))
    return BaseStations(
        battery_h=table.battery_h[order],
        reinforced_h=table.reinforced_h[order],
        reinforced_share=table.reinforced_share[order],
        restart_h=table.restart_h[order],
    )
