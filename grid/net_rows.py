"""A net in pandapower's own arrays, and what each row of them stands for in the net.

The DC model, the AC model and the optimal flow all begin here.
"""

import copy
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from data.problems import Problem
from data.tables import FloatArray, IntArray, StrArray
from grid.exchange.labels import element_name, in_service, label

if TYPE_CHECKING:
    from pandapower import pandapowerNet

BEHIND_CONVERTERS = "converters and what is behind them are not part of the power flow"

REFUSED = {
    "tcsc": "a series capacitor sets its own reactance, which is not part of the power flow",
    "ssc": "a static synchronous compensator is not part of the power flow",
    "vsc": BEHIND_CONVERTERS,
    "vsc_stacked": BEHIND_CONVERTERS,
    "vsc_bipolar": BEHIND_CONVERTERS,
    "b2b_vsc": BEHIND_CONVERTERS,
    "bus_dc": BEHIND_CONVERTERS,
    "line_dc": BEHIND_CONVERTERS,
    "source_dc": BEHIND_CONVERTERS,
    "load_dc": BEHIND_CONVERTERS,
}
"""Tables whose elements in service no model takes, and why."""

REMEDY = "Take it out of service, or put the power it exchanges as a load or an sgen."

SIDES = ("hv", "mv", "lv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A net as pandapower converts it, before it solves anything.

    Attributes
    ----------
    net : pandapowerNet
        A copy that knows pandapower's look-ups.
    ppc : dict
        Arrays of everything.
    ppci : dict
        Arrays of what is in service and connected, in an order of its own.
    """

    net: "pandapowerNet"
    ppc: dict[str, Any]
    ppci: dict[str, Any]

    @property
    def spans(self) -> dict[str, tuple[int, int]]:
        """First row and row after the last of each table in the branch array."""
        return dict(self.net._pd2ppc_lookups["branch"])


def convert(net: "pandapowerNet", set_options: Callable[["pandapowerNet"], None]) -> Converted:
    """Have pandapower convert a copy of a net to its arrays.

    Parameters
    ----------
    net : pandapowerNet
        It is not changed.
    set_options : callable
        Sets what the conversion is for, by a function of ``pandapower.auxiliary``.

    Returns
    -------
    Converted

    Raises
    ------
    UserWarning, ValueError, KeyError
        As pandapower raises them, among others where no reference is in service.
    """
    from pandapower.auxiliary import _add_auxiliary_elements, _clean_up
    from pandapower.pd2ppc import _pd2ppc

    own = copy.deepcopy(net)
    with warnings.catch_warnings():
        # Old tables lack columns that pandapower warns of and fills itself.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        set_options(own)
        # Compiling pandapower's union of buses takes longer than this one conversion.
        own._options["numba"] = False
        _add_auxiliary_elements(own)
        own._pd2ppc_lookups = dict.fromkeys(
            ("bus", "bus_dc", "ext_grid", "gen", "branch", "branch_dc"), np.zeros(0, dtype=np.int64)
        )
        ppc, ppci = _pd2ppc(own)
        _clean_up(own, res=False)
    return Converted(net=own, ppc=ppc, ppci=ppci)


def refused(net: "pandapowerNet", also: Mapping[str, str] | None = None) -> list[Problem]:
    """Name every element in service that a model cannot take.

    Parameters
    ----------
    net : pandapowerNet
    also : mapping, optional
        Further tables this model refuses, and why.

    Returns
    -------
    list of Problem
    """
    return [
        Problem("not_honoured", label(net, table, row), why, "out of service", REMEDY)
        for table, why in (REFUSED | dict(also or {})).items()
        if table in net
        for row in net[table].index[in_service(net, table)]
    ]


def no_reference(found: str = "none in service") -> Problem:
    """Say that nothing holds the voltage."""
    return Problem(
        "no_reference",
        "ext_grid",
        found,
        "an ext_grid, or a gen with slack, in service at a bus in service",
        "Say where the grid above feeds in: pandapower.create_ext_grid.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchRows:
    """Where each row of pandapower's branch array stands in the net.

    Attributes
    ----------
    table : ndarray of str, shape (branch,)
        ``line``, ``trafo``, ``trafo3w``, ``impedance``, ``xward`` or ``switch``.
    row : ndarray of int, shape (branch,)
        Index in that table.
    side : ndarray of str, shape (branch,)
        ``hv``, ``mv`` or ``lv`` of a three-winding transformer, empty for others.
    """

    table: StrArray
    row: IntArray
    side: StrArray

    def ids(self, net: "pandapowerNet") -> StrArray:
        """Name each row, all different, shape (branch,)."""
        places = list(zip(self.table.tolist(), self.row.tolist(), strict=True))
        whole = list(dict.fromkeys(places))
        names = distinct(
            [element_name(net, *place) for place in whole], [f"{t} {r}" for t, r in whole]
        )
        given = dict(zip(whole, names, strict=True))
        sides = self.side.tolist()
        named = [f"{given[at]} {side}".strip() for at, side in zip(places, sides, strict=True)]
        return np.array(named, dtype=np.str_)

    def taken(self, rows: IntArray) -> "BranchRows":
        """Only these rows, in this order."""
        return BranchRows(table=self.table[rows], row=self.row[rows], side=self.side[rows])


def branch_rows(converted: Converted) -> BranchRows:
    """Find table, index and side of each row of the branch array."""
    net, count = converted.net, len(converted.ppc["branch"])
    table = np.full(count, "", dtype="<U9")
    side = np.full(count, "", dtype="<U2")
    row = np.full(count, -1, dtype=np.int64)
    for kind, (first, last) in converted.spans.items():
        index = net[kind].index.to_numpy()
        if kind == "switch":
            index = index[np.asarray(net._impedance_bb_switches)]
        elif kind == "trafo3w":
            side[first:last] = np.repeat(SIDES, len(index))
            index = np.tile(index, len(SIDES))
        table[first:last] = kind
        row[first:last] = index
    return BranchRows(table=table, row=row, side=side)


def bus_names(converted: Converted) -> StrArray:
    """Name each row of the bus array after the first net bus in it, shape (bus,).

    Rows pandapower adds are the star of a three-winding transformer, the inside of an
    extended ward, or the end of a line at an open switch.
    """
    net, lookup = converted.net, converted.net._pd2ppc_lookups
    count = len(converted.ppc["bus"])
    names = np.array([f"open end {row}" for row in range(count)], dtype=object)
    for table, inside in (("trafo3w", "star"), ("xward", "inside")):
        for row, bus in zip(net[table].index, lookup["aux"].get(table, ()), strict=False):
            names[lookup["bus"][bus]] = f"{element_name(net, table, row)} {inside}"
    index = net.bus.index.to_numpy(dtype=np.int64)[::-1]
    own = [element_name(net, "bus", row) for row in index.tolist()]
    given = np.array(distinct(own, [f"bus {row}" for row in index]), dtype=object)
    alive = in_service(net, "bus")[::-1]
    for part in (~alive, alive):
        for bus, name in zip(index[part], given[part], strict=True):
            names[lookup["bus"][bus]] = name
    return names.astype(np.str_)


def distinct(names: list[str], places: list[str] | None = None) -> list[str]:
    """Names that tell apart: what is used twice gets its place or number added."""
    uses = Counter(names)
    number: Counter[str] = Counter()
    result = []
    for at, name in enumerate(names):
        if uses[name] == 1:
            result.append(name)
            continue
        number[name] += 1
        result.append(f"{name} [{places[at] if places else number[name]}]")
    return result


def ratings_mva(converted: Converted) -> FloatArray:
    """Rating of each row of the branch array, NaN where none is given. [MVA].

    ``max_i_ka`` of lines, ``sn_mva`` of transformers, both times ``parallel`` and ``df``;
    no rating and a rating of 0 are no limit.
    """
    net = converted.net
    rating = np.full(len(converted.ppc["branch"]), np.nan)
    for table, (first, last) in converted.spans.items():
        rows = net[table]
        if table == "trafo3w":
            sides = [rows[f"sn_{side}_mva"].to_numpy(dtype=float) for side in SIDES]
            rating[first:last] = np.concatenate(sides)
        elif table in {"line", "trafo"}:
            units = (rows["parallel"] * rows["df"]).to_numpy(dtype=float)
            if table == "trafo":
                rating[first:last] = rows["sn_mva"].to_numpy(dtype=float) * units
            else:
                volts = net.bus.loc[rows["from_bus"], "vn_kv"].to_numpy(dtype=float)
                current = rows["max_i_ka"].to_numpy(dtype=float)
                rating[first:last] = np.sqrt(3.0) * volts * current * units
    return np.where(rating == 0, np.nan, rating)


def negative_ratings(
    net: "pandapowerNet", branches: BranchRows, rating_mva: FloatArray
) -> list[Problem]:
    """Name every branch whose rating is below 0."""
    return [
        Problem(
            "negative_rating",
            label(net, str(branches.table[at]), int(branches.row[at])),
            f"{rating_mva[at]:g} MVA",
            "above 0, or none",
        )
        for at in np.flatnonzero(rating_mva < 0)
    ]
