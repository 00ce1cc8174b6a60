import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.response.crews import CrewPool, JobTimes, Shifts, repair_job


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


DAY = Shifts(work_h=8.0, rest_h=4.0)


def run_shifts(crews, jobs, *, shifts=DAY, arrivals=(), until=500.0):
    """Run (ready at, priority, travel, work) with crews that work in shifts."""
    env = simpy.Environment()
    pool = CrewPool(env, crews, arrivals, shifts)
    times = {}

    def job(name, ready_h, priority, travel_h, work_h):
        yield env.timeout(ready_h)
        times[name] = yield from repair_job(env, pool, priority, travel_h, work_h)

    for name, spec in enumerate(jobs):
        env.process(job(name, *spec))
    env.run(until=until)
    return times, pool, env


def test_a_crew_whose_shift_is_over_rests_before_its_next_job():
    times, _, _ = run_shifts(1, [(0.0, 0, 1.0, 7.0), (2.0, 0, 1.0, 1.0)])
    assert times[0].done_h == 8.0
    assert times[1].assigned_h == 12.0


def test_a_crew_with_hours_left_goes_on_to_the_next_job():
    times, _, _ = run_shifts(1, [(0.0, 0, 1.0, 4.0), (2.0, 0, 0.5, 1.0)])
    assert times[1].assigned_h == 5.0
    assert times[1].done_h == 6.5


def test_work_longer_than_a_shift_pauses_for_each_rest():
    # One hour of way and seven of work, four of rest, eight of work, four, the last five.
    times, _, _ = run_shifts(1, [(0.0, 0, 1.0, 20.0)])
    assert times[0].done_h == 1.0 + 7.0 + 4.0 + 8.0 + 4.0 + 5.0


def test_work_that_ends_with_the_shift_needs_no_rest():
    times, _, _ = run_shifts(1, [(0.0, 0, 0.0, 8.0)])
    assert times[0].done_h == 8.0


def test_the_shift_goes_on_over_several_short_jobs():
    # Three, three, and of the third two hours before the rest.
    times, _, _ = run_shifts(1, [(0.0, 0, 0.0, 3.0)] * 3)
    assert [times[k].done_h for k in range(3)] == [3.0, 6.0, 8.0 + 4.0 + 1.0]


def test_time_without_a_job_between_two_is_part_of_the_shift():
    # On duty from 0; of the job at 5 three hours fit into the shift.
    times, _, _ = run_shifts(1, [(0.0, 0, 0.0, 2.0), (5.0, 0, 0.0, 4.0)])
    assert times[1].done_h == 8.0 + 4.0 + 1.0


def test_a_crew_that_has_waited_as_long_as_a_rest_is_rested():
    times, _, _ = run_shifts(1, [(0.0, 0, 0.0, 6.0), (10.0, 0, 0.0, 8.0)])
    assert times[1].done_h == 18.0


def test_a_fresh_crew_goes_before_one_that_has_worked():
    times, _, _ = run_shifts(2, [(0.0, 0, 0.0, 7.0), (7.5, 0, 0.0, 6.0)])
    assert times[1].done_h == 13.5


def test_another_crew_takes_over_while_one_rests():
    times, _, _ = run_shifts(2, [(0.0, 0, 0.0, 9.0), (1.0, 0, 0.0, 8.0), (1.5, 0, 0.0, 1.0)])
    # The first pauses over 8 to 12, the second is done at 9 and rests until 13, the third job
    # gets the first crew that is there.
    assert times[0].done_h == 13.0
    assert times[1].done_h == 9.0
    assert times[2].assigned_h == 13.0


def test_a_rest_of_no_time_changes_nothing():
    endless = run_shifts(2, [(0.0, 0, 1.0, 20.0)] * 4, shifts=Shifts(work_h=8.0, rest_h=0.0))[0]
    plain = run_jobs(2, [(0.0, 0, 1.0, 20.0)] * 4)[0]
    assert endless == plain


@pytest.mark.parametrize(("work_h", "rest_h"), [(0.0, 8.0), (-1.0, 8.0), (8.0, -0.1)])
def test_shifts_without_meaning_are_refused(work_h, rest_h):
    with pytest.raises(ValueError, match="shift"):
        Shifts(work_h=work_h, rest_h=rest_h)


def test_crews_kept_away_are_missing_and_back_when_they_return():
    env = simpy.Environment()
    pool = CrewPool(env, 3)
    pool.keep_away(2)
    assert pool.available == 1
    done = [env.process(repair_job(env, pool, 0, 0.0, 4.0)) for _ in range(3)]
    env.timeout(6.0).callbacks.append(lambda _: pool.keep_away(0))
    env.run()
    assert [each.value.assigned_h for each in done] == [0.0, 4.0, 6.0]
    assert pool.available == 3


def test_crews_on_a_job_finish_it_before_they_are_away():
    env = simpy.Environment()
    pool = CrewPool(env, 2)
    under_way = [env.process(repair_job(env, pool, 0, 0.0, 5.0)) for _ in range(2)]
    env.timeout(1.0).callbacks.append(lambda _: pool.keep_away(1))
    later = []

    def ask():
        yield env.timeout(2.0)
        later.extend(env.process(repair_job(env, pool, 0, 0.0, 3.0)) for _ in range(2))

    env.process(ask())
    env.run()
    assert [each.value.done_h for each in under_way] == [5.0, 5.0]
    # One crew is left for both.
    assert [each.value.assigned_h for each in later] == [5.0, 8.0]


def test_crews_called_back_before_they_could_leave_stay():
    env = simpy.Environment()
    pool = CrewPool(env, 1)
    env.process(repair_job(env, pool, 0, 0.0, 5.0))
    second = env.process(repair_job(env, pool, 0, 0.0, 1.0))
    env.timeout(1.0).callbacks.append(lambda _: pool.keep_away(1))
    env.timeout(2.0).callbacks.append(lambda _: pool.keep_away(0))
    env.run()
    assert second.value.assigned_h == 5.0


def test_without_any_crew_left_nothing_is_done():
    env = simpy.Environment()
    pool = CrewPool(env, 2)
    pool.keep_away(2)
    env.process(repair_job(env, pool, 0, 0.0, 1.0))
    env.run(until=100.0)
    assert (pool.available, pool.busy, pool.waiting) == (0, 0, 1)


@given(jobs, st.integers(1, 3), st.integers(4, 12).map(float), st.integers(0, 8).map(float))
def test_rests_never_let_more_crews_out_and_no_crew_works_longer_than_its_shift(
    work, crews, work_h, rest_h
):
    shifts = Shifts(work_h=work_h, rest_h=rest_h)
    times, pool, _ = run_shifts(crews, work, shifts=shifts, until=2000.0)
    assert len(times) == len(work)
    for t in sorted({x.assigned_h for x in times.values()}):
        assert sum(x.assigned_h <= t < x.done_h for x in times.values()) <= crews
    for name, (_, _, travel_h, hours) in enumerate(work):
        took = times[name].done_h - times[name].assigned_h
        rests = (took - travel_h - hours) / rest_h if rest_h else 0.0
        # Only whole rests, and as many as the work on the spot makes necessary.
        assert rests == pytest.approx(round(rests))
        assert rests <= hours // work_h + 1
        assert rests >= (travel_h + hours) / work_h - 2 if rest_h else True
    assert pool.busy == 0


@given(jobs, st.integers(1, 3))
def test_crews_that_rest_are_never_done_before_crews_that_do_not(work, crews):
    # With equal jobs the order is the same.
    equal = [(ready, 0, 0.0, 4.0) for ready, _, _, _ in work]
    rested, _, _ = run_shifts(crews, equal, until=2000.0)
    tireless, _, _ = run_jobs(crews, equal)
    last = max(x.done_h for x in rested.values())
    assert last >= max(x.done_h for x in tireless.values()) - 1e-9
