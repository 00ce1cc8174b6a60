"""Fill in what a grid leaves open, and keep account of every default used."""

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from grid.exchange.labels import ELEMENTS, element_name, numbers, rows_of
from grid.exchange.unit_check import unlimited
from grid.net_study import DEFAULT_SHED_CLASS
from grid.shed_value import KILE_GROUP_OF_CLASS

if TYPE_CHECKING:
    from pandapower import pandapowerNet


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """One thing the grid does not say, and what is used instead.

    Attributes
    ----------
    code : str
        Stable name.
    missing : str
        What is missing.
    used : str
        What stands in for it.
    elements : tuple of str
        Every element it concerns, as ``table index (name)``.
    """

    code: str
    missing: str
    used: str
    elements: tuple[str, ...]


def completed(net: "pandapowerNet") -> tuple["pandapowerNet", tuple[Default, ...]]:
    """Copy a net with names and our own columns filled in.

    ``net.load`` gets ``customers`` (NaN for unknown), ``shed_class`` and ``kile_group``;
    elements without a name get their table and index. Electrical data is not touched.

    Parameters
    ----------
    net : pandapowerNet
        Checked without errors.

    Returns
    -------
    pandapowerNet, tuple of Default
    """
    filled = copy.deepcopy(net)
    defaults = [*_names(filled), *_ratings(filled), *_load_columns(filled), *_places(filled)]
    return filled, tuple(defaults)


def _shown(net: "pandapowerNet", table: str, at: np.ndarray) -> tuple[str, ...]:
    index = net[table].index
    return tuple(f"{table} {index[k]} ({element_name(net, table, index[k])})" for k in at)


def _names(net: "pandapowerNet") -> list[Default]:
    found: list[Default] = []
    for table in ELEMENTS:
        if not rows_of(net, table):
            continue
        own = net[table]
        given = own["name"] if "name" in own else pd.Series(None, index=own.index, dtype=object)
        empty = np.asarray(given.isna() | (given.astype(str).str.strip() == ""))
        if not empty.any():
            continue
        rows = own.index[empty]
        own["name"] = given.astype(object)
        own.loc[rows, "name"] = [f"{table} {row}" for row in rows]
        # Switches and loads are many and rarely named: the account stays in their table.
        used = f"'{table} {rows[0]}' and so on"
        found.append(
            Default(
                code="no_name",
                missing=f"name of {len(rows)} {table}",
                used=used,
                elements=tuple(f"{table} {row}" for row in rows),
            )
        )
    return found


def _ratings(net: "pandapowerNet") -> list[Default]:
    found: list[Default] = []
    for table, column in (("line", "max_i_ka"), ("trafo", "sn_mva")):
        if rows_of(net, table):
            at = np.flatnonzero(unlimited(numbers(net, table, column)))
            if len(at):
                found.append(
                    Default(
                        code="no_rating",
                        missing=f"rating of {len(at)} {table} ({column})",
                        used="unlimited: they are never overloaded",
                        elements=_shown(net, table, at),
                    )
                )
    for table in ("impedance", "tcsc"):
        if rows_of(net, table):
            every = Default(
                code="no_rating",
                missing=f"rating of {len(net[table])} {table}",
                used="unlimited: they are never overloaded",
                elements=_shown(net, table, np.arange(len(net[table]))),
            )
            found.append(every)
    return found


def _load_columns(net: "pandapowerNet") -> list[Default]:
    if not rows_of(net, "load"):
        return []
    load = net.load
    found: list[Default] = []
    customers = numbers(net, "load", "customers")
    load["customers"] = customers
    unknown = np.flatnonzero(np.isnan(customers))
    if len(unknown):
        found.append(
            Default(
                code="no_customers",
                missing=f"customers of {len(unknown)} loads (column customers)",
                used="unknown: no SAIFI, SAIDI or persons for them, only energy not supplied",
                elements=_shown(net, "load", unknown),
            )
        )
    classes = numbers(net, "load", "shed_class")
    missing = np.flatnonzero(np.isnan(classes))
    load["shed_class"] = np.nan_to_num(classes, nan=DEFAULT_SHED_CLASS).astype(np.int64)
    if len(missing):
        found.append(
            Default(
                code="no_shed_class",
                missing=f"shedding class of {len(missing)} loads (column shed_class, 0 to 3)",
                used=f"class {DEFAULT_SHED_CLASS}",
                elements=_shown(net, "load", missing),
            )
        )
    groups = (
        load["kile_group"].fillna("").astype(str)
        if "kile_group" in load
        else pd.Series("", index=load.index)
    )
    bare = np.flatnonzero(np.asarray(groups == ""))
    usual = pd.Series(np.array(KILE_GROUP_OF_CLASS)[load["shed_class"]], index=load.index)
    load["kile_group"] = groups.where(groups != "", usual)
    if len(bare):
        found.append(
            Default(
                code="no_kile_group",
                missing=f"KILE group of {len(bare)} loads (column kile_group)",
                used="by class: "
                + ", ".join(
                    f"{number} {group}" for number, group in enumerate(KILE_GROUP_OF_CLASS)
                ),
                elements=_shown(net, "load", bare),
            )
        )
    return found


def _places(net: "pandapowerNet") -> list[Default]:
    geo = net.bus["geo"] if "geo" in net.bus else pd.Series(None, index=net.bus.index)
    at = np.flatnonzero(np.asarray(geo.isna() | (geo.astype(str).str.strip() == "")))
    if not len(at):
        return []
    return [
        Default(
            code="no_geodata",
            missing=f"position of {len(at)} buses (column geo)",
            used="not on the map",
            elements=_shown(net, "bus", at),
        )
    ]
