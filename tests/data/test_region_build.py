import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from data.calibration import compare, key_figures, winter_peak_mw
from data.read import BUILT_IN, area_polygons
from data.synthesis.build import build_region
from data.synthesis.rows import apportion, read_input, shares

weights = st.lists(st.floats(0, 1e6), min_size=1, max_size=30).filter(lambda w: sum(w) > 1e-3)


@given(weights, st.integers(0, 10**6))
def test_apportioned_parts_sum_exactly_and_lie_next_to_the_exact_ones(parts, total):
    whole = apportion(parts, total)
    exact = np.array(parts) / sum(parts) * total
    assert whole.sum() == total
    assert (np.abs(whole - exact) <= 1 + 1e-6).all()


@given(weights)
def test_shares_sum_to_1(parts):
    assert shares(parts).sum() == pytest.approx(1, abs=1e-12)


def test_building_again_gives_the_committed_files_byte_for_byte(tmp_path):
    build_region(tmp_path)
    built = sorted(path.name for path in tmp_path.iterdir())
    assert built == sorted(path.name for path in BUILT_IN.iterdir())
    different = [n for n in built if (tmp_path / n).read_bytes() != (BUILT_IN / n).read_bytes()]
    assert different == []


def test_population_is_the_published_one(region):
    oslo = region.areas.kommunenummer == "0301"
    assert region.areas.population[oslo].sum() == 717_710
    assert region.areas.population[~oslo].sum() == 728_803


def test_demand_of_each_municipality_equals_the_input(region):
    home = dict(zip(region.areas.area_id, region.areas.kommunenummer, strict=True))
    total: dict[str, float] = {}
    for area, gwh in zip(region.demand.area_id, region.demand.annual_gwh, strict=True):
        total[home[area]] = total.get(home[area], 0.0) + gwh
    for row in read_input("demand"):
        parts = sum(float(v) for k, v in row.items() if k.endswith("_gwh") and k != "total_gwh")
        assert total[row["kommunenummer"]] == pytest.approx(parts, abs=1e-6)


def test_number_of_substations_in_each_municipality_is_the_published_one(region):
    home = dict(zip(region.areas.area_id, region.areas.kommunenummer, strict=True))
    found = [home[area] for area in region.substations.area_id]
    for row in read_input("substation_counts"):
        assert found.count(row["kommunenummer"]) == int(row["hv_mv_stations"])


def test_every_substation_and_feeder_is_marked_synthetic(region):
    assert region.substations.synthetic.all()
    assert region.feeders.synthetic.all()
    assert np.char.startswith(region.sections.source, "synthetic:").all()


def test_polygons_are_valid_do_not_overlap_and_have_about_the_right_size(region):
    collection = area_polygons()
    assert (BUILT_IN / "areas.geojson").stat().st_size < 200_000
    assert collection["schematic"] is True
    assert "© Kartverket (CC BY 4.0)" in collection["credit"]
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in collection["features"]]
    assert all(shape.is_valid and shape.area > 1e6 for shape in shapes)
    assert shapely.coverage_is_valid(shapes)
    areas = dict(
        zip((f["properties"]["area_id"] for f in collection["features"]), shapes, strict=True)
    )
    outer = region.areas.kind == "municipality"
    got = np.array([areas[area].area / 1e6 for area in region.areas.area_id[outer]])
    assert (np.abs(got / region.areas.land_area_km2[outer] - 1) < 0.4).all()
    assert set(areas) >= set(region.areas.area_id)


def test_centres_lie_in_or_near_their_polygon(region):
    shapes = {
        feature["properties"]["area_id"]: shapely.geometry.shape(feature["geometry"])
        for feature in area_polygons()["features"]
    }
    for area, x_m, y_m in zip(
        region.areas.area_id, region.areas.x_m, region.areas.y_m, strict=True
    ):
        assert shapes[area].distance(shapely.Point(x_m, y_m)) < 1500


def test_calibration_shows_each_figure_beside_the_published_one(region):
    figures = {figure.figure: figure for figure in key_figures(region)}
    peak = figures["peak_mw"]
    assert peak.model == pytest.approx(winter_peak_mw(region))
    assert peak.deviation == pytest.approx(peak.model / peak.published - 1)
    assert abs(peak.deviation) < 0.15
    assert abs(figures["annual_gwh_oslo"].deviation) < 0.05
    assert figures["peak_mw"].quality == "estimated"
    assert figures["population_oslo"].deviation == 0
    with pytest.raises(KeyError):
        compare(region, "no_such_figure", 1.0)
