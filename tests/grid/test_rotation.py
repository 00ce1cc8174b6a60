"""Who is out when: turns that are fair, sufficient and never longer than needed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.calibration import PEAK_START
from data.demand import demand_mw
from data.read import load_region
from grid.net import bus_demand_mw
from grid.protection import NO_TRIPS
from grid.rotation import Groups, region_groups, rotation_plan, state_rotation
from grid.solver import GridSolver
from tests.grid.conftest import small_grid
from tests.strategies import CLASS_COST


def groups(mw, *, hours=1, shed_class=None, critical=None, bus=None) -> Groups:
    mw = np.asarray(mw, dtype=float)
    mw = np.tile(mw, (hours, 1)) if mw.ndim == 1 else mw
    count = mw.shape[1]
    return Groups(
        group_id=np.array([f"g{k:02d}" for k in range(count)]),
        bus=np.zeros(count, dtype=int) if bus is None else np.array(bus),
        mw=mw,
        shed_class=np.full(count, 2) if shed_class is None else np.array(shed_class),
        is_critical=np.zeros(count, dtype=bool) if critical is None else np.array(critical),
    )


def hours_out(plan, count):
    out = dict.fromkeys([f"g{k:02d}" for k in range(count)], 0.0)
    for turn in plan:
        out[turn.group_id] += turn.end_h - turn.start_h
    return np.array(list(out.values()))


def out_at(plan, t_h):
    return {turn.group_id for turn in plan if turn.start_h <= t_h < turn.end_h}


def test_three_equal_feeders_take_turns_of_two_hours():
    plan = rotation_plan(np.full(6, 10.0), groups([10.0, 10.0, 10.0], hours=6))
    assert [(turn.start_h, turn.end_h, turn.group_id) for turn in plan] == [
        (0.0, 2.0, "g00"),
        (2.0, 4.0, "g01"),
        (4.0, 6.0, "g02"),
    ]
    assert all(turn.mw == pytest.approx(10.0) for turn in plan)


def test_blocks_may_be_shorter_than_an_hour():
    plan = rotation_plan(np.full(1, 10.0), groups([10.0, 10.0]), block_h=0.5)
    assert [(turn.start_h, turn.end_h, turn.group_id) for turn in plan] == [
        (0.0, 0.5, "g00"),
        (0.5, 1.0, "g01"),
    ]


def test_critical_feeders_are_out_last_and_lower_classes_first():
    everyone = groups([10.0] * 4, shed_class=[2, 1, 0, 2], critical=[False, False, True, False])
    for need, out in (
        (10.0, {"g01"}),
        (30.0, {"g00", "g01", "g03"}),
        (40.0, {"g00", "g01", "g02", "g03"}),
    ):
        assert out_at(rotation_plan(np.array([need]), everyone), 0.5) == out


def test_when_less_is_needed_they_are_connected_again_before_their_turn_is_over():
    plan = rotation_plan(np.array([20.0, 0.0, 10.0]), groups([10.0, 10.0, 10.0], hours=3))
    assert [(turn.start_h, turn.end_h, turn.group_id) for turn in plan] == [
        (0.0, 1.0, "g00"),
        (0.0, 1.0, "g01"),
        (2.0, 3.0, "g02"),
    ]


needs = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12)


@given(
    needs, st.integers(1, 9), st.sampled_from([0.5, 1.0, 1.5, 2.0, 4.0]), st.integers(0, 2**32 - 1)
)
def test_enough_is_out_at_all_times_and_never_more_than_one_group_above(
    share, count, block_h, seed
):
    rng = np.random.default_rng(seed)
    mw = rng.uniform(1.0, 12.0, (len(share), count))
    need = np.array(share) * mw.sum(axis=1)
    plan = rotation_plan(
        need,
        groups(mw, shed_class=rng.integers(0, 4, count), critical=rng.random(count) < 0.2),
        block_h,
    )
    for t_h in np.arange(0.25, len(share), 0.5):
        hour = int(t_h)
        out = sorted(int(name[1:]) for name in out_at(plan, t_h))
        total = mw[hour, out].sum()
        assert total >= need[hour] - 1e-5
        assert total - need[hour] <= max(mw[hour, out], default=0.0) + 1e-5


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 30), st.sampled_from([1.0, 2.0, 3.0]))
def test_equals_are_out_as_long_as_each_other_within_one_block(count, out, hours, block_h):
    need = np.full(hours, 5.0 * min(out, count))
    plan = rotation_plan(need, groups([5.0] * count, hours=hours), block_h)
    lengths = hours_out(plan, count)
    assert lengths.max() - lengths.min() <= block_h + 1e-9
    assert lengths.sum() == pytest.approx(hours * min(out, count))


def test_the_plan_does_not_depend_on_the_order_of_the_groups():
    given_order = groups([5.0, 7.0, 6.0], hours=8)
    turned = Groups(
        group_id=given_order.group_id[::-1],
        bus=given_order.bus,
        mw=given_order.mw[:, ::-1],
        shed_class=given_order.shed_class,
        is_critical=given_order.is_critical,
    )
    need = np.full(8, 6.0)
    assert rotation_plan(need, given_order) == rotation_plan(need, turned)


@pytest.mark.parametrize(
    ("shed", "block_h", "message"),
    [([31.0], 2.0, "more must be shed"), ([1.0], 0.0, "block_h"), ([1.0, 1.0], 2.0, "hours")],
)
def test_a_plan_that_cannot_be_is_refused(shed, block_h, message):
    with pytest.raises(ValueError, match=message):
        rotation_plan(np.array(shed), groups([10.0, 20.0]), block_h)
    with pytest.raises(ValueError, match="name of its own"):
        Groups(
            group_id=np.array(["a", "a"]),
            bus=np.zeros(2, dtype=int),
            mw=np.ones((1, 2)),
            shed_class=np.zeros(2, dtype=int),
            is_critical=np.zeros(2, dtype=bool),
        )


def test_behind_a_limit_only_the_feeders_of_that_bus_take_turns():
    """60 MW at bus 1 behind 50 MW, 60 MW at bus 2 behind nothing."""
    demand = np.zeros((4, 3, 4))
    demand[:, 1:, 2] = 60.0
    arrays = small_grid([(0, 1), (0, 2)], [50.0, 500.0], [500.0])
    feeders = groups([20.0] * 6, hours=4, bus=[1, 1, 1, 2, 2, 2])
    state = GridSolver(arrays, CLASS_COST, NO_TRIPS).solve(np.ones(2, dtype=bool), demand)
    plan = state_rotation(state, feeders)
    assert [turn.group_id for turn in plan] == ["g00", "g01"]
    lacking = GridSolver(arrays, CLASS_COST, NO_TRIPS).solve(
        np.ones(2, dtype=bool), demand * 0.8, source_p_max_mw=np.array([86.0])
    )
    assert {turn.group_id for turn in state_rotation(lacking, feeders)} == {"g00", "g01"}
    assert state_rotation(lacking, groups([16.0] * 6, hours=4, bus=[2, 2, 2, 1, 1, 1]))


def test_the_regions_feeders_carry_all_of_its_demand():
    region = load_region()
    degc = np.full((2, len(region.areas)), -20.0)
    by_area = demand_mw(region, PEAK_START, 2, degc)
    feeders = region_groups(region, by_area)
    at_bus = np.zeros((2, len(region.buses)))
    np.add.at(at_bus.T, feeders.bus, feeders.mw.T)
    assert at_bus == pytest.approx(bus_demand_mw(region, by_area).sum(axis=2), abs=1e-9)
    sites = set(region.sites.section_id.tolist())
    hosting = set(region.sections.feeder_id[np.isin(region.sections.section_id, list(sites))])
    assert set(feeders.group_id[feeders.is_critical].tolist()) == hosting
    assert set(feeders.shed_class[: len(region.feeders)].tolist()) == {2}
