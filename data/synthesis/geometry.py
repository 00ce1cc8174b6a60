"""Schematic polygons of the areas: Voronoi cells of places, dissolved and clipped."""

import json
from collections.abc import Mapping

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from data.synthesis.rows import read_input
from data.tables import FloatArray

CRS = "EPSG:25832"
MARKA = "030117"
CREDIT = "schematic, adjusted in comparison with borders © Kartverket (CC BY 4.0)"

# Vertices closer than about this to a straight line are left out. [m]
TOLERANCE_M = 120.0


def project(lat: FloatArray, lon: FloatArray) -> FloatArray:
    """WGS84 degrees to EPSG:25832, rounded to whole metres.

    Parameters
    ----------
    lat, lon : ndarray, shape (point,)
        [degree]

    Returns
    -------
    ndarray, shape (point, 2)
        East and north. [m]
    """
    transformer = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    x_m, y_m = transformer.transform(np.asarray(lon, float), np.asarray(lat, float))
    return np.round(np.column_stack([x_m, y_m]))


def project_rows(rows: list[dict[str, str]], lat: str = "lat", lon: str = "lon") -> FloatArray:
    """Positions of rows with latitude and longitude columns, shape (row, 2) [m]."""
    return project(
        np.array([float(row[lat]) for row in rows]), np.array([float(row[lon]) for row in rows])
    )


def area_of_place(row: Mapping[str, str]) -> str:
    """Area a place lies in: its borough in Oslo, its municipality elsewhere."""
    return row["borough_code"] or row["kommunenummer"]


def area_shapes() -> dict[str, BaseGeometry]:
    """Polygon of each area and of Marka, a coverage without overlaps, in EPSG:25832 [m]."""
    outline = _outline()
    places = read_input("places")
    points = project_rows(places)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.MultiPoint(points), extend_to=outline.buffer(20_000), ordered=True
        )
    )
    areas = [area_of_place(place) for place in places]
    names = sorted(set(areas))
    merged = [
        shapely.union_all([cell for cell, area in zip(cells, areas, strict=True) if area == name])
        for name in names
    ]
    clipped = shapely.set_precision(shapely.intersection(merged, outline), 1.0)
    simple = shapely.coverage_simplify(_polygons_only(clipped), TOLERANCE_M)
    rounded = shapely.set_precision(simple, 1.0)
    return dict(zip(names, _polygons_only(rounded), strict=True))


def _outline() -> BaseGeometry:
    rings: dict[str, list[dict[str, str]]] = {"region": [], "fjord": []}
    for row in sorted(read_input("outline"), key=lambda row: int(row["order"])):
        rings[row["ring"]].append(row)
    region, fjord = (shapely.make_valid(shapely.Polygon(project_rows(r))) for r in rings.values())
    return shapely.difference(region, fjord)


def _polygons_only(shapes: BaseGeometry) -> list[BaseGeometry]:
    """Leave out slivers and lower dimensions that clipping and rounding may produce."""
    kept = []
    for shape in shapes:
        parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
        large = [part for part in parts if part.area > 20_000] or parts  # noqa: PLR2004 -- 2 ha
        kept.append(large[0] if len(large) == 1 else shapely.MultiPolygon(large))
    return kept


def borough_at(point: tuple[float, float], shapes: Mapping[str, BaseGeometry]) -> str:
    """Borough of Oslo a point lies in, or the nearest one; ties by identifier.

    Parameters
    ----------
    point : tuple of float
        East and north. [m]
    shapes : mapping
        Polygon of each area. [m]
    """
    at = shapely.Point(point)
    boroughs = sorted(area for area in shapes if area.startswith("0301") and area != MARKA)
    return min(boroughs, key=lambda area: (float(shapes[area].distance(at)), area))


def geojson(shapes: Mapping[str, BaseGeometry], names: Mapping[str, tuple[str, str]]) -> str:
    """GeoJSON text of the areas, one feature a line.

    Parameters
    ----------
    shapes : mapping
        Area to polygon. [m]
    names : mapping
        Area to name and kind.
    """
    head = {
        "type": "FeatureCollection",
        "name": "areas",
        "schematic": True,
        "credit": CREDIT,
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}},
    }
    features = []
    for area, shape in shapes.items():
        name, kind = names[area]
        properties = {"area_id": area, "name": name, "kind": kind}
        geometry = json.loads(shapely.to_geojson(shapely.normalize(shape)), parse_float=_metres)
        feature = {"type": "Feature", "properties": properties, "geometry": geometry}
        features.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    opening = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1]
    return opening + ',"features":[\n' + ",\n".join(features) + "\n]}\n"


def _metres(text: str) -> int:
    return round(float(text))
