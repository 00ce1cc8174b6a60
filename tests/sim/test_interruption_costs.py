import numpy as np
import pytest

from data.kile_costs import correction_factor, kile_nok
from data.region import KILE_GROUPS
from sim.interruption_costs import interruption_indices, kile_by_area
from tests.sim.services.test_losses import cuts


def nothing_shed(case):
    return np.zeros_like(case.demand_mw)


def no_cut():
    return cuts((0, 1.0, 1.0, 1.0))


def test_one_interruption_costs_by_group_duration_and_hour(calm):
    case, _ = calm
    section = 100
    area = int(case.network.section_area[section])
    got = kile_by_area(case, cuts((section, 1.0, 7.5, 10.25)), nothing_shed(case))
    expected = 0.0
    for group in range(len(KILE_GROUPS)):
        one = np.array([group])
        reference = case.network.section_share[section] * case.kile_reference_kw[area, group]
        # 12 January 2026 is a Monday.
        factor = correction_factor(
            case.kile_corrections, one, np.array([1]), np.array([1]), np.array([7])
        )
        nok = kile_nok(case.kile_costs, one, np.array([2.75]), np.array([reference]), factor)
        expected += float(nok[0])
    assert expected > 0.0
    assert got[area] * 1e6 == pytest.approx(expected)
    assert np.delete(got, area).sum() == 0.0


def test_half_the_customers_cost_half(calm):
    case, _ = calm
    whole = kile_by_area(case, cuts((100, 1.0, 7.5, 10.25)), nothing_shed(case)).sum()
    half = kile_by_area(case, cuts((100, 0.5, 7.5, 10.25)), nothing_shed(case)).sum()
    assert half == pytest.approx(0.5 * whole)


def test_bulk_sectors_have_no_reference_load_along_the_feeders(calm):
    case, _ = calm
    groups = set(case.sector_group[~case.network.bulk].tolist())
    for group in range(len(KILE_GROUPS)):
        assert bool(case.kile_reference_kw[:, group].any()) == (group in groups)


def test_shed_energy_costs_as_turns_of_disconnection(calm):
    case, _ = calm
    shed = nothing_shed(case)
    shed[3, 5, 0] = 2.0
    got = kile_by_area(case, no_cut(), shed)
    block_h = case.region.constants["forced_disconnection_h"]
    group = np.array([case.sector_group[0]])
    per_kw = kile_nok(case.kile_costs, group, np.array([block_h]), np.ones(1))[0]
    assert got[5] * 1e6 == pytest.approx(2000.0 / block_h * per_kw)


def test_indices_count_long_interruptions_only(calm):
    case, _ = calm
    customers, total = case.network.section_customers, case.customers.sum()
    both = cuts((100, 1.0, 2.0, 2.04), (101, 1.0, 2.0, 5.0))
    saifi, saidi = interruption_indices(case, both, np.zeros((case.hours, len(case.population))))
    assert saifi == pytest.approx(customers[101] / total)
    assert saidi == pytest.approx(3.0 * customers[101] / total)


def test_rotating_disconnection_adds_hours_but_no_interruption(calm):
    case, _ = calm
    shed = np.zeros((case.hours, len(case.population)))
    shed[4, 2] = 7000.0
    saifi, saidi = interruption_indices(case, no_cut(), shed)
    assert saifi == 0.0
    assert saidi == pytest.approx(7000.0 / case.population.sum())
