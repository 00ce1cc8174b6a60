"""Charts: numbers in, Altair chart out. No Streamlit, no network.

Time runs in hours since the scenario's start, so that a crisis across a change of clock
draws the same; each tooltip has the moment in Oslo time.
"""

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import xarray as xr

from sim.compare import Row, bands
from ui.texts import Texts, read_texts
from ui.theme import DASHES, LIGHT, Palette

MARKED_HOURS = (12, 24, 48, 72)
"""Hours with a thin line on every curve."""

BANDED = 2
"""So many portfolios can have bands and still be told apart."""

TWO_DAYS_H = 48.0

LABEL_GAP = 0.075
"""Distance between two line labels, as a share of the plot's height."""

HALF = 0.5

_FONT = "Source Sans, Source Sans Pro, Liberation Sans, Arial, sans-serif"


def finish(chart: Any, palette: Palette, texts: Texts) -> Any:  # noqa: ANN401 -- any Altair chart
    """Give a chart the colours of a palette, readable text and local number signs."""
    axis = {
        "labelColor": palette.text,
        "titleColor": palette.text,
        "gridColor": palette.grid,
        "domainColor": palette.rule,
        "tickColor": palette.rule,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "labelLimit": 260,
    }
    legend = {
        "labelColor": palette.text,
        "titleColor": palette.text,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "labelLimit": 260,
        "titleLimit": 320,
    }
    return (
        chart.configure(
            background="transparent", font=_FONT, locale=texts.chart_locale(), padding=4
        )
        .configure_axis(**axis)
        .configure_legend(**legend)
        .configure_view(stroke=None)
        .properties(
            autosize=alt.AutoSizeParams(type="fit", contains="padding"),
            usermeta={"embedOptions": {"renderer": "svg", "actions": False}},
        )
    )


def curve_table(curves: xr.Dataset, variable: str, portfolios: Sequence[str]) -> pd.DataFrame:
    """Percentiles over replications of an hourly curve, one row a portfolio and hour.

    Parameters
    ----------
    curves : Dataset
        As `sim.store.Run.curves` gives it; dims portfolio, replication, time.

    Returns
    -------
    DataFrame
        ``portfolio``, ``t_h``, ``utc`` and ``p5``, ``p25``, ``p50``, ``p75``, ``p95``.
    """
    time = curves["time"].to_numpy()
    t_h = (time - time[0]) / np.timedelta64(1, "h")
    parts = []
    for portfolio in portfolios:
        values = curves[variable].sel(portfolio=portfolio).transpose("replication", "time")
        part = pd.DataFrame(bands(values.to_numpy().astype(np.float64)))
        part.insert(0, "utc", time)
        part.insert(0, "t_h", t_h)
        part.insert(0, "portfolio", portfolio)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def resilience_figure(
    curves: xr.Dataset,
    names: Mapping[str, str],
    lang: str = "nb",
    *,
    variable: str = "level_supply",
    portfolios: Sequence[str] | None = None,
    banded: Sequence[str] | None = None,
    palette: Palette = LIGHT,
    height: int = 380,
    caption: str = "",
) -> alt.LayerChart:
    """Resilience curves: median per portfolio, with bands between replications.

    Parameters
    ----------
    curves : Dataset
        As `sim.store.Run.curves` gives it; dims portfolio, replication, time.
    names : mapping
        Portfolio id -> name on screen.
    lang : str
        ``nb`` or ``en``.
    variable : str
        A curve of the run; ``level_`` curves are shares of 1, others persons or MW.
    portfolios : sequence of str, optional
        Which, in order; all by default.
    banded : sequence of str, optional
        Whose 50 % and 90 % bands are drawn; by default the first's, or both of two.
    palette : Palette
    height : int
        [px]
    caption : str
        Line above the plot, for figures that leave the screen.

    Returns
    -------
    LayerChart
        Width follows the container.
    """
    texts = read_texts(lang)
    shown = list(portfolios or curves["portfolio"].to_numpy().tolist())
    everyone = curves["portfolio"].to_numpy().tolist()
    style = {p: everyone.index(p) % len(palette.series) for p in everyone}
    with_bands = (
        list(banded) if banded is not None else shown[: BANDED if len(shown) <= BANDED else 1]
    )
    table = curve_table(curves, variable, shown)
    table["name"] = table["portfolio"].map(lambda p: names.get(p, p))
    table["when"] = [texts.when(t.isoformat()) for t in table["utc"]]
    share = variable.startswith("level_")
    number = ".1%" if share else ",.3~r"
    scale = alt.Scale(zero=not share, nice=True)
    title = texts(f"curve.axis.{'level' if share else variable.split('_', maxsplit=1)[0]}")
    x = alt.X(
        "t_h:Q",
        title=texts("curve.axis.time"),
        axis=alt.Axis(values=hour_ticks(float(table["t_h"].max())), grid=False),
        scale=alt.Scale(domain=[0.0, float(table["t_h"].max())], nice=False),
    )
    y = alt.Y("p50:Q", title=title, scale=scale, axis=alt.Axis(format="~%" if share else ",~r"))
    colours = [palette.series[style[p]] if len(shown) > 1 else palette.line for p in shown]
    dashes = [list(DASHES[style[p]]) if len(shown) > 1 else [1, 0] for p in shown]
    labels = [names.get(p, p) for p in shown]
    colour = alt.Color("name:N", scale=alt.Scale(domain=labels, range=colours), legend=None)
    layers: list[Any] = [
        alt.Chart(pd.DataFrame({"t_h": [h for h in MARKED_HOURS if h < table["t_h"].max()]}))
        .mark_rule(color=palette.rule, strokeWidth=0.7, strokeDash=[2, 3], aria=False)
        .encode(x="t_h:Q")
    ]
    inside = table[table["portfolio"].isin(with_bands)]
    for low, high, opacity in (("p5", "p95", 0.18), ("p25", "p75", 0.32)):
        layers.append(
            alt.Chart(inside)
            .mark_area(interpolate="step-after", opacity=opacity, aria=False)
            .encode(
                x=x, y=alt.Y(f"{low}:Q", title=title, scale=scale), y2=f"{high}:Q", color=colour
            )
        )
    layers.append(
        alt.Chart(table)
        .mark_line(interpolate="step-after", strokeWidth=2.2, aria=False)
        .encode(
            x=x,
            y=y,
            color=colour,
            strokeDash=alt.StrokeDash(
                "name:N", scale=alt.Scale(domain=labels, range=dashes), legend=None
            ),
            tooltip=[
                alt.Tooltip("name:N", title=texts("term.portfolio")),
                alt.Tooltip("when:N", title=texts("term.time")),
                alt.Tooltip("p50:Q", title=texts("term.median"), format=number),
                alt.Tooltip("p5:Q", title=texts("term.p5"), format=number),
                alt.Tooltip("p95:Q", title=texts("term.p95"), format=number),
            ],
        )
    )
    if len(shown) > 1:
        layers.extend(_end_labels(table, shown, labels, colours, dashes, palette=palette))
    chart = alt.layer(*layers).properties(height=height, width="container")
    if caption:
        title = alt.TitleParams(
            caption, anchor="start", fontSize=13, fontWeight="normal", color=palette.text
        )
        chart = chart.properties(title=title)
    return finish(chart, palette, texts)


def hour_ticks(last_h: float) -> list[float]:
    """Give whole half days, or days when there are more than two."""
    step = 24.0 if last_h > TWO_DAYS_H else 12.0
    return [step * at for at in range(int(last_h // step) + 1)]


def _end_labels(
    table: pd.DataFrame,
    shown: Sequence[str],
    labels: Sequence[str],
    colours: Sequence[str],
    dashes: Sequence[list[int]],
    *,
    palette: Palette,
) -> list[Any]:
    """Label the line ends inside the plot, each with a piece of its line.

    Labels are ordered as the lines end and spread so that none overlap: below lines
    that end in the upper half, above the others. Each has a halo of the background.
    """
    low = float(table[["p5", "p50"]].min().min())
    high = float(table["p50"].max())
    ends = [float(table.loc[table["portfolio"] == p, "p50"].iloc[-1]) for p in shown]
    worst = [float(table.loc[table["portfolio"] == p, "p50"].min()) for p in shown]
    wanted = [(high - end) / max(high - low, 1e-12) for end in ends]
    order = sorted(range(len(shown)), key=lambda i: (wanted[i], -worst[i], i))
    lowest, highest = max(wanted), min(wanted)
    first = lowest + LABEL_GAP if lowest < HALF else highest - LABEL_GAP * len(shown)
    layers: list[Any] = []
    for row, at in enumerate(order):
        y = alt.YValue(alt.ExprRef(f"height*{first + row * LABEL_GAP:.4f}"))
        one = alt.Chart(pd.DataFrame({"name": [labels[at]]}))
        text = {"align": "right", "baseline": "middle", "fontSize": 13, "aria": False}
        x = alt.XValue(alt.ExprRef("width-40"))
        layers += [
            one.mark_text(**text, stroke=palette.background, strokeWidth=4).encode(
                x=x, y=y, text="name:N"
            ),
            one.mark_text(**text, color=palette.text).encode(x=x, y=y, text="name:N"),
            one.mark_rule(
                color=colours[at], strokeDash=dashes[at], strokeWidth=2.2, aria=False
            ).encode(
                x=alt.XValue(alt.ExprRef("width-34")), x2=alt.X2Value(alt.ExprRef("width-6")), y=y
            ),
        ]
    return layers


def difference_figure(
    rows: Sequence[Row], names: Mapping[str, str], texts: Texts, palette: Palette = LIGHT
) -> alt.LayerChart:
    """Paired differences from the baseline with their 95 % intervals, best on top.

    Shape and word tell better (diamond), worse (square) and not certain (circle) apart.
    """
    kinds = [verdict(row) for row in rows]
    words = {kind: texts(f"verdict.{kind}") for kind in ("better", "unclear", "worse")}
    table = pd.DataFrame(
        {
            "name": [names.get(row.portfolio, row.portfolio) for row in rows],
            "mean": [row.difference for row in rows],
            "low": [row.difference_low for row in rows],
            "high": [row.difference_high for row in rows],
            "verdict": [words[kind] for kind in kinds],
        }
    )
    sign = 1 if rows and rows[0].better == "lower" else -1
    order = table.sort_values("mean", ascending=sign == 1)["name"].tolist()
    domain = list(words.values())
    colour = alt.Color(
        "verdict:N",
        title=None,
        scale=alt.Scale(domain=domain, range=[palette.better, palette.neutral, palette.worse]),
        legend=alt.Legend(orient="bottom", symbolStrokeWidth=2, columns=1),
    )
    shape = alt.Shape(
        "verdict:N",
        title=None,
        scale=alt.Scale(domain=domain, range=["diamond", "circle", "square"]),
    )
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(grid=False, ticks=False))
    metric, unit = rows[0].metric, rows[0].unit
    title = texts("difference.axis", metric=texts.metric(metric, unit))
    base = alt.Chart(table)
    tooltip = [
        alt.Tooltip("name:N", title=texts("term.portfolio")),
        alt.Tooltip("mean:Q", title=texts("term.difference"), format=",.3~r"),
        alt.Tooltip("low:Q", title=texts("term.ci_low"), format=",.3~r"),
        alt.Tooltip("high:Q", title=texts("term.ci_high"), format=",.3~r"),
    ]
    chart = alt.layer(
        alt.Chart(pd.DataFrame({"zero": [0.0]}))
        .mark_rule(color=palette.text, strokeWidth=1, aria=False)
        .encode(x="zero:Q"),
        base.mark_rule(strokeWidth=3).encode(
            x=alt.X(
                "low:Q",
                title=title,
                # A title wider than a narrow plot has room to the left of it, not to the right.
                axis=alt.Axis(format=",~r", tickCount=5, titleAnchor="end"),
                scale=alt.Scale(padding=10),
            ),
            x2="high:Q",
            y=y,
            color=colour,
            tooltip=tooltip,
        ),
        base.mark_point(size=150, filled=True, opacity=1).encode(
            x="mean:Q", y=y, color=colour, shape=shape, tooltip=tooltip
        ),
    ).properties(height=44 * len(rows) + 140, width="container")
    return finish(chart, palette, texts)


def verdict(row: Row) -> str:
    """Say ``better``, ``worse`` or ``unclear``: on which side of zero the interval lies."""
    low, high = row.difference_low, row.difference_high
    if not np.isfinite([low, high]).all() or low <= 0.0 <= high:
        return "unclear"
    return "better" if (high < 0.0) == (row.better == "lower") else "worse"


def save(chart: Any, path: Path) -> Path:  # noqa: ANN401 -- any Altair chart
    """Write a chart as SVG or PNG, by the ending of the path, in one step and offline.

    Raises
    ------
    ValueError
        If the ending is neither.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("svg", "png"):
        raise ValueError(f"{path.name}: a figure is saved as .svg or .png")
    sized = chart.properties(width=820)
    sized.config.background = LIGHT.background
    hidden = path.with_name(f".{uuid.uuid4().hex}.{kind}")
    try:
        sized.save(str(hidden), format=kind, scale_factor=2 if kind == "png" else 1)
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)
    return path
