"""Everything wrong in a user's grid is found, named and comes with the likely fix."""

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import pytest

from grid.exchange.net_check import check_net, inspect_net


def line_zero(net):
    net.line.loc[0, ["r_ohm_per_km", "x_ohm_per_km"]] = 0.0


def two_names(net):
    net.line.loc[1, "name"] = "l_nw"


def isolate_slack(net):
    net.line.loc[[0, 2], "in_service"] = False


def kw_loads(net):
    net.load["p_mw"] *= 1000.0


def own_value(table, row, column, value):
    def change(net):
        net[table][column] = net[table][column].astype(object)
        net[table].at[row, column] = value

    return change


def no_reference(net):
    net.ext_grid.drop(0, inplace=True)


def swap_trafo(net):
    net.trafo.loc[0, ["hv_bus", "lv_bus"]] = [3, 1]


def vsc(net):
    pp.create_bus_dc(net, 100.0)
    pp.create_vsc(net, 0, 0, 0.01, 0.1, 0.01, control_value_ac=1.0, control_value_dc=0.0)


ERRORS = [
    ("zero_impedance", "line 0 (l_nw)", "bus-bus switch", line_zero),
    ("duplicate_name", "net.line rows 0, 1", "l_nw-2", two_names),
    ("islanded_slack", "ext_grid 0 (grid above)", "Close the switch", isolate_slack),
    ("unit_off", "load 0 (town) p_mw", "kW", kw_loads),
    ("unit_off", "bus 3 (west_mv) vn_kv", "22 kV", own_value("bus", 3, "vn_kv", 22_000.0)),
    ("unit_off", "line 2 (l_ne) max_i_ka", "0.6 kA", own_value("line", 2, "max_i_ka", 600.0)),
    ("unit_off", "trafo 1 (t_2) sn_mva", "40 MVA", own_value("trafo", 1, "sn_mva", 40_000.0)),
    ("unit_off", "line 0 (l_nw) length_km", "12 km", own_value("line", 0, "length_km", 12_000)),
    ("negative_rating", "line 1 (l_we) max_i_ka", "0.6", own_value("line", 1, "max_i_ka", -0.6)),
    ("out_of_range", "line 1 (l_we) length_km", "9", own_value("line", 1, "length_km", -9.0)),
    ("out_of_range", "trafo 0 (t_1) sn_mva", "40", own_value("trafo", 0, "sn_mva", -40.0)),
    ("not_a_number", "line 0 (l_nw) x_ohm", "Fill", own_value("line", 0, "x_ohm_per_km", np.nan)),
    ("not_a_number", "load 1 (works) p_mw", "", own_value("load", 1, "p_mw", np.inf)),
    ("not_a_number", "load 1 (works) p_mw", "12.0", own_value("load", 1, "p_mw", "12,0")),
    ("unknown_bus", "load 0 (town) bus", "Add the bus", own_value("load", 0, "bus", 77)),
    ("no_reference", "net.ext_grid", "Add an ext_grid", no_reference),
    ("no_reference", "net.ext_grid", "in service", own_value("ext_grid", 0, "in_service", False)),
    ("sides_swapped", "trafo 0 (t_1)", "Swap hv_bus", swap_trafo),
    ("voltage_mismatch", "trafo 0 (t_1) vn_lv_kv", "bus", own_value("trafo", 0, "vn_lv_kv", 11.0)),
    ("line_ends", "line 1 (l_we)", "transformer", own_value("line", 1, "to_bus", 4)),
    ("same_bus", "line 2 (l_ne)", "to_bus", own_value("line", 2, "to_bus", 0)),
    ("out_of_range", "trafo 0 (t_1) vkr", "", own_value("trafo", 0, "vkr_percent", 30.0)),
    ("voltage_mismatch", "trafo 0 (t_1) vn_hv", "132 kV", own_value("trafo", 0, "vn_hv_kv", 132e3)),
    ("not_allowed", "load 0 (town) shed_class", "", own_value("load", 0, "shed_class", 7)),
    (
        "not_allowed",
        "load 0 (town) kile",
        "household",
        own_value("load", 0, "kile_group", "househ"),
    ),
    ("not_allowed", "load 0 (town) customers", "", own_value("load", 0, "customers", -3.0)),
    ("bus_dc", "bus_dc", "", vsc),
]


@pytest.mark.parametrize(
    ("code", "place", "fix", "change"), ERRORS, ids=[f"{e[0]}-{e[1]}" for e in ERRORS]
)
def test_a_mistake_is_refused_by_name_with_its_fix(net, code, place, fix, change):
    change(net)
    found = [each for each in check_net(net) if code in (each.code, each.place.split()[0])]
    assert any(place in each.place for each in found), check_net(net)
    assert any(fix in each.remedy for each in found if place in each.place)


def test_all_mistakes_come_in_one_pass(net):
    for change in (line_zero, two_names, swap_trafo, kw_loads):
        change(net)
    own_value("line", 2, "length_km", -1.0)(net)
    codes = {each.code for each in check_net(net)}
    assert codes >= {
        "zero_impedance", "duplicate_name", "sides_swapped", "unit_off", "out_of_range",
    }  # fmt: skip


def test_a_good_grid_has_neither_errors_nor_warnings(net):
    findings = inspect_net(net)
    assert findings.errors == ()
    assert findings.warnings == ()


@pytest.mark.parametrize(
    "make",
    [pn.case9, pn.case14, pn.case39, pn.case_illinois200, pn.create_cigre_network_mv,
     pn.create_cigre_network_lv, pn.create_kerber_landnetz_kabel_1, pn.simple_mv_open_ring_net],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_published_grids_are_not_suspected(make):
    assert check_net(make()) == []


def warned(net, code):
    findings = inspect_net(net)
    assert findings.errors == ()
    found = [each for each in findings.warnings if each.code == code]
    assert found, findings.warnings
    return str(found[0])


def test_a_part_without_source_is_told_with_its_load(net):
    net.trafo.loc[0, "in_service"] = False
    text = warned(net, "dark_part")
    assert "west_mv" in text
    assert "18 MW" in text


def test_loads_without_customers_are_named_when_others_have_some(net):
    net.load.loc[1, "customers"] = np.nan
    assert "works" in warned(net, "no_customers")


def test_a_negative_load_is_told(net):
    net.load.loc[1, "p_mw"] = -5.0
    assert "sgen" in warned(net, "negative_load")


def test_loads_given_in_gw_are_suspected(net):
    net.load["p_mw"] /= 1000.0
    net.sgen["p_mw"] /= 1000.0
    assert "GW" in warned(net, "unit_off")


def test_a_grid_without_ac_solution_is_told_with_the_likely_cause(net):
    net.load["p_mw"] *= 12.0
    net.load["q_mvar"] *= 40.0
    text = warned(net, "no_ac_solution")
    assert "% of the load" in text
    assert "lowest voltage" in text
    assert "mv" in text


def test_names_that_loads_share_are_told(net):
    net.load["name"] = "town"
    text = warned(net, "duplicate_name")
    assert "town (rows 0, 1)" in text


def test_an_intact_grid_above_its_ratings_is_told(net):
    net.load["p_mw"] *= 4.0
    assert "t_1" in warned(net, "overloaded")


def test_generators_that_hold_different_voltages_at_one_bus_are_named(net):
    pp.create_gen(net, 1, p_mw=1.0, vm_pu=1.02, name="g1")
    pp.create_gen(net, 1, p_mw=1.0, vm_pu=0.97, name="g2")
    text = warned(net, "set_point")
    assert "g1" in text
    assert "g2" in text


def test_checking_changes_nothing(net):
    pp.create_gen(net, 1, p_mw=1.0, vm_pu=1.0, name="g1")
    before = pp.to_json(net)
    inspect_net(net)
    assert pp.to_json(net) == before
