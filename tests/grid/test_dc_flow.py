"""Every topology is an update of the intact grid and gives the flows of its own matrix."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grid import dc_flow, nodal
from grid.dc_flow import DcGrid
from grid.dispatch import dispatch
from tests.grid.conftest import small_grid
from tests.strategies import random_case


def own_flow_mw(arrays, conducts, dark, injection_mw):
    """Flow by the pseudo-inverse of the topology's own nodal matrix."""
    branches = np.arange(len(conducts))
    across = np.zeros((len(conducts), len(arrays.bus_ids)))
    np.add.at(across, (branches, arrays.from_bus), 1.0)
    np.add.at(across, (branches, arrays.to_bus), -1.0)
    live = np.where(conducts & ~dark[arrays.from_bus], arrays.susceptance_mw, 0.0)
    blocked = live * arrays.shift_rad
    nodal = across.T @ (live[:, None] * across)
    angle = np.linalg.pinv(nodal) @ (injection_mw.T + (across.T @ blocked)[:, None])
    return (live[:, None] * (across @ angle) - blocked[:, None]).T


def balanced_injection(topology, hours, rng):
    injection = rng.normal(0.0, 10.0, (hours, len(topology.islands.label)))
    for part in range(len(topology.islands.reference_bus)):
        here = topology.islands.label == part
        injection[:, here] -= injection[:, here].mean(axis=1)[:, None]
    injection[:, topology.islands.dark] = 0.0
    return injection


def shifted_case(seed, out_share):
    case = random_case(seed, buses=25, out_share=out_share)
    rng = np.random.default_rng(seed)
    shift = rng.normal(0.0, 0.01, len(case.in_service)) * (seed % 3 == 0)
    return replace(case.arrays, shift_rad=shift), case.in_service, rng


@pytest.mark.parametrize("dense_buses", [0, 400])
@pytest.mark.parametrize("rank", [0, 64])
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.05, 0.2, 0.5]))
def test_flows_equal_those_of_the_topology_itself(dense_buses, rank, seed, out_share):
    arrays, conducts, rng = shifted_case(seed, out_share)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dc_flow, "DENSE_BUSES", dense_buses)
        patch.setattr(dc_flow, "DENSE_RANK", rank)
        patch.setattr(dc_flow, "SPARSE_RANK", rank)
        topology = DcGrid(arrays).topology(conducts)
    injection = balanced_injection(topology, 3, rng)
    expected = own_flow_mw(arrays, conducts, topology.islands.dark, injection)
    assert topology.flow_mw(injection) == pytest.approx(expected, abs=1e-7)
    moved = topology.flow_mw(injection) - topology.flow_mw(np.zeros_like(injection))
    rows = topology.branch_sensitivity(np.arange(len(conducts)))
    assert injection @ rows.T == pytest.approx(moved, abs=1e-7)


@pytest.mark.parametrize(("dense_buses", "rank"), [(400, 64), (0, 64), (0, 0)])
@settings(deadline=None)  # the first of all compiles
@given(st.integers(0, 2**32 - 1))
def test_many_hours_at_once_are_the_hours_one_by_one(dense_buses, rank, seed):
    arrays, conducts, rng = shifted_case(seed, 0.1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dc_flow, "DENSE_BUSES", dense_buses)
        patch.setattr(dc_flow, "SPARSE_RANK", rank)
        patch.setattr(nodal, "COMPILED_BUSES", 0)
        topology = DcGrid(arrays).topology(conducts)
        injection = balanced_injection(topology, dc_flow.CHUNK_HOURS[True] + 40, rng)
        many = topology.flow_mw(injection)
    for hour in (0, 300, len(injection) - 1):
        alone = topology.flow_mw(injection[hour : hour + 1])[0]
        assert many[hour] == pytest.approx(alone, abs=1e-8)


@pytest.mark.parametrize("dense_buses", [0, 400])
@given(st.integers(0, 2**32 - 1))
def test_a_topology_is_the_same_to_the_bit_whatever_came_before(dense_buses, seed):
    arrays, conducts, rng = shifted_case(seed, 0.1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dc_flow, "DENSE_BUSES", dense_buses)
        used, fresh = DcGrid(arrays), DcGrid(arrays)
    for _ in range(3):
        used.topology(rng.random(len(conducts)) < 0.9)
    one, other = used.topology(conducts), fresh.topology(conducts)
    injection = balanced_injection(one, 2, rng)
    assert (one.flow_mw(injection) == other.flow_mw(injection)).all()
    assert (one.spread == other.spread).all()


def test_power_that_does_not_balance_leaves_at_the_first_bus_of_its_island():
    arrays = small_grid([(0, 1), (1, 2), (2, 3)], [99.0] * 3, [50.0])
    topology = DcGrid(arrays).topology(np.array([True, False, True]))
    flow = topology.flow_mw(np.array([[0.0, 5.0, 0.0, -7.0]]))
    assert flow[0] == pytest.approx([-5.0, 0.0, 7.0])


def must_run_grid(p_set, p_max, shared_max):
    arrays = small_grid([(0, 1)], [999.0], [shared_max, p_max])
    return replace(
        arrays,
        source_fixed=np.array([False, True]),
        source_p_set_mw=np.array([0.0, p_set]),
        source_p_min_mw=np.zeros(2),
    )


@pytest.mark.parametrize(
    ("demand", "shared", "must_run", "deficit"),
    [(30.0, 10.0, 20.0, 0.0), (15.0, 0.0, 15.0, 0.0), (85.0, 50.0, 35.0, 0.0),
     (100.0, 50.0, 40.0, 10.0)],
)  # fmt: skip
def test_must_run_sources_rise_only_when_the_others_are_at_their_limit(
    demand, shared, must_run, deficit
):
    topology = DcGrid(must_run_grid(20.0, 40.0, 50.0)).topology(np.ones(1, dtype=bool))
    plan = dispatch(topology, np.array([[0.0, demand]]))
    assert plan.source_p_mw[0] == pytest.approx([shared, must_run])
    assert plan.deficit_mw[0] == pytest.approx([deficit])
    assert plan.linear[0] == (demand == 30.0)
