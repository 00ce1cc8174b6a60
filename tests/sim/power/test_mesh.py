from dataclasses import replace

import numpy as np
import pytest

from sim.case import intact_grid
from sim.power.mesh import Mesh


def substation_row(case, name):
    return int(np.flatnonzero(case.region.substations.substation_id == name)[0])


def without(case, *substations):
    in_service = np.ones(len(case.arrays.branch_ids), dtype=bool)
    for row in substations:
        in_service[case.network.substation_branches[row]] = False
    return in_service


def station_trafos(case, keep):
    """Branches of the station transformers whose loss makes the rest overloaded, but ``keep``."""
    region = case.region
    lower = region.trafos.lv_bus_id
    names = region.trafos.trafo_id
    by_bus = {
        bus: names[lower == bus].tolist()
        for bus in sorted(set(lower.tolist()))
        if not bus.endswith("_mv")
    }
    bus = max(by_bus, key=lambda each: len(by_bus[each]))
    return [int(np.flatnonzero(case.arrays.branch_ids == n)[0]) for n in by_bus[bus][keep:]]


def test_nothing_happens_everything_is_served(calm):
    case, grid = calm
    mesh = Mesh(case, grid)
    mesh.settle(7.3)
    mesh.finish()
    assert mesh.served_mwh == pytest.approx(case.demand_mwh, rel=1e-12)
    assert not mesh.shed_mwh.any()
    assert not mesh.dark.any()
    assert mesh.residual_mw < 1e-6 * case.demand_mw.sum(axis=(1, 2)).max()


def test_settling_often_changes_nothing(calm):
    case, grid = calm
    cell = 4
    once, often = Mesh(case, grid), Mesh(case, grid)
    for t_h in np.arange(0.0, 24.0, 0.37):
        often.settle(float(t_h))
        if t_h < 6.2 <= t_h + 0.37:
            for mesh in (once, often):
                mesh.set_out_share(6.2, cell, 0.6)
    once.finish()
    often.finish()
    assert often.served_mwh == pytest.approx(once.served_mwh, rel=1e-12)


def test_a_feeder_out_takes_its_share_from_what_is_served(calm):
    case, grid = calm
    network, cell = case.network, 4
    area, share = network.cell_area[cell], network.cell_share[cell]
    mesh = Mesh(case, grid)
    mesh.set_out_share(2.5, cell, 0.4)
    mesh.set_out_share(4.25, cell, 0.0)
    mesh.finish()
    spread = case.spread_mw[:, area]
    missing = 0.4 * share * (0.5 * spread[2] + spread[3] + 0.25 * spread[4])
    assert case.demand_mwh - mesh.served_mwh == pytest.approx(missing, rel=1e-6)
    assert not mesh.shed_mwh.any()


def test_a_substation_without_transformers_is_dark_and_comes_back(calm):
    case, grid = calm
    mesh = Mesh(case, grid)
    changed = mesh.set_branches(3.5, without(case, 10))
    assert np.flatnonzero(changed).tolist() == [10]
    assert np.flatnonzero(mesh.dark).tolist() == [10]
    changed = mesh.set_branches(5.0, without(case))
    assert np.flatnonzero(changed).tolist() == [10]
    assert not mesh.dark.any()
    mesh.finish()
    bus = case.network.substation_bus[10]
    missing = 0.5 * case.intact_bus_mw[3, bus] + case.intact_bus_mw[4, bus]
    assert case.demand_mwh - mesh.served_mwh == pytest.approx(missing, rel=1e-6)


def test_bulk_demand_of_a_dark_substation_is_shed_and_the_rest_left_to_the_sections(calm):
    case, grid = calm
    network = case.network
    mesh = Mesh(case, grid)
    mesh.set_branches(3.5, without(case, 10))
    mesh.set_branches(5.0, without(case))
    mesh.finish()
    expected = np.zeros(case.demand_mw.shape[1:])
    for cell in network.substation_cells[10]:
        area, share = network.cell_area[cell], network.cell_share[cell]
        lost = share * (0.5 * case.demand_mw[3, area] + case.demand_mw[4, area])
        expected[area] += np.where(network.bulk, lost, 0.0)
    assert mesh.shed_mwh.sum(axis=0) == pytest.approx(expected)
    assert not mesh.shed_person_h.any()


def test_load_is_shed_with_the_critical_last_and_the_energy_adds_up(bench):
    case, grid = bench.case(degc=-20.0)
    mesh = Mesh(case, grid)
    in_service = without(case)
    in_service[station_trafos(case, 2)] = False
    mesh.set_branches(2.0, in_service)
    assert mesh.is_curtailed or mesh.dark.any()
    mesh.set_branches(9.5, without(case))
    mesh.finish()
    dark_mwh = case.demand_mwh - mesh.served_mwh - mesh.shed_mwh.sum()
    assert dark_mwh >= -1e-6 * case.demand_mwh
    assert mesh.residual_mw < 1e-6 * case.demand_mw.sum(axis=(1, 2)).max()
    assert (mesh.shed_mwh >= 0.0).all()
    assert (mesh.shed_mwh <= case.demand_mw + 1e-9).all()
    assert (mesh.shed_person_h <= case.population + 1e-6).all()


def test_critical_share_is_one_while_nothing_is_shed(calm):
    mesh = Mesh(*calm)
    assert mesh.critical_share(0, 5) == 1.0


def test_what_one_mesh_did_leaves_the_next_untouched(calm):
    case, grid = calm
    first = Mesh(case, grid)
    first.set_branches(3.5, without(case, 10, 11))
    first.set_out_share(5.0, 4, 1.0)
    first.finish()
    second = Mesh(case, grid)
    second.finish()
    assert second.served_mwh == pytest.approx(case.demand_mwh, rel=1e-12)


def curtailed(bench):
    """A mesh that sheds load at live substations, and how to mend it."""
    case, grid = bench.case(degc=-20.0)
    lower, names = case.region.trafos.lv_bus_id, case.region.trafos.trafo_id
    for bus in sorted({each for each in lower.tolist() if not each.endswith("_mv")}):
        for keep in (1, 2):
            in_service = without(case)
            for name in names[lower == bus].tolist()[keep:]:
                in_service[np.flatnonzero(case.arrays.branch_ids == name)] = False
            mesh = Mesh(case, grid)
            mesh.set_branches(2.0, in_service)
            if mesh.is_curtailed and not mesh.dark.any():
                return case, mesh
    raise LookupError("nothing is shed")


def test_what_feeders_have_cut_off_is_not_shed_as_well(bench):
    case, mesh = curtailed(bench)
    network = case.network
    mesh.settle(4.0)
    share = mesh.shed_mwh.sum(axis=(0, 2))
    area = int(np.argmax(share))
    cells = np.flatnonzero(network.cell_area == area)
    for cell in cells.tolist():
        mesh.set_out_share(4.0, cell, 0.7)
    mesh.finish()
    cut_off = 0.7 * case.spread_mw[4:, area].sum()
    missing = case.demand_mwh - mesh.served_mwh - mesh.shed_mwh.sum() - cut_off
    assert share[area] > 0.0
    assert abs(missing) < 1e-6 * case.demand_mwh
    persons = mesh.shed_person_h[4:, area]
    assert (persons <= 0.3 * case.population[area] * (1 + 1e-9)).all()


def test_nobody_is_shed_for_an_overload_before_the_operator_has_acted(bench):
    case, _ = bench.case(hours=12, degc=-15.0)
    row = 5
    bus, branches = case.network.substation_bus[row], case.network.substation_branches[row]
    # One of two transformers carries 115 % of its rating: a quarter of an hour is allowed.
    rating = case.arrays.rating_mw.copy()
    rating[branches] = case.intact_bus_mw[4, bus] / 1.15
    arrays = replace(
        case.arrays, rating_mw=rating, short_term_mw=1.2 * rating, trip_mw=1.5 * rating
    )
    tight = replace(case, arrays=arrays)
    mesh = Mesh(tight, intact_grid(tight))
    out = np.ones(len(arrays.branch_ids), dtype=bool)
    out[branches[0]] = False
    mesh.set_branches(4.0, out)
    constants = case.region.constants
    assert mesh.tripped == ()
    assert mesh.relief_h == pytest.approx(4.0 + constants["operator_shedding_h"])
    assert mesh.critical_share(row, 4.0) == 1.0
    mesh.settle(mesh.relief_h)
    assert mesh.shed_mwh.sum() == 0.0
    served = mesh.served_mwh
    mesh.settle(5.0)
    over_mw = case.intact_bus_mw[4, bus] - rating[branches[0]]
    shed_h = 1.0 - constants["operator_shedding_h"]
    assert mesh.shed_mwh.sum() == pytest.approx(over_mw * shed_h, rel=1e-6)
    total = case.intact_bus_mw[4].sum()
    assert mesh.served_mwh - served == pytest.approx((total - over_mw) * shed_h, rel=1e-9)
    assert served == pytest.approx(case.intact_bus_mw[:4].sum() + total * (1.0 - shed_h))
