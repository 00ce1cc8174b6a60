"""After one fault: closed form, state by state, and the simulator's own feeders agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.grid_tables import Sections
from data.problems import InputError
from grid.feeders import feeder_arrays, supplied_sections
from grid.reliability.analytical import analytical_indices
from grid.reliability.overlap import Fault, interruptions
from grid.reliability.radial import Branches
from grid.reliability.restoration import fill, outcomes, usable_ties
from tests.grid.reliability.conftest import random_rows, random_ties, system_of

seeds = st.integers(0, 10_000)


@given(seeds)
@settings(max_examples=60)
def test_formula_and_state_by_state_agree_after_one_fault(seed):
    rows = random_rows(seed)
    system = system_of(rows, ties=random_ties(seed, rows), peaks=np.ones(len(rows)))
    after = outcomes(system)
    repair_h = 3.3
    for outcome in range(len(after.zone)):
        back = after.back_h[after.offset[outcome] : after.offset[outcome + 1]]
        expected = np.minimum(back, repair_h)
        fault = Fault(
            zone=int(after.zone[outcome]),
            cleared_by=int(after.cleared_by[outcome]),
            from_h=10.0,
            to_h=10.0 + repair_h,
            usable=usable_ties(system, after, outcome),
        )
        found = interruptions(system, [fault])
        assert sorted(found.place) == list(range(after.begin[outcome], after.end[outcome]))
        lasted = np.zeros(len(system.loads))
        lasted[found.place] = found.to_h - found.from_h
        assert lasted[after.begin[outcome] : after.end[outcome]] == pytest.approx(expected)


@given(seeds)
def test_outcomes_of_a_zone_are_certain_together(seed):
    rows = random_rows(seed)
    after = outcomes(system_of(rows, ties=random_ties(seed, rows)))
    for begin, end in zip(after.first[:-1], after.first[1:], strict=True):
        if end > begin:
            assert after.probability[begin:end].sum() == pytest.approx(1.0)


@given(seeds)
def test_steps_are_those_of_the_replication(seed):
    """Remote steps after 1 h and manual ones after 2 h, as `supplied_sections` takes them."""
    rng = np.random.default_rng(seed)
    count = 8
    parent = [""] + [f"s{rng.integers(0, at)}" for at in range(1, count)]
    switch = ["breaker", *rng.choice(["none", "manual", "remote", "breaker"], count - 1)]
    reserve = rng.choice(["none", "manual", "remote"], count, p=[0.6, 0.2, 0.2])
    names = np.array([f"s{at}" for at in range(count)])
    sections = Sections(
        section_id=names,
        feeder_id=np.repeat("f", count),
        parent_section_id=np.array(parent),
        switch_kind=np.array(switch),
        reserve=reserve,
        overhead_km=np.ones(count),
        cable_km=np.zeros(count),
        forest_share=np.zeros(count),
        transformers=np.zeros(count, dtype=int),
        customers=np.ones(count, dtype=int),
        feeder_share=np.full(count, 1 / count),
        source=np.repeat("random", count),
        quality=np.repeat("estimated", count),
        origin=np.repeat("E", count),
    )
    arrays = feeder_arrays(np.array(["f"]), sections)
    place = np.argsort(arrays.feeders[0].sections)
    kind = {"none": "none", "manual": "disconnector", "remote": "disconnector"}
    system = system_of(
        [
            (
                name,
                above or None,
                kind.get(how, "breaker"),
                0.0,
                1.0 if how in ("remote", "breaker") else 2.0,
                1.0,
                50.0,
            )
            for name, above, how in zip(names, parent, switch, strict=True)
        ],
        ties=[
            (name, None, np.inf, 1.0, 1.0 if how == "remote" else 2.0)
            for name, how in zip(names, reserve, strict=True)
            if how != "none"
        ],
    )
    after = outcomes(system)
    for row in range(count):
        outcome = after.first[system.branch_zone[row]]
        back = np.zeros(count)
        at = system.load_row[after.begin[outcome] : after.end[outcome]]
        back[at] = after.back_h[after.offset[outcome] : after.offset[outcome + 1]]
        tripped = supplied_sections(arrays, 0, (row,), (), reserve_alive=True)[place]
        cut_out = supplied_sections(arrays, 0, (), (), cut_out=(row,), reserve_alive=True)[place]
        isolated = supplied_sections(arrays, 0, (), (row,), reserve_alive=True)[place]
        assert (tripped == (back == 0.0)).all()
        assert (cut_out == (back <= 1.0)).all()
        assert (isolated == (back <= 2.0)).all()


def chain(**more):
    """Busbar b, then 1, 2, 3 in a row with a disconnector before 2 and 3."""
    rows = [
        ("b", None, "breaker", 0.0, 0.5, 0.0, 1.0),
        ("1", "b", "breaker", more.get("stuck", 0.0), 0.5, 0.1, 4.0),
        ("2", "1", "disconnector", 0.0, 0.5, 0.2, 4.0),
        ("3", "2", "disconnector", 0.0, 0.5, 0.3, 4.0),
    ]
    return rows + list(more.get("others", ()))


def hours(system):
    return dict(
        zip(
            system.loads.name.tolist(),
            analytical_indices(system).load_points.outage_h_per_yr.tolist(),
            strict=True,
        )
    )


def test_a_stuck_breaker_trips_the_busbar_until_it_is_opened_by_hand():
    other = ("9", "b", "breaker", 0.0, 0.5, 0.0, 1.0)
    result = hours(system_of(chain(stuck=0.1, others=[other])))
    assert result["L9"] == pytest.approx(0.1 * 0.6 * 0.5)
    assert result["Lb"] == pytest.approx(0.1 * 0.6 * 0.5)
    # Behind the breaker nothing changes: those who wait for a switch wait as long.
    assert result["L1"] == pytest.approx(0.1 * 4.0 + 0.5 * 0.5)


def test_fuses_that_fail_are_those_of_the_textbook():
    """Billinton and Allan, chapter 7: main faults, own lateral, others with a failing fuse."""
    rows = [("b", None, "breaker", 0.0, 0.5, 0.0, 1.0)]
    above = "b"
    for name, km in zip("1234", (2.0, 1.0, 3.0, 2.0), strict=True):
        device = "breaker" if name == "1" else "disconnector"
        rows.append((name, above, device, 0.0, 0.5, 0.1 * km, 4.0))
        above = name
    for name, on, km in zip("ABCD", "1234", (1.0, 3.0, 2.0, 1.0), strict=True):
        rows.append((name, on, "fuse", 0.1, 0.5, 0.2 * km, 2.0))
    result = hours(system_of(rows))
    assert result["LA"] == pytest.approx(0.2 * 4 + 0.6 * 0.5 + 0.2 * 2 + 0.1 * 1.2 * 0.5)
    restricted = hours(system_of(rows, ties=[("4", None, np.inf, 0.6, 0.5)]))
    main = 0.6 * (0.6 * 0.5 + 0.4 * 4.0) + 0.2 * 4.0
    others = 0.1 * (0.2 + 0.6 + 0.4)
    waits = 0.6 * 0.5 + 0.4 * 2.0
    # A stuck lateral fuse keeps nobody downstream waiting once it is opened by hand.
    assert waits > 0.5
    assert restricted["LD"] == pytest.approx(main + 0.2 * 2.0 + others * 0.5)


def test_a_tie_supplies_by_priority_as_long_as_the_next_load_fits():
    ties = [("3", None, 2.0, 1.0, 1.0)]
    plain = hours(system_of(chain(), ties=ties, peaks=[1, 1, 1.5, 1]))
    # A fault on 1: the nearer load 2 comes first and load 3 does not fit beside it.
    assert plain["L2"] == pytest.approx(0.1 * 1.0 + 0.2 * 4.0 + 0.3 * 0.5)
    assert plain["L3"] == pytest.approx(0.1 * 4.0 + 0.2 * 1.0 + 0.3 * 4.0)
    urgent = hours(system_of(chain(), ties=ties, peaks=[1, 1, 1.5, 1], priorities=[2, 2, 2, 1]))
    assert urgent["L3"] == pytest.approx(0.1 * 1.0 + 0.2 * 1.0 + 0.3 * 4.0)
    assert urgent["L2"] == pytest.approx(0.1 * 4.0 + 0.2 * 4.0 + 0.3 * 0.5)


def test_nobody_is_passed_over_for_a_smaller_load():
    assert fill(np.array([1.0, 3.0, 1.0]), np.array([2.0])).tolist() == [0, -1, -1]
    assert fill(np.array([1.0, 3.0, 1.0]), np.array([2.0, 4.0])).tolist() == [0, 1, 1]
    assert fill(np.array([0.1, 0.2]), np.array([0.3])).tolist() == [0, 0]
    assert fill(np.array([1.0]), np.array([])).tolist() == [-1]


def test_a_transformer_without_a_fuse_takes_its_neighbours_with_it():
    base = [("b", None, "breaker", 0.0, 1.0, 0.0, 1.0), ("s", "b", "breaker", 0.0, 1.0, 0.0, 1.0)]
    for device, neighbour in (("none", 0.02 * 200.0), ("disconnector", 0.02), ("fuse", 0.0)):
        result = hours(system_of([*base, ("T", "s", device, 0.0, 1.0, 0.02, 200.0)]))
        assert result["Ls"] == pytest.approx(neighbour)
        assert result["LT"] == pytest.approx(0.02 * 200.0)


def test_too_many_uncertain_ties_are_named():
    ties = [("3", None, 1.0, 0.5, 1.0)] * 11
    with pytest.raises(InputError, match="many_uncertain_ties"):
        outcomes(system_of(chain(), ties=ties))


def test_a_loop_of_branches_is_refused():
    loop = Branches(
        name=np.array(["x", "y"]),
        parent=np.array([1, 0]),
        has_device=np.ones(2, dtype=bool),
        is_protective=np.ones(2, dtype=bool),
        p_stuck=np.zeros(2),
        switching_h=np.ones(2),
        failure_rate_per_yr=np.ones(2),
        repair_h=np.ones(2),
    )
    good = system_of(chain())
    from grid.reliability.radial import radial_system  # noqa: PLC0415 -- beside its use

    with pytest.raises(ValueError, match="loop"):
        radial_system(loop, good.loads, good.ties)
