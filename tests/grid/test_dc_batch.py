"""Batches of outage states give what the solver gives for each, without limits."""

from dataclasses import replace

import numpy as np
import pandapower.networks as pn
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grid import dc_batch
from grid.dc_batch import OutageBatch, outage_flows
from grid.net_arrays import net_arrays
from grid.protection import NO_TRIPS
from grid.solver import GridSolver
from tests.grid.conftest import small_grid
from tests.strategies import random_case


def random_states(seed):
    """A grid that may be short of power, with room to rise, shifts and many islands."""
    rng = np.random.default_rng(seed)
    case = random_case(seed, buses=int(rng.choice([8, 20, 35])), sources=int(rng.choice([1, 3, 6])))
    count = len(case.in_service)
    arrays = replace(
        case.arrays,
        rating_mw=np.full(count, np.inf),
        short_term_mw=np.full(count, np.inf),
        trip_mw=np.full(count, np.inf),
        shift_rad=rng.normal(0.0, 0.01, count) * int(rng.integers(0, 2)),
        source_p_set_mw=case.arrays.source_p_max_mw * rng.uniform(0.2, 1.0),
    )
    demand = case.demand_mw[0].sum(axis=1) * rng.uniform(0.3, 1.5)
    outages = [rng.choice(count, int(rng.integers(0, 6)), replace=False) for _ in range(12)]
    return arrays, demand, [each.tolist() for each in outages]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_state_equals_the_solver_without_limits(seed):
    arrays, demand, outages = random_states(seed)
    batch = outage_flows(arrays, outages, demand)
    solver = GridSolver(arrays, np.ones(1), NO_TRIPS)
    for state, out in enumerate(outages):
        conducts = np.ones(len(arrays.branch_ids), dtype=bool)
        conducts[out] = False
        one = solver.solve(conducts, demand[None, :, None])
        assert batch.flow_mw[state] == pytest.approx(one.flow_mw[0], abs=1e-6)
        unserved = demand.sum() - one.served_mw.sum()
        assert batch.unserved_mw[state] == pytest.approx(unserved, abs=1e-6)
        assert batch.dark_mw[state] == pytest.approx(demand[one.dark].sum(), abs=1e-6)
        assert batch.parts[state] == len(one.topology.islands.reference_bus)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_slower_way_and_the_compiled_one_agree(seed):
    arrays, demand, outages = random_states(seed)
    fast = outage_flows(arrays, outages, demand)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dc_batch, "DENSE_BYTES", 0)
        slow = outage_flows(arrays, outages, demand)
    for name in ("flow_mw", "unserved_mw", "dark_mw", "parts", "worst_loading"):
        assert getattr(fast, name) == pytest.approx(getattr(slow, name), abs=1e-6)


def test_a_state_does_not_depend_on_its_neighbours():
    arrays, demand, outages = random_states(7)
    batch = OutageBatch(arrays, demand)
    together = batch.solve(outages)
    for state in (5, 0, 11):
        alone = batch.solve([outages[state]])
        assert (alone.flow_mw[0] == together.flow_mw[state]).all()
        assert alone.unserved_mw[0] == together.unserved_mw[state]


def test_all_single_outages_of_a_200_bus_grid_name_the_worst_branch():
    model = net_arrays(pn.case_illinois200())
    count = len(model.arrays.branch_ids)
    in_service = ~np.eye(count, dtype=bool)
    batch = outage_flows(model.arrays, in_service, model.demand_mw)
    loading = np.abs(batch.flow_mw) / model.arrays.rating_mw
    assert batch.worst_loading == pytest.approx(loading.max(axis=1))
    assert (batch.worst_branch == loading.argmax(axis=1)).all()
    assert (batch.flow_mw[np.arange(count), np.arange(count)] == 0).all()
    assert (batch.parts > 1).sum() == 72
    assert ((batch.dark_mw > 0) <= (batch.parts > 1)).all()


def test_chunks_are_the_whole_in_parts(monkeypatch):
    arrays, demand, outages = random_states(3)
    batch = OutageBatch(arrays, demand)
    whole = batch.solve(outages)
    monkeypatch.setattr(dc_batch, "CHUNK_BYTES", 8 * len(arrays.branch_ids) * 5)
    chunks = list(batch.chunks(outages))
    assert [first for first, _ in chunks] == [0, 5, 10]
    assert (np.concatenate([part.flow_mw for _, part in chunks]) == whole.flow_mw).all()
    summary = batch.solve(outages, keep_flows=False)
    assert not summary.flow_mw.size
    assert (summary.worst_loading == whole.worst_loading).all()


def test_the_far_side_of_a_cut_line_is_dark_and_the_rest_goes_on():
    arrays = small_grid([(0, 1), (1, 2), (2, 3)], [100.0] * 3, [50.0])
    batch = outage_flows(arrays, [[], [1]], np.array([0.0, 10.0, 20.0, 5.0]))
    assert batch.flow_mw == pytest.approx(np.array([[35.0, 25.0, 5.0], [10.0, 0.0, 0.0]]))
    assert batch.dark_mw == pytest.approx([0.0, 25.0])
    assert batch.worst_loading == pytest.approx([0.35, 0.10])


@pytest.mark.parametrize("outages", [[[0, 3]], [[-1]], [[1, 1]], np.ones((2, 2), dtype=bool)])
def test_outages_that_do_not_fit_the_grid_are_refused(outages):
    arrays = small_grid([(0, 1), (1, 2), (2, 3)], [100.0] * 3, [50.0])
    with pytest.raises(ValueError, match="outages"):
        outage_flows(arrays, outages, np.zeros(4))
