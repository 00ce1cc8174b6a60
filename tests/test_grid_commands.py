"""The commands of ``run.py grid`` on the region, a user's grid and a run."""

import json
from pathlib import Path

import pandapower
import pandapower.networks as nets
import pytest

from ui.command_line import main

QUICK = ("--replications", "2", "--workers", "1", "--quiet")
CASE9 = Path(__file__).parent / "reference" / "12-power-flow" / "case9.m"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    chosen = ("--portfolio", "basis", *QUICK)
    assert main(["compare", "--runs", str(folder), "--run-id", "done", *chosen]) == 0
    return folder


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.json"
    pandapower.to_json(nets.case30(), str(path))
    return path


def test_an_outage_of_the_region_is_told_in_dc_and_ac(run):
    code, out, _ = run("grid", "check", "--out", "l16_1", "--out", "l17_1")
    assert code == 0
    assert "barum_300" in out
    assert "Voltage, AC" in out
    assert "estimates" in out


def test_a_check_as_json_holds_numbers_only_and_who_takes_turns(run, own):
    code, out, _ = run("grid", "check", own, "--rotation", "--json")
    assert code == 0
    (report,) = json.loads(out, parse_constant=pytest.fail)
    assert report["unserved_mw"] == pytest.approx([0.0], abs=1e-6)
    assert report["ac"][0]["converged"]
    assert report["turns"] == []


def test_the_cheapest_dispatch_is_the_published_one(run):
    code, out, _ = run("grid", "dispatch", CASE9, "--json")
    assert code == 0
    (cost,) = [row["value"] for row in json.loads(out) if row["what"] == "cost"]
    assert cost == pytest.approx(5216.0266, rel=1e-6)


def test_a_state_after_an_outage_is_written_and_read_again(run, tmp_path):
    path = tmp_path / "after.json"
    code, out, _ = run("grid", "export", path, "--out", "l16_1", "--out", "l17_1")
    assert code == 0
    assert "buses dark" in out
    net = pandapower.from_json(str(path))
    pandapower.runpp(net)
    out_of_service = set(net.line.loc[~net.line.in_service, "name"])
    assert {"l16_1", "l17_1"} <= out_of_service
    code, out, _ = run("grid", "import", path, "--out", tmp_path / "again.json")
    assert code == 0


def test_a_moment_of_a_run_is_written(run, runs, tmp_path):
    path = tmp_path / "moment.json"
    arguments = ("--run", "done", "--runs", runs, "--replication", "1", "--at", "40.5")
    code, _, _ = run("grid", "export", path, *arguments)
    assert code == 0
    net = pandapower.from_json(str(path))
    pandapower.rundcpp(net)
    assert net.load.p_mw.sum() > 1000.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--run", "done", "--at", "9999"), "--at"),
        (("--run", "done", "--replication", "2"), "--replication"),
        (("--run", "done", "--scenario", "flood"), "--scenario"),
        (("--run", "done", "--out", "l16_1"), "--out"),
        (("--run", "gone"), "gone"),
        (("--out", "nothing"), "nothing"),
        (("--grid", "nowhere.json"), "nowhere.json"),
    ],
)
def test_what_cannot_be_exported_is_said(run, runs, tmp_path, arguments, said):
    code, _, err = run("grid", "export", tmp_path / "x.json", "--runs", runs, *arguments)
    assert code == 2
    assert said in err
    assert not (tmp_path / "x.json").exists()


def test_a_file_that_is_there_stays(run, tmp_path):
    path = tmp_path / "kept.json"
    path.write_text("mine", encoding="utf-8")
    code, _, err = run("grid", "export", path)
    assert code == 2
    assert "--force" in err
    assert path.read_text(encoding="utf-8") == "mine"


def test_options_of_the_region_mean_nothing_beside_a_grid_of_ones_own(run, own):
    code, _, err = run("grid", "check", own, "--week", "--region", "somewhere")
    assert code == 2
    assert "--week" in err
    assert "--region" in err
