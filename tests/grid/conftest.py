"""Small grids whose answers are known."""

import numpy as np
import pytest

from grid.arrays import GridArrays


def small_grid(
    ends, rating_mw, p_max_mw, *, source_bus=None, susceptance_pu=None, share=None, forming=None
) -> GridArrays:
    ends = np.array(ends)
    sources = len(p_max_mw)
    return GridArrays(
        base_mva=100.0,
        bus_ids=np.array([f"b{k}" for k in range(ends.max() + 1)]),
        branch_ids=np.array([f"l{k}" for k in range(len(ends))]),
        from_bus=ends[:, 0],
        to_bus=ends[:, 1],
        susceptance_pu=np.ones(len(ends)) if susceptance_pu is None else np.array(susceptance_pu),
        shift_rad=np.zeros(len(ends)),
        rating_mw=np.array(rating_mw, dtype=float),
        short_term_mw=1.2 * np.array(rating_mw, dtype=float),
        trip_mw=1.5 * np.array(rating_mw, dtype=float),
        source_ids=np.array([f"s{k}" for k in range(sources)]),
        source_bus=np.zeros(sources, dtype=int) if source_bus is None else np.array(source_bus),
        source_p_min_mw=np.zeros(sources),
        source_p_max_mw=np.array(p_max_mw, dtype=float),
        source_p_set_mw=np.array(p_max_mw, dtype=float),
        source_share=np.ones(sources) if share is None else np.array(share, dtype=float),
        source_fixed=np.zeros(sources, dtype=bool),
        source_grid_forming=np.ones(sources, dtype=bool) if forming is None else np.array(forming),
    )


@pytest.fixture
def triangle():
    """Source at bus 0, 100 MW at bus 2, and a weak direct line.

    Equal susceptances send two thirds over 0-2, rated 26.7 MW, so all three lines
    together carry 40 MW from 0 to 2; without 0-2 it is 100 MW.
    """
    arrays = small_grid([(0, 1), (1, 2), (0, 2)], [100.0, 100.0, 80.0 / 3], [200.0])
    demand = np.zeros((1, 3, 4))
    demand[0, 2, 0] = 100.0
    return arrays, demand
