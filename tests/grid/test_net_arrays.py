"""Any pandapower net becomes arrays with pandapower's own flows, or is refused by name."""

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.agreement import agreement, stored_nets
from data.problems import InputError
from grid.arrays import UNLIMITED_MW
from grid.net_arrays import net_arrays

pytestmark = pytest.mark.filterwarnings(
    "ignore:tap_dependency_table is missing:DeprecationWarning",
    "ignore::FutureWarning",
    "ignore::UserWarning",
)

SPREAD = (
    "case9",
    "case24_ieee_rts",
    "case145",
    "case300",
    "case1354pegase",
    "case_illinois200",
    "GBreducednetwork",
    "create_cigre_network_mv",
    "create_kerber_dorfnetz",
    "example_multivoltage",
    "example_simple",
    "ieee_european_lv_asymmetric",
    "mv_oberrhein",
    "simple_mv_open_ring_net",
    "1-HVMV-mixed-1.105-0-sw",
)
"""A net of every kind; ``python -m benchmarks.agreement`` does all of them."""


@pytest.mark.parametrize("name", SPREAD)
def test_flows_and_references_equal_rundcpp(name):
    make = dict(stored_nets())[name]
    found = agreement(name, make())
    assert not found.refused
    assert found.flow_mw < 1e-6
    assert found.reference_mw < 1e-6


def open_and_take_out(net, buses, rng):
    """Switches of every kind, some open, and some elements out of service."""
    for _ in range(3):
        pp.create_switch(net, *rng.choice(buses[10.0], 2, replace=False), "b",
                         closed=bool(rng.random() < 0.5))  # fmt: skip
    for at in rng.choice(net.line.index, 3, replace=False):
        end = str(rng.choice(["from_bus", "to_bus"]))
        pp.create_switch(net, net.line.at[at, end], at, "l", closed=bool(rng.random() < 0.5))
    pp.create_switch(net, net.trafo.at[0, "hv_bus"], 0, "t", closed=bool(rng.random() < 0.5))
    pp.create_switch(net, net.trafo3w.at[0, "lv_bus"], 0, "t3", closed=bool(rng.random() < 0.5))
    for table in ("line", "load", "sgen", "trafo", "shunt", "asymmetric_load", "dcline", "ward"):
        for row in net[table].index:
            if rng.random() < 0.1:
                net[table].at[row, "in_service"] = False
    if rng.random() < 0.4:
        net.bus.at[buses[10.0][-1], "in_service"] = False


def random_net(seed):
    """A meshed net of three voltages with some of every kind of element pandapower has."""
    rng = np.random.default_rng(seed)
    net = pp.create_empty_network(sn_mva=float(rng.choice([1.0, 100.0])))
    volts = (110.0, 20.0, 10.0)
    buses = {v: [pp.create_bus(net, v) for _ in range(int(rng.integers(3, 7)))] for v in volts}

    def any_bus(v=None):
        return int(rng.choice(buses[v or float(rng.choice(volts))]))

    def line(one, other):
        x = float(rng.uniform(0.1, 0.5))
        return pp.create_line_from_parameters(
            net, one, other, rng.uniform(1, 20), 0.1, x, 10.0, rng.uniform(0.2, 1), df=0.9
        )

    for v in volts:
        for at, bus in enumerate(buses[v][1:]):
            line(buses[v][int(rng.integers(0, at + 1))], bus)
        for _ in range(2):
            line(*rng.choice(buses[v], 2, replace=False).tolist())
    steps = {"tap_neutral": 0, "tap_min": -9, "tap_max": 9, "tap_side": "hv"}
    for v in (20.0, 110.0):
        low = 10.0 if v == 20.0 else 20.0
        pp.create_transformer_from_parameters(
            net, any_bus(v), any_bus(low), 40.0, v, low, 0.3, 12.0, 20.0, 0.1,
            shift_degree=float(rng.choice([0, 150])) if v == 20.0 else 0.0,
            tap_pos=int(rng.integers(-5, 6)), tap_step_percent=1.5, **steps,
        )  # fmt: skip
        pp.create_transformer_from_parameters(
            net, any_bus(v), any_bus(low), 40.0, v, low, 0.3, 12.0, 20.0, 0.1,
            shift_degree=net.trafo.at[len(net.trafo) - 1, "shift_degree"],
            tap_pos=int(rng.integers(-5, 6)), tap_step_degree=2.0,
            tap_changer_type="Ideal", **steps,
        )  # fmt: skip
    pp.create_transformer3w_from_parameters(
        net, any_bus(110.0), any_bus(20.0), any_bus(10.0), 110.0, 20.0, 10.0, 60.0, 40.0, 20.0,
        10.0, 11.0, 12.0, 0.3, 0.3, 0.3, 10.0, 0.1, shift_mv_degree=0.0, shift_lv_degree=0.0,
    )  # fmt: skip
    pp.create_impedance(net, *rng.choice(buses[110.0], 2, replace=False), 0.01, 0.05, 100.0)
    for _ in range(6):
        pp.create_load(net, any_bus(), rng.uniform(-1, 8), scaling=rng.uniform(0.5, 1.2))
        pp.create_sgen(net, any_bus(), rng.uniform(-1, 3), scaling=0.9)
    pp.create_gen(net, any_bus(110.0), rng.uniform(-5, 20), scaling=0.8, max_p_mw=30.0)
    pp.create_storage(net, any_bus(), rng.uniform(-2, 2), 10.0)
    pp.create_motor(net, any_bus(), 1.0, 0.9, efficiency_percent=90.0, loading_percent=80.0)
    pp.create_ward(net, any_bus(), 1.0, 0.1, rng.uniform(-1, 1), 0.0)
    pp.create_xward(net, any_bus(), 0.5, 0.1, 0.3, 0.1, 0.05, 1.0, 1.0)
    pp.create_shunt(net, any_bus(), 0.1, p_mw=0.3, step=2)
    pp.create_asymmetric_load(net, any_bus(), p_a_mw=0.3, p_b_mw=0.2, scaling=0.7)
    pp.create_dcline(net, *rng.choice(buses[110.0], 2, replace=False), rng.uniform(-5, 5),
                     1.2, 0.1, 1.0, 1.0)  # fmt: skip
    held = rng.choice(buses[110.0], 3, replace=False).tolist()
    pp.create_ext_grid(net, held[0], va_degree=float(rng.uniform(-3, 3)), max_p_mw=900.0)
    if rng.random() < 0.7:
        pp.create_ext_grid(net, held[1], va_degree=float(rng.uniform(-3, 3)))
    if rng.random() < 0.5:
        pp.create_ext_grid(net, held[0], va_degree=net.ext_grid.at[0, "va_degree"])
    if rng.random() < 0.3:
        pp.create_gen(net, held[2], 3.0, slack=True)
    open_and_take_out(net, buses, rng)
    return net


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_flows_of_random_nets_with_every_kind_of_element_equal_rundcpp(seed):
    found = agreement("random", random_net(seed))
    assert not found.refused
    # pandapower itself finds no numbers when a line is open at both ends.
    assume(not np.isnan(found.flow_mw))
    assert found.flow_mw < 1e-6
    assert found.reference_mw < 1e-6


def test_the_net_is_left_as_it_was():
    net = pn.case9()
    before = pp.to_json(net)
    net_arrays(net)
    assert pp.to_json(net) == before


def test_several_references_become_one_source_with_their_limits_together():
    net = pn.case9()
    net.ext_grid["max_p_mw"] = 100.0
    pp.create_ext_grid(net, 5, max_p_mw=50.0, va_degree=2.0)
    model = net_arrays(net)
    assert len(model.arrays.bus_ids) == 8
    assert model.arrays.source_p_max_mw[0] == 150.0
    assert model.arrays.source_ids[0] == "external grid"
    assert model.bus_of[0] == model.bus_of[5]
    net.ext_grid.loc[1, "max_p_mw"] = np.nan
    assert net_arrays(net).arrays.source_p_max_mw[0] == UNLIMITED_MW


def test_generators_keep_their_room_to_rise_and_what_takes_power_out_is_demand():
    net = pn.case9()
    net.gen.loc[0, ["p_mw", "max_p_mw"]] = 163.0, 300.0
    net.gen.loc[1, "p_mw"] = -5.0
    pp.create_sgen(net, 3, 4.0)
    pp.create_load(net, 4, -3.0, name="small hydro")
    model = net_arrays(net)
    arrays = model.arrays
    assert arrays.source_ids.tolist()[1:] == ["gen 0", "sgen 0", "small hydro"]
    assert arrays.source_p_set_mw[1:] == pytest.approx([163.0, 4.0, 3.0])
    assert arrays.source_p_max_mw[1:] == pytest.approx([300.0, 4.0, 3.0])
    assert arrays.source_grid_forming.tolist() == [True, True, False, False]
    assert model.demand_mw[model.bus_of[2]] == pytest.approx(5.0)


def test_loads_and_branches_are_found_again():
    net = pn.example_multivoltage()
    net.load.loc[2, "in_service"] = False
    model = net_arrays(net)
    assert model.loads[2] == -1
    assert (model.loads[:2] == model.bus_of[net.load["bus"].to_numpy()[:2]]).all()
    lines = model.branch_table == "line"
    names = net.line["name"].loc[model.branch_row[lines]].tolist()
    assert model.arrays.branch_ids[lines].tolist() == names
    assert model.branch_side[model.branch_table == "trafo3w"].tolist() == ["hv", "mv", "lv"]
    assert len(set(model.arrays.branch_ids)) == len(model.arrays.branch_ids)


def test_isolated_buses_are_no_part():
    net = pn.case9()
    lonely = pp.create_bus(net, 345.0)
    pp.create_load(net, lonely, 10.0)
    model = net_arrays(net)
    assert model.bus_of[lonely] == -1
    assert model.loads[-1] == -1
    assert model.demand_mw.sum() == pytest.approx(315.0)


def test_names_used_twice_or_missing_are_told_apart():
    net = pn.case9()
    net.line["name"] = ["A", "A", None, "B", "", "C", "D", "E", "F"]
    ids = net_arrays(net).arrays.branch_ids.tolist()
    assert ids[:5] == ["A [line 0]", "A [line 1]", "line 2", "B", "line 4"]


def test_everything_that_cannot_be_taken_is_named_in_one_pass():
    net = pn.case9()
    pp.create_tcsc(net, 3, 4, x_l_ohm=1, x_cvar_ohm=-10, set_p_to_mw=-20,
                   thyristor_firing_angle_degree=100, name="series")  # fmt: skip
    net.load.loc[0, "p_mw"] = np.nan
    net.ext_grid["in_service"] = False
    with pytest.raises(InputError) as refused:
        net_arrays(net)
    codes = [each.code for each in refused.value.problems]
    assert sorted(codes) == ["no_reference", "not_a_number", "not_honoured"]
    assert "tcsc 0 (series)" in str(refused.value)
    assert "load 0" in str(refused.value)


def test_zero_reactance_and_negative_rating_are_named():
    net = pn.case9()
    net.line.loc[3, "x_ohm_per_km"] = 0.0
    net.line.loc[5, "max_i_ka"] = -1.0
    with pytest.raises(InputError, match="line 3: found") as refused:
        net_arrays(net)
    codes = {each.place: each.code for each in refused.value.problems}
    assert codes == {"line 3": "no_reactance", "line 5": "negative_rating"}


def test_reactive_compensators_do_not_stand_in_the_way():
    net = pn.case9()
    before = net_arrays(net).demand_mw
    pp.create_svc(net, 4, 1.0, -10.0, 1.0, 144.0)
    assert net_arrays(net).demand_mw == pytest.approx(before)
