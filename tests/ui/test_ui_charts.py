"""Charts: what is drawn is what was computed, and nothing needs a network."""

import json

import altair as alt
import numpy as np
import pandas as pd
import pytest

from sim.compare import compare
from sim.store import open_run
from tests.ui.fake_run import HOURS, PORTFOLIOS, SCENARIO
from ui import charts, findings, timelines
from ui.cost_chart import cost_figure
from ui.hazard_words import HazardBar
from ui.texts import read_texts
from ui.theme import DARK, DASHES, LIGHT


@pytest.fixture(scope="module")
def run(finished_runs):
    return open_run(finished_runs / "fake")


@pytest.fixture(scope="module")
def rows(run):
    comparison = compare(run, SCENARIO)
    return [comparison.row("ens_mwh", p) for p in PORTFOLIOS[1:]]


def words(spec: dict) -> str:
    return json.dumps(spec, ensure_ascii=False)


def test_bands_are_percentiles_over_replications(run):
    curves = run.curves(SCENARIO)
    table = charts.curve_table(curves, "level_supply", ["basis"])
    values = curves["level_supply"].sel(portfolio="basis").to_numpy()
    assert table["p5"].to_numpy() == pytest.approx(np.percentile(values, 5, axis=0), abs=1e-6)
    assert table["p50"].to_numpy() == pytest.approx(np.median(values, axis=0), abs=1e-6)
    assert table["t_h"].tolist() == list(range(HOURS))


def test_the_resilience_figure_is_valid_and_labels_every_portfolio(run):
    names = run.manifest.names["nb"]
    spec = charts.resilience_figure(run.curves(SCENARIO), names, "nb").to_dict()
    for portfolio in PORTFOLIOS:
        assert names[portfolio] in words(spec)
    assert spec["config"]["locale"]["number"]["decimal"] == ","
    assert "http" not in words(spec).replace(spec["$schema"], "")


def test_one_portfolio_has_bands_and_no_label(run):
    curves = run.curves(SCENARIO)
    spec = charts.resilience_figure(curves, {}, "en", portfolios=["basis"]).to_dict()
    marks = [layer["mark"]["type"] for layer in spec["layer"]]
    assert marks.count("area") == 2
    assert "text" not in marks


def test_labels_do_not_overlap(run):
    spec = charts.resilience_figure(run.curves(SCENARIO), {}, "en").to_dict()
    heights = sorted(
        float(layer["encoding"]["y"]["value"]["expr"].removeprefix("height*"))
        for layer in spec["layer"]
        if layer["mark"]["type"] == "rule" and "value" in layer["encoding"].get("y", {})
    )
    assert len(heights) == len(PORTFOLIOS)
    assert (np.diff(heights) >= charts.LABEL_GAP - 1e-3).all()


def test_every_colour_has_its_own_dash():
    assert len(set(DASHES)) == len(DASHES) == len(LIGHT.series) == len(DARK.series)


def test_differences_say_better_only_when_the_interval_lies_on_one_side(rows):
    assert {charts.verdict(row) for row in rows} == {"better"}
    spec = charts.difference_figure(rows, {}, read_texts("nb")).to_dict()
    assert "Bedre enn basis" in words(spec)
    cost = dict.fromkeys(PORTFOLIOS, 10.0)
    assert cost_figure(rows, cost, {}, read_texts("en")).to_dict()["layer"]


def test_findings_name_the_best_portfolio(rows):
    texts = read_texts("nb")
    names = {"samlet": "Alt samlet"}
    assert findings.difference_finding(rows, names, texts).startswith("Alt samlet endrer")
    cheap = {"robust-nett": 1.0, "samlet": 1000.0}
    assert "robust-nett" in findings.cost_finding(rows, cheap, names, texts)


def test_a_cause_is_said_in_the_language_of_the_screen():
    text = "battery_empty, after s1_02 failed: wind: tree or break on overhead line"
    nb = findings.cause(text, read_texts("nb"))
    assert nb == "batteri tomt, etter s1_02 sviktet: vind: tre på eller brudd i luftlinje"
    assert findings.cause("grid", read_texts("nb")) == "nettet"
    assert findings.cause("something new", read_texts("nb")) == "something new"


def test_hours_below_a_limit_are_counted_per_replication():
    level = np.array([[1.0, 0.4, 0.9], [1.0, 1.0, 1.0]])
    assert timelines.hours_below(level, 0.95).tolist() == [2.0, 0.0]


def test_timelines_are_valid_charts():
    texts = read_texts("nb")
    levels = {"a": np.linspace(0.2, 1.0, 72), "b": np.ones(72)}
    spec = timelines.level_figure(levels, {"a": "Vann", "b": "Helse"}, texts).to_dict()
    rows = next(d for d in spec["datasets"].values() if len(d) == 2)
    assert [row["label"] for row in rows] == ["Vann", "Helse"]
    bar = HazardBar(name="Storm", from_h=3.0, to_h=9.0, note="kast")
    assert timelines.hazard_figure([bar], 72.0, texts).to_dict()["layer"]
    assert timelines.weather_figure({"Asker": np.arange(72.0)}, "degC", texts, DARK).to_dict()


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<svg"), ("png", b"\x89PNG")])
def test_a_figure_is_saved_offline_in_one_step(run, tmp_path, ending, start):
    chart = charts.resilience_figure(run.curves(SCENARIO), {}, "nb")
    path = charts.save(chart, tmp_path / f"curves.{ending}")
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_figure_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match="svg or"):
        charts.save(alt.Chart().mark_point(), tmp_path / "curves.gif")


def test_a_median_that_never_moves_is_not_said_to_fall():
    table = pd.DataFrame(
        {"t_h": [0.0, 1.0], "p5": [1.0, 0.9], "p50": [1.0, 1.0], "p95": [1.0, 1.0]}
    )
    said = findings.curve_finding(table, "Basis", read_texts("nb"), share=True)
    assert "holder seg på 100,0\u00a0%" in said
    assert "90,0\u00a0% eller lavere etter 1 timer" in said
