"""The AC engine against pandapower, and what it says when there is no solution."""

import copy

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import pytest
import simbench
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.agreement_ac import ac_agreement, voltage_differences
from data.problems import InputError
from grid.ac_flow import ac_hours, ac_outages
from grid.ac_network import ac_model

# Some stored nets lack a table that later versions of pandapower have.
pytestmark = pytest.mark.filterwarnings("ignore:tap_dependency_table")

CASE118 = pn.case118()

NETS = {
    "case9": pn.case9,
    "case39": pn.case39,
    "case118": lambda: copy.deepcopy(CASE118),
    "case300": pn.case300,
    "case_illinois200": pn.case_illinois200,
    "case1354pegase": pn.case1354pegase,
    "GBreducednetwork": pn.GBreducednetwork,
    "example_multivoltage": pn.example_multivoltage,
    "cigre_mv": lambda: pn.create_cigre_network_mv(with_der="all"),
    "cigre_lv": pn.create_cigre_network_lv,
    "mv_oberrhein": pn.mv_oberrhein,
    "kb_extrem_landnetz_kabel_trafo": pn.kb_extrem_landnetz_kabel_trafo,
    "ieee_european_lv_asymmetric": pn.ieee_european_lv_asymmetric,
    "1-HVMV-mixed-1.105-0-sw": lambda: simbench.get_simbench_net("1-HVMV-mixed-1.105-0-sw"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NETS)
def test_agrees_with_runpp(name):
    found = ac_agreement(name, NETS[name]())
    assert found.verdict == "agrees", found


def chain(**load) -> pp.pandapowerNet:
    """Feed, line, bus, line, bus with a generator; and a load at both."""
    net = pp.create_empty_network(sn_mva=10.0)
    for name in "abc":
        pp.create_bus(net, 20.0, name=name)
    for a, b in ((0, 1), (1, 2)):
        pp.create_line_from_parameters(net, a, b, 5.0, 0.2, 0.3, 10.0, 0.4, name=f"{a}-{b}")
    pp.create_ext_grid(net, 0, vm_pu=1.02)
    pp.create_load(net, 1, 2.0, 0.5, **load)
    pp.create_load(net, 2, 1.0, 0.2)
    return net


def test_two_bus_line_has_its_known_voltage():
    # V^2 solves V^4 + (2 (R P + X Q) - E^2) V^2 + (R^2 + X^2)(P^2 + Q^2) = 0.
    net = pp.create_empty_network(sn_mva=1.0)
    pp.create_bus(net, 10.0)
    pp.create_bus(net, 10.0)
    pp.create_line_from_parameters(net, 0, 1, 1.0, 2.0, 4.0, 0.0, 1.0)
    pp.create_ext_grid(net, 0)
    pp.create_load(net, 1, 3.0, 1.0)
    r, x, p, q = 0.02, 0.04, 3.0, 1.0
    b = 2 * (r * p + x * q) - 1.0
    square = (-b + np.sqrt(b * b - 4 * (r * r + x * x) * (p * p + q * q))) / 2
    model = ac_model(net)
    batch = ac_hours(model, model.s_mva[None])
    assert batch.vm_pu[0, 1] == pytest.approx(np.sqrt(square), abs=1e-9)
    assert batch.losses_mw[0] == pytest.approx(r * (p * p + q * q) / square, abs=1e-7)


def test_voltage_dependent_loads_and_impedance_switches_agree_with_runpp():
    net = chain(const_i_p_percent=30, const_z_p_percent=40, const_i_q_percent=20)
    pp.create_bus(net, 20.0)
    pp.create_switch(net, 2, 3, et="b", z_ohm=0.5)
    pp.create_sgen(net, 3, 0.7, 0.1)
    pp.create_ward(net, 3, 0.1, 0.05, 0.1, 0.05)
    assert ac_agreement("chain", net).verdict == "agrees"


def test_several_references_keep_their_own_voltages_and_angles():
    net = chain()
    pp.create_ext_grid(net, 2, vm_pu=0.99, va_degree=-2.0)
    assert ac_agreement("chain", net).verdict == "agrees"
    model = ac_model(net)
    batch = ac_hours(model, model.s_mva[None])
    assert batch.vm_pu[0, [0, 2]] == pytest.approx([1.02, 0.99])
    assert batch.va_degree[0, [0, 2]] == pytest.approx([0.0, -2.0])
    pp.runpp(net)
    given_mw = batch.s_bus_mva[0, [0, 2]].real + np.array([0.0, 1.0])
    assert given_mw == pytest.approx(net.res_ext_grid["p_mw"].to_numpy(), abs=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_outages_agree_with_runpp_on_a_meshed_grid():
    net = pn.case_illinois200()
    model = ac_model(net)
    inside = ~np.eye(len(model.from_bus), dtype=bool)
    batch = ac_outages(model, inside)
    assert batch.dark.any(axis=1).sum() > 20  # many of these outages split the grid
    for branch in range(0, len(inside), 14):
        table, row = str(model.branch_table[branch]), int(model.branch_row[branch])
        net[table].at[row, "in_service"] = False
        pp.runpp(net)
        net[table].at[row, "in_service"] = True
        assert batch.converged[branch]
        vm, va = voltage_differences(net, model, batch, branch)
        assert vm < 1e-6
        assert va < 1e-4


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_n1_of_1354_buses_reports_every_outage_and_agrees_with_runpp():
    net = pn.case1354pegase()
    model = ac_model(net)
    batch = ac_outages(model, ~np.eye(len(model.from_bus), dtype=bool))
    assert [not reason for reason in batch.reason] == batch.converged.tolist()
    sample = np.linspace(0, len(model.from_bus) - 1, 30).astype(int)
    for branch in sample.tolist():
        table, row = str(model.branch_table[branch]), int(model.branch_row[branch])
        net[table].at[row, "in_service"] = False
        pp.runpp(net)
        net[table].at[row, "in_service"] = True
        vm, va = voltage_differences(net, model, batch, branch)
        assert vm < 1e-6
        assert va < 1e-4


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), out=st.integers(0, 8))
def test_random_loads_and_outages_agree_with_runpp(seed, out):
    net = copy.deepcopy(CASE118)
    rng = np.random.default_rng(seed)
    net.load["p_mw"] *= rng.uniform(0.6, 1.1, len(net.load))
    model = ac_model(net)
    gone = rng.choice(len(net.line), out, replace=False)
    inside = np.ones((1, len(model.from_bus)), dtype=bool)
    inside[0, gone] = False
    batch = ac_outages(model, inside)
    net.line.loc[gone, "in_service"] = False
    try:
        pp.runpp(net)
    except pp.LoadflowNotConverged:
        return
    vm, va = voltage_differences(net, model, batch, 0)
    assert vm < 1e-6
    assert va < 1e-4


def test_a_state_does_not_depend_on_its_neighbours_in_the_batch():
    net = pn.case39()
    model = ac_model(net)
    inside = ~np.eye(len(model.from_bus), dtype=bool)
    everything = ac_outages(model, inside)
    some = ac_outages(model, inside[5:12])
    assert np.array_equal(everything.voltage_pu[5:12], some.voltage_pu, equal_nan=True)


def test_power_balances_at_every_bus_and_nothing_flows_in_dark_branches():
    net = pn.case39()
    model = ac_model(net)
    batch = ac_outages(model, ~np.eye(len(model.from_bus), dtype=bool))
    for state in np.flatnonzero(batch.converged):
        total = np.zeros(len(model.kind))
        np.add.at(total, model.from_bus, batch.p_from_mw[state])
        np.add.at(total, model.to_bus, batch.p_to_mw[state])
        shunts = np.nan_to_num(batch.vm_pu[state]) ** 2 * model.shunt_pu.real * model.base_mva
        assert np.abs(total + shunts - batch.s_bus_mva[state].real).max() < 1e-6
        dark = batch.dark[state]
        assert not batch.p_from_mw[state][dark[model.from_bus] | dark[model.to_bus]].any()
        assert np.isnan(batch.voltage_pu[state, dark]).all()


def test_an_island_without_reference_is_dark_unless_it_may_form_its_own():
    net = chain()
    pp.create_gen(net, 2, 0.4, vm_pu=1.01)
    model = ac_model(net)
    inside = np.array([[False, True]])
    dark = ac_outages(model, inside)
    assert dark.converged.all()
    assert dark.dark[0].tolist() == [False, True, True]
    assert np.isnan(dark.vm_pu[0, 1:]).all()
    formed = ac_outages(model, inside, forming_bus=(2,))
    assert formed.converged.all()
    assert not formed.dark.any()
    assert formed.vm_pu[0, 2] == pytest.approx(1.01)
    # The former carries both loads and the losses.
    assert formed.s_bus_mva[0, 2].real == pytest.approx(2.0 + formed.losses_mw[0], abs=1e-6)


def test_a_state_without_solution_has_a_reason_and_no_numbers():
    net = chain()
    model = ac_model(net)
    s_mva = np.array([model.s_mva, 100 * model.s_mva, 0.5 * model.s_mva])
    batch = ac_hours(model, s_mva)
    assert batch.converged.tolist() == [True, False, True]
    assert batch.reason[0] == batch.reason[2] == ""
    assert batch.reason[1]
    assert np.isnan(batch.voltage_pu[1]).all()
    assert np.isnan(batch.loading_percent[1]).all()
    assert np.isfinite(batch.loading_percent[[0, 2]]).all()


def test_what_cannot_be_solved_is_named_in_one_pass():
    net = chain()
    net.line.loc[:, ["r_ohm_per_km", "x_ohm_per_km"]] = 0.0
    net.load.loc[0, "p_mw"] = np.nan
    with pytest.raises(InputError) as error:
        ac_model(net)
    codes = [(each.code, each.place) for each in error.value.problems]
    assert ("zero_impedance", "line 0 (0-1)") in codes
    assert ("zero_impedance", "line 1 (1-2)") in codes
    assert ("not_a_number", "bus b") in codes
    lonely = chain()
    lonely.ext_grid["in_service"] = False
    with pytest.raises(InputError, match="no_reference"):
        ac_model(lonely)
    compensated = chain()
    pp.create_svc(compensated, 1, 1.0, -1.0, 1.0, 90.0)
    with pytest.raises(InputError, match="svc 0"):
        ac_model(compensated)


def test_the_model_leaves_the_net_as_it_was():
    net = pn.example_multivoltage()
    before = copy.deepcopy(net)
    ac_model(net)
    for table in ("bus", "line", "trafo", "trafo3w", "gen", "load", "switch"):
        assert net[table].equals(before[table])
