"""Method: definitions, assumptions, sources, limits and the accessibility statement."""

import pandas as pd
import streamlit as st

from sim.outcome import METRICS
from ui import parts
from ui.sections import region_table
from ui.state import current_view, t, texts

SECTIONS = ("model", "depends", "uncertainty", "estimates", "limits")
HASH_DIGITS = 16
DEFAULT_TABLE = "dependencies"


def show() -> None:
    """Draw the page."""
    st.title(t("method.title"))
    st.markdown(t("method.lead"))
    for section in SECTIONS:
        st.header(t(f"method.{section}"))
        st.markdown(t(f"method.{section}.text"))
    st.header(t("method.metrics"))
    metric_table()
    st.header(t("method.tables"))
    st.markdown(t("method.tables.text"))
    region_table.draw("default", DEFAULT_TABLE)
    st.header(t("method.reproduce"))
    reproduce()
    st.header(t("method.accessibility"))
    st.markdown(t("method.accessibility.text"))


def metric_table() -> None:
    """Draw what each metric means and which way is better."""
    rows = [
        {
            t("term.measure"): t(f"metric.{metric.name}"),
            t("term.unit"): t(f"symbol.{metric.unit}") or t("value.none"),
            t("method.better"): t(f"method.better.{metric.better}"),
            t("method.meaning"): t(f"metric.{metric.name}.meaning"),
        }
        for metric in METRICS
    ]
    parts.table(pd.DataFrame(rows), t("method.metrics.alt", n=len(rows)), "metric_table")


def reproduce() -> None:
    """Draw seed, hashes and versions of the run shown."""
    view = current_view()
    if view is None:
        st.markdown(t("method.reproduce.none"))
        return
    manifest = view.run.manifest
    st.markdown(parts.provenance(view))
    rows = [(t("term.run"), manifest.run_id), (t("term.seed"), str(manifest.seed))]
    rows += [
        (t("method.input", name=name), value[:HASH_DIGITS])
        for name, value in manifest.inputs.items()
        if name != "seed"
    ]
    rows += [(t("method.version", name=name), value) for name, value in manifest.versions.items()]
    rows.append((t("method.machine"), manifest.machine))
    frame = pd.DataFrame(rows, columns=[t("term.what"), t("term.value")])
    parts.table(frame, t("method.reproduce.alt", n=texts().number(len(rows))), "manifest_table")


show()
