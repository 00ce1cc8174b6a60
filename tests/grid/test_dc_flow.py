"""The array form gives pandapower's own DC flows."""

from dataclasses import replace

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import pytest

from grid.arrays import net_arrays, net_demand_mw
from grid.solver import GridSolver

NETS = {
    "case9": pn.case9,
    "case39": pn.case39,
    "case118": pn.case118,
    "illinois200": pn.case_illinois200,
    "multivoltage": pn.example_multivoltage,
}


def flows_of(net):
    tables = [
        (net.res_line, "p_from_mw", net.line),
        (net.res_trafo, "p_hv_mw", net.trafo),
    ]
    flow = [table.loc[own.in_service, column].to_numpy() for table, column, own in tables]
    three = net.res_trafo3w
    return np.concatenate(
        [*flow, three.p_hv_mw, -three.p_mv_mw, -three.p_lv_mw, net.res_impedance.p_from_mw]
    )


@pytest.mark.filterwarnings("ignore:tap_dependency_table is missing:DeprecationWarning")
@pytest.mark.parametrize("name", NETS)
def test_flows_equal_rundcpp(name):
    net = NETS[name]()
    if name == "case9":
        net.line.loc[2, "in_service"] = False
    if name == "case39":
        pp.create_sgen(net, 3, p_mw=50.0, scaling=0.8)
        net.trafo.loc[0, "shift_degree"] = 5.0
    pp.rundcpp(net, numba=False)
    expected = flows_of(net)
    arrays = net_arrays(net)
    arrays = replace(arrays, rating_mw=np.full(len(arrays.branch_ids), np.inf))
    hours = np.repeat(net_demand_mw(net)[None, :, None], 3, axis=0)
    state = GridSolver(arrays, np.ones(1)).solve(np.ones(len(arrays.branch_ids), dtype=bool), hours)
    for hour in range(3):
        assert state.flow_mw[hour, : len(expected)] == pytest.approx(expected, abs=1e-6)
    assert state.residual_mw.max() < 1e-6


def test_ratings_and_names_come_from_the_net():
    net = pn.case9()
    net.line["name"] = [f"line {row}" for row in net.line.index]
    arrays = net_arrays(net)
    assert arrays.branch_ids.tolist() == net.line["name"].tolist()
    assert arrays.rating_mw == pytest.approx([250, 250, 150, 300, 150, 250, 250, 250, 250])
    assert arrays.source_fixed.tolist() == [False, True, True]


def test_a_net_with_two_ext_grids_is_refused():
    net = pn.case9()
    pp.create_ext_grid(net, 5)
    with pytest.raises(ValueError, match="exactly one ext_grid"):
        net_arrays(net)


def test_a_generator_that_takes_power_out_is_refused():
    net = pn.case9()
    net.gen.loc[0, "p_mw"] = -5.0
    with pytest.raises(ValueError, match="negative power"):
        net_arrays(net)
