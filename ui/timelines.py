"""Charts over the hours of a crisis: hazards, weather, critical functions. No Streamlit."""

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from data.tables import FloatArray
from ui.charts import finish, hour_ticks
from ui.hazard_words import HazardBar
from ui.row_charts import BAR_DOWN_PX, BAR_PX, hour_axis, plot_height, row_axis, row_labels
from ui.texts import Texts
from ui.theme import LIGHT, Palette

AREA_LIMITS = (0.95, 0.5)
"""In one area a function counts as weakened below the first level, as out below the second."""

REGION_LIMITS = (0.99, 0.95)
"""Likewise for the mean over the region, where one area without is only a few percent."""

SCALE_FROM = 0.95
"""The colour scale starts here, or lower if a level is."""

LEGEND_PX = 60
"""Height of the colour scale below the rows."""


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
) -> alt.LayerChart:
    """Mean service level of each function over the hours, most affected on top.

    Parameters
    ----------
    levels : mapping of ndarray, shape (time,)
        Function id -> mean level in each hour.
    """
    order = sorted(levels, key=lambda f: (float(levels[f].sum()), f))
    hours = len(next(iter(levels.values())))
    table = pd.DataFrame(
        [
            {"row": row, "label": names.get(f, f), "from_h": first, "to_h": last, "level": level}
            for row, f in enumerate(order)
            for first, last, level in _spans(levels[f].round(3))
        ]
    )
    lowest = min(float(table["level"].min()), SCALE_FROM)
    y = row_axis()
    chart = alt.layer(
        alt.Chart(table)
        .mark_bar(height=BAR_PX, yOffset=BAR_DOWN_PX, aria=False)
        .encode(
            x=hour_axis(0.0, float(hours), texts),
            x2="to_h:Q",
            y=y,
            color=alt.Color(
                "level:Q",
                title=texts("functions.axis.level"),
                scale=alt.Scale(
                    scheme="viridis", domain=[lowest, 1.0], reverse=not palette.map_reverse
                ),
                legend=alt.Legend(orient="bottom", format=".0%", gradientLength=200, tickCount=3),
            ),
            tooltip=[
                alt.Tooltip("label:N", title=texts("term.function")),
                alt.Tooltip("from_h:Q", title=texts("curve.axis.time")),
                alt.Tooltip("level:Q", title=texts("functions.axis.level"), format=".1%"),
            ],
        ),
        row_labels(table, palette, y),
    ).properties(height=plot_height(len(order)) + LEGEND_PX, width="container")
    return finish(chart, palette, texts)


def _spans(level: FloatArray) -> list[tuple[int, int, float]]:
    """Hours that follow each other with one level: the first, the one after the last, level."""
    starts = [0, *(np.flatnonzero(np.diff(level)) + 1).tolist()]
    return [
        (first, last, float(level[first]))
        for first, last in zip(starts, [*starts[1:], len(level)], strict=True)
    ]


def hazard_figure(
    bars: Sequence[HazardBar], duration_h: float, texts: Texts, palette: Palette = LIGHT
) -> alt.LayerChart:
    """Hazards as bars over the hours of a crisis, each with its name and note above it.

    Parameters
    ----------
    bars : sequence of HazardBar
        In the order of the scenario.
    duration_h : float
        Length of the scenario; bars end with it. [h]
    """
    table = pd.DataFrame(
        {
            "row": range(len(bars)),
            "label": [
                texts("crises.hazards.row", at=at, name=bar.name, note=bar.note)
                for at, bar in enumerate(bars, start=1)
            ],
            "from_h": [bar.from_h for bar in bars],
            "to_h": [min(bar.to_h, duration_h) for bar in bars],
        }
    )
    x, y = hour_axis(0.0, duration_h, texts), row_axis()
    chart = alt.layer(
        alt.Chart(table)
        .mark_bar(height=BAR_PX, yOffset=BAR_DOWN_PX, color=palette.line, aria=False)
        .encode(
            x=x, x2="to_h:Q", y=y, tooltip=[alt.Tooltip("label:N", title=texts("term.hazard"))]
        ),
        row_labels(table, palette, y),
    ).properties(height=plot_height(len(table)), width="container")
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
