"""What a portfolio costs a year against what it avoids in one crisis. No Streamlit."""

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from sim.compare import Row
from ui.charts import finish
from ui.texts import Texts
from ui.theme import LIGHT, Palette


def cost_figure(
    rows: Sequence[Row],
    annual_cost_mnok: Mapping[str, float],
    names: Mapping[str, str],
    texts: Texts,
    palette: Palette = LIGHT,
) -> alt.LayerChart:
    """Yearly cost against what a portfolio avoids in one crisis, with 95 % intervals.

    Up and to the left is better; a portfolio is labelled at its point.
    """
    sign = -1.0 if rows[0].better == "lower" else 1.0
    table = pd.DataFrame(
        {
            "name": [names.get(row.portfolio, row.portfolio) for row in rows],
            "cost": [annual_cost_mnok[row.portfolio] for row in rows],
            "gain": [sign * row.difference for row in rows],
            "low": [min(sign * row.difference_low, sign * row.difference_high) for row in rows],
            "high": [max(sign * row.difference_low, sign * row.difference_high) for row in rows],
        }
    )
    # Of points that lie close, one label stands above its point and the next below.
    table["below"] = table["gain"].rank(method="first", ascending=False).astype(int) % 2
    metric, unit = rows[0].metric, rows[0].unit
    title = texts("cost.axis.gain", metric=texts.metric(metric, unit))
    x = alt.X(
        "cost:Q",
        title=texts("cost.axis.cost"),
        scale=alt.Scale(domain=[0.0, float(table["cost"].max()) * 1.25 + 1e-9], nice=True),
        axis=alt.Axis(format=",~r", tickCount=6),
    )
    colour = alt.value(palette.line)
    base = alt.Chart(table)
    tooltip = [
        alt.Tooltip("name:N", title=texts("term.portfolio")),
        alt.Tooltip("cost:Q", title=texts("cost.axis.cost"), format=",.3~r"),
        alt.Tooltip("gain:Q", title=title, format=",.3~r"),
    ]
    chart = alt.layer(
        base.mark_rule(strokeWidth=2).encode(
            x=x,
            y=alt.Y("low:Q", title=title, axis=alt.Axis(format=",~r"), scale=alt.Scale(padding=10)),
            y2="high:Q",
            color=colour,
        ),
        base.mark_point(size=90, filled=True, opacity=1).encode(
            x=x, y="gain:Q", color=colour, tooltip=tooltip
        ),
        *(
            base.transform_filter(alt.datum.below == below)
            .mark_text(align="left", dx=9, dy=dy, color=palette.text, fontSize=13)
            .encode(x=x, y="gain:Q", text="name:N")
            for below, dy in ((0, -8), (1, 14))
        ),
    ).properties(height=360, width="container")
    return finish(chart, palette, texts)
