"""Charts with one row a thing over the hours, its label above its bars. No Streamlit.

Labels stand inside the plot, so long names do not take its width and the chart can be read
on a small screen.
"""

import math

import altair as alt
import pandas as pd

from ui.texts import Texts
from ui.theme import Palette

ROW_PX = 38
BAR_PX = 12
LABEL_UP_PX = 10
BAR_DOWN_PX = 8
AROUND_PX = 80
"""Height of the axis and what stands around the rows."""

STEPS_H = (0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0, 96.0, 168.0)
"""Distances between hour marks; the first that gives few enough is taken. [h]"""

MOST_TICKS = 7


def time_span(table: pd.DataFrame) -> tuple[float, float]:
    """Give the whole hours that hold every bar of a table, in h."""
    first, last = math.floor(table["from_h"].min()), math.ceil(table["to_h"].max())
    return float(first), float(max(last, first + 1))


def span_ticks(first_h: float, last_h: float) -> list[float]:
    """Give hour marks inside a span: few, and at round hours, in h."""
    step = next((each for each in STEPS_H if (last_h - first_h) / each <= MOST_TICKS), STEPS_H[-1])
    start = math.ceil(first_h / step)
    return [step * at for at in range(start, int(last_h // step) + 1)]


def hour_axis(first_h: float, last_h: float, texts: Texts) -> alt.X:
    """Axis of hours since the scenario's start, above the rows."""
    return alt.X(
        "from_h:Q",
        title=texts("curve.axis.time"),
        scale=alt.Scale(domain=[first_h, last_h], nice=False),
        axis=alt.Axis(values=span_ticks(first_h, last_h), grid=True, orient="top", format="~f"),
    )


def row_axis() -> alt.Y:
    """Rows from the top down, without an axis: labels stand in the plot."""
    return alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0.15))


def row_labels(table: pd.DataFrame, palette: Palette, y: alt.Y) -> alt.Chart:
    """Label of each row, above its bars; too long for the plot, it ends in dots.

    Parameters
    ----------
    table : DataFrame
        ``row`` and ``label``; a row is labelled once.
    palette : Palette
    y : alt.Y
        The rows, as `row_axis` gives them.
    """
    return (
        alt.Chart(table.drop_duplicates("row")[["row", "label"]])
        .mark_text(
            align="left",
            baseline="middle",
            dx=2,
            dy=-LABEL_UP_PX,
            fontSize=13,
            color=palette.text,
            limit=alt.ExprRef("width"),
            aria=False,
        )
        .encode(x=alt.value(0), y=y, text="label:N")
    )


def plot_height(rows: int) -> int:
    """Give the height of a chart of rows with its axis, in px."""
    return ROW_PX * rows + AROUND_PX
