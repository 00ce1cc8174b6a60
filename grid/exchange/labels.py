"""What an element of a net is called in messages and reports."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from data.tables import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from pandapower import pandapowerNet

ELEMENTS = (
    "bus", "line", "trafo", "trafo3w", "impedance", "dcline", "switch", "load", "asymmetric_load",
    "motor", "gen", "sgen", "asymmetric_sgen", "storage", "ext_grid", "shunt", "ward", "xward",
    "svc", "tcsc", "ssc", "vsc", "bus_dc", "line_dc",
)  # fmt: skip
"""pandapower's tables of elements, in the order they are reported."""

BUS_COLUMNS = {
    "line": ("from_bus", "to_bus"),
    "trafo": ("hv_bus", "lv_bus"),
    "trafo3w": ("hv_bus", "mv_bus", "lv_bus"),
    "impedance": ("from_bus", "to_bus"),
    "dcline": ("from_bus", "to_bus"),
    "tcsc": ("from_bus", "to_bus"),
}
"""Where elements with several ends name their buses; the others have a column ``bus``."""


def bus_columns(table: str) -> tuple[str, ...]:
    """Columns of a table that name buses."""
    return () if table in ("bus", "bus_dc", "line_dc") else BUS_COLUMNS.get(table, ("bus",))


def rows_of(net: "pandapowerNet", table: str) -> int:
    """Count the rows of a table, 0 for one the net has not."""
    return len(net[table]) if table in net else 0


def element_name(net: "pandapowerNet", table: str, row: int) -> str:
    """Give an element's name, or its table and index where it has none.

    Parameters
    ----------
    net : pandapowerNet
    table : str
    row : int
        Index in the table.

    Returns
    -------
    str
        As in the arrays: ``line 12``.
    """
    name = net[table].at[row, "name"] if "name" in net[table] else None
    missing = name is None or name != name or str(name).strip() in {"", "None"}  # noqa: PLR0124 -- NaN
    return f"{table} {row}" if missing else str(name).strip()


def label(net: "pandapowerNet", table: str, row: int) -> str:
    """Give table, index and name, for a message a person can act on.

    Parameters
    ----------
    net : pandapowerNet
    table : str
    row : int

    Returns
    -------
    str
        As in ``line 12 (Majorstuen-Ullern)``.
    """
    name = element_name(net, table, row)
    own = f"{table} {row}"
    return own if name == own else f"{own} ({name})"


def plain(value: object) -> object:
    """Turn a number of numpy into one of Python, for messages."""
    item: Callable[[], object] | None = getattr(value, "item", None)
    return item() if item else value


def in_service(net: "pandapowerNet", table: str) -> BoolArray:
    """Whether each row of a table is in service, shape (row,); switches: closed."""
    own = net[table]
    column = "closed" if table == "switch" else "in_service"
    if column not in own:
        return np.ones(len(own), dtype=np.bool_)
    if own[column].dtype == np.bool_:
        return np.array(own[column], dtype=np.bool_)
    # Spreadsheets and older files leave objects and empty cells here: empty is out.
    given = [value is not None and value == value and bool(value) for value in own[column]]  # noqa: PLR0124 -- NaN
    return np.array(given, dtype=np.bool_)


def references(net: "pandapowerNet") -> list[tuple[str, int, int]]:
    """Table, row and bus of each ext_grid, and each gen with ``slack``, in service."""
    found = []
    alive = set(net.bus.index[in_service(net, "bus")])
    for table in ("ext_grid", "gen"):
        if not rows_of(net, table):
            continue
        use = in_service(net, table)
        if table == "gen":
            use &= np.nan_to_num(numbers(net, "gen", "slack", 0.0)) > 0
        found += [
            (table, int(row), int(bus))
            for row, bus, used in zip(net[table].index, net[table]["bus"], use, strict=True)
            if used and bus in alive
        ]
    return found


def numbers(net: "pandapowerNet", table: str, column: str, default: float = np.nan) -> FloatArray:
    """Column of a table as numbers, shape (row,); what is none becomes NaN.

    Parameters
    ----------
    net : pandapowerNet
    table, column : str
    default : float
        For a column the table has not.

    Returns
    -------
    ndarray, shape (row,)
    """
    import pandas as pd

    own = net[table]
    if column not in own:
        return np.full(len(own), default)
    return np.array(pd.to_numeric(own[column], errors="coerce"), dtype=np.float64)


def bus_kv(net: "pandapowerNet", buses: Iterable[int]) -> FloatArray:
    """Get the nominal voltage of buses [kV]; NaN for one that is not in the net."""
    import pandas as pd

    kv = pd.Series(numbers(net, "bus", "vn_kv"), index=net.bus.index)
    return np.asarray(kv.reindex(list(buses)), dtype=np.float64)


def parts(net: "pandapowerNet") -> IntArray:
    """Give each electrically connected part a number; -1 for buses out of service.

    Only what is in service and closed connects: a branch with an open switch at either
    end does not.

    Parameters
    ----------
    net : pandapowerNet
        References to buses must be valid.

    Returns
    -------
    ndarray of int, shape (bus,)
        Part of each row of ``net.bus``.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    position = {bus: at for at, bus in enumerate(net.bus.index)}
    alive = in_service(net, "bus")
    ends: list[tuple[int, int]] = []
    opened = opened_ends(net)
    for table, columns in BUS_COLUMNS.items():
        if table == "dcline" or not rows_of(net, table):
            continue
        use = in_service(net, table)
        for at, row in enumerate(net[table].index):
            if use[at]:
                buses = [
                    position[int(net[table].at[row, column])]
                    for column in columns
                    if (table, row, int(net[table].at[row, column])) not in opened
                ]
                ends += [(buses[0], other) for other in buses[1:]]
    for row in net.switch.index[net.switch["et"] == "b"]:
        if net.switch.at[row, "closed"]:
            ends.append((position[int(net.switch.at[row, "bus"])],
                         position[int(net.switch.at[row, "element"])]))  # fmt: skip
    pairs = np.array(ends, dtype=np.int64).reshape(-1, 2)
    pairs = pairs[alive[pairs].all(axis=1)]
    count = len(net.bus)
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    labels = connected_components(graph, directed=False)[1].astype(np.int64)
    return np.where(alive, labels, -1)


def opened_ends(net: "pandapowerNet") -> set[tuple[str, int, int]]:
    """Find the ends of branches that an open switch cuts off: table, row and bus."""
    kinds = {"l": "line", "t": "trafo", "t3": "trafo3w"}
    cut: set[tuple[str, int, int]] = set()
    for row in net.switch.index[~in_service(net, "switch")]:
        table = kinds.get(str(net.switch.at[row, "et"]))
        if table:
            cut.add((table, int(net.switch.at[row, "element"]), int(net.switch.at[row, "bus"])))
    return cut
