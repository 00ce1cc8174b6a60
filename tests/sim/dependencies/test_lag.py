from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dependencies.lag import Lag, felt_by_hour


def follow(lag, steps, times):
    """Level felt at some times of a need that takes levels at others; waking when it says."""
    found = []
    steps = list(steps)
    for t_h in sorted(times):
        while True:
            next_h = min(lag.next_h, steps[0][0] if steps else np.inf)
            if next_h > t_h:
                break
            if steps and steps[0][0] <= lag.next_h:
                lag.push(*steps.pop(0))
            lag.felt(next_h)[0]
        found.append(lag.felt(t_h)[0])
    return found


def felt_between(lag, steps, until):
    """Times at which what is felt changes, each with the new level."""
    steps, found, before = list(steps), [], 1.0
    while True:
        next_h = min(lag.next_h, steps[0][0] if steps else np.inf)
        if next_h > until:
            return found
        while steps and steps[0][0] == next_h:
            lag.push(*steps.pop(0))
        value = lag.felt(next_h)[0]
        if value != before:
            found.append((next_h, value))
            before = value


def test_a_loss_is_felt_when_the_autonomy_has_passed():
    assert felt_between(Lag(4.0, 0.0), [(2.0, 0.0), (9.0, 1.0)], 50.0) == [(6.0, 0.0), (9.0, 1.0)]


@pytest.mark.parametrize("end_h", [2.5, 5.9, 6.0])
def test_an_outage_not_longer_than_the_autonomy_is_not_felt(end_h):
    assert felt_between(Lag(4.0, 0.0), [(2.0, 0.0), (end_h, 1.0)], 50.0) == []


def test_the_return_is_felt_when_the_recovery_has_passed():
    got = felt_between(Lag(4.0, 1.5), [(2.0, 0.25), (9.0, 1.0)], 50.0)
    assert got == [(6.0, 0.25), (10.5, 1.0)]


def test_a_return_shorter_than_the_recovery_is_not_felt():
    steps = [(2.0, 0.0), (5.0, 1.0), (6.0, 0.0), (9.0, 1.0)]
    assert felt_between(Lag(0.0, 2.0), steps, 50.0) == [(2.0, 0.0), (11.0, 1.0)]


def test_two_short_outages_with_a_pause_are_not_one_long_outage():
    steps = [(2.0, 0.0), (5.0, 1.0), (5.5, 0.0), (8.0, 1.0)]
    assert felt_between(Lag(4.0, 0.0), steps, 50.0) == []


def test_what_gets_worse_is_felt_step_by_step():
    steps = [(2.0, 0.6), (4.0, 0.1), (10.0, 1.0)]
    assert felt_between(Lag(3.0, 0.0), steps, 50.0) == [(5.0, 0.6), (7.0, 0.1), (10.0, 1.0)]


def test_what_improves_in_part_is_felt_in_part():
    steps = [(2.0, 0.0), (8.0, 0.5), (12.0, 1.0)]
    got = felt_between(Lag(3.0, 1.0), steps, 50.0)
    assert got == [(5.0, 0.0), (9.0, 0.5), (13.0, 1.0)]


def test_without_delays_the_need_itself_is_felt():
    steps = [(1.0, 0.5), (2.0, 0.2), (3.0, 0.9), (4.0, 1.0)]
    assert felt_between(Lag(0.0, 0.0), steps, 50.0) == steps


@pytest.mark.parametrize(("autonomy_h", "recovery_h"), [(0.0, 0.0), (2.0, 0.0), (0.0, 3.0)])
def test_a_value_that_lasts_no_time_is_never_seen(autonomy_h, recovery_h):
    lag = Lag(autonomy_h, recovery_h)
    lag.push(5.0, 0.0)
    lag.push(5.0, 1.0)
    assert lag.felt(5.0)[0] == 1.0
    assert felt_between(lag, [], 50.0) == []


def test_a_dip_of_no_time_within_an_outage_changes_nothing():
    plain = [(2.0, 0.5), (9.0, 1.0)]
    dip = [(2.0, 0.5), (4.0, 1.0), (4.0, 0.5), (9.0, 1.0)]
    for delays in ((0.0, 0.0), (3.0, 1.0)):
        assert felt_between(Lag(*delays), dip, 50.0) == felt_between(Lag(*delays), plain, 50.0)


def test_nothing_is_due_once_everything_is_whole():
    lag = Lag(3.0, 2.0)
    lag.push(1.0, 0.0)
    assert lag.felt(1.0)[0] == 1.0
    assert lag.next_h == 4.0
    assert lag.felt(4.0)[0] == 0.0
    lag.push(6.0, 1.0)
    assert lag.felt(6.0)[0] == 0.0
    assert lag.next_h == 8.0
    assert lag.felt(8.0)[0] == 1.0
    assert lag.next_h == np.inf


levels = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=40)
delay = st.integers(0, 8).map(float)


def in_order(gaps):
    times = np.cumsum([gap for gap, _ in gaps]).tolist()
    return [(t_h, level) for t_h, (_, level) in zip(times, gaps, strict=True)]


steps_of = st.lists(
    st.tuples(st.floats(0.01, 10.0), st.floats(0.0, 1.0)), min_size=1, max_size=12
).map(in_order)


@given(levels, delay, delay)
def test_hours_and_moments_agree_where_everything_changes_on_the_hour(hourly, autonomy, recovery):
    steps = [(float(hour), level) for hour, level in enumerate(hourly)]
    middle = [hour + 0.5 for hour in range(len(hourly))]
    by_hour = felt_by_hour(np.array(hourly), autonomy, recovery)
    assert follow(Lag(autonomy, recovery), steps, middle) == by_hour.tolist()


@given(steps_of, st.floats(0.0, 12.0), st.floats(0.0, 12.0), st.floats(0.0, 6.0))
def test_a_longer_autonomy_never_gives_less_at_any_time(steps, autonomy_h, more_h, recovery_h):
    times = np.linspace(0.0, 150.0, 301)
    short = follow(Lag(autonomy_h, recovery_h), steps, times)
    long = follow(Lag(autonomy_h + more_h, recovery_h), steps, times)
    assert all(b >= a for a, b in zip(short, long, strict=True))


@given(steps_of, st.floats(0.0, 12.0), st.floats(0.0, 6.0), st.floats(0.0, 6.0))
def test_a_longer_recovery_never_gives_more_at_any_time(steps, autonomy_h, recovery_h, more_h):
    times = np.linspace(0.0, 150.0, 301)
    quick = follow(Lag(autonomy_h, recovery_h), steps, times)
    slow = follow(Lag(autonomy_h, recovery_h + more_h), steps, times)
    assert all(b <= a for a, b in zip(quick, slow, strict=True))


@given(steps_of, st.floats(0.0, 12.0), st.floats(0.0, 6.0))
def test_what_is_felt_is_the_formula(steps, autonomy_h, recovery_h):
    times = [t for t, _ in steps]

    def need(t_h):
        return next((v for t, v in reversed(steps) if t <= t_h), 1.0)

    def extreme(of, since, until, pick, edges):
        """Of a step function over a closed interval whose single points do not count."""
        inner = sorted({since, until, *(e for e in edges if since < e < until)})
        if len(inner) == 1:
            return of(until)
        return pick(of(0.5 * (a + b)) for a, b in pairwise(inner))

    def held(t_h):
        return extreme(need, t_h - autonomy_h, t_h, max, times)

    edges = [*times, *(t + autonomy_h for t in times)]
    asked = [t for t in np.linspace(0.05, 100.0, 23) if min(abs(t - e) for e in edges) > 1e-6]
    expected = [extreme(held, t - recovery_h, t, min, edges) for t in asked]
    assert follow(Lag(autonomy_h, recovery_h), steps, asked) == expected


def test_hourly_delays_look_back_and_never_ahead():
    level = np.ones((12, 1))
    level[3:9] = 0.0
    for autonomy_h in (1, 2, 3, 4, 5):
        expected = np.ones(12)
        expected[3 + autonomy_h : 9] = 0.0
        assert felt_by_hour(level, float(autonomy_h), 0.0)[:, 0].tolist() == expected.tolist()
    for recovery_h in (1, 2, 3):
        expected = np.ones(12)
        expected[3 : 9 + recovery_h] = 0.0
        assert felt_by_hour(level, 0.0, float(recovery_h))[:, 0].tolist() == expected.tolist()


@given(levels, st.floats(0.0, 12.0))
def test_hourly_autonomy_holds_the_most_of_the_hours_before(hourly, autonomy_h):
    got = felt_by_hour(np.array(hourly)[:, None], autonomy_h, 0.0)[:, 0]
    window = int(np.ceil(autonomy_h))
    for hour in range(len(hourly)):
        before = hourly[hour - window : hour + 1] if hour >= window else [1.0]
        assert got[hour] == max(before)


@given(levels, delay, delay, st.integers(0, 39))
def test_what_happens_later_changes_nothing_before(hourly, autonomy, recovery, cut):
    level = np.array(hourly)
    changed = level.copy()
    changed[cut + 1 :] = 1.0 - changed[cut + 1 :]
    one, other = (felt_by_hour(each, autonomy, recovery) for each in (level, changed))
    assert (one[: cut + 1] == other[: cut + 1]).all()
