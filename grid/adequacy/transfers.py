"""Who helps whom at one instant: surplus first, storage next, charging last.

All three are one maximum flow that only grows: surplus of areas to areas that are short,
shortest way first, areas in their order; then storage to what is still short; then what is
left of the surplus into storage. So the total shortfall is the least possible, storage
replaces nothing that surplus could have covered, and nothing charges what another area lacks.

References
----------
.. [1] J. Edmonds and R. M. Karp, Theoretical improvements in algorithmic efficiency for
   network flow problems, J. ACM 19 (1972) 248-264 (shortest augmenting paths).
"""

import numpy as np
from numba import njit

from data.tables import FloatArray, IntArray

FLOW_TOL_MW = 1e-9
"""A path that carries less is full. [MW]"""


@njit(cache=True)
def augment(residual: FloatArray, parent: IntArray, queue: IntArray) -> None:
    """Push as much as possible from the source to the sink.

    Parameters
    ----------
    residual : ndarray, shape (area + 2, area + 2)
        What each arc can still carry; the last two are source and sink. Changed. [MW]
    parent, queue : ndarray of int, shape (area + 2,)
        Room to work in.
    """
    nodes = len(residual)
    source, sink = nodes - 2, nodes - 1
    while True:
        parent[:] = -1
        parent[source] = source
        queue[0] = source
        head, tail = 0, 1
        while head < tail and parent[sink] < 0:
            node = queue[head]
            head += 1
            for other in range(nodes):
                if parent[other] < 0 and residual[node, other] > FLOW_TOL_MW:
                    parent[other] = node
                    queue[tail] = other
                    tail += 1
        if parent[sink] < 0:
            return
        flow = np.inf
        node = sink
        while node != source:
            flow = min(flow, residual[parent[node], node])
            node = parent[node]
        node = sink
        while node != source:
            residual[parent[node], node] -= flow
            residual[node, parent[node]] += flow
            node = parent[node]


@njit(cache=True)
def supply(  # noqa: PLR0917 -- compiled code takes no keywords
    margin_mw: FloatArray,
    link_mw: FloatArray,
    discharge_mw: FloatArray,
    charge_mw: FloatArray,
    residual: FloatArray,
    parent: IntArray,
    queue: IntArray,
    surplus_mw: FloatArray,
    short_mw: FloatArray,
) -> None:
    """Cover what areas lack at one instant.

    Parameters
    ----------
    margin_mw : ndarray, shape (area,)
        Available capacity less load. [MW]
    link_mw : ndarray, shape (area, area)
        What the links in service carry from row to column. [MW]
    discharge_mw, charge_mw : ndarray, shape (area,)
        What storage can give and take now. On return, what it gives and takes. [MW]
    residual, parent, queue : ndarray
        Room to work in, see `augment`.
    surplus_mw : ndarray, shape (area,)
        Room to work in; slices are copied one by one, which compiles in a fraction of
        the time.
    short_mw : ndarray, shape (area,)
        On return, what each area still lacks. [MW]
    """
    areas = len(margin_mw)
    source, sink = areas, areas + 1
    residual[:] = 0.0
    for area in range(areas):
        for other in range(areas):
            residual[area, other] = link_mw[area, other]
        residual[source, area] = max(margin_mw[area], 0.0)
        residual[area, sink] = max(-margin_mw[area], 0.0)
    augment(residual, parent, queue)
    for area in range(areas):
        surplus_mw[area] = residual[source, area]
        residual[source, area] = discharge_mw[area]
    augment(residual, parent, queue)
    for area in range(areas):
        discharge_mw[area] -= residual[source, area]
        short_mw[area] = residual[area, sink]
        residual[source, area] = surplus_mw[area]
        residual[area, sink] = charge_mw[area]
    augment(residual, parent, queue)
    for area in range(areas):
        charge_mw[area] -= residual[area, sink]
