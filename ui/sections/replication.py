"""Choose one replication: a typical, a bad or the worst one, or by number."""

import streamlit as st

from data.problems import BeredtError
from sim.timeline import RecordedCourse
from ui import reading
from ui.replications import CHOICES, MEASURES, pick
from ui.state import View, choose, t, texts

LISTED = 20
"""So many numbers are named when one is missing."""


def chosen(view: View) -> tuple[int, RecordedCourse] | None:
    """Draw the choices and read the replication chosen; None when it gave no result."""
    data = reading.metrics(view.folder, view.scenario, view.stamp).sel(portfolio=view.portfolio)
    replications = [int(each) for each in data["replication"].to_numpy()]
    left, right = st.columns(2)
    with left:
        how = choose(
            t("replication.choose"), CHOICES, "replication", lambda c: t(f"replication.{c}")
        )
    with right:
        if how == "own":
            number = int(
                st.number_input(
                    t("replication.number"),
                    min_value=0,
                    max_value=view.run.manifest.replications - 1,
                    value=replications[0],
                    step=1,
                    key="replication_number",
                )
            )
            measure = MEASURES[0]
        else:
            measure = choose(
                t("replication.measure"), MEASURES, "replication_by", lambda m: t(f"metric.{m}")
            )
            number = pick(data[measure].to_numpy(), replications, how)
    if number not in replications:
        known = ", ".join(str(each) for each in replications[:LISTED])
        st.warning(t("replication.missing", n=texts().number(number), known=known))
        return None
    try:
        course = reading.course(view.folder, view.scenario, view.portfolio, number, view.stamp)
    except BeredtError:
        # Finished under every portfolio, but its files are gone or cannot be read.
        st.warning(t("replication.missing", n=texts().number(number), known=t("value.none")))
        return None
    value = float(data[measure].sel(replication=number))
    st.markdown(
        t(
            "replication.shown",
            n=texts().number(number),
            total=texts().number(len(replications)),
            metric=t(f"metric.{measure}"),
            value=texts().quantity(value, data[measure].attrs["units"]),
        )
    )
    return number, course
