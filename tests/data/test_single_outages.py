"""The built-in grid is sized for any single outage at the winter peak (N-1, DC)."""

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.calibration import winter_peak_by_area
from data.demand import substation_shares
from data.tables import positions


class DcGrid:
    """Plain DC flow on the tables, independent of the grid package."""

    def __init__(self, region):
        buses, lines, trafos = region.buses, region.lines, region.trafos
        place = lambda wanted: positions(buses.bus_id, wanted)  # noqa: E731 -- local shorthand
        self.a = np.concatenate([place(lines.from_bus_id), place(trafos.hv_bus_id)])
        self.b = np.concatenate([place(lines.to_bus_id), place(trafos.lv_bus_id)])
        ohm = lines.x_ohm_per_km * lines.length_km
        x_line = ohm / buses.vn_kv[self.a[: len(lines)]] ** 2
        x_trafo = np.sqrt(trafos.vk_percent**2 - trafos.vkr_percent**2) / 100 / trafos.rating_mva
        self.y = 1 / np.concatenate([x_line, x_trafo])
        self.rating = np.concatenate([lines.rating_mva, trafos.rating_mva])
        self.ids = np.concatenate([lines.line_id, trafos.trafo_id])
        self.load = np.zeros(len(buses))
        peak = winter_peak_by_area(region) @ substation_shares(region)
        np.add.at(self.load, place(region.substations.mv_bus_id), -peak)
        plants = region.generation
        np.add.at(self.load, place(plants.bus_id), plants.p_max_mw * plants.winter_availability)
        self.source = place(region.supplies.bus_id)
        self.share = region.supplies.share
        self.p_max_mw = region.supplies.p_max_mw

    def solve(self, on):
        count = len(self.load)
        links = coo_matrix((np.ones(on.sum()), (self.a[on], self.b[on])), shape=(count, count))
        label = connected_components(links, directed=False)[1]
        main = label == np.bincount(label).argmax()
        share = self.share * main[self.source]
        supply = -self.load[main].sum() * share / share.sum()
        p = self.load * main
        np.add.at(p, self.source, supply)
        use = on & main[self.a]
        a, b, y = self.a[use], self.b[use], self.y[use]
        matrix = np.zeros((count, count))
        for rows, columns, sign in ((a, a, 1), (b, b, 1), (a, b, -1), (b, a, -1)):
            np.add.at(matrix, (rows, columns), sign * y)
        inside = np.flatnonzero(main)[1:]
        theta = np.zeros(count)
        theta[inside] = np.linalg.solve(matrix[np.ix_(inside, inside)], p[inside])
        flow = np.zeros(len(self.a))
        flow[use] = (theta[a] - theta[b]) * y
        return flow, supply, self.load[~main]


@pytest.fixture(scope="module")
def grid(region):
    return DcGrid(region)


def test_intact_winter_peak_overloads_nothing(grid):
    flow, supply, dark = grid.solve(np.ones(len(grid.ids), dtype=bool))
    assert (np.abs(flow) <= grid.rating).all()
    assert (supply <= grid.p_max_mw).all()
    assert len(dark) == 0


def test_no_single_outage_overloads_or_darkens_anything(grid):
    broken = []
    for at, branch in enumerate(grid.ids):
        on = np.ones(len(grid.ids), dtype=bool)
        on[at] = False
        flow, supply, dark = grid.solve(on)
        if (np.abs(flow) > grid.rating).any() or (supply > grid.p_max_mw).any() or dark.any():
            broken.append(str(branch))
    assert broken == []
