"""The built-in region's grid: as pandapower sees it, and as the solver does."""

import json

import numpy as np
import pandapower as pp
import pytest

from data.read import load_region
from data.region import SECTORS
from grid.arrays import region_arrays
from grid.calibration import key_figures, winter_peak_security
from grid.net import build_net, bus_demand_mw, save_net, winter_peak_mw
from grid.reliability.normal_year import normal_year
from grid.solver import GridSolver
from tests.strategies import CLASS_COST


@pytest.fixture(scope="module")
def region():
    return load_region()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("arrays")


@pytest.fixture(scope="module")
def arrays(region, cache):
    return region_arrays(region, cache)


@pytest.fixture(scope="module")
def peak(region):
    return winter_peak_mw(region)[None]


@pytest.fixture(scope="module")
def state(arrays, peak):
    return GridSolver(arrays, CLASS_COST).solve(np.ones(len(arrays.branch_ids), dtype=bool), peak)


def test_the_intact_winter_peak_overloads_nothing(state, arrays, peak):
    assert not state.is_curtailed
    assert state.lp_hours == 0
    assert not state.dark.any()
    assert (np.abs(state.flow_mw) < arrays.rating_mw).all()
    assert state.residual_mw.max() < 1e-6 * peak.sum()


def test_any_one_line_or_transformer_may_be_lost_in_the_winter_peak(region, arrays):
    loading, secure = winter_peak_security(region, arrays)
    assert loading < 1.0
    assert secure == 1.0


def test_solver_and_rundcpp_agree(region, state, peak):
    net = build_net(region, winter_peak_mw(region).sum(axis=1))
    pp.rundcpp(net, numba=False)
    flow = np.concatenate([net.res_line.p_from_mw, net.res_trafo.p_hv_mw])
    assert state.flow_mw[0] == pytest.approx(flow, abs=1e-6)
    assert net.res_load.p_mw.sum() == pytest.approx(peak.sum())


def test_ac_power_flow_converges_within_voltage_limits(region):
    net = build_net(region, winter_peak_mw(region).sum(axis=1))
    pp.runpp(net, numba=False, init="dc")
    assert net.res_bus.vm_pu.between(0.9, 1.1).all()
    assert net.res_line.loading_percent.max() < 100.0
    assert net.res_trafo.loading_percent.max() < 100.0


def test_the_net_is_saved_and_opened(region, tmp_path):
    net = build_net(region, winter_peak_mw(region).sum(axis=1))
    save_net(net, tmp_path / "net.json")
    again = pp.from_json(str(tmp_path / "net.json"))
    assert again.line["name"].tolist() == region.lines.line_id.tolist()
    assert again.trafo["name"].tolist() == region.trafos.trafo_id.tolist()
    pp.rundcpp(again, numba=False)
    pp.rundcpp(net, numba=False)
    assert again.res_line.p_from_mw.to_numpy() == pytest.approx(net.res_line.p_from_mw.to_numpy())


def test_demand_at_an_unknown_bus_is_refused(region):
    with pytest.raises(KeyError, match="nowhere"):
        build_net(region, {"nowhere": 1.0})
    with pytest.raises(ValueError, match="one value for each bus"):
        build_net(region, np.zeros(3))


def test_arrays_read_back_from_the_cache_are_equal(region, arrays, cache):
    stored = list(cache.iterdir())
    assert len(stored) == 1
    again = region_arrays(region, cache)
    assert (again.branch_ids == arrays.branch_ids).all()
    assert (again.susceptance_pu == arrays.susceptance_pu).all()
    assert again.base_mva == arrays.base_mva
    assert list(cache.iterdir()) == stored


def test_demand_at_the_buses_is_the_demand_of_the_areas(region):
    rng = np.random.default_rng(1)
    demand = rng.random((2, len(region.areas), len(SECTORS)))
    by_bus = bus_demand_mw(region, demand)
    assert by_bus.sum(axis=(1, 2)) == pytest.approx(demand.sum(axis=(1, 2)))
    critical = region.sectors.sector[region.sectors.shed_class == 3].tolist()
    at = [SECTORS.index(sector) for sector in critical]
    assert by_bus[..., 3].sum() == pytest.approx(demand[..., at].sum())


def test_normal_year_is_plausible_and_adds_up(region):
    year = normal_year(region)
    customers = region.areas.customers
    served = np.isfinite(year.saidi_h)
    total = np.average(year.saidi_h[served], weights=customers[served])
    assert year.total_saidi_h == pytest.approx(total)
    assert year.total_caidi_h == pytest.approx(year.total_saidi_h / year.total_saifi)
    assert year.total_ens_mwh == pytest.approx(year.ens_mwh.sum())
    rural = region.areas.settlement == "rural"
    city = region.areas.settlement == "city"
    assert np.nanmean(year.saidi_h[rural]) > np.nanmean(year.saidi_h[city])


def test_key_figures_can_be_written_as_json(region, arrays):
    figures = {each.figure: each for each in key_figures(region, arrays)}
    assert {"saidi_oslo_min", "saidi_akershus_min", "saifi_norway"} <= set(figures)
    assert figures["n1_secure_share"].model == 1.0
    json.dumps([each.deviation for each in figures.values()], allow_nan=False)
