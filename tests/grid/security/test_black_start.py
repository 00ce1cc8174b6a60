import json
import math
from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from data.problems import InputError
from data.read import load_region
from grid.dc_flow import DcGrid
from grid.protection import NO_TRIPS
from grid.security.black_start import (
    black_start_plan,
    region_pickup_mw,
    region_rules,
    study_black_start,
)
from grid.security.restoration_plan import RestorationRules
from grid.solver import GridSolver
from grid.study import region_study
from sim.plan import CACHE
from tests.grid.conftest import small_grid
from tests.strategies import random_case
from ui.grid_commands import grid_app

COST = np.array([1.0, 10.0, 100.0, 1000.0])
RULES = RestorationRules(operators=1, switching_h=0.1, block_share=0.5, block_h=0.2)
NEVER = np.inf


def plan_of(arrays, demand, start_h, start_up_h=None, **options):
    start_up_h = np.full(len(start_h), NEVER) if start_up_h is None else np.array(start_up_h)
    return black_start_plan(
        arrays,
        demand,
        shed_cost=COST,
        start_h=np.array(start_h, dtype=float),
        start_up_h=start_up_h,
        **{"rules": RULES, **options},
    )


def acts(plan, *which):
    return [
        (round(s.t_h, 6), s.action, s.bus_id, s.branch_id, s.shed_class, round(s.p_mw, 6))
        for s in plan.steps
        if not which or s.action in which
    ]


@pytest.fixture
def chain():
    """Source at b0, then b1 and b2 in a row with 10 MW of class 2 and 30 MW of class 3."""
    arrays = small_grid([(0, 1), (1, 2)], [100.0, 100.0], [60.0])
    demand = np.zeros((3, 4))
    demand[1, 2], demand[2, 3] = 10.0, 30.0
    return arrays, demand


def test_a_chain_comes_back_switching_by_switching(chain):
    """b1 is live after 0.1 h, b2 after 0.2 h; a block of 30 MW takes b2 whole."""
    plan = plan_of(*chain, [0.0])
    assert acts(plan) == [
        (0.0, "start", "b0", "", -1, 60.0),
        (0.1, "energise", "b1", "l0", -1, 0.0),
        (0.1, "pick up", "b1", "", 2, 10.0),
        (0.2, "energise", "b2", "l1", -1, 0.0),
        (0.3, "pick up", "b2", "", 3, 30.0),
    ]
    assert plan.hours_until(0.25) == pytest.approx(0.1)
    assert plan.hours_until(0.5) == plan.hours_until(1.0) == pytest.approx(0.3)
    assert plan.return_h == pytest.approx([0.0, 0.1, 0.3])
    assert plan.unserved == ()


def test_load_comes_in_blocks_the_critical_first():
    arrays = small_grid([(0, 1)], [100.0], [40.0])
    demand = np.zeros((2, 4))
    demand[1] = [5.0, 0.0, 10.0, 15.0]
    rules = replace(RULES, block_share=0.25)
    plan = plan_of(arrays, demand, [0.0], rules=rules)
    assert acts(plan, "pick up") == [
        (0.1, "pick up", "b1", "", 3, 10.0),
        (0.3, "pick up", "b1", "", 3, 5.0),
        (0.3, "pick up", "b1", "", 2, 5.0),
        (0.5, "pick up", "b1", "", 2, 5.0),
        (0.5, "pick up", "b1", "", 0, 5.0),
    ]


def test_supplies_that_return_later_start_later(chain):
    plan = plan_of(*chain, [5.0])
    assert plan.steps[0].t_h == 5.0
    assert plan.hours_until(1.0) == pytest.approx(5.3)


def test_nothing_starts_without_a_source_that_can(chain):
    plan = plan_of(*chain, [NEVER], [0.25])
    assert plan.steps == ()
    assert plan.hours_until(0.5) == NEVER
    assert {each.why for each in plan.unserved} == {"no way from a source that can start"}


def test_a_plant_that_needs_the_grid_joins_after_its_start_up_time():
    """10 MW start; the plant at b1 brings 50 MW half an hour after b1 is energised."""
    arrays = small_grid([(0, 1), (1, 2)], [100.0, 100.0], [10.0, 50.0], source_bus=[0, 1])
    demand = np.zeros((3, 4))
    demand[2, 2] = 40.0
    plan = plan_of(arrays, demand, [0.0, NEVER], [NEVER, 0.5])
    joins = next(step for step in plan.steps if step.action == "join")
    assert joins.t_h == pytest.approx(0.6)
    assert joins.online_mw == 60.0
    early = [s.p_mw for s in plan.steps if s.action == "pick up" and s.t_h < 0.6]
    assert sum(early) == pytest.approx(10.0)
    assert plan.served_mw.sum() == pytest.approx(40.0)


def test_what_the_sources_cannot_give_stays_dark_the_least_critical(chain):
    arrays, demand = chain
    demand[1, 0] = 50.0
    plan = plan_of(arrays, demand, [0.0])
    assert plan.served_mw.sum() == pytest.approx(60.0)
    assert plan.served_mw[2, 3] == pytest.approx(30.0)
    (lacks,) = plan.unserved
    assert (lacks.bus_id, lacks.shed_class) == ("b1", 0)
    assert "60 MW" in lacks.why


def test_cold_load_makes_a_rating_bind_that_carries_normal_load():
    arrays = small_grid([(0, 1)], [30.0], [100.0])
    demand = np.zeros((2, 4))
    demand[1, 2] = 25.0
    assert plan_of(arrays, demand, [0.0]).unserved == ()
    (left,) = plan_of(arrays, 1.4 * demand, [0.0]).unserved
    assert left.p_mw == pytest.approx(5.0)
    assert left.why == "l0 is at its rating"


def test_a_second_circuit_is_closed_when_the_first_is_full():
    arrays = small_grid([(0, 1), (0, 1)], [30.0, 30.0], [100.0])
    demand = np.zeros((2, 4))
    demand[1, 2] = 50.0
    plan = plan_of(arrays, demand, [0.0])
    assert plan.unserved == ()
    assert [step.branch_id for step in plan.steps if step.action == "close loop"] == ["l1"]


def test_islands_that_meet_are_synchronised():
    """The small one alone could not carry the load between them."""
    arrays = small_grid([(0, 1), (1, 2)], [100.0, 100.0], [20.0, 30.0], source_bus=[0, 2])
    demand = np.zeros((3, 4))
    demand[1, 2] = 45.0
    plan = plan_of(arrays, demand, [0.0, 0.0])
    assert [s.action for s in plan.steps].count("synchronise") == 1
    assert plan.served_mw.sum() == pytest.approx(45.0)
    assert plan.source_p_mw.sum() == pytest.approx(45.0)


def test_a_dark_part_is_restored_from_what_is_still_live(chain):
    arrays, demand = chain
    alive = np.array([True, True, False])
    plan = plan_of(arrays, demand, [0.0], alive=alive)
    assert plan.lost_mw == pytest.approx(30.0)
    assert acts(plan) == [
        (0.1, "energise", "b2", "l1", -1, 0.0),
        (0.1, "pick up", "b2", "", 3, 30.0),
    ]
    assert plan.return_h == pytest.approx([0.0, 0.0, 0.1])


def test_a_line_that_stays_out_leaves_what_is_behind_it_dark(chain):
    plan = plan_of(*chain, [0.0], available=np.array([True, False]))
    assert [each.bus_id for each in plan.unserved] == ["b2"]
    assert plan.served_mw[1, 2] == pytest.approx(10.0)


def test_the_dearer_of_two_equal_ways_comes_first():
    arrays = small_grid([(0, 1), (0, 2)], [100.0, 100.0], [100.0])
    demand = np.zeros((3, 4))
    demand[1, 2], demand[2, 3] = 20.0, 20.0
    plan = plan_of(arrays, demand, [0.0])
    assert [s.bus_id for s in plan.steps if s.action == "energise"] == ["b2", "b1"]


def replayed(arrays, plan, rules):
    """Walk through the steps; check what must hold at each, and with another solver."""
    forming = replace(
        arrays,
        source_grid_forming=np.ones(len(arrays.source_ids), dtype=bool),
        source_fixed=np.zeros(len(arrays.source_ids), dtype=bool),
        source_share=np.maximum(arrays.source_p_max_mw, 1e-3),
        source_p_min_mw=np.zeros(len(arrays.source_ids)),
    )
    solver = GridSolver(forming, COST, NO_TRIPS)
    bus = {name: at for at, name in enumerate(arrays.bus_ids.tolist())}
    branch = {name: at for at, name in enumerate(arrays.branch_ids.tolist())}
    source = {name: at for at, name in enumerate(arrays.source_ids.tolist())}
    closed = np.zeros(len(arrays.branch_ids), dtype=bool)
    online = np.zeros(len(arrays.source_ids))
    served = np.zeros_like(plan.demand_mw)
    lit = set()
    last_h = 0.0
    for t_h, group in groupby(plan.steps, key=lambda step: step.t_h):
        assert t_h >= last_h
        last_h, blocks = t_h, {}
        for step in group:
            at = bus[step.bus_id]
            if step.action in ("start", "join"):
                online[source[step.source_id]] = step.p_mw
                if step.action == "join":
                    assert at in lit
                lit.add(at)
            elif step.action == "pick up":
                assert at in lit
                key = step.online_mw
                blocks[key] = blocks.get(key, 0.0) + step.p_mw
                served[at, step.shed_class] += step.p_mw
                assert step.served_mw <= step.online_mw + 1e-6
            else:
                row = branch[step.branch_id]
                ends = {int(arrays.from_bus[row]), int(arrays.to_bus[row])}
                assert ends & lit
                closed[row] = True
                lit |= ends
        for online_mw, p_mw in blocks.items():
            islands = 1 + sum(blocks_of == online_mw for blocks_of in blocks)
            assert p_mw <= islands * rules.block_share * online_mw + 1e-6
        if served.any():
            state = solver.solve(closed, served[None], source_p_max_mw=online)
            assert state.served_share[0][served > 1e-6].min() > 1.0 - 1e-6
    assert (served <= plan.demand_mw + 1e-9).all()
    assert served == pytest.approx(plan.served_mw)
    return lit


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 2.0))
def test_any_plan_keeps_every_limit_at_every_step(seed, tightness):
    case = random_case(seed, tightness=tightness)
    arrays, demand = case.arrays, case.demand_mw[0]
    rng = np.random.default_rng(seed)
    start_h = np.where(rng.random(3) < 0.5, rng.uniform(0.0, 2.0, 3), NEVER)
    start_h[0] = 0.0
    rules = RestorationRules(operators=2)
    first, again = (
        plan_of(arrays, demand, start_h, [0.3, 0.3, 0.3], available=case.in_service, rules=rules)
        for _ in range(2)
    )
    assert first.steps == again.steps
    lit = replayed(arrays, first, rules)
    flow = DcGrid(arrays).topology(first.closed)
    fed = np.bincount(arrays.source_bus, first.source_p_mw, len(demand))
    final = flow.flow_mw((fed - first.served_mw.sum(axis=1))[None])[0]
    assert (np.abs(final) <= arrays.rating_mw + 1e-5).all()
    assert (first.source_p_mw <= arrays.source_p_max_mw + 1e-6).all()
    missing = sum(each.p_mw for each in first.unserved)
    assert first.served_mw.sum() + missing == pytest.approx(demand.sum())
    assert set(np.flatnonzero(np.isfinite(first.energised_h))) == lit
    # Nothing can be said to lack a way that is connected with a source that started.
    for each in first.unserved:
        if each.why.startswith("no way"):
            assert each.bus_id not in {arrays.bus_ids[at] for at in lit}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_at_a_bus_no_class_waits_behind_a_cheaper_one(seed):
    case = random_case(seed)
    plan = plan_of(case.arrays, case.demand_mw[0], [0.0, 0.0, 0.0])
    served = np.zeros_like(plan.demand_mw)
    bus = {name: at for at, name in enumerate(case.arrays.bus_ids.tolist())}
    for step in plan.steps:
        if step.action == "pick up":
            at, level = bus[step.bus_id], step.shed_class
            dearer = plan.demand_mw[at, level + 1 :] - served[at, level + 1 :]
            assert (dearer < 1e-5).all()
            served[at, level] += step.p_mw


@pytest.fixture(scope="module")
def region():
    return load_region()


@pytest.fixture(scope="module")
def study(region):
    return region_study(region, CACHE)


def test_the_region_returns_with_its_supplies_and_not_without(region, study):
    extra = region_pickup_mw(region, 6.0, -20.0)
    done = study_black_start(study, extra, rules=region_rules(region))
    assert done.can_start == ()
    assert done.own.steps == ()
    assert done.dark_buses == len(study.arrays.bus_ids)
    assert done.plan.unserved == ()
    assert done.plan.lost_mw == pytest.approx(done.demand_mw + done.pickup_mw)
    hours = [done.plan.hours_until(share) for share in (0.5, 0.8, 0.95, 1.0)]
    assert hours == sorted(hours)
    assert 1.0 < hours[0] < hours[-1] < 24.0
    critical = [s.t_h for s in done.plan.steps if s.action == "pick up" and s.shed_class == 3]
    flexible = [s.t_h for s in done.plan.steps if s.action == "pick up" and s.shed_class == 0]
    assert np.median(critical) < np.median(flexible)


def test_a_plant_taken_to_start_from_black_serves_what_it_can(region, study):
    extra = region_pickup_mw(region, 6.0, -20.0)
    done = study_black_start(
        study,
        extra,
        can_start=["ranasfoss"],
        supplies_return_h=math.inf,
        rules=region_rules(region),
    )
    own = float(study.arrays.source_p_max_mw[study.arrays.source_fixed].sum())
    assert done.own.restored_mw == pytest.approx(own, rel=1e-6)
    assert done.own.steps[0].source_id == "ranasfoss"
    assert done.own.steps[0].t_h == region.constants["start_up_run_of_river_h"]


def test_every_unknown_name_is_refused_at_once(study):
    with pytest.raises(InputError) as error:
        study_black_start(
            study, np.zeros_like(study.demand_mw[0]), lost=["nowhere"], can_start=["supply_usta"]
        )
    assert [problem.code for problem in error.value.problems] == ["unknown_asset", "unknown_plant"]


def test_a_lost_substation_stays_dark_and_the_rest_stays_alive(study):
    lost = [name for name in study.arrays.branch_ids.tolist() if name.startswith("s010_t")]
    done = study_black_start(study, np.zeros_like(study.demand_mw[0]), lost=lost)
    assert 0.0 < done.plan.lost_mw < 0.05 * done.demand_mw
    assert {each.why for each in done.plan.unserved} == {"no way from a source that can start"}


def test_the_command_prints_both_plans_as_json():
    result = CliRunner().invoke(
        grid_app, ["blackstart", "--temperature", "-15", "--lost", "supply_usta", "--json"]
    )
    assert result.exit_code == 0
    (report,) = json.loads(result.output)
    assert report["lost_sources"] == ["supply_usta"]
    assert report["with_supplies"]["lost_mw"] == 0.0
