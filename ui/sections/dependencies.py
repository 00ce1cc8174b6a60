"""The table of dependencies: who needs what, how long they last without, and the source."""

import pandas as pd
import streamlit as st

from ui import parts, reading
from ui.dependency_rows import dependency_table, dependents, label
from ui.state import called, choose, t, texts

ALL = "alle"


@st.fragment
def draw() -> None:
    """Draw the dependencies of one dependent, or of all."""
    region = reading.region()
    st.markdown(t("functions.dependencies.text"))
    chosen = choose(
        t("functions.dependent.choose"),
        [ALL, *dependents(region, called())],
        "dependent",
        lambda d: t("functions.dependent.all") if d == ALL else label(d, region, called()),
    )
    if chosen == ALL:
        frame = dependency_table(region, called())
        config = parts.number_columns(frame, [t("term.source")])
        alt = t("functions.dependencies.alt", n=texts().number(len(frame)))
        parts.table(frame, alt, "dependency_table", config)
    else:
        frame = dependency_table(region, called(), chosen)
        alt = t(
            "functions.dependencies.alt.one",
            n=texts().number(len(frame)),
            name=label(chosen, region, called()),
        )
        parts.table(written(frame), alt, "dependencies_of_one")
    parts.download_csv(frame, "dependencies", "dependency_csv")


def written(frame: pd.DataFrame) -> pd.DataFrame:
    """Write the numbers of a short table, without the columns that say whose it is."""
    whose = [t("functions.dependent"), t("functions.dependent.kind")]
    return frame.drop(columns=whose).map(
        lambda cell: texts().rounded(cell) if isinstance(cell, float) else cell
    )
