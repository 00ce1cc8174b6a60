"""Where a net says its buses are."""

import json

from pyproj import Transformer

LON_LAT, METRES = "EPSG:4326", "EPSG:25832"

MOST_LON, MOST_LAT = 180.0, 90.0


def place_m(geo: str) -> tuple[float, float]:
    """Read a bus's position.

    Parameters
    ----------
    geo : str
        GeoJSON point, as pandapower keeps it: longitude and latitude, or metres in
        EPSG:25832, told apart by their size.

    Returns
    -------
    x, y : float
        EPSG:25832. [m]

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is no GeoJSON point.
    """
    x, y = (float(each) for each in json.loads(geo)["coordinates"][:2])
    if abs(x) > MOST_LON or abs(y) > MOST_LAT:
        return x, y
    east, north = Transformer.from_crs(LON_LAT, METRES, always_xy=True).transform(x, y)
    return float(east), float(north)
