"""One table of the region, as the Region page and the Method page show it."""

from dataclasses import fields

import pandas as pd
import streamlit as st

from data.tables import QUALITIES, Column, Table, columns
from ui import parts, reading
from ui.state import choose, t, texts

FREE = {"key": "method.column.key", "text": "method.column.text", "flag": "method.column.flag"}
"""Kinds of column whose content needs no more words."""


def names() -> list[str]:
    """Names of the tables of the region, in its order."""
    region = reading.region()
    return [f.name for f in fields(region) if isinstance(getattr(region, f.name), Table)]


def title(name: str) -> str:
    """Name a table on the screen."""
    return texts().known(f"table.{name}", name)


def draw(key: str, default: str = "") -> None:
    """Draw one table of the region, chosen by name, with source and quality of every row.

    Parameters
    ----------
    key : str
        Under which the choice is kept.
    default : str
        Table shown first; the region's first when left out.
    """
    region = reading.region()
    chosen = choose(t("region.table"), names(), key, title, default)
    table = getattr(region, chosen)
    frame = pd.DataFrame({name: getattr(table, name) for name, _ in columns(type(table))})
    counts = {q: texts().number(int((table.quality == q).sum())) for q in QUALITIES}
    said = t("method.defaults", n=texts().number(len(frame)), **counts)
    st.caption(t("region.file", file=f"data/{region.region_id}/{chosen}.csv"))
    st.markdown(said)
    shown = frame.assign(quality=[t(f"quality.{q}") for q in table.quality.tolist()])
    parts.table(shown, said, f"{key}_table", parts.number_columns(shown))
    parts.download_csv(frame, chosen, f"{key}_csv")
    with st.expander(t("method.columns.text"), key=f"{key}_columns"):
        of_columns = column_table(type(table))
        alt = t("method.columns.alt", n=texts().number(len(of_columns)))
        parts.table(of_columns, alt, f"{key}_column_table")


def column_table(table: type[Table]) -> pd.DataFrame:
    """Write one row a column: its name, unit, and what may stand in it."""
    own = list(columns(table))
    return pd.DataFrame(
        {
            t("method.columns"): [name for name, _ in own],
            t("method.columns.unit"): [unit(column) for _, column in own],
            t("method.columns.allowed"): [allowed(column) for _, column in own],
        }
    )


def unit(column: Column) -> str:
    """Write the unit of a number; nothing of what is none."""
    return "" if column.unit == "1" else texts().known(f"symbol.{column.unit}", column.unit)


def allowed(column: Column) -> str:
    """Write what may stand in a column."""
    if column.kind in FREE:
        return t(FREE[column.kind])
    if column.kind == "ref":
        return t("method.column.ref", table=title(column.table))
    if column.kind == "choice":
        return ", ".join(column.allowed)
    low, high = texts().rounded(column.low), texts().rounded(column.high)
    if column.high == float("inf"):
        return t("value.at_least", low=low)
    return t("value.range", low=low, high=high)
