import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.response.crews import CrewPool, JobTimes, repair_job


def run_jobs(crews, jobs, arrivals=()):
    """Run (ready at, priority, travel, work) through a pool; times by position."""
    env = simpy.Environment()
    pool = CrewPool(env, crews, arrivals)
    times = {}

    def job(name, ready_h, priority, travel_h, work_h):
        yield env.timeout(ready_h)
        times[name] = yield from repair_job(env, pool, priority, travel_h, work_h)

    for name, spec in enumerate(jobs):
        env.process(job(name, *spec))
    env.run()
    return times, pool, env


def test_a_job_waits_travels_and_works():
    times, _, _ = run_jobs(1, [(0.0, 0, 0.5, 2.0), (1.0, 0, 0.25, 1.0)])
    assert times[0] == JobTimes(requested_h=0.0, assigned_h=0.0, arrived_h=0.5, done_h=2.5)
    assert times[1] == JobTimes(requested_h=1.0, assigned_h=2.5, arrived_h=2.75, done_h=3.75)


def test_two_crews_work_at_the_same_time():
    times, _, env = run_jobs(2, [(0.0, 0, 0.0, 3.0)] * 4)
    assert env.now == 6.0
    assert [times[k].done_h for k in range(4)] == [3.0, 3.0, 6.0, 6.0]


def test_the_most_urgent_waiting_job_goes_first_but_none_is_broken_off():
    times, _, _ = run_jobs(1, [(0.0, 9, 0.0, 2.0), (0.5, 5, 0.0, 1.0), (1.0, 1, 0.0, 1.0)])
    assert times[0].done_h == 2.0
    assert times[2].assigned_h == 2.0
    assert times[1].assigned_h == 3.0


def test_equals_are_served_in_the_order_they_asked():
    times, _, _ = run_jobs(1, [(0.0, 3, 0.0, 1.0)] * 5)
    assert [times[k].assigned_h for k in range(5)] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_fractional_priorities_are_kept_apart():
    times, _, _ = run_jobs(1, [(0.0, 0, 0.0, 1.0), (0.1, -0.5, 0.0, 1.0), (0.2, -0.6, 0.0, 1.0)])
    assert times[2].assigned_h == 1.0
    assert times[1].assigned_h == 2.0


def test_mutual_aid_works_from_its_arrival():
    times, pool, _ = run_jobs(1, [(0.0, 0, 0.0, 10.0)] * 4, arrivals=[(4.0, 2)])
    assert [times[k].assigned_h for k in range(4)] == [0.0, 4.0, 4.0, 10.0]
    assert pool.available == 3


def test_a_depot_without_crews_waits_for_aid():
    times, _, _ = run_jobs(0, [(0.0, 0, 0.0, 1.0)], arrivals=[(6.0, 1)])
    assert times[0].assigned_h == 6.0


def test_a_depot_that_never_has_a_crew_never_repairs():
    times, pool, _ = run_jobs(0, [(0.0, 0, 0.0, 1.0)])
    assert times == {}
    assert (pool.waiting, pool.available, pool.busy) == (1, 0, 0)


def test_negative_crews_are_refused():
    env = simpy.Environment()
    with pytest.raises(ValueError, match="negative"):
        CrewPool(env, -1)
    with pytest.raises(ValueError, match="negative"):
        CrewPool(env, 1, [(-2.0, 1)])


def test_a_stage_asks_for_its_length_when_it_begins():
    env = simpy.Environment()
    pool = CrewPool(env, 1)
    done = env.process(repair_job(env, pool, 0, 1.0, lambda: 2.0 if env.now >= 1.0 else 99.0))
    assert env.run(until=done).done_h == 3.0


def test_callbacks_come_at_the_end_of_their_stage_with_the_crew_still_busy():
    env = simpy.Environment()
    pool = CrewPool(env, 1)
    seen = []

    def note(what):
        return lambda: seen.append((what, env.now, pool.busy))

    env.process(
        repair_job(
            env,
            pool,
            0,
            1.0,
            4.0,
            switching_h=0.5,
            on_arrival=note("arrival"),
            on_switched=note("switched"),
            on_done=note("done"),
        )
    )
    env.run()
    assert seen == [("arrival", 1.0, 1), ("switched", 1.5, 1), ("done", 5.5, 1)]
    assert pool.busy == 0


def test_busy_and_waiting_hours_count_what_is_under_way():
    env = simpy.Environment()
    pool = CrewPool(env, 1, [(100.0, 1)])
    for _ in range(2):
        env.process(repair_job(env, pool, 0, 0.0, 4.0))
    env.run(until=3.0)
    assert (pool.busy_crew_h, pool.waiting_job_h, pool.waiting) == (3.0, 3.0, 1)
    env.run(until=6.0)
    assert (pool.busy_crew_h, pool.waiting_job_h, pool.jobs_started) == (6.0, 4.0, 2)


def test_a_crew_is_free_again_when_a_job_is_called_off():
    env = simpy.Environment()
    pool = CrewPool(env, 1)
    first = env.process(repair_job(env, pool, 0, 0.0, 50.0))
    second = env.process(repair_job(env, pool, 0, 0.0, 1.0))

    def call_off():
        yield env.timeout(2.0)
        first.interrupt()

    env.process(call_off())
    first.defused = True
    assert env.run(until=second).assigned_h == 2.0


jobs = st.lists(
    st.tuples(
        st.integers(0, 20).map(float),
        st.integers(0, 3),
        st.integers(0, 3).map(float),
        st.integers(1, 8).map(float),
    ),
    min_size=1,
    max_size=15,
)


@given(jobs, st.integers(1, 4))
def test_no_more_crews_are_out_than_there_are_and_none_rests_while_a_job_waits(work, crews):
    times, pool, _ = run_jobs(crews, work)
    assert len(times) == len(work)
    for t in sorted({x.assigned_h for x in times.values()}):
        out = sum(x.assigned_h <= t < x.done_h for x in times.values())
        assert out <= crews
    for x in times.values():
        if x.assigned_h > x.requested_h:
            before = x.assigned_h - 0.5
            assert sum(y.assigned_h <= before < y.done_h for y in times.values()) == crews
    assert pool.busy_crew_h == pytest.approx(sum(t + w for _, _, t, w in work))
    waits = sum(x.assigned_h - x.requested_h for x in times.values())
    assert pool.waiting_job_h == pytest.approx(waits)


@given(jobs, st.integers(1, 3))
def test_more_crews_never_make_the_last_of_equal_jobs_later(work, crews):
    equal = [(ready, 0, 0.0, 4.0) for ready, _, _, _ in work]
    few, _, _ = run_jobs(crews, equal)
    more, _, _ = run_jobs(crews + 1, equal)
    assert max(x.done_h for x in more.values()) <= max(x.done_h for x in few.values())
