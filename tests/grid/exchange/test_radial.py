"""Feeder tables become a net whose flows can be run."""

from pathlib import Path

import numpy as np
import pandapower as pp
import pytest

from grid.exchange.formats import read_grid
from grid.exchange.net_check import inspect_net

BUSBARS = "node\nS\n"
SECTIONS = (
    "section_id,from_node,to_node,device,kind,length_km\n"
    "s1,S,A,breaker,cable,2\ns2,A,B,disconnector,overhead,3\n"
)
LOADS = (
    "load_point_id,node,customers,mean_mw,peak_mw,kile_group\n"
    "lp1,A,100,0.5,1.0,household\nlp2,B,3,0.4,,industry\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("busbars", BUSBARS), ("sections", SECTIONS), ("load_points", LOADS)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_sections_and_load_points_become_lines_and_loads(folder):
    imported = read_grid(folder)
    net = imported.net
    assert net.line.name.tolist() == ["s1", "s2"]
    assert net.line.length_km.tolist() == [2.0, 3.0]
    assert net.line.type.tolist() == ["cs", "ol"]
    assert net.load.customers.tolist() == [100.0, 3.0]
    assert net.switch.type.tolist() == ["CB", "DS"]
    # Peak over mean as in the tables' defaults.
    assert net.load.p_mw.tolist() == pytest.approx([1.0, 0.4 * 1.62])
    assert inspect_net(net).errors == ()
    pp.rundcpp(net, numba=False)
    assert net.res_line.p_from_mw.to_numpy() == pytest.approx(np.array([1.648, 0.648]), rel=1e-6)


def test_the_defaults_and_the_way_to_the_indices_are_told(folder):
    told = " ".join(read_grid(folder).notes)
    for text in ("grid feeders", "22 kV", "ohm/km", "power factor", "peak"):
        assert text in told
