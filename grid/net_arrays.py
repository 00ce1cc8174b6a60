"""Any pandapower net as plain arrays, with pandapower's own DC model behind them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from data.tables import FloatArray, IntArray, StrArray
from grid.arrays import UNLIMITED_MW, GridArrays
from grid.exchange.labels import element_name, in_service, references
from grid.net_model import NetModel, dcline_ends
from grid.net_rows import distinct

if TYPE_CHECKING:
    from pandapower import pandapowerNet

BALANCE_TOL_MW = 1e-9
"""Below this a bus that feeds in is rounding of what its elements add up to. [MW]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetArrays:
    """A pandapower net as arrays, and where each position stands in the net.

    Attributes
    ----------
    arrays : GridArrays
        Everything that is in service and connected to a reference.
    branch_table : ndarray of str, shape (branch,)
        ``line``, ``trafo``, ``trafo3w``, ``impedance``, ``xward`` or ``switch``.
    branch_row : ndarray of int, shape (branch,)
        Index in that table.
    branch_side : ndarray of str, shape (branch,)
        ``hv``, ``mv`` or ``lv`` of a three-winding transformer, empty for others.
        Power flows from the hv bus to the star, from the star to the mv and lv bus.
    bus_of : ndarray of int, shape (highest bus index + 1,)
        Position of each bus of the net; -1 for one that is not part.
    demand_mw : ndarray, shape (bus,)
        Net consumption, not negative: loads, motors, wards, shunts' losses, charging
        storage, the sending end of a dcline, generators that take power out. [MW]
    loads : ndarray of int, shape (load,)
        Bus of each row of ``net.load``; -1 when it is out of service or not part.
    source_table, source_row : ndarray, shape (source,)
        Where each source stands in the net; the external grid has its first reference,
        an infeed nothing else explains has an empty table and -1.
    reference_table, reference_row : ndarray, shape (reference,)
        The ext_grids, and the gens with ``slack``, that hold the angle.
    """

    arrays: GridArrays
    branch_table: StrArray
    branch_row: IntArray
    branch_side: StrArray
    bus_of: IntArray
    demand_mw: FloatArray
    loads: IntArray
    source_table: StrArray
    source_row: IntArray
    reference_table: StrArray
    reference_row: IntArray
    _references: "_References" = field(repr=False)

    def reference_p_mw(self, flow_mw: FloatArray) -> FloatArray:
        """Find what each reference gives at the net's own demand and generation.

        Parameters
        ----------
        flow_mw : ndarray, shape (..., branch)
            [MW]

        Returns
        -------
        ndarray, shape (..., reference)
            As ``res_ext_grid.p_mw``: references at one bus share alike, a slack gen
            on top of its set power. [MW]
        """
        at = self._references
        leaving = np.zeros((*flow_mw.shape[:-1], len(at.need_mw)))
        for end, sign in ((at.from_place, 1.0), (at.to_place, -1.0)):
            for branch in np.flatnonzero(end >= 0):
                leaving[..., end[branch]] += sign * flow_mw[..., branch]
        count = np.bincount(at.place, minlength=len(at.need_mw))
        set_mw = np.bincount(at.place, at.set_mw, minlength=len(at.need_mw))
        rest = (leaving + at.need_mw - set_mw) / count
        return np.asarray(at.set_mw + rest[..., at.place])


@dataclass(frozen=True, slots=True, kw_only=True)
class _References:
    """The buses that hold an angle, before they became one.

    ``place`` (reference,) numbers the bus of each; ``from_place`` and ``to_place``
    (branch,) are the number of the end's bus or -1; ``need_mw`` (place,) is the
    consumption there less what its other sources give.
    """

    place: IntArray
    set_mw: FloatArray
    from_place: IntArray
    to_place: IntArray
    need_mw: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    name: str
    table: str
    row: int
    bus: int
    set_mw: float
    max_mw: float
    forms: bool


def net_arrays(net: "pandapowerNet") -> NetArrays:
    """Arrays of any pandapower net, with the flows of ``pandapower.rundcpp``.

    All references in service belong to one synchronous system, the external grid: they
    become one bus and one source, and the differences of their angles become phase
    shifts of the branches next to them, which gives the same flows. Generators, static
    generators, discharging storage, loads with negative power and the receiving ends of
    dclines are must-run at their set power, up to their limit where one is given.
    Asymmetric loads and sgens count with the sum of their phases (``rundcpp`` leaves
    them out). What is out of service, or has no path to a reference, is left out.

    Parameters
    ----------
    net : pandapowerNet
        It is not changed. Bus-bus switches may join buses: such a group is one bus,
        named by its first.

    Returns
    -------
    NetArrays

    Raises
    ------
    InputError
        Naming every element that cannot be taken as it stands: converters and
        direct-current grids, series capacitors, branches without reactance, negative
        ratings, powers that are not numbers, and a net without reference.
    """
    model = NetModel(net)
    bus_count = model.bus_count
    holding = _reference_table(net, model)
    held = np.unique(model.bus_of[[bus for *_, bus, _ in holding]])
    merged = np.arange(bus_count)
    merged[held[1:]] = held[0]
    # Positions close up over the buses that went into the first reference's.
    stays = np.ones(bus_count, dtype=np.bool_)
    stays[held[1:]] = False
    position = (np.cumsum(stays) - 1)[merged]
    angle = np.zeros(bus_count)
    angle[held] = model.angle_rad[held] - model.angle_rad[held[0]]

    sources = _sources(net, model)
    infeed = np.zeros(bus_count)
    for each in sources:
        infeed[each.bus] += each.set_mw
    consumption = infeed - model.injection_mw
    bus_ids = model.bus_ids
    for bus in np.flatnonzero(consumption < -BALANCE_TOL_MW).tolist():
        p_mw = -float(consumption[bus])
        name = f"infeed at {bus_ids[bus]}"
        sources.append(
            _Source(name=name, table="", row=-1, bus=bus, set_mw=p_mw, max_mw=p_mw, forms=False)
        )
        infeed[bus] += p_mw
    consumption = np.maximum(consumption, 0.0)
    demand = np.zeros(int(stays.sum()))
    np.add.at(demand, position, consumption)

    branches = model.branches
    place = np.full(bus_count, -1)
    place[held] = np.arange(len(held))
    bus_of = model.bus_of.copy()
    bus_of[bus_of >= 0] = position[bus_of[bus_of >= 0]]
    bus_ids = bus_ids[stays].astype(object)
    if len(held) > 1:
        bus_ids[position[held[0]]] = "external grid"
    source = _source_arrays(net, holding, sources, position, position[held[0]])
    load_alive = in_service(net, "load")
    return NetArrays(
        arrays=GridArrays(
            base_mva=model.base_mva,
            bus_ids=bus_ids.astype(np.str_),
            branch_ids=branches["name"],
            from_bus=position[branches["from"]],
            to_bus=position[branches["to"]],
            susceptance_pu=branches["susceptance"],
            shift_rad=branches["shift"] - angle[branches["from"]] + angle[branches["to"]],
            rating_mw=branches["rating"],
            short_term_mw=branches["rating"] * branches["short_term"],
            trip_mw=branches["rating"] * branches["trip"],
            **source,
        ),
        branch_table=branches["table"],
        branch_row=branches["row"],
        branch_side=branches["side"],
        bus_of=bus_of,
        demand_mw=demand,
        loads=np.where(load_alive, bus_of[net.load["bus"].to_numpy(dtype=np.int64)], -1),
        source_table=np.array([holding[0][0], *(each.table for each in sources)]),
        source_row=np.array([holding[0][1], *(each.row for each in sources)], dtype=np.int64),
        reference_table=np.array([table for table, *_ in holding], dtype=np.str_),
        reference_row=np.array([row for _, row, *_ in holding], dtype=np.int64),
        _references=_References(
            place=place[model.bus_of[[bus for *_, bus, _ in holding]]],
            set_mw=np.array([p_mw for *_, p_mw in holding]),
            from_place=place[branches["from"]],
            to_place=place[branches["to"]],
            need_mw=(consumption - infeed)[held],
        ),
    )


def _reference_table(net: "pandapowerNet", model: NetModel) -> list[tuple[str, int, int, float]]:
    """Table, row, bus and set power of each reference in the model. [MW]."""
    found = []
    for table, row, bus in references(net):
        p_mw = 0.0
        if table == "gen":
            p_mw = float(net.gen.at[row, "p_mw"] * net.gen.at[row, "scaling"])
        if model.bus_of[bus] >= 0:
            found.append((table, row, bus, p_mw))
    return found


def _sources(net: "pandapowerNet", model: NetModel) -> list[_Source]:
    """Everything but the references that feeds in."""
    found = []

    def add(table: str, row: int, p_mw: float, max_mw: float, end: str = "") -> None:
        bus = int(model.bus_of[int(net[table].at[row, f"{end}_bus" if end else "bus"])])
        # A generator at rest may be started; anything else at rest is not a source.
        if bus >= 0 and (p_mw > 0 or (p_mw == 0 and table in {"gen", "sgen"})):
            highest = p_mw if np.isnan(max_mw) else min(max(max_mw, p_mw), UNLIMITED_MW)
            name = element_name(net, table, row) + (f" {end}" if end else "")
            found.append(
                _Source(
                    name=name,
                    table=table,
                    row=row,
                    bus=bus,
                    set_mw=p_mw,
                    max_mw=highest,
                    forms=table == "gen",
                )
            )

    for table, sign, limit in (
        ("gen", 1.0, "max_p_mw"),
        ("sgen", 1.0, "max_p_mw"),
        ("storage", -1.0, "min_p_mw"),
        ("load", -1.0, ""),
    ):
        rows = net[table][in_service(net, table)]
        if table == "gen":
            rows = rows[~rows["slack"].astype(bool)]
        for row in rows.index:
            p_mw = sign * float(rows.at[row, "p_mw"] * rows.at[row, "scaling"])
            given = sign * float(rows.at[row, limit]) if limit in rows else np.nan
            add(table, row, p_mw, given)
    for row, to_mw, from_mw in dcline_ends(net):
        if net.dcline.at[row, "in_service"]:
            add("dcline", row, to_mw, np.nan, "to")
            add("dcline", row, from_mw, np.nan, "from")
    return found


def _source_arrays(
    net: "pandapowerNet",
    held: list[tuple[str, int, int, float]],
    sources: list[_Source],
    position: IntArray,
    reference_bus: int,
) -> dict[str, Any]:
    """Give the sources' part of the arrays, the external grid first."""
    limits = {}
    for name in ("max_p_mw", "min_p_mw"):
        given = [
            float(net[table].at[row, name]) if name in net[table] else np.nan
            for table, row, *_ in held
        ]
        limits[name] = np.nan if np.isnan(given).any() else sum(given)
    most, least = limits["max_p_mw"], limits["min_p_mw"]
    most = UNLIMITED_MW if np.isnan(most) else float(np.clip(most, 0.0, UNLIMITED_MW))
    least = -UNLIMITED_MW if np.isnan(least) else float(np.clip(least, -UNLIMITED_MW, 0.0))
    whole = element_name(net, *held[0][:2]) if len(held) == 1 else "external grid"
    names = distinct([whole, *(each.name for each in sources)])
    fixed = np.arange(len(names)) > 0
    set_mw = np.array([0.0, *(each.set_mw for each in sources)])
    return {
        "source_ids": np.array(names, dtype=np.str_),
        "source_bus": np.array(
            [reference_bus, *(position[each.bus] for each in sources)], dtype=np.int64
        ),
        "source_p_min_mw": np.where(fixed, 0.0, least),
        "source_p_max_mw": np.array([most, *(each.max_mw for each in sources)]),
        "source_p_set_mw": set_mw,
        "source_share": np.where(fixed, 0.0, 1.0),
        "source_fixed": fixed,
        "source_grid_forming": np.array([True, *(each.forms for each in sources)]),
    }
