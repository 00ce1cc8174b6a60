from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.response.best_order import MIP_GAP, best_schedule

SLOT_H = 0.5


def cost_of_list(order, ready_h, work_h, weight, crews_from_h):
    """Cost when each job in turn takes the crew that can begin it first."""
    free = sorted(crews_from_h)
    cost = 0.0
    for job in order:
        begin = [max(at, ready_h[job]) for at in free]
        crew = int(np.argmin(begin))
        free[crew] = begin[crew] + work_h[job]
        cost += weight[job] * free[crew]
    return cost


def brute_force(ready_h, work_h, weight, crews_from_h):
    """Least cost over all lists: some list gives an optimal schedule on equal crews."""
    jobs = range(len(ready_h))
    return min(
        cost_of_list(order, ready_h, work_h, weight, crews_from_h) for order in permutations(jobs)
    )


def solve(ready_h, work_h, weight, crews_from_h=(0.0,), slot_h=SLOT_H):
    return best_schedule(
        np.array(ready_h, dtype=float),
        np.array(work_h, dtype=float),
        np.array(weight, dtype=float),
        list(crews_from_h),
        slot_h,
    )


def test_one_crew_takes_the_most_per_hour_first():
    # Smith's rule: weight over hours 1, 3 and 2.
    found = solve([0.0, 0.0, 0.0], [2.0, 1.0, 1.0], [2.0, 3.0, 2.0])
    assert found.start_h.tolist() == [2.0, 0.0, 1.0]
    assert found.cost == pytest.approx(3.0 * 1.0 + 2.0 * 2.0 + 2.0 * 4.0)


def test_a_crew_waits_for_a_large_job_that_is_about_to_be_ready():
    # Ten hours on the small one first would keep the large one waiting.
    found = solve([0.0, 1.0], [10.0, 1.0], [1.0, 100.0])
    assert found.start_h.tolist() == [2.0, 1.0]


def test_two_crews_work_side_by_side_and_one_comes_later():
    found = solve([0.0, 0.0], [2.0, 2.0], [1.0, 1.0], crews_from_h=(0.0, 1.0))
    assert sorted(found.start_h.tolist()) == [0.0, 1.0]


def test_without_a_crew_there_is_no_schedule():
    with pytest.raises(ValueError, match="crew"):
        solve([0.0], [1.0], [1.0], crews_from_h=())
    with pytest.raises(ValueError, match="crew"):
        solve([0.0], [0.0], [1.0])


def test_no_jobs_cost_nothing():
    found = solve([], [], [])
    assert (len(found.start_h), found.cost, found.bound) == (0, 0.0, 0.0)


def test_hours_are_rounded_up_to_slots():
    found = solve([0.1], [0.6], [2.0])
    assert found.start_h.tolist() == [0.5]
    assert found.cost == pytest.approx(2.0 * 1.5)


half_hours = st.integers(0, 8).map(lambda n: SLOT_H * n)
jobs = st.lists(
    st.tuples(half_hours, st.integers(1, 6).map(lambda n: SLOT_H * n), st.integers(1, 20)),
    min_size=1,
    max_size=5,
)
crews = st.lists(half_hours, min_size=1, max_size=3)


@settings(max_examples=40)
@given(jobs, crews)
def test_the_best_schedule_is_as_cheap_as_the_best_of_all_lists(rows, crews_from_h):
    ready_h, work_h, weight = zip(*rows, strict=True)
    found = solve(ready_h, work_h, weight, crews_from_h)
    least = brute_force(ready_h, work_h, weight, crews_from_h)
    assert found.cost == pytest.approx(least, rel=2.0 * MIP_GAP)
    assert found.bound <= least * (1.0 + 1e-9)


@settings(max_examples=40)
@given(jobs, crews)
def test_no_job_begins_before_it_is_ready_and_no_more_are_under_way_than_crews_are_there(
    rows, crews_from_h
):
    ready_h, work_h, weight = zip(*rows, strict=True)
    found = solve(ready_h, work_h, weight, crews_from_h)
    end_h = found.start_h + np.array(work_h)
    assert (found.start_h >= np.array(ready_h) - 1e-9).all()
    assert found.cost == pytest.approx(float(np.array(weight) @ end_h))
    for t_h in np.arange(0.25, float(end_h.max()), SLOT_H):
        under_way = int(((found.start_h <= t_h) & (end_h > t_h)).sum())
        assert under_way <= sum(there <= t_h for there in crews_from_h)


@settings(max_examples=30)
@given(jobs, st.integers(1, 2))
def test_another_crew_never_costs_more(rows, count):
    ready_h, work_h, weight = zip(*rows, strict=True)
    few = solve(ready_h, work_h, weight, [0.0] * count)
    more = solve(ready_h, work_h, weight, [0.0] * (count + 1))
    assert more.cost <= few.cost * (1.0 + 2.0 * MIP_GAP) + 1e-9
