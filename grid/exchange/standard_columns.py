"""Columns a net's tables lack or hold as text, brought to pandapower's own types where it is safe.

Workbooks and files written by other programs leave out columns pandapower takes for
granted, and turn truth values and numbers into text. What has one meaning is filled in or
converted, and told; what has none is left for the check to name.
"""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.problems import Problem
from grid.exchange.labels import ELEMENTS, bus_columns, label, plain, rows_of

if TYPE_CHECKING:
    from pandapower import pandapowerNet

NEEDED = {
    "bus": ("vn_kv",),
    "line": ("length_km", "r_ohm_per_km", "x_ohm_per_km"),
    "trafo": ("sn_mva", "vn_hv_kv", "vn_lv_kv", "vk_percent", "vkr_percent"),
    "trafo3w": tuple(
        f"{name}_{side}_{unit}"
        for side in ("hv", "mv", "lv")
        for name, unit in (("sn", "mva"), ("vn", "kv"), ("vk", "percent"), ("vkr", "percent"))
    ),
    "impedance": ("sn_mva", "rft_pu", "xft_pu", "rtf_pu", "xtf_pu"),
    "dcline": ("p_mw", "vm_from_pu", "vm_to_pu"),
    "switch": ("element", "et"),
    "load": ("p_mw",),
    "motor": ("pn_mech_mw", "cos_phi", "efficiency_percent"),
    "gen": ("p_mw", "vm_pu"),
    "sgen": ("p_mw",),
    "storage": ("p_mw",),
    "ext_grid": ("vm_pu",),
    "shunt": ("q_mvar", "vn_kv"),
    "ward": ("ps_mw",),
    "xward": ("ps_mw", "r_ohm", "x_ohm", "vm_pu"),
}
"""Figures nobody can guess, beside the columns that name buses."""

DEFAULTS: dict[str, Any] = {
    "in_service": True, "closed": True, "parallel": 1, "df": 1.0, "scaling": 1.0,
    "step": 1.0, "max_step": 1, "loading_percent": 100.0,
}  # fmt: skip
"""What pandapower's create functions use; other figures are 0 and other truth values False."""

UNKNOWN = re.compile(r"(min|max|tap|sn|soc|in)_.*|vn_kv|cos_phi_n|efficiency_n_percent|lrc_pu|rx")
"""Figures that may be missing: NaN, as pandapower's create functions leave them."""

ZERO_IF_EMPTY = (
    "pfe_kw", "i0_percent", "shift_degree", "shift_mv_degree", "shift_lv_degree", "g_us_per_km",
    "gf_pu", "bf_pu", "gt_pu", "bt_pu", "z_ohm",
)  # fmt: skip
"""Figures that are usually 0 and often left empty."""

TRUE, FALSE = ("true", "1", "1.0"), ("false", "0", "0.0")
DECIMAL_COMMA = re.compile(r"\s*-?\d+,\d+\s*")


def needed_columns(table: str) -> tuple[str, ...]:
    """Columns a table must have.

    Parameters
    ----------
    table : str

    Returns
    -------
    tuple of str
    """
    return (*bus_columns(table), *NEEDED.get(table, ()))


def standard_columns(net: "pandapowerNet") -> list[str]:
    """Fill in the columns a net lacks and convert what stands as text.

    Parameters
    ----------
    net : pandapowerNet
        Changed: columns that pandapower's tables have and that can be left out are added;
        truth values and numbers written as text become such where every cell can.

    Returns
    -------
    list of str
        What was done that may change a result, one sentence each.
    """
    notes = []
    for table, own, kinds in _tables(net):
        added = []
        for column, kind in kinds.items():
            if column in own:
                notes += _converted(table, own, column, kind)
            elif column not in needed_columns(table):
                value = _default(column, kind)
                own[column] = pd.Series([value] * len(own), index=own.index).astype(
                    object if value is None else np.int64 if kind.kind in "iu" else kind
                )
                if value is not None and value == value:  # noqa: PLR0124 -- NaN
                    added.append(f"{column} {value:g}" if kind.kind != "b" else f"{column} {value}")
        if added:
            notes.append(f"net.{table} lacks columns that have a usual value: {', '.join(added)}.")
    return notes


def _tables(
    net: "pandapowerNet",
) -> Iterator[tuple[str, pd.DataFrame, dict[str, np.dtype[Any]]]]:
    """Each table with rows, and the types pandapower gives its columns."""
    from pandapower.network_structure import get_structure_dict

    structure = get_structure_dict()
    for table in ELEMENTS:
        if rows_of(net, table) and table in structure:
            kinds = {
                name: np.dtype(kind)
                for name, kind in structure[table].items()
                if not isinstance(kind, pd.api.extensions.ExtensionDtype)
            }
            yield table, net[table], kinds


def _default(column: str, kind: np.dtype[Any]) -> object:
    if column in DEFAULTS:
        return DEFAULTS[column]
    if kind.kind not in "bfiu":
        return None
    if kind.kind == "b":
        return False
    return float("nan") if kind.kind == "f" and UNKNOWN.fullmatch(column) else 0


def _converted(table: str, own: pd.DataFrame, column: str, kind: np.dtype[Any]) -> list[str]:
    values = own[column]
    if kind.kind == "b" and values.dtype != np.bool_:
        facts = [_truth(value) for value in values]
        if None not in facts:
            own[column] = np.array(facts, dtype=np.bool_)
            empty = int(values.isna().sum())
            if empty and column in ("in_service", "closed"):
                return [f"net.{table} has {empty} empty cells in {column}: taken as False."]
    elif kind.kind in "fiu" and values.dtype.kind not in "iu":
        given = pd.to_numeric(values.replace(r"^\s*$", np.nan, regex=True), errors="coerce")
        if _no_number(values).any():
            return []
        whole = np.isfinite(given).all() and (given == np.floor(given)).all()
        if kind.kind in "iu" and whole:
            own[column] = given.astype(np.int64)
        elif values.dtype.kind != "f":
            own[column] = given.astype(np.float64)
        if column in ZERO_IF_EMPTY and given.isna().any():
            own[column] = given.fillna(0.0)
            return [
                f"net.{table} has {int(given.isna().sum())} empty cells in {column}: taken as 0."
            ]
    return []


def _truth(value: object) -> bool | None:
    """Read a cell as true or false; an empty one is false, anything else None."""
    if value is None or value != value:  # noqa: PLR0124 -- NaN
        return False
    text = str(value).strip().casefold()
    if text in TRUE:
        return True
    return False if text in (*FALSE, "") else None


def _no_number(values: pd.Series) -> pd.Series:
    """Whether each cell holds something that is not a number."""
    if values.dtype != object:
        return pd.Series(data=False, index=values.index)
    blank = values.isna() | (values.astype(str).str.strip() == "")
    return pd.to_numeric(values, errors="coerce").isna() & ~blank


def check_cells(net: "pandapowerNet") -> Iterator[Problem]:
    """Check that cells hold numbers and truth values where pandapower wants them."""
    for table, own, kinds in _tables(net):
        for column, kind in kinds.items():
            if column not in own or column in bus_columns(table) or kind.kind not in "bfiu":
                continue
            if kind.kind == "b":
                bad = pd.Series([_truth(value) is None for value in own[column]], index=own.index)
                code, allowed = "not_true_or_false", "True or False"
            else:
                bad = _no_number(own[column])
                code, allowed = "not_a_number", "a number"
            for row in own.index[bad.to_numpy(dtype=bool)]:
                found = plain(own.at[row, column])
                remedy = ""
                if DECIMAL_COMMA.fullmatch(str(found)):
                    remedy = f"With a decimal point: {str(found).strip().replace(',', '.')}."
                place = f"{label(net, table, row)} {column}"
                yield Problem(code, place, found, allowed, remedy)


Rule = Callable[["pandapowerNet"], Iterator[Problem]]

CELL_RULES: tuple[Rule, ...] = (check_cells,)
