"""Charts of one course: what stopped when, and what ran down. No Streamlit."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ui.charts import finish
from ui.course_rows import OUT, STATES
from ui.row_charts import (
    BAR_DOWN_PX,
    BAR_PX,
    hour_axis,
    plot_height,
    row_axis,
    row_labels,
    time_span,
)
from ui.stock_rows import STOCK_STATES
from ui.texts import Texts
from ui.theme import LIGHT, Palette

MOST_ROWS = 40
"""Longest chart; the table below holds the rest. [rows]"""

SYMBOL_SIZE = 130
LEGEND_PX = 44


def stop_figure(bars: pd.DataFrame, texts: Texts, palette: Palette = LIGHT) -> alt.LayerChart:
    """When each thing was weakened or out, the first failure on top.

    A square and the stronger colour mark what is out, a diamond what is weakened.

    Parameters
    ----------
    bars : DataFrame
        As `ui.course_rows.stop_bars` gives it.
    """
    limits = {"full": texts.percent(1.0), "limit": texts.percent(OUT)}
    words = {state: texts(f"stop_state.{state}.legend", **limits) for state in STATES}
    table = bars.assign(word=bars["state"].map(words))
    x, y = hour_axis(*time_span(table), texts), row_axis()
    colour, shape = _keyed(words, (palette.weakened, palette.out), ("diamond", "square"))
    tooltip = [
        alt.Tooltip("name:N", title=texts("term.what")),
        alt.Tooltip("word:N", title=texts("term.state")),
        alt.Tooltip("from_h:Q", title=texts("term.from_h"), format=".1f"),
        alt.Tooltip("to_h:Q", title=texts("term.to_h"), format=".1f"),
        alt.Tooltip("level:Q", title=texts("cause.level.axis"), format=".0%"),
    ]
    base = alt.Chart(table)
    return _finished(
        [
            _bars(base).encode(x=x, x2="to_h:Q", y=y, color=colour, tooltip=tooltip),
            _points(base, palette).encode(x=x, y=y, color=colour, shape=shape, tooltip=tooltip),
            row_labels(table, palette, y),
        ],
        table,
        texts,
        palette,
    )


def countdown_figure(bars: pd.DataFrame, texts: Texts, palette: Palette = LIGHT) -> alt.LayerChart:
    """How long each stock ran down, against what it promised; empty ones first.

    A square and the stronger colour mark what ran empty, a circle what did not.

    Parameters
    ----------
    bars : DataFrame
        As `ui.stock_rows.countdown_bars` gives it.
    """
    words = {state: texts(f"stock_state.{state}.legend") for state in STOCK_STATES}
    first_h, last_h = time_span(bars)
    table = bars.assign(
        word=bars["state"].map(words),
        promised_to_h=bars["promised_to_h"].clip(upper=last_h),
    )
    x, y = hour_axis(first_h, last_h, texts), row_axis()
    colour, shape = _keyed(words, (palette.out, palette.normal), ("square", "circle"))
    tooltip = [
        alt.Tooltip("label:N", title=texts("term.what")),
        alt.Tooltip("from_h:Q", title=texts("term.from_h"), format=".1f"),
        alt.Tooltip("to_h:Q", title=texts("term.to_h"), format=".1f"),
        alt.Tooltip("promised_h:Q", title=texts("functions.countdown.promised"), format=".1f"),
        alt.Tooltip("level:Q", title=texts("functions.countdown.left"), format=".0%"),
    ]
    base = alt.Chart(table)
    promised = base.mark_rule(
        strokeWidth=2, color=palette.rule, yOffset=BAR_DOWN_PX, aria=False
    ).encode(x=x, x2="promised_to_h:Q", y=y)
    return _finished(
        [
            promised,
            _bars(base).encode(x=x, x2="to_h:Q", y=y, color=colour, tooltip=tooltip),
            _points(base, palette).encode(
                x="to_h:Q", y=y, color=colour, shape=shape, tooltip=tooltip
            ),
            row_labels(table, palette, y),
        ],
        table,
        texts,
        palette,
    )


def _bars(base: alt.Chart) -> alt.Chart:
    return base.mark_bar(height=BAR_PX, yOffset=BAR_DOWN_PX, aria=False)


def _points(base: alt.Chart, palette: Palette) -> alt.Chart:
    """Symbols on the bars, with a rim of the background so that they stand out."""
    return base.mark_point(
        size=SYMBOL_SIZE,
        filled=True,
        opacity=1,
        yOffset=BAR_DOWN_PX,
        stroke=palette.background,
        strokeWidth=1,
        aria=False,
    )


def _finished(
    layers: list[alt.Chart], table: pd.DataFrame, texts: Texts, palette: Palette
) -> alt.LayerChart:
    height = plot_height(table["row"].nunique()) + LEGEND_PX
    return finish(alt.layer(*layers).properties(height=height, width="container"), palette, texts)


def _keyed(words: Mapping[str, str], colours: tuple[str, ...], shapes: tuple[str, ...]) -> Any:  # noqa: ANN401 -- two Altair channels
    """Colour and shape of the states, in one legend with their words."""
    domain = list(words.values())
    legend = alt.Legend(
        orient="top", columns=1, symbolSize=SYMBOL_SIZE, symbolOpacity=1, labelLimit=420
    )
    colour = alt.Color(
        "word:N",
        title=None,
        scale=alt.Scale(domain=domain, range=list(colours)),
        legend=legend,
    )
    shape = alt.Shape(
        "word:N", title=None, scale=alt.Scale(domain=domain, range=list(shapes)), legend=legend
    )
    return colour, shape
