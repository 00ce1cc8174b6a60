"""Where a net says its buses are."""

import json
from collections.abc import Sequence

import numpy as np
from pyproj import Transformer

from data.tables import FloatArray

LON_LAT, METRES = "EPSG:4326", "EPSG:25832"

MOST_LON, MOST_LAT = 180.0, 90.0


def places_m(geo: Sequence[object]) -> FloatArray:
    """Read the positions of buses.

    Parameters
    ----------
    geo : sequence of object
        GeoJSON points, as pandapower keeps them: longitude and latitude, or metres in
        EPSG:25832, told apart by their size.

    Returns
    -------
    ndarray, shape (bus, 2)
        EPSG:25832; NaN for what is no GeoJSON point. [m]
    """
    given = np.array([_coordinates(each) for each in geo], dtype=np.float64).reshape(-1, 2)
    degrees = (np.abs(given) <= (MOST_LON, MOST_LAT)).all(axis=1)
    if degrees.any():
        # Finding the transformation takes milliseconds: once for all buses.
        to_metres = Transformer.from_crs(LON_LAT, METRES, always_xy=True)
        given[degrees] = np.column_stack(to_metres.transform(*given[degrees].T))
    given[~np.isfinite(given).all(axis=1)] = np.nan
    return given


def _coordinates(geo: object) -> tuple[float, float]:
    if isinstance(geo, str) and geo.strip():
        try:
            x, y = (float(each) for each in json.loads(geo)["coordinates"][:2])
        except (ValueError, KeyError, TypeError):
            return np.nan, np.nan
        return x, y
    return np.nan, np.nan
