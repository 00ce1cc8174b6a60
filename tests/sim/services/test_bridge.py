from itertools import pairwise

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.services.bridge import Bridge
from sim.state_log import StateLog

LACK, BACK, EMPTY = 1, 2, 100


def play(steps, *, full_h=4.0, refill_h=8.0, until=200.0):
    """Supply levels at given hours; what was passed on, when it was empty, what was shown."""
    env, states, passed, empty = simpy.Environment(), StateLog(), [], []

    def emptied(because):
        empty.append((env.now, because))
        return EMPTY

    bridge = Bridge(
        env,
        full_h=full_h,
        refill_h=refill_h,
        shown=("w1", "process_stock", "a"),
        states=states,
        on_empty=emptied,
        on_change=lambda level, because: passed.append((env.now, level, because)),
    )

    def supply(t_h, level):
        because = LACK if level < 1.0 else BACK
        env.timeout(t_h).callbacks.append(lambda _: bridge.supply(level, because))

    for t_h, level in steps:
        supply(t_h, level)
    env.run(until=until)
    bridge.settle()
    return passed, empty, states.stocks


def test_a_stock_lasts_its_hours_when_nothing_comes():
    passed, empty, _ = play([(1.0, 0.0), (9.0, 1.0)])
    assert empty == [(5.0, LACK)]
    assert passed == [(5.0, 0.0, EMPTY), (9.0, 1.0, BACK)]


def test_a_lack_shorter_than_the_stock_is_never_passed_on():
    passed, empty, _ = play([(1.0, 0.0), (4.9, 1.0)])
    assert passed == empty == []


def test_half_a_lack_is_covered_for_twice_as_long():
    passed, *_ = play([(1.0, 0.5), (20.0, 1.0)])
    assert passed == [(9.0, 0.5, EMPTY), (20.0, 1.0, BACK)]


def test_a_lack_that_grows_uses_what_is_left():
    # Four hours at a quarter use one; three are left, at half for six.
    passed, *_ = play([(1.0, 0.75), (5.0, 0.5)])
    assert passed == [(11.0, 0.5, EMPTY)]


def test_it_fills_at_its_rate_while_the_supply_is_whole():
    # Empty at 5, filled for 4 h at 4 h of stock in 8 h: two hours.
    passed, *_ = play([(1.0, 0.0), (6.0, 1.0), (10.0, 0.0)])
    assert passed[-1] == (pytest.approx(12.0), 0.0, EMPTY)


def test_it_is_never_more_than_full():
    passed, *_ = play([(1.0, 0.0), (2.0, 1.0), (60.0, 0.0)])
    assert passed == [(64.0, 0.0, EMPTY)]


def test_it_does_not_fill_while_the_supply_is_weak():
    passed, *_ = play([(1.0, 0.0), (6.0, 0.9), (30.0, 0.2), (31.0, 1.0)])
    assert passed == [
        (5.0, 0.0, EMPTY),
        (6.0, 0.9, LACK),
        (30.0, 0.2, LACK),
        (31.0, 1.0, BACK),
    ]


def test_without_a_stock_the_supply_is_passed_on():
    steps = [(1.0, 0.3), (2.0, 0.0), (3.0, 1.0)]
    passed, empty, _ = play(steps, full_h=0.0)
    assert [(t_h, level) for t_h, level, _ in passed] == steps
    assert empty == []


def test_what_is_shown_falls_to_empty_and_says_how_long_it_lasts():
    *_, pieces = play([(1.0, 0.5), (3.0, 0.0), (20.0, 1.0)])
    # 4 h of stock: one used by 3.0, the others by 6.0.
    assert [(p.from_h, p.to_h, p.from_level, p.to_level, p.empty_in_h) for p in pieces] == [
        (1.0, 3.0, 1.0, 0.75, 8.0),
        (3.0, 6.0, 0.75, 0.0, 3.0),
    ]


steps_of = st.lists(
    st.tuples(st.floats(0.1, 9.0), st.floats(0.0, 1.0)), min_size=1, max_size=10
).map(lambda gaps: [(sum(g for g, _ in gaps[: k + 1]), v) for k, (_, v) in enumerate(gaps)])


def lack_h(passed, until=200.0):
    edges = [*passed, (until, 1.0, 0)]
    return sum((1.0 - a[1]) * (b[0] - a[0]) for a, b in pairwise(edges))


@given(steps_of, st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_a_larger_stock_never_passes_on_more_lack(steps, full_h, more_h):
    small, *_ = play(steps, full_h=full_h, refill_h=2.0 * full_h)
    large, *_ = play(steps, full_h=full_h + more_h, refill_h=2.0 * (full_h + more_h))
    assert lack_h(large) <= lack_h(small) + 1e-9


@given(steps_of, st.floats(0.1, 10.0))
def test_what_is_passed_on_is_the_supply_or_all(steps, full_h):
    passed, _, pieces = play(steps, full_h=full_h)
    allowed = {1.0, *(level for _, level in steps)}
    assert {level for _, level, _ in passed} <= allowed
    assert all(a[1] != b[1] for a, b in pairwise(passed))
    for piece in pieces:
        assert -1e-9 <= piece.to_level <= piece.from_level <= 1.0 + 1e-9
