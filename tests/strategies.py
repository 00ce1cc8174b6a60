"""Random grids, demands and outages for property tests."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from data.tables import BoolArray, FloatArray
from grid.arrays import GridArrays

CLASS_COST = np.array([1.0, 10.0, 100.0, 1000.0])


@dataclass(frozen=True)
class GridCase:
    arrays: GridArrays
    demand_mw: FloatArray
    in_service: BoolArray


def random_case(
    seed: int,
    *,
    buses: int = 12,
    hours: int = 3,
    tightness: float = 1.0,
    out_share: float = 0.15,
    sources: int = 3,
) -> GridCase:
    """A meshed grid: a random tree plus chords, with demand it can just about carry."""
    rng = np.random.default_rng(seed)
    tree = [(int(rng.integers(0, bus)), bus) for bus in range(1, buses)]
    chords = [tuple(rng.choice(buses, 2, replace=False)) for _ in range(buses // 2)]
    ends = np.array(tree + chords, dtype=np.int64)
    branches = len(ends)
    demand = rng.uniform(0.0, 20.0, (hours, buses, 4)) * (rng.random((1, buses, 4)) < 0.6)
    total = demand.sum(axis=(1, 2)).max() + 1.0
    share = rng.dirichlet(np.ones(sources))
    fixed = np.arange(sources) >= max(1, sources - 1)
    susceptance = rng.uniform(2.0, 30.0, branches)
    rating = rng.uniform(0.1, 0.9, branches) * total / tightness
    source_bus = rng.integers(0, buses, sources)
    p_min = np.where(fixed, 0.0, -rng.integers(0, 2, sources) * total)
    p_max = np.where(fixed, 0.1, rng.uniform(0.3, 1.5)) * total * share * 1.5
    arrays = GridArrays(
        base_mva=100.0,
        bus_ids=np.array([f"b{k}" for k in range(buses)]),
        branch_ids=np.array([f"l{k}" for k in range(branches)]),
        from_bus=ends[:, 0],
        to_bus=ends[:, 1],
        susceptance_pu=susceptance,
        shift_rad=np.zeros(branches),
        rating_mw=rating,
        short_term_mw=1.2 * rating,
        trip_mw=1.5 * rating,
        source_ids=np.array([f"s{k}" for k in range(sources)]),
        source_bus=source_bus,
        source_p_min_mw=p_min,
        source_p_max_mw=p_max,
        source_p_set_mw=p_max,
        source_share=np.where(fixed, 0.0, share),
        source_fixed=fixed,
        source_grid_forming=(np.arange(sources) == 0) | (rng.random(sources) < 0.6),
    )
    return GridCase(arrays, demand, rng.random(branches) >= out_share)


def grid_cases(**options) -> st.SearchStrategy[GridCase]:
    return st.integers(0, 2**32 - 1).map(lambda seed: random_case(seed, **options))
