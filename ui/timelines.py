"""Charts over the hours of a crisis: hazards, weather, critical functions. No Streamlit."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from data.tables import FloatArray
from ui.charts import finish, hour_ticks
from ui.texts import Texts
from ui.theme import LIGHT, Palette

AREA_LIMITS = (0.95, 0.5)
"""In one area a function counts as weakened below the first level, as out below the second."""

REGION_LIMITS = (0.99, 0.95)
"""Likewise for the mean over the region, where one area without is only a few percent."""

SCALE_FROM = 0.95
"""The colour scale starts here, or lower if a level is."""


def hours_below(level: FloatArray, limit: float) -> FloatArray:
    """Hours in which a level stays below a limit.

    Parameters
    ----------
    level : ndarray, shape (replication, time)
        Hourly service level, 0 to 1.

    Returns
    -------
    ndarray, shape (replication,)
        [h]
    """
    return np.asarray((level < limit).sum(axis=1), dtype=np.float64)


def level_figure(
    levels: Mapping[str, FloatArray],
    names: Mapping[str, str],
    texts: Texts,
    palette: Palette = LIGHT,
) -> alt.Chart:
    """Mean service level of each function over the hours, most affected on top.

    Parameters
    ----------
    levels : mapping of ndarray, shape (time,)
        Function id -> mean level in each hour.
    """
    order = sorted(levels, key=lambda f: (float(levels[f].sum()), f))
    hours = len(next(iter(levels.values())))
    table = pd.DataFrame(
        {
            "name": np.repeat([names.get(f, f) for f in order], hours),
            "t_h": np.tile(np.arange(hours), len(order)),
            "t_next": np.tile(np.arange(hours) + 1, len(order)),
            "level": np.concatenate([levels[f] for f in order]).round(3),
        }
    )
    lowest = min(float(table["level"].min()), SCALE_FROM)
    chart = (
        alt.Chart(table)
        .mark_rect(aria=False)
        .encode(
            x=alt.X(
                "t_h:Q",
                title=texts("curve.axis.time"),
                axis=alt.Axis(values=hour_ticks(float(hours)), grid=False),
                scale=alt.Scale(domain=[0, hours], nice=False),
            ),
            x2="t_next:Q",
            y=alt.Y(
                "name:N",
                sort=[names.get(f, f) for f in order],
                title=None,
                axis=alt.Axis(ticks=False, domain=False),
            ),
            color=alt.Color(
                "level:Q",
                title=texts("functions.axis.level"),
                scale=alt.Scale(
                    scheme="viridis", domain=[lowest, 1.0], reverse=not palette.map_reverse
                ),
                legend=alt.Legend(orient="bottom", format=".0%", gradientLength=240, tickCount=4),
            ),
            tooltip=[
                alt.Tooltip("name:N", title=texts("term.function")),
                alt.Tooltip("t_h:Q", title=texts("curve.axis.time")),
                alt.Tooltip("level:Q", title=texts("functions.axis.level"), format=".1%"),
            ],
        )
        .properties(height=26 * len(order) + 110, width="container")
    )
    return finish(chart, palette, texts)


def hazard_figure(
    bars: Sequence[Mapping[str, Any]], duration_h: float, texts: Texts, palette: Palette = LIGHT
) -> alt.LayerChart:
    """Hazards as bars over the hours of a crisis.

    Parameters
    ----------
    bars : sequence of mapping
        ``name``, ``from_h``, ``to_h`` and ``note`` of each hazard.
    """
    table = pd.DataFrame(list(bars))
    base = alt.Chart(table)
    x = alt.X(
        "from_h:Q",
        title=texts("curve.axis.time"),
        scale=alt.Scale(domain=[0.0, duration_h], nice=False),
        axis=alt.Axis(values=hour_ticks(duration_h), grid=True),
    )
    y = alt.Y("name:N", title=None, sort=None, axis=alt.Axis(ticks=False))
    chart = alt.layer(
        base.mark_bar(height=24, color=palette.line).encode(
            x=x, x2="to_h:Q", y=y, tooltip=[alt.Tooltip("note:N", title=texts("term.hazard"))]
        ),
        base.mark_text(align="left", dx=6, color=palette.text, fontSize=13).encode(
            x=alt.X("to_h:Q"), y=y, text="note:N"
        ),
    ).properties(height=44 * len(table) + 60, width="container")
    return finish(chart, palette, texts)


def weather_figure(
    series: Mapping[str, FloatArray], title: str, texts: Texts, palette: Palette = LIGHT
) -> alt.Chart:
    """One weather quantity over the hours, a line a place.

    Parameters
    ----------
    series : mapping of ndarray, shape (time,)
        Name of the place -> hourly values; at most three.
    title : str
        Axis title with the unit.
    """
    table = pd.concat(
        [
            pd.DataFrame({"name": name, "t_h": np.arange(len(values)), "value": values.round(2)})
            for name, values in series.items()
        ],
        ignore_index=True,
    )
    hours = int(table["t_h"].max()) + 1
    colours = list(palette.series[: len(series)])
    chart = (
        alt.Chart(table)
        .mark_line(strokeWidth=2, aria=False)
        .encode(
            x=alt.X(
                "t_h:Q",
                title=texts("curve.axis.time"),
                axis=alt.Axis(values=hour_ticks(float(hours)), grid=False),
                scale=alt.Scale(domain=[0, hours], nice=False),
            ),
            y=alt.Y(
                "value:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(format=",~r")
            ),
            color=alt.Color(
                "name:N",
                title=None,
                scale=alt.Scale(domain=list(series), range=colours),
                legend=alt.Legend(orient="top", symbolType="stroke", columns=1),
            ),
            strokeDash=alt.StrokeDash(
                "name:N",
                title=None,
                scale=alt.Scale(domain=list(series), range=[[1, 0], [6, 3], [2, 2]][: len(series)]),
            ),
            tooltip=[
                alt.Tooltip("name:N", title=texts("term.area")),
                alt.Tooltip("t_h:Q", title=texts("curve.axis.time")),
                alt.Tooltip("value:Q", title=title, format=",.3~r"),
            ],
        )
        .properties(height=260, width="container")
    )
    return finish(chart, palette, texts)
