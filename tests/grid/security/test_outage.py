from dataclasses import replace

import numpy as np
import pytest

from data.problems import InputError
from data.read import load_region
from grid.rotation import state_rotation
from grid.security.outage import check_outage, disconnection_groups
from grid.study import region_study


@pytest.fixture(scope="module")
def region():
    return load_region()


@pytest.fixture(scope="module")
def study(region):
    return region_study(region)


def test_the_intact_winter_peak_is_served_within_limits_in_dc_and_ac(study):
    check = check_outage(study, [])
    assert check.unserved_mw == pytest.approx([0.0], abs=1e-6)
    assert check.dark_bus_ids == ()
    assert check.state.tripped == ()
    assert check.loading_percent < 100.0
    assert check.ac[0].converged


def test_a_substation_without_transformers_loses_exactly_its_demand(region, study):
    bus = str(region.substations.mv_bus_id[0])
    out = region.trafos.trafo_id[region.trafos.lv_bus_id == bus].tolist()
    check = check_outage(study, out)
    assert check.dark_bus_ids == (bus,)
    at = study.arrays.bus_ids.tolist().index(bus)
    assert check.unserved_mw == pytest.approx([study.demand_mw[0, at].sum()])
    assert check.ac[0].converged


def test_every_unknown_branch_is_named(study):
    with pytest.raises(InputError) as refused:
        check_outage(study, ["nowhere", str(study.arrays.branch_ids[0]), "nothing"])
    assert [problem.found for problem in refused.value.problems] == ["nowhere", "nothing"]


def test_a_dark_part_with_lines_in_service_leaves_finite_figures(study):
    out = ["l16_1", "l17_1", "l18_1", "l18_2", "l19_1", "l19_2", "l35_1", "l36_1"]
    check = check_outage(study, out)
    assert "sogn_300" in check.dark_bus_ids
    assert check.unserved_mw[0] > 500.0
    assert 0.0 < check.ac[0].loading_percent < 150.0
    assert np.isfinite(check.ac[0].deviation_mw)


def test_hours_beyond_what_voltages_allow_are_reported_and_the_others_solved(study):
    # DC is happy with eight times the peak where nothing limits it; AC has no solution.
    free = np.full_like(study.arrays.rating_mw, np.inf)
    arrays = replace(
        study.arrays,
        rating_mw=free,
        short_term_mw=free,
        trip_mw=free,
        source_p_max_mw=study.arrays.source_p_max_mw * 20.0,
    )
    hours = np.concatenate([study.demand_mw, study.demand_mw * 8.0])
    first, second = check_outage(replace(study, arrays=arrays, demand_mw=hours), []).ac
    assert first.converged
    assert not second.converged
    assert second.reason
    assert second.vm_min_pu is None


def test_every_hour_of_the_cold_week_converges_and_the_peak_is_the_peak(region, study):
    week = region_study(region, week=True)
    check = check_outage(week, [])
    assert all(each.converged for each in check.ac)
    assert check.demand_mw.max() == pytest.approx(study.demand_mw.sum())


def test_turns_of_the_regions_feeders_cover_what_is_shed(region):
    study = region_study(region, week=True)
    tight = replace(study.arrays, source_p_max_mw=study.arrays.source_p_max_mw * 0.55)
    check = check_outage(replace(study, arrays=tight), [])
    assert check.unserved_mw.max() > 1.0
    turns = state_rotation(check.state, disconnection_groups(study))
    hour = int(check.unserved_mw.argmax())
    out = sum(turn.mw for turn in turns if turn.start_h <= hour < turn.end_h)
    assert out == pytest.approx(check.unserved_mw[hour], rel=0.3)
