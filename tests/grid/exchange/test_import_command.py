"""`grid import` as a user meets it: output, files, exit codes."""

import json
from pathlib import Path

import pandapower as pp
import pytest

from data.read import load_region
from data.write import new_region
from grid.net import build_net, save_net, winter_peak_mw
from tests.grid.exchange.conftest import small_net
from ui.command_line import main


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["grid", "import", *[str(each) for each in arguments]])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        assert "Warning" not in err
        return code, out, err

    return command


def save(net, path: Path) -> Path:
    pp.to_json(net, str(path))
    return path


def test_a_good_grid_is_described_and_kept(run, tmp_path):
    source = save(small_net(), tmp_path / "own.json")
    code, out, err = run(source)
    assert (code, err) == (0, "")
    for text in ("pandapower JSON", "132/22", "Demand 30 MW", "customers 9,002", "own.net.json"):
        assert text in out
    kept = pp.from_json(str(tmp_path / "own.net.json"))
    assert kept.load.shed_class.tolist() == [2, 1]
    code, _, err = run(source)
    assert code == 2
    assert "--force" in err
    assert run(source, "--force")[0] == 0


def test_every_mistake_is_told_and_nothing_is_written(run, tmp_path):
    net = small_net()
    net.line.loc[0, ["r_ohm_per_km", "x_ohm_per_km"]] = 0.0
    net.line.loc[2, "length_km"] = -14.0
    net.load["p_mw"] *= 1000.0
    source = save(net, tmp_path / "bad.json")
    code, out, err = run(source)
    assert code == 2
    for text in ("line 0 (l_nw)", "line 2 (l_ne)", "load 0 (town)", "load 1 (works)", "kW"):
        assert text in err
    assert "132/22" in out
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]
    code, out, err = run(source, "--json")
    assert code == 2
    kinds = [row["what"] for row in json.loads(out) if row["kind"] == "error"]
    assert {"zero_impedance", "out_of_range", "unit_off"} <= set(kinds)


def test_json_is_complete(run, tmp_path):
    net = small_net()
    net.load.drop(columns="customers", inplace=True)
    code, out, err = run(save(net, tmp_path / "own.json"), "--json", "--out", tmp_path / "x.json")
    assert (code, err) == (0, "")
    rows = json.loads(out)
    assert sum(row["what"] == "no_customers" for row in rows) == 2
    assert (tmp_path / "x.json").is_file()


def test_a_thousand_findings_of_a_kind_do_not_flood_the_screen(run, tmp_path):
    net = small_net()
    for number in range(100):
        pp.create_load(net, 3, p_mw=float("nan"), name=f"n{number}")
    code, _, err = run(save(net, tmp_path / "bad.json"))
    assert code == 2
    assert len(err.splitlines()) < 40
    assert "more of the kind" in err


def test_a_grid_goes_into_a_region(run, tmp_path):
    new_region(tmp_path / "mine")
    region = load_region(tmp_path / "mine")
    net = build_net(region, winter_peak_mw(region).sum(axis=1))
    net.line.loc[0, "max_i_ka"] *= 0.9
    save_net(net, tmp_path / "net.json")
    code, out, err = run(tmp_path / "net.json", "--into", tmp_path / "mine")
    assert (code, err) == (0, "")
    assert "1 changed (l01_1)" in out
    assert "lines.csv" in out
    assert "region check" in out
    assert not (tmp_path / "net.net.json").exists()
    code, out, _ = run(tmp_path / "net.json", "--into", tmp_path / "mine", "--json")
    assert code == 0
    kept = [row for row in json.loads(out) if row["kind"] == "region kept"]
    assert len(kept) > 700


@pytest.mark.parametrize("name", ["nowhere.json", "9-XV-none--0-sw"])
def test_what_is_not_there_is_refused(run, name):
    code, _, err = run(name)
    assert code == 2
    assert name in err
