"""DC optimal power flow: costs and prices that can be worked out by hand."""

import numpy as np
import pandapower as pp
import pytest

from data.problems import BeredtError, InputError
from grid.optimal_flow import dc_optimal_flow


def two_buses(limit_mw: float, demand_mw: float = 100.0) -> pp.pandapowerNet:
    """A cheap source, a line, and a dear source beside the load."""
    net = pp.create_empty_network(sn_mva=100.0)
    for _ in range(2):
        pp.create_bus(net, 100.0)
    amperes_ka = limit_mw / (np.sqrt(3.0) * 100.0)
    pp.create_line_from_parameters(
        net, 0, 1, 1.0, 0.0, 10.0, 0.0, amperes_ka, max_loading_percent=100.0
    )
    pp.create_ext_grid(net, 0, min_p_mw=0.0, max_p_mw=200.0)
    pp.create_gen(net, 1, 0.0, min_p_mw=0.0, max_p_mw=80.0, controllable=True)
    pp.create_load(net, 1, demand_mw, controllable=False)
    return net


def linear(net: pp.pandapowerNet) -> pp.pandapowerNet:
    pp.create_poly_cost(net, 0, "ext_grid", cp1_eur_per_mw=10.0)
    pp.create_poly_cost(net, 0, "gen", cp1_eur_per_mw=30.0, cp0_eur=5.0)
    return net


def test_without_congestion_the_cheap_source_gives_everything():
    found = dc_optimal_flow(linear(two_buses(150.0)))
    assert found.cost_per_h == pytest.approx(1005.0)
    assert found.p_mw == pytest.approx([100.0, 0.0], abs=1e-6)
    assert found.price_per_mwh == pytest.approx([10.0, 10.0])
    assert len(found.binding) == 0


def test_a_full_line_parts_the_prices_and_has_one_of_its_own():
    found = dc_optimal_flow(linear(two_buses(60.0)))
    assert found.cost_per_h == pytest.approx(60 * 10 + 40 * 30 + 5)
    assert found.p_mw == pytest.approx([60.0, 40.0])
    assert found.price_per_mwh == pytest.approx([10.0, 30.0])
    assert found.flow_mw == pytest.approx([60.0])
    assert found.limit_price_per_mwh == pytest.approx([20.0])
    assert found.branch_table[found.binding].tolist() == ["line"]


def test_quadratic_costs_meet_at_equal_marginal_cost():
    net = two_buses(150.0)
    pp.create_poly_cost(net, 0, "ext_grid", cp1_eur_per_mw=10.0, cp2_eur_per_mw2=0.1)
    pp.create_poly_cost(net, 0, "gen", cp1_eur_per_mw=20.0, cp2_eur_per_mw2=0.05)
    # 10 + 0.2 a = 20 + 0.1 (100 - a): a = 200 / 3.
    found = dc_optimal_flow(net)
    assert found.p_mw == pytest.approx([200 / 3, 100 / 3], abs=1e-4)
    assert found.marginal_per_mwh == pytest.approx([10 + 40 / 3] * 2, abs=1e-4)
    assert found.price_per_mwh == pytest.approx([10 + 40 / 3] * 2, abs=1e-4)


def test_steps_of_a_cost_curve_are_climbed_in_order():
    net = two_buses(150.0)
    pp.create_pwl_cost(net, 0, "ext_grid", [[0, 50, 10.0], [50, 200, 40.0]])
    pp.create_pwl_cost(net, 0, "gen", [[0, 30, 20.0], [30, 80, 35.0]])
    found = dc_optimal_flow(net)
    assert found.p_mw == pytest.approx([50.0, 50.0])
    assert found.cost_per_h == pytest.approx(50 * 10 + 30 * 20 + 20 * 35)
    assert found.price_per_mwh == pytest.approx([35.0, 35.0])


def test_falling_slopes_are_refused_by_name():
    net = two_buses(150.0)
    pp.create_pwl_cost(net, 0, "ext_grid", [[0, 50, 40.0], [50, 200, 10.0]])
    pp.create_pwl_cost(net, 0, "gen", [[0, 30, 20.0], [30, 80, 35.0]])
    with pytest.raises(InputError, match="ext_grid 0"):
        dc_optimal_flow(net)


def test_a_net_without_costs_is_refused():
    with pytest.raises(InputError, match="no_costs"):
        dc_optimal_flow(two_buses(150.0))


def test_demand_nobody_can_meet_is_said_to_be_so():
    with pytest.raises(BeredtError, match="no dispatch keeps all limits"):
        dc_optimal_flow(linear(two_buses(10.0)))
