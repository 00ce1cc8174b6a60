"""What stops when in one replication: bars, the chain of causes of one, and every row."""

import streamlit as st

from sim.timeline import RecordedCourse, Stop
from ui import parts
from ui.causes import steps_said
from ui.course_charts import MOST_ROWS, stop_figure
from ui.course_rows import SHOWN_KINDS, stop_bars, stop_finding, stop_table, stops_shown
from ui.state import View, called, choose, choose_many, colours, t, texts


def draw(view: View, number: int, course: RecordedCourse) -> None:
    """Draw the timeline of one replication in the area chosen.

    Parameters
    ----------
    view : View
    number : int
        Number of the replication, for the name of the download.
    course : RecordedCourse
    """
    st.markdown(t("functions.stops.text"))
    kinds = choose_many(
        t("functions.stops.kinds"), SHOWN_KINDS, "stop_kinds", lambda k: t(f"state_kind.{k}")
    )
    shown = stops_shown(course, kinds, view.area)
    finding = stop_finding(shown, called())
    if not shown:
        st.info(finding)
        return
    bars = stop_bars(course, shown, called(), MOST_ROWS)
    parts.chart(stop_figure(bars.table, texts(), colours()), finding, "stops")
    if bars.shown < bars.total:
        n, total = texts().number(bars.shown), texts().number(bars.total)
        st.caption(t("functions.stops.cut", n=n, total=total))
    explain(course, shown)
    frame = stop_table(course, shown, called())
    parts.table(frame, finding, "stop_table", parts.number_columns(frame, [t("term.why")]))
    run = view.run.manifest.run_id
    parts.download_csv(frame, f"{run}-{view.portfolio}-{number}-stops", "stop_csv")


def explain(course: RecordedCourse, shown: list[Stop]) -> None:
    """Draw the chain of causes of one stop, a line for each event."""
    known = {f"{stop.kind} {stop.asset_id} {stop.from_h:.6f}": stop for stop in shown}
    key = choose(
        t("functions.stops.choose"),
        list(known),
        "stop",
        lambda k: t(
            "functions.stops.option",
            hour=texts().number(known[k].from_h, 1),
            name=called()(known[k].asset_id),
        ),
    )
    steps = steps_said(course.events, known[key].lowest_event, called())
    st.markdown(t("functions.stops.chain"))
    st.markdown("\n".join(f"1. {parts.plain(step)}" for step in steps))
