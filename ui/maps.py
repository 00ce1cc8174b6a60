"""Schematic map of the areas: polygons in, Altair chart out. No Streamlit, no network.

Coordinates stay in EPSG:25832 metres and are drawn as they are, with y turned; Oslo's
boroughs are drawn once more, enlarged, in the empty space to the left of the region.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from ui.charts import finish
from ui.texts import Texts
from ui.theme import LIGHT, Palette

INSET_SCALE = 3.0
"""How much larger Oslo's boroughs are in the inset."""

INSET_GAP_M = 6000.0
"""Distance between the inset's frame and the region. [m]"""

LETTER_M = 1350.0
"""Width of a letter of a label on the map, at the size it usually has on screen. [m]"""

LINE_M = 2700.0
"""Height of a line of a label, likewise. [m]"""

WHOLE_PERCENT_FROM = 0.05
"""Colour scales that end lower need decimals."""

LABELS_FROM_PX = 420
"""Narrower maps have no labels: the names would cover the areas."""

Point = tuple[float, float]


def area_map(
    polygons: Mapping[str, Any],
    series: Mapping[str, Sequence[float]],
    title: str,
    texts: Texts,
    palette: Palette = LIGHT,
    *,
    selected: str = "",
    share: bool = True,
    hour: int = 0,
    height: int = 540,
) -> alt.LayerChart:
    """Draw one value per area, with a time slider when there are several hours.

    Parameters
    ----------
    polygons : mapping
        GeoJSON FeatureCollection in EPSG:25832 with ``area_id``, ``name`` and ``kind``
        (``borough``, ``municipality`` or ``remainder``) among the properties.
    series : mapping of sequence
        area_id -> values, one an hour, or a single one.
    title : str
        What the colour means, with its unit.
    selected : str
        area_id drawn with a heavy outline; empty for none.
    share : bool
        Whether values are shares of 1, written as percent.
    hour : int
        Hour the slider starts at.
    height : int
        [px]

    Raises
    ------
    KeyError
        If an area has no values.
    """
    features = list(polygons["features"])
    place = inset(features)
    values = [f for f in features if f["properties"]["kind"] != "remainder"]
    moved = [f for f in values if f["properties"]["kind"] == "borough"]
    drawn = [_with_values(f, series, share) for f in values]
    drawn += [_with_values(move(f, place), series, share) for f in moved]
    steps = max(len(f["properties"]["series"]) for f in drawn)
    highest = max(max(f["properties"]["series"]) for f in drawn)
    top = highest if highest > 0 else 1.0
    number = ".1%" if share else ",.3~r"
    layers: list[Any] = [land(features, palette), frame(moved, place, palette)]
    index = "hour" if steps > 1 else "0"
    value = f"datum.properties.series[{index}]"
    base = alt.Chart(alt.InlineData(values=drawn)).transform_calculate(
        value=value,
        name="datum.properties.name",
        spoken=f"datum.properties.name + ': ' + format({value}, '{number}')",
    )
    colour = alt.Color(
        "value:Q",
        title=title,
        scale=alt.Scale(scheme="viridis", domain=[0.0, top], reverse=palette.map_reverse),
        legend=alt.Legend(
            orient="bottom",
            format=".0%" if share and top >= WHOLE_PERCENT_FROM else number,
            gradientLength=240,
        ),
    )
    layers.append(
        base.mark_geoshape(stroke=palette.border, strokeWidth=0.8).encode(
            color=colour,
            tooltip=[
                alt.Tooltip("name:N", title=texts("term.area")),
                alt.Tooltip("value:Q", title=title, format=number),
            ],
            description="spoken:N",
        )
    )
    if selected:
        layers.append(
            base.transform_filter(f"datum.properties.area_id == '{selected}'").mark_geoshape(
                fill=None, stroke=palette.text, strokeWidth=3
            )
        )
    layers.append(_labels(values, place, series, top=top, steps=steps, palette=palette))
    layers.append(inset_title(moved, place, texts, palette))
    chart = alt.layer(*layers).project("identity", reflectY=True)
    if steps > 1:
        slider = alt.binding_range(min=0, max=steps - 1, step=1, name=texts("map.slider"))
        chart = chart.add_params(alt.param(name="hour", value=hour, bind=slider))
    return finish(chart.properties(height=height, width="container"), palette, texts)


def map_table(
    series: Mapping[str, Sequence[float]], names: Mapping[str, str], hour: int
) -> pd.DataFrame:
    """Values of one hour in a table, largest first: ``name`` and ``value``."""
    rows = [(names.get(area, area), float(values[hour])) for area, values in series.items()]
    table = pd.DataFrame(rows, columns=["name", "value"])
    return table.sort_values(["value", "name"], ascending=[False, True], ignore_index=True)


def bounds(features: Sequence[Mapping[str, Any]]) -> tuple[float, float, float, float]:
    """Least x and y and greatest x and y of some features. [m]."""
    points = np.concatenate([np.array(_points(f["geometry"]["coordinates"])) for f in features])
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def _points(coordinates: Any) -> list[Point]:  # noqa: ANN401 -- nested GeoJSON lists
    if isinstance(coordinates[0], int | float):
        return [(float(coordinates[0]), float(coordinates[1]))]
    return [point for part in coordinates for point in _points(part)]


def inset(features: Sequence[Mapping[str, Any]]) -> Callable[[float, float], Point]:
    """How a point of the city moves into the inset."""
    city = [f for f in features if f["properties"]["kind"] == "borough"]
    if not city:
        return lambda x, y: (x, y)
    x0, y0, _, y1 = bounds(features)
    _, cy0, cx1, cy1 = bounds(city)
    right = x0 - INSET_GAP_M
    middle_y = (y0 + y1) / 2

    def place(x: float, y: float) -> Point:
        return (
            round(right + (x - cx1) * INSET_SCALE, 1),
            round(middle_y + (y - (cy0 + cy1) / 2) * INSET_SCALE, 1),
        )

    return place


def move(feature: Mapping[str, Any], place: Callable[[float, float], Point]) -> dict[str, Any]:
    """Give a feature with all its points moved."""

    def moved(coordinates: Any) -> Any:  # noqa: ANN401 -- nested GeoJSON lists
        if isinstance(coordinates[0], int | float):
            return list(place(coordinates[0], coordinates[1]))
        return [moved(part) for part in coordinates]

    geometry = feature["geometry"]
    return {
        "type": "Feature",
        "properties": feature["properties"],
        "geometry": {"type": geometry["type"], "coordinates": moved(geometry["coordinates"])},
    }


def _with_values(
    feature: Mapping[str, Any], series: Mapping[str, Sequence[float]], share: bool
) -> dict[str, Any]:
    properties = feature["properties"]
    digits = 4 if share else 2
    values = [round(float(v), digits) for v in series[properties["area_id"]]]
    return {
        "type": "Feature",
        "geometry": feature["geometry"],
        "properties": {
            "area_id": properties["area_id"],
            "name": properties["name"],
            "series": values,
        },
    }


def land(features: Sequence[Mapping[str, Any]], palette: Palette) -> alt.Chart:
    """Draw the areas without values of their own (Marka)."""
    rest = [
        {"type": "Feature", "geometry": f["geometry"], "properties": {}}
        for f in features
        if f["properties"]["kind"] == "remainder"
    ]
    return alt.Chart(alt.InlineData(values=rest)).mark_geoshape(
        fill=palette.land, stroke=palette.border, strokeWidth=0.8, aria=False
    )


def frame(
    city: Sequence[Mapping[str, Any]], place: Callable[[float, float], Point], palette: Palette
) -> alt.Chart:
    """Draw the frame around the inset."""
    shapes = []
    if city:
        x0, y0, x1, y1 = bounds(city)
        margin = 900.0
        corners = [
            place(x0 - margin, y0 - margin),
            place(x0 - margin, y1 + margin),
            place(x1 + margin, y1 + margin),
            place(x1 + margin, y0 - margin),
        ]
        ring = [list(c) for c in [*corners, corners[0]]]
        shapes.append({"type": "Feature", "properties": {}, "geometry": _line(ring)})
    return alt.Chart(alt.InlineData(values=shapes)).mark_geoshape(
        filled=False, stroke=palette.rule, strokeWidth=1, aria=False
    )


def _line(ring: list[list[float]]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": ring}


def inset_title(
    city: Sequence[Mapping[str, Any]],
    place: Callable[[float, float], Point],
    texts: Texts,
    palette: Palette,
) -> alt.Chart:
    """Write how much the inset is enlarged."""
    rows = []
    if city:
        x0, _, _, y1 = bounds(city)
        x, y = place(x0 - 900.0, y1 + 900.0)
        rows.append({"x": x, "y": y, "label": texts("map.inset", times=texts.rounded(INSET_SCALE))})
    return (
        alt.Chart(pd.DataFrame(rows, columns=["x", "y", "label"]))
        .mark_text(
            align="left", baseline="bottom", dy=-4, color=palette.text, fontSize=13, aria=False
        )
        .encode(longitude="x:Q", latitude="y:Q", text="label:N")
    )


def _labels(
    values: Sequence[Mapping[str, Any]],
    place: Callable[[float, float], Point],
    series: Mapping[str, Sequence[float]],
    *,
    top: float,
    steps: int,
    palette: Palette,
) -> alt.Chart:
    """Name each area whose name fits inside it; the table under the map has them all.

    The labels are GeoJSON points: lists in any other form do not reach the browser whole.
    """
    rows = []
    for feature in values:
        properties = feature["properties"]
        geometry = feature["geometry"]
        x, y = _inner_point(geometry)
        lines = str(properties["name"]).split(" ")
        letters = max(len(line) for line in lines)
        x, room = _chord(geometry, x, y)
        if properties["kind"] == "borough":
            x, y = place(x, y)
            room *= INSET_SCALE
        if letters * LETTER_M > room:
            continue
        rows.append(
            {
                "type": "Feature",
                "geometry": {
                    "type": "Point",
                    "coordinates": [x, y + (len(lines) - 1) * LINE_M / 2],
                },
                "properties": {
                    "label": "\n".join(lines),
                    "series": [float(v) for v in series[properties["area_id"]]],
                },
            }
        )
    index = "hour" if steps > 1 else "0"
    return (
        alt.Chart(alt.InlineData(values=rows))
        .transform_calculate(
            x="datum.geometry.coordinates[0]",
            y="datum.geometry.coordinates[1]",
            label="datum.properties.label",
            strong=f"datum.properties.series[{index}] > {0.5 * top}",
        )
        .mark_text(fontSize=10, lineBreak="\n", lineHeight=11, aria=False)
        .encode(
            longitude="x:Q",
            latitude="y:Q",
            text="label:N",
            color=alt.condition(
                "datum.strong",
                alt.value(palette.over_strong),
                alt.value(palette.over_weak),
            ),
            opacity=alt.condition(f"width > {LABELS_FROM_PX}", alt.value(1), alt.value(0)),
        )
    )


def _chord(geometry: Mapping[str, Any], x: float, y: float) -> tuple[float, float]:
    """Middle and width of a polygon along the line from west to east through a point. [m]."""
    polygons = geometry["coordinates"]
    rings = [polygons[0]] if geometry["type"] == "Polygon" else [p[0] for p in polygons]
    crossings: list[float] = []
    for ring in rings:
        points = np.array(ring, dtype=np.float64)[:, :2]
        (x0, y0), (x1, y1) = points[:-1].T, points[1:].T
        cut = (y0 > y) != (y1 > y)
        crossings += (x0[cut] + (y - y0[cut]) * (x1[cut] - x0[cut]) / (y1[cut] - y0[cut])).tolist()
    left = [at for at in crossings if at <= x]
    right = [at for at in crossings if at > x]
    if not left or not right:
        return x, 0.0
    return round((max(left) + min(right)) / 2, 1), min(right) - max(left)


def _inner_point(geometry: Mapping[str, Any]) -> Point:
    """Centroid of the largest ring, weighted by area (the shoelace formula)."""
    polygons = geometry["coordinates"]
    rings = [polygons[0]] if geometry["type"] == "Polygon" else [p[0] for p in polygons]
    best = (0.0, 0.0, 0.0)
    for ring in rings:
        x, y = np.array(ring, dtype=np.float64)[:, :2].T
        x0, y0 = x.mean(), y.mean()
        dx, dy = x - x0, y - y0
        cross = dx[:-1] * dy[1:] - dx[1:] * dy[:-1]
        area = float(cross.sum()) / 2
        if abs(area) > abs(best[0]) or best[0] == 0.0:
            cx = x0 + float(((dx[:-1] + dx[1:]) * cross).sum()) / (6 * area) if area else x0
            cy = y0 + float(((dy[:-1] + dy[1:]) * cross).sum()) / (6 * area) if area else y0
            best = (area, float(cx), float(cy))
    return round(best[1], 1), round(best[2], 1)
