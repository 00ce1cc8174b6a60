"""Overview: the latest comparison in four numbers, the runs, three ways in."""

import pandas as pd
import streamlit as st

from sim.compare import Row
from sim.store import list_runs
from ui import findings, jobs, parts, reading
from ui.charts import verdict
from ui.state import View, current_view, names, run_label, t, texts
from ui.texts import NAMED_UNITS


def show() -> None:
    """Draw the page."""
    st.title(t("overview.title"))
    st.markdown(t("overview.lead"))
    view = current_view()
    if view is None:
        st.info(t("state.empty.run"))
        st.page_link("views/run.py", label=t("state.empty.button"), icon=":material/play_arrow:")
    elif view.finished:
        latest(view)
    ways_in()
    st.header(t("overview.runs"))
    runs()


def latest(view: View) -> None:
    """Draw the chosen run's comparison in four numbers."""
    st.header(t("overview.latest"))
    called = names(view.run)
    st.markdown(f"**{called.get(view.scenario, view.scenario)}**")
    st.caption(parts.provenance(view))
    parts.states(view)
    result = reading.comparison(view.folder, view.scenario, view.stamp)
    baseline, *others = view.run.manifest.portfolios
    cards = [
        _card(result.row(metric, baseline))
        for metric in ("ens_mwh", "peak_persons_electricity", "t_95_h")
    ]
    rows = [result.row("ens_mwh", portfolio) for portfolio in others]
    good = [row for row in rows if verdict(row) == "better"]
    if good:
        best = min(good, key=lambda row: row.difference)
        low, high = sorted((-best.difference_low, -best.difference_high))
        cards.append(
            (
                t("overview.best"),
                called.get(best.portfolio, best.portfolio),
                t(
                    "overview.best.note",
                    value=texts().quantity(-best.difference, best.unit),
                    spread=texts().spread(low, high, best.unit),
                ),
            )
        )
    parts.metric_cards(cards)
    if rows:
        st.markdown(findings.difference_finding(rows, called, texts()))
    with st.container(horizontal=True):
        st.page_link(
            "views/results.py", label=t("overview.to_results"), icon=":material/monitoring:"
        )
        st.page_link("views/compare.py", label=t("overview.to_compare"), icon=":material/balance:")


def _card(row: Row) -> tuple[str, str, str]:
    spread = t("spread.p90", spread=texts().spread(row.p5, row.p95, row.unit))
    named = row.unit in NAMED_UNITS
    value = texts().rounded(row.mean) if named else texts().quantity(row.mean, row.unit)
    return t(f"metric.{row.metric}"), value, spread


def ways_in() -> None:
    """Draw one way in for each kind of user."""
    st.header(t("overview.ways"))
    ways = (
        ("planner", "views/crises.py", "views/results.py"),
        ("engineer", "views/security.py", "views/region.py"),
        ("continuity", "views/functions.py", "views/measures.py"),
    )
    pages = {"views/crises.py": "crises", "views/results.py": "results"}
    pages |= {"views/security.py": "security", "views/region.py": "region"}
    pages |= {"views/functions.py": "functions", "views/measures.py": "measures"}
    with st.grid(3, min_column_width=260):
        for who, *links in ways:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{t(f'overview.{who}')}**")
                st.markdown(t(f"overview.{who}.text"))
                for link in links:
                    st.page_link(
                        link, label=t(f"page.{pages[link]}"), icon=":material/arrow_forward:"
                    )


def runs() -> None:
    """List the runs, newest first."""
    folder = jobs.runs_folder()
    rows = []
    for run in list_runs(folder):
        manifest = run.manifest
        state = jobs.progress(folder, manifest.run_id)
        called = names(run)
        rows.append(
            {
                t("term.run"): run_label(run),
                t("term.portfolios"): ", ".join(called.get(p, p) for p in manifest.portfolios),
                t("term.replications"): t(
                    "overview.finished",
                    done=texts().number(len(run.complete_replications(manifest.scenarios[0]))),
                    total=texts().number(manifest.replications),
                ),
                t("term.seed"): str(manifest.seed),
                t("term.state"): t(f"job.{state.state}"),
            }
        )
    if rows:
        parts.table(pd.DataFrame(rows), t("overview.runs.alt", n=len(rows)), "runs_table")
    else:
        st.markdown(t("overview.runs.none"))


show()
