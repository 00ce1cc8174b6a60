import numpy as np
import pytest

from data.region import SECTORS
from sim.power.network import bus_demand
from sim.services.roads import travel_between


def test_shares_and_persons_add_up(calm, region):
    case, _ = calm
    network, areas = case.network, len(region.areas)
    assert np.bincount(network.section_area, network.section_share, areas) == pytest.approx(1.0)
    assert np.bincount(network.section_cell, network.section_cell_share) == pytest.approx(1.0)
    assert np.bincount(network.cell_area, network.cell_share, areas) == pytest.approx(1.0)
    persons = np.bincount(network.section_area, network.section_persons, areas)
    assert persons == pytest.approx(case.population)


def test_demand_on_the_buses_is_the_demand_of_the_areas(calm):
    case, _ = calm
    assert case.intact_bus_mw.sum(axis=1) == pytest.approx(
        case.demand_mw.sum(axis=(1, 2)), rel=1e-9
    )
    assert case.spread.sum() + case.bulk.sum() == pytest.approx(case.demand_mwh)
    assert case.spread_mw == pytest.approx(case.demand_mw[:, :, ~case.network.bulk].sum(axis=2))


def test_bulk_demand_stays_when_all_feeders_are_out(calm):
    case, _ = calm
    network = case.network
    out = np.ones(len(network.cell_share))
    for substation in range(0, len(network.substation_bus), 17):
        left = bus_demand(network, substation, case.spread, case.bulk, out)
        cells = network.substation_cells[substation]
        expected = sum(network.cell_share[c] * case.bulk[network.cell_area[c]] for c in cells)
        assert left == pytest.approx(expected)


def test_half_of_a_cell_out_takes_half_its_spread_out_demand(calm):
    case, _ = calm
    network = case.network
    cell = 0
    substation, area = int(network.cell_substation[cell]), network.cell_area[cell]
    out = np.zeros(len(network.cell_share))
    whole = bus_demand(network, substation, case.spread, case.bulk, out)
    out[cell] = 0.5
    half = bus_demand(network, substation, case.spread, case.bulk, out)
    assert whole - half == pytest.approx(0.5 * network.cell_share[cell] * case.spread[area])


def test_each_section_lies_under_its_feeders_substation(calm, region):
    network = calm[0].network
    feeder = region.feeders.feeder_id[network.section_feeder]
    assert (feeder == region.sections.feeder_id).all()
    substation = region.substations.substation_id[network.section_substation]
    assert (substation == region.feeders.substation_id[network.section_feeder]).all()
    for members in network.feeder_sections:
        assert len(set(network.section_feeder[members].tolist())) == 1


def test_bulk_sectors_are_the_ones_the_table_says(calm, region):
    bulk = dict(zip(region.sectors.sector.tolist(), region.sectors.bulk.tolist(), strict=True))
    assert calm[0].network.bulk.tolist() == [bulk[name] for name in SECTORS]


def test_travel_takes_the_shortest_way(region):
    hours = travel_between(region, region.roads.travel_h)
    assert np.isfinite(hours).all()
    inside = np.diag(hours)
    assert inside == pytest.approx(0.5 * np.sqrt(region.areas.land_area_km2) / 40.0)
    between = hours - inside[None, :]
    assert between == pytest.approx(between.T)
    ids = region.areas.area_id.tolist()
    for start, end, road_h in zip(
        region.roads.from_area_id, region.roads.to_area_id, region.roads.travel_h, strict=True
    ):
        assert between[ids.index(start), ids.index(end)] <= road_h + 1e-12
    detour = between[:, :, None] + between[None, :, :]
    assert (between[:, None, :] <= detour.transpose(0, 1, 2) + 1e-9).all()


def test_the_nearest_depot_of_each_skill_is_chosen(calm, region):
    case, _ = calm
    depots = region.depots
    ids = region.areas.area_id.tolist()
    assert set(case.area_depot) == set(depots.skill.tolist())
    for skill, chosen in case.area_depot.items():
        rows = np.flatnonzero(depots.skill == skill)
        homes = [ids.index(depots.area_id[row]) for row in rows]
        for area, row in enumerate(chosen.tolist()):
            home = homes[rows.tolist().index(row)]
            assert case.travel_h[home, area] == case.travel_h[homes, area].min()
