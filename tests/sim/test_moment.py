import numpy as np
import pytest

from data.problems import InputError
from sim.moment import grid_at
from sim.replication import replicate

STORM = {"kind": "wind_storm", "start_h": 2, "duration_h": 10, "peak_gust_ms": 42}
OUTAGE = {"kind": "asset_outage", "start_h": 3.5, "asset_ids": ["l16_1"], "repair_h": 6}


@pytest.fixture(scope="module")
def course(bench):
    case, grid = bench.case(STORM, OUTAGE)
    return case, replicate(case, grid, 1, 0)


def test_the_course_is_the_one_of_the_run(course):
    case, outcome = course
    moment = grid_at(case, 1, 0, 8.0)
    assert len(moment.events) > 3
    # What functions went through is found when the course is over.
    course = [each for each in outcome.events if not each.what.startswith("function_")]
    assert list(moment.events) == [each for each in course if each.t_h <= 8.0]


def test_a_branch_is_out_at_that_moment_and_back_before_and_after(course):
    case, _ = course
    branch = case.arrays.branch_ids.tolist().index("l16_1")

    def conducts(t_h):
        return grid_at(case, 1, 0, t_h).state.in_service[branch]

    assert (conducts(3.4), conducts(3.5), conducts(4.2)) == (True, False, False)


def test_the_hour_is_the_one_asked_for(course):
    case, _ = course
    moment = grid_at(case, 1, 0, 8.25)
    intact = case.intact_bus_mw[8].sum()
    assert moment.state.demand_mw[moment.hour].sum() == pytest.approx(intact, rel=0.1)
    assert moment.state.demand_mw[moment.hour].sum() < intact + 50.0
    assert np.isfinite(moment.state.flow_mw[moment.hour]).all()


def test_a_time_outside_the_scenario_is_refused(course):
    case, _ = course
    with pytest.raises(InputError, match="0 to 24 h"):
        grid_at(case, 1, 0, 24.0)
