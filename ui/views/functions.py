"""Functions: service level of the critical functions, and what each depends on."""

import numpy as np
import pandas as pd
import streamlit as st

from data.tables import FloatArray
from ui import findings, parts, reading, timelines
from ui.sections import countdown, dependencies, network, replication, timeline
from ui.state import View, area_names, colours, function_names, t, texts


def show() -> None:
    """Draw the page."""
    view = parts.result_head("functions")
    if view is None:
        return
    where = area_names().get(view.area, view.area) if view.area else t("choose.area.all")
    st.markdown(t("functions.where", area=where))
    levels = read_levels(view)
    called = function_names()
    loss = {f: float((1.0 - level).sum(axis=1).mean()) for f, level in levels.items()}
    finding = findings.function_finding(loss, called, texts())
    st.header(t("functions.table"))
    level_table(view, levels, loss, finding)
    st.header(t("functions.timeline"))
    means = {f: level.mean(axis=0) for f, level in levels.items()}
    figure = timelines.level_figure(means, called, texts(), colours())
    numbers = pd.DataFrame(
        {t("term.function"): [called.get(f, f) for f in means]}
        | {
            t("functions.hour", hour=hour): [texts().percent(mean[hour]) for mean in means.values()]
            for hour in range(0, len(next(iter(means.values()))), 12)
        }
    )
    parts.chart(figure, finding, "levels", numbers)
    course(view)
    st.header(t("functions.network"))
    network.draw(view, max(loss, key=lambda f: (loss[f], f)))
    st.header(t("functions.dependencies"))
    dependencies.draw()


@st.fragment
def course(view: View) -> None:
    """Draw what stops when, and what runs down, in one replication."""
    st.header(t("functions.stops"))
    found = replication.chosen(view)
    if found is None:
        return
    timeline.draw(view, *found)
    st.header(t("functions.countdown"))
    countdown.draw(view, *found)


def read_levels(view: View) -> dict[str, FloatArray]:
    """Service level of each function; shape (replication, time)."""
    functions = view.run.manifest.functions
    if view.area:
        variables = tuple(f"level_{f}" for f in functions)
        data = reading.area_series(view.folder, view.scenario, view.area, variables, view.stamp)
    else:
        data = reading.curves(view.folder, view.scenario, view.stamp)
    here = data.sel(portfolio=view.portfolio)
    return {
        f: here[f"level_{f}"].transpose("replication", "time").to_numpy().astype(np.float64)
        for f in functions
    }


def level_table(
    view: View, levels: dict[str, FloatArray], loss: dict[str, float], finding: str
) -> None:
    """Draw lowest level and hours below two limits, most affected first."""
    called = function_names()
    rows = []
    for function in sorted(levels, key=lambda f: (-loss[f], f)):
        level = levels[function]
        low_mean, low_p5, _, low_p95 = findings.percentiles(level.min(axis=1))
        lowest = t(
            "value.with_p90",
            value=texts().percent(low_mean),
            spread=t("value.range", low=texts().percent(low_p5), high=texts().percent(low_p95)),
        )
        rows.append(
            {
                t("term.function"): called.get(function, function),
                t("functions.lowest"): lowest,
            }
            | {
                t("functions.below", limit=texts().percent(limit)): _hours(level, limit)
                for limit in (timelines.AREA_LIMITS if view.area else timelines.REGION_LIMITS)
            }
            | {
                t("functions.loss"): texts().rounded(loss[function]),
            }
        )
    frame = pd.DataFrame(rows)
    st.markdown(finding)
    parts.table(frame, finding, "function_table")
    parts.download_csv(frame, f"{view.run.manifest.run_id}-functions", "function_csv")


def _hours(level: FloatArray, limit: float) -> str:
    mean, low, _, high = findings.percentiles(timelines.hours_below(level, limit))
    return t("value.with_p90", value=texts().quantity(mean, "h"), spread=texts().spread(low, high))


show()
