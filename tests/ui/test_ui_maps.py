"""The map: projected metres, the city enlarged beside it, a spoken label for each area."""

import json

import pytest

from data.read import BUILT_IN
from ui import maps
from ui.texts import read_texts


def square(area: str, kind: str, x: float, y: float, side: float) -> dict:
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    return {
        "type": "Feature",
        "properties": {"area_id": area, "name": area.title(), "kind": kind},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@pytest.fixture
def polygons() -> dict:
    return {
        "type": "FeatureCollection",
        "features": [
            square("by", "borough", 50_000, 50_000, 4_000),
            square("land", "municipality", 0, 0, 40_000),
            square("", "remainder", 60_000, 60_000, 10_000),
        ],
    }


def datasets(spec: dict) -> list[list[dict]]:
    return [d for d in spec["datasets"].values() if d and "geometry" in d[0]]


def test_geometry_is_drawn_in_metres_as_it_is(polygons):
    spec = maps.area_map(polygons, {"by": [0.1], "land": [0.2]}, "x", read_texts("nb")).to_dict()
    assert spec["projection"] == {"type": "identity", "reflectY": True}


def test_the_city_is_drawn_again_enlarged_beside_the_region(polygons):
    spec = maps.area_map(polygons, {"by": [0.1], "land": [0.2]}, "x", read_texts("nb")).to_dict()
    drawn = next(d for d in datasets(spec) if any(f["properties"].get("area_id") for f in d))
    cities = [f for f in drawn if f["properties"]["area_id"] == "by"]
    assert len(cities) == 2
    ring = cities[1]["geometry"]["coordinates"][0]
    assert ring[1][0] - ring[0][0] == pytest.approx(4_000 * maps.INSET_SCALE)
    assert max(x for x, _ in ring) <= -maps.INSET_GAP_M


def test_several_hours_give_a_slider_and_one_hour_none(polygons):
    texts = read_texts("nb")
    one = maps.area_map(polygons, {"by": [0.1], "land": [0.2]}, "x", texts).to_dict()
    series = {"by": [0.1, 0.3, 0.2], "land": [0.0, 0.1, 0.2]}
    three = maps.area_map(polygons, series, "x", texts, hour=1).to_dict()
    assert "params" not in one
    (param,) = three["params"]
    assert param["value"] == 1
    assert param["bind"]["max"] == 2
    assert param["bind"]["name"] == texts("map.slider")


def test_every_area_is_spoken(polygons):
    spec = maps.area_map(polygons, {"by": [0.1], "land": [0.2]}, "x", read_texts("nb")).to_dict()
    spoken = [layer for layer in spec["layer"] if "description" in layer.get("encoding", {})]
    assert len(spoken) == 1


def test_an_area_without_values_is_an_error(polygons):
    with pytest.raises(KeyError):
        maps.area_map(polygons, {"by": [0.1]}, "x", read_texts("nb"))


def test_a_label_is_drawn_only_where_it_fits(polygons):
    polygons["features"][1]["properties"]["name"] = "Navn" * 20
    spec = maps.area_map(polygons, {"by": [0.1], "land": [0.2]}, "x", read_texts("nb")).to_dict()
    points = [d for d in datasets(spec) if d[0]["geometry"]["type"] == "Point"]
    labels = [f["properties"]["label"] for d in points for f in d]
    assert labels == ["By"]


def test_the_table_has_the_largest_first():
    table = maps.map_table({"a": [0.1], "b": [0.5], "c": [0.1]}, {"b": "B"}, 0)
    assert table["name"].tolist() == ["B", "a", "c"]


def test_the_built_in_areas_can_be_drawn():
    polygons = json.loads((BUILT_IN / "areas.geojson").read_text(encoding="utf-8"))
    areas = [f["properties"] for f in polygons["features"]]
    series = {a["area_id"]: [0.0] for a in areas if a["kind"] != "remainder"}
    assert maps.area_map(polygons, series, "x", read_texts("en"), selected="0301").to_dict()
