"""How long batteries, tanks and reservoirs last in one replication."""

import streamlit as st

from sim.timeline import Countdown, RecordedCourse
from ui import parts
from ui.course_charts import MOST_ROWS, countdown_figure
from ui.state import View, called, choose_many, colours, t, texts
from ui.stock_rows import (
    busiest_hour,
    countdown_bars,
    countdown_finding,
    countdown_table,
    countdowns_shown,
    left_at,
)


def draw(view: View, number: int, course: RecordedCourse) -> None:
    """Draw what ran down in one replication in the area chosen.

    Parameters
    ----------
    view : View
    number : int
        Number of the replication, for the name of the download.
    course : RecordedCourse
    """
    st.markdown(t("functions.countdown.text"))
    there = sorted({piece.kind for piece in course.stocks})
    kinds = choose_many(
        t("functions.countdown.kinds"), there, "stock_kinds", lambda k: t(f"stock.{k}")
    )
    shown = countdowns_shown(course, kinds, view.area)
    finding = countdown_finding(shown, called())
    if not shown:
        st.info(finding)
        return
    bars = countdown_bars(shown, called(), MOST_ROWS)
    parts.chart(countdown_figure(bars.table, texts(), colours()), finding, "countdowns")
    if bars.shown < bars.total:
        n, total = texts().number(bars.shown), texts().number(bars.total)
        st.caption(t("functions.countdown.cut", n=n, total=total))
    frame = countdown_table(shown, called())
    parts.table(frame, finding, "countdown_table", parts.number_columns(frame))
    run = view.run.manifest.run_id
    parts.download_csv(frame, f"{run}-{view.portfolio}-{number}-countdowns", "countdown_csv")
    at_hour(course, shown, view.run.manifest.hours[view.scenario])


@st.fragment
def at_hour(course: RecordedCourse, shown: list[Countdown], hours: int) -> None:
    """Draw the hours left of each stock at an hour that is chosen."""
    st.markdown(f"**{t('functions.countdown.at')}**")
    hour = st.slider(
        t("functions.countdown.hour"),
        min_value=0,
        max_value=hours,
        value=min(busiest_hour(shown), hours),
        step=1,
        key="countdown_hour",
    )
    left = left_at(course, shown, float(hour), called())
    st.markdown(parts.plain(left.finding))
    if len(left.table):
        parts.table(left.table, left.finding, "left_table", parts.number_columns(left.table))
