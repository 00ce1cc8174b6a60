"""The meshed grid on the schematic map: every line by what it stands for. No Streamlit.

Coordinates are the areas' EPSG:25832 metres. What lies outside the region is cut at its
edge, and what lies in the city is drawn once more in the inset.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from ui.charts import finish
from ui.maps import bounds, frame, inset, inset_title, land, move
from ui.texts import Texts
from ui.theme import LIGHT, Palette

EDGE_M = 2500.0
"""How far outside the areas the grid is drawn. [m]"""

SQUARE = 14.0
"""Area of a square per pixel of its style's width. [px]"""

Segment = tuple[float, float, float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one kind of branch looks: colour, width and dashes all tell it apart.

    Attributes
    ----------
    key : str
        What a `Mark` of this kind says.
    name : str
        In the legend.
    colour : str
    width : float
        [px]
    dash : tuple of int
        Lengths of strokes and gaps. [px]
    """

    key: str
    name: str
    colour: str
    width: float
    dash: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A branch, or a bus when both ends are the same.

    Attributes
    ----------
    segment : tuple of float
        x and y of one end and of the other, EPSG:25832. [m]
    kind : str
        ``key`` of its style.
    name, text : str
        What it is, and what there is to say about it.
    """

    segment: Segment
    kind: str
    name: str
    text: str


def grid_map(
    polygons: Mapping[str, Any],
    marks: Sequence[Mark],
    styles: Sequence[Style],
    title: str,
    texts: Texts,
    *,
    palette: Palette = LIGHT,
    height: int = 540,
) -> alt.LayerChart:
    """Draw branches over the areas, later styles on top of earlier ones.

    Parameters
    ----------
    polygons : mapping
        GeoJSON FeatureCollection of the areas, as `ui.maps.area_map` takes it.
    marks : sequence of Mark
        Those with a place outside the region are left out, or cut at its edge.
    styles : sequence of Style
        In the order of the legend; only those in use are shown.
    title : str
        Of the legend.
    height : int
        [px]
    """
    features = list(polygons["features"])
    place = inset(features)
    city = [f for f in features if f["properties"]["kind"] == "borough"]
    areas = [f for f in features if f["properties"]["kind"] != "remainder"]
    x0, y0, x1, y1 = bounds(features)
    whole = (x0 - EDGE_M, y0 - EDGE_M, x1 + EDGE_M, y1 + EDGE_M)
    rank = {style.key: at for at, style in enumerate(styles)}
    ordered = sorted(marks, key=lambda mark: rank[mark.kind])
    rows = [
        _row(mark, segment, styles[rank[mark.kind]])
        for mark in ordered
        if (segment := cut(mark.segment, whole)) is not None
    ]
    if city:
        town = bounds(city)
        rows += [
            _row(mark, (*place(*inside[:2]), *place(*inside[2:])), styles[rank[mark.kind]])
            for mark in ordered
            if (inside := cut(mark.segment, town)) is not None
        ]
    used = {row["kind"] for row in rows}
    shown = [style for style in styles if style.name in used]
    shapes = [*areas, *(move(f, place) for f in city)]
    background = [{"type": "Feature", "geometry": f["geometry"], "properties": {}} for f in shapes]
    layers: list[Any] = [
        land(features, palette),
        frame(city, place, palette),
        alt.Chart(alt.InlineData(values=background)).mark_geoshape(
            fill=palette.grid, stroke=palette.border, strokeWidth=0.8, aria=False
        ),
    ]
    table = pd.DataFrame(rows, columns=["x", "y", "x2", "y2", "kind", "name", "text", "size"])
    lines = table[(table["x"] != table["x2"]) | (table["y"] != table["y2"])]
    points = table.drop(lines.index)
    layers += _branch_layers(lines, points, shown, title, texts)
    layers.append(inset_title(city, place, texts, palette))
    chart = alt.layer(*layers).project("identity", reflectY=True)
    return finish(chart.properties(height=height, width="container"), palette, texts)


def cut(segment: Segment, box: Box) -> Segment | None:
    """Cut a segment at the edges of a box; None when it lies outside.

    Parameters
    ----------
    segment : tuple of float
        x and y of both ends.
    box : tuple of float
        Least x and y, greatest x and y.

    References
    ----------
    .. [1] Y.-D. Liang and B. A. Barsky, A new concept and method for line clipping, ACM
       Transactions on Graphics 3(1), 1984.
    """
    x, y, x2, y2 = segment
    dx, dy = x2 - x, y2 - y
    first, last = 0.0, 1.0
    sides = ((-dx, x - box[0]), (dx, box[2] - x), (-dy, y - box[1]), (dy, box[3] - y))
    for step, room in sides:
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            first = max(first, room / step)
        else:
            last = min(last, room / step)
    if first > last:
        return None
    return x + first * dx, y + first * dy, x + last * dx, y + last * dy


def _row(mark: Mark, segment: Segment, style: Style) -> dict[str, Any]:
    x, y, x2, y2 = (round(value, 1) for value in segment)
    return {
        "x": x,
        "y": y,
        "x2": x2,
        "y2": y2,
        "kind": style.name,
        "name": mark.name,
        "text": mark.text,
        "size": SQUARE * style.width,
    }


def _branch_layers(
    lines: pd.DataFrame, points: pd.DataFrame, shown: Sequence[Style], title: str, texts: Texts
) -> list[alt.Chart]:
    """Lines as rules with a legend, transformers and buses as squares in the same colours."""
    names = [style.name for style in shown]
    legend = alt.Legend(orient="bottom", direction="vertical", symbolSize=600)

    def scale(values: list[Any]) -> alt.Scale:
        return alt.Scale(domain=names, range=values)

    colour = alt.Color("kind:N", title=title, scale=scale([s.colour for s in shown]), legend=legend)
    tooltip = [
        alt.Tooltip("name:N", title=texts("security.element")),
        alt.Tooltip("text:N", title=texts("security.result")),
    ]
    rules = (
        alt.Chart(lines)
        .mark_rule(strokeCap="butt")
        .encode(
            longitude="x:Q",
            latitude="y:Q",
            longitude2="x2:Q",
            latitude2="y2:Q",
            color=colour,
            strokeWidth=alt.StrokeWidth(
                "kind:N", title=title, scale=scale([s.width for s in shown]), legend=legend
            ),
            strokeDash=alt.StrokeDash(
                "kind:N", title=title, scale=scale([list(s.dash) for s in shown]), legend=legend
            ),
            tooltip=tooltip,
            description="text:N",
        )
    )
    squares = (
        alt.Chart(points)
        .mark_square(opacity=1)
        .encode(
            longitude="x:Q",
            latitude="y:Q",
            color=colour,
            size=alt.Size("size:Q", scale=None, legend=None),
            tooltip=tooltip,
            description="text:N",
        )
    )
    return [rules, squares]
