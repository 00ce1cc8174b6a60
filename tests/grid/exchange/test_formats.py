"""Grids come in from every format with the same flows; broken files are refused in words."""

import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandapower as pp
import pandas as pd
import pytest
from pandapower.io_utils import to_dict_of_dfs

from data.problems import InputError
from data.read import BUILT_IN
from grid.exchange.benchmark_nets import fill_tap_changer_type, untyped_taps
from grid.exchange.formats import read_grid, read_net
from grid.exchange.net_check import inspect_net
from grid.net_arrays import net_arrays
from tests.grid.exchange.cgmes import P_MW, write_cgmes, write_zip
from tests.grid.exchange.conftest import small_net

SMALL_UCTE = Path(__file__).parent / "small.uct"


def solved(net):
    pp.runpp(net, numba=False)
    return net


def write_excel(net, path: Path) -> None:
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for name, table in to_dict_of_dfs(net, include_results=False).items():
            table.to_excel(book, sheet_name=name)


def test_json_and_excel_give_back_the_net(net, tmp_path):
    pp.to_json(net, str(tmp_path / "a.json"))
    write_excel(net, tmp_path / "a.xlsx")
    wanted = solved(net)
    for name in ("a.json", "a.xlsx"):
        back = solved(read_net(tmp_path / name))
        assert back.res_line.p_from_mw.to_numpy() == pytest.approx(
            wanted.res_line.p_from_mw.to_numpy(), abs=1e-9
        )
        assert back.load.customers.tolist() == [9000, 2]
        assert back.load.kile_group.tolist() == ["household", "industry"]
        assert inspect_net(back).errors == ()
    arrays = net_arrays(read_net(tmp_path / "a.json"))
    assert arrays.demand_mw.sum() == pytest.approx(30.0)


def test_the_content_decides_and_not_the_suffix(net, tmp_path):
    pp.to_json(net, str(tmp_path / "grid.dat"))
    assert len(read_net(tmp_path / "grid.dat").bus) == 5


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_cgmes_gives_the_flows_of_its_figures(tmp_path, kind):
    if kind == "zip":
        source = write_zip(tmp_path)
    else:
        source = tmp_path
        write_cgmes(tmp_path)
    imported = read_grid(source)
    net = solved(imported.net)
    assert imported.file_format == "CGMES 2.4.15"
    assert any("referencePriority" in note for note in imported.notes)
    assert inspect_net(net).errors == ()
    # 110 kV base 100 MVA: 10 km of 0.4 ohm/km and a transformer of 30.25 ohm carry 12 MW.
    pp.rundcpp(net, numba=False)
    angle = np.rad2deg(P_MW * (4.0 + 30.25) / 110.0**2)
    assert net.res_bus.va_degree.to_numpy()[-1] == pytest.approx(-angle, rel=1e-4)
    assert net.line.max_i_ka.tolist() == [0.4]


def test_ucte_gives_the_flows_of_its_figures():
    imported = read_grid(SMALL_UCTE)
    net = imported.net
    pp.rundcpp(net, numba=False)
    assert net.res_line.p_from_mw.abs().tolist() == pytest.approx([30.0])
    assert net.line.max_i_ka.tolist() == [0.4]
    assert imported.file_format == "UCTE-DEF"


def test_a_simbench_code_is_a_grid():
    imported = read_grid("1-HV-mixed--0-no_sw")
    assert len(imported.net.bus) == 64
    assert inspect_net(imported.net).errors == ()


def test_simbench_tap_positions_count():
    net = small_net()
    for column, value in (("tap_side", "hv"), ("tap_neutral", 0.0), ("tap_step_percent", 1.5),
                          ("tap_step_degree", 0.0), ("tap_pos", -2.0)):  # fmt: skip
        net.trafo[column] = value
    net.trafo["tap_changer_type"] = None
    before = solved(net).res_bus.vm_pu[3]
    assert untyped_taps(net) == 2
    assert fill_tap_changer_type(net) == 2
    after = solved(net).res_bus.vm_pu[3]
    assert after / before == pytest.approx(1.0 / (1.0 - 0.03), rel=5e-3)


def test_a_pandapower_file_with_untyped_taps_is_told_and_left_as_pandapower_takes_it(tmp_path):
    net = small_net()
    net.trafo["tap_neutral"], net.trafo["tap_pos"] = 0.0, -2.0
    net.trafo["tap_changer_type"] = None
    pp.to_json(net, str(tmp_path / "a.json"))
    imported = read_grid(tmp_path / "a.json")
    assert any("tap_changer_type" in note for note in imported.notes)
    assert imported.net.trafo.tap_changer_type.isna().all()


def good_json() -> str:
    return pp.to_json(small_net())


def zip_of(path: Path, name: str, text: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, text)


def plain_workbook(path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_excel(path, sheet_name="Sheet1", engine="openpyxl")


def foreign_json() -> str:
    content = json.loads(good_json())
    content["_object"]["extra"] = {"_module": "os", "_class": "system", "_object": "true"}
    return json.dumps(content)


BROKEN = {
    "empty.json": ("empty_file", lambda p: p.write_bytes(b"")),
    "cut.json": ("not_json", lambda p: p.write_text(good_json()[:2000])),
    "other.json": ("not_a_net", lambda p: p.write_text('{"a": 1}')),
    "list.json": ("not_a_net", lambda p: p.write_text("[1, 2]")),
    "powermodels.json": ("not_a_net", lambda p: p.write_text('{"bus": {}, "branch": {}}')),
    "foreign.json": ("foreign_objects", lambda p: p.write_text(foreign_json())),
    "deep.json": ("not_json", lambda p: p.write_text("[" * 200_000)),
    "secret.json": ("encrypted", lambda p: p.write_text("gAAAAABl" + "x" * 200)),
    "net.p": ("pickle", lambda p: p.write_bytes(pickle.dumps({"bus": 1}))),
    "unnamed": ("pickle", lambda p: p.write_bytes(pickle.dumps({"bus": 1}))),
    "plain.xlsx": ("not_a_net", plain_workbook),
    "old.xls": ("old_excel", lambda p: p.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") * 9)),
    "noise.xlsx": ("unknown_format", lambda p: p.write_bytes(bytes(range(256)) * 20)),
    "noise.mat": ("not_mat", lambda p: p.write_bytes(b"MATLAB 5.0 MAT-file" + bytes(500))),
    "new.mat": ("hdf5", lambda p: p.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))),
    "text.m": ("unknown_format", lambda p: p.write_text("function y = f(x)\ny = x;\n")),
    "one.m": ("unknown_format", lambda p: p.write_text("function [baseMVA, bus] = case9\n")),
    "photo.zip": ("no_cgmes", lambda p: zip_of(p, "photo.jpg", "x")),
    "other.zip": ("no_cgmes", lambda p: zip_of(p, "a.xml", "<a/>")),
    "model.xml": ("not_converted", lambda p: p.write_text(
        '<rdf:RDF xmlns:cim="http://iec.ch/TC57/2013/CIM-schema-cim16#"><broken'
    )),
    "page.xml": ("unknown_format", lambda p: p.write_text("<html></html>")),
    "bad.uct": ("not_converted", lambda p: p.write_text("##N\n##ZDE\nshort\n##L\nx y z\n")),
    "loads.csv": ("unknown_format", lambda p: p.write_text("a,b\n1,2\n")),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_what_is_allowed(tmp_path, name):
    code, write = BROKEN[name]
    path = tmp_path / name
    write(path)
    with pytest.raises(InputError) as error:
        read_grid(path)
    (problem,) = error.value.problems
    assert problem.code == code
    assert name in problem.place
    assert problem.allowed


def test_a_near_name_is_suggested(tmp_path):
    (tmp_path / "nett.json").write_text("{}")
    with pytest.raises(InputError, match=r"Did you mean nett\.json"):
        read_grid(tmp_path / "net.json")
    with pytest.raises(InputError, match="1-HV-mixed--0-no_sw"):
        read_grid("1-HV-mixd--0-no_sw")


def test_folders_of_other_things_are_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="grid export"):
        read_grid(BUILT_IN)
    with pytest.raises(InputError, match="no_cgmes"):
        read_grid(tmp_path)
