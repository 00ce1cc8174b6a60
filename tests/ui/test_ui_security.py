"""The security page: the scan at once, a chosen set on demand, the same said in words."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.read import BUILT_IN
from ui.grid_maps import Mark, Style, cut, grid_map
from ui.texts import read_texts

APP = str(Path(__file__).parents[2] / "ui" / "app.py")
SECURE = Style(key="secure", name="secure", colour="#5A6572", width=1.2, dash=(1, 0))
DARK = Style(key="dark", name="dark", colour="#A4123F", width=4.5, dash=(1, 0))


@pytest.fixture
def open_page(monkeypatch, finished_runs):
    def open_(lang: str) -> AppTest:
        monkeypatch.setenv("BEREDT_RUNS", str(finished_runs))
        at = AppTest.from_file(APP, default_timeout=120)
        at.query_params["lang"] = lang
        at.run()
        at.switch_page("views/security.py").run()
        assert not at.exception
        return at

    return open_


def said(at: AppTest) -> str:
    return " ".join(element.value for element in at.markdown)


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_region_is_scanned_at_once_and_the_finding_said_in_words(open_page, lang):
    at = open_page(lang)
    texts = read_texts(lang)
    assert texts("security.map.finding", secure="503", total="503") in said(at)
    assert at.metric[0].value == texts.percent(1.0, 1)
    (table,) = (frame.value for frame in at.dataframe if texts("security.out") in frame.value)
    assert len(table) == 503
    assert table.iloc[0][texts("security.loading")] == pytest.approx(94.2)


def test_a_chosen_set_is_computed_when_asked_and_its_story_told(open_page):
    at = open_page("nb")
    texts = read_texts("nb")
    at.multiselect(key="scan_parts").set_value(["follo_t1", "follo_t2"]).run()
    assert texts("security.changed") in " ".join(element.value for element in at.info)
    at.button(key="scan_run").click().run()
    assert not at.exception
    assert not at.info
    assert at.selectbox(key="scan_story-nb").value == "follo_t1+follo_t2"
    story = said(at)
    assert "468 MW ikke levert" in story
    assert "93\u00a0083 kunder uten strøm" in story
    assert "Mørklagte samleskinner (20)" in story
    tables = [table.value for table in at.table]
    (steps,) = (table for table in tables if texts("security.cascade.branch") in table)
    assert steps[texts("security.cascade.branch")].tolist() == [r"follo\_t3"]
    assert steps[texts("security.cascade.cause")].tolist() == ["utfallet"]


def test_a_segment_is_cut_at_the_edge():
    box = (0.0, 0.0, 10.0, 10.0)
    assert cut((-10.0, 5.0, 20.0, 5.0), box) == pytest.approx((0.0, 5.0, 10.0, 5.0))
    assert cut((2.0, 3.0, 4.0, 5.0), box) == (2.0, 3.0, 4.0, 5.0)
    assert cut((-5.0, 12.0, 15.0, 12.0), box) is None
    assert cut((-5.0, 4.0, 4.0, 15.0), box) is None
    assert cut((11.0, 5.0, 11.0, 5.0), box) is None


def test_the_map_tells_kinds_apart_by_colour_width_and_dash_and_speaks_each_branch():
    polygons = json.loads((BUILT_IN / "areas.geojson").read_text(encoding="utf-8"))
    marks = [
        Mark(segment=(590e3, 6640e3, 600e3, 6650e3), kind="dark", name="a", text="a: dark"),
        Mark(segment=(600e3, 6650e3, 600e3, 6650e3), kind="secure", name="t", text="t: secure"),
        Mark(segment=(1e5, 1e5, 2e5, 2e5), kind="secure", name="far", text="far"),
    ]
    spec = grid_map(polygons, marks, (SECURE, DARK), "x", read_texts("en")).to_dict()
    rows = [row for data in spec["datasets"].values() for row in data if "x2" in row]
    assert {row["name"] for row in rows} == {"a", "t"}
    (rules,) = (layer for layer in spec["layer"] if layer["mark"]["type"] == "rule")
    for channel in ("color", "strokeWidth", "strokeDash"):
        assert rules["encoding"][channel]["scale"]["domain"] == ["secure", "dark"]
    assert rules["encoding"]["description"]["field"] == "text"
    assert spec["projection"] == {"type": "identity", "reflectY": True}
