"""A user's net as a study, solved, and written back."""

import numpy as np
import pandapower as pp
import pandapower.networks as nets
import pytest

from data.problems import InputError
from grid.ac_check import check_ac
from grid.net_study import DEFAULT_SHED_CLASS, net_study
from grid.solver import GridSolver
from grid.state_net import net_of_state


def own_net():
    """Two buses fed over one line each; a small generator on the second."""
    net = pp.create_empty_network()
    for name in ("in", "town", "village"):
        pp.create_bus(net, 110.0, name=name, geodata=(6e5 + len(net.bus), 66e5))
    pp.create_ext_grid(net, 0, name="above")
    for end, name in ((1, "l-town"), (2, "l-village")):
        pp.create_line_from_parameters(
            net, 0, end, 10.0, 0.1, 0.4, 9.0, 0.3, name=name, max_loading_percent=100.0
        )
    pp.create_load(net, 1, 20.0, 5.0, name="town")
    pp.create_load(net, 2, 5.0, 1.0, name="hospital")
    pp.create_load(net, 2, 5.0, 1.0, name="homes")
    pp.create_gen(net, 2, 6.0, vm_pu=1.0, name="mill", max_p_mw=6.0, min_p_mw=0.0)
    net.load["shed_class"] = [np.nan, 3, 2]
    net.load["customers"] = [np.nan, 1.0, 900.0]
    return net


def solved(study, out=()):
    solver = GridSolver(study.arrays, study.shed_cost, study.protection)
    return solver.solve(study.in_service_without(out), study.demand_mw)


def test_loads_say_their_class_and_customers_and_others_get_the_default():
    study = net_study(own_net(), "mine")
    town, village = (study.arrays.bus_ids.tolist().index(name) for name in ("town", "village"))
    assert study.demand_mw[0, town, DEFAULT_SHED_CLASS] == pytest.approx(20.0)
    assert study.demand_mw[0, village] == pytest.approx([0.0, 0.0, 5.0, 5.0])
    assert np.isnan(study.customers[town])
    assert study.customers[village] == pytest.approx(901.0)
    assert study.x_m[village] == pytest.approx(6e5 + 2.0)


def test_wrong_classes_groups_and_customers_are_all_named():
    net = own_net()
    net.load["shed_class"] = [7, 3, 2]
    net.load["kile_group"] = ["household", "houshold", ""]
    net.load["customers"] = [1.0, 1.0, -4.0]
    with pytest.raises(InputError) as refused:
        net_study(net, "mine")
    assert [problem.code for problem in refused.value.problems] == [
        "not_a_class",
        "not_a_group",
        "negative",
    ]


def test_an_island_with_its_own_generator_lives_and_sheds_the_less_important():
    study = net_study(own_net(), "mine")
    state = solved(study, ["l-village"])
    village = study.arrays.bus_ids.tolist().index("village")
    assert state.served_mw[0, village] == pytest.approx(6.0)
    assert state.served_share[0, village] == pytest.approx([1.0, 1.0, 0.2, 1.0])
    written = net_of_state(study, state)
    assert not written.line.at[1, "in_service"]
    assert bool(written.gen.at[0, "slack"])
    pp.runpp(written)
    assert written.res_load["p_mw"].tolist() == pytest.approx([20.0, 5.0, 1.0])
    assert written.res_gen.at[0, "p_mw"] == pytest.approx(6.0, abs=0.01)
    (check,) = check_ac(study, state)
    assert check.converged


def test_a_dark_part_is_out_of_service_in_the_net_written_back():
    study = net_study(own_net(), "mine")
    state = solved(study, ["l-town"])
    written = net_of_state(study, state)
    assert not written.bus.at[1, "in_service"]
    pp.runpp(written)
    assert np.isnan(written.res_bus.at[1, "vm_pu"])


@pytest.mark.parametrize("case", ["case9", "case30", "example_multivoltage"])
def test_the_intact_state_in_ac_equals_the_net_itself(case):
    net = getattr(nets, case)()
    study = net_study(net, case)
    state = solved(study)
    assert not state.is_curtailed
    (check,) = check_ac(study, state)
    pp.runpp(net)
    live = net.res_bus["vm_pu"].dropna()
    assert check.vm_min_pu == pytest.approx(live.min(), abs=1e-6)
    assert check.vm_max_pu == pytest.approx(live.max(), abs=1e-6)


def test_the_net_of_a_user_is_not_changed():
    net = own_net()
    before = pp.to_json(net)
    study = net_study(net, "mine")
    net_of_state(study, solved(study, ["l-village"]))
    assert pp.to_json(net) == before


def test_short_term_and_trip_limits_are_the_users_own_or_the_defaults():
    net = own_net()
    net.line["short_term_percent"] = [110.0, np.nan]
    net.line["trip_percent"] = [np.nan, 115.0]
    arrays = net_study(net, "mine").arrays
    assert arrays.short_term_mw / arrays.rating_mw == pytest.approx([1.1, 1.15])
    assert arrays.trip_mw / arrays.rating_mw == pytest.approx([1.5, 1.15])


def test_limits_in_the_wrong_order_are_named():
    net = own_net()
    net.line["short_term_percent"] = [90.0, 130.0]
    net.line["trip_percent"] = [150.0, 120.0]
    with pytest.raises(InputError) as refused:
        net_study(net, "mine")
    assert [problem.place for problem in refused.value.problems] == [
        "line 0 (l-town) short_term_percent",
        "line 1 (l-village) trip_percent",
    ]
