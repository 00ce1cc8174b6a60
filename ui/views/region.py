"""Region: is this my region, and can its numbers be trusted."""

import numpy as np
import pandas as pd
import streamlit as st

from data.tables import QUALITIES
from ui import maps, parts, reading
from ui.sections import region_table
from ui.state import colours, t, texts

TABLE_PX = 640  # kept free while the key figures are computed


def show() -> None:
    """Draw the page."""
    st.title(t("region.title"))
    st.markdown(t("region.lead"))
    st.header(t("region.figures"))
    figure_table()
    st.header(t("region.map"))
    population_map()
    st.header(t("region.quality"))
    quality_table()
    st.header(t("region.tables"))
    region_table.draw("table")


def figure_table() -> None:
    """Draw the model's key figures beside the published ones."""
    with st.skeleton(height=TABLE_PX):
        figures = reading.key_figures()
    rows = [
        {
            t("region.figure"): texts().known(f"figure.{f.figure}", f.figure),
            t("region.model"): texts().rounded(f.model),
            t("region.published"): texts().rounded(f.published),
            t("term.unit"): texts().known(f"symbol.{f.unit}", f.unit),
            t("region.deviation"): texts().percent(f.deviation, 1),
            t("term.quality"): t(f"quality.{f.quality}"),
            t("term.source"): f.source,
        }
        for f in figures
    ]
    st.markdown(t("region.figures.text"))
    parts.table(pd.DataFrame(rows), t("region.figures.alt", n=len(rows)), "figure_table")


def population_map() -> None:
    """Draw the areas coloured by population, and the same as a table."""
    areas = reading.region().areas
    people = dict(zip(areas.area_id.tolist(), areas.population.tolist(), strict=True))
    names = dict(zip(areas.area_id.tolist(), areas.name.tolist(), strict=True))
    largest = max(people, key=lambda a: people[a])
    finding = t(
        "region.map.finding",
        n=len(people),
        total=texts().number(sum(people.values())),
        area=names[largest],
        people=texts().number(people[largest]),
    )
    series = {area: [float(n)] for area, n in people.items()}
    figure = maps.area_map(
        reading.polygons(), series, t("region.map.scale"), texts(), colours(), share=False
    )
    parts.chart(figure, finding, "region_map")
    st.caption(t("map.credit"))
    frame = pd.DataFrame(
        {
            t("term.area"): areas.name,
            t("region.population"): areas.population,
            t("region.households"): areas.households,
            t("region.customers"): areas.customers,
            t("term.quality"): [t(f"quality.{q}") for q in areas.quality.tolist()],
        }
    )
    parts.table(frame, finding, "area_table", {})


def quality_table() -> None:
    """Draw how many rows of each table are measured, published and estimated."""
    region = reading.region()
    rows = []
    for name in region_table.names():
        table = getattr(region, name)
        counts = {q: int(np.sum(table.quality == q)) for q in QUALITIES}
        share = counts["estimated"] / max(len(table), 1)
        rows.append(
            {t("region.table"): region_table.title(name)}
            | {t("region.rows"): len(table)}
            | {t(f"quality.{q}"): n for q, n in counts.items()}
            | {t("region.estimated"): share * 100.0}
        )
    st.markdown(t("region.quality.text"))
    config = {
        t("region.estimated"): st.column_config.ProgressColumn(
            format="%.0f %%", min_value=0, max_value=100
        )
    }
    parts.table(pd.DataFrame(rows), t("region.quality.alt"), "quality_table", config)


show()
